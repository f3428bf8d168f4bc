//! Rows that cannot be, whatever the ledger says.

use super::*;

#[tokio::test]
async fn a_row_that_cannot_be_is_named() {
    let damage = World::new()
        .await
        .after("UPDATE credentials SET state = 55 WHERE state = 100");
    let Damage::Table { table, why } = damage else {
        panic!("{damage}");
    };
    assert_eq!(table, "credentials");
    assert!(why.starts_with(&credential(7).to_string()), "{why}");
    for id in ["zeroblob(16)", "zeroblob(3)"] {
        let sql = format!(
            "INSERT INTO badges SELECT {id}, credential, medium, recovered_at FROM badges LIMIT 1"
        );
        let damage = World::new().await.after(&sql);
        assert!(
            matches!(
                damage,
                Damage::Table {
                    table: "badges",
                    ..
                }
            ),
            "{damage}"
        );
    }
}
