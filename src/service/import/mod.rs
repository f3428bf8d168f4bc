//! Files brought in: workers with their badges, who works for whom, what the authority advises, lists of badges to revoke,
//! and the register's port bans.
//!
//! ```text
//! bytes ── file ──> rows ── terms ──> what they want ── plan ──> new, same, conflict, unusable ── run ──> the ledger
//!                           ├ calendar: days to moments     ├ credentials
//!                           └ reasons, words: to codes       ├ revocations
//!                                                           ├ bans
//!                                                           ├ engagements
//!                                                           └ outcomes
//! ```
//!
//! An import is *checked* when it comes: nothing is changed, and [`Report`] tells what would be. It is kept, sealed,
//! until it is *applied* in batches; each batch stands in the database together with how far the file got, so that a
//! crash between two batches is gone on from and a crash in one leaves nothing of it. As each row is compared with what
//! is recorded, the same file again changes nothing.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

mod bans;
mod calendar;
mod credentials;
mod documents;
mod engagements;
pub mod file;
mod kept;
mod outcomes;
mod plan;
mod reasons;
mod refusals;
pub mod report;
mod revocations;
mod run;
mod running;
mod terms;
#[cfg(test)]
mod tests;
mod turns;
mod values;
mod weighing;
mod words;

use self::file::columns::Purpose;
use self::file::layout::Layout;
use self::file::sheet::{self, Sheet};
use self::kept::{from_json, json, open_report, seal_report};
use self::refusals::{nothing_usable, unclear, unreadable};
use self::report::{Counts, Report};
use self::running::Ending;
use self::terms::{Terms, own_records};
use self::weighing::weighed;
use super::Services;
use super::approvals::{self, Outcome};
use super::commit::Tx;
use super::error::{Code, Error};
use super::watch::stand_back;
use super::{bulk, clients, issuing};
use crate::access::keyring::Keyring;
use crate::access::permission::{self, Permit};
use crate::access::seal::Field;
use crate::domain::approval::Act;
use crate::domain::client::Role;
use crate::domain::digest::Digest;
use crate::domain::ids::{ClientId, ImportId, MemberId, WorkerId};
use crate::domain::lookup::What;
use crate::domain::retention::FILES_KEPT_MS;
use crate::domain::time::Timestamp;
use crate::store::imports::Second;
use crate::store::{Reader, Store, imports};

pub use running::Running;
pub use terms::Settings;
pub use turns::{Turn, place, turn};
pub use weighing::Weighed;
pub(super) use weighing::weigh_again;

/// How long a file that was checked waits to be applied.
pub const KEPT_MS: i64 = FILES_KEPT_MS;
/// The state of a file that waits to be applied.
pub const WAITING: &str = State::Checked.as_str();
/// The states in which what became of a file is all that is left.
pub const ENDED: [&str; 2] = [State::Applied.as_str(), State::Failed.as_str()];
/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ImportState)]
pub enum State {
    /// It was read and compared, and changed nothing.
    Checked,
    /// Its rows are being carried out.
    Applying,
    /// All of them are.
    Applied,
    /// It ended before its end; what was done by then stays.
    Failed,
}

impl State {
    /// Its name in the API and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Checked => "checked",
            Self::Applying => "applying",
            Self::Applied => "applied",
            Self::Failed => "failed",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        [Self::Checked, Self::Applying, Self::Applied, Self::Failed]
            .into_iter()
            .find(|state| state.as_str() == name)
    }
}

/// A file that was brought in.
#[derive(Debug, Clone)]
pub struct Import {
    /// Which.
    pub id: ImportId,
    /// For whom.
    pub member: MemberId,
    /// How far it is.
    pub state: State,
    /// What its rows are.
    pub purpose: Purpose,
    /// What was found in it: in the dry run, or, once it is being applied, by then.
    pub report: Report,
    /// How many rows had which outcome, likewise.
    pub counts: Counts,
    /// Rows in the file.
    pub rows_total: u64,
    /// Rows carried out or passed over.
    pub rows_done: u64,
    /// When it came.
    pub created_at: Timestamp,
}

/// A file that was checked and not yet kept.
#[derive(Debug)]
pub struct Checked {
    /// As it will be kept.
    pub import: Import,
    kept: imports::Import,
    sealed: Vec<u8>,
}

/// Reads a file and compares it with what is recorded, without changing anything. Blocks, for seconds with a large file.
///
/// What rows come to tells which cards, documents and staff numbers are recorded, and so it is noted as a look-up at all whom
/// they meet.
pub fn check(
    services: &Services,
    permit: Permit<permission::Import>,
    settings: &Settings,
    bytes: &[u8],
) -> Result<Checked, Error> {
    let caller = permit.caller();
    check_role(caller.role, settings.purpose)?;
    let (sheet, layout) = open(settings.purpose, bytes)?;
    let (columns, dates) = (layout.columns.clone(), layout.dates);
    let places = services.index.places().clone();
    let terms = Terms::new(
        services.keyring.clone(),
        &places,
        caller.member,
        (
            read(&services.store, |reader| {
                own_records(reader, &places, caller.client)
            })?,
            caller.person.is_some(),
        ),
        settings,
        layout,
    )?;
    let now = services.environment.now();
    let tally = weighed(services, &terms, &sheet, now)?;
    // Also where the file is refused: the refusal says of each row what is wrong with it.
    if !tally.told.is_empty() {
        let told: Vec<WorkerId> = tally.told.iter().copied().collect();
        let environment = &*services.environment;
        services
            .lookups
            .note(caller, environment, What::Import, &told)?;
    }
    let counts = tally.counts;
    if counts.new + counts.same + counts.conflict == 0 {
        return Err(nothing_usable(&tally));
    }
    let report = Report {
        understood: sheet.understood.clone(),
        columns,
        dates,
        rows: tally.notable,
        failure: None,
    };
    let id = ImportId::make(&*services.environment);
    let import = Import {
        id,
        member: caller.member,
        state: State::Checked,
        purpose: settings.purpose,
        counts,
        rows_total: sheet.understood.rows,
        rows_done: 0,
        created_at: now,
        report,
    };
    let kept = imports::Import {
        id,
        member: caller.member,
        client: caller.client,
        purpose: settings.purpose.as_str().to_owned(),
        state: State::Checked.as_str().to_owned(),
        settings: json(settings)?,
        report: seal_report(
            &services.keyring,
            &*services.environment,
            id,
            &import.report,
        )?,
        counts: json(&counts)?,
        rows_total: import.rows_total,
        rows_done: 0,
        created_at: now,
        file: clients::digest_of(bytes),
        granted: false,
        second: None,
    };
    let sealed = services.keyring.seal(
        Field::ImportFile,
        id.as_bytes(),
        bytes,
        &*services.environment,
    );
    Ok(Checked {
        import,
        kept,
        sealed,
    })
}

/// Each brings in files of their own work and no other.
fn check_role(role: Role, purpose: Purpose) -> Result<(), Error> {
    let whose = match purpose {
        Purpose::Bans => Role::Register,
        Purpose::Outcomes => Role::ScreeningOfficer,
        Purpose::Credentials | Purpose::Revocations | Purpose::Engagements => Role::HrOfficer,
    };
    if role == whose {
        return Ok(());
    }
    let message =
        "The register brings in port bans, screening officers outcomes, and HR officers the rest.";
    Err(Error::field("purpose", "not_for_this_role", message))
}

/// Keeps a file that was checked, sealed, so that it can be applied.
pub fn keep(
    tx: &mut Tx<'_>,
    permit: Permit<permission::Import>,
    checked: &Checked,
) -> Result<(), Error> {
    if !permit.covers(checked.import.member) {
        return Err(Error::not_found("import"));
    }
    Ok(imports::add(tx.writer()?, &checked.kept, &checked.sealed)?)
}

/// An import of the caller's member.
pub fn show(
    reader: &mut Reader,
    keyring: &Keyring,
    permit: Permit<permission::ReadImports>,
    id: ImportId,
) -> Result<Import, Error> {
    let not_found = || Error::not_found("import");
    let found = imports::find(reader, id)?.filter(|import| permit.covers(import.member));
    let import = import_from(found.ok_or_else(not_found)?, keyring)?;
    // What the register brings is not its member's. Who grants what HR officers bring must see what was found in it.
    let role = match permit.caller().role {
        Role::HrApprover => Role::HrOfficer,
        role => role,
    };
    check_role(role, import.purpose).map_err(|_| not_found())?;
    Ok(import)
}

/// Lets a checked import be carried out; [`start`] then does it. A member has one of them at a time, so that no flood of
/// files holds up other changes. One that may revoke too many for one person waits for a second, who sees the file's
/// digest and how much was found in it.
pub fn apply(
    tx: &mut Tx<'_>,
    permit: Permit<permission::Import>,
    id: ImportId,
) -> Result<Outcome<Import>, Error> {
    let (keyring, reads) = (tx.keyring, permit.caller().permit()?);
    let import = show(tx.reader()?, keyring, reads, id)?;
    check_ready(tx, &import)?;
    let rows = usize::try_from(import.rows_total).unwrap_or(usize::MAX);
    let revokes = import.purpose == Purpose::Revocations;
    let by_two = match import.purpose {
        Purpose::Revocations => bulk::needs_two(tx, permit.caller(), rows),
        Purpose::Credentials => issuing::approves(tx, import.member),
        _ => false,
    };
    if by_two {
        let kept = imports::find(tx.reader()?, id)?.ok_or_else(|| Error::not_found("import"))?;
        let act = Act::ApplyImport {
            import: id,
            file: kept.file,
            rows: import.rows_total,
            new: import.counts.new,
        };
        let asked = approvals::ask(tx, permit.caller(), None, act)?;
        return Ok(Outcome::Asked(Box::new(asked)));
    }
    // Behind broken glass it is carried out to its end, also where that comes after the glass is whole again.
    let granted = revokes && bulk::is_broken(tx, permit.caller());
    Ok(Outcome::Done(applying(
        tx,
        import,
        granted.then_some(None),
    )?))
}

/// Lets an import be carried out that a second person granted, if it is still the file that was asked for, and, as it was
/// `weighed` for them, brings no more than they were shown and nothing about themselves.
pub(super) fn approved(
    tx: &mut Tx<'_>,
    second: ClientId,
    weighed: Option<&Weighed>,
    (id, file, rows, new): (ImportId, Digest, u64, u64),
) -> Result<(), Error> {
    let kept = imports::find(tx.reader()?, id)?;
    let kept = kept.ok_or_else(|| approvals::stale("The file was dropped meanwhile."))?;
    let same = kept.file == file && kept.rows_total == rows;
    let import = import_from(kept, tx.keyring)?;
    if !same || import.counts.new != new || import.state != State::Checked {
        return Err(approvals::stale("The import is not as it was."));
    }
    check_ready(tx, &import)?;
    let weighed = weighed.filter(|weighed| weighed.is_for(id, second));
    weighed
        .ok_or_else(|| Error::internal("a file is granted that was not weighed again"))?
        .check(new)?;
    let second = Second {
        client: second,
        new_max: new,
    };
    applying(tx, import, Some(Some(second)))?;
    Ok(())
}

fn check_ready(tx: &mut Tx<'_>, import: &Import) -> Result<(), Error> {
    if import.state != State::Checked {
        return Err(Error::new(
            Code::ImportState,
            "Only an import that was checked, and not applied before, can be applied.",
        ));
    }
    let applying = imports::in_state(tx.reader()?, State::Applying.as_str())?;
    if applying.iter().any(|(_, member)| *member == import.member) {
        return Err(Error::new(
            Code::ImportState,
            "Another import of your member is being applied. Wait for its end.",
        ));
    }
    Ok(())
}

/// `granted`: that it is carried out however many it revokes, and who let it, where that took a second person.
fn applying(
    tx: &mut Tx<'_>,
    import: Import,
    granted: Option<Option<Second>>,
) -> Result<Import, Error> {
    let id = import.id;
    // What the dry run found makes room for what is found now.
    let report = Report {
        rows: Vec::new(),
        ..import.report
    };
    let counts = Counts::default();
    let sealed = seal_report(tx.keyring, tx.environment, id, &report)?;
    let writer = tx.writer()?;
    if let Some(second) = granted {
        imports::grant(writer, id, second)?;
    }
    imports::progress(writer, id, 0, &json(&counts)?)?;
    imports::report(writer, id, &sealed)?;
    imports::move_state(
        writer,
        id,
        State::Checked.as_str(),
        State::Applying.as_str(),
    )?;
    Ok(Import {
        state: State::Applying,
        report,
        counts,
        ..import
    })
}

/// Carries out an import that is to be applied, on a thread of its own. Does nothing if this node does so already.
pub fn start(services: &Arc<Services>, id: ImportId) {
    if !services.imports.begin(id) {
        return;
    }
    let shared = services.clone();
    let run = move || {
        stand_back();
        let _running = Ending {
            services: &shared,
            id,
        };
        let go_on = |_| !shared.imports.is_stopping();
        run::run(&shared, id, &go_on);
    };
    if let Err(error) = std::thread::Builder::new().name("import".into()).spawn(run) {
        services.imports.end(id);
        tracing::warn!(import.id = %id, error = %error, "an import could not be started; the next start goes on with it");
    }
}

/// Goes on with the imports that were being applied when a node stopped. To be called at start; it may be called again
/// at any time, also while another node works on the same import: each batch is done once.
pub fn resume(services: &Arc<Services>) -> Result<(), Error> {
    let applying = read(&services.store, |reader| {
        Ok(imports::in_state(reader, State::Applying.as_str())?)
    })?;
    applying.into_iter().for_each(|(id, _)| start(services, id));
    Ok(())
}

/// Drops files that were checked and not applied within [`KEPT_MS`]. To be called at start and once a day.
pub fn sweep(services: &Services) {
    let before = services.environment.now().plus_ms(-KEPT_MS);
    let queued = services
        .door
        .aside(move |writer| imports::drop_some(writer, &[WAITING], before).map(drop));
    if !queued {
        tracing::warn!(
            "old imports were not dropped, as too many changes wait; the next sweep does it"
        );
    }
}

/// The table of a file, and which column is what.
fn open(purpose: Purpose, bytes: &[u8]) -> Result<(Sheet<'_>, Layout), Error> {
    let sheet = sheet::read(bytes).map_err(|why| unreadable(&why))?;
    let layout = Layout::of(purpose, &sheet).map_err(|problems| unclear(&problems))?;
    Ok((sheet, layout))
}

fn read<T>(store: &Store, query: impl FnOnce(&mut Reader) -> Result<T, Error>) -> Result<T, Error> {
    let mut outcome = None;
    store.read(|reader| {
        outcome = Some(query(reader));
        Ok(())
    })?;
    outcome.unwrap_or_else(|| Err(Error::internal("a query did not run")))
}

fn import_from(import: imports::Import, keyring: &Keyring) -> Result<Import, Error> {
    let corrupt = || Error::internal("an import is in no known state");
    Ok(Import {
        id: import.id,
        member: import.member,
        state: State::parse(&import.state).ok_or_else(corrupt)?,
        purpose: from_json::<Settings>(&import.settings)?.purpose,
        report: open_report(keyring, import.id, &import.report)?,
        counts: from_json(&import.counts)?,
        rows_total: import.rows_total,
        rows_done: import.rows_done,
        created_at: import.created_at,
    })
}
