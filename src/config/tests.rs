use std::path::Path;

use super::layer::variable;
use super::*;

fn variables(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("portcullis.toml");
    std::fs::write(&path, text).expect("writes");
    (folder, path)
}

fn faults(flags: &Flags, pairs: &[(&str, &str)]) -> Vec<String> {
    Config::load(flags, variables(pairs)).expect_err("wrong").0
}

#[test]
fn flags_go_before_environment_before_file_before_default() {
    let (_folder, path) =
        file("listen = '127.0.0.1:1'\nworkers = 1\nlog_level = 'debug'\ndrain_seconds = 5\n");
    let flags = Flags {
        config: Some(path.clone()),
        listen: Some("127.0.0.1:3".into()),
        ..Flags::default()
    };
    let environment = [
        ("PORTCULLIS_LISTEN", "127.0.0.1:2"),
        ("PORTCULLIS_WORKERS", "2"),
        ("PATH", "/bin"),
    ];
    let loaded = Config::load(&flags, variables(&environment)).expect("good settings");
    let config = &loaded.config;
    assert_eq!(config.listen.port(), 3);
    assert_eq!(config.workers, 2);
    assert_eq!(config.log_level, "debug");
    assert_eq!(config.requests_per_second, 50);
    assert_eq!(config.public_url, "http://127.0.0.1:3");
    let source = |key| {
        let shown = loaded.show();
        shown
            .into_iter()
            .find(|shown| shown.key == key)
            .expect("shown")
            .source
    };
    assert_eq!(source("listen"), "flag --listen");
    assert_eq!(source("workers"), "environment PORTCULLIS_WORKERS");
    assert_eq!(source("drain_seconds"), format!("file {}", path.display()));
    assert_eq!(source("database"), "default");
}

#[test]
fn the_file_can_be_named_by_the_environment() {
    let (_folder, path) = file("state_dir = 'elsewhere'");
    let path = path.to_str().expect("UTF-8");
    let loaded = Config::load(&Flags::default(), variables(&[("PORTCULLIS_CONFIG", path)]));
    let config = loaded.expect("good settings").config;
    assert_eq!(config.database, "sqlite:elsewhere/portcullis.db");
    assert_eq!(config.master_key_file, Path::new("elsewhere/master.key"));
    assert_eq!(
        config,
        Config {
            ..Config::in_folder("elsewhere")
        }
    );
}

#[test]
fn an_unknown_key_is_refused_with_the_nearest_one() {
    let (_folder, path) = file("listn = '127.0.0.1:1'\n[server]\nworkers = 1\n");
    let flags = Flags {
        config: Some(path.clone()),
        ..Flags::default()
    };
    let said = faults(
        &flags,
        &[("PORTCULLIS_WORKER", "2"), ("PORTCULLIS_ZZZ", "2")],
    );
    let shown = path.display();
    assert_eq!(
        said,
        [
            format!("`listn` in file {shown} is not a setting; did you mean `listen`?"),
            format!(
                "`server` in file {shown} is not a setting; see `portcullis config show` for those there are."
            ),
            "`PORTCULLIS_WORKER` in the environment is not a setting; did you mean `PORTCULLIS_WORKERS`?".into(),
            "`PORTCULLIS_ZZZ` in the environment is not a setting; see `portcullis config show` for those there are.".into(),
        ]
    );
    let others = [
        ("PORTCULLIS_URL", "http://localhost:8080"),
        ("PORTCULLIS_CLIENT_SECRET_FILE", "secret"),
        ("PORTCULLIS_PORT_8080_TCP_ADDR", "10.0.0.1"),
        ("PORTCULLIS_SERVICE_HOST", "10.0.0.1"),
        ("PORTCULLIS_TEST_FULL", "1"),
    ];
    Config::load(&Flags::default(), variables(&others)).expect("none of them is a setting");
}

#[test]
fn each_wrong_setting_has_one_sentence_that_names_it_and_its_source() {
    let said = faults(
        &Flags {
            drain_seconds: Some("21".into()),
            ..Flags::default()
        },
        &[
            ("PORTCULLIS_DATABASE", "mysql://user:hunter2@host/name"),
            ("PORTCULLIS_LISTEN", "localhost"),
            ("PORTCULLIS_WORKERS", "many"),
            ("PORTCULLIS_LOG_FORMAT", "xml"),
            ("PORTCULLIS_LOG_LEVEL", "loud"),
            ("PORTCULLIS_PUBLIC_URL", "https://portcullis.example/"),
        ],
    );
    for key in [
        "database",
        "listen",
        "workers",
        "log_format",
        "log_level",
        "public_url",
    ] {
        let about = said.iter().filter(|sentence| {
            sentence.contains(&format!("`{key}` must be"))
                && sentence.ends_with(&format!("It is set by environment {}.", variable(key)))
        });
        assert_eq!(about.count(), 1, "{key}: {said:#?}");
    }
    assert!(said.contains(
        &"The setting `drain_seconds` must be a whole number from 0 to 20. It is set by flag --drain-seconds.".into()
    ));
    assert_eq!(said.len(), 7);
    assert!(!said.concat().contains("hunter2"));

    for level in [
        "info,==",
        "",
        "info,",
        "Debug",
        "warn,portcullis::service=debug",
    ] {
        let given = Config {
            log_level: level.into(),
            ..Config::default()
        };
        let good = ["Debug", "warn,portcullis::service=debug"].contains(&level);
        assert_eq!(given.validate().is_ok(), good, "{level}");
    }

    let twice = Config {
        metrics_listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
        workers: 0,
        ..Config::default()
    };
    assert_eq!(twice.validate().expect_err("wrong").0.len(), 2);
    Config::default().validate().expect("defaults are right");
}

#[test]
fn a_file_that_is_missing_or_no_toml_stops_the_start_and_its_lines_are_not_shown() {
    let (folder, path) = file("database = 'postgres://user:hunter2@host/name\n");
    let mut flags = Flags {
        config: Some(path),
        ..Flags::default()
    };
    let said = faults(&flags, &[]);
    assert_eq!(said.len(), 1);
    assert!(said[0].contains("is not TOML: "), "{said:?}");
    assert!(!said[0].contains("hunter2"), "{said:?}");
    flags.config = Some(folder.path().join("nowhere.toml"));
    assert!(faults(&flags, &[])[0].contains("cannot be read"));
}

#[test]
fn a_database_address_can_come_from_a_file_and_is_shown_without_its_password() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("database");
    std::fs::write(&path, "postgres://portcullis:hunter2@db/portcullis\n").expect("writes");
    let path = path.to_str().expect("UTF-8");
    let loaded = Config::load(
        &Flags::default(),
        variables(&[("PORTCULLIS_DATABASE_FILE", path)]),
    )
    .expect("good settings");
    assert_eq!(
        loaded.config.database,
        "postgres://portcullis:hunter2@db/portcullis"
    );
    let shown = loaded.show().remove(0);
    assert_eq!(shown.value, "postgres://portcullis:***@db/portcullis");
    assert_eq!(shown.source, "environment PORTCULLIS_DATABASE_FILE");
    assert!(!format!("{loaded:?}").contains("hunter2"));

    let both = [
        ("PORTCULLIS_DATABASE_FILE", path),
        ("PORTCULLIS_DATABASE", "sqlite:x"),
    ];
    assert!(faults(&Flags::default(), &both)[0].contains("must not both be set"));
    // A flag goes before a file named by the environment.
    let flags = Flags {
        database: Some("sqlite:y".into()),
        ..Flags::default()
    };
    let loaded = Config::load(&flags, variables(&[("PORTCULLIS_DATABASE_FILE", path)]));
    assert_eq!(loaded.expect("good settings").config.database, "sqlite:y");
}

#[test]
fn a_password_is_hidden_wherever_it_stands() {
    for (address, shown) in [
        ("sqlite:a@b:c.db", "sqlite:a@b:c.db"),
        ("postgres://db/name", "postgres://db/name"),
        ("postgres://user@db/name", "postgres://user@db/name"),
        (
            "postgres://user:p@s:s@db/name",
            "postgres://user:***@db/name",
        ),
        (
            "postgres://db/name?user=u&password=secret&sslmode=require",
            "postgres://db/name?user=u&password=***&sslmode=require",
        ),
        (
            "postgres://u:p@db/name?sslpassword=secret",
            "postgres://u:***@db/name?sslpassword=***",
        ),
    ] {
        assert_eq!(redacted(address), shown);
    }
}
