//! UIDs of ISO/IEC 14443 cards, as the anticollision of part 3 defines them: 4 bytes (single size), 7 (double) or 10 (triple).
//!
//! Accepted: whole bytes as raw bits; hexadecimal digits in either case, with or without `:`, `-` or a space between bytes;
//! decimals that say so. A decimal has lost its zeros in front, so it must say how many bytes it stands for: `dec4:`, `dec7:`
//! or `dec10:`. Plain `dec:` takes the length from the value, which is possible only in the canonical byte order, where the
//! first byte of a UID of 7 or 10 bytes is the maker's code and never 00; what could have two lengths is refused.
//!
//! The body is upper-case hexadecimal in the order in which the card sends its bytes. A reading in the other order is a
//! different key unless the card system declares it, because nothing in the bytes shows the order.

use arrayvec::ArrayVec;

use super::text::{self, Body};
use super::{ByteOrder, Input, Refused, bits};

/// Bytes of the shortest UID. It is not unique in the world: makers ran out of such UIDs and use them again.
pub(super) const SINGLE_SIZE: usize = 4;
const DOUBLE_SIZE: usize = 7;
const TRIPLE_SIZE: usize = 10;

/// Sent in place of the first byte when more of the UID follows (ISO/IEC 14443-3, "CT"). It never begins a single-size UID, nor
/// is it the fourth byte of a double-size one: there it shows that the reader stopped one cascade level too early.
const CASCADE_TAG: u8 = 0x88;

/// Begins a single-size UID that the card makes up anew at each reading (ISO/IEC 14443-3, "RID").
const RANDOM: u8 = 0x08;

const EXPECTED: &str = "4, 7 or 10 bytes";
const WITH_LENGTH: &str =
    "hexadecimal digits, or as a decimal after dec4:, dec7: or dec10: for the number of bytes";

pub(super) fn parse(input: Input<'_>, byte_order: ByteOrder) -> Result<Body, Refused> {
    let mut uid: ArrayVec<u8, TRIPLE_SIZE> = match input {
        Input::Text(text) => from_text(text, byte_order)?,
        Input::Raw { bytes, bit_count } => {
            if !bit_count.is_multiple_of(8) {
                return Err(Refused::WrongLength { expected: EXPECTED });
            }
            bits::check_raw(bytes, bit_count)?;
            ArrayVec::try_from(bytes).map_err(|_| Refused::WrongLength { expected: EXPECTED })?
        }
        Input::Fields { .. } => {
            return Err(Refused::WrongInput {
                instead: "Send a card UID as text or as raw bits.",
            });
        }
    };
    if byte_order == ByteOrder::LsbFirst {
        uid.reverse();
    }
    check(&uid)?;
    let mut body = Body::new();
    text::push_hex(&mut body, &uid, text::UPPER);
    Ok(body)
}

fn check(uid: &[u8]) -> Result<(), Refused> {
    if !matches!(uid.len(), SINGLE_SIZE | DOUBLE_SIZE | TRIPLE_SIZE) {
        return Err(Refused::WrongLength { expected: EXPECTED });
    }
    if uid.iter().all(|&byte| byte == 0) {
        return Err(Refused::AllZero);
    }
    match (uid.len(), uid[0], uid[3]) {
        (SINGLE_SIZE, CASCADE_TAG, _) | (DOUBLE_SIZE, _, CASCADE_TAG) => Err(Refused::CascadeByte),
        (SINGLE_SIZE, RANDOM, _) => Err(Refused::RandomUid),
        _ => Ok(()),
    }
}

fn from_text(text: &str, byte_order: ByteOrder) -> Result<ArrayVec<u8, TRIPLE_SIZE>, Refused> {
    for (prefix, length) in [
        ("dec4:", SINGLE_SIZE),
        ("dec7:", DOUBLE_SIZE),
        ("dec10:", TRIPLE_SIZE),
    ] {
        if let Some(decimal) = text.strip_prefix(prefix) {
            let value = value(decimal)?;
            return if value >> (8 * length) == 0 {
                Ok(bytes(value, length))
            } else {
                Err(Refused::WrongLength { expected: EXPECTED })
            };
        }
    }
    if let Some(decimal) = text.strip_prefix("dec:") {
        let value = value(decimal)?;
        let length = length_of(value);
        return match (byte_order, length) {
            (ByteOrder::MsbFirst, SINGLE_SIZE | DOUBLE_SIZE | TRIPLE_SIZE) => {
                Ok(bytes(value, length))
            }
            _ if value == 0 => Err(Refused::AllZero),
            _ if length > TRIPLE_SIZE => Err(Refused::WrongLength { expected: EXPECTED }),
            _ => Err(Refused::Ambiguous {
                instead: WITH_LENGTH,
            }),
        };
    }
    text::hex(text, EXPECTED)
}

/// The value of a decimal. One that does not even fit 128 bits is longer than any UID.
fn value(decimal: &str) -> Result<u128, Refused> {
    text::digits(decimal)?
        .parse()
        .map_err(|_| Refused::WrongLength { expected: EXPECTED })
}

/// The number of bytes from the first that is not zero.
fn length_of(value: u128) -> usize {
    size_of_val(&value) - value.leading_zeros() as usize / 8
}

fn bytes(value: u128, length: usize) -> ArrayVec<u8, TRIPLE_SIZE> {
    let wide = value.to_be_bytes();
    wide.into_iter().skip(wide.len() - length).collect()
}
