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
#[command(
    after_help = "Exit codes: 0 every row is done, or with no --apply could be; 13 some rows are not, as they are in conflict or \
    unusable, and the others are or could be; 1 not done, or not all of it, and stderr says why; 2 the command line is wrong."
)]
pub struct Import {
    /// The file.
    file: PathBuf,
    /// What its rows are.
    #[arg(long, value_enum)]
    purpose: Purpose,
    /// The card system that its card numbers are of; needed where the file names cards.
    #[arg(long, value_name = "CARD_SYSTEM")]
    card_system: Option<CardSystemId>,
    /// The format of its card numbers; needed where the file has no column for it.
    #[arg(long)]
    format: Option<Format>,
    /// Why credentials are revoked, such as lost; needed where the file has no column for it.
    #[arg(long, value_parser = super::revoke::revoking_reason)]
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

/// Some rows were left out. A script that brings 300 revocations must not take 250 for all of them.
const LEFT_OUT: u8 = 13;
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
        let card_system = self.card_system.map(|id| id.to_string());
        let purpose = match self.purpose {
            Purpose::Credentials => "credentials",
            Purpose::Revocations => "revocations",
        };
        let mut query = vec![("purpose", purpose)];
        query.extend(card_system.as_deref().map(|id| ("card_system", id)));
        query.extend(
            self.format
                .map(|format| ("default_format", format.as_str())),
        );
        query.extend(self.reason.map(|reason| ("reason", reason.as_str())));
        let last = wait(async {
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
                return Ok(checked);
            }
            let id = checked["id"].as_str().ok_or_else(|| {
                Failed::new("The server's answer has no import. Is this a Portcullis server?")
            })?;
            let applied = apply(&mut session, id).await?;
            if self.json {
                terminal::answer_json(&applied)?;
            } else {
                let counts = &applied["counts"];
                terminal::answer(&format!(
                    "Applied {} rows: {} new, {} same, {} in conflict, {} unusable.",
                    applied["rows_done"],
                    counts["new"],
                    counts["same"],
                    counts["conflict"],
                    counts["unusable"]
                ))?;
            }
            Ok(applied)
        })?;
        Ok(match left_out(&last) {
            Some(said) => {
                terminal::say(&said);
                ExitCode::from(LEFT_OUT)
            }
            None => ExitCode::SUCCESS,
        })
    }
}

/// How many rows nothing comes of, where there are any.
fn left_out(answer: &Value) -> Option<String> {
    let count = |outcome: &str| answer["counts"][outcome].as_u64().unwrap_or(0);
    let (conflict, unusable) = (count("conflict"), count("unusable"));
    (conflict + unusable > 0).then(|| {
        format!("NOT ALL ROWS: nothing comes of {conflict} in conflict and {unusable} unusable.")
    })
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
                "{}\nThe import goes on without us; the same command without --apply says what is left to do.",
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
                    "The import {id} is {state} after {} rows. {} Rows that are done stay; the same command again does the rest.",
                    now["rows_done"],
                    word(&now["failure"])
                )));
            }
        }
    }
}

/// What the server understood and what would come of each row, as tables.
fn report(checked: &Value) -> String {
    let pairs = |name: &str| -> Vec<Vec<String>> {
        let fields = checked[name].as_object().into_iter().flatten();
        fields
            .map(|(key, value)| vec![key.replace('_', " "), word(value)])
            .collect()
    };
    let headed = |head: [&str; 3], rows: Vec<Vec<String>>| match rows.is_empty() {
        true => Vec::new(),
        false => std::iter::once(head.map(str::to_owned).to_vec())
            .chain(rows)
            .collect(),
    };
    let items = |name: &str| checked[name].as_array().into_iter().flatten();
    let columns = items("columns").map(|heading| {
        let column = &heading["column"];
        let taken = if column.is_null() {
            "(ignored)".to_owned()
        } else {
            word(column)
        };
        vec![word(&heading["header"]), "is".to_owned(), taken]
    });
    let rows = items("rows").map(|row| {
        let problems = row["problems"]
            .as_array()
            .into_iter()
            .flatten()
            .map(problem);
        vec![
            word(&row["line"]),
            word(&row["outcome"]),
            problems.collect::<Vec<_>>().join(" "),
        ]
    });
    let tables = [
        pairs("understood"),
        columns.collect(),
        pairs("counts"),
        headed(["line", "outcome", "why"], rows.collect()),
    ];
    let tables = tables.iter().filter(|rows| !rows.is_empty());
    tables
        .map(|rows| terminal::table(rows))
        .collect::<Vec<_>>()
        .join("\n\n")
}

/// What is wrong with a row: in which column, and the sentence.
fn problem(problem: &Value) -> String {
    let message = word(&problem["message"]);
    match problem["column"].as_str() {
        Some(column) => format!("{column}: {message}"),
        None => message,
    }
}

/// Text without its quotation marks.
fn word(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_were_left_out_are_told() {
        let told = |conflict: u64, unusable: u64| {
            left_out(&serde_json::json!({ "counts": {
                "new": 1, "same": 1, "conflict": conflict, "unusable": unusable,
            }}))
        };
        assert_eq!(told(0, 0), None);
        assert!(told(1, 0).is_some() && told(0, 1).is_some());
        let said = told(3, 47).expect("some were");
        assert!(
            said.contains("3 in conflict") && said.contains("47 unusable"),
            "{said}"
        );
    }

    #[test]
    fn a_dry_run_reads_as_tables() {
        let checked = serde_json::json!({
            "id": "imp_1", "state": "checked",
            "understood": {"kind": "csv", "delimiter": "semicolon", "header_line": 1},
            "columns": [{"header": "Badgenummer", "column": "card"}, {"header": "Kleur", "column": null}],
            "counts": {"new": 2, "same": 1, "conflict": 0, "unusable": 1},
            "rows": [{"line": 4, "outcome": "unusable", "problems": [
                {"column": "Badgenummer", "code": "scientific_notation", "message": "It was rounded."},
                {"code": "short", "message": "It is short."},
            ]}],
        });
        assert_eq!(
            report(&checked),
            "delimiter    semicolon\nheader line  1\nkind         csv\n\n\
             Badgenummer  is  card\nKleur        is  (ignored)\n\n\
             conflict  0\nnew       2\nsame      1\nunusable  1\n\n\
             line  outcome   why\n4     unusable  Badgenummer: It was rounded. It is short."
        );
    }
}
