use std::collections::HashMap;

use proptest::prelude::*;

use super::*;

/// A card of some format, in a notation of that format.
fn card() -> impl Strategy<Value = (Format, String)> {
    let wiegand =
        (0..WIEGAND.len(), any::<u64>(), any::<u64>()).prop_map(|(i, facility_code, number)| {
            let (format, facility_max, number_max) = WIEGAND[i];
            let number = number % number_max + 1;
            let notation = if facility_max == 0 {
                number.to_string()
            } else {
                format!("{}:{number}", facility_code % (facility_max + 1))
            };
            (format, notation)
        });
    prop_oneof![
        wiegand,
        "(0[1-79]|[1-79][0-79])([0-9A-F]{6}|[0-9A-F]{4}[0-7][0-9A-F]{7}|[0-9A-F]{18})"
            .prop_map(|uid| (CardUid, uid)),
        "[0-8][0-9]{13}([0-9]{2}|[0-9]{18})?"
            .prop_filter("nil", |n| n[..14].contains(|c| c != '0'))
            .prop_map(|n| (FascN, n)),
        "[0-9a-f]{31}[1-9a-f]".prop_map(|guid| (Guid, guid)),
        "[0-9]{0,20}[1-9](=[0-9]{1,15})?".prop_map(|track| (AbaTrack2, track)),
        "[0-9]{0,17}[1-9]".prop_map(|number| (Number, number)),
        "[a-z0-9_-]{1,16}:[0-9A-Za-z]{0,39}[1-9A-Za-z]".prop_map(|custom| (Custom, custom)),
    ]
}

proptest! {
    #[test]
    fn what_is_stored_is_read_back((format, notation) in card()) {
        let card = text(format, &notation).unwrap();
        prop_assert_eq!(card.format(), format);
        prop_assert_eq!(card.canonical().parse(), Ok(card));
        // The body alone is a notation of its format too.
        prop_assert_eq!(text(format, card.canonical().split_once(':').unwrap().1), Ok(card));
    }

    #[test]
    fn bits_are_read_back((format, notation) in card()) {
        let card = text(format, &notation).unwrap();
        if let Some(bits) = card.to_bits() {
            prop_assert_eq!(CardIdentifier::parse(format, bits.as_input(), ByteOrder::MsbFirst), Ok(card));
            if !matches!(format, CardUid | Guid) {
                prop_assert_eq!(text(format, &bits.to_string()), Ok(card));
            }
        }
    }

    #[test]
    fn two_cards_never_share_a_key(cards in prop::collection::vec(card(), 2..200)) {
        let mut keys: HashMap<CardIdentifier, (Format, String)> = HashMap::new();
        for (format, notation) in cards {
            // Notations of the strategy differ for one card only where a FASC-N leaves out, or adds, what does not tell cards
            // apart.
            let told_apart = match format {
                FascN => match notation.get(14..16) {
                    None => format!("{notation}01"),
                    Some(_) => notation[..16].to_owned(),
                },
                _ => notation.clone(),
            };
            let held = keys.entry(text(format, &notation).unwrap()).or_insert((format, told_apart.clone()));
            prop_assert_eq!(held, &mut (format, told_apart));
        }
    }

    #[test]
    fn neighbouring_wiegand_cards_never_share_a_key(
        i in 0..WIEGAND.len(), a in (0..40u64, 1..40u64), b in (0..40u64, 1..40u64),
    ) {
        let (format, facility_max, _) = WIEGAND[i];
        let (a, b) = if facility_max == 0 { ((0, a.1), (0, b.1)) } else { (a, b) };
        prop_assert_eq!(a == b, fields(format, a.0, a.1).unwrap() == fields(format, b.0, b.1).unwrap());
    }

    #[test]
    fn fields_and_text_agree(i in 0..WIEGAND.len(), facility_code: u64, number: u64, separator in "[:/-]") {
        let (format, facility_max, number_max) = WIEGAND[i];
        let (facility_code, number) = (facility_code % (facility_max + 1), number % number_max + 1);
        let notation = if facility_max == 0 { number.to_string() } else { format!("{facility_code}{separator}{number}") };
        prop_assert_eq!(fields(format, facility_code, number), text(format, &notation));
        prop_assert_eq!(fields(format, facility_max + 1, number).unwrap_err().code(), "out_of_range");
        prop_assert_eq!(fields(format, facility_code, number_max + 1).unwrap_err().code(), "out_of_range");
    }

    #[test]
    fn the_printed_decimal_of_26_bits_agrees(facility_code in 0..=255u64, number in 1..=65535u64) {
        let value = facility_code << 16 | number;
        let card = fields(Wiegand26, facility_code, number);
        prop_assert_eq!(text(Wiegand26, &format!("{value:010}")), card);
        prop_assert_eq!(text(Wiegand26, &format!("dec:{value}")), card);
        prop_assert_eq!(text(Wiegand26, &format!("{facility_code:03},{number:05}")), card);
    }

    #[test]
    fn one_flipped_wiegand_bit_is_refused(
        i in 0..WIEGAND.len(), facility_code: u64, number: u64, flipped: prop::sample::Index,
    ) {
        let (format, facility_max, number_max) = WIEGAND[i];
        let bits = fields(format, facility_code % (facility_max + 1), number % number_max + 1).unwrap().to_bits().unwrap();
        let mut bytes = bits.bytes().to_vec();
        let position = flipped.index(usize::from(bits.bit_count()));
        bytes[position / 8] ^= 0x80 >> (position % 8);
        prop_assert_eq!(raw(format, &bytes, bits.bit_count()), Err(Refused::Parity));
    }

    #[test]
    fn both_byte_orders_and_all_notations_of_a_uid_agree(
        first in 1..=7u8, rest in prop::sample::select(vec![3usize, 6, 9]).prop_flat_map(|n| prop::collection::vec(0..0x88u8, n)),
    ) {
        let uid: Vec<u8> = std::iter::once(first).chain(rest).collect();
        let backwards: Vec<u8> = uid.iter().rev().copied().collect();
        let bit_count = 8 * uid.len() as u16;
        let card = raw(CardUid, &uid, bit_count).unwrap();
        let reversed = Input::Raw { bytes: &backwards, bit_count };
        prop_assert_eq!(CardIdentifier::parse(CardUid, reversed, ByteOrder::LsbFirst), Ok(card));
        let hex: Vec<String> = uid.iter().map(|byte| format!("{byte:02x}")).collect();
        for separator in ["", ":", "-", " "] {
            prop_assert_eq!(text(CardUid, &hex.join(separator)), Ok(card));
        }
        let decimal = |bytes: &[u8]| bytes.iter().fold(0u128, |value, &byte| value << 8 | u128::from(byte));
        prop_assert_eq!(text(CardUid, &format!("dec:{}", decimal(&uid))), Ok(card));
        let declared = format!("dec{}:{}", uid.len(), decimal(&backwards));
        prop_assert_eq!(CardIdentifier::parse(CardUid, Input::Text(&declared), ByteOrder::LsbFirst), Ok(card));
    }

    #[test]
    fn the_notations_of_a_fascn_agree(digits in "[0-8][0-9]{30}[1-9]", flipped in 0..200usize) {
        prop_assume!(digits[..14].contains(|c| c != '0'));
        let bytes = fascn_bytes(&digits);
        let card = text(FascN, &digits).unwrap();
        prop_assert_eq!(raw(FascN, &bytes, 200), Ok(card));
        prop_assert_eq!(text(FascN, &digits[..16]), Ok(card));
        prop_assert_eq!(text(FascN, &digits[..14]) == Ok(card), &digits[14..16] == "01");
        let mut damaged = bytes;
        damaged[flipped / 8] ^= 0x80 >> (flipped % 8);
        prop_assert_eq!(raw(FascN, &damaged, 200), Err(Refused::Parity));
    }

    #[test]
    fn any_text_gets_an_answer(notation in ".{0,140}|[0-9A-Fa-f:;=?, .+E/-]{0,60}|[01]{20,50}|dec(4|7|10)?:[0-9]{0,40}") {
        for format in Format::ALL {
            for order in [ByteOrder::MsbFirst, ByteOrder::LsbFirst] {
                if let Ok(card) = CardIdentifier::parse(format, Input::Text(&notation), order) {
                    prop_assert_eq!(card.canonical().parse(), Ok(card));
                }
            }
        }
        let _ = notation.parse::<CardIdentifier>();
    }

    #[test]
    fn any_bytes_and_fields_get_an_answer(
        bytes in prop::collection::vec(any::<u8>(), 0..40), bit_count in 0..300u16, facility_code: u64, number: u64,
    ) {
        let whole = (bytes.len() * 8) as u16;
        for format in Format::ALL {
            for bit_count in [bit_count, whole, u16::MAX] {
                if let Ok(card) = raw(format, &bytes, bit_count) {
                    prop_assert_eq!(card.canonical().parse(), Ok(card));
                }
            }
            let _ = fields(format, facility_code, number);
        }
    }
}
