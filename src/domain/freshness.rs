//! How old a copy of the ledger may be and still say "permit". One rule for server nodes and gate agents alike.
//!
//! A copy's age is the time since it last confirmed the ledger's head; no news counts as confirmed. The idea that the
//! limit tightens with the security level is that of 33 CFR 101.525 (the US canceled card list); the figures are ours
//! and stricter.

use super::network::SecurityLevel;
use super::time::{HOUR_MS, MINUTE_MS};

/// No limit can be stricter than this, as a node confirms the head only a few times a second.
pub const LIMIT_MIN_MS: u64 = 2_000;

/// An answer from a copy older than this says so.
pub const REMARKABLE_AGE_MS: u64 = 2_000;

/// Past this age a copy no longer permits anything: 24 h, 4 h, 1 h for levels 1, 2, 3.
pub const fn hard_limit_ms(level: SecurityLevel) -> u64 {
    match level {
        SecurityLevel::One => 24 * HOUR_MS as u64,
        SecurityLevel::Two => 4 * HOUR_MS as u64,
        SecurityLevel::Three => HOUR_MS as u64,
    }
}

/// Past this age somebody must be woken: 4 h, 1 h, 15 min for levels 1, 2, 3.
pub const fn alarm_ms(level: SecurityLevel) -> u64 {
    match level {
        SecurityLevel::One => 4 * HOUR_MS as u64,
        SecurityLevel::Two => HOUR_MS as u64,
        SecurityLevel::Three => 15 * MINUTE_MS as u64,
    }
}

/// The limit in force: the strictest of the level's and what member, facility, gate and request ask for.
pub fn limit_ms(level: SecurityLevel, stricter: impl IntoIterator<Item = Option<u64>>) -> u64 {
    stricter
        .into_iter()
        .flatten()
        .fold(hard_limit_ms(level), u64::min)
        .max(LIMIT_MIN_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_can_only_become_stricter_and_not_below_two_seconds() {
        assert_eq!(limit_ms(SecurityLevel::One, []), 86_400_000);
        assert_eq!(
            limit_ms(SecurityLevel::Three, [Some(90_000_000)]),
            3_600_000
        );
        assert_eq!(
            limit_ms(SecurityLevel::Two, [None, Some(60_000), Some(5_000)]),
            5_000
        );
        assert_eq!(limit_ms(SecurityLevel::Two, [Some(1)]), LIMIT_MIN_MS);
        for level in [SecurityLevel::One, SecurityLevel::Two, SecurityLevel::Three] {
            assert!(alarm_ms(level) < hard_limit_ms(level));
        }
    }
}
