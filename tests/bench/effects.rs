//! From the acknowledgement of an outcome that closes fifty credentials to their denial at the gate of a zone that requires the
//! function: on the node that took it, and on another one on the same PostgreSQL.

use std::sync::Arc;
use std::time::{Duration, Instant};

use portcullis::access::keyring::Keyring;
use portcullis::access::permission::{CheckGate, KeepScreenings, Permit};
use portcullis::app::Node;
use portcullis::domain::calendar::Day;
use portcullis::domain::credential::Credential;
use portcullis::domain::decision::Decision;
use portcullis::domain::digest::Digest;
use portcullis::domain::ids::{CredentialId, ScreeningId, WorkerId};
use portcullis::domain::screening::{
    Advice, Authority, Change, Function, Outcome, Screening, State, Validity,
};
use portcullis::domain::time::{Environment, Timestamp};
use portcullis::domain::worker::Worker;
use portcullis::environment::RealEnvironment;
use portcullis::ledger::entry::{Actor, Fact};
use portcullis::service::approvals::Outcome as Of;
use portcullis::service::commit::GROUP_MAX;
use portcullis::service::gate_check::{Presented, Question, ask};
use portcullis::service::screenings::{self, Ruling};
use portcullis::service::{Error, clients};

use crate::gate::median;
use crate::network::Network;
use crate::place::Place;
use crate::table::{Aim, Measure};
use crate::writes::start;

/// Credentials that one outcome closes.
const CREDENTIALS: u32 = 50;
/// How long a node may take before the measure is given up.
const PATIENCE: Duration = Duration::from_secs(10);

/// The longest of many outcomes, for each of the nodes.
pub fn measure(quick: bool) -> Vec<Measure> {
    let outcomes = if quick { 5 } else { 100 };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let place = Place::postgres();
    runtime.block_on(async {
        let keyring = Arc::new(Keyring::derive(&place.master_key));
        place.init(&keyring).await;
        let network = Arc::new(Network::for_cargo());
        let here = start(&place, &keyring, GROUP_MAX);
        network.fill(&here.services.door, 1_000).await;
        let there = start(&place, &keyring, GROUP_MAX);
        let (mut acts, mut same, mut other) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..outcomes {
            let (screening, credentials) = cleared(&here, &network).await;
            let issued = Instant::now();
            awaits(&there, &network, &credentials, Decision::Permit, issued);
            let began = Instant::now();
            refuses(&here, &network, screening).await;
            let acknowledged = Instant::now();
            acts.push((acknowledged - began).as_secs_f64() * 1_000.0);
            let denied = |node| awaits(node, &network, &credentials, Decision::Deny, acknowledged);
            same.push(denied(&here));
            other.push(denied(&there));
        }
        there.stop();
        here.stop();
        println!(
            "  {outcomes} outcomes that close {CREDENTIALS} credentials each: acknowledged after {:.1} ms, denied by another node {:.1} ms later (medians)",
            median(acts.into_iter()),
            median(other.iter().copied()),
        );
        let longest = |figures: Vec<f64>| figures.into_iter().fold(0.0, f64::max);
        vec![
            Measure::new("outcome_to_denial_same_node_ms", longest(same), "ms")
                .aim(Aim::AtMost(0.0)),
            Measure::new("outcome_to_denial_ms", longest(other), "ms").aim(Aim::AtMost(250.0)),
        ]
    })
}

/// A worker who is cleared for cargo, with as many credentials for it.
async fn cleared(node: &Node, network: &Arc<Network>) -> (ScreeningId, Vec<CredentialId>) {
    let (network, environment) = (network.clone(), &RealEnvironment);
    let worker = WorkerId::make(environment);
    let screening = ScreeningId::make(environment);
    let work = move |tx: &mut portcullis::service::Tx<'_>| {
        let today = Day::of(tx.now);
        tx.state(Fact::WorkerRegistered(Worker {
            id: worker,
            member: network.member.id,
            details: Digest([0; 32]),
        }))?;
        tx.state(Fact::ScreeningOpened(Screening {
            id: screening,
            worker,
            member: network.member.id,
            function: Function::CargoAccess,
            consented_at: Timestamp::from_ms(tx.now.as_ms() - 1),
        }))?;
        let advice = Outcome {
            authority: Authority::Namb,
            reference: "2026/1".parse().map_err(Error::internal)?,
            date: today,
            valid_until: State::Cleared.valid_until(today, Validity::default()),
        };
        for change in [Change::Submitted, Change::Positive(advice)] {
            tx.state(Fact::ScreeningMoved { screening, change })?;
        }
        (0..CREDENTIALS)
            .map(|_| {
                // An odd one is for cargo.
                let credential = Credential {
                    worker,
                    ..network.credential(1, tx.now)
                };
                let id = credential.id;
                let badges = Vec::new();
                tx.state(Fact::CredentialIssued { credential, badges })?;
                Ok(id)
            })
            .collect::<Result<Vec<_>, Error>>()
    };
    let issued = node.services.door.change(Actor::System, work).await;
    (screening, issued.expect("they are issued"))
}

/// Records that the advice is negative, which takes effect at once.
async fn refuses(node: &Node, network: &Network, screening: ScreeningId) {
    let officer = clients::caller(&network.officer);
    let permit: Permit<KeepScreenings> = officer.permit().expect("an officer may");
    let ruling = Ruling {
        authority: Authority::Namb,
        reference: "2026/2".parse().expect("a reference"),
        date: Day::of(RealEnvironment.now()),
    };
    let work = move |tx: &mut portcullis::service::Tx<'_>| {
        screenings::record(tx, permit, screening, Advice::Negative, &ruling)
    };
    let actor = Actor::Client(officer.client);
    let recorded = node.services.door.change(actor, work).await;
    assert!(matches!(recorded, Ok(Of::Done(_))), "{recorded:?}");
}

/// Milliseconds after `since` at which every one of them is decided so; 0 if the first question about each is.
fn awaits(
    node: &Node,
    network: &Network,
    credentials: &[CredentialId],
    wanted: Decision,
    since: Instant,
) -> f64 {
    let services = &node.services;
    let permit: Permit<CheckGate> = clients::caller(&network.client)
        .permit()
        .expect("a gate may check");
    let mut waited = false;
    for &credential in credentials {
        let question = Question {
            gate: network.zone_gate.id,
            presented: Presented::Credential(credential),
            at_least: None,
            max_age_ms: None,
        };
        loop {
            let (index, keyring) = (&services.index, &services.keyring);
            let now = RealEnvironment.now();
            let answer = ask(&permit, index, keyring, &RealEnvironment, question, now);
            let (answer, _) = answer.expect("it is answered");
            if answer.verdict.decision == wanted {
                break;
            }
            waited = true;
            assert!(since.elapsed() < PATIENCE, "{:?}", answer.verdict);
            std::hint::spin_loop();
        }
    }
    if waited {
        since.elapsed().as_secs_f64() * 1_000.0
    } else {
        0.0
    }
}
