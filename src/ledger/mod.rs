//! The record of everything that ever happened, and what it adds up to.
//!
//! * [`entry`]: one fact, who stated it and when, in a versioned encoding whose bytes are what gets hashed.
//! * [`tree`]: the Merkle tree hash over all entries (RFC 6962), so that nobody can take one out unseen.
//! * [`fold`]: what each fact does. The one function from which tables, index and replay learn.
//! * [`replay`]: folds the whole ledger to state in memory, to prove that tables and ledger say the same.
//!
//! The ledger holds identifiers and facts: no name, no document, no card number.

pub mod entry;
pub mod fold;
pub mod replay;
mod second;
pub mod sum;
mod touched;
pub mod tree;
