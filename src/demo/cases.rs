//! What people have in hand: a screening, referral, exclusion and ban in every state, and other cases, at North Sea Port and
//! between it and Antwerp-Bruges.
//! Everything is done by the services, each act by somebody who may do it, with the second person whom it takes.

use std::sync::Arc;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::access::permission::Caller;
use crate::domain::approval::Act;
use crate::domain::calendar::Day;
use crate::domain::card::ByteOrder;
use crate::domain::client::{Person, Role};
use crate::domain::credential::{Medium, Scope};
use crate::domain::document::{Document, Kind};
use crate::domain::ids::{CardSystemId, CredentialId, FacilityId, MemberId, WorkerId};
use crate::domain::network::Zone;
use crate::domain::screening::{Authority, Function};
use crate::domain::time::DAY_MS;
use crate::domain::worker::WorkerDetails;
use crate::ledger::entry::Actor;
use crate::ledger::replay::Asked;
use crate::service::approvals::{self, Outcome};
use crate::service::badges::{BadgeDraft, CardDraft, Given};
use crate::service::clients::{self, ClientDraft, PersonDraft};
use crate::service::issuing::{self, CredentialDraft};
use crate::service::network::{self, ZoneDraft};
use crate::service::screenings::Ruling;
use crate::service::{Error, Services, Tx, workers};

use super::WORKERS;
use super::cards::Numbering;
use super::network::{Machine, Network, name};
use super::people::{SEED, text};
use super::plan::{ANTWERP_BRUGES, MEMBERS, NORTH_SEA_PORT};

mod between;
mod in_hand;
mod screened;

/// Those who have cases in hand, with the names of their files of secrets.
pub type Cast = Vec<(String, Machine)>;

/// Makes every case. Answers who has them in hand.
pub async fn make(
    services: &Arc<Services>,
    network: &Network,
    admin: Caller,
) -> Result<Cast, Error> {
    let mut stage = Cases {
        services,
        admin,
        admins: [admin; 2],
        today: Day::of(services.environment.now()),
        cast: Cast::new(),
        made: 0,
    };
    let ghent = stage.port(network, NORTH_SEA_PORT).await?;
    let antwerp = stage.port(network, ANTWERP_BRUGES).await?;
    let network_admins = [
        stage
            .person(admin.member, Role::NetworkAdmin, "network-admin-1")
            .await?,
        stage
            .person(admin.member, Role::NetworkAdmin, "network-admin-2")
            .await?,
    ];
    stage.admins = network_admins;
    stage.coil_hall(ghent.facility).await?;
    stage.screenings(&ghent).await?;
    stage.before_sharing(&ghent, &antwerp).await?;
    stage.shares(network_admins, [&ghent, &antwerp]).await?;
    stage.between(&ghent, &antwerp).await?;
    stage.bans(&antwerp).await?;
    stage.in_hand(&ghent).await?;
    stage.erasure(&antwerp).await?;
    stage.broken_glass(&antwerp).await?;
    stage.handover(network, admin).await?;
    // Last: from here on nobody adds people there alone.
    stage.two_administrators(&ghent).await?;
    Ok(stage.cast)
}

/// A person with a client of one role.
type Somebody = Caller;

/// The people of a port, and where they issue.
struct Port {
    member: MemberId,
    facility: FacilityId,
    card_system: CardSystemId,
    numbering: Numbering,
    uid_byte_order: ByteOrder,
    hr: Somebody,
    hr_approver: Somebody,
    screening_officer: Somebody,
    screening_approver: Somebody,
    registrar: Somebody,
}

struct Cases<'a> {
    services: &'a Arc<Services>,
    admin: Caller,
    /// Who adds people, and who grants it where that takes two.
    admins: [Caller; 2],
    today: Day,
    cast: Cast,
    /// Persons recorded so far.
    made: u32,
}

impl Cases<'_> {
    /// Does something as somebody.
    async fn by<T: Send + 'static>(
        &self,
        who: Caller,
        work: impl Fn(&mut Tx<'_>, Caller) -> Result<T, Error> + Send + Sync + 'static,
    ) -> Result<T, Error> {
        let actor = Actor::Client(who.client);
        self.services
            .door
            .change(actor, move |tx| work(tx, who))
            .await
    }

    async fn person(
        &mut self,
        member: MemberId,
        role: Role,
        file: &str,
    ) -> Result<Somebody, Error> {
        let label = role.as_str().replace('_', " ");
        let added = self
            .by(self.admins[0], move |tx, admin| {
                let draft = PersonDraft {
                    member,
                    worker: None,
                };
                network::add::<Person>(tx, admin.permit()?, draft)
            })
            .await?;
        let person = match &added {
            Outcome::Done((_, person, _)) => Some(*person),
            Outcome::Asked(asked) => asked.approval.act.person(),
        };
        let person = person.ok_or_else(|| Error::internal("nobody was added"))?;
        self.granted(self.admins[1], added).await?;
        let draft = ClientDraft {
            member,
            name: name(&label),
            role,
            person: Some(person),
        };
        self.client(draft, file).await
    }

    /// A client, with its secret in a file of this name; by two administrators from when there are two.
    async fn client(&mut self, draft: ClientDraft, file: &str) -> Result<Caller, Error> {
        let (added, secret) = self
            .by(self.admins[0], move |tx, admin| {
                clients::add(tx, admin.permit()?, draft.clone())
            })
            .await?;
        let client = match &added {
            Outcome::Done((_, client)) => Some(client.clone()),
            Outcome::Asked(asked) => match &asked.approval.act {
                Act::AddClient { client, .. } => Some(client.clone()),
                _ => None,
            },
        };
        let client = client.ok_or_else(|| Error::internal("no client was added"))?;
        self.granted(self.admins[1], added).await?;
        let machine = Machine {
            client: client.id,
            secret,
        };
        self.cast.push((file.to_owned(), machine));
        Ok(clients::caller(&client))
    }

    /// A port with two administrators: one asks for a client, the other has not answered yet.
    async fn two_administrators(&mut self, port: &Port) -> Result<(), Error> {
        let (member, short) = (port.member, MEMBERS[NORTH_SEA_PORT].short);
        let mut admins = Vec::new();
        for nth in 1..=2 {
            let file = format!("{short}-member-admin-{nth}");
            admins.push(self.person(member, Role::MemberAdmin, &file).await?);
        }
        self.by(admins[0], move |tx, admin| {
            let draft = ClientDraft {
                member,
                name: name("HR of the night"),
                role: Role::HrOfficer,
                person: None,
            };
            clients::add(tx, admin.permit()?, draft).map(drop)
        })
        .await
    }

    async fn port(&mut self, network: &Network, nth: usize) -> Result<Port, Error> {
        let at = &network.members[nth];
        let (member, facility, short) = (at.id, at.facilities[0], at.plan.short);
        let numbering = network.numberings.iter().find(|found| found.member == nth);
        let numbering = numbering.ok_or_else(|| Error::internal("a port without cards"))?;
        let mut people = Vec::new();
        for role in [
            Role::HrOfficer,
            Role::HrApprover,
            Role::ScreeningOfficer,
            Role::ScreeningApprover,
            Role::Registrar,
        ] {
            let file = format!("{short}-{}", role.as_str().replace('_', "-"));
            people.push(self.person(member, role, &file).await?);
        }
        Ok(Port {
            member,
            facility,
            card_system: numbering.id,
            numbering: numbering.numbering,
            uid_byte_order: numbering.uid_byte_order,
            hr: people[0],
            hr_approver: people[1],
            screening_officer: people[2],
            screening_approver: people[3],
            registrar: people[4],
        })
    }

    /// What somebody asked for is granted by another.
    async fn granted<T>(&self, second: Somebody, outcome: Outcome<T>) -> Result<(), Error> {
        match outcome {
            Outcome::Done(_) => Ok(()),
            Outcome::Asked(asked) => self.grants(second, *asked).await,
        }
    }

    async fn grants(&self, second: Somebody, asked: Asked) -> Result<(), Error> {
        let shown = approvals::content(&asked.approval)?;
        let id = asked.approval.id;
        let grant = move |tx: &mut Tx<'_>, second: Caller| {
            approvals::grant(tx, second.permit()?, id, shown, None).map(drop)
        };
        self.by(second, grant).await
    }

    /// Somebody new, with a passport of this number.
    async fn worker(&mut self, port: &Port, passport: u32) -> Result<WorkerId, Error> {
        let family = ["Peeters", "Dupont", "Müller", "Nowak", "Haddad", "Popescu"];
        let details = WorkerDetails {
            family_name: text(family[passport as usize % family.len()]),
            given_names: text("Demo"),
            birth_date: Some(format!("19{:02}-05-17", 60 + passport % 40)),
            documents: vec![document(passport)?],
            former_documents: Vec::new(),
        };
        self.by(port.hr, move |tx, hr| {
            Ok(workers::register(tx, hr.permit()?, &details)?.value.id)
        })
        .await
    }

    /// A credential of theirs with a badge.
    async fn credential(
        &mut self,
        port: &Port,
        worker: WorkerId,
        functions: &'static [Function],
    ) -> Result<CredentialId, Error> {
        let valid_until = self.services.environment.now().plus_ms(300 * DAY_MS);
        let badge = self.badge(port);
        let issued = self
            .by(port.hr, move |tx, hr| {
                let draft = CredentialDraft {
                    worker,
                    engagement: None,
                    valid_from: None,
                    valid_until,
                    scope: Scope {
                        functions: functions.iter().copied().collect(),
                        ..Scope::default()
                    },
                    badges: vec![badge.clone()],
                };
                issuing::issue(tx, hr.permit()?, &draft)
            })
            .await?;
        match issued {
            Outcome::Done(issued) => Ok(issued.held.credential.id),
            Outcome::Asked(_) => Err(Error::internal("a member that issues by two")),
        }
    }

    fn badge(&mut self, port: &Port) -> BadgeDraft {
        self.made += 1;
        // Behind the last worker that there can be.
        let place = *WORKERS.end() + self.made;
        let mut dice = ChaCha8Rng::seed_from_u64(SEED);
        let number = port.numbering.number(place, port.uid_byte_order, &mut dice);
        BadgeDraft {
            medium: Medium::Card,
            cards: vec![CardDraft {
                card_system: port.card_system,
                format: number.format,
                given: Given::Text(number.value),
            }],
        }
    }

    fn ruling(&self, authority: Authority, days: i64) -> Result<Ruling, Error> {
        Ok(Ruling {
            authority,
            reference: format!("DEMO-{}", self.made)
                .parse()
                .map_err(Error::internal)?,
            date: self.today.plus_days(days),
        })
    }

    /// The zone in Ghent that one may enter only when cleared for it.
    async fn coil_hall(&self, facility: FacilityId) -> Result<(), Error> {
        self.by(self.admin, move |tx, admin| {
            let places = tx.index.places();
            let mut zones = places.zones.iter();
            let found = zones.find(|(_, (_, zone))| zone.facility == facility);
            let found = found.map(|(&id, (version, zone))| (id, *version, zone.name.clone()));
            drop(places);
            let (id, version, name) = found.ok_or_else(|| Error::internal("no zone"))?;
            let draft = ZoneDraft {
                facility,
                name,
                requires: Some(Function::CargoAccess),
            };
            network::change::<Zone>(tx, admin.permit()?, id, version, draft).map(drop)
        })
        .await
    }
}

/// A passport of this number.
fn document(number: u32) -> Result<Document, Error> {
    Ok(Document {
        kind: Kind::Passport,
        country: "BEL".parse().map_err(Error::internal)?,
        number: format!("DEMO{number:04}")
            .parse()
            .map_err(Error::internal)?,
    })
}
