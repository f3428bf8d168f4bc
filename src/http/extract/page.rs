//! Queries: pages of lists, and that nothing else takes one.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use super::printable;
use crate::domain::ids::{Id, Kind};
use crate::domain::text;
use crate::http::limits::{PAGE_DEFAULT, PAGE_MAX};
use crate::http::problem::{Problem, ProblemCode};

/// Which page of a list.
#[derive(Debug)]
pub struct Page<Q> {
    /// Items on it.
    pub limit: usize,
    /// After which it begins.
    pub cursor: Option<String>,
    /// What else the query says.
    pub query: Q,
    /// The same as it was sent, for the link to the next page.
    pub rest: String,
}

/// Parameters of a list beside `limit` and `cursor`: for each name a value that was given.
pub trait ListQuery: Default + 'static {
    /// Takes one parameter; `false` if the list has none of this name, a problem if its value is wrong.
    fn take(&mut self, name: &str, value: &str) -> Result<bool, Problem>;
}

impl ListQuery for () {
    fn take(&mut self, _: &str, _: &str) -> Result<bool, Problem> {
        Ok(false)
    }
}

/// The parameters of a query string, each at most once, without control characters.
pub fn query_pairs(request: &HttpRequest) -> Result<Vec<(String, String)>, Problem> {
    if request.query_string().is_empty() {
        return Ok(Vec::new());
    }
    let malformed = || {
        Problem::new(
            ProblemCode::MalformedQuery,
            "The query is not of the form name=value&name=value.",
        )
    };
    let pairs = actix_web::web::Query::<Vec<(String, String)>>::from_query(request.query_string())
        .map_err(|_| malformed())?;
    let pairs = pairs.into_inner();
    for (at, (name, value)) in pairs.iter().enumerate() {
        if !name.chars().chain(value.chars()).all(text::allowed) {
            return Err(Problem::at(
                ProblemCode::MalformedQuery,
                printable(name),
                "value",
                "has control characters in it",
            ));
        }
        if pairs[..at].iter().any(|(other, _)| other == name) {
            return Err(Problem::at(
                ProblemCode::MalformedQuery,
                printable(name),
                "repeated",
                "stands there twice",
            ));
        }
    }
    Ok(pairs)
}

/// Refuses a query where there is none to be: whoever sends one expects it to do something.
pub fn no_query(request: &HttpRequest) -> Result<(), Problem> {
    match query_pairs(request)?.first() {
        Some((name, _)) => Err(unknown_parameter(name)),
        None => Ok(()),
    }
}

/// The problem of a parameter that a path does not take.
pub fn unknown_parameter(name: &str) -> Problem {
    Problem::at(
        ProblemCode::MalformedQuery,
        printable(name),
        "unknown_field",
        "There is no such parameter here.",
    )
}

impl<Q: ListQuery> FromRequest for Page<Q> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(page(request))
    }
}

fn page<Q: ListQuery>(request: &HttpRequest) -> Result<Page<Q>, Problem> {
    let mut page = Page {
        limit: PAGE_DEFAULT,
        cursor: None,
        query: Q::default(),
        rest: String::new(),
    };
    // Pairs are taken apart at the same places as here, so each has its piece.
    let pieces = request
        .query_string()
        .split('&')
        .filter(|piece| !piece.is_empty());
    for ((name, value), piece) in query_pairs(request)?.into_iter().zip(pieces) {
        match name.as_str() {
            "limit" => {
                page.limit = value
                    .parse()
                    .ok()
                    .filter(|limit| (1..=PAGE_MAX).contains(limit))
                    .ok_or_else(|| {
                        let message = format!("must be a number from 1 to {PAGE_MAX}");
                        Problem::at(
                            ProblemCode::MalformedQuery,
                            "limit",
                            "out_of_range",
                            message,
                        )
                    })?;
            }
            "cursor" => page.cursor = Some(value),
            other => {
                if !page.query.take(other, &value)? {
                    return Err(unknown_parameter(other));
                }
                page.rest.push('&');
                page.rest.push_str(piece);
            }
        }
    }
    Ok(page)
}

/// A parameter that holds an identifier.
pub fn id_parameter<K: Kind>(name: &'static str, value: &str) -> Result<Id<K>, Problem> {
    value.parse().map_err(|error: crate::domain::ids::NotAnId| {
        Problem::at(
            ProblemCode::MalformedQuery,
            name,
            "value",
            error.to_string(),
        )
    })
}
