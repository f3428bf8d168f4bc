//! The Federal Agency Smart Credential Number of PIV, CAC and TWIC cards (NIST SP 800-73; "Technical Implementation Guidance:
//! Smart Card Enabled Physical Access Control Systems", TIG SCEPACS).
//!
//! # Notations
//! - 14 digits: agency 4, system 4, credential 6. With hyphens or spaces the groups must be these.
//! - 32 digits: the same, then credential series 1, individual credential issue 1, and 16 digits about the person (person
//!   identifier 10, organisational category 1, organisational identifier 4, association 1). The first 16 of them may stand
//!   alone.
//! - 25 bytes, as 50 hexadecimal digits or 200 raw bits: 40 characters of 5 bits, lowest bit first, the fifth for odd parity;
//!   start sentinel, the 32 digits with field separators, end sentinel and an LRC over all of them.
//!
//! # One card, one key
//! A card is identified by agency, system, credential, series and issue. The issue is 1 on a first card and counts up when a
//! card is replaced after a loss, so the lost card and its replacement differ in nothing else, and they must not share a key.
//! The 14-digit notation leaves series and issue out. It is therefore read as series 0, issue 1, the coding of the guidance's
//! own example, and the body leaves out exactly these values: a first card has one key in all three notations, and any other
//! card has a key with series and issue, `0032-0001-092446-0-2`, which no 14-digit reading can give.
//!
//! At a gate that reports 14 digits, a replacement card is thus answered as the first card of that credential. A system has
//! only one active card of a credential, so the first card is revoked or unknown by then: the answer errs towards closed. The
//! reverse would err towards open: a replacement card that is *registered* by its 14 digits admits the first card, which was
//! lost. Card systems with replacements or another series must register full numbers, and should let their gates report them.
//!
//! The 16 digits about the person are checked and dropped. They tell nothing more about the card, and they are personal data.

use arrayvec::{ArrayString, ArrayVec};

use super::text::{self, Body};
use super::{Input, Refused, bits};

const CHARACTERS: usize = 40;
const BYTES: usize = 25;
const DIGITS: usize = 32;

/// The characters of the 25-byte notation in order: sentinels and separators as they stand, `#` for a digit.
const PATTERN: &[u8; CHARACTERS] = b"S####F####F######F#F#F################EL";
const START: u8 = 0xB;
const SEPARATOR: u8 = 0xD;
const END: u8 = 0xF;

/// Lengths of the groups that may be written with hyphens or spaces between them.
const GROUPINGS: [&[usize]; 4] = [
    &[4, 4, 6],
    &[4, 4, 6, 1, 1],
    &[4, 4, 6, 1, 1, 10, 1, 4, 1],
    &[4, 4, 6, 1, 1, 16],
];
const GROUPS_MAX: usize = 9;

/// Series and issue of a first card.
const FIRST_CARD: &str = "01";

/// Cards of issuers outside the US government carry 14 nines and are told apart by their GUID (PIV-I).
const NOT_FEDERAL: &str = "99999999999999";

const EXPECTED: &str = "14 digits, 32 digits or 25 bytes";

/// The body for one card: `agency-system-credential`, with `-series-issue` unless they are 0 and 1.
pub(super) fn parse(input: Input<'_>) -> Result<Body, Refused> {
    let digits = match input {
        Input::Raw { bytes, bit_count } => {
            if usize::from(bit_count) != BYTES * 8 {
                return Err(Refused::WrongLength { expected: EXPECTED });
            }
            bits::check_raw(bytes, bit_count)?;
            from_bcd(bytes)?
        }
        Input::Text(text) => from_text(text)?,
        Input::Fields { .. } => {
            return Err(Refused::WrongInput {
                instead: "Send a FASC-N as text or as raw bits.",
            });
        }
    };
    let (card, rest) = digits.split_at(14);
    if card.bytes().all(|digit| digit == b'0') {
        return Err(Refused::AllZero);
    }
    if card == NOT_FEDERAL {
        return Err(Refused::SharedNumber);
    }
    let mut body = Body::new();
    for part in [&card[..4], "-", &card[4..8], "-", &card[8..]] {
        body.push_str(part);
    }
    if !rest.is_empty() && !rest.starts_with(FIRST_CARD) {
        for part in ["-", &rest[..1], "-", &rest[1..2]] {
            body.push_str(part);
        }
    }
    Ok(body)
}

/// 14, 16 or 32 digits from one of the text notations.
fn from_text(text: &str) -> Result<ArrayString<DIGITS>, Refused> {
    let symbols = || text.chars().filter(|c| !matches!(c, '-' | ' ' | ':'));
    if symbols().count() == 2 * BYTES {
        let bytes: ArrayVec<u8, BYTES> = text::hex(text, EXPECTED)?;
        return from_bcd(&bytes);
    }
    if let Some(stray) = symbols().find(|c| !c.is_ascii_digit()) {
        let damaged_hex = stray.is_ascii_hexdigit() && !text::is_scientific(text);
        return Err(if damaged_hex {
            Refused::WrongLength { expected: EXPECTED }
        } else {
            text::why_not_digits(text)
        });
    }
    let mut digits = ArrayString::new();
    for digit in symbols() {
        digits
            .try_push(digit)
            .map_err(|_| Refused::WrongLength { expected: EXPECTED })?;
    }
    if text.len() > digits.len() {
        check_groups(text)?;
    }
    match digits.len() {
        14 | 16 | DIGITS => Ok(digits),
        0..14 | 17..DIGITS => Err(Refused::LostLeadingZeros { expected: EXPECTED }),
        _ => Err(Refused::WrongLength { expected: EXPECTED }),
    }
}

/// Refuses groups of other lengths: a group that lost its zeros beside one that is too long would otherwise make another card.
fn check_groups(text: &str) -> Result<(), Refused> {
    let mut groups: ArrayVec<usize, GROUPS_MAX> = ArrayVec::new();
    for group in text.split(['-', ' ', ':']) {
        groups
            .try_push(group.len())
            .map_err(|_| Refused::WrongLength { expected: EXPECTED })?;
    }
    if GROUPINGS.iter().any(|right| *right == groups.as_slice()) {
        return Ok(());
    }
    let shortened = |right: &&[usize]| {
        right.len() == groups.len()
            && right
                .iter()
                .zip(&groups)
                .all(|(right, group)| (1..=*right).contains(group))
    };
    Err(match GROUPINGS.iter().any(shortened) {
        true => Refused::LostLeadingZeros {
            expected: "groups of 4, 4 and 6 digits",
        },
        false => Refused::WrongLength {
            expected: "groups of 4, 4 and 6 digits",
        },
    })
}

/// The 32 digits of the 25-byte notation, once parity, marks and LRC are right.
fn from_bcd(bytes: &[u8]) -> Result<ArrayString<DIGITS>, Refused> {
    let mut digits = ArrayString::new();
    let mut lrc = 0;
    if bytes.len() != BYTES {
        return Err(Refused::WrongLength { expected: EXPECTED });
    }
    for (index, meant) in PATTERN.iter().enumerate() {
        let character = character(bytes, index)?;
        match meant {
            b'#' if character > 9 => return Err(Refused::Mark),
            b'#' => digits.push(char::from(b'0' + character)),
            b'S' if character != START => return Err(Refused::Mark),
            b'F' if character != SEPARATOR => return Err(Refused::Mark),
            b'E' if character != END => return Err(Refused::Mark),
            b'L' if character != lrc => return Err(Refused::Lrc),
            _ => {}
        }
        lrc ^= character;
    }
    Ok(digits)
}

/// The value of the character at `index`: 4 bits, lowest first, then the bit that makes the number of ones odd.
fn character(bytes: &[u8], index: usize) -> Result<u8, Refused> {
    let bit = |position: usize| bytes[position / 8] >> (7 - position % 8) & 1;
    let first = index * 5;
    let value = (0..4).fold(0, |value, i| value | bit(first + i) << i);
    if (value.count_ones() + u32::from(bit(first + 4))) % 2 == 1 {
        Ok(value)
    } else {
        Err(Refused::Parity)
    }
}
