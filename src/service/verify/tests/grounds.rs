//! Since when a credential is suspended, in the tables against the ledger.

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
