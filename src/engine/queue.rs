//! The admission queue of one kind: so many at a time, the rest wait by priority, then first in, first out.

use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Where a waiting item stands: higher priorities first, then lower sequence numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place(Reverse<i32>, u64);

impl Place {
    /// The place of the item that was the `sequence`th to come.
    pub fn new(priority: i32, sequence: u64) -> Place {
        Place(Reverse(priority), sequence)
    }
}

/// Counts what runs and keeps what waits.
#[derive(Debug)]
pub struct Queue<T> {
    running: usize,
    limit: usize,
    waiting: BTreeMap<Place, T>,
    waiting_limit: Option<usize>,
}

impl<T> Queue<T> {
    /// `limit` at a time; at most `waiting_limit` wait.
    pub fn new(limit: usize, waiting_limit: Option<usize>) -> Queue<T> {
        Queue { running: 0, limit: limit.max(1), waiting: BTreeMap::new(), waiting_limit }
    }

    /// Puts an item in; gives it back when the queue is full. An item that can leave at once does not count
    /// as waiting.
    pub fn push(&mut self, place: Place, item: T) -> Result<(), T> {
        let free = self.limit.saturating_sub(self.running);
        let room = self.waiting_limit.map_or(usize::MAX, |limit| limit.saturating_add(free));
        if self.waiting.len() >= room {
            return Err(item);
        }
        self.waiting.insert(place, item);
        Ok(())
    }

    /// The next item that may run now; it holds a place until `done`.
    pub fn admit(&mut self) -> Option<T> {
        if self.running >= self.limit {
            return None;
        }
        let (_, item) = self.waiting.pop_first()?;
        self.running += 1;
        Some(item)
    }

    /// A running item has ended.
    pub fn done(&mut self) {
        debug_assert!(self.running > 0);
        self.running = self.running.saturating_sub(1);
    }

    /// Takes a waiting item out.
    pub fn remove(&mut self, place: Place) -> Option<T> {
        self.waiting.remove(&place)
    }

    /// Takes every waiting item out, in order.
    pub fn drain(&mut self) -> impl Iterator<Item = T> {
        std::mem::take(&mut self.waiting).into_values()
    }

    /// How many run.
    pub fn running(&self) -> usize {
        self.running
    }

    /// How many wait.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn leaves_by_priority_then_in_order_of_arrival() {
        let mut queue = Queue::new(10, None);
        for (sequence, priority) in [0, 5, 0, -1, 5].into_iter().enumerate() {
            queue.push(Place::new(priority, sequence as u64), sequence).unwrap();
        }
        let order: Vec<_> = std::iter::from_fn(|| queue.admit()).collect();
        assert_eq!(order, [1, 4, 0, 2, 3]);
    }

    #[test]
    fn a_place_is_free_when_a_running_item_is_done() {
        let mut queue = Queue::new(2, None);
        for n in 0..4 {
            queue.push(Place::new(0, n), n).unwrap();
        }
        assert_eq!((queue.admit(), queue.admit(), queue.admit()), (Some(0), Some(1), None));
        queue.done();
        assert_eq!((queue.admit(), queue.admit()), (Some(2), None));
    }

    #[test]
    fn a_removed_item_never_leaves() {
        let mut queue = Queue::new(1, None);
        for n in 0..3 {
            queue.push(Place::new(0, n), n).unwrap();
        }
        assert_eq!(queue.remove(Place::new(0, 0)), Some(0));
        assert_eq!(queue.remove(Place::new(0, 0)), None);
        assert_eq!(queue.admit(), Some(1));
        assert_eq!(queue.drain().collect::<Vec<_>>(), [2]);
    }

    #[test]
    fn the_cap_counts_what_has_to_wait() {
        let mut queue = Queue::new(2, Some(1));
        for n in 0..3 {
            queue.push(Place::new(0, n), n).unwrap();
        }
        assert_eq!(queue.push(Place::new(0, 3), 3), Err(3));
        queue.admit();
        queue.admit();
        assert_eq!(queue.push(Place::new(0, 4), 4), Err(4), "one waits already");
        queue.done();
        queue.admit();
        queue.push(Place::new(0, 5), 5).unwrap();
    }

    proptest! {
        #[test]
        fn never_more_than_the_limit_and_none_lost(steps in prop::collection::vec(0u8..4, 1..400), limit in 1usize..12) {
            let mut queue = Queue::new(limit, None);
            let (mut pushed, mut left, mut removed, mut running) = (0u64, 0u64, 0u64, 0usize);
            for step in steps {
                match step {
                    0 | 1 => { queue.push(Place::new((pushed % 3) as i32, pushed), pushed).unwrap(); pushed += 1; }
                    2 => if queue.admit().is_some() { left += 1; running += 1; },
                    _ => if running > 0 { queue.done(); running -= 1; }
                        else if pushed > 0 && queue.remove(Place::new(((pushed - 1) % 3) as i32, pushed - 1)).is_some() { removed += 1; },
                }
                prop_assert!(queue.running() <= limit);
                prop_assert_eq!(queue.running(), running);
                prop_assert_eq!(queue.waiting() as u64, pushed - left - removed);
            }
        }
    }
}
