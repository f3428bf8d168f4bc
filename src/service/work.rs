//! Work lists: what waits for somebody, put together from where each thing stands. Nothing is kept for it, so nothing can be
//! forgotten or done twice.

use super::approvals;
use super::error::Error;
use super::retention::needed;
use crate::access::permission::{Caller, Permit, ReadWork};
use crate::domain::approval;
use crate::domain::calendar::Day;
use crate::domain::exclusion;
use crate::domain::grounds::{self, REVIEWED_AFTER_MS, STOPS_AFTER_MS};
use crate::domain::ids::{
    ApprovalId, CredentialId, ExclusionId, MatchCaseId, ReferralId, ScreeningId, WorkerId,
};
use crate::domain::match_case;
use crate::domain::referral;
use crate::domain::screening::State;
use crate::domain::time::{MINUTE_MS, Timestamp};
use crate::domain::work::{
    BAN_SHOWN_MS, Item, Kind, LAPSED_SHOWN_MS, Subject, WARNED_DAYS, kinds_of, sees_only_overdue,
    within,
};
use crate::ledger::replay::{Asked, Screened};
use crate::store::{
    Reader, StoreError, exclusions, match_cases, referrals, retention, screenings, suspended,
};

/// Where a page begins: after this item.
pub type After = (Kind, u128);

/// What waits for the caller, a page of it, in the order of kinds and within one of identifiers; of one kind only, if one is
/// named.
pub fn list(
    reader: &mut Reader,
    permit: Permit<ReadWork>,
    only: Option<Kind>,
    after: Option<After>,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<Item>, Error> {
    let caller = permit.caller();
    let mut items = Vec::new();
    for &kind in kinds_of(caller.role) {
        let is_past = after.is_some_and(|(last, _)| kind < last);
        if is_past || only.is_some_and(|only| only != kind) {
            continue;
        }
        let after = after.filter(|(last, _)| *last == kind).map(|(_, id)| id);
        let room = limit - items.len();
        if room == 0 {
            break;
        }
        items.extend(of_kind(reader, caller, kind, after, now, room)?);
    }
    Ok(items)
}

fn of_kind(
    reader: &mut Reader,
    caller: Caller,
    kind: Kind,
    after: Option<u128>,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<Item>, StoreError> {
    let member = caller.member;
    let item = |subject, since, due_at| Item {
        kind,
        subject,
        due_at,
        since,
        within_days: None,
    };
    let of_credential = |(id, since): (CredentialId, Timestamp), due_at| {
        item(Subject::Credential(id), since, due_at)
    };
    let after_credential = after.map(CredentialId::from_u128);
    let after_screening = after.map(ScreeningId::from_u128);
    Ok(match kind {
        Kind::Approval => answerable(reader, caller, after, now, limit)?,
        Kind::MatchCase => {
            let after = after.map(MatchCaseId::from_u128);
            let open = match_case::State::Open;
            match_cases::to_decide(reader, member, open, after, limit)?
                .into_iter()
                .map(|found| item(Subject::MatchCase(found.case.id), found.opened_at, None))
                .collect()
        }
        Kind::Referral => {
            let after = after.map(ReferralId::from_u128);
            referrals::to_answer(reader, member, after, limit)?
                .into_iter()
                .map(|found| {
                    let due = referral::due_at(found.opened_at);
                    item(
                        Subject::Referral(found.referral.id),
                        found.opened_at,
                        Some(due),
                    )
                })
                .collect()
        }
        Kind::ReviewDue => suspended::for_cause(reader, member, now, after_credential, limit)?
            .into_iter()
            .map(|found| of_credential(found, Some(grounds::review_due(found.1))))
            .collect(),
        Kind::HardStop => {
            let began_ms = if sees_only_overdue(caller.role) {
                STOPS_AFTER_MS
            } else {
                REVIEWED_AFTER_MS
            };
            let began_by = now.plus_ms(-began_ms);
            suspended::for_cause(reader, member, began_by, after_credential, limit)?
                .into_iter()
                .map(|found| of_credential(found, Some(grounds::hard_stop(found.1))))
                .collect()
        }
        Kind::FinalisationDue => {
            screenings::list(reader, member, Some(State::Refused), after_screening, limit)?
                .into_iter()
                .map(|found| of_screening(kind, &found, None))
                .collect()
        }
        Kind::ScreeningEnds => {
            let today = Day::of(now);
            let last = today.plus_days(WARNED_DAYS[0].into());
            screenings::ending(reader, member, last, after_screening, limit)?
                .into_iter()
                .map(|found| {
                    let left = found
                        .standing
                        .due()
                        .map(|due| due.number() - today.number());
                    of_screening(kind, &found, left.and_then(within))
                })
                .collect()
        }
        Kind::ScreeningLapsed => {
            let since = now.plus_ms(-LAPSED_SHOWN_MS);
            screenings::lapsed_of(reader, member, since, after_screening, limit)?
                .into_iter()
                .map(|found| of_screening(kind, &found, None))
                .collect()
        }
        Kind::BanArrived => {
            let since = now.plus_ms(-BAN_SHOWN_MS);
            suspended::by_court(reader, member, since, after_credential, limit)?
                .into_iter()
                .map(|found| of_credential(found, None))
                .collect()
        }
        Kind::Confirmation => confirmable(reader, caller, after.map(ApprovalId::from_u128), limit)?,
        Kind::Appeal => screenings::list(
            reader,
            member,
            Some(State::UnderAppeal),
            after_screening,
            limit,
        )?
        .into_iter()
        .map(|found| of_screening(kind, &found, None))
        .collect(),
        Kind::Exclusion => {
            exclusions::to_answer(reader, member, after.map(ExclusionId::from_u128), limit)?
                .into_iter()
                .map(|(id, told)| {
                    let due = told.plus_ms(exclusion::ANSWERED_WITHIN_MS);
                    item(Subject::Exclusion(id), told, Some(due))
                })
                .collect()
        }
        Kind::RecordDue => {
            let after = after.map(WorkerId::from_u128);
            retention::needless(reader, member, needed(now), after, limit)?
                .into_iter()
                .map(|(id, since)| item(Subject::Worker(id), since, None))
                .collect()
        }
        Kind::Handover => suspended::to_hand_over(reader, member, now, after_credential, limit)?
            .into_iter()
            .map(|found| of_credential(found, None))
            .collect(),
        Kind::Contest => {
            exclusions::contested(reader, member, after.map(ExclusionId::from_u128), limit)?
                .into_iter()
                .map(|(id, since)| {
                    let due = since.plus_ms(exclusion::DECIDED_WITHIN_MS);
                    item(Subject::Exclusion(id), since, Some(due))
                })
                .collect()
        }
    })
}

/// A screening is due when its last day has passed.
fn of_screening(kind: Kind, screened: &Screened, within_days: Option<u16>) -> Item {
    Item {
        kind,
        subject: Subject::Screening(screened.screening.id),
        due_at: screened.standing.due().map(Day::ends_at),
        since: screened.since,
        within_days,
    }
}

fn of_approval(kind: Kind, asked: &Asked) -> Item {
    Item {
        kind,
        subject: Subject::Approval(asked.approval.id),
        due_at: Some(asked.approval.expires_at),
        since: asked.since,
        within_days: None,
    }
}

/// What others did at once, and nobody has looked at.
fn confirmable(
    reader: &mut Reader,
    caller: Caller,
    mut after: Option<ApprovalId>,
    limit: usize,
) -> Result<Vec<Item>, StoreError> {
    let mut found = Vec::new();
    loop {
        let page = approvals::to_confirm_after(reader, caller, after, limit)?;
        let Some(last) = page.last() else {
            return Ok(found);
        };
        after = Some(last.approval.id);
        for asked in page {
            if !approvals::is_same(caller, &asked.approval) {
                found.push(of_approval(Kind::Confirmation, &asked));
            }
            if found.len() == limit {
                return Ok(found);
            }
        }
    }
}

/// Approvals that wait and that the caller did not ask for.
fn answerable(
    reader: &mut Reader,
    caller: Caller,
    after: Option<u128>,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<Item>, StoreError> {
    // Identifiers begin with the time: what is older waits no more, and is not read. Clocks of nodes differ a little.
    let oldest = now.plus_ms(-approval::WAITS_MS - MINUTE_MS);
    let oldest = ApprovalId::first_at(oldest);
    let mut after = after.map_or(oldest, ApprovalId::from_u128).max(oldest);
    let mut found = Vec::new();
    loop {
        let page = approvals::waiting_after(reader, caller, after, limit)?;
        let Some(last) = page.last() else {
            return Ok(found);
        };
        after = last.approval.id;
        for asked in page {
            let approval = &asked.approval;
            let waits = approval.state_at(asked.state, now) == approval::State::Waiting;
            if waits && !approval.act.is_done() && !approvals::is_same(caller, approval) {
                found.push(of_approval(Kind::Approval, &asked));
            }
            if found.len() == limit {
                return Ok(found);
            }
        }
    }
}
