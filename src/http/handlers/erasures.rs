//! Erasing workers: `/v1/workers/{id}/erasures`, `/v1/erasures`, and withdrawals.

use actix_web::http::StatusCode;
use serde::Serialize;

use crate::access::permission::{Erase, ReadErasures};
use crate::domain::erasure::State;
use crate::domain::ids::{ErasureId, ErasureKind, MemberId, WorkerId, WorkerKind};
use crate::domain::time::Timestamp;
use crate::http::extract::{Guarded, IdempotencyKey, ListQuery, NoBody, Page, PathId};
use crate::http::problem::{Problem, ProblemCode};
use crate::ledger::replay::Erasing;
use crate::service::{Tx, erasures};

use super::approvals::{ApprovalView, accepted};
use super::{Answer, Items, after, answer, items, one, rendered};

/// The erasing of a worker, which a second person granted.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ErasureView {
    /// Which.
    pub id: ErasureId,
    /// Of whom.
    pub worker: WorkerId,
    /// Whose record it is.
    pub member: MemberId,
    /// Where it stands.
    pub state: State,
    /// From when on it is done. If something stands in the way by then, it waits until nothing does.
    pub due_at: Timestamp,
    /// Since when it stands so.
    pub since: Timestamp,
    /// The ledger entry that last touched it.
    pub seq: u64,
}

impl From<&Erasing> for ErasureView {
    fn from(erasing: &Erasing) -> Self {
        let erasure = &erasing.erasure;
        Self {
            id: erasure.id,
            worker: erasure.worker,
            member: erasure.member,
            state: erasing.state,
            due_at: erasure.due_at,
            since: erasing.since,
            seq: erasing.version,
        }
    }
}

/// Only those in one state.
#[derive(Debug, Default)]
pub struct InState {
    state: Option<State>,
}

impl ListQuery for InState {
    fn take(&mut self, name: &str, value: &str) -> Result<bool, Problem> {
        if name != "state" {
            return Ok(false);
        }
        let named = State::ALL.iter().find(|state| state.as_str() == value);
        let state = named.ok_or_else(|| {
            let message = "must be the name of a state";
            Problem::at(ProblemCode::MalformedQuery, "state", "value", message)
        })?;
        self.state = Some(*state);
        Ok(true)
    }
}

/// Asks for a worker to be erased. It takes no body.
///
/// Another registrar must grant it. Seven days after that all that is known of the person is destroyed; until then it can be
/// taken back, and nothing new is recorded of the worker. What was decided stays: who was revoked is denied as before.
#[utoipa::path(post, operation_id = "erase_worker", path = "/v1/workers/{id}/erasures", tag = "Personal data",
    params(("id" = WorkerId, Path, description = "Whom"),
           ("Idempotency-Key" = String, Header, description = "New for each new request", max_length = 64)),
    responses((status = 202, description = "It waits for its second person", body = ApprovalView)))]
pub async fn ask(
    who: Guarded<Erase>,
    id: PathId<WorkerKind>,
    key: IdempotencyKey,
    _: NoBody,
) -> Answer {
    let once = key.once_bytes(who.actor(), b"");
    let (permit, id) = (who.permit, id.0);
    let work = move |tx: &mut Tx<'_>| {
        let asked = erasures::ask(tx, permit, id)?;
        accepted(tx, &asked)
    };
    answer(
        who.services
            .door
            .change_once(who.actor(), Some(once), work)
            .await?,
    )
}

/// A page of your member's erasures.
#[utoipa::path(get, operation_id = "list_erasures", path = "/v1/erasures", tag = "Personal data",
    params(("limit" = Option<u8>, Query, description = "Items on the page, 50 if not said", minimum = 1, maximum = 200),
           ("cursor" = Option<String>, Query, description = "From the page before", max_length = 100),
           ("state" = Option<State>, Query, description = "Only those in this state")),
    responses((status = 200, description = "A page", body = Items<ErasureView>)))]
pub async fn list(who: Guarded<ReadErasures>, page: Page<InState>) -> Answer {
    let (permit, limit, state) = (who.permit, page.limit, page.query.state);
    let after = after(&who, "erasures", &page)?;
    let found = who
        .services
        .read(move |reader, _| erasures::list(reader, permit, state, after, limit + 1))
        .await?;
    items(
        &who,
        "erasures",
        &page,
        found,
        |erasing| erasing.erasure.id,
        |erasing| ErasureView::from(&erasing),
    )
}

/// One erasure.
#[utoipa::path(get, operation_id = "show_erasure", path = "/v1/erasures/{id}", tag = "Personal data", params(("id" = ErasureId, Path, description = "Which")),
    responses((status = 200, description = "The erasure", body = ErasureView)))]
pub async fn show(who: Guarded<ReadErasures>, id: PathId<ErasureKind>) -> Answer {
    let (permit, id) = (who.permit, id.0);
    let found = who
        .services
        .read(move |reader, _| erasures::show(reader, permit, id))
        .await?;
    one(found.version, &ErasureView::from(&found))
}

/// Takes back an erasure that waits. It takes no body.
#[utoipa::path(post, operation_id = "withdraw_erasure", path = "/v1/erasures/{id}/withdrawals", tag = "Personal data",
    params(("id" = ErasureId, Path, description = "Which"),
           ("Idempotency-Key" = String, Header, description = "New for each new request", max_length = 64)),
    responses((status = 201, description = "Withdrawn", body = ErasureView)))]
pub async fn withdraw(
    who: Guarded<Erase>,
    id: PathId<ErasureKind>,
    key: IdempotencyKey,
    _: NoBody,
) -> Answer {
    let once = key.once_bytes(who.actor(), b"");
    let (permit, id) = (who.permit, id.0);
    let work = move |tx: &mut Tx<'_>| {
        let erasing = erasures::withdraw(tx, permit, id)?;
        let view = ErasureView::from(&erasing);
        rendered(StatusCode::CREATED, None, erasing.version, &view)
    };
    answer(
        who.services
            .door
            .change_once(who.actor(), Some(once), work)
            .await?,
    )
}
