//! What a download writes, and what it leaves when it fails.

mod common;

use common::*;
use ferry_test_support::pattern_sha256;

#[test]
fn to_a_path_and_to_a_temporary_file() {
    let server = Server::plain();
    let (folder, temporary) = (Folder::new(), Folder::new());
    let engine = Engine::with(|config| config.temp_dir = Some(temporary.path("")));
    for size in [0u64, 1, 1000, 16_384, 1_000_000, 3_333_333] {
        let url = server.url(&format!("/bytes/{size}"));
        let target = folder.path("file");
        let outcome = engine.download(&url).to(&target).run();
        outcome.ok(200);
        assert_eq!(outcome.file_path.as_deref(), Some(target.as_str()), "as it was given");
        assert!(outcome.temp_file_path.is_none());
        assert_eq!(outcome.data_length, size);
        assert_eq!(outcome.downloaded_sha256(), pattern_sha256(size));

        let outcome = engine.download(&url).run();
        assert!(outcome.file_path.is_none());
        assert!(outcome.temp_file_path.as_ref().unwrap().starts_with(temporary.root().to_str().unwrap()));
        assert_eq!(outcome.ok(200).downloaded_sha256(), pattern_sha256(size));
    }
    assert_eq!(folder.list(), ["file"]);
    assert!(temporary.list().is_empty());
}

#[test]
fn the_extension_of_a_temporary_file_follows_the_content_type() {
    let server = Server::plain();
    let engine = Engine::new();
    let table = [
        ("image/jpeg", "jpg"),
        ("image/png", "png"),
        ("image/png; charset=binary", "png"),
        ("text/html;charset=UTF-8", "html"),
        ("application/json", "json"),
        ("audio/mpeg", "mp3"),
        ("video/mp4", "mp4"),
        ("made/up", "unknown"),
        ("../../etc", "unknown"),
    ];
    for (content_type, extension) in table {
        let outcome = engine.download(&server.url(&format!("/bytes/3?type={}", escaped(content_type)))).run();
        let path = outcome.temp_file_path.clone().unwrap();
        assert_eq!(path.rsplit('.').next(), Some(extension), "{content_type}: {path}");
        assert_eq!(outcome.downloaded(), pattern_bytes(3));
    }
}

#[test]
fn any_status_and_any_framing_is_a_success_and_written() {
    let server = Server::plain();
    let (engine, folder) = (Engine::new(), Folder::new());
    for status in [200, 201, 206, 304, 400, 404, 410, 500, 503, 204] {
        let target = folder.path(&status.to_string());
        let outcome = engine.download(&server.url(&format!("/status/{status}"))).to(&target).run();
        let written = outcome.ok(status).downloaded();
        assert_eq!(written.is_empty(), matches!(status, 204 | 304), "{status}");
    }
    let table = [
        ("/chunked/500000", pattern_bytes(500_000)),
        ("/chunked/7?chunk=1", pattern_bytes(7)),
        ("/chunked/0", Vec::new()),
        ("/close/500000", pattern_bytes(500_000)),
        ("/close/0", Vec::new()),
        ("/slow/20?chunk=5&every=1", pattern_bytes(20)),
        ("/say?body=hello", b"hello".to_vec()),
        ("/early-hints?count=3", Vec::new()),
    ];
    for (route, content) in table {
        let outcome = engine.download(&server.url(route)).to(&folder.path("framed")).run();
        let written = outcome.ok(200).downloaded();
        assert!(written == content || route.starts_with("/early"), "{route}: {} bytes", written.len());
    }
}

#[test]
fn a_compressed_body_is_stored_as_it_is() {
    let server = Server::plain();
    let (engine, folder) = (Engine::new(), Folder::new());
    let outcome = engine.download(&server.url("/gzip/50000?force=1")).to(&folder.path("a.gz")).run();
    let written = outcome.ok(200).downloaded();
    assert_eq!(written[..2], [0x1f, 0x8b], "gzip's magic number");
    assert_eq!(outcome.headers.get("Content-Encoding"), Some("gzip"));
    assert_eq!(outcome.headers.get("Content-Length"), Some(written.len().to_string().as_str()));
    assert!(server.last_request("/gzip/50000").header("Accept-Encoding").is_none(), "ferry asks for none");
}

#[test]
fn the_length_of_a_compressed_body_that_is_stored_as_it_is_is_known() {
    let server = Server::plain();
    let (folder, url) = (Folder::new(), server.url("/gzip/50000?force=1"));
    let engine = Engine::with(|config| config.progress_interval_ms = FERRY_PROGRESS_EVERY_CHANGE);
    let task = engine.download(&url).to(&folder.path("a.gz")).start();
    let length = task.wait_end().data_length;
    assert!(task.recorder.progress().iter().all(|p| p.expected == length), "{:?}", task.recorder.progress());
    let engine = Engine::with(|config| config.max_download_size = length - 1);
    let task = engine.download(&url).to(&folder.path("b.gz")).start();
    task.wait_end().failed(603301, "exceed max file size");
    assert_eq!(task.recorder.count("progress"), 0, "refused by its Content-Length, before a byte is written");
}

#[test]
fn larger_than_the_limit() {
    let server = Server::plain();
    let folder = Folder::new();
    let engine = Engine::with(|config| {
        config.max_download_size = 100_000;
        config.progress_interval_ms = FERRY_PROGRESS_EVERY_CHANGE;
    });
    for route in ["/bytes/100000", "/chunked/100000", "/close/100000"] {
        engine.download(&server.url(route)).to(&folder.path("full")).run().ok(200);
    }
    let by_length = engine.download(&server.url("/bytes/100001")).to(&folder.path("a")).start();
    by_length.wait_end().failed(603301, "exceed max file size");
    assert_eq!(by_length.recorder.count("progress"), 0, "before a byte is written");
    for route in ["/chunked/100001", "/close/100001", "/endless-body", "/endless-body?chunked=1"] {
        engine.download(&server.url(route)).to(&folder.path("a")).run().failed(603301, "exceed max file size");
    }
    assert_eq!(folder.list(), ["full"]);
    let unlimited = Engine::with(|config| config.max_download_size = FERRY_UNLIMITED);
    for length in ["9223372036854775808", "18446744073709551616", "99999999999999999999999"] {
        let url = server.url(&format!("/wrong-length?value={length}"));
        for engine in [&engine, &unlimited] {
            engine.download(&url).to(&folder.path("a")).run().failed(603301, "exceed max file size");
        }
    }
    unlimited.download(&server.url("/bytes/100001")).to(&folder.path("full")).run().ok(200);
}

/// Routes that fail, and words of the failure.
const BROKEN: [(&str, &str); 19] = [
    ("/drop-after/0/of/1000", "transfer closed with 1000 bytes remaining"),
    ("/drop-after/400/of/1000", "transfer closed with 600 bytes remaining"),
    ("/short-length/1000/10", "transfer closed with 990 bytes remaining"),
    ("/drop-after/400/of/1000?chunked=1", "(18)"),
    ("/reset-after/4000/of/100k", ""),
    ("/reset-after/4000/of/100k?chunked=1", ""),
    ("/wrong-length?value=12x", "content-length"),
    ("/wrong-length?value=-5", "content-length"),
    ("/bad-chunk?kind=size", "(56)"),
    ("/bad-chunk?kind=long", "(56)"),
    ("/bad-chunk?kind=huge", "(56)"),
    ("/bad-chunk?kind=negative", "(56)"),
    ("/bad-chunk?kind=end", ""),
    ("/bad-chunk?kind=cut", ""),
    ("/endless-headers", "headers"),
    ("/garbage?kind=ssh", "HTTP"),
    ("/garbage?kind=binary", "HTTP"),
    ("/garbage?kind=version", "HTTP"),
    ("/garbage?kind=nothing", "empty reply"),
];

#[test]
fn a_broken_answer_is_told_and_leaves_nothing() {
    let server = Server::plain();
    let (folder, temporary) = (Folder::new(), Folder::new());
    folder.file("there", "old");
    let engine = Engine::with(|config| config.temp_dir = Some(temporary.path("")));
    for (route, words) in BROKEN {
        let url = server.url(route);
        for name in ["there", "new"] {
            engine.download(&url).to(&folder.path(name)).run().network_error(words);
            assert_eq!(folder.list(), ["there"], "{route}");
            assert_eq!(folder.read("there"), b"old", "{route}");
        }
        engine.download(&url).run().network_error(words);
        assert!(temporary.list().is_empty(), "{route}: {:?}", temporary.list());
    }
}

#[test]
fn other_failures_leave_what_was_there_too() {
    let server = Server::plain();
    let folder = Folder::new();
    let target = folder.file("there", "old");
    let engine = Engine::with(|config| config.max_download_size = 1000);
    let stall = server.url("/stall-after/100/of/1000");

    engine.download(&server.url("/bytes/5000")).to(&target).run().failed(603301, "exceed max file size");
    engine.download(&stall).to(&target).timeout(50).run().failed(5, "timeout");
    engine.download(&server.url("/redirect-loop")).to(&target).run().failed(600008, "exceed max redirect count");
    let task = engine.download(&stall).to(&target).start();
    task.wait("progress");
    task.abort();
    task.wait_end().failed(603105, "abort");
    let task = engine.download(&stall).to(&target).start();
    task.wait("progress");
    assert_eq!(folder.list().len(), 2, "the partial file lies beside the target: {:?}", folder.list());
    assert_eq!(engine.close(), FERRY_OK);
    task.wait_end().failed(600003, "interrupted");
    assert_eq!(folder.list(), ["there"]);
    assert_eq!(folder.read("there"), b"old");
}

#[test]
fn an_existing_file_is_replaced_in_one_step_at_the_end() {
    let server = Server::plain();
    let (engine, folder) = (Engine::new(), Folder::new());
    let target = folder.file("there", "old");
    let task = engine.download(&server.url("/stall-after/100/of/200")).to(&target).start();
    task.wait("progress");
    assert_eq!(folder.read("there"), b"old");
    server.open_gate("stall");
    task.wait_end().ok(200);
    assert_eq!(folder.read("there"), pattern_bytes(200));
    assert_eq!(folder.list(), ["there"]);
}

#[test]
fn targets_that_cannot_be() {
    let server = Server::plain();
    let (engine, folder) = (Engine::new(), Folder::new());
    std::fs::create_dir(folder.path("dir")).unwrap();
    folder.file("file", "old");
    let url = server.url("/bytes/5");
    let list = folder.list();
    for name in ["missing/a", "dir", "dir/", "file/a", "dir/..", "dir/."] {
        let target = folder.path(name);
        engine.download(&url).to(&target).run().failed(603303, &format!("permission denied, open {target}"));
    }
    let long = folder.path(&"n".repeat(300));
    engine.download(&url).to(&long).run().failed(603303, &format!("permission denied, open {long}"));
    engine.download(&url).to("/dev/null").run().failed(603303, "permission denied, open /dev/null");
    assert_eq!(folder.list(), list);
    assert!(server.requests().is_empty(), "nothing was asked for");
}

#[test]
fn a_full_disk() {
    let server = Server::plain();
    let folder = Folder::new();
    std::fs::create_dir(folder.path("small")).unwrap();
    let Some(_mounted) = Tmpfs::mount(&folder.root().join("small"), 256 << 10) else { return };
    let target = folder.file("small/there", "old");
    let engine = Engine::with(|config| config.temp_dir = Some(folder.path("small")));
    for route in ["/bytes/1m", "/chunked/1m", "/close/1m"] {
        let url = server.url(route);
        for task in [engine.download(&url).to(&target).start(), engine.download(&url).start()] {
            task.wait_end().failed(1300202, "storage limit exceeded");
        }
        assert_eq!(folder.list(), ["small/", "small/there"]);
        assert_eq!(folder.read("small/there"), b"old");
    }
    engine.download(&server.url("/bytes/100k")).to(&target).run().ok(200);
}
