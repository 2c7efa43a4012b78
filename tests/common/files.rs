//! Folders for tests.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A folder that goes with the test.
pub struct Folder(TempDir);

impl Folder {
    pub fn new() -> Folder {
        Folder(tempfile::tempdir().unwrap())
    }

    pub fn root(&self) -> &Path {
        self.0.path()
    }

    /// The path of something in it, as text.
    pub fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    /// Writes a file and gives its path.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// Makes a FIFO and gives its path.
    pub fn fifo(&self, name: &str) -> String {
        let path = self.path(name);
        let c_path = std::ffi::CString::new(path.as_str()).unwrap();
        // SAFETY: a string that lives for the call.
        assert_eq!(unsafe { libc::mkfifo(c_path.as_ptr(), 0o600) }, 0);
        path
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    /// Everything below it, sorted, folders with a slash at their end.
    pub fn list(&self) -> Vec<String> {
        let mut names = Vec::new();
        walk(self.root(), "", &mut names);
        names.sort();
        names
    }
}

fn walk(folder: &Path, prefix: &str, names: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let name = format!("{prefix}{}", entry.file_name().to_str().unwrap());
        if entry.file_type().unwrap().is_dir() {
            let path: PathBuf = entry.path();
            names.push(format!("{name}/"));
            walk(&path, &format!("{name}/"), names);
        } else {
            names.push(name);
        }
    }
}
