use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};

use super::Cli;

const GATE: &str = "gat_00000000000000000000000000000001";
const CREDENTIAL: &str = "crd_00000000000000000000000000000001";
const CARD_SYSTEM: &str = "cas_00000000000000000000000000000001";

fn wrong(line: &[&str]) -> Option<ErrorKind> {
    Cli::try_parse_from(std::iter::once(&"portcullis").chain(line))
        .err()
        .map(|error| error.kind())
}

#[test]
fn the_commands_are_well_formed() {
    Cli::command().debug_assert();
}

#[test]
fn every_command_tells_its_exit_codes() {
    fn walk(command: &clap::Command) {
        let helped = command.get_after_help().map(ToString::to_string);
        let leaf = command.get_subcommands().next().is_none();
        let tells = helped.is_some_and(|text| text.starts_with("Exit codes: "));
        assert!(!leaf || tells, "{}", command.get_name());
        command.get_subcommands().for_each(walk);
    }
    walk(&Cli::command());
}

#[test]
fn a_check_needs_a_card_or_a_credential_and_not_both() {
    assert_eq!(
        wrong(&["check", "--gate", GATE, "--card", "card_uid:04A1B2C3"]),
        None
    );
    assert_eq!(
        wrong(&["check", "--gate", GATE, "--credential", CREDENTIAL]),
        None
    );
    assert_eq!(
        wrong(&["check", "--gate", GATE]),
        Some(ErrorKind::MissingRequiredArgument)
    );
    assert_eq!(
        wrong(&[
            "check",
            "--gate",
            GATE,
            "--card",
            "number:1",
            "--credential",
            CREDENTIAL
        ]),
        Some(ErrorKind::ArgumentConflict)
    );
    assert_eq!(
        wrong(&["check", "--gate", CREDENTIAL, "--card", "number:1"]),
        Some(ErrorKind::ValueValidation)
    );
}

#[test]
fn a_revocation_needs_a_reason_that_revokes() {
    assert_eq!(
        wrong(&["revoke", "--credential", CREDENTIAL, "--reason", "lost"]),
        None
    );
    for reason in ["under_inquiry", "mislaid"] {
        let line = ["revoke", "--credential", CREDENTIAL, "--reason", reason];
        assert_eq!(wrong(&line), Some(ErrorKind::ValueValidation));
    }
}

#[test]
fn an_import_needs_a_purpose_and_takes_only_reasons_that_revoke() {
    let line = ["import", "list.csv", "--purpose", "revocations"];
    assert_eq!(wrong(&line[..2]), Some(ErrorKind::MissingRequiredArgument));
    let more = [
        "--card-system",
        CARD_SYSTEM,
        "--format",
        "card_uid",
        "--reason",
        "lost",
        "--apply",
    ];
    assert_eq!(wrong(&[&line[..], &more].concat()), None);
    let line = [&line[..], &["--reason", "dormant"]].concat();
    assert_eq!(wrong(&line), Some(ErrorKind::ValueValidation));
}

#[test]
fn settings_are_flags_of_the_commands_that_use_them() {
    assert_eq!(
        wrong(&["serve", "--listen", "127.0.0.1:0", "--drain-seconds", "1"]),
        None
    );
    assert_eq!(wrong(&["verify", "--database", "sqlite:x", "--json"]), None);
    assert_eq!(wrong(&["config", "show", "--workers", "2"]), None);
    assert_eq!(
        wrong(&[
            "init",
            "--member-name",
            "Port",
            "--locode",
            "BEANR",
            "--state-dir",
            "x"
        ]),
        None
    );
    assert_eq!(
        wrong(&["init", "--member-name", " "]),
        Some(ErrorKind::ValueValidation)
    );
    let both = ["serve", "--database", "sqlite:x", "--database-file", "y"];
    assert_eq!(wrong(&both), Some(ErrorKind::ArgumentConflict));
}
