//! The API for who connects something to it: `GET /docs`, an area or a type of it, and a page to try it out.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use super::Frame;
use super::reference::{self, Area, Reference, Type};
use crate::http::handlers::Answer;
use crate::http::problem::{Problem, ProblemCode};

#[derive(Template)]
#[template(path = "console/docs.html")]
struct Docs {
    frame: Frame,
    reference: &'static Reference,
}

/// Every operation in a line.
pub async fn docs(request: HttpRequest) -> Answer {
    let page = Docs {
        frame: Frame::of(&request),
        reference: reference::get(),
    };
    page.frame.show(&page)
}

#[derive(Template)]
#[template(path = "console/area.html")]
struct AreaPage {
    frame: Frame,
    area: &'static Area,
}

/// The operations of an area, each with what it takes, what it answers, and a sample.
pub async fn area(request: HttpRequest) -> Answer {
    let slug = request.match_info().get("area").unwrap_or_default();
    let area = reference::get().areas.iter().find(|area| area.slug == slug);
    let page = AreaPage {
        area: area.ok_or_else(nothing)?,
        frame: Frame::of(&request),
    };
    page.frame.show(&page)
}

#[derive(Template)]
#[template(path = "console/type.html")]
struct TypePage {
    frame: Frame,
    of: &'static Type,
}

/// A type of the bodies.
pub async fn one_type(request: HttpRequest) -> Answer {
    let name = request.match_info().get("name").unwrap_or_default();
    let page = TypePage {
        of: reference::get().types.get(name).ok_or_else(nothing)?,
        frame: Frame::of(&request),
    };
    page.frame.show(&page)
}

fn nothing() -> Problem {
    Problem::new(ProblemCode::NotFound, "There is nothing under this path.")
}

/// The page to try the API out, and the files it is made of: all from this program.
pub async fn trial(request: HttpRequest) -> Answer {
    let file = request.match_info().get("file").unwrap_or_default();
    let file = crate::http::openapi::page(file)?.ok_or_else(nothing)?;
    let mut answer = HttpResponse::Ok();
    if file.gzipped {
        answer.insert_header((header::CONTENT_ENCODING, "gzip"));
    }
    Ok(answer
        .insert_header((header::CACHE_CONTROL, "public, max-age=300"))
        .insert_header((header::CONTENT_SECURITY_POLICY, TRIAL_POLICY))
        .content_type(file.content_type)
        .body(file.bytes))
}

/// Nothing from elsewhere. The page sets styles on its elements by itself, and shows pictures that it has in its own text.
const TRIAL_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// `/docs/try` is `/docs/try/`: the page names its files relatively.
pub async fn trial_begin() -> HttpResponse {
    HttpResponse::PermanentRedirect()
        .insert_header((header::LOCATION, "/docs/try/"))
        .finish()
}
