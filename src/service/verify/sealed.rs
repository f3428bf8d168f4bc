//! What is under the seals, and what people are found by, for whoever has the keys. What is found by is made of what is
//! under the seals and of keys that are not in the database, and of what is under the seals the ledger keeps digests: so nobody
//! can hide a person from a search, nor make one be found as another, unseen.

use std::collections::HashMap;

use super::rows::{Table, first};
use super::{Damage, Failure};
use crate::access::keyring::Keyring;
use crate::access::seal::{Field, Unsealable, WorkerKey};
use crate::domain::document::Document;
use crate::domain::ids::{EngagementId, WorkerId};
use crate::domain::worker::{EngagementDetails, WorkerDetails};
use crate::service::{employers, search};
use crate::store::{self, Reader, bans, documents, names, sealed, workers};

/// What should be found by what.
#[derive(Default)]
struct FoundBy {
    staff: HashMap<[u8; 16], (EngagementId, WorkerId)>,
    employers: HashMap<EngagementId, [u8; 16]>,
    names: HashMap<([u8; 16], WorkerId), ()>,
    documents: HashMap<([u8; 16], WorkerId), ()>,
}

/// Opens every seal, and compares staff numbers, employers, names and documents with what workers and engagements are found by. For whoever
/// has the keys, after [`verify`](super::verify) has found those details to be the ledger's. Answers how many staff numbers there are.
pub fn verify_sealed(reader: &mut Reader, keyring: &Keyring) -> Result<u64, Failure> {
    reader.snapshot(|reader| {
        let keys = keys(reader, keyring)?;
        let found_by = open_all(reader, keyring, &keys)?;
        let mut table = Table::new("staff_numbers", found_by.staff, |_, (engagement, _)| {
            engagement.to_string()
        });
        let all = workers::each_staff_number(reader, |key, worker, engagement| {
            table.row(key, (engagement, worker), |a, b| {
                first([("engagement", a.0 != b.0), ("worker", a.1 != b.1)])
            });
            Ok(())
        });
        let staff_numbers = table.end(all)?.1;
        let mut table = Table::new(
            "engagement_employers",
            found_by.employers,
            |engagement, _| engagement.to_string(),
        );
        let all = store::employers::each(reader, |key, engagement| {
            table.row(engagement, key, |a, b| first([("employer", a != b)]));
            Ok(())
        });
        table.end(all)?;

        // Named by whose they are: the hashes are for finding alone.
        let of_worker = |(_, worker): &([u8; 16], WorkerId), (): &()| worker.to_string();
        let mut table = Table::new("worker_names", found_by.names, of_worker);
        let all = names::each(reader, |key, worker| {
            table.row((key, worker), (), |(), ()| None);
            Ok(())
        });
        table.end(all)?;
        let mut table = Table::new("worker_documents", found_by.documents, of_worker);
        let all = documents::each(reader, |key, worker| {
            table.row((key.0, worker), (), |(), ()| None);
            Ok(())
        });
        table.end(all)?;
        ban_documents(reader, keyring)?;
        Ok(staff_numbers)
    })
}

/// Who is banned is found by what is under the seal.
fn ban_documents(reader: &mut Reader, keyring: &Keyring) -> Result<(), Failure> {
    let mut bad = None;
    bans::each_document(reader, |ban, key, bytes| {
        let plain = keyring.open(Field::BanDocument, ban.as_bytes(), bytes).ok();
        let document = plain.and_then(|plain| serde_json::from_slice::<Document>(&plain).ok());
        if document.map(|document| keyring.document_key(&document)) != Some(key) {
            bad = bad.or(Some(ban));
        }
        Ok(())
    })?;
    match bad {
        None => Ok(()),
        Some(ban) => Err(Damage::Row {
            table: "ban_documents",
            id: ban.to_string(),
            why: "it is found by another document than is under its seal".into(),
        }
        .into()),
    }
}

/// The key of every worker.
fn keys(reader: &mut Reader, keyring: &Keyring) -> Result<HashMap<WorkerId, WorkerKey>, Failure> {
    let (mut keys, mut unopened) = (HashMap::new(), None);
    sealed::each_key(reader, |worker, wrapped| {
        if wrapped.is_destroyed() {
            return Ok(());
        }
        match keyring.worker_key(worker, &wrapped) {
            Ok(key) => drop(keys.insert(worker, key)),
            Err(Unsealable) => unopened = unopened.or(Some(worker)),
        }
        Ok(())
    })?;
    match unopened {
        None => Ok(keys),
        Some(worker) => Err(Damage::Row {
            table: "worker_keys",
            id: worker.to_string(),
            why: "it does not open with this master key: it was changed, or is another network's"
                .into(),
        }
        .into()),
    }
}

fn open_all(
    reader: &mut Reader,
    keyring: &Keyring,
    keys: &HashMap<WorkerId, WorkerKey>,
) -> Result<FoundBy, Failure> {
    let mut members = HashMap::new();
    workers::each(reader, |worker, _| {
        members.insert(worker.value.id, worker.value.member);
        Ok(())
    })?;
    let mut engagements = HashMap::new();
    workers::each_engagement(reader, |held| {
        let engagement = held.value.engagement;
        engagements.insert(*engagement.id.as_bytes(), engagement);
        Ok(())
    })?;
    let (mut found_by, mut unopened) = (FoundBy::default(), false);
    sealed::each(reader, |subject, worker, bytes| {
        let mut opened = || {
            let open = |field| keys.get(&worker)?.open(field, &subject, bytes).ok();
            if let Some(engagement) = engagements.get(&subject) {
                let plain = open(Field::EngagementDetails)?;
                let details: EngagementDetails = serde_json::from_slice(&plain).ok()?;
                let key = employers::key(keyring, engagement.member, &details.employer);
                found_by.employers.insert(engagement.id, key);
                if let Some(number) = details.staff_number {
                    let key = keyring.staff_key(engagement.member, number.as_str());
                    found_by
                        .staff
                        .insert(key, (engagement.id, engagement.worker));
                }
            } else if worker.as_bytes() == &subject {
                let plain = open(Field::WorkerDetails)?;
                let details: WorkerDetails = serde_json::from_slice(&plain).ok()?;
                let names = search::keys(keyring, *members.get(&worker)?, &details);
                let names = names.into_iter().map(|key| ((key, worker), ()));
                found_by.names.extend(names);
                let documents = details.documents.iter();
                let documents =
                    documents.map(|document| ((keyring.document_key(document).0, worker), ()));
                found_by.documents.extend(documents);
            } else {
                open(Field::CardNumber)?;
            }
            Some(())
        };
        unopened |= opened().is_none();
        Ok(())
    })?;
    if unopened {
        let why = "a row does not open with its worker's key: it was changed, or is another's";
        return Err(Damage::Table {
            table: "sealed_details",
            why: why.into(),
        }
        .into());
    }
    Ok(found_by)
}
