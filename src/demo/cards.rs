//! Card numbers: each worker has one of its own in each numbering, made of nothing but the worker's place in the demonstration.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use crate::domain::card::{ByteOrder, Format};
use crate::domain::digest::hex;

/// How a card system numbers its cards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Numbering {
    /// UIDs of seven bytes.
    Uid7,
    /// UIDs of four bytes.
    Uid4,
    /// Facility code and number in 26 bits.
    Wiegand26,
    /// A number in 37 bits.
    Wiegand37,
    /// As on PIV cards.
    FascN,
    /// As on phones.
    Guid,
    /// As on magnetic stripes.
    AbaTrack2,
    /// Eight digits.
    Plain,
}

/// A card identifier as readers report it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Number {
    pub format: Format,
    pub value: String,
}

/// The fourth byte of every UID of seven bytes that was issued.
const ISSUED: u8 = 0x5a;
/// The fourth byte of those that nobody issued.
const NOT_ISSUED: u8 = 0x33;

impl Numbering {
    /// The number of the worker at this place, 1 to 999 999, as readers with this order of UID bytes report it.
    pub fn number(self, place: u32, uid_byte_order: ByteOrder, dice: &mut ChaCha8Rng) -> Number {
        let (format, value) = match self {
            Self::Uid7 => {
                return Number {
                    format: Format::CardUid,
                    value: uid7(place, ISSUED, uid_byte_order),
                };
            }
            Self::Uid4 => {
                let [.., a, b, c] = scattered(place, 24).to_be_bytes();
                (Format::CardUid, uid(&mut [0x3a, a, b, c], uid_byte_order))
            }
            Self::Wiegand26 => {
                let bits = scattered(place, 24);
                let text = format!("{}:{}", bits >> 16, bits & 0xffff);
                (Format::Wiegand26, text)
            }
            Self::Wiegand37 => (Format::Wiegand37, scattered(place, 35).to_string()),
            Self::FascN => (Format::FascN, format!("0099-0001-{place:06}")),
            Self::Guid => {
                let mut random = [0; 16];
                dice.fill_bytes(&mut random);
                let guid = uuid::Builder::from_random_bytes(random).into_uuid();
                (Format::Guid, guid.to_string())
            }
            Self::AbaTrack2 => (
                Format::AbaTrack2,
                format!("9056{:012}", scattered(place, 36)),
            ),
            Self::Plain => (Format::Number, format!("{:08}", scattered(place, 26))),
        };
        Number { format, value }
    }

    /// A card of the same make that nobody issued.
    pub fn not_issued(place: u32) -> Number {
        Number {
            format: Format::CardUid,
            value: uid7(place, NOT_ISSUED, ByteOrder::MsbFirst),
        }
    }
}

impl Number {
    /// The same card as other readers report it that have another order of UID bytes than those it was registered with.
    pub fn turned(&self) -> Self {
        let pairs = self.value.as_bytes().rchunks(2);
        let value = pairs.flatten().map(|&digit| char::from(digit)).collect();
        Self {
            format: self.format,
            value,
        }
    }
}

fn uid7(place: u32, fourth: u8, order: ByteOrder) -> String {
    // 04 is the code of a real maker of cards. The fourth byte keeps issued and other cards apart.
    let [.., a, b, c, d] = scattered(place, 32).to_be_bytes();
    uid(&mut [0x04, a, b, fourth, c, d, 0x80], order)
}

fn uid(bytes: &mut [u8], order: ByteOrder) -> String {
    if order == ByteOrder::LsbFirst {
        bytes.reverse();
    }
    hex(bytes).to_uppercase()
}

/// A number of so many bits that looks like any other and is another for each place: multiplying by an odd number maps
/// the numbers of any length in bits one to one.
fn scattered(place: u32, bits: u32) -> u64 {
    u64::from(place).wrapping_mul(0x9e37_79b9_7f4a_7c15) & ((1 << bits) - 1)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rand::SeedableRng;

    use super::*;
    use crate::domain::card::{CardIdentifier, Input};

    #[test]
    fn every_number_is_a_card_and_no_two_are_the_same() {
        use Numbering::{AbaTrack2, FascN, Guid, Plain, Uid4, Uid7, Wiegand26, Wiegand37};
        let mut dice = ChaCha8Rng::seed_from_u64(1);
        let mut seen = BTreeSet::new();
        for numbering in [
            Uid7, Uid4, Wiegand26, Wiegand37, FascN, Guid, AbaTrack2, Plain,
        ] {
            for place in (1..2_000).chain([65_536, 999_999]) {
                let key = |number: &Number, order| {
                    let input = Input::Text(&number.value);
                    let card = CardIdentifier::parse(number.format, input, order);
                    card.expect("a card").canonical().to_owned()
                };
                let number = numbering.number(place, ByteOrder::MsbFirst, &mut dice);
                let canonical = key(&number, ByteOrder::MsbFirst);
                if number.format == Format::CardUid {
                    assert_eq!(key(&number.turned(), ByteOrder::LsbFirst), canonical);
                }
                assert!(seen.insert(canonical), "{numbering:?} {place}");
                if numbering == Uid7 {
                    let other = Numbering::not_issued(place);
                    assert!(seen.insert(key(&other, ByteOrder::MsbFirst)));
                }
            }
        }
    }
}
