//! Files that ports really have, read into typed rows. Pure: bytes in, rows and problems out; no clock, no database,
//! no time zone.
//!
//! ```text
//! bytes ── sheet ──> headers, text cells ── layout ──> which column is what ── records ──> CredentialRow, RevocationRow
//!          ├ text: encodings               ├ columns: headers and their meaning    └ dates
//!          ├ delimited: comma, semicolon, tab   └ vocabulary: in four languages
//!          └ workbook: XLSX, from archive (ZIP), xml and values
//! ```
//!
//! Three rules hold everywhere here. What could mean two things is refused and never guessed. One bad row spoils that
//! row only; a bad header spoils the file, before anything is read. And no problem repeats the value of a cell: its words
//! belong to its code, so a name or a card number cannot reach a log through them.

use serde::Serialize;

mod archive;
pub mod cases;
pub mod columns;
pub mod dates;
mod delimited;
pub mod layout;
pub mod records;
pub mod sheet;
pub(in crate::service::import) mod text;
mod values;
mod vocabulary;
mod widths;
mod workbook;
mod xml;

#[cfg(test)]
pub(super) mod tests;

/// The largest file, in bytes. Also the most that a workbook may hold once unpacked, parts and cells counted apart.
pub const FILE_BYTES_MAX: usize = 64 * 1024 * 1024;
/// The most rows below the header.
pub const ROWS_MAX: u64 = 1_000_000;
/// The most columns.
pub const COLUMNS_MAX: usize = 64;
/// Within how many of the first filled rows the header is looked for: titles may stand above it.
pub const HEADER_WITHIN: usize = 10;
/// The longest cell, in characters, also in a column that is not read.
pub const CELL_CHARS_MAX: usize = 1024;

/// Why one row cannot be used. It never holds the value that was wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RowProblem {
    /// Where the row begins: the line of the text file or the row of the workbook, from 1.
    pub line: u64,
    /// The header of the column as the file has it; none when the row as a whole is at fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// For programs.
    pub code: Code,
    /// For people: what is wrong and how to mend it.
    pub message: &'static str,
}

impl RowProblem {
    pub(in crate::service::import) fn new(line: u64, column: Option<&str>, code: Code) -> Self {
        Self {
            line,
            column: column.map(str::to_owned),
            code,
            message: code.message(),
        }
    }
}

/// What can be wrong with a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// More cells than the header has.
    TooManyCells,
    /// The file ends in the middle of this row.
    CutOff,
    /// A quotation mark opened here swallowed the lines that follow.
    OpenQuote,
    /// Longer than [`CELL_CHARS_MAX`].
    CellTooLong,
    /// NUL or another character that is not text.
    ControlCharacter,
    /// U+FFFD: an earlier conversion lost a character.
    DamagedCharacter,
    /// A line break inside a value.
    LineBreak,
    /// `#N/A`, `#REF!`, `########` and their like.
    SpreadsheetError,
    /// A number that a spreadsheet rounded.
    ScientificNotation,
    /// An empty cell that must be filled.
    MissingValue,
    /// No last day, neither in the row nor for all rows.
    NoLastDay,
    /// Longer than this value may be.
    TooLong,
    /// Digits or no letter where a person's name belongs.
    NotAName,
    /// Text that is no date.
    NotADate,
    /// A year of two digits.
    TwoDigitYear,
    /// Month before day.
    MonthFirst,
    /// 31 April and its like.
    NoSuchDay,
    /// A year that no worker and no badge has.
    YearOutOfRange,
    /// A time of day where a day is wanted.
    HasTime,
    /// Valid until a day before valid from.
    EndsBeforeItBegins,
    /// No facility of the network.
    NotAFacility,
    /// A name that several facilities have.
    AmbiguousFacility,
    /// More facilities than a credential may name.
    TooManyFacilities,
    /// Neither card number nor credential id.
    NothingNamed,
    /// Card number and credential id.
    NamedTwice,
}

impl Code {
    /// For programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TooManyCells => "too_many_cells",
            Self::CutOff => "cut_off",
            Self::OpenQuote => "open_quote",
            Self::CellTooLong => "cell_too_long",
            Self::ControlCharacter => "control_character",
            Self::DamagedCharacter => "damaged_character",
            Self::LineBreak => "line_break",
            Self::SpreadsheetError => "spreadsheet_error",
            Self::ScientificNotation => "scientific_notation",
            Self::MissingValue => "missing_value",
            Self::NoLastDay => "no_last_day",
            Self::TooLong => "too_long",
            Self::NotAName => "not_a_name",
            Self::NotADate => "not_a_date",
            Self::TwoDigitYear => "two_digit_year",
            Self::MonthFirst => "month_first",
            Self::NoSuchDay => "no_such_day",
            Self::YearOutOfRange => "year_out_of_range",
            Self::HasTime => "has_time",
            Self::EndsBeforeItBegins => "ends_before_it_begins",
            Self::NotAFacility => "not_a_facility",
            Self::AmbiguousFacility => "ambiguous_facility",
            Self::TooManyFacilities => "too_many_facilities",
            Self::NothingNamed => "nothing_named",
            Self::NamedTwice => "named_twice",
        }
    }

    /// What is wrong and how to mend it.
    pub const fn message(self) -> &'static str {
        match self {
            Self::TooManyCells => {
                "The row has more cells than the header. Put a value that contains the separator between quotation marks."
            }
            Self::CutOff => "The file ends in the middle of this row. Export it again.",
            Self::OpenQuote => {
                "A quotation mark that is opened on this line is closed only on a later one, so the lines between were not read. Remove or close it."
            }
            Self::CellTooLong => "A cell may hold at most 1024 characters.",
            Self::ControlCharacter => {
                "The cell holds a character that is not text. Type the value again."
            }
            Self::DamagedCharacter => {
                "A character of this cell was lost in an earlier conversion. Export the file again as UTF-8."
            }
            Self::LineBreak => "The value is broken over two lines. Write it on one line.",
            Self::SpreadsheetError => {
                "The cell shows an error of the spreadsheet and not a value. Mend the formula or widen the column."
            }
            Self::ScientificNotation => {
                "A spreadsheet took this number for an amount, keeps 15 of its digits and writes it with an exponent: digits are lost. Format the column as text and fill in the number again from its source."
            }
            Self::MissingValue => "The cell must not be empty.",
            Self::NoLastDay => {
                "A badge needs a last day. Fill in the cell, or give one day for all rows without one: valid_until, or --valid-until of the command."
            }
            Self::TooLong => "The value is longer than allowed here.",
            Self::NotAName => {
                "A name has letters and no digits. See whether the cells of this row are shifted."
            }
            Self::NotADate => "This is not a date. Write it as 2027-12-31 or 31/12/2027.",
            Self::TwoDigitYear => {
                "A year of two digits can mean two centuries. Write all four digits."
            }
            Self::MonthFirst => "The day comes first: 31/12/2027. Or write 2027-12-31.",
            Self::NoSuchDay => "The calendar has no such day.",
            Self::YearOutOfRange => "The year must lie between 1900 and 2199.",
            Self::HasTime => "Only a day is wanted here. Leave out the time.",
            Self::EndsBeforeItBegins => "The last day lies before the first.",
            Self::NotAFacility => {
                "The network has no such facility. Name each by its id, its name or its UN/LOCODE (BEANR, not BE ANR), with a comma, a semicolon or | between two."
            }
            Self::AmbiguousFacility => {
                "Several facilities have this name. Name the one that is meant by its id."
            }
            Self::TooManyFacilities => "A credential may name at most 64 facilities.",
            Self::NothingNamed => "Fill in the card number or the credential id.",
            Self::NamedTwice => "Fill in the card number or the credential id, not both.",
        }
    }
}
