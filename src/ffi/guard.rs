//! The panic border: nothing unwinds into C.

use std::panic::{catch_unwind, AssertUnwindSafe};

/// Runs the body of an extern function. A panic becomes `on_panic`.
pub fn guard<T>(on_panic: T, body: impl FnOnce() -> T) -> T {
    // What a panicking body leaves behind is behind locks that do not poison or dropped with it.
    catch_unwind(AssertUnwindSafe(|| {
        crate::fault::point("ffi");
        body()
    }))
    .unwrap_or(on_panic)
}
