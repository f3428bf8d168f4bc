//! Revocations, of one credential and of many. A revocation is final: there is no function that leads out of it.
//!
//! For a reason of the class for_cause two people revoke, as it marks the worker and not the badge. No gate waits for the
//! second: the credential is suspended at once, and stays so, whatever the second person says or does not say, until two
//! people lift that. So what is suspended for cause takes two for any reason: a revocation ends what it was suspended for. Neither
//! is waived behind broken glass, which is for many at once.
//! What is too many for one person waits as a whole: nothing of it is done before.

use std::collections::HashSet;

use super::approvals::{self, Outcome};
use super::bulk;
use super::commit::Tx;
use super::credentials::own;
use super::effects;
use super::error::{Code, Error};
use super::exclusions;
use super::referrals;
use crate::access::permission::{Caller, CorrectRevocations, Permit, Revoke};
use crate::domain::approval::Act;
use crate::domain::client::Role;
use crate::domain::credential::{Change, Refused, State, SuspensionKind};
use crate::domain::ids::CredentialId;
use crate::domain::reason::{Class, Reason};
use crate::domain::time::Timestamp;
use crate::index::Loaded;
use crate::ledger::entry::Fact;
use crate::ledger::replay::Asked;
use crate::store::credentials;

/// What a revocation came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revocation {
    /// Which credential.
    pub credential: CredentialId,
    /// Why.
    pub reason: Reason,
    /// When it became final.
    pub at: Timestamp,
    /// By which entry.
    pub seq: u64,
    /// Whether it was so before this request.
    pub already: bool,
}

/// Revokes a credential of the caller's member, for good. One that is revoked already stays as it is, with its first
/// reason, and that is no error: who revokes twice wants it revoked.
pub fn revoke(
    tx: &mut Tx<'_>,
    permit: Permit<Revoke>,
    id: CredentialId,
    reason: Reason,
) -> Result<Outcome<Revocation>, Error> {
    check_reason(permit.caller(), reason)?;
    let standing = standing(tx, permit, id)?;
    if standing.state == State::Revoked {
        return Ok(Outcome::Done(before(tx, id, reason)?));
    }
    let worker = own(tx.reader()?, id, |_| true)?.credential.worker;
    effects::check_borne_out(tx, worker, reason, "/reason")?;
    let mut waits = rule(tx, permit.caller(), reason, 1);
    if waits == Rule::One && under_inquiry(&standing) {
        waits = Rule::Two;
    }
    if waits == Rule::One {
        return Ok(Outcome::Done(revoked(tx, id, reason)?));
    }
    if waits == Rule::TwoAndShut {
        shut(tx, &standing, reason)?;
    }
    let act = Act::RevokeCredentials {
        credentials: vec![id],
        version: tx.seq(),
        reason,
    };
    let asked = approvals::ask(tx, permit.caller(), worker, act)?;
    Ok(Outcome::Asked(Box::new(asked)))
}

/// What became of one credential of a batch.
pub type OfBatch = (CredentialId, Result<Revocation, Error>);

/// Revokes many for one reason, or asks for it, all in one. What is not there is told of each and hinders no other; what is
/// asked for is the list of those that are there and not revoked yet.
pub fn revoke_many(
    tx: &mut Tx<'_>,
    permit: Permit<Revoke>,
    ids: &[CredentialId],
    reason: Reason,
) -> Result<Outcome<Vec<OfBatch>>, Error> {
    check_reason(permit.caller(), reason)?;
    let mut seen = HashSet::new();
    let wanted: Vec<Loaded> = ids
        .iter()
        .filter(|id| seen.insert(**id))
        .filter_map(|&id| standing(tx, permit, id).ok())
        .filter(|standing| standing.state != State::Revoked)
        .collect();
    let waits = rule(tx, permit.caller(), reason, wanted.len());
    check_listed(tx, ids, &wanted, reason, waits)?;
    if !wanted.is_empty() && waits != Rule::One {
        if waits == Rule::TwoAndShut {
            for standing in &wanted {
                shut(tx, standing, reason)?;
            }
        }
        let act = Act::RevokeCredentials {
            credentials: wanted.iter().map(|standing| standing.id).collect(),
            version: tx.seq(),
            reason,
        };
        let asked = approvals::ask(tx, permit.caller(), None, act)?;
        return Ok(Outcome::Asked(Box::new(asked)));
    }
    let mut done = Vec::with_capacity(ids.len());
    for &id in ids {
        let one = match standing(tx, permit, id) {
            Ok(standing) if standing.state == State::Revoked => Ok(before(tx, id, reason)?),
            Ok(standing) if under_inquiry(&standing) => Err(Error::new(
                Code::InquiryStands,
                "It is suspended for cause, so it takes two people to revoke it: ask for it by itself.",
            )),
            Ok(_) => Ok(revoked(tx, id, reason)?),
            Err(absent) => Err(absent),
        };
        done.push((id, one));
    }
    Ok(Outcome::Done(done))
}

/// Revokes what a second person let be revoked, if nothing but a revocation touched it since it was asked for.
pub(super) fn approved(
    tx: &mut Tx<'_>,
    ids: &[CredentialId],
    version: u64,
    reason: Reason,
) -> Result<(), Error> {
    let mut some = false;
    for &id in ids {
        let standing = tx
            .standing(id)
            .ok_or_else(|| Error::internal("a credential is gone"))?;
        if standing.state == State::Revoked {
            continue;
        }
        if standing.version > version {
            return Err(approvals::stale("A credential was touched meanwhile."));
        }
        revoked(tx, id, reason)?;
        some = true;
    }
    if some {
        return Ok(());
    }
    Err(approvals::stale("All of it was revoked meanwhile."))
}

/// Asks for it to be noted that a credential of the caller's member was revoked wrongly; a registrar is the second person. It
/// stays revoked: who was wronged is issued another.
pub fn correct(
    tx: &mut Tx<'_>,
    permit: Permit<CorrectRevocations>,
    id: CredentialId,
) -> Result<Asked, Error> {
    let held = own(tx.reader()?, id, |member| permit.covers(member))?;
    held.state.check_corrected(held.corrected_at)?;
    let act = Act::CorrectRevocation {
        credential: id,
        version: held.version,
    };
    approvals::ask(tx, permit.caller(), held.credential.worker, act)
}

/// Notes what a second person let be noted. What others were told of it for cause, and nobody has answered, falls.
pub(super) fn correct_approved(
    tx: &mut Tx<'_>,
    id: CredentialId,
    version: u64,
) -> Result<(), Error> {
    let held = own(tx.reader()?, id, |_| true)?;
    if held.version != version {
        return Err(approvals::stale("The credential was touched meanwhile."));
    }
    held.state.check_corrected(held.corrected_at)?;
    tx.state(Fact::RevocationCorrected { credential: id })?;
    if held
        .reason
        .is_some_and(|reason| reason.class() == Class::ForCause)
    {
        referrals::fall(tx, id)?;
        exclusions::fall(tx, id)?;
    }
    Ok(())
}

/// Revokes what is on a file that is carried out behind broken glass, which may be whole again meanwhile. What takes two people
/// whatever stands is asked for.
pub(super) fn behind_glass(
    tx: &mut Tx<'_>,
    permit: Permit<Revoke>,
    id: CredentialId,
    reason: Reason,
) -> Result<(), Error> {
    if takes_two(reason) || under_inquiry(&standing(tx, permit, id)?) {
        return revoke(tx, permit, id, reason).map(drop);
    }
    of_granted(tx, id, reason)
}

/// Revokes what is on a file that a second person let be carried out.
pub(super) fn of_granted(tx: &mut Tx<'_>, id: CredentialId, reason: Reason) -> Result<(), Error> {
    let standing = tx.standing(id);
    if standing.is_some_and(|standing| standing.state != State::Revoked) {
        revoked(tx, id, reason)?;
    }
    Ok(())
}

/// What it takes to revoke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// One person does it at once.
    One,
    /// Two people do it, and nothing happens before.
    Two,
    /// Two people do it, and the gate is shut meanwhile.
    TwoAndShut,
}

/// Whether it takes two people to revoke for this reason, however few.
pub(super) fn takes_two(reason: Reason) -> bool {
    matches!(reason.class(), Class::ForCause | Class::System)
}

/// What it takes for so many.
fn rule(tx: &Tx<'_>, caller: Caller, reason: Reason, many: usize) -> Rule {
    match reason.class() {
        _ if bulk::needs_two(tx, caller, many) => Rule::Two,
        Class::ForCause => Rule::TwoAndShut,
        _ if takes_two(reason) => Rule::Two,
        _ => Rule::One,
    }
}

/// Whether a revocation would end what the credential is suspended for.
fn under_inquiry(standing: &Loaded) -> bool {
    let lifts = Change::Lift(SuspensionKind::ForCause);
    standing.state.apply(lifts).is_ok()
}

fn check_reason(caller: Caller, reason: Reason) -> Result<(), Error> {
    if !reason.revokes() {
        return Err(Error::field(
            "/reason",
            "not_for_revocation",
            "This reason may turn out to be nothing, and a revocation is final: suspend the credential instead.",
        ));
    }
    if caller.role == Role::DutyOfficer && !reason.is_urgent() {
        return Err(Error::field(
            "/reason",
            "not_for_role",
            "A duty officer revokes what cannot wait: what is lost, stolen, damaged or copied, or for cause. Leave this to an HR officer.",
        ));
    }
    Ok(())
}

/// Refuses a list as a whole where one of it could not be done for this reason, and says which.
fn check_listed(
    tx: &mut Tx<'_>,
    ids: &[CredentialId],
    wanted: &[Loaded],
    reason: Reason,
    waits: Rule,
) -> Result<(), Error> {
    for standing in wanted {
        let at = ids.iter().position(|&id| id == standing.id);
        let pointer = format!("/credentials/{}", at.unwrap_or_default());
        if waits == Rule::TwoAndShut && standing.state == State::Approved {
            return Err(Error::field(
                pointer,
                "not_handed_over",
                "It was not handed over yet, so no gate must be shut for it. Take it out of the list, and revoke it because it is not handed over.",
            ));
        }
        if reason.class() == Class::Screening {
            let worker = own(tx.reader()?, standing.id, |_| true)?.credential.worker;
            effects::check_borne_out(tx, worker, reason, &pointer)?;
        }
    }
    Ok(())
}

fn standing(tx: &Tx<'_>, permit: Permit<Revoke>, id: CredentialId) -> Result<Loaded, Error> {
    tx.standing(id)
        .filter(|standing| permit.covers(standing.member))
        .ok_or_else(|| Error::not_found("credential"))
}

/// Suspends what is to be revoked for cause, unless it is suspended so already. What nobody holds yet cannot be suspended, and would
/// open doors if it were handed over meanwhile: it is to be revoked because it is not handed over, by one person.
fn shut(tx: &mut Tx<'_>, standing: &Loaded, reason: Reason) -> Result<(), Error> {
    let kind = SuspensionKind::ForCause;
    if standing.state == State::Approved {
        return Err(Refused::NotHandedOver.into());
    }
    if standing.state.apply(Change::Suspend(kind)).is_ok() {
        tx.state(Fact::CredentialSuspended {
            credential: standing.id,
            kind,
            reason,
        })?;
        told(tx, standing.id, reason)?;
    }
    Ok(())
}

/// Tells the other issuers of the person what was just done to this credential, if it was for cause.
fn told(tx: &mut Tx<'_>, id: CredentialId, reason: Reason) -> Result<(), Error> {
    if reason.class() != Class::ForCause {
        return Ok(());
    }
    let held = own(tx.reader()?, id, |_| true)?;
    referrals::refer(tx, &held.credential, reason)
}

fn revoked(tx: &mut Tx<'_>, id: CredentialId, reason: Reason) -> Result<Revocation, Error> {
    let seq = tx.state(Fact::CredentialRevoked {
        credential: id,
        reason,
    })?;
    told(tx, id, reason)?;
    Ok(Revocation {
        credential: id,
        reason,
        at: tx.now,
        seq,
        already: false,
    })
}

/// The revocation that stands.
fn before(tx: &mut Tx<'_>, id: CredentialId, reason: Reason) -> Result<Revocation, Error> {
    let held =
        credentials::find(tx.reader()?, id)?.ok_or_else(|| Error::not_found("credential"))?;
    Ok(Revocation {
        credential: id,
        reason: held.reason.unwrap_or(reason),
        at: held.since,
        seq: held.version,
        already: true,
    })
}
