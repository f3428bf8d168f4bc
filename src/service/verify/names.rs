//! What workers are found by against what is under their seals.

use std::collections::HashMap;

use super::Failure;
use super::rows::Table;
use crate::access::keyring::Keyring;
use crate::domain::ids::{MemberId, WorkerId};
use crate::domain::worker::WorkerDetails;
use crate::service::search;
use crate::store::{Reader, names, workers};

/// Compares each keyed hash of a name with the names themselves. Details that are no worker's have no name.
pub(super) fn verify(reader: &mut Reader, keyring: &Keyring) -> Result<(), Failure> {
    let mut registered: HashMap<[u8; 16], (WorkerId, MemberId)> = HashMap::new();
    workers::each(reader, |worker| {
        let (id, member) = (worker.value.id, worker.value.member);
        registered.insert(*id.as_bytes(), (id, member));
        Ok(())
    })?;
    let mut expected = HashMap::new();
    workers::each_sealed(reader, |subject, bytes| {
        let opened = registered.get(&subject).and_then(|found| {
            let plain = keyring.open(&subject, bytes).ok()?;
            let details = serde_json::from_slice::<WorkerDetails>(&plain).ok()?;
            Some((found, details))
        });
        if let Some((&(worker, member), details)) = opened {
            let keys = search::keys(keyring, member, &details).into_iter();
            expected.extend(keys.map(|key| ((key, worker), ())));
        }
        Ok(())
    })?;
    let mut table = Table::new("worker_names", expected, |(_, worker), ()| {
        worker.to_string()
    });
    let all = names::each(reader, |key, worker| {
        table.row((key, worker), (), |(), ()| None);
        Ok(())
    });
    table.end(all)?;
    Ok(())
}
