//! A process that has no file descriptors left. Alone in its file: the limit is the whole process's.
#![cfg(unix)]

mod common;

use std::fs::File;

use common::*;

/// Takes every descriptor there is.
fn take_all() -> Vec<File> {
    let mut taken = Vec::new();
    while let Ok(file) = File::open("/dev/null") {
        taken.push(file);
    }
    taken
}

#[test]
fn an_engine_that_cannot_be_made_is_refused_and_one_that_is_goes_on() {
    let server = Server::plain();
    let folder = Folder::new();
    let few = libc::rlimit { rlim_cur: 256, rlim_max: 256 };
    // SAFETY: a plain call with a valid struct.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const few) }, 0);
    let threads_before = threads();

    let taken = take_all();
    for pump in [false, true] {
        let refused = Engine::try_new(&Config { pump, ..Config::default() });
        let (status, log) = refused.err().expect("no descriptor is left for libcurl");
        assert_eq!(status, FERRY_SYSTEM, "pump {pump}");
        assert!(!log.is_empty());
    }
    drop(taken);
    assert_eq!(threads(), threads_before);

    let engine = Engine::new();
    let taken = take_all();
    let outcome = engine.download(&server.url("/bytes/5")).to(&folder.path("a")).run();
    assert_ne!(outcome.errno, 0, "there was none for its file");
    drop(taken);
    engine.download(&server.url("/bytes/5")).to(&folder.path("a")).run().ok(200);
    assert_eq!(engine.close(), FERRY_OK);
}
