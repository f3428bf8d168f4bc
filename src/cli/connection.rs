//! Talking to a running server as a client: token, requests, repeats, and what a refusal says.

use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine;
use reqwest::{Method, StatusCode, Url, header};
use serde_json::Value;

use super::Failed;
use crate::domain::digest::hex;
use crate::domain::ids::ClientId;
use crate::domain::time::Environment;
use crate::environment::RealEnvironment;

/// Where the server is and who asks.
#[derive(clap::Args)]
#[command(next_help_heading = "Server")]
pub struct Connection {
    /// Address of the server. Default: PORTCULLIS_URL, else http://127.0.0.1:8080.
    #[arg(long)]
    url: Option<String>,
    /// Client to act as. Default: PORTCULLIS_CLIENT_ID, else the one in the secret's file if `init` wrote it.
    #[arg(long, value_name = "CLIENT")]
    client_id: Option<ClientId>,
    /// File with the client's secret, or the credentials file that `init` wrote. Default: PORTCULLIS_CLIENT_SECRET_FILE,
    /// else the secret itself in PORTCULLIS_CLIENT_SECRET.
    #[arg(long, value_name = "FILE")]
    client_secret_file: Option<PathBuf>,
}

/// How long a request may take. Longer than the server's own patience with its database.
const TIMEOUT: Duration = Duration::from_secs(30);
/// How long a file may take to be sent and checked.
const FILE_TIMEOUT: Duration = Duration::from_secs(300);
/// How long is waited before a request is sent again, each time.
const REPEATS: [Duration; 3] = [
    Duration::from_millis(300),
    Duration::from_secs(1),
    Duration::from_secs(3),
];

/// A server that took our credentials.
pub struct Session {
    http: reqwest::Client,
    url: Url,
    client: ClientId,
    secret: String,
    token: String,
}

/// One request.
pub struct Call<'a> {
    pub method: Method,
    /// Path segments after the server's address.
    pub path: &'a [&'a str],
    pub query: &'a [(&'a str, &'a str)],
    pub body: Body<'a>,
    /// Whether to send it again when no answer comes or the server cannot answer just now. A request that changes
    /// something carries an Idempotency-Key, so that it is done once however often it is sent.
    pub repeats: bool,
}

pub enum Body<'a> {
    None,
    Json(&'a Value),
    /// The bytes of a file.
    File(&'a [u8]),
}

impl Connection {
    /// Asks the server for a token.
    pub async fn open(&self) -> Result<Session, Failed> {
        let url = self.url.clone().or_else(|| variable("PORTCULLIS_URL"));
        let url = url.unwrap_or_else(|| "http://127.0.0.1:8080".into());
        let url = Url::parse(&url)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
            .ok_or_else(|| Failed::usage("The server's address must begin with http:// or https://. Give it with --url or PORTCULLIS_URL."))?;
        let (client, secret) = self.credentials()?;
        let http = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .connect_timeout(Duration::from_secs(5))
            // A redirect would take token and card number to who knows where.
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("portcullis/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| Failed::new(format!("No connection can be made: {error}.")))?;
        let mut session = Session {
            http,
            url,
            client,
            secret,
            token: String::new(),
        };
        session.renew().await?;
        Ok(session)
    }

    fn credentials(&self) -> Result<(ClientId, String), Failed> {
        let file = self
            .client_secret_file
            .clone()
            .or_else(|| variable("PORTCULLIS_CLIENT_SECRET_FILE").map(PathBuf::from));
        let (in_file, secret) = match file {
            Some(path) => read_secret(&path)?,
            None => {
                let secret = variable("PORTCULLIS_CLIENT_SECRET").ok_or_else(|| {
                    Failed::usage(
                        "No client secret was given. Name its file with --client-secret-file or PORTCULLIS_CLIENT_SECRET_FILE, or \
                         set PORTCULLIS_CLIENT_SECRET.",
                    )
                })?;
                (None, secret)
            }
        };
        let client = match (self.client_id, variable("PORTCULLIS_CLIENT_ID")) {
            (Some(client), _) => Some(client),
            (None, Some(text)) => Some(
                text.parse()
                    .map_err(|error| Failed::usage(format!("PORTCULLIS_CLIENT_ID {error}.")))?,
            ),
            (None, None) => in_file,
        };
        let client = client.ok_or_else(|| {
            Failed::usage("No client was given. Name it with --client-id or PORTCULLIS_CLIENT_ID.")
        })?;
        Ok((client, secret))
    }
}

/// The secret in a file, and the client too if `init` wrote it.
fn read_secret(path: &Path) -> Result<(Option<ClientId>, String), Failed> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Failed::usage(format!(
            "The client's secret cannot be read from {}: {error}.",
            path.display()
        ))
    })?;
    let json: Option<Value> = serde_json::from_str(&text).ok();
    let field = |name: &str| json.as_ref()?.get(name)?.as_str().map(str::to_owned);
    Ok(match field("client_secret") {
        Some(secret) => (field("client_id").and_then(|id| id.parse().ok()), secret),
        None => (None, text.trim().to_owned()),
    })
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

impl Session {
    /// Sends a request and reads its JSON answer.
    pub async fn send(&mut self, call: Call<'_>) -> Result<(StatusCode, Value), Failed> {
        let mut random = [0; 16];
        RealEnvironment.fill_random(&mut random);
        let key = hex(&random);
        let mut repeats = REPEATS
            .iter()
            .take(if call.repeats { REPEATS.len() } else { 0 });
        let mut renewed = false;
        loop {
            let sent = self.request(&call, &key).send().await;
            let failed = match sent {
                Ok(response) if response.status() == StatusCode::UNAUTHORIZED && !renewed => {
                    // Tokens live for minutes; a large import takes longer.
                    renewed = true;
                    self.renew().await?;
                    continue;
                }
                Ok(response) if response.status().is_success() => return read(response).await,
                Ok(response) => {
                    let passing = response.status().is_server_error()
                        || response.status() == StatusCode::TOO_MANY_REQUESTS;
                    let failed = refusal(response).await;
                    if !passing {
                        return Err(failed);
                    }
                    failed
                }
                Err(error) => self.unreachable(&error),
            };
            match repeats.next() {
                Some(&delay) => tokio::time::sleep(delay).await,
                None => return Err(failed),
            }
        }
    }

    fn request(&self, call: &Call<'_>, key: &str) -> reqwest::RequestBuilder {
        let mut request = self
            .http
            .request(call.method.clone(), self.address(call.path, call.query))
            .bearer_auth(&self.token)
            .header(header::ACCEPT, "application/json, application/problem+json");
        if call.method == Method::POST {
            request = request.header("Idempotency-Key", key);
        }
        match call.body {
            Body::None => request,
            Body::Json(body) => request.json(body),
            Body::File(bytes) => request
                .timeout(FILE_TIMEOUT)
                .header(header::CONTENT_TYPE, "application/octet-stream")
                .body(bytes.to_vec()),
        }
    }

    fn address(&self, path: &[&str], query: &[(&str, &str)]) -> Url {
        let mut address = self.url.clone();
        if let Ok(mut segments) = address.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        if !query.is_empty() {
            address.query_pairs_mut().extend_pairs(query);
        }
        address
    }

    async fn renew(&mut self) -> Result<(), Failed> {
        let basic = format!("{}:{}", self.client, self.secret);
        let basic = base64::engine::general_purpose::STANDARD.encode(basic);
        let sent = self
            .http
            .post(self.address(&["oauth", "token"], &[]))
            .header(header::AUTHORIZATION, format!("Basic {basic}"))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body("grant_type=client_credentials")
            .send()
            .await
            .map_err(|error| self.unreachable(&error))?;
        if matches!(
            sent.status(),
            StatusCode::UNAUTHORIZED | StatusCode::BAD_REQUEST
        ) {
            return Err(Failed::new(
                "The server does not accept this client and secret. Look whether they belong together and to this server, and \
                 whether the client was revoked.",
            ));
        }
        if !sent.status().is_success() {
            return Err(refusal(sent).await);
        }
        let (_, answer) = read(sent).await?;
        let token = answer["access_token"].as_str();
        self.token = token
            .ok_or_else(|| Failed::new("The server gave no token. Is this a Portcullis server?"))?
            .to_owned();
        Ok(())
    }

    fn unreachable(&self, error: &reqwest::Error) -> Failed {
        // The error's own text repeats the address with its query; the innermost cause says what happened.
        let mut cause: &dyn std::error::Error = error;
        while let Some(source) = cause.source() {
            cause = source;
        }
        let what = if error.is_timeout() {
            "did not answer in time".to_owned()
        } else {
            format!("cannot be reached ({cause})")
        };
        Failed::new(format!(
            "The server at {} {what}. Look whether it runs there (`portcullis serve`), or give another address with --url.",
            self.url.origin().ascii_serialization()
        ))
    }
}

async fn read(response: reqwest::Response) -> Result<(StatusCode, Value), Failed> {
    let status = response.status();
    let answer = response.json().await;
    answer.map(|answer| (status, answer)).map_err(|_| {
        Failed::new("The server's answer cannot be read. Is this a Portcullis server?")
    })
}

/// What a problem document (RFC 9457) says, for people.
async fn refusal(response: reqwest::Response) -> Failed {
    let status = response.status();
    let problem: Value = response.json().await.unwrap_or_default();
    Failed::new(describe(status, &problem))
}

fn describe(status: StatusCode, problem: &Value) -> String {
    let field = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
    let (title, detail) = (field(problem, "title"), field(problem, "detail"));
    let mut text = match (title.is_empty(), detail.is_empty()) {
        (true, true) => format!("The server answered {status}."),
        (false, true) => title,
        (_, false) => detail,
    };
    for error in problem["errors"].as_array().into_iter().flatten() {
        let (pointer, detail) = (field(error, "pointer"), field(error, "detail"));
        match pointer.as_str() {
            // What is wrong with the whole is what was said above.
            "" if text == detail => {}
            "" => text.push_str(&format!("\n  {detail}")),
            pointer => text.push_str(&format!("\n  {pointer}: {detail}")),
        }
    }
    let (code, request) = (field(problem, "code"), field(problem, "request_id"));
    if !code.is_empty() {
        text.push_str(&format!("\n  ({code}, request {request})"));
    }
    text
}

#[cfg(test)]
mod tests;
