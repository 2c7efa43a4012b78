//! Gates, counters, and control by HTTP for when the server is a program.

use std::io;

use serde_json::{json, Value};

use crate::exchange::{bad_parameter, Exchange, Flow};
use crate::pattern::{parse_size, Filler};
use crate::reply::Framing;
use crate::state::State;

/// Holds the response at a place until its gate opens.
pub(super) fn gate(ex: &mut Exchange<'_>, name: &str) -> io::Result<Flow> {
    let length = ex.head.number("size").unwrap_or(1024);
    let hold = ex.head.param("hold").unwrap_or_else(|| "headers".to_owned());
    let reply = ex.reply(200);
    let framing = Framing::Length(length);
    if hold == "request" {
        ex.wait_at_gate(name)?;
    }
    ex.drain()?;
    let before = match hold.as_str() {
        "request" | "headers" => {
            if hold == "headers" {
                ex.wait_at_gate(name)?;
            }
            ex.begin(reply, framing, b"")?;
            0
        }
        count => {
            let count = match count {
                "body" => 0,
                count => parse_size(count)
                    .filter(|count| *count <= length)
                    .ok_or_else(|| bad_parameter("hold is request, headers, body or a size"))?,
            };
            ex.begin(reply, framing, b"")?;
            ex.fill(Filler::Pattern, 0, count)?;
            ex.wait_at_gate(name)?;
            count
        }
    };
    ex.fill(Filler::Pattern, before, length - before)?;
    Ok(ex.done())
}

pub(super) fn change_gate(ex: &mut Exchange<'_>, change: impl FnOnce(&mut State)) -> io::Result<Flow> {
    ex.conn.shared.update(change);
    ex.send_text(200, "done\n")
}

pub(super) fn quit(ex: &mut Exchange<'_>) -> io::Result<Flow> {
    ex.close = true;
    let flow = ex.send_text(200, "bye\n")?;
    ex.conn.shared.update(|state| state.quit = true);
    Ok(flow)
}

pub(super) fn send_stats(ex: &mut Exchange<'_>) -> io::Result<Flow> {
    let answer = stats(&ex.conn.shared.lock());
    ex.send_json(200, &answer)
}

pub(crate) fn stats(state: &State) -> Value {
    json!({
        "connectionsAccepted": state.connections_accepted,
        "connectionsOpen": state.connections_open,
        "handshakesFailed": state.handshakes_failed,
        "requestsReceived": state.requests_received,
        "requestsAnswered": state.requests_answered,
        "requestsDropped": state.requests_dropped,
        "requestsLost": state.requests_lost,
        "bodyBytesReceived": state.body_bytes_received,
        "bodyBytesSent": state.body_bytes_sent,
    })
}

pub(super) fn requests(ex: &mut Exchange<'_>) -> io::Result<Flow> {
    let answer: Vec<Value> = ex
        .conn
        .shared
        .lock()
        .requests()
        .map(|request| {
            json!({
                "connection": request.connection,
                "version": request.version,
                "method": request.method,
                "target": request.target,
                "headers": request.headers,
                "bodyLength": request.body_length,
                "bodyComplete": request.body_complete,
                "outcome": format!("{:?}", request.outcome).to_lowercase(),
            })
        })
        .collect();
    ex.send_json(200, &Value::Array(answer))
}
