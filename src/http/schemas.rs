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
            .description(Some("How a card identifier is written."))
            .enum_values(Some(Format::ALL.map(Format::as_str)))
            .into()
    }
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
