//! A host with very many open files: select(2) cannot tell descriptors from 1024 up, so nothing here may wait by it.

mod common;

use std::fs::File;

use common::*;
use rustix::process::{getrlimit, setrlimit, Resource};

/// The first descriptor that does not fit into an fd_set.
const BEYOND_SELECT: usize = 1024;

#[test]
fn files_are_carried_over_descriptors_beyond_those_of_select() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum.map_or(Some(4096), |most| Some(most.min(4096)));
    setrlimit(Resource::Nofile, limit).expect("leave to open more files");
    let server = Server::plain();
    let folder = Folder::new();
    let held: Vec<File> = (0..BEYOND_SELECT + 16).map(|_| File::open("/dev/null").unwrap()).collect();

    let engine = Engine::new();
    let path = folder.file("sent", pattern_bytes(200_000));
    for _ in 0..2 {
        // The second time over a connection that is kept.
        let download = engine.download(&server.url("/bytes/300k")).to(&folder.path("got")).run();
        assert_eq!(download.ok(200).data_length, 300 << 10);
        engine.upload(&server.url("/sink"), &path).run().ok(200);
    }
    drop(held);
}
