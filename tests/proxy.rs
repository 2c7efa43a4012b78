//! Through a proxy: plain requests in absolute form, TLS through a tunnel, and nothing said to the proxy that is the
//! server's to hear.

mod common;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use common::*;

/// A small forward proxy that remembers the heads it was sent.
struct Proxy {
    address: String,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    fn start() -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let heads = Arc::new(Mutex::new(Vec::new()));
        let seen = heads.clone();
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let seen = seen.clone();
                thread::spawn(move || serve(client, &seen));
            }
        });
        Proxy { address, heads }
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

fn serve(client: TcpStream, seen: &Mutex<Vec<String>>) -> Option<()> {
    let mut reader = BufReader::new(client.try_clone().ok()?);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        (reader.read_line(&mut head).ok()? > 0).then_some(())?;
    }
    seen.lock().unwrap().push(head.clone());
    let target = head.split(' ').nth(1)?.to_owned();
    let mut client_writer = client;
    let server = if head.starts_with("CONNECT ") {
        let server = TcpStream::connect(&target).ok()?;
        client_writer.write_all(b"HTTP/1.1 200 Connection established\r\nX-Of-The-Proxy: 1\r\n\r\n").ok()?;
        server
    } else {
        let (host, path) = target.strip_prefix("http://")?.split_once('/')?;
        let mut server = TcpStream::connect(host).ok()?;
        // One request a connection is enough here.
        let head = head.replacen(&target, &format!("/{path}"), 1).replacen("\r\n", "\r\nConnection: close\r\n", 1);
        server.write_all(head.as_bytes()).ok()?;
        server
    };
    let (mut up, mut down) = (server.try_clone().ok()?, server);
    let pump = thread::spawn(move || {
        let _ = copy(&mut reader, &mut up);
        let _ = up.shutdown(Shutdown::Write);
    });
    let _ = copy(&mut down, &mut client_writer);
    let _ = client_writer.shutdown(Shutdown::Both);
    pump.join().ok()
}

fn copy(from: &mut impl Read, to: &mut impl Write) -> std::io::Result<()> {
    let mut buffer = [0; 16384];
    loop {
        let count = from.read(&mut buffer)?;
        if count == 0 {
            return Ok(());
        }
        to.write_all(&buffer[..count])?;
    }
}

#[test]
fn plain_requests_go_to_the_proxy_in_absolute_form() {
    let (server, proxy, folder) = (Server::plain(), Proxy::start(), Folder::new());
    let engine = Engine::with(|config| config.proxy = Some(proxy.url()));
    let outcome = engine.download(&server.url("/bytes/5000")).header("Authorization", "secret").run();
    assert_eq!(outcome.ok(200).downloaded(), pattern_bytes(5000));
    let path = folder.file("u", pattern_bytes(100_000));
    let json = engine.upload(&server.url("/upload"), &path).run().ok(200).json();
    assert_eq!(json["file"]["sha256"], ferry_test_support::pattern_sha256(100_000));
    let heads = proxy.heads();
    assert!(heads[0].starts_with(&format!("GET {} HTTP/1.1\r\n", server.url("/bytes/5000"))), "{heads:?}");
    assert_eq!(server.last_request("/bytes/5000").header("Authorization"), Some("secret"));
}

#[test]
fn tls_goes_through_a_tunnel_and_the_proxy_hears_nothing_of_the_request() {
    let (server, proxy) = (Server::start_tls(TlsKind::Good), Proxy::start());
    let engine = Engine::with(|config| {
        config.proxy = Some(proxy.url());
        config.ca_pem = Some(server.ca_pem().to_owned());
    });
    let url = server.url_on("localhost", "/bytes/5000");
    let task = engine.download(&url).header("Authorization", "secret").header("X-Mine", "1").start();
    let outcome = task.wait_end();
    assert_eq!(outcome.ok(200).downloaded(), pattern_bytes(5000));
    assert!(outcome.headers.get("X-Of-The-Proxy").is_none(), "the proxy's headers are not the server's");
    assert_eq!(task.recorder.count("headers"), 1);
    let heads = proxy.heads();
    assert!(heads.len() == 1 && heads[0].starts_with("CONNECT localhost:"), "{heads:?}");
    assert!(!heads[0].contains("secret") && !heads[0].contains("X-Mine") && !heads[0].contains("/bytes"), "{heads:?}");
    assert_eq!(server.last_request("/bytes/5000").header("Authorization"), Some("secret"));
}

#[test]
fn a_name_in_the_url_that_is_a_refused_address_is_refused_behind_a_proxy_too() {
    let (server, proxy) = (Server::plain(), Proxy::start());
    let engine = Engine::with(|config| {
        config.proxy = Some(proxy.url());
        config.refuse_addresses = FERRY_REFUSE_LOOPBACK;
    });
    for host in ["127.0.0.1", "localhost", "2130706433"] {
        engine.download(&server.url_on(host, "/bytes/1")).run().failed(600002, "url not in domain list");
    }
    assert!(proxy.heads().is_empty());
}

#[test]
fn a_proxy_that_is_not_there_is_a_network_error() {
    let engine = Engine::with(|config| config.proxy = Some("http://127.0.0.1:1".into()));
    engine.download("http://example.com/").run().network_error("connect");
}
