//! What every answer carries: the request's id, what is left of the client's allowance, and headers that keep browsers
//! and caches from doing what nobody asked for. Here every request is counted, and problems get their id.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse};
use uuid::Uuid;

use super::extract::{Guarded, ValidJson};
use super::handlers::gate_checks;
use super::limits::REQUEST_ID_CHARS_MAX;
use super::problem::Problem;
use super::routes::short;
use super::state::{Remaining, Shared};

static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
static TRACE_PARENT: HeaderName = HeaderName::from_static("traceparent");
static RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
static RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// The path of gate checks.
const GATE_CHECKS: &str = "/v1/gate-checks";

/// Wraps every request.
///
/// A gate check is answered from here, by the handler that its route names: it is asked thousands of times a second, and
/// need not pay for the way through the table of routes. It is counted and not logged each time.
pub async fn envelope(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let shared = request.app_data::<Data<Shared>>().cloned();
    let id = request_id(&request, shared.as_deref().map(AsRef::as_ref));
    if request.path() == GATE_CHECKS && request.method() == Method::POST {
        let (request, mut payload) = request.into_parts();
        let answer = check(&request, &mut payload).await;
        let answer = answer.unwrap_or_else(|problem| problem.respond(id.to_str().ok()));
        if let Some(shared) = &shared {
            match answer.status() {
                StatusCode::OK => shared.metrics.gate_checks_answered.inc(),
                status => shared.metrics.answered(GATE_CHECKS, status.as_str()),
            }
        }
        return Ok(dress(ServiceResponse::new(request, answer), id));
    }
    let started = std::time::Instant::now();
    let answer = next.call(request).await?.map_into_boxed_body();
    let problem = answer
        .response()
        .error()
        .and_then(|error| error.as_error::<Problem>());
    let answer = match problem.map(|problem| problem.respond(id.to_str().ok())) {
        Some(document) => answer.into_response(document),
        None => answer,
    };
    if let Some(shared) = &shared {
        let route = answer.request().match_pattern();
        let route = route.as_deref().unwrap_or("unmatched");
        let status = answer.status();
        shared.metrics.answered(route, status.as_str());
        let took = started.elapsed();
        shared.metrics.request_seconds.observe(took.as_secs_f64());
        tracing::info!(
            request.id = id.to_str().unwrap_or_default(),
            method = short(answer.request().method()),
            route,
            status = status.as_u16(),
            duration_ms = took.as_millis() as u64,
            "answered"
        );
    }
    Ok(dress(answer, id))
}

/// What the route of gate checks does with its extractors, in the same order.
async fn check(request: &HttpRequest, payload: &mut Payload) -> Result<HttpResponse, Problem> {
    let who = Guarded::of(request)?;
    let body = ValidJson::read(request, payload).await?;
    gate_checks::check(who, body).await
}

/// Puts the headers on.
fn dress(mut answer: ServiceResponse<BoxBody>, id: HeaderValue) -> ServiceResponse<BoxBody> {
    let remaining = answer.request().extensions_mut().remove::<Remaining>();
    let headers = answer.headers_mut();
    headers.insert(REQUEST_ID.clone(), id);
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if let Some(Remaining { policy, left }) = remaining {
        headers.insert(RATE_LIMIT_POLICY.clone(), policy);
        headers.insert(RATE_LIMIT.clone(), left);
    }
    answer
}

/// The caller's own id for the request where it is a safe one, else that of its trace (W3C Trace Context), else a new one.
fn request_id(request: &ServiceRequest, shared: Option<&Shared>) -> HeaderValue {
    let given = request.headers().get(&REQUEST_ID).filter(|value| {
        let bytes = value.as_bytes();
        (1..=REQUEST_ID_CHARS_MAX).contains(&bytes.len())
            && bytes
                .iter()
                .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(b))
    });
    if let Some(given) = given {
        return given.clone();
    }
    let trace = request
        .headers()
        .get(&TRACE_PARENT)
        .and_then(|value| value.to_str().ok()?.split('-').nth(1));
    // All zeros stand for no trace.
    let trace = trace.filter(|trace| {
        let hexadecimal = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
        trace.len() == 32 && trace.bytes().all(hexadecimal) && trace.bytes().any(|b| b != b'0')
    });
    let mut random = [0; 16];
    let mut digits = [0; 32];
    let made = match (trace, shared) {
        (Some(trace), _) => trace,
        (None, Some(shared)) => {
            shared.services.environment.fill_random(&mut random);
            Uuid::from_bytes(random).simple().encode_lower(&mut digits)
        }
        (None, None) => "unknown",
    };
    HeaderValue::from_str(made).unwrap_or_else(|_| HeaderValue::from_static("unknown"))
}
