//! How our types lie in columns.

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::Binary;
use diesel::sqlite::{Sqlite, SqliteValue};

use super::backend::AnyBackend;
use super::error::StoreError;
use crate::domain::credential::CardKey;
use crate::domain::document::DocumentKey;
use crate::domain::ids::{Id, Kind};

/// Sixteen bytes: an identifier, a card key or a document key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = Binary)]
pub(super) struct Bytes16(pub [u8; 16]);

impl Bytes16 {
    pub fn id<K: Kind>(self) -> Id<K> {
        Id::from_u128(u128::from_be_bytes(self.0))
    }
}

impl Bytes16 {
    fn of(bytes: &[u8]) -> deserialize::Result<Self> {
        bytes
            .try_into()
            .map(Self)
            .map_err(|_| "expected sixteen bytes".into())
    }
}

impl<K: Kind> From<Id<K>> for Bytes16 {
    fn from(id: Id<K>) -> Self {
        Self(*id.as_bytes())
    }
}

impl From<CardKey> for Bytes16 {
    fn from(key: CardKey) -> Self {
        Self(key.0)
    }
}

impl From<DocumentKey> for Bytes16 {
    fn from(key: DocumentKey) -> Self {
        Self(key.0)
    }
}

impl<DB: Backend> ToSql<Binary, DB> for Bytes16
where
    [u8]: ToSql<Binary, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        <[u8] as ToSql<Binary, DB>>::to_sql(self.0.as_slice(), out)
    }
}

// For each backend by itself: a start reads tens of millions of these, and a detour through a vector allocates for each.
impl FromSql<Binary, Sqlite> for Bytes16 {
    fn from_sql(mut value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        Self::of(value.read_blob())
    }
}

impl FromSql<Binary, Pg> for Bytes16 {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        Self::of(value.as_bytes())
    }
}

impl FromSql<Binary, AnyBackend> for Bytes16 {
    fn from_sql(value: <AnyBackend as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        Self::of(&<Vec<u8> as FromSql<Binary, AnyBackend>>::from_sql(value)?)
    }
}

/// A version of the blind-index key, of its column.
pub(super) fn version(number: i32) -> Result<u16, StoreError> {
    u16::try_from(number)
        .map_err(|_| StoreError::Corrupt("the version of a blind-index key is none".into()))
}

/// How many rows there are under each version of the blind-index key.
pub(super) fn versions(rows: Vec<(i32, i64)>) -> Result<Vec<(u16, u64)>, StoreError> {
    let rows = rows.into_iter();
    rows.map(|(number, rows)| Ok((version(number)?, rows as u64)))
        .collect()
}
