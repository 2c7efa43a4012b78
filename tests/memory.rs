//! How much memory transfers and queued tasks take, each measured in a process of its own.
//!
//! FERRY_TEST_FULL=1 transfers 5 GiB each way instead of 256 MiB.
#![cfg(target_os = "linux")]

use std::ffi::CString;
use std::fs::File;
use std::os::raw::c_void;
use std::path::Path;
use std::process::Command;
use std::sync::{Condvar, Mutex};
use std::time::Duration;

use ferry::ffi::config::*;
use ferry::ffi::engine::*;
use ferry::ffi::options::*;
use ferry::ffi::result::*;
use ferry::ffi::status::*;
use ferry::ffi::task::*;
use ferry_test_support::Server;

const MIB: u64 = 1 << 20;
/// What a transfer may take on top of an idle engine.
const MOST_FOR_A_TRANSFER: u64 = 16 * MIB;
const QUEUED: u64 = 100_000;
const MOST_PER_QUEUED_TASK: u64 = 2048;

fn body_size() -> u64 {
    match std::env::var_os("FERRY_TEST_FULL") {
        Some(_) => 5 << 30,
        None => 256 * MIB,
    }
}

/// A line of /proc/self/status, in bytes.
fn status(field: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':')).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() * 1024
}

/// Runs the ignored test `name` of this program in a process of its own. What it prints after `value `.
fn run_child(name: &str, environment: &[(&str, &str)]) -> u64 {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--ignored", "--nocapture", "--test-threads=1"])
        .envs(environment.iter().copied())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    text.lines().find_map(|line| line.strip_prefix("value ")).expect(&text).parse().unwrap()
}

fn from_parent(name: &str) -> CString {
    CString::new(std::env::var(name).expect("run by another test")).unwrap()
}

/// How tasks ended.
#[derive(Default)]
struct Ends {
    counts: Mutex<Counts>,
    changed: Condvar,
}

#[derive(Default, Debug, PartialEq, Eq)]
struct Counts {
    succeeded: u64,
    failed: u64,
    completed: u64,
    destroyed: u64,
    errno: i32,
    bytes: u64,
}

impl Ends {
    fn count(data: *mut c_void, change: impl FnOnce(&mut Counts)) {
        // SAFETY: the test keeps it alive.
        let ends = unsafe { &*data.cast::<Ends>() };
        change(&mut ends.counts.lock().unwrap());
        ends.changed.notify_all();
    }

    fn wait_for(&self, destroyed: u64) {
        let counts = self.counts.lock().unwrap();
        let wait = self.changed.wait_timeout_while(counts, Duration::from_secs(900), |now| now.destroyed < destroyed);
        assert!(!wait.unwrap().1.timed_out());
    }

    fn callbacks(&self) -> ferry_callbacks {
        ferry_callbacks {
            struct_size: size_of::<ferry_callbacks>() as u32,
            reserved: 0,
            user_data: std::ptr::from_ref(self).cast_mut().cast(),
            on_headers: None,
            on_progress: None,
            on_success: Some(on_success),
            on_fail: Some(on_fail),
            on_complete: Some(on_complete),
            destroy: Some(destroy),
        }
    }
}

unsafe extern "C" fn on_success(data: *mut c_void, _task: *mut ferry_task, result: *const ferry_result) {
    // SAFETY: borrowed for the call.
    let bytes = unsafe { ferry_result_data_length(result) };
    Ends::count(data, |counts| {
        counts.succeeded += 1;
        counts.bytes += bytes;
    });
}

unsafe extern "C" fn on_fail(data: *mut c_void, _task: *mut ferry_task, result: *const ferry_result) {
    // SAFETY: borrowed for the call.
    let errno = unsafe { ferry_result_errno(result) };
    Ends::count(data, |counts| {
        counts.failed += 1;
        counts.errno = errno;
    });
}

unsafe extern "C" fn on_complete(data: *mut c_void, _task: *mut ferry_task, _result: *const ferry_result) {
    Ends::count(data, |counts| counts.completed += 1);
}

unsafe extern "C" fn destroy(data: *mut c_void) {
    Ends::count(data, |counts| counts.destroyed += 1);
}

fn create() -> *mut ferry_engine {
    // SAFETY: zero is the default of every field; valid pointers.
    unsafe {
        let mut config: ferry_engine_config = std::mem::zeroed();
        config.struct_size = size_of::<ferry_engine_config>() as u32;
        config.max_downloads = 1;
        config.max_timeout_ms = 900_000;
        config.max_download_size = FERRY_UNLIMITED;
        let mut engine = std::ptr::null_mut();
        assert_eq!(ferry_engine_create(&raw const config, &raw mut engine), FERRY_OK);
        engine
    }
}

/// # Safety
/// The engine is alive, and `ends` outlives it.
unsafe fn download(engine: *mut ferry_engine, url: &CString, file: Option<&CString>, ends: &Ends) {
    let callbacks = ends.callbacks();
    // SAFETY: zero is the default of every field; the rest as promised by the caller.
    let status = unsafe {
        let mut options: ferry_download_options = std::mem::zeroed();
        options.struct_size = size_of::<ferry_download_options>() as u32;
        options.url = url.as_ptr();
        options.file_path = file.map_or(std::ptr::null(), |file| file.as_ptr());
        options.timeout_ms = 900_000;
        ferry_download_file(engine, &raw const options, &raw const callbacks, std::ptr::null_mut())
    };
    assert_eq!(status, FERRY_OK);
}

/// # Safety
/// As `download`.
unsafe fn upload(engine: *mut ferry_engine, url: &CString, file: &CString, ends: &Ends) {
    let callbacks = ends.callbacks();
    // SAFETY: as in `download`.
    let status = unsafe {
        let mut options: ferry_upload_options = std::mem::zeroed();
        options.struct_size = size_of::<ferry_upload_options>() as u32;
        options.url = url.as_ptr();
        options.file_path = file.as_ptr();
        options.name = c"file".as_ptr();
        options.timeout_ms = 900_000;
        ferry_upload_file(engine, &raw const options, &raw const callbacks, std::ptr::null_mut())
    };
    assert_eq!(status, FERRY_OK);
}

/// What the peak of this process rises by from an idle engine while `transfer` runs.
fn measure(transfer: impl FnOnce(*mut ferry_engine, &Ends)) {
    let ends = Ends::default();
    let engine = create();
    let idle = status("VmRSS");
    transfer(engine, &ends);
    ends.wait_for(1);
    let peak = status("VmHWM");
    let counts = ends.counts.lock().unwrap();
    assert_eq!((counts.succeeded, counts.errno), (1, 0));
    println!("\nvalue {}", peak - idle);
    // SAFETY: alive, given back once.
    unsafe {
        drop(counts);
        ferry_engine_close(engine);
        ferry_engine_release(engine);
    }
}

fn assert_small(what: &str, risen: u64) {
    println!("{what} of {} MiB: {:.1} MiB above the idle engine", body_size() / MIB, risen as f64 / MIB as f64);
    assert!(risen <= MOST_FOR_A_TRANSFER, "{what}: the peak rose by {risen} bytes");
}

#[test]
fn a_large_upload_takes_little_memory() {
    let server = Server::plain();
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let file = folder.path().join("sparse");
    File::create(&file).unwrap().set_len(body_size()).unwrap();
    let risen = run_child("child_uploads", &[("URL", &server.url("/sink")), ("FILE", file.to_str().unwrap())]);
    let received = server.last_request("/sink").body_length;
    assert!(received > body_size() && received < body_size() + 1024, "{received} bytes arrived");
    assert_small("upload", risen);
}

#[test]
#[ignore = "run by another test in a process of its own"]
fn child_uploads() {
    // SAFETY: `measure` closes the engine before `ends` goes.
    measure(|engine, ends| unsafe { upload(engine, &from_parent("URL"), &from_parent("FILE"), ends) });
}

/// Bytes that may be written to the file system of `path`.
fn free_space(path: &Path) -> u64 {
    let free = rustix::fs::statvfs(path).unwrap();
    free.f_bavail * free.f_frsize
}

#[test]
fn a_large_download_takes_little_memory() {
    let server = Server::plain();
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let free = free_space(folder.path());
    assert!(free > body_size() + 512 * MIB, "{free} bytes are free in {}: too few", folder.path().display());
    let file = folder.path().join("large");
    let url = server.url(&format!("/zeros/{}", body_size()));
    let risen = run_child("child_downloads", &[("URL", &url), ("FILE", file.to_str().unwrap())]);
    assert_eq!(file.metadata().unwrap().len(), body_size());
    assert_small("download", risen);
}

#[test]
#[ignore = "run by another test in a process of its own"]
fn child_downloads() {
    // SAFETY: `measure` closes the engine before `ends` goes.
    measure(|engine, ends| unsafe { download(engine, &from_parent("URL"), Some(&from_parent("FILE")), ends) });
}

#[test]
fn a_hundred_thousand_queued_tasks_are_cheap_and_none_is_lost() {
    let server = Server::plain();
    let urls = [("HELD", server.url("/gate/held?hold=headers")), ("URL", server.url("/bytes/5"))];
    let urls: Vec<_> = urls.iter().map(|(name, url)| (*name, url.as_str())).collect();
    let each = run_child("child_queues", &urls);
    println!("{each} bytes per queued task");
    assert!(each <= MOST_PER_QUEUED_TASK, "{each} bytes per queued task");
}

/// Bytes that are allocated.
#[cfg(target_env = "gnu")]
fn allocated() -> u64 {
    // SAFETY: plain call.
    let info = unsafe { libc::mallinfo2() };
    (info.uordblks + info.hblkhd) as u64
}

fn queued(engine: *mut ferry_engine) -> u32 {
    // SAFETY: zero is valid for every field, the engine is alive.
    unsafe {
        let mut stats: ferry_engine_stats = std::mem::zeroed();
        stats.struct_size = size_of::<ferry_engine_stats>() as u32;
        assert_eq!(ferry_engine_get_stats(engine, &raw mut stats), FERRY_OK);
        stats.downloads_queued
    }
}

#[test]
#[ignore = "run by another test in a process of its own"]
fn child_queues() {
    let (held, url) = (from_parent("HELD"), from_parent("URL"));
    // What the first engine leaves in the allocator's and libcurl's pockets is not the queue's.
    let queue = |count: u64| {
        let ends = Ends::default();
        let engine = create();
        let before = status("VmRSS");
        // SAFETY: the engine is alive, and `ends` outlives it.
        unsafe {
            download(engine, &held, None, &ends);
            for _ in 0..count {
                download(engine, &url, None, &ends);
            }
        }
        while u64::from(queued(engine)) < count {
            std::thread::yield_now();
        }
        let cost = status("VmRSS").saturating_sub(before);
        // SAFETY: alive, given back once.
        unsafe {
            assert_eq!(ferry_engine_close(engine), FERRY_OK);
            ferry_engine_release(engine);
        }
        let expected = Counts {
            failed: count + 1,
            completed: count + 1,
            destroyed: count + 1,
            errno: 600_003,
            ..Counts::default()
        };
        assert_eq!(*ends.counts.lock().unwrap(), expected);
        cost
    };
    queue(10);
    #[cfg(target_env = "gnu")]
    let before = allocated();
    let cost = queue(QUEUED);
    #[cfg(target_env = "gnu")]
    assert!(allocated() < before + 64 * 1024, "{} bytes are left of {cost}", allocated() - before);
    println!("\nvalue {}", cost / QUEUED);
}
