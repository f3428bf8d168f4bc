//! Pages for people: what they say in which language, the samples they offer to copy, and how they do in a real browser.

mod browser;
mod languages;
mod samples;
