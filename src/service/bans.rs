//! Port bans: mirrored from the register of the State, found to be of the records of the person, and in force on every
//! credential of theirs at every member, for as long as their term runs.
//!
//! The register names the person by a document, which is kept sealed until the ban ends, whether somebody bears it or not: who
//! is registered with it later is found then. Of it the ledger has a digest of the sealed bytes. That a record is of the person is stated, and so it helps nobody to take the
//! document out of the record again. Where two records are confirmed to be of one person, a ban on the one is a ban on both.

use std::collections::BTreeSet;

use super::approvals::{self, Outcome};
use super::commit::Tx;
use super::error::{Code, Error};
use super::referrals::live_of;
use super::sharing;
use super::workers::{check_document, digest_of};
use crate::access::keyring::Keyring;
use crate::access::permission::{KeepBans, Permit, ReadBans};
use crate::access::seal::Field;
use crate::domain::approval::{Act, WAITS_MS};
use crate::domain::ban::{Ban, Change, State, TERM_MAX_MS};
use crate::domain::client::Role;
use crate::domain::credential::{self, SuspensionKind};
use crate::domain::document::{Document, DocumentKey};
use crate::domain::ids::{BanId, WorkerId};
use crate::domain::reason::Reason;
use crate::domain::screening::Reference;
use crate::domain::time::Timestamp;
use crate::domain::worker::Worker;
use crate::ledger::entry::Fact;
use crate::ledger::replay::Mirrored;
use crate::store::match_cases::same_person;
use crate::store::{Reader, StoreError, bans, documents, workers};

/// A ban as the register states it. The person is named by a document, or as the worker who is recorded under an identifier.
#[derive(Debug, Clone)]
pub struct BanDraft {
    /// A document of theirs.
    pub document: Option<Document>,
    /// Their record.
    pub worker: Option<WorkerId>,
    /// What the register knows the ban by.
    pub reference: Reference,
    /// It stands from then on.
    pub starts_at: Timestamp,
    /// It stands until then, exclusive.
    pub ends_at: Timestamp,
}

/// A ban with what only the register is told of it.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The ban and where it stands.
    pub mirrored: Mirrored,
    /// Whether the person is recorded at any member; `None` for whoever is not to learn it.
    pub known: Option<bool>,
}

/// Mirrors a ban. What the register says is done at once; an administrator needs a second one, and is not told whether
/// the person is known.
pub fn mirror(
    tx: &mut Tx<'_>,
    permit: Permit<KeepBans>,
    draft: &BanDraft,
) -> Result<Outcome<Shown>, Error> {
    let by_register = permit.caller().role == Role::Register;
    check_term(draft.starts_at, draft.ends_at, tx.now)?;
    let id = BanId::make(tx.environment);
    let kept = match (&draft.document, draft.worker) {
        (Some(document), None) => {
            let now = tx.now;
            let authorised = sharing::may_use_national_register(tx.reader()?, now)?;
            check_document(document, authorised, "/document")?;
            Some((document, sealed(tx, id, document)?))
        }
        (None, Some(_)) if by_register => None,
        (None, Some(_)) => {
            let message = "Name the person by a document: whether somebody is recorded here is not for administrators to learn.";
            return Err(Error::field("/worker", "not_by_hand", message));
        }
        _ => {
            let message = "Name the person by a document or as a worker, and not by both.";
            return Err(Error::field("/document", "one_of", message));
        }
    };
    if let Some(worker) = draft.worker
        && workers::find(tx.reader()?, worker)?.is_none()
    {
        return Err(Error::field(
            "/worker",
            "not_found",
            "There is no such worker.",
        ));
    }
    let ban = Ban {
        id,
        reference: draft.reference.clone(),
        document: kept.as_ref().map(|(_, sealed)| digest_of(sealed)),
        starts_at: draft.starts_at,
        ends_at: draft.ends_at,
    };
    check_new(tx, &ban, draft.document.as_ref(), draft.worker)?;
    if let Some((document, sealed)) = kept {
        let found_under = tx.found_under()?;
        let key = found_under.active();
        let found_by = (key.version(), key.document_key(document));
        bans::keep_document(tx.writer()?, id, found_by, sealed)?;
    }
    if !by_register {
        let asked = approvals::ask(tx, permit.caller(), None, Act::MirrorBan { ban })?;
        return Ok(Outcome::Asked(Box::new(asked)));
    }
    let mirrored = mirrored(tx, &ban, draft.worker)?;
    let known = !bans::workers_of(tx.reader()?, ban.id)?.is_empty();
    Ok(Outcome::Done(Shown {
        mirrored,
        known: Some(known),
    }))
}

/// Mirrors what a second administrator let be mirrored.
pub(super) fn mirror_approved(tx: &mut Tx<'_>, ban: &Ban) -> Result<(), Error> {
    if ban.ends_at <= tx.now {
        return Err(approvals::stale("The term of the ban is over by now."));
    }
    let keyring = tx.keyring;
    let document = document_of(tx.reader()?, keyring, ban.id)?;
    check_new(tx, ban, document.as_ref(), None)?;
    mirrored(tx, ban, None)?;
    Ok(())
}

/// Ends a ban that the register took back; an administrator needs a second one.
pub fn end(tx: &mut Tx<'_>, permit: Permit<KeepBans>, id: BanId) -> Result<Outcome<Shown>, Error> {
    let found = bans::find(tx.reader()?, id)?.ok_or_else(not_found)?;
    found.state.apply(Change::End)?;
    if permit.caller().role != Role::Register {
        let version = found.version;
        let act = Act::EndBan { ban: id, version };
        let asked = approvals::ask(tx, permit.caller(), None, act)?;
        return Ok(Outcome::Asked(Box::new(asked)));
    }
    let mirrored = moved(tx, found, Change::End)?;
    shown(tx.reader()?, Role::Register, mirrored).map(Outcome::Done)
}

/// Ends what a second administrator let be ended.
pub(super) fn end_approved(tx: &mut Tx<'_>, id: BanId, version: u64) -> Result<(), Error> {
    let found = bans::find(tx.reader()?, id)?.ok_or_else(not_found)?;
    if found.version != version {
        return Err(approvals::stale("The ban was touched meanwhile."));
    }
    moved(tx, found, Change::End).map(drop)
}

/// One ban.
pub fn show(reader: &mut Reader, permit: Permit<ReadBans>, id: BanId) -> Result<Shown, Error> {
    let found = bans::find(reader, id)?.ok_or_else(not_found)?;
    shown(reader, permit.caller().role, found)
}

/// The bans there are, a page of them; in one state only, if one is named.
pub fn list(
    reader: &mut Reader,
    permit: Permit<ReadBans>,
    state: Option<State>,
    after: Option<BanId>,
    limit: usize,
) -> Result<Vec<Shown>, Error> {
    let found = bans::list(reader, state, after, limit)?;
    let role = permit.caller().role;
    found
        .into_iter()
        .map(|mirrored| shown(reader, role, mirrored))
        .collect()
}

fn shown(reader: &mut Reader, role: Role, mirrored: Mirrored) -> Result<Shown, Error> {
    let known = match role {
        Role::Register => Some(!bans::workers_of(reader, mirrored.ban.id)?.is_empty()),
        _ => None,
    };
    Ok(Shown { mirrored, known })
}

/// Begins or ends up to `limit` bans whose day has come. Answers how many.
pub(super) fn sweep(tx: &mut Tx<'_>, limit: usize) -> Result<usize, Error> {
    let now = tx.now;
    let due = bans::due(tx.reader()?, now, limit)?;
    let swept = due.len();
    for mirrored in due {
        // One whose term ran out while nobody looked never stood.
        let over = mirrored.ban.ends_at <= now;
        moved(tx, mirrored, if over { Change::End } else { Change::Begin })?;
    }
    Ok(swept)
}

/// Finds out whether a record, as its documents were just stated, is of somebody who is banned; then nothing of it is good.
pub(super) fn find(
    tx: &mut Tx<'_>,
    worker: &Worker,
    documents: &[DocumentKey],
) -> Result<(), Error> {
    if documents.is_empty() {
        return Ok(());
    }
    for mirrored in bans::by_documents(tx.reader()?, documents)? {
        found(tx, mirrored.ban.id, worker.id)?;
    }
    bring(tx, worker.id)
}

/// Puts a standing ban in force on every live credential of the person whose record this is. To be called wherever a
/// record may have become one of somebody who is banned.
pub(super) fn bring(tx: &mut Tx<'_>, worker: WorkerId) -> Result<(), Error> {
    let records = person(tx.reader()?, worker)?;
    if bans::standing_against(tx.reader()?, &records)?.is_empty() {
        return Ok(());
    }
    for held in live_of(tx, &records)? {
        let change = credential::Change::Suspend(SuspensionKind::Judicial);
        if held.state.apply(change).is_ok() {
            tx.state(Fact::CredentialSuspended {
                credential: held.credential.id,
                kind: SuspensionKind::Judicial,
                reason: Reason::PortBan,
            })?;
        }
    }
    Ok(())
}

/// Refuses while a ban stands against the person whose record this is.
pub(super) fn none_stands(tx: &mut Tx<'_>, worker: WorkerId) -> Result<(), Error> {
    let records = person(tx.reader()?, worker)?;
    if bans::standing_against(tx.reader()?, &records)?.is_empty() {
        return Ok(());
    }
    Err(Error::new(Code::BanStands, BAN_STANDS))
}

/// Against which of these workers a ban stands, by any of their records.
pub(super) fn banned(
    reader: &mut Reader,
    workers: &[WorkerId],
) -> Result<BTreeSet<WorkerId>, Error> {
    let mut found = bans::standing_against(reader, workers)?;
    for &worker in workers {
        let others = person(reader, worker)?;
        // Hardly anybody has a second record, and then the question is answered.
        if others.len() > 1 && !bans::standing_against(reader, &others)?.is_empty() {
            found.insert(worker);
        }
    }
    Ok(found)
}

/// Why nothing is issued to somebody, nor made good again.
pub(super) const BAN_STANDS: &str = "A port ban stands against this worker. Until it ends, nothing is issued to them or made good again.";

fn mirrored(tx: &mut Tx<'_>, ban: &Ban, worker: Option<WorkerId>) -> Result<Mirrored, Error> {
    let version = tx.state(Fact::BanMirrored(ban.clone()))?;
    let keyring = tx.keyring;
    let bearers = match document_of(tx.reader()?, keyring, ban.id)? {
        Some(document) => {
            let keys = tx.found_under()?.of_document(&document);
            documents::everybody_with(tx.reader()?, &keys)?
        }
        None => Vec::new(),
    };
    for worker in bearers.into_iter().chain(worker) {
        found(tx, ban.id, worker)?;
        bring(tx, worker)?;
    }
    let found = bans::find(tx.reader()?, ban.id)?.filter(|found| found.version == version);
    found.ok_or_else(|| Error::internal("a ban that was just mirrored is not there"))
}

fn found(tx: &mut Tx<'_>, ban: BanId, worker: WorkerId) -> Result<(), Error> {
    if !bans::workers_of(tx.reader()?, ban)?.contains(&worker) {
        tx.state(Fact::BanFound { ban, worker })?;
    }
    Ok(())
}

fn moved(tx: &mut Tx<'_>, mirrored: Mirrored, change: Change) -> Result<Mirrored, Error> {
    let ban = mirrored.ban.id;
    let state = mirrored.state.apply(change)?;
    let version = tx.state(match change {
        Change::Begin => Fact::BanBegan { ban },
        Change::End => Fact::BanEnded { ban },
    })?;
    if change == Change::End {
        bans::forget_document(tx.writer()?, ban)?;
    }
    for worker in bans::workers_of(tx.reader()?, ban)? {
        match change {
            Change::Begin => bring(tx, worker)?,
            Change::End => release(tx, worker)?,
        }
    }
    Ok(Mirrored {
        state,
        since: tx.now,
        version,
        ..mirrored
    })
}

/// Lifts what a ban that has ended did, and nothing else, unless another stands against the same person.
fn release(tx: &mut Tx<'_>, worker: WorkerId) -> Result<(), Error> {
    let records = person(tx.reader()?, worker)?;
    if !bans::standing_against(tx.reader()?, &records)?.is_empty() {
        return Ok(());
    }
    for held in live_of(tx, &records)? {
        let change = credential::Change::Lift(SuspensionKind::Judicial);
        if held.state.apply(change).is_ok() {
            tx.state(Fact::CredentialLifted {
                credential: held.credential.id,
                kind: SuspensionKind::Judicial,
            })?;
        }
    }
    Ok(())
}

fn person(reader: &mut Reader, worker: WorkerId) -> Result<Vec<WorkerId>, StoreError> {
    Ok(same_person(reader, worker)?.into_iter().collect())
}

pub(super) fn check_term(
    starts_at: Timestamp,
    ends_at: Timestamp,
    now: Timestamp,
) -> Result<(), Error> {
    let (code, message) = if ends_at <= starts_at {
        ("before_start", "must be after starts_at")
    } else if ends_at <= now {
        ("past", "must lie in the future")
    } else if ends_at.as_ms() - starts_at.as_ms() > TERM_MAX_MS {
        ("too_long", "must be at most twenty years after starts_at")
    } else {
        return Ok(());
    };
    Err(Error::field("/ends_at", code, message))
}

/// The register states a ban once; what it changes, it ends and states anew.
fn check_new(
    tx: &mut Tx<'_>,
    ban: &Ban,
    document: Option<&Document>,
    worker: Option<WorkerId>,
) -> Result<(), Error> {
    let keys = match document {
        Some(document) => tx.found_under()?.of_document(document),
        None => Vec::new(),
    };
    for (other, other_document) in bans::with_references(tx.reader()?, &[&ban.reference])? {
        let of_document = other_document.is_some_and(|other| keys.contains(&other));
        let of_worker = match worker {
            Some(worker) => bans::workers_of(tx.reader()?, other.ban.id)?.contains(&worker),
            None => false,
        };
        if of_document || of_worker {
            return Err(Error::new(
                Code::BanKnown,
                "A ban with this reference is about this person already. End it first if it is to be changed.",
            ));
        }
    }
    Ok(())
}

/// The document that names whom a ban is about, where there is one.
pub(super) fn document_of(
    reader: &mut Reader,
    keyring: &Keyring,
    ban: BanId,
) -> Result<Option<Document>, Error> {
    let Some(sealed) = bans::document_of(reader, ban)? else {
        return Ok(None);
    };
    let plain = keyring.open(Field::BanDocument, ban.as_bytes(), &sealed);
    let document = serde_json::from_slice(&plain.map_err(Error::internal)?);
    // What serde says can hold a piece of what it read.
    document
        .map(Some)
        .map_err(|_| Error::internal("the document of a ban cannot be read"))
}

fn sealed(tx: &Tx<'_>, id: BanId, document: &Document) -> Result<Vec<u8>, Error> {
    let plain = serde_json::to_vec(document).map_err(Error::internal)?;
    let row = id.as_bytes();
    Ok(tx
        .keyring
        .seal(Field::BanDocument, row, &plain, tx.environment))
}

/// Forgets up to `limit` documents of bans that were asked for and never granted. Answers how many.
pub(super) fn forget(tx: &mut Tx<'_>, limit: usize) -> Result<usize, Error> {
    let before = asked_before(tx.now);
    let never = bans::never_mirrored(tx.reader()?, before, limit)?;
    for &ban in &never {
        bans::forget_document(tx.writer()?, ban)?;
    }
    Ok(never.len())
}

/// A ban with a lower identifier that was asked for by now waits no more.
pub(super) fn asked_before(now: Timestamp) -> BanId {
    BanId::first_at(now.plus_ms(-WAITS_MS))
}

fn not_found() -> Error {
    Error::not_found("ban")
}
