//! Forged tokens. Each differs in one thing from a good one that is made by the same hand and let in, so that nothing is
//! refused for another reason than the one that is written beside it.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use portcullis::access::seal::Field;
use reqwest::Method;
use serde_json::{Value, json};

use super::raw;
use super::routes::Side;
use crate::support::actors::{Api, new_key};
use crate::support::{Database, World};

/// Who makes tokens: with our own key, which they got hold of, or with one of theirs.
struct Forger {
    kid: String,
    key: EncodingKey,
    /// What anybody can read in our JWK set.
    public_point: Vec<u8>,
    foreign: EncodingKey,
    now: i64,
    client: String,
}

impl Forger {
    fn of(world: &World, client: &str) -> Self {
        let key = world.db_read(|reader| {
            let keys = portcullis::store::signing_keys::all(reader).expect("keys can be read");
            keys.into_iter().next().expect("there is a key")
        });
        let subject = key.kid.as_bytes().try_into().expect("16 characters");
        let pkcs8 = world
            .keyring
            .open(Field::SigningKey, subject, &key.sealed)
            .expect("opens");
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &pkcs8);
        let foreign = portcullis::access::token::SigningKey::generate().expect("a key");
        use portcullis::domain::time::Environment;
        Self {
            kid: key.kid,
            key: EncodingKey::from_ec_der(&pkcs8),
            public_point: pair.expect("a key").public_key().as_ref().to_vec(),
            foreign: EncodingKey::from_ec_der(&foreign),
            now: world.clock.now().as_seconds(),
            client: client.to_owned(),
        }
    }

    fn header(&self) -> Header {
        let mut header = Header::new(Algorithm::ES256);
        header.typ = Some("at+jwt".into());
        header.kid = Some(self.kid.clone());
        header
    }

    fn claims(&self, changes: Value) -> Value {
        let mut claims = json!({
            "iss": "https://portcullis.test", "aud": "https://portcullis.test",
            "sub": self.client, "client_id": self.client,
            "iat": self.now, "exp": self.now + 600, "jti": "0123456789abcdef0123456789abcdef",
        });
        for (name, value) in changes.as_object().expect("changes") {
            if value.is_null() {
                claims.as_object_mut().expect("claims").remove(name);
            } else {
                claims[name] = value.clone();
            }
        }
        claims
    }

    /// Signed with our key, with these claims changed; null takes one away.
    fn with(&self, changes: Value) -> String {
        self.signed(&self.header(), changes, &self.key)
    }

    fn signed(&self, header: &Header, changes: Value, key: &EncodingKey) -> String {
        jsonwebtoken::encode(header, &self.claims(changes), key).expect("a token")
    }

    /// With this header, however odd, signed with our key over what stands there.
    fn with_header(&self, header: Value) -> String {
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", encode(&header), encode(&self.claims(json!({}))));
        let signature = jsonwebtoken::crypto::sign(signed.as_bytes(), &self.key, Algorithm::ES256);
        format!("{signed}.{}", signature.expect("a signature"))
    }

    /// Every forgery with what is wrong about it.
    fn forgeries(&self) -> Vec<(&'static str, String)> {
        let own = self.header();
        let header = |change: fn(&mut Header)| {
            let mut header = self.header();
            change(&mut header);
            self.signed(&header, json!({}), &self.key)
        };
        let odd = |more: Value| {
            let mut header = json!({ "alg": "ES256", "typ": "at+jwt", "kid": self.kid });
            let more = more.as_object().expect("fields").clone();
            header.as_object_mut().expect("a header").extend(more);
            self.with_header(header)
        };
        let good = self.with(json!({}));
        let parts: Vec<&str> = good.split('.').collect();
        let with_hmac = |secret: &[u8]| {
            let mut header = Header::new(Algorithm::HS256);
            (header.typ, header.kid) = (Some("at+jwt".into()), Some(self.kid.clone()));
            self.signed(&header, json!({}), &EncodingKey::from_secret(secret))
        };
        let none = json!({ "alg": "none", "typ": "at+jwt", "kid": self.kid }).to_string();
        let none = URL_SAFE_NO_PAD.encode(none);
        let claims_of_another = URL_SAFE_NO_PAD.encode(
            self.claims(json!({ "sub": "cli_0", "client_id": "cli_0" }))
                .to_string(),
        );
        let jwk = json!({ "kty": "EC", "crv": "P-256", "x": "AA", "y": "AA" });
        vec![
            (
                "alg none without a signature",
                format!("{none}.{}.", parts[1]),
            ),
            (
                "alg none with a signature",
                format!("{none}.{}.{}", parts[1], parts[2]),
            ),
            ("HS256 with our public point", with_hmac(&self.public_point)),
            ("HS256 with our kid", with_hmac(self.kid.as_bytes())),
            ("HS256 with nothing", with_hmac(b"")),
            (
                "a key of their own under our kid",
                self.signed(&own, json!({}), &self.foreign),
            ),
            (
                "an unknown kid",
                header(|header| header.kid = Some("0000000000000000".into())),
            ),
            ("no kid", header(|header| header.kid = None)),
            ("no typ", header(|header| header.typ = None)),
            ("typ JWT", header(|header| header.typ = Some("JWT".into()))),
            (
                "typ of a login",
                header(|header| header.typ = Some("id+jwt".into())),
            ),
            ("brings a key", odd(json!({ "jwk": jwk }))),
            (
                "says where a key is",
                odd(json!({ "jku": "https://keys.test/jwks.json" })),
            ),
            (
                "says where a certificate is",
                odd(json!({ "x5u": "https://keys.test/x.pem" })),
            ),
            ("brings a certificate", odd(json!({ "x5c": ["AA=="] }))),
            (
                "a critical extension",
                odd(json!({ "crit": ["exp"], "exp": self.now + 600 })),
            ),
            ("the alg of another curve", odd(json!({ "alg": "ES384" }))),
            (
                "expired",
                self.with(json!({ "iat": self.now - 700, "exp": self.now - 100 })),
            ),
            ("not yet", self.with(json!({ "nbf": self.now + 300 }))),
            (
                "from the future",
                self.with(json!({ "iat": self.now + 300, "exp": self.now + 600 })),
            ),
            (
                "for too long",
                self.with(json!({ "exp": self.now + 86_400 })),
            ),
            ("for ever", self.with(json!({ "exp": i64::MAX }))),
            ("exp before time", self.with(json!({ "exp": i64::MIN }))),
            ("exp as a text", self.with(json!({ "exp": "2099-01-01" }))),
            ("no exp", self.with(json!({ "exp": null }))),
            ("no iat", self.with(json!({ "iat": null }))),
            ("no aud", self.with(json!({ "aud": null }))),
            ("no iss", self.with(json!({ "iss": null }))),
            ("no sub", self.with(json!({ "sub": null }))),
            (
                "another aud",
                self.with(json!({ "aud": "https://elsewhere.test" })),
            ),
            (
                "another iss",
                self.with(json!({ "iss": "https://elsewhere.test" })),
            ),
            ("an unknown client", {
                let nobody = "cli_00000000000070008000000000000000";
                self.with(json!({ "sub": nobody, "client_id": nobody }))
            }),
            (
                "one client for another",
                self.with(json!({ "client_id": "cli_00000000000070008000000000000000" })),
            ),
            (
                "a subject that is none",
                self.with(json!({ "sub": "root", "client_id": "root" })),
            ),
            (
                "claims of another under a good signature",
                format!("{}.{claims_of_another}.{}", parts[0], parts[2]),
            ),
            ("half a signature", good[..good.len() - 43].to_owned()),
            ("no signature", format!("{}.{}.", parts[0], parts[1])),
            (
                "a signature of zeros",
                format!("{}.{}.{}", parts[0], parts[1], "A".repeat(86)),
            ),
            ("two parts", format!("{}.{}", parts[0], parts[1])),
            ("four parts", format!("{good}.AAAA")),
            ("five parts, as if encrypted", format!("{good}.AAAA.AAAA")),
            ("nothing but dots", "..".into()),
            ("not a token", "admin".into()),
            ("longer than any", format!("{good}{}", "A".repeat(4_000))),
        ]
    }
}

#[actix_web::test]
async fn forged_tokens_open_neither_a_gate_nor_a_record() {
    // Tokens are verified without the database, so one will do.
    let world = World::begin(Database::Sqlite).await;
    let network = world.admin().await;
    let side = Side::of(&world, &network).await;
    let check = json!({ "gate": side.gate, "card": { "format": "number", "value": "4711" } });
    let (gate, hr) = (client_of(&side.gate_api), client_of(&side.hr.api));
    let (gate, hr) = (Forger::of(&world, &gate), Forger::of(&world, &hr));

    let worker = json!({ "family_name": "Maes", "given_names": "Lotte" });
    let shown = |token: String| side.gate_api.showing(Some(token));
    // The control: the forger's hand is good enough.
    shown(gate.with(json!({})))
        .post("/v1/gate-checks", &check)
        .await
        .ok();
    shown(hr.with(json!({})))
        .post("/v1/workers", &worker)
        .await
        .created();
    let before = workers(&side).await;

    for (forger, path, body) in [
        (gate, "/v1/gate-checks", &check),
        (hr, "/v1/workers", &worker),
    ] {
        for (wrong, token) in forger.forgeries() {
            let said = shown(token).post(path, body).await;
            assert_eq!(said.status.as_u16(), 401, "{path}: {wrong}: {}", said.text);
            assert!(
                said.headers["www-authenticate"]
                    .to_str()
                    .unwrap()
                    .starts_with("Bearer")
            );
            said.refused("unauthorized");
        }
    }
    assert_eq!(workers(&side).await, before, "nothing was written");
}

#[actix_web::test]
async fn a_token_comes_once_and_in_its_header() {
    let world = World::begin(Database::Sqlite).await;
    let network = world.admin().await;
    let good = network.api.token.clone().expect("a token");
    let anonymous = Api::anonymous(world.node.address);
    let with = |value: &str| {
        let value = value.to_owned();
        let anonymous = anonymous.clone();
        async move {
            let headers = [("authorization", value.as_str())];
            anonymous
                .send(Method::GET, "/v1/members", &headers, Vec::new())
                .await
        }
    };
    with(&format!("Bearer {good}")).await.ok();
    // The scheme's name has no case (RFC 9110 section 11.1).
    with(&format!("bearer {good}")).await.ok();
    for wrong in [
        format!("Basic {good}"),
        format!("Token {good}"),
        good.clone(),
        format!("Bearer{good}"),
        format!("Bearer {good} {good}"),
        format!("Bearer {good},Bearer {good}"),
        "Bearer".into(),
        "Bearer ".into(),
        String::new(),
    ] {
        with(&wrong).await.refused("unauthorized");
    }
    for query in [format!("access_token={good}"), format!("token={good}")] {
        let said = anonymous.get(&format!("/v1/members?{query}")).await;
        said.refused("unauthorized");
    }
    // Whoever sends both ways gets neither: the parameter is unknown here.
    let said = network
        .api
        .get(&format!("/v1/members?access_token={good}"))
        .await;
    said.refused("malformed_query");
    let form = format!("access_token={good}");
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let said = anonymous
        .send(Method::POST, "/v1/members", &headers, form.into())
        .await;
    said.refused("unauthorized");

    let header = format!("Authorization: Bearer {good}\r\n");
    let request = |headers: &str| {
        format!("GET /v1/members HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{headers}\r\n")
    };
    let patience = std::time::Duration::from_secs(20);
    let once = raw(world.node.address, request(&header).as_bytes(), patience);
    assert!(once.starts_with("HTTP/1.1 200"), "{once}");
    let twice = request(&format!("{header}{header}"));
    let twice = raw(world.node.address, twice.as_bytes(), patience);
    assert!(twice.starts_with("HTTP/1.1 401"), "{twice}");
    let mixed = request(&format!("Authorization: Basic YTpi\r\n{header}"));
    let mixed = raw(world.node.address, mixed.as_bytes(), patience);
    assert!(mixed.starts_with("HTTP/1.1 401"), "{mixed}");
}

#[actix_web::test]
async fn a_token_ends_with_its_time_and_with_its_client() {
    let world = World::begin(Database::Sqlite).await;
    let network = world.admin().await;
    let side = Side::of(&world, &network).await;
    side.gate_api
        .get(&status_of_nobody())
        .await
        .refused("not_found");
    let path = format!("/v1/clients/{}/revocations", client_of(&side.gate_api));
    network.api.post(&path, &json!({})).await.ok();
    side.gate_api
        .get(&status_of_nobody())
        .await
        .refused("unauthorized");

    // 10 minutes, and 30 seconds for clocks that differ.
    world.clock.advance(10 * 60_000 + 29_000);
    side.hr.api.get("/v1/workers").await.ok();
    world.clock.advance(2_000);
    side.hr.api.get("/v1/workers").await.refused("unauthorized");
    let body = json!({ "family_name": "Maes", "given_names": "Lotte" });
    let said = side
        .hr
        .api
        .post_keyed("/v1/workers", &body, &new_key())
        .await;
    said.refused("unauthorized");
}

#[actix_web::test]
async fn of_two_administrators_who_revoke_each_other_only_the_first_does() {
    let world = World::begin(Database::Sqlite).await;
    let network = world.admin().await;
    for _ in 0..20 {
        let one = network
            .client(&world, &network.member, "network_admin")
            .await;
        let other = network
            .client(&world, &network.member, "network_admin")
            .await;
        let path = |api: &Api| format!("/v1/clients/{}/revocations", client_of(api));
        let (of_other, of_one) = (path(&other), path(&one));
        let nothing = json!({});
        let (first, second) =
            tokio::join!(one.post(&of_other, &nothing), other.post(&of_one, &nothing));
        let done = [&first, &second].map(|said| said.status.is_success());
        assert!(done[0] != done[1], "{} {}", first.text, second.text);
        let refused = if done[0] { second } else { first };
        // After the revocation was known at the door, or before it and while waiting there.
        assert!(
            [401, 403].contains(&refused.status.as_u16()),
            "{}",
            refused.text
        );
    }
}

fn status_of_nobody() -> String {
    "/v1/credentials/crd_00000000000070008000000000000000/status".into()
}

async fn workers(side: &Side) -> usize {
    let page = side.hr.api.get("/v1/workers").await.ok();
    page["items"].as_array().expect("items").len()
}

/// Whose token somebody holds.
fn client_of(api: &Api) -> String {
    let token = api.token.as_deref().expect("a token");
    let claims = token.split('.').nth(1).expect("claims");
    let claims = URL_SAFE_NO_PAD.decode(claims).expect("base64url");
    let claims: Value = serde_json::from_slice(&claims).expect("JSON");
    claims["sub"].as_str().expect("a subject").to_owned()
}
