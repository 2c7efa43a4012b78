//! Timeouts: which one ends what. Only lower bounds are asserted of times.

mod common;

use std::time::{Duration, Instant};

use common::*;

#[test]
fn the_total_timeout_ends_a_task_wherever_it_is() {
    let server = Server::plain();
    let hole = BlackHole::start().unwrap();
    let (engine, folder) = (Engine::new(), Folder::new());
    let path = folder.file("u", vec![1; 100_000]);
    let urls = [
        server.url("/never"),
        server.url("/stall-after/10/of/20"),
        server.url("/stall-after/10/of/20?chunked=1"),
        server.url("/gate/shut?hold=headers"),
        server.url("/slow/1m?chunk=1&every=5"),
        hole.url("/"),
    ];
    for url in urls {
        let started = Instant::now();
        let download = engine.download(&url).to(&folder.path("a")).timeout(80).start();
        let upload = engine.upload(&url, &path).timeout(80).start();
        for task in [download, upload] {
            let outcome = task.wait_end();
            outcome.failed(5, "timeout");
            let name = if task.kind() == FERRY_KIND_UPLOAD { "uploadFile" } else { "downloadFile" };
            assert_eq!(outcome.err_msg, format!("{name}:fail timeout"));
        }
        assert!(started.elapsed() >= Duration::from_millis(80), "{url}: not before its time");
    }
    assert_eq!(folder.list(), ["u"]);
}

#[test]
fn an_upload_that_is_not_read_times_out() {
    let server = Server::start(ferry_test_support::Config {
        receive_buffer: Some(16 << 10),
        ..ferry_test_support::Config::default()
    });
    let (engine, folder) = (Engine::new(), Folder::new());
    let path = folder.file("u", vec![1; 24 << 20]);
    engine.upload(&server.url("/stop-reading/1k"), &path).timeout(150).run().failed(5, "timeout");
}

#[test]
fn the_timeout_spans_redirects() {
    let server = Server::plain();
    let (engine, folder) = (Engine::new(), Folder::new());
    // Each hop alone is well within the timeout, all of them never.
    let mut to = "/bytes/5".to_owned();
    for _ in 0..15 {
        to = format!("/delay?headers=100&status=302&set={}", escaped(&format!("Location:{to}")));
    }
    let started = Instant::now();
    engine.download(&server.url(&to)).to(&folder.path("a")).timeout(1000).run().failed(5, "timeout");
    assert!(started.elapsed() >= Duration::from_millis(1000));
    assert!(server.requests().len() < 16);
}

#[test]
fn waiting_in_the_queue_does_not_count() {
    let server = Server::plain();
    let engine = Engine::with(|config| config.max_downloads = 1);
    let first = engine.download(&server.url("/gate/first?hold=headers")).start();
    server.wait_for(|state| state.waiting_at("first") == 1);
    let second = engine.download(&server.url("/bytes/5")).timeout(2000).start();
    // A task that starts later and times out while the first still runs shows that the time has passed.
    let clock = engine.upload(&server.url("/never"), "/dev/null").timeout(1).start();
    clock.wait_end();
    let folder = Folder::new();
    let path = folder.file("u", "u");
    engine.upload(&server.url("/never"), &path).timeout(2500).run().failed(5, "timeout");
    assert_eq!(second.state(), FERRY_STATE_QUEUED);
    server.open_gate("first");
    for task in [first, second] {
        task.wait_end().ok(200).downloaded();
    }
}

#[test]
fn the_hosts_default_and_ceiling() {
    let server = Server::plain();
    let by_default = Engine::with(|config| config.default_timeout_ms = 60);
    by_default.download(&server.url("/never")).run().failed(5, "timeout");
    by_default.download(&server.url("/never")).timeout(0).run().failed(5, "timeout");
    by_default.download(&server.url("/delay?headers=200")).timeout(30_000).run().ok(200).downloaded();
    let ceiling = Engine::with(|config| config.max_timeout_ms = 60);
    ceiling.download(&server.url("/never")).run().failed(5, "timeout");
    ceiling.download(&server.url("/never")).timeout(1_000_000).run().failed(5, "timeout");
    ceiling.download(&server.url("/never")).timeout(i64::MAX).run().failed(5, "timeout");
    // 0 is the default, not no time at all.
    Engine::new().download(&server.url("/delay?headers=100")).timeout(0).run().ok(200).downloaded();
}

#[test]
fn a_negative_timeout_is_a_parameter_error() {
    let server = Server::plain();
    let (engine, folder) = (Engine::new(), Folder::new());
    let path = folder.file("u", "u");
    for timeout in [-1, -60_000, i64::MIN] {
        let words = "parameter error: timeout must not be negative";
        engine.download(&server.url("/bytes/5")).timeout(timeout).run().failed(1001, words);
        engine.upload(&server.url("/echo"), &path).timeout(timeout).run().failed(1001, words);
    }
    assert!(server.requests().is_empty());
}

#[test]
fn the_connect_timeout_is_for_connecting_only() {
    let (server, hole) = (Server::plain(), BlackHole::start().unwrap());
    let silent = Server::start_tls(TlsKind::Silent);
    let engine = Engine::with(|config| config.connect_timeout_ms = 100);
    engine.download(&hole.url("/")).run().failed(5, "timeout");
    engine.download(&silent.url("/")).run().failed(5, "timeout");
    engine.download(&server.url("/delay?headers=400")).run().ok(200).downloaded();
}

#[test]
fn the_idle_timeout_sees_a_stall_and_not_a_slow_steady_transfer() {
    let server = Server::plain();
    let folder = Folder::new();
    let engine = Engine::with(|config| config.idle_timeout_ms = 1000);
    // Lasts longer than the idle timeout, but a byte comes every few milliseconds.
    engine.download(&server.url("/slow/80?chunk=1&every=20")).to(&folder.path("a")).run().ok(200);
    for route in ["/stall-after/10/of/20", "/stall-after/10/of/20?chunked=1", "/never"] {
        let started = Instant::now();
        let task = engine.download(&server.url(route)).to(&folder.path("b")).start();
        task.wait_end().failed(5, "timeout");
        assert!(started.elapsed() >= Duration::from_millis(1000), "{route}");
    }
    assert_eq!(folder.list(), ["a"]);
}

#[test]
fn the_idle_timeout_sees_an_upload_that_is_not_read() {
    let server = Server::start(ferry_test_support::Config {
        receive_buffer: Some(16 << 10),
        ..ferry_test_support::Config::default()
    });
    let folder = Folder::new();
    let engine = Engine::with(|config| config.idle_timeout_ms = 300);
    let path = folder.file("u", vec![1; 24 << 20]);
    engine.upload(&server.url("/stop-reading/1k"), &path).run().failed(5, "timeout");
    // Lasts longer than the idle timeout; what the kernel holds at the end is read well within it.
    let engine = Engine::with(|config| config.idle_timeout_ms = 1500);
    let steady = folder.file("v", vec![1; 10 << 20]);
    engine.upload(&server.url("/slow-sink?chunk=64k&every=1"), &steady).run().ok(200);
}
