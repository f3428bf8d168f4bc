//! The one test binary: stories told through the real server, the same on both databases, and what guards the sources.
//!
//! How to write a story: `tests/README.md`.

#![allow(
    clippy::unwrap_used,
    reason = "a story that goes on after a surprise tells nothing"
)]

mod faults;
mod matrix;
mod model;
mod pages;
mod stories;
mod support;
mod tidy;

/// The stories on embedded SQLite.
mod on_sqlite {
    use crate::support::Database;
    crate::stories::all!(Database::Sqlite);
    crate::matrix::all!(Database::Sqlite);
    crate::model::all!(Database::Sqlite);
    crate::faults::all!(Database::Sqlite);
}

/// The same stories on PostgreSQL. `scripts/test` starts one and says where; without it these fail, they are not skipped.
mod on_postgres {
    use crate::support::Database;
    crate::stories::all!(Database::Postgres);
    crate::matrix::all!(Database::Postgres);
    crate::model::all!(Database::Postgres);
    crate::faults::all!(Database::Postgres);
    crate::faults::all_of_postgres!();
}
