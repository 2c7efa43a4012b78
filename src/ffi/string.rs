//! Strings that ferry hands out.

use std::os::raw::c_char;

use crate::view::CText;

/// A string or bytes that ferry hands out, borrowed: how long they live is told where they come from.
/// `data` is never NULL unless that says so, and a NUL byte follows the `length` bytes.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ferry_string {
    /// The bytes; UTF-8 where it is text.
    pub data: *const c_char,
    /// How many, the NUL not counted.
    pub length: usize,
}

impl ferry_string {
    /// No string at all.
    pub(crate) const NONE: ferry_string = ferry_string { data: std::ptr::null(), length: 0 };

    pub(crate) const EMPTY: ferry_string = ferry_string { data: c"".as_ptr(), length: 0 };

    pub(crate) fn of(text: &CText) -> ferry_string {
        ferry_string::terminated(text.bytes())
    }

    /// For bytes that have a NUL behind them, or none at all.
    pub(crate) fn terminated(bytes: &[u8]) -> ferry_string {
        if bytes.is_empty() {
            return ferry_string::EMPTY;
        }
        ferry_string { data: bytes.as_ptr().cast(), length: bytes.len() }
    }
}
