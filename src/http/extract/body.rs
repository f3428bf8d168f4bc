//! Bodies: read within a limit and a time, parsed strictly, checked. What is wrong is said with its place, never its value.

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::web::{Bytes, BytesMut};
use actix_web::{FromRequest, HttpRequest};
use futures_util::StreamExt;
use futures_util::future::LocalBoxFuture;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use validator::{Validate, ValidationErrors, ValidationErrorsKind};

use super::page::no_query;
use super::printable;
use super::strict::Strict;
use crate::http::limits::{BODY_BYTES_MAX, BODY_PATIENCE};
use crate::http::problem::{Problem, ProblemCode};
use crate::service::error::FieldError;

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

/// Whether this Content-Type is that of JSON.
pub fn is_json(content_type: &[u8]) -> bool {
    content_type
        .split(|byte| *byte == b';')
        .next()
        .is_some_and(|kind| kind.trim_ascii().eq_ignore_ascii_case(b"application/json"))
}

/// A JSON body of at most `MAX` bytes: read in time, of the right type, without unknown fields, and valid.
pub struct ValidJson<T, const MAX: usize = BODY_BYTES_MAX> {
    /// The body.
    pub value: T,
    /// Its bytes, for the Idempotency-Key.
    pub(super) bytes: Bytes,
}

impl<T: DeserializeOwned + Validate, const MAX: usize> ValidJson<T, MAX> {
    async fn read(request: &HttpRequest, payload: &mut Payload) -> Result<Self, Problem> {
        let content_type = request.headers().get(header::CONTENT_TYPE);
        if !content_type.is_some_and(|value| is_json(value.as_bytes())) {
            return Err(Problem::new(
                ProblemCode::UnsupportedMediaType,
                "Send the body as application/json.",
            ));
        }
        no_query(request)?;
        let bytes = read_body(request, payload, MAX, BODY_PATIENCE).await?;
        let value = parse_json(&bytes)?;
        Ok(Self { value, bytes })
    }
}

impl<T: DeserializeOwned + Validate + 'static, const MAX: usize> FromRequest for ValidJson<T, MAX> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let mut payload = payload.take();
        Box::pin(async move { Self::read(&request, &mut payload).await })
    }
}

/// Nothing, or `{}`: the body of an act that needs none. Whoever sends more expects it to do something.
pub struct NoBody;

#[derive(Deserialize, Validate)]
#[serde(deny_unknown_fields)]
struct Nothing {}

impl NoBody {
    async fn read(request: &HttpRequest, payload: &mut Payload) -> Result<Self, Problem> {
        let bytes = read_body(request, payload, BODY_BYTES_MAX, BODY_PATIENCE).await?;
        if !bytes.is_empty() {
            parse_json::<Nothing>(&bytes)?;
        }
        Ok(Self)
    }
}

impl FromRequest for NoBody {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let mut payload = payload.take();
        Box::pin(async move { Self::read(&request, &mut payload).await })
    }
}

/// Parses and validates a body.
pub fn parse_json<T: DeserializeOwned + Validate>(bytes: &[u8]) -> Result<T, Problem> {
    // The common case pays nothing for finding out where an error is.
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = T::deserialize(Strict(&mut json))
        .and_then(|value| json.end().map(|()| value))
        .map_err(|_| explain_json::<T>(bytes))?;
    value
        .validate()
        .map_err(|errors| explain_validation(&errors))?;
    Ok(value)
}

/// Where the error is and what is wrong, without repeating what stands there.
fn explain_json<T: DeserializeOwned>(bytes: &[u8]) -> Problem {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        let detail = "There is no body, and one is needed here: send JSON.";
        return Problem::new(ProblemCode::MalformedBody, detail);
    }
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let error = match serde_path_to_error::deserialize::<_, T>(Strict(&mut deserializer)) {
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
            Segment::Map { key } => pointer.push_str(&format!("/{}", token(key))),
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
    let name = || token(sentence.split('`').nth(1).unwrap_or_default());
    // Some paths end with the field itself, some with what it stands in.
    let named = |pointer: String| {
        if pointer.ends_with(&format!("/{}", name())) {
            pointer
        } else {
            format!("{pointer}/{}", name())
        }
    };
    if sentence.starts_with("missing field") {
        (
            "missing",
            format!("{pointer}/{}", name()),
            "This field is needed.".into(),
        )
    } else if sentence.starts_with("unknown field") {
        (
            "unknown_field",
            named(pointer),
            "There is no such field here; check its spelling.".into(),
        )
    } else if sentence.starts_with("duplicate field") {
        (
            "repeated",
            named(pointer),
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
        // The last one: what stands before it is the value, which may hold these words itself.
        let expected = sentence
            .rsplit_once(", expected ")
            .map_or("something else", |(_, expected)| expected);
        ("type", pointer, format!("Expected {}.", plain(expected)))
    } else {
        // Our own types speak here, and they never quote.
        ("value", pointer, sentence.to_owned())
    }
}

/// What serde expects, in the words of JSON instead of those of Rust.
fn plain(expected: &str) -> &str {
    match expected {
        "u8" | "u16" | "u32" | "u64" => "a whole number, not below zero and not too large",
        "a sequence" => "an array",
        "a map" => "an object",
        "a boolean" => "true or false",
        rust if rust.starts_with("struct ") => "an object",
        words => words,
    }
}

/// A name as one reference token of a JSON Pointer (RFC 6901 section 3).
fn token(name: &str) -> String {
    printable(name).replace('~', "~0").replace('/', "~1")
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
                let (must, of) = match (&*fault.code, fault.params.get("value")) {
                    ("length", Some(serde_json::Value::Array(_))) => ("must have", " items"),
                    ("length", _) => ("must have", " characters"),
                    _ => ("must be", ""),
                };
                let message = match (&fault.message, bound("min"), bound("max")) {
                    (Some(message), ..) => message.to_string(),
                    (None, Some(min), Some(max)) => {
                        format!("{must} between {min} and {max}{of}")
                    }
                    (None, Some(min), None) => format!("{must} at least {min}{of}"),
                    (None, None, Some(max)) => format!("{must} at most {max}{of}"),
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
