//! What every answer carries: the request's id, what is left of the client's allowance, and headers that keep browsers
//! and caches from doing what nobody asked for. Here every request to the app is counted, and problems get their id.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage};
use arrayvec::ArrayString;
use uuid::Uuid;

use super::limits::REQUEST_ID_CHARS_MAX;
use super::problem::Problem;
use super::routes::{GATE_CHECKS, short};
use super::state::{Remaining, Shared};

static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
static TRACE_PARENT: HeaderName = HeaderName::from_static("traceparent");
static RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
static RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Wraps every request that goes to the app. Gate checks are counted and not logged each time.
pub async fn envelope(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let shared = request.app_data::<Data<Shared>>().cloned();
    let header = |name| request.headers().get(name).map(HeaderValue::as_bytes);
    let id = request_id(
        header(&REQUEST_ID),
        header(&TRACE_PARENT),
        shared.as_deref().map(AsRef::as_ref),
    );
    let started = std::time::Instant::now();
    let answer = next.call(request).await?.map_into_boxed_body();
    let problem = answer
        .response()
        .error()
        .and_then(|error| error.as_error::<Problem>());
    let answer = match problem.map(|problem| problem.respond(Some(&id))) {
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
        if route != GATE_CHECKS {
            tracing::info!(
                request.id = id.as_str(),
                method = short(answer.request().method()),
                route,
                status = status.as_u16(),
                duration_ms = took.as_millis() as u64,
                "answered"
            );
        }
    }
    let remaining = answer.request().extensions_mut().remove::<Remaining>();
    let mut answer = answer;
    dress(answer.headers_mut(), &id, remaining);
    Ok(answer)
}

/// Puts the headers on.
fn dress(headers: &mut HeaderMap, id: &str, remaining: Option<Remaining>) {
    let mut put = |name: &HeaderName, text: &str| {
        // Ours are made of letters and digits that no header refuses.
        let value = HeaderValue::from_str(text);
        headers.insert(name.clone(), value.unwrap_or(HeaderValue::from_static("")));
    };
    put(&REQUEST_ID, id);
    if let Some(Remaining { allowance, left }) = remaining {
        put(&RATE_LIMIT_POLICY, allowance.policy());
        put(&RATE_LIMIT, &allowance.says(left));
    }
    put(&header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

/// The caller's own id for the request where it is a safe one, else that of its trace (W3C Trace Context), else a new one.
pub fn request_id(
    given: Option<&[u8]>,
    trace_parent: Option<&[u8]>,
    shared: Option<&Shared>,
) -> RequestId {
    let is_safe = |id: &&str| {
        (1..=REQUEST_ID_CHARS_MAX).contains(&id.len())
            && id
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    };
    let text = |bytes| std::str::from_utf8(bytes).ok();
    let trace = || {
        let trace = trace_parent.and_then(text)?.split('-').nth(1)?;
        let hexadecimal = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
        // All zeros stand for no trace.
        (trace.len() == 32 && trace.bytes().all(hexadecimal) && trace.bytes().any(|b| b != b'0'))
            .then_some(trace)
    };
    let (mut random, mut digits) = ([0; 16], [0; 32]);
    let made = given.and_then(text).filter(is_safe).or_else(trace);
    let id = match (made, shared) {
        (Some(id), _) => id,
        (None, Some(shared)) => {
            shared.services.environment.fill_random(&mut random);
            Uuid::from_bytes(random).simple().encode_lower(&mut digits)
        }
        (None, None) => "unknown",
    };
    RequestId::from(id).unwrap_or_default()
}

/// A request's id.
pub type RequestId = ArrayString<REQUEST_ID_CHARS_MAX>;
