//! Talking to the demonstration's own server over the loopback, as any client would.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::Value;

use super::Failed;
use super::network::Machine;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// The server's address and the connections to it.
#[derive(Clone)]
pub struct Api {
    http: reqwest::Client,
    url: String,
}

/// What the server said.
#[derive(Debug, Clone)]
pub struct Said {
    pub status: StatusCode,
    pub body: Value,
}

impl Api {
    /// For the server at this address.
    pub fn at(url: &str) -> Result<Self, Failed> {
        let http = reqwest::Client::builder()
            .timeout(PATIENCE)
            // The loopback needs no proxy, whatever the environment says.
            .no_proxy()
            .build()
            .map_err(|error| Failed::because("No connection can be made", &error))?;
        Ok(Self {
            http,
            url: url.to_owned(),
        })
    }

    /// A token for a client.
    pub async fn token(&self, machine: &Machine) -> Result<String, Failed> {
        let form = format!(
            "grant_type=client_credentials&client_id={}&client_secret={}",
            machine.client,
            machine.secret.reveal()
        );
        let request = self
            .http
            .post(format!("{}/oauth/token", self.url))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form);
        let said = answer(request).await?;
        let token = said.body["access_token"].as_str().map(str::to_owned);
        token.ok_or_else(|| Failed::new("The server gave no token."))
    }

    /// Sends a request with a token. A body makes it a new change, asked for once.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        token: &str,
        body: Option<&Value>,
    ) -> Result<Said, Failed> {
        let mut request = self
            .http
            .request(method, format!("{}{path}", self.url))
            .bearer_auth(token);
        if let Some(body) = body {
            let key = uuid::Uuid::from_u128(rand::random()).simple().to_string();
            request = request.header("idempotency-key", key).json(body);
        }
        answer(request).await
    }
}

async fn answer(request: reqwest::RequestBuilder) -> Result<Said, Failed> {
    let failed = |error: reqwest::Error| Failed::because("The server did not answer", &error);
    let response = request.send().await.map_err(failed)?;
    let status = response.status();
    let body = response.bytes().await.map_err(failed)?;
    Ok(Said {
        status,
        body: serde_json::from_slice(&body).unwrap_or(Value::Null),
    })
}
