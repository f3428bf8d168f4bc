//! What is known of a person, sealed under the person's own key and opened with it. The key lies in the database under another
//! that does not; who destroys it has erased the person, whatever copies there are.

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::commit::Tx;
use super::error::Error;
use super::workers::digest_of;
use crate::access::keyring::Keyring;
use crate::access::seal::{Field, WorkerKey};
use crate::domain::digest::Digest;
use crate::domain::ids::{EngagementKind, Id, Kind, WorkerId, WorkerKind};
use crate::domain::worker::{EngagementDetails, WorkerDetails};
use crate::store::Reader;
use crate::store::sealed::{self, Sealed};

/// What has details that are sealed.
pub trait Detailed: Kind {
    /// The details.
    type Details: Serialize + DeserializeOwned;
    /// Where they are stored.
    const FIELD: Field;
}

impl Detailed for WorkerKind {
    type Details = WorkerDetails;
    const FIELD: Field = Field::WorkerDetails;
}

impl Detailed for EngagementKind {
    type Details = EngagementDetails;
    const FIELD: Field = Field::EngagementDetails;
}

/// Seals details under the worker's key, and makes the digest of them that the ledger keeps.
pub(super) fn seal<K: Detailed>(
    tx: &mut Tx<'_>,
    worker: WorkerId,
    subject: Id<K>,
    details: &K::Details,
) -> Result<(Vec<u8>, Digest), Error> {
    let plain = serde_json::to_vec(details).map_err(Error::internal)?;
    let key = key_of(tx, worker)?;
    let sealed = key.seal(K::FIELD, subject.as_bytes(), &plain, tx.environment);
    let digest = digest_of(&sealed);
    Ok((sealed, digest))
}

/// The details of a worker or engagement.
pub(super) fn unseal<K: Detailed>(
    reader: &mut Reader,
    keyring: &Keyring,
    subject: Id<K>,
) -> Result<K::Details, Error> {
    let sealed = sealed::find(reader, subject)?;
    opened::<K>(
        keyring,
        &sealed.ok_or_else(|| Error::internal("details are missing"))?,
    )
}

/// Which, and its details.
type Known<K> = (Id<K>, <K as Detailed>::Details);

/// The details of these workers or engagements, by their identifiers, where there are any.
pub(super) fn unseal_many<K: Detailed>(
    reader: &mut Reader,
    keyring: &Keyring,
    subjects: &[Id<K>],
) -> Result<Vec<Known<K>>, Error> {
    let found = sealed::find_many(reader, subjects)?.into_iter();
    found
        .map(|sealed| {
            let id = Id::from_u128(u128::from_be_bytes(sealed.subject));
            Ok((id, opened::<K>(keyring, &sealed)?))
        })
        .collect()
}

fn opened<K: Detailed>(keyring: &Keyring, sealed: &Sealed) -> Result<K::Details, Error> {
    let plain = keyring
        .worker_key(sealed.worker, &sealed.key)
        .and_then(|key| key.open(K::FIELD, &sealed.subject, &sealed.sealed))
        .map_err(Error::internal)?;
    serde_json::from_slice(&plain).map_err(|_| Error::internal("details cannot be read"))
}

/// Makes the key of a new worker, and keeps it.
pub(super) fn make_key(tx: &mut Tx<'_>, worker: WorkerId) {
    let (key, wrapped) = tx.keyring.make_worker_key(worker, tx.environment);
    tx.pending().worker_key(worker, wrapped);
    tx.known_keys().insert(worker, Arc::new(key));
}

/// The key of a worker.
pub(super) fn key_of(tx: &mut Tx<'_>, worker: WorkerId) -> Result<Arc<WorkerKey>, Error> {
    if let Some(key) = tx.known_keys().get(&worker) {
        return Ok(key.clone());
    }
    learn_keys(tx, &[worker])?;
    let key = tx.known_keys().get(&worker).cloned();
    key.ok_or_else(|| Error::internal("a worker has no key"))
}

/// Reads the keys of many workers at once, for a transaction that will seal something for each.
pub(super) fn learn_keys(tx: &mut Tx<'_>, workers: &[WorkerId]) -> Result<(), Error> {
    let keyring = tx.keyring;
    for (worker, wrapped) in sealed::keys(tx.reader()?, workers)? {
        let key = keyring.worker_key(worker, &wrapped);
        let key = Arc::new(key.map_err(Error::internal)?);
        tx.known_keys().insert(worker, key);
    }
    Ok(())
}
