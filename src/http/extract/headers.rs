//! Headers that a request rests on: Idempotency-Key, If-Match, If-None-Match.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest};

use super::ValidJson;
use crate::http::limits::KEY_CHARS_MAX;
use crate::http::problem::{Problem, ProblemCode};
use crate::ledger::entry::Actor;
use crate::service::commit::Once;

/// The Idempotency-Key of a creating request (draft-ietf-httpapi-idempotency-key-header).
pub struct IdempotencyKey {
    key: String,
    route: String,
}

impl FromRequest for IdempotencyKey {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(idempotency_key(request))
    }
}

fn idempotency_key(request: &HttpRequest) -> Result<IdempotencyKey, Problem> {
    let Some(value) = only(request, "Idempotency-Key")? else {
        let detail = "Send an Idempotency-Key header, a new one for each new request: then a repeated request is done once.";
        return Err(Problem::new(ProblemCode::KeyMissing, detail));
    };
    // A string of RFC 9651, as the draft has it, or bare.
    let text = value
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .unwrap_or(value);
    let good = (1..=KEY_CHARS_MAX).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_.:".contains(&b));
    if !good {
        let message = format!("must have 1 to {KEY_CHARS_MAX} letters, digits or any of - _ . :");
        return Err(Problem::at(
            ProblemCode::MalformedHeader,
            "Idempotency-Key",
            "value",
            message,
        ));
    }
    Ok(IdempotencyKey {
        key: text.to_owned(),
        route: format!("{} {}", request.method(), request.path()),
    })
}

impl IdempotencyKey {
    /// Under which digests this request and its answer are kept.
    pub fn once<T, const MAX: usize>(&self, who: Actor, body: &ValidJson<T, MAX>) -> Once {
        self.once_bytes(who, &body.bytes)
    }

    /// The same for a body that is no JSON.
    pub fn once_bytes(&self, who: Actor, body: &[u8]) -> Once {
        let who = serde_json::to_string(&who).unwrap_or_default();
        Once {
            id: sha256(&[who.as_bytes(), self.route.as_bytes(), self.key.as_bytes()]),
            request: sha256(&[body]),
        }
    }
}

fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    let mut digest = [0; 32];
    digest.copy_from_slice(context.finish().as_ref());
    digest
}

/// The version in If-Match that a change rests on.
pub struct IfMatch(pub u64);

impl FromRequest for IfMatch {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(if_match(request))
    }
}

fn if_match(request: &HttpRequest) -> Result<IfMatch, Problem> {
    let Some(value) = only(request, "If-Match")? else {
        let detail = "Send the ETag of what you read as If-Match, so that nobody's change is lost.";
        return Err(Problem::new(ProblemCode::PreconditionRequired, detail));
    };
    let digits = value
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()));
    let version = digits.and_then(|digits| digits.parse().ok());
    version.map(IfMatch).ok_or_else(|| {
        Problem::at(
            ProblemCode::MalformedHeader,
            "If-Match",
            "value",
            "must be one ETag as this service gives it",
        )
    })
}

/// The value of a header that may stand there once.
fn only<'a>(request: &'a HttpRequest, name: &'static str) -> Result<Option<&'a str>, Problem> {
    let wrong =
        |fault, message: &str| Problem::at(ProblemCode::MalformedHeader, name, fault, message);
    let mut values = request.headers().get_all(name);
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(wrong("repeated", "stands there twice"));
    }
    let text = value
        .to_str()
        .map_err(|_| wrong("value", "must be ASCII"))?;
    Ok(Some(text.trim()))
}

/// Whether If-None-Match says that the caller has what this ETag stands for (RFC 9110 section 13.1.2: compared weakly, and
/// `*` stands for whatever there is).
pub fn is_known(request: &HttpRequest, etag: &str) -> bool {
    request
        .headers()
        .get_all(header::IF_NONE_MATCH)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|known| known == "*" || opaque(known) == opaque(etag))
}

/// An ETag without the mark of a weak one.
fn opaque(etag: &str) -> &str {
    etag.strip_prefix("W/").unwrap_or(etag)
}

/// A strong ETag of a version.
pub fn etag(version: u64) -> String {
    format!("\"{version}\"")
}
