//! Lists of exact origins.

use std::collections::HashSet;
use std::fmt;
use url::Url;

/// An origin list has an entry that is not `scheme://host` or `scheme://host:port`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyConfigError {
    pub origin: String,
    pub reason: &'static str,
}

impl fmt::Display for PolicyConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "origin {:?}: {}", self.origin, self.reason)
    }
}

impl std::error::Error for PolicyConfigError {}

#[derive(Clone, Debug)]
pub(super) struct OriginList(HashSet<String>);

impl OriginList {
    pub(super) fn new(origins: Vec<String>) -> Result<OriginList, PolicyConfigError> {
        origins
            .into_iter()
            .map(|origin| parse(&origin).map_err(|reason| PolicyConfigError { origin, reason }))
            .collect::<Result<_, _>>()
            .map(OriginList)
    }

    pub(super) fn contains(&self, url: &Url) -> bool {
        self.0.contains(&url.origin().ascii_serialization())
    }
}

/// Whether two http URLs have the same scheme, host and port.
pub fn same_origin(a: &Url, b: &Url) -> bool {
    a.scheme() == b.scheme() && a.host() == b.host() && a.port_or_known_default() == b.port_or_known_default()
}

/// Stricter than the URL parser, which would repair most mistakes: an entry that does not mean what it says must be
/// told to the host, not guessed at.
fn parse(text: &str) -> Result<String, &'static str> {
    let lower = text.to_ascii_lowercase();
    let rest = lower
        .strip_prefix("https://")
        .or_else(|| lower.strip_prefix("http://"))
        .ok_or("must begin with https:// or http://")?;
    if rest.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err("has white space or a control character");
    }
    if rest.contains('@') {
        return Err("has a user name");
    }
    let host = rest.strip_suffix('/').unwrap_or(rest);
    if host.contains(['/', '\\', '?', '#']) {
        return Err("has a path, query or fragment");
    }
    if host.contains('*') {
        return Err("has a wildcard; each origin is named in full");
    }
    let url = Url::parse(text).map_err(|_| "has no valid host and port")?;
    match url.port() {
        Some(0) => Err("has port 0"),
        _ => Ok(url.origin().ascii_serialization()),
    }
}
