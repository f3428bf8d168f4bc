//! Registering workers, and beginning and ending their engagements. Names and staff numbers are sealed before they are
//! stored; the ledger gets identifiers and a digest of the sealed bytes. What people are found by goes beside it.

use super::approvals;
use super::bans;
use super::blind::FoundUnder;
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
use super::sharing;
use crate::access::keyring::Keyring;
use crate::access::permission::{KeepWorkers, Permit, ReadWorkers};
use crate::domain::calendar::Day;
use crate::domain::credential;
use crate::domain::digest::Digest;
use crate::domain::document::{DOCUMENTS_PER_WORKER_MAX, Document, Unfit};
use crate::domain::ids::{EngagementId, MemberId, WorkerId};
use crate::domain::reason::Reason;
use crate::domain::time::Timestamp;
use crate::domain::worker::{
    Engagement, EngagementDetails, FORMER_DOCUMENTS_MAX, Worker, WorkerDetails,
};
use crate::ledger::entry::Fact;
use crate::store::workers::{self, EngagementHeld, Versioned};
use crate::store::{self, Reader, documents, names, sealed};

/// Registers a worker. Whoever bears a document of theirs already is asked about: see [`match_cases`].
pub fn register(
    tx: &mut Tx<'_>,
    permit: Permit<KeepWorkers>,
    details: &WorkerDetails,
) -> Result<Versioned<Worker>, Error> {
    check_birth(details, tx.now)?;
    check_documents(tx, &details.documents)?;
    let found_under = tx.found_under()?;
    let id = WorkerId::make(tx.environment);
    personal::make_key(tx, id);
    let (sealed, digest) = personal::seal(tx, id, id, details)?;
    let worker = Worker {
        id,
        member: permit.caller().member,
        details: digest,
    };
    tx.pending().seal(*id.as_bytes(), id, sealed);
    found_by(tx, &found_under, &worker, details);
    let version = tx.state(Fact::WorkerRegistered(worker.clone()))?;
    let documents: Vec<Document> = details.found_by().cloned().collect();
    let documents = found_under.of_documents(&documents);
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
    check_documents(tx, &details.documents)?;
    none_granted(tx, id)?;
    let found_under = tx.found_under()?;
    let details = &remembering(tx, id, details)?;
    let (sealed, digest) = personal::seal(tx, id, id, details)?;
    let worker = Worker {
        details: digest,
        ..before.value
    };
    let writer = tx.writer()?;
    sealed::replace(writer, id, sealed)?;
    names::forget(writer, id)?;
    documents::forget(writer, id)?;
    found_by(tx, &found_under, &worker, details);
    let version = tx.state(Fact::WorkerAmended(worker.clone()))?;
    let documents: Vec<Document> = details.found_by().cloned().collect();
    let documents = found_under.of_documents(&documents);
    match_cases::open(tx, &worker, &documents)?;
    let withdrawn = tx.withdrawn_lately(permit.caller());
    bans::find(tx, &worker, &documents)?;
    // A ban that is brought to somebody's record by the document of whom it is on closes all that they have, as a revocation would.
    let more = tx.withdrawn_lately(permit.caller()) - withdrawn;
    if more > 0 && bulk::needs_two(tx, permit.caller(), 0) {
        return Err(bulk::too_many());
    }
    Ok(Versioned {
        value: worker,
        version,
    })
}

/// Refuses while something that was granted to the person, as they are recorded, waits to be handed over to them: it was another
/// person whom the second one saw.
fn none_granted(tx: &mut Tx<'_>, id: WorkerId) -> Result<(), Error> {
    let live = store::credentials::live_of(tx.reader()?, &[id])?;
    if live
        .iter()
        .all(|held| held.state != credential::State::Approved)
    {
        return Ok(());
    }
    Err(Error::new(
        Code::Conflict,
        "A credential was granted to the worker as they are recorded, and not handed over yet. Hand it over or revoke it first.",
    ))
}

/// The new details, with every document that the record ever had.
fn remembering(
    tx: &mut Tx<'_>,
    id: WorkerId,
    details: &WorkerDetails,
) -> Result<WorkerDetails, Error> {
    let keyring = tx.keyring;
    let before: WorkerDetails = unseal(tx.reader()?, keyring, id)?;
    let mut former = before.former_documents;
    former.extend(before.documents);
    former.retain(|document| !details.documents.contains(document));
    if former.len() > FORMER_DOCUMENTS_MAX {
        let message = format!(
            "So many documents were taken out of this record already that no more than {FORMER_DOCUMENTS_MAX} would be remembered. Register what is true anew, and have the old record erased."
        );
        return Err(Error::field("/documents", "too_many", message));
    }
    Ok(WorkerDetails {
        former_documents: former,
        ..details.clone()
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

/// Keeps what a worker is found by.
fn found_by(tx: &mut Tx<'_>, under: &FoundUnder, worker: &Worker, details: &WorkerDetails) {
    let (id, key) = (worker.id, under.active());
    let names = search::keys(key, worker.member, details);
    tx.pending().names(id, key.version(), names);
    let documents = details.found_by();
    let documents = documents.map(|document| key.document_key(document));
    tx.pending().documents(id, key.version(), documents);
}

/// Refuses documents that cannot be meant, and one that stands there twice.
fn check_documents(tx: &mut Tx<'_>, documents: &[Document]) -> Result<(), Error> {
    if documents.len() > DOCUMENTS_PER_WORKER_MAX {
        let message = format!("Give at most {DOCUMENTS_PER_WORKER_MAX} documents.");
        return Err(Error::field("/documents", "length", message));
    }
    let now = tx.now;
    let authorised = sharing::may_use_national_register(tx.reader()?, now)?;
    for (at, document) in documents.iter().enumerate() {
        check_document(document, authorised, &format!("/documents/{at}"))?;
        if documents[..at].contains(document) {
            let message = "The same document stands here twice.";
            return Err(Error::field(
                format!("/documents/{at}"),
                "repeated",
                message,
            ));
        }
    }
    Ok(())
}

/// Refuses a document that may not be kept, and by which nobody may be looked up.
pub(super) fn check_document(
    document: &Document,
    authorised: bool,
    pointer: &str,
) -> Result<(), Error> {
    let Err(unfit) = document.check(authorised) else {
        return Ok(());
    };
    let (field, code, message) = match unfit {
        Unfit::NotAuthorised => (
            "kind",
            "not_authorised",
            "National register numbers are not used here: no authorisation is in force. Leave it out, or give another document.",
        ),
        Unfit::NoRegisterNumber => (
            "number",
            "check_digits",
            "This is no national register number or bis number: its last two digits do not fit the others. Read it again from the card.",
        ),
        Unfit::OtherRegister => (
            "country",
            "other_register",
            "must be BEL: only numbers of the Belgian national register are used",
        ),
        Unfit::Misplaced => (
            "number",
            "national_register_number",
            "This is a number of the national register, which is not kept here. Give the document's own number.",
        ),
    };
    Err(Error::field(format!("{pointer}/{field}"), code, message))
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
    let found_under = tx.found_under()?;
    if let Some(number) = &details.staff_number
        && let staff_keys = found_under
            .all()
            .map(|key| key.staff_key(member, number.as_str()))
            .collect::<Vec<_>>()
        && !workers::by_staff_keys(tx.reader()?, &staff_keys)?.is_empty()
    {
        let mut error = Error::field(
            "/staff_number",
            "in_use",
            "This staff number belongs to another engagement.",
        );
        error.code = Code::StaffNumberInUse;
        return Err(error);
    }
    begin(tx, member, worker, until, details)
}

/// States an engagement whose staff number is known to be free.
pub(super) fn begin(
    tx: &mut Tx<'_>,
    member: MemberId,
    worker: WorkerId,
    until: Option<Day>,
    details: &EngagementDetails,
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
    let found_under = tx.found_under()?;
    let found_by = employers::found_by(found_under.active(), member, details);
    tx.pending().seal(*id.as_bytes(), worker, sealed);
    tx.pending().engagement_found_by(&engagement, &found_by);
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
