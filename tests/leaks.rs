//! Nothing is left of a closed engine: no thread, no descriptor, no file. Alone in its file, because it counts what the
//! whole process has.

mod common;

use common::*;

#[test]
fn threads_descriptors_and_files_are_back_to_the_start() {
    let (plain, secure) = (Server::plain(), Server::start_tls(TlsKind::Good));
    let hole = BlackHole::start().unwrap();
    let (folder, temporary) = (Folder::new(), Folder::new());
    let file = folder.file("u", vec![1; 300_000]);
    let round = |pump: bool| {
        let engine = Engine::with(|config| {
            config.pump = pump;
            config.ca_pem = Some(secure.ca_pem().to_owned());
            config.temp_dir = Some(temporary.path(""));
            config.storage_root = (!pump).then(|| folder.path("root"));
            config.max_downloads = 6;
        });
        let file = if pump { file.clone() } else { engine.adopt_file(&file, FERRY_ADOPT_COPY).unwrap() };
        let mut tasks = Vec::new();
        for _ in 0..3 {
            for url in [
                plain.url("/bytes/10k"),
                secure.url("/bytes/10k"),
                plain.url("/never"),
                plain.url("/stall-after/10/of/1000"),
                plain.url("/drop-after/10/of/1000"),
                hole.url("/"),
                "http://no-such-host.invalid/".to_owned(),
                "nonsense".to_owned(),
            ] {
                tasks.push(engine.download(&url).start());
                tasks.push(engine.upload(&url, &file).start());
            }
        }
        plain.wait_for(|state| state.waiting_at("never") >= 1 && state.waiting_at("stall") >= 1);
        tasks[4].abort();
        drop(tasks);
        assert_eq!(engine.close(), FERRY_OK);
    };
    let before = descriptors();
    for _ in 0..5 {
        round(false);
        round(true);
        // The servers see the ends of their connections a moment later.
        eventually("descriptors as before", || descriptors() == before);
    }
    // A close in the middle of a name's look-up does not wait for libcurl's resolver threads; they end by themselves.
    eventually("no threads", || threads().is_empty());
    // Any other close does.
    let engine = Engine::new();
    engine.download(&plain.url_on("localhost", "/bytes/1")).run().ok(200);
    engine.download("http://no-such-host.invalid/").run().network_error("resolve");
    assert_eq!(engine.close(), FERRY_OK);
    assert_eq!(threads(), [""; 0]);
    assert!(folder.list().iter().all(|name| !name.contains("partial")), "{:?}", folder.list());
    let left: Vec<String> = temporary.list();
    assert!(left.iter().all(|name| std::fs::metadata(temporary.path(name)).unwrap().len() == 10 << 10), "{left:?}");
}
