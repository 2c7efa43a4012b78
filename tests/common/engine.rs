//! An engine's handle and its configuration.

use std::ffi::{CStr, CString};
use std::os::raw::{c_char, c_void};
use std::ptr::{null, null_mut};
use std::sync::Arc;
use std::time::Instant;

use parking_lot::{Condvar, Mutex};

use ferry::ffi::config::*;
use ferry::ffi::engine::*;
use ferry::ffi::options::*;
use ferry::ffi::profile::ferry_network;
use ferry::ffi::status::*;
use ferry::ffi::storage::*;

use super::request::{Download, Upload};
use super::PATIENCE;

pub struct DnsOverride {
    pub host: String,
    pub port: u16,
    pub connect_port: u16,
    pub addresses: String,
}

/// `ferry_engine_config` in Rust's terms; everything at its default.
#[derive(Default)]
pub struct Config {
    pub pump: bool,
    pub log_level: u32,
    pub max_uploads: u32,
    pub max_downloads: u32,
    pub max_queued: u32,
    pub default_timeout_ms: u32,
    pub max_timeout_ms: u32,
    pub connect_timeout_ms: u32,
    pub idle_timeout_ms: u32,
    pub progress_interval_ms: u32,
    pub refuse_addresses: u32,
    pub max_response_body: u64,
    pub max_download_size: u64,
    pub user_agent: Option<String>,
    pub referer: Option<String>,
    pub ca_file: Option<String>,
    pub ca_pem: Option<String>,
    /// Host and base64 of the key's hash.
    pub pins: Vec<(String, String)>,
    pub dns: Vec<DnsOverride>,
    pub proxy: Option<String>,
    pub upload_origins: Option<Vec<String>>,
    pub download_origins: Option<Vec<String>>,
    pub https_only: bool,
    pub decode_content: bool,
    pub background_limit: bool,
    pub temp_dir: Option<String>,
    pub storage_root: Option<String>,
    pub temp_quota: u64,
    pub temp_keep: u64,
    pub user_quota: u64,
}

impl Config {
    /// Points a name to an address, the port kept.
    pub fn resolve(&mut self, host: &str, port: u16, addresses: &str) {
        let (host, addresses) = (host.to_owned(), addresses.to_owned());
        self.dns.push(DnsOverride { host, port, connect_port: 0, addresses });
    }
}

/// What the engine's `user_data` points to.
#[derive(Default)]
pub struct Notes {
    log: Mutex<Vec<(u32, String)>>,
    wakeups: Mutex<u64>,
    woken: Condvar,
    /// The names of the threads that `destroy` was called on.
    destroyed: Mutex<Vec<String>>,
}

/// An engine, closed and released when dropped.
pub struct Engine {
    handle: *mut ferry_engine,
    pub notes: Arc<Notes>,
}

// SAFETY: the header allows every function on every thread.
unsafe impl Send for Engine {}
// SAFETY: as above.
unsafe impl Sync for Engine {}

impl Engine {
    /// With every default.
    pub fn new() -> Engine {
        Engine::with(|_| {})
    }

    #[track_caller]
    pub fn with(change: impl FnOnce(&mut Config)) -> Engine {
        let mut config = Config::default();
        change(&mut config);
        Engine::try_new(&config).unwrap_or_else(|(status, log)| panic!("engine: status {status}, {log:?}"))
    }

    /// With the log when there is no engine.
    pub fn try_new(config: &Config) -> Result<Engine, (ferry_status, Vec<String>)> {
        let notes = Arc::new(Notes::default());
        let mut kept = Vec::new();
        let mut keep = |text: &str| -> *const c_char {
            kept.push(CString::new(text).unwrap());
            kept.last().unwrap().as_ptr()
        };
        let pins: Vec<ferry_pin> =
            config.pins.iter().map(|(host, key)| ferry_pin { host: keep(host), spki_sha256: keep(key) }).collect();
        let dns: Vec<ferry_dns_override> = config
            .dns
            .iter()
            .map(|entry| ferry_dns_override {
                host: keep(&entry.host),
                port: entry.port,
                connect_port: entry.connect_port,
                reserved: 0,
                addresses: keep(&entry.addresses),
            })
            .collect();
        let mut origins = |list: &Option<Vec<String>>| -> Option<Vec<*const c_char>> {
            list.as_ref().map(|list| list.iter().map(|origin| keep(origin)).collect())
        };
        let (uploads, downloads) = (origins(&config.upload_origins), origins(&config.download_origins));
        let list = |list: &Option<Vec<*const c_char>>| list.as_ref().map_or((null(), 0), |l| (l.as_ptr(), l.len()));
        let mut text = |text: &Option<String>| text.as_deref().map_or(null(), &mut keep);
        let switch = |on: bool| if on { FERRY_ON } else { FERRY_DEFAULT };
        let raw = ferry_engine_config {
            struct_size: size_of::<ferry_engine_config>() as u32,
            dispatch: if config.pump { FERRY_DISPATCH_PUMP } else { FERRY_DISPATCH_THREAD },
            user_data: Arc::into_raw(notes.clone()).cast_mut().cast(),
            wakeup: config.pump.then_some(wakeup),
            log: Some(log),
            destroy: Some(destroy),
            log_level: if config.log_level == 0 { FERRY_LOG_ERROR } else { config.log_level },
            max_uploads: config.max_uploads,
            max_downloads: config.max_downloads,
            max_queued: config.max_queued,
            default_timeout_ms: config.default_timeout_ms,
            max_timeout_ms: config.max_timeout_ms,
            connect_timeout_ms: config.connect_timeout_ms,
            idle_timeout_ms: config.idle_timeout_ms,
            progress_interval_ms: config.progress_interval_ms,
            refuse_addresses: config.refuse_addresses,
            max_response_body: config.max_response_body,
            max_download_size: config.max_download_size,
            user_agent: text(&config.user_agent),
            referer: text(&config.referer),
            ca_file: text(&config.ca_file),
            ca_pem: config.ca_pem.as_ref().map_or(null(), |pem| pem.as_ptr()),
            ca_pem_length: config.ca_pem.as_ref().map_or(0, String::len),
            pins: pins.as_ptr(),
            pin_count: pins.len(),
            dns_overrides: dns.as_ptr(),
            dns_override_count: dns.len(),
            proxy: text(&config.proxy),
            upload_origins: list(&uploads).0,
            upload_origin_count: list(&uploads).1,
            download_origins: list(&downloads).0,
            download_origin_count: list(&downloads).1,
            https_only: switch(config.https_only),
            decode_content: switch(config.decode_content),
            background_limit: switch(config.background_limit),
            reserved: 0,
            temp_dir: text(&config.temp_dir),
            storage_root: text(&config.storage_root),
            temp_quota: config.temp_quota,
            temp_keep: config.temp_keep,
            user_quota: config.user_quota,
        };
        let mut handle = null_mut();
        // SAFETY: everything it points to lives until the call returns; `notes` until its destroy.
        let status = unsafe { ferry_engine_create(&raw, &mut handle) };
        if status == FERRY_OK {
            return Ok(Engine { handle, notes });
        }
        assert!(handle.is_null());
        // SAFETY: nothing was taken, so the count is still ours.
        drop(unsafe { Arc::from_raw(raw.user_data.cast::<Notes>()) });
        let log = notes.log.lock().iter().map(|(_, line)| line.clone()).collect();
        Err((status, log))
    }

    pub fn raw(&self) -> *mut ferry_engine {
        self.handle
    }

    /// An upload with the form name `file`.
    pub fn upload(&self, url: &str, file_path: &str) -> Upload<'_> {
        Upload::new(self, Some(url), Some(file_path), Some("file"))
    }

    /// An upload that may lack what is required.
    pub fn upload_of(&self, url: Option<&str>, file_path: Option<&str>, name: Option<&str>) -> Upload<'_> {
        Upload::new(self, url, file_path, name)
    }

    pub fn download(&self, url: &str) -> Download<'_> {
        Download::new(self, Some(url))
    }

    pub fn download_of(&self, url: Option<&str>) -> Download<'_> {
        Download::new(self, url)
    }

    pub fn close(&self) -> ferry_status {
        // SAFETY: alive until dropped, as for all below.
        unsafe { ferry_engine_close(self.handle) }
    }

    /// Begins to close; `on_closed` runs last.
    pub fn close_async(&self, on_closed: impl FnOnce() + Send + 'static) -> ferry_status {
        type Last = Box<dyn FnOnce() + Send>;
        unsafe extern "C" fn run(data: *mut c_void) {
            // SAFETY: the box made below, called once.
            (unsafe { Box::from_raw(data.cast::<Last>()) })();
        }
        let data = Box::into_raw(Box::new(Box::new(on_closed) as Last));
        // SAFETY: alive; the data goes with its function.
        let status = unsafe { ferry_engine_close_async(self.handle, Some(run), data.cast()) };
        if status != FERRY_OK {
            // SAFETY: it is not called then.
            drop(unsafe { Box::from_raw(data) });
        }
        status
    }

    /// Gives the handle back without closing.
    pub fn release(self) -> Arc<Notes> {
        let notes = self.notes.clone();
        // SAFETY: the one reference we own; Drop is skipped.
        unsafe { ferry_engine_release(self.handle) };
        std::mem::forget(self);
        notes
    }

    /// What ferry says and how many events it told.
    pub fn try_dispatch(&self, max: u32) -> (ferry_status, u32) {
        let mut told = 0;
        // SAFETY: alive.
        let status = unsafe { ferry_engine_dispatch(self.handle, max, &mut told) };
        (status, told)
    }

    #[track_caller]
    pub fn dispatch(&self, max: u32) -> u32 {
        let (status, told) = self.try_dispatch(max);
        assert_eq!(status, FERRY_OK);
        told
    }

    /// A host's loop: sleeps until woken, dispatches, until `done`.
    #[track_caller]
    pub fn pump_until(&self, mut done: impl FnMut() -> bool) {
        let mut seen = 0;
        while !done() {
            self.dispatch(0);
            if !done() {
                seen = self.notes.wait_wakeups(seen + 1);
            }
        }
    }

    pub fn stats(&self) -> ferry_engine_stats {
        // SAFETY: plain data for which zero is valid.
        let mut stats: ferry_engine_stats = unsafe { std::mem::zeroed() };
        stats.struct_size = size_of::<ferry_engine_stats>() as u32;
        // SAFETY: alive.
        assert_eq!(unsafe { ferry_engine_get_stats(self.handle, &mut stats) }, FERRY_OK);
        stats
    }

    pub fn network(&self) -> ferry_network {
        // SAFETY: as above.
        let mut network: ferry_network = unsafe { std::mem::zeroed() };
        network.struct_size = size_of::<ferry_network>() as u32;
        // SAFETY: alive.
        assert_eq!(unsafe { ferry_engine_network(self.handle, &mut network) }, FERRY_OK);
        network
    }

    pub fn network_changed(&self, change: u32) -> ferry_status {
        // SAFETY: alive.
        unsafe { ferry_engine_network_changed(self.handle, change) }
    }

    pub fn set_background(&self, background: bool) -> ferry_status {
        // SAFETY: alive.
        unsafe { ferry_engine_set_background(self.handle, i32::from(background)) }
    }

    pub fn real_path(&self, path: &str) -> Result<String, ferry_status> {
        let path = CString::new(path).unwrap();
        path_of(|buffer, capacity, length| {
            // SAFETY: alive, and the buffer has the capacity.
            unsafe { ferry_engine_real_path(self.handle, path.as_ptr(), buffer, capacity, length) }
        })
    }

    pub fn adopt_file(&self, path: &str, how: u32) -> Result<String, ferry_status> {
        let path = CString::new(path).unwrap();
        path_of(|buffer, capacity, length| {
            // SAFETY: as above.
            unsafe { ferry_engine_adopt_file(self.handle, path.as_ptr(), how, buffer, capacity, length) }
        })
    }
}

impl Engine {
    pub fn recount_files(&self) -> ferry_status {
        // SAFETY: alive.
        unsafe { ferry_engine_recount_files(self.handle) }
    }
}

fn path_of(get: impl FnOnce(*mut c_char, usize, *mut usize) -> ferry_status) -> Result<String, ferry_status> {
    let mut buffer = vec![0u8; 4096];
    let mut length = 0;
    match get(buffer.as_mut_ptr().cast(), buffer.len(), &mut length) {
        FERRY_OK => {
            let text = CStr::from_bytes_until_nul(&buffer).unwrap().to_str().unwrap().to_owned();
            assert_eq!(text.len(), length);
            Ok(text)
        }
        status => Err(status),
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // SAFETY: the reference we own.
        unsafe {
            ferry_engine_close(self.handle);
            ferry_engine_release(self.handle);
        }
    }
}

impl Notes {
    pub fn log(&self) -> Vec<(u32, String)> {
        self.log.lock().clone()
    }

    pub fn wakeups(&self) -> u64 {
        *self.wakeups.lock()
    }

    /// Waits until `wakeup` was called so often; how often it was.
    #[track_caller]
    pub fn wait_wakeups(&self, count: u64) -> u64 {
        let end = Instant::now() + PATIENCE;
        let mut wakeups = self.wakeups.lock();
        while *wakeups < count {
            let left = end.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "waited in vain for wake-up {count}, had {wakeups}");
            self.woken.wait_for(&mut wakeups, left);
        }
        *wakeups
    }

    /// The threads that `destroy` was called on.
    pub fn destroyed(&self) -> Vec<String> {
        self.destroyed.lock().clone()
    }
}

unsafe fn notes<'a>(user_data: *mut c_void) -> &'a Notes {
    // SAFETY: the config gave a strong count that lasts until `destroy`.
    unsafe { &*user_data.cast::<Notes>() }
}

unsafe extern "C" fn wakeup(user_data: *mut c_void) {
    // SAFETY: ours.
    let notes = unsafe { notes(user_data) };
    *notes.wakeups.lock() += 1;
    notes.woken.notify_all();
}

unsafe extern "C" fn log(user_data: *mut c_void, level: u32, message: *const c_char) {
    // SAFETY: ours, and the message is borrowed for the call.
    let (notes, line) = unsafe { (notes(user_data), CStr::from_ptr(message)) };
    notes.log.lock().push((level, line.to_str().expect("log is UTF-8").to_owned()));
}

unsafe extern "C" fn destroy(user_data: *mut c_void) {
    // SAFETY: gives back the count of the config; called once.
    let notes = unsafe { Arc::from_raw(user_data.cast::<Notes>()) };
    notes.destroyed.lock().push(std::thread::current().name().unwrap_or_default().to_owned());
}
