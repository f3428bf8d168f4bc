//! `portcullis clients`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::init::{hand_over, new_file};
use super::{Failed, terminal, wait};
use crate::app::{self, Node};
use crate::config::Flags;
use crate::domain::ids::MemberId;
use crate::domain::network::Administrators;
use crate::domain::text::Name;
use crate::ledger::entry::Actor;
use crate::service::Code;
use crate::service::administrators;
use crate::store::backend::sqlite_path;

/// Clients, as the operator makes them.
#[derive(clap::Subcommand)]
pub enum Command {
    Recover(Recover),
}

/// Make a new administrator where nobody can get in any more.
///
/// Where a member or the network had two administrators, it takes two to add another. If they are gone, nobody can: then this
/// makes a new person with a client that administers. Run it twice if both are gone, for two people. The ledger says that it
/// was the operator who did it, and when.
///
/// Works on the database with the keys of a server. On SQLite stop the server first; on PostgreSQL it works while servers run.
/// The client's secret is printed this once and kept nowhere.
#[derive(clap::Args)]
#[command(after_help = super::EXIT_CODES)]
pub struct Recover {
    /// For which member the administrator acts.
    #[arg(long, value_name = "ID")]
    member: MemberId,
    /// Make an administrator of the network, who acts for this member.
    #[arg(long)]
    network: bool,
    /// Name of the client.
    #[arg(long, value_name = "NAME", value_parser = Name::parse, default_value = "Recovered administrator")]
    client_name: Name,
    /// Write the credentials to this new file, readable by its owner only, instead of to stdout. `--client-secret-file`
    /// of other commands takes it.
    #[arg(long, value_name = "FILE")]
    credentials_file: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: Flags,
}

impl Command {
    pub fn run(self) -> Result<ExitCode, Failed> {
        match self {
            Self::Recover(recover) => recover.run(),
        }
    }
}

impl Recover {
    fn run(self) -> Result<ExitCode, Failed> {
        let config = super::settings(&self.settings)?.config;
        let told = |error: &dyn std::fmt::Display| Failed::new(error.to_string());
        let settings = app::node_settings(&config).map_err(|error| told(&error))?;
        // SQLite would make an empty database where there is none.
        if sqlite_path(&config.database).is_some_and(|path| !Path::new(path).exists()) {
            return Err(Failed::new(
                "There is no database file where the setting `database` says. Look at `portcullis config show`.",
            ));
        }
        let node = Node::start(settings, &mut |_, _| {}).map_err(|error| told(&error))?;
        // Before anything is made: the secret is given once, so where it goes must stand open.
        let path = self.credentials_file.as_deref();
        let file = path.map(|path| new_file(path).map(|file| (path, file)));
        let made = file.transpose().and_then(|file| {
            let (member, name) = (self.member, self.client_name);
            let of = if self.network {
                Administrators::Network
            } else {
                Administrators::Member
            };
            let work = node.services.door.change(Actor::System, move |tx| {
                administrators::recover(tx, member, of, name.clone())
            });
            let made = wait(async { work.await.map_err(refused) });
            if let (Err(_), Some((path, _))) = (&made, &file) {
                // Empty and of no use. If it stays, the next call says so.
                let _ = std::fs::remove_file(path);
            }
            Ok((made?, file))
        });
        node.stop();
        let ((client, secret), file) = made?;
        let admin = (client.member, client.id, &secret);
        let lost = "The administrator is there. Mend that, run this again for another one, and revoke the first.";
        hand_over(admin, file, self.json, lost)?;
        terminal::say(
            "A new administrator is there. The client's secret is kept nowhere else: put it away safely now.\nFind out whose power was misused or lost, and revoke those clients.",
        );
        Ok(ExitCode::SUCCESS)
    }
}

fn refused(error: crate::service::Error) -> Failed {
    let hint = match error.code {
        Code::NotFound => " `portcullis init` said the identifier, or GET /v1/members does.",
        _ => "",
    };
    let cause = error.cause.as_ref().map(|cause| format!(" ({cause})"));
    Failed::new(format!(
        "{}{}{hint}",
        error.detail,
        cause.unwrap_or_default()
    ))
}
