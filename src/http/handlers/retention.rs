//! `GET /v1/retention`: for how long what is kept, and how much of it is past its time.

use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use crate::access::permission::ReadRetention;
use crate::domain::retention::{Clock, End, Purpose};
use crate::domain::time::{DAY_MS, Timestamp};
use crate::http::extract::{Guarded, no_query};
use crate::service::retention;

use super::Answer;

/// For how long what is kept, in numbers. Nothing is forgotten by asking, and nobody is named.
#[derive(Serialize, utoipa::ToSchema)]
pub struct RetentionView {
    /// For which moment it is counted.
    pub at: Timestamp,
    /// Each purpose.
    #[schema(max_items = 11)]
    pub purposes: Vec<ClockView>,
}

/// What is kept for one purpose.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ClockView {
    /// What for.
    pub purpose: Purpose,
    /// For how many days.
    pub term_days: u32,
    /// Why so long.
    #[schema(max_length = 120)]
    pub source: &'static str,
    /// What becomes of it then.
    pub then: End,
    /// Whether the numbers are of your member; else of the whole network, as these records do not say whose they are.
    pub own: bool,
    /// How many are past their time.
    pub past: u64,
    /// How many more are within thirty days.
    pub within_30_days: u64,
    /// When the oldest was recorded, past its time or not; of `records`, of those that are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oldest_at: Option<Timestamp>,
}

impl From<&Clock> for ClockView {
    fn from(clock: &Clock) -> Self {
        Self {
            purpose: clock.purpose,
            term_days: u32::try_from(clock.term_ms / DAY_MS).unwrap_or(u32::MAX),
            source: clock.purpose.source(),
            then: clock.purpose.end(),
            own: clock.purpose.is_of_member(),
            past: clock.past,
            within_30_days: clock.soon,
            oldest_at: clock.oldest,
        }
    }
}

/// For how long what is kept, and how much of it is past its time or soon will be.
///
/// What the service forgets by itself is past its time for a day at most. Records that nobody needs are work for a registrar,
/// `record_due` in the list of work.
#[utoipa::path(get, operation_id = "show_retention", path = "/v1/retention", tag = "Personal data",
    responses((status = 200, description = "The clocks", body = RetentionView)))]
pub async fn show(who: Guarded<ReadRetention>, request: HttpRequest) -> Answer {
    no_query(&request)?;
    let (permit, kept) = (who.permit, who.services.kept);
    let now = who.services.environment.now();
    let clocks = who
        .services
        .read(move |reader, _| retention::clocks(reader, permit, kept, now))
        .await?;
    Ok(HttpResponse::Ok().json(RetentionView {
        at: now,
        purposes: clocks.iter().map(ClockView::from).collect(),
    }))
}
