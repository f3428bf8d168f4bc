//! The second person: an act that one person asks for, and another lets happen or not. What is asked for is kept to the
//! last detail, so that nothing else can come of the answer.

use serde::{Deserialize, Serialize};

use super::ids::{ApprovalId, ClientId, MemberId, PersonId, WorkerId};
use super::screening::names;
use super::time::{HOUR_MS, MINUTE_MS, Timestamp};

mod act;

pub use act::{Act, Desk, Done};

/// How long an act waits for its second person, in milliseconds. After that it must be asked for again.
pub const WAITS_MS: i64 = 72 * HOUR_MS;

/// How many credentials one person revokes or suspends in one act, and within [`BULK_WITHIN_MS`], without a second person.
/// More is an attack as much as a duty: it shuts a port.
pub const BULK_MAX: usize = 20;
/// The time within which what one person does is counted together, in milliseconds.
pub const BULK_WITHIN_MS: i64 = 10 * MINUTE_MS;
/// How long there is to confirm what was done at once, in milliseconds.
pub const CONFIRM_MS: i64 = 24 * HOUR_MS;

/// An act that was asked for. What became of it is its [`State`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// Made by us, never reused.
    pub id: ApprovalId,
    /// At which member.
    pub member: MemberId,
    /// The act.
    pub act: Act,
    /// Whom it is about, if it is about one worker. Nobody is the second person for themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worker: Option<WorkerId>,
    /// Through which client it was asked for.
    pub client: ClientId,
    /// By whom; `None` for a system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// It waits up to, and not including, this moment. What is done already waits on, overdue.
    pub expires_at: Timestamp,
}

impl Approval {
    /// The state at a moment, where `state` is the last that was recorded. What is done does not go away by being forgotten.
    pub fn state_at(&self, state: State, now: Timestamp) -> State {
        if self.act.is_done() {
            state
        } else {
            state.at(now, self.expires_at)
        }
    }

    /// Whether it should have been confirmed by this moment, and was not.
    pub fn is_overdue(&self, state: State, now: Timestamp) -> bool {
        self.act.is_done() && state == State::Waiting && now >= self.expires_at
    }

    /// Where an end at this moment leads. Who did something at once cannot take back that it is looked at.
    pub fn ended(&self, state: State, now: Timestamp, end: End) -> Result<State, Ended> {
        if self.act.is_done() && end == End::Withdrawn {
            return Err(Ended);
        }
        self.state_at(state, now).apply(end)
    }
}

names! {
    /// Why a second person does not let an act happen, or does not find right what was done at once.
    #[schema(as = ApprovalDeclineGround)]
    Ground:
    /// There is no need for it, or none any more.
    NotNeeded = 1, "not_needed";
    /// It is about the wrong person, card or place, or a detail of it is wrong.
    WrongDetails = 2, "wrong_details";
    /// What it rests on is not shown.
    NotSubstantiated = 3, "not_substantiated";
    /// It goes further than its reason asks for.
    NotProportionate = 4, "not_proportionate";
    /// The rules do not allow it, or who asked should not have.
    NotAllowed = 5, "not_allowed";
    /// It looks like misuse, and is looked into.
    Suspicious = 6, "suspicious";
}

impl End {
    /// Why it was declined, if it was.
    pub const fn ground(self) -> Option<Ground> {
        match self {
            Self::Declined(ground) => Some(ground),
            Self::Granted | Self::Withdrawn => None,
        }
    }
}

/// How an approval ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// The second person let it happen, and it happened with the same entry.
    Granted,
    /// The second person did not, for this reason.
    Declined(Ground),
    /// Who asked for it took it back.
    Withdrawn,
}

/// What became of an act that was asked for. That its time ran out is no state: it follows from the moment.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[schema(as = ApprovalState)]
pub enum State {
    /// It waits for its second person.
    Waiting,
    /// It happened.
    Granted,
    /// It was refused.
    Declined,
    /// It was taken back.
    Withdrawn,
    /// Nobody answered in time.
    Expired,
}

/// It has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the approval does not wait any more")]
pub struct Ended;

impl State {
    /// Every state.
    pub const ALL: [Self; 5] = [
        Self::Waiting,
        Self::Granted,
        Self::Declined,
        Self::Withdrawn,
        Self::Expired,
    ];

    /// Where an end leads. The one function that says so.
    pub const fn apply(self, end: End) -> Result<Self, Ended> {
        match (self, end) {
            (Self::Waiting, End::Granted) => Ok(Self::Granted),
            (Self::Waiting, End::Declined(_)) => Ok(Self::Declined),
            (Self::Waiting, End::Withdrawn) => Ok(Self::Withdrawn),
            _ => Err(Ended),
        }
    }

    /// The state at a moment, of an approval that waits until `expires_at` and whose last recorded state is this.
    pub fn at(self, now: Timestamp, expires_at: Timestamp) -> Self {
        match self {
            Self::Waiting if now >= expires_at => Self::Expired,
            state => state,
        }
    }

    /// The number it is stored under; an expired one is stored as waiting.
    pub const fn number(self) -> u8 {
        match self {
            Self::Waiting | Self::Expired => 0,
            Self::Granted => 1,
            Self::Declined => 2,
            Self::Withdrawn => 3,
        }
    }

    /// The state stored under this number.
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::Waiting),
            1 => Some(Self::Granted),
            2 => Some(Self::Declined),
            3 => Some(Self::Withdrawn),
            _ => None,
        }
    }

    /// Its name in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Granted => "granted",
            Self::Declined => "declined",
            Self::Withdrawn => "withdrawn",
            Self::Expired => "expired",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::credential::SuspensionKind;
    use crate::domain::ids::CredentialId;

    /// The whole machine a second time, by hand: where granting, declining and taking back lead.
    const BY_HAND: [(State, [Option<State>; 3]); 5] = [
        (
            State::Waiting,
            [
                Some(State::Granted),
                Some(State::Declined),
                Some(State::Withdrawn),
            ],
        ),
        (State::Granted, [None; 3]),
        (State::Declined, [None; 3]),
        (State::Withdrawn, [None; 3]),
        (State::Expired, [None; 3]),
    ];

    #[test]
    fn every_state_and_every_end_lead_where_the_list_by_hand_says() {
        for (state, row) in BY_HAND {
            let declined = End::Declined(Ground::NotNeeded);
            let ends = [End::Granted, declined, End::Withdrawn];
            let found = ends.map(|end| state.apply(end).ok());
            assert_eq!(found, row, "{state:?}");
        }
        assert_eq!(BY_HAND.map(|(state, _)| state), State::ALL);
    }

    #[test]
    fn what_is_done_waits_on_and_is_never_taken_back() {
        let asked = |act| Approval {
            id: ApprovalId::from_u128(1),
            member: MemberId::from_u128(2),
            act,
            worker: None,
            client: ClientId::from_u128(3),
            person: None,
            expires_at: Timestamp::from_ms(1_000),
        };
        let credential = CredentialId::from_u128(4);
        let done = asked(Act::Confirm {
            done: Done::Suspension { credential },
            entry: 7,
        });
        let wanted = asked(Act::LiftSuspension {
            credential,
            version: 7,
            kind: SuspensionKind::ForCause,
        });
        let (before, after) = (Timestamp::from_ms(999), Timestamp::from_ms(1_000));
        let waiting = State::Waiting;
        for (approval, at, granted, withdrawn, overdue) in [
            (&done, before, true, false, false),
            (&done, after, true, false, true),
            (&wanted, before, true, true, false),
            (&wanted, after, false, false, false),
        ] {
            assert_eq!(approval.ended(waiting, at, End::Granted).is_ok(), granted);
            let declined = End::Declined(Ground::NotNeeded);
            assert_eq!(approval.ended(waiting, at, declined).is_ok(), granted);
            let taken_back = approval.ended(waiting, at, End::Withdrawn);
            assert_eq!(taken_back.is_ok(), withdrawn);
            assert_eq!(approval.is_overdue(waiting, at), overdue);
        }
        assert!(!done.is_overdue(State::Declined, after));
    }

    #[test]
    fn it_waits_up_to_its_last_moment_and_not_in_it() {
        let end = Timestamp::from_ms(1_000);
        for (now, wanted) in [(999, State::Waiting), (1_000, State::Expired)] {
            assert_eq!(State::Waiting.at(Timestamp::from_ms(now), end), wanted);
        }
        let later = Timestamp::from_ms(2_000);
        assert_eq!(State::Granted.at(later, end), State::Granted);
    }
}
