//! The second person: what two people do together, and every way in which one of them tries to do it alone.

use portcullis::access::permission::AnswerApprovals;
use portcullis::domain::approval::WAITS_MS;
use portcullis::domain::digest::Digest;
use portcullis::domain::ids::{ApprovalId, ClientId};
use portcullis::ledger::entry::Actor;
use portcullis::service::{Code, approvals, clients};
use serde_json::{Value, json};

use super::transitions::everybody;
use crate::support::World;
use crate::support::actors::{Admin, Api, Hr, Pass, Said, new_key, verdict};
use crate::support::world::text;

/// HR of a port, with two approvers and a badge under inquiry.
struct Office {
    admin: Admin,
    hr: Hr,
    pass: Pass,
}

impl Office {
    async fn of(world: &World, name: &str) -> Self {
        let admin = world.member(name).await;
        let hr = admin.hr(world).await;
        let pass = hr.issues().await;
        hr.suspends(&pass, "under_inquiry").await.created();
        Self { admin, hr, pass }
    }

    /// Asks for the suspension to be lifted.
    async fn asks(&self, api: &Api) -> Value {
        let said = self.tries(api).await;
        assert_eq!(said.status.as_u16(), 202, "{}", said.text);
        said.json()
    }

    async fn tries(&self, api: &Api) -> Said {
        let path = format!("/v1/credentials/{}/lifts", self.pass.credential);
        api.post(&path, &json!({ "kind": "for_cause" })).await
    }

    async fn state(&self) -> String {
        let path = format!("/v1/credentials/{}", self.pass.credential);
        text(&self.hr.api.get(&path).await.ok(), "state").to_owned()
    }
}

async fn grants(api: &Api, approval: &Value) -> Said {
    let path = format!("/v1/approvals/{}/grants", text(approval, "id"));
    api.post(&path, &json!({ "content": approval["content"] }))
        .await
}

async fn ends(api: &Api, approval: &Value, how: &str) -> Said {
    let path = format!("/v1/approvals/{}/{how}", text(approval, "id"));
    let body = match how {
        "declines" => json!({ "ground": "not_substantiated" }),
        _ => json!({}),
    };
    api.post(&path, &body).await
}

pub async fn a_suspension_for_cause_is_lifted_by_two(world: World) {
    let office = Office::of(&world, "Haven A").await;
    let said = office.tries(&office.hr.api).await;
    assert_eq!(said.status.as_u16(), 202, "{}", said.text);
    let approval = said.json();
    let place = said.headers["location"].to_str().expect("ASCII").to_owned();
    assert_eq!(place, format!("/v1/approvals/{}", text(&approval, "id")));
    assert_eq!(approval["state"], "waiting");
    assert_eq!(
        approval["act"],
        json!({ "act": "lift_suspension", "credential": office.pass.credential, "kind": "for_cause",
            "version": approval["act"]["version"] })
    );
    assert_eq!(
        office.state().await,
        "suspended",
        "nothing has happened yet"
    );
    // Beside the suspension, which is to be confirmed.
    let waiting = async || {
        let path = "/v1/approvals?state=waiting";
        office.hr.approver.get(path).await.ok()["items"].clone()
    };
    let listed = waiting().await;
    let (lifts, confirms): (Vec<Value>, Vec<Value>) = listed
        .as_array()
        .expect("items")
        .iter()
        .cloned()
        .partition(|item| item["act"]["act"] == "lift_suspension");
    assert_eq!((&lifts, confirms.len()), (&vec![approval.clone()], 1));

    let granted = grants(&office.hr.approver, &approval).await.created();
    assert_eq!(granted["state"], "granted");
    assert_eq!(office.state().await, "active");
    assert_eq!(office.hr.approver.get(&place).await.ok(), granted);
    assert_eq!(waiting().await, json!(confirms));
}

pub async fn who_declines_or_takes_back_ends_it(world: World) {
    let office = Office::of(&world, "Haven A").await;
    for (who, how, state) in [
        (&office.hr.approver, "declines", "declined"),
        (&office.hr.api, "withdrawals", "withdrawn"),
    ] {
        let approval = office.asks(&office.hr.api).await;
        let declines = format!("/v1/approvals/{}/declines", text(&approval, "id"));
        for reason in [json!({}), json!({ "ground": "everybody saw Jan Maes" })] {
            let refused = office.hr.approver.post(&declines, &reason).await;
            refused.refused("invalid");
        }
        let ended = ends(who, &approval, how).await.created();
        let ground = if how == "declines" {
            "not_substantiated"
        } else {
            ""
        };
        assert_eq!(ended["state"], state);
        assert_eq!(ended["ground"].as_str().unwrap_or_default(), ground);
        let shown = format!("/v1/approvals/{}", text(&approval, "id"));
        assert_eq!(office.hr.api.get(&shown).await.ok(), ended);
        assert_eq!(office.state().await, "suspended");
        for end in ["declines", "withdrawals"] {
            let by = if end == "declines" {
                &office.hr.approver
            } else {
                &office.hr.api
            };
            ends(by, &approval, end).await.refused("approval_ended");
        }
        grants(&office.hr.approver, &approval)
            .await
            .refused("approval_ended");
    }
    // Only who asked can take it back.
    let approval = office.asks(&office.hr.api).await;
    ends(&office.hr.approver, &approval, "withdrawals")
        .await
        .refused("wrong_person");
}

pub async fn nobody_is_two_people(world: World) {
    let office = Office::of(&world, "Haven A").await;
    let (admin, hr) = (&office.admin, &office.hr);
    // One person with a tool in either role.
    let person = json!({ "member": admin.member });
    let person = admin.api.post("/v1/people", &person).await.created();
    let officer = admin.tool(&world, "hr_officer", &person).await;
    let approver = admin.tool(&world, "hr_approver", &person).await;
    let approval = office.asks(&officer).await;
    // Not in the role that asks, not through the other client, and not through a second one in that role.
    grants(&officer, &approval).await.refused("forbidden");
    grants(&approver, &approval).await.refused("wrong_person");
    let twin = admin.tool(&world, "hr_approver", &person).await;
    grants(&twin, &approval).await.refused("wrong_person");
    ends(&twin, &approval, "declines")
        .await
        .refused("wrong_person");
    // A system is no person, whatever its role.
    let system = admin.client(&world, &admin.member, "hr_approver").await;
    grants(&system, &approval).await.refused("wrong_person");
    assert_eq!(office.state().await, "suspended");

    // Whom it is about neither decides nor asks.
    let about = json!({ "member": admin.member, "worker": office.pass.worker });
    let about = admin.api.post("/v1/people", &about).await.created();
    let about_approver = admin.tool(&world, "hr_approver", &about).await;
    grants(&about_approver, &approval)
        .await
        .refused("wrong_person");
    let about_officer = admin.tool(&world, "hr_officer", &about).await;
    office.tries(&about_officer).await.refused("wrong_person");

    // The same person may take it back through another client, and somebody else may grant it, once.
    grants(&hr.approver, &approval).await.created();
    grants(&hr.approver, &approval)
        .await
        .refused("approval_ended");
}

pub async fn what_was_asked_for_is_what_is_granted(world: World) {
    let office = Office::of(&world, "Haven A").await;
    let hr = &office.hr;
    let approval = office.asks(&hr.api).await;
    // Not something else than was read.
    let mut other = approval.clone();
    other["content"] = json!("0".repeat(64));
    grants(&hr.approver, &other).await.refused("changed");
    // Not after the credential was touched: an inquiry about what was parked meanwhile is another thing to lift.
    hr.suspends(&office.pass, "dormant").await.created();
    grants(&hr.approver, &approval).await.refused("changed");
    // Asked for again it is granted.
    let again = office.asks(&hr.api).await;
    assert_ne!(again["content"], approval["content"]);
    grants(&hr.approver, &again).await.created();
    // What was asked for a second time before the first was granted is then out of date.
    assert_eq!(office.state().await, "suspended", "it is parked");
}

pub async fn who_lost_the_role_has_lost_what_was_asked_in_it(world: World) {
    let office = Office::of(&world, "Haven A").await;
    let admin = &office.admin;
    let revokes = async |client: &Api| {
        let path = format!("/v1/clients/{}/revocations", client.id());
        admin.api.post(&path, &json!({})).await.ok();
    };
    // Who asked.
    let officer = admin.person(&world, "hr_officer").await;
    let approval = office.asks(&officer).await;
    revokes(&officer).await;
    grants(&office.hr.approver, &approval)
        .await
        .refused("changed");
    // Who would grant.
    let approval = office.asks(&office.hr.api).await;
    let approver = admin.person(&world, "hr_approver").await;
    revokes(&approver).await;
    grants(&approver, &approval).await.refused("unauthorized");
    assert_eq!(office.state().await, "suspended");
}

pub async fn it_waits_for_three_days(world: World) {
    let office = Office::of(&world, "Haven A").await;
    let approval = office.asks(&office.hr.api).await;
    world.clock.advance(WAITS_MS);
    let approver = office.hr.approver.again().await;
    grants(&approver, &approval).await.refused("approval_ended");
    let path = format!("/v1/approvals/{}", text(&approval, "id"));
    assert_eq!(approver.get(&path).await.ok()["state"], "expired");
}

pub async fn an_approval_is_its_desks_and_its_members_alone(world: World) {
    let office = Office::of(&world, "Haven A").await;
    let approval = office.asks(&office.hr.api).await;
    let path = format!("/v1/approvals/{}", text(&approval, "id"));
    let other = world.member("Haven B").await;
    let strangers = [
        other.person(&world, "hr_approver").await,
        office.admin.person(&world, "screening_approver").await,
    ];
    for stranger in &strangers {
        stranger.get(&path).await.refused("not_found");
        grants(stranger, &approval).await.refused("not_found");
        ends(stranger, &approval, "declines")
            .await
            .refused("not_found");
        ends(stranger, &approval, "withdrawals")
            .await
            .refused("not_found");
        let listed = stranger.get("/v1/approvals").await.ok();
        assert_eq!(listed["items"], json!([]));
    }
}

pub async fn of_many_who_grant_at_once_one_does(world: World) {
    let office = Office::of(&world, "Haven A").await;
    let approval = office.asks(&office.hr.api).await;
    let mut approvers = Vec::new();
    for _ in 0..4 {
        approvers.push(office.admin.person(&world, "hr_approver").await);
    }
    let all = approvers.iter().map(|approver| grants(approver, &approval));
    let said = futures_util::future::join_all(all).await;
    let done = said.iter().filter(|said| said.status == 201).count();
    assert_eq!(done, 1);
    for said in said.into_iter().filter(|said| said.status != 201) {
        said.refused("approval_ended");
    }
    assert_eq!(office.state().await, "active");
}

pub async fn for_cause_the_gate_is_shut_at_once_and_two_revoke(world: World) {
    let admin = world.member("Haven A").await;
    let hr = admin.hr(&world).await;
    let gate = admin.gate(&world, &[&hr.card_system]).await;
    let duty = admin.person(&world, "duty_officer").await;
    let state = async |pass: &Pass| {
        let path = format!("/v1/credentials/{}", pass.credential);
        let shown = hr.api.get(&path).await.ok();
        (text(&shown, "state").to_owned(), shown["reason"].clone())
    };
    for asker in [&hr.api, &duty] {
        let pass = hr.issues().await;
        let path = format!("/v1/credentials/{}/revocations", pass.credential);
        let body = json!({ "reason": "identity_fraud" });
        let approval = asker.post(&path, &body).await.is(202);
        assert_eq!(
            approval["act"],
            json!({ "act": "revoke_credentials", "credentials": [pass.credential], "reason": "identity_fraud",
                "version": approval["act"]["version"] })
        );
        assert_eq!(
            verdict(&gate.asks_about(&pass).await),
            ("deny", "not_valid")
        );
        // Who asked sees it; nobody grants it alone, and declined or taken back it changes nothing.
        let place = format!("/v1/approvals/{}", text(&approval, "id"));
        assert_eq!(asker.get(&place).await.ok(), approval);
        grants(asker, &approval).await.refused("forbidden");
        ends(&hr.approver, &approval, "declines").await.created();
        assert_eq!(state(&pass).await.0, "suspended");

        let approval = asker.post(&path, &body).await.is(202);
        ends(asker, &approval, "withdrawals").await.created();
        assert_eq!(state(&pass).await.0, "suspended");

        let approval = asker.post(&path, &body).await.is(202);
        grants(&hr.approver, &approval).await.created();
        assert_eq!(
            state(&pass).await,
            ("revoked".into(), json!("identity_fraud"))
        );
        asker.post(&path, &body).await.ok();
    }
    // Time lifts nothing.
    let pass = hr.issues().await;
    let approval = hr.revokes(&pass, "lent_or_shared").await.is(202);
    world.clock.advance(10 * WAITS_MS);
    let (hr, gate) = (hr.again().await, gate.again().await);
    assert_eq!(
        verdict(&gate.asks_about(&pass).await),
        ("deny", "not_valid")
    );
    grants(&hr.approver, &approval)
        .await
        .refused("approval_ended");
    // Cleared by two meanwhile, it is not revoked by an old yes.
    let approval = hr.revokes(&pass, "lent_or_shared").await.is(202);
    hr.lifts(&pass, "for_cause").await.created();
    grants(&hr.approver, &approval).await.refused("changed");
    assert_eq!(verdict(&gate.asks_about(&pass).await), ("permit", "valid"));
    // For any other reason one person revokes, at once.
    hr.revokes(&pass, "stolen").await.created();
}

pub async fn a_list_revoked_for_cause_is_one_approval_of_exactly_that_list(world: World) {
    let admin = world.member("Haven A").await;
    let hr = admin.hr(&world).await;
    let gate = admin.gate(&world, &[&hr.card_system]).await;
    let (one, other, gone) = (hr.issues().await, hr.issues().await, hr.issues().await);
    hr.revokes(&gone, "lost").await.created();
    let stranger = world.member("Haven B").await.hr(&world).await;
    let theirs = stranger.issues().await;
    let list = json!([
        one.credential,
        other.credential,
        one.credential,
        gone.credential,
        theirs.credential
    ]);
    let body = json!({ "credentials": list, "reason": "access_rule_breach" });
    let approval = hr.api.post("/v1/revocations:batch", &body).await.is(202);
    assert_eq!(
        approval["act"]["credentials"],
        json!([one.credential, other.credential])
    );
    for pass in [&one, &other] {
        assert_eq!(verdict(&gate.asks_about(pass).await), ("deny", "not_valid"));
    }
    // Neither asks nor grants who is on it.
    for pass in [&one, &other] {
        let about = json!({ "member": admin.member, "worker": pass.worker });
        let about = admin.api.post("/v1/people", &about).await.created();
        let approver = admin.tool(&world, "hr_approver", &about).await;
        grants(&approver, &approval).await.refused("wrong_person");
        let officer = admin.tool(&world, "hr_officer", &about).await;
        let said = officer.post("/v1/revocations:batch", &body).await;
        said.refused("wrong_person");
    }
    grants(&hr.approver, &approval).await.created();
    let body = json!({ "credentials": [one.credential, other.credential], "reason": "access_rule_breach" });
    let items = hr.api.post("/v1/revocations:batch", &body).await.ok();
    for item in items["items"].as_array().expect("items") {
        assert_eq!(item["reason"], "access_rule_breach");
    }
}

pub async fn nobody_decides_about_themselves(world: World) {
    let admin = world.member("Haven A").await;
    let hr = admin.hr(&world).await;
    // One human, recorded twice as a worker, with one document.
    let body = json!({
        "family_name": "Maes", "given_names": "Jan", "birth_date": "1980-02-03",
        "documents": [{ "kind": "passport", "country": "BEL", "number": "EH771177" }],
    });
    let first = hr.api.post("/v1/workers", &body).await.created();
    let second = hr.api.post("/v1/workers", &body).await.created();
    let person = json!({ "member": admin.member, "worker": first["id"] });
    let person = admin.api.post("/v1/people", &person).await.created();
    // Nor are they two people by being recorded twice as one.
    let twice = json!({ "member": admin.member, "worker": first["id"] });
    let problem = admin.api.post("/v1/people", &twice).await;
    let problem = problem.refused("invalid");
    assert_eq!(problem["errors"][0]["pointer"], "/worker");
    let officer = admin.tool(&world, "hr_officer", &person).await;
    let screener = admin.tool(&world, "screening_officer", &person).await;

    let cases = hr.api.get("/v1/match-cases").await.ok();
    let case = format!("/v1/match-cases/{}", text(&cases["items"][0], "id"));
    for decision in ["confirmations", "rejections"] {
        let path = format!("{case}/{decision}");
        officer
            .post(&path, &json!({}))
            .await
            .refused("wrong_person");
    }
    let asked = hr
        .api
        .post(&format!("{case}/confirmations"), &json!({}))
        .await
        .is(202);
    // Nor as the second person, whichever of the records is theirs.
    let approves = admin.tool(&world, "hr_approver", &person).await;
    grants(&approves, &asked).await.refused("wrong_person");
    hr.approver.grants(&asked).await;

    // Under either record.
    for worker in [text(&first, "id"), text(&second, "id")] {
        let screening =
            json!({ "function": "cargo_access", "consented_at": "2026-03-01T09:00:00Z" });
        let path = format!("/v1/workers/{worker}/screenings");
        screener
            .post(&path, &screening)
            .await
            .refused("wrong_person");
        let other = admin.person(&world, "screening_officer").await;
        let screening = other.post(&path, &screening).await.created();
        let path = format!("/v1/screenings/{}", text(&screening, "id"));
        for step in ["submissions", "withdrawals"] {
            let path = format!("{path}/{step}");
            screener
                .post(&path, &json!({}))
                .await
                .refused("wrong_person");
        }
        other
            .post(&format!("{path}/submissions"), &json!({}))
            .await
            .created();
        let advice = json!({ "advice": "positive", "authority": "namb", "reference": "2026/9", "date": "2026-03-01" });
        let path = format!("{path}/outcomes");
        screener.post(&path, &advice).await.refused("wrong_person");

        let card = |number: &str| {
            json!([{ "medium": "card", "cards": [
                { "card_system": hr.card_system, "format": "number", "value": number },
            ]}])
        };
        let issue = json!({ "worker": worker, "valid_until": "2027-01-01T00:00:00Z",
            "badges": card(&worker[24..].bytes().map(|b| char::from(b'0' + b % 10)).collect::<String>()) });
        let said = officer.post("/v1/credentials", &issue).await;
        said.refused("wrong_person");
        let issued = hr.api.post("/v1/credentials", &issue).await.created();
        let path = format!("/v1/credentials/{}", text(&issued, "id"));
        let replace = json!({ "reason": "lost", "badges": card("88000001") });
        let (replacements, badges) = (format!("{path}/replacements"), format!("{path}/badges"));
        let said = officer.post(&replacements, &replace).await;
        said.refused("wrong_person");
        let said = officer.post(&badges, &card("88000002")[0]).await;
        said.refused("wrong_person");
        let dormant = json!({ "reason": "dormant" });
        let suspend = format!("{path}/suspensions");
        officer.post(&suspend, &dormant).await.created();
        let lift = json!({ "kind": "dormant" });
        let said = officer.post(&format!("{path}/lifts"), &lift).await;
        said.refused("wrong_person");
        // A badge that they lost, anybody revokes.
        let lost = json!({ "reason": "lost" });
        let said = officer.post(&format!("{path}/revocations"), &lost).await;
        said.created();
    }
    let path = format!("/v1/workers/{}", text(&first, "id"));
    let etag = hr.api.get(&path).await.etag();
    let said = officer.put(&path, &etag, &body).await;
    said.refused("wrong_person");
}

/// Who asks and then gets rid of the client through which they did is still who asked.
pub async fn who_asked_and_is_gone_is_still_who_asked(world: World) {
    let office = Office::of(&world, "Haven A").await;
    let admin = &office.admin;
    let person = json!({ "member": admin.member });
    let person = admin.api.post("/v1/people", &person).await.created();
    let officer = admin.tool(&world, "hr_officer", &person).await;
    let approver = admin.tool(&world, "hr_approver", &person).await;
    let approval = office.asks(&officer).await;
    let path = format!("/v1/clients/{}/revocations", officer.id());
    admin.api.post(&path, &json!({})).await.ok();
    grants(&approver, &approval).await.refused("wrong_person");
    grants(&office.hr.approver, &approval)
        .await
        .refused("changed");
    assert_eq!(office.state().await, "suspended");
}

/// A yes is for one act, once: neither for another nor for the same again.
pub async fn a_yes_that_was_heard_is_of_no_use_again(world: World) {
    let office = Office::of(&world, "Haven A").await;
    let hr = &office.hr;
    let other = hr.issues().await;
    hr.suspends(&other, "under_inquiry").await.created();
    let first = office.asks(&hr.api).await;
    let path = format!("/v1/credentials/{}/lifts", other.credential);
    let body = json!({ "kind": "for_cause" });
    let second = hr.api.post(&path, &body).await.is(202);
    // The content of one is not that of the other.
    let mut swapped = second.clone();
    swapped["content"] = first["content"].clone();
    grants(&hr.approver, &swapped).await.refused("changed");
    // The same request again is the same answer, and does nothing more.
    let path = format!("/v1/approvals/{}/grants", text(&first, "id"));
    let body = json!({ "content": first["content"] });
    let key = new_key();
    let granted = hr.approver.post_keyed(&path, &body, &key).await.created();
    hr.suspends(&office.pass, "under_inquiry").await.created();
    let again = hr.approver.post_keyed(&path, &body, &key).await;
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!(again.created(), granted);
    assert_eq!(office.state().await, "suspended");
    // The same act asked for again needs its own yes.
    let third = office.asks(&hr.api).await;
    assert_ne!(third["content"], first["content"]);
    let mut old = third.clone();
    old["content"] = first["content"].clone();
    grants(&hr.approver, &old).await.refused("changed");
    grants(&hr.approver, &third).await.created();
}

/// A yes that was let in before its sender lost the role, and comes to the door after.
pub async fn who_is_demoted_before_the_commit_lets_nothing_happen(world: World) {
    let office = Office::of(&world, "Haven A").await;
    let approval = office.asks(&office.hr.api).await;
    let approver = office.admin.person(&world, "hr_approver").await;
    let services = &world.node.shared.services;
    let client: ClientId = approver.id().parse().expect("an identifier");
    let id: ApprovalId = text(&approval, "id").parse().expect("an identifier");
    let content: Digest =
        serde_json::from_value(approval["content"].clone()).expect("it is a digest");
    let caller = {
        let places = services.index.places();
        clients::caller(places.caller(client).expect("it is known"))
    };
    let permit = caller
        .permit::<AnswerApprovals>()
        .expect("still in the role");
    let path = format!("/v1/clients/{}/revocations", approver.id());
    office.admin.api.post(&path, &json!({})).await.ok();
    let granted = services
        .door
        .change(Actor::Client(client), move |tx| {
            approvals::grant(tx, permit, id, content, None).map(drop)
        })
        .await;
    assert_eq!(granted.expect_err("too late").code, Code::Forbidden);
    // Nor when another's turn at the door is used for it.
    let granted = services
        .door
        .change(Actor::System, move |tx| {
            approvals::grant(tx, permit, id, content, None).map(drop)
        })
        .await;
    assert_eq!(granted.expect_err("too late").code, Code::WrongPerson);
    assert_eq!(office.state().await, "suspended");
    // At the same moment one comes first.
    for _ in 0..10 {
        let approval = office.asks(&office.hr.api).await;
        let approver = office.admin.person(&world, "hr_approver").await;
        let path = format!("/v1/clients/{}/revocations", approver.id());
        let nothing = json!({});
        let (revoked, granted) = tokio::join!(
            office.admin.api.post(&path, &nothing),
            grants(&approver, &approval)
        );
        revoked.ok();
        if granted.status == 201 {
            assert_eq!(office.state().await, "active");
            office
                .hr
                .suspends(&office.pass, "under_inquiry")
                .await
                .created();
        } else {
            assert!(
                [401, 403].contains(&granted.status.as_u16()),
                "{}",
                granted.text
            );
            assert_eq!(office.state().await, "suspended");
        }
    }
}

/// One human with two accounts, each as another record of theirs: when it is known that the records are of one person, they
/// are one person here too.
pub async fn who_is_recorded_twice_is_not_two_people(world: World) {
    let office = Office::of(&world, "Haven A").await;
    let (admin, hr) = (&office.admin, &office.hr);
    let body = json!({
        "family_name": "Maes", "given_names": "Jan",
        "documents": [{ "kind": "passport", "country": "BEL", "number": "EH551155" }],
    });
    let mut tools = Vec::new();
    for role in ["hr_officer", "hr_approver"] {
        let worker = hr.api.post("/v1/workers", &body).await.created();
        let person = json!({ "member": admin.member, "worker": worker["id"] });
        let person = admin.api.post("/v1/people", &person).await.created();
        tools.push(admin.tool(&world, role, &person).await);
    }
    let [officer, approver] = &tools[..] else {
        panic!("two tools");
    };
    let approval = office.asks(officer).await;
    let cases = hr.api.get("/v1/match-cases").await.ok();
    let path = format!(
        "/v1/match-cases/{}/confirmations",
        text(&cases["items"][0], "id")
    );
    let said = hr.api.post(&path, &json!({})).await.is(202);
    hr.approver.grants(&said).await;
    grants(approver, &approval).await.refused("wrong_person");
    assert_eq!(office.state().await, "suspended");
    grants(&hr.approver, &approval).await.created();
}

/// Whose answer counts, for each desk.
const ANSWERED_BY: [(&str, &str); 5] = [
    ("credentials", "hr_approver"),
    ("screenings", "screening_approver"),
    ("privacy", "registrar"),
    ("network", "network_admin"),
    ("administration", "member_admin"),
];

/// Who sees what waits at each desk; for everybody else it is not there, or approvals are not theirs at all.
const SEEN_BY: [(&str, &[&str]); 5] = [
    (
        "credentials",
        &[
            "hr_officer",
            "hr_approver",
            "facility_officer",
            "duty_officer",
        ],
    ),
    ("screenings", &["screening_officer", "screening_approver"]),
    ("privacy", &["registrar"]),
    ("network", &["network_admin"]),
    ("administration", &["member_admin"]),
];

/// What the roles have no part in, whichever desk it is.
const NEVER_READ: [&str; 3] = ["gate", "auditor", "register"];
const ANSWERING: [&str; 5] = [
    "hr_approver",
    "screening_approver",
    "registrar",
    "network_admin",
    "member_admin",
];

/// Every desk × every state × every end × every role.
pub async fn every_end_of_every_state_is_given_by_the_role_of_the_list_and_by_no_other(
    world: World,
) {
    let admin = world.member("Haven A").await;
    let hr = admin.hr(&world).await;
    admin.breaks_glass(&world).await;
    let network = world.admin().await;
    let of_network = Admin {
        api: network.api.clone(),
        member: network.member.clone(),
    };
    let mut all = everybody(&world, &admin).await;
    // The second one is somebody else than the one who asks.
    all.retain(|(role, _)| *role != "network_admin");
    all.push((
        "network_admin",
        of_network.person(&world, "network_admin").await,
    ));
    let asks_network = of_network.person(&world, "network_admin").await;
    let officer = admin.person(&world, "screening_officer").await;
    let registrar = admin.person(&world, "registrar").await;
    let asks_admin = admin.person(&world, "member_admin").await;
    let second = |desk: &str| {
        let (_, role) = ANSWERED_BY
            .iter()
            .find(|(name, _)| *name == desk)
            .expect("a desk");
        &all.iter().find(|(name, _)| name == role).expect("a role").1
    };
    let mut count = 0;
    let mut asked = async |desk: &'static str| {
        count += 1;
        match desk {
            "credentials" => {
                let pass = hr.issues().await;
                hr.suspends(&pass, "under_inquiry").await.created();
                let path = format!("/v1/credentials/{}/lifts", pass.credential);
                let said = hr.api.post(&path, &json!({ "kind": "for_cause" })).await;
                (said.is(202), hr.api.clone())
            }
            "screenings" => {
                let worker = hr.registers("Maes").await;
                let path = format!("/v1/workers/{worker}/screenings");
                let body =
                    json!({ "function": "cargo_data", "consented_at": "2026-03-01T09:00:00Z" });
                let opened = officer.post(&path, &body).await.created();
                let path = format!("/v1/screenings/{}", text(&opened, "id"));
                officer
                    .post(&format!("{path}/submissions"), &json!({}))
                    .await
                    .created();
                let body = json!({ "advice": "positive", "authority": "namb", "reference": "2026/1", "date": "2026-03-02" });
                let said = officer.post(&format!("{path}/outcomes"), &body).await;
                (said.is(202), officer.clone())
            }
            "privacy" => {
                let worker = hr.registers("Maes").await;
                let path = format!("/v1/workers/{worker}/erasures");
                (
                    registrar.post(&path, &json!({})).await.is(202),
                    registrar.clone(),
                )
            }
            "administration" => {
                let body = json!({ "member": admin.member, "name": "a tool", "role": "auditor" });
                let said = asks_admin.post("/v1/clients", &body).await;
                (said.is(202), asks_admin.clone())
            }
            _ => {
                let body = json!({ "reference": format!("REG-{count}"), "starts_at": "2026-03-01T00:00:00Z",
                    "ends_at": "2027-03-01T00:00:00Z",
                    "document": { "kind": "passport", "country": "BEL", "number": format!("EH{:06}", 660_000 + count) } });
                (
                    asks_network.post("/v1/bans", &body).await.is(202),
                    asks_network.clone(),
                )
            }
        }
    };
    let mut cells = 0;
    for (desk, role_of_desk) in ANSWERED_BY {
        let seen_by = SEEN_BY
            .iter()
            .find(|(name, _)| *name == desk)
            .expect("a desk")
            .1;
        for state in ["waiting", "granted", "declined", "withdrawn"] {
            let in_state = async |(approval, asker): (Value, Api)| {
                match state {
                    "granted" => grants(second(desk), &approval).await.created(),
                    "declined" => ends(second(desk), &approval, "declines").await.created(),
                    "withdrawn" => ends(&asker, &approval, "withdrawals").await.created(),
                    _ => Value::Null,
                };
                approval
            };
            let mut approval = in_state(asked(desk).await).await;
            for (role, api) in &all {
                for end in ["grants", "declines", "withdrawals"] {
                    let said = match end {
                        "grants" => grants(api, &approval).await,
                        end => ends(api, &approval, end).await,
                    };
                    cells += 1;
                    let cell = format!("{desk}, {state}, {role}, {end}: {}", said.text);
                    let found = said.json()["code"].as_str().unwrap_or("done").to_owned();
                    let may = match end {
                        "withdrawals" => !NEVER_READ.contains(role),
                        _ => ANSWERING.contains(role),
                    };
                    let wanted = match (may, seen_by.contains(role), state, end) {
                        (false, ..) => "forbidden",
                        (_, false, ..) => "not_found",
                        (_, _, "waiting", "withdrawals") => "wrong_person",
                        (_, _, "waiting", _) if *role == role_of_desk => "done",
                        (_, _, "waiting", _) => "forbidden",
                        _ => "approval_ended",
                    };
                    assert_eq!(found, wanted, "{cell}");
                    if wanted == "done" {
                        approval = in_state(asked(desk).await).await;
                    }
                }
            }
        }
    }
    assert_eq!(cells, 5 * 4 * 12 * 3);
}
