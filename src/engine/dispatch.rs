//! Tells observers what tasks have to tell: on the engine's callback thread, or where the host pumps.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Condvar, Mutex, RwLock};

use super::outcome::{End, Outcome};
use super::task::{Audience, Step, Task};
use crate::error::Failure;

/// Something in the dispatcher's queue.
enum Item {
    Task(Arc<Task>),
    /// The engine thread has ended; nothing comes after this.
    Closed,
}

/// Wakes the host's loop.
pub type Wakeup = Box<dyn Fn() + Send + Sync>;

/// The queue of tasks that have something to tell, and whose turn it is to tell it.
pub struct Dispatcher {
    /// No channel: one that spins before it sleeps takes the processor from the engine thread on small machines.
    queue: Mutex<VecDeque<Item>>,
    arrived: Condvar,
    /// The engine thread is about to post more; the telling thread is woken once for all of it.
    gathering: AtomicBool,
    pumped: bool,
    /// Locked while the host is woken, and taken away at the close: after its `destroy` nobody wakes it.
    wakeup: RwLock<Option<Wakeup>>,
    /// The host has been woken and has not dispatched since.
    woken: AtomicBool,
    /// Held while telling: one thread at a time. The task whose mailbox was not empty when the host's budget ended.
    turn: Mutex<Option<Arc<Task>>>,
    closed: Mutex<Closing>,
    closed_changed: Condvar,
}

#[derive(Default)]
struct Closing {
    closed: bool,
    last_words: Vec<Box<dyn FnOnce() + Send>>,
}

thread_local! {
    /// The dispatchers this thread is telling for, innermost last.
    static TELLING: RefCell<Vec<*const Dispatcher>> = const { RefCell::new(Vec::new()) };
}

/// What a round of telling ended with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Round {
    /// So many events were told.
    Told(u32),
    /// The calling thread is inside a callback of this dispatcher.
    Reentrant,
}

/// See [`Dispatcher::gather`].
pub(super) struct Gathering<'a>(&'a Dispatcher);

impl Drop for Gathering<'_> {
    fn drop(&mut self) {
        self.0.gathering.store(false, Ordering::Release);
        // Whoever posts after this look sees that nobody gathers any more.
        if self.0.backlog() > 0 {
            self.0.arrived.notify_one();
            self.0.wake();
        }
    }
}

impl Dispatcher {
    /// With `wakeup` the host pumps.
    pub fn new(wakeup: Option<Wakeup>) -> Dispatcher {
        Dispatcher {
            queue: Mutex::default(),
            arrived: Condvar::new(),
            gathering: AtomicBool::new(false),
            pumped: wakeup.is_some(),
            wakeup: RwLock::new(wakeup),
            woken: AtomicBool::new(false),
            turn: Mutex::new(None),
            closed: Mutex::default(),
            closed_changed: Condvar::new(),
        }
    }

    pub fn is_pumped(&self) -> bool {
        self.pumped
    }

    /// How many tasks have something to tell.
    pub fn backlog(&self) -> usize {
        self.queue.lock().len()
    }

    /// Puts a task in the queue; `wake` belongs to it.
    pub(super) fn enqueue(&self, task: Arc<Task>) {
        self.push(Item::Task(task));
    }

    /// Says that no task will be put in again.
    pub(super) fn post_closed(&self) {
        self.push(Item::Closed);
        self.wake();
    }

    fn push(&self, item: Item) {
        self.queue.lock().push_back(item);
        if !self.gathering.load(Ordering::Acquire) {
            self.arrived.notify_one();
        }
    }

    /// What is posted while the guard lives wakes nobody before it goes, which must be soon.
    pub(super) fn gather(&self) -> Gathering<'_> {
        self.gathering.store(true, Ordering::Release);
        Gathering(self)
    }

    /// Waits for the next item, or for so long.
    fn next(&self, patience: Option<Duration>) -> Option<Item> {
        let mut queue = self.queue.lock();
        if queue.is_empty() {
            match patience {
                Some(patience) => drop(self.arrived.wait_for(&mut queue, patience)),
                None => self.arrived.wait(&mut queue),
            }
        }
        queue.pop_front()
    }

    pub(super) fn wake(&self) {
        if !self.pumped || self.gathering.load(Ordering::Acquire) {
            return;
        }
        if let Some(wakeup) = &*self.wakeup.read() {
            if !self.woken.swap(true, Ordering::AcqRel) {
                wakeup();
            }
        }
    }

    /// Whether the calling thread is inside one of this dispatcher's callbacks.
    pub fn is_telling(&self) -> bool {
        TELLING.with_borrow(|stack| stack.contains(&std::ptr::from_ref(self)))
    }

    /// Whether everything has been told and the dispatcher is closed.
    pub fn is_closed(&self) -> bool {
        self.closed.lock().closed
    }

    /// Runs `words` on the dispatching thread after everything else, or now when that is over.
    pub fn at_close(&self, words: Box<dyn FnOnce() + Send>) -> Result<(), Box<dyn FnOnce() + Send>> {
        let mut closing = self.closed.lock();
        if closing.closed {
            return Err(words);
        }
        closing.last_words.push(words);
        Ok(())
    }

    /// Waits until everything has been told.
    pub fn wait_closed(&self) {
        let mut closing = self.closed.lock();
        while !closing.closed {
            self.closed_changed.wait(&mut closing);
        }
    }

    /// The callback thread: tells until closed.
    pub fn run(&self) {
        while !self.is_closed() {
            let Some(item) = self.next(None) else { continue };
            let mut turn = self.turn.lock();
            self.tell_item(item, u32::MAX, &mut turn);
        }
    }

    /// The host's pump: tells at most `max` events of the tasks that wait now, never waits for one.
    pub fn pump(&self, max: u32) -> Round {
        if self.is_telling() {
            return Round::Reentrant;
        }
        let mut turn = self.turn.lock();
        // What is posted from here on wakes the host again, even if this round tells it: a wake-up too many is harmless.
        // A swap, so that what was posted by those who found it set is seen below.
        self.woken.swap(false, Ordering::AcqRel);
        let mut told = 0;
        let mut visits = self.backlog() + usize::from(turn.is_some());
        while told < max && visits > 0 {
            let item = match turn.take() {
                Some(task) => Item::Task(task),
                None => match self.queue.lock().pop_front() {
                    Some(item) => item,
                    None => break,
                },
            };
            told += self.tell_item(item, max - told, &mut turn);
            visits -= 1;
        }
        let more = turn.is_some() || self.backlog() > 0;
        // The host's function may wait for a lock of the host's, whose owner may want to pump.
        drop(turn);
        if more {
            self.wake();
        }
        Round::Told(told)
    }

    /// Tells until closed, on a host's thread that closes a pumped engine.
    pub fn pump_until_closed(&self) {
        while !self.is_closed() {
            let mut turn = self.turn.lock();
            let item = match turn.take() {
                Some(task) => Item::Task(task),
                // Another thread may take the last item, so the wait has an end.
                None => match self.next(Some(Duration::from_millis(50))) {
                    Some(item) => item,
                    None => continue,
                },
            };
            self.tell_item(item, u32::MAX, &mut turn);
        }
    }

    fn tell_item(&self, item: Item, budget: u32, turn: &mut Option<Arc<Task>>) -> u32 {
        TELLING.with_borrow_mut(|stack| stack.push(self));
        let told = match item {
            Item::Task(task) => {
                let (told, more) = tell_task(&task, budget);
                if more {
                    *turn = Some(task);
                }
                told
            }
            Item::Closed => {
                self.close();
                0
            }
        };
        TELLING.with_borrow_mut(|stack| stack.pop());
        told
    }

    fn close(&self) {
        *self.wakeup.write() = None;
        loop {
            let mut closing = self.closed.lock();
            let words = std::mem::take(&mut closing.last_words);
            if words.is_empty() {
                closing.closed = true;
                self.closed_changed.notify_all();
                return;
            }
            drop(closing);
            for word in words {
                word();
            }
        }
    }
}

/// What came of one step of telling.
enum Telling {
    Told,
    /// The task is out of the queue.
    Over,
    /// It has newer progress, and is at the end of the queue.
    Later,
}

/// Tells what the mailbox of a task holds, up to the budget. How many events were told, and whether the task still
/// has its turn.
fn tell_task(task: &Arc<Task>, budget: u32) -> (u32, bool) {
    let mut told = 0;
    let mut progressed = false;
    while told < budget {
        match catch_unwind(AssertUnwindSafe(|| tell_step(task, &mut progressed))) {
            Ok(Telling::Told) => told += 1,
            Ok(Telling::Over | Telling::Later) => return (told, false),
            // A fault of ours costs the event that it met, and never the end.
            Err(_) => {
                task.shared.log.error(format_args!("task {}: a fault while telling an event", task.id));
                told += 1;
                if task.outcome().is_some() {
                    task.let_go();
                    return (told, false);
                }
            }
        }
    }
    (told, true)
}

fn tell_step(task: &Arc<Task>, progressed: &mut bool) -> Telling {
    let (step, audience) = task.next_step(*progressed);
    match step {
        Step::Nothing => return Telling::Over,
        Step::Later => return Telling::Later,
        Step::Headers(headers) => {
            crate::fault::point("tell");
            audience.tell(task, |observer| observer.headers(task, &headers));
        }
        Step::Progress(progress) => {
            *progressed = true;
            crate::fault::point("tell");
            audience.tell(task, |observer| observer.progress(task, progress));
        }
        Step::End(end) => tell_end(task, *end, audience),
    }
    Telling::Told
}

fn tell_end(task: &Arc<Task>, end: End, audience: Audience) {
    let aborted = task.is_aborted();
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        crate::fault::point("dispatch");
        end.finish(aborted)
    }))
    .unwrap_or_else(|_| Outcome::failed(task.kind, Failure::Internal("a fault at the end of a task".into())));
    let outcome = task.settle(outcome);
    task.shared.count_end(task, outcome);
    if let Some(main) = &audience.main {
        main.end(task, outcome);
    }
    drop(audience);
    task.let_go();
}

impl Audience {
    /// Tells the task's own callbacks, then the listeners in the order they were added. One that aborts the
    /// task, or removes another, is obeyed at once.
    fn tell(&self, task: &Task, tell: impl Fn(&dyn super::task::Observer)) {
        if let Some(main) = &self.main {
            if task.is_aborted() {
                return;
            }
            tell(&**main);
        }
        for listener in &self.listeners {
            if task.is_aborted() {
                return;
            }
            if listener.active.load(Ordering::Acquire) {
                tell(&*listener.observer);
            }
        }
    }
}
