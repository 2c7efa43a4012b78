//! The header compiles wherever it may be included, and its macros say what the library says.

use crate::cc;

#[test]
fn it_compiles_as_c99_and_c11_without_a_warning() {
    for standard in ["-std=c99", "-std=c11", "-std=gnu17"] {
        cc::run(cc::cc().args(cc::STRICT).args([standard, "-fsyntax-only"]).arg(cc::source("twice.c")));
    }
}

#[test]
fn it_compiles_as_cxx17_without_a_warning() {
    for standard in ["-std=c++11", "-std=c++17"] {
        cc::run(cc::cxx().args(cc::STRICT).args([standard, "-fsyntax-only", "-x", "c++"]).arg(cc::source("twice.c")));
    }
}

#[test]
fn a_cxx_program_links_by_c_names() {
    let folder = tempfile::tempdir().unwrap();
    let object = folder.path().join("twice.o");
    cc::run(cc::cxx().args(["-std=c++17", "-c", "-x", "c++"]).arg(cc::source("twice.c")).arg("-o").arg(&object));
    let symbols = cc::run(std::process::Command::new("nm").arg("-u").arg(&object));
    assert!(symbols.split_whitespace().any(|name| name.trim_start_matches('_') == "ferry_version_number"), "{symbols}");
}

#[test]
fn the_file_that_is_compiled_uses_every_init_macro() {
    let text = std::fs::read_to_string(cc::source("twice.c")).unwrap();
    let header = cc::header_text();
    let macros: Vec<&str> = header
        .lines()
        .filter_map(|line| line.strip_prefix("#define "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| name.ends_with("_INIT"))
        .collect();
    assert_eq!(macros.len(), 7);
    for name in macros {
        assert!(text.contains(&format!("= {name};")), "twice.c does not use {name}");
    }
}

#[test]
fn the_macros_are_the_crates_version() {
    let number = |name: &str| -> String {
        let header = cc::header_text();
        let line = header.lines().find(|line| line.starts_with(&format!("#define {name} "))).unwrap();
        line.split_whitespace().nth(2).unwrap().to_owned()
    };
    let version = ["FERRY_VERSION_MAJOR", "FERRY_VERSION_MINOR", "FERRY_VERSION_PATCH"].map(number).join(".");
    assert_eq!(version, env!("CARGO_PKG_VERSION"));
}
