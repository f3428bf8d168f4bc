//! `portcullis keys`.

use std::process::ExitCode;

use serde_json::json;

use super::{Failed, terminal};
use crate::access::kek::{self, Standing};
use crate::access::{keyring::Keyring, master_key};
use crate::config::{Config, Flags};
use crate::environment::RealEnvironment;
use crate::store::{Store, sealed};

/// Look at and change the keys under which the keys of workers are stored.
#[derive(clap::Subcommand)]
pub enum Command {
    Show(Show),
    RotateKek(RotateKek),
    RetireKek(RetireKek),
}

/// Show the key-encryption keys, and how many workers' keys are under each.
#[derive(clap::Args)]
#[command(after_help = super::EXIT_CODES)]
pub struct Show {
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: Flags,
}

/// Begin to use a new key-encryption key, while servers run.
///
/// Adds a key to the file beside the master key, MASTER_KEY.keks, or begins to use the one that --prepare has added. A running
/// server sees it within ten seconds and wraps every worker's key anew, while everything goes on; `portcullis keys show` tells how
/// far it is. Where each node has a file of its own: --prepare, copy the file to every node, and then again without it.
///
/// Make a back-up of the file that lies elsewhere than those of the database: without it no record can be read.
#[derive(clap::Args)]
#[command(after_help = super::EXIT_CODES)]
pub struct RotateKek {
    /// Only add the key: it opens what is under it, and is not used yet.
    #[arg(long)]
    prepare: bool,
    #[command(flatten)]
    settings: Flags,
}

/// Take out the key-encryption keys that nothing is under any more.
///
/// Refuses while a worker's key is under one of them. Afterwards nobody can open a copy of the database from before the change
/// who has not an old copy of the file, too.
#[derive(clap::Args)]
#[command(after_help = super::EXIT_CODES)]
pub struct RetireKek {
    #[command(flatten)]
    settings: Flags,
}

impl Command {
    pub fn run(self) -> Result<ExitCode, Failed> {
        match self {
            Self::Show(show) => show.run(),
            Self::RotateKek(rotate) => rotate.run(),
            Self::RetireKek(retire) => retire.run(),
        }
    }
}

fn failed(error: impl std::fmt::Display) -> Failed {
    Failed::new(error.to_string())
}

/// The key that is derived from the master key.
fn first(config: &Config) -> Result<[u8; 32], Failed> {
    let master = master_key::read(&config.master_key_file).map_err(failed)?;
    Ok(Keyring::derive(&master).first_kek())
}

/// How many keys of workers are under each version.
fn counted(config: &Config) -> Result<Vec<(u16, u64)>, Failed> {
    let counted = Store::at(&config.database).read(sealed::keys_by_version);
    counted.map_err(failed)
}

impl Show {
    fn run(self) -> Result<ExitCode, Failed> {
        let config = super::settings(&self.settings)?.config;
        let path = kek::beside(&config.master_key_file);
        let listed = kek::list(&path, first(&config)?).map_err(failed)?;
        let counted = counted(&config)?;
        let rows: Vec<(u16, &str, u64)> = listed
            .into_iter()
            .map(|(version, standing)| {
                let standing = match standing {
                    Standing::Standby => "standby",
                    Standing::Active => "active",
                };
                let keys = counted.iter().find(|(of, _)| *of == version);
                (version, standing, keys.map_or(0, |(_, keys)| *keys))
            })
            .collect();
        if self.json {
            let rows = rows.iter().map(|(version, standing, keys)| {
                json!({ "version": version, "standing": standing, "workers": keys })
            });
            terminal::answer_json(&json!({ "keks": rows.collect::<Vec<_>>() }))?;
        } else {
            let rows = rows.iter().map(|(version, standing, keys)| {
                format!("kek {version}  {standing}  {keys} workers")
            });
            terminal::answer(&rows.collect::<Vec<_>>().join("\n"))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl RotateKek {
    fn run(self) -> Result<ExitCode, Failed> {
        let config = super::settings(&self.settings)?.config;
        let (path, first) = (kek::beside(&config.master_key_file), first(&config)?);
        let version = if self.prepare {
            kek::prepare(&path, first, &RealEnvironment)
        } else {
            kek::rotate(&path, first, &RealEnvironment)
        };
        let version = version.map_err(failed)?;
        let shown = path.display();
        terminal::say(&if self.prepare {
            format!(
                "Version {version} is in {shown} and not used yet. Copy the file to every node, then run this again without --prepare."
            )
        } else {
            format!(
                "Version {version} in {shown} is used from now on. Make a back-up of the file. When `portcullis keys show` has no worker under an older one, run `portcullis keys retire-kek`."
            )
        });
        Ok(ExitCode::SUCCESS)
    }
}

impl RetireKek {
    fn run(self) -> Result<ExitCode, Failed> {
        let config = super::settings(&self.settings)?.config;
        let (path, first) = (kek::beside(&config.master_key_file), first(&config)?);
        let listed = kek::list(&path, first).map_err(failed)?;
        let active = listed.iter().rev();
        let active = active
            .filter(|(_, standing)| *standing == Standing::Active)
            .map(|(version, _)| *version)
            .next();
        let under_others: u64 = counted(&config)?
            .iter()
            .filter(|(version, _)| Some(*version) != active)
            .map(|(_, keys)| keys)
            .sum();
        if under_others > 0 {
            return Err(Failed::new(format!(
                "The keys of {under_others} workers are still under another key than the one in use. A running server wraps them anew; try again when `portcullis keys show` says that it has."
            )));
        }
        kek::retire(&path, first).map_err(failed)?;
        terminal::say(
            "The old keys are taken out. Copy the file to every node, and replace its back-ups.",
        );
        Ok(ExitCode::SUCCESS)
    }
}
