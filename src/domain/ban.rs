//! The port ban: a court's order that somebody stays out of the ports for a time. It is mirrored from the register of the
//! State, with its term and its reference and nothing else, and is never made here.

use serde::{Deserialize, Serialize};

use super::digest::Digest;
use super::ids::BanId;
use super::screening::{Reference, names};
use super::time::{DAY_MS, Timestamp};

/// No ban lasts longer: twenty years, the longest term that a court can set, and the leap days in it.
pub const TERM_MAX_MS: i64 = 7_305 * DAY_MS;

/// A port ban as the register states it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ban {
    /// Made by us, never reused.
    pub id: BanId,
    /// What the register knows it by.
    pub reference: Reference,
    /// SHA-256 of the sealed document that names the person. Whoever bears it, now or when they are registered, is the one who
    /// is banned. `None` where the register named a worker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<Digest>,
    /// It stands from this moment on.
    pub starts_at: Timestamp,
    /// It stands up to, and not including, this moment.
    pub ends_at: Timestamp,
}

names! {
    /// Where a ban stands.
    #[schema(as = BanState)]
    State:
    /// Its term has not begun.
    Upcoming = 0, "upcoming";
    /// It bars the person from every port.
    Standing = 1, "standing";
    /// Its term is over, or the register took it back.
    Ended = 2, "ended";
}

/// What happens to a ban.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Its term begins.
    Begin,
    /// Its term is over, or the register takes it back.
    End,
}

/// It has begun already, or has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the ban is {}", .0.as_str())]
pub struct Refused(pub State);

impl State {
    /// Where a change leads. The one function that says so.
    pub const fn apply(self, change: Change) -> Result<Self, Refused> {
        match (self, change) {
            (Self::Upcoming, Change::Begin) => Ok(Self::Standing),
            (Self::Upcoming | Self::Standing, Change::End) => Ok(Self::Ended),
            (Self::Standing, Change::Begin) | (Self::Ended, _) => Err(Refused(self)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The whole machine a second time, by hand: where beginning and ending lead.
    const BY_HAND: [(State, [Option<State>; 2]); 3] = [
        (State::Upcoming, [Some(State::Standing), Some(State::Ended)]),
        (State::Standing, [None, Some(State::Ended)]),
        (State::Ended, [None, None]),
    ];

    #[test]
    fn every_state_and_every_change_lead_where_the_list_by_hand_says() {
        for (state, row) in BY_HAND {
            let changes = [Change::Begin, Change::End];
            assert_eq!(changes.map(|change| state.apply(change).ok()), row);
            assert_eq!(State::from_number(state.number()), Some(state));
        }
        assert_eq!(BY_HAND.map(|(state, _)| state), State::ALL);
    }
}
