//! Registering workers, and beginning and ending their engagements. Names and staff numbers are sealed before they are
//! stored; the ledger gets identifiers and a digest of the sealed bytes. What people are found by goes beside it.

use super::approvals;
use super::bans;
use super::bulk;
use super::commit::Tx;
use super::credentials;
use super::employers;
use super::erasures;
use super::error::{Code, Error};
use super::match_cases;
use super::network::changed;
use super::personal::{self, unseal};
use super::search;
use crate::access::keyring::Keyring;
use crate::access::permission::{KeepWorkers, Permit, ReadWorkers};
use crate::domain::calendar::Day;
use crate::domain::digest::Digest;
use crate::domain::document::{DOCUMENTS_PER_WORKER_MAX, Document, DocumentKey};
use crate::domain::ids::{EngagementId, MemberId, WorkerId};
use crate::domain::reason::Reason;
use crate::domain::time::Timestamp;
use crate::domain::worker::{Engagement, EngagementDetails, Worker, WorkerDetails};
use crate::ledger::entry::Fact;
use crate::store::workers::{self, EngagementHeld, Versioned};
use crate::store::{Reader, documents, names, sealed};

/// Registers a worker. Whoever bears a document of theirs already is asked about: see [`match_cases`].
pub fn register(
    tx: &mut Tx<'_>,
    permit: Permit<KeepWorkers>,
    details: &WorkerDetails,
) -> Result<Versioned<Worker>, Error> {
    check_birth(details, tx.now)?;
    let documents = keys(tx.keyring, &details.documents)?;
    let id = WorkerId::make(tx.environment);
    personal::make_key(tx, id);
    let (sealed, digest) = personal::seal(tx, id, id, details)?;
    let worker = Worker {
        id,
        member: permit.caller().member,
        details: digest,
    };
    let found_by = search::keys(tx.keyring, worker.member, details);
    tx.pending().seal(*id.as_bytes(), id, sealed);
    tx.pending().names(id, found_by);
    tx.pending().documents(id, &documents);
    let version = tx.state(Fact::WorkerRegistered(worker.clone()))?;
    match_cases::open(tx, &worker, &documents)?;
    bans::find(tx, &worker, &documents)?;
    Ok(Versioned {
        value: worker,
        version,
    })
}

/// Changes a worker's details, if they are still the `version` that the caller saw.
pub fn amend(
    tx: &mut Tx<'_>,
    permit: Permit<KeepWorkers>,
    id: WorkerId,
    version: u64,
    details: &WorkerDetails,
) -> Result<Versioned<Worker>, Error> {
    let found =
        workers::find(tx.reader()?, id)?.filter(|worker| permit.covers(worker.value.member));
    let before = found.ok_or_else(|| Error::not_found("worker"))?;
    approvals::not_oneself(tx, permit.caller(), id)?;
    if before.version != version {
        return Err(changed());
    }
    erasures::none_waits(tx, id)?;
    check_birth(details, tx.now)?;
    let documents = keys(tx.keyring, &details.documents)?;
    let (sealed, digest) = personal::seal(tx, id, id, details)?;
    let worker = Worker {
        details: digest,
        ..before.value
    };
    let found_by = search::keys(tx.keyring, worker.member, details);
    let writer = tx.writer()?;
    sealed::replace(writer, id, sealed)?;
    names::forget(writer, id)?;
    documents::forget(writer, id)?;
    tx.pending().names(id, found_by);
    tx.pending().documents(id, &documents);
    let version = tx.state(Fact::WorkerAmended(worker.clone()))?;
    match_cases::open(tx, &worker, &documents)?;
    bans::find(tx, &worker, &documents)?;
    Ok(Versioned {
        value: worker,
        version,
    })
}

/// A slip of the pen in a date of birth is seen best while the paper is at hand. That it is a date, and of 1900 or later,
/// whoever took it in has seen.
fn check_birth(details: &WorkerDetails, now: Timestamp) -> Result<(), Error> {
    if details.is_born_by(now) {
        return Ok(());
    }
    let message = "must not lie in the future";
    Err(Error::field("/birth_date", "in_the_future", message))
}

/// What documents are found by, in order, each once.
fn keys(keyring: &Keyring, documents: &[Document]) -> Result<Vec<DocumentKey>, Error> {
    if documents.len() > DOCUMENTS_PER_WORKER_MAX {
        let message = format!("Give at most {DOCUMENTS_PER_WORKER_MAX} documents.");
        return Err(Error::field("/documents", "length", message));
    }
    let mut keys = Vec::with_capacity(documents.len());
    for (at, document) in documents.iter().enumerate() {
        let key = document_key(keyring, document, &format!("/documents/{at}"))?;
        if keys.contains(&key) {
            let message = "The same document stands here twice.";
            return Err(Error::field(
                format!("/documents/{at}"),
                "repeated",
                message,
            ));
        }
        keys.push(key);
    }
    keys.sort_unstable();
    Ok(keys)
}

/// What a document is found by. A number of the national register is refused, as it is put in by mistake.
pub(super) fn document_key(
    keyring: &Keyring,
    document: &Document,
    pointer: &str,
) -> Result<DocumentKey, Error> {
    if document.number.is_of_the_national_register() {
        let message = "This is a number of the national register, which is not kept here. Give the document's own number.";
        let pointer = format!("{pointer}/number");
        return Err(Error::field(pointer, "national_register_number", message));
    }
    Ok(keyring.document_key(document))
}

/// A worker that the caller's member registered, with details.
pub fn show(
    reader: &mut Reader,
    keyring: &Keyring,
    permit: Permit<ReadWorkers>,
    id: WorkerId,
) -> Result<(Versioned<Worker>, WorkerDetails), Error> {
    let found = workers::find(reader, id)?.filter(|worker| permit.covers(worker.value.member));
    let worker = found.ok_or_else(|| Error::not_found("worker"))?;
    let details = unseal(reader, keyring, id)?;
    Ok((worker, details))
}

/// The workers that the caller's member registered, with details, a page of them.
pub fn list(
    reader: &mut Reader,
    keyring: &Keyring,
    permit: Permit<ReadWorkers>,
    after: Option<WorkerId>,
    limit: usize,
) -> Result<Vec<(Versioned<Worker>, WorkerDetails)>, Error> {
    let page = workers::list(reader, permit.caller().member, after, limit)?;
    page.into_iter()
        .map(|worker| {
            let details = unseal(reader, keyring, worker.value.id)?;
            Ok((worker, details))
        })
        .collect()
}

/// Begins an engagement of a worker at the caller's member.
pub fn engage(
    tx: &mut Tx<'_>,
    permit: Permit<KeepWorkers>,
    worker: WorkerId,
    until: Option<Day>,
    details: &EngagementDetails,
) -> Result<Versioned<EngagementHeld>, Error> {
    if until.is_some_and(|until| until < Day::of(tx.now)) {
        return Err(Error::field("/until", "past", "must not lie in the past"));
    }
    let member = permit.caller().member;
    let found =
        workers::find(tx.reader()?, worker)?.filter(|worker| permit.covers(worker.value.member));
    found.ok_or_else(|| Error::not_found("worker"))?;
    approvals::not_oneself(tx, permit.caller(), worker)?;
    erasures::none_waits(tx, worker)?;
    let staff_key = details
        .staff_number
        .as_ref()
        .map(|number| tx.keyring.staff_key(member, number.as_str()));
    if let Some(staff_key) = staff_key
        && !workers::by_staff_keys(tx.reader()?, &[staff_key])?.is_empty()
    {
        let mut error = Error::field(
            "/staff_number",
            "in_use",
            "This staff number belongs to another engagement.",
        );
        error.code = Code::StaffNumberInUse;
        return Err(error);
    }
    begin(tx, member, worker, until, details, staff_key)
}

/// States an engagement whose staff number is known to be free.
pub(super) fn begin(
    tx: &mut Tx<'_>,
    member: MemberId,
    worker: WorkerId,
    until: Option<Day>,
    details: &EngagementDetails,
    staff_key: Option<[u8; 16]>,
) -> Result<Versioned<EngagementHeld>, Error> {
    let id = EngagementId::make(tx.environment);
    let (sealed, digest) = personal::seal(tx, worker, id, details)?;
    let engagement = Engagement {
        id,
        worker,
        member,
        details: digest,
        until,
    };
    let employer_key = employers::key(tx.keyring, member, &details.employer);
    tx.pending().seal(*id.as_bytes(), worker, sealed);
    tx.pending().employer(employer_key, id);
    if let Some(staff_key) = staff_key {
        tx.pending().staff_number(staff_key, &engagement);
    }
    let version = tx.state(Fact::EngagementBegan(engagement.clone()))?;
    Ok(Versioned {
        value: EngagementHeld {
            engagement,
            ended: false,
        },
        version,
    })
}

/// Ends an engagement at the caller's member, and with it every credential that rests on it.
pub fn disengage(
    tx: &mut Tx<'_>,
    permit: Permit<KeepWorkers>,
    id: EngagementId,
) -> Result<Versioned<EngagementHeld>, Error> {
    let found = workers::find_engagement(tx.reader()?, id)?;
    let found = found.filter(|held| permit.covers(held.value.engagement.member));
    let mut held = found.ok_or_else(|| Error::not_found("engagement"))?;
    if held.value.ended {
        return Err(Error::new(
            Code::EngagementEnded,
            "The engagement is over already.",
        ));
    }
    held.version = tx.state(Fact::EngagementEnded { engagement: id })?;
    held.value.ended = true;
    let worker = held.value.engagement.worker;
    for credential in credentials::resting_on(tx.reader()?, &[(worker, id)])? {
        bulk::check(tx, permit.caller())?;
        tx.state(Fact::CredentialRevoked {
            credential,
            reason: Reason::EmploymentEnded,
        })?;
    }
    Ok(held)
}

/// A worker's engagements at the caller's member, with details, a page of them.
pub fn engagements(
    reader: &mut Reader,
    keyring: &Keyring,
    permit: Permit<ReadWorkers>,
    worker: WorkerId,
    after: Option<EngagementId>,
    limit: usize,
) -> Result<Vec<(Versioned<EngagementHeld>, EngagementDetails)>, Error> {
    let found = workers::find(reader, worker)?.filter(|worker| permit.covers(worker.value.member));
    found.ok_or_else(|| Error::not_found("worker"))?;
    let member = permit.caller().member;
    let held = workers::engagements_of(reader, worker, member, after, limit)?;
    held.into_iter()
        .map(|held| {
            let details = unseal(reader, keyring, held.value.engagement.id)?;
            Ok((held, details))
        })
        .collect()
}

/// SHA-256 of sealed bytes, as the ledger keeps it.
pub fn digest_of(sealed: &[u8]) -> Digest {
    let mut digest = [0; 32];
    digest.copy_from_slice(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, sealed).as_ref());
    Digest(digest)
}
