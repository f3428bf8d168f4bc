//! The document that a row names, and what it is found by.

use super::file::columns::Column;
use super::file::text::fold;
use super::report::Fault;
use super::terms::Terms;
use crate::domain::document::{Document, Kind, NotACountry, NotADocumentNumber};
use crate::service::workers::check_document;

/// A digest of a document, by which rows of a file are told apart. It is never stored.
pub(super) type DocumentDigest = [u8; 16];

/// Kind, country and number, as a row writes them.
pub(super) fn document(
    terms: &Terms,
    [kind, country, number]: [&str; 3],
) -> Result<(Document, DocumentDigest), Vec<Fault>> {
    let kind = kind_of(kind).ok_or_else(|| {
        let message = "must be passport, national_id_card or residence_permit";
        terms.fault(Column::DocumentKind, "value", message)
    });
    let country = country.parse().map_err(|refused: NotACountry| {
        terms.fault(Column::DocumentCountry, "value", refused.to_string())
    });
    let number = number.parse().map_err(|refused: NotADocumentNumber| {
        terms.fault(Column::DocumentNumber, "value", refused.to_string())
    });
    let (kind, country, number) = match (kind, country, number) {
        (Ok(kind), Ok(country), Ok(number)) => (kind, country, number),
        (kind, country, number) => {
            let faults = [kind.err(), country.err(), number.err()];
            return Err(faults.into_iter().flatten().collect());
        }
    };
    let document = Document {
        kind,
        country,
        number,
    };
    check_document(&document, false, "").map_err(|_| {
        let message = "This is a number of the national register, which is not kept here. Give the document's own number.";
        let code = "national_register_number";
        vec![terms.fault(Column::DocumentNumber, code, message)]
    })?;
    let said = format!(
        "{}\n{}\n{}",
        document.kind.as_str(),
        document.country.as_str(),
        document.number.as_str()
    );
    let mut digest = DocumentDigest::default();
    digest.copy_from_slice(&blake3::hash(said.as_bytes()).as_bytes()[..16]);
    Ok((document, digest))
}

/// What people call a kind of document, folded, in Dutch, French, German and English.
const KINDS: [(Kind, &[&str]); 3] = [
    (
        Kind::Passport,
        &["passport", "paspoort", "passeport", "reisepass", "pass"],
    ),
    (
        Kind::NationalIdCard,
        &[
            "national id card",
            "identiteitskaart",
            "carte d'identite",
            "personalausweis",
            "id card",
            "identity card",
        ],
    ),
    (
        Kind::ResidencePermit,
        &[
            "residence permit",
            "verblijfstitel",
            "verblijfsvergunning",
            "titre de sejour",
            "aufenthaltstitel",
        ],
    ),
];

fn kind_of(text: &str) -> Option<Kind> {
    let key = fold(text);
    KINDS
        .iter()
        .find(|(kind, names)| {
            fold(kind.as_str()) == key || names.iter().any(|name| fold(name) == key)
        })
        .map(|(kind, _)| *kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_of_document_is_known_in_four_languages_and_by_its_name_here() {
        for (text, kind) in [
            ("passport", Some(Kind::Passport)),
            ("Paspoort", Some(Kind::Passport)),
            ("national_id_card", Some(Kind::NationalIdCard)),
            ("Carte d'identité", Some(Kind::NationalIdCard)),
            ("residence_permit", Some(Kind::ResidencePermit)),
            ("Aufenthaltstitel", Some(Kind::ResidencePermit)),
            ("driving licence", None),
            ("", None),
        ] {
            assert_eq!(kind_of(text), kind, "{text}");
        }
    }
}
