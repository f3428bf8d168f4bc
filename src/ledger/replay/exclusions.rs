//! Exclusions, replayed.

use super::super::entry::Entry;
use super::super::fold::ExclusionStep;
use super::{Illegal, Replay};
use crate::domain::exclusion::{Answer, Change, Exclusion, Refused, Reply, State, Why};
use crate::domain::ids::{ExclusionId, MemberId, WorkerId};
use crate::domain::referral::Ground;
use crate::domain::time::Timestamp;

/// An exclusion and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excluded {
    /// As it was proposed.
    pub exclusion: Exclusion,
    /// Where it stands.
    pub state: State,
    /// Why it was lifted.
    pub why: Option<Why>,
    /// When it last moved; when it was proposed, if never.
    pub since: Timestamp,
    /// The entry that last touched it.
    pub version: u64,
}

impl Excluded {
    /// As this entry proposes it.
    pub fn proposed(entry: &Entry, exclusion: &Exclusion) -> Self {
        Self {
            exclusion: exclusion.clone(),
            state: State::Draft,
            why: None,
            since: entry.at,
            version: entry.seq,
        }
    }

    /// As this entry leaves it, which moves it.
    pub fn moved(&self, entry: &Entry, change: Change) -> Result<Self, Refused> {
        Ok(Self {
            exclusion: self.exclusion.clone(),
            state: self.state.apply(change)?,
            why: match change {
                Change::Lifted(why) => Some(why),
                Change::Published | Change::Contested | Change::Upheld => None,
            },
            since: entry.at,
            version: entry.seq,
        })
    }
}

/// What a member says of an exclusion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Of which.
    pub exclusion: ExclusionId,
    /// Who.
    pub member: MemberId,
    /// By which record it knows the person.
    pub worker: WorkerId,
    /// What it says.
    pub answer: Answer,
    /// Why it declined.
    pub ground: Option<Ground>,
    /// When it was told.
    pub told_at: Timestamp,
    /// The entry that last touched it.
    pub version: u64,
}

impl Told {
    /// As this entry tells a member.
    pub fn asked(
        entry: &Entry,
        exclusion: ExclusionId,
        member: MemberId,
        worker: WorkerId,
    ) -> Self {
        Self {
            exclusion,
            member,
            worker,
            answer: Answer::Asked,
            ground: None,
            told_at: entry.at,
            version: entry.seq,
        }
    }

    /// As this entry has it of the member that proposes.
    pub fn proposing(entry: &Entry, exclusion: &Exclusion) -> Self {
        Self {
            answer: Answer::Adopted,
            ..Self::asked(entry, exclusion.id, exclusion.member, exclusion.worker)
        }
    }

    /// As it stands after this reply, which this entry states.
    pub fn replied(&self, entry: &Entry, reply: Reply) -> Result<Self, Refused> {
        Ok(Self {
            answer: self.answer.replied(reply)?,
            ground: match reply {
                Reply::Adopted => None,
                Reply::Declined(ground) => Some(ground),
            },
            version: entry.seq,
            ..self.clone()
        })
    }
}

impl Replay {
    pub(super) fn exclusion_step(
        &mut self,
        entry: &Entry,
        step: ExclusionStep<'_>,
    ) -> Result<(), Illegal> {
        match step {
            ExclusionStep::Proposed(exclusion) => {
                let issued = self.credentials.get(&exclusion.credential);
                let of_proposer = issued.is_some_and(|held| {
                    let credential = &held.credential;
                    (credential.member, credential.worker) == (exclusion.member, exclusion.worker)
                });
                if !of_proposer {
                    return Err(Illegal::Missing);
                }
                let told = Told::proposing(entry, exclusion);
                self.told.insert((exclusion.id, exclusion.member), told);
                let excluded = Excluded::proposed(entry, exclusion);
                match self.exclusions.insert(exclusion.id, excluded) {
                    None => Ok(()),
                    Some(_) => Err(Illegal::Repeated),
                }
            }
            ExclusionStep::Moved(id, change) => {
                let excluded = self.exclusions.get_mut(&id).ok_or(Illegal::Missing)?;
                *excluded = excluded.moved(entry, change)?;
                Ok(())
            }
            ExclusionStep::Told(id, member, worker) => {
                self.open_to_answers(id)?;
                if !self.is_of(worker, member) {
                    return Err(Illegal::Missing);
                }
                let told = Told::asked(entry, id, member, worker);
                match self.told.insert((id, member), told) {
                    None => Ok(()),
                    Some(_) => Err(Illegal::Repeated),
                }
            }
            ExclusionStep::Answered(id, member, reply) => {
                self.open_to_answers(id)?;
                let told = self.told.get_mut(&(id, member)).ok_or(Illegal::Missing)?;
                *told = told.replied(entry, reply)?;
                Ok(())
            }
        }
    }

    /// Nobody is told of a draft, nor of what was lifted.
    fn open_to_answers(&self, id: ExclusionId) -> Result<(), Illegal> {
        let excluded = self.exclusions.get(&id).ok_or(Illegal::Missing)?;
        if excluded.state.takes_answers() {
            Ok(())
        } else {
            Err(Refused::State(excluded.state).into())
        }
    }
}
