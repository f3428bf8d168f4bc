//! Machines and people: `GET` and `POST` on `/v1/clients` and `/v1/people`, `GET` and `PUT` on each,
//! `POST /v1/clients/{id}/revocations`.

use actix_web::http::StatusCode;
use serde::{Deserialize, Serialize};
use validator::Validate;

use crate::access::permission::KeepClients;
use crate::domain::client::{Client, Person, Role};
use crate::domain::ids::{self, ClientId, ClientKind, MemberId, PersonId, WorkerId};
use crate::domain::text::Name;
use crate::http::extract::{Guarded, IdempotencyKey, IfMatch, NoBody, Page, PathId, ValidJson};
use crate::service::Tx;
use crate::service::approvals::Outcome;
use crate::service::clients::{self, ClientDraft, PersonDraft};

use super::approvals::ApprovalView;
use super::records::{OfMember, View, add, change, list, resource, show};
use super::{Answer, Items, answer, rendered};

/// A machine to be added.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClientBody {
    /// For which member it acts.
    pub member: MemberId,
    /// As it is called.
    pub name: Name,
    /// What it may do.
    pub role: Role,
    /// Whose tool it is, where it acts for one person and not for a system. Needed wherever two people are.
    #[serde(default)]
    pub person: Option<PersonId>,
}

/// A new name for a machine.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClientNameBody {
    /// As it is called.
    pub name: Name,
}

/// A machine.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ClientView {
    /// Which; also its `client_id` for a token.
    pub id: ClientId,
    /// For which member it acts.
    pub member: MemberId,
    /// As it is called.
    pub name: Name,
    /// What it may do.
    pub role: Role,
    /// Whose tool it is, if it is one person's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// Whether its power was taken away.
    pub revoked: bool,
}

impl View<Client> for ClientView {
    const PATH: &'static str = "/v1/clients";
    fn of(client: &Client) -> Self {
        Self {
            id: client.id,
            member: client.member,
            name: client.name.clone(),
            role: client.role,
            person: client.person,
            revoked: client.revoked,
        }
    }
}

/// A machine that was just added, with its secret.
#[derive(Serialize, utoipa::ToSchema)]
pub struct NewClientView {
    /// The machine.
    #[serde(flatten)]
    pub client: ClientView,
    /// Its secret. Shown this once; only a digest of it is kept.
    #[schema(max_length = 80)]
    pub secret: String,
}

/// A machine that a second administrator was asked for, with its secret.
#[derive(Serialize, utoipa::ToSchema)]
pub struct AskedClientView {
    /// What was asked for; the machine is in its `act`.
    #[serde(flatten)]
    pub approval: ApprovalView,
    /// Its secret, which is good when it was granted and never before. Shown this once; only a digest of it is kept.
    #[schema(max_length = 80)]
    pub secret: String,
}

/// Adds a machine and answers its secret, this once.
///
/// Where there are two administrators, another one must let it happen, who is not the person whose tool it is.
#[utoipa::path(post, path = "/v1/clients", tag = "Clients", request_body = ClientBody,
    params(("Idempotency-Key" = String, Header, description = "New for each new request", max_length = 64)),
    responses((status = 201, description = "Added", body = NewClientView),
              (status = 202, description = "It waits for a second administrator", body = AskedClientView)))]
pub async fn add_client(
    who: Guarded<KeepClients>,
    key: IdempotencyKey,
    body: ValidJson<ClientBody>,
) -> Answer {
    let once = key.once(who.actor(), &body);
    let draft = ClientDraft {
        member: body.value.member,
        name: body.value.name,
        role: body.value.role,
        person: body.value.person,
    };
    let permit = who.permit;
    let work = move |tx: &mut Tx<'_>| {
        let (outcome, secret) = clients::add(tx, permit, draft.clone())?;
        let secret = secret.reveal().to_owned();
        match outcome {
            Outcome::Done((version, client)) => {
                let client = ClientView::of(&client);
                rendered(
                    StatusCode::CREATED,
                    Some(format!("/v1/clients/{}", client.id)),
                    version,
                    &NewClientView { client, secret },
                )
            }
            Outcome::Asked(asked) => {
                let approval = ApprovalView::of(&asked, tx.now)?;
                rendered(
                    StatusCode::ACCEPTED,
                    Some(format!("/v1/approvals/{}", approval.id)),
                    approval.seq,
                    &AskedClientView { approval, secret },
                )
            }
        }
    };
    answer(
        who.services
            .door
            .change_once(who.actor(), Some(once), work)
            .await?,
    )
}

/// A page of machines.
#[utoipa::path(get, path = "/v1/clients", tag = "Clients",
    params(("limit" = Option<u8>, Query, description = "Items on the page, 50 if not said", minimum = 1, maximum = 200),
           ("cursor" = Option<String>, Query, description = "From the page before", max_length = 100),
           ("member" = Option<MemberId>, Query, description = "Only those of this member")),
    responses((status = 200, description = "A page", body = Items<ClientView>)))]
pub async fn list_clients(who: Guarded<KeepClients>, page: Page<OfMember>) -> Answer {
    list::<Client, ClientView>(&who, &page)
}

/// One machine.
#[utoipa::path(get, path = "/v1/clients/{id}", tag = "Clients", params(("id" = ClientId, Path, description = "Which")),
    responses((status = 200, description = "The machine", body = ClientView)))]
pub async fn show_client(who: Guarded<KeepClients>, id: PathId<ClientKind>) -> Answer {
    show::<Client, ClientView>(&who, id.0)
}

/// Renames a machine.
#[utoipa::path(put, path = "/v1/clients/{id}", tag = "Clients", request_body = ClientNameBody,
    params(("id" = ClientId, Path, description = "Which"),
           ("If-Match" = String, Header, description = "The ETag of what you read", max_length = 40)),
    responses((status = 200, description = "Renamed", body = ClientView)))]
pub async fn change_client(
    who: Guarded<KeepClients>,
    id: PathId<ClientKind>,
    version: IfMatch,
    body: ValidJson<ClientNameBody>,
) -> Answer {
    change::<Client, ClientView>(who, id.0, version, body.value.name).await
}

/// Takes a machine's power away, for good.
///
/// Its tokens lose their force at once on the node that answers this, and within two seconds on every other that hears from the
/// database; a node that is cut off honours them until it may not permit anything any more.
#[utoipa::path(post, path = "/v1/clients/{id}/revocations", tag = "Clients", params(("id" = ClientId, Path, description = "Which")),
    responses((status = 200, description = "Revoked", body = ClientView)))]
pub async fn revoke_client(who: Guarded<KeepClients>, id: PathId<ClientKind>, _: NoBody) -> Answer {
    let (permit, id) = (who.permit, id.0);
    let work = move |tx: &mut Tx<'_>| {
        let (version, client) = clients::revoke(tx, permit, id)?;
        rendered(StatusCode::OK, None, version, &ClientView::of(&client))
    };
    answer(
        who.services
            .door
            .change_once(who.actor(), None, work)
            .await?,
    )
}

/// A person who acts for a member. Who it is, the member knows; no name is kept here.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonBody {
    /// For which member.
    pub member: MemberId,
    /// As which of the member's workers they are recorded: nobody is the second person for what concerns themselves. Said
    /// once, it stays.
    #[serde(default)]
    pub worker: Option<WorkerId>,
}

impl From<PersonBody> for PersonDraft {
    fn from(body: PersonBody) -> Self {
        Self {
            member: body.member,
            worker: body.worker,
        }
    }
}

/// A person who acts for a member.
#[derive(Serialize, utoipa::ToSchema)]
pub struct PersonView {
    /// Which.
    pub id: PersonId,
    /// For which member.
    pub member: MemberId,
    /// As which worker they are recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worker: Option<WorkerId>,
}

impl From<&Person> for PersonView {
    fn from(person: &Person) -> Self {
        Self {
            id: person.id,
            member: person.member,
            worker: person.worker,
        }
    }
}

resource!(
    Person,
    "person",
    PersonKind,
    PersonId,
    KeepClients,
    KeepClients,
    PersonBody,
    PersonView,
    "/v1/people",
    "/v1/people/{id}",
    "Clients",
    add_person,
    list_people,
    show_person,
    change_person; add or ApprovalView; change or ApprovalView
);
