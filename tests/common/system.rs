//! What tests ask of the system: threads, descriptors, another user, a small disk.

use std::ffi::CString;
use std::path::Path;
use std::process::Command;

/// The names of this process's threads that ferry has started.
pub fn threads() -> Vec<String> {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    // One may end while we look.
    let names = tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok());
    let mut names: Vec<String> = names.map(|name| name.trim().to_owned()).filter(|n| n.starts_with("ferry")).collect();
    names.sort();
    names
}

/// What the descriptors of this process lead to, sorted.
pub fn descriptors() -> Vec<String> {
    let open = std::fs::read_dir("/proc/self/fd").unwrap();
    let mut links: Vec<String> = open
        .filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok())
        .map(|link| link.to_string_lossy().into_owned())
        .filter(|link| !link.contains("/proc/"))
        // Numbers of sockets and pipes are new each time.
        .map(|link| link.split(':').next().unwrap_or_default().to_owned())
        .collect();
    links.sort();
    links
}

const CHILD: &str = "FERRY_TEST_CHILD";

/// Runs the test `name`, which calls this, in a process of a user without rights; true inside of it. As such a user
/// already, the test runs where it is.
pub fn in_child_as_nobody(name: &str) -> bool {
    // SAFETY: plain system calls.
    if unsafe { libc::geteuid() } != 0 {
        return true;
    }
    if std::env::var_os(CHILD).is_some() {
        // After exec, so that the program need not be readable for that user. libc changes all threads.
        // SAFETY: as above.
        unsafe {
            assert_eq!(libc::setgroups(0, std::ptr::null()), 0);
            assert_eq!(libc::setgid(65534), 0);
            assert_eq!(libc::setuid(65534), 0);
        }
        return true;
    }
    let status = Command::new(std::env::current_exe().unwrap())
        .args([name, "--exact", "--nocapture", "--test-threads=1"])
        .env(CHILD, "1")
        .status()
        .unwrap();
    assert!(status.success(), "the child of {name} failed");
    false
}

/// A small file system in memory, unmounted when dropped.
pub struct Tmpfs(CString);

impl Tmpfs {
    /// None, and a word on stderr, where mounting is not allowed.
    pub fn mount(folder: &Path, bytes: u64) -> Option<Tmpfs> {
        let target = CString::new(folder.to_str().unwrap()).unwrap();
        let options = CString::new(format!("size={bytes}")).unwrap();
        // SAFETY: strings that live for the call.
        let mounted =
            unsafe { libc::mount(c"tmpfs".as_ptr(), target.as_ptr(), c"tmpfs".as_ptr(), 0, options.as_ptr().cast()) };
        if mounted != 0 {
            eprintln!("skipped: a tmpfs cannot be mounted here: {}", std::io::Error::last_os_error());
            return None;
        }
        Some(Tmpfs(target))
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        // SAFETY: a string that lives for the call.
        unsafe { libc::umount2(self.0.as_ptr(), libc::MNT_DETACH) };
    }
}
