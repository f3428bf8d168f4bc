//! Workers and engagements.

use diesel::prelude::*;

use super::columns::Bytes16;
use super::conn::{Reader, Writer};
use super::error::StoreError;
use super::rows::{EngagementRow, WorkerRow};
use super::schema::{engagements, staff_numbers, workers};
use crate::domain::calendar::Day;
use crate::domain::digest::Digest;
use crate::domain::ids::{EngagementId, MemberId, WorkerId};
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

impl TryFrom<WorkerRow> for Versioned<Worker> {
    type Error = StoreError;

    fn try_from(row: WorkerRow) -> Result<Self, StoreError> {
        let id: WorkerId = row.id.id();
        let value = Worker {
            id,
            member: row.member.id(),
            details: digest_from(row.details_digest).map_err(|error| error.about(id))?,
        };
        Ok(Self {
            value,
            version: row.version as u64,
        })
    }
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

/// One worker. Who is erased is not there.
pub fn find(reader: &mut Reader, id: WorkerId) -> Result<Option<Versioned<Worker>>, StoreError> {
    let row: Option<WorkerRow> = workers::table
        .find(Bytes16::from(id))
        .filter(workers::erased.eq(false))
        .first(&mut reader.0)
        .optional()?;
    row.map(TryInto::try_into).transpose()
}

/// Marks a worker as erased.
pub(super) fn erased(writer: &mut Writer, id: WorkerId, seq: u64) -> Result<(), StoreError> {
    let row = workers::table.find(Bytes16::from(id));
    let changed = diesel::update(row.filter(workers::erased.eq(false)))
        .set((workers::erased.eq(true), workers::version.eq(seq as i64)))
        .execute(&mut writer.0)?;
    (changed == 1).then_some(()).ok_or(StoreError::Guard)
}

/// The workers that a member registered and who are not erased, after `after`, in the order of registration.
pub fn list(
    reader: &mut Reader,
    member: MemberId,
    after: Option<WorkerId>,
    limit: usize,
) -> Result<Vec<Versioned<Worker>>, StoreError> {
    let after = after.map_or(Bytes16([0; 16]), Bytes16::from);
    let rows: Vec<WorkerRow> = workers::table
        .filter(workers::member.eq(Bytes16::from(member)))
        .filter(workers::erased.eq(false))
        .filter(workers::id.gt(after))
        .order(workers::id)
        .limit(limit as i64)
        .load(&mut reader.0)?;
    rows.into_iter().map(TryInto::try_into).collect()
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

const PAGE_ROWS: i64 = 20_000;

/// Hands every worker to `each`, and whether they are erased.
pub fn each(
    reader: &mut Reader,
    mut each: impl FnMut(Versioned<Worker>, bool) -> Result<(), StoreError>,
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
        page.into_iter().try_for_each(|row| {
            let erased = row.erased;
            each(row.try_into()?, erased)
        })?;
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

fn digest_from(bytes: Vec<u8>) -> Result<Digest, StoreError> {
    bytes
        .try_into()
        .map(Digest)
        .map_err(|_| StoreError::Corrupt("a digest has not 32 bytes".into()))
}
