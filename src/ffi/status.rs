//! What the functions of the C ABI return.

use std::os::raw::c_char;

/// What a function of ferry returns: `FERRY_OK` (0) or one of the grouped values below. These tell of
/// a mistake in the calling program or a refusal of the system. What goes wrong with a transfer is not told
/// here but through the task's callbacks (`ferry_result_errno`).
pub type ferry_status = i32;

/// The call did what it says.
pub const FERRY_OK: ferry_status = 0;

/// A pointer that must not be NULL is NULL, or a value is outside its range.
pub const FERRY_INVALID_ARGUMENT: ferry_status = 100;
/// `struct_size` is too small to be any version of the struct, or larger than this library knows with bytes
/// that are not zero in the part it does not know.
pub const FERRY_INVALID_STRUCT_SIZE: ferry_status = 101;
/// A string of the configuration is not UTF-8, or is not what its field asks for (the log says which).
pub const FERRY_INVALID_CONFIG: ferry_status = 102;
/// The buffer is too small; the length needed was stored.
pub const FERRY_BUFFER_TOO_SMALL: ferry_status = 103;

/// The engine is closed or closing: nothing was taken.
pub const FERRY_ENGINE_CLOSED: ferry_status = 200;
/// The task has ended: nothing was taken.
pub const FERRY_TASK_ENDED: ferry_status = 201;
/// The call would wait for itself: a blocking close, or a dispatch, from inside a callback.
pub const FERRY_WOULD_DEADLOCK: ferry_status = 202;
/// There is no such listener (any more), or no such entry.
pub const FERRY_NOT_FOUND: ferry_status = 203;
/// The engine runs its callbacks on its own thread, so there is nothing to dispatch; or the engine has no
/// storage root, so there are no `wxfile://` paths.
pub const FERRY_NOT_AVAILABLE: ferry_status = 204;

/// No memory.
pub const FERRY_OUT_OF_MEMORY: ferry_status = 300;
/// A thread or a descriptor could not be had from the system.
pub const FERRY_SYSTEM: ferry_status = 301;
/// The storage root could not be made or opened, or its file could not be read or written.
pub const FERRY_STORAGE: ferry_status = 302;

/// A fault of ferry itself. It was contained: the engine goes on.
pub const FERRY_INTERNAL: ferry_status = 900;

/// The English name of a status, for logs. Never NULL; the text lives as long as the library. Any thread.
#[no_mangle]
pub extern "C" fn ferry_status_string(status: ferry_status) -> *const c_char {
    let text = match status {
        FERRY_OK => c"ok",
        FERRY_INVALID_ARGUMENT => c"invalid argument",
        FERRY_INVALID_STRUCT_SIZE => c"invalid struct_size",
        FERRY_INVALID_CONFIG => c"invalid configuration",
        FERRY_BUFFER_TOO_SMALL => c"buffer too small",
        FERRY_ENGINE_CLOSED => c"engine closed",
        FERRY_TASK_ENDED => c"task ended",
        FERRY_WOULD_DEADLOCK => c"would deadlock",
        FERRY_NOT_FOUND => c"not found",
        FERRY_NOT_AVAILABLE => c"not available",
        FERRY_OUT_OF_MEMORY => c"out of memory",
        FERRY_SYSTEM => c"system resource refused",
        FERRY_STORAGE => c"storage not usable",
        FERRY_INTERNAL => c"internal error",
        _ => c"unknown status",
    };
    text.as_ptr()
}
