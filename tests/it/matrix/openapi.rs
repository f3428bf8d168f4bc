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

/// What the golden text of permissions says the server does, is what the description says.
#[test]
fn each_operation_names_the_roles_that_may() {
    let description = description();
    let golden = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/it/matrix/golden/permissions.txt");
    let golden = std::fs::read_to_string(golden).expect("the golden text");
    let mut lines = golden
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>());
    let roles = lines.next().expect("a head")[3..].to_vec();
    let mut may: std::collections::BTreeMap<(String, String), BTreeSet<&str>> = Default::default();
    for line in lines {
        // Open to anybody, so no role is asked for.
        if line[3] != "401" {
            continue;
        }
        let operation = (line[1].to_owned(), line[0].to_lowercase());
        let allowed = roles
            .iter()
            .zip(&line[4..])
            .filter(|(_, status)| **status != "403");
        may.entry(operation)
            .or_default()
            .extend(allowed.map(|(role, _)| *role));
    }
    assert!(may.len() > 40);
    for ((path, method), wanted) in may {
        let operation = &description["paths"][&path][&method];
        let said = operation["description"].as_str().unwrap_or_default();
        let said = said
            .lines()
            .last()
            .and_then(|line| line.strip_prefix("Roles: "));
        let said: BTreeSet<&str> = said
            .unwrap_or_else(|| panic!("{method} {path} names its roles"))
            .trim_end_matches('.')
            .split(", ")
            .collect();
        assert_eq!(said, wanted, "{method} {path}");
    }
}

#[test]
fn a_generator_of_clients_finds_formats_examples_and_the_way_to_a_token() {
    let description = description();
    let flow =
        &description["components"]["securitySchemes"]["client"]["flows"]["clientCredentials"];
    assert_eq!(flow["tokenUrl"], "/oauth/token");
    let schemas = &description["components"]["schemas"];
    for body in [
        "GateCheckBody",
        "CredentialBody",
        "ReasonBody",
        "RevocationBatchBody",
        "WorkerBody",
    ] {
        assert!(schemas[body]["examples"][0].is_object(), "{body}");
    }
    let formats = schemas["CardFormat"]["description"].as_str().expect("text");
    for told in [
        "| `wiegand26` |",
        "| `fasc_n` |",
        "uid_byte_order",
        "1,23E+15",
    ] {
        assert!(formats.contains(told), "{told}: {formats}");
    }
}
