//! The storage on real files. Hostile paths have their own suite, tests/sandbox_paths.rs.

use super::*;
use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::os::unix::fs::{symlink, PermissionsExt};
use std::path::Path;
use std::time::{Duration, SystemTime};
use tempfile::TempDir;

fn sandbox_with(root: &Path, change: impl FnOnce(&mut StorageConfig)) -> Storage {
    let mut config = StorageConfig {
        root: Some(root.to_owned()),
        ..StorageConfig::default()
    };
    change(&mut config);
    Storage::open(config).unwrap()
}

fn sandbox() -> (TempDir, Storage) {
    let root = TempDir::new().unwrap();
    let storage = sandbox_with(root.path(), |_| {});
    (root, storage)
}

fn host(temp_dir: &Path) -> Storage {
    Storage::open(StorageConfig {
        temp_dir: temp_dir.to_owned(),
        ..StorageConfig::default()
    })
    .unwrap()
}

fn names_in(dir: &Path) -> BTreeSet<String> {
    fs::read_dir(dir)
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect()
}

fn save(storage: &Storage, path: Option<&str>, data: &[u8]) -> Result<Committed, StorageError> {
    let mut pending = storage.create_target(path)?;
    pending.write(data)?;
    pending.commit("bin")
}

fn read_upload(storage: &Storage, path: &str) -> Vec<u8> {
    let mut upload = storage.open_upload(path).unwrap();
    let mut data = Vec::new();
    upload.file.read_to_end(&mut data).unwrap();
    assert_eq!(upload.len, data.len() as u64);
    data
}

#[test]
fn errors_have_the_contracts_numbers_and_words() {
    let rows = [
        (StorageError::NotFound, 1300002, "file not found"),
        (StorageError::IsDirectory, 1300021, "is a directory"),
        (StorageError::PermissionDenied, 1300013, "permission denied"),
        (StorageError::Read, 1300005, "file read error"),
        (
            StorageError::NotPermitted("a b".into()),
            603303,
            "permission denied, open a b",
        ),
        (StorageError::SaveFailed, 603300, "save file error"),
        (
            StorageError::StorageLimit,
            1300202,
            "storage limit exceeded",
        ),
    ];
    for (error, errno, text) in rows {
        assert_eq!((error.errno(), error.text()), (errno, text.to_owned()));
    }
}

#[test]
fn handles_cross_threads() {
    fn sent<T: Send>() {}
    fn shared<T: Send + Sync>() {}
    sent::<PendingFile>();
    shared::<Storage>();
}

#[test]
fn a_sandbox_is_private_and_its_files_come_back() {
    let top = TempDir::new().unwrap();
    let root = top.path().join("apps/one");
    let storage = sandbox_with(&root, |_| {});
    assert!(storage.is_sandboxed());
    fs::create_dir(root.join("usr/deep")).unwrap();
    let user = save(&storage, Some("wxfile://usr/deep/图 1.png"), b"user").unwrap();
    assert_eq!(user.path, "wxfile://usr/deep/图 1.png");
    assert_eq!(user.bytes, 4);
    let temporary = save(&storage, None, b"temporary").unwrap();
    assert!(temporary.path.starts_with("wxfile://tmp_") && temporary.path.ends_with(".bin"));
    for (file, data) in [(&user, &b"user"[..]), (&temporary, b"temporary")] {
        assert_eq!(read_upload(&storage, &file.path), data);
        assert_eq!(fs::read(&file.real_path).unwrap(), data);
        let real = storage.real_path(&file.path).unwrap();
        assert!(real.is_absolute());
        assert_eq!(real, file.real_path);
        assert_eq!(
            fs::metadata(&file.real_path).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
    assert_eq!(storage.open_upload(&user.path).unwrap().name, "图 1.png");
    for folder in ["", "tmp", "usr"] {
        let mode = fs::metadata(root.join(folder))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o700, "{folder}");
    }
}

#[test]
fn real_path_names_files_to_be_made_but_no_symlinks() {
    let (root, storage) = sandbox();
    let real = fs::canonicalize(root.path()).unwrap();
    assert_eq!(storage.real_path("wxfile://usr").unwrap(), real.join("usr"));
    assert_eq!(
        storage.real_path("wxfile://usr/new").unwrap(),
        real.join("usr/new")
    );
    assert_eq!(
        storage.real_path("wxfile://usr/no/new"),
        Err(StorageError::NotFound)
    );
    symlink("/etc", root.path().join("usr/link")).unwrap();
    assert_eq!(
        storage.real_path("wxfile://usr/link"),
        Err(StorageError::NotFound)
    );
    assert_eq!(
        storage.real_path("wxfile://usr/link/passwd"),
        Err(StorageError::NotFound)
    );
    assert_eq!(
        storage.real_path("/etc/passwd"),
        Err(StorageError::NotFound)
    );
}

#[test]
fn the_old_file_stays_until_the_commit() {
    let (root, storage) = sandbox();
    let folder = root.path().join("usr");
    let sandboxed = ("wxfile://usr/a".to_owned(), folder.join("a"), &storage);
    let plain_dir = TempDir::new().unwrap();
    let plain = host(plain_dir.path());
    let real = plain_dir.path().join("a");
    for (path, real, storage) in [sandboxed, (real.to_str().unwrap().to_owned(), real, &plain)] {
        fs::write(&real, "old").unwrap();
        let mut pending = storage.create_target(Some(&path)).unwrap();
        pending.write(b"new, longer").unwrap();
        assert_eq!(pending.written(), 11);
        assert_eq!(fs::read(&real).unwrap(), b"old");
        drop(pending);
        assert_eq!(fs::read(&real).unwrap(), b"old");
        assert_eq!(
            names_in(real.parent().unwrap()),
            BTreeSet::from(["a".to_owned()])
        );

        let mut reader = fs::File::open(&real).unwrap();
        let committed = save(storage, Some(&path), b"new, longer").unwrap();
        assert_eq!((committed.path, committed.bytes), (path, 11));
        assert_eq!(fs::read(&real).unwrap(), b"new, longer");
        let mut seen = String::new();
        reader.read_to_string(&mut seen).unwrap();
        assert_eq!(seen, "old", "a reader of the old file keeps it");
        assert_eq!(
            names_in(real.parent().unwrap()),
            BTreeSet::from(["a".to_owned()])
        );
    }
}

#[test]
fn a_target_that_turns_bad_while_downloading_is_refused_at_the_commit() {
    let (root, storage) = sandbox();
    let target = root.path().join("usr/a");
    let pending = storage.create_target(Some("wxfile://usr/a")).unwrap();
    fs::create_dir(&target).unwrap();
    let refusal = pending.commit("").unwrap_err();
    assert_eq!(refusal, StorageError::NotPermitted("wxfile://usr/a".into()));
    fs::remove_dir(&target).unwrap();

    let canary = root.path().join("canary");
    fs::write(&canary, "untouched").unwrap();
    let mut pending = storage.create_target(Some("wxfile://usr/a")).unwrap();
    pending.write(b"mine").unwrap();
    symlink(&canary, &target).unwrap();
    pending.commit("").unwrap();
    assert_eq!(fs::read(&canary).unwrap(), b"untouched");
    assert!(fs::symlink_metadata(&target).unwrap().is_file());

    fs::create_dir(root.path().join("usr/d")).unwrap();
    let pending = storage.create_target(Some("wxfile://usr/d/a")).unwrap();
    fs::remove_dir_all(root.path().join("usr/d")).unwrap();
    assert_eq!(pending.commit("").unwrap_err(), StorageError::SaveFailed);
    assert_eq!(
        names_in(&root.path().join("usr")),
        BTreeSet::from(["a".to_owned()])
    );
    assert_eq!(storage.usage(), (0, 4));
}

#[test]
fn plain_paths_work_in_host_mode() {
    let dir = TempDir::new().unwrap();
    let storage = host(dir.path());
    assert!(!storage.is_sandboxed());
    let at = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    fs::write(at("file"), "data").unwrap();
    symlink(at("file"), at("link")).unwrap();
    assert_eq!(read_upload(&storage, &at("file")), b"data");
    assert_eq!(read_upload(&storage, &at("link")), b"data");
    assert_eq!(
        storage.real_path(&at("file")).unwrap(),
        dir.path().join("file")
    );

    let temporary = save(&storage, None, b"x").unwrap();
    assert_eq!(temporary.real_path.to_str(), Some(temporary.path.as_str()));
    assert_eq!(temporary.real_path.parent(), Some(dir.path()));

    // A symlink at the target is replaced; what it names is left alone.
    save(&storage, Some(&at("link")), b"new").unwrap();
    assert_eq!(fs::read(at("file")).unwrap(), b"data");
    assert_eq!(fs::read(at("link")).unwrap(), b"new");

    // Relative to the working folder of the process, which for tests is the package.
    let upload = storage.open_upload("Cargo.toml").unwrap();
    assert_eq!(upload.name, "Cargo.toml");
    let real = storage.real_path("Cargo.toml").unwrap();
    assert_eq!(real, std::env::current_dir().unwrap().join("Cargo.toml"));
    drop(
        storage
            .create_target(Some("ferry-test-never-made"))
            .unwrap(),
    );
    assert!(!Path::new("ferry-test-never-made").exists());
}

#[test]
fn host_mode_refuses_what_is_not_a_file() {
    let dir = TempDir::new().unwrap();
    let storage = host(dir.path());
    let at = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    rustix::fs::mkfifoat(rustix::fs::CWD, at("fifo"), 0o600.into()).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
    fs::write(at("file"), "").unwrap();
    let long = "n".repeat(256);
    let uploads = [
        (at("none"), StorageError::NotFound),
        (at("file/below"), StorageError::NotFound),
        (at(&long), StorageError::NotFound),
        (at("no\0pe"), StorageError::NotFound),
        (String::new(), StorageError::NotFound),
        (at(""), StorageError::IsDirectory),
        (at("fifo"), StorageError::PermissionDenied),
        (at("socket"), StorageError::PermissionDenied),
        ("/dev/null".to_owned(), StorageError::PermissionDenied),
    ];
    for (path, error) in uploads {
        assert_eq!(storage.open_upload(&path).unwrap_err(), error, "{path:?}");
    }
    let before = names_in(dir.path());
    let targets = [
        "", "none/a", "file/a", "fifo", "socket", "no\0pe", "none/", ".", "..", &long,
    ];
    for name in targets
        .map(at)
        .into_iter()
        .chain(["/dev/null".into(), String::new()])
    {
        let refusal = storage.create_target(Some(&name)).unwrap_err();
        assert_eq!(refusal, StorageError::NotPermitted(name));
    }
    assert_eq!(names_in(dir.path()), before);
    let lost = Storage::open(StorageConfig {
        temp_dir: at("none").into(),
        ..Default::default()
    });
    assert_eq!(
        lost.unwrap().create_target(None).unwrap_err(),
        StorageError::SaveFailed
    );
}

#[test]
fn user_quota_counts_everything_and_gives_back() {
    let root = TempDir::new().unwrap();
    fs::create_dir_all(root.path().join("usr/d")).unwrap();
    fs::write(root.path().join("usr/d/old"), [0; 40]).unwrap();
    let storage = sandbox_with(root.path(), |c| c.user_quota = 100);
    assert_eq!(storage.usage(), (0, 40));

    let mut a = storage.create_target(Some("wxfile://usr/a")).unwrap();
    let mut b = storage.create_target(Some("wxfile://usr/b")).unwrap();
    a.reserve(30).unwrap();
    b.write(&[1; 30]).unwrap();
    assert_eq!(b.write(&[1; 1]).unwrap_err(), StorageError::StorageLimit);
    assert_eq!(a.reserve(31).unwrap_err(), StorageError::StorageLimit);
    drop(b);
    a.write(&[1; 30]).unwrap();
    a.write(&[1; 30]).unwrap();
    assert_eq!(storage.usage(), (0, 100));
    a.commit("").unwrap();
    assert_eq!(storage.usage(), (0, 100));
    assert_eq!(
        names_in(&root.path().join("usr")),
        ["a", "d"].map(String::from).into()
    );

    // The replaced file's bytes count until the commit.
    let mut pending = storage.create_target(Some("wxfile://usr/d/old")).unwrap();
    assert_eq!(pending.reserve(1).unwrap_err(), StorageError::StorageLimit);
    pending.commit("").unwrap();
    assert_eq!(storage.usage(), (0, 60));

    // Temporary files have a quota of their own.
    save(&storage, None, &[0; 500]).unwrap();
    assert_eq!(storage.usage(), (500, 60));
}

#[test]
fn a_full_quota_looks_for_files_the_host_removed() {
    let root = TempDir::new().unwrap();
    let storage = sandbox_with(root.path(), |c| c.temp_quota = 100);
    let first = save(&storage, None, &[0; 60]).unwrap();
    fs::remove_file(&first.real_path).unwrap();
    let second = save(&storage, None, &[0; 80]).unwrap();
    assert_eq!(storage.usage(), (80, 0));
    fs::remove_file(&second.real_path).unwrap();
    storage.recount();
    assert_eq!(storage.usage(), (0, 0));
}

#[test]
fn a_full_quota_leaves_nothing() {
    let root = TempDir::new().unwrap();
    let storage = sandbox_with(root.path(), |c| c.temp_quota = 100);
    assert_eq!(
        save(&storage, None, &[0; 101]).unwrap_err(),
        StorageError::StorageLimit
    );
    assert_eq!(names_in(&root.path().join("tmp")), BTreeSet::new());
    assert_eq!(storage.usage(), (0, 0));
    save(&storage, None, &[0; 100]).unwrap();
    assert_eq!(
        save(&storage, None, &[0; 1]).unwrap_err(),
        StorageError::StorageLimit
    );
}

#[test]
fn downloads_on_many_threads_never_pass_the_quota_together() {
    let root = TempDir::new().unwrap();
    let storage = sandbox_with(root.path(), |c| c.user_quota = 1000);
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let storage = &storage;
            scope.spawn(move || {
                for round in 0..50 {
                    let path = format!("wxfile://usr/{}", (thread + round) % 12);
                    let _ = save(storage, Some(&path), &vec![0; 7 * round]);
                    assert!(storage.usage().1 <= 1000);
                }
            });
        }
    });
    let on_disk = fs::read_dir(root.path().join("usr"))
        .unwrap()
        .map(|entry| entry.unwrap().metadata().unwrap().len())
        .sum::<u64>();
    storage.recount();
    assert_eq!(storage.usage(), (0, on_disk));
    assert!(on_disk <= 1000);
}

#[test]
fn a_launch_trims_the_least_recently_used_first() {
    let root = TempDir::new().unwrap();
    drop(sandbox_with(root.path(), |_| {}));
    let tmp = root.path().join("tmp");
    let age = |name: &str, accessed: u64, modified: u64| {
        let file = fs::File::create(tmp.join(name)).unwrap();
        file.set_len(10).unwrap();
        let ago = |s| SystemTime::now() - Duration::from_secs(s);
        let times = fs::FileTimes::new()
            .set_accessed(ago(accessed))
            .set_modified(ago(modified));
        file.set_times(times).unwrap();
    };
    age("tmp_oldest.a", 5000, 5000);
    age("tmp_read_lately.a", 10, 9000);
    age("tmp_written_lately.a", 9000, 20);
    age("tmp_old.a", 4000, 4500);
    fs::write(tmp.join(".ferry-00.part"), [0; 1000]).unwrap();
    fs::create_dir(root.path().join("usr/d")).unwrap();
    fs::write(root.path().join("usr/d/.ferry-00.part"), [0; 1000]).unwrap();
    fs::write(root.path().join("usr/d/kept.part"), [0; 3]).unwrap();
    symlink("/etc/passwd", tmp.join("tmp_link.a")).unwrap();

    let left = |trim_to: u64| {
        let storage = sandbox_with(root.path(), |c| c.temp_trim_to = trim_to);
        assert!(storage.usage().0 <= trim_to);
        assert_eq!(storage.usage().1, 3);
        names_in(&tmp)
    };
    let all = [
        "tmp_oldest.a",
        "tmp_old.a",
        "tmp_written_lately.a",
        "tmp_read_lately.a",
    ];
    let newest = |n: usize| {
        all[4 - n..]
            .iter()
            .map(|s| s.to_string())
            .collect::<BTreeSet<_>>()
    };
    assert_eq!(
        left(40),
        newest(4),
        "the partial files are gone, nothing else"
    );
    assert_eq!(left(39), newest(3));
    assert_eq!(left(20), newest(2));
    assert_eq!(left(19), newest(1));
    assert_eq!(left(1), newest(0));
    assert_eq!(
        names_in(&root.path().join("usr/d")),
        BTreeSet::from(["kept.part".to_owned()])
    );
    assert!(Path::new("/etc/passwd").exists());
}

#[test]
fn a_second_storage_on_the_same_root_spares_the_first_ones_files() {
    let (root, first) = sandbox();
    let mut pending = first.create_target(Some("wxfile://usr/a")).unwrap();
    pending.write(b"half").unwrap();
    let kept = save(&first, None, &[0; 50]).unwrap();
    let second = sandbox_with(root.path(), |c| c.temp_trim_to = 1);
    pending.commit("").unwrap();
    assert_eq!(read_upload(&second, "wxfile://usr/a"), b"half");
    assert!(kept.real_path.exists());
    drop((first, second));
    sandbox_with(root.path(), |c| c.temp_trim_to = 1);
    assert!(!kept.real_path.exists());
}

#[test]
fn adopted_files_become_temporary_ones() {
    let (root, storage) = sandbox();
    let outside = TempDir::new().unwrap();
    let picture = outside.path().join("IMG 1.JPG");
    for how in [Adopt::Copy, Adopt::Move] {
        fs::write(&picture, "picture").unwrap();
        let path = storage.adopt(&picture, how).unwrap();
        assert!(
            path.starts_with("wxfile://tmp_") && path.ends_with(".jpg"),
            "{path}"
        );
        assert_eq!(read_upload(&storage, &path), b"picture");
        assert_eq!(picture.exists(), how == Adopt::Copy);
    }
    assert_eq!(storage.usage(), (14, 0));
    // Whatever a symlink names is copied; the link itself must not come in.
    fs::write(&picture, "picture").unwrap();
    let link = outside.path().join("link");
    symlink(&picture, &link).unwrap();
    let path = storage.adopt(&link, Adopt::Move).unwrap();
    assert!(path.ends_with(".unknown"));
    assert!(fs::symlink_metadata(storage.real_path(&path).unwrap())
        .unwrap()
        .is_file());
    assert!(picture.exists() && fs::symlink_metadata(&link).is_err());

    assert_eq!(
        storage.adopt(&link, Adopt::Copy).unwrap_err(),
        StorageError::NotFound
    );
    assert_eq!(
        storage.adopt(root.path(), Adopt::Copy).unwrap_err(),
        StorageError::IsDirectory
    );
    drop(storage);
    let small = sandbox_with(root.path(), |c| c.temp_quota = 24);
    for how in [Adopt::Copy, Adopt::Move] {
        assert_eq!(
            small.adopt(&picture, how).unwrap_err(),
            StorageError::StorageLimit
        );
        assert!(picture.exists());
    }
    assert_eq!(small.usage(), (21, 0));
    assert_eq!(names_in(&root.path().join("tmp")).len(), 3);
    let plain = host(outside.path());
    let path = plain.adopt(&picture, Adopt::Move).unwrap();
    assert_eq!(fs::read(path).unwrap(), b"picture");
    assert!(!picture.exists());
}

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
        let _ = std::process::Command::new("umount")
            .arg(self.0.path())
            .status();
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
        save(storage, Some(path), b"old").unwrap();
        let mut pending = storage.create_target(Some(path)).unwrap();
        let mut result = Ok(());
        for _ in 0..100 {
            result = pending.write(&[7; 4096]);
            if result.is_err() {
                break;
            }
        }
        assert_eq!(result, Err(StorageError::StorageLimit));
        drop(pending);
        assert_eq!(read_upload(storage, path), b"old");
    }
    assert_eq!(storage.usage(), (0, 3));
    assert_eq!(
        names_in(&disk.0.path().join("usr")),
        BTreeSet::from(["a".to_owned()])
    );
    let picture = TempDir::new().unwrap();
    let picture = picture.path().join("large");
    fs::create_dir_all(picture.parent().unwrap()).unwrap();
    fs::write(&picture, vec![0; 200_000]).unwrap();
    // From another volume a move is a copy, and one that fails keeps the original.
    assert_eq!(
        storage.adopt(&picture, Adopt::Move).unwrap_err(),
        StorageError::StorageLimit
    );
    assert!(picture.exists());
    fs::write(&picture, "fits").unwrap();
    let path = storage.adopt(&picture, Adopt::Move).unwrap();
    assert_eq!(read_upload(&storage, &path), b"fits");
    assert!(!picture.exists());
    fs::remove_dir_all(picture.parent().unwrap()).unwrap();
}

const CHILD: &str = "FERRY_TEST_PERMISSIONS_IN";

#[test]
fn missing_permissions_have_their_errno() {
    if let Some(dir) = std::env::var_os(CHILD) {
        return check_permissions(Path::new(&dir));
    }
    let dir = TempDir::new().unwrap();
    if !rustix::process::geteuid().is_root() {
        return check_permissions(dir.path());
    }
    // Root may do everything, so a child that is nobody runs this test alone; from a place nobody can reach.
    let program = dir.path().join("tests");
    let work = dir.path().join("work");
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    fs::create_dir(&work).unwrap();
    const NOBODY: u32 = 65534;
    std::os::unix::fs::chown(&work, Some(NOBODY), Some(NOBODY)).unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let output = std::os::unix::process::CommandExt::uid(
        std::process::Command::new(&program)
            .args([
                "--exact",
                "storage::tests::missing_permissions_have_their_errno",
            ])
            .env(CHILD, &work),
        NOBODY,
    )
    .output()
    .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}"
    );
}

fn check_permissions(dir: &Path) {
    let allow = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    let storage = sandbox_with(&dir.join("root"), |_| {});
    let plain = host(dir);
    let folder = dir.join("root/usr/d");
    let file = folder.join("secret");
    fs::create_dir(&folder).unwrap();
    fs::write(&file, "secret").unwrap();
    let both = [
        (&storage, "wxfile://usr/d/secret"),
        (&plain, file.to_str().unwrap()),
    ];

    allow(&file, 0o000);
    for (storage, path) in both {
        assert_eq!(
            storage.open_upload(path).unwrap_err(),
            StorageError::PermissionDenied
        );
    }
    allow(&folder, 0o500);
    for (storage, path) in both {
        let refusal = storage.create_target(Some(path)).unwrap_err();
        assert_eq!(refusal, StorageError::NotPermitted(path.into()));
    }
    allow(&folder, 0o000);
    for (storage, path) in both {
        assert_eq!(
            storage.open_upload(path).unwrap_err(),
            StorageError::PermissionDenied
        );
        let refusal = storage.create_target(Some(path)).unwrap_err();
        assert_eq!(refusal, StorageError::NotPermitted(path.into()));
    }
    // A folder that cannot be read does not stop the launch.
    drop(storage);
    sandbox_with(&dir.join("root"), |_| {});
    allow(&folder, 0o700);
    assert_eq!(fs::metadata(&file).unwrap().len(), 6);
}
