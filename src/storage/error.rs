//! What storage can refuse, in the words and numbers a mini-program sees.

use crate::error::Failure;
use crate::kind::Kind;
use std::fmt;
use std::io;

/// A refusal by the storage; `errno` and `text` are what the task's fail result carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StorageError {
    /// Upload: there is no such file, or the path is not one a mini-program may name.
    NotFound,
    /// Upload: the path names a directory.
    IsDirectory,
    /// Upload: the file may not be read, or is not a regular file.
    PermissionDenied,
    /// Upload: reading failed.
    Read,
    /// Download: the path, kept as the caller gave it, may not be written or its folder is missing.
    NotPermitted(String),
    /// Download: writing failed.
    SaveFailed,
    /// Download: a quota or the disk is full.
    StorageLimit,
}

impl StorageError {
    /// The errno of the task that it fails.
    pub fn errno(&self) -> i32 {
        // None of these numbers depends on the kind.
        Failure::from(self.clone()).errno(Kind::Download)
    }

    /// An error of opening a file to upload.
    pub(super) fn opening(error: &io::Error) -> Self {
        match error.raw_os_error() {
            Some(libc::ENOENT | libc::ENOTDIR | libc::ELOOP | libc::ENAMETOOLONG) => Self::NotFound,
            Some(libc::EISDIR) => Self::IsDirectory,
            // ENXIO and EOPNOTSUPP are what a socket or a device without a driver answers.
            Some(libc::EACCES | libc::EPERM | libc::ENXIO | libc::ENODEV | libc::EOPNOTSUPP) => Self::PermissionDenied,
            // A NUL in the path never reaches the system.
            None if error.kind() == io::ErrorKind::InvalidInput => Self::NotFound,
            _ => Self::Read,
        }
    }

    /// An error of creating, or renaming to, the file the caller named.
    pub(super) fn creating(error: &io::Error, given: &str) -> Self {
        match error.raw_os_error() {
            Some(libc::ENOSPC | libc::EDQUOT) => Self::StorageLimit,
            Some(
                libc::EACCES
                | libc::EPERM
                | libc::EROFS
                | libc::ENOENT
                | libc::ENOTDIR
                | libc::EISDIR
                | libc::ENOTEMPTY
                | libc::EEXIST
                | libc::ELOOP
                | libc::ENAMETOOLONG
                | libc::EINVAL,
            ) => Self::NotPermitted(given.to_owned()),
            None if error.kind() == io::ErrorKind::InvalidInput => Self::NotPermitted(given.to_owned()),
            _ => Self::SaveFailed,
        }
    }

    /// An error of writing to a file that is already open, or of one that ferry names itself.
    pub(super) fn saving(error: &io::Error) -> Self {
        match error.raw_os_error() {
            Some(libc::ENOSPC | libc::EDQUOT) => Self::StorageLimit,
            _ => Self::SaveFailed,
        }
    }
}

impl fmt::Display for StorageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&Failure::from(self.clone()).text())
    }
}

impl std::error::Error for StorageError {}
