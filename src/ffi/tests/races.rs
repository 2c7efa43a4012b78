//! Races, each held open at its narrowest point.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{channel, sync_channel, SyncSender};
use std::thread;

use super::super::config::{FERRY_DISPATCH_PUMP, FERRY_PROGRESS_EVERY_CHANGE};
use super::super::listeners::*;
use super::*;
use crate::fault::Faults;
use crate::transfer::exchange::Report;
use crate::transfer::meter::Progress;

unsafe extern "C" fn ignore_progress(_data: *mut c_void, _task: *mut ferry_task, _progress: *const ferry_progress) {}

/// A host that remembers whether it was called after its end.
#[derive(Default)]
struct Host {
    wakeups: AtomicUsize,
    destroyed: AtomicBool,
    woken_too_late: AtomicBool,
}

unsafe extern "C" fn host_wakeup(data: *mut c_void) {
    // SAFETY: the test keeps the host alive.
    let host = unsafe { &*data.cast::<Host>() };
    host.wakeups.fetch_add(1, Ordering::SeqCst);
    if host.destroyed.load(Ordering::SeqCst) {
        host.woken_too_late.store(true, Ordering::SeqCst);
    }
}

unsafe extern "C" fn host_destroy(data: *mut c_void) {
    // SAFETY: the test keeps the host alive.
    unsafe { &*data.cast::<Host>() }.destroyed.store(true, Ordering::SeqCst);
}

#[test]
fn a_thread_that_removes_a_listener_cannot_hold_back_an_end() {
    for dispatch in [super::super::config::FERRY_DISPATCH_THREAD, FERRY_DISPATCH_PUMP] {
        let host = Host::default();
        let server = Server::plain();
        let engine = Engine::new(|config| {
            config.dispatch = dispatch;
            config.user_data = (&raw const host).cast_mut().cast();
            config.wakeup = Some(host_wakeup);
            config.destroy = Some(host_destroy);
        });
        let (task, told) = engine.download(&server.url("/gate/held?hold=headers"));
        server.wait_for(|state| state.waiting_at("held") == 1);
        let listened = unsafe {
            // SAFETY: the task is retained.
            ferry_task_on_progress(task.0, Some(ignore_progress), std::ptr::null_mut(), None, std::ptr::null_mut())
        };
        assert_eq!(listened, FERRY_OK);

        let (reached, at_point) = channel();
        let (go_on, held) = channel::<()>();
        thread::scope(|scope| {
            let task = &task;
            scope.spawn(move || {
                Faults::here().at("schedule", move || {
                    reached.send(()).unwrap();
                    let _ = held.recv();
                });
                // SAFETY: the task is retained.
                unsafe { ferry_task_off_progress(task.0, FERRY_ALL_LISTENERS) };
            });
            at_point.recv().unwrap();
            engine.close();
            let story = told.now();
            drop(go_on);
            story.check();
            assert_eq!(story.errno, 600003);
        });
        assert!(host.destroyed.load(Ordering::SeqCst));
        assert!(!host.woken_too_late.load(Ordering::SeqCst), "woken after destroy");
    }
}

/// The id of a listener, as its own destroy function saw it.
struct Id {
    written: AtomicU64,
    at_destroy: AtomicU64,
    gone: SyncSender<()>,
}

unsafe extern "C" fn note_id(data: *mut c_void) {
    // SAFETY: the test keeps it alive.
    let id = unsafe { &*data.cast::<Id>() };
    id.at_destroy.store(id.written.load(Ordering::SeqCst), Ordering::SeqCst);
    id.gone.send(()).unwrap();
}

#[test]
fn the_id_of_a_listener_is_written_before_it_can_be_destroyed() {
    let server = Server::plain();
    let engine = Engine::new(|_| {});
    let (task, _told) = engine.download(&server.url("/never"));
    let (gone, was_destroyed) = sync_channel(1);
    let id = Id { written: AtomicU64::new(0), at_destroy: AtomicU64::new(u64::MAX), gone };
    let for_fault = engine.0 as usize;
    Faults::here().at("listener", move || {
        // SAFETY: the engine is alive.
        unsafe { ferry_engine_close(for_fault as *mut ferry_engine) };
        was_destroyed.recv_timeout(PATIENCE).unwrap();
    });
    // SAFETY: the task is retained, and the id lives on.
    let status = unsafe {
        ferry_task_on_progress(
            task.0,
            Some(ignore_progress),
            (&raw const id).cast_mut().cast(),
            Some(note_id),
            id.written.as_ptr(),
        )
    };
    assert_eq!(status, FERRY_OK);
    assert_eq!(id.at_destroy.load(Ordering::SeqCst), id.written.load(Ordering::SeqCst));
}

#[test]
fn places_that_idle_tasks_give_up_are_filled_at_once() {
    let server = Server::plain();
    let engine = Engine::new(|config| {
        config.max_downloads = 1;
        config.idle_timeout_ms = 50;
    });
    let (_stuck, stuck) = engine.download(&server.url("/never"));
    let (_next, next) = engine.download(&server.url("/bytes/5"));
    assert_eq!(stuck.wait_end().check().errno, 5);
    next.wait_end().assert_success();
}

static GREEDY_TOLD: AtomicUsize = AtomicUsize::new(0);

/// Has newer progress each time it is told some, as a fast download of a slow host's has.
unsafe extern "C" fn greedy_progress(_data: *mut c_void, task: *mut ferry_task, progress: *const ferry_progress) {
    let times = GREEDY_TOLD.fetch_add(1, Ordering::SeqCst);
    if times < 1000 {
        // SAFETY: both live for the call.
        let (task, transferred) = unsafe { (task_of(task).unwrap(), (*progress).transferred + 1) };
        task.progress(Progress { percent: 0, transferred, expected: 0 });
    }
}

#[test]
fn a_task_with_ever_newer_progress_does_not_keep_others_from_telling() {
    let host = Host::default();
    let server = Server::plain();
    let engine = Engine::new(|config| {
        config.dispatch = FERRY_DISPATCH_PUMP;
        config.user_data = (&raw const host).cast_mut().cast();
        config.wakeup = Some(host_wakeup);
        config.progress_interval_ms = FERRY_PROGRESS_EVERY_CHANGE;
    });
    let (greedy, first) = engine.download(&server.url("/never"));
    // SAFETY: the task is retained.
    unsafe {
        let status =
            ferry_task_on_progress(greedy.0, Some(greedy_progress), std::ptr::null_mut(), None, std::ptr::null_mut());
        assert_eq!(status, FERRY_OK);
        task_of(greedy.0).unwrap().progress(Progress { percent: 0, transferred: 1, expected: 0 });
    }
    let (other, second) = engine.download(&server.url("/never"));
    other.abort();
    // SAFETY: the task is retained.
    while unsafe { ferry_task_state(other.0) } != FERRY_STATE_FINISHING {
        thread::yield_now();
    }
    let woken = host.wakeups.load(Ordering::SeqCst);
    let mut count = 0;
    // SAFETY: the engine is alive.
    assert_eq!(unsafe { ferry_engine_dispatch(engine.0, 0, &raw mut count) }, FERRY_OK);
    assert_eq!((count, GREEDY_TOLD.load(Ordering::SeqCst)), (2, 1), "what waited when it was called, no more");
    assert_eq!(second.now().check().errno, 603105);
    assert!(host.wakeups.load(Ordering::SeqCst) > woken, "the rest waits");
    engine.close();
    assert_eq!(first.now().check().errno, 600003);
}
