use std::sync::Arc;

use super::*;
use crate::access::keyring::Keyring;
use crate::domain::card::{ByteOrder, Format};
use crate::domain::credential::{
    Badge, BadgeCard, CardKey, Credential, Medium, Scope, SuspensionKind,
};
use crate::domain::ids::{BadgeId, CardSystemId, CredentialId, EngagementId, MemberId, WorkerId};
use crate::domain::network::{CardSystem, Member, MemberKind};
use crate::domain::reason::Reason;
use crate::domain::text::{Name, Text};
use crate::domain::time::{Environment, Timestamp};
use crate::domain::worker::{Engagement, Worker};
use crate::environment::RealEnvironment;
use crate::index::Index;
use crate::ledger::entry::{Actor, Fact};
use crate::service::commit::Door;
use crate::service::head::Vouched;
use crate::store::{Store, migrate};

/// A small network on a database of its own, whole until somebody tampers with it.
struct World {
    _folder: tempfile::TempDir,
    store: Store,
}

/// What a tampering test needs to know of it.
const ENTRIES: u64 = 11;
const GEN: Gen = Gen::from_u128(7);

fn credential(n: u128) -> CredentialId {
    CredentialId::from_u128(n)
}

fn badge(n: u128, key: u8) -> Badge {
    let card = BadgeCard {
        card_system: CardSystemId::from_u128(3),
        format: Format::CardUid,
        key: CardKey([key; 16]),
    };
    Badge {
        id: BadgeId::from_u128(n),
        medium: Medium::Card,
        cards: vec![card],
    }
}

fn westhaven(two_administrators: bool) -> Member {
    Member {
        id: MemberId::from_u128(2),
        name: Name::parse("Westhaven").expect("a name"),
        kind: MemberKind::PortAuthority,
        locodes: vec![],
        max_age_ms: None,
        approves_issues: false,
        legal_basis: None,
        two_administrators,
    }
}

/// Entry 1 and on. What is sealed is one byte, the worker's 1 and the engagement's 2.
fn facts() -> Vec<Fact> {
    let member = MemberId::from_u128(2);
    let (worker, engagement) = (WorkerId::from_u128(4), EngagementId::from_u128(5));
    let issued = |n: u128, key: u8| Fact::CredentialIssued {
        credential: Credential {
            id: credential(n),
            member,
            worker,
            engagement: Some(engagement),
            valid_from: Timestamp::from_ms(1_000),
            valid_until: Timestamp::from_ms(2_000),
            scope: Scope::default(),
        },
        badges: vec![badge(n * 16, key)],
    };
    vec![
        Fact::LedgerBegan { r#gen: GEN },
        Fact::MemberRecorded(westhaven(false)),
        Fact::CardSystemRecorded(CardSystem {
            id: CardSystemId::from_u128(3),
            member,
            name: Name::parse("Readers").expect("a name"),
            uid_byte_order: ByteOrder::MsbFirst,
        }),
        Fact::WorkerRegistered(Worker {
            id: worker,
            member,
            details: sha256(&[1]),
        }),
        Fact::EngagementBegan(Engagement {
            id: engagement,
            worker,
            member,
            details: sha256(&[2]),
            until: None,
        }),
        issued(6, 6),
        issued(7, 7),
        Fact::CredentialSuspended {
            credential: credential(6),
            kind: SuspensionKind::ForCause,
            reason: Reason::UnderInquiry,
        },
        Fact::BadgeAdded {
            credential: credential(7),
            badge: badge(0x71, 8),
        },
        Fact::CredentialRevoked {
            credential: credential(7),
            reason: Reason::Lost,
        },
        Fact::CredentialLifted {
            credential: credential(6),
            kind: SuspensionKind::ForCause,
        },
    ]
}

impl World {
    async fn new() -> Self {
        Self::of(facts()).await
    }

    async fn of(facts: Vec<Fact>) -> Self {
        Self::stated(facts.into_iter().map(|fact| (Actor::System, fact))).await
    }

    /// The same, where it matters who states what. No rule of a service was asked.
    async fn stated(facts: impl IntoIterator<Item = (Actor, Fact)>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::at(&format!("sqlite:{}", folder.path().join("db").display()));
        let mut writer = store.writer().expect("opens");
        migrate::up(&mut writer).expect("migrates");
        let environment: Arc<dyn Environment> = Arc::new(RealEnvironment);
        let keyring = Arc::new(Keyring::derive(&[1; 32]));
        let mut head = Head::empty(GEN);
        crate::service::head::seal(&mut head, Vouched::default(), &keyring, &*environment);
        writer
            .transaction(|writer| ledger::begin(writer, &head))
            .expect("begins");
        let (door, thread) = Door::open(
            store.clone(),
            Arc::new(Index::new(GEN, 10, 10)),
            keyring,
            environment,
            8,
        )
        .expect("opens");
        for (by, fact) in facts {
            let done = door.change(by, move |tx| Ok(tx.state(fact.clone())?));
            done.await.expect("takes it");
        }
        door.close();
        thread.join().expect("ends");
        let world = Self {
            _folder: folder,
            store,
        };
        let worker = WorkerId::from_u128(4);
        world.tamper(&format!(
            "INSERT INTO worker_keys VALUES ({}, X'0001', X'01');",
            blob(worker.as_bytes())
        ));
        let engagement = *EngagementId::from_u128(5).as_bytes();
        for (subject, sealed) in [
            (*worker.as_bytes(), [1]),
            (engagement, [2]),
            ([6; 16], [9]),
            ([7; 16], [9]),
            ([8; 16], [9]),
        ] {
            world.tamper(&format!(
                "INSERT INTO sealed_details VALUES ({}, {}, {});",
                blob(&subject),
                blob(worker.as_bytes()),
                blob(&sealed)
            ));
        }
        world
    }

    fn tamper(&self, sql: &str) {
        let mut writer = self.store.writer().expect("opens");
        writer.tamper(sql).expect("nobody hinders it");
    }

    fn verify(&self) -> Result<Report, Damage> {
        let mut reader = self.store.reader().expect("opens");
        match verify(&mut reader, None, |_, _| {}) {
            Ok(report) => Ok(report),
            Err(Failure::Damaged(damage)) => Err(damage),
            Err(other) => panic!("{other}"),
        }
    }

    /// Tampers, and says what is found.
    fn after(&self, sql: &str) -> Damage {
        self.tamper(sql);
        self.verify().expect_err("this must not pass")
    }

    fn bodies(&self) -> Vec<Vec<u8>> {
        let mut reader = self.store.reader().expect("opens");
        let entries = ledger::after(&mut reader, 0, 100).expect("reads");
        entries.into_iter().map(|(_, body)| body).collect()
    }

    /// Writes the head that fits these entries, as somebody would who knows how it is made.
    fn forge_head(&self, bodies: &[Vec<u8>]) {
        let mut tree = Tree::default();
        for body in bodies {
            tree.push(leaf_hash(body));
        }
        self.tamper(&format!(
            "UPDATE ledger_head SET seq = {}, root = {}, edge = {};",
            tree.size(),
            blob(&tree.root()),
            blob(&tree.to_bytes())
        ));
    }
}

fn blob(bytes: &[u8]) -> String {
    format!("X'{}'", hex(bytes))
}

fn replace(seq: usize, bodies: &[Vec<u8>], from: &str, to: &str) -> String {
    let body = String::from_utf8(bodies[seq - 1].clone()).expect("UTF-8");
    assert!(body.contains(from), "{body}");
    let body = body.replace(from, to);
    format!(
        "UPDATE ledger_entries SET body = {} WHERE seq = {seq};",
        blob(body.as_bytes())
    )
}

fn entry(seq: u64, damage: &Damage) -> &str {
    match damage {
        Damage::Entry { seq: bad, why } if *bad == seq => why,
        other => panic!("{other}"),
    }
}

fn row(table: &str, id: impl ToString, damage: &Damage) -> String {
    match damage {
        Damage::Row {
            table: in_table,
            id: bad,
            why,
        } if *in_table == table && *bad == id.to_string() => why.clone(),
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn an_untouched_database_is_whole() {
    let world = World::new().await;
    let report = world.verify().expect("whole");
    assert_eq!((report.r#gen, report.seq), (GEN, ENTRIES));
    assert_eq!(
        report.rows.into_iter().collect::<Vec<_>>(),
        [
            ("approvals", 0),
            ("badge_cards", 3),
            ("badges", 3),
            ("ban_workers", 0),
            ("bans", 0),
            ("credentials", 2),
            ("engagements", 1),
            ("erasures", 0),
            ("exclusion_members", 0),
            ("exclusions", 0),
            ("match_cases", 0),
            ("moves", 4),
            ("network_records", 2),
            ("referrals", 0),
            ("screenings", 0),
            ("workers", 1),
        ]
    );
    let mut seen = Vec::new();
    let mut reader = world.store.reader().expect("opens");
    verify(&mut reader, None, |done, total| seen.push((done, total))).expect("whole");
    assert_eq!(seen, [(0, ENTRIES), (ENTRIES, ENTRIES)]);
}

#[tokio::test]
async fn an_entry_that_was_changed_is_named() {
    let world = World::new().await;
    let bodies = world.bodies();
    let damage = world.after(&replace(
        11,
        &bodies,
        "system",
        "cli_00000000000000000000000000000001",
    ));
    assert!(entry(11, &damage).contains("changed"));

    let world = World::new().await;
    let damage = world.after(&replace(10, &world.bodies(), "lost", "stolen"));
    assert!(entry(10, &damage).contains("changed"));

    let world = World::new().await;
    let damage = world.after(&replace(2, &world.bodies(), "Westhaven", "Easthaven"));
    assert!(entry(2, &damage).contains("changed"));

    let world = World::new().await;
    let damage = world.after(&replace(10, &world.bodies(), "lost", "last"));
    assert_eq!(entry(10, &damage), "it cannot be read");

    let world = World::new().await;
    let damage = world.after("UPDATE ledger_entries SET chain = zeroblob(32) WHERE seq = 5;");
    assert!(entry(5, &damage).contains("changed"));
}

#[tokio::test]
async fn an_entry_that_is_gone_or_out_of_place_is_named() {
    let damage = World::new()
        .await
        .after("DELETE FROM ledger_entries WHERE seq = 8;");
    assert_eq!(entry(8, &damage), "it is missing; the next one is 9");

    let swap = "UPDATE ledger_entries SET seq = 100 WHERE seq = 8; \
        UPDATE ledger_entries SET seq = 8 WHERE seq = 9; UPDATE ledger_entries SET seq = 9 WHERE seq = 100;";
    let damage = World::new().await.after(swap);
    assert_eq!(entry(8, &damage), "says it is entry 9");

    let damage = World::new()
        .await
        .after("DELETE FROM ledger_entries WHERE seq = 11;");
    assert_eq!(
        entry(11, &damage),
        "it is missing; the head says that entry 11 is the last"
    );
    let world = World::new().await;
    let body = blob(&world.bodies()[10]);
    let damage = world.after(&format!(
        "INSERT INTO ledger_entries VALUES (12, {body}, zeroblob(32));"
    ));
    assert_eq!(
        entry(12, &damage),
        "the head says that entry 11 is the last"
    );
}

#[tokio::test]
async fn a_dropped_tail_with_a_head_to_match_shows_in_the_tables() {
    let world = World::new().await;
    let bodies = world.bodies();
    world.forge_head(&bodies[..9]);
    let damage = world.after("DELETE FROM ledger_entries WHERE seq > 9;");
    // Credential 6 was lifted in entry 11, credential 7 revoked in entry 10.
    let why = row("credentials", credential(6), &damage);
    assert_eq!(why, "its state is not what the ledger says");
}

#[tokio::test]
async fn a_head_that_does_not_fit_is_named() {
    let head = |damage: Damage| match damage {
        Damage::Head { why } => why,
        other => panic!("{other}"),
    };
    let damage = World::new()
        .await
        .after("UPDATE ledger_head SET root = zeroblob(32);");
    assert!(head(damage).contains("root"));
    let damage = World::new().await.after("UPDATE ledger_head SET seq = 10;");
    assert!(head(damage).contains("edge"));
    let damage = World::new()
        .await
        .after("UPDATE ledger_head SET gen = zeroblob(16);");
    assert!(head(damage).contains("numbering"));
    let damage = World::new().await.after("DELETE FROM ledger_head;");
    assert!(head(damage).contains("missing"));
}

#[tokio::test]
async fn a_row_that_is_not_what_the_ledger_says_is_named() {
    let worker = WorkerId::from_u128(4);
    let engagement = EngagementId::from_u128(5);
    let cases: Vec<(&str, &str, String, &str)> = vec![
        (
            "UPDATE credentials SET state = 0, reason = NULL WHERE state = 100",
            "credentials",
            credential(7).to_string(),
            "its state is not what the ledger says",
        ),
        (
            "UPDATE credentials SET valid_until = 9999",
            "credentials",
            credential(6).to_string(),
            "its validity is not what the ledger says",
        ),
        (
            "UPDATE credentials SET version = 12 WHERE state = 100",
            "credentials",
            credential(7).to_string(),
            "its version is not what the ledger says",
        ),
        (
            "DELETE FROM credentials",
            "credentials",
            credential(6).to_string(),
            "it is missing",
        ),
        (
            "INSERT INTO credentials SELECT X'00000000000000000000000000000009', member, worker, engagement, valid_from, \
             valid_until, scope, functions, 0, NULL, since, NULL, NULL, NULL, version, used_on FROM credentials WHERE state = 100",
            "credentials",
            credential(9).to_string(),
            "the ledger says nothing of it",
        ),
        (
            "UPDATE network_records SET body = replace(body, 'Westhaven', 'Easthaven')",
            "network_records",
            MemberId::from_u128(2).to_string(),
            "its content is not what the ledger says",
        ),
        (
            "UPDATE workers SET details_digest = zeroblob(32)",
            "workers",
            worker.to_string(),
            "its digest is not what the ledger says",
        ),
        (
            "UPDATE engagements SET ended = 1",
            "engagements",
            engagement.to_string(),
            "its end is not what the ledger says",
        ),
        (
            "UPDATE sealed_details SET sealed = X'03' WHERE sealed = X'02'",
            "sealed_details",
            engagement.to_string(),
            "its content is not what the ledger says",
        ),
        (
            "DELETE FROM sealed_details WHERE sealed = X'01'",
            "sealed_details",
            worker.to_string(),
            "it is missing",
        ),
        (
            "DELETE FROM sealed_details WHERE subject = X'08080808080808080808080808080808'",
            "sealed_details",
            BadgeId::from_u128(0x71).to_string(),
            "it is missing",
        ),
        (
            "INSERT INTO sealed_details VALUES (X'0F0F0F0F0F0F0F0F0F0F0F0F0F0F0F0F', X'0F0F0F0F0F0F0F0F0F0F0F0F0F0F0F0F', X'09')",
            "sealed_details",
            "of nobody".into(),
            "the ledger says nothing of it",
        ),
        (
            "UPDATE badges SET medium = 2",
            "badges",
            BadgeId::from_u128(0x60).to_string(),
            "its medium is not what the ledger says",
        ),
        (
            "UPDATE badge_cards SET credential = X'00000000000000000000000000000006'",
            "badge_cards",
            BadgeId::from_u128(0x70).to_string(),
            "its credential is not what the ledger says",
        ),
        (
            "DELETE FROM badge_cards WHERE card_key = X'08080808080808080808080808080808'",
            "badge_cards",
            BadgeId::from_u128(0x71).to_string(),
            "it is missing",
        ),
    ];
    for (sql, table, id, why) in cases {
        let damage = World::new().await.after(sql);
        assert_eq!(row(table, id, &damage), why, "{sql}");
    }
}

mod approvals;
mod bans;
mod erasures;
mod exclusions;
mod functions;
mod grounds;
mod match_cases;
mod moves;
mod referrals;
mod screenings;
mod sealed;
mod unreadable;
