//! Changing keys while everything goes on.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use portcullis::access::key_file;
use portcullis::access::keyring::Keyring;
use portcullis::domain::blind::BlindKeys;
use portcullis::domain::ids::WorkerId;
use portcullis::environment::RealEnvironment;
use portcullis::ledger::fold::Record;
use portcullis::service::blind::{self, Place};
use portcullis::service::rewrap;
use portcullis::store::{Store, bans, names, sealed};
use serde_json::{Value, json};

use super::commands::{begin, readyz};
use crate::support::actors::{Api, Said};
use crate::support::machine::{Machine, PATIENCE, Server};
use crate::support::world::{db_replay, text};
use crate::support::{Database, World};

const MASTER: [u8; 32] = [7; 32];

pub async fn the_key_encryption_key_is_changed_while_everything_goes_on(mut world: World) {
    let folder = tempfile::tempdir().expect("a folder");
    let master = folder.path().join("master.key");
    let path = key_file::of_keks(&master);
    let first = world.keyring.first_kek();
    let of_file = || Arc::new(Keyring::with_files(&MASTER, &master).expect("it can be read"));
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
    key_file::prepare(&path, first, &RealEnvironment).expect("adds");
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
        key_file::rotate(&path, first, &RealEnvironment).expect("begins");
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

    key_file::retire(&path, first).expect("takes it out");
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
    let master = folder.path().join("master.key");
    let path = key_file::of_keks(&master);
    let first = world.keyring.first_kek();
    world.keyring = Arc::new(Keyring::with_files(&MASTER, &master).expect("reads"));
    world.restart();
    let hr = world.admin().await.hr(&world).await;
    let worker = hr.registers("Maes").await;
    // Another program begins to use a new key on the same database: this one has not looked at its file yet.
    let other = Keyring::with_files(&MASTER, &master).expect("reads");
    key_file::rotate(&path, first, &RealEnvironment).expect("begins");
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

/// A world whose keys are in files of a folder, and where the master key would be.
fn of_files(world: &mut World, folder: &tempfile::TempDir) -> PathBuf {
    let master = folder.path().join("master.key");
    world.keyring = Arc::new(Keyring::with_files(&MASTER, &master).expect("reads"));
    world.restart();
    master
}

fn passport(nth: usize) -> Value {
    json!({ "kind": "passport", "country": "BEL", "number": format!("EH{nth:06}") })
}

async fn registers_bearer(api: &Api, nth: usize) -> String {
    let body = json!({
        "family_name": format!("Verhoeven {}", letters(nth)), "given_names": "Jan", "documents": [passport(nth)],
    });
    let worker = api.post("/v1/workers", &body).await.created();
    text(&worker, "id").to_owned()
}

/// A name of letters for each number.
fn letters(nth: usize) -> String {
    let digits = nth.to_string().into_bytes().into_iter();
    digits
        .map(|digit| char::from(digit - b'0' + b'a'))
        .collect()
}

async fn engages(api: &Api, worker: &str, employer: &str, staff_number: &str) -> Said {
    let path = format!("/v1/workers/{worker}/engagements");
    let body = json!({ "employer": employer, "staff_number": staff_number });
    api.post(&path, &body).await
}

async fn finds(api: &Api, body: Value) -> BTreeSet<String> {
    let page = api.post("/v1/workers:search", &body).await.ok();
    let items = page["items"].as_array().expect("items").iter();
    items.map(|item| text(item, "id").to_owned()).collect()
}

/// The records of this member that somebody came with a document of, one for each match case.
async fn matched(api: &Api) -> Vec<String> {
    let (mut matched, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = format!("/v1/match-cases?limit=200{cursor}");
        let page = api.get(&page).await.ok();
        let cases = page["items"].as_array().expect("items").iter();
        matched.extend(cases.map(|case| text(case, "candidate").to_owned()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return matched,
        }
    }
}

/// How many names are found by each version of the blind-index key.
fn db_names_under(world: &World) -> Vec<(u16, u64)> {
    let mut found = world.db_read(|reader| names::by_version(reader).expect("reads"));
    found.sort_unstable();
    found
}

pub async fn the_blind_index_key_is_changed_while_everybody_is_found(mut world: World) {
    let folder = tempfile::tempdir().expect("a folder");
    let master = of_files(&mut world, &folder);
    let (path, first) = (
        key_file::of_blind_keys(&master),
        world.keyring.first_blind_key(),
    );
    let (a, b) = (world.member("Haven A").await, world.member("Haven B").await);
    let (hr, hr_of_b) = (a.hr(&world).await, b.hr(&world).await);
    let mut at_a = Vec::new();
    for nth in 0..250 {
        let worker = registers_bearer(&hr.api, nth).await;
        engages(&hr.api, &worker, "Stuwadoors nv", &format!("S{nth}"))
            .await
            .created();
        at_a.push(worker);
    }
    let ban = |nth: usize, reference: &str| {
        json!({
            "document": passport(nth), "reference": reference,
            "starts_at": "2026-03-01T00:00:00Z", "ends_at": "2027-03-01T00:00:00Z",
        })
    };
    let network = world.admin().await;
    let register = network.client(&world, &network.member, "register").await;
    register
        .post("/v1/bans", &ban(900, "HV-900"))
        .await
        .created();
    // On standby it is known and not used.
    key_file::prepare(&path, first, &RealEnvironment).expect("adds");
    let services = world.node.shared.services.clone();
    blind::reload(&services);
    let done = blind::follow_file(&services).await.expect("nothing to do");
    assert_eq!((done.version, done.rows), (1, 0));
    let names_at_first = db_names_under(&world);
    assert_eq!(names_at_first.len(), 1);

    // Searches and registrations go on while everybody is hashed anew.
    key_file::rotate(&path, first, &RealEnvironment).expect("begins");
    let stop = AtomicBool::new(false);
    let goes_on = async {
        let mut nth = 0;
        while !stop.load(Ordering::Relaxed) || nth < 100 {
            let (own, body) = (&at_a[nth % 250], json!({ "document": passport(nth % 250) }));
            assert_eq!(finds(&hr.api, body).await, [own.clone()].into());
            let name = format!("verhoeven {}", letters(nth % 250));
            let found = finds(&hr.api, json!({ "name": name, "limit": 200 })).await;
            assert!(found.contains(own), "{name}");
            let found = finds(&hr.api, json!({ "employer": "stuw", "limit": 200 })).await;
            assert_eq!(found.len(), 200);
            // Who was recorded before is known again at B, and whose staff number it is at A.
            if nth < 250 {
                registers_bearer(&hr_of_b.api, nth).await;
                let said = engages(&hr.api, own, "Ander", &format!("S{nth}")).await;
                said.refused("staff_number_in_use");
            }
            nth += 1;
        }
        nth.min(250)
    };
    let changes = async {
        blind::reload(&services);
        let done = blind::follow_file(&services).await.expect("changes over");
        assert!(done.version == 2 && done.rows >= 500, "{done:?}");
        stop.store(true, Ordering::Relaxed);
    };
    let (registered, ()) = futures_util::future::join(goes_on, changes).await;
    let under = db_names_under(&world);
    assert_eq!(under.len(), 1, "{under:?}");
    assert_eq!(under[0].0, 2);

    // Each of them once, whichever key was in use.
    let found = matched(&hr.api).await;
    assert_eq!(found.len(), registered);
    let candidates: BTreeSet<String> = found.into_iter().collect();
    assert_eq!(candidates, at_a[..registered].iter().cloned().collect());
    // And the other way about, with the key taken out of the file; bans too.
    key_file::retire(&path, first).expect("takes it out");
    world.keyring = Arc::new(Keyring::with_files(&MASTER, &master).expect("reads"));
    assert!(world.keyring.blind_key(1).is_none());
    world.restart();
    let hr = hr.api.at(world.node.address);
    registers_bearer(&hr, 249).await;
    let more = if registered == 250 { 2 } else { 1 };
    assert_eq!(matched(&hr).await.len(), registered + more);
    let banned = registers_bearer(&hr, 900).await;
    let known = world.db_read(|reader| {
        let banned = banned.parse().expect("an identifier");
        bans::standing_against(reader, &[banned]).expect("reads")
    });
    assert_eq!(known.len(), 1);
    let network = world.admin().await;
    let register = network.client(&world, &network.member, "register").await;
    let again = register.post("/v1/bans", &ban(900, "HV-900")).await;
    again.refused("ban_known");
    register.post("/v1/bans", &ban(0, "HV-000")).await.created();
    let banned = world.db_read(|reader| {
        let banned = at_a[0].parse().expect("an identifier");
        bans::standing_against(reader, &[banned]).expect("reads")
    });
    assert_eq!(banned.len(), 1);
    // Both steps are in the ledger, by nobody but the operator.
    let replay = world.db_read(db_replay);
    let record = &replay.records[&BlindKeys::ID.to_string()];
    let wanted = BlindKeys {
        active: 2,
        former: None,
    };
    assert_eq!(record.1, Record::BlindKeys(wanted));
}

pub async fn a_change_of_the_blind_index_key_that_is_cut_off_is_gone_on_with(mut world: World) {
    let folder = tempfile::tempdir().expect("a folder");
    let master = of_files(&mut world, &folder);
    let (path, first) = (
        key_file::of_blind_keys(&master),
        world.keyring.first_blind_key(),
    );
    let (a, b) = (world.member("Haven A").await, world.member("Haven B").await);
    let (hr, hr_of_b) = (a.hr(&world).await, b.hr(&world).await);
    let mut at_a = Vec::new();
    for nth in 0..220 {
        at_a.push(registers_bearer(&hr.api, nth).await);
    }
    key_file::rotate(&path, first, &RealEnvironment).expect("begins");
    let services = world.node.shared.services.clone();
    blind::reload(&services);
    blind::begin_newest(&services).await.expect("begins");
    let (next, done) = blind::step(&services, Place::default())
        .await
        .expect("a part is done");
    assert!(next.is_some() && done == 100, "{next:?} {done}");
    // Half of them are found by the one, half by the other, and everybody is found.
    let under = db_names_under(&world);
    assert_eq!(under.len(), 2, "{under:?}");
    world.db_examine(&world.node);
    drop(services);
    world.restart();
    let address = world.node.address;
    let (hr, hr_of_b) = (hr.api.at(address), hr_of_b.api.at(address));
    for nth in [0, 99, 100, 219] {
        let body = json!({ "document": passport(nth) });
        assert_eq!(finds(&hr, body).await, [at_a[nth].clone()].into());
        registers_bearer(&hr_of_b, nth).await;
    }
    assert_eq!(matched(&hr).await.len(), 4);
    // One is given another name in the middle, and one is found by nothing any more.
    let (married, path_of) = (&at_a[150], |worker: &str| format!("/v1/workers/{worker}"));
    let etag = hr.get(&path_of(married)).await.etag();
    let body =
        json!({ "family_name": "Peeters", "given_names": "An", "documents": [passport(150)] });
    hr.put(&path_of(married), &etag, &body).await.ok();
    // A key is not changed again before it is done, whatever the file says.
    key_file::rotate(&path, first, &RealEnvironment).expect("adds another");
    let services = world.node.shared.services.clone();
    blind::reload(&services);
    let done = blind::follow_file(&services).await.expect("goes on");
    // The rest and no more; who got another name is among them or was done before.
    assert!(
        done.version == 2 && (119..=120).contains(&done.rows),
        "{done:?}"
    );
    let done = blind::follow_file(&services).await.expect("the next");
    assert!(done.version == 3 && done.rows >= 224, "{done:?}");
    assert_eq!(
        finds(&hr, json!({ "name": "peeters" })).await,
        [married.clone()].into()
    );
    assert_eq!(db_names_under(&world).len(), 1);
}

pub async fn a_node_without_the_key_in_use_records_nobody(mut world: World) {
    let folder = tempfile::tempdir().expect("a folder");
    let master = of_files(&mut world, &folder);
    let (path, first) = (
        key_file::of_blind_keys(&master),
        world.keyring.first_blind_key(),
    );
    let hr = world.admin().await.hr(&world).await;
    let worker = registers_bearer(&hr.api, 1).await;
    key_file::rotate(&path, first, &RealEnvironment).expect("begins");
    let services = world.node.shared.services.clone();
    blind::reload(&services);
    blind::follow_file(&services).await.expect("changes over");
    // The file is lost: the first key is all there is.
    let kept = std::fs::read(&path).expect("reads");
    std::fs::remove_file(&path).expect("removes");
    blind::reload(&services);
    let body = json!({ "family_name": "Maes", "given_names": "An", "documents": [passport(1)] });
    let said = hr.api.post("/v1/workers", &body).await;
    said.refused("unavailable");
    let sought = json!({ "document": passport(1) });
    let said = hr.api.post("/v1/workers:search", &sought).await;
    said.refused("unavailable");
    std::fs::write(&path, kept).expect("writes");
    assert_eq!(
        finds(&hr.api, json!({ "document": passport(1) })).await,
        [worker].into()
    );
    let said = hr.api.post("/v1/workers", &body).await;
    said.created();
}

/// With the real program and its commands: the server is killed in the middle of the change, and the next one goes on with it.
pub async fn a_server_killed_in_the_middle_of_a_change_of_key(database: Database) {
    const WORKERS: usize = 700;
    let mut machine = Machine::new(database);
    let admin = begin(&mut machine);
    let server = Server::start(&machine, &["--requests-per-second", "10000"]);
    readyz(&machine, 200).await;
    let member = text(&admin, "member").to_owned();
    let admin = machine
        .log_in(text(&admin, "client_id"), text(&admin, "client_secret"))
        .await;
    let (_, hr) = machine.client(&admin, &member, "hr_officer").await;
    let mut workers = Vec::new();
    for nth in 0..WORKERS {
        workers.push(registers_bearer(&hr, nth).await);
    }
    drop(server);
    machine.run(&["keys", "rotate-blind-key"]).with(0);
    let again = machine.run(&["keys", "rotate-blind-key"]).with(1);
    again.says("being changed already");
    machine.run(&["keys", "retire-blind-key"]).with(1);

    let store = Store::at(&machine.database());
    let under = || store.read(names::by_version).expect("reads");
    let halfway = |under: &[(u16, u64)]| {
        let rows = |version| under.iter().find(|(of, _)| *of == version);
        rows(1).is_some() && rows(2).is_some_and(|(_, rows)| *rows > 0)
    };
    let server = Server::start(&machine, &[]);
    let began = Instant::now();
    while !halfway(&under()) {
        assert!(began.elapsed() < PATIENCE, "it begins");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    drop(server);
    assert!(halfway(&under()), "killed in the middle: {:?}", under());
    let shown = machine.run(&["keys", "show", "--json"]).with(0).json();
    assert_eq!(
        (&shown["blind_key_in_use"], &shown["blind_key_before"]),
        (&json!(2), &json!(1))
    );
    machine.run(&["verify"]).with(0);
    machine.run(&["keys", "retire-blind-key"]).with(1);

    let server = Server::start(&machine, &[]);
    readyz(&machine, 200).await;
    let began = Instant::now();
    loop {
        let shown = machine.run(&["keys", "show", "--json"]).with(0).json();
        if shown["blind_key_before"].is_null() {
            assert_eq!(shown["blind_keys"][0]["found_by"]["documents"], 0);
            assert_eq!(shown["blind_keys"][1]["found_by"]["documents"], WORKERS);
            break;
        }
        assert!(began.elapsed() < PATIENCE, "{shown}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    machine.run(&["keys", "retire-blind-key"]).with(0);
    let shown = machine.run(&["keys", "show"]).with(0);
    assert!(!shown.out.contains("blind key 1"), "{}", shown.out);
    assert!(
        shown.out.contains("blind key 2  active, in use"),
        "{}",
        shown.out
    );
    let hr = hr.again().await;
    for nth in [0, WORKERS / 2, WORKERS - 1] {
        let found = finds(&hr, json!({ "document": passport(nth) })).await;
        assert_eq!(found, [workers[nth].clone()].into());
    }
    drop(server);
    machine.run(&["verify"]).with(0);
}
