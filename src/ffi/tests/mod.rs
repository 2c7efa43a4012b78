//! Tests that need the inside of the crate, through the C ABI: faults at chosen points, and races held open.

mod afterlife;
mod border;
mod races;

use std::ffi::{CStr, CString};
use std::os::raw::c_void;
use std::sync::Arc;
use std::time::Duration;

use ferry_test_support::Server;
use parking_lot::{Condvar, Mutex};

use super::config::ferry_engine_config;
use super::engine::*;
use super::headers::ferry_headers;
use super::options::*;
use super::result::*;
use super::status::*;
use super::task::*;

/// For what must happen; a machine that needs longer is broken.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a task told.
#[derive(Debug, Default, Clone)]
struct Story {
    events: Vec<&'static str>,
    errno: i32,
    message: String,
    destroyed: bool,
}

impl Story {
    /// Everything the contract asks of an end.
    #[track_caller]
    fn check(&self) -> &Story {
        let ends = self.events.iter().filter(|event| matches!(**event, "success" | "fail")).count();
        assert_eq!(ends, 1, "{self:?}");
        assert_eq!(self.events.last(), Some(&"complete"), "{self:?}");
        assert!(self.destroyed, "{self:?}");
        self
    }

    #[track_caller]
    fn assert_success(&self) {
        assert_eq!(self.check().errno, 0, "{self:?}");
    }

    #[track_caller]
    fn assert_internal(&self) {
        assert_eq!(self.check().errno, 4, "{self:?}");
        assert!(self.message.contains(":fail internal error: "), "{self:?}");
    }
}

#[derive(Default)]
struct Told {
    story: Mutex<Story>,
    changed: Condvar,
}

impl Told {
    fn add(&self, change: impl FnOnce(&mut Story)) {
        change(&mut self.story.lock());
        self.changed.notify_all();
    }

    #[track_caller]
    fn wait(&self, what: &str, condition: impl Fn(&Story) -> bool) -> Story {
        let mut story = self.story.lock();
        let timed_out = self.changed.wait_while_for(&mut story, |story| !condition(story), PATIENCE).timed_out();
        assert!(!timed_out, "{what} did not come: {story:?}");
        story.clone()
    }

    #[track_caller]
    fn wait_end(&self) -> Story {
        self.wait("the end", |story| story.destroyed)
    }

    fn now(&self) -> Story {
        self.story.lock().clone()
    }

    fn callbacks(self: &Arc<Self>) -> ferry_callbacks {
        ferry_callbacks {
            struct_size: size_of::<ferry_callbacks>() as u32,
            reserved: 0,
            user_data: Arc::into_raw(self.clone()).cast_mut().cast(),
            on_headers: Some(on_headers),
            on_progress: Some(on_progress),
            on_success: Some(on_success),
            on_fail: Some(on_fail),
            on_complete: Some(on_complete),
            destroy: Some(destroy),
        }
    }
}

fn told<'a>(data: *mut c_void) -> &'a Told {
    // SAFETY: `callbacks` made it from an Arc that `destroy` takes back last.
    unsafe { &*data.cast::<Told>() }
}

unsafe extern "C" fn on_headers(data: *mut c_void, _task: *mut ferry_task, _headers: *const ferry_headers) {
    told(data).add(|story| story.events.push("headers"));
}

unsafe extern "C" fn on_progress(data: *mut c_void, _task: *mut ferry_task, _progress: *const ferry_progress) {
    told(data).add(|story| story.events.push("progress"));
}

unsafe extern "C" fn on_success(data: *mut c_void, _task: *mut ferry_task, _result: *const ferry_result) {
    told(data).add(|story| story.events.push("success"));
}

unsafe extern "C" fn on_fail(data: *mut c_void, _task: *mut ferry_task, result: *const ferry_result) {
    // SAFETY: the result lives for the call, its text is NUL-terminated.
    let (errno, message) =
        unsafe { (ferry_result_errno(result), CStr::from_ptr(ferry_result_err_msg(result).data.cast())) };
    told(data).add(|story| {
        story.events.push("fail");
        story.errno = errno;
        story.message = message.to_string_lossy().into_owned();
    });
}

unsafe extern "C" fn on_complete(data: *mut c_void, _task: *mut ferry_task, _result: *const ferry_result) {
    told(data).add(|story| story.events.push("complete"));
}

unsafe extern "C" fn destroy(data: *mut c_void) {
    // SAFETY: made by Arc::into_raw in `callbacks`, given back once.
    let told = unsafe { Arc::from_raw(data.cast::<Told>()) };
    told.add(|story| {
        assert!(!story.destroyed, "destroyed twice");
        story.destroyed = true;
    });
}

/// An engine that is closed and released in the end.
struct Engine(*mut ferry_engine);

// SAFETY: a handle; every function on it may be called on any thread.
unsafe impl Sync for Engine {}

impl Engine {
    fn new(configure: impl FnOnce(&mut ferry_engine_config)) -> Engine {
        // SAFETY: zero is valid for every field; the pointers are valid for the call.
        unsafe {
            let mut config: ferry_engine_config = std::mem::zeroed();
            config.struct_size = size_of::<ferry_engine_config>() as u32;
            configure(&mut config);
            let mut engine = std::ptr::null_mut();
            assert_eq!(ferry_engine_create(&raw const config, &raw mut engine), FERRY_OK);
            Engine(engine)
        }
    }

    fn close(&self) {
        // SAFETY: alive until dropped.
        assert_eq!(unsafe { ferry_engine_close(self.0) }, FERRY_OK);
    }

    fn download(&self, url: &str) -> (Task, Arc<Told>) {
        let told = Arc::new(Told::default());
        let (status, task) = self.try_download(url, &told);
        assert_eq!(status, FERRY_OK);
        (task, told)
    }

    fn try_download(&self, url: &str, told: &Arc<Told>) -> (ferry_status, Task) {
        let url = CString::new(url).unwrap();
        let callbacks = told.callbacks();
        let mut task = std::ptr::null_mut();
        // SAFETY: zero is valid for every field; the pointers are valid for the call.
        let status = unsafe {
            let mut options: ferry_download_options = std::mem::zeroed();
            options.struct_size = size_of::<ferry_download_options>() as u32;
            options.url = url.as_ptr();
            ferry_download_file(self.0, &raw const options, &raw const callbacks, &raw mut task)
        };
        if status != FERRY_OK {
            // SAFETY: a start that fails takes nothing.
            drop(unsafe { Arc::from_raw(callbacks.user_data.cast::<Told>()) });
        }
        (status, Task(task))
    }

    fn upload(&self, url: &str, file: &std::path::Path) -> (Task, Arc<Told>) {
        let told = Arc::new(Told::default());
        let callbacks = told.callbacks();
        let (url, file) = (CString::new(url).unwrap(), CString::new(file.to_str().unwrap()).unwrap());
        let mut task = std::ptr::null_mut();
        // SAFETY: zero is valid for every field; the pointers are valid for the call.
        let status = unsafe {
            let mut options: ferry_upload_options = std::mem::zeroed();
            options.struct_size = size_of::<ferry_upload_options>() as u32;
            options.url = url.as_ptr();
            options.file_path = file.as_ptr();
            options.name = c"file".as_ptr();
            ferry_upload_file(self.0, &raw const options, &raw const callbacks, &raw mut task)
        };
        assert_eq!(status, FERRY_OK);
        (Task(task), told)
    }

    /// Transfers something, to see that it still can.
    fn prove_alive(&self, server: &Server) {
        let (_task, told) = self.download(&server.url("/bytes/5"));
        told.wait_end().assert_success();
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // SAFETY: alive, given back once.
        unsafe {
            ferry_engine_close(self.0);
            ferry_engine_release(self.0);
        }
    }
}

/// A reference to a task.
struct Task(*mut ferry_task);

// SAFETY: a handle; every function on it may be called on any thread.
unsafe impl Send for Task {}
// SAFETY: as above.
unsafe impl Sync for Task {}

impl Task {
    fn abort(&self) {
        // SAFETY: alive until dropped.
        assert_eq!(unsafe { ferry_task_abort(self.0) }, FERRY_OK);
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        // SAFETY: alive, given back once.
        unsafe { ferry_task_release(self.0) }
    }
}

/// A file of some bytes to send.
fn some_file(length: usize) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    std::io::Write::write_all(&mut file, &vec![b'x'; length]).unwrap();
    file
}
