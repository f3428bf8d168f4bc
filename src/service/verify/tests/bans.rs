//! The tables of port bans against the ledger, and entries about them that cannot be.

use super::*;
use crate::domain::ban::Ban;
use crate::domain::ids::BanId;

const ID: BanId = BanId::from_u128(9);
const WORKER: WorkerId = WorkerId::from_u128(4);

fn mirrored() -> Fact {
    Fact::BanMirrored(Ban {
        id: ID,
        reference: "2026/1".parse().expect("a reference"),
        document: Some(sha256(&[1])),
        starts_at: Timestamp::from_ms(1),
        ends_at: Timestamp::from_ms(4_000_000_000_000),
    })
}

fn found(worker: WorkerId) -> Fact {
    Fact::BanFound { ban: ID, worker }
}

/// A worker who is banned, and nothing else.
async fn banned() -> World {
    let mut facts = facts();
    facts.extend([mirrored(), found(WORKER)]);
    let world = World::of(facts).await;
    let ban = blob(&ID.as_bytes()[..]);
    let key = blob(&[2; 16]);
    world.tamper(&format!(
        "INSERT INTO ban_documents VALUES ({ban}, {key}, X'01', 1);"
    ));
    world
}

#[tokio::test]
async fn a_ban_that_is_not_what_the_ledger_says_is_named() {
    let report = banned().await.verify().expect("whole");
    assert_eq!((report.rows["bans"], report.rows["ban_workers"]), (1, 1));
    for (set, what) in [
        ("state = 2", "state"),
        ("state = 0", "state"),
        ("reference = '2026/2'", "reference"),
        ("document_digest = NULL", "document"),
        ("document_digest = zeroblob(32)", "document"),
        ("starts_at = 2", "term"),
        ("ends_at = 2", "term"),
        ("since = 1", "time of change"),
        ("version = 1", "version"),
    ] {
        let world = banned().await;
        let damage = world.after(&format!("UPDATE bans SET {set}"));
        let why = format!("its {what} is not what the ledger says");
        assert_eq!(row("bans", ID, &damage), why, "{set}");
    }
    for (sql, why) in [
        (
            "UPDATE ban_documents SET sealed = X'02'",
            "its content is not what the ledger says",
        ),
        ("DELETE FROM ban_documents", "it is missing"),
    ] {
        let damage = banned().await.after(sql);
        assert_eq!(row("ban_documents", ID, &damage), why);
    }
    let damage = banned().await.after("DELETE FROM bans");
    assert_eq!(row("bans", ID, &damage), "it is missing");
    let damage = banned().await.after("DELETE FROM ban_workers");
    assert_eq!(row("ban_workers", WORKER, &damage), "it is missing");
    let other = WorkerId::from_u128(5);
    let more = format!(
        "INSERT INTO ban_workers VALUES ({}, {})",
        blob(&ID.as_bytes()[..]),
        blob(&other.as_bytes()[..])
    );
    let damage = banned().await.after(&more);
    assert_eq!(
        row("ban_workers", other, &damage),
        "the ledger says nothing of it"
    );
}

#[test]
fn the_replay_refuses_what_the_rules_of_bans_do() {
    let after = |more: Vec<Fact>| {
        let mut replay = Replay::default();
        for (at, fact) in facts().into_iter().chain(more).enumerate() {
            let entry = Entry {
                seq: at as u64 + 1,
                at: Timestamp::from_ms(1_000),
                by: Actor::System,
                fact,
            };
            fold(&entry, &mut replay).map_err(|illegal| illegal.to_string())?;
        }
        Ok::<(), String>(())
    };
    let began = || Fact::BanBegan { ban: ID };
    let ended = || Fact::BanEnded { ban: ID };
    assert_eq!(after(vec![mirrored(), found(WORKER), ended()]), Ok(()));
    for (facts, why) in [
        (vec![found(WORKER)], "no entry before it stated"),
        (vec![ended()], "no entry before it stated"),
        (
            vec![mirrored(), found(WorkerId::from_u128(99))],
            "no entry before it stated",
        ),
        (vec![mirrored(), mirrored()], "states again"),
        (
            vec![mirrored(), found(WORKER), found(WORKER)],
            "states again",
        ),
        (vec![mirrored(), began()], "the ban is standing"),
        (vec![mirrored(), ended(), ended()], "the ban is ended"),
        (vec![mirrored(), ended(), found(WORKER)], "the ban is ended"),
    ] {
        let refused = after(facts).expect_err(why);
        assert!(refused.contains(why), "{refused}: {why}");
    }
}
