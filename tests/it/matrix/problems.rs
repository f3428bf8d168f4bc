//! Every code of every problem is reached by a request here; what no request can bring about by itself is brought about by
//! a fault. Each is a problem document with the request's id, and says nothing of our inside.

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::time::Duration;

use actix_web::web::Data;
use portcullis::http::problem::ProblemCode;
use portcullis::http::state::{Quotas, Shared};
use portcullis::metrics::Metrics;
use reqwest::Method;
use serde_json::{Value, json};

use super::routes::{Side, Thing, nobody};
use super::{Server, db_execute, raw};
use crate::support::World;
use crate::support::actors::{Api, Said, new_key};

/// What was reached so far.
#[derive(Default)]
struct Reached(BTreeSet<String>);

impl Reached {
    #[track_caller]
    fn by(&mut self, said: Said, code: &str) -> Value {
        let text = said.text.clone();
        let known = ProblemCode::ALL.iter().find(|known| known.as_str() == code);
        let known = known.expect("the code is one of the list");
        assert_eq!(said.status.as_u16(), known.status().as_u16(), "{text}");
        assert_eq!(said.headers["cache-control"], "no-store");
        assert_eq!(said.headers["x-content-type-options"], "nosniff");
        if matches!(known.status().as_u16(), 429 | 503) {
            let wait: u64 = said.headers["retry-after"]
                .to_str()
                .unwrap()
                .parse()
                .unwrap();
            assert!((1..=60).contains(&wait));
        }
        let problem = said.refused(code);
        self.check(&problem, &text);
        self.0.insert(code.to_owned());
        problem
    }

    fn check(&self, problem: &Value, text: &str) {
        assert_eq!(
            problem["type"],
            format!("/problems/{}", problem["code"].as_str().unwrap())
        );
        for field in ["title", "detail", "request_id"] {
            assert!(
                !problem[field].as_str().unwrap_or_default().is_empty(),
                "{field}: {text}"
            );
        }
        let inside = [
            "src/",
            ".rs",
            "::",
            "diesel",
            "sql",
            "postgres",
            "actix",
            "serde",
            "panicked",
            "struct ",
            "u64",
            "0x",
            "/tmp",
            "connection to server",
            "constraint",
            "sealed_details",
        ];
        let lower = text.to_lowercase();
        for word in inside {
            assert!(!lower.contains(word), "{word} in {text}");
        }
    }
}

pub async fn every_code_is_reached_and_says_nothing_of_our_inside(mut world: World) {
    // Where each leads: what it means, and how to mend it.
    for code in ProblemCode::ALL {
        let page = world
            .anonymous()
            .get(&format!("/problems/{}", code.as_str()))
            .await;
        assert_eq!(page.status, 200);
        let told: Vec<&str> = page.text.trim_end().split("\n\n").collect();
        let title = format!("{}.", code.title());
        assert!(
            matches!(told[..], [_, said, mend] if said == title && mend.len() > 40 && mend.ends_with('.')),
            "{told:?}"
        );
    }
    let mut reached = Reached::default();
    let network = world.admin().await;
    let side = Side::of(
        &world,
        &network.administrator_of(&world, &network.member).await,
    )
    .await;
    // Begun first and ended last: it is the slowest.
    let slow = slow_body(&world, &side);
    by_requests(&mut reached, &world, &side).await;
    by_states(&mut reached, &side).await;
    by_quota(&mut reached, &world, &side).await;
    reached.by(slow.await.expect("the slow sender ends"), "request_timeout");
    by_faults(&mut reached, &mut world, &side).await;

    let all: BTreeSet<String> = ProblemCode::ALL
        .iter()
        .map(|code| code.as_str().into())
        .collect();
    let missed: Vec<&String> = all.difference(&reached.0).collect();
    assert!(missed.is_empty(), "no request has reached {missed:?}");
}

async fn by_requests(reached: &mut Reached, world: &World, side: &Side) {
    let (hr, anonymous) = (&side.hr.api, Api::anonymous(world.node.address));
    let json_type = ("content-type", "application/json");
    let send = async |headers: &[(&str, &str)], body: &str| {
        let key = new_key();
        let mut all = vec![("idempotency-key", key.as_str())];
        all.extend(headers);
        hr.send(Method::POST, "/v1/workers", &all, body.into())
            .await
    };
    let answer = raw(
        world.node.address,
        b"GET /livez\r\n\r\n",
        Duration::from_secs(10),
    );
    let (_, body) = answer.split_once("\r\n\r\n").expect("head and body");
    let problem: Value = serde_json::from_str(body).expect("a document");
    assert_eq!(problem["code"], "malformed_request", "{answer}");
    reached.check(&problem, &answer);
    reached.0.insert("malformed_request".into());
    let long = "a".repeat(200_000);
    let said = anonymous
        .send(Method::GET, "/livez", &[("x-a", &long)], Vec::new())
        .await;
    reached.by(said, "head_too_large");
    reached.by(send(&[json_type], "{").await, "malformed_body");
    reached.by(
        send(&[("content-type", "text/xml")], "<a/>").await,
        "unsupported_media_type",
    );
    reached.by(send(&[json_type], &" ".repeat(65_537)).await, "too_large");
    reached.by(send(&[json_type], "{}").await, "invalid");
    reached.by(hr.get("/v1/workers?limit=0").await, "malformed_query");
    reached.by(hr.get("/v1/workers?cursor=AAAA").await, "bad_cursor");
    reached.by(hr.get("/v1/nothing").await, "not_found");
    reached.by(hr.get("/v1/members/mbr_x").await, "not_found");
    reached.by(side.gate_api.get("/v1/workers").await, "forbidden");
    reached.by(anonymous.get("/v1/workers").await, "unauthorized");
    let said = hr
        .send(Method::DELETE, "/v1/workers", &[], Vec::new())
        .await;
    assert_eq!(said.headers["allow"], "GET, HEAD, POST");
    reached.by(said, "method_not_allowed");

    let worker = json!({ "family_name": "Maes", "given_names": "Lotte" }).to_string();
    let said = hr
        .send(
            Method::POST,
            "/v1/workers",
            &[json_type],
            worker.clone().into(),
        )
        .await;
    reached.by(said, "idempotency_key_missing");
    let headers = [json_type, ("idempotency-key", "a key")];
    let said = hr
        .send(Method::POST, "/v1/workers", &headers, worker.into())
        .await;
    reached.by(said, "malformed_header");

    let path = format!("/v1/workers/{}", side.worker);
    let body = json!({ "family_name": "Maes", "given_names": "Lotte" });
    let said = hr
        .send(Method::PUT, &path, &[json_type], body.to_string().into())
        .await;
    reached.by(said, "precondition_required");
    reached.by(hr.put(&path, "\"1\"", &body).await, "changed");

    let form = ("content-type", "application/x-www-form-urlencoded");
    let ask = async |grant: &str, secret: &str| {
        let client = &side.client;
        let body = format!("grant_type={grant}&client_id={client}&client_secret={secret}");
        anonymous
            .send(Method::POST, "/oauth/token", &[form], body.into())
            .await
    };
    let said = ask("client_credentials", "wrong").await;
    assert_eq!(
        said.headers["www-authenticate"],
        "Basic realm=\"portcullis\""
    );
    assert_eq!(
        reached.by(said, "invalid_client")["error"],
        "invalid_client"
    );
    let problem = reached.by(
        ask("password", &side.secret).await,
        "unsupported_grant_type",
    );
    assert_eq!(
        problem["error"], "unsupported_grant_type",
        "as OAuth clients read it"
    );
    for (content_type, body, code) in [
        (form.1, "client_id=a&client_secret=b", "malformed_body"),
        (form.1, "grant_type=a&grant_type=a", "malformed_body"),
        ("application/json", "{}", "unsupported_media_type"),
    ] {
        let headers = [("content-type", content_type)];
        let said = anonymous
            .send(Method::POST, "/oauth/token", &headers, body.into())
            .await;
        assert_eq!(said.refused(code)["error"], "invalid_request", "{body}");
    }
}

async fn by_states(reached: &mut Reached, side: &Side) {
    let hr = &side.hr.api;
    let credential = side.one(Thing::Suspended).await;
    let at = |what: &str| format!("/v1/credentials/{credential}/{what}");
    let dormant = json!({ "reason": "dormant" });
    reached.by(
        hr.post(&at("suspensions"), &dormant).await,
        "already_suspended",
    );
    let for_cause = json!({ "kind": "for_cause" });
    reached.by(hr.post(&at("lifts"), &for_cause).await, "not_suspended");
    let approved = side.one(Thing::Approved).await;
    let suspensions = format!("/v1/credentials/{approved}/suspensions");
    let inquiry = json!({ "reason": "under_inquiry" });
    reached.by(hr.post(&suspensions, &inquiry).await, "not_handed_over");
    let approver_of_hr = side.role("hr_approver");
    let said = approver_of_hr.post(&at("corrections"), &json!({})).await;
    reached.by(said, "not_correctable");
    hr.post(&at("revocations"), &json!({ "reason": "lost" }))
        .await
        .created();
    reached.by(
        hr.post(&at("suspensions"), &dormant).await,
        "credential_revoked",
    );

    let card = json!({ "card_system": side.hr.card_system, "format": "number", "value": "31415" });
    let badges = json!([{ "medium": "card", "cards": [card] }]);
    let body =
        json!({ "worker": side.worker, "valid_until": "2027-01-01T00:00:00Z", "badges": badges });
    hr.post("/v1/credentials", &body).await.created();
    let problem = reached.by(hr.post("/v1/credentials", &body).await, "card_in_use");
    assert_eq!(problem["errors"][0]["pointer"], "/badges/0/cards/0");
    assert!(!problem.to_string().contains("31415"));

    let path = format!("/v1/workers/{}/engagements", side.worker);
    let body = json!({ "employer": "Stuwadoor Noord", "staff_number": "S-1" });
    let engagement = hr.post(&path, &body).await.created();
    reached.by(hr.post(&path, &body).await, "staff_number_in_use");
    let end = format!("/v1/engagements/{}/end", engagement["id"].as_str().unwrap());
    hr.post(&end, &json!({})).await.ok();
    reached.by(hr.post(&end, &json!({})).await, "engagement_ended");

    let officer = side.role("screening_officer");
    let screening = side.one(Thing::Pending).await;
    let path = format!("/v1/screenings/{screening}/submissions");
    let problem = reached.by(officer.post(&path, &json!({})).await, "screening_state");
    assert_eq!(
        problem["detail"],
        "The screening is pending; this cannot happen to it."
    );
    let screening = officer
        .get(&format!("/v1/screenings/{screening}"))
        .await
        .ok();
    let path = format!(
        "/v1/workers/{}/screenings",
        screening["worker"].as_str().unwrap()
    );
    let body = json!({ "function": screening["function"], "consented_at": "2026-03-01T09:00:00Z" });
    reached.by(officer.post(&path, &body).await, "screening_open");
    let path = format!("/v1/screenings/{}", screening["id"].as_str().unwrap());
    let body = json!({ "advice": "negative", "authority": "namb", "reference": "2026/1", "date": "2026-03-02" });
    let said = officer.post(&format!("{path}/outcomes"), &body).await;
    let approver = side.role("screening_approver");
    approver.seconds(said, &path).await.created();
    let said = approver
        .post(&format!("{path}/finalisations"), &json!({}))
        .await;
    reached.by(said, "screening_not_due");

    // Cleared, given a credential for it, and refused since.
    let screening = format!("/v1/screenings/{}", side.one(Thing::Pending).await);
    let advises = async |advice: &str, date: &str| {
        let body =
            json!({ "advice": advice, "authority": "namb", "reference": "2026/2", "date": date });
        let said = officer.post(&format!("{screening}/outcomes"), &body).await;
        approver.seconds(said, &screening).await.created()
    };
    let cleared = advises("positive", "2026-03-01").await;
    let badges = |number: &str| {
        let card =
            json!({ "card_system": side.hr.card_system, "format": "number", "value": number });
        json!([{ "medium": "card", "cards": [card] }])
    };
    let body = json!({ "worker": cleared["worker"], "valid_until": "2027-01-01T00:00:00Z",
        "badges": badges("16180"), "scope": { "functions": ["cargo_access"] } });
    let issued = hr.post("/v1/credentials", &body).await.created();
    advises("negative", "2026-03-02").await;
    let path = format!(
        "/v1/credentials/{}/replacements",
        issued["id"].as_str().unwrap()
    );
    let body = json!({ "reason": "lost", "badges": badges("16181") });
    reached.by(hr.post(&path, &body).await, "not_cleared");

    let case = side.one(Thing::MatchCase).await;
    let path = format!("/v1/match-cases/{case}");
    let worker = hr.get(&path).await.ok()["worker"].clone();
    let badges = json!([{ "medium": "card", "cards": [
        { "card_system": side.hr.card_system, "format": "number", "value": "27182" },
    ]}]);
    let body = json!({ "worker": worker, "valid_until": "2027-01-01T00:00:00Z", "badges": badges });
    reached.by(hr.post("/v1/credentials", &body).await, "match_open");
    let decide = format!("{path}/rejections");
    let said = hr.post(&decide, &json!({})).await.is(202);
    side.hr.approver.grants(&said).await;
    reached.by(hr.post(&decide, &json!({})).await, "match_decided");

    let path = format!("/v1/workers/{}/erasures", side.worker);
    let registrar = side.role("registrar");
    let said = registrar.post(&path, &json!({})).await;
    reached.by(said, "erasure_blocked");
    let path = format!("/v1/erasures/{}", side.one(Thing::Erasure).await);
    let erasure = registrar.get(&path).await.ok();
    let worker = format!("/v1/workers/{}", erasure["worker"].as_str().unwrap());
    let engagement = json!({ "employer": "Stuwadoors nv" });
    let said = hr.post(&format!("{worker}/engagements"), &engagement).await;
    reached.by(said, "erasure_waiting");
    let withdraw = format!("{path}/withdrawals");
    registrar.post(&withdraw, &json!({})).await.created();
    let said = registrar.post(&withdraw, &json!({})).await;
    reached.by(said, "erasure_ended");
    let draft = side.one(Thing::Draft).await;
    let path = format!("/v1/referrals/{draft}");
    let credential = hr.get(&path).await.ok()["credential"].clone();
    let send = format!("{path}/dispatches");
    side.may_share(false).await;
    reached.by(hr.post(&send, &json!({})).await, "sharing_barred");
    let credential = format!("/v1/credentials/{}", credential.as_str().unwrap());
    let worker = hr.get(&credential).await.ok()["worker"].clone();
    let body = json!({ "worker": worker, "valid_until": "2027-01-01T00:00:00Z", "badges": badges });
    reached.by(hr.post("/v1/credentials", &body).await, "inquiry_stands");
    // What follows takes its place.
    let revocations = format!("{credential}/revocations");
    let body = json!({ "reason": "lent_or_shared" });
    let said = hr.post(&revocations, &body).await;
    let second = side.role("hr_approver");
    second.seconds(said, &path).await.created();
    reached.by(hr.post(&send, &json!({})).await, "referral_state");

    let exclusion = side.one(Thing::Told).await;
    let path = format!("/v1/exclusions/{exclusion}");
    let outcome = json!({ "outcome": "upheld" });
    let said = hr.post(&format!("{path}/contest-outcomes"), &outcome).await;
    reached.by(said, "exclusion_state");
    let held_back = side.one(Thing::HeldBack).await;
    let held_back = hr.get(&format!("/v1/exclusions/{held_back}")).await.ok();
    let body = json!({ "worker": held_back["worker"], "valid_until": "2027-01-01T00:00:00Z", "badges": badges });
    reached.by(hr.post("/v1/credentials", &body).await, "exclusion_holds");

    let ban = side.one(Thing::Ban).await;
    let register = side.role("register");
    let path = format!("/v1/bans/{ban}");
    let reference = register.get(&path).await.ok()["reference"].clone();
    let of_worker = json!({ "worker": side.worker, "reference": reference, "starts_at": "2026-03-01T23:00:00Z",
        "ends_at": "2027-03-01T23:00:00Z" });
    let known = register.post("/v1/bans", &of_worker).await.created();
    reached.by(register.post("/v1/bans", &of_worker).await, "ban_known");
    let body =
        json!({ "worker": side.worker, "valid_until": "2027-01-01T00:00:00Z", "badges": badges });
    reached.by(hr.post("/v1/credentials", &body).await, "ban_stands");
    let end = format!("/v1/bans/{}/ends", known["id"].as_str().unwrap());
    register.post(&end, &json!({})).await.created();
    reached.by(register.post(&end, &json!({})).await, "ban_state");

    // Who asks and grants in one person.
    let refused = side.one(Thing::Refused).await;
    let path = format!("/v1/screenings/{refused}/finalisations");
    let asked = approver.post(&path, &json!({})).await.json();
    let path = format!("/v1/approvals/{}", asked["id"].as_str().unwrap());
    let body = json!({ "content": asked["content"] });
    let said = approver.post(&format!("{path}/grants"), &body).await;
    reached.by(said, "wrong_person");
    let taken_back = approver
        .post(&format!("{path}/withdrawals"), &json!({}))
        .await;
    taken_back.created();
    let said = approver
        .post(&format!("{path}/withdrawals"), &json!({}))
        .await;
    reached.by(said, "approval_ended");

    let duty = side.role("duty_officer");
    let glass = side.one(Thing::BreakGlass).await;
    let body = json!({ "reason": "stock_stolen", "reference": "INC-2" });
    let said = duty.post("/v1/break-glass", &body).await;
    reached.by(said, "break_glass_open");
    let path = format!("/v1/break-glass/{glass}/closures");
    duty.post(&path, &json!({})).await.created();
    reached.by(duty.post(&path, &json!({})).await, "break_glass_closed");

    for _ in 0..20 {
        let credential = side.one(Thing::Credential).await;
        let path = format!("/v1/credentials/{credential}/revocations");
        hr.post(&path, &json!({ "reason": "lost" })).await.json();
    }
    let credential = side.one(Thing::Credential).await;
    let card = json!({ "card_system": side.hr.card_system, "format": "number", "value": "86753" });
    let badges = json!([{ "medium": "card", "cards": [card] }]);
    let body = json!({ "reason": "lost", "badges": badges });
    let path = format!("/v1/credentials/{credential}/replacements");
    reached.by(hr.post(&path, &body).await, "bulk_limit");

    let import = format!("/v1/imports/{}/apply", side.one(Thing::Import).await);
    hr.post(&import, &json!({})).await.is(202);
    reached.by(hr.post(&import, &json!({})).await, "import_state");
    let key = new_key();
    let headers = [
        ("content-type", "text/csv"),
        ("idempotency-key", key.as_str()),
    ];
    let file = "/v1/imports?purpose=revocations&reason=lost";
    let said = hr
        .send(Method::POST, file, &headers, b"a,b\n1,2\n".to_vec())
        .await;
    reached.by(said, "unusable_file");

    let (path, name) = (
        "/v1/workers",
        json!({ "family_name": "Maes", "given_names": "Lotte" }),
    );
    let key = new_key();
    hr.post_keyed(path, &name, &key).await.created();
    let other = json!({ "family_name": "Maas", "given_names": "Lotte" });
    reached.by(
        hr.post_keyed(path, &other, &key).await,
        "idempotency_key_reused",
    );

    let path = format!("/v1/clients/{}", side.client);
    side.admin
        .post(&format!("{path}/revocations"), &json!({}))
        .await
        .ok();
    let etag = side.admin.get(&path).await.etag();
    let said = side
        .admin
        .put(&path, &etag, &json!({ "name": "Poort 2" }))
        .await;
    reached.by(said, "client_revoked");
}

/// A second server over the same node, at which everybody may ask once a second.
async fn by_quota(reached: &mut Reached, world: &World, side: &Side) {
    let quotas = Quotas {
        gate: NonZeroU32::new(500).expect("it is not zero"),
        other: NonZeroU32::MIN,
        lookups_per_minute: NonZeroU32::MAX,
    };
    let metrics = Metrics::new().expect("metrics register");
    let services = world.node.shared.services.clone();
    let health = world.node.shared.health.clone();
    let shared = Shared::new(services, health, metrics, quotas);
    let server = Server::over(Data::new(shared));
    let hr = side.hr.api.at(server.address);
    let path = format!("/v1/credentials/{}/status", nobody(Thing::Credential));
    let gate = side.gate_api.at(server.address);
    // Many at once, so that it does not matter how long a second is on this machine.
    let asked = (0..20).map(|_| hr.get("/v1/workers"));
    let mut refused = 0;
    for said in futures_util::future::join_all(asked).await {
        assert_eq!(said.headers["ratelimit-policy"], "\"client\";q=1;w=1");
        assert_eq!(said.headers["ratelimit"], "\"client\";r=0;t=1");
        if said.status != 200 {
            reached.by(said, "too_many_requests");
            refused += 1;
        }
    }
    assert!(
        (1..20).contains(&refused),
        "the first is answered, not all are: {refused}"
    );
    // Another client has an allowance of its own.
    let said = gate.get(&path).await;
    assert_eq!(said.headers["ratelimit-policy"], "\"gate\";q=500;w=1");
    said.refused("not_found");
    // A batch counts as what is in it, so twenty of them are the questions of twenty seconds.
    let question = json!({ "gate": nobody(Thing::Gate), "credential": nobody(Thing::Credential) });
    let batch = json!({ "checks": vec![question; 500] });
    let asked = (0..20).map(|_| gate.post("/v1/gate-checks:batch", &batch));
    let said = futures_util::future::join_all(asked).await;
    let refused = said.iter().filter(|said| said.status == 429).count();
    assert!((1..20).contains(&refused), "{refused} of 20");
    assert!(
        said.iter()
            .all(|said| [200, 429].contains(&said.status.as_u16()))
    );
}

/// A body that is announced and does not come.
fn slow_body(world: &World, side: &Side) -> tokio::task::JoinHandle<Said> {
    let token = side.hr.api.token.clone().expect("a token");
    let address = world.node.address;
    let request = format!(
        "POST /v1/workers HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\nIdempotency-Key: slow\r\n\
         Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{{"
    );
    tokio::task::spawn_blocking(move || {
        let started = std::time::Instant::now();
        let text = raw(address, request.as_bytes(), Duration::from_secs(30));
        let took = started.elapsed();
        assert!(
            took < Duration::from_secs(25),
            "the server closes: {took:?}"
        );
        parse(&text)
    })
}

/// An answer as it came over the wire.
fn parse(text: &str) -> Said {
    let (head, body) = text
        .split_once("\r\n\r\n")
        .unwrap_or_else(|| panic!("an answer: {text:?}"));
    let mut lines = head.lines();
    let status = lines
        .next()
        .and_then(|line| line.split(' ').nth(1))
        .expect("a status");
    let mut headers = reqwest::header::HeaderMap::new();
    for line in lines {
        let (name, value) = line.split_once(": ").expect("a header");
        let name: reqwest::header::HeaderName = name.parse().expect("a name");
        headers.insert(name, value.parse().expect("a value"));
    }
    Said {
        status: status.parse().expect("a number"),
        headers,
        text: body.to_owned(),
    }
}

async fn by_faults(reached: &mut Reached, world: &mut World, side: &Side) {
    let hr = &side.hr.api;
    let worker = json!({ "family_name": "Maes", "given_names": "Lotte" });

    // What is stored was damaged.
    db_execute(
        world,
        "CREATE TABLE kept AS SELECT * FROM sealed_details; UPDATE sealed_details SET sealed = subject",
    );
    let path = format!("/v1/workers/{}", side.worker);
    reached.by(hr.get(&path).await, "internal");
    reached.by(hr.get("/v1/workers").await, "internal");
    // And mended again: the world is examined when it ends.
    db_execute(
        world,
        "UPDATE sealed_details SET sealed = (SELECT sealed FROM kept WHERE kept.subject = sealed_details.subject); DROP TABLE kept",
    );

    // The schema refuses a row that every rule let through, as it does when another writer was first.
    let seq = world.node.shared.services.index.seq();
    let planted = format!("CREATE UNIQUE INDEX planted ON workers (member) WHERE version > {seq}");
    db_execute(world, &planted);
    let other = world.member("Haven C").await;
    let other = other.client(world, &other.member, "hr_officer").await;
    other.post("/v1/workers", &worker).await.created();
    reached.by(other.post("/v1/workers", &worker).await, "conflict");
    db_execute(world, "DROP INDEX planted");

    // The one thread that writes is held up, and more waits than may.
    let door = world.node.shared.services.door.clone();
    let release = hold_up(world);
    while door.aside(|_| Ok(())) {}
    reached.by(hr.post("/v1/workers", &worker).await, "busy");
    drop(release);
    let path = format!("/v1/credentials/{}/revocations", nobody(Thing::Credential));
    let lost = json!({ "reason": "lost" });
    loop {
        // It heals by itself once the queue is empty.
        let said = hr.post(&path, &lost).await;
        if said.status != 503 {
            said.refused("not_found");
            break;
        }
    }

    // The thread ends while a change waits behind its end: nobody can say what became of it. Nothing says when the change
    // has got into the queue, so it is given a moment, and a longer one should that have been too short.
    let mut moment = Duration::from_millis(200);
    loop {
        let hr = hr.at(world.node.address);
        let release = hold_up(world);
        world.node.shared.services.door.close();
        let waiting = tokio::spawn({
            let (hr, path, lost) = (hr.clone(), path.clone(), lost.clone());
            async move { hr.post(&path, &lost).await }
        });
        tokio::time::sleep(moment).await;
        drop(release);
        let said = waiting.await.expect("it is answered");
        reached.by(hr.post(&path, &lost).await, "unavailable");
        if said.json()["code"] == "outcome_unknown" {
            reached.by(said, "outcome_unknown");
            break;
        }
        moment *= 2;
        world.restart();
    }
}

/// Holds up the one thread that writes until the answer is dropped.
fn hold_up(world: &World) -> std::sync::mpsc::Sender<()> {
    let (release, released) = std::sync::mpsc::channel::<()>();
    let (begun, begins) = std::sync::mpsc::channel::<()>();
    let held = world.node.shared.services.door.aside(move |_| {
        begun.send(()).expect("the test waits");
        // Ends with an error when the sender is dropped.
        let _ = released.recv();
        Ok(())
    });
    assert!(held);
    begins.recv().expect("it begins");
    release
}
