//! What leaves the shared library.
#![cfg(target_os = "linux")]

use std::process::Command;

use crate::cc;

fn exported() -> Vec<String> {
    let listing = cc::run(Command::new("nm").args(["-D", "--defined-only"]).arg(cc::library()));
    let mut names: Vec<String> =
        listing.lines().filter_map(|line| line.split_whitespace().last()).map(str::to_owned).collect();
    names.sort();
    names
}

#[test]
fn it_exports_the_functions_of_the_header_and_nothing_else() {
    assert_eq!(exported(), cc::functions());
}

#[test]
fn it_is_asked_for_by_its_abi_version() {
    let dynamic = cc::run(Command::new("readelf").arg("-d").arg(cc::library()));
    let soname = dynamic.lines().find(|line| line.contains("SONAME")).expect("a soname");
    assert!(soname.contains("[libferry.so.0]"), "{soname}");
}

#[test]
fn it_needs_the_system_alone() {
    let dynamic = cc::run(Command::new("readelf").arg("-d").arg(cc::library()));
    let needed = dynamic.lines().filter(|line| line.contains("(NEEDED)"));
    let mut names: Vec<&str> = needed.map(|line| line.split('[').nth(1).unwrap().trim_end_matches(']')).collect();
    let system = ["libc.", "libm.", "libgcc_s.", "libdl.", "libpthread.", "librt.", "libutil.", "ld-linux"];
    let tls: &[&str] = if cfg!(feature = "tls-system") { &["libssl.", "libcrypto."] } else { &[] };
    names.retain(|name| !system.iter().chain(tls).any(|known| name.starts_with(known)));
    assert!(names.is_empty(), "{names:?}");
}
