//! Paths of a mini-program's storage, for the host.

use std::os::raw::c_char;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::abi::text;
use super::engine::{engine_of, ferry_engine};
use super::guard::guard;
use super::status::*;
use crate::engine::Engine;
use crate::error::Failure;
use crate::storage::Adopt;

/// The host's file stays.
pub const FERRY_ADOPT_COPY: u32 = 0;
/// The host's file is gone afterwards.
pub const FERRY_ADOPT_MOVE: u32 = 1;

/// Stores a string in a caller's buffer.
///
/// # Safety
/// `buffer` is NULL or has `capacity` bytes; `out_length` is NULL or writable.
unsafe fn store(bytes: &[u8], buffer: *mut c_char, capacity: usize, out_length: *mut usize) -> ferry_status {
    // SAFETY: as promised by the caller.
    unsafe {
        if !out_length.is_null() {
            out_length.write(bytes.len());
        }
        if buffer.is_null() || capacity <= bytes.len() {
            return FERRY_BUFFER_TOO_SMALL;
        }
        std::ptr::copy_nonoverlapping(bytes.as_ptr(), buffer.cast(), bytes.len());
        buffer.add(bytes.len()).write(0);
    }
    FERRY_OK
}

fn status_of(error: &Failure) -> ferry_status {
    match error {
        Failure::FileNotFound => FERRY_NOT_FOUND,
        _ => FERRY_STORAGE,
    }
}

/// An engine with a storage root, and a string.
///
/// # Safety
/// `engine` is NULL or alive, `path` NULL or NUL-terminated.
unsafe fn arguments(
    engine: *const ferry_engine,
    path: *const c_char,
) -> Result<(std::sync::Arc<Engine>, String), ferry_status> {
    // SAFETY: as promised by the caller.
    let (engine, path) = unsafe { (engine_of(engine), text(path)) };
    let engine = engine.ok_or(FERRY_INVALID_ARGUMENT)?;
    let path = path.ok().flatten().ok_or(FERRY_INVALID_ARGUMENT)?;
    if !engine.storage().is_sandboxed() {
        return Err(FERRY_NOT_AVAILABLE);
    }
    Ok((engine, path))
}

/// The real path behind a `wxfile://` path, for the host's own use (playing a downloaded file, say); the file need not be
/// there. Writes it to `buffer` with a NUL and stores its length, without the NUL, in `out_length` (may be NULL),
/// also when the buffer is too small. Any thread.
///
/// Returns FERRY_OK; FERRY_BUFFER_TOO_SMALL; FERRY_NOT_FOUND or FERRY_STORAGE when the path leads nowhere in the
/// storage; FERRY_NOT_AVAILABLE without a storage root; FERRY_INVALID_ARGUMENT.
#[no_mangle]
pub unsafe extern "C" fn ferry_engine_real_path(
    engine: *const ferry_engine,
    path: *const c_char,
    buffer: *mut c_char,
    capacity: usize,
    out_length: *mut usize,
) -> ferry_status {
    guard(FERRY_INTERNAL, || {
        // SAFETY: the pointers are NULL or valid, as the header says.
        unsafe {
            let (engine, path) = match arguments(engine, path) {
                Ok(both) => both,
                Err(status) => return status,
            };
            match engine.storage().real_path(&path) {
                Ok(real) => store(real.as_os_str().as_bytes(), buffer, capacity, out_length),
                Err(error) => status_of(&error),
            }
        }
    })
}

/// Makes a file of the host's a temporary file of the mini-program's, which is what `wx.chooseImage` hands out: writes
/// a new `wxfile://tmp_…` path, with the file's extension, as `ferry_engine_real_path` writes its own. `how` is
/// `FERRY_ADOPT_COPY` or `FERRY_ADOPT_MOVE`. May take as long as copying the file takes. 96 bytes of buffer are always enough. Any
/// thread.
///
/// Returns FERRY_OK; FERRY_BUFFER_TOO_SMALL (nothing was taken); FERRY_NOT_FOUND; FERRY_STORAGE (not a
/// regular file, not readable, or the quota is full); FERRY_NOT_AVAILABLE without a storage root; FERRY_INVALID_ARGUMENT.
#[no_mangle]
pub unsafe extern "C" fn ferry_engine_adopt_file(
    engine: *mut ferry_engine,
    host_path: *const c_char,
    how: u32,
    buffer: *mut c_char,
    capacity: usize,
    out_length: *mut usize,
) -> ferry_status {
    guard(FERRY_INTERNAL, || {
        // SAFETY: the pointers are NULL or valid, as the header says.
        unsafe {
            let (engine, path) = match arguments(engine, host_path) {
                Ok(both) => both,
                Err(status) => return status,
            };
            let how = match how {
                FERRY_ADOPT_COPY => Adopt::Copy,
                FERRY_ADOPT_MOVE => Adopt::Move,
                _ => return FERRY_INVALID_ARGUMENT,
            };
            // Asked first, so that nothing is taken that could not be named.
            if buffer.is_null() || capacity < ADOPTED_PATH_CAPACITY {
                if !out_length.is_null() {
                    out_length.write(ADOPTED_PATH_CAPACITY - 1);
                }
                return FERRY_BUFFER_TOO_SMALL;
            }
            match engine.storage().adopt(Path::new(&path), how) {
                Ok(adopted) => store(adopted.as_bytes(), buffer, capacity, out_length),
                Err(error) => status_of(&error),
            }
        }
    })
}

const ADOPTED_PATH_CAPACITY: usize = 96;

/// Counts the files below the storage root anew. ferry counts what it writes itself; call this when the host has removed or
/// added files there, or what was removed is found to be free only some time after a download was refused for
/// want of room. May take as long as looking at every file takes. Any thread.
///
/// Returns FERRY_OK; FERRY_NOT_AVAILABLE without a storage root; FERRY_INVALID_ARGUMENT for NULL.
#[no_mangle]
pub unsafe extern "C" fn ferry_engine_recount_files(engine: *mut ferry_engine) -> ferry_status {
    guard(FERRY_INTERNAL, || {
        // SAFETY: NULL or alive, as the header says.
        let Some(engine) = (unsafe { engine_of(engine) }) else { return FERRY_INVALID_ARGUMENT };
        if !engine.storage().is_sandboxed() {
            return FERRY_NOT_AVAILABLE;
        }
        engine.storage().recount();
        FERRY_OK
    })
}
