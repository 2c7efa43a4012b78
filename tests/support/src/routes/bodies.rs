//! Bodies that arrive as they should.

use std::io::{self, Write};

use flate2::write::{GzEncoder, ZlibEncoder};
use flate2::Compression;

use crate::exchange::{size, Exchange, Flow};
use crate::pattern::Filler;
use crate::reply::Framing;

/// Compressed bodies of up to this many plain bytes have a Content-Length; longer ones are chunked.
const COMPRESSED_AT_ONCE: u64 = 8 << 20;
const CHUNK: u64 = 64 * 1024;

pub(super) fn bytes(ex: &mut Exchange<'_>, count: &str) -> io::Result<Flow> {
    let count = size(count)?;
    let tag = format!("\"{count}\"");
    let wanted = match ex.head.header("range") {
        Some(range) if !ex.head.flag("norange") => {
            let same = ex.head.header("if-range").is_none_or(|value| value == tag);
            same.then(|| parse_range(range, count)).flatten()
        }
        _ => None,
    };
    let (status, first, length) = match wanted {
        None => (200, 0, count),
        Some(Ok((first, length))) => (206, first, length),
        Some(Err(())) => {
            let reply = ex.reply(416);
            return ex.send(reply.header("Content-Range", format!("bytes */{count}")), b"");
        }
    };
    let mut reply = ex.reply(status).header("Accept-Ranges", "bytes");
    reply = reply.header("ETag", tag);
    if status == 206 {
        let range = format!("bytes {first}-{}/{count}", first + length - 1);
        reply = reply.header("Content-Range", range);
    }
    let start = Filler::Pattern.slice(first, length);
    ex.begin(reply, Framing::Length(length), start)?;
    let sent = start.len() as u64;
    ex.fill(Filler::Pattern, first + sent, length - sent)?;
    Ok(ex.done())
}

/// First place and length of a single range; None for what may be ignored.
pub(crate) fn parse_range(value: &str, whole: u64) -> Option<Result<(u64, u64), ()>> {
    let (first, last) = value.strip_prefix("bytes=")?.split_once('-')?;
    if first.is_empty() {
        let count = last.parse::<u64>().ok()?.min(whole);
        return Some(match count {
            0 => Err(()),
            count => Ok((whole - count, count)),
        });
    }
    let first: u64 = first.parse().ok()?;
    let last = match last {
        "" => u64::MAX,
        last => last.parse().ok()?,
    };
    if last < first {
        return None;
    }
    Some(if first < whole { Ok((first, last.min(whole - 1) - first + 1)) } else { Err(()) })
}

pub(super) fn zeros(ex: &mut Exchange<'_>, count: &str) -> io::Result<Flow> {
    let count = size(count)?;
    let start = Filler::Zeros.slice(0, count);
    let reply = ex.reply(200);
    ex.begin(reply, Framing::Length(count), start)?;
    let sent = start.len() as u64;
    ex.fill(Filler::Zeros, sent, count - sent)?;
    Ok(ex.done())
}

pub(super) fn chunked(ex: &mut Exchange<'_>, count: &str) -> io::Result<Flow> {
    let count = size(count)?;
    let piece = ex.head.number("chunk").unwrap_or(CHUNK).max(1);
    let reply = ex.reply(200);
    ex.begin(reply, Framing::Chunked, b"")?;
    let mut done = 0;
    while done < count {
        let bytes = Filler::Pattern.slice(done, piece.min(count - done));
        ex.write(bytes)?;
        done += bytes.len() as u64;
    }
    ex.end_chunks()?;
    Ok(ex.done())
}

pub(super) fn until_close(ex: &mut Exchange<'_>, count: &str) -> io::Result<Flow> {
    let count = size(count)?;
    let reply = ex.reply(200);
    ex.begin(reply, Framing::UntilClose, b"")?;
    ex.fill(Filler::Pattern, 0, count)?;
    Ok(ex.done())
}

pub(super) fn gzip(ex: &mut Exchange<'_>, count: &str) -> io::Result<Flow> {
    if !accepts(ex, "gzip") {
        return bytes(ex, count);
    }
    compressed(ex, size(count)?, "gzip", Filler::Pattern)
}

pub(super) fn deflate(ex: &mut Exchange<'_>, count: &str) -> io::Result<Flow> {
    if !accepts(ex, "deflate") {
        return bytes(ex, count);
    }
    compressed(ex, size(count)?, "deflate", Filler::Pattern)
}

pub(super) fn bomb(ex: &mut Exchange<'_>, count: &str) -> io::Result<Flow> {
    let count = size(count)?;
    if !accepts(ex, "gzip") {
        return ex.send_text(406, "only in gzip, and that was not asked for");
    }
    compressed(ex, count, "gzip", Filler::Zeros)
}

fn accepts(ex: &Exchange<'_>, coding: &str) -> bool {
    let asked = ex.head.header("accept-encoding").unwrap_or_default();
    let named = asked.split(',').any(|item| item.split(';').next().unwrap_or_default().trim() == coding);
    named || ex.head.flag("force")
}

fn compressed(ex: &mut Exchange<'_>, count: u64, coding: &'static str, filler: Filler) -> io::Result<Flow> {
    let reply = ex.reply(200).header("Content-Encoding", coding);
    if filler == Filler::Pattern && count <= COMPRESSED_AT_ONCE {
        let mut whole = Vec::new();
        compress(&mut whole, count, coding, filler)?;
        return ex.send(reply, &whole);
    }
    ex.begin(reply, Framing::Chunked, b"")?;
    let out = io::BufWriter::with_capacity(CHUNK as usize, Chunks(ex));
    compress(out, count, coding, filler)?;
    ex.end_chunks()?;
    Ok(ex.done())
}

fn compress(out: impl Write, count: u64, coding: &str, filler: Filler) -> io::Result<()> {
    if coding == "gzip" {
        let mut encoder = GzEncoder::new(out, Compression::fast());
        generate(&mut encoder, count, filler)?;
        encoder.finish()?.flush()
    } else {
        let mut encoder = ZlibEncoder::new(out, Compression::fast());
        generate(&mut encoder, count, filler)?;
        encoder.finish()?.flush()
    }
}

fn generate(out: &mut impl Write, count: u64, filler: Filler) -> io::Result<()> {
    let mut done = 0;
    while done < count {
        let piece = filler.slice(done, count - done);
        out.write_all(piece)?;
        done += piece.len() as u64;
    }
    Ok(())
}

struct Chunks<'e, 'c>(&'e mut Exchange<'c>);

impl Write for Chunks<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::parse_range;

    #[test]
    fn ranges() {
        assert_eq!(parse_range("bytes=0-9", 100), Some(Ok((0, 10))));
        assert_eq!(parse_range("bytes=90-", 100), Some(Ok((90, 10))));
        assert_eq!(parse_range("bytes=90-500", 100), Some(Ok((90, 10))));
        assert_eq!(parse_range("bytes=-7", 100), Some(Ok((93, 7))));
        assert_eq!(parse_range("bytes=100-", 100), Some(Err(())));
        assert_eq!(parse_range("bytes=1-2,5-6", 100), None);
        assert_eq!(parse_range("bytes=9-3", 100), None);
    }
}
