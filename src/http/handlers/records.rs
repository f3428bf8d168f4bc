//! What every kind of record of the network has in common: `GET` and `POST` on the list, `GET` and `PUT` on each.

use actix_web::http::StatusCode;
use serde::Serialize;

use crate::domain::ids::{Id, MemberId};
use crate::http::extract::{Guarded, IfMatch, ListQuery, Page, id_parameter};
use crate::http::problem::Problem;
use crate::service::approvals::Outcome;
use crate::service::network::{self, Kept};

use super::approvals::accepted;
use super::{Answer, after, answer, items, one, rendered};

/// Only those of one member.
#[derive(Debug, Default)]
pub struct OfMember {
    /// Which.
    pub member: Option<MemberId>,
}

impl ListQuery for OfMember {
    fn take(&mut self, name: &str, value: &str) -> Result<bool, Problem> {
        if name == "member" {
            self.member = Some(id_parameter("member", value)?);
        }
        Ok(name == "member")
    }
}

/// A record as it is shown: its identifier and what was said of it.
pub trait View<R: Kept>: Serialize + utoipa::ToSchema + 'static {
    /// Where records of this kind are.
    const PATH: &'static str;
    /// The view of a record.
    fn of(record: &R) -> Self;
}

pub(super) async fn add<R: Kept, V: View<R>>(
    who: Guarded<R::Keep>,
    once: crate::service::commit::Once,
    draft: R::Draft,
) -> Answer {
    let permit = who.permit;
    let work = move |tx: &mut crate::service::Tx<'_>| match network::add::<R>(
        tx,
        permit,
        draft.clone(),
    )? {
        Outcome::Done((version, id, record)) => rendered(
            StatusCode::CREATED,
            Some(format!("{}/{id}", V::PATH)),
            version,
            &V::of(&record),
        ),
        Outcome::Asked(asked) => accepted(tx, &asked),
    };
    answer(
        who.services
            .door
            .change_once(who.actor(), Some(once), work)
            .await?,
    )
}

pub(super) async fn change<R: Kept, V: View<R>>(
    who: Guarded<R::Keep>,
    id: Id<R::Kind>,
    version: IfMatch,
    draft: R::Draft,
) -> Answer {
    let permit = who.permit;
    let work = move |tx: &mut crate::service::Tx<'_>| match network::change::<R>(
        tx,
        permit,
        id,
        version.0,
        draft.clone(),
    )? {
        Outcome::Done((version, record)) => {
            rendered(StatusCode::OK, None, version, &V::of(&record))
        }
        Outcome::Asked(asked) => accepted(tx, &asked),
    };
    answer(
        who.services
            .door
            .change_once(who.actor(), None, work)
            .await?,
    )
}

pub(super) fn show<R: Kept, V: View<R>>(who: &Guarded<R::Read>, id: Id<R::Kind>) -> Answer {
    let (version, record) = network::find::<R>(&who.services.index.places(), who.permit, id)?;
    one(version, &V::of(&record))
}

pub(super) fn list<R: Kept, V: View<R>>(who: &Guarded<R::Read>, page: &Page<OfMember>) -> Answer {
    let after = after(who, R::NAME, page)?;
    let things = network::list::<R>(
        &who.services.index.places(),
        who.permit,
        page.query.member,
        after,
        page.limit + 1,
    );
    items(
        who,
        R::NAME,
        page,
        things,
        |(id, ..)| *id,
        |(_, _, record)| V::of(&record),
    )
}

macro_rules! resource {
    ($record:ident, $what:literal, $kind:ident, $id:ident, $keep:ident, $read:ident, $body:ident, $view:ident, $path:literal, $path_id:literal, $tag:literal,
     $add:ident, $list:ident, $show:ident, $change:ident
     $(; add or $added:ident)? $(; change or $changed:ident)?) => {
        impl View<$record> for $view {
            const PATH: &'static str = $path;
            fn of(record: &$record) -> Self {
                Self::from(record)
            }
        }

        #[doc = concat!("Adds a ", $what, ".")]
        #[utoipa::path(post, summary = concat!("Adds a ", $what, "."), path = $path, tag = $tag, request_body = $body,
            params(("Idempotency-Key" = String, Header, description = "New for each new request", max_length = 64)),
            responses((status = 201, description = "Added", body = $view)
                $(, (status = 202, description = "It waits for a second administrator", body = $added))?))]
        pub async fn $add(who: Guarded<$keep>, key: IdempotencyKey, body: ValidJson<$body>) -> Answer {
            let once = key.once(who.actor(), &body);
            add::<$record, $view>(who, once, body.value.into()).await
        }

        #[doc = concat!("A page of every ", $what, " that you may see.")]
        #[utoipa::path(get, summary = concat!("A page of every ", $what, " that you may see."), path = $path, tag = $tag,
            params(("limit" = Option<u8>, Query, description = "Items on the page, 50 if not said", minimum = 1, maximum = 200),
                   ("cursor" = Option<String>, Query, description = "From the page before", max_length = 100),
                   ("member" = Option<MemberId>, Query, description = "Only those of this member")),
            responses((status = 200, description = "A page", body = Items<$view>)))]
        pub async fn $list(who: Guarded<$read>, page: Page<OfMember>) -> Answer {
            list::<$record, $view>(&who, &page)
        }

        #[doc = concat!("One ", $what, ".")]
        #[utoipa::path(get, summary = concat!("One ", $what, "."), path = $path_id, tag = $tag, params(("id" = $id, Path, description = "Which")),
            responses((status = 200, description = "The record", body = $view)))]
        pub async fn $show(who: Guarded<$read>, id: PathId<ids::$kind>) -> Answer {
            show::<$record, $view>(&who, id.0)
        }

        #[doc = concat!("Replaces a ", $what, ".")]
        #[utoipa::path(put, summary = concat!("Replaces a ", $what, "."), path = $path_id, tag = $tag, request_body = $body,
            params(("id" = $id, Path, description = "Which"),
                   ("If-Match" = String, Header, description = "The ETag of what you read", max_length = 40)),
            responses((status = 200, description = "Replaced", body = $view)
                $(, (status = 202, description = "It waits for a second administrator, as it would open the place", body = $changed))?))]
        pub async fn $change(
            who: Guarded<$keep>, id: PathId<ids::$kind>, version: IfMatch, body: ValidJson<$body>,
        ) -> Answer {
            change::<$record, $view>(who, id.0, version, body.value.into()).await
        }
    };
}
pub(super) use resource;
