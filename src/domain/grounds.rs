//! Since when a credential is suspended for what somebody must see to in time, and by when they must. A suspension for cause
//! is looked at again after a week, and after thirty days it must have been lifted or have become a revocation. It never
//! ends by itself: what is not seen to is shown to more people.

use super::credential::{Change, SuspensionKind};
use super::time::{DAY_MS, Timestamp};

/// How long after it began a suspension for cause is due for review, in milliseconds: seven days of 24 hours.
pub const REVIEWED_AFTER_MS: i64 = 7 * DAY_MS;
/// How long after it began it must have been decided: thirty days of 24 hours.
pub const STOPS_AFTER_MS: i64 = 30 * DAY_MS;

/// Since when each of these kinds of suspension stands; `None` for one that does not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Grounds {
    /// Suspicion or inquiry.
    pub for_cause: Option<Timestamp>,
    /// A court's order.
    pub judicial: Option<Timestamp>,
}

impl Grounds {
    /// What stands after a change that its state allows, made at this moment. Used by the tables and by the replay.
    pub fn after(self, change: Change, at: Timestamp) -> Self {
        let set = |kind, since| match kind {
            SuspensionKind::ForCause => Self {
                for_cause: since,
                ..self
            },
            SuspensionKind::Judicial => Self {
                judicial: since,
                ..self
            },
            SuspensionKind::Dormant | SuspensionKind::Screening | SuspensionKind::Exclusion => self,
        };
        match change {
            Change::Suspend(kind) => set(kind, Some(at)),
            Change::Lift(kind) => set(kind, None),
            // What was not handed over stood for nothing yet.
            Change::HandOver | Change::Revoke => Self::default(),
        }
    }
}

/// When a suspension for cause that began at this moment is due for review.
pub const fn review_due(since: Timestamp) -> Timestamp {
    since.plus_ms(REVIEWED_AFTER_MS)
}

/// When one that began at this moment must have been decided.
pub const fn hard_stop(since: Timestamp) -> Timestamp {
    since.plus_ms(STOPS_AFTER_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What stands (f for cause, j judicial) and what comes of +d +f +s +j +e -d -f -s -j -e and x, written by hand; a capital
    /// stands since the change.
    const BY_HAND: [(&str, [&str; 11]); 4] = [
        ("", ["", "F", "", "J", "", "", "", "", "", "", ""]),
        ("f", ["f", "F", "f", "fJ", "f", "f", "", "f", "f", "f", ""]),
        ("j", ["j", "Fj", "j", "J", "j", "j", "j", "j", "", "j", ""]),
        (
            "fj",
            ["fj", "Fj", "fj", "fJ", "fj", "fj", "j", "fj", "f", "fj", ""],
        ),
    ];

    const BEFORE: Timestamp = Timestamp::from_ms(1_000);
    const NOW: Timestamp = Timestamp::from_ms(2_000);

    fn named(name: &str) -> Grounds {
        let since = |small, capital| match (name.contains(small), name.contains(capital)) {
            (true, _) => Some(BEFORE),
            (_, true) => Some(NOW),
            _ => None,
        };
        Grounds {
            for_cause: since('f', 'F'),
            judicial: since('j', 'J'),
        }
    }

    #[test]
    fn every_change_leaves_the_grounds_that_the_list_by_hand_says() {
        let kinds = SuspensionKind::ALL;
        let changes = kinds.map(Change::Suspend).into_iter();
        let changes = changes.chain(kinds.map(Change::Lift));
        let changes: Vec<Change> = changes.chain([Change::Revoke]).collect();
        for (from, row) in BY_HAND {
            for (change, to) in changes.iter().zip(row) {
                let found = named(from).after(*change, NOW);
                assert_eq!(found, named(to), "{from} {change:?}");
            }
        }
    }

    #[test]
    fn terms_are_days_of_24_hours_whatever_the_clocks_on_the_wall_do() {
        // Clocks go forward on the 29th of March 2026, back on the 25th of October; 2028 has a 29th of February.
        for (since, review, stop) in [
            (
                "2026-03-25T23:30:00.000Z",
                "2026-04-01T23:30:00.000Z",
                "2026-04-24T23:30:00.000Z",
            ),
            (
                "2026-10-20T22:30:00.000Z",
                "2026-10-27T22:30:00.000Z",
                "2026-11-19T22:30:00.000Z",
            ),
            (
                "2028-02-27T08:00:00.000Z",
                "2028-03-05T08:00:00.000Z",
                "2028-03-28T08:00:00.000Z",
            ),
        ] {
            let since: Timestamp = since.parse().expect("a moment");
            assert_eq!(review_due(since).to_string(), review);
            assert_eq!(hard_stop(since).to_string(), stop);
        }
    }
}
