//! The export as a page for the person: tables of text, nothing to run, nothing from elsewhere. The template escapes whatever it
//! is given.

use askama::Template;
use serde::Serialize;
use serde_json::Value;

use crate::domain::export::Ground;
use crate::http::problem::Problem;
use crate::service::Error;

use super::{ExportView, MoveView};

#[derive(Template)]
#[template(path = "export.html")]
struct Page {
    worker: String,
    at: String,
    member: String,
    sections: Vec<Section>,
}

/// A table with a heading.
struct Section {
    heading: &'static str,
    columns: &'static [&'static str],
    rows: Vec<Vec<String>>,
    /// Whether there is more than stands here.
    cut: bool,
}

/// The page.
pub(super) fn of(export: &ExportView) -> Result<String, Problem> {
    let page = Page {
        worker: export.worker.id.to_string(),
        at: export.at.to_string(),
        member: export.member.to_string(),
        sections: sections(export),
    };
    Ok(page.render().map_err(Error::internal)?)
}

/// Something by its name in the API.
fn name(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(text)) => text,
        Ok(Value::Array(items)) => items.iter().map(name).collect::<Vec<_>>().join(", "),
        Ok(Value::Object(fields)) => {
            let text = |(key, value): (&String, &Value)| format!("{key} {}", name(value));
            fields.iter().map(text).collect::<Vec<_>>().join(", ")
        }
        Ok(Value::Null) | Err(_) => String::new(),
        Ok(other) => other.to_string(),
    }
}

fn sections(export: &ExportView) -> Vec<Section> {
    let cut = |field: &str| export.more.iter().any(|part| part.as_str() == field);
    let section = |heading, field: &str, columns, rows| Section {
        heading,
        columns,
        rows,
        cut: cut(field),
    };
    let worker = &export.worker;
    let mut known = vec![
        vec!["Family name".into(), name(&worker.family_name)],
        vec!["Given names".into(), name(&worker.given_names)],
        vec!["Date of birth".into(), name(&worker.birth_date)],
    ];
    known.extend(worker.documents.iter().map(|document| {
        let what = [name(&document.kind), name(&document.country)].join(" ");
        vec![what, name(&document.number)]
    }));
    let former = export.former_documents.iter().map(|document| {
        let what = [name(&document.kind), name(&document.country)].join(" ");
        vec![
            format!("{what}, no longer recorded as yours"),
            name(&document.number),
        ]
    });
    known.extend(former);
    let withheld = export.withheld.iter().map(|withheld| {
        let why = match withheld.ground {
            Ground::Inquiry => "An inquiry goes on; you are told when it has come to something.",
            Ground::CardNumber => "Numbers of cards, with which a copy can be made.",
        };
        vec![why.to_owned(), withheld.count.to_string()]
    });
    vec![
        section("What is known of you", "worker", &["What", "Value"], known),
        section(
            "Changes to it",
            "moves",
            MOVES,
            history(worker.id, &export.amended).collect(),
        ),
        section(
            "For whom you work",
            "engagements",
            &[
                "Engagement",
                "Employer",
                "Staff number",
                "Recorded",
                "Last day",
                "Ended",
            ],
            rows(&export.engagements, |one| {
                let engagement = &one.engagement;
                vec![
                    name(&engagement.id),
                    name(&engagement.employer),
                    name(&engagement.staff_number),
                    name(&one.began_at),
                    name(&engagement.until),
                    name(&one.ended_at),
                ]
            }),
        ),
        section(
            "Screenings",
            "screenings",
            &[
                "Screening",
                "Function",
                "Consent",
                "State",
                "Since",
                "Authority",
                "Reference",
                "Date",
                "Valid until",
            ],
            rows(&export.screenings, |one| {
                let screening = &one.screening;
                let outcome = screening.outcome.as_ref();
                vec![
                    name(&screening.id),
                    name(&screening.function),
                    name(&screening.consented_at),
                    name(&screening.state),
                    name(&screening.since),
                    name(&outcome.map(|outcome| outcome.authority)),
                    name(&outcome.map(|outcome| &outcome.reference)),
                    name(&outcome.map(|outcome| outcome.date)),
                    name(&outcome.map(|outcome| outcome.valid_until)),
                ]
            }),
        ),
        section(
            "What happened to them",
            "moves",
            MOVES,
            export
                .screenings
                .iter()
                .flat_map(|one| history(one.screening.id, &one.moves))
                .collect(),
        ),
        section(
            "Credentials",
            "credentials",
            &[
                "Credential",
                "Good from",
                "Good until",
                "State",
                "Since",
                "Reason",
                "Suspended for",
                "Found wrong",
            ],
            rows(&export.credentials, |one| {
                let credential = &one.credential;
                vec![
                    name(&credential.id),
                    name(&credential.valid_from),
                    name(&credential.valid_until),
                    name(&credential.state),
                    name(&credential.since),
                    name(&credential.reason),
                    name(&credential.suspensions),
                    name(&credential.corrected_at),
                ]
            }),
        ),
        section(
            "What happened to them",
            "moves",
            MOVES,
            export
                .credentials
                .iter()
                .flat_map(|one| history(one.credential.id, &one.moves))
                .collect(),
        ),
        section(
            "Where they were shown and were not good",
            "sightings",
            &["At", "Gate", "Credential", "What was not good"],
            rows(
                export.credentials.iter().flat_map(|one| &one.sightings),
                |one| {
                    vec![
                        name(&one.at),
                        name(&one.gate),
                        name(&one.credential),
                        name(&one.status),
                    ]
                },
            ),
        ),
        section(
            "Whether records of others are of you",
            "match_cases",
            &["Case", "Other member", "State", "Opened", "Decided"],
            rows(&export.match_cases, |one| {
                vec![
                    name(&one.id),
                    name(&one.other_member),
                    name(&one.state),
                    name(&one.opened_at),
                    name(&one.decided_at),
                ]
            }),
        ),
        section(
            "Port bans",
            "bans",
            &["Ban", "Reference", "From", "Until", "State"],
            rows(&export.bans, |one| {
                vec![
                    name(&one.id),
                    name(&one.reference),
                    name(&one.starts_at),
                    name(&one.ends_at),
                    name(&one.state),
                ]
            }),
        ),
        section(
            "What issuers told each other of you",
            "referrals",
            &[
                "Referral",
                "Side",
                "Other member",
                "Reason",
                "State",
                "Opened",
                "Since",
            ],
            rows(&export.referrals, |one| {
                vec![
                    name(&one.id),
                    name(&one.side),
                    name(&one.other_member),
                    name(&one.reason),
                    name(&one.state),
                    name(&one.opened_at),
                    name(&one.since),
                ]
            }),
        ),
        section(
            "Who keeps you out",
            "exclusions",
            &[
                "Exclusion",
                "Proposed by",
                "Reason",
                "Facilities",
                "Until",
                "State",
                "Answer",
                "Lifted for",
            ],
            rows(&export.exclusions, |one| {
                vec![
                    name(&one.id),
                    name(&one.member),
                    name(&one.reason),
                    name(&one.facilities),
                    name(&one.ends_at),
                    name(&one.state),
                    name(&one.answer),
                    name(&one.lifted),
                ]
            }),
        ),
        section(
            "Decisions of two people",
            "approvals",
            &["Approval", "Act", "Asked for", "Through", "State", "Since"],
            rows(&export.approvals, |one| {
                vec![
                    name(&one.id),
                    one.act.clone(),
                    name(&one.asked_at),
                    name(&one.asked_by),
                    name(&one.state),
                    name(&one.since),
                ]
            }),
        ),
        section(
            "Whether you are to be forgotten",
            "erasures",
            &["Erasure", "State", "Due", "Since"],
            rows(&export.erasures, |one| {
                vec![
                    name(&one.id),
                    name(&one.state),
                    name(&one.due_at),
                    name(&one.since),
                ]
            }),
        ),
        section(
            "Who looked",
            "lookups",
            &[
                "At",
                "Member",
                "Through",
                "Person",
                "For what",
                "Shown at once",
            ],
            rows(&export.lookups, |one| {
                vec![
                    name(&one.at),
                    name(&one.member),
                    name(&one.client),
                    name(&one.person),
                    name(&one.what),
                    one.hits.to_string(),
                ]
            }),
        ),
        section(
            "What is held and not shown",
            "withheld",
            &["Why", "How many"],
            withheld.collect(),
        ),
    ]
}

fn rows<T>(
    things: impl IntoIterator<Item = T>,
    row: impl Fn(T) -> Vec<String>,
) -> Vec<Vec<String>> {
    things.into_iter().map(row).collect()
}

const MOVES: &[&str] = &["Of", "Entry", "At", "Through", "What", "Why", "How"];

fn history<'a>(
    id: impl std::fmt::Display,
    moves: &'a [MoveView],
) -> impl Iterator<Item = Vec<String>> + 'a {
    let id = id.to_string();
    moves.iter().map(move |one| {
        let how = [name(&one.kind), name(&one.cleared_for), name(&one.step)];
        vec![
            id.clone(),
            one.seq.to_string(),
            name(&one.at),
            name(&one.by),
            name(&one.what),
            name(&one.reason),
            how.into_iter()
                .filter(|text| !text.is_empty())
                .collect::<Vec<_>>()
                .join(" "),
        ]
    })
}
