//! A database that says nothing, is occupied, or was restarted: gates do not notice, and writers are told the truth.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::World;
use crate::support::actors::{Api, GateActor, Hr, Pass, new_key, verdict};
use crate::support::figures::Figures;
use crate::support::proxy::Proxy;

/// How long a caller waits for a write before it is told that the outcome is not known, see `service::commit`; for a read,
/// see `service`; and something for a machine that is busy.
const WRITE_PATIENCE: Duration = Duration::from_secs(15 + 5);
const READ_PATIENCE: Duration = Duration::from_secs(5 + 5);

/// What one gate check may take on a machine that does other things too. The database is silent for longer.
const SLOWEST: Duration = Duration::from_secs(1);

async fn measure(gate: &GateActor, pass: &Pass, times: usize) -> Figures {
    let mut took = Vec::new();
    for _ in 0..times {
        let began = Instant::now();
        assert_eq!(verdict(&gate.asks_about(pass).await).0, "permit");
        assert!(began.elapsed() < SLOWEST, "no gate waits for the database");
        took.push(began.elapsed());
    }
    Figures::of(took)
}

pub async fn gates_do_not_notice_a_frozen_database_and_writers_are_told(world: World) {
    let a = world.member("Haven A").await;
    let hr = a.hr(&world).await;
    let gate = a.gate(&world, &[&hr.card_system]).await;
    let passes: [Pass; 2] = [hr.issues().await, hr.issues().await];
    let proxy = Proxy::to(&world.url);
    // One thread serves this node: whoever blocked it would block every gate.
    let second = world.node_through(&proxy);
    let there = gate.at(second.address);
    let api = hr.api.at(second.address);
    let good = &passes[0];
    measure(&there, good, 200).await;
    let before = measure(&there, good, 1_000).await;

    proxy.freeze();
    let path = format!("/v1/credentials/{}/revocations", passes[1].credential);
    let key = new_key();
    let writing = {
        let (api, path, key) = (api.clone(), path.clone(), key.clone());
        actix_web::rt::spawn(async move {
            let began = Instant::now();
            let said = api
                .post_keyed(&path, &json!({ "reason": "lost" }), &key)
                .await;
            (said, began.elapsed())
        })
    };
    let reading: Vec<_> = (0..20)
        .map(|_| {
            let api = api.clone();
            actix_web::rt::spawn(async move {
                let began = Instant::now();
                (api.get("/v1/workers").await, began.elapsed())
            })
        })
        .collect();
    let during = measure(&there, good, 1_000).await;
    before.print("gate checks before");
    during.print("gate checks while the database is frozen");
    assert!(
        during.quantile(0.99) <= before.quantile(0.99) * 3 + Duration::from_millis(20),
        "gates do not notice"
    );
    for reading in reading {
        let (said, took) = reading.await.expect("ends");
        assert!(took <= READ_PATIENCE, "{took:?}");
        said.refused("unavailable");
    }
    let (said, took) = writing.await.expect("ends");
    assert!(took <= WRITE_PATIENCE, "{took:?}");
    assert_eq!(said.status, 503);
    said.refused("outcome_unknown");
    println!("the write was told after {:.1} s", took.as_secs_f64());

    // The same request with the same key finds out: now it is done, and once.
    proxy.mend();
    let said = api
        .post_keyed(&path, &json!({ "reason": "lost" }), &key)
        .await;
    said.created();
    let revocations = world
        .db_raw()
        .number("SELECT count(*) AS n FROM credentials WHERE state = 100");
    assert_eq!(revocations, 1);
    assert_eq!(verdict(&there.asks_about(&passes[1]).await).0, "deny");
}

pub async fn a_node_stops_while_its_database_is_frozen(world: World) {
    let a = world.member("Haven A").await;
    let hr = a.hr(&world).await;
    let gate = a.gate(&world, &[&hr.card_system]).await;
    let pass = hr.issues().await;
    let proxy = Proxy::to(&world.url);
    let mut second = world.node_through(&proxy);
    let hr = Hr {
        api: hr.api.at(second.address),
        ..hr
    };
    let there = gate.at(second.address);
    assert_eq!(verdict(&there.asks_about(&pass).await).0, "permit");
    proxy.freeze();
    // A write hangs in the middle, and lines of the check log wait.
    let hanging = actix_web::rt::spawn(async move { hr.revokes(&pass, "lost").await.status });
    tokio::time::sleep(Duration::from_millis(300)).await;
    hanging.abort();
    let began = Instant::now();
    actix_web::web::block(move || second.stop())
        .await
        .expect("stops");
    let took = began.elapsed();
    println!(
        "stopped in {:.1} s behind a frozen database",
        took.as_secs_f64()
    );
    assert!(took <= Duration::from_secs(25), "{took:?}");
}

pub async fn a_write_behind_somebody_elses_lock_is_told_to_come_again(world: World) {
    let a = world.member("Haven A").await;
    let hr = a.hr(&world).await;
    let pass = hr.issues().await;
    let mut occupant = world.db_raw();
    occupant.must("BEGIN; SELECT 1 FROM ledger_head FOR UPDATE");
    // Several at once: they wait together and not one after the other.
    let began = Instant::now();
    let writing: Vec<_> = (0..20)
        .map(|_| {
            let (hr, pass) = (hr.clone(), pass.clone());
            actix_web::rt::spawn(async move { hr.revokes(&pass, "lost").await })
        })
        .collect();
    for writing in writing {
        writing.await.expect("ends").refused("unavailable");
    }
    // The server is told to wait 5 s for a lock; the first may be alone in its group.
    assert!(
        began.elapsed() < Duration::from_secs(14),
        "{:?}",
        began.elapsed()
    );
    occupant.must("COMMIT");
    hr.revokes(&pass, "lost").await.created();
}

/// A server that was restarted closed every connection. Nothing was done over them, so nobody need hear of it.
pub async fn a_restarted_server_costs_no_write(world: World) {
    let a = world.member("Haven A").await;
    let hr = a.hr(&world).await;
    let proxy = Proxy::to(&world.url);
    let second = world.node_through(&proxy);
    let there = Hr {
        api: hr.api.at(second.address),
        ..hr
    };
    for _ in 0..5 {
        let pass = there.issues().await;
        proxy.cut();
        proxy.mend();
        there.revokes(&pass, "lost").await.created();
        let workers: Api = there.api.clone();
        workers.get("/v1/workers").await.ok();
    }
}
