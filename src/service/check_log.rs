//! The log of answered checks, written behind the answers. Three bounded queues: denials, which are evidence; referrals
//! and unknown cards, of which anybody with a card in hand can make a flood; and permits. So no flood pushes out what
//! matters more. A full queue drops the line and counts it; no gate ever waits for it.
//! While the database does not answer, lines wait in the queues and are written afterwards.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use super::commit::Door;
use super::dormancy::Uses;
use super::watch::stand_back;
use crate::domain::decision::Decision;
use crate::store::StoreError;
use crate::store::logs::{self, CheckLine};
use crate::store::{ledger, moves};

/// How many lines may wait in each queue: half a minute of permits at two thousand a second.
const WAITING_MAX: usize = 65_536;
/// How many queues there are.
const QUEUES: usize = 3;
/// How many lines are written at once: what a busy node answers in an interval, so that it pays for one commit.
const BATCH_LINES: usize = 16_384;
/// How often what waits is written.
const INTERVAL: Duration = Duration::from_millis(200);

/// Where answered checks go. Cheap to clone.
#[derive(Clone)]
pub struct CheckLog {
    queues: [SyncSender<CheckLine>; QUEUES],
    counts: Arc<Counts>,
}

/// The number of the queue in which the lines of a decision wait. What is in the first is written first.
const fn queue_of(decision: Decision) -> usize {
    match decision {
        Decision::Deny => 0,
        Decision::Refer | Decision::Unknown => 1,
        Decision::Permit => 2,
    }
}

/// What became of the lines, by decision.
#[derive(Debug, Default)]
pub struct Counts {
    written: [AtomicU64; Decision::ALL.len()],
    dropped: [AtomicU64; Decision::ALL.len()],
}

impl CheckLog {
    /// Starts the thread that writes; it ends after `stop`, when it has written what waits.
    pub fn start(door: Door, stop: Arc<AtomicBool>) -> std::io::Result<(Self, JoinHandle<()>)> {
        let ends: [_; QUEUES] = std::array::from_fn(|_| sync_channel(WAITING_MAX));
        let counts = Arc::new(Counts::default());
        let log = Self {
            queues: ends.each_ref().map(|(put, _)| put.clone()),
            counts: counts.clone(),
        };
        let waiting = ends.map(|(_, take)| take);
        let thread = std::thread::Builder::new()
            .name("check-log".into())
            .spawn(move || {
                stand_back();
                // Taken from the queues and not yet written. While there is such a batch no other is taken. The same memory
                // each time: megabytes that come and go several times a second cost more than what is written into them.
                let mut batch = Arc::new(Vec::with_capacity(BATCH_LINES));
                let mut uses = Uses::default();
                loop {
                    // Read before the queues: what was put in before the stop is still written.
                    let stopping = stop.load(Ordering::Acquire);
                    loop {
                        if batch.is_empty() {
                            collect(&waiting, &mut batch);
                        }
                        // A batch that is not full took all there was: what came meanwhile may wait for company, as
                        // each commit costs a flush of the disk. At the end nothing waits.
                        let more = stopping || batch.len() == BATCH_LINES;
                        if batch.is_empty() {
                            break;
                        }
                        match write(&door, &batch, &mut uses) {
                            Fate::Written => count(&counts.written, &batch),
                            Fate::Lost => count(&counts.dropped, &batch),
                            Fate::Later => break,
                        }
                        empty(&mut batch);
                        if !more {
                            break;
                        }
                    }
                    if stopping {
                        // Nobody waits for a database that does not answer at the end.
                        let rest = waiting.iter().flat_map(Receiver::try_iter);
                        count(&counts.dropped, &rest.collect::<Vec<_>>());
                        count(&counts.dropped, &batch);
                        return;
                    }
                    std::thread::sleep(INTERVAL);
                }
            })?;
        Ok((log, thread))
    }

    /// Takes a line, or drops and counts it. Never waits.
    pub fn put(&self, line: CheckLine) {
        if self.queues[queue_of(line.decision)].try_send(line).is_err() {
            count(&self.counts.dropped, &[line]);
        }
    }

    /// What became of the lines so far.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }
}

impl Counts {
    /// Lines of this decision that were written.
    pub fn written(&self, decision: Decision) -> u64 {
        self.written[decision as usize].load(Ordering::Relaxed)
    }

    /// Lines of this decision that were dropped, because their queue was full or the database failed.
    pub fn dropped(&self, decision: Decision) -> u64 {
        self.dropped[decision as usize].load(Ordering::Relaxed)
    }
}

fn count(into: &[AtomicU64; Decision::ALL.len()], lines: &[CheckLine]) {
    for line in lines {
        into[line.decision as usize].fetch_add(1, Ordering::Relaxed);
    }
}

/// The next lines to write, of the first queue first.
fn collect(waiting: &[Receiver<CheckLine>; QUEUES], into: &mut Arc<Vec<CheckLine>>) {
    if let Some(into) = Arc::get_mut(into) {
        into.extend(
            waiting
                .iter()
                .flat_map(Receiver::try_iter)
                .take(BATCH_LINES),
        );
    }
}

/// Makes room for the next lines. Whoever wrote these has let go of them; should the door hold on to them, it keeps them.
fn empty(batch: &mut Arc<Vec<CheckLine>>) {
    match Arc::get_mut(batch) {
        Some(lines) => lines.clear(),
        None => *batch = Arc::new(Vec::with_capacity(BATCH_LINES)),
    }
}

enum Fate {
    Written,
    /// The database did not take it just now.
    Later,
    /// It never will.
    Lost,
}

/// One batch at a time: while the database is slow the lines wait in the queues, which are bounded.
fn write(door: &Door, batch: &Arc<Vec<CheckLine>>, uses: &mut Uses) -> Fate {
    let (end, ended) = sync_channel(1);
    let lines = batch.clone();
    let new = uses.new_in(batch);
    let used = new.clone();
    let sent = door.aside_then(
        move |writer| {
            logs::write(writer, &lines)?;
            let Some((day, ids)) = used else {
                return Ok(());
            };
            // Other nodes note uses, too, and this keeps them from waiting for each other's rows in a ring.
            ledger::lock(writer)?;
            moves::note_uses(writer, day, &ids)
        },
        move |done| {
            // Somebody waits below for exactly this one message.
            let _ = end.send(done);
        },
    );
    if !sent {
        return Fate::Later;
    }
    match ended.recv() {
        Ok(Ok(())) => {
            uses.noted(new.as_ref().map_or(&[], |(_, ids)| ids));
            Fate::Written
        }
        // An earlier try broke off while it was committed, and was kept after all.
        Ok(Err(StoreError::Duplicate)) => Fate::Written,
        Ok(Err(StoreError::Unavailable(_))) => Fate::Later,
        Ok(Err(error)) => {
            tracing::warn!(error = %error, "lines of the check log were not written");
            Fate::Lost
        }
        // The door was closed before its turn came.
        Err(_) => Fate::Later,
    }
}
