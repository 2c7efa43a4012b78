//! Redirects, right and wrong ones.

use std::io;

use crate::exchange::{bad_parameter, size, Exchange, Flow};
use crate::pattern::Filler;
use crate::reply::Framing;

const END: &str = "/bytes/5";

pub(crate) fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

/// Where a redirect leads that does not say it.
pub(crate) fn default_target(status: u16) -> &'static str {
    match status {
        307 | 308 => "/echo",
        _ => END,
    }
}

pub(super) fn redirect(ex: &mut Exchange<'_>, status: &str) -> io::Result<Flow> {
    let status: u16 = status
        .parse()
        .ok()
        .filter(|status| (300..400).contains(status))
        .ok_or_else(|| bad_parameter("not a 3xx status"))?;
    if ex.head.param("drain").as_deref() != Some("0") {
        ex.drain()?;
    }
    if ex.head.flag("close") {
        ex.close = true;
    }
    let location = match ex.head.flag("nolocation") {
        true => None,
        false => Some(ex.head.param("to").unwrap_or_else(|| default_target(status).to_owned())),
    };
    lead(ex, status, location)
}

pub(super) fn chain(ex: &mut Exchange<'_>, hops: &str) -> io::Result<Flow> {
    let hops = size(hops)?;
    let end = ex.head.param("to").unwrap_or_else(|| END.to_owned());
    let location = match hops {
        0 | 1 => end,
        _ => match ex.head.query.as_str() {
            "" => format!("/redirect-chain/{}", hops - 1),
            query => format!("/redirect-chain/{}?{query}", hops - 1),
        },
    };
    let status = code(ex);
    lead(ex, status, Some(location))
}

pub(super) fn endless(ex: &mut Exchange<'_>) -> io::Result<Flow> {
    let location = ex.head.target.clone();
    let status = code(ex);
    lead(ex, status, Some(location))
}

fn code(ex: &Exchange<'_>) -> u16 {
    ex.head.number("code").map_or(302, |code| code as u16)
}

fn lead(ex: &mut Exchange<'_>, status: u16, location: Option<String>) -> io::Result<Flow> {
    let mut reply = ex.reply(status);
    if let Some(location) = location {
        reply = reply.header("Location", location);
    }
    let body = ex.head.number("body").unwrap_or(0);
    ex.begin(reply, Framing::Length(body), b"")?;
    ex.fill(Filler::Pattern, 0, body)?;
    Ok(ex.done())
}
