//! Port bans: `/v1/bans`, and how one that the register took back ends.

use actix_web::http::StatusCode;
use serde::{Deserialize, Serialize};
use validator::Validate;

use crate::access::permission::{KeepBans, ReadBans};
use crate::domain::ban::State;
use crate::domain::document::Document;
use crate::domain::ids::{BanId, BanKind, WorkerId};
use crate::domain::screening::Reference;
use crate::domain::time::Timestamp;
use crate::http::extract::{Guarded, IdempotencyKey, ListQuery, NoBody, Page, PathId, ValidJson};
use crate::http::problem::{Problem, ProblemCode};
use crate::service::approvals::Outcome;
use crate::service::bans::{self, BanDraft, Shown};
use crate::service::commit::Rendered;
use crate::service::{Error, Tx};

use super::approvals::{ApprovalView, accepted};
use super::{Answer, Items, after, answer, items, one, rendered};

/// A port ban to be mirrored. The person is named by a document, or, by the register alone, as a worker.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BanBody {
    /// A document of the person. It is kept sealed until the ban ends, whether or not somebody bears it.
    pub document: Option<Document>,
    /// The person as a worker who is recorded here.
    pub worker: Option<WorkerId>,
    /// What the register knows the ban by.
    pub reference: Reference,
    /// It stands from this moment on.
    pub starts_at: Timestamp,
    /// It stands up to, and not including, this moment; at most twenty years later.
    pub ends_at: Timestamp,
}

/// A port ban.
#[derive(Serialize, utoipa::ToSchema)]
pub struct BanView {
    /// Which.
    pub id: BanId,
    /// What the register knows it by.
    pub reference: Reference,
    /// It stands from this moment on.
    pub starts_at: Timestamp,
    /// It stands up to, and not including, this moment.
    pub ends_at: Timestamp,
    /// Where it stands.
    pub state: State,
    /// Since when it stands so.
    pub since: Timestamp,
    /// Whether the person is recorded at any member. Only the register is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub known: Option<bool>,
    /// The ledger entry that last touched it.
    pub seq: u64,
}

impl BanView {
    pub(super) fn of(shown: Shown) -> Self {
        let Shown { mirrored, known } = shown;
        Self {
            id: mirrored.ban.id,
            reference: mirrored.ban.reference,
            starts_at: mirrored.ban.starts_at,
            ends_at: mirrored.ban.ends_at,
            state: mirrored.state,
            since: mirrored.since,
            known,
            seq: mirrored.version,
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

/// A page of the port bans that were mirrored.
#[utoipa::path(get, operation_id = "list_bans", path = "/v1/bans", tag = "Between ports",
    params(("limit" = Option<u8>, Query, description = "Items on the page, 50 if not said", minimum = 1, maximum = 200),
           ("cursor" = Option<String>, Query, description = "From the page before", max_length = 100),
           ("state" = Option<State>, Query, description = "Only those in this state")),
    responses((status = 200, description = "A page", body = Items<BanView>)))]
pub async fn list(who: Guarded<ReadBans>, page: Page<InState>) -> Answer {
    let (permit, limit, state) = (who.permit, page.limit, page.query.state);
    let after = after(&who, "bans", &page)?;
    let found = who
        .services
        .read(move |reader, _| bans::list(reader, permit, state, after, limit + 1))
        .await?;
    items(
        &who,
        "bans",
        &page,
        found,
        |shown| shown.mirrored.ban.id,
        BanView::of,
    )
}

/// One port ban.
#[utoipa::path(get, operation_id = "show_ban", path = "/v1/bans/{id}", tag = "Between ports", params(("id" = BanId, Path, description = "Which")),
    responses((status = 200, description = "The ban", body = BanView)))]
pub async fn show(who: Guarded<ReadBans>, id: PathId<BanKind>) -> Answer {
    let (permit, id) = (who.permit, id.0);
    let shown = who
        .services
        .read(move |reader, _| bans::show(reader, permit, id))
        .await?;
    one(shown.mirrored.version, &BanView::of(shown))
}

/// Mirrors a port ban from the register of the State.
///
/// From its start to its end nothing that any member issued to the person is good, and nothing is issued to them. What the
/// register sends is done at once; where an administrator sends it, another one must let it happen.
#[utoipa::path(post, operation_id = "mirror_ban", path = "/v1/bans", tag = "Between ports", request_body = BanBody,
    params(("Idempotency-Key" = String, Header, description = "New for each new request", max_length = 64)),
    responses((status = 201, description = "Mirrored", body = BanView),
              (status = 202, description = "It waits for its second person", body = ApprovalView)))]
pub async fn mirror(
    who: Guarded<KeepBans>,
    key: IdempotencyKey,
    body: ValidJson<BanBody>,
) -> Answer {
    let once = key.once(who.actor(), &body);
    let permit = who.permit;
    let body = body.value;
    let draft = BanDraft {
        document: body.document,
        worker: body.worker,
        reference: body.reference,
        starts_at: body.starts_at,
        ends_at: body.ends_at,
    };
    let work = move |tx: &mut Tx<'_>| {
        let outcome = bans::mirror(tx, permit, &draft)?;
        done(tx, outcome)
    };
    answer(
        who.services
            .door
            .change_once(who.actor(), Some(once), work)
            .await?,
    )
}

/// Ends a port ban that the register took back. It takes no body.
///
/// What the ban did is lifted, and nothing else, unless another one stands against the same person. A ban whose term runs
/// out ends by itself.
#[utoipa::path(post, operation_id = "end_ban", path = "/v1/bans/{id}/ends", tag = "Between ports",
    params(("id" = BanId, Path, description = "Which"),
           ("Idempotency-Key" = String, Header, description = "New for each new request", max_length = 64)),
    responses((status = 201, description = "Ended", body = BanView),
              (status = 202, description = "It waits for its second person", body = ApprovalView)))]
pub async fn end(
    who: Guarded<KeepBans>,
    id: PathId<BanKind>,
    key: IdempotencyKey,
    _: NoBody,
) -> Answer {
    let once = key.once_bytes(who.actor(), b"");
    let (permit, id) = (who.permit, id.0);
    let work = move |tx: &mut Tx<'_>| {
        let outcome = bans::end(tx, permit, id)?;
        done(tx, outcome)
    };
    answer(
        who.services
            .door
            .change_once(who.actor(), Some(once), work)
            .await?,
    )
}

fn done(tx: &Tx<'_>, outcome: Outcome<Shown>) -> Result<Rendered, Error> {
    match outcome {
        Outcome::Asked(asked) => accepted(tx, &asked),
        Outcome::Done(shown) => rendered(
            StatusCode::CREATED,
            Some(format!("/v1/bans/{}", shown.mirrored.ban.id)),
            shown.mirrored.version,
            &BanView::of(shown),
        ),
    }
}
