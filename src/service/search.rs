//! Searching one's own workers: by the beginning of a name, theirs or their employer's, by a document, by a card. What is sought is personal data, so it
//! comes in a body and never in a URL.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::blind::FoundUnder;
use super::employers::Employer;
use super::error::Error;
use super::personal::unseal_many;
use super::sharing;
use super::workers::check_document;
use crate::access::blind_key::BlindKey;
use crate::access::keyring::Keyring;
use crate::access::permission::{Permit, ReadWorkers};
use crate::domain::card::CardIdentifier;
use crate::domain::document::Document;
use crate::domain::ids::{EngagementId, MemberId, WorkerId};
use crate::domain::name_search;
use crate::domain::text::fold;
use crate::domain::time::Timestamp;
use crate::domain::worker::{PersonName, Worker, WorkerDetails};
use crate::index::Index;
use crate::service::badges::CardDraft;
use crate::store::workers::{self, Versioned};
use crate::store::{Reader, StoreError, credentials, documents, employers, names};

/// What is sought.
#[derive(Debug, Clone)]
pub enum Sought {
    /// The beginning of a family name or of given names.
    Name(PersonName),
    /// The beginning of the name of an employer for whom they work.
    Employer(Employer),
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

/// How many records one search opens: some ten milliseconds. A page that this cuts short says where to go on.
const OPENED_MAX: usize = 600;
/// How many are opened at once. A page is nearly always full, or everybody found, after the first.
const OPENED_AT_ONCE: usize = 200;

/// How many engagements of those workers are opened with them. Hardly anybody has two at one time.
const ENGAGEMENTS_MAX: usize = 2_000;

/// What a worker is found by: to be kept whenever details are.
pub fn keys(key: &BlindKey, member: MemberId, details: &WorkerDetails) -> Vec<[u8; 16]> {
    let beginnings = name_search::beginnings(details).into_iter();
    beginnings
        .map(|beginning| key.name_key(member, &beginning))
        .collect()
}

/// The workers of the caller's member who are meant, a page of them, all as of one entry.
pub fn search(
    reader: &mut Reader,
    keyring: &Keyring,
    index: &Index,
    permit: Permit<ReadWorkers>,
    (sought, now): (&Sought, Timestamp),
    after: Option<WorkerId>,
    limit: usize,
) -> Result<Found, Error> {
    reader.snapshot(|reader| {
        let found_under = FoundUnder::read(reader, keyring)?;
        let member = permit.caller().member;
        let exact = match sought {
            Sought::Name(name) => {
                let walk = ByName::of(&found_under, member, &fold(name.as_str()))?;
                return walked(reader, keyring, permit, &walk, after, limit);
            }
            Sought::Employer(name) => {
                let walk = ByEmployer::of(&found_under, member, &fold(name.as_str()))?;
                return walked(reader, keyring, permit, &walk, after, limit);
            }
            Sought::Document(document) => {
                let authorised = sharing::may_use_national_register(reader, now)?;
                check_document(document, authorised, "/document")?;
                let keys = found_under.of_document(document);
                documents::within(reader, member, &keys, after, limit + 1)?
            }
            Sought::Card(card) => by_card(reader, keyring, index, permit, card)?
                .into_iter()
                .filter(|&worker| after.is_none_or(|after| worker > after))
                .collect(),
        };
        let page = &exact[..exact.len().min(limit)];
        Ok(Found {
            next: exact.get(limit).and_then(|_| page.last()).copied(),
            workers: opened(reader, keyring, permit, page)?,
        })
    })
}

/// A search that finds more than who is meant, and must open what it finds.
trait Walk {
    /// Who is found, after this one, in order, at most so many.
    fn find(
        &self,
        reader: &mut Reader,
        after: Option<WorkerId>,
        limit: usize,
    ) -> Result<Vec<WorkerId>, StoreError>;
    /// Who of them is meant, in order.
    fn meant(
        &self,
        reader: &mut Reader,
        keyring: &Keyring,
        permit: Permit<ReadWorkers>,
        found: &[WorkerId],
    ) -> Result<Vec<Hit>, Error>;
}

/// A worker of the caller's member, with details.
type Hit = (Versioned<Worker>, WorkerDetails);

fn walked<W: Walk>(
    reader: &mut Reader,
    keyring: &Keyring,
    permit: Permit<ReadWorkers>,
    walk: &W,
    mut after: Option<WorkerId>,
    limit: usize,
) -> Result<Found, Error> {
    let mut workers = Vec::new();
    let mut looked_at = 0;
    // One more than the page, to know whether there is another.
    let mut at_once = limit + 1;
    loop {
        let found = walk.find(reader, after, at_once)?;
        let last = found.len() < at_once;
        looked_at += found.len();
        let come_to = found.last().copied();
        for hit in walk.meant(reader, keyring, permit, &found)? {
            if workers.len() == limit {
                let next = workers.last().map(|(worker, _): &Hit| worker.value.id);
                return Ok(Found { workers, next });
            }
            workers.push(hit);
        }
        if last || looked_at >= OPENED_MAX {
            let next = come_to.filter(|_| !last);
            return Ok(Found { workers, next });
        }
        after = come_to;
        at_once = OPENED_AT_ONCE;
    }
}

/// By how a name begins.
struct ByName {
    keys: Vec<[u8; 16]>,
    folded: String,
}

impl ByName {
    fn of(under: &FoundUnder, member: MemberId, folded: &str) -> Result<Self, Error> {
        let beginning = name_search::sought(folded).ok_or_else(|| too_short("/name"))?;
        let keys = under.all().map(|key| key.name_key(member, beginning));
        Ok(Self {
            keys: keys.collect(),
            folded: folded.to_owned(),
        })
    }
}

impl Walk for ByName {
    fn find(
        &self,
        reader: &mut Reader,
        after: Option<WorkerId>,
        limit: usize,
    ) -> Result<Vec<WorkerId>, StoreError> {
        names::find(reader, &self.keys, after, limit)
    }

    fn meant(
        &self,
        reader: &mut Reader,
        keyring: &Keyring,
        permit: Permit<ReadWorkers>,
        found: &[WorkerId],
    ) -> Result<Vec<Hit>, Error> {
        let mut hits = opened(reader, keyring, permit, found)?;
        hits.retain(|(_, details)| name_search::begins(details, &self.folded));
        Ok(hits)
    }
}

/// By how the name of an employer begins that they work for.
struct ByEmployer {
    keys: Vec<[u8; 16]>,
    folded: String,
}

impl ByEmployer {
    fn of(under: &FoundUnder, member: MemberId, folded: &str) -> Result<Self, Error> {
        let beginning = name_search::sought(folded).ok_or_else(|| too_short("/employer"))?;
        let keys = under.all();
        let keys = keys.map(|key| key.employer_name_key(member, beginning));
        Ok(Self {
            keys: keys.collect(),
            folded: folded.to_owned(),
        })
    }
}

impl Walk for ByEmployer {
    fn find(
        &self,
        reader: &mut Reader,
        after: Option<WorkerId>,
        limit: usize,
    ) -> Result<Vec<WorkerId>, StoreError> {
        employers::workers_by_name(reader, &self.keys, after, limit)
    }

    fn meant(
        &self,
        reader: &mut Reader,
        keyring: &Keyring,
        permit: Permit<ReadWorkers>,
        found: &[WorkerId],
    ) -> Result<Vec<Hit>, Error> {
        let by_name = employers::by_name(reader, &self.keys, found, ENGAGEMENTS_MAX)?;
        let engagements: Vec<EngagementId> = by_name.iter().map(|(_, id)| *id).collect();
        let details = unseal_many(reader, keyring, &engagements)?.into_iter();
        let meant: HashSet<EngagementId> = details
            .filter(|(_, details)| name_search::name_begins(&details.employer, &self.folded))
            .map(|(id, _)| id)
            .collect();
        let by_name = by_name.into_iter();
        let meant = by_name.filter(|(_, engagement)| meant.contains(engagement));
        let workers: BTreeSet<WorkerId> = meant.map(|(worker, _)| worker).collect();
        let workers: Vec<WorkerId> = workers.into_iter().collect();
        opened(reader, keyring, permit, &workers)
    }
}

fn too_short(pointer: &str) -> Error {
    let message = "must have at least two letters or digits";
    Error::field(pointer, "too_short", message)
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

/// Those of these workers who are of the caller's member, with details, in the order of identifiers.
fn opened(
    reader: &mut Reader,
    keyring: &Keyring,
    permit: Permit<ReadWorkers>,
    ids: &[WorkerId],
) -> Result<Vec<Hit>, Error> {
    let mut details: HashMap<WorkerId, WorkerDetails> =
        unseal_many(reader, keyring, ids)?.into_iter().collect();
    let workers = workers::find_all(reader, ids)?.into_iter();
    let own = workers.filter(|worker| permit.covers(worker.value.member));
    own.map(|worker| {
        let details = details.remove(&worker.value.id);
        Ok((
            worker,
            details.ok_or_else(|| Error::internal("details are missing"))?,
        ))
    })
    .collect()
}
