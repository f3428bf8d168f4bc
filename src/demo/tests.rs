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
    assert_eq!(sentence, "There can be 100 to 999000 workers.");
}

#[tokio::test(flavor = "multi_thread")]
async fn people_have_a_case_of_every_kind_in_hand() {
    let options = DemoOptions {
        workers: 100,
        story: true,
        ..DemoOptions::default()
    };
    let examined = on_stage(&options, async |demo| {
        let api = Api::at(&demo.stage.url)?;
        let token = async |who: &str| {
            let found = demo.cast.iter().find(|(name, _)| name == who);
            api.token(&found.expect("on the cast").1).await
        };
        let listed = async |who: &str, path: &str| {
            let (token, mut found) = (token(who).await?, Vec::new());
            let mut next = format!("/v1/{path}");
            loop {
                let said = api.send(Method::GET, &next, &token, None).await?;
                let items = said.body["items"].as_array().expect("a list");
                found.extend(items.iter().cloned());
                let Some(cursor) = said.body["next_cursor"].as_str() else {
                    return Ok::<_, Failed>(found);
                };
                let more = if path.contains('?') { '&' } else { '?' };
                next = format!("/v1/{path}{more}cursor={cursor}");
            }
        };
        // It lapses by itself, within a second or two.
        let began = std::time::Instant::now();
        let lapsed = "screenings?state=lapsed";
        while listed("north-sea-port-screening-officer", lapsed)
            .await?
            .is_empty()
        {
            assert!(began.elapsed().as_secs() < 30, "nothing lapses");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        for state in crate::domain::screening::State::ALL {
            let path = format!("screenings?state={}", state.as_str());
            let found = listed("north-sea-port-screening-officer", &path).await?;
            assert!(!found.is_empty(), "{path}");
        }
        let referrals = crate::domain::referral::State::ALL
            .iter()
            .map(|state| ("referrals", state.as_str()));
        let exclusions = crate::domain::exclusion::State::ALL
            .iter()
            .map(|state| ("exclusions", state.as_str()));
        let bans = crate::domain::ban::State::ALL
            .iter()
            .map(|state| ("bans", state.as_str()));
        for (what, state) in referrals.chain(exclusions).chain(bans) {
            let who = if what == "bans" {
                "register"
            } else {
                "north-sea-port-hr-officer"
            };
            let path = format!("{what}?state={state}");
            assert!(!listed(who, &path).await?.is_empty(), "{path}");
        }
        for (who, path) in [
            ("antwerp-bruges-hr-officer", "referrals?state=open"),
            ("antwerp-bruges-hr-officer", "exclusions"),
            ("antwerp-bruges-registrar", "erasures?state=waiting"),
            ("antwerp-bruges-duty-officer", "break-glass"),
            ("north-sea-port-hr-officer", "match-cases?state=open"),
            (
                "north-sea-port-screening-approver",
                "approvals?state=waiting",
            ),
            ("north-sea-port-hr-approver", "approvals?state=waiting"),
            ("liege-hr-approver", "approvals?state=waiting"),
            ("antwerp-bruges-hr-officer", "work-items?kind=ban_arrived"),
        ] {
            assert!(!listed(who, path).await?.is_empty(), "{who}: {path}");
        }
        let at = |port: &str| format!("{port}-hr-officer");
        let mut states = std::collections::BTreeSet::new();
        let mut corrected = false;
        for port in ["north-sea-port", "antwerp-bruges", "liege"] {
            for credential in listed(&at(port), "credentials?limit=200").await? {
                states.insert(credential["state"].as_str().expect("a state").to_owned());
                for kind in credential["suspensions"].as_array().into_iter().flatten() {
                    states.insert(kind.as_str().expect("a kind").to_owned());
                }
                corrected |= credential["corrected_at"].is_string();
            }
        }
        for state in [
            "approved",
            "active",
            "suspended",
            "revoked",
            "for_cause",
            "judicial",
            "exclusion",
        ] {
            assert!(states.contains(state), "{state}: {states:?}");
        }
        assert!(corrected, "nothing was noted to be wrong");

        // The story's badge is good in Antwerp, and in Ghent where nothing is required; but its worker is not cleared.
        let gates = demo.network.gates.iter().enumerate();
        let hall = gates
            .clone()
            .find(|(_, gate)| gate.label.contains("coil hall"));
        let (nth, hall) = hall.expect("the hall has a door");
        let place = demo.crowd.of_member(NORTH_SEA_PORT).start;
        let number = &demo.crowd.person(&demo.network, place).badges[0].cards[0].1;
        let body = json!({ "gate": hall.id,
            "card": { "format": number.format, "value": number.value } });
        let token = api.token(&demo.machines.gates[nth]).await?;
        let said = api
            .send(Method::POST, "/v1/gate-checks", &token, Some(&body))
            .await?;
        assert_eq!(said.body["decision"], "deny", "{}", said.body);
        assert_eq!(said.body["status"], "not_cleared");
        Ok(())
    });
    examined
        .await
        .expect("the demonstration runs")
        .expect("nobody stops it");
}
