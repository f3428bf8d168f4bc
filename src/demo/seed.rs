//! Filling the network with workers. They go through the one door for changes like everything else, thousands of facts in
//! a transaction, so that durability costs few flushes. What can be computed before is computed while the door writes the
//! batch before.

use std::ops::Range;
use std::sync::Arc;

use crate::access::key_file;
use crate::access::keyring::Keyring;
use crate::access::seal::{Field, WorkerKey};
use crate::domain::card::{CardIdentifier, Input};
use crate::domain::credential::{Badge, BadgeCard, Credential, Scope};
use crate::domain::digest::Digest;
use crate::domain::ids::{BadgeId, CredentialId, EngagementId, Id, WorkerId};
use crate::domain::time::{DAY_MS, Environment, Timestamp};
use crate::domain::worker::{Engagement, Worker, WrappedKey};
use crate::ledger::entry::{Actor, Fact};
use crate::service::personal::Detailed;
use crate::service::workers::digest_of;
use crate::service::{Error, Services, Tx, employers, search};
use crate::store::employers::FoundBy;

use super::network::Network;
use super::people::{Crowd, Person, Standing};

/// Workers in one transaction.
const BATCH: u32 = 10_000;

/// Facts and what stands or falls with them, ready to be stated.
#[derive(Default)]
struct Batch {
    records: Vec<Fact>,
    /// What happened to credentials of this batch. After all records, so that those are inserted at once.
    moves: Vec<Fact>,
    keys: Vec<(WorkerId, WrappedKey)>,
    sealed: Vec<([u8; 16], WorkerId, Vec<u8>)>,
    /// The version of the blind-index key that what follows was made with.
    key_version: u16,
    engagements: Vec<(Engagement, FoundBy)>,
    names: Vec<(WorkerId, Vec<[u8; 16]>)>,
    credentials: Vec<CredentialId>,
}

/// Registers every worker of the crowd with engagement, credential and badges. Answers their credentials in the order of
/// their places; `progress` is told how many are done.
pub async fn seed(
    services: &Services,
    network: &Arc<Network>,
    crowd: &Arc<Crowd>,
    mut progress: impl FnMut(u32),
) -> Result<Vec<CredentialId>, Error> {
    let mut credentials = Vec::new();
    let mut writing = None;
    let last = crowd.len() + 1;
    for from in (1..last).step_by(BATCH as usize) {
        let places = from..last.min(from + BATCH);
        let batch = {
            let (network, crowd) = (network.clone(), crowd.clone());
            let (keyring, environment) = (services.keyring.clone(), services.environment.clone());
            let work = move || prepare(&network, &crowd, places, &keyring, &*environment);
            let prepared = tokio::task::spawn_blocking(work).await;
            prepared.map_err(Error::internal)??
        };
        if let Some((written, until)) = writing.take() {
            finish(written).await?;
            progress(until);
        }
        credentials.extend(&batch.credentials);
        let door = services.door.clone();
        let done = credentials.len();
        let written =
            tokio::spawn(
                async move { door.change(Actor::System, move |tx| batch.state(tx)).await },
            );
        writing = Some((written, u32::try_from(done).unwrap_or(u32::MAX)));
    }
    if let Some((written, until)) = writing {
        finish(written).await?;
        progress(until);
    }
    Ok(credentials)
}

async fn finish(written: tokio::task::JoinHandle<Result<(), Error>>) -> Result<(), Error> {
    written.await.map_err(Error::internal)?
}

impl Batch {
    fn state(&self, tx: &mut Tx<'_>) -> Result<(), Error> {
        let pending = tx.pending();
        for (worker, key) in &self.keys {
            pending.worker_key(*worker, key.clone());
        }
        for (subject, worker, sealed) in &self.sealed {
            pending.seal(*subject, *worker, sealed.clone());
        }
        for (engagement, found_by) in &self.engagements {
            pending.engagement_found_by(engagement, found_by);
        }
        for (worker, found_by) in &self.names {
            pending.names(*worker, self.key_version, found_by.iter().copied());
        }
        for fact in self.records.iter().chain(&self.moves) {
            tx.state(fact.clone())?;
        }
        Ok(())
    }

    /// Seals details and keeps them for this subject; answers the digest that the ledger gets.
    fn seal<K: Detailed>(
        &mut self,
        subject: Id<K>,
        details: &K::Details,
        (worker, key): (WorkerId, &WorkerKey),
        environment: &dyn Environment,
    ) -> Result<Digest, Error> {
        let plain = serde_json::to_vec(details).map_err(Error::internal)?;
        let sealed = key.seal(K::FIELD, subject.as_bytes(), &plain, environment);
        let digest = digest_of(&sealed);
        self.sealed.push((*subject.as_bytes(), worker, sealed));
        Ok(digest)
    }
}

fn prepare(
    network: &Network,
    crowd: &Crowd,
    places: Range<u32>,
    keyring: &Keyring,
    environment: &dyn Environment,
) -> Result<Batch, Error> {
    // A new network has never changed it.
    let blind_key = keyring.blind_key(key_file::FIRST);
    let blind_key = blind_key.ok_or_else(|| Error::internal("there is no blind-index key"))?;
    let mut batch = Batch {
        key_version: blind_key.version(),
        ..Batch::default()
    };
    // Midnight, as cards are issued by the day.
    let now = environment.now();
    let today = Timestamp::from_ms(now.as_ms() - now.as_ms().rem_euclid(DAY_MS));
    for place in places {
        let at = &network.members[crowd.member_of(place)];
        let person = crowd.person(network, place);
        let id = WorkerId::make(environment);
        let (key, wrapped) = keyring.make_worker_key(id, environment);
        batch.keys.push((id, wrapped));
        let under = (id, &key);
        let worker = Worker {
            id,
            member: at.id,
            details: batch.seal(id, &person.details, under, environment)?,
        };
        let found_by = search::keys(&blind_key, at.id, &person.details);
        batch.names.push((id, found_by));
        let id = EngagementId::make(environment);
        let engagement = Engagement {
            id,
            worker: worker.id,
            member: at.id,
            details: batch.seal(id, &person.engagement, under, environment)?,
            until: None,
        };
        let found_by = employers::found_by(&blind_key, at.id, &person.engagement);
        batch.engagements.push((engagement.clone(), found_by));
        let credential = Credential {
            id: CredentialId::make(environment),
            member: at.id,
            worker: worker.id,
            engagement: Some(engagement.id),
            valid_from: today.plus_ms(person.days.start * DAY_MS),
            valid_until: today.plus_ms(person.days.end * DAY_MS),
            scope: match person.standing {
                Standing::Scoped(nth) => Scope {
                    facilities: [at.facilities[nth]].into(),
                    ..Scope::default()
                },
                _ => Scope::default(),
            },
        };
        let badges = badges(&mut batch, network, &person, keyring, under, environment)?;
        batch.credentials.push(credential.id);
        batch.moves.extend(happened(credential.id, person.standing));
        batch.records.extend([
            Fact::WorkerRegistered(worker),
            Fact::EngagementBegan(engagement),
            Fact::CredentialIssued { credential, badges },
        ]);
    }
    Ok(batch)
}

fn badges(
    batch: &mut Batch,
    network: &Network,
    person: &Person,
    keyring: &Keyring,
    (worker, own_key): (WorkerId, &WorkerKey),
    environment: &dyn Environment,
) -> Result<Vec<Badge>, Error> {
    let mut badges = Vec::with_capacity(person.badges.len());
    for badge in &person.badges {
        let mut cards = Vec::with_capacity(badge.cards.len());
        for (nth, number) in &badge.cards {
            let at = &network.numberings[*nth];
            let input = Input::Text(&number.value);
            let card = CardIdentifier::parse(number.format, input, at.uid_byte_order)
                .map_err(Error::internal)?;
            let key = keyring.card_key(&card, at.id);
            let canonical = card.canonical().as_bytes();
            let sealed = own_key.seal(Field::CardNumber, &key.0, canonical, environment);
            batch.sealed.push((key.0, worker, sealed));
            cards.push(BadgeCard {
                card_system: at.id,
                format: number.format,
                key,
            });
        }
        badges.push(Badge {
            id: BadgeId::make(environment),
            medium: badge.medium,
            cards,
        });
    }
    Ok(badges)
}

/// What happened to a credential since it was issued.
fn happened(credential: CredentialId, standing: Standing) -> Option<Fact> {
    match standing {
        Standing::Suspended(reason) => reason.suspends().map(|kind| Fact::CredentialSuspended {
            credential,
            kind,
            reason,
        }),
        Standing::Revoked(reason) => Some(Fact::CredentialRevoked { credential, reason }),
        Standing::Good | Standing::Scoped(_) | Standing::Expired | Standing::NotYet => None,
    }
}
