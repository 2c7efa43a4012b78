//! When to tell progress: monotonic, at most once per interval, nothing lost.

use std::time::{Duration, Instant};

/// How far a transfer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    pub percent: u8,
    pub transferred: u64,
    /// 0 while unknown.
    pub expected: u64,
}

/// The progress of one task, over all its hops.
#[derive(Debug)]
pub struct Meter {
    interval: Duration,
    transferred: u64,
    expected: u64,
    told: Option<Progress>,
    told_at: Option<Instant>,
}

impl Meter {
    /// At most one event per `interval`; zero: every change.
    pub fn new(interval: Duration) -> Meter {
        Meter { interval, transferred: 0, expected: 0, told: None, told_at: None }
    }

    /// The transfer has come to `transferred` of `expected` (0: unknown). What to tell now, if anything: what is
    /// withheld is due at `due`.
    pub fn update(&mut self, now: Instant, transferred: u64, expected: u64) -> Option<Progress> {
        // A body that is sent again after a redirect starts from nothing: wait until it passes the mark.
        if transferred < self.transferred {
            return None;
        }
        self.transferred = transferred;
        self.expected = expected;
        self.flush(now)
    }

    /// What was withheld, if its time has come.
    pub fn flush(&mut self, now: Instant) -> Option<Progress> {
        let progress = self.untold()?;
        if self.due().is_some_and(|due| now < due) {
            return None;
        }
        self.told = Some(progress);
        self.told_at = Some(now);
        Some(progress)
    }

    /// When what was withheld may be told; None when nothing is.
    pub fn due(&self) -> Option<Instant> {
        let progress = self.untold()?;
        let at = self.told_at?;
        // A body whose length is known is whole at 100 %: that is told at once.
        Some(if progress.percent < 100 { at + self.interval } else { at })
    }

    fn untold(&self) -> Option<Progress> {
        let told = self.told.map_or(0, |told| told.transferred);
        (self.transferred > told).then(|| self.current())
    }

    /// The last event: 100 % of what the body turned out to be. None when that was told already.
    pub fn finish(&mut self, total: u64) -> Option<Progress> {
        let last = Progress { percent: 100, transferred: total, expected: total };
        if self.told == Some(last) {
            return None;
        }
        self.told = Some(last);
        Some(last)
    }

    fn current(&self) -> Progress {
        let percent = match self.expected {
            0 => 0,
            expected => (u128::from(self.transferred) * 100 / u128::from(expected)).min(100) as u8,
        };
        Progress { percent, transferred: self.transferred, expected: self.expected }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TICK: Duration = Duration::from_millis(100);

    #[test]
    fn one_event_per_interval_and_the_withheld_one_is_due_after_it() {
        let start = Instant::now();
        let mut meter = Meter::new(TICK);
        assert_eq!(meter.update(start, 10, 100).unwrap().percent, 10);
        assert_eq!(meter.update(start + TICK / 2, 20, 100), None);
        assert_eq!(meter.due(), Some(start + TICK));
        assert_eq!(meter.flush(start + TICK), Some(Progress { percent: 20, transferred: 20, expected: 100 }));
        assert_eq!(meter.due(), None, "all is told");
    }

    #[test]
    fn an_interval_of_zero_tells_every_change_once() {
        let start = Instant::now();
        let mut meter = Meter::new(Duration::ZERO);
        assert!(meter.update(start, 1, 3).is_some());
        assert!(meter.update(start, 1, 3).is_none());
        assert!(meter.update(start, 2, 3).is_some());
    }

    #[test]
    fn unknown_length_is_0_percent_until_the_end() {
        let start = Instant::now();
        let mut meter = Meter::new(TICK);
        assert_eq!(meter.update(start, 7, 0), Some(Progress { percent: 0, transferred: 7, expected: 0 }));
        assert_eq!(meter.finish(9), Some(Progress { percent: 100, transferred: 9, expected: 9 }));
    }

    #[test]
    fn a_body_sent_again_is_told_only_past_the_mark() {
        let start = Instant::now();
        let mut meter = Meter::new(Duration::ZERO);
        assert!(meter.update(start, 80, 100).is_some());
        assert_eq!(meter.update(start, 5, 100), None);
        assert_eq!(meter.update(start, 80, 100), None);
        assert_eq!(meter.update(start, 90, 100).unwrap().percent, 90);
    }

    #[test]
    fn the_whole_is_told_at_once_and_once() {
        let start = Instant::now();
        let mut meter = Meter::new(TICK);
        meter.update(start, 1, 2);
        assert_eq!(meter.update(start, 2, 2).unwrap().percent, 100);
        assert_eq!(meter.finish(2), None);
        assert_eq!(Meter::new(TICK).finish(0), Some(Progress { percent: 100, transferred: 0, expected: 0 }));
    }

    proptest! {
        #[test]
        fn monotonic_and_ends_at_100(steps in prop::collection::vec((0u64..2_000, 0u64..300), 0..60), expected in 0u64..1_500) {
            let start = Instant::now();
            let mut meter = Meter::new(TICK);
            let mut now = start;
            let (mut last, mut last_at) = (None::<Progress>, None::<Instant>);
            for (transferred, wait) in steps {
                now += Duration::from_millis(wait);
                if let Some(told) = meter.update(now, transferred, expected) {
                    if let (Some(before), Some(at)) = (last, last_at) {
                        prop_assert!(told.transferred > before.transferred);
                        prop_assert!(told.percent >= before.percent);
                        prop_assert!(told.percent == 100 || now - at >= TICK);
                    }
                    (last, last_at) = (Some(told), Some(now));
                }
            }
            let finished = meter.finish(5_000).unwrap();
            prop_assert_eq!(finished.percent, 100);
            prop_assert!(meter.finish(5_000).is_none());
        }
    }
}
