//! The question that everything is for: is this card good, here, now?

use crate::support::World;
use crate::support::actors::verdict;

pub async fn a_badge_revoked_at_b_is_refused_at_a(world: World) {
    let (a, b) = (world.member("Haven A").await, world.member("Haven B").await);
    let hr_of_b = b.hr(&world).await;
    let gate_of_a = a.gate(&world, &[&hr_of_b.card_system]).await;
    let pass = hr_of_b.issues().await;

    let before = gate_of_a.asks_about(&pass).await;
    assert_eq!(verdict(&before), ("permit", "valid"));
    assert_eq!(before["instruction"], "open");

    let revocation = hr_of_b.revokes(&pass, "stolen").await.created();
    let after = gate_of_a.asks_about(&pass).await;
    assert_eq!(verdict(&after), ("deny", "not_valid"));
    assert_eq!(after["instruction"], "keep_shut");
    assert!(after["class"].is_null(), "a gate is not told why");
    assert!(after["seq"].as_u64() >= revocation["seq"].as_u64());

    let again = hr_of_b.revokes(&pass, "lost").await.ok();
    assert_eq!(again, revocation, "the first revocation stands");
}

pub async fn a_suspended_badge_is_refused_until_it_is_lifted(world: World) {
    let a = world.member("Haven A").await;
    let hr = a.hr(&world).await;
    let gate = a.gate(&world, &[&hr.card_system]).await;
    let pass = hr.issues().await;

    hr.suspends(&pass, "under_inquiry").await.created();
    hr.suspends(&pass, "dormant").await.created();
    assert_eq!(
        verdict(&gate.asks_about(&pass).await),
        ("deny", "not_valid")
    );
    hr.lifts(&pass, "for_cause").await.created();
    assert_eq!(
        verdict(&gate.asks_about(&pass).await),
        ("deny", "not_valid"),
        "the other ground stands"
    );
    hr.lifts(&pass, "dormant").await.created();
    assert_eq!(verdict(&gate.asks_about(&pass).await), ("permit", "valid"));
    hr.lifts(&pass, "dormant").await.refused("not_suspended");
    hr.revokes(&pass, "lost").await.created();
    hr.suspends(&pass, "under_inquiry")
        .await
        .refused("credential_revoked");
    hr.lifts(&pass, "for_cause")
        .await
        .refused("credential_revoked");
}
