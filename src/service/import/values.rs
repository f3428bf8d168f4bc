//! From the text of a row to a worker with a badge, and from sealed details to what a row is compared with.

use super::calendar;
use super::credentials::WantedCredential;
use super::file::columns::Column;
use super::file::records::CredentialRow;
use super::file::text::fold;
use super::report::Fault;
use super::terms::Terms;
use crate::domain::calendar::Day;
use crate::domain::clearance::{Clearances, last_day};
use crate::domain::text::{BadText, Text};
use crate::domain::time::Timestamp;
use crate::domain::worker::{EngagementDetails, WorkerDetails};
use crate::ledger::replay::Screened;

/// A digest of a staff number, by which rows of a file are told apart. It is never stored.
pub(super) type StaffKey = [u8; 16];

/// The digest of a staff number.
pub(super) fn staff_key(number: &str) -> StaffKey {
    let mut key = StaffKey::default();
    key.copy_from_slice(&blake3::hash(number.as_bytes()).as_bytes()[..16]);
    key
}

/// A digest of a worker's name, upper and lower case and accents apart.
pub(super) type Person = [u8; 16];

/// Who a worker is, as far as a file can tell.
pub(super) fn person(worker: &WorkerDetails) -> Person {
    let name = [
        fold(worker.family_name.as_str()),
        fold(worker.given_names.as_str()),
    ]
    .join("\n");
    let mut half = [0; 16];
    half.copy_from_slice(&blake3::hash(name.as_bytes()).as_bytes()[..16]);
    half
}

impl WantedCredential {
    /// A digest of all that the row says, so that a row that only stands there twice is no conflict.
    pub(super) fn digest(&self) -> [u8; 16] {
        let says = serde_json::to_vec(&(
            &self.worker,
            &self.engagement,
            self.valid_from,
            self.valid_until,
            &self.scope,
        ))
        .unwrap_or_default();
        let mut half = [0; 16];
        half.copy_from_slice(&blake3::hash(&says).as_bytes()[..16]);
        half
    }

    /// For what the person is not cleared, or not for so long.
    pub(super) fn uncleared(
        &self,
        screenings: &[Screened],
        terms: &Terms,
        now: Timestamp,
    ) -> Option<Fault> {
        let said = screenings
            .iter()
            .map(|screened| (screened.screening.function, &screened.standing));
        let clearances = Clearances::of(said, Day::of(now));
        let functions = self.scope.functions;
        if !functions
            .iter()
            .all(|function| clearances.until(function).is_some())
        {
            let message = "The worker is not cleared for all of these. Leave out the others, or record a screening that clears the worker for them first.";
            return Some(terms.fault(Column::Functions, "not_cleared", message));
        }
        let last = functions
            .iter()
            .filter_map(|function| clearances.until(function))
            .min()?;
        (last < last_day(self.valid_until)).then(|| {
            let message = format!("must not be after {last} in Brussels, the last day on which the worker is cleared for all of the functions");
            terms.fault(Column::ValidUntil, "after_clearance", message)
        })
    }
}

/// Makes values of a row's text.
pub(super) fn want(terms: &Terms, row: CredentialRow) -> Result<WantedCredential, Vec<Fault>> {
    let mut faults = Vec::new();
    let CredentialRow {
        line,
        staff_number,
        family_name,
        given_names,
        birth_date,
        employer,
        card,
        ..
    } = row;
    let family_name = keep(&mut faults, text(terms, Column::FamilyName, &family_name));
    let given_names = keep(&mut faults, text(terms, Column::GivenNames, &given_names));
    let employer = keep(&mut faults, text(terms, Column::Employer, &employer));
    let staff_number = staff_number
        .map(|number| text(terms, Column::StaffNumber, &number))
        .transpose();
    let staff_number = keep(&mut faults, staff_number);
    let card = keep(&mut faults, terms.card(line, &card));
    let out_of_range = |column| {
        terms.fault(
            column,
            "out_of_range",
            "must lie between the years 1970 and 2104",
        )
    };
    let valid_from = row
        .valid_from
        .map(|day| calendar::start_of(day).ok_or_else(|| out_of_range(Column::ValidFrom)));
    let valid_from = keep(&mut faults, valid_from.transpose());
    let valid_until =
        calendar::end_of(row.valid_until).ok_or_else(|| out_of_range(Column::ValidUntil));
    let valid_until = keep(&mut faults, valid_until);
    let scope = terms.scope(line, &row.facilities, &row.functions);
    let scope = keep(&mut faults, scope);
    let (Some(family_name), Some(given_names), Some(employer), Some(staff_number)) =
        (family_name, given_names, employer, staff_number)
    else {
        return Err(faults);
    };
    let (Some((identifier, key)), Some(valid_from), Some(valid_until), Some(scope)) =
        (card, valid_from, valid_until, scope)
    else {
        return Err(faults);
    };
    let birth_date = birth_date.map(|day| day.to_string());
    let worker = WorkerDetails {
        family_name,
        given_names,
        birth_date,
        documents: Vec::new(),
        former_documents: Vec::new(),
    };
    let staff_key = staff_number
        .as_ref()
        .map(|number| staff_key(number.as_str()));
    Ok(WantedCredential {
        person: person(&worker),
        worker,
        engagement: EngagementDetails {
            employer,
            staff_number,
        },
        staff_key,
        identifier,
        key,
        valid_from,
        valid_until,
        scope,
    })
}

/// The value, or its fault among the others: everything wrong with a row is told at once.
pub(super) fn keep<T>(faults: &mut Vec<Fault>, value: Result<T, Fault>) -> Option<T> {
    value.map_err(|fault| faults.push(fault)).ok()
}

pub(super) fn text<const MAX: usize>(
    terms: &Terms,
    column: Column,
    value: &str,
) -> Result<Text<MAX>, Fault> {
    Text::parse(value).map_err(|bad| {
        let code = match bad {
            BadText::Empty => "missing_value",
            BadText::TooLong(_) => "too_long",
            BadText::Control => "control_character",
        };
        terms.fault(column, code, bad.to_string())
    })
}
