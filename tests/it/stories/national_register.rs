//! The number of the Belgian national register: a document like the others where the network is authorised to use it, and none
//! where it is not.

use portcullis::domain::match_case::State;
use portcullis::store::match_cases;
use serde_json::{Value, json};

use crate::support::World;
use crate::support::actors::{Api, Said};
use crate::support::world::text;

fn number(number: &str) -> Value {
    json!({ "kind": "national_register_number", "country": "BEL", "number": number })
}

fn jan(documents: &Value) -> Value {
    json!({ "family_name": "Verhoeven", "given_names": "Jan", "documents": documents })
}

async fn registers(api: &Api, documents: &Value) -> Said {
    api.post("/v1/workers", &jan(documents)).await
}

/// What two administrators let hold.
async fn authorises(world: &World, authorisation: Value) {
    let [first, second] = world.network_admins().await;
    // What is not named stays.
    let settings = json!({ "national_register": authorisation });
    let asked = first.post("/v1/settings", &settings).await;
    assert_eq!(asked.status, 202);
    let set = second.seconds(asked, "/v1/settings").await.created();
    assert_eq!(set["national_register"], authorisation);
}

fn names(problem: &Value, pointer: &str, code: &str) {
    let error = &problem["errors"][0];
    assert_eq!(
        (&error["pointer"], &error["code"]),
        (&json!(pointer), &json!(code)),
        "{problem}"
    );
}

pub async fn a_national_register_number_is_used_only_while_an_authorisation_is_in_force(
    world: World,
) {
    let (a, b) = (world.member("Haven A").await, world.member("Haven B").await);
    let (hr, hr_of_b) = (a.hr(&world).await, b.hr(&world).await);
    // Off by default, wherever it is put.
    let own = json!([number("85.07.30-033.28")]);
    let problem = registers(&hr.api, &own).await.refused("invalid");
    names(&problem, "/documents/0/kind", "not_authorised");
    let sought = json!({ "document": own[0] });
    let search = "/v1/workers:search";
    let problem = hr.api.post(search, &sought).await.refused("invalid");
    names(&problem, "/document/kind", "not_authorised");
    let network = world.admin().await;
    let register = network.client(&world, &network.member, "register").await;
    let ban = json!({
        "document": own[0], "reference": "HV-1",
        "starts_at": "2026-03-01T00:00:00Z", "ends_at": "2027-03-01T00:00:00Z",
    });
    let problem = register.post("/v1/bans", &ban).await.refused("invalid");
    names(&problem, "/document/kind", "not_authorised");

    // One administrator asks for what holds today, another lets it.
    let [one, _] = world.network_admins().await;
    for (field, day, code) in [
        ("date", "2026-03-03", "in_future"),
        ("until", "2026-03-01", "past"),
    ] {
        let mut authorisation = json!({ "reference": "RR-2026/11", "date": "2026-02-20" });
        authorisation[field] = json!(day);
        let settings = json!({ "share_for_cause": false, "national_register": authorisation });
        let problem = one.post("/v1/settings", &settings).await.refused("invalid");
        names(&problem, &format!("/national_register/{field}"), code);
    }
    let authorisation =
        json!({ "reference": "RR-2026/11", "date": "2026-02-20", "until": "2026-03-03" });
    authorises(&world, authorisation).await;
    for (document, pointer, code) in [
        (number("85073003329"), "/documents/0/number", "check_digits"),
        (
            json!({ "kind": "national_register_number", "country": "NLD", "number": "85073003328" }),
            "/documents/0/country",
            "other_register",
        ),
        (
            json!({ "kind": "passport", "country": "BEL", "number": "85073003328" }),
            "/documents/0/number",
            "national_register_number",
        ),
    ] {
        let problem = registers(&hr.api, &json!([document]))
            .await
            .refused("invalid");
        names(&problem, pointer, code);
    }
    // Of who was born before 2000, from 2000 on, and of two outside the register.
    let passport = json!({ "kind": "passport", "country": "BEL", "number": "EH123456" });
    for other in ["03051500164", "85473003317", "85273003371"] {
        registers(&hr.api, &json!([number(other)])).await.created();
    }
    let both = json!([number("85.07.30-033.28"), passport]);
    let at_a = registers(&hr.api, &both).await.created();
    let at_a = text(&at_a, "id").to_owned();

    // It is found by it, is matched by it at another port, and stands in no list.
    let path = format!("/v1/workers/{at_a}");
    let shown = hr.api.get(&path).await.ok();
    assert_eq!(shown["documents"][0]["kind"], "national_register_number");
    let found = hr.api.post(search, &sought).await.ok();
    assert_eq!(found["items"][0]["id"], json!(at_a));
    assert_eq!(found["items"][0]["documents"], json!([passport]));
    let listed = hr.api.get("/v1/workers").await.ok();
    assert!(
        !listed.to_string().contains("national_register_number"),
        "{listed}"
    );
    let at_b = registers(&hr_of_b.api, &own).await.created();
    let at_b = text(&at_b, "id").parse().expect("an identifier");
    let member = a.member.parse().expect("an identifier");
    let open = world.db_read(|reader| {
        match_cases::to_decide(reader, member, State::Open, None, 10).expect("reads")
    });
    assert_eq!(open.len(), 1);
    assert_eq!(open[0].case.worker, at_b);

    // Its last day passes: no new one, and nobody is asked for by one.
    world.clock.advance(2 * 24 * 60 * 60 * 1_000);
    let hr = hr.api.again().await;
    let problem = registers(&hr, &own).await.refused("invalid");
    names(&problem, "/documents/0/kind", "not_authorised");
    let problem = hr.post(search, &sought).await.refused("invalid");
    names(&problem, "/document/kind", "not_authorised");
    let etag = hr.get(&path).await.etag();
    hr.put(&path, &etag, &jan(&both)).await.refused("invalid");
    hr.put(&path, &etag, &jan(&json!([passport]))).await.ok();
    // A new one, and its end before the last day.
    let authorisation = json!({ "reference": "RR-2026/12", "date": "2026-03-04" });
    authorises(&world, authorisation).await;
    registers(&hr, &own).await.created();
    authorises(&world, Value::Null).await;
    registers(&hr, &own).await.refused("invalid");
}
