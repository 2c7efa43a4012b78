//! Every row of the table of failures, provoked for real, with its errno and its exact words. Out of memory is a
//! unit test of src/error.rs: a system that gives no memory cannot be had safely in a test.

mod common;

use common::*;

/// Checks the whole `errMsg` too.
#[track_caller]
fn fails(task: Task, errno: i32, words: &str) {
    let outcome = task.wait_end();
    outcome.failed(errno, words);
    let api = if task.kind() == FERRY_KIND_UPLOAD { "uploadFile" } else { "downloadFile" };
    assert_eq!(outcome.err_msg, format!("{api}:fail {words}"));
    assert_eq!(task.state(), FERRY_STATE_FAILED);
    assert_eq!(task.result().unwrap().errno, errno);
}

/// An engine and a file, for both kinds of task.
struct Both {
    engine: Engine,
    folder: Folder,
    file: String,
}

impl Both {
    fn with(change: impl FnOnce(&mut Config)) -> Both {
        let folder = Folder::new();
        let file = folder.file("u", "content");
        Both { engine: Engine::with(change), folder, file }
    }

    fn new() -> Both {
        Both::with(|_| {})
    }

    fn start(&self, url: &str) -> [Task; 2] {
        let target = self.folder.path("d");
        [self.engine.upload(url, &self.file).start(), self.engine.download(url).to(&target).start()]
    }

    #[track_caller]
    fn fail(&self, url: &str, errno: i32, words: &str) {
        for task in self.start(url) {
            fails(task, errno, words);
        }
        assert_eq!(self.folder.list(), ["u"], "nothing is left");
    }

    #[track_caller]
    fn network_error(&self, url: &str, pattern: &str) {
        for task in self.start(url) {
            task.wait_end().network_error(pattern);
        }
        assert_eq!(self.folder.list(), ["u"], "nothing is left");
    }
}

#[test]
fn aborted() {
    let (server, both) = (Server::plain(), Both::new());
    let [upload, download] = both.start(&server.url("/never"));
    server.wait_for(|state| state.waiting_at("never") == 2);
    upload.abort();
    download.abort();
    fails(upload, 1, "abort");
    fails(download, 603105, "abort");
}

#[test]
fn timeout() {
    let (server, both) = (Server::plain(), Both::with(|config| config.default_timeout_ms = 50));
    both.fail(&server.url("/never"), 5, "timeout");
}

#[test]
fn bad_and_missing_options() {
    let server = Server::plain();
    let (engine, folder) = (Engine::new(), Folder::new());
    let (url, file) = (server.url("/echo"), folder.file("u", "content"));
    for empty in [None, Some("")] {
        let cases = [
            (engine.upload_of(empty, Some(&file), Some("n")), "url is required"),
            (engine.upload_of(Some(&url), empty, Some("n")), "filePath is required"),
            (engine.upload_of(Some(&url), Some(&file), empty), "name is required"),
            (engine.upload_of(empty, empty, empty), "url is required"),
        ];
        for (upload, words) in cases {
            fails(upload.start(), 1001, &format!("parameter error: {words}"));
        }
        fails(engine.download_of(empty).start(), 1001, "parameter error: url is required");
    }
    fails(engine.download(&url).timeout(-1).start(), 1001, "parameter error: timeout must not be negative");
    assert!(server.requests().is_empty());
}

#[test]
fn urls_that_cannot_be() {
    let both = Both::new();
    for url in [
        "nonsense",
        "/relative",
        "//host/x",
        "http://",
        "https:///",
        "http://[::1",
        "http://a b/",
        "http://host:99999/",
        "http://exa%00mple/",
        "ftp://host/x",
        "file:///etc/passwd",
        "wxfile://tmp_1",
        "ws://host/",
        "data:,x",
        "javascript:1",
    ] {
        both.fail(url, 600009, "invalid URL");
    }
}

#[test]
fn not_in_the_domain_list() {
    let (server, other) = (Server::plain(), Server::plain());
    let origins = vec![server.url("")];
    let both = Both::with(|config| {
        config.upload_origins = Some(origins.clone());
        config.download_origins = Some(origins);
    });
    both.fail(&other.url("/echo"), 600002, "url not in domain list");
    let leads = server.url(&format!("/redirect/307?to={}", escaped(&other.url("/echo"))));
    both.fail(&leads, 600002, "redirect url not in domain list");
    let secure = Both::with(|config| config.https_only = true);
    secure.fail(&server.url("/echo"), 600002, "url not in domain list");
    assert!(other.requests().is_empty());
}

#[test]
fn too_many_redirects() {
    let (server, both) = (Server::plain(), Both::new());
    both.fail(&server.url("/redirect-loop?code=307"), 600008, "exceed max redirect count");
}

#[test]
fn the_queue_is_full() {
    let server = Server::plain();
    let both = Both::with(|config| {
        (config.max_uploads, config.max_downloads, config.max_queued) = (1, 1, 1);
    });
    let url = server.url("/never");
    let running = both.start(&url);
    server.wait_for(|state| state.waiting_at("never") == 2);
    let waiting = both.start(&url);
    for task in both.start(&url) {
        fails(task, 600007, "exceed max task count");
    }
    server.open_gate("never");
    for task in running.into_iter().chain(waiting) {
        task.wait_end().network_error("empty reply");
    }
}

#[test]
fn interrupted() {
    let (server, both) = (Server::plain(), Both::new());
    let tasks = both.start(&server.url("/never"));
    server.wait_for(|state| state.waiting_at("never") == 2);
    assert_eq!(both.engine.close(), FERRY_OK);
    for task in tasks {
        fails(task, 600003, "interrupted");
    }
    // Those of the closed engine are still there until the server looks.
    server.wait_for(|state| state.waiting_at("never") == 0);
    let both = Both::new();
    let tasks = both.start(&server.url("/never?gate=another"));
    server.wait_for(|state| state.waiting_at("another") == 2);
    assert_eq!(both.engine.network_changed(FERRY_NETWORK_OFFLINE | FERRY_NETWORK_INTERRUPT), FERRY_OK);
    for task in tasks {
        fails(task, 600003, "interrupted");
    }
    assert_eq!(both.folder.list(), ["u"]);
}

#[test]
fn network_errors_carry_libcurls_code_and_words() {
    let (server, both) = (Server::plain(), Both::new());
    let closed = {
        let gone = Server::plain();
        gone.url("/")
    };
    both.network_error(&closed, "(7) ");
    both.network_error("http://no-such-host.invalid/", "(6) ");
    both.network_error(&server.url("/garbage?kind=nothing"), "(52) Empty reply from server");
    both.network_error(&server.url("/garbage?kind=ssh"), "(1) ");
    both.network_error(&server.url("/bad-chunk?kind=size"), "(56) ");
    both.network_error(&server.url("/short-length/100/40"), "transfer closed with 60 bytes remaining");
    // A reset: the kernel may throw away what came before it, so there are several codes.
    both.network_error(&server.url("/reset-after/100/of/1m"), "(");
}

#[test]
fn headers_that_cannot_be_sent() {
    let (server, both) = (Server::plain(), Both::new());
    let url = server.url("/echo");
    for (name, value, words) in [
        ("X-A", "1\r\nEvil: 1", "header X-A: the value has a line break or NUL"),
        ("X-A", "1\n", "header X-A: the value has a line break or NUL"),
        ("X-A", "\r1", "header X-A: the value has a line break or NUL"),
        ("Referer", "1\n2", "header Referer: the value has a line break or NUL"),
        ("X\nA", "1", "header X\\nA: the name is not an HTTP token"),
        ("X A", "1", "header X A: the name is not an HTTP token"),
        ("", "1", "header : the name is not an HTTP token"),
        ("头", "1", "header 头: the name is not an HTTP token"),
    ] {
        let words = format!("parameter error: {words}");
        fails(both.engine.upload(&url, &both.file).header(name, value).start(), 1001, &words);
        fails(both.engine.download(&url).header(name, value).start(), 1001, &words);
    }
    assert!(server.requests().is_empty());
}

#[test]
fn files_that_cannot_be_sent() {
    let server = Server::plain();
    let (engine, folder) = (Engine::new(), Folder::new());
    let url = server.url("/echo");
    folder.file("file", "x");
    std::fs::create_dir(folder.path("dir")).unwrap();
    for missing in ["missing", "missing/file", "file/below"] {
        fails(engine.upload(&url, &folder.path(missing)).start(), 1300002, "file not found");
    }
    for directory in ["dir", "dir/", "."] {
        fails(engine.upload(&url, &folder.path(directory)).start(), 1300021, "is a directory");
    }
    for special in [folder.fifo("fifo"), "/dev/null".to_owned(), "/dev/zero".to_owned()] {
        fails(engine.upload(&url, &special).start(), 1300013, "permission denied");
    }
    assert!(server.requests().is_empty());
}

#[test]
fn a_file_that_shrank() {
    let server = Server::start(ferry_test_support::Config {
        receive_buffer: Some(16 << 10),
        ..ferry_test_support::Config::default()
    });
    let (engine, folder) = (Engine::new(), Folder::new());
    let path = folder.file("u", vec![0; 24 << 20]);
    let task = engine.upload(&server.url("/stop-reading/1k"), &path).start();
    server.wait_for(|state| state.waiting_at("stop-reading") == 1);
    std::fs::File::options().write(true).open(&path).unwrap().set_len(1).unwrap();
    server.open_gate("stop-reading");
    fails(task, 1300005, "file read error");
}

#[test]
fn files_and_folders_without_permission() {
    if !in_child_as_nobody("files_and_folders_without_permission") {
        return;
    }
    use std::os::unix::fs::PermissionsExt;
    let server = Server::plain();
    let (engine, folder) = (Engine::new(), Folder::new());
    let secret = folder.file("secret", "x");
    std::fs::set_permissions(&secret, PermissionsExt::from_mode(0o0)).unwrap();
    fails(engine.upload(&server.url("/echo"), &secret).start(), 1300013, "permission denied");
    let shut = folder.path("shut");
    std::fs::create_dir(&shut).unwrap();
    let inside = folder.file("shut/there", "old");
    std::fs::set_permissions(&shut, PermissionsExt::from_mode(0o500)).unwrap();
    for target in [inside.clone(), folder.path("shut/new"), "/new".to_owned()] {
        let words = format!("permission denied, open {target}");
        fails(engine.download(&server.url("/bytes/5")).to(&target).start(), 603303, &words);
    }
    assert_eq!(folder.list(), ["secret", "shut/", "shut/there"]);
    assert_eq!(std::fs::read(&inside).unwrap(), b"old");
    std::fs::set_permissions(&shut, PermissionsExt::from_mode(0o700)).unwrap();
    assert!(server.requests().is_empty());
}

#[test]
fn targets_that_are_not_permitted() {
    let server = Server::plain();
    let (engine, folder) = (Engine::new(), Folder::new());
    for target in [folder.path("missing/file"), folder.path("."), "/proc/none".to_owned()] {
        let words = format!("permission denied, open {target}");
        fails(engine.download(&server.url("/bytes/5")).to(&target).start(), 603303, &words);
    }
}

#[test]
fn saving_that_fails() {
    let server = Server::plain();
    let (engine, folder) = (Engine::new(), Folder::new());
    std::fs::create_dir(folder.path("t")).unwrap();
    let task = engine.download(&server.url("/stall-after/10/of/20")).to(&folder.path("t/file")).start();
    task.wait("progress");
    // The folder is gone, and with it the partial file.
    std::fs::remove_dir_all(folder.path("t")).unwrap();
    server.open_gate("stall");
    fails(task, 603300, "save file error");
    assert!(folder.list().is_empty());
}

#[test]
fn larger_than_the_limit() {
    let server = Server::plain();
    let (engine, folder) = (Engine::with(|config| config.max_download_size = 10), Folder::new());
    for route in ["/bytes/11", "/chunked/11", "/close/11"] {
        let task = engine.download(&server.url(route)).to(&folder.path("d")).start();
        fails(task, 603301, "exceed max file size");
    }
    assert!(folder.list().is_empty());
}

#[test]
fn storage_is_full() {
    let server = Server::plain();
    let folder = Folder::new();
    let engine = Engine::with(|config| {
        config.storage_root = Some(folder.path("root"));
        config.temp_quota = 1000;
        config.user_quota = 1000;
    });
    for route in ["/bytes/1001", "/chunked/1001"] {
        let url = server.url(route);
        fails(engine.download(&url).start(), 1300202, "storage limit exceeded");
        fails(engine.download(&url).to("wxfile://usr/a").start(), 1300202, "storage limit exceeded");
    }
}
