//! The host's log: off unless asked for, and silent about what is private below debug.

use std::fmt;

/// How much a line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u32)]
pub enum Level {
    Error = 1,
    Warn = 2,
    Info = 3,
    Debug = 4,
}

/// Takes a line.
pub type Sink = Box<dyn Fn(Level, &str) + Send + Sync>;

/// Where lines go, and from which level on.
pub struct Log {
    sink: Option<Sink>,
    /// 0 is off.
    level: u32,
}

impl Log {
    pub fn new(sink: Option<Sink>, level: u32) -> Log {
        Log { sink, level }
    }

    /// Whether lines of this level are wanted: ask before making a costly one.
    pub fn wants(&self, level: Level) -> bool {
        self.sink.is_some() && level as u32 <= self.level
    }

    pub fn line(&self, level: Level, text: fmt::Arguments<'_>) {
        if let (true, Some(sink)) = (self.wants(level), &self.sink) {
            sink(level, &text.to_string());
        }
    }

    pub fn error(&self, text: fmt::Arguments<'_>) {
        self.line(Level::Error, text);
    }

    pub fn warn(&self, text: fmt::Arguments<'_>) {
        self.line(Level::Warn, text);
    }

    pub fn info(&self, text: fmt::Arguments<'_>) {
        self.line(Level::Info, text);
    }

    pub fn debug(&self, text: fmt::Arguments<'_>) {
        self.line(Level::Debug, text);
    }
}
