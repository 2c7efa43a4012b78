//! Taking a file of the host's in as a temporary file: what wx.chooseImage hands out.

use super::pending::PendingFile;
use super::refusal;
use super::{names, Committed, Mode, Storage, UPLOAD_FLAGS};
use crate::error::Failure;
use crate::storage::quota::Claim;
use crate::storage::sandbox::Area;
use cap_std::ambient_authority;
use cap_std::fs::Dir;
use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// What becomes of the host's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Adopt {
    /// It stays; where the file system can, both share their blocks.
    Copy,
    /// It is gone afterwards; a rename where both are on one volume.
    Move,
}

impl Storage {
    /// Makes a host's file a temporary file and gives the path to hand to the mini-program. It keeps its extension and
    /// counts against the temporary quota. May take as long as copying the file: not for the engine's thread.
    pub fn adopt(&self, host_file: &Path, how: Adopt) -> Result<String, Failure> {
        let source = OpenOptions::new()
            .read(true)
            .custom_flags(UPLOAD_FLAGS)
            .open(host_file)
            .map_err(|error| refusal::opening(&error))?;
        let source = super::open_regular(source, "")?;
        let extension = host_file.extension().and_then(|e| e.to_str()).unwrap_or_default();

        if let (Adopt::Move, Mode::Sandbox(sandbox)) = (how, &self.mode) {
            if let Some(path) = adopt_by_rename(&sandbox.temporary, host_file, extension)? {
                return Ok(path);
            }
        }
        let pending = self.create_target(None)?;
        let committed = copy(pending, source.file, source.len, extension)?;
        if how == Adopt::Move {
            std::fs::remove_file(host_file).map_err(|error| refusal::saving(&error))?;
        }
        Ok(committed.path)
    }
}

fn copy(mut pending: PendingFile, source: File, len: u64, extension: &str) -> Result<Committed, Failure> {
    pending.reserve(len)?;
    // No further than was reserved, however much is being appended meanwhile.
    let copied = io::copy(&mut source.take(len), &mut pending.file()).map_err(|error| refusal::saving(&error))?;
    pending.note_written(copied)?;
    pending.commit(extension)
}

/// None when it takes a copy: another volume, or a symlink, which must not come in.
fn adopt_by_rename(area: &Area, host_file: &Path, extension: &str) -> Result<Option<String>, Failure> {
    let Some((folder, name)) = host_file.parent().zip(host_file.file_name()) else {
        return Ok(None);
    };
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let Ok(folder) = Dir::open_ambient_dir(folder, ambient_authority()) else {
        return Ok(None);
    };
    let len = match folder.symlink_metadata(name) {
        Ok(metadata) if metadata.is_file() => metadata.len(),
        _ => return Ok(None),
    };
    let mut claim = Claim::new(area.quota.clone());
    if claim.grow_to(len).is_err() {
        area.recount_if_cheap();
        claim.grow_to(len).map_err(|_| Failure::StorageLimit)?;
    }
    let random = names::random().map_err(|error| refusal::saving(&error))?;
    let temporary = names::temporary(&random, extension);
    if claim.settle(len, || folder.rename(name, &area.dir, &temporary).map(|()| 0)).is_err() {
        return Ok(None);
    }
    match area.dir.symlink_metadata(&temporary) {
        Ok(metadata) if metadata.is_file() => Ok(Some(format!("wxfile://{temporary}"))),
        // Swapped for something else after the look at it.
        _ => {
            let _ = area.dir.remove_file(&temporary);
            Err(Failure::FileNotFound)
        }
    }
}
