//! The table of referrals against the ledger, and entries about them that cannot be.

use super::*;
use crate::domain::ids::ReferralId;
use crate::domain::referral::{Addressee, Change, Ground, Referral};

const ID: ReferralId = ReferralId::from_u128(9);
const OTHER: MemberId = MemberId::from_u128(3);
const THEIRS: WorkerId = WorkerId::from_u128(30);

fn referral() -> Referral {
    Referral {
        id: ID,
        member: MemberId::from_u128(2),
        worker: WorkerId::from_u128(4),
        credential: credential(6),
        reason: Reason::LentOrShared,
        to: Some(Addressee {
            member: OTHER,
            worker: THEIRS,
        }),
    }
}

fn opened(change: fn(&mut Referral)) -> Fact {
    let mut referral = referral();
    change(&mut referral);
    Fact::ReferralOpened(referral)
}

fn moved(change: Change) -> Fact {
    Fact::ReferralMoved {
        referral: ID,
        change,
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

/// A referral that was declined, and nothing else.
async fn declined() -> World {
    let mut facts = before();
    facts.extend([
        opened(|_| {}),
        moved(Change::Declined(Ground::NotThisPerson)),
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
async fn a_referral_that_is_not_what_the_ledger_says_is_named() {
    let report = declined().await.verify().expect("whole");
    assert_eq!(report.rows["referrals"], 1);
    for (set, what) in [
        ("state = 2", "state"),
        ("to_member = zeroblob(16)", "addressee"),
        ("to_member = NULL, to_worker = NULL", "addressee"),
        ("reason = 41", "reason"),
        ("member = zeroblob(16)", "issuer"),
        ("worker = zeroblob(16)", "worker"),
        ("credential = zeroblob(16)", "credential"),
        ("ground = NULL", "ground"),
        ("ground = 2", "ground"),
        ("opened_at = 1", "time of opening"),
        ("since = 1", "time of change"),
        ("version = 1", "version"),
    ] {
        let damage = declined()
            .await
            .after(&format!("UPDATE referrals SET {set}"));
        let why = format!("its {what} is not what the ledger says");
        assert_eq!(row("referrals", ID, &damage), why, "{set}");
    }
    let damage = declined().await.after("DELETE FROM referrals");
    assert_eq!(row("referrals", ID, &damage), "it is missing");
    match declined()
        .await
        .after("UPDATE referrals SET to_member = NULL")
    {
        Damage::Table { table, why } => {
            assert_eq!(table, "referrals");
            assert!(why.starts_with(&ID.to_string()), "{why}");
        }
        other => panic!("{other}"),
    }
}

#[test]
fn the_replay_refuses_what_the_rules_of_referrals_do() {
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
    let draft = || opened(|referral| referral.to = None);
    for good in [
        vec![opened(|_| {}), moved(Change::Adopted)],
        vec![opened(|_| {}), moved(Change::Fallen)],
        vec![draft(), moved(Change::Sent)],
    ] {
        assert_eq!(after(good), Ok(()));
    }
    let missing = "no entry before it stated";
    for (facts, why) in [
        (
            vec![opened(|referral| referral.credential = credential(99))],
            missing,
        ),
        (vec![opened(|referral| referral.member = OTHER)], missing),
        (vec![opened(|referral| referral.worker = THEIRS)], missing),
        (
            vec![opened(|referral| {
                referral.to = Some(Addressee {
                    member: OTHER,
                    worker: WorkerId::from_u128(4),
                });
            })],
            missing,
        ),
        (
            vec![opened(|referral| {
                referral.to = Some(Addressee {
                    member: referral.member,
                    worker: referral.worker,
                });
            })],
            missing,
        ),
        (vec![moved(Change::Adopted)], missing),
        (vec![opened(|_| {}), opened(|_| {})], "states again"),
        (
            vec![draft(), moved(Change::Adopted)],
            "the referral is draft",
        ),
        (
            vec![opened(|_| {}), moved(Change::Sent)],
            "the referral is open",
        ),
    ] {
        let refused = after(facts).expect_err(why);
        assert!(refused.contains(why), "{refused}: {why}");
    }
}
