//! What every route keeps to in its answers. These tell of HTTP alone, so one database will do.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use super::routes::{Body, Row, Side, Thing, nobody, of_the_server, rows};
use crate::support::actors::{Api, Said, new_key};
use crate::support::{Database, World};

pub(crate) struct Scene {
    pub(crate) world: World,
    pub(crate) network: Api,
    pub(crate) side: Side,
}

impl Scene {
    pub(crate) async fn begin() -> Self {
        let world = World::begin(Database::Sqlite).await;
        let network = world.admin().await;
        let side = Side::of(
            &world,
            &network.administrator_of(&world, &network.member).await,
        )
        .await;
        Self {
            network: side.networks[0].clone(),
            side,
            world,
        }
    }

    /// Somebody who may do this.
    pub(crate) fn who(&self, row: &Row) -> &Api {
        row.by(&self.side, &self.network)
    }

    /// What a route's path or body names: something that is there, but nothing that a request would end.
    pub(crate) async fn id(&self, row: &Row) -> String {
        match row.thing {
            Thing::Client
            | Thing::Engagement
            | Thing::Credential
            | Thing::Suspended
            | Thing::Revoked
            | Thing::Import => nobody(row.thing).to_owned(),
            thing if thing.is_screened() => nobody(thing).to_owned(),
            thing => self.side.one(thing).await,
        }
    }

    /// Sends a body to a route.
    pub(super) async fn send(&self, row: &Row, content_type: &str, body: Vec<u8>) -> Said {
        let key = new_key();
        let headers = [
            ("content-type", content_type),
            ("idempotency-key", key.as_str()),
            ("if-match", "\"0\""),
        ];
        let headers = if content_type.is_empty() {
            &headers[1..]
        } else {
            &headers[..]
        };
        let path = row.at(&self.id(row).await);
        self.who(row)
            .send(row.method.clone(), &path, headers, body)
            .await
    }

    pub(super) async fn body(&self, row: &Row) -> Option<Value> {
        match row.body {
            Body::Json(body) => Some(body(&self.side, &self.id(row).await)),
            Body::None | Body::Form(_) | Body::File(_) => None,
        }
    }
}

#[actix_web::test]
async fn what_is_not_there_says_so_and_which_methods_are() {
    let scene = Scene::begin().await;
    let nowhere = Api::anonymous(scene.world.node.address);
    for path in [
        "/v1",
        "/v1/",
        "/v2/workers",
        "/v1/workers/",
        "/v1//workers",
        "/V1/workers",
        "/v1/workers.json",
        "/v1/gate-checks:",
        "/v1/..%2f..%2fetc%2fpasswd",
        "/%00",
        "/docs/nothing.js",
        "/docs/areas/nothing",
        "/docs/types/nothing",
        "/assets/0/portcullis.css",
        "/problems/nothing",
        "/problems/%00",
        "/%ff",
        "/.env",
        "/metrics",
        "/v1/credentials/x/y/z",
    ] {
        for method in [Method::GET, Method::POST] {
            let said = nowhere.send(method, path, &[], Vec::new()).await;
            if said.status != 405 {
                said.refused("not_found");
            }
        }
    }
    let (json, _) = portcullis::http::openapi::json();
    assert!(json.len() > 10_000);
    let names = of_the_server();
    let paths: BTreeSet<&str> = names
        .iter()
        .map(|name| name.split_once(' ').unwrap().1)
        .collect();
    for path in paths {
        let row = rows()
            .into_iter()
            .find(|row| row.path == path)
            .expect("the row is there");
        let methods: BTreeSet<&str> = names
            .iter()
            .filter_map(|name| name.strip_suffix(path)?.strip_suffix(' '))
            .collect();
        let mut allow = methods.clone();
        if methods.contains("GET") {
            allow.insert("HEAD");
        }
        let allow = allow.into_iter().collect::<Vec<_>>().join(", ");
        for method in [
            "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW",
        ] {
            if allow.split(", ").any(|allowed| allowed == method) {
                continue;
            }
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let head = method == Method::HEAD;
            let said = nowhere
                .send(method, &row.at(nobody(row.thing)), &[], Vec::new())
                .await;
            assert_eq!(said.headers["allow"], allow.as_str(), "{path}");
            if head {
                assert_eq!((said.status.as_u16(), said.text.as_str()), (405, ""));
            } else {
                said.refused("method_not_allowed");
            }
        }
    }
}

#[actix_web::test]
async fn head_is_get_without_the_body() {
    let scene = Scene::begin().await;
    for row in rows().iter().filter(|row| row.method == Method::GET) {
        let path = row.at(&scene.side.one(row.thing).await);
        for api in [scene.who(row), &Api::anonymous(scene.world.node.address)] {
            let get = api.get(&path).await;
            let head = api.send(Method::HEAD, &path, &[], Vec::new()).await;
            assert_eq!(
                (get.status, ""),
                (head.status, head.text.as_str()),
                "{path}"
            );
            for header in [
                "content-type",
                "etag",
                "cache-control",
                "location",
                "www-authenticate",
            ] {
                assert_eq!(
                    get.headers.get(header),
                    head.headers.get(header),
                    "{path}: {header}"
                );
            }
            if path != "/readyz" {
                let length = |said: &Said| said.headers.get("content-length").cloned();
                assert_eq!(
                    length(&get).map(|_| ()),
                    length(&head).map(|_| ()),
                    "{path}"
                );
            }
        }
    }
}

#[actix_web::test]
async fn every_answer_carries_a_request_id_and_says_how_long_it_may_be_kept() {
    let scene = Scene::begin().await;
    let api = &scene.network;
    let id_of = async |headers: &[(&str, &str)]| {
        let said = api
            .send(Method::GET, "/v1/nothing", headers, Vec::new())
            .await;
        let problem = said.clone().refused("not_found");
        problem["request_id"].as_str().unwrap().to_owned()
    };
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    assert_eq!(id_of(&[("x-request-id", "Abc-1.2_3")]).await, "Abc-1.2_3");
    assert_eq!(
        id_of(&[("x-request-id", &"a".repeat(64))]).await,
        "a".repeat(64)
    );
    assert_eq!(
        id_of(&[("traceparent", trace)]).await,
        "4bf92f3577b34da6a3ce929d0e0e4736"
    );
    assert_eq!(
        id_of(&[("traceparent", trace), ("x-request-id", "mine")]).await,
        "mine"
    );
    let mut made = BTreeSet::new();
    for bad in [
        vec![],
        vec![("x-request-id", "")],
        vec![("x-request-id", "two words")],
        vec![("x-request-id", "a\"b")],
        vec![("x-request-id", "<script>")],
        vec![("x-request-id", "a{b}")],
        vec![(
            "traceparent",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        )],
        vec![(
            "traceparent",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        )],
        vec![("traceparent", "00-4bf92f35-00f067aa0ba902b7-01")],
        vec![("traceparent", "-")],
    ] {
        let id = id_of(&bad).await;
        assert!(
            id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit()),
            "{bad:?}: {id}"
        );
        assert!(made.insert(id), "a new one each time");
    }
    let long = "a".repeat(65);
    assert_eq!(id_of(&[("x-request-id", &long)]).await.len(), 32);

    for row in rows() {
        let id = scene.side.one(row.thing).await;
        let etag = scene.side.etag(&row, &id).await;
        let said = row.send(scene.who(&row), &scene.side, &id, &etag).await;
        assert!(
            said.status.is_success() || said.status == 308 || row.path == "/oauth/token",
            "{}: {}",
            row.name(),
            said.text
        );
        assert!(!said.headers["x-request-id"].is_empty());
        assert_eq!(said.headers["x-content-type-options"], "nosniff");
        let kept = match row.path {
            "/v1/credentials/{id}/status" => "private, no-cache",
            "/openapi.json" | "/.well-known/jwks.json" => "public, max-age=300",
            // The test's client follows from the one to the other.
            "/docs/try" | "/docs/try/{file:.*}" => "public, max-age=300",
            "/assets/{version}/{file}" => "public, max-age=31536000, immutable",
            _ => "no-store",
        };
        assert_eq!(said.headers["cache-control"], kept, "{}", row.name());
        let metered = row.path.starts_with("/v1/");
        for header in ["ratelimit", "ratelimit-policy"] {
            assert_eq!(
                said.headers.contains_key(header),
                metered,
                "{}: {header}",
                row.name()
            );
        }
        // A file that was brought in is not changed by a PUT, so it needs no version.
        if said.status == 201 && row.path != "/v1/imports" {
            assert!(said.headers.contains_key("etag"), "{}", row.name());
        }
    }
}

#[actix_web::test]
async fn what_is_known_already_is_not_sent_again() {
    let scene = Scene::begin().await;
    let credential = scene.side.one(Thing::Credential).await;
    let status = format!("/v1/credentials/{credential}/status");
    let gate = &scene.side.gate_api;
    for path in [&status, "/openapi.json", "/.well-known/jwks.json"] {
        let first = gate.get(path).await;
        let etag = first.etag();
        // An answer of the status also says how old the copy is, which the tag does not stand for.
        let strong = etag.trim_start_matches("W/");
        assert_eq!(etag == strong, path != status, "{etag}");
        assert!(strong.starts_with('"') && strong.ends_with('"'), "{etag}");
        let weak = format!("W/{strong}");
        let among = format!("\"x\", {etag} , \"y\"");
        for known in [etag.as_str(), strong, "*", &weak, &among] {
            let said = gate
                .send(Method::GET, path, &[("if-none-match", known)], Vec::new())
                .await;
            assert_eq!(
                (said.status.as_u16(), said.text.as_str()),
                (304, ""),
                "{path}: {known}"
            );
            for header in ["etag", "cache-control"] {
                assert_eq!(
                    said.headers[header], first.headers[header],
                    "RFC 9110 section 15.4.5"
                );
            }
        }
        for unknown in ["\"x\"", "", "x", strong.trim_matches('"')] {
            let said = gate
                .send(Method::GET, path, &[("if-none-match", unknown)], Vec::new())
                .await;
            said.ok();
        }
    }
    let etag = gate.get(&status).await.etag();
    let path = format!("/v1/credentials/{credential}/revocations");
    scene
        .side
        .hr
        .api
        .post(&path, &json!({ "reason": "lost" }))
        .await
        .created();
    let said = gate
        .send(
            Method::GET,
            &status,
            &[("if-none-match", &etag)],
            Vec::new(),
        )
        .await;
    assert_ne!(said.etag(), etag, "its standing is another one");
    assert_eq!(said.ok()["status"], "not_valid");
}

#[actix_web::test]
async fn the_page_of_the_description_needs_nothing_from_elsewhere() {
    let scene = Scene::begin().await;
    let anonymous = Api::anonymous(scene.world.node.address);
    let page = anonymous.get("/docs/try").await;
    assert_eq!(page.status, 200, "/docs/try leads to the page");
    assert!(
        page.headers["content-type"]
            .to_str()
            .unwrap()
            .starts_with("text/html")
    );
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(
        policy.contains("default-src 'none'") && policy.contains("script-src 'self';"),
        "{policy}"
    );
    let mut files = BTreeSet::new();
    for mark in ["src=\"", "href=\""] {
        for piece in page.text.split(mark).skip(1) {
            files.insert(piece.split('"').next().unwrap().to_owned());
        }
    }
    assert!(files.len() >= 4, "{files:?}");
    for file in files {
        assert!(!file.contains("//"), "{file} is from elsewhere");
        let said = anonymous
            .get(&format!("/docs/try/{}", file.trim_start_matches("./")))
            .await;
        assert_eq!(said.status, 200, "{file}");
        assert!(!said.text.is_empty());
    }
    // A script in the page itself would be stopped by the policy.
    assert!(!page.text.contains("<script>"), "{}", page.text);
    let start = anonymous.get("/docs/try/swagger-initializer.js").await;
    assert!(start.text.contains("/openapi.json"), "{}", start.text);
    assert!(!start.text.contains("://"), "{}", start.text);
}
