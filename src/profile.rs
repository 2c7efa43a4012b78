//! From libcurl's times and ferry's clocks to the profile that a mini-program sees. Pure.

#[cfg(test)]
mod tests;

use crate::network::estimator::{NetType, NetworkEstimate};

/// What is known of a task at its end. Monotonic times are microseconds of one clock of any origin.
#[derive(Clone, Debug, Default)]
pub struct ProfileInput {
    /// Milliseconds since the epoch, read together with `invoke_us`: the only wall-clock reading of a task.
    pub wall_at_invoke_ms: i64,
    pub invoke_us: i64,
    /// `None`: it ended before it was queued.
    pub queue_start_us: Option<i64>,
    /// `None`: it ended in the queue.
    pub queue_end_us: Option<i64>,
    pub redirects: Option<Redirects>,
    /// The last hop that was begun; `None`: the task ended before its first.
    pub hop: Option<Hop>,
    pub estimate: NetworkEstimate,
}

#[derive(Clone, Copy, Debug)]
pub struct Redirects {
    /// When the first hop was begun.
    pub start_us: i64,
    /// When the last hop that answered with a redirect had ended.
    pub end_us: i64,
    /// No hop went to another host than the first.
    pub same_host: bool,
}

/// One libcurl transfer.
#[derive(Clone, Debug, Default)]
pub struct Hop {
    /// Handed to libcurl's multi.
    pub fetch_start_us: i64,
    pub times: CurlTimes,
    /// libcurl reported success. A task may fail all the same, for a reason of its own.
    pub completed: bool,
    pub is_tls: bool,
    /// `CURLINFO_NUM_CONNECTS`
    pub num_connects: i64,
    /// `CURLINFO_PRIMARY_IP`, empty when unknown.
    pub primary_ip: String,
    /// `CURLINFO_PRIMARY_PORT`
    pub primary_port: u16,
    /// `CURLINFO_HTTP_VERSION`
    pub http_version: i64,
    /// `CURLINFO_REQUEST_SIZE`: headers and body.
    pub request_size: i64,
    /// `CURLINFO_SIZE_UPLOAD_T`
    pub upload_bytes: i64,
    /// `CURLINFO_HEADER_SIZE`
    pub header_size: i64,
    /// `CURLINFO_SIZE_DOWNLOAD_T`
    pub download_bytes: i64,
    /// Round trip of the connection, as the system measures it.
    pub rtt_us: Option<u32>,
}

/// libcurl's `*_TIME_T` in microseconds since the transfer was begun. libcurl never gives 0 for what has happened.
#[derive(Clone, Copy, Debug, Default)]
pub struct CurlTimes {
    pub namelookup: i64,
    pub connect: i64,
    pub appconnect: i64,
    pub pretransfer: i64,
    pub posttransfer: i64,
    pub starttransfer: i64,
    pub total: i64,
}

/// The fields of the contract. Times are milliseconds since the epoch, and 0 for what has not happened: when a task
/// fails within a stage, the stage's start is set, its end and all later stages are 0. `response_end` of a
/// response that broke off is when it did. Sizes and estimates that are unknown are 0; a round trip under 1 ms is 1.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    pub invoke_start: i64,
    pub queue_start: i64,
    pub queue_end: i64,
    pub redirect_start: i64,
    pub redirect_end: i64,
    pub fetch_start: i64,
    pub domain_lookup_start: i64,
    pub domain_lookup_end: i64,
    pub connect_start: i64,
    pub connect_end: i64,
    pub ssl_connection_start: i64,
    pub ssl_connection_end: i64,
    pub request_start: i64,
    pub request_end: i64,
    pub response_start: i64,
    pub response_end: i64,
    pub rtt: u32,
    pub estimate_nettype: NetType,
    pub http_rtt_estimate: u32,
    pub transport_rtt_estimate: u32,
    pub downstream_throughput_kbps_estimate: u32,
    pub throughput_kbps: u32,
    pub peer_ip: String,
    pub port: u16,
    pub protocol: Protocol,
    pub socket_reused: bool,
    pub send_bytes_count: i64,
    pub received_byted_count: i64,
    /// Always false: ferry has no such mode.
    pub using_high_performance_mode: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Protocol {
    #[default]
    Unknown = 0,
    Http11 = 1,
    H2 = 2,
    Quic = 3,
}

impl Protocol {
    pub const fn text(self) -> &'static str {
        match self {
            Protocol::Unknown => "unknown",
            Protocol::Http11 => "http1.1",
            Protocol::H2 => "h2",
            Protocol::Quic => "quic",
        }
    }

    /// From `CURLINFO_HTTP_VERSION`. The contract has no word for HTTP/1.0.
    pub const fn of_curl(version: i64) -> Protocol {
        match version {
            2 => Protocol::Http11,
            3 => Protocol::H2,
            30 => Protocol::Quic,
            _ => Protocol::Unknown,
        }
    }
}

impl Profile {
    /// Keeps the contract's order whatever comes in: a time before the one it follows is taken for that one.
    pub fn new(input: &ProfileInput) -> Profile {
        let clock = Clock {
            // 0 has a meaning of its own.
            wall_ms: input.wall_at_invoke_ms.max(1),
            mono_us: input.invoke_us,
        };
        let queue_start = input.queue_start_us.map(|at| at.max(input.invoke_us));
        let queue_end = queue_start.and_then(|start| Some(input.queue_end_us?.max(start)));
        let estimate = &input.estimate;
        let mut profile = Profile {
            invoke_start: clock.wall(input.invoke_us),
            queue_start: clock.wall_or_0(queue_start),
            queue_end: clock.wall_or_0(queue_end),
            estimate_nettype: estimate.nettype,
            http_rtt_estimate: measured(estimate.http_rtt_ms),
            transport_rtt_estimate: measured(estimate.transport_rtt_ms),
            downstream_throughput_kbps_estimate: estimate.downstream_kbps.unwrap_or(0),
            ..Profile::default()
        };
        if let (Some(queue_end), Some(hop)) = (queue_end, &input.hop) {
            let fetch_start = hop.fetch_start_us.max(queue_end);
            if let Some(redirects) = input.redirects.filter(|r| r.same_host) {
                let start = redirects.start_us.clamp(queue_end, fetch_start);
                let end = redirects.end_us.clamp(start, fetch_start);
                profile.redirect_start = clock.wall(start);
                profile.redirect_end = clock.wall(end);
            }
            profile.set_hop(hop, fetch_start, &clock);
        }
        profile
    }

    fn set_hop(&mut self, hop: &Hop, fetch_start_us: i64, clock: &Clock) {
        let stages = Stages::of(hop);
        let at = |offset: i64| clock.wall(fetch_start_us.saturating_add(offset));
        let at_or_0 = |offset: Option<i64>| offset.map_or(0, at);

        self.fetch_start = at(0);
        self.domain_lookup_start = at(0);
        self.domain_lookup_end = at_or_0(stages.resolved);
        self.connect_start = at_or_0(stages.resolved);
        self.connect_end = at_or_0(stages.secured);
        if hop.is_tls {
            self.ssl_connection_start = at_or_0(stages.connected);
            self.ssl_connection_end = at_or_0(stages.secured);
        }
        self.request_start = at_or_0(stages.request_start);
        self.request_end = at_or_0(stages.request_end);
        self.response_start = at_or_0(stages.response_start);
        self.response_end = at_or_0(stages.response_end);

        self.rtt = measured(hop.rtt_us.map(|us| us.saturating_add(500) / 1000));
        self.peer_ip.clone_from(&hop.primary_ip);
        self.port = hop.primary_port;
        self.protocol = Protocol::of_curl(hop.http_version);
        self.socket_reused = is_reused(hop);
        // Of all that was sent, the body too; but it is a C long, which a large upload overruns on 32 bits.
        self.send_bytes_count = hop.request_size.max(hop.upload_bytes).max(0);
        self.received_byted_count = sum(hop.header_size, hop.download_bytes);
        if let (Some(start), Some(end)) = (stages.request_start, stages.response_end) {
            // Not from the milliseconds: a short transfer would be all rounding.
            let us = end.saturating_sub(start).max(1);
            let bits = i128::from(self.received_byted_count) * 8;
            let kbps = bits * 1000 / i128::from(us);
            self.throughput_kbps = u32::try_from(kbps).unwrap_or(u32::MAX);
        }
    }
}

struct Clock {
    wall_ms: i64,
    mono_us: i64,
}

impl Clock {
    fn wall(&self, mono_us: i64) -> i64 {
        let since = mono_us.saturating_sub(self.mono_us).max(0) / 1000;
        self.wall_ms.saturating_add(since)
    }

    fn wall_or_0(&self, mono_us: Option<i64>) -> i64 {
        mono_us.map_or(0, |at| self.wall(at))
    }
}

/// Ends of the stages in µs since fetchStart, each at or after the one before; `None` where it was not reached.
struct Stages {
    resolved: Option<i64>,
    connected: Option<i64>,
    /// Connected with all that belongs to it: TLS and a proxy's tunnel.
    secured: Option<i64>,
    request_start: Option<i64>,
    request_end: Option<i64>,
    response_start: Option<i64>,
    response_end: Option<i64>,
}

impl Stages {
    fn of(hop: &Hop) -> Stages {
        let times = &hop.times;
        let (resolved, connected, secured) = if is_reused(hop) {
            (Some(0), Some(0), Some(0))
        } else {
            // What libcurl left out on the way to success took no time.
            let stage = |time: i64, before: Option<i64>| {
                let reached = time > 0 || hop.completed;
                before.filter(|_| reached).map(|before| time.max(before))
            };
            let resolved = stage(times.namelookup, Some(0));
            let connected = stage(times.connect, resolved);
            let secured = match hop.is_tls {
                true => stage(times.appconnect, connected),
                false => connected,
            };
            (resolved, connected, secured)
        };
        // A transfer that fails earlier gets libcurl's pre-, post- and starttransfer times all the same, so these say
        // something only when there was a connection, and the last only when something came.
        let request_start =
            secured.filter(|_| hop.completed || times.pretransfer > 0).map(|secured| times.pretransfer.max(secured));
        let received = sum(hop.header_size, hop.download_bytes) > 0;
        let answered = hop.completed || (received && times.starttransfer > 0);
        let response_start = request_start.filter(|_| answered).map(|start| times.starttransfer.max(start));
        let response_end = response_start.map(|start| times.total.max(start));
        let request_end = request_start.and_then(|start| {
            if times.posttransfer > 0 {
                Some(times.posttransfer.clamp(start, response_end.unwrap_or(i64::MAX)))
            } else {
                // Answered before all was sent: sending ended with the answer.
                response_start.filter(|_| hop.completed)
            }
        });
        Stages { resolved, connected, secured, request_start, request_end, response_start, response_end }
    }
}

/// No new connection, but a connection: when name lookup or connecting fails, there was no new one either.
fn is_reused(hop: &Hop) -> bool {
    let times = &hop.times;
    let tried_to_connect = times.namelookup > 0 || times.connect > 0;
    let connected = hop.completed || (!tried_to_connect && !hop.primary_ip.is_empty());
    hop.num_connects == 0 && connected
}

/// 0 means unknown, so that what was measured is at least 1.
fn measured(value: Option<u32>) -> u32 {
    value.map_or(0, |value| value.max(1))
}

fn sum(a: i64, b: i64) -> i64 {
    a.max(0).saturating_add(b.max(0))
}
