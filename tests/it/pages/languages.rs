//! The four files of messages against each other and against the templates.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};
use fluent_syntax::parser;
use portcullis::http::console::language::{Language, Texts};

/// The messages of a language, each with the variables it names.
fn messages(language: Language) -> BTreeMap<String, BTreeSet<String>> {
    let resource = parser::parse(language.source())
        .unwrap_or_else(|(_, errors)| panic!("{}: {errors:?}", language.code()));
    let mut found = BTreeMap::new();
    for entry in &resource.body {
        match entry {
            Entry::Message(message) => {
                let mut variables = BTreeSet::new();
                let pattern = message.value.as_ref().expect("a message says something");
                collect(pattern, &mut variables);
                let twice = found.insert(message.id.name.to_owned(), variables);
                assert!(twice.is_none(), "{} stands twice", message.id.name);
            }
            Entry::Comment(_) | Entry::GroupComment(_) | Entry::ResourceComment(_) => {}
            Entry::Term(_) | Entry::Junk { .. } => panic!("{}: {entry:?}", language.code()),
        }
    }
    found
}

fn collect(pattern: &Pattern<&str>, variables: &mut BTreeSet<String>) {
    for element in &pattern.elements {
        let PatternElement::Placeable { expression } = element else {
            continue;
        };
        match expression {
            Expression::Inline(inline) => of_inline(inline, variables),
            Expression::Select { selector, variants } => {
                of_inline(selector, variables);
                for variant in variants {
                    collect(&variant.value, variables);
                }
            }
        }
    }
}

fn of_inline(inline: &InlineExpression<&str>, variables: &mut BTreeSet<String>) {
    match inline {
        InlineExpression::VariableReference { id } => {
            variables.insert(id.name.to_owned());
        }
        InlineExpression::StringLiteral { .. } | InlineExpression::NumberLiteral { .. } => {}
        other => panic!("messages are plain: {other:?}"),
    }
}

/// What the templates ask for: a message with the variable that they give it.
fn asked() -> BTreeMap<String, BTreeSet<String>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http/templates/console");
    let mut asked = BTreeMap::new();
    for entry in std::fs::read_dir(folder).expect("the templates") {
        let text = std::fs::read_to_string(entry.expect("a template").path()).expect("a template");
        for (way, variable) in [
            ("t.say(\"", None),
            ("t.count(\"", Some("count")),
            ("t.named(\"", Some("name")),
        ] {
            for piece in text.split(way).skip(1) {
                let key = piece.split('"').next().expect("a key").to_owned();
                let variables = variable.map(str::to_owned).into_iter().collect();
                if let Some(before) = asked.insert(key.clone(), variables) {
                    assert_eq!(asked[&key], before, "{key} is asked for in two ways");
                }
            }
        }
    }
    assert!(asked.len() > 20, "the templates were read: {asked:?}");
    asked
}

#[test]
fn every_language_says_what_the_pages_ask_for_and_nothing_else() {
    let asked = asked();
    for language in Language::ALL {
        assert_eq!(messages(language), asked, "{}", language.code());
    }
}

#[test]
fn one_is_not_counted_as_many() {
    for language in Language::ALL {
        let texts = Texts::of(language);
        let (one, many) = (
            texts.count("docs-operations", 1),
            texts.count("docs-operations", 7),
        );
        assert!(!one.contains('1') && many.contains('7'), "{one}, {many}");
    }
}
