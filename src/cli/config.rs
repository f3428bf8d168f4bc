//! `portcullis config`.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::ExitCode;

use super::{Failed, terminal};
use crate::app::read_master_key;
use crate::config::{Config, Flags};
use crate::store::backend::sqlite_path;
use crate::store::{Store, StoreError, migrate};

#[derive(clap::Subcommand)]
pub enum Command {
    /// Say whether a server could start with these settings, on this machine, now.
    ///
    /// Tries what it can without changing anything: whether the master key can be read, the database answers and has this
    /// program's schema, and the ports are free.
    #[command(
        after_help = "Exit codes: 0 it could; 1 it could not, and what is not good says so; 2 a setting is wrong, and stderr has one \
        sentence for each."
    )]
    Check {
        #[command(flatten)]
        settings: Box<Flags>,
    },
    /// Print every setting with its value and where it comes from. A password in it is not shown.
    #[command(after_help = super::EXIT_CODES)]
    Show {
        /// Print JSON.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        settings: Box<Flags>,
    },
}

impl Command {
    pub fn run(self) -> Result<ExitCode, Failed> {
        match self {
            Self::Check { settings } => {
                let config = super::settings(&settings)?.config;
                return checked(&config);
            }
            Self::Show { json, settings } => {
                let shown = super::settings(&settings)?.show();
                if json {
                    terminal::answer_json(&shown)?;
                } else {
                    let rows = shown
                        .into_iter()
                        .map(|shown| vec![shown.key.to_owned(), shown.value, shown.source]);
                    terminal::answer(&terminal::table(&rows.collect::<Vec<_>>()))?;
                }
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// One line for each thing that a server needs, and whether all are good.
fn checked(config: &Config) -> Result<ExitCode, Failed> {
    let found = [
        ("settings", Ok(())),
        (
            "master key",
            read_master_key(&config.master_key_file)
                .map(drop)
                .map_err(|error| error.to_string()),
        ),
        ("database", database(config)),
        ("listen", free(config.listen, "listen")),
        (
            "metrics_listen",
            free(config.metrics_listen, "metrics_listen"),
        ),
    ];
    let good = found.iter().all(|(_, found)| found.is_ok());
    let rows = found.into_iter().map(|(name, found)| {
        let says = match found {
            Ok(()) => terminal::paint("good", terminal::GREEN),
            Err(why) => format!("{}: {why}", terminal::paint("not good", terminal::RED)),
        };
        vec![name.to_owned(), says]
    });
    terminal::answer(&terminal::table(&rows.collect::<Vec<_>>()))?;
    Ok(ExitCode::from(if good { 0 } else { super::NOT_DONE }))
}

/// Whether the database answers and is of this program's schema.
fn database(config: &Config) -> Result<(), String> {
    // SQLite would make an empty database where there is none.
    if sqlite_path(&config.database).is_some_and(|path| !Path::new(path).exists()) {
        return Err("There is no database file yet. Run `portcullis init` to begin a network, or look at the setting `database`.".into());
    }
    let mut reader = Store::at(&config.database).reader().map_err(|error| {
        format!(
            "It cannot be reached: {error}. Look whether it runs, and at the setting `database`."
        )
    })?;
    match migrate::check_current(&mut reader) {
        Ok(()) => Ok(()),
        Err(StoreError::Schema(why)) => Err(format!("It does not fit: {why}.")),
        Err(StoreError::Unavailable(why)) => Err(format!("It does not answer: {why}. Look whether it runs.")),
        Err(_) => Err("There is no network in it yet. Run `portcullis init` to begin one, or look at the setting `database`.".into()),
    }
}

/// Whether a server could listen there.
fn free(address: SocketAddr, setting: &str) -> Result<(), String> {
    TcpListener::bind(address).map(drop).map_err(|error| {
        format!("Nothing can listen on {address}: {error}. Stop what listens there, which may be this server, or change the setting `{setting}`.")
    })
}
