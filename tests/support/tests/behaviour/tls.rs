//! TLS of each kind, seen by rustls, and HTTP/2 seen frame by frame.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use crate::common::*;
use ferry_test_support::*;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

type Stream = StreamOwned<ClientConnection, TcpStream>;

/// Connects and shakes hands, or tells why not.
fn shake(server: &Server, protocols: &[&str]) -> Result<Stream, String> {
    let mut roots = RootCertStore::empty();
    let ca = CertificateDer::from_pem_slice(server.ca_pem().as_bytes()).unwrap();
    roots.add(ca).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|p| p.as_bytes().to_vec()).collect();
    let name = ServerName::try_from("localhost").unwrap();
    let session = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut stream = StreamOwned::new(session, connect(server));
    while stream.conn.is_handshaking() {
        stream.conn.complete_io(&mut stream.sock).map_err(|error| error.to_string())?;
    }
    Ok(stream)
}

#[test]
fn good_kinds_serve() {
    for kind in [TlsKind::Good, TlsKind::Tls12Only, TlsKind::Tls13Only] {
        let server = Server::start_tls(kind);
        let mut stream = shake(&server, &[]).unwrap();
        send(&mut stream, "/bytes/2m", "Connection: close\r\n");
        let response = read_response(&mut stream);
        assert_eq!(sha256_hex(&response.body), pattern_sha256(2 << 20), "{kind:?}");
        let body = form(&pattern_bytes(1_000_000));
        let mut stream = shake(&server, &[]).unwrap();
        post_head(&mut stream, "/upload", MULTIPART, body.len());
        stream.write_all(&body).unwrap();
        assert_eq!(read_response(&mut stream).json()["file"]["length"], 1_000_000);
        assert_eq!(server.spki_sha256_base64().len(), 44);
        assert!(server.url("/x").starts_with("https://127.0.0.1:"));
    }
}

#[test]
fn bad_kinds_are_refused() {
    for (kind, why) in [
        (TlsKind::Expired, "expired"),
        (TlsKind::NotYetValid, "not valid yet"),
        (TlsKind::WrongHost, "not valid for name"),
        (TlsKind::SelfSigned, "UnknownIssuer"),
        (TlsKind::UnknownCa, "UnknownIssuer"),
        (TlsKind::RefusesVersion, "ProtocolVersion"),
        (TlsKind::Tls11, "ServerDoesNotSupportTls12Or13"),
    ] {
        let server = Server::start_tls(kind);
        let error = shake(&server, &[]).expect_err("a refusal");
        assert!(error.contains(why), "{kind:?}: {error}");
        server.wait_for(|state| state.connections_open == 0);
    }
}

#[test]
fn a_silent_server_ends_when_dropped() {
    let server = Server::start_tls(TlsKind::Silent);
    let mut stream = connect(&server);
    stream.write_all(&[22, 3, 1, 0, 1, 1]).unwrap();
    server.wait_for(|state| state.connections_open == 1);
    drop(server);
    assert_eq!(stream.read(&mut [0]).unwrap_or(0), 0);
}

fn frame(kind: u8, flags: u8, stream: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = (payload.len() as u32).to_be_bytes()[1..].to_vec();
    frame.extend([kind, flags, 0, 0, 0, stream]);
    frame.extend(payload);
    frame
}

/// GET on stream 1 in HPACK's plainest words.
fn http2_get(stream: &mut Stream, path: &str) {
    let mut words = vec![0x82, 0x87, 0x04, path.len() as u8];
    words.extend(path.bytes());
    words.extend([0x01, 1, b'h']);
    let mut out = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    out.extend(frame(4, 0, 0, &[]));
    out.extend(frame(1, 5, 1, &words));
    stream.write_all(&out).unwrap();
}

fn read_frame(stream: &mut Stream) -> (u8, u8, Vec<u8>) {
    let mut head = [0; 9];
    stream.read_exact(&mut head).unwrap();
    let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
    let mut payload = vec![0; length as usize];
    stream.read_exact(&mut payload).unwrap();
    (head[3], head[4], payload)
}

#[test]
fn http2_serves_the_pattern() {
    let server = Server::start_http2();
    let mut stream = shake(&server, &["h2", "http/1.1"]).unwrap();
    assert_eq!(stream.conn.alpn_protocol(), Some(&b"h2"[..]));
    http2_get(&mut stream, "/bytes/50000");
    let mut body = Vec::new();
    loop {
        let (kind, flags, payload) = read_frame(&mut stream);
        if kind == 0 {
            body.extend(payload);
            if flags & 1 == 1 {
                break;
            }
        }
    }
    assert_eq!(body, pattern_bytes(50_000));
    server.wait_for(|state| state.requests_answered == 1);
    assert_eq!(server.last_request("/bytes/50000").version, "HTTP/2");
}

#[test]
fn http2_resets_and_leaves_are_told() {
    const RST_STREAM: u8 = 3;
    let server = Server::start_http2();
    let mut stream = shake(&server, &["h2"]).unwrap();
    http2_get(&mut stream, "/drop-after/10/of/100");
    let mut body = 0;
    loop {
        match read_frame(&mut stream) {
            (0, _, payload) => body += payload.len(),
            (RST_STREAM, ..) => break,
            _ => {}
        }
    }
    assert_eq!(body, 10);

    let mut stream = shake(&server, &["h2"]).unwrap();
    http2_get(&mut stream, "/gate/held");
    server.wait_for(|state| state.waiting_at("held") == 1);
    drop(stream);
    server.wait_for(|state| state.waiting_at("held") == 0 && state.requests_lost == 1);

    // A held stream does not keep the server from ending.
    let mut stream = shake(&server, &["h2"]).unwrap();
    http2_get(&mut stream, "/never");
    server.wait_for(|state| state.waiting_at("never") == 1);
    drop(server);
}

#[test]
fn http1_on_an_http2_server_has_all_routes() {
    let server = Server::start_http2();
    let mut stream = shake(&server, &["http/1.1"]).unwrap();
    send(&mut stream, "/chunked/300k", "");
    assert_eq!(read_response(&mut stream).body, pattern_bytes(300 << 10));
    assert_eq!(server.last_request("/chunked/300k").version, "HTTP/1.1");
}
