//! The last head that this node has seen, noted in a file of its own. The seal says that a head was written by this
//! network, not that there is no newer one: whoever puts an old copy of the database in place undoes every revocation
//! since, and each seal in it opens. So a node remembers outside the database how far the ledger went, and starts only
//! from one that goes on from there.
//!
//! The note may be as old as [`EACH`]; it only ever says that the ledger went at least so far. It is authenticated under
//! the master key, as a file that anybody could write would help nobody.

use std::fs::{File, Permissions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::watch::stand_back;
use super::{follow, head};
use crate::access::keyring::Keyring;
use crate::domain::digest::{hex, unhex};
use crate::domain::ids::Gen;
use crate::index::Index;
use crate::ledger::tree::Tree;
use crate::store::ledger::{self, Head};
use crate::store::{Reader, StoreError};

/// How often it is noted while the ledger moves.
pub const EACH: Duration = Duration::from_secs(1);
/// How often the thread looks whether the node stops.
const LOOK: Duration = Duration::from_millis(50);
/// The file in the state folder.
const FILE: &str = "last-head";

/// A head that a node has seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The name of the numbering.
    pub r#gen: Gen,
    /// The tree over all entries then. Its edge is what later entries are added to.
    pub tree: Tree,
}

/// Where a node keeps its note.
#[derive(Debug, Clone)]
pub struct Note {
    path: PathBuf,
}

/// Why a node must not start from this database.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The note is damaged, or of another network.
    #[error(
        "The note {} of the last head of the ledger that this node has seen cannot be believed: it was changed, or made with \
         another master key. Look whether the database is the newest there is (`portcullis verify` says how far it goes), \
         then remove the note.",
        .0.display()
    )]
    Unbelievable(PathBuf),
    /// The note cannot be read.
    #[error("The note {} of the last head of the ledger that this node has seen cannot be read: {why}.", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        why: std::io::Error,
    },
    /// The ledger does not go so far any more.
    #[error(
        "The database is an older copy: its ledger {ledger} ends with entry {stands}, and this node has seen entry {seen}. What was \
         revoked in between would be good again, so it is not served. Put the newest database in place; if there is none and \
         you have put back a back-up on purpose, run `portcullis restore`."
    )]
    Older {
        /// The name of the numbering.
        ledger: Gen,
        /// The last entry there is.
        stands: u64,
        /// The last one that the node has seen.
        seen: u64,
    },
    /// The ledger has other entries.
    #[error(
        "The database is not the one that this node has seen: up to entry {seen} its ledger {ledger} has other entries. It goes on \
         from an older copy, or was written anew; what was revoked meanwhile may be good again, so it is not served. Put the \
         right database in place; if there is none, run `portcullis restore`."
    )]
    Forked {
        /// The name of the numbering.
        ledger: Gen,
        /// The last entry that the node has seen.
        seen: u64,
    },
    /// It is another ledger.
    #[error(
        "The database holds the ledger {ledger} up to entry {stands}, and this node has seen entry {seen} of the ledger {known}. Look \
         at the setting `database`. If a back-up from before that ledger was put back on purpose, run `portcullis restore`; \
         if this node shall serve another network from now on, remove {}.",
        path.display()
    )]
    Other {
        /// The name of the numbering in the database.
        ledger: Gen,
        /// Its last entry.
        stands: u64,
        /// The name of the numbering that the node knows.
        known: Gen,
        /// The last entry that the node has seen of it.
        seen: u64,
        /// The note.
        path: PathBuf,
    },
    /// The database did not let us look.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A note as its file has it. The root is there for people: it is what `portcullis verify` prints.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    r#gen: Gen,
    seq: u64,
    root: String,
    edge: String,
    tag: String,
}

impl Seen {
    /// This head.
    pub fn of(head: &Head) -> Self {
        Self {
            r#gen: head.r#gen,
            tree: head.tree.clone(),
        }
    }

    fn authenticated(&self) -> Vec<u8> {
        let seq = self.tree.size().to_be_bytes();
        [&self.r#gen.as_bytes()[..], &seq, &self.tree.to_bytes()].concat()
    }
}

impl Note {
    /// The note in this state folder.
    pub fn in_folder(state_dir: &Path) -> Self {
        Self {
            path: state_dir.join(FILE),
        }
    }

    /// Reads it; `None` where there is none yet.
    pub fn read(&self, keyring: &Keyring) -> Result<Option<Seen>, Refused> {
        let text = match std::fs::read(&self.path) {
            Ok(text) => text,
            Err(why) if why.kind() == ErrorKind::NotFound => return Ok(None),
            Err(why) => {
                let path = self.path.clone();
                return Err(Refused::Io { path, why });
            }
        };
        let believed = || {
            let written: Written = serde_json::from_slice(&text).ok()?;
            let seen = Seen {
                r#gen: written.r#gen,
                tree: Tree::from_bytes(written.seq, &unhex(&written.edge)?)?,
            };
            let tag = unhex(&written.tag)?;
            keyring
                .is_tag_of_seen(&seen.authenticated(), &tag)
                .then_some(seen)
        };
        let seen = believed().ok_or_else(|| Refused::Unbelievable(self.path.clone()))?;
        Ok(Some(seen))
    }

    /// Writes it: the old one stands until the new one is whole on the disk.
    pub fn write(&self, seen: &Seen, keyring: &Keyring) -> std::io::Result<()> {
        let written = Written {
            r#gen: seen.r#gen,
            seq: seen.tree.size(),
            root: hex(&seen.tree.root()),
            edge: hex(&seen.tree.to_bytes()),
            tag: hex(&keyring.tag_of_seen(&seen.authenticated())),
        };
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let mut file = tempfile::Builder::new()
            .permissions(Permissions::from_mode(0o600))
            .tempfile_in(folder)?;
        serde_json::to_writer(&mut file, &written)?;
        file.write_all(b"\n")?;
        file.as_file().sync_all()?;
        file.persist(&self.path)?;
        File::open(folder)?.sync_all()
    }

    /// Whether the ledger in the database goes on from the last head that this node has seen. Entries since then are read
    /// and added to it, so that also a ledger that went past it from an older copy shows.
    pub fn check(&self, reader: &mut Reader, keyring: &Keyring) -> Result<(), Refused> {
        let Some(seen) = self.read(keyring)? else {
            tracing::info!(
                note = %self.path.display(),
                "this node has seen no head of the ledger yet: an older copy of the database would not be noticed this once"
            );
            return Ok(());
        };
        // Without a ledger there is nothing to compare; loading says so.
        let Some(stands) = ledger::head(reader)? else {
            return Ok(());
        };
        let (known, size) = (seen.r#gen, seen.tree.size());
        let vouched = head::open(&stands.tip(), keyring)?;
        if stands.r#gen != known && vouched.before == Some(known) {
            tracing::warn!(
                ledger = %stands.r#gen,
                before = %known,
                seen = size,
                "the ledger was restored from a back-up since this node ran last"
            );
            return Ok(());
        }
        if stands.r#gen != known {
            return Err(Refused::Other {
                ledger: stands.r#gen,
                stands: stands.seq(),
                known,
                seen: size,
                path: self.path.clone(),
            });
        }
        if stands.seq() < size {
            return Err(Refused::Older {
                ledger: known,
                stands: stands.seq(),
                seen: size,
            });
        }
        let mut tree = seen.tree;
        while tree.size() < stands.seq() {
            follow::read(reader, &mut tree, stands.seq())?;
        }
        if tree.root() == stands.tree.root() {
            Ok(())
        } else {
            Err(Refused::Forked {
                ledger: known,
                seen: size,
            })
        }
    }
}

/// Keeps a node's note while it runs.
pub struct Keeper {
    note: Note,
    keyring: Arc<Keyring>,
    index: Arc<Index>,
    /// What the file says, once it was written.
    written: Mutex<Option<u64>>,
    failed: AtomicBool,
}

impl Keeper {
    /// Begins to keep it, on a thread that ends after `stop`.
    pub fn start(
        note: Note,
        keyring: Arc<Keyring>,
        index: Arc<Index>,
        stop: Arc<AtomicBool>,
    ) -> std::io::Result<(Arc<Self>, JoinHandle<()>)> {
        let keeper = Arc::new(Self {
            note,
            keyring,
            index,
            written: Mutex::new(None),
            failed: AtomicBool::new(false),
        });
        let kept = keeper.clone();
        let keep = move || {
            stand_back();
            while !stop.load(Ordering::Acquire) {
                kept.keep();
                let noted = Instant::now();
                while noted.elapsed() < EACH && !stop.load(Ordering::Acquire) {
                    std::thread::sleep(LOOK);
                }
            }
        };
        let thread = std::thread::Builder::new()
            .name("seen".into())
            .spawn(keep)?;
        Ok((keeper, thread))
    }

    /// Notes the last head if it moved. What contradicts the database is not noted: a person must look first.
    pub fn keep(&self) {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if *written == Some(self.index.seq()) || !self.index.is_whole() {
            return;
        }
        let seen = Seen {
            r#gen: self.index.r#gen(),
            tree: self.index.write().tree().clone(),
        };
        let noted = self.note.write(&seen, &self.keyring);
        // Said when it changes, not each second.
        if noted.is_err() != self.failed.swap(noted.is_err(), Ordering::AcqRel) {
            let note = self.note.path.display();
            match &noted {
                Ok(()) => tracing::warn!(%note, "the last head of the ledger can be noted again"),
                Err(error) => tracing::warn!(
                    %note,
                    %error,
                    "the last head of the ledger cannot be noted: an older copy of the database might not be noticed at the \
                     next start"
                ),
            }
        }
        if noted.is_ok() {
            *written = Some(seen.tree.size());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::tree::leaf_hash;

    #[test]
    fn a_note_is_believed_only_as_it_was_written_by_this_network() {
        let folder = tempfile::tempdir().expect("a folder");
        let note = Note::in_folder(folder.path());
        let (keyring, other) = (Keyring::derive(&[1; 32]), Keyring::derive(&[2; 32]));
        assert_eq!(note.read(&keyring).expect("none is fine"), None);
        let mut tree = Tree::default();
        for n in 0..11 {
            tree.push(leaf_hash(&[n]));
            let seen = Seen {
                r#gen: Gen::from_u128(7),
                tree: tree.clone(),
            };
            note.write(&seen, &keyring).expect("is written");
            assert_eq!(note.read(&keyring).expect("is believed"), Some(seen));
        }
        let files = std::fs::read_dir(folder.path()).expect("a folder").count();
        assert_eq!(files, 1, "nothing is left behind");
        assert!(matches!(note.read(&other), Err(Refused::Unbelievable(_))));
        let text = std::fs::read_to_string(&note.path).expect("text");
        for changed in ["", &text.replace("\"seq\":11", "\"seq\":7"), "{}"] {
            std::fs::write(&note.path, changed).expect("is written");
            assert!(matches!(note.read(&keyring), Err(Refused::Unbelievable(_))));
        }
    }
}
