//! Exclusions, where they stand, and what each member says of them.

use std::collections::BTreeSet;

use diesel::prelude::*;

use super::columns::Bytes16;
use super::conn::{Reader, Writer};
use super::error::StoreError;
use super::schema::{exclusion_members, exclusions};
use crate::domain::exclusion::{Answer, Exclusion, State, Why};
use crate::domain::ids::{CredentialId, ExclusionId, MemberId, WorkerId};
use crate::domain::reason::Reason;
use crate::domain::referral::Ground;
use crate::domain::time::Timestamp;
use crate::ledger::entry::Entry;
use crate::ledger::fold::ExclusionStep;
use crate::ledger::replay::{Excluded, Told};

#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = exclusions)]
struct ExclusionRow {
    id: Bytes16,
    member: Bytes16,
    worker: Bytes16,
    credential: Bytes16,
    reason: i16,
    facilities: String,
    ends_at: i64,
    state: i16,
    why: Option<i16>,
    since: i64,
    version: i64,
}

#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = exclusion_members)]
struct ToldRow {
    exclusion: Bytes16,
    member: Bytes16,
    worker: Bytes16,
    answer: i16,
    ground: Option<i16>,
    told_at: i64,
    version: i64,
}

fn corrupt(what: &str) -> StoreError {
    StoreError::Corrupt(format!("an exclusion's {what} cannot be read"))
}

fn byte(number: i16) -> Option<u8> {
    u8::try_from(number).ok()
}

impl ExclusionRow {
    fn of(excluded: &Excluded) -> Result<Self, StoreError> {
        let exclusion = &excluded.exclusion;
        Ok(Self {
            id: exclusion.id.into(),
            member: exclusion.member.into(),
            worker: exclusion.worker.into(),
            credential: exclusion.credential.into(),
            reason: exclusion.reason.number().into(),
            facilities: serde_json::to_string(&exclusion.facilities)
                .map_err(|error| StoreError::Corrupt(error.to_string()))?,
            ends_at: exclusion.ends_at.as_ms(),
            state: excluded.state.number().into(),
            why: excluded.why.map(|why| why.number().into()),
            since: excluded.since.as_ms(),
            version: excluded.version as i64,
        })
    }
}

impl TryFrom<ExclusionRow> for Excluded {
    type Error = StoreError;

    fn try_from(row: ExclusionRow) -> Result<Self, StoreError> {
        let why = row.why.map(|why| {
            byte(why)
                .and_then(Why::from_number)
                .ok_or_else(|| corrupt("end"))
        });
        Ok(Self {
            exclusion: Exclusion {
                id: row.id.id(),
                member: row.member.id(),
                worker: row.worker.id(),
                credential: row.credential.id(),
                reason: byte(row.reason)
                    .and_then(Reason::from_number)
                    .ok_or_else(|| corrupt("reason"))?,
                facilities: serde_json::from_str(&row.facilities).map_err(|_| corrupt("scope"))?,
                ends_at: Timestamp::from_ms(row.ends_at),
            },
            state: byte(row.state)
                .and_then(State::from_number)
                .ok_or_else(|| corrupt("state"))?,
            why: why.transpose()?,
            since: Timestamp::from_ms(row.since),
            version: row.version as u64,
        })
    }
}

impl ToldRow {
    fn of(told: &Told) -> Self {
        Self {
            exclusion: told.exclusion.into(),
            member: told.member.into(),
            worker: told.worker.into(),
            answer: told.answer.number().into(),
            ground: told.ground.map(|ground| ground.number().into()),
            told_at: told.told_at.as_ms(),
            version: told.version as i64,
        }
    }
}

impl TryFrom<ToldRow> for Told {
    type Error = StoreError;

    fn try_from(row: ToldRow) -> Result<Self, StoreError> {
        let ground = row.ground.map(|ground| {
            byte(ground)
                .and_then(Ground::from_number)
                .ok_or_else(|| corrupt("ground"))
        });
        Ok(Self {
            exclusion: row.exclusion.id(),
            member: row.member.id(),
            worker: row.worker.id(),
            answer: byte(row.answer)
                .and_then(Answer::from_number)
                .ok_or_else(|| corrupt("answer"))?,
            ground: ground.transpose()?,
            told_at: Timestamp::from_ms(row.told_at),
            version: row.version as u64,
        })
    }
}

fn number(state: State) -> i16 {
    state.number().into()
}

fn many<R, T: TryFrom<R, Error = StoreError>>(rows: Vec<R>) -> Result<Vec<T>, StoreError> {
    rows.into_iter().map(TryInto::try_into).collect()
}

/// One exclusion.
pub fn find(reader: &mut Reader, id: ExclusionId) -> Result<Option<Excluded>, StoreError> {
    let row: Option<ExclusionRow> = exclusions::table
        .find(Bytes16::from(id))
        .first(&mut reader.0)
        .optional()?;
    row.map(Excluded::try_from).transpose()
}

/// What the members say of it: who proposed it, and who was told.
pub fn told_of(reader: &mut Reader, id: ExclusionId) -> Result<Vec<Told>, StoreError> {
    many::<ToldRow, _>(
        exclusion_members::table
            .filter(exclusion_members::exclusion.eq(Bytes16::from(id)))
            .order(exclusion_members::member)
            .load(&mut reader.0)?,
    )
}

/// What one member says of it; `None` if it was not told.
pub fn told(
    reader: &mut Reader,
    id: ExclusionId,
    member: MemberId,
) -> Result<Option<Told>, StoreError> {
    let row: Option<ToldRow> = exclusion_members::table
        .find((Bytes16::from(id), Bytes16::from(member)))
        .first(&mut reader.0)
        .optional()?;
    row.map(Told::try_from).transpose()
}

/// The exclusions that a member proposed or was told of, after `after`, at most `limit`, in the order they were proposed; in
/// one state only, if one is named.
pub fn list(
    reader: &mut Reader,
    member: MemberId,
    state: Option<State>,
    after: Option<ExclusionId>,
    limit: usize,
) -> Result<Vec<Excluded>, StoreError> {
    let after = after.map_or(Bytes16([0; 16]), Bytes16::from);
    let mut query = exclusions::table
        .inner_join(exclusion_members::table.on(exclusion_members::exclusion.eq(exclusions::id)))
        .select(ExclusionRow::as_select())
        .filter(exclusion_members::member.eq(Bytes16::from(member)))
        .filter(exclusions::id.gt(after))
        .order(exclusions::id)
        .limit(limit as i64)
        .into_boxed();
    if let Some(state) = state {
        query = query.filter(exclusions::state.eq(number(state)));
    }
    many::<ExclusionRow, _>(query.load(&mut reader.0)?)
}

/// The exclusions that a member proposed of its worker or was told of, at most `limit`, in the order they were proposed.
pub fn of_worker(
    reader: &mut Reader,
    worker: WorkerId,
    member: MemberId,
    limit: usize,
) -> Result<Vec<Excluded>, StoreError> {
    many::<ExclusionRow, _>(
        exclusions::table
            .inner_join(
                exclusion_members::table.on(exclusion_members::exclusion.eq(exclusions::id)),
            )
            .select(ExclusionRow::as_select())
            .filter(exclusion_members::member.eq(Bytes16::from(member)))
            .filter(exclusion_members::worker.eq(Bytes16::from(worker)))
            .order(exclusions::id)
            .limit(limit as i64)
            .load(&mut reader.0)?,
    )
}

/// The exclusions after `after` that a member was told of and has not answered, with when it was told; at most `limit`, in the
/// order they were proposed.
pub fn to_answer(
    reader: &mut Reader,
    member: MemberId,
    after: Option<ExclusionId>,
    limit: usize,
) -> Result<Vec<(ExclusionId, Timestamp)>, StoreError> {
    let after = after.map_or(Bytes16([0; 16]), Bytes16::from);
    let rows: Vec<(Bytes16, i64)> = exclusions::table
        .inner_join(exclusion_members::table.on(exclusion_members::exclusion.eq(exclusions::id)))
        .select((exclusions::id, exclusion_members::told_at))
        .filter(exclusion_members::member.eq(Bytes16::from(member)))
        .filter(exclusion_members::answer.eq(i16::from(Answer::Asked.number())))
        .filter(exclusions::state.eq(number(State::Proposed)))
        .filter(exclusions::id.gt(after))
        .order(exclusions::id)
        .limit(limit as i64)
        .load(&mut reader.0)?;
    let at = |(id, told): (Bytes16, i64)| (id.id(), Timestamp::from_ms(told));
    Ok(rows.into_iter().map(at).collect())
}

/// The exclusions after `after` whose contest a member may decide, with since when each is contested; at most `limit`, in the
/// order they were proposed.
pub fn contested(
    reader: &mut Reader,
    member: MemberId,
    after: Option<ExclusionId>,
    limit: usize,
) -> Result<Vec<(ExclusionId, Timestamp)>, StoreError> {
    let (member, after) = (
        Bytes16::from(member),
        after.map_or(Bytes16([0; 16]), Bytes16::from),
    );
    let rows: Vec<(Bytes16, i64)> = exclusions::table
        .inner_join(exclusion_members::table.on(exclusion_members::exclusion.eq(exclusions::id)))
        .select((exclusions::id, exclusions::since))
        .filter(exclusion_members::member.eq(member))
        .filter(exclusions::member.ne(member))
        .filter(exclusions::state.eq(number(State::Contested)))
        .filter(exclusions::id.gt(after))
        .order(exclusions::id)
        .limit(limit as i64)
        .load(&mut reader.0)?;
    let at = |(id, since): (Bytes16, i64)| (id.id(), Timestamp::from_ms(since));
    Ok(rows.into_iter().map(at).collect())
}

/// The exclusions of the person with these records that are not lifted.
pub fn of_person(
    reader: &mut Reader,
    records: &BTreeSet<WorkerId>,
) -> Result<Vec<Excluded>, StoreError> {
    let mut found = Vec::new();
    let records: Vec<Bytes16> = records.iter().map(|&id| id.into()).collect();
    for chunk in records.chunks(500) {
        let rows: Vec<ExclusionRow> = exclusions::table
            .filter(exclusions::worker.eq_any(chunk.to_vec()))
            .filter(exclusions::state.ne(number(State::Lifted)))
            .order(exclusions::id)
            .load(&mut reader.0)?;
        found.extend(many::<_, Excluded>(rows)?);
    }
    Ok(found)
}

/// The exclusions that rest on this credential and are not lifted.
pub fn resting_on(
    reader: &mut Reader,
    credential: CredentialId,
) -> Result<Vec<Excluded>, StoreError> {
    many::<ExclusionRow, _>(
        exclusions::table
            .filter(exclusions::credential.eq(Bytes16::from(credential)))
            .filter(exclusions::state.ne(number(State::Lifted)))
            .order(exclusions::id)
            .load(&mut reader.0)?,
    )
}

/// Up to `limit` exclusions whose end has come by `now`, and that are not lifted.
pub fn due(reader: &mut Reader, now: Timestamp, limit: usize) -> Result<Vec<Excluded>, StoreError> {
    many::<ExclusionRow, _>(
        exclusions::table
            .filter(exclusions::state.lt(number(State::Lifted)))
            .filter(exclusions::ends_at.le(now.as_ms()))
            .order(exclusions::id)
            .limit(limit as i64)
            .load(&mut reader.0)?,
    )
}

/// Writes a step about an exclusion.
pub(super) fn step(
    writer: &mut Writer,
    entry: &Entry,
    step: ExclusionStep<'_>,
) -> Result<(), StoreError> {
    let written = match step {
        ExclusionStep::Proposed(exclusion) => {
            let row = ExclusionRow::of(&Excluded::proposed(entry, exclusion))?;
            diesel::insert_into(exclusions::table)
                .values(row)
                .execute(&mut writer.0)?;
            add(writer, &Told::proposing(entry, exclusion))?
        }
        ExclusionStep::Told(id, member, worker) => {
            add(writer, &Told::asked(entry, id, member, worker))?
        }
        ExclusionStep::Answered(id, member, reply) => {
            let before = told(writer, id, member)?.ok_or(StoreError::Guard)?;
            let after = before
                .replied(entry, reply)
                .map_err(|_| StoreError::Guard)?;
            let row = ToldRow::of(&after);
            let read = exclusion_members::table
                .find((row.exclusion, row.member))
                .filter(exclusion_members::version.eq(before.version as i64));
            diesel::update(read)
                .set((
                    exclusion_members::answer.eq(row.answer),
                    exclusion_members::ground.eq(row.ground),
                    exclusion_members::version.eq(row.version),
                ))
                .execute(&mut writer.0)?
        }
        ExclusionStep::Moved(id, change) => {
            let before = find(writer, id)?.ok_or(StoreError::Guard)?;
            let after = before.moved(entry, change).map_err(|_| StoreError::Guard)?;
            let row = ExclusionRow::of(&after)?;
            // Only from the state in which it was just read, whoever else may have moved it since.
            let read = exclusions::table
                .find(row.id)
                .filter(exclusions::version.eq(before.version as i64));
            diesel::update(read)
                .set((
                    exclusions::state.eq(row.state),
                    exclusions::why.eq(row.why),
                    exclusions::since.eq(row.since),
                    exclusions::version.eq(row.version),
                ))
                .execute(&mut writer.0)?
        }
    };
    (written == 1).then_some(()).ok_or(StoreError::Guard)
}

fn add(writer: &mut Writer, told: &Told) -> Result<usize, StoreError> {
    Ok(diesel::insert_into(exclusion_members::table)
        .values(ToldRow::of(told))
        .execute(&mut writer.0)?)
}

/// Rows read at once.
const PAGE_ROWS: i64 = 4_000;

/// Hands every exclusion to `each`, in the order of identifiers.
pub fn each(
    reader: &mut Reader,
    mut each: impl FnMut(Excluded) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut after = Bytes16([0; 16]);
    loop {
        let page: Vec<ExclusionRow> = exclusions::table
            .filter(exclusions::id.gt(after))
            .order(exclusions::id)
            .limit(PAGE_ROWS)
            .load(&mut reader.0)?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = last.id;
        page.into_iter().try_for_each(|row| {
            let id: ExclusionId = row.id.id();
            each(
                row.try_into()
                    .map_err(|error: StoreError| error.about(id))?,
            )
        })?;
    }
}

/// Hands what every member says of every exclusion to `each`.
pub fn each_told(
    reader: &mut Reader,
    mut each: impl FnMut(Told) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut after: Option<(Bytes16, Bytes16)> = None;
    loop {
        let mut query = exclusion_members::table
            .order((exclusion_members::exclusion, exclusion_members::member))
            .limit(PAGE_ROWS)
            .into_boxed();
        if let Some((exclusion, member)) = after {
            let later = exclusion_members::exclusion
                .eq(exclusion)
                .and(exclusion_members::member.gt(member));
            query = query.filter(exclusion_members::exclusion.gt(exclusion).or(later));
        }
        let page: Vec<ToldRow> = query.load(&mut reader.0)?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = Some((last.exclusion, last.member));
        page.into_iter().try_for_each(|row| {
            let id: ExclusionId = row.exclusion.id();
            each(
                row.try_into()
                    .map_err(|error: StoreError| error.about(id))?,
            )
        })?;
    }
}
