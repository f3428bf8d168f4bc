//! What people have in hand: a case in every state that there is, at North Sea Port and between it and Antwerp-Bruges. Everything is
//! done by the services, each act by somebody who may do it, with the second person whom it takes.

use std::sync::Arc;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::access::permission::Caller;
use crate::domain::approval::Act;
use crate::domain::calendar::Day;
use crate::domain::card::ByteOrder;
use crate::domain::client::{Person, Role};
use crate::domain::credential::{Medium, Scope, SuspensionKind};
use crate::domain::document::{Document, Kind};
use crate::domain::exclusion::Reply;
use crate::domain::ids::{
    CardSystemId, CredentialId, ExclusionId, FacilityId, MemberId, ScreeningId, WorkerId,
};
use crate::domain::match_case::Decision;
use crate::domain::network::{LegalBasis, Member, Settings, Zone};
use crate::domain::reason::Reason;
use crate::domain::screening::{Advice, AppealDecision, Authority, Function};
use crate::domain::time::{DAY_MS, Timestamp};
use crate::domain::worker::WorkerDetails;
use crate::ledger::entry::Actor;
use crate::ledger::replay::Asked;
use crate::service::approvals::{self, Outcome};
use crate::service::badges::{BadgeDraft, CardDraft, Given};
use crate::service::bans::{self, BanDraft};
use crate::service::clients::{self, ClientDraft, PersonDraft};
use crate::service::exclusions::{self, ExclusionDraft};
use crate::service::issuing::{self, CredentialDraft};
use crate::service::network::{self, ZoneDraft};
use crate::service::screenings::{self, Ruling};
use crate::service::workers;
use crate::service::{Error, Services, Tx, badges, credentials, match_cases, revocations, sharing};

use super::WORKERS;
use super::cards::Numbering;
use super::network::{Machine, Network, name};
use super::people::{SEED, text};
use super::plan::{ANTWERP_BRUGES, LIEGE, NORTH_SEA_PORT};

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
    stage.coil_hall(ghent.facility).await?;
    stage.screenings(&ghent).await?;
    stage.shares(network_admins, [&ghent, &antwerp]).await?;
    stage.between(&ghent, &antwerp).await?;
    stage.ban(&antwerp).await?;
    stage.in_hand(&ghent).await?;
    stage.handover(network, admin).await?;
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
        let (caller, machine) = self
            .by(self.admin, move |tx, admin| {
                let draft = PersonDraft {
                    member,
                    worker: None,
                };
                let (_, person, _) = network::add::<Person>(tx, admin.permit()?, draft)?;
                let draft = ClientDraft {
                    member,
                    name: name(&label),
                    role,
                    person: Some(person),
                };
                let (_, client, secret) = clients::add(tx, admin.permit()?, draft)?;
                let machine = Machine {
                    client: client.id,
                    secret,
                };
                Ok((clients::caller(&client), machine))
            })
            .await?;
        self.cast.push((file.to_owned(), machine));
        Ok(caller)
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
            approvals::grant(tx, second.permit()?, id, shown).map(drop)
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

    /// A screening in each state. Who is cleared has a credential that is for it.
    async fn screenings(&mut self, port: &Port) -> Result<(), Error> {
        for (nth, way) in (0..).zip(WAYS) {
            let worker = self.worker(port, 100 + nth).await?;
            let id = self.screening(port, worker).await?;
            for &step in *way {
                self.step(port, id, step).await?;
            }
            if matches!(way, [.., Step::Advised(Advice::Positive, -30)]) {
                self.credential(port, worker, &[Function::CargoAccess])
                    .await?;
            }
        }
        Ok(())
    }

    async fn screening(&self, port: &Port, worker: WorkerId) -> Result<ScreeningId, Error> {
        let consented_at = self.services.environment.now().plus_ms(-2_200 * DAY_MS);
        self.by(port.screening_officer, move |tx, officer| {
            let permit = officer.permit()?;
            let opened = screenings::open(tx, permit, worker, Function::CargoAccess, consented_at)?;
            Ok(opened.screening.id)
        })
        .await
    }

    async fn step(&mut self, port: &Port, id: ScreeningId, step: Step) -> Result<(), Error> {
        self.made += 1;
        let (officer, approver) = (port.screening_officer, port.screening_approver);
        match step {
            Step::Submitted => {
                let submit = move |tx: &mut Tx<'_>, officer: Caller| {
                    screenings::submit(tx, officer.permit()?, id).map(drop)
                };
                self.by(officer, submit).await
            }
            Step::Withdrawn => {
                let withdraw = move |tx: &mut Tx<'_>, officer: Caller| {
                    screenings::withdraw(tx, officer.permit()?, id).map(drop)
                };
                self.by(officer, withdraw).await
            }
            Step::Advised(advice, days) | Step::Waits(advice, days) => {
                let ruling = self.ruling(Authority::Namb, days)?;
                let record = move |tx: &mut Tx<'_>, officer: Caller| {
                    screenings::record(tx, officer.permit()?, id, advice, &ruling)
                };
                let outcome = self.by(officer, record).await?;
                match step {
                    Step::Waits(..) => Ok(()),
                    _ => self.granted(approver, outcome).await,
                }
            }
            Step::Appealed(days) => {
                let on = self.today.plus_days(days);
                let appeal = move |tx: &mut Tx<'_>, officer: Caller| {
                    screenings::appeal(tx, officer.permit()?, id, on).map(drop)
                };
                self.by(officer, appeal).await
            }
            Step::Dismissed(days) => {
                let ruling = self.ruling(Authority::AppealBody, days)?;
                let second = self.second_approver(port).await?;
                let decide = move |tx: &mut Tx<'_>, approver: Caller| {
                    let dismissed = AppealDecision::Dismissed;
                    screenings::decide_appeal(tx, approver.permit()?, id, dismissed, &ruling)
                };
                let outcome = self.by(approver, decide).await?;
                self.granted(second, outcome).await
            }
            Step::Unmet => {
                let second = self.second_approver(port).await?;
                let unmet = move |tx: &mut Tx<'_>, approver: Caller| {
                    screenings::condition_unmet(tx, approver.permit()?, id)
                };
                let outcome = self.by(approver, unmet).await?;
                self.granted(second, outcome).await
            }
        }
    }

    async fn second_approver(&mut self, port: &Port) -> Result<Somebody, Error> {
        let file = format!("screening-approver-{}", self.made);
        let role = Role::ScreeningApprover;
        self.person(port.member, role, &file).await
    }

    /// The network is switched to share what is held for cause, and both ports may.
    async fn shares(&self, [first, second]: [Somebody; 2], ports: [&Port; 2]) -> Result<(), Error> {
        let settings = Settings {
            share_for_cause: true,
            ..Settings::default()
        };
        let asked = self
            .by(first, move |tx, first| {
                sharing::switch(tx, first.permit()?, settings)
            })
            .await?;
        self.granted(second, asked).await?;
        for port in ports {
            let (member, date) = (port.member, self.today);
            let record = move |tx: &mut Tx<'_>, registrar: Caller| {
                let basis = LegalBasis {
                    reference: "DEMO-LAW-1".parse().map_err(Error::internal)?,
                    date,
                };
                sharing::record_basis(tx, registrar.permit()?, member, Some(basis)).map(drop)
            };
            self.by(port.registrar, record).await?;
        }
        Ok(())
    }

    /// A person of both ports, as both know.
    async fn of_both(
        &mut self,
        one: &Port,
        other: &Port,
        passport: u32,
    ) -> Result<[CredentialId; 2], Error> {
        let first = self.worker(one, passport).await?;
        let second = self.worker(other, passport).await?;
        self.by(one.hr, move |tx, hr| {
            let permit = hr.permit()?;
            let open = crate::domain::match_case::State::Open;
            let mut cases =
                match_cases::list(tx.reader()?, hr.permit()?, Some(open), None, 200)?.into_iter();
            let case = cases.find(|found| found.case.worker == second);
            let case = case.ok_or_else(|| Error::internal("nobody noticed"))?;
            match_cases::decide(tx, permit, case.case.id, Decision::Confirmed).map(drop)
        })
        .await?;
        Ok([
            self.credential(one, first, &[]).await?,
            self.credential(other, second, &[]).await?,
        ])
    }

    async fn suspends(
        &self,
        port: &Port,
        credential: CredentialId,
        reason: Reason,
    ) -> Result<(), Error> {
        self.by(port.hr, move |tx, hr| {
            credentials::suspend(tx, hr.permit()?, credential, reason).map(drop)
        })
        .await
    }

    /// A referral that nobody has answered, and an exclusion that both ports hold.
    async fn between(&mut self, ghent: &Port, antwerp: &Port) -> Result<(), Error> {
        let [referred, _] = self.of_both(ghent, antwerp, 200).await?;
        self.suspends(ghent, referred, Reason::UnderInquiry).await?;
        let [excluded, _] = self.of_both(ghent, antwerp, 201).await?;
        self.suspends(ghent, excluded, Reason::UnderInquiry).await?;
        let ends_at = self.services.environment.now().plus_ms(365 * DAY_MS);
        let asked = self
            .by(ghent.hr, move |tx, hr| {
                let draft = ExclusionDraft {
                    credential: excluded,
                    facilities: Default::default(),
                    ends_at,
                };
                exclusions::propose(tx, hr.permit()?, &draft)
            })
            .await?;
        let id: Option<ExclusionId> = match &asked {
            Outcome::Asked(asked) => match &asked.approval.act {
                Act::ProposeExclusion { exclusion, .. } => Some(exclusion.id),
                _ => None,
            },
            Outcome::Done(_) => None,
        };
        let id = id.ok_or_else(|| Error::internal("an exclusion by one"))?;
        self.granted(ghent.hr_approver, asked).await?;
        let asked = self
            .by(antwerp.hr, move |tx, hr| {
                exclusions::answer(tx, hr.permit()?, id, Reply::Adopted)
            })
            .await?;
        self.granted(antwerp.hr_approver, asked).await
    }

    /// A port ban that the register has just brought, of somebody with a badge.
    async fn ban(&mut self, port: &Port) -> Result<(), Error> {
        let worker = self.worker(port, 300).await?;
        self.credential(port, worker, &[]).await?;
        let member = self.admin.member;
        let now = self.services.environment.now();
        let (register, machine) = self
            .by(self.admin, move |tx, admin| {
                let draft = ClientDraft {
                    member,
                    name: name("Register of port bans"),
                    role: Role::Register,
                    person: None,
                };
                let (_, client, secret) = clients::add(tx, admin.permit()?, draft)?;
                let machine = Machine {
                    client: client.id,
                    secret,
                };
                Ok((clients::caller(&client), machine))
            })
            .await?;
        self.cast.push(("register".into(), machine));
        let draft = BanDraft {
            document: Some(document(300)?),
            worker: None,
            reference: "DEMO-BAN-1".parse().map_err(Error::internal)?,
            starts_at: Timestamp::from_ms(now.as_ms() - 1_000),
            ends_at: now.plus_ms(700 * DAY_MS),
        };
        self.by(register, move |tx, register| {
            bans::mirror(tx, register.permit()?, &draft).map(drop)
        })
        .await
    }

    /// What waits for somebody at the desks of HR: a lift, a revocation for cause, a match, and a wrong revocation that is known
    /// to be wrong.
    async fn in_hand(&mut self, port: &Port) -> Result<(), Error> {
        let worker = self.worker(port, 400).await?;
        let lifted = self.credential(port, worker, &[]).await?;
        self.suspends(port, lifted, Reason::UnderInquiry).await?;
        self.by(port.hr, move |tx, hr| {
            credentials::lift(tx, hr.permit()?, lifted, SuspensionKind::ForCause).map(drop)
        })
        .await?;
        let worker = self.worker(port, 401).await?;
        let lent = self.credential(port, worker, &[]).await?;
        self.by(port.hr, move |tx, hr| {
            revocations::revoke(tx, hr.permit()?, lent, Reason::LentOrShared).map(drop)
        })
        .await?;
        self.worker(port, 402).await?;
        self.worker(port, 402).await?;
        let worker = self.worker(port, 403).await?;
        let wrong = self.credential(port, worker, &[]).await?;
        self.by(port.hr, move |tx, hr| {
            revocations::revoke(tx, hr.permit()?, wrong, Reason::Lost).map(drop)
        })
        .await?;
        let asked = self
            .by(port.hr_approver, move |tx, approver| {
                revocations::correct(tx, approver.permit()?, wrong)
            })
            .await?;
        self.grants(port.registrar, asked).await
    }

    /// At Liège a second person grants what is issued: one credential waits for that, another to be handed over.
    async fn handover(&mut self, network: &Network, admin: Caller) -> Result<(), Error> {
        let port = self.port(network, LIEGE).await?;
        let member = port.member;
        self.by(admin, move |tx, admin| {
            let (version, found) =
                network::find::<Member>(&tx.index.places(), admin.permit()?, member)?;
            let draft = network::MemberDraft {
                name: found.name.clone(),
                kind: found.kind,
                locodes: found.locodes.clone(),
                max_age_ms: found.max_age_ms,
                approves_issues: Some(true),
            };
            network::change::<Member>(tx, admin.permit()?, member, version, draft).map(drop)
        })
        .await?;
        let valid_until = self.services.environment.now().plus_ms(300 * DAY_MS);
        for (nth, is_granted) in [(0, true), (1, false)] {
            let worker = self.worker(&port, 500 + nth).await?;
            let asked = self
                .by(port.hr, move |tx, hr| {
                    let draft = CredentialDraft {
                        worker,
                        engagement: None,
                        valid_from: None,
                        valid_until,
                        scope: Scope::default(),
                        badges: Vec::new(),
                    };
                    issuing::issue(tx, hr.permit()?, &draft)
                })
                .await?;
            let id = match &asked {
                Outcome::Asked(asked) => match &asked.approval.act {
                    Act::IssueCredential { credential, .. } => Some(credential.id),
                    _ => None,
                },
                Outcome::Done(_) => None,
            };
            if is_granted {
                self.granted(port.hr_approver, asked).await?;
                let id = id.ok_or_else(|| Error::internal("an issue by one"))?;
                let badge = self.badge(&port);
                self.by(port.hr, move |tx, hr| {
                    badges::add(tx, hr.permit()?, id, &badge).map(drop)
                })
                .await?;
            }
        }
        Ok(())
    }
}

/// What happens to a screening, with days from today.
#[derive(Debug, Clone, Copy)]
enum Step {
    Submitted,
    Advised(Advice, i64),
    /// Likewise, and nobody has granted it yet.
    Waits(Advice, i64),
    Appealed(i64),
    Dismissed(i64),
    Unmet,
    Withdrawn,
}

use Step::{Advised, Appealed, Dismissed, Submitted, Unmet, Waits, Withdrawn};

/// A way to each state: draft, pending, waiting for a second person, cleared, cleared and soon at its end, cleared with a warning,
/// refused with the term of appeal running, under appeal, refused for good, at its end, without its mitigation, closed.
const WAYS: &[&[Step]] = &[
    &[],
    &[Submitted],
    &[Submitted, Waits(Advice::Positive, -1)],
    &[Submitted, Advised(Advice::Positive, -30)],
    &[Submitted, Advised(Advice::Positive, -1_740)],
    &[Submitted, Advised(Advice::PositiveWithWarning, -30)],
    &[Submitted, Advised(Advice::Negative, -2)],
    &[Submitted, Advised(Advice::Negative, -5), Appealed(-1)],
    &[
        Submitted,
        Advised(Advice::Negative, -40),
        Appealed(-36),
        Dismissed(-3),
    ],
    &[Submitted, Advised(Advice::Positive, -1_900)],
    &[Submitted, Advised(Advice::PositiveWithWarning, -90), Unmet],
    &[Submitted, Withdrawn],
];

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
