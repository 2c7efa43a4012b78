use super::*;
use crate::error::Failure;
use crate::kind::Kind;

#[test]
fn errors_have_the_contracts_numbers_and_words() {
    let rows = [
        (Failure::FileNotFound, 1300002, "file not found"),
        (Failure::IsDirectory, 1300021, "is a directory"),
        (Failure::FilePermission, 1300013, "permission denied"),
        (Failure::FileRead, 1300005, "file read error"),
        (Failure::TargetNotPermitted("a b".into()), 603303, "permission denied, open a b"),
        (Failure::SaveFile, 603300, "save file error"),
        (Failure::StorageLimit, 1300202, "storage limit exceeded"),
    ];
    for (error, errno, text) in rows {
        assert_eq!((error.errno(Kind::Download), error.to_string()), (errno, text.to_owned()));
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
        assert_eq!(fs::metadata(&file.real_path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert_eq!(storage.open_upload(&user.path).unwrap().name, "图 1.png");
    for folder in ["", "tmp", "usr"] {
        let mode = fs::metadata(root.join(folder)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700, "{folder}");
    }
}

#[test]
fn real_path_names_files_to_be_made_but_no_symlinks() {
    let (root, storage) = sandbox();
    let real = fs::canonicalize(root.path()).unwrap();
    assert_eq!(storage.real_path("wxfile://usr").unwrap(), real.join("usr"));
    assert_eq!(storage.real_path("wxfile://usr/new").unwrap(), real.join("usr/new"));
    assert_eq!(storage.real_path("wxfile://usr/no/new"), Err(Failure::FileNotFound));
    symlink("/etc", root.path().join("usr/link")).unwrap();
    assert_eq!(storage.real_path("wxfile://usr/link"), Err(Failure::FileNotFound));
    assert_eq!(storage.real_path("wxfile://usr/link/passwd"), Err(Failure::FileNotFound));
    assert_eq!(storage.real_path("/etc/passwd"), Err(Failure::FileNotFound));
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
        assert_eq!(names_in(real.parent().unwrap()), BTreeSet::from(["a".to_owned()]));

        let mut reader = fs::File::open(&real).unwrap();
        let committed = save(storage, Some(&path), b"new, longer").unwrap();
        assert_eq!((committed.path, committed.bytes), (path, 11));
        assert_eq!(fs::read(&real).unwrap(), b"new, longer");
        let mut seen = String::new();
        reader.read_to_string(&mut seen).unwrap();
        assert_eq!(seen, "old", "a reader of the old file keeps it");
        assert_eq!(names_in(real.parent().unwrap()), BTreeSet::from(["a".to_owned()]));
    }
}

#[test]
fn a_target_that_turns_bad_while_downloading_is_refused_at_the_commit() {
    let (root, storage) = sandbox();
    let target = root.path().join("usr/a");
    let pending = storage.create_target(Some("wxfile://usr/a")).unwrap();
    fs::create_dir(&target).unwrap();
    let refusal = pending.commit("").unwrap_err();
    assert_eq!(refusal, Failure::TargetNotPermitted("wxfile://usr/a".into()));
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
    assert_eq!(pending.commit("").unwrap_err(), Failure::SaveFile);
    assert_eq!(names_in(&root.path().join("usr")), BTreeSet::from(["a".to_owned()]));
    assert_eq!(storage.usage(), (0, 4));
}
