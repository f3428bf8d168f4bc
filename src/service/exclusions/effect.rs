//! What an exclusion does where it is adopted, and how that is undone.

use super::super::commit::Tx;
use super::super::error::{Code, Error};
use super::super::referrals::live_of_person;
use crate::domain::credential::{self, Scope, SuspensionKind};
use crate::domain::exclusion::{Answer, Exclusion};
use crate::domain::ids::{MemberId, WorkerId};
use crate::ledger::entry::Fact;
use crate::store::match_cases::same_person;
use crate::store::{Reader, exclusions};

/// Refuses what would let somebody come where this member excludes them.
pub(in crate::service) fn none_holds(
    tx: &mut Tx<'_>,
    member: MemberId,
    worker: WorkerId,
    scope: &Scope,
) -> Result<(), Error> {
    let adopted = adopted(tx.reader()?, worker)?;
    if holds(tx, &adopted, member, scope) {
        return Err(Error::new(Code::ExclusionHolds, EXCLUSION_HOLDS));
    }
    Ok(())
}

/// The exclusions that each member has adopted of the person with this record.
pub(in crate::service) fn adopted(
    reader: &mut Reader,
    worker: WorkerId,
) -> Result<Vec<(MemberId, Exclusion)>, Error> {
    let records = same_person(reader, worker)?;
    let mut found = Vec::new();
    for excluded in exclusions::of_person(reader, &records)? {
        let told = exclusions::told_of(reader, excluded.exclusion.id)?;
        let adopted = told.iter().filter(|told| told.answer == Answer::Adopted);
        found.extend(adopted.map(|told| (told.member, excluded.exclusion.clone())));
    }
    Ok(found)
}

/// Why something is not issued to somebody.
pub(in crate::service) const EXCLUSION_HOLDS: &str = "Your member excludes this worker from where this would lead. Until the exclusion is lifted, nothing of that kind is issued to them.";

/// Suspends what leads where a member excludes the person.
pub(super) fn bring(tx: &mut Tx<'_>, worker: WorkerId) -> Result<(), Error> {
    let adopted = adopted(tx.reader()?, worker)?;
    if adopted.is_empty() {
        return Ok(());
    }
    for held in live_of_person(tx, worker)? {
        let change = credential::Change::Suspend(SuspensionKind::Exclusion);
        let Some(reason) = adopted
            .iter()
            .find(|one| reaches(tx, one, held.credential.member, &held.credential.scope))
            .map(|(_, exclusion)| exclusion.reason)
        else {
            continue;
        };
        if held.state.apply(change).is_ok() {
            tx.state(Fact::CredentialSuspended {
                credential: held.credential.id,
                kind: SuspensionKind::Exclusion,
                reason,
            })?;
        }
    }
    Ok(())
}

/// Lifts what nothing holds any more.
pub(super) fn release(tx: &mut Tx<'_>, worker: WorkerId) -> Result<(), Error> {
    let adopted = adopted(tx.reader()?, worker)?;
    for held in live_of_person(tx, worker)? {
        let change = credential::Change::Lift(SuspensionKind::Exclusion);
        let (member, scope) = (held.credential.member, &held.credential.scope);
        if held.state.apply(change).is_ok() && !holds(tx, &adopted, member, scope) {
            tx.state(Fact::CredentialLifted {
                credential: held.credential.id,
                kind: SuspensionKind::Exclusion,
            })?;
        }
    }
    Ok(())
}

fn holds(tx: &Tx<'_>, adopted: &[(MemberId, Exclusion)], member: MemberId, scope: &Scope) -> bool {
    adopted.iter().any(|one| reaches(tx, one, member, scope))
}

fn reaches(
    tx: &Tx<'_>,
    (adopter, exclusion): &(MemberId, Exclusion),
    member: MemberId,
    scope: &Scope,
) -> bool {
    let places = tx.index.places();
    let facility_of = |zone| places.zones.get(&zone).map(|(_, zone)| zone.facility);
    *adopter == member && exclusion.reaches(scope, facility_of)
}
