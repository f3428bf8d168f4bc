//! `portcullis init`.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use super::{Failed, terminal, wait};
use crate::access::keyring::Keyring;
use crate::access::master_key;
use crate::config::{Config, Flags};
use crate::domain::ids::{ClientId, MemberId};
use crate::domain::network::{Locode, MemberKind};
use crate::domain::text::Name;
use crate::environment::RealEnvironment;
use crate::service::clients::Secret;
use crate::service::seen::{Note, Seen};
use crate::service::setup::{self, First};
use crate::store::{Store, ledger};

/// Begin a network: database, keys, first member and first administrator.
///
/// Makes the state folder and the master key, brings up the database, begins the ledger, and adds the first member with
/// the client of its network administrator.
///
/// The client's secret is printed this once and kept nowhere. Refuses a database in which a network has begun.
#[derive(clap::Args)]
#[command(after_help = super::EXIT_CODES)]
pub struct Init {
    /// Name of the member that runs the network.
    #[arg(long, value_name = "NAME", value_parser = Name::parse)]
    member_name: Name,
    /// What kind of organisation it is.
    #[arg(long, value_name = "KIND", value_enum, default_value = "authority")]
    member_kind: Kind,
    /// UN/LOCODE of a place that it manages, such as BEANR; may be repeated.
    #[arg(long = "locode", value_name = "LOCODE")]
    locodes: Vec<Locode>,
    /// Name of its first client.
    #[arg(long, value_name = "NAME", value_parser = Name::parse, default_value = "First network administrator")]
    client_name: Name,
    /// Let one person issue this member's credentials, which are then good at once. Otherwise a second one grants each, and it is
    /// good when it was handed over.
    #[arg(long)]
    issues_by_one: bool,
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

#[derive(Clone, Copy, clap::ValueEnum)]
#[value(rename_all = "snake_case")]
enum Kind {
    /// Manages a seaport.
    PortAuthority,
    /// Manages an inland port.
    InlandPort,
    /// Manages waterways and their locks.
    WaterwayManager,
    /// A public authority.
    Authority,
}

impl From<Kind> for MemberKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::PortAuthority => Self::PortAuthority,
            Kind::InlandPort => Self::InlandPort,
            Kind::WaterwayManager => Self::WaterwayManager,
            Kind::Authority => Self::Authority,
        }
    }
}

impl Init {
    pub fn run(self) -> Result<ExitCode, Failed> {
        let config = super::settings(&self.settings)?.config;
        make_folder(&config.state_dir)?;
        let store = Store::at(&config.database);
        // Before a key is made: a new key beside an old database would only mislead.
        setup::refuse_if_begun(&store).map_err(refused)?;
        let master = master_key::read_or_make(&config.master_key_file, &RealEnvironment)
            .map_err(|error| Failed::new(error.to_string()))?;
        // Also before: the secret is given once, so where it goes must stand open.
        let file = self.credentials_file.as_deref();
        let file = file
            .map(|path| new_file(path).map(|file| (path, file)))
            .transpose()?;
        let first = First {
            name: self.member_name,
            kind: self.member_kind.into(),
            locodes: self.locodes,
            client: self.client_name,
            approves_issues: !self.issues_by_one,
        };
        let keyring = Arc::new(Keyring::derive(&master));
        let note_keyring = keyring.clone();
        let begun = wait(async {
            let begun = setup::init(&store, keyring, Arc::new(RealEnvironment), first).await;
            begun.map_err(refused)
        });
        if let (Err(_), Some((path, _))) = (&begun, &file) {
            // Empty and of no use. If it stays, the next call says so.
            let _ = std::fs::remove_file(path);
        }
        let begun = begun?;
        let admin = (begun.member, begun.client, &begun.secret);
        let lost = "The network has begun: remove the database and run `portcullis init` again.";
        hand_over(admin, file, self.json, lost)?;
        note(&store, &note_keyring, &config)?;
        terminal::say(&advice(&config));
        Ok(ExitCode::SUCCESS)
    }
}

/// Notes the new ledger as the last one that this node has seen: a note of a network before it would keep it from starting.
fn note(store: &Store, keyring: &Keyring, config: &Config) -> Result<(), Failed> {
    let failed = |error: &dyn std::fmt::Display| {
        let shown = config.state_dir.display();
        Failed::new(format!(
            "The network has begun, but how far its ledger goes could not be noted in {shown}: {error}. If there is a file \
             last-head from a network before, remove it."
        ))
    };
    let head = store.read(ledger::head).map_err(|error| failed(&error))?;
    let seen = head.as_ref().map(Seen::of);
    let note = Note::in_folder(&config.state_dir);
    seen.map_or(Ok(()), |seen| note.write(&seen, keyring))
        .map_err(|error| failed(&error))
}

/// Tells who asked the new administrator's member, client and secret, which are nowhere else. `lost` is what to do when they
/// could not be told.
pub(super) fn hand_over(
    (member, client, secret): (MemberId, ClientId, &Secret),
    file: Option<(&Path, File)>,
    json: bool,
    lost: &str,
) -> Result<(), Failed> {
    let credentials = serde_json::json!({
        "member": member,
        "client_id": client,
        "client_secret": secret.reveal(),
    });
    match file {
        Some((path, mut file)) => {
            let written = writeln!(file, "{credentials}").and_then(|()| file.sync_all());
            let shown = path.display();
            written.map_err(|error| {
                Failed::new(format!(
                    "The credentials could not be written to {shown}: {error}. {lost}"
                ))
            })?;
            let public = serde_json::json!({
                "member": member, "client_id": client, "credentials_file": shown.to_string(),
            });
            if json {
                terminal::answer_json(&public)
            } else {
                terminal::answer(&format!(
                    "member            {member}\nclient_id         {client}\ncredentials_file  {shown}",
                ))
            }
        }
        None if json => terminal::answer_json(&credentials),
        None => terminal::answer(&format!(
            "member         {member}\nclient_id      {client}\nclient_secret  {}",
            secret.reveal()
        )),
    }
}

fn advice(config: &Config) -> String {
    format!(
        "The network has begun. The client's secret is kept nowhere else: put it away safely now.\nMake a back-up of {} that \
         lies elsewhere than those of the database: without it no record can be read.\nNext: portcullis serve, with the same settings",
        config.master_key_file.display()
    )
}

fn refused(error: setup::Refused) -> Failed {
    let hint = match &error {
        setup::Refused::Begun => {
            " Use the administrator's credentials that were given then, or another database."
        }
        setup::Refused::Store(_) => {
            " Look at the setting `database`, and whether the database is running."
        }
        setup::Refused::Change(_) | setup::Refused::Thread(_) => "",
    };
    let cause = match &error {
        setup::Refused::Change(error) => error.cause.as_ref().map(|cause| format!(" ({cause})")),
        _ => None,
    };
    let text = error.to_string();
    let end = if text.ends_with('.') { "" } else { "." };
    Failed::new(format!("{text}{end}{}{hint}", cause.unwrap_or_default()))
}

fn make_folder(path: &Path) -> Result<(), Failed> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|error| {
        let shown = path.display();
        Failed::new(format!(
            "The folder {shown} could not be made: {error}. Name another with --state-dir."
        ))
    })
}

pub(super) fn new_file(path: &Path) -> Result<File, Failed> {
    let opened = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    opened.map_err(|error| {
        Failed::new(format!(
            "The credentials file {} could not be made: {error}. Nothing was done.",
            path.display()
        ))
    })
}
