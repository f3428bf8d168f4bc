//! The commands, one file each. `serve`, `init`, `verify`, `checks`, `restore`, `retention`, `clients`, `keys` and `config` work on this machine with the
//! settings of a server; `check`, `revoke` and `import` talk to a running server as a client. `demo` brings its own server.
//!
//! What was asked for goes to stdout, everything else to stderr. With `--json` stdout is one JSON value.

mod check;
mod checks;
mod clients;
mod completions;
mod config;
mod connection;
mod demo;
mod import;
mod init;
mod keys;
mod openapi;
mod restore;
mod retention;
mod revoke;
mod serve;
mod terminal;
mod verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use rustix::fs::Mode;

use crate::config::{Config, Flags, Loaded};
use crate::store::StoreError;

/// Shared screened-worker records and credential revocations for the ports of one network.
#[derive(Parser)]
#[command(name = "portcullis", version, after_help = EXIT_CODES, subcommand_required = true, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 done; 1 not done, and stderr says why; 2 the command line or a setting is wrong. \
    `check`, `import` and `verify` have more, see their help.";

#[derive(Subcommand)]
enum Command {
    Serve(serve::Serve),
    Demo(demo::Demo),
    Init(init::Init),
    Check(check::Check),
    Checks(checks::Checks),
    Revoke(revoke::Revoke),
    Import(import::Import),
    Verify(verify::Verify),
    Restore(restore::Restore),
    Retention(retention::Retention),
    /// Look at the settings of a server.
    #[command(subcommand)]
    Config(config::Command),
    /// Let the operator in where no administrator can.
    #[command(subcommand)]
    Clients(clients::Command),
    /// Look at and change the keys under which the keys of workers are stored.
    #[command(subcommand)]
    Keys(keys::Command),
    Openapi(openapi::Openapi),
    Completions(completions::Completions),
}

/// Why a command was not done, in whole sentences that say what to do next, and the exit code. Without a message where
/// nobody reads it: the reader of stdout, such as `head`, went away.
#[derive(Debug)]
pub struct Failed {
    message: String,
    exit: u8,
}

/// The exit code of what waits for a second person.
const WAITS: u8 = 14;

/// Not done.
const NOT_DONE: u8 = 1;
/// The command line or a setting is wrong; the same code as clap's.
const WRONG_USAGE: u8 = 2;

impl Failed {
    fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            exit: NOT_DONE,
        }
    }

    fn usage(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            exit: WRONG_USAGE,
        }
    }
}

impl From<crate::config::Wrong> for Failed {
    fn from(wrong: crate::config::Wrong) -> Self {
        Self::usage(wrong.to_string())
    }
}

/// Runs the command that the command line names.
pub fn run() -> ExitCode {
    // Databases, keys, locks: what this program makes is for its own user.
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
    let done = match Cli::parse().command {
        Command::Serve(serve) => settings(&serve.settings).map(|loaded| serve::run(loaded.config)),
        Command::Demo(demo) => Ok(demo.run()),
        Command::Init(init) => init.run(),
        Command::Check(check) => check.run(),
        Command::Checks(checks) => checks.run(),
        Command::Revoke(revoke) => revoke.run(),
        Command::Import(import) => import.run(),
        Command::Verify(verify) => verify.run(),
        Command::Restore(restore) => restore.run(),
        Command::Retention(retention) => retention.run(),
        Command::Config(command) => command.run(),
        Command::Clients(command) => command.run(),
        Command::Keys(command) => command.run(),
        Command::Openapi(openapi) => openapi.run(),
        Command::Completions(completions) => completions.run(),
    };
    done.unwrap_or_else(|failed| {
        if failed.message.is_empty() {
            return ExitCode::from(failed.exit);
        }
        terminal::say(&format!(
            "{} {}",
            terminal::paint_stderr("error:", terminal::RED),
            failed.message
        ));
        ExitCode::from(failed.exit)
    })
}

fn settings(flags: &Flags) -> Result<Loaded, Failed> {
    Ok(Config::load(flags, crate::config::environment())?)
}

fn unreadable(error: StoreError) -> Failed {
    Failed::new(format!(
        "The database could not be read: {error}. Look at the setting `database`, and whether the database is running and was \
         begun by this version of the program."
    ))
}

/// Waits for a future on a runtime of its own.
fn wait<T>(future: impl Future<Output = Result<T, Failed>>) -> Result<T, Failed> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failed::new(format!("The runtime could not be started: {error}.")))?
        .block_on(future)
}

#[cfg(test)]
mod tests;
