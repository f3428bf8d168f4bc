//! Who speaks in stories: administrators, HR officers, gates. Each holds a token and says things through the API.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use reqwest::header::HeaderMap;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::world::{World, text};

/// A connection to a node in somebody's name.
#[derive(Clone)]
pub struct Api {
    pub address: SocketAddr,
    pub token: Option<String>,
    /// Who they are, once they have logged in: identifier and secret.
    pub client: Option<(String, String)>,
    http: reqwest::Client,
}

/// An answer, to be asked.
#[derive(Debug, Clone)]
pub struct Said {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

static KEYS: AtomicU64 = AtomicU64::new(0);

/// A new Idempotency-Key.
pub fn new_key() -> String {
    format!("key-{}", KEYS.fetch_add(1, Ordering::SeqCst))
}

impl Said {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("JSON in {self:?}"))
    }

    #[track_caller]
    pub fn is(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        if self.text.is_empty() {
            Value::Null
        } else {
            self.json()
        }
    }

    #[track_caller]
    pub fn ok(self) -> Value {
        self.is(200)
    }

    #[track_caller]
    pub fn created(self) -> Value {
        self.is(201)
    }

    /// It is refused with this code; answers the problem document.
    #[track_caller]
    pub fn refused(self, code: &str) -> Value {
        assert_eq!(
            self.headers["content-type"], "application/problem+json",
            "{}",
            self.text
        );
        let problem = self.json();
        assert_eq!(problem["code"], code, "{problem}");
        assert_eq!(problem["status"], self.status.as_u16());
        assert_eq!(
            problem["request_id"],
            self.headers["x-request-id"].to_str().unwrap()
        );
        problem
    }

    pub fn etag(&self) -> String {
        self.headers["etag"].to_str().unwrap().to_owned()
    }
}

impl Api {
    pub fn anonymous(address: SocketAddr) -> Self {
        let http = reqwest::Client::builder()
            .no_proxy()
            .build()
            .expect("a client");
        Self {
            address,
            token: None,
            client: None,
            http,
        }
    }

    pub async fn log_in(address: SocketAddr, client: &str, secret: &str) -> Self {
        let mut api = Self::anonymous(address);
        api.logs_in(client, secret).await;
        api
    }

    async fn logs_in(&mut self, client: &str, secret: &str) {
        self.token = None;
        let form =
            format!("grant_type=client_credentials&client_id={client}&client_secret={secret}");
        let said = self
            .send(
                Method::POST,
                "/oauth/token",
                &[("content-type", "application/x-www-form-urlencoded")],
                form.into(),
            )
            .await;
        self.token = Some(text(&said.ok(), "access_token").to_owned());
        self.client = Some((client.to_owned(), secret.to_owned()));
    }

    /// The client that it is.
    pub fn id(&self) -> &str {
        &self.client.as_ref().expect("has logged in").0
    }

    /// The same person with a new token.
    pub async fn again(&self) -> Self {
        // Over the same connections: to make new ones costs more than all else here.
        let (client, secret) = self.client.clone().expect("has logged in");
        let mut api = self.clone();
        api.logs_in(&client, &secret).await;
        api
    }

    /// Lets what was asked for happen, as its second person, and answers what then stands at `path` as if it had been done
    /// by one. What needs no second person is left as it was answered.
    pub async fn seconds(&self, said: Said, path: &str) -> Said {
        if said.status != StatusCode::ACCEPTED {
            return said;
        }
        self.grants(&said.json()).await;
        let status = StatusCode::CREATED;
        Said {
            status,
            ..self.get(path).await
        }
    }

    /// Grants what somebody asked for, as it was answered.
    pub async fn grants(&self, asked: &Value) {
        let grants = format!("/v1/approvals/{}/grants", text(asked, "id"));
        let body = json!({ "content": asked["content"] });
        self.post(&grants, &body).await.created();
    }

    /// Brings in a file. Nothing is changed yet.
    pub async fn brings(&self, query: &str, file: Vec<u8>) -> Said {
        let (path, key) = (format!("/v1/imports?{query}"), new_key());
        let headers = [("content-type", "text/csv"), ("idempotency-key", &*key)];
        self.send(Method::POST, &path, &headers, file).await
    }

    pub async fn applies(&self, import: &str) -> Said {
        let path = format!("/v1/imports/{import}/apply");
        self.send(Method::POST, &path, &[], Vec::new()).await
    }

    /// Waits until an import is no longer being applied.
    pub async fn awaits(&self, import: &str) -> Value {
        let began = std::time::Instant::now();
        loop {
            let import = self.get(&format!("/v1/imports/{import}")).await.ok();
            if text(&import, "state") != "applying" {
                return import;
            }
            assert!(began.elapsed().as_secs() < 60, "{import}");
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    }

    /// The same person at another node.
    pub fn at(&self, address: SocketAddr) -> Self {
        Self {
            address,
            ..self.clone()
        }
    }

    /// The same connection with another token, or none.
    pub fn showing(&self, token: Option<String>) -> Self {
        Self {
            token,
            ..self.clone()
        }
    }

    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Said {
        let said = self.try_send(method, path, headers, body).await;
        said.expect("the server answers")
    }

    /// The same, where the server may break off.
    pub async fn try_send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Result<Said, reqwest::Error> {
        let mut request = self
            .http
            .request(method, format!("http://{}{path}", self.address))
            .body(body);
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        Ok(Said {
            status,
            headers,
            text: answer.text().await?,
        })
    }

    pub async fn get(&self, path: &str) -> Said {
        self.send(Method::GET, path, &[], Vec::new()).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Said {
        self.post_keyed(path, body, &new_key()).await
    }

    pub async fn post_keyed(&self, path: &str, body: &Value, key: &str) -> Said {
        let headers = [
            ("content-type", "application/json"),
            ("idempotency-key", key),
        ];
        self.send(Method::POST, path, &headers, body.to_string().into())
            .await
    }

    pub async fn put(&self, path: &str, etag: &str, body: &Value) -> Said {
        let headers = [("content-type", "application/json"), ("if-match", etag)];
        self.send(Method::PUT, path, &headers, body.to_string().into())
            .await
    }
}

/// Keeps a member's facilities, gates and clients; the first one keeps the network.
#[derive(Clone)]
pub struct Admin {
    pub api: Api,
    pub member: String,
}

/// An HR officer with the card system of their member.
#[derive(Clone)]
pub struct Hr {
    pub api: Api,
    /// The second person.
    pub approver: Api,
    pub member: String,
    pub card_system: String,
}

/// A gate.
#[derive(Clone)]
pub struct GateActor {
    pub api: Api,
    pub gate: String,
    pub facility: String,
}

/// A worker's credential with a card.
#[derive(Debug, Clone)]
pub struct Pass {
    pub worker: String,
    pub credential: String,
    pub number: String,
}

static NUMBERS: AtomicU64 = AtomicU64::new(100_000);

impl Admin {
    /// Adds a client or a person, with the network's two administrators where it takes them.
    async fn adds(&self, world: &World, path: &str, body: &Value) -> Value {
        let said = self.api.post(path, body).await;
        if said.status != StatusCode::CONFLICT {
            return said.created();
        }
        said.refused("wrong_person");
        let [first, second] = world.network_admins().await;
        let asked = first.post(path, body).await.is(202);
        let grants = format!("/v1/approvals/{}/grants", text(&asked, "id"));
        let content = json!({ "content": asked["content"] });
        second.post(&grants, &content).await.created();
        let act = &asked["act"];
        let made = act.get("client").or(act.get("person"));
        json!({ "id": made.expect("one of both")["id"], "secret": asked["secret"] })
    }

    /// A new client of a member.
    pub async fn client(&self, world: &World, member: &str, role: &str) -> Api {
        let body = json!({ "member": member, "name": format!("a {role}"), "role": role });
        let client = self.adds(world, "/v1/clients", &body).await;
        world
            .api(text(&client, "id"), text(&client, "secret"))
            .await
    }

    /// A person of this administrator's member, with a tool in this role.
    pub async fn person(&self, world: &World, role: &str) -> Api {
        let body = json!({ "member": self.member });
        let person = self.adds(world, "/v1/people", &body).await;
        self.tool(world, role, &person).await
    }

    /// A client of this person in this role.
    pub async fn tool(&self, world: &World, role: &str, person: &Value) -> Api {
        let body = json!({ "member": self.member, "name": format!("a {role}"), "role": role,
            "person": text(person, "id") });
        let client = self.adds(world, "/v1/clients", &body).await;
        world
            .api(text(&client, "id"), text(&client, "secret"))
            .await
    }

    /// A duty officer breaks the glass: for an hour many are revoked at this member without a second person.
    pub async fn breaks_glass(&self, world: &World) {
        let duty = self.person(world, "duty_officer").await;
        let body = json!({ "reason": "stock_stolen", "reference": "INC-1" });
        duty.post("/v1/break-glass", &body).await.created();
    }

    pub async fn administrator_of(&self, world: &World, member: &str) -> Admin {
        Admin {
            api: self.client(world, member, "member_admin").await,
            member: member.to_owned(),
        }
    }

    /// A card system of this member, and the HR officer who registers cards in it.
    pub async fn hr(&self, world: &World) -> Hr {
        let body = json!({ "member": self.member, "name": "port cards" });
        let card_system = self.api.post("/v1/card-systems", &body).await.created();
        Hr {
            api: self.person(world, "hr_officer").await,
            approver: self.person(world, "hr_approver").await,
            member: self.member.clone(),
            card_system: text(&card_system, "id").to_owned(),
        }
    }

    pub async fn facility(&self, more: Value) -> String {
        let mut body = json!({
            "member": self.member, "name": "Kaai 730", "kind": "port_facility", "locode": "BEANR", "security_level": 1,
        });
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().cloned().unwrap_or_default());
        text(
            &self.api.post("/v1/facilities", &body).await.created(),
            "id",
        )
        .to_owned()
    }

    /// A gate of this member that honours these card systems.
    pub async fn gate(&self, world: &World, card_systems: &[&str]) -> GateActor {
        let facility = self.facility(json!({})).await;
        self.gate_at(world, &facility, card_systems, json!({}))
            .await
    }

    pub async fn gate_at(
        &self,
        world: &World,
        facility: &str,
        card_systems: &[&str],
        more: Value,
    ) -> GateActor {
        let mut body = json!({ "facility": facility, "name": "Poort 1", "direction": "in", "card_systems": card_systems });
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().cloned().unwrap_or_default());
        let gate = self.api.post("/v1/gates", &body).await.created();
        GateActor {
            api: self.client(world, &self.member, "gate").await,
            gate: text(&gate, "id").to_owned(),
            facility: facility.to_owned(),
        }
    }
}

impl Hr {
    /// The same officer with a new token.
    pub async fn again(&self) -> Self {
        Self {
            api: self.api.again().await,
            approver: self.approver.again().await,
            ..self.clone()
        }
    }

    pub async fn registers(&self, name: &str) -> String {
        let number = new_key().replace("key-", "R0000");
        let passport = json!({ "kind": "passport", "country": "BEL", "number": number });
        let body = json!({ "family_name": name, "given_names": "Mara", "documents": [passport] });
        text(&self.api.post("/v1/workers", &body).await.created(), "id").to_owned()
    }

    /// Registers a worker and issues a credential with one card, good for a year.
    pub async fn issues(&self) -> Pass {
        self.issues_with(json!({})).await
    }

    pub async fn issues_with(&self, more: Value) -> Pass {
        let number = NUMBERS.fetch_add(1, Ordering::SeqCst).to_string();
        let worker = self.registers("Peeters").await;
        let mut body = json!({
            "worker": worker,
            "valid_until": "2027-03-02T00:00:00Z",
            "badges": [{ "medium": "card", "cards": [
                { "card_system": self.card_system, "format": "number", "value": number },
            ]}],
        });
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().cloned().unwrap_or_default());
        let credential = self.api.post("/v1/credentials", &body).await.created();
        Pass {
            worker,
            credential: text(&credential, "id").to_owned(),
            number,
        }
    }

    /// Registers a worker and issues a credential with these cards on one badge.
    pub async fn issues_cards(&self, cards: Value) -> Said {
        let worker = self.registers("Peeters").await;
        let body = json!({
            "worker": worker,
            "valid_until": "2027-03-02T00:00:00Z",
            "badges": [{ "medium": "card", "cards": cards }],
        });
        self.api.post("/v1/credentials", &body).await
    }

    pub async fn brings(&self, query: &str, file: Vec<u8>) -> Said {
        self.api.brings(query, file).await
    }

    pub async fn applies(&self, import: &str) -> Said {
        self.api.applies(import).await
    }

    pub async fn awaits(&self, import: &str) -> Value {
        self.api.awaits(import).await
    }

    pub async fn revokes(&self, pass: &Pass, reason: &str) -> Said {
        let path = format!("/v1/credentials/{}/revocations", pass.credential);
        self.api.post(&path, &json!({ "reason": reason })).await
    }

    pub async fn suspends(&self, pass: &Pass, reason: &str) -> Said {
        let path = format!("/v1/credentials/{}/suspensions", pass.credential);
        self.api.post(&path, &json!({ "reason": reason })).await
    }

    pub async fn lifts(&self, pass: &Pass, kind: &str) -> Said {
        let path = format!("/v1/credentials/{}/lifts", pass.credential);
        let said = self.api.post(&path, &json!({ "kind": kind })).await;
        let shown = format!("/v1/credentials/{}", pass.credential);
        self.approver.seconds(said, &shown).await
    }
}

impl GateActor {
    /// Asks about a pass by its card.
    pub async fn asks_about(&self, pass: &Pass) -> Value {
        self.asks(json!({ "card": { "format": "number", "value": pass.number } }))
            .await
            .ok()
    }

    /// Asks about whatever is given.
    pub async fn asks(&self, what: Value) -> Said {
        let mut body = json!({ "gate": self.gate });
        body.as_object_mut()
            .unwrap()
            .extend(what.as_object().cloned().unwrap_or_default());
        let headers = [("content-type", "application/json")];
        self.api
            .send(
                Method::POST,
                "/v1/gate-checks",
                &headers,
                body.to_string().into(),
            )
            .await
    }

    /// The same gate with a new token.
    pub async fn again(&self) -> Self {
        Self {
            api: self.api.again().await,
            ..self.clone()
        }
    }

    /// The same gate at another node.
    pub fn at(&self, address: SocketAddr) -> Self {
        Self {
            api: self.api.at(address),
            ..self.clone()
        }
    }
}

/// What an answer decided, and on what it rested.
pub fn verdict(answer: &Value) -> (&str, &str) {
    (text(answer, "decision"), text(answer, "status"))
}
