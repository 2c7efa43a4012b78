//! Headers both ways.

mod common;

use common::*;

fn pairs(headers: &[(String, String)], name: &str) -> Vec<String> {
    headers.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone()).collect()
}

fn set(server: &Server, route: &str, lines: &[&str]) -> String {
    let query: Vec<String> = lines.iter().map(|line| format!("set={}", escaped(line))).collect();
    server.url(&format!("{route}?{}", query.join("&")))
}

#[test]
fn repeats_are_kept_one_by_one_and_joined() {
    let server = Server::plain();
    let (engine, folder) = (Engine::new(), Folder::new());
    let file = folder.file("u", "u");
    let lines = [
        "X-One: 1",
        "X-Many: a",
        "x-many: b",
        "X-MANY: c, d",
        "Set-Cookie: a=1; Expires=Wed, 09 Jun 2027 10:18:14 GMT; Path=/",
        "set-cookie: b=2,3",
        "X-Empty:",
        "X-Text: 中文",
        "X-Space:   inside  it   ",
        "X-Colon: a:b:c",
    ];
    for task in [
        engine.upload(&set(&server, "/status/200", &lines), &file).start(),
        engine.download(&set(&server, "/status/200", &lines)).to(&folder.path("d")).start(),
    ] {
        let headers = task.wait_end().ok(200).headers.clone();
        assert_eq!(pairs(&headers.lines, "x-many"), ["a", "b", "c, d"]);
        assert_eq!(headers.get("X-Many"), Some("a,b,c, d"));
        let names: Vec<&str> = headers.joined.iter().map(|(name, _)| name.as_str()).collect();
        assert!(names.contains(&"X-Many") && !names.contains(&"x-many"), "as first spelt: {names:?}");
        let cookies = ["a=1; Expires=Wed, 09 Jun 2027 10:18:14 GMT; Path=/", "b=2,3"];
        assert_eq!(headers.cookies, cookies, "whole, one by one");
        assert_eq!(headers.get("Set-Cookie"), Some(cookies.join(",").as_str()));
        assert_eq!(headers.get("X-Empty"), Some(""));
        assert_eq!(headers.get("X-Text"), Some("中文"));
        assert_eq!(headers.get("X-Space"), Some("inside  it"));
        assert_eq!(headers.get("X-Colon"), Some("a:b:c"));
        assert_eq!(headers.get("X-None"), None);
    }
}

#[test]
fn odd_headers_of_a_server() {
    let server = Server::plain();
    let engine = Engine::new();
    let outcome = engine.download(&server.url("/headers")).run();
    outcome.ok(200).downloaded();
    let headers = &outcome.headers;
    assert_eq!(headers.cookies.len(), 3);
    assert!(headers.lines.iter().any(|(_, value)| value.is_empty()));
    assert!(headers.lines.iter().any(|(_, value)| value.len() >= 8000), "a long one");
    assert!(headers.lines.len() > headers.joined.len(), "repeats");
    let order: Vec<&str> = headers.lines.iter().map(|(name, _)| name.as_str()).collect();
    for (name, _) in &headers.joined {
        assert!(order.contains(&name.as_str()), "names as the server sent them");
    }
}

#[test]
fn only_the_final_answer_counts() {
    let server = Server::plain();
    let engine = Engine::new();
    let outcome = engine.download(&server.url("/early-hints?count=3")).run();
    assert_eq!(outcome.ok(200).headers.status, 200);
    assert!(outcome.headers.get("Link").is_none(), "of the 103");
    outcome.downloaded();
    let to = escaped("/bytes/1?set=X-Final:yes");
    let outcome = engine.download(&server.url(&format!("/redirect/302?set=X-First:yes&to={to}"))).run();
    assert_eq!(outcome.ok(200).headers.get("X-Final"), Some("yes"));
    assert!(outcome.headers.get("X-First").is_none() && outcome.headers.get("Location").is_none());
    outcome.downloaded();
}

#[test]
fn request_headers_arrive_as_given() {
    let server = Server::plain();
    let (engine, folder) = (Engine::new(), Folder::new());
    let file = folder.file("u", "u");
    let given = [
        ("X-Plain", "1", "1"),
        ("x-lower", "a b", "a b"),
        ("X-Empty", "", ""),
        ("X-Blank", "  ", ""),
        ("X-Text", "中文 é", "中文 é"),
        ("X-Odd", "a;b:c,d\"e\"", "a;b:c,d\"e\""),
        ("Authorization", "Bearer x", "Bearer x"),
        ("Cookie", "a=b; c=d", "a=b; c=d"),
        ("Accept", "text/html", "text/html"),
        ("User-Agent", "mine/1", "mine/1"),
        ("Origin", "null", "null"),
    ];
    let (mut upload, mut download) =
        (engine.upload(&server.url("/echo"), &file), engine.download(&server.url("/echo")));
    for (name, value, _) in given {
        upload = upload.header(name, value);
        download = download.header(name, value);
    }
    upload.run().ok(200);
    download.run().ok(200).downloaded();
    for request in server.requests() {
        for (name, _, value) in given {
            assert_eq!(request.headers_named(name), [value], "{name} of {}", request.method);
            assert!(request.headers.iter().any(|(n, _)| n == name), "{name} is spelt as given");
        }
    }
    engine.download(&server.url("/echo")).header("X-Twice", "1").header("X-Twice", "2").run().downloaded();
    assert_eq!(server.last_request("/echo").headers_named("X-Twice"), ["1", "2"]);
}

#[test]
fn a_downloads_content_type_is_the_callers_and_its_framing_is_not() {
    let server = Server::plain();
    let engine = Engine::new();
    let download = engine.download(&server.url("/echo")).header("Content-Type", "text/x");
    let download = download.header("Content-Length", "5").header("Transfer-Encoding", "chunked");
    download.header("Host", "evil").header("Connection", "close").header("Referer", "x").run().ok(200).downloaded();
    let request = server.last_request("/echo");
    assert_eq!(request.header("Content-Type"), Some("text/x"));
    assert_eq!(request.header("Host"), Some(format!("127.0.0.1:{}", server.port()).as_str()));
    for gone in ["Content-Length", "Transfer-Encoding", "Connection", "Referer", "Accept-Encoding"] {
        assert!(request.header(gone).is_none(), "{gone}");
    }
}

#[test]
fn user_agent_and_referer_are_the_hosts() {
    let server = Server::plain();
    let (agent, referer) = ("host/2 (小)", "https://servicewechat.com/wx1/3/page-frame.html");
    let engine = Engine::with(|config| {
        config.user_agent = Some(agent.into());
        config.referer = Some(referer.into());
    });
    let to = escaped("/echo");
    let url = server.url(&format!("/redirect/302?to={to}"));
    let download = engine.download(&url).header("User-Agent", "mine").header("Referer", "https://mine/");
    download.run().ok(200).downloaded();
    for request in server.requests() {
        assert_eq!(request.headers_named("User-Agent"), [agent]);
        assert_eq!(request.headers_named("Referer"), [referer]);
    }
    Engine::new().download(&server.url("/bytes/1")).run().ok(200).downloaded();
    let request = server.last_request("/bytes/1");
    assert_eq!(request.headers_named("User-Agent"), [format!("ferry/{}", env!("CARGO_PKG_VERSION"))]);
    assert!(request.header("Referer").is_none());
}

#[test]
fn very_many_headers_go_out() {
    let server = Server::plain();
    let engine = Engine::new();
    let mut download = engine.download(&server.url("/echo"));
    for number in 0..100 {
        download = download.header(&format!("X-{number}"), &"v".repeat(50));
    }
    download.run().ok(200).downloaded();
    let request = server.last_request("/echo");
    assert_eq!(request.headers.iter().filter(|(name, _)| name.starts_with("X-")).count(), 100);
}
