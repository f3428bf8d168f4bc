//! What is kept for a time only: who passed which gate when is personal data of movement, and is forgotten once nobody
//! needs it. Bit by bit through the door, so that no change waits long behind it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::Services;
use crate::domain::time::{DAY_MS, Timestamp};
use crate::store::{StoreError, Writer, logs};

/// For how many days lines of the check log are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// Permits.
    pub permits_days: u32,
    /// Denials, referrals and unknown cards, and the sightings of them.
    pub refusals_days: u32,
}

/// What takes what is older than this away, a bounded part of it; whether there may be more.
type Forget = fn(&mut Writer, Timestamp) -> Result<bool, StoreError>;

/// Room for others between two parts.
const PAUSE: Duration = Duration::from_millis(20);

/// Forgets what is older than it may be. To be called at start and once a day; several nodes may do it at one time.
pub async fn forget(services: &Services, kept: Kept) {
    let forgettable: [(u32, Forget); 2] = [
        (kept.permits_days, logs::forget_permits),
        (kept.refusals_days, logs::forget_refusals),
    ];
    for (days, forget) in forgettable {
        let before = services
            .environment
            .now()
            .plus_ms(-i64::from(days) * DAY_MS);
        while let Some(more) = part(services, forget, before).await {
            if !more {
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// Forgets one part. Whether there may be more, or `None` if it could not be done just now.
async fn part(services: &Services, forget: Forget, before: Timestamp) -> Option<bool> {
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
            tracing::warn!(error = %error, "old lines of the check log were not forgotten; the next day does it");
            None
        }
        None => {
            tracing::warn!(
                "old lines of the check log were not forgotten, as too many changes wait; the next day does it"
            );
            None
        }
    }
}
