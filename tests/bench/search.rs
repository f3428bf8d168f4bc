//! Searching workers by name, whose names lie sealed, and what the seal costs whoever reads a worker.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use portcullis::access::keyring::Keyring;
use portcullis::access::permission::{KeepWorkers, Permit, ReadWorkers};
use portcullis::domain::ids::WorkerId;
use portcullis::domain::worker::{PersonName, WorkerDetails};
use portcullis::ledger::entry::Actor;
use portcullis::service::commit::GROUP_MAX;
use portcullis::service::search::{Sought, search};
use portcullis::service::{Error, Tx, clients, workers};
use portcullis::store::{Store, sealed, workers as stored};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

use crate::gate::median;
use crate::network::Network;
use crate::place::Place;
use crate::table::{Aim, Measure};
use crate::writes::start;

/// Usual names of Belgium, some of which begin alike; the number of a worker says which are theirs, and how their second
/// given name begins.
const FAMILY_NAMES: [&str; 48] = [
    "Peeters",
    "Janssens",
    "Maes",
    "Jacobs",
    "Mertens",
    "Willems",
    "Claes",
    "Goossens",
    "Wouters",
    "De Smet",
    "Dubois",
    "Lambert",
    "Dupont",
    "Martin",
    "Dumont",
    "Leroy",
    "Leclercq",
    "Simon",
    "Laurent",
    "Denis",
    "Van den Berghe",
    "Van den Bossche",
    "Van den Broeck",
    "Van Damme",
    "Van de Velde",
    "Van Hove",
    "Van Dyck",
    "Vandenberghe",
    "Vermeulen",
    "Verhoeven",
    "Verbeke",
    "Vermeersch",
    "De Clercq",
    "De Backer",
    "De Vos",
    "De Wilde",
    "Desmet",
    "Hermans",
    "Aerts",
    "Michiels",
    "Pauwels",
    "Hendrickx",
    "Segers",
    "Bogaert",
    "Cools",
    "Lemmens",
    "Yılmaz",
    "El Amrani",
];
const GIVEN_NAMES: [&str; 32] = [
    "Jan",
    "Marie",
    "Luc",
    "An",
    "Marc",
    "Els",
    "Patrick",
    "Nathalie",
    "Peter",
    "Isabelle",
    "Dirk",
    "Christine",
    "Koen",
    "Sofie",
    "Bart",
    "Lotte",
    "Thomas",
    "Emma",
    "Louis",
    "Julie",
    "Kevin",
    "Sarah",
    "Mohamed",
    "Fatima",
    "Zoë",
    "Noah",
    "Mila",
    "Arthur",
    "Jules",
    "Elise",
    "Bram",
    "Hanne",
];

/// p99 of a search among so many workers of one member, and what reading one costs sealed.
pub fn measure(place: &Place, database: &str, workers: u32, searches: usize) -> Vec<Measure> {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let keyring = Arc::new(Keyring::derive(&place.master_key));
    let network = Arc::new(Network::new());
    let ids = runtime.block_on(async {
        place.init(&keyring).await;
        let node = start(place, &keyring, GROUP_MAX);
        network.fill(&node.services.door, 0).await;
        let started = Instant::now();
        let ids = register(&network, &node, workers).await;
        println!(
            "  {workers} workers registered on {database} in {:.1} s",
            started.elapsed().as_secs_f64()
        );
        node.stop();
        ids
    });
    let index = network.index(&keyring, 0);
    let caller = clients::caller(&network.hr);
    let permit: Permit<ReadWorkers> = caller.permit().expect("HR may read workers");
    let mut reader = Store::at(&place.url).reader().expect("the database opens");
    let mut random = SmallRng::seed_from_u64(31);
    let mut took: Vec<f64> = (0..searches)
        .map(|_| {
            let details = details(random.random_range(0..workers));
            let letters: Vec<char> = details.family_name.as_str().chars().collect();
            let typed = random.random_range(2..=letters.len());
            let typed: String = letters[..typed].iter().collect();
            let typed = PersonName::parse(typed.trim()).expect("a name");
            let started = Instant::now();
            let sought = Sought::Name(typed);
            let sought = (
                &sought,
                portcullis::domain::time::Environment::now(
                    &portcullis::environment::RealEnvironment,
                ),
            );
            let found = search(&mut reader, &keyring, &index, permit, sought, None, 50);
            let took = started.elapsed().as_secs_f64() * 1_000.0;
            let found = found.expect("it is searched");
            assert!(!found.workers.is_empty(), "whoever is there is found");
            took
        })
        .collect();
    took.sort_by(f64::total_cmp);
    let p99 = took[took.len() * 99 / 100];
    println!(
        "  a search on {database}: p50 {:.1} ms, p99 {p99:.1} ms",
        took[took.len() / 2]
    );
    let (mut opened, mut closed) = (Vec::new(), Vec::new());
    for _ in 0..10 {
        let some: Vec<WorkerId> = (0..500)
            .map(|_| ids[random.random_range(0..ids.len())])
            .collect();
        let each_us = |started: Instant| started.elapsed().as_secs_f64() * 1e6 / some.len() as f64;
        let started = Instant::now();
        for &id in &some {
            black_box(workers::show(&mut reader, &keyring, permit, id).expect("a worker"));
        }
        opened.push(each_us(started));
        let started = Instant::now();
        for &id in &some {
            black_box(stored::find(&mut reader, id).expect("a worker"));
            black_box(sealed::find(&mut reader, id).expect("sealed details"));
        }
        closed.push(each_us(started));
    }
    vec![
        Measure::new(&format!("search_p99_{database}"), p99, "ms").aim(Aim::AtMost(50.0)),
        Measure::new(
            &format!("worker_read_{database}"),
            median(opened.into_iter()),
            "µs",
        )
        .against(median(closed.into_iter())),
    ]
}

/// What the measures on one database are called.
pub fn names(database: &str) -> [String; 2] {
    [
        format!("search_p99_{database}"),
        format!("worker_read_{database}"),
    ]
}

async fn register(
    network: &Arc<Network>,
    node: &portcullis::app::Node,
    workers: u32,
) -> Vec<WorkerId> {
    const AT_ONCE: u32 = 1_000;
    let permit: Permit<KeepWorkers> = clients::caller(&network.hr)
        .permit()
        .expect("HR may keep workers");
    let mut ids = Vec::with_capacity(workers as usize);
    for first in (0..workers).step_by(AT_ONCE as usize) {
        let add = move |tx: &mut Tx<'_>| {
            (first..(first + AT_ONCE).min(workers))
                .map(|n| Ok(workers::register(tx, permit, &details(n))?.value.id))
                .collect::<Result<Vec<_>, Error>>()
        };
        let door = &node.services.door;
        let added = door.change(Actor::Client(network.hr.id), add).await;
        ids.extend(added.expect("workers are registered"));
    }
    ids
}

fn details(n: u32) -> WorkerDetails {
    // Spread, so that neighbours have other names.
    let n = n.wrapping_mul(2_654_435_761);
    let family = FAMILY_NAMES[(n >> 8) as usize % FAMILY_NAMES.len()];
    let given = GIVEN_NAMES[(n >> 16) as usize % GIVEN_NAMES.len()];
    let second = char::from(b'A' + (n >> 24) as u8 % 26);
    WorkerDetails {
        family_name: PersonName::parse(family).expect("a name"),
        given_names: PersonName::parse(&format!("{given} {second}")).expect("a name"),
        birth_date: Some("1980-02-03".into()),
        documents: Vec::new(),
        former_documents: Vec::new(),
    }
}
