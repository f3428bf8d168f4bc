//! Searching one's own workers: by the beginning of a name, by a document, by a card. What is sought is personal data, so it
//! comes in a body and never in a URL.

use super::error::Error;
use super::personal::unseal;
use crate::access::keyring::Keyring;
use crate::access::permission::{Permit, ReadWorkers};
use crate::domain::card::CardIdentifier;
use crate::domain::document::Document;
use crate::domain::ids::{MemberId, WorkerId};
use crate::domain::name_search;
use crate::domain::text::fold;
use crate::domain::worker::{PersonName, Worker, WorkerDetails};
use crate::index::Index;
use crate::service::badges::CardDraft;
use crate::store::workers::{self, Versioned};
use crate::store::{Reader, credentials, documents, names};

/// What is sought.
#[derive(Debug, Clone)]
pub enum Sought {
    /// The beginning of a family name or of given names.
    Name(PersonName),
    /// A document.
    Document(Document),
    /// A card, whatever became of its credential.
    Card(CardDraft),
}

/// A page of what was found.
#[derive(Debug)]
pub struct Found {
    /// Workers of the caller's member, with details.
    pub workers: Vec<(Versioned<Worker>, WorkerDetails)>,
    /// After whom the next page begins, if there may be one.
    pub next: Option<WorkerId>,
}

/// How many records one search opens. A page that this cuts short says where to go on.
const OPENED_MAX: usize = 2_000;
/// How many are found at once.
const FOUND_AT_ONCE: usize = 200;

/// What a worker is found by: to be kept whenever details are.
pub fn keys(keyring: &Keyring, member: MemberId, details: &WorkerDetails) -> Vec<[u8; 16]> {
    let beginnings = name_search::beginnings(details).into_iter();
    beginnings
        .map(|beginning| keyring.name_key(member, &beginning))
        .collect()
}

/// The workers of the caller's member who are meant, a page of them.
pub fn search(
    reader: &mut Reader,
    keyring: &Keyring,
    index: &Index,
    permit: Permit<ReadWorkers>,
    sought: &Sought,
    after: Option<WorkerId>,
    limit: usize,
) -> Result<Found, Error> {
    let member = permit.caller().member;
    let exact = match sought {
        Sought::Name(name) => {
            return by_name(reader, keyring, permit, &fold(name.as_str()), after, limit);
        }
        Sought::Document(document) => {
            let key = keyring.document_key(document);
            documents::within(reader, member, key, after, limit + 1)?
        }
        Sought::Card(card) => by_card(reader, keyring, index, permit, card)?
            .into_iter()
            .filter(|&worker| after.is_none_or(|after| worker > after))
            .collect(),
    };
    let mut found = Vec::new();
    for &id in exact.iter().take(limit) {
        found.extend(opened(reader, keyring, permit, id)?);
    }
    Ok(Found {
        next: exact.get(limit).and_then(|_| exact.get(limit - 1)).copied(),
        workers: found,
    })
}

fn by_name(
    reader: &mut Reader,
    keyring: &Keyring,
    permit: Permit<ReadWorkers>,
    folded: &str,
    mut after: Option<WorkerId>,
    limit: usize,
) -> Result<Found, Error> {
    let Some(beginning) = name_search::sought(folded) else {
        let message = "must have at least two letters or digits";
        return Err(Error::field("/name", "too_short", message));
    };
    let key = keyring.name_key(permit.caller().member, beginning);
    let mut found: Vec<(Versioned<Worker>, WorkerDetails)> = Vec::new();
    let mut looked_at = 0;
    loop {
        let ids = names::find(reader, key, after, FOUND_AT_ONCE)?;
        let last = ids.len() < FOUND_AT_ONCE;
        for id in ids {
            if looked_at == OPENED_MAX {
                return Ok(Found {
                    workers: found,
                    next: after,
                });
            }
            looked_at += 1;
            let worker = opened(reader, keyring, permit, id)?;
            let meant = worker.filter(|(_, details)| name_search::begins(details, folded));
            if let Some(worker) = meant {
                if found.len() == limit {
                    return Ok(Found {
                        workers: found,
                        next: after,
                    });
                }
                found.push(worker);
            }
            after = Some(id);
        }
        if last {
            return Ok(Found {
                workers: found,
                next: None,
            });
        }
    }
}

fn by_card(
    reader: &mut Reader,
    keyring: &Keyring,
    index: &Index,
    permit: Permit<ReadWorkers>,
    card: &CardDraft,
) -> Result<Option<WorkerId>, Error> {
    let places = index.places();
    let system = places
        .card_systems
        .get(&card.card_system)
        .map(|(_, system)| system)
        .filter(|system| permit.covers(system.member));
    let system = system.ok_or_else(|| {
        let message = "There is no such card system.";
        Error::field("/card/card_system", "not_found", message)
    })?;
    let given = card.given.as_input();
    let identifier = CardIdentifier::parse(card.format, given, system.uid_byte_order)
        .map_err(|refused| Error::field("/card", refused.code(), refused.to_string()))?;
    let key = keyring.card_key(&identifier, system.id);
    let Some((_, credential)) = credentials::by_cards(reader, &[key])?.into_iter().next() else {
        return Ok(None);
    };
    let held = credentials::find(reader, credential)?;
    let own = held.filter(|held| permit.covers(held.credential.member));
    Ok(own.map(|held| held.credential.worker))
}

/// A worker of the caller's member, with details.
fn opened(
    reader: &mut Reader,
    keyring: &Keyring,
    permit: Permit<ReadWorkers>,
    id: WorkerId,
) -> Result<Option<(Versioned<Worker>, WorkerDetails)>, Error> {
    let found = workers::find(reader, id)?.filter(|worker| permit.covers(worker.value.member));
    let Some(worker) = found else {
        return Ok(None);
    };
    let details = unseal(reader, keyring, id)?;
    Ok(Some((worker, details)))
}
