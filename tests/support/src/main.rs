//! The test server as a program.

use std::error::Error;
use std::io::{self, Read, Write};
use std::{env, fs, process, thread};

use ferry_test_support::{Config, Server, TlsKind};

const USAGE: &str = "usage: ferry-test-server [OPTIONS]
  --port N              listen on this port instead of a free one
  --tls                 TLS with a certificate by a CA made now
  --tls-kind KIND       TLS with something wrong: Expired, WrongHost, SelfSigned, UnknownCa, …
  --h2                  TLS that offers HTTP/2
  --ca-out FILE         write the CA's certificate there
  --port-file FILE      write the port number there
  --records N           keep the last N requests for /_requests (default 64)
  --quiet               do not print the address
  --until-stdin-closes  stop at the end of standard input
It prints one line, `listening URL`, and stops on SIGTERM or GET /_quit.";

#[derive(Default)]
struct Options {
    config: Config,
    ca_out: Option<String>,
    port_file: Option<String>,
    quiet: bool,
    until_stdin_closes: bool,
}

fn options(mut args: impl Iterator<Item = String>) -> Result<Options, String> {
    let mut options = Options::default();
    options.config.record_limit = 64;
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or(format!("{arg} needs a value"));
        match arg.as_str() {
            "--port" => options.config.port = number(&value()?)?,
            "--records" => options.config.record_limit = number(&value()?)?,
            "--tls" => options.config.tls = Some(TlsKind::Good),
            "--tls-kind" => {
                let name = value()?;
                let kind = TlsKind::ALL.into_iter().find(|kind| format!("{kind:?}").eq_ignore_ascii_case(&name));
                options.config.tls = Some(kind.ok_or(format!("no TLS kind {name}"))?);
            }
            "--h2" => options.config.http2 = true,
            "--ca-out" => options.ca_out = Some(value()?),
            "--port-file" => options.port_file = Some(value()?),
            "--quiet" => options.quiet = true,
            "--until-stdin-closes" => options.until_stdin_closes = true,
            _ => return Err(format!("unknown option {arg}")),
        }
    }
    Ok(options)
}

fn number<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("{text} is not a number"))
}

/// Whoever waits for the file must not see half of it.
fn write_whole(path: &str, text: &str) -> io::Result<()> {
    let half = format!("{path}.new");
    fs::write(&half, text)?;
    fs::rename(half, path)
}

fn run(options: Options) -> Result<(), Box<dyn Error>> {
    let server = Server::try_start(options.config)?;
    if let Some(path) = options.ca_out {
        write_whole(&path, server.ca_pem())?;
    }
    if let Some(path) = options.port_file {
        write_whole(&path, &format!("{}\n", server.port()))?;
    }
    if !options.quiet {
        let mut out = io::stdout().lock();
        writeln!(out, "listening {}", server.url(""))?;
        out.flush()?;
    }
    if options.until_stdin_closes {
        let quit = server.quitter();
        thread::spawn(move || {
            let _ = io::stdin().lock().read_to_end(&mut Vec::new());
            quit();
        });
    }
    server.wait_for_quit();
    Ok(())
}

fn main() {
    let options = options(env::args().skip(1)).unwrap_or_else(|problem| {
        eprintln!("{problem}\n{USAGE}");
        process::exit(2);
    });
    if let Err(error) = run(options) {
        eprintln!("ferry-test-server: {error}");
        process::exit(1);
    }
}
