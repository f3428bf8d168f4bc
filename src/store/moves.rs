//! How credentials move, and which of them are used.

use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::columns::Bytes16;
use super::conn::{Reader, Writer};
use super::credentials::{find, grounds_from, state_from};
use super::error::StoreError;
use super::rows::CredentialRow;
use super::schema::{badges, credentials};
use crate::domain::calendar::Day;
use crate::domain::clearance::Functions;
use crate::domain::credential::Change;
use crate::domain::ids::{BadgeId, CredentialId};
use crate::domain::reason::Reason;
use crate::domain::time::Timestamp;
use crate::ledger::entry::Entry;
use crate::ledger::replay::Held;

/// Suspends a credential or lifts a suspension, from the state in which it stands.
pub(super) fn moved(
    writer: &mut Writer,
    entry: &Entry,
    id: CredentialId,
    change: Change,
    reason: Option<Reason>,
) -> Result<(), StoreError> {
    let row = credentials::table.find(Bytes16::from(id));
    let (number, for_cause, judicial): (i16, Option<i64>, Option<i64>) = row
        .select((
            credentials::state,
            credentials::for_cause_since,
            credentials::judicial_since,
        ))
        .first(&mut writer.0)
        .optional()?
        .ok_or(StoreError::Guard)?;
    // Where a change may start and where it leads comes from the one pure function.
    let to = state_from(number)?
        .apply(change)
        .map_err(|_| StoreError::Guard)?;
    let grounds = grounds_from(for_cause, judicial).after(change, entry.at);
    let moved = diesel::update(row.filter(credentials::state.eq(number)))
        .set((
            credentials::state.eq(i16::from(to.number())),
            credentials::reason.eq(reason.map(|reason| i16::from(reason.number()))),
            credentials::since.eq(entry.at.as_ms()),
            credentials::for_cause_since.eq(grounds.for_cause.map(Timestamp::as_ms)),
            credentials::judicial_since.eq(grounds.judicial.map(Timestamp::as_ms)),
            credentials::version.eq(entry.seq as i64),
        ))
        .execute(&mut writer.0)?;
    if matches!(change, Change::Lift(_) | Change::HandOver) {
        // It may sleep from then on, but not at once.
        note_uses(writer, Day::of(entry.at), &[id])?;
    }
    (moved == 1).then_some(()).ok_or(StoreError::Guard)
}

/// Whatever is good and was last used on this day, or before; at most `limit`, the longest unused first.
pub fn unused(reader: &mut Reader, last: Day, limit: usize) -> Result<Vec<Held>, StoreError> {
    let rows: Vec<CredentialRow> = credentials::table
        .filter(is_good())
        .filter(credentials::used_on.le(last.number()))
        .order(credentials::used_on)
        .limit(limit as i64)
        .load(&mut reader.0)?;
    rows.into_iter().map(Held::try_from).collect()
}

/// Notes that these were used on this day, or later.
pub fn note_uses(writer: &mut Writer, day: Day, ids: &[CredentialId]) -> Result<(), StoreError> {
    for chunk in ids.chunks(500) {
        let ids: Vec<Bytes16> = chunk.iter().map(|&id| id.into()).collect();
        let named = credentials::table.filter(credentials::id.eq_any(ids));
        let used = credentials::used_on.eq(day.number());
        diesel::update(named.filter(credentials::used_on.lt(day.number())))
            .set(used)
            .execute(&mut writer.0)?;
    }
    Ok(())
}

/// Notes that this one is never looked at again for being unused.
pub fn pass_over(writer: &mut Writer, id: CredentialId) -> Result<(), StoreError> {
    diesel::update(credentials::table.find(Bytes16::from(id)))
        .set(credentials::used_on.eq(i32::MAX))
        .execute(&mut writer.0)?;
    Ok(())
}

// The number as a literal, as the index is of these alone.
fn is_good() -> SqlLiteral<Bool> {
    sql("state = 0")
}

/// Notes that the revocation of a credential was wrong.
pub(super) fn corrected(
    writer: &mut Writer,
    entry: &Entry,
    id: CredentialId,
) -> Result<(), StoreError> {
    let held = find(writer, id)?.ok_or(StoreError::Guard)?;
    held.state
        .check_corrected(held.corrected_at)
        .map_err(|_| StoreError::Guard)?;
    let read = credentials::table
        .find(Bytes16::from(id))
        .filter(credentials::version.eq(held.version as i64));
    let noted = diesel::update(read)
        .set((
            credentials::corrected_at.eq(entry.at.as_ms()),
            credentials::version.eq(entry.seq as i64),
        ))
        .execute(&mut writer.0)?;
    (noted == 1).then_some(()).ok_or(StoreError::Guard)
}

/// Notes that a badge of a credential came back.
pub(super) fn recovered(
    writer: &mut Writer,
    entry: &Entry,
    id: CredentialId,
    badge: BadgeId,
) -> Result<(), StoreError> {
    let held = find(writer, id)?.ok_or(StoreError::Guard)?;
    held.check_over(entry.at).map_err(|_| StoreError::Guard)?;
    let out = badges::table
        .find(Bytes16::from(badge))
        .filter(badges::credential.eq(Bytes16::from(id)))
        .filter(badges::recovered_at.is_null());
    let noted = diesel::update(out)
        .set(badges::recovered_at.eq(entry.at.as_ms()))
        .execute(&mut writer.0)?;
    let touched = diesel::update(credentials::table.find(Bytes16::from(id)))
        .set(credentials::version.eq(entry.seq as i64))
        .execute(&mut writer.0)?;
    (noted == 1 && touched == 1)
        .then_some(())
        .ok_or(StoreError::Guard)
}

/// Notes for which of its functions a credential's worker is cleared from this entry on.
pub(super) fn set_functions(
    writer: &mut Writer,
    entry: &Entry,
    id: CredentialId,
    functions: Functions,
) -> Result<(), StoreError> {
    let held = find(writer, id)?.ok_or(StoreError::Guard)?;
    held.state
        .check_functions(&held.credential.scope, functions)
        .map_err(|_| StoreError::Guard)?;
    let read = credentials::table
        .find(Bytes16::from(id))
        .filter(credentials::version.eq(held.version as i64));
    let set = diesel::update(read)
        .set((
            credentials::functions.eq(i16::from(functions.number())),
            credentials::version.eq(entry.seq as i64),
        ))
        .execute(&mut writer.0)?;
    (set == 1).then_some(()).ok_or(StoreError::Guard)
}
