//! Workers and engagements, and the sealed details of both.

use std::collections::HashMap;

use diesel::prelude::*;

use super::columns::Bytes16;
use super::conn::{Reader, Writer};
use super::error::StoreError;
use super::schema::{engagements, sealed_details, staff_numbers, worker_documents, workers};
use super::tables::{EngagementRow, WorkerDocumentRow, WorkerRow};
use crate::domain::calendar::Day;
use crate::domain::digest::Digest;
use crate::domain::document::DocumentKey;
use crate::domain::ids::{EngagementId, Id, Kind, MemberId, WorkerId, WorkerKind};
use crate::domain::worker::{Engagement, Worker};

/// Something with the entry that last touched it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versioned<T> {
    /// The thing.
    pub value: T,
    /// The seq of that entry.
    pub version: u64,
}

/// An engagement and whether it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngagementHeld {
    /// As it began.
    pub engagement: Engagement,
    /// Whether it is over.
    pub ended: bool,
}

/// Workers of their rows, each with its documents.
fn workers_of(
    reader: &mut Reader,
    rows: Vec<WorkerRow>,
) -> Result<Vec<Versioned<Worker>>, StoreError> {
    let mut documents: HashMap<Bytes16, Vec<DocumentKey>> = HashMap::new();
    for chunk in rows.chunks(500) {
        let ids: Vec<Bytes16> = chunk.iter().map(|row| row.id).collect();
        let found: Vec<WorkerDocumentRow> = worker_documents::table
            .filter(worker_documents::worker.eq_any(ids))
            .order((worker_documents::worker, worker_documents::document_key))
            .load(&mut reader.0)?;
        for row in found {
            let of_worker = documents.entry(row.worker).or_default();
            of_worker.push(DocumentKey(row.document_key.0));
        }
    }
    let worker = |row: WorkerRow| {
        let value = Worker {
            id: row.id.id(),
            member: row.member.id(),
            details: digest_from(row.details_digest)
                .map_err(|error| error.about(row.id.id::<WorkerKind>()))?,
            documents: documents.remove(&row.id).unwrap_or_default(),
        };
        Ok(Versioned {
            value,
            version: row.version as u64,
        })
    };
    rows.into_iter().map(worker).collect()
}

impl TryFrom<EngagementRow> for Versioned<EngagementHeld> {
    type Error = StoreError;

    fn try_from(row: EngagementRow) -> Result<Self, StoreError> {
        let engagement = Engagement {
            id: row.id.id(),
            worker: row.worker.id(),
            member: row.member.id(),
            details: digest_from(row.details_digest)?,
            until: row.until.map(super::screenings::day).transpose()?,
        };
        Ok(Self {
            value: EngagementHeld {
                engagement,
                ended: row.ended,
            },
            version: row.version as u64,
        })
    }
}

/// One worker.
pub fn find(reader: &mut Reader, id: WorkerId) -> Result<Option<Versioned<Worker>>, StoreError> {
    let row: Option<WorkerRow> = workers::table
        .find(Bytes16::from(id))
        .first(&mut reader.0)
        .optional()?;
    Ok(workers_of(reader, row.into_iter().collect())?.pop())
}

/// Who bears these documents, by their keys, but for `worker`: each once, with its member, the longest known first, at most
/// so many.
pub fn by_documents(
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

/// A member's workers who bear this document, after `after`, at most `limit`.
pub fn with_document(
    reader: &mut Reader,
    member: MemberId,
    document: DocumentKey,
    after: Option<WorkerId>,
    limit: usize,
) -> Result<Vec<WorkerId>, StoreError> {
    let after = after.map_or(Bytes16([0; 16]), Bytes16::from);
    let rows: Vec<Bytes16> = worker_documents::table
        .inner_join(workers::table.on(workers::id.eq(worker_documents::worker)))
        .select(workers::id)
        .filter(worker_documents::document_key.eq(Bytes16::from(document)))
        .filter(workers::member.eq(Bytes16::from(member)))
        .filter(workers::id.gt(after))
        .order(workers::id)
        .limit(limit as i64)
        .load(&mut reader.0)?;
    Ok(rows.into_iter().map(Bytes16::id).collect())
}

/// The workers that a member registered, after `after`, in the order of registration.
pub fn list(
    reader: &mut Reader,
    member: MemberId,
    after: Option<WorkerId>,
    limit: usize,
) -> Result<Vec<Versioned<Worker>>, StoreError> {
    let after = after.map_or(Bytes16([0; 16]), Bytes16::from);
    let rows: Vec<WorkerRow> = workers::table
        .filter(workers::member.eq(Bytes16::from(member)))
        .filter(workers::id.gt(after))
        .order(workers::id)
        .limit(limit as i64)
        .load(&mut reader.0)?;
    workers_of(reader, rows)
}

/// One engagement.
pub fn find_engagement(
    reader: &mut Reader,
    id: EngagementId,
) -> Result<Option<Versioned<EngagementHeld>>, StoreError> {
    let row: Option<EngagementRow> = engagements::table
        .find(Bytes16::from(id))
        .first(&mut reader.0)
        .optional()?;
    row.map(TryInto::try_into).transpose()
}

/// A worker's engagements at one member after `after`, at most `limit`, in the order they began.
pub fn engagements_of(
    reader: &mut Reader,
    worker: WorkerId,
    member: MemberId,
    after: Option<EngagementId>,
    limit: usize,
) -> Result<Vec<Versioned<EngagementHeld>>, StoreError> {
    let after = after.map_or(Bytes16([0; 16]), Bytes16::from);
    let rows: Vec<EngagementRow> = engagements::table
        .filter(engagements::worker.eq(Bytes16::from(worker)))
        .filter(engagements::member.eq(Bytes16::from(member)))
        .filter(engagements::id.gt(after))
        .order(engagements::id)
        .limit(limit as i64)
        .load(&mut reader.0)?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// Which of these staff numbers, given by their keyed hashes, are known: of which worker and engagement.
pub fn by_staff_keys(
    reader: &mut Reader,
    keys: &[[u8; 16]],
) -> Result<Vec<([u8; 16], WorkerId, EngagementId)>, StoreError> {
    let mut found = Vec::new();
    for chunk in keys.chunks(500) {
        let keys: Vec<Bytes16> = chunk.iter().copied().map(Bytes16).collect();
        let rows: Vec<(Bytes16, Bytes16, Bytes16)> = staff_numbers::table
            .select((
                staff_numbers::staff_key,
                staff_numbers::worker,
                staff_numbers::engagement,
            ))
            .filter(staff_numbers::staff_key.eq_any(keys))
            .load(&mut reader.0)?;
        found.extend(
            rows.into_iter()
                .map(|(key, worker, engagement)| (key.0, worker.id(), engagement.id())),
        );
    }
    Ok(found)
}

/// An engagement with its last day, where one is agreed, and whether it is over.
pub type Ends = (EngagementId, (Option<Day>, bool));

/// How these engagements end.
pub fn ends(reader: &mut Reader, ids: &[EngagementId]) -> Result<Vec<Ends>, StoreError> {
    let mut found = Vec::new();
    for chunk in ids.chunks(500) {
        let ids: Vec<Bytes16> = chunk.iter().map(|&id| id.into()).collect();
        let rows: Vec<(Bytes16, Option<i32>, bool)> = engagements::table
            .select((engagements::id, engagements::until, engagements::ended))
            .filter(engagements::id.eq_any(ids))
            .load(&mut reader.0)?;
        for (id, until, ended) in rows {
            let until = until.map(super::screenings::day).transpose()?;
            found.push((id.id(), (until, ended)));
        }
    }
    Ok(found)
}

/// Whose details, and the details under seal.
type Sealed<K> = (Id<K>, Vec<u8>);

/// The sealed details of these workers or engagements, where there are any.
pub fn sealed_many<K: Kind>(
    reader: &mut Reader,
    ids: &[Id<K>],
) -> Result<Vec<Sealed<K>>, StoreError> {
    let mut found = Vec::new();
    for chunk in ids.chunks(500) {
        let ids: Vec<Bytes16> = chunk.iter().map(|&id| id.into()).collect();
        let rows: Vec<(Bytes16, Vec<u8>)> = sealed_details::table
            .select((sealed_details::subject, sealed_details::sealed))
            .filter(sealed_details::subject.eq_any(ids))
            .load(&mut reader.0)?;
        found.extend(rows.into_iter().map(|(id, sealed)| (id.id(), sealed)));
    }
    Ok(found)
}

/// The sealed details of a worker or engagement.
pub fn sealed<K: Kind>(reader: &mut Reader, subject: Id<K>) -> Result<Option<Vec<u8>>, StoreError> {
    sealed_of(reader, Bytes16::from(subject))
}

/// The sealed number of a card, by its key.
pub fn sealed_card(
    reader: &mut Reader,
    key: crate::domain::credential::CardKey,
) -> Result<Option<Vec<u8>>, StoreError> {
    sealed_of(reader, key.into())
}

fn sealed_of(reader: &mut Reader, subject: Bytes16) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(sealed_details::table
        .find(subject)
        .select(sealed_details::sealed)
        .first(&mut reader.0)
        .optional()?)
}

/// Replaces sealed details that are there.
pub fn reseal<K: Kind>(
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

const PAGE_ROWS: i64 = 20_000;

/// Hands every worker to `each`.
pub fn each(
    reader: &mut Reader,
    mut each: impl FnMut(Versioned<Worker>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut after = Bytes16([0; 16]);
    loop {
        let page: Vec<WorkerRow> = workers::table
            .filter(workers::id.gt(after))
            .order(workers::id)
            .limit(PAGE_ROWS)
            .load(&mut reader.0)?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = last.id;
        workers_of(reader, page)?
            .into_iter()
            .try_for_each(&mut each)?;
    }
}

/// Hands every document to `each`: its key, and whose it is.
pub fn each_document(
    reader: &mut Reader,
    mut each: impl FnMut(DocumentKey, WorkerId) -> Result<(), StoreError>,
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
        page.into_iter()
            .try_for_each(|row| each(DocumentKey(row.document_key.0), row.worker.id()))?;
    }
}

/// Hands every engagement to `each`.
pub fn each_engagement(
    reader: &mut Reader,
    mut each: impl FnMut(Versioned<EngagementHeld>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut after = Bytes16([0; 16]);
    loop {
        let page: Vec<EngagementRow> = engagements::table
            .filter(engagements::id.gt(after))
            .order(engagements::id)
            .limit(PAGE_ROWS)
            .load(&mut reader.0)?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = last.id;
        page.into_iter().try_for_each(|row| {
            let id: EngagementId = row.id.id();
            each(
                row.try_into()
                    .map_err(|error: StoreError| error.about(id))?,
            )
        })?;
    }
}

/// Hands every staff number to `each`: its keyed hash, of which worker and engagement.
pub fn each_staff_number(
    reader: &mut Reader,
    mut each: impl FnMut([u8; 16], WorkerId, EngagementId) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut after = None;
    loop {
        let mut query = staff_numbers::table
            .select((
                staff_numbers::staff_key,
                staff_numbers::worker,
                staff_numbers::engagement,
            ))
            .order(staff_numbers::staff_key)
            .limit(PAGE_ROWS)
            .into_boxed();
        if let Some(after) = after {
            query = query.filter(staff_numbers::staff_key.gt(after));
        }
        let page: Vec<(Bytes16, Bytes16, Bytes16)> = query.load(&mut reader.0)?;
        let Some(&(last, ..)) = page.last() else {
            return Ok(());
        };
        after = Some(last);
        page.into_iter()
            .try_for_each(|(key, worker, engagement)| each(key.0, worker.id(), engagement.id()))?;
    }
}

/// Hands all sealed details to `each`, with the 16 bytes of what they are of: a worker, an engagement or a card.
pub fn each_sealed(
    reader: &mut Reader,
    mut each: impl FnMut([u8; 16], &[u8]) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut after = Bytes16([0; 16]);
    loop {
        let page: Vec<(Bytes16, Vec<u8>)> = sealed_details::table
            .filter(sealed_details::subject.gt(after))
            .order(sealed_details::subject)
            .limit(PAGE_ROWS)
            .load(&mut reader.0)?;
        let Some((last, _)) = page.last() else {
            return Ok(());
        };
        after = *last;
        page.iter()
            .try_for_each(|(subject, sealed)| each(subject.0, sealed))?;
    }
}

fn digest_from(bytes: Vec<u8>) -> Result<Digest, StoreError> {
    bytes
        .try_into()
        .map(Digest)
        .map_err(|_| StoreError::Corrupt("a digest has not 32 bytes".into()))
}
