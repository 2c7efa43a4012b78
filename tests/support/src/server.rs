//! The listener, its threads, and what tests hold in hand.

use std::collections::HashMap;
use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::event::{poll, PollFd, PollFlags};
use socket2::{Domain, Socket, Type};

use crate::config::Config;
use crate::conn::Conn;
use crate::http2;
use crate::routes;
use crate::state::{reset, Recorded, Shared, State};
use crate::tls::{self, Greeting, Identity, TlsKind};

/// How long a test waits for an event before it is called missing. Long, since only tests that
/// fail wait for it.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running server; dropping it ends it and joins its threads.
pub struct Server {
    shared: Arc<Shared>,
    address: SocketAddr,
    identity: Option<Identity>,
    /// Dropping it wakes the accepting thread.
    stop: Option<UnixStream>,
    accepting: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts to listen. Panics when it cannot: a test has nothing better to do.
    pub fn start(config: Config) -> Server {
        Server::try_start(config).unwrap_or_else(|error| panic!("test server: {error}"))
    }

    pub fn try_start(config: Config) -> io::Result<Server> {
        let listener = listen(&config)?;
        let address = listener.local_addr()?;
        let kind = match config.http2 {
            true => Some(config.tls.unwrap_or(TlsKind::Good)),
            false => config.tls,
        };
        let identity = kind.map(|kind| Identity::new(kind, config.http2));
        let shared = Arc::new(Shared::new(config.record_limit, config.accepting));
        let (stop, stopped) = UnixStream::pair()?;
        let acceptor = Acceptor {
            listener,
            stopped,
            shared: shared.clone(),
            manner: match &identity {
                None => Manner::Plain,
                Some(identity) => match (&identity.greeting, config.http2) {
                    (Greeting::Handshake(config), true) => Manner::Negotiated(config.clone()),
                    (Greeting::Handshake(config), false) => Manner::Tls(config.clone()),
                    (Greeting::Bytes(bytes), _) => Manner::Greeting(bytes.clone().into()),
                },
            },
            threads: HashMap::new(),
        };
        let accepting = thread::Builder::new().name("test-server".into()).spawn(move || acceptor.run())?;
        Ok(Server { shared, address, identity, stop: Some(stop), accepting: Some(accepting) })
    }

    /// Plain HTTP/1.1 on a free port.
    pub fn plain() -> Server {
        Server::start(Config::default())
    }

    pub fn start_tls(kind: TlsKind) -> Server {
        Server::start(Config::tls(kind))
    }

    /// HTTP/2 over TLS, with HTTP/1.1 for clients that do not ask for it.
    pub fn start_http2() -> Server {
        Server::start(Config::http2())
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    pub fn scheme(&self) -> &'static str {
        match self.identity {
            Some(_) => "https",
            None => "http",
        }
    }

    /// The URL of a path that begins with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme(), self.address)
    }

    /// The same with another name of this host, such as `localhost`.
    pub fn url_on(&self, host: &str, path: &str) -> String {
        format!("{}://{host}:{}{path}", self.scheme(), self.port())
    }

    /// The CA that signs the good certificates of all servers of this process.
    pub fn ca_pem(&self) -> &'static str {
        tls::ca_pem()
    }

    /// The pin of the server's key: base64 of the SHA-256 of its SubjectPublicKeyInfo.
    pub fn spki_sha256_base64(&self) -> &str {
        let identity = self.identity.as_ref().expect("a TLS server");
        &identity.spki_sha256
    }

    /// The requests recorded so far, oldest first.
    pub fn requests(&self) -> Vec<Recorded> {
        self.shared.lock().requests().cloned().collect()
    }

    /// The newest recorded request of this path.
    #[track_caller]
    pub fn last_request(&self, path: &str) -> Recorded {
        let state = self.shared.lock();
        let found = state.requests().rev().find(|r| r.path() == path).cloned();
        drop(state);
        found.unwrap_or_else(|| panic!("no request for {path} has come"))
    }

    /// Forgets the finished requests. Counters go on.
    pub fn forget_requests(&self) {
        self.shared.update(State::clear_records);
    }

    /// Reads the state once.
    pub fn state<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        read(&self.shared.lock())
    }

    /// Waits for an event. Panics when it has not come after half a minute.
    #[track_caller]
    pub fn wait_for(&self, ready: impl FnMut(&State) -> bool) {
        if !self.wait_up_to(PATIENCE, ready) {
            let state = self.shared.lock();
            let (stats, last) = (routes::stats(&state), state.requests().next_back().cloned());
            drop(state);
            panic!("the event did not come; stats: {stats}; last request: {last:#?}");
        }
    }

    /// Waits for an event, at most for `patience`; tells whether it came.
    pub fn wait_up_to(&self, patience: Duration, ready: impl FnMut(&State) -> bool) -> bool {
        self.shared.wait(patience, ready)
    }

    /// Waits until `GET /_quit`, or until what [`Server::quitter`] gave is called.
    pub fn wait_for_quit(&self) {
        self.shared.wait_for_turn(|state| state.quit);
    }

    /// Something that ends [`Server::wait_for_quit`] from another thread.
    pub fn quitter(&self) -> impl Fn() + Send + 'static {
        let shared = self.shared.clone();
        move || shared.update(|state| state.quit = true)
    }

    /// Lets everything through the gate, now and later.
    pub fn open_gate(&self, name: &str) {
        self.shared.update(|state| state.gate(name).open());
    }

    /// Lets `count` through, of those that wait or are to come.
    pub fn pass_gate(&self, name: &str, count: u64) {
        self.shared.update(|state| state.gate(name).pass(count));
    }

    pub fn close_gate(&self, name: &str) {
        self.shared.update(|state| state.gate(name).close());
    }

    /// Sends a reset on every open connection.
    pub fn reset_connections(&self) {
        self.shared.for_each_socket(|socket| reset(socket));
    }

    /// Closes every open connection.
    pub fn close_connections(&self) {
        self.shared.for_each_socket(|socket| {
            let _ = socket.shutdown(Shutdown::Both);
        });
    }

    /// From now on, connections wait in the kernel's queue.
    pub fn stop_accepting(&self) {
        self.shared.update(|state| state.accepting = false);
    }

    pub fn accept_again(&self) {
        self.shared.update(|state| state.accepting = true);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.update(|state| state.stopping = true);
        self.stop = None;
        if let Some(thread) = self.accepting.take() {
            // A panic of it has been printed already.
            let _ = thread.join();
        }
    }
}

fn listen(config: &Config) -> io::Result<TcpListener> {
    let address = SocketAddr::new(config.address, config.port);
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    // Connections inherit these, and the window is settled when they begin.
    if let Some(size) = config.receive_buffer {
        socket.set_recv_buffer_size(size)?;
    }
    if let Some(size) = config.send_buffer {
        socket.set_send_buffer_size(size)?;
    }
    socket.bind(&address.into())?;
    socket.listen(config.backlog)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

#[derive(Clone)]
enum Manner {
    Plain,
    Tls(Arc<rustls::ServerConfig>),
    Negotiated(Arc<rustls::ServerConfig>),
    Greeting(Arc<[u8]>),
}

struct Acceptor {
    listener: TcpListener,
    stopped: UnixStream,
    shared: Arc<Shared>,
    manner: Manner,
    threads: HashMap<u64, JoinHandle<()>>,
}

impl Acceptor {
    fn run(mut self) {
        loop {
            self.shared.wait_for_turn(|state| state.accepting || state.stopping);
            let mut fds = [PollFd::new(&self.listener, PollFlags::IN), PollFd::new(&self.stopped, PollFlags::IN)];
            if poll(&mut fds, None).is_err() {
                continue;
            }
            let state = self.shared.lock();
            if state.stopping {
                break;
            }
            // Looked at again under the lock: nothing is accepted after stop_accepting returned.
            let accepted = match state.accepting {
                true => self.listener.accept(),
                false => continue,
            };
            drop(state);
            match accepted {
                Ok((socket, _)) => self.welcome(socket),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                // Out of descriptors: give the connections time to end.
                Err(_) => thread::sleep(Duration::from_millis(10)),
            }
        }
        self.shared.for_each_socket(|socket| {
            let _ = socket.shutdown(Shutdown::Both);
        });
        for (_, thread) in self.threads.drain() {
            let _ = thread.join();
        }
    }

    fn welcome(&mut self, socket: TcpStream) {
        self.threads.retain(|_, thread| !thread.is_finished());
        let ready = socket.set_nonblocking(false).and_then(|()| socket.set_nodelay(true));
        if ready.is_err() {
            return;
        }
        let socket = Arc::new(socket);
        let id = self.shared.connected(&socket);
        let (shared, manner) = (self.shared.clone(), self.manner.clone());
        let thread = thread::Builder::new().name(format!("test-conn-{id}")).spawn(move || {
            // Counted as closed only when the descriptor is: the socket goes first.
            let _open = Open { shared: &shared, id };
            serve(id, socket, manner, &shared);
        });
        match thread {
            Ok(thread) => {
                self.threads.insert(id, thread);
            }
            Err(_) => self.shared.disconnected(id),
        }
    }
}

struct Open<'a> {
    shared: &'a Shared,
    id: u64,
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.shared.disconnected(self.id);
    }
}

fn serve(id: u64, socket: Arc<TcpStream>, manner: Manner, shared: &Arc<Shared>) {
    let opened = match manner {
        Manner::Plain => Conn::open(id, socket, None, shared.clone()).map(Some),
        Manner::Tls(config) => Conn::open(id, socket, Some(config), shared.clone()).map(Some),
        Manner::Negotiated(config) => http2::open(id, socket, config, shared.clone()),
        Manner::Greeting(bytes) => tls::greet(&socket, &bytes).map(|()| None),
    };
    match opened {
        Ok(Some(conn)) => conn.serve(),
        Ok(None) => {}
        Err(_) => shared.update(|state| state.handshakes_failed += 1),
    }
}
