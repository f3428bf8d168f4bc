//! Many at once: what one person may do alone, how an emergency goes without a second one, and who looks at it afterwards.

use portcullis::domain::approval::{BULK_WITHIN_MS, CONFIRM_MS};
use portcullis::domain::break_glass::LASTS_MS;
use portcullis::domain::time::HOUR_MS;
use serde_json::{Value, json};

use crate::support::World;
use crate::support::actors::{Admin, Api, GateActor, Hr, Pass, Said, verdict};
use crate::support::world::{Database, text};

const BATCH: &str = "/v1/revocations:batch";

/// A port with a gate, and badges.
struct Port {
    admin: Admin,
    hr: Hr,
    gate: GateActor,
    passes: Vec<Pass>,
}

impl Port {
    async fn of(world: &World, name: &str, passes: usize) -> Self {
        let admin = world.member(name).await;
        let hr = admin.hr(world).await;
        let gate = admin.gate(world, &[&hr.card_system]).await;
        let mut port = Self {
            admin,
            hr,
            gate,
            passes: Vec::new(),
        };
        for _ in 0..passes {
            port.passes.push(port.hr.issues().await);
        }
        port
    }

    async fn is_good(&self, pass: &Pass) -> bool {
        match verdict(&self.gate.asks_about(pass).await) {
            ("permit", "valid") => true,
            ("deny", "not_valid") => false,
            other => panic!("{other:?}"),
        }
    }
}

async fn revokes(api: &Api, pass: &Pass, reason: &str) -> Said {
    let path = format!("/v1/credentials/{}/revocations", pass.credential);
    api.post(&path, &json!({ "reason": reason })).await
}

async fn suspends(api: &Api, pass: &Pass, reason: &str) -> Said {
    let path = format!("/v1/credentials/{}/suspensions", pass.credential);
    api.post(&path, &json!({ "reason": reason })).await
}

fn list(passes: &[Pass], reason: &str) -> Value {
    let ids: Vec<&str> = passes.iter().map(|pass| &*pass.credential).collect();
    json!({ "credentials": ids, "reason": reason })
}

async fn grants(api: &Api, approval: &Value) -> Said {
    let path = format!("/v1/approvals/{}/grants", text(approval, "id"));
    api.post(&path, &json!({ "content": approval["content"] }))
        .await
}

/// What waits at the credentials desk to be confirmed.
async fn to_confirm(api: &Api) -> Vec<Value> {
    let page = api.get("/v1/approvals?state=waiting&limit=200").await.ok();
    let items = page["items"].as_array().expect("items").iter();
    items
        .filter(|item| item["act"]["act"] == "confirm")
        .cloned()
        .collect()
}

pub async fn the_twenty_first_in_ten_minutes_waits_for_a_second_person(mut world: World) {
    let port = Port::of(&world, "Haven A", 26).await;
    let (first, rest) = port.passes.split_at(20);
    // One person through two tools.
    let body = json!({ "member": port.admin.member });
    let person = port.admin.api.post("/v1/people", &body).await.created();
    let officer = port.admin.tool(&world, "hr_officer", &person).await;
    let duty = port.admin.tool(&world, "duty_officer", &person).await;
    for (nth, pass) in first.iter().enumerate() {
        match nth % 4 {
            0 => revokes(&officer, pass, "lost").await.created(),
            1 => revokes(&duty, pass, "stolen").await.created(),
            2 => suspends(&officer, pass, "dormant").await.created(),
            _ => suspends(&duty, pass, "under_inquiry").await.created(),
        };
    }
    let mut waiting = Vec::new();
    for api in [&officer, &duty] {
        waiting.push(revokes(api, &rest[0], "lost").await.is(202));
        suspends(api, &rest[0], "dormant").await.is(202);
        // Not even for cause is the gate shut: too many are shut already.
        revokes(api, &rest[0], "identity_fraud").await.is(202);
        api.post(BATCH, &list(&rest[..1], "lost")).await.is(202);
    }
    assert!(port.is_good(&rest[0]).await);
    // Another person is another person.
    revokes(&port.hr.api, &rest[1], "lost").await.created();

    // Neither a restart forgets nor another node.
    world.restart();
    let at_first = officer.at(world.node.address);
    revokes(&at_first, &rest[2], "lost").await.is(202);
    if world.database == Database::Postgres {
        let other = world.another_node();
        let there = officer.at(other.address);
        revokes(&there, &rest[2], "lost").await.is(202);
    }
    let approver = port.hr.approver.at(world.node.address);
    grants(&approver, &waiting[0]).await.created();
    let gate = port.gate.at(world.node.address);
    assert_eq!(
        verdict(&gate.asks_about(&rest[0]).await),
        ("deny", "not_valid")
    );
    let asked = suspends(&at_first, &rest[3], "dormant").await.is(202);
    grants(&approver, &asked).await.created();
    assert_eq!(
        verdict(&gate.asks_about(&rest[3]).await),
        ("deny", "not_valid")
    );

    // What was ten minutes ago counts no more.
    world.clock.advance(BULK_WITHIN_MS);
    revokes(&at_first, &rest[2], "lost").await.created();
}

pub async fn a_list_of_more_than_twenty_waits_whole(world: World) {
    let port = Port::of(&world, "Haven A", 42).await;
    let (hr, passes) = (&port.hr, &port.passes);
    let asked = hr.api.post(BATCH, &list(&passes[..21], "lost")).await;
    let asked = asked.is(202);
    let listed = asked["act"]["credentials"].as_array().expect("a list");
    assert_eq!(listed.len(), 21);
    assert!(asked.get("worker").is_none(), "it is about many");
    for pass in &passes[..21] {
        assert!(port.is_good(pass).await, "nothing is done before");
    }
    // One that is touched meanwhile makes it another list; one that is revoked does not.
    suspends(&hr.api, &passes[0], "dormant").await.created();
    grants(&hr.approver, &asked).await.refused("changed");
    let again = hr.api.post(BATCH, &list(&passes[..21], "lost")).await;
    let again = again.is(202);
    revokes(&hr.api, &passes[1], "stolen").await.created();
    grants(&hr.approver, &again).await.created();
    for pass in &passes[..21] {
        assert!(!port.is_good(pass).await);
    }
    let path = format!("/v1/credentials/{}", passes[1].credential);
    assert_eq!(hr.api.get(&path).await.ok()["reason"], "stolen");
    grants(&hr.approver, &asked).await.refused("changed");

    // Two were done alone; eighteen more may be, in one list, and then none.
    let said = hr.api.post(BATCH, &list(&passes[21..39], "lost")).await;
    said.ok();
    revokes(&hr.api, &passes[39], "lost").await.is(202);
    // By the way neither.
    let body = json!({ "reason": "lost", "badges": [{ "medium": "card", "cards": [
        { "card_system": hr.card_system, "format": "number", "value": "99000001" },
    ]}] });
    let path = format!("/v1/credentials/{}/replacements", passes[40].credential);
    hr.api.post(&path, &body).await.refused("bulk_limit");
    let path = format!("/v1/workers/{}/engagements", passes[41].worker);
    let body = json!({ "employer": "Stuwadoor Noord" });
    let engagement = hr.api.post(&path, &body).await.created();
    let engagement = text(&engagement, "id");
    let body = json!({ "worker": passes[41].worker, "engagement": engagement, "valid_until": "2027-01-01T00:00:00Z",
        "badges": [{ "medium": "card", "cards": [
            { "card_system": hr.card_system, "format": "number", "value": "99000002" },
        ]}] });
    hr.api.post("/v1/credentials", &body).await.created();
    let path = format!("/v1/engagements/{engagement}/end");
    hr.api.post(&path, &json!({})).await.refused("bulk_limit");
    assert!(port.is_good(&passes[41]).await);
}

pub async fn a_file_of_more_than_twenty_waits_whole(world: World) {
    let port = Port::of(&world, "Haven A", 21).await;
    let hr = &port.hr;
    let rows: String = port
        .passes
        .iter()
        .map(|pass| format!("{}\r\n", pass.number))
        .collect();
    let query = format!(
        "purpose=revocations&card_system={}&default_format=number&reason=stolen",
        hr.card_system
    );
    let file = format!("Badgenummer\r\n{rows}");
    let checked = hr.brings(&query, file.into()).await.created();
    let id = text(&checked, "id");
    let said = hr.applies(id).await;
    let place = said.headers["location"].to_str().expect("ASCII").to_owned();
    let waits = said.is(202);
    assert_eq!(waits["state"], "checked");
    assert_eq!(place, format!("/v1/approvals/{}", text(&waits, "approval")));
    let approval = hr.api.get(&place).await.ok();
    assert_eq!(approval["act"]["rows"], 21);
    assert_eq!(approval["act"]["new"], 21);
    assert_eq!(text(&approval["act"], "file").len(), 64);
    for pass in &port.passes {
        assert!(port.is_good(pass).await, "nothing is done before");
    }
    let declined = format!("{place}/declines");
    let ground = json!({ "ground": "not_needed" });
    hr.approver.post(&declined, &ground).await.created();
    assert_eq!(
        hr.api.get(&format!("/v1/imports/{id}")).await.ok()["state"],
        "checked"
    );

    let waits = hr.applies(id).await.is(202);
    let place = format!("/v1/approvals/{}", text(&waits, "approval"));
    let approval = hr.api.get(&place).await.ok();
    grants(&hr.approver, &approval).await.created();
    let done = hr.awaits(id).await;
    assert_eq!(
        (text(&done, "state"), &done["counts"]["new"]),
        ("applied", &json!(21))
    );
    for pass in &port.passes {
        assert!(!port.is_good(pass).await);
    }
    grants(&hr.approver, &approval)
        .await
        .refused("approval_ended");
}

pub async fn a_duty_officer_breaks_the_glass_and_everybody_sees_it(world: World) {
    let port = Port::of(&world, "Haven A", 47).await;
    let (hr, passes) = (&port.hr, &port.passes);
    let other = Port::of(&world, "Haven B", 21).await;
    let body = json!({ "reason": "stock_stolen", "reference": "INC-2026/7", "minutes": 30 });
    let path = "/v1/break-glass";
    hr.api.post(path, &body).await.refused("forbidden");
    let system = port
        .admin
        .client(&world, &port.admin.member, "duty_officer");
    system.await.post(path, &body).await.refused("wrong_person");
    let person = json!({ "member": port.admin.member });
    let person = port.admin.api.post("/v1/people", &person).await.created();
    let duty = port.admin.tool(&world, "duty_officer", &person).await;
    for (field, wrong) in [
        ("reference", json!("everybody saw Jan Maes")),
        ("minutes", json!(61)),
        ("minutes", json!(0)),
        ("reason", json!("because")),
    ] {
        let mut body = body.clone();
        body[field] = wrong;
        duty.post(path, &body).await.refused("invalid");
    }

    hr.api
        .post(BATCH, &list(&passes[..21], "lost"))
        .await
        .is(202);
    let glass = duty.post(path, &body).await.created();
    assert_eq!(
        (&glass["open"], text(&glass, "reference")),
        (&json!(true), "INC-2026/7")
    );
    duty.post(path, &body).await.refused("break_glass_open");
    // At this member many are revoked by one; at no other. For cause it takes two all the same, and the gates are shut.
    hr.api.post(BATCH, &list(&passes[..21], "lost")).await.ok();
    let body_for_cause = list(&passes[21..43], "identity_fraud");
    duty.post(BATCH, &body_for_cause).await.is(202);
    revokes(&hr.api, &passes[43], "identity_fraud")
        .await
        .is(202);
    revokes(&hr.api, &passes[43], "lost").await.is(202);
    let state = format!("/v1/credentials/{}", passes[43].credential);
    assert_eq!(hr.api.get(&state).await.ok()["state"], "suspended");
    let helper = json!({ "member": port.admin.member });
    let helper = port.admin.api.post("/v1/people", &helper).await.created();
    let helps = port.admin.tool(&world, "hr_officer", &helper).await;
    revokes(&helps, &passes[46], "lost").await.created();
    for pass in &passes[..44] {
        assert!(!port.is_good(pass).await);
    }
    let theirs = list(&other.passes, "lost");
    other.hr.api.post(BATCH, &theirs).await.is(202);

    // Who watches over the network sees it wherever they are, and nobody else elsewhere.
    let one = format!("{path}/{}", text(&glass, "id"));
    for role in ["registrar", "auditor", "duty_officer"] {
        let watcher = other.admin.person(&world, role).await;
        assert_eq!(watcher.get(path).await.ok()["items"], json!([glass]));
        assert_eq!(watcher.get(&one).await.ok(), glass);
    }
    assert_eq!(other.admin.api.get(&one).await.ok(), glass);
    assert_eq!(world.admin().await.api.get(&one).await.ok(), glass);
    other.hr.api.get(&one).await.refused("not_found");
    assert_eq!(other.hr.api.get(path).await.ok()["items"], json!([]));
    let closures = format!("{one}/closures");
    let stranger = other.admin.person(&world, "duty_officer").await;
    stranger
        .post(&closures, &json!({}))
        .await
        .refused("not_found");

    // It is looked at by another person, when it is over, and is not taken back.
    let confirm = to_confirm(&hr.approver).await;
    assert_eq!(confirm.len(), 1, "one for all of it: {confirm:?}");
    assert_eq!(confirm[0]["act"]["done"]["break_glass"], glass["id"]);
    grants(&hr.approver, &confirm[0])
        .await
        .refused("break_glass_open");
    let withdrawals = format!("/v1/approvals/{}/withdrawals", text(&confirm[0], "id"));
    duty.post(&withdrawals, &json!({}))
        .await
        .refused("wrong_person");
    let closed = duty.post(&closures, &json!({})).await.created();
    assert_eq!(closed["open"], false);
    duty.post(&closures, &json!({}))
        .await
        .refused("break_glass_closed");
    revokes(&hr.api, &passes[44], "lost").await.is(202);
    let twin = port.admin.tool(&world, "hr_approver", &person).await;
    grants(&twin, &confirm[0]).await.refused("wrong_person");
    // Nor does who revoked behind it say that it was right, in whichever role.
    let helped = port.admin.tool(&world, "hr_approver", &helper).await;
    grants(&helped, &confirm[0]).await.refused("wrong_person");
    grants(&hr.approver, &confirm[0]).await.created();
    assert!(to_confirm(&hr.approver).await.is_empty());

    // It ends by itself.
    let body = json!({ "reason": "security_incident", "reference": "INC-2026/8" });
    duty.post(path, &body).await.created();
    world.clock.advance(LASTS_MS - 1);
    let (hr, duty) = (hr.again().await, duty.again().await);
    for pass in &passes[44..45] {
        revokes(&hr.api, pass, "lost").await.created();
    }
    world.clock.advance(1);
    duty.post(BATCH, &list(&passes[45..], "lost")).await.ok();
    let shown = hr.api.get(path).await.ok();
    assert_eq!(shown["items"][1]["open"], false);
    // Nobody confirmed it: it waits on, overdue.
    world.clock.advance(CONFIRM_MS - 1);
    let approver = hr.approver.again().await;
    assert!(to_confirm(&approver).await[0].get("overdue").is_none());
    world.clock.advance(1);
    let late = to_confirm(&approver).await;
    assert_eq!(
        (&late[0]["overdue"], &late[0]["state"]),
        (&json!(true), &json!("waiting"))
    );
    grants(&approver, &late[0]).await.created();
}

pub async fn what_is_done_at_once_is_confirmed_afterwards(world: World) {
    let port = Port::of(&world, "Haven A", 3).await;
    let facility = port.admin.person(&world, "facility_officer").await;
    let duty = port.admin.person(&world, "duty_officer").await;
    let by = [&port.hr.api, &facility, &duty];
    for (api, pass) in by.iter().zip(&port.passes) {
        suspends(api, pass, "under_inquiry").await.created();
        assert!(!port.is_good(pass).await, "at once");
    }
    let mut confirm = to_confirm(&port.hr.approver).await;
    assert_eq!(confirm.len(), 3);
    let of = |waiting: &Value| {
        let credential = &waiting["act"]["done"]["credential"];
        let mut passes = port.passes.iter();
        passes.position(|pass| *credential == pass.credential)
    };
    confirm.sort_by_key(of);
    for (nth, (api, pass)) in by.iter().zip(&port.passes).enumerate() {
        let waiting = &confirm[nth];
        assert_eq!(
            waiting["act"]["done"],
            json!({ "what": "suspension", "credential": pass.credential })
        );
        assert_eq!(waiting["worker"], pass.worker);
        let path = format!("/v1/approvals/{}", text(waiting, "id"));
        assert_eq!(api.get(&path).await.ok(), *waiting, "who did it sees it");
        let withdrawals = format!("{path}/withdrawals");
        api.post(&withdrawals, &json!({}))
            .await
            .refused("wrong_person");
    }
    // Whom it is about confirms nothing.
    let about = json!({ "member": port.admin.member, "worker": port.passes[0].worker });
    let about = port.admin.api.post("/v1/people", &about).await.created();
    let about = port.admin.tool(&world, "hr_approver", &about).await;
    grants(&about, &confirm[0]).await.refused("wrong_person");
    // Confirmed, declined or forgotten: nothing is undone.
    grants(&port.hr.approver, &confirm[0]).await.created();
    let declines = format!("/v1/approvals/{}/declines", text(&confirm[1], "id"));
    let declined = port
        .hr
        .approver
        .post(&declines, &json!({ "ground": "not_proportionate" }))
        .await;
    assert_eq!(declined.created()["state"], "declined");
    world.clock.advance(CONFIRM_MS + HOUR_MS);
    let approver = port.hr.approver.again().await;
    let late = to_confirm(&approver).await;
    assert_eq!(late.len(), 1);
    assert_eq!(
        (&late[0]["overdue"], &late[0]["state"]),
        (&json!(true), &json!("waiting"))
    );
    let gate = port.gate.again().await;
    for pass in &port.passes {
        assert_eq!(verdict(&gate.asks_about(pass).await), ("deny", "not_valid"));
    }
    // For another reason nobody need confirm.
    let hr = port.hr.again().await;
    let pass = hr.issues().await;
    hr.suspends(&pass, "dormant").await.created();
    assert_eq!(to_confirm(&approver).await.len(), 1);
}

pub async fn an_employer_of_more_than_twenty_lapses_by_two(world: World) {
    let mut port = Port::of(&world, "Haven A", 0).await;
    let mut worker = String::new();
    for nth in 0..21 {
        worker = port.hr.registers("Peeters").await;
        let path = format!("/v1/workers/{worker}/engagements");
        let engagement = json!({ "employer": "Stuwadoor Noord" });
        let engagement = port.hr.api.post(&path, &engagement).await.created();
        let number = format!("{}", 66_000_000 + nth);
        let body = json!({ "worker": worker, "engagement": engagement["id"], "valid_until": "2027-01-01T00:00:00Z",
            "badges": [{ "medium": "card", "cards": [
                { "card_system": port.hr.card_system, "format": "number", "value": number },
            ]}] });
        let credential = port.hr.api.post("/v1/credentials", &body).await.created();
        port.passes.push(Pass {
            worker: worker.clone(),
            credential: text(&credential, "id").to_owned(),
            number,
        });
    }
    let (lapse, body) = (
        "/v1/engagements:lapse",
        json!({ "employer": "stuwadoor noord" }),
    );
    let asked = port.hr.api.post(lapse, &body).await.is(202);
    for (list, len) in [("engagements", 21), ("credentials", 21)] {
        assert_eq!(asked["act"][list].as_array().expect("a list").len(), len);
    }
    for pass in &port.passes {
        assert!(port.is_good(pass).await, "nothing is done before");
    }
    // Who is on the list does not grant it.
    let about = json!({ "member": port.admin.member, "worker": worker });
    let about = port.admin.api.post("/v1/people", &about).await.created();
    let about = port.admin.tool(&world, "hr_approver", &about).await;
    grants(&about, &asked).await.refused("wrong_person");
    // Another list is another act.
    revokes(&port.hr.api, &port.passes[0], "lost")
        .await
        .created();
    grants(&port.hr.approver, &asked).await.refused("changed");
    let asked = port.hr.api.post(lapse, &body).await.is(202);
    grants(&port.hr.approver, &asked).await.created();
    for pass in &port.passes {
        assert!(!port.is_good(pass).await);
    }
    port.hr.api.post(lapse, &body).await.refused("invalid");
}
