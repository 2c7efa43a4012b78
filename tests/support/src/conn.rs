//! One connection: its bytes in and out, and the loop over its requests.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;

use memchr::memmem;
#[cfg(any(target_os = "linux", target_os = "android"))]
use rustix::net::RecvFlags;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::exchange::{Exchange, Flow};
use crate::head::Head;
#[cfg(any(target_os = "linux", target_os = "android"))]
use crate::pattern::ZEROS;
use crate::reply::{Framing, Reply};
use crate::routes;
use crate::state::{reset, Outcome, Recorded, Shared};

/// Also the longest head that is read.
const INBOX: usize = 512 * 1024;
/// What rustls may hold before it asks us to wait.
const TLS_BUFFER: usize = 1 << 20;

/// A socket that several owners may look at while one reads and writes.
pub(crate) struct Socket(Arc<TcpStream>);

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        (&*self.0).read(buffer)
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (&*self.0).write(bytes)
    }

    fn write_vectored(&mut self, slices: &[io::IoSlice<'_>]) -> io::Result<usize> {
        (&*self.0).write_vectored(slices)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

enum Transport {
    Plain(Socket),
    Tls(Box<StreamOwned<ServerConnection, Socket>>),
}

pub(crate) struct Conn {
    pub id: u64,
    pub shared: Arc<Shared>,
    pub socket: Arc<TcpStream>,
    peer_port: u16,
    transport: Transport,
    inbox: Vec<u8>,
    start: usize,
    end: usize,
}

impl Conn {
    /// Takes over a connected socket; with TLS the handshake is done here.
    pub fn open(
        id: u64,
        socket: Arc<TcpStream>,
        tls: Option<Arc<ServerConfig>>,
        shared: Arc<Shared>,
    ) -> io::Result<Conn> {
        let Some(config) = tls else {
            let raw = Socket(socket.clone());
            return Ok(Conn::new(id, socket, Transport::Plain(raw), shared));
        };
        let mut session = ServerConnection::new(config).map_err(io::Error::other)?;
        let mut raw = Socket(socket.clone());
        while session.is_handshaking() {
            let (read, written) = session.complete_io(&mut raw)?;
            if read == 0 && written == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(Conn::secured(id, socket, session, shared))
    }

    /// Takes over a socket whose handshake is done.
    pub fn secured(id: u64, socket: Arc<TcpStream>, mut session: ServerConnection, shared: Arc<Shared>) -> Conn {
        session.set_buffer_limit(Some(TLS_BUFFER));
        let stream = StreamOwned::new(session, Socket(socket.clone()));
        Conn::new(id, socket, Transport::Tls(Box::new(stream)), shared)
    }

    fn new(id: u64, socket: Arc<TcpStream>, transport: Transport, shared: Arc<Shared>) -> Conn {
        Conn {
            id,
            shared,
            peer_port: socket.peer_addr().map_or(0, |peer| peer.port()),
            socket,
            transport,
            inbox: vec![0; INBOX],
            start: 0,
            end: 0,
        }
    }

    /// Serves requests until the connection ends.
    pub fn serve(mut self) {
        while let Ok(Some(head)) = self.read_head() {
            match self.answer(head) {
                Flow::KeepAlive => {}
                Flow::Close => return self.close(),
                Flow::Drop => return,
                Flow::Reset => return reset(&self.socket),
                Flow::CloseOnNext => {
                    if let Ok(Some(head)) = self.read_head() {
                        let id = self.record(&head);
                        self.shared.finished(id, Outcome::Dropped);
                    }
                    return;
                }
            }
        }
    }

    fn answer(&mut self, head: Head) -> Flow {
        let shared = self.shared.clone();
        let id = self.record(&head);
        let mut exchange = Exchange::new(self, head, id);
        let result = routes::dispatch(&mut exchange).and_then(|flow| {
            // Kept alive, the rest of an unread body must not be taken for a request.
            if flow == Flow::KeepAlive {
                exchange.drain()?;
            }
            Ok(flow)
        });
        let (flow, outcome) = match result {
            Ok(flow @ (Flow::Drop | Flow::Reset)) => (flow, Outcome::Dropped),
            Ok(flow) => (flow, Outcome::Answered),
            Err(error) => match error.kind() {
                io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => {
                    exchange.complain(&error.to_string());
                    (Flow::Close, Outcome::Lost)
                }
                _ => (Flow::Drop, Outcome::Lost),
            },
        };
        shared.finished(id, outcome);
        flow
    }

    fn record(&self, head: &Head) -> u64 {
        self.shared.request(Recorded {
            id: 0,
            connection: self.id,
            peer_port: self.peer_port,
            version: "HTTP/1.1",
            method: head.method.clone(),
            target: head.target.clone(),
            headers: head.headers.clone(),
            body_length: 0,
            body_start: Vec::new(),
            body_complete: false,
            outcome: Outcome::Running,
        })
    }

    /// None at the end of the connection between requests.
    fn read_head(&mut self) -> io::Result<Option<Head>> {
        let mut searched = 0;
        let end = loop {
            let got = &self.inbox[self.start..self.end];
            if let Some(at) = memmem::find(&got[searched..], b"\r\n\r\n") {
                break searched + at + 4;
            }
            searched = got.len().saturating_sub(3);
            if got.len() == INBOX {
                self.refuse(431, "the head is too long");
                return Ok(None);
            }
            if self.fill(usize::MAX)? == 0 {
                return Ok(None);
            }
        };
        let parsed = Head::parse(&self.inbox[self.start..self.start + end]);
        self.start += end;
        match parsed {
            Ok(head) => Ok(Some(head)),
            Err(why) => {
                self.shared.update(|state| state.requests_lost += 1);
                self.refuse(400, why);
                Ok(None)
            }
        }
    }

    fn refuse(&mut self, status: u16, why: &str) {
        let head = Reply::new(status).finish(Framing::Length(why.len() as u64), true);
        if self.write(&[&head, why.as_bytes()].concat()).is_ok() {
            self.close();
        }
    }

    /// Reads more into the inbox, at most `limit` bytes; 0 at the end.
    pub fn fill(&mut self, limit: usize) -> io::Result<usize> {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        } else if self.end == INBOX {
            self.inbox.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        let room = (INBOX - self.end).min(limit);
        let space = &mut self.inbox[self.end..self.end + room];
        let got = loop {
            let result = match &mut self.transport {
                Transport::Plain(socket) => socket.read(space),
                Transport::Tls(stream) => stream.read(space),
            };
            match result {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // A peer that leaves without close_notify.
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => break 0,
                other => break other?,
            }
        };
        self.end += got;
        Ok(got)
    }

    /// Throws away at most `limit` bytes that have not been read yet; None where that saves nothing, so that `fill`
    /// does as well. 0 at the end.
    pub fn skip(&mut self, limit: u64) -> io::Result<Option<u64>> {
        #[cfg(any(target_os = "linux", target_os = "android"))]
        if let (Transport::Plain(socket), 0) = (&self.transport, self.buffered()) {
            let room = usize::try_from(limit).unwrap_or(INBOX).min(INBOX);
            // TCP throws away what is cut off: the bytes are not copied.
            let (_, count) = rustix::net::recv(&*socket.0, &mut self.inbox[..room], RecvFlags::TRUNC)?;
            return Ok(Some(count as u64));
        }
        let _ = limit;
        Ok(None)
    }

    pub fn buffered(&self) -> usize {
        self.end - self.start
    }

    /// Hands out up to `limit` buffered bytes.
    pub fn take(&mut self, limit: usize) -> &[u8] {
        let count = self.buffered().min(limit);
        self.start += count;
        &self.inbox[self.start - count..self.start]
    }

    /// The `count` bytes that `take` handed out last.
    pub fn last(&self, count: u64) -> &[u8] {
        &self.inbox[self.start - count as usize..self.start]
    }

    /// One line without its CRLF.
    pub fn read_line(&mut self) -> io::Result<Vec<u8>> {
        loop {
            let got = &self.inbox[self.start..self.end];
            if let Some(at) = memchr::memchr(b'\n', got) {
                let line = got[..at].strip_suffix(b"\r").map(<[u8]>::to_vec);
                self.start += at + 1;
                return line.ok_or_else(|| invalid("a line ends without CR"));
            }
            if got.len() > 16 * 1024 {
                return Err(invalid("a line is too long"));
            }
            if self.fill(usize::MAX)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }

    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.transport {
            Transport::Plain(socket) => socket.write_all(bytes),
            Transport::Tls(stream) => {
                stream.write_all(bytes)?;
                stream.flush()
            }
        }
    }

    /// Writes zeros, at most `limit`, and says how many; None where that saves nothing, so that `write` does as well.
    pub fn write_zeros(&mut self, limit: u64) -> io::Result<Option<u64>> {
        #[cfg(any(target_os = "linux", target_os = "android"))]
        if let Transport::Plain(socket) = &self.transport {
            let count = usize::try_from(limit).unwrap_or(usize::MAX).min(ZEROS.len());
            // From a file in memory: its pages go to the socket as they are.
            let sent = rustix::fs::sendfile(&*socket.0, zeros_file()?, Some(&mut 0), count)?;
            return Ok(Some(sent as u64));
        }
        let _ = limit;
        Ok(None)
    }

    /// Ends our side, then reads on until the peer ends its own: closing with unread bytes would
    /// send a reset, which may overtake the response.
    fn close(&mut self) {
        if let Transport::Tls(stream) = &mut self.transport {
            stream.conn.send_close_notify();
            let _ = stream.flush();
        }
        let _ = self.socket.shutdown(Shutdown::Write);
        let mut socket = Socket(self.socket.clone());
        while matches!(socket.read(&mut self.inbox), Ok(n) if n > 0) {}
    }
}

/// As many zeros as `ZEROS` has.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn zeros_file() -> io::Result<&'static std::os::fd::OwnedFd> {
    static FILE: std::sync::OnceLock<std::os::fd::OwnedFd> = std::sync::OnceLock::new();
    if let Some(file) = FILE.get() {
        return Ok(file);
    }
    let file = rustix::fs::memfd_create("zeros", rustix::fs::MemfdFlags::CLOEXEC)?;
    let mut left = &ZEROS[..];
    while !left.is_empty() {
        left = &left[rustix::io::write(&file, left)?..];
    }
    Ok(FILE.get_or_init(|| file))
}

pub(crate) fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
