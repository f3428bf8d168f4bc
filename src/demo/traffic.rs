//! Live traffic: every gate asks the server about cards, with a token of its own, at a pace of its own.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use reqwest::{Method, StatusCode};
use serde_json::json;
use tokio::task::JoinSet;

use super::api::Api;
use super::cards::{Number, Numbering};
use super::network::{GateAt, Machine, Network};
use super::people::{Crowd, SEED, Standing, between, pick_place};
use crate::domain::card::Format;

/// Milliseconds between two cards at one gate. 44 gates make about 75 checks in a second.
const PAUSE_MS: (i64, i64) = (180, 980);
/// How long a gate uses a token that is good for ten minutes.
const TOKEN_USED: Duration = Duration::from_secs(480);
/// How many in a hundred cards nobody issued.
const STRANGERS: i64 = 2;
/// How many in a hundred come from another member of the network.
const VISITORS: i64 = 25;
/// One in so many of those whose badge is not good tries it all the same.
const BOLD: i64 = 3;

/// The decisions in the order of [`Tally::counts`].
pub const DECISIONS: [&str; 4] = ["permit", "deny", "refer", "unknown"];

/// What the gates were answered.
#[derive(Default)]
pub struct Tally {
    counts: [AtomicU64; 4],
    failures: AtomicU64,
    last_denied: Mutex<Option<String>>,
}

impl Tally {
    /// How often each of [`DECISIONS`] was given.
    pub fn counts(&self) -> [u64; 4] {
        self.counts
            .each_ref()
            .map(|count| count.load(Ordering::Relaxed))
    }

    /// How many checks got no decision.
    pub fn failures(&self) -> u64 {
        self.failures.load(Ordering::Relaxed)
    }

    /// Why the last card was denied, and where.
    pub fn last_denied(&self) -> Option<String> {
        let last = self.last_denied.lock();
        last.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn count(&self, gate: &GateAt, decision: &str, status: &str) {
        match DECISIONS.iter().position(|&known| known == decision) {
            Some(nth) => self.counts[nth].fetch_add(1, Ordering::Relaxed),
            None => self.failures.fetch_add(1, Ordering::Relaxed),
        };
        if decision == "deny" {
            let text = format!("{}, {}", status.replace('_', " "), gate.label);
            let mut last = self.last_denied.lock();
            *last
                .as_deref_mut()
                .unwrap_or_else(|poisoned| poisoned.get_mut()) = Some(text);
        }
    }
}

/// The gates at work, until dropped.
pub struct Traffic(
    #[expect(dead_code, reason = "held: its tasks end when it is dropped")] JoinSet<()>,
);

impl Traffic {
    /// Opens the gates.
    pub fn start(
        api: &Api,
        network: &Arc<Network>,
        crowd: &Arc<Crowd>,
        machines: &[Machine],
        tally: &Arc<Tally>,
    ) -> Self {
        let mut tasks = JoinSet::new();
        for (nth, machine) in machines.iter().enumerate() {
            let mut dice = ChaCha8Rng::seed_from_u64(SEED);
            dice.set_stream(u64::MAX - nth as u64);
            let gate = Gate {
                api: api.clone(),
                network: network.clone(),
                crowd: crowd.clone(),
                machine: machine.clone(),
                tally: tally.clone(),
                nth,
                dice,
            };
            tasks.spawn(gate.work());
        }
        Self(tasks)
    }
}

/// One gate at work.
struct Gate {
    api: Api,
    network: Arc<Network>,
    crowd: Arc<Crowd>,
    machine: Machine,
    tally: Arc<Tally>,
    nth: usize,
    dice: ChaCha8Rng,
}

impl Gate {
    async fn work(mut self) {
        let mut token: Option<(String, Instant)> = None;
        loop {
            let pause = between(&mut self.dice, PAUSE_MS.0, PAUSE_MS.1);
            tokio::time::sleep(Duration::from_millis(pause.unsigned_abs())).await;
            token = token.filter(|(_, since)| since.elapsed() < TOKEN_USED);
            let shown = match token.take() {
                Some(shown) => shown,
                None => match self.api.token(&self.machine).await {
                    Ok(fresh) => (fresh, Instant::now()),
                    Err(_) => {
                        self.tally.failures.fetch_add(1, Ordering::Relaxed);
                        continue;
                    }
                },
            };
            let gate = &self.network.gates[self.nth];
            let number = draw(&self.network, &self.crowd, gate, &mut self.dice);
            let body = json!({
                "gate": gate.id,
                "card": { "format": number.format, "value": number.value },
            });
            let said = self
                .api
                .send(Method::POST, "/v1/gate-checks", &shown.0, Some(&body))
                .await;
            let (decision, status) = match &said {
                Ok(said) => (said.body["decision"].as_str(), said.body["status"].as_str()),
                Err(_) => (None, None),
            };
            self.tally.count(
                gate,
                decision.unwrap_or_default(),
                status.unwrap_or_default(),
            );
            // A token that is no longer taken is not shown again.
            let refused = said.is_ok_and(|said| said.status == StatusCode::UNAUTHORIZED);
            token = Some(shown).filter(|_| !refused);
        }
    }
}

/// The next card at a gate, as its readers report it.
fn draw(network: &Network, crowd: &Crowd, gate: &GateAt, dice: &mut ChaCha8Rng) -> Number {
    if between(dice, 1, 100) <= STRANGERS {
        let place = between(dice, 1, 999_999);
        return Numbering::not_issued(u32::try_from(place).unwrap_or(1));
    }
    loop {
        let own = crowd.of_member(gate.member);
        let places = if own.is_empty() || between(dice, 1, 100) <= VISITORS {
            1..crowd.len() + 1
        } else {
            own
        };
        let nth = pick_place(dice, places.len());
        let place = places.start + u32::try_from(nth).unwrap_or(0);
        let member = crowd.member_of(place);
        let person = crowd.person(network, place);
        // The first of each member is kept for the story. Most who know that their badge is not good leave it at home.
        let kept = place == crowd.of_member(member).start;
        let good = match person.standing {
            Standing::Good => true,
            Standing::Scoped(_) => member == gate.member,
            _ => false,
        };
        if kept || !(good || between(dice, 1, BOLD) == 1) {
            continue;
        }
        let badge = &person.badges[pick_place(dice, person.badges.len())];
        let (system, number) = &badge.cards[pick_place(dice, badge.cards.len())];
        // A UID of seven bytes is the same card in the whole world, in whichever order a gate's own readers report it.
        let registered = &network.numberings[*system];
        let turned = number.format == Format::CardUid
            && registered.numbering == Numbering::Uid7
            && registered.uid_byte_order != gate.uid_byte_order;
        return if turned {
            number.turned()
        } else {
            number.clone()
        };
    }
}
