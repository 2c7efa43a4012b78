use std::borrow::Cow;
use std::fmt;

/// The server sent more headers than ferry keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeadersTooLarge;

impl fmt::Display for HeadersTooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("too many or too large response headers")
    }
}

impl std::error::Error for HeadersTooLarge {}

/// Counted over all blocks of a response, so that endless 1xx answers end as well.
const MAX_BYTES: usize = 512 * 1024;
const MAX_LINES: usize = 1000;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// Before the first status line, or after a block that is dropped.
    #[default]
    Waiting,
    Block,
    /// The block of a response has ended. Later lines are trailers.
    Ended,
}

/// The end of a name and of the value behind it in `text`; a header begins where the one before it ends.
#[derive(Clone, Copy, Debug)]
struct Entry {
    name_end: u32,
    value_end: u32,
    /// The value was not UTF-8 and is decoded byte by byte.
    latin1: bool,
}

/// The status and headers of the final response, collected from libcurl's header lines. One string and a few offsets, because
/// a host may keep very many results.
#[derive(Clone, Debug, Default)]
pub struct ResponseHeaders {
    text: String,
    entries: Vec<Entry>,
    status: u16,
    state: State,
    through_proxy: bool,
    bytes: usize,
    lines: usize,
}

impl ResponseHeaders {
    pub fn new() -> ResponseHeaders {
        ResponseHeaders::default()
    }

    /// For a transfer whose CONNECT answers come in front of the response: a later block replaces an ended one. Call
    /// [`end`](Self::end) when the body begins, so that a trailer cannot pass for a block.
    pub fn through_proxy() -> ResponseHeaders {
        ResponseHeaders { through_proxy: true, ..ResponseHeaders::default() }
    }

    /// Takes one line as libcurl gives it. `Ok(true)` when it ended a block that is the final response (through a
    /// proxy: that may be).
    pub fn line(&mut self, line: &[u8]) -> Result<bool, HeadersTooLarge> {
        self.lines = self.lines.saturating_add(1);
        self.bytes = self.bytes.saturating_add(line.len());
        if self.lines > MAX_LINES || self.bytes > MAX_BYTES {
            return Err(HeadersTooLarge);
        }
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match self.state {
            State::Ended if !self.through_proxy => {}
            State::Waiting | State::Ended => {
                if let Some(status) = parse_status(line) {
                    self.begin(status);
                }
            }
            State::Block => match (line, parse_status(line)) {
                (b"", _) => return Ok(self.end_block()),
                (_, Some(status)) => self.begin(status),
                ([b' ' | b'\t', ..], None) => self.continue_value(line),
                (_, None) => self.header(line),
            },
        }
        Ok(false)
    }

    /// The body has begun: whatever comes now is a trailer.
    pub fn end(&mut self) {
        self.through_proxy = false;
    }

    /// The status code, 0 while there is none.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Names as the server sent them, repeats and order kept.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.raw().map(|(name, value, _)| (name, value))
    }

    /// All values of a header, joined by `,`.
    pub fn get_joined(&self, name: &str) -> Option<String> {
        let mut values = self.values(name);
        let mut joined = values.next()?.to_string();
        for value in values {
            joined.push(',');
            joined.push_str(value);
        }
        Some(joined)
    }

    /// Each header once, where and as it was first named, with its joined value.
    pub fn joined(&self) -> Vec<(&str, String)> {
        let mut all: Vec<(&str, String)> = Vec::with_capacity(self.entries.len());
        for (name, value) in self.iter() {
            match all.iter_mut().find(|(n, _)| n.eq_ignore_ascii_case(name)) {
                Some((_, joined)) => {
                    joined.push(',');
                    joined.push_str(value);
                }
                None => all.push((name, value.to_string())),
            }
        }
        all
    }

    /// Each `Set-Cookie` value.
    pub fn cookies(&self) -> Vec<&str> {
        self.values("Set-Cookie").collect()
    }

    pub fn content_type(&self) -> Option<&str> {
        self.values("Content-Type").next()
    }

    /// The first `Location`, in the bytes the server sent. An empty one is none.
    pub fn location(&self) -> Option<Cow<'_, [u8]>> {
        let (_, value, latin1) = self.raw().find(|(name, ..)| name.eq_ignore_ascii_case("Location"))?;
        if value.is_empty() {
            return None;
        }
        // A fold may have mixed both decodings: then the text as it is.
        let sent = || value.chars().map(|c| u8::try_from(c).ok()).collect();
        let bytes: Option<Vec<u8>> = latin1.then(sent).flatten();
        Some(bytes.map_or(Cow::Borrowed(value.as_bytes()), Cow::Owned))
    }

    /// `Content-Length`, when every one of them says the same number; a larger one than fits counts as the largest.
    pub fn content_length(&self) -> Option<u64> {
        let mut lengths = self.values("Content-Length").map(|value| {
            let digits = !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit());
            digits.then(|| value.parse::<u64>().unwrap_or(u64::MAX))
        });
        let first = lengths.next()??;
        lengths.all(|length| length == Some(first)).then_some(first)
    }

    /// What the headers keep on the heap.
    pub fn held_bytes(&self) -> usize {
        self.text.capacity() + self.entries.capacity() * size_of::<Entry>()
    }

    fn raw(&self) -> impl Iterator<Item = (&str, &str, bool)> {
        let mut start = 0;
        self.entries.iter().map(move |entry| {
            let (name_end, value_end) = (entry.name_end as usize, entry.value_end as usize);
            let name = &self.text[start..name_end];
            start = value_end;
            (name, &self.text[name_end..value_end], entry.latin1)
        })
    }

    fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.iter().filter(move |(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    fn begin(&mut self, status: u16) {
        self.text.clear();
        self.entries.clear();
        self.status = status;
        self.state = State::Block;
    }

    fn end_block(&mut self) -> bool {
        if self.status < 200 {
            self.begin(0);
            self.state = State::Waiting;
            return false;
        }
        self.text.shrink_to_fit();
        self.entries.shrink_to_fit();
        self.state = State::Ended;
        true
    }

    fn header(&mut self, line: &[u8]) {
        let Some(colon) = line.iter().position(|&b| b == b':') else {
            return;
        };
        let (name, value) = (line[..colon].trim_ascii(), line[colon + 1..].trim_ascii());
        if name.is_empty() {
            return;
        }
        push_decoded(&mut self.text, name);
        let name_end = offset(&self.text);
        let latin1 = push_decoded(&mut self.text, value);
        self.entries.push(Entry { name_end, value_end: offset(&self.text), latin1 });
    }

    /// A line that begins with white space goes on with the value before it (RFC 9112, obs-fold).
    fn continue_value(&mut self, line: &[u8]) {
        let Some(last) = self.entries.last_mut() else {
            return;
        };
        let more = line.trim_ascii();
        if more.is_empty() {
            return;
        }
        if last.value_end > last.name_end {
            self.text.push(' ');
        }
        last.latin1 |= push_decoded(&mut self.text, more);
        last.value_end = offset(&self.text);
    }
}

/// `HTTP/1.1 200 OK` or `HTTP/2 200`.
fn parse_status(line: &[u8]) -> Option<u16> {
    let rest = line.strip_prefix(b"HTTP/")?;
    let space = rest.iter().position(|&b| b == b' ')?;
    let (version, rest) = rest.split_at(space);
    if version.is_empty() || !version.iter().all(|b| b.is_ascii_digit() || *b == b'.') {
        return None;
    }
    let code = rest.trim_ascii_start();
    match code {
        [a, b, c] | [a, b, c, b' ', ..] if [a, b, c].iter().all(|d| d.is_ascii_digit()) => {
            let digit = |d: &u8| u16::from(d - b'0');
            Some(digit(a) * 100 + digit(b) * 10 + digit(c))
        }
        _ => None,
    }
}

/// Says whether the bytes were not UTF-8 and so taken as latin-1.
fn push_decoded(text: &mut String, bytes: &[u8]) -> bool {
    match std::str::from_utf8(bytes) {
        Ok(utf8) => {
            text.push_str(utf8);
            false
        }
        Err(_) => {
            text.extend(bytes.iter().copied().map(char::from));
            true
        }
    }
}

/// Fits: a byte becomes at most two, and their number is bounded.
fn offset(text: &str) -> u32 {
    text.len() as u32
}
