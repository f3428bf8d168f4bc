//! Following the ledger: how a node's index learns what other nodes wrote, and how it knows how old it is.
//!
//! PostgreSQL's NOTIFY wakes the follower; polling is what it relies on. The head is asked for several times a second,
//! and every answer that is our own head makes the copy young again. No answer makes it old, and an old copy does not
//! permit: see `domain::freshness`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::domain::time::Environment;
use crate::index::{Comparison, Index, IndexWriter};
use crate::ledger::entry::Entry;
use crate::store::ledger;
use crate::store::{Reader, Store, StoreError};

/// Entries read at once.
const PAGE: usize = 2_000;
/// How often the head is asked for without a wake-up. Well below the strictest freshness limit of two seconds.
const POLL: Duration = Duration::from_millis(250);
/// How often the follower looks whether it was woken.
const WAKE: Duration = Duration::from_millis(5);
/// How long it waits before it connects again.
const RECONNECT: Duration = Duration::from_millis(200);

/// Reads entries after the index's last one, up to `seq`, and lets the index follow.
pub fn catch_up(
    index: &Index,
    writer: &mut IndexWriter,
    reader: &mut Reader,
    seq: u64,
) -> Result<(), StoreError> {
    while index.seq() < seq {
        let after = index.seq();
        let page = ledger::after(reader, after, PAGE)?;
        if page.is_empty() {
            return Err(StoreError::Corrupt(format!(
                "the head is at {seq}, but there is no entry after {after}"
            )));
        }
        let entries = decode(&page)?;
        let followed = index.follow(
            writer,
            entries
                .iter()
                .zip(page.iter().map(|(_, bytes)| bytes.as_slice())),
        );
        followed.map_err(|broken| StoreError::Corrupt(broken.to_string()))?;
    }
    Ok(())
}

fn decode(page: &[(u64, Vec<u8>)]) -> Result<Vec<Entry>, StoreError> {
    page.iter()
        .map(|(seq, bytes)| {
            Entry::decode(*seq, bytes)
                .map_err(|error| StoreError::Corrupt(format!("entry {seq}: {error}")))
        })
        .collect()
}

/// The follower's thread, until `stop`.
pub fn start(
    store: Store,
    index: Arc<Index>,
    environment: Arc<dyn Environment>,
    stop: Arc<AtomicBool>,
) -> std::io::Result<JoinHandle<()>> {
    std::thread::Builder::new()
        .name("follow".into())
        .spawn(move || {
            while !stop.load(Ordering::Acquire) {
                if let Err(error) = follow(&store, &index, &*environment, &stop) {
                    tracing::warn!(error = %error, "the ledger cannot be followed just now");
                    std::thread::sleep(RECONNECT);
                }
            }
        })
}

fn follow(
    store: &Store,
    index: &Index,
    environment: &dyn Environment,
    stop: &AtomicBool,
) -> Result<(), StoreError> {
    let mut reader = store.reader()?;
    reader.listen()?;
    while !stop.load(Ordering::Acquire) {
        confirm(index, &mut reader, environment)?;
        let mut waited = Duration::ZERO;
        while waited < POLL && !reader.woken()? && !stop.load(Ordering::Acquire) {
            std::thread::sleep(WAKE);
            waited += WAKE;
        }
    }
    Ok(())
}

/// Asks for the head once, follows to it, and notes when it was asked.
pub fn confirm(
    index: &Index,
    reader: &mut Reader,
    environment: &dyn Environment,
) -> Result<(), StoreError> {
    // Before the question is sent: a slow answer must make the copy older, not younger.
    let (asked_uptime_ms, asked_at) = (environment.uptime_ms(), environment.now());
    let tip = ledger::tip(reader)?
        .ok_or_else(|| StoreError::Corrupt("the ledger's head is gone".into()))?;
    let mut writer = index.write();
    if index.compare(&writer, tip.r#gen, tip.seq, &tip.root) == Comparison::Behind {
        catch_up(index, &mut writer, reader, tip.seq)?;
    }
    // This node's own door may have moved the index past the head that was asked for: then there is nothing to compare,
    // and the next question will be answered with the newer head.
    let own_is_newer =
        tip.r#gen == index.r#gen() && index.seq() > tip.seq && index.seq() <= newest(reader)?;
    if !own_is_newer && index.compare(&writer, tip.r#gen, tip.seq, &tip.root) == Comparison::Forked
    {
        if index.is_whole() {
            tracing::error!(
                own.seq = index.seq(),
                ledger.seq = tip.seq,
                "the database holds another ledger than this node knows: nothing is permitted until a person has looked"
            );
        }
        index.give_up();
        return Err(StoreError::Corrupt(
            "this node's copy is not of the ledger in the database".into(),
        ));
    }
    index.confirm(asked_uptime_ms, asked_at);
    Ok(())
}

fn newest(reader: &mut Reader) -> Result<u64, StoreError> {
    Ok(ledger::tip(reader)?.map_or(0, |tip| tip.seq))
}
