//! Broken glass: `POST` and `GET /v1/break-glass`, `GET /v1/break-glass/{id}`, `POST /v1/break-glass/{id}/closures`.

use actix_web::http::StatusCode;
use serde::{Deserialize, Serialize};
use validator::Validate;

use crate::access::permission::{BreakTheGlass, ReadBreakGlass};
use crate::domain::break_glass::{BreakGlass, Emergency};
use crate::domain::ids::{BreakGlassId, BreakGlassKind, ClientId, MemberId, PersonId};
use crate::domain::screening::Reference;
use crate::domain::time::{MINUTE_MS, Timestamp};
use crate::http::extract::{Guarded, IdempotencyKey, NoBody, Page, PathId, ValidJson};
use crate::service::Tx;
use crate::service::break_glass::{self, GlassDraft};

use super::records::OfMember;
use super::{Answer, Items, after, answer, items, one, rendered};

/// A glass to be broken.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BreakGlassBody {
    /// Why.
    pub reason: Emergency,
    /// Under which number your member keeps what happened: letters, digits and `-./_`, with a digit in it; no name.
    #[schema(value_type = String, pattern = "^[A-Za-z0-9./_-]+$", min_length = 1, max_length = 64)]
    pub reference: Reference,
    /// For how many minutes; an hour, if not said.
    #[serde(default = "hour")]
    #[validate(range(min = 1, max = 60))]
    #[schema(minimum = 1, maximum = 60, default = 60)]
    pub minutes: u8,
}

const fn hour() -> u8 {
    60
}

/// A glass that was broken.
#[derive(Serialize, utoipa::ToSchema)]
pub struct BreakGlassView {
    /// Which.
    pub id: BreakGlassId,
    /// At which member.
    pub member: MemberId,
    /// Why.
    pub reason: Emergency,
    /// Under which number the member keeps what happened.
    #[schema(value_type = String, max_length = 64)]
    pub reference: Reference,
    /// Through which client.
    pub opened_by: ClientId,
    /// By whom.
    pub opened_by_person: PersonId,
    /// Since when.
    pub opened_at: Timestamp,
    /// When it ends, or ended, by itself.
    pub until: Timestamp,
    /// When somebody closed it before that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<Timestamp>,
    /// Whether it lasts.
    pub open: bool,
    /// The ledger entry that last touched it.
    pub seq: u64,
}

impl BreakGlassView {
    fn of(seq: u64, glass: &BreakGlass, now: Timestamp) -> Self {
        Self {
            id: glass.id,
            member: glass.member,
            reason: glass.reason,
            reference: glass.reference.clone(),
            opened_by: glass.client,
            opened_by_person: glass.person,
            opened_at: glass.opened_at,
            until: glass.until,
            closed_at: glass.closed_at,
            open: glass.is_open(now),
            seq,
        }
    }
}

/// Breaks the glass at your member: until it ends its people revoke and suspend as many credentials as they must, without a
/// second person. Every member sees it, and a second person must confirm it within a day of its end.
#[utoipa::path(post, operation_id = "break_glass", path = "/v1/break-glass", tag = "Approvals", request_body = BreakGlassBody,
    params(("Idempotency-Key" = String, Header, description = "New for each new request", max_length = 64)),
    responses((status = 201, description = "Broken", body = BreakGlassView)))]
pub async fn open(
    who: Guarded<BreakTheGlass>,
    key: IdempotencyKey,
    body: ValidJson<BreakGlassBody>,
) -> Answer {
    let once = key.once(who.actor(), &body);
    let permit = who.permit;
    let draft = GlassDraft {
        reason: body.value.reason,
        reference: body.value.reference,
        lasts_ms: i64::from(body.value.minutes) * MINUTE_MS,
    };
    let work = move |tx: &mut Tx<'_>| {
        let (seq, glass) = break_glass::open(tx, permit, draft.clone())?;
        let place = format!("/v1/break-glass/{}", glass.id);
        let view = BreakGlassView::of(seq, &glass, tx.now);
        rendered(StatusCode::CREATED, Some(place), seq, &view)
    };
    let opened = who
        .services
        .door
        .change_once(who.actor(), Some(once), work)
        .await?;
    if !opened.replayed {
        let caller = permit.caller();
        tracing::warn!(
            member.id = %caller.member,
            client.id = %caller.client,
            break_glass = opened.location.as_deref(),
            "a duty officer has broken the glass: the rule on bulk does not hold at this member"
        );
    }
    answer(opened)
}

/// A page of the glasses that were broken: at every member, for who watches over the network, else at yours.
#[utoipa::path(get, operation_id = "list_break_glass", path = "/v1/break-glass", tag = "Approvals",
    params(("limit" = Option<u8>, Query, description = "Items on the page, 50 if not said", minimum = 1, maximum = 200),
           ("cursor" = Option<String>, Query, description = "From the page before", max_length = 100),
           ("member" = Option<MemberId>, Query, description = "Only those of this member")),
    responses((status = 200, description = "A page", body = Items<BreakGlassView>)))]
pub async fn list(who: Guarded<ReadBreakGlass>, page: Page<OfMember>) -> Answer {
    let after = after(&who, "broken glass", &page)?;
    let found = break_glass::list(
        &who.services.index.places(),
        who.permit,
        page.query.member,
        after,
        page.limit + 1,
    );
    let now = who.services.environment.now();
    items(
        &who,
        "broken glass",
        &page,
        found,
        |(_, glass)| glass.id,
        |(seq, glass)| BreakGlassView::of(seq, &glass, now),
    )
}

/// One of them.
#[utoipa::path(get, operation_id = "show_break_glass", path = "/v1/break-glass/{id}", tag = "Approvals", params(("id" = BreakGlassId, Path, description = "Which")),
    responses((status = 200, description = "The broken glass", body = BreakGlassView)))]
pub async fn show(who: Guarded<ReadBreakGlass>, id: PathId<BreakGlassKind>) -> Answer {
    let (seq, glass) = break_glass::show(&who.services.index.places(), who.permit, id.0)?;
    let now = who.services.environment.now();
    one(seq, &BreakGlassView::of(seq, &glass, now))
}

/// Closes it before its time. It takes no body.
#[utoipa::path(post, operation_id = "close_break_glass", path = "/v1/break-glass/{id}/closures", tag = "Approvals",
    params(("id" = BreakGlassId, Path, description = "Which"),
           ("Idempotency-Key" = String, Header, description = "New for each new request", max_length = 64)),
    responses((status = 201, description = "Closed", body = BreakGlassView)))]
pub async fn close(
    who: Guarded<BreakTheGlass>,
    id: PathId<BreakGlassKind>,
    key: IdempotencyKey,
    _: NoBody,
) -> Answer {
    let once = key.once_bytes(who.actor(), b"");
    let (permit, id) = (who.permit, id.0);
    let work = move |tx: &mut Tx<'_>| {
        let (seq, glass) = break_glass::close(tx, permit, id)?;
        let view = BreakGlassView::of(seq, &glass, tx.now);
        rendered(StatusCode::CREATED, None, seq, &view)
    };
    answer(
        who.services
            .door
            .change_once(who.actor(), Some(once), work)
            .await?,
    )
}
