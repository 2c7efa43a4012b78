//! A task: what the host asked for, what waits to be told, and how it ended.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicU8, AtomicUsize, Ordering};
use std::sync::Arc;

use once_cell::sync::OnceCell;
use parking_lot::Mutex;

use super::outcome::{End, Outcome};
use super::shared::{Command, Shared};
use super::spec::Spec;
use crate::kind::Kind;
use crate::transfer::exchange::Report;
use crate::transfer::meter::Progress;
use crate::view::Headers;

/// Where a task is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum State {
    Queued = 0,
    Connecting = 1,
    Sending = 2,
    Receiving = 3,
    Finishing = 4,
    Succeeded = 5,
    Failed = 6,
}

impl State {
    fn from_u8(value: u8) -> State {
        match value {
            0 => State::Queued,
            1 => State::Connecting,
            2 => State::Sending,
            3 => State::Receiving,
            4 => State::Finishing,
            5 => State::Succeeded,
            _ => State::Failed,
        }
    }
}

/// What a task tells. Methods run on the dispatching thread, one at a time; the last drop happens there too.
pub trait Observer: Send + Sync {
    /// It is the task's now: it will be told what it asked for, and let go of. Not called when it is given back.
    fn accepted(&self) {}
    /// Whether it does anything with these events; one nobody listens to wakes no thread.
    fn listens_to(&self, _event: Event) -> bool {
        true
    }
    /// The response headers have arrived.
    fn headers(&self, _task: &Arc<Task>, _headers: &Headers) {}
    /// The transfer has come further.
    fn progress(&self, _task: &Arc<Task>, _progress: Progress) {}
    /// The task has ended.
    fn end(&self, _task: &Arc<Task>, _outcome: &Outcome) {}
}

/// The events that listeners are added for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    Headers,
    Progress,
}

/// An added listener: `active` is taken away first, so that one removed by another during an event is not called.
pub(super) struct Listener {
    id: u64,
    event: Event,
    pub(super) active: AtomicBool,
    pub(super) observer: Arc<dyn Observer>,
}

/// One upload or download. Shared by the host's handle, the engine and the dispatcher.
pub struct Task {
    pub id: u64,
    pub kind: Kind,
    pub priority: i32,
    /// The caller wants a profile.
    pub(super) profile: bool,
    pub(super) shared: Arc<Shared>,
    /// Taken by the engine thread when the task leaves the queue.
    pub(super) spec: Mutex<Option<Box<Spec>>>,
    /// Wall and monotonic time of the call.
    pub(super) invoked: crate::clock::Stamp,
    /// When it began to wait for a place, µs since `invoked`; the engine thread's alone.
    pub(super) queued_us: AtomicU64,
    /// Index among the running ones; the engine thread's alone.
    pub(super) slot: AtomicUsize,
    state: AtomicU8,
    aborted: AtomicBool,
    core: Mutex<Core>,
    outcome: OnceCell<Box<Outcome>>,
}

/// What the mailbox of a task holds: at most one of each, so that a host that is slow to listen costs no more.
#[derive(Default)]
struct Mailbox {
    headers: Option<Arc<Headers>>,
    progress: Option<Progress>,
    end: Option<Box<End>>,
}

struct Core {
    mailbox: Mailbox,
    /// In the dispatcher's queue.
    scheduled: bool,
    /// The end has been chosen; abort comes too late.
    decided: bool,
    main: Option<Arc<dyn Observer>>,
    listeners: Vec<Arc<Listener>>,
    /// Removed listeners, to be let go of on the dispatching thread.
    garbage: Vec<Arc<Listener>>,
    next_listener: u64,
}

/// The next thing to tell.
pub(super) enum Step {
    Headers(Arc<Headers>),
    Progress(Progress),
    End(Box<End>),
    /// It is others' turn; the task has been put at the end of the dispatcher's queue.
    Later,
    Nothing,
}

/// Whom to tell it to.
pub(super) struct Audience {
    pub(super) main: Option<Arc<dyn Observer>>,
    pub(super) listeners: Vec<Arc<Listener>>,
}

pub(super) const NO_SLOT: usize = usize::MAX;

impl Task {
    pub(super) fn new(id: u64, spec: Box<Spec>, observer: Arc<dyn Observer>, shared: Arc<Shared>) -> Task {
        Task {
            id,
            kind: spec.kind(),
            priority: spec.priority,
            profile: spec.profile,
            shared,
            spec: Mutex::new(Some(spec)),
            invoked: crate::clock::Stamp::now(),
            queued_us: AtomicU64::new(0),
            slot: AtomicUsize::new(NO_SLOT),
            state: AtomicU8::new(State::Queued as u8),
            aborted: AtomicBool::new(false),
            core: Mutex::new(Core {
                mailbox: Mailbox::default(),
                scheduled: false,
                decided: false,
                main: Some(observer),
                listeners: Vec::new(),
                garbage: Vec::new(),
                next_listener: 1,
            }),
            outcome: OnceCell::new(),
        }
    }

    /// Where the task is now.
    pub fn state(&self) -> State {
        State::from_u8(self.state.load(Ordering::Acquire))
    }

    /// The states of a running task only go up within one hop; the end wins over all of them.
    pub(super) fn set_running_state(&self, state: State) {
        let _ = self.state.fetch_update(Ordering::AcqRel, Ordering::Acquire, |now| {
            (now < State::Finishing as u8).then_some(state as u8)
        });
    }

    /// How it ended; None until the end is being told.
    pub fn outcome(&self) -> Option<&Outcome> {
        self.outcome.get().map(|boxed| &**boxed)
    }

    pub(super) fn is_aborted(&self) -> bool {
        self.aborted.load(Ordering::Acquire)
    }

    /// Ends the task with `fail abort`, unless its end has been chosen already.
    pub fn abort(self: &Arc<Self>) {
        let finishing = {
            let mut core = self.core.lock();
            if core.decided || self.aborted.swap(true, Ordering::AcqRel) {
                return;
            }
            core.mailbox.headers = None;
            core.mailbox.progress = None;
            core.mailbox.end.is_some()
        };
        // An end that waits to be told becomes the abort when it is told.
        if !finishing {
            self.shared.send(Command::Abort(self.clone()));
        }
    }

    /// Adds a listener; gives it back when the task has ended. `before` gets its id before it can be called or let go of.
    pub fn add_listener(
        self: &Arc<Self>,
        event: Event,
        observer: Arc<dyn Observer>,
        before: impl FnOnce(u64),
    ) -> Result<(), Arc<dyn Observer>> {
        let mut core = self.core.lock();
        if core.decided {
            return Err(observer);
        }
        observer.accepted();
        let id = core.next_listener;
        core.next_listener += 1;
        before(id);
        core.listeners.push(Arc::new(Listener { id, event, active: AtomicBool::new(true), observer }));
        // What nobody listened to until now.
        let waits = match event {
            Event::Headers => core.mailbox.headers.is_some(),
            Event::Progress => core.mailbox.progress.is_some(),
        };
        if waits {
            self.schedule(core);
        }
        Ok(())
    }

    /// Removes one added listener, or all for the event. Whether there was one.
    pub fn remove_listeners(self: &Arc<Self>, event: Event, id: Option<u64>) -> bool {
        let mut core = self.core.lock();
        let (gone, kept): (Vec<_>, Vec<_>) = std::mem::take(&mut core.listeners)
            .into_iter()
            .partition(|listener| listener.event == event && id.is_none_or(|id| id == listener.id));
        core.listeners = kept;
        if gone.is_empty() {
            return false;
        }
        for listener in &gone {
            listener.active.store(false, Ordering::Release);
        }
        core.garbage.extend(gone);
        self.schedule(core);
        true
    }

    /// Leaves headers to be told.
    fn post_headers(self: &Arc<Self>, headers: Arc<Headers>) {
        let mut core = self.core.lock();
        if !self.is_aborted() {
            core.mailbox.headers = Some(headers);
            self.schedule_for(Event::Headers, core);
        }
    }

    /// Leaves progress to be told; it takes the place of what was not told yet.
    pub(super) fn post_progress(self: &Arc<Self>, progress: Progress) {
        let mut core = self.core.lock();
        if !self.is_aborted() {
            core.mailbox.progress = Some(progress);
            self.schedule_for(Event::Progress, core);
        }
    }

    /// Leaves the end to be told.
    pub(super) fn post_end(self: &Arc<Self>, end: Box<End>) {
        let mut core = self.core.lock();
        if core.decided || core.mailbox.end.is_some() {
            debug_assert!(false, "a task ended twice");
            return;
        }
        self.state.store(State::Finishing as u8, Ordering::Release);
        core.mailbox.end = Some(end);
        self.schedule(core);
    }

    /// For an event that can wait for the end, as long as nobody listens to it.
    fn schedule_for(self: &Arc<Self>, event: Event, core: parking_lot::MutexGuard<'_, Core>) {
        let heard = core.main.as_ref().is_some_and(|main| main.listens_to(event))
            || core.listeners.iter().any(|listener| listener.event == event);
        if heard {
            self.schedule(core);
        }
    }

    fn schedule(self: &Arc<Self>, mut core: parking_lot::MutexGuard<'_, Core>) {
        if !core.scheduled {
            core.scheduled = true;
            // Before the lock is let go of: whoever posts an end meanwhile relies on it, and the engine may close right
            // after that.
            self.shared.dispatcher.enqueue(self.clone());
            drop(core);
            crate::fault::point("schedule");
            self.shared.dispatcher.wake();
        }
    }

    /// Takes the next thing to tell out of the mailbox, and lets go of removed listeners. After `Nothing`
    /// the task is out of the dispatcher's queue. A task that has `progressed` in this turn tells newer progress in
    /// its next one, or a host that is slower than the network would hear of no other task.
    pub(super) fn next_step(self: &Arc<Self>, progressed: bool) -> (Step, Audience) {
        let mut core = self.core.lock();
        let garbage = std::mem::take(&mut core.garbage);
        let (step, event) = if let Some(headers) = core.mailbox.headers.take() {
            (Step::Headers(headers), Some(Event::Headers))
        } else if progressed && core.mailbox.progress.is_some() && core.mailbox.end.is_none() {
            // Under the lock: an end, and the close of the engine behind it, can only come later in the queue.
            self.shared.dispatcher.enqueue(self.clone());
            (Step::Later, None)
        } else if let Some(progress) = core.mailbox.progress.take() {
            (Step::Progress(progress), Some(Event::Progress))
        } else if let Some(end) = core.mailbox.end.take() {
            core.decided = true;
            (Step::End(end), None)
        } else {
            core.scheduled = false;
            (Step::Nothing, None)
        };
        let audience = Audience {
            main: if matches!(step, Step::Nothing | Step::Later) { None } else { core.main.clone() },
            listeners: event.map_or_else(Vec::new, |event| {
                core.listeners.iter().filter(|listener| listener.event == event).cloned().collect()
            }),
        };
        drop(core);
        drop(garbage);
        (step, audience)
    }

    /// Fixes the outcome.
    pub(super) fn settle(&self, outcome: Outcome) -> &Outcome {
        let state = if outcome.failure.is_none() { State::Succeeded } else { State::Failed };
        let outcome = self.outcome.get_or_init(|| Box::new(outcome));
        self.state.store(state as u8, Ordering::Release);
        outcome
    }

    /// Lets go of every observer, listeners first. On the dispatching thread, after the end was told.
    pub(super) fn let_go(&self) {
        let (main, listeners, garbage) = {
            let mut core = self.core.lock();
            (core.main.take(), std::mem::take(&mut core.listeners), std::mem::take(&mut core.garbage))
        };
        drop(garbage);
        drop(listeners);
        drop(main);
    }
}

/// A task is told by its exchange, and leaves what it is told in the mailbox.
impl Report for Arc<Task> {
    fn sending(&self) {
        self.set_running_state(State::Sending);
    }

    fn receiving(&self) {
        self.set_running_state(State::Receiving);
    }

    fn headers(&self, headers: Arc<Headers>) {
        self.post_headers(headers);
    }

    fn progress(&self, progress: Progress) {
        self.post_progress(progress);
    }
}
