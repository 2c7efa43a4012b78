//! Content codings, when the host asks for decoded bytes.

mod common;

use std::io::{Read, Write};

use common::*;

fn decoding() -> Engine {
    Engine::with(|config| {
        config.decode_content = true;
        config.progress_interval_ms = FERRY_PROGRESS_EVERY_CHANGE;
    })
}

#[test]
fn gzip_and_deflate_are_asked_for_and_decoded() {
    let server = Server::plain();
    let (engine, folder) = (decoding(), Folder::new());
    let file = folder.file("u", "u");
    for route in ["/gzip/300000", "/deflate/300000"] {
        let task = engine.download(&server.url(route)).start();
        let outcome = task.wait_end();
        assert_eq!(outcome.ok(200).data_length, 300_000);
        assert_eq!(outcome.downloaded(), pattern_bytes(300_000));
        let asked = server.last_request(route).header("Accept-Encoding").unwrap().to_owned();
        assert!(asked.contains("gzip") && asked.contains("deflate"), "{asked}");
        let progress = task.recorder.progress();
        let (last, before) = progress.split_last().unwrap();
        assert_eq!((last.percent, last.transferred, last.expected), (100, 300_000, 300_000), "what is written");
        assert!(before.iter().all(|p| p.percent == 0 && p.expected == 0), "the length is not known: {before:?}");

        let outcome = engine.upload(&server.url(route), &file).run();
        assert_eq!(outcome.ok(200).body, pattern_bytes(300_000));
        assert_eq!(outcome.data_length, 300_000);
    }
}

#[test]
fn a_body_that_is_not_coded_keeps_its_length() {
    let server = Server::plain();
    let engine = decoding();
    let task = engine.download(&server.url("/bytes/300000")).start();
    assert_eq!(task.wait_end().ok(200).downloaded(), pattern_bytes(300_000));
    assert!(task.recorder.progress().iter().all(|p| p.expected == 300_000));
}

#[test]
fn a_caller_who_asks_itself_gets_the_bytes_as_they_are() {
    let server = Server::plain();
    for engine in [decoding(), Engine::new()] {
        for (header, coded) in [("gzip", true), ("identity", false), ("", false)] {
            let outcome = engine.download(&server.url("/gzip/50000")).header("accept-encoding", header).run();
            let bytes = outcome.ok(200).downloaded();
            assert_eq!(server.last_request("/gzip/50000").headers_named("Accept-Encoding"), [header]);
            assert_eq!(bytes.starts_with(&[0x1f, 0x8b]), coded, "{header:?}");
            if !coded {
                assert_eq!(bytes, pattern_bytes(50_000));
            }
        }
    }
}

#[test]
fn a_bomb_ends_at_the_limit() {
    let server = Server::plain();
    let folder = Folder::new();
    let file = folder.file("u", "u");
    let engine = Engine::with(|config| {
        config.decode_content = true;
        config.max_download_size = 1 << 20;
        config.max_response_body = 1 << 20;
    });
    let url = server.url("/gzipbomb/64m");
    let outcome = engine.download(&url).to(&folder.path("d")).run();
    outcome.failed(603301, "exceed max file size");
    engine.upload(&url, &file).run().failed(600001, "network error: response body exceeds 1048576 bytes");
    assert_eq!(folder.list(), ["u"]);
    // The limit is for what is written: coded, it is well within.
    let outcome = engine.download(&url).header("Accept-Encoding", "gzip").run();
    assert!(outcome.ok(200).downloaded().len() < 1 << 20);
    engine.download(&server.url("/gzip/1m")).run().ok(200).downloaded();
}

#[test]
fn what_says_it_is_coded_and_is_not() {
    let server = Server::plain();
    let (engine, folder) = (decoding(), Folder::new());
    let url = server.url("/bytes/5000?set=Content-Encoding:gzip");
    engine.download(&url).to(&folder.path("d")).run().network_error("(61)");
    assert!(folder.list().is_empty());
    // Unknown codings are nobody's to undo.
    let url = server.url("/bytes/5000?set=Content-Encoding:identity");
    assert_eq!(engine.download(&url).run().ok(200).downloaded(), pattern_bytes(5000));
}

#[test]
fn a_coded_body_that_breaks_off_tells_what_is_missing_of_what_was_sent() {
    // A gzip member of one stored block of 60,000 bytes, of which half come: sizes on the wire and decoded are apart.
    let mut sent = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1];
    sent.extend(60_000u16.to_le_bytes());
    sent.extend((!60_000u16).to_le_bytes());
    sent.extend([7; 30_000]);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let answering = std::thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            client.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        client.write_all(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 60023\r\n\r\n").unwrap();
        client.write_all(&sent).unwrap();
        sent.len()
    });
    let outcome = decoding().download(&url).run();
    let missing = 60_023 - answering.join().unwrap();
    outcome.failed(600001, &format!("network error: transfer closed with {missing} bytes remaining to read"));
}
