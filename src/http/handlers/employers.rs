//! What befalls an employer: `POST /v1/engagements:lapse`.

use actix_web::http::StatusCode;
use serde::{Deserialize, Serialize};
use validator::Validate;

use crate::access::permission::KeepWorkers;
use crate::http::extract::{Guarded, IdempotencyKey, ValidJson};
use crate::service::Tx;
use crate::service::approvals::Outcome;
use crate::service::employers::{self, Employer, Lapse};

use super::approvals::{ApprovalView, accepted};
use super::{Answer, answer, rendered};

/// An employer that lost its standing.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LapseBody {
    /// Its name as it stands in the engagements; case, accents, spaces and signs do not matter.
    pub employer: Employer,
}

/// What came of it.
#[derive(Serialize, utoipa::ToSchema)]
pub struct LapseView {
    /// How many engagements were ended.
    pub engagements: usize,
    /// How many credentials were revoked that rested on them, for the reason `sponsor_lapsed`.
    pub credentials: usize,
    /// Whether engagements at the employer are left. Then repeat the request with a new Idempotency-Key.
    pub more: bool,
}

impl From<Lapse> for LapseView {
    fn from(lapse: Lapse) -> Self {
        Self {
            engagements: lapse.engagements,
            credentials: lapse.credentials,
            more: lapse.more,
        }
    }
}

/// Ends every engagement at an employer of your member's that lost its standing, and revokes whatever rests on them: up to 1000
/// engagements in one transaction.
///
/// Where more than 20 credentials rest on them, or more than that with what you revoked or suspended in the last ten minutes,
/// exactly these wait for a second person.
#[utoipa::path(post, operation_id = "lapse_employer", path = "/v1/engagements:lapse", tag = "Workers", request_body = LapseBody,
    params(("Idempotency-Key" = String, Header, description = "New for each new request", max_length = 64)),
    responses((status = 200, description = "What came of it", body = LapseView),
              (status = 202, description = "It waits for a second person", body = ApprovalView)))]
pub async fn lapse(
    who: Guarded<KeepWorkers>,
    key: IdempotencyKey,
    body: ValidJson<LapseBody>,
) -> Answer {
    let once = key.once(who.actor(), &body);
    let (permit, employer) = (who.permit, body.value.employer);
    let work = move |tx: &mut Tx<'_>| {
        let lapse = match employers::lapse(tx, permit, &employer)? {
            Outcome::Done(lapse) => lapse,
            Outcome::Asked(asked) => return accepted(tx, &asked),
        };
        rendered(StatusCode::OK, None, tx.seq(), &LapseView::from(lapse))
    };
    answer(
        who.services
            .door
            .change_once(who.actor(), Some(once), work)
            .await?,
    )
}
