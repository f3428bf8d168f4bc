//! Revocations: of one credential, `POST /v1/credentials/{id}/revocations`, and of many, `POST /v1/revocations:batch`.

use actix_web::http::StatusCode;
use serde::{Deserialize, Serialize};
use validator::Validate;

use crate::access::permission::{CorrectRevocations, Revoke};
use crate::domain::ids::{CredentialId, CredentialKind};
use crate::domain::reason::{Class, Reason};
use crate::domain::time::Timestamp;
use crate::http::extract::{Guarded, IdempotencyKey, NoBody, PathId, ValidJson};
use crate::http::limits::BATCH_BYTES_MAX;
use crate::http::problem::{Problem, ProblemDocument};
use crate::service::Tx;
use crate::service::approvals::Outcome;
use crate::service::revocations::{self, Revocation};

use super::approvals::{ApprovalView, accepted};
use super::credentials::ReasonBody;
use super::{Answer, answer, rendered};

/// A revocation. It is final.
#[derive(Serialize, utoipa::ToSchema)]
pub struct RevocationView {
    /// Which credential.
    pub credential: CredentialId,
    /// Why.
    pub reason: Reason,
    /// The class of the reason.
    pub class: Class,
    /// When it became final.
    pub at: Timestamp,
    /// By which ledger entry: ask gates for a copy that holds it with `at_least`.
    pub seq: u64,
}

impl From<Revocation> for RevocationView {
    fn from(revocation: Revocation) -> Self {
        Self {
            credential: revocation.credential,
            reason: revocation.reason,
            class: revocation.reason.class(),
            at: revocation.at,
            seq: revocation.seq,
        }
    }
}

/// Revokes a credential, for good. Every gate refuses it from this answer on.
///
/// One that is revoked already is answered with 200 and its first revocation. For a reason of the class for_cause the
/// credential is suspended at once, and revoked when a second person grants it. Who revoked or suspended 20 in ten minutes
/// needs a second person for the next one; so does a recall, and what is suspended for cause. What an advice says is given only
/// where a screening of the worker says so. A duty officer revokes for reasons of the classes possession and for_cause.
#[utoipa::path(post, operation_id = "revoke_credential", path = "/v1/credentials/{id}/revocations", tag = "Credentials", request_body = ReasonBody,
    params(("id" = CredentialId, Path, description = "Which"),
           ("Idempotency-Key" = String, Header, description = "New for each new request", max_length = 64)),
    responses((status = 201, description = "Revoked", body = RevocationView),
              (status = 202, description = "It waits for a second person", body = ApprovalView),
              (status = 200, description = "It was revoked before", body = RevocationView)))]
pub async fn revoke(
    who: Guarded<Revoke>,
    id: PathId<CredentialKind>,
    key: IdempotencyKey,
    body: ValidJson<ReasonBody>,
) -> Answer {
    let once = key.once(who.actor(), &body);
    let (permit, id, reason) = (who.permit, id.0, body.value.reason);
    let work = move |tx: &mut Tx<'_>| {
        let revocation = match revocations::revoke(tx, permit, id, reason)? {
            Outcome::Done(revocation) => revocation,
            Outcome::Asked(asked) => return accepted(tx, &asked),
        };
        let status = if revocation.already {
            StatusCode::OK
        } else {
            StatusCode::CREATED
        };
        rendered(
            status,
            None,
            revocation.seq,
            &RevocationView::from(revocation),
        )
    };
    answer(
        who.services
            .door
            .change_once(who.actor(), Some(once), work)
            .await?,
    )
}

/// Notes that a credential was revoked wrongly, when a registrar grants it. It takes no body.
///
/// It stays revoked, at every gate and for ever: issue a new one to whoever was wronged. What others were told of it for cause
/// and have not answered falls.
#[utoipa::path(post, operation_id = "correct_revocation", path = "/v1/credentials/{id}/corrections", tag = "Credentials",
    params(("id" = CredentialId, Path, description = "Which"),
           ("Idempotency-Key" = String, Header, description = "New for each new request", max_length = 64)),
    responses((status = 202, description = "It waits for a second person", body = ApprovalView)))]
pub async fn correct(
    who: Guarded<CorrectRevocations>,
    id: PathId<CredentialKind>,
    key: IdempotencyKey,
    _: NoBody,
) -> Answer {
    let once = key.once_bytes(who.actor(), b"");
    let (permit, id) = (who.permit, id.0);
    let work = move |tx: &mut Tx<'_>| {
        let asked = revocations::correct(tx, permit, id)?;
        accepted(tx, &asked)
    };
    answer(
        who.services
            .door
            .change_once(who.actor(), Some(once), work)
            .await?,
    )
}

/// Many credentials to be revoked for one reason.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RevocationBatchBody {
    /// Which.
    #[validate(length(min = 1, max = 500))]
    #[schema(min_items = 1, max_items = 500)]
    pub credentials: Vec<CredentialId>,
    /// Why.
    pub reason: Reason,
}

/// What became of one credential of a batch.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(untagged)]
pub enum RevocationItem {
    /// It is revoked.
    Revoked(RevocationView),
    /// It could not be.
    Problem {
        /// Which.
        credential: CredentialId,
        /// Why not.
        problem: Box<ProblemDocument>,
    },
}

/// What became of a batch, in the order of the request.
#[derive(Serialize, utoipa::ToSchema)]
pub struct RevocationBatchView {
    /// One for each credential.
    #[schema(max_items = 500)]
    pub items: Vec<RevocationItem>,
}

/// Revokes up to 500 credentials in one transaction. Those that cannot be revoked are named; the others are.
///
/// For a reason of the class for_cause they are suspended at once, and revoked when a second person grants the whole list:
/// the approval has those that are your member's and not revoked yet. More than 20, or more than that with what you did in
/// the last ten minutes, wait for a second person whatever the reason, and nothing of it is done before. What cannot be revoked
/// for this reason is named by its place, and then nothing is done.
#[utoipa::path(post, operation_id = "revoke_credentials", path = "/v1/revocations:batch", tag = "Credentials", request_body = RevocationBatchBody,
    params(("Idempotency-Key" = String, Header, description = "New for each new request", max_length = 64)),
    responses((status = 200, description = "What became of each", body = RevocationBatchView),
              (status = 202, description = "All of it waits for a second person", body = ApprovalView)))]
pub async fn revoke_batch(
    who: Guarded<Revoke>,
    key: IdempotencyKey,
    body: ValidJson<RevocationBatchBody, BATCH_BYTES_MAX>,
) -> Answer {
    let once = key.once(who.actor(), &body);
    let (permit, body) = (who.permit, body.value);
    let work = move |tx: &mut Tx<'_>| {
        let done = match revocations::revoke_many(tx, permit, &body.credentials, body.reason)? {
            Outcome::Done(done) => done,
            Outcome::Asked(asked) => return accepted(tx, &asked),
        };
        let items = done.into_iter().map(|(credential, one)| match one {
            Ok(revocation) => RevocationItem::Revoked(revocation.into()),
            Err(absent) => RevocationItem::Problem {
                credential,
                problem: Box::new(Problem::from(absent).document(None)),
            },
        });
        let items = items.collect();
        rendered(
            StatusCode::OK,
            None,
            tx.seq(),
            &RevocationBatchView { items },
        )
    };
    answer(
        who.services
            .door
            .change_once(who.actor(), Some(once), work)
            .await?,
    )
}
