//! The round trip in the profile, over a path whose delay is known: a network namespace of its own with a link that
//! takes 50 ms each way. Needs Linux, root and a TUN device; says so where they are missing.

mod common;

use std::io::{BufRead, BufReader};
use std::net::{IpAddr, Ipv4Addr};
use std::process::{Child, Command, Stdio};

use common::Engine;
use ferry_test_support::{Config as ServerConfig, Server};

const INSIDE: &str = "FERRY_TEST_INSIDE_NAMESPACE";
const ONE_WAY_MS: u32 = 50;

/// Ends with its standard input.
struct Link(Child);

impl Drop for Link {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

fn start_link() -> Option<Link> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/delay_link.py");
    let mut child = Command::new("python3")
        .args([script, &ONE_WAY_MS.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .ok()?;
    let mut line = String::new();
    BufReader::new(child.stdout.take()?).read_line(&mut line).ok()?;
    let link = Link(child);
    (line.trim() == "ready").then_some(link)
}

#[test]
fn rtt_is_within_a_fifth_of_the_delay() {
    if std::env::var_os(INSIDE).is_none() {
        let inside = Command::new("unshare")
            .args(["--net", "--"])
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", "rtt_is_within_a_fifth_of_the_delay", "--nocapture"])
            .env(INSIDE, "1")
            .output();
        match inside {
            Ok(output) => {
                let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
                if text.contains("unshare failed") {
                    println!("skipped: no network namespace can be made here");
                    return;
                }
                print!("{text}");
                assert!(output.status.success(), "{text}");
            }
            Err(error) => println!("skipped: no network namespace can be made here: {error}"),
        }
        return;
    }
    let Some(_link) = start_link() else {
        println!("skipped: no TUN device can be made here");
        return;
    };
    let server =
        Server::start(ServerConfig { address: IpAddr::V4(Ipv4Addr::new(10, 99, 0, 1)), ..ServerConfig::default() });
    let url = format!("http://10.99.0.2:{}/bytes/100k", server.port());
    let engine = Engine::new();
    let round_trip = 2 * ONE_WAY_MS;
    // Each on a connection of its own. The machine can only make a round trip longer: the best of a few counts.
    let mut seen = Vec::new();
    for _ in 0..5 {
        let outcome = engine.download(&url).run();
        let profile = outcome.ok(200).profile.expect("a profile");
        server.close_connections();
        assert!(profile.rtt >= round_trip * 4 / 5, "{} ms is faster than the path", profile.rtt);
        assert!(profile.connect_end - profile.connect_start >= i64::from(round_trip) * 4 / 5);
        assert!(profile.response_start - profile.request_start >= i64::from(round_trip) * 4 / 5);
        seen.push(profile.rtt);
    }
    println!("round trips of {round_trip} ms, measured: {seen:?}");
    assert!(seen.iter().any(|&rtt| rtt <= round_trip * 6 / 5), "{seen:?}");
    let network = engine.network();
    assert!(network.transport_rtt >= round_trip * 4 / 5 && network.http_rtt >= round_trip * 4 / 5);
}
