//! Look-ups: who was shown whom is noted, and nobody reads through the records of a port unseen.

use std::num::NonZeroU32;

use actix_web::web::Data;
use portcullis::http::state::{Quotas, Shared};
use portcullis::metrics::Metrics;
use serde_json::{Value, json};

use crate::matrix::Server;
use crate::support::World;
use crate::support::actors::Api;
use crate::support::world::text;

/// What somebody may read of the look-ups at their member, newest first, once there are so many: they are written behind
/// the answers.
async fn lookups(reader: &Api, many: usize) -> Vec<Value> {
    let began = std::time::Instant::now();
    loop {
        let page = reader.get("/v1/lookups").await.ok();
        let items = page["items"].as_array().expect("items").clone();
        if items.len() >= many {
            assert_eq!(items.len(), many, "{items:?}");
            return items;
        }
        assert!(began.elapsed().as_secs() < 60, "never noted: {items:?}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

pub async fn every_look_at_a_person_is_noted_for_registrar_and_auditor(world: World) {
    let (a, b) = (world.member("Haven A").await, world.member("Haven B").await);
    let (hr_of_a, hr_of_b) = (a.hr(&world).await, b.hr(&world).await);
    let officer = a.person(&world, "screening_officer").await;
    let (registrar, auditor) = (
        a.person(&world, "registrar").await,
        a.person(&world, "auditor").await,
    );
    let passport = json!([{ "kind": "passport", "country": "BEL", "number": "EH123456" }]);
    let jan = json!({ "family_name": "Verhoeven", "given_names": "Jan", "documents": passport });
    let worker = hr_of_a.api.post("/v1/workers", &jan).await.created();
    let other = hr_of_a.registers("Claes").await;
    hr_of_b.api.post("/v1/workers", &jan).await.created();
    let case = hr_of_a.api.get("/v1/match-cases").await.ok()["items"][0].clone();
    let case = format!("/v1/match-cases/{}", text(&case, "id"));

    // Registering shows nobody, nor does a list of cases, nor what is not there.
    hr_of_b.api.get(&case).await.ok();
    let worker_path = format!("/v1/workers/{}", text(&worker, "id"));
    hr_of_b.api.get(&worker_path).await.refused("not_found");
    world.clock.advance(1_000);
    officer.get(&worker_path).await.ok();
    world.clock.advance(1_000);
    hr_of_a.api.get("/v1/workers").await.ok();
    world.clock.advance(1_000);
    hr_of_a.api.get("/v1/workers?limit=1").await.ok();
    world.clock.advance(1_000);
    assert!(!hr_of_a.api.get(&case).await.ok()["newcomer"].is_null());

    let noted = lookups(&auditor, 4).await;
    let what = |nth: usize| {
        let line = &noted[nth];
        (
            text(line, "what"),
            line["worker"].as_str(),
            line["hits"].as_u64(),
        )
    };
    // The newcomer is another member's: that one was shown is noted here, who it was is not told here.
    assert_eq!(what(0), ("match_case", None, Some(1)));
    assert_eq!(what(1), ("workers", None, Some(1)));
    assert_eq!(what(2), ("workers", None, Some(2)));
    assert_eq!(what(3), ("worker", worker["id"].as_str(), Some(1)));
    assert_eq!(noted[3]["at"], "2026-03-02T07:30:01.000Z");
    let client = |api: &Api| json!(api.client.as_ref().expect("has logged in").0);
    assert_eq!(noted[3]["client"], client(&officer));
    assert!(text(&noted[3], "person").starts_with("per_"));
    assert_eq!(noted[0]["client"], client(&hr_of_a.api));
    assert!(text(&noted[0], "person").starts_with("per_"));
    assert!(noted.iter().all(|line| line["unusual"] == json!(false)));
    assert_eq!(lookups(&registrar, 4).await, noted);

    // For whom somebody works is personal, too.
    world.clock.advance(1_000);
    officer
        .get(&format!("{worker_path}/engagements"))
        .await
        .ok();
    let noted = lookups(&auditor, 5).await;
    let (what, whom) = (text(&noted[0], "what"), &noted[0]["worker"]);
    assert_eq!((what, whom), ("engagements", &worker["id"]));

    // Nobody else reads them, and each member its own.
    hr_of_a.api.get("/v1/lookups").await.refused("forbidden");
    a.api.get("/v1/lookups").await.refused("forbidden");
    let auditor_of_b = b.person(&world, "auditor").await;
    assert!(lookups(&auditor_of_b, 0).await.is_empty());
    drop(other);
}

pub async fn who_reads_through_the_records_of_a_port_is_seen(world: World) {
    let a = world.member("Haven A").await;
    let hr = a.hr(&world).await;
    let auditor = a.person(&world, "auditor").await;
    let mut file = String::from("family name,given names,employer,card number,valid until\n");
    for n in 0..301 {
        file += &format!("Claes,Piet,Stuwadoor Noord,{},2027-03-01\n", 7_700_000 + n);
    }
    let query = format!(
        "purpose=credentials&card_system={}&default_format=number",
        hr.card_system
    );
    let import = hr.brings(&query, file.into()).await.created();
    hr.applies(text(&import, "id")).await.is(202);
    assert_eq!(hr.awaits(text(&import, "id")).await["counts"]["new"], 301);

    // The same hundred as often as one likes, and not more than three hundred.
    let mut path = String::from("/v1/workers?limit=100");
    let mut pages = Vec::new();
    for _ in 0..4 {
        let page = hr.api.get(&path).await.ok();
        if let Some(cursor) = page["next_cursor"].as_str() {
            path = format!("/v1/workers?limit=100&cursor={cursor}");
        }
        pages.push(page["items"].as_array().expect("items").len());
        world.clock.advance(1_000);
    }
    assert_eq!(pages, [100, 100, 100, 1]);
    let noted = lookups(&auditor, 4).await;
    let unusual: Vec<&Value> = noted.iter().map(|line| &line["unusual"]).collect();
    assert_eq!(unusual, [true, false, false, false], "newest first");
    // It stays so for the rest of the hour, for this client alone; then it begins anew.
    hr.api.get("/v1/workers?limit=1").await.ok();
    world.clock.advance(1_000);
    let other = a.client(&world, &a.member, "hr_officer").await;
    other.get("/v1/workers?limit=1").await.ok();
    world.clock.advance(60 * 60_000);
    let (hr, auditor) = (hr.again().await, auditor.again().await);
    hr.api.get("/v1/workers?limit=1").await.ok();
    let noted = lookups(&auditor, 7).await;
    let unusual: Vec<&Value> = noted.iter().take(3).map(|line| &line["unusual"]).collect();
    assert_eq!(unusual, [false, false, true]);
}

/// A second server over the same node, at which everybody may look up three times a minute.
pub async fn who_looks_up_too_often_is_told_to_wait(world: World) {
    let a = world.member("Haven A").await;
    let (hr, auditor) = (a.hr(&world).await, a.person(&world, "auditor").await);
    let worker = hr.registers("Claes").await;
    let quotas = Quotas {
        gate: NonZeroU32::MAX,
        other: NonZeroU32::MAX,
        lookups_per_minute: NonZeroU32::new(3).expect("it is not zero"),
    };
    let services = world.node.shared.services.clone();
    let health = world.node.shared.health.clone();
    let metrics = Metrics::new().expect("metrics register");
    let server = Server::over(Data::new(Shared::new(services, health, metrics, quotas)));
    let api = hr.api.at(server.address);
    let path = format!("/v1/workers/{worker}");
    let asked = futures_util::future::join_all((0..20).map(|_| api.get(&path))).await;
    let (mut shown, mut refused) = (0, 0);
    for said in asked {
        if said.status == 200 {
            shown += 1;
        } else {
            let wait = said.headers["retry-after"]
                .to_str()
                .expect("ASCII")
                .to_owned();
            assert!(
                (1..=21).contains(&wait.parse::<u64>().expect("seconds")),
                "{wait}"
            );
            said.refused("too_many_requests");
            refused += 1;
        }
    }
    assert!(
        shown >= 3 && refused >= 10,
        "{shown} shown, {refused} refused"
    );
    // What shows nobody is not counted, and what was refused was not shown.
    api.get("/v1/credentials").await.ok();
    assert_eq!(lookups(&auditor, shown).await.len(), shown);
}

/// Three tools of one person are one person: there is no allowance beside the first, and no hour.
pub async fn one_person_with_three_tools_looks_as_one(world: World) {
    let a = world.member("Haven A").await;
    let (hr, auditor) = (a.hr(&world).await, a.person(&world, "auditor").await);
    let worker = hr.registers("Claes").await;
    let quotas = Quotas {
        gate: NonZeroU32::MAX,
        other: NonZeroU32::MAX,
        lookups_per_minute: NonZeroU32::new(3).expect("it is not zero"),
    };
    let services = world.node.shared.services.clone();
    let health = world.node.shared.health.clone();
    let metrics = Metrics::new().expect("metrics register");
    let server = Server::over(Data::new(Shared::new(services, health, metrics, quotas)));
    let person = json!({ "member": a.member });
    let person = a.api.post("/v1/people", &person).await.created();
    let path = format!("/v1/workers/{worker}");
    let (mut tools, mut shown) = (Vec::new(), 0);
    for role in ["hr_officer", "screening_officer", "hr_approver"] {
        tools.push(a.tool(&world, role, &person).await.at(server.address));
    }
    for nth in 0..9 {
        let said = tools[nth % 3].get(&path).await;
        if said.status == 200 {
            shown += 1;
        } else {
            said.refused("too_many_requests");
        }
    }
    assert!((3..=5).contains(&shown), "{shown}");
    // Another person has their own.
    let other = a.person(&world, "hr_officer").await.at(server.address);
    other.get(&path).await.ok();
    lookups(&auditor, shown + 1).await;

    // What is unusual for one is so for all three together.
    let mut file = String::from("family name,given names,employer,card number,valid until\n");
    for n in 0..301 {
        file += &format!("Claes,Piet,Stuwadoor Noord,{},2027-03-01\n", 7_800_000 + n);
    }
    let query = format!(
        "purpose=credentials&card_system={}&default_format=number",
        hr.card_system
    );
    let import = hr.brings(&query, file.into()).await.created();
    hr.applies(text(&import, "id")).await.is(202);
    hr.awaits(text(&import, "id")).await;
    let mut path = String::from("/v1/workers?limit=100");
    for nth in 0..4 {
        let page = tools[nth % 3].at(world.node.address).get(&path).await.ok();
        if let Some(cursor) = page["next_cursor"].as_str() {
            path = format!("/v1/workers?limit=100&cursor={cursor}");
        }
        world.clock.advance(1_000);
    }
    let noted = lookups(&auditor, shown + 5).await;
    let unusual: Vec<&Value> = noted.iter().take(4).map(|line| &line["unusual"]).collect();
    assert_eq!(unusual, [true, false, false, false], "newest first");
}

/// What a row of a file comes to tells whether somebody is recorded, without a name.
pub async fn a_file_that_meets_somebody_is_a_look_at_them(world: World) {
    let a = world.member("Haven A").await;
    let hr = a.hr(&world).await;
    let (auditor, registrar) = (
        a.person(&world, "auditor").await,
        a.person(&world, "registrar").await,
    );
    let passport = json!([{ "kind": "passport", "country": "BEL", "number": "EH123456" }]);
    let jan = json!({ "family_name": "Verhoeven", "given_names": "Jan", "documents": passport });
    let jan = hr.api.post("/v1/workers", &jan).await.created();
    let engagements = |number: &str| {
        format!(
            "Family name;First name;Document kind;Issuing country;Document number;Employer\n\
             Verhoeven;Jan;passport;BEL;{number};Stuwadoor Noord\n"
        )
    };
    let bring = async |number: &str| {
        let file = engagements(number).into_bytes();
        hr.brings("purpose=engagements", file).await
    };
    let met = bring("EH123456").await.created();
    assert_eq!(met["counts"]["new"], 1);
    // A guess that meets nobody shows nobody.
    bring("EH999999").await.created();
    let noted = lookups(&auditor, 1).await;
    assert_eq!(
        (text(&noted[0], "what"), &noted[0]["hits"]),
        ("import", &json!(1))
    );
    assert_eq!(noted[0]["worker"], jan["id"]);

    // So with a card, and also where the file is refused, as its refusal says what each row met.
    let pass = hr.issues().await;
    world.clock.advance(1_000);
    let query = format!(
        "purpose=credentials&card_system={}&default_format=number",
        hr.card_system
    );
    let file = format!(
        "Naam;Voornaam;Werkgever;Badgenummer;Geldig tot\nAnders;Jan;X nv;{};31/12/2026\n",
        pass.number
    );
    hr.brings(&query, file.into()).await.created();
    assert_eq!(lookups(&auditor, 2).await[0]["worker"], pass.worker);
    world.clock.advance(1_000);
    let file = "Document kind;Issuing country;Document number;Employer;Valid until\npassport;BEL;EH123456;Stuwadoor Noord;1/1/2020\n";
    let said = hr.brings("purpose=engagements", file.into()).await;
    said.refused("unusable_file");
    assert_eq!(lookups(&auditor, 3).await[0]["worker"], jan["id"]);

    // The worker is told who looked.
    let export = format!("/v1/workers/{}/export", text(&jan, "id"));
    let export = registrar.get(&export).await.ok();
    let looks = export["lookups"].as_array().expect("look-ups");
    assert!(
        looks.iter().any(|look| look["what"] == "import"),
        "{looks:?}"
    );
}
