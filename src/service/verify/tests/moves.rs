//! Which entries touched a record, in the table against the ledger.

use super::*;

#[tokio::test]
async fn a_history_that_is_not_the_ledgers_is_named() {
    World::new().await.verify().expect("whole");
    for (sql, expected) in [
        ("DELETE FROM moves", "it is missing"),
        (
            "UPDATE moves SET at = at + 1",
            "its time is not what the ledger says",
        ),
        (
            "INSERT INTO moves VALUES (X'01010101010101010101010101010101', 1, 1)",
            "the ledger says nothing of it",
        ),
    ] {
        match World::new().await.after(sql) {
            Damage::Row { table, why, .. } => assert_eq!((table, &*why), ("moves", expected)),
            other => panic!("{sql}: {other}"),
        }
    }
}
