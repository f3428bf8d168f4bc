//! Lists: pages, cursors, links, and filters.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use super::routes::{Side, Thing, rows};
use crate::support::World;
use crate::support::actors::{Api, Said};

/// A list that somebody may read, with at least three items for them.
struct List<'a> {
    path: String,
    api: &'a Api,
    /// A filter that this list takes, and that leaves three items.
    filter: Option<String>,
}

/// Every list of the server, each with something on it.
async fn lists<'a>(world: &World, network: &'a Api, side: &'a Side) -> Vec<List<'a>> {
    for at in [
        "members",
        "facilities",
        "zones",
        "card-systems",
        "gates",
        "clients",
        "people",
    ] {
        let path = format!("/v1/{at}");
        let row = rows()
            .into_iter()
            .find(|row| row.method == Method::POST && row.path == path);
        let row = row.expect("the list can be added to");
        for _ in 0..3 {
            let id = side.one(row.thing).await;
            let api = row.by(side, network);
            row.send(api, side, &id, "").await.created();
        }
    }
    let hr = &side.hr.api;
    for name in ["Maes", "Claes", "Wouters"] {
        side.hr.registers(name).await;
        side.hr.issues_to_worker(&side.worker).await;
        // What the filter leaves out.
        side.one(Thing::Credential).await;
        side.one(Thing::Engagement).await;
    }
    let check = json!({ "gate": side.gate, "card": { "format": "number", "value": "4711" } });
    for _ in 0..3 {
        let headers = [("content-type", "application/json")];
        let body = check.to_string();
        let said = side
            .gate_api
            .send(Method::POST, "/v1/gate-checks", &headers, body.into())
            .await;
        assert_eq!(said.ok()["decision"], "unknown");
    }
    // Sightings are written behind the answers.
    while page(hr, "/v1/sightings").await.0.len() < 3 {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    for function in ["cargo_access", "cargo_data", "unescorted_access"] {
        let body = json!({ "function": function, "consented_at": "2026-03-01T09:00:00Z" });
        let path = format!("/v1/workers/{}/screenings", side.worker);
        side.role("screening_officer")
            .post(&path, &body)
            .await
            .created();
    }
    for _ in 0..3 {
        hr.get(&format!("/v1/workers/{}", side.worker)).await.ok();
    }
    // Look-ups are written behind the answers, too.
    while page(side.role("auditor"), "/v1/lookups").await.0.len() < 3 {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    // One is decided: what the filter leaves out.
    for _ in 0..4 {
        side.one(Thing::MatchCase).await;
    }
    let decided = side.one(Thing::MatchCase).await;
    let decided = format!("/v1/match-cases/{decided}/rejections");
    let said = hr.post(&decided, &json!({})).await.is(202);
    side.hr.approver.grants(&said).await;
    for _ in 0..3 {
        side.one(Thing::Approval).await;
        side.one(Thing::Ban).await;
        side.one(Thing::Draft).await;
        side.one(Thing::Referral).await;
        side.one(Thing::Told).await;
        // What the filter leaves out.
        side.one(Thing::Contested).await;
    }
    for _ in 0..3 {
        side.one(Thing::BreakGlass).await;
    }
    for _ in 0..4 {
        side.one(Thing::Erasure).await;
    }
    let taken_back = side.one(Thing::Erasure).await;
    let taken_back = format!("/v1/erasures/{taken_back}/withdrawals");
    let registrar = side.role("registrar");
    registrar.post(&taken_back, &json!({})).await.created();
    // One that was granted.
    side.one(Thing::Refused).await;
    // Not a draft: what the filter leaves out.
    side.one(Thing::Pending).await;
    let _ = world;
    let of_member = Some(format!("member={}", side.member));
    let list = |path: &str, api, filter| List {
        path: path.to_owned(),
        api,
        filter,
    };
    let lists = vec![
        // The first: those that follow add to it.
        list("/v1/lookups", side.role("auditor"), None),
        list("/v1/members", network, None),
        list("/v1/facilities", network, of_member.clone()),
        list("/v1/zones", network, of_member.clone()),
        list("/v1/card-systems", network, of_member.clone()),
        list("/v1/gates", network, of_member.clone()),
        list("/v1/clients", network, of_member.clone()),
        list("/v1/people", network, of_member.clone()),
        list("/v1/workers", hr, None),
        list(
            &format!("/v1/workers/{}/engagements", side.worker),
            hr,
            None,
        ),
        list(
            "/v1/erasures",
            side.role("registrar"),
            Some(String::from("state=waiting")),
        ),
        list("/v1/exclusions", hr, Some(String::from("state=proposed"))),
        list("/v1/referrals", hr, Some(String::from("state=draft"))),
        list(
            "/v1/bans",
            side.role("register"),
            Some(String::from("state=standing")),
        ),
        list("/v1/work-items", hr, Some(String::from("kind=match_case"))),
        list("/v1/match-cases", hr, Some(String::from("state=open"))),
        list(
            &format!("/v1/workers/{}/screenings", side.worker),
            side.role("screening_officer"),
            None,
        ),
        list(
            "/v1/screenings",
            side.role("screening_officer"),
            Some(String::from("state=draft")),
        ),
        list(
            "/v1/credentials",
            hr,
            Some(format!("worker={}", side.worker)),
        ),
        list(
            "/v1/approvals",
            side.role("screening_approver"),
            Some(String::from("state=waiting")),
        ),
        list(
            "/v1/break-glass",
            side.role("duty_officer"),
            of_member.clone(),
        ),
        list("/v1/sightings", hr, None),
    ];
    let shown: BTreeSet<String> = lists
        .iter()
        .map(|list| list.path.replace(&side.worker, "{id}"))
        .collect();
    let (description, _) = portcullis::http::openapi::json();
    let description: Value = serde_json::from_str(description).expect("JSON");
    let described = description["paths"]
        .as_object()
        .expect("paths")
        .iter()
        .filter(|(_, item)| {
            let mut parameters = item["get"]["parameters"].as_array().into_iter().flatten();
            parameters.any(|parameter| parameter["name"] == "limit")
        });
    let described: BTreeSet<String> = described.map(|(path, _)| path.clone()).collect();
    assert_eq!(
        shown, described,
        "every list of the description is tried here"
    );
    lists
}

async fn page(api: &Api, path: &str) -> (Vec<Value>, Said) {
    let said = api.get(path).await;
    let items = said.clone().ok()["items"]
        .as_array()
        .expect("items")
        .clone();
    (items, said)
}

/// Where the link to the next page leads, resolved as RFC 3986 section 5.3 has it.
fn next(said: &Said, path: &str) -> Option<String> {
    let link = said.headers.get("link")?.to_str().expect("ASCII");
    let target = link.strip_prefix('<')?.strip_suffix(">; rel=\"next\"")?;
    assert!(target.starts_with('?'), "{link}");
    Some(format!("{path}{target}"))
}

pub async fn every_list_is_walked_whole_by_its_links(world: World) {
    let network = world.admin().await;
    let side = Side::of(
        &world,
        &network.administrator_of(&world, &network.member).await,
    )
    .await;
    // What another member has must not come in by a later page.
    Side::of(&world, &world.member("Haven B").await).await;
    for List { path, api, filter } in lists(&world, &side.networks[0], &side).await {
        for filter in [None, filter].into_iter().flatten().map(Some).chain([None]) {
            let query = filter
                .as_ref()
                .map(|filter| format!("&{filter}"))
                .unwrap_or_default();
            let (whole, said) = page(api, &format!("{path}?limit=200{query}")).await;
            assert!(
                whole.len() >= 3 && next(&said, &path).is_none(),
                "{path}{query}"
            );
            assert!(said.json()["next_cursor"].is_null());
            let mut walked = Vec::new();
            let mut at = Some(format!("{path}?limit=2{query}"));
            while let Some(here) = at {
                let (items, said) = page(api, &here).await;
                assert!(!items.is_empty() && items.len() <= 2, "{here}");
                walked.extend(items);
                at = next(&said, &path);
                let cursor = said.json()["next_cursor"].as_str().map(str::to_owned);
                let linked = at
                    .as_deref()
                    .and_then(|at| at.split("cursor=").nth(1)?.split('&').next());
                assert_eq!(
                    linked,
                    cursor.as_deref(),
                    "link and body lead to the same page"
                );
            }
            assert_eq!(walked, whole, "{path}{query}: each once, in one order");
        }
        for (wrong, code) in [
            ("limit=0", "malformed_query"),
            ("limit=201", "malformed_query"),
            ("limit=-1", "malformed_query"),
            ("limit=1e2", "malformed_query"),
            ("limit=99999999999999999999", "malformed_query"),
            ("limit=", "malformed_query"),
            ("limit=10&limit=10", "malformed_query"),
            ("sort=name", "malformed_query"),
            ("Limit=10", "malformed_query"),
            ("limit=10%00", "malformed_query"),
            ("name%0d%0aX-A: b=1", "malformed_query"),
            ("%E2%80%AElimit=1", "malformed_query"),
            ("cursor=", "bad_cursor"),
            ("cursor=%ff%fe", "bad_cursor"),
            (
                "cursor=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                "bad_cursor",
            ),
        ] {
            let said = api.get(&format!("{path}?{wrong}")).await;
            let mut problem = said.refused(code);
            // It is random, and may well hold five nines.
            problem["request_id"].take();
            assert!(
                !problem.to_string().contains("99999"),
                "the value is not repeated: {problem}"
            );
        }
        for limit in ["1", "200"] {
            page(api, &format!("{path}?limit={limit}")).await;
        }
    }
}

pub async fn a_cursor_serves_one_list_of_one_member(world: World) {
    let network = world.admin().await;
    let side = Side::of(
        &world,
        &network.administrator_of(&world, &network.member).await,
    )
    .await;
    let b = world.member("Haven B").await;
    let other = Side::of(&world, &b).await;
    let lists = lists(&world, &side.networks[0], &side).await;
    let mut cursors = Vec::new();
    for List { path, api, .. } in &lists {
        let (_, said) = page(api, &format!("{path}?limit=1")).await;
        let cursor = said.json()["next_cursor"]
            .as_str()
            .expect("there is a next page")
            .to_owned();
        // A cursor with a letter changed is none.
        let mut damaged = cursor.clone().into_bytes();
        damaged[3] = if damaged[3] == b'A' { b'B' } else { b'A' };
        let damaged = String::from_utf8(damaged).expect("ASCII");
        api.get(&format!("{path}?cursor={damaged}"))
            .await
            .refused("bad_cursor");
        cursors.push(cursor);
    }
    for (of, cursor) in cursors.iter().enumerate() {
        for (at, List { path, api, .. }) in lists.iter().enumerate() {
            let said = api.get(&format!("{path}?cursor={cursor}")).await;
            if of == at {
                said.ok();
            } else {
                said.refused("bad_cursor");
            }
        }
    }
    for (List { path, .. }, cursor) in lists.iter().zip(&cursors) {
        let api = if path.contains("lookups") || path.contains("erasures") {
            other.role("auditor")
        } else if path.contains("screenings") {
            other.role("screening_officer")
        } else if path.contains("bans") {
            other.role("register")
        } else if path.contains("break-glass") {
            other.role("duty_officer")
        } else if path.contains("approvals") {
            other.role("screening_approver")
        } else if path.contains("workers")
            || path.contains("match-cases")
            || path.contains("referrals")
            || path.contains("work-items")
            || path.contains("exclusions")
            || path.contains("credentials")
            || path.contains("sightings")
        {
            &other.hr.api
        } else {
            &other.admin
        };
        let said = api.get(&format!("{path}?cursor={cursor}")).await;
        said.refused("bad_cursor");
    }
    // A filter names another member's things: a list of nothing, not a refusal that says they are there.
    let path = format!("/v1/gates?member={}", side.member);
    assert!(page(&other.admin, &path).await.0.is_empty());
    let path = format!("/v1/credentials?worker={}", side.worker);
    assert!(page(&other.hr.api, &path).await.0.is_empty());
    let path = format!("/v1/clients?member={}", side.member);
    assert!(page(&other.admin, &path).await.0.is_empty());
    let drafts = page(side.role("screening_officer"), "/v1/screenings?state=draft")
        .await
        .0;
    let all = page(side.role("screening_officer"), "/v1/screenings")
        .await
        .0;
    assert!(!drafts.is_empty() && drafts.len() < all.len());
    assert!(drafts.iter().all(|screening| screening["state"] == "draft"));
    side.role("screening_officer")
        .get("/v1/screenings?state=good")
        .await
        .refused("malformed_query");
}
