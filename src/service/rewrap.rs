//! Changing the key under which the keys of workers are stored. A key was added to the file of this node; now each worker's key
//! is wrapped anew, a few at a time through the door, while everything goes on. What it seals is not touched.

use super::Services;
use super::error::Error;
use crate::store::sealed;

/// Keys that are wrapped anew in one transaction.
const BATCH: usize = 500;
/// Room for others between two of them.
const PAUSE: std::time::Duration = std::time::Duration::from_millis(20);

/// How far it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rewrapped {
    /// The version that all are now under.
    pub kek: u16,
    /// How many were not before.
    pub keys: u64,
}

/// Reads the file of key-encryption keys again. Whether it has changed.
pub fn reload(services: &Services) -> bool {
    services.keyring.reload_keks().unwrap_or_else(|error| {
        tracing::error!(error = %error, "the key-encryption keys cannot be read; those that are known stay in use");
        false
    })
}

/// Wraps every worker's key under the key-encryption key that is in use, where it is under another. Several nodes may do it at
/// one time, and it may be stopped and called again.
pub async fn rewrap(services: &Services) -> Result<Rewrapped, Error> {
    let kek = services.keyring.active_kek();
    let mut keys = 0;
    loop {
        let old = services
            .read(move |reader, _| Ok(sealed::keys_not_under(reader, kek, BATCH)?))
            .await?;
        if old.is_empty() {
            return Ok(Rewrapped { kek, keys });
        }
        let many = old.len() as u64;
        let mut anew = Vec::with_capacity(old.len());
        for (worker, before) in old {
            let after = services
                .keyring
                .rewrap(worker, &before, &*services.environment)
                .map_err(Error::internal)?;
            anew.push((worker, before, after));
        }
        let (end, ended) = tokio::sync::oneshot::channel();
        let sent = services.door.aside_then(
            move |writer| {
                anew.iter().try_for_each(|(worker, before, after)| {
                    sealed::rewrap(writer, *worker, before, after)
                })
            },
            // Whoever waits below may have been stopped.
            move |done| drop(end.send(done)),
        );
        match if sent { ended.await.ok() } else { None } {
            Some(done) => done?,
            None => {
                let detail = "Too many changes wait. The next time goes on with it.";
                return Err(Error::new(super::Code::Busy, detail));
            }
        }
        keys += many;
        tracing::info!(kek, keys, "keys of workers were wrapped anew");
        tokio::time::sleep(PAUSE).await;
    }
}
