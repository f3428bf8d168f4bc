//! A new badge in the place of an old one: `POST /v1/credentials/{id}/replacements`.

use actix_web::http::StatusCode;
use serde::Deserialize;
use validator::Validate;

use crate::access::permission::Issue;
use crate::domain::ids::{CredentialId, CredentialKind};
use crate::domain::reason::Reason;
use crate::http::extract::{Guarded, IdempotencyKey, PathId, ValidJson};
use crate::service::{Tx, credentials};

use super::credentials::{BadgeBody, CredentialView};
use super::{Answer, answer, rendered};

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
/// The answer is the new credential, with a number of its own. It is good where and as long as the old one was.
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
        let new = credentials::replace(tx, permit, id, body.reason, &drafts)?;
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
