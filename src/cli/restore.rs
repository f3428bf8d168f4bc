//! `portcullis restore`.

use std::io::{IsTerminal, stdin};
use std::path::Path;
use std::process::ExitCode;

use super::{Failed, terminal};
use crate::app::{lock_file, read_master_key};
use crate::config::Flags;
use crate::environment::RealEnvironment;
use crate::service::restore::{look, restore};
use crate::service::seen::{Note, Seen};
use crate::store::backend::sqlite_path;
use crate::store::ledger::Head;
use crate::store::{Store, StoreError};

/// Go on from a back-up of the database that was put back on purpose.
///
/// A node refuses to start from a database that is older than what it has seen, as that is how revocations are undone. This
/// says that it is meant so: the ledger goes on from where the back-up ends, under a new numbering, and says so in an entry.
/// Stop all nodes first, and start them after it.
///
/// What was revoked after the back-up is good again until it is revoked anew.
#[derive(clap::Args)]
#[command(after_help = super::EXIT_CODES)]
pub struct Restore {
    /// Do it without asking.
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    settings: Flags,
}

/// What is typed to go on.
const WORD: &str = "restore";

impl Restore {
    pub fn run(self) -> Result<ExitCode, Failed> {
        let config = super::settings(&self.settings)?.config;
        let told = |error: &dyn std::fmt::Display| Failed::new(error.to_string());
        let keyring = read_master_key(&config.master_key_file).map_err(|error| told(&error))?;
        let file = sqlite_path(&config.database);
        // SQLite would make an empty database where there is none.
        if file.is_some_and(|path| !Path::new(path).exists()) {
            return Err(Failed::new(
                "There is no database file where the setting `database` says. Look at `portcullis config show`.",
            ));
        }
        let _lock = file
            .map(lock_file)
            .transpose()
            .map_err(|error| told(&error))?;
        let note = Note::in_folder(&config.state_dir);
        let seen = note.read(&keyring).map_err(|error| told(&error))?;
        let store = Store::at(&config.database);
        let found = look(&store, &keyring).map_err(refused)?;

        terminal::say(&lost(&found, seen.as_ref()));
        if !self.yes && !confirmed()? {
            return Err(Failed::new("Nothing was changed."));
        }
        let head = restore(&store, &keyring, &RealEnvironment, &found, seen.as_ref());
        let head = head.map_err(refused)?;
        note.write(&Seen::of(&head), &keyring).map_err(|error| {
            Failed::new(format!(
                "The ledger was restored, but that could not be noted in {}: {error}. Mend that, and remove the file last-head \
                 there before the next start.",
                config.state_dir.display()
            ))
        })?;
        terminal::answer(&format!(
            "The ledger goes on as {} with entry {}. Start the nodes, and make the lost revocations again first of all.",
            head.r#gen,
            head.seq()
        ))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// What is lost, as far as this node knows.
fn lost(found: &Head, seen: Option<&Seen>) -> String {
    let stands = format!(
        "The database holds the ledger {} up to entry {}.",
        found.r#gen,
        found.seq()
    );
    let lost = match seen {
        None => "This node has seen no head of it, so it cannot say which entries are lost.".into(),
        Some(Seen { r#gen, tree }) if *r#gen != found.r#gen => format!(
            "This node has seen entry {} of another numbering, {gen}. Of that, all that the back-up does not hold is lost.",
            tree.size()
        ),
        Some(Seen { tree, .. }) if tree.size() > found.seq() => format!(
            "This node has seen entry {}: the entries {} to {} are lost, and whatever other nodes wrote after them.",
            tree.size(),
            found.seq() + 1,
            tree.size()
        ),
        Some(Seen { tree, .. }) => format!(
            "This node has seen entry {}. If the database goes on from there, nothing is lost and there is no need for this.",
            tree.size()
        ),
    };
    format!(
        "{stands}\n{lost}\nRevocations among them must be made again: until then gates let in whoever they took a card from."
    )
}

fn confirmed() -> Result<bool, Failed> {
    if !stdin().is_terminal() {
        return Err(Failed::new(
            "Nothing was changed: nobody is there to be asked. Give --yes to do it without asking.",
        ));
    }
    terminal::say(&format!("Type {WORD} to go on from this database."));
    let mut typed = String::new();
    stdin()
        .read_line(&mut typed)
        .map_err(|error| Failed::new(format!("The answer could not be read: {error}.")))?;
    Ok(typed.trim() == WORD)
}

fn refused(error: StoreError) -> Failed {
    let hint = match &error {
        StoreError::Guard => {
            " Somebody wrote to the database meanwhile: stop every node and repeat."
        }
        StoreError::Corrupt(_) => {
            " Run `portcullis verify`: a damaged back-up is none to go on from."
        }
        _ => " Look at the setting `database`, and whether the database is running.",
    };
    Failed::new(format!("The ledger was not restored: {error}.{hint}"))
}
