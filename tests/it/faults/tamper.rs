//! Somebody with the database in hand changes what stands in it. A node must notice, stop permitting, go on denying, and say
//! so where it is heard.

use std::time::{Duration, Instant};

use portcullis::access::keyring::Keyring;
use portcullis::domain::ids::{CredentialId, Gen};
use portcullis::service::seen::Note;
use portcullis::service::{head, restore, verify};
use portcullis::store::Store;
use portcullis::store::ledger::{self, Head};

use serde_json::json;

use crate::support::actors::{GateActor, Hr, Pass, verdict};
use crate::support::database::Raw;
use crate::support::{World, log};

struct Scene {
    world: World,
    hr: Hr,
    gate: GateActor,
    good: Pass,
    lost: Pass,
    raw: Raw,
    head: Head,
}

impl Scene {
    async fn begin(mut world: World) -> Self {
        let a = world.member("Haven A").await;
        let hr = a.hr(&world).await;
        let gate = a.gate(&world, &[&hr.card_system]).await;
        let (good, lost) = (hr.issues().await, hr.issues().await);
        hr.revokes(&lost, "lost").await.created();
        assert_eq!(verdict(&gate.asks_about(&good).await).0, "permit");
        let head = world.db_read(|reader| ledger::head(reader).expect("reads").expect("is there"));
        let mut raw = world.db_raw();
        raw.drop_guards();
        world.damaged = true;
        Self {
            world,
            hr,
            gate,
            good,
            lost,
            raw,
            head,
        }
    }

    /// Writes an entry after the last one, and moves the head so that every hash is right.
    fn db_forge(&mut self, body: &str) {
        self.db_append(body, |head, before| head.seal = before.seal.clone());
    }

    /// The same with a seal, of the sum before it, as only another node could: one that errs, or that somebody has taken over.
    fn db_append_sealed(&mut self, body: &str) {
        let (keyring, clock) = (self.world.keyring.clone(), self.world.clock.clone());
        let vouched = head::open(&self.head.tip(), &keyring).expect("the seal opens");
        self.db_append(body, |head, _| head::seal(head, vouched, &keyring, &*clock));
    }

    fn db_append(&mut self, body: &str, seal: impl FnOnce(&mut Head, &Head)) {
        let mut head = self.head.clone();
        let line = head.push(body.as_bytes().to_vec());
        seal(&mut head, &self.head);
        let (seq, bytes, chain) = (
            head.seq(),
            self.raw.bytes(&line.body),
            self.raw.bytes(&line.chain),
        );
        let seal = self.raw.bytes(&head.seal);
        let (root, edge) = (
            self.raw.bytes(&head.tree.root()),
            self.raw.bytes(&head.tree.to_bytes()),
        );
        self.raw.must(&format!(
            "BEGIN; INSERT INTO ledger_entries (seq, body, chain) VALUES ({seq}, {bytes}, {chain}); \
             UPDATE ledger_head SET seq = {seq}, root = {root}, edge = {edge}, chain = {chain}, seal = {seal}; COMMIT"
        ));
    }

    fn next(&self) -> u64 {
        self.head.seq() + 1
    }

    /// The next entry: this pass's inquiry is over.
    fn lift(&self, pass: &Pass) -> String {
        let (seq, credential) = (self.next(), &pass.credential);
        format!(
            r#"{{"v":1,"seq":{seq},"at":"2026-03-02T07:30:00.000Z","by":"system","fact":{{"credential.lifted":{{"credential":"{credential}","kind":"for_cause"}}}}}}"#
        )
    }

    /// One more pass, with an inquiry about it.
    async fn suspended(&mut self) -> Pass {
        let pass = self.hr.issues().await;
        self.hr.suspends(&pass, "under_inquiry").await.created();
        self.head = self
            .world
            .db_read(|reader| ledger::head(reader).expect("reads").expect("is there"));
        pass
    }

    /// Its credential's identifier as a literal.
    fn id_of(&self, pass: &Pass) -> String {
        let id: CredentialId = pass.credential.parse().expect("an identifier");
        self.raw.bytes(id.as_bytes())
    }

    /// The node notices within a few polls: nothing is permitted, what was revoked stays denied, and the alarm is heard.
    async fn is_noticed(&self) {
        let began = Instant::now();
        while verdict(&self.gate.asks_about(&self.good).await) != ("refer", "undetermined") {
            assert!(began.elapsed() < Duration::from_secs(5), "it is noticed");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let noticed = began.elapsed();
        let denied = self.gate.asks_about(&self.lost).await;
        assert_eq!(verdict(&denied), ("deny", "not_valid"));
        let shared = &self.world.node.shared;
        assert!(!shared.services.index.is_whole());
        let ready = self.world.anonymous().get("/readyz").await.is(503);
        assert_eq!(
            (&ready["ready"], &ready["index"]),
            (&false.into(), &false.into())
        );
        let metrics = String::from_utf8(shared.metrics.render(&shared.services)).expect("text");
        assert!(metrics.contains("portcullis_copy_whole 0"), "{metrics}");
        let alarms = log::listen().alarms_about(&self.head.r#gen.to_string());
        assert_eq!(
            alarms.len(),
            1,
            "one alarm, not one at each poll: {alarms:?}"
        );
        println!(
            "noticed after {} ms: {}",
            noticed.as_millis(),
            alarms[0].trim()
        );
        // It does not come back by itself, not even when everything looks well again.
        tokio::time::sleep(Duration::from_millis(600)).await;
        assert_eq!(verdict(&self.gate.asks_about(&self.good).await).0, "refer");
    }
}

pub async fn a_head_with_a_forged_hash_is_noticed(world: World) {
    let mut scene = Scene::begin(world).await;
    let forged = scene.raw.bytes(&[7; 32]);
    scene
        .raw
        .must(&format!("UPDATE ledger_head SET root = {forged}"));
    scene.is_noticed().await;
}

pub async fn a_head_that_went_back_is_noticed_and_not_built_upon(world: World) {
    let mut scene = Scene::begin(world).await;
    // The last revocation is taken out as if it had never been: entry, head, and the row that it changed.
    let before = scene.world.db_read(|reader| {
        let mut head = Head {
            tree: portcullis::ledger::tree::Tree::default(),
            chain: [0; 32],
            ..scene.head.clone()
        };
        for (seq, body) in ledger::after(reader, 0, 10_000).expect("reads") {
            if seq < scene.head.seq() {
                head.push(body);
            }
        }
        head
    });
    let last = scene.head.seq();
    let (root, edge) = (
        scene.raw.bytes(&before.tree.root()),
        scene.raw.bytes(&before.tree.to_bytes()),
    );
    let chain = scene.raw.bytes(&before.chain);
    scene.raw.must(&format!(
        "BEGIN; DELETE FROM ledger_entries WHERE seq = {last}; \
         UPDATE ledger_head SET seq = {}, root = {root}, edge = {edge}, chain = {chain}; COMMIT",
        last - 1
    ));
    // At once, before any poll: a new entry under the old number would be a second past.
    let refused = scene.hr.revokes(&scene.good, "stolen").await;
    refused.refused("internal");
    scene.is_noticed().await;
    let entries = scene.raw.number("SELECT count(*) AS n FROM ledger_entries");
    assert_eq!(entries as u64, last - 1, "nothing was built upon it");
}

pub async fn a_missing_entry_is_noticed(world: World) {
    let mut scene = Scene::begin(world).await;
    let seq = scene.next();
    scene
        .raw
        .must(&format!("UPDATE ledger_head SET seq = {seq}"));
    scene.is_noticed().await;
}

pub async fn an_entry_that_lifts_a_revocation_is_noticed(world: World) {
    let mut scene = Scene::begin(world).await;
    // Perfectly hashed and sealed, and impossible.
    scene.db_append_sealed(&scene.lift(&scene.lost));
    scene.is_noticed().await;
}

pub async fn an_entry_that_cannot_be_read_is_noticed(world: World) {
    let mut scene = Scene::begin(world).await;
    scene.db_append_sealed("{\"v\":1,\"seq\"");
    scene.is_noticed().await;
}

pub async fn another_numbering_is_noticed(world: World) {
    let mut scene = Scene::begin(world).await;
    let other = Gen::make(&*scene.world.clock);
    let bytes = scene.raw.bytes(other.as_bytes());
    scene
        .raw
        .must(&format!("UPDATE ledger_head SET gen = {bytes}"));
    scene.is_noticed().await;
}

/// Everything is as if a node had written it but for the one thing that takes a key.
pub async fn a_forged_entry_is_believed_by_nobody(world: World) {
    let mut scene = Scene::begin(world).await;
    let suspended = scene.suspended().await;
    let (seq, id) = (scene.next(), scene.id_of(&suspended));
    scene.raw.must(&format!(
        "UPDATE credentials SET state = 0, reason = NULL, since = 1772436600000, for_cause_since = NULL, version = {seq} WHERE id = {id}"
    ));
    let move_of_it = format!("INSERT INTO moves VALUES ({id}, {seq}, 1772436600000)");
    scene.raw.must(&move_of_it);
    scene.db_forge(&scene.lift(&suspended));
    // At once, before any poll: who builds upon it would vouch for it.
    let refused = scene.hr.revokes(&scene.good, "stolen").await;
    refused.refused("internal");
    scene.is_noticed().await;
    let denied = scene.gate.asks_about(&suspended).await;
    assert_eq!(verdict(&denied), ("deny", "not_valid"));

    let why = scene.world.refuses_to_start();
    assert!(why.contains("the seal on the ledger's head"), "{why}");
    let verified = |keyring: Option<&Keyring>| {
        scene
            .world
            .db_read(|reader| verify::verify(reader, keyring, |_, _| {}))
    };
    verified(None).expect("without the key all is whole");
    let verify::Failure::Damaged(verify::Damage::Head { why }) =
        verified(Some(&scene.world.keyring)).expect_err("it is forged")
    else {
        panic!("the head is bad");
    };
    assert!(why.contains("the seal"), "{why}");
}

/// Each entry is possible and the seal opens; but what the seal says stands is not what the entries make of it.
pub async fn a_head_that_vouches_for_something_else_is_noticed(world: World) {
    let mut scene = Scene::begin(world).await;
    let suspended = scene.suspended().await;
    scene.db_append_sealed(&scene.lift(&suspended));
    scene.is_noticed().await;
}

/// Entries, head and seal are untouched; only the rows are not what they add up to, from which a start would answer gates.
pub async fn changed_rows_are_not_started_from(world: World) {
    let mut scene = Scene::begin(world).await;
    let (good, lost) = (scene.id_of(&scene.good), scene.id_of(&scene.lost));
    let reader = &scene.gate.api.client.as_ref().expect("has logged in").0;
    let role = |from: &str, to: &str| {
        format!(
            r#"UPDATE network_records SET body = replace(body, '"role":"{from}"', '"role":"{to}"') WHERE id = '{reader}'"#
        )
    };
    let of_lost = |columns: &str| format!("UPDATE credentials SET {columns} WHERE id = {lost}");
    let issued = scene.head.seq() - 1;
    let cases = [
        (
            "credentials",
            of_lost("state = 0"),
            of_lost("state = 100"),
        ),
        (
            "credentials",
            // As the row was before the revocation, to the last column.
            of_lost(&format!("state = 0, reason = NULL, version = {issued}")),
            of_lost(&format!("state = 100, reason = 20, version = {}", issued + 1)),
        ),
        (
            "credentials",
            of_lost("valid_until = valid_until + 1000"),
            of_lost("valid_until = valid_until - 1000"),
        ),
        (
            "credentials",
            of_lost("functions = 1"),
            of_lost("functions = 0"),
        ),
        (
            "credentials",
            of_lost(r#"scope = '{"functions":["cargo_access"]}'"#),
            of_lost("scope = ''"),
        ),
        (
            "badge_cards",
            format!("UPDATE badge_cards SET credential = {good} WHERE credential = {lost}"),
            "UPDATE badge_cards SET credential = (SELECT credential FROM badges WHERE badges.id = badge_cards.badge)"
                .into(),
        ),
        (
            "network_records",
            role("gate", "network_admin"),
            role("network_admin", "gate"),
        ),
    ];
    for (wanted, change, undo) in cases {
        scene.raw.must(&change);
        let why = scene.world.refuses_to_start();
        assert!(why.contains("`portcullis verify`"), "{change}: {why}");
        let found = scene
            .world
            .db_read(|reader| verify::verify(reader, None, |_, _| {}));
        match found {
            Err(verify::Failure::Damaged(verify::Damage::Row { table, .. })) => {
                assert_eq!(table, wanted)
            }
            other => panic!("{change}: {other:?}"),
        }
        scene.raw.must(&undo);
    }
    scene.world.restart();
    scene.world.db_examine(&scene.world.node);
    let gate = scene.gate.at(scene.world.node.address);
    for (pass, wanted) in [(&scene.good, "permit"), (&scene.lost, "deny")] {
        assert_eq!(verdict(&gate.asks_about(pass).await).0, wanted);
    }
}

/// Every seal opens, every sum is right, `verify` calls it whole. Only it was long ago.
pub async fn an_old_copy_of_the_database_is_not_served_until_it_is_restored(world: World) {
    let mut scene = Scene::begin(world).await;
    let (old, stolen) = (scene.head.seq(), scene.id_of(&scene.good));
    let issued = scene.raw.number(&format!(
        "SELECT version AS n FROM credentials WHERE id = {stolen}"
    ));
    scene.hr.revokes(&scene.good, "stolen").await.created();
    scene.world.node.stop();
    let note = scene.world.state.path().join("last-head");
    let noted = std::fs::read(&note).expect("it is noted when a node stops");

    let literals = [
        scene.head.tree.root().to_vec(),
        scene.head.tree.to_bytes(),
        scene.head.chain.to_vec(),
        scene.head.seal.clone(),
    ];
    let [root, edge, chain, seal] = literals.map(|bytes| scene.raw.bytes(&bytes));
    scene.raw.must(&format!(
        "BEGIN; DELETE FROM ledger_entries WHERE seq > {old}; \
         DELETE FROM moves WHERE seq > {old}; \
         UPDATE credentials SET state = 0, reason = NULL, version = {issued} WHERE id = {stolen}; \
         UPDATE ledger_head SET seq = {old}, root = {root}, edge = {edge}, chain = {chain}, seal = {seal}; COMMIT"
    ));
    scene.world.db_examine_copies(&[]);
    let why = scene.world.refuses_to_start();
    for part in ["an older copy", "`portcullis restore`"] {
        assert!(why.contains(part), "{why}");
    }
    assert!(why.contains(&format!("ends with entry {old}")), "{why}");

    // Who has no note cannot know, and goes on from there; then the same number stands for another entry.
    let worker = json!({ "family_name": "Peeters", "given_names": "Zoë" });
    for _ in 0..2 {
        let mut stranger = scene.world.node_with(None);
        let hr = scene.hr.api.at(stranger.address);
        hr.post("/v1/workers", &worker).await.created();
        stranger.stop();
        let why = scene.world.refuses_to_start();
        assert!(why.contains("has other entries"), "{why}");
    }

    let (store, clock) = (Store::at(&scene.world.url), scene.world.clock.clone());
    let (keyring, note) = (
        scene.world.keyring.clone(),
        Note::in_folder(scene.world.state.path()),
    );
    let seen = note.read(&keyring).expect("is believed").expect("is there");
    assert_eq!(seen.tree.size(), old + 1);
    let found = restore::look(&store, &keyring).expect("the seal opens");
    let head = restore::restore(&store, &keyring, &*clock, &found, Some(&seen)).expect("restores");
    assert_ne!(head.r#gen, seen.r#gen);
    // A node that was not told starts all the same: the seal says what took the place of what it knew.
    assert_eq!(
        std::fs::read(scene.world.state.path().join("last-head")).expect("is there"),
        noted
    );
    scene.world.restart();
    scene.world.db_examine(&scene.world.node);
    let gate = scene.gate.at(scene.world.node.address);
    assert_eq!(verdict(&gate.asks_about(&scene.lost).await).0, "deny");
    assert_eq!(verdict(&gate.asks_about(&scene.good).await).0, "permit");
    let hr = scene.hr.api.at(scene.world.node.address);
    let again = format!("/v1/credentials/{}/revocations", scene.good.credential);
    hr.post(&again, &json!({ "reason": "stolen" }))
        .await
        .created();
    assert_eq!(verdict(&gate.asks_about(&scene.good).await).0, "deny");
    scene.world.restart();

    // While a node runs, a restore beside it is another ledger.
    let found = restore::look(&store, &keyring).expect("the seal opens");
    assert_eq!(found.r#gen, head.r#gen);
    scene.head = found.clone();
    restore::restore(&store, &keyring, &*clock, &found, None).expect("restores");
    let began = Instant::now();
    while scene.world.node.shared.services.index.is_whole() {
        assert!(began.elapsed() < Duration::from_secs(5), "it is noticed");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    scene.world.restart();
    scene.world.db_examine(&scene.world.node);
}

/// The settings name another network's database, whose nodes even have the same key.
pub async fn another_ledger_is_not_served(mut world: World) {
    let mut other = World::begin(world.database).await;
    other.node.stop();
    std::mem::swap(&mut world.state, &mut other.state);
    let why = world.refuses_to_start();
    assert!(why.contains("Look at the setting `database`"), "{why}");
    std::mem::swap(&mut world.state, &mut other.state);
    world.restart();
}

/// What a running node cannot notice, as it reads each entry once: that is what `portcullis verify` is for.
pub async fn an_exchanged_entry_is_found_by_verify(world: World) {
    let mut scene = Scene::begin(world).await;
    let seq = scene.head.seq();
    let body = scene.world.db_read(|reader| {
        let page = ledger::after(reader, seq - 1, 1).expect("reads");
        String::from_utf8(page[0].1.clone()).expect("text")
    });
    assert!(
        body.contains("\"lost\""),
        "the revocation is the last entry"
    );
    let other = scene
        .raw
        .bytes(body.replace("\"lost\"", "\"stolen\"").as_bytes());
    scene.raw.must(&format!(
        "UPDATE ledger_entries SET body = {other} WHERE seq = {seq}"
    ));
    let found = scene
        .world
        .db_read(|reader| verify::verify(reader, None, |_, _| {}));
    let verify::Failure::Damaged(damage) = found.expect_err("it is damaged") else {
        panic!("it is damaged");
    };
    assert!(damage.to_string().contains(&seq.to_string()), "{damage}");
}
