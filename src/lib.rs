//! ferry carries files up and down for hosts of mini-programs.

pub mod headers;
pub mod kind;
pub mod network;
pub mod policy;
pub mod profile;
#[doc(hidden)]
pub mod storage;
