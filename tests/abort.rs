//! Abort: from every state and inside every callback.

mod common;

use common::*;
use std::sync::Arc;

fn aborted(task: Task) -> Task {
    let outcome = task.wait_end();
    match task.kind() {
        FERRY_KIND_UPLOAD => outcome.failed(1, "abort"),
        _ => outcome.failed(603105, "abort"),
    };
    assert_eq!(task.state(), FERRY_STATE_FAILED);
    task
}

/// Waits until the task is in a state.
#[track_caller]
fn in_state(task: &Task, state: u32) {
    eventually("the state", || task.state() == state);
}

#[test]
fn queued() {
    let server = Server::plain();
    let engine = Engine::with(|config| (config.max_uploads, config.max_downloads) = (1, 1));
    let folder = Folder::new();
    let file = folder.file("u", "u");
    let url = server.url("/never");
    let running = [engine.upload(&url, &file).start(), engine.download(&url).start()];
    server.wait_for(|state| state.waiting_at("never") == 2);
    let waiting = [engine.upload(&url, &file).start(), engine.download(&url).start()];
    for task in waiting {
        in_state(&task, FERRY_STATE_QUEUED);
        task.abort();
        let task = aborted(task);
        assert_eq!(task.recorder.names(), ["fail", "complete", "destroy"]);
    }
    for task in running {
        task.abort();
        aborted(task);
    }
    server.wait_for(|state| state.requests_lost == 2);
    assert_eq!(server.requests().len(), 2, "the waiting ones never left the queue");
}

#[test]
fn right_after_the_start() {
    let server = Server::plain();
    let (engine, folder) = (Engine::new(), Folder::new());
    let file = folder.file("u", vec![1; 100_000]);
    for _ in 0..50 {
        let tasks = [
            engine.upload(&server.url("/never"), &file).start(),
            engine.download(&server.url("/never")).to(&folder.path("d")).start(),
        ];
        tasks.iter().for_each(|task| task.abort());
        tasks.into_iter().for_each(|task| drop(aborted(task)));
    }
    assert_eq!(folder.list(), ["u"]);
}

#[test]
fn connecting() {
    let hole = BlackHole::start().unwrap();
    let silent = Server::start_tls(TlsKind::Silent);
    let engine = Engine::new();
    for url in [hole.url("/"), silent.url("/")] {
        let task = engine.download(&url).start();
        in_state(&task, FERRY_STATE_CONNECTING);
        task.abort();
        aborted(task);
    }
}

#[test]
fn resolving() {
    let engine = Engine::new();
    let task = engine.download("http://no-such-host.invalid/").start();
    task.abort();
    aborted(task);
}

#[test]
fn sending() {
    let server = Server::start(ferry_test_support::Config {
        receive_buffer: Some(16 << 10),
        ..ferry_test_support::Config::default()
    });
    let (engine, folder) = (Engine::new(), Folder::new());
    let file = folder.file("u", vec![1; 24 << 20]);
    let task = engine.upload(&server.url("/stop-reading/1k"), &file).start();
    server.wait_for(|state| state.waiting_at("stop-reading") == 1);
    in_state(&task, FERRY_STATE_SENDING);
    task.abort();
    aborted(task);
    // The end of the connection comes behind what the kernel still holds for the server.
    server.open_gate("stop-reading");
    server.wait_for(|state| state.requests_lost == 1);
}

#[test]
fn receiving() {
    let server = Server::plain();
    let (engine, folder) = (Engine::new(), Folder::new());
    let file = folder.file("u", "u");
    let url = server.url("/stall-after/10/of/20");
    let download = engine.download(&url).to(&folder.path("d")).start();
    let upload = engine.upload(&url, &file).start();
    for task in [download, upload] {
        task.wait("headers");
        in_state(&task, FERRY_STATE_RECEIVING);
        task.abort();
        aborted(task);
    }
    assert_eq!(folder.list(), ["u"]);
    server.wait_for(|state| state.requests_lost == 2);
}

#[test]
fn finishing() {
    let server = Server::plain();
    let folder = Folder::new();
    let file = folder.file("u", "u");
    let engine = Engine::with(|config| config.pump = true);
    let tasks = [
        engine.download(&server.url("/bytes/50")).to(&folder.path("d")).start(),
        engine.upload(&server.url("/echo"), &file).start(),
        engine.download("nonsense").start(),
    ];
    for task in &tasks {
        in_state(task, FERRY_STATE_FINISHING);
        assert!(task.recorder.told().is_empty(), "nothing was told yet");
        task.abort();
    }
    for task in tasks {
        engine.pump_until(|| task.recorder.count("destroy") == 1);
        let task = aborted(task);
        assert_eq!(task.recorder.names(), ["fail", "complete", "destroy"]);
    }
    assert_eq!(folder.list(), ["u"]);
}

#[test]
fn after_the_end() {
    let server = Server::plain();
    let (engine, folder) = (Engine::new(), Folder::new());
    let task = engine.download(&server.url("/bytes/5")).to(&folder.path("d")).start();
    task.wait_end().ok(200);
    let told = task.recorder.told().len();
    task.abort();
    task.abort();
    assert_eq!(task.state(), FERRY_STATE_SUCCEEDED);
    assert_eq!(task.result().unwrap().errno, 0);
    assert_eq!(engine.close(), FERRY_OK);
    assert_eq!(task.recorder.told().len(), told);
    assert_eq!(folder.list(), ["d"]);
}

#[test]
fn inside_callbacks_before_the_end() {
    let server = Server::plain();
    let folder = Folder::new();
    let file = folder.file("u", vec![1; 1 << 20]);
    let engine = Engine::with(|config| config.progress_interval_ms = FERRY_PROGRESS_EVERY_CHANGE);
    for event in ["headers", "progress"] {
        let stall = server.url("/stall-after/10/of/20");
        let abort = move |task: TaskRef, told: &Event| {
            if told.name() == event {
                task.abort();
            }
        };
        let download = engine.download(&stall).to(&folder.path("d")).hook(abort).start();
        let upload = engine.upload(&stall, &file).hook(abort).start();
        for task in [download, upload] {
            let task = aborted(task);
            let names = task.recorder.names();
            let at = names.iter().position(|name| name == event).unwrap();
            assert_eq!(names[at + 1..], ["fail", "complete", "destroy"], "nothing else after the abort");
        }
        assert_eq!(folder.list(), ["u"]);
    }
}

#[test]
fn inside_callbacks_of_the_end() {
    let server = Server::plain();
    let (engine, folder) = (Engine::new(), Folder::new());
    for event in ["success", "fail", "complete"] {
        let abort = move |task: TaskRef, told: &Event| {
            if told.name() == event {
                task.abort();
            }
        };
        let task = engine.download(&server.url("/bytes/5")).to(&folder.path("d")).hook(abort).start();
        task.wait_end().ok(200);
        assert_eq!(folder.read("d"), pattern_bytes(5));
        engine.download("nonsense").hook(abort).run().failed(600009, "invalid URL");
    }
}

#[test]
fn of_another_task_inside_a_callback() {
    let server = Server::plain();
    let engine = Engine::new();
    let victim = Arc::new(engine.download(&server.url("/never")).start());
    server.wait_for(|state| state.waiting_at("never") == 1);
    let other = victim.clone();
    let hook = move |_: TaskRef, told: &Event| {
        if told.name() == "success" {
            other.abort();
        }
    };
    engine.download(&server.url("/bytes/5")).hook(hook).run().ok(200).downloaded();
    victim.wait_end().failed(603105, "abort");
}

#[test]
fn from_another_thread_at_most_one_callback_follows_that_was_running() {
    let server = Server::plain();
    let engine = Arc::new(Engine::with(|config| config.progress_interval_ms = FERRY_PROGRESS_EVERY_CHANGE));
    for _ in 0..20 {
        let task = engine.download(&server.url("/slow/1m?chunk=1k&every=1")).start();
        task.wait("progress");
        task.abort();
        let told = task.recorder.told().len();
        aborted(task.retain(&task.recorder));
        let after = &task.recorder.names()[told..];
        let end = after.len().saturating_sub(3);
        assert!(after[..end].len() <= 1, "{after:?}");
    }
}

#[test]
fn an_abort_frees_the_place_at_once() {
    let server = Server::plain();
    let engine = Engine::with(|config| config.max_downloads = 1);
    let first = engine.download(&server.url("/never")).start();
    server.wait_for(|state| state.waiting_at("never") == 1);
    let second = engine.download(&server.url("/bytes/5")).start();
    in_state(&second, FERRY_STATE_QUEUED);
    first.abort();
    second.wait_end().ok(200).downloaded();
    aborted(first);
}

#[test]
fn between_two_hops() {
    let server = Server::plain();
    let engine = Engine::new();
    let to = escaped("/gate/second?hold=headers");
    let task = engine.download(&server.url(&format!("/redirect/302?to={to}"))).start();
    server.wait_for(|state| state.waiting_at("second") == 1);
    task.abort();
    let task = aborted(task);
    assert_eq!(task.recorder.count("headers"), 0);
}
