//! A start: how long the index takes from the tables, at ten million credentials with a card each.

use std::sync::Arc;
use std::time::Instant;

use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};
use portcullis::access::keyring::Keyring;
use portcullis::app::{Node, NodeSettings};
use portcullis::domain::calendar::Day;
use portcullis::domain::card::Format;
use portcullis::domain::credential::State;
use portcullis::domain::digest::hex;
use portcullis::domain::time::{DAY_MS, Environment};
use portcullis::environment::RealEnvironment;
use portcullis::service::commit::GROUP_MAX;
use portcullis::service::{head, load, sum};
use portcullis::store::{Store, StoreError, credentials, ledger};

use crate::network::Network;
use crate::place::Place;
use crate::table::{Aim, Measure};

/// Seconds from a database on disk to an index that answers.
pub fn measure(credentials: u32) -> Measure {
    let place = Place::sqlite();
    fill(&place, credentials);
    let keyring = Keyring::derive(&place.master_key);
    let store = Store::at(&place.url);
    reseal(&place, &store, &keyring);
    // What was just written shall not go to disk while it is read.
    rustix::fs::sync();
    let mut seconds: Vec<f64> = (0..3)
        .map(|_| {
            let started = Instant::now();
            let index =
                load::load(&store, &keyring, &RealEnvironment, &mut |_, _| {}).expect("it loads");
            let took = started.elapsed().as_secs_f64();
            assert_eq!(
                index.credentials_len(),
                credentials,
                "every credential is in"
            );
            println!("  {credentials} credentials and as many cards loaded in {took:.1} s");
            took
        })
        .collect();
    seconds.sort_by(f64::total_cmp);
    Measure::new("load_seconds_10m", seconds[1], "s").aim(Aim::AtMost(10.0))
}

/// Seals the head anew over the rows that no entry stated.
fn reseal(place: &Place, store: &Store, keyring: &Keyring) {
    let mut reader = store.reader().expect("the database opens");
    let mut head = ledger::head(&mut reader)
        .expect("the head can be read")
        .expect("the ledger has begun");
    let mut vouched = head::open(&head.tip(), keyring).expect("the seal opens");
    let standings = credentials::standings(&mut reader, |page| {
        for standing in page {
            vouched
                .sum
                .add_credential(sum::of_credential(keyring, &load::loaded(standing)));
        }
        Ok::<(), StoreError>(())
    });
    standings.expect("credentials can be read");
    let bindings = credentials::bindings(&mut reader, |page| {
        for (key, credential) in page {
            vouched.sum.add_card(sum::of_card(keyring, key, credential));
        }
        Ok::<(), StoreError>(())
    });
    bindings.expect("cards can be read");
    head::seal(&mut head, vouched, keyring, &RealEnvironment);
    let seal = hex(&head.seal);
    connect(place)
        .batch_execute(&format!(
            "DROP TRIGGER ledger_head_rises; UPDATE ledger_head SET seal = x'{seal}'"
        ))
        .expect("the seal is written");
}

fn connect(place: &Place) -> SqliteConnection {
    let path = place
        .url
        .strip_prefix("sqlite:")
        .expect("an SQLite address");
    SqliteConnection::establish(path).expect("the database opens")
}

/// The network through the door; the credentials straight into the tables that a start reads, as ten million entries of a
/// ledger would have left them: identifiers in the order of issue, card keys evenly spread and bound to any of them.
fn fill(place: &Place, credentials: u32) {
    let network = Arc::new(Network::new());
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let keyring = Arc::new(Keyring::derive(&place.master_key));
        place.init(&keyring).await;
        let settings = NodeSettings {
            store: Store::at(&place.url),
            keyring,
            environment: Arc::new(RealEnvironment),
            public_url: "http://bench".into(),
            group_max: GROUP_MAX,
            state_dir: None,
            kept: portcullis::domain::retention::Kept::default(),
        };
        let node = Node::start(settings, &mut |_, _| {}).expect("the node starts");
        network.fill(&node.services.door, 0).await;
        node.stop();
    });
    let now = RealEnvironment.now().as_seconds() * 1_000;
    let id = |id: u128| format!("{id:032x}");
    let (member, worker) = (
        id(network.member.id.as_u128()),
        id(network.workers().next().expect("a worker").id.as_u128()),
    );
    let card_system = id(network.card_system.id.as_u128());
    let sql = format!(
        "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -1048576; BEGIN;
         DROP TRIGGER credentials_once;
         WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {credentials} - 1)
         INSERT INTO credentials (id, member, worker, valid_from, valid_until, scope, functions, state, since, version, used_on)
             SELECT unhex(printf('019a%012x7%015x', i, i)), x'{member}', x'{worker}', {from}, {until}, '', 0,
             {active}, {now}, 1, {today} FROM n;
         WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {credentials} - 1)
         INSERT INTO badge_cards SELECT unhex(printf('%08x%08x%016x', i * {spread}, 0, random())), x'{worker}',
             unhex(printf('019a%012x7%015x', i * 7919 % {credentials}, i * 7919 % {credentials})), x'{card_system}', {format} FROM n;
         COMMIT; PRAGMA journal_mode = WAL;",
        from = now - DAY_MS,
        until = now + 365 * DAY_MS,
        active = State::Active.number(),
        today = Day::of(RealEnvironment.now()).number(),
        spread = u32::MAX / credentials,
        format = Format::CardUid.number(),
    );
    let started = Instant::now();
    connect(place)
        .batch_execute(&sql)
        .expect("the rows are written");
    println!(
        "  {credentials} credentials written in {:.1} s",
        started.elapsed().as_secs_f64()
    );
}
