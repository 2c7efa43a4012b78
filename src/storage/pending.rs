//! A download on its way to its file: written beside the target under another name, then renamed over it.

use super::names;
use super::quota::Claim;
use super::refusal;
use super::sandbox::Area;
use super::Committed;
use crate::error::Failure;
use cap_fs_ext::{FollowSymlinks, OpenOptionsFollowExt};
use cap_std::fs::{Dir, OpenOptionsExt as _};
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const PRIVATE_FILE_MODE: u32 = 0o600;
const NAME_ATTEMPTS: usize = 8;

/// The folder the file goes to.
#[derive(Debug)]
pub enum Home {
    Plain { folder: PathBuf },
    Area { area: Arc<Area>, folder: Arc<Dir>, real: PathBuf },
}

#[derive(Debug)]
pub enum Target {
    Named { name: OsString, given: String },
    Temporary,
}

impl Home {
    fn create(&self, name: &str) -> io::Result<File> {
        match self {
            Self::Plain { folder } => std::fs::OpenOptions::new()
                .write(true)
                .create_new(true)
                .custom_flags(libc::O_NOFOLLOW)
                .open(folder.join(name)),
            Self::Area { folder, .. } => {
                let mut options = cap_std::fs::OpenOptions::new();
                options.write(true).create_new(true).follow(FollowSymlinks::No);
                options.mode(PRIVATE_FILE_MODE);
                folder.open_with(name, &options).map(cap_std::fs::File::into_std)
            }
        }
    }

    fn rename(&self, from: &str, to: &Path) -> io::Result<()> {
        match self {
            Self::Plain { folder } => std::fs::rename(folder.join(from), folder.join(to)),
            Self::Area { folder, .. } => folder.rename(from, folder, to),
        }
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        match self {
            Self::Plain { folder } => std::fs::remove_file(folder.join(name)),
            Self::Area { folder, .. } => folder.remove_file(name),
        }
    }

    /// The size of the file that a rename to `name` will replace.
    fn replaced_len(&self, name: &Path) -> u64 {
        match self {
            Self::Plain { .. } => 0,
            Self::Area { folder, .. } => match folder.symlink_metadata(name) {
                Ok(metadata) if metadata.is_file() => metadata.len(),
                _ => 0,
            },
        }
    }

    fn real(&self) -> &Path {
        match self {
            Self::Plain { folder } => folder,
            Self::Area { real, .. } => real,
        }
    }
}

/// A file being downloaded. Dropped before `commit`, it leaves nothing behind.
#[derive(Debug)]
pub struct PendingFile {
    file: File,
    home: Home,
    target: Target,
    random: String,
    written: u64,
    claim: Option<Claim>,
    committed: bool,
}

impl PendingFile {
    pub(super) fn create(home: Home, target: Target) -> Result<Self, Failure> {
        let refusal = |error: &io::Error| match &target {
            Target::Named { given, .. } => refusal::creating(error, given),
            Target::Temporary => refusal::saving(error),
        };
        let mut attempts = NAME_ATTEMPTS;
        let (file, random) = loop {
            let random = names::random().map_err(|error| refusal::saving(&error))?;
            match home.create(&names::partial(&random)) {
                Ok(file) => break (file, random),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && attempts > 1 => {
                    attempts -= 1;
                }
                Err(error) => return Err(refusal(&error)),
            }
        };
        let claim = match &home {
            Home::Plain { .. } => None,
            Home::Area { area, .. } => Some(Claim::new(area.quota.clone())),
        };
        Ok(Self { file, home, target, random, written: 0, claim, committed: false })
    }

    pub fn file(&self) -> &File {
        &self.file
    }

    pub fn written(&self) -> u64 {
        self.written
    }

    /// Claims room for a body of known size before its first byte, so that one that cannot fit costs no traffic.
    pub fn reserve(&mut self, expected: u64) -> Result<(), Failure> {
        self.claim_up_to(expected)
    }

    pub fn write(&mut self, data: &[u8]) -> Result<(), Failure> {
        self.claim_up_to(self.written.saturating_add(data.len() as u64))?;
        self.file.write_all(data).map_err(|error| refusal::saving(&error))?;
        self.written += data.len() as u64;
        Ok(())
    }

    /// Counts bytes that were written to `file()` directly.
    pub(super) fn note_written(&mut self, bytes: u64) -> Result<(), Failure> {
        self.claim_up_to(self.written.saturating_add(bytes))?;
        self.written += bytes;
        Ok(())
    }

    fn claim_up_to(&mut self, total: u64) -> Result<(), Failure> {
        let (Some(claim), Home::Area { area, .. }) = (&mut self.claim, &self.home) else {
            return Ok(());
        };
        let fits = claim.grow_to(total).is_ok() || (area.recount_if_cheap() && claim.grow_to(total).is_ok());
        if fits {
            Ok(())
        } else {
            Err(Failure::StorageLimit)
        }
    }

    /// Puts the file in its place, replacing a file already there. `extension` is for a temporary file's name.
    pub fn commit(mut self, extension: &str) -> Result<Committed, Failure> {
        let name: OsString = match &self.target {
            Target::Named { name, .. } => name.clone(),
            Target::Temporary => names::temporary(&self.random, extension).into(),
        };
        let name: &Path = name.as_ref();
        let rename = || {
            let replaced = match &self.target {
                Target::Named { .. } => self.home.replaced_len(name),
                Target::Temporary => 0,
            };
            self.home.rename(&names::partial(&self.random), name).map(|()| replaced)
        };
        let result = match self.claim.take() {
            Some(claim) => claim.settle(self.written, rename),
            None => rename().map(drop),
        };
        if let Err(error) = result {
            return Err(self.commit_refusal(&error));
        }
        self.committed = true;
        let real_path = self.home.real().join(name);
        let path = match (&self.target, &self.home) {
            (Target::Named { given, .. }, _) => given.clone(),
            (Target::Temporary, Home::Plain { .. }) => real_path.to_string_lossy().into_owned(),
            (Target::Temporary, Home::Area { .. }) => format!("wxfile://{}", name.display()),
        };
        Ok(Committed { path, real_path, bytes: self.written })
    }

    fn commit_refusal(&self, error: &io::Error) -> Failure {
        match &self.target {
            // Folder or partial file are gone: the path was fine when it was opened, so this is a failure to save.
            Target::Named { given, .. } if error.kind() != io::ErrorKind::NotFound => refusal::creating(error, given),
            _ => refusal::saving(error),
        }
    }
}

impl Drop for PendingFile {
    fn drop(&mut self) {
        if !self.committed {
            // Nobody is left to tell; the next launch of a sandbox removes what stayed.
            let _ = self.home.remove(&names::partial(&self.random));
        }
    }
}
