//! Records of the network. There are few, and every node holds them all in its index; the table keeps them.

use diesel::prelude::*;

use super::conn::Reader;
use super::error::StoreError;
use super::schema::network_records;
use crate::ledger::fold::Record;

/// Every record with its version, in the order of their identifiers.
pub fn all(reader: &mut Reader) -> Result<Vec<(u64, Record)>, StoreError> {
    let rows: Vec<(String, String, i64)> = network_records::table
        .order(network_records::id)
        .load(&mut reader.0)?;
    rows.into_iter()
        .map(|(id, body, version)| {
            let record = Record::parse(&id, &body).ok_or_else(|| {
                StoreError::Corrupt(format!("the network record {id} cannot be read"))
            })?;
            Ok((version as u64, record))
        })
        .collect()
}

/// One record with its version, by its identifier's text.
pub fn find(reader: &mut Reader, id: &str) -> Result<Option<(u64, Record)>, StoreError> {
    let row: Option<(String, i64)> = network_records::table
        .find(id)
        .select((network_records::body, network_records::version))
        .first(&mut reader.0)
        .optional()?;
    row.map(|(body, version)| {
        let record = Record::parse(id, &body).ok_or_else(|| {
            StoreError::Corrupt(format!("the network record {id} cannot be read"))
        })?;
        Ok((version as u64, record))
    })
    .transpose()
}
