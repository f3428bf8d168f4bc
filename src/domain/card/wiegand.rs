//! The Wiegand formats, drawn as their data sheets draw them.
//!
//! Bits are drawn in the order in which they are sent. In a layout, `F` is the facility code, `N` the number and `P` a parity
//! bit. Below it stands one line for each parity bit: `E` (even) or `O` (odd) marks the bit itself and `X` the bits that it
//! covers; together they must hold an even or odd number of ones. A parity bit may cover another, which is then drawn above it.
//! Sources: HID's descriptions of H10301, H10302, H10304 and H10306; for Corporate 1000, whose layout HID gives to licensees
//! only, the masks on which the public decoders agree, and their published cards.
//!
//! Accepted texts: `facility:number` (also `-`, `/`, `,` or one space between them); the number alone where the format has no
//! facility code; all bits of the format as `0` and `1`; for 26 bits also the 24 data bits as one decimal, with ten digits as
//! readers print it (`0000820999`) or after `dec:`. Leading zeros of the decimal fields mean nothing: a field is a value of so
//! many bits.

use std::cmp::Ordering;
use std::fmt::Write;

use super::bits::{self, RawBits};
use super::text::{self, Body};
use super::{Input, Refused};

pub(super) static H10301: Layout = Layout::drawn(
    "PFFFFFFFFNNNNNNNNNNNNNNNNP",
    &[
        "EXXXXXXXXXXXX.............", //
        ".............XXXXXXXXXXXXO",
    ],
    "all 26 bits",
);

pub(super) static H10306: Layout = Layout::drawn(
    "PFFFFFFFFFFFFFFFFNNNNNNNNNNNNNNNNP",
    &[
        "EXXXXXXXXXXXXXXXX.................", //
        ".................XXXXXXXXXXXXXXXXO",
    ],
    "all 34 bits",
);

pub(super) static CORPORATE_1000_35: Layout = Layout::drawn(
    "PPFFFFFFFFFFFFNNNNNNNNNNNNNNNNNNNNP",
    &[
        ".EXX.XX.XX.XX.XX.XX.XX.XX.XX.XX.XX.",
        ".XX.XX.XX.XX.XX.XX.XX.XX.XX.XX.XX.O",
        "OXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX",
    ],
    "all 35 bits",
);

pub(super) static H10302: Layout = Layout::drawn(
    "PNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNP",
    &[
        "EXXXXXXXXXXXXXXXXXX..................", //
        "..................XXXXXXXXXXXXXXXXXXO",
    ],
    "all 37 bits",
);

pub(super) static H10304: Layout = Layout::drawn(
    "PFFFFFFFFFFFFFFFFNNNNNNNNNNNNNNNNNNNP",
    &[
        "EXXXXXXXXXXXXXXXXXX..................", //
        "..................XXXXXXXXXXXXXXXXXXO",
    ],
    "all 37 bits",
);

pub(super) static CORPORATE_1000_48: Layout = Layout::drawn(
    "PPFFFFFFFFFFFFFFFFFFFFFFNNNNNNNNNNNNNNNNNNNNNNNP",
    &[
        ".E.XX.XX.XX.XX.XX.XX.XX.XX.XX.XX.XX.XX.XX.XX.XX.",
        "..XX.XX.XX.XX.XX.XX.XX.XX.XX.XX.XX.XX.XX.XX.XX.O",
        "OXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX",
    ],
    "all 48 bits",
);

/// The decimal of a 26-bit card as readers print it: its 24 data bits, padded to the ten digits of a 32-bit number.
const PRINTED_DIGITS: usize = 10;

/// No decimal notation of any format has this many digits, so zeros and ones of this length are meant as bits.
const BITS_FROM: usize = 12;

const FACILITY_AND_NUMBER: &str = "facility:number, for example 12:345";
const FACILITY_AND_NUMBER_OR_DECIMAL: &str =
    "facility:number, for example 12:345, or put dec: before a decimal of all 24 data bits";

/// A drawing as masks over a word that holds the last bit sent as its lowest.
pub(super) struct Layout {
    bit_count: u16,
    facility: u64,
    number: u64,
    parities: [Parity; 3],
    expected: &'static str,
}

/// One parity bit, with the bits that it covers. All zero where a layout has fewer than three.
#[derive(Clone, Copy)]
struct Parity {
    bit: u64,
    covered: u64,
    odd: bool,
}

impl Layout {
    const fn drawn(fields: &str, parities: &[&str], expected: &'static str) -> Layout {
        let mut layout = Layout {
            bit_count: fields.len() as u16,
            facility: mask(fields, b'F'),
            number: mask(fields, b'N'),
            parities: [Parity {
                bit: 0,
                covered: 0,
                odd: false,
            }; 3],
            expected,
        };
        let mut i = 0;
        while i < parities.len() {
            assert!(parities[i].len() == fields.len());
            let odd = mask(parities[i], b'O');
            layout.parities[i] = Parity {
                bit: mask(parities[i], b'E') | odd,
                covered: mask(parities[i], b'X'),
                odd: odd != 0,
            };
            i += 1;
        }
        layout
    }

    /// The body for one card: `facility:number`, or the number alone where the format has no facility code.
    pub(super) fn parse(&self, input: Input<'_>) -> Result<Body, Refused> {
        let (facility_code, number) = match input {
            // A number without its facility code would be another card's, or nobody's.
            Input::Fields {
                facility_code: None,
                ..
            } if self.facility != 0 => {
                return Err(Refused::Ambiguous {
                    instead: FACILITY_AND_NUMBER,
                });
            }
            Input::Fields {
                facility_code,
                number,
            } => (facility_code.unwrap_or(0), number),
            Input::Raw { bytes, bit_count } => self.read_raw(bytes, bit_count)?,
            Input::Text(text) => self.read_text(text)?,
        };
        self.check(facility_code, number)?;
        let mut body = Body::new();
        let written = if self.facility == 0 {
            write!(body, "{number}")
        } else {
            write!(body, "{facility_code}:{number}")
        };
        written.map_err(|_| Refused::TooLong)?;
        Ok(body)
    }

    /// The bits of a body that [`Layout::parse`] made.
    pub(super) fn to_bits(&self, body: &str) -> Option<RawBits> {
        let (facility_code, number) = body.split_once(':').unwrap_or(("0", body));
        let word = self.encode(facility_code.parse().ok()?, number.parse().ok()?);
        Some(RawBits::from_word(word, self.bit_count))
    }

    fn read_raw(&self, bytes: &[u8], bit_count: u16) -> Result<(u64, u64), Refused> {
        if bit_count != self.bit_count {
            return Err(Refused::WrongLength {
                expected: self.expected,
            });
        }
        bits::check_raw(bytes, bit_count)?;
        let word = bytes
            .iter()
            .fold(0, |word, &byte| word << 8 | u64::from(byte));
        self.decode(word >> ((8 - bit_count % 8) % 8))
    }

    fn read_text(&self, text: &str) -> Result<(u64, u64), Refused> {
        if text::is_scientific(text) {
            return Err(Refused::ScientificNotation);
        }
        if text.len() >= BITS_FROM && text.bytes().all(|byte| matches!(byte, b'0' | b'1')) {
            return match text.len().cmp(&usize::from(self.bit_count)) {
                Ordering::Less => Err(Refused::LostLeadingZeros {
                    expected: self.expected,
                }),
                Ordering::Greater => Err(Refused::WrongLength {
                    expected: self.expected,
                }),
                Ordering::Equal => self.decode(
                    text.bytes()
                        .fold(0, |word, byte| word << 1 | u64::from(byte & 1)),
                ),
            };
        }
        if self.facility == 0 {
            return Ok((0, text::decimal(text, "number", max(self.number))?));
        }
        if self.prints_decimal() {
            if let Some(decimal) = text.strip_prefix("dec:") {
                return self.data_bits(decimal);
            }
            if text.len() == PRINTED_DIGITS && text::digits(text).is_ok() {
                return self.data_bits(text);
            }
        }
        self.facility_and_number(text)
    }

    fn facility_and_number(&self, text: &str) -> Result<(u64, u64), Refused> {
        let Some(at) = text.find([':', '-', '/', ',', ' ']) else {
            // A number alone may lack its facility code, be both fields run together, or be all data bits as one decimal.
            let instead = if self.prints_decimal() {
                FACILITY_AND_NUMBER_OR_DECIMAL
            } else {
                FACILITY_AND_NUMBER
            };
            return Err(text::digits(text)
                .err()
                .unwrap_or(Refused::Ambiguous { instead }));
        };
        let (facility_code, number) = (text::digits(&text[..at])?, text::digits(&text[at + 1..])?);
        // "12,345" and "12 345" may also be one number with a thousands separator. A group of thousands never begins with 0.
        let groups_thousands = matches!(text.as_bytes()[at], b',' | b' ');
        if groups_thousands
            && number.len() == 3
            && facility_code.len() <= 3
            && !facility_code.starts_with('0')
        {
            return Err(Refused::Ambiguous {
                instead: FACILITY_AND_NUMBER,
            });
        }
        let facility_code = text::decimal(facility_code, "facility code", max(self.facility))?;
        Ok((
            facility_code,
            text::decimal(number, "number", max(self.number))?,
        ))
    }

    /// Splits the decimal of all data bits. Facility code and number lie next to each other in every layout.
    fn data_bits(&self, decimal: &str) -> Result<(u64, u64), Refused> {
        let number_bits = self.number.count_ones();
        let all = max(self.facility | self.number);
        let value = text::decimal(decimal, "decimal of all data bits", all)?;
        Ok((value >> number_bits, value & max(self.number)))
    }

    fn check(&self, facility_code: u64, number: u64) -> Result<(), Refused> {
        for (field, value, mask) in [
            ("facility code", facility_code, self.facility),
            ("number", number, self.number),
        ] {
            let max = max(mask);
            if value > max {
                return Err(Refused::OutOfRange { field, max });
            }
        }
        if facility_code == 0 && number == 0 {
            Err(Refused::AllZero)
        } else {
            Ok(())
        }
    }

    /// Facility code and number of a word, once every parity bit is right.
    fn decode(&self, word: u64) -> Result<(u64, u64), Refused> {
        if self.parities.iter().any(|parity| !parity.holds(word)) {
            return Err(Refused::Parity);
        }
        Ok((field(word, self.facility), field(word, self.number)))
    }

    /// The word of fields that are in range. Parity bits are set in the order of the drawing, since later ones may cover
    /// earlier ones.
    fn encode(&self, facility_code: u64, number: u64) -> u64 {
        let data = place(facility_code, self.facility) | place(number, self.number);
        self.parities.iter().fold(data, |word, parity| {
            if parity.holds(word) {
                word
            } else {
                word | parity.bit
            }
        })
    }

    /// Readers print the data bits as one decimal in the 26-bit format only.
    fn prints_decimal(&self) -> bool {
        self.bit_count == 26
    }
}

impl Parity {
    fn holds(&self, word: u64) -> bool {
        (word & (self.bit | self.covered)).count_ones() % 2 == u32::from(self.odd)
    }
}

/// The value under `mask`, or 0 where a layout has no such field.
fn field(word: u64, mask: u64) -> u64 {
    (word & mask)
        .checked_shr(mask.trailing_zeros())
        .unwrap_or(0)
}

/// The highest value that fits under `mask`.
fn max(mask: u64) -> u64 {
    field(u64::MAX, mask)
}

/// The word that has `value` under `mask`.
fn place(value: u64, mask: u64) -> u64 {
    value.checked_shl(mask.trailing_zeros()).unwrap_or(0) & mask
}

/// The bits of a drawing that carry `mark`.
const fn mask(drawing: &str, mark: u8) -> u64 {
    let drawing = drawing.as_bytes();
    let mut mask = 0;
    let mut i = 0;
    while i < drawing.len() {
        mask = mask << 1 | (drawing[i] == mark) as u64;
        i += 1;
    }
    mask
}
