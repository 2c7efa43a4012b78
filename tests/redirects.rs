//! Redirects: what is sent again, to whom, and where it ends.

mod common;

use common::*;
use ferry_test_support::Recorded;

fn leads(server: &Server, code: u32, to: &str) -> String {
    server.url(&format!("/redirect/{code}?to={}", escaped(to)))
}

#[test]
fn a_download_stays_a_get() {
    let (engine, folder) = (Engine::new(), Folder::new());
    for code in [301, 302, 303, 307, 308] {
        // A new one each time: a server may learn late that its last answer has arrived, and only then forgets it.
        let server = Server::plain();
        let task = engine.download(&leads(&server, code, "/bytes/7")).to(&folder.path("a")).start();
        let outcome = task.wait_end();
        assert_eq!(outcome.ok(200).downloaded(), pattern_bytes(7));
        assert_eq!(outcome.effective_url, server.url("/bytes/7"));
        assert_eq!(task.recorder.count("headers"), 1, "only the final response's");
        let methods: Vec<_> = server.requests().into_iter().map(|request| request.method).collect();
        assert_eq!(methods, ["GET", "GET"]);
    }
}

#[test]
fn an_upload_becomes_a_get_or_is_sent_again_whole() {
    let server = Server::plain();
    let (engine, folder) = (Engine::new(), Folder::new());
    let path = folder.file("文.png", pattern_bytes(200_000));
    for code in [301, 302, 303, 307, 308] {
        server.forget_requests();
        let url = leads(&server, code, "/echo?x=1");
        let outcome = engine.upload(&url, &path).field("a", "b").header("X-Mine", "1").run();
        let json = outcome.ok(200).json();
        assert_eq!(outcome.effective_url, server.url("/echo?x=1"));
        let second = server.last_request("/echo");
        assert_eq!(second.header("X-Mine"), Some("1"));
        if code < 307 {
            assert_eq!((second.method.as_str(), second.body_length), ("GET", 0), "{code}");
            assert!(second.header("Content-Type").is_none() && second.header("Content-Length").is_none());
        } else {
            let first = server.last_request(&format!("/redirect/{code}"));
            assert_eq!(second.method, "POST");
            assert_eq!(json["file"]["sha256"], ferry_test_support::pattern_sha256(200_000));
            assert_eq!(json["fields"][0]["value"], "b");
            assert_eq!(second.header("Content-Type"), first.header("Content-Type"), "the same body");
            assert_eq!(second.header("Content-Length"), first.header("Content-Length"));
        }
    }
    // Once a GET, always a GET.
    let to = leads(&server, 307, "/echo");
    let outcome = engine.upload(&leads(&server, 303, &to), &path).run();
    assert_eq!(outcome.ok(200).json()["method"], "GET");
}

#[test]
fn an_upload_is_redirected_before_its_body_is_read() {
    let server = Server::start(ferry_test_support::Config {
        receive_buffer: Some(16 << 10),
        ..ferry_test_support::Config::default()
    });
    let (engine, folder) = (Engine::new(), Folder::new());
    let path = folder.file("large", vec![1; 6 << 20]);
    for (code, method) in [(303, "GET"), (307, "POST")] {
        for close in ["", "&close=1"] {
            let url = server.url(&format!("/redirect/{code}?to=/sink&drain=0{close}"));
            let task = engine.upload(&url, &path).start();
            let outcome = task.wait_end();
            let length = outcome.ok(200).json()["bodyLength"].as_u64().unwrap();
            assert_eq!(length > 6 << 20, method == "POST", "{code}{close}: {length}");
            assert_eq!(server.last_request("/sink").method, method);
        }
    }
}

#[test]
fn targets_are_resolved_as_browsers_do() {
    let server = Server::plain();
    let (engine, folder) = (Engine::new(), Folder::new());
    let port = server.port();
    let table = [
        ("/bytes/5".to_owned(), "/bytes/5"),
        ("../bytes/5".to_owned(), "/bytes/5"),
        ("./../bytes/6?x=1#f".to_owned(), "/bytes/6?x=1"),
        (format!("//127.0.0.1:{port}/bytes/7"), "/bytes/7"),
        (format!("http://127.0.0.1:{port}/bytes/8"), "/bytes/8"),
        (format!("HTTP://127.0.0.1:{port}/bytes/9"), "/bytes/9"),
        ("/say?body=中 文".to_owned(), "/say?body=%E4%B8%AD%20%E6%96%87"),
    ];
    for (location, target) in table {
        let outcome = engine.download(&leads(&server, 302, &location)).to(&folder.path("a")).run();
        outcome.ok(200);
        assert_eq!(server.requests().last().unwrap().target, target, "{location}");
    }
}

#[test]
fn a_redirect_without_a_target_is_the_end() {
    let server = Server::plain();
    let (engine, folder) = (Engine::new(), Folder::new());
    let upload = folder.file("u", "u");
    for code in [301, 302, 303, 307, 308] {
        let url = server.url(&format!("/redirect/{code}?nolocation=1&body=9"));
        let task = engine.download(&url).to(&folder.path("a")).start();
        assert_eq!(task.wait_end().ok(code).downloaded(), pattern_bytes(9));
        assert_eq!(task.recorder.count("headers"), 1);
        assert_eq!(engine.upload(&url, &upload).run().ok(code).body, pattern_bytes(9));
    }
    for code in [300, 304, 305, 306] {
        let url = leads(&server, code, "/bytes/5");
        engine.download(&url).to(&folder.path("a")).run().ok(code);
    }
}

#[test]
fn targets_that_are_no_http_url_are_refused() {
    let server = Server::plain();
    let (engine, folder) = (Engine::new(), Folder::new());
    let upload = folder.file("u", "u");
    for location in [
        "ftp://127.0.0.1/x",
        "file:///etc/passwd",
        "gopher://127.0.0.1:70/x",
        "dict://127.0.0.1/x",
        "javascript:alert(1)",
        "data:text/plain,x",
        "ws://127.0.0.1/",
        "http://",
        "http://[::1",
        "http://a b/",
        "http://127.0.0.1:99999/",
        "https://",
    ] {
        let url = leads(&server, 302, location);
        for outcome in [engine.download(&url).to(&folder.path("a")).run(), engine.upload(&url, &upload).run()] {
            let known = [(600002, "redirect url not in domain list"), (600009, "invalid URL")];
            assert!(known.contains(&(outcome.errno, outcome.words())), "{location}: {}", outcome.err_msg);
        }
    }
    assert_eq!(folder.list(), ["u"]);
}

#[test]
fn twenty_are_followed_and_one_more_is_not() {
    let server = Server::plain();
    let (engine, folder) = (Engine::new(), Folder::new());
    let upload = folder.file("u", "u");
    for code in [302, 307] {
        let chain = |n: u32| server.url(&format!("/redirect-chain/{n}?code={code}"));
        assert_eq!(engine.download(&chain(20)).run().ok(200).downloaded(), pattern_bytes(5));
        engine.upload(&chain(20), &upload).run().ok(200);
        server.forget_requests();
        engine.download(&chain(21)).run().failed(600008, "exceed max redirect count");
        assert_eq!(server.requests().len(), 21, "the last one is not followed");
        engine.upload(&chain(21), &upload).run().failed(600008, "exceed max redirect count");
        let looping = server.url(&format!("/redirect-loop?code={code}"));
        engine.download(&looping).run().failed(600008, "exceed max redirect count");
        engine.upload(&looping, &upload).run().failed(600008, "exceed max redirect count");
    }
}

/// What a server saw of the caller's credentials.
fn credentials(request: &Recorded) -> [bool; 3] {
    ["Authorization", "Cookie", "X-Token"].map(|name| request.header(name).is_some())
}

#[test]
fn credentials_stay_with_the_first_origin() {
    let (home, away) = (Server::plain(), Server::plain());
    let (engine, folder) = (Engine::new(), Folder::new());
    let upload = folder.file("u", "u");
    let back = home.url("/echo?back");
    let over = leads(&away, 307, &back);
    for (url, at_home) in [
        (leads(&home, 307, "/echo?back"), true),
        (leads(&home, 307, &over), false),
        (leads(&home, 307, &home.url_on("localhost", "/echo?back")), false),
    ] {
        for upload_too in [false, true] {
            if upload_too {
                let task = engine.upload(&url, &upload);
                let task = task.header("authorization", "Bearer x").header("COOKIE", "a=b").header("X-Token", "t");
                task.run().ok(200);
            } else {
                let task = engine.download(&url).to(&folder.path("a"));
                let task = task.header("authorization", "Bearer x").header("COOKIE", "a=b").header("X-Token", "t");
                task.run().ok(200);
            }
            assert_eq!(credentials(&home.last_request("/redirect/307")), [true; 3], "the caller's own origin");
            let end = home.last_request("/echo");
            assert_eq!(credentials(&end), [at_home, at_home, true], "{url}");
        }
    }
    assert!(away.requests().iter().all(|request| credentials(request) == [false, false, true]));
}

#[test]
fn credentials_in_the_url_are_not_sent_elsewhere() {
    let (home, away) = (Server::plain(), Server::plain());
    let (engine, folder) = (Engine::new(), Folder::new());
    let url = leads(&home, 302, &away.url("/bytes/5")).replace("http://", "http://user:secret@");
    let outcome = engine.download(&url).to(&folder.path("a")).run();
    outcome.ok(200);
    assert!(away.last_request("/bytes/5").header("Authorization").is_none());
    assert!(away.last_request("/bytes/5").headers.iter().all(|(_, value)| !value.contains("secret")));
}

#[test]
fn the_body_of_a_redirect_is_not_kept() {
    let server = Server::plain();
    let (engine, folder) = (Engine::new(), Folder::new());
    let upload = folder.file("u", "u");
    let limited = Engine::with(|config| {
        config.max_download_size = 100;
        config.max_response_body = 100;
    });
    for body in ["1", "1000", "64k", "65537", "20m"] {
        let url = server.url(&format!("/redirect/302?to=/bytes/5&body={body}"));
        for engine in [&engine, &limited] {
            let task = engine.download(&url).to(&folder.path("a")).start();
            assert_eq!(task.wait_end().ok(200).downloaded(), pattern_bytes(5), "{body}");
            assert!(task.recorder.progress().iter().all(|p| p.transferred <= 5));
            assert_eq!(engine.upload(&url, &upload).run().ok(200).body, pattern_bytes(5));
        }
    }
}

#[test]
fn progress_of_a_body_that_is_sent_again_does_not_fall() {
    let server = Server::plain();
    let folder = Folder::new();
    let engine = Engine::with(|config| config.progress_interval_ms = FERRY_PROGRESS_EVERY_CHANGE);
    let path = folder.file("large", vec![1; 3 << 20]);
    let task = engine.upload(&server.url("/redirect/307?to=/sink"), &path).start();
    // The order of progress is checked for every task.
    task.wait_end().ok(200);
    let last = task.recorder.progress().last().copied().expect("progress");
    assert!(last.transferred > 3 << 20, "the form and the file: {last:?}");
}
