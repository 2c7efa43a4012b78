//! The handler of a curl handle: gives the body, takes the response, tells progress. On the engine thread.

use std::io::SeekFrom;
use std::net::IpAddr;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::Arc;
use std::time::Instant;

use curl::easy::{Handler, ReadError, SeekResult, WriteError};

use super::meter::{Meter, Progress};
use super::source::Source;
use crate::config::Config;
use crate::curl::hooks::Hooks;
use crate::curl::info::Probe;
use crate::error::Failure;
use crate::headers::ResponseHeaders;
use crate::storage::PendingFile;
use crate::view::Headers;

/// A handle's handler; empty while the handle waits in the pool.
#[derive(Default)]
pub struct Exchange {
    probe: Option<Probe>,
    pub live: Option<Box<Live>>,
}

/// Whom an exchange tells what happens on the way.
pub trait Report: Send + Sync {
    /// The request goes out.
    fn sending(&self);
    /// A response comes in.
    fn receiving(&self);
    /// The headers of the final response.
    fn headers(&self, headers: Arc<Headers>);
    fn progress(&self, progress: Progress);
}

/// Where the body of the response goes.
pub enum Sink {
    File(PendingFile),
    Memory(Vec<u8>),
}

/// What is behind a redirect's body before ferry stops reading it: a short one keeps the connection usable.
const REDIRECT_BODY_LIMIT: u64 = 64 * 1024;

/// A task on the wire, over all its hops.
pub struct Live {
    pub report: Box<dyn Report>,
    pub config: Arc<Config>,
    pub source: Option<Source>,
    pub sink: Sink,
    /// libcurl asks for content codings and undoes them.
    pub decodes: bool,
    pub meter: Meter,
    pub hop: Hop,
}

/// What is new with every hop.
#[derive(Default)]
pub struct Hop {
    pub headers: ResponseHeaders,
    /// The headers, once they are the final response's.
    pub final_headers: Option<Arc<Headers>>,
    /// The response sends us elsewhere.
    pub redirects: bool,
    /// Why a callback stopped the transfer.
    pub failure: Option<Failure>,
    /// An address was refused.
    pub refused_address: bool,
    /// Last byte in either direction; None until the connection stands.
    pub last_activity: Option<Instant>,
    /// Round trip of the connection when the response began: it may be closed when the transfer is over.
    pub rtt_us: Option<u32>,
    /// Bytes of the response body.
    pub received: u64,
    /// How many there will be; 0 while unknown.
    expected: u64,
    sent: u64,
}

impl Live {
    fn fail(&mut self, failure: Failure) {
        self.hop.failure.get_or_insert(failure);
    }

    fn header_line(&mut self, line: &[u8], rtt_us: &dyn Fn() -> Option<u32>) -> Result<(), Failure> {
        self.touch();
        let complete = self.hop.headers.line(line).map_err(|error| Failure::Network(error.to_string()))?;
        if complete {
            self.hop.rtt_us = rtt_us();
            self.response_begins()?;
        }
        Ok(())
    }

    fn response_begins(&mut self) -> Result<(), Failure> {
        self.report.receiving();
        let headers = &self.hop.headers;
        self.hop.redirects = is_redirect(headers.status()) && headers.location().is_some();
        if self.hop.redirects {
            return Ok(());
        }
        let announced = self.expected_length();
        if let (Sink::File(file), Some(length)) = (&mut self.sink, announced) {
            // What libcurl cannot count it takes for unknown, and would read to the end of the connection.
            let countable = i64::try_from(length).is_ok();
            if !countable || length > self.config.max_download_size {
                return Err(Failure::TooLarge);
            }
            file.reserve(length)?;
        }
        self.hop.expected = announced.unwrap_or(0);
        let headers = Arc::new(Headers::new(self.hop.headers.clone()));
        self.hop.final_headers = Some(headers.clone());
        self.report.headers(headers);
        Ok(())
    }

    /// The length of the body that will be written; None while unknown, as when it is decoded on the way.
    fn expected_length(&self) -> Option<u64> {
        let headers = &self.hop.headers;
        let whole = headers.status() != 204 && headers.status() != 304;
        let as_sent = !self.decodes || !is_encoded(headers);
        headers.content_length().filter(|_| whole && as_sent)
    }

    fn body(&mut self, data: &[u8]) -> Result<(), Failure> {
        self.touch();
        self.hop.received += data.len() as u64;
        if self.hop.redirects {
            // A short write ends the transfer; the redirect is followed all the same.
            return if self.hop.received > REDIRECT_BODY_LIMIT { Err(Failure::Interrupted) } else { Ok(()) };
        }
        let (received, limits) = (self.hop.received, &self.config);
        match self.sink {
            Sink::File(_) if received > limits.max_download_size => return Err(Failure::TooLarge),
            Sink::Memory(_) if received > limits.max_response_body => {
                return Err(Failure::Network(format!("response body exceeds {} bytes", limits.max_response_body)));
            }
            _ => {}
        }
        match &mut self.sink {
            Sink::Memory(body) => {
                body.try_reserve(data.len()).map_err(|_| Failure::OutOfMemory)?;
                body.extend_from_slice(data);
            }
            Sink::File(file) => {
                file.write(data)?;
                self.progress(received, self.hop.expected);
            }
        }
        Ok(())
    }

    fn progress(&mut self, transferred: u64, expected: u64) {
        let now = self.hop.last_activity.unwrap_or_else(Instant::now);
        if let Some(progress) = self.meter.update(now, transferred, expected) {
            self.report.progress(progress);
        }
    }

    fn touch(&mut self) {
        self.hop.last_activity = Some(Instant::now());
    }
}

fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

/// Whether the body is in a coding that libcurl could undo, which changes its length.
fn is_encoded(headers: &ResponseHeaders) -> bool {
    headers.get_joined("Content-Encoding").is_some_and(|coding| !coding.trim().eq_ignore_ascii_case("identity"))
}

impl Exchange {
    /// Runs a callback behind the panic border; what it refuses becomes the failure of the transfer.
    fn guarded<T>(&mut self, name: &str, body: impl FnOnce(&mut Live) -> Result<T, Failure>) -> Option<T> {
        let live = self.live.as_mut()?;
        match catch_unwind(AssertUnwindSafe(|| {
            crate::fault::point(name);
            body(live)
        })) {
            Ok(Ok(value)) => Some(value),
            Ok(Err(failure)) => {
                live.fail(failure);
                None
            }
            Err(_) => {
                live.fail(Failure::Internal(format!("a fault in the {name} callback")));
                None
            }
        }
    }
}

impl Handler for Exchange {
    fn header(&mut self, data: &[u8]) -> bool {
        let probe = self.probe;
        self.guarded("header", |live| live.header_line(data, &|| probe.and_then(|probe| probe.rtt_us()))).is_some()
    }

    fn write(&mut self, data: &[u8]) -> Result<usize, WriteError> {
        // Anything but the whole length makes libcurl end the transfer.
        Ok(match self.guarded("write", |live| live.body(data)) {
            Some(()) => data.len(),
            None => usize::MAX,
        })
    }

    fn read(&mut self, data: &mut [u8]) -> Result<usize, ReadError> {
        self.guarded("read", |live| match &mut live.source {
            Some(source) => source.read(data).map_err(|_| Failure::FileRead),
            None => Ok(0),
        })
        .ok_or(ReadError::Abort)
    }

    fn seek(&mut self, whence: SeekFrom) -> SeekResult {
        let sought = self.guarded("seek", |live| {
            let SeekFrom::Start(position) = whence else { return Ok(false) };
            Ok(live.source.as_mut().is_some_and(|source| source.seek(position)))
        });
        if sought == Some(true) {
            SeekResult::Ok
        } else {
            SeekResult::Fail
        }
    }
}

impl Hooks for Exchange {
    fn probe(&mut self, probe: Probe) {
        self.probe = Some(probe);
    }

    fn sent(&mut self, bytes: u64) -> bool {
        let Some(live) = self.live.as_mut() else { return true };
        if bytes != live.hop.sent {
            live.hop.sent = bytes;
            live.touch();
            let expected = live.source.as_ref().map_or(0, Source::length);
            live.progress(bytes, expected);
        }
        true
    }

    fn may_connect(&mut self, address: IpAddr) -> bool {
        let Some(live) = self.live.as_mut() else { return false };
        // Behind a proxy the address is the proxy's, which the host chose.
        let allowed = live.config.proxy.is_some() || live.config.policy.check_address(address);
        live.hop.refused_address |= !allowed;
        allowed
    }

    fn request_starts(&mut self) -> bool {
        let Some(live) = self.live.as_mut() else { return false };
        live.touch();
        live.report.sending();
        true
    }

    fn panicked(&mut self) {
        if let Some(live) = self.live.as_mut() {
            live.fail(Failure::Internal("a fault in a libcurl callback".into()));
        }
    }
}
