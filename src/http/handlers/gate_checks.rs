//! `POST /v1/gate-checks`, `POST /v1/gate-checks:batch`, `GET /v1/credentials/{id}/status`.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use arrayvec::{ArrayString, ArrayVec};
use serde::{Deserialize, Serialize};
use validator::Validate;

use crate::access::permission::{CheckGate, Permit, ReadStatus};
use crate::domain::card::{Format, Input, TEXT_MAX};
use crate::domain::decision::{Decision, Instruction, Status};
use crate::domain::ids::{CardSystemId, CheckId, CredentialId, GateId, Gen};
use crate::domain::network::SecurityLevel;
use crate::domain::reason::Class;
use crate::domain::time::Timestamp;
use crate::http::extract::{Guarded, ListOf, ValidJson, is_known, query_pairs, unknown_parameter};
use crate::http::limits::{AT_LEAST_PATIENCE, BATCH_BYTES_MAX};
use crate::http::problem::{Problem, ProblemCode, ProblemDocument};
use crate::http::state::Shared;
use crate::index::Index;
use crate::service::Error;
use crate::service::gate_check::{self, Presented, Question};
use crate::store::logs::CheckLine;

use super::Answer;

/// A card as a reader gives it: `value`, or `facility_code` with `number`, or `raw` with `bit_count`.
#[derive(Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CardBody {
    /// How it is written.
    pub format: Format,
    /// As text, in a notation of the format.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 128)]
    pub value: Option<ArrayString<TEXT_MAX>>,
    /// Facility or site code.
    #[serde(default)]
    pub facility_code: Option<u64>,
    /// Card number.
    #[serde(default)]
    pub number: Option<u64>,
    /// The bits of the reader, first one highest, as hexadecimal bytes.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 128, pattern = "^([0-9A-Fa-f]{2})*$")]
    pub raw: Option<ArrayString<TEXT_MAX>>,
    /// How many bits `raw` has.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 512)]
    pub bit_count: Option<u16>,
    /// In which numbering; all that the gate honours, if not said.
    #[serde(default)]
    pub card_system: Option<CardSystemId>,
}

/// Bytes of a raw card number.
pub type RawBytes = ArrayVec<u8, 64>;

impl CardBody {
    /// The bytes of `raw`, for [`input`](Self::input).
    pub fn raw_bytes(&self) -> Result<RawBytes, Error> {
        let wrong = || {
            Error::field(
                "/card/raw",
                "value",
                "must be hexadecimal bytes, two digits each",
            )
        };
        let Some(raw) = &self.raw else {
            return Ok(RawBytes::new());
        };
        if !raw.len().is_multiple_of(2) {
            return Err(wrong());
        }
        let digit = |b: u8| {
            (b as char)
                .to_digit(16)
                .map(|digit| digit as u8)
                .ok_or_else(wrong)
        };
        raw.as_bytes()
            .chunks(2)
            .map(|pair| Ok(digit(pair[0])? << 4 | digit(pair[1])?))
            .collect()
    }

    /// What the parser gets. Exactly one way must be used.
    pub fn input<'a>(&'a self, raw: &'a RawBytes) -> Result<Input<'a>, Error> {
        match (
            &self.value,
            self.facility_code,
            self.number,
            &self.raw,
            self.bit_count,
        ) {
            (Some(value), None, None, None, None) => Ok(Input::Text(value)),
            (None, facility_code, Some(number), None, None) => Ok(Input::Fields {
                facility_code,
                number,
            }),
            (None, None, None, Some(_), Some(bit_count)) => Ok(Input::Raw {
                bytes: raw,
                bit_count,
            }),
            _ => Err(Error::field(
                "/card",
                "ambiguous",
                "Give the card in one way: value, or facility_code with number, or raw with bit_count.",
            )),
        }
    }
}

/// What a gate asks. Facility and zone follow from the gate.
#[derive(Serialize, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GateCheckBody {
    /// At which gate.
    pub gate: GateId,
    /// The card that was presented; or `credential`.
    #[serde(default)]
    pub card: Option<CardBody>,
    /// The credential, where the gate knows it; or `card`.
    #[serde(default)]
    pub credential: Option<CredentialId>,
    /// The copy that answers must hold this ledger entry.
    #[serde(default)]
    pub at_least: Option<u64>,
    /// The copy that permits must be younger than this, in milliseconds. At least 2000; the gate's own limit still holds.
    #[serde(default)]
    #[validate(range(min = 2000, max = 86_400_000))]
    #[schema(minimum = 2000, maximum = 86400000)]
    pub max_age_ms: Option<u64>,
}

/// Many questions at once.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GateCheckBatchBody {
    /// The questions.
    #[validate(length(min = 1, max = 500), nested)]
    #[schema(min_items = 1, max_items = 500)]
    pub checks: Vec<GateCheckBody>,
}

/// What a gate is told.
#[derive(Serialize, utoipa::ToSchema)]
pub struct GateCheckView {
    /// Names this check.
    pub check_id: CheckId,
    /// Open, keep shut, ask a person, or not known. Only `permit` is good.
    pub decision: Decision,
    /// What it rests on.
    pub status: Status,
    /// The class of the reason, where the facility allows its gates to see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<Class>,
    /// What the guard does.
    pub instruction: Instruction,
    /// The credential, where the card is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credential: Option<CredentialId>,
    /// Which ledger answered.
    pub r#gen: Gen,
    /// Up to which of its entries.
    pub seq: u64,
    /// When the copy was last known to be the newest.
    pub as_of: Timestamp,
    /// Until when this copy may permit, should it hear nothing more.
    pub fresh_until: Timestamp,
    /// How old the copy is, in milliseconds.
    pub age_ms: u64,
    /// Set when the copy is older than two seconds.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub stale: bool,
    /// The security level in force at the gate.
    pub security_level: SecurityLevel,
}

impl GateCheckView {
    /// Writes it as its `Serialize` does. By hand, as every gate check pays for it.
    pub fn write_json(&self, into: &mut Vec<u8>) {
        let mut number = itoa::Buffer::new();
        let mut put = |name: &str, value: &[u8], end: &str| {
            into.extend_from_slice(name.as_bytes());
            into.extend_from_slice(value);
            into.extend_from_slice(end.as_bytes());
        };
        put("{\"check_id\":\"", self.check_id.text().as_bytes(), "\"");
        put(",\"decision\":\"", self.decision.as_str().as_bytes(), "\"");
        put(",\"status\":\"", self.status.as_str().as_bytes(), "\"");
        if let Some(class) = self.class {
            put(",\"class\":\"", class.as_str().as_bytes(), "\"");
        }
        put(
            ",\"instruction\":\"",
            self.instruction.as_str().as_bytes(),
            "\"",
        );
        if let Some(credential) = self.credential {
            put(",\"credential\":\"", credential.text().as_bytes(), "\"");
        }
        put(",\"gen\":\"", self.r#gen.text().as_bytes(), "\"");
        put(",\"seq\":", number.format(self.seq).as_bytes(), "");
        put(",\"as_of\":\"", &self.as_of.text(), "\"");
        put(",\"fresh_until\":\"", &self.fresh_until.text(), "\"");
        put(",\"age_ms\":", number.format(self.age_ms).as_bytes(), "");
        if self.stale {
            put(",\"stale\":true", b"", "");
        }
        let level = u8::from(self.security_level);
        put(",\"security_level\":", number.format(level).as_bytes(), "}");
    }
}

impl From<gate_check::Answer> for GateCheckView {
    fn from(answer: gate_check::Answer) -> Self {
        Self {
            check_id: answer.check,
            decision: answer.verdict.decision,
            status: answer.verdict.status,
            class: answer.class,
            instruction: answer.verdict.instruction(),
            credential: answer.credential,
            r#gen: answer.copy.r#gen,
            seq: answer.copy.seq,
            as_of: answer.copy.as_of,
            fresh_until: answer.copy.fresh_until,
            age_ms: answer.copy.age_ms,
            stale: answer.copy.stale,
            security_level: answer.security_level,
        }
    }
}

/// One answer of a batch: the answer, or what was wrong with the question.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(untagged)]
pub enum BatchItem {
    /// The answer.
    Answer(Box<GateCheckView>),
    /// The problem.
    Problem {
        /// What was wrong.
        problem: Box<ProblemDocument>,
    },
}

/// The answers of a batch, in the order of the questions.
#[derive(Serialize, utoipa::ToSchema)]
pub struct GateCheckBatchView {
    /// One for each question.
    #[schema(max_items = 500)]
    pub answers: Vec<BatchItem>,
}

/// Is this card good, here, now?
///
/// Answered from memory. Also an unknown card is answered with 200: not knowing is an answer, and never a good one.
#[utoipa::path(post, operation_id = "check_card", path = "/v1/gate-checks", tag = "Gates", request_body = GateCheckBody,
    responses((status = 200, description = "The decision", body = GateCheckView)))]
pub async fn check(who: Guarded<CheckGate>, body: ValidJson<GateCheckBody>) -> Answer {
    await_seq(&who.services.index, body.value.at_least).await;
    let now = who.services.environment.now();
    let (view, line) = ask(&who, &who.permit, &body.value, now)?;
    note(&who, line);
    Ok(HttpResponse::Ok().json(view))
}

/// The same for up to 500 cards.
#[utoipa::path(post, operation_id = "check_cards", path = "/v1/gate-checks:batch", tag = "Gates", request_body = GateCheckBatchBody,
    responses((status = 200, description = "The decisions, in the order of the questions", body = GateCheckBatchView)))]
pub async fn check_batch(
    who: Guarded<CheckGate>,
    body: ValidJson<GateCheckBatchBody, BATCH_BYTES_MAX>,
) -> Answer {
    who.allowance.take_more(body.value.checks.len() - 1)?;
    await_seq(
        &who.services.index,
        body.value
            .checks
            .iter()
            .filter_map(|check| check.at_least)
            .max(),
    )
    .await;
    let now = who.services.environment.now();
    let answers = body
        .value
        .checks
        .iter()
        .enumerate()
        .map(|(at, check)| match ask(&who, &who.permit, check, now) {
            Ok((view, line)) => {
                note(&who, line);
                BatchItem::Answer(Box::new(view))
            }
            Err(error) => BatchItem::Problem {
                problem: Box::new(problem_of(at, error).document(None)),
            },
        })
        .collect();
    Ok(HttpResponse::Ok().json(GateCheckBatchView { answers }))
}

/// What was wrong with one question of a batch. Its pointers lead into the whole body.
fn problem_of(at: usize, error: Error) -> Problem {
    let mut problem = Problem::from(error);
    for field in &mut problem.fields {
        field.pointer.insert_str(0, &format!("/checks/{at}"));
    }
    problem
}

/// Gives the copy a moment to get to an entry that the caller knows of.
async fn await_seq(index: &Index, at_least: Option<u64>) {
    let Some(seq) = at_least else { return };
    let deadline = tokio::time::Instant::now() + AT_LEAST_PATIENCE;
    while index.seq() < seq && tokio::time::Instant::now() < deadline {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

/// The answer to one question at this moment, and its line for the log, which is [`note`]d when the answer is given.
pub fn ask(
    shared: &Shared,
    permit: &Permit<CheckGate>,
    body: &GateCheckBody,
    now: Timestamp,
) -> Result<(GateCheckView, CheckLine), Error> {
    let services = &shared.services;
    let raw = body
        .card
        .as_ref()
        .map_or_else(|| Ok(RawBytes::new()), CardBody::raw_bytes)?;
    let presented = match (&body.card, body.credential) {
        (Some(card), None) => Presented::Card {
            format: card.format,
            input: card.input(&raw)?,
            card_system: card.card_system,
        },
        (None, Some(credential)) => Presented::Credential(credential),
        (Some(_), Some(_)) => {
            let message = "Give card or credential, not both.";
            return Err(Error::field("/credential", "ambiguous", message));
        }
        (None, None) => {
            let message = "Give card or credential, one of the two.";
            return Err(Error::field("/card", "missing", message));
        }
    };
    let question = Question {
        gate: body.gate,
        presented,
        at_least: body.at_least,
        max_age_ms: body.max_age_ms,
    };
    let (answer, line) = gate_check::ask(
        permit,
        &services.index,
        &services.keyring,
        &*services.environment,
        question,
        now,
    )?;
    Ok((answer.into(), line))
}

/// Counts an answer and puts it into the log.
pub fn note(shared: &Shared, line: CheckLine) {
    shared.metrics.checked(line.decision);
    shared.services.check_log.put(line);
}

/// Where a credential stands, without whose it is.
#[derive(Serialize, utoipa::ToSchema)]
pub struct StatusView {
    /// Which.
    pub credential: CredentialId,
    /// Where it stands.
    pub status: Status,
    /// Good from.
    pub valid_from: Timestamp,
    /// Good until, exclusive.
    pub valid_until: Timestamp,
    /// Which ledger answered.
    pub r#gen: Gen,
    /// Up to which of its entries.
    pub seq: u64,
    /// When the copy was last known to be the newest.
    pub as_of: Timestamp,
    /// Until when this copy may say that a credential is valid: the strictest limit of your member's gates.
    pub fresh_until: Timestamp,
    /// How old the copy is, in milliseconds.
    pub age_ms: u64,
    /// Set when the copy is older than two seconds.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub stale: bool,
}

/// Where a credential stands.
///
/// The ETag names the standing, not the copy: `If-None-Match` answers 304 until something about the credential changes, or
/// until the copy is too old to say that it is valid.
#[utoipa::path(get, operation_id = "show_status", path = "/v1/credentials/{id}/status", tag = "Gates",
    params(("id" = CredentialId, Path, description = "The credential"),
        ("at_least" = Option<u64>, Query, description = "The copy that answers must hold this ledger entry")),
    responses((status = 200, description = "Its standing", body = StatusView), (status = 304, description = "As you know it")))]
pub async fn status(
    request: HttpRequest,
    who: Guarded<ReadStatus>,
    id: ListOf<crate::domain::ids::CredentialKind>,
) -> Answer {
    let services = &who.services;
    let at_least = at_least(&request)?;
    await_seq(&services.index, at_least).await;
    let standing = gate_check::status(
        &who.permit,
        &services.index,
        &*services.environment,
        id.0,
        at_least,
    )?;
    // The status is part of the tag, as it also changes with the date and with the age of the copy. Weak, as the same tag
    // stands for answers of copies of different age (RFC 9110 section 8.8.1).
    let tag = format!("W/\"{}-{}\"", standing.version, standing.status as u8);
    // Kept only by whoever asked, and never taken for true without asking again.
    let cached = (header::CACHE_CONTROL, "private, no-cache");
    if is_known(&request, &tag) {
        return Ok(HttpResponse::NotModified()
            .insert_header((header::ETAG, tag))
            .insert_header(cached)
            .finish());
    }
    Ok(HttpResponse::Ok()
        .insert_header((header::ETAG, tag))
        .insert_header(cached)
        .json(StatusView {
            credential: standing.credential,
            status: standing.status,
            valid_from: standing.valid_from,
            valid_until: standing.valid_until,
            r#gen: standing.copy.r#gen,
            seq: standing.copy.seq,
            as_of: standing.copy.as_of,
            fresh_until: standing.copy.fresh_until,
            age_ms: standing.copy.age_ms,
            stale: standing.copy.stale,
        }))
}

fn at_least(request: &HttpRequest) -> Result<Option<u64>, Problem> {
    let mut found = None;
    for (name, value) in query_pairs(request)? {
        if name != "at_least" {
            return Err(unknown_parameter(&name));
        }
        let seq = value.parse().map_err(|_| {
            let message = "must be the number of a ledger entry";
            Problem::at(ProblemCode::MalformedQuery, "at_least", "value", message)
        })?;
        found = Some(seq);
    }
    Ok(found)
}

#[cfg(test)]
mod tests;
