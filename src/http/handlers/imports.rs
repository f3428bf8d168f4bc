//! Files: `POST /v1/imports` reads and compares one without changing anything, `GET /v1/imports/{id}` tells how far it
//! is, `POST /v1/imports/{id}/apply` carries it out.

use std::sync::Arc;

use actix_web::http::{StatusCode, header};
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{KnownFormat, RefOr, Schema, SchemaFormat};
use utoipa::{PartialSchema, ToSchema};

use crate::access::permission::{Import as MayImport, ReadImports};
use crate::domain::card::{Format, UnknownFormat};
use crate::domain::ids::{ApprovalId, ImportId, ImportKind};
use crate::domain::reason::Reason;
use crate::domain::time::Timestamp;
use crate::http::extract::{
    Guarded, IdempotencyKey, NoBody, PathId, id_parameter, query_pairs, read_body,
    unknown_parameter,
};
use crate::http::limits::{IMPORT_BYTES_MAX, IMPORT_PATIENCE};
use crate::http::problem::{Problem, ProblemCode};
use crate::service::approvals::Outcome;
use crate::service::commit::Rendered;
use crate::service::import::file::columns::Purpose;
use crate::service::import::file::layout::{DateOrder, Heading};
use crate::service::import::file::sheet::Understood;
use crate::service::import::report::{Counts, Notable};
use crate::service::import::{self, Import, Settings, State};
use crate::service::workers::digest_of;
use crate::service::{Error, Tx};

use super::{Answer, answer};

/// The bytes of a file, as OpenAPI describes them.
pub struct FileBytes;

impl PartialSchema for FileBytes {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(SchemaType::Type(Type::String))
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary)))
            .description(Some("A CSV or XLSX file."))
            .max_length(Some(IMPORT_BYTES_MAX))
            .into()
    }
}

impl ToSchema for FileBytes {}

/// A file that was brought in.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ImportView {
    /// Which.
    pub id: ImportId,
    /// How far it is.
    pub state: State,
    /// What its rows are.
    pub purpose: Purpose,
    /// What was found out about the file.
    pub understood: Understood,
    /// Every header of the file, in its order, and what it was taken for.
    #[schema(max_items = 64)]
    pub columns: Vec<Heading>,
    /// How dates with the month as a number are read; absent when the file has no dates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dates: Option<DateOrder>,
    /// How many rows have which outcome: of the whole file while it is `checked`, afterwards of the rows done.
    pub counts: Counts,
    /// The first 1,000 rows that are in conflict or unusable, and why; counted like `counts`.
    #[schema(max_items = 1000)]
    pub rows: Vec<Notable>,
    /// Rows in the file.
    #[schema(maximum = 1_000_000)]
    pub rows_total: u64,
    /// Rows carried out or passed over.
    #[schema(maximum = 1_000_000)]
    pub rows_done: u64,
    /// When it came. A file that is not applied within 7 days is dropped.
    pub created_at: Timestamp,
    /// The approval that it waits for: somebody who applied a file that one person alone may not is told it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval: Option<ApprovalId>,
    /// Why it ended before its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 1000)]
    pub failure: Option<String>,
}

impl From<Import> for ImportView {
    fn from(import: Import) -> Self {
        Self {
            id: import.id,
            state: import.state,
            purpose: import.purpose,
            understood: import.report.understood,
            columns: import.report.columns,
            dates: import.report.dates,
            counts: import.counts,
            rows: import.report.rows,
            rows_total: import.rows_total,
            rows_done: import.rows_done,
            created_at: import.created_at,
            approval: None,
            failure: import.report.failure,
        }
    }
}

/// Brings in a file: CSV or XLSX of at most 64 MiB and 1,000,000 rows. Nothing is changed yet; the answer says what was
/// understood and what each row would come to. A file without a usable row is refused.
///
/// What a row comes to can tell that a card, a document or a staff number is recorded at your member. So a file counts as one
/// of the look-ups that you may make in a minute, and is noted as a look-up at all whom its rows meet; more than 300 within an
/// hour are marked as unusual, as with any other way to look.
#[utoipa::path(post, operation_id = "bring_file", path = "/v1/imports", tag = "Imports",
    request_body(description = "The bytes of the file. Its kind is told by its content.", content(
        (FileBytes = "application/octet-stream"),
        (FileBytes = "text/csv"),
        (FileBytes = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    )),
    params(("purpose" = Purpose, Query, description = "What its rows are"),
           ("card_system" = Option<crate::domain::ids::CardSystemId>, Query,
            description = "In which of your member's numberings its cards are; needed where the file names cards"),
           ("default_format" = Option<Format>, Query,
            description = "How card numbers are written where a row does not say; needed where the file has no column for it"),
           ("reason" = Option<Reason>, Query,
            description = "Why credentials are revoked where a row does not say; needed where the file has no column for it"),
           ("valid_until" = Option<String>, Query, format = Date, max_length = 10,
            description = "The last day of badges where a row does not say; needed where the file has no column for it"),
           ("Idempotency-Key" = String, Header, description = "New for each new request", max_length = 64)),
    responses((status = 201, description = "Checked", body = ImportView)))]
pub async fn bring(
    who: Guarded<MayImport>,
    key: IdempotencyKey,
    request: HttpRequest,
    payload: Payload,
) -> Answer {
    let settings = settings(&request)?;
    expect_file(&request)?;
    who.allowance.take_lookup()?;
    let turn = import::turn(who.permit.caller().member)?;
    let bytes = read_body(
        &request,
        &mut payload.into_inner(),
        IMPORT_BYTES_MAX,
        IMPORT_PATIENCE,
    )
    .await?;
    let (services, permit) = (who.services.clone(), who.permit);
    let query = request.query_string().to_owned();
    let place = import::place().await?;
    let work = move || {
        // Both are let go when the work is done, which goes on when the caller breaks off.
        let _held = (turn, place);
        // The same file with other settings is another request.
        let request = [query.as_bytes(), &digest_of(&bytes).0].concat();
        import::check(&services, permit, &settings, &bytes).map(|checked| (request, checked))
    };
    let (request, checked) = tokio::task::spawn_blocking(work)
        .await
        .map_err(Error::internal)??;
    let once = key.once_bytes(who.actor(), &request);
    let checked = Arc::new(checked);
    let work = move |tx: &mut Tx<'_>| {
        import::keep(tx, permit, &checked)?;
        let location = format!("/v1/imports/{}", checked.import.id);
        rendered(
            StatusCode::CREATED,
            Some(location),
            checked.import.clone().into(),
        )
    };
    let done = who
        .services
        .door
        .change_once(who.actor(), Some(once), work)
        .await;
    answer(done?)
}

/// How far an import is, and what was found in its file. An HR approver sees what HR officers bring, to know what they grant.
#[utoipa::path(get, operation_id = "show_import", path = "/v1/imports/{id}", tag = "Imports", params(("id" = ImportId, Path, description = "Which")),
    responses((status = 200, description = "The import", body = ImportView)))]
pub async fn show(who: Guarded<ReadImports>, id: PathId<ImportKind>) -> Answer {
    let (permit, id) = (who.permit, id.0);
    let import = who
        .services
        .read(move |reader, keyring| import::show(reader, keyring, permit, id))
        .await?;
    Ok(HttpResponse::Ok().json(ImportView::from(import)))
}

/// Carries out an import that was checked. The answer does not wait for the end; ask how far it is. A member has one
/// import at a time carried out.
///
/// A file of more than 20 revocations, or more than that with what you did in the last ten minutes, is carried out when a
/// second person grants it, and so is a file of credentials where one grants what your member issues: the answer then names
/// the `approval`. In a file of outcomes each row is asked for by itself, as
/// if it had been recorded by hand: what waits for a second person is among the approvals when the file is applied.
#[utoipa::path(post, operation_id = "apply_import", path = "/v1/imports/{id}/apply", tag = "Imports", params(("id" = ImportId, Path, description = "Which")),
    responses((status = 202, description = "Being applied", body = ImportView)))]
pub async fn apply(who: Guarded<MayImport>, id: PathId<ImportKind>, _: NoBody) -> Answer {
    let (permit, id) = (who.permit, id.0);
    let work = move |tx: &mut Tx<'_>| match import::apply(tx, permit, id)? {
        Outcome::Done(import) => rendered(StatusCode::ACCEPTED, None, import.into()),
        Outcome::Asked(asked) => {
            let keyring = tx.keyring;
            let reads = permit.caller().permit().map_err(Error::from)?;
            let import = import::show(tx.reader()?, keyring, reads, id)?;
            let approval = asked.approval.id;
            let view = ImportView {
                approval: Some(approval),
                ..import.into()
            };
            let place = format!("/v1/approvals/{approval}");
            rendered(StatusCode::ACCEPTED, Some(place), view)
        }
    };
    let applying = who
        .services
        .door
        .change_once(who.actor(), None, work)
        .await?;
    // What waits for a second person is started when they grant it.
    if applying.location.is_none() {
        import::start(&who.services, id);
    }
    answer(applying)
}

fn rendered(
    status: StatusCode,
    location: Option<String>,
    view: ImportView,
) -> Result<Rendered, Error> {
    let body = serde_json::to_string(&view).map_err(Error::internal)?;
    Ok(Rendered {
        status: status.as_u16(),
        location,
        etag: None,
        body,
        replayed: false,
    })
}

fn settings(request: &HttpRequest) -> Result<Settings, Problem> {
    let wrong = |name: &'static str, message: String| {
        Problem::at(ProblemCode::MalformedQuery, name, "value", message)
    };
    let (mut purpose, mut card_system, mut default_format) = (None, None, None);
    let (mut reason, mut valid_until) = (None, None);
    for (name, value) in query_pairs(request)? {
        match name.as_str() {
            "purpose" => {
                let mut known = Purpose::ALL.into_iter();
                let known = known.find(|known| known.as_str() == value);
                purpose = Some(known.ok_or_else(|| wrong("purpose", PURPOSES.into()))?);
            }
            "card_system" => card_system = Some(id_parameter("card_system", &value)?),
            "default_format" => {
                let format = value.parse::<Format>();
                default_format = Some(format.map_err(|unknown: UnknownFormat| {
                    wrong("default_format", unknown.to_string())
                })?);
            }
            "reason" => {
                let known = Reason::ALL
                    .iter()
                    .copied()
                    .find(|reason| reason.as_str() == value);
                reason = Some(
                    known
                        .ok_or_else(|| wrong("reason", "must be a reason, such as lost".into()))?,
                );
            }
            "valid_until" => {
                let day = value.parse().ok().filter(|_| value.len() == 10);
                valid_until = Some(day.ok_or_else(|| {
                    wrong("valid_until", "must be a day such as 2027-12-31".into())
                })?);
            }
            other => return Err(unknown_parameter(other)),
        }
    }
    let missing = || Problem::at(ProblemCode::MalformedQuery, "purpose", "missing", PURPOSES);
    Ok(Settings {
        purpose: purpose.ok_or_else(missing)?,
        card_system,
        default_format,
        reason,
        valid_until,
    })
}

const PURPOSES: &str = "must be credentials, revocations, bans, engagements or outcomes";

/// Refuses a body that says it is something else, such as a form with the file in it.
fn expect_file(request: &HttpRequest) -> Result<(), Problem> {
    const TYPES: [&str; 3] = [
        "application/octet-stream",
        "text/csv",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ];
    let value = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let name = value.split(';').next().unwrap_or_default().trim();
    if TYPES.iter().any(|known| known.eq_ignore_ascii_case(name)) {
        return Ok(());
    }
    let detail = "Send the bytes of the file as application/octet-stream, text/csv or the type of .xlsx, not as a form.";
    Err(Problem::new(ProblemCode::UnsupportedMediaType, detail))
}
