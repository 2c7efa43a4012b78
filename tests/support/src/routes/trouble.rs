//! Responses that no good server gives.

use std::io;

use crate::exchange::{bad_parameter, size, Exchange, Flow};
use crate::pattern::Filler;
use crate::reply::{Framing, Reply};

const HEADERS_BOUND: usize = 64 << 20;
const BODY_BOUND: u64 = 2 << 30;

pub(super) fn never(ex: &mut Exchange<'_>) -> io::Result<Flow> {
    ex.wait_at_gate(&ex.gate_name("never"))?;
    Ok(Flow::Drop)
}

/// Sends the head with the length of the whole, and the first part of the body.
fn begin_part(ex: &mut Exchange<'_>, part: &str, whole: &str) -> io::Result<(u64, u64)> {
    let (part, whole) = (size(part)?, size(whole)?);
    if part > whole {
        return Err(bad_parameter("the part is larger than the whole"));
    }
    let framing = match ex.head.flag("chunked") {
        true => Framing::Chunked,
        false => Framing::Length(whole),
    };
    let reply = ex.reply(200);
    ex.begin(reply, framing, b"")?;
    ex.fill(Filler::Pattern, 0, part)?;
    Ok((part, whole))
}

pub(super) fn stall(ex: &mut Exchange<'_>, part: &str, whole: &str) -> io::Result<Flow> {
    let (part, whole) = begin_part(ex, part, whole)?;
    ex.wait_at_gate(&ex.gate_name("stall"))?;
    ex.fill(Filler::Pattern, part, whole - part)?;
    if ex.head.flag("chunked") {
        ex.end_chunks()?;
    }
    Ok(ex.done())
}

pub(super) fn cut(ex: &mut Exchange<'_>, part: &str, whole: &str, end: Flow) -> io::Result<Flow> {
    begin_part(ex, part, whole)?;
    Ok(end)
}

pub(super) fn short_length(ex: &mut Exchange<'_>, said: &str, sent: &str) -> io::Result<Flow> {
    let (said, sent) = (size(said)?, size(sent)?);
    let reply = ex.reply(200);
    ex.begin(reply, Framing::Length(said), b"")?;
    ex.fill(Filler::Pattern, 0, sent)?;
    Ok(Flow::Close)
}

/// Content-Length headers with the texts of the query, as they are.
pub(super) fn wrong_length(ex: &mut Exchange<'_>) -> io::Result<Flow> {
    let mut reply = ex.reply(200);
    let mut values: Vec<String> = ex.head.params("value").collect();
    if values.is_empty() {
        values.push("12x".to_owned());
    }
    for value in values {
        reply = reply.header("Content-Length", value);
    }
    ex.begin(reply, Framing::Own, b"twelve bytes")?;
    Ok(Flow::Close)
}

pub(super) fn bad_chunk(ex: &mut Exchange<'_>) -> io::Result<Flow> {
    let rest: &[u8] = match ex.head.param("kind").as_deref().unwrap_or("size") {
        // Not a number.
        "size" => b"xyz\r\nhello\r\n0\r\n\r\n",
        // Longer than said.
        "long" => b"5\r\nhello world\r\n0\r\n\r\n",
        // Larger than any number.
        "huge" => b"fffffffffffffffffffff\r\nhello",
        "negative" => b"-5\r\nhello\r\n0\r\n\r\n",
        // The last chunk does not come.
        "end" => b"5\r\nhello\r\n",
        // The connection ends inside a chunk.
        "cut" => b"64\r\nhello",
        other => return Err(bad_parameter(&format!("no bad chunk {other:?}"))),
    };
    let reply = ex.reply(200);
    ex.begin(reply, Framing::Chunked, b"")?;
    ex.write(b"good")?;
    ex.conn.write(rest)?;
    Ok(Flow::Close)
}

pub(super) fn endless_headers(ex: &mut Exchange<'_>) -> io::Result<Flow> {
    ex.conn.write(b"HTTP/1.1 200 OK\r\n")?;
    let mut block = Vec::new();
    for number in 0..1000 {
        block.extend_from_slice(format!("X-Endless-{number}: and more\r\n").as_bytes());
    }
    let mut sent = 0;
    while sent < HEADERS_BOUND {
        ex.conn.write(&block)?;
        sent += block.len();
    }
    Ok(Flow::Drop)
}

pub(super) fn endless_body(ex: &mut Exchange<'_>) -> io::Result<Flow> {
    let framing = match ex.head.flag("chunked") {
        true => Framing::Chunked,
        false => Framing::UntilClose,
    };
    let reply = ex.reply(200);
    ex.begin(reply, framing, b"")?;
    ex.fill(Filler::Pattern, 0, BODY_BOUND)?;
    Ok(Flow::Drop)
}

pub(super) fn garbage(ex: &mut Exchange<'_>) -> io::Result<Flow> {
    match ex.head.param("kind").as_deref().unwrap_or("ssh") {
        "ssh" => ex.conn.write(b"SSH-2.0-NotHTTP_1.0\r\n\x00\x01\x02\xff")?,
        "binary" => ex.conn.write(Filler::Pattern.slice(0, 4096))?,
        "version" => ex.conn.write(b"HTTP/7.3 200 OK\r\n\r\nhello")?,
        "status" => ex.conn.write(b"HTTP/1.1 abc OK\r\n\r\nhello")?,
        "nul" => {
            let reply = Reply::new(200).raw(b"X-Nul: a\0b\r\n");
            ex.begin(reply, Framing::Length(5), b"hello")?;
        }
        // The end comes before the end of the head.
        "head" => ex.conn.write(b"HTTP/1.1 200 OK\r\nContent-Le")?,
        "nothing" => {}
        other => return Err(bad_parameter(&format!("no garbage {other:?}"))),
    }
    Ok(Flow::Close)
}
