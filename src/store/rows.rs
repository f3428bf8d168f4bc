//! Rows as they stand in the tables that the ledger is folded to.

use diesel::prelude::*;

use super::columns::Bytes16;
use super::schema::{
    approvals, badge_cards, badges, credentials, engagements, screenings, workers,
};

#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = workers)]
pub(super) struct WorkerRow {
    pub id: Bytes16,
    pub member: Bytes16,
    pub details_digest: Vec<u8>,
    pub erased: bool,
    pub version: i64,
}

#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = engagements)]
pub(super) struct EngagementRow {
    pub id: Bytes16,
    pub worker: Bytes16,
    pub member: Bytes16,
    pub details_digest: Vec<u8>,
    pub until: Option<i32>,
    pub ended: bool,
    pub version: i64,
}

#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = screenings)]
pub(super) struct ScreeningRow {
    pub id: Bytes16,
    pub member: Bytes16,
    pub worker: Bytes16,
    pub function: i16,
    pub consented_at: i64,
    pub state: i16,
    pub authority: Option<i16>,
    pub reference: Option<String>,
    pub outcome_on: Option<i32>,
    pub valid_until: Option<i32>,
    pub since: i64,
    pub version: i64,
}

#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = approvals)]
pub(super) struct ApprovalRow {
    pub id: Bytes16,
    pub member: Bytes16,
    pub desk: i16,
    pub body: String,
    pub done: i16,
    pub state: i16,
    pub ended_by: Option<Bytes16>,
    pub ground: Option<i16>,
    pub since: i64,
    pub version: i64,
}

#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = credentials)]
pub(super) struct CredentialRow {
    pub id: Bytes16,
    pub member: Bytes16,
    pub worker: Bytes16,
    pub engagement: Option<Bytes16>,
    pub valid_from: i64,
    pub valid_until: i64,
    pub scope: String,
    pub functions: i16,
    pub state: i16,
    pub reason: Option<i16>,
    pub since: i64,
    pub for_cause_since: Option<i64>,
    pub judicial_since: Option<i64>,
    pub corrected_at: Option<i64>,
    pub version: i64,
    pub used_on: i32,
}

#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = badges)]
pub(super) struct BadgeRow {
    pub id: Bytes16,
    pub credential: Bytes16,
    pub medium: i16,
    pub recovered_at: Option<i64>,
}

#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = badge_cards)]
pub(super) struct BadgeCardRow {
    pub card_key: Bytes16,
    pub badge: Bytes16,
    pub credential: Bytes16,
    pub card_system: Bytes16,
    pub format: i16,
}
