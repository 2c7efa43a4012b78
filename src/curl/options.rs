//! Options that the curl crate has no method for.

use std::ffi::CString;
use std::os::raw::{c_char, c_long, c_void};
use std::sync::Arc;

use curl::easy::Easy2;
use curl::multi::Multi;
use curl::Error;

use super::raw;

fn check(code: curl_sys::CURLcode) -> Result<(), Error> {
    if code == curl_sys::CURLE_OK {
        Ok(())
    } else {
        Err(Error::new(code))
    }
}

fn set_long<H>(easy: &Easy2<H>, option: curl_sys::CURLoption, value: c_long) -> Result<(), Error> {
    // SAFETY: the handle is alive, and the option takes a long.
    check(unsafe { curl_sys::curl_easy_setopt(easy.raw(), option, value) })
}

fn set_text<H>(easy: &Easy2<H>, option: curl_sys::CURLoption, value: Option<&str>) -> Result<(), Error> {
    let value = value.map(CString::new).transpose().map_err(|_| Error::new(curl_sys::CURLE_BAD_FUNCTION_ARGUMENT))?;
    let pointer: *const c_char = value.as_ref().map_or(std::ptr::null(), |text| text.as_ptr());
    // SAFETY: the handle is alive, the option takes a string, which libcurl copies.
    check(unsafe { curl_sys::curl_easy_setopt(easy.raw(), option, pointer) })
}

/// Only http and https, also on a redirect that libcurl itself were to follow.
pub fn http_only<H>(easy: &Easy2<H>) -> Result<(), Error> {
    set_text(easy, raw::CURLOPT_PROTOCOLS_STR, Some("http,https"))?;
    set_text(easy, raw::CURLOPT_REDIR_PROTOCOLS_STR, Some("http,https"))
}

/// The caller's headers go to the server alone, never to a proxy; nor are a proxy's taken for the server's.
pub fn proxy_apart<H>(easy: &Easy2<H>) -> Result<(), Error> {
    set_long(easy, raw::CURLOPT_HEADEROPT, raw::CURLHEADER_SEPARATE)?;
    set_long(easy, raw::CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
}

/// Milliseconds for the whole transfer and for its connection; 0 is libcurl's own default.
pub fn timeouts<H>(easy: &Easy2<H>, total_ms: u64, connect_ms: u64) -> Result<(), Error> {
    let clamp = |ms: u64| c_long::try_from(ms.min(i32::MAX as u64)).unwrap_or(c_long::MAX);
    set_long(easy, raw::CURLOPT_TIMEOUT_MS, clamp(total_ms))?;
    set_long(easy, raw::CURLOPT_CONNECTTIMEOUT_MS, clamp(connect_ms))
}

/// No directory of certificates: with one, libcurl does not keep the parsed store between connections.
pub fn no_ca_path<H>(easy: &Easy2<H>) -> Result<(), Error> {
    set_text(easy, curl_sys::CURLOPT_CAPATH, None)
}

/// PEM certificates in memory. libcurl does not copy them: `pem` must outlive the handle's next use of the
/// option, which the returned guard is for.
pub fn ca_pem<H>(easy: &Easy2<H>, pem: &Arc<[u8]>) -> Result<CaGuard, Error> {
    let blob = curl_sys::curl_blob {
        data: pem.as_ptr().cast_mut().cast::<c_void>(),
        len: pem.len(),
        flags: raw::CURL_BLOB_NOCOPY,
    };
    // SAFETY: the handle is alive; libcurl reads the struct during the call and the bytes for as long as the option
    // stands, while the guard keeps them.
    check(unsafe { curl_sys::curl_easy_setopt(easy.raw(), curl_sys::CURLOPT_CAINFO_BLOB, &raw const blob) })?;
    Ok(CaGuard(pem.clone()))
}

/// Keeps certificates alive that libcurl reads in place.
pub struct CaGuard(#[allow(dead_code, reason = "held for its drop")] Arc<[u8]>);

/// HTTP/3 with fallback.
pub fn http3<H>(easy: &Easy2<H>) -> Result<(), Error> {
    set_long(easy, curl_sys::CURLOPT_HTTP_VERSION, raw::CURL_HTTP_VERSION_3)
}

/// Whether the linked libcurl can do HTTP/3.
pub fn has_http3() -> bool {
    use once_cell::sync::Lazy;
    static HAS: Lazy<bool> = Lazy::new(|| curl::Version::get().feature_http3());
    *HAS
}

/// The multi does not wait for its resolver threads when it goes: a name server that never answers would hold it up.
pub fn quick_exit(multi: &Multi) {
    // SAFETY: the handle is alive, and the option takes a long.
    unsafe { curl_sys::curl_multi_setopt(multi.raw(), raw::CURLMOPT_QUICK_EXIT, 1 as c_long) };
}

/// Connections and addresses of the old network are not used again.
pub fn network_changed(multi: &Multi) {
    let what = raw::CURLMNWC_CLEAR_CONNS | raw::CURLMNWC_CLEAR_DNS;
    // SAFETY: the handle is alive, and the option takes a long.
    unsafe { curl_sys::curl_multi_setopt(multi.raw(), raw::CURLMOPT_NETWORK_CHANGED, what) };
}
