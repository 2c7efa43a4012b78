//! The life of an engine: closing, letting go, several at once, tasks that outlive it.

mod common;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use common::*;

#[test]
fn closing_interrupts_what_runs_and_what_waits() {
    let server = Server::plain();
    let engine = Engine::with(|config| (config.max_uploads, config.max_downloads) = (2, 2));
    let folder = Folder::new();
    let file = folder.file("u", "u");
    let (never, stall) = (server.url("/never"), server.url("/stall-after/10/of/20"));
    let mut tasks = Vec::new();
    for _ in 0..6 {
        tasks.push(engine.upload(&never, &file).start());
        tasks.push(engine.download(&stall).to(&folder.path("d")).start());
    }
    server.wait_for(|state| state.waiting_at("never") == 2 && state.waiting_at("stall") == 2);
    assert_eq!(engine.close(), FERRY_OK);
    for task in &tasks {
        assert_eq!(task.recorder.count("destroy"), 1, "everything was told when close returned");
        task.wait_end().failed(600003, "interrupted");
    }
    assert_eq!(folder.list(), ["u"]);
    let stats = engine.stats();
    assert_eq!((stats.accepted, stats.ended, stats.uploads_running, stats.downloads_queued), (12, 12, 0, 0));
    assert_eq!(engine.notes.destroyed(), ["ferry-callback"], "the engine's own user_data went last");
    assert_eq!(engine.close(), FERRY_OK, "closing again does nothing");
}

#[test]
fn a_closed_engine_takes_nothing() {
    let server = Server::plain();
    let engine = Engine::new();
    assert_eq!(engine.close(), FERRY_OK);
    let url = server.url("/bytes/5");
    // That nothing was taken, nothing given and nothing destroyed is asserted where tasks are started.
    assert_eq!(engine.download(&url).try_start().err(), Some(FERRY_ENGINE_CLOSED));
    assert_eq!(engine.upload(&url, "/none").try_start().err(), Some(FERRY_ENGINE_CLOSED));
    assert_eq!(engine.download_of(None).try_start().err(), Some(FERRY_ENGINE_CLOSED));
    assert_eq!(engine.network_changed(FERRY_NETWORK_ONLINE), FERRY_ENGINE_CLOSED);
    assert_eq!(engine.set_background(true), FERRY_ENGINE_CLOSED);
    assert_eq!(engine.close_async(|| panic!("not called")), FERRY_ENGINE_CLOSED);
    assert_eq!(engine.stats().accepted, 0);
    assert_eq!(engine.network().nettype, FERRY_NETTYPE_UNKNOWN);
}

#[test]
fn a_close_inside_a_callback_says_so_and_changes_nothing() {
    let server = Server::plain();
    let engine = Arc::new(Engine::new());
    let statuses = Arc::new(Mutex::new(Vec::new()));
    let (inside, noted) = (engine.clone(), statuses.clone());
    let hook = move |_: TaskRef, event: &Event| noted.lock().unwrap().push((event.name(), inside.close()));
    let task = engine.download(&server.url("/bytes/5")).hook(hook).start();
    task.wait_end().ok(200).downloaded();
    let statuses = statuses.lock().unwrap().clone();
    assert!(statuses.len() >= 4);
    assert!(statuses.iter().all(|(_, status)| *status == FERRY_WOULD_DEADLOCK), "{statuses:?}");
    engine.download(&server.url("/bytes/5")).run().ok(200).downloaded();
}

#[test]
fn close_async_tells_last_of_all() {
    let server = Server::plain();
    let engine = Engine::new();
    let tasks: Vec<Task> = (0..15).map(|_| engine.download(&server.url("/never")).start()).collect();
    server.wait_for(|state| state.waiting_at("never") == 10);
    let recorders: Vec<_> = tasks.iter().map(|task| task.recorder.clone()).collect();
    let (sender, closed) = std::sync::mpsc::channel();
    let notes = engine.notes.clone();
    let status = engine.close_async(move || {
        let told = recorders.iter().filter(|recorder| recorder.count("destroy") == 1).count();
        let thread = std::thread::current().name().map(str::to_owned);
        sender.send((told, thread, notes.destroyed().len())).unwrap();
    });
    assert_eq!(status, FERRY_OK);
    assert_eq!(engine.download(&server.url("/bytes/1")).try_start().err(), Some(FERRY_ENGINE_CLOSED));
    let (told, thread, destroyed) = closed.recv_timeout(PATIENCE).unwrap();
    assert_eq!((told, thread.as_deref()), (15, Some("ferry-callback")));
    assert!(destroyed <= 1);
    for task in tasks {
        task.wait_end().failed(600003, "interrupted");
    }
}

#[test]
fn close_async_inside_a_callback() {
    let server = Server::plain();
    let engine = Arc::new(Engine::new());
    let (sender, closed) = std::sync::mpsc::channel();
    let inside = engine.clone();
    let hook = move |_: TaskRef, event: &Event| {
        if event.name() == "success" {
            let sender = sender.clone();
            assert_eq!(inside.close_async(move || sender.send(()).unwrap()), FERRY_OK);
        }
    };
    let task = engine.download(&server.url("/bytes/5")).hook(hook).start();
    closed.recv_timeout(PATIENCE).unwrap();
    task.wait_end().ok(200).downloaded();
    assert_eq!(engine.close(), FERRY_OK);
}

#[test]
fn released_without_close_it_ends_on_its_own() {
    let server = Server::plain();
    let engine = Engine::new();
    let tasks: Vec<Task> = (0..15).map(|_| engine.download(&server.url("/never")).start()).collect();
    server.wait_for(|state| state.waiting_at("never") == 10);
    let notes = engine.release();
    for task in tasks {
        task.wait_end().failed(600003, "interrupted");
    }
    eventually("the engine's destroy", || notes.destroyed().len() == 1);
}

#[test]
fn released_inside_a_callback() {
    let server = Server::plain();
    let engine = Engine::new();
    let (notes, url) = (engine.notes.clone(), server.url("/bytes/5"));
    let slot = Arc::new(Mutex::new(None::<Engine>));
    let inside = slot.clone();
    let hook = move |_: TaskRef, event: &Event| {
        if event.name() == "complete" {
            inside.lock().unwrap().take().unwrap().release();
        }
    };
    let gate = engine.download(&server.url("/gate/g")).hook(hook).start();
    let other = engine.download(&server.url("/never")).start();
    server.wait_for(|state| state.waiting_at("never") == 1);
    *slot.lock().unwrap() = Some(engine);
    server.open_gate("g");
    gate.wait_end().ok(200).downloaded();
    other.wait_end().failed(600003, "interrupted");
    eventually("the engine's destroy", || notes.destroyed().len() == 1);
    drop(url);
}

#[test]
fn several_engines_at_once() {
    let server = Server::plain();
    let engines: Vec<Engine> = (0..4).map(|_| Engine::with(|config| config.max_downloads = 3)).collect();
    let held: Vec<Task> = engines.iter().map(|engine| engine.download(&server.url("/never")).start()).collect();
    server.wait_for(|state| state.waiting_at("never") == 4);
    let tasks: Vec<Task> = (0..40).map(|at| engines[at % 4].download(&server.url("/bytes/2k")).start()).collect();
    for task in tasks {
        assert_eq!(task.wait_end().ok(200).downloaded(), pattern_bytes(2048));
    }
    // One goes, the others stay.
    assert_eq!(engines[0].close(), FERRY_OK);
    held[0].wait_end().failed(600003, "interrupted");
    for (engine, task) in engines.iter().zip(&held).skip(1) {
        assert!(task.result().is_none());
        engine.download(&server.url("/bytes/1")).run().ok(200).downloaded();
    }
}

#[test]
fn tasks_outlive_their_engine() {
    let server = Server::plain();
    let (engine, folder) = (Engine::new(), Folder::new());
    let file = folder.file("u", "u");
    let done = engine.upload(&server.url("/upload"), &file).start();
    done.wait_end().ok(200);
    let cut = engine.download(&server.url("/never")).start();
    server.wait_for(|state| state.waiting_at("never") == 1);
    drop(engine);
    assert_eq!(done.result().unwrap().json()["file"]["length"], 1);
    assert_eq!(done.state(), FERRY_STATE_SUCCEEDED);
    assert_eq!(cut.result().unwrap().errno, 600003);
    cut.abort();
    done.abort();
    assert_eq!(done.off_progress(FERRY_ALL_LISTENERS), FERRY_NOT_FOUND);
    assert_eq!(done.try_on_progress(&done.recorder, "late").0, FERRY_TASK_ENDED);
    let again = done.retain(&done.recorder);
    drop(done);
    assert_eq!(again.result().unwrap().status, 200);
}

#[test]
fn closing_on_two_threads_and_starting_on_others() {
    let server = Server::plain();
    for _ in 0..10 {
        let engine = Arc::new(Engine::new());
        let accepted = Arc::new(AtomicUsize::new(0));
        let url = server.url("/bytes/100");
        let starters: Vec<_> = (0..3)
            .map(|_| {
                let (engine, url, accepted) = (engine.clone(), url.clone(), accepted.clone());
                std::thread::spawn(move || {
                    let mut tasks = Vec::new();
                    loop {
                        match engine.download(&url).try_start() {
                            Ok(task) => tasks.push(task),
                            Err(status) => {
                                assert_eq!(status, FERRY_ENGINE_CLOSED);
                                return tasks;
                            }
                        }
                        accepted.fetch_add(1, Ordering::Relaxed);
                    }
                })
            })
            .collect();
        eventually("some tasks", || accepted.load(Ordering::Relaxed) > 30);
        let closers: Vec<_> = (0..2)
            .map(|_| {
                let engine = engine.clone();
                std::thread::spawn(move || assert_eq!(engine.close(), FERRY_OK))
            })
            .collect();
        for closer in closers {
            closer.join().unwrap();
        }
        let tasks: Vec<Task> = starters.into_iter().flat_map(|starter| starter.join().unwrap()).collect();
        assert_eq!(engine.stats().ended, tasks.len() as u64);
        for task in tasks {
            let outcome = task.wait_end();
            match outcome.errno {
                0 => drop(outcome.downloaded()),
                _ => drop(outcome.failed(600003, "interrupted")),
            }
        }
    }
}

#[test]
fn mistakes_of_the_program_are_told_at_once() {
    use std::ptr::{null, null_mut};
    let engine = Engine::new();
    // SAFETY: NULL and wrong sizes are what the header says is refused.
    unsafe {
        assert_eq!(ferry_engine_create(null(), null_mut()), FERRY_INVALID_ARGUMENT);
        assert_eq!(ferry_engine_close(null_mut()), FERRY_INVALID_ARGUMENT);
        ferry_engine_release(null_mut());
        assert_eq!(ferry_engine_close_async(null_mut(), None, null_mut()), FERRY_INVALID_ARGUMENT);
        let mut options: ferry_download_options = std::mem::zeroed();
        let start = |engine, options: *const _| ferry_download_file(engine, options, null(), null_mut());
        assert_eq!(start(engine.raw(), null()), FERRY_INVALID_ARGUMENT);
        assert_eq!(start(engine.raw(), &options), FERRY_INVALID_STRUCT_SIZE);
        options.struct_size = size_of::<ferry_download_options>() as u32;
        assert_eq!(start(null_mut(), &options), FERRY_INVALID_ARGUMENT);
        options.header_count = 1;
        assert_eq!(start(engine.raw(), &options), FERRY_INVALID_ARGUMENT, "NULL with a count");
        options.header_count = 0;
        let mut callbacks: ferry_callbacks = std::mem::zeroed();
        callbacks.struct_size = 3;
        let status = ferry_download_file(engine.raw(), &options, &callbacks, null_mut());
        assert_eq!(status, FERRY_INVALID_STRUCT_SIZE);
    }
    assert_eq!(engine.try_dispatch(0).0, FERRY_NOT_AVAILABLE, "it has a thread of its own");
    assert_eq!(engine.network_changed(2), FERRY_INVALID_ARGUMENT);
    assert_eq!(engine.stats().accepted, 0);
}

#[test]
fn configurations_that_cannot_be() {
    let refused = |words: &str, change: &dyn Fn(&mut Config)| {
        let mut config = Config::default();
        change(&mut config);
        let (status, log) = Engine::try_new(&config).err().unwrap_or_else(|| panic!("{words}: taken"));
        assert!(status == FERRY_INVALID_CONFIG || status == FERRY_STORAGE, "{words}: {status}");
        assert!(log.iter().any(|line| line.contains(words)), "{words}: {log:?}");
    };
    refused("refuse_addresses", &|config| config.refuse_addresses = 1 << 20);
    refused("ca_file", &|config| config.ca_file = Some("/no/such/file".into()));
    refused("pin", &|config| config.pins = vec![("host".into(), "short".into())]);
    refused("dns override", &|config| config.resolve("host", 80, "not-an-address"));
    refused("dns override", &|config| config.resolve("host", 0, "127.0.0.1"));
    refused("user_agent", &|config| config.user_agent = Some("a\r\nEvil: 1".into()));
    refused("referer", &|config| config.referer = Some("a\nb".into()));
    refused("origin", &|config| config.upload_origins = Some(vec!["ftp://host".into()]));
    refused("storage", &|config| config.storage_root = Some("/proc/none/root".into()));
}
