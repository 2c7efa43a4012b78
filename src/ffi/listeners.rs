//! Listeners that come and go on a task: onProgressUpdate, offProgressUpdate and the rest.

use std::os::raw::c_void;
use std::sync::Arc;

use super::guard::guard;
use super::observer::{HeadersListener, Owned, ProgressListener};
use super::options::{ferry_destroy_fn, ferry_headers_fn, ferry_progress_fn};
use super::status::*;
use super::task::{ferry_task, task_of};
use crate::engine::task::{Event, Observer};

/// For the `off` functions: every listener that was added for the event (not the callbacks given at the start).
pub const FERRY_ALL_LISTENERS: u64 = 0;

/// Adds a listener for progress, called after `on_progress` and those added before it. When it is removed or the
/// task ends, `destroy(user_data)` is called once, where callbacks run. `out_listener` may be NULL; it is set
/// before the listener can be called. Any thread.
///
/// Returns FERRY_OK; FERRY_TASK_ENDED or FERRY_INVALID_ARGUMENT, and then nothing was taken and `destroy` is not
/// called.
#[no_mangle]
pub unsafe extern "C" fn ferry_task_on_progress(
    task: *mut ferry_task,
    on_progress: ferry_progress_fn,
    user_data: *mut c_void,
    destroy: ferry_destroy_fn,
    out_listener: *mut u64,
) -> ferry_status {
    guard(FERRY_INTERNAL, || {
        if on_progress.is_none() {
            return FERRY_INVALID_ARGUMENT;
        }
        let listener = Arc::new(ProgressListener { owned: Owned::new(user_data, destroy), function: on_progress });
        // SAFETY: the pointers are NULL or valid, as the header says.
        unsafe { add(task, Event::Progress, listener, out_listener) }
    })
}

/// Adds a listener for the response headers, as `ferry_task_on_progress` does for progress. One that is
/// added after the headers were told is not called.
#[no_mangle]
pub unsafe extern "C" fn ferry_task_on_headers(
    task: *mut ferry_task,
    on_headers: ferry_headers_fn,
    user_data: *mut c_void,
    destroy: ferry_destroy_fn,
    out_listener: *mut u64,
) -> ferry_status {
    guard(FERRY_INTERNAL, || {
        if on_headers.is_none() {
            return FERRY_INVALID_ARGUMENT;
        }
        let listener = Arc::new(HeadersListener { owned: Owned::new(user_data, destroy), function: on_headers });
        // SAFETY: the pointers are NULL or valid, as the header says.
        unsafe { add(task, Event::Headers, listener, out_listener) }
    })
}

/// Removes a listener for progress, or with `FERRY_ALL_LISTENERS` all that were added. Called where callbacks run, it is
/// not called again after this returns; from another thread, a call that was running may still be. FERRY_OK, or
/// FERRY_NOT_FOUND when it is gone already. Any thread.
#[no_mangle]
pub unsafe extern "C" fn ferry_task_off_progress(task: *mut ferry_task, listener: u64) -> ferry_status {
    // SAFETY: NULL or alive, as the header says.
    guard(FERRY_INTERNAL, || unsafe { remove(task, Event::Progress, listener) })
}

/// Removes a listener for the response headers, as `ferry_task_off_progress`.
#[no_mangle]
pub unsafe extern "C" fn ferry_task_off_headers(task: *mut ferry_task, listener: u64) -> ferry_status {
    // SAFETY: NULL or alive, as the header says.
    guard(FERRY_INTERNAL, || unsafe { remove(task, Event::Headers, listener) })
}

/// # Safety
/// `task` is NULL or alive; `out_listener` is NULL or writable.
unsafe fn add(
    task: *mut ferry_task,
    event: Event,
    observer: Arc<dyn Observer>,
    out_listener: *mut u64,
) -> ferry_status {
    // SAFETY: as promised by the caller.
    let Some(task) = (unsafe { task_of(task) }) else { return FERRY_INVALID_ARGUMENT };
    let added = task.add_listener(event, observer, |id| {
        if !out_listener.is_null() {
            // SAFETY: as promised by the caller.
            unsafe { out_listener.write(id) };
        }
    });
    crate::fault::point("listener");
    match added {
        Ok(()) => FERRY_OK,
        Err(_) => FERRY_TASK_ENDED,
    }
}

/// # Safety
/// `task` is NULL or alive.
unsafe fn remove(task: *mut ferry_task, event: Event, listener: u64) -> ferry_status {
    // SAFETY: as promised by the caller.
    let Some(task) = (unsafe { task_of(task) }) else { return FERRY_INVALID_ARGUMENT };
    let id = (listener != FERRY_ALL_LISTENERS).then_some(listener);
    if task.remove_listeners(event, id) {
        FERRY_OK
    } else {
        FERRY_NOT_FOUND
    }
}
