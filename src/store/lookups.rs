//! Who was shown whom. Written behind the answers; never in the ledger, as nothing changes by it.

use diesel::prelude::*;

use super::backend::{ROWS_PER_INSERT, both};
use super::columns::Bytes16;
use super::conn::{Reader, Writer};
use super::error::StoreError;
use super::schema::{lookup_workers, lookups};
use crate::domain::ids::{LookupId, MemberId, WorkerId};
use crate::domain::lookup::{Lookup, What};
use crate::domain::time::Timestamp;

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = lookups)]
struct LookupRow {
    id: Bytes16,
    at: i64,
    client: Bytes16,
    person: Option<Bytes16>,
    member: Bytes16,
    what: i16,
    worker: Option<Bytes16>,
    hits: i32,
    unusual: bool,
}

impl From<&Lookup> for LookupRow {
    fn from(lookup: &Lookup) -> Self {
        Self {
            id: lookup.id.into(),
            at: lookup.at.as_ms(),
            client: lookup.client.into(),
            person: lookup.person.map(Into::into),
            member: lookup.member.into(),
            what: lookup.what.number().into(),
            worker: lookup.worker.map(Into::into),
            hits: i32::try_from(lookup.hits).unwrap_or(i32::MAX),
            unusual: lookup.unusual,
        }
    }
}

impl TryFrom<LookupRow> for Lookup {
    type Error = StoreError;

    fn try_from(row: LookupRow) -> Result<Self, StoreError> {
        let what = u8::try_from(row.what).ok().and_then(What::from_number);
        Ok(Self {
            id: row.id.id(),
            at: Timestamp::from_ms(row.at),
            client: row.client.id(),
            person: row.person.map(Bytes16::id),
            member: row.member.id(),
            what: what.ok_or_else(|| {
                StoreError::Corrupt(format!("kind {} of a look-up is not known", row.what))
            })?,
            worker: row.worker.map(Bytes16::id),
            hits: row.hits.unsigned_abs(),
            unusual: row.unusual,
        })
    }
}

/// Somebody who was shown.
#[derive(Insertable)]
#[diesel(table_name = lookup_workers)]
struct ShownRow {
    worker: Bytes16,
    lookup: Bytes16,
}

/// Writes look-ups, and who was shown in which.
pub fn write(
    writer: &mut Writer,
    lines: &[Lookup],
    shown: &[(LookupId, WorkerId)],
) -> Result<(), StoreError> {
    let rows: Vec<LookupRow> = lines.iter().map(Into::into).collect();
    let shown: Vec<ShownRow> = shown
        .iter()
        .map(|&(lookup, worker)| ShownRow {
            worker: worker.into(),
            lookup: lookup.into(),
        })
        .collect();
    for chunk in rows.chunks(ROWS_PER_INSERT) {
        both!(&mut writer.0, |inner| diesel::insert_into(lookups::table)
            .values(chunk)
            .execute(inner))?;
    }
    for chunk in shown.chunks(ROWS_PER_INSERT) {
        both!(&mut writer.0, |inner| diesel::insert_into(
            lookup_workers::table
        )
        .values(chunk)
        .execute(inner))?;
    }
    Ok(())
}

/// A member's look-ups, newest first, before `before`, at most `limit`.
pub fn list(
    reader: &mut Reader,
    member: MemberId,
    before: Option<LookupId>,
    limit: usize,
) -> Result<Vec<Lookup>, StoreError> {
    let before = before.map_or(Bytes16([255; 16]), Bytes16::from);
    let rows: Vec<LookupRow> = lookups::table
        .filter(lookups::member.eq(Bytes16::from(member)))
        .filter(lookups::id.lt(before))
        .order(lookups::id.desc())
        .limit(limit as i64)
        .load(&mut reader.0)?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// The look-ups in which a worker was shown, at whichever member, newest first, at most `limit`.
pub fn of_worker(
    reader: &mut Reader,
    worker: WorkerId,
    limit: usize,
) -> Result<Vec<Lookup>, StoreError> {
    let rows: Vec<LookupRow> = lookups::table
        .inner_join(lookup_workers::table.on(lookup_workers::lookup.eq(lookups::id)))
        .filter(lookup_workers::worker.eq(Bytes16::from(worker)))
        .select(LookupRow::as_select())
        .order(lookups::id.desc())
        .limit(limit as i64)
        .load(&mut reader.0)?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// Forgets the oldest look-ups noted before this moment: a bounded number of them. Whether there may be more.
pub fn forget(writer: &mut Writer, before: Timestamp) -> Result<bool, StoreError> {
    let before = Bytes16::from(LookupId::first_at(before));
    let last: Option<Bytes16> = lookups::table
        .filter(lookups::id.lt(before))
        .order(lookups::id)
        .select(lookups::id)
        .offset(FORGOTTEN_AT_ONCE - 1)
        .first(&mut writer.0)
        .optional()?;
    let upto = last.unwrap_or(before);
    diesel::delete(lookup_workers::table.filter(lookup_workers::lookup.le(upto)))
        .execute(&mut writer.0)?;
    diesel::delete(lookups::table.filter(lookups::id.le(upto))).execute(&mut writer.0)?;
    Ok(last.is_some())
}

/// How many look-ups are forgotten in one transaction, so that forgetting does not hold up changes. Each may have shown as many
/// as a page has; the few files met more.
const FORGOTTEN_AT_ONCE: i64 = 200;
