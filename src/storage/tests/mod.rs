//! The storage on real files. Hostile paths have their own suite, tests/sandbox_paths.rs.

mod adopting;
mod full_disk;
mod host;
mod launch;
mod permissions;
mod quota;
mod sandboxed;

use super::*;
use crate::error::Failure;
use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::os::unix::fs::{symlink, PermissionsExt};
use std::path::Path;
use std::time::{Duration, SystemTime};
use tempfile::TempDir;

fn sandbox_with(root: &Path, change: impl FnOnce(&mut StorageConfig)) -> Storage {
    let mut config = StorageConfig { root: Some(root.to_owned()), ..StorageConfig::default() };
    change(&mut config);
    Storage::open(config).unwrap()
}

fn sandbox() -> (TempDir, Storage) {
    let root = TempDir::new().unwrap();
    let storage = sandbox_with(root.path(), |_| {});
    (root, storage)
}

fn host(temp_dir: &Path) -> Storage {
    Storage::open(StorageConfig { temp_dir: temp_dir.to_owned(), ..StorageConfig::default() }).unwrap()
}

fn names_in(dir: &Path) -> BTreeSet<String> {
    fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect()
}

fn save(storage: &Storage, path: Option<&str>, data: &[u8]) -> Result<Committed, Failure> {
    let mut pending = storage.create_target(path)?;
    pending.write(data)?;
    pending.commit("bin")
}

fn read_upload(storage: &Storage, path: &str) -> Vec<u8> {
    let mut upload = storage.open_upload(path).unwrap();
    let mut data = Vec::new();
    upload.file.read_to_end(&mut data).unwrap();
    assert_eq!(upload.len, data.len() as u64);
    data
}

fn make_fifo(path: &Path) {
    let status = std::process::Command::new("mkfifo").arg(path).status().unwrap();
    assert!(status.success());
}
