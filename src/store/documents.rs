//! By which keyed hashes of documents workers are found, at whichever member. Beside the ledger: what is in it stays, and
//! these must go with a person.

use std::collections::BTreeSet;

use diesel::prelude::*;

use super::columns::{Bytes16, version, versions};
use super::conn::{Reader, Writer};
use super::error::StoreError;
use super::schema::{worker_documents, workers};
use super::tables::Pending;
use crate::domain::document::DocumentKey;
use crate::domain::ids::{MemberId, WorkerId};

#[derive(Queryable, Insertable, Debug, Clone)]
#[diesel(table_name = worker_documents)]
pub(super) struct WorkerDocumentRow {
    document_key: Bytes16,
    worker: Bytes16,
    key_version: i32,
}

impl Pending {
    /// Keeps what a worker's documents are found by, under this version of the blind-index key.
    pub fn documents(
        &mut self,
        worker: WorkerId,
        version: u16,
        keys: impl IntoIterator<Item = DocumentKey>,
    ) {
        let rows = keys.into_iter().map(|key| WorkerDocumentRow {
            document_key: key.into(),
            worker: worker.into(),
            key_version: version.into(),
        });
        self.worker_documents.extend(rows);
    }
}

/// Forgets what a worker's documents were found by.
pub fn forget(writer: &mut Writer, worker: WorkerId) -> Result<(), StoreError> {
    let of_worker = worker_documents::worker.eq(Bytes16::from(worker));
    diesel::delete(worker_documents::table.filter(of_worker)).execute(&mut writer.0)?;
    Ok(())
}

/// Forgets what a worker's documents were found by under this version of the blind-index key. Whether there was anything.
pub fn forget_under(
    writer: &mut Writer,
    worker: WorkerId,
    version: u16,
) -> Result<bool, StoreError> {
    let rows = worker_documents::table
        .filter(worker_documents::worker.eq(Bytes16::from(worker)))
        .filter(worker_documents::key_version.eq(i32::from(version)));
    Ok(diesel::delete(rows).execute(&mut writer.0)? > 0)
}

/// Some workers, after `after`, whose documents are found under this version of the blind-index key.
pub fn under(
    reader: &mut Reader,
    version: u16,
    after: Option<WorkerId>,
    limit: usize,
) -> Result<Vec<WorkerId>, StoreError> {
    let after = after.map_or(Bytes16([0; 16]), Bytes16::from);
    let found: Vec<Bytes16> = worker_documents::table
        .select(worker_documents::worker)
        .filter(worker_documents::key_version.eq(i32::from(version)))
        .filter(worker_documents::worker.gt(after))
        .distinct()
        .order(worker_documents::worker)
        .limit(limit as i64)
        .load(&mut reader.0)?;
    Ok(found.into_iter().map(Bytes16::id).collect())
}

/// How many there are under each version of the blind-index key.
pub fn by_version(reader: &mut Reader) -> Result<Vec<(u16, u64)>, StoreError> {
    let rows: Vec<(i32, i64)> = worker_documents::table
        .group_by(worker_documents::key_version)
        .select((worker_documents::key_version, diesel::dsl::count_star()))
        .load(&mut reader.0)?;
    versions(rows)
}

/// What a worker's documents are found by.
pub fn of(reader: &mut Reader, worker: WorkerId) -> Result<Vec<DocumentKey>, StoreError> {
    let keys: Vec<Bytes16> = worker_documents::table
        .select(worker_documents::document_key)
        .filter(worker_documents::worker.eq(Bytes16::from(worker)))
        .load(&mut reader.0)?;
    Ok(keys.into_iter().map(|key| DocumentKey(key.0)).collect())
}

/// Everybody who bears a document that is found by any of these, at whichever member.
pub fn everybody_with(
    reader: &mut Reader,
    documents: &[DocumentKey],
) -> Result<Vec<WorkerId>, StoreError> {
    let keys: Vec<Bytes16> = documents.iter().copied().map(Into::into).collect();
    let rows: Vec<Bytes16> = worker_documents::table
        .select(worker_documents::worker)
        .filter(worker_documents::document_key.eq_any(keys))
        .distinct()
        .order(worker_documents::worker)
        .load(&mut reader.0)?;
    Ok(rows.into_iter().map(Bytes16::id).collect())
}

/// Who bears these documents, by their keys, but for `worker`: each once, with its member, the longest known first, at most
/// so many.
pub fn bearers(
    reader: &mut Reader,
    documents: &[DocumentKey],
    worker: WorkerId,
    limit: usize,
) -> Result<Vec<(WorkerId, MemberId)>, StoreError> {
    let keys: Vec<Bytes16> = documents.iter().copied().map(Into::into).collect();
    let rows: Vec<(Bytes16, Bytes16)> = worker_documents::table
        .inner_join(workers::table.on(workers::id.eq(worker_documents::worker)))
        .select((workers::id, workers::member))
        .filter(worker_documents::document_key.eq_any(keys))
        .filter(worker_documents::worker.ne(Bytes16::from(worker)))
        .distinct()
        .order(workers::id)
        .limit(limit as i64)
        .load(&mut reader.0)?;
    let rows = rows.into_iter();
    Ok(rows.map(|(id, member)| (id.id(), member.id())).collect())
}

/// A member's workers who bear a document that is found by any of these, after `after`, at most `limit`. Each is asked by itself:
/// see [`names`](super::names::find).
pub fn within(
    reader: &mut Reader,
    member: MemberId,
    documents: &[DocumentKey],
    after: Option<WorkerId>,
    limit: usize,
) -> Result<Vec<WorkerId>, StoreError> {
    let after = after.map_or(Bytes16([0; 16]), Bytes16::from);
    let mut all = BTreeSet::new();
    for &key in documents {
        let found: Vec<Bytes16> = worker_documents::table
            .inner_join(workers::table.on(workers::id.eq(worker_documents::worker)))
            .select(worker_documents::worker)
            .filter(worker_documents::document_key.eq(Bytes16::from(key)))
            .filter(worker_documents::worker.gt(after))
            .filter(workers::member.eq(Bytes16::from(member)))
            .order(worker_documents::worker)
            .limit(limit as i64)
            .load(&mut reader.0)?;
        all.extend(found.into_iter().map(Bytes16::id));
    }
    Ok(all.into_iter().take(limit).collect())
}

/// Rows read at once.
const PAGE_ROWS: i64 = 20_000;

/// Hands every document to `each`: its key, whose it is, and under which version of the blind-index key.
pub fn each(
    reader: &mut Reader,
    mut each: impl FnMut(DocumentKey, WorkerId, u16) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut after: Option<WorkerDocumentRow> = None;
    loop {
        let mut query = worker_documents::table
            .order((worker_documents::document_key, worker_documents::worker))
            .limit(PAGE_ROWS)
            .into_boxed();
        if let Some(after) = after {
            let (key, worker) = (after.document_key, after.worker);
            query = query.filter(
                worker_documents::document_key
                    .gt(key)
                    .or(worker_documents::document_key
                        .eq(key)
                        .and(worker_documents::worker.gt(worker))),
            );
        }
        let page: Vec<WorkerDocumentRow> = query.load(&mut reader.0)?;
        after = page.last().cloned();
        if after.is_none() {
            return Ok(());
        }
        page.into_iter().try_for_each(|row| {
            let key = DocumentKey(row.document_key.0);
            each(key, row.worker.id(), version(row.key_version)?)
        })?;
    }
}
