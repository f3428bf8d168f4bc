//! Machines: adding them with a secret, taking their power away, and telling whether a secret is theirs.

use base64::Engine;

use super::administrators;
use super::approvals::{self, Outcome};
use super::commit::Tx;
use super::error::{Code, Error};
use super::network::{Kept, fixed, stored, within};
use crate::access::permission::{Caller, KeepClients, Permit};
use crate::domain::approval::Act;
use crate::domain::client::{Client, Person, Role};
use crate::domain::digest::Digest;
use crate::domain::ids::{ClientId, Id, MemberId, PersonId, WorkerId};
use crate::domain::network::Member;
use crate::domain::text::Name;
use crate::domain::time::Environment;
use crate::index::places::{Places, Shelf};
use crate::ledger::entry::Fact;
use crate::ledger::fold::Record;
use crate::store::network;

/// What a secret begins with, so that scanners for leaked secrets find it.
const SECRET_PREFIX: &str = "pcs_";

/// A secret in clear, on its way to the one who asked for it. Never kept and never logged.
#[derive(Clone)]
pub struct Secret(String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl Secret {
    /// 256 random bits.
    pub fn make(environment: &dyn Environment) -> Self {
        let mut bytes = [0; 32];
        environment.fill_random(&mut bytes);
        Self(format!(
            "{SECRET_PREFIX}{}",
            base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
        ))
    }

    /// What is kept of it.
    pub fn digest(&self) -> Digest {
        digest_of(self.0.as_bytes())
    }

    /// The secret, for showing it this once.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

pub(super) fn digest_of(bytes: &[u8]) -> Digest {
    let mut digest = [0; 32];
    digest.copy_from_slice(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes).as_ref());
    Digest(digest)
}

/// What is said of a client.
#[derive(Debug, Clone)]
pub struct ClientDraft {
    /// For which member it acts.
    pub member: MemberId,
    /// Its name.
    pub name: Name,
    /// What it may do.
    pub role: Role,
    /// Whose tool it is, if it is one person's.
    pub person: Option<PersonId>,
}

/// Adds a client, or asks for it where that takes two. Its secret is in the answer and nowhere else; what is asked for bears
/// its digest, as the client does, so that it is good from when the client is there and never before.
pub fn add(
    tx: &mut Tx<'_>,
    permit: Permit<KeepClients>,
    draft: ClientDraft,
) -> Result<(Outcome<(u64, Client)>, Secret), Error> {
    let secret = Secret::make(tx.environment);
    let client = Client {
        id: ClientId::make(tx.environment),
        member: draft.member,
        name: draft.name,
        role: draft.role,
        person: draft.person,
        secret_sha256: secret.digest(),
        revoked: false,
    };
    let version = check(tx, permit, &client)?;
    let of_network = client.role.is_of_network();
    let of = administrators::needed(tx, permit.caller(), client.member, of_network)?;
    let outcome = match of {
        None => Outcome::Done((record(tx, &client)?, client)),
        Some(of) => {
            let act = Act::AddClient {
                client,
                version,
                of,
            };
            Outcome::Asked(Box::new(administrators::ask(tx, permit.caller(), act)?))
        }
    };
    Ok((outcome, secret))
}

/// Adds a client that a second administrator let be added, if it could still be asked for.
pub(super) fn add_approved(
    tx: &mut Tx<'_>,
    permit: Permit<KeepClients>,
    client: &Client,
    version: u64,
) -> Result<(), Error> {
    if check(tx, permit, client)? != version {
        return Err(approvals::stale("The person was changed meanwhile."));
    }
    record(tx, client)?;
    Ok(())
}

fn record(tx: &mut Tx<'_>, client: &Client) -> Result<u64, Error> {
    let seq = tx.state(Fact::ClientRecorded(client.clone()))?;
    administrators::begin(tx, client)?;
    Ok(seq)
}

/// Refuses a client that cannot be, and says which entry last touched the person whose tool it is: 0 where it is nobody's.
fn check(tx: &mut Tx<'_>, permit: Permit<KeepClients>, draft: &Client) -> Result<u64, Error> {
    within::<Member, _>(tx, permit, "/member", draft.member)?;
    // Who cannot reach every member can make nobody who does.
    if draft.role.is_of_network() && !permit.covers_all() {
        return Err(Error::new(
            Code::Forbidden,
            "Only a network administrator can add a client that reaches every member.",
        ));
    }
    match draft.person {
        Some(person) => {
            check_person(tx, permit, draft, person)?;
            Ok(stored::<Person>(tx, person)?.map_or(0, |(version, _)| version))
        }
        None => Ok(0),
    }
}

/// A person acts for their own member only, and gate and register are nobody's tools.
fn check_person(
    tx: &mut Tx<'_>,
    permit: Permit<KeepClients>,
    draft: &Client,
    person: PersonId,
) -> Result<(), Error> {
    let person = within::<Person, _>(tx, permit, "/person", person)?;
    if person.member != draft.member {
        return Err(Error::field(
            "/person",
            "not_found",
            "There is no such person.",
        ));
    }
    if draft.role.is_of_machine() {
        return Err(Error::field(
            "/person",
            "not_for_machines",
            "A gate or register acts for its member, not for a person; leave this out.",
        ));
    }
    // The registrar watches over what the others do with workers' data.
    // Not from memory: a client that a job of the same group added counts.
    let others = network::all(tx.reader()?)?;
    let mut roles = others.iter().filter_map(|(_, record)| match record {
        Record::Client(client) if client.person == Some(person.id) && !client.revoked => {
            Some(client.role)
        }
        _ => None,
    });
    let registrar = draft.role == Role::Registrar;
    if roles.any(|role| (role == Role::Registrar) != registrar) {
        return Err(Error::field(
            "/role",
            "not_beside_registrar",
            "A registrar holds no other role; give it to another person.",
        ));
    }
    Ok(())
}

/// Takes a client's power away, for good. At once on this node, within the freshness of the others on theirs.
pub fn revoke(
    tx: &mut Tx<'_>,
    permit: Permit<KeepClients>,
    id: ClientId,
) -> Result<(u64, Client), Error> {
    let found = crate::store::network::find(tx.reader()?, &id.to_string())?;
    let Some((version, Record::Client(client))) = found else {
        return Err(Error::not_found("client"));
    };
    if !permit.covers(client.member) {
        return Err(Error::not_found("client"));
    }
    // The last administrator would shut everybody out, and nobody could let them in again.
    if client.id == permit.caller().client {
        return Err(Error::new(
            Code::Forbidden,
            "A client cannot revoke itself; another administrator can.",
        ));
    }
    // Who cannot reach every member cannot take the power of one who does, as they could not give it.
    if client.role.is_of_network() && !permit.covers_all() {
        return Err(Error::new(
            Code::Forbidden,
            "Only a network administrator can revoke a client that reaches every member.",
        ));
    }
    if client.revoked {
        return Ok((version, client));
    }
    let revoked = Client {
        revoked: true,
        ..client
    };
    let seq = tx.state(Fact::ClientRecorded(revoked.clone()))?;
    Ok((seq, revoked))
}

/// Who shows this secret. `None` for an unknown client, a revoked one and a wrong secret alike.
pub fn authenticate(places: &Places, id: &str, secret: &str) -> Option<Caller> {
    let client = id.parse().ok().and_then(|id: ClientId| places.caller(id));
    // The digest is computed for an unknown client too, so that the time taken does not say which it was.
    let shown = digest_of(secret.as_bytes());
    let wanted = client.map_or([0; 32], |client| client.secret_sha256.0);
    let same = aws_lc_rs::constant_time::verify_slices_are_equal(&shown.0, &wanted).is_ok();
    client.filter(|_| same).map(|client| caller(client))
}

/// Who this client is.
pub fn caller(client: &Client) -> Caller {
    Caller {
        client: client.id,
        member: client.member,
        role: client.role,
        person: client.person,
    }
}

/// What is said of a person.
#[derive(Debug, Clone)]
pub struct PersonDraft {
    /// For which member they act.
    pub member: MemberId,
    /// As which worker they are recorded.
    pub worker: Option<WorkerId>,
}

/// Refuses a person who is said to be another member's worker, or one that somebody else is.
fn check_worker(tx: &mut Tx<'_>, said: &Person) -> Result<(), Error> {
    let Some(worker) = said.worker else {
        return Ok(());
    };
    // Whether another member's worker exists is not for administrators to learn.
    crate::store::workers::find(tx.reader()?, worker)?
        .filter(|worker| worker.value.member == said.member)
        .ok_or_else(|| Error::field("/worker", "not_found", "There is no such worker."))?;
    // Not from memory, either.
    let others = network::all(tx.reader()?)?;
    let is_in_use = others.iter().any(|(_, record)| match record {
        Record::Person(person) => person.id != said.id && person.worker == Some(worker),
        _ => false,
    });
    if is_in_use {
        let message = "This worker is recorded as a person already; give that one another client.";
        return Err(Error::field("/worker", "in_use", message));
    }
    Ok(())
}

/// Records a person as a second administrator let it be done, if it could still be asked for.
pub(super) fn record_approved(tx: &mut Tx<'_>, person: &Person, version: u64) -> Result<(), Error> {
    if stored::<Person>(tx, person.id)?.map_or(0, |(version, _)| version) != version {
        return Err(approvals::stale("The person was changed meanwhile."));
    }
    check_worker(tx, person)?;
    tx.state(Fact::PersonRecorded(person.clone()))?;
    Ok(())
}

/// People are kept by whoever keeps the clients that they use.
impl Kept for Person {
    type Kind = crate::domain::ids::PersonKind;
    type Draft = PersonDraft;
    type Keep = KeepClients;
    type Read = KeepClients;
    const NAME: &'static str = "person";

    fn build(
        tx: &mut Tx<'_>,
        permit: Permit<KeepClients>,
        id: PersonId,
        draft: PersonDraft,
    ) -> Result<Self, Error> {
        within::<Member, _>(tx, permit, "/member", draft.member)?;
        let person = Self {
            id,
            member: draft.member,
            worker: draft.worker,
        };
        check_worker(tx, &person)?;
        Ok(person)
    }

    fn check_change(&self, changed: &Self) -> Result<(), Error> {
        // Their clients would stay with the member they have left, and a worker let go could be decided about.
        if self.member != changed.member {
            return Err(fixed("/member", "add another person instead"));
        }
        if self.worker.is_some() && self.worker != changed.worker {
            return Err(fixed("/worker", "a person stays the worker that they are"));
        }
        Ok(())
    }

    fn by_two(
        &self,
        tx: &mut Tx<'_>,
        caller: Caller,
        before: Option<(u64, &Self)>,
    ) -> Result<Option<Act>, Error> {
        let places = tx.index.places();
        let mut clients = places.clients.values().map(|(_, client)| client);
        let of_network = clients.any(|it| it.person == Some(self.id) && it.role.is_of_network());
        drop(places);
        let of = administrators::needed(tx, caller, self.member, of_network)?;
        Ok(of.map(|of| Act::RecordPerson {
            person: self.clone(),
            version: before.map_or(0, |(version, _)| version),
            of,
        }))
    }

    fn fact(self) -> Fact {
        Fact::PersonRecorded(self)
    }

    fn from_record(record: Record) -> Option<Self> {
        if let Record::Person(person) = record {
            Some(person)
        } else {
            None
        }
    }

    fn shelf(places: &Places) -> &Shelf<PersonId, Self> {
        &places.people
    }

    fn member(&self, _: &Places) -> Option<MemberId> {
        Some(self.member)
    }
}

/// Clients are shown like every record of the network, and changed only by what stands above.
impl Kept for Client {
    type Kind = crate::domain::ids::ClientKind;
    type Draft = Name;
    type Keep = KeepClients;
    type Read = KeepClients;
    const NAME: &'static str = "client";

    fn build(
        tx: &mut Tx<'_>,
        _: Permit<KeepClients>,
        id: ClientId,
        name: Name,
    ) -> Result<Self, Error> {
        let found = crate::store::network::find(tx.reader()?, &id.to_string())?;
        match found {
            Some((_, Record::Client(client))) => Ok(Self { name, ..client }),
            _ => Err(Error::not_found("client")),
        }
    }

    fn check_change(&self, _: &Self) -> Result<(), Error> {
        if self.revoked {
            return Err(Error::new(
                Code::ClientRevoked,
                "The client is revoked; add a new one instead.",
            ));
        }
        Ok(())
    }

    fn fact(self) -> Fact {
        Fact::ClientRecorded(self)
    }

    fn from_record(record: Record) -> Option<Self> {
        if let Record::Client(client) = record {
            Some(client)
        } else {
            None
        }
    }

    fn shelf(places: &Places) -> &Shelf<Id<Self::Kind>, Self> {
        &places.clients
    }

    fn member(&self, _: &Places) -> Option<MemberId> {
        Some(self.member)
    }
}
