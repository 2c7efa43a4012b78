//! A small client over the C ABI: what a host in C would write, in Rust, so that tests say what they mean.
//!
//! Everything goes through the extern functions. Tests wait for events ([`Recorder::wait`], [`Server::wait_for`]),
//! never for time.
#![allow(dead_code, unused_imports, reason = "each test file uses a part of it")]

mod engine;
mod files;
mod recorder;
mod request;
mod result;
mod system;
mod task;

pub use engine::{Config, DnsOverride, Engine};
pub use files::Folder;
pub use recorder::{Event, Recorder, Told};
pub use request::{Download, Upload};
pub use result::{Headers, Outcome, Progress};
pub use system::{descriptors, in_child_as_nobody, threads, Tmpfs};
pub use task::{Listener, Task, TaskRef};

pub use ferry::ffi::{
    config::*, engine::*, errno::*, listeners::*, options::*, profile::*, status::*, storage::*, task::*,
};
pub use ferry_test_support::{pattern_bytes, BlackHole, PythonJudge, Server, State, TlsKind};
pub use serde_json::Value as Json;

use std::time::Duration;

/// How long a test waits for an event before it gives up: far longer than any machine needs.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Waits for something that has no event of its own, such as a counter of the kernel's.
#[track_caller]
pub fn eventually(what: &str, mut ready: impl FnMut() -> bool) {
    let end = std::time::Instant::now() + PATIENCE;
    while !ready() {
        assert!(std::time::Instant::now() < end, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// A URL's text inside another's query.
pub fn escaped(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
