//! For what a credential's worker is cleared against the ledger, entries about it that cannot be, and the last day of an
//! engagement.

use super::screenings::replayed;
use super::*;
use crate::domain::clearance::Functions;
use crate::domain::screening::Function;

fn some(functions: &[Function]) -> Functions {
    functions.iter().copied().collect()
}

fn set(n: u128, functions: &[Function]) -> Fact {
    Fact::CredentialFunctions {
        credential: credential(n),
        functions: some(functions),
    }
}

/// The network with one more credential, which is for cargo.
fn for_cargo() -> Vec<Fact> {
    let mut facts = facts();
    let issued = facts.iter().find_map(|fact| match fact {
        Fact::CredentialIssued { credential, .. } => Some(credential.clone()),
        _ => None,
    });
    let scope = Scope {
        functions: some(&[Function::CargoAccess, Function::CargoData]),
        ..Scope::default()
    };
    facts.push(Fact::CredentialIssued {
        credential: Credential {
            id: credential(8),
            scope,
            ..issued.expect("one is issued")
        },
        badges: vec![],
    });
    facts
}

#[tokio::test]
async fn functions_that_are_not_what_the_ledger_says_are_named() {
    let barred = || {
        let mut facts = for_cargo();
        facts.push(set(8, &[Function::CargoData]));
        facts
    };
    World::of(barred()).await.verify().expect("whole");
    for forged in ["3", "1", "0"] {
        let world = World::of(barred()).await;
        let sql = format!("UPDATE credentials SET functions = {forged} WHERE functions = 2");
        let why = "its functions is not what the ledger says";
        assert_eq!(row("credentials", credential(8), &world.after(&sql)), why);
    }
    let world = World::of(barred()).await;
    let sql = "UPDATE credentials SET scope = replace(scope, 'cargo_access', 'unescorted_access') WHERE functions = 2";
    let why = "its scope is not what the ledger says";
    assert_eq!(row("credentials", credential(8), &world.after(sql)), why);
    // A bit of no function, and of one that it is not for.
    for cannot_be in ["8", "-1"] {
        let world = World::of(barred()).await;
        match world.after(&format!("UPDATE credentials SET functions = {cannot_be}")) {
            Damage::Table { table, .. } => assert_eq!(table, "credentials"),
            other => panic!("{cannot_be}: {other}"),
        }
    }
    let world = World::of(barred()).await;
    let damage = world.after("UPDATE engagements SET until = 20000");
    let why = "its last day is not what the ledger says";
    assert_eq!(row("engagements", EngagementId::from_u128(5), &damage), why);
}

#[test]
fn the_replay_gives_no_function_that_was_not_issued_and_none_to_what_is_revoked() {
    let after = |more: Vec<Fact>| {
        let mut facts = for_cargo();
        facts.extend(more);
        replayed(facts)
    };
    let cargo = [Function::CargoAccess];
    assert_eq!(after(vec![set(8, &[]), set(8, &cargo)]), Ok(()));
    assert_eq!(after(vec![set(6, &[])]), Ok(()));
    let revoked = Fact::CredentialRevoked {
        credential: credential(8),
        reason: Reason::Lost,
    };
    for (facts, why) in [
        (vec![set(9, &cargo)], "no entry before it stated"),
        (vec![set(6, &cargo)], "for no such function"),
        (
            vec![set(8, &[Function::CargoData, Function::UnescortedAccess])],
            "for no such function",
        ),
        (vec![revoked, set(8, &cargo)], "revocation is final"),
        (vec![set(7, &[])], "revocation is final"),
    ] {
        let refused = after(facts).expect_err(why);
        assert!(refused.contains(why), "{refused}: {why}");
    }
}
