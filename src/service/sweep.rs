//! What follows from a date and from nobody's act: it is found and stated here, in small parts, by whichever node comes
//! first. Each part is a job at the door, where what is due is read again, so that no two nodes do it twice.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use super::commit::{Door, Tx};
use super::error::Error;
use super::{bans, exclusions};
use crate::domain::time::{Environment, Timestamp};
use crate::ledger::entry::Actor;
use crate::store::{self, Reader, Store, StoreError};

/// How much is swept in one transaction: others wait for it.
pub const SWEPT_AT_ONCE: usize = 20;
/// How often it is looked whether something is due. What follows from a date follows within this time.
pub const LOOKED_EVERY: Duration = Duration::from_secs(1);

/// Something that a date brings about.
struct Duty {
    /// In logs.
    name: &'static str,
    /// Whether any of it is due.
    is_due: fn(&mut Reader, Timestamp) -> Result<bool, StoreError>,
    /// States what is due, of so many things at most, and answers of how many.
    state: fn(&mut Tx<'_>, usize) -> Result<usize, Error>,
}

/// Everything that a date brings about.
const DUTIES: [Duty; 3] = [
    Duty {
        name: "bans that begin or end",
        is_due: |reader, now| Ok(!store::bans::due(reader, now, 1)?.is_empty()),
        state: bans::sweep,
    },
    Duty {
        name: "documents of bans that nobody granted",
        is_due: |reader, now| {
            let before = bans::asked_before(now);
            Ok(!store::bans::never_mirrored(reader, before, 1)?.is_empty())
        },
        state: bans::forget,
    },
    Duty {
        name: "exclusions that end",
        is_due: |reader, now| Ok(!store::exclusions::due(reader, now, 1)?.is_empty()),
        state: exclusions::sweep,
    },
];

/// Starts the thread that sweeps. It ends when `stop` is set.
pub fn start(
    store: Store,
    door: Door,
    environment: Arc<dyn Environment>,
    stop: Arc<AtomicBool>,
) -> std::io::Result<JoinHandle<()>> {
    let run = move || {
        // The door answers on a runtime, and this thread has no other.
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build();
        let Ok(runtime) = runtime else {
            tracing::error!("nothing is swept: no runtime could be made");
            return;
        };
        // Of a database that does not answer it is told once.
        let mut told = false;
        while !stop.load(Ordering::Acquire) {
            let mut failed = false;
            for duty in &DUTIES {
                let swept = sweep(duty, &store, &door, &*environment, &runtime, &stop);
                if let Err(error) = swept {
                    failed = true;
                    if !told {
                        tracing::warn!(duty = duty.name, error = %error, "what is due was not done; it is tried again");
                    }
                }
            }
            told = failed;
            std::thread::park_timeout(LOOKED_EVERY);
        }
    };
    std::thread::Builder::new().name("sweep".into()).spawn(run)
}

fn sweep(
    duty: &Duty,
    store: &Store,
    door: &Door,
    environment: &dyn Environment,
    runtime: &tokio::runtime::Runtime,
    stop: &AtomicBool,
) -> Result<(), Error> {
    while !stop.load(Ordering::Acquire) {
        let mut is_due = false;
        store.read(|reader| {
            is_due = (duty.is_due)(reader, environment.now())?;
            Ok(())
        })?;
        if !is_due {
            break;
        }
        let state = duty.state;
        let work = move |tx: &mut Tx<'_>| state(tx, SWEPT_AT_ONCE);
        runtime.block_on(door.change(Actor::System, work))?;
    }
    Ok(())
}
