//! What one decides and bears on all members, replayed.

use super::super::entry::Entry;
use super::super::fold::BanStep;
use super::{Illegal, Replay};
use crate::domain::ban::{self, Ban};
use crate::domain::time::Timestamp;

/// A port ban and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mirrored {
    /// As the register stated it.
    pub ban: Ban,
    /// Where it stands.
    pub state: ban::State,
    /// When it last moved; when it was mirrored, if never.
    pub since: Timestamp,
    /// The entry that last touched it.
    pub version: u64,
}

impl Mirrored {
    /// As this entry mirrors it.
    pub fn of(entry: &Entry, ban: &Ban) -> Self {
        let has_begun = ban.starts_at <= entry.at;
        Self {
            ban: ban.clone(),
            state: if has_begun {
                ban::State::Standing
            } else {
                ban::State::Upcoming
            },
            since: entry.at,
            version: entry.seq,
        }
    }

    /// As this entry leaves it, which moves it.
    pub fn moved(&self, entry: &Entry, change: ban::Change) -> Result<Self, ban::Refused> {
        Ok(Self {
            ban: self.ban.clone(),
            state: self.state.apply(change)?,
            since: entry.at,
            version: entry.seq,
        })
    }
}

impl Replay {
    pub(super) fn ban_step(&mut self, entry: &Entry, step: BanStep<'_>) -> Result<(), Illegal> {
        match step {
            BanStep::Mirrored(ban) => match self.bans.insert(ban.id, Mirrored::of(entry, ban)) {
                None => Ok(()),
                Some(_) => Err(Illegal::Repeated),
            },
            BanStep::Found(id, worker) => {
                let mirrored = self.bans.get(&id).ok_or(Illegal::Missing)?;
                if mirrored.state == ban::State::Ended {
                    return Err(ban::Refused(mirrored.state).into());
                }
                if !self.workers.contains_key(&worker) {
                    return Err(Illegal::Missing);
                }
                match self.banned.insert((id, worker)) {
                    true => Ok(()),
                    false => Err(Illegal::Repeated),
                }
            }
            BanStep::Moved(id, change) => {
                let mirrored = self.bans.get_mut(&id).ok_or(Illegal::Missing)?;
                *mirrored = mirrored.moved(entry, change)?;
                Ok(())
            }
        }
    }
}
