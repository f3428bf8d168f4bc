//! What is suspended for cause stays so until two people have decided what it was suspended for: no other badge, no reason that
//! one person may give, and no end of an engagement gets round it.

use serde_json::{Value, json};

use super::bans::confirms_the_match;
use super::screenings::Desk;
use crate::support::World;
use crate::support::actors::{Api, Hr, Pass, Said, verdict};
use crate::support::world::text;

const REPLACEMENT: &str = "880000301";

/// Tries to put another badge into the hands of whoever has this pass, in each way that there is.
async fn tries_all(hr: &Hr, other: &Pass) -> Vec<(&'static str, Said)> {
    let card = |number: &str| json!({ "medium": "card", "cards": [{ "card_system": hr.card_system, "format": "number", "value": number }] });
    let path = format!("/v1/credentials/{}", other.credential);
    let replaces = json!({ "reason": "damaged", "badges": [card(REPLACEMENT)] });
    vec![
        ("issue", hr.tries_to_issue_to(&other.worker).await.0),
        (
            "replacement",
            hr.api
                .post(&format!("{path}/replacements"), &replaces)
                .await,
        ),
        (
            "badge",
            hr.api
                .post(&format!("{path}/badges"), &card("880000302"))
                .await,
        ),
    ]
}

pub async fn nothing_else_is_issued_while_an_inquiry_stands(world: World) {
    let a = world.member("Haven A").await;
    let hr = a.hr(&world).await;
    let suspected = hr.issues_on("EH123456").await;
    let second = hr.issues_to_worker(&suspected.worker).await;
    // The same human under another record of the port.
    let passport = json!([{ "kind": "passport", "country": "BEL", "number": "EH123456" }]);
    let again = hr.registers_with(passport).await.created();
    confirms_the_match(&hr).await;
    let third = hr.issues_to_worker(text(&again, "id")).await;
    hr.suspends(&suspected, "under_inquiry").await.created();
    for other in [&second, &third] {
        for (way, said) in tries_all(&hr, other).await {
            assert_eq!(said.refused("inquiry_stands")["status"], 409, "{way}");
        }
        assert_eq!(hr.sees(other).await.0, "active");
    }
    // By a file neither.
    let engagements = format!("/v1/workers/{}/engagements", third.worker);
    let engagement = json!({ "employer": "Stuwadoor Noord", "staff_number": "S-7" });
    hr.api.post(&engagements, &engagement).await.created();
    let file = "family name,given names,employer,staff number,card number,valid until\n\
        Verhoeven,Jan,Stuwadoor Noord,S-7,8812345,2027-03-01\n";
    let query = format!(
        "purpose=credentials&card_system={}&default_format=number",
        hr.card_system
    );
    let checked = hr.brings(&query, file.into()).await.created();
    assert!(checked["rows"].to_string().contains("inquiry_stands"));
    // Another port has its own word, which referrals bring.
    let elsewhere = world.member("Haven B").await.hr(&world).await;
    let there = elsewhere.issues_on("ZZ444444").await;
    assert_eq!(elsewhere.sees(&there).await.0, "active");

    hr.lifts(&suspected, "for_cause").await.created();
    hr.issues_to_worker(&suspected.worker).await;
    hr.suspends(&suspected, "under_inquiry").await.created();
    let (said, _) = hr.tries_to_issue_to(&third.worker).await;
    said.refused("inquiry_stands");
    let asked = hr.revokes(&suspected, "lent_or_shared").await;
    let (said, _) = hr.tries_to_issue_to(&third.worker).await;
    said.refused("inquiry_stands");
    let shown = format!("/v1/credentials/{}", suspected.credential);
    hr.approver.seconds(asked, &shown).await.created();
    // Now it is known what they did, and a second person must see to it.
    let body = json!({ "worker": third.worker, "valid_until": "2027-01-01T00:00:00Z" });
    hr.api.post("/v1/credentials", &body).await.is(202);
}

pub async fn what_was_granted_before_is_not_handed_over_while_an_inquiry_stands(world: World) {
    let admin = world.approving_member("Haven A").await;
    let hr = admin.hr(&world).await;
    let worker = hr.registers("Peeters").await;
    let mut approved = Vec::new();
    for number in ["880000311", "880000312"] {
        let body = json!({ "worker": worker, "valid_until": "2027-01-01T00:00:00Z" });
        let asked = hr.api.post("/v1/credentials", &body).await.is(202);
        let path = format!("/v1/approvals/{}/grants", text(&asked, "id"));
        let content = json!({ "content": asked["content"] });
        hr.approver.post(&path, &content).await.created();
        let id = text(&asked["act"]["credential"], "id").to_owned();
        let card = json!({ "card_system": hr.card_system, "format": "number", "value": number });
        let badge = json!({ "medium": "card", "cards": [card] });
        let badges = format!("/v1/credentials/{id}/badges");
        hr.api.post(&badges, &badge).await.created();
        approved.push(Pass {
            number: number.into(),
            credential: id,
            worker: worker.clone(),
        });
    }
    let hands_over = async |pass: &Pass| {
        let path = format!("/v1/credentials/{}/handovers", pass.credential);
        hr.api.post(&path, &json!({})).await
    };
    let [first, second] = &approved[..] else {
        panic!("two were granted")
    };
    hands_over(first).await.created();
    // What waits to be granted is not granted either.
    let body = json!({ "worker": worker, "valid_until": "2027-01-01T00:00:00Z" });
    let asked = hr.api.post("/v1/credentials", &body).await.is(202);
    hr.suspends(first, "under_inquiry").await.created();
    hands_over(second).await.refused("inquiry_stands");
    let path = format!("/v1/approvals/{}/grants", text(&asked, "id"));
    let content = json!({ "content": asked["content"] });
    let said = hr.approver.post(&path, &content).await;
    said.refused("inquiry_stands");
    hr.lifts(first, "for_cause").await.created();
    hands_over(second).await.created();
}

pub async fn no_single_person_ends_an_inquiry(world: World) {
    let a = world.member("Haven A").await;
    let hr = a.hr(&world).await;
    let gate = a.gate(&world, &[&hr.card_system]).await;
    let worker = hr.registers("Peeters").await;
    let engagements = format!("/v1/workers/{worker}/engagements");
    let engagement = json!({ "employer": "Stuwadoor Noord", "staff_number": "S-7" });
    let engagement = hr.api.post(&engagements, &engagement).await.created();
    let rests = json!({ "worker": worker, "engagement": engagement["id"] });
    let suspected = hr.issues_with(rests.clone()).await;
    let other = hr.issues_with(rests).await;
    hr.suspends(&suspected, "under_inquiry").await.created();
    let stands = async || {
        assert_eq!(hr.sees(&suspected).await.1, json!(["for_cause"]));
        let answer = gate.asks_about(&suspected).await;
        assert_eq!(verdict(&answer), ("deny", "not_valid"));
    };
    // For a reason that takes one person otherwise, it waits for a second.
    let asked = hr.revokes(&suspected, "lost").await;
    assert_eq!(asked.status, 202);
    stands().await;
    // In a list it hinders nobody, and is told.
    let plain = hr.issues().await;
    let body =
        json!({ "credentials": [plain.credential, suspected.credential], "reason": "superseded" });
    let said = hr.api.post("/v1/revocations:batch", &body).await.ok();
    assert_eq!(hr.sees(&plain).await.0, "revoked");
    let told = said["items"].as_array().expect("items").iter();
    let mut told = told.filter(|one| one["credential"] == suspected.credential.as_str());
    let problem: &Value = &told.next().expect("it is told")["problem"];
    assert_eq!(problem["code"], "inquiry_stands");
    stands().await;
    // By the end of what it rests on neither; and no two make it good again without that.
    let ends = format!("/v1/engagements/{}/end", text(&engagement, "id"));
    hr.api.post(&ends, &json!({})).await.ok();
    assert_eq!(hr.sees(&other).await.0, "revoked");
    stands().await;
    let lifts = format!("/v1/credentials/{}/lifts", suspected.credential);
    let lift = json!({ "kind": "for_cause" });
    hr.api.post(&lifts, &lift).await.refused("engagement_ended");
    stands().await;
    // Two end it.
    let shown = format!("/v1/credentials/{}", suspected.credential);
    hr.approver.seconds(asked, &shown).await.created();
    assert_eq!(hr.sees(&suspected).await.0, "revoked");
}

pub async fn nobody_says_by_hand_what_no_authority_said(world: World) {
    let a = world.approving_member("Haven A").await;
    let desk = Desk::of(&world, &a).await;
    let hr = &desk.hr;
    let code = |said: Said, wanted: &str| {
        let problem = said.refused("invalid");
        assert_eq!(problem["errors"][0]["code"], wanted, "{problem}");
        problem["errors"][0]["pointer"].clone()
    };
    let granted = async |worker: &str| {
        let body = json!({ "worker": worker, "valid_until": "2027-01-01T00:00:00Z" });
        let asked = hr.api.post("/v1/credentials", &body).await.is(202);
        hr.approver.grants(&asked).await;
        Pass {
            worker: worker.to_owned(),
            credential: text(&asked["act"]["credential"], "id").to_owned(),
            number: String::new(),
        }
    };
    let handed_over = async |worker: &str, number: &str| {
        let pass = granted(worker).await;
        let card = json!({ "card_system": hr.card_system, "format": "number", "value": number });
        let badge = json!({ "medium": "card", "cards": [card] });
        let path = format!("/v1/credentials/{}", pass.credential);
        let badges = format!("{path}/badges");
        hr.api.post(&badges, &badge).await.created();
        let handovers = format!("{path}/handovers");
        hr.api.post(&handovers, &json!({})).await.created();
        pass
    };
    let worker = hr.registers("Maes").await;
    let pass = handed_over(&worker, "880000411").await;
    code(hr.suspends(&pass, "port_ban").await, "not_by_hand");
    for reason in ["advice_negative", "advice_lapsed", "advice_condition_unmet"] {
        code(hr.suspends(&pass, reason).await, "not_on_record");
        let pointer = code(hr.revokes(&pass, reason).await, "not_on_record");
        assert_eq!(pointer, "/reason");
    }
    assert_eq!(hr.sees(&pass).await.0, "active");
    // In a list it is told of which, and nothing of it is done.
    let other = handed_over(&hr.registers("Claes").await, "880000412").await;
    desk.refuses(&other.worker, "cargo_access").await;
    let list = |passes: &[&Pass], reason: &str| {
        let ids: Vec<&str> = passes.iter().map(|pass| &*pass.credential).collect();
        json!({ "credentials": ids, "reason": reason })
    };
    let batch = "/v1/revocations:batch";
    let body = list(&[&other, &pass], "advice_negative");
    let said = hr.api.post(batch, &body).await;
    assert_eq!(code(said, "not_on_record"), "/credentials/1");
    let waits = granted(&worker).await;
    let body = list(&[&pass, &waits], "lent_or_shared");
    let said = hr.api.post(batch, &body).await;
    assert_eq!(code(said, "not_handed_over"), "/credentials/1");
    for pass in [&pass, &other] {
        assert_eq!(hr.sees(pass).await.0, "active");
    }
    // Nor by a file.
    let system = &hr.card_system;
    let query = format!(
        "purpose=revocations&card_system={system}&default_format=number&reason=advice_negative"
    );
    let file = "Card number\n880000411\n";
    code(hr.brings(&query, file.into()).await, "not_in_file");
    // What is on record is said, but of nobody else, and of that alone.
    code(hr.suspends(&other, "advice_lapsed").await, "not_on_record");
    hr.suspends(&other, "advice_negative").await.created();

    // A duty officer sees to what cannot wait, and a recall takes two.
    let duty = a.person(&world, "duty_officer").await;
    let revokes = async |api: &Api, pass: &Pass, reason: &str| {
        let path = format!("/v1/credentials/{}/revocations", pass.credential);
        api.post(&path, &json!({ "reason": reason })).await
    };
    for reason in ["need_ended", "advice_negative", "bulk_recall"] {
        code(revokes(&duty, &other, reason).await, "not_for_role");
    }
    revokes(&hr.api, &other, "bulk_recall").await.is(202);
    assert_eq!(hr.sees(&other).await.1, json!(["screening"]));
    revokes(&duty, &other, "stolen").await.created();
    // What takes two is asked for by people: whoever has a tool that is nobody's could be the second person, too.
    let nobody = a.client(&world, &a.member, "hr_officer").await;
    let said = revokes(&nobody, &pass, "lent_or_shared").await;
    said.refused("wrong_person");
    let path = format!("/v1/credentials/{}/suspensions", pass.credential);
    let inquiry = json!({ "reason": "under_inquiry" });
    nobody.post(&path, &inquiry).await.refused("wrong_person");
    assert_eq!(hr.sees(&pass).await.0, "active");
    revokes(&nobody, &pass, "lost").await.created();
}
