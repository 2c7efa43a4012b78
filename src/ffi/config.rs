//! The configuration of an engine, as C hands it over.

use std::os::raw::{c_char, c_void};

use super::abi::AbiStruct;
use super::options::{ferry_destroy_fn, ferry_switch};

/// Callbacks run on a thread of the engine's, so that a slow host never slows a transfer.
pub const FERRY_DISPATCH_THREAD: u32 = 0;
/// Callbacks run only inside `ferry_engine_dispatch`, which the host calls on a thread of its choice
/// after `wakeup`.
pub const FERRY_DISPATCH_PUMP: u32 = 1;

/// No log.
pub const FERRY_LOG_OFF: u32 = 0;
/// What should not happen: faults of ferry or of the system.
pub const FERRY_LOG_ERROR: u32 = 1;
/// What a host should look at.
pub const FERRY_LOG_WARN: u32 = 2;
/// The life of the engine and of each task: id, kind, host, status, errno. No header values, bodies, query strings or paths.
pub const FERRY_LOG_INFO: u32 = 3;
/// Everything, URLs and paths included. For a developer's machine.
pub const FERRY_LOG_DEBUG: u32 = 4;

/// `progress_interval_ms`: an event for every change.
pub const FERRY_PROGRESS_EVERY_CHANGE: u32 = u32::MAX;
/// A size or a time that has no limit.
pub const FERRY_UNLIMITED: u64 = u64::MAX;

/// Loopback addresses are refused.
pub const FERRY_REFUSE_LOOPBACK: u32 = 1;
/// Private and shared addresses (RFC 1918, RFC 4193, RFC 6598 …) are refused.
pub const FERRY_REFUSE_PRIVATE: u32 = 2;
/// Link-local addresses are refused.
pub const FERRY_REFUSE_LINK_LOCAL: u32 = 4;
/// All of these, and whatever else is not a public unicast address.
pub const FERRY_REFUSE_NON_PUBLIC: u32 = 15;

/// Called when something waits for `ferry_engine_dispatch`: once, until the next dispatch. It may come from
/// any thread, also from inside a call of the host's, and must not call ferry; it should set an event, write to a pipe
/// or post to a looper.
pub type ferry_wakeup_fn = Option<unsafe extern "C" fn(user_data: *mut c_void)>;

/// Called with a line of log. `message` is NUL-terminated UTF-8, borrowed for the call. Any thread of
/// ferry's; must not call ferry.
pub type ferry_log_fn = Option<unsafe extern "C" fn(user_data: *mut c_void, level: u32, message: *const c_char)>;

/// A public key that a host's certificate must have.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ferry_pin {
    /// Host name as in the URL, without port.
    pub host: *const c_char,
    /// Base64 of the SHA-256 of the certificate's SubjectPublicKeyInfo. Give one entry for each key
    /// that is good; a host without an entry is not pinned.
    pub spki_sha256: *const c_char,
}

/// Addresses to use for a host instead of asking DNS.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ferry_dns_override {
    /// Host name, without port.
    pub host: *const c_char,
    /// Port the entry is for.
    pub port: u16,
    /// Port to connect to instead; 0: `port`.
    pub connect_port: u16,
    /// Must be 0.
    pub reserved: u32,
    /// IPv4 or IPv6 addresses, separated by commas, tried in libcurl's order.
    pub addresses: *const c_char,
}

/// Configuration of an engine. Start from `FERRY_ENGINE_CONFIG_INIT` or `ferry_engine_config_init`; zero is the
/// default of every field. Everything but `user_data` is copied before `ferry_engine_create` returns.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ferry_engine_config {
    /// sizeof(ferry_engine_config).
    pub struct_size: u32,
    /// `FERRY_DISPATCH_THREAD` (default) or `FERRY_DISPATCH_PUMP`.
    pub dispatch: u32,
    /// Handed to `wakeup`, `log` and `destroy`.
    pub user_data: *mut c_void,
    /// Required with `FERRY_DISPATCH_PUMP`, otherwise unused.
    pub wakeup: ferry_wakeup_fn,
    /// Log; NULL: none.
    pub log: ferry_log_fn,
    /// Called once, when the engine is closed and every other callback has run but `on_closed`.
    pub destroy: ferry_destroy_fn,
    /// `FERRY_LOG_OFF` (default) to `FERRY_LOG_DEBUG`.
    pub log_level: u32,
    /// Uploads at a time; 0: 10.
    pub max_uploads: u32,
    /// Downloads at a time; 0: 10.
    pub max_downloads: u32,
    /// Tasks of a kind that may wait in the queue, beyond which a new one fails with errno 600007; 0: no limit.
    pub max_queued: u32,
    /// Milliseconds for a task that gives no timeout; 0: 60000.
    pub default_timeout_ms: u32,
    /// Ceiling for every timeout, milliseconds; 0: 60000.
    pub max_timeout_ms: u32,
    /// Milliseconds for a connection (DNS, TCP, TLS); 0: no limit of its own, the timeout holds.
    pub connect_timeout_ms: u32,
    /// Milliseconds without a byte in either direction, once connected; 0: no limit of its own.
    pub idle_timeout_ms: u32,
    /// Least milliseconds between two progress events of a task; 0: 100; `FERRY_PROGRESS_EVERY_CHANGE`: each change.
    pub progress_interval_ms: u32,
    /// Bits `FERRY_REFUSE_…`: addresses that no transfer may connect to, checked on the address itself
    /// whatever name led there; 0: none.
    pub refuse_addresses: u32,
    /// Most bytes of an upload's response body; 0: 16 MiB; `FERRY_UNLIMITED`.
    pub max_response_body: u64,
    /// Most bytes of a download, errno 603301 beyond; 0: 200 MiB; `FERRY_UNLIMITED`.
    pub max_download_size: u64,
    /// User-Agent of every request; NULL: the caller's, or `ferry/VERSION`.
    pub user_agent: *const c_char,
    /// Referer of every request (a mini-program cannot set one), as a rule
    /// `https://servicewechat.com/{appid}/{version}/page-frame.html`; NULL: none.
    pub referer: *const c_char,
    /// PEM file of CA certificates used instead of the platform's; NULL: see `ca_pem`.
    pub ca_file: *const c_char,
    /// PEM bytes of CA certificates used instead of the platform's; NULL: the platform's, where there is one
    /// that libcurl can read (not on Android: give the bytes).
    pub ca_pem: *const u8,
    /// Length of `ca_pem`.
    pub ca_pem_length: usize,
    /// Public keys; NULL when `pin_count` is 0.
    pub pins: *const ferry_pin,
    /// Number of `pins`.
    pub pin_count: usize,
    /// DNS overrides; NULL when `dns_override_count` is 0.
    pub dns_overrides: *const ferry_dns_override,
    /// Number of `dns_overrides`.
    pub dns_override_count: usize,
    /// Proxy URL; NULL or "": none (environment variables are not read).
    pub proxy: *const c_char,
    /// Origins (`https://host` or `https://host:port`) that uploads may reach, redirects included. NULL: any;
    /// not NULL with a count of 0: none.
    pub upload_origins: *const *const c_char,
    /// Number of `upload_origins`.
    pub upload_origin_count: usize,
    /// The same for downloads.
    pub download_origins: *const *const c_char,
    /// Number of `download_origins`.
    pub download_origin_count: usize,
    /// `FERRY_DEFAULT` is off. On: http URLs fail with errno 600002.
    pub https_only: ferry_switch,
    /// `FERRY_DEFAULT` is off: bytes are stored as the server sent them. On: gzip and deflate are asked for
    /// and decoded, and sizes count what is written, unless the caller set Accept-Encoding itself.
    pub decode_content: ferry_switch,
    /// `FERRY_DEFAULT` is off. On: `ferry_engine_set_background` fails tasks as described there.
    pub background_limit: ferry_switch,
    /// Must be 0.
    pub reserved: u32,
    /// Folder for temporary downloads where there is no storage root; NULL: the system's.
    pub temp_dir: *const c_char,
    /// Storage root of one mini-program (made if it is missing, with its parents). Paths are then `wxfile://tmp_…` and
    /// `wxfile://usr/…` only, and lead nowhere else. One engine at a time per root. NULL: plain paths, for trusted callers.
    pub storage_root: *const c_char,
    /// Bytes of temporary files while running; 0: 4 GiB.
    pub temp_quota: u64,
    /// Bytes of temporary files kept at start, least recently used go first; 0: 2 GiB.
    pub temp_keep: u64,
    /// Bytes of user files; 0: 200 MiB.
    pub user_quota: u64,
}

// SAFETY: repr(C), size first, zero is valid for every field.
unsafe impl AbiStruct for ferry_engine_config {
    const MIN_SIZE: usize = 8;
}
