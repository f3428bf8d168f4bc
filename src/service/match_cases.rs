//! Match cases: noticing that a person is registered a second time, and saying whether it is so.
//!
//! Records find each other by keyed hashes of documents alone, and who keeps the one learns nothing of the other until
//! somebody must decide: then the member that had the document first is shown who came with it later. Until it has decided,
//! nothing is issued to that record, so that nobody who was refused at one member gets in by another.

use super::approvals;
use super::bans;
use super::blind::FoundUnder;
use super::commit::Tx;
use super::effects;
use super::error::{Code, Error};
use super::exclusions;
use super::personal::unseal;
use crate::access::keyring::Keyring;
use crate::access::permission::{Caller, DecideMatchCases, Permit, ReadMatchCases};
use crate::domain::approval::Act;
use crate::domain::document::{Document, DocumentKey};
use crate::domain::ids::{MatchCaseId, WorkerId};
use crate::domain::match_case::{Decision, MatchCase, SAME_PERSON_MAX, State};
use crate::domain::worker::{Worker, WorkerDetails};
use crate::ledger::entry::Fact;
use crate::ledger::replay::{Asked, Matched};
use crate::store::{Reader, documents, match_cases};

/// How many cases one record opens at once. Where more records bear its documents, the longest known are asked about, and
/// whoever is the same person as they is so too.
pub const OPENED_MAX: usize = 32;

/// Opens a case with each record that had a document of this one's before, unless the two were compared already. To be called
/// in the transaction that stated the documents.
pub(super) fn open(
    tx: &mut Tx<'_>,
    worker: &Worker,
    documents: &[DocumentKey],
) -> Result<(), Error> {
    if documents.is_empty() {
        return Ok(());
    }
    let compared = match_cases::compared_with(tx.reader()?, worker.id)?;
    let limit = OPENED_MAX + compared.len();
    let found = documents::bearers(tx.reader()?, documents, worker.id, limit)?;
    let new = found.into_iter().filter(|(id, _)| !compared.contains(id));
    for (candidate, candidate_member) in new.take(OPENED_MAX) {
        tx.state(Fact::MatchOpened(MatchCase {
            id: MatchCaseId::make(tx.environment),
            worker: worker.id,
            member: worker.member,
            candidate,
            candidate_member,
        }))?;
    }
    Ok(())
}

/// Refuses while a case of this worker's is open: nothing may be issued to them.
pub(super) fn none_open(tx: &mut Tx<'_>, worker: WorkerId) -> Result<(), Error> {
    if match_cases::undecided(tx.reader()?, &[worker])?.is_empty() {
        return Ok(());
    }
    Err(Error::new(Code::MatchOpen, MATCH_OPEN))
}

/// Why nothing is issued to somebody.
pub(super) const MATCH_OPEN: &str = "Another record bears a document of this worker's. Whether both are of one person must be decided first: see the match case.";

/// What whoever decides is shown of the record that came later.
#[derive(Debug, Clone)]
pub struct Newcomer {
    /// Who it is.
    pub details: WorkerDetails,
    /// The documents that both records bear.
    pub documents: Vec<Document>,
}

/// A match case of which the caller's member has either record; with the later record's person where the caller's member is to
/// decide, and has not yet.
pub fn show(
    reader: &mut Reader,
    keyring: &Keyring,
    permit: Permit<ReadMatchCases>,
    id: MatchCaseId,
) -> Result<(Matched, Option<Newcomer>), Error> {
    let found = match_cases::find(reader, id)?.filter(|matched| {
        permit.covers(matched.case.member) || permit.covers(matched.case.candidate_member)
    });
    let matched = found.ok_or_else(not_found)?;
    if matched.state != State::Open || !permit.covers(matched.case.candidate_member) {
        return Ok((matched, None));
    }
    let details = unseal(reader, keyring, matched.case.worker)?;
    let found_under = FoundUnder::read(reader, keyring)?;
    let of_candidate = documents::of(reader, matched.case.candidate)?;
    let both_bear = |document: &&Document| {
        let mut keys = found_under.of_document(document).into_iter();
        keys.any(|key| of_candidate.contains(&key))
    };
    let documents = details
        .documents
        .iter()
        .filter(both_bear)
        .cloned()
        .collect();
    Ok((matched, Some(Newcomer { details, documents })))
}

/// The match cases of which the caller's member has either record, a page of them; in one state only, if one is named.
pub fn list(
    reader: &mut Reader,
    permit: Permit<ReadMatchCases>,
    state: Option<State>,
    after: Option<MatchCaseId>,
    limit: usize,
) -> Result<Vec<Matched>, Error> {
    let member = permit.caller().member;
    Ok(match_cases::list(reader, member, state, after, limit)?)
}

/// Asks to say whether both records are of one person, for the member that had the document first. It is said once, and by two
/// people: to one, who could have written the document into a record themselves, it would carry a clearance to whoever was
/// refused, a ban to whom nobody banned, or let a newcomer in who is kept out.
pub fn decide(
    tx: &mut Tx<'_>,
    permit: Permit<DecideMatchCases>,
    id: MatchCaseId,
    decision: Decision,
) -> Result<Asked, Error> {
    let found = match_cases::find(tx.reader()?, id)?
        .filter(|matched| permit.covers(matched.case.candidate_member));
    let matched = found.ok_or_else(not_found)?;
    check(tx, permit.caller(), &matched, decision)?;
    let act = Act::DecideMatch {
        case: id,
        version: matched.version,
        decision,
    };
    approvals::ask(tx, permit.caller(), matched.case.candidate, act)
}

/// Says what two people say.
pub(super) fn approved(
    tx: &mut Tx<'_>,
    second: Caller,
    id: MatchCaseId,
    version: u64,
    decision: Decision,
) -> Result<(), Error> {
    let matched = match_cases::find(tx.reader()?, id)?.ok_or_else(not_found)?;
    if matched.version != version {
        return Err(approvals::stale("The match case was decided meanwhile."));
    }
    check(tx, second, &matched, decision)?;
    tx.state(Fact::MatchDecided { case: id, decision })?;
    if decision == Decision::Confirmed {
        effects::follow(tx, matched.case.worker)?;
        bans::bring(tx, matched.case.worker)?;
        exclusions::join(tx, matched.case.worker)?;
    }
    Ok(())
}

/// Refuses what cannot be said of a case, or not by the caller, of whom it may be.
fn check(
    tx: &mut Tx<'_>,
    caller: Caller,
    matched: &Matched,
    decision: Decision,
) -> Result<(), Error> {
    for worker in [matched.case.worker, matched.case.candidate] {
        approvals::not_oneself(tx, caller, worker)?;
    }
    matched.state.decided(decision)?;
    match decision {
        Decision::Confirmed => check_together(tx, &matched.case),
        Decision::Rejected => Ok(()),
    }
}

/// Refuses to make one person of more records than are looked through for one. The newcomer's case stays open then, and
/// nothing is issued to it.
fn check_together(tx: &mut Tx<'_>, case: &MatchCase) -> Result<(), Error> {
    let mut records = match_cases::same_person(tx.reader()?, case.worker)?;
    records.extend(match_cases::same_person(tx.reader()?, case.candidate)?);
    if records.len() <= SAME_PERSON_MAX {
        return Ok(());
    }
    Err(Error::new(
        Code::Conflict,
        format!(
            "More than {SAME_PERSON_MAX} records would be of one person. Find out who registers the same person so often; \
             until then nothing is issued to this record."
        ),
    ))
}

fn not_found() -> Error {
    Error::not_found("match case")
}
