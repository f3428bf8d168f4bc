//! Start-up: the index from the tables, as of one entry, with its progress told.

use crate::domain::time::Environment;
use crate::index::Index;
use crate::store::{Store, StoreError, credentials, ledger, network};

use super::error::Error;

/// How far a load is: rows read, rows in all.
pub type Progress<'a> = &'a mut dyn FnMut(u64, u64);

/// Reads everything a gate check needs from one state of the database. The head of that state becomes the index's; what
/// is written meanwhile is followed afterwards like everything else.
pub fn load(
    store: &Store,
    environment: &dyn Environment,
    progress: Progress<'_>,
) -> Result<Index, Error> {
    let (asked_uptime_ms, asked_at) = (environment.uptime_ms(), environment.now());
    let mut reader = store.reader()?;
    reader.snapshot(|reader| {
        let head = ledger::head(reader)?.ok_or_else(|| {
            StoreError::Schema("no ledger has begun in this database: run `portcullis init`".into())
        })?;
        let (credentials_len, cards_len) = credentials::count(reader)?;
        let total = credentials_len + cards_len;
        let index = Index::new(head.r#gen, credentials_len as usize, cards_len as usize);
        {
            let mut writer = index.write();
            for (version, record) in network::all(reader)? {
                writer.load_record(version, &record);
            }
            let mut done = 0;
            let mut step = || {
                done += 1;
                if done % 65_536 == 0 {
                    progress(done, total);
                }
            };
            credentials::each(reader, |held| {
                step();
                writer.load(&held).map_err(StoreError::Corrupt)
            })?;
            credentials::each_card(reader, |credential, _, card| {
                step();
                writer
                    .load_card(card.key, credential)
                    .map_err(StoreError::Corrupt)
            })?;
            index.loaded(&mut writer, head.tree);
        }
        progress(total, total);
        index.confirm(asked_uptime_ms, asked_at);
        Ok(index)
    })
}
