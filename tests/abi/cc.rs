//! The system's compilers, and the shared library that this test run has built.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

pub const STRICT: [&str; 4] = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"];

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A C or C++ file of this folder.
pub fn source(name: &str) -> PathBuf {
    root().join("tests/abi").join(name)
}

/// libferry.so: cargo puts it beside the test.
pub fn library() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let file = format!("{}ferry{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    let library = test.parent().unwrap().join(file);
    assert!(library.is_file(), "{} is not there", library.display());
    library
}

/// Runs a tool and gives what it printed; panics with everything it said when it fails.
#[track_caller]
pub fn run(command: &mut Command) -> String {
    let output = output(command);
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

#[track_caller]
fn output(command: &mut Command) -> Output {
    command.output().unwrap_or_else(|error| panic!("{command:?}: {error}; `make setup` installs what tests need"))
}

/// `CC` or cc, with ferry.h in reach.
pub fn cc() -> Command {
    compiler("CC", "cc")
}

/// `CXX` or c++.
pub fn cxx() -> Command {
    compiler("CXX", "c++")
}

fn compiler(variable: &str, default: &str) -> Command {
    let mut command = Command::new(std::env::var_os(variable).unwrap_or_else(|| default.into()));
    command.arg("-I").arg(root().join("include"));
    command
}

/// Compiles a program of this folder and links it with the shared library, as a host does.
#[track_caller]
pub fn program(name: &str, folder: &Path) -> PathBuf {
    let library = library();
    let library_folder = library.parent().unwrap();
    // The name that the loader asks for; `make install` makes the same link.
    #[cfg(unix)]
    std::os::unix::fs::symlink(&library, folder.join("libferry.so.0")).unwrap();
    let program = folder.join(name);
    run(cc()
        .args(STRICT)
        .args(["-std=c99", "-pthread"])
        .arg(source(&format!("{name}.c")))
        .arg("-o")
        .arg(&program)
        .arg("-L")
        .arg(library_folder)
        .arg("-lferry")
        .arg(format!("-Wl,-rpath,{}", folder.display())));
    program
}

/// The header without its comments.
pub fn header_text() -> String {
    let text = std::fs::read_to_string(root().join("include/ferry.h")).unwrap();
    let mut code = String::new();
    let mut rest = text.as_str();
    while let Some(start) = rest.find("/*") {
        code.push_str(&rest[..start]);
        let end = rest[start..].find("*/").expect("a comment ends");
        rest = &rest[start + end + 2..];
    }
    code.push_str(rest);
    code
}

/// Every function that the header declares.
pub fn functions() -> Vec<String> {
    let text = header_text();
    let mut names: Vec<String> = text
        .match_indices('(')
        .filter_map(|(at, _)| {
            let word = text[..at].rsplit(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).next().unwrap_or("");
            word.starts_with("ferry_").then(|| word.to_owned())
        })
        .collect();
    names.sort();
    names.dedup();
    assert!(names.len() > 40, "the header declares more than {} functions", names.len());
    names
}
