//! What only whoever has the master key can see.

use super::*;

#[tokio::test]
async fn who_has_the_key_sees_seals_that_do_not_open_and_forged_staff_numbers() {
    let (keyring, world) = (Keyring::derive(&[1; 32]), World::new().await);
    let verified = |sql: &str| {
        world.tamper(sql);
        let mut reader = world.store.reader().expect("opens");
        match verify_sealed(&mut reader, &keyring) {
            Ok(count) => Ok(count),
            Err(Failure::Damaged(damage)) => Err(damage.to_string()),
            Err(other) => panic!("{other}"),
        }
    };
    let engagement = *EngagementId::from_u128(5).as_bytes();
    let sealed = |subject: &[u8; 16], plain: &str| {
        let sealed = keyring.seal(subject, plain.as_bytes(), &RealEnvironment);
        format!(
            "UPDATE sealed_details SET sealed = {} WHERE subject = {};",
            blob(&sealed),
            blob(subject)
        )
    };
    let details = sealed(
        &engagement,
        r#"{"employer":"Stuwadoor","staff_number":"S1"}"#,
    );
    let others = [
        [6; 16],
        [7; 16],
        [8; 16],
        *WorkerId::from_u128(4).as_bytes(),
    ];
    let others: String = others.iter().map(|subject| sealed(subject, "{}")).collect();
    let staff_key = keyring.staff_key(MemberId::from_u128(2), "S1");
    let (worker, engagement) = (blob(WorkerId::from_u128(4).as_bytes()), blob(&engagement));
    let row = format!(
        "INSERT INTO staff_numbers VALUES ({}, {engagement}, {worker});",
        blob(&staff_key)
    );
    assert!(
        verified("")
            .expect_err("one byte is no seal")
            .contains("does not open")
    );
    assert!(
        verified(&format!("{details}{others}"))
            .expect_err("no row")
            .contains("it is missing")
    );
    assert!(
        verified(&row)
            .expect_err("no employer")
            .contains("engagement_employers")
    );
    let employer = Text::parse("Stuwadoor").expect("a name");
    let employer_key = employers::key(&keyring, MemberId::from_u128(2), &employer);
    let row = format!(
        "INSERT INTO engagement_employers VALUES ({}, {engagement});",
        blob(&employer_key)
    );
    assert_eq!(verified(&row), Ok(1));
    let other = format!(
        "UPDATE engagement_employers SET employer_key = {};",
        blob(&[3; 16])
    );
    assert!(
        verified(&other)
            .expect_err("another employer")
            .contains("its employer")
    );
    let back = format!(
        "UPDATE engagement_employers SET employer_key = {};",
        blob(&employer_key)
    );
    assert_eq!(verified(&back), Ok(1));
    let forged = format!(
        "INSERT INTO staff_numbers VALUES ({}, {engagement}, {worker});",
        blob(&[3; 16])
    );
    assert!(
        verified(&forged)
            .expect_err("forged")
            .contains("says nothing of it")
    );
    let gone = format!(
        "DELETE FROM staff_numbers WHERE staff_key = {};",
        blob(&[3; 16])
    );
    assert_eq!(verified(&gone), Ok(1));
    let turned = format!("UPDATE staff_numbers SET worker = {}", blob(&[9; 16]));
    assert!(
        verified(&turned)
            .expect_err("turned")
            .contains("its worker")
    );
}
