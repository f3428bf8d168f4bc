//! The schema, embedded in the program: the same names under `migrations/sqlite` and `migrations/postgres`.

use diesel::migration::{Migration, MigrationSource};
use diesel::prelude::*;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::backend::{AnyConnection, both};
use super::conn::{Reader, Writer};
use super::error::StoreError;
use super::schema::__diesel_schema_migrations;

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Brings the schema up to this program's version. Refuses a database that a later program has brought further, as
/// this one would not know what it means.
pub fn up(writer: &mut Writer) -> Result<(), StoreError> {
    writer.0.lock_schema()?;
    let done = check(writer).and_then(|()| {
        match &mut writer.0 {
            AnyConnection::Sqlite(inner) => inner.run_pending_migrations(SQLITE).map(drop),
            AnyConnection::Postgres(inner) => inner.run_pending_migrations(POSTGRES).map(drop),
        }
        .map_err(|error| {
            StoreError::Schema(format!(
                "the database could not be brought to this version: {error}"
            ))
        })
    });
    writer.0.unlock_schema()?;
    done
}

/// Takes everything down again. For tests of the migrations only: it refuses nothing.
pub fn down(writer: &mut Writer) -> Result<(), StoreError> {
    let done = match &mut writer.0 {
        AnyConnection::Sqlite(inner) => inner.revert_all_migrations(SQLITE).map(drop),
        AnyConnection::Postgres(inner) => inner.revert_all_migrations(POSTGRES).map(drop),
    };
    done.map_err(|error| StoreError::Schema(error.to_string()))
}

/// Whether schema and program fit: the schema may be older, never newer.
pub fn check(writer: &mut Writer) -> Result<(), StoreError> {
    let applied = both!(&mut writer.0, |inner| inner.applied_migrations()).map_err(|error| {
        StoreError::Schema(format!("the database does not show its version: {error}"))
    })?;
    let newest = applied.iter().map(ToString::to_string).max();
    not_newer(newest.as_deref().unwrap_or_default(), &version()?)
}

fn not_newer(newest: &str, known: &str) -> Result<(), StoreError> {
    if newest <= known {
        return Ok(());
    }
    Err(StoreError::Schema(format!(
        "the database has schema version {newest}, this program knows up to {known}: start a newer program, or restore the \
         database from before its upgrade"
    )))
}

/// The newest schema version this program knows.
pub fn version() -> Result<String, StoreError> {
    Ok(versions()?.into_iter().max().unwrap_or_default())
}

/// Every schema version this program knows; the same for both databases.
fn versions() -> Result<Vec<String>, StoreError> {
    let migrations = MigrationSource::<diesel::sqlite::Sqlite>::migrations(&SQLITE)
        .map_err(|error| StoreError::Schema(error.to_string()))?;
    Ok(migrations
        .iter()
        .map(|migration| migration.name().version().to_string())
        .collect())
}

/// Whether the schema is this program's: all of its migrations are there, and no other. Only reads, which diesel's own
/// question does not.
pub fn is_current(reader: &mut Reader) -> Result<bool, StoreError> {
    let (applied, known) = (applied(reader)?, versions()?);
    Ok(applied.len() == known.len() && applied.iter().all(|version| known.contains(version)))
}

/// Refuses a schema that is not this program's, and says both versions. Only reads.
pub fn check_current(reader: &mut Reader) -> Result<(), StoreError> {
    if is_current(reader)? {
        return Ok(());
    }
    let newest = applied(reader)?.into_iter().max().unwrap_or_default();
    let known = version()?;
    not_newer(&newest, &known)?;
    Err(StoreError::Schema(format!(
        "the database has schema version {newest}, this program needs {known}: `portcullis serve` brings it up"
    )))
}

fn applied(reader: &mut Reader) -> Result<Vec<String>, StoreError> {
    let versions = __diesel_schema_migrations::table.select(__diesel_schema_migrations::version);
    Ok(versions.load(&mut reader.0)?)
}
