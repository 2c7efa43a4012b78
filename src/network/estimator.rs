//! Network quality estimator, after the public description of Chromium's: observations of recent requests, weighted
//! by age, give an estimate by their weighted median. Pure: time comes in as milliseconds of a monotonic clock.

use std::collections::VecDeque;
use std::time::Duration;

/// Observations kept of each sort when the host says nothing else.
pub const DEFAULT_CAPACITY: usize = 300;

/// An observation counts half as much as one this much younger.
const HALF_LIFE_MS: f64 = 60_000.0;

/// An estimate is reused this long, because a median over the ring after each of thousands of requests a second would
/// cost more than the requests.
const REUSE_MS: i64 = 1000;

/// Smaller downloads measure the server's and the protocol's start more than the network.
const MIN_SAMPLE_BYTES: u64 = 32_000;
const MIN_SAMPLE_TIME: Duration = Duration::from_millis(1);

/// `estimate_nettype` of the contract, by its numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum NetType {
    #[default]
    Unknown = 0,
    Offline = 1,
    Slow2g = 2,
    G2 = 3,
    G3 = 4,
    G4 = 5,
}

impl NetType {
    pub const fn text(self) -> &'static str {
        match self {
            NetType::Unknown => "unknown",
            NetType::Offline => "offline",
            NetType::Slow2g => "slow 2g",
            NetType::G2 => "2g",
            NetType::G3 => "3g",
            NetType::G4 => "4g",
        }
    }

    /// The effective type of a network with this round trip.
    pub const fn of_rtt(rtt_ms: u32) -> NetType {
        match rtt_ms {
            2010.. => NetType::Slow2g,
            1420.. => NetType::G2,
            272.. => NetType::G3,
            _ => NetType::G4,
        }
    }
}

/// `None` where nothing was observed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NetworkEstimate {
    pub http_rtt_ms: Option<u32>,
    pub transport_rtt_ms: Option<u32>,
    pub downstream_kbps: Option<u32>,
    pub nettype: NetType,
}

#[derive(Clone, Debug)]
pub struct Estimator {
    http_rtt: Ring,
    transport_rtt: Ring,
    throughput: Ring,
    offline: bool,
    cached: Option<Cached>,
    /// Observations since `cached` was made.
    fresh: usize,
}

#[derive(Clone, Copy, Debug)]
struct Cached {
    estimate: NetworkEstimate,
    made_ms: i64,
    observations: usize,
}

impl Estimator {
    /// Keeps the newest `capacity` observations of each sort, at least one.
    pub fn new(capacity: usize) -> Estimator {
        Estimator {
            http_rtt: Ring::new(capacity),
            transport_rtt: Ring::new(capacity),
            throughput: Ring::new(capacity),
            offline: false,
            cached: None,
            fresh: 0,
        }
    }

    /// Request sent to first byte of the response.
    pub fn observe_http_rtt(&mut self, now_ms: i64, rtt_ms: u32) {
        self.http_rtt.push(now_ms, rtt_ms);
        self.fresh += 1;
    }

    /// Round trip as the transport measured it.
    pub fn observe_transport_rtt(&mut self, now_ms: i64, rtt_ms: u32) {
        self.transport_rtt.push(now_ms, rtt_ms);
        self.fresh += 1;
    }

    /// Downstream throughput; only of what [`is_throughput_sample`] takes.
    pub fn observe_throughput(&mut self, now_ms: i64, kbps: u32) {
        self.throughput.push(now_ms, kbps);
        self.fresh += 1;
    }

    /// The host says that there is no network, or that there is one again.
    pub fn set_offline(&mut self, offline: bool) {
        self.offline = offline;
    }

    /// Forgets what was observed: it was another network.
    pub fn network_changed(&mut self) {
        self.http_rtt.clear();
        self.transport_rtt.clear();
        self.throughput.clear();
        self.cached = None;
        self.fresh = 0;
    }

    /// The estimate, at most a second old and made from at least two thirds of the observations there are.
    pub fn estimate(&mut self, now_ms: i64) -> NetworkEstimate {
        let mut estimate = match self.cached {
            Some(cached) if self.still_good(&cached, now_ms) => cached.estimate,
            _ => self.renew(now_ms),
        };
        if self.offline {
            estimate.nettype = NetType::Offline;
        }
        estimate
    }

    fn still_good(&self, cached: &Cached, now_ms: i64) -> bool {
        self.fresh == 0
            || (now_ms.saturating_sub(cached.made_ms) < REUSE_MS && self.fresh < cached.observations.div_ceil(2))
    }

    fn renew(&mut self, now_ms: i64) -> NetworkEstimate {
        let http_rtt_ms = self.http_rtt.weighted_median();
        let transport_rtt_ms = self.transport_rtt.weighted_median();
        let rtt = http_rtt_ms.or(transport_rtt_ms);
        let estimate = NetworkEstimate {
            http_rtt_ms,
            transport_rtt_ms,
            downstream_kbps: self.throughput.weighted_median(),
            nettype: rtt.map_or(NetType::Unknown, NetType::of_rtt),
        };
        let rings = [&self.http_rtt, &self.transport_rtt, &self.throughput];
        self.cached =
            Some(Cached { estimate, made_ms: now_ms, observations: rings.iter().map(|ring| ring.items.len()).sum() });
        self.fresh = 0;
        estimate
    }
}

/// Whether a download is large and long enough to tell the network's throughput.
pub fn is_throughput_sample(bytes: u64, duration: Duration) -> bool {
    bytes >= MIN_SAMPLE_BYTES && duration >= MIN_SAMPLE_TIME
}

/// kbit/s; 0 for no time.
pub fn kbps(bytes: u64, duration: Duration) -> u32 {
    let bits_in_thousand_seconds = u128::from(bytes) * 8 * 1000;
    let kbps = bits_in_thousand_seconds.checked_div(duration.as_micros());
    u32::try_from(kbps.unwrap_or(0)).unwrap_or(u32::MAX)
}

#[derive(Clone, Copy, Debug)]
struct Observation {
    at_ms: i64,
    value: u32,
}

#[derive(Clone, Debug)]
struct Ring {
    items: VecDeque<Observation>,
    capacity: usize,
}

impl Ring {
    fn new(capacity: usize) -> Ring {
        Ring { items: VecDeque::new(), capacity: capacity.max(1) }
    }

    fn push(&mut self, at_ms: i64, value: u32) {
        if self.items.len() == self.capacity {
            self.items.pop_front();
        }
        self.items.push_back(Observation { at_ms, value });
    }

    fn clear(&mut self) {
        self.items.clear();
    }

    /// The smallest value that, with all below it, has half of the weight. Ages are taken from the newest observation and not
    /// from now: the median is the same, and after a long silence no weight has sunk to nothing.
    fn weighted_median(&self) -> Option<u32> {
        let newest = self.items.iter().map(|o| o.at_ms).max()?;
        let weight = |at_ms: i64| (-(newest.saturating_sub(at_ms) as f64) / HALF_LIFE_MS).exp2();
        let mut weighted: Vec<(u32, f64)> = self.items.iter().map(|o| (o.value, weight(o.at_ms))).collect();
        weighted.sort_unstable_by_key(|&(value, _)| value);
        let half = weighted.iter().map(|&(_, weight)| weight).sum::<f64>() / 2.0;
        let mut below = 0.0;
        let median = weighted.iter().find(|&&(_, weight)| {
            below += weight;
            below >= half
        });
        median.or(weighted.last()).map(|&(value, _)| value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn http(observations: &[(i64, u32)]) -> Option<u32> {
        let mut estimator = Estimator::new(DEFAULT_CAPACITY);
        for &(at, rtt) in observations {
            estimator.observe_http_rtt(at, rtt);
        }
        estimator.estimate(0).http_rtt_ms
    }

    #[test]
    fn published_thresholds() {
        let table = [
            (0, NetType::G4),
            (271, NetType::G4),
            (272, NetType::G3),
            (1419, NetType::G3),
            (1420, NetType::G2),
            (2009, NetType::G2),
            (2010, NetType::Slow2g),
            (u32::MAX, NetType::Slow2g),
        ];
        for (rtt, nettype) in table {
            let mut by_http = Estimator::new(4);
            by_http.observe_http_rtt(0, rtt);
            by_http.observe_transport_rtt(0, 500);
            assert_eq!(by_http.estimate(0).nettype, nettype, "http {rtt}");

            let mut by_transport = Estimator::new(4);
            by_transport.observe_transport_rtt(0, rtt);
            assert_eq!(by_transport.estimate(0).nettype, nettype, "transport {rtt}");
        }
    }

    #[test]
    fn types_have_the_contracts_numbers_and_words() {
        let table = [
            (NetType::Unknown, 0, "unknown"),
            (NetType::Offline, 1, "offline"),
            (NetType::Slow2g, 2, "slow 2g"),
            (NetType::G2, 3, "2g"),
            (NetType::G3, 4, "3g"),
            (NetType::G4, 5, "4g"),
        ];
        for (nettype, number, text) in table {
            assert_eq!((nettype as u8, nettype.text()), (number, text));
        }
    }

    #[test]
    fn nothing_observed_is_unknown() {
        let mut estimator = Estimator::new(4);
        assert_eq!(estimator.estimate(0), NetworkEstimate::default());
        estimator.observe_throughput(0, 100);
        let estimate = estimator.estimate(0);
        assert_eq!(estimate.nettype, NetType::Unknown);
        assert_eq!(estimate.downstream_kbps, Some(100));
    }

    #[test]
    fn offline_is_what_the_host_says() {
        let mut estimator = Estimator::new(4);
        estimator.observe_http_rtt(0, 100);
        estimator.set_offline(true);
        let estimate = estimator.estimate(0);
        assert_eq!(estimate.nettype, NetType::Offline);
        assert_eq!(estimate.http_rtt_ms, Some(100));
        estimator.set_offline(false);
        assert_eq!(estimator.estimate(0).nettype, NetType::G4);
    }

    #[test]
    fn another_network_starts_from_nothing() {
        let mut estimator = Estimator::new(4);
        estimator.observe_http_rtt(0, 100);
        estimator.observe_transport_rtt(0, 100);
        estimator.observe_throughput(0, 100);
        assert_ne!(estimator.estimate(0), NetworkEstimate::default());
        estimator.network_changed();
        assert_eq!(estimator.estimate(0), NetworkEstimate::default());
    }

    #[test]
    fn weight_halves_each_minute() {
        // One old observation against n newer ones: it wins while it weighs at least as much as they do together.
        assert_eq!(http(&[(0, 10), (0, 20)]), Some(10));
        assert_eq!(http(&[(0, 10), (1, 20)]), Some(20));
        assert_eq!(http(&[(0, 10), (0, 10), (60_000, 20)]), Some(10));
        assert_eq!(http(&[(0, 10), (0, 10), (60_001, 20)]), Some(20));
        let four = [(0, 10); 4];
        assert_eq!(http(&[&four[..], &[(120_000, 20)]].concat()), Some(10));
        assert_eq!(http(&[&four[..], &[(120_001, 20)]].concat()), Some(20));
    }

    #[test]
    fn a_median_of_equal_weights_is_the_middle_one() {
        assert_eq!(http(&[(0, 9), (0, 1), (0, 5)]), Some(5));
        assert_eq!(http(&[(0, 1), (0, 1000), (0, 2), (0, 3), (0, 4)]), Some(3));
    }

    #[test]
    fn an_estimate_is_renewed_by_time_or_by_many_observations() {
        let mut estimator = Estimator::new(8);
        for _ in 0..4 {
            estimator.observe_http_rtt(0, 10);
        }
        assert_eq!(estimator.estimate(0).http_rtt_ms, Some(10));
        for _ in 0..8 {
            estimator.observe_http_rtt(0, 20);
        }
        assert_eq!(estimator.estimate(0).http_rtt_ms, Some(20));
        for _ in 0..3 {
            estimator.observe_http_rtt(100_000, 30);
        }
        assert_eq!(estimator.estimate(999).http_rtt_ms, Some(20));
        assert_eq!(estimator.estimate(1000).http_rtt_ms, Some(30));
    }

    #[test]
    fn only_large_downloads_tell_the_throughput() {
        let ms = Duration::from_millis;
        assert!(is_throughput_sample(32_000, ms(1)));
        assert!(!is_throughput_sample(31_999, ms(1)));
        assert!(!is_throughput_sample(32_000, Duration::from_micros(999)));
        assert_eq!(kbps(1_000_000, ms(1000)), 8000);
        assert_eq!(kbps(125, ms(1)), 1000);
        assert_eq!(kbps(1, Duration::ZERO), 0);
        assert_eq!(kbps(u64::MAX, Duration::from_micros(1)), u32::MAX);
    }

    proptest! {
        #[test]
        fn median_is_between_min_and_max(
            observations in prop::collection::vec((any::<i64>(), any::<u32>()), 1..200)
        ) {
            let values = || observations.iter().map(|o| o.1);
            let median = http(&observations).unwrap();
            prop_assert!(values().min().unwrap() <= median);
            prop_assert!(median <= values().max().unwrap());
            prop_assert!(values().any(|value| value == median));
        }

        /// The older the many, the fewer new ones outweigh them; never the other way.
        #[test]
        fn weight_falls_with_age(
            old in 1usize..50, new in 1usize..50, age in 0i64..2_000_000, more in 0i64..2_000_000
        ) {
            let median = |age| {
                let mut observations = vec![(0, 10); old];
                observations.extend(vec![(age, 20); new]);
                http(&observations).unwrap()
            };
            prop_assert!(median(age) <= median(age + more));
            prop_assert_eq!(median(3_600_000), 20);
        }

        #[test]
        fn memory_is_bounded(capacity in 0usize..50, count in 0usize..500) {
            let mut estimator = Estimator::new(capacity);
            for i in 0..count {
                estimator.observe_http_rtt(i as i64, i as u32);
                estimator.observe_transport_rtt(i as i64, i as u32);
                estimator.observe_throughput(i as i64, i as u32);
            }
            let kept = count.min(capacity.max(1));
            for ring in [&estimator.http_rtt, &estimator.transport_rtt, &estimator.throughput] {
                prop_assert_eq!(ring.items.len(), kept);
                prop_assert!(ring.items.capacity() <= 2 * kept.max(4));
                let oldest = ring.items.front().map(|o| o.value as usize);
                prop_assert_eq!(oldest, (count > 0).then(|| count - kept));
            }
        }
    }
}
