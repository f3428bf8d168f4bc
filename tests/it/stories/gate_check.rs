//! The question that everything is for: is this card good, here, now?

use serde_json::{Value, json};

use crate::support::World;
use crate::support::actors::{GateActor, Hr, verdict};
use crate::support::world::text;

pub async fn a_badge_revoked_at_b_is_refused_at_a(world: World) {
    let (a, b) = (world.member("Haven A").await, world.member("Haven B").await);
    let hr_of_b = b.hr(&world).await;
    let gate_of_a = a.gate(&world, &[&hr_of_b.card_system]).await;
    let pass = hr_of_b.issues().await;

    let before = gate_of_a.asks_about(&pass).await;
    assert_eq!(verdict(&before), ("permit", "valid"));
    assert_eq!(before["instruction"], "open");

    let revocation = hr_of_b.revokes(&pass, "stolen").await.created();
    let after = gate_of_a.asks_about(&pass).await;
    assert_eq!(verdict(&after), ("deny", "not_valid"));
    assert_eq!(after["instruction"], "keep_shut");
    assert!(after["class"].is_null(), "a gate is not told why");
    assert!(after["seq"].as_u64() >= revocation["seq"].as_u64());

    let again = hr_of_b.revokes(&pass, "lost").await.ok();
    assert_eq!(again, revocation, "the first revocation stands");
}

pub async fn a_suspended_badge_is_refused_until_it_is_lifted(world: World) {
    let a = world.member("Haven A").await;
    let hr = a.hr(&world).await;
    let gate = a.gate(&world, &[&hr.card_system]).await;
    let pass = hr.issues().await;

    hr.suspends(&pass, "under_inquiry").await.created();
    hr.suspends(&pass, "dormant").await.created();
    assert_eq!(
        verdict(&gate.asks_about(&pass).await),
        ("deny", "not_valid")
    );
    hr.lifts(&pass, "for_cause").await.created();
    assert_eq!(
        verdict(&gate.asks_about(&pass).await),
        ("deny", "not_valid"),
        "the other ground stands"
    );
    hr.lifts(&pass, "dormant").await.created();
    assert_eq!(verdict(&gate.asks_about(&pass).await), ("permit", "valid"));
    hr.lifts(&pass, "dormant").await.refused("not_suspended");
    hr.revokes(&pass, "lost").await.created();
    hr.suspends(&pass, "under_inquiry")
        .await
        .refused("credential_revoked");
    hr.lifts(&pass, "for_cause")
        .await
        .refused("credential_revoked");
}

pub async fn why_is_told_only_where_the_facility_allows_it(world: World) {
    let (a, b) = (world.member("Haven A").await, world.member("Haven B").await);
    let hr = b.hr(&world).await;
    let open = a.facility(json!({ "shows_class": true })).await;
    let open = a
        .gate_at(&world, &open, &[&hr.card_system], json!({}))
        .await;
    let discreet = a.gate(&world, &[&hr.card_system]).await;
    let (good, stolen, twice, over) = (
        hr.issues().await,
        hr.issues().await,
        hr.issues().await,
        hr.issues_with(json!({ "valid_until": "2026-03-02T07:31:00Z" }))
            .await,
    );
    hr.revokes(&stolen, "stolen").await.created();
    hr.suspends(&twice, "dormant").await.created();
    hr.suspends(&twice, "under_inquiry").await.created();
    world.clock.advance(60_000);
    for (pass, wanted, class) in [
        (&good, ("permit", "valid"), Value::Null),
        (&over, ("deny", "expired"), Value::Null),
        (&stolen, ("deny", "not_valid"), json!("possession")),
        // The gravest of those that stand.
        (&twice, ("deny", "not_valid"), json!("for_cause")),
    ] {
        let told = open.asks_about(pass).await;
        assert_eq!((verdict(&told), &told["class"]), (wanted, &class));
        let hidden = discreet.asks_about(pass).await;
        assert_eq!((verdict(&hidden), hidden.get("class")), (wanted, None));
    }
}

pub async fn a_number_that_two_systems_know_opens_nothing_until_one_is_named(world: World) {
    let (a, b) = (world.member("Haven A").await, world.member("Haven B").await);
    let (hr_of_a, hr_of_b, hr_of_third) =
        (a.hr(&world).await, b.hr(&world).await, a.hr(&world).await);
    let card = |hr: &Hr, number: &str| json!({ "card_system": hr.card_system, "format": "number", "value": number });
    let systems = [&*hr_of_a.card_system, &*hr_of_b.card_system];
    let (both, only_a) = (
        a.gate(&world, &systems).await,
        a.gate(&world, &systems[..1]).await,
    );
    let of_a = hr_of_a.issues_cards(json!([card(&hr_of_a, "4711")])).await;
    let of_b = hr_of_b.issues_cards(json!([card(&hr_of_b, "4711")])).await;
    let (of_a, of_b) = (of_a.created(), of_b.created());
    let ask = async |gate: &GateActor, system: Option<&str>| {
        let mut card = json!({ "format": "number", "value": "4711" });
        if let Some(system) = system {
            card["card_system"] = json!(system);
        }
        gate.asks(json!({ "card": card })).await
    };

    for revoked in [false, true] {
        if revoked {
            // That one of the two is revoked does not make the other the one that is meant.
            let path = format!("/v1/credentials/{}/revocations", text(&of_b, "id"));
            let body = json!({ "reason": "lost" });
            hr_of_b.api.post(&path, &body).await.created();
        }
        let unclear = ask(&both, None).await.ok();
        assert_eq!(verdict(&unclear), ("deny", "ambiguous"));
        assert_eq!(unclear["instruction"], "keep_shut");
        assert_eq!(unclear.get("credential"), None, "neither is named");
        let named = ask(&both, Some(systems[0])).await.ok();
        assert_eq!(verdict(&named), ("permit", "valid"));
        assert_eq!(named["credential"], of_a["id"]);
        let named = ask(&both, Some(systems[1])).await.ok();
        let wanted = match revoked {
            false => ("permit", "valid"),
            true => ("deny", "not_valid"),
        };
        assert_eq!(verdict(&named), wanted);
        assert_eq!(named["credential"], of_b["id"]);
        // A gate that honours one of the two is not in doubt.
        let clear = ask(&only_a, None).await.ok();
        assert_eq!(verdict(&clear), ("permit", "valid"));
        assert_eq!(clear["credential"], of_a["id"]);
    }

    for foreign in [systems[1], &hr_of_third.card_system] {
        let said = ask(&only_a, Some(foreign)).await;
        assert_eq!(said.status, 422);
        let problem = said.refused("invalid");
        assert_eq!(problem["errors"][0]["pointer"], "/card/card_system");
        assert_eq!(problem["errors"][0]["code"], "not_honoured");
    }

    // The same number twice on one credential is no doubt.
    let cards = json!([card(&hr_of_a, "4712"), card(&hr_of_third, "4712")]);
    hr_of_a.issues_cards(cards).await.created();
    let gate = a
        .gate(&world, &[systems[0], &hr_of_third.card_system])
        .await;
    let said = gate.asks(json!({ "card": { "format": "number", "value": "4712" } }));
    assert_eq!(verdict(&said.await.ok()), ("permit", "valid"));
}

pub async fn a_uid_is_read_in_the_order_of_its_system(world: World) {
    let (a, b) = (world.member("Haven A").await, world.member("Haven B").await);
    let highest = a.hr(&world).await;
    let body = json!({ "member": b.member, "name": "old readers", "uid_byte_order": "lsb_first" });
    let system = b.api.post("/v1/card-systems", &body).await.created();
    assert_eq!(system["uid_byte_order"], "lsb_first");
    let lowest = Hr {
        api: b.client(&world, &b.member, "hr_officer").await,
        approver: b.person(&world, "hr_approver").await,
        member: b.member.clone(),
        card_system: text(&system, "id").to_owned(),
    };
    let card = |hr: &Hr, uid: &str| json!([{ "card_system": hr.card_system, "format": "card_uid", "value": uid }]);
    let at_highest = a.gate(&world, &[&highest.card_system]).await;
    let at_lowest = b.gate(&world, &[&lowest.card_system]).await;
    let at_both = a
        .gate(&world, &[&highest.card_system, &lowest.card_system])
        .await;
    let decide = async |gate: &GateActor, uid: &str| {
        let said = gate.asks(json!({ "card": { "format": "card_uid", "value": uid } }));
        let said = said.await.ok();
        let (decision, status) = verdict(&said);
        assert_eq!(decision == "permit", status == "valid");
        decision.to_owned()
    };

    // Four bytes are one system's own: what its readers send is what it knows, and only that.
    let (uid, reversed) = ("1A2B3C4D", "4D3C2B1A");
    let short = lowest.issues_cards(card(&lowest, uid)).await.created();
    assert_eq!(decide(&at_lowest, uid).await, "permit");
    assert_eq!(decide(&at_lowest, reversed).await, "unknown");
    for uid in [uid, reversed] {
        assert_eq!(decide(&at_highest, uid).await, "unknown");
    }
    assert_eq!(decide(&at_both, uid).await, "permit");
    assert_eq!(decide(&at_both, reversed).await, "unknown");
    let path = format!("/v1/credentials/{}/revocations", text(&short, "id"));
    let body = json!({ "reason": "lost" });
    lowest.api.post(&path, &body).await.created();
    assert_eq!(decide(&at_both, uid).await, "deny");

    // Seven bytes are one card in the whole network, in whichever order it is read.
    let (uid, reversed) = ("04A1B2C3D4E580", "80E5D4C3B2A104");
    highest.issues_cards(card(&highest, uid)).await.created();
    lowest
        .issues_cards(card(&lowest, reversed))
        .await
        .refused("card_in_use");
    assert_eq!(decide(&at_highest, uid).await, "permit");
    assert_eq!(decide(&at_highest, reversed).await, "unknown");
    // Whoever issued it is found by it, but B's gate does not honour A: its credentials open nothing there.
    assert_eq!(decide(&at_lowest, reversed).await, "deny");
    assert_eq!(decide(&at_lowest, uid).await, "unknown");
    for uid in [uid, reversed] {
        assert_eq!(decide(&at_both, uid).await, "permit");
    }
}
