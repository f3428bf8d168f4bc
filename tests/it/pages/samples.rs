//! Every sample of the API's pages is run as it stands there, after its identifiers were put in: the server must understand it.

use std::collections::BTreeSet;
use std::process::Command;

use portcullis::http::console::reference;
use serde_json::Value;

use crate::matrix::conventions::Scene;
use crate::matrix::routes::rows;
use crate::support::actors::new_key;

/// What a request that was not understood is refused with.
const NOT_UNDERSTOOD: [u16; 5] = [400, 405, 406, 411, 415];

/// What every example has behind an identifier's prefix.
const EXAMPLE_ID: &str = "0192f3c45d6e7f809123456789abcdef";

#[actix_web::test]
async fn every_sample_is_understood_by_the_server() {
    let scene = Scene::begin().await;
    let server = format!("http://{}", scene.world.node.address);
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("file.csv"), "Badge\n1\n").expect("a file to send");
    let (mut run, mut languages) = (0, BTreeSet::new());
    for row in rows() {
        let name = row.name();
        let operation = reference::get()
            .areas
            .iter()
            .flat_map(|area| &area.operations)
            .find(|operation| format!("{} {}", operation.method, operation.path) == name);
        // Pages for people are not described.
        let Some(operation) = operation else { continue };
        for sample in &operation.samples {
            let id = scene.side.one(row.thing).await;
            let etag = scene.side.etag(&row, &id).await;
            let mut command = match sample.language {
                "curl" => Command::new("bash"),
                "Python" => Command::new("python3"),
                other => panic!("nobody runs {other} here"),
            };
            let mut text = sample.text.clone();
            if let Some((prefix, _)) = id.split_once('_') {
                text = text.replace(&format!("{prefix}_{EXAMPLE_ID}"), &id);
            }
            if sample.language == "curl" {
                text = format!("{text} --silent --write-out '\\n%{{http_code}}'");
            }
            let done = command
                .arg("-c")
                .arg(&text)
                .current_dir(folder.path())
                .env("PORTCULLIS", &server)
                .env("TOKEN", scene.who(&row).token.clone().unwrap_or_default())
                .env("ETAG", &etag)
                .env("KEY", new_key())
                .env("no_proxy", "127.0.0.1")
                .output()
                .expect("it runs");
            let told = format!(
                "{name}, {}:\n{text}\n{}\n{}",
                sample.language,
                String::from_utf8_lossy(&done.stdout),
                String::from_utf8_lossy(&done.stderr)
            );
            let status = status(sample.language, &done, &told);
            assert!(!NOT_UNDERSTOOD.contains(&status), "{told}");
            run += 1;
            languages.insert(sample.language);
        }
    }
    assert!(run > 200 && languages.len() == 2, "{run} samples were run");
}

/// What the server answered.
fn status(language: &str, done: &std::process::Output, told: &str) -> u16 {
    let (out, err) = (
        String::from_utf8_lossy(&done.stdout),
        String::from_utf8_lossy(&done.stderr),
    );
    let word = match language {
        "curl" => out.lines().last(),
        _ if done.status.success() => out.split_whitespace().next(),
        _ => err
            .split_once("HTTP Error ")
            .and_then(|(_, rest)| rest.split(':').next()),
    };
    let status = word.and_then(|word| word.trim().parse().ok());
    status.unwrap_or_else(|| panic!("{told}"))
}

#[test]
fn every_operation_is_on_a_page_and_every_link_leads_to_a_type() {
    let (json, _) = portcullis::http::openapi::json();
    let description: Value = serde_json::from_str(json).expect("JSON");
    let described: BTreeSet<String> = description["paths"]
        .as_object()
        .expect("paths")
        .iter()
        .flat_map(|(path, methods)| {
            let methods = methods.as_object().expect("methods").keys();
            methods.map(move |method| format!("{} {path}", method.to_uppercase()))
        })
        .collect();
    let reference = reference::get();
    let operations = || reference.areas.iter().flat_map(|area| &area.operations);
    let shown = operations().map(|operation| format!("{} {}", operation.method, operation.path));
    assert_eq!(shown.collect::<BTreeSet<_>>(), described);
    let fields = operations()
        .flat_map(|operation| &operation.parameters)
        .chain(reference.types.values().flat_map(|of| &of.fields));
    for field in fields {
        if let Some(of) = &field.kind.of {
            assert!(
                reference.types.contains_key(of),
                "{} holds {of}",
                field.name
            );
        }
        assert!(!field.about.is_empty(), "{} is explained", field.name);
    }
}
