use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::{Error as ValueError, StrDeserializer};

use super::Format::*;
use super::*;

mod properties;

/// The FASC-N of the guidance (TIG SCEPACS, page 32), which public decoders test with.
const FASCN_BYTES: &str = "D0439458210C2C19A0846D83685A1082108CE73984108CA3FC";
const FASCN_DIGITS: &str = "00320001092446011112223333112232";

const WIEGAND: [(Format, u64, u64); 6] = [
    (Wiegand26, 0xFF, 0xFFFF),
    (Wiegand34, 0xFFFF, 0xFFFF),
    (Wiegand35, 0xFFF, 0xF_FFFF),
    (Wiegand37, 0, 0x7_FFFF_FFFF),
    (Wiegand37Facility, 0xFFFF, 0x7_FFFF),
    (Wiegand48, 0x3F_FFFF, 0x7F_FFFF),
];

fn text(format: Format, text: &str) -> Result<CardIdentifier, Refused> {
    CardIdentifier::parse(format, Input::Text(text), ByteOrder::MsbFirst)
}

fn key(format: Format, input: &str) -> String {
    text(format, input).unwrap().canonical().to_owned()
}

fn code(format: Format, input: &str) -> &'static str {
    text(format, input).unwrap_err().code()
}

fn raw(format: Format, bytes: &[u8], bit_count: u16) -> Result<CardIdentifier, Refused> {
    CardIdentifier::parse(format, Input::Raw { bytes, bit_count }, ByteOrder::MsbFirst)
}

fn fields(format: Format, facility_code: u64, number: u64) -> Result<CardIdentifier, Refused> {
    CardIdentifier::parse(
        format,
        Input::Fields {
            facility_code: Some(facility_code),
            number,
        },
        ByteOrder::MsbFirst,
    )
}

fn unhex(digits: &str) -> Vec<u8> {
    (0..digits.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(&digits[i..i + 2], 16).unwrap())
        .collect()
}

/// The 25 bytes of 32 digits, made here a second time from the guidance.
fn fascn_bytes(digits: &str) -> Vec<u8> {
    let d: Vec<u8> = digits.bytes().map(|digit| digit - b'0').collect();
    let mut characters = vec![0xB];
    for (from, to) in [(0, 4), (4, 8), (8, 14), (14, 15), (15, 16)] {
        characters.extend(&d[from..to]);
        characters.push(0xD);
    }
    characters.extend(&d[16..]);
    characters.push(0xF);
    characters.push(characters.iter().fold(0, |lrc, character| lrc ^ character));
    let bits: Vec<u8> = characters
        .iter()
        .flat_map(|c| {
            (0..5).map(move |i| {
                if i < 4 {
                    c >> i & 1
                } else {
                    1 - (c.count_ones() % 2) as u8
                }
            })
        })
        .collect();
    bits.chunks(8)
        .map(|byte| byte.iter().fold(0, |value, bit| value << 1 | bit))
        .collect()
}

#[test]
fn published_wiegand_cards_are_read() {
    // The examples that public decoders print for facility code 118, number 1603; the words stand without the reader's own
    // header.
    for (format, word, bit_count) in [
        (Wiegand26, 0x2EC_0C86_u64, 26),
        (Wiegand35, 0x6_0EC0_0C87, 35),
        (Wiegand48, 0x4000_7600_0C86, 48),
    ] {
        let bits = RawBits::from_word(word, bit_count);
        let card = raw(format, bits.bytes(), bit_count).unwrap();
        assert_eq!(card, fields(format, 118, 1603).unwrap());
        assert_eq!(card.to_bits().unwrap(), bits);
    }
    // Facility code 31, number 337.
    assert_eq!(
        text(Wiegand26, "10001111100000001010100011"),
        fields(Wiegand26, 31, 337)
    );
}

#[test]
fn each_wiegand_notation_gives_the_same_key() {
    let card = "WIEGAND26:12:34567";
    let bits = fields(Wiegand26, 12, 34567)
        .unwrap()
        .to_bits()
        .unwrap()
        .to_string();
    for notation in [
        "12:34567",
        "012,34567",
        "12-34567",
        "12/34567",
        " 12 34567 ",
        "0000820999",
        "dec:820999",
        &bits,
    ] {
        assert_eq!(key(Wiegand26, notation), card, "{notation}");
    }
    assert_eq!(key(Wiegand37, "0012345"), "WIEGAND37:12345");
    assert_eq!(key(Wiegand37Facility, "5:12"), "WIEGAND37_FACILITY:5:12");
}

#[test]
fn wiegand_texts_that_can_be_read_in_two_ways_are_refused() {
    for ambiguous in ["12345", "1234567", "01234567", "12,345", "1 234"] {
        assert_eq!(code(Wiegand26, ambiguous), "ambiguous", "{ambiguous}");
    }
    assert_eq!(code(Wiegand34, "0012345678"), "ambiguous");
    assert_eq!(key(Wiegand26, "012,345"), "WIEGAND26:12:345");
}

#[test]
fn damaged_wiegand_is_refused_with_its_reason() {
    assert_eq!(code(Wiegand26, "256:1"), "out_of_range");
    assert_eq!(code(Wiegand26, "1:65536"), "out_of_range");
    assert_eq!(code(Wiegand26, "99999999999999999999999:1"), "out_of_range");
    assert_eq!(code(Wiegand26, "4294967295"), "out_of_range");
    assert_eq!(fields(Wiegand37, 1, 1).unwrap_err().code(), "out_of_range");
    assert_eq!(code(Wiegand26, "0:0"), "all_zero");
    assert_eq!(code(Wiegand37, "1,23E+10"), "scientific_notation");
    assert_eq!(code(Wiegand26, "12:1.2E3"), "scientific_notation");
    assert_eq!(code(Wiegand37, "123.456"), "formatted_number");
    assert_eq!(code(Wiegand26, "12:"), "empty");
    assert_eq!(code(Wiegand26, ":12"), "empty");
    assert_eq!(code(Wiegand26, "12:34:56"), "character_not_allowed");
    assert_eq!(
        code(Wiegand26, "10110010101110101010"),
        "lost_leading_zeros"
    );
    assert_eq!(
        code(Wiegand26, "101100101011101010101011001"),
        "wrong_length"
    );
    assert_eq!(code(Wiegand26, "00000000000000000000000000"), "parity");
    assert_eq!(
        raw(Wiegand26, &[0xBB, 0x03, 0x21, 0x80], 32)
            .unwrap_err()
            .code(),
        "wrong_length"
    );
    assert_eq!(
        raw(Wiegand26, &[0xBB, 0x03, 0x21], 26).unwrap_err().code(),
        "wrong_length"
    );
    // The same card with its bits at the right of the bytes.
    assert_eq!(
        raw(Wiegand26, &0x2EC_0C86_u32.to_be_bytes(), 26)
            .unwrap_err()
            .code(),
        "padding_not_zero"
    );
}

#[test]
fn each_uid_notation_gives_the_same_key() {
    for notation in [
        "04A1B2C3D4E5F6",
        "04a1b2c3d4e5f6",
        "04:A1:B2:C3:D4:E5:F6",
        "04-a1-b2-c3-d4-e5-f6",
        "04 A1 B2 C3 D4 E5 F6",
        "dec:1303689068602870",
        "dec7:1303689068602870",
    ] {
        assert_eq!(key(CardUid, notation), "UID:04A1B2C3D4E5F6", "{notation}");
    }
    let reversed =
        CardIdentifier::parse(CardUid, Input::Text("F6E5D4C3B2A104"), ByteOrder::LsbFirst).unwrap();
    assert_eq!(reversed.canonical(), "UID:04A1B2C3D4E5F6");
    assert_eq!(key(CardUid, "F6E5D4C3B2A104"), "UID:F6E5D4C3B2A104");
    assert_eq!(key(CardUid, "dec4:16909060"), "UID:01020304");
    assert_eq!(key(CardUid, "12E34567"), "UID:12E34567");
}

#[test]
fn damaged_uids_are_refused_with_their_reason() {
    assert_eq!(code(CardUid, "4A1B2C3"), "odd_hex_digits");
    assert_eq!(code(CardUid, "4:A1:B2:C3"), "odd_hex_digits");
    assert_eq!(code(CardUid, "8804A1B2"), "cascade_byte");
    assert_eq!(code(CardUid, "04A1B288C3D4E5"), "cascade_byte");
    assert_eq!(code(CardUid, "08A1B2C3"), "random_uid");
    assert_eq!(code(CardUid, "00000000"), "all_zero");
    assert_eq!(code(CardUid, "dec:0"), "all_zero");
    assert_eq!(code(CardUid, "04A1B2C3D4"), "wrong_length");
    assert_eq!(code(CardUid, "04A1B2C3D4E5F60102030405"), "wrong_length");
    assert_eq!(code(CardUid, "1,23E+15"), "scientific_notation");
    assert_eq!(code(CardUid, "1.23E15"), "scientific_notation");
    assert_eq!(code(CardUid, "04G1B2C3"), "character_not_allowed");
    assert_eq!(code(CardUid, "dec:1099511627776"), "ambiguous");
    assert_eq!(code(CardUid, "dec:65536"), "ambiguous");
    assert_eq!(code(CardUid, "dec4:4294967296"), "wrong_length");
    assert_eq!(fields(CardUid, 1, 2).unwrap_err().code(), "wrong_input");
    assert_eq!(
        raw(CardUid, &[4, 1, 2, 0x80], 26).unwrap_err().code(),
        "wrong_length"
    );
    let reversed_decimal =
        CardIdentifier::parse(CardUid, Input::Text("dec:16909060"), ByteOrder::LsbFirst);
    assert_eq!(reversed_decimal.unwrap_err().code(), "ambiguous");
}

#[test]
fn the_three_notations_of_a_first_card_have_one_key() {
    assert_eq!(fascn_bytes(FASCN_DIGITS), unhex(FASCN_BYTES));
    let card = "FASCN:0032-0001-092446";
    assert_eq!(
        raw(FascN, &unhex(FASCN_BYTES), 200).unwrap().canonical(),
        card
    );
    for notation in [
        "00320001092446",
        "0032-0001-092446",
        "0032 0001 092446 0 1",
        FASCN_DIGITS,
        "0032-0001-092446-0-1-1112223333-1-1223-2",
        FASCN_BYTES,
    ] {
        assert_eq!(key(FascN, notation), card, "{notation}");
    }
}

#[test]
fn a_replacement_card_has_its_own_fascn_key() {
    let replacement = FASCN_DIGITS.replace("09244601", "09244602");
    assert_eq!(key(FascN, &replacement), "FASCN:0032-0001-092446-0-2");
    assert_eq!(
        raw(FascN, &fascn_bytes(&replacement), 200).unwrap(),
        text(FascN, &replacement).unwrap()
    );
}

#[test]
fn damaged_fascns_are_refused_with_their_reason() {
    // The same card with another check character of right parity.
    assert_eq!(code(FascN, &FASCN_BYTES.replace("A3FC", "A3F5")), "lrc");
    assert_eq!(code(FascN, &FASCN_BYTES.replace("A3FC", "A3FD")), "parity");
    assert_eq!(code(FascN, &FASCN_BYTES.replace("D043", "D843")), "parity");
    // A digit 3 in the place of the start sentinel: C8 instead of D0.
    assert_eq!(code(FascN, &FASCN_BYTES.replace("D043", "C843")), "mark");
    assert_eq!(code(FascN, "320001092446"), "lost_leading_zeros");
    assert_eq!(code(FascN, "32-1-92446"), "lost_leading_zeros");
    assert_eq!(code(FascN, "032-0001-0924460"), "wrong_length");
    assert_eq!(code(FascN, "003200010924460"), "wrong_length");
    assert_eq!(code(FascN, "3,2E+11"), "scientific_notation");
    assert_eq!(code(FascN, "00000000000000"), "all_zero");
    assert_eq!(code(FascN, &FASCN_BYTES[2..]), "wrong_length");
    // The published card of an issuer outside the US government (14 nines): whole, but not one card.
    assert_eq!(
        code(FascN, "d4e739da739ced39ce739d836858210842108421c84210c3eb"),
        "shared_number"
    );
    assert_eq!(code(FascN, "99999999999999"), "shared_number");
}

#[test]
fn guids_are_read_in_every_notation() {
    let card = "GUID:0189f7ea-ae2c-7809-8aeb-b819cf5e9e7f";
    for notation in [
        "0189F7EA-AE2C-7809-8AEB-B819CF5E9E7F",
        "0189f7eaae2c78098aebb819cf5e9e7f",
        "{0189f7ea-ae2c-7809-8aeb-b819cf5e9e7f}",
        "URN:UUID:0189f7ea-ae2c-7809-8aeb-b819cf5e9e7f",
    ] {
        assert_eq!(key(Guid, notation), card, "{notation}");
    }
    assert_eq!(
        code(Guid, "00000000-0000-0000-0000-000000000000"),
        "all_zero"
    );
    assert_eq!(
        code(Guid, "189f7eaae2c78098aebb819cf5e9e7f"),
        "lost_leading_zeros"
    );
    assert_eq!(
        code(Guid, "0189f7eaae-2c-7809-8aeb-b819cf5e9e7f"),
        "wrong_length"
    );
    assert_eq!(
        code(Guid, "{0189f7ea-ae2c-7809-8aeb-b819cf5e9e7f"),
        "character_not_allowed"
    );
    assert_eq!(code(Guid, "1.23E+31"), "scientific_notation");
    assert_eq!(raw(Guid, &[0; 16], 128).unwrap_err().code(), "all_zero");
    assert_eq!(raw(Guid, &[1; 15], 120).unwrap_err().code(), "wrong_length");
}

#[test]
fn track_two_keeps_zeros_and_fields_and_checks_its_lrc() {
    // B ^ 0 ^ 0 ^ 1 ^ 2 ^ F = 7.
    for notation in ["0012", ";0012?", ";0012?7"] {
        assert_eq!(key(AbaTrack2, notation), "ABA:0012", "{notation}");
    }
    assert_eq!(key(AbaTrack2, ";0012=34?"), "ABA:0012=34");
    assert_ne!(text(AbaTrack2, "0012"), text(AbaTrack2, "12"));
    assert_eq!(code(AbaTrack2, ";0012?8"), "lrc");
    for damaged in [";0012", "0012?", "0012?7", ";0012?77"] {
        assert_eq!(code(AbaTrack2, damaged), "mark", "{damaged}");
    }
    assert_eq!(code(AbaTrack2, "12=="), "empty");
    assert_eq!(code(AbaTrack2, ";?"), "empty");
    assert_eq!(code(AbaTrack2, "0000=00"), "all_zero");
    assert_eq!(code(AbaTrack2, "1,23E+15"), "scientific_notation");
    assert!(text(AbaTrack2, &"1".repeat(37)).is_ok());
    assert_eq!(code(AbaTrack2, &"1".repeat(38)), "too_long");
}

#[test]
fn plain_numbers_keep_their_zeros_and_refuse_spreadsheet_damage() {
    assert_eq!(key(Number, "007"), "NUMBER:007");
    assert_ne!(text(Number, "007"), text(Number, "7"));
    for scientific in ["1,23E+15", "1.23E15", "1e5", "-1.2E+3"] {
        assert_eq!(
            code(Number, scientific),
            "scientific_notation",
            "{scientific}"
        );
    }
    for formatted in ["1.234", "1,234", "1 234", "1\u{a0}234", "1'234", "123.0"] {
        assert_eq!(code(Number, formatted), "formatted_number", "{formatted}");
    }
    assert_eq!(code(Number, "12A"), "character_not_allowed");
    assert_eq!(code(Number, "١٢"), "character_not_allowed");
    assert_eq!(code(Number, " "), "empty");
    assert_eq!(code(Number, "000"), "all_zero");
    assert!(text(Number, &"9".repeat(18)).is_ok());
    assert_eq!(code(Number, &"9".repeat(19)), "too_long");
    assert_eq!(code(Number, &"9".repeat(129)), "too_long");
    assert_eq!(fields(Number, 0, 7).unwrap_err().code(), "wrong_input");
}

#[test]
fn custom_identifiers_name_their_vendor() {
    assert_eq!(key(Custom, "Seos:00aB12"), "CUSTOM:seos:00aB12");
    assert_ne!(text(Custom, "seos:ab"), text(Custom, "seos:AB"));
    assert_eq!(code(Custom, "00aB12"), "ambiguous");
    assert_eq!(code(Custom, "seos:"), "empty");
    assert_eq!(code(Custom, "seos:a b"), "character_not_allowed");
    assert_eq!(code(Custom, "seos:a:b"), "character_not_allowed");
    assert_eq!(code(Custom, "seos:1,2E+15"), "scientific_notation");
    assert_eq!(code(Custom, "seos:0000"), "all_zero");
    let longest = format!("{}:{}", "v".repeat(16), "1".repeat(40));
    assert_eq!(key(Custom, &longest).len(), CANONICAL_MAX);
    assert_eq!(code(Custom, &format!("{longest}1")), "too_long");
}

#[test]
fn only_keys_without_a_twin_are_network_wide() {
    for (format, input, network_wide) in [
        (Wiegand26, "12:345", false),
        (CardUid, "01020304", false),
        (CardUid, "04A1B2C3D4E5F6", true),
        (CardUid, "04A1B2C3D4E5F6010203", true),
        (FascN, "00320001092446", true),
        (Guid, "0189f7eaae2c78098aebb819cf5e9e7f", true),
        (AbaTrack2, "12", false),
        (Number, "12", false),
        (Custom, "seos:12", false),
    ] {
        assert_eq!(
            text(format, input).unwrap().network_wide(),
            network_wide,
            "{format} {input}"
        );
    }
}

#[test]
fn names_of_formats_are_the_same_everywhere() {
    for format in Format::ALL {
        let name: StrDeserializer<'_, ValueError> = format.as_str().into_deserializer();
        assert_eq!(Format::deserialize(name), Ok(format));
        assert_eq!(format.as_str().parse(), Ok(format));
        assert!(UnknownFormat.to_string().contains(format.as_str()));
    }
    assert_eq!("wiegand".parse::<Format>(), Err(UnknownFormat));
}

#[test]
fn only_the_canonical_text_is_read_back_from_the_store() {
    for other in [
        "WIEGAND26:012:34567",
        "WIEGAND26:12-34567",
        "UID:04a1b2c3d4e5f6",
        "FASCN:0032-0001-092446-0-1",
        "wiegand26:12:34567",
        " NUMBER:7",
        "NUMBER:7 ",
        "7",
        "",
        "NUMBER:",
        ":7",
    ] {
        assert_eq!(
            other.parse::<CardIdentifier>(),
            Err(Refused::NotCanonical),
            "{other}"
        );
    }
}

#[test]
fn nothing_shows_a_number_by_accident() {
    let card = text(Wiegand26, "12:34567").unwrap();
    let shown = format!(
        "{card:?} {:?} {:?} {}",
        Input::Text("34567"),
        card.to_bits().unwrap(),
        text(Number, "34567.0").unwrap_err()
    );
    assert!(!shown.contains("34567") && !shown.contains("12"), "{shown}");
    assert!(shown.starts_with("CardIdentifier(wiegand26)"));
}
