//! What an upload sends, as a server of ours and one that is not ours parse it, and what comes back.

mod common;

use common::*;
use ferry_test_support::sha256_hex;

/// URLs of `/upload` on our server and, where there is Python, on its standard library's.
fn judges() -> (Server, Option<PythonJudge>, Vec<String>) {
    let (server, python) = (Server::plain(), PythonJudge::start());
    let mut urls = vec![server.url("/upload")];
    match &python {
        Some(python) => urls.push(python.url("/upload")),
        None => eprintln!("no python3: one judge only"),
    }
    (server, python, urls)
}

fn header(json: &Json, name: &str) -> Vec<String> {
    let headers = json["headers"].as_array().unwrap().iter();
    headers
        .filter(|pair| pair[0].as_str().unwrap().eq_ignore_ascii_case(name))
        .map(|pair| pair[1].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn fields_come_first_in_order_and_the_file_last() {
    let (_server, _python, urls) = judges();
    let (engine, folder) = (Engine::new(), Folder::new());
    let content = pattern_bytes(300_000);
    let path = folder.file("照片 1.jpg", &content);
    for url in urls {
        let outcome = engine
            .upload(&url, &path)
            .name("图")
            .field("b", "2")
            .field("a", "")
            .field("b", "again")
            .null_field("null")
            .field("文字", "值\r\n两行 \"引号\"")
            .field("line\r\nbreak\"", "x")
            .run();
        let json = outcome.ok(200).json();
        let field = |name: &str, value: &str| serde_json::json!({"name": name, "value": value});
        let fields = vec![
            field("b", "2"),
            field("a", ""),
            field("b", "again"),
            field("null", ""),
            field("文字", "值\r\n两行 \"引号\""),
            field("line%0D%0Abreak%22", "x"),
        ];
        assert_eq!(json["fields"], Json::Array(fields), "{url}");
        assert_eq!(json["parts"].as_array().unwrap().last().unwrap(), "图", "the file is last: {url}");
        assert_eq!(json["parts"].as_array().unwrap().len(), 7);
        assert_eq!(json["files"].as_array().unwrap().len(), 1);
        let file = &json["file"];
        assert_eq!(file["filename"], "照片 1.jpg");
        assert_eq!(file["contentType"], "image/jpeg");
        assert_eq!(file["length"], content.len());
        assert_eq!(file["sha256"], sha256_hex(&content));
        assert_eq!(json["method"], "POST");
        assert_eq!(header(&json, "content-length"), [json["bodyLength"].to_string()], "exact, and once");
        assert!(header(&json, "transfer-encoding").is_empty() && header(&json, "expect").is_empty());
        assert!(json["defects"].as_array().is_none_or(Vec::is_empty), "{}", json["defects"]);
    }
}

#[test]
fn the_filename_is_the_basename_escaped_as_browsers_do() {
    let (_server, _python, urls) = judges();
    let (engine, folder) = (Engine::new(), Folder::new());
    let table = [
        ("plain.txt", "plain.txt", "text/plain"),
        ("quo\"te.png", "quo%22te.png", "image/png"),
        ("new\nline.gif", "new%0Aline.gif", "image/gif"),
        ("re\rturn.mp4", "re%0Dturn.mp4", "video/mp4"),
        ("semi;colon=.pdf", "semi;colon=.pdf", "application/pdf"),
        ("百%22分.webp", "百%22分.webp", "image/webp"),
        ("UPPER.JPG", "UPPER.JPG", "image/jpeg"),
        ("no extension", "no extension", "application/octet-stream"),
        ("what.is-this-extension", "what.is-this-extension", "application/octet-stream"),
        (".hidden", ".hidden", "application/octet-stream"),
    ];
    for (name, sent, content_type) in table {
        let path = folder.file(name, name);
        for url in &urls {
            let json = engine.upload(url, &path).run().ok(200).json();
            assert_eq!(json["file"]["filename"], sent, "{url}");
            assert_eq!(json["file"]["contentType"], content_type, "{name}");
            assert_eq!(json["file"]["sha256"], sha256_hex(name.as_bytes()));
        }
    }
}

#[test]
fn values_are_bytes_and_an_empty_file_is_a_file() {
    let server = Server::plain();
    let (engine, folder) = (Engine::new(), Folder::new());
    let path = folder.file("empty", "");
    let outcome =
        engine.upload(&server.url("/upload"), &path).bytes_field("nul", b"a\0b\0").bytes_field("cut", b"ab").run();
    let json = outcome.ok(200).json();
    assert_eq!(json["fields"][0]["value"], "a\0b\0");
    assert_eq!(json["fields"][1]["value"], "ab");
    assert_eq!(json["file"]["length"], 0);
    assert_eq!(json["contentLength"], json["bodyLength"]);
}

#[test]
fn the_callers_framing_headers_are_dropped() {
    let server = Server::plain();
    let (engine, folder) = (Engine::new(), Folder::new());
    let path = folder.file("a.bin", "hello");
    for spelling in [str::to_owned as fn(&str) -> String, str::to_uppercase, str::to_lowercase] {
        let outcome = engine
            .upload(&server.url("/upload"), &path)
            .header(&spelling("Content-Type"), "image/jpeg")
            .header(&spelling("Content-Length"), "3")
            .header(&spelling("Transfer-Encoding"), "chunked")
            .header(&spelling("Host"), "evil.example")
            .header(&spelling("Connection"), "close")
            .header(&spelling("Referer"), "https://evil.example/")
            .header(&spelling("Expect"), "100-continue")
            .header("X-Kept", "yes")
            .run();
        let json = outcome.ok(200).json();
        assert_eq!(json["file"]["length"], 5);
        assert!(header(&json, "content-type")[0].starts_with("multipart/form-data; boundary="));
        assert_eq!(header(&json, "content-type").len(), 1);
        assert_eq!(header(&json, "content-length"), [json["bodyLength"].to_string()]);
        assert_eq!(header(&json, "host"), [format!("127.0.0.1:{}", server.port())]);
        for gone in ["transfer-encoding", "connection", "referer", "expect"] {
            assert!(header(&json, gone).is_empty(), "{gone}");
        }
        assert_eq!(header(&json, "x-kept"), ["yes"]);
    }
}

#[test]
fn data_is_text_and_body_is_bytes() {
    let server = Server::plain();
    let (engine, folder) = (Engine::new(), Folder::new());
    let path = folder.file("a", "a");
    let table: [(&[u8], &str); 8] = [
        (b"", ""),
        (b"plain", "plain"),
        ("\u{feff}marked".as_bytes(), "marked"),
        ("\u{feff}\u{feff}twice".as_bytes(), "\u{feff}twice"),
        ("中文".as_bytes(), "中文"),
        (b"bad \xff\xfe end", "bad \u{fffd}\u{fffd} end"),
        (b"\xef\xbb\xbfbad \xff", "bad \u{fffd}"),
        (b"a\0b", "a\0b"),
    ];
    for (body, data) in table {
        let coded = base64(body);
        let outcome = engine.upload(&server.url(&format!("/say?b64={}", escaped(&coded))), &path).run();
        outcome.ok(200);
        assert_eq!(outcome.body, body);
        assert_eq!(outcome.data, data);
        assert_eq!(outcome.data_length, body.len() as u64);
        assert!(outcome.file_path.is_none() && outcome.temp_file_path.is_none());
    }
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let bits = group.iter().fold(0u32, |bits, &b| bits << 8 | u32::from(b)) << (8 * (3 - group.len()));
        for digit in 0..4 {
            let at = (bits >> (18 - 6 * digit)) & 63;
            text.push(if digit <= group.len() { DIGITS[at as usize] as char } else { '=' });
        }
    }
    text
}

#[test]
fn any_status_is_a_success() {
    let server = Server::plain();
    let (engine, folder) = (Engine::new(), Folder::new());
    let path = folder.file("a", "a");
    for status in [200, 201, 204, 304, 400, 401, 403, 404, 413, 500, 503] {
        let outcome = engine.upload(&server.url(&format!("/status/{status}")), &path).run();
        outcome.ok(status);
        assert_eq!(outcome.body.is_empty(), matches!(status, 204 | 304), "{status}");
    }
}

#[test]
fn the_response_body_is_bounded() {
    let server = Server::plain();
    let folder = Folder::new();
    let path = folder.file("a", "a");
    let engine = Engine::with(|config| config.max_response_body = 1000);
    let full = engine.upload(&server.url("/bytes/1000"), &path).run();
    assert_eq!(full.ok(200).body, pattern_bytes(1000));
    for route in ["/bytes/1001", "/chunked/1001", "/close/1001", "/endless-body"] {
        let outcome = engine.upload(&server.url(route), &path).run();
        outcome.failed(600001, "network error: response body exceeds 1000 bytes");
        assert_eq!(outcome.status, 200, "the headers had come");
    }
}

#[test]
fn an_answer_that_comes_early_ends_the_upload() {
    // Small buffers: the server has not taken the body when it answers.
    let server = Server::start(ferry_test_support::Config {
        receive_buffer: Some(16 << 10),
        ..ferry_test_support::Config::default()
    });
    let (engine, folder) = (Engine::new(), Folder::new());
    let path = folder.file("large", vec![7; 8 << 20]);
    let outcome = engine.upload(&server.url("/early-response/413/100k"), &path).run();
    outcome.ok(413);
    assert_eq!(outcome.data, "that is enough");
    assert!(server.last_request("/early-response/413/100k").body_length < 8 << 20);
}

#[test]
fn a_server_that_goes_away_in_the_middle_is_a_network_error() {
    let server = Server::plain();
    let (engine, folder) = (Engine::new(), Folder::new());
    let path = folder.file("large", vec![7; 8 << 20]);
    engine.upload(&server.url("/reset-upload/100k"), &path).run().network_error("");
    engine.upload(&server.url("/garbage?kind=nothing"), &path).run().network_error("empty reply");
    engine.upload(&server.url("/drop-after/10/of/100"), &path).run().network_error("90 bytes remaining");
}

/// Uploads a file to a server that stops reading, changes the file meanwhile, and lets the server go on.
/// The result, and how much of the body arrived.
fn changed_while_sent(size: u64, change: impl FnOnce(&std::fs::File)) -> (Outcome, u64) {
    let server = Server::start(ferry_test_support::Config {
        receive_buffer: Some(16 << 10),
        ..ferry_test_support::Config::default()
    });
    let (engine, folder) = (Engine::new(), Folder::new());
    let path = folder.file("large", "");
    let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(size).unwrap();
    let task = engine.upload(&server.url("/stop-reading/64k"), &path).start();
    server.wait_for(|state| state.waiting_at("stop-reading") == 1);
    change(&file);
    server.open_gate("stop-reading");
    let outcome = task.wait_end();
    (outcome, server.last_request("/stop-reading/64k").body_length)
}

#[test]
fn a_file_that_shrinks_while_it_is_sent_is_a_read_error() {
    let (outcome, _) = changed_while_sent(24 << 20, |file| file.set_len(1000).unwrap());
    outcome.failed(1300005, "file read error");
}

#[test]
fn a_file_that_grows_while_it_is_sent_goes_as_it_was() {
    let (outcome, arrived) = changed_while_sent(24 << 20, |file| file.set_len(30 << 20).unwrap());
    outcome.ok(200);
    assert!((24 << 20..(24 << 20) + 1000).contains(&arrived), "{arrived}");
}

#[test]
fn a_stale_connection_is_not_told() {
    let server = Server::plain();
    let (engine, folder) = (Engine::new(), Folder::new());
    let content = pattern_bytes(100_000);
    let path = folder.file("a", &content);
    for _ in 0..5 {
        engine.upload(&server.url("/keepalive-then-close"), &path).run().ok(200);
        let json = engine.upload(&server.url("/upload"), &path).run().ok(200).json();
        assert_eq!(json["file"]["sha256"], sha256_hex(&content), "sent again whole");
    }
    assert!(server.state(|state| state.connections_accepted) >= 5);
}

#[test]
fn many_bytes_arrive_as_they_are() {
    let server = Server::plain();
    let (engine, folder) = (Engine::new(), Folder::new());
    for size in [1, 16_383, 16_384, 65_536, 524_287, 524_288, 524_289, 5_000_000] {
        let path = folder.file("a", pattern_bytes(size));
        let json = engine.upload(&server.url("/upload"), &path).run().ok(200).json();
        assert_eq!(json["file"]["sha256"], ferry_test_support::pattern_sha256(size as u64), "{size}");
    }
}

#[test]
fn urls_may_have_spaces_and_other_scripts() {
    let server = Server::plain();
    let (engine, folder) = (Engine::new(), Folder::new());
    let path = folder.file("a", "a");
    let outcome = engine.upload(&server.url("/upload?name=中 文#fragment"), &path).run();
    assert_eq!(outcome.ok(200).json()["target"], "/upload?name=%E4%B8%AD%20%E6%96%87");
    engine.upload(&server.url("/文 件/%E4"), &path).run();
    assert_eq!(server.requests().last().unwrap().target, "/%E6%96%87%20%E4%BB%B6/%E4");
}
