//! Erasing: two registrars, a week, and then nothing of the person is left; what was decided stays.

use portcullis::domain::erasure::{REFUSAL_KEPT_MS, WAITING_MS};
use portcullis::domain::time::DAY_MS;
use portcullis::service::erasures;
use serde_json::{Value, json};

use super::screenings::{Desk, TODAY};
use crate::support::actors::{Admin, Api, GateActor, Hr, Pass, Said, verdict};
use crate::support::database::Raw;
use crate::support::files::{db_files, in_base64, latin};
use crate::support::world::text;
use crate::support::{Database, World};

const FAMILY_NAME: &str = "Wegwezen-Kwikstaart";
const EMPLOYER: &str = "Vergetelheid Stuwage";
const DOCUMENT: &str = "ER4509917Q";
const STAFF_NUMBER: &str = "WEG-00917-K";

/// HR of a port with two registrars, and a gate.
struct Port {
    admin: Admin,
    hr: Hr,
    registrar: Api,
    second: Api,
    gate: GateActor,
}

impl Port {
    async fn of(world: &World, name: &str) -> Self {
        let admin = world.member(name).await;
        let hr = admin.hr(world).await;
        Self {
            registrar: admin.person(world, "registrar").await,
            second: admin.person(world, "registrar").await,
            gate: admin.gate(world, &[&hr.card_system]).await,
            admin,
            hr,
        }
    }

    /// The same people some time later, with new tokens.
    async fn again(&self) -> Self {
        Self {
            admin: Admin {
                api: self.admin.api.again().await,
                member: self.admin.member.clone(),
            },
            hr: self.hr.again().await,
            registrar: self.registrar.again().await,
            second: self.second.again().await,
            gate: GateActor {
                api: self.gate.api.again().await,
                gate: self.gate.gate.clone(),
                facility: self.gate.facility.clone(),
            },
        }
    }

    /// A worker with everything that can be known of one.
    async fn knows_everything(&self) -> (Pass, String) {
        let document = json!([{ "kind": "passport", "country": "BEL", "number": DOCUMENT }]);
        let person = json!({ "family_name": FAMILY_NAME, "given_names": "Mara", "birth_date": "1971-04-05",
            "documents": document });
        let pass = self.hr.issues().await;
        let path = format!("/v1/workers/{}", pass.worker);
        let etag = self.hr.api.get(&path).await.etag();
        self.hr.api.put(&path, &etag, &person).await.ok();
        let engagement = json!({ "employer": EMPLOYER, "staff_number": STAFF_NUMBER });
        let path = format!("{path}/engagements");
        let engagement = self.hr.api.post(&path, &engagement).await.created();
        (pass, text(&engagement, "id").to_owned())
    }

    async fn asks(&self, worker: &str) -> Said {
        asks(&self.registrar, worker).await
    }

    /// Both let it be; answers the erasure.
    async fn agrees(&self, worker: &str) -> Value {
        let asked = self.asks(worker).await;
        assert_eq!(asked.status, 202, "{}", asked.text);
        grants(&self.second, &asked.json()).await.created();
        let waiting = self.registrar.get("/v1/erasures?state=waiting&limit=200");
        let waiting = waiting.await.ok();
        let items = waiting["items"].as_array().expect("items");
        let erasure = items.iter().find(|erasure| erasure["worker"] == *worker);
        erasure.expect("it waits").clone()
    }
}

async fn asks(registrar: &Api, worker: &str) -> Said {
    let path = format!("/v1/workers/{worker}/erasures");
    registrar.post(&path, &json!({})).await
}

async fn grants(registrar: &Api, asked: &Value) -> Said {
    let path = format!("/v1/approvals/{}/grants", text(asked, "id"));
    let body = json!({ "content": asked["content"] });
    registrar.post(&path, &body).await
}

async fn sweep(world: &World) {
    erasures::sweep(&world.node.shared.services).await;
}

/// What stands in the way, by name.
fn obstacles(said: Said) -> Vec<String> {
    let problem = said.refused("erasure_blocked");
    let errors = problem["errors"].as_array().expect("errors");
    let codes = errors.iter().map(|error| text(error, "code").to_owned());
    codes.collect()
}

/// The bytes of a column of rows about this worker.
fn db_column(world: &World, column: &str, table: &str, worker: &str) -> Vec<Vec<u8>> {
    let hex = match world.database {
        Database::Sqlite => format!("hex({column})"),
        Database::Postgres => format!("encode({column}, 'hex')"),
    };
    let worker = unhex(&worker["wrk_".len()..]);
    let mut raw = Raw::open(&world.url);
    let worker = raw.bytes(&worker);
    let sql = format!("SELECT {hex} AS line FROM {table} WHERE worker = {worker}");
    raw.lines(&sql).iter().map(|line| unhex(line)).collect()
}

fn unhex(hex: &str) -> Vec<u8> {
    let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).expect("hexadecimal");
    (0..hex.len()).step_by(2).map(byte).collect()
}

fn holds(bytes: &str, sought: &[u8]) -> bool {
    bytes.contains(&latin(sought))
}

/// Plain, in hexadecimal and in base64.
fn ways(canary: &str) -> Vec<String> {
    let hex: String = canary.bytes().map(|b| format!("{b:02x}")).collect();
    let mut ways = vec![canary.to_owned(), hex.to_uppercase(), hex];
    ways.extend(in_base64(canary));
    ways
}

pub async fn a_week_after_two_have_said_so_nothing_of_a_person_is_left(world: World) {
    let port = Port::of(&world, "Haven A").await;
    let (pass, engagement) = port.knows_everything().await;
    let stays = port.hr.issues().await;
    let path = format!("/v1/workers/{}", pass.worker);
    assert_eq!(port.gate.asks_about(&pass).await["decision"], "permit");

    // Nothing is destroyed of who can still walk in.
    let blocked = obstacles(port.asks(&pass.worker).await);
    assert_eq!(blocked, ["credential", "engagement"]);
    port.hr.revokes(&pass, "need_ended").await.created();
    let end = format!("/v1/engagements/{engagement}/end");
    port.hr.api.post(&end, &json!({})).await.ok();
    let denied = port.gate.asks_about(&pass).await;
    assert_eq!(verdict(&denied), ("deny", "not_valid"));

    // One person is not two.
    let asked = port.asks(&pass.worker).await;
    assert_eq!(asked.status, 202, "{}", asked.text);
    let asked = asked.json();
    assert_eq!(asked["act"]["act"], "erase_worker");
    grants(&port.registrar, &asked)
        .await
        .refused("wrong_person");
    grants(&port.second, &asked).await.created();
    let waiting = port.registrar.get("/v1/erasures?state=waiting").await.ok();
    let erasure = waiting["items"][0].clone();
    let erasure_path = format!("/v1/erasures/{}", text(&erasure, "id"));
    assert_eq!(erasure["due_at"], "2026-03-09T07:30:00.000Z");

    // While it waits nothing new is recorded of them.
    let etag = port.hr.api.get(&path).await.etag();
    let person = json!({ "family_name": FAMILY_NAME, "given_names": "Zoë" });
    let said = port.hr.api.put(&path, &etag, &person).await;
    said.refused("erasure_waiting");
    let body = json!({ "employer": EMPLOYER });
    let said = port
        .hr
        .api
        .post(&format!("{path}/engagements"), &body)
        .await;
    said.refused("erasure_waiting");
    let credential = json!({ "worker": pass.worker, "valid_until": "2027-01-01T00:00:00Z", "badges": [
        { "medium": "card", "cards": [{ "card_system": port.hr.card_system, "format": "number", "value": "1" }] },
    ]});
    let said = port.hr.api.post("/v1/credentials", &credential).await;
    said.refused("erasure_waiting");
    let officer = port.admin.person(&world, "screening_officer").await;
    let screening = json!({ "function": "cargo_access", "consented_at": "2026-03-01T09:00:00Z" });
    let said = officer
        .post(&format!("{path}/screenings"), &screening)
        .await;
    said.refused("erasure_waiting");
    port.asks(&pass.worker).await.refused("erasure_waiting");

    // What must be gone afterwards is there now.
    let key = db_column(&world, "wrapped", "worker_keys", &pass.worker).remove(0);
    let sealed = db_column(&world, "sealed", "sealed_details", &pass.worker);
    assert_eq!((key.len(), sealed.len()), (60, 3));
    let files = db_files(&world);
    for bytes in sealed.iter().chain([&key]) {
        assert!(holds(&files.rows, bytes), "the search finds what is there");
    }

    world.clock.advance(WAITING_MS - 1);
    sweep(&world).await;
    let port = port.again().await;
    port.hr.api.get(&path).await.ok();
    world.clock.advance(1);
    sweep(&world).await;

    port.hr.api.get(&path).await.refused("not_found");
    let listed = port.hr.api.get("/v1/workers").await.ok();
    let listed = listed["items"].as_array().expect("items").clone();
    assert!(listed.iter().all(|worker| worker["id"] != *pass.worker));
    assert!(listed.iter().any(|worker| worker["id"] == *stays.worker));
    for sought in [
        json!({ "name": FAMILY_NAME }),
        json!({ "document": { "kind": "passport", "country": "BEL", "number": DOCUMENT } }),
    ] {
        let found = port.hr.api.post("/v1/workers:search", &sought).await.ok();
        assert_eq!(found["items"], json!([]));
    }
    let erasure = port.registrar.get(&erasure_path).await.ok();
    assert_eq!(erasure["state"], "done");
    // What was decided stays.
    let shown = format!("/v1/credentials/{}", pass.credential);
    assert_eq!(port.hr.api.get(&shown).await.ok()["state"], "revoked");
    let asked = port.gate.asks_about(&pass).await;
    assert_eq!(verdict(&asked), verdict(&denied));
    // The staff number is free again, and who comes with the document is nobody who was here before.
    let (again, _) = port.knows_everything().await;
    assert_eq!(
        port.hr.api.get("/v1/match-cases").await.ok()["items"],
        json!([])
    );
    assert_eq!(port.gate.asks_about(&again).await["decision"], "permit");
    assert_eq!(port.gate.asks_about(&stays).await["decision"], "permit");

    let files = db_files(&world);
    assert!(!holds(&files.rows, &key), "the key is in a file");
    if let Database::Sqlite = world.database {
        for bytes in &sealed {
            assert!(!holds(&files.rows, bytes), "a seal is in a file");
        }
    }
    for canary in [FAMILY_NAME, EMPLOYER, DOCUMENT, STAFF_NUMBER] {
        for way in ways(canary) {
            assert!(!files.rows.contains(&way), "{canary} is in a file");
            assert!(!files.ahead.contains(&way), "{canary} is in the log");
        }
    }
}

/// What they were issued is there still, and whatever shuts a gate on it is possible; nothing new is held against them.
pub async fn what_an_erased_worker_was_issued_is_still_revoked(world: World) {
    let port = Port::of(&world, "Haven A").await;
    let short = json!({ "valid_until": "2026-03-03T07:30:00Z" });
    let pass = port.hr.issues_with(short).await;
    world.clock.advance(DAY_MS);
    let port = port.again().await;
    port.agrees(&pass.worker).await;
    world.clock.advance(WAITING_MS);
    sweep(&world).await;
    let port = port.again().await;
    let path = format!("/v1/workers/{}", pass.worker);
    port.hr.api.get(&path).await.refused("not_found");
    port.hr.suspends(&pass, "under_inquiry").await.created();
    let exclusion = json!({ "credential": pass.credential, "ends_at": "2027-01-01T00:00:00Z" });
    let said = port.hr.api.post("/v1/exclusions", &exclusion).await;
    let problem = said.refused("invalid");
    assert_eq!(problem["errors"][0]["code"], "erased");
    let path = format!("/v1/credentials/{}", pass.credential);
    let said = port.hr.revokes(&pass, "identity_fraud").await;
    let said = port.hr.approver.seconds(said, &path).await;
    assert_eq!(said.created()["state"], "revoked");
}

pub async fn of_many_any_subset_is_erased_and_the_rest_stays_whole(world: World) {
    let port = Port::of(&world, "Haven A").await;
    let mut workers = Vec::new();
    for nth in 0..40 {
        workers.push(port.hr.registers(&format!("Nummer {nth}")).await);
    }
    // Every third of them, whose keys lie between those of others.
    let gone: Vec<&String> = workers.iter().step_by(3).collect();
    let mut keys = Vec::new();
    for worker in &gone {
        keys.extend(db_column(&world, "wrapped", "worker_keys", worker));
        port.agrees(worker).await;
    }
    world.clock.advance(WAITING_MS);
    sweep(&world).await;
    let port = port.again().await;
    for worker in &workers {
        let said = port.hr.api.get(&format!("/v1/workers/{worker}")).await;
        let status = if gone.contains(&worker) { 404 } else { 200 };
        assert_eq!(said.status.as_u16(), status, "{worker}");
    }
    let files = db_files(&world);
    assert_eq!(keys.len(), gone.len());
    for key in &keys {
        assert!(!holds(&files.rows, key), "a key is in a file");
    }
    // A second sweep does nothing more, and the ledger says each once; that it is whole the world's end shows.
    sweep(&world).await;
    let done = port.registrar.get("/v1/erasures?state=done&limit=200");
    let done = done.await.ok()["items"].as_array().expect("items").len();
    assert_eq!(done, gone.len());
}

pub async fn an_erasure_that_waits_is_taken_back(world: World) {
    let port = Port::of(&world, "Haven A").await;
    let worker = port.hr.registers("Maes").await;
    let erasure = port.agrees(&worker).await;
    let path = format!("/v1/erasures/{}/withdrawals", text(&erasure, "id"));
    let taken_back = port.second.post(&path, &json!({})).await.created();
    assert_eq!(taken_back["state"], "withdrawn");
    port.registrar
        .post(&path, &json!({}))
        .await
        .refused("erasure_ended");
    world.clock.advance(WAITING_MS);
    sweep(&world).await;
    let port = port.again().await;
    let path = format!("/v1/workers/{worker}");
    let etag = port.hr.api.get(&path).await.etag();
    let person = json!({ "family_name": "Maes", "given_names": "Lotte" });
    port.hr.api.put(&path, &etag, &person).await.ok();
    port.agrees(&worker).await;
}

pub async fn what_stands_in_the_way_is_named(world: World) {
    let port = Port::of(&world, "Haven A").await;
    let officer = port.admin.person(&world, "screening_officer").await;
    let approver = port.admin.person(&world, "screening_approver").await;
    let open = async |worker: &str| {
        let path = format!("/v1/workers/{worker}/screenings");
        let body = json!({ "function": "cargo_data", "consented_at": "2026-03-01T09:00:00Z" });
        let opened = officer.post(&path, &body).await.created();
        format!("/v1/screenings/{}", text(&opened, "id"))
    };
    // A screening, until it has ended.
    let worker = port.hr.registers("Maes").await;
    let screening = open(&worker).await;
    assert_eq!(obstacles(port.asks(&worker).await), ["screening"]);
    let path = format!("{screening}/withdrawals");
    let said = officer.post(&path, &json!({})).await;
    assert!(said.status.is_success(), "{}", said.text);
    port.agrees(&worker).await;

    // An approval that waits about the worker, or that they asked for.
    let worker = port.hr.registers("Claes").await;
    let screening = open(&worker).await;
    let submitted = officer
        .post(&format!("{screening}/submissions"), &json!({}))
        .await;
    assert!(submitted.status.is_success(), "{}", submitted.text);
    let outcome = json!({ "advice": "negative", "authority": "namb", "reference": "2026/1", "date": "2026-03-02" });
    let asked = officer
        .post(&format!("{screening}/outcomes"), &outcome)
        .await;
    let blocked = obstacles(port.asks(&worker).await);
    assert_eq!(blocked, ["screening", "approval"]);
    let officer_is = port.hr.registers("Officier").await;
    let person = json!({ "member": port.admin.member, "worker": officer_is });
    let person = port.admin.api.post("/v1/people", &person).await.created();
    let hr_tool = port.admin.tool(&world, "hr_officer", &person).await;
    let pass = port.hr.issues().await;
    port.hr.suspends(&pass, "under_inquiry").await.created();
    let lift = format!("/v1/credentials/{}/lifts", pass.credential);
    hr_tool
        .post(&lift, &json!({ "kind": "for_cause" }))
        .await
        .is(202);
    assert_eq!(obstacles(port.asks(&officer_is).await), ["approval"]);

    // Who was refused is not forgotten for five years.
    approver.seconds(asked, &screening).await.created();
    assert_eq!(obstacles(port.asks(&worker).await), ["screening"]);
    let asked = port.hr.revokes(&pass, "access_rule_breach").await;
    let shown = format!("/v1/credentials/{}", pass.credential);
    let approver = &port.hr.approver;
    approver.seconds(asked, &shown).await.created();
    let blocked = obstacles(port.asks(&pass.worker).await);
    assert_eq!(blocked, ["approval", "refusal"]);

    // Who may be somebody else's record.
    let passport = json!([{ "kind": "passport", "country": "BEL", "number": DOCUMENT }]);
    let twin = json!({ "family_name": "Maes", "given_names": "Mara", "documents": passport });
    let first = port.hr.api.post("/v1/workers", &twin).await.created();
    let second = port.hr.api.post("/v1/workers", &twin).await.created();
    for record in [&first, &second] {
        assert_eq!(
            obstacles(port.asks(text(record, "id")).await),
            ["match_case"]
        );
    }

    // Whom a court keeps out, also from a day to come, until it lets them in.
    let worker = port.hr.registers("Goris").await;
    let network = world.admin().await;
    let register = network.client(&world, &network.member, "register").await;
    let ban = json!({ "worker": worker, "reference": "2026/7", "starts_at": "2026-04-01T00:00:00Z",
        "ends_at": "2027-04-01T00:00:00Z" });
    let ban = register.post("/v1/bans", &ban).await.created();
    assert_eq!(obstacles(port.asks(&worker).await), ["ban"]);
    let ends = format!("/v1/bans/{}/ends", text(&ban, "id"));
    register.post(&ends, &json!({})).await.created();
    port.agrees(&worker).await;

    // Whom a port keeps out.
    let held = port.hr.issues().await;
    port.hr.suspends(&held, "under_inquiry").await.created();
    let exclusion = port.hr.excludes(&held, json!({})).await;
    let blocked = obstacles(port.asks(&held.worker).await);
    assert!(blocked.contains(&String::from("exclusion")), "{blocked:?}");
    port.hr
        .decides(&exclusion, "lifts", json!({}))
        .await
        .created();
    let blocked = obstacles(port.asks(&held.worker).await);
    assert!(!blocked.contains(&String::from("exclusion")), "{blocked:?}");

    world.clock.advance(REFUSAL_KEPT_MS - 1_000);
    let port = port.again().await;
    let blocked = obstacles(port.asks(&pass.worker).await);
    assert_eq!(blocked, ["refusal"]);
    world.clock.advance(1_000);
    let asked = port.asks(&pass.worker).await;
    assert_eq!(asked.status, 202, "{}", asked.text);
    assert_eq!(port.asks(&officer_is).await.status, 202, "it has expired");
}

pub async fn what_comes_in_between_puts_it_off(world: World) {
    let (a, b) = (
        Port::of(&world, "Haven A").await,
        Port::of(&world, "Haven B").await,
    );
    let passport = json!([{ "kind": "passport", "country": "BEL", "number": DOCUMENT }]);
    let person = json!({ "family_name": "Maes", "given_names": "Mara", "documents": passport });
    let worker = a.hr.api.post("/v1/workers", &person).await.created();
    let worker = text(&worker, "id").to_owned();
    a.agrees(&worker).await;
    // They come to another port: who they are is decided first.
    b.hr.api.post("/v1/workers", &person).await.created();
    world.clock.advance(WAITING_MS);
    sweep(&world).await;
    let a = a.again().await;
    let path = format!("/v1/workers/{worker}");
    a.hr.api.get(&path).await.ok();
    let case = a.hr.api.get("/v1/match-cases").await.ok()["items"][0].clone();
    let path_of_case = format!("/v1/match-cases/{}/rejections", text(&case, "id"));
    let said = a.hr.api.post(&path_of_case, &json!({})).await.is(202);
    a.hr.approver.grants(&said).await;
    sweep(&world).await;
    a.hr.api.get(&path).await.refused("not_found");
}

pub async fn nobody_erases_themselves(world: World) {
    let port = Port::of(&world, "Haven A").await;
    let worker = port.hr.registers("Registrar").await;
    let person = json!({ "member": port.admin.member, "worker": worker });
    let person = port.admin.api.post("/v1/people", &person).await.created();
    let myself = port.admin.tool(&world, "registrar", &person).await;
    asks(&myself, &worker).await.refused("wrong_person");
    let asked = port.asks(&worker).await.is(202);
    grants(&myself, &asked).await.refused("wrong_person");
    // Through another client of the same person neither.
    let twin = port.admin.tool(&world, "registrar", &person).await;
    grants(&twin, &asked).await.refused("wrong_person");
    grants(&port.second, &asked).await.created();
    // Another member's registrar knows of nothing.
    let other = Port::of(&world, "Haven B").await;
    asks(&other.registrar, &worker).await.refused("not_found");
    let listed = other.registrar.get("/v1/erasures").await.ok();
    assert_eq!(listed["items"], json!([]));
}

/// Neither by taking consent back, nor by being forgotten, nor by coming to another port.
pub async fn who_was_refused_does_not_begin_anew_by_being_forgotten(world: World) {
    let (a, b) = (
        Port::of(&world, "Haven A").await,
        Port::of(&world, "Haven B").await,
    );
    let passport = json!([{ "kind": "passport", "country": "BEL", "number": DOCUMENT }]);
    let person = json!({ "family_name": "Maes", "given_names": "Mara", "documents": passport });
    let at_a = a.hr.api.post("/v1/workers", &person).await.created();
    let at_a = text(&at_a, "id").to_owned();
    let desk = Desk::of(&world, &a.admin).await;
    let opened = desk.opens(&at_a, "cargo_access", "2026-03-02T07:00:00Z");
    let screening = text(&opened.await.created(), "id").to_owned();
    desk.does(&screening, "submissions").await.created();
    desk.records(&screening, "negative", TODAY).await.created();
    assert_eq!(obstacles(a.asks(&at_a).await), ["screening"]);
    desk.does(&screening, "withdrawals").await.created();
    assert_eq!(obstacles(a.asks(&at_a).await), ["refusal"]);

    // Wherever they come, they are known, and get nothing before it is said who they are; nor then what they were refused.
    for (port, system) in [(&b, "31001"), (&a, "31002")] {
        let again = port.hr.api.post("/v1/workers", &person).await.created();
        let again = text(&again, "id").to_owned();
        let issue = |functions: Value, number: &str| {
            json!({ "worker": again, "valid_until": "2027-01-01T00:00:00Z", "scope": functions,
                "badges": [{ "medium": "card", "cards": [
                    { "card_system": port.hr.card_system, "format": "number", "value": number },
                ]}] })
        };
        let body = issue(json!({}), system);
        let said = port.hr.api.post("/v1/credentials", &body).await;
        said.refused("match_open");
        // The third is asked about beside both others.
        let open = a.hr.api.get("/v1/match-cases?state=open").await.ok();
        for case in open["items"].as_array().expect("items") {
            let path = format!("/v1/match-cases/{}/confirmations", text(case, "id"));
            let said = a.hr.api.post(&path, &json!({})).await;
            match said.status.as_u16() {
                202 => a.hr.approver.grants(&said.json()).await,
                _ => {
                    let said = b.hr.api.post(&path, &json!({})).await.is(202);
                    b.hr.approver.grants(&said).await;
                }
            }
        }
        let body = issue(json!({ "functions": ["cargo_access"] }), system);
        let said = port.hr.api.post("/v1/credentials", &body).await;
        let problem = said.refused("invalid");
        assert_eq!(problem["errors"][0]["code"], "not_cleared");
    }
    world.clock.advance(REFUSAL_KEPT_MS - 1_000);
    let a = a.again().await;
    assert_eq!(obstacles(a.asks(&at_a).await), ["refusal"]);
    world.clock.advance(1_000);
    assert_eq!(a.asks(&at_a).await.status, 202);
}

pub async fn an_inquiry_that_outlived_its_credential_is_decided_first(world: World) {
    let port = Port::of(&world, "Haven A").await;
    let soon = json!({ "valid_until": "2026-03-03T00:00:00Z" });
    let pass = port.hr.issues_with(soon).await;
    port.hr.suspends(&pass, "under_inquiry").await.created();
    world.clock.advance(2 * DAY_MS);
    let port = port.again().await;
    let problem = port.asks(&pass.worker).await.refused("erasure_blocked");
    let codes: Vec<&str> = problem["errors"]
        .as_array()
        .expect("errors")
        .iter()
        .map(|error| text(error, "code"))
        .collect();
    assert!(codes.contains(&"inquiry"), "{problem}");
    assert_eq!(port.hr.lifts(&pass, "for_cause").await.status, 201);
    let problem = port.asks(&pass.worker).await;
    assert!(!problem.text.contains("inquiry"), "{}", problem.text);
}
