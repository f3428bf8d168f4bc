//! The table of match cases against the ledger, and entries about them that cannot be.

use super::*;
use crate::domain::ids::MatchCaseId;
use crate::domain::match_case::{Decision, MatchCase};

const ID: MatchCaseId = MatchCaseId::from_u128(9);
const FIRST: WorkerId = WorkerId::from_u128(20);
const SECOND: WorkerId = WorkerId::from_u128(21);
const MEMBER: MemberId = MemberId::from_u128(2);

fn registered(id: WorkerId) -> Fact {
    Fact::WorkerRegistered(Worker {
        id,
        member: MEMBER,
        details: sha256(&[1]),
    })
}

fn case() -> MatchCase {
    MatchCase {
        id: ID,
        worker: SECOND,
        member: MEMBER,
        candidate: FIRST,
        candidate_member: MEMBER,
    }
}

fn decided(decision: Decision) -> Fact {
    Fact::MatchDecided { case: ID, decision }
}

/// Two records with the same documents, of which somebody has said that they are of one person.
async fn matched() -> World {
    let mut facts = facts();
    facts.extend([registered(FIRST), registered(SECOND)]);
    facts.extend([Fact::MatchOpened(case()), decided(Decision::Confirmed)]);
    let world = World::of(facts).await;
    for worker in [FIRST, SECOND] {
        let subject = blob(&worker.as_bytes()[..]);
        world.tamper(&format!(
            "INSERT INTO worker_keys VALUES ({subject}, X'0001', X'01');
             INSERT INTO sealed_details VALUES ({subject}, {subject}, X'01');"
        ));
    }
    world
}

#[tokio::test]
async fn a_match_case_that_is_not_what_the_ledger_says_is_named() {
    for (set, what) in [
        ("state = 2", "state"),
        ("state = 0", "state"),
        ("worker = zeroblob(16)", "records"),
        ("member = zeroblob(16)", "records"),
        ("candidate = zeroblob(16)", "records"),
        ("candidate_member = zeroblob(16)", "records"),
        ("opened_at = 1", "time of opening"),
        ("decided_at = NULL", "time of decision"),
        ("version = 1", "version"),
    ] {
        let damage = matched()
            .await
            .after(&format!("UPDATE match_cases SET {set}"));
        let why = format!("its {what} is not what the ledger says");
        assert_eq!(row("match_cases", ID, &damage), why, "{set}");
    }
    let damage = matched().await.after("DELETE FROM match_cases");
    assert_eq!(row("match_cases", ID, &damage), "it is missing");
    match matched().await.after("UPDATE match_cases SET state = 9") {
        Damage::Table { table, why } => {
            assert_eq!(table, "match_cases");
            assert!(why.starts_with(&ID.to_string()), "{why}");
        }
        other => panic!("{other}"),
    }
}

#[test]
fn the_replay_refuses_what_the_rules_of_match_cases_do() {
    let after = |more: Vec<Fact>| {
        let mut replay = Replay::default();
        let facts = facts().into_iter();
        let facts = facts.chain([registered(FIRST), registered(SECOND)]);
        for (at, fact) in facts.chain(more).enumerate() {
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
    let open = || Fact::MatchOpened(case());
    let opened = |change: fn(&mut MatchCase)| {
        let mut case = case();
        change(&mut case);
        Fact::MatchOpened(case)
    };
    for decision in Decision::ALL {
        assert_eq!(after(vec![open(), decided(decision)]), Ok(()));
    }
    let missing = "no entry before it stated";
    for (facts, why) in [
        (
            vec![opened(|case| case.worker = WorkerId::from_u128(99))],
            missing,
        ),
        (
            vec![opened(|case| case.candidate = WorkerId::from_u128(99))],
            missing,
        ),
        (vec![opened(|case| case.candidate = SECOND)], missing),
        (
            vec![opened(|case| case.member = MemberId::from_u128(3))],
            missing,
        ),
        (
            vec![opened(|case| {
                case.candidate_member = MemberId::from_u128(3)
            })],
            missing,
        ),
        (vec![decided(Decision::Rejected)], missing),
        (vec![open(), open()], "states again"),
        (
            vec![open(), opened(|case| case.id = MatchCaseId::from_u128(10))],
            "states again",
        ),
        (
            vec![
                open(),
                opened(|case| {
                    case.id = MatchCaseId::from_u128(10);
                    (case.worker, case.candidate) = (FIRST, SECOND);
                }),
            ],
            "states again",
        ),
        (
            vec![
                open(),
                decided(Decision::Rejected),
                decided(Decision::Confirmed),
            ],
            "the match case is rejected",
        ),
    ] {
        let refused = after(facts).expect_err(why);
        assert!(refused.contains(why), "{refused}: {why}");
    }
}
