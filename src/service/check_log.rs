//! The log of answered checks, written behind the answers. Two bounded queues: permits, and everything else, so that a
//! flood of permits can never push out a denial. A full queue drops the line and counts it; no gate ever waits for it.
//! While the database does not answer, lines wait in the queues and are written afterwards.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use super::commit::Door;
use super::watch::stand_back;
use crate::domain::decision::Decision;
use crate::store::StoreError;
use crate::store::logs::{self, CheckLine};

/// How many permits may wait: half a minute at two thousand a second.
const PERMITS_MAX: usize = 65_536;
/// How many denials, referrals and unknown cards may wait.
const REFUSALS_MAX: usize = 65_536;
/// How many lines are written at once: what a busy node answers in an interval, so that it pays for one commit.
const BATCH_LINES: usize = 16_384;
/// How often what waits is written.
const INTERVAL: Duration = Duration::from_millis(200);

/// Where answered checks go. Cheap to clone.
#[derive(Clone)]
pub struct CheckLog {
    permits: SyncSender<CheckLine>,
    refusals: SyncSender<CheckLine>,
    counts: Arc<Counts>,
}

/// What became of the lines.
#[derive(Debug, Default)]
pub struct Counts {
    /// Written.
    pub written: AtomicU64,
    /// Permits dropped because their queue was full, or the database failed.
    pub dropped_permits: AtomicU64,
    /// Other answers dropped for the same reasons.
    pub dropped_refusals: AtomicU64,
}

impl CheckLog {
    /// Starts the thread that writes; it ends after `stop`, when it has written what waits.
    pub fn start(door: Door, stop: Arc<AtomicBool>) -> std::io::Result<(Self, JoinHandle<()>)> {
        let (permits, waiting_permits) = sync_channel(PERMITS_MAX);
        let (refusals, waiting_refusals) = sync_channel(REFUSALS_MAX);
        let counts = Arc::new(Counts::default());
        let log = Self {
            permits,
            refusals,
            counts: counts.clone(),
        };
        let thread = std::thread::Builder::new()
            .name("check-log".into())
            .spawn(move || {
                stand_back();
                // Taken from the queues and not yet written. While there is such a batch no other is taken.
                let mut held: Option<Arc<[CheckLine]>> = None;
                loop {
                    // Read before the queues: what was put in before the stop is still written.
                    let stopping = stop.load(Ordering::Acquire);
                    while let Some(batch) = held
                        .take()
                        .or_else(|| collect(&waiting_refusals, &waiting_permits))
                    {
                        // A batch that is not full took all there was: what came meanwhile may wait for company, as
                        // each commit costs a flush of the disk. At the end nothing waits.
                        let more = stopping || batch.len() == BATCH_LINES;
                        match write(&door, &batch) {
                            Fate::Written => counts.written(&batch),
                            Fate::Lost => counts.lost(&batch),
                            Fate::Later => {
                                held = Some(batch);
                                break;
                            }
                        }
                        if !more {
                            break;
                        }
                    }
                    if stopping {
                        // Nobody waits for a database that does not answer at the end.
                        let rest = waiting_refusals
                            .try_iter()
                            .chain(waiting_permits.try_iter());
                        counts.lost(&rest.collect::<Vec<_>>());
                        if let Some(batch) = held {
                            counts.lost(&batch);
                        }
                        return;
                    }
                    std::thread::sleep(INTERVAL);
                }
            })?;
        Ok((log, thread))
    }

    /// Takes a line, or drops and counts it. Never waits.
    pub fn put(&self, line: CheckLine) {
        let queue = if line.decision == Decision::Permit {
            &self.permits
        } else {
            &self.refusals
        };
        if queue.try_send(line).is_err() {
            self.counts.lost(&[line]);
        }
    }

    /// What became of the lines so far.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }
}

impl Counts {
    fn written(&self, lines: &[CheckLine]) {
        self.written
            .fetch_add(lines.len() as u64, Ordering::Relaxed);
    }

    fn lost(&self, lines: &[CheckLine]) {
        let permits = lines
            .iter()
            .filter(|line| line.decision == Decision::Permit)
            .count() as u64;
        self.dropped_permits.fetch_add(permits, Ordering::Relaxed);
        self.dropped_refusals
            .fetch_add(lines.len() as u64 - permits, Ordering::Relaxed);
    }
}

/// Refusals first: they are what somebody will look for.
fn collect(
    refusals: &Receiver<CheckLine>,
    permits: &Receiver<CheckLine>,
) -> Option<Arc<[CheckLine]>> {
    let batch: Arc<[CheckLine]> = refusals
        .try_iter()
        .chain(permits.try_iter())
        .take(BATCH_LINES)
        .collect();
    (!batch.is_empty()).then_some(batch)
}

enum Fate {
    Written,
    /// The database did not take it just now.
    Later,
    /// It never will.
    Lost,
}

/// One batch at a time: while the database is slow the lines wait in the queues, which are bounded.
fn write(door: &Door, batch: &Arc<[CheckLine]>) -> Fate {
    let (end, ended) = sync_channel(1);
    let lines = batch.clone();
    let sent = door.aside_then(
        move |writer| logs::write(writer, &lines),
        move |done| {
            // Somebody waits below for exactly this one message.
            let _ = end.send(done);
        },
    );
    if !sent {
        return Fate::Later;
    }
    match ended.recv() {
        Ok(Ok(())) => Fate::Written,
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
