//! The log of answered checks, written behind the answers. Two bounded queues: permits, and everything else, so that a
//! flood of permits can never push out a denial. A full queue drops the line and counts it; no gate ever waits for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use super::commit::Door;
use crate::domain::decision::Decision;
use crate::store::logs::{self, CheckLine};

/// How many permits may wait: half a minute at two thousand a second.
const PERMITS_MAX: usize = 65_536;
/// How many denials, referrals and unknown cards may wait.
const REFUSALS_MAX: usize = 65_536;
/// How many lines are written at once.
const BATCH_LINES: usize = 2_000;
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
                loop {
                    // Read before the queues: what was put in before the stop is still written.
                    let stopping = stop.load(Ordering::Acquire);
                    while let Some(batch) = collect(&waiting_refusals, &waiting_permits) {
                        write(&door, batch, &counts);
                    }
                    if stopping {
                        return;
                    }
                    std::thread::sleep(INTERVAL);
                }
            })?;
        Ok((log, thread))
    }

    /// Takes a line, or drops and counts it. Never waits.
    pub fn put(&self, line: CheckLine) {
        let permit = line.decision == Decision::Permit;
        let queue = if permit {
            &self.permits
        } else {
            &self.refusals
        };
        if queue.try_send(line).is_err() {
            self.counts.dropped(permit, 1);
        }
    }

    /// What became of the lines so far.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }
}

impl Counts {
    fn dropped(&self, permits: bool, lines: u64) {
        let counter = if permits {
            &self.dropped_permits
        } else {
            &self.dropped_refusals
        };
        counter.fetch_add(lines, Ordering::Relaxed);
    }
}

/// Refusals first: they are what somebody will look for.
fn collect(
    refusals: &Receiver<CheckLine>,
    permits: &Receiver<CheckLine>,
) -> Option<Vec<CheckLine>> {
    let batch: Vec<CheckLine> = refusals
        .try_iter()
        .chain(permits.try_iter())
        .take(BATCH_LINES)
        .collect();
    (!batch.is_empty()).then_some(batch)
}

fn write(door: &Door, batch: Vec<CheckLine>, counts: &Arc<Counts>) {
    let permits = batch
        .iter()
        .filter(|line| line.decision == Decision::Permit)
        .count() as u64;
    let refusals = batch.len() as u64 - permits;
    let (done, ended) = sync_channel(1);
    let sent = door.aside(move |writer| {
        let written = logs::write(writer, &batch);
        // Who waits for it may be gone; then nobody counts.
        let _ = done.try_send(written.is_ok());
        written
    });
    // One batch at a time: while the database is slow the lines wait in the queues, which are bounded.
    if sent && ended.recv() == Ok(true) {
        counts
            .written
            .fetch_add(permits + refusals, Ordering::Relaxed);
    } else {
        counts.dropped(true, permits);
        counts.dropped(false, refusals);
    }
}
