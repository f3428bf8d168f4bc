//! By which keyed hashes of employers' names engagements are found, and those of their staff numbers. Beside the ledger: what is
//! in it stays, and these must go with a person.

use std::collections::BTreeSet;

use diesel::prelude::*;

use super::columns::{Bytes16, version, versions};
use super::conn::{Reader, Writer};
use super::error::StoreError;
use super::schema::{employer_names, engagement_employers, engagements, staff_numbers};
use super::tables::Pending;
use crate::domain::ids::{EngagementId, WorkerId};
use crate::domain::worker::Engagement;

#[derive(Queryable, Insertable, Debug, Clone)]
#[diesel(table_name = engagement_employers)]
pub(super) struct EmployerRow {
    employer_key: Bytes16,
    engagement: Bytes16,
    key_version: i32,
}

#[derive(Queryable, Insertable, Debug, Clone)]
#[diesel(table_name = employer_names)]
pub(super) struct EmployerNameRow {
    name_key: Bytes16,
    worker: Bytes16,
    engagement: Bytes16,
    key_version: i32,
}

#[derive(Insertable)]
#[diesel(table_name = staff_numbers)]
pub(super) struct StaffNumberRow {
    staff_key: Bytes16,
    engagement: Bytes16,
    worker: Bytes16,
    key_version: i32,
}

/// What an engagement is found by, as hashed with one version of the blind-index key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundBy {
    /// That version.
    pub version: u16,
    /// Of the employer's whole name.
    pub employer: [u8; 16],
    /// Of how it begins.
    pub names: Vec<[u8; 16]>,
    /// Of the staff number, where there is one.
    pub staff_number: Option<[u8; 16]>,
}

impl Pending {
    /// Keeps what an engagement is found by.
    pub fn engagement_found_by(&mut self, engagement: &Engagement, found_by: &FoundBy) {
        let (id, worker) = (engagement.id, engagement.worker);
        self.employer_names(id, worker, found_by);
        self.engagement_employers.push(EmployerRow {
            employer_key: Bytes16(found_by.employer),
            engagement: id.into(),
            key_version: found_by.version.into(),
        });
        let number = found_by.staff_number.map(|staff_key| StaffNumberRow {
            staff_key: Bytes16(staff_key),
            engagement: id.into(),
            worker: worker.into(),
            key_version: found_by.version.into(),
        });
        self.staff_numbers.extend(number);
    }

    /// Keeps what an engagement is searched by.
    pub fn employer_names(
        &mut self,
        engagement: EngagementId,
        worker: WorkerId,
        found_by: &FoundBy,
    ) {
        let rows = found_by.names.iter().map(|&key| EmployerNameRow {
            name_key: Bytes16(key),
            worker: worker.into(),
            engagement: engagement.into(),
            key_version: found_by.version.into(),
        });
        self.employer_names.extend(rows);
    }
}

/// Puts what an engagement is found by in the place of what it was found by under the version `former` of the blind-index key.
/// Whether it was: then what it is searched by is gone, and is to be kept anew.
pub fn found_anew(
    writer: &mut Writer,
    engagement: EngagementId,
    former: u16,
    found_by: &FoundBy,
) -> Result<bool, StoreError> {
    let id = Bytes16::from(engagement);
    let active = i32::from(found_by.version);
    let row = engagement_employers::table
        .find(id)
        .filter(engagement_employers::key_version.eq(i32::from(former)));
    let changed = diesel::update(row)
        .set((
            engagement_employers::employer_key.eq(Bytes16(found_by.employer)),
            engagement_employers::key_version.eq(active),
        ))
        .execute(&mut writer.0)?;
    if changed == 0 {
        return Ok(false);
    }
    let names = employer_names::table.filter(employer_names::engagement.eq(id));
    diesel::delete(names).execute(&mut writer.0)?;
    if let Some(staff_key) = found_by.staff_number {
        let row = staff_numbers::table.filter(staff_numbers::engagement.eq(id));
        diesel::update(row)
            .set((
                staff_numbers::staff_key.eq(Bytes16(staff_key)),
                staff_numbers::key_version.eq(active),
            ))
            .execute(&mut writer.0)?;
    }
    Ok(true)
}

/// Forgets what these engagements were found by.
pub fn forget(writer: &mut Writer, engagements: &[EngagementId]) -> Result<(), StoreError> {
    for chunk in engagements.chunks(500) {
        let ids: Vec<Bytes16> = chunk.iter().map(|&id| id.into()).collect();
        let employers = engagement_employers::table;
        let employers = employers.filter(engagement_employers::engagement.eq_any(ids.clone()));
        diesel::delete(employers).execute(&mut writer.0)?;
        let names = employer_names::table;
        let names = names.filter(employer_names::engagement.eq_any(ids.clone()));
        diesel::delete(names).execute(&mut writer.0)?;
        let numbers = staff_numbers::table.filter(staff_numbers::engagement.eq_any(ids));
        diesel::delete(numbers).execute(&mut writer.0)?;
    }
    Ok(())
}

/// The engagements that are found by any of these hashes of an employer's name and are not over, each with its worker, in the
/// order they began, at most so many.
pub fn engaged(
    reader: &mut Reader,
    employer_keys: &[[u8; 16]],
    limit: usize,
) -> Result<Vec<(WorkerId, EngagementId)>, StoreError> {
    let keys: Vec<Bytes16> = employer_keys.iter().copied().map(Bytes16).collect();
    let rows: Vec<(Bytes16, Bytes16)> = engagement_employers::table
        .inner_join(engagements::table.on(engagements::id.eq(engagement_employers::engagement)))
        .select((engagements::worker, engagements::id))
        .filter(engagement_employers::employer_key.eq_any(keys))
        .filter(engagements::ended.eq(false))
        .order(engagements::id)
        .limit(limit as i64)
        .load(&mut reader.0)?;
    let rows = rows.into_iter();
    Ok(rows.map(|(worker, id)| (worker.id(), id.id())).collect())
}

/// Who has an engagement that is not over and is found by any of these hashes of how an employer's name begins, after `after`,
/// at most so many. Each is asked by itself: see [`names`](super::names::find).
pub fn workers_by_name(
    reader: &mut Reader,
    keys: &[[u8; 16]],
    after: Option<WorkerId>,
    limit: usize,
) -> Result<Vec<WorkerId>, StoreError> {
    let after = after.map_or(Bytes16([0; 16]), Bytes16::from);
    let mut all = BTreeSet::new();
    for &key in keys {
        let found: Vec<Bytes16> = employer_names::table
            .inner_join(engagements::table.on(engagements::id.eq(employer_names::engagement)))
            .select(employer_names::worker)
            .filter(employer_names::name_key.eq(Bytes16(key)))
            .filter(employer_names::worker.gt(after))
            .filter(engagements::ended.eq(false))
            .distinct()
            .order(employer_names::worker)
            .limit(limit as i64)
            .load(&mut reader.0)?;
        all.extend(found.into_iter().map(Bytes16::id));
    }
    Ok(all.into_iter().take(limit).collect())
}

/// The engagements of these workers that are not over and are found by any of these hashes of how an employer's name begins,
/// each with its worker, at most so many.
pub fn by_name(
    reader: &mut Reader,
    keys: &[[u8; 16]],
    workers: &[WorkerId],
    limit: usize,
) -> Result<Vec<(WorkerId, EngagementId)>, StoreError> {
    let keys: Vec<Bytes16> = keys.iter().copied().map(Bytes16).collect();
    let workers: Vec<Bytes16> = workers.iter().map(|&id| id.into()).collect();
    let rows: Vec<(Bytes16, Bytes16)> = employer_names::table
        .inner_join(engagements::table.on(engagements::id.eq(employer_names::engagement)))
        .select((employer_names::worker, employer_names::engagement))
        .filter(employer_names::name_key.eq_any(keys))
        .filter(employer_names::worker.eq_any(workers))
        .filter(engagements::ended.eq(false))
        .limit(limit as i64)
        .load(&mut reader.0)?;
    let rows = rows.into_iter();
    Ok(rows.map(|(worker, id)| (worker.id(), id.id())).collect())
}

/// Some engagements, after `after`, that are found under this version of the blind-index key.
pub fn under(
    reader: &mut Reader,
    version: u16,
    after: Option<EngagementId>,
    limit: usize,
) -> Result<Vec<EngagementId>, StoreError> {
    let after = after.map_or(Bytes16([0; 16]), Bytes16::from);
    let found: Vec<Bytes16> = engagement_employers::table
        .select(engagement_employers::engagement)
        .filter(engagement_employers::key_version.eq(i32::from(version)))
        .filter(engagement_employers::engagement.gt(after))
        .order(engagement_employers::engagement)
        .limit(limit as i64)
        .load(&mut reader.0)?;
    Ok(found.into_iter().map(Bytes16::id).collect())
}

/// How many there are under each version of the blind-index key.
pub fn by_version(reader: &mut Reader) -> Result<Vec<(u16, u64)>, StoreError> {
    let rows: Vec<(i32, i64)> = engagement_employers::table
        .group_by(engagement_employers::key_version)
        .select((engagement_employers::key_version, diesel::dsl::count_star()))
        .load(&mut reader.0)?;
    versions(rows)
}

/// Rows read at once.
const PAGE_ROWS: i64 = 20_000;

/// Hands every one to `each`: the keyed hash, of which engagement, and under which version of the blind-index key.
pub fn each(
    reader: &mut Reader,
    mut each: impl FnMut([u8; 16], EngagementId, u16) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut after = Bytes16([0; 16]);
    loop {
        let page: Vec<EmployerRow> = engagement_employers::table
            .filter(engagement_employers::engagement.gt(after))
            .order(engagement_employers::engagement)
            .limit(PAGE_ROWS)
            .load(&mut reader.0)?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = last.engagement;
        page.into_iter().try_for_each(|row| {
            let version = version(row.key_version)?;
            each(row.employer_key.0, row.engagement.id(), version)
        })?;
    }
}

/// Hands every hash of how an employer's name begins to `each`: it, of which worker and engagement, and under which version of
/// the blind-index key.
pub fn each_name(
    reader: &mut Reader,
    mut each: impl FnMut([u8; 16], WorkerId, EngagementId, u16) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut after: Option<EmployerNameRow> = None;
    loop {
        let mut query = employer_names::table
            .order((
                employer_names::name_key,
                employer_names::worker,
                employer_names::engagement,
            ))
            .limit(PAGE_ROWS)
            .into_boxed();
        if let Some(after) = after {
            let (key, worker) = (employer_names::name_key, employer_names::worker);
            let later = employer_names::engagement.gt(after.engagement);
            let later = worker
                .gt(after.worker)
                .or(worker.eq(after.worker).and(later));
            let later = key.gt(after.name_key).or(key.eq(after.name_key).and(later));
            query = query.filter(later);
        }
        let page: Vec<EmployerNameRow> = query.load(&mut reader.0)?;
        after = page.last().cloned();
        if after.is_none() {
            return Ok(());
        }
        page.into_iter().try_for_each(|row| {
            let version = version(row.key_version)?;
            each(
                row.name_key.0,
                row.worker.id(),
                row.engagement.id(),
                version,
            )
        })?;
    }
}
