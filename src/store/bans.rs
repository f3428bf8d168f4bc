//! Port bans, where they stand, and whom they are about.

use std::collections::BTreeSet;

use diesel::prelude::*;

use super::columns::Bytes16;
use super::conn::{Reader, Writer};
use super::error::StoreError;
use super::schema::{ban_documents, ban_workers, bans};
use crate::domain::ban::{Ban, Change, State};
use crate::domain::digest::Digest;
use crate::domain::document::DocumentKey;
use crate::domain::ids::{BanId, WorkerId};
use crate::domain::screening::Reference;
use crate::domain::time::Timestamp;
use crate::ledger::entry::Entry;
use crate::ledger::fold::BanStep;
use crate::ledger::replay::Mirrored;

#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = bans)]
struct BanRow {
    id: Bytes16,
    reference: String,
    document_digest: Option<Vec<u8>>,
    starts_at: i64,
    ends_at: i64,
    state: i16,
    since: i64,
    version: i64,
}

#[derive(Queryable, Insertable, Debug, Clone)]
#[diesel(table_name = ban_workers)]
struct BanWorkerRow {
    ban: Bytes16,
    worker: Bytes16,
}

impl BanRow {
    fn of(mirrored: &Mirrored) -> Self {
        let ban = &mirrored.ban;
        Self {
            id: ban.id.into(),
            reference: ban.reference.as_str().to_owned(),
            document_digest: ban.document.map(|digest| digest.0.to_vec()),
            starts_at: ban.starts_at.as_ms(),
            ends_at: ban.ends_at.as_ms(),
            state: number(mirrored.state),
            since: mirrored.since.as_ms(),
            version: mirrored.version as i64,
        }
    }
}

impl TryFrom<BanRow> for Mirrored {
    type Error = StoreError;

    fn try_from(row: BanRow) -> Result<Self, StoreError> {
        let corrupt = |what: &str| StoreError::Corrupt(format!("a ban's {what} cannot be read"));
        let state = u8::try_from(row.state).ok().and_then(State::from_number);
        Ok(Self {
            ban: Ban {
                id: row.id.id(),
                reference: row.reference.parse().map_err(|_| corrupt("reference"))?,
                document: row
                    .document_digest
                    .map(|digest| digest.try_into().map(Digest))
                    .transpose()
                    .map_err(|_| corrupt("document"))?,
                starts_at: Timestamp::from_ms(row.starts_at),
                ends_at: Timestamp::from_ms(row.ends_at),
            },
            state: state.ok_or_else(|| corrupt("state"))?,
            since: Timestamp::from_ms(row.since),
            version: row.version as u64,
        })
    }
}

fn number(state: State) -> i16 {
    state.number().into()
}

/// One ban.
pub fn find(reader: &mut Reader, id: BanId) -> Result<Option<Mirrored>, StoreError> {
    let row: Option<BanRow> = bans::table
        .find(Bytes16::from(id))
        .first(&mut reader.0)
        .optional()?;
    row.map(Mirrored::try_from).transpose()
}

/// The bans after `after`, at most `limit`, in the order they were mirrored; in one state only, if one is named.
pub fn list(
    reader: &mut Reader,
    state: Option<State>,
    after: Option<BanId>,
    limit: usize,
) -> Result<Vec<Mirrored>, StoreError> {
    let after = after.map_or(Bytes16([0; 16]), Bytes16::from);
    let mut query = bans::table
        .filter(bans::id.gt(after))
        .order(bans::id)
        .limit(limit as i64)
        .into_boxed();
    if let Some(state) = state {
        query = query.filter(bans::state.eq(number(state)));
    }
    many(query.load(&mut reader.0)?)
}

/// The bans with one of these references, of which there are few, that have not ended; each with what its document is found
/// by, where a document names the person.
pub fn with_references(
    reader: &mut Reader,
    references: &[&Reference],
) -> Result<Vec<(Mirrored, Option<DocumentKey>)>, StoreError> {
    let references: Vec<&str> = references.iter().map(|one| one.as_str()).collect();
    let rows: Vec<(BanRow, Option<Bytes16>)> = bans::table
        .left_join(ban_documents::table.on(ban_documents::ban.eq(bans::id)))
        .select((BanRow::as_select(), ban_documents::document_key.nullable()))
        .filter(bans::reference.eq_any(references))
        .filter(bans::state.ne(number(State::Ended)))
        .order(bans::id)
        .load(&mut reader.0)?;
    rows.into_iter()
        .map(|(row, key)| Ok((row.try_into()?, key.map(|key| DocumentKey(key.0)))))
        .collect()
}

/// The bans that have not ended of whoever bears one of these documents.
pub fn by_documents(
    reader: &mut Reader,
    documents: &[DocumentKey],
) -> Result<Vec<Mirrored>, StoreError> {
    let keys: Vec<Bytes16> = documents.iter().copied().map(Into::into).collect();
    many(
        bans::table
            .inner_join(ban_documents::table.on(ban_documents::ban.eq(bans::id)))
            .select(BanRow::as_select())
            .filter(ban_documents::document_key.eq_any(keys))
            .filter(bans::state.ne(number(State::Ended)))
            .order(bans::id)
            .load(&mut reader.0)?,
    )
}

/// Keeps the document that names whom a ban is about, sealed, and what it is found by.
pub fn keep_document(
    writer: &mut Writer,
    ban: BanId,
    key: DocumentKey,
    sealed: Vec<u8>,
) -> Result<(), StoreError> {
    diesel::insert_into(ban_documents::table)
        .values((
            ban_documents::ban.eq(Bytes16::from(ban)),
            ban_documents::document_key.eq(Bytes16::from(key)),
            ban_documents::sealed.eq(sealed),
        ))
        .execute(&mut writer.0)?;
    Ok(())
}

/// What the document of a ban is found by, where there is one.
pub fn document_of(reader: &mut Reader, ban: BanId) -> Result<Option<DocumentKey>, StoreError> {
    let key: Option<Bytes16> = ban_documents::table
        .find(Bytes16::from(ban))
        .select(ban_documents::document_key)
        .first(&mut reader.0)
        .optional()?;
    Ok(key.map(|key| DocumentKey(key.0)))
}

/// Forgets the document of a ban.
pub fn forget_document(writer: &mut Writer, ban: BanId) -> Result<(), StoreError> {
    diesel::delete(ban_documents::table.find(Bytes16::from(ban))).execute(&mut writer.0)?;
    Ok(())
}

/// Up to `limit` bans older than `before` that were asked for and never came to be, whose documents are still kept.
pub fn never_mirrored(
    reader: &mut Reader,
    before: BanId,
    limit: usize,
) -> Result<Vec<BanId>, StoreError> {
    let rows: Vec<Bytes16> = ban_documents::table
        .left_join(bans::table.on(bans::id.eq(ban_documents::ban)))
        .select(ban_documents::ban)
        .filter(bans::id.nullable().is_null())
        .filter(ban_documents::ban.lt(Bytes16::from(before)))
        .order(ban_documents::ban)
        .limit(limit as i64)
        .load(&mut reader.0)?;
    Ok(rows.into_iter().map(Bytes16::id).collect())
}

/// Up to `limit` bans whose term has begun or ended by `now`, and that still stand as before.
pub fn due(reader: &mut Reader, now: Timestamp, limit: usize) -> Result<Vec<Mirrored>, StoreError> {
    let begun = bans::state
        .eq(number(State::Upcoming))
        .and(bans::starts_at.le(now.as_ms()));
    let over = bans::state
        .eq(number(State::Standing))
        .and(bans::ends_at.le(now.as_ms()));
    let mut due: Vec<BanRow> = bans::table
        .filter(over)
        .order(bans::id)
        .limit(limit as i64)
        .load(&mut reader.0)?;
    let room = limit - due.len();
    due.extend(
        bans::table
            .filter(begun)
            .order(bans::id)
            .limit(room as i64)
            .load::<BanRow>(&mut reader.0)?,
    );
    many(due)
}

fn many(rows: Vec<BanRow>) -> Result<Vec<Mirrored>, StoreError> {
    rows.into_iter().map(TryInto::try_into).collect()
}

/// The bans that are about a worker, whatever became of them, at most `limit`, in the order they were mirrored.
pub fn of_worker(
    reader: &mut Reader,
    worker: WorkerId,
    limit: usize,
) -> Result<Vec<Mirrored>, StoreError> {
    many(
        bans::table
            .inner_join(ban_workers::table.on(ban_workers::ban.eq(bans::id)))
            .select(BanRow::as_select())
            .filter(ban_workers::worker.eq(Bytes16::from(worker)))
            .order(bans::id)
            .limit(limit as i64)
            .load(&mut reader.0)?,
    )
}

/// Whom a ban is about: the records that it was found to be of.
pub fn workers_of(reader: &mut Reader, ban: BanId) -> Result<Vec<WorkerId>, StoreError> {
    let rows: Vec<Bytes16> = ban_workers::table
        .select(ban_workers::worker)
        .filter(ban_workers::ban.eq(Bytes16::from(ban)))
        .order(ban_workers::worker)
        .load(&mut reader.0)?;
    Ok(rows.into_iter().map(Bytes16::id).collect())
}

/// Which of these workers a ban stands against, by their own record alone.
pub fn standing_against(
    reader: &mut Reader,
    workers: &[WorkerId],
) -> Result<BTreeSet<WorkerId>, StoreError> {
    let mut found = BTreeSet::new();
    for chunk in workers.chunks(500) {
        let ids: Vec<Bytes16> = chunk.iter().map(|&id| id.into()).collect();
        let banned: Vec<Bytes16> = ban_workers::table
            .inner_join(bans::table.on(bans::id.eq(ban_workers::ban)))
            .select(ban_workers::worker)
            .filter(ban_workers::worker.eq_any(ids))
            .filter(bans::state.eq(number(State::Standing)))
            .load(&mut reader.0)?;
        found.extend(banned.into_iter().map(Bytes16::id));
    }
    Ok(found)
}

/// Whether a ban stands against this worker or is to begin, by their own record alone.
pub fn any_against(reader: &mut Reader, worker: WorkerId) -> Result<bool, StoreError> {
    let found: Option<Bytes16> = ban_workers::table
        .inner_join(bans::table.on(bans::id.eq(ban_workers::ban)))
        .select(ban_workers::ban)
        .filter(ban_workers::worker.eq(Bytes16::from(worker)))
        .filter(bans::state.ne(number(State::Ended)))
        .first(&mut reader.0)
        .optional()?;
    Ok(found.is_some())
}

/// Writes a step about a ban.
pub(super) fn step(
    writer: &mut Writer,
    entry: &Entry,
    step: BanStep<'_>,
) -> Result<(), StoreError> {
    let written = match step {
        BanStep::Mirrored(ban) => diesel::insert_into(bans::table)
            .values(BanRow::of(&Mirrored::of(entry, ban)))
            .execute(&mut writer.0)?,
        BanStep::Found(ban, worker) => {
            let mirrored = find(writer, ban)?.ok_or(StoreError::Guard)?;
            if mirrored.state == State::Ended {
                return Err(StoreError::Guard);
            }
            let row = BanWorkerRow {
                ban: ban.into(),
                worker: worker.into(),
            };
            diesel::insert_into(ban_workers::table)
                .values(row)
                .execute(&mut writer.0)?
        }
        BanStep::Moved(ban, change) => moved(writer, entry, ban, change)?,
    };
    (written == 1).then_some(()).ok_or(StoreError::Guard)
}

fn moved(
    writer: &mut Writer,
    entry: &Entry,
    id: BanId,
    change: Change,
) -> Result<usize, StoreError> {
    let mirrored = find(writer, id)?.ok_or(StoreError::Guard)?;
    let moved = mirrored
        .moved(entry, change)
        .map_err(|_| StoreError::Guard)?;
    let row = BanRow::of(&moved);
    // Only from the state in which it was just read, whoever else may have moved it since.
    let read = bans::table
        .find(Bytes16::from(id))
        .filter(bans::version.eq(mirrored.version as i64));
    Ok(diesel::update(read)
        .set((
            bans::state.eq(row.state),
            bans::since.eq(row.since),
            bans::version.eq(row.version),
        ))
        .execute(&mut writer.0)?)
}

/// Rows read at once.
const PAGE_ROWS: i64 = 4_000;

/// Hands every ban to `each`, in the order of identifiers.
pub fn each(
    reader: &mut Reader,
    mut each: impl FnMut(Mirrored) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut after = Bytes16([0; 16]);
    loop {
        let page: Vec<BanRow> = bans::table
            .filter(bans::id.gt(after))
            .order(bans::id)
            .limit(PAGE_ROWS)
            .load(&mut reader.0)?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = last.id;
        page.into_iter().try_for_each(|row| {
            let id: BanId = row.id.id();
            each(
                row.try_into()
                    .map_err(|error: StoreError| error.about(id))?,
            )
        })?;
    }
}

/// Hands everybody whom a ban is about to `each`, with the ban.
pub fn each_worker(
    reader: &mut Reader,
    mut each: impl FnMut(BanId, WorkerId) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut after: Option<BanWorkerRow> = None;
    loop {
        let mut query = ban_workers::table
            .order((ban_workers::ban, ban_workers::worker))
            .limit(PAGE_ROWS)
            .into_boxed();
        if let Some(BanWorkerRow { ban, worker }) = after {
            let later = ban_workers::ban.eq(ban).and(ban_workers::worker.gt(worker));
            query = query.filter(ban_workers::ban.gt(ban).or(later));
        }
        let page: Vec<BanWorkerRow> = query.load(&mut reader.0)?;
        after = page.last().cloned();
        if after.is_none() {
            return Ok(());
        }
        page.into_iter()
            .try_for_each(|row| each(row.ban.id(), row.worker.id()))?;
    }
}

/// A ban, what its document is found by, and the document sealed.
type Kept = (Bytes16, Bytes16, Vec<u8>);

/// Hands the document of every ban to `each`, sealed, with what it is found by.
pub fn each_document(
    reader: &mut Reader,
    mut each: impl FnMut(BanId, DocumentKey, &[u8]) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut after = Bytes16([0; 16]);
    loop {
        let page: Vec<Kept> = ban_documents::table
            .filter(ban_documents::ban.gt(after))
            .order(ban_documents::ban)
            .limit(PAGE_ROWS)
            .load(&mut reader.0)?;
        let Some((last, ..)) = page.last() else {
            return Ok(());
        };
        after = *last;
        page.iter()
            .try_for_each(|(ban, key, sealed)| each(ban.id(), DocumentKey(key.0), sealed))?;
    }
}
