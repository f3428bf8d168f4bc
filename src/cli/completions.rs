//! `portcullis completions`.

use std::process::ExitCode;

use clap::CommandFactory;

use super::{Cli, Failed, terminal};

/// Print the completion script of a shell, to be put where the shell looks for it.
#[derive(clap::Args)]
#[command(after_help = super::EXIT_CODES)]
pub struct Completions {
    /// Which shell.
    #[arg(value_enum)]
    shell: clap_complete::Shell,
}

impl Completions {
    pub fn run(self) -> Result<ExitCode, Failed> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "portcullis", &mut script);
        terminal::answer(String::from_utf8_lossy(&script).trim_end())?;
        Ok(ExitCode::SUCCESS)
    }
}
