//! A file as a table of text cells, and what was understood of it.
//!
//! The kind of a file is told by its content and never by its name. What the file is not, the refusal says, with the
//! way to mend it.

use csv::StringRecord;
use serde::{Deserialize, Serialize};

use super::columns::known_among;
pub use super::delimited::Delimiter;
use super::delimited::{Delimited, Ending, Unsplittable};
pub use super::text::Encoding;
use super::workbook::{self, Workbook};
use super::{
    CELL_CHARS_MAX, COLUMNS_MAX, Code, FILE_BYTES_MAX, HEADER_WITHIN, ROWS_MAX, RowProblem, text,
};

/// Reads a CSV file or an XLSX workbook. Every row is looked at once, so that `understood.rows` is a fact; the cells
/// of a text file stay in its text, and [`Sheet::rows`] takes them out one row at a time.
///
/// # Errors
/// [`Unreadable`] when the file as a whole cannot be used. A bad row is no such error: [`Sheet::rows`] tells of it.
pub fn read(bytes: &[u8]) -> Result<Sheet<'_>, Unreadable> {
    if bytes.len() > FILE_BYTES_MAX {
        return Err(Unreadable::TooLarge);
    }
    if let Some(foreign) = Foreign::of_bytes(bytes) {
        return Err(Unreadable::Foreign(foreign));
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        let workbook = workbook::read(bytes)?;
        return Sheet::new(Kind::Xlsx, None, Source::Workbook(workbook));
    }
    let (encoding, text) = text::decode(bytes);
    if let Some(foreign) = Foreign::of_text(&text) {
        return Err(Unreadable::Foreign(foreign));
    }
    let text = Delimited::new(text).map_err(|why| match why {
        Unsplittable::ForeignSeparator => Unreadable::Separator,
        Unsplittable::LineTooLong => Unreadable::LineTooLong,
    })?;
    Sheet::new(Kind::Csv, Some(encoding), Source::Text(text))
}

/// A table with one header row.
pub struct Sheet<'a> {
    /// What was found out about the file.
    pub understood: Understood,
    /// The header row, trimmed, without empty columns at its end.
    pub headers: Vec<String>,
    /// How many rows of the source stand above the header.
    above: usize,
    source: Source<'a>,
}

/// What was found out about a file, to be shown before anything is done with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Understood {
    /// Text or workbook.
    pub kind: Kind,
    /// How the text is encoded; none for a workbook.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<Encoding>,
    /// What separates the cells; none for a workbook, and for text with a single column.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<Delimiter>,
    /// The sheet of the workbook that was read: the first visible one with data.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 1024)]
    pub sheet: Option<String>,
    /// The line of the header, from 1. What stands above it, such as a title, is left out.
    pub header_line: u64,
    /// How many rows follow it, usable or not. Empty ones do not count.
    pub rows: u64,
}

/// The kinds of file that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = FileKind)]
pub enum Kind {
    /// Comma, semicolon or tab separated text.
    Csv,
    /// An Office Open XML workbook (ECMA-376), as Excel writes it since 2007.
    Xlsx,
}

/// One row below the header.
pub struct Row {
    /// Where it begins: the line of the text file or the row of the workbook, from 1.
    pub line: u64,
    cells: StringRecord,
}

impl Row {
    /// The cell in this column, as it stands in the file. Empty when the row ends before it.
    pub fn cell(&self, column: usize) -> &str {
        self.cells.get(column).unwrap_or_default()
    }
}

/// Why a file as a whole cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Nothing but empty lines.
    #[error("The file is empty.")]
    Empty,
    /// A header and nothing below.
    #[error("The file has a header and no rows below it.")]
    NoRows,
    /// More bytes than [`FILE_BYTES_MAX`], as it is or unpacked.
    #[error(
        "The file is larger than 64 MiB, or becomes so when it is unpacked. Split it, or save it as CSV."
    )]
    TooLarge,
    /// More than [`ROWS_MAX`].
    #[error("The file has more than 1,000,000 rows. Split it.")]
    TooManyRows,
    /// More than [`COLUMNS_MAX`].
    #[error("The file has more than 64 columns. Leave out those that are not needed.")]
    TooManyColumns,
    /// A line of more than 1 MiB.
    #[error("A line of the file is longer than 1 MiB, so this is no table.")]
    LineTooLong,
    /// A `sep=` line with an unknown separator.
    #[error(
        "The first line names a separator other than comma, semicolon and tab. Export the file with one of these."
    )]
    Separator,
    /// The first row holds what no header holds.
    #[error(
        "The first row is no header: it holds control characters, or a cell of more than 1024 characters. Is this a CSV or XLSX file?"
    )]
    NotAHeader,
    /// A quotation mark in the header that swallows rows.
    #[error(
        "A quotation mark that is opened in the header is closed only on a later line. Remove or close it."
    )]
    OpenQuote,
    /// A workbook that breaks the rules of its format.
    #[error(
        "The workbook is damaged ({0}). Open it in a spreadsheet program and save it again as .xlsx."
    )]
    Damaged(&'static str),
    /// A kind of file that is known and not read.
    #[error("{0}")]
    Foreign(Foreign),
}

impl Unreadable {
    /// For programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty_file",
            Self::NoRows => "no_rows",
            Self::TooLarge => "file_too_large",
            Self::TooManyRows => "too_many_rows",
            Self::TooManyColumns => "too_many_columns",
            Self::LineTooLong => "line_too_long",
            Self::Separator => "unknown_separator",
            Self::NotAHeader => "not_a_header",
            Self::OpenQuote => "open_quote",
            Self::Damaged(_) => "damaged_workbook",
            Self::Foreign(_) => "unknown_kind_of_file",
        }
    }
}

/// Kinds of file that people send instead of a CSV or XLSX file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Foreign {
    /// The format of Excel before 2007, or a workbook with a password: both come in the same container.
    #[error(
        "This is an old .xls file, or a workbook with a password. Save it as .xlsx without a password."
    )]
    OldWorkbook,
    /// XLSB.
    #[error("This is a binary workbook (.xlsb). Save it as .xlsx.")]
    BinaryWorkbook,
    /// ODS.
    #[error("This is an OpenDocument file. Save it as .xlsx.")]
    OpenDocument,
    /// Another ZIP archive.
    #[error(
        "This is a ZIP archive and no workbook. Unpack it and send the .xlsx or .csv file in it."
    )]
    Archive,
    /// gzip.
    #[error("This file is compressed with gzip. Unpack it first.")]
    Gzip,
    /// PDF.
    #[error("This is a PDF file. Send the .xlsx or .csv file it was made from.")]
    Pdf,
    /// HTML, which some programs name .xls.
    #[error(
        "This is a web page, whatever its name says. Open it in a spreadsheet program and save it as .xlsx."
    )]
    WebPage,
    /// XML, such as Excel's format of 2003.
    #[error("This is an XML file. Open it in a spreadsheet program and save it as .xlsx.")]
    Xml,
    /// Rich text.
    #[error("This is a text document. Put the table into a spreadsheet and save it as .xlsx.")]
    RichText,
}

impl Foreign {
    fn of_bytes(bytes: &[u8]) -> Option<Self> {
        const KNOWN: [(&[u8], Foreign); 4] = [
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Foreign::OldWorkbook),
            (b"%PDF-", Foreign::Pdf),
            (b"\x1f\x8b", Foreign::Gzip),
            (b"{\\rtf", Foreign::RichText),
        ];
        KNOWN
            .into_iter()
            .find(|(magic, _)| bytes.starts_with(magic))
            .map(|(_, foreign)| foreign)
    }

    fn of_text(text: &str) -> Option<Self> {
        const KNOWN: [(&str, Foreign); 5] = [
            ("<!doctype", Foreign::WebPage),
            ("<html", Foreign::WebPage),
            ("<table", Foreign::WebPage),
            ("<meta", Foreign::WebPage),
            ("<?xml", Foreign::Xml),
        ];
        let text = text.trim_start();
        let begins = |tag: &str| {
            text.get(..tag.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(tag))
        };
        KNOWN
            .into_iter()
            .find(|(tag, _)| begins(tag))
            .map(|(_, foreign)| foreign)
    }
}

impl<'a> Sheet<'a> {
    fn new(kind: Kind, encoding: Option<Encoding>, source: Source<'a>) -> Result<Self, Unreadable> {
        let above = source.above();
        let mut records = source.records().skip(above);
        let header = records.next().ok_or(Unreadable::Empty)?;
        let headers = headers(&header)?;
        let rows = records.take(ROWS_MAX as usize + 1).count() as u64;
        if rows == 0 {
            return Err(Unreadable::NoRows);
        }
        if rows > ROWS_MAX {
            return Err(Unreadable::TooManyRows);
        }
        let (delimiter, sheet) = match &source {
            Source::Text(text) => (text.delimiter(), None),
            Source::Workbook(workbook) => (None, Some(workbook.sheet.clone())),
        };
        let understood = Understood {
            kind,
            encoding,
            delimiter,
            sheet,
            header_line: header.line,
            rows,
        };
        Ok(Self {
            understood,
            headers,
            above,
            source,
        })
    }

    /// The rows below the header, in the order of the file, `understood.rows` of them; each is usable or says why not.
    pub fn rows(&self) -> impl Iterator<Item = Result<Row, RowProblem>> + Send {
        let records = self.source.records().skip(self.above + 1);
        records.map(|record| self.row(record))
    }

    /// A row is whole or is refused. Cells that are missing at its end count as empty, because Excel leaves them out
    /// of CSV files; only at the end of a file without a last line break do they mean that the rest was lost.
    fn row(&self, record: Record) -> Result<Row, RowProblem> {
        let Record {
            line,
            open_quote,
            ending,
            cells,
        } = record;
        let problem = |column: Option<usize>, code| {
            let header = column
                .and_then(|column| self.headers.get(column))
                .map(String::as_str);
            Err(RowProblem::new(line, header, code))
        };
        let width = self.headers.len();
        let cut_off = ending == Ending::InQuotes
            || (ending == Ending::WithoutLineBreak && cells.len() < width);
        if open_quote {
            return problem(None, Code::OpenQuote);
        }
        if cut_off {
            return problem(None, Code::CutOff);
        }
        if cells.iter().skip(width).any(|cell| !cell.trim().is_empty()) {
            return problem(None, Code::TooManyCells);
        }
        for (column, cell) in cells.iter().enumerate() {
            if let Some(code) = fault(cell) {
                return problem(Some(column), code);
            }
        }
        Ok(Row { line, cells })
    }
}

/// Where the cells are.
enum Source<'a> {
    Text(Delimited<'a>),
    Workbook(Workbook),
}

impl Source<'_> {
    /// How many rows stand above the header. Those of a text are left out already.
    fn above(&self) -> usize {
        let Self::Workbook(workbook) = self else {
            return 0;
        };
        let known = |record: Record| known_among(record.cells.iter());
        let first = workbook.records().take(HEADER_WITHIN).map(known);
        // Of equals the first.
        let best = first
            .enumerate()
            .max_by_key(|(at, known)| (*known, usize::MAX - at));
        best.filter(|(_, known)| *known > 0).map_or(0, |(at, _)| at)
    }

    fn records(&self) -> Box<dyn Iterator<Item = Record> + Send + '_> {
        match self {
            Self::Text(text) => Box::new(text.records()),
            Self::Workbook(workbook) => Box::new(workbook.records()),
        }
    }
}

/// A row as its source has it, not yet judged. At least one cell is not empty.
pub(super) struct Record {
    pub(super) line: u64,
    /// A cell holds a line break and a delimiter: very likely other rows, swallowed by a quotation mark.
    pub(super) open_quote: bool,
    pub(super) ending: Ending,
    pub(super) cells: StringRecord,
}

fn headers(header: &Record) -> Result<Vec<String>, Unreadable> {
    if header.open_quote || header.ending == Ending::InQuotes {
        return Err(Unreadable::OpenQuote);
    }
    if header.cells.iter().any(|cell| fault(cell).is_some()) {
        return Err(Unreadable::NotAHeader);
    }
    let mut headers: Vec<_> = header
        .cells
        .iter()
        .map(|cell| cell.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    let filled = headers
        .iter()
        .rposition(|header| !header.is_empty())
        .map_or(0, |last| last + 1);
    headers.truncate(filled);
    if filled > COLUMNS_MAX {
        Err(Unreadable::TooManyColumns)
    } else {
        Ok(headers)
    }
}

/// What makes a cell unusable in whatever column it stands. Line breaks and tabs are left to the column that is read:
/// remarks and addresses have them rightly.
fn fault(cell: &str) -> Option<Code> {
    if cell.len() > CELL_CHARS_MAX && cell.chars().count() > CELL_CHARS_MAX {
        return Some(Code::CellTooLong);
    }
    for c in cell.chars() {
        match c {
            '\n' | '\r' | '\t' => {}
            char::REPLACEMENT_CHARACTER => return Some(Code::DamagedCharacter),
            c if c.is_control() => return Some(Code::ControlCharacter),
            _ => {}
        }
    }
    None
}
