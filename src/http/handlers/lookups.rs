//! `GET /v1/lookups`: who was shown whom at your member.

use serde::Serialize;

use crate::access::permission::ReadLookups;
use crate::domain::ids::{ClientId, LookupId, PersonId, WorkerId};
use crate::domain::lookup::{Lookup, What};
use crate::domain::time::Timestamp;
use crate::http::extract::{Guarded, Page};
use crate::service::lookups;

use super::{Answer, Items, after, items};

/// Somebody was shown who a worker is.
#[derive(Serialize, utoipa::ToSchema)]
pub struct LookupView {
    /// Which.
    pub id: LookupId,
    /// When.
    pub at: Timestamp,
    /// Who asked.
    pub client: ClientId,
    /// The person behind the client, where it is a person's tool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// What was looked at.
    pub what: What,
    /// Who was shown, where it was one of your member's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worker: Option<WorkerId>,
    /// How many were shown.
    pub hits: u32,
    /// Whether whoever asked, through all their clients, was shown unusually many workers within the hour, this look-up among them.
    pub unusual: bool,
}

impl From<Lookup> for LookupView {
    fn from(lookup: Lookup) -> Self {
        Self {
            id: lookup.id,
            at: lookup.at,
            client: lookup.client,
            person: lookup.person,
            what: lookup.what,
            // Of a match case it is another member's.
            worker: lookup.worker.filter(|_| lookup.what != What::MatchCase),
            hits: lookup.hits,
            unusual: lookup.unusual,
        }
    }
}

/// A page of the look-ups at your member, newest first. One may be missing for a moment after its answer.
#[utoipa::path(get, operation_id = "list_lookups", path = "/v1/lookups", tag = "Workers",
    params(("limit" = Option<u8>, Query, description = "Items on the page, 50 if not said", minimum = 1, maximum = 200),
           ("cursor" = Option<String>, Query, description = "From the page before", max_length = 100)),
    responses((status = 200, description = "A page", body = Items<LookupView>)))]
pub async fn list(who: Guarded<ReadLookups>, page: Page<()>) -> Answer {
    let (permit, limit) = (who.permit, page.limit);
    let before = after(&who, "lookups", &page)?;
    let found = who
        .services
        .read(move |reader, _| lookups::list(reader, permit, before, limit + 1))
        .await?;
    items(
        &who,
        "lookups",
        &page,
        found,
        |lookup| lookup.id,
        LookupView::from,
    )
}
