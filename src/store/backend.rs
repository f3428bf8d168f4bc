//! The only file that may ask which database it is: what the two do not have in common stands here side by side.

use diesel::connection::{AnsiTransactionManager, Connection, TransactionManager};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Binary, Nullable, SmallInt};

use super::columns::Bytes16;
use super::error::StoreError;
use super::tables::Revoked;
use crate::domain::credential::State;

/// A connection to either database.
#[derive(diesel::MultiConnection)]
pub(super) enum AnyConnection {
    Postgres(diesel::PgConnection),
    Sqlite(diesel::SqliteConnection),
}

/// What columns are read from where it does not matter which of the two.
pub(super) type AnyBackend = <AnyConnection as Connection>::Backend;

/// Runs one expression, compiled for each database, where diesel's common ground does not reach: inserting many rows.
macro_rules! both {
    ($conn:expr, |$inner:ident| $body:expr) => {
        match $conn {
            $crate::store::backend::AnyConnection::Postgres($inner) => $body,
            $crate::store::backend::AnyConnection::Sqlite($inner) => $body,
        }
    };
}
pub(super) use both;

/// PostgreSQL takes at most 65 535 values in one statement; SQLite goes row by row.
pub(super) const ROWS_PER_INSERT: usize = 4_000;
/// Rows that SQLite inserts before it lets a gate go first.
pub(super) const ROWS_BETWEEN_GATES: usize = 64;

/// Opens a database by its address: `postgres://...` or `sqlite:PATH`.
pub(super) fn open(url: &str, writes: bool) -> Result<AnyConnection, StoreError> {
    if let Some(path) = sqlite_path(url) {
        let mut inner = diesel::SqliteConnection::establish(path)?;
        // busy_timeout first, so that the pragmas after it wait. FULL: an acknowledged revocation survives a power cut.
        // The log may grow to 64 MiB: card keys lie at random, so an import touches the same pages again and again, and
        // with the usual 4 MiB each of its commits would pay two flushes more to copy them all. What SQLite notes for taking back one
        // statement stays in memory: it is worth nothing after a crash.
        let pragmas = "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
             PRAGMA foreign_keys = ON; PRAGMA cache_size = -65536; PRAGMA secure_delete = ON; \
             PRAGMA wal_autocheckpoint = 16384; PRAGMA temp_store = MEMORY;";
        diesel::connection::SimpleConnection::batch_execute(&mut inner, pragmas)?;
        if !writes {
            diesel::connection::SimpleConnection::batch_execute(
                &mut inner,
                "PRAGMA query_only = ON;",
            )?;
        }
        Ok(AnyConnection::Sqlite(inner))
    } else {
        let mut inner = diesel::PgConnection::establish(&with_patience(url))?;
        let settings = if writes {
            WRITER_SETTINGS
        } else {
            "SET default_transaction_read_only = on; SET statement_timeout = '60s';"
        };
        diesel::connection::SimpleConnection::batch_execute(&mut inner, settings)?;
        diesel::connection::SimpleConnection::batch_execute(&mut inner, PLANS)?;
        Ok(AnyConnection::Postgres(inner))
    }
}

/// A node that hangs or dies in the middle of a write must not hold the head for long: it is free before those who wait for it
/// give up. Between two statements of a write there is never more than a moment's work.
const WRITER_SETTINGS: &str = "SET synchronous_commit = on; SET lock_timeout = '5s'; SET statement_timeout = '60s'; \
     SET idle_in_transaction_session_timeout = '3s';";

/// Every query here goes by an index, and is short. A plan that was made while a table was empty reads all of it, and is kept while
/// the table grows: an import looked up its cards that way for as long as it lasted. Compiling plans never pays.
const PLANS: &str = "SET enable_seqscan = off; SET jit = off;";

/// A number that a statement of its own asks for.
#[derive(diesel::QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

/// Whether SQLite could not do something for somebody who reads.
#[derive(diesel::QueryableByName)]
struct Busy {
    #[diesel(sql_type = diesel::sql_types::Integer)]
    busy: i32,
}

/// How long it is waited for those who began before.
const SCRUB_PATIENCE: std::time::Duration = std::time::Duration::from_secs(20);
const SCRUB_PAUSE: std::time::Duration = std::time::Duration::from_millis(50);

/// The tables that are written anew when somebody was erased.
const SCRUBBED: [&str; 1] = ["worker_keys"];
/// Those of which only what was freed may be overwritten.
const FREED: [&str; 8] = [
    "sealed_details",
    "worker_names",
    "worker_documents",
    "staff_numbers",
    "engagement_employers",
    "employer_names",
    "ban_documents",
    "idempotency_keys",
];

/// What libpq is told beside the address, unless the address says otherwise. Its own defaults wait two hours for a server
/// that vanished without a word: the machine lost its power, a firewall forgot the connection.
const PATIENCE: [(&str, &str); 5] = [
    ("connect_timeout", "2"),
    ("keepalives_idle", "2"),
    ("keepalives_interval", "1"),
    ("keepalives_count", "3"),
    ("tcp_user_timeout", "5000"),
];

fn with_patience(url: &str) -> String {
    let mut url = url.to_owned();
    for (name, value) in PATIENCE {
        if !url.contains(&format!("{name}=")) {
            let mark = if url.contains('?') { '&' } else { '?' };
            url.push_str(&format!("{mark}{name}={value}"));
        }
    }
    url
}

/// The file of an SQLite address; `None` when the address is PostgreSQL's.
pub fn sqlite_path(url: &str) -> Option<&str> {
    url.strip_prefix("sqlite:")
        .map(|path| path.strip_prefix("//").unwrap_or(path))
}

impl AnyConnection {
    /// Whether other processes can write to this database.
    pub(super) fn is_shared(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    /// Begins a transaction that holds the right to write from its first statement on. SQLite would otherwise take it
    /// at the first write and fail when another took it meanwhile.
    pub(super) fn begin_write(&mut self) -> Result<(), StoreError> {
        match self {
            Self::Postgres(inner) => AnsiTransactionManager::begin_transaction(inner)?,
            Self::Sqlite(inner) => {
                AnsiTransactionManager::begin_transaction_sql(inner, "BEGIN IMMEDIATE")?
            }
        }
        Ok(())
    }

    /// Has a file read as memory, as much of it as SQLite lets.
    pub(super) fn map_file(&mut self) -> Result<(), StoreError> {
        if let Self::Sqlite(inner) = self {
            let pragma = "PRAGMA mmap_size = 2147418112;";
            diesel::connection::SimpleConnection::batch_execute(inner, pragma)?;
        }
        Ok(())
    }

    /// Begins a transaction that sees one state of the database until its end.
    pub(super) fn begin_snapshot(&mut self) -> Result<(), StoreError> {
        match self {
            Self::Postgres(inner) => AnsiTransactionManager::begin_transaction_sql(
                inner,
                "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY",
            )?,
            Self::Sqlite(inner) => AnsiTransactionManager::begin_transaction(inner)?,
        }
        Ok(())
    }

    /// Makes the transaction durable. After an error it is not known whether it is.
    pub(super) fn commit(&mut self) -> Result<(), StoreError> {
        both!(self, |inner| AnsiTransactionManager::commit_transaction(
            inner
        ))?;
        Ok(())
    }

    /// Drops the transaction. If even this fails the connection is broken.
    pub(super) fn rollback(&mut self) -> Result<(), StoreError> {
        both!(self, |inner| AnsiTransactionManager::rollback_transaction(
            inner
        ))?;
        Ok(())
    }

    /// Cleans the files of what was overwritten and deleted.
    ///
    /// SQLite overwrites what it frees (`secure_delete`), and what stood before is in its log alone, which is folded in and cut to
    /// nothing. PostgreSQL keeps what it frees: the table of keys, small as it is, is written anew, and of the others what was
    /// freed may be overwritten from here on. What was sealed is of no use without its key. Both need a moment without a reader,
    /// and who comes meanwhile waits.
    pub(super) fn scrub(&mut self) -> Result<(), StoreError> {
        match self {
            Self::Postgres(inner) => {
                // What somebody may still see who began before, is written along.
                let mark: Number =
                    diesel::sql_query("SELECT pg_current_xact_id()::text::bigint AS number")
                        .get_result(inner)?;
                let behind = format!(
                    "SELECT count(*) AS number FROM pg_stat_activity WHERE datname = current_database() \
                     AND pid <> pg_backend_pid() AND age(backend_xmin) >= age('{mark}'::xid8::xid) \
                     UNION ALL SELECT (pg_snapshot_xmin(pg_current_snapshot()) <= '{mark}'::xid8)::int::bigint",
                    mark = mark.number
                );
                let mut waited = std::time::Duration::ZERO;
                loop {
                    let behind: Vec<Number> = diesel::sql_query(&behind).load(inner)?;
                    if behind.iter().all(|one| one.number == 0) {
                        break;
                    }
                    if waited > SCRUB_PATIENCE {
                        let why = "somebody still reads what was there before";
                        return Err(StoreError::Unavailable(why.into()));
                    }
                    std::thread::sleep(SCRUB_PAUSE);
                    waited += SCRUB_PAUSE;
                }
                for table in SCRUBBED {
                    let sql = format!("VACUUM (FULL) {table}");
                    diesel::connection::SimpleConnection::batch_execute(inner, &sql)?;
                }
                for table in FREED {
                    let sql = format!("VACUUM {table}");
                    diesel::connection::SimpleConnection::batch_execute(inner, &sql)?;
                }
                Ok(())
            }
            Self::Sqlite(inner) => {
                let done: Busy =
                    diesel::sql_query("PRAGMA wal_checkpoint(TRUNCATE)").get_result(inner)?;
                if done.busy == 0 {
                    Ok(())
                } else {
                    Err(StoreError::Unavailable(
                        "the log could not be folded in, as somebody reads".into(),
                    ))
                }
            }
        }
    }

    /// Takes the lock on the ledger's head until the transaction ends. On SQLite the transaction itself is that lock.
    pub(super) fn lock_head(&mut self) -> Result<(), StoreError> {
        if let Self::Postgres(inner) = self {
            use super::schema::ledger_head;
            ledger_head::table
                .select(ledger_head::seq)
                .for_update()
                .load::<i64>(inner)?;
        }
        Ok(())
    }

    /// Keeps other nodes from changing the schema. Two may start at once: the second waits here and finds nothing left
    /// to do. Even asking for the version comes after it, as the first to ask makes the table that holds it. On SQLite the
    /// lock file beside the database lets only one process in.
    pub(super) fn lock_schema(&mut self) -> Result<(), StoreError> {
        if let Self::Postgres(inner) = self {
            // A migration may take longer than a write may wait for a lock.
            diesel::connection::SimpleConnection::batch_execute(
                inner,
                "SET lock_timeout = 0; SET statement_timeout = 0; SELECT pg_advisory_lock(7267335)",
            )?;
        }
        Ok(())
    }

    /// Lets the next one in, and takes up the time limits of writing again.
    pub(super) fn unlock_schema(&mut self) -> Result<(), StoreError> {
        if let Self::Postgres(inner) = self {
            diesel::connection::SimpleConnection::batch_execute(
                inner,
                &format!("SELECT pg_advisory_unlock(7267335); {WRITER_SETTINGS}"),
            )?;
        }
        Ok(())
    }

    /// Revokes credentials that are not revoked yet, and says how many of these were not. In one statement where each costs a
    /// way to the server and back.
    pub(super) fn revoke(&mut self, revoked: &[Revoked]) -> Result<usize, StoreError> {
        use super::schema::credentials::{columns, table};
        let last = i16::from(State::Revoked.number());
        if revoked.is_empty() {
            return Ok(0);
        }
        match self {
            Self::Postgres(inner) => {
                let sql = "UPDATE credentials SET state = $5, reason = r.reason, since = r.since, version = r.version, \
                           for_cause_since = NULL, judicial_since = NULL \
                           FROM unnest($1, $2, $3, $4) AS r (id, reason, since, version) \
                           WHERE credentials.id = r.id AND credentials.state <> $5";
                let ids: Vec<Bytes16> = revoked.iter().map(|one| one.id).collect();
                let reasons: Vec<Option<i16>> = revoked.iter().map(|one| one.reason).collect();
                let since: Vec<i64> = revoked.iter().map(|one| one.since).collect();
                let versions: Vec<i64> = revoked.iter().map(|one| one.version).collect();
                Ok(diesel::sql_query(sql)
                    .bind::<Array<Binary>, _>(ids)
                    .bind::<Array<Nullable<SmallInt>>, _>(reasons)
                    .bind::<Array<BigInt>, _>(since)
                    .bind::<Array<BigInt>, _>(versions)
                    .bind::<SmallInt, _>(last)
                    .execute(inner)?)
            }
            Self::Sqlite(inner) => {
                let mut moved = 0;
                for one in revoked {
                    moved += diesel::update(table.find(one.id).filter(columns::state.ne(last)))
                        .set((
                            columns::state.eq(last),
                            columns::reason.eq(one.reason),
                            columns::since.eq(one.since),
                            columns::for_cause_since.eq(None::<i64>),
                            columns::judicial_since.eq(None::<i64>),
                            columns::version.eq(one.version),
                        ))
                        .execute(inner)?;
                }
                Ok(moved)
            }
        }
    }

    /// Tells the other nodes that the head moved, when and if the transaction commits. Only a wake-up: who misses it
    /// finds out by polling.
    pub(super) fn notify(&mut self, seq: i64) -> Result<(), StoreError> {
        if let Self::Postgres(inner) = self {
            diesel::sql_query("SELECT pg_notify('portcullis_head', $1::text)")
                .bind::<BigInt, _>(seq)
                .execute(inner)?;
        }
        Ok(())
    }

    /// Asks to be woken when the head moves.
    pub(super) fn listen(&mut self) -> Result<(), StoreError> {
        if let Self::Postgres(inner) = self {
            diesel::connection::SimpleConnection::batch_execute(inner, "LISTEN portcullis_head")?;
        }
        Ok(())
    }

    /// Whether a wake-up has arrived since the last call. Never waits.
    pub(super) fn woken(&mut self) -> Result<bool, StoreError> {
        match self {
            Self::Postgres(inner) => {
                let mut any = false;
                for notification in inner.notifications_iter() {
                    notification?;
                    any = true;
                }
                Ok(any)
            }
            Self::Sqlite(_) => Ok(false),
        }
    }
}

/// The version of the SQLite that is built in.
pub fn sqlite_version() -> i32 {
    libsqlite3_sys::SQLITE_VERSION_NUMBER
}
