//! ferry carries files up and down for hosts of mini-programs.

#[doc(hidden)]
pub mod storage;
