//! Idempotency-Key and If-Match: what is done once, and what is done only to the thing that was read.

use reqwest::Method;
use serde_json::{Value, json};

use super::routes::{Body, Side, nobody, rows};
use crate::support::World;
use crate::support::actors::{Api, Said, new_key};
use crate::support::world::text;

fn worker(name: &str) -> Value {
    json!({ "family_name": name, "given_names": "Lotte" })
}

async fn side(world: &World) -> Side {
    let network = world.admin().await;
    Side::of(
        world,
        &network.administrator_of(world, &network.member).await,
    )
    .await
}

async fn count(api: &Api) -> usize {
    let page = api.get("/v1/workers?limit=200").await.ok();
    page["items"].as_array().expect("items").len()
}

/// POSTs that create nothing, or whose second time changes nothing.
const WITHOUT_KEY: [&str; 8] = [
    "POST /v1/gate-checks",
    "POST /v1/gate-checks:batch",
    "POST /v1/clients/{id}/revocations",
    "POST /v1/workers:search",
    "POST /v1/engagements:lapse-impact",
    "POST /v1/engagements/{id}/end",
    "POST /oauth/token",
    "POST /v1/imports/{id}/apply",
];

pub async fn a_key_is_needed_and_must_be_one(world: World) {
    let side = side(&world).await;
    let long = "k".repeat(65);
    for row in rows() {
        if row.method != Method::POST || WITHOUT_KEY.contains(&row.name().as_str()) {
            continue;
        }
        let body = match row.body {
            Body::Json(body) => body(&side, nobody(row.thing)).to_string(),
            _ => String::new(),
        };
        let api = row.by(&side, &side.networks[0]);
        let send = async |key: Option<&str>| {
            let mut headers = vec![("content-type", "application/json")];
            headers.extend(key.map(|key| ("idempotency-key", key)));
            let path = row.at(nobody(row.thing));
            api.send(Method::POST, &path, &headers, body.clone().into())
                .await
        };
        send(None).await.refused("idempotency_key_missing");
        for wrong in ["", " ", "two words", "\"half", "a,b", "a/b", "\"\"", &long] {
            let problem = send(Some(wrong)).await.refused("malformed_header");
            assert_eq!(problem["errors"][0]["pointer"], "Idempotency-Key");
        }
    }
    let quoted = side
        .hr
        .api
        .post_keyed("/v1/workers", &worker("Maes"), "\"quoted-1\"")
        .await;
    let bare = side
        .hr
        .api
        .post_keyed("/v1/workers", &worker("Maes"), "quoted-1")
        .await;
    assert_eq!(
        quoted.created(),
        bare.created(),
        "quotes are not part of the key"
    );
    let length = "k".repeat(64);
    side.hr
        .api
        .post_keyed("/v1/workers", &worker("Maes"), &length)
        .await
        .created();
}

fn replayed(said: &Said) -> bool {
    said.headers
        .get("idempotency-replayed")
        .is_some_and(|value| value == "true")
}

pub async fn a_repeated_request_gets_the_first_answer(mut world: World) {
    let side = side(&world).await;
    let hr = &side.hr.api;
    let first = hr.post_keyed("/v1/workers", &worker("Maes"), "k-1").await;
    let second = hr.post_keyed("/v1/workers", &worker("Maes"), "k-1").await;
    assert!(!replayed(&first) && replayed(&second));
    for header in ["location", "etag", "content-type"] {
        assert_eq!(first.headers[header], second.headers[header], "{header}");
    }
    let first = first.created();
    assert_eq!(first, second.created());

    // The secret of a new client is shown once; the same request gets it again, as its answer may have been lost.
    let client = json!({ "member": side.member, "name": "Poort 1", "role": "gate" });
    let one = side
        .admin
        .post_keyed("/v1/clients", &client, "k-1")
        .await
        .created();
    let again = side
        .admin
        .post_keyed("/v1/clients", &client, "k-1")
        .await
        .created();
    assert_eq!(
        (text(&one, "secret"), &one["id"]),
        (text(&again, "secret"), &again["id"])
    );

    // Each caller has keys of their own, and so has each route.
    let admin = crate::support::actors::Admin {
        api: side.admin.clone(),
        member: side.member.clone(),
    };
    let colleague = admin.client(&world, &side.member, "hr_officer").await;
    let theirs = colleague
        .post_keyed("/v1/workers", &worker("Maes"), "k-1")
        .await;
    assert!(!replayed(&theirs));
    assert_ne!(theirs.created()["id"], first["id"]);
    let path = format!("/v1/workers/{}/engagements", side.worker);
    let elsewhere = hr
        .post_keyed(&path, &json!({ "employer": "Stuwadoor Noord" }), "k-1")
        .await;
    assert!(!replayed(&elsewhere));
    elsewhere.created();

    // It outlives the process, and is forgotten after a day and not before.
    world.restart();
    let hr = hr.at(world.node.address);
    let said = hr.post_keyed("/v1/workers", &worker("Maes"), "k-1").await;
    assert!(replayed(&said));
    assert_eq!(said.created(), first);
}

pub async fn a_key_used_for_another_request_is_refused(world: World) {
    let side = side(&world).await;
    let hr = &side.hr.api;
    hr.post_keyed("/v1/workers", &worker("Maes"), "k-1")
        .await
        .created();
    let before = count(hr).await;
    for other in [
        worker("Maas"),
        json!({ "family_name": "Maes", "given_names": "Lotte", "birth_date": "1990-05-17" }),
    ] {
        let problem = hr.post_keyed("/v1/workers", &other, "k-1").await;
        problem.refused("idempotency_key_reused");
    }
    assert_eq!(count(hr).await, before);
}

pub async fn a_refused_request_does_not_use_up_its_key(world: World) {
    let side = side(&world).await;
    let hr = &side.hr.api;
    hr.post_keyed("/v1/workers", &json!({}), "k-1")
        .await
        .refused("invalid");
    let path = format!(
        "/v1/workers/{}/engagements",
        nobody(super::routes::Thing::Worker)
    );
    hr.post_keyed(&path, &json!({ "employer": "A" }), "k-2")
        .await
        .refused("not_found");
    let said = hr.post_keyed("/v1/workers", &worker("Maes"), "k-1").await;
    assert!(!replayed(&said));
    said.created();
}

pub async fn twenty_at_once_with_one_key_have_one_effect(world: World) {
    let side = side(&world).await;
    let hr = &side.hr.api;
    let before = count(hr).await;
    let body = worker("Maes");
    let asked = (0..20).map(|_| hr.post_keyed("/v1/workers", &body, "k-1"));
    let said = futures_util::future::join_all(asked).await;
    let first_hand = said.iter().filter(|said| !replayed(said)).count();
    assert_eq!(first_hand, 1, "one is done, nineteen are told of it");
    let answers: Vec<Value> = said.into_iter().map(Said::created).collect();
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    assert_eq!(count(hr).await, before + 1);

    // The same with a card, of which there can be only one, and with twenty keys: one is done, nineteen are refused.
    let card = json!({ "card_system": side.hr.card_system, "format": "number", "value": "27182" });
    let badges = json!([{ "medium": "card", "cards": [card] }]);
    let body =
        json!({ "worker": side.worker, "valid_until": "2027-01-01T00:00:00Z", "badges": badges });
    let asked = (0..20).map(|_| hr.post("/v1/credentials", &body));
    let said = futures_util::future::join_all(asked).await;
    let (done, refused): (Vec<Said>, Vec<Said>) =
        said.into_iter().partition(|said| said.status == 201);
    assert_eq!((done.len(), refused.len()), (1, 19));
    for said in refused {
        said.refused("card_in_use");
    }
}

pub async fn a_change_rests_on_the_version_that_was_read(world: World) {
    let side = side(&world).await;
    for row in rows() {
        if row.method != Method::PUT {
            continue;
        }
        let api = row.by(&side, &side.networks[0]);
        let id = side.one(row.thing).await;
        let Body::Json(body) = row.body else {
            panic!("a PUT has a body");
        };
        let body = body(&side, &id).to_string();
        let path = row.at(&id);
        let send = async |if_match: &[&str]| {
            let mut headers = vec![("content-type", "application/json")];
            headers.extend(if_match.iter().map(|etag| ("if-match", *etag)));
            api.send(Method::PUT, &path, &headers, body.clone().into())
                .await
        };
        let read = api.get(&path).await;
        let etag = read.etag();
        send(&[]).await.refused("precondition_required");
        let bare = etag.trim_matches('"').to_owned();
        for wrong in [
            "",
            "*",
            "\"\"",
            "\"x\"",
            "\"-1\"",
            &format!("\"+{bare}\""),
            &bare,
            &format!("W/{etag}"),
            &format!("{etag}, \"1\""),
            "\"99999999999999999999999999\"",
        ] {
            let problem = send(&[wrong]).await.refused("malformed_header");
            assert_eq!(problem["errors"][0]["pointer"], "If-Match", "{wrong}");
        }
        send(&[&etag, &etag]).await.refused("malformed_header");
        send(&["\"0\""]).await.refused("changed");
        send(&["\"18446744073709551615\""]).await.refused("changed");
        let changed = send(&[&etag]).await;
        let new = changed.etag();
        changed.ok();
        assert_ne!(new, etag, "{path}");
        assert_eq!(api.get(&path).await.etag(), new, "{path}");
        send(&[&etag]).await.refused("changed");

        // Of two at once from one version, one is done.
        let both = futures_util::future::join(send(&[&new]), send(&[&new])).await;
        let mut statuses = [both.0.status.as_u16(), both.1.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 412], "{path}");
    }
    // A key changes nothing about that: it is not asked for here.
    let path = format!("/v1/workers/{}", side.worker);
    let key = new_key();
    let headers = [
        ("content-type", "application/json"),
        ("idempotency-key", key.as_str()),
    ];
    let body = worker("Maes").to_string();
    let said = side
        .hr
        .api
        .send(Method::PUT, &path, &headers, body.into())
        .await;
    said.refused("precondition_required");
}
