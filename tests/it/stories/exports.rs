//! Somebody asks what is held of them, and is given all of it: who looked, too. What an inquiry must not let out is counted.

use serde_json::{Value, json};

use super::referrals::Ports;
use crate::support::World;
use crate::support::actors::Api;
use crate::support::world::text;

/// All that is held of a worker, once so many look-ups are written.
async fn exported(registrar: &Api, worker: &str, lookups: usize) -> Value {
    let path = format!("/v1/workers/{worker}/export");
    loop {
        let export = registrar.get(&path).await.ok();
        let lines = export["lookups"].as_array().expect("look-ups");
        // Those of this very loop are not counted.
        let looked = lines.iter().filter(|line| line["what"] != "export").count();
        if looked >= lookups {
            assert_eq!(looked, lookups, "{lines:?}");
            return export;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

fn count(export: &Value, ground: &str) -> u64 {
    let withheld = export["withheld"].as_array().expect("a list");
    let found = withheld.iter().find(|one| one["ground"] == ground);
    found.map_or(0, |one| one["count"].as_u64().expect("a number"))
}

pub async fn a_worker_is_given_all_that_is_held_and_who_looked(world: World) {
    let ports = Ports::of(&world).await;
    let Ports {
        a,
        hr_of_a,
        hr_of_b,
        at_a,
        at_b,
        ..
    } = &ports;
    let registrar = a.person(&world, "registrar").await;
    let officer = a.person(&world, "screening_officer").await;
    let worker = format!("/v1/workers/{}", at_a.worker);
    let engaged = json!({ "employer": "Stuwadoor Noord", "staff_number": "00417" });
    let engaged = hr_of_a
        .api
        .post(&format!("{worker}/engagements"), &engaged)
        .await
        .created();
    world.clock.advance(1_000);
    let end = format!("/v1/engagements/{}/end", text(&engaged, "id"));
    let ended = hr_of_a.api.post(&end, &json!({})).await.ok();
    assert_eq!(
        (&ended["ended"], &ended["employer"]),
        (&json!(true), &Value::Null)
    );
    let screening = json!({ "function": "cargo_access", "consented_at": "2026-03-01T09:00:00Z" });
    let screening = officer
        .post(&format!("{worker}/screenings"), &screening)
        .await
        .created();
    let submit = format!("/v1/screenings/{}/submissions", text(&screening, "id"));
    officer.post(&submit, &json!({})).await.created();
    let outcome = json!({ "advice": "positive", "authority": "namb", "reference": "2026/0042", "date": "2026-03-02" });
    let outcomes = format!("/v1/screenings/{}/outcomes", text(&screening, "id"));
    officer.post(&outcomes, &outcome).await.is(202);
    hr_of_a.revokes(at_a, "lost").await.created();
    // Who looks: one at a time, among many, and at A the officer who decides who came to B.
    world.clock.advance(1_000);
    hr_of_a.api.get(&worker).await.ok();
    world.clock.advance(1_000);
    officer.get("/v1/workers").await.ok();

    let export = exported(&registrar, &at_a.worker, 2).await;
    assert_eq!(export["worker"]["family_name"], "Verhoeven");
    assert_eq!(export["worker"]["documents"][0]["number"], "EH123456");
    assert_eq!(export["engagements"][0]["employer"], "Stuwadoor Noord");
    assert_eq!(export["engagements"][0]["staff_number"], "00417");
    assert_eq!(
        export["engagements"][0]["began_at"],
        "2026-03-02T07:30:00.000Z"
    );
    assert_eq!(
        export["engagements"][0]["ended_at"],
        "2026-03-02T07:30:01.000Z"
    );
    assert_eq!(export["screenings"][0]["state"], "pending");
    assert_eq!(export["screenings"][0]["moves"][0]["step"], "submitted");
    let credential = &export["credentials"][0];
    assert_eq!(
        (&credential["id"], &credential["state"]),
        (&json!(at_a.credential), &json!("revoked"))
    );
    assert_eq!(
        (
            &credential["moves"][0]["what"],
            &credential["moves"][0]["reason"]
        ),
        (&json!("revoked"), &json!("lost"))
    );
    assert_eq!(
        export["match_cases"][0]["other_member"],
        json!(ports.b.member)
    );
    let acts = export["approvals"].as_array().expect("a list").iter();
    let acts: Vec<&Value> = acts.map(|asked| &asked["act"]).collect();
    assert_eq!(acts, ["decide_match", "move_screening"]);
    assert_eq!(count(&export, "card_number"), 1);
    assert_eq!(count(&export, "inquiry"), 0);
    let client = |api: &Api| json!(api.client.as_ref().expect("has logged in").0);
    let looked: Vec<&Value> = export["lookups"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|one| one["what"] != "export")
        .collect();
    assert_eq!(
        (&looked[0]["what"], &looked[0]["client"]),
        (&json!("workers"), &client(&officer))
    );
    assert_eq!(
        (&looked[1]["what"], &looked[1]["client"]),
        (&json!("worker"), &client(&hr_of_a.api))
    );
    assert_eq!(looked[0]["member"], json!(a.member));
    assert_eq!(looked[0]["at"], "2026-03-02T07:30:03.000Z");
    assert!(text(looked[0], "person").starts_with("per_"));

    // Of who came to B it is known at B who was shown: A's officer, on the match case.
    let registrar_of_b = ports.b.person(&world, "registrar").await;
    let path = format!("/v1/workers/{}", at_b.worker);
    hr_of_b.api.get(&path).await.ok();
    let theirs = exported(&registrar_of_b, &at_b.worker, 1).await;
    assert_eq!(theirs["lookups"].as_array().map(Vec::is_empty), Some(false));

    // That it was asked for is a look-up like any other.
    let export = loop {
        let export = exported(&registrar, &at_a.worker, 2).await;
        if export["lookups"][0]["what"] == "export" {
            break export;
        }
    };
    assert_eq!(export["lookups"][0]["client"], client(&registrar));

    // Another member's worker is not there, nor may anybody else ask.
    let export_of_b = format!("/v1/workers/{}/export", at_b.worker);
    registrar.get(&export_of_b).await.refused("not_found");
    registrar
        .get(&format!("{export_of_b}/page"))
        .await
        .refused("not_found");
    hr_of_a
        .api
        .get(&format!("{worker}/export"))
        .await
        .refused("forbidden");
    a.api
        .get(&format!("{worker}/export"))
        .await
        .refused("forbidden");
}

pub async fn an_inquiry_that_goes_on_is_counted_and_not_told(world: World) {
    let ports = Ports::of(&world).await;
    let Ports {
        a, hr_of_a, at_a, ..
    } = &ports;
    let registrar = a.person(&world, "registrar").await;
    let path = format!("/v1/credentials/{}/suspensions", at_a.credential);
    hr_of_a
        .api
        .post(&path, &json!({ "reason": "under_inquiry" }))
        .await
        .created();
    let page_path = format!("/v1/workers/{}/export/page", at_a.worker);
    let export = exported(&registrar, &at_a.worker, 0).await;
    let credential = &export["credentials"][0];
    assert_eq!(credential["state"], "suspended");
    assert_eq!(
        (&credential["reason"], &credential["suspensions"]),
        (&Value::Null, &Value::Null)
    );
    // The suspension, what the other issuer would be told, and what waits for the second person.
    assert_eq!(count(&export, "inquiry"), 3, "{export}");
    let page = registrar.get(&page_path).await;
    for text in [export.to_string(), page.text] {
        for told in ["under_inquiry", "for_cause"] {
            assert!(!text.contains(told), "{told} in {text}");
        }
    }
    // When it has come to something, all is told.
    let lifts = format!("/v1/credentials/{}/lifts", at_a.credential);
    let said = hr_of_a
        .api
        .post(&lifts, &json!({ "kind": "for_cause" }))
        .await;
    let shown = format!("/v1/credentials/{}", at_a.credential);
    hr_of_a.approver.seconds(said, &shown).await.created();
    let export = exported(&registrar, &at_a.worker, 0).await;
    assert_eq!(count(&export, "inquiry"), 0, "{export}");
    assert_eq!(
        export["credentials"][0]["moves"][0]["reason"],
        "under_inquiry"
    );
}

pub async fn the_page_shows_a_name_and_runs_nothing(world: World) {
    let a = world.member("Haven A").await;
    let (hr, registrar) = (a.hr(&world).await, a.person(&world, "registrar").await);
    let hostile = "<script>alert(1)</script>";
    let body = json!({ "family_name": hostile, "given_names": "\"'><img src=x onerror=alert(1)>" });
    let worker = hr.api.post("/v1/workers", &body).await.created();
    let path = format!("/v1/workers/{}/engagements", text(&worker, "id"));
    let body = json!({ "employer": "</td></table><form action=//x>{{ 7*7 }}" });
    hr.api.post(&path, &body).await.created();
    let said = registrar
        .get(&format!("/v1/workers/{}/export/page", text(&worker, "id")))
        .await;
    assert_eq!(said.status, 200);
    let header = |name: &str| said.headers[name].to_str().expect("ASCII").to_owned();
    assert_eq!(header("content-type"), "text/html; charset=utf-8");
    assert_eq!(header("cache-control"), "no-store");
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(header("referrer-policy"), "no-referrer");
    assert_eq!(
        header("content-security-policy"),
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    let page = said.text;
    for tag in [
        "<script", "<img", "<form", "<style", "<link", "src=\"", "href=", "http:", "https:",
    ] {
        assert!(!page.contains(tag), "{tag} in {page}");
    }
    // It is there to be read, as text.
    assert!(page.contains("script"), "{page}");
    assert!(!page.contains(hostile));
    assert_eq!(
        page.matches("<table>").count(),
        page.matches("</table>").count()
    );
    assert!(page.contains("<html lang=\"en\">") && page.contains("<th scope=\"col\">"));
}
