//! Screenings change what gates decide: a zone that requires a function opens only to who is cleared for it, whichever member
//! recorded that, and all other gates go by the credential alone.

use portcullis::domain::time::DAY_MS;
use serde_json::{Value, json};

use super::screenings::{Desk, TODAY, appeal_outcome};
use crate::support::World;
use crate::support::actors::{Admin, GateActor, Hr, Pass, Said, new_key, verdict};
use crate::support::world::{Database, text};

const OPEN: (&str, &str) = ("permit", "valid");
const NOT_CLEARED: (&str, &str) = ("deny", "not_cleared");

/// A member with its people, a gate to a zone for cargo, and one to the rest of the same facility.
struct Port {
    admin: Admin,
    desk: Desk,
    facility: String,
    zone: Value,
    cargo: GateActor,
    canteen: GateActor,
}

impl Port {
    async fn of(world: &World, name: &str) -> Self {
        let admin = world.member(name).await;
        let desk = Desk::of(world, &admin).await;
        let facility = admin.facility(json!({ "shows_class": true })).await;
        let zone = json!({ "facility": facility, "name": "Loods 3", "requires": "cargo_access" });
        let zone = admin.api.post("/v1/zones", &zone).await.created();
        let systems = [desk.hr.card_system.as_str()];
        let into_zone = json!({ "zone": zone["id"], "name": "Loods 3" });
        let cargo = admin.gate_at(world, &facility, &systems, into_zone).await;
        let canteen = admin.gate_at(world, &facility, &systems, json!({})).await;
        Self {
            admin,
            desk,
            facility,
            zone,
            cargo,
            canteen,
        }
    }

    /// What cargo gate and canteen gate say of this pass.
    async fn gates(&self, pass: &Pass) -> [(String, String); 2] {
        let (cargo, canteen) = (
            self.cargo.asks_about(pass).await,
            self.canteen.asks_about(pass).await,
        );
        [&cargo, &canteen].map(|answer| {
            let (decision, status) = verdict(answer);
            (decision.to_owned(), status.to_owned())
        })
    }

    fn says(said: &[(String, String); 2]) -> [(&str, &str); 2] {
        [0, 1].map(|gate| (&*said[gate].0, &*said[gate].1))
    }

    /// A pass for cargo, of a worker who is there.
    async fn issues_to(&self, worker: &str, functions: Value) -> Pass {
        let number = new_key().replace("key-", "77000");
        let said = asks_for(&self.desk.hr, worker, &number, functions, json!({})).await;
        Pass {
            worker: worker.to_owned(),
            credential: text(&said.created(), "id").to_owned(),
            number,
        }
    }

    async fn shows(&self, pass: &Pass) -> Value {
        let path = format!("/v1/credentials/{}", pass.credential);
        self.desk.hr.api.get(&path).await.ok()
    }

    async fn registers_with(&self, passport: &str) -> String {
        let body = json!({ "family_name": "Verhoeven", "given_names": "Jan",
            "documents": [{ "kind": "passport", "country": "BEL", "number": passport }] });
        let said = self.desk.hr.api.post("/v1/workers", &body).await;
        text(&said.created(), "id").to_owned()
    }

    /// Says that its open match case is of one person.
    async fn confirms(&self) {
        let open = "/v1/match-cases?state=open";
        let cases = self.desk.hr.api.get(open).await.ok();
        let case = text(&cases["items"][0], "id");
        let path = format!("/v1/match-cases/{case}/confirmations");
        let said = self.desk.hr.api.post(&path, &json!({})).await.is(202);
        self.desk.hr.approver.grants(&said).await;
    }
}

/// Asks for a credential for these functions, good until 2027 if not said otherwise.
async fn asks_for(hr: &Hr, worker: &str, number: &str, functions: Value, more: Value) -> Said {
    let card = json!({ "card_system": hr.card_system, "format": "number", "value": number });
    let mut body = json!({
        "worker": worker, "valid_until": "2027-03-02T00:00:00Z", "scope": { "functions": functions },
        "badges": [{ "medium": "card", "cards": [card] }],
    });
    let fields = more.as_object().cloned().unwrap_or_default();
    body.as_object_mut().expect("an object").extend(fields);
    hr.api.post("/v1/credentials", &body).await
}

pub async fn a_refusal_at_a_closes_the_zone_at_the_gates_of_b_and_nothing_else(world: World) {
    let (a, b) = (
        Port::of(&world, "Haven A").await,
        Port::of(&world, "Haven B").await,
    );
    // One person, recorded by both. The screening is A's, the credential B's.
    let at_a = a.registers_with("EH123456").await;
    let at_b = b.registers_with("EH123456").await;
    a.confirms().await;
    let screening = a.desk.clears(&at_a, "cargo_access").await;
    let pass = b.issues_to(&at_b, json!(["cargo_access"])).await;
    let plain = b.issues_to(&at_b, json!([])).await;
    assert_eq!(Port::says(&b.gates(&pass).await), [OPEN, OPEN]);
    // What a credential is not for it does not open, whoever is cleared.
    assert_eq!(Port::says(&b.gates(&plain).await), [NOT_CLEARED, OPEN]);

    let refused = a
        .desk
        .records(&screening, "negative", TODAY)
        .await
        .created();
    assert_eq!(Port::says(&b.gates(&pass).await), [NOT_CLEARED, OPEN]);
    let why = b.cargo.asks_about(&pass).await;
    assert_eq!(
        (&why["class"], &why["instruction"]),
        (&json!("screening"), &json!("keep_shut"))
    );
    let shown = b.shows(&pass).await;
    assert_eq!(shown["state"], "active");
    assert_eq!(
        (&shown["scope"]["functions"], &shown["cleared_for"]),
        (&json!(["cargo_access"]), &json!([]))
    );
    // B learns that its worker is not cleared, and nothing of why.
    assert!(!shown.to_string().contains("refused"), "{shown}");
    if world.database == Database::Postgres {
        let node = world.another_node();
        // Its copy holds the refusal: what it says is the same, and it had not to be told again.
        let answer = b.cargo.at(node.address).asks_about(&pass).await;
        assert!(answer["seq"].as_u64() >= refused["seq"].as_u64());
        assert_eq!(verdict(&answer), NOT_CLEARED);
        let answer = b.canteen.at(node.address).asks_about(&pass).await;
        assert_eq!(verdict(&answer), OPEN);
    }
}

pub async fn an_appeal_that_is_won_opens_the_zone_again(world: World) {
    let a = Port::of(&world, "Haven A").await;
    let worker = a.desk.hr.registers("Peeters").await;
    let screening = a.desk.clears(&worker, "cargo_access").await;
    let pass = a.issues_to(&worker, json!(["cargo_access"])).await;
    a.desk
        .records(&screening, "negative", TODAY)
        .await
        .created();
    let appeal = json!({ "date": TODAY });
    a.desk.says(&screening, "appeals", appeal).await.created();
    assert_eq!(Port::says(&a.gates(&pass).await), [NOT_CLEARED, OPEN]);
    let granted = appeal_outcome("granted", TODAY);
    let said = a.desk.says(&screening, "appeal-outcomes", granted).await;
    assert_eq!(said.created()["state"], "cleared");
    assert_eq!(Port::says(&a.gates(&pass).await), [OPEN, OPEN]);
    assert_eq!(a.shows(&pass).await["cleared_for"], json!(["cargo_access"]));

    if world.database == Database::Postgres {
        // A node that runs while it happens follows.
        let node = world.another_node();
        let (gate, canteen) = (a.cargo.at(node.address), a.canteen.at(node.address));
        assert_eq!(verdict(&gate.asks_about(&pass).await), OPEN);
        let refused = a
            .desk
            .records(&screening, "negative", TODAY)
            .await
            .created();
        let body = json!({ "card": { "format": "number", "value": pass.number }, "at_least": refused["seq"] });
        for _ in 0..2_000 {
            let answer = gate.asks(body.clone()).await.ok();
            if answer["seq"].as_u64() >= refused["seq"].as_u64() {
                break;
            }
            // What it cannot tell yet it does not permit.
            assert_ne!(answer["decision"], "permit");
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        assert_eq!(verdict(&gate.asks(body).await.ok()), NOT_CLEARED);
        assert_eq!(verdict(&canteen.asks_about(&pass).await), OPEN);
    }
}

pub async fn who_is_screened_anew_in_time_loses_nothing(world: World) {
    let a = Port::of(&world, "Haven A").await;
    let worker = a.desk.hr.registers("Peeters").await;
    let consent = "2026-03-02T07:00:00Z";
    let old = a.desk.opens(&worker, "cargo_access", consent).await;
    let old = text(&old.created(), "id").to_owned();
    a.desk.does(&old, "submissions").await.created();
    let warned = a.desk.records(&old, "positive_with_warning", TODAY).await;
    warned.created();

    // Twenty days before its last day, the 2nd of March 2028.
    world.clock.advance(711 * DAY_MS);
    let desk = a.desk.again().await;
    let kinds = async |desk: &Desk| -> Vec<Value> {
        let page = desk.officer.get("/v1/work-items").await.ok();
        let items = page["items"].as_array().expect("items").iter();
        items.map(|item| item["kind"].clone()).collect()
    };
    assert_eq!(kinds(&desk).await, ["screening_ends"]);
    let consent = "2028-02-11T07:00:00Z";
    let new = desk.opens(&worker, "cargo_access", consent).await;
    let new = text(&new.created(), "id").to_owned();
    desk.does(&new, "submissions").await.created();
    // One at a time waits for an answer, and until there is one the old one is still to be seen to.
    let third = desk.opens(&worker, "cargo_access", consent).await;
    third.refused("screening_open");
    assert_eq!(kinds(&desk).await, ["screening_ends"]);
    let positive = desk.records(&new, "positive", "2028-02-11").await;
    positive.created();
    assert_eq!(desk.shows(&old).await["state"], "cleared_conditional");
    assert!(kinds(&desk).await.is_empty(), "nothing ends any more");

    // A credential may last as long as the new one does, and no gate shuts when the old one lapses.
    let later = json!({ "valid_until": "2028-12-31T00:00:00Z" });
    let (number, functions) = ("7790002", json!(["cargo_access"]));
    let said = asks_for(&desk.hr, &worker, number, functions, later).await;
    let pass = Pass {
        worker: worker.clone(),
        credential: text(&said.created(), "id").to_owned(),
        number: number.into(),
    };
    let gate = async || GateActor {
        api: a.cargo.api.again().await,
        ..a.cargo.clone()
    };
    assert_eq!(verdict(&gate().await.asks_about(&pass).await), OPEN);
    world.clock.advance(21 * DAY_MS);
    let desk = desk.again().await;
    let began = std::time::Instant::now();
    while desk.shows(&old).await["state"] != "lapsed" {
        assert!(began.elapsed().as_secs() < 20, "it lapses by itself");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(verdict(&gate().await.asks_about(&pass).await), OPEN);
    assert!(kinds(&desk).await.is_empty(), "nobody need be asked anew");
    // Bad news about it are bad news about the worker, whatever was said before.
    let refused = desk.records(&new, "negative", "2028-03-03").await;
    refused.created();
    assert_eq!(verdict(&gate().await.asks_about(&pass).await), NOT_CLEARED);
}

pub async fn a_clearance_that_lapses_closes_the_zone(world: World) {
    let a = Port::of(&world, "Haven A").await;
    let worker = a.desk.hr.registers("Peeters").await;
    let screening = a.desk.clears(&worker, "cargo_access").await;
    let other = a.desk.clears(&worker, "cargo_data").await;
    let pass = a
        .issues_to(&worker, json!(["cargo_access", "cargo_data"]))
        .await;
    // Consent is withdrawn for one of them: the other goes on.
    a.desk.does(&other, "withdrawals").await.created();
    assert_eq!(Port::says(&a.gates(&pass).await), [OPEN, OPEN]);
    assert_eq!(a.shows(&pass).await["cleared_for"], json!(["cargo_access"]));
    a.desk.does(&screening, "withdrawals").await.created();
    assert_eq!(Port::says(&a.gates(&pass).await), [NOT_CLEARED, OPEN]);

    // Cleared anew with a warning, for two years. A credential that would outlast it has nothing of it.
    let opened = a
        .desk
        .opens(&worker, "cargo_access", "2026-03-02T07:00:00Z");
    let screening = text(&opened.await.created(), "id").to_owned();
    a.desk.does(&screening, "submissions").await.created();
    let warned = "positive_with_warning";
    a.desk.records(&screening, warned, TODAY).await.created();
    assert_eq!(Port::says(&a.gates(&pass).await), [OPEN, OPEN]);
    let long = json!({ "valid_until": "2028-03-02T22:59:59Z" });
    let number = "7790001";
    let said = asks_for(&a.desk.hr, &worker, number, json!(["cargo_access"]), long).await;
    let long = Pass {
        worker: worker.clone(),
        credential: text(&said.created(), "id").to_owned(),
        number: number.into(),
    };
    world.clock.advance(731 * DAY_MS);
    let desk = a.desk.again().await;
    // Nobody used it for so long, so it sleeps.
    desk.hr.sees_asleep(&long).await;
    desk.hr.lifts(&long, "dormant").await.created();
    let canteen = a.canteen.api.again().await;
    let canteen = GateActor {
        api: canteen,
        ..a.canteen.clone()
    };
    assert_eq!(verdict(&canteen.asks_about(&long).await), OPEN);
    world.clock.advance(DAY_MS);
    let desk = desk.again().await;
    let canteen = canteen.api.again().await;
    let canteen = GateActor {
        api: canteen,
        ..a.canteen.clone()
    };
    // Whether or not anybody records that it lapsed, nothing that rests on it is good any longer.
    assert_eq!(
        verdict(&canteen.asks_about(&long).await),
        ("deny", "expired")
    );
    desk.comes_to(&screening, "lapsed").await;
    let path = format!("/v1/credentials/{}", long.credential);
    let shown = desk.hr.api.get(&path).await.ok();
    assert_eq!(shown["cleared_for"], json!([]));
}

pub async fn a_clearance_that_comes_to_end_sooner_is_lost_to_what_would_outlast_it(world: World) {
    let (a, b) = (
        Port::of(&world, "Haven A").await,
        Port::of(&world, "Haven B").await,
    );
    let at_a = a.registers_with("EH123456").await;
    let at_b = b.registers_with("EH123456").await;
    a.confirms().await;
    // Cleared by A for five years, and with a warning by B for two.
    let long = a.desk.clears(&at_a, "cargo_access").await;
    let opened = b.desk.opens(&at_b, "cargo_access", "2026-03-02T07:00:00Z");
    let short = text(&opened.await.created(), "id").to_owned();
    b.desk.does(&short, "submissions").await.created();
    let warned = "positive_with_warning";
    b.desk.records(&short, warned, TODAY).await.created();
    let cargo = json!(["cargo_access"]);
    let later = json!({ "valid_until": "2030-01-01T00:00:00Z" });
    let said = asks_for(&b.desk.hr, &at_b, "7760001", cargo.clone(), later).await;
    let outlasting = Pass {
        worker: at_b.clone(),
        credential: text(&said.created(), "id").to_owned(),
        number: "7760001".into(),
    };
    let within = b.issues_to(&at_b, cargo).await;
    for pass in [&outlasting, &within] {
        assert_eq!(Port::says(&b.gates(pass).await), [OPEN, OPEN]);
    }
    // What is left ends before the one of them does, and no gate will be told of that day.
    a.desk.does(&long, "withdrawals").await.created();
    assert_eq!(Port::says(&b.gates(&outlasting).await), [NOT_CLEARED, OPEN]);
    assert_eq!(Port::says(&b.gates(&within).await), [OPEN, OPEN]);
}

pub async fn a_suspended_credential_is_kept_up_to_date_and_a_revoked_one_is_left_alone(
    world: World,
) {
    let a = Port::of(&world, "Haven A").await;
    let worker = a.desk.hr.registers("Peeters").await;
    let screening = a.desk.clears(&worker, "cargo_access").await;
    let suspended = a.issues_to(&worker, json!(["cargo_access"])).await;
    let revoked = a.issues_to(&worker, json!(["cargo_access"])).await;
    let hr = &a.desk.hr;
    hr.suspends(&suspended, "under_inquiry").await.created();
    hr.revokes(&revoked, "lost").await.created();
    let before = a.shows(&revoked).await;
    a.desk
        .records(&screening, "negative", TODAY)
        .await
        .created();
    assert_eq!(a.shows(&revoked).await, before);
    let not_valid = ("deny", "not_valid");
    assert_eq!(Port::says(&a.gates(&suspended).await), [not_valid; 2]);
    hr.lifts(&suspended, "for_cause").await.created();
    assert_eq!(Port::says(&a.gates(&suspended).await), [NOT_CLEARED, OPEN]);
}

pub async fn what_is_found_to_be_one_person_is_treated_as_one(world: World) {
    let (a, b) = (
        Port::of(&world, "Haven A").await,
        Port::of(&world, "Haven B").await,
    );
    // Each knows them by another document; B has cleared them, A's State says no on the same day.
    let at_a = a.registers_with("EH123456").await;
    let at_b = b.registers_with("PA999999").await;
    b.desk.clears(&at_b, "cargo_access").await;
    let pass = b.issues_to(&at_b, json!(["cargo_access"])).await;
    let refused = a.desk.opens(&at_a, "cargo_access", "2026-03-02T07:00:00Z");
    let refused = text(&refused.await.created(), "id").to_owned();
    a.desk.does(&refused, "submissions").await.created();
    a.desk.records(&refused, "negative", TODAY).await.created();
    assert_eq!(Port::says(&b.gates(&pass).await), [OPEN, OPEN]);

    // Then they come to B with the document that A knows.
    let path = format!("/v1/workers/{at_b}");
    let etag = b.desk.hr.api.get(&path).await.etag();
    let body = json!({ "family_name": "Verhoeven", "given_names": "Jan",
        "documents": [{ "kind": "passport", "country": "BEL", "number": "EH123456" }] });
    b.desk.hr.api.put(&path, &etag, &body).await.ok();
    assert_eq!(Port::says(&b.gates(&pass).await), [OPEN, OPEN]);
    a.confirms().await;
    assert_eq!(Port::says(&b.gates(&pass).await), [NOT_CLEARED, OPEN]);
}

pub async fn who_was_refused_gets_no_clean_card_by_another_member(world: World) {
    let (a, b) = (
        Port::of(&world, "Haven A").await,
        Port::of(&world, "Haven B").await,
    );
    let at_a = a.registers_with("EH123456").await;
    let refused = a.desk.opens(&at_a, "cargo_access", "2026-03-02T07:00:00Z");
    let refused = text(&refused.await.created(), "id").to_owned();
    a.desk.does(&refused, "submissions").await.created();
    a.desk.records(&refused, "negative", TODAY).await.created();

    let at_b = b.registers_with("eh 123456").await;
    let wanted = json!(["cargo_access"]);
    let said = asks_for(&b.desk.hr, &at_b, "7780001", wanted.clone(), json!({})).await;
    said.refused("match_open");
    a.confirms().await;
    let said = asks_for(&b.desk.hr, &at_b, "7780001", wanted.clone(), json!({})).await;
    let problem = said.refused("invalid");
    assert_eq!(problem["errors"][0]["pointer"], "/scope/functions");
    assert_eq!(problem["errors"][0]["code"], "not_cleared");
    // Not even when B's own screening clears them on the day of the refusal; the other gates are theirs.
    b.desk.clears(&at_b, "cargo_access").await;
    let said = asks_for(&b.desk.hr, &at_b, "7780001", wanted.clone(), json!({})).await;
    said.refused("invalid");
    let pass = b.issues_to(&at_b, json!([])).await;
    assert_eq!(Port::says(&b.gates(&pass).await), [NOT_CLEARED, OPEN]);

    // What the State answers later counts.
    world.clock.advance(DAY_MS);
    let desk = b.desk.again().await;
    let screenings = format!("/v1/workers/{at_b}/screenings");
    let first = desk.officer.get(&screenings).await.ok();
    let first = text(&first["items"][0], "id").to_owned();
    desk.does(&first, "withdrawals").await.created();
    let opened = desk
        .opens(&at_b, "cargo_access", "2026-03-02T07:00:00Z")
        .await;
    let later = text(&opened.created(), "id").to_owned();
    desk.does(&later, "submissions").await.created();
    desk.records(&later, "positive", "2026-03-03")
        .await
        .created();
    let said = asks_for(&desk.hr, &at_b, "7780001", wanted, json!({})).await;
    said.created();
}

pub async fn withdrawing_consent_takes_back_no_refusal(world: World) {
    let (a, b) = (
        Port::of(&world, "Haven A").await,
        Port::of(&world, "Haven B").await,
    );
    let at_a = a.registers_with("EH123456").await;
    let at_b = b.registers_with("EH123456").await;
    a.confirms().await;
    b.desk.clears(&at_b, "cargo_access").await;
    let pass = b.issues_to(&at_b, json!(["cargo_access"])).await;
    let refused = a.desk.opens(&at_a, "cargo_access", "2026-03-02T07:00:00Z");
    let refused = text(&refused.await.created(), "id").to_owned();
    a.desk.does(&refused, "submissions").await.created();
    a.desk.records(&refused, "negative", TODAY).await.created();
    assert_eq!(Port::says(&b.gates(&pass).await), [NOT_CLEARED, OPEN]);
    a.desk.does(&refused, "withdrawals").await.created();
    assert_eq!(Port::says(&b.gates(&pass).await), [NOT_CLEARED, OPEN]);
}

pub async fn a_credential_is_good_for_no_longer_than_what_it_rests_on(world: World) {
    let a = Port::of(&world, "Haven A").await;
    let hr = &a.desk.hr;
    let worker = hr.registers("Peeters").await;
    let cargo = json!(["cargo_access"]);
    let refusal = |said: Said| {
        let problem = said.refused("invalid");
        let error = &problem["errors"][0];
        let field = |name| text(error, name).to_owned();
        (field("pointer"), field("code"), field("detail"))
    };
    let said = asks_for(hr, &worker, "7770001", cargo.clone(), json!({})).await;
    let (pointer, code, message) = refusal(said);
    assert_eq!((&*pointer, &*code), ("/scope/functions", "not_cleared"));
    assert!(message.contains("cargo_access"), "{message}");
    let screening = a.desk.clears(&worker, "cargo_access").await;

    // The last day is the 2nd of March 2031, to its end in Brussels.
    let late = json!({ "valid_until": "2031-03-02T23:00:01Z" });
    let said = asks_for(hr, &worker, "7770001", cargo.clone(), late).await;
    let (pointer, code, message) = refusal(said);
    assert_eq!((&*pointer, &*code), ("/valid_until", "after_clearance"));
    assert!(message.contains("2031-03-02"), "{message}");
    // For no function it is good for as long as ever.
    let ever = json!({ "valid_until": "2036-03-01T00:00:00Z" });
    let said = asks_for(hr, &worker, "7770002", json!([]), ever).await;
    said.created();
    let just = json!({ "valid_until": "2031-03-02T23:00:00Z" });
    let said = asks_for(hr, &worker, "7770001", cargo.clone(), just).await;
    let pass = text(&said.created(), "id").to_owned();

    let engagement =
        json!({ "employer": "Stuwadoor Noord", "until": "2026-12-31", "staff_number": "S-1" });
    let path = format!("/v1/workers/{worker}/engagements");
    let engagement = hr.api.post(&path, &engagement).await.created();
    assert_eq!(engagement["until"], "2026-12-31");
    let on_it = |until: &str| json!({ "engagement": engagement["id"], "valid_until": until });
    let late = on_it("2026-12-31T23:00:01Z");
    let said = asks_for(hr, &worker, "7770003", json!([]), late).await;
    let (pointer, code, message) = refusal(said);
    assert_eq!((&*pointer, &*code), ("/valid_until", "after_engagement"));
    assert!(message.contains("2026-12-31"), "{message}");
    let just = on_it("2026-12-31T23:00:00Z");
    let said = asks_for(hr, &worker, "7770003", json!([]), just).await;
    said.created();
    let over = json!({ "employer": "Stuwadoor Noord", "until": "2026-03-01" });
    let said = hr.api.post(&path, &over).await;
    let (pointer, code, _) = refusal(said);
    assert_eq!((&*pointer, &*code), ("/until", "past"));
    // Nor does a file get round it.
    let file = "family name,given names,employer,staff number,card number,valid until\n\
        Peeters,Mara,Stuwadoor Noord,S-1,7775551,2027-01-01\n\
        Peeters,Mara,Stuwadoor Noord,S-1,7775552,2026-12-31\n";
    let query = format!(
        "purpose=credentials&card_system={}&default_format=number",
        hr.card_system
    );
    let checked = hr.brings(&query, file.into()).await.created();
    let counts = json!({ "new": 1, "same": 0, "conflict": 1, "unusable": 0 });
    assert_eq!(checked["counts"], counts, "{checked}");
    let rows = checked["rows"].to_string();
    assert!(rows.contains("after_engagement"), "{rows}");

    // A lost badge is replaced while all that it is for is cleared, and no longer.
    let badge = |number: &str| {
        json!({ "reason": "lost", "badges": [{ "medium": "card", "cards": [
            { "card_system": hr.card_system, "format": "number", "value": number }] }] })
    };
    let path = format!("/v1/credentials/{pass}/replacements");
    let said = hr.api.post(&path, &badge("7770011")).await.created();
    assert_eq!(said["cleared_for"], cargo);
    let path = format!("/v1/credentials/{}/replacements", text(&said, "id"));
    a.desk
        .records(&screening, "negative", TODAY)
        .await
        .created();
    let said = hr.api.post(&path, &badge("7770012")).await;
    let problem = said.refused("not_cleared");
    assert!(
        text(&problem, "detail").contains("issue another"),
        "{problem}"
    );
}

pub async fn a_zone_that_comes_to_require_a_function_does_so_at_once(world: World) {
    let a = Port::of(&world, "Haven A").await;
    let worker = a.desk.hr.registers("Peeters").await;
    let pass = a.issues_to(&worker, json!([])).await;
    assert_eq!(Port::says(&a.gates(&pass).await), [NOT_CLEARED, OPEN]);
    let path = format!("/v1/zones/{}", text(&a.zone, "id"));
    let mut etag = a.admin.api.get(&path).await.etag();
    for (requires, wanted) in [(Value::Null, OPEN), (json!("cargo_data"), NOT_CLEARED)] {
        let zone = json!({ "facility": a.facility, "name": "Loods 3", "requires": requires });
        let said = a.admin.api.put(&path, &etag, &zone).await;
        etag = said.etag();
        assert_eq!(said.ok()["requires"], requires);
        assert_eq!(Port::says(&a.gates(&pass).await), [wanted, OPEN]);
    }
}

pub async fn an_employer_that_lapses_takes_its_credentials_with_it(world: World) {
    let (a, b) = (
        Port::of(&world, "Haven A").await,
        Port::of(&world, "Haven B").await,
    );
    let engaged = async |port: &Port, worker: &str, employer: &str, number: &str| {
        let hr = &port.desk.hr;
        let path = format!("/v1/workers/{worker}/engagements");
        let body = json!({ "employer": employer });
        let engagement = hr.api.post(&path, &body).await.created();
        let on_it = json!({ "engagement": engagement["id"] });
        let said = asks_for(hr, worker, number, json!([]), on_it).await;
        Pass {
            worker: worker.to_owned(),
            credential: text(&said.created(), "id").to_owned(),
            number: number.to_owned(),
        }
    };
    let (jan, piet) = (
        a.desk.hr.registers("Jansen").await,
        a.desk.hr.registers("Pieters").await,
    );
    let at_b = b.desk.hr.registers("Claes").await;
    let gone = engaged(&a, &jan, "Stuwadoor Noord nv", "7710001").await;
    let also_gone = engaged(&a, &piet, "STUWADOOR  NOORD, N.V.", "7710002").await;
    // Another employer of the same worker, one whose name begins alike, and the same employer at another member.
    let other = engaged(&a, &jan, "Havenbedrijf Zuid", "7710003").await;
    let alike = engaged(&a, &piet, "Stuwadoor Noord nv Services", "7710004").await;
    let elsewhere = engaged(&b, &at_b, "Stuwadoor Noord nv", "7710005").await;
    // One that needs no engagement, and one that was revoked for another reason before.
    let free = a.issues_to(&jan, json!([])).await;
    let before = engaged(&a, &jan, "Stuwadoor Noord nv", "7710006").await;
    a.desk.hr.revokes(&before, "stolen").await.created();

    let lapse = "/v1/engagements:lapse";
    let hr = &a.desk.hr.api;
    let problem = hr
        .post(lapse, &json!({ "employer": "Stuwadoor" }))
        .await
        .refused("invalid");
    assert_eq!(problem["errors"][0]["pointer"], "/employer");
    // What it would do is told before, and is what it does.
    let impact = "/v1/engagements:lapse-impact";
    let unknown = hr.post(impact, &json!({ "employer": "Stuwadoor" })).await;
    assert_eq!(
        unknown.refused("invalid")["errors"][0]["pointer"],
        "/employer"
    );
    let mut ending = [&gone.credential, &also_gone.credential];
    let mut stay = [&other.credential, &alike.credential, &free.credential];
    ending.sort();
    stay.sort();
    let said = hr
        .post(impact, &json!({ "employer": "stuwadoor noord NV" }))
        .await;
    let expected = json!({
        "engagements_count": 3, "more": false,
        "ending_count": 2, "ending": ending,
        "facilities_count": 1, "facilities": [a.facility],
        "credentials_count": 3, "credentials": stay, "issuers": [],
    });
    assert_eq!(said.ok(), expected);
    let said = hr
        .post(lapse, &json!({ "employer": "stuwadoor noord NV" }))
        .await;
    let expected = json!({ "engagements": 3, "credentials": 2, "more": false });
    assert_eq!(said.ok(), expected);
    for pass in [&gone, &also_gone] {
        let shown = a.shows(pass).await;
        assert_eq!(
            (&shown["state"], &shown["reason"]),
            (&json!("revoked"), &json!("sponsor_lapsed"))
        );
        let answer = a.canteen.asks_about(pass).await;
        assert_eq!(verdict(&answer), ("deny", "not_valid"));
        assert_eq!(answer["class"], "administrative");
    }
    assert_eq!(a.shows(&before).await["reason"], "stolen");
    for pass in [&other, &alike, &free] {
        assert_eq!(verdict(&a.canteen.asks_about(pass).await), OPEN);
    }
    assert_eq!(verdict(&b.canteen.asks_about(&elsewhere).await), OPEN);
    // It is done: nobody is engaged there any more.
    let again = hr
        .post(lapse, &json!({ "employer": "Stuwadoor Noord nv" }))
        .await;
    again.refused("invalid");
    let path = format!("/v1/workers/{jan}/engagements");
    let engagements = hr.get(&path).await.ok();
    let lasting = engagements["items"].as_array().expect("items").iter();
    let lasting = lasting.filter(|engagement| engagement["ended"] == false);
    let employers: Vec<&str> = lasting.map(|lasting| text(lasting, "employer")).collect();
    assert_eq!(employers, ["Havenbedrijf Zuid"]);
}

pub async fn what_an_act_would_do_is_what_it_does(world: World) {
    let (a, b) = (
        Port::of(&world, "Haven A").await,
        Port::of(&world, "Haven B").await,
    );
    let at_a = a.registers_with("EH123456").await;
    let at_b = b.registers_with("EH123456").await;
    a.confirms().await;
    let screening = a.desk.clears(&at_a, "cargo_access").await;
    let path = format!("/v1/screenings/{screening}/impact");
    let foreseen = async || a.desk.approver.get(&path).await.ok();
    let nothing = json!({ "function": "cargo_access", "credentials_count": 0, "credentials": [],
        "issuers": [], "facilities_count": 0, "facilities": [] });
    assert_eq!(foreseen().await, nothing);

    let cargo = json!(["cargo_access"]);
    let first = a.issues_to(&at_a, cargo.clone()).await;
    let plain = a.issues_to(&at_a, json!([])).await;
    let suspended = a.issues_to(&at_a, cargo.clone()).await;
    let hr = &a.desk.hr;
    let revoked = a.issues_to(&at_a, cargo.clone()).await;
    hr.suspends(&suspended, "under_inquiry").await.created();
    hr.revokes(&revoked, "lost").await.created();
    let theirs = b.issues_to(&at_b, cargo.clone()).await;
    let others = b.issues_to(&at_b, cargo.clone()).await;
    // Somebody else, who has nothing to do with it.
    let other = b.desk.hr.registers("Claes").await;
    b.desk.clears(&other, "cargo_access").await;
    let stranger = b.issues_to(&other, cargo).await;

    // Made in one moment, they lie in no order.
    let mut own = [&first.credential, &suspended.credential];
    own.sort();
    let mut facilities = [
        json!({ "facility": a.facility, "credentials": 1 }),
        json!({ "facility": b.facility, "credentials": 2 }),
    ];
    facilities.sort_by_key(|at| text(at, "facility").to_owned());
    let expected = json!({
        "function": "cargo_access",
        "credentials_count": 2, "credentials": own,
        "issuers": [{ "member": b.admin.member, "credentials": 2 }],
        // The suspended one opens nothing today.
        "facilities_count": 2,
        "facilities": facilities,
    });
    let said = foreseen().await;
    assert_eq!(said, expected);
    for theirs in [
        &theirs.credential,
        &others.credential,
        &at_b,
        &stranger.worker,
    ] {
        assert!(!said.to_string().contains(theirs.as_str()), "{said}");
    }

    let path = format!("/v1/credentials/{}/impact", plain.credential);
    let said = hr.api.get(&path).await.ok();
    let expected = json!({
        "facilities_count": 1, "facilities": [a.facility],
        "credentials_count": 2, "credentials": own,
        "issuers": [{ "member": b.admin.member, "credentials": 2 }],
    });
    assert_eq!(said, expected);
    let path = format!("/v1/credentials/{}/impact", revoked.credential);
    assert_eq!(hr.api.get(&path).await.ok()["facilities_count"], 0);

    // It comes as foreseen.
    a.desk
        .records(&screening, "negative", TODAY)
        .await
        .created();
    assert_eq!(foreseen().await, nothing);
    assert_eq!(Port::says(&a.gates(&first).await), [NOT_CLEARED, OPEN]);
    assert_eq!(Port::says(&a.gates(&plain).await), [NOT_CLEARED, OPEN]);
    for pass in [&theirs, &others] {
        assert_eq!(Port::says(&b.gates(pass).await), [NOT_CLEARED, OPEN]);
    }
    assert_eq!(Port::says(&b.gates(&stranger).await), [OPEN, OPEN]);
}

pub async fn the_end_of_an_engagement_does_what_was_shown(world: World) {
    let (a, b) = (
        Port::of(&world, "Haven A").await,
        Port::of(&world, "Haven B").await,
    );
    let at_a = a.registers_with("EH123456").await;
    let at_b = b.registers_with("EH123456").await;
    a.confirms().await;
    let hr = &a.desk.hr;
    let path = format!("/v1/workers/{at_a}/engagements");
    let body = json!({ "employer": "Stuwadoor Noord" });
    let engagement = hr.api.post(&path, &body).await.created();
    let on_it = json!({ "engagement": engagement["id"] });
    let said = asks_for(hr, &at_a, "7720001", json!([]), on_it.clone()).await;
    let rests = text(&said.created(), "id").to_owned();
    // One that rests on it and is suspended for cause is decided by two, not by this.
    let said = asks_for(hr, &at_a, "7720002", json!([]), on_it).await;
    let suspected = Pass {
        worker: at_a.clone(),
        credential: text(&said.created(), "id").to_owned(),
        number: String::from("7720002"),
    };
    let free = a.issues_to(&at_a, json!([])).await;
    hr.suspends(&suspected, "under_inquiry").await.created();
    b.issues_to(&at_b, json!([])).await;

    let engagement = format!("/v1/engagements/{}", text(&engagement, "id"));
    let impact = format!("{engagement}/impact");
    let said = hr.api.get(&impact).await.ok();
    let mut stay = [&suspected.credential, &free.credential];
    stay.sort();
    let expected = json!({
        "ending_count": 1, "ending": [rests],
        "facilities_count": 1, "facilities": [a.facility],
        "credentials_count": 2, "credentials": stay,
        "issuers": [{ "member": b.admin.member, "credentials": 1 }],
    });
    assert_eq!(said, expected);

    let end = format!("{engagement}/end");
    hr.api.post(&end, &json!({})).await.ok();
    let shown = async |id: &str| {
        let path = format!("/v1/credentials/{id}");
        hr.api.get(&path).await.ok()["state"].clone()
    };
    assert_eq!(shown(&rests).await, "revoked");
    assert_eq!(shown(&suspected.credential).await, "suspended");
    assert_eq!(shown(&free.credential).await, "active");
    let said = hr.api.get(&impact).await.ok();
    assert_eq!(
        (&said["ending_count"], &said["facilities_count"]),
        (&json!(0), &json!(0))
    );
}

pub async fn bad_news_about_who_is_cleared_by_another_screening_acts_at_once(world: World) {
    let (a, b) = (
        Port::of(&world, "Haven A").await,
        Port::of(&world, "Haven B").await,
    );
    let at_a = a.registers_with("EH123456").await;
    a.desk.clears(&at_a, "cargo_access").await;
    let pass = a.issues_to(&at_a, json!(["cargo_access"])).await;
    let at_b = b.registers_with("EH123456").await;
    a.confirms().await;
    let consent = "2026-03-02T07:00:00Z";
    let sent = async |worker: &str| {
        let opened = b.desk.opens(worker, "cargo_access", consent).await;
        let screening = text(&opened.created(), "id").to_owned();
        b.desk.does(&screening, "submissions").await.created();
        format!("/v1/screenings/{screening}/outcomes")
    };
    // A first answer that is good waits for its second person.
    let path = sent(&at_b).await;
    let advice = |advice: &str| json!({ "advice": advice, "authority": "namb", "reference": "2026/0043", "date": TODAY });
    let waits = b
        .desk
        .officer
        .post(&path, &advice("positive"))
        .await
        .is(202);
    let withdrawals = format!("/v1/approvals/{}/withdrawals", text(&waits, "id"));
    b.desk
        .officer
        .post(&withdrawals, &json!({}))
        .await
        .created();
    assert_eq!(Port::says(&a.gates(&pass).await), [OPEN, OPEN]);
    // One that is bad does not, though this screening has cleared nobody: that of A has.
    let said = b.desk.officer.post(&path, &advice("negative")).await;
    assert_eq!(said.created()["state"], "refused");
    assert_eq!(Port::says(&a.gates(&pass).await), [NOT_CLEARED, OPEN]);
    // It is to be confirmed; and of somebody who is cleared by nothing any more, nothing is at once.
    let waiting = "/v1/approvals?state=waiting";
    let page = b.desk.approver.get(waiting).await.ok();
    assert_eq!(page["items"][0]["act"]["act"], "confirm");
    let other = b.registers_with("EH777777").await;
    let path = sent(&other).await;
    b.desk
        .officer
        .post(&path, &advice("negative"))
        .await
        .is(202);
}
