//! The story of the demonstration: a badge that one port takes away stops opening the gates of another. The same steps are
//! printed as commands to follow and played through the server's own API.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::Failed;
use super::api::{Api, Said};
use super::cards::Number;
use super::network::Machine;
use crate::domain::ids::{CredentialId, GateId};

/// Who and what the story is told with.
pub struct Stage {
    /// The server.
    pub url: String,
    /// A gate of the Port of Antwerp-Bruges.
    pub gate: GateId,
    /// What that gate's controller logs in with.
    pub gate_machine: Machine,
    /// What the HR system of North Sea Port logs in with.
    pub officer: Machine,
    /// A credential that North Sea Port issued.
    pub credential: CredentialId,
    /// Its badge, as the gate's readers report it.
    pub badge: Number,
    /// A card that nobody issued.
    pub stranger: Number,
}

/// One step.
#[derive(Debug, Clone)]
pub struct Step {
    /// What happens, for people.
    pub says: &'static str,
    pub deed: Deed,
    /// What must come of it.
    pub told: Told,
}

/// What is done.
#[derive(Debug, Clone)]
pub enum Deed {
    /// The gate asks about a card.
    Check(Number),
    /// The issuer revokes the credential.
    Revoke,
    /// The issuer looks for the last refused check among its sightings.
    LookAtSightings,
}

/// What comes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    Permit,
    Deny,
    Unknown,
    Revoked,
    Sighted,
}

/// The story.
pub fn steps(stage: &Stage) -> Vec<Step> {
    let step = |says, deed, told| Step { says, deed, told };
    let badge = || Deed::Check(stage.badge.clone());
    vec![
        step(
            "A gate of Antwerp-Bruges reads a badge that North Sea Port issued.",
            badge(),
            Told::Permit,
        ),
        step(
            "North Sea Port hears that the badge was stolen, and revokes it.",
            Deed::Revoke,
            Told::Revoked,
        ),
        step(
            "The gate of Antwerp-Bruges reads the same badge again.",
            badge(),
            Told::Deny,
        ),
        step(
            "North Sea Port sees where its stolen badge was shown.",
            Deed::LookAtSightings,
            Told::Sighted,
        ),
        step(
            "The gate reads a card that nobody issued.",
            Deed::Check(stage.stranger.clone()),
            Told::Unknown,
        ),
    ]
}

/// The reason of the revocation.
pub const REASON: &str = "stolen";
/// How often the sightings are looked at: they are written a moment behind the answers.
const LOOKS: u32 = 50;
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);
/// The newest sightings.
pub const SIGHTINGS: &str = "/v1/sightings?limit=200";

impl Told {
    /// Its name, as it is said.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Permit => "permit",
            Self::Deny => "deny",
            Self::Unknown => "unknown",
            Self::Revoked => "revoked",
            Self::Sighted => "sighted",
        }
    }

    /// The exit code of the command that does it, where there is one.
    pub fn exit_code(self) -> Option<u8> {
        match self {
            Self::Permit | Self::Revoked => Some(0),
            Self::Deny => Some(10),
            Self::Unknown => Some(11),
            Self::Sighted => None,
        }
    }

    fn holds(self, said: &Said) -> bool {
        let decided = |decision| said.status == StatusCode::OK && said.body["decision"] == decision;
        match self {
            Self::Permit | Self::Deny | Self::Unknown => decided(self.as_str()),
            Self::Revoked => said.status == StatusCode::CREATED && said.body["reason"] == REASON,
            Self::Sighted => said.status == StatusCode::OK && said.body["check"].is_string(),
        }
    }
}

impl Deed {
    /// Method, path and body of the request that does it.
    pub fn request(&self, stage: &Stage) -> (Method, String, Option<Value>) {
        match self {
            Self::Check(number) => {
                let card = json!({ "format": number.format, "value": number.value });
                let body = json!({ "gate": stage.gate, "card": card });
                (Method::POST, "/v1/gate-checks".into(), Some(body))
            }
            Self::Revoke => {
                let path = format!("/v1/credentials/{}/revocations", stage.credential);
                (Method::POST, path, Some(json!({ "reason": REASON })))
            }
            Self::LookAtSightings => (Method::GET, SIGHTINGS.into(), None),
        }
    }
}

/// Plays the steps, one after the other, and says each with what was asked and answered. `true` if every answer was as told.
pub async fn play(
    stage: &Stage,
    steps: &[Step],
    mut say: impl FnMut(&str),
) -> Result<bool, Failed> {
    let api = Api::at(&stage.url)?;
    let gate = api.token(&stage.gate_machine).await?;
    let officer = api.token(&stage.officer).await?;
    let mut wrong = 0;
    let mut refused = Value::Null;
    for (nth, step) in steps.iter().enumerate() {
        let (method, path, body) = step.deed.request(stage);
        say(&format!("{}. {}", nth + 1, step.says));
        let shown = body.as_ref().map(|body| format!(" {body}"));
        say(&format!(
            "   asked     {method} {path}{}",
            shown.unwrap_or_default()
        ));
        let said = match &step.deed {
            Deed::Check(_) => api.send(method, &path, &gate, body.as_ref()).await?,
            Deed::Revoke => api.send(method, &path, &officer, body.as_ref()).await?,
            Deed::LookAtSightings => look(&api, &officer, &refused).await?,
        };
        if said.body["decision"] == Told::Deny.as_str() {
            refused = said.body["check_id"].clone();
        }
        say(&format!("   answered  {}", summary(&said)));
        if step.told.holds(&said) {
            say(&format!("   as told   yes: {}", step.told.as_str()));
        } else {
            wrong += 1;
            say(&format!(
                "   as told   NO: it should be {}",
                step.told.as_str()
            ));
        }
        say("");
    }
    say(&match wrong {
        0 => format!("All {} answers were as told.", steps.len()),
        _ => format!("{wrong} of {} answers were not as told.", steps.len()),
    });
    Ok(wrong == 0)
}

/// The sighting of this check, or the page where it is not.
async fn look(api: &Api, officer: &str, check: &Value) -> Result<Said, Failed> {
    let mut looks = 0;
    loop {
        let said = api.send(Method::GET, SIGHTINGS, officer, None).await?;
        let items = said.body["items"].as_array();
        let sighting = items.and_then(|items| items.iter().find(|item| &item["check"] == check));
        looks += 1;
        match sighting {
            Some(sighting) => {
                return Ok(Said {
                    status: said.status,
                    body: sighting.clone(),
                });
            }
            None if looks == LOOKS => return Ok(said),
            None => tokio::time::sleep(BETWEEN_LOOKS).await,
        }
    }
}

/// The fields of an answer that matter here.
fn summary(said: &Said) -> String {
    const FIELDS: [&str; 8] = [
        "decision",
        "instruction",
        "reason",
        "code",
        "status",
        "seq",
        "check",
        "gate",
    ];
    let known = FIELDS.iter().filter_map(|name| match &said.body[name] {
        Value::String(text) => Some(format!(" {name}={text}")),
        Value::Number(number) => Some(format!(" {name}={number}")),
        _ => None,
    });
    format!("{}{}", said.status.as_u16(), known.collect::<String>())
}
