//! What the server knows about its connections and requests, and the waiting on it.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::event::{poll, PollFd, PollFlags, Timespec};

/// How often a held response looks whether its client is still there.
const LOOK: Duration = Duration::from_millis(20);
const BODY_START: usize = 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Not finished yet.
    Running,
    /// The whole response was handed to the kernel.
    Answered,
    /// The route ended the exchange on purpose without a whole response.
    Dropped,
    /// The client went away, or sent something that is not HTTP.
    Lost,
}

/// A request as it arrived. Header values that are not UTF-8 are kept with replacement characters.
#[derive(Clone, Debug)]
pub struct Recorded {
    pub id: u64,
    pub connection: u64,
    pub peer_port: u16,
    pub version: &'static str,
    pub method: String,
    pub target: String,
    pub headers: Vec<(String, String)>,
    /// Body bytes read so far, chunk framing not counted.
    pub body_length: u64,
    /// The first KiB of the body.
    pub body_start: Vec<u8>,
    pub body_complete: bool,
    pub outcome: Outcome,
}

impl Recorded {
    /// The first header of that name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers_named(name).first().copied()
    }

    /// All values of the headers of that name, in any case.
    pub fn headers_named(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str()).collect()
    }

    /// The target without its query.
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }
}

#[derive(Clone, Debug, Default)]
struct Gate {
    open: bool,
    /// How many may still go through while it is shut.
    passes: u64,
    waiting: usize,
}

/// Counters and records; seen by the closure of [`crate::Server::wait_for`].
#[derive(Clone, Debug, Default)]
pub struct State {
    pub connections_accepted: u64,
    pub connections_open: u64,
    pub handshakes_failed: u64,
    /// Requests whose headers have arrived.
    pub requests_received: u64,
    pub requests_answered: u64,
    pub requests_dropped: u64,
    pub requests_lost: u64,
    pub body_bytes_received: u64,
    pub body_bytes_sent: u64,
    records: VecDeque<Recorded>,
    pub(crate) record_limit: usize,
    gates: HashMap<String, Gate>,
    pub(crate) accepting: bool,
    pub(crate) stopping: bool,
    pub(crate) quit: bool,
}

impl State {
    /// The recorded requests, oldest first.
    pub fn requests(&self) -> impl DoubleEndedIterator<Item = &Recorded> {
        self.records.iter()
    }

    /// How many recorded requests had this path.
    pub fn seen(&self, path: &str) -> usize {
        self.records.iter().filter(|r| r.path() == path).count()
    }

    /// How many exchanges stand before this gate now.
    pub fn waiting_at(&self, gate: &str) -> usize {
        self.gates.get(gate).map_or(0, |gate| gate.waiting)
    }

    pub(crate) fn gate(&mut self, name: &str) -> GateRef<'_> {
        GateRef(self.gates.entry(name.to_owned()).or_default())
    }

    fn record_mut(&mut self, id: u64) -> Option<&mut Recorded> {
        let first = self.records.front()?.id;
        self.records.get_mut(id.checked_sub(first)? as usize)
    }

    pub(crate) fn clear_records(&mut self) {
        // Running ones stay: their body lengths and outcomes are still to come.
        while self.records.front().is_some_and(|r| r.outcome != Outcome::Running) {
            self.records.pop_front();
        }
    }
}

pub(crate) struct GateRef<'a>(&'a mut Gate);

impl GateRef<'_> {
    pub fn open(self) {
        self.0.open = true;
    }

    pub fn close(self) {
        self.0.open = false;
        self.0.passes = 0;
    }

    pub fn pass(self, count: u64) {
        self.0.passes += count;
    }

    fn try_pass(self) -> bool {
        if self.0.open {
            return true;
        }
        if self.0.passes > 0 {
            self.0.passes -= 1;
            return true;
        }
        false
    }
}

/// The state behind its lock, with the condition that every change is told to.
pub(crate) struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    /// Threads that wait for `changed`: telling it to nobody is a system call all the same.
    waiting: AtomicUsize,
    /// The server was told to quit, to stop, or to accept.
    turned: Condvar,
    sockets: Mutex<HashMap<u64, Arc<TcpStream>>>,
}

impl Shared {
    pub fn new(record_limit: usize, accepting: bool) -> Self {
        Shared {
            state: Mutex::new(State { record_limit, accepting, ..State::default() }),
            changed: Condvar::new(),
            waiting: AtomicUsize::new(0),
            turned: Condvar::new(),
            sockets: Mutex::default(),
        }
    }

    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn update<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.lock();
        let before = (state.quit, state.stopping, state.accepting);
        let result = change(&mut state);
        let turned = before != (state.quit, state.stopping, state.accepting);
        drop(state);
        if self.waiting.load(Ordering::SeqCst) > 0 {
            self.changed.notify_all();
        }
        if turned {
            self.turned.notify_all();
        }
        result
    }

    /// Waits until `ready` or for `patience`; tells which.
    pub fn wait(&self, patience: Duration, mut ready: impl FnMut(&State) -> bool) -> bool {
        let state = self.lock();
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let (_state, timeout) = self
            .changed
            .wait_timeout_while(state, patience, |state| !ready(state))
            .unwrap_or_else(PoisonError::into_inner);
        self.waiting.fetch_sub(1, Ordering::SeqCst);
        !timeout.timed_out()
    }

    /// Waits until the server is told to quit, to stop or to accept.
    pub fn wait_for_turn(&self, mut ready: impl FnMut(&State) -> bool) {
        let state = self.lock();
        drop(self.turned.wait_while(state, |state| !ready(state)).unwrap_or_else(PoisonError::into_inner));
    }

    pub fn connected(&self, socket: &Arc<TcpStream>) -> u64 {
        let id = self.update(|state| {
            state.connections_accepted += 1;
            state.connections_open += 1;
            state.connections_accepted
        });
        self.sockets().insert(id, socket.clone());
        id
    }

    pub fn disconnected(&self, id: u64) {
        self.sockets().remove(&id);
        self.update(|state| state.connections_open -= 1);
    }

    fn sockets(&self) -> MutexGuard<'_, HashMap<u64, Arc<TcpStream>>> {
        self.sockets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls `act` for the socket of every open connection.
    pub fn for_each_socket(&self, act: impl FnMut(&Arc<TcpStream>)) {
        self.sockets().values().for_each(act);
    }

    pub fn request(&self, mut request: Recorded) -> u64 {
        self.update(|state| {
            request.id = state.requests_received;
            state.requests_received += 1;
            let id = request.id;
            state.records.push_back(request);
            while state.records.len() > state.record_limit.max(1) {
                state.records.pop_front();
            }
            id
        })
    }

    pub fn body_received(&self, request: u64, bytes: &[u8]) {
        self.update(|state| {
            state.body_bytes_received += bytes.len() as u64;
            if let Some(record) = state.record_mut(request) {
                record.body_length += bytes.len() as u64;
                let room = BODY_START - record.body_start.len();
                record.body_start.extend_from_slice(&bytes[..bytes.len().min(room)]);
            }
        });
    }

    /// Bytes of the body that were thrown away unseen.
    pub fn body_skipped(&self, request: u64, bytes: u64) {
        self.update(|state| {
            state.body_bytes_received += bytes;
            if let Some(record) = state.record_mut(request) {
                record.body_length += bytes;
            }
        });
    }

    pub fn body_complete(&self, request: u64) {
        self.update(|state| {
            if let Some(record) = state.record_mut(request) {
                record.body_complete = true;
            }
        });
    }

    pub fn finished(&self, request: u64, outcome: Outcome) {
        self.update(|state| {
            match outcome {
                Outcome::Answered => state.requests_answered += 1,
                Outcome::Dropped => state.requests_dropped += 1,
                Outcome::Lost => state.requests_lost += 1,
                Outcome::Running => {}
            }
            if let Some(record) = state.record_mut(request) {
                record.outcome = outcome;
            }
        });
    }

    /// One try at a gate; used where waiting is not done on a thread of its own.
    pub fn try_gate(&self, name: &str) -> bool {
        self.update(|state| state.gate(name).try_pass())
    }

    pub fn count_at_gate(&self, name: &str, change: isize) {
        self.update(|state| {
            let gate = state.gate(name).0;
            gate.waiting = gate.waiting.saturating_add_signed(change);
        });
    }

    /// Blocks until the gate lets this exchange through. An error when the client leaves first.
    pub fn wait_at_gate(&self, socket: &TcpStream, name: &str) -> io::Result<()> {
        self.count_at_gate(name, 1);
        let result = self.hold(socket, None, |state| state.gate(name).try_pass());
        self.count_at_gate(name, -1);
        result
    }

    /// Blocks for `time`. An error when the client leaves first.
    pub fn pause(&self, socket: &TcpStream, time: Duration) -> io::Result<()> {
        self.hold(socket, Some(Instant::now() + time), |_| false)
    }

    fn hold(
        &self,
        socket: &TcpStream,
        until: Option<Instant>,
        mut free: impl FnMut(&mut State) -> bool,
    ) -> io::Result<()> {
        let mut state = self.lock();
        loop {
            if state.stopping {
                return Err(io::Error::other("the server stops"));
            }
            if free(&mut state) {
                return Ok(());
            }
            let now = Instant::now();
            let wait = match until {
                Some(end) if end <= now => return Ok(()),
                Some(end) => LOOK.min(end - now),
                None => LOOK,
            };
            self.waiting.fetch_add(1, Ordering::SeqCst);
            let (woken, _) = self.changed.wait_timeout(state, wait).unwrap_or_else(PoisonError::into_inner);
            self.waiting.fetch_sub(1, Ordering::SeqCst);
            drop(woken);
            if client_left(socket) {
                return Err(io::ErrorKind::ConnectionAborted.into());
            }
            state = self.lock();
        }
    }
}

/// True when the peer has closed or reset, also while bytes of it wait unread.
pub(crate) fn client_left(socket: &TcpStream) -> bool {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let closing = PollFlags::RDHUP | PollFlags::HUP | PollFlags::ERR;
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    let closing = PollFlags::HUP | PollFlags::ERR;
    let mut fds = [PollFd::new(socket, closing)];
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    matches!(poll(&mut fds, Some(&now)), Ok(n) if n > 0) && fds[0].revents().intersects(closing)
}

/// Makes the peer see a reset, now, whatever threads do with the socket.
pub(crate) fn reset(socket: &TcpStream) {
    let _ = socket2::SockRef::from(socket).set_linger(Some(Duration::ZERO));
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let _ = rustix::net::connect_unspec(socket);
    let _ = socket.shutdown(std::net::Shutdown::Both);
}
