//! Erasures as the ledger adds up to them: who is to be erased, and who is.

use super::{Illegal, Replay};
use crate::domain::erasure::{self, Erasure};
use crate::domain::ids::{ErasureId, WorkerId};
use crate::domain::time::Timestamp;
use crate::ledger::entry::Entry;

/// An erasure and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasing {
    /// As it was granted.
    pub erasure: Erasure,
    /// Where it stands.
    pub state: erasure::State,
    /// When it came to stand so.
    pub since: Timestamp,
    /// The entry that last touched it.
    pub version: u64,
}

impl Erasing {
    /// As this entry grants it.
    pub fn granted(entry: &Entry, erasure: &Erasure) -> Self {
        Self {
            erasure: erasure.clone(),
            state: erasure::State::Waiting,
            since: entry.at,
            version: entry.seq,
        }
    }

    /// As this entry leaves it, which takes it back.
    pub fn withdrawn(&self, entry: &Entry) -> Result<Self, erasure::Ended> {
        Ok(self.moved(entry, self.state.withdrawn()?))
    }

    /// As this entry leaves it, which does it.
    pub fn done(&self, entry: &Entry) -> Result<Self, erasure::NotDue> {
        let state = self.state.done(entry.at, self.erasure.due_at)?;
        Ok(self.moved(entry, state))
    }

    fn moved(&self, entry: &Entry, state: erasure::State) -> Self {
        Self {
            erasure: self.erasure.clone(),
            state,
            since: entry.at,
            version: entry.seq,
        }
    }
}

impl Replay {
    pub(super) fn erasure_granted(
        &mut self,
        entry: &Entry,
        erasure: &Erasure,
    ) -> Result<(), Illegal> {
        if self.known(erasure.worker)?.member != erasure.member {
            return Err(Illegal::Missing);
        }
        let waits = !self.to_erase.insert(erasure.worker);
        let granted = Erasing::granted(entry, erasure);
        match self.erasures.insert(erasure.id, granted) {
            None if !waits => Ok(()),
            _ => Err(Illegal::Repeated),
        }
    }

    pub(super) fn erasure_taken_back(
        &mut self,
        entry: &Entry,
        id: ErasureId,
    ) -> Result<(), Illegal> {
        let erasing = self.erasures.get_mut(&id).ok_or(Illegal::Missing)?;
        *erasing = erasing.withdrawn(entry).map_err(erasure::NotDue::from)?;
        self.to_erase.remove(&erasing.erasure.worker);
        Ok(())
    }

    pub(super) fn erasure_done(
        &mut self,
        entry: &Entry,
        id: WorkerId,
        erasure: ErasureId,
    ) -> Result<(), Illegal> {
        let erasing = self.erasures.get_mut(&erasure).ok_or(Illegal::Missing)?;
        if erasing.erasure.worker != id {
            return Err(Illegal::Missing);
        }
        *erasing = erasing.done(entry)?;
        let (version, _) = self.workers.get_mut(&id).ok_or(Illegal::Missing)?;
        *version = entry.seq;
        self.erased.insert(id);
        self.to_erase.remove(&id);
        Ok(())
    }
}
