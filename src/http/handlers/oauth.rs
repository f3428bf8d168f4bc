//! `POST /oauth/token`: a machine shows its secret and gets a token (RFC 6749 section 4.4). `GET /.well-known/jwks.json`.

use actix_web::http::header;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use base64::Engine;
use serde::{Deserialize, Serialize};

use crate::access::token::LIFETIME_MS;
use crate::domain::digest::hex;
use crate::domain::time::SECOND_MS;
use crate::http::extract::read_body;
use crate::http::limits::BODY_PATIENCE;
use crate::http::problem::{Problem, ProblemCode};
use crate::http::state::Shared;
use crate::service::{Error, clients};

use super::Answer;
use super::health::public;

/// Bytes of a token request.
const FORM_BYTES_MAX: usize = 4_096;

/// Asks for a token. Other parameters are passed over, as RFC 6749 section 3.2 demands.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct TokenForm {
    /// `client_credentials`.
    #[schema(max_length = 40, pattern = "^client_credentials$")]
    pub grant_type: String,
    /// The client; or in HTTP Basic.
    #[serde(default)]
    #[schema(max_length = 36)]
    pub client_id: Option<String>,
    /// Its secret; or in HTTP Basic.
    #[serde(default)]
    #[schema(max_length = 200)]
    pub client_secret: Option<String>,
}

/// The body of a token request, read in time.
pub struct Form(TokenForm);

impl FromRequest for Form {
    type Error = Problem;
    type Future = futures_util::future::LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut actix_web::dev::Payload) -> Self::Future {
        let request = request.clone();
        let mut payload = payload.take();
        let read = async move {
            let form = request
                .headers()
                .get(header::CONTENT_TYPE)
                .and_then(|value| value.to_str().ok())
                .is_some_and(|value| {
                    value.split(';').next().unwrap_or_default().trim()
                        == "application/x-www-form-urlencoded"
                });
            if !form {
                let detail = "Send the body as application/x-www-form-urlencoded.";
                return Err(Problem::new(ProblemCode::UnsupportedMediaType, detail));
            }
            let bytes = read_body(&request, &mut payload, FORM_BYTES_MAX, BODY_PATIENCE).await?;
            let malformed = || {
                Problem::new(
                    ProblemCode::MalformedBody,
                    "The body needs grant_type, client_id and client_secret, each once.",
                )
            };
            let text = std::str::from_utf8(&bytes).map_err(|_| malformed())?;
            let form =
                actix_web::web::Query::<TokenForm>::from_query(text).map_err(|_| malformed())?;
            Ok(Self(form.into_inner()))
        };
        Box::pin(async { read.await.map_err(Problem::in_oauth) })
    }
}

/// A token.
#[derive(Serialize, utoipa::ToSchema)]
pub struct TokenView {
    /// Send it as `Authorization: Bearer …`.
    #[schema(max_length = 2048)]
    pub access_token: String,
    /// `Bearer`.
    #[schema(max_length = 10)]
    pub token_type: &'static str,
    /// Seconds it is good for.
    pub expires_in: i64,
}

/// Gives a machine a token for its secret.
#[utoipa::path(post, operation_id = "get_token", path = "/oauth/token", tag = "Tokens", security(()),
    request_body(content = TokenForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "The token", body = TokenView)))]
pub async fn token(request: HttpRequest, shared: Data<Shared>, form: Form) -> Answer {
    let Form(form) = form;
    let refused = || {
        Problem::new(
            ProblemCode::InvalidClient,
            "The client or its secret is wrong, or the client is revoked.",
        )
        .in_oauth()
    };
    if form.grant_type != "client_credentials" {
        return Err(Problem::at(
            ProblemCode::UnsupportedGrantType,
            "grant_type",
            "value",
            "must be client_credentials",
        )
        .in_oauth());
    }
    let basic = request
        .headers()
        .get(header::AUTHORIZATION)
        .map(|value| value.to_str().ok().and_then(basic));
    let (id, secret) = match (basic, form.client_id, form.client_secret) {
        (None, Some(id), Some(secret)) => (id, secret),
        (Some(Some(pair)), None, None) => pair,
        // Both ways at once is forbidden (RFC 6749 section 2.3).
        _ => return Err(refused()),
    };
    let services = &shared.services;
    let caller =
        clients::authenticate(&services.index.places(), &id, &secret).ok_or_else(refused)?;
    let access_token = services
        .tokens
        .issue(caller.client, &*services.environment)
        .map_err(Error::internal)?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(TokenView {
            access_token,
            token_type: "Bearer",
            expires_in: LIFETIME_MS / SECOND_MS,
        }))
}

fn basic(value: &str) -> Option<(String, String)> {
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = base64::engine::general_purpose::STANDARD
        .decode(encoded.trim())
        .ok()?;
    let text = String::from_utf8(decoded).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some((id.to_owned(), secret.to_owned()))
}

/// The public keys that verify our tokens.
#[utoipa::path(get, operation_id = "get_keys", path = "/.well-known/jwks.json", tag = "Tokens", security(()),
    responses((status = 200, description = "A JWK set (RFC 7517)", body = Object), (status = 304, description = "As you know it")))]
pub async fn jwks(request: HttpRequest, shared: Data<Shared>) -> Answer {
    let keys = serde_json::to_vec(shared.services.tokens.jwks()).map_err(Error::internal)?;
    let tag = format!("\"{}\"", hex(&blake3::hash(&keys).as_bytes()[..16]));
    Ok(public(&request, &tag, &keys))
}
