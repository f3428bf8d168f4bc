//! What is suspended for cause stays so until two people have decided what it was suspended for: no other badge, no reason that
//! one person may give, and no end of an engagement gets round it.

use serde_json::{Value, json};

use super::bans::confirms_the_match;
use crate::support::World;
use crate::support::actors::{Hr, Pass, Said, verdict};
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
