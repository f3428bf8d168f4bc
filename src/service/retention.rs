//! What is kept for a time only: who passed which gate when is personal data of movement, and is forgotten once nobody
//! needs it. Bit by bit through the door, so that no change waits long behind it. For how long is in
//! [`crate::domain::retention`]; how much is past its time is told in numbers, and whatever is past it and is not forgotten by
//! itself is work for a registrar ([`super::work`]).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::Services;
use super::error::Error;
use super::import;
use crate::access::permission::{Permit, ReadRetention};
use crate::domain::ids::MemberId;
use crate::domain::retention::{AHEAD_MS, Clock, Purpose};
use crate::domain::time::Timestamp;
use crate::store::retention::{self as kept_in, Needed};
use crate::store::{Reader, StoreError, Writer, imports, logs, lookups};

pub use crate::domain::retention::Kept;

/// What takes what is older than this away, a bounded part of it; whether there may be more.
type Forget = fn(&mut Writer, Timestamp) -> Result<bool, StoreError>;

/// Room for others between two parts.
const PAUSE: Duration = Duration::from_millis(20);

/// Forgets what is older than it may be. To be called at start and once a day; several nodes may do it at one time.
pub async fn forget(services: &Services, kept: Kept) {
    let now = services.environment.now();
    let forgettable: [(Purpose, Forget); 4] = [
        (Purpose::GatePermits, logs::forget_permits),
        (Purpose::GateRefusals, logs::forget_refusals),
        (Purpose::Lookups, lookups::forget),
        (Purpose::Reports, |writer, before| {
            imports::drop_some(writer, &import::ENDED, before)
        }),
    ];
    for (purpose, forget) in forgettable {
        let before = purpose.since(kept, now);
        while let Some(more) = part(services, purpose, forget, before).await {
            if !more {
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// Forgets one part. Whether there may be more, or `None` if it could not be done just now.
async fn part(
    services: &Services,
    purpose: Purpose,
    forget: Forget,
    before: Timestamp,
) -> Option<bool> {
    let more = Arc::new(AtomicBool::new(false));
    let found = more.clone();
    let (end, ended) = tokio::sync::oneshot::channel();
    let sent = services.door.aside_then(
        move |writer| {
            found.store(forget(writer, before)?, Ordering::Relaxed);
            Ok(())
        },
        // Whoever waits below may have been stopped.
        move |done| drop(end.send(done)),
    );
    let done = if sent { ended.await.ok() } else { None };
    match done {
        Some(Ok(())) => Some(more.load(Ordering::Relaxed)),
        Some(Err(error)) => {
            tracing::warn!(purpose = purpose.as_str(), error = %error, "what is past its time was not forgotten; the next day does it");
            None
        }
        None => {
            tracing::warn!(
                purpose = purpose.as_str(),
                "what is past its time was not forgotten, as too many changes wait; the next day does it"
            );
            None
        }
    }
}

/// How much is past its time, and how much will soon be, for each purpose. Nothing is changed by asking.
pub fn clocks(
    reader: &mut Reader,
    permit: Permit<ReadRetention>,
    kept: Kept,
    now: Timestamp,
) -> Result<Vec<Clock>, Error> {
    Ok(clocks_of(reader, Some(permit.caller().member), kept, now)?)
}

/// The same for one member, or for all: for whoever runs the service.
pub fn clocks_of(
    reader: &mut Reader,
    member: Option<MemberId>,
    kept: Kept,
    now: Timestamp,
) -> Result<Vec<Clock>, StoreError> {
    let then = now.plus_ms(AHEAD_MS);
    let mut of = |&purpose: &Purpose| {
        let moments = [purpose.since(kept, now), purpose.since(kept, then)];
        let numbers = match purpose {
            Purpose::GatePermits => kept_in::permits(reader, moments),
            Purpose::GateRefusals => kept_in::refused_checks(reader, moments),
            Purpose::Sightings => kept_in::sightings(reader, member, moments),
            Purpose::Lookups => kept_in::lookups(reader, member, moments),
            Purpose::Answers => kept_in::answers(reader, moments),
            Purpose::Files => kept_in::files(reader, member, &[import::WAITING], moments),
            Purpose::Reports => kept_in::files(reader, member, &import::ENDED, moments),
            Purpose::BanDocuments => kept_in::ban_documents(reader, moments),
            Purpose::Refusals => kept_in::refusals(reader, member, moments),
            Purpose::Records => kept_in::records(reader, member, [now, then].map(needed)),
            Purpose::Erasures => kept_in::erasures(reader, member, [now, then]),
        }?;
        Ok(Clock {
            purpose,
            term_ms: purpose.term_ms(kept),
            past: numbers.past,
            soon: numbers.by_then.saturating_sub(numbers.past),
            oldest: numbers.oldest,
        })
    };
    Purpose::ALL.iter().map(&mut of).collect()
}

/// What keeps a worker's record at this moment.
pub(super) fn needed(now: Timestamp) -> Needed {
    // Neither depends on what the operator sets.
    let kept = Kept::default();
    Needed {
        after: Purpose::Records.since(kept, now),
        refused_after: Purpose::Refusals.since(kept, now),
    }
}
