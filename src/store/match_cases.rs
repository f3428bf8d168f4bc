//! Match cases, where they stand, and who is the same person by them.

use std::collections::BTreeSet;

use diesel::prelude::*;

use super::columns::Bytes16;
use super::conn::{Reader, Writer};
use super::error::StoreError;
use super::schema::match_cases;
use crate::domain::ids::{MatchCaseId, MemberId, WorkerId};
use crate::domain::match_case::{Decision, MatchCase, State};
use crate::domain::time::Timestamp;
use crate::ledger::entry::Entry;
use crate::ledger::replay::Matched;

#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = match_cases)]
pub(super) struct MatchRow {
    id: Bytes16,
    worker: Bytes16,
    member: Bytes16,
    candidate: Bytes16,
    candidate_member: Bytes16,
    state: i16,
    opened_at: i64,
    decided_at: Option<i64>,
    version: i64,
}

impl MatchRow {
    pub(super) fn of(matched: &Matched) -> Self {
        let case = &matched.case;
        Self {
            id: case.id.into(),
            worker: case.worker.into(),
            member: case.member.into(),
            candidate: case.candidate.into(),
            candidate_member: case.candidate_member.into(),
            state: number(matched.state),
            opened_at: matched.opened_at.as_ms(),
            decided_at: matched.decided_at.map(Timestamp::as_ms),
            version: matched.version as i64,
        }
    }
}

impl TryFrom<MatchRow> for Matched {
    type Error = StoreError;

    fn try_from(row: MatchRow) -> Result<Self, StoreError> {
        let state = u8::try_from(row.state).ok().and_then(State::from_number);
        Ok(Self {
            case: MatchCase {
                id: row.id.id(),
                worker: row.worker.id(),
                member: row.member.id(),
                candidate: row.candidate.id(),
                candidate_member: row.candidate_member.id(),
            },
            state: state.ok_or_else(|| {
                StoreError::Corrupt(format!("match state {} is not known", row.state))
            })?,
            opened_at: Timestamp::from_ms(row.opened_at),
            decided_at: row.decided_at.map(Timestamp::from_ms),
            version: row.version as u64,
        })
    }
}

fn number(state: State) -> i16 {
    state.number().into()
}

/// One match case.
pub fn find(reader: &mut Reader, id: MatchCaseId) -> Result<Option<Matched>, StoreError> {
    let row: Option<MatchRow> = match_cases::table
        .find(Bytes16::from(id))
        .first(&mut reader.0)
        .optional()?;
    row.map(Matched::try_from).transpose()
}

/// The match cases of which a member has either record, after `after`, at most `limit`, in the order they were opened; in
/// one state only, if one is named.
pub fn list(
    reader: &mut Reader,
    member: MemberId,
    state: Option<State>,
    after: Option<MatchCaseId>,
    limit: usize,
) -> Result<Vec<Matched>, StoreError> {
    let member = Bytes16::from(member);
    let after = after.map_or(Bytes16([0; 16]), Bytes16::from);
    let mut query = match_cases::table
        .filter(
            match_cases::member
                .eq(member)
                .or(match_cases::candidate_member.eq(member)),
        )
        .filter(match_cases::id.gt(after))
        .order(match_cases::id)
        .limit(limit as i64)
        .into_boxed();
    if let Some(state) = state {
        query = query.filter(match_cases::state.eq(number(state)));
    }
    let rows: Vec<MatchRow> = query.load(&mut reader.0)?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// The match cases in this state after `after` that a member decides, at most `limit`, in the order they were opened.
pub fn to_decide(
    reader: &mut Reader,
    member: MemberId,
    state: State,
    after: Option<MatchCaseId>,
    limit: usize,
) -> Result<Vec<Matched>, StoreError> {
    let after = after.map_or(Bytes16([0; 16]), Bytes16::from);
    let rows: Vec<MatchRow> = match_cases::table
        .filter(match_cases::candidate_member.eq(Bytes16::from(member)))
        .filter(match_cases::state.eq(number(state)))
        .filter(match_cases::id.gt(after))
        .order(match_cases::id)
        .limit(limit as i64)
        .load(&mut reader.0)?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// The match cases about a worker, on whichever side, at most `limit`, in the order they were opened.
pub fn of_worker(
    reader: &mut Reader,
    worker: WorkerId,
    limit: usize,
) -> Result<Vec<Matched>, StoreError> {
    let worker = Bytes16::from(worker);
    let rows: Vec<MatchRow> = match_cases::table
        .filter(
            match_cases::worker
                .eq(worker)
                .or(match_cases::candidate.eq(worker)),
        )
        .order(match_cases::id)
        .limit(limit as i64)
        .load(&mut reader.0)?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// With which other records this one was ever compared, whichever came later.
pub fn compared_with(
    reader: &mut Reader,
    worker: WorkerId,
) -> Result<BTreeSet<WorkerId>, StoreError> {
    let worker = Bytes16::from(worker);
    let rows: Vec<(Bytes16, Bytes16)> = match_cases::table
        .select((match_cases::worker, match_cases::candidate))
        .filter(
            match_cases::worker
                .eq(worker)
                .or(match_cases::candidate.eq(worker)),
        )
        .load(&mut reader.0)?;
    let others = rows
        .into_iter()
        .map(|(one, other)| if one == worker { other } else { one });
    Ok(others.map(Bytes16::id).collect())
}

/// Which of these workers came with another's document and wait for that to be decided: nothing may be issued to them.
pub fn undecided(
    reader: &mut Reader,
    workers: &[WorkerId],
) -> Result<BTreeSet<WorkerId>, StoreError> {
    let mut found = BTreeSet::new();
    for chunk in workers.chunks(500) {
        let ids: Vec<Bytes16> = chunk.iter().map(|&id| id.into()).collect();
        let open: Vec<Bytes16> = match_cases::table
            .select(match_cases::worker)
            .filter(match_cases::worker.eq_any(ids))
            .filter(match_cases::state.eq(number(State::Open)))
            .load(&mut reader.0)?;
        let open = open.into_iter().map(Bytes16::id);
        found.extend(open);
    }
    Ok(found)
}

/// Whether a case of this worker's is open, whichever of the two they are.
pub fn any_open(reader: &mut Reader, worker: WorkerId) -> Result<bool, StoreError> {
    let worker = Bytes16::from(worker);
    let open: i64 = match_cases::table
        .filter(match_cases::state.eq(number(State::Open)))
        .filter(
            match_cases::worker
                .eq(worker)
                .or(match_cases::candidate.eq(worker)),
        )
        .count()
        .get_result(&mut reader.0)?;
    Ok(open > 0)
}

/// How many records are looked through for one person. Nobody has as many members as that.
pub const SAME_PERSON_MAX: usize = 256;

/// The records that are of one person with this one, itself among them: those that confirmed cases lead to, from one to the
/// next. What holds for a person, as a clearance does, holds for each of them. More than [`SAME_PERSON_MAX`] are an error, as
/// what holds for one that is left out would be missed.
pub fn same_person(
    reader: &mut Reader,
    worker: WorkerId,
) -> Result<BTreeSet<WorkerId>, StoreError> {
    let mut found = BTreeSet::from([worker]);
    let mut ahead = vec![Bytes16::from(worker)];
    while !ahead.is_empty() {
        let rows: Vec<(Bytes16, Bytes16)> = match_cases::table
            .select((match_cases::worker, match_cases::candidate))
            .filter(match_cases::state.eq(number(State::Confirmed)))
            .filter(
                match_cases::worker
                    .eq_any(ahead.clone())
                    .or(match_cases::candidate.eq_any(ahead)),
            )
            .limit(SAME_PERSON_MAX as i64 * SAME_PERSON_MAX as i64)
            .load(&mut reader.0)?;
        ahead = rows
            .into_iter()
            .flat_map(|(one, other)| [one, other])
            .filter(|id| found.insert(id.id()))
            .collect();
        if found.len() > SAME_PERSON_MAX {
            let why = format!("more than {SAME_PERSON_MAX} records are of one person");
            return Err(StoreError::Corrupt(why));
        }
    }
    Ok(found)
}

/// Decides a match case as this entry says.
pub(super) fn decide(
    writer: &mut Writer,
    entry: &Entry,
    id: MatchCaseId,
    decision: Decision,
) -> Result<(), StoreError> {
    let matched = find(writer, id)?.ok_or(StoreError::Guard)?;
    let decided = matched
        .decided(entry, decision)
        .map_err(|_| StoreError::Guard)?;
    // It is decided only from the state in which it was just read, whoever else may have decided it since.
    let read = match_cases::table
        .find(Bytes16::from(id))
        .filter(match_cases::version.eq(matched.version as i64));
    let row = MatchRow::of(&decided);
    let changed = diesel::update(read)
        .set((
            match_cases::state.eq(row.state),
            match_cases::decided_at.eq(row.decided_at),
            match_cases::version.eq(row.version),
        ))
        .execute(&mut writer.0)?;
    if changed == 1 {
        Ok(())
    } else {
        Err(StoreError::Guard)
    }
}

/// Rows read at once.
const PAGE_ROWS: i64 = 4_000;

/// Hands every match case to `each`, in the order of identifiers.
pub fn each(
    reader: &mut Reader,
    mut each: impl FnMut(Matched) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut after = Bytes16([0; 16]);
    loop {
        let page: Vec<MatchRow> = match_cases::table
            .filter(match_cases::id.gt(after))
            .order(match_cases::id)
            .limit(PAGE_ROWS)
            .load(&mut reader.0)?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = last.id;
        page.into_iter().try_for_each(|row| {
            let id: MatchCaseId = row.id.id();
            each(
                row.try_into()
                    .map_err(|error: StoreError| error.about(id))?,
            )
        })?;
    }
}
