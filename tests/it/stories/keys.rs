//! Changing keys while everything goes on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use portcullis::access::kek;
use portcullis::access::keyring::Keyring;
use portcullis::domain::ids::WorkerId;
use portcullis::environment::RealEnvironment;
use portcullis::service::rewrap;
use portcullis::store::sealed;
use serde_json::json;

use crate::support::World;

const MASTER: [u8; 32] = [7; 32];

pub async fn the_key_encryption_key_is_changed_while_everything_goes_on(mut world: World) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("master.keks");
    let first = world.keyring.first_kek();
    let of_file = || Arc::new(Keyring::with_keks(&MASTER, path.clone()).expect("it can be read"));
    world.keyring = of_file();
    world.restart();
    let admin = world.admin().await;
    let hr = admin.hr(&world).await;
    let mut workers = Vec::new();
    for nth in 0..30 {
        workers.push(hr.registers(&format!("Nummer {nth}")).await);
    }
    let under =
        |world: &World| world.db_read(|reader| sealed::keys_by_version(reader).expect("reads"));
    assert_eq!(under(&world), [(1, 30)]);
    // On standby it opens and is not used.
    kek::prepare(&path, first, &RealEnvironment).expect("adds");
    let services = world.node.shared.services.clone();
    assert!(rewrap::reload(&services));
    hr.registers("Standby").await;
    assert_eq!(
        rewrap::rewrap(&services).await.expect("nothing to do").keys,
        0
    );
    assert_eq!(under(&world), [(1, 31)]);

    // Everybody goes on reading and writing while each key is wrapped anew.
    let stop = AtomicBool::new(false);
    let goes_on = async {
        let mut requests = 0;
        while !stop.load(Ordering::Relaxed) || requests < 60 {
            for worker in &workers {
                hr.api.get(&format!("/v1/workers/{worker}")).await.ok();
                requests += 1;
                if requests % 10 == 0 {
                    hr.registers("Nieuw").await;
                    let path = format!("/v1/workers/{worker}/engagements");
                    let body = json!({ "employer": "Stuwadoors nv" });
                    hr.api.post(&path, &body).await.created();
                }
            }
        }
        requests
    };
    let changes = async {
        kek::rotate(&path, first, &RealEnvironment).expect("begins");
        assert!(rewrap::reload(&services));
        let done = rewrap::rewrap(&services).await.expect("wraps");
        assert!(done.kek == 2 && done.keys >= 31, "{done:?}");
        stop.store(true, Ordering::Relaxed);
    };
    let (requests, ()) = futures_util::future::join(goes_on, changes).await;
    assert!(requests >= 60);
    let counted = under(&world);
    assert_eq!(counted.len(), 1, "{counted:?}");
    assert_eq!(counted[0].0, 2);

    // Another program with the same file reads what this one wrote, and one that has only the first key does not.
    let key = world.db_read(|reader| {
        let worker = workers[0].parse().expect("an identifier");
        sealed::keys(reader, &[worker]).expect("reads").remove(0)
    });
    assert!(of_file().worker_key(key.0, &key.1).is_ok());
    assert!(Keyring::derive(&MASTER).worker_key(key.0, &key.1).is_err());

    kek::retire(&path, first).expect("takes it out");
    assert!(rewrap::reload(&services));
    world.keyring = of_file();
    world.restart();
    let hr = world.admin().await.person(&world, "hr_officer").await;
    for worker in &workers {
        hr.get(&format!("/v1/workers/{worker}")).await.ok();
    }
}

pub async fn a_node_learns_of_a_new_key_when_it_meets_it(mut world: World) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("master.keks");
    let first = world.keyring.first_kek();
    world.keyring = Arc::new(Keyring::with_keks(&MASTER, path.clone()).expect("reads"));
    world.restart();
    let hr = world.admin().await.hr(&world).await;
    let worker = hr.registers("Maes").await;
    // Another program begins to use a new key on the same database: this one has not looked at its file yet.
    let other = Keyring::with_keks(&MASTER, path.clone()).expect("reads");
    kek::rotate(&path, first, &RealEnvironment).expect("begins");
    assert!(other.reload_keks().expect("reads"));
    let id: WorkerId = worker.parse().expect("an identifier");
    let (_, before) = world.db_read(|reader| sealed::keys(reader, &[id]).expect("reads").remove(0));
    let after = other.rewrap(id, &before, &RealEnvironment).expect("opens");
    assert_eq!(after.kek, 2);
    let mut raw = world.db_raw();
    let (kek, wrapped) = (raw.bytes(&[0, 2]), raw.bytes(&after.wrapped));
    raw.must(&format!(
        "UPDATE worker_keys SET kek = {kek}, wrapped = {wrapped} WHERE worker = {}",
        raw.bytes(id.as_bytes())
    ));
    drop(raw);
    hr.api.get(&format!("/v1/workers/{worker}")).await.ok();
}
