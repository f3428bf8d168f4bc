//! How to call an operation, to be copied: for a shell and for Python. Made from the description; the tests run each of them.

use serde_json::{Map, Value, json};

use super::reference::{entries, is_open, list, named, text};

/// How to call an operation in one language.
pub struct Sample {
    /// The language, as people call it.
    pub language: &'static str,
    /// What to copy.
    pub text: String,
}

/// What an operation is called with.
struct Call {
    method: String,
    /// The path with its query, identifiers put in.
    path: String,
    open: bool,
    headers: Vec<&'static str>,
    body: Body,
}

enum Body {
    None,
    Json(Value),
    Form(Vec<(String, String)>),
    /// A file that lies beside the program that sends it.
    File,
}

/// The samples of an operation.
pub(super) fn of(description: &Value, path: &str, method: &str, operation: &Value) -> Vec<Sample> {
    let call = Call::of(description, path, method, operation);
    vec![
        Sample {
            language: "curl",
            text: call.curl(),
        },
        Sample {
            language: "Python",
            text: call.python(),
        },
    ]
}

impl Call {
    fn of(description: &Value, path: &str, method: &str, operation: &Value) -> Self {
        let mut path = path.to_owned();
        let mut query = Vec::new();
        let mut headers = Vec::new();
        for parameter in list(&operation["parameters"]) {
            let name = text(&parameter["name"]);
            let example = || word(&example(description, &parameter["schema"]));
            match text(&parameter["in"]) {
                "path" => path = path.replace(&format!("{{{name}}}"), &example()),
                "query" if parameter["required"] == true => {
                    query.push(format!("{name}={}", example()))
                }
                "header" if name == "Idempotency-Key" => headers.push("Idempotency-Key"),
                "header" if name == "If-Match" => headers.push("If-Match"),
                _ => {}
            }
        }
        if !query.is_empty() {
            path = format!("{path}?{}", query.join("&"));
        }
        let content = &operation["requestBody"]["content"];
        let body = match entries(content).next() {
            None => Body::None,
            Some((media, content)) if media == "application/json" => {
                Body::Json(example(description, &content["schema"]))
            }
            Some((media, content)) if media == "application/x-www-form-urlencoded" => {
                let form = example(description, &content["schema"]);
                let fields = entries(&form).map(|(name, value)| (name.clone(), word(value)));
                Body::Form(fields.collect())
            }
            Some(_) => Body::File,
        };
        Self {
            method: method.to_uppercase(),
            path,
            open: is_open(operation),
            headers,
            body,
        }
    }

    fn curl(&self) -> String {
        let mut lines = vec![format!(
            "curl --request {} \"$PORTCULLIS{}\"",
            self.method, self.path
        )];
        if !self.open {
            lines.push("--header \"Authorization: Bearer $TOKEN\"".into());
        }
        for header in &self.headers {
            lines.push(match *header {
                "Idempotency-Key" => "--header \"Idempotency-Key: $KEY\"".into(),
                other => format!("--header \"{other}: $ETAG\""),
            });
        }
        match &self.body {
            Body::None => {}
            Body::Json(body) => {
                lines.push("--header \"Content-Type: application/json\"".into());
                lines.push(format!("--data '{}'", in_quotes(body)));
            }
            Body::Form(fields) => {
                for (name, value) in fields {
                    lines.push(format!("--data-urlencode '{name}={value}'"));
                }
            }
            Body::File => {
                lines.push("--header \"Content-Type: text/csv\"".into());
                lines.push("--data-binary @file.csv".into());
            }
        }
        lines.join(" \\\n  ")
    }

    fn python(&self) -> String {
        let mut imports = vec!["import os", "import urllib.request"];
        let mut headers = Vec::new();
        if !self.open {
            headers.push("\"Authorization\": \"Bearer \" + os.environ[\"TOKEN\"]".to_owned());
        }
        for header in &self.headers {
            headers.push(match *header {
                "Idempotency-Key" => {
                    imports.push("import uuid");
                    "\"Idempotency-Key\": str(uuid.uuid4())".into()
                }
                other => format!("\"{other}\": os.environ[\"ETAG\"]"),
            });
        }
        let data = match &self.body {
            Body::None => None,
            Body::Json(body) => {
                headers.push("\"Content-Type\": \"application/json\"".into());
                Some(format!("r'''{}'''.encode()", in_quotes(body)))
            }
            Body::Form(fields) => {
                imports.push("import urllib.parse");
                let fields = fields
                    .iter()
                    .map(|(name, value)| format!("{name:?}: {value:?}"));
                let fields = fields.collect::<Vec<_>>().join(", ");
                Some(format!("urllib.parse.urlencode({{{fields}}}).encode()"))
            }
            Body::File => {
                headers.push("\"Content-Type\": \"text/csv\"".into());
                Some("open(\"file.csv\", \"rb\").read()".into())
            }
        };
        imports.sort_unstable();
        let mut lines = imports.into_iter().map(str::to_owned).collect::<Vec<_>>();
        lines.push(String::new());
        lines.push("request = urllib.request.Request(".into());
        lines.push(format!("    os.environ[\"PORTCULLIS\"] + {:?},", self.path));
        lines.push(format!("    method={:?},", self.method));
        if !headers.is_empty() {
            lines.push("    headers={".into());
            lines.extend(headers.iter().map(|header| format!("        {header},")));
            lines.push("    },".into());
        }
        if let Some(data) = data {
            lines.push(format!("    data={data},"));
        }
        lines.push(")".into());
        lines.push("with urllib.request.urlopen(request) as answer:".into());
        lines.push("    print(answer.status, answer.read().decode())".into());
        lines.join("\n")
    }
}

/// JSON that stands between single quotes, in a shell as in Python: none of our examples has one.
fn in_quotes(body: &Value) -> String {
    body.to_string().replace('\'', "\\u0027")
}

/// An example of a schema: the one that stands there, else the least that it takes.
fn example(description: &Value, schema: &Value) -> Value {
    let schema = named(description, schema);
    if let Some(example) = list(&schema["examples"]).next() {
        return example.clone();
    }
    if let Some(word) = list(&schema["enum"]).next() {
        return word.clone();
    }
    if let Some(one) = list(&schema["oneOf"])
        .chain(list(&schema["allOf"]))
        .find(|one| one["type"] != "null")
    {
        return example(description, one);
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds.first().map(text).unwrap_or_default(),
        kind => text(kind),
    };
    match kind {
        "object" => {
            let needed = |name: &str| list(&schema["required"]).any(|needed| needed == name);
            let fields = entries(&schema["properties"]).filter(|(name, _)| needed(name));
            let fields: Map<String, Value> = fields
                .map(|(name, field)| (name.clone(), example(description, field)))
                .collect();
            Value::Object(fields)
        }
        "array" => json!([example(description, &schema["items"])]),
        "integer" => schema.get("minimum").cloned().unwrap_or(json!(1)),
        "boolean" => json!(true),
        _ => match text(&schema["format"]) {
            "date" => json!("2027-01-31"),
            "date-time" => json!("2027-01-31T08:00:00Z"),
            _ => json!("example"),
        },
    }
}

/// A text as it is, anything else as JSON has it.
fn word(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}
