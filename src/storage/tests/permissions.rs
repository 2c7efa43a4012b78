use super::*;
use crate::error::Failure;
use std::os::unix::fs::MetadataExt;

const CHILD: &str = "FERRY_TEST_PERMISSIONS_IN";

#[test]
fn missing_permissions_have_their_errno() {
    if let Some(dir) = std::env::var_os(CHILD) {
        return check_permissions(Path::new(&dir));
    }
    let dir = TempDir::new().unwrap();
    let root = fs::metadata(dir.path()).unwrap().uid() == 0;
    if !root {
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
            .args(["--exact", "storage::tests::permissions::missing_permissions_have_their_errno"])
            .env(CHILD, &work),
        NOBODY,
    )
    .output()
    .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
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
    let both = [(&storage, "wxfile://usr/d/secret"), (&plain, file.to_str().unwrap())];

    allow(&file, 0o000);
    for (storage, path) in both {
        assert_eq!(storage.open_upload(path).unwrap_err(), Failure::FilePermission);
    }
    allow(&folder, 0o500);
    for (storage, path) in both {
        let refusal = storage.create_target(Some(path)).unwrap_err();
        assert_eq!(refusal, Failure::TargetNotPermitted(path.into()));
    }
    allow(&folder, 0o000);
    for (storage, path) in both {
        assert_eq!(storage.open_upload(path).unwrap_err(), Failure::FilePermission);
        let refusal = storage.create_target(Some(path)).unwrap_err();
        assert_eq!(refusal, Failure::TargetNotPermitted(path.into()));
    }
    // A folder that cannot be read does not stop the launch.
    drop(storage);
    sandbox_with(&dir.join("root"), |_| {});
    allow(&folder, 0o700);
    assert_eq!(fs::metadata(&file).unwrap().len(), 6);
}
