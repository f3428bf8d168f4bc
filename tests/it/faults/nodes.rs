//! Two nodes on one PostgreSQL: how fast the second knows, and what it says when it cannot know.

use std::time::{Duration, Instant};

use portcullis::domain::approval::BULK_MAX;
use portcullis::store::{Store, ledger};
use serde_json::{Value, json};

use crate::support::World;
use crate::support::actors::{Admin, Api, GateActor, Hr, Pass, new_key, verdict};
use crate::support::figures::Figures;
use crate::support::proxy::Proxy;
use crate::support::world::text;

/// What two nodes tell each other is measured on a machine that does other things too. A thread that is ready may wait this
/// long for a core.
const SCHEDULING: Duration = Duration::from_millis(100);

struct Ports {
    port: Admin,
    hr: Hr,
    gate: GateActor,
}

impl Ports {
    async fn of(world: &World) -> Self {
        Self::with(world, json!({})).await
    }

    async fn with(world: &World, facility: Value) -> Self {
        let (a, b) = (world.member("Haven A").await, world.member("Haven B").await);
        let hr = b.hr(world).await;
        let facility = a.facility(facility).await;
        let gate = a
            .gate_at(world, &facility, &[&hr.card_system], json!({}))
            .await;
        Self { port: b, hr, gate }
    }

    async fn passes(&self, count: usize) -> Vec<Pass> {
        let mut passes = Vec::new();
        for _ in 0..count {
            passes.push(self.hr.issues().await);
        }
        passes
    }
}

/// From the acknowledgement at one node to the first refusal at the other.
async fn spreads(world: &World, ports: &Ports, gate: &GateActor, passes: &[Pass]) -> Figures {
    let mut took = Vec::new();
    // Beyond these an officer needs a second person, so each has only so many to revoke.
    for some in passes.chunks(BULK_MAX) {
        let hr = Hr {
            api: ports
                .port
                .client(world, &ports.hr.member, "hr_officer")
                .await,
            ..ports.hr.clone()
        };
        for pass in some {
            hr.revokes(pass, "stolen").await.created();
            let acknowledged = Instant::now();
            while verdict(&gate.asks_about(pass).await).0 != "deny" {
                assert!(
                    acknowledged.elapsed() < Duration::from_secs(10),
                    "it arrives"
                );
            }
            took.push(acknowledged.elapsed());
        }
    }
    Figures::of(took)
}

pub async fn a_revocation_reaches_the_other_node(world: World) {
    let ports = Ports::of(&world).await;
    let second = world.another_node();
    let passes = ports.passes(220).await;
    let there = ports.gate.at(second.address);
    caught_up(&world, &second);
    // A card is known there before it is revoked here: otherwise nothing is shown.
    for pass in &passes {
        assert_eq!(verdict(&there.asks_about(pass).await).0, "permit");
    }
    let took = spreads(&world, &ports, &there, &passes).await;
    took.print("revoked at one node, refused at the other");
    assert!(took.quantile(0.99) <= Duration::from_millis(250));
    world.db_examine(&second);
}

pub async fn a_revocation_reaches_the_other_node_by_polling_alone(world: World) {
    let ports = Ports::of(&world).await;
    let proxy = Proxy::to(&world.url);
    proxy.deafen();
    let second = world.node_through(&proxy);
    let passes = ports.passes(60).await;
    let there = ports.gate.at(second.address);
    caught_up(&world, &second);
    let took = spreads(&world, &ports, &there, &passes).await;
    took.print("the same with every NOTIFY lost");
    // The head is asked for every 250 ms; that the NOTIFYs were really lost shows in the middle.
    assert!(
        took.quantile(0.5) >= Duration::from_millis(30),
        "it was woken"
    );
    assert!(took.max() <= Duration::from_secs(1));
    world.db_examine(&second);
}

fn caught_up(world: &World, node: &crate::support::world::RunningNode) {
    let (one, other) = (
        &world.node.shared.services.index,
        &node.shared.services.index,
    );
    let began = Instant::now();
    while other.seq() < one.seq() {
        assert!(began.elapsed() < Duration::from_secs(10), "it follows");
        std::thread::sleep(Duration::from_millis(5));
    }
}

pub async fn a_revoked_client_loses_its_power_everywhere(world: World) {
    let ports = Ports::of(&world).await;
    let second = world.another_node();
    let admin = world.admin().await;
    let pass = ports.hr.issues().await;
    caught_up(&world, &second);
    let mut took = Vec::new();
    for _ in 0..20 {
        let body =
            json!({ "member": world.first.member.to_string(), "name": "a gate", "role": "gate" });
        let client = admin.api.post("/v1/clients", &body).await.created();
        let (id, secret) = (text(&client, "id"), text(&client, "secret"));
        let here = world.api(id, secret).await;
        let there = here.at(second.address);
        let path = format!("/v1/credentials/{}/status", pass.credential);
        // Its token is remembered at both nodes.
        here.get(&path).await.ok();
        let began = Instant::now();
        while there.get(&path).await.status != 200 {
            assert!(began.elapsed() < Duration::from_secs(10), "it gets there");
        }
        let revocations = format!("/v1/clients/{id}/revocations");
        admin.api.post(&revocations, &json!({})).await.ok();
        let acknowledged = Instant::now();
        here.get(&path).await.refused("unauthorized");
        while there.get(&path).await.status == 200 {
            assert!(
                acknowledged.elapsed() < Duration::from_secs(10),
                "it arrives"
            );
        }
        took.push(acknowledged.elapsed());
        there.get(&path).await.refused("unauthorized");
        // Nor does it get another token, at either.
        for address in [world.node.address, second.address] {
            let form =
                format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
            let headers = [("content-type", "application/x-www-form-urlencoded")];
            let said = Api::anonymous(address)
                .send(reqwest::Method::POST, "/oauth/token", &headers, form.into())
                .await;
            said.refused("invalid_client");
        }
    }
    let took = Figures::of(took);
    took.print("a client revoked at one node, powerless at the other");
    assert!(took.max() <= Duration::from_secs(2));
}

pub async fn at_least_waits_for_the_copy_or_says_that_it_cannot_tell(world: World) {
    let ports = Ports::of(&world).await;
    let proxy = Proxy::to(&world.url);
    // Without NOTIFY the copy is late often enough for this to show something.
    proxy.deafen();
    let second = world.node_through(&proxy);
    let there = ports.gate.at(second.address);
    let passes = ports.passes(20).await;
    let good = ports.hr.issues().await;
    caught_up(&world, &second);
    let card = |pass: &Pass, seq: u64| json!({ "card": { "format": "number", "value": pass.number }, "at_least": seq });
    let (mut late, mut in_vain) = (0, 0);
    for pass in &passes {
        let revocation = ports.hr.revokes(pass, "stolen").await.created();
        let seq = revocation["seq"].as_u64().expect("a number");
        late += usize::from(second.shared.services.index.seq() < seq);
        let answer = there.asks(card(pass, seq)).await.ok();
        if answer["seq"].as_u64() >= Some(seq) {
            assert_eq!(
                verdict(&answer),
                ("deny", "not_valid"),
                "the very first answer"
            );
        } else {
            // On a machine so busy that half a second did not do.
            assert_eq!(verdict(&answer), ("refer", "undetermined"));
            in_vain += 1;
        }
    }
    assert!(
        in_vain * 2 < passes.len(),
        "waiting did not help {in_vain} times"
    );
    assert!(
        late > 0,
        "the copy was behind at least once when it was asked"
    );
    // An entry that nobody has written yet.
    let (began, never) = (
        Instant::now(),
        world.node.shared.services.index.seq() + 1_000,
    );
    let answer = there.asks(card(&good, never)).await.ok();
    assert_eq!(verdict(&answer), ("refer", "undetermined"));
    let answer = there.asks(card(&passes[0], never)).await.ok();
    assert_eq!(verdict(&answer), ("deny", "not_valid"));
    assert!(
        began.elapsed() < Duration::from_secs(3),
        "it waits, but not for long"
    );
}

pub async fn a_node_behind_a_frozen_line_stops_permitting_and_heals(world: World) {
    cut_off(world, Proxy::freeze).await;
}

pub async fn a_node_behind_a_cut_line_stops_permitting_and_heals(world: World) {
    cut_off(world, Proxy::cut).await;
}

pub async fn a_node_behind_a_dead_line_stops_permitting_and_heals(world: World) {
    cut_off(world, Proxy::kill).await;
}

/// The strictest limit there is, and how soon a node must be itself again.
const LIMIT: Duration = Duration::from_secs(2);
const HEALS: Duration = Duration::from_secs(5);
/// How soon it can write again, at the latest: what a writer may hang, and what is left of a lock on the server.
const WRITES_AGAIN: Duration = Duration::from_secs(40);

/// How long a revocation elsewhere may wait for a node that lost its power while it wrote: its lock is free after three seconds.
const FREE_AGAIN: Duration = Duration::from_secs(5);

pub async fn a_node_that_died_while_it_wrote_keeps_nobody_from_revoking(world: World) {
    let ports = Ports::of(&world).await;
    let pass = ports.hr.issues().await;
    let proxy = Proxy::to(&world.url);
    // What a node holds in the middle of a write, and never lets go of by itself.
    let mut writer = Store::at(&proxy.url(&world.url))
        .writer()
        .expect("a connection");
    writer.begin().expect("a transaction");
    ledger::lock(&mut writer).expect("the head");
    proxy.kill();
    let died = Instant::now();
    ports.hr.revokes(&pass, "stolen").await.created();
    let waited = died.elapsed();
    println!("revoked {:.1} s after the other died", waited.as_secs_f64());
    assert!(waited < FREE_AGAIN, "it waited {waited:?}");
    assert_eq!(verdict(&ports.gate.asks_about(&pass).await).0, "deny");
    // Gone without a word to a server that has forgotten it.
    drop(writer);
}

async fn cut_off(world: World, fail: impl Fn(&Proxy)) {
    let ports = Ports::with(&world, json!({ "max_age_ms": 2_000 })).await;
    let proxy = Proxy::to(&world.url);
    let second = world.node_through(&proxy);
    let there = ports.gate.at(second.address);
    let passes = ports.passes(5).await;
    let [good, known, meanwhile, later, first] = passes.as_slice() else {
        unreachable!("five were asked for");
    };
    let hr = Hr {
        api: ports.hr.api.at(second.address),
        ..ports.hr.clone()
    };
    ports.hr.revokes(known, "lost").await.created();
    caught_up(&world, &second);
    // So that there is a connection for writing, too, when the line fails.
    hr.revokes(first, "lost").await.created();
    assert_eq!(verdict(&there.asks_about(good).await).0, "permit");
    assert_eq!(verdict(&there.asks_about(known).await).0, "deny");
    let operator = Api::anonymous(second.address);
    operator.get("/readyz").await.ok();

    fail(&proxy);
    let cut = Instant::now();
    // What it cannot know: revoked elsewhere while it is cut off. It may have died while it noted a check, and then this waits.
    let revoked = {
        let (hr, pass) = (ports.hr.clone(), meanwhile.clone());
        tokio::spawn(async move { hr.revokes(&pass, "stolen").await })
    };
    let mut last_permit = Duration::ZERO;
    let mut answers = Vec::new();
    while cut.elapsed() < LIMIT * 2 {
        let asked = cut.elapsed();
        let began = Instant::now();
        let answer = there.asks_about(meanwhile).await;
        answers.push(began.elapsed());
        match verdict(&answer) {
            // Whoever asks gets the truth about the age of what was answered.
            ("permit", _) => last_permit = asked,
            ("refer", "undetermined") => assert_eq!(answer["stale"], true),
            other => panic!("{other:?}"),
        }
        assert_eq!(
            verdict(&there.asks_about(known).await),
            ("deny", "not_valid")
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(
        last_permit <= LIMIT + SCHEDULING,
        "the last permit was asked for {last_permit:?} after the cut"
    );
    assert!(
        last_permit > Duration::ZERO,
        "it did not refuse for another reason"
    );
    let ready = operator.get("/readyz").await.is(503);
    assert_eq!(
        (&ready["ready"], &ready["database"]),
        (&json!(false), &json!(false))
    );
    Figures::of(answers).print("gate checks of a node that is cut off");
    revoked.await.expect("it is answered").created();

    proxy.mend();
    let mended = Instant::now();
    while verdict(&there.asks_about(good).await).0 != "permit" {
        assert!(mended.elapsed() < HEALS, "it heals by itself");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    println!(
        "last permit {} ms after the cut; healed in {} ms",
        last_permit.as_millis(),
        mended.elapsed().as_millis()
    );
    // It permits because it knows everything again, what happened meanwhile included; and it can write.
    assert_eq!(verdict(&there.asks_about(meanwhile).await).0, "deny");
    operator.get("/readyz").await.ok();
    // Over the line that died a first write may hang until another thread takes over. Repeated with its key it is done.
    let (path, key) = (
        format!("/v1/credentials/{}/revocations", later.credential),
        new_key(),
    );
    let began = Instant::now();
    loop {
        let said = hr
            .api
            .post_keyed(&path, &json!({ "reason": "lost" }), &key)
            .await;
        if said.status == 201 {
            break;
        }
        assert_eq!(said.status, 503, "{}", said.text);
        assert!(began.elapsed() < WRITES_AGAIN, "it writes again by itself");
    }
    println!("a write after {:.1} s", began.elapsed().as_secs_f64());
    assert_eq!(verdict(&there.asks_about(later).await).0, "deny");
    world.db_examine(&second);
}
