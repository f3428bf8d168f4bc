//! Files brought in, with how far they got.

use diesel::prelude::*;

use super::columns::Bytes16;
use super::conn::{Reader, Writer};
use super::error::StoreError;
use super::schema::imports;
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
    /// What the last run found, as JSON.
    pub report: String,
    /// Rows in the file.
    pub rows_total: u64,
    /// Rows dealt with.
    pub rows_done: u64,
    /// When it came.
    pub created_at: Timestamp,
    /// The file, sealed; gone once it is applied.
    pub sealed: Option<Vec<u8>>,
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
    report: String,
    rows_total: i64,
    rows_done: i64,
    created_at: i64,
    sealed: Option<Vec<u8>>,
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
            rows_total: row.rows_total as u64,
            rows_done: row.rows_done as u64,
            created_at: Timestamp::from_ms(row.created_at),
            sealed: row.sealed,
        }
    }
}

/// Keeps a new file.
pub fn add(writer: &mut Writer, import: &Import) -> Result<(), StoreError> {
    let row = Row {
        id: import.id.into(),
        member: import.member.into(),
        client: import.client.into(),
        purpose: import.purpose.clone(),
        state: import.state.clone(),
        settings: import.settings.clone(),
        report: import.report.clone(),
        rows_total: import.rows_total as i64,
        rows_done: import.rows_done as i64,
        created_at: import.created_at.as_ms(),
        sealed: import.sealed.clone(),
    };
    diesel::insert_into(imports::table)
        .values(row)
        .execute(&mut writer.0)?;
    Ok(())
}

/// One file.
pub fn find(reader: &mut Reader, id: ImportId) -> Result<Option<Import>, StoreError> {
    let row: Option<Row> = imports::table
        .find(Bytes16::from(id))
        .first(&mut reader.0)
        .optional()?;
    Ok(row.map(Import::from))
}

/// The files that were being applied when the program last stopped.
pub fn in_state(reader: &mut Reader, state: &str) -> Result<Vec<ImportId>, StoreError> {
    let ids: Vec<Bytes16> = imports::table
        .filter(imports::state.eq(state))
        .select(imports::id)
        .order(imports::id)
        .load(&mut reader.0)?;
    Ok(ids.into_iter().map(Bytes16::id).collect())
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
    match diesel::update(row)
        .set(imports::state.eq(to))
        .execute(&mut writer.0)?
    {
        1 => Ok(()),
        _ => Err(StoreError::Guard),
    }
}

/// Notes how far a file got, in the transaction that took it there.
pub fn progress(
    writer: &mut Writer,
    id: ImportId,
    rows_done: u64,
    report: &str,
) -> Result<(), StoreError> {
    diesel::update(imports::table.find(Bytes16::from(id)))
        .set((
            imports::rows_done.eq(rows_done as i64),
            imports::report.eq(report),
        ))
        .execute(&mut writer.0)?;
    Ok(())
}

/// Forgets the file's bytes; what became of it stays.
pub fn forget_bytes(writer: &mut Writer, id: ImportId) -> Result<(), StoreError> {
    diesel::update(imports::table.find(Bytes16::from(id)))
        .set(imports::sealed.eq(None::<Vec<u8>>))
        .execute(&mut writer.0)?;
    Ok(())
}
