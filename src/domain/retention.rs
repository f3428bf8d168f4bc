//! For how long what is kept, and what becomes of it then. A term is counted from what happened, so it can be said of each record
//! when its time is over.
//!
//! What is over of bans, referrals and exclusions has no term of its own: it names nobody, only a worker's record, and says
//! nothing of anyone once that is erased.

use serde::{Deserialize, Serialize};

use super::erasure::REFUSAL_KEPT_MS;
use super::screening::names;
use super::time::{DAY_MS, Timestamp};

/// For how many days lines of the check log are kept: what the operator sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// Permits.
    pub permits_days: u32,
    /// Denials, referrals and unknown cards, and the sightings of them.
    pub refusals_days: u32,
}

impl Default for Kept {
    fn default() -> Self {
        Self {
            permits_days: 30,
            refusals_days: 90,
        }
    }
}

/// How long it is known who was shown whom, in milliseconds: ten years, as other trails of who did what.
pub const LOOKUPS_KEPT_MS: i64 = 3_653 * DAY_MS;
/// How long the answer to a request with an Idempotency-Key is kept.
pub const ANSWERS_KEPT_MS: i64 = DAY_MS;
/// How long a file is kept that was checked and not applied.
pub const FILES_KEPT_MS: i64 = 7 * DAY_MS;
/// How long it is kept what was found in a file that was applied, or could not be: it may name people.
pub const REPORTS_KEPT_MS: i64 = 90 * DAY_MS;
/// How long a worker's record is kept when nothing of theirs lasts any more: no engagement, no credential up to its last day, no
/// screening.
pub const RECORD_KEPT_MS: i64 = 30 * DAY_MS;
/// How far ahead it is told what will be past its time, in milliseconds.
pub const AHEAD_MS: i64 = 30 * DAY_MS;

names! {
    #[schema(as = RetentionPurpose)]
    /// What is kept for a time.
    Purpose:
    /// Who was let through which gate.
    GatePermits = 1, "gate_permits";
    /// Whose card was not let through, and where.
    GateRefusals = 2, "gate_refusals";
    /// Cards that were not good, as the issuer is shown them.
    Sightings = 3, "sightings";
    /// Who was shown whom.
    Lookups = 4, "lookups";
    /// Answers to requests that may come twice. They can hold names.
    Answers = 5, "answers";
    /// Files that were checked and not applied.
    Files = 6, "files";
    /// What was found in files.
    Reports = 7, "reports";
    /// Documents of bans that were asked for and never granted. Those of a ban go with its end.
    BanDocuments = 8, "ban_documents";
    /// Final refusals, and revocations for cause or by a court, of people who are not erased.
    Refusals = 9, "refusals";
    /// Workers of whom nothing lasts any more.
    Records = 10, "records";
    /// Erasures that were granted.
    Erasures = 11, "erasures";
}

names! {
    #[schema(as = RetentionEnd)]
    /// What becomes of what is past its time.
    End:
    /// It is forgotten by itself, within a day.
    Forgotten = 1, "forgotten";
    /// A registrar is shown it as work, and two people erase.
    Proposed = 2, "proposed";
    /// It keeps nobody from being erased any more.
    Released = 3, "released";
    /// The person is erased by itself, within an hour, unless something stands in the way.
    Erased = 4, "erased";
}

impl Purpose {
    /// For how long, in milliseconds.
    pub const fn term_ms(self, kept: Kept) -> i64 {
        match self {
            Self::GatePermits => kept.permits_days as i64 * DAY_MS,
            Self::GateRefusals | Self::Sightings => kept.refusals_days as i64 * DAY_MS,
            Self::Lookups => LOOKUPS_KEPT_MS,
            Self::Answers => ANSWERS_KEPT_MS,
            Self::Files => FILES_KEPT_MS,
            Self::Reports => REPORTS_KEPT_MS,
            Self::BanDocuments => super::approval::WAITS_MS,
            Self::Refusals => REFUSAL_KEPT_MS,
            Self::Records => RECORD_KEPT_MS,
            Self::Erasures => super::erasure::WAITING_MS,
        }
    }

    /// Who said so, for people.
    pub const fn source(self) -> &'static str {
        match self {
            Self::GatePermits => "The operator's setting permits_kept_days",
            Self::GateRefusals | Self::Sightings => "The operator's setting refusals_kept_days",
            Self::Lookups => "Trails of who did what: ten years",
            Self::Answers => "So long may a request come a second time",
            Self::Files => "A file waits a week for who brought it",
            Self::Reports => "Three months, in which what a file did is asked about",
            Self::BanDocuments => "So long may what was asked for be granted",
            Self::Refusals => "Nothing for cause is kept longer than five years",
            Self::Records => "Thirty days after the last thing that needed it",
            Self::Erasures => "A week, in which it can be taken back",
        }
    }

    /// What becomes of it then.
    pub const fn end(self) -> End {
        match self {
            Self::Refusals => End::Released,
            Self::Records => End::Proposed,
            Self::Erasures => End::Erased,
            _ => End::Forgotten,
        }
    }

    /// Whether it is counted for one member, or for the whole network, as it does not say whose it is.
    pub const fn is_of_member(self) -> bool {
        matches!(
            self,
            Self::Sightings
                | Self::Lookups
                | Self::Files
                | Self::Reports
                | Self::Refusals
                | Self::Records
                | Self::Erasures
        )
    }

    /// What was recorded before this moment is past its time at `now`.
    pub const fn since(self, kept: Kept, now: Timestamp) -> Timestamp {
        now.plus_ms(-self.term_ms(kept))
    }
}

/// How much of something is kept, in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    /// What.
    pub purpose: Purpose,
    /// For how long, in milliseconds.
    pub term_ms: i64,
    /// How many are past their time.
    pub past: u64,
    /// How many more are past it within [`AHEAD_MS`].
    pub soon: u64,
    /// Since when the oldest is kept, whether or not it is past its time.
    pub oldest: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every purpose with its days and its end, a second time and by hand.
    const BY_HAND: [(&str, i64, &str, bool); 11] = [
        ("gate_permits", 30, "forgotten", false),
        ("gate_refusals", 90, "forgotten", false),
        ("sightings", 90, "forgotten", true),
        ("lookups", 3_653, "forgotten", true),
        ("answers", 1, "forgotten", false),
        ("files", 7, "forgotten", true),
        ("reports", 90, "forgotten", true),
        ("ban_documents", 3, "forgotten", false),
        ("refusals", 1_826, "released", true),
        ("records", 30, "proposed", true),
        ("erasures", 7, "erased", true),
    ];

    #[test]
    fn each_purpose_has_the_term_and_the_end_that_the_list_says() {
        let kept = Kept::default();
        for (purpose, (name, days, end, of_member)) in Purpose::ALL.iter().zip(BY_HAND) {
            assert_eq!(purpose.as_str(), name);
            assert_eq!(purpose.term_ms(kept), days * DAY_MS, "{name}");
            assert_eq!(purpose.end().as_str(), end, "{name}");
            assert_eq!(purpose.is_of_member(), of_member, "{name}");
            assert!(!purpose.source().is_empty());
        }
        assert_eq!(Purpose::ALL.len(), BY_HAND.len());
    }
}
