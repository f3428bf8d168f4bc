//! `portcullis check`.

use std::process::ExitCode;
use std::str::FromStr;

use reqwest::Method;
use serde_json::{Value, json};

use super::connection::{Body, Call, Connection};
use super::{Failed, terminal, wait};
use crate::domain::card::Format;
use crate::domain::ids::{CredentialId, GateId};

/// Ask, as a gate would, whether a card or credential may pass a gate.
#[derive(clap::Args)]
#[command(
    after_help = "Exit codes: 0 permit; 10 deny; 11 unknown; 12 refer, a person must look; 1 no answer; 2 the command \
    line is wrong. Only 0 may open a gate."
)]
pub struct Check {
    /// The gate.
    #[arg(long)]
    gate: GateId,
    /// The card as its reader says it, such as card_uid:04A1B2C3D4E5F6 or wiegand26:12:34567.
    #[arg(
        long,
        value_name = "FORMAT:VALUE",
        required_unless_present = "credential",
        conflicts_with = "credential"
    )]
    card: Option<Card>,
    /// The credential.
    #[arg(long)]
    credential: Option<CredentialId>,
    /// Print the server's answer as JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

/// A card by its format and what its reader says.
#[derive(Clone)]
pub struct Card {
    format: Format,
    value: String,
}

impl FromStr for Card {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (format, value) = text
            .split_once(':')
            .ok_or("must be FORMAT:VALUE, such as card_uid:04A1B2C3D4E5F6")?;
        let format = format
            .parse()
            .map_err(|unknown: crate::domain::card::UnknownFormat| unknown.to_string())?;
        Ok(Self {
            format,
            value: value.to_owned(),
        })
    }
}

impl Check {
    pub fn run(self) -> Result<ExitCode, Failed> {
        let mut body = json!({ "gate": self.gate });
        if let Some(card) = &self.card {
            body["card"] = json!({ "format": card.format, "value": card.value });
        }
        if let Some(credential) = self.credential {
            body["credential"] = json!(credential);
        }
        let answer = wait(async {
            let call = Call {
                method: Method::POST,
                path: &["v1", "gate-checks"],
                query: &[],
                body: Body::Json(&body),
                // Who stands at the gate asks again sooner than we would.
                repeats: false,
            };
            let (_, answer) = self.connection.open().await?.send(call).await?;
            Ok(answer)
        })?;
        let decision = answer["decision"].as_str().unwrap_or_default();
        let (code, colour) = exit_code(decision).ok_or_else(|| {
            Failed::new("The server's answer has no decision. Is this a Portcullis server?")
        })?;
        if self.json {
            terminal::answer_json(&answer)?;
        } else {
            terminal::answer(&text(
                &answer,
                &terminal::paint(&decision.to_uppercase(), colour),
            ))?;
        }
        Ok(ExitCode::from(code))
    }
}

fn exit_code(decision: &str) -> Option<(u8, u8)> {
    match decision {
        "permit" => Some((0, terminal::GREEN)),
        "deny" => Some((10, terminal::RED)),
        "unknown" => Some((11, terminal::YELLOW)),
        "refer" => Some((12, terminal::YELLOW)),
        _ => None,
    }
}

fn text(answer: &Value, decision: &str) -> String {
    let field = |name: &str| match &answer[name] {
        Value::Null => String::new(),
        Value::String(text) => text.replace('_', " "),
        other => other.to_string(),
    };
    let id = |name: &str| answer[name].as_str().unwrap_or_default().to_owned();
    let stale = if answer["stale"] == true {
        ", older than it should be"
    } else {
        ""
    };
    let rows = [
        ("decision", format!("{decision}: {}", field("instruction"))),
        ("status", field("status")),
        ("class", field("class")),
        ("credential", id("credential")),
        (
            "as of",
            format!(
                "{}, entry {}, {} ms ago{stale}",
                id("as_of"),
                field("seq"),
                field("age_ms")
            ),
        ),
        ("check", id("check_id")),
    ];
    let rows = rows.into_iter().filter(|(_, value)| !value.is_empty());
    terminal::table(
        &rows
            .map(|(name, value)| vec![name.to_owned(), value])
            .collect::<Vec<_>>(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_decision_has_its_exit_code() {
        for (decision, code) in [("permit", 0), ("deny", 10), ("unknown", 11), ("refer", 12)] {
            assert_eq!(exit_code(decision).map(|(code, _)| code), Some(code));
        }
        assert_eq!(exit_code("open"), None);
    }

    #[test]
    fn a_card_is_a_format_and_all_that_follows() {
        let card: Card = "custom:leaf:17:4".parse().expect("a card");
        assert_eq!(
            (card.format, card.value.as_str()),
            (Format::Custom, "leaf:17:4")
        );
        assert!("04A1B2C3".parse::<Card>().is_err());
        assert!("uid:04A1B2C3".parse::<Card>().is_err());
    }

    #[test]
    fn an_answer_is_told_without_empty_lines() {
        let answer = json!({
            "check_id": "chk_1", "decision": "deny", "status": "not_valid", "instruction": "keep_shut", "seq": 12,
            "as_of": "2026-03-01T07:30:00.000Z", "age_ms": 3, "security_level": 1,
        });
        assert_eq!(
            text(&answer, "DENY"),
            "decision  DENY: keep shut\nstatus    not valid\nas of     2026-03-01T07:30:00.000Z, entry 12, 3 ms ago\n\
             check     chk_1"
        );
    }
}
