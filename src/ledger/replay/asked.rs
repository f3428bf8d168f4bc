//! Acts that need a second person, replayed.

use super::super::entry::{Actor, Entry};
use crate::domain::approval::{self, Approval, End, Ground};
use crate::domain::ids::ClientId;
use crate::domain::time::Timestamp;

/// An act that was asked for, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// As it was asked for.
    pub approval: Approval,
    /// What became of it, apart from its time running out.
    pub state: approval::State,
    /// Through which client it ended.
    pub ended_by: Option<ClientId>,
    /// Why it was declined, if it was.
    pub ground: Option<Ground>,
    /// When it ended; when it was asked for, if it did not.
    pub since: Timestamp,
    /// The entry that last touched it.
    pub version: u64,
}

impl Asked {
    /// As it stands after this end, which this entry states.
    pub fn ended(&self, entry: &Entry, end: End) -> Result<Self, approval::Ended> {
        Ok(Self {
            approval: self.approval.clone(),
            state: self.approval.ended(self.state, entry.at, end)?,
            ended_by: match entry.by {
                Actor::Client(client) => Some(client),
                Actor::System => None,
            },
            ground: end.ground(),
            since: entry.at,
            version: entry.seq,
        })
    }
}
