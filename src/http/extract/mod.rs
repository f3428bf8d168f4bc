//! What handlers are given: who asks and may they, a body that was checked, an identifier, a page. All fail as problems.
//!
//! * Here: [`Guarded`], which is asked first, and [`PathId`].
//! * `body`: JSON and other bytes, within limits. `strict`: JSON as the description says it.
//! * `headers`: Idempotency-Key, If-Match, If-None-Match. `page`: the query of a list.

use std::future::{Ready, ready};
use std::ops::Deref;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::header::{self, HeaderMap};
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage, HttpRequest};

use crate::access::permission::{Permission, Permit};
use crate::domain::ids::{Id, Kind, WorkerId};
use crate::domain::lookup::What;
use crate::domain::text;
use crate::ledger::entry::Actor;
use crate::service::Error;

use super::problem::{Problem, ProblemCode};
use super::state::{Allowance, Remaining, Remembered, Shared};

mod body;
mod headers;
mod page;
mod strict;

pub use body::{NoBody, ValidJson, is_json, parse_json, read_body};
pub use headers::{IdempotencyKey, IfMatch, etag, is_known};
pub use page::{ListQuery, Page, id_parameter, no_query, query_pairs, unknown_parameter};

/// Who asks, with the proof that they may.
pub struct Guarded<P> {
    /// The proof.
    pub permit: Permit<P>,
    /// What the client may still ask.
    pub allowance: Arc<Allowance>,
    shared: Data<Shared>,
}

impl<P> Deref for Guarded<P> {
    type Target = Shared;
    fn deref(&self) -> &Shared {
        &self.shared
    }
}

impl<P: Permission> Guarded<P> {
    /// Who states what comes of this request.
    pub fn actor(&self) -> Actor {
        Actor::Client(self.permit.caller().client)
    }

    /// Notes that the answer shows who these workers are. Without that it must not be given.
    pub fn shows(&self, what: What, workers: &[WorkerId]) -> Result<(), Error> {
        let (services, caller) = (&self.services, self.permit.caller());
        services
            .lookups
            .note(caller, &*services.environment, what, workers)
    }
}

impl<P: Permission> FromRequest for Guarded<P> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(guard(request))
    }
}

fn guard<P: Permission>(request: &HttpRequest) -> Result<Guarded<P>, Problem> {
    let parts = (
        request.app_data::<Data<Shared>>(),
        request.app_data::<std::rc::Rc<Remembered>>(),
    );
    let (Some(shared), Some(remembered)) = parts else {
        return Err(crate::service::Error::internal(
            "the server was put together without its state",
        )
        .into());
    };
    let token = bearer(request.headers())?;
    let (caller, allowance) =
        remembered.caller(shared, token, shared.services.environment.now())?;
    let taken = allowance.take();
    request.extensions_mut().insert(Remaining {
        allowance: allowance.clone(),
        left: *taken.as_ref().unwrap_or(&0),
    });
    taken?;
    Ok(Guarded {
        permit: caller.permit::<P>()?,
        allowance,
        shared: shared.clone(),
    })
}

/// The token of the Authorization header, of which there must be exactly one (RFC 6750 section 2.1).
fn bearer(headers: &HeaderMap) -> Result<&[u8], Problem> {
    let mut values = headers.get_all(header::AUTHORIZATION);
    let token = values
        .next()
        .and_then(|value| bearer_token(value.as_bytes()))
        .filter(|_| values.next().is_none());
    token.ok_or_else(|| {
        Problem::new(
            ProblemCode::Unauthorized,
            "Send the access token as `Authorization: Bearer …`.",
        )
    })
}

/// The token in the value of an Authorization header.
pub fn bearer_token(value: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = value.split_at_checked(SCHEME.len())?;
    scheme
        .eq_ignore_ascii_case(SCHEME)
        .then(|| token.trim_ascii())
}

const SCHEME: &[u8] = b"Bearer ";

/// An identifier in the path. Text that is none names nothing. What is named so takes no query.
pub struct PathId<K>(pub Id<K>);

/// The same where a list follows, whose query it is.
pub struct ListOf<K>(pub Id<K>);

impl<K: Kind> FromRequest for PathId<K> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(path_id(request).and_then(|id| no_query(request).map(|()| Self(id))))
    }
}

impl<K: Kind> FromRequest for ListOf<K> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(path_id(request).map(Self))
    }
}

fn path_id<K: Kind>(request: &HttpRequest) -> Result<Id<K>, Problem> {
    let id = request
        .match_info()
        .get("id")
        .and_then(|id| id.parse().ok());
    id.ok_or_else(|| Problem::new(ProblemCode::NotFound, "There is nothing under this path."))
}

/// A name from outside, fit to be shown: short, and of characters that stay where they are put.
fn printable(name: &str) -> String {
    name.chars()
        .filter(|character| text::allowed(*character))
        .take(60)
        .collect()
}
