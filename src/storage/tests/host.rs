use super::*;
use crate::error::Failure;

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
    assert_eq!(storage.real_path(&at("file")).unwrap(), dir.path().join("file"));

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
    drop(storage.create_target(Some("ferry-test-never-made")).unwrap());
    assert!(!Path::new("ferry-test-never-made").exists());
}

#[test]
fn host_mode_refuses_what_is_not_a_file() {
    let dir = TempDir::new().unwrap();
    let storage = host(dir.path());
    let at = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    make_fifo(at("fifo").as_ref());
    let _socket = std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
    fs::write(at("file"), "").unwrap();
    let long = "n".repeat(256);
    let uploads = [
        (at("none"), Failure::FileNotFound),
        (at("file/below"), Failure::FileNotFound),
        (at(&long), Failure::FileNotFound),
        (at("no\0pe"), Failure::FileNotFound),
        (String::new(), Failure::FileNotFound),
        (at(""), Failure::IsDirectory),
        (at("fifo"), Failure::FilePermission),
        (at("socket"), Failure::FilePermission),
        ("/dev/null".to_owned(), Failure::FilePermission),
    ];
    for (path, error) in uploads {
        assert_eq!(storage.open_upload(&path).unwrap_err(), error, "{path:?}");
    }
    let before = names_in(dir.path());
    let targets = ["", "none/a", "file/a", "fifo", "socket", "no\0pe", "none/", ".", "..", &long];
    for name in targets.map(at).into_iter().chain(["/dev/null".into(), String::new()]) {
        let refusal = storage.create_target(Some(&name)).unwrap_err();
        assert_eq!(refusal, Failure::TargetNotPermitted(name));
    }
    assert_eq!(names_in(dir.path()), before);
    let lost = Storage::open(StorageConfig { temp_dir: at("none").into(), ..Default::default() });
    assert_eq!(lost.unwrap().create_target(None).unwrap_err(), Failure::SaveFile);
}
