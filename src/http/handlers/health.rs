//! `/livez`, `/readyz`, the OpenAPI description, and the explanation of problem codes.

use actix_web::http::header;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use crate::domain::freshness::{REMARKABLE_AGE_MS, alarm_ms};
use crate::domain::network::SecurityLevel;
use crate::http::problem::{Problem, ProblemCode};
use crate::http::state::Shared;

use super::Answer;

/// The process runs.
#[utoipa::path(get, path = "/livez", tag = "Operation", security(()), responses((status = 200, description = "It runs", content_type = "text/plain", body = String)))]
pub async fn livez() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain").body("ok\n")
}

/// What is ready and what is not.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ReadyView {
    /// Whether requests should be sent here.
    pub ready: bool,
    /// The database answers.
    pub database: bool,
    /// The index is loaded and whole.
    pub index: bool,
    /// The index confirmed the ledger's head lately.
    pub fresh: bool,
    /// The server is not about to stop.
    pub serving: bool,
}

/// Requests should be sent here: database, index, freshness, and not about to stop.
#[utoipa::path(get, path = "/readyz", tag = "Operation", security(()),
    responses((status = 200, description = "Ready", body = ReadyView), (status = 503, description = "Not ready", body = ReadyView)))]
pub async fn readyz(shared: Data<Shared>) -> HttpResponse {
    let services = &shared.services;
    let index = services.index.is_whole() && services.index.seq() > 0;
    // The follower asks the database several times a second; asking once more here would only make this answer late when
    // it matters, and pile up behind a database that is frozen.
    let age_ms = services.index.age_ms(services.environment.uptime_ms());
    let database = age_ms <= REMARKABLE_AGE_MS;
    let fresh = age_ms < alarm_ms(SecurityLevel::Three);
    let serving = !shared.is_draining();
    let ready = database && index && fresh && serving;
    let mut answer = if ready {
        HttpResponse::Ok()
    } else {
        HttpResponse::ServiceUnavailable()
    };
    answer.json(ReadyView {
        ready,
        database,
        index,
        fresh,
        serving,
    })
}

/// The OpenAPI description of this very server.
pub async fn openapi(request: HttpRequest) -> HttpResponse {
    let (json, tag) = crate::http::openapi::json();
    let known = request
        .headers()
        .get(header::IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok());
    if known == Some(tag) {
        return HttpResponse::NotModified()
            .insert_header((header::ETAG, tag))
            .finish();
    }
    HttpResponse::Ok()
        .insert_header((header::ETAG, tag))
        .insert_header((header::CACHE_CONTROL, "public, max-age=300"))
        .content_type("application/json")
        .body(json)
}

/// What a problem's code means: where its `type` leads.
pub async fn problem(code: Path<String>) -> Answer {
    let found = ProblemCode::ALL
        .iter()
        .find(|known| known.as_str() == code.as_str());
    let code = found
        .ok_or_else(|| Problem::new(ProblemCode::NotFound, "There is no such problem code."))?;
    let text = format!(
        "{} ({})\n\n{}.\n",
        code.as_str(),
        code.status(),
        code.title()
    );
    Ok(HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .body(text))
}
