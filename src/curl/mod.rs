//! The few things of libcurl that the curl crate does not reach: options, infos, callbacks. With src/ffi the
//! only place with `unsafe`.

pub mod hooks;
pub mod info;
pub mod options;
pub mod raw;
pub mod socket;
