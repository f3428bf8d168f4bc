//! Erasing a worker. A registrar asks, another grants, and after a time in which it can be taken back the person is gone: the
//! worker's key is destroyed, with what was sealed under it and what it was found by. The ledger says that it was done. What was
//! decided stays as it is: who was revoked is denied as before.
//!
//! From the day it is granted nothing new is recorded of the worker, so that what is destroyed is all there is: not even an
//! answer kept for a request that comes twice outlives it.

use super::Services;
use super::approvals;
use super::commit::Tx;
use super::error::{Code, Error, FieldError};
use crate::access::permission::{Erase, Permit, ReadErasures};
use crate::domain::approval::{Act, Desk, WAITS_MS};
use crate::domain::clearance;
use crate::domain::credential;
use crate::domain::erasure::{Erasure, Obstacle, REFUSAL_KEPT_MS, State, WAITING_MS};
use crate::domain::ids::{ApprovalId, ErasureId, MemberId, WorkerId};
use crate::domain::reason::Class;
use crate::domain::time::DAY_MS;
use crate::ledger::entry::{Actor, Fact};
use crate::ledger::replay::{Asked, Erasing};
use crate::store::{
    Reader, approvals as waiting, bans, credentials, erasures, exclusions, match_cases, screenings,
    workers,
};

/// Asks for a worker of the caller's member to be erased.
///
/// # Errors
/// `erasure_blocked` with everything that stands in the way; `erasure_waiting` when one was granted before.
pub fn ask(tx: &mut Tx<'_>, permit: Permit<Erase>, worker: WorkerId) -> Result<Asked, Error> {
    let found =
        workers::find(tx.reader()?, worker)?.filter(|worker| permit.covers(worker.value.member));
    let found = found.ok_or_else(|| Error::not_found("worker"))?;
    none_waits(tx, worker)?;
    let member = found.value.member;
    blocked(&obstacles(tx, worker, member)?)?;
    let version = found.version;
    approvals::ask(
        tx,
        permit.caller(),
        worker,
        Act::EraseWorker { worker, version },
    )
}

/// Lets a worker be erased when the waiting time is over, if the record is still as it was when it was asked for.
pub(super) fn approved(tx: &mut Tx<'_>, worker: WorkerId, version: u64) -> Result<(), Error> {
    let found = workers::find(tx.reader()?, worker)?.filter(|found| found.version == version);
    let found = found.ok_or_else(|| approvals::stale("The worker was changed meanwhile."))?;
    none_waits(tx, worker)?;
    let member = found.value.member;
    blocked(&obstacles(tx, worker, member)?)?;
    tx.state(Fact::ErasureGranted(Erasure {
        id: ErasureId::make(tx.environment),
        worker,
        member,
        due_at: tx.now.plus_ms(WAITING_MS),
    }))?;
    Ok(())
}

/// Takes an erasure back that waits.
pub fn withdraw(tx: &mut Tx<'_>, permit: Permit<Erase>, id: ErasureId) -> Result<Erasing, Error> {
    let found =
        erasures::find(tx.reader()?, id)?.filter(|found| permit.covers(found.erasure.member));
    let erasing = found.ok_or_else(|| Error::not_found("erasure"))?;
    let state = erasing.state.withdrawn().map_err(|_| {
        let detail = format!(
            "It does not wait any more: it is {}.",
            erasing.state.as_str()
        );
        Error::new(Code::ErasureEnded, detail)
    })?;
    let version = tx.state(Fact::ErasureWithdrawn { erasure: id })?;
    Ok(Erasing {
        state,
        since: tx.now,
        version,
        ..erasing
    })
}

/// One erasure of the caller's member.
pub fn show(
    reader: &mut Reader,
    permit: Permit<ReadErasures>,
    id: ErasureId,
) -> Result<Erasing, Error> {
    let found = erasures::find(reader, id)?.filter(|found| permit.covers(found.erasure.member));
    found.ok_or_else(|| Error::not_found("erasure"))
}

/// The erasures of the caller's member, a page of them; in one state only, if one is named.
pub fn list(
    reader: &mut Reader,
    permit: Permit<ReadErasures>,
    state: Option<State>,
    after: Option<ErasureId>,
    limit: usize,
) -> Result<Vec<Erasing>, Error> {
    let member = permit.caller().member;
    Ok(erasures::list(reader, member, state, after, limit)?)
}

/// Refuses while an erasure of this worker waits: nothing new is recorded of them.
pub(super) fn none_waits(tx: &mut Tx<'_>, worker: WorkerId) -> Result<(), Error> {
    if erasures::waits(tx.reader()?, worker)? {
        let detail = "The worker is to be erased, so nothing new is recorded of them. A registrar can take it back.";
        return Err(Error::new(Code::ErasureWaiting, detail));
    }
    Ok(())
}

fn blocked(obstacles: &[Obstacle]) -> Result<(), Error> {
    if obstacles.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = obstacles.iter().map(|obstacle| obstacle.as_str()).collect();
    let detail = format!("The worker cannot be erased yet: {}.", names.join(", "));
    let mut error = Error::new(Code::ErasureBlocked, detail);
    error.fields = obstacles
        .iter()
        .map(|obstacle| FieldError {
            pointer: String::new(),
            code: obstacle.as_str(),
            message: obstacle.mend().to_owned(),
        })
        .collect();
    Err(error)
}

/// Things of a worker that are read at once.
const AT_ONCE: usize = 200;

/// Everything that stands in the way of erasing a worker, each once.
fn obstacles(tx: &mut Tx<'_>, worker: WorkerId, member: MemberId) -> Result<Vec<Obstacle>, Error> {
    let now = tx.now;
    let kept_since = now.plus_ms(-REFUSAL_KEPT_MS);
    let mut found = std::collections::BTreeSet::new();
    let people: Vec<_> = {
        let places = tx.index.places();
        let people = places.people.values();
        let same = people.filter(|(_, person)| person.worker == Some(worker));
        same.map(|(_, person)| person.id).collect()
    };
    let reader = tx.reader()?;
    let mut after = None;
    loop {
        let page = credentials::list(reader, member, Some(worker), after, AT_ONCE)?;
        for held in &page {
            if held.state != credential::State::Revoked && held.credential.valid_until > now {
                found.insert(Obstacle::Credential);
            }
            // That it has expired since ends no inquiry.
            if held.grounds.for_cause.is_some() {
                found.insert(Obstacle::Inquiry);
            }
            let for_cause = held
                .reason
                .is_some_and(|reason| matches!(reason.class(), Class::ForCause | Class::Judicial));
            let rightly = held.state == credential::State::Revoked && held.corrected_at.is_none();
            if rightly && for_cause && held.since > kept_since {
                found.insert(Obstacle::Refusal);
            }
        }
        after = page.last().map(|held| held.credential.id);
        if page.len() < AT_ONCE {
            break;
        }
    }
    let mut after = None;
    loop {
        let page = workers::engagements_of(reader, worker, member, after, AT_ONCE)?;
        if page.iter().any(|held| !held.value.ended) {
            found.insert(Obstacle::Engagement);
        }
        after = page.last().map(|held| held.value.engagement.id);
        if page.len() < AT_ONCE {
            break;
        }
    }
    let mut after = None;
    loop {
        let page = screenings::of_worker(reader, worker, member, after, AT_ONCE)?;
        for screened in &page {
            let state = screened.standing.state;
            if state.is_open() {
                found.insert(Obstacle::Screening);
            }
            // Who was refused cannot take that back by withdrawing consent.
            let refused = !state.is_open() && clearance::bars(&screened.standing);
            if refused && screened.since > kept_since {
                found.insert(Obstacle::Refusal);
            }
        }
        after = page.last().map(|screened| screened.screening.id);
        if page.len() < AT_ONCE {
            break;
        }
    }
    if bans::any_against(reader, worker)? {
        found.insert(Obstacle::Ban);
    }
    let records = match_cases::same_person(reader, worker)?;
    if !exclusions::of_person(reader, &records)?.is_empty() {
        found.insert(Obstacle::Exclusion);
    }
    if match_cases::any_open(reader, worker)? {
        found.insert(Obstacle::MatchCase);
    }
    // None that was asked for earlier waits still.
    let mut after = Some(ApprovalId::first_at(now.plus_ms(-WAITS_MS)));
    for desk in Desk::ALL {
        loop {
            let page = waiting::list(reader, Some(member), desk, true, after, AT_ONCE)?;
            let bears = |asked: &Asked| {
                let approval = &asked.approval;
                approval.expires_at > now
                    && (approval.worker == Some(worker)
                        || approval
                            .person
                            .is_some_and(|person| people.contains(&person)))
            };
            if page.iter().any(bears) {
                found.insert(Obstacle::Approval);
            }
            if page.len() < AT_ONCE {
                break;
            }
            after = page.last().map(|asked| asked.approval.id);
        }
        after = Some(ApprovalId::first_at(now.plus_ms(-WAITS_MS)));
    }
    Ok(found.into_iter().collect())
}

/// For how long after an erasure the files are cleaned each time, so that one that stopped in the middle is made up for.
const CLEANED_MS: i64 = DAY_MS;

/// Erases whoever is due, and cleans the database's files of what was destroyed. To be called at start and every hour; several
/// nodes may do it at one time.
pub async fn sweep(services: &Services) {
    let now = services.environment.now();
    let due = services.read(move |reader, _| Ok(erasures::due(reader, now)?));
    for id in due.await.unwrap_or_else(|error| {
        tracing::warn!(error = %error, "who is to be erased could not be read; the next sweep does it");
        Vec::new()
    }) {
        match services.door.change(Actor::System, move |tx| erase(tx, id)).await {
            Ok(true) => tracing::info!(erasure.id = %id, "a worker was erased"),
            Ok(false) => tracing::info!(erasure.id = %id, "an erasure that is due is put off, as something stands in its way"),
            Err(error) => {
                tracing::warn!(erasure.id = %id, error = %error, "a worker was not erased; the next sweep does it");
            }
        }
    }
    let since = now.plus_ms(-CLEANED_MS);
    let lately = services.read(move |reader, _| Ok(erasures::done_since(reader, since)?));
    if !lately.await.unwrap_or(true) {
        return;
    }
    scrub(services).await;
}

/// Cleans the database's files of what was overwritten and deleted.
pub(super) async fn scrub(services: &Services) {
    let store = services.store.clone();
    match tokio::task::spawn_blocking(move || store.scrub()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::warn!(error = %error, "the database's files were not cleaned of what was deleted; the next sweep after an erasure does it");
        }
        Err(error) => {
            tracing::error!(error = %error, "cleaning the database's files ended by a panic")
        }
    }
}

/// Erases one worker whose day has come. `false` if something stands in the way by now, or somebody else did it.
fn erase(tx: &mut Tx<'_>, id: ErasureId) -> Result<bool, Error> {
    let Some(erasing) = erasures::find(tx.reader()?, id)? else {
        return Ok(false);
    };
    let (worker, member) = (erasing.erasure.worker, erasing.erasure.member);
    if erasing.state.done(tx.now, erasing.erasure.due_at).is_err()
        || !obstacles(tx, worker, member)?.is_empty()
    {
        return Ok(false);
    }
    erasures::destroy(tx.writer()?, worker)?;
    tx.known_keys().remove(&worker);
    tx.state(Fact::WorkerErased {
        worker,
        erasure: id,
    })?;
    Ok(true)
}
