//! The estimate of the network, and what the host reports of it.

mod common;

use common::*;

#[test]
fn unknown_until_something_was_seen() {
    let engine = Engine::new();
    let network = engine.network();
    assert_eq!(network.nettype, FERRY_NETTYPE_UNKNOWN);
    assert_eq!((network.http_rtt, network.transport_rtt, network.downstream_kbps), (0, 0, 0));
    engine.download("http://127.0.0.1:1/").run().network_error("(7)");
    assert_eq!(engine.network().nettype, FERRY_NETTYPE_UNKNOWN, "a failure tells nothing");
}

#[test]
fn seen_in_the_requests() {
    let server = Server::plain();
    let engine = Engine::new();
    engine.download(&server.url("/delay?headers=300")).run().ok(200).downloaded();
    let network = engine.network();
    assert!(network.http_rtt >= 299, "{}", network.http_rtt);
    assert!(network.transport_rtt >= 1);
    assert!([FERRY_NETTYPE_3G, FERRY_NETTYPE_2G, FERRY_NETTYPE_SLOW_2G].contains(&network.nettype));
    let outcome = engine.download(&server.url("/bytes/1")).run();
    outcome.ok(200).downloaded();
    let profile = outcome.profile.unwrap();
    assert!(profile.http_rtt_estimate >= 1 && profile.transport_rtt_estimate >= 1);
    assert!(profile.estimate_nettype >= FERRY_NETTYPE_SLOW_2G);
    // Large ones tell the throughput.
    engine.download(&server.url("/slow/2m?chunk=64k&every=5")).run().ok(200).downloaded();
    assert!(engine.network().downstream_kbps > 0);
}

#[test]
fn offline_when_the_host_says_so_and_anew_after() {
    let server = Server::plain();
    let engine = Engine::new();
    engine.download(&server.url("/bytes/1")).run().ok(200).downloaded();
    assert_ne!(engine.network().nettype, FERRY_NETTYPE_UNKNOWN);
    assert_eq!(engine.network_changed(FERRY_NETWORK_OFFLINE), FERRY_OK);
    eventually("offline", || engine.network().nettype == FERRY_NETTYPE_OFFLINE);
    assert_eq!(engine.network_changed(FERRY_NETWORK_ONLINE), FERRY_OK);
    eventually("unknown", || engine.network().nettype == FERRY_NETTYPE_UNKNOWN);
    assert_eq!(engine.network().http_rtt, 0, "the old network's are gone");
    engine.download(&server.url("/bytes/1")).run().ok(200).downloaded();
    assert_ne!(engine.network().nettype, FERRY_NETTYPE_UNKNOWN);
}

#[test]
fn old_connections_are_not_used_again() {
    let server = Server::plain();
    let engine = Engine::new();
    let reused = |engine: &Engine| {
        let outcome = engine.download(&server.url("/bytes/1")).run();
        outcome.ok(200).downloaded();
        outcome.profile.unwrap().socket_reused == 1
    };
    assert!(!reused(&engine));
    assert!(reused(&engine));
    assert_eq!(engine.network_changed(FERRY_NETWORK_ONLINE), FERRY_OK);
    assert!(!reused(&engine), "a new one");
    assert!(reused(&engine));
}

#[test]
fn running_tasks_may_finish_or_are_interrupted() {
    let server = Server::plain();
    let engine = Engine::with(|config| config.max_downloads = 2);
    let url = server.url("/stall-after/10/of/20");
    let first = engine.download(&url).start();
    first.wait("headers");
    assert_eq!(engine.network_changed(FERRY_NETWORK_ONLINE), FERRY_OK);
    let second = engine.download(&server.url("/bytes/1")).run();
    second.ok(200).downloaded();
    server.open_gate("stall");
    assert_eq!(first.wait_end().ok(200).downloaded(), pattern_bytes(20));

    server.close_gate("stall");
    let running = [engine.download(&url).start(), engine.download(&url).start()];
    server.wait_for(|state| state.waiting_at("stall") == 2);
    let waiting = engine.download(&server.url("/bytes/1")).start();
    assert_eq!(engine.network_changed(FERRY_NETWORK_ONLINE | FERRY_NETWORK_INTERRUPT), FERRY_OK);
    for task in running {
        task.wait_end().failed(600003, "interrupted");
    }
    waiting.wait_end().ok(200).downloaded();
}

#[test]
fn nettypes_have_names() {
    let text = |nettype| {
        // SAFETY: never NULL, and lives as long as the library.
        unsafe { std::ffi::CStr::from_ptr(ferry_nettype_string(nettype)) }.to_str().unwrap()
    };
    let names = ["unknown", "offline", "slow 2g", "2g", "3g", "4g", "unknown"];
    for (nettype, name) in names.iter().enumerate() {
        assert_eq!(text(nettype as u32), *name);
    }
}

#[test]
fn an_interruption_reaches_a_task_that_was_only_just_started() {
    let server = Server::plain();
    let engine = Engine::new();
    // Told back to back, both may be read before the task is on the wire.
    for _ in 0..100 {
        let task = engine.download(&server.url("/never")).timeout(5000).start();
        assert_eq!(engine.network_changed(FERRY_NETWORK_ONLINE | FERRY_NETWORK_INTERRUPT), FERRY_OK);
        task.wait_end().failed(600003, "interrupted");
    }
}
