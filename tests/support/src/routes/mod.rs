//! From path to behaviour. The README has the table.

mod bodies;
mod control;
mod plain;
mod redirects;
mod trouble;
mod uploads;

use std::io;

use crate::exchange::{Exchange, Flow};

pub(crate) use control::stats;
pub(crate) use redirects::{default_target, is_redirect};

pub(crate) fn dispatch(ex: &mut Exchange<'_>) -> io::Result<Flow> {
    let path = ex.head.path.clone();
    let words: Vec<&str> = path.split('/').skip(1).collect();

    // These decide themselves how much of the request's body they read.
    match words[..] {
        ["upload", ..] | ["echo", ..] => return uploads::echo(ex),
        ["sink"] => return uploads::sink(ex),
        ["slow-sink"] => return uploads::slow_sink(ex),
        ["stop-reading", count] => return uploads::stop_reading(ex, count),
        ["reset-upload", count] => return uploads::reset(ex, count),
        ["early-response", status, count] => return uploads::early(ex, status, count),
        ["gate", name] => return control::gate(ex, name),
        ["redirect", status] => return redirects::redirect(ex, status),
        _ => {}
    }

    ex.drain()?;
    match words[..] {
        ["bytes", count] => bodies::bytes(ex, count),
        ["zeros", count] => bodies::zeros(ex, count),
        ["chunked", count] => bodies::chunked(ex, count),
        ["close", count] => bodies::until_close(ex, count),
        ["gzip", count] => bodies::gzip(ex, count),
        ["deflate", count] => bodies::deflate(ex, count),
        ["gzipbomb", count] => bodies::bomb(ex, count),

        ["say"] => plain::say(ex),
        ["status", status] => plain::status(ex, status),
        ["audio", _] => plain::audio(ex),
        ["headers"] => plain::headers(ex),
        ["early-hints"] => plain::early_hints(ex),
        ["delay"] => plain::delay(ex),
        ["slow", count] => plain::slow(ex, count),

        ["redirect-chain", hops] => redirects::chain(ex, hops),
        ["redirect-loop"] => redirects::endless(ex),

        ["never"] => trouble::never(ex),
        ["stall-after", part, "of", whole] => trouble::stall(ex, part, whole),
        ["drop-after", part, "of", whole] => trouble::cut(ex, part, whole, Flow::Drop),
        ["reset-after", part, "of", whole] => trouble::cut(ex, part, whole, Flow::Reset),
        ["short-length", said, sent] => trouble::short_length(ex, said, sent),
        ["wrong-length"] => trouble::wrong_length(ex),
        ["bad-chunk"] => trouble::bad_chunk(ex),
        ["endless-headers"] => trouble::endless_headers(ex),
        ["endless-body"] => trouble::endless_body(ex),
        ["garbage"] => trouble::garbage(ex),
        ["keepalive-then-close"] => {
            ex.send_text(200, "kept alive, it seems")?;
            Ok(Flow::CloseOnNext)
        }

        ["stats"] => control::send_stats(ex),
        ["_requests"] => control::requests(ex),
        ["_open", name] => control::change_gate(ex, |state| state.gate(name).open()),
        ["_close", name] => control::change_gate(ex, |state| state.gate(name).close()),
        ["_pass", name, count] => {
            let count = crate::exchange::size(count)?;
            control::change_gate(ex, |state| state.gate(name).pass(count))
        }
        ["_quit"] => control::quit(ex),
        _ => ex.send_text(404, "no such route\n"),
    }
}
