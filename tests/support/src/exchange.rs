//! One request and its response.

use std::io;
use std::time::Duration;

use crate::conn::{invalid, Conn};
use crate::head::{Head, Length};
use crate::pattern::{parse_size, Filler};
use crate::reply::{Framing, Reply};

/// Bodies up to this size go out together with their head.
const TOGETHER: usize = 64 * 1024;

/// What becomes of the connection after the exchange.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Flow {
    KeepAlive,
    /// In good order, after all that was written has arrived.
    Close,
    /// At once, without TLS close_notify.
    Drop,
    Reset,
    /// Looks kept alive, and is closed without an answer when the next request arrives.
    CloseOnNext,
}

#[derive(Clone, Copy)]
enum Unread {
    Sized(u64),
    ChunkHead,
    Chunk(u64),
    ChunkEnd,
    Nothing,
}

pub(crate) struct Exchange<'a> {
    pub conn: &'a mut Conn,
    pub head: Head,
    pub close: bool,
    id: u64,
    unread: Unread,
    continue_due: bool,
    answering: bool,
    chunked: bool,
}

impl<'a> Exchange<'a> {
    pub fn new(conn: &'a mut Conn, head: Head, id: u64) -> Self {
        let unread = match head.length {
            Length::None => Unread::Sized(0),
            Length::Sized(n) => Unread::Sized(n),
            Length::Chunked => Unread::ChunkHead,
        };
        Exchange {
            id,
            close: !head.keep_alive,
            continue_due: head.expects_continue && !head.flag("nocontinue"),
            conn,
            head,
            unread,
            answering: false,
            chunked: false,
        }
    }

    /// The next piece of the request's body, at most `limit` bytes; None at its end.
    pub fn read_body(&mut self, limit: u64) -> io::Result<Option<&[u8]>> {
        loop {
            match self.unread {
                Unread::Nothing => return Ok(None),
                Unread::Sized(0) => {
                    self.unread = Unread::Nothing;
                    self.conn.shared.body_complete(self.id);
                }
                Unread::Sized(left) => {
                    let bytes = self.read_piece(left.min(limit))?;
                    self.unread = Unread::Sized(left - bytes);
                    return Ok(Some(self.conn.last(bytes)));
                }
                Unread::ChunkHead => {
                    self.send_continue()?;
                    let line = self.conn.read_line()?;
                    let size = std::str::from_utf8(&line)
                        .ok()
                        .and_then(|line| line.split(';').next())
                        .and_then(|size| u64::from_str_radix(size.trim(), 16).ok())
                        .ok_or_else(|| invalid("a chunk's size is no number"))?;
                    if size > 0 {
                        self.unread = Unread::Chunk(size);
                        continue;
                    }
                    while !self.conn.read_line()?.is_empty() {}
                    self.unread = Unread::Sized(0);
                }
                Unread::Chunk(left) => {
                    let bytes = self.read_piece(left.min(limit))?;
                    self.unread = match left - bytes {
                        0 => Unread::ChunkEnd,
                        left => Unread::Chunk(left),
                    };
                    return Ok(Some(self.conn.last(bytes)));
                }
                Unread::ChunkEnd => {
                    if !self.conn.read_line()?.is_empty() {
                        return Err(invalid("a chunk is longer than its size"));
                    }
                    self.unread = Unread::ChunkHead;
                }
            }
        }
    }

    fn read_piece(&mut self, limit: u64) -> io::Result<u64> {
        self.send_continue()?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        if self.conn.buffered() == 0 && self.conn.fill(limit)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let shared = self.conn.shared.clone();
        let piece = self.conn.take(limit);
        shared.body_received(self.id, piece);
        Ok(piece.len() as u64)
    }

    fn send_continue(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.continue_due) && !self.answering {
            self.conn.write(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        Ok(())
    }

    /// Reads the rest of the body away.
    pub fn drain(&mut self) -> io::Result<u64> {
        let mut length = 0;
        while let Some(piece) = self.read_body(u64::MAX)? {
            length += piece.len() as u64;
        }
        Ok(length)
    }

    /// As `drain`, without a look at what comes after the first piece.
    pub fn discard(&mut self) -> io::Result<u64> {
        let mut length = self.read_body(u64::MAX)?.map_or(0, <[u8]>::len) as u64;
        while let Unread::Sized(left @ 1..) = self.unread {
            let Some(skipped) = self.conn.skip(left)? else { break };
            if skipped == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.conn.shared.body_skipped(self.id, skipped);
            self.unread = Unread::Sized(left - skipped);
            length += skipped;
        }
        Ok(length + self.drain()?)
    }

    /// Reads exactly `count` bytes of the body, or all of a shorter one.
    pub fn read_some(&mut self, count: u64) -> io::Result<()> {
        let mut left = count;
        while left > 0 {
            match self.read_body(left)? {
                Some(piece) => left -= piece.len() as u64,
                None => break,
            }
        }
        Ok(())
    }

    /// Begins a response, with the parameters that every route knows: status, type, name, set.
    pub fn reply(&self, status: u16) -> Reply {
        let head = &self.head;
        if head.query.is_empty() {
            return Reply::new(status);
        }
        let status = head.number("status").map_or(status, |status| status as u16);
        let mut reply = Reply::new(status);
        if let Some(kind) = head.param("type") {
            reply = reply.header("Content-Type", kind);
        }
        if let Some(name) = head.param("name") {
            let value = format!("attachment; filename=\"{name}\"");
            reply = reply.header("Content-Disposition", value);
        }
        for line in head.params("set") {
            reply = reply.raw(line).raw("\r\n");
        }
        reply
    }

    /// Writes the head, and what is at hand of the body with it.
    pub fn begin(&mut self, reply: Reply, framing: Framing, first: &[u8]) -> io::Result<()> {
        self.chunked = framing == Framing::Chunked;
        if framing == Framing::UntilClose {
            self.close = true;
        }
        self.answering = true;
        let silent = reply.bodyless() || self.head.method == "HEAD";
        let mut bytes = reply.finish(framing, self.close);
        if silent || first.is_empty() {
            return self.conn.write(&bytes);
        }
        if first.len() <= TOGETHER && !self.chunked {
            bytes.extend_from_slice(first);
            self.count_sent(first);
            return self.conn.write(&bytes);
        }
        self.conn.write(&bytes)?;
        self.write(first)
    }

    /// A whole response with a body of known length.
    pub fn send(&mut self, reply: Reply, body: &[u8]) -> io::Result<Flow> {
        self.begin(reply, Framing::Length(body.len() as u64), body)?;
        Ok(self.done())
    }

    pub fn send_json(&mut self, status: u16, value: &serde_json::Value) -> io::Result<Flow> {
        let reply = self.reply(status);
        let reply = match self.head.param("type") {
            Some(_) => reply,
            None => reply.header("Content-Type", "application/json"),
        };
        self.send(reply, value.to_string().as_bytes())
    }

    pub fn send_text(&mut self, status: u16, text: &str) -> io::Result<Flow> {
        let reply = self.reply(status);
        self.send(reply, text.as_bytes())
    }

    /// Body bytes, as a chunk when the response is chunked.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.head.method == "HEAD" || bytes.is_empty() {
            return Ok(());
        }
        self.count_sent(bytes);
        if self.chunked {
            let mut chunk = format!("{:x}\r\n", bytes.len()).into_bytes();
            chunk.extend_from_slice(bytes);
            chunk.extend_from_slice(b"\r\n");
            return self.conn.write(&chunk);
        }
        self.conn.write(bytes)
    }

    /// `length` generated bytes beginning at `offset` of the whole.
    pub fn fill(&mut self, filler: Filler, offset: u64, length: u64) -> io::Result<()> {
        if self.head.method == "HEAD" {
            return Ok(());
        }
        let mut done = 0;
        while filler == Filler::Zeros && !self.chunked && done < length {
            let Some(sent) = self.conn.write_zeros(length - done)? else { break };
            self.conn.shared.update(|state| state.body_bytes_sent += sent);
            done += sent;
        }
        while done < length {
            let piece = filler.slice(offset + done, length - done);
            self.write(piece)?;
            done += piece.len() as u64;
        }
        Ok(())
    }

    /// Ends a chunked body.
    pub fn end_chunks(&mut self) -> io::Result<()> {
        if self.head.method == "HEAD" {
            return Ok(());
        }
        self.conn.write(b"0\r\n\r\n")
    }

    fn count_sent(&self, bytes: &[u8]) {
        self.conn.shared.update(|state| state.body_bytes_sent += bytes.len() as u64);
    }

    pub fn done(&self) -> Flow {
        if self.close {
            Flow::Close
        } else {
            Flow::KeepAlive
        }
    }

    /// Tells a client, or the author of a test, what was wrong with the request.
    pub fn complain(&mut self, why: &str) {
        if !self.answering {
            self.close = true;
            let _ = self.send(Reply::new(400), why.as_bytes());
        }
    }

    pub fn pause(&self, milliseconds: u64) -> io::Result<()> {
        let time = Duration::from_millis(milliseconds);
        self.conn.shared.pause(&self.conn.socket, time)
    }

    pub fn wait_at_gate(&self, name: &str) -> io::Result<()> {
        self.conn.shared.wait_at_gate(&self.conn.socket, name)
    }

    /// The gate of the `gate` parameter, or the route's own.
    pub fn gate_name(&self, route: &str) -> String {
        self.head.param("gate").unwrap_or_else(|| route.to_owned())
    }
}

/// A size in the path.
pub(crate) fn size(text: &str) -> io::Result<u64> {
    parse_size(text).ok_or_else(|| bad_parameter(&format!("{text:?} is not a size")))
}

/// A mistake of the test that asks, answered with 400.
pub(crate) fn bad_parameter(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, what)
}
