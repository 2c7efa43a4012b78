//! How the shared library is linked, and what the tests need to know of the vendored libcurl.

use std::env;

/// Of the C ABI, not of the crate: it changes only when a program built against an older library would break.
const ABI_VERSION: &str = "0";

fn cdylib(argument: &str) {
    println!("cargo::rustc-cdylib-link-arg={argument}");
}

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let os = env::var("CARGO_CFG_TARGET_OS").unwrap_or_default();
    let vendor = env::var("CARGO_CFG_TARGET_VENDOR").unwrap_or_default();

    // rustc lists what may leave a cdylib, for every linker: the `#[no_mangle]` functions, of dependencies too. The
    // archives (libcurl, TLS, Rust dependencies) are shut besides, so that only src/ffi is left.
    if vendor == "apple" {
        cdylib("-Wl,-install_name,@rpath/libferry.dylib");
        cdylib(&format!("-Wl,-compatibility_version,{ABI_VERSION}"));
        cdylib(&format!("-Wl,-current_version,{}", env::var("CARGO_PKG_VERSION").unwrap_or_default()));
    } else if matches!(os.as_str(), "linux" | "android" | "freebsd") {
        // Android's packages carry no versions in file names.
        let soname = if os == "android" { "libferry.so".to_owned() } else { format!("libferry.so.{ABI_VERSION}") };
        cdylib(&format!("-Wl,-soname,{soname}"));
        cdylib("-Wl,--exclude-libs,ALL");
        // A missing symbol shows up when linking, not when a host loads the library.
        cdylib("-Wl,--no-undefined");
    }

    // Set by curl-sys where it builds its own libcurl; tests/curl_constants.rs compiles against it.
    if let Ok(include) = env::var("DEP_CURL_INCLUDE") {
        println!("cargo::rustc-env=FERRY_CURL_INCLUDE={include}");
    }
}
