use super::*;
use proptest::prelude::*;

const WALL: i64 = 1_700_000_000_000;

/// A fresh TLS connection, each stage at a time of its own.
fn fresh_tls() -> ProfileInput {
    ProfileInput {
        wall_at_invoke_ms: WALL,
        invoke_us: 5_000_000,
        queue_start_us: Some(5_001_000),
        queue_end_us: Some(5_003_000),
        redirects: None,
        hop: Some(Hop {
            fetch_start_us: 5_006_000,
            times: CurlTimes {
                namelookup: 10_000,
                connect: 30_000,
                appconnect: 60_000,
                pretransfer: 61_000,
                posttransfer: 65_000,
                starttransfer: 100_000,
                total: 161_000,
            },
            completed: true,
            is_tls: true,
            num_connects: 1,
            primary_ip: "192.0.2.1".into(),
            primary_port: 443,
            http_version: 3,
            request_size: 1200,
            upload_bytes: 1000,
            header_size: 500,
            download_bytes: 12_000,
            rtt_us: Some(19_500),
        }),
        estimate: NetworkEstimate {
            http_rtt_ms: Some(35),
            transport_rtt_ms: Some(20),
            downstream_kbps: Some(1600),
            nettype: NetType::G4,
        },
    }
}

fn with_hop(change: impl FnOnce(&mut Hop)) -> ProfileInput {
    let mut input = fresh_tls();
    change(input.hop.as_mut().unwrap());
    input
}

/// The stages of the last hop, in ms after the call was made; `None` for 0.
fn stages(input: &ProfileInput) -> [Option<i64>; 11] {
    let p = Profile::new(input);
    [
        p.fetch_start,
        p.domain_lookup_start,
        p.domain_lookup_end,
        p.connect_start,
        p.ssl_connection_start,
        p.ssl_connection_end,
        p.connect_end,
        p.request_start,
        p.request_end,
        p.response_start,
        p.response_end,
    ]
    .map(|at| (at != 0).then(|| at - WALL))
}

#[test]
fn every_field_of_a_fresh_tls_transfer() {
    let expected = Profile {
        invoke_start: WALL,
        queue_start: WALL + 1,
        queue_end: WALL + 3,
        redirect_start: 0,
        redirect_end: 0,
        fetch_start: WALL + 6,
        domain_lookup_start: WALL + 6,
        domain_lookup_end: WALL + 16,
        connect_start: WALL + 16,
        connect_end: WALL + 66,
        ssl_connection_start: WALL + 36,
        ssl_connection_end: WALL + 66,
        request_start: WALL + 67,
        request_end: WALL + 71,
        response_start: WALL + 106,
        response_end: WALL + 167,
        rtt: 20,
        estimate_nettype: NetType::G4,
        http_rtt_estimate: 35,
        transport_rtt_estimate: 20,
        downstream_throughput_kbps_estimate: 1600,
        throughput_kbps: 1000,
        peer_ip: "192.0.2.1".into(),
        port: 443,
        protocol: Protocol::H2,
        socket_reused: false,
        send_bytes_count: 1200,
        received_byted_count: 12_500,
        using_high_performance_mode: false,
    };
    assert_eq!(Profile::new(&fresh_tls()), expected);
}

#[test]
fn without_tls_the_connection_is_ready_when_connected() {
    let input = with_hop(|hop| {
        hop.is_tls = false;
        hop.times.appconnect = 0;
    });
    let expected = [6, 6, 16, 16, 0, 0, 36, 67, 71, 106, 167].map(|t| (t > 0).then_some(t));
    assert_eq!(stages(&input), expected);
}

#[test]
fn a_reused_connection_takes_no_time() {
    for completed in [true, false] {
        let mut input = with_hop(|hop| {
            hop.num_connects = 0;
            hop.completed = completed;
            hop.times.namelookup = 0;
            hop.times.connect = 0;
            hop.times.appconnect = 0;
        });
        assert!(Profile::new(&input).socket_reused);
        let expected = [6, 6, 6, 6, 6, 6, 6, 67, 71, 106, 167].map(Some);
        assert_eq!(stages(&input), expected);
        input.hop.as_mut().unwrap().is_tls = false;
        assert_eq!(stages(&input)[4..7], [None, None, Some(6)]);
    }
    // The times some versions of libcurl give for it do not count.
    let input = with_hop(|hop| hop.num_connects = 0);
    assert_eq!(stages(&input)[..7], [Some(6); 7]);
}

/// As libcurl does it: a transfer that fails before its request gets equal times for all that it missed.
fn failed(change: impl FnOnce(&mut Hop)) -> ProfileInput {
    with_hop(|hop| {
        hop.completed = false;
        hop.header_size = 0;
        hop.download_bytes = 0;
        hop.times.pretransfer = 70_000;
        hop.times.posttransfer = 70_000;
        hop.times.starttransfer = 70_000;
        hop.times.total = 70_000;
        change(hop);
    })
}

#[test]
fn a_failure_in_each_stage() {
    let no_connection = |hop: &mut Hop| {
        hop.num_connects = 0;
        hop.primary_ip.clear();
        hop.times.connect = 0;
        hop.times.appconnect = 0;
    };
    let name_lookup = failed(|hop| {
        no_connection(hop);
        hop.times.namelookup = 0;
    });
    let connecting = failed(no_connection);
    let tls = failed(|hop| hop.times.appconnect = 0);
    let before_the_request = failed(|hop| {
        hop.times.pretransfer = 0;
        hop.times.posttransfer = 0;
        hop.times.starttransfer = 0;
    });
    let sending = failed(|hop| {
        hop.times.posttransfer = 0;
        hop.times.starttransfer = 0;
    });
    let waiting = failed(|hop| hop.times.starttransfer = 0);
    let answered_while_sending = failed(|hop| {
        hop.header_size = 10;
        hop.times.posttransfer = 0;
        hop.times.total = 90_000;
    });
    let receiving = failed(|hop| {
        hop.header_size = 10;
        hop.times.total = 90_000;
    });
    let table = [
        (name_lookup, [6, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        (connecting, [6, 6, 16, 16, 0, 0, 0, 0, 0, 0, 0]),
        (tls, [6, 6, 16, 16, 36, 0, 0, 0, 0, 0, 0]),
        (before_the_request, [6, 6, 16, 16, 36, 66, 66, 0, 0, 0, 0]),
        (sending, [6, 6, 16, 16, 36, 66, 66, 76, 0, 0, 0]),
        (waiting, [6, 6, 16, 16, 36, 66, 66, 76, 76, 0, 0]),
        (answered_while_sending, [6, 6, 16, 16, 36, 66, 66, 76, 0, 76, 96]),
        (receiving, [6, 6, 16, 16, 36, 66, 66, 76, 76, 76, 96]),
    ];
    for (input, expected) in table {
        let expected = expected.map(|t| (t > 0).then_some(t));
        assert_eq!(stages(&input), expected, "{:?}", input.hop);
        let profile = Profile::new(&input);
        assert!(!profile.socket_reused);
        assert_eq!(profile.throughput_kbps > 0, profile.response_end > 0);
    }
}

#[test]
fn an_end_before_the_first_hop() {
    let mut input = fresh_tls();
    input.hop = None;
    let profile = Profile::new(&input);
    assert_eq!(stages(&input), [None; 11]);
    assert_eq!(profile.queue_end, WALL + 3);
    assert_eq!(profile.estimate_nettype, NetType::G4);

    input.queue_end_us = None;
    let profile = Profile::new(&input);
    assert_eq!((profile.queue_start, profile.queue_end), (WALL + 1, 0));

    input.queue_start_us = None;
    let profile = Profile::new(&input);
    assert_eq!((profile.invoke_start, profile.queue_start), (WALL, 0));
}

#[test]
fn redirects_count_only_within_one_host() {
    let mut input = fresh_tls();
    let mut redirects = Redirects { start_us: 5_004_000, end_us: 5_005_000, same_host: true };
    let told = |input: &ProfileInput| {
        let profile = Profile::new(input);
        (profile.redirect_start, profile.redirect_end)
    };
    input.redirects = Some(redirects);
    assert_eq!(told(&input), (WALL + 4, WALL + 5));
    redirects.same_host = false;
    input.redirects = Some(redirects);
    assert_eq!(told(&input), (0, 0));
}

#[test]
fn a_success_answered_before_all_was_sent() {
    let input = with_hop(|hop| hop.times.posttransfer = 0);
    let profile = Profile::new(&input);
    assert_eq!(profile.request_end, profile.response_start);
}

#[test]
fn measured_and_unknown_round_trips_differ() {
    let rtt = |rtt_us| Profile::new(&with_hop(|hop| hop.rtt_us = rtt_us)).rtt;
    let table = [(None, 0), (Some(40), 1), (Some(1499), 1), (Some(1500), 2), (Some(u32::MAX), u32::MAX / 1000)];
    for (us, ms) in table {
        assert_eq!(rtt(us), ms, "{us:?}");
    }
    let mut input = fresh_tls();
    input.estimate.http_rtt_ms = Some(0);
    input.estimate.transport_rtt_ms = None;
    let profile = Profile::new(&input);
    assert_eq!((profile.http_rtt_estimate, profile.transport_rtt_estimate), (1, 0));
}

#[test]
fn protocols_have_the_contracts_words() {
    let table = [(0, "unknown"), (1, "unknown"), (2, "http1.1"), (3, "h2"), (30, "quic"), (-1, "unknown")];
    for (version, text) in table {
        assert_eq!(Protocol::of_curl(version).text(), text, "{version}");
    }
}

/// Small numbers, so that they often fall out of order, zeros, and the ends of the range.
fn time() -> impl Strategy<Value = i64> {
    prop_oneof![
        8 => 0..200_000i64,
        2 => Just(0),
        1 => any::<i64>(),
        1 => prop_oneof![Just(i64::MIN), Just(i64::MAX)],
    ]
}

fn any_hop() -> impl Strategy<Value = Hop> {
    (
        prop::array::uniform8(time()),
        any::<(bool, bool, bool)>(),
        prop::array::uniform4(time()),
        (0..3i64, any::<Option<u32>>()),
    )
        .prop_map(|(t, (completed, is_tls, known), sizes, (num_connects, rtt_us))| Hop {
            fetch_start_us: t[0],
            times: CurlTimes {
                namelookup: t[1],
                connect: t[2],
                appconnect: t[3],
                pretransfer: t[4],
                posttransfer: t[5],
                starttransfer: t[6],
                total: t[7],
            },
            completed,
            is_tls,
            num_connects,
            primary_ip: if known { "::1".into() } else { String::new() },
            request_size: sizes[0],
            upload_bytes: sizes[1],
            header_size: sizes[2],
            download_bytes: sizes[3],
            rtt_us,
            ..Hop::default()
        })
}

fn any_input() -> impl Strategy<Value = ProfileInput> {
    (
        prop_oneof![4 => Just(WALL), 1 => any::<i64>()],
        time(),
        prop::option::weighted(0.9, time()),
        prop::option::weighted(0.9, time()),
        prop::option::of((time(), time(), any::<bool>())),
        prop::option::weighted(0.9, any_hop()),
    )
        .prop_map(|(wall, invoke, queue_start, queue_end, redirects, hop)| ProfileInput {
            wall_at_invoke_ms: wall,
            invoke_us: invoke,
            queue_start_us: queue_start,
            queue_end_us: queue_end,
            redirects: redirects.map(|(start_us, end_us, same_host)| Redirects { start_us, end_us, same_host }),
            hop,
            estimate: NetworkEstimate::default(),
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn the_order_holds_for_any_input(input in any_input()) {
        let p = Profile::new(&input);
        let to_request = [
            p.invoke_start, p.queue_start, p.queue_end, p.redirect_start, p.redirect_end,
            p.fetch_start, p.domain_lookup_start, p.domain_lookup_end, p.connect_start,
            p.ssl_connection_start, p.ssl_connection_end, p.connect_end, p.request_start,
        ];
        for end in [vec![p.request_end], vec![p.response_start, p.response_end]] {
            let happened = to_request.iter().chain(&end).filter(|&&at| at != 0);
            prop_assert!(happened.is_sorted(), "{p:#?}");
        }
        prop_assert!(p.invoke_start > 0);
        prop_assert!(p.send_bytes_count >= 0 && p.received_byted_count >= 0);

        // What did not happen is followed by nothing.
        let reached = [
            p.queue_start, p.queue_end, p.fetch_start, p.domain_lookup_end, p.connect_end,
            p.request_start, p.response_start, p.response_end,
        ];
        prop_assert!(reached.iter().map(|&at| at == 0).is_sorted(), "{p:#?}");
        prop_assert!((p.request_end == 0) || (p.request_start != 0));

        if let (Some(hop), true) = (&input.hop, p.queue_end != 0) {
            prop_assert_eq!(p.ssl_connection_end != 0, hop.is_tls && p.connect_end != 0);
            prop_assert!(!hop.completed || (p.response_end != 0 && p.request_end != 0));
            if p.socket_reused {
                prop_assert_eq!(p.connect_end, p.fetch_start);
                prop_assert_eq!(p.domain_lookup_end, p.fetch_start);
            }
        }
    }
}
