//! `/livez`, `/readyz`, the OpenAPI description, and the explanation of problem codes.

use actix_web::http::header;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use crate::http::extract::is_known;
use crate::http::problem::{Problem, ProblemCode};
use crate::http::state::Shared;
use crate::service::health::is_fresh;

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
    /// The database answered within the last two seconds.
    pub database: bool,
    /// The schema in the database is the one of this program, seen within the last few seconds.
    pub schema: bool,
    /// The index is loaded and whole.
    pub index: bool,
    /// The index confirmed the ledger's head so lately that every gate can still be told to open, however strict its limit,
    /// and nobody must be woken.
    pub fresh: bool,
    /// The server is not about to stop.
    pub serving: bool,
}

/// Requests should be sent here: database, schema, index, freshness, and not about to stop.
#[utoipa::path(get, path = "/readyz", tag = "Operation", security(()),
    responses((status = 200, description = "Ready", body = ReadyView), (status = 503, description = "Not ready", body = ReadyView)))]
pub async fn readyz(shared: Data<Shared>) -> HttpResponse {
    let services = &shared.services;
    let index = services.index.is_whole() && services.index.seq() > 0;
    // The follower asks the database several times a second; asking once more here would only make this answer late when
    // it matters, and pile up behind a database that is frozen.
    let uptime_ms = services.environment.uptime_ms();
    let (database, schema) = (shared.health.database(uptime_ms), shared.health.schema());
    let fresh = is_fresh(&services.index, services.index.age_ms(uptime_ms));
    let serving = !shared.is_draining();
    let ready = database && schema && index && fresh && serving;
    let mut answer = if ready {
        HttpResponse::Ok()
    } else {
        HttpResponse::ServiceUnavailable()
    };
    answer.json(ReadyView {
        ready,
        database,
        schema,
        index,
        fresh,
        serving,
    })
}

/// The OpenAPI description of this very server.
#[utoipa::path(get, operation_id = "get_description", path = "/openapi.json", tag = "Operation", security(()),
    responses((status = 200, description = "OpenAPI 3.1", body = Object), (status = 304, description = "As you know it")))]
pub async fn openapi(request: HttpRequest) -> HttpResponse {
    let (json, tag) = crate::http::openapi::json();
    public(&request, tag, json.as_bytes())
}

/// JSON that everybody may read and keep for a while; 304 where it is as the caller knows it.
pub(super) fn public(request: &HttpRequest, tag: &str, json: &[u8]) -> HttpResponse {
    let is_known = is_known(request, tag);
    let mut answer = match is_known {
        true => HttpResponse::NotModified(),
        false => HttpResponse::Ok(),
    };
    answer
        .insert_header((header::ETAG, tag))
        .insert_header((header::CACHE_CONTROL, "public, max-age=300"));
    match is_known {
        true => answer.finish(),
        false => answer.content_type("application/json").body(json.to_vec()),
    }
}

/// What a problem's code means: where its `type` leads.
#[utoipa::path(get, operation_id = "explain_problem", path = "/problems/{code}", tag = "Operation", security(()),
    params(("code" = String, Path, description = "The code", max_length = 40, pattern = "^[a-z_]+$")),
    responses((status = 200, description = "What it means", content_type = "text/plain", body = String)))]
pub async fn problem(request: HttpRequest) -> Answer {
    let code = request.match_info().get("code").unwrap_or_default();
    let found = ProblemCode::ALL.iter().find(|known| known.as_str() == code);
    let code = found
        .ok_or_else(|| Problem::new(ProblemCode::NotFound, "There is no such problem code."))?;
    let text = format!(
        "{} ({})\n\n{}.\n\n{}\n",
        code.as_str(),
        code.status(),
        code.title(),
        code.explanation()
    );
    Ok(HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .body(text))
}
