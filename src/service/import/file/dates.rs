//! Days as people write them in Belgium: 2027-12-31, 31/12/2027, 31.12.2027, 31 december 2027.
//!
//! The day comes before the month. A year has four digits. Nothing is guessed: `12/31/2027` is refused and so is
//! `31/12/27`. What a day means as a moment (its first or last instant in Brussels) is for the caller to say.

use jiff::civil::Date;

use super::Code;
use super::text::fold;

/// Reads a day. The time of day may stand behind it when it is midnight, which databases add to every day.
pub fn day(text: &str) -> Result<Date, Code> {
    let (day, time) = split_time(text);
    if !MIDNIGHT.contains(&time) {
        return Err(Code::HasTime);
    }
    parse(day)
}

/// Reads a last day. The last minute of the day may stand behind it as well, since that is what it means.
pub fn last_day(text: &str) -> Result<Date, Code> {
    let (day, time) = split_time(text);
    if !MIDNIGHT.contains(&time) && !LAST_MINUTE.contains(&time) {
        return Err(Code::HasTime);
    }
    parse(day)
}

/// Which comes first, the day or the month, where the text can be read in one way only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    DayFirst,
    MonthFirst,
}

/// The order that this text proves; none for `03/04/2027` and for whatever is no such date.
pub(super) fn proven_order(text: &str) -> Option<Order> {
    let [first, second, year] = parts(split_time(text).0)?;
    let (first, second) = (digits(first, 2)?, digits(second, 2)?);
    digits(year, 4).filter(|_| year.len() == 4)?;
    match (first, second) {
        (13..=31, 1..=12) => Some(Order::DayFirst),
        (1..=12, 13..=31) => Some(Order::MonthFirst),
        _ => None,
    }
}

fn parse(text: &str) -> Result<Date, Code> {
    if text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit()) {
        // 20271231, the basic format of ISO 8601, as SAP writes it. No 31122027 can pass for it: its month would be 20.
        return calendar(&text[..4], &text[4..6], &text[6..]);
    }
    let [first, second, third] = parts(text).ok_or(Code::NotADate)?;
    if first.len() == 4 {
        return calendar(first, second, third);
    }
    let first = ["er", "e", "ste", "de"]
        .iter()
        .find_map(|ending| first.strip_suffix(ending))
        .unwrap_or(first);
    let month = month(second).ok_or(Code::NotADate)?;
    if digits(first, 2).is_none() || digits(third, 4).is_none() {
        return Err(Code::NotADate);
    }
    match third.len() {
        2 => Err(Code::TwoDigitYear),
        4 if proven_order(text) == Some(Order::MonthFirst) => Err(Code::MonthFirst),
        4 => calendar(third, &month.to_string(), first),
        _ => Err(Code::NotADate),
    }
}

fn calendar(year: &str, month: &str, day: &str) -> Result<Date, Code> {
    let number = |text, most| digits(text, most).ok_or(Code::NotADate);
    let (year, month, day) = (number(year, 4)?, number(month, 2)?, number(day, 2)?);
    if !(YEAR_MIN..=YEAR_MAX).contains(&year) {
        return Err(Code::YearOutOfRange);
    }
    Date::new(year, month as i8, day as i8).map_err(|_| Code::NoSuchDay)
}

/// The number of a month, or of its name in one of the four languages.
fn month(text: &str) -> Option<i16> {
    if let Some(number) = digits(text, 2) {
        return Some(number);
    }
    let name = fold(text);
    let index = MONTHS
        .iter()
        .position(|names| names.contains(&name.as_str()))?;
    Some(index as i16 + 1)
}

/// Three parts with one kind of separator between them.
fn parts(text: &str) -> Option<[&str; 3]> {
    let spaced: Vec<_> = text
        .split_whitespace()
        .map(|part| part.trim_end_matches('.'))
        .collect();
    if let Ok(parts) = spaced.try_into() {
        return Some(parts);
    }
    ['-', '/', '.']
        .iter()
        .find_map(|separator| text.split(*separator).collect::<Vec<_>>().try_into().ok())
}

/// The day and the time of day, which is empty where there is none.
fn split_time(text: &str) -> (&str, &str) {
    let text = text.trim();
    match text.rfind(['T', ' ']) {
        Some(at) if text[at..].contains(':') => {
            (text[..at].trim_end(), text[at + 1..].trim_start())
        }
        _ => (text, ""),
    }
}

fn digits(text: &str, most: usize) -> Option<i16> {
    let is_number = (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| is_number)
}

const MIDNIGHT: [&str; 5] = ["", "0:00", "00:00", "00:00:00", "00:00:00.000"];
const LAST_MINUTE: [&str; 3] = ["23:59", "23:59:59", "23:59:59.999"];

/// No worker was born before, and no badge is good after. 31.12.9999, which some programs write for "never ends", is
/// refused too.
const YEAR_MIN: i16 = 1900;
const YEAR_MAX: i16 = 2199;

/// Names and short names in Dutch, French, German and English, folded.
const MONTHS: [&[&str]; 12] = [
    &["januari", "janvier", "januar", "january", "jan", "janv"],
    &[
        "februari", "fevrier", "februar", "february", "feb", "fev", "fevr", "febr",
    ],
    &[
        "maart", "mars", "marz", "maerz", "march", "mrt", "mar", "mrz",
    ],
    &["april", "avril", "apr", "avr"],
    &["mei", "mai", "may"],
    &["juni", "juin", "june", "jun"],
    &["juli", "juillet", "july", "jul", "juil"],
    &["augustus", "aout", "august", "aug"],
    &["september", "septembre", "sep", "sept"],
    &["oktober", "octobre", "october", "okt", "oct"],
    &["november", "novembre", "nov"],
    &["december", "decembre", "dezember", "dec", "dez"],
];
