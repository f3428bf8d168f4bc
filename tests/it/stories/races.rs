//! Races: two acts on one thing at the same moment, again and again. What comes of them is what would have come if one had come
//! after the other, and never is anything good that one of them was to stop.

use serde_json::{Value, json};

use super::bans::passport;
use super::screenings::Desk;
use crate::faults::full;
use crate::support::World;
use crate::support::actors::{Api, GateActor, Hr, Pass, Said, new_key, verdict};
use crate::support::world::text;

/// Tries of each pair; `scripts/test --full` makes more than a thousand in all.
fn tries() -> usize {
    if full() { 250 } else { 20 }
}

/// A port whose glass is broken, so that nothing here is too many, with a gate.
struct Port {
    hr: Hr,
    gate: GateActor,
}

impl Port {
    async fn of(world: &World, name: &str) -> Self {
        let admin = world.member(name).await;
        let hr = admin.hr(world).await;
        admin.breaks_glass(world).await;
        let gate = admin.gate(world, &[&hr.card_system]).await;
        Self { hr, gate }
    }

    async fn lets_in(&self, pass: &Pass) -> bool {
        verdict(&self.gate.asks_about(pass).await).0 == "permit"
    }

    async fn replaces(&self, pass: &Pass) -> (Said, Pass) {
        let number = new_key().replace("key-", "99000");
        let card =
            json!({ "card_system": self.hr.card_system, "format": "number", "value": number });
        let body = json!({ "reason": "lost", "badges": [{ "medium": "card", "cards": [card] }] });
        let path = format!("/v1/credentials/{}/replacements", pass.credential);
        let new = Pass {
            number,
            ..pass.clone()
        };
        (self.hr.api.post(&path, &body).await, new)
    }
}

/// Only these refusals are those of somebody who came second.
fn came_second(said: &Said, codes: &[&str]) {
    let code = said.json()["code"].clone();
    assert!(codes.iter().any(|known| code == *known), "{}", said.text);
}

pub async fn revoked_and_replaced_at_once_at_most_the_new_one_is_good(world: World) {
    let port = Port::of(&world, "Haven A").await;
    let (mut replaced, mut late) = (0, 0);
    for _ in 0..tries() {
        let pass = port.hr.issues().await;
        let (revoked, (said, new)) =
            tokio::join!(port.hr.revokes(&pass, "stolen"), port.replaces(&pass));
        assert!(revoked.status.is_success(), "{}", revoked.text);
        assert!(!port.lets_in(&pass).await);
        if said.status == 201 {
            replaced += 1;
            assert!(port.lets_in(&new).await);
        } else {
            late += 1;
            came_second(&said, &["credential_revoked"]);
            assert_eq!(verdict(&port.gate.asks_about(&new).await).0, "unknown");
        }
    }
    assert_eq!(replaced + late, tries());
}

pub async fn replaced_by_two_at_once_there_is_one_new_one(world: World) {
    let port = Port::of(&world, "Haven A").await;
    for _ in 0..tries() {
        let pass = port.hr.issues().await;
        let (one, other) = tokio::join!(port.replaces(&pass), port.replaces(&pass));
        let mut good = 0;
        for (said, new) in [one, other] {
            if said.status == 201 {
                good += 1;
                assert!(port.lets_in(&new).await);
            } else {
                came_second(&said, &["credential_revoked"]);
            }
        }
        assert_eq!(good, 1);
        assert!(!port.lets_in(&pass).await);
    }
}

pub async fn revoked_while_its_lift_is_granted_it_is_revoked(world: World) {
    let admin = world.member("Haven A").await;
    let desk = Desk::of(&world, &admin).await;
    admin.breaks_glass(&world).await;
    let port = Port {
        hr: desk.hr.clone(),
        gate: admin.gate(&world, &[&desk.hr.card_system]).await,
    };
    for _ in 0..tries() {
        let pass = port.hr.issues().await;
        desk.refuses(&pass.worker, "cargo_access").await;
        port.hr.suspends(&pass, "advice_negative").await.created();
        let path = format!("/v1/credentials/{}/lifts", pass.credential);
        let asked = port
            .hr
            .api
            .post(&path, &json!({ "kind": "screening" }))
            .await;
        let asked = asked.is(202);
        let (revoked, granted) = tokio::join!(
            port.hr.revokes(&pass, "stolen"),
            grants(&port.hr.approver, &asked)
        );
        revoked.created();
        if granted.status != 201 {
            came_second(&granted, &["changed"]);
        }
        assert!(!port.lets_in(&pass).await);
        let path = format!("/v1/credentials/{}", pass.credential);
        assert_eq!(port.hr.api.get(&path).await.ok()["state"], "revoked");
    }
}

pub async fn banned_while_something_is_issued_nothing_is_good(world: World) {
    let port = Port::of(&world, "Haven A").await;
    let network = world.admin().await;
    let register = network.client(&world, &network.member, "register").await;
    for nth in 0..tries() {
        let worker = port.hr.registers("Maes").await;
        let ban = json!({ "worker": worker, "reference": format!("REG-{nth}"),
            "starts_at": "2026-03-01T00:00:00Z", "ends_at": "2027-03-01T00:00:00Z" });
        let (banned, (said, number)) = tokio::join!(
            register.post("/v1/bans", &ban),
            port.hr.tries_to_issue_to(&worker)
        );
        banned.created();
        let pass = Pass {
            worker,
            credential: String::new(),
            number,
        };
        if said.status != 201 {
            came_second(&said, &["ban_stands"]);
        }
        assert!(!port.lets_in(&pass).await);
    }
}

pub async fn found_to_be_one_person_while_something_is_issued_nothing_is_good(world: World) {
    let (a, b) = (
        Port::of(&world, "Haven A").await,
        Port::of(&world, "Haven B").await,
    );
    let network = world.admin().await;
    let register = network.client(&world, &network.member, "register").await;
    for nth in 0..tries() {
        let document = format!("EH{:06}", 440_000 + nth);
        let known =
            a.hr.registers_with(json!([passport(&document)]))
                .await
                .created();
        let ban = json!({ "worker": known["id"], "reference": format!("REG-{nth}"),
            "starts_at": "2026-03-01T00:00:00Z", "ends_at": "2027-03-01T00:00:00Z" });
        register.post("/v1/bans", &ban).await.created();
        let worker =
            b.hr.registers_with(json!([passport(&document)]))
                .await
                .created();
        let worker = text(&worker, "id").to_owned();
        let case = a.hr.api.get("/v1/match-cases?state=open").await.ok()["items"][0].clone();
        let path = format!("/v1/match-cases/{}/confirmations", text(&case, "id"));
        let asked = a.hr.api.post(&path, &json!({})).await.is(202);
        let (confirmed, (said, number)) = tokio::join!(
            grants(&a.hr.approver, &asked),
            b.hr.tries_to_issue_to(&worker)
        );
        confirmed.created();
        came_second(&said, &["match_open", "ban_stands"]);
        let pass = Pass {
            worker,
            credential: String::new(),
            number,
        };
        assert!(!b.lets_in(&pass).await);
    }
}

pub async fn ended_while_something_is_issued_that_rests_on_it_nothing_is_good(world: World) {
    let port = Port::of(&world, "Haven A").await;
    for _ in 0..tries() {
        let worker = port.hr.registers("Maes").await;
        let path = format!("/v1/workers/{worker}/engagements");
        let engagement = port
            .hr
            .api
            .post(&path, &json!({ "employer": "Stuwage" }))
            .await
            .created();
        let number = new_key().replace("key-", "99000");
        let card =
            json!({ "card_system": port.hr.card_system, "format": "number", "value": number });
        let body = json!({ "worker": worker, "engagement": engagement["id"], "valid_until": "2027-03-02T00:00:00Z",
            "badges": [{ "medium": "card", "cards": [card] }] });
        let end = format!("/v1/engagements/{}/end", text(&engagement, "id"));
        let nothing = json!({});
        let (ended, said) = tokio::join!(
            port.hr.api.post(&end, &nothing),
            port.hr.api.post("/v1/credentials", &body)
        );
        assert!(ended.status.is_success(), "{}", ended.text);
        if said.status != 201 {
            assert_eq!(said.refused("invalid")["errors"][0]["code"], "ended");
        }
        let pass = Pass {
            worker,
            credential: String::new(),
            number,
        };
        assert!(!port.lets_in(&pass).await);
    }
}

pub async fn expired_while_it_is_revoked_and_replaced_nothing_is_good(world: World) {
    let port = Port::of(&world, "Haven A").await;
    for nth in 0..tries().min(40) {
        // Each lasts for two seconds of a clock that moves while they are tried.
        let until = format!(
            "2026-03-02T07:{:02}:{:02}Z",
            30 + nth / 20,
            2 + nth % 20 * 2
        );
        let pass = port.hr.issues_with(json!({ "valid_until": until })).await;
        let time = async {
            tokio::task::yield_now().await;
            world.clock.advance(2_000);
        };
        let (revoked, (said, new), ()) =
            tokio::join!(port.hr.revokes(&pass, "stolen"), port.replaces(&pass), time);
        assert!(revoked.status.is_success(), "{}", revoked.text);
        if said.status != 201 {
            came_second(&said, &["credential_revoked", "conflict"]);
        }
        assert!(!port.lets_in(&pass).await);
        assert!(!port.lets_in(&new).await);
        world.clock.advance(if nth % 20 == 19 { 20_000 } else { 0 });
    }
}

async fn grants(api: &Api, asked: &Value) -> Said {
    let path = format!("/v1/approvals/{}/grants", text(asked, "id"));
    api.post(&path, &json!({ "content": asked["content"] }))
        .await
}

pub async fn what_only_one_may_be_is_one_also_of_many_at_once(world: World) {
    let admin = world.member("Haven A").await;
    let hr = admin.hr(&world).await;
    let duties = [
        admin.person(&world, "duty_officer").await,
        admin.person(&world, "duty_officer").await,
        admin.person(&world, "duty_officer").await,
    ];
    for nth in 0..tries() {
        // One glass.
        let body = json!({ "reason": "stock_stolen", "reference": format!("INC-{nth}") });
        let breaks = duties
            .iter()
            .map(|duty| duty.post("/v1/break-glass", &body));
        let said = futures_util::future::join_all(breaks).await;
        let (mut broken, others): (Vec<Said>, Vec<Said>) =
            said.into_iter().partition(|said| said.status == 201);
        assert_eq!(broken.len(), 1);
        for said in others {
            came_second(&said, &["break_glass_open"]);
        }
        let glass = broken.remove(0).created();
        let closes = format!("/v1/break-glass/{}/closures", text(&glass, "id"));
        duties[0].post(&closes, &json!({})).await.created();

        // One person of one worker.
        let worker = hr.registers("Maes").await;
        let body = json!({ "member": admin.member, "worker": worker });
        let records = (0..3).map(|_| admin.api.post("/v1/people", &body));
        let said = futures_util::future::join_all(records).await;
        let done = said.iter().filter(|said| said.status == 201).count();
        assert_eq!(done, 1);

        // A registrar holds no other role.
        let person = json!({ "member": admin.member });
        let person = admin.api.post("/v1/people", &person).await.created();
        let tools = ["registrar", "hr_officer", "registrar", "auditor"];
        let adds = tools.map(|role| {
            json!({ "member": admin.member, "name": "a tool", "role": role, "person": person["id"] })
        });
        let adds = adds.iter().map(|body| admin.api.post("/v1/clients", body));
        let said = futures_util::future::join_all(adds).await;
        let held: Vec<&str> = said
            .iter()
            .zip(tools)
            .filter(|(said, _)| said.status == 201)
            .map(|(_, role)| role)
            .collect();
        assert!(!held.is_empty());
        let is_registrar = |role: &&str| *role == "registrar";
        assert!(
            held.iter().all(is_registrar) || !held.iter().any(is_registrar),
            "{held:?}"
        );
    }
}
