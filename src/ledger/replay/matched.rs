//! Match cases, replayed.

use super::super::entry::Entry;
use crate::domain::match_case::{self, Decided, Decision, MatchCase};
use crate::domain::time::Timestamp;

/// A match case and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matched {
    /// As opened.
    pub case: MatchCase,
    /// Where it stands.
    pub state: match_case::State,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When it was decided.
    pub decided_at: Option<Timestamp>,
    /// The entry that last touched it.
    pub version: u64,
}

impl Matched {
    /// As this entry opens it.
    pub fn opened(entry: &Entry, case: &MatchCase) -> Self {
        Self {
            case: *case,
            state: match_case::State::Open,
            opened_at: entry.at,
            decided_at: None,
            version: entry.seq,
        }
    }

    /// As this entry leaves it, which decides it.
    pub fn decided(&self, entry: &Entry, decision: Decision) -> Result<Self, Decided> {
        Ok(Self {
            state: self.state.decided(decision)?,
            decided_at: Some(entry.at),
            version: entry.seq,
            ..self.clone()
        })
    }
}
