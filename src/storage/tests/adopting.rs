use super::*;
use crate::error::Failure;

#[test]
fn adopted_files_become_temporary_ones() {
    let (root, storage) = sandbox();
    let outside = TempDir::new().unwrap();
    let picture = outside.path().join("IMG 1.JPG");
    for how in [Adopt::Copy, Adopt::Move] {
        fs::write(&picture, "picture").unwrap();
        let path = storage.adopt(&picture, how).unwrap();
        assert!(path.starts_with("wxfile://tmp_") && path.ends_with(".jpg"), "{path}");
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
    assert!(fs::symlink_metadata(storage.real_path(&path).unwrap()).unwrap().is_file());
    assert!(picture.exists() && fs::symlink_metadata(&link).is_err());

    assert_eq!(storage.adopt(&link, Adopt::Copy).unwrap_err(), Failure::FileNotFound);
    assert_eq!(storage.adopt(root.path(), Adopt::Copy).unwrap_err(), Failure::IsDirectory);
    drop(storage);
    let small = sandbox_with(root.path(), |c| c.temp_quota = 24);
    for how in [Adopt::Copy, Adopt::Move] {
        assert_eq!(small.adopt(&picture, how).unwrap_err(), Failure::StorageLimit);
        assert!(picture.exists());
    }
    assert_eq!(small.usage(), (21, 0));
    assert_eq!(names_in(&root.path().join("tmp")).len(), 3);
    let plain = host(outside.path());
    let path = plain.adopt(&picture, Adopt::Move).unwrap();
    assert_eq!(fs::read(path).unwrap(), b"picture");
    assert!(!picture.exists());
}
