//! How many bytes a mini-program's files take, and how many more they may.
//!
//! The ledger keeps what lies in finished files apart from what running downloads have claimed, so that several of
//! them together cannot pass the limit, and so that the finished part can be counted anew when the host has changed
//! files itself.

use parking_lot::Mutex;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A claim that does not fit.
#[derive(Debug, PartialEq, Eq)]
pub struct Exceeded;

/// A recount on the engine's thread may take at most this share of its time.
const RECOUNT_SHARE: u32 = 100;

#[derive(Debug)]
pub struct Quota {
    limit: u64,
    ledger: Mutex<Ledger>,
    /// Two downloads that replace the same file must not both count its size as freed.
    renaming: Mutex<()>,
}

#[derive(Debug, Default)]
struct Ledger {
    stored: u64,
    claimed: u64,
    /// Files that are being renamed right now; a recount could see them or not.
    settling: u32,
    settled: u64,
    next_recount: Option<Instant>,
}

impl Quota {
    pub fn new(limit: u64, stored: u64) -> Self {
        Self { limit, ledger: Mutex::new(Ledger { stored, ..Ledger::default() }), renaming: Mutex::new(()) }
    }

    pub fn used(&self) -> u64 {
        let ledger = self.ledger.lock();
        ledger.stored.saturating_add(ledger.claimed)
    }

    fn claim(&self, bytes: u64) -> Result<(), Exceeded> {
        let mut ledger = self.ledger.lock();
        let used = ledger.stored.saturating_add(ledger.claimed);
        match used.checked_add(bytes) {
            Some(total) if total <= self.limit => {
                ledger.claimed += bytes;
                Ok(())
            }
            _ => Err(Exceeded),
        }
    }

    /// Counts the finished files anew by `count`, which gives None when it had to give up. The result is dropped when
    /// a file was being renamed meanwhile: it could have been counted twice or not at all.
    pub fn recount(&self, count: impl FnOnce() -> Option<u64>) {
        let before = {
            let ledger = self.ledger.lock();
            (ledger.settling == 0).then_some(ledger.settled)
        };
        let begun = Instant::now();
        let counted = count();
        let mut ledger = self.ledger.lock();
        let pause = begun.elapsed().max(Duration::from_micros(10)) * RECOUNT_SHARE;
        ledger.next_recount = Some(Instant::now() + pause);
        if let Some(stored) = counted {
            if ledger.settling == 0 && before == Some(ledger.settled) {
                ledger.stored = stored;
            }
        }
    }

    /// Whether enough time has passed since the last recount to do one without holding up the engine.
    pub fn may_recount(&self) -> bool {
        self.ledger.lock().next_recount.is_none_or(|at| Instant::now() >= at)
    }
}

/// What one running download has claimed; given back when dropped.
#[derive(Debug)]
pub struct Claim {
    quota: Arc<Quota>,
    bytes: u64,
}

impl Claim {
    pub fn new(quota: Arc<Quota>) -> Self {
        Self { quota, bytes: 0 }
    }

    /// Makes the claim at least `total` bytes large.
    pub fn grow_to(&mut self, total: u64) -> Result<(), Exceeded> {
        let more = total.saturating_sub(self.bytes);
        if more > 0 {
            self.quota.claim(more)?;
            self.bytes = total;
        }
        Ok(())
    }

    /// Runs `rename`, which turns the claim into `bytes` stored ones and gives the size of the file it replaced.
    pub fn settle<E>(mut self, bytes: u64, rename: impl FnOnce() -> Result<u64, E>) -> Result<(), E> {
        self.quota.ledger.lock().settling += 1;
        let result = {
            let _one_at_a_time = self.quota.renaming.lock();
            rename()
        };
        let mut ledger = self.quota.ledger.lock();
        ledger.settling -= 1;
        ledger.settled += 1;
        let replaced = result?;
        ledger.claimed -= self.bytes;
        ledger.stored = ledger.stored.saturating_add(bytes).saturating_sub(replaced);
        drop(ledger);
        self.bytes = 0;
        Ok(())
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if self.bytes > 0 {
            self.quota.ledger.lock().claimed -= self.bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_together_stay_below_the_limit() {
        let quota = Arc::new(Quota::new(100, 40));
        let (mut a, mut b) = (Claim::new(quota.clone()), Claim::new(quota.clone()));
        a.grow_to(30).unwrap();
        assert_eq!(b.grow_to(31), Err(Exceeded));
        b.grow_to(30).unwrap();
        a.grow_to(10).unwrap();
        assert_eq!(a.grow_to(31), Err(Exceeded));
        assert_eq!(quota.used(), 100);
        drop(b);
        assert_eq!(quota.used(), 70);
    }

    #[test]
    fn settling_frees_what_was_claimed_too_much_and_what_was_replaced() {
        let quota = Arc::new(Quota::new(100, 40));
        let mut claim = Claim::new(quota.clone());
        claim.grow_to(50).unwrap();
        claim.settle(20, || Ok::<_, ()>(15)).unwrap();
        assert_eq!(quota.used(), 45);
        let mut claim = Claim::new(quota.clone());
        claim.grow_to(5).unwrap();
        assert_eq!(claim.settle(5, || Err("no")), Err("no"));
        assert_eq!(quota.used(), 45);
    }

    #[test]
    fn huge_claims_do_not_overflow() {
        let quota = Arc::new(Quota::new(u64::MAX, u64::MAX - 1));
        let mut claim = Claim::new(quota.clone());
        assert_eq!(claim.grow_to(u64::MAX), Err(Exceeded));
        claim.grow_to(1).unwrap();
        assert_eq!(quota.used(), u64::MAX);
    }

    #[test]
    fn a_recount_keeps_claims_and_yields_to_renames() {
        let quota = Arc::new(Quota::new(100, 40));
        let mut claim = Claim::new(quota.clone());
        claim.grow_to(10).unwrap();
        quota.recount(|| None);
        assert_eq!(quota.used(), 50);
        quota.recount(|| Some(1));
        assert_eq!(quota.used(), 11);
        claim
            .settle(10, || {
                quota.recount(|| Some(77));
                Ok::<_, ()>(0)
            })
            .unwrap();
        assert_eq!(quota.used(), 11);
        quota.recount(|| {
            Claim::new(quota.clone()).settle(3, || Ok::<_, ()>(0)).unwrap();
            Some(11)
        });
        assert_eq!(quota.used(), 14);
    }
}
