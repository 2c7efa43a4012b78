//! The engine thread: admits tasks, drives libcurl, ends transfers. Nothing here waits but the poll.

use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::Ordering;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, TryRecvError};
use curl::easy::Easy2;
use curl::multi::Multi;
use curl::MultiError;
use slab::Slab;
use url::Url;

use super::outcome::End;
use super::queue::{Place, Queue};
use super::run::{self, Run};
use super::shared::{Command, Shared};
use super::task::{Task, NO_SLOT};
use super::wire::{without_userinfo, Active};
use crate::curl::options;
use crate::error::Failure;
use crate::kind::Kind;
use crate::log::Level;
use crate::network::estimator::Estimator;
use crate::storage::Storage;
use crate::transfer::exchange::Exchange;

/// Running transfers get this long after the host went to the background.
const BACKGROUND_GRACE: Duration = Duration::from_secs(5);

/// A resolver thread that was left behind may still wait for name servers this long.
const RESOLVER_PATIENCE: Duration = Duration::from_secs(60);

/// A task that waits, with its URL already checked.
pub(super) struct Waiting {
    task: Arc<Task>,
    url: Url,
}

pub(super) struct Driver {
    // Fields drop in this order: handles go before the multi.
    pub(super) active: Slab<Active>,
    pub(super) idle_handles: Vec<Easy2<Exchange>>,
    pub(super) multi: Multi,
    pub(super) shared: Arc<Shared>,
    /// Not shared with tasks: one that a host holds on to must not keep folders open.
    storage: Arc<Storage>,
    commands: Receiver<Command>,
    uploads: Queue<Waiting>,
    downloads: Queue<Waiting>,
    background: Background,
    pub(super) estimator: Estimator,
    /// Until then the close does not wait for libcurl's resolver threads.
    stuck_resolver_until: Option<Instant>,
    pub(super) finished: Vec<(usize, Result<(), curl::Error>)>,
}

/// Whether the app is in front.
enum Background {
    Front,
    /// Running transfers end at this time.
    Grace(Instant),
    Behind,
}

impl Driver {
    pub(super) fn new(shared: Arc<Shared>, storage: Arc<Storage>, commands: Receiver<Command>) -> Driver {
        let config = &shared.config;
        let uploads = Queue::new(config.max_uploads, config.max_queued);
        let downloads = Queue::new(config.max_downloads, config.max_queued);
        let multi = make_multi(&shared);
        Driver {
            active: Slab::new(),
            idle_handles: Vec::new(),
            multi,
            shared,
            storage,
            commands,
            uploads,
            downloads,
            background: Background::Front,
            estimator: Estimator::new(super::OBSERVATIONS),
            stuck_resolver_until: None,
            finished: Vec::new(),
        }
    }

    /// Runs until the engine is shut and everything has ended.
    pub(super) fn run(&mut self) {
        loop {
            match catch_unwind(AssertUnwindSafe(|| self.turn())) {
                Ok(true) => {}
                Ok(false) => break,
                Err(_) => {
                    let _ = catch_unwind(AssertUnwindSafe(|| self.recover("a fault in the engine")));
                }
            }
        }
        self.interrupt_everything();
        if self.stuck_resolver_until.is_some_and(|until| Instant::now() < until) {
            options::quick_exit(&self.multi);
        }
        self.idle_handles.clear();
        self.shared.bell.set_waker(None);
    }

    /// One round of the loop; false when the engine is shut.
    fn turn(&mut self) -> bool {
        self.shared.bell.reset();
        if !self.read_commands() {
            return false;
        }
        crate::fault::point("engine");
        self.admit(Kind::Upload);
        self.admit(Kind::Download);
        self.publish_stats();
        if let Err(error) = self.multi.perform() {
            self.multi_failed(&error);
            return true;
        }
        if self.finish_transfers() > 0 {
            // Places are free: fill them before waiting.
            return true;
        }
        let Some(timeout) = self.run_timers() else { return true };
        self.publish_stats();
        if let Err(error) = self.multi.poll(&mut [], timeout) {
            self.multi_failed(&error);
        }
        true
    }

    fn read_commands(&mut self) -> bool {
        loop {
            match self.commands.try_recv() {
                Ok(command) => self.obey(command),
                Err(TryRecvError::Empty) => return true,
                Err(TryRecvError::Disconnected) => return false,
            }
        }
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Start(task) => self.start(task),
            Command::Abort(task) => self.abort(&task),
            Command::Background(behind) => self.set_background(behind),
            Command::Network { offline, interrupt } => self.network_changed(offline, interrupt),
        }
    }

    pub(super) fn queue(&mut self, kind: Kind) -> &mut Queue<Waiting> {
        match kind {
            Kind::Upload => &mut self.uploads,
            Kind::Download => &mut self.downloads,
        }
    }

    fn start(&mut self, task: Arc<Task>) {
        let checked = catch_unwind(AssertUnwindSafe(|| self.check(&task)))
            .unwrap_or_else(|_| Err(Failure::Internal("a fault in the options of a task".into())));
        match checked {
            Err(failure) => self.end_early(&task, failure),
            Ok(url) => {
                self.log_start(&task, &url);
                let since = task.invoked.mono.elapsed().as_micros();
                task.queued_us.store(u64::try_from(since).unwrap_or(u64::MAX), Ordering::Relaxed);
                let place = Place::new(task.priority, task.id);
                if let Err(waiting) = self.queue(task.kind).push(place, Waiting { task, url }) {
                    self.end_early(&waiting.task, Failure::QueueFull);
                }
            }
        }
    }

    /// What can be said of a task before it waits for its place.
    fn check(&self, task: &Task) -> Result<Url, Failure> {
        crate::fault::point("start");
        if task.is_aborted() {
            return Err(Failure::Aborted);
        }
        match (&self.background, &*task.spec.lock()) {
            (Background::Front, Some(spec)) => run::check(task, spec, &self.shared.config),
            (Background::Front, None) => Err(Failure::Internal("a task without options".into())),
            _ => Err(Failure::Interrupted),
        }
    }

    /// Ends a task that was never on the wire.
    fn end_early(&self, task: &Arc<Task>, failure: Failure) {
        task.post_end(self.early_end(task, failure));
    }

    /// What a task ends with that is not on the wire.
    pub(super) fn early_end(&self, task: &Task, failure: Failure) -> Box<End> {
        let mut end = End::failed(task.kind, failure);
        end.outcome.profile = task.profile.then(|| self.profile(task, None));
        end
    }

    fn log_start(&self, task: &Task, url: &Url) {
        let log = &self.shared.log;
        if log.wants(Level::Info) {
            let (name, host) = (task.kind.api_name(), url.host_str().unwrap_or(""));
            log.info(format_args!("task {} {name} to {}://{host} accepted", task.id, url.scheme()));
        }
        if log.wants(Level::Debug) {
            log.debug(format_args!("task {} {}", task.id, without_userinfo(url)));
        }
    }

    fn abort(&mut self, task: &Arc<Task>) {
        let slot = task.slot.load(Ordering::Relaxed);
        if slot != NO_SLOT {
            self.stop(slot, Failure::Aborted);
        } else if self.queue(task.kind).remove(Place::new(task.priority, task.id)).is_some() {
            self.end_early(task, Failure::Aborted);
        }
    }

    fn admit(&mut self, kind: Kind) {
        while let Some(waiting) = self.queue(kind).admit() {
            let task = waiting.task.clone();
            let begun = catch_unwind(AssertUnwindSafe(|| self.begin(waiting)))
                .unwrap_or_else(|_| Err(Failure::Internal("a fault at the start of a task".into())));
            if let Err(failure) = begun {
                self.queue(kind).done();
                self.end_early(&task, failure);
            }
        }
    }

    fn begin(&mut self, waiting: Waiting) -> Result<(), Failure> {
        let Waiting { task, url } = waiting;
        let spec = task.spec.lock().take().ok_or_else(|| Failure::Internal("a task began twice".into()))?;
        let shared = self.shared.clone();
        let mut run = Run::new(&task, spec, url, &shared.config)?;
        let live = Box::new(run.open(&task, &shared.config, &self.storage)?);
        let easy = self.idle_handles.pop().unwrap_or_else(|| Easy2::new(Exchange::default()));
        task.set_running_state(super::task::State::Connecting);
        self.launch(easy, task, run, live)
    }

    fn end_waiting(&mut self, failure: &Failure) {
        let waiting: Vec<Waiting> = self.uploads.drain().chain(self.downloads.drain()).collect();
        for waiting in waiting {
            self.end_early(&waiting.task, failure.clone());
        }
    }

    fn interrupt_everything(&mut self) {
        self.end_waiting(&Failure::Interrupted);
        self.stop_all(&Failure::Interrupted);
        self.publish_stats();
    }

    /// Timers that libcurl does not keep. How long to sleep; None when a timer ended something, so that places are free.
    fn run_timers(&mut self) -> Option<Duration> {
        let now = Instant::now();
        let mut next: Option<Instant> = None;
        let mut due = |at: Instant| next = Some(next.map_or(at, |next: Instant| next.min(at)));
        let mut stalled = Vec::new();
        for (slot, active) in &mut self.active {
            let Some(live) = active.handle.get_mut().live.as_mut() else { continue };
            if let Some(progress) = live.meter.flush(now) {
                live.report.progress(progress);
            }
            if let Some(at) = live.meter.due() {
                due(at);
            }
            if let (Some(idle), Some(last)) = (self.shared.config.idle_timeout, live.hop.last_activity) {
                if now >= last + idle {
                    stalled.push(slot);
                } else {
                    due(last + idle);
                }
            }
        }
        if let Background::Grace(until) = self.background {
            if now >= until {
                self.background = Background::Behind;
                self.end_waiting(&Failure::Interrupted);
                self.stop_all(&Failure::Interrupted);
                return None;
            }
            due(until);
        }
        if !stalled.is_empty() {
            stalled.into_iter().for_each(|slot| self.stop(slot, Failure::Timeout));
            return None;
        }
        Some(match next {
            // Rounded up to what poll(2) can tell apart, or the loop would spin for the rest of a millisecond.
            Some(at) => at.saturating_duration_since(now) + Duration::from_millis(1),
            None => Duration::from_millis(i32::MAX as u64),
        })
    }

    fn set_background(&mut self, behind: bool) {
        if !self.shared.config.background_limit {
            return;
        }
        self.background = match (behind, &self.background) {
            (true, Background::Front) => Background::Grace(Instant::now() + BACKGROUND_GRACE),
            (true, Background::Grace(until)) => Background::Grace(*until),
            (true, Background::Behind) => Background::Behind,
            (false, _) => Background::Front,
        };
    }

    fn network_changed(&mut self, offline: bool, interrupt: bool) {
        self.estimator.network_changed();
        self.estimator.set_offline(offline);
        options::network_changed(&self.multi);
        if interrupt {
            // A task that has a place runs, also when it was started in the same breath.
            self.admit(Kind::Upload);
            self.admit(Kind::Download);
            self.stop_all(&Failure::Interrupted);
        }
        self.publish_network();
    }

    /// A transfer has ended before its host's name was resolved.
    pub(super) fn left_resolver_behind(&mut self) {
        self.stuck_resolver_until = Some(Instant::now() + RESOLVER_PATIENCE);
    }

    fn publish_stats(&self) {
        let stats = &self.shared.stats;
        stats.uploads_queued.store(self.uploads.waiting(), Ordering::Relaxed);
        stats.uploads_running.store(self.uploads.running(), Ordering::Relaxed);
        stats.downloads_queued.store(self.downloads.waiting(), Ordering::Relaxed);
        stats.downloads_running.store(self.downloads.running(), Ordering::Relaxed);
    }

    /// libcurl could not go on: what it held fails, and a new multi takes over.
    fn multi_failed(&mut self, error: &MultiError) {
        self.shared.log.error(format_args!("libcurl's multi failed: {error}"));
        self.rebuild(&Failure::Network(format!("libcurl's multi failed: {error}")));
    }

    fn recover(&mut self, what: &str) {
        self.shared.log.error(format_args!("{what}"));
        self.rebuild(&Failure::Internal(what.to_owned()));
    }

    fn rebuild(&mut self, failure: &Failure) {
        self.stop_all(failure);
        self.idle_handles.clear();
        self.finished.clear();
        // The old one goes when the new one has taken the bell over: should none be had, it goes on with the old.
        self.multi = make_multi(&self.shared);
    }
}

fn make_multi(shared: &Shared) -> Multi {
    let mut multi = Multi::new();
    let config = &shared.config;
    let places = config.max_uploads + config.max_downloads;
    // Neither can fail on a fresh multi.
    let _ = multi.pipelining(false, true);
    let _ = multi.set_max_connects(places.clamp(10, 200));
    shared.bell.set_waker(Some(multi.waker()));
    multi
}
