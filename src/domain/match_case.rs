//! The match case: two records bear the same document, and somebody must say whether they are of one person. Records are
//! never merged by themselves, and by nobody else either: where they are of one person, both stay, and it is kept that
//! they are.

use serde::{Deserialize, Serialize};

use super::ids::{MatchCaseId, MemberId, WorkerId};
use super::screening::names;

/// How many records may be of one person. Nobody has as many members as that, and each act about a person goes through all of
/// their records.
pub const SAME_PERSON_MAX: usize = 64;

names! {
    #[schema(as = MatchState)]
    /// Where a match case stands.
    State:
    /// Nobody has said it yet. Nothing is issued to the record that came with the document later.
    Open = 0, "open";
    /// Both records are of one person.
    Confirmed = 1, "confirmed";
    /// They are of two, and that is not asked again.
    Rejected = 2, "rejected";
}

/// What somebody says about a pair of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// They are of one person.
    Confirmed,
    /// They are not.
    Rejected,
}

impl Decision {
    /// Every one.
    pub const ALL: [Self; 2] = [Self::Confirmed, Self::Rejected];
}

/// A match case as it was opened. A pair of records has one, ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MatchCase {
    /// Made by us, never reused.
    pub id: MatchCaseId,
    /// The record that came with the document later: the newer one in this.
    pub worker: WorkerId,
    /// Who registered that.
    pub member: MemberId,
    /// The record that had the document before.
    pub candidate: WorkerId,
    /// Who registered that, and decides.
    pub candidate_member: MemberId,
}

impl MatchCase {
    /// The two records, the same whichever of them came later.
    pub fn pair(&self) -> (WorkerId, WorkerId) {
        (
            self.worker.min(self.candidate),
            self.worker.max(self.candidate),
        )
    }
}

/// It is decided already, and no decision follows another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the match case is {}", .0.as_str())]
pub struct Decided(pub State);

impl State {
    /// Where a decision leads.
    pub const fn decided(self, decision: Decision) -> Result<Self, Decided> {
        match (self, decision) {
            (Self::Open, Decision::Confirmed) => Ok(Self::Confirmed),
            (Self::Open, Decision::Rejected) => Ok(Self::Rejected),
            (Self::Confirmed | Self::Rejected, _) => Err(Decided(self)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The whole machine a second time, by hand.
    const BY_HAND: [(State, Decision, Option<State>); 6] = [
        (State::Open, Decision::Confirmed, Some(State::Confirmed)),
        (State::Open, Decision::Rejected, Some(State::Rejected)),
        (State::Confirmed, Decision::Confirmed, None),
        (State::Confirmed, Decision::Rejected, None),
        (State::Rejected, Decision::Confirmed, None),
        (State::Rejected, Decision::Rejected, None),
    ];

    #[test]
    fn every_decision_in_every_state_leads_where_the_list_says() {
        let mut seen = Vec::new();
        for &from in State::ALL {
            for decision in Decision::ALL {
                let (_, _, to) = BY_HAND
                    .into_iter()
                    .find(|(state, said, _)| (*state, *said) == (from, decision))
                    .expect("each pair stands in the list");
                assert_eq!(from.decided(decision), to.ok_or(Decided(from)));
                seen.push((from, decision));
            }
            assert_eq!(State::from_number(from.number()), Some(from));
        }
        assert_eq!(seen.len(), BY_HAND.len());
    }

    #[test]
    fn a_pair_is_one_pair_from_both_sides() {
        let case = MatchCase {
            id: MatchCaseId::from_u128(1),
            worker: WorkerId::from_u128(2),
            member: MemberId::from_u128(3),
            candidate: WorkerId::from_u128(4),
            candidate_member: MemberId::from_u128(5),
        };
        let turned = MatchCase {
            worker: case.candidate,
            candidate: case.worker,
            ..case
        };
        assert_eq!(case.pair(), turned.pair());
    }
}
