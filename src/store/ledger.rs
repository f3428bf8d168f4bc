//! Entries and head.

use diesel::prelude::*;

use super::backend::{ROWS_PER_INSERT, both};
use super::columns::Bytes16;
use super::conn::{Reader, Writer};
use super::error::StoreError;
use super::schema::{ledger_entries, ledger_head};
use crate::domain::ids::Gen;
use crate::ledger::tree::{Hash, Tree, chain_hash, leaf_hash};

/// Where the ledger stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The name of the numbering.
    pub r#gen: Gen,
    /// The tree over all entries; its size is the seq of the last one.
    pub tree: Tree,
    /// The chain up to the last one.
    pub chain: Hash,
    /// What vouches for the three, as it is stored. Made and opened where the keys are, in `service::head`.
    pub seal: Vec<u8>,
}

impl Head {
    /// The head of a ledger without entries, not sealed yet.
    pub fn empty(r#gen: Gen) -> Self {
        Self {
            r#gen,
            tree: Tree::default(),
            chain: [0; 32],
            seal: Vec::new(),
        }
    }

    /// The head without its edge.
    pub fn tip(&self) -> Tip {
        Tip {
            r#gen: self.r#gen,
            seq: self.seq(),
            root: self.tree.root(),
            chain: self.chain,
            seal: self.seal.clone(),
        }
    }

    /// The seq of the last entry; 0 before the first.
    pub fn seq(&self) -> u64 {
        self.tree.size()
    }

    /// Takes in the next entry by its bytes. Answers the line to write. What was sealed is another head.
    pub fn push(&mut self, body: Vec<u8>) -> Line {
        self.seal.clear();
        let leaf = leaf_hash(&body);
        self.tree.push(leaf);
        self.chain = chain_hash(&self.chain, &leaf);
        Line {
            body,
            chain: self.chain,
        }
    }
}

/// An entry as its row keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its bytes.
    pub body: Vec<u8>,
    /// The chain up to it.
    pub chain: Hash,
}

/// What a follower compares itself with, without the edge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tip {
    /// The name of the numbering.
    pub r#gen: Gen,
    /// The seq of the last entry.
    pub seq: u64,
    /// The Merkle tree hash over all entries.
    pub root: Hash,
    /// The chain up to the last one.
    pub chain: Hash,
    /// What vouches for all this, as it is stored.
    pub seal: Vec<u8>,
}

/// The columns of the head.
type HeadRow = (Bytes16, i64, Vec<u8>, Vec<u8>, Vec<u8>, Vec<u8>);
/// The columns of the tip.
type TipRow = (Bytes16, i64, Vec<u8>, Vec<u8>, Vec<u8>);

/// The head; `None` in a database where no ledger has begun.
pub fn head(reader: &mut Reader) -> Result<Option<Head>, StoreError> {
    let row: Option<HeadRow> = ledger_head::table
        .select((
            ledger_head::numbering,
            ledger_head::seq,
            ledger_head::root,
            ledger_head::edge,
            ledger_head::chain,
            ledger_head::seal,
        ))
        .first(&mut reader.0)
        .optional()?;
    row.map(|(r#gen, seq, root, edge, chain, seal)| {
        let tree = Tree::from_bytes(to_seq(seq)?, &edge).ok_or_else(|| {
            StoreError::Corrupt("the ledger head's edge does not fit its seq".into())
        })?;
        if tree.root()[..] != root {
            return Err(StoreError::Corrupt(
                "the ledger head's root is not that of its edge".into(),
            ));
        }
        Ok(Head {
            r#gen: r#gen.id(),
            tree,
            chain: to_hash(chain)?,
            seal,
        })
    })
    .transpose()
}

/// The head without its edge: one small row, asked several times a second.
pub fn tip(reader: &mut Reader) -> Result<Option<Tip>, StoreError> {
    let row: Option<TipRow> = ledger_head::table
        .select((
            ledger_head::numbering,
            ledger_head::seq,
            ledger_head::root,
            ledger_head::chain,
            ledger_head::seal,
        ))
        .first(&mut reader.0)
        .optional()?;
    row.map(|(r#gen, seq, root, chain, seal)| {
        Ok(Tip {
            r#gen: r#gen.id(),
            seq: to_seq(seq)?,
            root: to_hash(root)?,
            chain: to_hash(chain)?,
            seal,
        })
    })
    .transpose()
}

/// Puts down the head of a ledger without entries.
pub fn begin(writer: &mut Writer, head: &Head) -> Result<(), StoreError> {
    diesel::insert_into(ledger_head::table)
        .values((
            ledger_head::id.eq(1i16),
            ledger_head::numbering.eq(Bytes16::from(head.r#gen)),
            ledger_head::seq.eq(head.seq() as i64),
            ledger_head::root.eq(head.tree.root().to_vec()),
            ledger_head::edge.eq(head.tree.to_bytes()),
            ledger_head::chain.eq(head.chain.to_vec()),
            ledger_head::seal.eq(&head.seal),
        ))
        .execute(&mut writer.0)?;
    Ok(())
}

/// Locks the head until the end of the transaction and reads it. From here on nobody else can give out a seq, so the
/// order of seq is the order of commit.
pub fn lock(writer: &mut Writer) -> Result<Head, StoreError> {
    writer.0.lock_head()?;
    head(writer)?.ok_or_else(|| {
        StoreError::Schema("no ledger has begun in this database: run `portcullis init`".into())
    })
}

#[derive(Insertable)]
#[diesel(table_name = ledger_entries)]
struct NewEntry<'a> {
    seq: i64,
    body: &'a [u8],
    chain: &'a [u8],
}

/// Writes entries and moves the head from `before` to `after`. The guard on the old seq makes a second writer, which
/// cannot be, an error instead of a fork.
pub fn append(
    writer: &mut Writer,
    before: &Head,
    after: &Head,
    lines: &[Line],
) -> Result<(), StoreError> {
    debug_assert_eq!(before.seq() + lines.len() as u64, after.seq());
    let rows: Vec<NewEntry> = (before.seq() as i64 + 1..)
        .zip(lines)
        .map(|(seq, line)| NewEntry {
            seq,
            body: &line.body,
            chain: &line.chain,
        })
        .collect();
    for chunk in rows.chunks(ROWS_PER_INSERT) {
        both!(&mut writer.0, |inner| diesel::insert_into(
            ledger_entries::table
        )
        .values(chunk)
        .execute(inner))?;
    }
    let moved = diesel::update(ledger_head::table.filter(ledger_head::seq.eq(before.seq() as i64)))
        .set((
            ledger_head::numbering.eq(Bytes16::from(after.r#gen)),
            ledger_head::seq.eq(after.seq() as i64),
            ledger_head::root.eq(after.tree.root().to_vec()),
            ledger_head::edge.eq(after.tree.to_bytes()),
            ledger_head::chain.eq(after.chain.to_vec()),
            ledger_head::seal.eq(&after.seal),
        ))
        .execute(&mut writer.0)?;
    if moved != 1 {
        return Err(StoreError::Guard);
    }
    writer.0.notify(after.seq() as i64)
}

/// The entries after `seq` in order, at most `limit`, as their stored bytes.
pub fn after(
    reader: &mut Reader,
    seq: u64,
    limit: usize,
) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
    let rows: Vec<(i64, Vec<u8>)> = ledger_entries::table
        .select((ledger_entries::seq, ledger_entries::body))
        .filter(ledger_entries::seq.gt(seq as i64))
        .order(ledger_entries::seq)
        .limit(limit as i64)
        .load(&mut reader.0)?;
    rows.into_iter()
        .map(|(seq, body)| Ok((to_seq(seq)?, body)))
        .collect()
}

/// These entries, as far as they are there, in order, as their stored bytes.
pub fn some(reader: &mut Reader, seqs: &[u64]) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
    let seqs: Vec<i64> = seqs.iter().map(|&seq| seq as i64).collect();
    let rows: Vec<(i64, Vec<u8>)> = ledger_entries::table
        .select((ledger_entries::seq, ledger_entries::body))
        .filter(ledger_entries::seq.eq_any(seqs))
        .order(ledger_entries::seq)
        .load(&mut reader.0)?;
    rows.into_iter()
        .map(|(seq, body)| Ok((to_seq(seq)?, body)))
        .collect()
}

/// The same with the chain, for who checks it.
pub fn lines_after(
    reader: &mut Reader,
    seq: u64,
    limit: usize,
) -> Result<Vec<(u64, Line)>, StoreError> {
    let rows: Vec<(i64, Vec<u8>, Vec<u8>)> = ledger_entries::table
        .filter(ledger_entries::seq.gt(seq as i64))
        .order(ledger_entries::seq)
        .limit(limit as i64)
        .load(&mut reader.0)?;
    rows.into_iter()
        // A chain that is no hash is as wrong as a wrong one, and is found by comparing.
        .map(|(seq, body, chain)| {
            Ok((
                to_seq(seq)?,
                Line {
                    body,
                    chain: to_hash(chain).unwrap_or_default(),
                },
            ))
        })
        .collect()
}

fn to_hash(bytes: Vec<u8>) -> Result<Hash, StoreError> {
    bytes
        .try_into()
        .map_err(|_| StoreError::Corrupt("a hash in the ledger has not 32 bytes".into()))
}

fn to_seq(seq: i64) -> Result<u64, StoreError> {
    u64::try_from(seq).map_err(|_| StoreError::Corrupt("a seq is negative".into()))
}
