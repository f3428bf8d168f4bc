//! `portcullis checks`.

use std::path::Path;
use std::process::ExitCode;

use serde_json::json;

use super::{Failed, terminal};
use crate::config::Flags;
use crate::domain::ids::CredentialId;
use crate::domain::time::Timestamp;
use crate::store::Store;
use crate::store::backend::sqlite_path;
use crate::store::logs::{self, KeptCheck};

/// Show at which gates a credential was shown, and what they were told.
///
/// For whoever runs the service and must answer for it: an inquiry into one credential, or a worker who asks what is kept
/// of them. It goes back as far as checks are kept, see permits_kept_days and refusals_kept_days. Reads the database
/// only, and may run beside a server.
#[derive(clap::Args)]
#[command(after_help = super::EXIT_CODES)]
pub struct Checks {
    /// The credential.
    #[arg(long)]
    credential: CredentialId,
    /// From this day or moment on, in UTC, such as 2026-11-01 or 2026-11-01T06:30:00Z. Default: all that is kept.
    #[arg(long, value_name = "WHEN", value_parser = moment)]
    since: Option<Timestamp>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: Flags,
}

/// The most checks that are shown at once.
const CHECKS_MAX: usize = 10_000;

fn moment(text: &str) -> Result<Timestamp, String> {
    let day = format!("{text}T00:00:00Z");
    day.parse().or_else(|_| text.parse()).map_err(|_| {
        "must be a day such as 2026-11-01, or a moment such as 2026-11-01T06:30:00Z".into()
    })
}

impl Checks {
    pub fn run(self) -> Result<ExitCode, Failed> {
        let config = super::settings(&self.settings)?.config;
        // SQLite would make an empty database where there is none.
        if sqlite_path(&config.database).is_some_and(|path| !Path::new(path).exists()) {
            return Err(Failed::new(
                "There is no database file where the setting `database` says. Look at `portcullis config show`.",
            ));
        }
        let since = self.since.unwrap_or(Timestamp::EPOCH);
        let read = || {
            let mut reader = Store::at(&config.database).reader()?;
            logs::checks_of(&mut reader, self.credential, since, CHECKS_MAX + 1)
        };
        let mut found = read().map_err(super::unreadable)?;
        let more = found.len() > CHECKS_MAX;
        found.truncate(CHECKS_MAX);
        if self.json {
            let checks = found.iter().map(|check| {
                json!({
                    "check": check.id, "at": check.id.made_at(), "gate": check.gate, "client": check.client,
                    "decision": check.decision, "status": check.status, "seq": check.seq,
                })
            });
            terminal::answer_json(&checks.collect::<Vec<_>>())?;
        } else if found.is_empty() {
            terminal::say("No check of this credential is kept.");
        } else {
            terminal::answer(&terminal::table(&table(&found)))?;
        }
        if more {
            terminal::say(&format!(
                "These are the first {CHECKS_MAX}. Go on from the last one with --since."
            ));
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn table(found: &[KeptCheck]) -> Vec<Vec<String>> {
    let head = ["at", "gate", "decision", "status"]
        .map(str::to_owned)
        .to_vec();
    let rows = found.iter().map(|check| {
        vec![
            check.id.made_at().to_string(),
            check.gate.to_string(),
            check.decision.as_str().to_owned(),
            check.status.as_str().to_owned(),
        ]
    });
    std::iter::once(head).chain(rows).collect()
}
