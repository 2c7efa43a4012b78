//! An engine: its threads, its life, and the handles hosts hold.

mod dispatch;
mod driver;
mod measure;
pub mod outcome;
pub mod queue;
mod run;
mod shared;
pub mod spec;
pub mod task;
mod wire;

use std::io;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};

use crossbeam_channel::{bounded, unbounded};
use parking_lot::Mutex;

pub use dispatch::{Round, Wakeup};
pub use shared::Shared;

use crate::config::Config;
use crate::log::Log;
use crate::storage::Storage;
use dispatch::Dispatcher;
use driver::Driver;
use shared::Command;
use spec::Spec;
use task::{Observer, Task};

/// Observations of each kind the network estimate is made from.
const OBSERVATIONS: usize = 128;

/// One engine. Dropping it without `close` leaves closing to itself.
pub struct Engine {
    shared: Arc<Shared>,
    storage: Arc<Storage>,
    callback_thread: Mutex<Option<JoinHandle<()>>>,
    /// The host let go of a pumped engine inside a callback.
    abandoned: AtomicBool,
}

/// The call would wait for the callback it is made from.
#[derive(Debug, PartialEq, Eq)]
pub struct WouldDeadlock;

impl Engine {
    /// Starts the threads. `at_end` is dropped on the dispatching thread after every other callback.
    pub fn new(
        config: Config,
        storage: Arc<Storage>,
        log: Log,
        wakeup: Option<Wakeup>,
        at_end: Box<dyn FnOnce() + Send>,
    ) -> io::Result<Engine> {
        curl::init();
        let (sender, receiver) = unbounded();
        let shared = Arc::new(Shared::new(config, log, Dispatcher::new(wakeup), sender));

        let for_thread = shared.clone();
        let tell = crate::fault::inherit(move || for_thread.dispatcher.run());
        let callback_thread = match shared.dispatcher.is_pumped() {
            true => None,
            false => Some(Builder::new().name("ferry-callback".into()).spawn(tell)?),
        };
        let (for_thread, for_driver) = (shared.clone(), storage.clone());
        let (ready, started) = bounded(1);
        let drive = crate::fault::inherit(move || {
            let made = catch_unwind(AssertUnwindSafe(|| Driver::new(for_thread.clone(), for_driver, receiver)));
            let Ok(mut driver) = made else { return };
            let _ = ready.send(());
            // Whatever happens in there, whoever closes the engine must not wait for ever.
            let _ = catch_unwind(AssertUnwindSafe(|| driver.run()));
            for_thread.shut();
            drop(driver);
            for_thread.dispatcher.post_closed();
        });
        let driving = Builder::new().name("ferry-engine".into()).spawn(drive).and_then(|thread| match started.recv() {
            Ok(()) => Ok(thread),
            Err(_) => {
                let _ = thread.join();
                Err(io::Error::other("libcurl cannot start, for want of memory or descriptors"))
            }
        });
        let engine_thread = match driving {
            Ok(thread) => thread,
            Err(error) => {
                shared.log.error(format_args!("no engine: {error}"));
                if let Some(thread) = callback_thread {
                    shared.dispatcher.post_closed();
                    let _ = thread.join();
                }
                return Err(error);
            }
        };
        // Joined before the last words, so that nothing of the engine runs after them. Not before both threads run:
        // an engine that was not made says nothing.
        let _ = shared.dispatcher.at_close(Box::new(move || {
            let _ = engine_thread.join();
            at_end();
        }));
        Ok(Engine { shared, storage, callback_thread: Mutex::new(callback_thread), abandoned: AtomicBool::new(false) })
    }

    pub fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    pub fn storage(&self) -> &Storage {
        &self.storage
    }

    /// Hands a task over; gives the observer back when the engine is closed. `before` gets the task before anything
    /// can be told of it.
    pub fn start(
        &self,
        spec: Box<Spec>,
        observer: Arc<dyn Observer>,
        before: impl FnOnce(&Arc<Task>),
    ) -> Result<(), Arc<dyn Observer>> {
        self.shared.start(spec, observer, before)
    }

    /// Tells at most `max` events on the calling thread.
    pub fn pump(&self, max: u32) -> Round {
        let round = self.shared.dispatcher.pump(max);
        if round != Round::Reentrant && self.abandoned.load(Ordering::Acquire) {
            let _ = self.close();
        }
        round
    }

    pub fn is_pumped(&self) -> bool {
        self.shared.dispatcher.is_pumped()
    }

    /// Tasks that have something to tell.
    pub fn backlog(&self) -> usize {
        self.shared.dispatcher.backlog()
    }

    /// Whether the engine takes no more tasks.
    pub fn is_shut(&self) -> bool {
        self.shared.is_shut()
    }

    /// Ends everything and waits until it has been told and the threads are gone.
    pub fn close(&self) -> Result<(), WouldDeadlock> {
        if self.shared.dispatcher.is_telling() {
            return Err(WouldDeadlock);
        }
        self.shared.shut();
        if self.is_pumped() {
            self.shared.dispatcher.pump_until_closed();
        } else {
            self.shared.dispatcher.wait_closed();
            // The second of two closing threads waits for the first's join here.
            if let Some(thread) = self.callback_thread.lock().take() {
                let _ = thread.join();
            }
        }
        Ok(())
    }

    /// Begins to close; `words` runs after everything else was told. False: it was closed already, and `words`
    /// did not run.
    pub fn close_async(&self, words: Option<Box<dyn FnOnce() + Send>>) -> bool {
        let taken = match words {
            Some(words) => self.shared.dispatcher.at_close(words).is_ok(),
            None => true,
        };
        self.shared.shut();
        taken
    }

    /// The host lets go of its handle.
    pub fn abandon(&self) {
        self.shared.shut();
        if self.is_pumped() && self.close().is_err() {
            // Inside a callback: the dispatch that runs it closes when it is done.
            self.abandoned.store(true, Ordering::Release);
        }
    }

    /// The app went behind, or came back.
    pub fn set_background(&self, behind: bool) -> bool {
        self.shared.send(Command::Background(behind))
    }

    /// The network changed.
    pub fn network_changed(&self, offline: bool, interrupt: bool) -> bool {
        self.shared.send(Command::Network { offline, interrupt })
    }
}

impl Task {
    /// What the engine's threads share.
    pub fn shared(&self) -> &Shared {
        &self.shared
    }
}
