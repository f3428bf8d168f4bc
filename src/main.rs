//! The commands.

use std::net::SocketAddr;
use std::process::ExitCode;

use clap::Parser;
use portcullis::demo::{self, DemoOptions};

/// Shared screened-worker records and credential revocations for the ports of one network.
#[derive(Parser)]
enum Command {
    /// Run a network of invented workers with live traffic, on a database that is removed at the end.
    Demo {
        /// Play the story and end: exit code 0 if every answer was as told, else 1.
        #[arg(long)]
        story: bool,
        /// How many workers.
        #[arg(long, default_value_t = 50_000, value_parser = clap::value_parser!(u32).range(100..=999_999))]
        workers: u32,
        /// Address and port of the API.
        #[arg(long)]
        listen: Option<SocketAddr>,
        /// Address and port of /metrics.
        #[arg(long)]
        metrics_listen: Option<SocketAddr>,
    },
}

fn main() -> ExitCode {
    let Command::Demo {
        story,
        workers,
        listen,
        metrics_listen,
    } = Command::parse();
    demo::run(&DemoOptions {
        listen,
        metrics_listen,
        workers,
        story,
    })
}
