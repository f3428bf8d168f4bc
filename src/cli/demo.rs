//! `portcullis demo`.

use std::net::SocketAddr;
use std::process::ExitCode;

use crate::demo::{self, DemoOptions};

/// Run a whole network of invented workers, with live traffic and a story to follow.
///
/// Everything lies in a temporary folder that is removed at the end.
#[derive(clap::Args)]
#[command(
    after_help = "Exit codes: 0 it was stopped, or every answer of the story was as told; 1 an answer was not, or something \
    failed; 2 the command line is wrong."
)]
pub struct Demo {
    /// Play the story and end.
    #[arg(long)]
    story: bool,
    /// How many workers, 100 to 999000.
    #[arg(long, default_value_t = DemoOptions::default().workers, value_parser = workers())]
    workers: u32,
    /// Address and port of the API. Default: 127.0.0.1:8080, or a free port when that is taken or the story is played.
    #[arg(long)]
    listen: Option<SocketAddr>,
    /// Address and port of /metrics. Default: 127.0.0.1:9464, or a free port likewise.
    #[arg(long)]
    metrics_listen: Option<SocketAddr>,
}

fn workers() -> impl clap::builder::TypedValueParser<Value = u32> {
    let (least, most) = demo::WORKERS.into_inner();
    clap::value_parser!(u32).range(i64::from(least)..=i64::from(most))
}

impl Demo {
    pub fn run(self) -> ExitCode {
        demo::run(&DemoOptions {
            listen: self.listen,
            metrics_listen: self.metrics_listen,
            workers: self.workers,
            story: self.story,
        })
    }
}
