//! Time stands still until a story moves it. Uptime runs by itself, as freshness is about real waiting; it can be stopped
//! and pushed.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use portcullis::domain::time::{Environment, Timestamp};
use portcullis::environment::RealEnvironment;

/// The clock of a story.
pub struct TestClock {
    now_ms: AtomicI64,
    /// Where uptime was stopped; 0 while it runs.
    stopped_ms: AtomicU64,
    pushed_ms: AtomicU64,
}

impl TestClock {
    pub fn at(moment: &str) -> Self {
        let moment: Timestamp = moment.parse().expect("a moment");
        Self {
            now_ms: AtomicI64::new(moment.as_ms()),
            stopped_ms: AtomicU64::new(0),
            pushed_ms: AtomicU64::new(0),
        }
    }

    /// Moves the wall clock.
    pub fn advance(&self, ms: i64) {
        self.now_ms.fetch_add(ms, Ordering::SeqCst);
    }

    /// Stops uptime: from here on only pushes move it.
    pub fn stop_uptime(&self) {
        self.stopped_ms
            .store(RealEnvironment.uptime_ms(), Ordering::SeqCst);
    }

    /// Moves uptime.
    pub fn push_uptime(&self, ms: u64) {
        self.pushed_ms.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Environment for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.now_ms.load(Ordering::SeqCst))
    }

    fn uptime_ms(&self) -> u64 {
        let uptime_ms = match self.stopped_ms.load(Ordering::SeqCst) {
            0 => RealEnvironment.uptime_ms(),
            stopped_ms => stopped_ms,
        };
        uptime_ms + self.pushed_ms.load(Ordering::SeqCst)
    }

    fn fill_random(&self, bytes: &mut [u8]) {
        RealEnvironment.fill_random(bytes);
    }
}
