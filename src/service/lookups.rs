//! Noting who was shown whom. A line goes into a bounded queue while the answer leaves, and is written behind it. Where the
//! queue is full nobody is shown anything: what cannot be noted is not to be seen.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::commit::Door;
use super::error::{Code, Error};
use super::watch::stand_back;
use crate::access::permission::{Caller, Permit, ReadLookups};
use crate::domain::ids::{LookupId, WorkerId};
use crate::domain::lookup::{Lookup, USUAL_WITHIN_MS, USUAL_WORKERS, What};
use crate::domain::time::{Environment, Timestamp};
use crate::index::lately::Doer;
use crate::store::{Reader, StoreError, lookups};

/// How many lines may wait: some minutes of all officers of a large port, while the database does not answer.
const WAITING_MAX: usize = 16_384;
/// How many lines are written at once, and how many workers that were shown: no change waits long for that.
const BATCH_LINES: usize = 1_024;
const BATCH_WORKERS: usize = 4_096;
/// How often what waits is written.
const INTERVAL: Duration = Duration::from_millis(200);
/// How many people and systems are watched before those are forgotten whose hour is over.
const WATCHED_MAX: usize = 10_000;

/// Where look-ups are noted.
pub struct LookupLog {
    queue: SyncSender<Noted>,
    /// Whom each person or system was shown lately, by what this node has answered.
    shown: Mutex<HashMap<Doer, Shown>>,
}

/// A part of what is noted of a look-up: its line with the first, and some of those who were shown.
#[derive(Clone)]
struct Noted {
    line: Option<Lookup>,
    id: LookupId,
    workers: Vec<WorkerId>,
}

/// Whom a person or system was shown within an hour.
struct Shown {
    until: Timestamp,
    /// Not more than it takes to be unusual.
    workers: HashSet<WorkerId>,
}

impl LookupLog {
    /// Starts the thread that writes; it ends after `stop`, when it has written what waits.
    pub fn start(door: Door, stop: Arc<AtomicBool>) -> std::io::Result<(Self, JoinHandle<()>)> {
        let (queue, waiting) = sync_channel(WAITING_MAX);
        let thread = std::thread::Builder::new()
            .name("lookup-log".into())
            .spawn(move || {
                stand_back();
                run(&door, &stop, &waiting);
            })?;
        let shown = Mutex::default();
        Ok((Self { queue, shown }, thread))
    }

    /// Notes that a client is shown these workers, before it is.
    pub fn note(
        &self,
        caller: Caller,
        environment: &dyn Environment,
        what: What,
        workers: &[WorkerId],
    ) -> Result<(), Error> {
        let at = environment.now();
        let doer = Doer::of(caller.client, caller.person);
        let unusual = self.is_unusual(doer, at, workers);
        let lookup = Lookup {
            id: LookupId::make_at(at, environment),
            at,
            client: caller.client,
            person: caller.person,
            member: caller.member,
            what,
            worker: match workers {
                [one] if what != What::Workers => Some(*one),
                _ => None,
            },
            hits: u32::try_from(workers.len()).unwrap_or(u32::MAX),
            unusual,
        };
        if unusual {
            tracing::warn!(client.id = %caller.client, "somebody was shown unusually many workers within an hour");
        }
        let mut shown = workers.to_vec();
        shown.sort_unstable();
        shown.dedup();
        let mut line = Some(lookup);
        let mut rest = &*shown;
        while line.is_some() || !rest.is_empty() {
            let (part, more) = rest.split_at(rest.len().min(BATCH_WORKERS));
            rest = more;
            let noted = Noted {
                line: line.take(),
                id: lookup.id,
                workers: part.to_vec(),
            };
            self.queue.try_send(noted).map_err(|_| full())?;
        }
        Ok(())
    }

    fn is_unusual(&self, doer: Doer, at: Timestamp, workers: &[WorkerId]) -> bool {
        let mut all = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= WATCHED_MAX {
            all.retain(|_, shown| at < shown.until);
        }
        let begun = || Shown {
            until: at.plus_ms(USUAL_WITHIN_MS),
            workers: HashSet::new(),
        };
        let shown = all.entry(doer).or_insert_with(begun);
        if at >= shown.until {
            *shown = begun();
        }
        let room = (USUAL_WORKERS + 1).saturating_sub(shown.workers.len());
        let new: Vec<WorkerId> = workers
            .iter()
            .copied()
            .filter(|worker| !shown.workers.contains(worker))
            .take(room)
            .collect();
        shown.workers.extend(new);
        shown.workers.len() > USUAL_WORKERS
    }
}

fn full() -> Error {
    Error::new(
        Code::Busy,
        "Who looks at whom cannot be noted just now, so nobody is shown. Try again soon.",
    )
}

/// The look-ups at the caller's member, newest first, a page of them.
pub fn list(
    reader: &mut Reader,
    permit: Permit<ReadLookups>,
    before: Option<LookupId>,
    limit: usize,
) -> Result<Vec<Lookup>, Error> {
    let member = permit.caller().member;
    Ok(lookups::list(reader, member, before, limit)?)
}

fn run(door: &Door, stop: &AtomicBool, waiting: &Receiver<Noted>) {
    let mut batch: Vec<Noted> = Vec::new();
    loop {
        // Read before the queue: what was put in before the stop is still written.
        let stopping = stop.load(Ordering::Acquire);
        loop {
            if batch.is_empty() {
                let mut workers = 0;
                while batch.len() < BATCH_LINES
                    && workers < BATCH_WORKERS
                    && let Ok(noted) = waiting.try_recv()
                {
                    workers += noted.workers.len();
                    batch.push(noted);
                }
            }
            if batch.is_empty() || !written(door, &batch) {
                break;
            }
            batch.clear();
        }
        if stopping {
            let lost = batch.len() + waiting.try_iter().count();
            if lost > 0 {
                tracing::error!(
                    lines = lost,
                    "look-ups were not noted, as the database does not answer"
                );
            }
            return;
        }
        std::thread::sleep(INTERVAL);
    }
}

/// Writes a batch. `false` if the database did not take it just now.
fn written(door: &Door, batch: &[Noted]) -> bool {
    let (end, ended) = sync_channel(1);
    let lines: Vec<Lookup> = batch.iter().filter_map(|noted| noted.line).collect();
    let of_each = batch.iter().flat_map(|noted| {
        let workers = noted.workers.iter();
        workers.map(|&worker| (noted.id, worker))
    });
    let shown: Vec<(LookupId, WorkerId)> = of_each.collect();
    let sent = door.aside_then(
        move |writer| lookups::write(writer, &lines, &shown),
        move |done| {
            // Somebody waits below for exactly this one message.
            let _ = end.send(done);
        },
    );
    if !sent {
        return false;
    }
    match ended.recv() {
        // A duplicate: an earlier try broke off while it was committed, and was kept after all.
        Ok(Ok(()) | Err(StoreError::Duplicate)) => true,
        Ok(Err(StoreError::Unavailable(_))) | Err(_) => false,
        Ok(Err(error)) => {
            tracing::error!(error = %error, lines = batch.len(), "look-ups were not noted");
            true
        }
    }
}
