//! Credentials, and what happens to them after they were issued: suspensions, lifts. There is no function that leads out of
//! `Revoked`.

use std::collections::{BTreeSet, HashSet};

use super::approvals::{self, Outcome};
use super::bans;
use super::bulk;
use super::commit::Tx;
use super::effects;
use super::error::{Code, Error};
use super::exclusions::{self, EXCLUSION_HOLDS};
use super::referrals;
use crate::access::permission::{Lift, Permit, ReadCredentials, Suspend};
use crate::domain::approval::{Act, CONFIRM_MS, Done};
use crate::domain::credential::{Change, SuspensionKind};
use crate::domain::ids::{CredentialId, EngagementId, MemberId, WorkerId};
use crate::domain::reason::Reason;
use crate::ledger::entry::Fact;
use crate::ledger::replay::Held;
use crate::store::credentials::Kept;
use crate::store::{Reader, credentials, workers};

/// A credential with its badges.
#[derive(Debug, Clone)]
pub struct WithBadges {
    /// The credential and where it stands.
    pub held: Held,
    /// Its badges.
    pub badges: Vec<Kept>,
}

/// Refuses to lift by hand what holds for a reason that no hand can take away.
fn may_lift(tx: &mut Tx<'_>, held: &Held, kind: SuspensionKind) -> Result<(), Error> {
    if let Some(engagement) = held.credential.engagement {
        let found = workers::find_engagement(tx.reader()?, engagement)?;
        if found.is_some_and(|engagement| engagement.value.ended) {
            return Err(Error::new(
                Code::EngagementEnded,
                "The engagement that it rests on is over, so it cannot be good again: revoke it.",
            ));
        }
    }
    match kind {
        SuspensionKind::Judicial => bans::none_stands(tx, held.credential.worker),
        SuspensionKind::Exclusion => Err(Error::new(Code::ExclusionHolds, EXCLUSION_HOLDS)),
        SuspensionKind::Dormant | SuspensionKind::ForCause | SuspensionKind::Screening => Ok(()),
    }
}

/// The credentials that end with these engagements, each given with its worker: those that rest on them and are not revoked.
/// One that is suspended for cause stays so until two people have decided what it was suspended for.
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
        held.grounds.for_cause.is_none() && engagement.is_some_and(|id| engagements.contains(&id))
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
    if !reason.is_by_hand() {
        return Err(Error::field(
            "/reason",
            "not_by_hand",
            "Only the State's register says what a court ordered. Suspend for another reason, or not at all.",
        ));
    }
    let (caller, worker) = (permit.caller(), held.credential.worker);
    effects::check_borne_out(tx, worker, reason, "/reason")?;
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
    let change = Change::Suspend(kind);
    let state = held.state.apply(change)?;
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
        grounds: held.grounds.after(change, tx.now),
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
    may_lift(tx, &held, kind)?;
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
    may_lift(tx, &held, kind)?;
    lifted(tx, held, kind)?;
    Ok(())
}

fn lifted(tx: &mut Tx<'_>, held: Held, kind: SuspensionKind) -> Result<Held, Error> {
    let id = held.credential.id;
    let change = Change::Lift(kind);
    let state = held.state.apply(change)?;
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
        grounds: held.grounds.after(change, tx.now),
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
