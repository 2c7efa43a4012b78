//! A client of bare sockets: the tests of the server must not lean on a client library.

use std::io::{Read, Write};
use std::net::TcpStream;

use ferry_test_support::Server;
use serde_json::Value;

pub fn connect(server: &Server) -> TcpStream {
    TcpStream::connect(("127.0.0.1", server.port())).unwrap()
}

pub struct Response {
    pub head: String,
    pub body: Vec<u8>,
}

impl Response {
    pub fn status(&self) -> u16 {
        self.head[9..12].parse().unwrap()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.split("\r\n").skip(1).find_map(|line| {
            let (n, value) = line.split_once(':')?;
            n.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

pub fn read_head(stream: &mut impl Read) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    String::from_utf8_lossy(&head).into_owned()
}

/// Reads a response by its framing.
pub fn read_response(stream: &mut impl Read) -> Response {
    let mut response = Response { head: read_head(stream), body: Vec::new() };
    if let Some(length) = response.header("content-length") {
        response.body = vec![0; length.parse().unwrap()];
        stream.read_exact(&mut response.body).unwrap();
    } else if response.header("transfer-encoding").is_some() {
        response.body = read_chunks(stream);
    } else {
        stream.read_to_end(&mut response.body).unwrap();
    }
    response
}

fn read_chunks(stream: &mut impl Read) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let mut line = Vec::new();
        let mut byte = [0];
        while !line.ends_with(b"\r\n") {
            stream.read_exact(&mut byte).unwrap();
            line.push(byte[0]);
        }
        let size = String::from_utf8(line).unwrap();
        let size = usize::from_str_radix(size.trim_end(), 16).unwrap();
        let mut chunk = vec![0; size + 2];
        stream.read_exact(&mut chunk).unwrap();
        if size == 0 {
            return body;
        }
        body.extend_from_slice(&chunk[..size]);
    }
}

pub fn send(stream: &mut impl Write, target: &str, headers: &str) {
    write!(stream, "GET {target} HTTP/1.1\r\nHost: test\r\n{headers}\r\n").unwrap();
}

/// A GET on a connection of its own.
pub fn get(server: &Server, target: &str) -> Response {
    get_with(server, target, "")
}

pub fn get_with(server: &Server, target: &str, headers: &str) -> Response {
    let mut stream = connect(server);
    send(&mut stream, target, headers);
    read_response(&mut stream)
}

pub fn post_head(stream: &mut impl Write, target: &str, kind: &str, length: usize) {
    write!(stream, "POST {target} HTTP/1.1\r\nHost: test\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n")
        .unwrap();
}

pub const MULTIPART: &str = "multipart/form-data; boundary=XyZ";

/// A form of two fields and a file.
pub fn form(file: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in [("key", "文"), ("empty", "")] {
        let head = format!("--XyZ\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(value.as_bytes());
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(
        "--XyZ\r\nContent-Disposition: form-data; name=\"file\"; filename=\"图 %22.png\"\r\n\
         Content-Type: image/png\r\n\r\n"
            .as_bytes(),
    );
    body.extend_from_slice(file);
    body.extend_from_slice(b"\r\n--XyZ--\r\n");
    body
}
