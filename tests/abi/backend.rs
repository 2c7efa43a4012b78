//! The TLS inside. Without `ssl` in the right place libcurl has none at all, and says nothing.

use std::ffi::CStr;

fn curl_version() -> String {
    let text = ferry::ffi::version::ferry_curl_version();
    // SAFETY: never NULL and NUL-terminated, as the header says.
    unsafe { CStr::from_ptr(text) }.to_str().unwrap().to_owned()
}

#[test]
fn libcurl_has_the_tls_that_the_features_ask_for() {
    let version = curl_version();
    let expected = if cfg!(feature = "tls-aws-lc") { " AWS-LC/" } else { " OpenSSL/" };
    assert!(version.contains(expected), "{version}");
}

#[test]
fn libcurl_is_the_vendored_one_with_http2_and_zlib() {
    let version = curl_version();
    assert!(version.starts_with("libcurl/8."), "{version}");
    assert!(version.contains(" nghttp2/") && version.contains(" zlib/"), "{version}");
    assert!(curl::Version::get().feature_http2());
}
