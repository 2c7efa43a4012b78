//! The numbers of failures, for C. src/error.rs decides; a test holds the two together.

/// `ferry_result_errno`: no failure.
pub const FERRY_ERRNO_OK: i32 = 0;
/// Upload aborted.
pub const FERRY_ERRNO_UPLOAD_ABORTED: i32 = 1;
/// A fault of ferry itself.
pub const FERRY_ERRNO_INTERNAL: i32 = 4;
/// The timeout of the task, of its connection, or without a byte.
pub const FERRY_ERRNO_TIMEOUT: i32 = 5;
/// Out of memory.
pub const FERRY_ERRNO_OUT_OF_MEMORY: i32 = 111;
/// A bad or missing option.
pub const FERRY_ERRNO_PARAMETER: i32 = 1001;
/// DNS, connect, TLS, reset, protocol.
pub const FERRY_ERRNO_NETWORK: i32 = 600001;
/// The URL, a redirect's target or an address is not allowed.
pub const FERRY_ERRNO_NOT_IN_DOMAIN_LIST: i32 = 600002;
/// Background, engine closed, network lost.
pub const FERRY_ERRNO_INTERRUPTED: i32 = 600003;
/// The queue is full.
pub const FERRY_ERRNO_TOO_MANY_TASKS: i32 = 600007;
/// More than 20 redirects.
pub const FERRY_ERRNO_TOO_MANY_REDIRECTS: i32 = 600008;
/// The URL cannot be parsed, or is not http or https.
pub const FERRY_ERRNO_INVALID_URL: i32 = 600009;
/// Download aborted.
pub const FERRY_ERRNO_DOWNLOAD_ABORTED: i32 = 603105;
/// Download: writing failed.
pub const FERRY_ERRNO_SAVE_FILE: i32 = 603300;
/// Download: larger than the limit.
pub const FERRY_ERRNO_FILE_TOO_LARGE: i32 = 603301;
/// Download: `file_path` is not permitted, or its folder is missing.
pub const FERRY_ERRNO_TARGET_NOT_PERMITTED: i32 = 603303;
/// Upload: no such file.
pub const FERRY_ERRNO_FILE_NOT_FOUND: i32 = 1300002;
/// Upload: the file shrank, or could not be read to its end.
pub const FERRY_ERRNO_FILE_READ: i32 = 1300005;
/// Upload: the file may not be read, or is no regular file.
pub const FERRY_ERRNO_FILE_PERMISSION: i32 = 1300013;
/// Upload: a directory.
pub const FERRY_ERRNO_IS_DIRECTORY: i32 = 1300021;
/// Download: a quota or the disk is full.
pub const FERRY_ERRNO_STORAGE_LIMIT: i32 = 1300202;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Failure;
    use crate::kind::Kind::{Download, Upload};

    #[test]
    fn the_constants_are_the_numbers_of_the_failures() {
        let text = String::new;
        let table = [
            (Failure::Aborted, Upload, FERRY_ERRNO_UPLOAD_ABORTED),
            (Failure::Aborted, Download, FERRY_ERRNO_DOWNLOAD_ABORTED),
            (Failure::Internal(text()), Upload, FERRY_ERRNO_INTERNAL),
            (Failure::Timeout, Upload, FERRY_ERRNO_TIMEOUT),
            (Failure::OutOfMemory, Upload, FERRY_ERRNO_OUT_OF_MEMORY),
            (Failure::Parameter(text()), Upload, FERRY_ERRNO_PARAMETER),
            (Failure::Network(text()), Upload, FERRY_ERRNO_NETWORK),
            (Failure::NotInDomainList, Upload, FERRY_ERRNO_NOT_IN_DOMAIN_LIST),
            (Failure::RedirectNotInDomainList, Upload, FERRY_ERRNO_NOT_IN_DOMAIN_LIST),
            (Failure::Interrupted, Upload, FERRY_ERRNO_INTERRUPTED),
            (Failure::QueueFull, Upload, FERRY_ERRNO_TOO_MANY_TASKS),
            (Failure::TooManyRedirects, Upload, FERRY_ERRNO_TOO_MANY_REDIRECTS),
            (Failure::InvalidUrl, Upload, FERRY_ERRNO_INVALID_URL),
            (Failure::SaveFile, Download, FERRY_ERRNO_SAVE_FILE),
            (Failure::TooLarge, Download, FERRY_ERRNO_FILE_TOO_LARGE),
            (Failure::TargetNotPermitted(text()), Download, FERRY_ERRNO_TARGET_NOT_PERMITTED),
            (Failure::FileNotFound, Upload, FERRY_ERRNO_FILE_NOT_FOUND),
            (Failure::FileRead, Upload, FERRY_ERRNO_FILE_READ),
            (Failure::FilePermission, Upload, FERRY_ERRNO_FILE_PERMISSION),
            (Failure::IsDirectory, Upload, FERRY_ERRNO_IS_DIRECTORY),
            (Failure::StorageLimit, Download, FERRY_ERRNO_STORAGE_LIMIT),
        ];
        for (failure, kind, number) in table {
            assert_eq!(failure.errno(kind), number, "{failure:?}");
        }
    }
}
