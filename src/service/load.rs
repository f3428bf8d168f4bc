//! Start-up: the index from the tables, as of one entry, with its progress told.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use crate::access::keyring::Keyring;
use crate::domain::approval::BULK_WITHIN_MS;
use crate::domain::credential::CardKey;
use crate::domain::credential::State;
use crate::domain::ids::CredentialId;
use crate::domain::time::{Environment, Timestamp};
use crate::index::{Index, Loaded};
use crate::ledger::entry::Fact;
use crate::ledger::fold::Record;
use crate::ledger::sum::Sum;
use crate::store::credentials::Standing;
use crate::store::{Reader, Store, StoreError, credentials, ledger, network};

use super::error::Error;
use super::{follow, head, sum};

/// How far a load is: rows read, rows in all.
pub type Progress<'a> = &'a mut (dyn FnMut(u64, u64) + Send);

/// Reads everything a gate check needs from one state of the database. The head of that state becomes the index's; what
/// is written meanwhile is followed afterwards like everything else. Rows that are not the ones that the sealed head speaks of
/// are no copy to answer gates from.
pub fn load(
    store: &Store,
    keyring: &Keyring,
    environment: &dyn Environment,
    progress: Progress<'_>,
) -> Result<Index, Error> {
    let (asked_uptime_ms, asked_at) = (environment.uptime_ms(), environment.now());
    let mut reader = store.scanner()?;
    reader.snapshot(|reader| {
        let head = ledger::head(reader)?.ok_or_else(|| {
            StoreError::Schema("no ledger has begun in this database: run `portcullis init`".into())
        })?;
        let vouched = head::open(&head.tip(), keyring)?;
        // Counting the rows would go through all of them once more.
        let (credentials, cards) = (vouched.sum.credentials(), vouched.sum.cards());
        let total = credentials + cards;
        let index = Index::new(head.r#gen, credentials as usize, cards as usize);
        // Reading rows and placing them in memory take about as long as each other, so they go on side by side.
        let (send, pages) = sync_channel(PAGES_AHEAD);
        let since = asked_at.plus_ms(-BULK_WITHIN_MS);
        let (sum, lately) = std::thread::scope(|scope| {
            let placing = scope.spawn(|| place(&index, keyring, pages, since, total, progress));
            let read = read(reader, keyring, &send);
            drop(send);
            let placed = placing
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            // Who places ends early only when a row cannot be placed; the reader then finds nobody to hand a page to.
            let (mut sum, lately) = placed?;
            sum.join(read?);
            Ok::<_, Error>((sum, lately))
        })?;
        if sum != vouched.sum {
            return Err(StoreError::Corrupt(
                "credentials, cards or records of the network in the tables are not what the ledger's head vouches for, so \
                 somebody changed them past this program: run `portcullis verify`, which names what was changed"
                    .into(),
            )
            .into());
        }
        index.loaded(&mut index.write(), head.tree, sum);
        recall(&index, reader, lately)?;
        progress(total, total);
        index.confirm(asked_uptime_ms, asked_at);
        Ok(index)
    })
}

/// Rows on their way from the database to the index.
enum Page {
    Records(Vec<(u64, Record)>),
    Credentials(Vec<Standing>),
    Cards(Vec<(CardKey, CredentialId)>),
}

/// How many pages may be read and not yet placed.
const PAGES_AHEAD: usize = 4;

/// Answers the sum over the cards. They are quicker to read than to place, and with credentials it is the other way round, so
/// each has the sums to do where it would wait for the other.
fn read(reader: &mut Reader, keyring: &Keyring, send: &SyncSender<Page>) -> Result<Sum, Error> {
    let hand_over = |page| {
        send.send(page)
            .map_err(|_| Error::internal("nobody places what is read"))
    };
    hand_over(Page::Records(network::all(reader)?))?;
    credentials::standings(reader, |page| hand_over(Page::Credentials(page)))?;
    let mut sum = Sum::default();
    credentials::bindings(reader, |page| {
        for &(key, credential) in &page {
            sum.add_card(sum::of_card(keyring, key, credential));
        }
        hand_over(Page::Cards(page))
    })?;
    Ok(sum)
}

/// Counts what was revoked and suspended lately for whoever did it: what stands in these entries.
fn recall(index: &Index, reader: &mut Reader, mut lately: Vec<u64>) -> Result<(), Error> {
    lately.sort_unstable();
    for seqs in lately.chunks(ENTRIES_AT_ONCE) {
        let entries = follow::decode(&ledger::some(reader, seqs)?)?;
        let mut writer = index.write();
        for entry in &entries {
            // One that was suspended may have been touched in another way since.
            if let Fact::CredentialRevoked { .. } | Fact::CredentialSuspended { .. } = entry.fact {
                writer.note(entry);
            }
        }
    }
    Ok(())
}

/// Entries read at once.
const ENTRIES_AT_ONCE: usize = 500;

/// Answers the sum over the records and credentials, and the entries that revoked or suspended something after `since`.
fn place(
    index: &Index,
    keyring: &Keyring,
    pages: Receiver<Page>,
    since: Timestamp,
    total: u64,
    progress: Progress<'_>,
) -> Result<(Sum, Vec<u64>), Error> {
    let mut writer = index.write();
    let mut done = 0;
    let mut sum = Sum::default();
    let mut lately = Vec::new();
    for page in pages {
        done += match page {
            Page::Records(page) => {
                for (version, record) in &page {
                    writer.load_record(*version, record);
                    sum.add(sum::of_record(keyring, *version, record));
                }
                0
            }
            Page::Credentials(page) => {
                let moved = page.iter().filter(|row| {
                    let shut = matches!(row.state, State::Suspended(_) | State::Revoked);
                    shut && row.since > since
                });
                lately.extend(moved.map(|row| row.version));
                let loaded: Vec<Loaded> = page.into_iter().map(loaded).collect();
                writer.load(&loaded).map_err(StoreError::Corrupt)?;
                for loaded in &loaded {
                    sum.add_credential(sum::of_credential(keyring, loaded));
                }
                loaded.len()
            }
            Page::Cards(page) => {
                writer.load_cards(&page).map_err(StoreError::Corrupt)?;
                page.len()
            }
        } as u64;
        progress(done, total);
    }
    Ok((sum, lately))
}

/// A row as the index takes it.
pub fn loaded(standing: Standing) -> Loaded {
    Loaded {
        id: standing.id,
        member: standing.member,
        scope: standing.scope,
        functions: standing.functions,
        state: standing.state,
        reason: standing.reason,
        valid_from: standing.valid_from,
        valid_until: standing.valid_until,
        version: standing.version,
    }
}
