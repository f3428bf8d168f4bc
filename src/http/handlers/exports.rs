//! All that is held of a worker: `GET /v1/workers/{id}/export`, and the same to be read at `/export/page`.

use actix_web::HttpResponse;
use actix_web::http::header;
use serde::Serialize;

use crate::access::permission::ExportWorkers;
use crate::domain::approval;
use crate::domain::credential::SuspensionKind;
use crate::domain::document::Document;
use crate::domain::export::{Elsewhere, Part, Withheld};
use crate::domain::ids::{
    ApprovalId, ClientId, LookupId, MemberId, PersonId, WorkerId, WorkerKind,
};
use crate::domain::lookup::{Lookup, What};
use crate::domain::reason::Reason;
use crate::domain::screening::{self, Function};
use crate::domain::time::Timestamp;
use crate::http::extract::{Guarded, PathId};
use crate::ledger::entry::{Actor, Entry, Fact};
use crate::ledger::replay::Asked;
use crate::service::bans;
use crate::service::exports::{self, Export, Issued};

use super::Answer;
use super::bans::BanView;
use super::credentials::CredentialView;
use super::erasures::ErasureView;
use super::exclusions::ExclusionView;
use super::match_cases::MatchCaseView;
use super::referrals::ReferralView;
use super::screenings::ScreeningView;
use super::sightings::SightingView;
use super::workers::{EngagementView, WorkerView};

mod page;

/// All that is held of a worker, but for what is counted under `withheld`.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ExportView {
    /// When it was put together.
    pub at: Timestamp,
    /// Who is responsible for it.
    pub member: MemberId,
    /// What is known of the worker.
    pub worker: WorkerView,
    /// Documents that were taken out of the record or corrected. The person is still found by them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 16)]
    pub former_documents: Vec<Document>,
    /// When that was changed, and through which client.
    #[schema(max_items = 2000)]
    pub amended: Vec<MoveView>,
    /// For whom they work.
    #[schema(max_items = 2000)]
    pub engagements: Vec<ExportedEngagementView>,
    /// Their screenings.
    #[schema(max_items = 2000)]
    pub screenings: Vec<ExportedScreeningView>,
    /// Their credentials.
    #[schema(max_items = 2000)]
    pub credentials: Vec<ExportedCredentialView>,
    /// Whether records of others, whose each is, are of the same person.
    #[schema(max_items = 2000)]
    pub match_cases: Vec<MatchCaseView>,
    /// What courts ordered, as the register of the State has it.
    #[schema(max_items = 2000)]
    pub bans: Vec<BanView>,
    /// What issuers told each other of them.
    #[schema(max_items = 2000)]
    pub referrals: Vec<ReferralView>,
    /// Who keeps them out.
    #[schema(max_items = 2000)]
    pub exclusions: Vec<ExclusionView>,
    /// What was asked for about them that needed a second person.
    #[schema(max_items = 2000)]
    pub approvals: Vec<ExportedApprovalView>,
    /// Whether they are to be erased.
    #[schema(max_items = 2000)]
    pub erasures: Vec<ErasureView>,
    /// Who was shown them, at whichever member, newest first; this export not yet among it.
    #[schema(max_items = 2000)]
    pub lookups: Vec<ExportedLookupView>,
    /// What is held and not shown, and why.
    #[schema(max_items = 2)]
    pub withheld: Vec<Withheld>,
    /// What is kept elsewhere.
    #[schema(max_items = 1)]
    pub elsewhere: Vec<Elsewhere>,
    /// Of what there is more than stands here.
    #[schema(max_items = 12)]
    pub more: Vec<Part>,
}

/// An engagement with its times.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ExportedEngagementView {
    /// The engagement.
    #[serde(flatten)]
    pub engagement: EngagementView,
    /// When it was recorded.
    pub began_at: Timestamp,
    /// When it ended, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
}

/// A screening with what happened to it.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ExportedScreeningView {
    /// The screening.
    #[serde(flatten)]
    pub screening: ScreeningView,
    /// What happened to it, in order.
    #[schema(max_items = 2000)]
    pub moves: Vec<MoveView>,
}

/// A credential with what happened to it.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ExportedCredentialView {
    /// The credential. A reason that is held back is not there, nor is the way in which it is suspended.
    #[serde(flatten)]
    pub credential: CredentialView,
    /// What happened to it, in order.
    #[schema(max_items = 2000)]
    pub moves: Vec<MoveView>,
    /// Where it was shown and was not good, newest first.
    #[schema(max_items = 2000)]
    pub sightings: Vec<SightingView>,
}

/// Something that happened to a record.
#[derive(Serialize, utoipa::ToSchema)]
pub struct MoveView {
    /// The ledger entry that says it.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// Through which client, or `system` for what followed from a date.
    #[schema(value_type = String, max_length = 40)]
    pub by: Actor,
    /// What happened.
    pub what: Moved,
    /// Why, where there is a reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// In which way it was suspended, or is not any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<SuspensionKind>,
    /// The functions that they are cleared for from then on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 3)]
    pub cleared_for: Option<Vec<Function>>,
    /// The step that a screening took, to the last detail.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub step: Option<screening::Change>,
}

/// What can happen to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Moved {
    /// What is known of the worker was changed.
    Amended,
    /// A screening took a step.
    Screened,
    /// A badge was added.
    BadgeAdded,
    /// A badge came back.
    BadgeRecovered,
    /// It was handed over.
    HandedOver,
    /// It stopped being good for now.
    Suspended,
    /// A ground for that fell away.
    Lifted,
    /// The functions that its worker is cleared for are others.
    ClearedFor,
    /// Its revocation was noted to be wrong.
    Corrected,
    /// It stopped being good for ever.
    Revoked,
}

impl MoveView {
    fn of(entry: &Entry) -> Option<Self> {
        let (mut reason, mut kind, mut cleared_for, mut step) = (None, None, None, None);
        let what = match &entry.fact {
            Fact::WorkerAmended(_) => Moved::Amended,
            Fact::ScreeningMoved { change, .. } => {
                step = Some(change.clone());
                Moved::Screened
            }
            Fact::BadgeAdded { .. } => Moved::BadgeAdded,
            Fact::BadgeRecovered { .. } => Moved::BadgeRecovered,
            Fact::CredentialHandedOver { .. } => Moved::HandedOver,
            Fact::CredentialSuspended {
                kind: how,
                reason: why,
                ..
            } => {
                (kind, reason) = (Some(*how), Some(*why));
                Moved::Suspended
            }
            Fact::CredentialLifted { kind: how, .. } => {
                kind = Some(*how);
                Moved::Lifted
            }
            Fact::CredentialFunctions { functions, .. } => {
                cleared_for = Some(functions.iter().collect());
                Moved::ClearedFor
            }
            Fact::RevocationCorrected { .. } => Moved::Corrected,
            Fact::CredentialRevoked { reason: why, .. } => {
                reason = Some(*why);
                Moved::Revoked
            }
            _ => return None,
        };
        Some(Self {
            seq: entry.seq,
            at: entry.at,
            by: entry.by,
            what,
            reason,
            kind,
            cleared_for,
            step,
        })
    }
}

/// An act about the worker that needed a second person.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ExportedApprovalView {
    /// Which.
    pub id: ApprovalId,
    /// What was asked for.
    #[schema(value_type = String, max_length = 40)]
    pub act: String,
    /// When.
    pub asked_at: Timestamp,
    /// Through which client it was asked for.
    pub asked_by: ClientId,
    /// Where it stands.
    pub state: approval::State,
    /// Since when.
    pub since: Timestamp,
}

impl ExportedApprovalView {
    fn of(asked: &Asked, now: Timestamp) -> Self {
        let approval = &asked.approval;
        Self {
            id: approval.id,
            act: approval.act.name().to_owned(),
            asked_at: approval.id.made_at(),
            asked_by: approval.client,
            state: approval.state_at(asked.state, now),
            since: asked.since,
        }
    }
}

/// The worker was shown to somebody.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ExportedLookupView {
    /// Which.
    pub id: LookupId,
    /// When.
    pub at: Timestamp,
    /// At which member.
    pub member: MemberId,
    /// Through which client.
    pub client: ClientId,
    /// To which person, where the client is a person's tool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// For what.
    pub what: What,
    /// How many were shown at once, the worker among them.
    pub hits: u32,
    /// Whether the client was shown unusually many workers within the hour.
    pub unusual: bool,
}

impl From<&Lookup> for ExportedLookupView {
    fn from(lookup: &Lookup) -> Self {
        Self {
            id: lookup.id,
            at: lookup.at,
            member: lookup.member,
            client: lookup.client,
            person: lookup.person,
            what: lookup.what,
            hits: lookup.hits,
            unusual: lookup.unusual,
        }
    }
}

fn moves(entries: &[Entry]) -> Vec<MoveView> {
    entries.iter().filter_map(MoveView::of).collect()
}

impl From<Issued> for ExportedCredentialView {
    fn from(issued: Issued) -> Self {
        let mut credential = CredentialView::with_badges(&issued.found);
        let is_told = |kind: &SuspensionKind| !issued.untold.contains(kind);
        credential.suspensions.retain(is_told);
        Self {
            credential,
            moves: moves(&issued.moves),
            sightings: issued.sightings.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<Export> for ExportView {
    fn from(export: Export) -> Self {
        let (now, member) = (export.at, export.member);
        let ban = |mirrored| {
            BanView::of(bans::Shown {
                mirrored,
                known: None,
            })
        };
        Self {
            at: now,
            member,
            former_documents: export.details.former_documents.clone(),
            worker: WorkerView::of(&export.worker, export.details),
            amended: moves(&export.amended),
            engagements: export
                .engagements
                .into_iter()
                .map(|engaged| ExportedEngagementView {
                    began_at: engaged.held.engagement.id.made_at(),
                    engagement: EngagementView::of(&engaged.held, engaged.details),
                    ended_at: engaged.ended_at,
                })
                .collect(),
            screenings: export
                .screenings
                .iter()
                .map(|(screened, entries)| ExportedScreeningView {
                    screening: ScreeningView::from(screened),
                    moves: moves(entries),
                })
                .collect(),
            credentials: export.credentials.into_iter().map(Into::into).collect(),
            match_cases: export
                .match_cases
                .iter()
                .map(|matched| MatchCaseView::of(matched, member, None))
                .collect(),
            bans: export.bans.into_iter().map(ban).collect(),
            referrals: export
                .referrals
                .iter()
                .map(|referred| ReferralView::of(referred, member, now))
                .collect(),
            exclusions: export.exclusions.into_iter().map(Into::into).collect(),
            approvals: export
                .approvals
                .iter()
                .map(|asked| ExportedApprovalView::of(asked, now))
                .collect(),
            erasures: export.erasures.iter().map(Into::into).collect(),
            lookups: export.lookups.iter().map(Into::into).collect(),
            withheld: export.withheld,
            elsewhere: Elsewhere::ALL.to_vec(),
            more: export.more,
        }
    }
}

/// Reads it, and notes who did before it is given.
async fn exported(
    who: &Guarded<ExportWorkers>,
    id: PathId<WorkerKind>,
) -> Result<ExportView, crate::http::problem::Problem> {
    let (permit, id) = (who.permit, id.0);
    let now = who.services.environment.now();
    who.allowance.take_lookup()?;
    let export = who
        .services
        .read(move |reader, keyring| exports::export(reader, keyring, permit, id, now))
        .await?;
    who.shows(What::Export, &[id])?;
    Ok(export.into())
}

/// All that is held of a worker of your member, to be given to them.
///
/// What concerns an inquiry that goes on is counted under `withheld` and not shown. That you asked is noted as a look-up.
#[utoipa::path(get, operation_id = "export_worker", path = "/v1/workers/{id}/export", tag = "Personal data",
    params(("id" = WorkerId, Path, description = "Of whom")),
    responses((status = 200, description = "All that is held", body = ExportView)))]
pub async fn export(who: Guarded<ExportWorkers>, id: PathId<WorkerKind>) -> Answer {
    Ok(HttpResponse::Ok().json(exported(&who, id).await?))
}

/// What a browser may do with the page: show it, and nothing else.
const PAGE_POLICY: &str =
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The same as a page to be read or printed.
#[utoipa::path(get, operation_id = "read_export", path = "/v1/workers/{id}/export/page", tag = "Personal data",
    params(("id" = WorkerId, Path, description = "Of whom")),
    responses((status = 200, description = "The page", body = String, content_type = "text/html")))]
pub async fn read(who: Guarded<ExportWorkers>, id: PathId<WorkerKind>) -> Answer {
    let page = page::of(&exported(&who, id).await?)?;
    Ok(HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CONTENT_SECURITY_POLICY, PAGE_POLICY))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .body(page))
}
