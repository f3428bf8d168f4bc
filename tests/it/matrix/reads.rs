//! Every route that can show who somebody is, each with what its look-ups are noted as. Whatever else the server has is sent a
//! good request too, and shows nothing of anybody. So a route that begins to tell a name without being here fails, and so
//! does one that is here and is not noted or not limited.

use std::collections::BTreeSet;
use std::num::NonZeroU32;

use actix_web::web::Data;
use portcullis::domain::lookup::What;
use portcullis::domain::time::{Environment, Timestamp};
use portcullis::http::state::{Quotas, Shared};
use portcullis::metrics::Metrics;
use portcullis::store::lookups;
use serde_json::{Value, json};

use super::Server;
use super::routes::{Body, Row, Side, Thing, rows};
use crate::support::World;
use crate::support::actors::Api;

/// What shows somebody, and how it is noted.
const SHOWN: [(&str, What); 7] = [
    ("GET /v1/workers", What::Workers),
    ("POST /v1/workers:search", What::Search),
    ("GET /v1/workers/{id}", What::Worker),
    ("GET /v1/workers/{id}/engagements", What::Engagements),
    ("GET /v1/workers/{id}/export", What::Export),
    ("GET /v1/workers/{id}/export/page", What::Export),
    ("GET /v1/match-cases/{id}", What::MatchCase),
];

/// What answers the caller's own words and nothing else of anybody.
const ECHOED: [&str; 3] = [
    "POST /v1/workers",
    "PUT /v1/workers/{id}",
    "POST /v1/workers/{id}/engagements",
];

/// Everything that is known of anybody at this member: names, dates of birth, numbers of documents, employers, staff numbers.
async fn details(side: &Side) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut note = |value: &Value| {
        if let Some(text) = value.as_str() {
            found.insert(text.to_owned());
        }
    };
    let mut path = String::from("/v1/workers?limit=200");
    loop {
        let page = side.hr.api.get(&path).await.ok();
        for worker in page["items"].as_array().expect("items") {
            for field in ["family_name", "given_names", "birth_date"] {
                note(&worker[field]);
            }
            for document in worker["documents"].as_array().into_iter().flatten() {
                note(&document["number"]);
            }
        }
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        path = format!("/v1/workers?limit=200&cursor={cursor}");
    }
    let engagements = format!("/v1/workers/{}/engagements?limit=200", side.worker);
    let page = side.hr.api.get(&engagements).await.ok();
    for engagement in page["items"].as_array().expect("items") {
        note(&engagement["employer"]);
        note(&engagement["staff_number"]);
    }
    found
}

/// Those of them that stand in this text, as a value in JSON or in a page.
fn told(details: &BTreeSet<String>, text: &str) -> BTreeSet<String> {
    let stands = |detail: &&String| {
        text.contains(&format!("\"{detail}\"")) || text.contains(&format!(">{detail}<"))
    };
    details.iter().filter(stands).cloned().collect()
}

/// Who sends a route's request, with the number of the client.
fn by<'a>(row: &Row, side: &'a Side, network: &'a Api) -> (&'a Api, String) {
    let api = row.by(side, network);
    let client = api.client.as_ref().map(|(client, _)| client.clone());
    (api, client.unwrap_or_default())
}

pub async fn whoever_is_shown_is_noted_and_nobody_else_is_shown(mut world: World) {
    let network = world.admin().await;
    let side = Side::of(
        &world,
        &network.administrator_of(&world, &network.member).await,
    )
    .await;
    // Somebody of whom everything is known.
    let person = json!({
        "family_name": "Kanariepieters", "given_names": "Zilvervogel", "birth_date": "1931-07-19",
        "documents": [{ "kind": "passport", "country": "BEL", "number": "QX9407713K" }],
    });
    let path = format!("/v1/workers/{}", side.worker);
    let etag = side.hr.api.get(&path).await.etag();
    side.hr.api.put(&path, &etag, &person).await.ok();
    let engagement = json!({ "employer": "Stuwadoor Goudvink", "staff_number": "SN-770-Kneu" });
    let engagements = format!("{path}/engagements");
    side.hr.api.post(&engagements, &engagement).await.created();

    let mut sent: Vec<(String, Timestamp, String, BTreeSet<String>)> = Vec::new();
    for row in rows().iter().filter(|row| row.path.starts_with("/v1/")) {
        let id = side.one(row.thing).await;
        let etag = side.etag(row, &id).await;
        let (api, client) = by(row, &side, &side.networks[0]);
        let mut known = details(&side).await;
        // Only the request is sent at this moment.
        world.clock.advance(10);
        let at = world.clock.now();
        let said = row.send(api, &side, &id, &etag).await;
        world.clock.advance(10);
        let name = row.name();
        assert!(said.status.as_u16() < 300, "{name}: {said:?}");
        known.extend(details(&side).await);
        let mut told = told(&known, &said.text);
        if ECHOED.contains(&&*name) {
            // What it answers is what somebody of this side has just said: all of it is of one person, and the newest.
            assert!(!told.is_empty(), "{name} answers what was said");
            assert!(
                !told.contains("Kanariepieters") && !told.contains("Stuwadoor Goudvink"),
                "{name} tells more: {told:?}"
            );
            told.clear();
        }
        sent.push((name, at, client, told));
        if row.thing == Thing::Worker && matches!(row.body, Body::Json(_)) && row.method == "PUT" {
            // As it was.
            let etag = side.hr.api.get(&path).await.etag();
            side.hr.api.put(&path, &etag, &person).await.ok();
        }
    }
    // What waits behind the answers is written when the node stops.
    world.restart();
    let member = side.member.parse().expect("an identifier");
    let noted = world
        .db_read(|reader| lookups::list(reader, member, None, 100_000).expect("it can be read"));
    let mut wrong = Vec::new();
    for (name, at, client, told) in &sent {
        let what = SHOWN.iter().find(|(route, _)| route == name);
        let what = what.map(|(_, what)| *what);
        if told.is_empty() == what.is_some() {
            wrong.push(format!("{name} tells {told:?}"));
        }
        let lines: Vec<What> = noted
            .iter()
            .filter(|line| line.at == *at && line.client.to_string() == *client)
            .map(|line| line.what)
            .collect();
        if lines != Vec::from_iter(what) {
            wrong.push(format!("{name} is noted as {lines:?}"));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    let named: BTreeSet<&str> = sent.iter().map(|(name, ..)| name.as_str()).collect();
    for (route, _) in SHOWN {
        assert!(named.contains(route), "there is no {route}");
    }
    for route in ECHOED {
        assert!(named.contains(route), "there is no {route}");
    }
}

/// A second server over the same node, at which everybody may look up once a minute.
pub async fn whatever_shows_somebody_is_limited(world: World) {
    let network = world.admin().await;
    let side = Side::of(
        &world,
        &network.administrator_of(&world, &network.member).await,
    )
    .await;
    let quotas = Quotas {
        gate: NonZeroU32::MAX,
        other: NonZeroU32::MAX,
        lookups_per_minute: NonZeroU32::MIN,
    };
    let services = world.node.shared.services.clone();
    let health = world.node.shared.health.clone();
    let metrics = Metrics::new().expect("metrics register");
    let server = Server::over(Data::new(Shared::new(services, health, metrics, quotas)));
    for row in rows() {
        let name = row.name();
        if !SHOWN.iter().any(|(route, _)| *route == name) {
            continue;
        }
        let id = side.one(row.thing).await;
        let (api, _) = by(&row, &side, &side.networks[0]);
        let api = api.at(server.address);
        let mut refused = false;
        for _ in 0..3 {
            let said = row.send(&api, &side, &id, "\"1\"").await;
            refused |= said.status == 429;
        }
        assert!(refused, "{name} is not limited");
    }
    // What shows nobody goes on.
    let api = side.hr.api.at(server.address);
    let page = api.get("/v1/credentials").await.ok();
    assert!(page["items"].is_array());
}
