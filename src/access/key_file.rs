//! Key-encryption keys: under one of them each worker's own key is stored. There is one at first, derived from the master key.
//! To change it, another is added to a file beside the master key's; both open while a node wraps every worker's key anew, and
//! then the old one is taken out. What was taken with an old key and an old copy of the database opens nothing that came later.
//!
//! Each line of the file is a key: its version, `standby` or `active`, and 64 hexadecimal digits. The highest active version is
//! used; one on standby only opens, so that every node can have it before the first uses it.

use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use aws_lc_rs::aead::LessSafeKey;

use super::seal;
use crate::domain::digest::hex;
use crate::domain::time::Environment;

/// The version of the key that is derived from the master key.
const FIRST: u16 = 1;

/// The file could not be read, written, or done with what was asked for. A sentence for the operator.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct BadKeks(String);

/// Where a key stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It opens, and is not used for what is new.
    Standby,
    /// It opens, and is used if it is the newest.
    Active,
}

/// A key as it stands in the file.
#[derive(Clone, PartialEq, Eq)]
struct Kek {
    standing: Standing,
    bytes: [u8; 32],
}

/// The file, read. Never empty, and one at least is active.
#[derive(Clone, PartialEq, Eq)]
struct Keks(BTreeMap<u16, Kek>);

impl Keks {
    fn derived(bytes: [u8; 32]) -> Self {
        let standing = Standing::Active;
        Self([(FIRST, Kek { standing, bytes })].into())
    }

    /// What stands in the file; the derived key alone where there is none.
    fn read(path: &Path, derived: [u8; 32]) -> Result<Self, BadKeks> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self::derived(derived));
            }
            Err(error) => return Err(failed(path, "be read", &error)),
        };
        let read = text.lines().map(line).collect::<Option<BTreeMap<_, _>>>();
        read.map(Self)
            .filter(|keks| keks.active().is_some())
            .ok_or_else(|| {
                let shown = path.display();
                BadKeks(format!("The file of key-encryption keys {shown} is damaged. Bring it back from its back-up."))
            })
    }

    /// Puts the file in the place of the one before, in one step, and on the disk before it is used.
    fn write(&self, path: &Path) -> Result<(), BadKeks> {
        let lines = self.0.iter().map(|(version, kek)| {
            let standing = match kek.standing {
                Standing::Standby => "standby",
                Standing::Active => "active",
            };
            format!("{version} {standing} {}\n", hex(&kek.bytes))
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
        let mut active = active.filter(|(_, kek)| kek.standing == Standing::Active);
        active.next().map(|(&version, _)| version)
    }
}

fn line(line: &str) -> Option<(u16, Kek)> {
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
        .then_some((version, Kek { standing, bytes }))
}

fn failed(path: &Path, what: &str, error: &dyn std::fmt::Display) -> BadKeks {
    let shown = path.display();
    BadKeks(format!(
        "The file of key-encryption keys {shown} cannot {what}: {error}."
    ))
}

/// The file beside the master key's.
pub fn beside(master_key: &Path) -> PathBuf {
    master_key.with_extension("keks")
}

/// The versions in the file and where each stands, oldest first.
pub fn list(path: &Path, derived: [u8; 32]) -> Result<Vec<(u16, Standing)>, BadKeks> {
    let keks = Keks::read(path, derived)?;
    let listed = keks.0.iter().map(|(&version, kek)| (version, kek.standing));
    Ok(listed.collect())
}

/// Adds a new key that opens and is not used yet. Answers its version.
pub fn prepare(
    path: &Path,
    derived: [u8; 32],
    environment: &dyn Environment,
) -> Result<u16, BadKeks> {
    let mut keks = Keks::read(path, derived)?;
    if keks.0.values().any(|kek| kek.standing == Standing::Standby) {
        return Err(BadKeks(
            "A key is on standby already; begin to use that one.".into(),
        ));
    }
    let last = keks.0.keys().next_back().copied().unwrap_or(FIRST);
    let version = last
        .checked_add(1)
        .ok_or_else(|| BadKeks("There are no more versions.".into()))?;
    let mut bytes = [0; 32];
    environment.fill_random(&mut bytes);
    let standing = Standing::Standby;
    keks.0.insert(version, Kek { standing, bytes });
    keks.write(path)?;
    Ok(version)
}

/// Begins to use the key that is on standby, or a new one where none is. Answers its version.
pub fn rotate(
    path: &Path,
    derived: [u8; 32],
    environment: &dyn Environment,
) -> Result<u16, BadKeks> {
    let keks = Keks::read(path, derived)?;
    if keks.0.values().all(|kek| kek.standing == Standing::Active) {
        prepare(path, derived, environment)?;
    }
    let mut keks = Keks::read(path, derived)?;
    for kek in keks.0.values_mut() {
        kek.standing = Standing::Active;
    }
    keks.write(path)?;
    Ok(keks.active().unwrap_or(FIRST))
}

/// Takes every key out that is older than the one in use. To be called when nothing is wrapped under them any more: nobody can
/// open that again.
pub fn retire(path: &Path, derived: [u8; 32]) -> Result<(), BadKeks> {
    let mut keks = Keks::read(path, derived)?;
    let active = keks.active().unwrap_or(FIRST);
    keks.0.retain(|version, _| *version >= active);
    keks.write(path)
}

/// The keys as a running program uses them.
pub(super) struct Held {
    derived: [u8; 32],
    path: Option<PathBuf>,
    keys: RwLock<Keys>,
}

struct Keys {
    read: Keks,
    active: u16,
    all: BTreeMap<u16, Arc<LessSafeKey>>,
}

impl Keys {
    fn of(read: Keks) -> Self {
        let keys = read.0.iter();
        Self {
            active: read.active().unwrap_or(FIRST),
            all: keys
                .map(|(&version, kek)| (version, Arc::new(seal::key(&kek.bytes))))
                .collect(),
            read,
        }
    }
}

impl Held {
    pub(super) fn derived(derived: [u8; 32]) -> Self {
        Self {
            derived,
            path: None,
            keys: RwLock::new(Keys::of(Keks::derived(derived))),
        }
    }

    pub(super) fn of_file(derived: [u8; 32], path: PathBuf) -> Result<Self, BadKeks> {
        let read = Keks::read(&path, derived)?;
        Ok(Self {
            derived,
            path: Some(path),
            keys: RwLock::new(Keys::of(read)),
        })
    }

    /// The key derived from the master key.
    pub(super) fn first(&self) -> [u8; 32] {
        self.derived
    }

    /// The key that is used, with its version.
    pub(super) fn active(&self) -> (u16, Arc<LessSafeKey>) {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        let key = keys.all.get(&keys.active).cloned();
        (keys.active, key.expect("the active one is one of them"))
    }

    /// The key of this version. One that is not known may have come into the file since.
    pub(super) fn version(&self, version: u16) -> Option<Arc<LessSafeKey>> {
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
    pub(super) fn reload(&self) -> Result<bool, BadKeks> {
        let Some(path) = &self.path else {
            return Ok(false);
        };
        let read = Keks::read(path, self.derived)?;
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        if keys.read == read {
            return Ok(false);
        }
        *keys = Keys::of(read);
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::RealEnvironment;

    #[test]
    fn a_key_opens_before_it_is_used_and_an_old_one_until_it_is_taken_out() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, first) = (folder.path().join("master.keks"), [7; 32]);
        let held = Held::of_file(first, path.clone()).expect("no file is none but the first");
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
        let (path, first) = (folder.path().join("master.keks"), [7; 32]);
        rotate(&path, first, &RealEnvironment).expect("begins");
        let held = Held::of_file(first, path.clone()).expect("reads");
        let good = std::fs::read_to_string(&path).expect("reads");
        for wrong in [
            String::new(),
            good.replace("active", "standby"),
            good.replace("active", "old"),
            good.replacen('2', "x", 1),
            format!("{good}3 active 00\n"),
        ] {
            std::fs::write(&path, &wrong).expect("writes");
            assert!(Held::of_file(first, path.clone()).is_err(), "{wrong}");
            assert!(held.reload().is_err());
            assert_eq!(held.active().0, 2);
        }
    }
}
