//! Answers that are right, but of every kind: statuses, headers, and their pace.

use std::io;

use base64::prelude::{Engine, BASE64_STANDARD};

use crate::exchange::{bad_parameter, size, Exchange, Flow};
use crate::pattern::Filler;
use crate::reply::{Framing, Reply};

/// Says what the query tells it to.
pub(super) fn say(ex: &mut Exchange<'_>) -> io::Result<Flow> {
    let body = match ex.head.param("b64") {
        // A plus sign in a query reads as a space.
        Some(coded) => {
            BASE64_STANDARD.decode(coded.replace(' ', "+")).map_err(|_| bad_parameter("b64 is not base64"))?
        }
        None => ex.head.param("body").unwrap_or_default().into_bytes(),
    };
    let reply = ex.reply(200);
    ex.send(reply, &body)
}

pub(super) fn status(ex: &mut Exchange<'_>, status: &str) -> io::Result<Flow> {
    let status: u16 = status
        .parse()
        .ok()
        .filter(|status| (200..1000).contains(status))
        .ok_or_else(|| bad_parameter("not a status code"))?;
    ex.send_text(status, &format!("status {status}\n"))
}

/// A short recording, as far as a client can tell: what the documentation's sample downloads.
pub(super) fn audio(ex: &mut Exchange<'_>) -> io::Result<Flow> {
    let reply = ex.reply(200).header("Content-Type", "audio/mpeg");
    let recording = Filler::Pattern.slice(0, 4096).to_vec();
    ex.send(reply, &recording)
}

pub(super) fn headers(ex: &mut Exchange<'_>) -> io::Result<Flow> {
    let long = ex.head.number("long").unwrap_or(8000) as usize;
    let mut reply = ex
        .reply(200)
        .raw("X-Repeat: one\r\nX-Between: here\r\nx-repeat: two\r\nX-REPEAT: three\r\n")
        .raw("X-Empty:\r\nX-No-Space:value\r\nX-Spaces: \t  in the middle   stays \t \r\n")
        .raw("x-lower: lower\r\nX-UPPER: UPPER\r\nX-Colons: a:b: c\r\n")
        .raw(b"X-Latin: caf\xe9\r\n")
        .raw("X-Utf8: 文件\r\n")
        .raw("Set-Cookie: a=1; Path=/\r\n")
        .raw("Set-Cookie: b=2; Expires=Wed, 21 Oct 2037 07:28:00 GMT; HttpOnly\r\n")
        .raw("set-cookie: c=\"x, y\"\r\n")
        .raw("X-Long: ")
        .raw(vec![b'a'; long])
        .raw("\r\n");
    if ex.head.param("fold").as_deref() != Some("0") {
        reply = reply.raw("X-Folded: first\r\n second\r\n\tthird\r\n");
    }
    ex.send(reply, b"headers\n")
}

pub(super) fn early_hints(ex: &mut Exchange<'_>) -> io::Result<Flow> {
    for number in 0..ex.head.number("count").unwrap_or(1) {
        let hint = Reply::new(103)
            .header("Link", format!("</style-{number}.css>; rel=preload"))
            .header("X-Hint", "not the final response");
        ex.conn.write(&hint.finish(Framing::Own, false))?;
    }
    let reply = ex.reply(200).header("X-Final", "yes");
    ex.send(reply, b"after the hints\n")
}

pub(super) fn delay(ex: &mut Exchange<'_>) -> io::Result<Flow> {
    ex.pause(ex.head.number("headers").unwrap_or(0))?;
    let reply = ex.reply(200);
    let body = b"delayed\n";
    ex.begin(reply, Framing::Length(body.len() as u64), b"")?;
    ex.pause(ex.head.number("body").unwrap_or(0))?;
    ex.write(body)?;
    Ok(ex.done())
}

pub(super) fn slow(ex: &mut Exchange<'_>, count: &str) -> io::Result<Flow> {
    let count = size(count)?;
    let piece = ex.head.number("chunk").unwrap_or(1024).max(1);
    let every = ex.head.number("every").unwrap_or(10);
    let reply = ex.reply(200);
    ex.begin(reply, Framing::Length(count), b"")?;
    let mut done = 0;
    while done < count {
        if done > 0 {
            ex.pause(every)?;
        }
        let length = piece.min(count - done);
        ex.fill(Filler::Pattern, done, length)?;
        done += length;
    }
    Ok(ex.done())
}
