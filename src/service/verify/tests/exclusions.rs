//! The tables of exclusions against the ledger, and entries about them that cannot be.

use super::*;
use crate::domain::exclusion::{Change, Exclusion, Reply, Why};
use crate::domain::ids::ExclusionId;
use crate::domain::referral::Ground;

const ID: ExclusionId = ExclusionId::from_u128(9);
const MEMBER: MemberId = MemberId::from_u128(2);
const OTHER: MemberId = MemberId::from_u128(3);
const THEIRS: WorkerId = WorkerId::from_u128(30);

fn proposed(change: fn(&mut Exclusion)) -> Fact {
    let mut exclusion = Exclusion {
        id: ID,
        member: MEMBER,
        worker: WorkerId::from_u128(4),
        credential: credential(6),
        reason: Reason::LentOrShared,
        facilities: [].into(),
        ends_at: Timestamp::from_ms(4_000_000_000_000),
    };
    change(&mut exclusion);
    Fact::ExclusionProposed(exclusion)
}

fn moved(change: Change) -> Fact {
    Fact::ExclusionMoved {
        exclusion: ID,
        change,
    }
}

fn told(member: MemberId, worker: WorkerId) -> Fact {
    Fact::ExclusionTold {
        exclusion: ID,
        member,
        worker,
    }
}

fn answered(reply: Reply) -> Fact {
    Fact::ExclusionAnswered {
        exclusion: ID,
        member: OTHER,
        reply,
    }
}

fn before() -> Vec<Fact> {
    let mut facts = facts();
    facts.push(Fact::WorkerRegistered(Worker {
        id: THEIRS,
        member: OTHER,
        details: sha256(&[1]),
    }));
    facts
}

/// An exclusion that another member declined, and that was lifted.
async fn lifted() -> World {
    let mut facts = before();
    facts.extend([
        proposed(|_| {}),
        moved(Change::Published),
        told(OTHER, THEIRS),
        answered(Reply::Declined(Ground::NotThisPerson)),
        moved(Change::Lifted(Why::TakenBack)),
    ]);
    let world = World::of(facts).await;
    let subject = blob(&THEIRS.as_bytes()[..]);
    world.tamper(&format!(
        "INSERT INTO worker_keys VALUES ({subject}, X'0001', X'01');
         INSERT INTO sealed_details VALUES ({subject}, {subject}, X'01');"
    ));
    world
}

#[tokio::test]
async fn an_exclusion_that_is_not_what_the_ledger_says_is_named() {
    let report = lifted().await.verify().expect("whole");
    let rows = (report.rows["exclusions"], report.rows["exclusion_members"]);
    assert_eq!(rows, (1, 2));
    let theirs = format!("WHERE member = {}", blob(&OTHER.as_bytes()[..]));
    for (table, set, what) in [
        ("exclusions", "state = 1", "state"),
        ("exclusions", "why = 1", "end"),
        ("exclusions", "ends_at = 1", "end"),
        ("exclusions", "reason = 41", "content"),
        ("exclusions", "member = zeroblob(16)", "content"),
        ("exclusions", "worker = zeroblob(16)", "content"),
        ("exclusions", "credential = zeroblob(16)", "content"),
        ("exclusions", "since = 1", "time of change"),
        ("exclusions", "version = 1", "version"),
        ("exclusion_members", "answer = 0", "answer"),
        ("exclusion_members", "ground = 2", "answer"),
        ("exclusion_members", "worker = zeroblob(16)", "worker"),
        ("exclusion_members", "told_at = 1", "time"),
        ("exclusion_members", "version = 1", "version"),
    ] {
        let of = if table == "exclusions" { "" } else { &theirs };
        let damage = lifted()
            .await
            .after(&format!("UPDATE {table} SET {set} {of}"));
        let why = format!("its {what} is not what the ledger says");
        assert_eq!(row(table, ID, &damage), why, "{set}");
    }
    for table in ["exclusions", "exclusion_members"] {
        let damage = lifted().await.after(&format!("DELETE FROM {table}"));
        assert_eq!(row(table, ID, &damage), "it is missing");
    }
}

#[test]
fn the_replay_refuses_what_the_rules_of_exclusions_do() {
    let after = |more: Vec<Fact>| {
        let mut replay = Replay::default();
        for (at, fact) in before().into_iter().chain(more).enumerate() {
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
    let published = || vec![proposed(|_| {}), moved(Change::Published)];
    let and = |more: &[Fact]| {
        let mut facts = published();
        facts.extend(more.iter().cloned());
        facts
    };
    assert_eq!(
        after(and(&[told(OTHER, THEIRS), answered(Reply::Adopted)])),
        Ok(())
    );
    let missing = "no entry before it stated";
    for (facts, why) in [
        (vec![moved(Change::Published)], missing),
        (
            vec![proposed(|exclusion| exclusion.member = OTHER)],
            missing,
        ),
        (
            vec![proposed(|exclusion| exclusion.credential = credential(99))],
            missing,
        ),
        (vec![proposed(|_| {}), proposed(|_| {})], "states again"),
        // Nobody is told of a draft.
        (
            vec![proposed(|_| {}), told(OTHER, THEIRS)],
            "the exclusion is draft",
        ),
        (and(&[told(OTHER, WorkerId::from_u128(4))]), missing),
        (and(&[answered(Reply::Adopted)]), missing),
        (
            and(&[told(OTHER, THEIRS), told(OTHER, THEIRS)]),
            "states again",
        ),
        (
            and(&[
                told(OTHER, THEIRS),
                answered(Reply::Adopted),
                answered(Reply::Adopted),
            ]),
            "has adopted the exclusion",
        ),
        (
            and(&[moved(Change::Lifted(Why::Ended)), told(OTHER, THEIRS)]),
            "the exclusion is lifted",
        ),
        (and(&[moved(Change::Upheld)]), "the exclusion is proposed"),
    ] {
        let refused = after(facts).expect_err(why);
        assert!(refused.contains(why), "{refused}: {why}");
    }
}
