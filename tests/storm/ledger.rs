//! What was promised and what came: one record per task and per listener, checked as it happens and in the end.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::Arc;

use parking_lot::Mutex;

/// How far a task is in the order of its callbacks.
pub const QUIET: u32 = 0;
pub const SUCCEEDED: u32 = 1;
pub const FAILED: u32 = 2;
pub const COMPLETED: u32 = 3;
pub const GONE: u32 = 4;

/// One task.
pub struct Record {
    pub accepted: AtomicBool,
    stage: AtomicU32,
    inside: AtomicBool,
    /// Aborted inside a callback: nothing comes after that but the end.
    pub silenced: AtomicBool,
    headers: AtomicU32,
    percent: AtomicU32,
    pub errno: AtomicU32,
    destroyed: AtomicU32,
    listeners: Mutex<Vec<Arc<ListenerRecord>>>,
    ledger: Arc<Ledger>,
}

/// One added listener.
pub struct ListenerRecord {
    pub task: Arc<Record>,
    pub id: AtomicU64,
    pub accepted: AtomicBool,
    pub destroyed: AtomicU32,
}

#[derive(Default)]
pub struct Ledger {
    records: Mutex<Vec<Arc<Record>>>,
    violations: Mutex<Vec<String>>,
    pub aborted_in: [AtomicU64; 7],
    pub ended: AtomicU64,
}

/// What came of it all.
pub struct Summary {
    pub accepted: u64,
    pub refused: u64,
    pub succeeded: u64,
    pub errnos: std::collections::BTreeMap<u32, u64>,
    pub listeners: u64,
    pub aborted_in: [u64; 7],
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} accepted, {} refused by a closed engine", self.accepted, self.refused)?;
        writeln!(f, "{} succeeded, failed by errno: {:?}", self.succeeded, self.errnos)?;
        writeln!(f, "{} listeners", self.listeners)?;
        write!(f, "aborts by state (queued, connecting, sending, receiving, finishing, ended): {:?}", self.aborted_in)
    }
}

impl Ledger {
    pub fn record(self: &Arc<Self>) -> Arc<Record> {
        let record = Arc::new(Record {
            accepted: AtomicBool::new(false),
            stage: AtomicU32::new(QUIET),
            inside: AtomicBool::new(false),
            silenced: AtomicBool::new(false),
            headers: AtomicU32::new(0),
            percent: AtomicU32::new(0),
            errno: AtomicU32::new(0),
            destroyed: AtomicU32::new(0),
            listeners: Mutex::default(),
            ledger: self.clone(),
        });
        self.records.lock().push(record.clone());
        record
    }

    pub fn violation(&self, what: String) {
        let mut violations = self.violations.lock();
        if violations.len() < 20 {
            violations.push(what);
        }
    }

    /// Fails on whatever was not as promised.
    pub fn check(&self) -> Summary {
        let mut summary = Summary {
            accepted: 0,
            refused: 0,
            succeeded: 0,
            errnos: Default::default(),
            listeners: 0,
            aborted_in: std::array::from_fn(|state| self.aborted_in[state].load(Ordering::SeqCst)),
        };
        for record in self.records.lock().iter() {
            let (stage, destroyed) = (record.stage.load(Ordering::SeqCst), record.destroyed.load(Ordering::SeqCst));
            if record.accepted.load(Ordering::SeqCst) {
                summary.accepted += 1;
                if (stage, destroyed) != (GONE, 1) {
                    self.violation(format!("an accepted task is at stage {stage}, destroyed {destroyed} times"));
                }
                match record.errno.load(Ordering::SeqCst) {
                    0 => summary.succeeded += 1,
                    errno => *summary.errnos.entry(errno).or_default() += 1,
                }
            } else {
                summary.refused += 1;
                if (stage, destroyed) != (QUIET, 0) {
                    self.violation(format!("a refused task is at stage {stage}, destroyed {destroyed} times"));
                }
            }
            for listener in record.listeners.lock().iter() {
                summary.listeners += 1;
                let expected = u32::from(listener.accepted.load(Ordering::SeqCst));
                let destroyed = listener.destroyed.load(Ordering::SeqCst);
                if destroyed != expected {
                    self.violation(format!("a listener was destroyed {destroyed} times and not {expected}"));
                }
            }
        }
        let violations = self.violations.lock();
        assert!(violations.is_empty(), "{summary}\n{violations:#?}");
        summary
    }
}

impl Record {
    pub fn listener(self: &Arc<Self>) -> Arc<ListenerRecord> {
        let listener = Arc::new(ListenerRecord {
            task: self.clone(),
            id: AtomicU64::new(0),
            accepted: AtomicBool::new(false),
            destroyed: AtomicU32::new(0),
        });
        self.listeners.lock().push(listener.clone());
        listener
    }

    pub fn violation(&self, what: String) {
        self.ledger.violation(what);
    }

    /// Runs a callback, none of which may overlap another of its task.
    pub fn callback(&self, name: &str, body: impl FnOnce()) {
        if self.inside.swap(true, Ordering::SeqCst) {
            self.violation(format!("{name} overlaps another callback of its task"));
        }
        body();
        self.inside.store(false, Ordering::SeqCst);
    }

    fn before_the_end(&self, name: &str) {
        let stage = self.stage.load(Ordering::SeqCst);
        if stage != QUIET {
            self.violation(format!("{name} at stage {stage}"));
        }
        if self.silenced.load(Ordering::SeqCst) {
            self.violation(format!("{name} after an abort inside a callback"));
        }
    }

    pub fn headers(&self) {
        self.before_the_end("headers");
        if self.headers.fetch_add(1, Ordering::SeqCst) != 0 {
            self.violation("headers twice".into());
        }
    }

    pub fn listener_told(&self) {
        self.before_the_end("a listener");
    }

    pub fn progress(&self, percent: u32) {
        self.before_the_end("progress");
        if self.percent.swap(percent, Ordering::SeqCst) > percent {
            self.violation(format!("progress fell to {percent}"));
        }
    }

    pub fn end(&self, stage: u32, errno: i32) {
        self.advance(QUIET, stage);
        self.errno.store(errno as u32, Ordering::SeqCst);
        if (stage == SUCCEEDED) != (errno == 0) {
            self.violation(format!("stage {stage} with errno {errno}"));
        }
        if stage == SUCCEEDED && (self.headers.load(Ordering::SeqCst), self.percent.load(Ordering::SeqCst)) != (1, 100)
        {
            self.violation("success without headers or without its last progress".into());
        }
    }

    pub fn complete(&self) {
        let stage = self.stage.swap(COMPLETED, Ordering::SeqCst);
        if stage != SUCCEEDED && stage != FAILED {
            self.violation(format!("complete at stage {stage}"));
        }
    }

    pub fn destroy(&self) {
        self.advance(COMPLETED, GONE);
        self.destroyed.fetch_add(1, Ordering::SeqCst);
        self.ledger.ended.fetch_add(1, Ordering::SeqCst);
    }

    fn advance(&self, from: u32, to: u32) {
        let stage = self.stage.swap(to, Ordering::SeqCst);
        if stage != from {
            self.violation(format!("from stage {stage} to {to}"));
        }
    }
}
