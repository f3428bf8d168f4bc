//! Many writers at once, and followers that read while they write.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use portcullis::domain::credential::{Credential, Scope, SuspensionKind};
use portcullis::domain::ids::{CredentialId, WorkerId};
use portcullis::domain::reason::Reason;
use portcullis::domain::time::DAY_MS;
use portcullis::ledger::entry::{Actor, Fact};
use portcullis::ledger::tree::{Tree, leaf_hash};
use portcullis::service::{Door, Error, Tx};
use portcullis::store::{Store, ledger};

use super::checker::{Wrong, check};
use crate::support::actors::Hr;
use crate::support::database::Raw;
use crate::support::world::{Place, RunningNode};
use crate::support::{Database, World};

const WRITERS: usize = 64;
/// Facts of one change, at most.
const FACTS: usize = 50;

pub async fn of_many_writers_no_entry_is_lost_and_none_is_out_of_order(world: World) {
    let entries = if super::full() { 500_000 } else { 100_000 };
    let began = Instant::now();
    let hr: Hr = world.member("Haven A").await.hr(&world).await;
    let worker: WorkerId = hr.registers("Peeters").await.parse().expect("an id");
    let second = (world.database == Database::Postgres).then(|| world.another_node());
    let nodes: Vec<&RunningNode> = [Some(&world.node), second.as_ref()]
        .into_iter()
        .flatten()
        .collect();

    let writing = Arc::new(AtomicBool::new(true));
    let followers: Vec<_> = (0..2)
        .map(|_| {
            let (store, writing) = (Store::at(&world.url), writing.clone());
            std::thread::spawn(move || follow(&store, &writing))
        })
        .collect();

    // Some of 64 writers come by HTTP, one fact at a time; the others state many facts in a change.
    let changes = entries / (WRITERS * FACTS);
    let writers = (0..WRITERS).map(|writer| {
        let node = nodes[writer % nodes.len()];
        let door = node.shared.services.door.clone();
        let member = world.first.member;
        let hr = Hr {
            api: hr.api.at(node.address),
            ..hr.clone()
        };
        async move {
            let mut told: Vec<u64> = Vec::new();
            for change in 0..=changes {
                if writer % 8 == 0 {
                    hr.registers("Janssens").await;
                }
                // Now and then one is slow between its facts and the commit.
                let pause = Duration::from_millis(if change % 16 == writer % 16 { 5 } else { 0 });
                let credential = move |tx: &Tx<'_>| Credential {
                    id: CredentialId::make(tx.environment),
                    member,
                    worker,
                    engagement: None,
                    valid_from: tx.now,
                    valid_until: tx.now.plus_ms(DAY_MS),
                    scope: Scope::default(),
                };
                let last = state(&door, credential, pause).await.expect("is written");
                told.push(last);
            }
            told
        }
    });
    // What a writer was told is the seq of its last fact: its own, and rising.
    let told = futures_util::future::join_all(writers).await;
    for told in &told {
        assert!(told.is_sorted_by(|a, b| a < b), "a writer's own order");
    }
    let wrote = began.elapsed();

    writing.store(false, Ordering::Release);
    let head = world.db_read(|reader| ledger::head(reader).expect("reads").expect("is there"));
    let seqs: Vec<i64> = (1..=head.seq() as i64).collect();
    let all = world
        .db_raw()
        .numbers("SELECT seq AS n FROM ledger_entries ORDER BY seq");
    assert_eq!(all, seqs, "no gap: the numbers are those of counting");
    assert!(head.seq() as usize >= entries, "{} entries", head.seq());
    for follower in followers {
        let (seen, tree) = follower.join().expect("the follower ends well");
        assert_eq!(check(&seen, &all), []);
        assert_eq!(tree.root(), head.tree.root(), "it read what is there");
    }
    for node in &nodes {
        let index = &node.shared.services.index;
        let began = Instant::now();
        while index.seq() < head.seq() {
            assert!(began.elapsed() < Duration::from_secs(10), "it follows");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        world.db_examine(node);
    }
    println!(
        "{:?}: {} entries by {WRITERS} writers at {} node(s): written in {:.1} s, examined in {:.1} s",
        world.database,
        head.seq(),
        nodes.len(),
        wrote.as_secs_f64(),
        (began.elapsed() - wrote).as_secs_f64()
    );
}

/// One change: credentials, of which one is suspended and one revoked. Answers the seq of its last fact.
async fn state(
    door: &Door,
    credential: impl Fn(&Tx<'_>) -> Credential + Send + 'static,
    pause: Duration,
) -> Result<u64, Error> {
    let work = move |tx: &mut Tx<'_>| {
        let mut last = None;
        for _ in 0..FACTS - 2 {
            let credential = credential(tx);
            last = Some(credential.id);
            let fact = Fact::CredentialIssued {
                credential,
                badges: Vec::new(),
            };
            tx.state(fact)?;
        }
        let credential = last.expect("there is one");
        tx.state(Fact::CredentialSuspended {
            credential,
            kind: SuspensionKind::ForCause,
            reason: Reason::UnderInquiry,
        })?;
        let seq = tx.state(Fact::CredentialRevoked {
            credential,
            reason: Reason::Lost,
        })?;
        std::thread::sleep(pause);
        Ok(seq)
    };
    door.change(Actor::System, work).await
}

/// Follows the ledger as a node does, from its beginning: the entries after the last one, again and again.
fn follow(store: &Store, writing: &AtomicBool) -> (Vec<i64>, Tree) {
    let mut reader = store.reader().expect("the database opens");
    let (mut seen, mut tree) = (Vec::new(), Tree::default());
    loop {
        // Asked before reading: the last read is one after the last write.
        let last = !writing.load(Ordering::Acquire);
        let after = seen.last().map_or(0, |&seq| seq as u64);
        let page = ledger::after(&mut reader, after, 1_000).expect("reads");
        for (seq, body) in &page {
            seen.push(*seq as i64);
            tree.push(leaf_hash(body));
        }
        if page.is_empty() {
            if last {
                return (seen, tree);
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

/// The planted bug: numbers from a sequence, which are given out before the commit, and a follower that asks for those
/// above the last one it saw. A writer that is slow to commit is passed over. The checker above must say so.
pub fn a_naive_follower_is_caught() {
    let place = Place::new(Database::Postgres);
    let mut follower = Raw::open(&place.url);
    follower.must("CREATE TABLE late (id BIGSERIAL PRIMARY KEY)");
    let (mut slow, mut quick) = (Raw::open(&place.url), Raw::open(&place.url));
    let mut seen: Vec<i64> = Vec::new();
    let mut expected = Vec::new();
    for round in 0..50 {
        let late = round % 5 == 0;
        slow.must("BEGIN; INSERT INTO late DEFAULT VALUES");
        if !late {
            slow.must("COMMIT");
        }
        quick.must("BEGIN; INSERT INTO late DEFAULT VALUES; COMMIT");
        let last = seen.last().copied().unwrap_or(0);
        let poll = format!("SELECT id AS n FROM late WHERE id > {last} ORDER BY id");
        seen.extend(follower.numbers(&poll));
        if late {
            slow.must("COMMIT");
            expected.push(Wrong::Lost(2 * round + 1));
        }
    }
    let all = follower.numbers("SELECT id AS n FROM late ORDER BY id");
    assert_eq!(all.len(), 100, "everything was committed");
    assert_eq!(check(&seen, &all), expected, "and the follower lost these");
    drop((slow, quick, follower));

    // The same with writers that meet by chance, as they do in life.
    let mut follower = Raw::open(&place.url);
    let writers: Vec<_> = (0..8)
        .map(|_| {
            let url = place.url.clone();
            std::thread::spawn(move || {
                let mut raw = Raw::open(&url);
                for _ in 0..50 {
                    raw.must("BEGIN; INSERT INTO late DEFAULT VALUES; SELECT pg_sleep(random() * 0.02); COMMIT");
                }
            })
        })
        .collect();
    let mut seen = all;
    while !writers.iter().all(std::thread::JoinHandle::is_finished) {
        let last = seen.last().copied().unwrap_or(0);
        seen.extend(follower.numbers(&format!(
            "SELECT id AS n FROM late WHERE id > {last} ORDER BY id"
        )));
    }
    for writer in writers {
        writer.join().expect("the writer ends well");
    }
    let all = follower.numbers("SELECT id AS n FROM late ORDER BY id");
    let lost = check(&seen, &all);
    assert!(!lost.is_empty(), "the checker catches the naive follower");
    println!(
        "the naive follower lost {} of {} entries",
        lost.len(),
        all.len()
    );
}
