//! Any string as a mini-program's path, over a storage with links planted in it: nothing is read or written outside.
#![no_main]

use ferry::storage::{Storage, StorageConfig};
use libfuzzer_sys::fuzz_target;
use std::cell::OnceCell;
use std::fs;
use std::io::Read;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use tempfile::TempDir;

const SECRET: &str = "outside the sandbox";

struct Ground {
    _top: TempDir,
    top: PathBuf,
    storage: Storage,
}

impl Ground {
    fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let top = fs::canonicalize(dir.path()).unwrap();
        let config = StorageConfig {
            root: Some(top.join("root")),
            ..StorageConfig::default()
        };
        let storage = Storage::open(config).unwrap();
        for folder in ["canary", "root/usr/d/e"] {
            fs::create_dir_all(top.join(folder)).unwrap();
        }
        for secret in ["secret", "canary/secret", "root/secret", "root/tmp/secret"] {
            fs::write(top.join(secret), SECRET).unwrap();
        }
        for folder in ["root/usr", "root/usr/d"] {
            symlink(top.join("canary"), top.join(folder).join("l")).unwrap();
            symlink("../../canary/secret", top.join(folder).join("s")).unwrap();
        }
        Self {
            _top: dir,
            top,
            storage,
        }
    }

    fn check(&self, path: &str) {
        if let Ok(upload) = self.storage.open_upload(path) {
            let mut data = String::new();
            upload.file.take(100).read_to_string(&mut data).unwrap();
            assert_ne!(data, SECRET);
        }
        if let Ok(real) = self.storage.real_path(path) {
            assert!(real.starts_with(self.top.join("root")));
        }
        if let Ok(mut pending) = self.storage.create_target(Some(path)) {
            pending.write(b"mine").unwrap();
            let committed = pending.commit("").unwrap();
            assert_eq!(committed.path, path);
            let real = fs::canonicalize(&committed.real_path).unwrap();
            let folder = if path.starts_with("wxfile://tmp_") {
                "root/tmp"
            } else {
                "root/usr"
            };
            assert!(real.starts_with(self.top.join(folder)));
            fs::remove_file(real).unwrap();
        }
        for canary in ["secret", "canary/secret", "root/secret", "root/tmp/secret"] {
            assert_eq!(fs::read_to_string(self.top.join(canary)).unwrap(), SECRET);
        }
        assert_eq!(fs::read_dir(self.top.join("canary")).unwrap().count(), 1);
    }
}

thread_local! {
    static GROUND: OnceCell<Ground> = const { OnceCell::new() };
}

fuzz_target!(|path: &str| {
    GROUND.with(|ground| {
        let ground = ground.get_or_init(Ground::new);
        ground.check(path);
        // Most random strings fail at the scheme; with it given, the fuzzer spends its time on the rest.
        ground.check(&format!("wxfile://{path}"));
        ground.check(&format!("wxfile://usr/{path}"));
    });
});
