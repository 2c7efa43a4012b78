use super::*;

#[test]
fn a_launch_trims_the_least_recently_used_first() {
    let root = TempDir::new().unwrap();
    drop(sandbox_with(root.path(), |_| {}));
    let tmp = root.path().join("tmp");
    let age = |name: &str, accessed: u64, modified: u64| {
        let file = fs::File::create(tmp.join(name)).unwrap();
        file.set_len(10).unwrap();
        let ago = |s| SystemTime::now() - Duration::from_secs(s);
        let times = fs::FileTimes::new().set_accessed(ago(accessed)).set_modified(ago(modified));
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
    let all = ["tmp_oldest.a", "tmp_old.a", "tmp_written_lately.a", "tmp_read_lately.a"];
    let newest = |n: usize| all[4 - n..].iter().map(|s| s.to_string()).collect::<BTreeSet<_>>();
    assert_eq!(left(40), newest(4), "the partial files are gone, nothing else");
    assert_eq!(left(39), newest(3));
    assert_eq!(left(20), newest(2));
    assert_eq!(left(19), newest(1));
    assert_eq!(left(1), newest(0));
    assert_eq!(names_in(&root.path().join("usr/d")), BTreeSet::from(["kept.part".to_owned()]));
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
