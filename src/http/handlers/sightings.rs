//! `GET /v1/sightings`: cards that were not good, at your gates or of your credentials.

use serde::Serialize;

use crate::access::permission::ReadSightings;
use crate::domain::decision::Status;
use crate::domain::ids::{CheckId, CredentialId, GateId, SightingId};
use crate::domain::time::Timestamp;
use crate::http::extract::{Guarded, ListQuery, Page, id_parameter};
use crate::http::problem::Problem;
use crate::store::logs::{self, Sighting};

use super::{Answer, Items, after, items};

/// A card that was not good was presented.
#[derive(Serialize, utoipa::ToSchema)]
pub struct SightingView {
    /// Which.
    pub id: SightingId,
    /// When.
    pub at: Timestamp,
    /// At which gate.
    pub gate: GateId,
    /// Which credential, where the card is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credential: Option<CredentialId>,
    /// What was not good.
    pub status: Status,
    /// The check that found it.
    pub check: CheckId,
}

impl From<Sighting> for SightingView {
    fn from(sighting: Sighting) -> Self {
        Self {
            id: sighting.id,
            at: sighting.at,
            gate: sighting.gate,
            credential: sighting.credential,
            status: sighting.status,
            check: sighting.check,
        }
    }
}

/// Only those of one credential.
#[derive(Debug, Default)]
pub struct OfCredential {
    credential: Option<CredentialId>,
}

impl ListQuery for OfCredential {
    fn take(&mut self, name: &str, value: &str) -> Result<bool, Problem> {
        if name == "credential" {
            self.credential = Some(id_parameter("credential", value)?);
        }
        Ok(name == "credential")
    }
}

/// A page of sightings, newest first: at your member's gates, or of credentials that your member issued.
#[utoipa::path(get, operation_id = "list_sightings", path = "/v1/sightings", tag = "Gates",
    params(("limit" = Option<u8>, Query, description = "Items on the page, 50 if not said", minimum = 1, maximum = 200),
           ("cursor" = Option<String>, Query, description = "From the page before", max_length = 100),
           ("credential" = Option<CredentialId>, Query, description = "Only those of this credential")),
    responses((status = 200, description = "A page", body = Items<SightingView>)))]
pub async fn list(who: Guarded<ReadSightings>, page: Page<OfCredential>) -> Answer {
    let (member, limit) = (who.permit.caller().member, page.limit);
    let credential = page.query.credential;
    let before = after(&who, "sightings", &page)?;
    let found = who
        .services
        .read(move |reader, _| {
            Ok(logs::sightings(
                reader,
                member,
                credential,
                before,
                limit + 1,
            )?)
        })
        .await?;
    items(
        &who,
        "sightings",
        &page,
        found,
        |sighting| sighting.id,
        SightingView::from,
    )
}
