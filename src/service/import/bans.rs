//! Rows of port bans, as the register of the State writes them out.

use std::collections::HashMap;

use super::calendar;
use super::documents::document;
use super::file::Code as FileCode;
use super::file::columns::Column;
use super::file::records::BanRow;
use super::file::sheet::Row;
use super::plan::{Found, Leave, Verdict, Wanted};
use super::report::{Fault, Outcome};
use super::terms::Terms;
use crate::access::permission::{Caller, KeepBans};
use crate::domain::document::{Document, DocumentKey};
use crate::domain::ids::WorkerId;
use crate::domain::screening::Reference;
use crate::domain::time::Timestamp;
use crate::service::bans::{BanDraft, check_term, mirror};
use crate::service::blind::FoundUnder;
use crate::service::commit::Tx;
use crate::service::error::Error;
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

    /// The register learns of its own bans alone.
    fn tells_of(&self, _: &Known, _: &Terms) -> Vec<WorkerId> {
        Vec::new()
    }

    fn enact(
        &self,
        _: &mut Known,
        _: &Terms,
        tx: &mut Tx<'_>,
        caller: Caller,
        _: Leave,
    ) -> Result<(), Error> {
        mirror(tx, caller.permit::<KeepBans>()?, &self.draft).map(drop)
    }
}

fn want(terms: &Terms, row: &BanRow) -> Result<WantedBan, Vec<Fault>> {
    let mut faults = Vec::new();
    let document = document(
        terms,
        [
            &row.document_kind,
            &row.document_country,
            &row.document_number,
        ],
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
    let document = document.map_err(|wrong| faults.extend(wrong)).ok();
    let mut keep = |fault: Fault| faults.push(fault);
    let reference = reference.map_err(&mut keep).ok();
    let starts_at = starts_at.map_err(&mut keep).ok();
    let ends_at = ends_at.map_err(&mut keep).ok();
    let (Some((document, _)), Some(reference), Some(starts_at), Some(ends_at)) =
        (document, reference, starts_at, ends_at)
    else {
        return Err(faults);
    };
    let draft = BanDraft {
        document: Some(document.clone()),
        worker: None,
        reference,
        starts_at,
        ends_at,
    };
    Ok(WantedBan { draft, document })
}
