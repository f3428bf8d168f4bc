//! Referrals: `/v1/referrals`, how a draft is sent, and how each is answered: adoptions and declines.

use actix_web::http::StatusCode;
use serde::{Deserialize, Serialize};
use validator::Validate;

use crate::access::permission::{KeepReferrals, ReadReferrals};
use crate::domain::ids::{CredentialId, MemberId, ReferralId, ReferralKind, WorkerId};
use crate::domain::reason::{Class, Reason};
use crate::domain::referral::{Change, Ground, State, due_at};
use crate::domain::time::Timestamp;
use crate::http::extract::{Guarded, IdempotencyKey, ListQuery, NoBody, Page, PathId, ValidJson};
use crate::http::problem::{Problem, ProblemCode};
use crate::ledger::replay::Referred;
use crate::service::approvals::Outcome;
use crate::service::commit::Once;
use crate::service::{Tx, referrals};
use crate::store::referrals::Which;

use super::approvals::{ApprovalView, accepted};
use super::{Answer, Items, after, answer, items, one, rendered};

/// Why it is declined.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeclineBody {
    /// The ground.
    pub ground: Ground,
}

/// What one issuer tells another of a person, or would tell if it might.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ReferralView {
    /// Which.
    pub id: ReferralId,
    /// Where it stands.
    pub state: State,
    /// Whether your member sent it or received it.
    pub side: Side,
    /// Your member's own record of the person.
    pub worker: WorkerId,
    /// The credential that your member suspended or revoked, where your member sent it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credential: Option<CredentialId>,
    /// Whose the other side is. A draft has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other_member: Option<MemberId>,
    /// The class of the reason.
    pub class: Class,
    /// The reason.
    pub reason: Reason,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// Until when it is to be answered, while it waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    /// Whether that moment is over.
    pub overdue: bool,
    /// Why it was declined.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ground: Option<Ground>,
    /// Since when it stands so.
    pub since: Timestamp,
    /// The ledger entry that last touched it.
    pub seq: u64,
}

/// Which side of a referral your member is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ReferralSide)]
pub enum Side {
    /// It acted for cause.
    Sent,
    /// It is to answer.
    Received,
}

impl ReferralView {
    pub(super) fn of(referred: &Referred, member: MemberId, now: Timestamp) -> Self {
        let referral = &referred.referral;
        let due_at = due_at(referred.opened_at);
        let waits = referred.state == State::Open;
        let (side, worker, other_member) = match referral.to {
            Some(to) if to.member == member => (Side::Received, to.worker, Some(referral.member)),
            to => (Side::Sent, referral.worker, to.map(|to| to.member)),
        };
        Self {
            id: referral.id,
            state: referred.state,
            side,
            worker,
            credential: (side == Side::Sent).then_some(referral.credential),
            other_member,
            class: referral.reason.class(),
            reason: referral.reason,
            opened_at: referred.opened_at,
            due_at: waits.then_some(due_at),
            overdue: waits && due_at <= now,
            ground: referred.ground,
            since: referred.since,
            seq: referred.version,
        }
    }
}

/// Only those in one state, or overdue.
#[derive(Debug, Default)]
pub struct Only {
    which: Option<Which>,
}

impl ListQuery for Only {
    fn take(&mut self, name: &str, value: &str) -> Result<bool, Problem> {
        if name != "state" {
            return Ok(false);
        }
        let named = State::ALL.iter().find(|state| state.as_str() == value);
        let which = match named {
            Some(state) => Which::In(*state),
            None if value == "overdue" => Which::Overdue,
            None => {
                let message = "must be the name of a state, or overdue";
                return Err(Problem::at(
                    ProblemCode::MalformedQuery,
                    "state",
                    "value",
                    message,
                ));
            }
        };
        self.which = Some(which);
        Ok(true)
    }
}

/// A page of the referrals from and to your member, drafts among them.
#[utoipa::path(get, operation_id = "list_referrals", path = "/v1/referrals", tag = "Between ports",
    params(("limit" = Option<u8>, Query, description = "Items on the page, 50 if not said", minimum = 1, maximum = 200),
           ("cursor" = Option<String>, Query, description = "From the page before", max_length = 100),
           ("state" = Option<String>, Query, description = "Only those in this state, or `overdue`: open for more than 72 hours", max_length = 20)),
    responses((status = 200, description = "A page", body = Items<ReferralView>)))]
pub async fn list(who: Guarded<ReadReferrals>, page: Page<Only>) -> Answer {
    let (permit, limit, which) = (who.permit, page.limit, page.query.which);
    let member = permit.caller().member;
    let now = who.services.environment.now();
    let after = after(&who, "referrals", &page)?;
    let found = who
        .services
        .read(move |reader, _| referrals::list(reader, permit, which, now, after, limit + 1))
        .await?;
    items(
        &who,
        "referrals",
        &page,
        found,
        |referred| referred.referral.id,
        |referred| ReferralView::of(&referred, member, now),
    )
}

/// One referral.
#[utoipa::path(get, operation_id = "show_referral", path = "/v1/referrals/{id}", tag = "Between ports", params(("id" = ReferralId, Path, description = "Which")),
    responses((status = 200, description = "The referral", body = ReferralView)))]
pub async fn show(who: Guarded<ReadReferrals>, id: PathId<ReferralKind>) -> Answer {
    let (permit, id) = (who.permit, id.0);
    let now = who.services.environment.now();
    let referred = who
        .services
        .read(move |reader, _| referrals::show(reader, permit, id))
        .await?;
    let member = permit.caller().member;
    one(referred.version, &ReferralView::of(&referred, member, now))
}

/// Sends a draft to every other issuer of the person, once the network shares and your member has a legal basis. It takes no body.
#[utoipa::path(post, operation_id = "send_referral", path = "/v1/referrals/{id}/dispatches", tag = "Between ports",
    params(("id" = ReferralId, Path, description = "Which"),
           ("Idempotency-Key" = String, Header, description = "New for each new request", max_length = 64)),
    responses((status = 201, description = "Sent", body = ReferralView)))]
pub async fn send(
    who: Guarded<KeepReferrals>,
    id: PathId<ReferralKind>,
    key: IdempotencyKey,
    _: NoBody,
) -> Answer {
    let once = key.once_bytes(who.actor(), b"");
    let (permit, id) = (who.permit, id.0);
    let member = permit.caller().member;
    let work = move |tx: &mut Tx<'_>| {
        let referred = referrals::send(tx, permit, id)?;
        rendered(
            StatusCode::CREATED,
            Some(format!("/v1/referrals/{id}")),
            referred.version,
            &ReferralView::of(&referred, member, tx.now),
        )
    };
    answer(
        who.services
            .door
            .change_once(who.actor(), Some(once), work)
            .await?,
    )
}

/// Acts on a referral: when another person has granted it, all that your member issued to the person is suspended for
/// cause. It takes no body.
#[utoipa::path(post, operation_id = "adopt_referral", path = "/v1/referrals/{id}/adoptions", tag = "Between ports",
    params(("id" = ReferralId, Path, description = "Which"),
           ("Idempotency-Key" = String, Header, description = "New for each new request", max_length = 64)),
    responses((status = 202, description = "It waits for its second person", body = ApprovalView)))]
pub async fn adopt(
    who: Guarded<KeepReferrals>,
    id: PathId<ReferralKind>,
    key: IdempotencyKey,
    _: NoBody,
) -> Answer {
    let once = key.once_bytes(who.actor(), b"");
    answered(&who, id.0, once, Change::Adopted).await
}

/// Does not act on a referral, for one of the grounds, when another person has granted it.
#[utoipa::path(post, operation_id = "decline_referral", path = "/v1/referrals/{id}/declines", tag = "Between ports", request_body = DeclineBody,
    params(("id" = ReferralId, Path, description = "Which"),
           ("Idempotency-Key" = String, Header, description = "New for each new request", max_length = 64)),
    responses((status = 202, description = "It waits for its second person", body = ApprovalView)))]
pub async fn decline(
    who: Guarded<KeepReferrals>,
    id: PathId<ReferralKind>,
    key: IdempotencyKey,
    body: ValidJson<DeclineBody>,
) -> Answer {
    let once = key.once(who.actor(), &body);
    answered(&who, id.0, once, Change::Declined(body.value.ground)).await
}

async fn answered(
    who: &Guarded<KeepReferrals>,
    id: ReferralId,
    once: Once,
    change: Change,
) -> Answer {
    let permit = who.permit;
    let member = permit.caller().member;
    let work = move |tx: &mut Tx<'_>| match referrals::answer(tx, permit, id, change)? {
        Outcome::Asked(asked) => accepted(tx, &asked),
        Outcome::Done(referred) => rendered(
            StatusCode::CREATED,
            Some(format!("/v1/referrals/{id}")),
            referred.version,
            &ReferralView::of(&referred, member, tx.now),
        ),
    };
    answer(
        who.services
            .door
            .change_once(who.actor(), Some(once), work)
            .await?,
    )
}
