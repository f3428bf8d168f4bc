//! Names, dates of birth, staff numbers, card numbers and secrets go in through the API and are then looked for: in every log
//! line, in the metrics, in error bodies, in the ledger, and in the bytes of the whole database. Then each is let slip once,
//! and the same search finds it.

use std::collections::HashSet;

use reqwest::Method;
use serde_json::{Value, json};

use super::db_execute;
use crate::support::actors::{Admin, Said};
use crate::support::files::{db_files, in_base64, latin};
use crate::support::world::text;
use crate::support::{Database, World};

const FAMILY_NAME: &str = "Kanariepieters";
const GIVEN_NAMES: &str = "Zilvervogel Amandine";
const BIRTH_DATE: &str = "1931-07-19";
const EMPLOYER: &str = "Stuwadoor Goudvink";
const STAFF_NUMBER: &str = "SN-770-Kneu-0042";
const DOCUMENT: &str = "QX9407713K";
const OTHER_DOCUMENT: &str = "ZB6650318";
const CARD_NUMBER: u64 = 8_675_309_442_199;
const FACILITY_CODE: u64 = 217;
const WIEGAND_NUMBER: u64 = 54_321;
const CARD_UID: &str = "04C0FFEE5EED99";

/// Everything that must appear nowhere, with its name.
struct Canaries(Vec<(String, Vec<u8>)>);

impl Canaries {
    fn of(secrets: &[&str]) -> Self {
        let texts = [
            FAMILY_NAME,
            GIVEN_NAMES,
            BIRTH_DATE,
            EMPLOYER,
            STAFF_NUMBER,
            DOCUMENT,
            OTHER_DOCUMENT,
            CARD_UID,
            "8675309442199",
            "8675309442200",
            "217:54321",
        ];
        let mut all: Vec<(String, Vec<u8>)> = Vec::new();
        for text in texts.iter().chain(secrets) {
            all.push(((*text).into(), text.to_lowercase().into_bytes()));
            // As PostgreSQL and debugging print bytes.
            let hex: String = text.bytes().map(|b| format!("{b:02x}")).collect();
            all.push((format!("{text} in hexadecimal"), hex.into_bytes()));
            let debug: Vec<String> = text.bytes().map(|b| b.to_string()).collect();
            for base64 in in_base64(text) {
                all.push((
                    format!("{text} in base64"),
                    base64.to_lowercase().into_bytes(),
                ));
            }
            all.push((
                format!("{text} as in a URL"),
                text.replace(' ', "%20").to_lowercase().into_bytes(),
            ));
            all.push((
                format!("{text} as a list of bytes"),
                debug.join(", ").into_bytes(),
            ));
        }
        for bytes in [CARD_NUMBER.to_be_bytes(), CARD_NUMBER.to_le_bytes()] {
            all.push(("the card number in binary".into(), lower(&bytes[..])));
        }
        all.push((
            "the UID in binary".into(),
            lower(&[0x04, 0xC0, 0xFF, 0xEE, 0x5E, 0xED, 0x99]),
        ));
        Self(all)
    }

    /// Which of them stand there, whatever their case.
    fn found_in(&self, bytes: &[u8]) -> Vec<&str> {
        let bytes = latin(&lower(bytes));
        let found = self
            .0
            .iter()
            .filter(|(_, canary)| bytes.contains(&latin(canary)));
        found.map(|(name, _)| name.as_str()).collect()
    }

    #[track_caller]
    fn are_not_in(&self, what: &str, bytes: &[u8]) {
        assert_eq!(self.found_in(bytes), Vec::<&str>::new(), "in {what}");
    }

    #[track_caller]
    fn one_is_in(&self, name: &str, what: &str, bytes: &[u8]) {
        assert!(
            self.found_in(bytes).contains(&name),
            "{name} was planted in {what} and not found"
        );
    }
}

fn lower(bytes: &[u8]) -> Vec<u8> {
    bytes.to_ascii_lowercase()
}

/// The whole database as bytes: the files of SQLite with what is not yet folded into them, or a dump of PostgreSQL.
fn db_bytes(world: &World) -> Vec<u8> {
    match world.database {
        Database::Sqlite => {
            let files = std::fs::read_dir(world.folder()).expect("the folder can be read");
            let mut bytes = Vec::new();
            for file in files {
                bytes.extend(std::fs::read(file.expect("a file").path()).expect("it can be read"));
            }
            bytes
        }
        Database::Postgres => {
            let dump = std::process::Command::new("pg_dump")
                .args(["--inserts", &world.url])
                .output()
                .expect("pg_dump runs");
            let said = String::from_utf8_lossy(&dump.stderr);
            assert!(dump.status.success(), "{said}");
            dump.stdout
        }
    }
}

fn ledger(world: &World) -> Vec<u8> {
    world.db_read(|reader| {
        let entries = portcullis::store::ledger::after(reader, 0, 10_000).expect("it can be read");
        assert!(entries.len() > 8);
        entries.into_iter().flat_map(|(_, body)| body).collect()
    })
}

/// What a story leaves behind.
struct Told {
    /// What a person was given who asked what is held of them.
    exports: Vec<String>,
    /// Every error body with its headers, and what was said of a file.
    bodies: Vec<u8>,
    /// What was given out and must be kept secret.
    secrets: Vec<String>,
    /// The ids of refused requests, each of which has its line in the log.
    logged: Vec<String>,
}

/// Puts everything in, in every way, the wrong ones too.
async fn story(world: &World, admin: &Admin) -> Told {
    let hr = admin.hr(world).await;
    let gate = admin.gate(world, &[&hr.card_system]).await;
    let mut errors = Vec::new();
    // Gate checks are counted, and not logged each time.
    let mut refused_at_gate = Vec::new();
    let document = json!({ "kind": "passport", "country": "BEL", "number": DOCUMENT });
    let person = json!({
        "family_name": FAMILY_NAME, "given_names": GIVEN_NAMES, "birth_date": BIRTH_DATE, "documents": [document],
    });
    let key = "k-1";
    let worker = hr
        .api
        .post_keyed("/v1/workers", &person, key)
        .await
        .created();
    hr.api
        .post_keyed("/v1/workers", &person, key)
        .await
        .created();
    let at = format!("/v1/workers/{}", text(&worker, "id"));
    let engagement = json!({ "employer": EMPLOYER, "staff_number": STAFF_NUMBER });
    let engagements = format!("{at}/engagements");
    hr.api.post(&engagements, &engagement).await.created();
    errors.push(hr.api.post(&engagements, &engagement).await);
    let etag = hr.api.get(&at).await.etag();
    hr.api.put(&at, &etag, &person).await.ok();
    errors.push(hr.api.put(&at, &etag, &person).await);

    // Another record with the same document, which stands in the way until somebody has seen who it is.
    let permit = json!({ "kind": "residence_permit", "country": "NLD", "number": OTHER_DOCUMENT });
    let twice = json!({
        "family_name": FAMILY_NAME, "given_names": GIVEN_NAMES, "birth_date": BIRTH_DATE, "documents": [permit, document],
    });
    let twice = hr.api.post("/v1/workers", &twice).await.created();
    let matched = hr.api.get("/v1/match-cases").await.ok()["items"][0].clone();
    let matched = format!("/v1/match-cases/{}", text(&matched, "id"));
    let shown = hr.api.get(&matched).await;
    assert!(shown.text.contains(FAMILY_NAME));
    for number in [DOCUMENT, OTHER_DOCUMENT] {
        assert!(
            !shown.text.contains(number),
            "not even who decides is shown the number"
        );
    }
    for body in [
        json!({ "name": FAMILY_NAME }),
        json!({ "document": document }),
        json!({ "name": FAMILY_NAME, "limit": 1 }),
    ] {
        let found = hr.api.post("/v1/workers:search", &body).await.ok();
        assert!(!found["items"].as_array().expect("items").is_empty());
        let mut wrong = body.clone();
        wrong["cursor"] = json!(DOCUMENT);
        errors.push(hr.api.post("/v1/workers:search", &wrong).await);
        wrong["employer"] = json!(EMPLOYER);
        errors.push(hr.api.post("/v1/workers:search", &wrong).await);
    }
    let refused = json!({ "worker": twice["id"], "valid_until": "2027-01-01T00:00:00Z", "badges": [
        { "medium": "card", "cards": [{ "card_system": hr.card_system, "format": "number", "value": "1" }] },
    ]});
    errors.push(hr.api.post("/v1/credentials", &refused).await);
    let confirm = format!("{matched}/confirmations");
    let said = hr.api.post(&confirm, &json!({})).await.is(202);
    hr.approver.grants(&said).await;
    errors.push(hr.api.post(&confirm, &json!({})).await);
    for wrong in [
        json!([document, document]),
        json!([{ "kind": DOCUMENT, "country": DOCUMENT, "number": DOCUMENT }]),
        json!([{ "kind": "passport", "country": "BEL", "number": format!("{DOCUMENT}/{DOCUMENT}") }]),
        json!([DOCUMENT]),
        json!({ "passport": DOCUMENT }),
    ] {
        let body =
            json!({ "family_name": FAMILY_NAME, "given_names": GIVEN_NAMES, "documents": wrong });
        errors.push(hr.api.post("/v1/workers", &body).await);
    }
    // The register names people by the same documents.
    let network = world.admin().await;
    let register = network.client(world, &network.member, "register").await;
    let ban = json!({ "document": document, "reference": "2026/1", "starts_at": "2026-04-01T00:00:00Z",
        "ends_at": "2027-04-01T00:00:00Z" });
    register.post("/v1/bans", &ban).await.created();
    errors.push(register.post("/v1/bans", &ban).await);
    for (field, value) in [
        ("reference", json!(FAMILY_NAME)),
        ("document", json!(DOCUMENT)),
        ("worker", json!(DOCUMENT)),
    ] {
        let mut wrong = ban.clone();
        wrong[field] = value;
        errors.push(register.post("/v1/bans", &wrong).await);
    }
    for path in [
        format!("/v1/match-cases?state={DOCUMENT}"),
        format!("/v1/match-cases/{DOCUMENT}"),
    ] {
        errors.push(hr.api.get(&path).await);
    }

    let number = json!({ "card_system": hr.card_system, "format": "number", "value": CARD_NUMBER.to_string() });
    let wiegand = json!({
        "card_system": hr.card_system, "format": "wiegand26", "facility_code": FACILITY_CODE, "number": WIEGAND_NUMBER,
    });
    let uid = json!({ "card_system": hr.card_system, "format": "card_uid", "value": CARD_UID });
    let badge = json!({ "medium": "card", "cards": [number, wiegand, uid] });
    let credential = json!({
        "worker": worker["id"], "valid_until": "2027-01-01T00:00:00Z", "badges": [badge],
    });
    let issued = hr.api.post("/v1/credentials", &credential).await.created();
    assert!(
        !issued.to_string().contains(CARD_UID),
        "not even its officer is shown the number"
    );
    errors.push(hr.api.post("/v1/credentials", &credential).await);
    let card = |card: &Value| {
        let mut card = card.clone();
        card.as_object_mut().unwrap().remove("card_system");
        json!({ "card": card })
    };
    for known in [&number, &wiegand, &uid] {
        assert_eq!(gate.asks(card(known)).await.ok()["decision"], "permit");
    }
    let revocation = format!("/v1/credentials/{}/revocations", text(&issued, "id"));
    hr.api
        .post(&revocation, &json!({ "reason": "stolen" }))
        .await
        .created();
    assert_eq!(gate.asks(card(&uid)).await.ok()["decision"], "deny");

    // The same in a file: a row that is new, one that is known, one in conflict and one that cannot be read.
    let row = |name: &str, card: &str, until: &str| {
        format!("{name},{GIVEN_NAMES},{BIRTH_DATE},{EMPLOYER},{STAFF_NUMBER}-9,{card},{until}\n")
    };
    let file = [
        String::from(
            "family name,given names,birth date,employer,staff number,card number,valid until\n",
        ),
        row(FAMILY_NAME, &(CARD_NUMBER + 1).to_string(), "2027-01-01"),
        row(GIVEN_NAMES, &CARD_NUMBER.to_string(), "2027-01-01"),
        row(FAMILY_NAME, &format!("{CARD_NUMBER},0E+15"), "2027-01-01"),
        row(FAMILY_NAME, CARD_UID, FAMILY_NAME),
    ];
    let path = format!(
        "/v1/imports?purpose=credentials&card_system={}&default_format=number",
        hr.card_system
    );
    let headers = [("content-type", "text/csv"), ("idempotency-key", "f-1")];
    let said = hr
        .api
        .send(Method::POST, &path, &headers, file.concat().into())
        .await;
    // What is said of its rows must not repeat them either.
    let mut reports = vec![said.text.clone()];
    let import = format!("/v1/imports/{}", text(&said.created(), "id"));
    hr.api
        .post(&format!("{import}/apply"), &json!({}))
        .await
        .is(202);
    loop {
        let said = hr.api.get(&import).await;
        reports.push(said.text.clone());
        match text(&said.ok(), "state") {
            "applying" => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
            state => {
                assert_eq!(state, "applied");
                break;
            }
        }
    }
    // One without a header, in which a person stands where names of columns are looked for.
    errors.push(
        hr.api
            .send(Method::POST, &path, &headers, file[1].clone().into())
            .await,
    );

    let officer = admin
        .client(world, &admin.member, "screening_officer")
        .await;
    let screenings = format!("{at}/screenings");
    let opened = json!({ "function": "cargo_access", "consented_at": "2026-03-01T09:00:00Z" });
    let opened = officer.post(&screenings, &opened).await.created();
    let screening = format!("/v1/screenings/{}", text(&opened, "id"));

    // Who asks is given all of it, but for the numbers of the cards; whoever looks after how long things are kept, none of it.
    let registrar = admin.person(world, "registrar").await;
    let mut exports = Vec::new();
    for path in [format!("{at}/export"), format!("{at}/export/page")] {
        let said = registrar.get(&path).await;
        assert_eq!(said.status, 200);
        exports.push(said.text);
        errors.push(hr.api.get(&path).await);
        errors.push(registrar.get(&format!("{path}?name={DOCUMENT}")).await);
        errors.push(registrar.get(&path.replace("wrk_", DOCUMENT)).await);
    }
    let retention = registrar.get("/v1/retention").await;
    reports.push(retention.text.clone());
    retention.ok();
    errors.push(
        registrar
            .get(&format!("/v1/retention?purpose={DOCUMENT}"))
            .await,
    );
    reports.push(registrar.get("/v1/work-items").await.text);
    reports.push(registrar.get("/v1/lookups").await.text);
    // Nor is whoever ends an engagement told for whom it was.
    let second = json!({ "employer": EMPLOYER, "staff_number": format!("{STAFF_NUMBER}-2") });
    let second = hr.api.post(&engagements, &second).await.created();
    let end = format!("/v1/engagements/{}/end", text(&second, "id"));
    let ended = hr.api.post(&end, &json!({})).await;
    reports.push(ended.text.clone());
    ended.ok();

    for name in [FAMILY_NAME, GIVEN_NAMES, EMPLOYER, STAFF_NUMBER, BIRTH_DATE] {
        for (path, body) in [
            (
                screenings.clone(),
                json!({ "function": name, "consented_at": name }),
            ),
            (
                format!("{screening}/outcomes"),
                json!({ "advice": "negative", "authority": "namb", "reference": format!("{name} 1"), "date": name }),
            ),
            (
                format!("{screening}/outcomes"),
                json!({ "advice": "negative", "authority": name, "reference": name.repeat(9), "date": "2026-03-02" }),
            ),
            (
                format!("{screening}/appeals"),
                json!({ "date": format!("{name}7") }),
            ),
        ] {
            errors.push(officer.post(&path, &body).await);
        }
        let query = name.replace(' ', "%20");
        errors.push(officer.get(&format!("/v1/screenings?state={query}")).await);
    }

    // Wrong in as many ways as there are fields.
    let mut send = async |path: &str, body: Value| errors.push(hr.api.post(path, &body).await);
    for name in [
        FAMILY_NAME,
        GIVEN_NAMES,
        EMPLOYER,
        STAFF_NUMBER,
        CARD_UID,
        BIRTH_DATE,
    ] {
        let controlled = format!("{name}\u{7}");
        send(
            "/v1/workers",
            json!({ "family_name": controlled, "given_names": name }),
        )
        .await;
        send(
            "/v1/workers",
            json!({ "family_name": [name], "given_names": name }),
        )
        .await;
        send(
            "/v1/workers",
            json!({ "family_name": name, "given_names": name, "birth_date": name.repeat(2) }),
        )
        .await;
        send(
            &engagements,
            json!({ "employer": name, "staff_number": name.repeat(9) }),
        )
        .await;
        send(
            "/v1/engagements:lapse",
            json!({ "employer": format!("{name} of nowhere") }),
        )
        .await;
        send(
            "/v1/credentials",
            json!({ "worker": name, "valid_until": name, "badges": [] }),
        )
        .await;
        send(&revocation, json!({ "reason": name })).await;
        send(
            &revocation,
            json!({ "reason": format!("{name}, expected {name}`{name}") }),
        )
        .await;
        let wrong = json!({ "card_system": hr.card_system, "format": "wiegand26", "value": name });
        send(
            &format!("/v1/credentials/{}/badges", text(&issued, "id")),
            json!({ "medium": "card", "cards": [wrong] }),
        )
        .await;
    }
    for wrong in [
        json!({ "card": { "format": "wiegand26", "value": CARD_NUMBER.to_string() } }),
        json!({ "card": { "format": "card_uid", "value": format!("{CARD_UID}0") } }),
        json!({ "card": { "format": "number", "value": format!("{CARD_NUMBER},00E+15") } }),
        json!({ "card": { "format": "number", "number": CARD_NUMBER } }),
        json!({ "card": { "format": "number", "value": CARD_NUMBER } }),
        json!({ "card": { "format": CARD_UID, "value": "1" } }),
        json!({ "card": CARD_UID }),
        json!({ "gate": CARD_UID }),
    ] {
        refused_at_gate.push(gate.asks(wrong).await);
    }
    let names = [
        ("q", FAMILY_NAME),
        ("limit", STAFF_NUMBER),
        ("cursor", CARD_UID),
        ("worker", EMPLOYER),
    ];
    for (parameter, value) in names {
        let value = value.replace(' ', "%20");
        errors.push(
            hr.api
                .get(&format!("/v1/credentials?{parameter}={value}"))
                .await,
        );
        errors.push(hr.api.get(&format!("/v1/workers/{value}")).await);
        errors.push(hr.api.get(&format!("/{value}")).await);
        let headers = [
            ("idempotency-key", "a b"),
            ("if-match", CARD_UID),
            ("content-type", FAMILY_NAME),
        ];
        errors.push(
            hr.api
                .send(Method::PUT, &at, &headers, value.clone().into())
                .await,
        );
        errors.push(
            hr.api
                .send(Method::POST, "/v1/workers", &headers, value.into())
                .await,
        );
    }

    let client = json!({ "member": admin.member, "name": "Poort 1", "role": "gate" });
    let client = admin
        .api
        .post_keyed("/v1/clients", &client, key)
        .await
        .created();
    let secret = text(&client, "secret").to_owned();
    let api = world.api(text(&client, "id"), &secret).await;
    let token = api.token.clone().expect("a token");
    errors.push(api.get("/v1/workers").await);
    errors.push(
        api.showing(Some(format!("{token}x")))
            .get("/v1/workers")
            .await,
    );
    let form = format!(
        "grant_type=client_credentials&client_id={}&client_secret={secret}x",
        text(&client, "id")
    );
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    errors.push(
        api.showing(None)
            .send(Method::POST, "/oauth/token", &headers, form.into())
            .await,
    );

    let mut bodies = reports.concat().into_bytes();
    let id = |said: &Said| said.headers["x-request-id"].to_str().unwrap().to_owned();
    let logged = errors.iter().map(id).collect();
    for said in errors.into_iter().chain(refused_at_gate) {
        assert!(said.status.is_client_error(), "{said:?}");
        bodies.extend(said.text.into_bytes());
        bodies.extend(format!("{:?}", said.headers).into_bytes());
    }
    // The signature alone: what stands before it is the same in other tokens of this client.
    let signature = token.rsplit('.').next().expect("a signature").to_owned();
    Told {
        exports,
        bodies,
        secrets: vec![secret, signature, world.first.secret.reveal().to_owned()],
        logged,
    }
}

/// What is short turns up by chance among as many bytes as the logs of a whole cluster: there only the long ones are sought.
fn no_canary_is_in_a_file(canaries: &Canaries, world: &World) {
    let files = db_files(world);
    let bytes = |text: String| text.chars().map(|c| c as u8).collect::<Vec<u8>>();
    canaries.are_not_in("the files", &bytes(files.rows));
    let long = canaries.0.iter().filter(|(_, canary)| canary.len() >= 10);
    Canaries(long.cloned().collect()).are_not_in("the log of the database", &bytes(files.ahead));
}

/// Ends whatever lasts of each worker of the first member, and has them erased.
async fn everybody_is_erased(world: &World) {
    let admin = world.admin().await;
    let hr = admin.person(world, "hr_officer").await;
    let officer = admin.person(world, "screening_officer").await;
    let registrars = [
        admin.person(world, "registrar").await,
        admin.person(world, "registrar").await,
    ];
    let items = |page: Value| page["items"].as_array().expect("items").clone();
    // Whom a ban is against is not erased before it ends.
    let register = admin.client(world, &admin.member, "register").await;
    for ban in items(register.get("/v1/bans?limit=200").await.ok()) {
        let ends = format!("/v1/bans/{}/ends", text(&ban, "id"));
        register.post(&ends, &json!({})).await.created();
    }
    let workers = items(hr.get("/v1/workers?limit=200").await.ok());
    assert!(workers.len() > 2);
    for worker in &workers {
        let at = format!("/v1/workers/{}", text(worker, "id"));
        for engagement in items(hr.get(&format!("{at}/engagements")).await.ok()) {
            let end = format!("/v1/engagements/{}/end", text(&engagement, "id"));
            hr.post(&end, &json!({})).await;
        }
        for screening in items(officer.get(&format!("{at}/screenings")).await.ok()) {
            let end = format!("/v1/screenings/{}/withdrawals", text(&screening, "id"));
            officer.post(&end, &json!({})).await;
        }
        let credentials = format!("/v1/credentials?worker={}", text(worker, "id"));
        for credential in items(hr.get(&credentials).await.ok()) {
            let end = format!("/v1/credentials/{}/revocations", text(&credential, "id"));
            hr.post(&end, &json!({ "reason": "need_ended" })).await;
        }
        let asked = registrars[0]
            .post(&format!("{at}/erasures"), &json!({}))
            .await;
        let asked = asked.is(202);
        let grant = format!("/v1/approvals/{}/grants", text(&asked, "id"));
        let content = json!({ "content": asked["content"] });
        registrars[1].post(&grant, &content).await.created();
    }
    world.clock.advance(portcullis::domain::erasure::WAITING_MS);
    portcullis::service::erasures::sweep(&world.node.shared.services).await;
    let hr = hr.again().await;
    let left = items(hr.get("/v1/workers?limit=200").await.ok());
    assert_eq!(left, Vec::<Value>::new(), "all are erased");
}

pub async fn what_is_personal_appears_nowhere_outside_its_seal(mut world: World) {
    // One at a time: what one lets slip at its end is not to be found by the other.
    static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    let _turn = TURN.lock().await;
    let log = crate::support::log::listen();
    log.keep_every_line();
    let admin = world.admin().await;
    let told = story(&world, &admin).await;
    let scraped = {
        let shared = &world.node.shared;
        shared.metrics.render(&shared.services)
    };
    // What waits behind the answers is written when the node stops; a start reads everything again.
    world.restart();
    let logged = log.lines();
    let secrets: Vec<&str> = told.secrets.iter().map(String::as_str).collect();
    let canaries = Canaries::of(&secrets);

    // Nothing is found in a log that nobody hears: each of these was answered, so each has its line, whatever the tests
    // beside it write.
    let text = String::from_utf8_lossy(&logged);
    let answered: HashSet<&str> = text
        .lines()
        .filter(|line| line.contains("\"answered\""))
        .filter_map(|line| line.split_once("\"request.id\":\"")?.1.split('"').next())
        .collect();
    for id in &told.logged {
        assert!(answered.contains(&**id), "the line of request {id}");
    }
    canaries.are_not_in("log lines", &logged);
    assert!(String::from_utf8_lossy(&scraped).contains("portcullis_requests_total"));
    canaries.are_not_in("metrics", &scraped);
    assert!(told.bodies.len() > 10_000);
    canaries.are_not_in("error bodies", &told.bodies);
    // The same search finds each where it belongs, so that it is no wonder that it finds none elsewhere.
    for export in &told.exports {
        for name in [
            FAMILY_NAME,
            GIVEN_NAMES,
            BIRTH_DATE,
            EMPLOYER,
            STAFF_NUMBER,
            DOCUMENT,
        ] {
            canaries.one_is_in(name, "an export", export.as_bytes());
        }
        for card in [CARD_UID, "8675309442199", "217:54321"] {
            assert!(
                !canaries.found_in(export.as_bytes()).contains(&card),
                "{card} in an export"
            );
        }
    }
    canaries.are_not_in("the ledger", &ledger(&world));
    let bytes = db_bytes(&world);
    assert!(
        bytes.len() > 20_000,
        "it holds what was put in: {}",
        bytes.len()
    );
    canaries.are_not_in("the database", &bytes);

    no_canary_is_in_a_file(&canaries, &world);

    // What is not sealed is there to be seen, so the search looks at the right bytes.
    assert!(
        Canaries(vec![("a gate".into(), b"poort 1".to_vec())])
            .found_in(&bytes)
            .len()
            == 1
    );

    // Nor is anything left when everybody of them is erased.
    everybody_is_erased(&world).await;
    canaries.are_not_in("log lines", &log.lines());
    canaries.are_not_in("the ledger", &ledger(&world));
    canaries.are_not_in("the database", &db_bytes(&world));
    no_canary_is_in_a_file(&canaries, &world);

    // Now each is let slip, and found by the same search.
    tracing::info!(target: "portcullis", name = FAMILY_NAME, "planted");
    let logged = log.lines();
    canaries.one_is_in(FAMILY_NAME, "a log line", &logged);
    tracing::debug!(target: "portcullis", card = ?CARD_UID.as_bytes(), "planted");
    let logged = log.lines();
    canaries.one_is_in(
        &format!("{CARD_UID} as a list of bytes"),
        "a log line",
        &logged,
    );
    world.node.shared.metrics.answered(STAFF_NUMBER, "200");
    let scraped = world
        .node
        .shared
        .metrics
        .render(&world.node.shared.services);
    canaries.one_is_in(STAFF_NUMBER, "the metrics", &scraped);
    let blob = match world.database {
        Database::Sqlite => "BLOB",
        Database::Postgres => "BYTEA",
    };
    db_execute(
        &world,
        &format!("CREATE TABLE planted (leak TEXT, bytes {blob})"),
    );
    db_execute(
        &world,
        &format!("INSERT INTO planted (leak) VALUES ('{EMPLOYER}')"),
    );
    canaries.one_is_in(EMPLOYER, "a text column", &db_bytes(&world));
    let hex: String = GIVEN_NAMES.bytes().map(|b| format!("{b:02x}")).collect();
    let (literal, found) = match world.database {
        Database::Sqlite => (format!("x'{hex}'"), GIVEN_NAMES.to_owned()),
        Database::Postgres => (
            format!("'\\x{hex}'"),
            format!("{GIVEN_NAMES} in hexadecimal"),
        ),
    };
    db_execute(
        &world,
        &format!("INSERT INTO planted (bytes) VALUES ({literal})"),
    );
    canaries.one_is_in(&found, "a column of bytes", &db_bytes(&world));
    let [encoded, ..] = in_base64(STAFF_NUMBER);
    db_execute(
        &world,
        &format!("INSERT INTO planted (leak) VALUES ('x{encoded}')"),
    );
    canaries.one_is_in(
        &format!("{STAFF_NUMBER} in base64"),
        "a text column",
        &db_bytes(&world),
    );
    db_execute(&world, "DROP TABLE planted");
    log.keep_no_more();
}
