//! Exclusions: `/v1/exclusions`, how each leaves its member, is answered, contested and lifted.

use std::collections::BTreeSet;

use actix_web::http::StatusCode;
use serde::{Deserialize, Serialize};
use validator::Validate;

use crate::access::permission::{ContestExclusions, KeepExclusions, Permission, ReadExclusions};
use crate::domain::exclusion::{
    ANSWERED_WITHIN_MS, Answer as Said, DECIDED_WITHIN_MS, Reply, State, Why,
};
use crate::domain::ids::{
    CredentialId, ExclusionId, ExclusionKind, FacilityId, MemberId, WorkerId,
};
use crate::domain::reason::{Class, Reason};
use crate::domain::referral::Ground;
use crate::domain::time::Timestamp;
use crate::http::extract::{Guarded, IdempotencyKey, ListQuery, NoBody, Page, PathId, ValidJson};
use crate::http::problem::{Problem, ProblemCode};
use crate::ledger::replay::Told;
use crate::service::approvals::Outcome;
use crate::service::commit::Once;
use crate::service::exclusions::{self, ExclusionDraft, Shown};
use crate::service::{Error, Tx};

use super::approvals::{ApprovalView, accepted};
use super::referrals::DeclineBody;
use super::{Answer, Items, after, answer, items, one, rendered};

/// An exclusion to be proposed.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExclusionBody {
    /// A credential of your member that is suspended or revoked for cause: the ground.
    pub credential: CredentialId,
    /// Where the person is not to come; everywhere when none is named.
    #[serde(default)]
    #[schema(max_items = 64)]
    pub facilities: BTreeSet<FacilityId>,
    /// It holds up to, and not including, this moment; at most five years from now.
    pub ends_at: Timestamp,
}

/// What a contest came to.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContestBody {
    /// Whether the exclusion stays.
    pub outcome: ContestOutcome,
}

/// What a contest can come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ContestOutcome {
    /// It stays.
    Upheld,
    /// It is lifted everywhere.
    Lifted,
}

/// A block on a person.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ExclusionView {
    /// Which.
    pub id: ExclusionId,
    /// Where it stands.
    pub state: State,
    /// Who proposed it.
    pub member: MemberId,
    /// Your member's own record of the person.
    pub worker: WorkerId,
    /// The credential that it rests on, where your member proposed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credential: Option<CredentialId>,
    /// The class of the reason.
    pub class: Class,
    /// The reason.
    pub reason: Reason,
    /// Where the person is not to come; everywhere when none is named.
    #[schema(max_items = 64)]
    pub facilities: BTreeSet<FacilityId>,
    /// It holds up to, and not including, this moment.
    pub ends_at: Timestamp,
    /// What your member says of it.
    pub answer: Said,
    /// Why your member declined it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ground: Option<Ground>,
    /// Until when your member is to answer, or a contest to be decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    /// What the others say of it, where your member proposed it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 200)]
    pub answers: Vec<AnswerView>,
    /// Why it was lifted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lifted: Option<Why>,
    /// Since when it stands so.
    pub since: Timestamp,
    /// The ledger entry that last touched it.
    pub seq: u64,
}

/// What another member says of an exclusion.
#[derive(Serialize, utoipa::ToSchema)]
pub struct AnswerView {
    /// Which member.
    pub member: MemberId,
    /// What it says.
    pub answer: Said,
    /// Why it declined.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ground: Option<Ground>,
}

impl From<&Told> for AnswerView {
    fn from(told: &Told) -> Self {
        Self {
            member: told.member,
            answer: told.answer,
            ground: told.ground,
        }
    }
}

impl From<Shown> for ExclusionView {
    fn from(shown: Shown) -> Self {
        let Shown {
            excluded,
            own,
            others,
        } = shown;
        let exclusion = excluded.exclusion;
        let due_at = match (excluded.state, own.answer) {
            (State::Contested, _) => Some(excluded.since.plus_ms(DECIDED_WITHIN_MS)),
            (State::Proposed, Said::Asked) => Some(own.told_at.plus_ms(ANSWERED_WITHIN_MS)),
            _ => None,
        };
        let latest = others.iter().chain([&own]).map(|told| told.version);
        Self {
            id: exclusion.id,
            state: excluded.state,
            member: exclusion.member,
            worker: own.worker,
            credential: (own.member == exclusion.member).then_some(exclusion.credential),
            class: exclusion.reason.class(),
            reason: exclusion.reason,
            facilities: exclusion.facilities,
            ends_at: exclusion.ends_at,
            answer: own.answer,
            ground: own.ground,
            due_at,
            seq: latest.fold(excluded.version, u64::max),
            answers: others.iter().map(AnswerView::from).collect(),
            lifted: excluded.why,
            since: excluded.since,
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

/// A page of the exclusions that your member proposed or was told of.
#[utoipa::path(get, operation_id = "list_exclusions", path = "/v1/exclusions", tag = "Between ports",
    params(("limit" = Option<u8>, Query, description = "Items on the page, 50 if not said", minimum = 1, maximum = 200),
           ("cursor" = Option<String>, Query, description = "From the page before", max_length = 100),
           ("state" = Option<State>, Query, description = "Only those in this state")),
    responses((status = 200, description = "A page", body = Items<ExclusionView>)))]
pub async fn list(who: Guarded<ReadExclusions>, page: Page<InState>) -> Answer {
    let (permit, limit, state) = (who.permit, page.limit, page.query.state);
    let after = after(&who, "exclusions", &page)?;
    let found = who
        .services
        .read(move |reader, _| exclusions::list(reader, permit, state, after, limit + 1))
        .await?;
    items(
        &who,
        "exclusions",
        &page,
        found,
        |shown| shown.excluded.exclusion.id,
        ExclusionView::from,
    )
}

/// One exclusion.
#[utoipa::path(get, operation_id = "show_exclusion", path = "/v1/exclusions/{id}", tag = "Between ports", params(("id" = ExclusionId, Path, description = "Which")),
    responses((status = 200, description = "The exclusion", body = ExclusionView)))]
pub async fn show(who: Guarded<ReadExclusions>, id: PathId<ExclusionKind>) -> Answer {
    let (permit, id) = (who.permit, id.0);
    let shown = who
        .services
        .read(move |reader, _| exclusions::show(reader, permit, id))
        .await?;
    let view = ExclusionView::from(shown);
    one(view.seq, &view)
}

/// Proposes an exclusion. When another person has granted it, it holds at your member, and where it may leave it the others
/// that know the person are told.
#[utoipa::path(post, operation_id = "propose_exclusion", path = "/v1/exclusions", tag = "Between ports", request_body = ExclusionBody,
    params(("Idempotency-Key" = String, Header, description = "New for each new request", max_length = 64)),
    responses((status = 202, description = "It waits for its second person", body = ApprovalView)))]
pub async fn propose(
    who: Guarded<KeepExclusions>,
    key: IdempotencyKey,
    body: ValidJson<ExclusionBody>,
) -> Answer {
    let once = key.once(who.actor(), &body);
    let permit = who.permit;
    let draft = ExclusionDraft {
        credential: body.value.credential,
        facilities: body.value.facilities,
        ends_at: body.value.ends_at,
    };
    changed(&who, once, move |tx| {
        exclusions::propose(tx, permit, &draft)
    })
    .await
}

/// Lets an exclusion leave your member, once the network shares and your member has a legal basis. It takes no body.
#[utoipa::path(post, operation_id = "publish_exclusion", path = "/v1/exclusions/{id}/publications", tag = "Between ports",
    params(("id" = ExclusionId, Path, description = "Which"),
           ("Idempotency-Key" = String, Header, description = "New for each new request", max_length = 64)),
    responses((status = 201, description = "The others are told", body = ExclusionView)))]
pub async fn publish(
    who: Guarded<KeepExclusions>,
    id: PathId<ExclusionKind>,
    key: IdempotencyKey,
    _: NoBody,
) -> Answer {
    let once = key.once_bytes(who.actor(), b"");
    let (permit, id) = (who.permit, id.0);
    changed(&who, once, move |tx| {
        exclusions::publish(tx, permit, id).map(Outcome::Done)
    })
    .await
}

/// Adopts an exclusion: when another person has granted it, what your member issued to the person and leads where they are
/// not to come is suspended, and nothing of that kind is issued. It takes no body.
#[utoipa::path(post, operation_id = "adopt_exclusion", path = "/v1/exclusions/{id}/adoptions", tag = "Between ports",
    params(("id" = ExclusionId, Path, description = "Which"),
           ("Idempotency-Key" = String, Header, description = "New for each new request", max_length = 64)),
    responses((status = 202, description = "It waits for its second person", body = ApprovalView)))]
pub async fn adopt(
    who: Guarded<KeepExclusions>,
    id: PathId<ExclusionKind>,
    key: IdempotencyKey,
    _: NoBody,
) -> Answer {
    let once = key.once_bytes(who.actor(), b"");
    let (permit, id) = (who.permit, id.0);
    changed(&who, once, move |tx| {
        exclusions::answer(tx, permit, id, Reply::Adopted)
    })
    .await
}

/// Declines an exclusion for one of the grounds, when another person has granted it.
#[utoipa::path(post, operation_id = "decline_exclusion", path = "/v1/exclusions/{id}/declines", tag = "Between ports", request_body = DeclineBody,
    params(("id" = ExclusionId, Path, description = "Which"),
           ("Idempotency-Key" = String, Header, description = "New for each new request", max_length = 64)),
    responses((status = 202, description = "It waits for its second person", body = ApprovalView)))]
pub async fn decline(
    who: Guarded<KeepExclusions>,
    id: PathId<ExclusionKind>,
    key: IdempotencyKey,
    body: ValidJson<DeclineBody>,
) -> Answer {
    let once = key.once(who.actor(), &body);
    let (permit, id, ground) = (who.permit, id.0, body.value.ground);
    changed(&who, once, move |tx| {
        exclusions::answer(tx, permit, id, Reply::Declined(ground))
    })
    .await
}

/// Notes that the person contests the exclusion. It keeps its effect, and is to be decided within 14 days. It takes no body.
#[utoipa::path(post, operation_id = "contest_exclusion", path = "/v1/exclusions/{id}/contests", tag = "Between ports",
    params(("id" = ExclusionId, Path, description = "Which"),
           ("Idempotency-Key" = String, Header, description = "New for each new request", max_length = 64)),
    responses((status = 201, description = "Noted", body = ExclusionView)))]
pub async fn contest(
    who: Guarded<ContestExclusions>,
    id: PathId<ExclusionKind>,
    key: IdempotencyKey,
    _: NoBody,
) -> Answer {
    let once = key.once_bytes(who.actor(), b"");
    let (permit, id) = (who.permit, id.0);
    changed(&who, once, move |tx| {
        exclusions::contest(tx, permit, id).map(Outcome::Done)
    })
    .await
}

/// Decides a contest, when another person of your member has granted it. The member that proposed the exclusion does not.
#[utoipa::path(post, operation_id = "decide_contest", path = "/v1/exclusions/{id}/contest-outcomes", tag = "Between ports", request_body = ContestBody,
    params(("id" = ExclusionId, Path, description = "Which"),
           ("Idempotency-Key" = String, Header, description = "New for each new request", max_length = 64)),
    responses((status = 202, description = "It waits for its second person", body = ApprovalView)))]
pub async fn decide(
    who: Guarded<KeepExclusions>,
    id: PathId<ExclusionKind>,
    key: IdempotencyKey,
    body: ValidJson<ContestBody>,
) -> Answer {
    let once = key.once(who.actor(), &body);
    let (permit, id) = (who.permit, id.0);
    let lift = body.value.outcome == ContestOutcome::Lifted;
    changed(&who, once, move |tx| {
        exclusions::decide(tx, permit, id, lift)
    })
    .await
}

/// Takes back what your member proposed, when another person has granted it. It takes no body.
#[utoipa::path(post, operation_id = "lift_exclusion", path = "/v1/exclusions/{id}/lifts", tag = "Between ports",
    params(("id" = ExclusionId, Path, description = "Which"),
           ("Idempotency-Key" = String, Header, description = "New for each new request", max_length = 64)),
    responses((status = 202, description = "It waits for its second person", body = ApprovalView)))]
pub async fn lift(
    who: Guarded<KeepExclusions>,
    id: PathId<ExclusionKind>,
    key: IdempotencyKey,
    _: NoBody,
) -> Answer {
    let once = key.once_bytes(who.actor(), b"");
    let (permit, id) = (who.permit, id.0);
    changed(&who, once, move |tx| exclusions::lift(tx, permit, id)).await
}

/// Makes a change once, and answers the exclusion or the approval that it waits for.
async fn changed<P: Permission>(
    who: &Guarded<P>,
    once: Once,
    mut change: impl FnMut(&mut Tx<'_>) -> Result<Outcome<Shown>, Error> + Send + 'static,
) -> Answer {
    let work = move |tx: &mut Tx<'_>| match change(tx)? {
        Outcome::Asked(asked) => accepted(tx, &asked),
        Outcome::Done(shown) => {
            let view = ExclusionView::from(shown);
            let location = format!("/v1/exclusions/{}", view.id);
            rendered(StatusCode::CREATED, Some(location), view.seq, &view)
        }
    };
    answer(
        who.services
            .door
            .change_once(who.actor(), Some(once), work)
            .await?,
    )
}
