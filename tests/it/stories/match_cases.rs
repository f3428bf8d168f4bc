//! One person is one worker in the network: a second record with the same document is noticed, and nothing is issued to it
//! before somebody has said who it is.

use std::collections::BTreeSet;

use portcullis::domain::ids::WorkerId;
use portcullis::domain::match_case::SAME_PERSON_MAX;
use portcullis::store::match_cases::same_person;
use serde_json::{Value, json};

use crate::support::World;
use crate::support::actors::{Api, Hr, Said, new_key};
use crate::support::world::text;

fn passport(number: &str) -> Value {
    json!({ "kind": "passport", "country": "BEL", "number": number })
}

fn jan(documents: Value) -> Value {
    json!({ "family_name": "Verhoeven", "given_names": "Jan", "birth_date": "1984-02-29", "documents": documents })
}

impl Hr {
    /// Registers Jan with these documents.
    async fn registers_jan(&self, documents: Value) -> String {
        let said = self.api.post("/v1/workers", &jan(documents)).await;
        text(&said.created(), "id").to_owned()
    }

    /// Gives Jan other documents.
    async fn amends_jan(&self, worker: &str, documents: Value) {
        let path = format!("/v1/workers/{worker}");
        let etag = self.api.get(&path).await.etag();
        self.api.put(&path, &etag, &jan(documents)).await.ok();
    }

    async fn tries_to_amend_jan(&self, worker: &str, documents: Value) -> Said {
        let path = format!("/v1/workers/{worker}");
        let etag = self.api.get(&path).await.etag();
        self.api.put(&path, &etag, &jan(documents)).await
    }

    async fn issues_to(&self, worker: &str) -> Said {
        let number = new_key().replace("key-", "88000");
        let card = json!({ "card_system": self.card_system, "format": "number", "value": number });
        let body = json!({
            "worker": worker, "valid_until": "2027-03-02T00:00:00Z",
            "badges": [{ "medium": "card", "cards": [card] }],
        });
        self.api.post("/v1/credentials", &body).await
    }
}

async fn cases(api: &Api) -> Vec<Value> {
    let page = api.get("/v1/match-cases").await.ok();
    page["items"].as_array().expect("items").clone()
}

/// The one case there is for them.
async fn the_case(api: &Api) -> Value {
    let mut cases = cases(api).await;
    assert_eq!(cases.len(), 1, "{cases:?}");
    cases.remove(0)
}

/// An officer asks, and a second person grants.
async fn decides(hr: &Hr, case: &Value, how: &str) -> Said {
    let path = format!("/v1/match-cases/{}", text(case, "id"));
    let said = hr.api.post(&format!("{path}/{how}"), &json!({})).await;
    hr.approver.seconds(said, &path).await
}

fn db_same_person(world: &World, worker: &str) -> BTreeSet<String> {
    let worker: WorkerId = worker.parse().expect("an identifier");
    let found = world.db_read(|reader| same_person(reader, worker).expect("it can be read"));
    found.iter().map(ToString::to_string).collect()
}

fn those(workers: &[&String]) -> BTreeSet<String> {
    workers.iter().map(|worker| (*worker).clone()).collect()
}

pub async fn who_comes_by_another_member_is_noticed_and_gets_nothing_before_it_is_decided(
    world: World,
) {
    let (a, b, c) = (
        world.member("Haven A").await,
        world.member("Haven B").await,
        world.member("Haven C").await,
    );
    let (hr_of_a, hr_of_b, hr_of_c) = (a.hr(&world).await, b.hr(&world).await, c.hr(&world).await);
    let at_a = hr_of_a.registers_jan(json!([passport("EH-123.456")])).await;
    let officer = a.person(&world, "screening_officer").await;
    let approver = a.person(&world, "screening_approver").await;
    let consent = json!({ "function": "cargo_access", "consented_at": "2026-03-01T09:00:00Z" });
    let screening = format!("/v1/workers/{at_a}/screenings");
    let screening = officer.post(&screening, &consent).await.created();
    let screening = format!("/v1/screenings/{}", text(&screening, "id"));
    let submissions = format!("{screening}/submissions");
    officer.post(&submissions, &json!({})).await.created();
    let refused = json!({ "advice": "negative", "authority": "namb", "reference": "2026/0042", "date": "2026-03-02" });
    let said = officer
        .post(&format!("{screening}/outcomes"), &refused)
        .await;
    let stands = approver.seconds(said, &screening).await.created();
    assert_eq!(stands["state"], "refused");
    assert!(cases(&hr_of_a.api).await.is_empty());

    // The same passport, written otherwise. What B is told is what it would be told of anybody.
    let at_b = hr_of_b
        .registers_jan(json!([passport("eh 123456"), { "kind": "residence_permit", "country": "NLD", "number": "T99887" }]))
        .await;
    let seen_by_b = the_case(&hr_of_b.api).await;
    assert_eq!(
        (
            &seen_by_b["state"],
            &seen_by_b["side"],
            &seen_by_b["worker"]
        ),
        (&json!("open"), &json!("worker"), &json!(at_b))
    );
    assert_eq!(seen_by_b["other_member"], json!(a.member));
    let path = format!("/v1/match-cases/{}", text(&seen_by_b, "id"));
    assert_eq!(hr_of_b.api.get(&path).await.ok(), seen_by_b);
    for unknown in ["candidate", "newcomer", "decided_at"] {
        assert!(seen_by_b[unknown].is_null(), "{unknown}");
    }

    // Nothing is issued to the newer record, neither one by one nor by a file; the older one is as it was.
    let problem = hr_of_b.issues_to(&at_b).await.refused("match_open");
    assert!(text(&problem, "detail").contains("must be decided first"));
    let engagement = json!({ "employer": "Stuwadoor Noord", "staff_number": "S-7" });
    let engagements = format!("/v1/workers/{at_b}/engagements");
    hr_of_b.api.post(&engagements, &engagement).await.created();
    let file = "family name,given names,employer,staff number,card number,valid until\n\
        Verhoeven,Jan,Stuwadoor Noord,S-7,8812345,2027-03-01\n\
        Claes,Piet,Stuwadoor Noord,S-8,8812346,2027-03-01\n";
    let query = format!(
        "purpose=credentials&card_system={}&default_format=number",
        hr_of_b.card_system
    );
    let counts = json!({ "new": 1, "same": 0, "conflict": 1, "unusable": 0 });
    let checked = hr_of_b.brings(&query, file.into()).await.created();
    assert_eq!(checked["counts"], counts, "{checked}");
    assert!(
        checked["rows"].to_string().contains("match_open"),
        "{checked}"
    );
    hr_of_b.applies(text(&checked, "id")).await.is(202);
    let applied = hr_of_b.awaits(text(&checked, "id")).await;
    assert_eq!(
        (&applied["state"], &applied["counts"]),
        (&json!("applied"), &counts)
    );
    hr_of_a.issues_to(&at_a).await.created();
    // To be screened anew is nobody's loss.
    let officer_of_b = b.person(&world, "screening_officer").await;
    let screenings = format!("/v1/workers/{at_b}/screenings");
    officer_of_b.post(&screenings, &consent).await.created();

    // A had the passport first and is shown who came with it, without the number; its list shows nobody.
    let listed = the_case(&hr_of_a.api).await;
    assert_eq!(
        (&listed["side"], &listed["candidate"], &listed["worker"]),
        (&json!("candidate"), &json!(at_a), &Value::Null)
    );
    assert!(listed["newcomer"].is_null());
    let approver = a.person(&world, "hr_approver").await;
    for reader in [&hr_of_a.api, &approver] {
        let said = reader.get(&path).await;
        assert!(
            !said.text.contains("123456") && !said.text.contains(&at_b),
            "{}",
            said.text
        );
        let newcomer = json!({
            "family_name": "Verhoeven", "given_names": "Jan", "birth_date": "1984-02-29",
            "documents": [{ "kind": "passport", "country": "BEL" }],
        });
        assert_eq!(said.ok()["newcomer"], newcomer);
    }

    // Nobody else knows of it, and whoever waits does not decide.
    hr_of_c.api.get(&path).await.refused("not_found");
    assert!(cases(&hr_of_c.api).await.is_empty());
    for how in ["confirmations", "rejections"] {
        decides(&hr_of_c, &listed, how).await.refused("not_found");
        decides(&hr_of_b, &listed, how).await.refused("not_found");
        let path = format!("{path}/{how}");
        approver.post(&path, &json!({})).await.refused("forbidden");
    }
    hr_of_b.issues_to(&at_b).await.refused("match_open");

    // To be asked for changes nothing yet.
    let confirms = format!("{path}/confirmations");
    let asked = hr_of_a.api.post(&confirms, &json!({})).await.is(202);
    assert_eq!(hr_of_a.api.get(&path).await.ok()["state"], "open");
    let declines = format!("/v1/approvals/{}/declines", text(&asked, "id"));
    let ground = json!({ "ground": "not_substantiated" });
    hr_of_a.approver.post(&declines, &ground).await.created();
    hr_of_b.issues_to(&at_b).await.refused("match_open");

    world.clock.advance(60_000);
    let confirmed = decides(&hr_of_a, &listed, "confirmations").await.created();
    assert_eq!(
        (
            &confirmed["state"],
            &confirmed["decided_at"],
            &confirmed["newcomer"]
        ),
        (
            &json!("confirmed"),
            &json!("2026-03-02T07:31:00.000Z"),
            &Value::Null
        )
    );
    assert_eq!(
        hr_of_a.api.get(&path).await.ok(),
        confirmed,
        "nobody is shown any more"
    );
    for how in ["confirmations", "rejections"] {
        decides(&hr_of_a, &listed, how)
            .await
            .refused("match_decided");
    }
    // Both records stay, are one person from now on, and B may go on.
    assert_eq!(db_same_person(&world, &at_a), those(&[&at_a, &at_b]));
    assert_eq!(db_same_person(&world, &at_b), those(&[&at_a, &at_b]));
    hr_of_b.issues_to(&at_b).await.created();
    let open = hr_of_b.api.get("/v1/match-cases?state=open").await.ok();
    assert_eq!(open["items"], json!([]));
}

pub async fn that_it_is_not_this_person_is_lasting(world: World) {
    let (a, b) = (world.member("Haven A").await, world.member("Haven B").await);
    let (hr_of_a, hr_of_b) = (a.hr(&world).await, b.hr(&world).await);
    let both = json!([passport("EH123456"), { "kind": "national_id_card", "country": "FRA", "number": "880692310285" }]);
    let at_a = hr_of_a.registers_jan(both.clone()).await;
    let at_b = hr_of_b.registers_jan(json!([passport("EH123456")])).await;
    let case = the_case(&hr_of_a.api).await;
    let rejected = decides(&hr_of_a, &case, "rejections").await.created();
    assert_eq!(rejected["state"], "rejected");
    hr_of_b.issues_to(&at_b).await.created();
    // Neither the same document again, nor another, nor from the other side.
    hr_of_b
        .amends_jan(&at_b, json!([passport("EH123456")]))
        .await;
    hr_of_b.amends_jan(&at_b, json!([])).await;
    hr_of_b.amends_jan(&at_b, both.clone()).await;
    hr_of_a.amends_jan(&at_a, both).await;
    assert_eq!(the_case(&hr_of_b.api).await["state"], "rejected");
    hr_of_b.issues_to(&at_b).await.created();
    hr_of_a.issues_to(&at_a).await.created();
    assert_eq!(db_same_person(&world, &at_a), those(&[&at_a]));
}

pub async fn who_comes_with_a_document_later_waits_for_who_had_it_before(world: World) {
    let (a, b) = (world.member("Haven A").await, world.member("Haven B").await);
    let (hr_of_a, hr_of_b) = (a.hr(&world).await, b.hr(&world).await);
    // B's record is the older one; its passport is put in after A's was.
    let at_b = hr_of_b.registers_jan(json!([passport("EH000001")])).await;
    let badge = hr_of_b.issues_to(&at_b).await.created();
    let at_a = hr_of_a.registers_jan(json!([passport("EH123456")])).await;
    // Nearly the same is another document.
    for other in [
        json!({ "kind": "national_id_card", "country": "BEL", "number": "EH123456" }),
        json!({ "kind": "passport", "country": "NLD", "number": "EH123456" }),
        passport("EH123457"),
    ] {
        hr_of_b.amends_jan(&at_b, json!([other])).await;
    }
    assert!(cases(&hr_of_a.api).await.is_empty());
    hr_of_b
        .amends_jan(&at_b, json!([passport("EH123456")]))
        .await;
    let case = the_case(&hr_of_a.api).await;
    assert_eq!(
        (&case["side"], &case["candidate"]),
        (&json!("candidate"), &json!(at_a))
    );
    hr_of_b.issues_to(&at_b).await.refused("match_open");
    let number = new_key().replace("key-", "89000");
    let card = json!({ "card_system": hr_of_b.card_system, "format": "number", "value": number });
    let more = json!({ "medium": "card", "cards": [card] });
    let badges = format!("/v1/credentials/{}/badges", text(&badge, "id"));
    hr_of_b.api.post(&badges, &more).await.refused("match_open");
    // To take the document out again does not help.
    hr_of_b.amends_jan(&at_b, json!([])).await;
    hr_of_b.issues_to(&at_b).await.refused("match_open");
    let path = format!("/v1/match-cases/{}", text(&case, "id"));
    let shown = hr_of_a.api.get(&path).await.ok();
    assert_eq!(shown["newcomer"]["documents"], json!([]));
    decides(&hr_of_a, &case, "rejections").await.created();
    hr_of_b.api.post(&badges, &more).await.created();
}

pub async fn nobody_becomes_another_by_a_change_of_their_record(world: World) {
    let (a, b) = (world.member("Haven A").await, world.member("Haven B").await);
    let (hr_of_a, hr_of_b) = (a.hr(&world).await, b.hr(&world).await);
    let at_a = hr_of_a.registers_jan(json!([passport("EH123456")])).await;
    // Out of the earlier record, and then another in its place.
    for documents in [json!([]), json!([passport("EH999999")])] {
        hr_of_a.amends_jan(&at_a, documents).await;
    }
    let shown = hr_of_a.api.get(&format!("/v1/workers/{at_a}")).await.ok();
    assert_eq!(shown["documents"], json!([passport("EH999999")]));
    // Who asks what is held of them is told it.
    let registrar = a.person(&world, "registrar").await;
    let held = registrar
        .get(&format!("/v1/workers/{at_a}/export"))
        .await
        .ok();
    assert_eq!(held["former_documents"], json!([passport("EH123456")]));
    let at_b = hr_of_b.registers_jan(json!([passport("EH123456")])).await;
    let case = the_case(&hr_of_a.api).await;
    assert_eq!(case["candidate"], json!(at_a));
    hr_of_b.issues_to(&at_b).await.refused("match_open");
    // Nobody takes out documents for ever.
    let path = format!("/v1/workers/{at_a}");
    for nth in 0..16 {
        let said =
            hr_of_a.tries_to_amend_jan(&at_a, json!([passport(&format!("EH10000{nth:02}"))]));
        let said = said.await;
        if nth < 15 {
            said.ok();
        } else {
            assert_eq!(said.refused("invalid")["errors"][0]["code"], "too_many");
        }
    }
    hr_of_a.api.get(&path).await.ok();
}

pub async fn several_records_are_asked_about_one_by_one_and_lead_to_one_person(world: World) {
    let (a, b) = (world.member("Haven A").await, world.member("Haven B").await);
    let (hr_of_a, hr_of_b) = (a.hr(&world).await, b.hr(&world).await);
    let permit = json!({ "kind": "residence_permit", "country": "BEL", "number": "B1234567" });
    let first = hr_of_a.registers_jan(json!([passport("EH123456")])).await;
    let second = hr_of_b
        .registers_jan(json!([passport("EH123456"), permit]))
        .await;
    // With the first it has nothing in common, and is the same person by the second.
    let third = hr_of_b.registers_jan(json!([permit])).await;
    let between = cases(&hr_of_b.api).await;
    assert_eq!(between.len(), 2);
    let own = between.iter().find(|case| case["side"] == "both");
    let own = own.expect("both records are of B");
    assert_eq!(
        (&own["worker"], &own["candidate"]),
        (&json!(third), &json!(second))
    );
    assert_eq!(own["other_member"], json!(b.member));
    decides(&hr_of_b, own, "confirmations").await.created();
    assert_eq!(db_same_person(&world, &first), those(&[&first]));
    decides(&hr_of_a, &the_case(&hr_of_a.api).await, "confirmations")
        .await
        .created();
    for one in [&first, &second, &third] {
        assert_eq!(
            db_same_person(&world, one),
            those(&[&first, &second, &third])
        );
    }

    // Two records bear what the next one does: a case each, and both must be decided.
    let fourth = hr_of_b.registers_jan(json!([passport("EH123456")])).await;
    let open = async |api: &Api| {
        let page = api.get("/v1/match-cases?state=open").await.ok();
        page["items"].as_array().expect("items").clone()
    };
    let of_b = open(&hr_of_b.api).await;
    assert_eq!(of_b.len(), 2);
    let own = of_b
        .iter()
        .find(|case| case["side"] == "both")
        .expect("one is of B alone");
    decides(&hr_of_b, own, "confirmations").await.created();
    hr_of_b.issues_to(&fourth).await.refused("match_open");
    let of_a = open(&hr_of_a.api).await;
    assert_eq!(of_a.len(), 1);
    decides(&hr_of_a, &of_a[0], "confirmations").await.created();
    hr_of_b.issues_to(&fourth).await.created();
}

pub async fn a_document_that_cannot_be_meant_is_refused_with_its_field(world: World) {
    let a = world.member("Haven A").await;
    let hr = a.hr(&world).await;
    let of = |kind: &str, country: &str, number: &str| json!({ "kind": kind, "country": country, "number": number });
    for (documents, pointer, code) in [
        (
            json!([of("driving_licence", "BEL", "EH123456")]),
            "/documents/0/kind",
            "type",
        ),
        (
            json!([of("national_register_number", "BEL", "85073003328")]),
            "/documents/0/kind",
            "not_authorised",
        ),
        (
            json!([of("passport", "bel", "EH123456")]),
            "/documents/0/country",
            "value",
        ),
        (
            json!([of("passport", "BLE", "EH123456")]),
            "/documents/0/country",
            "value",
        ),
        (
            json!([of("passport", "BEL", "E-1.2")]),
            "/documents/0/number",
            "value",
        ),
        (
            json!([of("passport", "BEL", "EH/123456")]),
            "/documents/0/number",
            "value",
        ),
        (
            json!([
                passport("EH1"),
                of("passport", "BEL", "1234567890123456789012")
            ]),
            "/documents/0/number",
            "value",
        ),
        (
            json!([of("national_id_card", "BEL", "85.07.30-033.28")]),
            "/documents/0/number",
            "national_register_number",
        ),
        (
            json!([passport("EH123456"), passport("eh 123-456")]),
            "/documents/1",
            "repeated",
        ),
        (
            (0..5).map(|n| passport(&format!("EH12345{n}"))).collect(),
            "/documents",
            "length",
        ),
    ] {
        let said = hr.api.post("/v1/workers", &jan(documents)).await;
        let problem = said.refused("invalid");
        let error = &problem["errors"][0];
        assert_eq!(
            (&error["pointer"], &error["code"]),
            (&json!(pointer), &json!(code)),
            "{problem}"
        );
        assert!(!problem.to_string().contains("123456"), "{problem}");
    }
    // What is kept is the number as it is compared, and it is shown to its member.
    let four = json!([
        passport("e 1.2-34"),
        passport("EH2222"),
        passport("EH3333"),
        passport("EH4444")
    ]);
    let worker = hr.registers_jan(four).await;
    let shown = hr.api.get(&format!("/v1/workers/{worker}")).await.ok();
    assert_eq!(shown["documents"][0]["number"], "E1234");
    hr.amends_jan(&worker, json!([])).await;
    let shown = hr.api.get(&format!("/v1/workers/{worker}")).await.ok();
    assert!(shown["documents"].is_null());
}

pub async fn more_records_than_one_person_can_have_are_not_made_one_person(world: World) {
    let a = world.member("Haven A").await;
    let hr = a.hr(&world).await;
    // Each bears a document of the one before.
    let numbered = |nth: usize| passport(&format!("EH{nth:06}"));
    let first = hr.registers_jan(json!([numbered(0), numbered(1)])).await;
    let open = "/v1/match-cases?state=open";
    for nth in 1..=SAME_PERSON_MAX {
        let documents = json!([numbered(nth), numbered(nth + 1)]);
        let worker = hr.registers_jan(documents).await;
        let page = hr.api.get(open).await.ok();
        let case = &page["items"][0];
        assert_eq!(case["worker"], json!(worker));
        let said = decides(&hr, case, "confirmations").await;
        if nth < SAME_PERSON_MAX {
            said.created();
            continue;
        }
        let problem = said.refused("conflict");
        let told = text(&problem, "detail");
        assert!(told.contains(&SAME_PERSON_MAX.to_string()), "{told}");
        hr.issues_to(&worker).await.refused("match_open");
        decides(&hr, case, "rejections").await.created();
        hr.issues_to(&worker).await.created();
    }
    assert_eq!(db_same_person(&world, &first).len(), SAME_PERSON_MAX);
    hr.issues_to(&first).await.created();
}
