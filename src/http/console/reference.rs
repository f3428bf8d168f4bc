//! The API as a person reads it: made once from the description, so that it cannot say anything else.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde_json::{Map, Value};

use super::samples::{self, Sample};

/// All of it.
pub struct Reference {
    /// The areas, in the order of the description.
    pub areas: Vec<Area>,
    /// The types of bodies, by name.
    pub types: BTreeMap<String, Type>,
}

/// Operations that belong together: a tag of the description.
pub struct Area {
    /// Its name in a path.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// What it is about.
    pub about: String,
    /// Its operations.
    pub operations: Vec<Operation>,
}

/// A method of a path.
pub struct Operation {
    /// Its name, as generated clients have it.
    pub id: String,
    /// The method.
    pub method: String,
    /// The path, with its variable parts in braces.
    pub path: String,
    /// What it does, in a sentence.
    pub summary: String,
    /// What else is to be known, in paragraphs.
    pub about: Vec<String>,
    /// Whether it needs no token.
    pub open: bool,
    /// What stands in path, query and headers.
    pub parameters: Vec<Field>,
    /// What is sent, by media type.
    pub bodies: Vec<(String, Kind)>,
    /// What may be answered.
    pub answers: Vec<Answered>,
    /// How to call it.
    pub samples: Vec<Sample>,
}

/// A parameter, or a field of a type.
pub struct Field {
    /// Its name.
    pub name: String,
    /// `path`, `query` or `header`; empty for a field.
    pub place: String,
    /// Whether it must be there.
    pub needed: bool,
    /// What it holds.
    pub kind: Kind,
    /// How long, large or many it may be, in the words of JSON Schema.
    pub limits: Vec<String>,
    /// What it means.
    pub about: String,
}

/// What something holds: in the words of JSON Schema, or a type with a page of its own, or a list of either.
pub struct Kind {
    /// Words before the type's name.
    pub words: String,
    /// The type, if it is one.
    pub of: Option<String>,
}

/// An answer of an operation.
pub struct Answered {
    /// The status.
    pub status: String,
    /// When it is given.
    pub about: String,
    /// What is in it.
    pub kind: Option<Kind>,
}

/// A type of bodies.
pub struct Type {
    /// Its name.
    pub name: String,
    /// What it is.
    pub about: String,
    /// What it holds, where it is not made of fields.
    pub kind: Option<Kind>,
    /// The limits of that.
    pub limits: Vec<String>,
    /// Its fields.
    pub fields: Vec<Field>,
    /// The words it may be.
    pub words: Vec<String>,
    /// The types it may be one of.
    pub choices: Vec<Kind>,
    /// An example.
    pub example: Option<String>,
}

/// The reference of this program.
pub fn get() -> &'static Reference {
    static REFERENCE: OnceLock<Reference> = OnceLock::new();
    REFERENCE.get_or_init(|| {
        let (json, _) = crate::http::openapi::json();
        // It is our own text; a test reads every page of it.
        Reference::of(&serde_json::from_str(json).unwrap_or_default())
    })
}

impl Reference {
    fn of(description: &Value) -> Self {
        let mut areas: Vec<Area> = list(&description["tags"])
            .map(|tag| Area {
                slug: slug(text(&tag["name"])),
                name: text(&tag["name"]).to_owned(),
                about: text(&tag["description"]).to_owned(),
                operations: Vec::new(),
            })
            .collect();
        for (path, methods) in entries(&description["paths"]) {
            for (method, operation) in entries(methods) {
                let area = text(&operation["tags"][0]);
                if let Some(area) = areas.iter_mut().find(|known| known.name == area) {
                    let operation = Operation::of(description, path, method, operation);
                    area.operations.push(operation);
                }
            }
        }
        let types = entries(&description["components"]["schemas"])
            .map(|(name, schema)| (name.clone(), Type::of(name, schema)))
            .collect();
        Self { areas, types }
    }
}

impl Operation {
    fn of(description: &Value, path: &str, method: &str, operation: &Value) -> Self {
        let parameters = list(&operation["parameters"])
            .map(|parameter| Field {
                place: text(&parameter["in"]).to_owned(),
                ..Field::of(
                    text(&parameter["name"]),
                    parameter["required"].as_bool().unwrap_or(false),
                    &parameter["schema"],
                    text(&parameter["description"]),
                )
            })
            .collect();
        let bodies = entries(&operation["requestBody"]["content"])
            .map(|(media, content)| (media.clone(), Kind::of(&content["schema"])))
            .collect();
        let answers = entries(&operation["responses"])
            .map(|(status, response)| {
                let response = named(description, response);
                let content = entries(&response["content"]).next();
                Answered {
                    status: status.clone(),
                    about: text(&response["description"]).to_owned(),
                    kind: content.map(|(_, content)| Kind::of(&content["schema"])),
                }
            })
            .collect();
        Self {
            id: text(&operation["operationId"]).to_owned(),
            method: method.to_uppercase(),
            path: path.to_owned(),
            summary: text(&operation["summary"]).to_owned(),
            about: paragraphs(text(&operation["description"])),
            open: is_open(operation),
            parameters,
            bodies,
            answers,
            samples: samples::of(description, path, method, operation),
        }
    }
}

/// Whether everybody may call an operation: it asks for nothing, where the description as a whole asks for a token.
pub(super) fn is_open(operation: &Value) -> bool {
    let mut ways = list(&operation["security"]);
    ways.any(|way| way.as_object().is_some_and(Map::is_empty))
}

impl Type {
    fn of(name: &str, schema: &Value) -> Self {
        let fields: Vec<Field> = entries(&schema["properties"])
            .map(|(name, field)| {
                let is_needed = list(&schema["required"]).any(|needed| needed == name.as_str());
                Field::of(name, is_needed, field, "")
            })
            .collect();
        let choices: Vec<Kind> = ["oneOf", "anyOf", "allOf"]
            .iter()
            .flat_map(|way| list(&schema[way]))
            .map(Kind::of)
            .collect();
        let words: Vec<String> = list(&schema["enum"]).map(word).collect();
        let is_plain = fields.is_empty() && choices.is_empty() && words.is_empty();
        Self {
            name: name.to_owned(),
            about: text(&schema["description"]).to_owned(),
            kind: is_plain.then(|| Kind::of(schema)),
            limits: limits(schema),
            fields,
            words,
            choices,
            example: list(&schema["examples"])
                .next()
                .and_then(|example| serde_json::to_string_pretty(example).ok()),
        }
    }
}

impl Field {
    fn of(name: &str, needed: bool, schema: &Value, about: &str) -> Self {
        // What may be null is one of the type and null; what is said of it stands beside the type.
        let inner = list(&schema["oneOf"])
            .find(|one| one["type"] != "null")
            .unwrap_or(schema);
        let said = [
            about,
            text(&schema["description"]),
            text(&inner["description"]),
        ];
        Self {
            name: name.to_owned(),
            place: String::new(),
            needed,
            kind: Kind::of(inner),
            limits: limits(inner),
            about: said
                .into_iter()
                .find(|said| !said.is_empty())
                .unwrap_or_default()
                .to_owned(),
        }
    }
}

impl Kind {
    fn of(schema: &Value) -> Self {
        if let Some(name) = type_named(schema) {
            return Self {
                words: String::new(),
                of: Some(name.to_owned()),
            };
        }
        // `["string", "null"]` is a string that may be left out.
        let kind = match &schema["type"] {
            Value::Array(kinds) => kinds.iter().map(text).find(|kind| *kind != "null"),
            kind => kind.as_str(),
        };
        match (kind.unwrap_or("object"), text(&schema["format"])) {
            ("array", _) => {
                let Self { words, of } = Self::of(&schema["items"]);
                let words = match words.is_empty() {
                    true => "array of".to_owned(),
                    false => format!("array of {words}"),
                };
                Self { words, of }
            }
            (kind, "") => Self {
                words: kind.to_owned(),
                of: None,
            },
            (kind, format) => Self {
                words: format!("{kind} ({format})"),
                of: None,
            },
        }
    }
}

/// The limits of a schema that JSON Schema has words for, as they stand there.
fn limits(schema: &Value) -> Vec<String> {
    const NAMES: [&str; 8] = [
        "minLength",
        "maxLength",
        "pattern",
        "minimum",
        "maximum",
        "minItems",
        "maxItems",
        "default",
    ];
    let limits = NAMES.iter().filter_map(|name| {
        let limit = schema.get(name)?;
        Some(format!("{name} {}", word(limit)))
    });
    limits.collect()
}

/// The type that a schema refers to.
pub(super) fn type_named(schema: &Value) -> Option<&str> {
    schema["$ref"]
        .as_str()?
        .strip_prefix("#/components/schemas/")
}

/// What is meant: the thing itself, or what the description has under the name it gives.
pub(super) fn named<'d>(description: &'d Value, thing: &'d Value) -> &'d Value {
    let path = thing["$ref"]
        .as_str()
        .and_then(|path| path.strip_prefix('#'));
    path.and_then(|path| description.pointer(path))
        .unwrap_or(thing)
}

pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

pub(super) fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

pub(super) fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

/// A text as it is, anything else as JSON has it.
fn word(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn slug(name: &str) -> String {
    name.to_lowercase().replace(' ', "-")
}

/// Lines that belong together are one paragraph; an empty line begins the next.
fn paragraphs(text: &str) -> Vec<String> {
    let parts = text.split("\n\n").map(|part| part.replace('\n', " "));
    parts.filter(|part| !part.trim().is_empty()).collect()
}
