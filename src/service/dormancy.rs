//! Credentials that nobody uses are put to sleep. Which were used is learned from the answers at gates, once a day for each,
//! behind the check log; a check that the log had to drop is not missed by who comes again.

use std::collections::HashSet;

use super::commit::Tx;
use super::error::Error;
use crate::domain::calendar::Day;
use crate::domain::credential::SuspensionKind;
use crate::domain::decision::Decision;
use crate::domain::dormancy::{counts_from, last_used};
use crate::domain::ids::CredentialId;
use crate::domain::reason::Reason;
use crate::ledger::entry::Fact;
use crate::store::logs::CheckLine;
use crate::store::moves;

/// How many uses are noted with one batch of the check log, so that it stays as quick under a flood of permits.
const NOTED_AT_ONCE: usize = 500;
/// How many credentials a node remembers to have noted today: some ten MiB. Past that it begins anew, and notes some twice.
const REMEMBERED_MAX: usize = 262_144;

/// Puts up to `limit` credentials to sleep that were not used for too long. Answers of how many it saw.
pub(super) fn sweep(tx: &mut Tx<'_>, limit: usize) -> Result<usize, Error> {
    let last = last_used(Day::of(tx.now));
    let unused = moves::unused(tx.reader()?, last, limit)?;
    let seen = unused.len();
    for held in unused {
        let (id, from) = (
            held.credential.id,
            counts_from(&held.credential, held.since),
        );
        if held.credential.valid_until <= tx.now {
            moves::pass_over(tx.writer()?, id)?;
        } else if from > last {
            moves::note_uses(tx.writer()?, from, &[id])?;
        } else {
            tx.state(Fact::CredentialSuspended {
                credential: id,
                kind: SuspensionKind::Dormant,
                reason: Reason::Dormant,
            })?;
        }
    }
    Ok(seen)
}

/// Which credentials this node has noted to be used today.
#[derive(Default)]
pub(super) struct Uses {
    day: Option<Day>,
    noted: HashSet<CredentialId>,
}

impl Uses {
    /// The day of these answers, and what they let in for the first time on it.
    pub fn new_in(&mut self, lines: &[CheckLine]) -> Option<(Day, Vec<CredentialId>)> {
        let permits = || {
            lines
                .iter()
                .filter(|line| line.decision == Decision::Permit)
        };
        let today = Day::of(permits().map(|line| line.at).max()?);
        if self.day != Some(today) || self.noted.len() > REMEMBERED_MAX {
            self.day = Some(today);
            self.noted.clear();
        }
        let mut new = Vec::new();
        let mut seen = HashSet::new();
        for (id, _) in permits().filter_map(|line| line.credential) {
            if new.len() == NOTED_AT_ONCE {
                break;
            }
            if !self.noted.contains(&id) && seen.insert(id) {
                new.push(id);
            }
        }
        (!new.is_empty()).then_some((today, new))
    }

    /// These were noted.
    pub fn noted(&mut self, ids: &[CredentialId]) {
        self.noted.extend(ids);
    }
}
