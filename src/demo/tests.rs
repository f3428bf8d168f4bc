//! The whole of it, small: what was seeded is what gates say.

use reqwest::Method;
use serde_json::json;

use super::api::Api;
use super::people::Standing;
use super::*;
use crate::store::Store;

#[tokio::test(flavor = "multi_thread")]
async fn the_ledger_verifies_and_the_gates_say_of_each_worker_what_the_plan_says() {
    let options = DemoOptions {
        workers: 300,
        story: true,
        ..DemoOptions::default()
    };
    let examined = on_stage(&options, async |demo| {
        let store = Store::at(&format!("sqlite:{}", demo.folder.join("demo.db").display()));
        let mut reader = store.reader().expect("the database opens");
        crate::service::verify::verify(&mut reader, None, |_, _| {}).expect("whole");

        let api = Api::at(&demo.stage.url)?;
        for member in 1..MEMBERS.len() {
            let gates = demo.network.gates.iter();
            let nth = gates.clone().position(|gate| gate.member == member);
            let nth = nth.expect("every other member has gates");
            let token = api.token(&demo.machines.gates[nth]).await?;
            for place in demo.crowd.of_member(member) {
                let person = demo.crowd.person(&demo.network, place);
                let told = match person.standing {
                    Standing::Good | Standing::Scoped(0) => "valid",
                    Standing::Scoped(_) => "out_of_scope",
                    Standing::Suspended(_) | Standing::Revoked(_) => "not_valid",
                    Standing::Expired => "expired",
                    Standing::NotYet => "not_yet_valid",
                };
                for (_, number) in person.badges.iter().flat_map(|badge| &badge.cards) {
                    let card = json!({ "format": number.format, "value": number.value });
                    let body = json!({ "gate": demo.network.gates[nth].id, "card": card });
                    let path = "/v1/gate-checks";
                    let said = api.send(Method::POST, path, &token, Some(&body)).await?;
                    assert_eq!(said.body["status"], told, "{place} {}", said.body);
                }
            }
        }
        Ok(())
    });
    examined.await.expect("it runs").expect("nobody stops it");
}

#[tokio::test(flavor = "multi_thread")]
async fn too_few_workers_are_refused_before_anything_is_made() {
    let options = DemoOptions {
        workers: 7,
        ..DemoOptions::default()
    };
    let refused = on_stage(&options, async |_| Ok(())).await;
    let sentence = refused.expect_err("too few").to_string();
    assert_eq!(sentence, "There can be 100 to 999999 workers.");
}
