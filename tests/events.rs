//! Headers, progress and the end: their order, their numbers, and on which thread they are told.

mod common;

use std::time::Instant;

use common::*;

fn every_change() -> Engine {
    Engine::with(|config| config.progress_interval_ms = FERRY_PROGRESS_EVERY_CHANGE)
}

#[test]
fn a_download_in_order() {
    let server = Server::plain();
    let engine = every_change();
    let task = engine.download(&server.url("/slow/5k?chunk=1k&every=1")).start();
    let outcome = task.wait_end();
    outcome.ok(200).downloaded();
    let names = task.recorder.names();
    assert_eq!(names[0], "headers");
    assert_eq!(names[names.len() - 4..], ["progress", "success", "complete", "destroy"]);
    let progress = task.recorder.progress();
    assert!(progress.iter().all(|p| p.expected == 5120 && p.percent as u64 == p.transferred * 100 / 5120));
    assert!(task.recorder.told().iter().all(|told| told.thread == "ferry-callback"));
}

#[test]
fn an_upload_in_order() {
    let server = Server::start(ferry_test_support::Config {
        receive_buffer: Some(16 << 10),
        ..ferry_test_support::Config::default()
    });
    let (engine, folder) = (every_change(), Folder::new());
    let file = folder.file("u", vec![1; 24 << 20]);
    let task = engine.upload(&server.url("/stop-reading/64k"), &file).start();
    task.wait("progress");
    assert_eq!(task.recorder.count("headers"), 0, "while it is sent");
    server.open_gate("stop-reading");
    task.wait_end().ok(200);
    let total: u64 = server.last_request("/stop-reading/64k").header("Content-Length").unwrap().parse().unwrap();
    let progress = task.recorder.progress();
    assert!(progress.iter().all(|p| p.expected == total), "the whole multipart body");
    assert!(progress.len() >= 2 && progress[0].transferred < total, "{progress:?}");
}

#[test]
fn success_and_complete_have_the_same_result() {
    let server = Server::plain();
    let (engine, folder) = (Engine::new(), Folder::new());
    let file = folder.file("u", "u");
    let task = engine.upload(&server.url("/echo"), &file).start();
    task.wait_end().ok(200);
    let events = task.recorder.events();
    let same = events.iter().filter_map(|event| match event {
        Event::Success(outcome) | Event::Complete(outcome) => Some(format!("{outcome:?}")),
        _ => None,
    });
    let same: Vec<String> = same.collect();
    assert_eq!(same.len(), 2);
    assert_eq!(same[0], same[1]);
    assert_eq!(same[0], format!("{:?}", task.result().unwrap()), "and it stays with the task");
}

#[test]
fn an_unknown_length_is_0_until_the_last_event() {
    let server = Server::plain();
    let engine = every_change();
    let task = engine.download(&server.url("/stall-after/100k/of/300k?chunked=1")).start();
    task.wait("progress");
    server.open_gate("stall");
    task.wait_end().ok(200).downloaded();
    let by_close = engine.download(&server.url("/close/300k")).start();
    by_close.wait_end().ok(200).downloaded();
    for task in [task, by_close] {
        let progress = task.recorder.progress();
        let (last, before) = progress.split_last().unwrap();
        assert_eq!((last.percent, last.transferred, last.expected), (100, 300 << 10, 300 << 10));
        assert!(before.iter().all(|p| (p.percent, p.expected) == (0, 0)), "{before:?}");
    }
}

#[test]
fn an_empty_body_has_one_last_event() {
    let server = Server::plain();
    let engine = Engine::new();
    for route in ["/bytes/0", "/status/204", "/chunked/0"] {
        let task = engine.download(&server.url(route)).start();
        task.wait_end().downloaded();
        let last = Progress { percent: 100, transferred: 0, expected: 0 };
        assert_eq!(task.recorder.progress(), [last], "{route}");
    }
}

#[test]
fn no_more_often_than_the_interval() {
    let server = Server::plain();
    for (ms, slack) in [(0, 100), (50, 50), (1_000_000, 1_000_000)] {
        let engine = Engine::with(|config| config.progress_interval_ms = ms);
        let started = Instant::now();
        let task = engine.download(&server.url("/slow/300?chunk=1&every=2")).start();
        task.wait_end().ok(200).downloaded();
        let most = started.elapsed().as_millis() as usize / slack + 2;
        let count = task.recorder.count("progress");
        assert!(count <= most, "{count} events at {ms} ms, at most {most}");
        assert!(count >= 1, "the last one comes always");
    }
}

#[test]
fn what_was_withheld_is_told_when_its_time_has_come() {
    let server = Server::plain();
    let engine = Engine::with(|config| config.progress_interval_ms = 20);
    // Two writes come at once, then nothing: the second is told all the same.
    let task = engine.download(&server.url("/stall-after/40k/of/50k")).start();
    task.recorder.wait_for("all that came", |told| {
        told.iter().any(|told| matches!(&told.event, Event::Progress(p) if p.transferred == 40 << 10))
    });
    server.open_gate("stall");
    task.wait_end().ok(200).downloaded();
}

#[test]
fn a_failure_has_headers_only_when_they_came() {
    let server = Server::plain();
    let engine = every_change();
    let task = engine.download(&server.url("/garbage?kind=nothing")).start();
    task.wait_end().network_error("");
    assert_eq!(task.recorder.names(), ["fail", "complete", "destroy"]);
    let task = engine.download(&server.url("/drop-after/10/of/20")).start();
    let outcome = task.wait_end();
    outcome.network_error("10 bytes remaining");
    assert_eq!(task.recorder.names(), ["headers", "progress", "fail", "complete", "destroy"]);
    assert_eq!(outcome.status, 200);
    assert_eq!(outcome.headers.get("Content-Length"), Some("20"), "what was received is told");
}

#[test]
fn the_headers_event_and_the_result_agree() {
    let server = Server::plain();
    let (engine, folder) = (Engine::new(), Folder::new());
    let file = folder.file("u", "u");
    for route in ["/headers", "/early-hints?count=2", "/redirect-chain/3", "/status/404"] {
        for task in [engine.upload(&server.url(route), &file).start(), engine.download(&server.url(route)).start()] {
            let outcome = task.wait_end();
            let told = task.recorder.events().into_iter().find_map(|event| match event {
                Event::Headers(headers) => Some(headers),
                _ => None,
            });
            assert_eq!(told.unwrap(), outcome.headers, "{route}");
            assert_eq!(outcome.headers.status, outcome.status);
            if task.kind() == FERRY_KIND_DOWNLOAD {
                outcome.downloaded();
            }
        }
    }
}

#[test]
fn the_states_go_up() {
    let server = Server::plain();
    let (engine, folder) = (Engine::new(), Folder::new());
    let file = folder.file("u", vec![1; 100_000]);
    let task = engine.upload(&server.url("/gate/g?hold=headers"), &file).start();
    server.wait_for(|state| state.waiting_at("g") == 1);
    assert_eq!(task.state(), FERRY_STATE_SENDING);
    assert!(task.result().is_none(), "no result before the end");
    server.open_gate("g");
    task.wait_end().ok(200);
    assert_eq!(task.state(), FERRY_STATE_SUCCEEDED);

    let seen = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let states = seen.clone();
    let hook = move |task: TaskRef, event: &Event| states.lock().unwrap().push((event.name(), task.state()));
    engine.download(&server.url("/bytes/10")).hook(hook).run().ok(200).downloaded();
    let seen = seen.lock().unwrap();
    assert!(seen.contains(&("success".into(), FERRY_STATE_SUCCEEDED)), "{seen:?}");
    assert!(seen.iter().all(|(name, state)| name != "headers" || *state >= FERRY_STATE_RECEIVING), "{seen:?}");
}

#[test]
fn without_callbacks_and_without_a_handle_a_task_still_runs() {
    let server = Server::plain();
    let (engine, folder) = (Engine::new(), Folder::new());
    let (url, target) = (server.url("/bytes/9"), folder.path("d"));
    let (c_url, c_target) = (std::ffi::CString::new(url).unwrap(), std::ffi::CString::new(target).unwrap());
    // SAFETY: zero is every field's default; the strings live for the call.
    let status = unsafe {
        let mut options: ferry_download_options = std::mem::zeroed();
        options.struct_size = size_of::<ferry_download_options>() as u32;
        (options.url, options.file_path) = (c_url.as_ptr(), c_target.as_ptr());
        ferry_download_file(engine.raw(), &options, std::ptr::null(), std::ptr::null_mut())
    };
    assert_eq!(status, FERRY_OK);
    // Closing would interrupt it.
    eventually("its end", || engine.stats().ended == 1);
    assert_eq!(folder.read("d"), pattern_bytes(9));
}

#[test]
fn a_released_handle_does_not_end_the_task() {
    let server = Server::plain();
    let (engine, folder) = (Engine::new(), Folder::new());
    let task = engine.download(&server.url("/gate/g")).to(&folder.path("d")).start();
    let recorder = task.recorder.clone();
    drop(task);
    server.open_gate("g");
    recorder.wait_end().ok(200);
    // Released inside each callback: the task lives on for the callback, and what it borrows.
    for event in ["headers", "progress", "success", "complete"] {
        let hook = move |task: TaskRef, told: &Event| {
            if told.name() == event {
                // A reference of its own, so that giving it back may be the last but one.
                let own = task.retain(&Recorder::new(None));
                drop(own);
                assert!(task.id() > 0);
            }
        };
        let task = engine.download(&server.url("/bytes/100")).to(&folder.path("d")).hook(hook).start();
        let recorder = task.recorder.clone();
        drop(task);
        recorder.wait_end().ok(200);
    }
}
