//! One HTTP exchange of a task on one curl handle.

pub mod exchange;
pub mod meter;
pub mod multipart;
pub mod request;
pub mod source;
pub mod verdict;
