//! `portcullis revoke`.

use std::process::ExitCode;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::connection::{Body, Call, Connection};
use super::{Failed, WAITS, terminal, wait};
use crate::domain::ids::CredentialId;
use crate::domain::reason::Reason;

/// Revoke a credential, for good.
///
/// It is refused at every gate from then on; there is no way back but a new credential.
#[derive(clap::Args)]
#[command(
    after_help = "Exit codes: 0 it is revoked, now or before; 1 it is not, or that is not known, and stderr says why; \
    2 the command line is wrong; 14 it waits for a second person."
)]
pub struct Revoke {
    /// The credential.
    #[arg(long)]
    credential: CredentialId,
    /// Why, such as lost, stolen or employment_ended.
    #[arg(long, value_parser = revoking_reason)]
    reason: Reason,
    /// Print the server's answer as JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

/// A reason that can revoke, by its name.
pub fn revoking_reason(text: &str) -> Result<Reason, String> {
    let mut reasons = Reason::ALL
        .iter()
        .copied()
        .filter(|reason| reason.revokes());
    reasons
        .find(|reason| reason.as_str() == text)
        .ok_or_else(|| {
            let names = Reason::ALL
                .iter()
                .filter(|reason| reason.revokes())
                .map(|reason| reason.as_str());
            format!(
                "is no reason to revoke. The reasons are {}",
                names.collect::<Vec<_>>().join(", ")
            )
        })
}

impl Revoke {
    pub fn run(self) -> Result<ExitCode, Failed> {
        let body = json!({ "reason": self.reason });
        let id = self.credential.to_string();
        let (status, answer) = wait(async {
            let call = Call {
                method: Method::POST,
                path: &["v1", "credentials", &id, "revocations"],
                query: &[],
                body: Body::Json(&body),
                repeats: true,
            };
            self.connection.open().await?.send(call).await
        })?;
        if self.json {
            terminal::answer_json(&answer)?;
        } else {
            terminal::answer(&text(&id, status, &answer))?;
        }
        Ok(match status {
            StatusCode::ACCEPTED => ExitCode::from(WAITS),
            _ => ExitCode::SUCCESS,
        })
    }
}

fn text(id: &str, status: StatusCode, answer: &Value) -> String {
    let field = |name: &str| answer[name].as_str().unwrap_or_default();
    if status == StatusCode::ACCEPTED {
        return format!(
            "{id} is not revoked yet: approval {} waits for a second person until {}. For a reason of the class for_cause the \
             credential is suspended meanwhile.",
            field("id"),
            field("expires_at")
        );
    }
    let what = if status == StatusCode::CREATED {
        "is revoked"
    } else {
        "was revoked already"
    };
    format!(
        "{id} {what}: {} ({}), at {}, entry {}",
        field("reason"),
        field("class"),
        field("at"),
        answer["seq"]
    )
}
