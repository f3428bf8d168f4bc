//! Many questions, or many revocations, in one request.

use portcullis::store::ledger;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::World;
use crate::support::actors::{GateActor, Said, new_key, verdict};
use crate::support::world::text;

const NOBODY: &str = "crd_00000000000070008000000000000000";

async fn asks(gate: &GateActor, checks: &[Value]) -> Said {
    let headers = [("content-type", "application/json")];
    let body = json!({ "checks": checks }).to_string();
    gate.api
        .send(Method::POST, "/v1/gate-checks:batch", &headers, body.into())
        .await
}

pub async fn a_batch_of_questions_is_answered_in_its_order(world: World) {
    let (a, b) = (world.member("Haven A").await, world.member("Haven B").await);
    let hr = b.hr(&world).await;
    let gate = a.gate(&world, &[&hr.card_system]).await;
    let elsewhere = b.gate(&world, &[&hr.card_system]).await;
    let (good, revoked) = (hr.issues().await, hr.issues().await);
    hr.revokes(&revoked, "stolen").await.created();

    let card = |number: &str| json!({ "gate": gate.gate, "card": { "format": "number", "value": number } });
    let mut both_ways = card(&good.number);
    both_ways["credential"] = json!(good.credential);
    let mut foreign_system = card(&good.number);
    foreign_system["card"]["card_system"] = json!("cas_00000000000070008000000000000000");
    let mut no_hex = json!({ "gate": gate.gate });
    no_hex["card"] = json!({ "format": "card_uid", "raw": "0G", "bit_count": 8 });
    let mut another_gate = card(&good.number);
    another_gate["gate"] = json!(elsewhere.gate);
    // Either what is decided, or where the question is wrong.
    let wanted = [
        (card(&good.number), Ok(("permit", "valid"))),
        (card(&revoked.number), Ok(("deny", "not_valid"))),
        (card("99999999"), Ok(("unknown", "unknown"))),
        (
            card("no number"),
            Err(("/checks/3/card", "character_not_allowed")),
        ),
        (both_ways, Err(("/checks/4/credential", "ambiguous"))),
        (
            foreign_system,
            Err(("/checks/5/card/card_system", "not_honoured")),
        ),
        (no_hex, Err(("/checks/6/card/raw", "value"))),
        (another_gate, Err(("/checks/7/gate", "not_found"))),
        (card(&good.number), Ok(("permit", "valid"))),
        (
            json!({ "gate": gate.gate, "credential": revoked.credential }),
            Ok(("deny", "not_valid")),
        ),
        (
            json!({ "gate": gate.gate, "credential": NOBODY }),
            Ok(("unknown", "unknown")),
        ),
    ];
    let checks: Vec<Value> = wanted.iter().map(|(check, _)| check.clone()).collect();
    let said = asks(&gate, &checks).await.ok();
    let answers = said["answers"].as_array().expect("answers");
    assert_eq!(answers.len(), wanted.len());
    for (answer, (check, wanted)) in answers.iter().zip(&wanted) {
        match wanted {
            Ok(wanted) => assert_eq!(verdict(answer), *wanted, "{check}"),
            Err((pointer, code)) => {
                let problem = &answer["problem"];
                assert_eq!(problem["code"], "invalid", "{check}: {answer}");
                let error = &problem["errors"][0];
                assert_eq!(
                    (text(error, "pointer"), text(error, "code")),
                    (*pointer, *code)
                );
                assert_eq!(answer.get("decision"), None, "{check}: {answer}");
            }
        }
    }
    assert_eq!(answers[0]["credential"], good.credential);
    assert_eq!(answers[1]["credential"], revoked.credential);

    // As many as are allowed, and one more.
    let mut many = vec![card(&good.number); 499];
    many.push(card(&revoked.number));
    let said = asks(&gate, &many).await.ok();
    let answers = said["answers"].as_array().expect("answers");
    assert_eq!(answers.len(), 500);
    let permits = |answer: &&Value| answer["decision"] == "permit";
    assert_eq!(answers.iter().take_while(permits).count(), 499);
    assert_eq!(answers[499]["decision"], "deny");
    many.push(card(&good.number));
    for wrong in [&many[..], &[]] {
        let said = asks(&gate, wrong).await;
        assert_eq!(said.status, 422);
        let problem = said.refused("invalid");
        assert_eq!(problem["errors"][0]["pointer"], "/checks");
    }
}

pub async fn a_batch_of_revocations_says_what_became_of_each(world: World) {
    let (a, b) = (world.member("Haven A").await, world.member("Haven B").await);
    let (hr_of_a, hr_of_b) = (a.hr(&world).await, b.hr(&world).await);
    let gate = a
        .gate(&world, &[&hr_of_a.card_system, &hr_of_b.card_system])
        .await;
    let (own, before, last) = (
        hr_of_a.issues().await,
        hr_of_a.issues().await,
        hr_of_a.issues().await,
    );
    let another = hr_of_b.issues().await;
    let first = hr_of_a.revokes(&before, "lost").await.created();
    let db_seq = || {
        let head = world.db_read(|reader| ledger::head(reader).expect("reads"));
        head.expect("is there").seq()
    };

    let (path, key) = ("/v1/revocations:batch", new_key());
    let list = [
        &*own.credential,
        &before.credential,
        NOBODY,
        &another.credential,
        &last.credential,
        &own.credential,
    ];
    let body = json!({ "credentials": list, "reason": "stolen" });
    let seq = db_seq();
    let said = hr_of_a.api.post_keyed(path, &body, &key).await;
    let said = said.ok();
    let items = said["items"].as_array().expect("items");
    assert_eq!(items.len(), list.len());
    for (item, credential) in items.iter().zip(list) {
        assert_eq!(item["credential"], credential, "in the order of the list");
    }
    assert_eq!(
        (&items[0]["reason"], &items[0]["seq"]),
        (&json!("stolen"), &json!(seq + 1))
    );
    assert_eq!(items[1], first, "the first revocation stands");
    assert_eq!(items[2]["problem"]["code"], "not_found");
    assert_eq!(
        items[3]["problem"], items[2]["problem"],
        "another member's is as good as none"
    );
    assert_eq!(
        (&items[4]["reason"], &items[4]["seq"]),
        (&json!("stolen"), &json!(seq + 2))
    );
    assert_eq!(items[5], items[0], "named twice, revoked once");
    assert_eq!(db_seq(), seq + 2);
    for pass in [&own, &before, &last] {
        assert_eq!(verdict(&gate.asks_about(pass).await), ("deny", "not_valid"));
    }
    assert_eq!(
        verdict(&gate.asks_about(&another).await),
        ("permit", "valid")
    );

    let again = hr_of_a.api.post_keyed(path, &body, &key).await;
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!(again.ok(), said);
    assert_eq!(db_seq(), seq + 2, "done once");

    // What is no reason to revoke refuses all of it.
    let fresh = hr_of_a.issues().await;
    let body = json!({ "credentials": [fresh.credential], "reason": "under_inquiry" });
    let problem = hr_of_a.api.post(path, &body).await.refused("invalid");
    assert_eq!(problem["errors"][0]["pointer"], "/reason");
    assert_eq!(verdict(&gate.asks_about(&fresh).await), ("permit", "valid"));
    let many = |len| json!({ "credentials": vec![NOBODY; len], "reason": "stolen" });
    let said = hr_of_a.api.post(path, &many(500)).await.ok();
    assert_eq!(said["items"].as_array().expect("items").len(), 500);
    for wrong in [many(501), many(0)] {
        let said = hr_of_a.api.post(path, &wrong).await;
        assert_eq!(said.status, 422);
        let problem = said.refused("invalid");
        assert_eq!(problem["errors"][0]["pointer"], "/credentials");
    }
}
