//! Response headers, as C reads them.

use std::ffi::CStr;
use std::os::raw::c_char;

use super::guard::guard;
use super::status::*;
use super::string::ferry_string;
use crate::view::{CText, Headers};

/// Response headers, borrowed from the callback or the result they come with. All functions on them may be called
/// on any thread.
pub struct ferry_headers {
    _opaque: [u8; 0],
}

impl ferry_headers {
    pub(crate) fn of(headers: &Headers) -> *const ferry_headers {
        std::ptr::from_ref(headers).cast()
    }
}

/// # Safety
/// `headers` is NULL or came from `ferry_headers::of` and is still borrowed.
unsafe fn get<'a>(headers: *const ferry_headers) -> Option<&'a Headers> {
    // SAFETY: as promised by the caller.
    unsafe { headers.cast::<Headers>().as_ref() }
}

/// # Safety
/// `name` and `value` are NULL or writable.
unsafe fn store(pair: Option<&(CText, CText)>, name: *mut ferry_string, value: *mut ferry_string) -> ferry_status {
    let Some((n, v)) = pair else { return FERRY_NOT_FOUND };
    // SAFETY: as promised by the caller.
    unsafe {
        if !name.is_null() {
            name.write(ferry_string::of(n));
        }
        if !value.is_null() {
            value.write(ferry_string::of(v));
        }
    }
    FERRY_OK
}

/// How many header lines the response has, repeats counted. NULL: 0.
#[no_mangle]
pub unsafe extern "C" fn ferry_headers_count(headers: *const ferry_headers) -> usize {
    // SAFETY: borrowed from ferry, as the header says.
    guard(0, || unsafe { get(headers) }.map_or(0, |headers| headers.view().all.len()))
}

/// The header line at `index`, in the order and with the names that the server sent. `out_name` and
/// `out_value` may be NULL. FERRY_NOT_FOUND past the end.
#[no_mangle]
pub unsafe extern "C" fn ferry_headers_at(
    headers: *const ferry_headers,
    index: usize,
    out_name: *mut ferry_string,
    out_value: *mut ferry_string,
) -> ferry_status {
    // SAFETY: borrowed from ferry, and the targets are the caller's, as the header says.
    guard(FERRY_INTERNAL, || unsafe {
        match get(headers) {
            Some(headers) => store(headers.view().all.get(index), out_name, out_value),
            None => FERRY_INVALID_ARGUMENT,
        }
    })
}

/// How many different names the response has, upper and lower case being the same. NULL: 0.
#[no_mangle]
pub unsafe extern "C" fn ferry_headers_joined_count(headers: *const ferry_headers) -> usize {
    // SAFETY: borrowed from ferry, as the header says.
    guard(0, || unsafe { get(headers) }.map_or(0, |headers| headers.view().joined.len()))
}

/// The name at `index` with all its values joined by `,`: what a mini-program sees. As `ferry_headers_at` otherwise.
#[no_mangle]
pub unsafe extern "C" fn ferry_headers_joined_at(
    headers: *const ferry_headers,
    index: usize,
    out_name: *mut ferry_string,
    out_value: *mut ferry_string,
) -> ferry_status {
    // SAFETY: borrowed from ferry, and the targets are the caller's, as the header says.
    guard(FERRY_INTERNAL, || unsafe {
        match get(headers) {
            Some(headers) => store(headers.view().joined.get(index), out_name, out_value),
            None => FERRY_INVALID_ARGUMENT,
        }
    })
}

/// The values of a name joined by `,`, whatever its case. `data` is NULL when the response has no such header.
#[no_mangle]
pub unsafe extern "C" fn ferry_headers_get(headers: *const ferry_headers, name: *const c_char) -> ferry_string {
    guard(ferry_string::NONE, || {
        if name.is_null() {
            return ferry_string::NONE;
        }
        // SAFETY: borrowed from ferry, and the name is NUL-terminated, as the header says.
        let (headers, name) = unsafe { (get(headers), CStr::from_ptr(name).to_bytes()) };
        headers
            .and_then(|headers| headers.view().joined.iter().find(|(n, _)| n.bytes().eq_ignore_ascii_case(name)))
            .map_or(ferry_string::NONE, |(_, value)| ferry_string::of(value))
    })
}

/// How many `Set-Cookie` values the response has. NULL: 0.
#[no_mangle]
pub unsafe extern "C" fn ferry_headers_cookie_count(headers: *const ferry_headers) -> usize {
    // SAFETY: borrowed from ferry, as the header says.
    guard(0, || unsafe { get(headers) }.map_or(0, |headers| headers.view().cookies.len()))
}

/// One `Set-Cookie` value, whole. `data` is NULL past the end.
#[no_mangle]
pub unsafe extern "C" fn ferry_headers_cookie_at(headers: *const ferry_headers, index: usize) -> ferry_string {
    guard(ferry_string::NONE, || {
        // SAFETY: borrowed from ferry, as the header says.
        unsafe { get(headers) }
            .and_then(|headers| headers.view().cookies.get(index))
            .map_or(ferry_string::NONE, ferry_string::of)
    })
}

/// The status code that came with the headers. NULL: 0.
#[no_mangle]
pub unsafe extern "C" fn ferry_headers_status_code(headers: *const ferry_headers) -> u32 {
    // SAFETY: borrowed from ferry, as the header says.
    guard(0, || unsafe { get(headers) }.map_or(0, |headers| u32::from(headers.plain.status())))
}
