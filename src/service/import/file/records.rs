//! Rows of text to typed rows.
//!
//! Repaired in silence is only what has one meaning: space around a value, no-break spaces, invisible characters that
//! come with copied text, and the `="0012"` by which people keep zeros from Excel. Everything else that is wrong is
//! told, all of a row at once.

use std::fmt;

use jiff::civil::Date;

use super::columns::Column;
use super::layout::Layout;
use super::sheet::Row;
use super::{Code, RowProblem, dates};

/// A worker with a badge.
#[derive(Clone, PartialEq, Eq)]
pub struct CredentialRow {
    /// Where the row begins in the file, from 1.
    pub line: u64,
    /// The worker's number at the member.
    pub staff_number: Option<String>,
    /// Family name.
    pub family_name: String,
    /// Given names.
    pub given_names: String,
    /// Date of birth.
    pub birth_date: Option<Date>,
    /// Who states the operational need.
    pub employer: String,
    /// The card on the badge.
    pub card: Card,
    /// The first day, in the member's time zone. Without one, the moment of the import.
    pub valid_from: Option<Date>,
    /// The last day, up to its end, in the member's time zone.
    pub valid_until: Date,
    /// The facilities where it is good, by name, id or code, as they stand in the file. Empty, which means everywhere,
    /// only if the file has no such column.
    pub facilities: Vec<String>,
    /// For what it is, beyond passing gates.
    pub functions: Vec<String>,
}

/// A credential to revoke.
#[derive(Clone, PartialEq, Eq)]
pub struct RevocationRow {
    /// Where the row begins in the file, from 1.
    pub line: u64,
    /// Which one.
    pub target: Target,
    /// Why.
    pub reason: Option<String>,
}

/// A port ban.
#[derive(Clone, PartialEq, Eq)]
pub struct BanRow {
    /// Where the row begins in the file, from 1.
    pub line: u64,
    /// What kind of document names the person.
    pub document_kind: String,
    /// Which country issued it.
    pub document_country: String,
    /// Its number.
    pub document_number: String,
    /// The first day.
    pub starts_on: Date,
    /// The last day, up to its end.
    pub ends_on: Date,
    /// What the register knows it by.
    pub reference: String,
}

/// By what a credential is named.
#[derive(Clone, PartialEq, Eq)]
pub enum Target {
    /// By a card on one of its badges.
    Card(Card),
    /// By its id.
    Credential(String),
}

/// A card identifier as it stands in the file. Whether it is one, the parser of card identifiers says.
#[derive(Clone, PartialEq, Eq)]
pub struct Card {
    /// The name of its format; none when the file leaves it to the settings of the import.
    pub format: Option<String>,
    /// The number, in the notation of the format.
    pub value: String,
    /// The facility code, where it stands apart.
    pub facility_code: Option<String>,
}

impl CredentialRow {
    /// Reads a row of a file for [`Credentials`](super::columns::Purpose::Credentials). Where it has no last day, it is
    /// this one.
    ///
    /// # Errors
    /// Everything that is wrong with the row.
    pub fn read(
        layout: &Layout,
        row: &Row,
        last_day: Option<Date>,
    ) -> Result<Self, Vec<RowProblem>> {
        let mut reading = Reading::new(layout, row);
        let staff_number = reading.number(Column::StaffNumber, STAFF_NUMBER_CHARS_MAX);
        let family_name = reading.name(Column::FamilyName);
        let given_names = reading.name(Column::GivenNames);
        let birth_date = reading.date(Column::BirthDate, dates::day);
        let employer = reading.text(Column::Employer, EMPLOYER_CHARS_MAX);
        let card = reading.card();
        let valid_from = reading.date(Column::ValidFrom, dates::day);
        let before = reading.problems.len();
        let valid_until = reading.date(Column::ValidUntil, dates::last_day);
        // A last day that cannot be read is not replaced by another.
        let otherwise = last_day.filter(|_| reading.problems.len() == before);
        let valid_until = valid_until.or(otherwise);
        let facilities = reading.facilities();
        let functions = reading.functions();
        if let (Some(from), Some(until)) = (valid_from, valid_until)
            && until < from
        {
            reading.problem(Column::ValidUntil, Code::EndsBeforeItBegins);
        }
        let family_name = reading.required(Column::FamilyName, family_name);
        let given_names = reading.required(Column::GivenNames, given_names);
        let employer = reading.required(Column::Employer, employer);
        let card = reading.required(Column::CardNumber, card);
        let valid_until = reading.required(Column::ValidUntil, valid_until);
        match (family_name, given_names, employer, card, valid_until) {
            (
                Some(family_name),
                Some(given_names),
                Some(employer),
                Some(card),
                Some(valid_until),
            ) if reading.problems.is_empty() => {
                let line = row.line;
                Ok(Self {
                    line,
                    staff_number,
                    family_name,
                    given_names,
                    birth_date,
                    employer,
                    card,
                    valid_from,
                    valid_until,
                    facilities,
                    functions,
                })
            }
            _ => Err(reading.problems),
        }
    }
}

impl RevocationRow {
    /// Reads a row of a file for [`Revocations`](super::columns::Purpose::Revocations).
    ///
    /// # Errors
    /// Everything that is wrong with the row.
    pub fn read(layout: &Layout, row: &Row) -> Result<Self, Vec<RowProblem>> {
        let mut reading = Reading::new(layout, row);
        let credential = reading.number(Column::CredentialId, ID_CHARS_MAX);
        let card = reading.card();
        let reason = reading.text(Column::Reason, REASON_CHARS_MAX);
        let named = match (card, credential) {
            (Some(card), None) => Ok(Target::Card(card)),
            (None, Some(credential)) => Ok(Target::Credential(credential)),
            (Some(_), Some(_)) => Err(Code::NamedTwice),
            (None, None) => Err(Code::NothingNamed),
        };
        match named {
            Ok(target) if reading.problems.is_empty() => Ok(Self {
                line: row.line,
                target,
                reason,
            }),
            Err(code) if reading.problems.is_empty() => {
                Err(vec![RowProblem::new(row.line, None, code)])
            }
            _ => Err(reading.problems),
        }
    }
}

impl BanRow {
    /// Reads a row of a file for [`Bans`](super::columns::Purpose::Bans).
    ///
    /// # Errors
    /// Everything that is wrong with the row.
    pub fn read(layout: &Layout, row: &Row) -> Result<Self, Vec<RowProblem>> {
        let mut reading = Reading::new(layout, row);
        let kind = reading.text(Column::DocumentKind, DOCUMENT_CHARS_MAX);
        let kind = reading.required(Column::DocumentKind, kind);
        let country = reading.text(Column::DocumentCountry, DOCUMENT_CHARS_MAX);
        let country = reading.required(Column::DocumentCountry, country);
        let number = reading.number(Column::DocumentNumber, DOCUMENT_CHARS_MAX);
        let number = reading.required(Column::DocumentNumber, number);
        let from = reading.date(Column::ValidFrom, dates::day);
        let from = reading.required(Column::ValidFrom, from);
        let until = reading.date(Column::ValidUntil, dates::last_day);
        let until = reading.required(Column::ValidUntil, until);
        let reference = reading.number(Column::Reference, REFERENCE_CHARS_MAX);
        let reference = reading.required(Column::Reference, reference);
        if let (Some(from), Some(until)) = (from, until)
            && until < from
        {
            reading.problem(Column::ValidUntil, Code::EndsBeforeItBegins);
        }
        match (kind, country, number, from, until, reference) {
            (Some(kind), Some(country), Some(number), Some(from), Some(until), Some(reference))
                if reading.problems.is_empty() =>
            {
                Ok(Self {
                    line: row.line,
                    document_kind: kind,
                    document_country: country,
                    document_number: number,
                    starts_on: from,
                    ends_on: until,
                    reference,
                })
            }
            _ => Err(reading.problems),
        }
    }
}

/// One row being read, and what was found wrong with it.
pub(super) struct Reading<'a> {
    layout: &'a Layout,
    row: &'a Row,
    pub(super) problems: Vec<RowProblem>,
}

impl<'a> Reading<'a> {
    pub(super) fn new(layout: &'a Layout, row: &'a Row) -> Self {
        Self {
            layout,
            row,
            problems: Vec::new(),
        }
    }

    pub(super) fn problem(&mut self, column: Column, code: Code) {
        let header = self
            .layout
            .place(column)
            .map(|place| self.layout.columns[place].header.as_str());
        self.problems
            .push(RowProblem::new(self.row.line, header, code));
    }

    /// A value that must be there. If it is not because of a problem, that one is enough.
    pub(super) fn required<T>(&mut self, column: Column, value: Option<T>) -> Option<T> {
        let header = self
            .layout
            .place(column)
            .map(|place| self.layout.columns[place].header.as_str());
        if value.is_none()
            && !self
                .problems
                .iter()
                .any(|problem| problem.column.as_deref() == header)
        {
            let code = match column {
                Column::ValidUntil => Code::NoLastDay,
                _ => Code::MissingValue,
            };
            self.problem(column, code);
        }
        value
    }

    /// A value without space around it; none when the column or the value is not there.
    pub(super) fn text(&mut self, column: Column, chars_max: usize) -> Option<String> {
        let cell = self.row.cell(self.layout.place(column)?);
        match clean(cell) {
            Ok(text) if text.is_empty() => None,
            Ok(text) if text.chars().count() <= chars_max => Some(text),
            Ok(_) => {
                self.problem(column, Code::TooLong);
                None
            }
            Err(code) => {
                self.problem(column, code);
                None
            }
        }
    }

    /// A name of a person.
    pub(super) fn name(&mut self, column: Column) -> Option<String> {
        let name = self.text(column, PERSON_NAME_CHARS_MAX)?;
        if name.chars().any(char::is_numeric) || !name.chars().any(char::is_alphabetic) {
            self.problem(column, Code::NotAName);
            return None;
        }
        Some(name)
    }

    /// A number that is a name: its zeros count, and a spreadsheet that took it for an amount has damaged it.
    pub(super) fn number(&mut self, column: Column, chars_max: usize) -> Option<String> {
        let text = self.text(column, chars_max)?;
        if is_scientific(&text) {
            self.problem(column, Code::ScientificNotation);
            return None;
        }
        // The apostrophe that tells a spreadsheet to take it as text.
        Some(text.strip_prefix('\'').map(str::to_owned).unwrap_or(text))
    }

    pub(super) fn card(&mut self) -> Option<Card> {
        let format = self.text(Column::CardFormat, CARD_FORMAT_CHARS_MAX);
        let facility_code = self.number(Column::FacilityCode, FACILITY_CODE_CHARS_MAX);
        let value = self.number(Column::CardNumber, CARD_NUMBER_CHARS_MAX)?;
        Some(Card {
            format,
            value,
            facility_code,
        })
    }

    pub(super) fn date(
        &mut self,
        column: Column,
        read: fn(&str) -> Result<Date, Code>,
    ) -> Option<Date> {
        let text = self.text(column, DATE_CHARS_MAX)?;
        match read(&text) {
            Ok(date) => Some(date),
            Err(code) => {
                self.problem(column, code);
                None
            }
        }
    }

    /// The parts of a cell, each once. A column of facilities with an empty cell would mean every facility there is,
    /// which nobody means by leaving a cell empty.
    pub(super) fn facilities(&mut self) -> Vec<String> {
        if self.layout.place(Column::Facilities).is_none() {
            return Vec::new();
        }
        let text = self.text(Column::Facilities, super::CELL_CHARS_MAX);
        let Some(text) = self.required(Column::Facilities, text) else {
            return Vec::new();
        };
        let facilities = parts(&text);
        match facilities.len() {
            0 => self.problem(Column::Facilities, Code::MissingValue),
            1..=FACILITIES_MAX => return facilities,
            _ => self.problem(Column::Facilities, Code::TooManyFacilities),
        }
        Vec::new()
    }

    /// The parts of a cell, each once. An empty cell means none.
    fn functions(&mut self) -> Vec<String> {
        let text = self.text(Column::Functions, super::CELL_CHARS_MAX);
        text.map_or_else(Vec::new, |text| parts(&text))
    }
}

fn parts(text: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for part in text.split([',', ';', '|']).map(str::trim) {
        if !part.is_empty() && !parts.iter().any(|known| known == part) {
            parts.push(part.to_owned());
        }
    }
    parts
}

/// The value of a cell, on one line, without the space and the invisible characters that come with copied text.
pub(super) fn clean(cell: &str) -> Result<String, Code> {
    let cell = cell.trim();
    let cell = cell
        .strip_prefix("=\"")
        .and_then(|rest| rest.strip_suffix('"'))
        .unwrap_or(cell)
        .trim();
    let mut text = String::with_capacity(cell.len());
    for c in cell.chars() {
        match c {
            '\n' | '\r' | '\u{2028}' | '\u{2029}' => return Err(Code::LineBreak),
            '\u{ad}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2060}' | '\u{feff}' => {}
            // They make a text show as another one.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                return Err(Code::ControlCharacter);
            }
            c if c.is_whitespace() => {
                if !text.is_empty() && !text.ends_with(' ') {
                    text.push(' ');
                }
            }
            c => text.push(c),
        }
    }
    text.truncate(text.trim_end().len());
    if is_spreadsheet_error(&text) {
        Err(Code::SpreadsheetError)
    } else {
        Ok(text)
    }
}

/// `#N/A` in English, `#N/B` in Dutch, `#NV` in German; the others end with ! or ? in every language; and a date in
/// too narrow a column is saved as `########`.
fn is_spreadsheet_error(text: &str) -> bool {
    text.strip_prefix('#').is_some_and(|rest| {
        matches!(rest, "N/A" | "N/B" | "NV")
            || (rest.ends_with(['!', '?']) && rest.starts_with(|c: char| c.is_uppercase()))
            || (!rest.is_empty() && rest.bytes().all(|b| b == b'#'))
    })
}

/// `1,23E+15`. A sign behind the E or a decimal mark before it must be there: `12E4` is a good card number in
/// hexadecimal.
fn is_scientific(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['E', 'e']) else {
        return false;
    };
    let (mantissa, is_signed) = (
        mantissa.trim_start_matches(['+', '-']),
        exponent.starts_with(['+', '-']),
    );
    let exponent = exponent.trim_start_matches(['+', '-']);
    let is_decimal = mantissa.contains([',', '.']);
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    is_number(exponent)
        && is_number(&mantissa.replacen([',', '.'], "", 1))
        && (is_signed || is_decimal)
}

// Names, numbers and dates of people: never in a log by way of {:?}.
impl fmt::Debug for CredentialRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CredentialRow(line {})", self.line)
    }
}

impl fmt::Debug for BanRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BanRow(line {})", self.line)
    }
}

impl fmt::Debug for RevocationRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RevocationRow(line {})", self.line)
    }
}

const PERSON_NAME_CHARS_MAX: usize = 100;
pub(super) const EMPLOYER_CHARS_MAX: usize = 160;
pub(super) const STAFF_NUMBER_CHARS_MAX: usize = 40;
/// Raw bits of a 256-bit card identifier, the longest notation there is.
const CARD_NUMBER_CHARS_MAX: usize = 256;
const CARD_FORMAT_CHARS_MAX: usize = 64;
const FACILITY_CODE_CHARS_MAX: usize = 16;
pub(super) const ID_CHARS_MAX: usize = 64;
const REASON_CHARS_MAX: usize = 160;
pub(super) const DOCUMENT_CHARS_MAX: usize = 60;
pub(super) const REFERENCE_CHARS_MAX: usize = 64;
const DATE_CHARS_MAX: usize = 40;
const FACILITIES_MAX: usize = 64;
