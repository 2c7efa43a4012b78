//! The engine thread: admits tasks, drives libcurl, ends transfers. Nothing here waits but the poll.

use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::Ordering;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, TryRecvError};
use curl::easy::Easy2;
use curl::multi::{Easy2Handle, Multi};
use curl::MultiError;
use slab::Slab;
use url::Url;

use super::outcome::{End, Outcome};
use super::queue::{Place, Queue};
use super::run::{self, Run};
use super::shared::{Command, Shared};
use super::spec::Action;
use super::task::{Task, NO_SLOT};
use crate::curl::info::TransferInfo;
use crate::curl::options;
use crate::error::Failure;
use crate::kind::Kind;
use crate::log::Level;
use crate::profile::Profile;
use crate::transfer::exchange::{Exchange, Live, Sink};
use crate::transfer::request::{self, Guard};
use crate::transfer::verdict::{judge, words, Verdict};
use crate::view::Body;

/// Running transfers get this long after the host went to the background.
const BACKGROUND_GRACE: Duration = Duration::from_secs(5);

/// A task that waits, with its URL already checked.
struct Waiting {
    task: Arc<Task>,
    url: Url,
}

/// A task on the wire.
struct Active {
    handle: Easy2Handle<Exchange>,
    task: Arc<Task>,
    run: Run,
    _guard: Guard,
}

pub(super) struct Driver {
    // Fields drop in this order: handles go before the multi.
    active: Slab<Active>,
    idle_handles: Vec<Easy2<Exchange>>,
    multi: Multi,
    pub(super) shared: Arc<Shared>,
    commands: Receiver<Command>,
    uploads: Queue<Waiting>,
    downloads: Queue<Waiting>,
    background: Background,
    offline: bool,
    pub(super) estimator: crate::network::estimator::Estimator,
    finished: Vec<(usize, Result<(), curl::Error>)>,
}

/// Whether the app is in front.
enum Background {
    Front,
    /// Running transfers end at this time.
    Grace(Instant),
    Behind,
}

impl Driver {
    pub(super) fn new(shared: Arc<Shared>, commands: Receiver<Command>) -> Driver {
        let config = &shared.config;
        let uploads = Queue::new(config.max_uploads, config.max_queued);
        let downloads = Queue::new(config.max_downloads, config.max_queued);
        let multi = make_multi(&shared);
        Driver {
            active: Slab::new(),
            idle_handles: Vec::new(),
            multi,
            shared,
            commands,
            uploads,
            downloads,
            background: Background::Front,
            offline: false,
            estimator: crate::network::estimator::Estimator::new(super::OBSERVATIONS),
            finished: Vec::new(),
        }
    }

    /// Runs until the engine is shut and everything has ended.
    pub(super) fn run(&mut self) {
        loop {
            match catch_unwind(AssertUnwindSafe(|| self.turn())) {
                Ok(true) => {}
                Ok(false) => break,
                Err(_) => self.recover("a fault in the engine"),
            }
        }
        self.interrupt_everything();
        options::quick_exit(&self.multi);
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
        }
        if self.finish_transfers() > 0 {
            // Places are free: fill them before waiting.
            return true;
        }
        let timeout = self.run_timers();
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

    fn queue(&mut self, kind: Kind) -> &mut Queue<Waiting> {
        match kind {
            Kind::Upload => &mut self.uploads,
            Kind::Download => &mut self.downloads,
        }
    }

    fn start(&mut self, task: Arc<Task>) {
        let checked = {
            let spec = task.spec.lock();
            match (&self.background, &*spec) {
                (Background::Front, Some(spec)) => run::check(&task, spec, &self.shared.config),
                (Background::Front, None) => Err(Failure::Internal("a task without options".into())),
                _ => Err(Failure::Interrupted),
            }
        };
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

    /// Ends a task that never left the queue.
    fn end_early(&self, task: &Arc<Task>, failure: Failure) {
        let wanted = task.spec.lock().as_ref().is_some_and(|spec| spec.profile);
        let mut end = End::failed(task.kind, failure);
        end.outcome.profile = wanted.then(|| self.profile(task, None));
        task.post_end(end);
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
                end(&task, failure);
            }
        }
    }

    fn begin(&mut self, waiting: Waiting) -> Result<(), Failure> {
        let Waiting { task, url } = waiting;
        let spec = task.spec.lock().take().ok_or_else(|| Failure::Internal("a task began twice".into()))?;
        let shared = self.shared.clone();
        let run = Run::new(&task, spec, url, &shared.config)?;
        let live = Box::new(run.open(&task, &shared.config)?);
        let easy = self.idle_handles.pop().unwrap_or_else(|| Easy2::new(Exchange::default()));
        task.set_running_state(super::task::State::Connecting);
        self.launch(easy, task, run, live)
    }

    /// Puts a hop on the wire. On failure the handle and what it carried are dropped.
    fn launch(&mut self, mut easy: Easy2<Exchange>, task: Arc<Task>, run: Run, live: Box<Live>) -> Result<(), Failure> {
        let config = &self.shared.config;
        let prepared = request::prepare(&mut easy, &run.request(live.source.as_ref()), config);
        let guard = prepared.map_err(|error| Failure::Network(words(&error)))?;
        easy.get_mut().live = Some(live);
        let entry = self.active.vacant_entry();
        let slot = entry.key();
        let mut handle = self.multi.add2(easy).map_err(|error| Failure::Network(error.to_string()))?;
        handle.set_token(slot).map_err(|error| Failure::Network(words(&error)))?;
        task.slot.store(slot, Ordering::Relaxed);
        entry.insert(Active { handle, task, run, _guard: guard });
        Ok(())
    }

    /// Ends what libcurl has finished. How many that were.
    fn finish_transfers(&mut self) -> usize {
        let mut finished = std::mem::take(&mut self.finished);
        let active = &self.active;
        self.multi.messages(|message| {
            if let Ok(slot) = message.token() {
                let result = active.get(slot).and_then(|active| message.result_for2(&active.handle));
                if let Some(result) = result {
                    finished.push((slot, result));
                }
            }
        });
        let count = finished.len();
        for (slot, result) in finished.drain(..) {
            let task = self.active[slot].task.clone();
            let done = catch_unwind(AssertUnwindSafe(|| self.hop_ended(slot, result)));
            if done.is_err() {
                self.forget(slot);
                end(&task, Failure::Internal("a fault at the end of a transfer".into()));
            }
        }
        self.finished = finished;
        count
    }

    fn hop_ended(&mut self, slot: usize, result: Result<(), curl::Error>) {
        let active = &mut self.active[slot];
        let info = TransferInfo::of(&active.handle);
        let Some(mut live) = active.handle.get_mut().live.take() else {
            return self.forget(slot);
        };
        let completed = result.is_ok();
        let verdict = judge(&live, result, &info, active.run.hops == 0);
        let (easy, task, mut run) = self.take(slot);
        self.observe(&info, !matches!(verdict, Verdict::Failed(_)));
        let failure = match verdict {
            Verdict::Done => None,
            Verdict::Failed(failure) => Some(failure),
            Verdict::Redirect => {
                let shared = self.shared.clone();
                match (run.follow(&task, &mut live, &shared.config), easy) {
                    (Err(failure), easy) => {
                        self.recycle(easy);
                        return self.end_run(task, run, *live, Some(failure), &info, completed);
                    }
                    (Ok(()), easy) => {
                        let easy = easy.unwrap_or_else(|| Easy2::new(Exchange::default()));
                        let kind = task.kind;
                        if let Err(failure) = self.launch(easy, task.clone(), run, live) {
                            self.queue(kind).done();
                            end(&task, failure);
                        }
                        return;
                    }
                }
            }
        };
        self.recycle(easy);
        self.end_run(task, run, *live, failure, &info, completed);
    }

    /// Takes a transfer off the wire, its handle out of the multi.
    fn take(&mut self, slot: usize) -> (Option<Easy2<Exchange>>, Arc<Task>, Run) {
        let Active { handle, task, run, _guard } = self.active.remove(slot);
        task.slot.store(NO_SLOT, Ordering::Relaxed);
        // A handle the multi will not give back is dropped; its guard takes it out.
        let easy = self.multi.remove2(handle).ok();
        (easy, task, run)
    }

    fn recycle(&mut self, easy: Option<Easy2<Exchange>>) {
        if let Some(easy) = easy {
            self.idle_handles.push(easy);
        }
    }

    /// After a fault: the slot is freed, whatever it held.
    fn forget(&mut self, slot: usize) {
        if self.active.contains(slot) {
            let (_, task, _) = self.take(slot);
            self.queue(task.kind).done();
        }
    }

    fn end_run(
        &mut self,
        task: Arc<Task>,
        run: Run,
        live: Live,
        failure: Option<Failure>,
        info: &TransferInfo,
        completed: bool,
    ) {
        self.queue(task.kind).done();
        let profile = run.spec.profile.then(|| self.profile(&task, Some((&run, info, completed))));
        let end = make_end(&task, &run, live, failure, profile);
        task.post_end(end);
    }
    /// Ends a running transfer. The end is told before libcurl lets go, which may take it a while.
    fn stop(&mut self, slot: usize, failure: Failure) {
        let active = &mut self.active[slot];
        let task = active.task.clone();
        let info = TransferInfo::of(&active.handle);
        if let Some(live) = active.handle.get_mut().live.take() {
            let run = &self.active[slot].run;
            let profile = run.spec.profile.then(|| self.profile(&task, Some((run, &info, false))));
            task.post_end(make_end(&task, run, *live, Some(failure), profile));
        }
        self.queue(task.kind).done();
        let (easy, ..) = self.take(slot);
        self.recycle(easy);
    }

    fn stop_all(&mut self, failure: &Failure) {
        let slots: Vec<usize> = self.active.iter().map(|(slot, _)| slot).collect();
        for slot in slots {
            self.stop(slot, failure.clone());
        }
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

    /// Timers that libcurl does not keep. How long to sleep.
    fn run_timers(&mut self) -> Duration {
        let now = Instant::now();
        let mut next: Option<Instant> = None;
        let mut due = |at: Instant| next = Some(next.map_or(at, |next: Instant| next.min(at)));
        let mut stalled = Vec::new();
        for (slot, active) in &mut self.active {
            let Some(live) = active.handle.get_mut().live.as_mut() else { continue };
            if let Some(progress) = live.meter.flush(now) {
                live.task.post_progress(progress);
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
                stalled.clear();
            } else {
                due(until);
            }
        }
        for slot in stalled {
            self.stop(slot, Failure::Timeout);
        }
        match next {
            // Rounded up to what poll(2) can tell apart, or the loop would spin for the rest of a millisecond.
            Some(at) => at.saturating_duration_since(now) + Duration::from_millis(1),
            None => Duration::from_millis(i32::MAX as u64),
        }
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
        self.offline = offline;
        self.estimator.network_changed();
        self.estimator.set_offline(offline);
        options::network_changed(&self.multi);
        if interrupt {
            self.stop_all(&Failure::Interrupted);
        }
        self.publish_network();
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
        self.shared.bell.set_waker(None);
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

/// What a task that was on the wire ends with; a failure's file goes here, before it is told.
fn make_end(
    task: &Arc<Task>,
    run: &Run,
    live: Live,
    failure: Option<Failure>,
    profile: Option<Box<Profile>>,
) -> Box<End> {
    let Live { sink, hop, mut meter, source, .. } = live;
    let mut outcome = Outcome::failed(task.kind, Failure::Interrupted);
    outcome.status = u32::from(hop.final_headers.as_ref().map_or(0, |headers| headers.plain.status()));
    outcome.headers = hop.final_headers.unwrap_or_default();
    outcome.effective_url = without_userinfo(&run.url);
    outcome.profile = profile;
    outcome.failure = failure;
    let succeeded = outcome.failure.is_none();
    let mut kept = None;
    let total = match sink {
        Sink::Memory(body) => {
            if succeeded {
                outcome.data_length = body.len() as u64;
                outcome.body = Body::new(body);
            }
            source.map_or(0, |source| source.length())
        }
        Sink::File(file) => {
            outcome.temporary = matches!(run.spec.action, Action::Download { file_path: None });
            let written = file.written();
            // Otherwise it goes here, before the failure is told.
            kept = succeeded.then_some(file);
            written
        }
    };
    if succeeded {
        if let Some(progress) = meter.finish(total) {
            task.post_progress(progress);
        }
    }
    Box::new(End { outcome, file: kept })
}

fn end(task: &Arc<Task>, failure: Failure) {
    task.post_end(End::failed(task.kind, failure));
}

/// For results and logs: a password in a URL stays between the caller and the server.
fn without_userinfo(url: &Url) -> String {
    if url.username().is_empty() && url.password().is_none() {
        return url.to_string();
    }
    let mut url = url.clone();
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.to_string()
}
