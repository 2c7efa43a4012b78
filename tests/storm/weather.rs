//! What the threads of the storm do, at random but repeatable per thread.

use std::ffi::{CStr, CString};
use std::os::raw::c_void;
use std::path::Path;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::Arc;
use std::time::Duration;

use ferry::ffi::engine::*;
use ferry::ffi::headers::*;
use ferry::ffi::listeners::*;
use ferry::ffi::options::*;
use ferry::ffi::result::*;
use ferry::ffi::status::*;
use ferry::ffi::task::*;
use ferry_test_support::{BlackHole, Server};

use crate::host::{release_inside, Arena, Held, Host};
use crate::ledger::{ListenerRecord, Record, FAILED, SUCCEEDED};

/// xorshift64*: small and good enough for weather.
pub struct Rng(u64);

impl Rng {
    pub fn new(seed: u64) -> Rng {
        Rng(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        (self.next() >> 11) % bound
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len() as u64) as usize]
    }
}

/// Where tasks go.
pub struct Targets {
    /// These end by themselves, soon.
    brief_downloads: Vec<CString>,
    /// These stay until somebody aborts them or their timeout comes.
    stuck_downloads: Vec<CString>,
    brief_uploads: Vec<CString>,
    stuck_uploads: Vec<CString>,
    small_file: CString,
    large_file: CString,
}

impl Targets {
    pub fn new(server: &Server, black_hole: &BlackHole, folder: &Path) -> Targets {
        let urls = |paths: &[&str]| paths.iter().map(|path| CString::new(server.url(path)).unwrap()).collect();
        let file = |name: &str, length: usize| {
            let path = folder.join(name);
            std::fs::write(&path, vec![b'.'; length]).unwrap();
            CString::new(path.to_str().unwrap()).unwrap()
        };
        let mut brief_downloads: Vec<CString> = urls(&[
            "/bytes/0",
            "/bytes/5",
            "/bytes/3k",
            "/bytes/3k",
            "/bytes/70k",
            "/chunked/20k",
            "/redirect-chain/2",
            "/status/404",
            "/delay?headers=3&body=3",
            "/slow/1k?chunk=256&every=2",
            "/drop-after/100/of/1k",
            "/keepalive-then-close",
        ]);
        brief_downloads.extend([c"not a url".to_owned(), c"http://127.0.0.1:1/".to_owned()]);
        let mut stuck_downloads: Vec<CString> = urls(&["/never", "/stall-after/1k/of/64k"]);
        stuck_downloads.push(CString::new(black_hole.url("/")).unwrap());
        Targets {
            brief_downloads,
            stuck_downloads,
            brief_uploads: urls(&["/sink", "/sink", "/upload", "/redirect/307?to=/sink", "/reset-upload/1k"]),
            stuck_uploads: urls(&["/stop-reading/1k", "/never"]),
            small_file: file("small", 3_000),
            large_file: file("large", 4 << 20),
        }
    }
}

/// The callbacks in which a task may be troubled.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Moment {
    Headers,
    Progress,
    End,
    Complete,
    Never,
}

const MOMENTS: [Moment; 8] = [
    Moment::Headers,
    Moment::Progress,
    Moment::End,
    Moment::Complete,
    Moment::Never,
    Moment::Never,
    Moment::Never,
    Moment::Never,
];

/// What a task's callbacks do, decided beforehand. It is ferry's until destroy.
struct Plan<'a> {
    record: Arc<Record>,
    host: &'a Host,
    abort_in: Moment,
    listen_in: Moment,
    release_in: Moment,
    /// The host's only reference, where it is to be released in a callback.
    own: AtomicPtr<ferry_task>,
}

impl Plan<'_> {
    /// Runs a callback: its own part, then the trouble planned for it.
    fn run(&self, task: *mut ferry_task, moment: Moment, name: &str, body: impl FnOnce()) {
        self.record.callback(name, || {
            body();
            if self.abort_in == moment {
                abort(self.host, task);
                self.record.silenced.store(true, Ordering::SeqCst);
            }
            if self.listen_in == moment {
                // SAFETY: the task lives for the call.
                unsafe { listen(task, &self.record, true) };
            }
            if self.release_in == moment {
                // SAFETY: the start gave this reference; it is given back once.
                unsafe { ferry_task_release(self.own.swap(ptr::null_mut(), Ordering::SeqCst)) };
            }
        });
    }
}

fn plan<'a>(data: *mut c_void) -> &'a Plan<'a> {
    // SAFETY: ferry has it until destroy, and the host outlives the engines.
    unsafe { &*data.cast::<Plan>() }
}

unsafe extern "C" fn on_headers(data: *mut c_void, task: *mut ferry_task, headers: *const ferry_headers) {
    let plan = plan(data);
    plan.run(task, Moment::Headers, "on_headers", || {
        plan.record.headers();
        // SAFETY: borrowed for the call.
        if unsafe { ferry_headers_status_code(headers) } == 0 {
            plan.record.violation("headers without a status".into());
        }
    });
}

unsafe extern "C" fn on_progress(data: *mut c_void, task: *mut ferry_task, progress: *const ferry_progress) {
    let plan = plan(data);
    // SAFETY: borrowed for the call.
    plan.run(task, Moment::Progress, "on_progress", || plan.record.progress(unsafe { (*progress).percent } as u32));
}

unsafe extern "C" fn on_success(data: *mut c_void, task: *mut ferry_task, result: *const ferry_result) {
    let plan = plan(data);
    plan.run(task, Moment::End, "on_success", || {
        plan.record.end(SUCCEEDED, 0);
        // SAFETY: both are borrowed for the call.
        unsafe {
            let path = ferry_result_temp_file_path(result);
            if !path.data.is_null() {
                // The file is the host's now.
                let path = CStr::from_ptr(path.data.cast()).to_str().unwrap().to_owned();
                let length = std::fs::metadata(&path).map(|file| file.len()).ok();
                if length != Some(ferry_result_data_length(result)) || std::fs::remove_file(&path).is_err() {
                    plan.record.violation(format!("a downloaded file has {length:?} bytes"));
                }
            }
        }
    });
}

unsafe extern "C" fn on_fail(data: *mut c_void, task: *mut ferry_task, result: *const ferry_result) {
    let plan = plan(data);
    // SAFETY: borrowed for the call.
    plan.run(task, Moment::End, "on_fail", || plan.record.end(FAILED, unsafe { ferry_result_errno(result) }));
}

unsafe extern "C" fn on_complete(data: *mut c_void, task: *mut ferry_task, result: *const ferry_result) {
    let plan = plan(data);
    // SAFETY: borrowed for the call.
    if unsafe { ferry_task_result(task) } != result {
        plan.record.violation("not the result that the task has".into());
    }
    plan.run(task, Moment::Complete, "on_complete", || plan.record.complete());
    release_inside();
}

unsafe extern "C" fn on_destroy(data: *mut c_void) {
    // SAFETY: made by Box::into_raw in `start`, given back once.
    let plan = unsafe { Box::from_raw(data.cast::<Plan>()) };
    // Without a callback in the planned moment the reference is still here.
    // SAFETY: given back once.
    unsafe { ferry_task_release(plan.own.load(Ordering::SeqCst)) };
    plan.record.callback("destroy", || plan.record.destroy());
    let _pulse = plan.host.pulse.lock();
    plan.host.something_ended.notify_all();
}

unsafe extern "C" fn on_listened_headers(data: *mut c_void, _task: *mut ferry_task, _headers: *const ferry_headers) {
    // SAFETY: ferry has it until destroy.
    let listener = unsafe { &*data.cast::<ListenerRecord>() };
    listener.task.callback("a headers listener", || listener.task.listener_told());
}

unsafe extern "C" fn on_listened_progress(data: *mut c_void, task: *mut ferry_task, _progress: *const ferry_progress) {
    // SAFETY: ferry has it until destroy.
    let listener = unsafe { &*data.cast::<ListenerRecord>() };
    listener.task.callback("a progress listener", || {
        listener.task.listener_told();
        if listener.id.load(Ordering::SeqCst) % 3 == 0 {
            // SAFETY: the task lives for the call.
            unsafe { ferry_task_off_progress(task, listener.id.load(Ordering::SeqCst)) };
        }
    });
}

unsafe extern "C" fn on_listener_destroy(data: *mut c_void) {
    // SAFETY: made by Arc::into_raw in `listen`, given back once.
    let listener = unsafe { Arc::from_raw(data.cast::<ListenerRecord>()) };
    listener.destroyed.fetch_add(1, Ordering::SeqCst);
    if listener.id.load(Ordering::SeqCst) == 0 {
        listener.task.violation("a listener was destroyed before its id was known".into());
    }
}

/// Adds a listener.
///
/// # Safety
/// The task is alive.
unsafe fn listen(task: *mut ferry_task, record: &Arc<Record>, progress: bool) {
    let listener = record.listener();
    let data = Arc::into_raw(listener.clone()).cast_mut().cast();
    // SAFETY: as promised by the caller; the listener's record outlives its use.
    let status = unsafe {
        if progress {
            let id = listener.id.as_ptr();
            ferry_task_on_progress(task, Some(on_listened_progress), data, Some(on_listener_destroy), id)
        } else {
            let id = listener.id.as_ptr();
            ferry_task_on_headers(task, Some(on_listened_headers), data, Some(on_listener_destroy), id)
        }
    };
    if status == FERRY_OK {
        listener.accepted.store(true, Ordering::SeqCst);
    } else {
        assert_eq!(status, FERRY_TASK_ENDED);
        // SAFETY: nothing was taken.
        drop(unsafe { Arc::from_raw(data.cast::<ListenerRecord>()) });
    }
}

fn abort(host: &Host, task: *mut ferry_task) {
    // SAFETY: the caller has a reference, or is in a callback of the task.
    unsafe {
        let state = ferry_task_state(task);
        assert_eq!(ferry_task_abort(task), FERRY_OK);
        host.ledger.aborted_in[state as usize].fetch_add(1, Ordering::SeqCst);
    }
}

enum Started {
    Held(Held),
    /// Its only reference is released in a callback.
    Alone,
    Refused,
}

/// Starts a task of some kind with some plan.
fn start(host: &Host, engine: *mut ferry_engine, rng: &mut Rng) -> Started {
    let record = host.ledger.record();
    let stays = rng.chance(12);
    let alone = rng.chance(30);
    let plan = Box::new(Plan {
        record: record.clone(),
        host,
        abort_in: if rng.chance(20) { *rng.pick(&MOMENTS) } else { Moment::Never },
        listen_in: *rng.pick(&MOMENTS),
        release_in: if alone { *rng.pick(&MOMENTS) } else { Moment::Never },
        own: AtomicPtr::new(ptr::null_mut()),
    });
    let mut task = ptr::null_mut();
    let out_task = if alone { plan.own.as_ptr() } else { &raw mut task };
    let data: *mut Plan = Box::into_raw(plan);
    let callbacks = ferry_callbacks {
        struct_size: size_of::<ferry_callbacks>() as u32,
        reserved: 0,
        user_data: data.cast(),
        on_headers: Some(on_headers),
        on_progress: Some(on_progress),
        on_success: Some(on_success),
        on_fail: Some(on_fail),
        on_complete: Some(on_complete),
        destroy: Some(on_destroy),
    };
    let (targets, timeout_ms, priority) = (&host.targets, 200 + rng.below(600) as i64, rng.below(3) as i32 - 1);
    let timeout_ms = if stays { timeout_ms } else { 0 };
    // SAFETY: zero is the default of every field, and all pointers are valid for the calls.
    let status = unsafe {
        if rng.chance(40) {
            let mut options: ferry_upload_options = std::mem::zeroed();
            options.struct_size = size_of::<ferry_upload_options>() as u32;
            options.url = rng.pick(if stays { &targets.stuck_uploads } else { &targets.brief_uploads }).as_ptr();
            options.file_path = if stays { &targets.large_file } else { &targets.small_file }.as_ptr();
            options.name = c"file".as_ptr();
            options.timeout_ms = timeout_ms;
            options.priority = priority;
            ferry_upload_file(engine, &raw const options, &raw const callbacks, out_task)
        } else {
            let mut options: ferry_download_options = std::mem::zeroed();
            options.struct_size = size_of::<ferry_download_options>() as u32;
            options.url = rng.pick(if stays { &targets.stuck_downloads } else { &targets.brief_downloads }).as_ptr();
            options.timeout_ms = timeout_ms;
            options.priority = priority;
            ferry_download_file(engine, &raw const options, &raw const callbacks, out_task)
        }
    };
    if status != FERRY_OK {
        assert_eq!(status, FERRY_ENGINE_CLOSED);
        // SAFETY: nothing was taken.
        drop(unsafe { Box::from_raw(data) });
        return Started::Refused;
    }
    record.accepted.store(true, Ordering::SeqCst);
    host.accepted.fetch_add(1, Ordering::SeqCst);
    if alone {
        Started::Alone
    } else {
        Started::Held(Held { task, record })
    }
}

/// Does something to a task that somebody holds.
fn trouble(host: &Host, rng: &mut Rng) {
    let Some(held) = host.pick(rng) else { return };
    // SAFETY: `held` has a reference.
    unsafe {
        match rng.below(9) {
            0 => abort(host, held.task),
            1 | 2 => listen(held.task, &held.record, true),
            3 => listen(held.task, &held.record, false),
            4 => {
                ferry_task_off_progress(held.task, rng.below(4));
            }
            5 => {
                ferry_task_off_headers(held.task, rng.below(4));
            }
            6 => {
                let result = ferry_task_result(held.task);
                if !result.is_null() && ferry_result_err_msg(result).length == 0 {
                    held.record.violation("a result without errMsg".into());
                }
            }
            7 => {
                if ferry_task_id(held.task) == 0 || ferry_task_kind(held.task) == 0 {
                    held.record.violation("a task without id or kind".into());
                }
            }
            _ => drop(held.clone()),
        }
    }
}

/// More than this many tasks at a time would only wait.
const UNDER_WAY: u64 = 400;

/// Starts tasks and troubles those that run, until all have been started.
pub fn blow(host: &Host, arena: &Arena, mut rng: Rng) {
    while host.claim() {
        let seat = rng.next();
        match arena.with(seat, |engine| start(host, engine, &mut rng)) {
            Started::Held(held) => {
                if rng.chance(5) {
                    abort(host, held.task);
                }
                if let Some(evicted) = host.hold(held, &mut rng) {
                    if rng.chance(50) {
                        abort(host, evicted.task);
                    }
                }
            }
            Started::Alone => {}
            Started::Refused => host.give_back(),
        }
        trouble(host, &mut rng);
        if rng.below(800) == 0 {
            arena.replace(&mut rng);
        }
        while host.under_way() > UNDER_WAY {
            trouble(host, &mut rng);
            let mut pulse = host.pulse.lock();
            host.something_ended.wait_for(&mut pulse, Duration::from_millis(2));
        }
    }
}
