//! What was answered at gates, and cards that were not good. Written behind the answers, many at once.

use diesel::prelude::*;

use super::backend::{ROWS_PER_INSERT, both};
use super::columns::Bytes16;
use super::conn::{Reader, Writer};
use super::error::StoreError;
use super::permits;
use super::schema::{gate_checks, gate_permits, sightings};
use crate::domain::decision::{Decision, Status};
use crate::domain::ids::{CheckId, ClientId, CredentialId, GateId, MemberId, SightingId};
use crate::domain::time::Timestamp;

/// One answered gate check, without the card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckLine {
    /// Which.
    pub id: CheckId,
    /// When it was answered.
    pub at: Timestamp,
    /// Who asked.
    pub client: ClientId,
    /// For which gate.
    pub gate: GateId,
    /// Whose gate it is.
    pub gate_member: MemberId,
    /// Which credential it was about, where the card is known, and who issued it.
    pub credential: Option<(CredentialId, MemberId)>,
    /// The answer.
    pub decision: Decision,
    /// What it rested on.
    pub status: Status,
    /// Up to which entry the copy had got that answered.
    pub seq: u64,
}

/// A card that was not good was presented at a gate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// Which.
    pub id: SightingId,
    /// When.
    pub at: Timestamp,
    /// Where.
    pub gate: GateId,
    /// Whose credential it was, where the card is known.
    pub credential: Option<CredentialId>,
    /// What was not good.
    pub status: Status,
    /// The check that found it.
    pub check: CheckId,
}

#[derive(Insertable)]
#[diesel(table_name = gate_checks)]
struct CheckRow {
    id: Bytes16,
    at: i64,
    client: Bytes16,
    gate: Bytes16,
    credential: Option<Bytes16>,
    decision: i16,
    status: i16,
    seq: i64,
}

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = sightings)]
struct SightingRow {
    id: Bytes16,
    at: i64,
    gate: Bytes16,
    gate_member: Bytes16,
    issuer: Option<Bytes16>,
    credential: Option<Bytes16>,
    status: i16,
    check_id: Bytes16,
}

/// Permits of a few hundred milliseconds in one row. A row each would cost a busy node a sixth of its time.
#[derive(Insertable)]
#[diesel(table_name = gate_permits)]
struct PermitsRow {
    id: Bytes16,
    first_at: i64,
    last_at: i64,
    lines: i64,
    body: Vec<u8>,
}

impl PermitsRow {
    fn of(lines: &[&CheckLine]) -> Option<Self> {
        let moments = || lines.iter().map(|line| line.at.as_ms());
        Some(Self {
            id: lines.first()?.id.into(),
            first_at: moments().min()?,
            last_at: moments().max()?,
            lines: lines.len() as i64,
            body: permits::pack(lines),
        })
    }
}

/// Writes answered checks, and a sighting for each that was denied or unknown.
pub fn write(writer: &mut Writer, lines: &[CheckLine]) -> Result<(), StoreError> {
    let (permits, others): (Vec<&CheckLine>, Vec<&CheckLine>) = lines
        .iter()
        .partition(|line| line.decision == Decision::Permit);
    if let Some(row) = PermitsRow::of(&permits) {
        diesel::insert_into(gate_permits::table)
            .values(row)
            .execute(&mut writer.0)?;
    }
    let checks: Vec<CheckRow> = others
        .iter()
        .map(|line| CheckRow {
            id: line.id.into(),
            at: line.at.as_ms(),
            client: line.client.into(),
            gate: line.gate.into(),
            credential: line.credential.map(|(credential, _)| credential.into()),
            decision: decision_number(line.decision),
            status: status_number(line.status),
            seq: line.seq as i64,
        })
        .collect();
    let seen: Vec<SightingRow> = others
        .iter()
        .filter(|line| matches!(line.decision, Decision::Deny | Decision::Unknown))
        .map(|line| SightingRow {
            // One sighting a check, so the same 128 bits name both.
            id: Bytes16::from(line.id),
            at: line.at.as_ms(),
            gate: line.gate.into(),
            gate_member: line.gate_member.into(),
            issuer: line.credential.map(|(_, member)| member.into()),
            credential: line.credential.map(|(credential, _)| credential.into()),
            status: status_number(line.status),
            check_id: line.id.into(),
        })
        .collect();
    for chunk in checks.chunks(ROWS_PER_INSERT) {
        both!(&mut writer.0, |inner| diesel::insert_into(
            gate_checks::table
        )
        .values(chunk)
        .execute(inner))?;
    }
    for chunk in seen.chunks(ROWS_PER_INSERT) {
        both!(&mut writer.0, |inner| diesel::insert_into(sightings::table)
            .values(chunk)
            .execute(inner))?;
    }
    Ok(())
}

/// Sightings that concern a member, newest first: at its own gates, or of credentials that it issued.
pub fn sightings(
    reader: &mut Reader,
    member: MemberId,
    before: Option<SightingId>,
    limit: usize,
) -> Result<Vec<Sighting>, StoreError> {
    let before = before.map_or(Bytes16([255; 16]), Bytes16::from);
    let member = Bytes16::from(member);
    let rows: Vec<SightingRow> = sightings::table
        .filter(
            sightings::gate_member
                .eq(member)
                .or(sightings::issuer.eq(member)),
        )
        .filter(sightings::id.lt(before))
        .order(sightings::id.desc())
        .limit(limit as i64)
        .load(&mut reader.0)?;
    rows.into_iter()
        .map(|row| {
            Ok(Sighting {
                id: row.id.id(),
                at: Timestamp::from_ms(row.at),
                gate: row.gate.id(),
                credential: row.credential.map(Bytes16::id),
                status: status_from(row.status)?,
                check: row.check_id.id(),
            })
        })
        .collect()
}

/// How many checks are logged.
pub fn checks_count(reader: &mut Reader) -> Result<u64, StoreError> {
    let others: i64 = gate_checks::table.count().get_result(&mut reader.0)?;
    let permits: Vec<i64> = gate_permits::table
        .select(gate_permits::lines)
        .load(&mut reader.0)?;
    Ok(others as u64 + permits.into_iter().sum::<i64>() as u64)
}

fn decision_number(decision: Decision) -> i16 {
    match decision {
        Decision::Permit => 1,
        Decision::Deny => 2,
        Decision::Refer => 3,
        Decision::Unknown => 4,
    }
}

const STATUSES: [Status; 8] = [
    Status::Valid,
    Status::NotValid,
    Status::Expired,
    Status::NotYetValid,
    Status::OutOfScope,
    Status::Ambiguous,
    Status::Unknown,
    Status::Undetermined,
];

fn status_number(status: Status) -> i16 {
    STATUSES
        .iter()
        .zip(1..)
        .find(|(known, _)| **known == status)
        .map_or(0, |(_, number)| number)
}

fn status_from(number: i16) -> Result<Status, StoreError> {
    usize::try_from(number - 1)
        .ok()
        .and_then(|at| STATUSES.get(at).copied())
        .ok_or_else(|| StoreError::Corrupt(format!("check status {number} is not known")))
}
