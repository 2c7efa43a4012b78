//! The host's callbacks as an observer of a task.

use std::os::raw::c_void;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;

use super::headers::ferry_headers;
use super::options::*;
use super::result::ferry_result;
use super::task::ferry_task;
use crate::engine::outcome::Outcome;
use crate::engine::task::{Event, Observer, Task};
use crate::transfer::meter::Progress;
use crate::view::Headers;

/// A host's pointer, carried between threads.
#[derive(Clone, Copy)]
pub(super) struct UserData(pub *mut c_void);

// SAFETY: ferry never looks behind it; the header tells the host on which thread it comes back.
unsafe impl Send for UserData {}
// SAFETY: as above.
unsafe impl Sync for UserData {}

/// What a host offers with a destroy function: called once, when ferry lets go; never if ferry did not take it.
pub(super) struct Owned {
    pub data: UserData,
    destroy: ferry_destroy_fn,
    taken: AtomicBool,
}

impl Owned {
    pub fn new(data: *mut c_void, destroy: ferry_destroy_fn) -> Owned {
        Owned { data: UserData(data), destroy, taken: AtomicBool::new(false) }
    }

    /// From here on it is ferry's to let go of.
    pub fn take(&self) {
        self.taken.store(true, Ordering::Relaxed);
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        if let (true, Some(destroy)) = (self.taken.load(Ordering::Relaxed), self.destroy) {
            // SAFETY: the host gave the two together for this call.
            unsafe { destroy(self.data.0) }
        }
    }
}

/// The callbacks of one task.
pub(super) struct HostCallbacks {
    owned: Owned,
    functions: ferry_callbacks,
}

// SAFETY: the struct is function pointers and the host's pointer, which ferry only hands back.
unsafe impl Send for HostCallbacks {}
// SAFETY: as above.
unsafe impl Sync for HostCallbacks {}

impl HostCallbacks {
    pub fn new(functions: ferry_callbacks) -> HostCallbacks {
        HostCallbacks { owned: Owned::new(functions.user_data, functions.destroy), functions }
    }
}

impl Observer for HostCallbacks {
    fn accepted(&self) {
        self.owned.take();
    }

    fn listens_to(&self, event: Event) -> bool {
        match event {
            Event::Headers => self.functions.on_headers.is_some(),
            Event::Progress => self.functions.on_progress.is_some(),
        }
    }

    fn headers(&self, task: &Arc<Task>, headers: &Headers) {
        call_headers(self.functions.on_headers, self.owned.data, task, headers);
    }

    fn progress(&self, task: &Arc<Task>, progress: Progress) {
        call_progress(self.functions.on_progress, self.owned.data, task, progress);
    }

    fn end(&self, task: &Arc<Task>, outcome: &Outcome) {
        let (task, result) = (ferry_task::borrowed(task), ferry_result::of(outcome));
        let first = if outcome.failure.is_none() { self.functions.on_success } else { self.functions.on_fail };
        for function in [first, self.functions.on_complete].into_iter().flatten() {
            // SAFETY: the host's function, its own pointer, and payloads that live for the call.
            unsafe { function(self.owned.data.0, task, result) }
        }
    }
}

/// An added listener for headers.
pub(super) struct HeadersListener {
    pub owned: Owned,
    pub function: ferry_headers_fn,
}

impl Observer for HeadersListener {
    fn accepted(&self) {
        self.owned.take();
    }

    fn headers(&self, task: &Arc<Task>, headers: &Headers) {
        call_headers(self.function, self.owned.data, task, headers);
    }
}

/// An added listener for progress.
pub(super) struct ProgressListener {
    pub owned: Owned,
    pub function: ferry_progress_fn,
}

impl Observer for ProgressListener {
    fn accepted(&self) {
        self.owned.take();
    }

    fn progress(&self, task: &Arc<Task>, progress: Progress) {
        call_progress(self.function, self.owned.data, task, progress);
    }
}

fn call_headers(function: ferry_headers_fn, data: UserData, task: &Arc<Task>, headers: &Headers) {
    if let Some(function) = function {
        // SAFETY: the host's function, its own pointer, and payloads that live for the call.
        unsafe { function(data.0, ferry_task::borrowed(task), ferry_headers::of(headers)) }
    }
}

fn call_progress(function: ferry_progress_fn, data: UserData, task: &Arc<Task>, progress: Progress) {
    if let Some(function) = function {
        let payload = ferry_progress {
            struct_size: std::mem::size_of::<ferry_progress>() as u32,
            percent: i32::from(progress.percent),
            transferred: progress.transferred,
            expected: progress.expected,
        };
        // SAFETY: the host's function, its own pointer, and a payload that lives for the call.
        unsafe { function(data.0, ferry_task::borrowed(task), &raw const payload) }
    }
}
