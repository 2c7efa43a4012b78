//! ferry carries files up and down for hosts of mini-programs.

pub mod kind;
pub mod policy;
