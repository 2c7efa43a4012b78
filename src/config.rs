//! The configuration of an engine, in Rust's terms, defaults filled in.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::policy::Policy;

/// Addresses for a host and port.
#[derive(Debug, Clone)]
pub struct DnsOverride {
    pub host: String,
    pub port: u16,
    pub connect_port: u16,
    pub addresses: Vec<IpAddr>,
}

/// The public keys that are good for a host.
#[derive(Debug, Clone)]
pub struct Pin {
    pub host: String,
    pub spki_sha256: String,
}

/// Which CA certificates are trusted.
#[derive(Debug, Clone)]
pub enum Trust {
    Platform,
    File(PathBuf),
    Pem(Arc<[u8]>),
}

pub struct Config {
    pub max_uploads: usize,
    pub max_downloads: usize,
    pub max_queued: Option<usize>,
    pub default_timeout: Duration,
    pub max_timeout: Duration,
    pub connect_timeout: Option<Duration>,
    pub idle_timeout: Option<Duration>,
    /// Zero: every change.
    pub progress_interval: Duration,
    pub max_response_body: u64,
    pub max_download_size: u64,
    pub user_agent: Option<String>,
    pub referer: Option<String>,
    pub trust: Trust,
    pub pins: Vec<Pin>,
    pub dns_overrides: Vec<DnsOverride>,
    pub proxy: Option<String>,
    pub decode_content: bool,
    pub background_limit: bool,
    pub policy: Policy,
}
