//! What ferry hands out, copied into Rust.

use std::ffi::{CStr, CString};

use ferry::ffi::headers::*;
use ferry::ffi::options::ferry_progress;
use ferry::ffi::profile::ferry_profile;
use ferry::ffi::result::*;
use ferry::ffi::status::*;
use ferry::ffi::string::ferry_string;
use ferry_test_support::sha256_hex;

/// Copies a string; None where `data` is NULL. Checks the NUL behind it.
fn bytes(string: ferry_string) -> Option<Vec<u8>> {
    if string.data.is_null() {
        assert_eq!(string.length, 0);
        return None;
    }
    // SAFETY: ferry promises `length` bytes and a NUL behind them, borrowed for as long as the caller of this holds
    // the result.
    let with_nul = unsafe { std::slice::from_raw_parts(string.data.cast::<u8>(), string.length + 1) };
    assert_eq!(with_nul[string.length], 0, "every string ends with a NUL");
    Some(with_nul[..string.length].to_vec())
}

fn text(string: ferry_string) -> Option<String> {
    bytes(string).map(|bytes| String::from_utf8(bytes).expect("text is UTF-8"))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    pub percent: i32,
    pub transferred: u64,
    pub expected: u64,
}

impl Progress {
    /// # Safety
    /// `progress` is borrowed from ferry.
    pub unsafe fn copy(progress: *const ferry_progress) -> Progress {
        // SAFETY: as promised by the caller.
        let progress = unsafe { &*progress };
        assert_eq!(progress.struct_size as usize, size_of::<ferry_progress>());
        Progress { percent: progress.percent, transferred: progress.transferred, expected: progress.expected }
    }
}

/// Response headers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Headers {
    pub status: u32,
    pub lines: Vec<(String, String)>,
    pub joined: Vec<(String, String)>,
    pub cookies: Vec<String>,
}

impl Headers {
    /// # Safety
    /// `headers` is borrowed from ferry.
    pub unsafe fn copy(headers: *const ferry_headers) -> Headers {
        type At = unsafe extern "C" fn(*const ferry_headers, usize, *mut ferry_string, *mut ferry_string) -> i32;
        let pairs = |count: usize, at: At| -> Vec<(String, String)> {
            let mut all = Vec::new();
            let (mut name, mut value) = (EMPTY, EMPTY);
            for index in 0..count {
                // SAFETY: the headers are alive and the targets are ours.
                assert_eq!(unsafe { at(headers, index, &mut name, &mut value) }, FERRY_OK);
                all.push((text(name).unwrap(), text(value).unwrap()));
            }
            // SAFETY: as above.
            assert_eq!(unsafe { at(headers, count, &mut name, &mut value) }, FERRY_NOT_FOUND);
            all
        };
        // SAFETY: as promised by the caller.
        unsafe {
            let copy = Headers {
                status: ferry_headers_status_code(headers),
                lines: pairs(ferry_headers_count(headers), ferry_headers_at),
                joined: pairs(ferry_headers_joined_count(headers), ferry_headers_joined_at),
                cookies: (0..ferry_headers_cookie_count(headers))
                    .map(|index| text(ferry_headers_cookie_at(headers, index)).unwrap())
                    .collect(),
            };
            for (name, value) in &copy.joined {
                let name = CString::new(name.to_uppercase()).unwrap();
                assert_eq!(text(ferry_headers_get(headers, name.as_ptr())).as_ref(), Some(value));
            }
            assert!(ferry_headers_get(headers, c"X-Not-There".as_ptr()).data.is_null());
            copy
        }
    }

    /// The joined value of a name, in any case.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.joined.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

const EMPTY: ferry_string = ferry_string { data: std::ptr::null(), length: 0 };

/// The result of a task.
#[derive(Debug, Clone)]
pub struct Outcome {
    pub errno: i32,
    pub err_msg: String,
    pub status: u32,
    pub headers: Headers,
    pub body: Vec<u8>,
    pub data: String,
    pub temp_file_path: Option<String>,
    pub file_path: Option<String>,
    pub data_length: u64,
    pub effective_url: String,
    pub profile: Option<ProfileCopy>,
}

/// A profile that can be printed.
#[derive(Clone, Copy)]
pub struct ProfileCopy(pub ferry_profile);

impl std::ops::Deref for ProfileCopy {
    type Target = ferry_profile;

    fn deref(&self) -> &ferry_profile {
        &self.0
    }
}

impl ProfileCopy {
    pub fn peer_ip(&self) -> String {
        let bytes: Vec<u8> = self.0.peer_ip.iter().map(|&c| c as u8).collect();
        CStr::from_bytes_until_nul(&bytes).unwrap().to_str().unwrap().to_owned()
    }

    /// The times in the order of the contract.
    pub fn times(&self) -> [(&'static str, i64); 16] {
        let p = &self.0;
        [
            ("invoke_start", p.invoke_start),
            ("queue_start", p.queue_start),
            ("queue_end", p.queue_end),
            ("redirect_start", p.redirect_start),
            ("redirect_end", p.redirect_end),
            ("fetch_start", p.fetch_start),
            ("domain_lookup_start", p.domain_lookup_start),
            ("domain_lookup_end", p.domain_lookup_end),
            ("connect_start", p.connect_start),
            ("ssl_connection_start", p.ssl_connection_start),
            ("ssl_connection_end", p.ssl_connection_end),
            ("connect_end", p.connect_end),
            ("request_start", p.request_start),
            ("request_end", p.request_end),
            ("response_start", p.response_start),
            ("response_end", p.response_end),
        ]
    }
}

impl std::fmt::Debug for ProfileCopy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.times()).finish()
    }
}

impl Outcome {
    /// # Safety
    /// `result` is borrowed from ferry.
    pub unsafe fn copy(result: *const ferry_result) -> Outcome {
        assert!(!result.is_null());
        // SAFETY: as promised by the caller; profile is plain data for which zero is valid.
        unsafe {
            let mut profile: ferry_profile = std::mem::zeroed();
            profile.struct_size = size_of::<ferry_profile>() as u32;
            let status = ferry_result_profile(result, &mut profile);
            assert!(matches!(status, FERRY_OK | FERRY_NOT_AVAILABLE), "profile: {status}");
            Outcome {
                errno: ferry_result_errno(result),
                err_msg: text(ferry_result_err_msg(result)).unwrap(),
                status: ferry_result_status_code(result),
                headers: Headers::copy(ferry_result_headers(result)),
                body: bytes(ferry_result_body(result)).unwrap(),
                data: text(ferry_result_data(result)).unwrap(),
                temp_file_path: text(ferry_result_temp_file_path(result)),
                file_path: text(ferry_result_file_path(result)),
                data_length: ferry_result_data_length(result),
                effective_url: text(ferry_result_effective_url(result)).unwrap(),
                profile: (status == FERRY_OK).then_some(ProfileCopy(profile)),
            }
        }
    }

    /// A success with this status.
    #[track_caller]
    pub fn ok(&self, status: u32) -> &Outcome {
        assert_eq!(self.errno, 0, "{}", self.err_msg);
        assert!(self.err_msg == "uploadFile:ok" || self.err_msg == "downloadFile:ok", "{}", self.err_msg);
        assert_eq!(self.status, status);
        self
    }

    /// A failure with this errno and exactly these words after `fail `.
    #[track_caller]
    pub fn failed(&self, errno: i32, words: &str) -> &Outcome {
        assert_eq!(self.words(), words, "errno {}", self.errno);
        assert_eq!(self.errno, errno, "{}", self.err_msg);
        assert!(self.body.is_empty() && self.data.is_empty() && self.data_length == 0, "a failure has no data");
        assert!(self.file_path.is_none() && self.temp_file_path.is_none(), "a failure has no file");
        self
    }

    /// A network error whose words have this in them.
    #[track_caller]
    pub fn network_error(&self, pattern: &str) -> &Outcome {
        assert_eq!(self.errno, 600001, "{} from {}", self.err_msg, self.effective_url);
        let words = self.words().to_owned();
        assert!(words.starts_with("network error: "), "{words}");
        // TLS libraries differ in case and hyphens.
        let plain = |text: &str| text.to_lowercase().replace(['-', '_'], " ");
        assert!(plain(&words).contains(&plain(pattern)), "{words:?} without {pattern:?}");
        self
    }

    /// What follows `uploadFile:fail ` or `downloadFile:fail `; "ok" on success.
    pub fn words(&self) -> &str {
        let rest = self.err_msg.split_once(':').unwrap().1;
        rest.strip_prefix("fail ").unwrap_or(rest)
    }

    /// The body of an upload's answer.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.data).unwrap_or_else(|error| panic!("{error}: {:?}", self.data))
    }

    /// The downloaded file, wherever it is, and removes a temporary one.
    #[track_caller]
    pub fn downloaded(&self) -> Vec<u8> {
        assert_eq!(self.errno, 0, "{}", self.err_msg);
        let path = self.file_path.as_ref().or(self.temp_file_path.as_ref()).expect("a path");
        let bytes = std::fs::read(path).unwrap();
        assert_eq!(bytes.len() as u64, self.data_length);
        if self.temp_file_path.is_some() {
            std::fs::remove_file(path).unwrap();
        }
        bytes
    }

    pub fn downloaded_sha256(&self) -> String {
        sha256_hex(&self.downloaded())
    }
}
