//! The description: checked in as it is generated, and with everything that a generator of clients needs.

use std::collections::BTreeSet;

use serde_json::Value;

use super::golden;

fn description() -> Value {
    serde_json::from_str(portcullis::http::openapi::json().0).expect("the description is JSON")
}

/// What cannot fail by the caller's doing.
const NEVER_REFUSED: [&str; 4] = [
    "/livez",
    "/readyz",
    "/.well-known/jwks.json",
    "/openapi.json",
];

#[test]
fn the_description_is_checked_in_as_it_is_generated() {
    let yaml = portcullis::http::openapi::yaml().expect("the description is made");
    golden("openapi/portcullis.yaml", &yaml);
}

#[test]
fn callers_are_told_of_this_version() {
    let description = description();
    let version = description["info"]["version"].as_str().expect("a version");
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi/CHANGES.md");
    let changes = std::fs::read_to_string(path).expect("openapi/CHANGES.md");
    assert!(
        changes.contains(&format!("## {version}")),
        "openapi/CHANGES.md has nothing of {version}"
    );
}

#[test]
fn the_description_keeps_to_the_rules() {
    let faults = lint(&description());
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_rules_find_what_breaks_them() {
    type Breaks = fn(&mut Value);
    let breaks: [(&str, Breaks); 9] = [
        ("no operationId", |d| {
            d["paths"]["/v1/workers"]["get"]
                .as_object_mut()
                .unwrap()
                .remove("operationId");
        }),
        ("operationId twice", |d| {
            d["paths"]["/v1/workers"]["get"]["operationId"] = "add_member".into()
        }),
        ("no summary", |d| {
            d["paths"]["/v1/workers"]["get"]["summary"] = "".into()
        }),
        ("no 4xx", |d| {
            d["paths"]["/v1/workers"]["get"]["responses"] = serde_json::json!({ "200": {} })
        }),
        ("no maxLength", |d| {
            d["components"]["schemas"]["WorkerBody"]["properties"]["family_name"] =
                serde_json::json!({ "type": "string" });
        }),
        ("no maxItems", |d| {
            let items = &mut d["components"]["schemas"]["CredentialBody"]["properties"]["badges"];
            items.as_object_mut().unwrap().remove("maxItems");
        }),
        ("leads nowhere", |d| {
            d["components"]["schemas"]["WorkerBody"]["properties"]["family_name"] =
                serde_json::json!({ "$ref": "#/components/schemas/Nothing" });
        }),
        ("not a parameter", |d| {
            d["paths"]["/v1/workers/{id}"]["get"]["parameters"] = serde_json::json!([]);
        }),
        ("takes unknown fields", |d| {
            d["components"]["schemas"]["WorkerBody"]["additionalProperties"] = Value::Null;
        }),
    ];
    for (what, change) in breaks {
        let mut broken = description();
        change(&mut broken);
        let faults = lint(&broken);
        assert!(
            faults.iter().any(|fault| fault.contains(what)),
            "{what}: {faults:?}"
        );
    }
}

/// Everything that is wrong with a description.
fn lint(description: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    if !description["openapi"]
        .as_str()
        .unwrap_or_default()
        .starts_with("3.1.")
    {
        faults.push("not OpenAPI 3.1".into());
    }
    let mut ids = BTreeSet::new();
    let mut bodies = BTreeSet::new();
    let mut limited = Vec::new();
    for (path, item) in description["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("methods") {
            let mut fault = |what: &str| faults.push(format!("{what}: {method} {path}"));
            match operation["operationId"].as_str() {
                None | Some("") => fault("no operationId"),
                Some(id) if !ids.insert(id.to_owned()) => fault("operationId twice"),
                Some(_) => {}
            }
            if operation["summary"].as_str().unwrap_or_default().is_empty() {
                fault("no summary");
            }
            if operation["tags"]
                .as_array()
                .is_none_or(|tags| tags.len() != 1)
            {
                fault("not one tag");
            }
            let responses = operation["responses"]
                .as_object()
                .cloned()
                .unwrap_or_default();
            let refuses = responses.keys().any(|status| status.starts_with('4'));
            if !refuses && !NEVER_REFUSED.contains(&path.as_str()) {
                fault("no 4xx");
            }
            let protected = responses.contains_key("401") || operation["security"].is_array();
            if !protected {
                fault("neither open nor 401");
            }
            let parameters = operation["parameters"]
                .as_array()
                .cloned()
                .unwrap_or_default();
            let wanted: BTreeSet<&str> = path
                .split('{')
                .skip(1)
                .filter_map(|piece| piece.split('}').next())
                .collect();
            let given: BTreeSet<&str> = parameters
                .iter()
                .filter(|parameter| parameter["in"] == "path")
                .filter_map(|parameter| parameter["name"].as_str())
                .collect();
            if wanted != given {
                fault("not a parameter");
            }
            for parameter in &parameters {
                let name = &parameter["name"];
                if parameter["description"]
                    .as_str()
                    .unwrap_or_default()
                    .is_empty()
                {
                    fault(&format!("no description of {name}"));
                }
                limited.push((format!("{path} {name}"), parameter["schema"].clone()));
            }
            for (kind, content) in operation["requestBody"]["content"]
                .as_object()
                .into_iter()
                .flatten()
            {
                if kind == "application/json" {
                    bodies.extend(content["schema"]["$ref"].as_str().map(str::to_owned));
                }
            }
        }
    }
    let schemas = description["components"]["schemas"]
        .as_object()
        .expect("schemas");
    limited.extend(
        schemas
            .iter()
            .map(|(name, schema)| (name.clone(), schema.clone())),
    );
    for (name, schema) in limited {
        limits(&schema, &name, &mut faults);
    }
    refs(description, description, &mut faults);
    for body in bodies {
        let schema = description
            .pointer(body.trim_start_matches('#'))
            .unwrap_or(&Value::Null);
        if schema["additionalProperties"] != false {
            faults.push(format!("takes unknown fields: {body}"));
        }
    }
    faults
}

/// Every text and every list has a limit.
fn limits(schema: &Value, at: &str, faults: &mut Vec<String>) {
    let Some(fields) = schema.as_object() else {
        return;
    };
    let is = |kind: &str| {
        schema["type"] == kind
            || schema["type"]
                .as_array()
                .is_some_and(|kinds| kinds.iter().any(|k| k == kind))
    };
    let bounded = ["maxLength", "enum", "const"]
        .iter()
        .any(|limit| fields.contains_key(*limit));
    if is("string") && !bounded {
        faults.push(format!("no maxLength: {at}"));
    }
    if is("array") && !fields.contains_key("maxItems") {
        faults.push(format!("no maxItems: {at}"));
    }
    for (name, part) in schema["properties"].as_object().into_iter().flatten() {
        limits(part, &format!("{at}.{name}"), faults);
    }
    limits(&schema["items"], &format!("{at}[]"), faults);
    for choice in ["allOf", "oneOf", "anyOf"] {
        for part in schema[choice].as_array().into_iter().flatten() {
            limits(part, at, faults);
        }
    }
}

/// Every reference leads somewhere.
fn refs(value: &Value, description: &Value, faults: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            if let Some(target) = value["$ref"].as_str()
                && description
                    .pointer(target.trim_start_matches('#'))
                    .is_none()
            {
                faults.push(format!("leads nowhere: {target}"));
            }
            fields
                .values()
                .for_each(|part| refs(part, description, faults));
        }
        Value::Array(items) => items
            .iter()
            .for_each(|part| refs(part, description, faults)),
        _ => {}
    }
}
