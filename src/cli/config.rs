//! `portcullis config`.

use std::process::ExitCode;

use super::{Failed, terminal};
use crate::config::Flags;

#[derive(clap::Subcommand)]
pub enum Command {
    /// Say whether a server could start with these settings.
    #[command(
        after_help = "Exit codes: 0 it could; 2 it could not, and stderr has one sentence for each wrong setting."
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
                super::settings(&settings)?;
                terminal::answer("The settings are good.")?;
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
