//! What the threads of an engine share.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::Arc;

use crossbeam_channel::Sender;
use curl::multi::MultiWaker;
use parking_lot::{Mutex, RwLock};

use super::dispatch::Dispatcher;
use super::outcome::Outcome;
use super::spec::Spec;
use super::task::{Observer, Task};
use crate::config::Config;
use crate::log::{Level, Log};

/// What the engine thread is asked to do.
pub(super) enum Command {
    Start(Arc<Task>),
    Abort(Arc<Task>),
    /// The host went to the background or came back.
    Background(bool),
    /// The network changed.
    Network {
        offline: bool,
        interrupt: bool,
    },
}

/// Counters a host may read.
#[derive(Debug, Default)]
pub struct Stats {
    pub accepted: AtomicU64,
    pub ended: AtomicU64,
    pub uploads_queued: AtomicUsize,
    pub uploads_running: AtomicUsize,
    pub downloads_queued: AtomicUsize,
    pub downloads_running: AtomicUsize,
}

pub struct Shared {
    pub config: Arc<Config>,
    pub log: Log,
    pub stats: Stats,
    pub(super) dispatcher: Dispatcher,
    /// None: closed, or closing.
    commands: RwLock<Option<Sender<Command>>>,
    pub(super) bell: Bell,
    next_id: AtomicU64,
    /// Newest estimate of the network, written by the engine thread.
    pub(super) network: Mutex<crate::network::estimator::NetworkEstimate>,
}

/// Wakes the engine thread out of its poll, once per sleep.
#[derive(Default)]
pub(super) struct Bell {
    rung: AtomicBool,
    waker: Mutex<Option<MultiWaker>>,
}

impl Bell {
    pub(super) fn ring(&self) {
        if !self.rung.swap(true, Ordering::AcqRel) {
            self.ring_now();
        }
    }

    fn ring_now(&self) {
        // The lock keeps the multi alive for the call: the engine thread takes the waker out before it lets go
        // of the multi, so that this thread can never be the one that frees it.
        if let Some(waker) = &*self.waker.lock() {
            let _ = waker.wakeup();
        }
    }

    /// Before the commands are read: whatever is sent later rings again, and what was sent by those who found it rung
    /// is seen, which takes a swap.
    pub(super) fn reset(&self) {
        self.rung.swap(false, Ordering::AcqRel);
    }

    pub(super) fn set_waker(&self, waker: Option<MultiWaker>) {
        *self.waker.lock() = waker;
    }
}

impl Shared {
    pub(super) fn new(config: Config, log: Log, dispatcher: Dispatcher, commands: Sender<Command>) -> Shared {
        Shared {
            config: Arc::new(config),
            log,
            stats: Stats::default(),
            dispatcher,
            commands: RwLock::new(Some(commands)),
            bell: Bell::default(),
            next_id: AtomicU64::new(1),
            network: Mutex::default(),
        }
    }

    /// Sends a command, unless the engine is closing: then whatever it was about ends by itself.
    pub(super) fn send(&self, command: Command) -> bool {
        let commands = self.commands.read();
        let Some(sender) = &*commands else { return false };
        let sent = sender.send(command).is_ok();
        drop(commands);
        self.bell.ring();
        sent
    }

    /// Makes a task and hands it over; gives the observer back when the engine is closed. `before` sees the task
    /// before any thread can tell of it.
    pub(super) fn start(
        self: &Arc<Self>,
        spec: Box<Spec>,
        observer: Arc<dyn Observer>,
        before: impl FnOnce(&Arc<Task>),
    ) -> Result<(), Arc<dyn Observer>> {
        let commands = self.commands.read();
        let Some(sender) = &*commands else { return Err(observer) };
        observer.accepted();
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let task = Arc::new(Task::new(id, spec, observer, self.clone()));
        before(&task);
        self.stats.accepted.fetch_add(1, Ordering::Relaxed);
        // The engine thread reads until every sender is gone: this cannot fail while we hold one.
        let _ = sender.send(Command::Start(task));
        drop(commands);
        self.bell.ring();
        Ok(())
    }

    /// Takes no more commands. Whether this call did it.
    pub(super) fn shut(&self) -> bool {
        let had = self.commands.write().take().is_some();
        self.bell.ring();
        had
    }

    pub fn is_shut(&self) -> bool {
        self.commands.read().is_none()
    }

    pub(super) fn count_end(&self, task: &Task, outcome: &Outcome) {
        self.stats.ended.fetch_add(1, Ordering::Relaxed);
        if self.log.wants(Level::Info) {
            self.log.info(format_args!(
                "task {} {} ended: status {} errno {}",
                task.id,
                task.kind.api_name(),
                outcome.status,
                outcome.errno()
            ));
        }
        if self.log.wants(Level::Debug) {
            self.log.debug(format_args!("task {} {} {}", task.id, outcome.err_msg(), outcome.effective_url));
        }
    }
}
