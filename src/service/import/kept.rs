//! How what was found in a file is kept: as JSON, sealed, as it may name people.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::report::Report;
use crate::access::keyring::Keyring;
use crate::access::seal::Field;
use crate::domain::ids::ImportId;
use crate::domain::time::Environment;
use crate::service::error::Error;

/// What was found in a file, as it is kept.
pub(super) fn seal_report(
    keyring: &Keyring,
    environment: &dyn Environment,
    id: ImportId,
    report: &Report,
) -> Result<Vec<u8>, Error> {
    let report = json(report)?;
    Ok(keyring.seal(
        Field::ImportReport,
        id.as_bytes(),
        report.as_bytes(),
        environment,
    ))
}

pub(super) fn open_report(keyring: &Keyring, id: ImportId, sealed: &[u8]) -> Result<Report, Error> {
    let report = keyring
        .open(Field::ImportReport, id.as_bytes(), sealed)
        .map_err(Error::internal)?;
    serde_json::from_slice(&report).map_err(Error::internal)
}

pub(super) fn json(value: &impl Serialize) -> Result<String, Error> {
    serde_json::to_string(value).map_err(Error::internal)
}

pub(super) fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(Error::internal)
}
