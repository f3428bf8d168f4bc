//! `GET /v1/work-items`: what waits for the caller.

use serde::Serialize;

use crate::access::permission::ReadWork;
use crate::domain::ids::{Id, WorkItemKind};
use crate::domain::time::Timestamp;
use crate::domain::work::{Item, Kind};
use crate::http::extract::{Guarded, ListQuery, Page};
use crate::http::problem::{Problem, ProblemCode};
use crate::service::work::{self, After};

use super::{Answer, Items, after_cursor, items};

/// Something that waits for somebody in your role. It names nobody.
#[derive(Serialize, utoipa::ToSchema)]
pub struct WorkItemView {
    /// What kind of work it is.
    pub kind: Kind,
    /// What it is about: the identifier of an approval, match case, referral, credential, screening, exclusion or worker.
    #[schema(max_length = 36)]
    pub subject: String,
    /// By when it should be done. Some work has no such time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    /// Since when it is as it is.
    pub since: Timestamp,
    /// Whether it should have been done by now.
    pub overdue: bool,
    /// Of a clearance that ends: within how many days, 180, 90 or 30.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(maximum = 180)]
    pub within_days: Option<u16>,
}

impl WorkItemView {
    fn of(item: &Item, now: Timestamp) -> Self {
        Self {
            kind: item.kind,
            subject: item.subject.to_string(),
            due_at: item.due_at,
            since: item.since,
            overdue: item.is_overdue(now),
            within_days: item.within_days,
        }
    }
}

/// Only those of one kind.
#[derive(Debug, Default)]
pub struct OfKind {
    kind: Option<Kind>,
}

impl ListQuery for OfKind {
    fn take(&mut self, name: &str, value: &str) -> Result<bool, Problem> {
        if name != "kind" {
            return Ok(false);
        }
        let named = Kind::ALL.iter().find(|kind| kind.as_str() == value);
        let kind = named.ok_or_else(|| {
            let message = "must be the name of a kind of work";
            Problem::at(ProblemCode::MalformedQuery, "kind", "value", message)
        })?;
        self.kind = Some(*kind);
        Ok(true)
    }
}

/// A page of what waits for somebody in your role at your member.
///
/// In the order of kinds, and within a kind of identifiers. It shows what you can do something about: whoever needs no second
/// person for it is not shown an approval, and who asked for one is not either. A suspension for cause that nobody decided
/// within thirty days is shown to approvers and registrars, too.
#[utoipa::path(get, operation_id = "list_work_items", path = "/v1/work-items", tag = "Work",
    params(("limit" = Option<u8>, Query, description = "Items on the page, 50 if not said", minimum = 1, maximum = 200),
           ("cursor" = Option<String>, Query, description = "From the page before", max_length = 100),
           ("kind" = Option<Kind>, Query, description = "Only those of this kind")),
    responses((status = 200, description = "A page", body = Items<WorkItemView>)))]
pub async fn list(who: Guarded<ReadWork>, page: Page<OfKind>) -> Answer {
    let (permit, limit, kind) = (who.permit, page.limit, page.query.kind);
    let after = after(&who, page.cursor.as_deref())?;
    let now = who.services.environment.now();
    let found = who
        .services
        .read(move |reader, _| work::list(reader, permit, kind, after, now, limit + 1))
        .await?;
    // The cursor says of which kind the last item of the page is.
    let last = found.iter().take(limit).next_back();
    let list = last.map_or_else(String::new, |item| list_of(item.kind));
    items(
        &who,
        &list,
        &page,
        found,
        |item| Id::<WorkItemKind>::from_u128(item.subject.bits()),
        |item| WorkItemView::of(&item, now),
    )
}

/// What cursors after an item of this kind are made for.
fn list_of(kind: Kind) -> String {
    format!("work items {}", kind.as_str())
}

fn after(who: &Guarded<ReadWork>, cursor: Option<&str>) -> Result<Option<After>, Problem> {
    let Some(cursor) = cursor else {
        return Ok(None);
    };
    let mut refused = None;
    for &kind in Kind::ALL {
        match after_cursor::<_, WorkItemKind>(who, &list_of(kind), Some(cursor)) {
            Ok(found) => return Ok(found.map(|id| (kind, id.as_u128()))),
            Err(problem) => refused = Some(problem),
        }
    }
    refused.map_or(Ok(None), Err)
}
