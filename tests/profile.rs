//! Each field of the profile, for successes and failures. Of times that a machine can stretch, only the order and lower
//! bounds are asserted.

mod common;

use std::time::Duration;

use common::*;

/// Milliseconds are cut off at both ends of a span.
const ROUNDING: i64 = 2;

/// The order of the contract, for what happened.
#[track_caller]
fn in_order(profile: &ferry_profile) {
    let p = profile;
    let main = [
        p.invoke_start,
        p.queue_start,
        p.queue_end,
        p.fetch_start,
        p.domain_lookup_start,
        p.domain_lookup_end,
        p.connect_start,
        p.ssl_connection_start,
        p.ssl_connection_end,
        p.connect_end,
        p.request_start,
        p.request_end,
    ];
    let happened: Vec<i64> = main.into_iter().filter(|&at| at != 0).collect();
    assert!(happened.is_sorted(), "{main:?}");
    let response: Vec<i64> =
        [p.request_start, p.response_start, p.response_end].into_iter().filter(|&at| at != 0).collect();
    assert!(response.is_sorted(), "{response:?}");
    let redirects: Vec<i64> =
        [p.queue_end, p.redirect_start, p.redirect_end, p.fetch_start].into_iter().filter(|&at| at != 0).collect();
    assert!(redirects.is_sorted(), "{redirects:?}");
}

#[track_caller]
fn profile_of(outcome: &Outcome) -> ferry_profile {
    let profile = outcome.profile.expect("a profile").0;
    in_order(&profile);
    profile
}

#[test]
fn a_fresh_connection_and_a_used_one() {
    let server = Server::plain();
    let engine = Engine::new();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis() as i64;
    let outcome = engine.download(&server.url("/bytes/100k")).run();
    outcome.ok(200).downloaded();
    let copy = outcome.profile.unwrap();
    let p = profile_of(&outcome);
    for (name, at) in copy.times() {
        let absent = name.starts_with("redirect") || name.starts_with("ssl");
        assert_eq!(at == 0, absent, "{name}: {at}");
        assert!(absent || at >= now - 1, "{name} is in milliseconds since the epoch");
    }
    assert_eq!((copy.peer_ip().as_str(), p.port), ("127.0.0.1", u32::from(server.port())));
    assert_eq!((p.protocol, p.socket_reused, p.using_high_performance_mode), (FERRY_PROTOCOL_HTTP1_1, 0, 0));
    assert!(p.received_byted_count > 100 << 10 && p.received_byted_count < (100 << 10) + 1000, "headers included");
    let request = server.last_request("/bytes/100k");
    let lines: usize = request.headers.iter().map(|(name, value)| name.len() + value.len() + 4).sum();
    assert_eq!(p.send_bytes_count as usize, "GET /bytes/100k HTTP/1.1\r\n".len() + lines + 2);
    assert!(p.rtt >= 1 && p.throughput_kbps > 0);

    let outcome = engine.download(&server.url("/bytes/5")).run();
    outcome.ok(200).downloaded();
    let p = profile_of(&outcome);
    assert_eq!(p.socket_reused, 1);
    for at in [p.domain_lookup_start, p.domain_lookup_end, p.connect_start, p.connect_end] {
        assert_eq!(at, p.fetch_start, "nothing to do on a used connection");
    }
    assert_eq!((p.ssl_connection_start, p.ssl_connection_end), (0, 0));
    assert_eq!(outcome.profile.unwrap().peer_ip(), "127.0.0.1");
    assert!(p.rtt >= 1);
}

#[test]
fn tls_fresh_and_used() {
    let server = Server::start_tls(TlsKind::Good);
    let engine = Engine::with(|config| config.ca_pem = Some(server.ca_pem().to_owned()));
    let outcome = engine.download(&server.url("/bytes/5")).run();
    outcome.ok(200).downloaded();
    let p = profile_of(&outcome);
    assert!(p.ssl_connection_start > 0 && p.ssl_connection_end > 0);
    assert!(p.connect_end >= p.ssl_connection_end, "connect_end includes TLS");
    let outcome = engine.download(&server.url("/bytes/5")).run();
    outcome.ok(200).downloaded();
    let p = profile_of(&outcome);
    assert_eq!((p.ssl_connection_start, p.ssl_connection_end), (p.fetch_start, p.fetch_start));
    assert_eq!(p.socket_reused, 1);
}

#[test]
fn an_upload_counts_what_it_sent() {
    let server = Server::plain();
    let (engine, folder) = (Engine::new(), Folder::new());
    let file = folder.file("u", vec![1; 500_000]);
    let outcome = engine.upload(&server.url("/echo"), &file).run();
    let length = outcome.ok(200).json()["bodyLength"].as_i64().unwrap();
    let p = profile_of(&outcome);
    let head = p.send_bytes_count - length;
    assert!((100..1000).contains(&head), "the headers are {head} bytes");
    assert!(p.request_end >= p.request_start && p.received_byted_count > 0);
}

#[test]
fn delays_of_the_server_are_where_they_belong() {
    let server = Server::plain();
    let engine = Engine::new();
    let outcome = engine.download(&server.url("/delay?headers=150&body=120")).run();
    outcome.ok(200).downloaded();
    let p = profile_of(&outcome);
    assert!(p.response_start - p.request_start >= 150 - ROUNDING, "waiting for the head");
    // The head may be seen late, so that the wait for the body alone has no lower bound.
    assert!(p.response_end - p.request_start >= 150 + 120 - ROUNDING, "waiting for head and body");

    let engine = Engine::with(|config| config.max_downloads = 1);
    let first = engine.download(&server.url("/gate/g?hold=headers")).start();
    server.wait_for(|state| state.waiting_at("g") == 1);
    let second = engine.download(&server.url("/bytes/5")).start();
    eventually("it waits", || engine.stats().downloads_queued == 1);
    // The delay under test.
    std::thread::sleep(Duration::from_millis(50));
    server.open_gate("g");
    let (first, second) = (first.wait_end(), second.wait_end());
    first.downloaded();
    second.downloaded();
    let (p, q) = (profile_of(&first), profile_of(&second));
    assert!(q.queue_end - q.queue_start >= 50 - ROUNDING, "it waited for the first");
    assert!(p.queue_end < q.queue_end && q.fetch_start >= q.queue_end);
}

#[test]
fn a_handshake_that_takes_its_time() {
    let server = Server::start(ferry_test_support::Config {
        accepting: false,
        ..ferry_test_support::Config::tls(TlsKind::Good)
    });
    let engine = Engine::with(|config| config.ca_pem = Some(server.ca_pem().to_owned()));
    let task = engine.download(&server.url("/bytes/5")).start();
    eventually("connecting", || task.state() == FERRY_STATE_CONNECTING);
    // The delay under test: the kernel has the connection, the server does not answer yet.
    std::thread::sleep(Duration::from_millis(120));
    server.accept_again();
    let outcome = task.wait_end();
    outcome.ok(200).downloaded();
    let p = profile_of(&outcome);
    assert!(p.ssl_connection_end - p.fetch_start >= 100, "TLS waited");
    assert!(p.connect_end - p.connect_start >= p.ssl_connection_end - p.ssl_connection_start);
}

#[test]
fn redirects_on_one_host_and_across_hosts() {
    let server = Server::plain();
    let engine = Engine::new();
    let run = |to: &str| {
        let url = format!("/delay?headers=60&status=302&set={}", escaped(&format!("Location:{to}")));
        let outcome = engine.download(&server.url(&url)).run();
        outcome.ok(200).downloaded();
        profile_of(&outcome)
    };
    let p = run("/bytes/5");
    assert!(p.redirect_start >= p.queue_end && p.redirect_start > 0);
    assert!(p.redirect_end - p.redirect_start >= 60 - ROUNDING, "the first hop");
    assert!(p.fetch_start >= p.redirect_end, "everything later is of the last hop");
    assert_eq!(p.socket_reused, 1);
    let p = run(&server.url_on("localhost", "/bytes/5"));
    assert_eq!((p.redirect_start, p.redirect_end), (0, 0), "another host");
    assert!(p.fetch_start - p.invoke_start >= 60 - ROUNDING);
    let back = escaped(&server.url("/bytes/5"));
    let p = run(&server.url_on("localhost", &format!("/redirect/302?to={back}")));
    assert_eq!((p.redirect_start, p.redirect_end), (0, 0), "one hop was elsewhere");
}

#[test]
fn switched_off() {
    let server = Server::plain();
    let engine = Engine::new();
    let outcome = engine.download(&server.url("/bytes/5")).profile(FERRY_OFF).run();
    outcome.ok(200).downloaded();
    assert!(outcome.profile.is_none());
    assert!(engine.download("nonsense").profile(FERRY_OFF).run().profile.is_none());
    let outcome = engine.download(&server.url("/bytes/5")).profile(FERRY_ON).run();
    outcome.downloaded();
    assert!(outcome.profile.is_some());
}

/// How far a failure came, by the times that are set.
#[derive(Debug, PartialEq, PartialOrd)]
enum Stage {
    Invoked,
    Queued,
    Fetched,
    Connected,
    Requested,
    Responded,
}

fn stage(p: &ferry_profile) -> Stage {
    if p.response_start != 0 {
        Stage::Responded
    } else if p.request_start != 0 {
        Stage::Requested
    } else if p.connect_end != 0 {
        Stage::Connected
    } else if p.fetch_start != 0 {
        Stage::Fetched
    } else if p.queue_start != 0 {
        Stage::Queued
    } else {
        Stage::Invoked
    }
}

#[test]
fn failures_at_each_stage() {
    let server = Server::plain();
    let hole = BlackHole::start().unwrap();
    let secure = Server::start_tls(TlsKind::Expired);
    let (engine, folder) = (Engine::new(), Folder::new());
    let file = folder.file("u", "u");
    let table = [
        ("nonsense".to_owned(), Stage::Queued),
        ("http://127.0.0.1:1/".to_owned(), Stage::Fetched),
        ("http://no-such-host.invalid/".to_owned(), Stage::Fetched),
        (hole.url("/"), Stage::Fetched),
        (secure.url("/"), Stage::Fetched),
        (server.url("/garbage?kind=nothing"), Stage::Requested),
        (server.url("/never"), Stage::Requested),
        (server.url("/stall-after/10/of/20"), Stage::Responded),
        (server.url("/drop-after/10/of/20"), Stage::Responded),
    ];
    for (url, expected) in table {
        let download = engine.download(&url).timeout(150).to(&folder.path("d"));
        for outcome in [engine.upload(&url, &file).timeout(150).run(), download.run()] {
            assert_ne!(outcome.errno, 0);
            let p = profile_of(&outcome);
            assert!(p.invoke_start > 0);
            if expected == Stage::Queued {
                assert!(stage(&p) <= Stage::Queued, "{url}: {p:?}", p = outcome.profile);
                assert_eq!((p.fetch_start, p.port), (0, 0));
                continue;
            }
            assert_eq!(stage(&p), expected, "{url}: {p:?}", p = outcome.profile);
            if expected == Stage::Fetched {
                assert_eq!(p.protocol, FERRY_PROTOCOL_UNKNOWN, "no response came");
                assert_eq!((p.request_start, p.request_end, p.response_end), (0, 0, 0));
            }
        }
    }
}

#[test]
fn aborted_and_interrupted_ones_have_a_profile_too() {
    let server = Server::plain();
    let engine = Engine::with(|config| config.max_downloads = 1);
    let running = engine.download(&server.url("/stall-after/10/of/20")).start();
    running.wait("progress");
    let waiting = engine.download(&server.url("/bytes/5")).start();
    eventually("it waits", || engine.stats().downloads_queued == 1);
    waiting.abort();
    let p = profile_of(&waiting.wait_end());
    assert!(p.queue_start > 0 && p.fetch_start == 0);
    assert_eq!(engine.close(), FERRY_OK);
    let outcome = running.wait_end();
    let p = profile_of(&outcome);
    assert_eq!(stage(&p), Stage::Responded);
    assert_eq!(outcome.profile.unwrap().peer_ip(), "127.0.0.1");
}
