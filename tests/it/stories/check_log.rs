//! What was answered at gates is written down, behind the answer; who must know of a refusal finds it.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use portcullis::domain::decision::{Decision, Status};
use portcullis::domain::ids::{CheckId, ClientId, GateId};
use portcullis::domain::time::Environment;
use portcullis::store::logs::{self, CheckLine};
use serde_json::json;

use crate::support::World;
use crate::support::actors::{Admin, verdict};
use crate::support::figures::Figures;

pub async fn a_refusal_is_seen_by_the_gates_member_and_by_the_issuer_and_by_nobody_else(
    world: World,
) {
    let (a, b, c) = (
        world.member("Haven A").await,
        world.member("Haven B").await,
        world.member("Haven C").await,
    );
    let hr_of_b = b.hr(&world).await;
    let gate_of_a = a.gate(&world, &[&hr_of_b.card_system]).await;
    let (good, lost) = (hr_of_b.issues().await, hr_of_b.issues().await);
    hr_of_b.revokes(&lost, "lost").await.created();
    gate_of_a.asks_about(&good).await;
    let denied = gate_of_a.asks_about(&lost).await;
    // Within one millisecond there is no order.
    world.clock.advance(1);
    let card = json!({ "card": { "format": "number", "value": "99999999" } });
    let unknown = gate_of_a.asks(card).await.ok();
    assert_eq!(verdict(&unknown).0, "unknown");

    let of_a = sightings(&a, 2).await;
    let seen: Vec<_> = of_a
        .iter()
        .map(|one| (one["check"].clone(), one["status"].clone()))
        .collect();
    // Newest first.
    assert_eq!(
        seen,
        [
            (unknown["check_id"].clone(), json!("unknown")),
            (denied["check_id"].clone(), json!("not_valid")),
        ]
    );
    let of_b = sightings(&b, 1).await;
    assert_eq!(of_b.len(), 1, "the issuer sees its own card, and no other");
    assert_eq!(of_b[0]["check"], denied["check_id"]);
    assert_eq!(of_b[0]["credential"], lost.credential);
    assert_eq!(of_b[0]["gate"], gate_of_a.gate);
    assert!(sightings(&c, 0).await.is_empty(), "it concerns nobody else");
    assert_eq!(world.db_read(logs::checks_count).expect("counts"), 3);
}

/// The sightings that a member finds, once there are this many.
async fn sightings(member: &Admin, at_least: usize) -> Vec<serde_json::Value> {
    let began = Instant::now();
    loop {
        let page = member.api.get("/v1/sightings").await.ok();
        let items = page["items"].as_array().expect("a list").clone();
        if items.len() >= at_least {
            return items;
        }
        assert!(
            began.elapsed() < Duration::from_secs(20),
            "it is written in the end"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// How many permits may wait, see `service::check_log`.
const PERMITS_MAX: u64 = 65_536;
/// What may have been taken from the queue before the database was occupied, and more.
const TAKEN: u64 = 17_000;
/// Checks asked before; their lines may still be waiting.
const BEFORE: u64 = 100;

pub async fn while_the_database_is_occupied_gates_go_on_and_only_permits_are_dropped(world: World) {
    let a = world.member("Haven A").await;
    let hr = a.hr(&world).await;
    let gate = a.gate(&world, &[&hr.card_system]).await;
    let (good, lost) = (hr.issues().await, hr.issues().await);
    hr.revokes(&lost, "lost").await.created();
    let before = measure(&gate, &good, BEFORE).await;

    let mut occupant = world.db_raw();
    occupant.occupy();
    // Before the flood, so that it is among the first lines that are tried in vain.
    gate.asks_about(&lost).await;
    // A flood of permits: more than may wait.
    let log = &world.node.shared.services.check_log;
    let flood = PERMITS_MAX + TAKEN + 1_000;
    let line = CheckLine {
        id: CheckId::make(&*world.clock),
        at: world.clock.now(),
        client: ClientId::make(&*world.clock),
        gate: GateId::make(&*world.clock),
        gate_member: world.first.member,
        credential: None,
        decision: Decision::Permit,
        status: Status::Valid,
        seq: 1,
    };
    for _ in 0..flood {
        log.put(CheckLine {
            id: CheckId::make(&*world.clock),
            ..line
        });
    }
    let counts = log.counts();
    let dropped = counts.dropped_permits.load(Ordering::SeqCst);
    assert!(
        (1_000..=1_000 + TAKEN + BEFORE).contains(&dropped),
        "{dropped} of {flood} were dropped and counted"
    );
    // Gates are answered as before, and what they are denied still finds room.
    let denied = gate.asks_about(&lost).await;
    assert_eq!(verdict(&denied).0, "deny");
    let during = measure(&gate, &good, 100).await;
    before.print("gate checks before");
    during.print("gate checks while the database is occupied");
    // Longer than SQLite and PostgreSQL are waited for: the lines must outlast a refusal, too.
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(counts.dropped_refusals.load(Ordering::SeqCst), 0);

    drop(occupant);
    let seen = sightings(&a, 2).await;
    assert!(seen.iter().any(|one| one["check"] == denied["check_id"]));
    // And all that waited is written.
    let asked = BEFORE + 100 + 2;
    let began = Instant::now();
    loop {
        let dropped = counts.dropped_permits.load(Ordering::SeqCst);
        let written = counts.written.load(Ordering::SeqCst);
        let rows = world.db_read(logs::checks_count).expect("counts");
        if written + dropped == flood + asked && rows == written {
            break;
        }
        assert!(
            began.elapsed() < Duration::from_secs(120),
            "written {written}, dropped {dropped}, rows {rows} of {}",
            flood + asked
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let metrics = world
        .node
        .shared
        .metrics
        .render(&world.node.shared.services);
    let metrics = String::from_utf8(metrics).expect("text");
    let dropped = counts.dropped_permits.load(Ordering::SeqCst);
    assert!(metrics.contains(&format!(
        "portcullis_check_log_lines_total{{fate=\"dropped_permit\"}} {dropped}"
    )));
}

async fn measure(
    gate: &crate::support::actors::GateActor,
    pass: &crate::support::actors::Pass,
    times: u64,
) -> Figures {
    let mut took = Vec::new();
    for _ in 0..times {
        let began = Instant::now();
        assert_eq!(verdict(&gate.asks_about(pass).await).0, "permit");
        assert!(
            began.elapsed() < Duration::from_secs(1),
            "no gate waits for a log line"
        );
        took.push(began.elapsed());
    }
    Figures::of(took)
}
