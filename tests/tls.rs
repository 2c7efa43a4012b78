//! TLS: what is trusted, and words that tell why not. HTTP/2 where it is asked for.

mod common;

use common::*;

fn trusting(server: &Server) -> Engine {
    Engine::with(|config| config.ca_pem = Some(server.ca_pem().to_owned()))
}

/// Both kinds fail with a network error that has one of these words, and no request arrives.
#[track_caller]
fn refused(server: &Server, engine: &Engine, url: &str, words: &str) {
    let folder = Folder::new();
    let file = folder.file("u", "secret");
    engine.upload(url, &file).run().network_error(words);
    engine.download(url).to(&folder.path("d")).run().network_error(words);
    assert_eq!(folder.list(), ["u"]);
    assert!(server.requests().is_empty(), "nothing was sent");
}

#[test]
fn good_by_bytes_and_by_file() {
    let folder = Folder::new();
    let file = folder.file("u", pattern_bytes(100_000));
    for kind in [TlsKind::Good, TlsKind::Tls12Only, TlsKind::Tls13Only] {
        let server = Server::start_tls(kind);
        let pem = folder.file("ca.pem", server.ca_pem());
        for engine in [trusting(&server), Engine::with(|config| config.ca_file = Some(pem.clone()))] {
            for host in ["localhost", "127.0.0.1"] {
                let json = engine.upload(&server.url_on(host, "/upload"), &file).run().ok(200).json();
                assert_eq!(json["file"]["length"], 100_000);
                let outcome = engine.download(&server.url_on(host, "/bytes/100k")).run();
                assert_eq!(outcome.ok(200).downloaded(), pattern_bytes(100 << 10));
            }
        }
    }
}

#[test]
fn certificates_that_are_not_good_are_refused_with_words_that_tell_which() {
    for (kind, words) in [
        (TlsKind::Expired, "certificate has expired"),
        (TlsKind::NotYetValid, "not yet valid"),
        (TlsKind::SelfSigned, "self-signed certificate"),
        (TlsKind::UnknownCa, "unable to get local issuer certificate"),
        (TlsKind::WrongHost, "no alternative certificate subject name matches"),
    ] {
        let server = Server::start_tls(kind);
        refused(&server, &trusting(&server), &server.url("/echo"), words);
        refused(&server, &trusting(&server), &server.url_on("localhost", "/echo"), words);
    }
}

#[test]
fn the_platforms_store_does_not_know_our_ca() {
    let server = Server::start_tls(TlsKind::Good);
    refused(&server, &Engine::new(), &server.url("/echo"), "certificate");
}

#[test]
fn old_versions_are_refused() {
    for (kind, words) in [(TlsKind::RefusesVersion, "protocol version"), (TlsKind::Tls11, "protocol")] {
        let server = Server::start_tls(kind);
        refused(&server, &trusting(&server), &server.url("/echo"), words);
    }
}

#[test]
fn not_tls_at_all() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = std::thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        std::io::Write::write_all(&mut client, b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
    });
    let folder = Folder::new();
    let url = format!("https://127.0.0.1:{port}/");
    Engine::new().download(&url).to(&folder.path("d")).run().network_error("(35)");
    server.join().unwrap();
}

#[test]
fn pins_hold_and_do_not() {
    let server = Server::start_tls(TlsKind::Good);
    let wrong = "A".repeat(43) + "=";
    let pinned = |keys: &[&str]| {
        Engine::with(|config| {
            config.ca_pem = Some(server.ca_pem().to_owned());
            config.pins = keys.iter().map(|key| ("localhost".to_owned(), (*key).to_owned())).collect();
        })
    };
    let right = server.spki_sha256_base64();
    let url = server.url_on("localhost", "/bytes/5");
    refused(&server, &pinned(&[&wrong]), &url, "public key");
    for keys in [&[right][..], &[&wrong, right][..], &[right, &wrong][..]] {
        pinned(keys).download(&url).run().ok(200).downloaded();
    }
    // Another name of the host has no pin.
    pinned(&[&wrong]).download(&server.url("/bytes/5")).run().ok(200).downloaded();
}

#[test]
fn a_pin_holds_after_a_redirect() {
    let (plain, server) = (Server::plain(), Server::start_tls(TlsKind::Good));
    let engine = Engine::with(|config| {
        config.ca_pem = Some(server.ca_pem().to_owned());
        config.pins = vec![("localhost".into(), "A".repeat(43) + "=")];
    });
    let to = escaped(&server.url_on("localhost", "/bytes/5"));
    engine.download(&plain.url(&format!("/redirect/302?to={to}"))).run().network_error("public key");
    assert!(server.requests().is_empty());
}

#[test]
fn a_pin_does_not_make_up_for_a_bad_certificate() {
    let server = Server::start_tls(TlsKind::UnknownCa);
    let engine = Engine::with(|config| {
        config.ca_pem = Some(server.ca_pem().to_owned());
        config.pins = vec![("localhost".into(), server.spki_sha256_base64().to_owned())];
    });
    refused(&server, &engine, &server.url_on("localhost", "/echo"), "unable to get local issuer certificate");
}

#[test]
fn http2_is_used_when_it_is_asked_for_and_there() {
    let folder = Folder::new();
    let file = folder.file("u", pattern_bytes(500_000));
    let (h2, h1) = (Server::start_http2(), Server::start_tls(TlsKind::Good));
    for (server, asked, protocol) in [
        (&h2, true, FERRY_PROTOCOL_H2),
        (&h2, false, FERRY_PROTOCOL_HTTP1_1),
        (&h1, true, FERRY_PROTOCOL_HTTP1_1),
        (&h1, false, FERRY_PROTOCOL_HTTP1_1),
    ] {
        let engine = trusting(server);
        let (url, body) = (server.url("/upload"), server.url("/bytes/300k"));
        let (upload, download) = (engine.upload(&url, &file), engine.download(&body));
        let (upload, download) = if asked { (upload.http2(), download.http2()) } else { (upload, download) };
        let outcome = upload.run();
        assert_eq!(outcome.ok(200).json()["file"]["sha256"], ferry_test_support::pattern_sha256(500_000));
        assert_eq!(outcome.profile.unwrap().protocol, protocol);
        let outcome = download.run();
        assert_eq!(outcome.profile.unwrap().protocol, protocol);
        assert_eq!(outcome.ok(200).downloaded(), pattern_bytes(300 << 10));
    }
    // Over plain http there is no ALPN, and nothing is guessed.
    let plain = Server::plain();
    let outcome = Engine::new().download(&plain.url("/bytes/5")).http2().quic().run();
    assert_eq!(outcome.profile.unwrap().protocol, FERRY_PROTOCOL_HTTP1_1);
    outcome.ok(200).downloaded();
}

#[test]
fn trouble_on_http2() {
    let server = Server::start_http2();
    let (engine, folder) = (trusting(&server), Folder::new());
    let file = folder.file("u", vec![1; 100_000]);
    let target = folder.path("d");
    engine.download(&server.url("/reset-after/100/of/1000")).http2().to(&target).run().network_error("(92)");
    engine.upload(&server.url("/never"), &file).http2().timeout(100).run().failed(5, "timeout");
    let task = engine.download(&server.url("/stall-after/100/of/1000")).http2().to(&target).start();
    task.wait("progress");
    task.abort();
    task.wait_end().failed(603105, "abort");
    for code in [302, 307] {
        let outcome = engine.upload(&server.url(&format!("/redirect/{code}?to=/echo")), &file).http2().run();
        let method = if code == 307 { "POST" } else { "GET" };
        assert_eq!(outcome.ok(200).json()["method"], method);
    }
    assert_eq!(folder.list(), ["u"]);
}
