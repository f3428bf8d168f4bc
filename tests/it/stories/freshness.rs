//! How old a copy may be and still say "permit", to the millisecond; and what dates do.

use std::sync::MutexGuard;
use std::time::Duration;

use portcullis::index::{Index, IndexWriter};
use serde_json::{Value, json};

use crate::support::World;
use crate::support::actors::{Admin, GateActor, Pass, verdict};
use crate::support::world::text;

const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;

/// Who asks for which limit, and what comes of it: level, member, facility, gate, request, the limit in force. 0 stands for
/// none. By hand, in the order of the last column, as the copy only grows older.
const LIMITS: [(u8, u64, u64, u64, u64, u64); 12] = [
    (1, 0, 0, 0, 2 * SECOND, 2 * SECOND),
    (3, 0, 0, 2 * SECOND, 10 * MINUTE, 2 * SECOND),
    (1, 0, 5 * SECOND, 0, 0, 5 * SECOND),
    (
        2,
        10 * MINUTE,
        30 * SECOND,
        10 * SECOND,
        20 * SECOND,
        10 * SECOND,
    ),
    (1, 10 * MINUTE, 0, 0, 0, 10 * MINUTE),
    (1, 10 * MINUTE, 2 * HOUR, 3 * HOUR, 4 * HOUR, 10 * MINUTE),
    // None can be looser than the level allows.
    (3, 0, 24 * HOUR, 24 * HOUR, 24 * HOUR, HOUR),
    (3, 0, 0, 0, 0, HOUR),
    (2, 0, 3 * HOUR, 0, 0, 3 * HOUR),
    (2, 0, 0, 0, 0, 4 * HOUR),
    (1, 0, 0, 23 * HOUR, 0, 23 * HOUR),
    (1, 0, 0, 0, 0, 24 * HOUR),
];

/// The node hears nothing new of the ledger while this is held.
pub struct CutOff<'a> {
    _writer: MutexGuard<'a, IndexWriter>,
}

impl<'a> CutOff<'a> {
    /// With uptime stopped, the copy is of age 0 to the millisecond.
    pub async fn begin(world: &World, index: &'a Index) -> Self {
        world.clock.stop_uptime();
        loop {
            let writer = index.write();
            if age_ms(world, index) == 0 {
                return Self { _writer: writer };
            }
            drop(writer);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

fn age_ms(world: &World, index: &Index) -> u64 {
    use portcullis::domain::time::Environment;
    index.age_ms(world.clock.uptime_ms())
}

pub async fn a_copy_permits_up_to_the_strictest_limit_and_not_a_millisecond_longer(world: World) {
    let plain = world.member("Haven A").await;
    let strict = world.member("Haven B").await;
    limit_member(&world, &strict, 10 * MINUTE).await;
    let hr = plain.hr(&world).await;
    let (good, lost) = (hr.issues().await, hr.issues().await);
    let expired = hr
        .issues_with(json!({ "valid_until": "2026-03-02T07:30:02Z" }))
        .await;
    hr.revokes(&lost, "lost").await.created();
    let mut gates = Vec::new();
    for (level, member, facility, gate, request, limit_ms) in LIMITS {
        let admin = if member > 0 { &strict } else { &plain };
        let gate = gate_with(&world, admin, level, facility, gate, &hr.card_system).await;
        gates.push((gate, request, limit_ms));
    }
    world.clock.advance(3_000);

    let index = world.node.shared.services.index.clone();
    let cut_off = CutOff::begin(&world, &index).await;
    let mut age = 0;
    for (gate, request, limit_ms) in &gates {
        if age < *limit_ms {
            world.clock.push_uptime(limit_ms - age);
            age = *limit_ms;
            let answer = ask(gate, &good, *request).await;
            assert_eq!(verdict(&answer), ("permit", "valid"), "{limit_ms}");
            assert_eq!(answer["age_ms"], age);
            assert_eq!(answer["stale"] == json!(true), age > 2_000, "{answer}");
            let until = |field| -> i64 {
                let moment: portcullis::domain::time::Timestamp =
                    text(&answer, field).parse().expect("a moment");
                moment.as_ms()
            };
            assert_eq!(until("fresh_until") - until("as_of"), *limit_ms as i64);
            assert_eq!(
                verdict(&ask(gate, &expired, *request).await),
                ("deny", "expired")
            );
            world.clock.push_uptime(1);
            age += 1;
        }
        // From here on: what was revoked or has expired is denied, of everything else a person must judge.
        let stale = ("refer", "undetermined");
        let answer = ask(gate, &good, *request).await;
        assert_eq!(verdict(&answer), stale, "{limit_ms}");
        assert_eq!(
            answer["instruction"], "call_desk",
            "never to be taken for good"
        );
        assert_eq!(answer["stale"], true, "{answer}");
        assert_eq!(
            verdict(&ask(gate, &expired, *request).await),
            ("deny", "expired")
        );
        let denied = ask(gate, &lost, *request).await;
        assert_eq!(verdict(&denied), ("deny", "not_valid"), "{limit_ms}");
    }
    let status = |pass: &Pass| format!("/v1/credentials/{}/status", pass.credential);
    let (first, ..) = &gates[0];
    assert_eq!(
        first.api.get(&status(&good)).await.ok()["status"],
        "undetermined"
    );
    assert_eq!(
        first.api.get(&status(&lost)).await.ok()["status"],
        "not_valid"
    );
    let ready = world.anonymous().get("/readyz").await.is(503);
    assert_eq!(ready["fresh"], false);

    drop(cut_off);
    until_permitted(first, &good).await;
    // The pool may still be at the connections that were held; it must come to itself, not at once.
    let mut ready = world.anonymous().get("/readyz").await;
    for _ in 0..20 {
        if ready.status.is_success() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        ready = world.anonymous().get("/readyz").await;
    }
    ready.ok();
}

async fn limit_member(world: &World, member: &Admin, max_age_ms: u64) {
    let admin = world.admin().await;
    let path = format!("/v1/members/{}", member.member);
    let known = admin.api.get(&path).await;
    let etag = known.etag();
    let mut body = known.ok();
    let fields = body.as_object_mut().expect("an object");
    fields.remove("id");
    fields.insert("max_age_ms".into(), json!(max_age_ms));
    admin.api.put(&path, &etag, &body).await.ok();
}

pub async fn gate_with(
    world: &World,
    admin: &Admin,
    level: u8,
    facility: u64,
    gate: u64,
    card_system: &str,
) -> GateActor {
    let limit = |ms: u64| match ms {
        0 => json!({}),
        ms => json!({ "max_age_ms": ms }),
    };
    let mut wanted = limit(facility);
    wanted["security_level"] = json!(level);
    let facility = admin.facility(wanted).await;
    admin
        .gate_at(world, &facility, &[card_system], limit(gate))
        .await
}

async fn ask(gate: &GateActor, pass: &Pass, max_age_ms: u64) -> Value {
    let mut question = json!({ "card": { "format": "number", "value": pass.number } });
    if max_age_ms > 0 {
        question["max_age_ms"] = json!(max_age_ms);
    }
    gate.asks(question).await.ok()
}

/// The follower confirms the head a few times a second.
async fn until_permitted(gate: &GateActor, pass: &Pass) {
    let began = std::time::Instant::now();
    while verdict(&gate.asks_about(pass).await).0 != "permit" {
        assert!(began.elapsed() < Duration::from_secs(5), "it heals");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

pub async fn a_credential_is_good_from_its_first_second_to_its_last(world: World) {
    let a = world.member("Haven A").await;
    let hr = a.hr(&world).await;
    let mut gate = a.gate(&world, &[&hr.card_system]).await;
    // The world begins at 07:30:00.
    let pass = hr
        .issues_with(
            json!({ "valid_from": "2026-03-02T08:00:00Z", "valid_until": "2026-03-02T16:00:00Z" }),
        )
        .await;
    let steps: [(i64, &str, &str); 5] = [
        (0, "deny", "not_yet_valid"),
        (30 * 60_000 - 1, "deny", "not_yet_valid"),
        (1, "permit", "valid"),
        (8 * 3_600_000 - 1, "permit", "valid"),
        (1, "deny", "expired"),
    ];
    for (ms, decision, status) in steps {
        world.clock.advance(ms);
        gate.api = gate.api.again().await;
        let answer = gate.asks_about(&pass).await;
        assert_eq!(verdict(&answer), (decision, status), "after {ms} more");
    }
    // State before date: it is never shown as merely expired.
    let hr = hr.again().await;
    hr.revokes(&pass, "not_returned").await.created();
    assert_eq!(
        verdict(&gate.asks_about(&pass).await),
        ("deny", "not_valid")
    );
}

pub async fn a_token_ends(world: World) {
    let a = world.member("Haven A").await;
    let hr = a.hr(&world).await;
    let gate = a.gate(&world, &[&hr.card_system]).await;
    let pass = hr.issues().await;
    // Ten minutes, and at most the half minute that two clocks may differ by; whether the token was seen before or not.
    let unseen = a.gate(&world, &[&hr.card_system]).await;
    gate.asks_about(&pass).await;
    world.clock.advance(10 * 60_000 - 1_000);
    assert_eq!(verdict(&gate.asks_about(&pass).await).0, "permit");
    world.clock.advance(32_000);
    for gate in [&gate, &unseen] {
        let card = json!({ "card": { "format": "number", "value": pass.number } });
        let said = gate.asks(card).await;
        assert_eq!(said.status, 401);
        said.refused("unauthorized");
    }
    let mut again = gate.clone();
    again.api = gate.api.again().await;
    assert_eq!(verdict(&again.asks_about(&pass).await).0, "permit");
}
