//! Answers to requests that carried an Idempotency-Key: looked up for a whole group of writes at once, and written with
//! their effect in one transaction, so that an effect without its answer cannot be.

use diesel::prelude::*;

use super::backend::{ROWS_PER_INSERT, both};
use super::conn::{Reader, Writer};
use super::error::StoreError;
use super::schema::idempotency_keys;
use crate::domain::time::Timestamp;

/// A kept answer.
#[derive(Queryable, Insertable, Clone)]
#[diesel(table_name = idempotency_keys)]
pub struct Kept {
    /// Digest of client, route and key.
    pub id: Vec<u8>,
    /// Digest of the request's body.
    pub request: Vec<u8>,
    /// The answer as bytes; their meaning is the door's.
    pub answer: Vec<u8>,
    /// When, in milliseconds.
    pub created_at: i64,
}

/// The answers kept under these digests.
pub fn find(reader: &mut Reader, ids: &[Vec<u8>]) -> Result<Vec<Kept>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(idempotency_keys::table
        .filter(idempotency_keys::id.eq_any(ids))
        .load(&mut reader.0)?)
}

/// Keeps answers.
pub fn keep(writer: &mut Writer, kept: &[Kept]) -> Result<(), StoreError> {
    for chunk in kept.chunks(ROWS_PER_INSERT) {
        both!(&mut writer.0, |inner| diesel::insert_into(
            idempotency_keys::table
        )
        .values(chunk)
        .execute(inner))?;
    }
    Ok(())
}

/// Drops answers kept before this moment.
pub fn forget(writer: &mut Writer, before: Timestamp) -> Result<usize, StoreError> {
    let old = idempotency_keys::table.filter(idempotency_keys::created_at.lt(before.as_ms()));
    Ok(diesel::delete(old).execute(&mut writer.0)?)
}
