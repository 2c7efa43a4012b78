use super::*;
use crate::error::Failure;

/// Mounted for one test, unmounted at its end.
struct SmallDisk(TempDir);

impl SmallDisk {
    fn mount() -> Option<Self> {
        let dir = TempDir::new().unwrap();
        let mounted = std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=64k,nr_inodes=64", "tmpfs"])
            .arg(dir.path())
            .output();
        match mounted {
            Ok(output) if output.status.success() => Some(Self(dir)),
            Ok(output) => {
                let why = String::from_utf8_lossy(&output.stderr).into_owned();
                eprintln!("SKIPPED, no small disk to fill: {why}");
                None
            }
            Err(error) => {
                eprintln!("SKIPPED, no small disk to fill: {error}");
                None
            }
        }
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg(self.0.path()).status();
    }
}

/// A removed file keeps its blocks while a process that another test has forked still holds it, until it executes.
fn once_freed<T>(attempt: impl Fn() -> Result<T, Failure>) -> T {
    let patience = std::time::Instant::now() + Duration::from_secs(30);
    loop {
        match attempt() {
            Err(Failure::StorageLimit) if std::time::Instant::now() < patience => {
                std::thread::yield_now();
            }
            result => return result.unwrap(),
        }
    }
}

#[test]
fn a_full_disk_is_a_storage_limit_and_leaves_the_old_file() {
    let Some(disk) = SmallDisk::mount() else {
        return;
    };
    let storage = sandbox_with(disk.0.path(), |_| {});
    let plain = host(disk.0.path());
    let plain_path = disk.0.path().join("plain").to_str().unwrap().to_owned();
    for (storage, path) in [(&storage, "wxfile://usr/a"), (&plain, plain_path.as_str())] {
        once_freed(|| save(storage, Some(path), b"old"));
        let mut pending = storage.create_target(Some(path)).unwrap();
        let mut result = Ok(());
        for _ in 0..100 {
            result = pending.write(&[7; 4096]);
            if result.is_err() {
                break;
            }
        }
        assert_eq!(result, Err(Failure::StorageLimit));
        drop(pending);
        assert_eq!(read_upload(storage, path), b"old");
    }
    assert_eq!(storage.usage(), (0, 3));
    assert_eq!(names_in(&disk.0.path().join("usr")), BTreeSet::from(["a".to_owned()]));
    let picture = TempDir::new().unwrap();
    let picture = picture.path().join("large");
    fs::create_dir_all(picture.parent().unwrap()).unwrap();
    fs::write(&picture, vec![0; 200_000]).unwrap();
    // From another volume a move is a copy, and one that fails keeps the original.
    assert_eq!(storage.adopt(&picture, Adopt::Move).unwrap_err(), Failure::StorageLimit);
    assert!(picture.exists());
    fs::write(&picture, "fits").unwrap();
    let path = once_freed(|| storage.adopt(&picture, Adopt::Move));
    assert_eq!(read_upload(&storage, &path), b"fits");
    assert!(!picture.exists());
    fs::remove_dir_all(picture.parent().unwrap()).unwrap();
}
