//! Nothing a mini-program can write as a path leads out of its storage: not by the path's form, not by what lies at
//! it, not by swapping folders while it is being resolved.

use ferry::error::Failure;
use ferry::kind::Kind;
use ferry::storage::{Storage, StorageConfig};
use proptest::prelude::*;
use rustix::fs::{RenameFlags, CWD};
use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::os::unix::fs::{symlink, MetadataExt};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use tempfile::TempDir;

const SECRET: &[u8] = b"outside the sandbox";

/// A storage root with files, and beside it a folder of secrets that nothing may read or change.
struct Ground {
    top: TempDir,
    storage: Storage,
}

impl Ground {
    fn new() -> Self {
        let top = TempDir::new().unwrap();
        let config = StorageConfig { root: Some(top.path().join("root")), ..StorageConfig::default() };
        let storage = Storage::open(config).unwrap();
        let ground = Self { top, storage };
        fs::create_dir_all(ground.canary().join("folder")).unwrap();
        fs::write(ground.canary().join("secret"), SECRET).unwrap();
        fs::write(ground.canary().join("folder/secret"), SECRET).unwrap();
        fs::write(ground.top.path().join("secret"), SECRET).unwrap();
        fs::write(ground.root().join("secret"), SECRET).unwrap();
        fs::write(ground.root().join("tmp/secret"), SECRET).unwrap();
        fs::write(ground.tmp("tmp_1.jpg"), "temporary").unwrap();
        fs::create_dir_all(ground.usr("folder/deeper")).unwrap();
        fs::write(ground.usr("file"), "user").unwrap();
        fs::write(ground.usr("folder/file"), "user").unwrap();
        ground
    }

    fn root(&self) -> PathBuf {
        self.top.path().join("root")
    }

    fn canary(&self) -> PathBuf {
        self.top.path().join("canary")
    }

    fn usr(&self, name: &str) -> PathBuf {
        self.root().join("usr").join(name)
    }

    fn tmp(&self, name: &str) -> PathBuf {
        self.root().join("tmp").join(name)
    }

    fn refuses_upload(&self, path: &str, error: Failure) {
        assert_eq!(self.storage.open_upload(path).unwrap_err(), error, "upload of {path:?}");
    }

    fn refuses_download(&self, path: &str) {
        let refusal = self.storage.create_target(Some(path)).unwrap_err();
        assert_eq!(refusal, Failure::TargetNotPermitted(path.to_owned()), "download to {path:?}");
        assert_eq!(refusal.errno(Kind::Download), 603303);
    }
}

/// Everything below a folder: kind, content or target, and times of the last change. Reading a file's content does
/// not change these.
fn snapshot(dir: &Path) -> BTreeMap<PathBuf, (u32, i64, i64, Vec<u8>)> {
    fn fill(dir: &Path, seen: &mut BTreeMap<PathBuf, (u32, i64, i64, Vec<u8>)>) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            let metadata = fs::symlink_metadata(&path).unwrap();
            let content = match metadata.file_type() {
                kind if kind.is_file() => fs::read(&path).unwrap(),
                kind if kind.is_symlink() => fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes(),
                _ => Vec::new(),
            };
            let row = (metadata.mode(), metadata.mtime(), metadata.mtime_nsec(), content);
            seen.insert(path.clone(), row);
            if metadata.is_dir() {
                fill(&path, seen);
            }
        }
    }
    let mut seen = BTreeMap::new();
    fill(dir, &mut seen);
    seen
}

/// Paths that are wrong in themselves, whatever lies where.
fn malformed(ground: &Ground) -> Vec<String> {
    let canary = ground.canary().join("secret").to_str().unwrap().to_owned();
    let root = ground.root().to_str().unwrap().to_owned();
    let long = "n".repeat(256);
    let deep = vec!["d"; 65].join("/");
    let mut paths: Vec<String> = [
        // No scheme, another one, or the scheme in another form.
        "",
        "/",
        ".",
        "..",
        "/etc/passwd",
        "etc/passwd",
        "usr/file",
        "tmp_1.jpg",
        "~/secret",
        "\0",
        "file:///etc/passwd",
        "file://localhost/etc/passwd",
        "file:/etc/passwd",
        "http://usr/file",
        "https://usr/file",
        "content://media/1",
        "data:text/plain,x",
        "wxfile",
        "wxfile:",
        "wxfile:/",
        "wxfile:/usr/file",
        "wxfile:usr/file",
        "wxfile:///usr/file",
        "wxfile:////usr/file",
        "wxfile:\\\\usr\\file",
        "WXFILE://usr/file",
        "Wxfile://usr/file",
        "wxFile://tmp_1.jpg",
        " wxfile://usr/file",
        "\u{feff}wxfile://usr/file",
        "\u{ff57}xfile://usr/file",
        "wxfile\u{ff1a}//usr/file",
        "wxfilex://usr/file",
        "wxfile://wxfile://usr/file",
        "file://wxfile://usr/file",
        // Neither of the two places.
        "wxfile://",
        "wxfile:///",
        "wxfile://.",
        "wxfile://..",
        "wxfile://secret",
        "wxfile://tmp",
        "wxfile://tmp/",
        "wxfile://tmp/secret",
        "wxfile://tmp/tmp_1.jpg",
        "wxfile://tmp_",
        "wxfile://TMP_1.jpg",
        "wxfile://USR/file",
        "wxfile://Usr",
        "wxfile://usr.",
        "wxfile://usrx/file",
        "wxfile://usr:80/file",
        "wxfile://me@usr/file",
        "wxfile://usr?/file",
        "wxfile:///etc/passwd",
        "wxfile://store_1.jpg",
        "wxfile://./usr/file",
        // Temporary files lie flat.
        "wxfile://tmp_/../secret",
        "wxfile://tmp_1.jpg/../secret",
        "wxfile://tmp_1.jpg/",
        "wxfile://tmp_1.jpg/x",
        "wxfile://tmp_../../secret",
        "wxfile://tmp_\\..\\secret",
        "wxfile://tmp_1.jpg\0",
        "wxfile://tmp_%2fsecret",
        "wxfile://tmp_/etc/passwd",
        // Out of the user's folder by steps.
        "wxfile://usr/..",
        "wxfile://usr/.",
        "wxfile://usr/../secret",
        "wxfile://usr/../../canary/secret",
        "wxfile://usr/../../../../../../../../etc/passwd",
        "wxfile://usr/folder/../../../canary/secret",
        "wxfile://usr/folder/../file",
        "wxfile://usr/./file",
        "wxfile://usr/folder/.",
        "wxfile://usr/folder/..",
        "wxfile://usr/../tmp/secret",
        "wxfile://usr/../usr/file",
        "wxfile://usr/none/../file",
        // Empty names.
        "wxfile://usr/",
        "wxfile://usr//",
        "wxfile://usr//file",
        "wxfile://usr//etc/passwd",
        "wxfile://usr/file/",
        "wxfile://usr/folder//file",
        "wxfile://usr/folder/",
        // Other separators, terminators and control characters.
        "wxfile://usr\\file",
        "wxfile://usr/..\\secret",
        "wxfile://usr/..\\..\\canary\\secret",
        "wxfile://usr/a\\b",
        "wxfile://usr/file\0",
        "wxfile://usr/\0",
        "wxfile://usr/file\0.jpg",
        "wxfile://usr/..\0/secret",
        "wxfile://usr\0/file",
        "wxfile://usr/a\nb",
        "wxfile://usr/a\rb",
        "wxfile://usr/\u{7f}",
        "wxfile://usr/\u{85}",
        // Encoded, once and more.
        "wxfile://usr/%2e%2e/secret",
        "wxfile://usr/%2E%2E/secret",
        "wxfile://usr/.%2e/secret",
        "wxfile://usr/%2e%2e%2fsecret",
        "wxfile://usr/..%2fsecret",
        "wxfile://usr/..%2Fsecret",
        "wxfile://usr/..%5csecret",
        "wxfile://usr/..%5Csecret",
        "wxfile://usr/%2fetc%2fpasswd",
        "wxfile://usr/file%00.jpg",
        "wxfile://usr/%252e%252e/secret",
        "wxfile://usr/..%252fsecret",
        "wxfile://usr/..%25252fsecret",
        "wxfile://usr%2f..%2fsecret",
        "wxfile:%2f%2fusr/file",
        // What ferry itself writes there.
        "wxfile://usr/.ferry-00.part",
        "wxfile://usr/.FERRY-00.PART",
        "wxfile://usr/folder/.ferry-00.part",
        "wxfile://usr/.ferry-00.part/file",
    ]
    .map(String::from)
    .into();
    paths.extend([
        canary.clone(),
        format!("file://{canary}"),
        format!("wxfile://{canary}"),
        format!("wxfile://usr/{canary}"),
        format!("wxfile://tmp_{canary}"),
        format!("{root}/usr/file"),
        format!("{root}/tmp/tmp_1.jpg"),
        format!("wxfile://usr/{long}"),
        format!("wxfile://usr/{long}/file"),
        format!("wxfile://tmp_{long}"),
        format!("wxfile://usr/{deep}"),
        format!("wxfile://usr/{}", "d/".repeat(3000) + "file"),
        format!("wxfile://usr/{}", "../".repeat(2000) + "etc/passwd"),
        "x".repeat(1 << 20),
    ]);
    paths
}

#[test]
fn hostile_paths_end_in_their_errno() {
    let ground = Ground::new();
    let before = snapshot(ground.top.path());
    let paths = malformed(&ground);
    assert!(paths.len() >= 60, "{}", paths.len());
    for path in &paths {
        ground.refuses_upload(path, Failure::FileNotFound);
        ground.refuses_download(path);
        assert_eq!(ground.storage.real_path(path).unwrap_err(), Failure::FileNotFound, "{path:?}");
    }
    assert_eq!(snapshot(ground.top.path()), before);
}

#[test]
fn look_alikes_and_literal_names_stay_inside() {
    let ground = Ground::new();
    let names = [
        "．．",
        "‥",
        "…",
        "a／b",
        "a∕b",
        "．．／secret",
        "..a",
        "a..",
        "...",
        " ..",
        ".. ",
        "%",
        "%2",
        "%c0%af",
        "~",
        "-rf",
        "*",
        "$HOME",
        "`id`",
        "a:b",
        "C:",
        "nul",
        "\u{202e}gpj.a",
        "e\u{301}",
        "é",
        "图片",
        "👩‍👩‍👧",
        "a?b",
        "a#b",
        "a b",
        "'\"",
    ];
    let outside = snapshot(&ground.canary());
    for name in names {
        for path in [format!("wxfile://usr/folder/{name}"), format!("wxfile://tmp_{name}")] {
            let mut pending = ground.storage.create_target(Some(&path)).unwrap();
            pending.write(name.as_bytes()).unwrap();
            let committed = pending.commit("").unwrap();
            assert_eq!(committed.path, path);
            let real = fs::canonicalize(&committed.real_path).unwrap();
            assert!(real.starts_with(fs::canonicalize(ground.root()).unwrap()), "{path}");
            let mut upload = ground.storage.open_upload(&path).unwrap();
            let mut data = String::new();
            upload.file.read_to_string(&mut data).unwrap();
            assert_eq!(data, name);
        }
    }
    assert_eq!(snapshot(&ground.canary()), outside);
}

#[test]
fn names_as_long_as_the_file_system_takes_work() {
    let ground = Ground::new();
    let name = format!("wxfile://usr/{}", "n".repeat(255));
    let mut pending = ground.storage.create_target(Some(&name)).unwrap();
    pending.write(b"x").unwrap();
    pending.commit("").unwrap();
    assert_eq!(ground.storage.open_upload(&name).unwrap().len, 1);

    let mut folder = ground.usr("");
    let mut path = "wxfile://usr".to_owned();
    for _ in 0..4 {
        let step = "d".repeat(200);
        folder.push(&step);
        path = format!("{path}/{step}");
    }
    fs::create_dir_all(&folder).unwrap();
    let path = format!("{path}/file");
    ground.storage.create_target(Some(&path)).unwrap().commit("").unwrap();
    assert_eq!(ground.storage.open_upload(&path).unwrap().len, 0);
}

#[test]
fn planted_links_and_special_files_are_refused() {
    let ground = Ground::new();
    let links: [(&str, PathBuf); 9] = [
        ("absolute", ground.canary().join("secret")),
        ("relative", "../../canary/secret".into()),
        ("to_folder", ground.canary()),
        ("inside", "file".into()),
        ("dangling", ground.canary().join("new")),
        ("loop", "loop".into()),
        ("self", ".".into()),
        ("zero", "/dev/zero".into()),
        ("proc", "/proc/self/root/etc/passwd".into()),
    ];
    for (name, target) in &links {
        symlink(target, ground.usr(name)).unwrap();
        symlink(target, ground.usr("folder").join(name)).unwrap();
        symlink(target, ground.tmp(&format!("tmp_{name}"))).unwrap();
    }
    let status = Command::new("mkfifo").arg(ground.usr("fifo")).status().unwrap();
    assert!(status.success());
    let _socket = std::os::unix::net::UnixListener::bind(ground.usr("socket")).unwrap();
    let before = snapshot(ground.top.path());

    for (name, _) in &links {
        for place in ["usr/", "usr/folder/", "tmp_"] {
            let path = format!("wxfile://{place}{name}");
            ground.refuses_upload(&path, Failure::FileNotFound);
            ground.refuses_download(&path);
            assert_eq!(ground.storage.real_path(&path).unwrap_err(), Failure::FileNotFound);
        }
    }
    for below in ["to_folder/secret", "to_folder/new", "to_folder/folder/secret", "self/file", "loop/x"] {
        for place in ["usr", "usr/folder", "usr/folder/deeper/../.."] {
            let path = format!("wxfile://{place}/{below}");
            ground.refuses_upload(&path, Failure::FileNotFound);
            ground.refuses_download(&path);
        }
    }
    for special in ["fifo", "socket"] {
        let path = format!("wxfile://usr/{special}");
        ground.refuses_upload(&path, Failure::FilePermission);
        ground.refuses_download(&path);
        let below = format!("{path}/x");
        ground.refuses_upload(&below, Failure::FileNotFound);
        ground.refuses_download(&below);
    }
    for folder in ["wxfile://usr", "wxfile://usr/folder", "wxfile://usr/folder/deeper"] {
        ground.refuses_upload(folder, Failure::IsDirectory);
        ground.refuses_download(folder);
    }
    for missing in ["wxfile://usr/none/new", "wxfile://usr/file/new"] {
        ground.refuses_upload(missing, Failure::FileNotFound);
        ground.refuses_download(missing);
    }
    ground.refuses_upload("wxfile://usr/none", Failure::FileNotFound);
    ground.refuses_upload("wxfile://tmp_none", Failure::FileNotFound);
    assert_eq!(snapshot(ground.top.path()), before);
}

#[cfg(any(target_os = "linux", target_os = "android"))]
#[test]
fn a_device_node_is_refused() {
    use rustix::fs::{mknodat, stat, FileType};
    let ground = Ground::new();
    let null = stat("/dev/null").unwrap();
    let node = ground.usr("null");
    if let Err(error) = mknodat(CWD, &node, FileType::CharacterDevice, 0o666.into(), null.st_rdev) {
        eprintln!("SKIPPED, no device node can be made here: {error}");
        return;
    }
    // Some systems let nodes be made but not opened; either way it is not to be read.
    ground.refuses_upload("wxfile://usr/null", Failure::FilePermission);
    ground.refuses_download("wxfile://usr/null");
}

#[test]
fn a_link_swapped_in_after_the_look_is_not_followed() {
    let ground = Ground::new();
    let outside = snapshot(&ground.canary());
    let mut pending = ground.storage.create_target(Some("wxfile://usr/folder/new")).unwrap();
    pending.write(b"half").unwrap();
    fs::rename(ground.usr("folder"), ground.usr("moved")).unwrap();
    symlink(ground.canary(), ground.usr("folder")).unwrap();
    pending.write(b"done").unwrap();
    pending.commit("").unwrap();
    assert_eq!(fs::read(ground.usr("moved/new")).unwrap(), b"halfdone");

    let upload = ground.storage.open_upload("wxfile://usr/file").unwrap();
    fs::remove_file(ground.usr("file")).unwrap();
    symlink(ground.canary().join("secret"), ground.usr("file")).unwrap();
    let mut data = String::new();
    { upload.file }.read_to_string(&mut data).unwrap();
    assert_eq!(data, "user");
    ground.refuses_upload("wxfile://usr/file", Failure::FileNotFound);
    assert_eq!(snapshot(&ground.canary()), outside);
}

#[test]
fn a_storage_folder_that_is_a_link_is_not_opened() {
    for folder in ["tmp", "usr"] {
        let top = TempDir::new().unwrap();
        fs::create_dir_all(top.path().join("root")).unwrap();
        fs::create_dir(top.path().join("canary")).unwrap();
        symlink("../canary", top.path().join("root").join(folder)).unwrap();
        let root = Some(top.path().join("root"));
        assert!(Storage::open(StorageConfig { root, ..StorageConfig::default() }).is_err());
    }
}

/// Two threads against each other: one swaps a folder for a link to the outside and back, or a file likewise, the
/// other resolves paths through them. Each side runs freely; how they meet differs from run to run.
#[test]
fn swapping_while_resolving_never_leads_out() {
    const ROUNDS: usize = 2000;
    let ground = Ground::new();
    // The outside looks the same, so that an escape would be believed to be a success.
    fs::write(ground.canary().join("file"), SECRET).unwrap();
    symlink(ground.canary(), ground.usr("link")).unwrap();
    symlink(ground.canary().join("secret"), ground.usr("file_link")).unwrap();
    let outside = snapshot(&ground.canary());
    let over = AtomicBool::new(false);
    let swap = |one: &str, other: &str| {
        let (one, other) = (ground.usr(one), ground.usr(other));
        rustix::fs::renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE).unwrap();
    };
    let (mut read, mut refused, mut written) = (0, 0, 0);
    std::thread::scope(|scope| {
        let over = &over;
        scope.spawn(move || {
            for turn in 0u64.. {
                if over.load(Ordering::Relaxed) {
                    return;
                }
                swap("folder", "link");
                // Uneven pauses, or the folder's lock in the kernel makes both threads walk in step.
                (0..turn * 7919 % 4001).for_each(|_| std::hint::spin_loop());
                swap("file", "file_link");
                (0..turn * 104_729 % 4001).for_each(|_| std::hint::spin_loop());
            }
        });
        // Ends the swapping also when an assertion below fails.
        struct End<'a>(&'a AtomicBool);
        impl Drop for End<'_> {
            fn drop(&mut self) {
                self.0.store(true, Ordering::Relaxed);
            }
        }
        let _end = End(over);
        for round in 0..ROUNDS {
            for path in ["wxfile://usr/folder/file", "wxfile://usr/file"] {
                match ground.storage.open_upload(path) {
                    Ok(mut upload) => {
                        let mut data = Vec::new();
                        upload.file.read_to_end(&mut data).unwrap();
                        assert_eq!(data, b"user");
                        read += 1;
                    }
                    Err(error) => {
                        assert_eq!(error, Failure::FileNotFound);
                        refused += 1;
                    }
                }
            }
            let path = format!("wxfile://usr/folder/new{}", round % 7);
            match ground.storage.create_target(Some(&path)) {
                Ok(mut pending) => {
                    pending.write(b"mine").unwrap();
                    if round % 3 > 0 {
                        pending.commit("").unwrap();
                        written += 1;
                    }
                }
                Err(error) => assert_eq!(error.errno(Kind::Download), 603303),
            }
        }
    });
    eprintln!("{read} read, {refused} refused, {written} written");
    assert_eq!(snapshot(&ground.canary()), outside);
    // The last swap may have left the names exchanged.
    let real = ["folder", "link"].map(|name| ground.usr(name));
    let real = real.iter().find(|path| !path.is_symlink()).unwrap();
    let made = fs::read_dir(real).unwrap().count();
    assert!(made <= 2 + 7, "partial files are left: {made}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_string_leads_out(
        path in prop_oneof![
            any::<String>(),
            "(wxfile://|WXFILE://|file://|/)?(usr/?|tmp_)?((link|folder|file|canary|secret|\\.\\.|\\.|%2e|%2f|\\x00|\\\\|图|:| )/?){0,6}",
        ],
    ) {
        thread_local! {
            static GROUND: Ground = {
                let ground = Ground::new();
                symlink(ground.canary(), ground.usr("link")).unwrap();
                symlink(ground.canary(), ground.usr("folder/link")).unwrap();
                ground
            };
            static OUTSIDE: BTreeMap<PathBuf, (u32, i64, i64, Vec<u8>)> =
                GROUND.with(|ground| snapshot(&ground.canary()));
        }
        GROUND.with(|ground| {
            let before = OUTSIDE.with(Clone::clone);
            if let Ok(mut upload) = ground.storage.open_upload(&path) {
                let mut data = Vec::new();
                upload.file.read_to_end(&mut data).unwrap();
                assert_ne!(data, SECRET, "{path:?}");
            }
            if let Ok(mut pending) = ground.storage.create_target(Some(&path)) {
                pending.write(b"mine").unwrap();
                let real = fs::canonicalize(pending.commit("").unwrap().real_path).unwrap();
                let root = fs::canonicalize(ground.root()).unwrap();
                let folder = if path.starts_with("wxfile://tmp_") { "tmp" } else { "usr" };
                assert!(real.starts_with(root.join(folder)), "{path:?}");
            }
            assert_eq!(snapshot(&ground.canary()), before, "{path:?}");
        });
    }
}
