//! `portcullis serve`.

use std::process::ExitCode;

use crate::config::{Config, Flags};

/// Run the server.
///
/// It runs until SIGTERM or SIGINT, and then ends what is under way, for at most --drain-seconds.
#[derive(clap::Args)]
#[command(after_help = super::EXIT_CODES)]
pub struct Serve {
    #[command(flatten)]
    pub settings: Flags,
}

/// Runs the server with these settings.
pub fn run(config: Config) -> ExitCode {
    if let Err(failed) = crate::telemetry::start(&config) {
        super::terminal::say(&failed.to_string());
        return ExitCode::from(super::WRONG_USAGE);
    }
    match crate::app::serve(&config) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = %error, "the server stopped");
            ExitCode::from(super::NOT_DONE)
        }
    }
}
