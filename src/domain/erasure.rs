//! Erasing a worker: destroying what is known of the person, and leaving what was decided. It is granted by a second person,
//! and then waits, so that a record that somebody wants gone can still be missed.

use serde::{Deserialize, Serialize};

use super::ids::{ErasureId, MemberId, WorkerId};
use super::screening::names;
use super::time::{DAY_MS, Timestamp};

/// How long a granted erasure waits before it is done, in milliseconds. It can be taken back as long.
pub const WAITING_MS: i64 = 7 * DAY_MS;

/// How long a refusal and a revocation for cause keep a person from being erased, in milliseconds: five years, after which
/// nothing for cause is kept. Otherwise whoever is refused at one port would ask to be forgotten, and begin anew at the next.
pub const REFUSAL_KEPT_MS: i64 = 1_826 * DAY_MS;

/// An erasure that was granted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Erasure {
    /// Made by us, never reused.
    pub id: ErasureId,
    /// Of whom.
    pub worker: WorkerId,
    /// Whose record it is.
    pub member: MemberId,
    /// From when on it is done.
    pub due_at: Timestamp,
}

names! {
    #[schema(as = ErasureState)]
    /// Where an erasure stands.
    State:
    /// It is granted, and waits for its day.
    Waiting = 0, "waiting";
    /// It was taken back.
    Withdrawn = 1, "withdrawn";
    /// The person is erased.
    Done = 2, "done";
}

names! {
    #[schema(as = ErasureObstacle)]
    /// What stands in the way of an erasure.
    Obstacle:
    /// A credential is neither revoked nor expired.
    Credential = 1, "credential";
    /// An engagement lasts.
    Engagement = 2, "engagement";
    /// A screening is open.
    Screening = 3, "screening";
    /// It is not decided whether another record is of the same person.
    MatchCase = 4, "match_case";
    /// An act about the worker waits for its second person, or one that the worker asked for, who acts for the member.
    Approval = 5, "approval";
    /// A refusal, or a revocation for cause, is younger than it may be forgotten.
    Refusal = 6, "refusal";
    /// A port ban stands against the worker, or is to begin.
    Ban = 7, "ban";
    /// An exclusion of the person is not lifted.
    Exclusion = 8, "exclusion";
    /// A credential is suspended for cause, and nobody has decided what came of it.
    Inquiry = 9, "inquiry";
}

impl Obstacle {
    /// What to do about it, for people.
    pub const fn mend(self) -> &'static str {
        match self {
            Self::Credential => "A credential is live. Revoke it, or wait until it has expired.",
            Self::Engagement => "An engagement lasts. End it.",
            Self::Screening => "A screening is open. Bring it to its end.",
            Self::MatchCase => {
                "A match case is open. The member that had the document first must decide it."
            }
            Self::Approval => {
                "An act waits for its second person, about this worker or asked for by them. Have it answered."
            }
            Self::Ban => {
                "A port ban stands against the worker, or is to begin. Wait until it has ended."
            }
            Self::Exclusion => {
                "An exclusion of the person holds, or is proposed. Wait until it is lifted."
            }
            Self::Inquiry => {
                "A credential is suspended for cause, if it has expired since or not. Have it decided: lift the suspension, or revoke."
            }
            Self::Refusal => {
                "The worker was refused, or lost a credential for cause, less than five years ago. That is kept as long."
            }
        }
    }
}

/// It does not wait any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the erasure does not wait any more")]
pub struct Ended;

/// Its day has not come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotDue {
    /// It does not wait.
    #[error(transparent)]
    Ended(#[from] Ended),
    /// It must wait longer.
    #[error("the erasure is not due")]
    Early,
}

impl State {
    /// Where taking it back leads.
    pub const fn withdrawn(self) -> Result<Self, Ended> {
        match self {
            Self::Waiting => Ok(Self::Withdrawn),
            Self::Withdrawn | Self::Done => Err(Ended),
        }
    }

    /// Where doing it leads, of an erasure that is due from `due_at` on.
    pub fn done(self, now: Timestamp, due_at: Timestamp) -> Result<Self, NotDue> {
        match self {
            Self::Waiting if now >= due_at => Ok(Self::Done),
            Self::Waiting => Err(NotDue::Early),
            Self::Withdrawn | Self::Done => Err(Ended.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_waits_is_taken_back_or_done_and_not_before_its_day() {
        let at = Timestamp::from_ms;
        let by_hand = [
            (State::Waiting, Ok(State::Withdrawn), Ok(State::Done)),
            (State::Withdrawn, Err(Ended), Err(NotDue::Ended(Ended))),
            (State::Done, Err(Ended), Err(NotDue::Ended(Ended))),
        ];
        for (state, withdrawn, done) in by_hand {
            assert_eq!(state.withdrawn(), withdrawn, "{state:?}");
            assert_eq!(state.done(at(1_000), at(1_000)), done, "{state:?}");
        }
        assert_eq!(by_hand.map(|(state, ..)| state), *State::ALL);
        assert_eq!(State::Waiting.done(at(999), at(1_000)), Err(NotDue::Early));
    }
}
