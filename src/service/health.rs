//! How a node is: what `/readyz` says of it, and when somebody must be woken. The follower notes what it sees at its polls,
//! so that who asks pays for nothing and waits for no database.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::domain::freshness::{LIMIT_MIN_MS, alarm_ms, hard_limit_ms};
use crate::domain::network::SecurityLevel;
use crate::index::Index;
use crate::index::places::Places;
use crate::store::StoreError;

/// A database that was heard of within this time answers. The follower asks several times in it.
const HEARD_MS: u64 = 2_000;

/// What the follower saw last.
pub struct Health {
    /// Uptime in milliseconds at which the database last answered, whatever it said.
    answered_uptime_ms: AtomicU64,
    /// Whether the schema was this program's.
    schema: AtomicBool,
    /// Whether the copy was too old, and that was told.
    alarmed: AtomicBool,
}

impl Health {
    /// Of a node that has just brought the schema up and loaded its index.
    pub fn new(uptime_ms: u64) -> Self {
        Self {
            answered_uptime_ms: AtomicU64::new(uptime_ms),
            schema: AtomicBool::new(true),
            alarmed: AtomicBool::new(false),
        }
    }

    /// Whether the database answered lately.
    pub fn database(&self, uptime_ms: u64) -> bool {
        uptime_ms.saturating_sub(self.answered_uptime_ms.load(Ordering::Acquire)) <= HEARD_MS
    }

    /// Whether the schema is this program's.
    pub fn schema(&self) -> bool {
        self.schema.load(Ordering::Acquire)
    }

    pub(super) fn note_answer(&self, uptime_ms: u64) {
        self.answered_uptime_ms.store(uptime_ms, Ordering::Release);
    }

    /// A schema that cannot be looked at is not known to fit. Said when it changes, not at each look.
    pub(super) fn note_schema(&self, is_current: Result<bool, StoreError>) {
        let fits = matches!(is_current, Ok(true));
        if fits == self.schema.swap(fits, Ordering::AcqRel) {
            return;
        }
        match is_current {
            Ok(true) => tracing::warn!("the schema in the database is this program's again"),
            Ok(false) => tracing::warn!(
                "the schema in the database is not this program's: this node is not ready; replace it by one of the \
                 other version"
            ),
            Err(error) => {
                tracing::warn!(cause = %error, "the schema in the database cannot be looked at")
            }
        }
    }

    /// Says once that the copy is too old, and once that it no longer is.
    pub(super) fn watch_age(&self, index: &Index, uptime_ms: u64) {
        let age_ms = index.age_ms(uptime_ms);
        let alarming = is_alarming(index, age_ms);
        if alarming == self.alarmed.swap(alarming, Ordering::AcqRel) {
            return;
        }
        if alarming {
            tracing::warn!(
                ledger = %index.r#gen(),
                age_ms,
                "this node's copy of the ledger is older than the alarm limit: look why it cannot follow; soon its gates \
                 get no permit any more"
            );
        } else {
            tracing::warn!(ledger = %index.r#gen(), age_ms, "this node's copy of the ledger is fresh again");
        }
    }
}

/// Whether a copy of this age still permits at every gate, and nobody must be woken for it.
pub fn is_fresh(index: &Index, age_ms: u64) -> bool {
    // No limit is stricter, so the gates need not be gone through.
    age_ms <= LIMIT_MIN_MS || {
        let strictest = Strictest::of(&index.places());
        age_ms <= strictest.limit_ms.min(strictest.alarm_ms)
    }
}

/// Whether somebody must be woken for a copy of this age.
pub fn is_alarming(index: &Index, age_ms: u64) -> bool {
    age_ms > alarm_ms(SecurityLevel::Three) && age_ms > Strictest::of(&index.places()).alarm_ms
}

/// The strictest limits in force at any gate.
struct Strictest {
    limit_ms: u64,
    alarm_ms: u64,
}

impl Strictest {
    fn of(places: &Places) -> Self {
        let loosest = Self {
            limit_ms: hard_limit_ms(SecurityLevel::One),
            alarm_ms: alarm_ms(SecurityLevel::One),
        };
        let spots = places.gates.keys().filter_map(|gate| places.spot(*gate));
        spots.fold(loosest, |strictest, spot| Self {
            limit_ms: strictest.limit_ms.min(spot.limit_ms),
            alarm_ms: strictest.alarm_ms.min(alarm_ms(spot.security_level)),
        })
    }
}
