//! The table of screenings against the ledger, and entries about them that cannot be.

use super::*;
use crate::domain::ids::ScreeningId;
use crate::domain::screening::{Authority, Change, Function, Outcome, Screening};

const ID: ScreeningId = ScreeningId::from_u128(9);

fn opened(id: ScreeningId, member: u128) -> Fact {
    Fact::ScreeningOpened(Screening {
        id,
        worker: WorkerId::from_u128(4),
        member: MemberId::from_u128(member),
        function: Function::CargoAccess,
        consented_at: Timestamp::from_ms(1_000),
    })
}

fn moved(change: Change) -> Fact {
    Fact::ScreeningMoved {
        screening: ID,
        change,
    }
}

fn outcome() -> Outcome {
    Outcome {
        authority: Authority::Namb,
        reference: "2026/1".parse().expect("a reference"),
        date: "2020-01-06".parse().expect("a day"),
        valid_until: None,
    }
}

/// A worker who was refused, and nothing else.
fn refused() -> Vec<Fact> {
    let mut facts = facts();
    facts.push(opened(ID, 2));
    facts.push(moved(Change::Submitted));
    facts.push(moved(Change::Negative(outcome())));
    facts
}

#[tokio::test]
async fn a_screening_that_is_not_what_the_ledger_says_is_named() {
    let report = World::of(refused()).await.verify().expect("whole");
    assert_eq!(report.rows["screenings"], 1);
    for (set, what) in [
        ("state = 2", "state"),
        ("authority = 2", "outcome"),
        ("reference = '2026/2'", "outcome"),
        ("outcome_on = outcome_on - 1", "outcome"),
        ("valid_until = 30000", "outcome"),
        ("function = 2", "function"),
        ("worker = zeroblob(16)", "worker"),
        ("member = zeroblob(16)", "member"),
        ("consented_at = 1", "consent"),
        ("since = 1", "time of change"),
        ("version = 1", "version"),
    ] {
        let world = World::of(refused()).await;
        let damage = world.after(&format!("UPDATE screenings SET {set}"));
        let why = format!("its {what} is not what the ledger says");
        assert_eq!(row("screenings", ID, &damage), why, "{set}");
    }
    let damage = World::of(refused()).await.after("DELETE FROM screenings");
    assert_eq!(row("screenings", ID, &damage), "it is missing");
    let copy = "INSERT INTO screenings SELECT X'0000000000000000000000000000000A', member, worker, function, \
        consented_at, 13, authority, reference, outcome_on, valid_until, since, version FROM screenings";
    let damage = World::of(refused()).await.after(copy);
    let other = ScreeningId::from_u128(10);
    let why = row("screenings", other, &damage);
    assert_eq!(why, "the ledger says nothing of it");
    for cannot_be in [
        "state = 9",
        "function = 99",
        "authority = 9",
        "authority = NULL",
        "reference = 'Jan Peeters'",
        "outcome_on = 2147483647",
    ] {
        let world = World::of(refused()).await;
        match world.after(&format!("UPDATE screenings SET {cannot_be}")) {
            Damage::Table { table, why } => {
                assert_eq!(table, "screenings");
                assert!(why.starts_with(&ID.to_string()), "{why}");
                assert!(!why.contains("Peeters"), "{why}");
            }
            other => panic!("{cannot_be}: {other}"),
        }
    }
}

/// What the door would never write, folded as it stands.
pub(super) fn replayed(facts: Vec<Fact>) -> Result<(), String> {
    let mut replay = Replay::default();
    for (at, fact) in facts.into_iter().enumerate() {
        let entry = Entry {
            seq: at as u64 + 1,
            at: "2020-01-15T12:00:00Z".parse().expect("a moment"),
            by: Actor::System,
            fact,
        };
        fold(&entry, &mut replay).map_err(|illegal| illegal.to_string())?;
    }
    Ok(())
}

#[test]
fn the_replay_refuses_what_the_rules_of_screenings_do() {
    let after = |more: Vec<Fact>| {
        let mut facts = facts();
        facts.extend(more);
        replayed(facts)
    };
    let open = || opened(ID, 2);
    let other = || opened(ScreeningId::from_u128(10), 2);
    let sent = || moved(Change::Submitted);
    let negative = || moved(Change::Negative(outcome()));
    let withdrawn = || moved(Change::ConsentWithdrawn);

    assert_eq!(
        after(vec![open(), sent(), negative(), moved(Change::Finalised)]),
        Ok(())
    );
    assert_eq!(after(vec![open(), withdrawn(), other()]), Ok(()));
    let cleared = Outcome {
        valid_until: Some("2025-01-06".parse().expect("a day")),
        ..outcome()
    };
    let positive = |outcome: Outcome| moved(Change::Positive(outcome));
    assert_eq!(
        after(vec![open(), sent(), positive(cleared.clone())]),
        Ok(())
    );

    let tomorrow = Outcome {
        date: "2020-01-16".parse().expect("a day"),
        ..outcome()
    };
    let late = Change::Appealed {
        on: "2020-01-15".parse().expect("a day"),
    };
    for (facts, why) in [
        (vec![opened(ID, 3)], "no entry before it stated"),
        (vec![sent()], "no entry before it stated"),
        (vec![open(), open()], "stated"),
        (vec![open(), other()], "states again"),
        (vec![open(), negative()], "the screening is draft"),
        (vec![open(), withdrawn(), sent()], "the screening is closed"),
        (
            vec![open(), sent(), positive(outcome())],
            "until when it holds",
        ),
        (
            vec![open(), sent(), moved(Change::Negative(cleared.clone()))],
            "until when it holds",
        ),
        (
            vec![open(), sent(), moved(Change::Negative(tomorrow))],
            "dated after 2020-01-15",
        ),
        (
            vec![open(), sent(), negative(), moved(late)],
            "term of appeal was 2020-01-14",
        ),
        (
            vec![open(), sent(), positive(cleared), moved(Change::Lapsed)],
            "only after 2025-01-06",
        ),
    ] {
        let refused = after(facts).expect_err(why);
        assert!(refused.contains(why), "{refused}: {why}");
    }
}
