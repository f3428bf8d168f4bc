//! What an act would do: `/v1/screenings/{id}/impact`, `/v1/credentials/{id}/impact`, `/v1/engagements/{id}/impact` and
//! `/v1/engagements:lapse-impact`.

use std::collections::BTreeMap;

use actix_web::HttpResponse;
use serde::Serialize;

use crate::access::permission::{ReadEndImpact, ReadRevocationImpact, ReadScreeningImpact};
use crate::domain::ids::{
    CredentialId, CredentialKind, EngagementId, EngagementKind, FacilityId, MemberId, ScreeningId,
    ScreeningKind,
};
use crate::domain::screening::Function;
use crate::http::extract::{Guarded, PathId, ValidJson};
use crate::service::impact::{self, Bearing, NAMED_MAX, OfEnd};

use super::Answer;
use super::employers::LapseBody;

/// What an unfavourable outcome of today would do.
#[derive(Serialize, utoipa::ToSchema)]
pub struct OutcomeImpactView {
    /// For what the worker would no longer be cleared.
    pub function: Function,
    /// How many of your member's credentials would open no door by it any more. All other doors stay as they are.
    pub credentials_count: usize,
    /// Which, the first 200.
    #[schema(max_items = 200)]
    pub credentials: Vec<CredentialId>,
    /// How many of other members' would.
    #[schema(max_items = 200)]
    pub issuers: Vec<IssuerImpact>,
    /// At how many facilities a door would be shut that is open to them now.
    pub facilities_count: usize,
    /// Which, the first 200, and to how many credentials, whoever issued them.
    #[schema(max_items = 200)]
    pub facilities: Vec<FacilityImpact>,
}

/// What revoking a credential would do; suspending it does the same, until that is lifted.
#[derive(Serialize, utoipa::ToSchema)]
pub struct RevocationImpactView {
    /// How many facilities it opens a gate of.
    pub facilities_count: usize,
    /// Which, the first 200.
    #[schema(max_items = 200)]
    pub facilities: Vec<FacilityId>,
    /// How many other credentials of your member's the same person has that are neither revoked nor expired. They stay as they
    /// are.
    pub credentials_count: usize,
    /// Which, the first 200.
    #[schema(max_items = 200)]
    pub credentials: Vec<CredentialId>,
    /// How many the person has of other members. They stay as they are too.
    #[schema(max_items = 200)]
    pub issuers: Vec<IssuerImpact>,
}

/// What ending an engagement would do.
#[derive(Serialize, utoipa::ToSchema)]
pub struct EndImpactView {
    /// How many credentials would be revoked with it. One that is suspended for cause stays so until two people decide.
    pub ending_count: usize,
    /// Which, the first 200.
    #[schema(max_items = 200)]
    pub ending: Vec<CredentialId>,
    /// How many facilities they open a gate of.
    pub facilities_count: usize,
    /// Which, the first 200.
    #[schema(max_items = 200)]
    pub facilities: Vec<FacilityId>,
    /// How many other credentials of your member's the same person has that are neither revoked nor expired. They stay as they
    /// are.
    pub credentials_count: usize,
    /// Which, the first 200.
    #[schema(max_items = 200)]
    pub credentials: Vec<CredentialId>,
    /// How many the person has of other members. They stay as they are too.
    #[schema(max_items = 200)]
    pub issuers: Vec<IssuerImpact>,
}

/// What an employer's lapse would do.
#[derive(Serialize, utoipa::ToSchema)]
pub struct LapseImpactView {
    /// How many engagements would be ended.
    pub engagements_count: usize,
    /// Whether engagements at the employer would be left, for another lapse.
    pub more: bool,
    /// What their end would do; `credentials` and `issuers` tell of everybody who is engaged there.
    #[serde(flatten)]
    pub end: EndImpactView,
}

/// Credentials of another member.
#[derive(Serialize, utoipa::ToSchema)]
pub struct IssuerImpact {
    /// Who issued them.
    pub member: MemberId,
    /// How many.
    pub credentials: usize,
}

/// A facility with doors that would be shut.
#[derive(Serialize, utoipa::ToSchema)]
pub struct FacilityImpact {
    /// Which.
    pub facility: FacilityId,
    /// To how many credentials.
    pub credentials: usize,
}

fn issuers(issuers: BTreeMap<MemberId, usize>) -> Vec<IssuerImpact> {
    let issuers = issuers.into_iter().take(NAMED_MAX);
    issuers
        .map(|(member, credentials)| IssuerImpact {
            member,
            credentials,
        })
        .collect()
}

/// What an unfavourable outcome of a screening would do, if it came today. Nothing is done by asking.
#[utoipa::path(get, operation_id = "show_outcome_impact", path = "/v1/screenings/{id}/impact", tag = "Screenings", params(("id" = ScreeningId, Path, description = "Of which")),
    responses((status = 200, description = "What it would do", body = OutcomeImpactView)))]
pub async fn of_outcome(who: Guarded<ReadScreeningImpact>, id: PathId<ScreeningKind>) -> Answer {
    let (permit, id) = (who.permit, id.0);
    let (places, now) = (
        who.services.index.places().clone(),
        who.services.environment.now(),
    );
    let found = who
        .services
        .read(move |reader, _| impact::of_outcome(reader, &places, permit, id, now))
        .await?;
    let Bearing { own, issuers: of } = found.credentials;
    let facilities = found.facilities.iter().take(NAMED_MAX);
    Ok(HttpResponse::Ok().json(OutcomeImpactView {
        function: found.function,
        credentials_count: own.len(),
        credentials: own.into_iter().take(NAMED_MAX).collect(),
        issuers: issuers(of),
        facilities_count: found.facilities.len(),
        facilities: facilities
            .map(|(&facility, &credentials)| FacilityImpact {
                facility,
                credentials,
            })
            .collect(),
    }))
}

/// What revoking or suspending a credential would do, and whom an exclusion on that ground would reach: the others of the same
/// person. Nothing is done by asking.
#[utoipa::path(get, operation_id = "show_revocation_impact", path = "/v1/credentials/{id}/impact", tag = "Credentials", params(("id" = CredentialId, Path, description = "Of which")),
    responses((status = 200, description = "What it would do", body = RevocationImpactView)))]
pub async fn of_revocation(
    who: Guarded<ReadRevocationImpact>,
    id: PathId<CredentialKind>,
) -> Answer {
    let (permit, id) = (who.permit, id.0);
    let (places, now) = (
        who.services.index.places().clone(),
        who.services.environment.now(),
    );
    let found = who
        .services
        .read(move |reader, _| impact::of_revocation(reader, &places, permit, id, now))
        .await?;
    let Bearing { own, issuers: of } = found.others;
    Ok(HttpResponse::Ok().json(RevocationImpactView {
        facilities_count: found.facilities.len(),
        facilities: found.facilities.into_iter().take(NAMED_MAX).collect(),
        credentials_count: own.len(),
        credentials: own.into_iter().take(NAMED_MAX).collect(),
        issuers: issuers(of),
    }))
}

/// What ending an engagement would do. Nothing is done by asking.
#[utoipa::path(get, operation_id = "show_end_impact", path = "/v1/engagements/{id}/impact", tag = "Workers", params(("id" = EngagementId, Path, description = "Of which")),
    responses((status = 200, description = "What it would do", body = EndImpactView)))]
pub async fn of_end(who: Guarded<ReadEndImpact>, id: PathId<EngagementKind>) -> Answer {
    let (permit, id) = (who.permit, id.0);
    let (places, now) = (
        who.services.index.places().clone(),
        who.services.environment.now(),
    );
    let found = who
        .services
        .read(move |reader, _| impact::of_end(reader, &places, permit, id, now))
        .await?;
    Ok(HttpResponse::Ok().json(EndImpactView::from(found)))
}

/// What the lapse of an employer of your member's would do. Nothing is done by asking.
///
/// It is a POST because the name of an employer, which can be somebody's own, must not stand in a URL.
#[utoipa::path(post, operation_id = "show_lapse_impact", path = "/v1/engagements:lapse-impact", tag = "Workers", request_body = LapseBody,
    responses((status = 200, description = "What it would do", body = LapseImpactView)))]
pub async fn of_lapse(who: Guarded<ReadEndImpact>, body: ValidJson<LapseBody>) -> Answer {
    let (permit, employer) = (who.permit, body.value.employer);
    let (places, now) = (
        who.services.index.places().clone(),
        who.services.environment.now(),
    );
    let found = who
        .services
        .read(move |reader, keyring| {
            impact::of_lapse(reader, keyring, &places, permit, &employer, now)
        })
        .await?;
    Ok(HttpResponse::Ok().json(LapseImpactView {
        engagements_count: found.engagements,
        more: found.more,
        end: found.end.into(),
    }))
}

impl From<OfEnd> for EndImpactView {
    fn from(found: OfEnd) -> Self {
        let Bearing { own, issuers: of } = found.others;
        Self {
            ending_count: found.credentials.len(),
            ending: found.credentials.into_iter().take(NAMED_MAX).collect(),
            facilities_count: found.facilities.len(),
            facilities: found.facilities.into_iter().take(NAMED_MAX).collect(),
            credentials_count: own.len(),
            credentials: own.into_iter().take(NAMED_MAX).collect(),
            issuers: issuers(of),
        }
    }
}
