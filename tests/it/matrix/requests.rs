//! What every route takes and what it refuses: bodies, their fields, queries. These tell of HTTP alone, so one database will
//! do.

use reqwest::Method;
use serde_json::{Value, json};

use super::conventions::Scene;
use super::routes::{Body, nobody, rows};
use crate::support::actors::new_key;

#[actix_web::test]
async fn what_takes_no_body_takes_none() {
    let scene = Scene::begin().await;
    let without = rows()
        .into_iter()
        .filter(|row| row.method == Method::POST && matches!(row.body, Body::None));
    let mut seen = 0;
    for row in without {
        for (wrong, code) in [
            (b"{bad".to_vec(), "malformed_body"),
            (b"{\"reason\":\"lost\"}".to_vec(), "invalid"),
            (b"[]".to_vec(), "invalid"),
            (vec![b' '; 64 * 1024 + 1], "too_large"),
        ] {
            let said = scene.send(&row, "application/json", wrong).await;
            said.refused(code);
        }
        seen += 1;
    }
    assert!(seen > 9, "there are such routes");
}

#[actix_web::test]
async fn a_body_is_json_of_its_type_within_its_limit() {
    let scene = Scene::begin().await;
    for row in rows() {
        let Some(good) = scene.body(&row).await else {
            continue;
        };
        let good = good.to_string();
        let json = "application/json";
        for wrong in [
            "",
            "text/plain",
            "application/x-www-form-urlencoded",
            "application/json+x",
            "json",
            "multipart/form-data; boundary=a",
        ] {
            let said = scene.send(&row, wrong, good.clone().into()).await;
            said.refused("unsupported_media_type");
        }
        for right in [
            "application/json",
            "Application/JSON",
            "application/json; charset=utf-8",
        ] {
            let said = scene.send(&row, right, good.clone().into()).await;
            assert_ne!(said.status, 415, "{}", row.name());
        }
        let max = if row.path.ends_with(":batch") {
            512 * 1024
        } else {
            64 * 1024
        };
        let padded = |length: usize| {
            let mut body = good.clone().into_bytes();
            body.resize(length, b' ');
            body
        };
        scene
            .send(&row, json, padded(max + 1))
            .await
            .refused("too_large");
        let said = scene.send(&row, json, padded(max)).await;
        assert_ne!(said.status, 413, "{}: as long as it may be", row.name());

        // Deeper than any stack; most of it is over the limit of the route, the batches are within it.
        let deep = [vec![b'['; 100_000], vec![b']'; 100_000]].concat();
        let deep_field = [&b"{\"checks\":"[..], &deep, b"}"].concat();
        for body in [
            deep,
            deep_field,
            vec![b'['; 60_000],
            b"{\"a\":".repeat(10_000),
        ] {
            let said = scene.send(&row, json, body).await;
            assert!(
                matches!(said.status.as_u16(), 400 | 413 | 422),
                "{}: {}",
                row.name(),
                said.text
            );
            let code = said.json()["code"].as_str().unwrap().to_owned();
            said.refused(&code);
        }
        for (wrong, code) in [
            (&b""[..], "malformed_body"),
            (b" ", "malformed_body"),
            (b"{", "malformed_body"),
            (b"{\"a\":1,}", "invalid"),
            (b"{'a':1}", "malformed_body"),
            (b"\xef\xbb\xbf{}", "malformed_body"),
            (b"\xff\xfe{\x00}\x00", "malformed_body"),
            (b"\x00", "malformed_body"),
            (b"\x1f\x8b\x08\x00\x00\x00\x00\x00", "malformed_body"),
            (b"NaN", "malformed_body"),
            (b"{} {}", "invalid"),
            (b"null", "invalid"),
            (b"[]", "invalid"),
            (b"[[]]", "invalid"),
            (b"\"text\"", "invalid"),
            (b"0", "invalid"),
            (b"1e999", "malformed_body"),
            (b"{}", "invalid"),
        ] {
            // These need no field by itself, so what stands after the first value is the first thing wrong.
            let code = match row.path {
                "/v1/workers:search" | "/v1/settings" if wrong == b"{} {}" => "malformed_body",
                _ => code,
            };
            let said = scene.send(&row, json, wrong.to_vec()).await;
            let text = said.text.clone();
            let problem = said.refused(code);
            let shown = String::from_utf8_lossy(wrong);
            assert!(
                !problem["detail"].as_str().unwrap().is_empty(),
                "{shown}: {text}"
            );
        }
        let trailing = format!("{good} x");
        scene
            .send(&row, json, trailing.into())
            .await
            .refused("malformed_body");
    }
    let said = {
        let headers = [
            ("content-type", "application/json"),
            ("content-encoding", "gzip"),
            ("idempotency-key", "k"),
        ];
        scene
            .side
            .hr
            .api
            .send(Method::POST, "/v1/workers", &headers, b"{}".to_vec())
            .await
    };
    said.refused("unsupported_media_type");
}

/// A place in a JSON value, and the same as a JSON Pointer.
fn places(value: &Value, pointer: String, into: &mut Vec<String>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| {
            let pointer = format!("{pointer}/{name}");
            into.push(pointer.clone());
            places(value, pointer, into);
        }),
        Value::Array(items) => items.iter().enumerate().for_each(|(at, value)| {
            let pointer = format!("{pointer}/{at}");
            into.push(pointer.clone());
            places(value, pointer, into);
        }),
        _ => {}
    }
}

#[actix_web::test]
async fn a_wrong_field_is_named_and_its_value_is_not_repeated() {
    const SECRET: &str = "Zwijgzaam, expected Zwijgzaam `Zwijgzaam` at line 3";
    let scene = Scene::begin().await;
    let mut tried = 0;
    for row in rows() {
        let Some(good) = scene.body(&row).await else {
            continue;
        };
        let mut all = Vec::new();
        places(&good, String::new(), &mut all);
        let send = async |body: String| {
            let said = scene.send(&row, "application/json", body.into()).await;
            assert!(
                !said.text.contains("Zwijgzaam"),
                "{}: {}",
                row.name(),
                said.text
            );
            said
        };
        let of_field = |problem: &Value, pointer: &str, why: &str| {
            let named = problem["errors"][0]["pointer"]
                .as_str()
                .unwrap_or_default()
                .to_owned();
            // The whole may be named where its part is wrong, and the part where the whole is, but nothing beside them.
            let fits =
                !named.is_empty() && (pointer.starts_with(&named) || named.starts_with(pointer));
            assert!(fits, "{}: {pointer} {why}: {problem}", row.name());
        };
        for pointer in &all {
            let (parent, name) = pointer.rsplit_once('/').unwrap();
            let wrong = [
                json!({ "a": SECRET }),
                json!([SECRET]),
                json!(true),
                json!(-1),
                json!(1.5),
                json!([[]]),
                json!(SECRET.repeat(50)),
                json!("\u{0}"),
                json!("a\u{0}b"),
                json!("a\u{1b}[31mb"),
                json!("a\u{202e}b"),
                json!("a\u{61c}b"),
                json!("a\u{2028}b"),
                json!(""),
                json!(" "),
            ];
            let is_bool = good.pointer(pointer).is_some_and(Value::is_boolean);
            for value in wrong {
                if is_bool && value.is_boolean() {
                    continue;
                }
                let mut body = good.clone();
                *body.pointer_mut(pointer).unwrap() = value.clone();
                let said = send(body.to_string()).await;
                if said.status == 200 && row.path == "/v1/gate-checks:batch" {
                    // One of many: the others are answered, and this one has its problem in its place.
                    let problem = said.json()["answers"][0]["problem"].clone();
                    of_field(&problem, pointer, "in a batch");
                } else if said.status.is_success() {
                    panic!("{}: {pointer} = {value}: {}", row.name(), said.text);
                } else if said.status == 422 {
                    of_field(&said.refused("invalid"), pointer, &value.to_string());
                } else {
                    // Where the thing itself is not there, that may be said first.
                    assert_eq!(
                        said.status,
                        404,
                        "{}: {pointer} = {value}: {}",
                        row.name(),
                        said.text
                    );
                }
                tried += 1;
            }
            let mut body = good.clone();
            if let Some(fields) = body.pointer_mut(parent).and_then(Value::as_object_mut) {
                // Another field beside each, at every depth.
                fields.insert("zzz~/a".into(), json!(SECRET));
                let problem = send(body.to_string()).await.refused("invalid");
                of_field(&problem, &format!("{parent}/zzz~0~1a"), "is unknown");
                assert_eq!(problem["errors"][0]["code"], "unknown_field");
                // The same field twice.
                let mut body = good.clone();
                let value = body.pointer(pointer).unwrap().to_string();
                let object = body.pointer(parent).unwrap().to_string();
                let twice = format!(
                    "{}, \"{name}\": {value}}}",
                    object.trim_end_matches('}').trim_end()
                );
                let twice = if object.ends_with("}}") {
                    continue;
                } else {
                    twice
                };
                *body.pointer_mut(parent).unwrap() = json!("REPLACE");
                let said = send(body.to_string().replace("\"REPLACE\"", &twice)).await;
                let problem = said.refused("invalid");
                assert_eq!(problem["errors"][0]["code"], "repeated", "{problem}");
                of_field(&problem, pointer, "twice");
            }
        }
        for number in [
            "1e400",
            "-1e400",
            "184467440737095516160",
            "0.1e-400",
            "1E5",
            &"9".repeat(5_000),
        ] {
            for pointer in &all {
                let mut body = good.clone();
                *body.pointer_mut(pointer).unwrap() = json!("REPLACE");
                let said = send(body.to_string().replace("\"REPLACE\"", number)).await;
                assert!(
                    matches!(said.status.as_u16(), 400 | 422),
                    "{}: {pointer} = {number}: {}",
                    row.name(),
                    said.text
                );
            }
        }
    }
    assert!(tried > 500, "{tried}");
}

#[actix_web::test]
async fn a_needed_field_that_is_missing_is_named() {
    let scene = Scene::begin().await;
    let needed = [
        ("POST /v1/workers", vec!["family_name", "given_names"]),
        ("POST /v1/members", vec!["name", "kind"]),
        (
            "POST /v1/facilities",
            vec!["member", "name", "kind", "locode"],
        ),
        ("POST /v1/zones", vec!["facility", "name"]),
        ("POST /v1/card-systems", vec!["member", "name"]),
        (
            "POST /v1/gates",
            vec!["facility", "name", "direction", "card_systems"],
        ),
        ("POST /v1/clients", vec!["member", "name", "role"]),
        (
            "POST /v1/credentials",
            vec!["worker", "valid_until", "badges"],
        ),
        (
            "POST /v1/workers/{id}/screenings",
            vec!["function", "consented_at"],
        ),
        (
            "POST /v1/screenings/{id}/outcomes",
            vec!["advice", "authority", "reference", "date"],
        ),
        ("POST /v1/people", vec!["member"]),
        ("POST /v1/approvals/{id}/grants", vec!["content"]),
        ("POST /v1/break-glass", vec!["reason", "reference"]),
        ("POST /v1/screenings/{id}/appeals", vec!["date"]),
        (
            "POST /v1/screenings/{id}/appeal-outcomes",
            vec!["decision", "authority", "reference", "date"],
        ),
        (
            "POST /v1/credentials/{id}/replacements",
            vec!["reason", "badges"],
        ),
        ("POST /v1/engagements:lapse", vec!["employer"]),
        ("POST /v1/credentials/{id}/revocations", vec!["reason"]),
        ("POST /v1/revocations:batch", vec!["credentials", "reason"]),
        ("POST /v1/gate-checks", vec!["gate"]),
        ("POST /v1/gate-checks:batch", vec!["checks"]),
    ];
    for (route, fields) in needed {
        let row = rows()
            .into_iter()
            .find(|row| row.name() == route)
            .expect("the route is there");
        for field in fields {
            let mut body = scene.body(&row).await.expect("it takes a body");
            body.as_object_mut().unwrap().remove(field);
            let said = scene
                .send(&row, "application/json", body.to_string().into())
                .await;
            let problem = said.refused("invalid");
            assert_eq!(
                problem["errors"][0]["pointer"],
                format!("/{field}"),
                "{route}"
            );
            assert_eq!(problem["errors"][0]["code"], "missing", "{route}");
        }
    }
}

#[actix_web::test]
async fn what_is_wrong_is_said_of_the_place_and_in_its_own_words() {
    let scene = Scene::begin().await;
    let (api, gate) = (&scene.side.gate_api, &scene.side.gate);
    let card = json!({ "format": "number", "value": "4711" });
    let credential = "crd_019cad7434c072a88219b3c66ae822d7";
    let first = async |path: &str, body: Value| {
        let said = api.post(path, &body).await;
        let problem = said.refused("invalid");
        let error = &problem["errors"][0];
        let text = |name: &str| error[name].as_str().expect("a text").to_owned();
        (text("pointer"), text("detail"))
    };
    let both = json!({ "gate": gate, "card": card, "credential": credential });
    assert_eq!(first("/v1/gate-checks", both).await.0, "/credential");
    let neither = json!({ "gate": gate });
    assert_eq!(first("/v1/gate-checks", neither.clone()).await.0, "/card");
    let (pointer, detail) = first("/v1/gate-checks:batch", json!({ "checks": [] })).await;
    assert_eq!(pointer, "/checks");
    assert_eq!(detail, "must have between 1 and 500 items");

    let headers = [
        ("content-type", "application/json"),
        ("idempotency-key", "k"),
    ];
    let hr = &scene.side.hr.api;
    let said = hr
        .send(Method::POST, "/v1/workers", &headers, Vec::new())
        .await;
    let problem = said.refused("malformed_body");
    assert_eq!(
        problem["detail"],
        "There is no body, and one is needed here: send JSON."
    );
}

#[actix_web::test]
async fn a_query_is_taken_only_where_there_is_one() {
    let scene = Scene::begin().await;
    for row in rows().iter().filter(|row| row.path.starts_with("/v1/")) {
        let path = row.at(nobody(row.thing));
        let body = scene
            .body(row)
            .await
            .map(|body| body.to_string())
            .unwrap_or_default();
        let key = new_key();
        let headers = [
            ("content-type", "application/json"),
            ("idempotency-key", key.as_str()),
            ("if-match", "\"0\""),
        ];
        let said = scene
            .who(row)
            .send(
                row.method.clone(),
                &format!("{path}?dry_run=true"),
                &headers,
                body.into(),
            )
            .await;
        let problem = said.refused("malformed_query");
        assert_eq!(problem["errors"][0]["pointer"], "dry_run", "{}", row.name());
    }
}
