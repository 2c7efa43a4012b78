//! The structs a host fills in: configuration of an engine, options of a task, callbacks.

use std::os::raw::{c_char, c_void};

use super::abi::{init_struct, AbiStruct};
use super::config::ferry_engine_config;
use super::guard::guard;
use super::headers::ferry_headers;
use super::result::ferry_result;
use super::task::ferry_task;

/// A switch with a default: `FERRY_DEFAULT`, `FERRY_ON` or `FERRY_OFF`.
pub type ferry_switch = u32;
/// What the documentation of the field calls the default.
pub const FERRY_DEFAULT: ferry_switch = 0;
/// On, whatever the default.
pub const FERRY_ON: ferry_switch = 1;
/// Off, whatever the default.
pub const FERRY_OFF: ferry_switch = 2;

/// One request header.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ferry_header {
    /// Name, NUL-terminated.
    pub name: *const c_char,
    /// Value, NUL-terminated UTF-8; "" is sent as an empty header.
    pub value: *const c_char,
}

/// One form field of an upload.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ferry_form_field {
    /// Name, NUL-terminated UTF-8.
    pub name: *const c_char,
    /// Value: `value_length` bytes, or NUL-terminated when `value_length` is 0. NULL is the empty value.
    pub value: *const c_char,
    /// Bytes of `value`, for a value that holds NUL bytes; 0: `value` is NUL-terminated.
    pub value_length: usize,
}

/// Options of `ferry_upload_file`: a POST of multipart/form-data, the form fields first, in the order given,
/// the file last. Start from `FERRY_UPLOAD_OPTIONS_INIT` or `ferry_upload_options_init`; zero is the default
/// of every field. All strings are copied before the call returns. What is missing or wrong in here
/// (it may come from a mini-program) ends the task with errno 1001 through the callbacks, not the call.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ferry_upload_options {
    /// sizeof(ferry_upload_options).
    pub struct_size: u32,
    /// `FERRY_DEFAULT` is on: the result has a profile.
    pub enable_profile: ferry_switch,
    /// Server address, http or https. Spaces and non-ASCII text are percent-encoded, IDN hosts work. Required.
    pub url: *const c_char,
    /// The file to send: a plain path, or a `wxfile://` path where the engine has a storage root. Required.
    pub file_path: *const c_char,
    /// Form name of the file part. Required.
    pub name: *const c_char,
    /// Request headers; NULL when `header_count` is 0. Referer, Host, Connection, Content-Type, Content-Length
    /// and Transfer-Encoding are dropped: they are ferry's.
    pub headers: *const ferry_header,
    /// Number of `headers`.
    pub header_count: usize,
    /// Form fields; NULL when `form_count` is 0.
    pub form: *const ferry_form_field,
    /// Number of `form`.
    pub form_count: usize,
    /// Milliseconds the transfer may take from leaving the queue, redirects included. 0: the engine's default.
    /// More than the engine's `max_timeout_ms` counts as that. Negative: errno 1001.
    pub timeout_ms: i64,
    /// Tasks of a higher priority leave the queue first; equal ones in the order of their start. Default 0.
    pub priority: i32,
    /// `FERRY_DEFAULT` is off. On: HTTP/2 is negotiated by ALPN over TLS, with HTTP/1.1 as the fallback.
    pub enable_http2: ferry_switch,
    /// `FERRY_DEFAULT` is off. On: HTTP/3 where the linked libcurl has it, otherwise ignored.
    pub enable_quic: ferry_switch,
    /// Must be 0.
    pub reserved: u32,
}

/// Options of `ferry_download_file`: a GET whose body becomes a file. See `ferry_upload_options` for what is
/// common to both.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ferry_download_options {
    /// sizeof(ferry_download_options).
    pub struct_size: u32,
    /// `FERRY_DEFAULT` is on: the result has a profile.
    pub enable_profile: ferry_switch,
    /// Server address, http or https. Required.
    pub url: *const c_char,
    /// Where to store the file; its folder must exist. An existing file is replaced only when the
    /// download has succeeded, in one step. NULL or "": a temporary file is made, whose extension follows
    /// the response's Content-Type.
    pub file_path: *const c_char,
    /// Request headers; NULL when `header_count` is 0. Referer, Host, Connection, Content-Length and
    /// Transfer-Encoding are dropped.
    pub headers: *const ferry_header,
    /// Number of `headers`.
    pub header_count: usize,
    /// As in `ferry_upload_options`.
    pub timeout_ms: i64,
    /// As in `ferry_upload_options`.
    pub priority: i32,
    /// As in `ferry_upload_options`.
    pub enable_http2: ferry_switch,
    /// As in `ferry_upload_options`.
    pub enable_quic: ferry_switch,
    /// Must be 0.
    pub reserved: u32,
}

/// How far a transfer is. `struct_size` is that of the library: newer fields come at the end.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ferry_progress {
    /// sizeof(ferry_progress) in the library.
    pub struct_size: u32,
    /// Whole percent, 0 to 100; 0 while the total is unknown.
    pub percent: i32,
    /// Bytes of the body so far: upload, the whole multipart body sent; download, written to the file.
    pub transferred: u64,
    /// Bytes of the whole body; 0 while unknown.
    pub expected: u64,
}

/// Called with the response headers, once, for the final response (not for redirects). `headers` is borrowed
/// for the call; the same headers are in the result later.
pub type ferry_headers_fn =
    Option<unsafe extern "C" fn(user_data: *mut c_void, task: *mut ferry_task, headers: *const ferry_headers)>;

/// Called with progress. `progress` is borrowed for the call.
pub type ferry_progress_fn =
    Option<unsafe extern "C" fn(user_data: *mut c_void, task: *mut ferry_task, progress: *const ferry_progress)>;

/// Called with the end of a task. `result` is borrowed for the call; `ferry_task_result` gives the same
/// for as long as the task is retained.
pub type ferry_result_fn =
    Option<unsafe extern "C" fn(user_data: *mut c_void, task: *mut ferry_task, result: *const ferry_result)>;

/// Called once when ferry lets go of a `user_data`.
pub type ferry_destroy_fn = Option<unsafe extern "C" fn(user_data: *mut c_void)>;

/// The callbacks of one task. Every function may be NULL. In order: `on_headers`, `on_progress` any number of
/// times (for an upload also before `on_headers`), exactly one of `on_success` and `on_fail`, `on_complete`
/// with the same result, `destroy`, nothing more. They never overlap, never run inside a call of
/// the host's, and run on the callback thread, or in `ferry_engine_dispatch` where the host pumps.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ferry_callbacks {
    /// sizeof(ferry_callbacks).
    pub struct_size: u32,
    /// Must be 0.
    pub reserved: u32,
    /// Handed to each function. Stays the host's; ferry calls `destroy` when it will not use it again.
    pub user_data: *mut c_void,
    /// Response headers.
    pub on_headers: ferry_headers_fn,
    /// Progress: at most one call per `progress_interval_ms`, never falling; the last one says
    /// 100 and comes before `on_success`.
    pub on_progress: ferry_progress_fn,
    /// The server answered, with any status code.
    pub on_success: ferry_result_fn,
    /// It failed: see `ferry_result_errno` and `ferry_result_err_msg`.
    pub on_fail: ferry_result_fn,
    /// After `on_success` or `on_fail`.
    pub on_complete: ferry_result_fn,
    /// Last, exactly once, for every task that was accepted. A start that did not return `FERRY_OK` took
    /// nothing and never calls it.
    pub destroy: ferry_destroy_fn,
}

/// Fills `target` with defaults: zeroes `struct_size` bytes and stores `struct_size`. Pass
/// sizeof(ferry_upload_options); NULL does nothing. For languages that cannot use the `_INIT` macro.
#[no_mangle]
pub unsafe extern "C" fn ferry_upload_options_init(target: *mut ferry_upload_options, struct_size: u32) {
    // SAFETY: the caller says that `target` has room for `struct_size` bytes.
    guard((), || unsafe { init_struct(target.cast(), struct_size) })
}

/// As `ferry_upload_options_init`, with sizeof(ferry_download_options).
#[no_mangle]
pub unsafe extern "C" fn ferry_download_options_init(target: *mut ferry_download_options, struct_size: u32) {
    // SAFETY: the caller says that `target` has room for `struct_size` bytes.
    guard((), || unsafe { init_struct(target.cast(), struct_size) })
}

/// As `ferry_upload_options_init`, with sizeof(ferry_callbacks).
#[no_mangle]
pub unsafe extern "C" fn ferry_callbacks_init(target: *mut ferry_callbacks, struct_size: u32) {
    // SAFETY: the caller says that `target` has room for `struct_size` bytes.
    guard((), || unsafe { init_struct(target.cast(), struct_size) })
}

/// As `ferry_upload_options_init`, with sizeof(ferry_engine_config).
#[no_mangle]
pub unsafe extern "C" fn ferry_engine_config_init(target: *mut ferry_engine_config, struct_size: u32) {
    // SAFETY: the caller says that `target` has room for `struct_size` bytes.
    guard((), || unsafe { init_struct(target.cast(), struct_size) })
}

// SAFETY: all four are repr(C), begin with their size, and zero is valid for every field.
unsafe impl AbiStruct for ferry_upload_options {
    const MIN_SIZE: usize = std::mem::offset_of!(ferry_upload_options, headers);
}
// SAFETY: as above.
unsafe impl AbiStruct for ferry_download_options {
    const MIN_SIZE: usize = std::mem::offset_of!(ferry_download_options, file_path);
}
// SAFETY: as above.
unsafe impl AbiStruct for ferry_callbacks {
    const MIN_SIZE: usize = std::mem::offset_of!(ferry_callbacks, on_headers);
}
// SAFETY: as above.
unsafe impl AbiStruct for ferry_progress {
    const MIN_SIZE: usize = std::mem::size_of::<ferry_progress>();
}
