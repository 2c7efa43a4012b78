//! Listeners that come and go on a task.

mod common;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;

use common::*;

fn pumped() -> Engine {
    Engine::with(|config| {
        config.pump = true;
        config.progress_interval_ms = FERRY_PROGRESS_EVERY_CHANGE;
    })
}

/// A download in a pumped engine that has 10 of 20 bytes, told nothing yet, and goes on when the gate opens.
fn half(engine: &Engine, server: &Server) -> Task {
    let task = engine.download(&server.url("/stall-after/10/of/20")).start();
    server.wait_for(|state| state.waiting_at("stall") == 1);
    task
}

fn count(task: &Task, name: &str) -> usize {
    task.recorder.count(name)
}

#[test]
fn called_in_the_order_added_after_the_main_callback() {
    let server = Server::plain();
    let engine = pumped();
    let task = half(&engine, &server);
    for name in ["h1", "h2"] {
        task.on_headers(&task.recorder, name);
    }
    for name in ["p1", "p2", "p3"] {
        task.on_progress(&task.recorder, name);
    }
    engine.pump_until(|| count(&task, "p3") == 1);
    assert_eq!(task.recorder.names(), ["headers", "h1", "h2", "progress", "p1", "p2", "p3"]);
    server.open_gate("stall");
    engine.pump_until(|| count(&task, "destroy") == 1);
    task.wait_end().ok(200).downloaded();
    let names = task.recorder.names();
    for name in ["h1", "h2", "p1", "p2", "p3"] {
        assert_eq!(count(&task, &format!("{name} destroyed")), 1);
    }
    let complete = names.iter().position(|name| name == "complete").unwrap();
    let destroyed = names.iter().position(|name| name.ends_with("destroyed")).unwrap();
    assert!(destroyed > complete, "they go after the end: {names:?}");
    assert_eq!(names.last().unwrap(), "destroy", "the task's own user_data goes last");
}

#[test]
fn removed_one_by_one_or_all() {
    let server = Server::plain();
    let engine = pumped();
    let task = half(&engine, &server);
    let (recorder, headers) = (&task.recorder, task.on_headers(&task.recorder, "h"));
    let ids: Vec<u64> = ["a", "b", "c"].iter().map(|name| task.on_progress(recorder, name)).collect();
    assert_eq!(ids.iter().filter(|&&id| id == FERRY_ALL_LISTENERS || id == headers).count(), 0);
    assert_eq!(task.off_progress(ids[1]), FERRY_OK);
    assert_eq!(task.off_progress(ids[1]), FERRY_NOT_FOUND, "gone already");
    assert_eq!(task.off_progress(headers), FERRY_NOT_FOUND, "of another event");
    assert_eq!(task.off_headers(ids[0]), FERRY_NOT_FOUND);
    assert_eq!(task.off_progress(12345), FERRY_NOT_FOUND);
    engine.pump_until(|| count(&task, "c") == 1);
    assert_eq!((count(&task, "a"), count(&task, "b"), count(&task, "h")), (1, 0, 1));
    assert_eq!(count(&task, "b destroyed"), 1);
    assert_eq!(task.off_progress(FERRY_ALL_LISTENERS), FERRY_OK);
    assert_eq!(task.off_progress(FERRY_ALL_LISTENERS), FERRY_NOT_FOUND, "none is left");
    server.open_gate("stall");
    engine.pump_until(|| count(&task, "destroy") == 1);
    task.wait_end().ok(200).downloaded();
    assert_eq!((count(&task, "a"), count(&task, "c")), (1, 1));
    assert!(count(&task, "progress") >= 2, "the task's own callback stays");
    for name in ["a destroyed", "b destroyed", "c destroyed", "h destroyed"] {
        assert_eq!(count(&task, name), 1, "{name}");
    }
}

#[test]
fn one_that_another_removes_is_not_called_in_the_same_event() {
    let server = Server::plain();
    let engine = pumped();
    let task = half(&engine, &server);
    let victim = Arc::new(AtomicU64::new(0));
    let id = victim.clone();
    task.on_progress_do(&task.recorder, "killer", move |task| {
        task.off_progress(id.load(Ordering::Relaxed));
    });
    victim.store(task.on_progress(&task.recorder, "victim"), Ordering::Relaxed);
    task.on_progress(&task.recorder, "after");
    engine.pump_until(|| count(&task, "after") == 1);
    assert_eq!((count(&task, "killer"), count(&task, "victim")), (1, 0));
    server.open_gate("stall");
    engine.pump_until(|| count(&task, "destroy") == 1);
    task.wait_end().ok(200).downloaded();
    assert_eq!((count(&task, "victim"), count(&task, "victim destroyed")), (0, 1));
}

#[test]
fn one_that_removes_itself_is_called_once() {
    let server = Server::plain();
    let engine = pumped();
    let task = half(&engine, &server);
    let own = Arc::new(AtomicU64::new(0));
    let id = own.clone();
    own.store(
        task.on_progress_do(&task.recorder, "once", move |task| {
            assert_eq!(task.off_progress(id.load(Ordering::Relaxed)), FERRY_OK);
        }),
        Ordering::Relaxed,
    );
    engine.pump_until(|| count(&task, "once") == 1);
    server.open_gate("stall");
    engine.pump_until(|| count(&task, "destroy") == 1);
    task.wait_end().ok(200).downloaded();
    assert_eq!((count(&task, "once"), count(&task, "once destroyed")), (1, 1));
}

#[test]
fn one_added_inside_a_callback_is_called_from_the_next_event_on() {
    let server = Server::plain();
    let engine = pumped();
    let task = half(&engine, &server);
    let recorder = task.recorder.clone();
    let added = AtomicU64::new(0);
    task.on_progress_do(&task.recorder, "adder", move |task| {
        if added.fetch_add(1, Ordering::Relaxed) == 0 {
            task.on_progress(&recorder, "added");
        }
    });
    engine.pump_until(|| count(&task, "adder") == 1);
    assert_eq!(count(&task, "added"), 0);
    server.open_gate("stall");
    engine.pump_until(|| count(&task, "destroy") == 1);
    task.wait_end().ok(200).downloaded();
    assert_eq!(count(&task, "added") + 1, count(&task, "adder"));
    assert_eq!(count(&task, "added destroyed"), 1);
}

#[test]
fn one_for_headers_that_comes_late_is_not_called() {
    let server = Server::plain();
    let engine = pumped();
    let task = half(&engine, &server);
    engine.pump_until(|| count(&task, "progress") == 1);
    task.on_headers(&task.recorder, "late");
    server.open_gate("stall");
    engine.pump_until(|| count(&task, "destroy") == 1);
    task.wait_end().ok(200).downloaded();
    assert_eq!((count(&task, "late"), count(&task, "late destroyed")), (0, 1));
}

#[test]
fn after_the_end_nothing_is_taken() {
    let server = Server::plain();
    let engine = Engine::new();
    let late = Recorder::new(None);
    let inside = late.clone();
    let hook = move |task: TaskRef, event: &Event| {
        if ["success", "complete"].contains(&event.name().as_str()) {
            assert_eq!(task.try_on_progress(&inside, "late").0, FERRY_TASK_ENDED);
            assert_eq!(task.try_on_headers(&inside, "late").0, FERRY_TASK_ENDED);
            assert_eq!(task.off_progress(FERRY_ALL_LISTENERS), FERRY_NOT_FOUND);
        }
    };
    let task = engine.download(&server.url("/bytes/5")).hook(hook).start();
    task.wait_end().ok(200).downloaded();
    assert_eq!(task.try_on_progress(&late, "late").0, FERRY_TASK_ENDED);
    assert_eq!(task.try_on_headers(&late, "late").0, FERRY_TASK_ENDED);
    assert!(late.told().is_empty(), "not even destroyed");
    assert_eq!(engine.close(), FERRY_OK);
    assert_eq!(task.try_on_progress(&late, "late").0, FERRY_TASK_ENDED);
}

#[test]
fn of_a_queued_task_that_is_aborted() {
    let server = Server::plain();
    let engine = Engine::with(|config| config.max_downloads = 1);
    let first = engine.download(&server.url("/never")).start();
    server.wait_for(|state| state.waiting_at("never") == 1);
    let task = engine.download(&server.url("/bytes/5")).start();
    task.on_progress(&task.recorder, "p");
    task.on_headers(&task.recorder, "h");
    task.abort();
    task.wait_end().failed(603105, "abort");
    assert_eq!((count(&task, "p destroyed"), count(&task, "h destroyed")), (1, 1));
    assert_eq!((count(&task, "p"), count(&task, "h")), (0, 0));
    first.abort();
    first.wait_end();
}

#[test]
fn one_that_aborts_stops_the_others() {
    let server = Server::plain();
    let engine = pumped();
    let task = half(&engine, &server);
    task.on_progress_do(&task.recorder, "aborter", |task| task.abort());
    task.on_progress(&task.recorder, "after");
    engine.pump_until(|| count(&task, "destroy") == 1);
    task.wait_end().failed(603105, "abort");
    assert_eq!((count(&task, "aborter"), count(&task, "after")), (1, 0));
}

#[test]
fn null_and_nonsense_are_refused() {
    let server = Server::plain();
    let engine = Engine::new();
    let null = std::ptr::null_mut();
    // SAFETY: NULL is what the header allows to be refused.
    unsafe {
        assert_eq!(ferry_task_on_progress(null, None, std::ptr::null_mut(), None, std::ptr::null_mut()), 100);
        assert_eq!(ferry_task_off_progress(null, 0), FERRY_INVALID_ARGUMENT);
        assert_eq!(ferry_task_off_headers(null, 0), FERRY_INVALID_ARGUMENT);
        assert_eq!(ferry_task_abort(null), FERRY_INVALID_ARGUMENT);
        assert_eq!(ferry_task_state(null), FERRY_STATE_FAILED);
        assert_eq!((ferry_task_id(null), ferry_task_kind(null)), (0, 0));
        assert!(ferry_task_result(null).is_null() && ferry_task_retain(null).is_null());
        ferry_task_release(null);
    }
    engine.download(&server.url("/bytes/1")).run().downloaded();
}
