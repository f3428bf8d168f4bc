//! How our own types are described in OpenAPI: each with its pattern and limits.

use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{KnownFormat, RefOr, Schema, SchemaFormat};
use utoipa::{PartialSchema, ToSchema};

use crate::domain::calendar::Day;
use crate::domain::card::{ByteOrder, Format};
use crate::domain::ids::{Id, Kind};
use crate::domain::network::{Locode, SecurityLevel};
use crate::domain::screening::Reference;
use crate::domain::text::Text;
use crate::domain::time::Timestamp;

fn text(pattern: &str, min: usize, max: usize, example: serde_json::Value) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(SchemaType::Type(Type::String))
        .pattern(Some(pattern))
        .min_length(Some(min))
        .max_length(Some(max))
        .examples([example])
        .into()
}

impl<K: Kind> PartialSchema for Id<K> {
    fn schema() -> RefOr<Schema> {
        let example = Self::from_u128(0x0192_f3c4_5d6e_7f80_9123_4567_89ab_cdef).to_string();
        text(
            &format!("^{}_[0-9a-f]{{32}}$", K::PREFIX),
            36,
            36,
            example.into(),
        )
    }
}

impl<K: Kind> ToSchema for Id<K> {
    fn name() -> std::borrow::Cow<'static, str> {
        format!("Id_{}", K::PREFIX).into()
    }
}

impl PartialSchema for Timestamp {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(SchemaType::Type(Type::String))
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .description(Some("A moment after RFC 3339, between 1970 and 2104. Answers are in UTC with milliseconds."))
            .max_length(Some(40))
            .examples([serde_json::json!("2026-03-01T07:30:00.000Z")])
            .into()
    }
}

impl ToSchema for Timestamp {}

impl PartialSchema for Day {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(SchemaType::Type(Type::String))
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Date)))
            .description(Some("A day as the calendar in Brussels has it."))
            .max_length(Some(10))
            .examples([serde_json::json!("2026-03-02")])
            .into()
    }
}

impl ToSchema for Day {}

impl PartialSchema for Reference {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(SchemaType::Type(Type::String))
            .description(Some(
                "An authority's reference, with a digit in it. Never a person's name or national number.",
            ))
            .pattern(Some("^[A-Za-z0-9._/-]*[0-9][A-Za-z0-9._/-]*$"))
            .min_length(Some(1))
            .max_length(Some(Reference::MAX))
            .examples([serde_json::json!("NAMB-2026/00042")])
            .into()
    }
}

impl ToSchema for Reference {}

impl<const MAX: usize> PartialSchema for Text<MAX> {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(SchemaType::Type(Type::String))
            .description(Some("Text without control characters."))
            .min_length(Some(1))
            .max_length(Some(MAX))
            .into()
    }
}

impl<const MAX: usize> ToSchema for Text<MAX> {
    fn name() -> std::borrow::Cow<'static, str> {
        format!("Text{MAX}").into()
    }
}

impl PartialSchema for Locode {
    fn schema() -> RefOr<Schema> {
        text("^[A-Z]{2}[A-Z2-9]{3}$", 5, 5, "BEANR".into())
    }
}

impl ToSchema for Locode {}

impl PartialSchema for SecurityLevel {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(SchemaType::Type(Type::Integer))
            .description(Some("Security level after the ISPS Code."))
            .enum_values(Some([1, 2, 3]))
            .into()
    }
}

impl ToSchema for SecurityLevel {}

impl PartialSchema for Format {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(SchemaType::Type(Type::String))
            .description(Some(card_formats()))
            .enum_values(Some(Format::ALL.map(Format::as_str)))
            .into()
    }
}

/// Each format in a few words, with an example of its text.
const CARD_FORMATS: [(Format, &str, &str); Format::ALL.len()] = [
    (
        Format::Wiegand26,
        "HID H10301: facility 0-255, number 0-65535",
        "118:1603",
    ),
    (
        Format::Wiegand34,
        "HID H10306: facility 0-65535, number 0-65535",
        "1180:1603",
    ),
    (
        Format::Wiegand35,
        "HID Corporate 1000: company 0-4095, number 0-1048575",
        "2437:10001",
    ),
    (
        Format::Wiegand37,
        "HID H10302: number alone, without a facility",
        "12345678",
    ),
    (
        Format::Wiegand37Facility,
        "HID H10304: facility 0-65535, number 0-524287",
        "118:1603",
    ),
    (
        Format::Wiegand48,
        "HID Corporate 1000: company 0-4194303, number 0-8388607",
        "118:1603",
    ),
    (
        Format::CardUid,
        "UID of an ISO/IEC 14443 card: 4, 7 or 10 bytes in hexadecimal",
        "04A1B2C3D4E5F6",
    ),
    (
        Format::FascN,
        "FASC-N of a PIV, CAC or TWIC card: 14, 16 or 32 digits, or 25 bytes in hexadecimal",
        "00320001092446",
    ),
    (
        Format::Guid,
        "UUID of a card, bytes in network order",
        "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
    ),
    (
        Format::AbaTrack2,
        "Track 2 of a magnetic stripe: up to 37 digits",
        "6391000123456789",
    ),
    (
        Format::Number,
        "A plain number of 1 to 18 digits; zeros in front count",
        "00012345",
    ),
    (
        Format::Custom,
        "A vendor's own: vendor:value, letter for letter",
        "leaf:17A4",
    ),
];

fn card_formats() -> String {
    let mut text = String::from(
        "How a card identifier is written.\n\n| format | what it is | example of `value` |\n|---|---|---|\n",
    );
    for (format, what, example) in CARD_FORMATS {
        text += &format!("| `{}` | {what} | `{example}` |\n", format.as_str());
    }
    text + "\nInstead of `value` a Wiegand card may be given as `facility_code` and `number`, and a card that a reader sends as \
        bits as `raw` with `bit_count`, first bit highest. The bytes of a UID are in the order in which the card sends them; \
        a card system whose readers turn them round says so once, as its `uid_byte_order`.\n\nRefused is what could be read in \
        two ways or bears the marks of damage: scientific notation (`1,23E+15`), decimals or separators of thousands, an odd \
        number of hexadecimal digits, zeros lost in front, wrong parity, all bits zero, a UID that the card makes up anew at each \
        reading."
}

impl ToSchema for Format {
    fn name() -> std::borrow::Cow<'static, str> {
        "CardFormat".into()
    }
}

impl PartialSchema for ByteOrder {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(SchemaType::Type(Type::String))
            .description(Some(
                "In which order readers report the bytes of a card's UID.",
            ))
            .enum_values(Some(["msb_first", "lsb_first"]))
            .into()
    }
}

impl ToSchema for ByteOrder {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::card::{CardIdentifier, Input};

    #[test]
    fn every_format_has_an_example_that_is_read_as_it() {
        assert_eq!(CARD_FORMATS.map(|(format, ..)| format), Format::ALL);
        for (format, _, example) in CARD_FORMATS {
            let read = CardIdentifier::parse(format, Input::Text(example), ByteOrder::MsbFirst);
            assert!(read.is_ok(), "{example}");
            assert!(card_formats().contains(example));
        }
    }
}
