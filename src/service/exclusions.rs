//! Exclusions: one member proposes with two people that somebody stays out, for cause; it holds there at once. Where the law
//! lets it leave, every other member that knows the person is told, and adopts it for itself with two people, or declines.
//!
//! Where it is adopted, whatever that member issued to the person and that leads where they are not to come is suspended, and
//! nothing of that kind is issued. To lift it is to lift exactly that.

use std::collections::BTreeSet;

use super::approvals::{self, Outcome};
use super::commit::Tx;
use super::error::{Code, Error};
use super::network::named;
use super::sharing;
use crate::access::permission::{
    Caller, ContestExclusions, KeepExclusions, Permit, ReadExclusions,
};
use crate::domain::approval::Act;
use crate::domain::credential::{SCOPE_MAX, State as Standing, SuspensionKind};
use crate::domain::exclusion::{Change, Exclusion, Refused, Reply, State, TERM_MAX_MS, Why};
use crate::domain::ids::{CredentialId, ExclusionId, FacilityId, MemberId, WorkerId};
use crate::domain::network::Facility;
use crate::domain::reason::{Class, Reason};
use crate::domain::time::Timestamp;
use crate::ledger::entry::Fact;
use crate::ledger::replay::{Excluded, Held, Told};
use crate::store::match_cases::same_person;
use crate::store::{Reader, credentials, exclusions, workers};

mod effect;

pub(super) use effect::{EXCLUSION_HOLDS, adopted, none_holds};

use effect::{bring, release};

/// An exclusion to be proposed.
#[derive(Debug, Clone)]
pub struct ExclusionDraft {
    /// The credential of the caller's member that was suspended or revoked for cause.
    pub credential: CredentialId,
    /// Where the person is not to come; everywhere when none is named.
    pub facilities: BTreeSet<FacilityId>,
    /// It holds until then, exclusive.
    pub ends_at: Timestamp,
}

/// An exclusion as the caller's member may see it.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The exclusion and where it stands.
    pub excluded: Excluded,
    /// What the caller's member says of it.
    pub own: Told,
    /// What the others say, for who proposed it.
    pub others: Vec<Told>,
}

/// Proposes an exclusion, once a second person of the caller's member has let it happen.
pub fn propose(
    tx: &mut Tx<'_>,
    permit: Permit<KeepExclusions>,
    draft: &ExclusionDraft,
) -> Result<Outcome<Shown>, Error> {
    let caller = permit.caller();
    let held = credentials::find(tx.reader()?, draft.credential)?
        .filter(|held| permit.covers(held.credential.member))
        .ok_or_else(|| Error::field("/credential", "not_found", "There is no such credential."))?;
    let reason = ground_of(&held).ok_or_else(|| {
        let message = "must be suspended or revoked for cause: an exclusion has no other ground";
        Error::field("/credential", "no_ground", message)
    })?;
    check_end(draft.ends_at, tx.now)?;
    if draft.facilities.len() > SCOPE_MAX {
        let message = format!("Name at most {SCOPE_MAX} facilities.");
        return Err(Error::field("/facilities", "too_many", message));
    }
    for (at, facility) in draft.facilities.iter().enumerate() {
        named::<Facility>(tx, &format!("/facilities/{at}"), *facility)?;
    }
    check_new(tx, draft.credential)?;
    let worker = held.credential.worker;
    if workers::find(tx.reader()?, worker)?.is_none() {
        let message = "must be of a worker who is not erased: nothing new is recorded of them";
        return Err(Error::field("/credential", "erased", message));
    }
    let exclusion = Exclusion {
        id: ExclusionId::make(tx.environment),
        member: caller.member,
        worker,
        credential: draft.credential,
        reason,
        facilities: draft.facilities.clone(),
        ends_at: draft.ends_at,
    };
    let act = Act::ProposeExclusion {
        exclusion,
        version: held.version,
    };
    asked(tx, caller, worker, act)
}

/// Proposes what a second person let be proposed. It holds at the member at once, and leaves it if it may.
pub(super) fn propose_approved(
    tx: &mut Tx<'_>,
    exclusion: &Exclusion,
    version: u64,
) -> Result<(), Error> {
    let held = credentials::find(tx.reader()?, exclusion.credential)?;
    if held.map(|held| held.version) != Some(version) || exclusion.ends_at <= tx.now {
        return Err(approvals::stale("Its ground or its end is not as it was."));
    }
    check_new(tx, exclusion.credential)?;
    tx.state(Fact::ExclusionProposed(exclusion.clone()))?;
    if sharing::may_leave(tx, exclusion.member)? {
        let excluded = stored(tx, exclusion.id)?;
        published(tx, excluded)?;
    }
    bring(tx, exclusion.worker)
}

/// Lets an exclusion leave the caller's member, now that it may.
pub fn publish(
    tx: &mut Tx<'_>,
    permit: Permit<KeepExclusions>,
    id: ExclusionId,
) -> Result<Shown, Error> {
    let shown = visible(tx.reader()?, permit.caller(), id)?;
    proposer(&shown, permit.caller())?;
    shown.excluded.state.apply(Change::Published)?;
    sharing::must_be_allowed(tx, permit.caller().member)?;
    published(tx, shown.excluded)?;
    visible(tx.reader()?, permit.caller(), id)
}

/// Adopts or declines an exclusion for the caller's member, once a second person of it has let that happen.
pub fn answer(
    tx: &mut Tx<'_>,
    permit: Permit<KeepExclusions>,
    id: ExclusionId,
    reply: Reply,
) -> Result<Outcome<Shown>, Error> {
    let shown = visible(tx.reader()?, permit.caller(), id)?;
    check_answer(tx, &shown.excluded, &shown.own, reply)?;
    let act = Act::AnswerExclusion {
        exclusion: id,
        version: shown.excluded.version.max(shown.own.version),
        reply,
    };
    asked(tx, permit.caller(), shown.own.worker, act)
}

/// Answers as a second person of the member let be answered.
pub(super) fn answer_approved(
    tx: &mut Tx<'_>,
    member: MemberId,
    id: ExclusionId,
    version: u64,
    reply: Reply,
) -> Result<(), Error> {
    let excluded = stored(tx, id)?;
    let told = exclusions::told(tx.reader()?, id, member)?.ok_or_else(not_found)?;
    if excluded.version.max(told.version) != version {
        return Err(approvals::stale("The exclusion was touched meanwhile."));
    }
    check_answer(tx, &excluded, &told, reply)?;
    tx.state(Fact::ExclusionAnswered {
        exclusion: id,
        member,
        reply,
    })?;
    match reply {
        Reply::Adopted => bring(tx, told.worker),
        Reply::Declined(_) => Ok(()),
    }
}

/// Notes that the person contests an exclusion. It keeps its effect.
pub fn contest(
    tx: &mut Tx<'_>,
    permit: Permit<ContestExclusions>,
    id: ExclusionId,
) -> Result<Shown, Error> {
    let shown = visible(tx.reader()?, permit.caller(), id)?;
    moved(tx, shown.excluded, Change::Contested)?;
    visible(tx.reader()?, permit.caller(), id)
}

/// Decides a contest, once a second person of the caller's member has let it happen; who proposed it does not decide.
pub fn decide(
    tx: &mut Tx<'_>,
    permit: Permit<KeepExclusions>,
    id: ExclusionId,
    lift: bool,
) -> Result<Outcome<Shown>, Error> {
    let shown = visible(tx.reader()?, permit.caller(), id)?;
    if shown.excluded.exclusion.member == permit.caller().member {
        return Err(Error::new(
            Code::WrongPerson,
            "Two people of another member than the one that proposed it decide a contest.",
        ));
    }
    shown.excluded.state.apply(Change::Upheld)?;
    let act = Act::DecideContest {
        exclusion: id,
        version: shown.excluded.version,
        lift,
    };
    asked(tx, permit.caller(), shown.own.worker, act)
}

/// Decides as a second person let be decided.
pub(super) fn decide_approved(
    tx: &mut Tx<'_>,
    id: ExclusionId,
    version: u64,
    lift: bool,
) -> Result<(), Error> {
    let excluded = unchanged(tx, id, version)?;
    excluded.state.apply(Change::Upheld)?;
    match lift {
        true => lifted(tx, excluded, Why::Contest),
        false => moved(tx, excluded, Change::Upheld).map(drop),
    }
}

/// Takes an exclusion back, for the member that proposed it, once a second person has let it happen.
pub fn lift(
    tx: &mut Tx<'_>,
    permit: Permit<KeepExclusions>,
    id: ExclusionId,
) -> Result<Outcome<Shown>, Error> {
    let shown = visible(tx.reader()?, permit.caller(), id)?;
    proposer(&shown, permit.caller())?;
    shown.excluded.state.apply(Change::Lifted(Why::TakenBack))?;
    let act = Act::LiftExclusion {
        exclusion: id,
        version: shown.excluded.version,
    };
    asked(tx, permit.caller(), shown.own.worker, act)
}

/// Takes back what a second person let be taken back.
pub(super) fn lift_approved(tx: &mut Tx<'_>, id: ExclusionId, version: u64) -> Result<(), Error> {
    let excluded = unchanged(tx, id, version)?;
    lifted(tx, excluded, Why::TakenBack)
}

/// One exclusion that the caller's member proposed or was told of.
pub fn show(
    reader: &mut Reader,
    permit: Permit<ReadExclusions>,
    id: ExclusionId,
) -> Result<Shown, Error> {
    visible(reader, permit.caller(), id)
}

/// Those exclusions, a page of them; in one state only, if one is named.
pub fn list(
    reader: &mut Reader,
    permit: Permit<ReadExclusions>,
    state: Option<State>,
    after: Option<ExclusionId>,
    limit: usize,
) -> Result<Vec<Shown>, Error> {
    let caller = permit.caller();
    let found = exclusions::list(reader, caller.member, state, after, limit)?;
    found
        .into_iter()
        .map(|excluded| visible(reader, caller, excluded.exclusion.id))
        .collect()
}

/// Lifts up to `limit` exclusions whose end has come. Answers how many.
pub(super) fn sweep(tx: &mut Tx<'_>, limit: usize) -> Result<usize, Error> {
    let now = tx.now;
    let due = exclusions::due(tx.reader()?, now, limit)?;
    let swept = due.len();
    for excluded in due {
        lifted(tx, excluded, Why::Ended)?;
    }
    Ok(swept)
}

/// What was suspended for cause no longer is: what rests on it falls.
pub(super) fn fall(tx: &mut Tx<'_>, credential: CredentialId) -> Result<(), Error> {
    for excluded in exclusions::resting_on(tx.reader()?, credential)? {
        lifted(tx, excluded, Why::GroundFell)?;
    }
    Ok(())
}

/// Somebody's records have become one person's: members that know them by another record are told, where that may still leave
/// the member that proposed it, and what was adopted holds for all of them.
pub(super) fn join(tx: &mut Tx<'_>, worker: WorkerId) -> Result<(), Error> {
    let records = same_person(tx.reader()?, worker)?;
    for excluded in exclusions::of_person(tx.reader()?, &records)? {
        if excluded.state.takes_answers() && sharing::may_leave(tx, excluded.exclusion.member)? {
            tell(tx, &excluded)?;
        }
    }
    bring(tx, worker)
}

fn lifted(tx: &mut Tx<'_>, excluded: Excluded, why: Why) -> Result<(), Error> {
    let worker = excluded.exclusion.worker;
    moved(tx, excluded, Change::Lifted(why))?;
    release(tx, worker)
}

fn published(tx: &mut Tx<'_>, excluded: Excluded) -> Result<(), Error> {
    let excluded = moved(tx, excluded, Change::Published)?;
    tell(tx, &excluded)
}

/// Tells every member that has a record of the person and was not told.
fn tell(tx: &mut Tx<'_>, excluded: &Excluded) -> Result<(), Error> {
    let id = excluded.exclusion.id;
    let told = exclusions::told_of(tx.reader()?, id)?;
    let mut told: BTreeSet<MemberId> = told.into_iter().map(|told| told.member).collect();
    for worker in same_person(tx.reader()?, excluded.exclusion.worker)? {
        // Whoever is erased is known by that record no more.
        let Some(record) = workers::find(tx.reader()?, worker)? else {
            continue;
        };
        let member = record.value.member;
        if told.insert(member) {
            tx.state(Fact::ExclusionTold {
                exclusion: id,
                member,
                worker,
            })?;
        }
    }
    Ok(())
}

fn moved(tx: &mut Tx<'_>, excluded: Excluded, change: Change) -> Result<Excluded, Error> {
    excluded.state.apply(change)?;
    let exclusion = excluded.exclusion.id;
    tx.state(Fact::ExclusionMoved { exclusion, change })?;
    stored(tx, exclusion)
}

fn stored(tx: &mut Tx<'_>, id: ExclusionId) -> Result<Excluded, Error> {
    exclusions::find(tx.reader()?, id)?.ok_or_else(not_found)
}

fn unchanged(tx: &mut Tx<'_>, id: ExclusionId, version: u64) -> Result<Excluded, Error> {
    let excluded = stored(tx, id)?;
    if excluded.version != version {
        return Err(approvals::stale("The exclusion was touched meanwhile."));
    }
    Ok(excluded)
}

fn asked<T>(
    tx: &mut Tx<'_>,
    caller: Caller,
    worker: WorkerId,
    act: Act,
) -> Result<Outcome<T>, Error> {
    let asked = approvals::ask(tx, caller, worker, act)?;
    Ok(Outcome::Asked(Box::new(asked)))
}

fn check_answer(
    tx: &mut Tx<'_>,
    excluded: &Excluded,
    told: &Told,
    reply: Reply,
) -> Result<(), Error> {
    if !excluded.state.takes_answers() {
        return Err(Refused::State(excluded.state).into());
    }
    told.answer.replied(reply)?;
    match reply {
        // What may not be shared any more is not acted on either.
        Reply::Adopted => sharing::must_be_allowed(tx, excluded.exclusion.member),
        Reply::Declined(_) => Ok(()),
    }
}

/// The cause for which a credential stands as it does, if there is one. Of a suspension whose reason another one took the
/// place of, no more is known than that something is looked into.
fn ground_of(held: &Held) -> Option<Reason> {
    let reason = held
        .reason
        .filter(|reason| reason.class() == Class::ForCause);
    match held.state {
        Standing::Approved | Standing::Active => None,
        Standing::Suspended(kinds) if kinds.contains(SuspensionKind::ForCause) => {
            Some(reason.unwrap_or(Reason::UnderInquiry))
        }
        Standing::Suspended(_) => None,
        Standing::Revoked => reason,
    }
}

/// One ground carries one exclusion.
fn check_new(tx: &mut Tx<'_>, credential: CredentialId) -> Result<(), Error> {
    if exclusions::resting_on(tx.reader()?, credential)?.is_empty() {
        return Ok(());
    }
    Err(Error::new(
        Code::Conflict,
        "An exclusion rests on this credential already. Lift it first if it is to be another.",
    ))
}

fn check_end(ends_at: Timestamp, now: Timestamp) -> Result<(), Error> {
    let (code, message) = if ends_at <= now {
        ("past", "must lie in the future")
    } else if ends_at.as_ms() - now.as_ms() > TERM_MAX_MS {
        ("too_long", "must be at most five years from now")
    } else {
        return Ok(());
    };
    Err(Error::field("/ends_at", code, message))
}

fn proposer(shown: &Shown, caller: Caller) -> Result<(), Error> {
    if shown.excluded.exclusion.member == caller.member {
        return Ok(());
    }
    Err(Error::new(
        Code::Forbidden,
        "Only the member that proposed the exclusion may do this.",
    ))
}

/// An exclusion as the caller's member may see it; the others' do not exist for it.
fn visible(reader: &mut Reader, caller: Caller, id: ExclusionId) -> Result<Shown, Error> {
    let excluded = exclusions::find(reader, id)?.ok_or_else(not_found)?;
    shown(reader, caller.member, excluded)?.ok_or_else(not_found)
}

/// An exclusion as this member may see it; `None` if it may not.
pub(super) fn shown(
    reader: &mut Reader,
    member: MemberId,
    excluded: Excluded,
) -> Result<Option<Shown>, Error> {
    let (own, others): (Vec<_>, Vec<_>) = exclusions::told_of(reader, excluded.exclusion.id)?
        .into_iter()
        .partition(|told| told.member == member);
    let others = match excluded.exclusion.member == member {
        true => others,
        false => Vec::new(),
    };
    Ok(own.into_iter().next().map(|own| Shown {
        excluded,
        own,
        others,
    }))
}

fn not_found() -> Error {
    Error::not_found("exclusion")
}
