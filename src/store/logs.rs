//! What was answered at gates, and cards that were not good. Written behind the answers, many at once, and forgotten after
//! a time. Rows lie in the order of time, as their identifiers begin with it: neither forgetting them nor reading from a
//! moment on needs another index.

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

/// One answered check as it is kept; when it was answered is in its identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeptCheck {
    /// Which.
    pub id: CheckId,
    /// Who asked.
    pub client: ClientId,
    /// For which gate.
    pub gate: GateId,
    /// The answer.
    pub decision: Decision,
    /// What it rested on.
    pub status: Status,
    /// Up to which entry the copy had got that answered.
    pub seq: u64,
}

#[derive(Insertable, Queryable, Selectable)]
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

/// Sightings that concern a member, newest first: at its own gates, or of credentials that it issued. Of one credential
/// only, where it is named.
pub fn sightings(
    reader: &mut Reader,
    member: MemberId,
    credential: Option<CredentialId>,
    before: Option<SightingId>,
    limit: usize,
) -> Result<Vec<Sighting>, StoreError> {
    let before = before.map_or(Bytes16([255; 16]), Bytes16::from);
    let member = Bytes16::from(member);
    let mut query = sightings::table
        .filter(
            sightings::gate_member
                .eq(member)
                .or(sightings::issuer.eq(member)),
        )
        .filter(sightings::id.lt(before))
        .order(sightings::id.desc())
        .limit(limit as i64)
        .into_boxed();
    if let Some(credential) = credential {
        query = query.filter(sightings::credential.eq(Bytes16::from(credential)));
    }
    let rows: Vec<SightingRow> = query.load(&mut reader.0)?;
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

/// What is kept of the checks of a credential from this moment on, oldest first, at most so many.
pub fn checks_of(
    reader: &mut Reader,
    credential: CredentialId,
    since: Timestamp,
    limit: usize,
) -> Result<Vec<KeptCheck>, StoreError> {
    let rows: Vec<CheckRow> = gate_checks::table
        .filter(gate_checks::id.ge(Bytes16::from(CheckId::first_at(since))))
        .filter(gate_checks::credential.eq(Bytes16::from(credential)))
        .order(gate_checks::id)
        .limit(limit as i64)
        .load(&mut reader.0)?;
    let others = rows.into_iter().map(|row| {
        Ok(KeptCheck {
            id: row.id.id(),
            client: row.client.id(),
            gate: row.gate.id(),
            decision: decision_from(row.decision)?,
            status: status_from(row.status)?,
            seq: row.seq as u64,
        })
    });
    let mut found = others.collect::<Result<Vec<_>, StoreError>>()?;
    found.extend(permits_of(reader, credential, since, limit)?);
    found.sort_by_key(|check| check.id);
    found.truncate(limit);
    Ok(found)
}

/// The permits among them. A row holds those of all credentials, so every row since then is unpacked.
fn permits_of(
    reader: &mut Reader,
    credential: CredentialId,
    since: Timestamp,
    limit: usize,
) -> Result<Vec<KeptCheck>, StoreError> {
    let mut found = Vec::new();
    let mut after = Bytes16([0; 16]);
    while found.len() < limit {
        let rows: Vec<(Bytes16, Vec<u8>)> = gate_permits::table
            .filter(gate_permits::id.gt(after))
            .filter(gate_permits::last_at.ge(since.as_ms()))
            .order(gate_permits::id)
            .select((gate_permits::id, gate_permits::body))
            .limit(PERMIT_ROWS_READ)
            .load(&mut reader.0)?;
        let Some((last, _)) = rows.last() else {
            break;
        };
        after = *last;
        for (_, body) in rows {
            let permits = permits::unpack(&body)
                .ok_or_else(|| StoreError::Corrupt("a row of permits is damaged".into()))?;
            let of_credential = permits.into_iter().filter(|permit| {
                permit.credential == credential && permit.id >= CheckId::first_at(since)
            });
            found.extend(of_credential.map(|permit| KeptCheck {
                id: permit.id,
                client: permit.client,
                gate: permit.gate,
                decision: Decision::Permit,
                status: Status::Valid,
                seq: permit.seq,
            }));
        }
    }
    Ok(found)
}

/// How many rows of permits are in memory at once: each has up to 0.6 MB.
const PERMIT_ROWS_READ: i64 = 32;

/// Forgets the oldest permits given before this moment: whole rows, a bounded number of them. Whether there may be more.
pub fn forget_permits(writer: &mut Writer, before: Timestamp) -> Result<bool, StoreError> {
    let old = || {
        gate_permits::table
            .filter(gate_permits::id.lt(Bytes16::from(CheckId::first_at(before))))
            .filter(gate_permits::last_at.lt(before.as_ms()))
    };
    let last: Option<Bytes16> = old()
        .order(gate_permits::id)
        .select(gate_permits::id)
        .offset(PERMIT_ROWS_FORGOTTEN - 1)
        .first(&mut writer.0)
        .optional()?;
    let upto = last.unwrap_or(Bytes16([255; 16]));
    diesel::delete(old().filter(gate_permits::id.le(upto))).execute(&mut writer.0)?;
    Ok(last.is_some())
}

/// Forgets the oldest other checks answered before this moment, with their sightings: a bounded number of them. Whether
/// there may be more.
pub fn forget_refusals(writer: &mut Writer, before: Timestamp) -> Result<bool, StoreError> {
    let before = Bytes16::from(CheckId::first_at(before));
    let last: Option<Bytes16> = gate_checks::table
        .filter(gate_checks::id.lt(before))
        .order(gate_checks::id)
        .select(gate_checks::id)
        .offset(CHECKS_FORGOTTEN - 1)
        .first(&mut writer.0)
        .optional()?;
    let upto = last.unwrap_or(before);
    diesel::delete(gate_checks::table.filter(gate_checks::id.le(upto))).execute(&mut writer.0)?;
    // A sighting has the number of its check.
    diesel::delete(sightings::table.filter(sightings::id.le(upto))).execute(&mut writer.0)?;
    Ok(last.is_some())
}

/// How many rows are forgotten in one transaction, so that forgetting does not hold up changes.
const PERMIT_ROWS_FORGOTTEN: i64 = 200;
/// The same for the others, which are small.
const CHECKS_FORGOTTEN: i64 = 2_000;

/// How many checks are logged.
pub fn checks_count(reader: &mut Reader) -> Result<u64, StoreError> {
    let others: i64 = gate_checks::table.count().get_result(&mut reader.0)?;
    let permits: Vec<i64> = gate_permits::table
        .select(gate_permits::lines)
        .load(&mut reader.0)?;
    Ok(others as u64 + permits.into_iter().sum::<i64>() as u64)
}

fn decision_number(decision: Decision) -> i16 {
    decision as i16 + 1
}

fn decision_from(number: i16) -> Result<Decision, StoreError> {
    usize::try_from(number - 1)
        .ok()
        .and_then(|at| Decision::ALL.get(at).copied())
        .ok_or_else(|| StoreError::Corrupt(format!("check decision {number} is not known")))
}

const STATUSES: [Status; 9] = [
    Status::Valid,
    Status::NotValid,
    Status::Expired,
    Status::NotYetValid,
    Status::OutOfScope,
    Status::Ambiguous,
    Status::Unknown,
    Status::Undetermined,
    Status::NotCleared,
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
