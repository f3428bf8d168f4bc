//! Issuing credentials. Where the member wants it so, which is where it said nothing, a second person grants the issue; the
//! credential is then approved, gets its badge, and is good from when it was handed over in person.

use super::approvals::{self, Outcome};
use super::badges::{self, BadgeDraft};
use super::bulk;
use super::commit::Tx;
use super::credentials::{WithBadges, own};
use super::effects;
use super::error::{Code, Error};
use super::network::named;
use super::{bans, erasures, exclusions, match_cases};
use crate::access::permission::{Issue, KeepIssuing, Permit};
use crate::domain::approval::Act;
use crate::domain::credential::{Badge, Change, Credential, Refused, SCOPE_MAX, Scope, State};
use crate::domain::grounds::Grounds;
use crate::domain::ids::{BadgeId, CredentialId, EngagementId, MemberId, WorkerId};
use crate::domain::network::{Facility, Member, Zone};
use crate::domain::reason::{Class, Reason};
use crate::domain::time::{DAY_MS, SECOND_MS, Timestamp};
use crate::ledger::entry::Fact;
use crate::ledger::replay::{Asked, Held};
use crate::store::credentials::Kept;
use crate::store::match_cases::same_person;
use crate::store::{Reader, credentials, documents, workers};

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
    /// What it is carried on; nothing yet where a second person must grant the issue.
    pub badges: Vec<BadgeDraft>,
}

/// Issues a credential to a worker of the caller's member. Good at once, within its validity, or asked for. Who bears no document
/// gets none: they would be somebody new wherever they come.
pub fn issue(
    tx: &mut Tx<'_>,
    permit: Permit<Issue>,
    draft: &CredentialDraft,
) -> Result<Outcome<WithBadges>, Error> {
    let member = permit.caller().member;
    let valid_from = whole_seconds(draft.valid_from.unwrap_or(tx.now));
    let valid_until = whole_seconds(draft.valid_until);
    check_validity(valid_from, valid_until, tx.now)?;
    let credential = Credential {
        id: CredentialId::make(tx.environment),
        member,
        worker: draft.worker,
        engagement: draft.engagement,
        valid_from,
        valid_until,
        scope: draft.scope.clone(),
    };
    let version = check(tx, permit, &credential)?;
    check_scope(tx, &credential.scope)?;
    approvals::not_oneself(tx, permit.caller(), draft.worker)?;
    let by_one = !approves(tx, member) && !lost_for_cause(tx.reader()?, draft.worker)?;
    if by_one {
        if draft.badges.is_empty() {
            let message =
                "is needed: what you issue is good at once, and must be carried on something";
            return Err(Error::field("/badges", "missing", message));
        }
        let badges = badges::make(tx, permit, draft.worker, &draft.badges, "/badges")?;
        return Ok(Outcome::Done(issued(tx, credential, badges)?));
    }
    if !draft.badges.is_empty() {
        return Err(Error::field(
            "/badges",
            "not_yet",
            "must be left out: a second person grants it first, as for all that your member issues or because the worker lost one for cause; it gets its badges then",
        ));
    }
    let act = Act::IssueCredential {
        credential,
        version,
    };
    let asked = approvals::ask(tx, permit.caller(), draft.worker, act)?;
    Ok(Outcome::Asked(Box::new(asked)))
}

/// Issues what a second person let be issued, if it could still be asked for and the worker's record is as it was then.
pub(super) fn issue_approved(
    tx: &mut Tx<'_>,
    permit: Permit<Issue>,
    credential: &Credential,
    version: u64,
) -> Result<(), Error> {
    if check(tx, permit, credential)? != version {
        return Err(approvals::stale(
            "The worker's record was touched meanwhile.",
        ));
    }
    if credential.valid_until <= tx.now {
        return Err(approvals::stale("It would have expired."));
    }
    tx.state(Fact::CredentialApproved {
        credential: credential.clone(),
    })?;
    Ok(())
}

/// Notes that a credential was handed over to its worker, in person. It is good from now on.
pub fn hand_over(
    tx: &mut Tx<'_>,
    permit: Permit<Issue>,
    id: CredentialId,
) -> Result<WithBadges, Error> {
    let held = own(tx.reader()?, id, |member| permit.covers(member))?;
    let state = held.state.apply(Change::HandOver)?;
    let credential = &held.credential;
    if credential.valid_until <= tx.now {
        return Err(expired());
    }
    approvals::not_oneself(tx, permit.caller(), credential.worker)?;
    may_have(tx, credential.member, credential.worker, &credential.scope)?;
    let badges = credentials::badges_of(tx.reader()?, id)?;
    if badges.is_empty() {
        return Err(Error::new(
            Code::Conflict,
            "It has no badge that could be handed over; add one first.",
        ));
    }
    let version = tx.state(Fact::CredentialHandedOver { credential: id })?;
    Ok(WithBadges {
        held: Held {
            state,
            reason: None,
            since: tx.now,
            version,
            ..held
        },
        badges,
    })
}

/// Notes that a badge of a credential that is over came back, or is known to be destroyed.
pub fn recover(
    tx: &mut Tx<'_>,
    permit: Permit<Issue>,
    id: CredentialId,
    badge: BadgeId,
) -> Result<WithBadges, Error> {
    let held = own(tx.reader()?, id, |member| permit.covers(member))?;
    let mut badges = credentials::badges_of(tx.reader()?, id)?;
    let found = badges.iter_mut().find(|kept| kept.badge.id == badge);
    let found = found.ok_or_else(|| Error::not_found("badge"))?;
    held.check_over(tx.now)?;
    approvals::not_oneself(tx, permit.caller(), held.credential.worker)?;
    if found.recovered_at.is_some() {
        return Err(Error::new(
            Code::Conflict,
            "The badge is known to be back already.",
        ));
    }
    found.recovered_at = Some(tx.now);
    let version = tx.state(Fact::BadgeRecovered {
        credential: id,
        badge,
    })?;
    let held = Held { version, ..held };
    Ok(WithBadges { held, badges })
}

/// Asks that one person be enough to issue a member's credentials.
pub fn let_one(tx: &mut Tx<'_>, permit: Permit<KeepIssuing>, id: MemberId) -> Result<Asked, Error> {
    let (version, member) = member(tx, id).ok_or_else(|| Error::not_found("member"))?;
    if !member.approves_issues {
        return Err(Error::new(
            Code::Conflict,
            "One person issues its credentials already; there is nothing to change.",
        ));
    }
    let act = Act::LetOneIssue {
        member: id,
        version,
    };
    approvals::ask(tx, permit.caller(), None, act)
}

/// Lets one person issue, as two said.
pub(super) fn let_one_approved(tx: &mut Tx<'_>, id: MemberId, version: u64) -> Result<(), Error> {
    let (found, member) = member(tx, id).ok_or_else(|| Error::not_found("member"))?;
    if found != version {
        return Err(approvals::stale("The member was touched meanwhile."));
    }
    tx.state(Fact::MemberRecorded(Member {
        approves_issues: false,
        ..member
    }))?;
    Ok(())
}

fn member(tx: &Tx<'_>, id: MemberId) -> Option<(u64, Member)> {
    let places = tx.index.places();
    let (version, member) = places.members.get(&id)?;
    Some((*version, Member::clone(member)))
}

/// Whether a second person grants what this member issues.
pub(super) fn approves(tx: &Tx<'_>, id: MemberId) -> bool {
    member(tx, id).is_none_or(|(_, member)| member.approves_issues)
}

/// Refuses what may not be issued, and says which entry last touched the worker's record.
fn check(tx: &mut Tx<'_>, permit: Permit<Issue>, credential: &Credential) -> Result<u64, Error> {
    let worker = workers::find(tx.reader()?, credential.worker)?
        .filter(|worker| permit.covers(worker.value.member))
        .ok_or_else(|| Error::field("/worker", "not_found", "There is no such worker."))?;
    if documents::of(tx.reader()?, credential.worker)?.is_empty() {
        let message = "bears no document: record the one that they showed, by which they are found wherever they come again";
        return Err(Error::field("/worker", "no_document", message));
    }
    may_have(tx, credential.member, credential.worker, &credential.scope)?;
    if let Some(engagement) = credential.engagement {
        let held = workers::find_engagement(tx.reader()?, engagement)?
            .filter(|held| {
                permit.covers(held.value.engagement.member)
                    && held.value.engagement.worker == credential.worker
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
        effects::check_engaged(held.value.engagement.until, credential.valid_until)?;
    }
    let functions = credential.scope.functions;
    effects::check_cleared(tx, credential.worker, functions, credential.valid_until)?;
    Ok(worker.version)
}

/// Refuses where nothing may be issued to somebody: who they are is not decided, they are banned, their member keeps them from
/// where this would lead, or something else that it issued to them is suspended for cause or by a court.
pub(super) fn may_have(
    tx: &mut Tx<'_>,
    member: MemberId,
    worker: WorkerId,
    scope: &Scope,
) -> Result<(), Error> {
    match_cases::none_open(tx, worker)?;
    erasures::none_waits(tx, worker)?;
    bans::none_stands(tx, worker)?;
    exclusions::none_holds(tx, member, worker, scope)?;
    match under_inquiry(tx.reader()?, member, worker)? {
        true => Err(Error::new(Code::InquiryStands, INQUIRY_STANDS)),
        false => Ok(()),
    }
}

/// Why something is not issued to somebody.
pub(super) const INQUIRY_STANDS: &str = "Something that your member issued to this worker is suspended for cause or by a court. Until that is lifted or revoked, nothing else is issued to them.";

/// Whether something that this member issued to the person with this record is suspended for cause or by a court. That it has
/// expired since ends no inquiry.
pub(super) fn under_inquiry(
    reader: &mut Reader,
    member: MemberId,
    worker: WorkerId,
) -> Result<bool, Error> {
    let records: Vec<WorkerId> = same_person(reader, worker)?.into_iter().collect();
    let live = credentials::live_of(reader, &records)?;
    Ok(live
        .iter()
        .any(|held| held.credential.member == member && held.grounds != Grounds::default()))
}

/// Why a file brings somebody no more badges for what they did or may have done, with its code: a second person must see whom it is
/// about.
pub(super) fn not_by_file(
    reader: &mut Reader,
    member: MemberId,
    worker: WorkerId,
) -> Result<Option<(&'static str, &'static str)>, Error> {
    if under_inquiry(reader, member, worker)? {
        return Ok(Some(("inquiry_stands", INQUIRY_STANDS)));
    }
    let lost = lost_for_cause(reader, worker)?;
    Ok(lost.then_some(("lost_for_cause", LOST_FOR_CAUSE)))
}

const LOST_FOR_CAUSE: &str = "This worker lost a credential for cause. Issue another by itself, so that a second person sees whom it is for.";

/// Whether the person with this record lost a credential for cause, of whichever member, and nobody found that wrong. Who took it
/// from them does not alone give them another.
fn lost_for_cause(reader: &mut Reader, worker: WorkerId) -> Result<bool, Error> {
    let records: Vec<WorkerId> = same_person(reader, worker)?.into_iter().collect();
    Ok(credentials::any_revoked_for_cause(reader, &records)?)
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
    Ok(fresh(tx, credential, State::Active, badges, version))
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
        State::Approved => return Err(Refused::NotHandedOver.into()),
        State::Revoked => return Err(Refused::Revoked.into()),
        // A new badge would be good where this one is not.
        State::Suspended(_) => return Err(Refused::AlreadySuspended.into()),
    }
    if held.credential.valid_until <= tx.now {
        return Err(expired());
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
    if approves(tx, credential.member) {
        // It was granted once; the new badge is handed over like the old one.
        return approved(tx, credential, badges);
    }
    issued(tx, credential, badges)
}

fn approved(
    tx: &mut Tx<'_>,
    credential: Credential,
    badges: Vec<Badge>,
) -> Result<WithBadges, Error> {
    let id = credential.id;
    let mut version = tx.state(Fact::CredentialApproved {
        credential: credential.clone(),
    })?;
    for badge in &badges {
        version = tx.state(Fact::BadgeAdded {
            credential: id,
            badge: badge.clone(),
        })?;
    }
    Ok(fresh(tx, credential, State::Approved, badges, version))
}

fn fresh(
    tx: &Tx<'_>,
    credential: Credential,
    state: State,
    badges: Vec<Badge>,
    version: u64,
) -> WithBadges {
    WithBadges {
        held: Held {
            functions: credential.scope.functions,
            credential,
            state,
            reason: None,
            since: tx.now,
            grounds: Grounds::default(),
            corrected_at: None,
            version,
        },
        badges: badges.into_iter().map(Kept::from).collect(),
    }
}

fn expired() -> Error {
    Error::new(
        Code::Conflict,
        "The credential has expired; issue a new one.",
    )
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
