//! The storage of one mini-program: two folders below a root, reached by directory handles and never by a joined path.
//!
//! Each name of a path is opened on its own, relative to the handle of the folder before it and without following
//! symlinks. Whatever is swapped under a path meanwhile, an open handle stays where it is, so no check can be overtaken.

use super::pending::{Home, PendingFile, Target};
use super::quota::Quota;
use super::refusal;
use super::wxpath::{self, Place};
use super::{open_regular, sweep, StorageConfig, UploadFile};
use crate::error::Failure;
use cap_fs_ext::{DirExt, FollowSymlinks, OpenOptionsFollowExt};
use cap_std::ambient_authority;
use cap_std::fs::{Dir, DirBuilder, DirBuilderExt, OpenOptions, OpenOptionsExt};
use rustix::fs::{flock, FlockOperation};
use std::fs::File;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const TEMPORARY_FOLDER: &str = "tmp";
const USER_FOLDER: &str = "usr";
const PRIVATE_FOLDER_MODE: u32 = 0o700;
/// A recount on the engine's thread gives up beyond this.
const MOST_ENTRIES_AT_RUN_TIME: usize = 10_000;

/// One of the two folders, with its quota.
#[derive(Debug)]
pub struct Area {
    pub dir: Arc<Dir>,
    pub real: PathBuf,
    pub quota: Arc<Quota>,
}

impl Area {
    fn open(root: &Dir, root_path: &Path, name: &str) -> io::Result<(Dir, PathBuf)> {
        let mut builder = DirBuilder::new();
        builder.mode(PRIVATE_FOLDER_MODE);
        match root.create_dir_with(name, &builder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        Ok((root.open_dir_nofollow(name)?, root_path.join(name)))
    }

    fn new(dir: Dir, real: PathBuf, limit: u64) -> io::Result<Self> {
        let stored = sweep::stored_bytes(&dir, usize::MAX)?;
        Ok(Self { dir: Arc::new(dir), real, quota: Arc::new(Quota::new(limit, stored)) })
    }

    fn recount(&self, most_entries: usize) {
        self.quota.recount(|| sweep::stored_bytes(&self.dir, most_entries).ok());
    }

    /// Files may be gone that were there: the host removes some without telling.
    pub fn recount_if_cheap(&self) -> bool {
        let due = self.quota.may_recount();
        if due {
            self.recount(MOST_ENTRIES_AT_RUN_TIME);
        }
        due
    }
}

#[derive(Debug)]
pub struct Sandbox {
    pub temporary: Arc<Area>,
    pub user: Arc<Area>,
    _in_use: InUse,
}

/// Says to others that this root is in use, for as long as it lives.
#[derive(Debug)]
struct InUse(File);

impl InUse {
    /// Runs `clear` first if nobody else uses the root.
    fn claim(root: &Path, clear: impl FnOnce() -> io::Result<()>) -> io::Result<Self> {
        let lock = Self(File::open(root)?);
        let alone = flock(&lock.0, FlockOperation::NonBlockingLockExclusive);
        if alone != Err(rustix::io::Errno::WOULDBLOCK) {
            clear()?;
        }
        // A file system without locks has nobody to keep out either.
        let _ = flock(&lock.0, FlockOperation::LockShared);
        Ok(lock)
    }
}

impl Drop for InUse {
    fn drop(&mut self) {
        // Closing alone would not do while a child of the host, forked but not yet executing, still has the descriptor.
        let _ = flock(&self.0, FlockOperation::Unlock);
    }
}

impl Sandbox {
    pub fn open(root: &Path, config: &StorageConfig) -> io::Result<Self> {
        std::fs::DirBuilder::new().recursive(true).mode(PRIVATE_FOLDER_MODE).create(root)?;
        // The host may change its working folder; what it named stays what it was.
        let root_path = std::fs::canonicalize(root)?;
        let root = Dir::open_ambient_dir(&root_path, ambient_authority())?;
        let (temporary, temporary_path) = Area::open(&root, &root_path, TEMPORARY_FOLDER)?;
        let (user, user_path) = Area::open(&root, &root_path, USER_FOLDER)?;

        // What lies here is rubbish of an earlier launch only while nobody else uses the same root.
        let in_use = InUse::claim(&root_path, || {
            sweep::remove_partials(&temporary)?;
            sweep::remove_partials(&user)?;
            sweep::trim(&temporary, config.temp_trim_to())
        })?;

        Ok(Self {
            temporary: Arc::new(Area::new(temporary, temporary_path, config.temp_quota())?),
            user: Arc::new(Area::new(user, user_path, config.user_quota())?),
            _in_use: in_use,
        })
    }

    pub fn recount(&self) {
        self.temporary.recount(usize::MAX);
        self.user.recount(usize::MAX);
    }

    /// Finds the folder a path leads to; None when the path is not one a mini-program may name.
    fn locate<'p>(&self, path: &'p str) -> io::Result<Option<Located<'p>>> {
        let (area, folders, name) = match wxpath::parse(path) {
            None => return Ok(None),
            Some(Place::Temporary { name }) => (&self.temporary, Vec::new(), Some(name)),
            Some(Place::UserRoot) => (&self.user, Vec::new(), None),
            Some(Place::User { folders, name }) => (&self.user, folders, Some(name)),
        };
        let (mut folder, mut real) = (area.dir.clone(), area.real.clone());
        for step in folders {
            folder = Arc::new(folder.open_dir_nofollow(step)?);
            real.push(step);
        }
        Ok(Some(Located { area: area.clone(), folder, real, name }))
    }

    pub fn open_upload(&self, path: &str) -> Result<UploadFile, Failure> {
        let located = self.locate(path).map_err(|error| refusal::opening(&error))?.ok_or(Failure::FileNotFound)?;
        let name = located.name.ok_or(Failure::IsDirectory)?;
        let mut options = OpenOptions::new();
        options.read(true).follow(FollowSymlinks::No).custom_flags(super::UPLOAD_FLAGS);
        let file = located.folder.open_with(name, &options).map_err(|error| refusal::opening(&error))?;
        open_regular(file.into_std(), name)
    }

    pub fn create_target(&self, path: Option<&str>) -> Result<PendingFile, Failure> {
        let Some(path) = path else {
            let area = self.temporary.clone();
            let home = Home::Area { folder: area.dir.clone(), real: area.real.clone(), area };
            return PendingFile::create(home, Target::Temporary);
        };
        let refused = || Failure::TargetNotPermitted(path.to_owned());
        let located = self.locate(path).map_err(|error| refusal::creating(&error, path))?.ok_or_else(refused)?;
        let name = located.name.ok_or_else(refused)?;
        match located.folder.symlink_metadata(name) {
            Ok(metadata) if !metadata.is_file() => return Err(refused()),
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(refusal::creating(&error, path));
            }
            _ => {}
        }
        let home = Home::Area { area: located.area, folder: located.folder, real: located.real };
        PendingFile::create(home, Target::Named { name: name.into(), given: path.to_owned() })
    }

    pub fn real_path(&self, path: &str) -> Result<PathBuf, Failure> {
        let located = self.locate(path).map_err(|error| refusal::opening(&error))?.ok_or(Failure::FileNotFound)?;
        let Some(name) = located.name else {
            return Ok(located.real);
        };
        match located.folder.symlink_metadata(name) {
            Ok(metadata) if metadata.is_symlink() => Err(Failure::FileNotFound),
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(refusal::opening(&error)),
            _ => Ok(located.real.join(name)),
        }
    }
}

struct Located<'p> {
    area: Arc<Area>,
    folder: Arc<Dir>,
    real: PathBuf,
    /// None for the folder of user files itself.
    name: Option<&'p str>,
}
