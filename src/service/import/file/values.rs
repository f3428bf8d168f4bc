//! The values of workbook cells, as text.

use std::borrow::Cow;
use std::collections::HashMap;

use jiff::Span;
use jiff::civil::{Date, date};
use quick_xml::events::Event;

use super::CELL_CHARS_MAX;
use super::archive::Archive;
use super::sheet::Unreadable;
use super::xml::{DAMAGED, Xml, attribute, document};

/// How a number is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    /// As an amount.
    Amount,
    /// As the day that it counts.
    Day,
    /// With zeros in front, up to so many digits.
    Digits(usize),
}

/// What cells refer to.
pub(super) struct Values {
    pub(super) strings: Strings,
    /// By number of style, how its numbers are shown.
    pub(super) shown: Vec<Shown>,
    pub(super) is_1904: bool,
}

impl Values {
    /// The value of the cell whose start tag was just read, as text.
    pub(super) fn read<'v>(
        &'v self,
        xml: &mut Xml<'_>,
        kind: Option<&str>,
        style: Option<&str>,
    ) -> Result<Cow<'v, str>, Unreadable> {
        let (mut value, mut is_formula) = (String::new(), false);
        loop {
            match xml.next()? {
                Event::Start(e) if e.local_name().as_ref() == b"v" => xml.text("v", &mut value)?,
                Event::Start(e) if e.local_name().as_ref() == b"is" => {
                    xml.string("is", &mut value)?
                }
                Event::Start(e) if e.local_name().as_ref() == b"f" => {
                    is_formula = true;
                    xml.text("f", &mut String::new())?;
                }
                Event::End(e) if e.local_name().as_ref() == b"c" => break,
                Event::Eof => return Err(DAMAGED),
                _ => {}
            }
        }
        let shown = style
            .and_then(|s| s.parse::<usize>().ok())
            .and_then(|s| self.shown.get(s))
            .map_or(Shown::Amount, |shown| *shown);
        Ok(match kind.unwrap_or("n") {
            "str" => Cow::Owned(unescape(value)),
            // Some programs write formulas and never their results.
            _ if is_formula && value.is_empty() => Cow::Borrowed("#VALUE!"),
            _ if value.is_empty() => Cow::Borrowed(""),
            "s" => {
                let index = value.trim().parse().ok();
                let string = index.and_then(|index| self.strings.get(index));
                Cow::Borrowed(string.ok_or(Unreadable::Damaged("a text is missing"))?)
            }
            "n" => Cow::Owned(match shown {
                Shown::Day => day(&value, self.is_1904),
                Shown::Digits(digits) => with_zeros(number(value), digits),
                Shown::Amount => number(value),
            }),
            "b" => Cow::Borrowed(if value.trim() == "0" { "FALSE" } else { "TRUE" }),
            _ => Cow::Owned(unescape(value)),
        })
    }
}

/// The shared strings, one behind the other.
#[derive(Default)]
pub(super) struct Strings {
    text: String,
    ends: Vec<u32>,
}

impl Strings {
    pub(super) fn read(archive: &mut Archive<'_>, part: &str) -> Result<Self, Unreadable> {
        let content = document(archive.unpack(part)?)?;
        let mut xml = Xml::new(&content);
        let mut strings = Self::default();
        loop {
            match xml.next()? {
                Event::Start(e) if e.local_name().as_ref() == b"si" => {
                    let mut string = String::new();
                    xml.string("si", &mut string)?;
                    strings.text.push_str(shorten(&unescape(string)));
                    strings.ends.push(strings.text.len() as u32);
                }
                Event::Eof => return Ok(strings),
                _ => {}
            }
        }
    }

    fn get(&self, index: usize) -> Option<&str> {
        let end = *self.ends.get(index)? as usize;
        let start = index
            .checked_sub(1)
            .map_or(0, |before| self.ends[before] as usize);
        self.text.get(start..end)
    }
}

/// Keeps one character too many, so that the cell is refused as too long. The rest would only cost memory and time: a
/// shared string can be named by millions of cells.
pub(super) fn shorten(value: &str) -> &str {
    let end = value
        .char_indices()
        .nth(CELL_CHARS_MAX + 1)
        .map_or(value.len(), |(end, _)| end);
    &value[..end]
}

/// By number of style, how its numbers are shown.
pub(super) fn styles(archive: &mut Archive<'_>, part: &str) -> Result<Vec<Shown>, Unreadable> {
    let content = document(archive.unpack(part)?)?;
    let mut xml = Xml::new(&content);
    let mut own = HashMap::new();
    let (mut styles, mut in_cells) = (Vec::new(), false);
    loop {
        match xml.next()? {
            Event::Start(e) if e.local_name().as_ref() == b"numFmt" => {
                if let (Some(id), Some(code)) =
                    (attribute(&e, "numFmtId")?, attribute(&e, "formatCode")?)
                {
                    own.insert(id.into_owned(), shown(&code));
                }
            }
            Event::Start(e) if e.local_name().as_ref() == b"cellXfs" => in_cells = true,
            Event::End(e) if e.local_name().as_ref() == b"cellXfs" => in_cells = false,
            Event::Start(e) if e.local_name().as_ref() == b"xf" && in_cells => {
                let id = attribute(&e, "numFmtId")?.unwrap_or_default();
                let built_in = match id.parse() {
                    Ok(14..=17 | 22 | 27..=36 | 50..=58) => Shown::Day,
                    _ => Shown::Amount,
                };
                styles.push(own.get(id.as_ref()).copied().unwrap_or(built_in));
            }
            Event::Eof => return Ok(styles),
            _ => {}
        }
    }
}

/// How a format of the workbook's own shows numbers.
fn shown(code: &str) -> Shown {
    let is_zeros = (2..=DIGITS_MAX).contains(&code.len()) && code.bytes().all(|b| b == b'0');
    match code {
        _ if is_zeros => Shown::Digits(code.len()),
        _ if is_date_format(code) => Shown::Day,
        _ => Shown::Amount,
    }
}

/// A format with a day or a year in it, outside quotation marks, brackets and escapes.
fn is_date_format(code: &str) -> bool {
    let mut chars = code.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => drop(chars.by_ref().find(|c| *c == '"')),
            '[' => drop(chars.by_ref().find(|c| *c == ']')),
            '\\' | '_' | '*' => drop(chars.next()),
            'd' | 'D' | 'y' | 'Y' => return true,
            _ => {}
        }
    }
    false
}

/// A number as text. Spreadsheets keep 15 digits; a longer number is shown with its exponent, because its last digits
/// are not what was typed.
fn number(raw: String) -> String {
    match raw.trim().parse::<f64>() {
        Ok(value) if value.abs() >= EXACT_MAX && value.is_finite() => {
            format!("{value:E}").replacen('E', "E+", 1)
        }
        Ok(value) if value.is_finite() => value.to_string(),
        _ => raw,
    }
}

/// A whole number with zeros in front.
fn with_zeros(number: String, digits: usize) -> String {
    match number.bytes().all(|b| b.is_ascii_digit()) {
        true => format!("{number:0>digits$}"),
        false => number,
    }
}

/// The day that a serial number means, with the time where it has one.
fn day(raw: &str, is_1904: bool) -> String {
    let Ok(serial) = raw.trim().parse::<f64>() else {
        return raw.to_owned();
    };
    let seconds = (serial * SECONDS_PER_DAY).round();
    let days = (seconds / SECONDS_PER_DAY).floor();
    // Lotus 1-2-3 took 1900 for a leap year and Excel still does: day 60 never was.
    let epoch = match days {
        _ if is_1904 => date(1904, 1, 1),
        0.0..60.0 => date(1899, 12, 31),
        61.0.. => date(1899, 12, 30),
        _ => return UNSHOWABLE.to_owned(),
    };
    let Some(date) = plus_days(epoch, days) else {
        return UNSHOWABLE.to_owned();
    };
    let left = (seconds - days * SECONDS_PER_DAY) as i32;
    if left == 0 {
        date.to_string()
    } else {
        format!(
            "{date} {:02}:{:02}:{:02}",
            left / 3600,
            left / 60 % 60,
            left % 60
        )
    }
}

fn plus_days(epoch: Date, days: f64) -> Option<Date> {
    // Up to 31 December 9999, where the calendars of Excel and of ours both end.
    if !(0.0..2_958_466.0).contains(&days) {
        return None;
    }
    epoch.checked_add(Span::new().days(days as i64)).ok()
}

/// `_x000D_` stands for the character that XML cannot write.
fn unescape(text: String) -> String {
    if !text.contains("_x") {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.find("_x") {
        let escape = rest.get(at..at + 7).filter(|escape| escape.ends_with('_'));
        let code = escape.and_then(|escape| u32::from_str_radix(&escape[2..6], 16).ok());
        out.push_str(&rest[..at]);
        match code.and_then(char::from_u32) {
            Some(c) => {
                out.push(c);
                rest = &rest[at + 7..];
            }
            None => {
                out.push_str("_x");
                rest = &rest[at + 2..];
            }
        }
    }
    out + rest
}

/// What Excel shows for a day it cannot show.
const UNSHOWABLE: &str = "########";
const SECONDS_PER_DAY: f64 = 86_400.0;
/// The most digits that a format of zeros is followed to: a plain card number has no more.
const DIGITS_MAX: usize = 18;
/// The first whole number of more than 15 digits.
const EXACT_MAX: f64 = 1e15;
