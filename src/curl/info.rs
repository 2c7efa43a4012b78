//! What libcurl knows of a transfer.

use std::ffi::CStr;
use std::os::raw::{c_char, c_long};

use curl::multi::Easy2Handle;
use curl_sys::{curl_off_t, CURL, CURLINFO};

use super::{raw, socket};

/// Infos of one transfer, read before the handle leaves the multi.
#[derive(Debug, Clone, Default)]
pub struct TransferInfo {
    /// Microseconds from the start of the transfer; 0: did not happen.
    pub namelookup_us: i64,
    pub connect_us: i64,
    pub appconnect_us: i64,
    pub pretransfer_us: i64,
    pub posttransfer_us: i64,
    pub starttransfer_us: i64,
    pub total_us: i64,
    pub new_connections: i64,
    pub primary_ip: String,
    pub primary_port: u16,
    /// CURL_HTTP_VERSION_…; 0: unknown.
    pub http_version: i64,
    pub request_size: u64,
    pub header_size: u64,
    pub uploaded: u64,
    pub downloaded: u64,
    /// -1: unknown.
    pub content_length: i64,
    pub rtt_us: Option<u32>,
}

impl TransferInfo {
    /// Reads them all.
    pub fn of<H>(handle: &Easy2Handle<H>) -> TransferInfo {
        let easy = handle.raw();
        // SAFETY: the handle is alive, on the thread that drives it, and each info is read as the type its name
        // stands for.
        unsafe {
            TransferInfo {
                namelookup_us: off_t(easy, raw::CURLINFO_NAMELOOKUP_TIME_T),
                connect_us: off_t(easy, raw::CURLINFO_CONNECT_TIME_T),
                appconnect_us: off_t(easy, raw::CURLINFO_APPCONNECT_TIME_T),
                pretransfer_us: off_t(easy, raw::CURLINFO_PRETRANSFER_TIME_T),
                posttransfer_us: off_t(easy, raw::CURLINFO_POSTTRANSFER_TIME_T),
                starttransfer_us: off_t(easy, raw::CURLINFO_STARTTRANSFER_TIME_T),
                total_us: off_t(easy, raw::CURLINFO_TOTAL_TIME_T),
                new_connections: long(easy, raw::CURLINFO_NUM_CONNECTS),
                primary_ip: text(easy, raw::CURLINFO_PRIMARY_IP),
                primary_port: u16::try_from(long(easy, raw::CURLINFO_PRIMARY_PORT)).unwrap_or(0),
                http_version: long(easy, raw::CURLINFO_HTTP_VERSION),
                request_size: unsigned(long(easy, raw::CURLINFO_REQUEST_SIZE)),
                header_size: unsigned(long(easy, raw::CURLINFO_HEADER_SIZE)),
                uploaded: unsigned(off_t(easy, raw::CURLINFO_SIZE_UPLOAD_T)),
                downloaded: unsigned(off_t(easy, raw::CURLINFO_SIZE_DOWNLOAD_T)),
                content_length: off_t(easy, raw::CURLINFO_CONTENT_LENGTH_DOWNLOAD_T),
                rtt_us: active_socket(easy).and_then(socket::rtt_us),
            }
        }
    }
}

impl TransferInfo {
    /// The host's name was not resolved when the transfer ended.
    pub fn unresolved(&self) -> bool {
        // A reused connection has an address but no lookup.
        self.namelookup_us == 0 && self.primary_ip.is_empty()
    }
}

fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

/// # Safety
/// `easy` is alive and `info` is of the type off_t.
unsafe fn off_t(easy: *mut CURL, info: CURLINFO) -> i64 {
    let mut value: curl_off_t = 0;
    // SAFETY: as promised by the caller.
    let code = unsafe { curl_sys::curl_easy_getinfo(easy, info, &raw mut value) };
    if code == curl_sys::CURLE_OK {
        value
    } else {
        0
    }
}

/// # Safety
/// `easy` is alive and `info` is of the type long.
unsafe fn long(easy: *mut CURL, info: CURLINFO) -> i64 {
    let mut value: c_long = 0;
    // SAFETY: as promised by the caller.
    let code = unsafe { curl_sys::curl_easy_getinfo(easy, info, &raw mut value) };
    if code == curl_sys::CURLE_OK {
        #[allow(clippy::useless_conversion, reason = "c_long is 32 bits wide on some targets")]
        i64::from(value)
    } else {
        0
    }
}

/// # Safety
/// `easy` is alive and `info` is of the type string.
unsafe fn text(easy: *mut CURL, info: CURLINFO) -> String {
    let mut value: *const c_char = std::ptr::null();
    // SAFETY: as promised by the caller; the string is copied while the handle is untouched.
    unsafe {
        let code = curl_sys::curl_easy_getinfo(easy, info, &raw mut value);
        if code != curl_sys::CURLE_OK || value.is_null() {
            return String::new();
        }
        CStr::from_ptr(value).to_string_lossy().into_owned()
    }
}

/// A handle, for its own handler to ask about the connection.
#[derive(Debug, Clone, Copy)]
pub struct Probe(*mut CURL);

// SAFETY: it goes where the handler goes, which is inside the handle it points to.
unsafe impl Send for Probe {}

impl Probe {
    /// # Safety
    /// It is kept only inside the handler of this handle, which cannot outlive it.
    pub(super) unsafe fn new(easy: *mut CURL) -> Probe {
        Probe(easy)
    }

    /// The round-trip time of the connection in use, microseconds.
    pub fn rtt_us(&self) -> Option<u32> {
        // SAFETY: alive, as `new` says; libcurl allows reading infos inside callbacks.
        unsafe { active_socket(self.0) }.and_then(socket::rtt_us)
    }
}

/// # Safety
/// `easy` is alive.
unsafe fn active_socket(easy: *mut CURL) -> Option<curl_sys::curl_socket_t> {
    let mut value: curl_sys::curl_socket_t = curl_sys::CURL_SOCKET_BAD;
    // SAFETY: as promised by the caller.
    let code = unsafe { curl_sys::curl_easy_getinfo(easy, raw::CURLINFO_ACTIVESOCKET, &raw mut value) };
    (code == curl_sys::CURLE_OK && value != curl_sys::CURL_SOCKET_BAD).then_some(value)
}
