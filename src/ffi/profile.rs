//! Profile and network estimate, as C reads them.

use std::os::raw::c_char;

use super::abi::AbiStruct;
use crate::network::estimator::NetType;
use crate::profile::{Profile, Protocol};

/// Not known: no observation yet.
pub const FERRY_NETTYPE_UNKNOWN: u32 = 0;
/// The host has said so.
pub const FERRY_NETTYPE_OFFLINE: u32 = 1;
/// HTTP round trip of 2010 ms or more.
pub const FERRY_NETTYPE_SLOW_2G: u32 = 2;
/// 1420 ms or more.
pub const FERRY_NETTYPE_2G: u32 = 3;
/// 272 ms or more.
pub const FERRY_NETTYPE_3G: u32 = 4;
/// Less than 272 ms.
pub const FERRY_NETTYPE_4G: u32 = 5;

/// Not known: no response came.
pub const FERRY_PROTOCOL_UNKNOWN: u32 = 0;
/// HTTP/1.1 (`http1.1`).
pub const FERRY_PROTOCOL_HTTP1_1: u32 = 1;
/// HTTP/2 (`h2`).
pub const FERRY_PROTOCOL_H2: u32 = 2;
/// HTTP/3 (`quic`).
pub const FERRY_PROTOCOL_QUIC: u32 = 3;

/// Where the time of a task went. Times are milliseconds since the epoch, from one reading of the wall clock and
/// monotonic offsets: they never go backwards within a task. 0 is a stage that did not happen, unless the field
/// says otherwise. On a failure the stage that failed has its start, not its end. Everything from `fetch_start` on
/// is of the last hop.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ferry_profile {
    /// sizeof(ferry_profile); set by the caller.
    pub struct_size: u32,
    /// `FERRY_NETTYPE_…`, estimated from the engine's recent requests.
    pub estimate_nettype: u32,
    /// The call was made.
    pub invoke_start: i64,
    /// The task began to wait for a place.
    pub queue_start: i64,
    /// It had one.
    pub queue_end: i64,
    /// The first redirect began; 0 unless every hop stayed on one host.
    pub redirect_start: i64,
    /// The last redirect ended; 0 likewise.
    pub redirect_end: i64,
    /// Ready to fetch.
    pub fetch_start: i64,
    /// DNS; `fetch_start` on a reused connection.
    pub domain_lookup_start: i64,
    /// DNS.
    pub domain_lookup_end: i64,
    /// TCP; `fetch_start` on a reused connection.
    pub connect_start: i64,
    /// TCP, TLS and proxy done.
    pub connect_end: i64,
    /// TLS; 0 without TLS, `fetch_start` on a reused connection.
    pub ssl_connection_start: i64,
    /// TLS done.
    pub ssl_connection_end: i64,
    /// The request began to go out.
    pub request_start: i64,
    /// Its last byte went out.
    pub request_end: i64,
    /// First byte of the response.
    pub response_start: i64,
    /// Last byte of the response.
    pub response_end: i64,
    /// Bytes sent on the last hop, headers included.
    pub send_bytes_count: i64,
    /// Bytes received on the last hop, headers included (spelt as in the API).
    pub received_byted_count: i64,
    /// Round trip of this connection as the kernel knows it, ms; 0 unknown.
    pub rtt: u32,
    /// Estimated from recent requests, ms; 0 unknown.
    pub http_rtt_estimate: u32,
    /// Estimated from recent connections, ms; 0 unknown.
    pub transport_rtt_estimate: u32,
    /// Estimated from recent downloads, kbit/s; 0 unknown.
    pub downstream_throughput_kbps_estimate: u32,
    /// This transfer's received bytes over its duration, kbit/s.
    pub throughput_kbps: u32,
    /// Port of the peer; 0 unknown.
    pub port: u32,
    /// `FERRY_PROTOCOL_…`.
    pub protocol: u32,
    /// 1: the connection was there before.
    pub socket_reused: u32,
    /// Always 0.
    pub using_high_performance_mode: u32,
    /// Must be 0.
    pub reserved: u32,
    /// IP address of the peer, NUL-terminated; "" unknown.
    pub peer_ip: [c_char; 64],
}

// SAFETY: repr(C), size first, zero is valid for every field.
unsafe impl AbiStruct for ferry_profile {
    const MIN_SIZE: usize = 8;
}

impl ferry_profile {
    pub(crate) fn of(profile: &Profile) -> ferry_profile {
        let mut peer_ip = [0; 64];
        for (to, from) in peer_ip.iter_mut().zip(profile.peer_ip.bytes().take(63)) {
            *to = from as c_char;
        }
        ferry_profile {
            struct_size: std::mem::size_of::<ferry_profile>() as u32,
            estimate_nettype: profile.estimate_nettype as u32,
            invoke_start: profile.invoke_start,
            queue_start: profile.queue_start,
            queue_end: profile.queue_end,
            redirect_start: profile.redirect_start,
            redirect_end: profile.redirect_end,
            fetch_start: profile.fetch_start,
            domain_lookup_start: profile.domain_lookup_start,
            domain_lookup_end: profile.domain_lookup_end,
            connect_start: profile.connect_start,
            connect_end: profile.connect_end,
            ssl_connection_start: profile.ssl_connection_start,
            ssl_connection_end: profile.ssl_connection_end,
            request_start: profile.request_start,
            request_end: profile.request_end,
            response_start: profile.response_start,
            response_end: profile.response_end,
            send_bytes_count: profile.send_bytes_count,
            received_byted_count: profile.received_byted_count,
            rtt: profile.rtt,
            http_rtt_estimate: profile.http_rtt_estimate,
            transport_rtt_estimate: profile.transport_rtt_estimate,
            downstream_throughput_kbps_estimate: profile.downstream_throughput_kbps_estimate,
            throughput_kbps: profile.throughput_kbps,
            port: u32::from(profile.port),
            protocol: match profile.protocol {
                Protocol::Http11 => FERRY_PROTOCOL_HTTP1_1,
                Protocol::H2 => FERRY_PROTOCOL_H2,
                Protocol::Quic => FERRY_PROTOCOL_QUIC,
                Protocol::Unknown => FERRY_PROTOCOL_UNKNOWN,
            },
            socket_reused: u32::from(profile.socket_reused),
            using_high_performance_mode: u32::from(profile.using_high_performance_mode),
            reserved: 0,
            peer_ip,
        }
    }
}

/// What the engine estimates of the network.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ferry_network {
    /// sizeof(ferry_network); set by the caller.
    pub struct_size: u32,
    /// `FERRY_NETTYPE_…`.
    pub nettype: u32,
    /// ms; 0 unknown.
    pub http_rtt: u32,
    /// ms; 0 unknown.
    pub transport_rtt: u32,
    /// kbit/s; 0 unknown.
    pub downstream_kbps: u32,
    /// Must be 0.
    pub reserved: u32,
}

// SAFETY: repr(C), size first, zero is valid for every field.
unsafe impl AbiStruct for ferry_network {
    const MIN_SIZE: usize = 8;
}

/// The text of a `FERRY_NETTYPE_…`: `slow 2g`, `2g`, `3g`, `4g`, `offline` or `unknown`. Never NULL; any thread.
#[no_mangle]
pub extern "C" fn ferry_nettype_string(nettype: u32) -> *const c_char {
    match nettype {
        FERRY_NETTYPE_OFFLINE => c"offline",
        FERRY_NETTYPE_SLOW_2G => c"slow 2g",
        FERRY_NETTYPE_2G => c"2g",
        FERRY_NETTYPE_3G => c"3g",
        FERRY_NETTYPE_4G => c"4g",
        _ => c"unknown",
    }
    .as_ptr()
}

/// The text of a `FERRY_PROTOCOL_…`: `http1.1`, `h2`, `quic` or `unknown`. Never NULL; any thread.
#[no_mangle]
pub extern "C" fn ferry_protocol_string(protocol: u32) -> *const c_char {
    match protocol {
        FERRY_PROTOCOL_HTTP1_1 => c"http1.1",
        FERRY_PROTOCOL_H2 => c"h2",
        FERRY_PROTOCOL_QUIC => c"quic",
        _ => c"unknown",
    }
    .as_ptr()
}

const _: () = assert!(NetType::Offline as u32 == FERRY_NETTYPE_OFFLINE && NetType::G4 as u32 == FERRY_NETTYPE_4G);
