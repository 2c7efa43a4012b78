//! Puts one hop's request on a curl handle.

use std::time::Duration;

use curl::easy::{Easy2, HttpVersion, List, SslVersion};
use curl::Error;
use once_cell::sync::Lazy;
use url::Url;

use super::exchange::Exchange;
use crate::config::{Config, DnsOverride, Trust};
use crate::curl::{hooks, options};

/// The most that libcurl moves in one call of the socket; larger means fewer calls (docs/benchmarks.md). All transfers share
/// one buffer to receive, but each has its own to send.
const RECEIVE_BUFFER: usize = 512 * 1024;
const SEND_BUFFER: usize = 512 * 1024;
/// libcurl's own buffer to send, which holds a small body whole.
const SMALL_BODY: u64 = 64 * 1024;

/// What goes out on one hop.
pub struct Request<'a> {
    pub url: &'a Url,
    /// Content-Type and length of the body; None: GET.
    pub body: Option<(&'a str, u64)>,
    pub headers: &'a [(String, String)],
    /// Ask for content codings and undo them.
    pub decodes: bool,
    pub http2: bool,
    pub quic: bool,
    pub timeout: Duration,
}

/// Keeps what libcurl reads in place alive, as long as the handle is in use.
pub type Guard = Option<options::CaGuard>;

/// Sets a fresh or reused handle up. Everything of an earlier transfer is gone first.
pub fn prepare(easy: &mut Easy2<Exchange>, request: &Request<'_>, config: &Config) -> Result<Guard, Error> {
    easy.reset();
    hooks::register(easy)?;
    options::http_only(easy)?;
    options::proxy_apart(easy)?;
    easy.follow_location(false)?;
    easy.path_as_is(true)?;
    easy.buffer_size(RECEIVE_BUFFER)?;
    easy.tcp_nodelay(true)?;
    easy.proxy(config.proxy.as_deref().unwrap_or(""))?;
    easy.url(request.url.as_str())?;

    // Rounded up: a task never ends before its time, and 0 would mean no limit.
    let total = (request.timeout.as_micros() as u64).div_ceil(1000).max(1);
    let connect = config.connect_timeout.map_or(total, |connect| total.min(connect.as_millis() as u64));
    options::timeouts(easy, total, connect)?;

    if request.quic && options::has_http3() {
        options::http3(easy)?;
    } else {
        easy.http_version(if request.http2 { HttpVersion::V2TLS } else { HttpVersion::V11 })?;
    }
    if request.decodes {
        easy.accept_encoding("gzip, deflate")?;
    }
    set_body(easy, request.body)?;
    easy.http_headers(header_list(request)?)?;

    let host = request.url.host_str().unwrap_or("");
    set_dns(easy, host, request.url.port_or_known_default().unwrap_or(0), config)?;
    if request.url.scheme() == "https" {
        set_tls(easy, host, config)
    } else {
        Ok(None)
    }
}

fn set_body(easy: &mut Easy2<Exchange>, body: Option<(&str, u64)>) -> Result<(), Error> {
    match body {
        Some((_, length)) => {
            easy.post(true)?;
            easy.post_field_size(length)?;
            if length > SMALL_BODY {
                easy.upload_buffer_size(SEND_BUFFER)?;
            }
            // Bytes sent are told by the progress callback, which a download does without.
            easy.progress(true)
        }
        None => {
            easy.get(true)?;
            easy.progress(false)
        }
    }
}

fn header_list(request: &Request<'_>) -> Result<List, Error> {
    let mut list = List::new();
    for (name, value) in request.headers {
        list.append(&crate::headers::to_curl_line(name, value))?;
    }
    if let Some((content_type, _)) = request.body {
        list.append(&format!("Content-Type: {content_type}"))?;
        // Many servers never answer it, and it costs a second then.
        list.append("Expect:")?;
    }
    Ok(list)
}

fn set_dns(easy: &mut Easy2<Exchange>, host: &str, port: u16, config: &Config) -> Result<(), Error> {
    let same = |entry: &&DnsOverride| entry.port == port && entry.host.eq_ignore_ascii_case(host);
    let Some(entry) = config.dns_overrides.iter().find(same) else { return Ok(()) };
    let addresses: Vec<String> = entry.addresses.iter().map(ToString::to_string).collect();
    let addresses = addresses.join(",");
    let mut resolve = List::new();
    resolve.append(&format!("{host}:{port}:{addresses}"))?;
    if entry.connect_port != 0 && entry.connect_port != port {
        resolve.append(&format!("{host}:{}:{addresses}", entry.connect_port))?;
        let mut connect = List::new();
        connect.append(&format!("{host}:{port}:{host}:{}", entry.connect_port))?;
        easy.connect_to(connect)?;
    }
    easy.resolve(resolve)
}

fn set_tls(easy: &mut Easy2<Exchange>, host: &str, config: &Config) -> Result<Guard, Error> {
    easy.ssl_verify_peer(true)?;
    easy.ssl_verify_host(true)?;
    easy.ssl_min_max_version(SslVersion::Tlsv12, SslVersion::Default)?;
    if !matches!(config.trust, Trust::Platform) || has_ca_bundle() {
        options::no_ca_path(easy)?;
    }
    let keys: Vec<String> = config
        .pins
        .iter()
        .filter(|pin| pin.host.eq_ignore_ascii_case(host))
        .map(|pin| format!("sha256//{}", pin.spki_sha256))
        .collect();
    if !keys.is_empty() {
        easy.pinned_public_key(&keys.join(";"))?;
    }
    match &config.trust {
        Trust::Platform => {
            #[cfg(target_vendor = "apple")]
            easy.ssl_options(curl::easy::SslOpt::new().native_ca(true))?;
            Ok(None)
        }
        Trust::File(path) => easy.cainfo(path).map(|()| None),
        Trust::Pem(pem) => options::ca_pem(easy, pem).map(Some),
    }
}

/// Whether the platform's certificates are in one file; some have only a folder of them.
fn has_ca_bundle() -> bool {
    static HAS: Lazy<bool> = Lazy::new(|| openssl_probe::probe().cert_file.is_some());
    *HAS
}
