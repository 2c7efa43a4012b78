//! What the system's refusals mean to a task.

use crate::error::Failure;
use std::io;

/// An error of opening a file to upload.
pub(super) fn opening(error: &io::Error) -> Failure {
    match error.raw_os_error() {
        Some(libc::ENOENT | libc::ENOTDIR | libc::ELOOP | libc::ENAMETOOLONG) => Failure::FileNotFound,
        Some(libc::EISDIR) => Failure::IsDirectory,
        // ENXIO and EOPNOTSUPP are what a socket or a device without a driver answers.
        Some(libc::EACCES | libc::EPERM | libc::ENXIO | libc::ENODEV | libc::EOPNOTSUPP) => Failure::FilePermission,
        // A NUL in the path never reaches the system.
        None if error.kind() == io::ErrorKind::InvalidInput => Failure::FileNotFound,
        _ => Failure::FileRead,
    }
}

/// An error of creating, or renaming to, the file the caller named.
pub(super) fn creating(error: &io::Error, given: &str) -> Failure {
    match error.raw_os_error() {
        Some(libc::ENOSPC | libc::EDQUOT) => Failure::StorageLimit,
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
        ) => Failure::TargetNotPermitted(given.to_owned()),
        None if error.kind() == io::ErrorKind::InvalidInput => Failure::TargetNotPermitted(given.to_owned()),
        _ => Failure::SaveFile,
    }
}

/// An error of writing to a file that is already open, or of one that ferry names itself.
pub(super) fn saving(error: &io::Error) -> Failure {
    match error.raw_os_error() {
        Some(libc::ENOSPC | libc::EDQUOT) => Failure::StorageLimit,
        _ => Failure::SaveFile,
    }
}
