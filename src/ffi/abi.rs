//! Reading versioned structs and strings that C hands over.

use std::ffi::CStr;
use std::mem::{size_of, MaybeUninit};
use std::os::raw::c_char;
use std::ptr;

use super::status::*;

/// A `repr(C)` struct of the ABI that begins with `uint32_t struct_size`, for which all bits zero is a valid
/// value that means "defaults".
///
/// # Safety
/// Only for such structs.
pub unsafe trait AbiStruct: Copy {
    /// The size of the oldest version: a smaller `struct_size` is a mistake.
    const MIN_SIZE: usize;
}

/// Copies what the caller has of `T`, zero for what it does not know yet.
///
/// # Safety
/// `source` is NULL or points to `struct_size` readable bytes, as its first field says.
pub unsafe fn read_struct<T: AbiStruct>(source: *const T) -> Result<T, ferry_status> {
    if source.is_null() {
        return Err(FERRY_INVALID_ARGUMENT);
    }
    // SAFETY: every AbiStruct begins with its u32 size.
    let given = unsafe { ptr::read_unaligned(source.cast::<u32>()) } as usize;
    let known = size_of::<T>();
    if given < T::MIN_SIZE || given > MAX_STRUCT_SIZE {
        return Err(FERRY_INVALID_STRUCT_SIZE);
    }
    if given > known {
        // SAFETY: the caller says that `given` bytes are readable.
        let tail = unsafe { std::slice::from_raw_parts(source.cast::<u8>().add(known), given - known) };
        if tail.iter().any(|&byte| byte != 0) {
            return Err(FERRY_INVALID_STRUCT_SIZE);
        }
    }
    let mut value = MaybeUninit::<T>::zeroed();
    // SAFETY: both sides have min(given, known) bytes, and they do not overlap; all zero is valid for an
    // AbiStruct and every field is plain data or a nullable pointer.
    unsafe {
        ptr::copy_nonoverlapping(source.cast::<u8>(), value.as_mut_ptr().cast::<u8>(), given.min(known));
        Ok(value.assume_init())
    }
}

/// A size no version of any struct will reach: a caller that forgot to set `struct_size` shows up here.
const MAX_STRUCT_SIZE: usize = 4096;

/// Copies `value` into a caller's struct of perhaps another version: never more than the caller has room for.
///
/// # Safety
/// `target` is NULL or points to `struct_size` writable bytes, as its first field says.
pub unsafe fn write_struct<T: AbiStruct>(target: *mut T, value: &T) -> ferry_status {
    if target.is_null() {
        return FERRY_INVALID_ARGUMENT;
    }
    // SAFETY: every AbiStruct begins with its u32 size.
    let room = unsafe { ptr::read_unaligned(target.cast::<u32>()) } as usize;
    if !(T::MIN_SIZE..=MAX_STRUCT_SIZE).contains(&room) {
        return FERRY_INVALID_STRUCT_SIZE;
    }
    let known = size_of::<T>();
    // SAFETY: the caller says that `room` bytes are writable; its own struct_size is kept.
    unsafe {
        let (from, to) = (ptr::from_ref(value).cast::<u8>(), target.cast::<u8>());
        ptr::copy_nonoverlapping(from.add(4), to.add(4), room.min(known) - 4);
        if room > known {
            ptr::write_bytes(to.add(known), 0, room - known);
        }
    }
    FERRY_OK
}

/// Zeroes a struct and stores its size.
///
/// # Safety
/// `target` is NULL or points to `struct_size` writable bytes.
pub unsafe fn init_struct(target: *mut u8, struct_size: u32) {
    if target.is_null() || struct_size < 4 {
        return;
    }
    // SAFETY: as promised by the caller.
    unsafe {
        ptr::write_bytes(target, 0, struct_size as usize);
        ptr::write_unaligned(target.cast::<u32>(), struct_size);
    }
}

/// Why a string of a caller is no text.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub struct NotUtf8;

/// Copies a NUL-terminated string; NULL is None.
///
/// # Safety
/// `text` is NULL or NUL-terminated.
pub unsafe fn text(text: *const c_char) -> Result<Option<String>, NotUtf8> {
    if text.is_null() {
        return Ok(None);
    }
    // SAFETY: as promised by the caller.
    let bytes = unsafe { CStr::from_ptr(text) };
    bytes.to_str().map(|s| Some(s.to_owned())).map_err(|_| NotUtf8)
}

/// A borrowed array; an empty one where the count is 0. NULL with a count is the caller's mistake.
///
/// # Safety
/// `items` is NULL or points to `count` readable items.
pub unsafe fn array<'a, T>(items: *const T, count: usize) -> Result<&'a [T], ferry_status> {
    if count == 0 {
        return Ok(&[]);
    }
    if items.is_null() || count > isize::MAX as usize / size_of::<T>().max(1) {
        return Err(FERRY_INVALID_ARGUMENT);
    }
    // SAFETY: as promised by the caller; the length in bytes fits isize.
    Ok(unsafe { std::slice::from_raw_parts(items, count) })
}
