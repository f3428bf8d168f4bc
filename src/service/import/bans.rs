//! Rows of port bans, as the register of the State writes them out.

use std::collections::HashMap;

use super::calendar;
use super::file::Code as FileCode;
use super::file::columns::Column;
use super::file::records::BanRow;
use super::file::sheet::Row;
use super::file::text::fold;
use super::plan::{Found, Verdict, Wanted};
use super::report::{Fault, Outcome};
use super::terms::Terms;
use crate::access::permission::{Caller, KeepBans};
use crate::domain::document::{Document, DocumentKey, Kind};
use crate::domain::screening::Reference;
use crate::domain::time::Timestamp;
use crate::service::bans::{BanDraft, check_term, mirror};
use crate::service::blind::FoundUnder;
use crate::service::commit::Tx;
use crate::service::error::Error;
use crate::service::workers::check_document;
use crate::store::{Reader, bans};

/// A ban to mirror.
pub(super) struct WantedBan {
    draft: BanDraft,
    document: Document,
}

/// The terms of the bans that the references of a batch name, and of those of earlier rows.
#[derive(Default)]
pub(super) struct Known(HashMap<(Reference, Document), (Timestamp, Timestamp)>);

impl Wanted for WantedBan {
    type Memory = ();
    type Known = Known;

    fn read(terms: &Terms, _: &mut (), row: &Row) -> Found<Self> {
        let wanted = match BanRow::read(&terms.layout, row) {
            Ok(row) => want(terms, &row),
            Err(problems) => Err(problems.into_iter().map(Fault::from).collect()),
        };
        wanted.map_or_else(Found::unusable, |wanted| Found::Wanted(Box::new(wanted)))
    }

    fn look_up(
        known: &mut Known,
        reader: &mut Reader,
        terms: &Terms,
        wanted: &[&Self],
    ) -> Result<(), Error> {
        let found_under = FoundUnder::read(reader, &terms.keyring)?;
        let documents: HashMap<DocumentKey, &Document> = wanted
            .iter()
            .flat_map(|wanted| {
                let keys = found_under.of_document(&wanted.document).into_iter();
                keys.map(|key| (key, &wanted.document))
            })
            .collect();
        let references: Vec<&Reference> = wanted
            .iter()
            .map(|wanted| &wanted.draft.reference)
            .collect();
        for (mirrored, document) in bans::with_references(reader, &references)? {
            let ban = mirrored.ban;
            if let Some(document) = document.and_then(|key| documents.get(&key)) {
                let term = (ban.starts_at, ban.ends_at);
                known
                    .0
                    .insert((ban.reference, Document::clone(document)), term);
            }
        }
        Ok(())
    }

    fn prepare(_: &Self::Known, _: &mut Tx<'_>) -> Result<(), Error> {
        Ok(())
    }

    fn judge(&self, known: &mut Known, terms: &Terms, now: Timestamp) -> Verdict {
        let term = (self.draft.starts_at, self.draft.ends_at);
        let named = (self.draft.reference.clone(), self.document.clone());
        match known.0.get(&named) {
            Some(standing) if *standing == term => (Outcome::Same, Vec::new()),
            Some(_) => {
                let message = "A ban with this reference is about this person already, with another term. End that one first.";
                let fault = terms.fault(Column::Reference, "other_term", message);
                (Outcome::Conflict, vec![fault])
            }
            None if check_term(term.0, term.1, now).is_err() => {
                let message = "The last day is over, or lies more than twenty years after the first. Leave out bans that have ended.";
                let fault = terms.fault(Column::ValidUntil, "term", message);
                (Outcome::Unusable, vec![fault])
            }
            None => {
                known.0.insert(named, term);
                (Outcome::New, Vec::new())
            }
        }
    }

    fn enact(
        &self,
        _: &mut Known,
        _: &Terms,
        tx: &mut Tx<'_>,
        caller: Caller,
        _: bool,
    ) -> Result<(), Error> {
        mirror(tx, caller.permit::<KeepBans>()?, &self.draft).map(drop)
    }
}

fn want(terms: &Terms, row: &BanRow) -> Result<WantedBan, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut keep = |fault: Fault| faults.push(fault);
    let kind = kind_of(&row.document_kind).ok_or_else(|| {
        let message = "must be passport, national_id_card or residence_permit";
        terms.fault(Column::DocumentKind, "value", message)
    });
    let country =
        row.document_country
            .parse()
            .map_err(|refused: crate::domain::document::NotACountry| {
                terms.fault(Column::DocumentCountry, "value", refused.to_string())
            });
    let number = row.document_number.parse().map_err(
        |refused: crate::domain::document::NotADocumentNumber| {
            terms.fault(Column::DocumentNumber, "value", refused.to_string())
        },
    );
    let reference =
        row.reference
            .parse()
            .map_err(|refused: crate::domain::screening::NotAReference| {
                terms.fault(Column::Reference, "value", refused.to_string())
            });
    let moment = |column, moment: Option<Timestamp>| {
        moment.ok_or_else(|| terms.problem(row.line, column, FileCode::YearOutOfRange))
    };
    let starts_at = moment(Column::ValidFrom, calendar::start_of(row.starts_on));
    let ends_at = moment(Column::ValidUntil, calendar::end_of(row.ends_on));
    let kind = kind.map_err(&mut keep).ok();
    let country = country.map_err(&mut keep).ok();
    let number = number.map_err(&mut keep).ok();
    let reference = reference.map_err(&mut keep).ok();
    let starts_at = starts_at.map_err(&mut keep).ok();
    let ends_at = ends_at.map_err(&mut keep).ok();
    let (Some(kind), Some(country), Some(number), Some(reference), Some(starts_at), Some(ends_at)) =
        (kind, country, number, reference, starts_at, ends_at)
    else {
        return Err(faults);
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
    let draft = BanDraft {
        document: Some(document.clone()),
        worker: None,
        reference,
        starts_at,
        ends_at,
    };
    Ok(WantedBan { draft, document })
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
