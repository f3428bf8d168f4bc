//! Connections. A [`Reader`] cannot write: the database itself refuses. There is one [`Writer`] in a process, and
//! `service::commit` owns it.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::r2d2;

use super::backend::{self, AnyConnection};
use super::error::StoreError;

/// A database, and the connections that only read it.
#[derive(Clone)]
pub struct Store {
    url: Arc<str>,
    readers: r2d2::Pool<Readers>,
}

/// How many connections read at once. Gate checks need none.
const READERS_MAX: u32 = 8;
/// How long a request waits for a free reading connection before it is told to come again.
const READER_WAIT: Duration = Duration::from_secs(2);

impl Store {
    /// The database at this address; connects at the first use.
    pub fn at(url: &str) -> Self {
        let url: Arc<str> = url.into();
        let readers = r2d2::Pool::builder()
            .max_size(READERS_MAX)
            .min_idle(Some(0))
            .connection_timeout(READER_WAIT)
            .error_handler(Box::new(r2d2::NopErrorHandler))
            .build_unchecked(Readers(url.clone()));
        Self { url, readers }
    }

    /// A connection that writes. `service::commit` opens the one there is; migrations and set-up open theirs before it.
    pub fn writer(&self) -> Result<Writer, StoreError> {
        Ok(Writer(Reader(backend::open(&self.url, true)?)))
    }

    /// A connection of one's own that reads all there is once, for a start. An SQLite file is read as memory, which spares
    /// copying each of its pages. A disk that cannot give a page then ends the process, which a start does anyway.
    pub fn scanner(&self) -> Result<Reader, StoreError> {
        let mut reader = self.reader()?;
        reader.0.map_file()?;
        Ok(reader)
    }

    /// A connection of one's own that reads, for a thread that lives long.
    pub fn reader(&self) -> Result<Reader, StoreError> {
        Ok(Reader(backend::open(&self.url, false)?))
    }

    /// Reads with a connection from the pool. Blocks; call it from a thread that may.
    pub fn read<T>(
        &self,
        query: impl FnOnce(&mut Reader) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut reader = self
            .readers
            .get()
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        query(&mut reader)
    }

    /// Cleans the database's files of what was overwritten and deleted. Blocks; for a thread that may.
    pub fn scrub(&self) -> Result<(), StoreError> {
        let mut writer = self.writer()?;
        writer.0.0.scrub()
    }

    /// The file, where it is SQLite.
    pub fn file(&self) -> Option<&str> {
        backend::sqlite_path(&self.url)
    }
}

/// A connection that reads.
pub struct Reader(pub(super) AnyConnection);

impl Reader {
    /// Whether other processes can write to this database.
    pub fn is_shared(&self) -> bool {
        self.0.is_shared()
    }

    /// Asks to be woken when the ledger's head moves.
    pub fn listen(&mut self) -> Result<(), StoreError> {
        self.0.listen()
    }

    /// Whether a wake-up has arrived since the last call. Never waits.
    pub fn woken(&mut self) -> Result<bool, StoreError> {
        self.0.woken()
    }

    /// Runs `queries` on one state of the database, whatever is written meanwhile.
    pub fn snapshot<T, E: From<StoreError>>(
        &mut self,
        queries: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        self.0.begin_snapshot()?;
        let result = queries(self);
        // Nothing was written; ending it only lets the database forget the state.
        let ended = self.0.rollback();
        let value = result?;
        ended?;
        Ok(value)
    }

    /// Whether the database answers.
    pub fn ping(&mut self) -> Result<(), StoreError> {
        self.0.batch_execute("SELECT 1").map_err(StoreError::from)
    }
}

/// The connection that writes.
pub struct Writer(Reader);

impl Writer {
    /// Begins a transaction.
    pub fn begin(&mut self) -> Result<(), StoreError> {
        self.0.0.begin_write()
    }

    /// Makes the transaction durable. After an error it is not known whether it is.
    pub fn commit(&mut self) -> Result<(), StoreError> {
        self.0.0.commit()
    }

    /// Drops the transaction. After an error the connection is not to be used again.
    pub fn rollback(&mut self) -> Result<(), StoreError> {
        self.0.0.rollback()
    }

    /// Runs `work` in one transaction that is written whole or not at all.
    pub fn transaction<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.begin()?;
        match work(self) {
            Ok(value) => self.commit().map(|()| value),
            Err(error) => {
                // Who gets the error drops the connection; that ends the transaction too.
                let _ = self.rollback();
                Err(error)
            }
        }
    }
}

#[cfg(test)]
impl Writer {
    /// What somebody with the database file in hand can do: takes the schema's guards away and runs any SQL. SQLite only.
    pub fn tamper(&mut self, sql: &str) -> Result<(), StoreError> {
        let guards = "DROP TRIGGER IF EXISTS ledger_entries_stay; DROP TRIGGER IF EXISTS ledger_entries_remain; \
             DROP TRIGGER IF EXISTS ledger_head_rises; DROP TRIGGER IF EXISTS ledger_head_remains; \
             DROP TRIGGER IF EXISTS revoked_is_final; DROP TRIGGER IF EXISTS credentials_remain;";
        self.0.0.batch_execute(guards)?;
        self.0.0.batch_execute(sql)?;
        Ok(())
    }
}

impl Deref for Writer {
    type Target = Reader;
    fn deref(&self) -> &Reader {
        &self.0
    }
}

impl DerefMut for Writer {
    fn deref_mut(&mut self) -> &mut Reader {
        &mut self.0
    }
}

/// Opens reading connections for the pool.
struct Readers(Arc<str>);

impl r2d2::ManageConnection for Readers {
    type Connection = Reader;
    type Error = StoreError;

    fn connect(&self) -> Result<Reader, StoreError> {
        Ok(Reader(backend::open(&self.0, false)?))
    }

    fn is_valid(&self, reader: &mut Reader) -> Result<(), StoreError> {
        reader.ping()
    }

    fn has_broken(&self, _: &mut Reader) -> bool {
        false
    }
}
