//! Wall and monotonic time, read together.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// One reading of both clocks.
#[derive(Debug, Clone, Copy)]
pub struct Stamp {
    /// Milliseconds since the epoch.
    pub wall_ms: i64,
    pub mono: Instant,
}

impl Stamp {
    pub fn now() -> Stamp {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Stamp { wall_ms: i64::try_from(wall.as_millis()).unwrap_or(i64::MAX), mono: Instant::now() }
    }
}
