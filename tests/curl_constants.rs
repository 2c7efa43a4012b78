//! The constants of libcurl that the curl crate lacks are those of the vendored libcurl's own header.

use std::fmt::Write as _;
use std::process::Command;

#[test]
fn our_constants_are_those_of_the_vendored_header() {
    let mut text = String::from("#include <curl/curl.h>\n");
    for (name, value) in ferry::curl::raw::TABLE {
        writeln!(text, "_Static_assert({name} == {value}, \"{name}\");").unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("constants.c");
    std::fs::write(&file, text).unwrap();
    let compiler = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
    let output = Command::new(compiler)
        .args(["-std=c11", "-fsyntax-only", "-I", env!("FERRY_CURL_INCLUDE")])
        .arg(&file)
        .output()
        .expect("a C compiler: `make setup` installs it");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn the_table_has_every_constant() {
    let source = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/curl/raw.rs")).unwrap();
    let constants: Vec<&str> = source
        .lines()
        .filter_map(|line| line.strip_prefix("pub const "))
        .filter_map(|line| line.split(':').next())
        .filter(|name| name.starts_with("CURL"))
        .collect();
    let table: Vec<&str> = ferry::curl::raw::TABLE.iter().map(|(name, _)| *name).collect();
    assert_eq!(table, constants);
}
