//! include/ferry.h is what src/ffi says. `make header` writes it; otherwise this fails when it has drifted.

use std::path::Path;

/// In the order of the header.
const NOUNS: [&str; 13] = [
    "version",
    "status",
    "errno",
    "string",
    "options",
    "config",
    "profile",
    "headers",
    "result",
    "engine",
    "task",
    "listeners",
    "storage",
];

fn generated() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let ffi = root.join("src/ffi");
    let read = |name: &str| std::fs::read_to_string(ffi.join(name)).unwrap();
    let mut config = cbindgen::Config::from_root_or_default(root);
    config.header = Some(read("manual.h"));
    config.trailer = Some(read("init.h"));
    let sources = NOUNS.iter().fold(cbindgen::Builder::new().with_config(config), |builder, noun| {
        builder.with_src(ffi.join(format!("{noun}.rs")))
    });
    let mut text = Vec::new();
    sources.generate().expect("cbindgen reads src/ffi").write(&mut text);
    String::from_utf8(text).unwrap()
}

#[test]
fn the_committed_header_is_the_generated_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("include/ferry.h");
    let generated = generated();
    if std::env::var_os("FERRY_WRITE_HEADER").is_some() {
        std::fs::write(&path, &generated).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == generated, "include/ferry.h has drifted from src/ffi: run `make header` and commit it");
}
