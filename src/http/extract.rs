//! What handlers are given: who asks and may they, a body that was checked, an identifier, a page. All fail as problems.

use std::future::{Ready, ready};
use std::marker::PhantomData;
use std::ops::Deref;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::web::{Bytes, BytesMut, Data};
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use futures_util::StreamExt;
use futures_util::future::LocalBoxFuture;
use serde::de::DeserializeOwned;
use validator::{Validate, ValidationErrors, ValidationErrorsKind};

use crate::access::permission::{Permission, Permit};
use crate::domain::ids::{Id, Kind};
use crate::domain::text;
use crate::ledger::entry::Actor;
use crate::service::commit::Once;
use crate::service::error::FieldError;

use super::limits::{BODY_BYTES_MAX, BODY_PATIENCE, KEY_CHARS_MAX, PAGE_DEFAULT, PAGE_MAX};
use super::problem::{Problem, ProblemCode};
use super::state::{Remembered, Shared};

/// Who asks, with the proof that they may.
pub struct Guarded<P> {
    /// The proof.
    pub permit: Permit<P>,
    shared: Data<Shared>,
}

impl<P> Deref for Guarded<P> {
    type Target = Shared;
    fn deref(&self) -> &Shared {
        &self.shared
    }
}

impl<P: Permission> Guarded<P> {
    /// Who states what comes of this request.
    pub fn actor(&self) -> Actor {
        Actor::Client(self.permit.caller().client)
    }
}

impl<P: Permission> FromRequest for Guarded<P> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(guard(request))
    }
}

fn guard<P: Permission>(request: &HttpRequest) -> Result<Guarded<P>, Problem> {
    let parts = (
        request.app_data::<Data<Shared>>(),
        request.app_data::<std::rc::Rc<Remembered>>(),
    );
    let (Some(shared), Some(remembered)) = parts else {
        return Err(crate::service::Error::internal(
            "the server was put together without its state",
        )
        .into());
    };
    let token = bearer(request)?;
    let (caller, remaining) = remembered.caller(shared, token)?;
    request.extensions_mut().insert(remaining);
    Ok(Guarded {
        permit: caller.permit::<P>()?,
        shared: shared.clone(),
    })
}

/// The token of the Authorization header, of which there must be exactly one (RFC 6750 section 2.1).
fn bearer(request: &HttpRequest) -> Result<&str, Problem> {
    let missing = || {
        Problem::new(
            ProblemCode::Unauthorized,
            "Send the access token as `Authorization: Bearer …`.",
        )
    };
    let mut headers = request.headers().get_all(header::AUTHORIZATION);
    let value = headers
        .next()
        .and_then(|value| value.to_str().ok())
        .ok_or_else(missing)?;
    if headers.next().is_some() {
        return Err(missing());
    }
    let (scheme, token) = value.split_once(' ').ok_or_else(missing)?;
    if scheme.eq_ignore_ascii_case("bearer") {
        Ok(token.trim())
    } else {
        Err(missing())
    }
}

/// An identifier in the path. Text that is none names nothing.
pub struct PathId<K>(pub Id<K>);

impl<K: Kind> FromRequest for PathId<K> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let id = request
            .match_info()
            .get("id")
            .and_then(|id| id.parse().ok());
        ready(id.map(Self).ok_or_else(|| {
            Problem::new(ProblemCode::NotFound, "There is nothing under this path.")
        }))
    }
}

/// A body's bytes, read within a limit and a time.
pub async fn read_body(
    request: &HttpRequest,
    payload: &mut Payload,
    bytes_max: usize,
    patience: std::time::Duration,
) -> Result<Bytes, Problem> {
    let too_large = || {
        let detail = format!("The body may have at most {bytes_max} bytes.");
        Problem::new(ProblemCode::TooLarge, detail)
    };
    let announced = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: usize| length > bytes_max) {
        return Err(too_large());
    }
    if request.headers().contains_key(header::CONTENT_ENCODING) {
        return Err(Problem::new(
            ProblemCode::UnsupportedMediaType,
            "Send the body without Content-Encoding.",
        ));
    }
    let read = async {
        let mut whole = BytesMut::new();
        while let Some(chunk) = payload.next().await {
            let chunk = chunk
                .map_err(|_| Problem::new(ProblemCode::MalformedBody, "The body broke off."))?;
            if whole.is_empty() && chunk.len() <= bytes_max && Some(chunk.len()) == announced {
                return Ok(chunk);
            }
            if whole.len() + chunk.len() > bytes_max {
                return Err(too_large());
            }
            whole.extend_from_slice(&chunk);
        }
        Ok(whole.freeze())
    };
    tokio::time::timeout(patience, read)
        .await
        .unwrap_or_else(|_| {
            Err(Problem::new(
                ProblemCode::Timeout,
                "The body came too slowly.",
            ))
        })
}

/// A JSON body of at most `MAX` bytes: read in time, of the right type, without unknown fields, and valid.
pub struct ValidJson<T, const MAX: usize = BODY_BYTES_MAX> {
    /// The body.
    pub value: T,
    /// SHA-256 of its bytes, for the Idempotency-Key.
    bytes: Bytes,
}

impl<T: DeserializeOwned + Validate + 'static, const MAX: usize> FromRequest for ValidJson<T, MAX> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let mut payload = payload.take();
        Box::pin(async move {
            let json = request
                .headers()
                .get(header::CONTENT_TYPE)
                .and_then(|value| value.to_str().ok())
                .is_some_and(|value| {
                    value
                        .split(';')
                        .next()
                        .unwrap_or_default()
                        .trim()
                        .eq_ignore_ascii_case("application/json")
                });
            if !json {
                return Err(Problem::new(
                    ProblemCode::UnsupportedMediaType,
                    "Send the body as application/json.",
                ));
            }
            let bytes = read_body(&request, &mut payload, MAX, BODY_PATIENCE).await?;
            let value = parse_json(&bytes)?;
            Ok(Self { value, bytes })
        })
    }
}

/// Parses and validates a body.
pub fn parse_json<T: DeserializeOwned + Validate>(bytes: &[u8]) -> Result<T, Problem> {
    // The common case pays nothing for finding out where an error is.
    let value: T = serde_json::from_slice(bytes).map_err(|_| explain_json::<T>(bytes))?;
    value
        .validate()
        .map_err(|errors| explain_validation(&errors))?;
    Ok(value)
}

/// Where the error is and what is wrong, without repeating what stands there.
fn explain_json<T: DeserializeOwned>(bytes: &[u8]) -> Problem {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let error = match serde_path_to_error::deserialize::<_, T>(&mut deserializer) {
        Err(error) => error,
        Ok(_) => {
            return Problem::new(
                ProblemCode::MalformedBody,
                "Something stands after the end of the JSON value.",
            );
        }
    };
    let mut pointer = String::new();
    for segment in error.path() {
        use serde_path_to_error::Segment;
        match segment {
            Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
            Segment::Map { key } => pointer.push_str(&format!("/{}", printable(key))),
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    let inner = error.inner();
    if !inner.is_data() {
        let detail = format!(
            "The body is not JSON: look at line {}, column {}.",
            inner.line(),
            inner.column()
        );
        return Problem::new(ProblemCode::MalformedBody, detail);
    }
    let (fault, pointer, message) = describe(&inner.to_string(), pointer);
    Problem::at(ProblemCode::Invalid, pointer, fault, message)
}

/// Turns serde's sentence into ours. Serde quotes the value it did not like; we keep only what it expected.
fn describe(sentence: &str, pointer: String) -> (&'static str, String, String) {
    let sentence = sentence
        .rsplit_once(" at line ")
        .map_or(sentence, |(before, _)| before);
    let name = || printable(sentence.split('`').nth(1).unwrap_or_default());
    if sentence.starts_with("missing field") {
        (
            "missing",
            format!("{pointer}/{}", name()),
            "This field is needed.".into(),
        )
    } else if sentence.starts_with("unknown field") {
        // Some paths end with the field itself, some with what it stands in.
        let pointer = if pointer.ends_with(&format!("/{}", name())) {
            pointer
        } else {
            format!("{pointer}/{}", name())
        };
        (
            "unknown_field",
            pointer,
            "There is no such field here; check its spelling.".into(),
        )
    } else if sentence.starts_with("duplicate field") {
        (
            "repeated",
            pointer,
            "This field stands here more than once.".into(),
        )
    } else if [
        "invalid type",
        "invalid value",
        "invalid length",
        "unknown variant",
    ]
    .iter()
    .any(|kind| sentence.starts_with(kind))
    {
        let expected = sentence
            .split_once(", expected ")
            .map_or("something else", |(_, expected)| expected);
        ("type", pointer, format!("Expected {expected}."))
    } else {
        // Our own types speak here, and they never quote.
        ("value", pointer, sentence.to_owned())
    }
}

fn printable(name: &str) -> String {
    name.chars()
        .filter(|character| text::allowed(*character))
        .take(60)
        .collect()
}

fn explain_validation(errors: &ValidationErrors) -> Problem {
    let mut problem = Problem::new(ProblemCode::Invalid, ProblemCode::Invalid.title());
    walk(errors, "", &mut problem.fields);
    problem
        .fields
        .sort_by(|one, other| one.pointer.cmp(&other.pointer));
    problem
}

fn walk(errors: &ValidationErrors, pointer: &str, into: &mut Vec<FieldError>) {
    for (field, kind) in errors.errors() {
        let pointer = format!("{pointer}/{field}");
        match kind {
            ValidationErrorsKind::Struct(inner) => walk(inner, &pointer, into),
            ValidationErrorsKind::List(list) => {
                list.iter()
                    .for_each(|(at, inner)| walk(inner, &format!("{pointer}/{at}"), into));
            }
            ValidationErrorsKind::Field(faults) => into.extend(faults.iter().map(|fault| {
                let bound = |name: &str| fault.params.get(name).map(ToString::to_string);
                let message = match (&fault.message, bound("min"), bound("max")) {
                    (Some(message), ..) => message.to_string(),
                    (None, Some(min), Some(max)) => format!("must be between {min} and {max}"),
                    (None, Some(min), None) => format!("must be at least {min}"),
                    (None, None, Some(max)) => format!("must be at most {max}"),
                    (None, None, None) => "cannot be accepted".into(),
                };
                let code = match &*fault.code {
                    "length" => "length",
                    "range" => "out_of_range",
                    _ => "value",
                };
                FieldError {
                    pointer: pointer.clone(),
                    code,
                    message,
                }
            })),
        }
    }
}

/// The Idempotency-Key of a creating request (draft-ietf-httpapi-idempotency-key-header).
pub struct IdempotencyKey {
    key: String,
    route: String,
}

impl FromRequest for IdempotencyKey {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let Some(value) = request.headers().get("idempotency-key") else {
            let detail = "Send an Idempotency-Key header, a new one for each new request: then a repeated request is done once.";
            return ready(Err(Problem::new(ProblemCode::KeyMissing, detail)));
        };
        let text = value.to_str().unwrap_or_default().trim_matches('"');
        let good = (1..=KEY_CHARS_MAX).contains(&text.len())
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_.:".contains(&b));
        if !good {
            let message =
                format!("must have 1 to {KEY_CHARS_MAX} letters, digits or any of - _ . :");
            return ready(Err(Problem::at(
                ProblemCode::MalformedHeader,
                "Idempotency-Key",
                "value",
                message,
            )));
        }
        let route = format!("{} {}", request.method(), request.path());
        ready(Ok(Self {
            key: text.to_owned(),
            route,
        }))
    }
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
        let Some(value) = request.headers().get(header::IF_MATCH) else {
            let detail =
                "Send the ETag of what you read as If-Match, so that nobody's change is lost.";
            return ready(Err(Problem::new(ProblemCode::PreconditionRequired, detail)));
        };
        let version = value
            .to_str()
            .ok()
            .and_then(|text| text.trim().strip_prefix('"')?.strip_suffix('"'))
            .and_then(|text| text.parse().ok());
        ready(version.map(Self).ok_or_else(|| {
            Problem::at(
                ProblemCode::MalformedHeader,
                "If-Match",
                "value",
                "must be one ETag as this service gives it",
            )
        }))
    }
}

/// A strong ETag of a version.
pub fn etag(version: u64) -> String {
    format!("\"{version}\"")
}

/// Which page of a list.
#[derive(Debug)]
pub struct Page<Q> {
    /// Items on it.
    pub limit: usize,
    /// After which it begins.
    pub cursor: Option<String>,
    /// What else the query says.
    pub query: Q,
    kind: PhantomData<Q>,
}

/// Parameters of a list beside `limit` and `cursor`: for each name a value that was given.
pub trait ListQuery: Default + 'static {
    /// Takes one parameter; `false` if the list has none of this name, a problem if its value is wrong.
    fn take(&mut self, name: &str, value: &str) -> Result<bool, Problem>;
}

impl ListQuery for () {
    fn take(&mut self, _: &str, _: &str) -> Result<bool, Problem> {
        Ok(false)
    }
}

/// The parameters of a query string, each at most once, without control characters.
pub fn query_pairs(request: &HttpRequest) -> Result<Vec<(String, String)>, Problem> {
    let malformed = || {
        Problem::new(
            ProblemCode::MalformedQuery,
            "The query is not of the form name=value&name=value.",
        )
    };
    let pairs = actix_web::web::Query::<Vec<(String, String)>>::from_query(request.query_string())
        .map_err(|_| malformed())?;
    let pairs = pairs.into_inner();
    for (at, (name, value)) in pairs.iter().enumerate() {
        if !name.chars().chain(value.chars()).all(text::allowed) {
            return Err(Problem::at(
                ProblemCode::MalformedQuery,
                printable(name),
                "value",
                "has control characters in it",
            ));
        }
        if pairs[..at].iter().any(|(other, _)| other == name) {
            return Err(Problem::at(
                ProblemCode::MalformedQuery,
                printable(name),
                "repeated",
                "stands there twice",
            ));
        }
    }
    Ok(pairs)
}

/// The problem of a parameter that a path does not take.
pub fn unknown_parameter(name: &str) -> Problem {
    Problem::at(
        ProblemCode::MalformedQuery,
        printable(name),
        "unknown_field",
        "There is no such parameter here.",
    )
}

impl<Q: ListQuery> FromRequest for Page<Q> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(page(request))
    }
}

fn page<Q: ListQuery>(request: &HttpRequest) -> Result<Page<Q>, Problem> {
    let mut page = Page {
        limit: PAGE_DEFAULT,
        cursor: None,
        query: Q::default(),
        kind: PhantomData,
    };
    for (name, value) in query_pairs(request)? {
        match name.as_str() {
            "limit" => {
                page.limit = value
                    .parse()
                    .ok()
                    .filter(|limit| (1..=PAGE_MAX).contains(limit))
                    .ok_or_else(|| {
                        let message = format!("must be a number from 1 to {PAGE_MAX}");
                        Problem::at(
                            ProblemCode::MalformedQuery,
                            "limit",
                            "out_of_range",
                            message,
                        )
                    })?;
            }
            "cursor" => page.cursor = Some(value),
            other => {
                if !page.query.take(other, &value)? {
                    return Err(unknown_parameter(other));
                }
            }
        }
    }
    Ok(page)
}

/// A parameter that holds an identifier.
pub fn id_parameter<K: Kind>(name: &'static str, value: &str) -> Result<Id<K>, Problem> {
    value.parse().map_err(|error: crate::domain::ids::NotAnId| {
        Problem::at(
            ProblemCode::MalformedQuery,
            name,
            "value",
            error.to_string(),
        )
    })
}
