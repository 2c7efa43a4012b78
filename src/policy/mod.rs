//! Where a task may connect to: URL, origin and address rules. Pure: nothing here resolves or connects.

mod address;
#[cfg(test)]
mod bypass_tests;
mod origin;
#[cfg(test)]
mod tests;

pub use address::AddressRules;
pub use origin::{same_origin, PolicyConfigError};

use crate::error::Failure;
use crate::kind::Kind;
use origin::OriginList;
use std::borrow::Cow;
use std::net::IpAddr;
use url::{Host, Url};

/// What the host allows. The default allows every http and https URL.
#[derive(Clone, Debug, Default)]
pub struct PolicyConfig {
    /// Refuse http, also for an origin that a list names.
    pub https_only: bool,
    /// Exact origins (`https://example.com:8443`) that uploads may go to; `None` means any, an empty list none.
    pub upload_origins: Option<Vec<String>>,
    /// The same for downloads.
    pub download_origins: Option<Vec<String>>,
    pub addresses: AddressRules,
}

#[derive(Clone, Debug, Default)]
pub struct Policy {
    https_only: bool,
    upload: Option<OriginList>,
    download: Option<OriginList>,
    addresses: AddressRules,
}

impl Policy {
    pub fn new(config: PolicyConfig) -> Result<Policy, PolicyConfigError> {
        let list = |origins: Option<Vec<String>>| origins.map(OriginList::new).transpose();
        Ok(Policy {
            https_only: config.https_only,
            upload: list(config.upload_origins)?,
            download: list(config.download_origins)?,
            addresses: config.addresses,
        })
    }

    /// Parses the URL of a task by the WHATWG rules and says whether the task may go there. Connect to nothing but
    /// the URL this returns: another parser may read the text it came from differently.
    pub fn check_url(&self, kind: Kind, text: &str) -> Result<Url, Failure> {
        let url = Url::parse(one_line(text)?).map_err(|_| Failure::InvalidUrl)?;
        if !is_http(&url) || url.port() == Some(0) {
            return Err(Failure::InvalidUrl);
        }
        if self.origins(kind).is_some() && has_userinfo(&url) {
            return Err(Failure::InvalidUrl);
        }
        if self.allows(kind, &url) {
            Ok(url)
        } else {
            Err(Failure::NotInDomainList)
        }
    }

    /// Resolves a `Location` value against the URL that answered with it, and checks the target. User name and
    /// password of the target are never the server's: they are those of `base` while the origin stays the same, so
    /// that the caller's own survive a redirect within it, and none otherwise.
    pub fn resolve_redirect(&self, kind: Kind, base: &Url, location: &[u8]) -> Result<Url, Failure> {
        let text = location_text(location);
        let mut url = base.join(one_line(&text)?).map_err(|_| Failure::InvalidUrl)?;
        if !is_http(&url) {
            return Err(Failure::RedirectNotInDomainList);
        }
        if url.port() == Some(0) {
            return Err(Failure::InvalidUrl);
        }
        let (user, password) = match same_origin(base, &url) {
            true => (base.username(), base.password()),
            false => ("", None),
        };
        // Cannot fail for a URL with a host, and every http URL has one.
        let _ = url.set_username(user);
        let _ = url.set_password(password);
        if self.allows(kind, &url) {
            Ok(url)
        } else {
            Err(Failure::RedirectNotInDomainList)
        }
    }

    /// Whether a connection to this address may be used. To be asked about the address connected to, because a
    /// name may resolve to anything.
    pub fn check_address(&self, address: IpAddr) -> bool {
        self.addresses.allow(address)
    }

    fn origins(&self, kind: Kind) -> Option<&OriginList> {
        match kind {
            Kind::Upload => self.upload.as_ref(),
            Kind::Download => self.download.as_ref(),
        }
    }

    fn allows(&self, kind: Kind, url: &Url) -> bool {
        if self.https_only && url.scheme() != "https" {
            return false;
        }
        self.allows_host(url) && self.origins(kind).is_none_or(|list| list.contains(url))
    }

    /// An address or `localhost` written in the URL is judged here already, because behind a proxy the address
    /// connected to is the proxy's.
    fn allows_host(&self, url: &Url) -> bool {
        match url.host() {
            Some(Host::Ipv4(ip)) => self.check_address(ip.into()),
            Some(Host::Ipv6(ip)) => self.check_address(ip.into()),
            Some(Host::Domain(name)) => {
                let name = name.strip_suffix('.').unwrap_or(name);
                let local = name == "localhost" || name.ends_with(".localhost");
                !(local && self.addresses.refuse_loopback)
            }
            None => false,
        }
    }
}

fn is_http(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
}

fn has_userinfo(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}

/// The WHATWG parser drops line breaks inside a URL. Nobody means them: they are an attempt to smuggle a header, or
/// a mistake better told. Around the URL they are trimmed as by the standard.
fn one_line(text: &str) -> Result<&str, Failure> {
    let text = text.trim_matches(|c: char| c <= ' ');
    if text.contains(['\r', '\n', '\0']) {
        return Err(Failure::InvalidUrl);
    }
    Ok(text)
}

/// Bytes that are not UTF-8 are percent-encoded one by one, so that the server gets back just what it sent.
fn location_text(location: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(location) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => {
            let mut text = String::with_capacity(location.len() + 16);
            for &byte in location {
                if byte.is_ascii() {
                    text.push(char::from(byte));
                } else {
                    text.push_str(&format!("%{byte:02X}"));
                }
            }
            Cow::Owned(text)
        }
    }
}
