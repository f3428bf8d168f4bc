//! Many writers at once, and followers that read while they write. One test: run with the program's own ledger it must find
//! nothing; run with numbers from a sequence, the planted bug, it must find what a follower lost.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use portcullis::domain::credential::{Credential, Scope, SuspensionKind};
use portcullis::domain::ids::{CredentialId, MemberId, WorkerId};
use portcullis::domain::reason::Reason;
use portcullis::domain::time::{DAY_MS, Environment};
use portcullis::index::Index;
use portcullis::ledger::entry::{Actor, Fact};
use portcullis::service::{Tx, follow, load};
use portcullis::store::Store;
use serde_json::{Value, json};

use super::checker::{Wrong, check};
use crate::support::actors::{Hr, Said};
use crate::support::database::Raw;
use crate::support::world::{Place, RunningNode};
use crate::support::{Database, World};

const WRITERS: usize = 64;
/// Facts of one change.
const FACTS: usize = 50;
/// Of so many writers at each node one adds revocations by HTTP to its facts.
const BY_HTTP_EACH: usize = 4;
/// Revocations of one request by HTTP that has many.
const BATCH: usize = 10;

/// How entries get their numbers, and how they are followed: all that the test leaves open.
trait Ledger {
    /// One turn of one writer, who is slow to commit by this much. Answers numbers that it was told, in the order it was.
    async fn write(&self, writer: usize, pause: Duration) -> Vec<i64>;
    /// A follower. Each time it is called it looks once, and answers the numbers that are new to it.
    fn follower(&self) -> Follower;
    /// Every number that there is in the end, in order.
    fn numbers(&self) -> Vec<i64>;
}

type Follower = Box<dyn FnMut() -> Vec<i64> + Send>;

/// The test: writers write, two followers follow. Answers how many entries there are, and what the followers did wrong.
async fn write_and_follow(
    ledger: &impl Ledger,
    writers: usize,
    turns: usize,
) -> (usize, Vec<Wrong>) {
    let writing = Arc::new(AtomicBool::new(true));
    let followers: Vec<_> = (0..2)
        .map(|_| {
            let (follower, writing) = (ledger.follower(), writing.clone());
            std::thread::spawn(move || follow_while(follower, &writing))
        })
        .collect();
    let written = (0..writers).map(async |writer| {
        let mut told = Vec::new();
        for turn in 0..turns {
            // Now and then one is slow between its facts and the commit.
            let pause = Duration::from_millis(if turn % 16 == writer % 16 { 5 } else { 0 });
            told.extend(ledger.write(writer, pause).await);
        }
        told
    });
    let told = futures_util::future::join_all(written).await;
    writing.store(false, Ordering::Release);
    let seen: Vec<Vec<i64>> = followers
        .into_iter()
        .map(|follower| follower.join().expect("the follower ends well"))
        .collect();

    let all = ledger.numbers();
    assert!(
        all.iter().copied().eq(1..=all.len() as i64),
        "no gap: the numbers are those of counting"
    );
    for told in &told {
        assert!(told.is_sorted_by(|a, b| a < b), "a writer's own order");
        let last = told.last().copied().unwrap_or(0);
        assert!(last > 0 && last <= all.len() as i64, "it is there");
    }
    let wrong = seen.iter().flat_map(|seen| check(seen, &all)).collect();
    (all.len(), wrong)
}

fn follow_while(mut follower: Follower, writing: &AtomicBool) -> Vec<i64> {
    let mut seen = Vec::new();
    loop {
        // Asked before looking: the last look is one after the last write.
        let last = !writing.load(Ordering::Acquire);
        let new = follower();
        if new.is_empty() {
            if last {
                return seen;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        seen.extend(new);
    }
}

/// The program: the door and the API number, the node's own steps follow.
struct Ours<'a> {
    world: &'a World,
    nodes: Vec<&'a RunningNode>,
    hr: Hr,
    member: MemberId,
    worker: WorkerId,
    /// The followers' copies.
    copies: Mutex<Vec<Arc<Index>>>,
}

impl Ledger for Ours<'_> {
    async fn write(&self, writer: usize, pause: Duration) -> Vec<i64> {
        let node = self.nodes[writer % self.nodes.len()];
        let by_http = (writer / 2).is_multiple_of(BY_HTTP_EACH);
        let (ids, last) = self.state(node, !by_http, pause).await;
        let mut told = vec![last];
        if by_http {
            let api = self.hr.api.at(node.address);
            let seq = |said: &Value| said["seq"].as_i64().expect("a number");
            let body = json!({ "reason": "lost" });
            let path = format!("/v1/credentials/{}/revocations", ids[0]);
            told.push(seq(&api.post(&path, &body).await.created()));
            let body = json!({ "credentials": ids[1..=BATCH], "reason": "stolen" });
            let said = api.post("/v1/revocations:batch", &body).await;
            let said = Said::ok(said);
            let items = said["items"].as_array().expect("items");
            told.extend(items.iter().map(seq));
        }
        told
    }

    fn follower(&self) -> Follower {
        let store = Store::at(&self.world.url);
        let environment: Arc<dyn Environment> = self.world.clock.clone();
        let index = load::load(&store, &self.world.keyring, &*environment, &mut |_, _| {})
            .expect("the index is loaded");
        let (index, keyring) = (Arc::new(index), self.world.keyring.clone());
        self.copies.lock().expect("whole").push(index.clone());
        let mut reader = store.reader().expect("the database opens");
        // The index takes nothing but the next entry, and each look ends in comparing its hash with the head's: what it
        // says that it holds it has read.
        let mut held = 0;
        Box::new(move || {
            follow::confirm(&index, &keyring, &mut reader, &*environment, || {})
                .expect("it follows");
            let from = std::mem::replace(&mut held, index.seq());
            (from as i64 + 1..=held as i64).collect()
        })
    }

    fn numbers(&self) -> Vec<i64> {
        let entries = "SELECT seq AS n FROM ledger_entries ORDER BY seq";
        self.world.db_raw().numbers(entries)
    }
}

impl Ours<'_> {
    /// One change: credentials; if `ends`, the last one is also suspended and revoked. Answers the seq of the last fact.
    async fn state(
        &self,
        node: &RunningNode,
        ends: bool,
        pause: Duration,
    ) -> (Vec<CredentialId>, i64) {
        let (member, worker) = (self.member, self.worker);
        let work = move |tx: &mut Tx<'_>| {
            let mut ids = Vec::new();
            let mut seq = 0;
            for _ in 0..if ends { FACTS - 2 } else { FACTS } {
                let credential = Credential {
                    id: CredentialId::make(tx.environment),
                    member,
                    worker,
                    engagement: None,
                    valid_from: tx.now,
                    valid_until: tx.now.plus_ms(DAY_MS),
                    scope: Scope::default(),
                };
                ids.push(credential.id);
                seq = tx.state(Fact::CredentialIssued {
                    credential,
                    badges: Vec::new(),
                })?;
            }
            if ends {
                let credential = ids[ids.len() - 1];
                tx.state(Fact::CredentialSuspended {
                    credential,
                    kind: SuspensionKind::ForCause,
                    reason: Reason::UnderInquiry,
                })?;
                seq = tx.state(Fact::CredentialRevoked {
                    credential,
                    reason: Reason::Lost,
                })?;
            }
            std::thread::sleep(pause);
            Ok((ids, seq as i64))
        };
        let door = &node.shared.services.door;
        door.change(Actor::System, work).await.expect("is written")
    }
}

/// Entries that the test wants at least.
fn entries_wanted() -> usize {
    if super::full() { 500_000 } else { 100_000 }
}

pub async fn of_many_writers_no_entry_is_lost_and_none_is_out_of_order(world: World) {
    let began = Instant::now();
    let admin = world.member("Haven A").await;
    let hr: Hr = admin.hr(&world).await;
    // One client revokes thousands.
    admin.breaks_glass(&world).await;
    let worker = hr.registers("Peeters").await.parse().expect("an id");
    let second = (world.database == Database::Postgres).then(|| world.another_node());
    let nodes = [Some(&world.node), second.as_ref()];
    let ours = Ours {
        world: &world,
        nodes: nodes.into_iter().flatten().collect(),
        member: hr.member.parse().expect("an id"),
        worker,
        hr,
        copies: Mutex::default(),
    };
    let by_http = WRITERS / BY_HTTP_EACH * (BATCH + 1);
    let of_a_turn = WRITERS * FACTS + by_http;
    let turns = entries_wanted().div_ceil(of_a_turn);
    let (entries, wrong) = write_and_follow(&ours, WRITERS, turns).await;
    let wrote = began.elapsed();
    assert_eq!(wrong, []);
    assert!(entries >= entries_wanted(), "{entries} entries");

    let mut copies = ours.copies.lock().expect("whole").clone();
    for node in &ours.nodes {
        let index = &node.shared.services.index;
        let began = Instant::now();
        while index.seq() < entries as u64 {
            assert!(began.elapsed() < Duration::from_secs(10), "it follows");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        copies.push(index.clone());
    }
    world.db_examine_copies(&copies);
    println!(
        "{:?}: {entries} entries by {WRITERS} writers at {} node(s), {} of them revocations by HTTP: written in {:.1} s, \
         examined in {:.1} s",
        world.database,
        ours.nodes.len(),
        turns * by_http,
        wrote.as_secs_f64(),
        (began.elapsed() - wrote).as_secs_f64()
    );
}

/// The planted bug: numbers from a sequence, which are given out before the commit, and a follower that asks for those
/// above the last one it saw. A writer that is slow to commit is passed over.
struct Naive {
    place: Place,
    writers: Vec<Arc<Mutex<Raw>>>,
}

/// Each has a connection of its own, of which a server has not many.
const NAIVE_WRITERS: usize = 16;

impl Ledger for Naive {
    async fn write(&self, writer: usize, pause: Duration) -> Vec<i64> {
        let raw = self.writers[writer].clone();
        let work = move || {
            let mut raw = raw.lock().expect("whole");
            raw.must("BEGIN");
            let insert = format!(
                "INSERT INTO late SELECT nextval('late_id_seq') FROM generate_series(1, {FACTS}) RETURNING id AS n"
            );
            let told = raw.numbers(&insert);
            std::thread::sleep(pause);
            raw.must("COMMIT");
            told
        };
        let work = tokio::task::spawn_blocking(work);
        work.await.expect("is written")
    }

    fn follower(&self) -> Follower {
        let (mut raw, mut last) = (Raw::open(&self.place.url), 0);
        Box::new(move || {
            let poll = format!("SELECT id AS n FROM late WHERE id > {last} ORDER BY id");
            let new = raw.numbers(&poll);
            last = new.last().copied().unwrap_or(last);
            new
        })
    }

    fn numbers(&self) -> Vec<i64> {
        Raw::open(&self.place.url).numbers("SELECT id AS n FROM late ORDER BY id")
    }
}

pub async fn a_naive_ledger_is_caught() {
    let place = Place::new(Database::Postgres);
    Raw::open(&place.url).must("CREATE TABLE late (id BIGSERIAL PRIMARY KEY)");
    let writer = |_| Arc::new(Mutex::new(Raw::open(&place.url)));
    let naive = Naive {
        writers: (0..NAIVE_WRITERS).map(writer).collect(),
        place,
    };
    let turns = entries_wanted().div_ceil(NAIVE_WRITERS * FACTS);
    let (entries, wrong) = write_and_follow(&naive, NAIVE_WRITERS, turns).await;
    let lost = |wrong: &Wrong| matches!(wrong, Wrong::Lost(_));
    assert!(wrong.iter().all(lost), "what it sees is in order");
    assert!(!wrong.is_empty(), "the test finds what it lost");
    println!(
        "the naive followers lost {} of {entries} entries",
        wrong.len()
    );
}
