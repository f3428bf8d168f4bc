//! Referrals: a member that acts for cause against somebody tells the other issuers of the same person, where the law lets
//! it, and each of them answers with two people. Where the law does not let it, a draft stays with the member.

use std::collections::BTreeMap;

use super::approvals::{self, Outcome};
use super::commit::Tx;
use super::error::Error;
use super::sharing;
use crate::access::permission::{KeepReferrals, Permit, ReadReferrals};
use crate::domain::approval::Act;
use crate::domain::credential::{self, SuspensionKind};
use crate::domain::ids::{CredentialId, MemberId, ReferralId, WorkerId};
use crate::domain::reason::Reason;
use crate::domain::referral::{Addressee, Change, Referral, State};
use crate::domain::time::Timestamp;
use crate::ledger::entry::Fact;
use crate::ledger::replay::{Held, Referred};
use crate::store::match_cases::same_person;
use crate::store::referrals::{self, Which};
use crate::store::{Reader, credentials};

/// Tells the other issuers that this credential was suspended or revoked for cause. To be called in the transaction that did
/// so; what was told of it before gives way.
pub(super) fn refer(
    tx: &mut Tx<'_>,
    credential: &credential::Credential,
    reason: Reason,
) -> Result<(), Error> {
    fall(tx, credential.id)?;
    let (member, worker, id) = (credential.member, credential.worker, credential.id);
    if sharing::may_leave(tx, member)? {
        return to_others(tx, member, worker, id, reason);
    }
    opened(tx, member, worker, id, reason, None)
}

/// The ground is gone on which something was told of this credential: what was not answered yet, falls.
pub(super) fn fall(tx: &mut Tx<'_>, credential: CredentialId) -> Result<(), Error> {
    for referred in referrals::unanswered_of(tx.reader()?, credential)? {
        moved(tx, referred, Change::Fallen)?;
    }
    Ok(())
}

/// Sends a draft of the caller's member, now that it may leave.
pub fn send(
    tx: &mut Tx<'_>,
    permit: Permit<KeepReferrals>,
    id: ReferralId,
) -> Result<Referred, Error> {
    let referred = referrals::find(tx.reader()?, id)?
        .filter(|referred| permit.covers(referred.referral.member))
        .ok_or_else(not_found)?;
    referred.state.apply(Change::Sent)?;
    sharing::must_be_allowed(tx, referred.referral.member)?;
    let sent = moved(tx, referred, Change::Sent)?;
    let referral = &sent.referral;
    to_others(
        tx,
        referral.member,
        referral.worker,
        referral.credential,
        referral.reason,
    )?;
    Ok(sent)
}

/// Adopts or declines a referral to the caller's member, once a second person of that member has let it happen.
pub fn answer(
    tx: &mut Tx<'_>,
    permit: Permit<KeepReferrals>,
    id: ReferralId,
    change: Change,
) -> Result<Outcome<Referred>, Error> {
    let referred = referrals::find(tx.reader()?, id)?.ok_or_else(not_found)?;
    let to = referred
        .referral
        .to
        .filter(|to| permit.covers(to.member))
        .ok_or_else(not_found)?;
    check_answer(tx, &referred, change)?;
    let act = Act::AnswerReferral {
        referral: id,
        version: referred.version,
        change,
    };
    let asked = approvals::ask(tx, permit.caller(), to.worker, act)?;
    Ok(Outcome::Asked(Box::new(asked)))
}

/// Answers as a second person let be answered. What is adopted suspends whatever the member issued to the person.
pub(super) fn answer_approved(
    tx: &mut Tx<'_>,
    id: ReferralId,
    version: u64,
    change: Change,
) -> Result<(), Error> {
    let referred = referrals::find(tx.reader()?, id)?.ok_or_else(not_found)?;
    if referred.version != version {
        return Err(approvals::stale("The referral was touched meanwhile."));
    }
    check_answer(tx, &referred, change)?;
    let referred = moved(tx, referred, change)?;
    let (Change::Adopted, Some(to)) = (change, referred.referral.to) else {
        return Ok(());
    };
    for held in live_of_person(tx, to.worker)? {
        let suspend = credential::Change::Suspend(SuspensionKind::ForCause);
        if held.credential.member == to.member && held.state == credential::State::Approved {
            // It was not handed over, and will not be.
            tx.state(Fact::CredentialRevoked {
                credential: held.credential.id,
                reason: Reason::IssuedInError,
            })?;
            continue;
        }
        if held.credential.member == to.member && held.state.apply(suspend).is_ok() {
            // By the referral, and so not referred anew: it would go round for ever.
            tx.state(Fact::CredentialSuspended {
                credential: held.credential.id,
                kind: SuspensionKind::ForCause,
                reason: referred.referral.reason,
            })?;
        }
    }
    Ok(())
}

/// A referral from or to the caller's member.
pub fn show(
    reader: &mut Reader,
    permit: Permit<ReadReferrals>,
    id: ReferralId,
) -> Result<Referred, Error> {
    let found = referrals::find(reader, id)?.filter(|referred| {
        let referral = &referred.referral;
        permit.covers(referral.member) || referral.to.is_some_and(|to| permit.covers(to.member))
    });
    found.ok_or_else(not_found)
}

/// The referrals from and to the caller's member, a page of them.
pub fn list(
    reader: &mut Reader,
    permit: Permit<ReadReferrals>,
    which: Option<Which>,
    now: Timestamp,
    after: Option<ReferralId>,
    limit: usize,
) -> Result<Vec<Referred>, Error> {
    let member = permit.caller().member;
    Ok(referrals::list(reader, member, which, now, after, limit)?)
}

fn check_answer(tx: &mut Tx<'_>, referred: &Referred, change: Change) -> Result<(), Error> {
    referred.state.apply(change)?;
    match change {
        // What may not be shared any more is not acted on either.
        Change::Adopted => sharing::must_be_allowed(tx, referred.referral.member),
        Change::Sent | Change::Declined(_) | Change::Fallen => Ok(()),
    }
}

/// One referral for each other member that issued a live credential to the person.
fn to_others(
    tx: &mut Tx<'_>,
    member: MemberId,
    worker: WorkerId,
    credential: CredentialId,
    reason: Reason,
) -> Result<(), Error> {
    let mut others: BTreeMap<MemberId, WorkerId> = BTreeMap::new();
    for held in live_of_person(tx, worker)? {
        if held.credential.member != member {
            others
                .entry(held.credential.member)
                .or_insert(held.credential.worker);
        }
    }
    for (other, record) in others {
        let to = Addressee {
            member: other,
            worker: record,
        };
        opened(tx, member, worker, credential, reason, Some(to))?;
    }
    Ok(())
}

/// Whatever is live of the person whose record this is, at whichever member.
pub(super) fn live_of_person(tx: &mut Tx<'_>, worker: WorkerId) -> Result<Vec<Held>, Error> {
    let records: Vec<WorkerId> = same_person(tx.reader()?, worker)?.into_iter().collect();
    live_of(tx, &records)
}

/// Whatever these workers have that is neither revoked nor expired, at whichever member.
pub(super) fn live_of(tx: &mut Tx<'_>, workers: &[WorkerId]) -> Result<Vec<Held>, Error> {
    let now = tx.now;
    let mut live = credentials::live_of(tx.reader()?, workers)?;
    live.retain(|held| held.credential.valid_until > now);
    Ok(live)
}

fn opened(
    tx: &mut Tx<'_>,
    member: MemberId,
    worker: WorkerId,
    credential: CredentialId,
    reason: Reason,
    to: Option<Addressee>,
) -> Result<(), Error> {
    tx.state(Fact::ReferralOpened(Referral {
        id: ReferralId::make(tx.environment),
        member,
        worker,
        credential,
        reason,
        to,
    }))?;
    Ok(())
}

fn moved(tx: &mut Tx<'_>, referred: Referred, change: Change) -> Result<Referred, Error> {
    let state: State = referred.state.apply(change)?;
    let version = tx.state(Fact::ReferralMoved {
        referral: referred.referral.id,
        change,
    })?;
    Ok(Referred {
        state,
        ground: match change {
            Change::Declined(ground) => Some(ground),
            Change::Sent | Change::Adopted | Change::Fallen => None,
        },
        since: tx.now,
        version,
        ..referred
    })
}

fn not_found() -> Error {
    Error::not_found("referral")
}
