//! The plain server: its right answers, its wrong ones, and what it lets tests wait for.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;

use crate::common::*;
use ferry_test_support::*;

#[test]
fn bodies_are_the_pattern_however_they_are_framed() {
    let server = Server::plain();
    for target in ["/bytes/300k", "/chunked/300k?chunk=7000", "/close/300k"] {
        let response = get(&server, target);
        assert_eq!(response.status(), 200);
        assert_eq!(sha256_hex(&response.body), pattern_sha256(300 << 10), "{target}");
    }
    assert_eq!(get(&server, "/zeros/3m").body, vec![0; 3 << 20]);
    let typed = get(&server, "/bytes/0?type=image/png&set=X-A:1&set=X-B:2&status=404");
    assert_eq!(typed.status(), 404);
    assert_eq!(typed.header("content-type"), Some("image/png"));
    assert_eq!((typed.header("x-a"), typed.header("x-b")), (Some("1"), Some("2")));
}

#[test]
fn ranges() {
    let server = Server::plain();
    let part = get_with(&server, "/bytes/2m", "Range: bytes=1048570-\r\n");
    assert_eq!(part.status(), 206);
    assert_eq!(part.header("content-range"), Some("bytes 1048570-2097151/2097152"));
    assert_eq!(part.body, &pattern_bytes(2 << 20)[1_048_570..]);
    assert_eq!(get_with(&server, "/bytes/5", "Range: bytes=5-\r\n").status(), 416);
    let changed = get_with(&server, "/bytes/5", "Range: bytes=1-\r\nIf-Range: \"6\"\r\n");
    assert_eq!(changed.status(), 200);
}

#[test]
fn compression_only_for_who_asks() {
    let server = Server::plain();
    assert_eq!(get(&server, "/gzip/9k").body, pattern_bytes(9 << 10));
    let gzip = get_with(&server, "/gzip/9k", "Accept-Encoding: deflate, gzip\r\n");
    assert_eq!(gzip.header("content-encoding"), Some("gzip"));
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(&gzip.body[..]).read_to_end(&mut plain).unwrap();
    assert_eq!(plain, pattern_bytes(9 << 10));
    let bomb = get(&server, "/gzipbomb/30m?force=1");
    assert!(bomb.body.len() < 1 << 20);
    plain.clear();
    flate2::read::GzDecoder::new(&bomb.body[..]).read_to_end(&mut plain).unwrap();
    assert_eq!(plain.len(), 30 << 20);
}

#[test]
fn uploads_are_read_and_recorded() {
    let server = Server::plain();
    let file = pattern_bytes(700_000);
    let body = form(&file);
    let mut stream = connect(&server);
    post_head(&mut stream, "/upload?a=b", MULTIPART, body.len());
    stream.write_all(&body).unwrap();
    let response = read_response(&mut stream);
    assert_eq!(response.status(), 200);
    let answer = response.json();
    assert_eq!(answer["fields"][0]["value"], "文");
    assert_eq!(answer["fields"][1]["value"], "");
    assert_eq!(answer["file"]["filename"], "图 %22.png");
    assert_eq!(answer["file"]["contentType"], "image/png");
    assert_eq!(answer["file"]["sha256"], sha256_hex(&file));
    assert_eq!(answer["bodyLength"], body.len());

    let recorded = server.last_request("/upload");
    assert_eq!(recorded.body_length, body.len() as u64);
    assert_eq!(recorded.body_start, &body[..1024]);
    assert_eq!(recorded.peer_port, stream.local_addr().unwrap().port());
    assert_eq!(recorded.header("CONTENT-type"), Some(MULTIPART));
    assert!(recorded.body_complete);

    // The same connection goes on, with a chunked body of another kind.
    write!(stream, "PUT /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n")
        .unwrap();
    let answer = read_response(&mut stream).json();
    assert_eq!(answer["sha256"], sha256_hex(b"abcde"));
    assert_eq!(answer["connection"], recorded.connection);

    post_head(&mut stream, "/upload", MULTIPART, body.len() - 1);
    stream.write_all(&body[..body.len() - 1]).unwrap();
    assert_eq!(read_response(&mut stream).status(), 400);
}

#[test]
fn the_python_judge_reads_the_same() {
    let Some(judge) = PythonJudge::start() else {
        eprintln!("no python3: nothing to compare with");
        return;
    };
    let file: Vec<u8> = [b"\r\n--Xy\r\r\n\n\xff\x00".to_vec(), pattern_bytes(50_000)].concat();
    let body = form(&file);
    let address = judge.url("").trim_start_matches("http://").to_owned();
    let mut stream = TcpStream::connect(address).unwrap();
    post_head(&mut stream, "/", MULTIPART, body.len());
    stream.write_all(&body).unwrap();
    let answer = read_response(&mut stream).json();
    assert_eq!(answer["fields"][0]["value"], "文", "{answer}");
    assert_eq!(answer["parts"], serde_json::json!(["key", "empty", "file"]));
    assert_eq!(answer["file"]["filename"], "图 %22.png");
    assert_eq!(answer["file"]["sha256"], sha256_hex(&file));
    assert_eq!(answer["defects"], serde_json::json!([]));
}

#[test]
fn expect_continue_is_answered() {
    let server = Server::plain();
    let mut stream = connect(&server);
    let head = "POST /sink HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    assert_eq!(read_head(&mut stream), "HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"ab").unwrap();
    assert_eq!(read_response(&mut stream).json()["bodyLength"], 2);
}

#[test]
fn redirects() {
    let server = Server::plain();
    let away = get(&server, "/redirect/307?to=http%3A%2F%2Felsewhere.test%2F&body=10");
    assert_eq!((away.status(), away.body.len()), (307, 10));
    assert_eq!(away.header("location"), Some("http://elsewhere.test/"));
    assert_eq!(get(&server, "/redirect/302?nolocation=1").header("location"), None);
    let hop = get(&server, "/redirect-chain/3?code=301");
    assert_eq!(hop.header("location"), Some("/redirect-chain/2?code=301"));
    assert_eq!(get(&server, "/redirect-chain/1").header("location"), Some("/bytes/5"));
    assert_eq!(get(&server, "/redirect-loop").header("location"), Some("/redirect-loop"));

    // Answered before the body is read, which is read then.
    let mut stream = connect(&server);
    post_head(&mut stream, "/redirect/308?drain=0", "text/plain", 3);
    assert_eq!(read_response(&mut stream).header("location"), Some("/echo"));
    stream.write_all(b"abc").unwrap();
    send(&mut stream, "/bytes/1", "");
    assert_eq!(read_response(&mut stream).status(), 200);
}

#[test]
fn gates_hold_a_response_where_asked() {
    let server = Server::plain();
    let mut stream = connect(&server);
    send(&mut stream, "/gate/early", "");
    server.wait_for(|state| state.waiting_at("early") == 1);
    server.pass_gate("early", 1);
    assert_eq!(read_response(&mut stream).body.len(), 1024);
    server.wait_for(|state| state.waiting_at("early") == 0);

    send(&mut stream, "/gate/late?hold=100&size=300", "");
    read_head(&mut stream);
    let mut part = [0; 100];
    stream.read_exact(&mut part).unwrap();
    assert_eq!(part[..], pattern_bytes(100));
    get(&server, "/_open/late");
    let mut rest = [0; 200];
    stream.read_exact(&mut rest).unwrap();
    assert_eq!(rest[..], pattern_bytes(300)[100..]);
}

#[test]
fn a_client_that_leaves_is_seen() {
    let server = Server::plain();
    let mut stream = connect(&server);
    send(&mut stream, "/never", "");
    server.wait_for(|state| state.waiting_at("never") == 1);
    assert_eq!(server.state(|state| state.connections_open), 1);
    drop(stream);
    server.wait_for(|state| state.requests_lost == 1 && state.connections_open == 0);
    assert_eq!(server.last_request("/never").outcome, Outcome::Lost);
}

#[test]
fn cut_bodies() {
    let server = Server::plain();
    let mut stream = connect(&server);
    send(&mut stream, "/drop-after/10/of/100", "");
    assert!(read_head(&mut stream).contains("Content-Length: 100"));
    let mut body = Vec::new();
    stream.read_to_end(&mut body).unwrap();
    assert_eq!(body.len(), 10);

    let mut stream = connect(&server);
    send(&mut stream, "/reset-after/10/of/100", "");
    read_head(&mut stream);
    let error = stream.read_to_end(&mut body).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);

    let mut stream = connect(&server);
    send(&mut stream, "/stall-after/10/of/20", "");
    read_head(&mut stream);
    stream.read_exact(&mut [0; 10]).unwrap();
    server.wait_for(|state| state.waiting_at("stall") == 1);
    server.reset_connections();
    let error = stream.read_to_end(&mut body).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    server.wait_for(|state| state.connections_open == 0);
    assert_eq!(server.state(|state| state.requests_dropped), 2);
}

#[test]
fn wrong_framing() {
    let server = Server::plain();
    let raw = |target: &str| {
        let mut stream = connect(&server);
        send(&mut stream, target, "Connection: close\r\n");
        let mut all = Vec::new();
        stream.read_to_end(&mut all).unwrap();
        String::from_utf8_lossy(&all).into_owned()
    };
    assert!(raw("/wrong-length?value=1&value=2").contains("Content-Length: 1\r\nContent-Length: 2\r\n"));
    let long = raw("/short-length/5/50");
    assert_eq!(long.split_once("\r\n\r\n").unwrap().0.matches("Length: 5").count(), 1);
    assert!(raw("/bad-chunk?kind=long").ends_with("5\r\nhello world\r\n0\r\n\r\n"));
    assert!(raw("/garbage").starts_with("SSH-2.0"));
    assert_eq!(raw("/garbage?kind=nothing"), "");
    assert!(raw("/endless-headers").len() >= 64 << 20);
    assert!(raw("/headers?long=5").contains("X-Long: aaaaa\r\nX-Folded: first\r\n second\r\n"));
    assert!(raw("/early-hints?count=2").contains("X-Final: yes"));
}

#[test]
fn uploads_that_are_not_taken() {
    let server = Server::start(Config { receive_buffer: Some(8 * 1024), ..Config::default() });
    let mut stream = connect(&server);
    post_head(&mut stream, "/stop-reading/1000", "text/plain", 5000);
    stream.write_all(&[b'x'; 5000]).unwrap();
    server.wait_for(|state| state.waiting_at("stop-reading") == 1);
    assert_eq!(server.last_request("/stop-reading/1000").body_length, 1000);
    server.open_gate("stop-reading");
    assert_eq!(read_response(&mut stream).status(), 200);

    let mut stream = connect(&server);
    post_head(&mut stream, "/reset-upload/10", "text/plain", 100);
    stream.write_all(&[b'x'; 10]).unwrap();
    let error = stream.read(&mut [0]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);

    let mut stream = connect(&server);
    post_head(&mut stream, "/early-response/413/10", "text/plain", 100_000);
    stream.write_all(&[b'x'; 10]).unwrap();
    let response = read_response(&mut stream);
    assert_eq!(response.status(), 413);
    assert_eq!(response.header("connection"), Some("close"));
}

#[test]
fn keep_alive_that_is_a_lie() {
    let server = Server::plain();
    let mut stream = connect(&server);
    send(&mut stream, "/keepalive-then-close", "");
    assert_eq!(read_response(&mut stream).header("connection"), None);
    send(&mut stream, "/bytes/5", "");
    assert_eq!(stream.read(&mut [0]).unwrap(), 0);
    assert_eq!(server.last_request("/bytes/5").outcome, Outcome::Dropped);
}

#[test]
fn accepting_waits_when_told() {
    let server = Server::plain();
    server.stop_accepting();
    let mut stream = connect(&server);
    send(&mut stream, "/bytes/1", "");
    assert_eq!(server.state(|state| state.connections_accepted), 0);
    server.accept_again();
    assert_eq!(read_response(&mut stream).body.len(), 1);
}

#[test]
fn dropping_the_server_ends_everything() {
    let server = Server::plain();
    let port = server.port();
    let mut streams: Vec<_> = (0..3).map(|_| connect(&server)).collect();
    send(&mut streams[0], "/never", "");
    send(&mut streams[1], "/endless-body", "");
    server.wait_for(|state| state.connections_open == 3 && state.requests_received == 2);
    drop(server);
    for mut stream in streams {
        // Ended or reset: the one as good as the other.
        let _ = stream.read_to_end(&mut Vec::new());
    }
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
    let again = Server::start(Config { port, ..Config::default() });
    assert_eq!(get(&again, "/status/500").status(), 500);
}

#[test]
fn what_is_not_http_is_refused() {
    let server = Server::plain();
    let mut stream = connect(&server);
    stream.write_all(b"GET / HTTP/1.1\r\nbad header\r\n\r\n").unwrap();
    assert_eq!(read_response(&mut stream).status(), 400);
    assert_eq!(get(&server, "/nowhere").status(), 404);
    assert_eq!(get(&server, "/bytes/many").status(), 400);
}

#[test]
#[cfg(target_os = "linux")]
fn a_black_hole_does_not_answer() {
    let hole = BlackHole::start().unwrap();
    let address = format!("127.0.0.1:{}", hole.port()).parse().unwrap();
    let patience = std::time::Duration::from_millis(300);
    let error = TcpStream::connect_timeout(&address, patience).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
}
