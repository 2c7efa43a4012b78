//! Starting tasks, and what can be done with one.

use std::sync::Arc;

use super::abi::{array, read_struct, text, AbiStruct};
use super::engine::{engine_of, ferry_engine};
use super::guard::guard;
use super::observer::HostCallbacks;
use super::options::*;
use super::result::ferry_result;
use super::status::*;
use crate::engine::spec::{Action, Spec};
use crate::engine::task::Task;
use crate::kind::Kind;

/// One upload or download. Reference-counted: `ferry_upload_file` and `ferry_download_file` hand out one
/// reference, which `ferry_task_release` gives back. A task runs to its end whether anybody holds a reference or
/// not; letting go does not abort it. All functions on it may be called on any thread, also inside callbacks, and
/// after its engine is closed and released.
pub struct ferry_task {
    _opaque: [u8; 0],
}

impl ferry_task {
    /// For a callback: no reference of its own.
    pub(super) fn borrowed(task: &Arc<Task>) -> *mut ferry_task {
        Arc::as_ptr(task).cast_mut().cast()
    }

    fn handed_out(task: &Arc<Task>) -> *mut ferry_task {
        Arc::into_raw(task.clone()).cast_mut().cast()
    }
}

/// Borrows the task behind a handle, keeping it alive for the call.
///
/// # Safety
/// `task` is NULL or a handle that holds a reference, or is borrowed in a callback.
pub(super) unsafe fn task_of(task: *const ferry_task) -> Option<Arc<Task>> {
    if task.is_null() {
        return None;
    }
    let task = task.cast::<Task>();
    // SAFETY: handles are made by Arc::into_raw or Arc::as_ptr, and the caller says it is alive.
    unsafe {
        Arc::increment_strong_count(task);
        Some(Arc::from_raw(task))
    }
}

/// Waits in the queue for its place.
pub const FERRY_STATE_QUEUED: u32 = 0;
/// Resolves, connects, shakes hands.
pub const FERRY_STATE_CONNECTING: u32 = 1;
/// Sends the request, or waits for the response.
pub const FERRY_STATE_SENDING: u32 = 2;
/// Receives the response.
pub const FERRY_STATE_RECEIVING: u32 = 3;
/// Its end waits to be told; an abort still wins.
pub const FERRY_STATE_FINISHING: u32 = 4;
/// It has succeeded.
pub const FERRY_STATE_SUCCEEDED: u32 = 5;
/// It has failed.
pub const FERRY_STATE_FAILED: u32 = 6;

/// An upload.
pub const FERRY_KIND_UPLOAD: u32 = 1;
/// A download.
pub const FERRY_KIND_DOWNLOAD: u32 = 2;

/// Starts an upload: `wx.uploadFile`. Returns at once; no callback runs inside the call. Whatever is wrong with what
/// the options hold ends the task through `on_fail`.
///
/// `callbacks` may be NULL; its `user_data` is taken only when FERRY_OK is returned, and then its `destroy` is called
/// exactly once. `out_task` may be NULL; otherwise it is set before any callback runs, and the caller owns
/// one reference. Any thread.
///
/// Returns FERRY_OK, FERRY_INVALID_ARGUMENT, FERRY_INVALID_STRUCT_SIZE, FERRY_ENGINE_CLOSED, FERRY_INTERNAL.
#[no_mangle]
pub unsafe extern "C" fn ferry_upload_file(
    engine: *mut ferry_engine,
    options: *const ferry_upload_options,
    callbacks: *const ferry_callbacks,
    out_task: *mut *mut ferry_task,
) -> ferry_status {
    // SAFETY: pointers are NULL or valid as the header says.
    guard(FERRY_INTERNAL, || unsafe { start(engine, options, upload_spec, callbacks, out_task) })
}

/// Starts a download: `wx.downloadFile`. As `ferry_upload_file` otherwise.
#[no_mangle]
pub unsafe extern "C" fn ferry_download_file(
    engine: *mut ferry_engine,
    options: *const ferry_download_options,
    callbacks: *const ferry_callbacks,
    out_task: *mut *mut ferry_task,
) -> ferry_status {
    // SAFETY: pointers are NULL or valid as the header says.
    guard(FERRY_INTERNAL, || unsafe { start(engine, options, download_spec, callbacks, out_task) })
}

/// # Safety
/// Every pointer is NULL or valid, those in the options too.
unsafe fn start<T: AbiStruct>(
    engine: *mut ferry_engine,
    options: *const T,
    spec_of: unsafe fn(&T) -> Result<Spec, ferry_status>,
    callbacks: *const ferry_callbacks,
    out_task: *mut *mut ferry_task,
) -> ferry_status {
    // SAFETY: as promised by the caller.
    let Some(engine) = (unsafe { engine_of(engine) }) else { return FERRY_INVALID_ARGUMENT };
    // SAFETY: as promised by the caller.
    let spec = match unsafe { read_struct(options).and_then(|options| spec_of(&options)) } {
        Ok(spec) => spec,
        Err(status) => return status,
    };
    let functions = if callbacks.is_null() {
        NO_CALLBACKS
    } else {
        // SAFETY: as promised by the caller.
        match unsafe { read_struct(callbacks) } {
            Ok(functions) => functions,
            Err(status) => return status,
        }
    };
    let observer = Arc::new(HostCallbacks::new(functions));
    let started = engine.start(Box::new(spec), observer, |task| {
        if !out_task.is_null() {
            // SAFETY: not NULL, so writable as promised by the caller.
            unsafe { out_task.write(ferry_task::handed_out(task)) };
        }
    });
    match started {
        Ok(()) => FERRY_OK,
        Err(_) => FERRY_ENGINE_CLOSED,
    }
}

const NO_CALLBACKS: ferry_callbacks = ferry_callbacks {
    struct_size: 0,
    reserved: 0,
    user_data: std::ptr::null_mut(),
    on_headers: None,
    on_progress: None,
    on_success: None,
    on_fail: None,
    on_complete: None,
    destroy: None,
};

/// Collects what is wrong with the options, the first of it.
#[derive(Default)]
struct Checked {
    error: Option<String>,
}

impl Checked {
    /// A string option; what is no UTF-8 is noted.
    ///
    /// # Safety
    /// `pointer` is NULL or NUL-terminated.
    unsafe fn text(&mut self, name: &str, pointer: *const std::os::raw::c_char) -> String {
        // SAFETY: as promised by the caller.
        unsafe { text(pointer) }
            .unwrap_or_else(|_| {
                self.error.get_or_insert(format!("{name} is not UTF-8"));
                None
            })
            .unwrap_or_default()
    }

    /// # Safety
    /// `headers` is NULL or points to `count` headers.
    unsafe fn headers(
        &mut self,
        headers: *const ferry_header,
        count: usize,
    ) -> Result<Vec<(String, String)>, ferry_status> {
        // SAFETY: as promised by the caller.
        unsafe {
            let headers = array(headers, count)?;
            Ok(headers
                .iter()
                .map(|header| (self.text("header", header.name), self.text("header", header.value)))
                .collect())
        }
    }

    /// # Safety
    /// `form` is NULL or points to `count` fields.
    unsafe fn form(
        &mut self,
        form: *const ferry_form_field,
        count: usize,
    ) -> Result<Vec<(String, Vec<u8>)>, ferry_status> {
        // SAFETY: as promised by the caller.
        unsafe {
            let mut fields = Vec::with_capacity(count.min(1024));
            for field in array(form, count)? {
                let value = if field.value_length > 0 {
                    array(field.value.cast::<u8>(), field.value_length)?.to_vec()
                } else {
                    self.text("formData", field.value).into_bytes()
                };
                fields.push((self.text("formData", field.name), value));
            }
            Ok(fields)
        }
    }
}

/// # Safety
/// The pointers in `options` are NULL or valid.
unsafe fn upload_spec(options: &ferry_upload_options) -> Result<Spec, ferry_status> {
    let mut checked = Checked::default();
    // SAFETY: as promised by the caller.
    unsafe {
        Ok(Spec {
            url: checked.text("url", options.url),
            headers: checked.headers(options.headers, options.header_count)?,
            timeout_ms: options.timeout_ms,
            priority: options.priority,
            profile: options.enable_profile != FERRY_OFF,
            http2: options.enable_http2 == FERRY_ON,
            quic: options.enable_quic == FERRY_ON,
            action: Action::Upload {
                file_path: checked.text("filePath", options.file_path),
                name: checked.text("name", options.name),
                form: checked.form(options.form, options.form_count)?,
            },
            error: checked.error,
        })
    }
}

/// # Safety
/// The pointers in `options` are NULL or valid.
unsafe fn download_spec(options: &ferry_download_options) -> Result<Spec, ferry_status> {
    let mut checked = Checked::default();
    // SAFETY: as promised by the caller.
    unsafe {
        let file_path = checked.text("filePath", options.file_path);
        Ok(Spec {
            url: checked.text("url", options.url),
            headers: checked.headers(options.headers, options.header_count)?,
            timeout_ms: options.timeout_ms,
            priority: options.priority,
            profile: options.enable_profile != FERRY_OFF,
            http2: options.enable_http2 == FERRY_ON,
            quic: options.enable_quic == FERRY_ON,
            action: Action::Download { file_path: (!file_path.is_empty()).then_some(file_path) },
            error: checked.error,
        })
    }
}

/// Takes another reference and returns `task`. NULL is fine.
#[no_mangle]
pub unsafe extern "C" fn ferry_task_retain(task: *mut ferry_task) -> *mut ferry_task {
    guard((), || {
        // SAFETY: NULL or alive, as the header says.
        if let Some(task) = unsafe { task_of(task) } {
            std::mem::forget(task);
        }
    });
    task
}

/// Gives one reference back. The result and everything borrowed from it are gone with the last. NULL is fine.
/// May be called inside any callback, also of this task.
#[no_mangle]
pub unsafe extern "C" fn ferry_task_release(task: *mut ferry_task) {
    guard((), || {
        if !task.is_null() {
            // SAFETY: the caller gives back a reference it owns.
            drop(unsafe { Arc::from_raw(task.cast::<Task>()) });
        }
    });
}

/// Ends the task with `fail abort`, from any state; after its end it does nothing. Called on the callback thread,
/// no callback of the task but `on_fail` and `on_complete` comes after it returns; called on another thread, at
/// most one that was already running. The end comes through the callbacks, never inside this call.
///
/// Returns FERRY_OK, or FERRY_INVALID_ARGUMENT for NULL.
#[no_mangle]
pub unsafe extern "C" fn ferry_task_abort(task: *mut ferry_task) -> ferry_status {
    guard(FERRY_INTERNAL, || {
        // SAFETY: NULL or alive, as the header says.
        match unsafe { task_of(task) } {
            Some(task) => {
                task.abort();
                FERRY_OK
            }
            None => FERRY_INVALID_ARGUMENT,
        }
    })
}

/// A number that no other task of the engine has; 0 for NULL.
#[no_mangle]
pub unsafe extern "C" fn ferry_task_id(task: *const ferry_task) -> u64 {
    // SAFETY: NULL or alive, as the header says.
    guard(0, || unsafe { task_of(task) }.map_or(0, |task| task.id))
}

/// `FERRY_KIND_UPLOAD` or `FERRY_KIND_DOWNLOAD`; 0 for NULL.
#[no_mangle]
pub unsafe extern "C" fn ferry_task_kind(task: *const ferry_task) -> u32 {
    // SAFETY: NULL or alive, as the header says.
    guard(0, || {
        unsafe { task_of(task) }.map_or(0, |task| match task.kind {
            Kind::Upload => FERRY_KIND_UPLOAD,
            Kind::Download => FERRY_KIND_DOWNLOAD,
        })
    })
}

/// `FERRY_STATE_…`, as it was a moment ago; `FERRY_STATE_FAILED` for NULL.
#[no_mangle]
pub unsafe extern "C" fn ferry_task_state(task: *const ferry_task) -> u32 {
    // SAFETY: NULL or alive, as the header says.
    guard(FERRY_STATE_FAILED, || unsafe { task_of(task) }.map_or(FERRY_STATE_FAILED, |task| task.state() as u32))
}

/// The result, from the moment the end is being told; NULL before. Borrowed for as long as the task is retained.
#[no_mangle]
pub unsafe extern "C" fn ferry_task_result(task: *const ferry_task) -> *const ferry_result {
    guard(std::ptr::null(), || {
        // SAFETY: NULL or alive, as the header says; the outcome lives in the task, which the caller retains.
        unsafe { task_of(task) }.and_then(|task| task.outcome().map(ferry_result::of)).unwrap_or(std::ptr::null())
    })
}
