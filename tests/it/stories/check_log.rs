//! What was answered at gates is written down, behind the answer; who must know of a refusal finds it.

use std::time::{Duration, Instant};

use portcullis::domain::decision::{Decision, Status};
use portcullis::domain::ids::{CheckId, ClientId, CredentialId, GateId};
use portcullis::domain::time::{DAY_MS, Environment, Timestamp};
use portcullis::service::retention::{self, Kept};
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
    for (pass, seen) in [(&lost, 1), (&good, 0)] {
        let path = format!("/v1/sightings?credential={}", pass.credential);
        let page = a.api.get(&path).await.ok();
        assert_eq!(page["items"].as_array().map(Vec::len), Some(seen));
    }
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

/// How many lines may wait in each queue, see `service::check_log`.
const WAITING_MAX: u64 = 65_536;
/// What may have been taken from the queue before the database was occupied, and more.
const TAKEN: u64 = 17_000;
/// Checks asked before; their lines may still be waiting.
const BEFORE: u64 = 100;

pub async fn while_the_database_is_occupied_gates_go_on_and_no_denial_is_dropped(world: World) {
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
    // A flood of permits, and one of cards that nobody issued, which anybody can make: more than may wait.
    let log = &world.node.shared.services.check_log;
    let flood = WAITING_MAX + TAKEN + 1_000;
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
    let unknown = CheckLine {
        decision: Decision::Unknown,
        status: Status::Unknown,
        ..line
    };
    let counts = log.counts();
    for line in [line, unknown] {
        for _ in 0..flood {
            log.put(CheckLine {
                id: CheckId::make(&*world.clock),
                ..line
            });
        }
        let dropped = counts.dropped(line.decision);
        assert!(
            (1_000..=1_000 + TAKEN + BEFORE).contains(&dropped),
            "{dropped} of {flood} were dropped and counted"
        );
    }
    // Gates are answered as before, and what they are denied still finds room.
    let denied = gate.asks_about(&lost).await;
    assert_eq!(verdict(&denied).0, "deny");
    let during = measure(&gate, &good, 100).await;
    before.print("gate checks before");
    during.print("gate checks while the database is occupied");
    // Longer than SQLite and PostgreSQL are waited for: the lines must outlast a refusal, too.
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(counts.dropped(Decision::Deny), 0);

    drop(occupant);
    // And all that waited is written.
    let asked = BEFORE + 100 + 2;
    let all = |count: &dyn Fn(Decision) -> u64| Decision::ALL.map(count).iter().sum::<u64>();
    let began = Instant::now();
    loop {
        let dropped = all(&|decision| counts.dropped(decision));
        let written = all(&|decision| counts.written(decision));
        let rows = world.db_read(logs::checks_count).expect("counts");
        if written + dropped == 2 * flood + asked && rows == written {
            break;
        }
        assert!(
            began.elapsed() < Duration::from_secs(120),
            "written {written}, dropped {dropped}, rows {rows} of {}",
            2 * flood + asked
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(counts.written(Decision::Deny), 2);
    let of_lost = "/v1/sightings?credential=".to_owned() + &lost.credential;
    let seen = a.api.get(&of_lost).await.ok();
    let mut seen = seen["items"].as_array().expect("a list").iter();
    assert!(seen.any(|one| one["check"] == denied["check_id"]));
    let metrics = world
        .node
        .shared
        .metrics
        .render(&world.node.shared.services);
    let metrics = String::from_utf8(metrics).expect("text");
    for decision in Decision::ALL {
        let (name, dropped) = (decision.as_str(), counts.dropped(decision));
        assert!(metrics.contains(&format!(
            "portcullis_check_log_lines_total{{decision=\"{name}\",fate=\"dropped\"}} {dropped}\n"
        )));
    }
}

/// More than are forgotten in one transaction.
const OLD_PERMITS: usize = 205;
const OLD_REFUSALS: usize = 2_005;

pub async fn what_is_older_than_it_may_be_is_forgotten_and_nothing_else(world: World) {
    let services = &world.node.shared.services;
    let credential = CredentialId::make(&*world.clock);
    let line = |days_old: i64, decision: Decision| {
        let at = world.clock.now().plus_ms(-days_old * DAY_MS);
        CheckLine {
            id: CheckId::make_at(at, &*world.clock),
            at,
            client: ClientId::make(&*world.clock),
            gate: GateId::make(&*world.clock),
            gate_member: world.first.member,
            credential: Some((credential, world.first.member)),
            decision,
            status: Status::NotValid,
            seq: 1,
        }
    };
    // Each permit in a row of its own, as if it had been given at another time.
    let mut rows: Vec<Vec<CheckLine>> = (0..OLD_PERMITS)
        .map(|_| vec![line(31, Decision::Permit)])
        .collect();
    rows.push(
        (0..OLD_REFUSALS)
            .map(|_| line(91, Decision::Deny))
            .collect(),
    );
    // Waited long to be written: the younger one is kept, and the older one with it.
    rows.push(vec![line(31, Decision::Permit), line(29, Decision::Permit)]);
    rows.push(vec![
        line(89, Decision::Deny),
        line(60, Decision::Refer),
        line(40, Decision::Unknown),
        line(0, Decision::Permit),
    ]);
    for lines in rows {
        let (end, ended) = tokio::sync::oneshot::channel();
        let sent = services.door.aside_then(
            move |writer| logs::write(writer, &lines),
            move |done| end.send(done).expect("the story waits"),
        );
        assert!(sent);
        ended.await.expect("ends").expect("is written");
    }

    let kept = Kept {
        permits_days: 30,
        refusals_days: 90,
    };
    retention::forget(services, kept).await;
    let found = |since| {
        let found = world.db_read(|reader| logs::checks_of(reader, credential, since, 10_000));
        let found = found.expect("reads").into_iter();
        found
            .map(|check| {
                let age_ms = world.clock.now().as_ms() - check.id.made_at().as_ms();
                (age_ms / DAY_MS, check.decision.as_str())
            })
            .collect::<Vec<_>>()
    };
    let all = [
        (89, "deny"),
        (60, "refer"),
        (40, "unknown"),
        (31, "permit"),
        (29, "permit"),
        (0, "permit"),
    ];
    assert_eq!(found(Timestamp::EPOCH), all);
    assert_eq!(
        found(world.clock.now().plus_ms(-30 * DAY_MS)),
        all[4..],
        "what is asked for and not the row it lies in"
    );
    assert_eq!(world.db_read(logs::checks_count).expect("counts"), 6);
    let seen = world.db_raw().number("SELECT count(*) AS n FROM sightings");
    assert_eq!(seen, 2, "of the denial and the unknown card");
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
