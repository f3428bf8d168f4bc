//! A badge in the place of another, and credentials that end with the engagement they rest on.

use serde_json::{Value, json};

use crate::support::World;
use crate::support::actors::{Hr, Pass, Said, verdict};
use crate::support::world::text;

/// Asks for a replacement on a card with this number.
async fn replaces(hr: &Hr, pass: &Pass, reason: &str, number: &str) -> Said {
    let card = json!({ "card_system": hr.card_system, "format": "number", "value": number });
    let badges = json!([{ "medium": "card", "cards": [card] }]);
    let path = format!("/v1/credentials/{}/replacements", pass.credential);
    let body = json!({ "reason": reason, "badges": badges });
    hr.api.post(&path, &body).await
}

pub async fn a_lost_badge_is_replaced_in_one_act(world: World) {
    let (a, b) = (world.member("Haven A").await, world.member("Haven B").await);
    let hr = a.hr(&world).await;
    let gate = b.gate(&world, &[&hr.card_system]).await;
    let pass = hr.issues().await;
    let old = hr
        .api
        .get(&format!("/v1/credentials/{}", pass.credential))
        .await
        .ok();
    let new = replaces(&hr, &pass, "lost", "880000001").await.created();
    assert_ne!(new["id"], old["id"]);
    for field in ["worker", "valid_until", "scope"] {
        assert_eq!(new[field], old[field], "{field}");
    }
    assert_eq!(
        verdict(&gate.asks_about(&pass).await),
        ("deny", "not_valid")
    );
    let found = Pass {
        number: "880000001".into(),
        credential: text(&new, "id").to_owned(),
        worker: pass.worker.clone(),
    };
    assert_eq!(verdict(&gate.asks_about(&found).await), ("permit", "valid"));
    // The old one cannot be replaced again, and its card never comes back.
    replaces(&hr, &pass, "lost", "880000002")
        .await
        .refused("credential_revoked");
    replaces(&hr, &found, "damaged", &pass.number)
        .await
        .refused("card_in_use");
    assert_eq!(verdict(&gate.asks_about(&found).await), ("permit", "valid"));
}

pub async fn nobody_gets_a_new_badge_for_what_they_did(world: World) {
    let hr = world.member("Haven A").await.hr(&world).await;
    let pass = hr.issues().await;
    for reason in ["lent_or_shared", "employment_ended", "advice_negative"] {
        let problem = replaces(&hr, &pass, reason, "880000003")
            .await
            .refused("invalid");
        assert_eq!(problem["errors"][0]["pointer"], "/reason", "{problem}");
    }
    hr.suspends(&pass, "under_inquiry").await.created();
    replaces(&hr, &pass, "lost", "880000003")
        .await
        .refused("already_suspended");
}

pub async fn a_credential_ends_with_the_engagement_it_rests_on(world: World) {
    let a = world.member("Haven A").await;
    let hr = a.hr(&world).await;
    let gate = a.gate(&world, &[&hr.card_system]).await;
    let worker = hr.registers("Maes").await;
    let path = format!("/v1/workers/{worker}/engagements");
    let mut passes = Vec::new();
    let mut engagements = Vec::new();
    for employer in ["Stuwadoor Noord", "Stuwadoor Zuid"] {
        let body = json!({ "employer": employer });
        let engagement = hr.api.post(&path, &body).await.created();
        let engagement = text(&engagement, "id").to_owned();
        let more: Value = json!({ "worker": worker, "engagement": engagement });
        passes.push(hr.issues_with(more).await);
        engagements.push(engagement);
    }
    let end = format!("/v1/engagements/{}/end", engagements[0]);
    hr.api.post(&end, &json!({})).await.ok();
    let said = gate.asks_about(&passes[0]).await;
    assert_eq!(verdict(&said), ("deny", "not_valid"));
    let said = gate.asks_about(&passes[1]).await;
    assert_eq!(verdict(&said), ("permit", "valid"));
}
