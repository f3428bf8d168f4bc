//! Issuing: `POST /v1/credentials`, and what follows until a badge comes back: badges, handovers, replacements, recoveries.

use actix_web::http::StatusCode;
use serde::{Deserialize, Serialize};
use validator::Validate;

use crate::access::permission::{Issue, KeepIssuing};
use crate::domain::credential::Scope;
use crate::domain::ids::{
    BadgeId, CredentialId, CredentialKind, EngagementId, MemberId, MemberKind, WorkerId,
};
use crate::domain::reason::Reason;
use crate::domain::time::Timestamp;
use crate::http::extract::{Guarded, IdempotencyKey, NoBody, PathId, ValidJson};
use crate::service::approvals::Outcome;
use crate::service::credentials::WithBadges;
use crate::service::issuing::{self, CredentialDraft};
use crate::service::{Error, Tx, badges};

use super::approvals::{ApprovalView, accepted};
use super::credentials::{BadgeBody, CredentialView, ScopeBody};
use super::{Answer, Rendered, answer, rendered};

/// A credential to be issued.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CredentialBody {
    /// To whom.
    pub worker: WorkerId,
    /// What it rests on.
    #[serde(default)]
    pub engagement: Option<EngagementId>,
    /// Good from this moment; from now, if not said. Whole seconds count.
    #[serde(default)]
    pub valid_from: Option<Timestamp>,
    /// Good until this moment, exclusive; at most ten years later. Whole seconds count.
    pub valid_until: Timestamp,
    /// Where it is good; everywhere, if not said.
    #[serde(default)]
    pub scope: ScopeBody,
    /// What it is carried on. To be left out where a second person grants what your member issues, and needed where none does.
    #[serde(default)]
    #[validate(length(max = 8), nested)]
    #[schema(max_items = 8)]
    pub badges: Vec<BadgeBody>,
}

/// Issues a credential. Where your member lets one person issue, it is good at once, within its validity and scope.
///
/// Everywhere else a second person grants it. It is approved then, gets its badge, and is good when it was handed over.
#[utoipa::path(post, operation_id = "issue_credential", path = "/v1/credentials", tag = "Credentials", request_body = CredentialBody,
    params(("Idempotency-Key" = String, Header, description = "New for each new request", max_length = 64)),
    responses((status = 201, description = "Issued", body = CredentialView),
              (status = 202, description = "It waits for a second person", body = ApprovalView)))]
pub async fn issue(
    who: Guarded<Issue>,
    key: IdempotencyKey,
    body: ValidJson<CredentialBody>,
) -> Answer {
    let once = key.once(who.actor(), &body);
    let body = body.value;
    let badges = body
        .badges
        .iter()
        .enumerate()
        .map(|(at, badge)| badge.draft(&format!("/badges/{at}")));
    let draft = CredentialDraft {
        worker: body.worker,
        engagement: body.engagement,
        valid_from: body.valid_from,
        valid_until: body.valid_until,
        badges: badges.collect::<Result<_, _>>()?,
        scope: Scope {
            facilities: body.scope.facilities,
            zones: body.scope.zones,
            functions: body.scope.functions.into_iter().collect(),
        },
    };
    let permit = who.permit;
    let work = move |tx: &mut Tx<'_>| {
        let issued = match issuing::issue(tx, permit, &draft)? {
            Outcome::Done(issued) => issued,
            Outcome::Asked(asked) => return accepted(tx, &asked),
        };
        let location = format!("/v1/credentials/{}", issued.held.credential.id);
        rendered(
            StatusCode::CREATED,
            Some(location),
            issued.held.version,
            &CredentialView::with_badges(&issued),
        )
    };
    answer(
        who.services
            .door
            .change_once(who.actor(), Some(once), work)
            .await?,
    )
}

/// Adds a badge to a credential.
#[utoipa::path(post, operation_id = "add_badge", path = "/v1/credentials/{id}/badges", tag = "Credentials", request_body = BadgeBody,
    params(("id" = CredentialId, Path, description = "To which"),
           ("Idempotency-Key" = String, Header, description = "New for each new request", max_length = 64)),
    responses((status = 201, description = "Added", body = CredentialView)))]
pub async fn add_badge(
    who: Guarded<Issue>,
    id: PathId<CredentialKind>,
    key: IdempotencyKey,
    body: ValidJson<BadgeBody>,
) -> Answer {
    let once = key.once(who.actor(), &body);
    let (permit, id, draft) = (who.permit, id.0, body.value.draft("")?);
    let work = move |tx: &mut Tx<'_>| changed(&badges::add(tx, permit, id, &draft)?);
    answer(
        who.services
            .door
            .change_once(who.actor(), Some(once), work)
            .await?,
    )
}

/// Notes that a credential was handed over to its worker, in person, with its badge. It is good from this answer on. It takes
/// no body.
#[utoipa::path(post, operation_id = "hand_over_credential", path = "/v1/credentials/{id}/handovers", tag = "Credentials",
    params(("id" = CredentialId, Path, description = "Which"),
           ("Idempotency-Key" = String, Header, description = "New for each new request", max_length = 64)),
    responses((status = 201, description = "Handed over", body = CredentialView)))]
pub async fn hand_over(
    who: Guarded<Issue>,
    id: PathId<CredentialKind>,
    key: IdempotencyKey,
    _: NoBody,
) -> Answer {
    let once = key.once_bytes(who.actor(), b"");
    let (permit, id) = (who.permit, id.0);
    let work = move |tx: &mut Tx<'_>| changed(&issuing::hand_over(tx, permit, id)?);
    answer(
        who.services
            .door
            .change_once(who.actor(), Some(once), work)
            .await?,
    )
}

/// Which badge is back.
#[derive(Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecoveryBody {
    /// The badge.
    pub badge: BadgeId,
}

/// Notes that a badge of a credential that is revoked or expired came back, or is known to be destroyed.
#[utoipa::path(post, operation_id = "recover_badge", path = "/v1/credentials/{id}/recoveries", tag = "Credentials", request_body = RecoveryBody,
    params(("id" = CredentialId, Path, description = "Of which"),
           ("Idempotency-Key" = String, Header, description = "New for each new request", max_length = 64)),
    responses((status = 201, description = "Noted", body = CredentialView)))]
pub async fn recover(
    who: Guarded<Issue>,
    id: PathId<CredentialKind>,
    key: IdempotencyKey,
    body: ValidJson<RecoveryBody>,
) -> Answer {
    let once = key.once(who.actor(), &body);
    let (permit, id, badge) = (who.permit, id.0, body.value.badge);
    let work = move |tx: &mut Tx<'_>| changed(&issuing::recover(tx, permit, id, badge)?);
    answer(
        who.services
            .door
            .change_once(who.actor(), Some(once), work)
            .await?,
    )
}

fn changed(found: &WithBadges) -> Result<Rendered, Error> {
    rendered(
        StatusCode::CREATED,
        None,
        found.held.version,
        &CredentialView::with_badges(found),
    )
}

/// A badge in the place of one that is lost, stolen, damaged or out of date.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplacementBody {
    /// What is wrong with the old one: a reason of the class `possession`, `superseded` or `name_changed`.
    pub reason: Reason,
    /// What the new credential is carried on.
    #[validate(length(min = 1, max = 8), nested)]
    #[schema(min_items = 1, max_items = 8)]
    pub badges: Vec<BadgeBody>,
}

/// Replaces a credential: the old one is revoked in the same act, for good.
///
/// The answer is the new credential, with a number of its own. It is good where and as long as the old one was; where a second
/// person grants what your member issues, it is approved, and good when it was handed over.
#[utoipa::path(post, operation_id = "replace_credential", path = "/v1/credentials/{id}/replacements", tag = "Credentials", request_body = ReplacementBody,
    params(("id" = CredentialId, Path, description = "Which"),
           ("Idempotency-Key" = String, Header, description = "New for each new request", max_length = 64)),
    responses((status = 201, description = "Replaced", body = CredentialView)))]
pub async fn replace(
    who: Guarded<Issue>,
    id: PathId<CredentialKind>,
    key: IdempotencyKey,
    body: ValidJson<ReplacementBody>,
) -> Answer {
    let once = key.once(who.actor(), &body);
    let (permit, id, body) = (who.permit, id.0, body.value);
    let drafts = body.badges.iter().enumerate();
    let drafts = drafts.map(|(at, badge)| badge.draft(&format!("/badges/{at}")));
    let drafts = drafts.collect::<Result<Vec<_>, _>>()?;
    let work = move |tx: &mut Tx<'_>| {
        let new = issuing::replace(tx, permit, id, body.reason, &drafts)?;
        rendered(
            StatusCode::CREATED,
            Some(format!("/v1/credentials/{}", new.held.credential.id)),
            new.held.version,
            &CredentialView::with_badges(&new),
        )
    };
    answer(
        who.services
            .door
            .change_once(who.actor(), Some(once), work)
            .await?,
    )
}

/// Asks that one person be enough to issue a member's credentials. Another administrator must let it happen. It takes no body.
#[utoipa::path(post, operation_id = "let_one_issue", path = "/v1/members/{id}/issuing-by-one", tag = "Network",
    params(("id" = MemberId, Path, description = "Whose"),
           ("Idempotency-Key" = String, Header, description = "New for each new request", max_length = 64)),
    responses((status = 202, description = "It waits for its second person", body = ApprovalView)))]
pub async fn let_one_issue(
    who: Guarded<KeepIssuing>,
    id: PathId<MemberKind>,
    key: IdempotencyKey,
    _: NoBody,
) -> Answer {
    let once = key.once_bytes(who.actor(), b"");
    let (permit, id) = (who.permit, id.0);
    let work = move |tx: &mut Tx<'_>| {
        let asked = issuing::let_one(tx, permit, id)?;
        accepted(tx, &asked)
    };
    answer(
        who.services
            .door
            .change_once(who.actor(), Some(once), work)
            .await?,
    )
}
