//! Routes that read a request's body, or stop reading it.

use std::io;

use serde_json::json;

use crate::exchange::{bad_parameter, size, Exchange, Flow};
use crate::receipt::Receipt;

pub(super) fn echo(ex: &mut Exchange<'_>) -> io::Result<Flow> {
    if ex.head.param("expect").as_deref() == Some("417") && ex.head.expects_continue {
        ex.close = true;
        return ex.send_text(417, "no expectations, please");
    }
    let mut receipt = Receipt::new(&ex.head);
    while let Some(piece) = ex.read_body(u64::MAX)? {
        receipt.feed(piece);
    }
    let (status, answer) = receipt.finish(&ex.head, ex.conn.id);
    ex.send_json(status, &answer)
}

pub(super) fn sink(ex: &mut Exchange<'_>) -> io::Result<Flow> {
    let length = ex.discard()?;
    ex.send_json(200, &json!({ "bodyLength": length }))
}

pub(super) fn slow_sink(ex: &mut Exchange<'_>) -> io::Result<Flow> {
    let piece = ex.head.number("chunk").unwrap_or(64 * 1024).max(1);
    let every = ex.head.number("every").unwrap_or(10);
    let mut length = 0;
    while let Some(bytes) = ex.read_body(piece)? {
        length += bytes.len() as u64;
        ex.pause(every)?;
    }
    ex.send_json(200, &json!({ "bodyLength": length }))
}

pub(super) fn stop_reading(ex: &mut Exchange<'_>, count: &str) -> io::Result<Flow> {
    ex.read_some(size(count)?)?;
    ex.wait_at_gate(&ex.gate_name("stop-reading"))?;
    sink(ex)
}

pub(super) fn reset(ex: &mut Exchange<'_>, count: &str) -> io::Result<Flow> {
    ex.read_some(size(count)?)?;
    Ok(Flow::Reset)
}

pub(super) fn early(ex: &mut Exchange<'_>, status: &str, count: &str) -> io::Result<Flow> {
    let status = status.parse().map_err(|_| bad_parameter("not a status code"))?;
    ex.read_some(size(count)?)?;
    ex.close = true;
    ex.send_text(status, "that is enough")?;
    // Closing with bytes unread makes the kernel send a reset.
    Ok(if ex.head.flag("abrupt") { Flow::Drop } else { Flow::Close })
}
