//! What a reader says of a card, made into one key.
//!
//! The same card reaches us as bits from an OSDP reader, as hexadecimal digits from a gate controller and as a decimal number
//! from a spreadsheet. [`CardIdentifier::parse`] brings every notation of one format to one canonical text, which is the key
//! under which the card is registered and looked up. Four things hold for every input, of any length:
//!
//! - Parsing is total: it answers with an identifier or with the reason of the refusal, and never panics.
//! - Different cards have different keys. Where a notation leaves out what tells two cards apart, its own format says what
//!   follows (`fascn.rs` is the only case).
//! - Input that could be read in two ways, or that bears the marks of damage, is refused. A wrong key would open a gate for the
//!   wrong card or leave a revoked card unknown, so a guess is worse than a refusal.
//! - The usual kinds of input are read without touching the heap, because a gate waits for the answer.
//!
//! The canonical text is the format's prefix, a colon and a body, for example `WIEGAND26:12:34567` or `UID:04A1B2C3D4E5F6`.
//! [`CardIdentifier::parse`] reads the body back, in each format; the whole text, as it is stored, is read back by [`FromStr`]
//! and by nothing else.

use std::fmt;
use std::str::FromStr;

use arrayvec::ArrayString;
use serde::{Deserialize, Serialize};

mod aba;
mod bits;
mod custom;
mod fascn;
mod guid;
mod number;
mod refused;
#[cfg(test)]
mod tests;
mod text;
mod uid;
mod wiegand;

pub use bits::RawBits;
pub use refused::Refused;

/// The longest canonical text, in bytes, prefix included.
pub const CANONICAL_MAX: usize = 64;

/// The longest text that [`CardIdentifier::parse`] looks at, in bytes. Every notation of every format fits with room to spare.
pub const TEXT_MAX: usize = 128;

/// How the number of a card is laid out. A badge may carry identifiers of several formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// HID H10301: 8 bits of facility code, 16 bits of number, 2 parity bits.
    Wiegand26,
    /// HID H10306: 16 bits of facility code, 16 bits of number, 2 parity bits.
    Wiegand34,
    /// HID Corporate 1000, 35 bits: 12 bits of facility (company) code, 20 bits of number, 3 parity bits.
    Wiegand35,
    /// HID H10302: 35 bits of number without a facility code, 2 parity bits.
    Wiegand37,
    /// HID H10304: 16 bits of facility code, 19 bits of number, 2 parity bits.
    Wiegand37Facility,
    /// HID Corporate 1000, 48 bits: 22 bits of facility (company) code, 23 bits of number, 3 parity bits.
    Wiegand48,
    /// The UID of an ISO/IEC 14443 card: 4, 7 or 10 bytes.
    CardUid,
    /// Federal Agency Smart Credential Number of a PIV, CAC or TWIC card (NIST SP 800-73, TIG SCEPACS).
    FascN,
    /// The card's UUID (RFC 9562), as in the CHUID of a PIV card.
    Guid,
    /// Track 2 of a magnetic stripe (ISO/IEC 7811), or a reader that imitates one.
    AbaTrack2,
    /// A plain number. Leading zeros are part of it: `007` and `7` are two cards.
    Number,
    /// A vendor's own identifier (LEAF, SEOS and the like): `vendor:value`.
    Custom,
}

/// How the readers of one card system report the bytes of a UID. Declared once per card system, because it cannot be seen in a
/// reading.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ByteOrder {
    /// In the order in which the card sends them, as ISO/IEC 14443-3 numbers them. The canonical order.
    #[default]
    MsbFirst,
    /// In reverse. Such a reading is turned round before it becomes a key.
    LsbFirst,
}

/// A reading, in one of the three shapes in which gates and files hand it over.
#[derive(Clone, Copy)]
pub enum Input<'a> {
    /// Text in one of the format's notations. White space around it is ignored.
    Text(&'a str),
    /// A facility code and a number, both already taken out of the bits. Wiegand formats only.
    Fields {
        /// The facility, site or company code; none for [`Format::Wiegand37`], which has none.
        facility_code: Option<u64>,
        /// The number of the card.
        number: u64,
    },
    /// Bits as the reader sent them (OSDP `osdp_RAW`): the first bit is the highest of the first byte, and unused bits at the
    /// end are zero.
    Raw {
        /// Exactly as many bytes as `bit_count` needs.
        bytes: &'a [u8],
        /// How many bits of `bytes` the reader sent.
        bit_count: u16,
    },
}

/// One card in one format, as a unique key. Two values are equal when, and only when, they name the same card.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CardIdentifier {
    format: Format,
    canonical: ArrayString<CANONICAL_MAX>,
}

/// A name that is not one of [`Format::ALL`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "This is not a card format. The formats are wiegand26, wiegand34, wiegand35, wiegand37, wiegand37_facility, wiegand48, \
        card_uid, fasc_n, guid, aba_track2, number and custom."
)]
pub struct UnknownFormat;

impl CardIdentifier {
    /// Reads one card from what a reader, a person or a file says.
    ///
    /// `byte_order` matters only to [`Format::CardUid`]. The refusal never repeats the input.
    pub fn parse(
        format: Format,
        input: Input<'_>,
        byte_order: ByteOrder,
    ) -> Result<CardIdentifier, Refused> {
        let input = match input {
            Input::Text(text) if text.len() > TEXT_MAX => return Err(Refused::TooLong),
            Input::Text(text) => match text.trim() {
                "" => return Err(Refused::Empty),
                text => Input::Text(text),
            },
            fields_or_raw => fields_or_raw,
        };
        let body = match format {
            Format::Wiegand26 => wiegand::H10301.parse(input),
            Format::Wiegand34 => wiegand::H10306.parse(input),
            Format::Wiegand35 => wiegand::CORPORATE_1000_35.parse(input),
            Format::Wiegand37 => wiegand::H10302.parse(input),
            Format::Wiegand37Facility => wiegand::H10304.parse(input),
            Format::Wiegand48 => wiegand::CORPORATE_1000_48.parse(input),
            Format::CardUid => uid::parse(input, byte_order),
            Format::FascN => fascn::parse(input),
            Format::Guid => guid::parse(input),
            Format::AbaTrack2 => aba::parse(input),
            Format::Number => number::parse(input),
            Format::Custom => custom::parse(input),
        }?;
        let mut canonical = ArrayString::new();
        for part in [format.prefix(), ":", &body] {
            canonical.try_push_str(part).map_err(|_| Refused::TooLong)?;
        }
        Ok(CardIdentifier { format, canonical })
    }

    /// The format in which this card is known.
    pub fn format(&self) -> Format {
        self.format
    }

    /// The key of this card, with the format's prefix: ASCII, at most [`CANONICAL_MAX`] bytes. It is a card number: keep it out
    /// of logs and errors.
    pub fn canonical(&self) -> &str {
        &self.canonical
    }

    /// Whether no other card in the world may have this key. See [`Format::network_wide`].
    pub fn network_wide(&self) -> bool {
        self.format.network_wide(&self.canonical)
    }

    /// The bits that a reader sends for this card, parity included, or nothing where the key does not determine them.
    ///
    /// Wiegand formats, card UIDs (in the canonical byte order) and GUIDs have bits. A FASC-N has none, because its key leaves
    /// out the digits about the person; the formats that are read as text only have none either.
    pub fn to_bits(&self) -> Option<RawBits> {
        match self.format {
            Format::Wiegand26 => wiegand::H10301.to_bits(self.body()),
            Format::Wiegand34 => wiegand::H10306.to_bits(self.body()),
            Format::Wiegand35 => wiegand::CORPORATE_1000_35.to_bits(self.body()),
            Format::Wiegand37 => wiegand::H10302.to_bits(self.body()),
            Format::Wiegand37Facility => wiegand::H10304.to_bits(self.body()),
            Format::Wiegand48 => wiegand::CORPORATE_1000_48.to_bits(self.body()),
            Format::CardUid | Format::Guid => RawBits::from_hex(self.body()),
            Format::FascN | Format::AbaTrack2 | Format::Number | Format::Custom => None,
        }
    }

    fn body(&self) -> &str {
        // Every canonical text begins with its format's prefix and a colon, because `parse` alone makes them.
        self.canonical
            .get(self.format.prefix().len() + 1..)
            .unwrap_or_default()
    }
}

/// Reads back what [`CardIdentifier::canonical`] gave, letter for letter. Anything else is [`Refused::NotCanonical`], so that
/// what is stored under one key can never be read as another.
impl FromStr for CardIdentifier {
    type Err = Refused;

    fn from_str(text: &str) -> Result<CardIdentifier, Refused> {
        let (prefix, body) = text.split_once(':').ok_or(Refused::NotCanonical)?;
        let format = Format::ALL
            .into_iter()
            .find(|format| format.prefix() == prefix)
            .ok_or(Refused::NotCanonical)?;
        match CardIdentifier::parse(format, Input::Text(body), ByteOrder::MsbFirst) {
            Ok(identifier) if identifier.canonical() == text => Ok(identifier),
            _ => Err(Refused::NotCanonical),
        }
    }
}

/// Shows the format and never the number, so that an identifier may stand in a logged structure.
impl fmt::Debug for CardIdentifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CardIdentifier({})", self.format)
    }
}

/// Shows the kind of input and never its value, for the same reason.
impl fmt::Debug for Input<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Input::Text(_) => "Input::Text",
            Input::Fields { .. } => "Input::Fields",
            Input::Raw { .. } => "Input::Raw",
        })
    }
}

impl Format {
    /// The number it is stored under: its place in [`Format::ALL`], counted from one. New formats go to the end.
    pub fn number(self) -> u8 {
        self as u8 + 1
    }

    /// The format stored under this number.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number.checked_sub(1)?)).copied()
    }
}

impl Format {
    /// Every format, in the order of the documentation.
    pub const ALL: [Format; 12] = [
        Format::Wiegand26,
        Format::Wiegand34,
        Format::Wiegand35,
        Format::Wiegand37,
        Format::Wiegand37Facility,
        Format::Wiegand48,
        Format::CardUid,
        Format::FascN,
        Format::Guid,
        Format::AbaTrack2,
        Format::Number,
        Format::Custom,
    ];

    /// The name in the API, in files and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Format::Wiegand26 => "wiegand26",
            Format::Wiegand34 => "wiegand34",
            Format::Wiegand35 => "wiegand35",
            Format::Wiegand37 => "wiegand37",
            Format::Wiegand37Facility => "wiegand37_facility",
            Format::Wiegand48 => "wiegand48",
            Format::CardUid => "card_uid",
            Format::FascN => "fasc_n",
            Format::Guid => "guid",
            Format::AbaTrack2 => "aba_track2",
            Format::Number => "number",
            Format::Custom => "custom",
        }
    }

    /// Whether zeros in front are part of the number, so that one that lost them is another card.
    pub fn keeps_zeros(self) -> bool {
        matches!(self, Format::AbaTrack2 | Format::Number | Format::Custom)
    }

    /// Whether the card with this canonical text is the only one in the world that has it: a UID of 7 or 10 bytes, a GUID, a
    /// FASC-N.
    ///
    /// All other keys are unique only inside the card system that registered them and must be looked up together with it:
    /// facility codes are sold twice, makers reuse 4-byte UIDs, and plain numbers start at 1 everywhere.
    pub fn network_wide(self, canonical: &str) -> bool {
        match self {
            Format::FascN | Format::Guid => true,
            Format::CardUid => canonical.len() > "UID:".len() + 2 * uid::SINGLE_SIZE,
            Format::Wiegand26
            | Format::Wiegand34
            | Format::Wiegand35
            | Format::Wiegand37
            | Format::Wiegand37Facility
            | Format::Wiegand48
            | Format::AbaTrack2
            | Format::Number
            | Format::Custom => false,
        }
    }

    /// What stands before the colon of the canonical text. Stored in databases and ledgers: never change one.
    fn prefix(self) -> &'static str {
        match self {
            Format::Wiegand26 => "WIEGAND26",
            Format::Wiegand34 => "WIEGAND34",
            Format::Wiegand35 => "WIEGAND35",
            Format::Wiegand37 => "WIEGAND37",
            Format::Wiegand37Facility => "WIEGAND37_FACILITY",
            Format::Wiegand48 => "WIEGAND48",
            Format::CardUid => "UID",
            Format::FascN => "FASCN",
            Format::Guid => "GUID",
            Format::AbaTrack2 => "ABA",
            Format::Number => "NUMBER",
            Format::Custom => "CUSTOM",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Format, UnknownFormat> {
        Format::ALL
            .into_iter()
            .find(|format| format.as_str() == name)
            .ok_or(UnknownFormat)
    }
}
