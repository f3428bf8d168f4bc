//! Who may do what.
//!
//! * [`permission`]: the one table, role by permission, and the [`permission::Permit`] that only a check against it makes.
//! * [`token`]: the one verifier of tokens, and their issue.
//! * [`keyring`]: the keys that are derived from the master key, which is not in the database.
//! * [`key_file`]: the keys that are changed while everything goes on, and how: those under which workers' own are stored, and
//!   those by which people are found, each a [`blind_key`].
//! * [`master_key`]: the file that the master key is in.
//! * [`seal`]: what is sealed, bound to its place, and each worker's own key.

pub mod blind_key;
pub mod key_file;
pub mod keyring;
pub mod master_key;
pub mod permission;
pub mod seal;
pub mod token;
