//! HTTP/2 by hyper, one small runtime per connection, and the hand-over to our HTTP/1.1 for
//! clients that did not ask for it. A selection of the routes, the same as over HTTP/1.1.

use std::future::poll_fn;
use std::io;
use std::net::TcpStream;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::{Body as _, Bytes, Frame, Incoming, SizeHint};
use hyper::header::{HeaderName, HeaderValue};
use hyper::server::conn::http2::Builder;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::ServerConfig;
use serde_json::json;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;

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
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
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
            let connection = Connection {
                shared: shared.clone(),
                id,
                peer_port,
            };
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

/// Settles the record when the exchange ends, whoever ends it.
struct Settle {
    shared: Arc<Shared>,
    request: u64,
    outcome: Outcome,
}

impl Drop for Settle {
    fn drop(&mut self) {
        self.shared.finished(self.request, self.outcome);
    }
}

enum Source {
    Text(Bytes),
    Fill {
        filler: Filler,
        at: u64,
        end: u64,
    },
    /// Comes piece by piece from a task that waits in between.
    Stream(mpsc::Receiver<io::Result<Bytes>>, u64),
}

struct Body {
    source: Source,
    settle: Settle,
}

impl Body {
    fn left(&self) -> u64 {
        match &self.source {
            Source::Text(text) => text.len() as u64,
            Source::Fill { at, end, .. } => end - at,
            Source::Stream(_, left) => *left,
        }
    }
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if self.left() == 0 {
            return Poll::Ready(None);
        }
        let piece = match &mut self.source {
            Source::Text(text) => std::mem::take(text),
            Source::Fill { filler, at, end } => {
                let slice = filler.slice(*at, *end - *at);
                *at += slice.len() as u64;
                Bytes::from_static(slice)
            }
            Source::Stream(pieces, left) => match pieces.poll_recv(context) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Some(Ok(piece))) => {
                    *left -= piece.len() as u64;
                    piece
                }
                Poll::Ready(Some(Err(error))) => {
                    self.settle.outcome = Outcome::Dropped;
                    return Poll::Ready(Some(Err(error)));
                }
                Poll::Ready(None) => {
                    return Poll::Ready(Some(Err(io::Error::other("the server stops"))))
                }
            },
        };
        if self.left() == 0 {
            self.settle.outcome = Outcome::Answered;
        }
        self.settle
            .shared
            .update(|state| state.body_bytes_sent += piece.len() as u64);
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.left() == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left())
    }
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
    let target = parts
        .uri
        .path_and_query()
        .map_or("/", |target| target.as_str());
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
        settle: Settle {
            shared: on.shared.clone(),
            request: id,
            outcome: Outcome::Lost,
        },
        head,
        connection: on.id,
    };

    let mut receipt = match ex.head.path.starts_with("/upload") || ex.head.path.starts_with("/echo")
    {
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
        Ok(Plan {
            status,
            headers,
            source,
        }) => ex.respond(status, headers, source),
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
        Plan {
            status,
            headers: Vec::new(),
            source,
        }
    }
}

fn text(text: &str) -> Source {
    Source::Text(Bytes::copy_from_slice(text.as_bytes()))
}

fn fill(filler: Filler, count: u64) -> Source {
    let (at, end) = (0, count);
    Source::Fill { filler, at, end }
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

fn stream(length: u64) -> (mpsc::Sender<io::Result<Bytes>>, Source) {
    let (sender, receiver) = mpsc::channel(1);
    (sender, Source::Stream(receiver, length))
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

async fn send_pattern(sender: &mpsc::Sender<io::Result<Bytes>>, from: u64, to: u64) -> bool {
    let mut at = from;
    while at < to {
        let piece = Filler::Pattern.slice(at, to - at);
        at += piece.len() as u64;
        if sender.send(Ok(Bytes::from_static(piece))).await.is_err() {
            return false;
        }
    }
    true
}

impl Exchange {
    fn json(self, status: u16, value: &serde_json::Value) -> io::Result<Response<Body>> {
        let headers = vec![("content-type", "application/json".to_owned())];
        self.respond(status, headers, text(&value.to_string()))
    }

    fn respond(
        mut self,
        status: u16,
        headers: Vec<(&'static str, String)>,
        source: Source,
    ) -> io::Result<Response<Body>> {
        let status = self.head.number("status").map_or(status, |s| s as u16);
        let status = StatusCode::from_u16(status).map_err(io::Error::other)?;
        let source = match status.as_u16() {
            204 | 304 => text(""),
            _ if self.head.method == "HEAD" => text(""),
            _ => source,
        };
        let set: Vec<String> = self.head.params("set").collect();
        let kind = self
            .head
            .param("type")
            .map(|t| format!("content-type: {t}"));
        let lines = headers.iter().map(|(name, value)| (*name, value.as_str()));
        let asked = kind
            .iter()
            .chain(&set)
            .filter_map(|line| line.split_once(':'));
        if let Source::Text(empty) = &source {
            if empty.is_empty() {
                self.settle.outcome = Outcome::Answered;
            }
        }
        let mut response = Response::new(Body {
            source,
            settle: self.settle,
        });
        *response.status_mut() = status;
        for (name, value) in lines.chain(asked) {
            let name = HeaderName::from_bytes(name.trim().to_ascii_lowercase().as_bytes());
            let value = HeaderValue::from_bytes(value.trim().as_bytes());
            let (name, value) = (
                name.map_err(io::Error::other)?,
                value.map_err(io::Error::other)?,
            );
            response.headers_mut().append(name, value);
        }
        Ok(response)
    }
}
