//! Entries about the second person that the door would never write: whoever writes them past it is found out by the replay.

use super::*;
use crate::domain::approval::{Act, Approval, Done, End, Ground};
use crate::domain::break_glass::{BreakGlass, Emergency, LASTS_MS};
use crate::domain::client::{Client, Person, Role};
use crate::domain::digest::Digest;
use crate::domain::ids::{ApprovalId, BreakGlassId, ClientId, PersonId};
use crate::domain::network::{Administrators, Settings};

// The clients: of person 1, who asks, of 2, of 1 again, of 3, whom it is about, of 4, who is the same worker as 1, of nobody, of
// 2 in another role, and of 2 once more, revoked.
const ASKER: u128 = 21;
const APPROVER: u128 = 22;
const TWIN: u128 = 23;
const ABOUT: u128 = 24;
const SAME_WORKER: u128 = 25;
const SYSTEM: u128 = 26;
const SCREENER: u128 = 27;
const REVOKED: u128 = 28;

fn client(id: u128, role: Role, person: Option<u128>, revoked: bool) -> Fact {
    Fact::ClientRecorded(Client {
        id: ClientId::from_u128(id),
        member: MemberId::from_u128(2),
        name: Name::parse("a tool").expect("a name"),
        role,
        person: person.map(PersonId::from_u128),
        secret_sha256: Digest([0; 32]),
        revoked,
    })
}

fn person(id: u128, worker: Option<u128>) -> Fact {
    Fact::PersonRecorded(Person {
        id: PersonId::from_u128(id),
        member: MemberId::from_u128(2),
        worker: worker.map(WorkerId::from_u128),
    })
}

fn world() -> Vec<(Actor, Fact)> {
    let mut facts = facts();
    // The worker whom all is about is 4; who asks is another.
    facts.extend([
        person(1, Some(14)),
        person(2, None),
        person(3, Some(4)),
        person(4, Some(14)),
        client(ASKER, Role::HrOfficer, Some(1), false),
        client(APPROVER, Role::HrApprover, Some(2), false),
        client(TWIN, Role::HrApprover, Some(1), false),
        client(ABOUT, Role::HrApprover, Some(3), false),
        client(SAME_WORKER, Role::HrApprover, Some(4), false),
        client(SYSTEM, Role::HrApprover, None, false),
        client(SCREENER, Role::ScreeningApprover, Some(2), false),
        client(REVOKED, Role::HrApprover, Some(2), true),
    ]);
    facts
        .into_iter()
        .map(|fact| (Actor::System, fact))
        .collect()
}

fn by(client: u128) -> Actor {
    Actor::Client(ClientId::from_u128(client))
}

fn asked(act: Act, worker: Option<u128>) -> Approval {
    Approval {
        id: ApprovalId::from_u128(30),
        member: MemberId::from_u128(2),
        act,
        worker: worker.map(WorkerId::from_u128),
        client: ClientId::from_u128(ASKER),
        person: Some(PersonId::from_u128(1)),
        expires_at: "2099-01-18T12:00:00Z".parse().expect("a moment"),
    }
}

fn lift() -> Approval {
    let act = Act::LiftSuspension {
        credential: credential(6),
        version: 8,
        kind: SuspensionKind::ForCause,
    };
    asked(act, Some(4))
}

fn ended(end: End) -> Fact {
    Fact::ApprovalEnded {
        approval: ApprovalId::from_u128(30),
        end,
    }
}

/// What the door would never write, folded as it stands.
fn replayed(more: Vec<(Actor, Fact)>) -> Result<(), String> {
    let mut replay = Replay::default();
    for (at, (by, fact)) in world().into_iter().chain(more).enumerate() {
        let entry = Entry {
            seq: at as u64 + 1,
            at: "2020-01-15T12:00:00Z".parse().expect("a moment"),
            by,
            fact,
        };
        fold(&entry, &mut replay).map_err(|illegal| illegal.to_string())?;
    }
    Ok(())
}

#[test]
fn the_replay_refuses_an_answer_by_who_may_not_give_it() {
    let list = asked(
        Act::RevokeCredentials {
            credentials: vec![credential(6)],
            version: 9,
            reason: Reason::Lost,
        },
        None,
    );
    for approval in [lift(), list] {
        for end in [End::Granted, End::Declined(Ground::NotNeeded)] {
            let answered = |who| {
                let asked = (by(ASKER), Fact::ApprovalAsked(approval.clone()));
                replayed(vec![asked, (who, ended(end))])
            };
            assert_eq!(answered(by(APPROVER)), Ok(()));
            for (who, why) in [
                (by(ASKER), "not in the role"),
                (by(TWIN), "the second person is the first one"),
                (by(SAME_WORKER), "the second person is the first one"),
                (by(SYSTEM), "the second person is the first one"),
                (Actor::System, "the second person is the first one"),
                (by(99), "the second person is the first one"),
                (by(SCREENER), "not in the role"),
                (by(REVOKED), "not in the role"),
                (by(ABOUT), "concerns themselves"),
            ] {
                let refused = answered(who).expect_err(why);
                assert!(refused.contains(why), "{who:?}: {refused}");
            }
        }
    }
}

#[test]
fn the_replay_refuses_who_asks_in_anothers_name_and_answers_twice() {
    let ask = || (by(ASKER), Fact::ApprovalAsked(lift()));
    let in_other_name = Approval {
        person: Some(PersonId::from_u128(2)),
        ..lift()
    };
    let through_other = Approval {
        client: ClientId::from_u128(APPROVER),
        ..lift()
    };
    let late = Approval {
        expires_at: "2020-01-15T12:00:00Z".parse().expect("a moment"),
        ..lift()
    };
    let done = asked(
        Act::Confirm {
            done: Done::Suspension {
                credential: credential(6),
            },
            entry: 8,
        },
        Some(4),
    );
    let grant = || (by(APPROVER), ended(End::Granted));
    let asker = |approval| (by(ASKER), Fact::ApprovalAsked(approval));
    for (more, why) in [
        (vec![asker(in_other_name)], "another asked for it"),
        (vec![asker(through_other)], "another asked for it"),
        (
            vec![(Actor::System, Fact::ApprovalAsked(lift()))],
            "another asked for it",
        ),
        (vec![ask(), ask()], "states again"),
        (vec![grant()], "no entry before it stated"),
        (vec![ask(), grant(), grant()], "does not wait any more"),
        (vec![asker(late), grant()], "does not wait any more"),
        (
            vec![asker(done), (by(ASKER), ended(End::Withdrawn))],
            "does not wait any more",
        ),
    ] {
        let refused = replayed(more).expect_err(why);
        assert!(refused.contains(why), "{refused}: {why}");
    }
}

#[test]
fn the_replay_refuses_glass_that_is_broken_otherwise() {
    let opened_at = Timestamp::from_ms(1_000);
    let glass = BreakGlass {
        id: BreakGlassId::from_u128(40),
        member: MemberId::from_u128(2),
        reason: Emergency::StockStolen,
        reference: "INC-1".parse().expect("a reference"),
        client: ClientId::from_u128(ASKER),
        person: PersonId::from_u128(1),
        opened_at,
        until: opened_at.plus_ms(LASTS_MS),
        closed_at: None,
    };
    let closed = BreakGlass {
        closed_at: Some(opened_at),
        ..glass.clone()
    };
    let longer = BreakGlass {
        until: opened_at.plus_ms(LASTS_MS + 1),
        ..glass.clone()
    };
    let nobodys = BreakGlass {
        person: PersonId::from_u128(9),
        ..glass.clone()
    };
    let open = |glass: &BreakGlass| (by(ASKER), Fact::BreakGlassOpened(glass.clone()));
    let close = |glass: &BreakGlass| (by(ASKER), Fact::BreakGlassClosed(glass.clone()));
    assert_eq!(replayed(vec![open(&glass), close(&closed)]), Ok(()));
    for more in [
        vec![open(&longer)],
        vec![open(&glass), open(&glass)],
        vec![close(&closed)],
        vec![open(&glass), close(&closed), open(&glass)],
        vec![open(&glass), open(&longer)],
    ] {
        let refused = replayed(more).expect_err("glass");
        assert!(refused.contains("glass"), "{refused}");
    }
    let refused = replayed(vec![open(&nobodys)]).expect_err("nobody");
    assert!(refused.contains("no entry before it stated"), "{refused}");
}

#[test]
fn the_replay_refuses_power_that_is_granted_by_who_gets_it_and_the_end_of_the_rule() {
    let tool = |person: Option<u128>| Client {
        id: ClientId::from_u128(50),
        member: MemberId::from_u128(2),
        name: Name::parse("a tool").expect("a name"),
        role: Role::HrOfficer,
        person: person.map(PersonId::from_u128),
        secret_sha256: Digest([0; 32]),
        revoked: false,
    };
    let act = |person| Act::AddClient {
        client: tool(person),
        version: 0,
        of: Administrators::Member,
    };
    // 31 and 32 administer: 31 is of person 1, who asks, 32 of person 2. Person 3 is the worker 4, as 33 is said to be.
    let answered = |act, second: u128| {
        let approval = Approval {
            client: ClientId::from_u128(31),
            ..asked(act, None)
        };
        replayed(vec![
            (Actor::System, client(31, Role::MemberAdmin, Some(1), false)),
            (Actor::System, client(32, Role::MemberAdmin, Some(2), false)),
            (Actor::System, client(33, Role::MemberAdmin, Some(3), false)),
            (by(31), Fact::ApprovalAsked(approval)),
            (by(second), ended(End::Granted)),
        ])
    };
    assert_eq!(answered(act(Some(3)), 32), Ok(()));
    assert_eq!(answered(act(None), 33), Ok(()));
    let refused = answered(act(Some(3)), 33).expect_err("for themselves");
    assert!(refused.contains("concerns themselves"), "{refused}");
    let refused = answered(act(None), 31).expect_err("alone");
    assert!(
        refused.contains("the second person is the first"),
        "{refused}"
    );
    let refused = answered(act(None), APPROVER).expect_err("another role");
    assert!(refused.contains("not in the role"), "{refused}");

    let two = |two| (Actor::System, Fact::MemberRecorded(westhaven(two)));
    let of_network = |two_administrators| {
        let settings = Settings {
            two_administrators,
            ..Settings::default()
        };
        (Actor::System, Fact::SettingsRecorded(settings))
    };
    assert_eq!(replayed(vec![two(false), two(true), two(true)]), Ok(()));
    for more in [
        vec![two(true), two(false)],
        vec![of_network(true), of_network(false)],
    ] {
        let refused = replayed(more).expect_err("it never ends");
        assert!(refused.contains("it takes two for"), "{refused}");
    }
}

#[tokio::test]
async fn verify_names_the_entry_by_which_somebody_let_their_own_act_happen() {
    let stated = async |second: u128| {
        let mut facts = world();
        facts.push((by(ASKER), Fact::ApprovalAsked(lift())));
        facts.push((by(second), ended(End::Granted)));
        let last = facts.len() as u64;
        let world = World::stated(facts).await;
        (last, world.verify())
    };
    let (_, report) = stated(APPROVER).await;
    assert_eq!(report.expect("whole").rows["approvals"], 1);
    for second in [TWIN, SAME_WORKER] {
        let (last, report) = stated(second).await;
        let damage = report.expect_err("this must not pass");
        let why = entry(last, &damage);
        assert!(why.contains("the second person is the first one"), "{why}");
    }
}
