//! Going on from a back-up. The entries after it are lost, and other nodes and this one may have answered gates from them:
//! so the ledger goes on under another numbering, and nobody takes the new entries for the lost ones. Whoever still runs
//! sees another ledger and stops permitting; whoever starts knows by the seal that the new numbering took the place of the
//! old one.

use super::head::{self, Vouched};
use super::seen::Seen;
use crate::access::keyring::Keyring;
use crate::domain::ids::Gen;
use crate::domain::time::Environment;
use crate::ledger::entry::{Actor, Entry, Fact, LastSeen};
use crate::store::ledger::{self, Head};
use crate::store::{Store, StoreError, migrate};

/// What stands in the database, before anything is changed: brings the schema up and opens the seal.
pub fn look(store: &Store, keyring: &Keyring) -> Result<Head, StoreError> {
    let mut writer = store.writer()?;
    migrate::up(&mut writer)?;
    let head = ledger::head(&mut writer)?.ok_or_else(|| {
        StoreError::Schema("no ledger has begun in this database: run `portcullis init`".into())
    })?;
    head::open(&head.tip(), keyring)?;
    Ok(head)
}

/// Begins the new numbering after this head. Not through the door: there is no node here, and no copy of the old numbering
/// may take the entry in. No row is touched, so the sum is what it was. Answers the new head.
pub fn restore(
    store: &Store,
    keyring: &Keyring,
    environment: &dyn Environment,
    found: &Head,
    seen: Option<&Seen>,
) -> Result<Head, StoreError> {
    let mut writer = store.writer()?;
    writer.transaction(|writer| {
        let before = ledger::lock(writer)?;
        if before != *found {
            return Err(StoreError::Guard);
        }
        let Vouched { sum, .. } = head::open(&before.tip(), keyring)?;
        let r#gen = Gen::make(environment);
        let entry = Entry {
            seq: before.seq() + 1,
            at: environment.now(),
            by: Actor::System,
            fact: Fact::LedgerRestored {
                r#gen,
                before: before.r#gen,
                seen: seen.map(|seen| LastSeen {
                    r#gen: seen.r#gen,
                    seq: seen.tree.size(),
                }),
            },
        };
        let mut after = before.clone();
        let line = after.push(entry.encode());
        after.r#gen = r#gen;
        // Nodes that knew only what is lost know it by the numbering they noted.
        let known = seen.map_or(before.r#gen, |seen| seen.r#gen);
        let vouched = Vouched {
            sum,
            before: Some(known),
        };
        head::seal(&mut after, vouched, keyring, environment);
        ledger::append(writer, &before, &after, &[line])?;
        Ok(after)
    })
}
