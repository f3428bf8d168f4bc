//! Erasures against the ledger, and entries about them that cannot be.

use super::*;
use crate::domain::erasure::Erasure;
use crate::domain::ids::ErasureId;
use crate::domain::time::Timestamp;

const ID: ErasureId = ErasureId::from_u128(9);
const WORKER: WorkerId = WorkerId::from_u128(4);
const OTHER: WorkerId = WorkerId::from_u128(20);
const MEMBER: MemberId = MemberId::from_u128(2);

fn granted(id: ErasureId, worker: WorkerId, due_ms: i64) -> Fact {
    Fact::ErasureGranted(Erasure {
        id,
        worker,
        member: MEMBER,
        due_at: Timestamp::from_ms(due_ms),
    })
}

fn erased(worker: WorkerId) -> Fact {
    Fact::WorkerErased {
        worker,
        erasure: ID,
    }
}

fn registered(id: WorkerId) -> Worker {
    Worker {
        id,
        member: MEMBER,
        details: sha256(&[1]),
    }
}

/// The worker of all facts is erased, and nothing of them is left.
async fn erased_world() -> World {
    let mut facts = facts();
    facts.extend([granted(ID, WORKER, 0), erased(WORKER)]);
    let world = World::of(facts).await;
    world.tamper("DELETE FROM sealed_details; UPDATE worker_keys SET wrapped = X'00';");
    world
}

#[tokio::test]
async fn what_is_left_of_the_erased_and_what_was_put_back_is_named() {
    erased_world().await.verify().expect("whole");
    let worker = blob(WORKER.as_bytes());
    let put_back = format!("INSERT INTO sealed_details VALUES ({worker}, {worker}, X'01')");
    for (sql, table, why) in [
        (
            put_back.as_str(),
            "sealed_details",
            "the ledger says nothing of it",
        ),
        (
            "UPDATE worker_keys SET wrapped = X'01'",
            "worker_keys",
            "its key is not what the ledger says",
        ),
        ("DELETE FROM worker_keys", "worker_keys", "it is missing"),
        (
            "UPDATE workers SET erased = 0",
            "workers",
            "its erasing is not what the ledger says",
        ),
        (
            "UPDATE erasures SET state = 1",
            "erasures",
            "its state is not what the ledger says",
        ),
        (
            "UPDATE erasures SET due_at = 1",
            "erasures",
            "its worker, member or day is not what the ledger says",
        ),
        ("DELETE FROM erasures", "erasures", "it is missing"),
    ] {
        let damage = erased_world().await.after(sql);
        match damage {
            Damage::Row {
                table: of,
                why: said,
                ..
            } => {
                assert_eq!((of, said.as_str()), (table, why), "{sql}");
            }
            other => panic!("{sql}: {other}"),
        }
    }
}

#[test]
fn the_replay_refuses_what_the_rules_of_erasing_do() {
    let after = |more: Vec<Fact>| {
        let mut replay = Replay::default();
        let all = facts().into_iter().chain([
            Fact::WorkerRegistered(registered(OTHER)),
            granted(ID, WORKER, 1_000),
        ]);
        let all = all.map(|fact| (1_000, fact));
        let more = more.into_iter().map(|fact| (1_000, fact));
        let mut refused = None;
        for (nth, (at, fact)) in all.chain(more).enumerate() {
            let entry = Entry {
                seq: nth as u64 + 1,
                at: Timestamp::from_ms(at),
                by: Actor::System,
                fact,
            };
            refused = fold(&entry, &mut replay).err();
        }
        refused.map(|illegal| illegal.to_string())
    };
    let missing = "it speaks of something that no entry before it stated";
    let ended = "the erasure does not wait any more";
    let withdrawn = || Fact::ErasureWithdrawn { erasure: ID };
    let again = ErasureId::from_u128(10);
    for (facts, wanted) in [
        (vec![erased(WORKER)], None),
        (vec![withdrawn()], None),
        (vec![withdrawn(), granted(again, WORKER, 1_000)], None),
        (
            vec![granted(again, WORKER, 1_000)],
            Some("it states again what an earlier entry stated"),
        ),
        (
            vec![granted(again, WorkerId::from_u128(99), 1_000)],
            Some(missing),
        ),
        (vec![erased(OTHER)], Some(missing)),
        (vec![withdrawn(), erased(WORKER)], Some(ended)),
        (vec![erased(WORKER), withdrawn()], Some(ended)),
        (vec![erased(WORKER), erased(WORKER)], Some(ended)),
        (
            vec![
                withdrawn(),
                granted(again, OTHER, 1_001),
                Fact::WorkerErased {
                    worker: OTHER,
                    erasure: again,
                },
            ],
            Some("the erasure is not due"),
        ),
        // Nothing new is said of who is erased.
        (
            vec![erased(WORKER), Fact::WorkerAmended(registered(WORKER))],
            Some(missing),
        ),
        (
            vec![erased(WORKER), granted(again, WORKER, 1_000)],
            Some(missing),
        ),
    ] {
        assert_eq!(after(facts.clone()).as_deref(), wanted, "{facts:?}");
    }
}
