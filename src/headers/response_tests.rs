use super::*;
use proptest::prelude::*;

fn feed(headers: &mut ResponseHeaders, text: &[u8]) -> Vec<bool> {
    text.split_inclusive(|&b| b == b'\n').map(|line| headers.line(line).unwrap()).collect()
}

fn parsed(text: &[u8]) -> ResponseHeaders {
    let mut headers = ResponseHeaders::new();
    feed(&mut headers, text);
    headers
}

fn listed(headers: &ResponseHeaders) -> Vec<(&str, &str)> {
    headers.iter().collect()
}

#[test]
fn a_plain_response() {
    let mut headers = ResponseHeaders::new();
    assert_eq!(headers.status(), 0);
    let ended = feed(&mut headers, b"HTTP/1.1 404 Not Found\r\nServer: x\r\nX-Empty:\r\nx-b:  two words \t\r\n\r\n");
    assert_eq!(ended, [false, false, false, false, true]);
    assert_eq!(headers.status(), 404);
    let expected = [("Server", "x"), ("X-Empty", ""), ("x-b", "two words")];
    assert_eq!(listed(&headers), expected);
}

#[test]
fn status_lines() {
    for (line, status) in [
        ("HTTP/1.0 200 OK", 200),
        ("HTTP/1.1 503", 503),
        ("HTTP/2 204 ", 204),
        ("HTTP/3 200", 200),
        ("HTTP/1.1 2000 x", 0),
        ("HTTP/1.1 20x y", 0),
        ("HTTP/1.1", 0),
        ("HTTPS/1.1 200 OK", 0),
        ("", 0),
    ] {
        assert_eq!(parsed(line.as_bytes()).status(), status, "{line}");
    }
}

#[test]
fn informational_blocks_are_dropped() {
    let mut headers = ResponseHeaders::new();
    let ended = feed(&mut headers, b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n");
    assert!(!ended.contains(&true));
    assert_eq!((headers.status(), listed(&headers)), (0, vec![]));
    feed(&mut headers, b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n");
    assert_eq!((headers.status(), listed(&headers)), (200, vec![("A", "b")]));
}

#[test]
fn trailers_are_not_headers() {
    let mut headers = parsed(b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n");
    let trailer = b"A: trailer\r\nHTTP/1.1 302 x: y\r\nLocation: /evil\r\n\r\n";
    assert!(!feed(&mut headers, trailer).contains(&true));
    assert_eq!((headers.status(), listed(&headers)), (200, vec![("A", "b")]));
}

#[test]
fn answers_to_connect_are_replaced_until_the_body_begins() {
    let mut headers = ResponseHeaders::through_proxy();
    feed(&mut headers, b"HTTP/1.1 407 Auth\r\nP: 1\r\n\r\nHTTP/1.1 200 Connection established\r\nP: 2\r\n\r\n");
    feed(&mut headers, b"HTTP/1.1 201 Created\r\nA: b\r\n\r\n");
    assert_eq!((headers.status(), listed(&headers)), (201, vec![("A", "b")]));
    headers.end();
    feed(&mut headers, b"HTTP/1.1 302 x\r\nLocation: /evil\r\n\r\n");
    assert_eq!((headers.status(), listed(&headers)), (201, vec![("A", "b")]));
}

#[test]
fn folded_values_are_joined_with_a_space() {
    let headers = parsed(b"HTTP/1.1 200 OK\r\n lost\r\nA: one\r\n  two\r\n\tthree\r\n \r\nB:\r\n x\r\nC: d\r\n\r\n");
    let expected = [("A", "one two three"), ("B", "x"), ("C", "d")];
    assert_eq!(listed(&headers), expected);
}

#[test]
fn repeated_headers_are_kept_and_joined_with_a_comma() {
    let headers =
        parsed(b"HTTP/1.1 200 OK\r\nX-A: 1\r\nSet-Cookie: a=1, b\r\nx-a: 2\r\nset-cookie: c=2\r\nX-A:\r\n\r\n");
    assert_eq!(headers.iter().count(), 5);
    assert_eq!(headers.get_joined("x-A").as_deref(), Some("1,2,"));
    assert_eq!(headers.get_joined("x"), None);
    let expected = [("X-A", "1,2,".to_string()), ("Set-Cookie", "a=1, b,c=2".to_string())];
    assert_eq!(headers.joined(), expected);
    assert_eq!(headers.cookies(), ["a=1, b", "c=2"]);
}

#[test]
fn bytes_that_are_not_utf8_are_latin1() {
    let headers = parsed(b"HTTP/1.1 200 OK\r\nN\xe9: caf\xe9\r\nU: caf\xc3\xa9\r\nF: \xc3\xa9\r\n \xe9\r\n\r\n");
    let expected = [("Né", "café"), ("U", "café"), ("F", "é é")];
    assert_eq!(listed(&headers), expected);
}

#[test]
fn location_has_the_servers_bytes() {
    let location = |value: &[u8]| {
        let line = [b"HTTP/1.1 302 x\r\nLocation: ", value, b"\r\nLocation: /2\r\n\r\n"].concat();
        parsed(&line).location().map(|bytes| bytes.into_owned())
    };
    assert_eq!(location(b"/a").unwrap(), b"/a");
    assert_eq!(location(b"/caf\xe9").unwrap(), b"/caf\xe9");
    assert_eq!(location("/é文".as_bytes()).unwrap(), "/é文".as_bytes());
    assert_eq!(location(b""), None);
    assert_eq!(parsed(b"HTTP/1.1 302 x\r\n\r\n").location(), None);
}

#[test]
fn content_type_and_length() {
    let with = |lines: &str| parsed(format!("HTTP/1.1 200 OK\r\n{lines}\r\n\r\n").as_bytes());
    let headers = with("content-type: a/b; c=d\r\ncontent-length: 12");
    assert_eq!(headers.content_type(), Some("a/b; c=d"));
    for (lines, length) in [
        ("Content-Length: 12", Some(12)),
        ("Content-Length: 12\r\nContent-Length: 012", Some(12)),
        ("Content-Length: 12\r\nContent-Length: 13", None),
        ("Content-Length: 12\r\nContent-Length: x", None),
        ("Content-Length: +12", None),
        ("Content-Length: -1", None),
        ("Content-Length: 1,2", None),
        ("Content-Length:", None),
        ("Content-Length: 99999999999999999999", Some(u64::MAX)),
        ("X: 1", None),
    ] {
        assert_eq!(with(lines).content_length(), length, "{lines}");
    }
}

#[test]
fn lines_that_are_no_headers_are_passed_over() {
    let headers = parsed(b"X: early\r\nHTTP/1.1 200 OK\r\nno colon\r\n: no name\r\nA : b\n\n");
    assert_eq!(listed(&headers), [("A", "b")]);
}

#[test]
fn endless_headers_are_an_error() {
    let mut many = parsed(b"HTTP/1.1 200 OK\r\n");
    let mut taken = 1;
    while many.line(b"A: b\r\n").is_ok() {
        taken += 1;
    }
    assert_eq!(taken, 1000);
    assert_eq!(many.line(b"\r\n"), Err(HeadersTooLarge));

    let mut large = parsed(b"HTTP/1.1 200 OK\r\n");
    let line = [b"A: ".as_slice(), &[0xe9; 65_533]].concat();
    let taken = (0..100).take_while(|_| large.line(&line).is_ok()).count();
    assert_eq!(taken, 7);

    let mut informational = ResponseHeaders::new();
    let endless = (0..10_000).map(|i| match i % 2 {
        0 => informational.line(b"HTTP/1.1 100 Continue\r\n"),
        _ => informational.line(b"\r\n"),
    });
    assert_eq!(endless.filter(|result| result.is_err()).count(), 9_000);
}

#[test]
fn a_result_is_small() {
    let mut headers = ResponseHeaders::new();
    feed(&mut headers, b"HTTP/1.1 200 OK\r\n");
    for i in 0..10 {
        feed(&mut headers, format!("Name-{i}: value {i}\r\n").as_bytes());
    }
    feed(&mut headers, b"\r\n");
    assert!(headers.held_bytes() <= 10 * (13 + 12));
}

proptest! {
    #[test]
    fn any_lines_are_taken(lines in prop::collection::vec(
        prop_oneof![
            prop::collection::vec(any::<u8>(), 0..40),
            Just(b"HTTP/1.1 200 OK\r\n".to_vec()),
            Just(b"HTTP/1.1 100 \r\n".to_vec()),
            Just(b"\r\n".to_vec()),
            Just(b" more\xff\r\n".to_vec()),
            Just(b"A: b\xff\r\n".to_vec()),
        ],
        0..60,
    ), proxy: bool) {
        let mut headers = match proxy {
            true => ResponseHeaders::through_proxy(),
            false => ResponseHeaders::new(),
        };
        for line in &lines {
            headers.line(line).unwrap();
        }
        let names = headers.iter().map(|(name, _)| name.to_ascii_lowercase());
        let names: std::collections::HashSet<_> = names.collect();
        let joined = headers.joined();
        prop_assert_eq!(joined.len(), names.len());
        for (name, value) in joined {
            prop_assert_eq!(headers.get_joined(name), Some(value));
        }
        headers.location();
        headers.content_length();
    }
}
