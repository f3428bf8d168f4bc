//! Rows of credentials to revoke: "these 300 badges".

use std::collections::{HashMap, HashSet};

use super::file::Code as FileCode;
use super::file::columns::Column;
use super::file::records::{RevocationRow, Target};
use super::file::sheet::Row;
use super::plan::{Found, Leave, Verdict, Wanted};
use super::reasons;
use super::report::{Fault, Outcome};
use super::terms::{NEEDS_PERSON, NOT_FOR_REVOCATION, NOT_IN_FILE, NOT_ONESELF, Terms};
use crate::access::permission::{Caller, Revoke};
use crate::domain::credential::{CardKey, State};
use crate::domain::ids::{CredentialId, WorkerId};
use crate::domain::reason::{Class, Reason};
use crate::domain::time::Timestamp;
use crate::service::commit::Tx;
use crate::service::error::Error;
use crate::service::revocations::{behind_glass, of_granted, revoke, takes_two};
use crate::store::{Reader, credentials};

/// A credential to revoke.
pub(super) struct WantedRevocation {
    named: Named,
    reason: Reason,
}

#[derive(Clone, Copy)]
enum Named {
    Card(CardKey),
    Credential(CredentialId),
}

/// What is recorded of what a batch names. Kept from batch to batch, so that a dry run knows what it would have
/// revoked already.
#[derive(Default)]
pub(super) struct Known {
    cards: HashMap<CardKey, CredentialId>,
    /// Own credentials.
    own: HashMap<CredentialId, Own>,
}

struct Own {
    worker: WorkerId,
    under_inquiry: bool,
    revoked: bool,
}

impl Wanted for WantedRevocation {
    type Memory = ();
    type Known = Known;

    fn read(terms: &Terms, _: &mut (), row: &Row) -> Found<Self> {
        let wanted = match RevocationRow::read(&terms.layout, row) {
            Ok(row) => want(terms, &row),
            Err(problems) => Err(problems.into_iter().map(Fault::from).collect()),
        };
        wanted.map_or_else(Found::unusable, |wanted| Found::Wanted(Box::new(wanted)))
    }

    fn look_up(
        known: &mut Known,
        reader: &mut Reader,
        terms: &Terms,
        wanted: &[&Self],
    ) -> Result<(), Error> {
        let keys = wanted.iter().filter_map(|wanted| match wanted.named {
            Named::Card(key) => Some(key),
            Named::Credential(_) => None,
        });
        known
            .cards
            .extend(credentials::by_cards(reader, &keys.collect::<Vec<_>>())?);
        let ids: HashSet<CredentialId> = wanted
            .iter()
            .filter_map(|wanted| known.id(wanted.named))
            .collect();
        for held in credentials::find_many(reader, &ids.into_iter().collect::<Vec<_>>())? {
            if held.credential.member == terms.member {
                let own = known.own.entry(held.credential.id).or_insert(Own {
                    worker: held.credential.worker,
                    under_inquiry: held.grounds.for_cause.is_some(),
                    revoked: false,
                });
                own.revoked |= held.state == State::Revoked;
            }
        }
        Ok(())
    }

    fn prepare(_: &Self::Known, _: &mut Tx<'_>) -> Result<(), Error> {
        Ok(())
    }

    fn judge(&self, known: &mut Known, terms: &Terms, _: Timestamp) -> Verdict {
        let id = known.id(self.named);
        match id.and_then(|id| known.own.get_mut(&id)) {
            Some(own) if own.revoked => (Outcome::Same, Vec::new()),
            Some(own) if terms.own.contains(&own.worker) => {
                let fault = terms.fault(self.column(), "wrong_person", NOT_ONESELF);
                (Outcome::Conflict, vec![fault])
            }
            Some(own) if !terms.by_person && (own.under_inquiry || takes_two(self.reason)) => {
                let fault = terms.fault(self.column(), "wrong_person", NEEDS_PERSON);
                (Outcome::Conflict, vec![fault])
            }
            Some(own) => {
                own.revoked = true;
                (Outcome::New, Vec::new())
            }
            None => {
                let message = "Your member has issued no such credential. Check the number, its format and the card system.";
                (
                    Outcome::Unusable,
                    vec![terms.fault(self.column(), "not_found", message)],
                )
            }
        }
    }

    fn tells_of(&self, known: &Known, _: &Terms) -> Vec<WorkerId> {
        let own = known.id(self.named).and_then(|id| known.own.get(&id));
        own.map(|own| own.worker).into_iter().collect()
    }

    fn enact(
        &self,
        known: &mut Known,
        _: &Terms,
        tx: &mut Tx<'_>,
        caller: Caller,
        leave: Leave,
    ) -> Result<(), Error> {
        let id = known
            .id(self.named)
            .ok_or_else(|| Error::internal("a new revocation without a credential"))?;
        let reason = self.reason;
        match leave {
            Leave::Second => of_granted(tx, id, reason),
            Leave::Glass => behind_glass(tx, caller.permit::<Revoke>()?, id, reason),
            Leave::Own => revoke(tx, caller.permit::<Revoke>()?, id, reason).map(drop),
        }
    }
}

impl WantedRevocation {
    /// Where the row names the credential.
    const fn column(&self) -> Column {
        match self.named {
            Named::Card(_) => Column::CardNumber,
            Named::Credential(_) => Column::CredentialId,
        }
    }
}

impl Known {
    fn id(&self, named: Named) -> Option<CredentialId> {
        match named {
            Named::Card(key) => self.cards.get(&key).copied(),
            Named::Credential(id) => Some(id),
        }
    }
}

fn want(terms: &Terms, row: &RevocationRow) -> Result<WantedRevocation, Vec<Fault>> {
    let named = match &row.target {
        Target::Card(card) => terms.card(row.line, card).map(|(_, key)| Named::Card(key)),
        Target::Credential(id) => {
            let refused = |refused: crate::domain::ids::NotAnId| {
                terms.fault(Column::CredentialId, "not_an_id", refused.to_string())
            };
            id.parse().map(Named::Credential).map_err(refused)
        }
    };
    let reason = match &row.reason {
        None => terms
            .settings
            .reason
            .ok_or_else(|| terms.problem(row.line, Column::Reason, FileCode::MissingValue)),
        Some(text) => reasons::parse(text).ok_or_else(|| {
            terms.fault(
                Column::Reason,
                "unknown_reason",
                "This is not a reason. Write lost, stolen, damaged, not_returned or employment_ended, or the word for it in Dutch, French or German (verloren, volé, defekt), or another of the API's names.",
            )
        }),
    };
    let reason = reason.and_then(|reason| match reason.class() {
        _ if !reason.revokes() => {
            Err(terms.fault(Column::Reason, "not_for_revocation", NOT_FOR_REVOCATION))
        }
        Class::Screening => Err(terms.fault(Column::Reason, "not_in_file", NOT_IN_FILE)),
        _ => Ok(reason),
    });
    match (named, reason) {
        (Ok(named), Ok(reason)) => Ok(WantedRevocation { named, reason }),
        (named, reason) => Err(named.err().into_iter().chain(reason.err()).collect()),
    }
}
