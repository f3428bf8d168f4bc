//! Following the ledger: how a node's index learns what other nodes wrote, and how it knows how old it is.
//!
//! PostgreSQL's NOTIFY wakes the follower; polling is what it relies on. The head is asked for several times a second,
//! and every answer that is our own head makes the copy young again. No answer makes it old, and an old copy does not
//! permit: see `domain::freshness`.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::access::keyring::Keyring;
use crate::domain::time::Environment;
use crate::index::{Comparison, Index};
use crate::ledger::entry::{Entry, Unreadable};
use crate::ledger::fold::fold;
use crate::ledger::tree::{Tree, leaf_hash};
use crate::store::ledger::{self, Tip};
use crate::store::{Reader, Store, StoreError, migrate};

use super::head::{self, Vouched};
use super::health::Health;
use super::sum::{Ahead, Summing};
use super::watch::{Ended, Turn, keep_at};

/// Entries read at once.
const PAGE: usize = 2_000;
/// How often the head is asked for without a wake-up. Well below the strictest freshness limit of two seconds.
const POLL: Duration = Duration::from_millis(250);
/// How often the follower looks whether it was woken.
const WAKE: Duration = Duration::from_millis(5);
/// How long it waits for one answer before another connection is tried. Longer than connecting may take.
const PATIENCE: Duration = Duration::from_secs(3);
/// How often it looks whether the schema is still this program's. It changes when another version is started beside.
const SCHEMA_LOOK: Duration = Duration::from_secs(3);

/// Reads the entries after the index's last one, up to this head, and lets the index follow. Tells `step` after each page.
/// Answers what the head vouches for.
///
/// The head's seal is opened first, and the copy is compared with it last. In between nothing is taken in before all of it
/// was read and found to be what the head is the hash of: an entry that is no part of the ledger must not answer a gate for
/// the moment until that is noticed. So more than a page is read twice. The writer's half is not held while the database is
/// read, so whoever hangs there keeps nobody else from following.
pub fn catch_up(
    index: &Index,
    keyring: &Keyring,
    reader: &mut Reader,
    tip: &Tip,
    step: impl Fn(),
) -> Result<Vouched, StoreError> {
    let vouched = head::open(tip, keyring)?;
    let held = index.write().tree().clone();
    let mut roots = Vec::new();
    let (mut tree, mut page) = (held.clone(), Vec::new());
    while tree.size() < tip.seq {
        page = read(reader, &mut tree, tip.seq)?;
        roots.push(tree.root());
        step();
    }
    if tree.size() == tip.seq && tree.root() != tip.root {
        return Err(other_hash());
    }
    let (mut tree, only) = (held, roots.len() == 1);
    for root in roots {
        if !only {
            page = read(reader, &mut tree, tip.seq)?;
            if tree.root() != root {
                return Err(other_hash());
            }
        }
        take_in(
            index,
            keyring,
            &decode(&page)?,
            page.iter().map(|(_, body)| body.as_slice()),
        )?;
        step();
    }
    let writer = index.write();
    // This node's own door may have moved the index past the head that was asked for. Then there is nothing to compare,
    // and the next question will be answered with the newer head.
    if index.seq() == tip.seq {
        if index.compare(&writer, tip.r#gen, tip.seq, &tip.root) != Comparison::Same {
            return Err(other_hash());
        }
        if writer.sum() != vouched.sum {
            let why = "what this node has in memory is not what the head vouches for";
            return Err(StoreError::Corrupt(why.into()));
        }
    }
    Ok(vouched)
}

/// An entry's seq and its bytes.
pub(super) type Stored = (u64, Vec<u8>);

/// Reads a page of the entries that come next in this tree, up to `seq`, and adds them to it.
pub(super) fn read(
    reader: &mut Reader,
    tree: &mut Tree,
    seq: u64,
) -> Result<Vec<Stored>, StoreError> {
    let missing = |after| {
        StoreError::Corrupt(format!(
            "the head is at {seq}, but there is no entry {}",
            after + 1
        ))
    };
    let left = usize::try_from(seq - tree.size()).unwrap_or(PAGE);
    let page = ledger::after(reader, tree.size(), PAGE.min(left))?;
    for (found, body) in &page {
        if *found != tree.size() + 1 {
            return Err(missing(tree.size()));
        }
        tree.push(leaf_hash(body));
    }
    if page.is_empty() {
        return Err(missing(tree.size()));
    }
    Ok(page)
}

/// Lets the index follow these entries, whose bytes are given beside them. Those that are in already are passed over, so
/// that the node's own writes and what it reads from the database may overlap.
pub(super) fn take_in<'a>(
    index: &Index,
    keyring: &Keyring,
    entries: &'a [Entry],
    bodies: impl Iterator<Item = &'a [u8]> + Clone,
) -> Result<(), StoreError> {
    let mut writer = index.write();
    let held = index.seq();
    let news = entries
        .iter()
        .zip(bodies)
        .skip_while(|(entry, _)| entry.seq <= held);
    let mut ahead = Ahead::of(writer.sum());
    for (entry, _) in news.clone() {
        let mut summing = Summing {
            keyring,
            index,
            ahead: &mut ahead,
        };
        fold(entry, &mut summing)
            .map_err(|why| StoreError::Corrupt(format!("entry {}: {why}", entry.seq)))?;
    }
    let followed = index.follow(&mut writer, news, ahead.sum());
    followed.map_err(|broken| StoreError::Corrupt(broken.to_string()))
}

fn other_hash() -> StoreError {
    StoreError::Corrupt("the head has another hash than its entries: it is another ledger".into())
}

pub(super) fn decode(page: &[Stored]) -> Result<Vec<Entry>, StoreError> {
    page.iter()
        .map(|(seq, bytes)| {
            Entry::decode(*seq, bytes).map_err(|unreadable| match unreadable {
                // Nobody tampered: this node is the older one. Its copy grows old until it is replaced.
                Unreadable::Newer(_) => StoreError::Schema(format!("entry {seq}: {unreadable}")),
                // What serde says can hold a piece of what it read.
                Unreadable::Malformed(_) => {
                    StoreError::Corrupt(format!("entry {seq}: it cannot be read"))
                }
                Unreadable::Misplaced(_) => {
                    StoreError::Corrupt(format!("entry {seq}: {unreadable}"))
                }
            })
        })
        .collect()
}

/// Follows the ledger until `stop`.
pub fn start(
    store: Store,
    index: Arc<Index>,
    keyring: Arc<Keyring>,
    environment: Arc<dyn Environment>,
    health: Arc<Health>,
    stop: Arc<AtomicBool>,
) -> std::io::Result<JoinHandle<()>> {
    let told = Mutex::new(String::new());
    keep_at("follow", PATIENCE, move |turn| {
        // Here too: a turn that hangs or fails before its first answer sees nothing else.
        health.watch_age(&index, environment.uptime_ms());
        if let Err(error) = follow(
            &store,
            &index,
            &keyring,
            &*environment,
            &health,
            &stop,
            turn,
        ) {
            // What cannot be is no reason to wait: a copy of it must not permit a minute longer.
            if let StoreError::Corrupt(why) = &error {
                index.give_up(why);
            }
            // Said once, not at each attempt.
            let (why, mut told) = (error.to_string(), lock(&told));
            if *told != why {
                tracing::warn!(cause = why, "the ledger cannot be followed just now");
                *told = why;
            }
        } else {
            lock(&told).clear();
        }
        if stop.load(Ordering::Acquire) {
            Ended::ForGood
        } else {
            Ended::Again
        }
    })
}

fn lock(told: &Mutex<String>) -> MutexGuard<'_, String> {
    told.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Follows over one connection until it fails, the turn is over, or `stop`.
fn follow(
    store: &Store,
    index: &Index,
    keyring: &Keyring,
    environment: &dyn Environment,
    health: &Health,
    stop: &AtomicBool,
    turn: &Turn,
) -> Result<(), StoreError> {
    let goes_on = || !stop.load(Ordering::Acquire) && !turn.is_over();
    turn.asks();
    let mut reader = store.reader()?;
    reader.listen()?;
    // Nobody but this process writes to a database that is not shared, so nobody will wake it.
    let wake = if reader.is_shared() { WAKE } else { POLL / 5 };
    let mut schema_looked_at: Option<Instant> = None;
    while goes_on() {
        turn.asks();
        confirm(index, keyring, &mut reader, environment, || {
            health.note_answer(environment.uptime_ms());
            turn.asks();
        })?;
        health.watch_age(index, environment.uptime_ms());
        if schema_looked_at.is_none_or(|at| at.elapsed() >= SCHEMA_LOOK) {
            health.note_schema(migrate::is_current(&mut reader));
            schema_looked_at = Some(Instant::now());
        }
        turn.answered();
        let asked = Instant::now();
        while asked.elapsed() < POLL && !reader.woken()? && goes_on() {
            std::thread::sleep(wake);
        }
    }
    Ok(())
}

/// Asks for the head once, follows to it, and notes when it was asked. Tells `step` after each answer.
pub fn confirm(
    index: &Index,
    keyring: &Keyring,
    reader: &mut Reader,
    environment: &dyn Environment,
    step: impl Fn(),
) -> Result<(), StoreError> {
    // Before the question is sent: a slow answer must make the copy older, not younger.
    let (asked_uptime_ms, asked_at) = (environment.uptime_ms(), environment.now());
    // What the index holds was durable before, so the head that is asked for now can only be there or further.
    let held = index.seq();
    let tip = ledger::tip(reader)?
        .ok_or_else(|| StoreError::Corrupt("the ledger's head is gone".into()))?;
    step();
    let forked = |why| Err(StoreError::Corrupt(format!("{why}: it is another ledger")));
    if tip.r#gen != index.r#gen() {
        return forked("the head names another numbering");
    }
    if tip.seq < held {
        return forked("the head went back");
    }
    catch_up(index, keyring, reader, &tip, step)?;
    index.confirm(asked_uptime_ms, asked_at);
    Ok(())
}
