//! Credentials that somebody must see to, and since when: suspended for what must be decided in time, or granted and not
//! handed over.

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

/// A member's credentials after `after` that were granted, are not handed over and have not expired, and since when; at most
/// `limit`, in the order they were asked for.
pub fn to_hand_over(
    reader: &mut Reader,
    member: MemberId,
    now: Timestamp,
    after: Option<CredentialId>,
    limit: usize,
) -> Result<Vec<(CredentialId, Timestamp)>, StoreError> {
    let after = after.map_or(Bytes16([0; 16]), Bytes16::from);
    // The number as a literal, as the index is of these alone.
    let approved = diesel::dsl::sql::<diesel::sql_types::Bool>("state = 99");
    let rows: Vec<(Bytes16, i64)> = credentials::table
        .select((credentials::id, credentials::since))
        .filter(approved)
        .filter(credentials::member.eq(Bytes16::from(member)))
        .filter(credentials::valid_until.gt(now.as_ms()))
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
