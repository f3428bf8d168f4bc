//! Files brought in, with how far they got.

use diesel::prelude::*;

use super::columns::Bytes16;
use super::conn::{Reader, Writer};
use super::error::StoreError;
use super::schema::{import_files, imports};
use crate::domain::digest::Digest;
use crate::domain::ids::{ClientId, ImportId, MemberId};
use crate::domain::time::Timestamp;

/// One file.
#[derive(Debug, Clone)]
pub struct Import {
    /// Which.
    pub id: ImportId,
    /// For whom.
    pub member: MemberId,
    /// Who brought it.
    pub client: ClientId,
    /// What its rows are, by the name of the purpose.
    pub purpose: String,
    /// How far it is, by the name of the state.
    pub state: String,
    /// What was said with it, as JSON.
    pub settings: String,
    /// What was found, sealed.
    pub report: Vec<u8>,
    /// How many rows had which outcome, as JSON.
    pub counts: String,
    /// Rows in the file.
    pub rows_total: u64,
    /// Rows dealt with.
    pub rows_done: u64,
    /// When it came.
    pub created_at: Timestamp,
    /// SHA-256 of its bytes.
    pub file: Digest,
    /// Whether it is carried out however many it revokes.
    pub granted: bool,
    /// The second person who let it be carried out, where it needed one.
    pub second: Option<Second>,
}

/// Who let a file be carried out, and how far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Second {
    /// Through which client.
    pub client: ClientId,
    /// How many new rows they were shown: not more are carried out.
    pub new_max: u64,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = imports)]
struct Row {
    id: Bytes16,
    member: Bytes16,
    client: Bytes16,
    purpose: String,
    state: String,
    settings: String,
    report: Vec<u8>,
    counts: String,
    rows_total: i64,
    rows_done: i64,
    created_at: i64,
    file_sha256: Vec<u8>,
    granted: bool,
    granted_by: Option<Bytes16>,
    new_max: Option<i64>,
}

impl From<Row> for Import {
    fn from(row: Row) -> Self {
        Self {
            id: row.id.id(),
            member: row.member.id(),
            client: row.client.id(),
            purpose: row.purpose,
            state: row.state,
            settings: row.settings,
            report: row.report,
            counts: row.counts,
            rows_total: row.rows_total as u64,
            rows_done: row.rows_done as u64,
            created_at: Timestamp::from_ms(row.created_at),
            // A digest of another length is none, and equals no file's.
            file: Digest(row.file_sha256.try_into().unwrap_or([0; 32])),
            granted: row.granted,
            second: row.granted_by.zip(row.new_max).map(|(client, new)| Second {
                client: client.id(),
                new_max: new as u64,
            }),
        }
    }
}

/// Keeps a new file, its bytes sealed.
pub fn add(writer: &mut Writer, import: &Import, sealed: &[u8]) -> Result<(), StoreError> {
    let row = Row {
        id: import.id.into(),
        member: import.member.into(),
        client: import.client.into(),
        purpose: import.purpose.clone(),
        state: import.state.clone(),
        settings: import.settings.clone(),
        report: import.report.clone(),
        counts: import.counts.clone(),
        rows_total: import.rows_total as i64,
        rows_done: import.rows_done as i64,
        created_at: import.created_at.as_ms(),
        file_sha256: import.file.0.to_vec(),
        granted: import.granted,
        granted_by: import.second.map(|second| second.client.into()),
        new_max: import.second.map(|second| second.new_max as i64),
    };
    diesel::insert_into(imports::table)
        .values(row)
        .execute(&mut writer.0)?;
    diesel::insert_into(import_files::table)
        .values((
            import_files::import.eq(Bytes16::from(import.id)),
            import_files::sealed.eq(sealed),
        ))
        .execute(&mut writer.0)?;
    Ok(())
}

/// One file, without its bytes.
pub fn find(reader: &mut Reader, id: ImportId) -> Result<Option<Import>, StoreError> {
    let row: Option<Row> = imports::table
        .find(Bytes16::from(id))
        .first(&mut reader.0)
        .optional()?;
    Ok(row.map(Import::from))
}

/// A file's bytes, sealed; `None` once they are forgotten.
pub fn sealed(reader: &mut Reader, id: ImportId) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(import_files::table
        .find(Bytes16::from(id))
        .select(import_files::sealed)
        .first(&mut reader.0)
        .optional()?)
}

/// The files in a state: which, and whose.
pub fn in_state(reader: &mut Reader, state: &str) -> Result<Vec<(ImportId, MemberId)>, StoreError> {
    let rows: Vec<(Bytes16, Bytes16)> = imports::table
        .filter(imports::state.eq(state))
        .select((imports::id, imports::member))
        .order(imports::id)
        .load(&mut reader.0)?;
    Ok(rows
        .into_iter()
        .map(|(id, member)| (id.id(), member.id()))
        .collect())
}

/// Moves a file from one state to another; `Guard` if it is not in the first.
pub fn move_state(
    writer: &mut Writer,
    id: ImportId,
    from: &str,
    to: &str,
) -> Result<(), StoreError> {
    let row = imports::table
        .find(Bytes16::from(id))
        .filter(imports::state.eq(from));
    let moved = diesel::update(row)
        .set(imports::state.eq(to))
        .execute(&mut writer.0)?;
    if moved == 1 {
        Ok(())
    } else {
        Err(StoreError::Guard)
    }
}

/// Lets a file be carried out however many it revokes; as far as a second person let it, where one did.
pub fn grant(writer: &mut Writer, id: ImportId, second: Option<Second>) -> Result<(), StoreError> {
    diesel::update(imports::table.find(Bytes16::from(id)))
        .set((
            imports::granted.eq(true),
            imports::granted_by.eq(second.map(|second| Bytes16::from(second.client))),
            imports::new_max.eq(second.map(|second| second.new_max as i64)),
        ))
        .execute(&mut writer.0)?;
    Ok(())
}

/// Notes how far a file got, in the transaction that took it there.
pub fn progress(
    writer: &mut Writer,
    id: ImportId,
    rows_done: u64,
    counts: &str,
) -> Result<(), StoreError> {
    diesel::update(imports::table.find(Bytes16::from(id)))
        .set((
            imports::rows_done.eq(rows_done as i64),
            imports::counts.eq(counts),
        ))
        .execute(&mut writer.0)?;
    Ok(())
}

/// Notes what was found, sealed.
pub fn report(writer: &mut Writer, id: ImportId, report: &[u8]) -> Result<(), StoreError> {
    diesel::update(imports::table.find(Bytes16::from(id)))
        .set(imports::report.eq(report))
        .execute(&mut writer.0)?;
    Ok(())
}

/// Forgets a file's bytes; what became of it stays.
pub fn forget_file(writer: &mut Writer, id: ImportId) -> Result<(), StoreError> {
    diesel::delete(import_files::table.find(Bytes16::from(id))).execute(&mut writer.0)?;
    Ok(())
}

/// Drops the oldest files in one of these states that were brought before this moment, with their bytes: a bounded number of
/// them. Whether there may be more.
pub fn drop_some(
    writer: &mut Writer,
    states: &[&str],
    before: Timestamp,
) -> Result<bool, StoreError> {
    let old: Vec<Bytes16> = imports::table
        .filter(imports::state.eq_any(states.to_vec()))
        .filter(imports::created_at.lt(before.as_ms()))
        .order(imports::created_at)
        .select(imports::id)
        .limit(DROPPED_AT_ONCE)
        .load(&mut writer.0)?;
    diesel::delete(import_files::table.filter(import_files::import.eq_any(&old)))
        .execute(&mut writer.0)?;
    diesel::delete(imports::table.filter(imports::id.eq_any(&old))).execute(&mut writer.0)?;
    Ok(old.len() as i64 == DROPPED_AT_ONCE)
}

/// So that forgetting does not hold up changes.
const DROPPED_AT_ONCE: i64 = 100;
