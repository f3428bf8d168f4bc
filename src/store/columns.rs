//! How our types lie in columns.

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::Binary;

use crate::domain::credential::CardKey;
use crate::domain::ids::{Id, Kind};

/// Sixteen bytes: an identifier or a card key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = Binary)]
pub struct Bytes16(pub [u8; 16]);

impl Bytes16 {
    pub fn id<K: Kind>(self) -> Id<K> {
        Id::from_u128(u128::from_be_bytes(self.0))
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

impl<DB: Backend> ToSql<Binary, DB> for Bytes16
where
    [u8]: ToSql<Binary, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        <[u8] as ToSql<Binary, DB>>::to_sql(self.0.as_slice(), out)
    }
}

impl<DB: Backend> FromSql<Binary, DB> for Bytes16
where
    Vec<u8>: FromSql<Binary, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        let bytes = Vec::<u8>::from_sql(bytes)?;
        <[u8; 16]>::try_from(bytes)
            .map(Self)
            .map_err(|_| "expected sixteen bytes".into())
    }
}
