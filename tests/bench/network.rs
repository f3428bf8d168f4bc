//! A small network for the measures: one member, one gate, and as many credentials as asked for, each with a 7-byte UID.

use std::sync::Arc;

use portcullis::access::keyring::Keyring;
use portcullis::domain::break_glass::{Emergency, LASTS_MS};
use portcullis::domain::card::{ByteOrder, CardIdentifier, Format, Input};
use portcullis::domain::clearance::Functions;
use portcullis::domain::client::{Client, Person, Role};
use portcullis::domain::credential::{Badge, BadgeCard, CardKey, Credential, Medium, Scope, State};
use portcullis::domain::digest::Digest;
use portcullis::domain::ids::{
    BadgeId, CardSystemId, ClientId, CredentialId, FacilityId, GateId, MemberId, PersonId,
    WorkerId, ZoneId,
};
use portcullis::domain::network::{
    CardSystem, Direction, Facility, FacilityKind, Gate, Member, MemberKind, SecurityLevel, Zone,
};
use portcullis::domain::screening::Function;
use portcullis::domain::text::Name;
use portcullis::domain::time::{DAY_MS, Environment, Timestamp};
use portcullis::domain::worker::Worker;
use portcullis::environment::RealEnvironment;
use portcullis::index::{Index, Loaded};
use portcullis::ledger::entry::{Actor, Fact};
use portcullis::ledger::fold::Record;
use portcullis::ledger::sum::Sum;
use portcullis::ledger::tree::Tree;
use portcullis::service::break_glass::{self, GlassDraft};
use portcullis::service::clients::{self, Secret};
use portcullis::service::{Door, Error, Tx};

/// Workers that hold the credentials.
pub const WORKERS: u32 = 1_000;

/// Who and where, made once.
pub struct Network {
    pub member: Member,
    pub facility: Facility,
    pub gate: Gate,
    /// A zone that requires a function, and the gate to it.
    pub zone: Zone,
    pub zone_gate: Gate,
    pub card_system: CardSystem,
    pub client: Client,
    pub hr: Client,
    /// A person with their tool.
    duty: (Person, Client),
    pub officer: Client,
    pub secret: Secret,
    /// What every other credential is for.
    functions: Functions,
    workers: Vec<WorkerId>,
}

fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

impl Network {
    pub fn new() -> Self {
        let environment = &RealEnvironment;
        let member = Member {
            id: MemberId::make(environment),
            name: name("Bench"),
            kind: MemberKind::PortAuthority,
            locodes: vec![],
            max_age_ms: None,
            approves_issues: false,
            legal_basis: None,
            two_administrators: false,
        };
        let facility = Facility {
            id: FacilityId::make(environment),
            member: member.id,
            name: name("Bench quay"),
            kind: FacilityKind::PortFacility,
            locode: "BEANR".parse().expect("a place"),
            security_level: SecurityLevel::One,
            shows_class: false,
            max_age_ms: None,
        };
        let card_system = CardSystem {
            id: CardSystemId::make(environment),
            member: member.id,
            name: name("Bench cards"),
            uid_byte_order: ByteOrder::MsbFirst,
        };
        let gate = Gate {
            id: GateId::make(environment),
            facility: facility.id,
            zone: None,
            name: name("Bench gate"),
            direction: Direction::In,
            card_systems: vec![card_system.id],
            max_age_ms: None,
        };
        let zone = Zone {
            id: ZoneId::make(environment),
            facility: facility.id,
            name: name("Bench shed"),
            requires: Some(Function::CargoAccess),
        };
        let zone_gate = Gate {
            id: GateId::make(environment),
            zone: Some(zone.id),
            ..gate.clone()
        };
        let secret = Secret::make(environment);
        let client = |role| Client {
            id: ClientId::make(environment),
            member: member.id,
            name: name("bench"),
            role,
            person: None,
            secret_sha256: secret.digest(),
            revoked: false,
        };
        let person = Person {
            id: PersonId::make(environment),
            member: member.id,
            worker: None,
        };
        let duty = Client {
            person: Some(person.id),
            ..client(Role::DutyOfficer)
        };
        Self {
            duty: (person, duty),
            client: client(Role::Gate),
            hr: client(Role::HrOfficer),
            officer: client(Role::ScreeningOfficer),
            functions: Functions::NONE,
            workers: (0..WORKERS).map(|_| WorkerId::make(environment)).collect(),
            member,
            facility,
            gate,
            zone,
            zone_gate,
            card_system,
            secret,
        }
    }

    /// The same, with credentials of odd numbers for cargo.
    pub fn for_cargo() -> Self {
        Self {
            functions: [Function::CargoAccess].into_iter().collect(),
            ..Self::new()
        }
    }

    /// The number on the nth card.
    pub fn uid(n: u32) -> String {
        format!("04{n:012X}")
    }

    pub fn card(&self, n: u32) -> CardIdentifier {
        CardIdentifier::parse(
            Format::CardUid,
            Input::Text(&Self::uid(n)),
            ByteOrder::MsbFirst,
        )
        .expect("a good UID")
    }

    pub fn key(&self, keyring: &Keyring, n: u32) -> CardKey {
        keyring.card_key(&self.card(n), self.card_system.id)
    }

    /// The nth credential, as it is issued.
    pub fn credential(&self, n: u32, now: Timestamp) -> Credential {
        Credential {
            id: CredentialId::make(&RealEnvironment),
            member: self.member.id,
            worker: self.workers[(n % WORKERS) as usize],
            engagement: None,
            valid_from: Timestamp::from_ms(now.as_seconds() * 1_000 - DAY_MS),
            valid_until: Timestamp::from_ms(now.as_seconds() * 1_000 + 365 * DAY_MS),
            scope: Scope {
                functions: if n % 2 == 1 {
                    self.functions
                } else {
                    Functions::NONE
                },
                ..Scope::default()
            },
        }
    }

    pub fn badge(&self, key: CardKey) -> Badge {
        let card = BadgeCard {
            card_system: self.card_system.id,
            format: Format::CardUid,
            key,
        };
        Badge {
            id: BadgeId::make(&RealEnvironment),
            medium: Medium::Card,
            cards: vec![card],
        }
    }

    pub fn records(&self) -> Vec<Record> {
        vec![
            Record::Member(self.member.clone()),
            Record::Facility(self.facility.clone()),
            Record::CardSystem(self.card_system.clone()),
            Record::Zone(self.zone.clone()),
            Record::Gate(self.gate.clone()),
            Record::Gate(self.zone_gate.clone()),
            Record::Client(self.client.clone()),
            Record::Client(self.hr.clone()),
            Record::Client(self.officer.clone()),
        ]
    }

    pub fn workers(&self) -> impl Iterator<Item = Worker> {
        self.workers.iter().map(|&id| Worker {
            id,
            member: self.member.id,
            details: Digest([0; 32]),
        })
    }

    /// Lets one client revoke as many as it can for the next hour, as a member does in an emergency.
    pub async fn break_glass(&self, door: &Door) {
        let duty = clients::caller(&self.duty.1);
        let permit = duty.permit().expect("a duty officer may break the glass");
        let draft = GlassDraft {
            reason: Emergency::StockStolen,
            reference: "BENCH-1".parse().expect("a reference"),
            lasts_ms: LASTS_MS,
        };
        let open = move |tx: &mut Tx<'_>| break_glass::open(tx, permit, draft.clone());
        let opened = door.change(Actor::Client(duty.client), open).await;
        opened.expect("the glass is broken");
    }

    /// Puts the network and `credentials` credentials into a ledger through its door. Answers the credentials in order.
    pub async fn fill(self: &Arc<Self>, door: &Door, credentials: u32) -> Vec<CredentialId> {
        let network = self.clone();
        door.change(Actor::System, move |tx| {
            tx.state(Fact::MemberRecorded(network.member.clone()))?;
            tx.state(Fact::FacilityRecorded(network.facility.clone()))?;
            tx.state(Fact::CardSystemRecorded(network.card_system.clone()))?;
            tx.state(Fact::ZoneRecorded(network.zone.clone()))?;
            tx.state(Fact::GateRecorded(network.gate.clone()))?;
            tx.state(Fact::GateRecorded(network.zone_gate.clone()))?;
            tx.state(Fact::ClientRecorded(network.client.clone()))?;
            tx.state(Fact::ClientRecorded(network.hr.clone()))?;
            tx.state(Fact::PersonRecorded(network.duty.0.clone()))?;
            tx.state(Fact::ClientRecorded(network.duty.1.clone()))?;
            tx.state(Fact::ClientRecorded(network.officer.clone()))?;
            for worker in network.workers() {
                tx.state(Fact::WorkerRegistered(worker))?;
            }
            Ok::<(), Error>(())
        })
        .await
        .expect("the network is written");
        const AT_ONCE: u32 = 10_000;
        let mut ids = Vec::with_capacity(credentials as usize);
        for first in (0..credentials).step_by(AT_ONCE as usize) {
            let network = self.clone();
            let chunk = door
                .change(Actor::System, move |tx| {
                    (first..(first + AT_ONCE).min(credentials))
                        .map(|n| {
                            let credential = network.credential(n, tx.now);
                            let (id, badges) = (
                                credential.id,
                                vec![network.badge(network.key(tx.keyring, n))],
                            );
                            tx.state(Fact::CredentialIssued { credential, badges })?;
                            Ok(id)
                        })
                        .collect::<Result<Vec<_>, Error>>()
                })
                .await
                .expect("credentials are written");
            ids.extend(chunk);
        }
        ids
    }

    /// An index with the network and `credentials` credentials, made without a database.
    pub fn index(&self, keyring: &Keyring, credentials: u32) -> Index {
        let environment = &RealEnvironment;
        let index = Index::new(
            portcullis::domain::ids::Gen::make(environment),
            credentials as usize,
            credentials as usize,
        );
        let now = environment.now();
        let mut writer = index.write();
        for record in self.records() {
            writer.load_record(1, &record);
        }
        for n in 0..credentials {
            let credential = self.credential(n, now);
            // In order, as a start reads them.
            let id = CredentialId::from_u128(u128::from(n) + 1);
            let loaded = Loaded {
                id,
                member: credential.member,
                functions: credential.scope.functions,
                scope: credential.scope,
                state: State::Active,
                reason: None,
                valid_from: credential.valid_from,
                valid_until: credential.valid_until,
                version: u64::from(n),
            };
            writer.load(&[loaded]).expect("it fits");
            writer
                .load_cards(&[(self.key(keyring, n), id)])
                .expect("it is new");
        }
        index.loaded(&mut writer, Tree::default(), Sum::default());
        drop(writer);
        index.confirm(environment.uptime_ms(), now);
        index
    }
}
