//! The options of a task, as Rust.

use std::ffi::CString;
use std::os::raw::c_char;
use std::ptr::{null, null_mut};
use std::sync::Arc;

use ferry::ffi::options::*;
use ferry::ffi::status::*;
use ferry::ffi::task::*;

use super::engine::Engine;
use super::recorder::{callbacks, take_back, Event, Hook, Recorder};
use super::result::Outcome;
use super::task::{Task, TaskRef};

fn c(text: &str) -> CString {
    CString::new(text).expect("no NUL in a C string")
}

/// Strings that stay where they are while options point to them.
#[derive(Default)]
struct Strings(Vec<CString>);

impl Strings {
    fn keep(&mut self, text: &str) -> *const c_char {
        // The heap buffer of a CString does not move with it.
        self.0.push(c(text));
        self.0.last().unwrap().as_ptr()
    }

    fn optional(&mut self, text: Option<&str>) -> *const c_char {
        text.map_or(null(), |text| self.keep(text))
    }

    fn headers(&mut self, headers: &[(String, String)]) -> Vec<ferry_header> {
        headers.iter().map(|(n, v)| ferry_header { name: self.keep(n), value: self.keep(v) }).collect()
    }
}

fn pointer<T>(items: &[T]) -> *const T {
    if items.is_empty() {
        null()
    } else {
        items.as_ptr()
    }
}

/// What both kinds have; `$self` methods are shared by the macro below.
#[derive(Default)]
struct Common {
    headers: Vec<(String, String)>,
    timeout_ms: i64,
    priority: i32,
    http2: ferry_switch,
    quic: ferry_switch,
    profile: ferry_switch,
    hook: Option<Hook>,
}

macro_rules! common_options {
    ($kind:ident) => {
        impl $kind<'_> {
            pub fn header(mut self, name: &str, value: &str) -> Self {
                self.common.headers.push((name.to_owned(), value.to_owned()));
                self
            }
            pub fn timeout(mut self, ms: i64) -> Self {
                self.common.timeout_ms = ms;
                self
            }
            pub fn priority(mut self, priority: i32) -> Self {
                self.common.priority = priority;
                self
            }
            pub fn http2(mut self) -> Self {
                self.common.http2 = FERRY_ON;
                self
            }
            pub fn quic(mut self) -> Self {
                self.common.quic = FERRY_ON;
                self
            }
            pub fn profile(mut self, switch: ferry_switch) -> Self {
                self.common.profile = switch;
                self
            }
            /// Runs inside every callback of the task, after it was recorded.
            pub fn hook(mut self, hook: impl Fn(TaskRef, &Event) + Send + Sync + 'static) -> Self {
                self.common.hook = Some(Box::new(hook));
                self
            }
            #[track_caller]
            pub fn start(self) -> Task {
                self.try_start().unwrap_or_else(|status| panic!("start: status {status}"))
            }
            /// Starts, and waits for the end.
            #[track_caller]
            pub fn run(self) -> Outcome {
                self.start().wait_end()
            }
        }
    };
}

/// An upload about to start.
pub struct Upload<'a> {
    engine: &'a Engine,
    url: Option<String>,
    file_path: Option<String>,
    name: Option<String>,
    form: Vec<(String, Option<Vec<u8>>, bool)>,
    common: Common,
}

common_options!(Upload);

impl<'a> Upload<'a> {
    pub(super) fn new(engine: &'a Engine, url: Option<&str>, file_path: Option<&str>, name: Option<&str>) -> Self {
        let own = |text: Option<&str>| text.map(str::to_owned);
        let (url, file_path, name) = (own(url), own(file_path), own(name));
        Upload { engine, url, file_path, name, form: Vec::new(), common: Common::default() }
    }

    pub fn name(mut self, name: &str) -> Self {
        self.name = Some(name.to_owned());
        self
    }

    pub fn field(mut self, name: &str, value: &str) -> Self {
        self.form.push((name.to_owned(), Some(value.as_bytes().to_vec()), false));
        self
    }

    /// A field whose `value_length` is given.
    pub fn bytes_field(mut self, name: &str, value: &[u8]) -> Self {
        self.form.push((name.to_owned(), Some(value.to_vec()), true));
        self
    }

    /// A field whose value is NULL.
    pub fn null_field(mut self, name: &str) -> Self {
        self.form.push((name.to_owned(), None, false));
        self
    }

    pub fn try_start(self) -> Result<Task, ferry_status> {
        let mut strings = Strings::default();
        let headers = strings.headers(&self.common.headers);
        let mut form = Vec::new();
        for (name, value, sized) in &self.form {
            let (value, value_length) = match (value, sized) {
                (None, _) => (null(), 0),
                (Some(bytes), true) => (bytes.as_ptr().cast(), bytes.len()),
                (Some(bytes), false) => (strings.keep(std::str::from_utf8(bytes).unwrap()), 0),
            };
            form.push(ferry_form_field { name: strings.keep(name), value, value_length });
        }
        let options = ferry_upload_options {
            struct_size: size_of::<ferry_upload_options>() as u32,
            enable_profile: self.common.profile,
            url: strings.optional(self.url.as_deref()),
            file_path: strings.optional(self.file_path.as_deref()),
            name: strings.optional(self.name.as_deref()),
            headers: pointer(&headers),
            header_count: headers.len(),
            form: pointer(&form),
            form_count: form.len(),
            timeout_ms: self.common.timeout_ms,
            priority: self.common.priority,
            enable_http2: self.common.http2,
            enable_quic: self.common.quic,
            reserved: 0,
        };
        begin(self.common.hook, |callbacks, task| {
            // SAFETY: everything the options point to lives until the call returns, and ferry copies it.
            unsafe { ferry_upload_file(self.engine.raw(), &options, callbacks, task) }
        })
    }
}

/// A download about to start.
pub struct Download<'a> {
    engine: &'a Engine,
    url: Option<String>,
    file_path: Option<String>,
    common: Common,
}

common_options!(Download);

impl<'a> Download<'a> {
    pub(super) fn new(engine: &'a Engine, url: Option<&str>) -> Self {
        Download { engine, url: url.map(str::to_owned), file_path: None, common: Common::default() }
    }

    pub fn to(mut self, path: &str) -> Self {
        self.file_path = Some(path.to_owned());
        self
    }

    pub fn try_start(self) -> Result<Task, ferry_status> {
        let mut strings = Strings::default();
        let headers = strings.headers(&self.common.headers);
        let options = ferry_download_options {
            struct_size: size_of::<ferry_download_options>() as u32,
            enable_profile: self.common.profile,
            url: strings.optional(self.url.as_deref()),
            file_path: strings.optional(self.file_path.as_deref()),
            headers: pointer(&headers),
            header_count: headers.len(),
            timeout_ms: self.common.timeout_ms,
            priority: self.common.priority,
            enable_http2: self.common.http2,
            enable_quic: self.common.quic,
            reserved: 0,
        };
        begin(self.common.hook, |callbacks, task| {
            // SAFETY: as for uploads.
            unsafe { ferry_download_file(self.engine.raw(), &options, callbacks, task) }
        })
    }
}

fn begin(
    hook: Option<Hook>,
    start: impl FnOnce(*const ferry_callbacks, *mut *mut ferry_task) -> ferry_status,
) -> Result<Task, ferry_status> {
    let recorder = Recorder::new(hook);
    let table = callbacks(&recorder);
    let mut task = null_mut();
    let status = start(&table, &mut task);
    if status == FERRY_OK {
        return Ok(Task::owned(task, recorder));
    }
    take_back(&table);
    assert!(task.is_null(), "nothing was taken and nothing given");
    assert_eq!(Arc::strong_count(&recorder), 1, "nothing was destroyed");
    Err(status)
}
