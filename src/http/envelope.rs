//! What every answer carries: the request's id, what is left of the client's allowance, and headers that keep browsers
//! and caches from doing what nobody asked for. Here every request is counted, and problems get their id.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage};

use crate::domain::digest::hex;

use super::limits::REQUEST_ID_CHARS_MAX;
use super::problem::Problem;
use super::routes::short;
use super::state::{Remaining, Shared};

static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
static RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
static RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// The path of the one request that is not logged each time.
pub const GATE_CHECKS: &str = "/v1/gate-checks";

/// Wraps every request.
pub async fn envelope(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let shared = request.app_data::<Data<Shared>>().cloned();
    let id = request_id(&request, shared.as_deref().map(AsRef::as_ref));
    let started = std::time::Instant::now();
    let answer = next.call(request).await?.map_into_boxed_body();
    let remaining = answer.request().extensions().get::<Remaining>().copied();
    let problem = answer
        .response()
        .error()
        .and_then(|error| error.as_error::<Problem>());
    let mut answer = match problem.map(|problem| problem.respond(id.to_str().ok())) {
        Some(document) => answer.into_response(document),
        None => answer,
    };
    let status = answer.status();
    if let Some(shared) = &shared {
        let route = answer.request().match_pattern();
        let route = route.as_deref().unwrap_or("unmatched");
        shared
            .metrics
            .requests
            .with_label_values(&[route, status.as_str()])
            .inc();
        if route != GATE_CHECKS {
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
    }
    let headers = answer.headers_mut();
    headers.insert(REQUEST_ID.clone(), id);
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if let Some(remaining) = remaining {
        let policy = format!("\"{}\";q={};w=1", remaining.name, remaining.per_second);
        let left = format!("\"{}\";r={};t=1", remaining.name, remaining.left);
        if let (Ok(policy), Ok(left)) = (HeaderValue::try_from(policy), HeaderValue::try_from(left))
        {
            headers.insert(RATE_LIMIT_POLICY.clone(), policy);
            headers.insert(RATE_LIMIT.clone(), left);
        }
    }
    Ok(answer)
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
        .get("traceparent")
        .and_then(|value| value.to_str().ok()?.split('-').nth(1));
    // All zeros stand for no trace.
    let trace = trace.filter(|trace| {
        let hexadecimal = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
        trace.len() == 32 && trace.bytes().all(hexadecimal) && trace.bytes().any(|b| b != b'0')
    });
    let mut random = [0; 12];
    if let Some(shared) = shared {
        shared.services.environment.fill_random(&mut random);
    }
    let made = trace.map_or_else(|| hex(&random), str::to_owned);
    HeaderValue::try_from(made).unwrap_or_else(|_| HeaderValue::from_static("unknown"))
}
