//! The only SQL: diesel over embedded SQLite or PostgreSQL, one body of queries for both.
//!
//! * [`conn`]: opening a database, a [`conn::Reader`] that cannot write, the one [`conn::Writer`].
//! * [`backend`]: the only file that may ask which database it is.
//! * [`migrate`]: the schema, embedded; refuses a database that is newer than the program.
//! * [`ledger`]: entries and head. [`tables`]: the ledger's projection to tables, by the one fold.
//! * the rest: one file a group of tables.
//!
//! Portable on purpose: identifiers made by us, integer milliseconds, bytes, no upserts.

pub mod approvals;
pub mod backend;
pub mod bans;
mod columns;
pub mod conn;
pub mod counts;
pub mod credentials;
pub mod documents;
pub mod employers;
pub mod erasures;
pub mod error;
pub mod exclusions;
pub mod idempotency;
pub mod imports;
pub mod ledger;
pub mod logs;
pub mod lookups;
pub mod match_cases;
pub mod migrate;
pub mod moves;
pub mod names;
pub mod network;
pub mod permits;
pub mod referrals;
mod rows;
mod schema;
pub mod screenings;
pub mod sealed;
pub mod signing_keys;
pub mod suspended;
pub mod tables;
pub mod workers;

pub use conn::{Reader, Store, Writer};
pub use error::StoreError;
