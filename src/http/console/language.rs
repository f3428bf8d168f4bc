//! The languages of the pages, and which of them somebody reads.
//!
//! What a page says stands in `languages/*.ftl` (Project Fluent), one file a language with the same messages in each; the tests hold
//! them against each other and against the templates.

use std::sync::OnceLock;

use actix_web::HttpRequest;
use actix_web::http::header::{self, AcceptLanguage, Header, Preference};
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::{LanguageIdentifier, langid};

/// The cookie that remembers the language somebody chose.
pub const LANGUAGE_COOKIE: &str = "language";

/// A language that the pages speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Dutch.
    Dutch,
    /// French.
    French,
    /// German.
    German,
    /// English.
    English,
}

impl Language {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 4] = [Self::Dutch, Self::French, Self::German, Self::English];

    /// Its code (BCP 47), as `lang` has it.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Dutch => "nl",
            Self::French => "fr",
            Self::German => "de",
            Self::English => "en",
        }
    }

    /// What its speakers call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dutch => "Nederlands",
            Self::French => "Français",
            Self::German => "Deutsch",
            Self::English => "English",
        }
    }

    /// The language with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.code() == code)
    }

    /// Its messages, as they stand in its file.
    pub const fn source(self) -> &'static str {
        match self {
            Self::Dutch => include_str!("languages/nl.ftl"),
            Self::French => include_str!("languages/fr.ftl"),
            Self::German => include_str!("languages/de.ftl"),
            Self::English => include_str!("languages/en.ftl"),
        }
    }

    fn identifier(self) -> LanguageIdentifier {
        match self {
            Self::Dutch => langid!("nl-BE"),
            Self::French => langid!("fr-BE"),
            Self::German => langid!("de-BE"),
            Self::English => langid!("en-GB"),
        }
    }

    fn bundle(self) -> &'static FluentBundle<FluentResource> {
        static BUNDLES: [OnceLock<FluentBundle<FluentResource>>; 4] =
            [const { OnceLock::new() }; 4];
        BUNDLES[self as usize].get_or_init(|| {
            let mut bundle = FluentBundle::new_concurrent(vec![self.identifier()]);
            // All four are written from left to right, so nothing must be set apart by marks that a search would stumble over.
            bundle.set_use_isolating(false);
            // A file with a mistake in it is kept as far as it can be read; a test keeps it from being built.
            let resource = FluentResource::try_new(self.source().to_owned());
            bundle.add_resource_overriding(resource.unwrap_or_else(|(read, _)| read));
            bundle
        })
    }
}

/// The language somebody reads, and whether they chose it just now: by `?lang=`, else as they once chose, else what their browser
/// asks for (RFC 9110 section 12.5.4), else English.
pub fn of(request: &HttpRequest) -> (Language, bool) {
    let chosen = request
        .query_string()
        .split('&')
        .find_map(|pair| pair.strip_prefix("lang="))
        .and_then(Language::from_code);
    match chosen {
        Some(language) => (language, true),
        None => {
            let language = remembered(request).or_else(|| asked_for(request));
            (language.unwrap_or(Language::English), false)
        }
    }
}

fn remembered(request: &HttpRequest) -> Option<Language> {
    let cookies = request.headers().get_all(header::COOKIE);
    cookies
        .filter_map(|cookies| cookies.to_str().ok())
        .flat_map(|cookies| cookies.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
        .find(|(name, _)| *name == LANGUAGE_COOKIE)
        .and_then(|(_, code)| Language::from_code(code))
}

fn asked_for(request: &HttpRequest) -> Option<Language> {
    let wanted = AcceptLanguage::parse(request).ok()?;
    wanted.ranked().into_iter().find_map(|wanted| match wanted {
        Preference::Specific(tag) => Language::from_code(tag.primary_language()),
        Preference::Any => None,
    })
}

/// What the pages say in one language. A message that is missing is shown by its name, which no test lets pass.
#[derive(Clone, Copy)]
pub struct Texts(Language);

impl Texts {
    /// In this language.
    pub const fn of(language: Language) -> Self {
        Self(language)
    }

    /// Which language it is.
    pub const fn language(self) -> Language {
        self.0
    }

    /// A message.
    pub fn say(self, key: &str) -> String {
        self.format(key, None)
    }

    /// A message about so many of something: its `$count`.
    pub fn count(self, key: &str, count: usize) -> String {
        self.with(key, "count", count.into())
    }

    /// A message about something with a name: its `$name`.
    pub fn named(self, key: &str, name: &str) -> String {
        self.with(key, "name", name.into())
    }

    fn with(self, key: &str, variable: &str, value: FluentValue<'_>) -> String {
        let mut arguments = FluentArgs::new();
        arguments.set(variable, value);
        self.format(key, Some(&arguments))
    }

    fn format(self, key: &str, arguments: Option<&FluentArgs<'_>>) -> String {
        let bundle = self.0.bundle();
        let Some(pattern) = bundle.get_message(key).and_then(|message| message.value()) else {
            return key.to_owned();
        };
        let mut errors = Vec::new();
        bundle
            .format_pattern(pattern, arguments, &mut errors)
            .into_owned()
    }
}
