//! `portcullis serve`.

use std::process::ExitCode;

use crate::config::{Config, Flags};

/// Run the server.
///
/// It runs until SIGTERM or SIGINT. Then /readyz says 503 while everything else is answered, so that load balancers turn
/// away; then it ends what is under way. Together that takes at most --drain-seconds; a second signal ends the first part.
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
