//! A port acts for cause against somebody, and the other ports that issued to the same person are told, where the law lets it;
//! each of them answers with two people.

use serde_json::{Value, json};

use super::bans::confirms_the_match;
use crate::support::World;
use crate::support::actors::{Admin, Api, Hr, Pass};
use crate::support::world::text;

const HOUR_MS: i64 = 60 * 60 * 1_000;

/// Two ports that issued to one person, and know that they did.
pub struct Ports {
    pub a: Admin,
    pub b: Admin,
    pub hr_of_a: Hr,
    pub hr_of_b: Hr,
    /// The person's, at A and at B.
    pub at_a: Pass,
    pub at_b: Pass,
}

impl Ports {
    pub async fn of(world: &World) -> Self {
        let (a, b) = (world.member("Haven A").await, world.member("Haven B").await);
        let (hr_of_a, hr_of_b) = (a.hr(world).await, b.hr(world).await);
        let at_a = hr_of_a.issues_on("EH123456").await;
        let passport = json!({ "kind": "passport", "country": "BEL", "number": "EH123456" });
        let worker = hr_of_b.registers_with(json!([passport])).await.created();
        confirms_the_match(&hr_of_a).await;
        let at_b = hr_of_b.issues_to_worker(text(&worker, "id")).await;
        Self {
            a,
            b,
            hr_of_a,
            hr_of_b,
            at_a,
            at_b,
        }
    }
}

/// Switches what is held for cause to be shared, or not, by two administrators.
pub async fn shares(world: &World, on: bool) {
    let [first, second] = world.network_admins().await;
    let asked = first
        .post("/v1/settings", &json!({ "share_for_cause": on }))
        .await;
    assert_eq!(asked.status, 202);
    let set = second.seconds(asked, "/v1/settings").await.created();
    assert_eq!(set["share_for_cause"], json!(on));
}

/// The member's registrar records a legal basis.
pub async fn records_a_basis(world: &World, member: &Admin) -> Api {
    let registrar = member.person(world, "registrar").await;
    let path = format!("/v1/members/{}/legal-bases", member.member);
    let basis = json!({ "reference": "GBA-2026/7", "date": "2026-02-01" });
    registrar.post(&path, &basis).await.created();
    registrar
}

async fn referrals(api: &Api, query: &str) -> Vec<Value> {
    let page = api.get(&format!("/v1/referrals{query}")).await.ok();
    page["items"].as_array().expect("items").clone()
}

async fn the_referral(api: &Api, query: &str) -> Value {
    let mut found = referrals(api, query).await;
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

pub async fn nothing_leaves_a_member_without_the_switch_and_a_legal_basis(world: World) {
    let ports = Ports::of(&world).await;
    let Ports {
        a,
        hr_of_a,
        hr_of_b,
        at_a,
        at_b,
        ..
    } = &ports;
    let settings = hr_of_a.api.get("/v1/settings").await.ok();
    assert_eq!(
        settings,
        json!({ "share_for_cause": false, "validity_years": 5, "recheck_years": 2, "seq": 0 })
    );
    // Neither, the switch alone, the basis alone.
    hr_of_a.suspends(at_a, "under_inquiry").await.created();
    let draft = the_referral(&hr_of_a.api, "").await;
    assert_eq!(
        (&draft["state"], &draft["side"], &draft["worker"]),
        (&json!("draft"), &json!("sent"), &json!(at_a.worker))
    );
    assert!(draft["other_member"].is_null() && draft["due_at"].is_null());
    assert!(referrals(&hr_of_b.api, "").await.is_empty());
    let path = format!("/v1/referrals/{}", text(&draft, "id"));
    hr_of_b.api.get(&path).await.refused("not_found");
    let dispatches = format!("{path}/dispatches");
    hr_of_b
        .api
        .post(&dispatches, &json!({}))
        .await
        .refused("not_found");
    let barred = async || {
        let said = hr_of_a.api.post(&dispatches, &json!({})).await;
        said.refused("sharing_barred");
        assert!(referrals(&hr_of_b.api, "").await.is_empty());
    };
    barred().await;
    shares(&world, true).await;
    barred().await;
    shares(&world, false).await;
    let registrar = records_a_basis(&world, a).await;
    barred().await;
    shares(&world, true).await;
    let bases = format!("/v1/members/{}/legal-bases", a.member);
    let ended = registrar
        .post(&format!("{bases}/ends"), &json!({}))
        .await
        .created();
    assert!(ended["legal_basis"].is_null());
    barred().await;

    // The administrators of the network cannot put a basis there, nor take it away by the way.
    let basis = json!({ "reference": "GBA-2026/7", "date": "2026-02-01" });
    let network = world.admin().await;
    network.api.post(&bases, &basis).await.refused("forbidden");
    let recorded = registrar.post(&bases, &basis).await.created();
    assert_eq!(recorded["legal_basis"], basis);
    let member = format!("/v1/members/{}", a.member);
    let etag = network.api.get(&member).await.etag();
    let body = json!({ "name": "Haven A bis", "kind": "port_authority" });
    let changed = network.api.put(&member, &etag, &body).await.ok();
    assert_eq!(changed["legal_basis"], basis);

    // Now it may leave: B hears that A acted, for which reason, and nothing else.
    let sent = hr_of_a.api.post(&dispatches, &json!({})).await.created();
    assert_eq!(sent["state"], "sent");
    hr_of_a
        .api
        .post(&dispatches, &json!({}))
        .await
        .refused("referral_state");
    let received = the_referral(&hr_of_b.api, "").await;
    assert_eq!(
        (&received["state"], &received["side"], &received["worker"]),
        (&json!("open"), &json!("received"), &json!(at_b.worker))
    );
    assert_eq!(
        (
            &received["class"],
            &received["reason"],
            &received["other_member"]
        ),
        (
            &json!("for_cause"),
            &json!("under_inquiry"),
            &json!(a.member)
        )
    );
    for hidden in [&at_a.worker, &at_a.credential] {
        assert!(!received.to_string().contains(hidden.as_str()));
    }
    assert_eq!(
        hr_of_b.sees(at_b).await.0,
        "active",
        "by itself it does nothing"
    );
    let outsider = world.member("Haven C").await.hr(&world).await;
    assert!(referrals(&outsider.api, "").await.is_empty());
}

pub async fn what_b_adopts_with_two_people_suspends(world: World) {
    let ports = Ports::of(&world).await;
    let Ports {
        a,
        b,
        hr_of_a,
        hr_of_b,
        at_a,
        at_b,
    } = &ports;
    shares(&world, true).await;
    records_a_basis(&world, a).await;
    // An end without fault and a lost badge are nobody else's business.
    let other = hr_of_a.issues_to_worker(&at_a.worker).await;
    hr_of_a.revokes(&other, "lost").await.created();
    assert!(referrals(&hr_of_b.api, "").await.is_empty());
    hr_of_a.suspends(at_a, "lent_or_shared").await.created();
    let received = the_referral(&hr_of_b.api, "?state=open").await;
    let path = format!("/v1/referrals/{}", text(&received, "id"));
    let adoptions = format!("{path}/adoptions");
    for (api, code) in [
        (&hr_of_a.api, "not_found"),
        (&hr_of_b.approver, "forbidden"),
        (&b.person(&world, "registrar").await, "forbidden"),
    ] {
        api.post(&adoptions, &json!({})).await.refused(code);
    }
    let asked = hr_of_b.api.post(&adoptions, &json!({})).await;
    assert_eq!(asked.status, 202);
    assert_eq!(hr_of_b.sees(at_b).await.0, "active");
    let adopted = hr_of_b.approver.seconds(asked, &path).await.created();
    assert_eq!(adopted["state"], "adopted");
    assert_eq!(hr_of_b.sees(at_b).await.1, json!(["for_cause"]));
    // It goes no further from there, and is answered once.
    assert!(referrals(&hr_of_a.api, "?state=open").await.is_empty());
    assert_eq!(referrals(&hr_of_a.api, "").await.len(), 1);
    let declines = format!("{path}/declines");
    let ground = json!({ "ground": "not_proportionate" });
    hr_of_b
        .api
        .post(&declines, &ground)
        .await
        .refused("referral_state");
}

pub async fn what_b_declines_has_a_ground_and_changes_nothing(world: World) {
    let ports = Ports::of(&world).await;
    let Ports {
        a,
        hr_of_a,
        hr_of_b,
        at_a,
        at_b,
        ..
    } = &ports;
    shares(&world, true).await;
    records_a_basis(&world, a).await;
    let revocation = hr_of_a.revokes(at_a, "access_rule_breach").await;
    let suspended = hr_of_a.sees(at_a).await.0;
    assert_ne!(suspended, "active");
    let received = the_referral(&hr_of_b.api, "?state=open").await;
    let path = format!("/v1/referrals/{}", text(&received, "id"));
    let declines = format!("{path}/declines");
    let refused = hr_of_b
        .api
        .post(&declines, &json!({ "ground": "I do not like it" }))
        .await;
    assert!(refused.status == 422 || refused.status == 400);
    let ground = json!({ "ground": "not_proportionate" });
    let asked = hr_of_b.api.post(&declines, &ground).await;
    let declined = hr_of_b.approver.seconds(asked, &path).await.created();
    assert_eq!(
        (&declined["state"], &declined["ground"]),
        (&json!("declined"), &json!("not_proportionate"))
    );
    assert_eq!(hr_of_b.sees(at_b).await.0, "active");

    // When two of A have revoked it, that is news.
    let shown = format!("/v1/credentials/{}", at_a.credential);
    hr_of_a.approver.seconds(revocation, &shown).await.created();
    let again = the_referral(&hr_of_b.api, "?state=open").await;
    assert_eq!(again["reason"], "access_rule_breach");
    assert_eq!(hr_of_b.api.get(&path).await.ok()["state"], "declined");
}

pub async fn what_is_not_answered_in_three_days_is_overdue(world: World) {
    let ports = Ports::of(&world).await;
    let Ports {
        a,
        hr_of_a,
        hr_of_b,
        at_a,
        ..
    } = &ports;
    shares(&world, true).await;
    records_a_basis(&world, a).await;
    hr_of_a.suspends(at_a, "lent_or_shared").await.created();
    let received = the_referral(&hr_of_b.api, "").await;
    assert_eq!(received["due_at"], "2026-03-05T07:30:00.000Z");
    world.clock.advance(72 * HOUR_MS - 1);
    let hr_of_b = hr_of_b.again().await;
    assert!(referrals(&hr_of_b.api, "?state=overdue").await.is_empty());
    world.clock.advance(1);
    let overdue = the_referral(&hr_of_b.api, "?state=overdue").await;
    assert_eq!(
        (&overdue["overdue"], &overdue["state"]),
        (&json!(true), &json!("open"))
    );
    hr_of_b
        .api
        .get("/v1/referrals?state=late")
        .await
        .refused("malformed_query");
    // It can still be answered.
    let path = format!("/v1/referrals/{}", text(&overdue, "id"));
    let asked = hr_of_b
        .api
        .post(&format!("{path}/adoptions"), &json!({}))
        .await;
    hr_of_b.approver.seconds(asked, &path).await.created();
    assert!(referrals(&hr_of_b.api, "?state=overdue").await.is_empty());
}

pub async fn a_referral_falls_with_its_ground(world: World) {
    let ports = Ports::of(&world).await;
    let Ports {
        a,
        hr_of_a,
        hr_of_b,
        at_a,
        ..
    } = &ports;
    shares(&world, true).await;
    records_a_basis(&world, a).await;
    hr_of_a.suspends(at_a, "under_inquiry").await.created();
    let received = the_referral(&hr_of_b.api, "?state=open").await;
    let path = format!("/v1/referrals/{}", text(&received, "id"));
    let asked = hr_of_b
        .api
        .post(&format!("{path}/adoptions"), &json!({}))
        .await
        .is(202);
    hr_of_a.lifts(at_a, "for_cause").await.created();
    assert_eq!(hr_of_b.api.get(&path).await.ok()["state"], "fallen");
    // What was asked for before is not granted any more.
    let grants = format!("/v1/approvals/{}/grants", text(&asked, "id"));
    let content = json!({ "content": asked["content"] });
    hr_of_b
        .approver
        .post(&grants, &content)
        .await
        .refused("changed");

    // Where the switch is off by the time, nobody adopts.
    hr_of_a.suspends(at_a, "under_inquiry").await.created();
    let received = the_referral(&hr_of_b.api, "?state=open").await;
    shares(&world, false).await;
    let adoptions = format!("/v1/referrals/{}/adoptions", text(&received, "id"));
    hr_of_b
        .api
        .post(&adoptions, &json!({}))
        .await
        .refused("sharing_barred");
}

pub async fn the_network_is_switched_by_two(world: World) {
    let network = world.admin().await;
    let [first, second] = world.network_admins().await;
    let on = json!({ "share_for_cause": true });
    let asked = first.post("/v1/settings", &on).await.is(202);
    let grants = format!("/v1/approvals/{}/grants", text(&asked, "id"));
    let content = json!({ "content": asked["content"] });
    first.post(&grants, &content).await.refused("wrong_person");
    // The first administrator's tool is nobody's.
    network
        .api
        .post(&grants, &content)
        .await
        .refused("wrong_person");
    let show = "/v1/settings";
    assert_eq!(first.get(show).await.ok()["share_for_cause"], false);
    let a = world.member("Haven A").await;
    a.api.post(show, &on).await.refused("forbidden");
    shares(&world, true).await;
    // What was asked for before the last change is asked for anew.
    second.post(&grants, &content).await.refused("changed");
    first.post(show, &on).await.refused("conflict");
}
