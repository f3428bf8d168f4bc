//! What screenings mean for credentials. Functions are cleared for a person, not for a record: what one member records of them
//! bears on every credential that they have, whoever issued it, in the transaction in which it is recorded.
//!
//! A credential's functions are kept so that they hold until it ends ([`Clearances::throughout`]): it is issued for no longer,
//! and where a clearance comes to end sooner than a credential that rests on it, the credential loses the function at once. So
//! no gate needs to know the day of a screening, and none is missed because nobody recorded that it lapsed.

use super::commit::Tx;
use super::error::{Code, Error};
use crate::domain::calendar::Day;
use crate::domain::clearance::{Clearances, Functions, last_day};
use crate::domain::ids::WorkerId;
use crate::domain::reason::{Class, Reason};
use crate::domain::screening::Function;
use crate::domain::time::Timestamp;
use crate::ledger::entry::Fact;
use crate::ledger::replay::{Held, Screened};
use crate::store::{Reader, StoreError, credentials, match_cases, screenings};

/// Brings every credential of the person whom this record is of up to their screenings, as they are now. To be called in the
/// transaction that moved a screening, or that said that two records are of one person.
pub(super) fn follow(tx: &mut Tx<'_>, worker: WorkerId) -> Result<(), Error> {
    let today = Day::of(tx.now);
    let person = person(tx.reader()?, worker)?;
    let clearances = clearances(tx.reader()?, &person, today)?;
    for held in credentials::live_of(tx.reader()?, &person)? {
        let credential = &held.credential;
        let functions = clearances.throughout(credential.scope.functions, credential.valid_until);
        if functions != held.functions {
            tx.state(Fact::CredentialFunctions {
                credential: credential.id,
                functions,
            })?;
        }
    }
    Ok(())
}

/// Whether the person whom this record is of is cleared for this function today, by any screening of any member.
pub(super) fn is_cleared(
    tx: &mut Tx<'_>,
    worker: WorkerId,
    function: Function,
) -> Result<bool, Error> {
    let today = Day::of(tx.now);
    let person = person(tx.reader()?, worker)?;
    let clearances = clearances(tx.reader()?, &person, today)?;
    Ok(clearances.until(function).is_some())
}

/// Refuses to say of a person what no authority said of them.
pub(super) fn check_borne_out(
    tx: &mut Tx<'_>,
    worker: WorkerId,
    reason: Reason,
    pointer: &str,
) -> Result<(), Error> {
    if reason.class() != Class::Screening {
        return Ok(());
    }
    let screenings = screenings_of(tx.reader()?, worker)?;
    let mut states = screenings.iter().map(|screened| screened.standing.state);
    if states.any(|state| reason.is_borne_out_by(state)) {
        return Ok(());
    }
    Err(Error::field(
        pointer,
        "not_on_record",
        "No screening of the worker says so. Record what the authority decided first, or give another reason.",
    ))
}

/// Refuses a credential that is for more than the person is cleared for, or for longer.
pub(super) fn check_cleared(
    tx: &mut Tx<'_>,
    worker: WorkerId,
    functions: Functions,
    valid_until: Timestamp,
) -> Result<(), Error> {
    if functions.is_empty() {
        return Ok(());
    }
    let today = Day::of(tx.now);
    let person = person(tx.reader()?, worker)?;
    let clearances = clearances(tx.reader()?, &person, today)?;
    let mut ends: Vec<(Day, Function)> = Vec::new();
    for function in functions.iter() {
        let Some(until) = clearances.until(function) else {
            let message = format!(
                "The worker is not cleared for {}. Leave it out, or record a screening that clears them for it first.",
                function.as_str()
            );
            return Err(Error::field("/scope/functions", "not_cleared", message));
        };
        ends.push((until, function));
    }
    match ends.into_iter().min() {
        Some((until, function)) if until < last_day(valid_until) => {
            let message = format!(
                "must not be after {until} in Brussels, the last day on which the worker is cleared for {}",
                function.as_str()
            );
            Err(Error::field("/valid_until", "after_clearance", message))
        }
        _ => Ok(()),
    }
}

/// Refuses what would be good after the last day of the engagement that it rests on.
pub(super) fn check_engaged(until: Option<Day>, valid_until: Timestamp) -> Result<(), Error> {
    match until {
        Some(until) if until < last_day(valid_until) => {
            let message =
                format!("must not be after {until} in Brussels, the last day of the engagement");
            Err(Error::field("/valid_until", "after_engagement", message))
        }
        _ => Ok(()),
    }
}

/// Refuses another badge for a credential whose worker is no longer cleared for all that it is for.
pub(super) fn check_whole(held: &Held) -> Result<(), Error> {
    if held.functions == held.credential.scope.functions {
        return Ok(());
    }
    Err(Error::new(
        Code::NotCleared,
        "The worker is no longer cleared for every function that this credential is for. Revoke it, and issue another for \
         what they are cleared for.",
    ))
}

/// The records that are of one person with this one.
fn person(reader: &mut Reader, worker: WorkerId) -> Result<Vec<WorkerId>, StoreError> {
    let person = match_cases::same_person(reader, worker)?;
    Ok(person.into_iter().collect())
}

/// Every screening of the person whom a record is of.
pub(super) fn screenings_of(
    reader: &mut Reader,
    worker: WorkerId,
) -> Result<Vec<Screened>, StoreError> {
    let person = person(reader, worker)?;
    screenings::of_person(reader, &person)
}

fn clearances(
    reader: &mut Reader,
    person: &[WorkerId],
    today: Day,
) -> Result<Clearances, StoreError> {
    Ok(cleared_by(&screenings::of_person(reader, person)?, today))
}

/// For what a person is cleared by these screenings, which are all there are of them.
pub(super) fn cleared_by(screenings: &[Screened], today: Day) -> Clearances {
    let said = screenings
        .iter()
        .map(|screened| (screened.screening.function, &screened.standing));
    Clearances::of(said, today)
}
