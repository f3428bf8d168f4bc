//! `portcullis import`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use jiff::civil::Date;
use reqwest::Method;
use serde_json::Value;

use super::connection::{Body, Call, Connection, Session};
use super::{Failed, WAITS, terminal, wait};
use crate::domain::card::Format;
use crate::domain::ids::CardSystemId;
use crate::domain::reason::Reason;
use crate::service::import::file;
use crate::service::import::file::columns::Column;

/// Bring in a file of credentials, engagements, outcomes or revocations; without --apply it is only checked.
///
/// Takes files as ports have them: CSV with comma, semicolon or tab in any usual encoding, or XLSX, with Dutch,
/// French, German or English headers. The server checks it and says for each row what would come of it; nothing is changed
/// before --apply. The same file again changes nothing.
#[derive(clap::Args)]
#[command(after_help = EXIT_CODES, after_long_help = format!("{EXIT_CODES}\n\n{}", columns_help()))]
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
    /// The last day of badges, such as 2027-12-31, for rows that say none.
    #[arg(long, value_name = "DAY")]
    valid_until: Option<Date>,
    /// Apply what was understood.
    #[arg(long)]
    apply: bool,
    /// Print the server's last answer as JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

const EXIT_CODES: &str = "Exit codes: 0 every row is done, or with no --apply could be; 13 some rows are not, as they are in conflict \
    or unusable, and the others are or could be; 1 not done, or not all of it, and stderr says why; 2 the command line is wrong; 14 it \
    waits for a second person.";

/// Which columns a file may have, by the headers to recommend, and what their cells may hold.
fn columns_help() -> String {
    let mut text = String::from(
        "The header may stand below a title, within the first ten rows. Upper and lower case, accents and punctuation do not \
         matter; columns that are not known are left out, and named. * must be there.\n",
    );
    for purpose in file::columns::Purpose::ALL {
        let of = purpose.as_str();
        let rows = purpose.columns().iter().map(|&column| {
            let required = purpose.required().iter().any(|any| any.contains(&column));
            let mark = if required { "*" } else { " " };
            let headers = column.accepted().iter().take(4).copied();
            vec![
                format!(" {mark} {column}"),
                headers.collect::<Vec<_>>().join(", "),
                holds(column).to_owned(),
            ]
        });
        let table = terminal::table(&rows.collect::<Vec<_>>());
        text += &format!("\nColumns of {of}:\n{table}\n");
    }
    text + "\nOf card number and credential id one is enough. Days: 2027-12-31, 31/12/2027, 31.12.2027 or 31 december 2027; the day \
            always stands before the month, and the year has four digits."
}

/// What a cell of a column may hold.
const fn holds(column: Column) -> &'static str {
    match column {
        Column::StaffNumber => "up to 40 characters; names the same worker in every file",
        Column::FamilyName | Column::GivenNames => "up to 100 characters, no digits",
        Column::BirthDate => "a day from 1900 on, not in the future",
        Column::Employer => "up to 160 characters",
        Column::CardNumber => "as its format writes it, with all zeros",
        Column::CardFormat => "number, card_uid, wiegand26, ...; else --format",
        Column::FacilityCode => "of a Wiegand card, where it stands apart",
        Column::ValidFrom => "a day; else from the import on",
        Column::ValidUntil => "a day, up to its end; else --valid-until",
        Column::Facilities => {
            "ids, names or UN/LOCODEs with a comma between; without the column: everywhere"
        }
        Column::CredentialId => "crd_ and 32 digits",
        Column::Reason => "lost, stolen, ...; else --reason",
        Column::DocumentKind => "passport, national_id_card or residence_permit",
        Column::DocumentCountry => "three letters after ISO 3166-1, such as BEL",
        Column::DocumentNumber => "4 to 20 letters and digits",
        Column::Reference => "letters, digits or any of - . / _ with a digit",
        Column::Functions => "cargo_access, cargo_data, unescorted_access, with a comma between",
        Column::WorkerId => "wrk_ and 32 digits",
        Column::ScreeningId => "scr_ and 32 digits; else worker id and function",
        Column::Function => "cargo_access, cargo_data or unescorted_access",
        Column::Advice => "positive, positive_with_warning or negative",
        Column::Authority => "namb",
        Column::DecidedOn => "a day: when the worker was notified",
    }
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Purpose {
    /// Workers and their credentials, to be issued.
    Credentials,
    /// Badges to be revoked.
    Revocations,
    /// Port bans, with a client of the register.
    Bans,
    /// Who works for whom; registers those whom a document names and nobody knows.
    Engagements,
    /// Advice of the authority in screenings, with a client of a screening officer.
    Outcomes,
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
            Purpose::Bans => "bans",
            Purpose::Engagements => "engagements",
            Purpose::Outcomes => "outcomes",
        };
        let mut query = vec![("purpose", purpose)];
        query.extend(card_system.as_deref().map(|id| ("card_system", id)));
        query.extend(
            self.format
                .map(|format| ("default_format", format.as_str())),
        );
        query.extend(self.reason.map(|reason| ("reason", reason.as_str())));
        let valid_until = self.valid_until.map(|day| day.to_string());
        query.extend(valid_until.as_deref().map(|day| ("valid_until", day)));
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
                terminal::say(&match unchanged(&checked) {
                    Some(rows) => format!("Nothing would change: {rows} same."),
                    None => "Nothing was changed. Repeat with --apply to apply it.".to_owned(),
                });
                return Ok(checked);
            }
            let id = checked["id"].as_str().ok_or_else(|| {
                Failed::new("The server's answer has no import. Is this a Portcullis server?")
            })?;
            let applied = apply(&mut session, id).await?;
            if let Some(waits) = waiting(&applied) {
                if self.json {
                    terminal::answer_json(&applied)?;
                }
                terminal::say(&waits);
                return Ok(applied);
            }
            if self.json {
                terminal::answer_json(&applied)?;
            } else {
                terminal::answer(&done(&applied))?;
            }
            Ok(applied)
        })?;
        if waiting(&last).is_some() {
            return Ok(ExitCode::from(WAITS));
        }
        Ok(match left_out(&last) {
            Some(said) => {
                terminal::say(&said);
                ExitCode::from(LEFT_OUT)
            }
            None => ExitCode::SUCCESS,
        })
    }
}

/// How many rows there are, where all of them are recorded already as they stand.
fn unchanged(answer: &Value) -> Option<&Value> {
    let counts = &answer["counts"];
    let others = ["new", "conflict", "unusable"];
    let is_same = others
        .iter()
        .all(|outcome| counts[outcome].as_u64() == Some(0));
    is_same.then_some(&counts["same"])
}

/// What an import that was applied came to.
fn done(applied: &Value) -> String {
    if let Some(rows) = unchanged(applied) {
        return format!("Nothing changed: {rows} same.");
    }
    let counts = &applied["counts"];
    format!(
        "Applied {} rows: {} new, {} same, {} in conflict, {} unusable.",
        applied["rows_done"], counts["new"], counts["same"], counts["conflict"], counts["unusable"]
    )
}

/// How many rows nothing comes of, where there are any.
fn left_out(answer: &Value) -> Option<String> {
    let count = |outcome: &str| answer["counts"][outcome].as_u64().unwrap_or(0);
    let (conflict, unusable) = (count("conflict"), count("unusable"));
    (conflict + unusable > 0).then(|| {
        format!("NOT ALL ROWS: nothing comes of {conflict} in conflict and {unusable} unusable.")
    })
}

/// What to say of an import that waits for a second person.
fn waiting(import: &Value) -> Option<String> {
    let approval = import["approval"].as_str()?;
    Some(format!(
        "Nothing was changed yet: this needs a second person. Approval {approval} waits for one."
    ))
}

/// Applies an import and waits for its end, or for nothing if a second person must grant it first.
async fn apply(session: &mut Session, id: &str) -> Result<Value, Failed> {
    let begin = Call {
        method: Method::POST,
        path: &["v1", "imports", id, "apply"],
        query: &[],
        body: Body::None,
        repeats: true,
    };
    let (_, begun) = session.send(begin).await?;
    if waiting(&begun).is_some() {
        return Ok(begun);
    }
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
    // Rows with the same fault are told once: a column that is wrong is so in thousands of them.
    let mut faults: Vec<([String; 2], Vec<u64>)> = Vec::new();
    for row in items("rows") {
        let problems = row["problems"].as_array().into_iter().flatten();
        let why = problems.map(problem).collect::<Vec<_>>().join(" ");
        let fault = [word(&row["outcome"]), why];
        let line = row["line"].as_u64().unwrap_or(0);
        match faults.iter_mut().find(|(known, _)| *known == fault) {
            Some((_, lines)) => lines.push(line),
            None => faults.push((fault, vec![line])),
        }
    }
    let rows = faults
        .into_iter()
        .map(|([outcome, why], lines)| vec![spans(&lines), outcome, why]);
    let tables = [
        pairs("understood"),
        columns.collect(),
        meant(checked),
        pairs("counts"),
        headed(["lines", "outcome", "why"], rows.collect()),
    ];
    let tables = tables.iter().filter(|rows| !rows.is_empty());
    let mut text = tables
        .map(|rows| terminal::table(rows))
        .collect::<Vec<_>>()
        .join("\n\n");
    let (listed, count) = (items("rows").count() as u64, |outcome: &str| {
        checked["counts"][outcome].as_u64().unwrap_or(0)
    });
    let all = count("conflict") + count("unusable");
    if listed > 0 && listed < all {
        text += &format!("\n(the first {listed} of {all} such rows)");
    }
    text
}

/// What is not in a cell and matters all the same, in words.
fn meant(checked: &Value) -> Vec<Vec<String>> {
    let columns = checked["columns"].as_array().into_iter().flatten();
    let has = |name: &str| columns.clone().any(|heading| heading["column"] == name);
    let mut rows = Vec::new();
    let mut tell = |name: &str, what: &str| rows.push(vec![name.to_owned(), what.to_owned()]);
    if checked["understood"]["header_line"].as_u64() > Some(1) {
        tell("header", "what stands above its line is left out");
    }
    if checked["purpose"] == "credentials" {
        let opens = if has("facilities") {
            "at the facilities that each row names"
        } else {
            "everywhere in the network where its cards are read, as no column names facilities"
        };
        tell("opens", opens);
    }
    if checked["dates"] == "day_first" {
        tell("dates", "the day comes first: 03/04/2027 is 3 April 2027");
    }
    rows
}

/// Lines in few words: `4, 7-19 and 200 more`.
fn spans(lines: &[u64]) -> String {
    let mut spans: Vec<(u64, u64)> = Vec::new();
    for &line in lines {
        match spans.last_mut() {
            Some((_, last)) if *last + 1 == line => *last = line,
            _ => spans.push((line, line)),
        }
    }
    let text = |(first, last): &(u64, u64)| {
        if first == last {
            first.to_string()
        } else {
            format!("{first}-{last}")
        }
    };
    let shown = spans.iter().take(SPANS_MAX).map(text);
    let more: u64 = spans
        .iter()
        .skip(SPANS_MAX)
        .map(|(first, last)| last - first + 1)
        .sum();
    let shown = shown.collect::<Vec<_>>().join(", ");
    match more {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// How many lines, or runs of them, are named for one fault.
const SPANS_MAX: usize = 5;

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
mod tests;
