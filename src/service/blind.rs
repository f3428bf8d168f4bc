//! Under which versions of the blind-index key people are found, and changing it while everything goes on.
//!
//! A key was added to the file beside the master key's. The first node that sees it states that it is used from then on, so that
//! all nodes change over at one entry: what is recorded after it is hashed with the new key, and whoever looks asks under both.
//! Then what was found by the old one is opened and hashed anew, some people at a time through the door, and when nothing is
//! left that is stated too: nobody asks under the old one any more, and its hashes are cleaned out of the database's files.
//! Wherever this breaks off, it is gone on with from what stands beside each hash: the version it was made with.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::commit::Tx;
use super::error::{Code, Error};
use super::personal::unseal_many;
use super::{Services, bans, employers, erasures, search};
use crate::access::blind_key::BlindKey;
use crate::access::keyring::Keyring;
use crate::domain::blind::BlindKeys;
use crate::domain::document::{Document, DocumentKey};
use crate::domain::ids::{BanId, EngagementId, WorkerId};
use crate::ledger::entry::{Actor, Fact};
use crate::ledger::fold::Record;
use crate::store::{self, Reader, StoreError, documents, names, network, workers};

/// People or engagements that are hashed anew in one transaction.
const BATCH: usize = 100;
/// Room for others between two of them.
const PAUSE: Duration = Duration::from_millis(20);

/// The keys under which people are found as of one entry.
#[derive(Debug, Clone)]
pub struct FoundUnder {
    active: Arc<BlindKey>,
    former: Option<Arc<BlindKey>>,
}

impl FoundUnder {
    /// The keys that are in use as of what the reader sees. What is then read to find somebody must be of the same state.
    pub fn read(reader: &mut Reader, keyring: &Keyring) -> Result<Self, Error> {
        let keys = recorded(reader)?;
        let key = |version| {
            keyring.blind_key(version).ok_or_else(|| {
                tracing::error!(
                    version,
                    "the file of blind-index keys has not the key in use; bring it from another node or its back-up"
                );
                let detail = "This node has not the key by which people are found. Nothing was done; try again soon.";
                Error::new(Code::Unavailable, detail)
            })
        };
        Ok(Self {
            active: key(keys.active)?,
            former: keys.former.map(key).transpose()?,
        })
    }

    /// The key for what is recorded now.
    pub fn active(&self) -> &BlindKey {
        &self.active
    }

    /// Every key under which somebody may be found.
    pub fn all(&self) -> impl Iterator<Item = &BlindKey> {
        std::iter::once(&*self.active).chain(self.former.as_deref())
    }

    /// All that a document may be found by.
    pub fn of_document(&self, document: &Document) -> Vec<DocumentKey> {
        self.all().map(|key| key.document_key(document)).collect()
    }

    /// All that documents may be found by.
    pub fn of_documents(&self, documents: &[Document]) -> Vec<DocumentKey> {
        let documents = documents.iter();
        documents
            .flat_map(|document| self.of_document(document))
            .collect()
    }
}

/// Which versions are in use as of what the reader sees.
pub fn recorded(reader: &mut Reader) -> Result<BlindKeys, StoreError> {
    let found = network::find(reader, &BlindKeys::ID.to_string())?;
    Ok(match found {
        Some((_, Record::BlindKeys(keys))) => keys,
        _ => BlindKeys::default(),
    })
}

/// How far it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rekeyed {
    /// The version that all is now found by.
    pub version: u16,
    /// How many people, engagements and bans were found by another before.
    pub rows: u64,
}

/// Reads the file of blind-index keys again.
pub fn reload(services: &Services) {
    if let Err(error) = services.keyring.reload_blind_keys() {
        tracing::error!(error = %error, "the blind-index keys cannot be read; those that are known stay in use");
    }
}

/// Begins to use the newest key in the file, where it is not in use yet, and hashes anew whatever is found by the one before.
/// Several nodes may do it at one time, and it may be stopped and called again.
pub async fn follow_file(services: &Services) -> Result<Rekeyed, Error> {
    begin_newest(services).await?;
    rekey(services).await
}

/// Begins to use the newest key in the file, unless it is in use or another change is not done.
pub async fn begin_newest(services: &Services) -> Result<(), Error> {
    let newest = services.keyring.newest_blind_key();
    let standing = services.read(|reader, _| Ok(recorded(reader)?)).await?;
    if standing.former.is_none() && newest > standing.active {
        services
            .door
            .change(Actor::System, move |tx| begin(tx, newest))
            .await?;
    }
    Ok(())
}

fn begin(tx: &mut Tx<'_>, newest: u16) -> Result<(), Error> {
    // Another node may have been quicker.
    if let Ok(next) = recorded(tx.reader()?)?.begun(newest) {
        tx.state(Fact::BlindKeysRecorded(next))?;
        tracing::info!(
            version = newest,
            "another blind-index key is used from now on"
        );
    }
    Ok(())
}

async fn rekey(services: &Services) -> Result<Rekeyed, Error> {
    let keys = services.read(|reader, _| Ok(recorded(reader)?)).await?;
    let (version, mut rows) = (keys.active, 0);
    let Some(former) = keys.former else {
        return Ok(Rekeyed { version, rows });
    };
    let mut place = Some(Place::default());
    while let Some(from) = place {
        let (next, done) = step(services, from).await?;
        (place, rows) = (next, rows + done);
        if done > 0 {
            tracing::info!(version, rows, "people are found by another key");
            tokio::time::sleep(PAUSE).await;
        }
    }
    // What is recorded since the key was changed is found by the new one, so what is not there now never comes.
    let nothing = services.read(move |reader, _| Ok(nothing_under(reader, former)?));
    if !nothing.await? {
        return Err(Error::internal(
            "something is found by the former key still",
        ));
    }
    let end = move |tx: &mut Tx<'_>| end(tx, keys);
    if services.door.change(Actor::System, end).await? {
        erasures::scrub(services).await;
    }
    Ok(Rekeyed { version, rows })
}

/// Where a walk through all that is found by the former key has come to: after which worker or engagement of which table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Place {
    /// Names and documents of workers.
    #[default]
    Beginning,
    /// Names, after this worker's.
    Names(WorkerId),
    /// Documents of who has no name that is found, after this worker's.
    Documents(Option<WorkerId>),
    /// Engagements, after this one.
    Engagements(Option<EngagementId>),
    /// Documents of bans.
    Bans,
}

/// One part of it, which others can do something after: hashes anew what is found by the former key from this place on. Answers
/// where to go on, if anywhere, and how many people, engagements or bans it was.
pub async fn step(services: &Services, from: Place) -> Result<(Option<Place>, u64), Error> {
    let found = services
        .read(move |reader, keyring| {
            reader.snapshot(|reader| found_by_former(reader, keyring, from))
        })
        .await?;
    let Some((next, part)) = found else {
        return Ok((None, 0));
    };
    let done = part.len();
    if done > 0 {
        services
            .door
            .change(Actor::System, move |tx| found_anew(tx, &part))
            .await?;
    }
    Ok((next, done))
}

/// What is found by the former key and is to be found by the active one.
enum Part {
    Workers(u16, u16, Vec<(WorkerId, Vec<[u8; 16]>, Vec<DocumentKey>)>),
    Engagements(
        u16,
        Vec<(EngagementId, WorkerId, store::employers::FoundBy)>,
    ),
    Bans(u16, Vec<(BanId, DocumentKey)>),
}

impl Part {
    fn len(&self) -> u64 {
        let len = match self {
            Self::Workers(_, _, workers) => workers.len(),
            Self::Engagements(_, engagements) => engagements.len(),
            Self::Bans(_, bans) => bans.len(),
        };
        len as u64
    }
}

fn found_by_former(
    reader: &mut Reader,
    keyring: &Keyring,
    from: Place,
) -> Result<Option<(Option<Place>, Part)>, Error> {
    let keys = recorded(reader)?;
    let Some(former) = keys.former else {
        return Ok(None);
    };
    // The former key is not needed for this: who lost it is found again all the same.
    let active = keyring.blind_key(keys.active);
    let active = active
        .ok_or_else(|| Error::internal("the file of blind-index keys has not the key in use"))?;
    let of_workers = |reader: &mut Reader, ids: &[WorkerId]| {
        let mut found = Vec::with_capacity(ids.len());
        let mut details: BTreeMap<_, _> = unseal_many(reader, keyring, ids)?.into_iter().collect();
        for worker in workers::find_all(reader, ids)? {
            let (id, member) = (worker.value.id, worker.value.member);
            let details = details.remove(&id);
            let details = details.ok_or_else(|| Error::internal("details are missing"))?;
            let names = search::keys(&active, member, &details);
            let documents = details.found_by();
            let documents = documents.map(|document| active.document_key(document));
            found.push((id, names, documents.collect()));
        }
        Ok::<_, Error>(Part::Workers(former, keys.active, found))
    };
    let part = match from {
        Place::Beginning | Place::Names(_) => {
            let after = match from {
                Place::Names(after) => Some(after),
                _ => None,
            };
            let ids = names::under(reader, former, after, BATCH)?;
            let next = match ids.last() {
                Some(&last) if ids.len() == BATCH => Place::Names(last),
                _ => Place::Documents(None),
            };
            (Some(next), of_workers(reader, &ids)?)
        }
        Place::Documents(after) => {
            let ids = documents::under(reader, former, after, BATCH)?;
            let next = match ids.last() {
                Some(&last) if ids.len() == BATCH => Place::Documents(Some(last)),
                _ => Place::Engagements(None),
            };
            (Some(next), of_workers(reader, &ids)?)
        }
        Place::Engagements(after) => {
            let ids = store::employers::under(reader, former, after, BATCH)?;
            let next = match ids.last() {
                Some(&last) if ids.len() == BATCH => Place::Engagements(Some(last)),
                _ => Place::Bans,
            };
            let mut details: BTreeMap<_, _> =
                unseal_many(reader, keyring, &ids)?.into_iter().collect();
            let mut found = Vec::with_capacity(ids.len());
            for engagement in workers::find_engagements(reader, &ids)? {
                let details = details.remove(&engagement.id);
                let details = details.ok_or_else(|| Error::internal("details are missing"))?;
                let found_by = employers::found_by(&active, engagement.member, &details);
                found.push((engagement.id, engagement.worker, found_by));
            }
            (Some(next), Part::Engagements(former, found))
        }
        Place::Bans => {
            let ids = store::bans::documents_under(reader, former, BATCH)?;
            let next = (ids.len() == BATCH).then_some(Place::Bans);
            let mut found = Vec::with_capacity(ids.len());
            for ban in ids {
                if let Some(document) = bans::document_of(reader, keyring, ban)? {
                    found.push((ban, active.document_key(&document)));
                }
            }
            (next, Part::Bans(keys.active, found))
        }
    };
    Ok(Some(part))
}

/// Writes it. What was amended meanwhile is found by the active key already, and who was erased by nothing.
fn found_anew(tx: &mut Tx<'_>, part: &Part) -> Result<(), Error> {
    match part {
        Part::Workers(former, active, found) => {
            for (worker, by_name, by_document) in found {
                if names::forget_under(tx.writer()?, *worker, *former)? {
                    tx.pending()
                        .names(*worker, *active, by_name.iter().copied());
                }
                if documents::forget_under(tx.writer()?, *worker, *former)? {
                    tx.pending()
                        .documents(*worker, *active, by_document.iter().copied());
                }
            }
        }
        Part::Engagements(former, found) => {
            for (engagement, worker, found_by) in found {
                let writer = tx.writer()?;
                if store::employers::found_anew(writer, *engagement, *former, found_by)? {
                    tx.pending().employer_names(*engagement, *worker, found_by);
                }
            }
        }
        Part::Bans(active, found) => {
            for (ban, key) in found {
                store::bans::document_found_anew(tx.writer()?, *ban, (*active, *key))?;
            }
        }
    }
    Ok(())
}

/// States that nothing is found by the former key any more, unless another node did.
fn end(tx: &mut Tx<'_>, keys: BlindKeys) -> Result<bool, Error> {
    if recorded(tx.reader()?)? != keys {
        return Ok(false);
    }
    tx.state(Fact::BlindKeysRecorded(
        keys.ended().map_err(Error::internal)?,
    ))?;
    tracing::info!(
        version = keys.active,
        "everybody is found by the blind-index key in use"
    );
    Ok(true)
}

/// Whether nothing is found by this version of the key.
pub fn nothing_under(reader: &mut Reader, version: u16) -> Result<bool, StoreError> {
    Ok(names::under(reader, version, None, 1)?.is_empty()
        && documents::under(reader, version, None, 1)?.is_empty()
        && store::employers::under(reader, version, None, 1)?.is_empty()
        && store::bans::documents_under(reader, version, 1)?.is_empty())
}
