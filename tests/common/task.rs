//! A task's handle.

use std::os::raw::c_void;
use std::sync::Arc;

use ferry::ffi::headers::ferry_headers;
use ferry::ffi::listeners::*;
use ferry::ffi::options::ferry_progress;
use ferry::ffi::status::*;
use ferry::ffi::task::*;

use super::recorder::{Event, Recorder};
use super::result::{Outcome, Progress};

/// A borrowed handle: in a callback, or while a [`Task`] lives.
#[derive(Clone, Copy)]
pub struct TaskRef(*mut ferry_task);

// SAFETY: the header allows every function on every thread.
unsafe impl Send for TaskRef {}
// SAFETY: as above.
unsafe impl Sync for TaskRef {}

impl TaskRef {
    pub(super) fn borrowed(task: *mut ferry_task) -> TaskRef {
        TaskRef(task)
    }

    pub fn abort(self) {
        // SAFETY: alive, as for all below.
        assert_eq!(unsafe { ferry_task_abort(self.0) }, FERRY_OK);
    }

    pub fn state(self) -> u32 {
        // SAFETY: alive.
        unsafe { ferry_task_state(self.0) }
    }

    pub fn id(self) -> u64 {
        // SAFETY: alive.
        unsafe { ferry_task_id(self.0) }
    }

    pub fn kind(self) -> u32 {
        // SAFETY: alive.
        unsafe { ferry_task_kind(self.0) }
    }

    /// The result, once the end is being told.
    pub fn result(self) -> Option<Outcome> {
        // SAFETY: alive, and so is what is borrowed from it.
        unsafe {
            let result = ferry_task_result(self.0);
            (!result.is_null()).then(|| Outcome::copy(result))
        }
    }

    /// Another reference of its own.
    pub fn retain(self, recorder: &Arc<Recorder>) -> Task {
        // SAFETY: alive; the count is given back by Task's drop.
        unsafe { assert_eq!(ferry_task_retain(self.0), self.0) };
        Task { handle: self, recorder: recorder.clone() }
    }

    /// Gives back a reference the caller owns.
    pub fn release(self) {
        // SAFETY: the caller says that it owns one.
        unsafe { ferry_task_release(self.0) };
    }

    /// Adds a listener that records into `recorder` under `name`; what ferry says, and the listener's number.
    pub fn try_on_progress(self, recorder: &Arc<Recorder>, name: &str) -> (ferry_status, u64) {
        self.add(recorder, name, None, |task, data, id| {
            // SAFETY: alive; the data goes with its destroy function.
            unsafe { ferry_task_on_progress(task, Some(listener_progress), data, Some(listener_destroy), id) }
        })
    }

    pub fn try_on_headers(self, recorder: &Arc<Recorder>, name: &str) -> (ferry_status, u64) {
        self.add(recorder, name, None, |task, data, id| {
            // SAFETY: as above.
            unsafe { ferry_task_on_headers(task, Some(listener_headers), data, Some(listener_destroy), id) }
        })
    }

    pub fn on_progress(self, recorder: &Arc<Recorder>, name: &str) -> u64 {
        let (status, id) = self.try_on_progress(recorder, name);
        assert_eq!(status, FERRY_OK);
        id
    }

    pub fn on_headers(self, recorder: &Arc<Recorder>, name: &str) -> u64 {
        let (status, id) = self.try_on_headers(recorder, name);
        assert_eq!(status, FERRY_OK);
        id
    }

    /// A listener for progress that also runs `hook`.
    pub fn on_progress_do(
        self,
        recorder: &Arc<Recorder>,
        name: &str,
        hook: impl Fn(TaskRef) + Send + Sync + 'static,
    ) -> u64 {
        let (status, id) = self.add(recorder, name, Some(Box::new(hook)), |task, data, id| {
            // SAFETY: as above.
            unsafe { ferry_task_on_progress(task, Some(listener_progress), data, Some(listener_destroy), id) }
        });
        assert_eq!(status, FERRY_OK);
        id
    }

    pub fn off_progress(self, listener: u64) -> ferry_status {
        // SAFETY: alive.
        unsafe { ferry_task_off_progress(self.0, listener) }
    }

    pub fn off_headers(self, listener: u64) -> ferry_status {
        // SAFETY: alive.
        unsafe { ferry_task_off_headers(self.0, listener) }
    }

    fn add(
        self,
        recorder: &Arc<Recorder>,
        name: &str,
        hook: Option<Box<dyn Fn(TaskRef) + Send + Sync>>,
        add: impl FnOnce(*mut ferry_task, *mut c_void, *mut u64) -> ferry_status,
    ) -> (ferry_status, u64) {
        let listener = Box::new(Listener { recorder: recorder.clone(), name: name.to_owned(), hook });
        let data = Box::into_raw(listener);
        let mut id = 0;
        let status = add(self.0, data.cast(), &mut id);
        if status != FERRY_OK {
            // SAFETY: ferry took nothing, so it is still ours.
            drop(unsafe { Box::from_raw(data) });
        }
        (status, id)
    }
}

/// What an added listener's `user_data` is.
pub struct Listener {
    recorder: Arc<Recorder>,
    name: String,
    hook: Option<Box<dyn Fn(TaskRef) + Send + Sync>>,
}

unsafe extern "C" fn listener_headers(data: *mut c_void, task: *mut ferry_task, _: *const ferry_headers) {
    // SAFETY: `add` gave the listener, which lives until its destroy.
    let listener = unsafe { &*data.cast::<Listener>() };
    listener.recorder.tell(std::ptr::null_mut(), Event::ListenerHeaders(listener.name.clone()));
    if let Some(hook) = &listener.hook {
        hook(TaskRef(task));
    }
}

unsafe extern "C" fn listener_progress(data: *mut c_void, task: *mut ferry_task, progress: *const ferry_progress) {
    // SAFETY: as above; the progress is borrowed for the call.
    let (listener, progress) = unsafe { (&*data.cast::<Listener>(), Progress::copy(progress)) };
    listener.recorder.tell(std::ptr::null_mut(), Event::ListenerProgress(listener.name.clone(), progress));
    if let Some(hook) = &listener.hook {
        hook(TaskRef(task));
    }
}

unsafe extern "C" fn listener_destroy(data: *mut c_void) {
    // SAFETY: called once, with what `add` gave.
    let listener = unsafe { Box::from_raw(data.cast::<Listener>()) };
    listener.recorder.tell(std::ptr::null_mut(), Event::ListenerDestroy(listener.name.clone()));
}

/// A reference to a task, given back when dropped.
pub struct Task {
    handle: TaskRef,
    pub recorder: Arc<Recorder>,
}

impl std::ops::Deref for Task {
    type Target = TaskRef;

    fn deref(&self) -> &TaskRef {
        &self.handle
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.handle.release();
    }
}

impl Task {
    pub(super) fn owned(handle: *mut ferry_task, recorder: Arc<Recorder>) -> Task {
        assert!(!handle.is_null());
        Task { handle: TaskRef(handle), recorder }
    }

    #[track_caller]
    pub fn wait_end(&self) -> Outcome {
        self.recorder.wait_end()
    }

    #[track_caller]
    pub fn wait(&self, event: &str) {
        self.recorder.wait(event);
    }
}
