//! XLSX workbooks (ECMA-376, SpreadsheetML): the first visible sheet with data, as text.
//!
//! Values are written as the same workbook saved as CSV by a careful hand: whole numbers without ".0" and with
//! the zeros that a format puts in front, dates as yyyy-mm-dd, numbers that have lost digits with their exponent, so that one check finds the damage in both kinds of
//! file. Formulas are never computed; their stored result counts.
//!
//! This reads the five kinds of part it needs by itself, because a server reads what strangers send: the general
//! crates reserve memory for whatever count a part claims, and a file of 350 bytes that claims 10^14 strings ends the
//! process.

use csv::StringRecord;
use quick_xml::events::Event;

use super::archive::Archive;
use super::delimited::Ending;
use super::sheet::{Foreign, Record, Unreadable};
use super::values::{Strings, Values, shorten, styles};
use super::xml::{Xml, attribute, document};
use super::{COLUMNS_MAX, FILE_BYTES_MAX, ROWS_MAX};

/// The cells of one sheet, as text, one behind the other.
pub(super) struct Workbook {
    /// The name of the sheet.
    pub(super) sheet: String,
    text: String,
    /// Where each cell ends in `text`, row by row.
    ends: Vec<u32>,
    rows: Vec<Place>,
}

/// A row with at least one filled cell.
struct Place {
    line: u32,
    /// The number of its first cell.
    first: u32,
}

/// Reads the first visible sheet that has data.
pub(super) fn read(bytes: &[u8]) -> Result<Workbook, Unreadable> {
    let mut archive = Archive::open(bytes)?;
    if !archive.has("_rels/.rels") {
        let open_document = archive.has("mimetype") && archive.has("content.xml");
        return Err(Unreadable::Foreign(if open_document {
            Foreign::OpenDocument
        } else {
            Foreign::Archive
        }));
    }
    let root = relations(&mut archive, "")?;
    let main = root
        .into_iter()
        .find(|relation| relation.is("officeDocument"))
        .ok_or(Unreadable::Foreign(Foreign::Archive))?;
    if main.target.ends_with(".bin") {
        return Err(Unreadable::Foreign(Foreign::BinaryWorkbook));
    }
    let relations = relations(&mut archive, &main.target)?;
    let (sheets, is_1904) = contents(&mut archive, &main.target)?;
    if sheets.is_empty() {
        return Err(Unreadable::Foreign(Foreign::Archive));
    }
    let part = |kind: &str| {
        relations
            .iter()
            .find(|relation| relation.is(kind))
            .map(|relation| relation.target.as_str())
    };
    let values = Values {
        strings: part("sharedStrings")
            .map(|name| Strings::read(&mut archive, name))
            .transpose()?
            .unwrap_or_default(),
        shown: part("styles")
            .map(|name| styles(&mut archive, name))
            .transpose()?
            .unwrap_or_default(),
        is_1904,
    };
    for (name, id) in sheets {
        let Some(relation) = relations.iter().find(|relation| relation.id == id) else {
            return Err(Unreadable::Damaged("a sheet is missing"));
        };
        // Chart sheets have no cells.
        if relation.is("worksheet") {
            let workbook = Workbook::read(name, &mut archive, &relation.target, &values)?;
            if !workbook.rows.is_empty() {
                return Ok(workbook);
            }
        }
    }
    Err(Unreadable::Empty)
}

impl Workbook {
    /// The rows, header included, without those where every cell is empty.
    pub(super) fn records(&self) -> impl Iterator<Item = Record> + Send {
        (0..self.rows.len()).map(|row| {
            let first = self.rows[row].first as usize;
            let last = self
                .rows
                .get(row + 1)
                .map_or(self.ends.len(), |next| next.first as usize);
            let cells: StringRecord = (first..last).map(|cell| self.cell(cell)).collect();
            Record {
                line: u64::from(self.rows[row].line),
                open_quote: false,
                ending: Ending::Whole,
                cells,
            }
        })
    }

    fn cell(&self, cell: usize) -> &str {
        let start = cell.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[start as usize..self.ends[cell] as usize]
    }

    fn read(
        sheet: String,
        archive: &mut Archive<'_>,
        part: &str,
        values: &Values,
    ) -> Result<Self, Unreadable> {
        let content = document(archive.unpack(part)?)?;
        let mut xml = Xml::new(&content);
        let mut workbook = Self {
            sheet,
            text: String::new(),
            ends: Vec::new(),
            rows: Vec::new(),
        };
        let (mut line, mut first, mut column) = (0_u32, 0, 0);
        loop {
            match xml.next()? {
                Event::Start(e) if e.local_name().as_ref() == b"row" => {
                    let number = attribute(&e, "r")?
                        .map(|r| r.parse().map_err(|_| DISORDER))
                        .transpose()?;
                    let number = number.unwrap_or(line + 1);
                    if number <= line || number > LINES_MAX {
                        return Err(DISORDER);
                    }
                    (line, first, column) = (number, workbook.ends.len(), 0);
                }
                Event::Start(e) if e.local_name().as_ref() == b"c" && line > 0 => {
                    let at = attribute(&e, "r")?
                        .map(|r| column_of(&r).ok_or(DISORDER))
                        .transpose()?
                        .unwrap_or(column);
                    if at < column {
                        return Err(DISORDER);
                    }
                    column = at + 1;
                    let value = values.read(
                        &mut xml,
                        attribute(&e, "t")?.as_deref(),
                        attribute(&e, "s")?.as_deref(),
                    )?;
                    if !value.trim().is_empty() {
                        workbook.put(first, at, &value)?;
                    }
                }
                Event::End(e)
                    if e.local_name().as_ref() == b"row" && workbook.ends.len() > first =>
                {
                    workbook.rows.push(Place {
                        line,
                        first: first as u32,
                    });
                    if workbook.rows.len() as u64 > ROWS_MAX + 1 {
                        return Err(Unreadable::TooManyRows);
                    }
                    first = workbook.ends.len();
                }
                Event::End(e) if e.local_name().as_ref() == b"sheetData" => return Ok(workbook),
                Event::Eof => return Ok(workbook),
                _ => {}
            }
        }
    }

    /// Puts a value into a column of the row that begins with the cell `first`; the columns between are empty.
    fn put(&mut self, first: usize, column: usize, value: &str) -> Result<(), Unreadable> {
        if column >= COLUMNS_MAX {
            return Err(Unreadable::TooManyColumns);
        }
        self.ends.resize(first + column, self.text.len() as u32);
        self.text.push_str(shorten(value));
        self.ends.push(self.text.len() as u32);
        if self.text.len() > FILE_BYTES_MAX {
            Err(Unreadable::TooLarge)
        } else {
            Ok(())
        }
    }
}

/// A relation from one part to another.
struct Relation {
    id: String,
    kind: String,
    target: String,
}

impl Relation {
    /// The two variants of the standard use different addresses with the same last word.
    fn is(&self, kind: &str) -> bool {
        self.kind.rsplit('/').next() == Some(kind)
    }
}

/// The relations of a part; of the package as a whole for the empty name.
fn relations(archive: &mut Archive<'_>, part: &str) -> Result<Vec<Relation>, Unreadable> {
    let (folder, name) = part
        .rsplit_once('/')
        .map_or(("", part), |(folder, name)| (folder, name));
    let base = if folder.is_empty() {
        String::new()
    } else {
        format!("{folder}/")
    };
    let content = document(archive.unpack(&format!("{base}_rels/{name}.rels"))?)?;
    let mut xml = Xml::new(&content);
    let mut relations = Vec::new();
    loop {
        match xml.next()? {
            Event::Start(e) if e.local_name().as_ref() == b"Relationship" => {
                let get =
                    |name| attribute(&e, name).map(|value| value.unwrap_or_default().into_owned());
                let target = get("Target")?;
                let target = target
                    .strip_prefix('/')
                    .map_or_else(|| format!("{base}{target}"), str::to_owned);
                relations.push(Relation {
                    id: get("Id")?,
                    kind: get("Type")?,
                    target,
                });
            }
            Event::Eof => return Ok(relations),
            _ => {}
        }
    }
}

/// The visible sheets, as name and relation, and whether days are counted from 1904 as old Macs did.
fn contents(
    archive: &mut Archive<'_>,
    part: &str,
) -> Result<(Vec<(String, String)>, bool), Unreadable> {
    let content = document(archive.unpack(part)?)?;
    let mut xml = Xml::new(&content);
    let (mut sheets, mut is_1904) = (Vec::new(), false);
    loop {
        match xml.next()? {
            Event::Start(e) if e.local_name().as_ref() == b"sheet" => {
                let get =
                    |name| attribute(&e, name).map(|value| value.unwrap_or_default().into_owned());
                if matches!(get("state")?.as_str(), "" | "visible") {
                    sheets.push((get("name")?, get("id")?));
                }
            }
            Event::Start(e) if e.local_name().as_ref() == b"workbookPr" => {
                is_1904 = matches!(attribute(&e, "date1904")?.as_deref(), Some("1" | "true"));
            }
            Event::Eof => return Ok((sheets, is_1904)),
            _ => {}
        }
    }
}

/// The column of a cell, from 0: `B7` is in column 1.
fn column_of(cell: &str) -> Option<usize> {
    let letters = cell.bytes().take_while(u8::is_ascii_alphabetic);
    let mut column = 0_usize;
    for letter in letters {
        column = column * 26 + usize::from(letter.to_ascii_uppercase() - b'A') + 1;
        if column > SHEET_COLUMNS_MAX {
            return None;
        }
    }
    column.checked_sub(1)
}

const DISORDER: Unreadable = Unreadable::Damaged("its rows and cells are out of order");

/// The size of a sheet, ECMA-376 and Excel.
const LINES_MAX: u32 = 1_048_576;
const SHEET_COLUMNS_MAX: usize = 16_384;
