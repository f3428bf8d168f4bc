//! What the rules of screenings cost a gate check: at the gate of a zone that requires a function, of credentials that are for
//! it, against a gate that requires none and credentials that name nothing. Same server, same rate, in turn.

use std::sync::Arc;

use rand::{RngExt, SeedableRng};

use crate::gate::{Bench, check, median, once, token};
use crate::load::LoadPlan;
use crate::table::{Aim, Measure};

/// p50 and p99 with the rules against those without.
pub fn measure(bench: &Bench, seconds: u64) -> Vec<Measure> {
    let network = &bench.network;
    let (client, secret) = (network.client.id.to_string(), network.secret.reveal());
    let token = token(bench.server.address, &client, secret);
    let mut random = rand::rngs::SmallRng::seed_from_u64(23);
    let mut requests = |gate, odd: u32| {
        let half = bench.badges / 2;
        let cards = (0..100_000).map(|_| 2 * random.random_range(0..half) + odd);
        Arc::new(
            cards
                .map(|card| check(gate, &token, card))
                .collect::<Vec<_>>(),
        )
    };
    // Credentials of odd numbers are for cargo, the others for nothing.
    let with = requests(network.zone_gate.id, 1);
    let without = requests(network.gate.id, 0);
    for request in [&with[0], &without[0]] {
        let answer = once(bench.server.address, request);
        assert!(answer.contains("\"permit\""), "it is permitted: {answer}");
    }
    let refused = check(network.zone_gate.id, &token, 0);
    assert!(once(bench.server.address, &refused).contains("\"not_cleared\""));
    // A part of what the server can do, so that it is the check that is timed and not the queue.
    let most = bench.load(&bench.plan(2, None)).per_second;
    let rate = (most / 4.0).min(10_000.0);
    let plan = |requests: &Arc<Vec<Vec<u8>>>| LoadPlan {
        requests: requests.clone(),
        ..bench.plan(seconds, Some(rate))
    };
    let (mut ruled, mut plain) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        let (one, other) = (bench.load(&plan(&with)), bench.load(&plan(&without)));
        assert_eq!(
            (one.errors, other.errors),
            (0, 0),
            "every check was answered"
        );
        println!(
            "  with rules p50 {:.0} µs p99 {:.0} µs, without p50 {:.0} µs p99 {:.0} µs",
            one.p50_us, one.p99_us, other.p50_us, other.p99_us,
        );
        ruled.push((one.p50_us, one.p99_us));
        plain.push((other.p50_us, other.p99_us));
    }
    let p50 = |figures: &[(f64, f64)]| median(figures.iter().map(|(p50, _)| *p50));
    let p99 = |figures: &[(f64, f64)]| median(figures.iter().map(|(_, p99)| *p99));
    vec![
        Measure::new("gate_p50_rules", p50(&ruled), "µs")
            .against(p50(&plain))
            .aim(Aim::AtMost(1.1)),
        Measure::new("gate_p99_rules", p99(&ruled), "µs")
            .against(p99(&plain))
            .aim(Aim::AtMost(1.1)),
    ]
}
