//! Where files come from and go to: turns the paths of hosts and mini-programs into opened files.
//!
//! Without a root ("host mode") paths are plain paths. With a root ("sandboxed") only `wxfile://tmp_NAME` and
//! `wxfile://usr/…` exist, below that root, with a quota each. Nothing but `Storage::open`, `adopt` and `recount` does
//! more than a few system calls, and nothing waits for a peer: those three are for the host's threads, the others may
//! be called on the engine's.

mod adopt;
mod host;
mod media;
mod names;
mod pending;
mod quota;
mod refusal;
mod sandbox;
mod sweep;
#[cfg(test)]
mod tests;
mod wxpath;

pub use adopt::Adopt;
pub use media::{content_type_for, extension_for};
pub use pending::PendingFile;

use crate::error::Failure;
use host::HostFiles;
use sandbox::Sandbox;
use std::fs::File;
use std::io;
use std::path::PathBuf;

const GIB: u64 = 1 << 30;
const MIB: u64 = 1 << 20;
const DEFAULT_TEMP_QUOTA: u64 = 4 * GIB;
const DEFAULT_TEMP_TRIM_TO: u64 = 2 * GIB;
const DEFAULT_USER_QUOTA: u64 = 200 * MIB;

/// A FIFO must not hold up the engine's thread before it is seen to be none of our business, nor a terminal take over
/// the process.
const UPLOAD_FLAGS: i32 = libc::O_NONBLOCK | libc::O_NOCTTY;

/// Zero and an empty path mean the default. Quotas are for sandboxed storage.
#[derive(Debug, Clone, Default)]
pub struct StorageConfig {
    /// The storage of one mini-program; made if missing. None: host mode.
    pub root: Option<PathBuf>,
    /// Host mode: where temporary files go; by default the system's folder for them.
    pub temp_dir: PathBuf,
    /// Bytes of temporary files while running; 4 GiB by default.
    pub temp_quota: u64,
    /// Bytes of temporary files that survive an opening; 2 GiB by default.
    pub temp_trim_to: u64,
    /// Bytes of user files; 200 MiB by default.
    pub user_quota: u64,
}

fn or_default(value: u64, default: u64) -> u64 {
    if value == 0 {
        default
    } else {
        value
    }
}

impl StorageConfig {
    fn temp_quota(&self) -> u64 {
        or_default(self.temp_quota, DEFAULT_TEMP_QUOTA)
    }

    fn temp_trim_to(&self) -> u64 {
        or_default(self.temp_trim_to, DEFAULT_TEMP_TRIM_TO).min(self.temp_quota())
    }

    fn user_quota(&self) -> u64 {
        or_default(self.user_quota, DEFAULT_USER_QUOTA)
    }
}

/// A file to send, checked to be a regular one.
#[derive(Debug)]
pub struct UploadFile {
    pub file: File,
    pub len: u64,
    /// The last name of the path.
    pub name: String,
}

/// A downloaded file in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// For the caller: the path it gave, or that of the new temporary file.
    pub path: String,
    pub real_path: PathBuf,
    pub bytes: u64,
}

/// Opens files for transfers, in one of the two modes.
#[derive(Debug)]
pub struct Storage {
    mode: Mode,
}

#[derive(Debug)]
enum Mode {
    Host(HostFiles),
    Sandbox(Sandbox),
}

impl Storage {
    /// Opens the storage. In a sandbox this removes what an earlier launch left: partial files, and temporary files,
    /// least recently used first, beyond `temp_trim_to`; unless another `Storage` has the same root open, in this
    /// process or another. Each of them counts its quotas by itself.
    pub fn open(config: StorageConfig) -> io::Result<Self> {
        let mode = match &config.root {
            Some(root) => Mode::Sandbox(Sandbox::open(root, &config)?),
            None if config.temp_dir.as_os_str().is_empty() => Mode::Host(HostFiles::new(&std::env::temp_dir())?),
            None => Mode::Host(HostFiles::new(&config.temp_dir)?),
        };
        Ok(Self { mode })
    }

    pub fn is_sandboxed(&self) -> bool {
        matches!(self.mode, Mode::Sandbox(_))
    }

    /// Opens a file to send.
    pub fn open_upload(&self, path: &str) -> Result<UploadFile, Failure> {
        match &self.mode {
            Mode::Host(files) => files.open_upload(path),
            Mode::Sandbox(sandbox) => sandbox.open_upload(path),
        }
    }

    /// Begins the file of a download: at `path`, or a temporary one. A path that cannot be written is told here,
    /// before anything is sent.
    pub fn create_target(&self, path: Option<&str>) -> Result<PendingFile, Failure> {
        match &self.mode {
            Mode::Host(files) => files.create_target(path),
            Mode::Sandbox(sandbox) => sandbox.create_target(path),
        }
    }

    /// The real path behind a path of the mini-program, for the host. Its folder exists; the file may not. Only as
    /// good as what the host does with it: another process may swap what lies there.
    pub fn real_path(&self, path: &str) -> Result<PathBuf, Failure> {
        match &self.mode {
            Mode::Host(files) => files.real_path(path),
            Mode::Sandbox(sandbox) => sandbox.real_path(path),
        }
    }

    /// Counts all files anew, after the host has added or removed some. Without it ferry counts when a quota seems
    /// to be full, but gives up where there are very many files.
    pub fn recount(&self) {
        if let Mode::Sandbox(sandbox) = &self.mode {
            sandbox.recount();
        }
    }

    /// Bytes of temporary and of user files, running downloads included; zero in host mode, which has no quotas.
    pub fn usage(&self) -> (u64, u64) {
        match &self.mode {
            Mode::Host(_) => (0, 0),
            Mode::Sandbox(sandbox) => (sandbox.temporary.quota.used(), sandbox.user.quota.used()),
        }
    }
}

/// Checks the opened file itself: what its path names may already be something else.
fn open_regular(file: File, name: &str) -> Result<UploadFile, Failure> {
    let metadata = file.metadata().map_err(|error| refusal::opening(&error))?;
    if metadata.is_dir() {
        return Err(Failure::IsDirectory);
    }
    if !metadata.is_file() {
        return Err(Failure::FilePermission);
    }
    Ok(UploadFile { file, len: metadata.len(), name: name.to_owned() })
}
