//! What somebody can do who has the database itself in hand.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use diesel::{PgConnection, SqliteConnection};

use super::World;

/// A connection of one's own, past the program.
pub enum Raw {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

macro_rules! with {
    ($raw:expr, |$inner:ident| $body:expr) => {
        match $raw {
            Raw::Sqlite($inner) => $body,
            Raw::Postgres($inner) => $body,
        }
    };
}

impl World {
    /// Opens the database past the program.
    pub fn db_raw(&self) -> Raw {
        Raw::open(&self.url)
    }
}

impl Raw {
    pub fn open(url: &str) -> Self {
        match url.strip_prefix("sqlite:") {
            Some(path) => {
                let mut inner = SqliteConnection::establish(path).expect("the file opens");
                inner
                    .batch_execute("PRAGMA busy_timeout = 10000;")
                    .expect("a setting");
                Self::Sqlite(inner)
            }
            None => Self::Postgres(PgConnection::establish(url).expect("the server answers")),
        }
    }

    /// Runs statements; the database's own words if it refuses.
    pub fn run(&mut self, sql: &str) -> Result<(), String> {
        with!(self, |inner| inner.batch_execute(sql)).map_err(|error| error.to_string())
    }

    /// Runs statements that it takes.
    #[track_caller]
    pub fn must(&mut self, sql: &str) {
        self.run(sql).unwrap_or_else(|why| panic!("{sql}: {why}"));
    }

    /// The one number that this query gives under the name `n`.
    pub fn number(&mut self, sql: &str) -> i64 {
        with!(self, |inner| diesel::sql_query(sql)
            .get_result::<Number>(inner))
        .expect("a number")
        .n
    }

    /// The numbers that this query gives under the name `n`, in order.
    pub fn numbers(&mut self, sql: &str) -> Vec<i64> {
        let rows = with!(self, |inner| diesel::sql_query(sql).load::<Number>(inner));
        rows.expect("numbers")
            .into_iter()
            .map(|row| row.n)
            .collect()
    }

    /// The texts that this query gives under the name `line`, in order.
    pub fn lines(&mut self, sql: &str) -> Vec<String> {
        let rows = with!(self, |inner| diesel::sql_query(sql).load::<Line>(inner));
        rows.expect("lines")
            .into_iter()
            .map(|row| row.line)
            .collect()
    }

    /// Takes away what guards the ledger, as the owner of the database can.
    pub fn drop_guards(&mut self) {
        let guards = [
            ("ledger_entries_stay", "ledger_entries"),
            ("ledger_entries_remain", "ledger_entries"),
            ("ledger_head_rises", "ledger_head"),
            ("ledger_head_remains", "ledger_head"),
            ("revoked_is_final", "credentials"),
        ];
        for (guard, table) in guards {
            match self {
                Self::Sqlite(_) => self.must(&format!("DROP TRIGGER {guard}")),
                Self::Postgres(_) => self.must(&format!("DROP TRIGGER {guard} ON {table}")),
            }
        }
    }

    /// Bytes as a literal.
    pub fn bytes(&self, bytes: &[u8]) -> String {
        let hex = portcullis::domain::digest::hex(bytes);
        match self {
            Self::Sqlite(_) => format!("X'{hex}'"),
            Self::Postgres(_) => format!("'\\x{hex}'::bytea"),
        }
    }

    /// Waits until nobody else is in the middle of a statement or a write. PostgreSQL carries out what a process sent
    /// before it was killed: only then is it one or the other.
    pub fn settle(&mut self) {
        let busy = "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() \
             AND pid <> pg_backend_pid() AND (state = 'active' OR backend_xid IS NOT NULL)";
        let patience = std::time::Instant::now() + std::time::Duration::from_secs(20);
        while matches!(self, Self::Postgres(_)) && self.number(busy) > 0 {
            assert!(std::time::Instant::now() < patience, "somebody hangs");
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }

    /// Keeps everybody else from writing until it is dropped.
    pub fn occupy(&mut self) {
        match self {
            Self::Sqlite(_) => self.must("BEGIN IMMEDIATE"),
            Self::Postgres(_) => self.must(
                "BEGIN; LOCK TABLE gate_checks, gate_permits, ledger_head, ledger_entries IN ACCESS EXCLUSIVE MODE",
            ),
        }
    }
}
