//! Who was shown whom. Written behind the answers; never in the ledger, as nothing changes by it.

use diesel::prelude::*;

use super::backend::{ROWS_PER_INSERT, both};
use super::columns::Bytes16;
use super::conn::{Reader, Writer};
use super::error::StoreError;
use super::schema::lookups;
use crate::domain::ids::{LookupId, MemberId};
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

/// Writes look-ups.
pub fn write(writer: &mut Writer, lookups: &[Lookup]) -> Result<(), StoreError> {
    let rows: Vec<LookupRow> = lookups.iter().map(LookupRow::from).collect();
    for chunk in rows.chunks(ROWS_PER_INSERT) {
        both!(&mut writer.0, |inner| diesel::insert_into(lookups::table)
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
