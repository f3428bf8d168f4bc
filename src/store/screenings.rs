//! Screenings and where they stand.

use diesel::prelude::*;

use super::columns::Bytes16;
use super::conn::{Reader, Writer};
use super::error::StoreError;
use super::rows::ScreeningRow;
use super::schema::screenings;
use crate::domain::calendar::Day;
use crate::domain::ids::{MemberId, ScreeningId, WorkerId};
use crate::domain::screening::{Authority, Change, Function, Outcome, Screening, Standing, State};
use crate::domain::time::Timestamp;
use crate::ledger::entry::Entry;
use crate::ledger::replay::Screened;

impl ScreeningRow {
    pub(super) fn of(screened: &Screened) -> Self {
        let (screening, standing) = (&screened.screening, &screened.standing);
        let outcome = standing.outcome.as_ref();
        Self {
            id: screening.id.into(),
            member: screening.member.into(),
            worker: screening.worker.into(),
            function: screening.function.number().into(),
            consented_at: screening.consented_at.as_ms(),
            state: standing.state.number().into(),
            authority: outcome.map(|outcome| outcome.authority.number().into()),
            reference: outcome.map(|outcome| outcome.reference.as_str().to_owned()),
            outcome_on: outcome.map(|outcome| outcome.date.number()),
            valid_until: outcome.and_then(|outcome| outcome.valid_until.map(Day::number)),
            since: screened.since.as_ms(),
            version: screened.version as i64,
        }
    }
}

impl TryFrom<ScreeningRow> for Screened {
    type Error = StoreError;

    fn try_from(row: ScreeningRow) -> Result<Self, StoreError> {
        let outcome = match (row.authority, row.reference, row.outcome_on) {
            (Some(authority), Some(reference), Some(date)) => Some(Outcome {
                authority: named(authority, Authority::from_number, "authority")?,
                reference: reference
                    .parse()
                    .map_err(|_| StoreError::Corrupt("a reference is none".into()))?,
                date: day(date)?,
                valid_until: row.valid_until.map(day).transpose()?,
            }),
            (None, None, None) if row.valid_until.is_none() => None,
            _ => return Err(StoreError::Corrupt("an outcome is not whole".into())),
        };
        Ok(Self {
            screening: Screening {
                id: row.id.id(),
                worker: row.worker.id(),
                member: row.member.id(),
                function: named(row.function, Function::from_number, "function")?,
                consented_at: Timestamp::from_ms(row.consented_at),
            },
            standing: Standing {
                state: named(row.state, State::from_number, "screening state")?,
                outcome,
            },
            since: Timestamp::from_ms(row.since),
            version: row.version as u64,
        })
    }
}

/// One screening.
pub fn find(reader: &mut Reader, id: ScreeningId) -> Result<Option<Screened>, StoreError> {
    let row: Option<ScreeningRow> = screenings::table
        .find(Bytes16::from(id))
        .first(&mut reader.0)
        .optional()?;
    row.map(Screened::try_from).transpose()
}

/// Moves a screening, from the state in which it stands.
pub(super) fn moved(
    writer: &mut Writer,
    entry: &Entry,
    id: ScreeningId,
    change: &Change,
) -> Result<(), StoreError> {
    let Screened {
        screening,
        standing,
        version,
        ..
    } = find(writer, id)?.ok_or(StoreError::Guard)?;
    let standing = standing
        .moved(&screening, change, Day::of(entry.at))
        .map_err(|_| StoreError::Guard)?;
    // Only from the state in which it was just read, whoever else may have moved it since.
    let read = screenings::table
        .find(Bytes16::from(id))
        .filter(screenings::version.eq(version as i64));
    let row = ScreeningRow::of(&Screened {
        screening,
        standing,
        since: entry.at,
        version: entry.seq,
    });
    let moved = diesel::update(read)
        .set((
            screenings::state.eq(row.state),
            screenings::authority.eq(row.authority),
            screenings::reference.eq(row.reference),
            screenings::outcome_on.eq(row.outcome_on),
            screenings::valid_until.eq(row.valid_until),
            screenings::since.eq(row.since),
            screenings::version.eq(row.version),
        ))
        .execute(&mut writer.0)?;
    (moved == 1).then_some(()).ok_or(StoreError::Guard)
}

/// Whether a worker has a screening for this function that another must wait for.
pub fn hinder_another(
    reader: &mut Reader,
    worker: WorkerId,
    function: Function,
) -> Result<bool, StoreError> {
    let hindering = State::ALL.iter().filter(|state| state.hinders_another());
    let hindering = hindering.map(|state| i16::from(state.number()));
    let found: i64 = screenings::table
        .filter(screenings::worker.eq(Bytes16::from(worker)))
        .filter(screenings::function.eq(i16::from(function.number())))
        .filter(screenings::state.eq_any(hindering))
        .count()
        .get_result(&mut reader.0)?;
    Ok(found > 0)
}

/// A worker's screenings at one member after `after`, at most `limit`, in the order they were opened.
pub fn of_worker(
    reader: &mut Reader,
    worker: WorkerId,
    member: MemberId,
    after: Option<ScreeningId>,
    limit: usize,
) -> Result<Vec<Screened>, StoreError> {
    let after = after.map_or(Bytes16([0; 16]), Bytes16::from);
    let rows: Vec<ScreeningRow> = screenings::table
        .filter(screenings::worker.eq(Bytes16::from(worker)))
        .filter(screenings::member.eq(Bytes16::from(member)))
        .filter(screenings::id.gt(after))
        .order(screenings::id)
        .limit(limit as i64)
        .load(&mut reader.0)?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// All screenings of these workers, whoever keeps them.
pub fn of_person(reader: &mut Reader, workers: &[WorkerId]) -> Result<Vec<Screened>, StoreError> {
    let mut found = Vec::new();
    for chunk in workers.chunks(500) {
        let ids: Vec<Bytes16> = chunk.iter().map(|&id| id.into()).collect();
        let rows: Vec<ScreeningRow> = screenings::table
            .filter(screenings::worker.eq_any(ids))
            .load(&mut reader.0)?;
        for row in rows {
            found.push(row.try_into()?);
        }
    }
    Ok(found)
}

/// A member's screenings after `after`, at most `limit`, in the order they were opened; in one state only, if one is named.
pub fn list(
    reader: &mut Reader,
    member: MemberId,
    state: Option<State>,
    after: Option<ScreeningId>,
    limit: usize,
) -> Result<Vec<Screened>, StoreError> {
    let after = after.map_or(Bytes16([0; 16]), Bytes16::from);
    let mut query = screenings::table
        .filter(screenings::member.eq(Bytes16::from(member)))
        .filter(screenings::id.gt(after))
        .order(screenings::id)
        .limit(limit as i64)
        .into_boxed();
    if let Some(state) = state {
        query = query.filter(screenings::state.eq(i16::from(state.number())));
    }
    let rows: Vec<ScreeningRow> = query.load(&mut reader.0)?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// The states of a screening that clears.
fn clearing() -> [i16; 2] {
    [State::Cleared, State::ClearedConditional].map(|state| state.number().into())
}

/// A member's screenings after `after` that clear, and up to this day at most, of whom no later one clears for the same function;
/// at most `limit`, in the order they were opened.
pub fn ending(
    reader: &mut Reader,
    member: MemberId,
    last: Day,
    after: Option<ScreeningId>,
    limit: usize,
) -> Result<Vec<Screened>, StoreError> {
    let after = after.map_or(Bytes16([0; 16]), Bytes16::from);
    let newer = diesel::alias!(screenings as newer);
    let renewed = newer
        .filter(newer.field(screenings::worker).eq(screenings::worker))
        .filter(newer.field(screenings::function).eq(screenings::function))
        .filter(newer.field(screenings::id).gt(screenings::id))
        .filter(newer.field(screenings::state).eq_any(clearing()));
    let rows: Vec<ScreeningRow> = screenings::table
        .filter(screenings::member.eq(Bytes16::from(member)))
        .filter(diesel::dsl::not(diesel::dsl::exists(renewed)))
        .filter(screenings::state.eq_any(clearing()))
        .filter(screenings::valid_until.le(last.number()))
        .filter(screenings::id.gt(after))
        .order(screenings::id)
        .limit(limit as i64)
        .load(&mut reader.0)?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// Up to `limit` screenings that clear, and whose last day is before this one.
pub fn due(reader: &mut Reader, today: Day, limit: usize) -> Result<Vec<Screened>, StoreError> {
    let rows: Vec<ScreeningRow> = screenings::table
        .filter(screenings::state.eq_any(clearing()))
        .filter(screenings::valid_until.lt(today.number()))
        .limit(limit as i64)
        .load(&mut reader.0)?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// A member's screenings after `after` that lapsed at this moment or later, of whom no later one was opened for the same
/// function; at most `limit`, in the order they were opened.
pub fn lapsed_of(
    reader: &mut Reader,
    member: MemberId,
    since: Timestamp,
    after: Option<ScreeningId>,
    limit: usize,
) -> Result<Vec<Screened>, StoreError> {
    let after = after.map_or(Bytes16([0; 16]), Bytes16::from);
    let newer = diesel::alias!(screenings as newer);
    let anew = newer
        .filter(newer.field(screenings::worker).eq(screenings::worker))
        .filter(newer.field(screenings::function).eq(screenings::function))
        .filter(newer.field(screenings::id).gt(screenings::id));
    let rows: Vec<ScreeningRow> = screenings::table
        .filter(screenings::member.eq(Bytes16::from(member)))
        .filter(screenings::state.eq(i16::from(State::Lapsed.number())))
        .filter(screenings::since.ge(since.as_ms()))
        .filter(diesel::dsl::not(diesel::dsl::exists(anew)))
        .filter(screenings::id.gt(after))
        .order(screenings::id)
        .limit(limit as i64)
        .load(&mut reader.0)?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// Rows read at once.
const PAGE_ROWS: i64 = 4_000;

/// Hands every screening to `each`, in the order of identifiers.
pub fn each(
    reader: &mut Reader,
    mut each: impl FnMut(Screened) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut after = Bytes16([0; 16]);
    loop {
        let page: Vec<ScreeningRow> = screenings::table
            .filter(screenings::id.gt(after))
            .order(screenings::id)
            .limit(PAGE_ROWS)
            .load(&mut reader.0)?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = last.id;
        page.into_iter().try_for_each(|row| {
            let id: ScreeningId = row.id.id();
            each(
                row.try_into()
                    .map_err(|error: StoreError| error.about(id))?,
            )
        })?;
    }
}

fn named<T>(number: i16, from_number: fn(u8) -> Option<T>, what: &str) -> Result<T, StoreError> {
    u8::try_from(number)
        .ok()
        .and_then(from_number)
        .ok_or_else(|| StoreError::Corrupt(format!("{what} {number} is not known")))
}

pub(super) fn day(number: i32) -> Result<Day, StoreError> {
    Day::from_number(number)
        .ok_or_else(|| StoreError::Corrupt(format!("day {number} is not in the calendar")))
}
