//! The result of a task, as C reads it.

use super::abi::write_struct;
use super::guard::guard;
use super::headers::ferry_headers;
use super::profile::ferry_profile;
use super::status::*;
use super::string::ferry_string;
use crate::engine::outcome::Outcome;

/// The result of a task, on success and on failure. Borrowed: for the callback it is handed to, or from
/// `ferry_task_result` for as long as the task is retained. Nothing in it changes. All functions on it may be
/// called on any thread; with NULL they answer 0 or an empty string.
pub struct ferry_result {
    _opaque: [u8; 0],
}

impl ferry_result {
    pub(crate) fn of(outcome: &Outcome) -> *const ferry_result {
        std::ptr::from_ref(outcome).cast()
    }
}

/// # Safety
/// `result` is NULL or came from `ferry_result::of` and is still borrowed.
unsafe fn get<'a>(result: *const ferry_result) -> Option<&'a Outcome> {
    // SAFETY: as promised by the caller.
    unsafe { result.cast::<Outcome>().as_ref() }
}

/// Reads something of a result, behind the panic border.
///
/// # Safety
/// As `get`.
unsafe fn read<'a, T>(result: *const ferry_result, none: T, read: impl FnOnce(&'a Outcome) -> T) -> T
where
    T: Copy + 'a,
{
    // SAFETY: as promised by the caller.
    guard(none, || unsafe { get(result) }.map_or(none, read))
}

/// 0 on success, otherwise the errno of the failure. The numbers are listed at the top of this file.
#[no_mangle]
pub unsafe extern "C" fn ferry_result_errno(result: *const ferry_result) -> i32 {
    // SAFETY: borrowed from ferry, as the header says.
    unsafe { read(result, 0, Outcome::errno) }
}

/// `uploadFile:ok`, `downloadFile:ok`, or `uploadFile:fail …` / `downloadFile:fail …` with the reason.
#[no_mangle]
pub unsafe extern "C" fn ferry_result_err_msg(result: *const ferry_result) -> ferry_string {
    // SAFETY: borrowed from ferry, as the header says.
    unsafe { read(result, ferry_string::EMPTY, |outcome| ferry_string::of(&outcome.view().err_msg)) }
}

/// HTTP status code of the final response; 0 when there was none.
#[no_mangle]
pub unsafe extern "C" fn ferry_result_status_code(result: *const ferry_result) -> u32 {
    // SAFETY: borrowed from ferry, as the header says.
    unsafe { read(result, 0, |outcome| outcome.status) }
}

/// Headers of the final response, empty when there was none. Live as long as the result.
#[no_mangle]
pub unsafe extern "C" fn ferry_result_headers(result: *const ferry_result) -> *const ferry_headers {
    // SAFETY: borrowed from ferry, as the header says.
    unsafe { read(result, std::ptr::null(), |outcome| ferry_headers::of(&outcome.headers)) }
}

/// Upload: the response body, byte for byte. Empty for a download or a failure.
#[no_mangle]
pub unsafe extern "C" fn ferry_result_body(result: *const ferry_result) -> ferry_string {
    // SAFETY: borrowed from ferry, as the header says.
    unsafe { read(result, ferry_string::EMPTY, |outcome| ferry_string::terminated(outcome.body.bytes())) }
}

/// Upload: the response body as UTF-8 text, without a leading byte order mark; what is no UTF-8 becomes U+FFFD.
#[no_mangle]
pub unsafe extern "C" fn ferry_result_data(result: *const ferry_result) -> ferry_string {
    // SAFETY: borrowed from ferry, as the header says.
    unsafe {
        read(result, ferry_string::EMPTY, |outcome| match outcome.body.text() {
            Some(text) => ferry_string::terminated(text.as_bytes()),
            None => outcome.view().lossy_data.as_ref().map_or(ferry_string::EMPTY, ferry_string::of),
        })
    }
}

/// Download without `file_path`: where the temporary file is, a `wxfile://tmp_…` path where the engine has a
/// storage root, otherwise a plain path to a file that is now the host's. `data` is NULL otherwise.
#[no_mangle]
pub unsafe extern "C" fn ferry_result_temp_file_path(result: *const ferry_result) -> ferry_string {
    // SAFETY: borrowed from ferry, as the header says.
    unsafe { read(result, ferry_string::NONE, |outcome| path(outcome, true)) }
}

/// Download with `file_path`: that path, as it was given. `data` is NULL otherwise.
#[no_mangle]
pub unsafe extern "C" fn ferry_result_file_path(result: *const ferry_result) -> ferry_string {
    // SAFETY: borrowed from ferry, as the header says.
    unsafe { read(result, ferry_string::NONE, |outcome| path(outcome, false)) }
}

fn path(outcome: &Outcome, temporary: bool) -> ferry_string {
    if outcome.path.is_some() && outcome.temporary == temporary {
        ferry_string::of(&outcome.view().path)
    } else {
        ferry_string::NONE
    }
}

/// Download: bytes written to the file. Upload: bytes of the response body. 0 on failure.
#[no_mangle]
pub unsafe extern "C" fn ferry_result_data_length(result: *const ferry_result) -> u64 {
    // SAFETY: borrowed from ferry, as the header says.
    unsafe { read(result, 0, |outcome| outcome.data_length) }
}

/// The URL of the last request, after redirects, without user name and password; "" when none was made.
#[no_mangle]
pub unsafe extern "C" fn ferry_result_effective_url(result: *const ferry_result) -> ferry_string {
    // SAFETY: borrowed from ferry, as the header says.
    unsafe { read(result, ferry_string::EMPTY, |outcome| ferry_string::of(&outcome.view().effective_url)) }
}

/// Fills `out_profile`, whose `struct_size` the caller has set. FERRY_NOT_AVAILABLE when the profile was switched
/// off. A task that failed before it left the queue has only its first times.
#[no_mangle]
pub unsafe extern "C" fn ferry_result_profile(
    result: *const ferry_result,
    out_profile: *mut ferry_profile,
) -> ferry_status {
    guard(FERRY_INTERNAL, || {
        // SAFETY: borrowed from ferry, as the header says.
        let Some(outcome) = (unsafe { get(result) }) else { return FERRY_INVALID_ARGUMENT };
        match &outcome.profile {
            // SAFETY: the target has `struct_size` bytes, as the header says.
            Some(profile) => unsafe { write_struct(out_profile, &ferry_profile::of(profile)) },
            None => FERRY_NOT_AVAILABLE,
        }
    })
}
