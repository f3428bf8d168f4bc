//! The real clock and the real randomness.

use rand::Rng;
use rustix::time::{ClockId, clock_gettime};

use crate::domain::time::{Environment, Timestamp};

/// Time and randomness of this machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct RealEnvironment;

impl Environment for RealEnvironment {
    fn now(&self) -> Timestamp {
        let now = clock_gettime(ClockId::Realtime);
        Timestamp::from_ms(now.tv_sec * 1_000 + now.tv_nsec / 1_000_000)
    }

    fn uptime_ms(&self) -> u64 {
        // Counts on while the machine is suspended, unlike the monotonic clock.
        let up = clock_gettime(ClockId::Boottime);
        u64::try_from(up.tv_sec * 1_000 + up.tv_nsec / 1_000_000).unwrap_or(0)
    }

    fn fill_random(&self, bytes: &mut [u8]) {
        // The thread's own generator, seeded by the operating system: every gate check draws an identifier from it.
        rand::rng().fill_bytes(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clocks_run_and_the_randomness_differs() {
        let environment = RealEnvironment;
        let written = Timestamp::from_ms(1_700_000_000_000);
        assert!(environment.now() > written);
        let before = environment.uptime_ms();
        assert!(before > 0 && environment.uptime_ms() >= before);
        let (mut a, mut b) = ([0; 32], [0; 32]);
        environment.fill_random(&mut a);
        environment.fill_random(&mut b);
        assert_ne!(a, b);
    }
}
