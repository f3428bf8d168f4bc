//! What holds for the whole network: `/v1/settings`. And the legal bases of members.

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use serde::{Deserialize, Deserializer, Serialize};
use validator::Validate;

use crate::access::permission::{KeepLegalBasis, KeepSharing, ReadNetwork};
use crate::domain::calendar::Day;
use crate::domain::ids::{MemberId, MemberKind};
use crate::domain::network::{Authorisation, LegalBasis};
use crate::domain::screening::Reference;
use crate::http::extract::{Guarded, IdempotencyKey, NoBody, PathId, ValidJson, no_query};
use crate::service::approvals::Outcome;
use crate::service::commit::Once;
use crate::service::sharing::SettingsDraft;
use crate::service::{Error, Tx, sharing};

use super::approvals::{ApprovalView, accepted};
use super::network::MemberView;
use super::{Answer, answer, one, rendered};

/// What is to hold for the whole network. What is not named stays as it is.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SettingsBody {
    /// Whether members may tell each other what they hold against somebody for cause, where they have a legal basis.
    #[serde(default)]
    pub share_for_cause: Option<bool>,
    /// The authorisation by the minister of the Interior on which national register numbers are used. Without one none is
    /// recorded and nobody is searched by one; what was recorded before stays sealed and is not matched. `null` says that there
    /// is none any more.
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<Authorisation>)]
    pub national_register: Option<Option<Authorisation>>,
    /// For how many years a screening holds that cleared somebody. It is for outcomes that are recorded from then on.
    #[serde(default)]
    #[validate(range(min = 1, max = 5))]
    #[schema(minimum = 1, maximum = 5)]
    pub validity_years: Option<u8>,
    /// After how many years one with a warning must have been checked again: not more than a screening holds.
    #[serde(default)]
    #[validate(range(min = 1, max = 5))]
    #[schema(minimum = 1, maximum = 5)]
    pub recheck_years: Option<u8>,
}

/// A field that may be null, and is not the same as none.
fn named<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    from: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(from).map(Some)
}

/// What holds for the whole network.
#[derive(Serialize, utoipa::ToSchema)]
pub struct SettingsView {
    /// Whether members may tell each other what they hold against somebody for cause, where they have a legal basis.
    pub share_for_cause: bool,
    /// The authorisation on which national register numbers are used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub national_register: Option<Authorisation>,
    /// Whether two network administrators were there at one time, so that it takes two to add clients and people of the network.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub two_administrators: bool,
    /// For how many years a screening holds that clears somebody now.
    #[schema(minimum = 1, maximum = 5)]
    pub validity_years: u8,
    /// After how many years one with a warning must be checked again.
    #[schema(minimum = 1, maximum = 5)]
    pub recheck_years: u8,
    /// The ledger entry that last touched it; 0 when nothing was ever set.
    pub seq: u64,
}

/// A legal basis.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LegalBasisBody {
    /// Of the law, permit or agreement.
    pub reference: Reference,
    /// Of which day it is.
    pub date: Day,
}

/// What holds for the whole network.
#[utoipa::path(get, operation_id = "show_settings", path = "/v1/settings", tag = "Network",
    responses((status = 200, description = "The settings", body = SettingsView)))]
pub async fn show(who: Guarded<ReadNetwork>, request: HttpRequest) -> Answer {
    no_query(&request)?;
    let (seq, settings) = sharing::settings(&who.services.index.places(), who.permit);
    let view = SettingsView {
        share_for_cause: settings.share_for_cause,
        national_register: settings.national_register,
        two_administrators: settings.two_administrators,
        validity_years: settings.screenings.years,
        recheck_years: settings.screenings.recheck_years,
        seq,
    };
    one(seq, &view)
}

/// Asks for other settings of the network: those that are named. Another administrator must let it happen.
#[utoipa::path(post, operation_id = "change_settings", path = "/v1/settings", tag = "Network", request_body = SettingsBody,
    params(("Idempotency-Key" = String, Header, description = "New for each new request", max_length = 64)),
    responses((status = 202, description = "It waits for its second person", body = ApprovalView)))]
pub async fn change(
    who: Guarded<KeepSharing>,
    key: IdempotencyKey,
    body: ValidJson<SettingsBody>,
) -> Answer {
    let once = key.once(who.actor(), &body);
    let permit = who.permit;
    let body = body.value;
    let draft = SettingsDraft {
        share_for_cause: body.share_for_cause,
        national_register: body.national_register,
        validity_years: body.validity_years,
        recheck_years: body.recheck_years,
    };
    let work = move |tx: &mut Tx<'_>| match sharing::switch(tx, permit, &draft)? {
        Outcome::Asked(asked) => accepted(tx, &asked),
        Outcome::Done(()) => Err(Error::internal("settings are changed by two")),
    };
    answer(
        who.services
            .door
            .change_once(who.actor(), Some(once), work)
            .await?,
    )
}

/// Records the legal basis on which your member tells others what it holds against somebody for cause.
#[utoipa::path(post, operation_id = "record_legal_basis", path = "/v1/members/{id}/legal-bases", tag = "Network", request_body = LegalBasisBody,
    params(("id" = MemberId, Path, description = "Your member"),
           ("Idempotency-Key" = String, Header, description = "New for each new request", max_length = 64)),
    responses((status = 201, description = "Recorded", body = MemberView)))]
pub async fn record(
    who: Guarded<KeepLegalBasis>,
    id: PathId<MemberKind>,
    key: IdempotencyKey,
    body: ValidJson<LegalBasisBody>,
) -> Answer {
    let once = key.once(who.actor(), &body);
    let basis = LegalBasis {
        reference: body.value.reference,
        date: body.value.date,
    };
    recorded(&who, id.0, once, Some(basis)).await
}

/// Records that there is no legal basis any more. Nothing for cause leaves your member from then on. It takes no body.
#[utoipa::path(post, operation_id = "end_legal_basis", path = "/v1/members/{id}/legal-bases/ends", tag = "Network",
    params(("id" = MemberId, Path, description = "Your member"),
           ("Idempotency-Key" = String, Header, description = "New for each new request", max_length = 64)),
    responses((status = 201, description = "Recorded", body = MemberView)))]
pub async fn end(
    who: Guarded<KeepLegalBasis>,
    id: PathId<MemberKind>,
    key: IdempotencyKey,
    _: NoBody,
) -> Answer {
    let once = key.once_bytes(who.actor(), b"");
    recorded(&who, id.0, once, None).await
}

async fn recorded(
    who: &Guarded<KeepLegalBasis>,
    id: MemberId,
    once: Once,
    basis: Option<LegalBasis>,
) -> Answer {
    let permit = who.permit;
    let work = move |tx: &mut Tx<'_>| {
        let (version, member) = sharing::record_basis(tx, permit, id, basis.clone())?;
        let view = MemberView::from(&member);
        rendered(
            StatusCode::CREATED,
            Some(format!("/v1/members/{id}")),
            version,
            &view,
        )
    };
    answer(
        who.services
            .door
            .change_once(who.actor(), Some(once), work)
            .await?,
    )
}
