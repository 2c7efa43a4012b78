//! The C ABI: one file per noun. include/ferry.h is made from here and is its manual.
#![allow(non_camel_case_types, clippy::missing_safety_doc, reason = "names and contracts are C's, told in the header")]

mod abi;
pub mod config;
pub mod engine;
pub mod errno;
mod guard;
pub mod headers;
pub mod listeners;
mod observer;
pub mod options;
pub mod profile;
pub mod result;
pub mod status;
pub mod storage;
pub mod string;
pub mod task;
#[cfg(test)]
mod tests;
mod translate;
pub mod version;
