//! The storage of a mini-program, through the engine: its paths, its quotas, what the host can ask.

mod common;

use std::os::unix::fs::symlink;

use common::*;

/// A root with a secret beside it that nothing may reach.
struct Ground {
    // Dropped in this order: an engine must not outlive its server, whose port another test's may get.
    engine: Engine,
    server: Server,
    folder: Folder,
}

impl Ground {
    fn new() -> Ground {
        Ground::with(|_| {})
    }

    fn with(change: impl FnOnce(&mut Config)) -> Ground {
        let folder = Folder::new();
        folder.file("secret", "canary");
        let engine = Engine::with(|config| {
            config.storage_root = Some(folder.path("root"));
            change(config);
        });
        Ground { folder, server: Server::plain(), engine }
    }

    /// Everything below the root, apart from its two folders.
    fn files(&self) -> Vec<String> {
        let names = self.folder.list().into_iter();
        names
            .filter_map(|n| n.strip_prefix("root/").map(str::to_owned))
            .filter(|n| !n.is_empty() && !n.ends_with('/'))
            .collect()
    }

    fn real(&self, path: &str) -> Vec<u8> {
        std::fs::read(self.engine.real_path(path).unwrap()).unwrap()
    }
}

#[test]
fn a_temporary_download_goes_up_again() {
    let ground = Ground::new();
    let outcome = ground.engine.download(&ground.server.url("/bytes/5000?type=image/png")).run();
    let path = outcome.ok(200).temp_file_path.clone().unwrap();
    assert!(path.starts_with("wxfile://tmp_") && path.ends_with(".png"), "{path}");
    assert!(outcome.file_path.is_none());
    assert_eq!(ground.real(&path), pattern_bytes(5000));
    let json = ground.engine.upload(&ground.server.url("/upload"), &path).run().ok(200).json();
    assert_eq!(json["file"]["sha256"], ferry_test_support::pattern_sha256(5000));
    assert_eq!(json["file"]["contentType"], "image/png");
    assert_eq!(json["file"]["filename"], path.strip_prefix("wxfile://").unwrap());
}

#[test]
fn user_files() {
    let ground = Ground::new();
    let path = "wxfile://usr/图 1.txt";
    let outcome = ground.engine.download(&ground.server.url("/bytes/100")).to(path).run();
    assert_eq!(outcome.ok(200).file_path.as_deref(), Some(path), "equal to the input");
    assert!(outcome.temp_file_path.is_none());
    assert_eq!(ground.real(path), pattern_bytes(100));
    let json = ground.engine.upload(&ground.server.url("/upload"), path).run().ok(200).json();
    assert_eq!(json["file"]["filename"], "图 1.txt");
    let missing = "wxfile://usr/none/file";
    let words = format!("permission denied, open {missing}");
    ground.engine.download(&ground.server.url("/bytes/1")).to(missing).run().failed(603303, &words);
    std::fs::create_dir(ground.folder.path("root/usr/dir")).unwrap();
    ground.engine.download(&ground.server.url("/bytes/1")).to("wxfile://usr/dir/f").run().ok(200);
    let directory = ground.engine.upload(&ground.server.url("/upload"), "wxfile://usr/dir").run();
    directory.failed(1300021, "is a directory");
}

#[test]
fn no_path_leads_outside() {
    let ground = Ground::new();
    ground.engine.download(&ground.server.url("/bytes/1")).to("wxfile://usr/there").run().ok(200);
    ground.server.wait_for(|state| state.requests_answered == 1);
    ground.server.forget_requests();
    symlink(ground.folder.path("secret"), ground.folder.path("root/usr/link")).unwrap();
    symlink(ground.folder.root(), ground.folder.path("root/usr/out")).unwrap();
    let before = ground.folder.list();
    let secret = ground.folder.path("secret");
    let long = format!("wxfile://usr/{}", "n".repeat(5000));
    let url = ground.server.url("/upload");
    for path in [
        secret.as_str(),
        "/etc/passwd",
        "secret",
        "../secret",
        "file:///etc/passwd",
        "wxfile://../secret",
        "wxfile://usr/../../secret",
        "wxfile://usr/../there",
        "wxfile://usr/./there",
        "wxfile://usr//there",
        "wxfile://usr/..%2f..%2fsecret",
        "wxfile://usr/%2e%2e/secret",
        "wxfile://usr\\..\\secret",
        "wxfile://usr/link",
        "wxfile://usr/out/secret",
        "wxfile://usr/there/",
        "wxfile://tmp_../secret",
        "wxfile://tmp_x/../../secret",
        "WXFILE://usr/there",
        "wxfile:/usr/there",
        "wxfile://store_1",
        "wxfile://",
        &long,
    ] {
        ground.engine.upload(&url, path).run().failed(1300002, "file not found");
        if path != "wxfile://usr/link" {
            let words = format!("permission denied, open {path}");
            ground.engine.download(&url).to(path).run().failed(603303, &words);
        }
    }
    assert!(ground.server.requests().is_empty(), "{:?}", ground.server.requests());
    assert_eq!(ground.folder.list(), before);
    // A link that lies there is replaced by the download, and what it leads to is not touched.
    ground.engine.download(&ground.server.url("/bytes/5")).to("wxfile://usr/link").run();
    assert_eq!(ground.folder.read("secret"), b"canary");
}

#[test]
fn a_symlink_swapped_in_while_the_task_is_queued() {
    let ground = Ground::with(|config| (config.max_uploads, config.max_downloads) = (1, 1));
    let usr = |name: &str| ground.folder.path(&format!("root/usr/{name}"));
    std::fs::create_dir(usr("dir")).unwrap();
    std::fs::write(usr("file"), "mine").unwrap();
    std::fs::write(usr("dir/file"), "mine").unwrap();
    std::fs::write(usr("first"), "mine").unwrap();
    std::fs::create_dir(ground.folder.path("outside")).unwrap();
    std::fs::write(ground.folder.path("outside/file"), "canary").unwrap();
    let (held, url) = (ground.server.url("/gate/g?hold=headers"), ground.server.url("/upload"));
    let first = [ground.engine.upload(&held, "wxfile://usr/first").start(), ground.engine.download(&held).start()];
    ground.server.wait_for(|state| state.waiting_at("g") == 2);
    let uploads = ["wxfile://usr/file", "wxfile://usr/dir/file"].map(|path| ground.engine.upload(&url, path).start());
    let download = ground.engine.download(&url).to("wxfile://usr/dir/new").start();
    eventually("they wait", || {
        ground.engine.stats().uploads_queued == 2 && ground.engine.stats().downloads_queued == 1
    });
    std::fs::remove_file(usr("file")).unwrap();
    symlink(ground.folder.path("secret"), usr("file")).unwrap();
    std::fs::remove_dir_all(usr("dir")).unwrap();
    symlink(ground.folder.path("outside"), usr("dir")).unwrap();
    ground.server.open_gate("g");
    for task in first {
        task.wait_end().ok(200);
    }
    for upload in uploads {
        upload.wait_end().failed(1300002, "file not found");
    }
    download.wait_end().failed(603303, "permission denied, open wxfile://usr/dir/new");
    assert_eq!(ground.server.state(|state| state.seen("/upload")), 0, "nothing was sent");
    assert_eq!(std::fs::read_dir(ground.folder.path("outside")).unwrap().count(), 1, "nothing was written");
}

#[test]
fn special_files_do_not_hold_up_the_engine() {
    let ground = Ground::new();
    ground.folder.fifo("root/usr/fifo");
    let url = ground.server.url("/upload");
    ground.engine.upload(&url, "wxfile://usr/fifo").run().failed(1300013, "permission denied");
    let words = "permission denied, open wxfile://usr/fifo";
    ground.engine.download(&url).to("wxfile://usr/fifo").run().failed(603303, words);
}

#[test]
fn quotas() {
    let ground = Ground::with(|config| {
        config.user_quota = 10_000;
        config.temp_quota = 20_000;
    });
    let get = |size: u32, path: Option<&str>| {
        let download = ground.engine.download(&ground.server.url(&format!("/bytes/{size}")));
        match path {
            Some(path) => download.to(path).run(),
            None => download.run(),
        }
    };
    get(6000, Some("wxfile://usr/a")).ok(200);
    get(6000, Some("wxfile://usr/b")).failed(1300202, "storage limit exceeded");
    get(4000, Some("wxfile://usr/b")).ok(200);
    let chunked = ground.server.url("/chunked/5000");
    ground.engine.download(&chunked).to("wxfile://usr/c").run().failed(1300202, "storage limit exceeded");
    assert_eq!(ground.files(), ["usr/a", "usr/b"]);
    assert_eq!(ground.real("wxfile://usr/a").len(), 6000);
    // The two quotas are apart.
    get(20_000, None).ok(200);
    get(1, None).failed(1300202, "storage limit exceeded");
    // What the host removes is free when it says so …
    std::fs::remove_file(ground.folder.path("root/usr/a")).unwrap();
    assert_eq!(ground.engine.recount_files(), FERRY_OK);
    get(5000, Some("wxfile://usr/c")).ok(200);
    // … and otherwise when the files are counted anew, after a refusal but not after each.
    std::fs::remove_file(ground.folder.path("root/usr/c")).unwrap();
    eventually("room for user files", || get(5000, Some("wxfile://usr/d")).errno == 0);
}

#[test]
fn what_is_kept_from_launch_to_launch() {
    let folder = Folder::new();
    let server = Server::plain();
    let open = |keep: u64| {
        Engine::with(|config| {
            config.storage_root = Some(folder.path("root"));
            config.temp_keep = keep;
        })
    };
    let engine = open(0);
    for _ in 0..4 {
        engine.download(&server.url("/bytes/1000")).run().ok(200);
    }
    engine.download(&server.url("/bytes/1000")).to("wxfile://usr/mine").run().ok(200);
    drop(engine);
    let temporary = || folder.list().iter().filter(|name| name.starts_with("root/tmp/tmp_")).count();
    assert_eq!(temporary(), 4);
    drop(open(2500));
    assert_eq!(temporary(), 2, "trimmed at the start");
    assert!(folder.list().contains(&"root/usr/mine".to_owned()), "user files stay");
}

#[test]
fn the_host_resolves_paths() {
    let ground = Ground::new();
    let engine = &ground.engine;
    let root = std::fs::canonicalize(ground.folder.path("root")).unwrap();
    let real = engine.real_path("wxfile://usr/new file").unwrap();
    assert_eq!(real, root.join("usr/new file").to_str().unwrap(), "it need not be there");
    for path in ["wxfile://usr/../x", "/etc/passwd", "", "wxfile://nothing"] {
        let status = engine.real_path(path).unwrap_err();
        assert!(status == FERRY_NOT_FOUND || status == FERRY_STORAGE, "{path}: {status}");
    }
    let mut length = 0;
    let mut small = [1u8; 4];
    // SAFETY: the buffer has the capacity that is told.
    let status = unsafe {
        let path = c"wxfile://usr/new file".as_ptr();
        ferry_engine_real_path(engine.raw(), path, small.as_mut_ptr().cast(), small.len(), &mut length)
    };
    assert_eq!((status, length), (FERRY_BUFFER_TOO_SMALL, real.len()));
    assert_eq!(small, [1; 4]);
    let plain = Engine::new();
    assert_eq!(plain.real_path("/etc/passwd"), Err(FERRY_NOT_AVAILABLE));
    assert_eq!(plain.adopt_file(&ground.folder.path("secret"), FERRY_ADOPT_COPY), Err(FERRY_NOT_AVAILABLE));
}

#[test]
fn the_host_hands_out_files() {
    let ground = Ground::with(|config| config.temp_quota = 100_000);
    let engine = &ground.engine;
    let photo = ground.folder.file("photo.JPG", pattern_bytes(5000));
    let copied = engine.adopt_file(&photo, FERRY_ADOPT_COPY).unwrap();
    assert!(copied.starts_with("wxfile://tmp_") && copied.to_lowercase().ends_with(".jpg"), "{copied}");
    assert!(std::fs::exists(&photo).unwrap());
    let moved = engine.adopt_file(&photo, FERRY_ADOPT_MOVE).unwrap();
    assert!(!std::fs::exists(&photo).unwrap());
    for path in [copied, moved] {
        let json = engine.upload(&ground.server.url("/upload"), &path).run().ok(200).json();
        assert_eq!(json["file"]["sha256"], ferry_test_support::pattern_sha256(5000));
        assert_eq!(json["file"]["contentType"], "image/jpeg");
    }
    let large = ground.folder.file("large", vec![0; 200_000]);
    assert_eq!(engine.adopt_file(&large, FERRY_ADOPT_COPY), Err(FERRY_STORAGE));
    assert_eq!(engine.adopt_file(&large, FERRY_ADOPT_MOVE), Err(FERRY_STORAGE));
    assert!(std::fs::exists(&large).unwrap(), "refused, so still the host's");
    assert_eq!(engine.adopt_file(&ground.folder.path("none"), FERRY_ADOPT_COPY), Err(FERRY_NOT_FOUND));
    assert_eq!(engine.adopt_file(&ground.folder.path("root"), FERRY_ADOPT_COPY), Err(FERRY_STORAGE));
    assert_eq!(engine.adopt_file(&large, 7), Err(FERRY_INVALID_ARGUMENT));
    assert_eq!(ground.files().len(), 2);
}
