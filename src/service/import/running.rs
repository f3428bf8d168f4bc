//! Which imports a node is carrying out, and how it stops.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use crate::domain::ids::ImportId;
use crate::service::Services;

/// The imports that this node is carrying out.
#[derive(Debug, Default)]
pub struct Running {
    ids: Mutex<HashSet<ImportId>>,
    ended: Condvar,
    stopping: AtomicBool,
}

impl Running {
    /// Lets every import stop after the batch it is at, and waits for that. The next start goes on with them.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
        self.wait();
    }

    /// Waits until none is being carried out, for as long as one batch may take.
    pub(super) fn wait(&self) {
        let ids = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
        let ended = self
            .ended
            .wait_timeout_while(ids, STOP_PATIENCE, |ids| !ids.is_empty());
        drop(ended.unwrap_or_else(PoisonError::into_inner));
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    pub(super) fn begin(&self, id: ImportId) -> bool {
        !self.is_stopping()
            && self
                .ids
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(id)
    }

    pub(super) fn end(&self, id: ImportId) {
        self.ids
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&id);
        self.ended.notify_all();
    }
}

/// A batch takes milliseconds, and a door that does not answer gives up after 15 s.
const STOP_PATIENCE: Duration = Duration::from_secs(16);

/// Notes the end of an import's thread, also if it panics.
pub(super) struct Ending<'a> {
    pub services: &'a Services,
    pub id: ImportId,
}

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.services.imports.end(self.id);
    }
}
