//! Comma, semicolon and tab separated text, after RFC 4180 and with what spreadsheets add to it.

use std::borrow::Cow;

use csv::StringRecord;
use serde::{Deserialize, Serialize};

use super::columns::known_among;
use super::sheet::Record;
use super::{CELL_CHARS_MAX, HEADER_WITHIN};

/// What separates the cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Delimiter {
    /// `,`
    Comma,
    /// `;`, as Excel writes it in Belgium.
    Semicolon,
    /// Tab.
    Tab,
}

impl Delimiter {
    /// The character.
    pub const fn as_char(self) -> char {
        match self {
            Self::Comma => ',',
            Self::Semicolon => ';',
            Self::Tab => '\t',
        }
    }
}

/// Text whose delimiter is known.
pub(super) struct Delimited<'a> {
    text: Cow<'a, str>,
    /// Where the header begins: behind a `sep=` line and titles, where there are any.
    start: usize,
    start_line: u64,
    delimiter: Option<Delimiter>,
}

/// Why text cannot be split into cells.
pub(super) enum Unsplittable {
    /// A `sep=` line with another character than ours.
    ForeignSeparator,
    /// A line longer than [`LINE_BYTES_MAX`].
    LineTooLong,
}

impl<'a> Delimited<'a> {
    /// Finds header and delimiter. The delimiter is told by a `sep=` line, else by the first lines.
    pub(super) fn new(text: Cow<'a, str>) -> Result<Self, Unsplittable> {
        // Before any splitting: a line of nothing but separators would cost many times its size in cells.
        if text
            .split(['\n', '\r'])
            .any(|line| line.len() > LINE_BYTES_MAX)
        {
            return Err(Unsplittable::LineTooLong);
        }
        if let Some((separator, start)) = separator_line(&text) {
            let known = BY_RARITY
                .into_iter()
                .find(|delimiter| separator.chars().eq([delimiter.as_char()]));
            let delimiter = known.ok_or(Unsplittable::ForeignSeparator)?;
            let header = header(&text, (start, 2), Some(delimiter));
            return Ok(Self::from(text, header));
        }
        let header = header(&text, (0, 1), None);
        Ok(Self::from(text, header))
    }

    fn from(text: Cow<'a, str>, header: Header) -> Self {
        Self {
            text,
            start: header.start,
            start_line: header.line,
            delimiter: header.delimiter,
        }
    }

    /// None when there is but one column.
    pub(super) fn delimiter(&self) -> Option<Delimiter> {
        self.delimiter
    }

    /// The rows, header included, without those where every cell is empty.
    pub(super) fn records(&self) -> Records<'_> {
        Records {
            text: &self.text,
            delimiter: self.delimiter,
            start: self.start,
            reader: reader(&self.text[self.start..], self.delimiter),
            counted: self.start,
            line: self.start_line,
            cells: 8,
        }
    }
}

pub(super) struct Records<'a> {
    text: &'a str,
    delimiter: Option<Delimiter>,
    start: usize,
    reader: csv::Reader<&'a [u8]>,
    /// Up to here, the line breaks are counted in `line`.
    counted: usize,
    line: u64,
    /// How many cells the last row had: room to make for the next.
    cells: usize,
}

impl Iterator for Records<'_> {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        let mut cells = StringRecord::with_capacity(128, self.cells);
        loop {
            // The text is whole in memory and is UTF-8, so the only way to fail is to have ended.
            if !matches!(self.reader.read_record(&mut cells), Ok(true)) {
                return None;
            }
            self.cells = cells.len();
            let from = self.start
                + cells
                    .position()
                    .map_or(0, |position| position.byte() as usize);
            let to = self.start + self.reader.position().byte() as usize;
            self.count_lines(from);
            if cells.iter().all(|cell| cell.trim().is_empty()) {
                continue;
            }
            let swallowed = |cell: &str| cell.contains(['\n', '\r']) && self.splits(cell);
            let open_quote = cells.iter().any(swallowed);
            return Some(Record {
                line: self.line,
                open_quote,
                ending: self.ending(from, to),
                cells,
            });
        }
    }
}

impl Records<'_> {
    /// The line where the record at this place begins. The reader counts only line feeds, and old Macs write none.
    fn count_lines(&mut self, from: usize) {
        let bytes = self.text.as_bytes();
        let blank = bytes[from.min(bytes.len())..]
            .iter()
            .take_while(|b| matches!(b, b'\n' | b'\r'))
            .count();
        let to = (from + blank).min(bytes.len());
        for at in self.counted..to {
            let ends_line =
                bytes[at] == b'\n' || (bytes[at] == b'\r' && bytes.get(at + 1) != Some(&b'\n'));
            self.line += u64::from(ends_line);
        }
        self.counted = self.counted.max(to);
    }

    fn splits(&self, cell: &str) -> bool {
        self.delimiter
            .is_some_and(|delimiter| cell.contains(delimiter.as_char()))
    }

    /// Whether and how the file ends with the record between these places.
    fn ending(&self, from: usize, to: usize) -> Ending {
        let bytes = self.text.as_bytes();
        if to < bytes.len() || bytes.ends_with(b"\n") || bytes.ends_with(b"\r") {
            return Ending::Whole;
        }
        let quotes = bytes[from.min(to)..].iter().filter(|b| **b == b'"').count();
        if quotes % 2 == 0 {
            Ending::WithoutLineBreak
        } else {
            Ending::InQuotes
        }
    }
}

/// How a record ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// With a line break, or it is a row of a workbook.
    Whole,
    /// It is the last and has none. Many programs write so; it is cut off only if cells are missing as well.
    WithoutLineBreak,
    /// The file ends between quotation marks.
    InQuotes,
}

/// The separator that Excel was told in a first line such as `sep=;`, and where the next line begins.
fn separator_line(text: &str) -> Option<(&str, usize)> {
    let end = text.find(['\n', '\r'])?;
    let next = if text[end..].starts_with("\r\n") {
        end + 2
    } else {
        end + 1
    };
    let line = text[..end].trim_matches(['"', ' ']);
    let (name, separator) = line.split_at_checked("sep=".len())?;
    name.eq_ignore_ascii_case("sep=")
        .then_some((separator, next))
}

/// Where a header stands, and what separates its cells.
struct Header {
    start: usize,
    line: u64,
    delimiter: Option<Delimiter>,
}

/// The header: of the first filled lines from this place on the one with the most names of columns. Titles and dates of
/// print-outs stand above it. Where no line has such a name it is the first, and what is wrong with it is told later.
fn header(text: &str, (mut start, mut line): (usize, u64), told: Option<Delimiter>) -> Header {
    let of = |start: usize, line| Header {
        start,
        line,
        delimiter: told.or_else(|| sniff(&text[start..])),
    };
    let (mut best, mut found) = (0, of(start, line));
    let mut rows = 0;
    while rows < HEADER_WITHIN && start < text.len() {
        let rest = &text[start..];
        let end = rest.find(['\n', '\r']).unwrap_or(rest.len());
        if !rest[..end]
            .trim_matches([' ', ',', ';', '\t', '"'])
            .is_empty()
        {
            rows += 1;
            let known = known_in(&rest[..end.min(rest.floor_char_boundary(LINE_LOOKED_AT))]);
            if known > best {
                (best, found) = (known, of(start, line));
            }
        }
        let next = if rest[end..].starts_with("\r\n") {
            end + 2
        } else {
            end + 1
        };
        start = (start + next).min(text.len());
        line += 1;
    }
    found
}

/// How many names of columns stand in a line, with the delimiter that makes it the most.
fn known_in(line: &str) -> usize {
    let with = |delimiter| {
        let mut cells = StringRecord::new();
        let read = reader(line, Some(delimiter)).read_record(&mut cells);
        if matches!(read, Ok(true)) {
            known_among(cells.iter())
        } else {
            0
        }
    };
    BY_RARITY.map(with).into_iter().max().unwrap_or(0)
}

/// How much of a line is looked at for names of columns, in bytes.
const LINE_LOOKED_AT: usize = 16 * CELL_CHARS_MAX;

/// The delimiter that splits the most of the first rows into as many cells as the header. Commas also stand in names
/// and amounts, so of equals the rarer character wins.
fn sniff(text: &str) -> Option<Delimiter> {
    let mut best = None;
    for delimiter in BY_RARITY {
        let mut reader = reader(text, Some(delimiter));
        let mut widths = reader
            .records()
            .map_while(Result::ok)
            .take(SNIFFED_ROWS)
            .map(|record| record.len());
        let header = widths.next().unwrap_or(0);
        if header < 2 {
            continue;
        }
        let (mut rows, mut alike) = (1_u64, 1_u64);
        for width in widths {
            rows += 1;
            alike += u64::from(width == header);
        }
        let share = alike * 1000 / rows;
        if best.is_none_or(|(most, _)| share > most) {
            best = Some((share, delimiter));
        }
    }
    best.map(|(_, delimiter)| delimiter)
}

fn reader(text: &str, delimiter: Option<Delimiter>) -> csv::Reader<&[u8]> {
    // A file of one column has no delimiter to find. It is read with the one that stands in no number.
    let delimiter = delimiter.unwrap_or(Delimiter::Semicolon).as_char() as u8;
    csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(text.as_bytes())
}

const BY_RARITY: [Delimiter; 3] = [Delimiter::Tab, Delimiter::Semicolon, Delimiter::Comma];

/// How many rows are looked at to find the delimiter.
const SNIFFED_ROWS: usize = 50;
/// The longest line, in bytes: far more than the columns and cells we read can fill.
const LINE_BYTES_MAX: usize = 1024 * 1024;
