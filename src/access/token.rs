//! Access tokens: ES256-signed JWTs of type `at+jwt` (RFC 9068), issued here and verified here, and nowhere else.
//!
//! Algorithm and key come from our own key list, never from the token's header (RFC 8725 section 3.1); header fields that
//! would bring a key or a critical extension are refused. Time is checked by our own clock, not by the library's.

use std::collections::HashMap;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

use crate::domain::digest::hex;
use crate::domain::ids::ClientId;
use crate::domain::time::{Environment, MINUTE_MS, SECOND_MS, Timestamp};

/// How long a token is good.
pub const LIFETIME_MS: i64 = 10 * MINUTE_MS;
/// How far two clocks may differ.
pub const LEEWAY_MS: i64 = 30 * SECOND_MS;
/// A longer token is not looked at.
pub const TOKEN_BYTES_MAX: usize = 2_048;
const TYPE: &str = "at+jwt";

/// What a token says, as we write it.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: String,
    client_id: String,
    iat: i64,
    exp: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nbf: Option<i64>,
    jti: String,
}

/// A token that was verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// Whose it is.
    pub client: ClientId,
    /// Good until, exclusive, without leeway.
    pub expires: Timestamp,
}

/// A token that is not to be believed. One case for every cause: a caller learns nothing from the difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the access token is not valid")]
pub struct Invalid;

/// One key of ours.
pub struct SigningKey {
    kid: String,
    encoding: EncodingKey,
    decoding: DecodingKey,
    x: Vec<u8>,
    y: Vec<u8>,
}

/// A key that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signing key cannot be read")]
pub struct BadKey;

impl SigningKey {
    /// A new P-256 key as PKCS#8, for keeping sealed.
    pub fn generate() -> Result<Vec<u8>, BadKey> {
        use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(|_| BadKey)?;
        Ok(pair.to_pkcs8v1().map_err(|_| BadKey)?.as_ref().to_vec())
    }

    /// Reads back a key that was made by [`generate`](Self::generate).
    pub fn from_pkcs8(kid: String, pkcs8: &[u8]) -> Result<Self, BadKey> {
        use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8)
            .map_err(|_| BadKey)?;
        // SEC 1 section 2.3.3: 0x04 and both coordinates.
        let (x, y) = match pair.public_key().as_ref() {
            [4, point @ ..] if point.len() == 64 => (point[..32].to_vec(), point[32..].to_vec()),
            _ => return Err(BadKey),
        };
        let decoding =
            DecodingKey::from_ec_components(&base64url(&x), &base64url(&y)).map_err(|_| BadKey)?;
        Ok(Self {
            kid,
            encoding: EncodingKey::from_ec_der(pkcs8),
            decoding,
            x,
            y,
        })
    }

    /// A name for a new key.
    pub fn new_kid(environment: &dyn Environment) -> String {
        let mut random = [0; 8];
        environment.fill_random(&mut random);
        hex(&random)
    }
}

/// Issues tokens and verifies them.
pub struct Tokens {
    issuer: String,
    signing: SigningKey,
    /// By kid: the signing key and those it followed.
    verifying: HashMap<String, DecodingKey>,
    validation: Validation,
    jwks: serde_json::Value,
}

impl Tokens {
    /// With these keys, oldest first; the newest signs.
    pub fn new(issuer: &str, mut keys: Vec<SigningKey>) -> Result<Self, BadKey> {
        let mut validation = Validation::new(Algorithm::ES256);
        validation.set_issuer(&[issuer]);
        validation.set_audience(&[issuer]);
        validation.set_required_spec_claims(&["iss", "sub", "aud", "exp"]);
        // Checked below by our own clock.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        let jwks = serde_json::json!({ "keys": keys.iter().map(|key| serde_json::json!({
            "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": key.kid,
            "x": base64url(&key.x), "y": base64url(&key.y),
        })).collect::<Vec<_>>() });
        let verifying = keys
            .iter()
            .map(|key| (key.kid.clone(), key.decoding.clone()))
            .collect();
        let signing = keys.pop().ok_or(BadKey)?;
        Ok(Self {
            issuer: issuer.to_owned(),
            signing,
            verifying,
            validation,
            jwks,
        })
    }

    /// Our public keys as a JWK set (RFC 7517).
    pub fn jwks(&self) -> &serde_json::Value {
        &self.jwks
    }

    /// A token for a client, good for [`LIFETIME_MS`].
    pub fn issue(&self, client: ClientId, environment: &dyn Environment) -> Result<String, BadKey> {
        let now = environment.now();
        let mut jti = [0; 16];
        environment.fill_random(&mut jti);
        let claims = Claims {
            iss: self.issuer.clone(),
            sub: client.to_string(),
            aud: self.issuer.clone(),
            client_id: client.to_string(),
            iat: now.as_seconds(),
            exp: now.plus_ms(LIFETIME_MS).as_seconds(),
            nbf: None,
            jti: hex(&jti),
        };
        let mut header = Header::new(Algorithm::ES256);
        header.typ = Some(TYPE.into());
        header.kid = Some(self.signing.kid.clone());
        jsonwebtoken::encode(&header, &claims, &self.signing.encoding).map_err(|_| BadKey)
    }

    /// Verifies a token. The caller still asks whether the client has been revoked since.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Verified, Invalid> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(Invalid);
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| Invalid)?;
        let brings_a_key = header.jku.is_some()
            || header.jwk.is_some()
            || header.x5u.is_some()
            || header.x5c.is_some();
        if header.alg != Algorithm::ES256
            || header.typ.as_deref() != Some(TYPE)
            || brings_a_key
            || header.crit.is_some()
        {
            return Err(Invalid);
        }
        let key = header
            .kid
            .as_deref()
            .and_then(|kid| self.verifying.get(kid))
            .ok_or(Invalid)?;
        let claims = jsonwebtoken::decode::<Claims>(token, key, &self.validation)
            .map_err(|_| Invalid)?
            .claims;
        let client: ClientId = claims.sub.parse().map_err(|_| Invalid)?;
        let moment = |seconds: i64| {
            seconds
                .checked_mul(SECOND_MS)
                .map(Timestamp::from_ms)
                .ok_or(Invalid)
        };
        let (expires, issued) = (moment(claims.exp)?, moment(claims.iat)?);
        let not_before = claims.nbf.map_or(Ok(issued), moment)?;
        let soon = now.plus_ms(LEEWAY_MS);
        let in_time = now < expires.plus_ms(LEEWAY_MS) && issued <= soon && not_before <= soon;
        // We issue none that lives longer, so a longer one is not of our making, whatever its signature says.
        let short_lived = expires <= issued.plus_ms(LIFETIME_MS);
        if !in_time || !short_lived || claims.client_id != claims.sub {
            return Err(Invalid);
        }
        Ok(Verified { client, expires })
    }
}

fn base64url(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}
