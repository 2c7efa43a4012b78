use std::net::{IpAddr, Ipv4Addr};

use crate::tls::TlsKind;

/// How a [`crate::Server`] listens. `Config::default()` is plain HTTP on a free port of 127.0.0.1.
#[derive(Clone, Debug)]
pub struct Config {
    pub address: IpAddr,
    /// 0 picks a free port.
    pub port: u16,
    pub tls: Option<TlsKind>,
    /// Offers `h2` by ALPN, with `http/1.1` as the fallback. Needs TLS; [`TlsKind::Good`] unless
    /// `tls` says otherwise.
    pub http2: bool,
    /// How many requests [`crate::Server::requests`] keeps; older ones are forgotten.
    pub record_limit: usize,
    /// False: connections wait in the kernel's queue until [`crate::Server::accept_again`].
    pub accepting: bool,
    /// Length of the kernel's queue of connections not yet accepted.
    pub backlog: i32,
    /// Bytes the kernel may hold for us per connection. Small values make a reader that stops
    /// felt at once by the sender.
    pub receive_buffer: Option<usize>,
    /// The same for what we send.
    pub send_buffer: Option<usize>,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 0,
            tls: None,
            http2: false,
            record_limit: 10_000,
            accepting: true,
            backlog: 1024,
            receive_buffer: None,
            send_buffer: None,
        }
    }
}

impl Config {
    pub fn tls(kind: TlsKind) -> Self {
        Config { tls: Some(kind), ..Config::default() }
    }

    pub fn http2() -> Self {
        Config { tls: Some(TlsKind::Good), http2: true, ..Config::default() }
    }
}
