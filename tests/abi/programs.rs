//! C programs that hold the library to its header. What they find wrong they print.

use std::process::Command;

use ferry_test_support::{pattern_bytes, Server};

use crate::cc;

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn the_initialisers_make_the_same_bytes_and_the_versions_agree() {
    let folder = folder();
    let printed = cc::run(&mut Command::new(cc::program("init", folder.path())));
    assert_eq!(printed.trim(), env!("CARGO_PKG_VERSION"));
}

#[test]
fn null_is_answered_everywhere() {
    let folder = folder();
    cc::run(&mut Command::new(cc::program("nulls", folder.path())));
}

#[test]
fn the_null_test_calls_every_function() {
    let text = std::fs::read_to_string(cc::source("nulls.c")).unwrap();
    let missing: Vec<String> = cc::functions().into_iter().filter(|name| !text.contains(&format!("{name}("))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn older_and_newer_structs_carry_real_files() {
    let (folder, server) = (folder(), Server::plain());
    let file = folder.path().join("sent.bin");
    std::fs::write(&file, pattern_bytes(10_000)).unwrap();
    let program = cc::program("versions", folder.path());
    cc::run(Command::new(program).arg(server.url("")).arg(&file).arg(folder.path()));
    let requests = server.requests();
    let uploads: Vec<_> = requests.iter().filter(|request| request.path() == "/upload").collect();
    assert_eq!(uploads.len(), 3);
    for upload in uploads {
        assert!(upload.body_complete && upload.body_length > 10_000, "{upload:?}");
    }
    assert_eq!(std::fs::read(folder.path().join("fetched")).unwrap(), pattern_bytes(5000));
}
