//! The rule of the background: five seconds for what runs, nothing for what is new.

mod common;

use std::time::{Duration, Instant};

use common::*;

#[test]
fn off_by_default() {
    let server = Server::plain();
    let engine = Engine::new();
    assert_eq!(engine.set_background(true), FERRY_OK);
    engine.download(&server.url("/bytes/5")).run().ok(200).downloaded();
}

#[test]
fn running_and_waiting_ones_have_five_seconds_and_new_ones_none() {
    let server = Server::plain();
    let folder = Folder::new();
    let file = folder.file("u", "u");
    let engine = Engine::with(|config| {
        config.background_limit = true;
        (config.max_uploads, config.max_downloads) = (1, 1);
    });
    let start = |route: &str| {
        let url = server.url(route);
        [engine.upload(&url, &file).start(), engine.download(&url).to(&folder.path("d")).start()]
    };
    let done = start("/gate/soon?hold=headers");
    let [done_upload, done_download] = &done;
    let waiting = start("/never");
    let still_waiting = start("/never");
    server.wait_for(|state| state.waiting_at("soon") == 2);
    let gone = Instant::now();
    assert_eq!(engine.set_background(true), FERRY_OK);
    for task in start("/bytes/5") {
        task.wait_end().failed(600003, "interrupted");
        assert_eq!(task.recorder.names(), ["fail", "complete", "destroy"]);
    }
    // Within the five seconds what runs goes on, and what waits takes its place.
    server.open_gate("soon");
    done_upload.wait_end().ok(200);
    done_download.wait_end().ok(200);
    server.wait_for(|state| state.waiting_at("never") == 2);
    assert_eq!(engine.set_background(true), FERRY_OK, "told again: the time goes on");
    for task in waiting.iter().chain(&still_waiting) {
        task.wait_end().failed(600003, "interrupted");
    }
    assert!(gone.elapsed() >= Duration::from_secs(5));
    for task in start("/bytes/5") {
        task.wait_end().failed(600003, "interrupted");
    }
    assert_eq!(engine.set_background(false), FERRY_OK);
    for task in start("/bytes/5") {
        task.wait_end().ok(200);
    }
}

#[test]
fn back_in_time_nothing_happens() {
    let server = Server::plain();
    let engine = Engine::with(|config| config.background_limit = true);
    let task = engine.download(&server.url("/gate/g?hold=headers")).start();
    server.wait_for(|state| state.waiting_at("g") == 1);
    assert_eq!(engine.set_background(true), FERRY_OK);
    assert_eq!(engine.set_background(false), FERRY_OK);
    // Another engine that stays behind tells that the five seconds are over.
    let clock = Engine::with(|config| config.background_limit = true);
    let ticking = clock.download(&server.url("/never")).start();
    server.wait_for(|state| state.waiting_at("never") == 1);
    assert_eq!(clock.set_background(true), FERRY_OK);
    ticking.wait_end().failed(600003, "interrupted");
    engine.download(&server.url("/bytes/5")).run().ok(200).downloaded();
    server.open_gate("g");
    task.wait_end().ok(200).downloaded();
}
