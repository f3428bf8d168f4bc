//! `portcullis verify`.

use std::path::Path;
use std::process::ExitCode;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::{Failed, terminal};
use crate::app::read_master_key;
use crate::config::Flags;
use crate::service::verify::{Failure, verify, verify_sealed};
use crate::store::backend::sqlite_path;
use crate::store::migrate;
use crate::store::{Store, StoreError};

/// Prove that ledger and tables are whole.
///
/// Reads every entry of the ledger again, computes the tree over them anew and compares it with the head, and compares
/// what the entries add up to with every table, row by row. Where the master key can be read it opens every seal, too, that
/// of the head first, and compares the staff numbers with what is under them. Names the first thing that is bad.
///
/// Reads only, and may run beside a server.
#[derive(clap::Args)]
#[command(
    after_help = "Exit codes: 0 all is whole; 3 something is damaged, and it is named; 1 it could not be looked at; \
    2 the command line or a setting is wrong."
)]
pub struct Verify {
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: Flags,
}

/// What is said of what only the master key opens.
const UNSEEN: &str = "not looked at: the master key cannot be read here";
/// Something is damaged.
const DAMAGED: u8 = 3;

impl Verify {
    pub fn run(self) -> Result<ExitCode, Failed> {
        let config = super::settings(&self.settings)?.config;
        // SQLite would make an empty database where there is none.
        if sqlite_path(&config.database).is_some_and(|path| !Path::new(path).exists()) {
            return Err(Failed::new(
                "There is no database file where the setting `database` says. Look at `portcullis config show`.",
            ));
        }
        let mut reader = Store::at(&config.database).reader().map_err(unreadable)?;
        // What another version of the program means by its tables is not known here.
        if let Err(StoreError::Schema(why)) = migrate::check_current(&mut reader) {
            return Err(Failed::new(format!("Nothing was verified: {why}.")));
        }
        let bar = ProgressBar::new(0).with_style(style());
        // Whoever only watches over the ledger need not have the key: then what is under it is left out, and it is said.
        let keyring = read_master_key(&config.master_key_file).ok();
        let found = verify(&mut reader, keyring.as_ref(), |done, total| {
            bar.set_length(total);
            bar.set_position(done);
            if done == total {
                bar.set_message("comparing the tables");
            }
        });
        let found = found.and_then(|report| {
            let sealed = keyring
                .as_ref()
                .map(|keyring| verify_sealed(&mut reader, keyring));
            Ok((report, sealed.transpose()?))
        });
        bar.finish_and_clear();
        match found {
            Ok((report, staff_numbers)) => {
                if self.json {
                    terminal::answer_json(&json!({
                        "whole": true,
                        "report": report,
                        "seal": keyring.as_ref().map(|_| true),
                        "staff_numbers": staff_numbers,
                    }))?;
                } else {
                    let whole = terminal::paint("whole", terminal::GREEN);
                    let mut rows = vec![
                        vec!["ledger".into(), format!("{whole}, {} entries", report.seq)],
                        vec!["numbering".into(), report.r#gen.to_string()],
                        vec!["root".into(), report.root],
                        vec![
                            "seal".into(),
                            if keyring.is_some() {
                                whole.to_string()
                            } else {
                                UNSEEN.into()
                            },
                        ],
                    ];
                    rows.extend(report.rows.iter().map(|(table, count)| {
                        vec![(*table).to_owned(), format!("{whole}, {count} rows")]
                    }));
                    rows.push(vec![
                        "staff_numbers".into(),
                        match staff_numbers {
                            Some(count) => format!("{whole}, {count} rows"),
                            None => UNSEEN.into(),
                        },
                    ]);
                    terminal::answer(&terminal::table(&rows))?;
                }
                Ok(ExitCode::SUCCESS)
            }
            Err(Failure::Damaged(damage)) => {
                if self.json {
                    terminal::answer_json(
                        &json!({ "whole": false, "damage": damage, "says": damage.to_string() }),
                    )?;
                } else {
                    terminal::answer(&format!(
                        "{}: {damage}",
                        terminal::paint("damaged", terminal::RED)
                    ))?;
                    terminal::say(
                        "Stop the servers, keep a copy of the database as it is for the inquiry, and restore the last back-up that verifies.",
                    );
                }
                Ok(ExitCode::from(DAMAGED))
            }
            Err(Failure::Store(error)) => Err(unreadable(error)),
            Err(nothing @ Failure::NoLedger) => Err(Failed::new(format!("{nothing}."))),
        }
    }
}

fn unreadable(error: StoreError) -> Failed {
    Failed::new(format!(
        "The database could not be read: {error}. Look at the setting `database`, and whether the database is running and was \
         begun by this version of the program."
    ))
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{bar:40} {human_pos}/{human_len} entries {eta} {msg}")
        .expect("the template is right")
}
