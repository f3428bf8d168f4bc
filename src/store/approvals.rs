//! Acts that need a second person.

use diesel::prelude::*;

use super::columns::Bytes16;
use super::conn::{Reader, Writer};
use super::error::StoreError;
use super::rows::ApprovalRow;
use super::schema::approvals;
use crate::domain::approval::{Approval, Desk, End, Ground, State};
use crate::domain::ids::{ApprovalId, MemberId};
use crate::domain::time::Timestamp;
use crate::ledger::entry::Entry;
use crate::ledger::replay::Asked;

impl ApprovalRow {
    pub(super) fn of(asked: &Asked) -> Result<Self, StoreError> {
        let approval = &asked.approval;
        Ok(Self {
            id: approval.id.into(),
            member: approval.member.into(),
            desk: approval.act.desk().number().into(),
            body: serde_json::to_string(approval)
                .map_err(|error| StoreError::Corrupt(error.to_string()))?,
            done: approval.act.is_done().into(),
            state: asked.state.number().into(),
            ended_by: asked.ended_by.map(Bytes16::from),
            ground: asked.ground.map(|ground| ground.number().into()),
            since: asked.since.as_ms(),
            version: asked.version as i64,
        })
    }
}

impl TryFrom<ApprovalRow> for Asked {
    type Error = StoreError;

    fn try_from(row: ApprovalRow) -> Result<Self, StoreError> {
        let state = u8::try_from(row.state).ok().and_then(State::from_number);
        let approval: Approval = serde_json::from_str(&row.body)
            .map_err(|_| StoreError::Corrupt("an approval cannot be read".into()))?;
        if row.done != i16::from(approval.act.is_done()) {
            let message = "an approval is not of the kind that it is kept as";
            return Err(StoreError::Corrupt(message.into()));
        }
        let ground = row.ground.map(|number| {
            let ground = u8::try_from(number).ok().and_then(Ground::from_number);
            ground.ok_or_else(|| StoreError::Corrupt("an approval has no such ground".into()))
        });
        Ok(Self {
            approval,
            ground: ground.transpose()?,
            state: state.ok_or_else(|| StoreError::Corrupt("an approval is in no state".into()))?,
            ended_by: row.ended_by.map(|client| client.id()),
            since: Timestamp::from_ms(row.since),
            version: row.version as u64,
        })
    }
}

/// One approval.
pub fn find(reader: &mut Reader, id: ApprovalId) -> Result<Option<Asked>, StoreError> {
    let row: Option<ApprovalRow> = approvals::table
        .find(Bytes16::from(id))
        .first(&mut reader.0)
        .optional()?;
    row.map(Asked::try_from).transpose()
}

/// Ends an approval that waits.
pub(super) fn ended(
    writer: &mut Writer,
    entry: &Entry,
    id: ApprovalId,
    end: End,
) -> Result<(), StoreError> {
    let asked = find(writer, id)?.ok_or(StoreError::Guard)?;
    let ended = asked.ended(entry, end).map_err(|_| StoreError::Guard)?;
    let row = ApprovalRow::of(&ended)?;
    // Only from the state in which it was just read, whoever else may have ended it since.
    let read = approvals::table
        .find(Bytes16::from(id))
        .filter(approvals::version.eq(asked.version as i64));
    let moved = diesel::update(read)
        .set((
            approvals::state.eq(row.state),
            approvals::ended_by.eq(row.ended_by),
            approvals::ground.eq(row.ground),
            approvals::since.eq(row.since),
            approvals::version.eq(row.version),
        ))
        .execute(&mut writer.0)?;
    (moved == 1).then_some(()).ok_or(StoreError::Guard)
}

/// The approvals of a desk, of one member or of all, after `after`, at most `limit`, in the order they were asked for; those only that
/// were not answered, if `waiting`.
pub fn list(
    reader: &mut Reader,
    member: Option<MemberId>,
    desk: Desk,
    waiting: bool,
    after: Option<ApprovalId>,
    limit: usize,
) -> Result<Vec<Asked>, StoreError> {
    let after = after.map_or(Bytes16([0; 16]), Bytes16::from);
    let mut query = approvals::table
        .filter(approvals::desk.eq(i16::from(desk.number())))
        .filter(approvals::id.gt(after))
        .order(approvals::id)
        .limit(limit as i64)
        .into_boxed();
    if let Some(member) = member {
        query = query.filter(approvals::member.eq(Bytes16::from(member)));
    }
    if waiting {
        query = query.filter(approvals::state.eq(i16::from(State::Waiting.number())));
    }
    let rows: Vec<ApprovalRow> = query.load(&mut reader.0)?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// What was done at once at a desk of a member, and nobody has looked at, after `after`, at most `limit`, in the order it was
/// done.
pub fn to_confirm(
    reader: &mut Reader,
    member: MemberId,
    desk: Desk,
    after: Option<ApprovalId>,
    limit: usize,
) -> Result<Vec<Asked>, StoreError> {
    let after = after.map_or(Bytes16([0; 16]), Bytes16::from);
    // The two numbers as literals, as the index is of these alone.
    let waits = diesel::dsl::sql::<diesel::sql_types::Bool>("done = 1 AND state = 0");
    let rows: Vec<ApprovalRow> = approvals::table
        .filter(waits)
        .filter(approvals::desk.eq(i16::from(desk.number())))
        .filter(approvals::member.eq(Bytes16::from(member)))
        .filter(approvals::id.gt(after))
        .order(approvals::id)
        .limit(limit as i64)
        .load(&mut reader.0)?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// The approvals of a member in whose text any of these identifiers stands, at most `limit`, in the order they were asked for.
/// Reads all that the member ever asked for.
pub fn naming(
    reader: &mut Reader,
    member: MemberId,
    ids: &[String],
    limit: usize,
) -> Result<Vec<Asked>, StoreError> {
    let mut found: Vec<Asked> = Vec::new();
    for id in ids {
        // What stands between the signs for "anything" is letters and digits, and one that stands for itself and for any other.
        let rows: Vec<ApprovalRow> = approvals::table
            .filter(approvals::member.eq(Bytes16::from(member)))
            .filter(approvals::body.like(format!("%{id}%")))
            .order(approvals::id)
            .limit(limit as i64)
            .load(&mut reader.0)?;
        for row in rows {
            let asked: Asked = row.try_into()?;
            if !found.iter().any(|one| one.approval.id == asked.approval.id) {
                found.push(asked);
            }
        }
    }
    found.sort_by_key(|asked| asked.approval.id);
    found.truncate(limit);
    Ok(found)
}

/// Rows read at once.
const PAGE_ROWS: i64 = 4_000;

/// Hands every approval to `each`, in the order of identifiers.
pub fn each(
    reader: &mut Reader,
    mut each: impl FnMut(Asked) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut after = Bytes16([0; 16]);
    loop {
        let page: Vec<ApprovalRow> = approvals::table
            .filter(approvals::id.gt(after))
            .order(approvals::id)
            .limit(PAGE_ROWS)
            .load(&mut reader.0)?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = last.id;
        page.into_iter().try_for_each(|row| {
            let id: ApprovalId = row.id.id();
            each(
                row.try_into()
                    .map_err(|error: StoreError| error.about(id))?,
            )
        })?;
    }
}
