//! HTTP/2 by hyper, one small runtime per connection, and the hand-over to our HTTP/1.1 for
//! clients that did not ask for it. A selection of the routes, the same as over HTTP/1.1.

mod body;

use std::future::poll_fn;
use std::io;
use std::net::TcpStream;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::{Body as _, Bytes, Incoming};
use hyper::header::{HeaderName, HeaderValue};
use hyper::server::conn::http2::Builder;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::ServerConfig;
use serde_json::json;
use tokio_rustls::TlsAcceptor;

use self::body::{fill, send_pattern, stream, text, Body, Settle, Source};
use crate::conn::Conn;
use crate::exchange::size;
use crate::head::Head;
use crate::pattern::Filler;
use crate::receipt::Receipt;
use crate::routes::{default_target, is_redirect, stats};
use crate::state::{Outcome, Recorded, Shared};

const STREAM_WINDOW: u32 = 4 << 20;
const CONNECTION_WINDOW: u32 = 16 << 20;
const FRAME: u32 = 64 * 1024;
/// How often a held stream looks at its gate.
const LOOK: Duration = Duration::from_millis(5);

/// Shakes hands. HTTP/2 is served here to its end; for HTTP/1.1 the connection is handed back.
pub(crate) fn open(
    id: u64,
    socket: Arc<TcpStream>,
    config: Arc<ServerConfig>,
    shared: Arc<Shared>,
) -> io::Result<Option<Conn>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let own = socket.try_clone()?;
    own.set_nonblocking(true)?;
    let peer_port = socket.peer_addr()?.port();
    let session = runtime.block_on(async {
        let stream = tokio::net::TcpStream::from_std(own)?;
        let stream = TlsAcceptor::from(config).accept(stream).await?;
        if stream.get_ref().1.alpn_protocol() != Some(b"h2") {
            return io::Result::Ok(Some(stream.into_inner().1));
        }
        let service = service_fn(|request| {
            let connection = Connection { shared: shared.clone(), id, peer_port };
            answer(request, connection)
        });
        // It ends with an error when the client or a test breaks it off.
        let _ = Builder::new(TokioExecutor::new())
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_frame_size(FRAME)
            .max_send_buf_size(1 << 20)
            .serve_connection(TokioIo::new(stream), service)
            .await;
        Ok(None)
    })?;
    let Some(session) = session else {
        return Ok(None);
    };
    // The mode belongs to the socket, not to the clone that the runtime had.
    socket.set_nonblocking(false)?;
    Ok(Some(Conn::secured(id, socket, session, shared)))
}

struct Connection {
    shared: Arc<Shared>,
    id: u64,
    peer_port: u16,
}

async fn answer(request: Request<Incoming>, on: Connection) -> io::Result<Response<Body>> {
    let (parts, mut incoming) = request.into_parts();
    let mut headers: Vec<(String, String)> = parts
        .headers
        .iter()
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.to_string(), value)
        })
        .collect();
    if let Some(authority) = parts.uri.authority() {
        headers.insert(0, (":authority".to_owned(), authority.to_string()));
    }
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    let head = Head::new(parts.method.as_str(), target, headers, true).map_err(io::Error::other)?;
    let id = on.shared.request(Recorded {
        id: 0,
        connection: on.id,
        peer_port: on.peer_port,
        version: "HTTP/2",
        method: head.method.clone(),
        target: head.target.clone(),
        headers: head.headers.clone(),
        body_length: 0,
        body_start: Vec::new(),
        body_complete: false,
        outcome: Outcome::Running,
    });
    let mut ex = Exchange {
        settle: Settle { shared: on.shared.clone(), request: id, outcome: Outcome::Lost },
        head,
        connection: on.id,
    };

    let mut receipt = match ex.head.path.starts_with("/upload") || ex.head.path.starts_with("/echo") {
        true => Some(Receipt::new(&ex.head)),
        false => None,
    };
    let mut length = 0;
    while let Some(frame) = poll_fn(|context| Pin::new(&mut incoming).poll_frame(context)).await {
        let Ok(data) = frame.map_err(io::Error::other)?.into_data() else {
            continue;
        };
        length += data.len() as u64;
        on.shared.body_received(id, &data);
        if let Some(receipt) = &mut receipt {
            receipt.feed(&data);
        }
    }
    on.shared.body_complete(id);
    if let Some(receipt) = receipt {
        let (status, answer) = receipt.finish(&ex.head, ex.connection);
        return ex.json(status, &answer);
    }
    match route(&mut ex, length).await {
        Ok(Plan { status, headers, source }) => ex.respond(status, headers, source),
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => {
            ex.respond(400, Vec::new(), text(&error.to_string()))
        }
        Err(error) => Err(error),
    }
}

struct Exchange {
    settle: Settle,
    head: Head,
    connection: u64,
}

struct Plan {
    status: u16,
    headers: Vec<(&'static str, String)>,
    source: Source,
}

impl Plan {
    fn new(status: u16, source: Source) -> Plan {
        Plan { status, headers: Vec::new(), source }
    }
}

async fn route(ex: &mut Exchange, length: u64) -> io::Result<Plan> {
    let path = ex.head.path.clone();
    let words: Vec<&str> = path.split('/').skip(1).collect();
    Ok(match words[..] {
        ["sink"] => Plan::new(200, text(&json!({ "bodyLength": length }).to_string())),
        ["bytes", count] => Plan::new(200, fill(Filler::Pattern, size(count)?)),
        ["zeros", count] => Plan::new(200, fill(Filler::Zeros, size(count)?)),
        ["status", status] => {
            let status = size(status)? as u16;
            Plan::new(status, text(&format!("status {status}\n")))
        }
        ["redirect", status] => {
            let status = size(status)? as u16;
            if !is_redirect(status) {
                return Err(crate::exchange::bad_parameter("not a redirect"));
            }
            let to = ex.head.param("to");
            let mut plan = Plan::new(status, text(""));
            let to = to.unwrap_or_else(|| default_target(status).to_owned());
            plan.headers.push(("location", to));
            plan
        }
        ["delay"] => {
            let before = ex.head.number("headers").unwrap_or(0);
            tokio::time::sleep(Duration::from_millis(before)).await;
            let between = Duration::from_millis(ex.head.number("body").unwrap_or(0));
            let piece = Bytes::from_static(b"delayed\n");
            let (sender, source) = stream(piece.len() as u64);
            tokio::spawn(async move {
                tokio::time::sleep(between).await;
                let _ = sender.send(Ok(piece)).await;
            });
            Plan::new(200, source)
        }
        ["gate", name] => {
            let count = ex.head.number("size").unwrap_or(1024);
            let hold = ex.head.param("hold").unwrap_or_default();
            match hold.as_str() {
                "" | "request" | "headers" => {
                    let gate = Gate::new(ex, name);
                    gate.wait(|| false).await;
                    Plan::new(200, fill(Filler::Pattern, count))
                }
                "body" => Plan::new(200, held(Gate::new(ex, name), 0, count)),
                part => Plan::new(200, held(Gate::new(ex, name), size(part)?, count)),
            }
        }
        ["never"] => {
            let name = ex.head.param("gate");
            let gate = Gate::new(ex, name.as_deref().unwrap_or("never"));
            gate.wait(|| false).await;
            ex.settle.outcome = Outcome::Dropped;
            return Err(io::Error::other("never, as asked"));
        }
        ["stall-after", part, "of", whole] => {
            let name = ex.head.param("gate");
            let gate = Gate::new(ex, name.as_deref().unwrap_or("stall"));
            Plan::new(200, held(gate, size(part)?, size(whole)?))
        }
        ["drop-after" | "reset-after", part, "of", whole] => {
            let (part, whole) = (size(part)?, size(whole)?);
            let (sender, source) = stream(whole);
            tokio::spawn(async move {
                if send_pattern(&sender, 0, part).await {
                    // A reset throws away what is still queued; an idle runtime has sent it.
                    tokio::time::sleep(LOOK).await;
                    let _ = sender.send(Err(io::Error::other("cut, as asked"))).await;
                }
            });
            Plan::new(200, source)
        }
        ["stats"] => Plan::new(200, text(&stats(&ex.settle.shared.lock()).to_string())),
        _ => Plan::new(404, text("no such route over HTTP/2\n")),
    })
}

/// A place at a gate; leaving it, by whatever way, is counted.
struct Gate {
    shared: Arc<Shared>,
    name: String,
}

impl Gate {
    fn new(ex: &Exchange, name: &str) -> Gate {
        let shared = ex.settle.shared.clone();
        shared.count_at_gate(name, 1);
        let name = name.to_owned();
        Gate { shared, name }
    }

    async fn wait(&self, given_up: impl Fn() -> bool) {
        while !given_up() && !self.shared.try_gate(&self.name) {
            tokio::time::sleep(LOOK).await;
        }
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.shared.count_at_gate(&self.name, -1);
    }
}

/// A body that stops at its gate after `part` bytes.
fn held(gate: Gate, part: u64, whole: u64) -> Source {
    let (sender, source) = stream(whole);
    tokio::spawn(async move {
        if send_pattern(&sender, 0, part.min(whole)).await {
            gate.wait(|| sender.is_closed()).await;
            drop(gate);
            send_pattern(&sender, part.min(whole), whole).await;
        }
    });
    source
}

impl Exchange {
    fn json(self, status: u16, value: &serde_json::Value) -> io::Result<Response<Body>> {
        let headers = vec![("content-type", "application/json".to_owned())];
        self.respond(status, headers, text(&value.to_string()))
    }

    fn respond(self, status: u16, headers: Vec<(&'static str, String)>, source: Source) -> io::Result<Response<Body>> {
        let status = self.head.number("status").map_or(status, |s| s as u16);
        let status = StatusCode::from_u16(status).map_err(io::Error::other)?;
        let source = match status.as_u16() {
            204 | 304 => text(""),
            _ if self.head.method == "HEAD" => text(""),
            _ => source,
        };
        let set: Vec<String> = self.head.params("set").collect();
        let kind = self.head.param("type").map(|t| format!("content-type: {t}"));
        let lines = headers.iter().map(|(name, value)| (*name, value.as_str()));
        let asked = kind.iter().chain(&set).filter_map(|line| line.split_once(':'));
        let mut body = Body { source, settle: self.settle };
        if body.left() == 0 {
            body.settle.outcome = Outcome::Answered;
        }
        let mut response = Response::new(body);
        *response.status_mut() = status;
        for (name, value) in lines.chain(asked) {
            let name = HeaderName::from_bytes(name.trim().to_ascii_lowercase().as_bytes());
            let value = HeaderValue::from_bytes(value.trim().as_bytes());
            let (name, value) = (name.map_err(io::Error::other)?, value.map_err(io::Error::other)?);
            response.headers_mut().append(name, value);
        }
        Ok(response)
    }
}
