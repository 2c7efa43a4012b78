//! Storage without a root: the host's own plain paths.

use super::pending::{Home, PendingFile, Target};
use super::refusal;
use super::{open_regular, UploadFile, UPLOAD_FLAGS};
use crate::error::Failure;
use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

#[derive(Debug)]
pub struct HostFiles {
    temp_dir: PathBuf,
}

impl HostFiles {
    pub fn new(temp_dir: &Path) -> io::Result<Self> {
        Ok(Self { temp_dir: absolute(temp_dir)? })
    }

    pub fn open_upload(&self, path: &str) -> Result<UploadFile, Failure> {
        let file = OpenOptions::new()
            .read(true)
            .custom_flags(UPLOAD_FLAGS)
            .open(path)
            .map_err(|error| refusal::opening(&error))?;
        let name = path.rsplit('/').next().unwrap_or(path);
        open_regular(file, name)
    }

    pub fn create_target(&self, path: Option<&str>) -> Result<PendingFile, Failure> {
        let Some(path) = path else {
            let home = Home::Plain { folder: self.temp_dir.clone() };
            return PendingFile::create(home, Target::Temporary);
        };
        let refused = || Failure::TargetNotPermitted(path.to_owned());
        let (folder, name) = split(path).ok_or_else(refused)?;
        let folder = absolute(folder.as_ref()).map_err(|error| refusal::creating(&error, path))?;
        // Renaming over a device or a socket would take it away from the system; a symlink is replaced, not followed.
        match folder.join(&name).symlink_metadata() {
            Ok(metadata) if !metadata.is_file() && !metadata.is_symlink() => return Err(refused()),
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(refusal::creating(&error, path));
            }
            _ => {}
        }
        PendingFile::create(Home::Plain { folder }, Target::Named { name, given: path.to_owned() })
    }

    pub fn real_path(&self, path: &str) -> Result<PathBuf, Failure> {
        if path.is_empty() || path.contains('\0') {
            return Err(Failure::FileNotFound);
        }
        absolute(path.as_ref()).map_err(|error| refusal::opening(&error))
    }
}

/// The host may change its working folder while a download runs.
fn absolute(path: &Path) -> io::Result<PathBuf> {
    if path.is_absolute() {
        return Ok(path.to_owned());
    }
    Ok(std::env::current_dir()?.join(path))
}

/// Folder and name of a file to write. `Path::file_name` would read `dir/` and `dir/.` as a file `dir`.
fn split(path: &str) -> Option<(&str, OsString)> {
    let (folder, name) = match path.rfind('/') {
        Some(0) => ("/", &path[1..]),
        Some(at) => (&path[..at], &path[at + 1..]),
        None => ("", path),
    };
    let names_a_file = !name.is_empty() && name != "." && name != ".." && !path.contains('\0');
    names_a_file.then(|| (folder, name.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_that_name_a_file_are_split() {
        assert_eq!(split("/a/b"), Some(("/a", "b".into())));
        assert_eq!(split("/a"), Some(("/", "a".into())));
        assert_eq!(split("a"), Some(("", "a".into())));
        assert_eq!(split("./a//b"), Some(("./a/", "b".into())));
        for path in ["", "/", "a/", ".", "..", "a/.", "a/..", "a\0b", "a\0/b"] {
            assert_eq!(split(path), None, "{path:?}");
        }
    }
}
