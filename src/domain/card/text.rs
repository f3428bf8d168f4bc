//! What several notations have in common: digits, hexadecimal bytes, and the marks that spreadsheets leave.

use arrayvec::{ArrayString, ArrayVec};

use super::{CANONICAL_MAX, Refused};

/// The canonical text of one card without the format's prefix.
pub(super) type Body = ArrayString<CANONICAL_MAX>;

/// Digits and nothing else, at least one.
pub(super) fn digits(text: &str) -> Result<&str, Refused> {
    if text.is_empty() {
        return Err(Refused::Empty);
    }
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(why_not_digits(text));
    }
    Ok(text)
}

/// The value of decimal digits, leading zeros ignored. A value above `max` is named as being too much for `field`.
pub(super) fn decimal(text: &str, field: &'static str, max: u64) -> Result<u64, Refused> {
    let out_of_range = Refused::OutOfRange { field, max };
    let value: u64 = digits(text)?.parse().map_err(|_| out_of_range)?;
    if value > max {
        Err(out_of_range)
    } else {
        Ok(value)
    }
}

/// Names the damage in a text that should have been digits, so that whoever exported the file knows what to change.
pub(super) fn why_not_digits(text: &str) -> Refused {
    if is_scientific(text) {
        Refused::ScientificNotation
    } else if text.chars().all(|c| {
        c.is_ascii_digit()
            || matches!(
                c,
                '.' | ',' | ' ' | '\'' | '\u{2019}' | '\u{a0}' | '\u{202f}'
            )
    }) {
        Refused::FormattedNumber
    } else {
        Refused::CharacterNotAllowed
    }
}

/// Whether a spreadsheet has rounded a long number, as in `1,23E+15` or `1.23E15`. The digits that it dropped cannot be brought
/// back.
pub(super) fn is_scientific(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let Some((mantissa, exponent)) = unsigned.split_once(['e', 'E']) else {
        return false;
    };
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let (whole, fraction) = mantissa.split_once(['.', ',']).unwrap_or((mantissa, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    !whole.is_empty()
        && !exponent.is_empty()
        && all_digits(whole)
        && all_digits(fraction)
        && all_digits(exponent)
}

/// Bytes from hexadecimal digits in either case, with or without `:`, `-` or a space between bytes.
///
/// A group of digits between separators must hold whole bytes: `4:A1` has lost a zero, and joining its digits would make
/// another card.
pub(super) fn hex<const N: usize>(
    text: &str,
    expected: &'static str,
) -> Result<ArrayVec<u8, N>, Refused> {
    // Without a comma, point or plus this may well be hexadecimal, in which E is a digit.
    if text.bytes().any(|byte| matches!(byte, b',' | b'.' | b'+')) && is_scientific(text) {
        return Err(Refused::ScientificNotation);
    }
    let mut bytes = ArrayVec::new();
    let mut too_many = false;
    let is_separator = |byte: &u8| matches!(byte, b':' | b'-' | b' ');
    for group in text.as_bytes().split(is_separator) {
        if group.is_empty() || !group.iter().all(u8::is_ascii_hexdigit) {
            return Err(Refused::CharacterNotAllowed);
        }
        if !group.len().is_multiple_of(2) {
            return Err(Refused::OddHexDigits);
        }
        for pair in group.chunks_exact(2) {
            let byte = nibble(pair[0]) << 4 | nibble(pair[1]);
            too_many |= bytes.try_push(byte).is_err();
        }
    }
    if too_many {
        Err(Refused::WrongLength { expected })
    } else {
        Ok(bytes)
    }
}

/// Appends bytes as hexadecimal digits, taken from `alphabet`.
pub(super) fn push_hex(body: &mut Body, bytes: &[u8], alphabet: &[u8; 16]) {
    for byte in bytes {
        body.push(char::from(alphabet[usize::from(byte >> 4)]));
        body.push(char::from(alphabet[usize::from(byte & 0xF)]));
    }
}

pub(super) const UPPER: &[u8; 16] = b"0123456789ABCDEF";
pub(super) const LOWER: &[u8; 16] = b"0123456789abcdef";

/// The value of one hexadecimal digit, which the caller has checked to be one. Without a branch: the digits of a card are
/// as good as random, and every gate check reads some.
fn nibble(digit: u8) -> u8 {
    // In ASCII the letters of either case end in 1 to 6, and they alone have a bit above the sixth.
    (digit & 0xF) + 9 * (digit >> 6)
}
