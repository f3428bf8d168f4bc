//! `portcullis retention`.

use std::path::Path;
use std::process::ExitCode;

use serde_json::json;

use super::{Failed, terminal};
use crate::config::Flags;
use crate::domain::ids::MemberId;
use crate::domain::retention::{Clock, Kept};
use crate::domain::time::{DAY_MS, Environment};
use crate::environment::RealEnvironment;
use crate::service::retention;
use crate::store::Store;
use crate::store::backend::sqlite_path;

/// Show for how long what is kept, and how much of it is past its time.
///
/// A dry run: it counts and forgets nothing. What the service forgets by itself is past its time for a day at most, while a
/// server runs; what a registrar must decide is work for them. Reads the database only, and may run beside a server.
#[derive(clap::Args)]
#[command(after_help = super::EXIT_CODES)]
pub struct Retention {
    /// Count for this member only, where a record says whose it is.
    #[arg(long)]
    member: Option<MemberId>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: Flags,
}

impl Retention {
    pub fn run(self) -> Result<ExitCode, Failed> {
        let config = super::settings(&self.settings)?.config;
        // SQLite would make an empty database where there is none.
        if sqlite_path(&config.database).is_some_and(|path| !Path::new(path).exists()) {
            return Err(Failed::new(
                "There is no database file where the setting `database` says. Look at `portcullis config show`.",
            ));
        }
        let kept = Kept {
            permits_days: config.permits_kept_days,
            refusals_days: config.refusals_kept_days,
        };
        let read = || {
            let mut reader = Store::at(&config.database).reader()?;
            retention::clocks_of(&mut reader, self.member, kept, RealEnvironment.now())
        };
        let clocks = read().map_err(super::unreadable)?;
        if self.json {
            let clocks = clocks.iter().map(|clock| {
                json!({
                    "purpose": clock.purpose, "term_days": clock.term_ms / DAY_MS, "source": clock.purpose.source(),
                    "then": clock.purpose.end(), "past": clock.past, "within_30_days": clock.soon,
                    "oldest_at": clock.oldest,
                })
            });
            terminal::answer_json(&clocks.collect::<Vec<_>>())?;
        } else {
            terminal::answer(&terminal::table(&table(&clocks)))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn table(clocks: &[Clock]) -> Vec<Vec<String>> {
    let head = [
        "purpose",
        "days",
        "past",
        "within 30 days",
        "then",
        "oldest",
    ]
    .map(str::to_owned)
    .to_vec();
    let rows = clocks.iter().map(|clock| {
        vec![
            clock.purpose.as_str().to_owned(),
            (clock.term_ms / DAY_MS).to_string(),
            clock.past.to_string(),
            clock.soon.to_string(),
            clock.purpose.end().as_str().to_owned(),
            clock
                .oldest
                .map(|oldest| oldest.to_string())
                .unwrap_or_default(),
        ]
    });
    std::iter::once(head).chain(rows).collect()
}
