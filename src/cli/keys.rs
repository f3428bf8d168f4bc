//! `portcullis keys`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::json;

use super::{Failed, terminal};
use crate::access::key_file::{self, Standing};
use crate::access::{keyring::Keyring, master_key};
use crate::config::{Config, Flags};
use crate::domain::blind::BlindKeys;
use crate::environment::RealEnvironment;
use crate::service::blind;
use crate::store::{Store, bans, documents, employers, names, sealed};

/// Look at and change the keys under which the keys of workers are stored, and those by which people are found.
#[derive(clap::Subcommand)]
pub enum Command {
    Show(Show),
    RotateKek(RotateKek),
    RetireKek(RetireKek),
    RotateBlindKey(RotateBlindKey),
    RetireBlindKey(RetireBlindKey),
}

/// Show the key-encryption keys with how many workers' keys are under each, and the blind-index keys with how many names,
/// documents and employers are found by each.
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

/// Begin to use a new blind-index key, while servers run.
///
/// People are found by keyed hashes of their documents, names, employers and staff numbers. This adds a key to the file beside the
/// master key, MASTER_KEY.blind, or begins to use the one that --prepare has added. A running server sees it within ten seconds and
/// says in the ledger that it is used; from then on what is recorded is found by the new key, and whoever looks asks under both,
/// while the server hashes everybody anew; `portcullis keys show` tells how far it is. Where each node has a file of its own:
/// --prepare, copy the file to every node, and then again without it.
///
/// Make a back-up of the file that lies elsewhere than those of the database.
#[derive(clap::Args)]
#[command(after_help = super::EXIT_CODES)]
pub struct RotateBlindKey {
    /// Only add the key: it is known, and not used yet.
    #[arg(long)]
    prepare: bool,
    #[command(flatten)]
    settings: Flags,
}

/// Take out the blind-index keys that nobody is found by any more.
///
/// Refuses while anybody is found by one of them.
#[derive(clap::Args)]
#[command(after_help = super::EXIT_CODES)]
pub struct RetireBlindKey {
    #[command(flatten)]
    settings: Flags,
}

impl Command {
    pub fn run(self) -> Result<ExitCode, Failed> {
        match self {
            Self::Show(show) => show.run(),
            Self::RotateKek(rotate) => rotate.run(),
            Self::RetireKek(retire) => retire.run(),
            Self::RotateBlindKey(rotate) => rotate.run(),
            Self::RetireBlindKey(retire) => retire.run(),
        }
    }
}

fn failed(error: impl std::fmt::Display) -> Failed {
    Failed::new(error.to_string())
}

/// A file of keys, and the key that is derived from the master key.
type KeyFile = (PathBuf, [u8; 32]);

fn keks(config: &Config) -> Result<KeyFile, Failed> {
    let master = master_key::read(&config.master_key_file).map_err(failed)?;
    let first = Keyring::derive(&master).first_kek();
    Ok((key_file::of_keks(&config.master_key_file), first))
}

fn blind_keys(config: &Config) -> Result<KeyFile, Failed> {
    let master = master_key::read(&config.master_key_file).map_err(failed)?;
    let first = Keyring::derive(&master).first_blind_key();
    Ok((key_file::of_blind_keys(&config.master_key_file), first))
}

/// How many keys of workers are under each version.
fn counted(config: &Config) -> Result<Vec<(u16, u64)>, Failed> {
    let counted = Store::at(&config.database).read(sealed::keys_by_version);
    counted.map_err(failed)
}

/// How many workers are found by each version of the blind-index key by a name, how many by documents, how many
/// engagements, and how many documents of bans; and which versions are in use.
struct FoundBy {
    names: Vec<(u16, u64)>,
    documents: Vec<(u16, u64)>,
    engagements: Vec<(u16, u64)>,
    bans: Vec<(u16, u64)>,
    keys: BlindKeys,
}

impl FoundBy {
    fn read(config: &Config) -> Result<Self, Failed> {
        let read = Store::at(&config.database).read(|reader| {
            reader.snapshot(|reader| {
                Ok(Self {
                    names: names::by_version(reader)?,
                    documents: documents::by_version(reader)?,
                    engagements: employers::by_version(reader)?,
                    bans: bans::documents_by_version(reader)?,
                    keys: blind::recorded(reader)?,
                })
            })
        });
        read.map_err(failed)
    }

    fn all(&self) -> [(&'static str, &[(u16, u64)]); 4] {
        [
            ("names", &self.names),
            ("documents", &self.documents),
            ("engagements", &self.engagements),
            ("bans", &self.bans),
        ]
    }

    /// How many there are of each kind under one version.
    fn under(&self, version: u16) -> [(&'static str, u64); 4] {
        self.all().map(|(what, rows)| {
            let rows = rows.iter().find(|(of, _)| *of == version);
            (what, rows.map_or(0, |(_, rows)| *rows))
        })
    }

    fn under_others(&self, active: Option<u16>) -> u64 {
        let rows = self.all().into_iter().flat_map(|(_, rows)| rows);
        let others = rows.filter(|(version, _)| Some(*version) != active);
        others.map(|(_, rows)| rows).sum()
    }
}

fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Standby => "standby",
        Standing::Active => "active",
    }
}

impl Show {
    fn run(self) -> Result<ExitCode, Failed> {
        let config = super::settings(&self.settings)?.config;
        let (path, first) = keks(&config)?;
        let listed = key_file::list(&path, first).map_err(failed)?;
        let counted = counted(&config)?;
        let keks = listed.into_iter().map(|(version, stands)| {
            let keys = counted.iter().find(|(of, _)| *of == version);
            (version, standing(stands), keys.map_or(0, |(_, keys)| *keys))
        });
        let (path, first) = blind_keys(&config)?;
        let listed = key_file::list(&path, first).map_err(failed)?;
        let found_by = FoundBy::read(&config)?;
        let blind = listed.into_iter().map(|(version, stands)| {
            let used = if version == found_by.keys.active {
                "in use"
            } else if Some(version) == found_by.keys.former {
                "former"
            } else {
                "not in use"
            };
            (version, standing(stands), used, found_by.under(version))
        });
        if self.json {
            let keks = keks.map(|(version, standing, keys)| {
                json!({ "version": version, "standing": standing, "workers": keys })
            });
            let blind = blind.map(|(version, standing, _, rows)| {
                let rows: serde_json::Map<_, _> = rows
                    .into_iter()
                    .map(|(what, rows)| (what.to_owned(), json!(rows)))
                    .collect();
                json!({ "version": version, "standing": standing, "found_by": rows })
            });
            terminal::answer_json(&json!({
                "keks": keks.collect::<Vec<_>>(),
                "blind_keys": blind.collect::<Vec<_>>(),
                "blind_key_in_use": found_by.keys.active,
                "blind_key_before": found_by.keys.former,
            }))?;
        } else {
            let keks = keks.map(|(version, standing, keys)| {
                format!("kek {version}  {standing}  {keys} workers")
            });
            let blind = blind.map(|(version, standing, used, rows)| {
                let rows = rows.map(|(what, rows)| format!("{rows} {what}"));
                format!(
                    "blind key {version}  {standing}, {used}  {}",
                    rows.join(", ")
                )
            });
            terminal::answer(&keks.chain(blind).collect::<Vec<_>>().join("\n"))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Adds a key, or begins to use one. Says what is to be done next.
fn rotated((path, first): KeyFile, prepare: bool, next: &str) -> Result<ExitCode, Failed> {
    let version = if prepare {
        key_file::prepare(&path, first, &RealEnvironment)
    } else {
        key_file::rotate(&path, first, &RealEnvironment)
    };
    let version = version.map_err(failed)?;
    let shown = path.display();
    terminal::say(&if prepare {
        format!(
            "Version {version} is in {shown} and not used yet. Copy the file to every node, then run this again without --prepare."
        )
    } else {
        format!(
            "Version {version} in {shown} is used from now on. Make a back-up of the file. {next}"
        )
    });
    Ok(ExitCode::SUCCESS)
}

impl RotateKek {
    fn run(self) -> Result<ExitCode, Failed> {
        let config = super::settings(&self.settings)?.config;
        let next = "When `portcullis keys show` has no worker under an older one, run `portcullis keys retire-kek`.";
        rotated(keks(&config)?, self.prepare, next)
    }
}

impl RotateBlindKey {
    fn run(self) -> Result<ExitCode, Failed> {
        let config = super::settings(&self.settings)?.config;
        let (path, first) = blind_keys(&config)?;
        let newest = newest(&path, first)?;
        let keys = FoundBy::read(&config)?.keys;
        if keys.former.is_some() || newest > Some(keys.active) {
            return Err(Failed::new(
                "The key is being changed already. A running server goes on with it; try again when `portcullis keys show` says that nothing is found by the former one.",
            ));
        }
        let next = "When `portcullis keys show` has nothing under an older one, run `portcullis keys retire-blind-key`.";
        rotated((path, first), self.prepare, next)
    }
}

/// The newest key in the file that is not on standby.
fn newest(path: &Path, first: [u8; 32]) -> Result<Option<u16>, Failed> {
    let listed = key_file::list(path, first).map_err(failed)?;
    let mut active = listed.iter().rev();
    let active = active.find(|(_, standing)| *standing == Standing::Active);
    Ok(active.map(|(version, _)| *version))
}

impl RetireKek {
    fn run(self) -> Result<ExitCode, Failed> {
        let config = super::settings(&self.settings)?.config;
        let (path, first) = keks(&config)?;
        let active = newest(&path, first)?;
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
        retired(&path, first)
    }
}

impl RetireBlindKey {
    fn run(self) -> Result<ExitCode, Failed> {
        let config = super::settings(&self.settings)?.config;
        let (path, first) = blind_keys(&config)?;
        let newest = newest(&path, first)?;
        let found_by = FoundBy::read(&config)?;
        let under_others = found_by.under_others(newest);
        if under_others > 0 {
            return Err(Failed::new(format!(
                "{under_others} names, documents and engagements are still found by another key than the newest. A running server hashes them anew; try again when `portcullis keys show` says that it has."
            )));
        }
        // A network without a person has nothing under any key, and yet says in the ledger which one is used.
        let BlindKeys { active, former } = found_by.keys;
        if newest != Some(active) || former.is_some() {
            return Err(Failed::new(
                "The former key is in use still: no server has said in the ledger that it is not. Try again a little later.",
            ));
        }
        retired(&path, first)
    }
}

fn retired(path: &Path, first: [u8; 32]) -> Result<ExitCode, Failed> {
    key_file::retire(path, first).map_err(failed)?;
    terminal::say(
        "The old keys are taken out. Copy the file to every node, and replace its back-ups.",
    );
    Ok(ExitCode::SUCCESS)
}
