//! For how long what is kept: it is told in numbers, what is past its time is forgotten, and what somebody must decide is shown
//! to a registrar.

use portcullis::domain::retention::{Kept, LOOKUPS_KEPT_MS, RECORD_KEPT_MS, REPORTS_KEPT_MS};
use portcullis::domain::time::{DAY_MS, Environment, Timestamp};
use portcullis::service::retention;
use serde_json::{Value, json};

use crate::support::World;
use crate::support::actors::{Admin, Api};
use crate::support::world::text;

/// What is told of one purpose: how many are past their time, and how many soon will be.
async fn clock(who: &Api, purpose: &str) -> (u64, u64) {
    let told = who.get("/v1/retention").await.ok();
    let purposes = told["purposes"].as_array().expect("a list");
    let found = purposes.iter().find(|one| one["purpose"] == purpose);
    let found = found.unwrap_or_else(|| panic!("no {purpose}"));
    let number = |field: &str| found[field].as_u64().expect("a number");
    (number("past"), number("within_30_days"))
}

/// For which workers the registrar is told that nobody needs their record, each with since when.
async fn due(registrar: &Api) -> Vec<(String, String)> {
    let page = registrar.get("/v1/work-items?kind=record_due").await.ok();
    let items = page["items"].as_array().expect("items").iter();
    items
        .map(|item| {
            (
                text(item, "subject").to_owned(),
                text(item, "since").to_owned(),
            )
        })
        .collect()
}

fn until(world: &World, moment: &str) {
    let moment: Timestamp = moment.parse().expect("a moment");
    world
        .clock
        .advance(moment.as_ms() - world.clock.now().as_ms());
}

pub async fn a_record_that_nobody_needs_is_shown_to_the_registrar_and_erased(world: World) {
    let (a, b) = (world.member("Haven A").await, world.member("Haven B").await);
    let hr = a.hr(&world).await;
    let (one, two) = (
        a.person(&world, "registrar").await,
        a.person(&world, "registrar").await,
    );
    let of_b = b.person(&world, "registrar").await;
    let kept = hr.issues().await;
    let leaver = hr.registers("Verhoeven").await;
    let path = format!("/v1/workers/{leaver}/engagements");
    let engaged = hr
        .api
        .post(&path, &json!({ "employer": "Stuwadoor Noord" }))
        .await
        .created();
    assert_eq!(clock(&one, "records").await, (0, 0));

    // Who works for nobody any more is due thirty days after the end of the engagement, and not a moment earlier.
    world.clock.advance(10 * DAY_MS);
    let (hr, one) = (hr.again().await, one.again().await);
    let ends = world.clock.now().to_string();
    let end = format!("/v1/engagements/{}/end", text(&engaged, "id"));
    hr.api.post(&end, &json!({})).await.ok();
    assert_eq!(clock(&one, "records").await, (0, 1));
    world.clock.advance(RECORD_KEPT_MS - 1);
    let one = one.again().await;
    assert_eq!(due(&one).await, []);
    assert_eq!(clock(&one, "records").await, (0, 1));
    world.clock.advance(1);
    assert_eq!(due(&one).await, [(leaver.clone(), ends)]);
    assert_eq!(clock(&one, "records").await, (1, 0));
    let of_b = of_b.again().await;
    assert_eq!(
        (due(&of_b).await, clock(&of_b, "records").await),
        (vec![], (0, 0))
    );

    // Two registrars erase them.
    let two = two.again().await;
    let asked = one
        .post(&format!("/v1/workers/{leaver}/erasures"), &json!({}))
        .await
        .is(202);
    let grant = format!("/v1/approvals/{}/grants", text(&asked, "id"));
    two.post(&grant, &json!({ "content": asked["content"] }))
        .await
        .created();
    assert_eq!(due(&one).await, []);
    assert_eq!(clock(&one, "erasures").await, (0, 1));
    world.clock.advance(7 * DAY_MS);
    let one = one.again().await;
    assert_eq!(clock(&one, "erasures").await, (1, 0));
    portcullis::service::erasures::sweep(&world.node.shared.services).await;
    assert_eq!(clock(&one, "erasures").await, (0, 0));

    // A credential keeps the record until thirty days after its last, revoked or not.
    let hr = hr.again().await;
    hr.revokes(&kept, "lost").await.created();
    until(&world, "2027-03-31T23:59:59.999Z");
    let one = one.again().await;
    assert_eq!(due(&one).await, []);
    world.clock.advance(1);
    assert_eq!(
        due(&one).await,
        [(kept.worker.clone(), "2027-03-02T00:00:00.000Z".to_owned())]
    );
}

pub async fn what_was_lost_for_cause_keeps_the_record_for_five_years(world: World) {
    let a = world.member("Haven A").await;
    let (hr, registrar) = (a.hr(&world).await, a.person(&world, "registrar").await);
    let pass = hr.issues().await;
    let said = hr.revokes(&pass, "lent_or_shared").await;
    let shown = format!("/v1/credentials/{}", pass.credential);
    hr.approver.seconds(said, &shown).await.created();
    assert_eq!(clock(&registrar, "refusals").await, (0, 0));
    world.clock.advance(1_826 * DAY_MS - 1);
    let registrar = registrar.again().await;
    assert_eq!(
        (clock(&registrar, "refusals").await, due(&registrar).await),
        ((0, 1), vec![])
    );
    world.clock.advance(1);
    assert_eq!(clock(&registrar, "refusals").await, (1, 0));
    assert_eq!(due(&registrar).await.len(), 1);
}

pub async fn what_is_past_its_time_is_counted_and_then_forgotten(mut world: World) {
    let a = world.member("Haven A").await;
    let (hr, auditor) = (a.hr(&world).await, a.person(&world, "auditor").await);
    let worker = hr.registers("Claes").await;
    hr.api.get(&format!("/v1/workers/{worker}")).await.ok();
    hr.api.get("/v1/workers").await.ok();
    let file = "family name,given names,employer,card number,valid until\nMaes,Lotte,Stuwadoor Noord,7700000,2027-03-01\n";
    let query = format!(
        "purpose=credentials&card_system={}&default_format=number",
        hr.card_system
    );
    let applied = hr.brings(&query, file.into()).await.created();
    hr.applies(text(&applied, "id")).await.is(202);
    hr.awaits(text(&applied, "id")).await;
    let waiting = hr
        .brings(&query, file.replace("7700000", "7700001").into())
        .await
        .created();
    assert_eq!(waiting["state"], "checked");
    assert_eq!(
        (
            clock(&auditor, "files").await,
            clock(&auditor, "reports").await
        ),
        ((0, 1), (0, 0))
    );
    // What waits behind the answers is written when the node stops.
    world.restart();
    let services = |world: &World| world.node.shared.services.clone();
    let forget = async |world: &World| retention::forget(&services(world), Kept::default()).await;
    let number = |world: &World, sql: &str| world.db_raw().number(sql);
    let shown = "SELECT count(*) AS n FROM lookup_workers";
    assert_eq!(
        number(&world, shown),
        2,
        "one of one worker, one of a page of one"
    );
    let again = async |world: &World, who: &Api| who.at(world.node.address).again().await;

    world.clock.advance(REPORTS_KEPT_MS);
    let reader = again(&world, &auditor).await;
    forget(&world).await;
    assert_eq!(clock(&reader, "reports").await, (0, 1));
    world.clock.advance(1);
    assert_eq!(clock(&reader, "reports").await, (1, 0));
    forget(&world).await;
    assert_eq!(clock(&reader, "reports").await, (0, 0));
    let said = again(&world, &hr.api).await;
    said.get(&format!("/v1/imports/{}", text(&applied, "id")))
        .await
        .refused("not_found");

    world.clock.advance(LOOKUPS_KEPT_MS - REPORTS_KEPT_MS - 1);
    forget(&world).await;
    assert_eq!(number(&world, shown), 2);
    let reader = again(&world, &auditor).await;
    assert_eq!(clock(&reader, "lookups").await, (0, 2));
    world.clock.advance(1_000);
    assert_eq!(clock(&reader, "lookups").await, (2, 0));
    forget(&world).await;
    assert_eq!(clock(&reader, "lookups").await, (0, 0));
    assert_eq!(number(&world, shown), 0);
}

pub async fn who_may_see_the_clocks_sees_numbers_and_nobody(world: World) {
    let a: Admin = world.member("Haven A").await;
    let (hr, registrar) = (a.hr(&world).await, a.person(&world, "registrar").await);
    hr.registers("Kanariepieters").await;
    let told = registrar.get("/v1/retention").await;
    assert!(
        !told.text.contains("wrk_") && !told.text.contains("Kanarie"),
        "{}",
        told.text
    );
    let told: Value = told.ok();
    assert_eq!(told["purposes"].as_array().map(Vec::len), Some(11));
    assert_eq!(told["purposes"][0]["term_days"], 30);
    hr.api.get("/v1/retention").await.refused("forbidden");
    a.api.get("/v1/retention").await.refused("forbidden");
    registrar
        .get("/v1/retention?x=1")
        .await
        .refused("malformed_query");
}
