//! kill -9 while eight writers write and files are brought in, again and again. What was acknowledged is there; what was not
//! is one or the other, for good; and of every file each row is in once.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use portcullis::domain::credential::{Credential, Scope, State};
use portcullis::domain::ids::{CredentialId, WorkerId};
use portcullis::domain::time::DAY_MS;
use portcullis::ledger::entry::{Actor, Fact};
use portcullis::service::{Tx, verify};
use portcullis::store::ledger;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::World;
use crate::support::actors::{Api, GateActor, Hr, Said, new_key, verdict};
use crate::support::clock::TestClock;
use crate::support::figures::Figures;
use crate::support::world::{MORNING, RunningNode, db_replay, keyring, text};

const WRITERS: usize = 8;
const KILL_AFTER_MS: std::ops::RangeInclusive<u64> = 20..=200;
/// Credentials issued beforehand, for one cycle.
const STOCK: usize = 400;
/// Rows of a file: they are carried out in four batches.
const ROWS: usize = 2_000;
/// In the second half a file is brought in at every so many cycles, if the one before is done.
const FILE_EACH: usize = 4;
/// Files that may be done before they can be cut in the middle.
const CUTS_TRIED: usize = 20;
const DATABASE: &str = "PORTCULLIS_TEST_CRASH_DATABASE";
const READY: &str = "the server that is killed listens on ";

/// What a writer knows of one revocation. Written down as "invoked" before the request is sent.
#[derive(Clone)]
struct Line {
    credential: String,
    key: String,
    /// The entry, where it was acknowledged.
    acknowledged: Option<u64>,
}

pub async fn what_was_acknowledged_outlives_every_kill(mut world: World) {
    let cycles = if super::full() { 500 } else { 100 };
    let mut random = ChaCha8Rng::seed_from_u64(0x706f_7274);
    let began = Instant::now();
    let a = world.member("Haven A").await;
    let hr = a.hr(&world).await;
    // One client revokes thousands, over and over.
    a.breaks_glass(&world).await;
    let gate = a.gate(&world, &[&hr.card_system]).await;
    let worker: WorkerId = hr.registers("Peeters").await.parse().expect("an id");
    let member = hr.member.parse().expect("an id");
    let mut stock = Vec::new();
    for _ in 0..cycles {
        stock.extend(issue(&world, member, worker).await);
    }
    world.node.stop();

    let (mut restarts, mut resolved_done, mut resolved_not, mut killed_midway) =
        (Vec::new(), 0, 0, 0);
    let mut journal: Vec<Line> = Vec::new();
    let mut server = Server::start(&world.url);
    let mut files = Files {
        hr: hr.clone(),
        brought: Vec::new(),
        interrupted: 0,
        halfway: 0,
    };
    for cycle in 0..cycles {
        // Files hold up the writers, so in the first half there are none.
        if cycle >= cycles / 2 && cycle % FILE_EACH == 0 {
            files.bring_next(server.address).await;
        }
        let api = hr.api.at(server.address);
        let after = Duration::from_millis(random.random_range(KILL_AFTER_MS));
        let take: Vec<String> = stock.split_off(stock.len() - STOCK);
        let lines = write_until_killed(&api, take, &mut server, after).await;
        world.db_raw().settle();
        files.db_count_interrupted(&world);

        server = Server::start(&world.url);
        restarts.push(server.took);
        let head = world.db_read(|reader| ledger::head(reader).expect("reads").expect("is there"));
        let last = lines.iter().filter_map(|line| line.acknowledged).max();
        assert!(
            head.seq() >= last.unwrap_or(0),
            "the head is where it was acknowledged"
        );
        let gate = gate.at(server.address);
        let denied = denied(&gate, &lines).await;
        let api = hr.api.at(server.address);
        let mut unknown = 0;
        for (line, denied) in lines.into_iter().zip(denied) {
            if let Some(seq) = line.acknowledged {
                assert!(
                    denied,
                    "entry {seq} was acknowledged and is denied at the gate"
                );
                journal.push(line);
                continue;
            }
            unknown += 1;
            // Repeated with the same key: if it was done before the kill it is not done again, else it is done now.
            let said = revoke(&api, &line).await.expect("the server runs");
            let replayed = said.headers.contains_key("idempotency-replayed");
            assert_eq!(replayed, denied, "what the gate says is what was done");
            if replayed {
                resolved_done += 1;
            } else {
                resolved_not += 1;
            }
            let seq = said.created()["seq"].as_u64();
            assert_eq!(seq.expect("a number") <= head.seq(), replayed);
            journal.push(Line {
                acknowledged: seq,
                ..line
            });
        }
        killed_midway += usize::from(unknown > 0);
    }
    // Whether any of these hit a file halfway is luck. The last one is not.
    files.cut_halfway(&world, &mut server).await;
    files.db_count_interrupted(&world);
    server = Server::start(&world.url);

    // All of it once more, at the gate of the last server and in the ledger itself.
    let denied = denied(&gate.at(server.address), &journal).await;
    assert!(denied.iter().all(|denied| *denied), "for good");
    files.are_in(&gate.at(server.address)).await;
    server.kill();
    let (report, replay) = world.db_read(|reader| {
        let report = verify::verify(reader, None, |_, _| {}).expect("chain and tables are whole");
        (report, db_replay(reader))
    });
    for line in &journal {
        let id: CredentialId = line.credential.parse().expect("an id");
        let held = &replay.credentials[&id];
        assert_eq!(held.state, State::Revoked);
        assert_eq!(
            Some(held.version),
            line.acknowledged,
            "under the number that was told"
        );
    }
    let revoked = replay
        .credentials
        .values()
        .filter(|held| held.state == State::Revoked)
        .count();
    assert_eq!(
        revoked,
        journal.len(),
        "nothing was revoked that nobody asked for"
    );
    let rows = files.brought.len() * ROWS;
    assert_eq!(
        (replay.cards.len(), replay.credentials.len()),
        (rows, rows + cycles * STOCK),
        "every row is in, and once"
    );
    assert!(
        files.halfway > 0,
        "some kills hit a file: {} imports interrupted, none of them halfway",
        files.interrupted
    );
    assert!(
        killed_midway * 2 > cycles,
        "most kills hit a write: {killed_midway} of {cycles}"
    );
    println!(
        "{:?}: {cycles} kills in {:.0} s, {} revocations acknowledged, 0 lost, {} unknown ({resolved_done} had been done, \
         {resolved_not} not), {} files of {ROWS} rows interrupted {} times, {} of them halfway, {} entries verified",
        world.database,
        began.elapsed().as_secs_f64(),
        journal.len() - resolved_done - resolved_not,
        resolved_done + resolved_not,
        files.brought.len(),
        files.interrupted,
        files.halfway,
        report.seq
    );
    Figures::of(restarts).print("from start to serving");
}

/// Issues as many credentials as one cycle can use, past the API.
async fn issue(
    world: &World,
    member: portcullis::domain::ids::MemberId,
    worker: WorkerId,
) -> Vec<String> {
    let work = move |tx: &mut Tx<'_>| {
        let mut ids = Vec::new();
        for _ in 0..STOCK {
            let credential = Credential {
                id: CredentialId::make(tx.environment),
                member,
                worker,
                engagement: None,
                valid_from: tx.now,
                valid_until: tx.now.plus_ms(DAY_MS),
                scope: Scope::default(),
            };
            ids.push(credential.id.to_string());
            tx.state(Fact::CredentialIssued {
                credential,
                badges: Vec::new(),
            })?;
        }
        Ok(ids)
    };
    let door = &world.node.shared.services.door;
    door.change(Actor::System, work).await.expect("is written")
}

/// Eight writers revoke one credential after the other until the server is gone.
async fn write_until_killed(
    api: &Api,
    mut stock: Vec<String>,
    server: &mut Server,
    after: Duration,
) -> Vec<Line> {
    let mut writers = Vec::new();
    for _ in 0..WRITERS {
        let own = stock.split_off(stock.len() - STOCK / WRITERS);
        let api = api.clone();
        writers.push(actix_web::rt::spawn(async move {
            let mut lines = Vec::new();
            for credential in own {
                let mut line = Line {
                    credential,
                    key: new_key(),
                    acknowledged: None,
                };
                let said = revoke(&api, &line).await;
                let gone = match said {
                    Ok(said) if said.status == 201 => {
                        line.acknowledged = said.json()["seq"].as_u64();
                        false
                    }
                    Ok(said) => panic!("{said:?}"),
                    Err(_) => true,
                };
                lines.push(line);
                if gone {
                    break;
                }
            }
            lines
        }));
    }
    tokio::time::sleep(after).await;
    server.kill();
    let mut lines = Vec::new();
    for writer in writers {
        lines.extend(writer.await.expect("the writer ends well"));
    }
    lines
}

/// The files that are brought in, one after the other.
struct Files {
    hr: Hr,
    brought: Vec<String>,
    /// How many kills hit one that was being applied.
    interrupted: usize,
    /// How many of these hit one of which a part was in.
    halfway: usize,
}

impl Files {
    /// Lets the next file be applied, unless the last one still is.
    async fn bring_next(&mut self, address: SocketAddr) {
        let hr = self.at(address);
        if let Some(last) = self.brought.last() {
            let path = format!("/v1/imports/{last}");
            match text(&hr.api.get(&path).await.ok(), "state") {
                "applied" => {}
                state => return assert_eq!(state, "applying"),
            }
        }
        let mut file =
            String::from("personeelsnummer;naam;voornaam;werkgever;badgenummer;geldig tot\n");
        for row in 0..ROWS {
            let number = number(self.brought.len(), row);
            file += &format!("S{number};Peeters;Zoe;X nv;{number};31/12/2027\n");
        }
        let query = format!(
            "purpose=credentials&default_format=number&card_system={}",
            hr.card_system
        );
        let checked = hr.brings(&query, file.into()).await.created();
        let id = text(&checked, "id").to_owned();
        hr.applies(&id).await.is(202);
        self.brought.push(id);
    }

    /// Kills the server when a part of a file is in and the rest is not: what remains cannot be written between the look
    /// and the kill.
    async fn cut_halfway(&mut self, world: &World, server: &mut Server) {
        for _ in 0..CUTS_TRIED {
            if let Some(last) = self.brought.last() {
                self.at(server.address).awaits(last).await;
            }
            self.bring_next(server.address).await;
            let mut raw = world.db_raw();
            let begun =
                "SELECT count(*) AS n FROM imports WHERE state = 'applying' AND rows_done = 0";
            while raw.number(begun) > 0 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            raw.occupy();
            let halfway = format!(
                "SELECT count(*) AS n FROM imports WHERE state = 'applying' AND rows_done < {ROWS}"
            );
            // Where the rest was faster, the next file is tried.
            if raw.number(&halfway) > 0 {
                server.kill();
                drop(raw);
                return world.db_raw().settle();
            }
        }
        panic!("no file is ever seen halfway");
    }

    /// Looks, while no server runs, how far the last file is.
    fn db_count_interrupted(&mut self, world: &World) {
        let applying = "SELECT rows_done AS n FROM imports WHERE state = 'applying'";
        for rows_done in world.db_raw().numbers(applying) {
            self.interrupted += 1;
            self.halfway += usize::from((1..ROWS as i64).contains(&rows_done));
        }
    }

    /// In the end all of them are in: no row was carried out twice, none was left out, and their cards open the gate.
    async fn are_in(&self, gate: &GateActor) {
        let hr = self.at(gate.api.address);
        for (nth, id) in self.brought.iter().enumerate() {
            let import = hr.awaits(id).await;
            assert_eq!(import["state"], "applied", "{import}");
            let counts = json!({ "new": ROWS, "same": 0, "conflict": 0, "unusable": 0 });
            assert_eq!(
                (&import["counts"], &import["rows_done"]),
                (&counts, &json!(ROWS))
            );
            for row in [0, ROWS / 2, ROWS - 1] {
                let card = json!({ "format": "number", "value": number(nth, row).to_string() });
                let said = gate.asks(json!({ "card": card })).await.ok();
                assert_eq!(verdict(&said), ("permit", "valid"), "row {row} of {id}");
            }
        }
    }

    fn at(&self, address: SocketAddr) -> Hr {
        Hr {
            api: self.hr.api.at(address),
            ..self.hr.clone()
        }
    }
}

/// The card of a row.
fn number(file: usize, row: usize) -> usize {
    10_000_000 + file * ROWS + row
}

async fn revoke(api: &Api, line: &Line) -> Result<Said, reqwest::Error> {
    let path = format!("/v1/credentials/{}/revocations", line.credential);
    let headers = [
        ("content-type", "application/json"),
        ("idempotency-key", &line.key),
    ];
    let body = json!({ "reason": "stolen" }).to_string();
    api.try_send(Method::POST, &path, &headers, body.into())
        .await
}

/// For each line, whether a gate refuses its credential.
async fn denied(gate: &GateActor, lines: &[Line]) -> Vec<bool> {
    let mut denied = Vec::new();
    for lines in lines.chunks(500) {
        let checks: Vec<Value> = lines
            .iter()
            .map(|line| json!({ "gate": gate.gate, "credential": line.credential }))
            .collect();
        let headers = [("content-type", "application/json")];
        let body = json!({ "checks": checks }).to_string();
        let said = gate
            .api
            .send(Method::POST, "/v1/gate-checks:batch", &headers, body.into())
            .await
            .ok();
        let answers = said["answers"].as_array().expect("a list").clone();
        denied.extend(answers.iter().map(|answer| match &answer["decision"] {
            Value::String(decision) if decision == "deny" => true,
            Value::String(decision) if decision == "permit" => false,
            other => panic!("{other}"),
        }));
    }
    denied
}

/// A node in a process of its own: this very program, started again.
struct Server {
    child: Child,
    address: SocketAddr,
    took: Duration,
}

impl Server {
    fn start(url: &str) -> Self {
        let began = Instant::now();
        let mut child = Command::new(std::env::current_exe().expect("a program"))
            .args(["--exact", "faults::crash::the_server_that_is_killed"])
            .args(["--ignored", "--nocapture"])
            .env(DATABASE, url)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("starts");
        let told = BufReader::new(child.stdout.take().expect("a pipe"));
        let address = told
            .lines()
            .find_map(|line| {
                let line = line.expect("text");
                line.split_once(READY)
                    .map(|(_, address)| address.to_owned())
            })
            .expect("it listens");
        Self {
            child,
            address: address.parse().expect("an address"),
            took: began.elapsed(),
        }
    }

    /// SIGKILL: nothing is flushed, nothing is told.
    fn kill(&mut self) {
        self.child.kill().expect("it is ours");
        self.child.wait().expect("it ends");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Killed already is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
#[ignore = "no test, but the server that the crash tests start and kill"]
fn the_server_that_is_killed() {
    let Ok(url) = std::env::var(DATABASE) else {
        return;
    };
    let node = RunningNode::start(&url, &Arc::new(TestClock::at(MORNING)), &keyring(), None);
    println!("{READY}{}", node.address);
    // Should the test go first, this goes with it.
    let mut rest = Vec::new();
    std::io::stdin().read_to_end(&mut rest).expect("a pipe");
}
