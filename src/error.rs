//! How a task fails: the one place where errno and errMsg are made.

use crate::kind::Kind;

/// Why a task failed. The same on all platforms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    Aborted,
    Timeout,
    /// Names the option.
    Parameter(String),
    InvalidUrl,
    NotInDomainList,
    RedirectNotInDomainList,
    TooManyRedirects,
    QueueFull,
    Interrupted,
    /// libcurl's code and words.
    Network(String),
    FileNotFound,
    IsDirectory,
    FilePermission,
    FileRead,
    /// The path as the caller gave it.
    TargetNotPermitted(String),
    SaveFile,
    StorageLimit,
    TooLarge,
    OutOfMemory,
    Internal(String),
}

impl Failure {
    /// The number that programs compare.
    pub fn errno(&self, kind: Kind) -> i32 {
        match self {
            Failure::Aborted => match kind {
                Kind::Upload => 1,
                Kind::Download => 603105,
            },
            Failure::Internal(_) => 4,
            Failure::Timeout => 5,
            Failure::OutOfMemory => 111,
            Failure::Parameter(_) => 1001,
            Failure::Network(_) => 600001,
            Failure::NotInDomainList | Failure::RedirectNotInDomainList => 600002,
            Failure::Interrupted => 600003,
            Failure::QueueFull => 600007,
            Failure::TooManyRedirects => 600008,
            Failure::InvalidUrl => 600009,
            Failure::SaveFile => 603300,
            Failure::TooLarge => 603301,
            Failure::TargetNotPermitted(_) => 603303,
            Failure::FileNotFound => 1300002,
            Failure::FileRead => 1300005,
            Failure::FilePermission => 1300013,
            Failure::IsDirectory => 1300021,
            Failure::StorageLimit => 1300202,
        }
    }

    /// What follows `uploadFile:fail `.
    pub fn text(&self) -> String {
        match self {
            Failure::Aborted => "abort".into(),
            Failure::Timeout => "timeout".into(),
            Failure::Parameter(what) => format!("parameter error: {what}"),
            Failure::InvalidUrl => "invalid URL".into(),
            Failure::NotInDomainList => "url not in domain list".into(),
            Failure::RedirectNotInDomainList => "redirect url not in domain list".into(),
            Failure::TooManyRedirects => "exceed max redirect count".into(),
            Failure::QueueFull => "exceed max task count".into(),
            Failure::Interrupted => "interrupted".into(),
            Failure::Network(words) => format!("network error: {words}"),
            Failure::FileNotFound => "file not found".into(),
            Failure::IsDirectory => "is a directory".into(),
            Failure::FilePermission => "permission denied".into(),
            Failure::FileRead => "file read error".into(),
            Failure::TargetNotPermitted(path) => format!("permission denied, open {path}"),
            Failure::SaveFile => "save file error".into(),
            Failure::StorageLimit => "storage limit exceeded".into(),
            Failure::TooLarge => "exceed max file size".into(),
            Failure::OutOfMemory => "out of memory".into(),
            Failure::Internal(what) => format!("internal error: {what}"),
        }
    }

    /// The whole `errMsg`.
    pub fn err_msg(&self, kind: Kind) -> String {
        format!("{}:fail {}", kind.api_name(), self.text())
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text())
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests {
    use super::*;

    /// The two rows of the table that no server and no caller can provoke.
    #[test]
    fn what_only_the_system_or_a_fault_of_ours_can_cause() {
        for (kind, api) in [(Kind::Upload, "uploadFile"), (Kind::Download, "downloadFile")] {
            let memory = Failure::OutOfMemory;
            assert_eq!((memory.errno(kind), memory.err_msg(kind)), (111, format!("{api}:fail out of memory")));
            let fault = Failure::Internal("why".into());
            assert_eq!((fault.errno(kind), fault.err_msg(kind)), (4, format!("{api}:fail internal error: why")));
        }
    }
}
