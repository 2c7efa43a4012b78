//! The queue: how many at a time, in which order, and what the counters say.

mod common;

use common::*;

#[test]
fn ten_of_each_kind_at_a_time() {
    let server = Server::plain();
    let (engine, folder) = (Engine::new(), Folder::new());
    let file = folder.file("u", "u");
    let url = server.url("/gate/g?hold=headers");
    let mut tasks = Vec::new();
    for _ in 0..25 {
        tasks.push(engine.upload(&url, &file).start());
        tasks.push(engine.download(&url).start());
    }
    server.wait_for(|state| state.waiting_at("g") == 20);
    eventually("the counters", || {
        let s = engine.stats();
        (s.uploads_running, s.downloads_running, s.uploads_queued, s.downloads_queued) == (10, 10, 15, 15)
    });
    let stats = engine.stats();
    assert_eq!((stats.accepted, stats.ended), (50, 0));
    let uploads = |state: &State| state.requests().filter(|request| request.method == "POST").count();
    assert_eq!(server.state(uploads), 10, "ten per kind, not twenty of one");
    // Places are filled again, as long as enough of each kind wait, and never more than twenty stand at the gate.
    for round in 1..=3 {
        server.pass_gate("g", 5);
        server.wait_for(|state| {
            assert!(state.waiting_at("g") <= 20);
            state.requests_received == 20 + 5 * round
        });
    }
    server.open_gate("g");
    for task in tasks {
        let outcome = task.wait_end();
        outcome.ok(200);
        if task.kind() == FERRY_KIND_DOWNLOAD {
            outcome.downloaded();
        }
    }
    eventually("the counters", || {
        let s = engine.stats();
        (s.uploads_running, s.downloads_running, s.uploads_queued, s.downloads_queued) == (0, 0, 0, 0)
            && (s.accepted, s.ended, s.undelivered) == (50, 50, 0)
    });
}

#[test]
fn higher_priorities_first_then_first_in_first_out() {
    let server = Server::plain();
    let (engine, folder) = (Engine::with(|config| config.max_uploads = 1), Folder::new());
    let file = folder.file("u", "u");
    let first = engine.upload(&server.url("/gate/first?hold=headers"), &file).start();
    server.wait_for(|state| state.waiting_at("first") == 1);
    let priorities = [0, 5, -3, 5, 0, i32::MAX, i32::MIN, 0, -3];
    let tasks: Vec<Task> = priorities
        .iter()
        .enumerate()
        .map(|(at, &priority)| engine.upload(&server.url(&format!("/sink?{at}")), &file).priority(priority).start())
        .collect();
    eventually("all wait", || engine.stats().uploads_queued as usize == priorities.len());
    server.open_gate("first");
    first.wait_end().ok(200);
    for task in &tasks {
        task.wait_end().ok(200);
    }
    let order: Vec<String> = server.requests().iter().skip(1).map(|request| request.target.clone()).collect();
    let expected = [5, 1, 3, 0, 4, 7, 2, 8, 6].map(|at| format!("/sink?{at}"));
    assert_eq!(order, expected);
}

#[test]
fn kinds_do_not_wait_for_each_other() {
    let server = Server::plain();
    let engine = Engine::with(|config| (config.max_uploads, config.max_downloads) = (1, 1));
    let folder = Folder::new();
    let file = folder.file("u", "u");
    let held = engine.download(&server.url("/never")).start();
    server.wait_for(|state| state.waiting_at("never") == 1);
    engine.upload(&server.url("/sink"), &file).run().ok(200);
    held.abort();
    held.wait_end().failed(603105, "abort");
}

#[test]
fn ids_are_distinct_and_kinds_are_told() {
    let server = Server::plain();
    let (engine, folder) = (Engine::new(), Folder::new());
    let file = folder.file("u", "u");
    let tasks: Vec<Task> = (0..20)
        .map(|at| match at % 2 {
            0 => engine.upload(&server.url("/sink"), &file).start(),
            _ => engine.download(&server.url("/bytes/1")).start(),
        })
        .collect();
    let mut ids: Vec<u64> = tasks.iter().map(|task| task.id()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 20);
    assert!(!ids.contains(&0));
    for (at, task) in tasks.iter().enumerate() {
        assert_eq!(task.kind(), if at % 2 == 0 { FERRY_KIND_UPLOAD } else { FERRY_KIND_DOWNLOAD });
        let outcome = task.wait_end();
        if at % 2 == 1 {
            outcome.downloaded();
        }
    }
}

#[test]
fn a_full_queue_refuses_only_what_is_beyond_it() {
    let server = Server::plain();
    let engine = Engine::with(|config| (config.max_downloads, config.max_queued) = (2, 3));
    let url = server.url("/gate/g?hold=headers");
    let tasks: Vec<Task> = (0..9).map(|_| engine.download(&url).start()).collect();
    for refused in &tasks[5..] {
        refused.wait_end().failed(600007, "exceed max task count");
    }
    server.wait_for(|state| state.waiting_at("g") == 2);
    // A waiting one that goes makes room for another.
    tasks[4].abort();
    tasks[4].wait_end().failed(603105, "abort");
    let late = engine.download(&url).start();
    server.open_gate("g");
    for task in tasks[..4].iter().chain([&late]) {
        task.wait_end().ok(200).downloaded();
    }
}

#[test]
fn a_storm_of_small_ones_all_arrive() {
    let server = Server::plain();
    let (engine, folder) = (Engine::new(), Folder::new());
    let file = folder.file("u", pattern_bytes(2000));
    let tasks: Vec<Task> = (0..300)
        .map(|at| match at % 3 {
            0 => engine.upload(&server.url("/upload"), &file).start(),
            _ => engine.download(&server.url(&format!("/bytes/{at}"))).to(&folder.path(&at.to_string())).start(),
        })
        .collect();
    for (at, task) in tasks.iter().enumerate() {
        let outcome = task.wait_end();
        outcome.ok(200);
        if at % 3 != 0 {
            assert_eq!(folder.read(&at.to_string()), pattern_bytes(at));
        }
    }
    assert!(server.state(|state| state.connections_accepted) <= 40, "connections are used again");
}
