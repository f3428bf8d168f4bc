//! By which keyed hashes of employers' names engagements are found. Beside the ledger, as staff numbers are.

use diesel::prelude::*;

use super::columns::Bytes16;
use super::conn::Reader;
use super::error::StoreError;
use super::schema::{engagement_employers, engagements};
use super::tables::Pending;
use crate::domain::ids::{EngagementId, WorkerId};

#[derive(Queryable, Insertable, Debug, Clone)]
#[diesel(table_name = engagement_employers)]
pub(super) struct EmployerRow {
    employer_key: Bytes16,
    engagement: Bytes16,
}

impl Pending {
    /// Keeps the keyed hash of an employer's name, so that the engagement is found by it.
    pub fn employer(&mut self, employer_key: [u8; 16], engagement: EngagementId) {
        self.engagement_employers.push(EmployerRow {
            employer_key: Bytes16(employer_key),
            engagement: engagement.into(),
        });
    }
}

/// The engagements at this employer that are not over, each with its worker, in the order they began, at most so many.
pub fn engaged(
    reader: &mut Reader,
    employer_key: [u8; 16],
    limit: usize,
) -> Result<Vec<(WorkerId, EngagementId)>, StoreError> {
    let rows: Vec<(Bytes16, Bytes16)> = engagement_employers::table
        .inner_join(engagements::table.on(engagements::id.eq(engagement_employers::engagement)))
        .select((engagements::worker, engagements::id))
        .filter(engagement_employers::employer_key.eq(Bytes16(employer_key)))
        .filter(engagements::ended.eq(false))
        .order(engagements::id)
        .limit(limit as i64)
        .load(&mut reader.0)?;
    let rows = rows.into_iter();
    Ok(rows.map(|(worker, id)| (worker.id(), id.id())).collect())
}

/// Rows read at once.
const PAGE_ROWS: i64 = 20_000;

/// Hands every one to `each`: the keyed hash, and of which engagement.
pub fn each(
    reader: &mut Reader,
    mut each: impl FnMut([u8; 16], EngagementId) -> Result<(), StoreError>,
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
        page.into_iter()
            .try_for_each(|row| each(row.employer_key.0, row.engagement.id()))?;
    }
}
