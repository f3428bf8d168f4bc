//! A port ban arrives from the register of the State: from its first moment to its last nothing that any port issued to the
//! person is good, and nobody but the register, or two administrators, can make or end one.

use serde_json::{Value, json};

use crate::support::World;
use crate::support::actors::{Admin, Api, GateActor, Hr, Pass, Said, new_key, verdict};
use crate::support::world::text;

const HOUR_MS: i64 = 60 * 60 * 1_000;
const DAY_MS: i64 = 24 * HOUR_MS;

pub fn passport(number: &str) -> Value {
    json!({ "kind": "passport", "country": "BEL", "number": number })
}

impl Hr {
    /// Registers somebody with these documents.
    pub async fn registers_with(&self, documents: Value) -> Said {
        let body =
            json!({ "family_name": "Verhoeven", "given_names": "Jan", "documents": documents });
        self.api.post("/v1/workers", &body).await
    }

    /// Issues a credential to somebody who is registered.
    pub async fn tries_to_issue_to(&self, worker: &str) -> (Said, String) {
        let number = new_key().replace("key-", "66000");
        let card = json!({ "card_system": self.card_system, "format": "number", "value": number });
        let body = json!({
            "worker": worker, "valid_until": "2027-03-02T00:00:00Z",
            "badges": [{ "medium": "card", "cards": [card] }],
        });
        (self.api.post("/v1/credentials", &body).await, number)
    }

    pub async fn issues_to_worker(&self, worker: &str) -> Pass {
        let (said, number) = self.tries_to_issue_to(worker).await;
        Pass {
            worker: worker.to_owned(),
            credential: text(&said.created(), "id").to_owned(),
            number,
        }
    }

    /// Registers somebody with this passport, and issues a credential to them.
    pub async fn issues_on(&self, number: &str) -> Pass {
        let worker = self.registers_with(json!([passport(number)])).await;
        let worker = text(&worker.created(), "id").to_owned();
        self.issues_to_worker(&worker).await
    }

    /// How a credential stands: state and the kinds of suspension.
    pub async fn sees(&self, pass: &Pass) -> (String, Value) {
        let path = format!("/v1/credentials/{}", pass.credential);
        let shown = self.api.get(&path).await.ok();
        (
            text(&shown, "state").to_owned(),
            shown["suspensions"].clone(),
        )
    }
}

/// Says of an open match case that both records are of one person.
pub async fn confirms_the_match(hr: &Hr) {
    let page = hr.api.get("/v1/match-cases?state=open").await.ok();
    let case = &page["items"][0];
    let path = format!("/v1/match-cases/{}/confirmations", text(case, "id"));
    let said = hr.api.post(&path, &json!({})).await.is(202);
    hr.approver.grants(&said).await;
}

async fn register(world: &World) -> (Admin, Api) {
    let network = world.admin().await;
    let feed = network.client(world, &network.member, "register").await;
    (network, feed)
}

fn ban(reference: &str, document: &Value, starts_at: &str, ends_at: &str) -> Value {
    json!({ "document": document, "reference": reference, "starts_at": starts_at, "ends_at": ends_at })
}

/// How many documents of bans are kept.
fn db_documents_of_bans(world: &World) -> usize {
    let mut kept = 0;
    world.db_read(|reader| {
        portcullis::store::bans::each_document(reader, |_, _, _| {
            kept += 1;
            Ok(())
        })
        .expect("it can be read");
    });
    kept
}

const BEFORE: &str = "2026-03-01T23:00:00Z";
const IN_A_YEAR: &str = "2027-02-01T23:00:00Z";

async fn answers(gates: &[&GateActor], pass: &Pass) -> Vec<String> {
    let mut answers = Vec::new();
    for gate in gates {
        answers.push(verdict(&gate.asks_about(pass).await).0.to_owned());
    }
    answers
}

/// Waits until a gate answers so: what follows from a date follows within a second or two.
pub async fn comes_to(gate: &GateActor, pass: &Pass, decision: &str) {
    let began = std::time::Instant::now();
    while verdict(&gate.asks_about(pass).await).0 != decision {
        assert!(began.elapsed().as_secs() < 20, "it is not {decision}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

pub async fn a_ban_bars_every_gate_of_every_member_at_once(world: World) {
    let (_, feed) = register(&world).await;
    let (a, b) = (world.member("Haven A").await, world.member("Haven B").await);
    let (hr_of_a, hr_of_b) = (a.hr(&world).await, b.hr(&world).await);
    let systems = [hr_of_a.card_system.as_str(), hr_of_b.card_system.as_str()];
    let (gate_of_a, gate_of_b) = (
        a.gate(&world, &systems).await,
        b.gate(&world, &systems).await,
    );
    let gates = [&gate_of_a, &gate_of_b];
    let at_a = hr_of_a.issues_on("EH123456").await;
    // B knows the person by another passport, and by a match that was confirmed: by the first one alone nobody finds it.
    let both = json!([passport("EH123456"), passport("XX998877")]);
    let worker = hr_of_b.registers_with(both).await.created();
    confirms_the_match(&hr_of_a).await;
    let at_b = hr_of_b.issues_to_worker(text(&worker, "id")).await;
    let path = format!("/v1/workers/{}", at_b.worker);
    let etag = hr_of_b.api.get(&path).await.etag();
    let other = json!({ "family_name": "Verhoeven", "given_names": "Jan", "documents": [passport("XX998877")] });
    hr_of_b.api.put(&path, &etag, &other).await.ok();
    let somebody = hr_of_a.issues_on("ZZ111111").await;
    for pass in [&at_a, &at_b, &somebody] {
        assert_eq!(answers(&gates, pass).await, ["permit", "permit"]);
    }

    let body = ban(
        "AIGIS-2026/0042",
        &passport("eh 123.456"),
        BEFORE,
        IN_A_YEAR,
    );
    let mirrored = feed.post("/v1/bans", &body).await.created();
    assert_eq!(
        (&mirrored["state"], &mirrored["known"]),
        (&json!("standing"), &json!(true))
    );
    // With the answer, and not a moment later.
    for pass in [&at_a, &at_b] {
        assert_eq!(answers(&gates, pass).await, ["deny", "deny"]);
    }
    assert_eq!(answers(&gates, &somebody).await, ["permit", "permit"]);
    for (hr, pass) in [(&hr_of_a, &at_a), (&hr_of_b, &at_b)] {
        let (state, kinds) = hr.sees(pass).await;
        assert_eq!((state.as_str(), kinds), ("suspended", json!(["judicial"])));
        // Nobody lifts it by hand, and nothing new is issued.
        hr.lifts(pass, "judicial").await.refused("ban_stands");
        let (said, _) = hr.tries_to_issue_to(&pass.worker).await;
        said.refused("ban_stands");
        let badges = format!("/v1/credentials/{}/badges", pass.credential);
        let card = json!({ "card_system": hr.card_system, "format": "number", "value": new_key().replace("key-", "67000") });
        let badge = json!({ "medium": "card", "cards": [card] });
        hr.api.post(&badges, &badge).await.refused("ban_stands");
    }
    assert_eq!(db_documents_of_bans(&world), 1);
    // The register hears neither names nor records, and says a thing once.
    let path = format!("/v1/bans/{}", text(&mirrored, "id"));
    assert_eq!(feed.get(&path).await.ok(), mirrored);
    for hidden in ["wrk_", "EH123456", "Verhoeven"] {
        assert!(!mirrored.to_string().contains(hidden));
    }
    feed.post("/v1/bans", &body).await.refused("ban_known");
    assert!(hr_of_a.api.get(&path).await.status == 403);
}

pub async fn the_end_of_a_ban_lifts_what_it_did_and_nothing_else(world: World) {
    let (_, feed) = register(&world).await;
    let a = world.member("Haven A").await;
    let hr = a.hr(&world).await;
    let gate = a.gate(&world, &[&hr.card_system]).await;
    let (free, inquired) = (
        hr.issues_on("EH123456").await,
        hr.issues_on("EH777777").await,
    );
    hr.suspends(&inquired, "under_inquiry").await.created();
    let mut bans = Vec::new();
    for (reference, number, ends_at) in [
        ("2026/1", "EH123456", IN_A_YEAR),
        ("2026/2", "EH123456", "2026-03-02T09:30:00Z"),
        ("2026/3", "EH777777", IN_A_YEAR),
    ] {
        let body = ban(reference, &passport(number), BEFORE, ends_at);
        let mirrored = feed.post("/v1/bans", &body).await.created();
        bans.push(format!("/v1/bans/{}", text(&mirrored, "id")));
    }
    assert_eq!(hr.sees(&inquired).await.1, json!(["for_cause", "judicial"]));

    // The inquiry stays when the ban is taken back.
    let ends = |ban: &str| format!("{ban}/ends");
    let ended = feed.post(&ends(&bans[2]), &json!({})).await.created();
    assert_eq!(ended["state"], "ended");
    assert_eq!(hr.sees(&inquired).await.1, json!(["for_cause"]));
    assert_eq!(answers(&[&gate], &inquired).await, ["deny"]);
    feed.post(&ends(&bans[2]), &json!({}))
        .await
        .refused("ban_state");
    // Of whom it was is kept no longer.
    assert_eq!(db_documents_of_bans(&world), 2);

    // Of two bans one is taken back: the other one holds, until its term runs out by itself.
    feed.post(&ends(&bans[0]), &json!({})).await.created();
    assert_eq!(answers(&[&gate], &free).await, ["deny"]);
    world.clock.advance(2 * HOUR_MS);
    let (gate, hr, feed) = (
        GateActor {
            api: gate.api.again().await,
            ..gate.clone()
        },
        hr.again().await,
        feed.again().await,
    );
    comes_to(&gate, &free, "permit").await;
    assert_eq!(hr.sees(&free).await.0, "active");
    assert_eq!(hr.sees(&inquired).await.1, json!(["for_cause"]));
    assert_eq!(feed.get(&bans[1]).await.ok()["state"], "ended");
    hr.issues_to_worker(&free.worker).await;
}

pub async fn a_ban_begins_on_its_day(world: World) {
    let (_, feed) = register(&world).await;
    let a = world.member("Haven A").await;
    let hr = a.hr(&world).await;
    let gate = a.gate(&world, &[&hr.card_system]).await;
    let pass = hr.issues_on("EH123456").await;
    let body = ban(
        "2026/1",
        &passport("EH123456"),
        "2026-03-02T08:30:00Z",
        IN_A_YEAR,
    );
    let mirrored = feed.post("/v1/bans", &body).await.created();
    assert_eq!(mirrored["state"], "upcoming");
    let later = hr.issues_to_worker(&pass.worker).await;
    world.clock.advance(HOUR_MS - 1);
    tokio::time::sleep(std::time::Duration::from_millis(1_500)).await;
    let gate = GateActor {
        api: gate.api.again().await,
        ..gate
    };
    assert_eq!(answers(&[&gate], &pass).await, ["permit"]);
    world.clock.advance(1);
    for pass in [&pass, &later] {
        comes_to(&gate, pass, "deny").await;
    }
    let path = format!("/v1/bans/{}", text(&mirrored, "id"));
    let shown = feed.again().await.get(&path).await.ok();
    assert_eq!(
        (&shown["state"], &shown["since"]),
        (&json!("standing"), &json!("2026-03-02T08:30:00.000Z"))
    );
    // A node that was down for the whole of a term finds nothing to do but to end it.
    let gone = ban(
        "2026/2",
        &passport("EH123457"),
        "2026-04-01T00:00:00Z",
        "2026-04-02T00:00:00Z",
    );
    let feed = feed.again().await;
    let gone = feed.post("/v1/bans", &gone).await.created();
    world.clock.advance(60 * DAY_MS);
    let feed = feed.again().await;
    let path = format!("/v1/bans/{}", text(&gone, "id"));
    let began = std::time::Instant::now();
    while feed.get(&path).await.ok()["state"] != "ended" {
        assert!(began.elapsed().as_secs() < 20);
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

pub async fn a_ban_on_somebody_unknown_bites_when_they_are_registered(world: World) {
    let (_, feed) = register(&world).await;
    let (a, b) = (world.member("Haven A").await, world.member("Haven B").await);
    let (hr_of_a, hr_of_b) = (a.hr(&world).await, b.hr(&world).await);
    let body = ban("2026/1", &passport("EH123456"), BEFORE, IN_A_YEAR);
    let mirrored = feed.post("/v1/bans", &body).await.created();
    assert_eq!(mirrored["known"], false);

    // What the port is told of the record is what it is told of anybody.
    let banned = hr_of_a
        .registers_with(json!([passport("EH123456")]))
        .await
        .created();
    let other = hr_of_a
        .registers_with(json!([passport("EH123457")]))
        .await
        .created();
    let keys =
        |worker: &Value| -> Vec<String> { worker.as_object().unwrap().keys().cloned().collect() };
    assert_eq!(keys(&banned), keys(&other));
    let worker = text(&banned, "id");
    let (said, _) = hr_of_a.tries_to_issue_to(worker).await;
    said.refused("ban_stands");
    hr_of_a.issues_to_worker(text(&other, "id")).await;
    // To take the document out again does not help.
    let path = format!("/v1/workers/{worker}");
    let etag = hr_of_a.api.get(&path).await.etag();
    let without = json!({ "family_name": "Verhoeven", "given_names": "Jan" });
    hr_of_a.api.put(&path, &etag, &without).await.ok();
    let (said, _) = hr_of_a.tries_to_issue_to(worker).await;
    said.refused("ban_stands");
    let path = format!("/v1/bans/{}", text(&mirrored, "id"));
    assert_eq!(feed.get(&path).await.ok()["known"], true);

    // Who has a badge already and comes with the document later loses it in the same act.
    let at_b = hr_of_b.issues().await;
    let path = format!("/v1/workers/{}", at_b.worker);
    let etag = hr_of_b.api.get(&path).await.etag();
    let with = json!({ "family_name": "Peeters", "given_names": "Mara", "documents": [passport("EH123456")] });
    hr_of_b.api.put(&path, &etag, &with).await.ok();
    assert_eq!(hr_of_b.sees(&at_b).await.1, json!(["judicial"]));

    // By a file too.
    let engagements = format!("/v1/workers/{worker}/engagements");
    let engagement = json!({ "employer": "Stuwadoor Noord", "staff_number": "S-7" });
    hr_of_a.api.post(&engagements, &engagement).await.created();
    let file = "family name,given names,employer,staff number,card number,valid until\n\
        Verhoeven,Jan,Stuwadoor Noord,S-7,8812345,2027-03-01\n\
        Claes,Piet,Stuwadoor Noord,S-8,8812346,2027-03-01\n";
    let query = format!(
        "purpose=credentials&card_system={}&default_format=number",
        hr_of_a.card_system
    );
    let checked = hr_of_a.brings(&query, file.into()).await.created();
    let counts = json!({ "new": 1, "same": 0, "conflict": 1, "unusable": 0 });
    assert_eq!(checked["counts"], counts, "{checked}");
    assert!(checked["rows"].to_string().contains("ban_stands"));
}

pub async fn a_match_that_is_confirmed_brings_the_ban_along(world: World) {
    let (_, feed) = register(&world).await;
    let (a, b) = (world.member("Haven A").await, world.member("Haven B").await);
    let (hr_of_a, hr_of_b) = (a.hr(&world).await, b.hr(&world).await);
    // Of B's record the register says it by the document that A has not got.
    let at_a = hr_of_a.issues_on("EH123456").await;
    let both = json!([passport("EH123456"), passport("XX998877")]);
    hr_of_b.registers_with(both).await.created();
    let body = ban("2026/1", &passport("XX998877"), BEFORE, IN_A_YEAR);
    let mirrored = feed.post("/v1/bans", &body).await.created();
    assert_eq!(hr_of_a.sees(&at_a).await.0, "active");
    confirms_the_match(&hr_of_a).await;
    assert_eq!(hr_of_a.sees(&at_a).await.1, json!(["judicial"]));
    let ends = format!("/v1/bans/{}/ends", text(&mirrored, "id"));
    feed.post(&ends, &json!({})).await.created();
    assert_eq!(hr_of_a.sees(&at_a).await.0, "active");

    // The register can name a record, and then its person is meant.
    let body = json!({ "worker": at_a.worker, "reference": "2026/2", "starts_at": BEFORE, "ends_at": IN_A_YEAR });
    let mirrored = feed.post("/v1/bans", &body).await.created();
    assert_eq!(mirrored["known"], true);
    assert_eq!(hr_of_a.sees(&at_a).await.1, json!(["judicial"]));
    feed.post("/v1/bans", &body).await.refused("ban_known");
}

pub async fn who_is_banned_does_not_end_it(world: World) {
    let (network, feed) = register(&world).await;
    let hr = network.hr(&world).await;
    let pass = hr.issues_on("EH123456").await;
    let body = ban("2026/1", &passport("EH123456"), BEFORE, IN_A_YEAR);
    let mirrored = feed.post("/v1/bans", &body).await.created();
    let person = json!({ "member": network.member, "worker": pass.worker });
    let person = network.api.post("/v1/people", &person).await.created();
    let banned = network.tool(&world, "network_admin", &person).await;
    let first = network.person(&world, "network_admin").await;
    let ends = format!("/v1/bans/{}/ends", text(&mirrored, "id"));
    let nothing = json!({});
    banned.post(&ends, &nothing).await.refused("wrong_person");
    let asked = first.post(&ends, &nothing).await.is(202);
    let grants = format!("/v1/approvals/{}/grants", text(&asked, "id"));
    let content = json!({ "content": asked["content"] });
    let said = banned.post(&grants, &content).await;
    said.refused("wrong_person");
}

pub async fn nobody_makes_or_ends_a_ban_by_hand_alone(world: World) {
    let (_, feed) = register(&world).await;
    let a = world.member("Haven A").await;
    let hr = a.hr(&world).await;
    let pass = hr.issues_on("EH123456").await;
    let body = ban("2026/1", &passport("EH123456"), BEFORE, IN_A_YEAR);
    for role in [
        "hr_officer",
        "hr_approver",
        "duty_officer",
        "screening_approver",
        "registrar",
        "auditor",
    ] {
        let somebody = a.person(&world, role).await;
        somebody.post("/v1/bans", &body).await.refused("forbidden");
    }
    // Nor does somebody make a feed of the register for themselves.
    let client = json!({ "member": a.member, "name": "a feed", "role": "register" });
    a.api
        .post("/v1/clients", &client)
        .await
        .refused("forbidden");

    let [first, second] = world.network_admins().await;
    let asked = first.post("/v1/bans", &body).await.is(202);
    let nobody = ban("2026/2", &passport("EH999999"), BEFORE, IN_A_YEAR);
    let unknown = first.post("/v1/bans", &nobody).await.is(202);
    assert_eq!(hr.sees(&pass).await.0, "active");
    // Whether the person is known is not to be seen in the answer.
    let keys =
        |asked: &Value| -> Vec<String> { asked.as_object().unwrap().keys().cloned().collect() };
    assert_eq!(keys(&asked), keys(&unknown));
    assert!(!asked.to_string().contains("EH123456"));
    let by_record = json!({ "worker": pass.worker, "reference": "2026/3", "starts_at": BEFORE, "ends_at": IN_A_YEAR });
    let refused = first.post("/v1/bans", &by_record).await.refused("invalid");
    assert_eq!(refused["errors"][0]["code"], "not_by_hand");

    let path = format!("/v1/approvals/{}", text(&asked, "id"));
    let grants = format!("{path}/grants");
    let content = json!({ "content": asked["content"] });
    first.post(&grants, &content).await.refused("wrong_person");
    hr.approver
        .post(&grants, &content)
        .await
        .refused("not_found");
    let page = second.get("/v1/approvals?state=waiting").await.ok();
    assert_eq!(page["items"].as_array().map(Vec::len), Some(2));
    second.post(&grants, &content).await.created();
    assert_eq!(hr.sees(&pass).await.1, json!(["judicial"]));

    // What was asked for and never granted is forgotten with its time.
    assert_eq!(db_documents_of_bans(&world), 2);
    world.clock.advance(3 * DAY_MS + 1);
    let began = std::time::Instant::now();
    while db_documents_of_bans(&world) != 1 {
        assert!(began.elapsed().as_secs() < 20);
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let (first, second, hr, feed) = (
        first.again().await,
        second.again().await,
        hr.again().await,
        feed.again().await,
    );
    let page = second.get("/v1/bans?state=standing").await.ok();
    let mirrored = &page["items"][0];
    assert!(mirrored["known"].is_null(), "only the register is told");
    let ends = format!("/v1/bans/{}/ends", text(mirrored, "id"));
    let asked = second.post(&ends, &json!({})).await;
    assert_eq!(asked.status, 202);
    assert_eq!(hr.sees(&pass).await.1, json!(["judicial"]));
    let ban = format!("/v1/bans/{}", text(mirrored, "id"));
    let ended = first.seconds(asked, &ban).await.created();
    assert_eq!(ended["state"], "ended");
    assert_eq!(hr.sees(&pass).await.0, "active");
    feed.post(&ends, &json!({})).await.refused("ban_state");
}

pub async fn a_file_of_the_register_is_mirrored_row_by_row(world: World) {
    let (network, feed) = register(&world).await;
    let a = world.member("Haven A").await;
    let hr = a.hr(&world).await;
    let pass = hr.issues_on("EH123456").await;
    let file = "Soort document;Land van afgifte;Documentnummer;Begindatum;Einddatum;Referentie\n\
        paspoort;BEL;EH-123.456;01/02/2026;31/01/2031;AIGIS-2026/1\n\
        paspoort;NLD;NX123456;2026-02-01;2028-01-31;AIGIS-2026/2\n\
        rijbewijs;BEL;EH123457;2026-02-01;2028-01-31;AIGIS-2026/3\n\
        paspoort;BEL;EH123458;2020-02-01;2022-01-31;AIGIS-2020/4\n";
    let mut brings = hr.clone();
    brings
        .brings("purpose=bans", file.into())
        .await
        .refused("invalid");
    brings.api = feed.clone();
    brings
        .brings("purpose=revocations&reason=lost", file.into())
        .await
        .refused("invalid");
    let counts = json!({ "new": 2, "same": 0, "conflict": 0, "unusable": 2 });
    let checked = brings.brings("purpose=bans", file.into()).await.created();
    assert_eq!(checked["counts"], counts, "{checked}");
    // Nothing is changed yet.
    assert_eq!(hr.sees(&pass).await.0, "active");
    brings.applies(text(&checked, "id")).await.is(202);
    let applied = brings.awaits(text(&checked, "id")).await;
    assert_eq!(
        (&applied["state"], &applied["counts"]),
        (&json!("applied"), &counts)
    );
    assert_eq!(hr.sees(&pass).await.1, json!(["judicial"]));
    let page = feed.get("/v1/bans").await.ok();
    let bans = page["items"].as_array().expect("items");
    assert_eq!(bans.len(), 2);
    let first = bans
        .iter()
        .find(|ban| ban["reference"] == "AIGIS-2026/1")
        .expect("it is there");
    assert_eq!(
        (&first["reference"], &first["starts_at"], &first["ends_at"]),
        (
            &json!("AIGIS-2026/1"),
            &json!("2026-01-31T23:00:00.000Z"),
            &json!("2031-01-31T23:00:00.000Z")
        )
    );
    // The same file again changes nothing, and another term is a conflict.
    let again = file.replace("31/01/2031", "31/01/2030");
    let checked = brings.brings("purpose=bans", again.into()).await.created();
    let counts = json!({ "new": 0, "same": 1, "conflict": 1, "unusable": 2 });
    assert_eq!(checked["counts"], counts, "{checked}");
    drop(network);
}

pub async fn a_ban_that_cannot_be_meant_is_refused_with_its_field(world: World) {
    let (_, feed) = register(&world).await;
    let good = ban("2026/1", &passport("EH123456"), BEFORE, IN_A_YEAR);
    for (field, value, pointer, code) in [
        ("ends_at", json!(BEFORE), "/ends_at", "before_start"),
        (
            "ends_at",
            json!("2047-03-02T00:00:00Z"),
            "/ends_at",
            "too_long",
        ),
        ("document", json!(null), "/document", "one_of"),
        (
            "worker",
            json!("wrk_00000000000070008000000000000000"),
            "/document",
            "one_of",
        ),
        (
            "document",
            json!({ "kind": "national_id_card", "country": "BEL", "number": "85.07.30-033 28" }),
            "/document/number",
            "national_register_number",
        ),
    ] {
        let mut body = good.clone();
        body[field] = value;
        let problem = feed.post("/v1/bans", &body).await.refused("invalid");
        let error = &problem["errors"][0];
        assert_eq!(
            (&error["pointer"], &error["code"]),
            (&json!(pointer), &json!(code))
        );
    }
    let past = ban(
        "2026/1",
        &passport("EH123456"),
        "2020-01-01T00:00:00Z",
        "2021-01-01T00:00:00Z",
    );
    let problem = feed.post("/v1/bans", &past).await.refused("invalid");
    assert_eq!(problem["errors"][0]["code"], "past");
    let body = json!({ "worker": "wrk_00000000000070008000000000000000", "reference": "2026/1", "starts_at": BEFORE, "ends_at": IN_A_YEAR });
    let problem = feed.post("/v1/bans", &body).await.refused("invalid");
    assert_eq!(problem["errors"][0]["code"], "not_found");
}

pub async fn nobody_bars_a_port_alone_by_the_document_of_who_is_banned(world: World) {
    let (_, feed) = register(&world).await;
    let hr = world.member("Haven A").await.hr(&world).await;
    let banned = passport("EH999999");
    feed.post("/v1/bans", &ban("REG-1", &banned, BEFORE, IN_A_YEAR))
        .await
        .created();
    let mut passes = Vec::new();
    for _ in 0..21 {
        passes.push(hr.issues().await);
    }
    let bears_it = async |pass: &Pass| {
        let path = format!("/v1/workers/{}", pass.worker);
        let said = hr.api.get(&path).await;
        let etag = said.etag();
        let own = said.ok()["documents"][0].clone();
        let body =
            json!({ "family_name": "Peeters", "given_names": "Mara", "documents": [own, banned] });
        hr.api.put(&path, &etag, &body).await
    };
    for pass in &passes[..20] {
        bears_it(pass).await.ok();
        assert_eq!(hr.sees(pass).await.1, json!(["judicial"]));
    }
    bears_it(&passes[20]).await.refused("bulk_limit");
    // Nothing of it was done.
    assert_eq!(hr.sees(&passes[20]).await.0, "active");
    let path = format!("/v1/workers/{}", passes[20].worker);
    let documents = hr.api.get(&path).await.ok()["documents"].clone();
    assert_eq!(documents.as_array().map(Vec::len), Some(1));
}
