//! A port keeps somebody out for cause, and the others that know the person do so too where they decide it with two people:
//! where it says, until it says, and no longer than its ground stands.

use serde_json::{Value, json};

use super::bans::{comes_to, confirms_the_match};
use super::referrals::{Ports, records_a_basis, shares};
use crate::support::World;
use crate::support::actors::{Api, GateActor, Hr, Pass, Said};
use crate::support::world::text;

const HOUR_MS: i64 = 60 * 60 * 1_000;
const IN_A_YEAR: &str = "2027-03-01T00:00:00Z";

impl Hr {
    /// Proposes, with a second person, to keep out the person with this pass. Answers the path of the exclusion.
    pub async fn excludes(&self, pass: &Pass, more: Value) -> String {
        let mut body = json!({ "credential": pass.credential, "ends_at": IN_A_YEAR });
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().cloned().unwrap_or_default());
        let asked = self.api.post("/v1/exclusions", &body).await;
        assert_eq!(asked.status, 202, "{}", asked.text);
        self.approver
            .seconds(asked, "/v1/exclusions")
            .await
            .created();
        let page = self.api.get("/v1/exclusions?limit=200").await.ok();
        let found = page["items"].as_array().expect("items").iter();
        let mut found = found.filter(|one| one["credential"] == pass.credential.as_str());
        format!(
            "/v1/exclusions/{}",
            text(found.next_back().expect("it is there"), "id")
        )
    }

    /// Does something about an exclusion, with a second person.
    pub async fn decides(&self, exclusion: &str, how: &str, body: Value) -> Said {
        let said = self.api.post(&format!("{exclusion}/{how}"), &body).await;
        self.approver.seconds(said, exclusion).await
    }
}

async fn state(api: &Api, exclusion: &str) -> String {
    text(&api.get(exclusion).await.ok(), "state").to_owned()
}

/// Two ports with a person that A suspended for cause, in a network that shares.
async fn at_odds(world: &World) -> Ports {
    let ports = Ports::of(world).await;
    shares(world, true).await;
    records_a_basis(world, &ports.a).await;
    ports
        .hr_of_a
        .suspends(&ports.at_a, "under_inquiry")
        .await
        .created();
    ports
}

pub async fn what_a_excludes_holds_at_a_and_leaves_it_only_where_it_may(world: World) {
    let ports = Ports::of(&world).await;
    let Ports {
        a,
        hr_of_a,
        hr_of_b,
        at_a,
        at_b,
        ..
    } = &ports;
    // It takes a cause, and two people.
    let body = json!({ "credential": at_a.credential, "ends_at": IN_A_YEAR });
    let refused = hr_of_a.api.post("/v1/exclusions", &body).await;
    let problem = refused.refused("invalid");
    assert_eq!(problem["errors"][0]["code"], "no_ground");
    let second = hr_of_a.issues_to_worker(&at_a.worker).await;
    hr_of_a.suspends(at_a, "lent_or_shared").await.created();
    let asked = hr_of_a.api.post("/v1/exclusions", &body).await;
    assert_eq!(asked.status, 202);
    assert_eq!(hr_of_a.sees(&second).await.0, "active");
    hr_of_a
        .approver
        .seconds(asked, "/v1/exclusions")
        .await
        .created();

    // It holds at A with the grant: on every card of the person, and for new ones.
    assert_eq!(
        hr_of_a.sees(at_a).await.1,
        json!(["for_cause", "exclusion"])
    );
    assert_eq!(hr_of_a.sees(&second).await.1, json!(["exclusion"]));
    let (said, _) = hr_of_a.tries_to_issue_to(&at_a.worker).await;
    said.refused("exclusion_holds");
    hr_of_a
        .lifts(&second, "exclusion")
        .await
        .refused("exclusion_holds");
    let draft = hr_of_a.api.get("/v1/exclusions").await.ok()["items"][0].clone();
    assert_eq!(draft["state"], "draft");
    let path = format!("/v1/exclusions/{}", text(&draft, "id"));

    // B hears nothing of it, neither with the switch alone nor with the basis alone.
    let publications = format!("{path}/publications");
    let unheard = async || {
        hr_of_b.api.get(&path).await.refused("not_found");
        let page = hr_of_b.api.get("/v1/exclusions").await.ok();
        assert_eq!(page["items"], json!([]));
        hr_of_a
            .api
            .post(&publications, &json!({}))
            .await
            .refused("sharing_barred");
    };
    unheard().await;
    shares(&world, true).await;
    unheard().await;
    shares(&world, false).await;
    records_a_basis(&world, a).await;
    unheard().await;
    shares(&world, true).await;
    hr_of_b
        .api
        .post(&publications, &json!({}))
        .await
        .refused("not_found");
    let published = hr_of_a.api.post(&publications, &json!({})).await.created();
    assert_eq!(published["state"], "proposed");
    assert_eq!(published["answers"][0]["answer"], "asked");
    let told = hr_of_b.api.get(&path).await.ok();
    assert_eq!(
        (&told["answer"], &told["worker"], &told["class"]),
        (&json!("asked"), &json!(at_b.worker), &json!("for_cause"))
    );
    assert_eq!(told["due_at"], "2026-03-05T07:30:00.000Z");
    for hidden in [&at_a.worker, &at_a.credential] {
        assert!(!told.to_string().contains(hidden.as_str()));
    }
    assert_eq!(hr_of_b.sees(at_b).await.0, "active", "told is not adopted");
    let outsider = world.member("Haven C").await.hr(&world).await;
    outsider.api.get(&path).await.refused("not_found");
}

pub async fn what_b_adopts_holds_at_b_and_is_lifted_exactly(world: World) {
    let ports = at_odds(&world).await;
    let Ports {
        b,
        hr_of_a,
        hr_of_b,
        at_a,
        at_b,
        ..
    } = &ports;
    let gate = b.gate(&world, &[&hr_of_b.card_system]).await;
    let inquired = hr_of_b.issues_to_worker(&at_b.worker).await;
    hr_of_b.suspends(&inquired, "under_inquiry").await.created();
    let path = hr_of_a.excludes(at_a, json!({})).await;
    let asked = hr_of_b
        .api
        .post(&format!("{path}/adoptions"), &json!({}))
        .await;
    assert_eq!(asked.status, 202);
    comes_to(&gate, at_b, "permit").await;
    let adopted = hr_of_b.approver.seconds(asked, &path).await.created();
    assert_eq!(adopted["answer"], "adopted");
    assert_eq!(
        crate::support::actors::verdict(&gate.asks_about(at_b).await),
        ("deny", "not_valid")
    );
    assert_eq!(hr_of_b.sees(at_b).await.1, json!(["exclusion"]));
    assert_eq!(
        hr_of_b.sees(&inquired).await.1,
        json!(["for_cause", "exclusion"])
    );
    let (said, _) = hr_of_b.tries_to_issue_to(&at_b.worker).await;
    said.refused("exclusion_holds");
    hr_of_b
        .decides(&path, "adoptions", json!({}))
        .await
        .refused("exclusion_state");
    // By a file neither.
    let engagements = format!("/v1/workers/{}/engagements", at_b.worker);
    let engagement = json!({ "employer": "Stuwadoor Noord", "staff_number": "S-7" });
    hr_of_b.api.post(&engagements, &engagement).await.created();
    let file = "family name,given names,employer,staff number,card number,valid until\n\
        Verhoeven,Jan,Stuwadoor Noord,S-7,8812345,2027-03-01\n\
        Claes,Piet,Stuwadoor Noord,S-8,8812346,2027-03-01\n";
    let query = format!(
        "purpose=credentials&card_system={}&default_format=number",
        hr_of_b.card_system
    );
    let checked = hr_of_b.brings(&query, file.into()).await.created();
    assert!(checked["rows"].to_string().contains("exclusion_holds"));

    // Two of A take it back: everything that it did is lifted, at both, and B's own inquiry stays.
    hr_of_b
        .decides(&path, "lifts", json!({}))
        .await
        .refused("forbidden");
    let lifted = hr_of_a.decides(&path, "lifts", json!({})).await.created();
    assert_eq!(
        (&lifted["state"], &lifted["lifted"]),
        (&json!("lifted"), &json!("taken_back"))
    );
    assert_eq!(hr_of_b.sees(at_b).await.0, "active");
    assert_eq!(hr_of_b.sees(&inquired).await.1, json!(["for_cause"]));
    assert_eq!(hr_of_a.sees(at_a).await.1, json!(["for_cause"]));
    let (said, _) = hr_of_b.tries_to_issue_to(&at_b.worker).await;
    said.refused("inquiry_stands");
    hr_of_b.lifts(&inquired, "for_cause").await.created();
    hr_of_b.issues_to_worker(&at_b.worker).await;
}

pub async fn an_exclusion_keeps_from_where_it_says_and_from_nowhere_else(world: World) {
    let a = world.member("Haven A").await;
    let hr = a.hr(&world).await;
    let (near, far) = (a.facility(json!({})).await, a.facility(json!({})).await);
    let zone = json!({ "facility": near, "name": "Loods 1" });
    let zone = a.api.post("/v1/zones", &zone).await.created();
    let everywhere = hr.issues_on("EH123456").await;
    let issue = async |scope: Value| {
        let number = crate::support::actors::new_key().replace("key-", "68000");
        let card = json!({ "card_system": hr.card_system, "format": "number", "value": number });
        let body = json!({
            "worker": everywhere.worker, "valid_until": "2027-03-02T00:00:00Z", "scope": scope,
            "badges": [{ "medium": "card", "cards": [card] }],
        });
        hr.api.post("/v1/credentials", &body).await
    };
    let pass = |said: Said| Pass {
        worker: everywhere.worker.clone(),
        credential: text(&said.created(), "id").to_owned(),
        number: String::new(),
    };
    let only_far = pass(issue(json!({ "facilities": [far] })).await);
    let by_zone = pass(issue(json!({ "zones": [zone["id"]] })).await);
    hr.suspends(&everywhere, "under_inquiry").await.created();
    let path = hr
        .excludes(&everywhere, json!({ "facilities": [near] }))
        .await;
    assert_eq!(hr.api.get(&path).await.ok()["facilities"], json!([near]));
    assert_eq!(hr.sees(&only_far).await.0, "active");
    assert_eq!(hr.sees(&by_zone).await.1, json!(["exclusion"]));
    assert_eq!(
        hr.sees(&everywhere).await.1,
        json!(["for_cause", "exclusion"])
    );
    // The inquiry comes to something; what it was a ground for stays.
    let said = hr.revokes(&everywhere, "lent_or_shared").await;
    hr.approver.seconds(said, &path).await.created();
    for (scope, may) in [
        (json!({}), false),
        (json!({ "facilities": [near, far] }), false),
        (json!({ "zones": [zone["id"]] }), false),
        (json!({ "facilities": [far] }), true),
    ] {
        let said = issue(scope).await;
        match may {
            // Who lost one for cause is granted another by a second person.
            true => {
                let problem = said.refused("invalid");
                assert_eq!(problem["errors"][0]["pointer"], "/badges", "{problem}");
            }
            false => drop(said.refused("exclusion_holds")),
        }
    }
}

pub async fn an_exclusion_ends_by_itself(world: World) {
    let ports = at_odds(&world).await;
    let Ports {
        b,
        hr_of_a,
        hr_of_b,
        at_a,
        at_b,
        ..
    } = &ports;
    let gate = b.gate(&world, &[&hr_of_b.card_system]).await;
    let ends_at = json!({ "ends_at": "2026-03-02T08:30:00Z" });
    let path = hr_of_a.excludes(at_a, ends_at).await;
    hr_of_b
        .decides(&path, "adoptions", json!({}))
        .await
        .created();
    world.clock.advance(HOUR_MS - 1);
    tokio::time::sleep(std::time::Duration::from_millis(1_500)).await;
    let gate = GateActor {
        api: gate.api.again().await,
        ..gate
    };
    comes_to(&gate, at_b, "deny").await;
    world.clock.advance(1);
    comes_to(&gate, at_b, "permit").await;
    let hr_of_a = hr_of_a.again().await;
    let shown = hr_of_a.api.get(&path).await.ok();
    assert_eq!(
        (&shown["state"], &shown["lifted"]),
        (&json!("lifted"), &json!("ended"))
    );
    assert_eq!(hr_of_a.sees(at_a).await.1, json!(["for_cause"]));
}

pub async fn an_exclusion_falls_with_its_ground(world: World) {
    let ports = at_odds(&world).await;
    let Ports {
        hr_of_a,
        hr_of_b,
        at_a,
        at_b,
        ..
    } = &ports;
    let path = hr_of_a.excludes(at_a, json!({})).await;
    hr_of_b
        .decides(&path, "adoptions", json!({}))
        .await
        .created();
    hr_of_a.lifts(at_a, "for_cause").await.created();
    let shown = hr_of_b.api.get(&path).await.ok();
    assert_eq!(
        (&shown["state"], &shown["lifted"]),
        (&json!("lifted"), &json!("ground_fell"))
    );
    for (hr, pass) in [(hr_of_a, at_a), (hr_of_b, at_b)] {
        assert_eq!(hr.sees(pass).await.0, "active");
    }
}

pub async fn a_contest_is_decided_by_two_of_another_member(world: World) {
    let ports = at_odds(&world).await;
    let Ports {
        b,
        hr_of_a,
        hr_of_b,
        at_a,
        at_b,
        ..
    } = &ports;
    let path = hr_of_a.excludes(at_a, json!({})).await;
    hr_of_b
        .decides(&path, "adoptions", json!({}))
        .await
        .created();
    let upheld = json!({ "outcome": "upheld" });
    hr_of_b
        .decides(&path, "contest-outcomes", upheld.clone())
        .await
        .refused("exclusion_state");
    let contests = format!("{path}/contests");
    let registrar = b.person(&world, "registrar").await;
    hr_of_b
        .api
        .post(&contests, &json!({}))
        .await
        .refused("forbidden");
    let contested = registrar.post(&contests, &json!({})).await.created();
    assert_eq!(
        (&contested["state"], &contested["due_at"]),
        (&json!("contested"), &json!("2026-03-16T07:30:00.000Z"))
    );
    // It keeps its effect, and who proposed it does not decide.
    assert_eq!(hr_of_b.sees(at_b).await.1, json!(["exclusion"]));
    hr_of_a
        .decides(&path, "contest-outcomes", upheld.clone())
        .await
        .refused("wrong_person");
    hr_of_b
        .decides(&path, "contest-outcomes", upheld)
        .await
        .created();
    assert_eq!(state(&hr_of_a.api, &path).await, "proposed");
    assert_eq!(hr_of_b.sees(at_b).await.1, json!(["exclusion"]));
    registrar.post(&contests, &json!({})).await.created();
    hr_of_b
        .decides(&path, "contest-outcomes", json!({ "outcome": "lifted" }))
        .await
        .created();
    let shown = hr_of_a.api.get(&path).await.ok();
    assert_eq!(
        (&shown["state"], &shown["lifted"]),
        (&json!("lifted"), &json!("contest"))
    );
    assert_eq!(hr_of_b.sees(at_b).await.0, "active");
}

pub async fn who_is_known_later_is_told_later(world: World) {
    let ports = at_odds(&world).await;
    let path = ports.hr_of_a.excludes(&ports.at_a, json!({})).await;
    let hr_of_c = world.member("Haven C").await.hr(&world).await;
    let passport = json!({ "kind": "passport", "country": "BEL", "number": "EH123456" });
    let worker = hr_of_c.registers_with(json!([passport])).await.created();
    hr_of_c.api.get(&path).await.refused("not_found");
    // Both A's record and B's bear the passport, and each says that it is the same person.
    confirms_the_match(&ports.hr_of_a).await;
    confirms_the_match(&ports.hr_of_b).await;
    let told = hr_of_c.api.get(&path).await.ok();
    assert_eq!(
        (&told["answer"], &told["worker"]),
        (&json!("asked"), &worker["id"])
    );
    let pass = hr_of_c.issues_to_worker(text(&worker, "id")).await;
    hr_of_c
        .decides(&path, "adoptions", json!({}))
        .await
        .created();
    assert_eq!(hr_of_c.sees(&pass).await.1, json!(["exclusion"]));
    // A second record of the person at B is caught with the match, as B has adopted it.
    ports
        .hr_of_b
        .decides(&path, "adoptions", json!({}))
        .await
        .created();
    let other = ports.hr_of_b.issues_on("ZZ555555").await;
    let at = format!("/v1/workers/{}", other.worker);
    let etag = ports.hr_of_b.api.get(&at).await.etag();
    let with = json!({ "family_name": "Verhoeven", "given_names": "Jan", "documents": [passport] });
    ports.hr_of_b.api.put(&at, &etag, &with).await.ok();
    assert_eq!(ports.hr_of_b.sees(&other).await.0, "active");
    confirms_the_match(&ports.hr_of_a).await;
    assert_eq!(ports.hr_of_b.sees(&other).await.1, json!(["exclusion"]));
}

pub async fn where_nothing_may_leave_any_more_nobody_else_is_told(world: World) {
    let ports = at_odds(&world).await;
    let path = ports.hr_of_a.excludes(&ports.at_a, json!({})).await;
    assert_eq!(state(&ports.hr_of_b.api, &path).await, "proposed");
    shares(&world, false).await;
    let hr_of_c = world.member("Haven C").await.hr(&world).await;
    let passport = json!({ "kind": "passport", "country": "BEL", "number": "EH123456" });
    hr_of_c.registers_with(json!([passport])).await.created();
    confirms_the_match(&ports.hr_of_a).await;
    confirms_the_match(&ports.hr_of_b).await;
    hr_of_c.api.get(&path).await.refused("not_found");
    let work = hr_of_c.api.get("/v1/work-items").await.ok();
    assert_eq!(work["items"], json!([]));
}

/// What each side may do with an exclusion in each state, by hand: of A, which proposed it, and of B, which was told. What is
/// not there is refused with `exclusion_state`. Whoever may not at all stands in the golden text of permissions.
const BY_HAND: [(&str, &[&str], &[&str]); 4] = [
    ("draft", &["publications", "lifts"], &[]),
    (
        "proposed",
        &["contests", "lifts"],
        &["adoptions", "declines", "contests"],
    ),
    (
        "contested",
        &["lifts"],
        &["adoptions", "declines", "contest-outcomes"],
    ),
    ("lifted", &[], &[]),
];

pub async fn every_state_takes_what_the_list_says(world: World) {
    let ports = at_odds(&world).await;
    let (hr_of_a, hr_of_b) = (&ports.hr_of_a, &ports.hr_of_b);
    let of_a = ports.a.person(&world, "registrar").await;
    let of_b = ports.b.person(&world, "registrar").await;
    let bases = format!("/v1/members/{}/legal-bases", ports.a.member);
    let basis = json!({ "reference": "GBA-2026/7", "date": "2026-02-01" });
    hr_of_a.lifts(&ports.at_a, "for_cause").await.created();
    let mut cells = 0;
    for (wanted, by_a, by_b) in BY_HAND {
        for (how, body) in [
            ("publications", json!({})),
            ("adoptions", json!({})),
            ("declines", json!({ "ground": "not_proportionate" })),
            ("contests", json!({})),
            ("contest-outcomes", json!({ "outcome": "upheld" })),
            ("lifts", json!({})),
        ] {
            for (hr, registrar, may) in [(hr_of_a, &of_a, by_a), (hr_of_b, &of_b, by_b)] {
                // A new one, brought into this state.
                let pass = hr_of_a
                    .issues_with(json!({ "worker": ports.at_a.worker }))
                    .await;
                let said = hr_of_a.suspends(&pass, "under_inquiry").await;
                let shown = format!("/v1/credentials/{}", pass.credential);
                hr_of_a.approver.seconds(said, &shown).await.created();
                if wanted == "draft" {
                    of_a.post(&format!("{bases}/ends"), &json!({}))
                        .await
                        .created();
                }
                let path = hr_of_a.excludes(&pass, json!({})).await;
                of_a.post(&bases, &basis).await.created();
                match wanted {
                    "contested" => {
                        of_b.post(&format!("{path}/contests"), &json!({}))
                            .await
                            .created();
                    }
                    "lifted" => {
                        hr_of_a.decides(&path, "lifts", json!({})).await.created();
                    }
                    _ => {}
                }
                assert_eq!(state(&hr_of_a.api, &path).await, wanted);
                let api = if how == "contests" {
                    registrar
                } else {
                    &hr.api
                };
                let said = api.post(&format!("{path}/{how}"), &body).await;
                let cell = format!("{wanted} {how}: {}", said.text);
                if may.contains(&how) {
                    assert!(said.status.is_success(), "{cell}");
                } else {
                    assert!(said.status.is_client_error(), "{cell}");
                }
                cells += 1;
                // The next one begins without it.
                let of_ground = format!("/v1/credentials/{}/lifts", pass.credential);
                let body = json!({ "kind": "for_cause" });
                let said = hr_of_a.api.post(&of_ground, &body).await;
                hr_of_a.approver.seconds(said, &path).await.created();
                assert_eq!(state(&hr_of_a.api, &path).await, "lifted");
            }
        }
    }
    assert_eq!(cells, 4 * 6 * 2);
}

pub async fn an_exclusion_that_cannot_be_meant_is_refused_with_its_field(world: World) {
    let a = world.member("Haven A").await;
    let hr = a.hr(&world).await;
    let pass = hr.issues().await;
    hr.suspends(&pass, "under_inquiry").await.created();
    let other = world
        .member("Haven B")
        .await
        .hr(&world)
        .await
        .issues()
        .await;
    let good = json!({ "credential": pass.credential, "ends_at": IN_A_YEAR });
    for (field, value, pointer, code) in [
        ("ends_at", json!("2026-03-02T07:30:00Z"), "/ends_at", "past"),
        (
            "ends_at",
            json!("2031-03-05T00:00:00Z"),
            "/ends_at",
            "too_long",
        ),
        (
            "credential",
            json!(other.credential),
            "/credential",
            "not_found",
        ),
        (
            "facilities",
            json!(["fac_00000000000070008000000000000000"]),
            "/facilities/0",
            "not_found",
        ),
    ] {
        let mut body = good.clone();
        body[field] = value;
        let problem = hr
            .api
            .post("/v1/exclusions", &body)
            .await
            .refused("invalid");
        let error = &problem["errors"][0];
        assert_eq!(
            (&error["pointer"], &error["code"]),
            (&json!(pointer), &json!(code))
        );
    }
    hr.excludes(&pass, json!({})).await;
    hr.api
        .post("/v1/exclusions", &good)
        .await
        .refused("conflict");
}
