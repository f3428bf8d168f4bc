//! Which entries did something to a record after it had been made.

use diesel::prelude::*;

use super::columns::Bytes16;
use super::conn::Reader;
use super::error::StoreError;
use super::schema::moves;
use crate::domain::time::Timestamp;
use crate::ledger::entry::Entry;

/// One of them.
#[derive(Queryable, Selectable, Insertable, Debug, Clone, Copy)]
#[diesel(table_name = moves)]
pub(super) struct MoveRow {
    subject: Bytes16,
    seq: i64,
    at: i64,
}

impl MoveRow {
    pub fn of(entry: &Entry, subject: u128) -> Self {
        Self {
            subject: Bytes16(subject.to_be_bytes()),
            seq: entry.seq as i64,
            at: entry.at.as_ms(),
        }
    }
}

/// The numbers of the entries that did something to a record, given by the bits of its identifier, at most `limit`, in the order
/// of the ledger.
pub fn of(reader: &mut Reader, subject: u128, limit: usize) -> Result<Vec<u64>, StoreError> {
    let rows: Vec<i64> = moves::table
        .filter(moves::subject.eq(Bytes16(subject.to_be_bytes())))
        .order(moves::seq)
        .select(moves::seq)
        .limit(limit as i64)
        .load(&mut reader.0)?;
    Ok(rows.into_iter().map(|seq| seq as u64).collect())
}

const PAGE_ROWS: i64 = 20_000;

/// Hands every one of them to `each`: to which record, by which entry, when.
pub fn each(
    reader: &mut Reader,
    mut each: impl FnMut(u128, u64, Timestamp) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut after: Option<MoveRow> = None;
    loop {
        let mut query = moves::table
            .order((moves::subject, moves::seq))
            .limit(PAGE_ROWS)
            .into_boxed();
        if let Some(last) = after {
            query = query.filter(
                moves::subject
                    .gt(last.subject)
                    .or(moves::subject.eq(last.subject).and(moves::seq.gt(last.seq))),
            );
        }
        let page: Vec<MoveRow> = query.load(&mut reader.0)?;
        let Some(&last) = page.last() else {
            return Ok(());
        };
        after = Some(last);
        page.into_iter().try_for_each(|row| {
            let subject = u128::from_be_bytes(row.subject.0);
            each(subject, row.seq as u64, Timestamp::from_ms(row.at))
        })?;
    }
}
