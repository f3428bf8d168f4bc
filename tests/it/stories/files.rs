//! Files about people: who works for whom, what the authority advises, and what a badge is for. Each row is held to the rule
//! that a single request is held to.

use portcullis::store::ledger;
use serde_json::{Value, json};

use crate::stories::screenings::{Desk, TODAY};
use crate::support::World;
use crate::support::actors::{Api, Hr};
use crate::support::world::text;

fn db_seq(world: &World) -> u64 {
    world
        .db_read(|reader| ledger::head(reader).expect("reads").expect("is there"))
        .seq()
}

fn counts(new: u64, same: u64, conflict: u64, unusable: u64) -> Value {
    json!({ "new": new, "same": same, "conflict": conflict, "unusable": unusable })
}

/// Line, outcome and faults of each row that is not simply taken over.
fn notable(import: &Value) -> Vec<(u64, String)> {
    let rows = import["rows"].as_array().expect("rows").iter();
    rows.map(|row| {
        let problems = row["problems"].as_array().expect("problems").iter();
        let codes: Vec<&str> = problems.map(|problem| text(problem, "code")).collect();
        let said = format!("{} {}", text(row, "outcome"), codes.join(" "));
        (row["line"].as_u64().expect("a line"), said)
    })
    .collect()
}

/// Brings in a file, and applies it where that is wanted.
async fn brings(api: &Api, query: &str, file: &str) -> Value {
    let query = format!("purpose={query}");
    api.brings(&query, file.as_bytes().to_vec()).await.created()
}

async fn applies(api: &Api, checked: &Value) -> Value {
    let id = text(checked, "id");
    api.applies(id).await.is(202);
    let applied = api.awaits(id).await;
    assert_eq!(applied["state"], "applied", "{applied}");
    assert_eq!(applied["counts"], checked["counts"], "as the dry run said");
    assert_eq!(applied["rows"], checked["rows"]);
    applied
}

async fn names_of(hr: &Hr, path: &str) -> usize {
    let page = hr.api.get(path).await.ok();
    page["items"].as_array().expect("items").len()
}

pub async fn a_file_of_engagements_registers_people_and_opens_match_cases(world: World) {
    let (a, b) = (world.member("Haven A").await, world.member("Haven B").await);
    let (hr, hr_of_b) = (a.hr(&world).await, b.hr(&world).await);
    let passport = json!([{ "kind": "passport", "country": "BEL", "number": "EX778899" }]);
    let theirs = hr_of_b.registers_with(passport).await.created();
    let known = hr.registers("Peeters").await;
    let file = format!(
        "Worker ID;Document kind;Issuing country;Document number;Family name;First name;Date of birth;Staff number;Employer;Valid from;Valid until\n\
         {known};;;;;;;7001;Stuwadoors;;2027-12-31\n\
         ;passport;BEL;EX778899;Verhoeven;Jan;;7002;Stuwadoors;;\n\
         ;Paspoort;BEL;EX778899;Verhoeven;Jan;;7003;Loodsen;;\n\
         ;passport;BEL;EX000111;;;;7004;Stuwadoors;;\n\
         {};;;;;;;7005;Stuwadoors;;\n\
         ;passport;BEL;EX000222;Maes;Els;;7001;Stuwadoors;;\n\
         ;passport;BEL;EX778899;Claeys;Els;;7006;Stuwadoors;;\n\
         {known};passport;BEL;EX778899;;;;7007;Stuwadoors;;\n\
         {known};;;;;;;7008;Stuwadoors;2026-03-03;\n\
         {known};;;;;;;7009;Stuwadoors;;2026-03-01\n\
         {known};;;;;;;;Havenbedrijf;;\n",
        text(&theirs, "id"),
    );
    let bad = [
        (5, "unusable not_found"),
        (6, "unusable not_found"),
        (7, "conflict in_use"),
        (8, "conflict other_person"),
        (9, "unusable one_name"),
        (10, "unusable in_the_future"),
        (11, "unusable past"),
    ]
    .map(|(line, said)| (line, said.to_owned()));
    let before = db_seq(&world);
    let checked = brings(&hr.api, "engagements", &file).await;
    assert_eq!(checked["counts"], counts(4, 0, 2, 5), "{checked}");
    assert_eq!(notable(&checked), bad);
    assert_eq!(db_seq(&world), before, "a dry run changes nothing");
    for hidden in ["EX778899", "EX000111", "Verhoeven", "Claeys", "7001"] {
        assert!(!checked.to_string().contains(hidden), "{hidden}");
    }

    applies(&hr.api, &checked).await;
    // A worker, a match case and four engagements.
    assert_eq!(db_seq(&world), before + 6);
    assert_eq!(names_of(&hr, "/v1/workers").await, 2);
    let engagements = format!("/v1/workers/{known}/engagements");
    assert_eq!(names_of(&hr, &engagements).await, 2);
    let cases = hr_of_b.api.get("/v1/match-cases?state=open").await.ok();
    assert_eq!(cases["items"].as_array().expect("items").len(), 1);
    assert_eq!(cases["items"][0]["candidate"], theirs["id"]);
    let workers = hr.api.get("/v1/workers").await.ok();
    let workers = workers["items"].as_array().expect("items");
    let newcomer = workers.iter().find(|worker| worker["id"] != known);
    let newcomer = text(newcomer.expect("was registered"), "id").to_owned();
    assert_eq!(
        hr.tries_to_issue_to(&newcomer)
            .await
            .0
            .refused("match_open")["status"],
        409
    );

    let after = db_seq(&world);
    let again = brings(&hr.api, "engagements", &file).await;
    assert_eq!(again["counts"], counts(0, 4, 2, 5), "{again}");
    applies(&hr.api, &again).await;
    assert_eq!(db_seq(&world), after, "the same file changes nothing");
}

pub async fn outcomes_of_a_file_wait_each_for_a_second_person_and_bad_news_does_not(world: World) {
    let (a, b) = (world.member("Haven A").await, world.member("Haven B").await);
    let (desk, other) = (Desk::of(&world, &a).await, Desk::of(&world, &b).await);
    let (first, second) = (desk.pending().await, desk.pending().await);
    let draft = desk.draft().await;
    let cleared = desk.pending().await;
    desk.records(&cleared, "positive", TODAY).await.created();
    let theirs = other.pending().await;
    let worker = text(&desk.shows(&second).await, "worker").to_owned();
    let file = format!(
        "Screening;Worker ID;Function;Outcome;Authority;Reference;Decided on;Valid until\n\
         {first};;;positive;namb;2026/71;{TODAY};2031-03-02\n\
         ;{worker};cargo_access;Negatief;ANSM;2026/72;{TODAY};\n\
         {cleared};;;negative;namb;2026/73;{TODAY};\n\
         {draft};;;positive;namb;2026/74;{TODAY};\n\
         {theirs};;;positive;namb;2026/75;{TODAY};\n\
         {first};;;positive;appeal body;2026/76;{TODAY};\n\
         {first};;;positive;namb;2026/77;{TODAY};2036-03-02\n\
         {first};;;negative;namb;2026/78;{TODAY};\n\
         {second};;;positive;namb;2026/79;2026-03-03;\n\
         {first};;;granted;namb;2026/80;{TODAY};\n"
    );
    let bad = [
        (5, "conflict state"),
        (6, "unusable not_found"),
        (7, "unusable not_for_advice"),
        (8, "unusable other_valid_until"),
        (9, "conflict other_waits"),
        (10, "conflict other_waits"),
        (11, "unusable value"),
    ]
    .map(|(line, said)| (line, said.to_owned()));
    // Each brings in files of their own work.
    for (api, purpose) in [
        (&desk.hr.api, "outcomes"),
        (&desk.officer, "engagements"),
        (&desk.officer, "revocations&reason=lost"),
    ] {
        let query = format!("purpose={purpose}");
        let refused = api.brings(&query, file.clone().into_bytes()).await;
        assert_eq!(
            refused.refused("invalid")["errors"][0]["code"],
            "not_for_this_role"
        );
    }
    let before = db_seq(&world);
    let checked = brings(&desk.officer, "outcomes", &file).await;
    assert_eq!(checked["counts"], counts(3, 0, 3, 4), "{checked}");
    assert_eq!(notable(&checked), bad);
    assert_eq!(db_seq(&world), before, "a dry run changes nothing");
    desk.hr
        .applies(text(&checked, "id"))
        .await
        .refused("not_found");

    applies(&desk.officer, &checked).await;
    for (id, state) in [
        (&first, "pending"),
        (&second, "pending"),
        (&cleared, "refused"),
    ] {
        assert_eq!(desk.shows(id).await["state"], state);
    }
    let waiting = desk.approver.get("/v1/approvals?state=waiting").await.ok();
    let waiting = waiting["items"].as_array().expect("items");
    assert_eq!(
        waiting.len(),
        3,
        "two advices and what is to be confirmed: {waiting:?}"
    );

    let after = db_seq(&world);
    let again = brings(&desk.officer, "outcomes", &file).await;
    assert_eq!(
        again["counts"],
        counts(0, 3, 3, 4),
        "what waits is the same"
    );
    applies(&desk.officer, &again).await;
    assert_eq!(db_seq(&world), after);

    for approval in waiting.iter().take(3) {
        let grants = format!("/v1/approvals/{}/grants", text(approval, "id"));
        let body = json!({ "content": approval["content"] });
        desk.approver.post(&grants, &body).await.created();
    }
    for (id, state) in [
        (&first, "cleared"),
        (&second, "refused"),
        (&cleared, "refused"),
    ] {
        assert_eq!(desk.shows(id).await["state"], state);
    }
    let again = brings(&desk.officer, "outcomes", &file).await;
    assert_eq!(again["counts"]["same"], 3, "{again}");
}

pub async fn a_badge_of_a_file_is_only_for_what_its_worker_is_cleared_for(world: World) {
    let a = world.member("Haven A").await;
    let desk = Desk::of(&world, &a).await;
    let hr = &desk.hr;
    let worker = hr.registers("Peeters").await;
    let employed = json!({ "employer": "Stuwadoors", "staff_number": "8001" });
    let engagements = format!("/v1/workers/{worker}/engagements");
    hr.api.post(&engagements, &employed).await.created();
    desk.clears(&worker, "cargo_access").await;
    let shown = hr.api.get(&format!("/v1/workers/{worker}")).await.ok();
    let (family, given) = (text(&shown, "family_name"), text(&shown, "given_names"));
    let file = format!(
        "Staff number;Family name;First name;Employer;Card number;Valid until;Critical functions\n\
         8001;{family};{given};Stuwadoors;88000001;2027-12-31;cargo_access\n\
         8001;{family};{given};Stuwadoors;88000002;2027-12-31;cargo_access, cargo_data\n\
         8001;{family};{given};Stuwadoors;88000003;2031-12-31;cargo_access\n\
         8002;Nieuw;Els;Stuwadoors;88000004;2027-12-31;cargo_access\n\
         8001;{family};{given};Stuwadoors;88000005;2027-12-31;\n\
         8001;{family};{given};Stuwadoors;88000006;2027-12-31;steering\n"
    );
    let query = format!(
        "credentials&card_system={}&default_format=number",
        hr.card_system
    );
    let checked = brings(&hr.api, &query, &file).await;
    assert_eq!(checked["counts"], counts(2, 0, 3, 1), "{checked}");
    let bad = [
        (3, "conflict not_cleared"),
        (4, "conflict after_clearance"),
        (5, "conflict not_cleared"),
        (7, "unusable value"),
    ]
    .map(|(line, said)| (line, said.to_owned()));
    assert_eq!(notable(&checked), bad);
    applies(&hr.api, &checked).await;
    let issued = hr
        .api
        .get(&format!("/v1/credentials?worker={worker}"))
        .await;
    let issued = issued.ok();
    let functions: Vec<&Value> = issued["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|credential| &credential["scope"]["functions"])
        .collect();
    assert!(functions.contains(&&json!(["cargo_access"])), "{issued}");
}
