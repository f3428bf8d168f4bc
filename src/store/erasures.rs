//! Erasures, and destroying what they destroy.

use diesel::prelude::*;

use super::columns::Bytes16;
use super::conn::{Reader, Writer};
use super::error::StoreError;
use super::schema::{
    badge_cards, credentials, engagement_employers, engagements, erasures, sealed_details,
    staff_numbers, worker_keys,
};
use super::{documents, names};
use crate::domain::erasure::{Erasure, State};
use crate::domain::ids::{ErasureId, MemberId, WorkerId};
use crate::domain::time::Timestamp;
use crate::ledger::replay::Erasing;

#[derive(Queryable, Insertable)]
#[diesel(table_name = erasures)]
struct ErasureRow {
    id: Bytes16,
    worker: Bytes16,
    member: Bytes16,
    due_at: i64,
    state: i16,
    since: i64,
    version: i64,
}

impl From<&Erasing> for ErasureRow {
    fn from(erasing: &Erasing) -> Self {
        let erasure = &erasing.erasure;
        Self {
            id: erasure.id.into(),
            worker: erasure.worker.into(),
            member: erasure.member.into(),
            due_at: erasure.due_at.as_ms(),
            state: number(erasing.state),
            since: erasing.since.as_ms(),
            version: erasing.version as i64,
        }
    }
}

impl TryFrom<ErasureRow> for Erasing {
    type Error = StoreError;

    fn try_from(row: ErasureRow) -> Result<Self, StoreError> {
        let state = u8::try_from(row.state).ok().and_then(State::from_number);
        Ok(Self {
            erasure: Erasure {
                id: row.id.id(),
                worker: row.worker.id(),
                member: row.member.id(),
                due_at: Timestamp::from_ms(row.due_at),
            },
            state: state.ok_or_else(|| {
                StoreError::Corrupt(format!("erasure state {} is not known", row.state))
            })?,
            since: Timestamp::from_ms(row.since),
            version: row.version as u64,
        })
    }
}

fn number(state: State) -> i16 {
    state.number().into()
}

/// Adds one that was granted.
pub(super) fn add(writer: &mut Writer, erasing: &Erasing) -> Result<(), StoreError> {
    diesel::insert_into(erasures::table)
        .values(ErasureRow::from(erasing))
        .execute(&mut writer.0)?;
    Ok(())
}

/// Moves one to where `to` says that it goes from where it stands; `None` is refused.
pub(super) fn moved(
    writer: &mut Writer,
    id: ErasureId,
    to: impl FnOnce(&Erasing) -> Option<Erasing>,
) -> Result<(), StoreError> {
    let erasing = find(writer, id)?.ok_or(StoreError::Guard)?;
    let row = ErasureRow::from(&to(&erasing).ok_or(StoreError::Guard)?);
    // Only from the state in which it was just read, whoever else may have moved it since.
    let read = erasures::table
        .find(Bytes16::from(id))
        .filter(erasures::version.eq(erasing.version as i64));
    let moved = diesel::update(read)
        .set((
            erasures::state.eq(row.state),
            erasures::since.eq(row.since),
            erasures::version.eq(row.version),
        ))
        .execute(&mut writer.0)?;
    (moved == 1).then_some(()).ok_or(StoreError::Guard)
}

/// One erasure.
pub fn find(reader: &mut Reader, id: ErasureId) -> Result<Option<Erasing>, StoreError> {
    let row: Option<ErasureRow> = erasures::table
        .find(Bytes16::from(id))
        .first(&mut reader.0)
        .optional()?;
    row.map(TryInto::try_into).transpose()
}

/// Whether one waits for this worker.
pub fn waits(reader: &mut Reader, worker: WorkerId) -> Result<bool, StoreError> {
    let waiting: i64 = erasures::table
        .filter(erasures::worker.eq(Bytes16::from(worker)))
        .filter(erasures::state.eq(number(State::Waiting)))
        .count()
        .get_result(&mut reader.0)?;
    Ok(waiting > 0)
}

/// The erasures that were ever granted of a worker, at most `limit`, in that order.
pub fn of_worker(
    reader: &mut Reader,
    worker: WorkerId,
    limit: usize,
) -> Result<Vec<Erasing>, StoreError> {
    let rows: Vec<ErasureRow> = erasures::table
        .filter(erasures::worker.eq(Bytes16::from(worker)))
        .order(erasures::id)
        .limit(limit as i64)
        .load(&mut reader.0)?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// A member's erasures after `after`, at most `limit`, in the order they were granted; in one state only, if one is named.
pub fn list(
    reader: &mut Reader,
    member: MemberId,
    state: Option<State>,
    after: Option<ErasureId>,
    limit: usize,
) -> Result<Vec<Erasing>, StoreError> {
    let after = after.map_or(Bytes16([0; 16]), Bytes16::from);
    let mut query = erasures::table
        .filter(erasures::member.eq(Bytes16::from(member)))
        .filter(erasures::id.gt(after))
        .order(erasures::id)
        .limit(limit as i64)
        .into_boxed();
    if let Some(state) = state {
        query = query.filter(erasures::state.eq(number(state)));
    }
    let rows: Vec<ErasureRow> = query.load(&mut reader.0)?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// Those that wait and whose day has come by `now`.
pub fn due(reader: &mut Reader, now: Timestamp) -> Result<Vec<ErasureId>, StoreError> {
    let ids: Vec<Bytes16> = erasures::table
        .select(erasures::id)
        .filter(erasures::state.eq(number(State::Waiting)))
        .filter(erasures::due_at.le(now.as_ms()))
        .order(erasures::due_at)
        .load(&mut reader.0)?;
    Ok(ids.into_iter().map(Bytes16::id).collect())
}

/// Whether one was done at this moment or later.
pub fn done_since(reader: &mut Reader, moment: Timestamp) -> Result<bool, StoreError> {
    let done: i64 = erasures::table
        .filter(erasures::state.eq(number(State::Done)))
        .filter(erasures::since.ge(moment.as_ms()))
        .count()
        .get_result(&mut reader.0)?;
    Ok(done > 0)
}

/// Destroys all that is kept of a person: the worker's key, what was sealed under it, and what it was found by.
pub fn destroy(
    writer: &mut Writer,
    worker: WorkerId,
    staff_keys: &[[u8; 16]],
) -> Result<(), StoreError> {
    let of_worker = Bytes16::from(worker);
    let conn = &mut writer.0;
    // Overwritten with as many bytes, not deleted: see the schema.
    let key: Vec<u8> = worker_keys::table
        .find(of_worker)
        .select(worker_keys::wrapped)
        .first(conn)?;
    diesel::update(worker_keys::table.find(of_worker))
        .set(worker_keys::wrapped.eq(vec![0; key.len()]))
        .execute(conn)?;
    let mut subjects: Vec<Bytes16> = badge_cards::table
        .inner_join(credentials::table.on(credentials::id.eq(badge_cards::credential)))
        .select(badge_cards::card_key)
        .filter(credentials::worker.eq(of_worker))
        .load(conn)?;
    let of_engagements: Vec<Bytes16> = engagements::table
        .select(engagements::id)
        .filter(engagements::worker.eq(of_worker))
        .load(conn)?;
    for chunk in of_engagements.chunks(500) {
        let employers = engagement_employers::table
            .filter(engagement_employers::engagement.eq_any(chunk.to_vec()));
        diesel::delete(employers).execute(conn)?;
    }
    subjects.extend(of_engagements);
    subjects.push(of_worker);
    for chunk in subjects.chunks(500) {
        let sealed = sealed_details::table.filter(sealed_details::subject.eq_any(chunk.to_vec()));
        diesel::delete(sealed).execute(conn)?;
    }
    for chunk in staff_keys.chunks(500) {
        let keys: Vec<Bytes16> = chunk.iter().copied().map(Bytes16).collect();
        let numbers = staff_numbers::table.filter(staff_numbers::staff_key.eq_any(keys));
        diesel::delete(numbers).execute(conn)?;
    }
    names::forget(writer, worker)?;
    documents::forget(writer, worker)
}

/// Rows read at once.
const PAGE_ROWS: i64 = 4_000;

/// Hands every erasure to `each`, in the order of identifiers.
pub fn each(
    reader: &mut Reader,
    mut each: impl FnMut(Erasing) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut after = Bytes16([0; 16]);
    loop {
        let page: Vec<ErasureRow> = erasures::table
            .filter(erasures::id.gt(after))
            .order(erasures::id)
            .limit(PAGE_ROWS)
            .load(&mut reader.0)?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = last.id;
        page.into_iter().try_for_each(|row| {
            let id: ErasureId = row.id.id();
            each(
                row.try_into()
                    .map_err(|error: StoreError| error.about(id))?,
            )
        })?;
    }
}
