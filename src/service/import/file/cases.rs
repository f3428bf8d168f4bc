//! Rows about people who are known, or are about to be: who works for whom, and what the authority advises.

use std::fmt;

use jiff::civil::Date;

use super::columns::Column;
use super::layout::Layout;
use super::records::{
    DOCUMENT_CHARS_MAX, EMPLOYER_CHARS_MAX, ID_CHARS_MAX, REFERENCE_CHARS_MAX, Reading,
    STAFF_NUMBER_CHARS_MAX,
};
use super::sheet::Row;
use super::{Code, RowProblem, dates};

/// An engagement.
#[derive(Clone, PartialEq, Eq)]
pub struct EngagementRow {
    /// Where the row begins in the file, from 1.
    pub line: u64,
    /// Our id of the worker.
    pub worker: Option<String>,
    /// What kind of document names the person.
    pub document_kind: Option<String>,
    /// Which country issued it.
    pub document_country: Option<String>,
    /// Its number.
    pub document_number: Option<String>,
    /// Family name.
    pub family_name: Option<String>,
    /// Given names.
    pub given_names: Option<String>,
    /// Date of birth.
    pub birth_date: Option<Date>,
    /// The worker's number at the member.
    pub staff_number: Option<String>,
    /// For whom the worker works.
    pub employer: String,
    /// The first day. Without one, the day of the import.
    pub starts_on: Option<Date>,
    /// The last day, up to its end. Without one, it goes on until it is ended.
    pub ends_on: Option<Date>,
}

/// An advice of the authority.
#[derive(Clone, PartialEq, Eq)]
pub struct OutcomeRow {
    /// Where the row begins in the file, from 1.
    pub line: u64,
    /// Our id of the screening.
    pub screening: Option<String>,
    /// Our id of the worker.
    pub worker: Option<String>,
    /// For what the worker is screened.
    pub function: Option<String>,
    /// What is advised.
    pub advice: String,
    /// By whom.
    pub authority: String,
    /// Under which reference.
    pub reference: String,
    /// When the worker was notified.
    pub decided_on: Date,
    /// Until when it holds, where the file says so.
    pub valid_until: Option<Date>,
}

impl EngagementRow {
    /// Reads a row of a file for [`Engagements`](super::columns::Purpose::Engagements).
    ///
    /// # Errors
    /// Everything that is wrong with the row.
    pub fn read(layout: &Layout, row: &Row) -> Result<Self, Vec<RowProblem>> {
        let mut reading = Reading::new(layout, row);
        let worker = reading.number(Column::WorkerId, ID_CHARS_MAX);
        let document_kind = reading.text(Column::DocumentKind, DOCUMENT_CHARS_MAX);
        let document_country = reading.text(Column::DocumentCountry, DOCUMENT_CHARS_MAX);
        let document_number = reading.number(Column::DocumentNumber, DOCUMENT_CHARS_MAX);
        let family_name = reading.name(Column::FamilyName);
        let given_names = reading.name(Column::GivenNames);
        let birth_date = reading.date(Column::BirthDate, dates::day);
        let staff_number = reading.number(Column::StaffNumber, STAFF_NUMBER_CHARS_MAX);
        let employer = reading.text(Column::Employer, EMPLOYER_CHARS_MAX);
        let employer = reading.required(Column::Employer, employer);
        let starts_on = reading.date(Column::ValidFrom, dates::day);
        let ends_on = reading.date(Column::ValidUntil, dates::last_day);
        if let (Some(from), Some(until)) = (starts_on, ends_on)
            && until < from
        {
            reading.problem(Column::ValidUntil, Code::EndsBeforeItBegins);
        }
        match employer {
            Some(employer) if reading.problems.is_empty() => Ok(Self {
                line: row.line,
                worker,
                document_kind,
                document_country,
                document_number,
                family_name,
                given_names,
                birth_date,
                staff_number,
                employer,
                starts_on,
                ends_on,
            }),
            _ => Err(reading.problems),
        }
    }
}

impl OutcomeRow {
    /// Reads a row of a file for [`Outcomes`](super::columns::Purpose::Outcomes).
    ///
    /// # Errors
    /// Everything that is wrong with the row.
    pub fn read(layout: &Layout, row: &Row) -> Result<Self, Vec<RowProblem>> {
        let mut reading = Reading::new(layout, row);
        let screening = reading.number(Column::ScreeningId, ID_CHARS_MAX);
        let worker = reading.number(Column::WorkerId, ID_CHARS_MAX);
        let function = reading.text(Column::Function, REFERENCE_CHARS_MAX);
        let advice = reading.text(Column::Advice, REFERENCE_CHARS_MAX);
        let advice = reading.required(Column::Advice, advice);
        let authority = reading.text(Column::Authority, REFERENCE_CHARS_MAX);
        let authority = reading.required(Column::Authority, authority);
        let reference = reading.number(Column::Reference, REFERENCE_CHARS_MAX);
        let reference = reading.required(Column::Reference, reference);
        let decided_on = reading.date(Column::DecidedOn, dates::day);
        let decided_on = reading.required(Column::DecidedOn, decided_on);
        let valid_until = reading.date(Column::ValidUntil, dates::last_day);
        match (advice, authority, reference, decided_on) {
            (Some(advice), Some(authority), Some(reference), Some(decided_on))
                if reading.problems.is_empty() =>
            {
                Ok(Self {
                    line: row.line,
                    screening,
                    worker,
                    function,
                    advice,
                    authority,
                    reference,
                    decided_on,
                    valid_until,
                })
            }
            _ => Err(reading.problems),
        }
    }
}

// Names, numbers and dates of people: never in a log by way of {:?}.
impl fmt::Debug for EngagementRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EngagementRow(line {})", self.line)
    }
}

impl fmt::Debug for OutcomeRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OutcomeRow(line {})", self.line)
    }
}
