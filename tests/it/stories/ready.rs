//! What a node says of itself to load balancers, and when it calls somebody.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::World;
use crate::support::log;

use super::freshness::{CutOff, gate_with};

/// The follower looks every few seconds, and one that hangs is replaced after as many.
const PATIENCE: Duration = Duration::from_secs(15);
const MINUTE: u64 = 60_000;

async fn until(world: &World, what: impl Fn(&Value) -> bool) -> Value {
    let began = Instant::now();
    loop {
        let said = world.anonymous().get("/readyz").await;
        let ready = said.json();
        assert_eq!(said.status == 200, ready["ready"] == true);
        if what(&ready) {
            return ready;
        }
        assert!(began.elapsed() < PATIENCE, "{ready}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

pub async fn a_node_beside_another_schema_is_not_ready(world: World) {
    let good = json!({
        "ready": true, "database": true, "schema": true, "index": true, "fresh": true, "serving": true,
    });
    assert_eq!(until(&world, |ready| ready["ready"] == true).await, good);
    let mut raw = world.db_raw();
    let names = raw.lines("SELECT version AS line FROM __diesel_schema_migrations ORDER BY 1");
    let last = names.last().expect("there is one").clone();
    let newer = "29991231000001";
    let changes = [
        (
            format!("INSERT INTO __diesel_schema_migrations (version) VALUES ('{newer}')"),
            format!("DELETE FROM __diesel_schema_migrations WHERE version = '{newer}'"),
        ),
        (
            format!("DELETE FROM __diesel_schema_migrations WHERE version = '{last}'"),
            format!("INSERT INTO __diesel_schema_migrations (version) VALUES ('{last}')"),
        ),
    ];
    for (change, back) in changes {
        raw.must(&change);
        let said = until(&world, |ready| ready["schema"] == false).await;
        let mut wanted = good.clone();
        wanted["ready"] = json!(false);
        wanted["schema"] = json!(false);
        assert_eq!(said, wanted, "{change}");
        raw.must(&back);
        assert_eq!(until(&world, |ready| ready["ready"] == true).await, good);
    }
}

pub async fn an_old_copy_raises_the_alarm_once_and_says_when_it_is_fresh_again(world: World) {
    let heard = log::listen();
    let member = world.member("Haven A").await;
    let hr = member.hr(&world).await;
    // Level 2: an alarm after an hour. The other gate has a limit of its own.
    gate_with(&world, &member, 2, 0, 0, &hr.card_system).await;
    gate_with(&world, &member, 1, 10 * MINUTE, 0, &hr.card_system).await;
    let shared = &world.node.shared;
    let index = shared.services.index.clone();
    let ledger = index.r#gen().to_string();
    let gauge = |wanted: u8| {
        let metrics = String::from_utf8(shared.metrics.render(&shared.services)).expect("text");
        let line = format!("portcullis_copy_alarm {wanted}\n");
        assert!(metrics.contains(&line), "{metrics}");
    };

    let cut_off = CutOff::begin(&world, &index).await;
    world.clock.push_uptime(10 * MINUTE);
    // The database answers all the while; only the copy does not move.
    until(&world, |ready| {
        ready["database"] == true && ready["fresh"] == true
    })
    .await;
    world.clock.push_uptime(1);
    until(&world, |ready| {
        ready["database"] == true && ready["fresh"] == false
    })
    .await;
    world.clock.push_uptime(50 * MINUTE - 1);
    gauge(0);
    assert_eq!(heard.alarms_about(&ledger), Vec::<String>::new());
    world.clock.push_uptime(1);
    gauge(1);
    until(&world, |_| !heard.alarms_about(&ledger).is_empty()).await;
    // Another turn of the follower, at least.
    world.clock.push_uptime(MINUTE);
    tokio::time::sleep(Duration::from_secs(4)).await;
    let alarms = heard.alarms_about(&ledger);
    assert_eq!(alarms.len(), 1, "once: {alarms:?}");
    assert!(
        alarms[0].contains("older than the alarm limit"),
        "{alarms:?}"
    );

    drop(cut_off);
    until(&world, |_| heard.alarms_about(&ledger).len() > 1).await;
    let alarms = heard.alarms_about(&ledger);
    assert_eq!(alarms.len(), 2, "{alarms:?}");
    assert!(alarms[1].contains("fresh again"), "{alarms:?}");
    gauge(0);
    until(&world, |ready| ready["ready"] == true).await;
}
