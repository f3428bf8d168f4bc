//! The exclusion: a block on a person, which one member proposes for cause and each other member adopts for itself or not. It
//! outlives the card, has an end, and falls with its ground.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::credential::Scope;
use super::ids::{CredentialId, ExclusionId, FacilityId, MemberId, WorkerId, ZoneId};
use super::reason::Reason;
use super::referral::Ground;
use super::screening::names;
use super::time::{DAY_MS, HOUR_MS, Timestamp};

/// No exclusion lasts longer: five years, and the leap days in them.
pub const TERM_MAX_MS: i64 = 1_827 * DAY_MS;
/// Within what time a member is to answer, in milliseconds.
pub const ANSWERED_WITHIN_MS: i64 = 72 * HOUR_MS;
/// Within what time a contest is to be decided, in milliseconds.
pub const DECIDED_WITHIN_MS: i64 = 14 * DAY_MS;

/// An exclusion as it was proposed. It holds a reason's code and never text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exclusion {
    /// Made by us, never reused.
    pub id: ExclusionId,
    /// Who proposes it.
    pub member: MemberId,
    /// Against whom, by that member's record.
    pub worker: WorkerId,
    /// The credential that was suspended or revoked for cause: the ground.
    pub credential: CredentialId,
    /// Why.
    pub reason: Reason,
    /// Where the person is not to come; everywhere when none is named.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub facilities: BTreeSet<FacilityId>,
    /// It holds up to, and not including, this moment.
    pub ends_at: Timestamp,
}

impl Exclusion {
    /// Whether a credential that is good there would let the person come where they are not to. Zones are given with their
    /// facility; of one that is not known it is so.
    pub fn reaches(
        &self,
        scope: &Scope,
        facility_of: impl Fn(ZoneId) -> Option<FacilityId>,
    ) -> bool {
        let excluded = |facility: &FacilityId| self.facilities.contains(facility);
        self.facilities.is_empty()
            || scope.is_everywhere()
            || scope.facilities.iter().any(excluded)
            || scope
                .zones
                .iter()
                .any(|&zone| facility_of(zone).is_none_or(|facility| excluded(&facility)))
    }
}

names! {
    /// Where an exclusion stands.
    #[schema(as = ExclusionState)]
    State:
    /// It may not leave its member, and holds there.
    Draft = 0, "draft";
    /// The other members that know the person are told, and each answers for itself.
    Proposed = 1, "proposed";
    /// The person contests it. It keeps its effect until that is decided.
    Contested = 2, "contested";
    /// It holds nowhere any more.
    Lifted = 3, "lifted";
}

names! {
    /// Why an exclusion was lifted.
    #[schema(as = ExclusionLifted)]
    Why:
    /// Its end came.
    Ended = 1, "ended";
    /// What it was proposed for fell away.
    GroundFell = 2, "ground_fell";
    /// The contest was decided so.
    Contest = 3, "contest";
    /// Who proposed it took it back.
    TakenBack = 4, "taken_back";
}

names! {
    /// What a member says of an exclusion.
    #[schema(as = ExclusionAnswer)]
    Answer:
    /// Nothing yet. It has no effect there.
    Asked = 0, "asked";
    /// It holds there.
    Adopted = 1, "adopted";
    /// It does not.
    Declined = 2, "declined";
}

/// What happens to an exclusion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It leaves its member.
    Published,
    /// The person contests it.
    Contested,
    /// The contest was decided, and it stays.
    Upheld,
    /// It holds no more.
    Lifted(Why),
}

/// What a member answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// It shall hold there.
    Adopted,
    /// It shall not.
    Declined(Ground),
}

/// The exclusion is elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Nothing leads there from this state.
    #[error("the exclusion is {}", .0.as_str())]
    State(State),
    /// The member has answered.
    #[error("the member has {} the exclusion", .0.as_str())]
    Answered(Answer),
}

impl State {
    /// Where a change leads. The one function that says so.
    pub const fn apply(self, change: Change) -> Result<Self, Refused> {
        match (self, change) {
            (Self::Draft, Change::Published) | (Self::Contested, Change::Upheld) => {
                Ok(Self::Proposed)
            }
            (Self::Proposed, Change::Contested) => Ok(Self::Contested),
            (Self::Draft | Self::Proposed | Self::Contested, Change::Lifted(_)) => Ok(Self::Lifted),
            _ => Err(Refused::State(self)),
        }
    }

    /// Where a member that was told may answer.
    pub const fn takes_answers(self) -> bool {
        matches!(self, Self::Proposed | Self::Contested)
    }
}

impl Answer {
    /// What a reply makes of it. It is given once.
    pub const fn replied(self, reply: Reply) -> Result<Self, Refused> {
        match (self, reply) {
            (Self::Asked, Reply::Adopted) => Ok(Self::Adopted),
            (Self::Asked, Reply::Declined(_)) => Ok(Self::Declined),
            (Self::Adopted | Self::Declined, _) => Err(Refused::Answered(self)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The whole machine a second time, by hand: where publishing, contesting, upholding and lifting lead.
    const BY_HAND: [(State, [Option<State>; 4]); 4] = [
        (
            State::Draft,
            [Some(State::Proposed), None, None, Some(State::Lifted)],
        ),
        (
            State::Proposed,
            [None, Some(State::Contested), None, Some(State::Lifted)],
        ),
        (
            State::Contested,
            [None, None, Some(State::Proposed), Some(State::Lifted)],
        ),
        (State::Lifted, [None; 4]),
    ];

    #[test]
    fn every_state_and_every_change_lead_where_the_list_by_hand_says() {
        for &why in Why::ALL {
            let changes = [
                Change::Published,
                Change::Contested,
                Change::Upheld,
                Change::Lifted(why),
            ];
            for (state, row) in BY_HAND {
                assert_eq!(changes.map(|change| state.apply(change).ok()), row);
                assert_eq!(State::from_number(state.number()), Some(state));
            }
        }
        assert_eq!(BY_HAND.map(|(state, _)| state), State::ALL);
    }

    #[test]
    fn a_member_answers_once() {
        let replies = [Reply::Adopted, Reply::Declined(Ground::NotThisPerson)];
        for (answer, row) in [
            (
                Answer::Asked,
                [Some(Answer::Adopted), Some(Answer::Declined)],
            ),
            (Answer::Adopted, [None, None]),
            (Answer::Declined, [None, None]),
        ] {
            assert_eq!(replies.map(|reply| answer.replied(reply).ok()), row);
        }
    }

    #[test]
    fn it_reaches_what_leads_where_the_person_is_not_to_come() {
        let [one, two] = [1, 2].map(FacilityId::from_u128);
        let [zone, other_zone, unknown] = [11, 12, 13].map(ZoneId::from_u128);
        let facility_of = |asked: ZoneId| match asked {
            asked if asked == zone => Some(one),
            asked if asked == other_zone => Some(two),
            _ => None,
        };
        let scope = |facilities: &[FacilityId], zones: &[ZoneId]| Scope {
            facilities: facilities.iter().copied().collect(),
            zones: zones.iter().copied().collect(),
            ..Scope::default()
        };
        let mut exclusion = Exclusion {
            id: ExclusionId::from_u128(1),
            member: MemberId::from_u128(2),
            worker: WorkerId::from_u128(3),
            credential: CredentialId::from_u128(4),
            reason: Reason::LentOrShared,
            facilities: [one].into(),
            ends_at: Timestamp::MAX,
        };
        for (scope, reached) in [
            (scope(&[], &[]), true),
            (scope(&[one], &[]), true),
            (scope(&[one, two], &[]), true),
            (scope(&[two], &[]), false),
            (scope(&[], &[zone]), true),
            (scope(&[two], &[other_zone]), false),
            (scope(&[], &[unknown]), true),
        ] {
            exclusion.facilities = [one].into();
            assert_eq!(exclusion.reaches(&scope, facility_of), reached, "{scope:?}");
            exclusion.facilities.clear();
            assert!(exclusion.reaches(&scope, facility_of));
        }
    }
}
