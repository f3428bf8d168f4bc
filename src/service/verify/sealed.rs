//! What is under the seals, and what people are found by, for whoever has the keys. What is found by is made of what is
//! under the seals and of keys that are not in the database, and of what is under the seals the ledger keeps digests: so nobody
//! can hide a person from a search, nor make one be found as another, unseen.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::Arc;

use super::rows::{Table, first};
use super::{Damage, Failure};
use crate::access::blind_key::BlindKey;
use crate::access::keyring::Keyring;
use crate::access::seal::{Field, Unsealable, WorkerKey};
use crate::domain::document::Document;
use crate::domain::ids::{EngagementId, WorkerId};
use crate::domain::worker::{EngagementDetails, WorkerDetails};
use crate::service::{blind, employers, search};
use crate::store::{self, Reader, bans, documents, names, sealed, workers};

/// What should be found by what.
#[derive(Default)]
struct FoundBy {
    staff: HashMap<[u8; 16], (EngagementId, WorkerId, u16)>,
    employers: HashMap<EngagementId, ([u8; 16], u16)>,
    employer_names: HashMap<([u8; 16], WorkerId, EngagementId), u16>,
    names: HashMap<([u8; 16], WorkerId), u16>,
    documents: HashMap<([u8; 16], WorkerId), u16>,
}

/// The blind-index keys, and who is found by the former one still.
struct Under {
    active: Arc<BlindKey>,
    former: Option<Arc<BlindKey>>,
    names: HashSet<WorkerId>,
    documents: HashSet<WorkerId>,
    engagements: HashSet<EngagementId>,
}

impl Under {
    fn read(reader: &mut Reader, keyring: &Keyring) -> Result<Self, Failure> {
        let keys = blind::recorded(reader)?;
        let key = |version| {
            keyring.blind_key(version).ok_or_else(|| {
                let why = "people are found by a blind-index key that is not in the file beside the master key".into();
                let table = "worker_names";
                Failure::from(Damage::Table { table, why })
            })
        };
        let mut under = Self {
            active: key(keys.active)?,
            former: keys.former.map(key).transpose()?,
            names: HashSet::new(),
            documents: HashSet::new(),
            engagements: HashSet::new(),
        };
        let Some(former) = keys.former else {
            return Ok(under);
        };
        names::each(reader, |_, worker, version| {
            under.names.extend((version == former).then_some(worker));
            Ok(())
        })?;
        documents::each(reader, |_, worker, version| {
            under
                .documents
                .extend((version == former).then_some(worker));
            Ok(())
        })?;
        store::employers::each(reader, |_, engagement, version| {
            let found = (version == former).then_some(engagement);
            under.engagements.extend(found);
            Ok(())
        })?;
        Ok(under)
    }

    /// The key by which somebody is found, who is among these or not.
    fn key<T: Eq + Hash>(&self, by_former: &HashSet<T>, found: &T) -> &BlindKey {
        match &self.former {
            Some(former) if by_former.contains(found) => former,
            _ => &self.active,
        }
    }
}

/// Opens every seal, and compares staff numbers, employers, names and documents with what workers and engagements are found by. For whoever
/// has the keys, after [`verify`](super::verify) has found those details to be the ledger's. Answers how many staff numbers there are.
pub fn verify_sealed(reader: &mut Reader, keyring: &Keyring) -> Result<u64, Failure> {
    reader.snapshot(|reader| {
        let keys = keys(reader, keyring)?;
        let under = Under::read(reader, keyring)?;
        let found_by = open_all(reader, &keys, &under)?;
        let mut table = Table::new("staff_numbers", found_by.staff, |_, (engagement, ..)| {
            engagement.to_string()
        });
        let all = workers::each_staff_number(reader, |key, worker, engagement, version| {
            table.row(key, (engagement, worker, version), |a, b| {
                first([
                    ("engagement", a.0 != b.0),
                    ("worker", a.1 != b.1),
                    ("key version", a.2 != b.2),
                ])
            });
            Ok(())
        });
        let staff_numbers = table.end(all)?.1;
        let mut table = Table::new(
            "engagement_employers",
            found_by.employers,
            |engagement, _| engagement.to_string(),
        );
        let all = store::employers::each(reader, |key, engagement, version| {
            table.row(engagement, (key, version), |a, b| {
                first([("employer", a.0 != b.0), ("key version", a.1 != b.1)])
            });
            Ok(())
        });
        table.end(all)?;
        let version = |a: &u16, b: &u16| first([("key version", a != b)]);
        let mut table = Table::new(
            "employer_names",
            found_by.employer_names,
            |(_, _, engagement), _| engagement.to_string(),
        );
        let all = store::employers::each_name(reader, |key, worker, engagement, number| {
            table.row((key, worker, engagement), number, version);
            Ok(())
        });
        table.end(all)?;

        // Named by whose they are: the hashes are for finding alone.
        let of_worker = |(_, worker): &([u8; 16], WorkerId), _: &u16| worker.to_string();
        let mut table = Table::new("worker_names", found_by.names, of_worker);
        let all = names::each(reader, |key, worker, number| {
            table.row((key, worker), number, version);
            Ok(())
        });
        table.end(all)?;
        let mut table = Table::new("worker_documents", found_by.documents, of_worker);
        let all = documents::each(reader, |key, worker, number| {
            table.row((key.0, worker), number, version);
            Ok(())
        });
        table.end(all)?;
        ban_documents(reader, keyring, &under)?;
        Ok(staff_numbers)
    })
}

/// Who is banned is found by what is under the seal.
fn ban_documents(reader: &mut Reader, keyring: &Keyring, under: &Under) -> Result<(), Failure> {
    let mut bad = None;
    bans::each_document(reader, |ban, (version, key), bytes| {
        let plain = keyring.open(Field::BanDocument, ban.as_bytes(), bytes).ok();
        let document = plain.and_then(|plain| serde_json::from_slice::<Document>(&plain).ok());
        let mut known = under.former.iter().chain([&under.active]);
        let under = known.find(|key| key.version() == version);
        let found_by = document
            .zip(under)
            .map(|(document, under)| under.document_key(&document));
        if found_by != Some(key) {
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
    keys: &HashMap<WorkerId, WorkerKey>,
    under: &Under,
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
                let (id, worker) = (engagement.id, engagement.worker);
                let key = under.key(&under.engagements, &id);
                let by = employers::found_by(key, engagement.member, &details);
                found_by.employers.insert(id, (by.employer, by.version));
                let staff = by.staff_number.map(|key| (key, (id, worker, by.version)));
                found_by.staff.extend(staff);
                let names = by.names.into_iter();
                let names = names.map(|key| ((key, worker, id), by.version));
                found_by.employer_names.extend(names);
            } else if worker.as_bytes() == &subject {
                let plain = open(Field::WorkerDetails)?;
                let details: WorkerDetails = serde_json::from_slice(&plain).ok()?;
                let key = under.key(&under.names, &worker);
                let names = search::keys(key, *members.get(&worker)?, &details).into_iter();
                let names = names.map(|found| ((found, worker), key.version()));
                found_by.names.extend(names);
                let key = under.key(&under.documents, &worker);
                let documents = details.found_by();
                let documents = documents
                    .map(|document| ((key.document_key(document).0, worker), key.version()));
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
