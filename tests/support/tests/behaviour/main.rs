//! The server judged by bare sockets and by rustls.

mod common;
mod plain;
mod tls;
