//! The second person: `GET /v1/approvals`, and what becomes of each: grants, declines, withdrawals.

use std::sync::{Arc, OnceLock};

use actix_web::http::StatusCode;
use serde::{Deserialize, Serialize};
use validator::Validate;

use crate::access::keyring::Keyring;
use crate::access::permission::{AnswerApprovals, Permission, ReadApprovals};
use crate::domain::approval::{Act, Ground, State};
use crate::domain::digest::Digest;
use crate::domain::ids::{ApprovalId, ApprovalKind, ClientId, MemberId, PersonId, WorkerId};
use crate::domain::time::Timestamp;
use crate::http::extract::{Guarded, IdempotencyKey, ListQuery, NoBody, Page, PathId, ValidJson};
use crate::http::problem::{Problem, ProblemCode};
use crate::ledger::replay::Asked;
use crate::service::approvals;
use crate::service::commit::{Once, Rendered};
use crate::service::import;
use crate::service::{Error, Tx};
use crate::store::Reader;

use super::{Answer, Items, after, answer, items, one, rendered};

/// What is granted.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantBody {
    /// The `content` of the approval as you read it. Something else is never granted.
    #[schema(value_type = String, pattern = "^[0-9a-f]{64}$", min_length = 64, max_length = 64)]
    pub content: Digest,
}

/// Why an act is refused.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefusalBody {
    /// The ground. It is told to everybody who sees the approval, and is never free text, as that would name people.
    pub ground: Ground,
}

/// An act that needs a second person.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ApprovalView {
    /// Which.
    pub id: ApprovalId,
    /// At which member.
    pub member: MemberId,
    /// What was asked for, to the last detail.
    #[schema(value_type = Object)]
    pub act: Act,
    /// SHA-256 of it: repeat it to grant it.
    #[schema(value_type = String, pattern = "^[0-9a-f]{64}$", min_length = 64, max_length = 64)]
    pub content: Digest,
    /// Whom it is about, if it is about one worker.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worker: Option<WorkerId>,
    /// Through which client it was asked for.
    pub asked_by: ClientId,
    /// By which person, if by one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked_by_person: Option<PersonId>,
    /// Where it stands.
    pub state: State,
    /// Whether it is done already, should have been confirmed by `expires_at`, and was not.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub overdue: bool,
    /// Until when it waits; what is done already and only confirmed waits on after that.
    pub expires_at: Timestamp,
    /// Through which client it was answered or taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_by: Option<ClientId>,
    /// Why it was declined.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ground: Option<Ground>,
    /// Since when it stands so.
    pub since: Timestamp,
    /// The ledger entry that last touched it.
    pub seq: u64,
}

impl ApprovalView {
    pub(super) fn of(asked: &Asked, now: Timestamp) -> Result<Self, Error> {
        let approval = &asked.approval;
        Ok(Self {
            id: approval.id,
            member: approval.member,
            act: approval.act.clone(),
            content: approvals::content(approval)?,
            worker: approval.worker,
            asked_by: approval.client,
            asked_by_person: approval.person,
            state: approval.state_at(asked.state, now),
            overdue: approval.is_overdue(asked.state, now),
            expires_at: approval.expires_at,
            ended_by: asked.ended_by,
            ground: asked.ground,
            since: asked.since,
            seq: asked.version,
        })
    }
}

/// The answer to who asked for an act that now waits.
pub(super) fn accepted(tx: &Tx<'_>, asked: &Asked) -> Result<Rendered, Error> {
    rendered(
        StatusCode::ACCEPTED,
        Some(format!("/v1/approvals/{}", asked.approval.id)),
        asked.version,
        &ApprovalView::of(asked, tx.now)?,
    )
}

/// Makes a change once, and answers where the approval stands then.
async fn ended<P: Permission>(
    who: &Guarded<P>,
    once: Once,
    mut change: impl FnMut(&mut Tx<'_>) -> Result<Asked, Error> + Send + 'static,
) -> Answer {
    let work = move |tx: &mut Tx<'_>| {
        let asked = change(tx)?;
        let view = ApprovalView::of(&asked, tx.now)?;
        rendered(StatusCode::CREATED, None, asked.version, &view)
    };
    answer(
        who.services
            .door
            .change_once(who.actor(), Some(once), work)
            .await?,
    )
}

/// Only those without an answer.
#[derive(Debug, Default)]
pub struct Waiting {
    waiting: bool,
}

impl ListQuery for Waiting {
    fn take(&mut self, name: &str, value: &str) -> Result<bool, Problem> {
        if name != "state" {
            return Ok(false);
        }
        if value != State::Waiting.as_str() {
            let message = "must be `waiting`, or left out";
            return Err(Problem::at(
                ProblemCode::MalformedQuery,
                "state",
                "value",
                message,
            ));
        }
        self.waiting = true;
        Ok(true)
    }
}

/// A page of the acts of your desk that were asked for.
#[utoipa::path(get, operation_id = "list_approvals", path = "/v1/approvals", tag = "Approvals",
    params(("limit" = Option<u8>, Query, description = "Items on the page, 50 if not said", minimum = 1, maximum = 200),
           ("cursor" = Option<String>, Query, description = "From the page before", max_length = 100),
           ("state" = Option<String>, Query, description = "`waiting`: only those without an answer, expired ones among them", max_length = 20)),
    responses((status = 200, description = "A page", body = Items<ApprovalView>)))]
pub async fn list(who: Guarded<ReadApprovals>, page: Page<Waiting>) -> Answer {
    let (permit, limit, waiting) = (who.permit, page.limit, page.query.waiting);
    let after = after(&who, "approvals", &page)?;
    let now = who.services.environment.now();
    let views = who
        .services
        .read(move |reader, _| {
            let found = approvals::list(reader, permit, waiting, after, limit + 1)?;
            let views = found.iter().map(|asked| ApprovalView::of(asked, now));
            views.collect::<Result<Vec<_>, _>>()
        })
        .await?;
    items(&who, "approvals", &page, views, |view| view.id, |view| view)
}

/// One of them.
#[utoipa::path(get, operation_id = "show_approval", path = "/v1/approvals/{id}", tag = "Approvals", params(("id" = ApprovalId, Path, description = "Which")),
    responses((status = 200, description = "The approval", body = ApprovalView)))]
pub async fn show(who: Guarded<ReadApprovals>, id: PathId<ApprovalKind>) -> Answer {
    let (permit, id) = (who.permit, id.0);
    let now = who.services.environment.now();
    let asked = who
        .services
        .read(move |reader, _| approvals::show(reader, permit, id))
        .await?;
    one(asked.version, &ApprovalView::of(&asked, now)?)
}

/// Lets an act happen. It is done with this answer.
///
/// You must be another person than the one who asked for it, and not the worker whom it is about. A file is compared with
/// what is recorded once more: if it would bring in more than you were shown, or anything about you, it is refused whole.
#[utoipa::path(post, operation_id = "grant_approval", path = "/v1/approvals/{id}/grants", tag = "Approvals", request_body = GrantBody,
    params(("id" = ApprovalId, Path, description = "Which"),
           ("Idempotency-Key" = String, Header, description = "New for each new request", max_length = 64)),
    responses((status = 201, description = "Done", body = ApprovalView)))]
pub async fn grant(
    who: Guarded<AnswerApprovals>,
    id: PathId<ApprovalKind>,
    key: IdempotencyKey,
    body: ValidJson<GrantBody>,
) -> Answer {
    let once = key.once(who.actor(), &body);
    let (permit, id, content) = (who.permit, id.0, body.value.content);
    let weighed = weighed(&who, id).await?;
    let file = Arc::new(OnceLock::new());
    let granted = file.clone();
    let answer = ended(&who, once, move |tx| {
        let asked = approvals::grant(tx, permit, id, content, weighed.as_ref())?;
        if let Act::ApplyImport { import, .. } = asked.approval.act {
            granted.get_or_init(|| import);
        }
        Ok(asked)
    })
    .await?;
    if let Some(&import) = file.get() {
        import::start(&who.services, import);
    }
    Ok(answer)
}

/// The file that would be granted, compared again. Only as many are at one time as are brought in.
async fn weighed(
    who: &Guarded<AnswerApprovals>,
    id: ApprovalId,
) -> Result<Option<import::Weighed>, Problem> {
    let permit = who.permit;
    let read = move |reader: &mut Reader, _: &Keyring| {
        approvals::show(reader, permit.caller().permit()?, id)
    };
    let asked = who.services.read(read).await?;
    if !matches!(asked.approval.act, Act::ApplyImport { .. }) {
        return Ok(None);
    }
    let (services, place) = (who.services.clone(), import::place().await?);
    let work = move || {
        // Let go when the work is done, which goes on when the caller breaks off.
        let _held = place;
        approvals::weigh(&services, permit, id)
    };
    let weighed = tokio::task::spawn_blocking(work).await;
    Ok(weighed.map_err(Error::internal)??)
}

/// Refuses an act, or does not find right what was done at once; nothing is undone by that.
#[utoipa::path(post, operation_id = "decline_approval", path = "/v1/approvals/{id}/declines", tag = "Approvals", request_body = RefusalBody,
    params(("id" = ApprovalId, Path, description = "Which"),
           ("Idempotency-Key" = String, Header, description = "New for each new request", max_length = 64)),
    responses((status = 201, description = "Declined", body = ApprovalView)))]
pub async fn decline(
    who: Guarded<AnswerApprovals>,
    id: PathId<ApprovalKind>,
    key: IdempotencyKey,
    body: ValidJson<RefusalBody>,
) -> Answer {
    let once = key.once(who.actor(), &body);
    let (permit, id, ground) = (who.permit, id.0, body.value.ground);
    ended(&who, once, move |tx| {
        approvals::decline(tx, permit, id, ground)
    })
    .await
}

/// Takes back what you asked for. It takes no body.
#[utoipa::path(post, operation_id = "withdraw_approval", path = "/v1/approvals/{id}/withdrawals", tag = "Approvals",
    params(("id" = ApprovalId, Path, description = "Which"),
           ("Idempotency-Key" = String, Header, description = "New for each new request", max_length = 64)),
    responses((status = 201, description = "Withdrawn", body = ApprovalView)))]
pub async fn withdraw(
    who: Guarded<ReadApprovals>,
    id: PathId<ApprovalKind>,
    key: IdempotencyKey,
    _: NoBody,
) -> Answer {
    let once = key.once_bytes(who.actor(), b"");
    let (permit, id) = (who.permit, id.0);
    ended(&who, once, move |tx| approvals::withdraw(tx, permit, id)).await
}
