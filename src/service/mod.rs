//! The things people and machines do, one file each. Every change goes through one door, [`commit`].
//!
//! A rule reads from top to bottom: may they, is it sensible, state the fact. A rule that needs a clock or a database
//! gets both from the transaction it runs in.

pub mod commit;
pub mod error;
pub mod follow;
pub mod setup;
pub mod signing_keys;
pub mod verify;

pub use commit::{Door, Tx};
pub use error::{Code, Error};
