//! A credential that was revoked wrongly stays revoked. That it was wrong is noted by an approver and a registrar, and whoever
//! was wronged is issued another.

use serde_json::json;

use super::referrals::{Ports, records_a_basis, shares};
use crate::support::World;
use crate::support::actors::verdict;
use crate::support::world::text;

pub async fn a_wrong_revocation_stays_and_is_known_to_be_wrong(world: World) {
    let ports = Ports::of(&world).await;
    shares(&world, true).await;
    records_a_basis(&world, &ports.a).await;
    let (hr, pass) = (&ports.hr_of_a, &ports.at_a);
    let gate = ports.b.gate(&world, &[&hr.card_system]).await;
    let registrar = ports.a.person(&world, "registrar").await;
    let shown = format!("/v1/credentials/{}", pass.credential);
    let corrections = format!("{shown}/corrections");
    let nothing = json!({});
    let early = hr.approver.post(&corrections, &nothing).await;
    early.refused("not_correctable");
    let asked = hr.revokes(pass, "lent_or_shared").await;
    hr.approver.seconds(asked, &shown).await.created();
    let told = ports.hr_of_b.api.get("/v1/referrals?state=open").await.ok();
    assert_eq!(told["items"].as_array().map(Vec::len), Some(1));

    // An approver asks, and a registrar is the second person; nobody else is.
    let asked = hr.approver.post(&corrections, &nothing).await.is(202);
    let approval = format!("/v1/approvals/{}", text(&asked, "id"));
    hr.approver.get(&approval).await.ok();
    hr.api.get(&approval).await.refused("not_found");
    let content = json!({ "content": asked["content"] });
    let grants = format!("{approval}/grants");
    let own = hr.approver.post(&grants, &content).await;
    own.refused("forbidden");
    registrar.post(&grants, &content).await.created();

    let corrected = hr.api.get(&shown).await.ok();
    assert_eq!(
        (
            &corrected["state"],
            &corrected["reason"],
            &corrected["corrected_at"]
        ),
        (
            &json!("revoked"),
            &json!("lent_or_shared"),
            &json!("2026-03-02T07:30:00.000Z")
        )
    );
    let answer = gate.asks_about(pass).await;
    assert_eq!(verdict(&answer), ("deny", "not_valid"));
    let again = hr.approver.post(&corrections, &nothing).await;
    again.refused("not_correctable");
    // What the others were told has no ground any more.
    let told = ports.hr_of_b.api.get("/v1/referrals?state=open").await.ok();
    assert_eq!(told["items"], json!([]));
    let anew = hr.issues_to_worker(&pass.worker).await;
    let answer = gate.asks_about(&anew).await;
    assert_eq!(verdict(&answer).0, "permit");
}
