//! Issuing credentials, and what happens to them afterwards: suspensions, lifts. There is no function that leads out of
//! `Revoked`.

use std::collections::{BTreeSet, HashSet};

use super::approvals::{self, Outcome};
use super::badges::{self, BadgeDraft};
use super::bans;
use super::bulk;
use super::commit::Tx;
use super::effects;
use super::erasures;
use super::error::{Code, Error};
use super::exclusions::{self, EXCLUSION_HOLDS};
use super::match_cases;
use super::network::named;
use super::referrals;
use crate::access::permission::{Issue, Lift, Permit, ReadCredentials, Suspend};
use crate::domain::approval::{Act, CONFIRM_MS, Done};
use crate::domain::credential::{
    Badge, Change, Credential, Refused, SCOPE_MAX, Scope, State, SuspensionKind,
};
use crate::domain::ids::{CredentialId, EngagementId, MemberId, WorkerId};
use crate::domain::network::{Facility, Zone};
use crate::domain::reason::{Class, Reason};
use crate::domain::time::{DAY_MS, SECOND_MS, Timestamp};
use crate::ledger::entry::Fact;
use crate::ledger::replay::Held;
use crate::store::{Reader, credentials, workers};

/// No credential is issued for longer: ten years, as its paper is.
pub const VALIDITY_MAX_MS: i64 = 3_653 * DAY_MS;

/// A credential to be issued.
#[derive(Debug, Clone)]
pub struct CredentialDraft {
    /// To whom.
    pub worker: WorkerId,
    /// What it rests on.
    pub engagement: Option<EngagementId>,
    /// Good from; now, if not said.
    pub valid_from: Option<Timestamp>,
    /// Good until, exclusive.
    pub valid_until: Timestamp,
    /// Where.
    pub scope: Scope,
    /// What it is carried on.
    pub badges: Vec<BadgeDraft>,
}

/// A credential with its badges.
#[derive(Debug, Clone)]
pub struct WithBadges {
    /// The credential and where it stands.
    pub held: Held,
    /// Its badges.
    pub badges: Vec<Badge>,
}

/// Issues a credential to a worker of the caller's member. It is good at once, within its validity.
pub fn issue(
    tx: &mut Tx<'_>,
    permit: Permit<Issue>,
    draft: &CredentialDraft,
) -> Result<WithBadges, Error> {
    let member = permit.caller().member;
    let valid_from = whole_seconds(draft.valid_from.unwrap_or(tx.now));
    let valid_until = whole_seconds(draft.valid_until);
    check_validity(valid_from, valid_until, tx.now)?;
    let worker = workers::find(tx.reader()?, draft.worker)?
        .filter(|worker| permit.covers(worker.value.member));
    worker.ok_or_else(|| Error::field("/worker", "not_found", "There is no such worker."))?;
    approvals::not_oneself(tx, permit.caller(), draft.worker)?;
    may_have(tx, member, draft.worker, &draft.scope)?;
    if let Some(engagement) = draft.engagement {
        let held = workers::find_engagement(tx.reader()?, engagement)?
            .filter(|held| {
                permit.covers(held.value.engagement.member)
                    && held.value.engagement.worker == draft.worker
            })
            .ok_or_else(|| {
                Error::field(
                    "/engagement",
                    "not_found",
                    "The worker has no such engagement.",
                )
            })?;
        if held.value.ended {
            return Err(Error::field(
                "/engagement",
                "ended",
                "The engagement is over; name one that lasts.",
            ));
        }
        effects::check_engaged(held.value.engagement.until, valid_until)?;
    }
    check_scope(tx, &draft.scope)?;
    effects::check_cleared(tx, draft.worker, draft.scope.functions, valid_until)?;
    let badges = badges::make(tx, permit, draft.worker, &draft.badges, "/badges")?;
    let credential = Credential {
        id: CredentialId::make(tx.environment),
        member,
        worker: draft.worker,
        engagement: draft.engagement,
        valid_from,
        valid_until,
        scope: draft.scope.clone(),
    };
    issued(tx, credential, badges)
}

/// Refuses where nothing may be issued to somebody: who they are is not decided, they are banned,
/// or their member keeps them from where this would lead.
pub(super) fn may_have(
    tx: &mut Tx<'_>,
    member: MemberId,
    worker: WorkerId,
    scope: &Scope,
) -> Result<(), Error> {
    match_cases::none_open(tx, worker)?;
    erasures::none_waits(tx, worker)?;
    bans::none_stands(tx, worker)?;
    exclusions::none_holds(tx, member, worker, scope)
}

/// Refuses to lift by hand what holds for a reason that no hand can take away.
fn may_lift(tx: &mut Tx<'_>, worker: WorkerId, kind: SuspensionKind) -> Result<(), Error> {
    match kind {
        SuspensionKind::Judicial => bans::none_stands(tx, worker),
        SuspensionKind::Exclusion => Err(Error::new(Code::ExclusionHolds, EXCLUSION_HOLDS)),
        SuspensionKind::Dormant | SuspensionKind::ForCause | SuspensionKind::Screening => Ok(()),
    }
}

fn issued(
    tx: &mut Tx<'_>,
    credential: Credential,
    badges: Vec<Badge>,
) -> Result<WithBadges, Error> {
    let fact = Fact::CredentialIssued {
        credential: credential.clone(),
        badges: badges.clone(),
    };
    let version = tx.state(fact)?;
    Ok(WithBadges {
        held: Held {
            functions: credential.scope.functions,
            credential,
            state: State::Active,
            reason: None,
            since: tx.now,
            version,
        },
        badges,
    })
}

/// Replaces a credential whose badge is lost, stolen, damaged or out of date. The old one is revoked in the same act; the
/// new one has its own number, and is good where and as long as the old one was, and no longer.
pub fn replace(
    tx: &mut Tx<'_>,
    permit: Permit<Issue>,
    id: CredentialId,
    reason: Reason,
    badges: &[BadgeDraft],
) -> Result<WithBadges, Error> {
    let replaces = reason.class() == Class::Possession
        || matches!(reason, Reason::Superseded | Reason::NameChanged);
    if !replaces {
        return Err(Error::field(
            "/reason",
            "not_for_replacement",
            "must say what is wrong with the badge; who may not have another is not given one",
        ));
    }
    let held = own(tx.reader()?, id, |member| permit.covers(member))?;
    match held.state {
        State::Active => {}
        State::Revoked => return Err(Refused::Revoked.into()),
        // A new badge would be good where this one is not.
        State::Suspended(_) => return Err(Refused::AlreadySuspended.into()),
    }
    if held.credential.valid_until <= tx.now {
        return Err(Error::new(
            Code::Conflict,
            "The credential has expired; issue a new one.",
        ));
    }
    let old = &held.credential;
    approvals::not_oneself(tx, permit.caller(), old.worker)?;
    may_have(tx, old.member, old.worker, &old.scope)?;
    effects::check_whole(&held)?;
    let badges = badges::make(tx, permit, held.credential.worker, badges, "/badges")?;
    bulk::check(tx, permit.caller())?;
    tx.state(Fact::CredentialRevoked {
        credential: id,
        reason,
    })?;
    let credential = Credential {
        id: CredentialId::make(tx.environment),
        valid_from: whole_seconds(tx.now).max(held.credential.valid_from),
        ..held.credential
    };
    issued(tx, credential, badges)
}

/// The credentials that rest on these engagements, each given with its worker, and are not revoked.
pub(super) fn resting_on(
    reader: &mut Reader,
    engaged: &[(WorkerId, EngagementId)],
) -> Result<Vec<CredentialId>, Error> {
    let engagements: HashSet<EngagementId> = engaged.iter().map(|&(_, id)| id).collect();
    let workers: BTreeSet<WorkerId> = engaged.iter().map(|&(worker, _)| worker).collect();
    let workers: Vec<WorkerId> = workers.into_iter().collect();
    let live = credentials::live_of(reader, &workers)?.into_iter();
    let rests = |held: &Held| {
        let engagement = held.credential.engagement;
        engagement.is_some_and(|id| engagements.contains(&id))
    };
    Ok(live.filter(rests).map(|held| held.credential.id).collect())
}

/// Suspends a credential of the caller's member, for a reason that suspends: at once, unless the caller suspended many
/// lately. For cause, a second person must confirm it afterwards.
pub fn suspend(
    tx: &mut Tx<'_>,
    permit: Permit<Suspend>,
    id: CredentialId,
    reason: Reason,
) -> Result<Outcome<Held>, Error> {
    let kind = reason.suspends().ok_or_else(|| {
        Error::field(
            "/reason",
            "not_for_suspension",
            "This reason ends a credential; it does not suspend one.",
        )
    })?;
    let held = own(tx.reader()?, id, |member| permit.covers(member))?;
    // What cannot be suspended is not asked for.
    held.state.apply(Change::Suspend(kind))?;
    let (caller, worker) = (permit.caller(), held.credential.worker);
    if bulk::needs_two(tx, caller, 1) {
        let act = Act::SuspendCredential {
            credential: id,
            version: held.version,
            reason,
        };
        let asked = approvals::ask(tx, caller, worker, act)?;
        return Ok(Outcome::Asked(Box::new(asked)));
    }
    let held = suspended(tx, held, kind, reason)?;
    // What is done behind broken glass is looked at as a whole.
    if kind == SuspensionKind::ForCause && !bulk::is_broken(tx, caller) {
        let done = Done::Suspension { credential: id };
        let due = tx.now.plus_ms(CONFIRM_MS);
        approvals::to_confirm(tx, caller, worker, done, held.version, due)?;
    }
    Ok(Outcome::Done(held))
}

/// Suspends what a second person let be suspended, if the credential is still as it was when it was asked for.
pub(super) fn suspend_approved(
    tx: &mut Tx<'_>,
    id: CredentialId,
    version: u64,
    reason: Reason,
) -> Result<(), Error> {
    let held = own(tx.reader()?, id, |_| true)?;
    if held.version != version {
        return Err(approvals::stale("The credential was touched meanwhile."));
    }
    let kind = reason
        .suspends()
        .ok_or_else(|| Error::internal("what does not suspend was granted"))?;
    suspended(tx, held, kind, reason)?;
    Ok(())
}

fn suspended(
    tx: &mut Tx<'_>,
    held: Held,
    kind: SuspensionKind,
    reason: Reason,
) -> Result<Held, Error> {
    let state = held.state.apply(Change::Suspend(kind))?;
    let version = tx.state(Fact::CredentialSuspended {
        credential: held.credential.id,
        kind,
        reason,
    })?;
    if kind == SuspensionKind::ForCause {
        referrals::refer(tx, &held.credential, reason)?;
    }
    Ok(Held {
        state,
        reason: Some(reason),
        since: tx.now,
        version,
        ..held
    })
}

/// Lifts one kind of suspension; any but dormancy when a second person has let it happen.
pub fn lift(
    tx: &mut Tx<'_>,
    permit: Permit<Lift>,
    id: CredentialId,
    kind: SuspensionKind,
) -> Result<Outcome<Held>, Error> {
    let held = own(tx.reader()?, id, |member| permit.covers(member))?;
    // What cannot be lifted is not asked for.
    held.state.apply(Change::Lift(kind))?;
    may_lift(tx, held.credential.worker, kind)?;
    if kind == SuspensionKind::Dormant {
        approvals::not_oneself(tx, permit.caller(), held.credential.worker)?;
        return Ok(Outcome::Done(lifted(tx, held, kind)?));
    }
    let act = Act::LiftSuspension {
        credential: id,
        version: held.version,
        kind,
    };
    let asked = approvals::ask(tx, permit.caller(), held.credential.worker, act)?;
    Ok(Outcome::Asked(Box::new(asked)))
}

/// Lifts what a second person let be lifted, if the credential is still as it was when it was asked for.
pub(super) fn lift_approved(
    tx: &mut Tx<'_>,
    id: CredentialId,
    version: u64,
    kind: SuspensionKind,
) -> Result<(), Error> {
    let held = own(tx.reader()?, id, |_| true)?;
    if held.version != version {
        return Err(approvals::stale("The credential was touched meanwhile."));
    }
    may_lift(tx, held.credential.worker, kind)?;
    lifted(tx, held, kind)?;
    Ok(())
}

fn lifted(tx: &mut Tx<'_>, held: Held, kind: SuspensionKind) -> Result<Held, Error> {
    let id = held.credential.id;
    let state = held.state.apply(Change::Lift(kind))?;
    let version = tx.state(Fact::CredentialLifted {
        credential: id,
        kind,
    })?;
    if kind == SuspensionKind::ForCause {
        referrals::fall(tx, id)?;
        exclusions::fall(tx, id)?;
    }
    Ok(Held {
        state,
        reason: None,
        since: tx.now,
        version,
        ..held
    })
}

/// A credential that the caller's member issued, with its badges.
pub fn show(
    reader: &mut Reader,
    permit: Permit<ReadCredentials>,
    id: CredentialId,
) -> Result<WithBadges, Error> {
    let held = own(reader, id, |member| permit.covers(member))?;
    let badges = credentials::badges_of(reader, id)?;
    Ok(WithBadges { held, badges })
}

/// The credentials that the caller's member issued, a page of them.
pub fn list(
    reader: &mut Reader,
    permit: Permit<ReadCredentials>,
    worker: Option<WorkerId>,
    after: Option<CredentialId>,
    limit: usize,
) -> Result<Vec<WithBadges>, Error> {
    let page = credentials::list(reader, permit.caller().member, worker, after, limit)?;
    page.into_iter()
        .map(|held| {
            let badges = credentials::badges_of(reader, held.credential.id)?;
            Ok(WithBadges { held, badges })
        })
        .collect()
}

pub(super) fn own(
    reader: &mut Reader,
    id: CredentialId,
    covers: impl Fn(MemberId) -> bool,
) -> Result<Held, Error> {
    let held = credentials::find(reader, id)?.filter(|held| covers(held.credential.member));
    held.ok_or_else(|| Error::not_found("credential"))
}

/// The index keeps validity in whole seconds, so nothing finer is promised anywhere.
pub(super) fn whole_seconds(moment: Timestamp) -> Timestamp {
    Timestamp::from_ms(moment.as_seconds() * SECOND_MS)
}

pub(super) fn check_validity(
    from: Timestamp,
    until: Timestamp,
    now: Timestamp,
) -> Result<(), Error> {
    let (code, message) = if until <= from {
        ("before_start", "must be after valid_from")
    } else if until <= now {
        ("past", "must lie in the future")
    } else if until.as_ms() - from.as_ms() > VALIDITY_MAX_MS {
        ("too_long", "must be at most ten years after valid_from")
    } else {
        return Ok(());
    };
    Err(Error::field("/valid_until", code, message))
}

fn check_scope(tx: &mut Tx<'_>, scope: &Scope) -> Result<(), Error> {
    if scope.facilities.len() + scope.zones.len() > SCOPE_MAX {
        let message = format!("Name at most {SCOPE_MAX} facilities and zones.");
        return Err(Error::field("/scope", "too_many", message));
    }
    for (at, facility) in scope.facilities.iter().enumerate() {
        named::<Facility>(tx, &format!("/scope/facilities/{at}"), *facility)?;
    }
    for (at, zone) in scope.zones.iter().enumerate() {
        named::<Zone>(tx, &format!("/scope/zones/{at}"), *zone)?;
    }
    Ok(())
}
