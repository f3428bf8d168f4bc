//! Screenings: `/v1/workers/{id}/screenings`, `/v1/screenings`, and what happens to each: submissions, outcomes, appeals
//! with their outcomes, finalisations, unmet conditions, withdrawals.

use actix_web::http::StatusCode;
use serde::{Deserialize, Serialize};
use validator::Validate;

use crate::access::permission::{DecideScreenings, KeepScreenings, Permission, ReadScreenings};
use crate::domain::calendar::Day;
use crate::domain::ids::{MemberId, ScreeningId, ScreeningKind, WorkerId, WorkerKind};
use crate::domain::screening::{Advice, AppealDecision, Authority, Function, Reference, State};
use crate::domain::time::Timestamp;
use crate::http::extract::{
    Guarded, IdempotencyKey, ListOf, ListQuery, NoBody, Page, PathId, ValidJson,
};
use crate::http::problem::{Problem, ProblemCode};
use crate::ledger::replay::Screened;
use crate::service::approvals::Outcome;
use crate::service::commit::Once;
use crate::service::screenings::{self, Ruling};
use crate::service::{Error, Tx};

use super::approvals::{ApprovalView, accepted};
use super::{Answer, Items, after, answer, items, one, rendered};

/// A screening to be opened.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ScreeningBody {
    /// For what. A worker has one screening for each that is not decided.
    pub function: Function,
    /// When the worker's consent was recorded.
    pub consented_at: Timestamp,
}

/// What an authority advises.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OutcomeBody {
    /// The advice. About somebody who was cleared only `negative` is taken.
    pub advice: Advice,
    /// Who gives it.
    pub authority: Authority,
    /// Under which reference the authority keeps it.
    pub reference: Reference,
    /// The day on which the worker was notified, today at the latest; the term of appeal and the validity count from it.
    pub date: Day,
}

/// An appeal.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AppealBody {
    /// The day on which it was lodged, within the term of appeal.
    pub date: Day,
}

/// What came of an appeal.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AppealOutcomeBody {
    /// Won or lost.
    pub decision: AppealDecision,
    /// Who decided.
    pub authority: Authority,
    /// Under which reference the authority keeps it.
    pub reference: Reference,
    /// The day on which the worker was notified, today at the latest.
    pub date: Day,
}

/// A screening of a worker for one function.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ScreeningView {
    /// Which.
    pub id: ScreeningId,
    /// Of whom.
    pub worker: WorkerId,
    /// Who keeps it.
    pub member: MemberId,
    /// For what.
    pub function: Function,
    /// When the worker's consent was recorded.
    pub consented_at: Timestamp,
    /// Where it stands.
    pub state: State,
    /// The last outcome.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<OutcomeView>,
    /// The last day on which an appeal is in time, while one is possible.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub appeal_deadline: Option<Day>,
    /// The last day on which it stands as it does: of the term of appeal, or of the outcome's validity. What follows from
    /// that day is recorded by somebody, so look at it before relying on the state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<Day>,
    /// Since when it stands so.
    pub since: Timestamp,
    /// The ledger entry that last touched it.
    pub seq: u64,
}

/// What an authority decided.
#[derive(Serialize, utoipa::ToSchema)]
pub struct OutcomeView {
    /// Who decided.
    pub authority: Authority,
    /// Under which reference the authority keeps it.
    pub reference: Reference,
    /// The day on which the worker was notified.
    pub date: Day,
    /// The last day on which it holds, where it clears.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Day>,
}

impl From<&Screened> for ScreeningView {
    fn from(screened: &Screened) -> Self {
        let (screening, standing) = (&screened.screening, &screened.standing);
        let outcome = standing.outcome.as_ref().map(|outcome| OutcomeView {
            authority: outcome.authority,
            reference: outcome.reference.clone(),
            date: outcome.date,
            valid_until: outcome.valid_until,
        });
        Self {
            id: screening.id,
            worker: screening.worker,
            member: screening.member,
            function: screening.function,
            consented_at: screening.consented_at,
            state: standing.state,
            outcome,
            appeal_deadline: standing.appeal_deadline(),
            due: standing.due(),
            since: screened.since,
            seq: screened.version,
        }
    }
}

/// Makes a change once, and answers where the screening stands then.
async fn changed<P: Permission>(
    who: &Guarded<P>,
    once: Once,
    mut change: impl FnMut(&mut Tx<'_>) -> Result<Screened, Error> + Send + 'static,
) -> Answer {
    let work = move |tx: &mut Tx<'_>| {
        let screened = change(tx)?;
        let location = format!("/v1/screenings/{}", screened.screening.id);
        rendered(
            StatusCode::CREATED,
            Some(location),
            screened.version,
            &ScreeningView::from(&screened),
        )
    };
    answer(
        who.services
            .door
            .change_once(who.actor(), Some(once), work)
            .await?,
    )
}

/// The same for what needs a second person.
async fn asked<P: Permission>(
    who: &Guarded<P>,
    once: Once,
    mut change: impl FnMut(&mut Tx<'_>) -> Result<Outcome<Screened>, Error> + Send + 'static,
) -> Answer {
    let work = move |tx: &mut Tx<'_>| match change(tx)? {
        Outcome::Done(screened) => rendered(
            StatusCode::CREATED,
            Some(format!("/v1/screenings/{}", screened.screening.id)),
            screened.version,
            &ScreeningView::from(&screened),
        ),
        Outcome::Asked(asked) => accepted(tx, &asked),
    };
    answer(
        who.services
            .door
            .change_once(who.actor(), Some(once), work)
            .await?,
    )
}

/// Opens a screening of a worker who has consented. Nothing is sent to the authority by this.
#[utoipa::path(post, operation_id = "open_screening", path = "/v1/workers/{id}/screenings", tag = "Screenings", request_body = ScreeningBody,
    params(("id" = WorkerId, Path, description = "Of whom"),
           ("Idempotency-Key" = String, Header, description = "New for each new request", max_length = 64)),
    responses((status = 201, description = "Opened", body = ScreeningView)))]
pub async fn open(
    who: Guarded<KeepScreenings>,
    id: PathId<WorkerKind>,
    key: IdempotencyKey,
    body: ValidJson<ScreeningBody>,
) -> Answer {
    let once = key.once(who.actor(), &body);
    let (permit, worker, body) = (who.permit, id.0, body.value);
    changed(&who, once, move |tx| {
        screenings::open(tx, permit, worker, body.function, body.consented_at)
    })
    .await
}

/// A page of a worker's screenings at your member.
#[utoipa::path(get, operation_id = "list_screenings_of_worker", path = "/v1/workers/{id}/screenings", tag = "Screenings",
    params(("id" = WorkerId, Path, description = "Of whom"),
           ("limit" = Option<u8>, Query, description = "Items on the page, 50 if not said", minimum = 1, maximum = 200),
           ("cursor" = Option<String>, Query, description = "From the page before", max_length = 100)),
    responses((status = 200, description = "A page", body = Items<ScreeningView>)))]
pub async fn of_worker(
    who: Guarded<ReadScreenings>,
    of: ListOf<WorkerKind>,
    page: Page<()>,
) -> Answer {
    let (permit, of, limit) = (who.permit, of.0, page.limit);
    let name = format!("screenings of {of}");
    let after = after(&who, &name, &page)?;
    let found = who
        .services
        .read(move |reader, _| screenings::of_worker(reader, permit, of, after, limit + 1))
        .await?;
    items(
        &who,
        &name,
        &page,
        found,
        |screened| screened.screening.id,
        |screened| ScreeningView::from(&screened),
    )
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

/// A page of the screenings at your member.
#[utoipa::path(get, operation_id = "list_screenings", path = "/v1/screenings", tag = "Screenings",
    params(("limit" = Option<u8>, Query, description = "Items on the page, 50 if not said", minimum = 1, maximum = 200),
           ("cursor" = Option<String>, Query, description = "From the page before", max_length = 100),
           ("state" = Option<State>, Query, description = "Only those in this state")),
    responses((status = 200, description = "A page", body = Items<ScreeningView>)))]
pub async fn list(who: Guarded<ReadScreenings>, page: Page<InState>) -> Answer {
    let (permit, limit, state) = (who.permit, page.limit, page.query.state);
    let after = after(&who, "screenings", &page)?;
    let found = who
        .services
        .read(move |reader, _| screenings::list(reader, permit, state, after, limit + 1))
        .await?;
    items(
        &who,
        "screenings",
        &page,
        found,
        |screened| screened.screening.id,
        |screened| ScreeningView::from(&screened),
    )
}

/// One screening.
#[utoipa::path(get, operation_id = "show_screening", path = "/v1/screenings/{id}", tag = "Screenings", params(("id" = ScreeningId, Path, description = "Which")),
    responses((status = 200, description = "The screening", body = ScreeningView)))]
pub async fn show(who: Guarded<ReadScreenings>, id: PathId<ScreeningKind>) -> Answer {
    let (permit, id) = (who.permit, id.0);
    let found = who
        .services
        .read(move |reader, _| screenings::show(reader, permit, id))
        .await?;
    one(found.version, &ScreeningView::from(&found))
}

/// Notes that a draft was sent to the authority. It takes no body.
#[utoipa::path(post, operation_id = "submit_screening", path = "/v1/screenings/{id}/submissions", tag = "Screenings",
    params(("id" = ScreeningId, Path, description = "Which"),
           ("Idempotency-Key" = String, Header, description = "New for each new request", max_length = 64)),
    responses((status = 201, description = "Pending", body = ScreeningView)))]
pub async fn submit(
    who: Guarded<KeepScreenings>,
    id: PathId<ScreeningKind>,
    key: IdempotencyKey,
    _: NoBody,
) -> Answer {
    let once = key.once_bytes(who.actor(), b"");
    let (permit, id) = (who.permit, id.0);
    changed(&who, once, move |tx| screenings::submit(tx, permit, id)).await
}

/// Records what the authority advises.
///
/// It takes effect when a second person grants it. A negative advice about somebody who is cleared, by this screening or another,
/// also of another member, refuses them at once, and the term of appeal begins.
#[utoipa::path(post, operation_id = "record_outcome", path = "/v1/screenings/{id}/outcomes", tag = "Screenings", request_body = OutcomeBody,
    params(("id" = ScreeningId, Path, description = "Which"),
           ("Idempotency-Key" = String, Header, description = "New for each new request", max_length = 64)),
    responses((status = 202, description = "It waits for a second person", body = ApprovalView),
              (status = 201, description = "Refused, at once", body = ScreeningView)))]
pub async fn record(
    who: Guarded<KeepScreenings>,
    id: PathId<ScreeningKind>,
    key: IdempotencyKey,
    body: ValidJson<OutcomeBody>,
) -> Answer {
    let once = key.once(who.actor(), &body);
    let (permit, id, body) = (who.permit, id.0, body.value);
    let ruling = Ruling {
        authority: body.authority,
        reference: body.reference,
        date: body.date,
    };
    asked(&who, once, move |tx| {
        screenings::record(tx, permit, id, body.advice, &ruling)
    })
    .await
}

/// Notes that a refused worker appealed in time. The function stays barred.
#[utoipa::path(post, operation_id = "appeal_screening", path = "/v1/screenings/{id}/appeals", tag = "Screenings", request_body = AppealBody,
    params(("id" = ScreeningId, Path, description = "Which"),
           ("Idempotency-Key" = String, Header, description = "New for each new request", max_length = 64)),
    responses((status = 201, description = "Under appeal", body = ScreeningView)))]
pub async fn appeal(
    who: Guarded<KeepScreenings>,
    id: PathId<ScreeningKind>,
    key: IdempotencyKey,
    body: ValidJson<AppealBody>,
) -> Answer {
    let once = key.once(who.actor(), &body);
    let (permit, id, on) = (who.permit, id.0, body.value.date);
    changed(&who, once, move |tx| screenings::appeal(tx, permit, id, on)).await
}

/// Records what came of an appeal, when a second person grants it.
#[utoipa::path(post, operation_id = "decide_appeal", path = "/v1/screenings/{id}/appeal-outcomes", tag = "Screenings", request_body = AppealOutcomeBody,
    params(("id" = ScreeningId, Path, description = "Which"),
           ("Idempotency-Key" = String, Header, description = "New for each new request", max_length = 64)),
    responses((status = 202, description = "It waits for a second person", body = ApprovalView)))]
pub async fn decide_appeal(
    who: Guarded<DecideScreenings>,
    id: PathId<ScreeningKind>,
    key: IdempotencyKey,
    body: ValidJson<AppealOutcomeBody>,
) -> Answer {
    let once = key.once(who.actor(), &body);
    let (permit, id, body) = (who.permit, id.0, body.value);
    let ruling = Ruling {
        authority: body.authority,
        reference: body.reference,
        date: body.date,
    };
    asked(&who, once, move |tx| {
        screenings::decide_appeal(tx, permit, id, body.decision, &ruling)
    })
    .await
}

/// Makes a refusal final after its term of appeal ran out unused, when a second person grants it. It takes no body.
#[utoipa::path(post, operation_id = "finalise_screening", path = "/v1/screenings/{id}/finalisations", tag = "Screenings",
    params(("id" = ScreeningId, Path, description = "Which"),
           ("Idempotency-Key" = String, Header, description = "New for each new request", max_length = 64)),
    responses((status = 202, description = "It waits for a second person", body = ApprovalView)))]
pub async fn finalise(
    who: Guarded<DecideScreenings>,
    id: PathId<ScreeningKind>,
    key: IdempotencyKey,
    _: NoBody,
) -> Answer {
    let once = key.once_bytes(who.actor(), b"");
    let (permit, id) = (who.permit, id.0);
    asked(&who, once, move |tx| screenings::finalise(tx, permit, id)).await
}

/// Notes that the mitigation was not shown that a warning asks for, when a second person grants it. It takes no
/// body.
#[utoipa::path(post, operation_id = "end_unmet_condition", path = "/v1/screenings/{id}/unmet-conditions", tag = "Screenings",
    params(("id" = ScreeningId, Path, description = "Which"),
           ("Idempotency-Key" = String, Header, description = "New for each new request", max_length = 64)),
    responses((status = 202, description = "It waits for a second person", body = ApprovalView)))]
pub async fn condition_unmet(
    who: Guarded<DecideScreenings>,
    id: PathId<ScreeningKind>,
    key: IdempotencyKey,
    _: NoBody,
) -> Answer {
    let once = key.once_bytes(who.actor(), b"");
    let (permit, id) = (who.permit, id.0);
    asked(&who, once, move |tx| {
        screenings::condition_unmet(tx, permit, id)
    })
    .await
}

/// Closes an open screening whose worker withdrew consent. It takes no body.
///
/// Where it had cleared them a second person confirms it afterwards; who closed or refused 20 in ten minutes that nobody has
/// confirmed needs a second person for the next one.
#[utoipa::path(post, operation_id = "withdraw_consent", path = "/v1/screenings/{id}/withdrawals", tag = "Screenings",
    params(("id" = ScreeningId, Path, description = "Which"),
           ("Idempotency-Key" = String, Header, description = "New for each new request", max_length = 64)),
    responses((status = 201, description = "Closed", body = ScreeningView),
              (status = 202, description = "It waits for a second person", body = ApprovalView)))]
pub async fn withdraw(
    who: Guarded<KeepScreenings>,
    id: PathId<ScreeningKind>,
    key: IdempotencyKey,
    _: NoBody,
) -> Answer {
    let once = key.once_bytes(who.actor(), b"");
    let (permit, id) = (who.permit, id.0);
    asked(&who, once, move |tx| screenings::withdraw(tx, permit, id)).await
}
