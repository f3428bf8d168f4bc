//! Since when a credential is suspended, and what becomes of one before and after it is good, in the tables against the ledger.

use super::screenings::replayed;
use super::*;

/// One credential under inquiry and by a court's order, and one that was revoked while it was.
async fn suspended() -> World {
    let mut facts = facts();
    for (kind, reason) in [
        (SuspensionKind::ForCause, Reason::UnderInquiry),
        (SuspensionKind::Judicial, Reason::PortBan),
    ] {
        facts.push(Fact::CredentialSuspended {
            credential: credential(6),
            kind,
            reason,
        });
    }
    World::of(facts).await
}

#[tokio::test]
async fn a_suspension_that_began_at_another_time_is_named() {
    suspended().await.verify().expect("whole");
    for set in [
        "for_cause_since = for_cause_since + 1",
        "for_cause_since = NULL",
        "judicial_since = judicial_since - 1",
        "judicial_since = NULL",
    ] {
        let id = blob(&credential(6).as_bytes()[..]);
        let damage = suspended()
            .await
            .after(&format!("UPDATE credentials SET {set} WHERE id = {id}"));
        let why = "its time of suspension is not what the ledger says";
        assert_eq!(row("credentials", credential(6), &damage), why, "{set}");
    }
}

#[tokio::test]
async fn a_ground_that_no_entry_stated_is_named() {
    // One that was lifted, and one that went with the credential.
    for id in [6, 7] {
        let bytes = blob(&credential(id).as_bytes()[..]);
        let sql = format!("UPDATE credentials SET for_cause_since = since WHERE id = {bytes}");
        let damage = World::new().await.after(&sql);
        let why = "its time of suspension is not what the ledger says";
        assert_eq!(row("credentials", credential(id), &damage), why);
    }
}

#[tokio::test]
async fn a_correction_is_stated_once_and_only_of_what_is_revoked() {
    let corrected = |id| Fact::RevocationCorrected {
        credential: credential(id),
    };
    let mut facts = facts();
    facts.push(corrected(7));
    World::of(facts.clone()).await.verify().expect("whole");
    let why = "its correction is not what the ledger says";
    for set in ["corrected_at = NULL", "corrected_at = corrected_at + 1"] {
        let sql = format!("UPDATE credentials SET {set} WHERE state = 100");
        let damage = World::of(facts.clone()).await.after(&sql);
        assert_eq!(row("credentials", credential(7), &damage), why, "{set}");
    }
    let sql = "UPDATE credentials SET corrected_at = since WHERE state = 100";
    let damage = World::new().await.after(sql);
    assert_eq!(row("credentials", credential(7), &damage), why);
    for of in [vec![corrected(6)], vec![corrected(7), corrected(7)]] {
        let mut facts = self::facts();
        facts.extend(of);
        let refused = replayed(facts).expect_err("it cannot be");
        assert!(refused.contains("noted to be wrong"), "{refused}");
    }
}

/// One more credential, which was approved, and its badge.
fn approved() -> (Credential, Badge) {
    let issued = facts().into_iter().find_map(|fact| match fact {
        Fact::CredentialIssued { credential, badges } => Some((credential, badges)),
        _ => None,
    });
    let (issued, badges) = issued.expect("one is issued");
    let credential = Credential {
        id: credential(12),
        valid_until: Timestamp::from_ms(4_000_000_000_000),
        ..issued
    };
    let badge = Badge {
        id: BadgeId::from_u128(12),
        cards: Vec::new(),
        ..badges[0].clone()
    };
    (credential, badge)
}

#[tokio::test]
async fn what_was_not_handed_over_is_not_good() {
    let (credential, badge) = approved();
    let id = credential.id;
    let mut facts = facts();
    facts.push(Fact::CredentialApproved { credential });
    facts.push(Fact::BadgeAdded {
        credential: id,
        badge,
    });
    World::of(facts.clone()).await.verify().expect("whole");
    let sql = "UPDATE credentials SET state = 0 WHERE state = 99";
    let damage = World::of(facts.clone()).await.after(sql);
    let why = "its state is not what the ledger says";
    assert_eq!(row("credentials", id, &damage), why);
    facts.push(Fact::CredentialHandedOver { credential: id });
    World::of(facts.clone()).await.verify().expect("whole");
    facts.push(Fact::CredentialHandedOver { credential: id });
    let refused = replayed(facts).expect_err("it cannot be");
    assert!(refused.contains("handed over before"), "{refused}");
}

#[tokio::test]
async fn a_badge_comes_back_once_and_not_before_the_end() {
    let (credential, badge) = approved();
    let (id, badge_id) = (credential.id, badge.id);
    let back = Fact::BadgeRecovered {
        credential: id,
        badge: badge_id,
    };
    let mut facts = facts();
    facts.push(Fact::CredentialApproved { credential });
    facts.push(Fact::BadgeAdded {
        credential: id,
        badge,
    });
    let mut early = facts.clone();
    early.push(back.clone());
    let refused = replayed(early).expect_err("it cannot be");
    assert!(refused.contains("neither revoked nor expired"), "{refused}");
    facts.push(Fact::CredentialRevoked {
        credential: id,
        reason: Reason::IssuedInError,
    });
    facts.push(back.clone());
    World::of(facts.clone()).await.verify().expect("whole");
    let bytes = blob(&badge_id.as_bytes()[..]);
    let why = "its time of recovery is not what the ledger says";
    for set in ["recovered_at = NULL", "recovered_at = recovered_at + 1"] {
        let sql = format!("UPDATE badges SET {set} WHERE id = {bytes}");
        let damage = World::of(facts.clone()).await.after(&sql);
        assert_eq!(row("badges", badge_id, &damage), why, "{set}");
    }
    facts.push(back);
    let refused = replayed(facts).expect_err("it cannot be");
    assert!(refused.contains("states again"), "{refused}");
}
