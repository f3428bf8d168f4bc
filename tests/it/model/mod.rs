//! Thousands of acts at random, by people at random, against a model that is simple enough to be believed.
//!
//! Each act goes through the real server. Whether it is done, waits for a second person or is refused must be what the model
//! says ([`rules`]); afterwards index, tables, replay and gates must say what the model says of every credential, and no entry
//! may make a revoked credential anything else. What is tried is drawn from a seed ([`draw`]), which a failure tells:
//! `PORTCULLIS_TEST_SEED=7 scripts/test model` plays that game again.

pub mod draw;
pub mod rules;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use portcullis::access::permission::{Caller, CheckGate};
use portcullis::domain::client::Role;
use portcullis::domain::credential::{State, SuspensionKind};
use portcullis::domain::decision::Decision;
use portcullis::domain::erasure;
use portcullis::domain::ids::{
    ApprovalId, BanId, BreakGlassId, CredentialId, EngagementId, ErasureId, ExclusionId, GateId,
    ImportId, MatchCaseId, MemberId, ReferralId, ScreeningId, WorkerId,
};
use portcullis::domain::match_case;
use portcullis::domain::screening::Function;
use portcullis::domain::time::{Environment, MINUTE_MS, Timestamp};
use portcullis::ledger::entry::{Entry, Fact};
use portcullis::ledger::fold::{Record, fold};
use portcullis::ledger::replay::Replay;
use portcullis::service::gate_check::{Presented, Question, ask};
use portcullis::service::{approvals, erasures, sweep};
use portcullis::store::{Reader, Store, credentials, imports, ledger};
use serde_json::{Value, json};

use crate::faults::full;
use crate::stories::referrals::{records_a_basis, shares};
use crate::support::World;
use crate::support::actors::{Admin, Api, GateActor, Said};
use draw::Chance;
use rules::{Act, Actor, Did, Erased, Model, Ms, No, Pass, Row, Step};

/// The game on each database, like stories.
macro_rules! all {
    ($database:expr) => {
        mod model {
            use super::*;
            #[actix_web::test]
            async fn whatever_anybody_tries_is_what_the_model_says() {
                $crate::model::games($database).await;
            }
        }
    };
}
pub(crate) use all;

/// Acts of one game.
const ACTS: usize = 2_000;
/// Games of a short run, and of `scripts/test --full`.
const GAMES: (u64, u64) = (1, 12);
/// The ledger is read and verified from its beginning after so many acts.
const EXAMINED_EVERY: usize = 250;
/// A token lasts ten minutes.
const TOKEN_KEPT_MS: Ms = 8 * MINUTE_MS;

/// Plays from the seed that is given, or from a few.
pub async fn games(database: crate::support::Database) {
    let seed = std::env::var("PORTCULLIS_TEST_SEED").ok();
    let seed = seed.map(|seed| seed.parse().expect("PORTCULLIS_TEST_SEED is a number"));
    let games = if full() { GAMES.1 } else { GAMES.0 };
    let seeds = seed.map_or(1..=games, |seed: u64| seed..=seed);
    let mut tally = Tally::new();
    for played in seeds {
        let world = World::begin(database).await;
        for (act, came) in Game::begin(world, played).await.play().await {
            let sum = tally.entry(act).or_default();
            *sum = [sum[0] + came[0], sum[1] + came[1]];
        }
    }
    // Games in which hardly anything succeeds, or something never does or is never refused, show too little. One alone may miss
    // what is rare.
    assert!(tally["Grant"][0] > ACTS / 40, "{tally:?}");
    if full() && seed.is_none() {
        for (act, [succeeded, refused]) in tally {
            assert!(succeeded > 0, "{act} never succeeded");
            assert!(refused > 0, "{act} was never refused");
        }
    }
}

/// How often each act succeeded, and was refused.
type Tally = BTreeMap<String, [usize; 2]>;

/// A member of the network, with what is needed at its gates.
struct Port {
    member: String,
    card_system: String,
}

/// What the program calls the things of the model, each list in the model's order.
#[derive(Default)]
struct Names {
    workers: Vec<WorkerId>,
    engagements: Vec<EngagementId>,
    passes: Vec<CredentialId>,
    screenings: Vec<ScreeningId>,
    cases: Vec<MatchCaseId>,
    bans: Vec<BanId>,
    exclusions: Vec<ExclusionId>,
    referrals: Vec<ReferralId>,
    glasses: Vec<BreakGlassId>,
    erasures: Vec<ErasureId>,
    approvals: Vec<(ApprovalId, Value)>,
    /// The entry that last touched each worker's record.
    versions: BTreeMap<WorkerId, u64>,
    /// What waits to be applied, by the place of the approval.
    imports: BTreeMap<usize, ImportId>,
}

/// Tells where a game was when it failed.
struct Trail {
    seed: u64,
    lines: Vec<String>,
}

impl Drop for Trail {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let from = self.lines.len().saturating_sub(12);
            let lines = self.lines[from..].join("\n");
            eprintln!(
                "PORTCULLIS_TEST_SEED={}, act {}:\n{lines}",
                self.seed,
                self.lines.len()
            );
        }
    }
}

struct Game {
    trail: Trail,
    chance: Chance,
    model: Model,
    ports: Vec<Port>,
    network: Admin,
    /// A token for each actor, and when it was given.
    apis: Vec<(Api, Ms)>,
    names: Names,
    replay: Replay,
    seq: u64,
    revoked: HashSet<CredentialId>,
    reader: Reader,
    /// One that requires nothing and one that requires [`Function::CargoAccess`].
    gates: [GateActor; 2],
    sweeper: Option<std::thread::JoinHandle<()>>,
    stop: Arc<AtomicBool>,
    cards: u64,
    tally: Tally,
    world: World,
}

impl Game {
    /// Two ports with their people, of whom one is a worker too and one has a tool in every role.
    async fn begin(world: World, seed: u64) -> Self {
        let network = world.admin().await;
        let a = world.member("Haven A").await;
        let b = world.approving_member("Haven B").await;
        shares(&world, true).await;
        let mut ports = Vec::new();
        for admin in [&a, &b] {
            records_a_basis(&world, admin).await;
            let hr = admin.hr(&world).await;
            ports.push(Port {
                member: hr.member,
                card_system: hr.card_system,
            });
        }
        let systems = [&*ports[0].card_system, &*ports[1].card_system];
        let plain = a.gate(&world, &systems).await;
        let zone =
            json!({ "facility": plain.facility, "name": "Kaai", "requires": "cargo_access" });
        let zone = a.api.post("/v1/zones", &zone).await.created();
        let more = json!({ "zone": zone["id"] });
        let cargo = a.gate_at(&world, &plain.facility, &systems, more).await;
        let stop = Arc::new(AtomicBool::new(false));
        let services = &world.node.shared.services;
        let sweeper = sweep::start(
            services.store.clone(),
            services.door.clone(),
            services.environment.clone(),
            stop.clone(),
        );
        let mut game = Self {
            trail: Trail {
                seed,
                lines: Vec::new(),
            },
            chance: Chance::of(seed),
            model: Model::at(world.clock.now().as_ms(), 1),
            ports,
            network,
            apis: Vec::new(),
            names: Names::default(),
            replay: Replay::default(),
            seq: 0,
            revoked: HashSet::new(),
            reader: Store::at(&world.url).reader().expect("the database opens"),
            gates: [plain, cargo],
            sweeper: Some(sweeper.expect("a thread starts")),
            stop,
            cards: 0,
            tally: Tally::new(),
            world,
        };
        game.model.shares = [0, 1].into();
        // What two said before the game is not of it.
        game.take_in();
        game.names = Names::default();
        game.peoples_the_ports().await;
        game.take_in();
        game
    }

    async fn peoples_the_ports(&mut self) {
        use Role::{
            Auditor, DutyOfficer, FacilityOfficer, Gate, HrApprover, HrOfficer, MemberAdmin,
            NetworkAdmin, Register, Registrar, ScreeningApprover, ScreeningOfficer,
        };
        const ALL: &[Role] = &[
            HrOfficer,
            HrApprover,
            ScreeningOfficer,
            ScreeningApprover,
            FacilityOfficer,
            DutyOfficer,
            MemberAdmin,
        ];
        for port in 0..2 {
            for roles in [
                &[HrOfficer][..],
                &[HrOfficer],
                &[HrApprover],
                &[HrApprover],
                &[ScreeningOfficer],
                &[ScreeningApprover],
                &[ScreeningApprover],
                &[FacilityOfficer],
                &[DutyOfficer],
                &[Registrar],
                &[Registrar],
                &[Auditor],
                &[MemberAdmin],
                ALL,
            ] {
                let person = self.person(port, None).await;
                for &role in roles {
                    self.tool(port, role, Some(&person)).await;
                }
            }
            // Machines, one of which has the role of a second person.
            for role in [Gate, HrOfficer, HrApprover] {
                self.tool(port, role, None).await;
            }
            // One who is a worker of this port.
            self.world.clock.advance(1_000);
            self.model.advance(1_000);
            let officer = self.somebody(port, HrOfficer);
            self.tries(
                officer,
                Act::Register {
                    document: Some(port as u32),
                },
            )
            .await;
            let person = self.person(port, Some(self.model.workers.len() - 1)).await;
            for &role in ALL {
                self.tool(port, role, Some(&person)).await;
            }
        }
        // The network's own people act for its first member.
        let network = self.ports.len();
        let member = self.network.member.clone();
        self.ports.push(Port {
            member,
            card_system: String::new(),
        });
        for _ in 0..3 {
            let person = self.person(network, None).await;
            self.tool(network, NetworkAdmin, Some(&person)).await;
        }
        self.tool(network, Register, None).await;
    }

    fn somebody(&self, port: usize, role: Role) -> usize {
        let mut actors = self.model.actors.iter();
        let fits = |actor: &Actor| actor.member == port && actor.role == role;
        actors.position(fits).expect("there is somebody")
    }

    /// A person of this port, who is that worker; with their place in the model.
    async fn person(&mut self, port: usize, worker: Option<usize>) -> (usize, Value) {
        let record = worker.map(|worker| self.names.workers[worker].to_string());
        let member = &self.ports[port].member;
        let person = self.world.states_person(member, record.as_deref()).await;
        self.model.people.push(worker);
        (self.model.people.len() - 1, person)
    }

    async fn tool(&mut self, port: usize, role: Role, person: Option<&(usize, Value)>) {
        let member = self.ports[port].member.clone();
        let of = person.map(|(_, person)| person["id"].as_str().expect("an id"));
        let api = self.world.states_client(&member, role, of).await;
        self.apis.push((api, self.model.now));
        self.model.actors.push(Actor {
            member: port,
            role,
            person: person.map(|(at, _)| *at),
            live: true,
        });
    }

    /// Plays to the end, and answers what came of each act.
    async fn play(mut self) -> Tally {
        for turn in 1..=ACTS {
            let pause = draw::pause(&mut self.chance);
            self.time_goes_on(pause).await;
            let (actor, act) = draw::act(&mut self.chance, &self.model);
            self.tries(actor, act).await;
            if turn % EXAMINED_EVERY == 0 {
                self.world.db_examine(&self.world.node);
            }
        }
        self.stop.store(true, Ordering::Release);
        let sweeper = self.sweeper.take().expect("it runs");
        sweeper.thread().unpark();
        sweeper.join().expect("it ends well");
        self.tally
    }

    /// Somebody tries something.
    async fn tries(&mut self, actor: usize, act: Act) {
        let who = &self.model.actors[actor];
        self.trail.lines.push(format!(
            "{actor} {}@{}: {act:?}",
            who.role.as_str(),
            who.member
        ));
        let was_live = matches!(act, Act::Demote { actor } if self.model.actors[actor].live);
        let said = self.says(actor, &act).await;
        let wanted = self.model.act(actor, &act);
        self.trail
            .lines
            .last_mut()
            .expect("a line")
            .push_str(&format!(" -> {wanted:?}"));
        let status = said.status.as_u16();
        let found = match status {
            200 | 201 => Ok(Did::Done),
            202 => Ok(Did::Asked),
            400..=499 => Err(()),
            _ => panic!("{status} {}", said.text),
        };
        assert_eq!(
            found,
            wanted.map_err(|_: No| ()),
            "{} but the model says {wanted:?}",
            said.text
        );
        let name = format!("{act:?}");
        let name = name.split(' ').next().expect("a word").to_owned();
        self.tally.entry(name).or_default()[usize::from(found.is_err())] += 1;
        self.take_in();
        self.compare();
        if let Act::Demote { actor: gone } = act
            && was_live
            && found.is_ok()
        {
            self.replaces(gone).await;
        }
    }

    /// Whoever lost a tool is given another.
    async fn replaces(&mut self, gone: usize) {
        let Actor {
            member,
            role,
            person,
            ..
        } = self.model.actors[gone].clone();
        self.network.api = self.network.api.again().await;
        let id = self
            .replay
            .records
            .values()
            .find_map(|(_, record)| match record {
                Record::Client(client) if client.id.to_string() == self.apis[gone].0.id() => {
                    client.person
                }
                _ => None,
            });
        let person = person.map(|at| (at, json!({ "id": id })));
        self.tool(member, role, person.as_ref()).await;
        self.take_in();
    }

    /// What it is in the API.
    async fn says(&mut self, actor: usize, act: &Act) -> Said {
        let (api, since) = &self.apis[actor];
        if self.model.actors[actor].live && self.model.now - since > TOKEN_KEPT_MS {
            self.apis[actor] = (api.again().await, self.model.now);
        }
        if let Act::Bring { rows } = act {
            return self.brings(actor, rows).await;
        }
        let (path, body) = self.request(act);
        let api = &self.apis[actor].0;
        if let Act::Amend { worker, .. } = act {
            let version = self.names.versions[&self.names.workers[*worker]];
            return api.put(&path, &format!("\"{version}\""), &body).await;
        }
        let said = api.post(&path, &body).await;
        if let Act::Grant { approval, .. } = act
            && said.status.is_success()
            && let Some(&import) = self.names.imports.get(approval)
        {
            self.is_applied(import).await;
        }
        said
    }

    /// Brings in a file, applies it if anything of it can be used, and waits for its end.
    async fn brings(&mut self, actor: usize, rows: &[Row]) -> Said {
        let (query, file) = self.file(self.model.actors[actor].member, rows);
        let api = self.apis[actor].0.clone();
        let said = api.brings(&query, file.into_bytes()).await;
        if !said.status.is_success() {
            return said;
        }
        let import = said.created()["id"].as_str().expect("an id").to_owned();
        let mut said = api.applies(&import).await;
        let import: ImportId = import.parse().expect("an identifier");
        if said.json()["state"] == "applying" {
            self.is_applied(import).await;
            // What is done at once is answered like what waits for a second person.
            said.status = reqwest::StatusCode::OK;
        } else if said.status == reqwest::StatusCode::ACCEPTED {
            let approval = self.names.approvals.len();
            self.names.imports.insert(approval, import);
        }
        said
    }

    async fn is_applied(&mut self, id: ImportId) {
        let began = Instant::now();
        loop {
            let found = imports::find(&mut self.reader, id).expect("it can be read");
            match &*found.expect("it is there").state {
                "applied" => return,
                state => assert_eq!(state, "applying"),
            }
            assert!(began.elapsed().as_secs() < 60, "it is not applied");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// A file, and what is said with it.
    fn file(&mut self, member: usize, rows: &[Row]) -> (String, String) {
        let card_system = &self.ports[member].card_system;
        let (query, head) = match rows[0] {
            Row::Badge { .. } => (
                format!("purpose=credentials&card_system={card_system}&default_format=number"),
                "Staff number;Family name;First name;Employer;Card number;Valid until;Critical functions",
            ),
            Row::Works { .. } | Row::Comes { .. } => (
                "purpose=engagements".into(),
                "Worker ID;Document kind;Issuing country;Document number;Family name;First name;Employer",
            ),
            Row::Advice { .. } => (
                "purpose=outcomes".into(),
                "Screening;Outcome;Authority;Reference;Decided on",
            ),
        };
        let mut lines = vec![head.to_owned()];
        for row in rows {
            self.cards += 1;
            let number = 500_000 + self.cards;
            let names = &self.names;
            lines.push(match row {
                Row::Badge {
                    staff,
                    employer,
                    scope,
                    last,
                } => {
                    let functions: Vec<&str> =
                        scope.iter().map(|function| function.as_str()).collect();
                    let functions = functions.join(", ");
                    format!(
                        "S-{staff};Maes;Mara;{};{number};{last};{functions}",
                        employer_name(*employer)
                    )
                }
                Row::Works { worker, employer } => format!(
                    "{};;;;;;{}",
                    names.workers[*worker],
                    employer_name(*employer)
                ),
                Row::Comes { document, employer } => {
                    let document = passport(*document);
                    let number = document["number"].as_str().expect("a number");
                    let employer = employer_name(*employer);
                    format!(";passport;BEL;{number};Maes;Mara;{employer}")
                }
                Row::Advice { screening, step } => {
                    let today = rules::day(self.model.now).to_string();
                    let advice = in_words(*step, &today).1["advice"].clone();
                    let advice = advice.as_str().expect("an advice");
                    let screening = names.screenings[*screening];
                    // No two files say the same.
                    format!("{screening};{advice};namb;F-{number};{today}")
                }
            });
        }
        (query, lines.join("\n") + "\n")
    }

    fn request(&mut self, act: &Act) -> (String, Value) {
        let names = &self.names;
        let moment = |ms: Ms| json!(Timestamp::from_ms(ms));
        let credential =
            |pass: usize, what: &str| format!("/v1/credentials/{}/{what}", names.passes[pass]);
        let worker = |at: usize, what: &str| format!("/v1/workers/{}/{what}", names.workers[at]);
        let approval =
            |at: usize, what: &str| format!("/v1/approvals/{}/{what}", names.approvals[at].0);
        let exclusion =
            |at: usize, what: &str| format!("/v1/exclusions/{}/{what}", names.exclusions[at]);
        let answer = |adopt: bool| match adopt {
            true => ("adoptions", json!({})),
            false => ("declines", json!({ "ground": "not_substantiated" })),
        };
        let today = rules::day(self.model.now).to_string();
        let ban = |starts: Ms, ends: Ms| {
            json!({ "reference": format!("REG-{}", names.approvals.len() + 1_000 * names.bans.len()),
                "starts_at": moment(starts), "ends_at": moment(ends) })
        };
        match act {
            Act::Register { document } => {
                let documents: Vec<Value> =
                    document.iter().map(|&number| passport(number)).collect();
                let body =
                    json!({ "family_name": "Maes", "given_names": "Mara", "documents": documents });
                ("/v1/workers".into(), body)
            }
            Act::Amend {
                worker: at,
                documents,
            } => {
                let documents: Vec<Value> =
                    documents.iter().map(|&number| passport(number)).collect();
                let body =
                    json!({ "family_name": "Maes", "given_names": "Mara", "documents": documents });
                (format!("/v1/workers/{}", names.workers[*at]), body)
            }
            Act::Engage {
                worker: at,
                employer,
            } => {
                let staff = format!("S-{}", names.engagements.len());
                let body = json!({ "employer": employer_name(*employer), "staff_number": staff });
                (worker(*at, "engagements"), body)
            }
            Act::Lapse { employer } => (
                "/v1/engagements:lapse".into(),
                json!({ "employer": employer_name(*employer) }),
            ),
            Act::Bring { .. } => unreachable!("a file is no body"),
            Act::Disengage { engagement } => (
                format!("/v1/engagements/{}/end", names.engagements[*engagement]),
                json!({}),
            ),
            Act::Issue {
                worker,
                engagement,
                scope,
                days,
            } => {
                let until = self.model.now + days * portcullis::domain::time::DAY_MS;
                let member = self.model.workers[*worker].member;
                let mut body =
                    json!({ "worker": names.workers[*worker], "valid_until": moment(until) });
                if member != self.model.approving && !self.model.lost_for_cause(*worker) {
                    body["badges"] = json!([self.badge(member)]);
                }
                if let Some(engagement) = engagement {
                    body["engagement"] = json!(self.names.engagements[*engagement]);
                }
                if !scope.is_empty() {
                    body["scope"] = json!({ "functions": scope });
                }
                ("/v1/credentials".into(), body)
            }
            Act::AddBadge { pass } => {
                let path = credential(*pass, "badges");
                (path, self.badge(self.model.passes[*pass].member))
            }
            Act::HandOver { pass } => (credential(*pass, "handovers"), json!({})),
            Act::Replace { pass, reason } => {
                let path = credential(*pass, "replacements");
                let badge = self.badge(self.model.passes[*pass].member);
                (path, json!({ "reason": reason, "badges": [badge] }))
            }
            Act::Suspend { pass, reason } => (
                credential(*pass, "suspensions"),
                json!({ "reason": reason }),
            ),
            Act::Lift { pass, kind } => (credential(*pass, "lifts"), json!({ "kind": kind })),
            Act::Revoke { pass, reason } => (
                credential(*pass, "revocations"),
                json!({ "reason": reason }),
            ),
            Act::RevokeMany { passes, reason } => {
                let ids: Vec<CredentialId> =
                    passes.iter().map(|&pass| names.passes[pass]).collect();
                (
                    "/v1/revocations:batch".into(),
                    json!({ "credentials": ids, "reason": reason }),
                )
            }
            Act::Correct { pass } => (credential(*pass, "corrections"), json!({})),
            Act::Open {
                worker: at,
                function,
            } => {
                let body = json!({ "function": function, "consented_at": moment(self.model.now) });
                (worker(*at, "screenings"), body)
            }
            Act::Screen { screening, step } => {
                let (what, body) = in_words(*step, &today);
                (
                    format!("/v1/screenings/{}/{what}", names.screenings[*screening]),
                    body,
                )
            }
            Act::MirrorWorker {
                worker,
                starts,
                ends,
            } => {
                let mut body = ban(*starts, *ends);
                body["worker"] = json!(names.workers[*worker]);
                ("/v1/bans".into(), body)
            }
            Act::MirrorDocument {
                document,
                starts,
                ends,
            } => {
                let mut body = ban(*starts, *ends);
                body["document"] = passport(*document);
                ("/v1/bans".into(), body)
            }
            Act::EndBan { ban } => (format!("/v1/bans/{}/ends", names.bans[*ban]), json!({})),
            Act::Exclude { pass, ends } => {
                let body = json!({ "credential": names.passes[*pass], "ends_at": moment(*ends) });
                ("/v1/exclusions".into(), body)
            }
            Act::LiftExclusion { exclusion: at } => (exclusion(*at, "lifts"), json!({})),
            Act::Publish { exclusion: at } => (exclusion(*at, "publications"), json!({})),
            Act::AnswerExclusion {
                exclusion: at,
                adopt,
            } => {
                let (what, body) = answer(*adopt);
                (exclusion(*at, what), body)
            }
            Act::Contest { exclusion: at } => (exclusion(*at, "contests"), json!({})),
            Act::DecideContest {
                exclusion: at,
                lift,
            } => {
                let outcome = if *lift { "lifted" } else { "upheld" };
                (
                    exclusion(*at, "contest-outcomes"),
                    json!({ "outcome": outcome }),
                )
            }
            Act::SendReferral { referral } => (
                format!("/v1/referrals/{}/dispatches", names.referrals[*referral]),
                json!({}),
            ),
            Act::AnswerReferral { referral, adopt } => {
                let (what, body) = answer(*adopt);
                let id = names.referrals[*referral];
                (format!("/v1/referrals/{id}/{what}"), body)
            }
            Act::Basis { member, stands } => {
                let path = format!("/v1/members/{}/legal-bases", self.ports[*member].member);
                match stands {
                    true => (path, json!({ "reference": "GBA-2026/7", "date": today })),
                    false => (path + "/ends", json!({})),
                }
            }
            Act::BreakGlass { minutes } => {
                let body =
                    json!({ "reason": "stock_stolen", "reference": "INC-1", "minutes": minutes });
                ("/v1/break-glass".into(), body)
            }
            Act::CloseGlass { glass } => (
                format!("/v1/break-glass/{}/closures", names.glasses[*glass]),
                json!({}),
            ),
            Act::Erase { worker: at } => (worker(*at, "erasures"), json!({})),
            Act::KeepAfterAll { erasure } => (
                format!("/v1/erasures/{}/withdrawals", names.erasures[*erasure]),
                json!({}),
            ),
            Act::Decide { case, same } => {
                let what = if *same { "confirmations" } else { "rejections" };
                (
                    format!("/v1/match-cases/{}/{what}", names.cases[*case]),
                    json!({}),
                )
            }
            Act::Grant {
                approval: at,
                as_read,
            } => {
                let read = if *as_read {
                    names.approvals[*at].1.clone()
                } else {
                    json!("0".repeat(64))
                };
                (approval(*at, "grants"), json!({ "content": read }))
            }
            Act::Decline { approval: at } => {
                (approval(*at, "declines"), json!({ "ground": "not_needed" }))
            }
            Act::TakeBack { approval: at } => (approval(*at, "withdrawals"), json!({})),
            Act::Demote { actor } => (
                format!("/v1/clients/{}/revocations", self.apis[*actor].0.id()),
                json!({}),
            ),
        }
    }

    fn badge(&mut self, member: usize) -> Value {
        self.cards += 1;
        let number = (500_000 + self.cards).to_string();
        let system = &self.ports[member].card_system;
        json!({ "medium": "card", "cards": [{ "card_system": system, "format": "number", "value": number }] })
    }

    /// The clock moves, and what follows from it is done.
    async fn time_goes_on(&mut self, ms: Ms) {
        self.trail
            .lines
            .push(format!("{} seconds go by", ms / 1_000));
        let either = self.model.advance(ms);
        self.world.clock.advance(ms);
        let began = Instant::now();
        loop {
            self.take_in();
            match self.differs(&either) {
                // The index follows just after what is durable.
                None if self.world.node.shared.services.index.seq() >= self.seq => break,
                None => assert!(began.elapsed().as_secs() < 30, "the index does not follow"),
                Some(difference) => assert!(began.elapsed().as_secs() < 30, "{difference}"),
            }
            self.sweeper.as_ref().expect("it runs").thread().unpark();
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        for pass in either {
            let State::Suspended(kinds) = self.replay.credentials[&self.names.passes[pass]].state
            else {
                panic!("it is barred");
            };
            if kinds.contains(SuspensionKind::Dormant) {
                self.model.sleeps_too(pass);
            }
        }
        let waits = |one: &rules::Erasure| one.state == Erased::Waiting;
        if self.model.erasures.iter().any(waits) {
            self.model.erase_due();
            // Answered when the index has followed.
            erasures::sweep(&self.world.node.shared.services).await;
            self.take_in();
        }
        self.compare();
    }

    /// Reads what the ledger says since, and folds it. Whatever was revoked stays so, entry by entry.
    fn take_in(&mut self) {
        let page =
            ledger::after(&mut self.reader, self.seq, 10_000).expect("the ledger can be read");
        for (seq, body) in page {
            let entry = Entry::decode(seq, &body).expect("entries can be read");
            self.seq = seq;
            self.nothing_is_issued_under_an_inquiry(&entry);
            fold(&entry, &mut self.replay).expect("each entry follows from those before it");
            if let Fact::CredentialRevoked { credential, .. } = &entry.fact {
                self.revoked.insert(*credential);
            }
            for id in &self.revoked {
                assert_eq!(
                    self.replay.credentials[id].state,
                    State::Revoked,
                    "entry {seq}"
                );
            }
            let names = &mut self.names;
            match entry.fact {
                Fact::WorkerRegistered(worker) => {
                    names.workers.push(worker.id);
                    names.versions.insert(worker.id, seq);
                }
                Fact::WorkerAmended(worker) => {
                    names.versions.insert(worker.id, seq);
                }
                Fact::EngagementBegan(engagement) => names.engagements.push(engagement.id),
                Fact::CredentialIssued { credential, .. }
                | Fact::CredentialApproved { credential } => names.passes.push(credential.id),
                Fact::ScreeningOpened(screening) => names.screenings.push(screening.id),
                Fact::MatchOpened(case) => names.cases.push(case.id),
                Fact::BanMirrored(ban) => names.bans.push(ban.id),
                Fact::ExclusionProposed(exclusion) => names.exclusions.push(exclusion.id),
                Fact::ReferralOpened(referral) => names.referrals.push(referral.id),
                Fact::BreakGlassOpened(glass) => names.glasses.push(glass.id),
                Fact::ErasureGranted(erasure) => names.erasures.push(erasure.id),
                Fact::ApprovalAsked(asked) => {
                    let content = approvals::content(&asked).expect("it has one");
                    names.approvals.push((asked.id, json!(content)));
                }
                _ => {}
            }
        }
    }

    /// Nobody of whom something is suspended for cause gets anything new, nor is anything handed over to them, at the member that
    /// suspended it: by whichever of their records, and in whichever way. Asked before the entry is folded.
    fn nothing_is_issued_under_an_inquiry(&self, entry: &Entry) {
        let issued = match &entry.fact {
            Fact::CredentialIssued { credential, .. } | Fact::CredentialApproved { credential } => {
                credential
            }
            Fact::CredentialHandedOver { credential } => {
                &self.replay.credentials[credential].credential
            }
            _ => return,
        };
        let mut person = BTreeSet::from([issued.worker]);
        loop {
            let before = person.len();
            for matched in self.replay.match_cases.values() {
                let both = [matched.case.worker, matched.case.candidate];
                if matched.state == match_case::State::Confirmed
                    && both.iter().any(|one| person.contains(one))
                {
                    person.extend(both);
                }
            }
            if person.len() == before {
                break;
            }
        }
        let inquired = self.replay.credentials.values().find(|held| {
            held.credential.member == issued.member
                && person.contains(&held.credential.worker)
                && matches!(held.state, State::Suspended(kinds) if kinds.contains(SuspensionKind::ForCause))
        });
        assert!(inquired.is_none(), "{:?} while {inquired:?}", entry.fact);
    }

    /// Where the replay is not what the model says, but for whether these sleep.
    fn differs(&self, either: &[usize]) -> Option<String> {
        let (model, names, replay) = (&self.model, &self.names, &self.replay);
        let counts = [
            ("workers", model.workers.len(), names.workers.len()),
            (
                "engagements",
                model.engagements.len(),
                names.engagements.len(),
            ),
            ("credentials", model.passes.len(), names.passes.len()),
            ("screenings", model.screenings.len(), names.screenings.len()),
            ("match cases", model.cases.len(), names.cases.len()),
            ("bans", model.bans.len(), names.bans.len()),
            ("exclusions", model.exclusions.len(), names.exclusions.len()),
            ("referrals", model.referrals.len(), names.referrals.len()),
            ("broken glasses", model.glasses.len(), names.glasses.len()),
            ("erasures", model.erasures.len(), names.erasures.len()),
            ("approvals", model.approvals.len(), names.approvals.len()),
        ];
        for (what, wanted, found) in counts {
            if wanted != found {
                return Some(format!("{found} {what} and not {wanted}"));
            }
        }
        let passes = model.passes.iter().enumerate().find_map(|(at, pass)| {
            let held = &replay.credentials[&names.passes[at]];
            let dormant = SuspensionKind::Dormant;
            let mut wanted = pass.clone();
            if either.contains(&at)
                && let State::Suspended(kinds) = held.state
                && kinds.contains(dormant)
            {
                wanted.kinds.insert(dormant);
            }
            let functions: BTreeSet<Function> = held.functions.iter().collect();
            unlike(
                "credential",
                at,
                (state_of(&wanted), &pass.functions, pass.corrected),
                (held.state, &functions, held.corrected_at.is_some()),
            )
        });
        let screenings = model.screenings.iter().enumerate().find_map(|(at, one)| {
            let found = replay.screenings[&names.screenings[at]].standing.state;
            unlike("screening", at, one.stage, found)
        });
        let approvals = model.approvals.iter().enumerate().find_map(|(at, one)| {
            let found = replay.approvals[&names.approvals[at].0].state;
            unlike("approval", at, one.state, found)
        });
        let cases = model.cases.iter().enumerate().find_map(|(at, one)| {
            let wanted = match one.same {
                None => match_case::State::Open,
                Some(true) => match_case::State::Confirmed,
                Some(false) => match_case::State::Rejected,
            };
            let found = replay.match_cases[&names.cases[at]].state;
            unlike("match case", at, wanted, found)
        });
        let bans = model.bans.iter().enumerate().find_map(|(at, one)| {
            let id = names.bans[at];
            let whom = one.workers.iter().map(|&worker| names.workers[worker]);
            let whom: BTreeSet<WorkerId> = whom.collect();
            let banned = replay.banned.iter().filter(|(ban, _)| *ban == id);
            let found: BTreeSet<WorkerId> = banned.map(|(_, worker)| *worker).collect();
            unlike(
                "ban",
                at,
                (one.state, whom),
                (replay.bans[&id].state, found),
            )
        });
        let exclusions = model.exclusions.iter().enumerate().find_map(|(at, one)| {
            let id = names.exclusions[at];
            let told = |port: usize| {
                let member: MemberId = self.ports[port].member.parse().expect("an identifier");
                replay.told.get(&(id, member)).map(|told| told.answer)
            };
            let answers = |port: usize| one.told.get(&port).map(|told| told.answer);
            unlike(
                "exclusion",
                at,
                (one.state, [0, 1].map(answers)),
                (replay.exclusions[&id].state, [0, 1].map(told)),
            )
        });
        let referrals = model.referrals.iter().enumerate().find_map(|(at, one)| {
            let found = &replay.referrals[&names.referrals[at]];
            let to = found.referral.to.map(|to| to.worker);
            let wanted = one.to.map(|(_, worker)| names.workers[worker]);
            unlike("referral", at, (one.state, wanted), (found.state, to))
        });
        let glasses = model.glasses.iter().enumerate().find_map(|(at, one)| {
            let (_, record) = &replay.records[&names.glasses[at].to_string()];
            let Record::BreakGlass(found) = record else {
                panic!("it is no broken glass");
            };
            unlike("broken glass", at, one.closed, found.closed_at.is_some())
        });
        let erasures = model.erasures.iter().enumerate().find_map(|(at, one)| {
            let wanted = match one.state {
                Erased::Waiting => erasure::State::Waiting,
                Erased::Withdrawn => erasure::State::Withdrawn,
                Erased::Done => erasure::State::Done,
            };
            let found = replay.erasures[&names.erasures[at]].state;
            unlike("erasure", at, wanted, found)
        });
        let engagements = model.engagements.iter().enumerate().find_map(|(at, one)| {
            let found = replay.engagements[&names.engagements[at]].2;
            unlike("engagement", at, one.ended, found)
        });
        let workers = model.workers.iter().enumerate().find_map(|(at, one)| {
            let found = replay.erased.contains(&names.workers[at]);
            unlike("worker", at, one.erased, found)
        });
        passes
            .or(screenings)
            .or(approvals)
            .or(cases)
            .or(bans)
            .or(exclusions)
            .or(referrals)
            .or(glasses)
            .or(erasures)
            .or(engagements)
            .or(workers)
    }

    /// Replay, index, tables and gates say what the model says.
    fn compare(&mut self) {
        if let Some(difference) = self.differs(&[]) {
            panic!("{difference}");
        }
        let tables =
            credentials::find_many(&mut self.reader, &self.names.passes).expect("they can be read");
        assert_eq!(tables.len(), self.names.passes.len());
        for held in &tables {
            assert_eq!(
                *held, self.replay.credentials[&held.credential.id],
                "table and replay"
            );
        }
        let services = &self.world.node.shared.services;
        for (at, pass) in self.model.passes.iter().enumerate() {
            let id = self.names.passes[at];
            let known = services.index.standing(id).expect("the index knows it");
            let functions: BTreeSet<Function> = known.functions.iter().collect();
            assert_eq!(
                (known.state, &functions),
                (state_of(pass), &pass.functions),
                "index, {at}"
            );
            if self.revoked.contains(&id) {
                assert_eq!(known.state, State::Revoked);
            }
            let good = state_of(pass) == State::Active
                && pass.from <= self.model.now
                && self.model.now < pass.until;
            let cargo = good && pass.functions.contains(&Function::CargoAccess);
            for (gate, opens) in self.gates.iter().zip([good, cargo]) {
                let wanted = if opens {
                    Decision::Permit
                } else {
                    Decision::Deny
                };
                assert_eq!(self.answers(gate, id), wanted, "gate, {at}: {pass:?}");
            }
        }
    }

    fn answers(&self, gate: &GateActor, credential: CredentialId) -> Decision {
        let services = &self.world.node.shared.services;
        let gate_id: GateId = gate.gate.parse().expect("an identifier");
        let caller = Caller {
            client: gate.api.id().parse().expect("an identifier"),
            member: self.ports[0].member.parse().expect("an identifier"),
            role: Role::Gate,
            person: None,
        };
        let permit = caller.permit::<CheckGate>().expect("a gate asks");
        let question = Question {
            gate: gate_id,
            presented: Presented::Credential(credential),
            at_least: None,
            max_age_ms: None,
        };
        let now = self.world.clock.now();
        let answer = ask(
            &permit,
            &services.index,
            &services.keyring,
            &*services.environment,
            question,
            now,
        );
        answer.expect("it is answered").0.verdict.decision
    }
}

fn unlike<T: PartialEq + std::fmt::Debug>(
    what: &str,
    at: usize,
    wanted: T,
    found: T,
) -> Option<String> {
    (wanted != found).then(|| format!("{what} {at} is {found:?} and not {wanted:?}"))
}

/// How the program would write down how a credential stands.
fn state_of(pass: &Pass) -> State {
    let bit = |kind: &SuspensionKind| match kind {
        SuspensionKind::Dormant => 1,
        SuspensionKind::ForCause => 2,
        SuspensionKind::Screening => 4,
        SuspensionKind::Judicial => 8,
        SuspensionKind::Exclusion => 16,
    };
    let number = if pass.revoked {
        100
    } else if pass.approved {
        99
    } else {
        pass.kinds.iter().map(bit).sum()
    };
    State::from_number(number).expect("a state")
}

fn employer_name(employer: usize) -> String {
    format!("Stuwage {employer}")
}

fn passport(number: u32) -> Value {
    json!({ "kind": "passport", "country": "BEL", "number": format!("EH{:06}", 300_000 + number) })
}

/// What a step of a screening is in the API, on this day.
fn in_words(step: Step, today: &str) -> (&'static str, Value) {
    let advice = |advice: &str| json!({ "advice": advice, "authority": "namb", "reference": "2026/1", "date": today });
    let decision = |decision: &str| json!({ "decision": decision, "authority": "appeal_body", "reference": "B-1", "date": today });
    match step {
        Step::Submitted => ("submissions", json!({})),
        Step::Positive => ("outcomes", advice("positive")),
        Step::Warning => ("outcomes", advice("positive_with_warning")),
        Step::Negative => ("outcomes", advice("negative")),
        Step::Unmet => ("unmet-conditions", json!({})),
        Step::Appealed => ("appeals", json!({ "date": today })),
        Step::Granted => ("appeal-outcomes", decision("granted")),
        Step::Dismissed => ("appeal-outcomes", decision("dismissed")),
        Step::Finalised => ("finalisations", json!({})),
        Step::Withdrawn => ("withdrawals", json!({})),
    }
}
