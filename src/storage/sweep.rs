//! Walking a mini-program's folders: counting, clearing what a crash left, trimming old temporary files.

use super::names;
use cap_fs_ext::DirExt;
use cap_std::fs::{Dir, DirEntry, MetadataExt};
use std::ffi::OsString;
use std::io;

/// The resolver goes no deeper either, so nothing below is ever ferry's doing.
const MAX_DEPTH: usize = 64;

/// Calls `visit` for each entry that is not a folder. Symlinks are entries, never followed.
fn walk(dir: &Dir, depth: usize, visit: &mut dyn FnMut(&Dir, &DirEntry) -> io::Result<()>) -> io::Result<()> {
    let mut folders: Vec<OsString> = Vec::new();
    for entry in dir.entries()? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            folders.push(entry.file_name());
        } else {
            visit(dir, &entry)?;
        }
    }
    if depth == 0 {
        return Ok(());
    }
    for name in folders {
        let walked = dir.open_dir_nofollow(&name).and_then(|folder| walk(&folder, depth - 1, visit));
        match walked {
            // Removed or replaced since it was listed, or not ours to read.
            Err(error) if !skippable(&error) => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

fn skippable(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::ENOENT | libc::ENOTDIR | libc::ELOOP | libc::EACCES | libc::EPERM))
}

/// The bytes in finished files; an error when there are more than `most_entries`.
pub fn stored_bytes(dir: &Dir, most_entries: usize) -> io::Result<u64> {
    let (mut bytes, mut entries) = (0u64, 0);
    walk(dir, MAX_DEPTH, &mut |_, entry| {
        entries += 1;
        if entries > most_entries {
            return Err(io::Error::other("too many entries"));
        }
        if !names::is_partial(entry.file_name().as_encoded_bytes()) {
            bytes = bytes.saturating_add(regular_len(entry)?);
        }
        Ok(())
    })?;
    Ok(bytes)
}

fn regular_len(entry: &DirEntry) -> io::Result<u64> {
    match entry.metadata() {
        Ok(metadata) if metadata.is_file() => Ok(metadata.len()),
        Ok(_) => Ok(0),
        Err(error) if skippable(&error) => Ok(0),
        Err(error) => Err(error),
    }
}

/// Removes the partial files that a crashed process left.
pub fn remove_partials(dir: &Dir) -> io::Result<()> {
    walk(dir, MAX_DEPTH, &mut |dir, entry| {
        let name = entry.file_name();
        if names::is_partial(name.as_encoded_bytes()) {
            remove(dir, &name)?;
        }
        Ok(())
    })
}

/// Removes temporary files, least recently used first, until at most `most_bytes` remain.
pub fn trim(dir: &Dir, most_bytes: u64) -> io::Result<()> {
    let mut files: Vec<((i64, i64), u64, OsString)> = Vec::new();
    walk(dir, 0, &mut |dir, entry| {
        let name = entry.file_name();
        let Ok(metadata) = entry.metadata() else {
            return Ok(());
        };
        if metadata.is_file() {
            // The access time alone stands still on volumes mounted without it.
            let accessed = (metadata.atime(), metadata.atime_nsec());
            let modified = (metadata.mtime(), metadata.mtime_nsec());
            files.push((accessed.max(modified), metadata.len(), name));
        } else {
            // Nothing but regular files has any business here.
            remove(dir, &name)?;
        }
        Ok(())
    })?;
    files.sort();
    let mut bytes = files.iter().fold(0u64, |sum, (_, len, _)| sum.saturating_add(*len));
    for (_, len, name) in files {
        if bytes <= most_bytes {
            break;
        }
        remove(dir, &name)?;
        bytes = bytes.saturating_sub(len);
    }
    Ok(())
}

fn remove(dir: &Dir, name: &OsString) -> io::Result<()> {
    match dir.remove_file(name) {
        Err(error) if !skippable(&error) => Err(error),
        _ => Ok(()),
    }
}
