//! Proving that nothing was changed behind our back: every entry is read again, the tree over them is computed anew and
//! compared with the head, and what the entries add up to is compared with every table, row by row in both directions.
//!
//! What is named: an entry that is missing, unreadable, out of its place or impossible, by its seq. An entry whose
//! content was exchanged for other possible content, by the smallest range of entries that the head keeps a hash of: the
//! last ones exactly, older ones within a power of two. A row by its identifier. Never what a row or an entry holds.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

use serde::Serialize;

use crate::access::keyring::Keyring;
use crate::domain::credential::CardKey;
use crate::domain::digest::{Digest, hex};
use crate::domain::ids::Gen;
use crate::domain::worker::EngagementDetails;
use crate::ledger::entry::Entry;
use crate::ledger::fold::fold;
use crate::ledger::replay::Replay;
use crate::ledger::sum::Sum;
use crate::ledger::tree::{Tree, chain_hash, leaf_hash};
use crate::service::sum;
use crate::store::ledger::{self, Head, Line};
use crate::store::{Reader, StoreError, credentials, network, screenings, tables, workers};

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
        let rows = rows(reader, replay)?;
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

/// Compares every table with the replay. Each part of the replay is let go as soon as its table is done.
fn rows(reader: &mut Reader, replay: Replay) -> Result<Vec<(&'static str, u64)>, Failure> {
    let cards: HashMap<CardKey, _> = replay
        .cards
        .iter()
        .filter_map(|(&key, &(badge, card_system, format))| {
            let (credential, _) = replay.badges.get(&badge)?;
            Some((key, (badge, *credential, card_system, format)))
        })
        .collect();
    let of_workers = replay.workers.values().map(|(_, worker)| {
        (
            *worker.id.as_bytes(),
            (worker.id.to_string(), worker.details),
        )
    });
    let of_engagements = replay.engagements.values().map(|(_, engagement, _)| {
        let (id, details) = (engagement.id, engagement.details);
        (*id.as_bytes(), (id.to_string(), details))
    });
    // The ledger keeps no digest of a card's number: its seal alone says that it is whole, see [`verify_sealed`].
    let of_cards = cards
        .iter()
        .map(|(key, (badge, ..))| (key.0, (badge.to_string(), None)));
    let sealed: HashMap<[u8; 16], (String, Option<Digest>)> = of_workers
        .chain(of_engagements)
        .map(|(subject, (id, digest))| (subject, (id, Some(digest))))
        .chain(of_cards)
        .collect();
    let mut counted = Vec::new();

    let mut table = Table::new("network_records", replay.records, |id, _| id.clone());
    let all = network::all(reader).map(|records| {
        for (version, record) in records {
            table.row(record.id_text(), (version, record), |a, b| {
                first([("content", a.1 != b.1), ("version", a.0 != b.0)])
            });
        }
    });
    counted.push(table.end(all)?);

    let mut table = Table::new("workers", replay.workers, |id, _| id.to_string());
    let all = workers::each(reader, |worker| {
        table.row(worker.value.id, (worker.version, worker.value), |a, b| {
            first([
                ("member", a.1.member != b.1.member),
                ("digest", a.1.details != b.1.details),
                ("version", a.0 != b.0),
            ])
        });
        Ok(())
    });
    counted.push(table.end(all)?);

    let mut table = Table::new("engagements", replay.engagements, |id, _| id.to_string());
    let all = workers::each_engagement(reader, |held| {
        let (engagement, ended) = (held.value.engagement, held.value.ended);
        table.row(engagement.id, (held.version, engagement, ended), |a, b| {
            first([
                ("worker", a.1.worker != b.1.worker),
                ("member", a.1.member != b.1.member),
                ("digest", a.1.details != b.1.details),
                ("end", a.2 != b.2),
                ("version", a.0 != b.0),
            ])
        });
        Ok(())
    });
    counted.push(table.end(all)?);

    let mut table = Table::new("screenings", replay.screenings, |id, _| id.to_string());
    let all = screenings::each(reader, |screened| {
        table.row(screened.screening.id, screened, |a, b| {
            let (opened, found) = (&a.screening, &b.screening);
            first([
                ("state", a.standing.state != b.standing.state),
                ("outcome", a.standing.outcome != b.standing.outcome),
                ("function", opened.function != found.function),
                ("worker", opened.worker != found.worker),
                ("member", opened.member != found.member),
                ("consent", opened.consented_at != found.consented_at),
                ("time of change", a.since != b.since),
                ("version", a.version != b.version),
            ])
        });
        Ok(())
    });
    counted.push(table.end(all)?);

    let mut table = Table::new("sealed_details", sealed, |_, (id, _)| id.clone());
    let all = workers::each_sealed(reader, |subject, bytes| {
        let found = ("of nobody".to_owned(), Some(sha256(bytes)));
        table.row(subject, found, |a, b| {
            first([("content", a.1.is_some() && a.1 != b.1)])
        });
        Ok(())
    });
    table.end(all)?;

    let mut table = Table::new("credentials", replay.credentials, |id, _| id.to_string());
    let all = credentials::each(reader, |held| {
        table.row(held.credential.id, held, |a, b| {
            let (issued, found) = (&a.credential, &b.credential);
            first([
                ("state", a.state != b.state),
                ("reason", a.reason != b.reason),
                (
                    "validity",
                    (issued.valid_from, issued.valid_until)
                        != (found.valid_from, found.valid_until),
                ),
                ("scope", issued.scope != found.scope),
                ("member", issued.member != found.member),
                ("worker", issued.worker != found.worker),
                ("engagement", issued.engagement != found.engagement),
                ("time of change", a.since != b.since),
                ("version", a.version != b.version),
            ])
        });
        Ok(())
    });
    counted.push(table.end(all)?);

    let mut table = Table::new("badges", replay.badges, |id, _| id.to_string());
    let all = credentials::each_badge(reader, |id, credential, medium| {
        table.row(id, (credential, medium), |a, b| {
            first([("credential", a.0 != b.0), ("medium", a.1 != b.1)])
        });
        Ok(())
    });
    counted.push(table.end(all)?);

    // Named by their badge: a card's key is for the index alone.
    let mut table = Table::new("badge_cards", cards, |_, card| card.0.to_string());
    let all = credentials::each_card(reader, |credential, badge, card| {
        let found = (badge, credential, card.card_system, card.format);
        table.row(card.key, found, |a, b| {
            first([
                ("badge", a.0 != b.0),
                ("credential", a.1 != b.1),
                ("card system", a.2 != b.2),
                ("format", a.3 != b.3),
            ])
        });
        Ok(())
    });
    counted.push(table.end(all)?);

    // The pages above begin after the lowest identifier there can be; no row may hide before it.
    let counts = tables::counts(reader)?;
    for (&(table, seen), (_, count)) in counted.iter().zip(counts) {
        if seen != count {
            let why = "it has rows under identifiers that cannot be".into();
            return Err(Damage::Table { table, why }.into());
        }
    }
    Ok(counted)
}

/// Compares the staff numbers, by which a file names a worker, with the sealed details of the engagements, and opens every
/// seal. For whoever has the keys, after [`verify`] has found those details to be the ledger's. Answers how many there are.
pub fn verify_sealed(reader: &mut Reader, keyring: &Keyring) -> Result<u64, Failure> {
    reader.snapshot(|reader| {
        let mut unopened = None;
        let mut engagements: HashMap<[u8; 16], _> = HashMap::new();
        workers::each_engagement(reader, |held| {
            let engagement = held.value.engagement;
            engagements.insert(*engagement.id.as_bytes(), engagement);
            Ok(())
        })?;
        let mut staff = HashMap::new();
        workers::each_sealed(reader, |subject, bytes| {
            let plain = keyring.open(&subject, bytes).ok();
            let staff_number = match (&plain, engagements.get(&subject)) {
                (Some(plain), Some(engagement)) => {
                    serde_json::from_slice::<EngagementDetails>(plain)
                        .map(|details| Some((engagement, details.staff_number?)))
                        .map_err(drop)
                }
                (Some(_), None) => Ok(None),
                (None, _) => Err(()),
            };
            match staff_number {
                Ok(Some((engagement, number))) => {
                    let key = keyring.staff_key(engagement.member, number.as_str());
                    staff.insert(key, (engagement.id, engagement.worker));
                }
                Ok(None) => {}
                Err(()) => unopened = unopened.or(Some(subject)),
            }
            Ok(())
        })?;
        if unopened.is_some() {
            let why =
                "a row does not open with this master key: it was changed, or is another network's";
            return Err(Damage::Table {
                table: "sealed_details",
                why: why.into(),
            }
            .into());
        }
        let mut table = Table::new("staff_numbers", staff, |_, (engagement, _)| {
            engagement.to_string()
        });
        let all = workers::each_staff_number(reader, |key, worker, engagement| {
            table.row(key, (engagement, worker), |a, b| {
                first([("engagement", a.0 != b.0), ("worker", a.1 != b.1)])
            });
            Ok(())
        });
        Ok(table.end(all)?.1)
    })
}

/// The comparison of one table, whose rows come in the order of their keys.
struct Table<K, T> {
    name: &'static str,
    /// What the ledger says, without the rows that were found.
    expected: HashMap<K, T>,
    id: fn(&K, &T) -> String,
    /// The lowest key whose row is bad, with its identifier and what is wrong.
    bad: Option<(K, String, String)>,
    seen: u64,
}

impl<K: Ord + Hash, T> Table<K, T> {
    fn new(
        name: &'static str,
        expected: impl IntoIterator<Item = (K, T)>,
        id: fn(&K, &T) -> String,
    ) -> Self {
        Self {
            name,
            expected: expected.into_iter().collect(),
            id,
            bad: None,
            seen: 0,
        }
    }

    fn row(&mut self, key: K, found: T, differs: impl Fn(&T, &T) -> Option<&'static str>) {
        self.seen += 1;
        let expected = self.expected.remove(&key);
        let why = match &expected {
            None => Some("the ledger says nothing of it".to_owned()),
            Some(expected) => differs(expected, &found)
                .map(|what| format!("its {what} is not what the ledger says")),
        };
        // Later rows are still looked at: what is left over in the end is what is missing.
        if let (Some(why), None) = (why, &self.bad) {
            let id = (self.id)(&key, expected.as_ref().unwrap_or(&found));
            self.bad = Some((key, id, why));
        }
    }

    fn end(mut self, read: Result<(), StoreError>) -> Result<(&'static str, u64), Failure> {
        let table = self.name;
        match read {
            Err(StoreError::Corrupt(why)) => return Err(Damage::Table { table, why }.into()),
            read => read?,
        }
        if let Some((key, value)) = self.expected.iter().min_by(|a, b| a.0.cmp(b.0))
            && self.bad.as_ref().is_none_or(|(bad, _, _)| key < bad)
        {
            let id = (self.id)(key, value);
            let why = "it is missing".into();
            return Err(Damage::Row { table, id, why }.into());
        }
        match self.bad.take() {
            Some((_, id, why)) => Err(Damage::Row { table, id, why }.into()),
            None => Ok((table, self.seen)),
        }
    }
}

/// The first of these columns that differs.
fn first<const N: usize>(columns: [(&'static str, bool); N]) -> Option<&'static str> {
    columns
        .into_iter()
        .find_map(|(name, differs)| differs.then_some(name))
}

fn sha256(bytes: &[u8]) -> Digest {
    use aws_lc_rs::digest::{SHA256, digest};
    let mut sha256 = [0; 32];
    sha256.copy_from_slice(digest(&SHA256, bytes).as_ref());
    Digest(sha256)
}

#[cfg(test)]
mod tests;
