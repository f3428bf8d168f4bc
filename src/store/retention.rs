//! How much of what is kept is past its time: numbers, and whose record nobody needs.

use diesel::dsl::{exists, max, min, not};
use diesel::prelude::*;

use super::columns::Bytes16;
use super::conn::Reader;
use super::error::StoreError;
use super::schema::{
    ban_documents, ban_workers, bans, credentials, engagements, erasures, exclusion_members,
    exclusions, gate_checks, gate_permits, idempotency_keys, imports, lookups, match_cases, moves,
    screenings, sightings, workers,
};
use crate::domain::ids::{BanId, CheckId, LookupId, MemberId, SightingId, WorkerId};
use crate::domain::reason::{Class, Reason};
use crate::domain::time::Timestamp;
use crate::domain::{ban, credential, erasure, exclusion, match_case, screening};

/// What is kept of something, in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Numbers {
    /// How many were recorded before the first moment.
    pub past: u64,
    /// How many were recorded before the second moment, those among them.
    pub by_then: u64,
    /// When the oldest of all was recorded.
    pub oldest: Option<Timestamp>,
}

/// The two moments that are counted for.
pub type Moments = [Timestamp; 2];

fn count(number: i64) -> u64 {
    number.unsigned_abs()
}

fn numbers(counts: [i64; 2], oldest: Option<i64>) -> Numbers {
    Numbers {
        past: count(counts[0]),
        by_then: count(counts[1]),
        oldest: oldest.map(Timestamp::from_ms),
    }
}

/// Counts the rows of a query that `past` says are older than each of the two moments.
macro_rules! counted {
    ($reader:expr, $moments:expr, |$before:ident| $query:expr) => {{
        let mut counts = [0; 2];
        for (count, $before) in counts.iter_mut().zip($moments) {
            *count = $query.count().get_result(&mut $reader.0)?;
        }
        counts
    }};
}

/// Lines of permits. They lie many in a row, and a row goes when its last one is past its time.
pub fn permits(reader: &mut Reader, moments: Moments) -> Result<Numbers, StoreError> {
    let mut counts = [0; 2];
    for (count, before) in counts.iter_mut().zip(moments) {
        let lines: Vec<i64> = gate_permits::table
            .filter(gate_permits::id.lt(Bytes16::from(CheckId::first_at(before))))
            .filter(gate_permits::last_at.lt(before.as_ms()))
            .select(gate_permits::lines)
            .load(&mut reader.0)?;
        *count = lines.into_iter().sum();
    }
    let oldest = gate_permits::table
        .select(min(gate_permits::first_at))
        .first(&mut reader.0)?;
    Ok(numbers(counts, oldest))
}

/// Lines of checks that were no permits.
pub fn refused_checks(reader: &mut Reader, moments: Moments) -> Result<Numbers, StoreError> {
    let counts = counted!(reader, moments, |before| gate_checks::table
        .filter(gate_checks::id.lt(Bytes16::from(CheckId::first_at(before)))));
    let oldest: Option<i64> = gate_checks::table
        .select(gate_checks::at)
        .order(gate_checks::id)
        .first(&mut reader.0)
        .optional()?;
    Ok(numbers(counts, oldest))
}

/// Sightings at the gates of a member, or of all.
pub fn sightings(
    reader: &mut Reader,
    member: Option<MemberId>,
    moments: Moments,
) -> Result<Numbers, StoreError> {
    let all = || {
        let mut query = sightings::table.into_boxed();
        if let Some(member) = member {
            query = query.filter(sightings::gate_member.eq(Bytes16::from(member)));
        }
        query
    };
    let counts = counted!(reader, moments, |before| all()
        .filter(sightings::id.lt(Bytes16::from(SightingId::first_at(before)))));
    let oldest: Option<i64> = all()
        .select(sightings::at)
        .order(sightings::id)
        .first(&mut reader.0)
        .optional()?;
    Ok(numbers(counts, oldest))
}

/// Look-ups at a member, or at all.
pub fn lookups(
    reader: &mut Reader,
    member: Option<MemberId>,
    moments: Moments,
) -> Result<Numbers, StoreError> {
    let all = || {
        let mut query = lookups::table.into_boxed();
        if let Some(member) = member {
            query = query.filter(lookups::member.eq(Bytes16::from(member)));
        }
        query
    };
    let counts = counted!(reader, moments, |before| all()
        .filter(lookups::id.lt(Bytes16::from(LookupId::first_at(before)))));
    let oldest: Option<i64> = all()
        .select(lookups::at)
        .order(lookups::id)
        .first(&mut reader.0)
        .optional()?;
    Ok(numbers(counts, oldest))
}

/// Kept answers.
pub fn answers(reader: &mut Reader, moments: Moments) -> Result<Numbers, StoreError> {
    let counts = counted!(reader, moments, |before| idempotency_keys::table
        .filter(idempotency_keys::created_at.lt(before.as_ms())));
    let oldest = idempotency_keys::table
        .select(min(idempotency_keys::created_at))
        .first(&mut reader.0)?;
    Ok(numbers(counts, oldest))
}

/// Files in one of these states, of a member or of all.
pub fn files(
    reader: &mut Reader,
    member: Option<MemberId>,
    states: &[&str],
    moments: Moments,
) -> Result<Numbers, StoreError> {
    let all = || {
        let mut query = imports::table
            .filter(imports::state.eq_any(states.to_vec()))
            .into_boxed();
        if let Some(member) = member {
            query = query.filter(imports::member.eq(Bytes16::from(member)));
        }
        query
    };
    let counts = counted!(reader, moments, |before| all()
        .filter(imports::created_at.lt(before.as_ms())));
    let oldest = all()
        .select(min(imports::created_at))
        .first(&mut reader.0)?;
    Ok(numbers(counts, oldest))
}

/// Documents of bans that do not exist.
pub fn ban_documents(reader: &mut Reader, moments: Moments) -> Result<Numbers, StoreError> {
    let all = || {
        ban_documents::table
            .left_join(bans::table.on(bans::id.eq(ban_documents::ban)))
            .filter(bans::id.nullable().is_null())
    };
    let counts = counted!(reader, moments, |before| all()
        .filter(ban_documents::ban.lt(Bytes16::from(BanId::first_at(before)))));
    let oldest: Option<Bytes16> = all()
        .select(ban_documents::ban)
        .order(ban_documents::ban)
        .first(&mut reader.0)
        .optional()?;
    let made_at = oldest.map(|id| id.id::<crate::domain::ids::BanKind>().made_at().as_ms());
    Ok(numbers(counts, made_at))
}

/// Erasures that wait, of a member or of all. They are counted by when they are due.
pub fn erasures(
    reader: &mut Reader,
    member: Option<MemberId>,
    due: Moments,
) -> Result<Numbers, StoreError> {
    let all = || {
        let waiting = i16::from(erasure::State::Waiting.number());
        let mut query = erasures::table
            .filter(erasures::state.eq(waiting))
            .into_boxed();
        if let Some(member) = member {
            query = query.filter(erasures::member.eq(Bytes16::from(member)));
        }
        query
    };
    let counts = counted!(reader, due, |by| all()
        .filter(erasures::due_at.le(by.as_ms())));
    let oldest = all().select(min(erasures::since)).first(&mut reader.0)?;
    Ok(numbers(counts, oldest))
}

/// The reasons for which a revocation keeps a person from being erased for years.
fn grave() -> Vec<Option<i16>> {
    Reason::ALL
        .iter()
        .filter(|reason| matches!(reason.class(), Class::ForCause | Class::Judicial))
        .map(|reason| Some(i16::from(reason.number())))
        .collect()
}

/// Final refusals and grave revocations of people who are not erased, of a member or of all.
pub fn refusals(
    reader: &mut Reader,
    member: Option<MemberId>,
    moments: Moments,
) -> Result<Numbers, StoreError> {
    let refused = || {
        let mut query = screenings::table
            .inner_join(workers::table.on(workers::id.eq(screenings::worker)))
            .filter(workers::erased.eq(false))
            .filter(screenings::state.eq(i16::from(screening::State::RefusedFinal.number())))
            .into_boxed();
        if let Some(member) = member {
            query = query.filter(screenings::member.eq(Bytes16::from(member)));
        }
        query
    };
    let revoked = || {
        let mut query = credentials::table
            .inner_join(workers::table.on(workers::id.eq(credentials::worker)))
            .filter(workers::erased.eq(false))
            .filter(credentials::state.eq(i16::from(credential::State::Revoked.number())))
            .filter(credentials::reason.eq_any(grave()))
            .filter(credentials::corrected_at.is_null())
            .into_boxed();
        if let Some(member) = member {
            query = query.filter(credentials::member.eq(Bytes16::from(member)));
        }
        query
    };
    let of_screenings = counted!(reader, moments, |before| refused()
        .filter(screenings::since.le(before.as_ms())));
    let of_credentials = counted!(reader, moments, |before| revoked()
        .filter(credentials::since.le(before.as_ms())));
    let oldest: [Option<i64>; 2] = [
        refused()
            .select(min(screenings::since))
            .first(&mut reader.0)?,
        revoked()
            .select(min(credentials::since))
            .first(&mut reader.0)?,
    ];
    let counts = [0, 1].map(|at| of_screenings[at] + of_credentials[at]);
    Ok(numbers(counts, oldest.into_iter().flatten().min()))
}

/// The states of screenings that are not at an end.
fn open() -> Vec<i16> {
    let open = screening::State::ALL.iter().filter(|state| state.is_open());
    open.map(|state| i16::from(state.number())).collect()
}

/// What bears on whether a worker's record is needed.
#[derive(Debug, Clone, Copy)]
pub struct Needed {
    /// Whatever lasted after this moment keeps the record.
    pub after: Timestamp,
    /// A refusal, or a grave revocation, after this one does.
    pub refused_after: Timestamp,
}

/// The workers, of a member or of all, whose record nothing needs: none that is erased or is to be, and none of whom anything
/// lasts or must be kept.
macro_rules! needless {
    ($member:expr, $needed:expr) => {{
        let (
            member,
            Needed {
                after,
                refused_after,
            },
        ): (Option<MemberId>, Needed) = ($member, $needed);
        let engaged = engagements::table
            .filter(engagements::worker.eq(workers::id))
            .filter(engagements::ended.eq(false));
        let left = engagements::table
            .inner_join(moves::table.on(moves::subject.eq(engagements::id)))
            .filter(engagements::worker.eq(workers::id))
            .filter(moves::at.gt(after.as_ms()));
        let held = credentials::table
            .filter(credentials::worker.eq(workers::id))
            .filter(credentials::valid_until.gt(after.as_ms()));
        let revoked = credentials::table
            .filter(credentials::worker.eq(workers::id))
            .filter(credentials::state.eq(i16::from(credential::State::Revoked.number())))
            .filter(credentials::reason.eq_any(grave()))
            .filter(credentials::corrected_at.is_null())
            .filter(credentials::since.gt(refused_after.as_ms()));
        let open = screenings::state.eq_any(open());
        let refused = screenings::state
            .eq(i16::from(screening::State::RefusedFinal.number()))
            .and(screenings::since.gt(refused_after.as_ms()));
        let screened = screenings::table
            .filter(screenings::worker.eq(workers::id))
            .filter(open.or(screenings::since.gt(after.as_ms())).or(refused));
        let banned = ban_workers::table
            .inner_join(bans::table.on(bans::id.eq(ban_workers::ban)))
            .filter(ban_workers::worker.eq(workers::id))
            .filter(bans::state.ne(i16::from(ban::State::Ended.number())));
        let excluded = exclusion_members::table
            .inner_join(exclusions::table.on(exclusions::id.eq(exclusion_members::exclusion)))
            .filter(exclusion_members::worker.eq(workers::id))
            .filter(exclusions::state.ne(i16::from(exclusion::State::Lifted.number())));
        let undecided = match_cases::table
            .filter(
                match_cases::worker
                    .eq(workers::id)
                    .or(match_cases::candidate.eq(workers::id)),
            )
            .filter(match_cases::state.eq(i16::from(match_case::State::Open.number())));
        let leaving = erasures::table
            .filter(erasures::worker.eq(workers::id))
            .filter(erasures::state.eq(i16::from(erasure::State::Waiting.number())));
        let mut query = workers::table
            .filter(workers::erased.eq(false))
            .filter(workers::id.lt(Bytes16::from(WorkerId::first_at(after))))
            .filter(not(exists(engaged)))
            .filter(not(exists(left)))
            .filter(not(exists(held)))
            .filter(not(exists(revoked)))
            .filter(not(exists(screened)))
            .filter(not(exists(banned)))
            .filter(not(exists(excluded)))
            .filter(not(exists(undecided)))
            .filter(not(exists(leaving)))
            .into_boxed();
        if let Some(member) = member {
            query = query.filter(workers::member.eq(Bytes16::from(member)));
        }
        query
    }};
}

/// Workers of a member, or of all, whose record nothing needs, now and then.
pub fn records(
    reader: &mut Reader,
    member: Option<MemberId>,
    needed: [Needed; 2],
) -> Result<Numbers, StoreError> {
    let mut counts = [0; 2];
    for (count, needed) in counts.iter_mut().zip(needed) {
        *count = needless!(member, needed)
            .count()
            .get_result(&mut reader.0)?;
    }
    let oldest: Option<Bytes16> = needless!(member, needed[0])
        .select(workers::id)
        .order(workers::id)
        .first(&mut reader.0)
        .optional()?;
    let made_at = oldest.map(|id| id.id::<crate::domain::ids::WorkerKind>().made_at().as_ms());
    Ok(numbers(counts, made_at))
}

/// The workers of a member whose record nothing needs, after `after`, at most `limit`, each with since when nothing of theirs
/// lasts.
pub fn needless(
    reader: &mut Reader,
    member: MemberId,
    needed: Needed,
    after: Option<WorkerId>,
    limit: usize,
) -> Result<Vec<(WorkerId, Timestamp)>, StoreError> {
    let after = after.map_or(Bytes16([0; 16]), Bytes16::from);
    let ids: Vec<Bytes16> = needless!(Some(member), needed)
        .select(workers::id)
        .filter(workers::id.gt(after))
        .order(workers::id)
        .limit(limit as i64)
        .load(&mut reader.0)?;
    ids.into_iter()
        .map(|id| {
            let ends: [Option<i64>; 3] = [
                engagements::table
                    .inner_join(moves::table.on(moves::subject.eq(engagements::id)))
                    .filter(engagements::worker.eq(id))
                    .select(max(moves::at))
                    .first(&mut reader.0)?,
                credentials::table
                    .filter(credentials::worker.eq(id))
                    .select(max(credentials::valid_until))
                    .first(&mut reader.0)?,
                screenings::table
                    .filter(screenings::worker.eq(id))
                    .select(max(screenings::since))
                    .first(&mut reader.0)?,
            ];
            let worker: WorkerId = id.id();
            let last = ends.into_iter().flatten().max();
            Ok((worker, last.map_or(worker.made_at(), Timestamp::from_ms)))
        })
        .collect()
}
