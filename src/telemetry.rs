//! Log lines: to stderr, as JSON or for reading.

use std::io::{IsTerminal, stderr};

use tracing_subscriber::EnvFilter;

use crate::config::{Config, LogFormat};

/// Log lines cannot be written as the settings say.
#[derive(Debug, thiserror::Error)]
pub enum Failed {
    /// The setting `log_level` is wrong.
    #[error("The setting `log_level` cannot be read: {0}.")]
    Level(#[from] tracing_subscriber::filter::ParseError),
    /// It was begun before.
    #[error("Log lines are written already.")]
    Twice,
}

/// Whoever reaches the port can send what is not HTTP as often as they like, and the server's library calls each an error of
/// its own. Whoever looks for one asks for it: `info,actix_http::h1::dispatcher=error`.
const QUIET: &str = "actix_http::h1::dispatcher=off,actix_http::h1::decoder=off";

/// Begins to write log lines. Once in a process.
pub fn start(config: &Config) -> Result<(), Failed> {
    let terminal = stderr().is_terminal();
    let json = match config.log_format {
        LogFormat::Auto => !terminal,
        LogFormat::Json => true,
        LogFormat::Pretty => false,
    };
    // https://no-color.org: set to anything but nothing.
    let colour = terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let lines = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_new(format!("{QUIET},{}", config.log_level))?)
        .with_writer(stderr)
        // When who reads them has gone there is nobody to tell; trying to would panic, and end the thread that had a line to
        // write: the one that hears signals, for one.
        .log_internal_errors(false)
        .with_ansi(colour);
    let started = if json {
        lines.json().flatten_event(true).try_init()
    } else {
        lines.try_init()
    };
    started.map_err(|_| Failed::Twice)
}
