use super::*;
use crate::error::Failure;

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
    assert_eq!(b.write(&[1; 1]).unwrap_err(), Failure::StorageLimit);
    assert_eq!(a.reserve(31).unwrap_err(), Failure::StorageLimit);
    drop(b);
    a.write(&[1; 30]).unwrap();
    a.write(&[1; 30]).unwrap();
    assert_eq!(storage.usage(), (0, 100));
    a.commit("").unwrap();
    assert_eq!(storage.usage(), (0, 100));
    assert_eq!(names_in(&root.path().join("usr")), ["a", "d"].map(String::from).into());

    // The replaced file's bytes count until the commit.
    let mut pending = storage.create_target(Some("wxfile://usr/d/old")).unwrap();
    assert_eq!(pending.reserve(1).unwrap_err(), Failure::StorageLimit);
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
    assert_eq!(save(&storage, None, &[0; 101]).unwrap_err(), Failure::StorageLimit);
    assert_eq!(names_in(&root.path().join("tmp")), BTreeSet::new());
    assert_eq!(storage.usage(), (0, 0));
    save(&storage, None, &[0; 100]).unwrap();
    assert_eq!(save(&storage, None, &[0; 1]).unwrap_err(), Failure::StorageLimit);
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
