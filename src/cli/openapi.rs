//! `portcullis openapi`.

use std::process::ExitCode;

use super::{Failed, terminal};

/// Where the description lies in the sources.
const FILE: &str = "openapi/portcullis.yaml";

/// Print the OpenAPI 3.1 description of the API as YAML.
#[derive(clap::Args)]
#[command(
    after_help = "Exit codes: 0 done; 1 with --check, the file differs or is not there; 2 the command line is wrong."
)]
pub struct Openapi {
    /// Print nothing, and fail if openapi/portcullis.yaml under the current folder is not this description.
    #[arg(long)]
    check: bool,
}

impl Openapi {
    pub fn run(self) -> Result<ExitCode, Failed> {
        let made = crate::http::openapi::yaml().map_err(Failed::new)?;
        if !self.check {
            terminal::answer(made.trim_end())?;
            return Ok(ExitCode::SUCCESS);
        }
        match std::fs::read_to_string(FILE) {
            Ok(kept) if kept.trim_end() == made.trim_end() => Ok(ExitCode::SUCCESS),
            Ok(_) => Err(Failed::new(format!(
                "{FILE} is not what the program describes. Write it anew: portcullis openapi > {FILE}"
            ))),
            Err(error) => Err(Failed::new(format!(
                "{FILE} could not be read: {error}. Run this in the folder of the sources."
            ))),
        }
    }
}
