//! What the engine thread learns of a transfer: its profile, and what it says of the network.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::driver::Driver;
use super::run::Run;
use super::shared::Shared;
use super::task::Task;
use crate::clock::Stamp;
use crate::curl::info::TransferInfo;
use crate::network::estimator::{is_throughput_sample, kbps, NetworkEstimate};
use crate::profile::{CurlTimes, Hop, Profile, ProfileInput, Redirects};

impl Driver {
    /// Learns from a hop that got its response.
    pub(super) fn observe(&mut self, info: &TransferInfo, answered: bool) {
        if !answered {
            return;
        }
        let now = Stamp::now().wall_ms;
        // From the last byte of the request to the first of the response: sending a large body is no latency.
        let asked = info.posttransfer_us.max(info.pretransfer_us);
        if info.starttransfer_us > asked {
            self.estimator.observe_http_rtt(now, rounded_ms(info.starttransfer_us - asked));
        }
        if let Some(rtt) = info.rtt_us {
            self.estimator.observe_transport_rtt(now, rounded_ms(i64::from(rtt)));
        }
        let took = Duration::from_micros(u64::try_from(info.total_us - info.starttransfer_us).unwrap_or(0));
        if is_throughput_sample(info.downloaded, took) {
            self.estimator.observe_throughput(now, kbps(info.downloaded, took));
        }
        self.publish_network();
    }

    pub(super) fn publish_network(&mut self) {
        let estimate = self.estimator.estimate(Stamp::now().wall_ms);
        *self.shared.network.lock() = estimate;
    }

    /// The profile of a task whose last hop is over; without a hop, of one that never left the queue.
    pub(super) fn profile(&self, task: &Task, hop: Option<(&Run, &TransferInfo, bool)>) -> Box<Profile> {
        let start = task.invoked.mono;
        let us = |at: Instant| i64::try_from(at.saturating_duration_since(start).as_micros()).unwrap_or(i64::MAX);
        Box::new(Profile::new(&ProfileInput {
            wall_at_invoke_ms: task.invoked.wall_ms,
            invoke_us: 0,
            queue_start_us: Some(i64::try_from(task.queued_us.load(Ordering::Relaxed)).unwrap_or(0)),
            queue_end_us: hop.map(|(run, ..)| us(run.queue_end)),
            redirects: hop.and_then(|(run, ..)| {
                Some(Redirects {
                    start_us: us(run.first_redirect?),
                    end_us: us(run.last_redirect_end?),
                    same_host: run.one_host,
                })
            }),
            hop: hop.map(|(run, info, completed)| Hop {
                fetch_start_us: us(run.fetch_start),
                times: CurlTimes {
                    namelookup: info.namelookup_us,
                    connect: info.connect_us,
                    appconnect: info.appconnect_us,
                    pretransfer: info.pretransfer_us,
                    posttransfer: info.posttransfer_us,
                    starttransfer: info.starttransfer_us,
                    total: info.total_us,
                },
                completed,
                is_tls: run.url.scheme() == "https",
                num_connects: info.new_connections,
                primary_ip: info.primary_ip.clone(),
                primary_port: info.primary_port,
                http_version: info.http_version,
                request_size: signed(info.request_size),
                upload_bytes: signed(info.uploaded),
                header_size: signed(info.header_size),
                download_bytes: signed(info.downloaded),
                rtt_us: info.rtt_us,
            }),
            estimate: *self.shared.network.lock(),
        }))
    }
}

fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// At least one: 0 stands for unknown.
fn rounded_ms(us: i64) -> u32 {
    u32::try_from((us + 500) / 1000).unwrap_or(u32::MAX).max(1)
}

impl Shared {
    /// The newest estimate.
    pub fn network(&self) -> NetworkEstimate {
        *self.network.lock()
    }
}
