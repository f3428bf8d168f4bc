//! A credential that no gate lets in for sixty days goes to sleep; whoever comes back is woken by one person.

use std::time::{Duration, Instant};

use portcullis::domain::decision::Decision;
use portcullis::domain::time::{DAY_MS, HOUR_MS};
use serde_json::json;

use crate::support::World;
use crate::support::actors::{GateActor, Hr, Pass, verdict};

impl Hr {
    /// Waits until a pass sleeps: what follows from a date follows within a second or two.
    pub async fn sees_asleep(&self, pass: &Pass) {
        let began = Instant::now();
        while self.sees(pass).await != ("suspended".into(), json!(["dormant"])) {
            assert!(began.elapsed().as_secs() < 20, "it does not go to sleep");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// Lets somebody in, and waits until it is noted.
async fn comes_by(world: &World, gate: &GateActor, pass: &Pass) {
    let counts = world.node.shared.services.check_log.counts();
    let before = counts.written(Decision::Permit);
    let gate = gate.again().await;
    assert_eq!(verdict(&gate.asks_about(pass).await).0, "permit");
    let began = Instant::now();
    while counts.written(Decision::Permit) == before {
        assert!(began.elapsed().as_secs() < 20, "it is not noted");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Waits for as long as it takes the sweep to look several times.
async fn several_looks() {
    tokio::time::sleep(Duration::from_millis(2_500)).await;
}

pub async fn what_no_gate_lets_in_for_sixty_days_goes_to_sleep(world: World) {
    let (a, b) = (world.member("Haven A").await, world.member("Haven B").await);
    let hr = a.hr(&world).await;
    let gate = b.gate(&world, &[&hr.card_system]).await;
    let (idle, used) = (hr.issues().await, hr.issues().await);
    let later = json!({ "valid_from": "2026-04-15T07:30:00Z" });
    let begins_later = hr.issues_with(later).await;
    let expires = json!({ "valid_until": "2026-04-30T00:00:00Z" });
    let expires = hr.issues_with(expires).await;
    let held = hr.issues().await;
    hr.suspends(&held, "under_inquiry").await.created();
    // It is half past eight in Brussels, in the winter; the 1st of May is the sixtieth day without use.
    world.clock.advance(10 * DAY_MS);
    comes_by(&world, &gate, &used).await;
    // It is summer time by then, so that midnight comes an hour sooner.
    world.clock.advance(50 * DAY_MS + 29 * HOUR_MS / 2 - 1);
    several_looks().await;
    let hr = hr.again().await;
    for pass in [&idle, &used, &begins_later, &expires] {
        assert_eq!(hr.sees(pass).await.0, "active");
    }
    world.clock.advance(1);
    hr.sees_asleep(&idle).await;
    let gate = gate.again().await;
    let answer = gate.asks_about(&idle).await;
    assert_eq!(verdict(&answer), ("deny", "not_valid"));
    let shown = format!("/v1/credentials/{}", idle.credential);
    assert_eq!(hr.api.get(&shown).await.ok()["reason"], "dormant");
    // What was used sleeps later, what was not good yet later still, what has expired never, and what is held already is
    // left as it is.
    for pass in [&used, &begins_later, &expires] {
        assert_eq!(hr.sees(pass).await.0, "active");
    }
    assert_eq!(hr.sees(&held).await.1, json!(["for_cause"]));

    // One person wakes it, and then it counts from that day. A refusal is no use.
    hr.lifts(&idle, "dormant").await.created();
    assert_eq!(hr.sees(&idle).await.0, "active");
    world.clock.advance(10 * DAY_MS);
    let hr = hr.again().await;
    hr.sees_asleep(&used).await;
    assert_eq!(
        verdict(&gate.again().await.asks_about(&used).await).0,
        "deny"
    );
    comes_by(&world, &gate, &idle).await;
    hr.lifts(&used, "dormant").await.created();
    world.clock.advance(60 * DAY_MS - HOUR_MS);
    let hr = hr.again().await;
    hr.sees_asleep(&begins_later).await;
    assert_eq!(hr.sees(&idle).await.0, "active");
    world.clock.advance(DAY_MS + HOUR_MS);
    let hr = hr.again().await;
    hr.sees_asleep(&idle).await;
    hr.sees_asleep(&used).await;
    assert_eq!(hr.sees(&expires).await.0, "active");
}
