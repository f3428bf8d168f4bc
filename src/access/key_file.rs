//! Files of keys that are changed while everything goes on: the key-encryption keys, under one of which each worker's own key is
//! stored, and the blind-index keys, under one of which each person is found. There is one of a kind at first, derived from the
//! master key. To change it, another is added to a file beside the master key's; both are known while a node does anew what was
//! done under the old one, and then that is taken out.
//!
//! What was taken with an old key-encryption key and an old copy of the database opens nothing that came later; and who has an
//! old blind-index key can try documents and names against old copies alone.
//!
//! Each line of a file is a key: its version, `standby` or `active`, and 64 hexadecimal digits. The highest active version is
//! used; one on standby is only known, so that every node can have it before the first uses it.

use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use crate::domain::digest::hex;
use crate::domain::time::Environment;

/// The version of the key that is derived from the master key.
pub const FIRST: u16 = 1;

/// The file could not be read, written, or done with what was asked for. A sentence for the operator.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct BadKeyFile(String);

/// Where a key stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is known, and not used for what is new.
    Standby,
    /// It is known, and used if it is the newest.
    Active,
}

/// A key as it stands in the file.
#[derive(Clone, PartialEq, Eq)]
struct KeyLine {
    standing: Standing,
    bytes: [u8; 32],
}

/// The file, read. Never empty, and one at least is active.
#[derive(Clone, PartialEq, Eq)]
struct KeyLines(BTreeMap<u16, KeyLine>);

impl KeyLines {
    fn derived(bytes: [u8; 32]) -> Self {
        let standing = Standing::Active;
        Self([(FIRST, KeyLine { standing, bytes })].into())
    }

    /// What stands in the file; the derived key alone where there is none.
    fn read(path: &Path, derived: [u8; 32]) -> Result<Self, BadKeyFile> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self::derived(derived));
            }
            Err(error) => return Err(failed(path, "be read", &error)),
        };
        let read = text.lines().map(line).collect::<Option<BTreeMap<_, _>>>();
        read.map(Self)
            .filter(|lines| lines.active().is_some())
            .ok_or_else(|| {
                let shown = path.display();
                BadKeyFile(format!(
                    "The file of keys {shown} is damaged. Bring it back from its back-up."
                ))
            })
    }

    /// Puts the file in the place of the one before, in one step, and on the disk before it is used.
    fn write(&self, path: &Path) -> Result<(), BadKeyFile> {
        let lines = self.0.iter().map(|(version, line)| {
            let standing = match line.standing {
                Standing::Standby => "standby",
                Standing::Active => "active",
            };
            format!("{version} {standing} {}\n", hex(&line.bytes))
        });
        let text: String = lines.collect();
        let mut fresh = path.as_os_str().to_owned();
        fresh.push(".new");
        let fresh = PathBuf::from(fresh);
        let folder = path.parent().filter(|path| !path.as_os_str().is_empty());
        let mut options = std::fs::OpenOptions::new();
        let options = options.write(true).create(true).truncate(true).mode(0o600);
        options
            .open(&fresh)
            .and_then(|mut file| {
                file.write_all(text.as_bytes())?;
                file.sync_all()
            })
            .and_then(|()| std::fs::rename(&fresh, path))
            .and_then(|()| std::fs::File::open(folder.unwrap_or(Path::new(".")))?.sync_all())
            .map_err(|error| failed(path, "be written", &error))
    }

    fn active(&self) -> Option<u16> {
        let active = self.0.iter().rev();
        let mut active = active.filter(|(_, line)| line.standing == Standing::Active);
        active.next().map(|(&version, _)| version)
    }
}

fn line(line: &str) -> Option<(u16, KeyLine)> {
    let mut words = line.split(' ');
    let version = words.next()?.parse().ok()?;
    let standing = match words.next()? {
        "standby" => Standing::Standby,
        "active" => Standing::Active,
        _ => return None,
    };
    let digits = words
        .next()
        .filter(|digits| digits.len() == 64 && digits.is_ascii())?;
    let mut bytes = [0; 32];
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).ok()?;
    }
    words
        .next()
        .is_none()
        .then_some((version, KeyLine { standing, bytes }))
}

fn failed(path: &Path, what: &str, error: &dyn std::fmt::Display) -> BadKeyFile {
    let shown = path.display();
    BadKeyFile(format!("The file of keys {shown} cannot {what}: {error}."))
}

/// The file of key-encryption keys, beside the master key's.
pub fn of_keks(master_key: &Path) -> PathBuf {
    master_key.with_extension("keks")
}

/// The file of blind-index keys, beside the master key's.
pub fn of_blind_keys(master_key: &Path) -> PathBuf {
    master_key.with_extension("blind")
}

/// The versions in the file and where each stands, oldest first.
pub fn list(path: &Path, derived: [u8; 32]) -> Result<Vec<(u16, Standing)>, BadKeyFile> {
    let lines = KeyLines::read(path, derived)?;
    let listed = lines
        .0
        .iter()
        .map(|(&version, line)| (version, line.standing));
    Ok(listed.collect())
}

/// Adds a new key that is known and not used yet. Answers its version.
pub fn prepare(
    path: &Path,
    derived: [u8; 32],
    environment: &dyn Environment,
) -> Result<u16, BadKeyFile> {
    let mut lines = KeyLines::read(path, derived)?;
    if lines
        .0
        .values()
        .any(|line| line.standing == Standing::Standby)
    {
        return Err(BadKeyFile(
            "A key is on standby already; begin to use that one.".into(),
        ));
    }
    let last = lines.0.keys().next_back().copied().unwrap_or(FIRST);
    let version = last
        .checked_add(1)
        .ok_or_else(|| BadKeyFile("There are no more versions.".into()))?;
    let mut bytes = [0; 32];
    environment.fill_random(&mut bytes);
    let standing = Standing::Standby;
    lines.0.insert(version, KeyLine { standing, bytes });
    lines.write(path)?;
    Ok(version)
}

/// Begins to use the key that is on standby, or a new one where none is. Answers its version.
pub fn rotate(
    path: &Path,
    derived: [u8; 32],
    environment: &dyn Environment,
) -> Result<u16, BadKeyFile> {
    let lines = KeyLines::read(path, derived)?;
    if lines
        .0
        .values()
        .all(|line| line.standing == Standing::Active)
    {
        prepare(path, derived, environment)?;
    }
    let mut lines = KeyLines::read(path, derived)?;
    for line in lines.0.values_mut() {
        line.standing = Standing::Active;
    }
    lines.write(path)?;
    Ok(lines.active().unwrap_or(FIRST))
}

/// Takes every key out that is older than the one in use. To be called when nothing is under them any more: nobody can open or
/// find that again.
pub fn retire(path: &Path, derived: [u8; 32]) -> Result<(), BadKeyFile> {
    let mut lines = KeyLines::read(path, derived)?;
    let active = lines.active().unwrap_or(FIRST);
    lines.0.retain(|version, _| *version >= active);
    lines.write(path)
}

/// The keys of a file as a running program uses them, each as what `make` makes of its version and bytes.
pub(super) struct Held<K> {
    derived: [u8; 32],
    path: Option<PathBuf>,
    make: fn(u16, &[u8; 32]) -> K,
    keys: RwLock<Keys<K>>,
}

struct Keys<K> {
    read: KeyLines,
    active: u16,
    all: BTreeMap<u16, Arc<K>>,
}

impl<K> Keys<K> {
    fn of(read: KeyLines, make: fn(u16, &[u8; 32]) -> K) -> Self {
        let keys = read.0.iter();
        Self {
            active: read.active().unwrap_or(FIRST),
            all: keys
                .map(|(&version, line)| (version, Arc::new(make(version, &line.bytes))))
                .collect(),
            read,
        }
    }
}

impl<K> Held<K> {
    pub(super) fn derived(derived: [u8; 32], make: fn(u16, &[u8; 32]) -> K) -> Self {
        Self {
            derived,
            path: None,
            make,
            keys: RwLock::new(Keys::of(KeyLines::derived(derived), make)),
        }
    }

    pub(super) fn of_file(
        derived: [u8; 32],
        path: PathBuf,
        make: fn(u16, &[u8; 32]) -> K,
    ) -> Result<Self, BadKeyFile> {
        let read = KeyLines::read(&path, derived)?;
        Ok(Self {
            derived,
            path: Some(path),
            make,
            keys: RwLock::new(Keys::of(read, make)),
        })
    }

    /// The key derived from the master key.
    pub(super) fn first(&self) -> [u8; 32] {
        self.derived
    }

    /// The key that the file says is used, with its version.
    pub(super) fn active(&self) -> (u16, Arc<K>) {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        let key = keys.all.get(&keys.active).cloned();
        (keys.active, key.expect("the active one is one of them"))
    }

    /// The key of this version. One that is not known may have come into the file since.
    pub(super) fn version(&self, version: u16) -> Option<Arc<K>> {
        let known = || {
            let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
            keys.all.get(&version).cloned()
        };
        known().or_else(|| {
            self.reload().ok()?;
            known()
        })
    }

    /// Reads the file again. Whether it has changed.
    pub(super) fn reload(&self) -> Result<bool, BadKeyFile> {
        let Some(path) = &self.path else {
            return Ok(false);
        };
        let read = KeyLines::read(path, self.derived)?;
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        if keys.read == read {
            return Ok(false);
        }
        *keys = Keys::of(read, self.make);
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::RealEnvironment;

    fn held_of(first: [u8; 32], path: &Path) -> Result<Held<[u8; 32]>, BadKeyFile> {
        Held::of_file(first, path.to_owned(), |_, bytes| *bytes)
    }

    #[test]
    fn a_key_is_known_before_it_is_used_and_an_old_one_until_it_is_taken_out() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, first) = (folder.path().join("master.keys"), [7; 32]);
        let held = held_of(first, &path).expect("no file is none but the first");
        assert_eq!(held.active().0, 1);
        assert!(!held.reload().expect("reads"));

        assert_eq!(prepare(&path, first, &RealEnvironment).expect("adds"), 2);
        assert!(prepare(&path, first, &RealEnvironment).is_err());
        assert_eq!(held.active().0, 1, "not used yet");
        assert!(held.version(2).is_some(), "but known when it is met");
        assert_eq!(rotate(&path, first, &RealEnvironment).expect("begins"), 2);
        assert!(held.reload().expect("reads"));
        assert_eq!(held.active().0, 2);
        assert!(held.version(1).is_some());

        retire(&path, first).expect("takes it out");
        assert!(held.reload().expect("reads"));
        assert!(held.version(1).is_none());
        assert_eq!(list(&path, first).expect("reads"), [(2, Standing::Active)]);
        assert_eq!(rotate(&path, first, &RealEnvironment).expect("begins"), 3);
        let mode = std::os::unix::fs::PermissionsExt::mode(
            &path.metadata().expect("is there").permissions(),
        );
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_damaged_file_is_refused_and_keeps_what_is_known() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, first) = (folder.path().join("master.keys"), [7; 32]);
        rotate(&path, first, &RealEnvironment).expect("begins");
        let held = held_of(first, &path).expect("reads");
        let good = std::fs::read_to_string(&path).expect("reads");
        for wrong in [
            String::new(),
            good.replace("active", "standby"),
            good.replace("active", "old"),
            good.replacen('2', "x", 1),
            format!("{good}3 active 00\n"),
        ] {
            std::fs::write(&path, &wrong).expect("writes");
            assert!(held_of(first, &path).is_err(), "{wrong}");
            assert!(held.reload().is_err());
            assert_eq!(held.active().0, 2);
        }
    }
}
