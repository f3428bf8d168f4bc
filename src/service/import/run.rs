//! Carrying out an import, batch by batch.

use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use super::bans::WantedBan;
use super::credentials::WantedCredential;
use super::engagements::WantedEngagement;
use super::file::columns::Purpose;
use super::file::sheet::Sheet;
use super::outcomes::WantedOutcome;
use super::plan::{self, Batch, Leave, Wanted};
use super::report::{Counts, NOTABLE_MAX, Report, Tally};
use super::revocations::WantedRevocation;
use super::terms::{Settings, Terms, own_records};
use super::{State, from_json, json, open, open_report, read, seal_report};
use crate::access::permission::Caller;
use crate::access::seal::Field;
use crate::domain::ids::ImportId;
use crate::ledger::entry::Actor;
use crate::service::commit::Tx;
use crate::service::error::{Code, Error};
use crate::service::{Services, clients};
use crate::store::imports;

/// Batches that are read while earlier ones are being committed.
const READ_AHEAD: usize = 2;
/// How often a change is tried while the database does not answer, before the import begins again where it stands, and how
/// long each wait is.
const TRIES: u32 = 30;
const RETRY_WAIT: Duration = Duration::from_secs(1);

/// Why there is no next batch.
enum Ended {
    /// Every row was dealt with.
    Whole,
    /// For now; what is done is noted.
    Paused,
}

/// Carries out an import from where it stands. `go_on` is asked before each batch, with the rows done by then. Blocks.
pub(super) fn run(services: &Services, id: ImportId, go_on: &dyn Fn(u64) -> bool) {
    // The thread's own: the runtime that took the request may end before the import does.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build();
    let Ok(runtime) = runtime else {
        tracing::warn!(import.id = %id, "an import could not be started; the next start goes on with it");
        return;
    };
    let mut told = false;
    loop {
        match carry_out(services, &runtime, id, go_on) {
            Ok(Ended::Whole) => tracing::info!(import.id = %id, "an import was applied"),
            Ok(Ended::Paused) => {
                tracing::info!(import.id = %id, "an import was interrupted; the next start goes on with it")
            }
            Err(error) if may_pass(&error) && !services.imports.is_stopping() => {
                if !std::mem::replace(&mut told, true) {
                    tracing::warn!(import.id = %id, error = %error, "an import waits for the database");
                }
                std::thread::sleep(RETRY_WAIT);
                continue;
            }
            Err(error) if may_pass(&error) => {
                tracing::warn!(import.id = %id, "an import was interrupted; the next start goes on with it")
            }
            Err(error) => {
                tracing::error!(import.id = %id, error = %error, cause = ?error.cause, "an import failed");
                let detail = error.detail;
                let noted = commit(services, &runtime, Actor::System, move |tx| {
                    fail(tx, id, &detail)
                });
                if let Err(error) = noted {
                    tracing::warn!(import.id = %id, error = %error, "the failure could not be noted; the next start tries again");
                }
            }
        }
        return;
    }
}

fn carry_out(
    services: &Services,
    runtime: &tokio::runtime::Runtime,
    id: ImportId,
    go_on: &dyn Fn(u64) -> bool,
) -> Result<Ended, Error> {
    let found = read(&services.store, |reader| {
        Ok((imports::find(reader, id)?, imports::sealed(reader, id)?))
    })?;
    let (Some(import), Some(sealed)) = found else {
        return Err(Error::internal("an import has no file"));
    };
    let bytes = services
        .keyring
        .open(Field::ImportFile, id.as_bytes(), &sealed)
        .map_err(Error::internal)?;
    drop(sealed);
    let settings: Settings = from_json(&import.settings)?;
    let (sheet, layout) = open(settings.purpose, &bytes)?;
    let places = services.index.places().clone();
    let second = import.second.map(|second| second.client);
    let terms = Arc::new(Terms::new(
        services.keyring.clone(),
        &places,
        import.member,
        (
            read(&services.store, |reader| {
                let mut own = own_records(reader, &places, import.client)?;
                if let Some(second) = second {
                    own.extend(own_records(reader, &places, second)?);
                }
                Ok(own)
            })?,
            places
                .caller(import.client)
                .is_some_and(|client| client.person.is_some()),
        ),
        &settings,
        layout,
    )?);
    let work = Work {
        services,
        runtime,
        import: &import,
        terms: &terms,
        go_on,
    };
    let ended = match settings.purpose {
        Purpose::Credentials => work.rows::<WantedCredential>(&sheet),
        Purpose::Revocations => work.rows::<WantedRevocation>(&sheet),
        Purpose::Bans => work.rows::<WantedBan>(&sheet),
        Purpose::Engagements => work.rows::<WantedEngagement>(&sheet),
        Purpose::Outcomes => work.rows::<WantedOutcome>(&sheet),
    }?;
    if let Ended::Whole = ended {
        // It states nothing, and what is done is done, whoever the client is by now.
        commit(services, runtime, Actor::System, move |tx| finish(tx, id))?;
    }
    Ok(ended)
}

/// An import being carried out.
struct Work<'a> {
    services: &'a Services,
    runtime: &'a tokio::runtime::Runtime,
    import: &'a imports::Import,
    terms: &'a Arc<Terms>,
    go_on: &'a dyn Fn(u64) -> bool,
}

impl Work<'_> {
    /// Commits the rows that are not dealt with yet. The earlier ones are read all the same: what they say bears on the
    /// later ones.
    fn rows<W: Wanted>(&self, sheet: &Sheet<'_>) -> Result<Ended, Error> {
        std::thread::scope(|scope| {
            let (ahead, batches) = sync_channel::<Batch<W>>(READ_AHEAD);
            let terms: &Terms = self.terms;
            scope.spawn(move || {
                // Ends early when nobody takes the batches any more.
                plan::batches::<W>(terms, sheet).try_for_each(|batch| ahead.send(batch))
            });
            let mut to = 0;
            for mut batch in batches {
                let before = to;
                to += batch.len() as u64;
                let from = before.max(self.import.rows_done);
                if to <= from {
                    continue;
                }
                if !(self.go_on)(from) {
                    return Ok(Ended::Paused);
                }
                batch.drain(..(from - before) as usize);
                self.batch(batch, from, to)?;
            }
            Ok(Ended::Whole)
        })
    }

    fn batch<W: Wanted>(&self, batch: Batch<W>, from: u64, to: u64) -> Result<(), Error> {
        let (id, client, terms) = (self.import.id, self.import.client, self.terms.clone());
        let batch = Arc::new(batch);
        let work = move |tx: &mut Tx<'_>| {
            let found = imports::find(tx.reader()?, id)?;
            let import = found.ok_or_else(|| Error::internal("an import is gone"))?;
            if import.rows_done >= to {
                // By another node, or by a try whose answer was lost.
                return Ok(());
            }
            if import.rows_done != from || import.state != State::Applying.as_str() {
                return Err(Error::internal(
                    "an import is not where its next batch begins",
                ));
            }
            let places = tx.index.places().clone();
            let caller = places
                .caller(client)
                .map(|client| clients::caller(client))
                .ok_or_else(revoked)?;
            let done: Counts = from_json(&import.counts)?;
            let room = import
                .second
                .map_or(u64::MAX, |second| second.new_max.saturating_sub(done.new));
            let leave = match (import.granted, import.second.is_some()) {
                (true, true) => Leave::Second,
                (true, false) => Leave::Glass,
                (false, _) => Leave::Own,
            };
            let tally = enact(tx, &terms, caller, (leave, room), &batch)?;
            let counts = sum(done, tally.counts);
            imports::progress(tx.writer()?, id, to, &json(&counts)?)?;
            if !tally.notable.is_empty() {
                let mut report = open_report(tx.keyring, id, &import.report)?;
                let room = NOTABLE_MAX.saturating_sub(report.rows.len());
                report.rows.extend(tally.notable.into_iter().take(room));
                let sealed = seal_report(tx.keyring, tx.environment, id, &report)?;
                imports::report(tx.writer()?, id, &sealed)?;
            }
            Ok(())
        };
        commit(self.services, self.runtime, Actor::Client(client), work)
    }
}

/// Carries out what is new in a batch, as far as there is room for it.
fn enact<W: Wanted>(
    tx: &mut Tx<'_>,
    terms: &Terms,
    caller: Caller,
    (leave, room): (Leave, u64),
    batch: &Batch<W>,
) -> Result<Tally, Error> {
    // Made anew at each try, so that a try that was rolled back leaves no trace in it.
    let (mut known, mut tally) = (W::Known::default(), Tally::default());
    plan::look_up::<W>(&mut known, tx.reader()?, terms, batch)?;
    W::prepare(&known, tx)?;
    let now = tx.now;
    plan::judge::<W>(
        &mut known,
        terms,
        now,
        batch,
        &mut tally,
        room,
        |known, wanted| wanted.enact(known, terms, tx, caller, leave),
    )?;
    Ok(tally)
}

fn finish(tx: &mut Tx<'_>, id: ImportId) -> Result<(), Error> {
    let found = imports::find(tx.reader()?, id)?;
    if found.is_some_and(|import| import.state == State::Applied.as_str()) {
        return Ok(());
    }
    let writer = tx.writer()?;
    imports::move_state(
        writer,
        id,
        State::Applying.as_str(),
        State::Applied.as_str(),
    )?;
    Ok(imports::forget_file(writer, id)?)
}

fn fail(tx: &mut Tx<'_>, id: ImportId, detail: &str) -> Result<(), Error> {
    let found = imports::find(tx.reader()?, id)?;
    let import = found.ok_or_else(|| Error::internal("an import is gone"))?;
    let report = Report {
        failure: Some(detail.to_owned()),
        ..open_report(tx.keyring, id, &import.report)?
    };
    let sealed = seal_report(tx.keyring, tx.environment, id, &report)?;
    let writer = tx.writer()?;
    imports::move_state(writer, id, State::Applying.as_str(), State::Failed.as_str())?;
    imports::report(writer, id, &sealed)?;
    Ok(imports::forget_file(writer, id)?)
}

fn revoked() -> Error {
    Error::new(
        Code::Forbidden,
        "The client that brought this file was revoked. The rows done by then stay.",
    )
}

fn sum(one: Counts, other: Counts) -> Counts {
    Counts {
        new: one.new + other.new,
        same: one.same + other.same,
        conflict: one.conflict + other.conflict,
        unusable: one.unusable + other.unusable,
    }
}

/// Whether trying again later can help. Every step finds out by itself whether it was done already.
fn may_pass(error: &Error) -> bool {
    matches!(
        error.code,
        Code::Unavailable | Code::OutcomeUnknown | Code::Busy
    )
}

/// Makes a change that may be tried again, and waits for it.
fn commit(
    services: &Services,
    runtime: &tokio::runtime::Runtime,
    actor: Actor,
    work: impl Fn(&mut Tx<'_>) -> Result<(), Error> + Clone + Send + 'static,
) -> Result<(), Error> {
    let mut tries = 0;
    loop {
        match runtime.block_on(services.door.change(actor, work.clone())) {
            Err(error) if may_pass(&error) && tries < TRIES && !services.imports.is_stopping() => {
                tries += 1;
                std::thread::sleep(RETRY_WAIT);
            }
            done => return done,
        }
    }
}
