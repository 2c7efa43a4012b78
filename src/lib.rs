//! ferry carries files up and down for hosts of mini-programs. Its interface is C's: see include/ferry.h, which is made
//! from [`ffi`]. The rest is public for the project's own tests and benches only.

#[doc(hidden)]
pub mod clock;
#[doc(hidden)]
pub mod config;
#[doc(hidden)]
pub mod curl;
#[doc(hidden)]
pub mod engine;
#[doc(hidden)]
pub mod error;
mod fault;
pub mod ffi;
#[doc(hidden)]
pub mod headers;
#[doc(hidden)]
pub mod kind;
#[doc(hidden)]
pub mod log;
#[doc(hidden)]
pub mod network;
#[doc(hidden)]
pub mod policy;
#[doc(hidden)]
pub mod profile;
#[doc(hidden)]
pub mod storage;
#[doc(hidden)]
pub mod transfer;
#[doc(hidden)]
pub mod view;
