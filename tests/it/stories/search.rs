//! Searching one's own workers: by how a name begins, by a document, by a card.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::World;
use crate::support::actors::{Api, Hr};
use crate::support::world::text;

const SEARCH: &str = "/v1/workers:search";

async fn registers(hr: &Hr, family: &str, given: &str, documents: Value) -> String {
    let body = json!({ "family_name": family, "given_names": given, "documents": documents });
    let worker = hr.api.post("/v1/workers", &body).await.created();
    text(&worker, "id").to_owned()
}

/// Who is found, page by page of so many.
async fn found_by(api: &Api, limit: u8, mut body: Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    body["limit"] = json!(limit);
    loop {
        let page = api.post(SEARCH, &body).await.ok();
        let items = page["items"].as_array().expect("items");
        assert!(items.len() <= usize::from(limit));
        for item in items {
            assert!(
                found.insert(text(item, "id").to_owned()),
                "each once: {item}"
            );
        }
        match page["next_cursor"].as_str() {
            Some(cursor) => body["cursor"] = json!(cursor),
            None => return found,
        }
    }
}

fn those(workers: &[&String]) -> BTreeSet<String> {
    workers.iter().map(|worker| (*worker).clone()).collect()
}

pub async fn a_worker_is_found_by_how_a_name_begins_and_by_nobody_else(world: World) {
    let (a, b) = (world.member("Haven A").await, world.member("Haven B").await);
    let (hr, hr_of_b) = (a.hr(&world).await, b.hr(&world).await);
    let none = || json!([]);
    let berghe = registers(&hr, "Van den Bérghe", "Zoë", none()).await;
    let bergen = registers(&hr, "van den Bergen", "Jan", none()).await;
    let vanessa = registers(&hr, "Ó Súilleabháin", "Vanessa", none()).await;
    let lukasz = registers(&hr, "Żółć", "Łukasz", none()).await;
    let elsewhere = registers(&hr_of_b, "Van den Berghe", "Zoë", none()).await;
    for limit in [1, 2, 200] {
        for (name, who) in [
            ("va", those(&[&berghe, &bergen, &vanessa])),
            ("VAN", those(&[&berghe, &bergen, &vanessa])),
            ("van d", those(&[&berghe, &bergen])),
            ("vandenberg", those(&[&berghe, &bergen])),
            ("Van-den-Bergh", those(&[&berghe])),
            ("van den BÉRGHE", those(&[&berghe])),
            ("zo", those(&[&berghe, &lukasz])),
            ("zoe", those(&[&berghe])),
            ("osuil", those(&[&vanessa])),
            ("lukasz", those(&[&lukasz])),
            ("Zolc", those(&[&lukasz])),
            ("bergen", those(&[])),
            ("vandenberghen", those(&[])),
            ("xx", those(&[])),
        ] {
            let found = found_by(&hr.api, limit, json!({ "name": name })).await;
            assert_eq!(found, who, "{name}, {limit} a page");
        }
    }
    let found = found_by(&hr_of_b.api, 50, json!({ "name": "van" })).await;
    assert_eq!(found, those(&[&elsewhere]));
    // Who has another name is found by that, and no more by the one before.
    let path = format!("/v1/workers/{bergen}");
    let etag = hr.api.get(&path).await.etag();
    let married = json!({ "family_name": "Peeters", "given_names": "Jan" });
    hr.api.put(&path, &etag, &married).await.ok();
    assert_eq!(
        found_by(&hr.api, 50, json!({ "name": "vand" })).await,
        those(&[&berghe])
    );
    assert_eq!(
        found_by(&hr.api, 50, json!({ "name": "peet" })).await,
        those(&[&bergen])
    );
    assert_eq!(
        found_by(&hr.api, 50, json!({ "name": "jan" })).await,
        those(&[&bergen])
    );
    // Screening officers may look too, and each search is noted.
    let officer = a.person(&world, "screening_officer").await;
    let body = json!({ "name": "Peeters" });
    world.clock.advance(1_000);
    let page = officer.post(SEARCH, &body).await.ok();
    assert_eq!(page["items"][0]["family_name"], "Peeters");
    let auditor = a.person(&world, "auditor").await;
    let line = loop {
        let page = auditor.get("/v1/lookups?limit=1").await.ok();
        let line = page["items"][0].clone();
        if line["client"] == json!(officer.client.as_ref().expect("has logged in").0) {
            break line;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    };
    assert_eq!(
        (&line["what"], &line["hits"], &line["worker"]),
        (&json!("search"), &json!(1), &json!(bergen))
    );
}

pub async fn a_worker_is_found_by_document_and_by_card(world: World) {
    let (a, b) = (world.member("Haven A").await, world.member("Haven B").await);
    let (hr, hr_of_b) = (a.hr(&world).await, b.hr(&world).await);
    let passport = json!({ "kind": "passport", "country": "BEL", "number": "EH123456" });
    let first = registers(&hr, "Claes", "Jan", json!([passport])).await;
    let second = registers(&hr, "Claes", "Piet", json!([passport])).await;
    let elsewhere = registers(&hr_of_b, "Claes", "Jan", json!([passport])).await;
    let written = json!({ "kind": "passport", "country": "BEL", "number": "eh 123.456" });
    for limit in [1, 50] {
        let found = found_by(&hr.api, limit, json!({ "document": written })).await;
        assert_eq!(found, those(&[&first, &second]));
        let found = found_by(&hr_of_b.api, limit, json!({ "document": written })).await;
        assert_eq!(found, those(&[&elsewhere]));
    }
    let other = json!({ "kind": "passport", "country": "NLD", "number": "EH123456" });
    assert!(
        found_by(&hr.api, 50, json!({ "document": other }))
            .await
            .is_empty()
    );

    let pass = hr.issues().await;
    let card = |number: &str| json!({ "card": { "card_system": hr.card_system, "format": "number", "value": number } });
    assert_eq!(
        found_by(&hr.api, 1, card(&pass.number)).await,
        those(&[&pass.worker])
    );
    assert!(found_by(&hr.api, 1, card("987654321")).await.is_empty());
    hr.revokes(&pass, "stolen").await.created();
    assert_eq!(
        found_by(&hr.api, 1, card(&pass.number)).await,
        those(&[&pass.worker])
    );
    // The card system of A is nothing to B.
    let problem = hr_of_b
        .api
        .post(SEARCH, &card(&pass.number))
        .await
        .refused("invalid");
    assert_eq!(problem["errors"][0]["pointer"], "/card/card_system");
    assert_eq!(problem["errors"][0]["code"], "not_found");
}

pub async fn a_search_that_cannot_be_meant_is_refused_with_its_field(world: World) {
    let a = world.member("Haven A").await;
    let hr = a.hr(&world).await;
    let passport = json!({ "kind": "passport", "country": "BEL", "number": "EH123456" });
    for (body, pointer, code) in [
        (json!({}), "", "ambiguous"),
        (
            json!({ "name": "Claes", "document": passport }),
            "",
            "ambiguous",
        ),
        (json!({ "name": "C" }), "/name", "too_short"),
        (json!({ "name": "- É -" }), "/name", "too_short"),
        (
            json!({ "name": "Claes", "limit": 201 }),
            "/limit",
            "out_of_range",
        ),
        (
            json!({ "name": "Claes", "limit": 0 }),
            "/limit",
            "out_of_range",
        ),
        (
            json!({ "name": "Claes", "employer": "Stuwadoor" }),
            "",
            "ambiguous",
        ),
        (json!({ "employer": "S." }), "/employer", "too_short"),
        (
            json!({ "engagement": "Stuwadoor" }),
            "/engagement",
            "unknown_field",
        ),
        (
            json!({ "document": { "kind": "passport", "country": "be", "number": "EH1" } }),
            "/document/country",
            "value",
        ),
        (
            json!({ "card": { "format": "number", "value": "1" } }),
            "/card/card_system",
            "missing",
        ),
        (
            json!({ "card": { "card_system": hr.card_system, "format": "number", "value": "1E9" } }),
            "/card",
            "",
        ),
    ] {
        let problem = hr.api.post(SEARCH, &body).await.refused("invalid");
        let error = &problem["errors"][0];
        assert_eq!(error["pointer"], pointer, "{problem}");
        if !code.is_empty() {
            assert_eq!(error["code"], code, "{problem}");
        }
    }
    let foreign = json!({ "name": "Claes", "cursor": "AAAA" });
    hr.api.post(SEARCH, &foreign).await.refused("bad_cursor");
}

async fn engages(hr: &Hr, worker: &str, employer: &str) -> String {
    let path = format!("/v1/workers/{worker}/engagements");
    let body = json!({ "employer": employer });
    let engagement = hr.api.post(&path, &body).await.created();
    text(&engagement, "id").to_owned()
}

pub async fn a_worker_is_found_by_the_employer_while_they_work_for_it(world: World) {
    let (a, b) = (world.member("Haven A").await, world.member("Haven B").await);
    let (hr, hr_of_b) = (a.hr(&world).await, b.hr(&world).await);
    let none = || json!([]);
    let jan = registers(&hr, "Claes", "Jan", none()).await;
    let an = registers(&hr, "Maes", "An", none()).await;
    let piet = registers(&hr, "Smet", "Piet", none()).await;
    let elsewhere = registers(&hr_of_b, "Claes", "Jan", none()).await;
    // One may work for several, and for one twice.
    let of_jan = engages(&hr, &jan, "Société Générale d'Arrimage").await;
    engages(&hr, &jan, "Stuwadoors Noord nv").await;
    engages(&hr, &an, "Stuwadoors Noord NV").await;
    engages(&hr, &an, "STUWADOORS - NOORD nv").await;
    engages(&hr, &piet, "Stuwadoors Zuid nv").await;
    engages(&hr_of_b, &elsewhere, "Stuwadoors Noord nv").await;
    for limit in [1, 2, 50] {
        for (employer, who) in [
            ("st", those(&[&jan, &an, &piet])),
            ("Stuwadoors", those(&[&jan, &an, &piet])),
            ("stüwadoors-NOORD", those(&[&jan, &an])),
            ("stuwadoors z", those(&[&piet])),
            ("societe generale", those(&[&jan])),
            ("SOCIÉTÉ", those(&[&jan])),
            ("noord", those(&[])),
            ("stuwadoors noord nvx", those(&[])),
        ] {
            let found = found_by(&hr.api, limit, json!({ "employer": employer })).await;
            assert_eq!(found, who, "{employer}, {limit} a page");
        }
    }
    let found = found_by(&hr_of_b.api, 50, json!({ "employer": "stuw" })).await;
    assert_eq!(found, those(&[&elsewhere]));
    let end = format!("/v1/engagements/{of_jan}/end");
    hr.api.post(&end, &json!({})).await.ok();
    assert!(
        found_by(&hr.api, 50, json!({ "employer": "societe" }))
            .await
            .is_empty()
    );
    let sought = json!({ "employer": "stuwadoors noord" });
    assert_eq!(found_by(&hr.api, 50, sought).await, those(&[&jan, &an]));
    // It is a search like the others: noted, with whom it showed.
    let auditor = a.person(&world, "auditor").await;
    world.clock.advance(1_000);
    let sought = json!({ "employer": "stuwadoors zuid" });
    assert_eq!(found_by(&hr.api, 50, sought).await, those(&[&piet]));
    let began = std::time::Instant::now();
    let line = loop {
        let page = auditor.get("/v1/lookups?limit=1").await.ok();
        let line = page["items"][0].clone();
        if line["worker"] == json!(piet) {
            break line;
        }
        assert!(began.elapsed().as_secs() < 30, "it is noted: {line}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    };
    assert_eq!(
        (&line["what"], &line["hits"]),
        (&json!("search"), &json!(1))
    );
}

pub async fn who_works_there_is_found_at_once_though_hundreds_have_left(world: World) {
    let a = world.member("Haven A").await;
    let hr = a.hr(&world).await;
    let mut file = String::from(
        "Document kind;Issuing country;Document number;Family name;First name;Employer\n",
    );
    for n in 0..650 {
        file += &format!("passport;BEL;EX{:06};Maes;An;Stuwadoors Noord\n", n);
    }
    let checked = hr.brings("purpose=engagements", file.into()).await;
    let checked = checked.created();
    hr.applies(text(&checked, "id")).await.is(202);
    let applied = hr.awaits(text(&checked, "id")).await;
    assert_eq!(applied["counts"]["new"], 650);
    let lapse = json!({ "employer": "Stuwadoors Noord" });
    let ended = hr.api.post("/v1/engagements:lapse", &lapse).await.ok();
    assert_eq!(ended["engagements"], 650);
    world.clock.advance(1_000);
    let jan = registers(&hr, "Claes", "Jan", json!([])).await;
    engages(&hr, &jan, "Stuwadoors Noord").await;
    // On the first page, and there is no other: who has left is not even looked at.
    let body = json!({ "employer": "stuwadoors", "limit": 50 });
    let page = hr.api.post(SEARCH, &body).await.ok();
    let items = page["items"].as_array().expect("items");
    assert_eq!(items.len(), 1, "{page}");
    assert_eq!(text(&items[0], "id"), jan);
    assert!(page["next_cursor"].is_null(), "{page}");
}
