//! Proving that nothing was changed behind our back: every entry is read again, the tree over them is computed anew and
//! compared with the head, and what the entries add up to is compared with every table, row by row in both directions.
//!
//! What is named: an entry that is missing, unreadable, out of its place or impossible, by its seq. An entry whose
//! content was exchanged for other possible content, by the smallest range of entries that the head keeps a hash of: the
//! last ones exactly, older ones within a power of two. A row by its identifier. Never what a row or an entry holds.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::access::keyring::Keyring;
use crate::domain::digest::{Digest, hex};
use crate::domain::ids::Gen;
use crate::ledger::entry::Entry;
use crate::ledger::fold::fold;
use crate::ledger::replay::Replay;
use crate::ledger::sum::Sum;
use crate::ledger::tree::{Tree, chain_hash, leaf_hash};
use crate::service::sum;
use crate::store::ledger::{self, Head, Line};
use crate::store::{Reader, StoreError};

pub use self::sealed::verify_sealed;

/// Entries read at once.
const PAGE: usize = 2_000;

/// What was found whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The name of the numbering.
    pub r#gen: Gen,
    /// The last entry.
    pub seq: u64,
    /// The Merkle tree hash over all entries (RFC 6962 section 2.1), in hexadecimal digits.
    pub root: String,
    /// How many rows each table has, every one of them as the ledger says.
    pub rows: BTreeMap<&'static str, u64>,
}

/// The first thing that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Damage {
    /// This entry is bad, and all before it are good.
    #[error("entry {seq} of the ledger is bad: {why}")]
    Entry {
        /// Which.
        seq: u64,
        /// What is wrong with it.
        why: String,
    },
    /// One of these entries was changed after it was written.
    #[error(
        "one of the entries {first} to {last} of the ledger was changed after it was written: the head keeps another hash of them"
    )]
    Entries {
        /// From this one.
        first: u64,
        /// To this one.
        last: u64,
    },
    /// The head is bad.
    #[error("the head of the ledger is bad: {why}")]
    Head {
        /// What is wrong with it.
        why: String,
    },
    /// The entries are good, and this row is not what they say. All before it in its table, and all tables before, are.
    #[error("the row {id} in the table {table} is bad: {why}")]
    Row {
        /// In which table.
        table: &'static str,
        /// Of which thing.
        id: String,
        /// What is wrong with it.
        why: String,
    },
    /// The entries are good, and this table holds something that cannot be read.
    #[error("the table {table} is bad: {why}")]
    Table {
        /// Which.
        table: &'static str,
        /// What is wrong with it.
        why: String,
    },
}

/// Why it could not be said that all is whole.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// It is not.
    #[error(transparent)]
    Damaged(#[from] Damage),
    /// There is nothing to look at.
    #[error("no ledger has begun in this database: run `portcullis init`")]
    NoLedger,
    /// The database did not let us look.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Verifies the whole database as it is at one moment; who writes meanwhile does not disturb. `progress` is told how many
/// entries of how many have been read. Holds in memory what the entries add up to. Without the keys the seal on the head
/// is left out: then it is not known who wrote what is whole.
pub fn verify(
    reader: &mut Reader,
    keyring: Option<&Keyring>,
    progress: impl FnMut(u64, u64),
) -> Result<Report, Failure> {
    reader.snapshot(|reader| {
        let head = head(reader)?;
        let replay = entries(reader, &head, progress)?;
        let sum = keyring.map(|keyring| (keyring, sum::of_replay(keyring, &replay)));
        let rows = rows::compare(reader, replay)?;
        // Last, as it can only name the head.
        sum.map_or(Ok(()), |(keyring, sum)| sealed(&head, keyring, sum))?;
        Ok(Report {
            r#gen: head.r#gen,
            seq: head.seq(),
            root: hex(&head.tree.root()),
            rows: rows.into_iter().collect(),
        })
    })
}

fn head(reader: &mut Reader) -> Result<Head, Failure> {
    match ledger::head(reader) {
        Ok(Some(head)) => Ok(head),
        Ok(None) if ledger::after(reader, 0, 1)?.is_empty() => Err(Failure::NoLedger),
        Ok(None) => Err(Damage::Head {
            why: "it is missing, and there are entries".into(),
        }
        .into()),
        Err(StoreError::Corrupt(why)) => Err(Damage::Head { why }.into()),
        Err(error) => Err(error.into()),
    }
}

fn sealed(head: &Head, keyring: &Keyring, sum: Sum) -> Result<(), Failure> {
    let why = match super::head::open(&head.tip(), keyring) {
        Ok(vouched) if vouched.sum == sum => return Ok(()),
        Ok(_) => "its seal is of other credentials, cards or records of the network than the entries add up to".into(),
        Err(StoreError::Corrupt(why)) => why,
        Err(error) => return Err(error.into()),
    };
    Err(Damage::Head { why }.into())
}

fn entries(
    reader: &mut Reader,
    head: &Head,
    mut progress: impl FnMut(u64, u64),
) -> Result<Replay, Failure> {
    let bad = |seq: u64, why: String| Err(Damage::Entry { seq, why }.into());
    let mut replay = Replay::default();
    let mut tree = Tree::default();
    let mut chain = [0; 32];
    loop {
        progress(tree.size(), head.seq());
        let page = ledger::lines_after(reader, tree.size(), PAGE)?;
        if page.is_empty() {
            break;
        }
        for (seq, Line { body, chain: kept }) in page {
            let next = tree.size() + 1;
            if next > head.seq() {
                return bad(
                    next,
                    format!("the head says that entry {} is the last", head.seq()),
                );
            }
            if seq != next {
                return bad(next, format!("it is missing; the next one is {seq}"));
            }
            let leaf = leaf_hash(&body);
            chain = chain_hash(&chain, &leaf);
            let entry = match Entry::decode(seq, &body) {
                Ok(entry) => entry,
                // What serde says can hold a piece of what it read.
                Err(crate::ledger::entry::Unreadable::Malformed(_)) => {
                    return bad(seq, "it cannot be read".into());
                }
                Err(unreadable) => return bad(seq, unreadable.to_string()),
            };
            if chain != kept {
                return bad(
                    seq,
                    "it was changed after it was written; the chain beside it is of other bytes"
                        .into(),
                );
            }
            if let Err(illegal) = fold(&entry, &mut replay) {
                return bad(seq, illegal.to_string());
            }
            tree.push(leaf);
        }
    }
    if tree.size() < head.seq() {
        let why = format!(
            "it is missing; the head says that entry {} is the last",
            head.seq()
        );
        return bad(tree.size() + 1, why);
    }
    // Somebody who also wrote the chain anew has still another tree than the head's.
    match tree.first_difference(&head.tree) {
        None => {}
        Some((seq, last)) if seq == last => {
            let why = "it was changed after it was written; the head keeps another hash of it";
            return bad(seq, why.into());
        }
        Some((first, last)) => return Err(Damage::Entries { first, last }.into()),
    }
    if head.seq() > 0 && replay.r#gen != Some(head.r#gen) {
        let why = "it names another numbering than entry 1";
        return Err(Damage::Head { why: why.into() }.into());
    }
    Ok(replay)
}

fn sha256(bytes: &[u8]) -> Digest {
    use aws_lc_rs::digest::{SHA256, digest};
    let mut sha256 = [0; 32];
    sha256.copy_from_slice(digest(&SHA256, bytes).as_ref());
    Digest(sha256)
}

mod rows;
mod sealed;
#[cfg(test)]
mod tests;
