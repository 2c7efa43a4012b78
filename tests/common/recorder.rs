//! Records every callback of a task, and waits for them.

use std::os::raw::c_void;
use std::sync::Arc;
use std::time::Instant;

use parking_lot::{Condvar, Mutex};

use ferry::ffi::headers::ferry_headers;
use ferry::ffi::options::*;
use ferry::ffi::result::ferry_result;
use ferry::ffi::task::ferry_task;

use super::result::{Headers, Outcome, Progress};
use super::task::TaskRef;
use super::PATIENCE;

/// One callback.
#[derive(Debug, Clone)]
pub enum Event {
    Headers(Headers),
    Progress(Progress),
    Success(Outcome),
    Fail(Outcome),
    Complete(Outcome),
    /// `user_data` was let go of.
    Destroy,
    /// A listener that was added later; its name.
    ListenerHeaders(String),
    ListenerProgress(String, Progress),
    ListenerDestroy(String),
}

impl Event {
    pub fn name(&self) -> String {
        match self {
            Event::Headers(_) => "headers".into(),
            Event::Progress(_) => "progress".into(),
            Event::Success(_) => "success".into(),
            Event::Fail(_) => "fail".into(),
            Event::Complete(_) => "complete".into(),
            Event::Destroy => "destroy".into(),
            Event::ListenerHeaders(name) | Event::ListenerProgress(name, _) => name.clone(),
            Event::ListenerDestroy(name) => format!("{name} destroyed"),
        }
    }
}

/// An event and the thread it was told on.
#[derive(Debug, Clone)]
pub struct Told {
    pub event: Event,
    pub thread: String,
    pub thread_id: std::thread::ThreadId,
}

/// Called inside the callback, after the event was recorded.
pub type Hook = Box<dyn Fn(TaskRef, &Event) + Send + Sync>;

#[derive(Default)]
pub struct Recorder {
    told: Mutex<Vec<Told>>,
    changed: Condvar,
    hook: Option<Hook>,
}

impl Recorder {
    pub fn new(hook: Option<Hook>) -> Arc<Recorder> {
        Arc::new(Recorder { hook, ..Recorder::default() })
    }

    pub(super) fn tell(&self, task: *mut ferry_task, event: Event) {
        let thread = std::thread::current();
        let told =
            Told { event: event.clone(), thread: thread.name().unwrap_or_default().to_owned(), thread_id: thread.id() };
        self.told.lock().push(told);
        self.changed.notify_all();
        if let (Some(hook), false) = (&self.hook, task.is_null()) {
            hook(TaskRef::borrowed(task), &event);
        }
    }

    /// Everything told so far.
    pub fn told(&self) -> Vec<Told> {
        self.told.lock().clone()
    }

    pub fn events(&self) -> Vec<Event> {
        self.told().into_iter().map(|told| told.event).collect()
    }

    pub fn names(&self) -> Vec<String> {
        self.events().iter().map(Event::name).collect()
    }

    /// How often an event of this name was told.
    pub fn count(&self, name: &str) -> usize {
        self.names().iter().filter(|n| *n == name).count()
    }

    pub fn progress(&self) -> Vec<Progress> {
        let progress = |event| match event {
            Event::Progress(progress) => Some(progress),
            _ => None,
        };
        self.events().into_iter().filter_map(progress).collect()
    }

    /// Waits until what was told satisfies `ready`.
    #[track_caller]
    pub fn wait_for(&self, what: &str, mut ready: impl FnMut(&[Told]) -> bool) {
        let end = Instant::now() + PATIENCE;
        let mut told = self.told.lock();
        while !ready(&told) {
            let left = end.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "waited in vain for {what}; told: {told:#?}");
            self.changed.wait_for(&mut told, left);
        }
    }

    /// Waits for the first event of this name.
    #[track_caller]
    pub fn wait(&self, name: &str) {
        self.wait_for(name, |told| told.iter().any(|told| told.event.name() == name));
    }

    /// Waits until the task has ended and was let go of, checks the order that holds for every task, and gives the
    /// result.
    #[track_caller]
    pub fn wait_end(&self) -> Outcome {
        self.wait("destroy");
        self.check_order();
        self.outcome()
    }

    /// The result; the task has ended.
    #[track_caller]
    pub fn outcome(&self) -> Outcome {
        let end = |event| match event {
            Event::Complete(outcome) => Some(outcome),
            _ => None,
        };
        self.events().into_iter().find_map(end).expect("the task has ended")
    }

    /// The rules of the header that hold for every task.
    #[track_caller]
    pub fn check_order(&self) {
        let events: Vec<Event> =
            self.events().into_iter().filter(|event| !event.name().ends_with("destroyed")).collect();
        let names: Vec<String> = events.iter().map(Event::name).collect();
        let end = &names[names.len().saturating_sub(3)..];
        assert!(end == ["success", "complete", "destroy"] || end == ["fail", "complete", "destroy"], "{names:?}");
        let before = &names[..names.len() - 3];
        let endings = ["success", "fail", "complete", "destroy"];
        assert!(!before.iter().any(|name| endings.contains(&name.as_str())), "{names:?}");
        assert!(before.iter().filter(|name| *name == "headers").count() <= 1, "{names:?}");
        let progress = self.progress();
        for pair in progress.windows(2) {
            assert!(pair[0].transferred <= pair[1].transferred, "{progress:?}");
            assert!(pair[0].percent <= pair[1].percent, "{progress:?}");
        }
        assert!(progress.iter().all(|p| (0..=100).contains(&p.percent)), "{progress:?}");
        if let Event::Success(outcome) = &events[events.len() - 3] {
            assert_eq!(names.iter().filter(|name| *name == "headers").count(), 1, "{names:?}");
            let last = progress.last().expect("a success has progress");
            assert_eq!((last.percent, last.transferred), (100, last.expected), "{progress:?}");
            assert_eq!(outcome.errno, 0);
        }
        let thread = self.told()[0].thread_id;
        assert!(self.told().iter().all(|told| told.thread_id == thread), "one thread: {:#?}", self.told());
    }
}

/// The table of callbacks; `user_data` is a strong count on the recorder, given back by `destroy`.
pub(super) fn callbacks(recorder: &Arc<Recorder>) -> ferry_callbacks {
    ferry_callbacks {
        struct_size: size_of::<ferry_callbacks>() as u32,
        reserved: 0,
        user_data: Arc::into_raw(recorder.clone()).cast_mut().cast(),
        on_headers: Some(on_headers),
        on_progress: Some(on_progress),
        on_success: Some(on_success),
        on_fail: Some(on_fail),
        on_complete: Some(on_complete),
        destroy: Some(destroy),
    }
}

/// Takes the recorder back when ferry did not.
pub(super) fn take_back(callbacks: &ferry_callbacks) {
    // SAFETY: made by `callbacks`, and the start took nothing.
    drop(unsafe { Arc::from_raw(callbacks.user_data.cast::<Recorder>()) });
}

unsafe fn recorder<'a>(user_data: *mut c_void) -> &'a Recorder {
    // SAFETY: `callbacks` gave a strong count that lasts until `destroy`.
    unsafe { &*user_data.cast::<Recorder>() }
}

unsafe extern "C" fn on_headers(user_data: *mut c_void, task: *mut ferry_task, headers: *const ferry_headers) {
    // SAFETY: ours, and borrowed for the call.
    unsafe { recorder(user_data).tell(task, Event::Headers(Headers::copy(headers))) }
}

unsafe extern "C" fn on_progress(user_data: *mut c_void, task: *mut ferry_task, progress: *const ferry_progress) {
    // SAFETY: as above.
    unsafe { recorder(user_data).tell(task, Event::Progress(Progress::copy(progress))) }
}

unsafe extern "C" fn on_success(user_data: *mut c_void, task: *mut ferry_task, result: *const ferry_result) {
    // SAFETY: as above.
    unsafe { recorder(user_data).tell(task, Event::Success(Outcome::copy(result))) }
}

unsafe extern "C" fn on_fail(user_data: *mut c_void, task: *mut ferry_task, result: *const ferry_result) {
    // SAFETY: as above.
    unsafe { recorder(user_data).tell(task, Event::Fail(Outcome::copy(result))) }
}

unsafe extern "C" fn on_complete(user_data: *mut c_void, task: *mut ferry_task, result: *const ferry_result) {
    // SAFETY: as above.
    unsafe { recorder(user_data).tell(task, Event::Complete(Outcome::copy(result))) }
}

unsafe extern "C" fn destroy(user_data: *mut c_void) {
    // SAFETY: gives back the count of `callbacks`; called once.
    let recorder = unsafe { Arc::from_raw(user_data.cast::<Recorder>()) };
    recorder.tell(std::ptr::null_mut(), Event::Destroy);
}
