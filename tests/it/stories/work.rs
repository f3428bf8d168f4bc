//! What waits for whom: it is shown to those who can do something about it, with the time by which they should, and to more
//! people when they do not.

use portcullis::domain::time::{DAY_MS, HOUR_MS};
use serde_json::{Value, json};

use super::bans::confirms_the_match;
use super::referrals::{Ports, records_a_basis, shares};
use super::screenings::Desk;
use crate::support::World;
use crate::support::actors::{Admin, Api};
use crate::support::world::text;

/// What waits for somebody, whole: kind, subject, by when and whether that has passed.
async fn waits(api: &Api) -> Vec<(String, String, String, bool)> {
    let page = api.again().await.get("/v1/work-items?limit=200").await;
    let page = page.ok();
    assert_eq!(page["next_cursor"], Value::Null);
    let items = page["items"].as_array().expect("items");
    let due = |item: &Value| item["due_at"].as_str().unwrap_or_default().to_owned();
    items
        .iter()
        .map(|item| {
            (
                text(item, "kind").to_owned(),
                text(item, "subject").to_owned(),
                due(item),
                item["overdue"] == true,
            )
        })
        .collect()
}

/// Looks at all that was done at once, and finds it right.
async fn confirms(approver: &Api, count: usize) {
    let approver = approver.again().await;
    let page = approver.get("/v1/work-items?kind=confirmation").await.ok();
    let items = page["items"].as_array().expect("items").clone();
    assert_eq!(items.len(), count);
    for item in items {
        let path = format!("/v1/approvals/{}", text(&item, "subject"));
        let content = approver.get(&path).await.ok()["content"].clone();
        let body = json!({ "content": content });
        approver
            .post(&format!("{path}/grants"), &body)
            .await
            .created();
    }
}

fn item(kind: &str, subject: &str, due: &str, overdue: bool) -> (String, String, String, bool) {
    (kind.into(), subject.into(), due.into(), overdue)
}

pub async fn a_suspension_for_cause_is_reviewed_in_a_week_and_escalates_after_thirty_days(
    world: World,
) {
    let (a, b) = (world.member("Haven A").await, world.member("Haven B").await);
    let (desk, other) = (Desk::of(&world, &a).await, b.hr(&world).await);
    let hr = &desk.hr;
    let registrar = a.person(&world, "registrar").await;
    let pass = hr.issues().await;
    desk.refuses(&pass.worker, "cargo_access").await;
    for other in ["dormant", "advice_negative"] {
        hr.suspends(&pass, other).await.created();
    }
    assert!(waits(&hr.api).await.is_empty());
    hr.suspends(&pass, "under_inquiry").await.created();
    let id = pass.credential.as_str();
    let (week, month) = ("2026-03-09T07:30:00.000Z", "2026-04-01T07:30:00.000Z");
    let fresh = [item("review_due", id, week, false)];
    assert_eq!(waits(&hr.api).await, fresh);
    confirms(&hr.approver, 1).await;
    world.clock.advance(7 * DAY_MS - 1);
    assert_eq!(waits(&hr.api).await, fresh);
    world.clock.advance(1);
    let reviewed = [
        item("review_due", id, week, true),
        item("hard_stop", id, month, false),
    ];
    assert_eq!(waits(&hr.api).await, reviewed);

    world.clock.advance(23 * DAY_MS - 1);
    assert_eq!(waits(&hr.api).await, reviewed);
    for above in [&hr.approver, &registrar] {
        assert!(waits(above).await.is_empty());
    }
    world.clock.advance(1);
    let stopped = [item("hard_stop", id, month, true)];
    for above in [&hr.approver, &registrar] {
        assert_eq!(waits(above).await, stopped);
    }
    assert_eq!(waits(&hr.api).await[1..], stopped);
    assert!(waits(&other.api).await.is_empty());
    assert!(waits(&other.approver).await.is_empty());
    // It never ends by itself.
    world.clock.advance(90 * DAY_MS);
    let hr = hr.again().await;
    let (_, kinds) = hr.sees(&pass).await;
    assert_eq!(kinds, json!(["dormant", "for_cause", "screening"]));
    assert_eq!(waits(&hr.approver).await, stopped);

    // Another ground that falls does not begin the term anew; this one's fall ends it, and the next begins another.
    hr.lifts(&pass, "dormant").await.created();
    assert_eq!(waits(&hr.approver).await, stopped);
    hr.lifts(&pass, "for_cause").await.created();
    for someone in [&hr.api, &hr.approver, &registrar] {
        assert!(waits(someone).await.is_empty());
    }
    hr.suspends(&pass, "under_inquiry").await.created();
    let again = item("review_due", id, "2026-07-07T07:30:00.000Z", false);
    assert_eq!(waits(&hr.api).await, [again]);
    // What was done at once waits for its second look, however long that takes.
    let confirm = waits(&hr.approver).await;
    assert_eq!(
        (confirm[0].0.as_str(), confirm[0].2.as_str()),
        ("confirmation", "2026-07-01T07:30:00.000Z")
    );
    world.clock.advance(5 * DAY_MS);
    let hr = hr.again().await;
    let late = waits(&hr.approver).await;
    assert_eq!((late.len(), late[0].3), (1, true));
    confirms(&hr.approver, 1).await;
    assert!(waits(&hr.approver).await.is_empty());
    let said = hr.revokes(&pass, "lost").await;
    let shown = format!("/v1/credentials/{}", pass.credential);
    hr.approver.seconds(said, &shown).await.created();
    assert!(waits(&hr.api).await.is_empty());
}

pub async fn an_approval_waits_for_who_may_answer_it(world: World) {
    let a = world.member("Haven A").await;
    let desk = Desk::of(&world, &a).await;
    let hr = &desk.hr;
    let pass = hr.issues().await;
    desk.refuses(&pass.worker, "cargo_access").await;
    hr.suspends(&pass, "advice_negative").await.created();
    let path = format!("/v1/credentials/{}/lifts", pass.credential);
    let asked = hr.api.post(&path, &json!({ "kind": "screening" })).await;
    assert_eq!(asked.status, 202);
    let asked = asked.json();
    let wanted = [item(
        "approval",
        text(&asked, "id"),
        text(&asked, "expires_at"),
        false,
    )];
    assert_eq!(waits(&hr.approver).await, wanted);
    for role in ["screening_approver", "registrar"] {
        let others = waits(&a.person(&world, role).await).await;
        assert!(!others.contains(&wanted[0]), "{role}: {others:?}");
    }
    assert!(waits(&hr.api).await.is_empty());
    world.clock.advance(72 * HOUR_MS - 1);
    assert_eq!(waits(&hr.approver).await, wanted);
    world.clock.advance(1);
    assert!(waits(&hr.approver).await.is_empty());
}

/// A person of a member asks for something, and is not asked to answer it, whichever tool they use.
pub async fn nobody_is_shown_what_they_asked_for_themselves(world: World) {
    let network = world.admin().await;
    let body = json!({ "member": network.member });
    let person = network.api.post("/v1/people", &body).await.created();
    let (one, two) = (
        network.tool(&world, "network_admin", &person).await,
        network.tool(&world, "network_admin", &person).await,
    );
    let other = network.person(&world, "network_admin").await;
    let ban = json!({
        "document": { "kind": "passport", "country": "BEL", "number": "EH123456" }, "reference": "2026/1",
        "starts_at": "2026-03-01T23:00:00Z", "ends_at": "2027-03-01T23:00:00Z",
    });
    assert_eq!(one.post("/v1/bans", &ban).await.status, 202);
    assert_eq!(waits(&other).await.len(), 1);
    for own in [&one, &two] {
        assert!(waits(own).await.is_empty());
    }
}

pub async fn matches_and_bans_wait_for_the_officer_page_by_page(world: World) {
    let network = world.admin().await;
    let register = network.client(&world, &network.member, "register").await;
    let (a, b) = (world.member("Haven A").await, world.member("Haven B").await);
    let (hr_of_a, hr_of_b) = (a.hr(&world).await, b.hr(&world).await);
    let mut passes = Vec::new();
    for number in ["EH123451", "EH123452", "EH123453"] {
        passes.push(hr_of_a.issues_on(number).await);
        let passport = json!({ "kind": "passport", "country": "BEL", "number": number });
        let documents = json!([passport]);
        hr_of_b.registers_with(documents).await.created();
    }
    let ban = json!({
        "document": { "kind": "passport", "country": "BEL", "number": "EH123452" }, "reference": "2026/1",
        "starts_at": "2026-03-01T23:00:00Z", "ends_at": "2027-03-01T23:00:00Z",
    });
    register.post("/v1/bans", &ban).await.created();
    hr_of_a
        .suspends(&passes[0], "under_inquiry")
        .await
        .created();

    let whole = waits(&hr_of_a.api).await;
    let kinds: Vec<&str> = whole.iter().map(|item| item.0.as_str()).collect();
    let wanted = [
        "match_case",
        "match_case",
        "match_case",
        "review_due",
        "ban_arrived",
    ];
    assert_eq!(kinds, wanted);
    assert_eq!(
        whole[4],
        item("ban_arrived", &passes[1].credential, "", false)
    );
    // The other member does not decide, and none of it is about what it issued.
    assert!(waits(&hr_of_b.api).await.is_empty());
    for limit in 1..=4 {
        let mut walked = Vec::new();
        let mut path = format!("/v1/work-items?limit={limit}");
        loop {
            let page = hr_of_a.api.get(&path).await.ok();
            let items = page["items"].as_array().expect("items").clone();
            assert!(!items.is_empty() && items.len() <= limit);
            walked.extend(items.iter().map(|item| text(item, "subject").to_owned()));
            let Some(cursor) = page["next_cursor"].as_str() else {
                break;
            };
            path = format!("/v1/work-items?limit={limit}&cursor={cursor}");
        }
        let subjects: Vec<String> = whole.iter().map(|item| item.1.clone()).collect();
        assert_eq!(walked, subjects, "{limit}");
    }
    let only = hr_of_a
        .api
        .get("/v1/work-items?kind=ban_arrived")
        .await
        .ok();
    assert_eq!(only["items"].as_array().map(Vec::len), Some(1));
    // Of another role's kinds there are none.
    let none = hr_of_a.api.get("/v1/work-items?kind=approval").await.ok();
    assert_eq!(none["items"], json!([]));
    let wrong = hr_of_a.api.get("/v1/work-items?kind=anything").await;
    wrong.refused("malformed_query");

    confirms_the_match(&hr_of_a).await;
    assert_eq!(waits(&hr_of_a.api).await.len(), 4);
    world.clock.advance(14 * DAY_MS);
    assert_eq!(waits(&hr_of_a.api).await.last().unwrap().0, "ban_arrived");
    world.clock.advance(1);
    assert_ne!(waits(&hr_of_a.api).await.last().unwrap().0, "ban_arrived");
}

async fn screened(a: &Admin, world: &World, advice: &str) -> (Api, Api, String, String) {
    let hr = a.hr(world).await;
    let officer = a.person(world, "screening_officer").await;
    let approver = a.person(world, "screening_approver").await;
    let worker = hr.registers("Peeters").await;
    let path = format!("/v1/workers/{worker}/screenings");
    let body = json!({ "function": "cargo_access", "consented_at": "2026-03-02T07:00:00Z" });
    let opened = officer.post(&path, &body).await.created();
    let id = text(&opened, "id").to_owned();
    let path = format!("/v1/screenings/{id}");
    let submissions = format!("{path}/submissions");
    officer.post(&submissions, &json!({})).await.created();
    let body = json!({ "advice": advice, "authority": "namb", "reference": "2026/0042", "date": "2026-03-02" });
    let said = officer.post(&format!("{path}/outcomes"), &body).await;
    approver.seconds(said, &path).await.created();
    (officer, approver, id, worker)
}

pub async fn a_refusal_waits_until_its_term_of_appeal_has_run_out(world: World) {
    let a = world.member("Haven A").await;
    let (officer, approver, id, _) = screened(&a, &world, "negative").await;
    // The last day is Tuesday the 10th of March in Brussels.
    let due = "2026-03-10T23:00:00.000Z";
    let wanted = |overdue| [item("finalisation_due", &id, due, overdue)];
    assert_eq!(waits(&approver).await, wanted(false));
    world
        .clock
        .advance(8 * DAY_MS + 15 * HOUR_MS + HOUR_MS / 2 - 1);
    assert_eq!(waits(&approver).await, wanted(false));
    world.clock.advance(1);
    assert_eq!(waits(&approver).await, wanted(true));
    assert!(waits(&officer).await.is_empty());
    let appeal = json!({ "date": "2026-03-10" });
    let path = format!("/v1/screenings/{id}/appeals");
    let officer = officer.again().await;
    officer.post(&path, &appeal).await.created();
    let appealed = [item("appeal", &id, "", false)];
    assert_eq!(waits(&approver).await, appealed);
    let approver = approver.again().await;
    let path = format!("/v1/screenings/{id}");
    let outcome = json!({ "decision": "dismissed", "authority": "appeal_body", "reference": "B-2026/7", "date": "2026-03-10" });
    let said = approver
        .post(&format!("{path}/appeal-outcomes"), &outcome)
        .await;
    assert_eq!(said.status, 202, "{}", said.text);
    // Who asked for it does not answer it, and it is still not decided.
    assert_eq!(waits(&approver).await, appealed);
}

pub async fn an_exclusion_waits_for_those_who_are_told(world: World) {
    let ports = Ports::of(&world).await;
    shares(&world, true).await;
    records_a_basis(&world, &ports.a).await;
    let (hr_of_a, hr_of_b) = (&ports.hr_of_a, &ports.hr_of_b);
    hr_of_a
        .suspends(&ports.at_a, "under_inquiry")
        .await
        .created();
    let path = hr_of_a.excludes(&ports.at_a, json!({})).await;
    let id = path.rsplit('/').next().expect("an identifier");
    let of_b = async |hr: &Api| {
        let mut found = waits(hr).await;
        found.retain(|item| item.1 == id);
        found
    };
    let told = item("exclusion", id, "2026-03-05T07:30:00.000Z", false);
    assert_eq!(of_b(&hr_of_b.api).await, [told]);
    assert!(of_b(&hr_of_a.api).await.is_empty());
    hr_of_b
        .decides(&path, "adoptions", json!({}))
        .await
        .created();
    assert!(of_b(&hr_of_b.api).await.is_empty());
    let registrar = ports.b.person(&world, "registrar").await;
    let contests = format!("{path}/contests");
    registrar.post(&contests, &json!({})).await.created();
    let contested = item("contest", id, "2026-03-16T07:30:00.000Z", false);
    assert_eq!(of_b(&hr_of_b.api).await, [contested]);
    assert!(of_b(&hr_of_a.api).await.is_empty());
    let upheld = json!({ "outcome": "upheld" });
    hr_of_b
        .decides(&path, "contest-outcomes", upheld)
        .await
        .created();
    assert!(of_b(&hr_of_b.api).await.is_empty());
}

pub async fn a_clearance_is_warned_of_and_then_lapses(world: World) {
    let a = world.member("Haven A").await;
    let (officer, approver, id, worker) = screened(&a, &world, "positive_with_warning").await;
    // The last day is the 2nd of March 2028, of which the clock stands 731 days before.
    let due = "2028-03-02T23:00:00.000Z";
    let within = |officer: &Api| {
        let officer = officer.clone();
        async move {
            let page = officer.again().await.get("/v1/work-items").await.ok();
            page["items"][0]["within_days"].clone()
        }
    };
    let mut gone = 0;
    for (left, wanted) in [
        (181, Value::Null),
        (180, json!(180)),
        (91, json!(180)),
        (90, json!(90)),
        (31, json!(90)),
        (30, json!(30)),
        (0, json!(30)),
    ] {
        world.clock.advance((731 - left - gone) * DAY_MS);
        gone = 731 - left;
        assert_eq!(within(&officer).await, wanted, "{left} days left");
    }
    let last = [item("screening_ends", &id, due, false)];
    assert_eq!(waits(&officer).await, last);
    assert!(waits(&approver).await.is_empty());

    world.clock.advance(DAY_MS);
    let lapsed = [item("screening_lapsed", &id, "", false)];
    let began = std::time::Instant::now();
    while waits(&officer).await != lapsed {
        assert!(began.elapsed().as_secs() < 20, "it lapses by itself");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    // Whoever is asked about anew is no longer waited for, and nobody is for ever.
    world.clock.advance(89 * DAY_MS);
    assert_eq!(waits(&officer).await, lapsed);
    let officer = officer.again().await;
    let path = format!("/v1/workers/{worker}/screenings");
    let body =
        |function: &str| json!({ "function": function, "consented_at": "2028-03-02T07:00:00Z" });
    let other = officer.post(&path, &body("cargo_data")).await;
    other.created();
    assert_eq!(waits(&officer).await, lapsed);
    let anew = officer.post(&path, &body("cargo_access")).await;
    anew.created();
    assert!(waits(&officer).await.is_empty());
}
