//! Transfers on the wire: launched on a curl handle, ended when libcurl or ferry is done with them.

use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::Ordering;
use std::sync::Arc;

use curl::easy::Easy2;
use curl::multi::Easy2Handle;
use url::Url;

use super::driver::Driver;
use super::outcome::{End, Outcome};
use super::run::Run;
use super::spec::Action;
use super::task::{Task, NO_SLOT};
use crate::curl::info::TransferInfo;
use crate::error::Failure;
use crate::profile::Profile;
use crate::transfer::exchange::{Exchange, Live, Sink};
use crate::transfer::request::{self, Guard};
use crate::transfer::verdict::{judge, words, Verdict};
use crate::view::Body;

/// A task on the wire.
pub(super) struct Active {
    pub(super) handle: Easy2Handle<Exchange>,
    pub(super) task: Arc<Task>,
    pub(super) run: Run,
    _guard: Guard,
}

impl Driver {
    /// Puts a hop on the wire. On failure the handle and what it carried are dropped.
    pub(super) fn launch(
        &mut self,
        mut easy: Easy2<Exchange>,
        task: Arc<Task>,
        run: Run,
        live: Box<Live>,
    ) -> Result<(), Failure> {
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
    pub(super) fn finish_transfers(&mut self) -> usize {
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
        let shared = self.shared.clone();
        // Not with a failed one among them, which libcurl may let go of slowly.
        let gathers = count > 1 && finished.iter().all(|(_, result)| result.is_ok());
        let _gathering = gathers.then(|| shared.dispatcher.gather());
        for (slot, result) in finished.drain(..) {
            let task = self.active[slot].task.clone();
            let ended = catch_unwind(AssertUnwindSafe(|| self.hop_ended(slot, result))).unwrap_or_else(|_| {
                if task.slot.load(Ordering::Relaxed) != NO_SLOT {
                    self.take(slot);
                }
                Some(self.early_end(&task, Failure::Internal("a fault at the end of a transfer".into())))
            });
            if let Some(end) = ended {
                self.queue(task.kind).done();
                task.post_end(end);
            }
        }
        self.finished = finished;
        count
    }

    /// What the task ends with; None when it goes on with another hop.
    fn hop_ended(&mut self, slot: usize, result: Result<(), curl::Error>) -> Option<Box<End>> {
        let active = &mut self.active[slot];
        let mut info = TransferInfo::of(&active.handle);
        let live = active.handle.get_mut().live.take();
        info.rtt_us = info.rtt_us.or(live.as_ref().and_then(|live| live.hop.rtt_us));
        let completed = result.is_ok();
        let timed_out = result.as_ref().is_err_and(curl::Error::is_operation_timedout);
        let unresolved = timed_out && info.unresolved();
        let verdict = live.as_ref().map(|live| judge(live, result, &info, active.run.hops == 0));
        let (easy, task, mut run) = self.take(slot);
        if unresolved {
            self.left_resolver_behind();
        }
        crate::fault::point("hop");
        let (Some(mut live), Some(verdict)) = (live, verdict) else {
            return Some(self.early_end(&task, Failure::Internal("a transfer without its task".into())));
        };
        self.observe(&info, !matches!(verdict, Verdict::Failed(_)));
        let failure = match verdict {
            Verdict::Done => None,
            Verdict::Failed(failure) => Some(failure),
            Verdict::Redirect => {
                let shared = self.shared.clone();
                match run.follow(&task, &mut live, &shared.config) {
                    Err(failure) => Some(failure),
                    Ok(()) => {
                        let easy = easy.unwrap_or_else(|| Easy2::new(Exchange::default()));
                        let launched = self.launch(easy, task.clone(), run, live);
                        return launched.err().map(|failure| self.early_end(&task, failure));
                    }
                }
            }
        };
        self.recycle(easy);
        let profile = task.profile.then(|| self.profile(&task, Some((&run, &info, completed))));
        Some(make_end(&task, &run, *live, failure, profile))
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

    /// Ends a running transfer. The end is told before libcurl lets go, which may take it a while.
    pub(super) fn stop(&mut self, slot: usize, failure: Failure) {
        let task = self.active[slot].task.clone();
        let end = catch_unwind(AssertUnwindSafe(|| self.stopped_end(slot, failure.clone())));
        task.post_end(end.unwrap_or_else(|_| End::failed(task.kind, failure)));
        self.queue(task.kind).done();
        let (easy, ..) = self.take(slot);
        self.recycle(easy);
    }

    fn stopped_end(&mut self, slot: usize, failure: Failure) -> Box<End> {
        let info = TransferInfo::of(&self.active[slot].handle);
        if info.unresolved() {
            self.left_resolver_behind();
        }
        let active = &mut self.active[slot];
        let Some(live) = active.handle.get_mut().live.take() else {
            return End::failed(active.task.kind, failure);
        };
        crate::fault::point("stop");
        let Active { task, run, .. } = &self.active[slot];
        let profile = task.profile.then(|| self.profile(task, Some((run, &info, false))));
        make_end(task, run, *live, Some(failure), profile)
    }

    pub(super) fn stop_all(&mut self, failure: &Failure) {
        let slots: Vec<usize> = self.active.iter().map(|(slot, _)| slot).collect();
        for slot in slots {
            self.stop(slot, failure.clone());
        }
    }
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

/// For results and logs: a password in a URL stays between the caller and the server.
pub(super) fn without_userinfo(url: &Url) -> String {
    if url.username().is_empty() && url.password().is_none() {
        return url.to_string();
    }
    let mut url = url.clone();
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.to_string()
}
