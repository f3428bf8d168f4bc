//! Credentials: `/v1/credentials`, each with its badges, suspensions and lifts.

use std::collections::BTreeSet;

use actix_web::http::StatusCode;
use serde::{Deserialize, Serialize};
use validator::Validate;

use crate::access::permission::{Lift, ReadCredentials, Suspend};
use crate::domain::card::Format;
use crate::domain::credential::{Medium, State, SuspensionKind};
use crate::domain::ids::{
    BadgeId, CardSystemId, CredentialId, CredentialKind, EngagementId, FacilityId, MemberId,
    WorkerId, ZoneId,
};
use crate::domain::reason::Reason;
use crate::domain::screening::Function;
use crate::domain::time::Timestamp;
use crate::http::extract::{
    Guarded, IdempotencyKey, ListQuery, Page, PathId, ValidJson, id_parameter,
};
use crate::http::problem::Problem;
use crate::ledger::replay::Held;
use crate::service::approvals::Outcome;
use crate::service::badges::{self, BadgeDraft, CardDraft, Given};
use crate::service::credentials::{self, WithBadges};
use crate::service::{Error, Tx};
use crate::store::credentials::Kept;

use super::approvals::{ApprovalView, accepted};
use super::gate_checks::CardBody;
use super::{Answer, Items, after, answer, items, one, rendered};

/// Where a credential is good: whole facilities, single zones, or everywhere when neither is named; and what it is for, beyond
/// passing gates.
#[derive(Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ScopeBody {
    /// Whole facilities.
    #[serde(default)]
    #[schema(max_items = 64)]
    pub facilities: BTreeSet<FacilityId>,
    /// Single zones.
    #[serde(default)]
    #[schema(max_items = 64)]
    pub zones: BTreeSet<ZoneId>,
    /// What it is for. Gates of a zone that requires a function open only to credentials that are for it, while their worker
    /// is cleared for it.
    #[serde(default)]
    #[schema(max_items = 3)]
    pub functions: BTreeSet<Function>,
}

/// A badge to be added.
#[derive(Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BadgeBody {
    /// Card or phone.
    pub medium: Medium,
    /// What readers see on it; each names one of your member's card systems.
    #[validate(length(min = 1, max = 8))]
    #[schema(min_items = 1, max_items = 8)]
    pub cards: Vec<CardBody>,
}

impl BadgeBody {
    pub(super) fn draft(&self, pointer: &str) -> Result<BadgeDraft, Error> {
        let cards = self
            .cards
            .iter()
            .enumerate()
            .map(|(at, card)| card_draft(card, &format!("{pointer}/cards/{at}")));
        Ok(BadgeDraft {
            medium: self.medium,
            cards: cards.collect::<Result<_, _>>()?,
        })
    }
}

/// A card as it was given, with the place where it stands.
pub fn card_draft(card: &CardBody, pointer: &str) -> Result<CardDraft, Error> {
    let card_system = card.card_system.ok_or_else(|| {
        Error::field(
            format!("{pointer}/card_system"),
            "missing",
            "Name the card system in which the card is numbered.",
        )
    })?;
    let moved = |mut error: Error| {
        for field in &mut error.fields {
            field.pointer = field.pointer.replacen("/card", pointer, 1);
        }
        error
    };
    let raw = card.raw_bytes().map_err(moved)?;
    let given = match card.input(&raw).map_err(moved)? {
        crate::domain::card::Input::Text(text) => Given::Text(text.to_owned()),
        crate::domain::card::Input::Fields {
            facility_code,
            number,
        } => Given::Fields {
            facility_code,
            number,
        },
        crate::domain::card::Input::Raw { bytes, bit_count } => Given::Raw {
            bytes: bytes.to_vec(),
            bit_count,
        },
    };
    Ok(CardDraft {
        card_system,
        format: card.format,
        given,
    })
}

/// A credential.
#[derive(Serialize, utoipa::ToSchema)]
pub struct CredentialView {
    /// Which.
    pub id: CredentialId,
    /// Who issued it.
    pub member: MemberId,
    /// Whose it is.
    pub worker: WorkerId,
    /// What it rests on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub engagement: Option<EngagementId>,
    /// Good from.
    pub valid_from: Timestamp,
    /// Good until, exclusive.
    pub valid_until: Timestamp,
    /// Where it is good.
    pub scope: ScopeBody,
    /// Of the functions in its scope, those that its worker is cleared for until it ends.
    #[schema(max_items = 3)]
    pub cleared_for: Vec<Function>,
    /// `approved`, `active`, `suspended` or `revoked`.
    pub state: StateName,
    /// In which ways it is suspended.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 5)]
    pub suspensions: Vec<SuspensionKind>,
    /// Why it was last suspended or revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// Since when it stands so.
    pub since: Timestamp,
    /// Since when its revocation is known to have been wrong. It stays revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub corrected_at: Option<Timestamp>,
    /// The ledger entry that last touched it.
    pub seq: u64,
    /// What it is carried on.
    #[schema(max_items = 8)]
    pub badges: Vec<BadgeView>,
}

/// Where a credential stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StateName {
    /// Granted, and not yet handed over. No gate lets anybody in with it.
    Approved,
    /// Good, within its validity and scope.
    Active,
    /// Not good for now.
    Suspended,
    /// Never good again.
    Revoked,
}

/// What a credential is carried on. The numbers are not shown.
#[derive(Serialize, utoipa::ToSchema)]
pub struct BadgeView {
    /// Which.
    pub id: BadgeId,
    /// Card or phone.
    pub medium: Medium,
    /// What readers see on it.
    #[schema(max_items = 8)]
    pub cards: Vec<BadgeCardView>,
    /// Since when it is back, or known to be destroyed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recovered_at: Option<Timestamp>,
}

/// What readers see on a badge.
#[derive(Serialize, utoipa::ToSchema)]
pub struct BadgeCardView {
    /// In which numbering.
    pub card_system: CardSystemId,
    /// How it is written.
    pub format: Format,
}

impl CredentialView {
    fn of(held: &Held, badges: &[Kept]) -> Self {
        let credential = &held.credential;
        let (state, suspensions) = match held.state {
            State::Approved => (StateName::Approved, Vec::new()),
            State::Active => (StateName::Active, Vec::new()),
            State::Suspended(kinds) => (StateName::Suspended, kinds.iter().collect()),
            State::Revoked => (StateName::Revoked, Vec::new()),
        };
        Self {
            id: credential.id,
            member: credential.member,
            worker: credential.worker,
            engagement: credential.engagement,
            valid_from: credential.valid_from,
            valid_until: credential.valid_until,
            scope: ScopeBody {
                facilities: credential.scope.facilities.clone(),
                zones: credential.scope.zones.clone(),
                functions: credential.scope.functions.iter().collect(),
            },
            cleared_for: held.functions.iter().collect(),
            state,
            suspensions,
            reason: held.reason,
            since: held.since,
            corrected_at: held.corrected_at,
            seq: held.version,
            badges: badges
                .iter()
                .map(|kept| BadgeView {
                    id: kept.badge.id,
                    medium: kept.badge.medium,
                    recovered_at: kept.recovered_at,
                    cards: kept
                        .badge
                        .cards
                        .iter()
                        .map(|card| BadgeCardView {
                            card_system: card.card_system,
                            format: card.format,
                        })
                        .collect(),
                })
                .collect(),
        }
    }

    pub(super) fn with_badges(found: &WithBadges) -> Self {
        Self::of(&found.held, &found.badges)
    }
}

/// Only those of one worker.
#[derive(Debug, Default)]
pub struct OfWorker {
    worker: Option<WorkerId>,
}

impl ListQuery for OfWorker {
    fn take(&mut self, name: &str, value: &str) -> Result<bool, Problem> {
        if name == "worker" {
            self.worker = Some(id_parameter("worker", value)?);
        }
        Ok(name == "worker")
    }
}

/// A page of the credentials that your member issued.
#[utoipa::path(get, operation_id = "list_credentials", path = "/v1/credentials", tag = "Credentials",
    params(("limit" = Option<u8>, Query, description = "Items on the page, 50 if not said", minimum = 1, maximum = 200),
           ("cursor" = Option<String>, Query, description = "From the page before", max_length = 100),
           ("worker" = Option<WorkerId>, Query, description = "Only those of this worker")),
    responses((status = 200, description = "A page", body = Items<CredentialView>)))]
pub async fn list(who: Guarded<ReadCredentials>, page: Page<OfWorker>) -> Answer {
    let (permit, limit, worker) = (who.permit, page.limit, page.query.worker);
    let after = after(&who, "credentials", &page)?;
    let found = who
        .services
        .read(move |reader, _| credentials::list(reader, permit, worker, after, limit + 1))
        .await?;
    items(
        &who,
        "credentials",
        &page,
        found,
        |one| one.held.credential.id,
        |one| CredentialView::with_badges(&one),
    )
}

/// One credential with its badges.
#[utoipa::path(get, operation_id = "show_credential", path = "/v1/credentials/{id}", tag = "Credentials", params(("id" = CredentialId, Path, description = "Which")),
    responses((status = 200, description = "The credential", body = CredentialView)))]
pub async fn show(who: Guarded<ReadCredentials>, id: PathId<CredentialKind>) -> Answer {
    let (permit, id) = (who.permit, id.0);
    let found = who
        .services
        .read(move |reader, _| credentials::show(reader, permit, id))
        .await?;
    one(found.held.version, &CredentialView::with_badges(&found))
}

/// Why.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReasonBody {
    /// The reason.
    pub reason: Reason,
}

/// Suspends a credential. Its gates refuse it from this answer on. For a reason of the class for_cause a second person has
/// a day to confirm it; nothing is undone by that or its absence. `port_ban` is not given by hand, and what an advice says only
/// where a screening of the worker says so.
///
/// Who revoked or suspended 20 in ten minutes needs a second person for the next one.
#[utoipa::path(post, operation_id = "suspend_credential", path = "/v1/credentials/{id}/suspensions", tag = "Credentials", request_body = ReasonBody,
    params(("id" = CredentialId, Path, description = "Which"),
           ("Idempotency-Key" = String, Header, description = "New for each new request", max_length = 64)),
    responses((status = 201, description = "Suspended", body = CredentialView),
              (status = 202, description = "It waits for a second person", body = ApprovalView)))]
pub async fn suspend(
    who: Guarded<Suspend>,
    id: PathId<CredentialKind>,
    key: IdempotencyKey,
    body: ValidJson<ReasonBody>,
) -> Answer {
    let once = key.once(who.actor(), &body);
    let (permit, id, reason) = (who.permit, id.0, body.value.reason);
    let work = move |tx: &mut Tx<'_>| {
        let held = match credentials::suspend(tx, permit, id, reason)? {
            Outcome::Done(held) => held,
            Outcome::Asked(asked) => return accepted(tx, &asked),
        };
        let badges = badges::of(tx, id)?;
        rendered(
            StatusCode::CREATED,
            None,
            held.version,
            &CredentialView::of(&held, &badges),
        )
    };
    answer(
        who.services
            .door
            .change_once(who.actor(), Some(once), work)
            .await?,
    )
}

/// Which suspension falls away.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LiftBody {
    /// The kind.
    pub kind: SuspensionKind,
}

/// Lifts one kind of suspension. The credential is good again when no other stands.
///
/// Dormancy is lifted at once, any other kind when a second person grants it.
#[utoipa::path(post, operation_id = "lift_suspension", path = "/v1/credentials/{id}/lifts", tag = "Credentials", request_body = LiftBody,
    params(("id" = CredentialId, Path, description = "Which"),
           ("Idempotency-Key" = String, Header, description = "New for each new request", max_length = 64)),
    responses((status = 201, description = "Lifted", body = CredentialView),
              (status = 202, description = "It waits for a second person", body = ApprovalView)))]
pub async fn lift(
    who: Guarded<Lift>,
    id: PathId<CredentialKind>,
    key: IdempotencyKey,
    body: ValidJson<LiftBody>,
) -> Answer {
    let once = key.once(who.actor(), &body);
    let (permit, id, kind) = (who.permit, id.0, body.value.kind);
    let work = move |tx: &mut Tx<'_>| {
        let held = match credentials::lift(tx, permit, id, kind)? {
            Outcome::Done(held) => held,
            Outcome::Asked(asked) => return accepted(tx, &asked),
        };
        let badges = badges::of(tx, id)?;
        rendered(
            StatusCode::CREATED,
            None,
            held.version,
            &CredentialView::of(&held, &badges),
        )
    };
    answer(
        who.services
            .door
            .change_once(who.actor(), Some(once), work)
            .await?,
    )
}
