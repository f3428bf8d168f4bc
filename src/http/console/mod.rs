//! Pages for people. Each is made here on the server, whole, and works without a script.
//!
//! * [`language`]: the four languages, and which of them somebody reads. [`assets`]: the look, the face, the mark.
//! * [`start`]: where everybody begins. [`docs`]: the API for who connects something to it, made from the description
//!   ([`mod@reference`], with [`samples`] that the tests run).
//!
//! A page calls the same service functions as the API. No rule lives in a page.

pub mod assets;
pub mod docs;
pub mod language;
pub mod reference;
pub mod samples;
pub mod start;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use super::handlers::Answer;
use crate::service::Error;
use language::{LANGUAGE_COOKIE, Language, Texts};

/// Nothing from elsewhere, nothing that runs from within the page, no frame around it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; \
    connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// How long a browser remembers which language somebody reads, in seconds: a year.
const LANGUAGE_KEPT_S: u32 = 365 * 24 * 3600;

/// What every page is framed by: who reads it in which language, and where it stands.
pub struct Frame {
    /// The words.
    pub t: Texts,
    path: String,
    /// Whether the language was chosen by this very request.
    chosen: bool,
}

/// One of the languages, as the header offers it.
pub struct Offered {
    /// Which.
    pub language: Language,
    /// The same page in it.
    pub href: String,
}

impl Frame {
    /// The frame of whoever asks.
    pub fn of(request: &HttpRequest) -> Self {
        let (language, chosen) = language::of(request);
        Self {
            t: Texts::of(language),
            path: request.path().to_owned(),
            chosen,
        }
    }

    /// The page's own language.
    pub fn language(&self) -> Language {
        self.t.language()
    }

    /// The page in every language.
    pub fn languages(&self) -> impl Iterator<Item = Offered> {
        Language::ALL.into_iter().map(|language| Offered {
            language,
            href: format!("{}?lang={}", self.path, language.code()),
        })
    }

    /// Where a file of the look is.
    pub fn asset(&self, name: &str) -> String {
        assets::path(name)
    }

    /// Answers with a page.
    pub fn show(&self, page: &impl Template) -> Answer {
        let text = page.render().map_err(Error::internal)?;
        let mut answer = HttpResponse::Ok();
        answer
            .content_type("text/html; charset=utf-8")
            .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
            .insert_header((header::CONTENT_LANGUAGE, self.language().code()))
            .insert_header((header::REFERRER_POLICY, "same-origin"));
        if self.chosen {
            let code = self.language().code();
            answer.insert_header((
                header::SET_COOKIE,
                format!("{LANGUAGE_COOKIE}={code}; Path=/; Max-Age={LANGUAGE_KEPT_S}; HttpOnly; SameSite=Lax"),
            ));
        }
        Ok(answer.body(text))
    }
}
