//! The demonstration: a whole network of invented workers in one command, with live traffic and a story to follow.
//!
//! It is the real thing on a database in a folder that is removed at the end: the real node, the real server, and clients
//! that come in by the front door. Only the workers are brought in by [`seed`], past the HTTP server and through the door
//! for changes.
//!
//! * [`plan`], [`network`]: who and where. [`people`], [`cards`]: the workers and their badges, the same ones each time.
//! * [`cases`]: what officers and HR have in hand, a case in every state.
//! * [`story`]: what the issuer of a badge can do about it, played or, by [`guide`], printed to be followed.
//! * [`traffic`]: the gates at work. [`screen`]: what is seen of it.
//! * [`setup`]: putting it up and taking it down.

pub mod api;
mod cards;
mod cases;
mod environment;
mod guide;
mod network;
mod people;
mod plan;
mod screen;
mod seed;
mod setup;
pub mod story;
#[cfg(test)]
mod tests;
mod traffic;

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use indicatif::HumanCount;

use network::{Machines, Network};
use people::Crowd;
use plan::{MEMBERS, NORTH_SEA_PORT};
use setup::GATE;
pub use setup::on_stage;
use story::Stage;

/// How the demonstration is to be.
#[derive(Debug, Clone)]
pub struct DemoOptions {
    /// Where the API listens. If not said: 127.0.0.1:8080, or any free port when that is taken or the story is played.
    pub listen: Option<SocketAddr>,
    /// Where the metrics are. If not said: 127.0.0.1:9464, or any free port likewise.
    pub metrics_listen: Option<SocketAddr>,
    /// How many workers there are; see [`WORKERS`].
    pub workers: u32,
    /// Play the story and end, instead of leaving it to whoever watches.
    pub story: bool,
}

impl Default for DemoOptions {
    fn default() -> Self {
        Self {
            listen: None,
            metrics_listen: None,
            workers: 50_000,
            story: false,
        }
    }
}

/// How many workers there can be. Fewer would leave a member without; more do not fit the numbers of some cards.
pub const WORKERS: std::ops::RangeInclusive<u32> = 100..=999_000;

/// Why the demonstration did not go on. A sentence.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Failed(String);

impl Failed {
    fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }

    fn because(what: &str, cause: &dyn std::fmt::Display) -> Self {
        Self(format!("{what}: {cause}."))
    }
}

impl From<crate::service::Error> for Failed {
    fn from(error: crate::service::Error) -> Self {
        let cause = error.cause.map(|cause| format!(" ({cause})"));
        Self(format!("{}{}", error.detail, cause.unwrap_or_default()))
    }
}

/// Runs the demonstration until it is stopped, or plays the story and ends. 0 if it was stopped, or every answer of the
/// story was as told; 1 if one was not, or something failed.
pub fn run(options: &DemoOptions) -> ExitCode {
    screen::say(&format!(
        "{} The organisations exist. Workers, badges and terminals do not.\n",
        screen::loud("DEMO DATA")
    ));
    let done = tokio::runtime::Runtime::new()
        .map_err(|error| Failed::because("The runtime could not be started", &error))
        .and_then(|runtime| {
            runtime.block_on(on_stage(options, async |demo| {
                if options.story {
                    let steps = story::steps(&demo.stage);
                    story::play(&demo.stage, &steps, screen::say).await
                } else {
                    demo.show().await
                }
            }))
        });
    match done {
        Ok(Some(true)) => ExitCode::SUCCESS,
        // Stopped by a signal: a story that was not played to its end did not go as told.
        Ok(None) if !options.story => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(failed) => {
            let _ = writeln!(std::io::stderr(), "error: {failed}");
            ExitCode::FAILURE
        }
    }
}

/// A demonstration that runs.
pub struct Demo {
    /// Who and what the story is told with.
    pub stage: Stage,
    network: Arc<Network>,
    crowd: Arc<Crowd>,
    machines: Machines,
    cast: cases::Cast,
    metrics_url: String,
    folder: PathBuf,
    ready_after: Duration,
}

impl Demo {
    /// Puts the network on the screen and opens the gates. Ends only when it is stopped.
    async fn show(&self) -> Result<bool, Failed> {
        let program = std::env::current_exe()
            .map_err(|error| Failed::because("The path of this program is not known", &error))?;
        let (url, folder) = (&self.stage.url, self.folder.display());
        screen::say(&format!(
            "{} workers of {} members, {} gates; ready after {:.1} s.\n\n\
             API      {url}\nDocs     {url}/docs\nMetrics  {}/metrics\n\
             Secrets  {folder}  (gone when this ends)\n\n\
             A story to follow. Paste into another shell:\n",
            HumanCount(self.crowd.len().into()),
            self.network.members.len(),
            self.network.gates.len(),
            self.ready_after.as_secs_f64(),
            self.metrics_url,
        ));
        let officer = format!("{}-officer", MEMBERS[NORTH_SEA_PORT].short);
        let files = guide::Files {
            gate: &self.folder.join(GATE),
            officer: &self.folder.join(officer),
        };
        let steps = story::steps(&self.stage);
        screen::say(&guide::guide(&self.stage, &steps, &program, &files));
        screen::say(&guide::work(&self.stage.url, &self.folder, &self.cast));
        screen::say("The gates are open. Ctrl-C ends it and removes everything.\n");
        let tally = Arc::new(traffic::Tally::default());
        let api = api::Api::at(url)?;
        let gates = &self.machines.gates;
        let _traffic = traffic::Traffic::start(&api, &self.network, &self.crowd, gates, &tally);
        screen::watch(&tally).await;
        Ok(true)
    }
}
