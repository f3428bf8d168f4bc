//! `portcullis import`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use reqwest::Method;
use serde_json::Value;

use super::connection::{Body, Call, Connection, Session};
use super::{Failed, terminal, wait};
use crate::domain::card::Format;
use crate::domain::ids::CardSystemId;
use crate::domain::reason::Reason;

/// Bring in a file of credentials or revocations; without --apply it is only checked.
///
/// Takes files as ports have them: CSV with comma, semicolon or tab in any usual encoding, or XLSX, with Dutch,
/// French, German or English headers. The server checks it and says for each row what would come of it; nothing is changed
/// before --apply. The same file again changes nothing.
#[derive(clap::Args)]
#[command(after_help = super::EXIT_CODES)]
pub struct Import {
    /// The file.
    file: PathBuf,
    /// What its rows are.
    #[arg(long, value_enum)]
    purpose: Purpose,
    /// The card system that its card numbers are of.
    #[arg(long, value_name = "CARD_SYSTEM")]
    card_system: CardSystemId,
    /// The format of card numbers in rows that do not say it.
    #[arg(long)]
    format: Option<Format>,
    /// Why, for revocations in rows that do not say it.
    #[arg(long, value_parser = super::revoke::revoking_reason, required_if_eq("purpose", "revocations"))]
    reason: Option<Reason>,
    /// Apply what was understood.
    #[arg(long)]
    apply: bool,
    /// Print the server's last answer as JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Purpose {
    /// Workers and their credentials, to be issued.
    Credentials,
    /// Badges to be revoked.
    Revocations,
}

/// How often the server is asked how far it has come.
const POLL: Duration = Duration::from_millis(300);

impl Import {
    pub fn run(self) -> Result<ExitCode, Failed> {
        let bytes = std::fs::read(&self.file).map_err(|error| {
            Failed::usage(format!(
                "The file {} cannot be read: {error}.",
                self.file.display()
            ))
        })?;
        let card_system = self.card_system.to_string();
        let purpose = match self.purpose {
            Purpose::Credentials => "credentials",
            Purpose::Revocations => "revocations",
        };
        let mut query = vec![("purpose", purpose), ("card_system", card_system.as_str())];
        query.extend(
            self.format
                .map(|format| ("default_format", format.as_str())),
        );
        query.extend(self.reason.map(|reason| ("reason", reason.as_str())));
        wait(async {
            let mut session = self.connection.open().await?;
            let call = Call {
                method: Method::POST,
                path: &["v1", "imports"],
                query: &query,
                body: Body::File(&bytes),
                repeats: true,
            };
            let (_, checked) = session.send(call).await?;
            if !self.json {
                terminal::answer(&report(&checked))?;
            }
            if !self.apply {
                if self.json {
                    terminal::answer_json(&checked)?;
                }
                terminal::say("Nothing was changed. Repeat with --apply to apply it.");
                return Ok(());
            }
            let id = checked["id"].as_str().ok_or_else(|| {
                Failed::new("The server's answer has no import. Is this a Portcullis server?")
            })?;
            let applied = apply(&mut session, id).await?;
            if self.json {
                terminal::answer_json(&applied)
            } else {
                terminal::answer(&format!("Applied {} rows: {id}", applied["rows_done"]))
            }
        })?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Applies an import and waits for its end.
async fn apply(session: &mut Session, id: &str) -> Result<Value, Failed> {
    let begin = Call {
        method: Method::POST,
        path: &["v1", "imports", id, "apply"],
        query: &[],
        body: Body::None,
        repeats: true,
    };
    session.send(begin).await?;
    let style = ProgressStyle::with_template("{bar:40} {human_pos}/{human_len} rows {eta}")
        .expect("the template is right");
    let bar = ProgressBar::new(0).with_style(style);
    loop {
        let ask = Call {
            method: Method::GET,
            path: &["v1", "imports", id],
            query: &[],
            body: Body::None,
            repeats: true,
        };
        let (_, now) = session.send(ask).await.map_err(|failed| {
            Failed::new(format!(
                "{}\nThe import goes on without us; the same command finds out how it ended.",
                failed.message
            ))
        })?;
        bar.set_length(now["rows_total"].as_u64().unwrap_or(0));
        bar.set_position(now["rows_done"].as_u64().unwrap_or(0));
        match now["state"].as_str() {
            Some("applied") => {
                bar.finish_and_clear();
                return Ok(now);
            }
            Some("checked" | "applying") => tokio::time::sleep(POLL).await,
            other => {
                bar.abandon();
                let state = other.unwrap_or("unknown");
                return Err(Failed::new(format!(
                    "The import {id} ended as {state} after {} rows. The same command again goes on where it ended.",
                    now["rows_done"]
                )));
            }
        }
    }
}

/// What the server understood and what would come of each row, as tables.
fn report(checked: &Value) -> String {
    let pairs = |name: &str| -> Vec<Vec<String>> {
        let of = checked[name].as_object();
        of.into_iter()
            .flatten()
            .map(|(key, value)| vec![key.replace('_', " "), plain(value)])
            .collect()
    };
    let mut parts = vec![
        terminal::table(&pairs("understood")),
        terminal::table(&pairs("counts")),
    ];
    let rows = checked["rows"].as_array().into_iter().flatten();
    let rows: Vec<Vec<String>> = rows
        .map(|row| {
            vec![
                plain(&row["line"]),
                plain(&row["outcome"]),
                plain(&row["problems"]),
            ]
        })
        .collect();
    if !rows.is_empty() {
        let head = ["line", "outcome", "why"].map(str::to_owned).to_vec();
        parts.push(terminal::table(
            &std::iter::once(head).chain(rows).collect::<Vec<_>>(),
        ));
    }
    parts.retain(|part| !part.is_empty());
    parts.join("\n\n")
}

/// A JSON value for reading: lists with commas, objects by their sentence or as `key: value`.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        Value::Object(fields) => match fields.get("detail") {
            Some(detail) => plain(detail),
            None => fields
                .iter()
                .map(|(key, value)| format!("{key}: {}", plain(value)))
                .collect::<Vec<_>>()
                .join(", "),
        },
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dry_run_reads_as_tables() {
        let checked = serde_json::json!({
            "id": "imp_1", "state": "checked",
            "understood": {"delimiter": ";", "columns": [{"header": "Badgenummer", "meaning": "card"}]},
            "counts": {"new": 2, "same": 1, "conflict": 0, "unusable": 1},
            "rows": [{"line": 4, "outcome": "unusable", "problems": [{"code": "scientific_notation", "detail": "was rounded"}]}],
        });
        assert_eq!(
            report(&checked),
            "columns    header: Badgenummer, meaning: card\ndelimiter  ;\n\n\
             conflict  0\nnew       2\nsame      1\nunusable  1\n\n\
             line  outcome   why\n4     unusable  was rounded"
        );
    }
}
