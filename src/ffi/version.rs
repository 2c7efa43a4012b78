//! Which ferry this is.

use std::ffi::CString;
use std::os::raw::c_char;

use once_cell::sync::Lazy;

use super::guard::guard;

/// Version of this header.
pub const FERRY_VERSION_MAJOR: u32 = 0;
/// Version of this header.
pub const FERRY_VERSION_MINOR: u32 = 1;
/// Version of this header.
pub const FERRY_VERSION_PATCH: u32 = 0;

/// The version of the linked library: major * 1000000 + minor * 1000 + patch. Compare with the
/// `FERRY_VERSION_…` macros of the header. Any thread.
#[no_mangle]
pub extern "C" fn ferry_version_number() -> u32 {
    FERRY_VERSION_MAJOR * 1_000_000 + FERRY_VERSION_MINOR * 1_000 + FERRY_VERSION_PATCH
}

/// The version of the linked library as text, `0.1.0`. Never NULL; lives as long as the library. Any thread.
#[no_mangle]
pub extern "C" fn ferry_version() -> *const c_char {
    const TEXT: &str = concat!(env!("CARGO_PKG_VERSION"), "\0");
    TEXT.as_ptr().cast()
}

/// The libcurl inside and what it is made of, for bug reports: `libcurl/8.22.0 AWS-LC/1.73.0 zlib/1.3.2 nghttp2/1.68.1`.
/// Never NULL; lives as long as the library. Any thread.
#[no_mangle]
pub extern "C" fn ferry_curl_version() -> *const c_char {
    static TEXT: Lazy<CString> = Lazy::new(|| {
        let version = curl::Version::get();
        let mut text = format!("libcurl/{}", version.version());
        if let Some(tls) = version.ssl_version() {
            text.push_str(&format!(" {tls}"));
        }
        if let Some(zlib) = version.libz_version() {
            text.push_str(&format!(" zlib/{zlib}"));
        }
        if let Some(nghttp2) = version.nghttp2_version() {
            text.push_str(&format!(" nghttp2/{nghttp2}"));
        }
        CString::new(text).unwrap_or_default()
    });
    guard(c"".as_ptr(), || TEXT.as_ptr())
}
