//! Request header rules and the collecting of response headers. Pure.

mod request;
mod response;
#[cfg(test)]
mod response_tests;

pub use request::{check_header, request_headers, sets_accept_encoding, to_curl_line, RequestContext};
pub use response::{HeadersTooLarge, ResponseHeaders};
