//! One file a resource. Each handler takes apart, calls one service function, and dresses the answer.

pub mod approvals;
pub mod bans;
pub mod break_glass;
pub mod clients;
pub mod credentials;
pub mod employers;
pub mod erasures;
pub mod exclusions;
pub mod gate_checks;
pub mod health;
pub mod impact;
pub mod imports;
pub mod issuing;
pub mod lookups;
pub mod match_cases;
pub mod network;
pub mod oauth;
pub mod records;
pub mod referrals;
pub mod revocations;
pub mod screenings;
pub mod sharing;
pub mod sightings;
pub mod work_items;
pub mod workers;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header;
use serde::Serialize;

use crate::access::permission::Permission;
use crate::domain::ids::{Id, Kind};
use crate::service::Error;
use crate::service::commit::Rendered;

use super::extract::{Guarded, Page, etag};
use super::problem::{Problem, ProblemCode};

/// What handlers answer.
pub type Answer = Result<HttpResponse, Problem>;

/// A page of a list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Items<T: utoipa::ToSchema> {
    /// The items, in the order they came to be; sightings newest first.
    #[schema(max_items = 200)]
    pub items: Vec<T>,
    /// For the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100)]
    pub next_cursor: Option<String>,
}

/// A thing that was created or changed, to be kept under the request's key and answered.
pub fn rendered(
    status: StatusCode,
    location: Option<String>,
    version: u64,
    view: &impl Serialize,
) -> Result<Rendered, Error> {
    let body = serde_json::to_string(view).map_err(Error::internal)?;
    Ok(Rendered {
        status: status.as_u16(),
        location,
        etag: Some(etag(version)),
        body,
        replayed: false,
    })
}

/// The HTTP answer of what was rendered.
pub fn answer(rendered: Rendered) -> Answer {
    let status = StatusCode::from_u16(rendered.status).unwrap_or(StatusCode::OK);
    let mut answer = HttpResponse::build(status);
    answer.content_type("application/json");
    if let Some(location) = rendered.location {
        answer.insert_header((header::LOCATION, location));
    }
    if let Some(etag) = rendered.etag {
        answer.insert_header((header::ETAG, etag));
    }
    if rendered.replayed {
        answer.insert_header(("idempotency-replayed", "true"));
    }
    Ok(answer.body(rendered.body))
}

/// One thing with its version.
pub fn one(version: u64, view: &impl Serialize) -> Answer {
    Ok(HttpResponse::Ok()
        .insert_header((header::ETAG, etag(version)))
        .json(view))
}

/// Where the page begins.
pub fn after<P: Permission, K: Kind, Q>(
    who: &Guarded<P>,
    list: &str,
    page: &Page<Q>,
) -> Result<Option<Id<K>>, Problem> {
    after_cursor(who, list, page.cursor.as_deref())
}

/// Where the page begins that this cursor names.
pub fn after_cursor<P: Permission, K: Kind>(
    who: &Guarded<P>,
    list: &str,
    cursor: Option<&str>,
) -> Result<Option<Id<K>>, Problem> {
    let member = who.permit.caller().member;
    let read = |cursor: &str| {
        let last = who.services.keyring.read_cursor(list, member, cursor);
        last.ok_or_else(|| {
            Problem::new(
                ProblemCode::BadCursor,
                "The cursor was not made for this list; begin without one.",
            )
        })
    };
    cursor.map(read).transpose()
}

/// A page with the cursor for the next. `things` holds one more than the page, if there is a next.
pub fn items<P: Permission, K: Kind, Q, T, V: Serialize + utoipa::ToSchema>(
    who: &Guarded<P>,
    list: &str,
    page: &Page<Q>,
    mut things: Vec<T>,
    id: impl Fn(&T) -> Id<K>,
    view: impl Fn(T) -> V,
) -> Answer {
    let limit = page.limit;
    let more = things.len() > limit;
    things.truncate(limit);
    let last = things.last().map(&id);
    let next_cursor = last.filter(|_| more).map(|last| {
        who.services
            .keyring
            .cursor(list, who.permit.caller().member, last)
    });
    let mut answer = HttpResponse::Ok();
    if let Some(cursor) = &next_cursor {
        answer.insert_header((
            header::LINK,
            format!(
                "<?limit={limit}&cursor={cursor}{}>; rel=\"next\"",
                page.rest
            ),
        ));
    }
    Ok(answer.json(Items {
        items: things.into_iter().map(view).collect(),
        next_cursor,
    }))
}
