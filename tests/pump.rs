//! A host with a loop of its own.

mod common;

use std::sync::{Arc, Mutex};
use std::thread::current;

use common::*;

fn pumped() -> Engine {
    Engine::with(|config| {
        config.pump = true;
        config.progress_interval_ms = FERRY_PROGRESS_EVERY_CHANGE;
    })
}

#[track_caller]
fn finishing(task: &Task) {
    eventually("the end waits to be told", || task.state() == FERRY_STATE_FINISHING);
}

#[test]
fn nothing_is_told_before_the_host_asks_and_then_on_its_thread() {
    let server = Server::plain();
    let engine = pumped();
    let task = engine.download(&server.url("/bytes/100k")).start();
    finishing(&task);
    assert!(task.recorder.told().is_empty());
    assert!(task.result().is_none());
    assert!(engine.stats().undelivered == 1);
    engine.pump_until(|| task.recorder.count("destroy") == 1);
    task.wait_end().ok(200).downloaded();
    assert!(task.recorder.told().iter().all(|told| told.thread_id == current().id()));
    assert_eq!(engine.stats().undelivered, 0);
}

#[test]
fn woken_once_until_the_next_dispatch() {
    let server = Server::plain();
    let engine = pumped();
    let tasks: Vec<Task> = (0..8).map(|_| engine.download(&server.url("/bytes/1k")).start()).collect();
    tasks.iter().for_each(finishing);
    assert_eq!(engine.notes.wakeups(), 1, "however much waits");
    let mut told = 0;
    while engine.stats().undelivered > 0 {
        told += engine.dispatch(0);
    }
    assert!(told >= 3 * 8, "headers, progress and the end of each");
    assert_eq!(engine.dispatch(0), 0);
    let before = engine.notes.wakeups();
    let last = engine.download(&server.url("/bytes/1k")).start();
    finishing(&last);
    assert_eq!(engine.notes.wakeups(), before + 1);
    engine.dispatch(0);
    for task in tasks.iter().chain([&last]) {
        task.wait_end().ok(200).downloaded();
    }
}

#[test]
fn at_most_so_many_events_and_a_wake_up_for_the_rest() {
    let server = Server::plain();
    let engine = pumped();
    let task = engine.download(&server.url("/bytes/1k")).start();
    let other = engine.download("nonsense").start();
    [&task, &other].into_iter().for_each(finishing);
    let mut told = 0;
    while other.recorder.count("destroy") + task.recorder.count("destroy") < 2 {
        let wakeups = engine.notes.wakeups();
        let now = engine.dispatch(1);
        assert!(now <= 1);
        told += now;
        let left = other.recorder.count("destroy") + task.recorder.count("destroy") < 2;
        assert!(!left || engine.notes.wakeups() == wakeups + 1, "woken for what is left");
    }
    assert_eq!(told, 4, "headers, progress, end; and an end");
    task.wait_end().ok(200).downloaded();
    other.wait_end().failed(600009, "invalid URL");
}

#[test]
fn what_is_not_pumped_is_merged() {
    let server = Server::plain();
    let engine = pumped();
    let task = engine.download(&server.url("/slow/200?chunk=1&every=1")).start();
    finishing(&task);
    assert_eq!(engine.dispatch(0), 3);
    assert_eq!(task.recorder.names(), ["headers", "progress", "success", "complete", "destroy"]);
    let last = Progress { percent: 100, transferred: 200, expected: 200 };
    assert_eq!(task.recorder.progress(), [last], "the newest only");
    task.wait_end().downloaded();
}

#[test]
fn a_dispatch_or_close_inside_a_callback_would_deadlock() {
    let server = Server::plain();
    let engine = Arc::new(pumped());
    let (inside, statuses) = (engine.clone(), Arc::new(Mutex::new(Vec::new())));
    let noted = statuses.clone();
    let hook = move |_: TaskRef, _: &Event| {
        let mut noted = noted.lock().unwrap();
        noted.push(inside.try_dispatch(0).0);
        noted.push(inside.close());
    };
    let task = engine.download(&server.url("/bytes/5")).hook(hook).start();
    engine.pump_until(|| task.recorder.count("destroy") == 1);
    task.wait_end().ok(200).downloaded();
    let statuses = statuses.lock().unwrap();
    assert!(statuses.len() >= 8 && statuses.iter().all(|&status| status == FERRY_WOULD_DEADLOCK), "{statuses:?}");
}

#[test]
fn an_engine_may_be_pumped_inside_a_callback_of_another() {
    let server = Server::plain();
    let (outer, inner) = (pumped(), Arc::new(pumped()));
    let nested = Arc::new(inner.download(&server.url("/bytes/5")).start());
    finishing(&nested);
    let (engine, task) = (inner.clone(), nested.clone());
    let hook = move |_: TaskRef, event: &Event| {
        if event.name() == "success" {
            engine.dispatch(0);
            assert_eq!(task.recorder.count("destroy"), 1);
        }
    };
    let task = outer.download(&server.url("/bytes/5")).hook(hook).start();
    outer.pump_until(|| task.recorder.count("destroy") == 1);
    task.wait_end().ok(200).downloaded();
    nested.wait_end().ok(200).downloaded();
}

#[test]
fn close_tells_the_rest_on_the_closing_thread() {
    let server = Server::plain();
    let engine = pumped();
    let done = engine.download(&server.url("/bytes/5")).start();
    finishing(&done);
    let running = engine.download(&server.url("/never")).start();
    server.wait_for(|state| state.waiting_at("never") == 1);
    assert_eq!(engine.close(), FERRY_OK);
    done.wait_end().ok(200).downloaded();
    running.wait_end().failed(600003, "interrupted");
    for task in [&done, &running] {
        assert!(task.recorder.told().iter().all(|told| told.thread_id == current().id()));
    }
    assert_eq!(engine.notes.destroyed().len(), 1);
    assert_eq!(engine.try_dispatch(0), (FERRY_OK, 0), "nothing is left");
}

#[test]
fn close_async_ends_in_the_hosts_dispatch() {
    let server = Server::plain();
    let engine = pumped();
    let task = engine.download(&server.url("/never")).start();
    server.wait_for(|state| state.waiting_at("never") == 1);
    let closed = Arc::new(Mutex::new(false));
    let (flag, recorder) = (closed.clone(), task.recorder.clone());
    let status = engine.close_async(move || {
        assert_eq!(recorder.count("destroy"), 1, "last of all");
        *flag.lock().unwrap() = true;
    });
    assert_eq!(status, FERRY_OK);
    engine.pump_until(|| *closed.lock().unwrap());
    task.wait_end().failed(600003, "interrupted");
}

#[test]
fn released_without_close_it_is_closed_inside_the_call() {
    let server = Server::plain();
    let engine = pumped();
    let task = engine.download(&server.url("/never")).start();
    server.wait_for(|state| state.waiting_at("never") == 1);
    let notes = engine.release();
    assert_eq!(task.recorder.count("destroy"), 1);
    task.wait_end().failed(600003, "interrupted");
    assert_eq!(notes.destroyed().len(), 1);
}

#[test]
fn released_inside_a_callback_it_is_closed_at_the_end_of_the_dispatch() {
    let server = Server::plain();
    let engine = pumped();
    let notes = engine.notes.clone();
    let slot = Arc::new(Mutex::new(None::<Engine>));
    let inside = slot.clone();
    let hook = move |_: TaskRef, event: &Event| {
        if event.name() == "success" {
            inside.lock().unwrap().take().unwrap().release();
        }
    };
    let task = engine.download(&server.url("/bytes/5")).hook(hook).start();
    let other = engine.download(&server.url("/never")).start();
    finishing(&task);
    server.wait_for(|state| state.waiting_at("never") == 1);
    let raw = engine.raw();
    *slot.lock().unwrap() = Some(engine);
    // SAFETY: alive when called; the callback releases it meanwhile, which the header allows.
    assert_eq!(unsafe { ferry_engine_dispatch(raw, 0, std::ptr::null_mut()) }, FERRY_OK);
    task.wait_end().ok(200).downloaded();
    other.wait_end().failed(600003, "interrupted");
    assert_eq!(notes.destroyed().len(), 1);
}

#[test]
fn a_pump_needs_a_wakeup() {
    // SAFETY: zero is every field's default.
    let mut config: ferry_engine_config = unsafe { std::mem::zeroed() };
    config.struct_size = size_of::<ferry_engine_config>() as u32;
    let mut engine = std::ptr::null_mut();
    for dispatch in [FERRY_DISPATCH_PUMP, 2, u32::MAX] {
        config.dispatch = dispatch;
        // SAFETY: valid pointers.
        assert_eq!(unsafe { ferry_engine_create(&config, &mut engine) }, FERRY_INVALID_ARGUMENT);
        assert!(engine.is_null());
    }
}
