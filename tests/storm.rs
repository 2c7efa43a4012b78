//! The lifecycle storm: thousands of tasks through the C ABI, aborted in every state, listened to, retained, released
//! and closed under, from all sides at once. Afterwards everything that began has ended exactly once and nothing is left.
//! FERRY_STORM_SEED and FERRY_STORM_TASKS repeat or resize it. tests/storm/storm.c is the same in C.

#[path = "storm/host.rs"]
mod host;
#[path = "storm/ledger.rs"]
mod ledger;
#[path = "storm/weather.rs"]
mod weather;

use std::thread;
use std::time::{Duration, Instant};

use ferry_test_support::{BlackHole, Server};
use host::{Arena, Host};
use weather::{Rng, Targets};

const WORKERS: u64 = 4;
const ENGINES: usize = 4;

fn env(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is not a number")))
}

fn entries(folder: &str) -> usize {
    std::fs::read_dir(folder).map_or(0, Iterator::count)
}

/// Threads and descriptors of this process.
fn footprint() -> (usize, usize) {
    (entries("/proc/self/task"), entries("/proc/self/fd"))
}

#[test]
#[cfg(target_os = "linux")]
fn every_task_ends_once_and_nothing_is_left() {
    let seed = env("FERRY_STORM_SEED").unwrap_or_else(|| {
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(1, |now| now.subsec_nanos().into())
    });
    let tasks = env("FERRY_STORM_TASKS").unwrap_or(20_000);
    println!("FERRY_STORM_SEED={seed} FERRY_STORM_TASKS={tasks}");

    let folder = tempfile::tempdir().unwrap();
    let downloads = folder.path().join("downloads");
    std::fs::create_dir(&downloads).unwrap();
    // What a process opens once and keeps is opened before it is counted.
    host::warm_up(&downloads);
    let before = footprint();

    let server = Server::plain();
    let black_hole = BlackHole::start().unwrap();
    let targets = Targets::new(&server, &black_hole, folder.path());
    let host = Host::new(targets, &downloads, tasks);
    let arena = Arena::new(&host, ENGINES);
    thread::scope(|scope| {
        let (host, arena) = (&host, &arena);
        for slot in 0..ENGINES {
            scope.spawn(move || arena.pump(slot, Rng::new(seed ^ (0xabc + slot as u64))));
        }
        thread::scope(|scope| {
            for worker in 1..WORKERS {
                scope.spawn(move || weather::blow(host, arena, Rng::new(seed ^ worker)));
            }
            weather::blow(host, arena, Rng::new(seed));
        });
        // The last engines close with whatever is still on its way.
        arena.end();
    });
    host.let_go_of_all();
    host.wait_until_engines_are_gone();
    drop(server);
    drop(black_hole);

    let summary = host.ledger.check();
    println!("{summary}");
    assert_eq!(summary.accepted, tasks, "each start was accepted by some engine");
    for (state, count) in summary.aborted_in.iter().enumerate().take(5) {
        assert!(*count > 0, "no task was aborted in state {state}");
    }

    let until = Instant::now() + Duration::from_secs(20);
    while footprint() != before && Instant::now() < until {
        thread::yield_now();
    }
    assert_eq!(footprint(), before, "threads and descriptors");
    let left: Vec<_> = std::fs::read_dir(&downloads).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.is_empty(), "files are left: {left:?}");
}
