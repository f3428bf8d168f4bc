//! Time stands still until a story moves it. Uptime runs by itself, as freshness is about real waiting, and can be pushed.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use portcullis::domain::time::{Environment, Timestamp};
use portcullis::environment::RealEnvironment;

/// The clock of a story.
pub struct TestClock {
    now_ms: AtomicI64,
    pushed_ms: AtomicU64,
}

impl TestClock {
    pub fn at(moment: &str) -> Self {
        let moment: Timestamp = moment.parse().expect("a moment");
        Self {
            now_ms: AtomicI64::new(moment.as_ms()),
            pushed_ms: AtomicU64::new(0),
        }
    }

    /// Moves the wall clock.
    pub fn advance(&self, ms: i64) {
        self.now_ms.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Environment for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.now_ms.load(Ordering::SeqCst))
    }

    fn uptime_ms(&self) -> u64 {
        RealEnvironment.uptime_ms() + self.pushed_ms.load(Ordering::SeqCst)
    }

    fn fill_random(&self, bytes: &mut [u8]) {
        RealEnvironment.fill_random(bytes);
    }
}
