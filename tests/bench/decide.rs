//! A decision in the process: from the text of a card number to the answer, by everything a gate check does between.

use std::hint::black_box;
use std::time::Instant;

use portcullis::access::keyring::Keyring;
use portcullis::access::permission::{Caller, CheckGate, Permit};
use portcullis::domain::card::{Format, Input};
use portcullis::domain::decision::Decision;
use portcullis::domain::decision::decide;
use portcullis::domain::time::Environment;
use portcullis::environment::RealEnvironment;
use portcullis::service::clients;
use portcullis::service::gate_check::{Presented, Question, ask};
use rand::{RngExt, SeedableRng};

use crate::network::Network;
use crate::table::{Aim, Measure};

/// How many decisions are timed at once. The median of many such batches is the figure.
const BATCH: usize = 20_000;

/// Nanoseconds of a decision at `credentials` credentials, from the key of the card; of the whole answer, from the text of
/// the card; and bytes of memory for each credential.
pub fn measure(credentials: u32, label: &str, batches: usize) -> Vec<Measure> {
    let keyring = Keyring::derive(&[1; 32]);
    let network = Network::new();
    let before = resident_bytes();
    let index = network.index(&keyring, credentials);
    let bytes = (resident_bytes() - before) as f64 / f64::from(credentials);
    let caller: Caller = clients::caller(&network.client);
    let permit: Permit<CheckGate> = caller.permit().expect("a gate may check");
    let mut random = rand::rngs::SmallRng::seed_from_u64(7);
    let mut whole = Vec::new();
    let mut looked_up = Vec::new();
    for _ in 0..batches {
        let cards: Vec<String> = (0..BATCH)
            .map(|_| Network::uid(random.random_range(0..credentials)))
            .collect();
        let keys: Vec<_> = (0..BATCH)
            .map(|_| network.key(&keyring, random.random_range(0..credentials)))
            .collect();
        let started = Instant::now();
        for card in &cards {
            let presented = Presented::Card {
                format: Format::CardUid,
                input: Input::Text(card),
                card_system: None,
            };
            let question = Question {
                gate: network.gate.id,
                presented,
                at_least: None,
                max_age_ms: None,
            };
            let now = RealEnvironment.now();
            let (answer, _) = ask(&permit, &index, &keyring, &RealEnvironment, question, now)
                .expect("it is answered");
            assert!(answer.verdict.decision == Decision::Permit);
            black_box(answer);
        }
        whole.push(started.elapsed().as_nanos() as f64 / BATCH as f64);
        let now = RealEnvironment.now();
        let started = Instant::now();
        for key in &keys {
            let known = index.by_card(*key).expect("it is known");
            black_box(decide(
                index.standing_at(&known, network.facility.id, None, None),
                now,
            ));
        }
        looked_up.push(started.elapsed().as_nanos() as f64 / BATCH as f64);
    }
    let mut measures = vec![
        Measure::new(&format!("decide_ns_{label}"), median(&mut looked_up), "ns")
            .aim(Aim::AtMost(300.0)),
        Measure::new(&format!("answer_ns_{label}"), median(&mut whole), "ns"),
    ];
    if credentials >= 10_000_000 {
        measures
            .push(Measure::new("bytes_per_credential_10m", bytes, "bytes").aim(Aim::AtMost(64.0)));
    }
    measures
}

fn median(figures: &mut [f64]) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// Memory of this process that is in use.
pub fn resident_bytes() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").expect("Linux tells");
    let pages: u64 = text
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse().ok())
        .expect("a number of pages");
    pages * 4_096
}
