//! Every route × everybody who may come × whose it is, with the exact status: `golden/permissions.txt`. The most important
//! of it stands here a second time, by hand, so that a wrong golden text is not simply written anew.

use std::collections::{BTreeMap, BTreeSet};

use portcullis::domain::client::Role;
use portcullis::http::openapi;
use serde_json::{Value, json};

use super::golden;
use super::routes::{Side, Thing, nobody, of_the_server, rows};
use crate::support::World;
use crate::support::actors::{Api, Said};

/// Pages for people, which the description does not describe.
const NOT_DESCRIBED: [&str; 8] = [
    "GET /",
    "GET /accessibility",
    "GET /docs",
    "GET /docs/areas/{area}",
    "GET /docs/types/{name}",
    "GET /docs/try",
    "GET /docs/try/{file:.*}",
    "GET /assets/{version}/{file}",
];

/// What anybody may call.
const OPEN: [&str; 14] = [
    "POST /oauth/token",
    "GET /.well-known/jwks.json",
    "GET /livez",
    "GET /readyz",
    "GET /openapi.json",
    "GET /problems/{code}",
    "GET /",
    "GET /accessibility",
    "GET /docs",
    "GET /docs/areas/{area}",
    "GET /docs/types/{name}",
    "GET /docs/try",
    "GET /docs/try/{file:.*}",
    "GET /assets/{version}/{file}",
];

/// All that a gate may call: it asks about cards, and reads no record.
const GATES: [&str; 3] = [
    "POST /v1/gate-checks",
    "POST /v1/gate-checks:batch",
    "GET /v1/credentials/{id}/status",
];

/// What must be so, whatever the golden text says.
const BY_HAND: &[(&str, &str, &str, u16)] = &[
    ("POST /v1/gate-checks", "own", "gate", 200),
    ("POST /v1/gate-checks", "other", "gate", 422),
    ("POST /v1/gate-checks", "own", "hr_officer", 403),
    ("GET /v1/credentials/{id}/status", "other", "gate", 200),
    ("GET /v1/credentials/{id}/status", "other", "anonymous", 401),
    ("GET /v1/credentials/{id}", "own", "gate", 403),
    ("GET /v1/credentials/{id}", "own", "hr_officer", 200),
    ("GET /v1/credentials/{id}", "other", "hr_officer", 404),
    ("GET /v1/credentials/{id}", "own", "network_admin", 403),
    ("GET /v1/workers/{id}", "own", "gate", 403),
    ("GET /v1/workers/{id}", "own", "hr_officer", 200),
    ("GET /v1/workers/{id}", "other", "hr_officer", 404),
    ("GET /v1/workers/{id}", "own", "member_admin", 403),
    ("GET /v1/workers/{id}", "own", "network_admin", 403),
    ("PUT /v1/workers/{id}", "other", "hr_officer", 404),
    ("POST /v1/credentials", "own", "hr_officer", 201),
    ("POST /v1/credentials", "other", "hr_officer", 422),
    ("POST /v1/credentials", "own", "network_admin", 403),
    (
        "POST /v1/credentials/{id}/badges",
        "other",
        "hr_officer",
        404,
    ),
    (
        "POST /v1/credentials/{id}/handovers",
        "own",
        "hr_officer",
        201,
    ),
    (
        "POST /v1/credentials/{id}/handovers",
        "own",
        "hr_approver",
        403,
    ),
    (
        "POST /v1/credentials/{id}/handovers",
        "other",
        "hr_officer",
        404,
    ),
    (
        "POST /v1/credentials/{id}/recoveries",
        "own",
        "hr_officer",
        201,
    ),
    (
        "POST /v1/credentials/{id}/recoveries",
        "other",
        "hr_officer",
        404,
    ),
    (
        "POST /v1/credentials/{id}/corrections",
        "own",
        "hr_approver",
        202,
    ),
    (
        "POST /v1/credentials/{id}/corrections",
        "own",
        "hr_officer",
        403,
    ),
    (
        "POST /v1/credentials/{id}/corrections",
        "other",
        "hr_approver",
        404,
    ),
    (
        "POST /v1/members/{id}/issuing-by-one",
        "own",
        "network_admin",
        202,
    ),
    (
        "POST /v1/members/{id}/issuing-by-one",
        "own",
        "member_admin",
        403,
    ),
    (
        "POST /v1/credentials/{id}/suspensions",
        "other",
        "hr_officer",
        404,
    ),
    (
        "POST /v1/credentials/{id}/lifts",
        "other",
        "hr_officer",
        404,
    ),
    ("POST /v1/credentials/{id}/lifts", "own", "gate", 403),
    (
        "POST /v1/credentials/{id}/revocations",
        "own",
        "anonymous",
        401,
    ),
    ("POST /v1/credentials/{id}/revocations", "own", "gate", 403),
    (
        "POST /v1/credentials/{id}/revocations",
        "own",
        "hr_officer",
        201,
    ),
    (
        "POST /v1/credentials/{id}/revocations",
        "other",
        "hr_officer",
        404,
    ),
    (
        "POST /v1/credentials/{id}/revocations",
        "own",
        "network_admin",
        403,
    ),
    ("POST /v1/engagements/{id}/end", "other", "hr_officer", 404),
    ("GET /v1/engagements/{id}/impact", "own", "hr_officer", 200),
    ("GET /v1/engagements/{id}/impact", "own", "hr_approver", 403),
    (
        "GET /v1/engagements/{id}/impact",
        "other",
        "hr_officer",
        404,
    ),
    ("GET /v1/workers/{id}", "own", "screening_officer", 200),
    ("GET /v1/workers/{id}", "other", "screening_officer", 404),
    ("GET /v1/workers/{id}", "own", "screening_approver", 200),
    ("GET /v1/workers/{id}", "own", "registrar", 403),
    ("GET /v1/workers/{id}", "own", "auditor", 403),
    ("GET /v1/credentials/{id}", "own", "auditor", 403),
    (
        "POST /v1/credentials/{id}/revocations",
        "own",
        "duty_officer",
        201,
    ),
    (
        "POST /v1/credentials/{id}/revocations",
        "own",
        "hr_approver",
        403,
    ),
    (
        "POST /v1/credentials/{id}/suspensions",
        "own",
        "facility_officer",
        201,
    ),
    (
        "POST /v1/credentials/{id}/lifts",
        "own",
        "duty_officer",
        403,
    ),
    ("GET /v1/people/{id}", "other", "member_admin", 404),
    ("POST /v1/workers:search", "-", "hr_officer", 200),
    ("POST /v1/workers:search", "-", "screening_approver", 200),
    ("POST /v1/workers:search", "-", "auditor", 403),
    ("POST /v1/workers:search", "-", "facility_officer", 403),
    ("GET /v1/lookups", "-", "registrar", 200),
    ("GET /v1/lookups", "-", "auditor", 200),
    ("GET /v1/lookups", "-", "hr_officer", 403),
    ("GET /v1/lookups", "-", "member_admin", 403),
    ("GET /v1/workers/{id}/export", "own", "registrar", 200),
    ("GET /v1/workers/{id}/export", "other", "registrar", 404),
    ("GET /v1/workers/{id}/export", "own", "auditor", 403),
    ("GET /v1/workers/{id}/export", "own", "hr_officer", 403),
    ("GET /v1/workers/{id}/export", "own", "network_admin", 403),
    ("GET /v1/workers/{id}/export/page", "own", "registrar", 200),
    (
        "GET /v1/workers/{id}/export/page",
        "other",
        "registrar",
        404,
    ),
    (
        "GET /v1/workers/{id}/export/page",
        "own",
        "hr_approver",
        403,
    ),
    ("GET /v1/retention", "-", "registrar", 200),
    ("GET /v1/retention", "-", "auditor", 200),
    ("GET /v1/retention", "-", "member_admin", 403),
    ("POST /v1/engagements:lapse", "own", "hr_officer", 200),
    ("POST /v1/engagements:lapse", "other", "hr_officer", 422),
    ("POST /v1/engagements:lapse", "own", "hr_approver", 403),
    ("POST /v1/engagements:lapse", "own", "member_admin", 403),
    (
        "GET /v1/screenings/{id}/impact",
        "own",
        "screening_officer",
        200,
    ),
    (
        "GET /v1/screenings/{id}/impact",
        "own",
        "screening_approver",
        200,
    ),
    ("GET /v1/screenings/{id}/impact", "own", "hr_officer", 403),
    (
        "GET /v1/screenings/{id}/impact",
        "other",
        "screening_officer",
        404,
    ),
    ("GET /v1/credentials/{id}/impact", "own", "hr_officer", 200),
    (
        "GET /v1/credentials/{id}/impact",
        "own",
        "duty_officer",
        200,
    ),
    (
        "GET /v1/credentials/{id}/impact",
        "own",
        "screening_officer",
        403,
    ),
    ("GET /v1/credentials/{id}/impact", "own", "gate", 403),
    (
        "GET /v1/credentials/{id}/impact",
        "other",
        "hr_officer",
        404,
    ),
    ("GET /v1/match-cases/{id}", "own", "hr_officer", 200),
    ("GET /v1/match-cases/{id}", "own", "hr_approver", 200),
    ("GET /v1/match-cases/{id}", "other", "hr_officer", 404),
    ("GET /v1/match-cases/{id}", "own", "screening_officer", 403),
    ("GET /v1/match-cases/{id}", "own", "network_admin", 403),
    (
        "POST /v1/match-cases/{id}/confirmations",
        "own",
        "hr_officer",
        202,
    ),
    (
        "POST /v1/match-cases/{id}/confirmations",
        "own",
        "hr_approver",
        403,
    ),
    (
        "POST /v1/match-cases/{id}/confirmations",
        "other",
        "hr_officer",
        404,
    ),
    (
        "POST /v1/match-cases/{id}/rejections",
        "own",
        "hr_officer",
        202,
    ),
    (
        "POST /v1/match-cases/{id}/rejections",
        "other",
        "hr_officer",
        404,
    ),
    ("POST /v1/people", "own", "hr_officer", 403),
    ("POST /v1/workers/{id}/erasures", "own", "registrar", 202),
    ("POST /v1/workers/{id}/erasures", "other", "registrar", 404),
    ("POST /v1/workers/{id}/erasures", "own", "hr_officer", 403),
    ("POST /v1/workers/{id}/erasures", "own", "auditor", 403),
    (
        "POST /v1/workers/{id}/erasures",
        "own",
        "network_admin",
        403,
    ),
    ("GET /v1/erasures/{id}", "own", "auditor", 200),
    ("GET /v1/erasures/{id}", "other", "registrar", 404),
    (
        "POST /v1/erasures/{id}/withdrawals",
        "own",
        "registrar",
        201,
    ),
    ("POST /v1/erasures/{id}/withdrawals", "own", "auditor", 403),
    (
        "POST /v1/approvals/{id}/grants",
        "own",
        "screening_approver",
        201,
    ),
    (
        "POST /v1/approvals/{id}/grants",
        "own",
        "screening_officer",
        403,
    ),
    ("POST /v1/approvals/{id}/grants", "own", "hr_approver", 404),
    (
        "POST /v1/approvals/{id}/grants",
        "other",
        "screening_approver",
        404,
    ),
    (
        "POST /v1/approvals/{id}/grants",
        "own",
        "network_admin",
        404,
    ),
    ("PUT /v1/workers/{id}", "own", "screening_officer", 403),
    ("GET /v1/workers/{id}/screenings", "own", "hr_officer", 403),
    (
        "POST /v1/workers/{id}/screenings",
        "own",
        "screening_officer",
        201,
    ),
    (
        "POST /v1/workers/{id}/screenings",
        "other",
        "screening_officer",
        404,
    ),
    (
        "POST /v1/workers/{id}/screenings",
        "own",
        "screening_approver",
        403,
    ),
    ("POST /v1/workers/{id}/screenings", "own", "hr_officer", 403),
    ("GET /v1/screenings/{id}", "own", "screening_officer", 200),
    ("GET /v1/screenings/{id}", "own", "screening_approver", 200),
    ("GET /v1/screenings/{id}", "other", "screening_officer", 404),
    (
        "GET /v1/screenings/{id}",
        "other",
        "screening_approver",
        404,
    ),
    ("GET /v1/screenings/{id}", "own", "gate", 403),
    ("GET /v1/screenings/{id}", "own", "hr_officer", 403),
    ("GET /v1/screenings/{id}", "own", "network_admin", 403),
    (
        "POST /v1/screenings/{id}/outcomes",
        "own",
        "screening_officer",
        202,
    ),
    (
        "POST /v1/screenings/{id}/outcomes",
        "own",
        "screening_approver",
        403,
    ),
    (
        "POST /v1/screenings/{id}/outcomes",
        "other",
        "screening_officer",
        404,
    ),
    (
        "POST /v1/screenings/{id}/appeal-outcomes",
        "own",
        "screening_officer",
        403,
    ),
    (
        "POST /v1/screenings/{id}/appeal-outcomes",
        "own",
        "screening_approver",
        202,
    ),
    (
        "POST /v1/screenings/{id}/appeal-outcomes",
        "other",
        "screening_approver",
        404,
    ),
    (
        "POST /v1/screenings/{id}/finalisations",
        "own",
        "screening_officer",
        403,
    ),
    (
        "POST /v1/screenings/{id}/finalisations",
        "own",
        "screening_approver",
        202,
    ),
    (
        "POST /v1/screenings/{id}/unmet-conditions",
        "own",
        "screening_approver",
        202,
    ),
    (
        "POST /v1/screenings/{id}/unmet-conditions",
        "own",
        "screening_officer",
        403,
    ),
    (
        "POST /v1/screenings/{id}/withdrawals",
        "own",
        "screening_officer",
        201,
    ),
    (
        "POST /v1/credentials/{id}/revocations",
        "own",
        "screening_officer",
        403,
    ),
    ("POST /v1/settings", "-", "network_admin", 202),
    ("POST /v1/settings", "-", "member_admin", 403),
    ("POST /v1/settings", "-", "registrar", 403),
    ("POST /v1/members/{id}/legal-bases", "own", "registrar", 201),
    (
        "POST /v1/members/{id}/legal-bases",
        "other",
        "registrar",
        404,
    ),
    (
        "POST /v1/members/{id}/legal-bases",
        "own",
        "network_admin",
        403,
    ),
    ("GET /v1/referrals/{id}", "own", "hr_officer", 200),
    ("GET /v1/referrals/{id}", "own", "hr_approver", 200),
    ("GET /v1/referrals/{id}", "own", "registrar", 200),
    ("GET /v1/referrals/{id}", "own", "network_admin", 403),
    ("GET /v1/referrals/{id}", "own", "facility_officer", 403),
    ("GET /v1/referrals/{id}", "other", "hr_officer", 404),
    (
        "POST /v1/referrals/{id}/dispatches",
        "own",
        "hr_officer",
        201,
    ),
    (
        "POST /v1/referrals/{id}/dispatches",
        "own",
        "hr_approver",
        403,
    ),
    (
        "POST /v1/referrals/{id}/adoptions",
        "own",
        "hr_officer",
        202,
    ),
    (
        "POST /v1/referrals/{id}/adoptions",
        "own",
        "hr_approver",
        403,
    ),
    (
        "POST /v1/referrals/{id}/adoptions",
        "other",
        "hr_officer",
        404,
    ),
    ("GET /v1/work-items", "-", "hr_officer", 200),
    ("GET /v1/work-items", "-", "hr_approver", 200),
    ("GET /v1/work-items", "-", "screening_officer", 200),
    ("GET /v1/work-items", "-", "screening_approver", 200),
    ("GET /v1/work-items", "-", "registrar", 200),
    ("GET /v1/work-items", "-", "network_admin", 200),
    ("GET /v1/work-items", "-", "gate", 403),
    ("GET /v1/work-items", "-", "facility_officer", 403),
    ("GET /v1/work-items", "-", "duty_officer", 403),
    ("GET /v1/work-items", "-", "auditor", 403),
    ("GET /v1/work-items", "-", "member_admin", 200),
    ("GET /v1/work-items", "-", "register", 403),
    ("POST /v1/exclusions", "own", "hr_officer", 202),
    ("POST /v1/exclusions", "other", "hr_officer", 422),
    ("POST /v1/exclusions", "own", "hr_approver", 403),
    ("POST /v1/exclusions", "own", "network_admin", 403),
    ("GET /v1/exclusions/{id}", "own", "hr_officer", 200),
    ("GET /v1/exclusions/{id}", "own", "registrar", 200),
    ("GET /v1/exclusions/{id}", "own", "duty_officer", 403),
    ("GET /v1/exclusions/{id}", "other", "hr_officer", 404),
    (
        "POST /v1/exclusions/{id}/adoptions",
        "own",
        "hr_officer",
        202,
    ),
    (
        "POST /v1/exclusions/{id}/adoptions",
        "other",
        "hr_officer",
        404,
    ),
    ("POST /v1/exclusions/{id}/contests", "own", "registrar", 201),
    (
        "POST /v1/exclusions/{id}/contests",
        "own",
        "hr_officer",
        403,
    ),
    (
        "POST /v1/exclusions/{id}/contest-outcomes",
        "own",
        "hr_officer",
        202,
    ),
    ("POST /v1/exclusions/{id}/lifts", "own", "hr_officer", 202),
    ("POST /v1/exclusions/{id}/lifts", "other", "hr_officer", 404),
    ("GET /v1/bans", "-", "hr_officer", 403),
    ("GET /v1/bans", "-", "register", 200),
    ("POST /v1/bans", "-", "register", 201),
    // By hand there are two.
    ("POST /v1/bans", "-", "network_admin", 202),
    ("POST /v1/bans", "-", "member_admin", 403),
    ("POST /v1/bans", "-", "duty_officer", 403),
    ("POST /v1/bans/{id}/ends", "other", "register", 201),
    ("POST /v1/bans/{id}/ends", "own", "network_admin", 202),
    ("POST /v1/bans/{id}/ends", "own", "hr_officer", 403),
    ("GET /v1/workers/{id}", "own", "register", 403),
    ("GET /v1/credentials/{id}", "own", "register", 403),
    ("GET /v1/imports/{id}", "own", "register", 404),
    ("POST /v1/imports", "own", "register", 422),
    // Who grants what HR officers bring must see what was found in it.
    ("GET /v1/imports/{id}", "own", "hr_approver", 200),
    ("GET /v1/imports/{id}", "other", "hr_approver", 404),
    ("POST /v1/imports/{id}/apply", "own", "hr_approver", 403),
    ("GET /v1/imports/{id}", "own", "screening_officer", 404),
    ("POST /v1/imports", "own", "screening_officer", 422),
    ("POST /v1/imports", "own", "screening_approver", 403),
    ("POST /v1/members", "-", "network_admin", 201),
    ("POST /v1/members", "-", "member_admin", 403),
    ("PUT /v1/members/{id}", "own", "member_admin", 403),
    ("PUT /v1/gates/{id}", "own", "member_admin", 200),
    ("PUT /v1/gates/{id}", "other", "member_admin", 404),
    ("PUT /v1/gates/{id}", "other", "network_admin", 200),
    ("PUT /v1/gates/{id}", "own", "hr_officer", 403),
    ("GET /v1/gates/{id}", "other", "hr_officer", 404),
    ("POST /v1/clients", "own", "member_admin", 201),
    ("POST /v1/clients", "other", "member_admin", 422),
    ("POST /v1/clients", "own", "hr_officer", 403),
    ("GET /v1/clients/{id}", "other", "member_admin", 404),
    (
        "POST /v1/clients/{id}/revocations",
        "other",
        "member_admin",
        404,
    ),
    (
        "POST /v1/clients/{id}/revocations",
        "other",
        "network_admin",
        200,
    ),
    ("GET /v1/break-glass", "-", "registrar", 200),
    ("GET /v1/break-glass/{id}", "other", "auditor", 200),
    ("GET /v1/break-glass/{id}", "other", "registrar", 200),
    ("GET /v1/break-glass/{id}", "other", "hr_officer", 404),
    ("GET /v1/break-glass/{id}", "own", "hr_officer", 200),
    ("POST /v1/break-glass", "-", "duty_officer", 201),
    ("POST /v1/break-glass", "-", "hr_officer", 403),
    ("POST /v1/break-glass", "-", "member_admin", 403),
    ("POST /v1/break-glass", "-", "network_admin", 403),
    (
        "POST /v1/break-glass/{id}/closures",
        "other",
        "duty_officer",
        404,
    ),
    ("GET /v1/sightings", "-", "gate", 403),
    ("GET /livez", "-", "anonymous", 200),
];

type Cells = BTreeMap<(String, &'static str, &'static str), Said>;

pub async fn every_route_answers_every_role_as_the_golden_text_says(world: World) {
    the_router_the_description_and_the_rows_name_the_same_routes();
    let network = world.admin().await;
    let own = Side::of(
        &world,
        &network.administrator_of(&world, &network.member).await,
    )
    .await;
    let other = Side::of(&world, &world.member("Haven B").await).await;
    let nobody_known = Api::anonymous(world.node.address);
    // Who comes, in the order of the columns.
    let mut callers = vec![("anonymous", &nobody_known)];
    for role in Role::ALL {
        let caller = match role {
            Role::NetworkAdmin => &own.networks[0],
            role => own.role(role.as_str()),
        };
        callers.push((role.as_str(), caller));
    }
    let columns: Vec<&str> = callers.iter().map(|(column, _)| *column).collect();
    let mut cells = Cells::new();
    let mut text = format!("{:<46}{:<7}{}\n", "route", "whose", columns.join(" "));
    for row in rows() {
        let whose: &[&str] = match row.thing {
            Thing::Nothing | Thing::Whole => &["-"],
            _ => &["own", "other", "none"],
        };
        for &whose in whose {
            let mut line = format!("{:<46}{whose:<7}", row.name());
            for &(column, caller) in &callers {
                let side = if whose == "other" { &other } else { &own };
                let (id, etag) = if whose == "none" {
                    (nobody(row.thing).to_owned(), String::from("\"1\""))
                } else {
                    let id = side.one(row.thing).await;
                    let etag = side.etag(&row, &id).await;
                    (id, etag)
                };
                let said = row.send(caller, side, &id, &etag).await;
                let width = column.len();
                line.push_str(&format!("{:<width$} ", said.status.as_u16()));
                cells.insert((row.name(), whose, column), said);
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
    }
    golden("tests/it/matrix/golden/permissions.txt", &text);
    for &(route, whose, column, status) in BY_HAND {
        let said = &cells[&(route.to_owned(), whose, column)];
        let found = said.status.as_u16();
        assert_eq!(found, status, "{route}, {whose}, {column}: {}", said.text);
    }
    the_cells_keep_to_the_rules(&cells);
    who_reaches_less_neither_makes_nor_unmakes_who_reaches_more(&world, &own).await;
}

async fn who_reaches_less_neither_makes_nor_unmakes_who_reaches_more(world: &World, own: &Side) {
    let client = json!({ "member": own.member, "name": "more", "role": "network_admin" });
    own.admin
        .post("/v1/clients", &client)
        .await
        .refused("forbidden");
    let path = format!("/v1/clients/{}/revocations", world.first.client);
    own.admin.post(&path, &json!({})).await.refused("forbidden");
    // Not even itself: there might be no other.
    let network = world.admin().await;
    network
        .api
        .post(&path, &json!({}))
        .await
        .refused("forbidden");
    network.api.get("/v1/members").await.ok();
}

fn the_router_the_description_and_the_rows_name_the_same_routes() {
    let server = of_the_server();
    let rows: Vec<String> = rows().iter().map(|row| row.name()).collect();
    assert_eq!(rows, server, "matrix/routes.rs against http/routes.rs");
    let (json, _) = openapi::json();
    let description: Value = serde_json::from_str(json).expect("the description is JSON");
    let described: BTreeSet<String> = description["paths"]
        .as_object()
        .expect("there are paths")
        .iter()
        .flat_map(|(path, item)| {
            let methods = item.as_object().expect("a path has methods").keys();
            methods.map(move |method| format!("{} {path}", method.to_uppercase()))
        })
        .collect();
    let server: BTreeSet<String> = server
        .into_iter()
        .filter(|route| !NOT_DESCRIBED.contains(&route.as_str()))
        .collect();
    assert_eq!(described, server, "the description against http/routes.rs");
}

fn the_cells_keep_to_the_rules(cells: &Cells) {
    for ((route, whose, column), said) in cells {
        let status = said.status.as_u16();
        let cell = format!("{route}, {whose}, {column}: {status} {}", said.text);
        assert!(status < 500, "{cell}");
        if OPEN.contains(&route.as_str()) {
            continue;
        }
        match *column {
            "anonymous" => assert_eq!(status, 401, "{cell}"),
            "gate" => assert_eq!(status != 403, GATES.contains(&route.as_str()), "{cell}"),
            // These reach no further than their own member: another's is to them as if it were not there.
            column if !["network_admin", "register"].contains(&column) && *whose == "other" => {
                let none = &cells[&(route.clone(), "none", column)];
                let shown = status == 200;
                if shown {
                    let public = [
                        "members",
                        "facilities",
                        "zones",
                        "card-systems",
                        "status",
                        "break-glass",
                    ];
                    let batch = route.ends_with(":batch");
                    assert!(
                        batch || public.iter().any(|path| route.contains(path)),
                        "{cell}"
                    );
                    assert!(batch || route.starts_with("GET"), "{cell}");
                } else {
                    assert_eq!(status, none.status.as_u16(), "{cell}");
                    assert_eq!(words(said), words(none), "{cell}");
                }
            }
            _ => {}
        }
    }
}

/// A problem without what differs from request to request.
fn words(said: &Said) -> Value {
    let mut problem = said.json();
    if let Some(problem) = problem.as_object_mut() {
        problem.remove("request_id");
    }
    problem
}
