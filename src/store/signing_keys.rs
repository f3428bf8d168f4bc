//! Keys that sign tokens, sealed.

use diesel::prelude::*;

use super::conn::{Reader, Writer};
use super::error::StoreError;
use super::schema::signing_keys;
use crate::domain::time::Timestamp;

/// A key as it is stored.
#[derive(Queryable, Insertable)]
#[diesel(table_name = signing_keys)]
pub struct SealedKey {
    /// Its name in token headers.
    pub kid: String,
    /// PKCS#8, sealed.
    pub sealed: Vec<u8>,
    /// When it was made, in milliseconds.
    pub created_at: i64,
}

/// Every key, oldest first.
pub fn all(reader: &mut Reader) -> Result<Vec<SealedKey>, StoreError> {
    Ok(signing_keys::table
        .order((signing_keys::created_at, signing_keys::kid))
        .load(&mut reader.0)?)
}

/// Adds a key.
pub fn add(
    writer: &mut Writer,
    kid: String,
    sealed: Vec<u8>,
    at: Timestamp,
) -> Result<(), StoreError> {
    diesel::insert_into(signing_keys::table)
        .values(SealedKey {
            kid,
            sealed,
            created_at: at.as_ms(),
        })
        .execute(&mut writer.0)?;
    Ok(())
}
