//! Durable revocations a second: many writers through the door that commits in groups, against the same door committing
//! one transaction each.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use portcullis::access::keyring::Keyring;
use portcullis::access::permission::{Permit, Revoke};
use portcullis::app::{Node, NodeSettings};
use portcullis::domain::ids::CredentialId;
use portcullis::domain::reason::Reason;
use portcullis::domain::time::Environment;
use portcullis::environment::RealEnvironment;
use portcullis::ledger::entry::Actor;
use portcullis::service::approvals::Outcome;
use portcullis::service::commit::GROUP_MAX;
use portcullis::service::{clients, revocations};
use portcullis::store::Store;

use crate::network::Network;
use crate::place::Place;
use crate::table::{Aim, Measure};

/// How many writers there are. The last number has the aim, and its measure the plain name.
const WRITERS: [usize; 3] = [1, 8, 64];

/// What the measures on one database are called.
pub fn names(name: &str) -> Vec<String> {
    WRITERS
        .iter()
        .map(|&writers| name_of(name, writers))
        .collect()
}

fn name_of(name: &str, writers: usize) -> String {
    match writers {
        64 => name.to_owned(),
        _ => format!("{name}_{writers}"),
    }
}

/// The measures on one database.
pub fn measure(place: &Place, name: &str, quick: bool) -> Vec<Measure> {
    let many = if quick { 2_000 } else { 20_000 };
    let few = many / 4;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let keyring = Arc::new(Keyring::derive(&place.master_key));
        place.init(&keyring).await;
        let network = Arc::new(Network::new());
        let node = start(place, &keyring, GROUP_MAX);
        let ids = network.fill(&node.services.door, 6 * many as u32).await;
        network.break_glass(&node.services.door).await;
        let mut parts = ids.chunks(many);
        let mut part = |count: usize| parts.next().unwrap_or_default()[..count].to_vec();
        let mut grouped = Vec::new();
        for writers in WRITERS {
            let ids = part(if writers == 1 { few } else { many });
            grouped.push(run(&node, &network, ids, writers).await);
        }
        node.stop();
        let single = start(place, &keyring, 1);
        let mut alone = Vec::new();
        for writers in WRITERS {
            alone.push(run(&single, &network, part(few), writers).await);
        }
        single.stop();
        let measures = WRITERS.iter().zip(grouped).zip(alone);
        let measures = measures.map(|((&writers, grouped), alone)| {
            let measure = Measure::new(&name_of(name, writers), grouped, "revocations/s");
            let measure = measure.against(alone);
            match writers {
                64 => measure.aim(Aim::AtLeast(5.0)),
                _ => measure,
            }
        });
        measures.collect()
    })
}

pub fn start(place: &Place, keyring: &Arc<Keyring>, group_max: usize) -> Node {
    let environment: Arc<dyn Environment> = Arc::new(RealEnvironment);
    let settings = NodeSettings {
        store: Store::at(&place.url),
        keyring: keyring.clone(),
        environment,
        public_url: "http://bench".into(),
        group_max,
        state_dir: None,
        kept: portcullis::domain::retention::Kept::default(),
    };
    Node::start(settings, &mut |_, _| {}).expect("the node starts")
}

/// Each writer revokes one credential after the other and waits for each to be durable.
async fn run(node: &Node, network: &Arc<Network>, ids: Vec<CredentialId>, writers: usize) -> f64 {
    let permit: Permit<Revoke> = clients::caller(&network.hr)
        .permit()
        .expect("HR may revoke");
    let (ids, next) = (Arc::new(ids), Arc::new(AtomicUsize::new(0)));
    let started = Instant::now();
    let tasks: Vec<_> = (0..writers)
        .map(|_| {
            let (ids, next, door, hr) = (
                ids.clone(),
                next.clone(),
                node.services.door.clone(),
                network.hr.id,
            );
            tokio::spawn(async move {
                while let Some(&id) = ids.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let revoke = move |tx: &mut portcullis::service::Tx<'_>| {
                        revocations::revoke(tx, permit, id, Reason::Lost)
                    };
                    let revocation = door.change(Actor::Client(hr), revoke).await;
                    let done =
                        matches!(revocation, Ok(Outcome::Done(revocation)) if !revocation.already);
                    assert!(done, "it is revoked");
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("a writer ends well");
    }
    ids.len() as f64 / started.elapsed().as_secs_f64()
}
