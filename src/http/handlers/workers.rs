//! Workers and engagements: `/v1/workers`, `/v1/workers/{id}/engagements`, `POST /v1/engagements/{id}/end`.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use serde::{Deserialize, Serialize};
use validator::{Validate, ValidationError};

use crate::access::permission::{KeepWorkers, ReadWorkers};
use crate::domain::calendar::Day;
use crate::domain::document::Document;
use crate::domain::ids::{EngagementId, EngagementKind, MemberId, WorkerId, WorkerKind};
use crate::domain::lookup::What;
use crate::domain::text::Text;
use crate::domain::worker::{EngagementDetails, PersonName, StaffNumber, WorkerDetails};
use crate::http::extract::{
    Guarded, IdempotencyKey, IfMatch, ListOf, NoBody, Page, PathId, ValidJson,
};
use crate::http::limits::PAGE_DEFAULT;
use crate::service::employers::Employer;
use crate::service::search::{self, Sought};
use crate::service::{Error, Tx, workers};

use super::credentials::card_draft;
use super::gate_checks::CardBody;
use super::{Answer, Items, after, after_cursor, answer, items, one, rendered};

/// What a member knows of a worker.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkerBody {
    /// Family name.
    pub family_name: PersonName,
    /// Given names.
    pub given_names: PersonName,
    /// Date of birth.
    #[serde(default)]
    #[validate(custom(function = is_date))]
    #[schema(format = Date, max_length = 10)]
    pub birth_date: Option<String>,
    /// Documents that a State gave them, by which it is noticed that the same person is recorded already.
    #[serde(default)]
    #[validate(length(max = 4))]
    #[schema(max_items = 4)]
    pub documents: Vec<Document>,
}

fn is_date(text: &str) -> Result<(), ValidationError> {
    let date = text
        .parse::<jiff::civil::Date>()
        .ok()
        .filter(|date| text.len() == 10 && (1900..=2104).contains(&date.year()));
    date.map(drop).ok_or_else(|| {
        ValidationError::new("date")
            .with_message("must be a date such as 1984-02-29, from the year 1900 on".into())
    })
}

impl From<WorkerBody> for WorkerDetails {
    fn from(body: WorkerBody) -> Self {
        Self {
            family_name: body.family_name,
            given_names: body.given_names,
            birth_date: body.birth_date,
            documents: body.documents,
            former_documents: Vec::new(),
        }
    }
}

/// A worker.
#[derive(Serialize, utoipa::ToSchema)]
pub struct WorkerView {
    /// Which.
    pub id: WorkerId,
    /// Who registered them.
    pub member: MemberId,
    /// Family name.
    pub family_name: PersonName,
    /// Given names.
    pub given_names: PersonName,
    /// Date of birth.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = Date, max_length = 10)]
    pub birth_date: Option<String>,
    /// Documents that a State gave them. A national register number is left out of lists.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 4)]
    pub documents: Vec<Document>,
}

impl WorkerView {
    pub(super) fn of(worker: &crate::domain::worker::Worker, details: WorkerDetails) -> Self {
        Self {
            id: worker.id,
            member: worker.member,
            family_name: details.family_name,
            given_names: details.given_names,
            birth_date: details.birth_date,
            documents: details.documents,
        }
    }

    /// The same as it stands in a list, where no national register number does.
    fn listed(worker: &crate::domain::worker::Worker, mut details: WorkerDetails) -> Self {
        details.documents.retain(|document| !document.is_unlisted());
        Self::of(worker, details)
    }
}

/// Registers a worker.
#[utoipa::path(post, operation_id = "register_worker", path = "/v1/workers", tag = "Workers", request_body = WorkerBody,
    params(("Idempotency-Key" = String, Header, description = "New for each new request", max_length = 64)),
    responses((status = 201, description = "Registered", body = WorkerView)))]
pub async fn register(
    who: Guarded<KeepWorkers>,
    key: IdempotencyKey,
    body: ValidJson<WorkerBody>,
) -> Answer {
    let once = key.once(who.actor(), &body);
    let (permit, details) = (who.permit, WorkerDetails::from(body.value));
    let work = move |tx: &mut Tx<'_>| {
        let worker = workers::register(tx, permit, &details)?;
        let location = format!("/v1/workers/{}", worker.value.id);
        rendered(
            StatusCode::CREATED,
            Some(location),
            worker.version,
            &WorkerView::of(&worker.value, details.clone()),
        )
    };
    answer(
        who.services
            .door
            .change_once(who.actor(), Some(once), work)
            .await?,
    )
}

/// A page of the workers that your member registered.
#[utoipa::path(get, operation_id = "list_workers", path = "/v1/workers", tag = "Workers",
    params(("limit" = Option<u8>, Query, description = "Items on the page, 50 if not said", minimum = 1, maximum = 200),
           ("cursor" = Option<String>, Query, description = "From the page before", max_length = 100)),
    responses((status = 200, description = "A page", body = Items<WorkerView>)))]
pub async fn list(who: Guarded<ReadWorkers>, page: Page<()>) -> Answer {
    let (permit, limit) = (who.permit, page.limit);
    let after = after(&who, "workers", &page)?;
    who.allowance.take_lookup()?;
    let found = who
        .services
        .read(move |reader, keyring| workers::list(reader, keyring, permit, after, limit + 1))
        .await?;
    let shown = found.iter().take(limit).map(|(worker, _)| worker.value.id);
    who.shows(What::Workers, &shown.collect::<Vec<_>>())?;
    items(
        &who,
        "workers",
        &page,
        found,
        |(worker, _)| worker.value.id,
        |(worker, details)| WorkerView::listed(&worker.value, details),
    )
}

/// What workers are searched by: one of `name`, `employer`, `document` and `card`.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkerSearchBody {
    /// How the family name or the given names begin, two letters or digits at least. Case, accents and what stands between
    /// letters do not matter.
    #[serde(default)]
    pub name: Option<PersonName>,
    /// How the name of an employer begins for whom they work at your member, as it stands in their engagements that are not
    /// over; two letters or digits at least. Case, accents and what stands between letters do not matter.
    #[serde(default)]
    pub employer: Option<Employer>,
    /// A document.
    #[serde(default)]
    pub document: Option<Document>,
    /// A card in one of your member's card systems, whatever became of its credential.
    #[serde(default)]
    pub card: Option<CardBody>,
    /// Items on the page, 50 if not said.
    #[serde(default)]
    #[validate(range(min = 1, max = 200))]
    #[schema(minimum = 1, maximum = 200)]
    pub limit: Option<u8>,
    /// From the page before.
    #[serde(default)]
    #[schema(max_length = 100)]
    pub cursor: Option<String>,
}

impl WorkerSearchBody {
    fn sought(self) -> Result<Sought, Error> {
        match (self.name, self.employer, self.document, self.card) {
            (Some(name), None, None, None) => Ok(Sought::Name(name)),
            (None, Some(employer), None, None) => Ok(Sought::Employer(employer)),
            (None, None, Some(document), None) => Ok(Sought::Document(document)),
            (None, None, None, Some(card)) => Ok(Sought::Card(card_draft(&card, "/card")?)),
            _ => {
                let message = "Give name, employer, document or card, one of the four.";
                Err(Error::field("", "ambiguous", message))
            }
        }
    }
}

/// Searches the workers that your member registered.
///
/// It changes nothing; it is a POST because what is sought must not stand in a URL. A page can hold fewer than asked for and
/// still name a next one.
#[utoipa::path(post, operation_id = "search_workers", path = "/v1/workers:search", tag = "Workers", request_body = WorkerSearchBody,
    responses((status = 200, description = "A page", body = Items<WorkerView>)))]
pub async fn search(who: Guarded<ReadWorkers>, body: ValidJson<WorkerSearchBody>) -> Answer {
    let (permit, mut body) = (who.permit, body.value);
    let limit = body.limit.map_or(PAGE_DEFAULT, usize::from);
    let cursor = body.cursor.take();
    let sought = body.sought()?;
    let after = after_cursor(&who, FOUND, cursor.as_deref())?;
    who.allowance.take_lookup()?;
    let index = who.services.index.clone();
    let now = who.services.environment.now();
    let found = who
        .services
        .read(move |reader, keyring| {
            let sought = (&sought, now);
            search::search(reader, keyring, &index, permit, sought, after, limit)
        })
        .await?;
    let shown = found.workers.iter().map(|(worker, _)| worker.value.id);
    who.shows(What::Search, &shown.collect::<Vec<_>>())?;
    let member = permit.caller().member;
    let items = found.workers.into_iter();
    Ok(HttpResponse::Ok().json(Items {
        items: items
            .map(|(worker, details)| WorkerView::listed(&worker.value, details))
            .collect(),
        next_cursor: found
            .next
            .map(|last| who.services.keyring.cursor(FOUND, member, last)),
    }))
}

/// The list that cursors of searches are made for.
const FOUND: &str = "workers found";

/// One worker.
#[utoipa::path(get, operation_id = "show_worker", path = "/v1/workers/{id}", tag = "Workers", params(("id" = WorkerId, Path, description = "Which")),
    responses((status = 200, description = "The worker", body = WorkerView)))]
pub async fn show(who: Guarded<ReadWorkers>, id: PathId<WorkerKind>) -> Answer {
    let (permit, id) = (who.permit, id.0);
    who.allowance.take_lookup()?;
    let (worker, details) = who
        .services
        .read(move |reader, keyring| workers::show(reader, keyring, permit, id))
        .await?;
    who.shows(What::Worker, &[id])?;
    one(worker.version, &WorkerView::of(&worker.value, details))
}

/// Replaces what is known of a worker.
#[utoipa::path(put, operation_id = "amend_worker", path = "/v1/workers/{id}", tag = "Workers", request_body = WorkerBody,
    params(("id" = WorkerId, Path, description = "Which"),
           ("If-Match" = String, Header, description = "The ETag of what you read", max_length = 40)),
    responses((status = 200, description = "Replaced", body = WorkerView)))]
pub async fn amend(
    who: Guarded<KeepWorkers>,
    id: PathId<WorkerKind>,
    version: IfMatch,
    body: ValidJson<WorkerBody>,
) -> Answer {
    let (permit, id, details) = (who.permit, id.0, WorkerDetails::from(body.value));
    let work = move |tx: &mut Tx<'_>| {
        let worker = workers::amend(tx, permit, id, version.0, &details)?;
        rendered(
            StatusCode::OK,
            None,
            worker.version,
            &WorkerView::of(&worker.value, details.clone()),
        )
    };
    answer(
        who.services
            .door
            .change_once(who.actor(), None, work)
            .await?,
    )
}

/// A worker's tie to an employer at your member.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EngagementBody {
    /// Who states the operational need.
    pub employer: Text<160>,
    /// The worker's number at your member; each stands for one engagement.
    #[serde(default)]
    pub staff_number: Option<StaffNumber>,
    /// Its last day, where one is agreed. No credential that rests on it is good for longer.
    #[serde(default)]
    pub until: Option<Day>,
}

/// A worker's tie to an employer.
#[derive(Serialize, utoipa::ToSchema)]
pub struct EngagementView {
    /// Which.
    pub id: EngagementId,
    /// Whose.
    pub worker: WorkerId,
    /// At which member.
    pub member: MemberId,
    /// Who states the operational need.
    pub employer: Text<160>,
    /// The worker's number at the member.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub staff_number: Option<StaffNumber>,
    /// Its last day, where one is agreed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Day>,
    /// Whether it is over.
    pub ended: bool,
}

impl EngagementView {
    pub(super) fn of(
        held: &crate::store::workers::EngagementHeld,
        details: EngagementDetails,
    ) -> Self {
        Self {
            id: held.engagement.id,
            worker: held.engagement.worker,
            member: held.engagement.member,
            employer: details.employer,
            staff_number: details.staff_number,
            until: held.engagement.until,
            ended: held.ended,
        }
    }
}

/// An engagement that is over. Who ends it knows of whom it is, so it is not told anew for whom they worked.
#[derive(Serialize, utoipa::ToSchema)]
pub struct EndedEngagementView {
    /// Which.
    pub id: EngagementId,
    /// Whose.
    pub worker: WorkerId,
    /// At which member.
    pub member: MemberId,
    /// Its last day, where one was agreed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Day>,
    /// Whether it is over.
    pub ended: bool,
}

impl From<&crate::store::workers::EngagementHeld> for EndedEngagementView {
    fn from(held: &crate::store::workers::EngagementHeld) -> Self {
        Self {
            id: held.engagement.id,
            worker: held.engagement.worker,
            member: held.engagement.member,
            until: held.engagement.until,
            ended: held.ended,
        }
    }
}

/// Begins an engagement.
#[utoipa::path(post, operation_id = "begin_engagement", path = "/v1/workers/{id}/engagements", tag = "Workers", request_body = EngagementBody,
    params(("id" = WorkerId, Path, description = "Whose"),
           ("Idempotency-Key" = String, Header, description = "New for each new request", max_length = 64)),
    responses((status = 201, description = "Begun", body = EngagementView)))]
pub async fn engage(
    who: Guarded<KeepWorkers>,
    id: PathId<WorkerKind>,
    key: IdempotencyKey,
    body: ValidJson<EngagementBody>,
) -> Answer {
    let once = key.once(who.actor(), &body);
    let (permit, id, until) = (who.permit, id.0, body.value.until);
    let details = EngagementDetails {
        employer: body.value.employer,
        staff_number: body.value.staff_number,
    };
    let work = move |tx: &mut Tx<'_>| {
        let held = workers::engage(tx, permit, id, until, &details)?;
        rendered(
            StatusCode::CREATED,
            None,
            held.version,
            &EngagementView::of(&held.value, details.clone()),
        )
    };
    answer(
        who.services
            .door
            .change_once(who.actor(), Some(once), work)
            .await?,
    )
}

/// A page of a worker's engagements at your member.
#[utoipa::path(get, operation_id = "list_engagements", path = "/v1/workers/{id}/engagements", tag = "Workers",
    params(("id" = WorkerId, Path, description = "Whose"),
           ("limit" = Option<u8>, Query, description = "Items on the page, 50 if not said", minimum = 1, maximum = 200),
           ("cursor" = Option<String>, Query, description = "From the page before", max_length = 100)),
    responses((status = 200, description = "A page", body = Items<EngagementView>)))]
pub async fn engagements(
    who: Guarded<ReadWorkers>,
    of: ListOf<WorkerKind>,
    page: Page<()>,
) -> Answer {
    let (permit, of, limit) = (who.permit, of.0, page.limit);
    let name = format!("engagements of {of}");
    let after = after(&who, &name, &page)?;
    who.allowance.take_lookup()?;
    let found = who
        .services
        .read(move |reader, keyring| {
            workers::engagements(reader, keyring, permit, of, after, limit + 1)
        })
        .await?;
    who.shows(What::Engagements, &[of])?;
    items(
        &who,
        &name,
        &page,
        found,
        |(held, _)| held.value.engagement.id,
        |(held, details)| EngagementView::of(&held.value, details),
    )
}

/// Ends an engagement. Every credential that rests on it is revoked in the same act.
#[utoipa::path(post, operation_id = "end_engagement", path = "/v1/engagements/{id}/end", tag = "Workers", params(("id" = EngagementId, Path, description = "Which")),
    responses((status = 200, description = "Ended", body = EndedEngagementView)))]
pub async fn disengage(who: Guarded<KeepWorkers>, id: PathId<EngagementKind>, _: NoBody) -> Answer {
    let (permit, id) = (who.permit, id.0);
    let work = move |tx: &mut Tx<'_>| {
        let held = workers::disengage(tx, permit, id)?;
        let view = EndedEngagementView::from(&held.value);
        rendered(StatusCode::OK, None, held.version, &view)
    };
    answer(
        who.services
            .door
            .change_once(who.actor(), None, work)
            .await?,
    )
}
