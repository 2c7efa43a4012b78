//! What a host allows, and many ways around it. Every name that could pay leads to the test server, so that a way
//! that works is seen there.

mod common;

use common::*;

const NOT_LISTED: (i32, &str) = (600002, "url not in domain list");
const NO_REDIRECT: (i32, &str) = (600002, "redirect url not in domain list");
const INVALID: (i32, &str) = (600009, "invalid URL");

/// A server, and an engine that may reach it as `good.test` only, though other names lead there too.
struct Ground {
    server: Server,
    engine: Engine,
    folder: Folder,
    file: String,
}

impl Ground {
    fn new(change: impl FnOnce(&mut Config, u16)) -> Ground {
        let (server, folder) = (Server::plain(), Folder::new());
        let port = server.port();
        let engine = Engine::with(|config| {
            for name in ["good.test", "evil.test", "sub.good.test", "good.test.evil.test", "evil-good.test", "good.te"]
            {
                config.resolve(name, port, "127.0.0.1");
                config.resolve(name, 80, "127.0.0.1");
            }
            change(config, port);
        });
        let file = folder.file("u", "content");
        Ground { server, engine, folder, file }
    }

    fn listing() -> Ground {
        Ground::new(|config, port| {
            config.upload_origins = Some(vec![format!("http://good.test:{port}")]);
            config.download_origins = config.upload_origins.clone();
        })
    }

    /// Both kinds on `url`, in which PORT is the server's port.
    fn both(&self, url: &str) -> [Outcome; 2] {
        let url = url.replace("PORT", &self.server.port().to_string());
        let target = self.folder.path("d");
        [self.engine.upload(&url, &self.file).run(), self.engine.download(&url).to(&target).run()]
    }

    #[track_caller]
    fn refused(&self, url: &str, (errno, words): (i32, &str)) {
        for outcome in self.both(url) {
            assert_eq!((outcome.errno, outcome.words()), (errno, words), "{url:?}");
        }
    }
}

#[test]
fn spellings_of_the_allowed_origin() {
    let ground = Ground::listing();
    for url in [
        "http://good.test:PORT/echo",
        "HTTP://GOOD.TEST:PORT/echo",
        "http://good.test:PORT/echo#@evil.test",
        "http://good.test:PORT/echo?http://evil.test",
        "http://good.test:PORT/echo/@evil.test",
        "http://g%6Fod.test:PORT/echo",
        "http://ｇｏｏｄ.test:PORT/echo",
        "http://good。test:PORT/echo",
        "http://go\u{ad}od.test:PORT/echo",
        "http:\\\\good.test:PORT\\echo",
        "  http://good.test:PORT/echo  ",
        "http://@good.test:PORT/echo",
        "http://good.test:0PORT/echo",
    ] {
        for outcome in ground.both(url) {
            assert_eq!(outcome.errno, 0, "{url:?}: {}", outcome.err_msg);
        }
    }
    for request in ground.server.requests() {
        assert_eq!(request.header("Host"), Some(format!("good.test:{}", ground.server.port()).as_str()));
    }
}

#[test]
fn ways_around_the_list() {
    let ground = Ground::listing();
    let table = [
        ("http://evil.test:PORT/", NOT_LISTED),
        ("http://sub.good.test:PORT/", NOT_LISTED),
        ("http://good.test.evil.test:PORT/", NOT_LISTED),
        ("http://evil-good.test:PORT/", NOT_LISTED),
        ("http://good.te:PORT/", NOT_LISTED),
        ("http://good.test.:PORT/", NOT_LISTED),
        ("http://.good.test:PORT/", NOT_LISTED),
        ("http://good.test/", NOT_LISTED),
        ("http://good.test:80/", NOT_LISTED),
        ("http://good.test:1/", NOT_LISTED),
        ("https://good.test:PORT/", NOT_LISTED),
        ("http://good.test@evil.test:PORT/", INVALID),
        ("http://good.test:PORT@evil.test:PORT/", INVALID),
        ("http://user:pass@good.test:PORT/", INVALID),
        ("http://good.test%2f@evil.test:PORT/", INVALID),
        ("http://evil.test:PORT/good.test", NOT_LISTED),
        ("http://evil.test:PORT\\@good.test:PORT/", NOT_LISTED),
        ("http://evil.test:PORT#@good.test:PORT/", NOT_LISTED),
        ("http://evil.test:PORT?@good.test:PORT/", NOT_LISTED),
        ("http:evil.test:PORT/", NOT_LISTED),
        ("http:///evil.test:PORT/", NOT_LISTED),
        ("http:\\\\evil.test:PORT", NOT_LISTED),
        ("http://127.0.0.1:PORT/", NOT_LISTED),
        ("http://localhost:PORT/", NOT_LISTED),
        ("http://2130706433:PORT/", NOT_LISTED),
        ("http://0x7f000001:PORT/", NOT_LISTED),
        ("http://0177.0.0.1:PORT/", NOT_LISTED),
        ("http://127.1:PORT/", NOT_LISTED),
        ("http://[::1]:PORT/", NOT_LISTED),
        ("http://[::ffff:127.0.0.1]:PORT/", NOT_LISTED),
        ("http://[::ffff:7f00:1]:PORT/", NOT_LISTED),
        ("http://gооd.test:PORT/", NOT_LISTED),
        ("http://göod.test:PORT/", NOT_LISTED),
        ("http://good.test%2eevil.test:PORT/", NOT_LISTED),
        ("http://good.test%00.evil.test:PORT/", INVALID),
        ("http://good.test%0d%0a:PORT/", INVALID),
        ("http://good.test:PORT/\r\nHost: evil.test", INVALID),
        ("http://good.test:PORT/a\nb", INVALID),
        ("ht\ntp://evil.test:PORT/", INVALID),
        ("//good.test:PORT/", INVALID),
        ("good.test:PORT/", INVALID),
        ("ftp://good.test:PORT/", INVALID),
        ("file://good.test/etc/passwd", INVALID),
        ("http://good.test:99999/", INVALID),
        ("http://[good.test]:PORT/", INVALID),
        ("http://good.test:PORT:80/", INVALID),
    ];
    for (url, expected) in table {
        ground.refused(url, expected);
    }
    assert!(ground.server.requests().is_empty() && ground.server.state(|s| s.connections_accepted) == 0);
    assert_eq!(ground.folder.list(), ["u"]);
}

#[test]
fn ways_around_the_list_by_redirects() {
    let ground = Ground::listing();
    let port = ground.server.port();
    let leads = |code: u32, to: &str| {
        format!("http://good.test:{port}/redirect/{code}?to={}", escaped(&to.replace("PORT", &port.to_string())))
    };
    for code in [302, 307] {
        for outcome in ground.both(&leads(code, &leads(code, "/echo"))) {
            assert_eq!(outcome.errno, 0, "{}", outcome.err_msg);
        }
        for to in [
            "http://evil.test:PORT/echo",
            "//evil.test:PORT/echo",
            "\\\\evil.test:PORT/echo",
            "/\\evil.test:PORT/echo",
            "http:\\\\evil.test:PORT/echo",
            "https://good.test:PORT/echo",
            "http://good.test/echo",
            "http://127.0.0.1:PORT/echo",
            "http://good.test@evil.test:PORT/echo",
            "http://good.test.:PORT/echo",
            "file:///etc/passwd",
            "ftp://good.test/",
        ] {
            ground.refused(&leads(code, to), NO_REDIRECT);
            // Behind a hop that is allowed, too.
            ground.refused(&leads(code, &leads(code, to)), NO_REDIRECT);
        }
    }
    assert!(ground.server.requests().iter().all(|r| r.header("Host").unwrap().starts_with("good.test:")));
}

#[test]
fn each_kind_has_its_own_list() {
    let server = Server::plain();
    let folder = Folder::new();
    let file = folder.file("u", "u");
    let url = server.url("/echo");
    let here = Some(vec![server.url("")]);
    let errnos = |uploads: Option<Vec<String>>, downloads: Option<Vec<String>>| {
        let engine = Engine::with(|config| {
            config.upload_origins = uploads;
            config.download_origins = downloads;
        });
        let download = engine.download(&url).to(&folder.path("d")).run();
        (engine.upload(&url, &file).run().errno, download.errno)
    };
    assert_eq!(errnos(None, None), (0, 0));
    assert_eq!(errnos(here.clone(), Some(vec![])), (0, 600002), "an empty list allows nothing");
    assert_eq!(errnos(Some(vec![]), here.clone()), (600002, 0));
    assert_eq!(errnos(Some(vec!["https://example.com".into()]), None), (600002, 0));
    assert_eq!(errnos(here.clone(), here), (0, 0));
}

#[test]
fn https_only() {
    let (plain, secure) = (Server::plain(), Server::start_tls(TlsKind::Good));
    let folder = Folder::new();
    let engine = Engine::with(|config| {
        config.https_only = true;
        config.ca_pem = Some(secure.ca_pem().to_owned());
        config.download_origins = Some(vec![secure.url(""), plain.url("")]);
    });
    let target = folder.path("d");
    engine.download(&secure.url("/bytes/5")).to(&target).run().ok(200);
    let (errno, words) = NOT_LISTED;
    engine.download(&plain.url("/bytes/5")).to(&target).run().failed(errno, words);
    let down = secure.url(&format!("/redirect/302?to={}", escaped(&plain.url("/bytes/5"))));
    let (errno, words) = NO_REDIRECT;
    engine.download(&down).to(&target).run().failed(errno, words);
    assert!(plain.requests().is_empty());
}

#[test]
fn refused_addresses_whatever_name_leads_there() {
    let ground = Ground::new(|config, _| config.refuse_addresses = FERRY_REFUSE_NON_PUBLIC);
    for url in [
        "http://127.0.0.1:PORT/",
        "http://127.9.9.9:PORT/",
        "http://2130706433:PORT/",
        "http://0x7f.1:PORT/",
        "http://0:PORT/",
        "http://[::1]:PORT/",
        "http://[::]:PORT/",
        "http://[::ffff:127.0.0.1]:PORT/",
        "http://[64:ff9b::7f00:1]:PORT/",
        "http://localhost:PORT/",
        "http://a.localhost:PORT/",
        "http://10.0.0.1/",
        "http://172.16.0.1/",
        "http://192.168.1.1/",
        "http://169.254.169.254/latest/meta-data",
        "http://[fe80::1]/",
        "http://[fd00::1]/",
        "http://224.0.0.1/",
        "http://255.255.255.255/",
        // Names: only the address connected to can tell.
        "http://good.test:PORT/",
        "http://evil.test:PORT/",
    ] {
        ground.refused(url, NOT_LISTED);
    }
    assert_eq!(ground.server.state(|state| state.connections_accepted), 0, "not even connected");
}

#[test]
fn a_redirect_to_a_refused_address() {
    // The first hop is on an address that is allowed: loopback here, and a private one behind the redirect.
    let ground = Ground::new(|config, port| {
        config.refuse_addresses = FERRY_REFUSE_PRIVATE | FERRY_REFUSE_LINK_LOCAL;
        config.resolve("inner.test", port, "10.1.2.3");
        config.resolve("meta.test", port, "169.254.169.254");
    });
    let port = ground.server.port();
    for to in ["http://inner.test:PORT/", "http://meta.test:PORT/", "http://10.1.2.3:PORT/", "http://192.168.0.1/"] {
        let to = escaped(&to.replace("PORT", &port.to_string()));
        let near = ground.server.url(&format!("/redirect/302?to={to}"));
        ground.refused(&near, NO_REDIRECT);
        let far = escaped(&near);
        ground.refused(&ground.server.url(&format!("/redirect-chain/5?to={far}")), NO_REDIRECT);
    }
    ground.refused("http://inner.test:PORT/", NOT_LISTED);
    for outcome in ground.both("http://good.test:PORT/echo") {
        assert_eq!(outcome.errno, 0, "loopback was not refused: {}", outcome.err_msg);
    }
}

#[test]
fn a_connection_that_is_there_does_not_help() {
    let ground = Ground::new(|config, _| config.refuse_addresses = FERRY_REFUSE_PRIVATE);
    for outcome in ground.both("http://good.test:PORT/echo") {
        assert_eq!(outcome.errno, 0);
    }
    // Loopback is not private: a name with several addresses goes on to the one that is allowed.
    let port = ground.server.port();
    let engine = Engine::with(|config| {
        config.refuse_addresses = FERRY_REFUSE_PRIVATE;
        config.resolve("two.test", port, "10.0.0.1,127.0.0.1");
    });
    engine.download(&format!("http://two.test:{port}/bytes/5")).run().ok(200).downloaded();
}

#[test]
fn a_dns_override_changes_the_address_and_nothing_else() {
    let server = Server::plain();
    let engine = Engine::with(|config| {
        let (host, addresses) = ("shop.test".to_owned(), "127.0.0.1".to_owned());
        config.dns.push(DnsOverride { host, port: 80, connect_port: server.port(), addresses });
        config.resolve("例え.テスト", server.port(), "127.0.0.1");
    });
    let outcome = engine.download("http://shop.test/bytes/5").run();
    outcome.ok(200).downloaded();
    assert_eq!(outcome.effective_url, "http://shop.test/bytes/5");
    assert_eq!(server.last_request("/bytes/5").header("Host"), Some("shop.test"));
    let url = format!("http://例え.テスト:{}/bytes/6", server.port());
    engine.download(&url).run().ok(200).downloaded();
    let host = format!("xn--r8jz45g.xn--zckzah:{}", server.port());
    assert_eq!(server.last_request("/bytes/6").header("Host"), Some(host.as_str()));
}

#[test]
fn a_proxy_is_told_the_whole_url() {
    let proxy = Server::plain();
    let engine = Engine::with(|config| {
        config.proxy = Some(proxy.url(""));
        config.refuse_addresses = FERRY_REFUSE_NON_PUBLIC;
    });
    let folder = Folder::new();
    engine.download("http://example.test/bytes/5").to(&folder.path("d")).run();
    let request = proxy.requests().pop().unwrap();
    assert!(request.target.contains("example.test/bytes/5"), "{}", request.target);
    assert_eq!(request.header("Host"), Some("example.test"));
    // Addresses in the URL are refused though the proxy would connect.
    let (errno, words) = NOT_LISTED;
    engine.download("http://10.0.0.1/").to(&folder.path("d")).run().failed(errno, words);
    assert_eq!(proxy.requests().len(), 1);
}
