//! Each route once, with what its path names and a body that it takes. A route of the server that is not here fails
//! `permissions`, and is then missed by nothing that goes through all of them.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use portcullis::http::console::assets;
use portcullis::http::routes;
use reqwest::Method;
use serde_json::{Value, json};

use crate::stories::bans::confirms_the_match;
use crate::stories::referrals::{records_a_basis, shares};
use crate::support::World;
use crate::support::actors::{Admin, Api, Hr, Pass, Said, new_key};
use crate::support::world::text;

/// What a path, or a body in its stead, names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thing {
    /// Nothing that belongs to anybody.
    Nothing,
    Member,
    Facility,
    Zone,
    CardSystem,
    Gate,
    Client,
    Person,
    Worker,
    /// A worker whom nobody has screened yet.
    Newcomer,
    Engagement,
    /// A screening of which nothing was sent yet.
    Screening,
    /// One that waits for the authority.
    Pending,
    /// One that was refused, with its term of appeal run out; an appeal within it may still be noted.
    Refused,
    UnderAppeal,
    /// One that was cleared with a warning.
    Conditional,
    /// A port ban, which is no member's.
    Ban,
    /// What this member might not tell others of somebody, and now may.
    Draft,
    /// What a neighbour tells this member of somebody.
    Referral,
    /// A credential that is suspended for cause.
    Cause,
    /// An exclusion that might not leave this member, and now may.
    HeldBack,
    /// An exclusion of this member, of which its neighbour is told.
    Proposed,
    /// An exclusion of which a neighbour tells this member.
    Told,
    /// One that the person contests.
    Contested,
    /// An act of the screening desk that waits for its second person.
    Approval,
    Credential,
    /// A glass that is broken.
    BreakGlass,
    /// Nothing to name, and no broken glass at this member.
    Whole,
    /// A credential that is suspended for being dormant.
    Suspended,
    /// One that is revoked.
    Revoked,
    /// One that is approved and has a badge.
    Approved,
    /// A member of which a second person grants what it issues.
    Approving,
    /// An open match case between two records of this member, which decides.
    MatchCase,
    /// The erasing of a worker, which waits for its day.
    Erasure,
    /// A file that was checked and not applied.
    Import,
}

impl Thing {
    /// Whether it is a screening, a worker to be screened, or a match case: made anew each time, with several requests.
    pub fn is_screened(self) -> bool {
        matches!(
            self,
            Self::Newcomer
                | Self::Screening
                | Self::Pending
                | Self::Refused
                | Self::UnderAppeal
                | Self::Conditional
                | Self::MatchCase
                | Self::Approval
                | Self::Erasure
                | Self::Draft
                | Self::Referral
                | Self::Cause
                | Self::HeldBack
                | Self::Proposed
                | Self::Told
                | Self::Contested
        )
    }
}

/// A route with a good request for it.
pub struct Row {
    pub method: Method,
    pub path: &'static str,
    pub thing: Thing,
    pub body: Body,
}

/// A body about the thing with this identifier.
type Say = fn(&Side, &str) -> Value;

/// What a route takes.
#[derive(Clone, Copy)]
pub enum Body {
    None,
    Json(Say),
    Form(fn(&Side) -> String),
    /// The bytes of a file, and what its query says.
    File(fn(&str) -> (String, String)),
}

/// Roles of a member that have no place of their own in a [`Side`].
const OTHER_ROLES: [&str; 7] = [
    "hr_approver",
    "screening_officer",
    "screening_approver",
    "facility_officer",
    "duty_officer",
    "registrar",
    "auditor",
];

/// A member with everything that a request may name.
pub struct Side {
    pub member: String,
    /// Keeps its facilities and clients.
    pub admin: Api,
    pub hr: Hr,
    /// Somebody in every other role, each a person's tool.
    pub others: BTreeMap<&'static str, Api>,
    /// A second registrar.
    pub second_registrar: Api,
    pub gate_api: Api,
    pub facility: String,
    pub zone: String,
    pub gate: String,
    pub worker: String,
    pub client: String,
    pub secret: String,
    /// Somebody of another member that has a legal basis, in a network that shares.
    pub neighbour: Hr,
    /// Two administrators of the network.
    pub networks: [Api; 2],
    /// What was asked for by each approval, the employer of each engagement, and the badge of each revoked credential.
    contents: Mutex<HashMap<String, String>>,
}

impl Row {
    /// As it is named in texts.
    pub fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// Somebody on this side who may do this, or the network's administrator.
    pub fn by<'a>(&self, side: &'a Side, network: &'a Api) -> &'a Api {
        let of_hr = [
            "/workers",
            "/match-cases",
            "/credentials",
            "/engagements",
            "/revocations:",
            "/imports",
            "/sightings",
        ];
        let of_approver = ["/appeal-outcomes", "/finalisations", "/unmet-conditions"];
        // Where one administrator is enough.
        if ["/v1/clients", "/v1/people"]
            .iter()
            .any(|path| self.path.starts_with(path))
        {
            &side.admin
        } else if of_approver.iter().any(|path| self.path.ends_with(path)) {
            side.role("screening_approver")
        } else if self.path.contains("/break-glass") {
            side.role("duty_officer")
        } else if self.path.ends_with("/lookups") || self.path.ends_with("/retention") {
            side.role("auditor")
        } else if self.path.contains("/erasures") || self.path.contains("/export") {
            side.role("registrar")
        } else if self.path.ends_with("/corrections") {
            side.role("hr_approver")
        } else if self.path.ends_with("/withdrawals") {
            side.role("screening_officer")
        } else if self.path.contains("/approvals") {
            side.role("screening_approver")
        } else if self.path.contains("/screenings") {
            side.role("screening_officer")
        } else if self.path.contains("gate-checks") || self.path.ends_with("/status") {
            &side.gate_api
        } else if self.path.contains("/bans") {
            side.role("register")
        } else if self.path.ends_with("/contests") {
            side.role("registrar")
        } else if ["/referrals", "/exclusions", "/work-items"]
            .iter()
            .any(|path| self.path.contains(path))
        {
            &side.hr.api
        } else if self.path.ends_with("/corrections") {
            side.role("hr_approver")
        } else if self.path.contains("/legal-bases") {
            side.role("registrar")
        } else if of_hr.iter().any(|path| self.path.contains(path)) {
            &side.hr.api
        } else {
            network
        }
    }

    /// Sends a good request about the thing with this identifier.
    pub async fn send(&self, api: &Api, side: &Side, id: &str, etag: &str) -> Said {
        let key = new_key();
        let mut headers = vec![("idempotency-key", key.as_str()), ("if-match", etag)];
        let mut path = self.at(id);
        let body = match self.body {
            Body::None => Vec::new(),
            Body::Json(body) => {
                headers.push(("content-type", "application/json"));
                body(side, id).to_string().into()
            }
            Body::Form(body) => {
                headers.push(("content-type", "application/x-www-form-urlencoded"));
                body(side).into()
            }
            Body::File(file) => {
                headers.push(("content-type", "text/csv"));
                let (query, bytes) = file(id);
                path = format!("{path}?{query}");
                bytes.into()
            }
        };
        api.send(self.method.clone(), &path, &headers, body).await
    }

    /// The path with this identifier in it.
    pub fn at(&self, id: &str) -> String {
        if self.path.starts_with("/assets/") {
            return assets::path("portcullis.css");
        }
        self.path
            .replace("{id}", id)
            .replace("{code}", "not_found")
            .replace("{file:.*}", "")
            .replace("{area}", "gates")
            .replace("{name}", "ReasonBody")
    }
}

/// The routes of the server, by method and path.
pub fn of_the_server() -> Vec<String> {
    routes::table()
        .iter()
        .flat_map(|path| {
            let methods = path.methods.iter();
            methods.map(|(method, _)| format!("{method} {}", path.path))
        })
        .collect()
}

static NUMBERS: AtomicU64 = AtomicU64::new(700_000_000);

fn badge(side: &Side) -> Value {
    let number = NUMBERS.fetch_add(1, Ordering::SeqCst).to_string();
    let card = json!({ "card_system": side.hr.card_system, "format": "number", "value": number });
    json!({ "medium": "card", "cards": [card] })
}

fn exclusion(_: &Side, id: &str) -> Value {
    json!({ "credential": id, "ends_at": "2027-03-01T00:00:00Z" })
}

fn contest_outcome(_: &Side, _: &str) -> Value {
    json!({ "outcome": "upheld" })
}

/// Suspends for cause, with the second person whom it takes when there were many.
async fn suspends(hr: &Hr, pass: &Pass) {
    let said = hr.suspends(pass, "under_inquiry").await;
    let shown = format!("/v1/credentials/{}", pass.credential);
    hr.approver.seconds(said, &shown).await.created();
}

fn last_part(path: &str) -> String {
    path.rsplit('/')
        .next()
        .expect("a path has parts")
        .to_owned()
}

fn legal_basis(_: &Side, _: &str) -> Value {
    json!({ "reference": "GBA-2026/7", "date": "2026-02-01" })
}

fn recovery(side: &Side, id: &str) -> Value {
    let contents = side.contents.lock().expect("nobody failed");
    let nobodys = String::from("bdg_00000000000070008000000000000000");
    json!({ "badge": contents.get(id).unwrap_or(&nobodys) })
}

fn settings(_: &Side, _: &str) -> Value {
    json!({ "share_for_cause": false })
}

fn refusal(_: &Side, _: &str) -> Value {
    json!({ "ground": "not_needed" })
}

fn decline(_: &Side, _: &str) -> Value {
    json!({ "ground": "not_proportionate" })
}

fn ban(_: &Side, _: &str) -> Value {
    let number = NUMBERS.fetch_add(1, Ordering::SeqCst);
    let document = json!({ "kind": "passport", "country": "BEL", "number": format!("B{number}") });
    json!({
        "document": document, "reference": format!("2026/{number}"), "starts_at": "2026-03-01T23:00:00Z",
        "ends_at": "2031-03-01T23:00:00Z",
    })
}

fn member(_: &Side, _: &str) -> Value {
    json!({ "name": "Haven C", "kind": "inland_port", "locodes": ["BEGNE"] })
}

fn facility(side: &Side, id: &str) -> Value {
    let member = if id.starts_with("mbr_") {
        id
    } else {
        &side.member
    };
    json!({ "member": member, "name": "Kaai 1742", "kind": "port_facility", "locode": "BEANR" })
}

fn zone(side: &Side, id: &str) -> Value {
    let facility = if id.starts_with("fac_") {
        id
    } else {
        &side.facility
    };
    json!({ "facility": facility, "name": "Loods 3" })
}

fn card_system(side: &Side, id: &str) -> Value {
    let member = if id.starts_with("mbr_") {
        id
    } else {
        &side.member
    };
    json!({ "member": member, "name": "Dagkaarten" })
}

fn gate(side: &Side, id: &str) -> Value {
    let facility = if id.starts_with("fac_") {
        id
    } else {
        &side.facility
    };
    json!({ "facility": facility, "name": "Poort 9", "direction": "out", "card_systems": [side.hr.card_system] })
}

fn nothing(_: &Side, _: &str) -> Value {
    json!({})
}

fn client(_: &Side, id: &str) -> Value {
    json!({ "member": id, "name": "Poort 9", "role": "gate" })
}

fn client_name(_: &Side, _: &str) -> Value {
    json!({ "name": "Poort 10" })
}

fn person(_: &Side, id: &str) -> Value {
    json!({ "member": id })
}

/// Nobody else bears their document.
fn worker(_: &Side, _: &str) -> Value {
    let number = format!("EH{}", NUMBERS.fetch_add(1, Ordering::SeqCst));
    json!({
        "family_name": "Maes", "given_names": "Lotte", "birth_date": "1990-05-17",
        "documents": [{ "kind": "passport", "country": "BEL", "number": number }],
    })
}

fn search(_: &Side, _: &str) -> Value {
    json!({ "name": "maes" })
}

fn engagement(_: &Side, _: &str) -> Value {
    let number = NUMBERS.fetch_add(1, Ordering::SeqCst);
    json!({ "employer": format!("Stuwadoor {number}") })
}

/// The employer of an engagement; of no other member's.
fn employer(side: &Side, id: &str) -> Value {
    let contents = side.contents.lock().expect("nobody failed");
    json!({ "employer": contents.get(id).cloned().unwrap_or_else(|| "Nobody".into()) })
}

fn screening(_: &Side, _: &str) -> Value {
    json!({ "function": "cargo_access", "consented_at": CONSENT })
}

fn outcome(_: &Side, _: &str) -> Value {
    json!({ "advice": "negative", "authority": "namb", "reference": "2026/0042", "date": REFUSED_ON })
}

fn warning(_: &Side, _: &str) -> Value {
    json!({ "advice": "positive_with_warning", "authority": "namb", "reference": "2026/0007", "date": WARNED_ON })
}

fn appeal(_: &Side, _: &str) -> Value {
    json!({ "date": REFUSED_ON })
}

fn appeal_outcome(_: &Side, _: &str) -> Value {
    json!({ "decision": "granted", "authority": "appeal_body", "reference": "B-2026/7", "date": REFUSED_ON })
}

fn grant(side: &Side, id: &str) -> Value {
    let contents = side.contents.lock().expect("nobody failed");
    json!({ "content": contents.get(id).cloned().unwrap_or_else(|| "0".repeat(64)) })
}

/// Long ago, so that terms that begin after it have run out.
const CONSENT: &str = "2020-03-02T07:30:00Z";
/// Its two years are not over.
const WARNED_ON: &str = "2026-02-02";
const REFUSED_ON: &str = "2026-01-05";

fn credential(side: &Side, id: &str) -> Value {
    json!({ "worker": id, "valid_until": "2027-03-02T00:00:00Z", "badges": [badge(side)] })
}

fn one_badge(side: &Side, _: &str) -> Value {
    badge(side)
}

fn gate_check(_: &Side, id: &str) -> Value {
    json!({ "gate": id, "card": { "format": "number", "value": "4711" } })
}

fn gate_checks(side: &Side, id: &str) -> Value {
    json!({ "checks": [gate_check(side, id)] })
}

fn break_glass(_: &Side, _: &str) -> Value {
    json!({ "reason": "stock_stolen", "reference": "INC-2026/7" })
}

fn suspension(_: &Side, _: &str) -> Value {
    json!({ "reason": "under_inquiry" })
}

fn replacement(side: &Side, _: &str) -> Value {
    json!({ "reason": "lost", "badges": [badge(side)] })
}

fn lift(_: &Side, _: &str) -> Value {
    json!({ "kind": "dormant" })
}

fn revocation(_: &Side, _: &str) -> Value {
    json!({ "reason": "lost" })
}

fn revocations(_: &Side, id: &str) -> Value {
    json!({ "credentials": [id], "reason": "lost" })
}

/// One worker with one badge, in this card system.
fn file(card_system: &str) -> (String, String) {
    let number = NUMBERS.fetch_add(1, Ordering::SeqCst);
    let query = format!("purpose=credentials&card_system={card_system}&default_format=number");
    let header = "family name,given names,employer,card number,valid until";
    (
        query,
        format!("{header}\nMaes,Lotte,Stuwadoor Noord,{number},2027-03-01\n"),
    )
}

fn token_form(side: &Side) -> String {
    let (client, secret) = (&side.client, &side.secret);
    format!("grant_type=client_credentials&client_id={client}&client_secret={secret}")
}

/// Every route.
pub fn rows() -> Vec<Row> {
    use Body::{File, Form, Json};
    let get = |path, thing| Row {
        method: Method::GET,
        path,
        thing,
        body: Body::None,
    };
    let post = |path, thing, body| Row {
        method: Method::POST,
        path,
        thing,
        body,
    };
    let put = |path, thing, body| Row {
        method: Method::PUT,
        path,
        thing,
        body: Json(body),
    };
    vec![
        post("/v1/gate-checks", Thing::Gate, Json(gate_check)),
        post("/v1/gate-checks:batch", Thing::Gate, Json(gate_checks)),
        get("/v1/credentials/{id}/status", Thing::Credential),
        get("/v1/members", Thing::Nothing),
        post("/v1/members", Thing::Nothing, Json(member)),
        get("/v1/members/{id}", Thing::Member),
        put("/v1/members/{id}", Thing::Member, member),
        post(
            "/v1/members/{id}/issuing-by-one",
            Thing::Approving,
            Body::None,
        ),
        post(
            "/v1/members/{id}/legal-bases",
            Thing::Member,
            Json(legal_basis),
        ),
        post(
            "/v1/members/{id}/legal-bases/ends",
            Thing::Member,
            Body::None,
        ),
        get("/v1/settings", Thing::Nothing),
        post("/v1/settings", Thing::Nothing, Json(settings)),
        get("/v1/facilities", Thing::Nothing),
        post("/v1/facilities", Thing::Member, Json(facility)),
        get("/v1/facilities/{id}", Thing::Facility),
        put("/v1/facilities/{id}", Thing::Facility, |side, _| {
            facility(side, "")
        }),
        get("/v1/zones", Thing::Nothing),
        post("/v1/zones", Thing::Facility, Json(zone)),
        get("/v1/zones/{id}", Thing::Zone),
        put("/v1/zones/{id}", Thing::Zone, zone),
        get("/v1/card-systems", Thing::Nothing),
        post("/v1/card-systems", Thing::Member, Json(card_system)),
        get("/v1/card-systems/{id}", Thing::CardSystem),
        put("/v1/card-systems/{id}", Thing::CardSystem, card_system),
        get("/v1/gates", Thing::Nothing),
        post("/v1/gates", Thing::Facility, Json(gate)),
        get("/v1/gates/{id}", Thing::Gate),
        put("/v1/gates/{id}", Thing::Gate, gate),
        get("/v1/clients", Thing::Nothing),
        post("/v1/clients", Thing::Member, Json(client)),
        get("/v1/clients/{id}", Thing::Client),
        put("/v1/clients/{id}", Thing::Client, client_name),
        post("/v1/clients/{id}/revocations", Thing::Client, Body::None),
        get("/v1/people", Thing::Nothing),
        post("/v1/people", Thing::Member, Json(person)),
        get("/v1/people/{id}", Thing::Person),
        put("/v1/people/{id}", Thing::Person, |side, _| {
            person(side, &side.member)
        }),
        get("/v1/workers", Thing::Nothing),
        post("/v1/workers", Thing::Nothing, Json(worker)),
        post("/v1/workers:search", Thing::Nothing, Json(search)),
        get("/v1/workers/{id}", Thing::Worker),
        put("/v1/workers/{id}", Thing::Worker, worker),
        get("/v1/workers/{id}/engagements", Thing::Worker),
        post(
            "/v1/workers/{id}/engagements",
            Thing::Worker,
            Json(engagement),
        ),
        post("/v1/engagements/{id}/end", Thing::Engagement, Body::None),
        get("/v1/engagements/{id}/impact", Thing::Engagement),
        get("/v1/work-items", Thing::Nothing),
        post("/v1/engagements:lapse", Thing::Engagement, Json(employer)),
        post(
            "/v1/engagements:lapse-impact",
            Thing::Engagement,
            Json(employer),
        ),
        post("/v1/workers/{id}/erasures", Thing::Newcomer, Body::None),
        get("/v1/workers/{id}/export", Thing::Worker),
        get("/v1/workers/{id}/export/page", Thing::Worker),
        get("/v1/erasures", Thing::Nothing),
        get("/v1/erasures/{id}", Thing::Erasure),
        post("/v1/erasures/{id}/withdrawals", Thing::Erasure, Body::None),
        get("/v1/lookups", Thing::Nothing),
        get("/v1/retention", Thing::Nothing),
        get("/v1/match-cases", Thing::Nothing),
        get("/v1/match-cases/{id}", Thing::MatchCase),
        post(
            "/v1/match-cases/{id}/confirmations",
            Thing::MatchCase,
            Body::None,
        ),
        post(
            "/v1/match-cases/{id}/rejections",
            Thing::MatchCase,
            Body::None,
        ),
        get("/v1/workers/{id}/screenings", Thing::Worker),
        post(
            "/v1/workers/{id}/screenings",
            Thing::Newcomer,
            Json(screening),
        ),
        get("/v1/screenings", Thing::Nothing),
        get("/v1/screenings/{id}", Thing::Screening),
        post(
            "/v1/screenings/{id}/submissions",
            Thing::Screening,
            Body::None,
        ),
        post(
            "/v1/screenings/{id}/outcomes",
            Thing::Pending,
            Json(outcome),
        ),
        post("/v1/screenings/{id}/appeals", Thing::Refused, Json(appeal)),
        post(
            "/v1/screenings/{id}/appeal-outcomes",
            Thing::UnderAppeal,
            Json(appeal_outcome),
        ),
        post(
            "/v1/screenings/{id}/finalisations",
            Thing::Refused,
            Body::None,
        ),
        post(
            "/v1/screenings/{id}/unmet-conditions",
            Thing::Conditional,
            Body::None,
        ),
        post(
            "/v1/screenings/{id}/withdrawals",
            Thing::Screening,
            Body::None,
        ),
        get("/v1/screenings/{id}/impact", Thing::Screening),
        get("/v1/bans", Thing::Nothing),
        post("/v1/bans", Thing::Nothing, Json(ban)),
        get("/v1/bans/{id}", Thing::Ban),
        post("/v1/bans/{id}/ends", Thing::Ban, Body::None),
        get("/v1/referrals", Thing::Nothing),
        get("/v1/referrals/{id}", Thing::Referral),
        post("/v1/referrals/{id}/dispatches", Thing::Draft, Body::None),
        post("/v1/referrals/{id}/adoptions", Thing::Referral, Body::None),
        post(
            "/v1/referrals/{id}/declines",
            Thing::Referral,
            Json(decline),
        ),
        get("/v1/exclusions", Thing::Nothing),
        post("/v1/exclusions", Thing::Cause, Json(exclusion)),
        get("/v1/exclusions/{id}", Thing::Told),
        post(
            "/v1/exclusions/{id}/publications",
            Thing::HeldBack,
            Body::None,
        ),
        post("/v1/exclusions/{id}/adoptions", Thing::Told, Body::None),
        post("/v1/exclusions/{id}/declines", Thing::Told, Json(decline)),
        post("/v1/exclusions/{id}/contests", Thing::Told, Body::None),
        post(
            "/v1/exclusions/{id}/contest-outcomes",
            Thing::Contested,
            Json(contest_outcome),
        ),
        post("/v1/exclusions/{id}/lifts", Thing::Proposed, Body::None),
        get("/v1/approvals", Thing::Nothing),
        get("/v1/approvals/{id}", Thing::Approval),
        post("/v1/approvals/{id}/grants", Thing::Approval, Json(grant)),
        post(
            "/v1/approvals/{id}/declines",
            Thing::Approval,
            Json(refusal),
        ),
        post(
            "/v1/approvals/{id}/withdrawals",
            Thing::Approval,
            Body::None,
        ),
        get("/v1/break-glass", Thing::Nothing),
        post("/v1/break-glass", Thing::Whole, Json(break_glass)),
        get("/v1/break-glass/{id}", Thing::BreakGlass),
        post(
            "/v1/break-glass/{id}/closures",
            Thing::BreakGlass,
            Body::None,
        ),
        get("/v1/credentials", Thing::Nothing),
        post("/v1/credentials", Thing::Worker, Json(credential)),
        get("/v1/credentials/{id}", Thing::Credential),
        get("/v1/credentials/{id}/impact", Thing::Credential),
        post(
            "/v1/credentials/{id}/badges",
            Thing::Credential,
            Json(one_badge),
        ),
        post(
            "/v1/credentials/{id}/handovers",
            Thing::Approved,
            Body::None,
        ),
        post(
            "/v1/credentials/{id}/recoveries",
            Thing::Revoked,
            Json(recovery),
        ),
        post(
            "/v1/credentials/{id}/replacements",
            Thing::Credential,
            Json(replacement),
        ),
        post(
            "/v1/credentials/{id}/suspensions",
            Thing::Credential,
            Json(suspension),
        ),
        post("/v1/credentials/{id}/lifts", Thing::Suspended, Json(lift)),
        post(
            "/v1/credentials/{id}/revocations",
            Thing::Credential,
            Json(revocation),
        ),
        post(
            "/v1/credentials/{id}/corrections",
            Thing::Revoked,
            Body::None,
        ),
        post(
            "/v1/revocations:batch",
            Thing::Credential,
            Json(revocations),
        ),
        post("/v1/imports", Thing::CardSystem, File(file)),
        get("/v1/imports/{id}", Thing::Import),
        post("/v1/imports/{id}/apply", Thing::Import, Body::None),
        get("/v1/sightings", Thing::Nothing),
        post("/oauth/token", Thing::Nothing, Form(token_form)),
        get("/.well-known/jwks.json", Thing::Nothing),
        get("/livez", Thing::Nothing),
        get("/readyz", Thing::Nothing),
        get("/openapi.json", Thing::Nothing),
        get("/problems/{code}", Thing::Nothing),
        get("/", Thing::Nothing),
        get("/accessibility", Thing::Nothing),
        get("/docs", Thing::Nothing),
        get("/docs/areas/{area}", Thing::Nothing),
        get("/docs/types/{name}", Thing::Nothing),
        get("/docs/try", Thing::Nothing),
        get("/docs/try/{file:.*}", Thing::Nothing),
        get("/assets/{version}/{file}", Thing::Nothing),
    ]
}

impl Side {
    /// A member's side of the network.
    pub async fn of(world: &World, admin: &Admin) -> Self {
        let hr = admin.hr(world).await;
        let facility = admin.facility(json!({})).await;
        let gate = admin
            .gate_at(world, &facility, &[&hr.card_system], json!({}))
            .await;
        let zone = json!({ "facility": facility, "name": "Loods 1" });
        let zone = admin.api.post("/v1/zones", &zone).await.created();
        let body = json!({ "member": admin.member, "name": "Poort 1", "role": "gate" });
        let client = admin.api.post("/v1/clients", &body).await.created();
        let mut others = BTreeMap::new();
        for role in OTHER_ROLES {
            others.insert(role, admin.person(world, role).await);
        }
        let network = world.admin().await;
        if network.api.get("/v1/settings").await.ok()["share_for_cause"] == false {
            shares(world, true).await;
        }
        let neighbour = world.member("Haven N").await;
        records_a_basis(world, &neighbour).await;
        let neighbour = neighbour.hr(world).await;
        let register = network.client(world, &admin.member, "register").await;
        others.insert("register", register);
        Self {
            member: admin.member.clone(),
            admin: admin.api.clone(),
            worker: hr.registers("Peeters").await,
            hr,
            neighbour,
            others,
            second_registrar: admin.person(world, "registrar").await,
            gate_api: gate.api,
            facility,
            zone: text(&zone, "id").to_owned(),
            gate: gate.gate,
            client: text(&client, "id").to_owned(),
            secret: text(&client, "secret").to_owned(),
            networks: world.network_admins().await,
            contents: Mutex::default(),
        }
    }

    /// Somebody of this member in this role.
    pub fn role(&self, role: &str) -> &Api {
        match role {
            "gate" => &self.gate_api,
            "hr_officer" => &self.hr.api,
            "member_admin" => &self.admin,
            role => &self.others[role],
        }
    }

    /// Something of this side to be named. What can be ended is made anew each time.
    pub async fn one(&self, thing: Thing) -> String {
        let made = |said: Said| text(&said.created(), "id").to_owned();
        match thing {
            Thing::Nothing => String::new(),
            Thing::Member => self.member.clone(),
            Thing::Facility => self.facility.clone(),
            Thing::Zone => self.zone.clone(),
            Thing::CardSystem => self.hr.card_system.clone(),
            Thing::Gate => self.gate.clone(),
            Thing::Worker => self.worker.clone(),
            Thing::Client => made(
                self.admin
                    .post("/v1/clients", &client(self, &self.member))
                    .await,
            ),
            Thing::Person => made(
                self.admin
                    .post("/v1/people", &person(self, &self.member))
                    .await,
            ),
            Thing::Newcomer => self.hr.registers("Claes").await,
            Thing::Draft => self.draft().await,
            Thing::Referral => {
                let (own, theirs) = self.one_person().await;
                suspends(&self.neighbour, &theirs).await;
                self.referral("open", |referral| referral["worker"] == own.worker.as_str())
                    .await
            }
            Thing::Cause => self.cause().await.credential,
            Thing::HeldBack => {
                let pass = self.cause().await;
                self.may_share(false).await;
                let path = self.hr.excludes(&pass, json!({})).await;
                self.may_share(true).await;
                last_part(&path)
            }
            Thing::Proposed => {
                self.may_share(true).await;
                let (own, _) = self.one_person().await;
                suspends(&self.hr, &own).await;
                last_part(&self.hr.excludes(&own, json!({})).await)
            }
            Thing::Told | Thing::Contested => {
                let (_, theirs) = self.one_person().await;
                suspends(&self.neighbour, &theirs).await;
                let path = self.neighbour.excludes(&theirs, json!({})).await;
                if thing == Thing::Contested {
                    let contests = format!("{path}/contests");
                    let registrar = self.role("registrar");
                    registrar.post(&contests, &json!({})).await.created();
                }
                last_part(&path)
            }
            Thing::Ban => made(self.role("register").post("/v1/bans", &ban(self, "")).await),
            Thing::Screening
            | Thing::Pending
            | Thing::Refused
            | Thing::UnderAppeal
            | Thing::Conditional
            | Thing::Approval => {
                let worker = self.hr.registers("Claes").await;
                let path = format!("/v1/workers/{worker}/screenings");
                let id = made(
                    self.role("screening_officer")
                        .post(&path, &screening(self, ""))
                        .await,
                );
                let ways: &[(&str, Say)] = match thing {
                    Thing::Pending => &[("submissions", nothing)],
                    Thing::Refused | Thing::Approval => {
                        &[("submissions", nothing), ("outcomes", outcome)]
                    }
                    Thing::UnderAppeal => &[
                        ("submissions", nothing),
                        ("outcomes", outcome),
                        ("appeals", appeal),
                    ],
                    Thing::Conditional => &[("submissions", nothing), ("outcomes", warning)],
                    _ => &[],
                };
                for (what, body) in ways {
                    let path = format!("/v1/screenings/{id}/{what}");
                    let said = self
                        .role("screening_officer")
                        .post(&path, &body(self, ""))
                        .await;
                    if thing == Thing::Approval && *what == "outcomes" {
                        return self.remember(&said.json());
                    }
                    let path = format!("/v1/screenings/{id}");
                    let second = self.role("screening_approver");
                    second.seconds(said, &path).await.created();
                }
                id
            }
            Thing::Engagement => {
                let path = format!("/v1/workers/{}/engagements", self.worker);
                let body = engagement(self, "");
                let id = made(self.hr.api.post(&path, &body).await);
                let mut contents = self.contents.lock().expect("nobody failed");
                contents.insert(id.clone(), text(&body, "employer").to_owned());
                id
            }
            Thing::Revoked => {
                let id = Box::pin(self.one(Thing::Credential)).await;
                // By turns, so that nobody revokes too many soon.
                let turn = NUMBERS.fetch_add(1, Ordering::SeqCst) % 2;
                let officer = self.role(["hr_officer", "duty_officer"][turn as usize]);
                let path = format!("/v1/credentials/{id}/revocations");
                let said = officer.post(&path, &json!({ "reason": "lost" })).await;
                let shown = format!("/v1/credentials/{id}");
                let second = self.role("hr_approver");
                second.seconds(said, &shown).await.created();
                let badge = self.hr.api.get(&shown).await.ok()["badges"][0]["id"].clone();
                let mut contents = self.contents.lock().expect("nobody failed");
                contents.insert(id.clone(), badge.as_str().expect("an id").to_owned());
                id
            }
            Thing::Approving => {
                let member = member(self, "");
                made(self.networks[0].post("/v1/members", &member).await)
            }
            Thing::Approved => self.approved().await,
            Thing::Credential | Thing::Suspended => {
                // Each has its own worker, as nothing is issued to one of whom something is suspended for cause.
                let body = credential(self, &self.hr.registers("Claes").await);
                let id = made(self.hr.api.post("/v1/credentials", &body).await);
                if thing == Thing::Suspended {
                    let path = format!("/v1/credentials/{id}/suspensions");
                    let body = json!({ "reason": "dormant" });
                    // By turns, so that nobody suspends too many soon.
                    let turn = NUMBERS.fetch_add(1, Ordering::SeqCst) % 3;
                    let roles = ["hr_officer", "facility_officer", "duty_officer"];
                    let officer = self.role(roles[turn as usize]);
                    let said = officer.post(&path, &body).await;
                    let shown = format!("/v1/credentials/{id}");
                    let second = self.role("hr_approver");
                    second.seconds(said, &shown).await.created();
                }
                id
            }
            Thing::BreakGlass | Thing::Whole => {
                let (duty, path) = (self.role("duty_officer"), "/v1/break-glass");
                let own = format!("{path}?limit=200&member={}", self.member);
                let all = duty.get(&own).await.ok();
                for glass in all["items"].as_array().expect("items") {
                    if glass["open"] == true {
                        let path = format!("{path}/{}/closures", text(glass, "id"));
                        duty.post(&path, &json!({})).await.created();
                    }
                }
                match thing {
                    Thing::Whole => String::new(),
                    _ => made(duty.post(path, &break_glass(self, "")).await),
                }
            }
            Thing::MatchCase => {
                let person = worker(self, "");
                self.hr.api.post("/v1/workers", &person).await.created();
                let second = self.hr.api.post("/v1/workers", &person).await.created();
                let path = "/v1/match-cases?state=open&limit=200";
                let page = self.hr.api.get(path).await.ok();
                let cases = page["items"].as_array().expect("items");
                let case = cases.iter().find(|case| case["worker"] == second["id"]);
                text(case.expect("the second record is noticed"), "id").to_owned()
            }
            Thing::Erasure => {
                let worker = self.hr.registers("Claes").await;
                let path = format!("/v1/workers/{worker}/erasures");
                let asked = self.role("registrar").post(&path, &json!({})).await;
                let asked = asked.json();
                let path = format!("/v1/approvals/{}/grants", text(&asked, "id"));
                let content = json!({ "content": asked["content"] });
                self.second_registrar.post(&path, &content).await.created();
                let mut page = String::from("/v1/erasures?state=waiting&limit=200");
                loop {
                    let waiting = self.second_registrar.get(&page).await.ok();
                    let items = waiting["items"].as_array().expect("items");
                    if let Some(found) = items.iter().find(|item| item["worker"] == *worker) {
                        return text(found, "id").to_owned();
                    }
                    let cursor = text(&waiting, "next_cursor");
                    page = format!("/v1/erasures?state=waiting&limit=200&cursor={cursor}");
                }
            }
            Thing::Import => {
                let (query, bytes) = file(&self.hr.card_system);
                let key = new_key();
                let headers = [
                    ("idempotency-key", key.as_str()),
                    ("content-type", "text/csv"),
                ];
                let path = format!("/v1/imports?{query}");
                let sent = self
                    .hr
                    .api
                    .send(Method::POST, &path, &headers, bytes.into());
                made(sent.await)
            }
        }
    }

    /// A person to whom this member and its neighbour issued, as both know.
    pub async fn one_person(&self) -> (Pass, Pass) {
        let number = format!("P{}", NUMBERS.fetch_add(1, Ordering::SeqCst));
        let theirs = self.neighbour.issues_on(&number).await;
        let passport = json!({ "kind": "passport", "country": "BEL", "number": number });
        let own = self.hr.registers_with(json!([passport])).await.created();
        confirms_the_match(&self.neighbour).await;
        let own = self.hr.issues_to_worker(text(&own, "id")).await;
        (own, theirs)
    }

    /// A credential that a second person granted, with a badge, not handed over.
    async fn approved(&self) -> String {
        let path = format!("/v1/members/{}", self.member);
        let shown = self.networks[0].get(&path).await;
        let etag = shown.etag();
        let mut member = shown.ok();
        for field in ["id", "legal_basis", "max_age_ms"] {
            member.as_object_mut().expect("an object").remove(field);
        }
        member["approves_issues"] = json!(true);
        self.networks[0].put(&path, &etag, &member).await.ok();
        let mut draft = credential(self, &self.hr.registers("Claes").await);
        let badge = draft["badges"][0].clone();
        draft["badges"] = json!([]);
        let asked = self.hr.api.post("/v1/credentials", &draft).await;
        let asked = asked.is(202);
        let id = text(&asked["act"]["credential"], "id").to_owned();
        let grants = format!("/v1/approvals/{}/grants", text(&asked, "id"));
        let content = json!({ "content": asked["content"] });
        self.hr.approver.post(&grants, &content).await.created();
        let badges = format!("/v1/credentials/{id}/badges");
        self.hr.api.post(&badges, &badge).await.created();
        let asked = self.networks[0]
            .post(&format!("{path}/issuing-by-one"), &json!({}))
            .await;
        self.networks[1].seconds(asked, &path).await.created();
        id
    }

    /// Says whether this member has a legal basis.
    pub async fn may_share(&self, may: bool) {
        let path = format!("/v1/members/{}/legal-bases", self.member);
        let registrar = self.role("registrar");
        let said = match may {
            true => registrar.post(&path, &legal_basis(self, "")).await,
            false => registrar.post(&format!("{path}/ends"), &json!({})).await,
        };
        said.created();
    }

    async fn cause(&self) -> Pass {
        let pass = self.hr.issues().await;
        suspends(&self.hr, &pass).await;
        pass
    }

    async fn draft(&self) -> String {
        let pass = self.hr.issues().await;
        self.may_share(false).await;
        suspends(&self.hr, &pass).await;
        self.may_share(true).await;
        let is_of = |referral: &Value| referral["credential"] == pass.credential.as_str();
        self.referral("draft", is_of).await
    }

    /// The referral of this member in this state that is so.
    async fn referral(&self, state: &str, is_so: impl Fn(&Value) -> bool) -> String {
        let first = format!("/v1/referrals?state={state}&limit=200");
        let mut path = first.clone();
        loop {
            let page = self.hr.api.get(&path).await.ok();
            let items = page["items"].as_array().expect("items");
            if let Some(found) = items.iter().find(|referral| is_so(referral)) {
                return text(found, "id").to_owned();
            }
            path = format!("{first}&cursor={}", text(&page, "next_cursor"));
        }
    }

    fn remember(&self, approval: &Value) -> String {
        let id = text(approval, "id").to_owned();
        let content = text(approval, "content").to_owned();
        let mut contents = self.contents.lock().expect("nobody failed");
        contents.insert(id.clone(), content);
        id
    }

    /// The ETag of something of this side, as its keeper reads it.
    pub async fn etag(&self, row: &Row, id: &str) -> String {
        if row.method != Method::PUT {
            return String::from("\"1\"");
        }
        let keeper = if row.thing == Thing::Worker {
            &self.hr.api
        } else {
            &self.admin
        };
        keeper.get(&row.at(id)).await.etag()
    }
}

/// An identifier of this kind that nobody has.
pub fn nobody(thing: Thing) -> &'static str {
    match thing {
        Thing::Nothing | Thing::Whole => "",
        Thing::Member | Thing::Approving => "mbr_00000000000070008000000000000000",
        Thing::Facility => "fac_00000000000070008000000000000000",
        Thing::Zone => "zon_00000000000070008000000000000000",
        Thing::CardSystem => "cas_00000000000070008000000000000000",
        Thing::Gate => "gat_00000000000070008000000000000000",
        Thing::Client => "cli_00000000000070008000000000000000",
        Thing::Person => "per_00000000000070008000000000000000",
        Thing::Worker | Thing::Newcomer => "wrk_00000000000070008000000000000000",
        Thing::Screening
        | Thing::Pending
        | Thing::Refused
        | Thing::UnderAppeal
        | Thing::Conditional => "scr_00000000000070008000000000000000",
        Thing::Cause => "crd_00000000000070008000000000000000",
        Thing::HeldBack | Thing::Proposed | Thing::Told | Thing::Contested => {
            "exc_00000000000070008000000000000000"
        }
        Thing::Draft | Thing::Referral => "ref_00000000000070008000000000000000",
        Thing::Ban => "ban_00000000000070008000000000000000",
        Thing::Approval => "apr_00000000000070008000000000000000",
        Thing::BreakGlass => "brk_00000000000070008000000000000000",
        Thing::Engagement => "eng_00000000000070008000000000000000",
        Thing::Credential | Thing::Suspended | Thing::Revoked | Thing::Approved => {
            "crd_00000000000070008000000000000000"
        }
        Thing::MatchCase => "mat_00000000000070008000000000000000",
        Thing::Erasure => "era_00000000000070008000000000000000",
        Thing::Import => "imp_00000000000070008000000000000000",
    }
}
