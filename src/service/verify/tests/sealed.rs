//! What only whoever has the master key can see.

use super::*;
use crate::access::seal::{Field, WorkerKey};
use crate::domain::document::Document;
use crate::domain::worker::{EngagementDetails, WorkerDetails};
use crate::service::{employers, search};

const WORKER: WorkerId = WorkerId::from_u128(4);
const ENGAGEMENT: EngagementId = EngagementId::from_u128(5);
const MEMBER: MemberId = MemberId::from_u128(2);
const WHO: &str = r#"{"family_name":"Peeters","given_names":"Jan","documents":[{"kind":"passport","country":"BEL","number":"AB123456"}]}"#;

/// A world whose seals open, and nothing else is as it must be.
async fn opened() -> (Keyring, WorkerKey, World) {
    let (keyring, world) = (Keyring::derive(&[1; 32]), World::new().await);
    let (key, wrapped) = keyring.make_worker_key(WORKER, &RealEnvironment);
    world.tamper(&format!(
        "UPDATE worker_keys SET wrapped = {}",
        blob(&wrapped.wrapped)
    ));
    reseal(&world, &key, Field::WorkerDetails, WORKER.as_bytes(), WHO);
    let engagement = r#"{"employer":"Stuwadoor","staff_number":"S1"}"#;
    let row = ENGAGEMENT.as_bytes();
    reseal(&world, &key, Field::EngagementDetails, row, engagement);
    for card in [[6; 16], [7; 16], [8; 16]] {
        reseal(&world, &key, Field::CardNumber, &card, "1");
    }
    (keyring, key, world)
}

fn reseal(world: &World, key: &WorkerKey, field: Field, row: &[u8; 16], plain: &str) {
    let sealed = key.seal(field, row, plain.as_bytes(), &RealEnvironment);
    world.tamper(&format!(
        "UPDATE sealed_details SET sealed = {} WHERE subject = {};",
        blob(&sealed),
        blob(row)
    ));
}

fn verified(world: &World, keyring: &Keyring) -> Result<u64, String> {
    let mut reader = world.store.reader().expect("opens");
    match verify_sealed(&mut reader, keyring) {
        Ok(count) => Ok(count),
        Err(Failure::Damaged(damage)) => Err(damage.to_string()),
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test]
async fn who_has_the_key_sees_seals_and_keys_that_do_not_open() {
    let keyring = Keyring::derive(&[1; 32]);
    let world = World::new().await;
    let damage = verified(&world, &keyring).expect_err("one byte is no key");
    assert!(damage.contains("worker_keys") && damage.contains(&WORKER.to_string()));

    // The number of one card in the place of another's.
    let (keyring, _, world) = opened().await;
    let swapped = "UPDATE sealed_details SET sealed = (SELECT sealed FROM sealed_details WHERE subject = \
                   X'06060606060606060606060606060606') WHERE subject = X'07070707070707070707070707070707'";
    world.tamper(swapped);
    let damage = verified(&world, &keyring).expect_err("it is bound to its row");
    assert!(damage.contains("does not open"), "{damage}");

    let (_, _, world) = opened().await;
    let damage = verified(&world, &Keyring::derive(&[2; 32])).expect_err("another network's");
    assert!(damage.contains("worker_keys"), "{damage}");
}

#[tokio::test]
async fn who_has_the_key_sees_what_people_are_wrongly_found_by() {
    let (keyring, _, world) = opened().await;
    let (worker, engagement) = (blob(WORKER.as_bytes()), blob(ENGAGEMENT.as_bytes()));
    let key = keyring.blind_key(1).expect("the first");
    let staff_key = blob(&key.staff_key(MEMBER, "S1"));
    let after = |sql: &str| {
        world.tamper(sql);
        verified(&world, &keyring)
    };
    let damage = after("").expect_err("no staff number");
    assert!(damage.contains("staff_numbers") && damage.contains("it is missing"));
    let staff =
        format!("INSERT INTO staff_numbers VALUES ({staff_key}, {engagement}, {worker}, 1);");
    let damage = after(&staff).expect_err("no employer");
    assert!(damage.contains("engagement_employers") && damage.contains("it is missing"));
    let details = EngagementDetails {
        employer: Text::parse("Stuwadoor").expect("a name"),
        staff_number: None,
    };
    let found_by = employers::found_by(&key, MEMBER, &details);
    let employer = blob(&found_by.employer);
    let damage = after(&format!(
        "INSERT INTO engagement_employers VALUES ({employer}, {engagement}, 1);"
    ))
    .expect_err("no names of employers");
    assert!(damage.contains("employer_names") && damage.contains("it is missing"));
    let names = found_by.names.iter();
    let names: String = names
        .map(|key| {
            let key = blob(key);
            format!("INSERT INTO employer_names VALUES ({key}, {worker}, {engagement}, 1);")
        })
        .collect();
    let damage = after(&names).expect_err("no names");
    assert!(damage.contains("worker_names") && damage.contains("it is missing"));

    let details: WorkerDetails = serde_json::from_str(WHO).expect("details");
    let names: String = search::keys(&key, MEMBER, &details)
        .iter()
        .map(|key| {
            format!(
                "INSERT INTO worker_names VALUES ({}, {worker}, 1);",
                blob(key)
            )
        })
        .collect();
    let damage = after(&names).expect_err("no document");
    assert!(damage.contains("worker_documents") && damage.contains("it is missing"));
    let document: &Document = &details.documents[0];
    let document = blob(&key.document_key(document).0);
    let row = format!("INSERT INTO worker_documents VALUES ({document}, {worker}, 1);");
    assert_eq!(after(&row), Ok(1));

    for (table, forged, mended) in [
        (
            "worker_documents",
            format!("INSERT INTO worker_documents VALUES (X'03', {worker}, 1)"),
            "DELETE FROM worker_documents WHERE document_key = X'03'",
        ),
        (
            "worker_documents",
            format!("DELETE FROM worker_documents WHERE worker = {worker}"),
            &row,
        ),
        (
            "staff_numbers",
            format!(
                "INSERT INTO staff_numbers VALUES (X'03030303030303030303030303030303', {engagement}, {worker}, 1)"
            ),
            "DELETE FROM staff_numbers WHERE staff_key = X'03030303030303030303030303030303'",
        ),
        (
            "engagement_employers",
            format!(
                "UPDATE engagement_employers SET employer_key = {}",
                blob(&[3; 16])
            ),
            &format!("UPDATE engagement_employers SET employer_key = {employer}"),
        ),
        (
            "employer_names",
            format!("UPDATE employer_names SET worker = {}", blob(&[9; 16])),
            &format!("UPDATE employer_names SET worker = {worker}"),
        ),
        (
            "worker_names",
            "UPDATE worker_names SET key_version = 2".into(),
            "UPDATE worker_names SET key_version = 1",
        ),
        (
            "staff_numbers",
            format!("UPDATE staff_numbers SET worker = {}", blob(&[9; 16])),
            &format!("UPDATE staff_numbers SET worker = {worker}"),
        ),
    ] {
        let forged = forged.replace("X'03',", "X'03030303030303030303030303030303',");
        let mended = mended.replace("X'03'", "X'03030303030303030303030303030303'");
        let damage = after(&forged).expect_err("forged");
        assert!(damage.contains(table), "{damage}");
        assert_eq!(after(&mended), Ok(1));
    }
}
