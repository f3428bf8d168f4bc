//! Track 2 of a magnetic stripe (ISO/IEC 7811-2, "ABA"), and readers that imitate one.
//!
//! Accepted: up to 37 digits, as they are or between the sentinels, `;...?`, with or without the LRC character behind; the LRC
//! is checked when it is there. `=` separates fields. It and all that follows are part of the key, because issue numbers often
//! stand there: two cards of one worker may differ in nothing else. Leading zeros are part of the key too. Nothing declares the
//! length, so zeros that a spreadsheet dropped cannot be noticed: export the column as text.

use super::text::{self, Body};
use super::{Input, Refused};

/// A track holds 40 characters, of which the sentinels and the LRC take 3.
const DATA_MAX: usize = 37;

pub(super) fn parse(input: Input<'_>) -> Result<Body, Refused> {
    let Input::Text(text) = input else {
        return Err(Refused::WrongInput {
            instead: "Send track 2 as text.",
        });
    };
    if text::is_scientific(text) {
        return Err(Refused::ScientificNotation);
    }
    let data = match (text.strip_prefix(';'), text.find('?')) {
        (None, None) => text,
        (Some(after_start), Some(end)) => {
            check_lrc(text, end)?;
            &after_start[..end - 1]
        }
        _ => return Err(Refused::Mark),
    };
    if data.len() > DATA_MAX {
        return Err(Refused::TooLong);
    }
    for field in data.split('=') {
        text::digits(field)?;
    }
    if data.bytes().all(|byte| matches!(byte, b'0' | b'=')) {
        return Err(Refused::AllZero);
    }
    Body::from(data).map_err(|_| Refused::TooLong)
}

/// Checks what follows the end sentinel at `end`: nothing, or one character that makes the sum of all characters zero without
/// carry. Characters of track 2 are `0123456789:;<=>?` with the values 0 to 15.
fn check_lrc(text: &str, end: usize) -> Result<(), Refused> {
    let (track, lrc) = text.as_bytes().split_at(end + 1);
    let expected = track.iter().fold(0, |sum, byte| sum ^ (byte & 0xF));
    match lrc {
        [] => Ok(()),
        [lrc] if *lrc == b'0' + expected => Ok(()),
        [_] => Err(Refused::Lrc),
        _ => Err(Refused::Mark),
    }
}
