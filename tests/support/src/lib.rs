//! A test server that is real and can misbehave on purpose.
//!
//! It speaks HTTP/1.1 over sockets with a thread per connection, over TLS with certificates made
//! at start, and HTTP/2 on listeners that ask for it. The routes are listed in this crate's
//! README. Tests drive it through [`Server`]; programs through the `ferry-test-server` binary.
//!
//! Tests wait for events with [`Server::wait_for`] and hold responses with gates
//! ([`Server::open_gate`]), so that nothing depends on how fast the machine is.

mod blackhole;
mod config;
mod conn;
mod exchange;
mod head;
mod http2;
mod judge;
mod multipart;
mod pattern;
mod receipt;
mod reply;
mod routes;
mod server;
mod state;
mod tls;

pub use blackhole::BlackHole;
pub use config::Config;
pub use judge::PythonJudge;
pub use multipart::{File, Form, Multipart};
pub use pattern::{pattern_at, pattern_bytes, pattern_sha256, sha256_hex};
pub use server::Server;
pub use state::{Outcome, Recorded, State};
pub use tls::TlsKind;
