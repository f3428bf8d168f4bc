//! Credentials that are suspended for what somebody must see to in time, and since when.

use diesel::prelude::*;

use super::columns::Bytes16;
use super::conn::Reader;
use super::error::StoreError;
use super::schema::credentials;
use crate::domain::ids::{CredentialId, MemberId};
use crate::domain::time::Timestamp;

/// A member's credentials after `after` that are suspended for cause since this moment or longer, and since when; at most
/// `limit`, in the order of issue.
pub fn for_cause(
    reader: &mut Reader,
    member: MemberId,
    began_by: Timestamp,
    after: Option<CredentialId>,
    limit: usize,
) -> Result<Vec<(CredentialId, Timestamp)>, StoreError> {
    let after = after.map_or(Bytes16([0; 16]), Bytes16::from);
    let since = credentials::for_cause_since.assume_not_null();
    let rows: Vec<(Bytes16, i64)> = credentials::table
        .select((credentials::id, since))
        .filter(credentials::member.eq(Bytes16::from(member)))
        .filter(credentials::for_cause_since.le(began_by.as_ms()))
        .filter(credentials::id.gt(after))
        .order(credentials::id)
        .limit(limit as i64)
        .load(&mut reader.0)?;
    Ok(with_moment(rows))
}

/// A member's credentials after `after` that a court's order suspends since this moment or shorter, and since when; at most
/// `limit`, in the order of issue.
pub fn by_court(
    reader: &mut Reader,
    member: MemberId,
    began_from: Timestamp,
    after: Option<CredentialId>,
    limit: usize,
) -> Result<Vec<(CredentialId, Timestamp)>, StoreError> {
    let after = after.map_or(Bytes16([0; 16]), Bytes16::from);
    let since = credentials::judicial_since.assume_not_null();
    let rows: Vec<(Bytes16, i64)> = credentials::table
        .select((credentials::id, since))
        .filter(credentials::member.eq(Bytes16::from(member)))
        .filter(credentials::judicial_since.ge(began_from.as_ms()))
        .filter(credentials::id.gt(after))
        .order(credentials::id)
        .limit(limit as i64)
        .load(&mut reader.0)?;
    Ok(with_moment(rows))
}

fn with_moment(rows: Vec<(Bytes16, i64)>) -> Vec<(CredentialId, Timestamp)> {
    let found = rows.into_iter();
    found
        .map(|(id, since)| (id.id(), Timestamp::from_ms(since)))
        .collect()
}
