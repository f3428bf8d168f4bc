//! Workers' own keys, and what is sealed under them: who a worker is, for whom they work, the numbers of their cards.

use diesel::prelude::*;

use super::columns::Bytes16;
use super::conn::{Reader, Writer};
use super::error::StoreError;
use super::schema::{sealed_details, worker_keys};
use super::tables::Pending;
use crate::domain::ids::{Id, Kind, WorkerId};
use crate::domain::worker::{WRAPPED_KEY_BYTES, WrappedKey};

#[derive(Queryable, Insertable)]
#[diesel(table_name = worker_keys)]
pub(super) struct WorkerKeyRow {
    worker: Bytes16,
    kek: Vec<u8>,
    wrapped: Vec<u8>,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = sealed_details)]
pub(super) struct SealedRow {
    subject: Bytes16,
    worker: Bytes16,
    sealed: Vec<u8>,
}

/// Sealed details with what opens them.
#[derive(Debug, Clone)]
pub struct Sealed {
    /// The 16 bytes of what they are of: a worker, an engagement or a card.
    pub subject: [u8; 16],
    /// Under whose key.
    pub worker: WorkerId,
    /// The details under seal.
    pub sealed: Vec<u8>,
    /// The key.
    pub key: WrappedKey,
}

impl Pending {
    /// Keeps a worker's own key.
    pub fn worker_key(&mut self, worker: WorkerId, key: WrappedKey) {
        self.worker_keys.push(WorkerKeyRow {
            worker: worker.into(),
            kek: key.kek.to_be_bytes().to_vec(),
            wrapped: key.wrapped,
        });
    }

    /// Keeps sealed details of a worker, engagement or card beside what the ledger says of it.
    pub fn seal(&mut self, subject: [u8; 16], worker: WorkerId, sealed: Vec<u8>) {
        self.sealed_details.push(SealedRow {
            subject: Bytes16(subject),
            worker: worker.into(),
            sealed,
        });
    }
}

fn wrapped(kek: &[u8], wrapped: Vec<u8>) -> Result<WrappedKey, StoreError> {
    let kek = kek
        .try_into()
        .map_err(|_| StoreError::Corrupt("the version of a key has not two bytes".into()))?;
    Ok(WrappedKey {
        kek: u16::from_be_bytes(kek),
        wrapped,
    })
}

type JoinedRow = (Bytes16, Bytes16, Vec<u8>, Vec<u8>, Vec<u8>);

impl TryFrom<JoinedRow> for Sealed {
    type Error = StoreError;

    fn try_from((subject, worker, sealed, kek, key): JoinedRow) -> Result<Self, StoreError> {
        Ok(Self {
            subject: subject.0,
            worker: worker.id(),
            sealed,
            key: wrapped(&kek, key)?,
        })
    }
}

macro_rules! joined {
    () => {
        sealed_details::table
            .inner_join(worker_keys::table.on(worker_keys::worker.eq(sealed_details::worker)))
            .select((
                sealed_details::subject,
                sealed_details::worker,
                sealed_details::sealed,
                worker_keys::kek,
                worker_keys::wrapped,
            ))
    };
}

/// The keys of these workers, those that are there.
pub fn keys(
    reader: &mut Reader,
    workers: &[WorkerId],
) -> Result<Vec<(WorkerId, WrappedKey)>, StoreError> {
    let mut found = Vec::new();
    for chunk in workers.chunks(500) {
        let ids: Vec<Bytes16> = chunk.iter().map(|&id| id.into()).collect();
        let rows: Vec<WorkerKeyRow> = worker_keys::table
            .filter(worker_keys::worker.eq_any(ids))
            .load(&mut reader.0)?;
        for row in rows {
            found.push((row.worker.id(), wrapped(&row.kek, row.wrapped)?));
        }
    }
    Ok(found)
}

/// The sealed details of a worker or engagement.
pub fn find<K: Kind>(reader: &mut Reader, subject: Id<K>) -> Result<Option<Sealed>, StoreError> {
    let row: Option<JoinedRow> = joined!()
        .filter(sealed_details::subject.eq(Bytes16::from(subject)))
        .first(&mut reader.0)
        .optional()?;
    row.map(TryInto::try_into).transpose()
}

/// The sealed details of these workers or engagements, where there are any, in the order of identifiers.
pub fn find_many<K: Kind>(reader: &mut Reader, ids: &[Id<K>]) -> Result<Vec<Sealed>, StoreError> {
    let mut found = Vec::new();
    for chunk in ids.chunks(500) {
        let ids: Vec<Bytes16> = chunk.iter().map(|&id| id.into()).collect();
        let rows: Vec<JoinedRow> = joined!()
            .filter(sealed_details::subject.eq_any(ids))
            .load(&mut reader.0)?;
        for row in rows {
            found.push(row.try_into()?);
        }
    }
    Ok(found)
}

/// Replaces sealed details that are there.
pub fn replace<K: Kind>(
    writer: &mut Writer,
    subject: Id<K>,
    sealed: Vec<u8>,
) -> Result<(), StoreError> {
    let changed = diesel::update(sealed_details::table.find(Bytes16::from(subject)))
        .set(sealed_details::sealed.eq(sealed))
        .execute(&mut writer.0)?;
    if changed == 1 {
        Ok(())
    } else {
        Err(StoreError::Guard)
    }
}

/// Some keys that are not under this version of the key-encryption key; those that were destroyed are under none.
pub fn keys_not_under(
    reader: &mut Reader,
    kek: u16,
    limit: usize,
) -> Result<Vec<(WorkerId, WrappedKey)>, StoreError> {
    let rows: Vec<WorkerKeyRow> = worker_keys::table
        .filter(worker_keys::kek.ne(kek.to_be_bytes().to_vec()))
        .filter(worker_keys::wrapped.ne(vec![0; WRAPPED_KEY_BYTES]))
        .limit(limit as i64)
        .load(&mut reader.0)?;
    rows.into_iter()
        .map(|row| Ok((row.worker.id(), wrapped(&row.kek, row.wrapped)?)))
        .collect()
}

/// How many keys are under each version of the key-encryption key.
pub fn keys_by_version(reader: &mut Reader) -> Result<Vec<(u16, u64)>, StoreError> {
    let rows: Vec<(Vec<u8>, i64)> = worker_keys::table
        .filter(worker_keys::wrapped.ne(vec![0; WRAPPED_KEY_BYTES]))
        .group_by(worker_keys::kek)
        .select((worker_keys::kek, diesel::dsl::count_star()))
        .order(worker_keys::kek)
        .load(&mut reader.0)?;
    rows.into_iter()
        .map(|(kek, keys)| Ok((wrapped(&kek, Vec::new())?.kek, keys as u64)))
        .collect()
}

/// Puts a worker's key in the place of the same one under another key-encryption key. One that was destroyed meanwhile, or
/// wrapped anew by another node, stays as it is.
pub fn rewrap(
    writer: &mut Writer,
    worker: WorkerId,
    before: &WrappedKey,
    after: &WrappedKey,
) -> Result<(), StoreError> {
    let row = worker_keys::table
        .find(Bytes16::from(worker))
        .filter(worker_keys::wrapped.eq(&before.wrapped));
    diesel::update(row)
        .set((
            worker_keys::kek.eq(after.kek.to_be_bytes().to_vec()),
            worker_keys::wrapped.eq(&after.wrapped),
        ))
        .execute(&mut writer.0)?;
    Ok(())
}

/// Rows read at once.
const PAGE_ROWS: i64 = 20_000;

/// Hands all sealed details to `each`: the 16 bytes of what they are of, under whose key, and the details.
pub fn each(
    reader: &mut Reader,
    mut each: impl FnMut([u8; 16], WorkerId, &[u8]) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut after = Bytes16([0; 16]);
    loop {
        let page: Vec<SealedRow> = sealed_details::table
            .filter(sealed_details::subject.gt(after))
            .order(sealed_details::subject)
            .limit(PAGE_ROWS)
            .load(&mut reader.0)?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = last.subject;
        page.iter()
            .try_for_each(|row| each(row.subject.0, row.worker.id(), &row.sealed))?;
    }
}

/// Hands every worker's key to `each`.
pub fn each_key(
    reader: &mut Reader,
    mut each: impl FnMut(WorkerId, WrappedKey) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut after = Bytes16([0; 16]);
    loop {
        let page: Vec<WorkerKeyRow> = worker_keys::table
            .filter(worker_keys::worker.gt(after))
            .order(worker_keys::worker)
            .limit(PAGE_ROWS)
            .load(&mut reader.0)?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = last.worker;
        for row in page {
            let key = wrapped(&row.kek, row.wrapped)?;
            each(row.worker.id(), key)?;
        }
    }
}
