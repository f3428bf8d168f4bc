//! How long the card numbers of a file are, where that can be seen: a number with zeros in front was written at a fixed
//! length, and a shorter one beside it is another card, or one whose zeros a spreadsheet took.

use std::collections::HashMap;

use super::columns::Column;
use super::layout::Layout;
use super::records::clean;
use super::sheet::Sheet;

/// The fixed length of the numbers of each format that the file names, in digits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::service::import) struct Widths(HashMap<String, usize>);

/// What was seen of the numbers of one format.
#[derive(Default)]
struct Seen {
    longest: usize,
    /// The shortest and the longest with a zero in front.
    with_zeros: Option<(usize, usize)>,
}

impl Widths {
    /// Looks through the file once.
    pub(super) fn of(layout: &Layout, sheet: &Sheet<'_>) -> Self {
        let Some(number) = layout.place(Column::CardNumber) else {
            return Self::default();
        };
        let format = layout.place(Column::CardFormat);
        let mut seen: HashMap<String, Seen> = HashMap::new();
        for row in sheet.rows().filter_map(Result::ok) {
            let Ok(value) = clean(row.cell(number)) else {
                continue;
            };
            let value = value.trim_start_matches('\'');
            if value.is_empty() || !value.bytes().all(|b| b.is_ascii_digit()) {
                continue;
            }
            let format = format.and_then(|place| clean(row.cell(place)).ok());
            let seen = seen.entry(format.unwrap_or_default()).or_default();
            seen.longest = seen.longest.max(value.len());
            if value.starts_with('0') {
                let (least, most) = seen.with_zeros.unwrap_or((value.len(), value.len()));
                seen.with_zeros = Some((least.min(value.len()), most.max(value.len())));
            }
        }
        let fixed = |seen: Seen| {
            let (least, most) = seen.with_zeros?;
            (least == most && seen.longest == most).then_some(most)
        };
        let widths = seen
            .into_iter()
            .filter_map(|(format, seen)| Some((format, fixed(seen)?)));
        Self(widths.collect())
    }

    /// The length that a number of this format, as the file names it, must have and has not.
    pub(in crate::service::import) fn missed(
        &self,
        format: Option<&str>,
        number: &str,
    ) -> Option<usize> {
        let width = *self.0.get(format.unwrap_or_default())?;
        let is_number = number.bytes().all(|b| b.is_ascii_digit());
        (is_number && number.len() < width).then_some(width)
    }
}
