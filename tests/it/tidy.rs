//! The house in order: reads the sources and holds them against what the architecture text says.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A source file: its path from the root, and its text.
struct Source {
    path: String,
    text: String,
}

impl Source {
    /// The module at the top that it belongs to: `store` for `src/store/conn.rs`, `app` for `src/app.rs`.
    fn module(&self) -> &str {
        let path = self.path.trim_start_matches("src/");
        path.split('/')
            .next()
            .unwrap_or_default()
            .trim_end_matches(".rs")
    }

    fn is_test(&self) -> bool {
        self.path.ends_with("/tests.rs") || self.path.contains("/tests/")
    }

    /// The lines of the program: without comments, and without the tests that may follow.
    fn lines(&self) -> Vec<(usize, String)> {
        if self.is_test() {
            return Vec::new();
        }
        let mut lines = Vec::new();
        let mut in_tests = false;
        for (at, line) in self.text.lines().enumerate() {
            // A test module stands at the end of its file; `mod tests;` is a file of its own.
            if line.trim_start().starts_with("mod tests {") {
                in_tests = true;
            }
            if !in_tests {
                lines.push((at + 1, code_of(line)));
            }
        }
        lines
    }
}

/// A line without its comment, and without what stands in its texts.
fn code_of(line: &str) -> String {
    let mut code = String::new();
    let (mut in_text, mut escaped) = (false, false);
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' if in_text => escaped = !escaped,
            '"' if !escaped => in_text = !in_text,
            '/' if !in_text && characters.peek() == Some(&'/') => break,
            _ if in_text => escaped = false,
            other => code.push(other),
        }
    }
    code
}

fn files(folder: &Path, ending: &str, into: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the folder can be read")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, ending, into);
        } else if path.to_string_lossy().ends_with(ending) {
            into.push(path);
        }
    }
}

fn sources(folder: &str) -> Vec<Source> {
    let mut paths = Vec::new();
    files(&root().join(folder), ".rs", &mut paths);
    let read = |path: PathBuf| Source {
        text: std::fs::read_to_string(&path).expect("it can be read"),
        path: path
            .strip_prefix(root())
            .expect("below the root")
            .to_string_lossy()
            .into_owned(),
    };
    paths.into_iter().map(read).collect()
}

/// What each module may lean on. A module that is not here has no place in the house yet.
const MAY_USE: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("ledger", &["domain"]),
    ("access", &["domain", "ledger"]),
    ("index", &["domain", "ledger"]),
    ("store", &["domain", "ledger"]),
    ("service", &["domain", "ledger", "access", "index", "store"]),
    ("environment", &["domain"]),
    ("config", &["domain"]),
    ("telemetry", &["config"]),
    ("metrics", &["domain", "service"]),
    (
        "http",
        &[
            "domain", "ledger", "access", "index", "store", "service", "metrics",
        ],
    ),
    (
        "app",
        &[
            "domain",
            "ledger",
            "access",
            "index",
            "store",
            "service",
            "metrics",
            "http",
            "environment",
            "config",
        ],
    ),
    ("cli", ABOVE),
    ("demo", ABOVE),
    ("main", ABOVE),
    ("lib", ABOVE),
];

const ABOVE: &[&str] = &[
    "domain",
    "ledger",
    "access",
    "index",
    "store",
    "service",
    "metrics",
    "http",
    "environment",
    "config",
    "telemetry",
    "app",
    "cli",
    "demo",
];

#[test]
fn modules_lean_on_what_stands_below_them() {
    let mut seen = BTreeSet::new();
    let mut wrong = Vec::new();
    for source in sources("src") {
        let module = source.module().to_owned();
        seen.insert(module.clone());
        let Some((_, may_use)) = MAY_USE.iter().find(|(name, _)| *name == module) else {
            wrong.push(format!("{}: {module} has no place in MAY_USE", source.path));
            continue;
        };
        for used in leans_on(&source) {
            let (line, used) = used;
            if used != module && !may_use.contains(&used.as_str()) {
                wrong.push(format!(
                    "{}:{line}: {module} may not lean on {used}",
                    source.path
                ));
            }
        }
    }
    assert!(seen.len() > 8, "the sources were read: {seen:?}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The modules at the top that a source names, with the line.
fn leans_on(source: &Source) -> Vec<(usize, String)> {
    let known: Vec<&str> = MAY_USE.iter().map(|(name, _)| *name).collect();
    let depth = source.path.matches('/').count();
    let to_top = "super::".repeat(depth);
    let mut found = Vec::new();
    for (at, line) in source.lines() {
        let own_crate = if matches!(source.module(), "main") {
            "portcullis::"
        } else {
            "crate::"
        };
        for start in [own_crate, to_top.as_str()] {
            for piece in line.split(start).skip(1) {
                // `use crate::{a, b::c}` names several.
                let names: Vec<&str> = match piece.strip_prefix('{') {
                    Some(list) => list.split([',', '}']).collect(),
                    None => vec![piece],
                };
                for name in names {
                    let name = name.trim_start();
                    let end = name
                        .find(|c: char| !c.is_alphanumeric() && c != '_')
                        .unwrap_or(name.len());
                    if known.contains(&&name[..end]) {
                        found.push((at, name[..end].to_owned()));
                    }
                }
            }
        }
    }
    found
}

#[test]
fn sql_and_the_web_stay_in_their_rooms() {
    let rooms: [(&str, &[&str]); 7] = [
        ("diesel::", &["src/store/"]),
        ("diesel_migrations::", &["src/store/"]),
        ("actix_web::", &["src/http/", "src/app.rs", "src/app/"]),
        ("actix_http::", &["src/app/"]),
        ("actix_service::", &["src/app/"]),
        ("reqwest::", &["src/cli/", "src/demo/"]),
        ("jsonwebtoken::", &["src/access/"]),
    ];
    let mut wrong = Vec::new();
    for (name, rooms) in rooms {
        let mut used = 0;
        for source in sources("src") {
            for (at, line) in source.lines() {
                if !line.contains(name) {
                    continue;
                }
                used += 1;
                if !rooms.iter().any(|room| source.path.starts_with(room)) {
                    wrong.push(format!(
                        "{}:{at}: {name} belongs to {}",
                        source.path,
                        rooms.join(" and ")
                    ));
                }
            }
        }
        assert!(
            used > 0,
            "{name} is used, so it is looked for under the right name"
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn migrations_come_in_pairs_of_the_same_name() {
    let names = |backend: &str| -> BTreeSet<String> {
        let folder = root().join("migrations").join(backend);
        let mut paths = Vec::new();
        files(&folder, ".sql", &mut paths);
        paths
            .iter()
            .map(|path| {
                path.strip_prefix(&folder)
                    .expect("below")
                    .to_string_lossy()
                    .into_owned()
            })
            .collect()
    };
    let (sqlite, postgres) = (names("sqlite"), names("postgres"));
    assert_eq!(sqlite, postgres);
    for name in &sqlite {
        let other = match name.strip_suffix("up.sql") {
            Some(folder) => format!("{folder}down.sql"),
            None => format!(
                "{}up.sql",
                name.strip_suffix("down.sql").expect("up or down")
            ),
        };
        assert!(sqlite.contains(&other), "{name} has no {other}");
    }
    assert!(sqlite.len() >= 2);
}

/// Lines of a file at most.
const LINES_MAX: usize = 500;

/// Files that are longer, with the reason. Each is one table that is read from top to bottom.
const LONGER: &[(&str, &str)] = &[
    (
        "src/service/commit.rs",
        "the one door: the order of its steps is the point",
    ),
    (
        "src/service/network.rs",
        "five kinds of record side by side",
    ),
    ("src/index/mod.rs", "one data structure with its invariants"),
];

#[test]
fn files_are_short_enough_to_be_read() {
    let mut long = Vec::new();
    for source in sources("src") {
        let lines = source.text.lines().count();
        let excused = LONGER.iter().any(|(path, _)| *path == source.path);
        if lines > LINES_MAX && !excused {
            long.push(format!("{}: {lines} lines", source.path));
        }
        if lines <= LINES_MAX && excused {
            long.push(format!(
                "{}: is short now, and needs no excuse",
                source.path
            ));
        }
    }
    assert!(long.is_empty(), "{}", long.join("\n"));
}

#[test]
fn nothing_is_left_for_later() {
    let marks = ["TODO", "FIXME", "XXX", "HACK"];
    let calls = [
        "todo!(",
        "unimplemented!(",
        ".unwrap()",
        "dbg!(",
        "#[allow(dead_code)]",
        "#![allow(",
    ];
    let mut wrong = Vec::new();
    for source in sources("src") {
        for (at, line) in source.text.lines().enumerate() {
            if marks.iter().any(|mark| {
                line.split(|c: char| !c.is_alphanumeric())
                    .any(|word| word == *mark)
            }) {
                wrong.push(format!("{}:{}: {}", source.path, at + 1, line.trim()));
            }
        }
        for (at, line) in source.lines() {
            if calls.iter().any(|call| line.contains(call)) {
                wrong.push(format!("{}:{at}: {}", source.path, line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_says_first_what_it_is_for() {
    let mut wrong = Vec::new();
    for source in sources("src").into_iter().chain(sources("tests")) {
        let head: Vec<&str> = source
            .text
            .lines()
            .take_while(|line| line.starts_with("//!"))
            .collect();
        let words: usize = head
            .iter()
            .map(|line| line.split_whitespace().count() - 1)
            .sum();
        if words == 0 && !source.is_test() {
            wrong.push(source.path);
        }
    }
    assert!(
        wrong.is_empty(),
        "no `//!` at the top of {}",
        wrong.join(", ")
    );
}

#[test]
fn nothing_is_written_down_of_the_machine_it_was_written_on() {
    let mut wrong = Vec::new();
    for folder in ["src", "tests", "migrations", "scripts", "openapi"] {
        let mut paths = Vec::new();
        files(&root().join(folder), "", &mut paths);
        for path in paths {
            let Ok(text) = std::fs::read_to_string(&path) else {
                continue;
            };
            for (at, line) in text.lines().enumerate() {
                // Spelled in two halves, or this line would be found.
                let marks = [
                    concat!("/wo", "rk/"),
                    concat!("/ro", "ot/"),
                    concat!("/home", "/"),
                ];
                if marks.iter().any(|mark| line.contains(mark)) {
                    wrong.push(format!("{}:{}", path.display(), at + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_reader_of_sources_sees_what_it_looks_for() {
    assert_eq!(
        code_of(r#"let a = "crate::x // y"; // crate::z"#).trim(),
        "let a = ;"
    );
    assert_eq!(
        code_of(r#"let a = "\"crate::x"; use b;"#),
        "let a = ; use b;"
    );
    let source = |text: &str| Source {
        path: "src/domain/card/uid.rs".into(),
        text: text.into(),
    };
    let used = |text: &str| -> Vec<String> {
        leans_on(&source(text))
            .into_iter()
            .map(|(_, name)| name)
            .collect()
    };
    assert_eq!(used("use crate::store::Reader;"), ["store"]);
    assert_eq!(
        used("use crate::{ledger::entry, http};"),
        ["ledger", "http"]
    );
    assert_eq!(used("let a = crate::index::Index::new();"), ["index"]);
    assert_eq!(used("use super::super::super::service;"), ["service"]);
    assert_eq!(used("use super::super::network;"), Vec::<String>::new());
    assert_eq!(
        used("// use crate::store;\nmod tests {\nuse crate::store;"),
        Vec::<String>::new()
    );
}
