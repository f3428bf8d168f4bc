//! Screenings: what the State answers about a worker and a function, the term of appeal, and the end of validity.

use portcullis::domain::time::DAY_MS;
use serde_json::{Value, json};

use super::transitions::everybody;
use crate::support::World;
use crate::support::actors::{Admin, Api, Hr, Said};
use crate::support::world::text;

/// A member's people who keep and decide screenings.
pub struct Desk {
    pub hr: Hr,
    pub officer: Api,
    pub approver: Api,
    second: Api,
}

impl Desk {
    pub async fn of(world: &World, admin: &Admin) -> Self {
        Self {
            hr: admin.hr(world).await,
            officer: admin.person(world, "screening_officer").await,
            approver: admin.person(world, "screening_approver").await,
            second: admin.person(world, "screening_approver").await,
        }
    }

    /// The same people with new tokens: theirs end long before a term does.
    pub async fn again(&self) -> Self {
        Self {
            hr: self.hr.again().await,
            officer: self.officer.again().await,
            approver: self.approver.again().await,
            second: self.second.again().await,
        }
    }

    pub async fn opens(&self, worker: &str, function: &str, consented_at: &str) -> Said {
        let path = format!("/v1/workers/{worker}/screenings");
        let body = json!({ "function": function, "consented_at": consented_at });
        self.officer.post(&path, &body).await
    }

    /// A new worker's screening, of which nothing was sent yet. Consent was given on Monday morning.
    pub async fn draft(&self) -> String {
        let worker = self.hr.registers("Peeters").await;
        let opened = self
            .opens(&worker, "cargo_access", "2026-03-02T07:00:00Z")
            .await;
        text(&opened.created(), "id").to_owned()
    }

    pub async fn pending(&self) -> String {
        let id = self.draft().await;
        self.does(&id, "submissions").await.created();
        id
    }

    /// What needs nothing to be said.
    pub async fn does(&self, id: &str, what: &str) -> Said {
        self.says(id, what, json!({})).await
    }

    /// By whoever of them may do this, and a second person where one is needed.
    pub async fn says(&self, id: &str, what: &str, body: Value) -> Said {
        let who = match what {
            "appeal-outcomes" | "finalisations" | "unmet-conditions" => &self.approver,
            _ => &self.officer,
        };
        let path = format!("/v1/screenings/{id}");
        let said = who.post(&format!("{path}/{what}"), &body).await;
        self.second.seconds(said, &path).await
    }

    /// A screening of this worker with a positive advice of today.
    pub async fn clears(&self, worker: &str, function: &str) -> String {
        let opened = self.opens(worker, function, "2026-03-02T07:00:00Z").await;
        let id = text(&opened.created(), "id").to_owned();
        self.does(&id, "submissions").await.created();
        let cleared = self.records(&id, "positive", TODAY).await.created();
        assert_eq!(cleared["state"], "cleared");
        id
    }

    /// A screening of this worker with a negative advice of today.
    pub async fn refuses(&self, worker: &str, function: &str) -> String {
        let opened = self.opens(worker, function, "2026-03-02T07:00:00Z").await;
        let id = text(&opened.created(), "id").to_owned();
        self.does(&id, "submissions").await.created();
        let refused = self.records(&id, "negative", TODAY).await.created();
        assert_eq!(refused["state"], "refused");
        id
    }

    pub async fn records(&self, id: &str, advice: &str, date: &str) -> Said {
        let body = json!({ "advice": advice, "authority": "namb", "reference": "2026/0042", "date": date });
        self.says(id, "outcomes", body).await
    }

    /// Waits until a screening stands so: what follows from a date follows within a second or two.
    pub async fn comes_to(&self, id: &str, state: &str) -> Value {
        let began = std::time::Instant::now();
        loop {
            let shown = self.shows(id).await;
            if shown["state"] == state {
                return shown;
            }
            assert!(began.elapsed().as_secs() < 20, "it is not {state}");
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    }

    pub async fn shows(&self, id: &str) -> Value {
        self.approver
            .get(&format!("/v1/screenings/{id}"))
            .await
            .ok()
    }
}

pub const TODAY: &str = "2026-03-02";

pub fn appeal_outcome(decision: &str, date: &str) -> Value {
    json!({ "decision": decision, "authority": "appeal_body", "reference": "B-2026/7", "date": date })
}

pub async fn an_appeal_in_time_is_won_and_the_worker_is_cleared(world: World) {
    let a = world.member("Haven A").await;
    let desk = Desk::of(&world, &a).await;
    let worker = desk.hr.registers("Peeters").await;
    let said = desk
        .opens(&worker, "cargo_data", "2026-03-02T07:00:00Z")
        .await;
    let etag = said.etag();
    let location = said.headers["location"].to_str().expect("ASCII").to_owned();
    let opened = said.created();
    assert_eq!(location, format!("/v1/screenings/{}", text(&opened, "id")));
    assert_eq!(
        (
            &opened["state"],
            &opened["function"],
            &opened["worker"],
            &opened["due"]
        ),
        (
            &json!("draft"),
            &json!("cargo_data"),
            &json!(worker),
            &Value::Null
        )
    );
    let shown = desk.officer.get(&location).await;
    assert_eq!(shown.etag(), etag);
    assert_eq!(shown.ok(), opened);

    let id = text(&opened, "id");
    assert_eq!(
        desk.does(id, "submissions").await.created()["state"],
        "pending"
    );
    let refused = desk.records(id, "negative", TODAY).await.created();
    assert_eq!(refused["state"], "refused");
    // Eight days from Monday the 2nd is Tuesday the 10th.
    assert_eq!(refused["appeal_deadline"], "2026-03-10");
    assert_eq!(refused["due"], "2026-03-10");
    assert_eq!(
        refused["outcome"],
        json!({ "authority": "namb", "reference": "2026/0042", "date": TODAY })
    );

    world.clock.advance(8 * DAY_MS);
    let desk = desk.again().await;
    let appealed = desk
        .says(id, "appeals", json!({ "date": "2026-03-10" }))
        .await
        .created();
    assert_eq!(
        (&appealed["state"], &appealed["appeal_deadline"]),
        (&json!("under_appeal"), &Value::Null)
    );
    let won = desk
        .says(
            id,
            "appeal-outcomes",
            appeal_outcome("granted", "2026-03-10"),
        )
        .await;
    let won = won.created();
    assert_eq!(
        won["outcome"],
        json!({ "authority": "appeal_body", "reference": "B-2026/7", "date": "2026-03-10", "valid_until": "2031-03-10" })
    );
    assert_eq!(
        (&won["state"], &won["due"]),
        (&json!("cleared"), &json!("2031-03-10"))
    );
    assert_eq!(desk.shows(id).await, won);
}

pub async fn a_term_that_runs_out_makes_a_refusal_final(world: World) {
    let a = world.member("Haven A").await;
    let desk = Desk::of(&world, &a).await;
    let id = desk.pending().await;
    desk.records(&id, "negative", TODAY).await.created();
    desk.does(&id, "finalisations")
        .await
        .refused("screening_not_due");

    // The last instant of the 10th of March in Brussels.
    world
        .clock
        .advance(8 * DAY_MS + 15 * 3_600_000 + 30 * 60_000 - 1);
    let desk = desk.again().await;
    desk.does(&id, "finalisations")
        .await
        .refused("screening_not_due");
    world.clock.advance(1);
    let late = desk
        .says(&id, "appeals", json!({ "date": "2026-03-11" }))
        .await;
    let late = late.refused("invalid");
    assert_eq!(late["errors"][0]["pointer"], "/date");
    assert_eq!(late["errors"][0]["code"], "too_late");
    let last = desk.does(&id, "finalisations").await.created();
    assert_eq!(
        (&last["state"], &last["due"]),
        (&json!("refused_final"), &Value::Null)
    );
    assert_eq!(last["outcome"]["date"], TODAY, "what it rests on");
    let appeal = json!({ "date": "2026-03-10" });
    desk.says(&id, "appeals", appeal)
        .await
        .refused("screening_state");

    // Whoever was refused for good may be asked about anew.
    let worker = text(&last, "worker");
    desk.opens(worker, "cargo_access", "2026-03-10T09:00:00Z")
        .await
        .created();
}

pub async fn a_clearance_lapses_after_its_last_day_and_not_before(world: World) {
    let a = world.member("Haven A").await;
    let desk = Desk::of(&world, &a).await;
    let id = desk.pending().await;
    let cleared = desk.records(&id, "positive", TODAY).await.created();
    assert_eq!(
        (&cleared["state"], &cleared["outcome"]["valid_until"]),
        (&json!("cleared"), &json!("2031-03-02"))
    );
    let warned = desk.pending().await;
    let said = desk
        .records(&warned, "positive_with_warning", TODAY)
        .await
        .created();
    assert_eq!(
        (&said["state"], &said["due"]),
        (&json!("cleared_conditional"), &json!("2028-03-02"))
    );
    // The last instant of the last day in Brussels; 2028 is a leap year, 731 days to the 2nd of March 2028.
    world
        .clock
        .advance(731 * DAY_MS + 15 * 3_600_000 + 30 * 60_000 - 1);
    tokio::time::sleep(std::time::Duration::from_millis(1_500)).await;
    let desk = desk.again().await;
    assert_eq!(desk.shows(&warned).await["state"], "cleared_conditional");
    // It lapses by itself, and nobody says it.
    world.clock.advance(1);
    let lapsed = desk.comes_to(&warned, "lapsed").await;
    assert_eq!(
        (&lapsed["due"], &lapsed["since"]),
        (&Value::Null, &json!("2028-03-02T23:00:00.000Z"))
    );
    assert_eq!(desk.shows(&id).await["state"], "cleared");
}

pub async fn new_unfavourable_advice_refuses_at_once(world: World) {
    let a = world.member("Haven A").await;
    let desk = Desk::of(&world, &a).await;
    for advice in ["positive", "positive_with_warning"] {
        let id = desk.pending().await;
        desk.records(&id, advice, TODAY).await.created();
        let refused = desk.records(&id, "negative", TODAY).await.created();
        assert_eq!(
            (&refused["state"], &refused["appeal_deadline"]),
            (&json!("refused"), &json!("2026-03-10"))
        );
        assert_eq!(refused["outcome"]["valid_until"], Value::Null);
        // And no second advice makes that good again.
        desk.records(&id, "positive", TODAY)
            .await
            .refused("screening_state");
    }
}

pub async fn nobody_bars_a_port_alone_by_bad_news(world: World) {
    let admin = world.member("Haven A").await;
    let desk = Desk::of(&world, &admin).await;
    let mut cleared = Vec::new();
    for _ in 0..22 {
        let worker = desk.hr.registers("Peeters").await;
        cleared.push(desk.clears(&worker, "cargo_access").await);
    }
    let body = json!({ "advice": "negative", "authority": "namb", "reference": "2026/0043", "date": TODAY });
    let negative = async |id: &str| {
        let path = format!("/v1/screenings/{id}/outcomes");
        desk.officer.post(&path, &body).await
    };
    for id in &cleared[..20] {
        assert_eq!(negative(id).await.created()["state"], "refused");
    }
    let waits = negative(&cleared[20]).await.is(202);
    assert_eq!(waits["state"], "waiting");
    assert_eq!(desk.shows(&cleared[20]).await["state"], "cleared");
    // Whatever a second person has looked at counts no more.
    let page = desk
        .approver
        .get("/v1/approvals?state=waiting&limit=200")
        .await
        .ok();
    let all = page["items"].as_array().expect("items").iter();
    let done = all
        .into_iter()
        .find(|asked| asked["act"]["act"] == "confirm");
    let done = done.expect("one is to be confirmed");
    let grants = format!("/v1/approvals/{}/grants", text(done, "id"));
    let content = json!({ "content": done["content"] });
    desk.approver.post(&grants, &content).await.created();
    assert_eq!(negative(&cleared[21]).await.created()["state"], "refused");
}

pub async fn nobody_closes_the_clearances_of_a_port_alone(world: World) {
    let admin = world.member("Haven A").await;
    let desk = Desk::of(&world, &admin).await;
    let mut cleared = Vec::new();
    for _ in 0..21 {
        let worker = desk.hr.registers("Peeters").await;
        cleared.push(desk.clears(&worker, "cargo_access").await);
    }
    let withdraws = async |id: &str| {
        let path = format!("/v1/screenings/{id}/withdrawals");
        desk.officer.post(&path, &json!({})).await
    };
    for id in &cleared[..20] {
        assert_eq!(withdraws(id).await.created()["state"], "closed");
    }
    let waits = withdraws(&cleared[20]).await.is(202);
    assert_eq!(desk.shows(&cleared[20]).await["state"], "cleared");
    // One that clears nobody takes nothing from anybody.
    let draft = desk.draft().await;
    assert_eq!(withdraws(&draft).await.created()["state"], "closed");
    let grants = format!("/v1/approvals/{}/grants", text(&waits, "id"));
    let content = json!({ "content": waits["content"] });
    desk.approver.post(&grants, &content).await.created();
    assert_eq!(desk.shows(&cleared[20]).await["state"], "closed");
}

pub async fn a_worker_has_one_open_screening_for_a_function(world: World) {
    let a = world.member("Haven A").await;
    let desk = Desk::of(&world, &a).await;
    let worker = desk.hr.registers("Peeters").await;
    let consent = "2026-03-02T07:00:00Z";
    let asked = (0..8).map(|_| desk.opens(&worker, "cargo_access", consent));
    let said = futures_util::future::join_all(asked).await;
    let (done, refused): (Vec<Said>, Vec<Said>) =
        said.into_iter().partition(|said| said.status == 201);
    assert_eq!((done.len(), refused.len()), (1, 7));
    for said in refused {
        said.refused("screening_open");
    }
    desk.opens(&worker, "cargo_data", consent).await.created();
    let id = text(&done[0].json(), "id").to_owned();
    assert_eq!(
        desk.does(&id, "withdrawals").await.created()["state"],
        "closed"
    );
    desk.does(&id, "submissions")
        .await
        .refused("screening_state");
    desk.opens(&worker, "cargo_access", consent).await.created();
    let path = format!("/v1/workers/{worker}/screenings");
    let all = desk.approver.get(&path).await.ok();
    let mut states: Vec<&str> = all["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|screening| text(screening, "state"))
        .collect();
    // All were opened in the same millisecond.
    states.sort_unstable();
    assert_eq!(states, ["closed", "draft", "draft"]);
}

pub async fn what_cannot_be_meant_is_refused_with_its_field(world: World) {
    let a = world.member("Haven A").await;
    let desk = Desk::of(&world, &a).await;
    let field = |said: Said, pointer: &str, code: &str| {
        let problem = said.refused("invalid");
        assert_eq!(
            (
                &problem["errors"][0]["pointer"],
                &problem["errors"][0]["code"]
            ),
            (&json!(pointer), &json!(code)),
            "{problem}"
        );
    };
    let worker = desk.hr.registers("Peeters").await;
    let later = desk
        .opens(&worker, "cargo_access", "2026-03-02T07:30:00.001Z")
        .await;
    field(later, "/consented_at", "in_future");
    let pending = desk.pending().await;
    field(
        desk.records(&pending, "positive", "2026-03-01").await,
        "/date",
        "too_early",
    );
    field(
        desk.records(&pending, "positive", "2026-03-03").await,
        "/date",
        "in_future",
    );
    let body = json!({ "advice": "positive", "authority": "appeal_body", "reference": "1", "date": TODAY });
    field(
        desk.says(&pending, "outcomes", body).await,
        "/authority",
        "not_for_advice",
    );
    // Until when it holds is never given, nor is anything else of the file behind it.
    for more in ["valid_until", "offence", "ground", "document"] {
        let mut body =
            json!({ "advice": "positive", "authority": "namb", "reference": "1", "date": TODAY });
        body[more] = json!("2099-01-01");
        field(
            desk.says(&pending, "outcomes", body).await,
            &format!("/{more}"),
            "unknown_field",
        );
    }
    desk.records(&pending, "negative", TODAY).await.created();
    let early = desk
        .says(&pending, "appeals", json!({ "date": "2026-03-01" }))
        .await;
    field(early, "/date", "too_early");
    let future = desk
        .says(&pending, "appeals", json!({ "date": "2026-03-03" }))
        .await;
    field(future, "/date", "in_future");
    assert_eq!(
        desk.shows(&pending).await["state"],
        "refused",
        "none of it did anything"
    );
}

pub async fn a_screening_is_its_members_alone(world: World) {
    let (a, b) = (world.member("Haven A").await, world.member("Haven B").await);
    let (own, other) = (Desk::of(&world, &a).await, Desk::of(&world, &b).await);
    let id = own.pending().await;
    let worker = text(&own.shows(&id).await, "worker").to_owned();
    other
        .officer
        .get(&format!("/v1/screenings/{id}"))
        .await
        .refused("not_found");
    other
        .officer
        .get(&format!("/v1/workers/{worker}/screenings"))
        .await
        .refused("not_found");
    other
        .records(&id, "positive", TODAY)
        .await
        .refused("not_found");
    other
        .opens(&worker, "cargo_data", "2026-03-02T07:00:00Z")
        .await
        .refused("not_found");
    let all = other.officer.get("/v1/screenings").await.ok();
    assert_eq!(all["items"], json!([]));
    // Who keeps personnel knows nothing of it, and who screens keeps no personnel.
    own.hr
        .api
        .get(&format!("/v1/screenings/{id}"))
        .await
        .refused("forbidden");
    own.officer.get(&format!("/v1/workers/{worker}")).await.ok();
    let person = json!({ "family_name": "Maes", "given_names": "Lotte" });
    own.officer
        .post("/v1/workers", &person)
        .await
        .refused("forbidden");
    assert_eq!(own.shows(&id).await["state"], "pending");
}

/// The machine written out by hand, but for the one change that nobody makes: a clearance lapses. Each line has what comes of
/// `CHANGES` in their order: the state it leads to, or `!` for "not at this step".
const BY_HAND: [(&str, [&str; 10]); 10] = [
    (
        "draft",
        ["pending", "!", "!", "!", "!", "!", "!", "!", "!", "closed"],
    ),
    (
        "pending",
        [
            "!",
            "cleared",
            "cleared_conditional",
            "refused",
            "!",
            "!",
            "!",
            "!",
            "!",
            "closed",
        ],
    ),
    (
        "cleared",
        ["!", "!", "!", "refused", "!", "!", "!", "!", "!", "closed"],
    ),
    (
        "cleared_conditional",
        [
            "!",
            "!",
            "!",
            "refused",
            "condition_unmet",
            "!",
            "!",
            "!",
            "!",
            "closed",
        ],
    ),
    (
        "refused",
        [
            "!",
            "!",
            "!",
            "!",
            "!",
            "under_appeal",
            "!",
            "!",
            "refused_final",
            "closed",
        ],
    ),
    (
        "under_appeal",
        [
            "!",
            "!",
            "!",
            "!",
            "!",
            "!",
            "cleared",
            "refused_final",
            "!",
            "closed",
        ],
    ),
    (
        "refused_final",
        ["!", "!", "!", "!", "!", "!", "!", "!", "!", "!"],
    ),
    ("lapsed", ["!", "!", "!", "!", "!", "!", "!", "!", "!", "!"]),
    (
        "condition_unmet",
        ["!", "!", "!", "!", "!", "!", "!", "!", "!", "!"],
    ),
    ("closed", ["!", "!", "!", "!", "!", "!", "!", "!", "!", "!"]),
];

/// So long ago that every term of appeal has run out, and an appeal within it may still be noted; and not so long that a
/// clearance has ended.
const LONG_AGO: &str = "2024-06-03";
/// So long ago that one has.
const LONGER_AGO: &str = "2020-03-02";

fn changes() -> [(&'static str, Value); 10] {
    let outcome = |advice: &str| json!({ "advice": advice, "authority": "namb", "reference": "2024/1", "date": LONG_AGO });
    [
        ("submissions", json!({})),
        ("outcomes", outcome("positive")),
        ("outcomes", outcome("positive_with_warning")),
        ("outcomes", outcome("negative")),
        ("unmet-conditions", json!({})),
        ("appeals", json!({ "date": LONG_AGO })),
        ("appeal-outcomes", appeal_outcome("granted", LONG_AGO)),
        ("appeal-outcomes", appeal_outcome("dismissed", LONG_AGO)),
        ("finalisations", json!({})),
        ("withdrawals", json!({})),
    ]
}

/// A new worker's screening, brought into this state by these changes.
async fn in_state(desk: &Desk, state: &str) -> String {
    let way: &[usize] = match state {
        "draft" => &[],
        "pending" => &[0],
        "cleared" => &[0, 1],
        "cleared_conditional" => &[0, 2],
        "refused" => &[0, 3],
        "under_appeal" => &[0, 3, 5],
        "refused_final" => &[0, 3, 8],
        "lapsed" => &[0],
        "condition_unmet" => &[0, 2, 4],
        _ => &[9],
    };
    let worker = desk.hr.registers("Peeters").await;
    let opened = desk
        .opens(&worker, "cargo_access", "2020-03-02T07:00:00Z")
        .await;
    let id = text(&opened.created(), "id").to_owned();
    for &at in way {
        let (what, body) = changes()[at].clone();
        desk.says(&id, what, body).await.created();
    }
    if state == "lapsed" {
        desk.records(&id, "positive", LONGER_AGO).await.created();
        desk.comes_to(&id, state).await;
    }
    id
}

pub async fn every_change_of_every_state_leads_where_the_list_says(world: World) {
    let a = world.member("Haven A").await;
    let desk = Desk::of(&world, &a).await;
    let mut cells = 0;
    for (from, outcomes) in BY_HAND {
        let mut id = in_state(&desk, from).await;
        for ((what, body), to) in changes().into_iter().zip(outcomes) {
            let before = desk.shows(&id).await;
            assert_eq!(before["state"], from);
            let said = desk.says(&id, what, body).await;
            if to == "!" {
                said.refused("screening_state");
                assert_eq!(desk.shows(&id).await, before, "{from} {what}");
            } else {
                assert_eq!(said.created()["state"], to, "{from} {what}");
                assert_eq!(desk.shows(&id).await["state"], to, "{from} {what}");
                id = in_state(&desk, from).await;
            }
            cells += 1;
        }
    }
    assert_eq!(cells, 10 * 10);
}

/// Who makes which of the changes, in their order.
const MADE_BY: [&str; 10] = [
    "screening_officer",
    "screening_officer",
    "screening_officer",
    "screening_officer",
    "screening_approver",
    "screening_officer",
    "screening_approver",
    "screening_approver",
    "screening_approver",
    "screening_officer",
];

pub async fn every_change_of_every_state_is_made_by_the_role_of_the_list_and_by_no_other(
    world: World,
) {
    let a = world.member("Haven A").await;
    let desk = Desk::of(&world, &a).await;
    let everybody = everybody(&world, &a).await;
    let mut cells = 0;
    for (from, outcomes) in BY_HAND {
        let mut id = in_state(&desk, from).await;
        for (role, api) in &everybody {
            for (at, (what, body)) in changes().into_iter().enumerate() {
                let path = format!("/v1/screenings/{id}");
                let said = api.post(&format!("{path}/{what}"), &body).await;
                let said = desk.second.seconds(said, &path).await;
                cells += 1;
                if *role != MADE_BY[at] {
                    said.refused("forbidden");
                } else if outcomes[at] == "!" {
                    said.refused("screening_state");
                } else {
                    assert_eq!(said.created()["state"], outcomes[at], "{from} {what}");
                    id = in_state(&desk, from).await;
                }
            }
            assert_eq!(desk.shows(&id).await["state"], from, "{role}");
        }
    }
    assert_eq!(cells, 10 * 12 * 10);
}

pub async fn how_long_a_screening_holds_is_set_by_two(world: World) {
    let a = world.member("Haven A").await;
    let desk = Desk::of(&world, &a).await;
    let network = world.admin().await;
    let (first, second) = (
        network.person(&world, "network_admin").await,
        network.person(&world, "network_admin").await,
    );
    let settings = "/v1/settings";
    let before = desk.pending().await;
    let before_set = desk.records(&before, "positive", TODAY).await.created();
    assert_eq!(before_set["outcome"]["valid_until"], "2031-03-02");
    for (body, pointer) in [
        (json!({ "validity_years": 6 }), "/validity_years"),
        (json!({ "validity_years": 0 }), "/validity_years"),
        (json!({ "validity_years": 1 }), "/validity_years"),
        (json!({ "recheck_years": 0 }), "/recheck_years"),
        (
            json!({ "validity_years": 3, "recheck_years": 4 }),
            "/recheck_years",
        ),
    ] {
        let refused = first.post(settings, &body).await.refused("invalid");
        assert_eq!(refused["errors"][0]["pointer"], pointer, "{body}");
    }
    first.post(settings, &json!({})).await.refused("invalid");

    // Asked for while five years held.
    let path = format!("/v1/screenings/{}", desk.pending().await);
    let body = json!({ "advice": "positive", "authority": "namb", "reference": "2026/0042", "date": TODAY });
    let old = desk
        .officer
        .post(&format!("{path}/outcomes"), &body)
        .await
        .is(202);

    let body = json!({ "validity_years": 3, "recheck_years": 1 });
    let asked = first.post(settings, &body).await;
    let set = second.seconds(asked, settings).await.created();
    assert_eq!(
        (
            &set["validity_years"],
            &set["recheck_years"],
            &set["share_for_cause"]
        ),
        (&json!(3), &json!(1), &json!(false)),
        "what is not named stays"
    );
    let grants = format!("/v1/approvals/{}/grants", text(&old, "id"));
    let content = json!({ "content": old["content"] });
    desk.second.post(&grants, &content).await.refused("changed");
    for (advice, until) in [
        ("positive", "2029-03-02"),
        ("positive_with_warning", "2027-03-02"),
    ] {
        let id = desk.pending().await;
        let cleared = desk.records(&id, advice, TODAY).await.created();
        assert_eq!(cleared["outcome"]["valid_until"], until, "{advice}");
    }
    // What stands keeps what it was given, and a file that says it again says nothing new.
    assert_eq!(desk.shows(&before).await, before_set);
    let file = format!(
        "Screening ID;Advice;Authority;Reference;Notified on\n{before};positive;namb;2026/0042;{TODAY}\n"
    );
    let said = desk.officer.brings("purpose=outcomes", file.into()).await;
    assert_eq!(said.created()["counts"]["same"], 1);
}
