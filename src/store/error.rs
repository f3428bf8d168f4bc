//! What can go wrong in a database, in the five ways that a caller can act on.

use diesel::result::{DatabaseErrorKind, Error as DieselError};

/// A database said no, or said nothing.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It cannot be reached, or is busy. Worth another try.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// A uniqueness rule of the schema refused the row: another writer was first.
    #[error("the database refused a duplicate")]
    Duplicate,
    /// The guard of a change did not hold: the row is not in a state that the change may start from.
    #[error("the row is not as the change needs it")]
    Guard,
    /// What is stored cannot be: not written by this program, or damaged. Never to be ignored.
    #[error("the database holds something that cannot be: {0}")]
    Corrupt(String),
    /// The database and this program do not fit together.
    #[error("{0}")]
    Schema(String),
    /// Anything else.
    #[error("the database failed: {0}")]
    Failed(#[source] DieselError),
}

impl StoreError {
    /// Whether the same call can succeed later without anybody mending anything.
    pub fn retryable(&self) -> bool {
        match self {
            Self::Unavailable(_) | Self::Duplicate => true,
            Self::Guard | Self::Corrupt(_) | Self::Schema(_) | Self::Failed(_) => false,
        }
    }
}

impl StoreError {
    /// Says of which thing that cannot be read it speaks.
    pub(super) fn about(self, what: impl std::fmt::Display) -> Self {
        match self {
            Self::Corrupt(why) => Self::Corrupt(format!("{what}: {why}")),
            other => other,
        }
    }
}

impl From<DieselError> for StoreError {
    fn from(error: DieselError) -> Self {
        match error {
            DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => Self::Duplicate,
            DieselError::DatabaseError(
                DatabaseErrorKind::ClosedConnection
                | DatabaseErrorKind::UnableToSendCommand
                | DatabaseErrorKind::SerializationFailure,
                info,
            ) => Self::Unavailable(info.message().to_owned()),
            // The schema's own words on SQLite, where it must look before REPLACE does.
            DieselError::DatabaseError(_, ref info)
                if info.message().contains("never replaced") =>
            {
                Self::Duplicate
            }
            DieselError::DatabaseError(_, ref info)
                if info.message().contains("database is locked") =>
            {
                Self::Unavailable("locked by another process".into())
            }
            // Disk full, I/O error, read-only file system, administrator's shutdown, somebody else's lock: nothing the
            // caller did.
            DieselError::DatabaseError(DatabaseErrorKind::Unknown, ref info)
                if [
                    "disk",
                    "I/O",
                    "readonly",
                    "terminating connection",
                    "server closed",
                    "no connection",
                    "not been established",
                    "could not send data",
                    "could not receive data",
                    "timeout",
                ]
                .iter()
                .any(|sign| info.message().contains(sign)) =>
            {
                Self::Unavailable(info.message().to_owned())
            }
            DieselError::DeserializationError(why) => Self::Corrupt(why.to_string()),
            DieselError::BrokenTransactionManager => {
                Self::Unavailable("the connection is broken".into())
            }
            other => Self::Failed(other),
        }
    }
}

impl From<diesel::ConnectionError> for StoreError {
    fn from(error: diesel::ConnectionError) -> Self {
        // libpq's message can carry the address and user of the database, never a password; it goes to the log only.
        Self::Unavailable(error.to_string())
    }
}
