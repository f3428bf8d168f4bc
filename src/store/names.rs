//! By which keyed hashes of names workers are found. Beside the ledger: what is in it stays, and these must go with a person.

use std::collections::BTreeSet;

use diesel::prelude::*;

use super::columns::{Bytes16, version, versions};
use super::conn::{Reader, Writer};
use super::error::StoreError;
use super::schema::worker_names;
use super::tables::Pending;
use crate::domain::ids::WorkerId;

#[derive(Queryable, Insertable, Debug, Clone)]
#[diesel(table_name = worker_names)]
pub(super) struct WorkerNameRow {
    name_key: Bytes16,
    worker: Bytes16,
    key_version: i32,
}

impl Pending {
    /// Keeps what a worker is found by, under this version of the blind-index key.
    pub fn names(
        &mut self,
        worker: WorkerId,
        version: u16,
        keys: impl IntoIterator<Item = [u8; 16]>,
    ) {
        let rows = keys.into_iter().map(|key| WorkerNameRow {
            name_key: Bytes16(key),
            worker: worker.into(),
            key_version: version.into(),
        });
        self.worker_names.extend(rows);
    }
}

/// Forgets what a worker was found by.
pub fn forget(writer: &mut Writer, worker: WorkerId) -> Result<(), StoreError> {
    let of_worker = worker_names::worker.eq(Bytes16::from(worker));
    diesel::delete(worker_names::table.filter(of_worker)).execute(&mut writer.0)?;
    Ok(())
}

/// Forgets what a worker was found by under this version of the blind-index key. Whether there was anything.
pub fn forget_under(
    writer: &mut Writer,
    worker: WorkerId,
    version: u16,
) -> Result<bool, StoreError> {
    let rows = worker_names::table
        .filter(worker_names::worker.eq(Bytes16::from(worker)))
        .filter(worker_names::key_version.eq(i32::from(version)));
    Ok(diesel::delete(rows).execute(&mut writer.0)? > 0)
}

/// Some workers, after `after`, who are found under this version of the blind-index key.
pub fn under(
    reader: &mut Reader,
    version: u16,
    after: Option<WorkerId>,
    limit: usize,
) -> Result<Vec<WorkerId>, StoreError> {
    let after = after.map_or(Bytes16([0; 16]), Bytes16::from);
    let found: Vec<Bytes16> = worker_names::table
        .select(worker_names::worker)
        .filter(worker_names::key_version.eq(i32::from(version)))
        .filter(worker_names::worker.gt(after))
        .distinct()
        .order(worker_names::worker)
        .limit(limit as i64)
        .load(&mut reader.0)?;
    Ok(found.into_iter().map(Bytes16::id).collect())
}

/// How many there are under each version of the blind-index key.
pub fn by_version(reader: &mut Reader) -> Result<Vec<(u16, u64)>, StoreError> {
    let rows: Vec<(i32, i64)> = worker_names::table
        .group_by(worker_names::key_version)
        .select((worker_names::key_version, diesel::dsl::count_star()))
        .load(&mut reader.0)?;
    versions(rows)
}

/// Who is found by any of these, after `after`, at most so many. Each is asked by itself, as the rows of one hash lie in the
/// order of workers and those of two together do not.
pub fn find(
    reader: &mut Reader,
    keys: &[[u8; 16]],
    after: Option<WorkerId>,
    limit: usize,
) -> Result<Vec<WorkerId>, StoreError> {
    let after = after.map_or(Bytes16([0; 16]), Bytes16::from);
    let mut all = BTreeSet::new();
    for &key in keys {
        let found: Vec<Bytes16> = worker_names::table
            .select(worker_names::worker)
            .filter(worker_names::name_key.eq(Bytes16(key)))
            .filter(worker_names::worker.gt(after))
            .order(worker_names::worker)
            .limit(limit as i64)
            .load(&mut reader.0)?;
        all.extend(found.into_iter().map(Bytes16::id));
    }
    Ok(all.into_iter().take(limit).collect())
}

/// Rows read at once.
const PAGE_ROWS: i64 = 20_000;

/// Hands every one to `each`: what is found by, who, and under which version of the blind-index key.
pub fn each(
    reader: &mut Reader,
    mut each: impl FnMut([u8; 16], WorkerId, u16) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut after: Option<WorkerNameRow> = None;
    loop {
        let mut query = worker_names::table
            .order((worker_names::name_key, worker_names::worker))
            .limit(PAGE_ROWS)
            .into_boxed();
        if let Some(WorkerNameRow {
            name_key, worker, ..
        }) = after
        {
            query = query.filter(
                worker_names::name_key
                    .gt(name_key)
                    .or(worker_names::name_key
                        .eq(name_key)
                        .and(worker_names::worker.gt(worker))),
            );
        }
        let page: Vec<WorkerNameRow> = query.load(&mut reader.0)?;
        after = page.last().cloned();
        if after.is_none() {
            return Ok(());
        }
        page.into_iter()
            .try_for_each(|row| each(row.name_key.0, row.worker.id(), version(row.key_version)?))?;
    }
}
