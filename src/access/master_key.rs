//! The file of the master key: 32 random bytes that only its owner may read. It belongs into another back-up than the
//! database.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::keyring::MASTER_KEY_BYTES;
use crate::domain::time::Environment;

/// The master key could not be read or made.
#[derive(Debug, thiserror::Error)]
pub enum BadMasterKey {
    /// There is none.
    #[error(
        "There is no master key file {}. Run `portcullis init` to begin a network, or bring the file back from its back-up.",
        .0.display()
    )]
    Missing(PathBuf),
    /// It is no key.
    #[error("The master key file {} must hold exactly {MASTER_KEY_BYTES} bytes. Bring it back from its back-up.", .0.display())]
    Length(PathBuf),
    /// The file system refused.
    #[error("The master key file {} cannot be read or written: {why}.", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What it said.
        why: std::io::Error,
    },
}

/// Reads the master key.
pub fn read(path: &Path) -> Result<[u8; MASTER_KEY_BYTES], BadMasterKey> {
    let mut bytes = Vec::new();
    let limit = MASTER_KEY_BYTES as u64 + 1;
    let read = File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes));
    match read {
        Ok(_) => bytes
            .try_into()
            .map_err(|_| BadMasterKey::Length(path.to_owned())),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            Err(BadMasterKey::Missing(path.to_owned()))
        }
        Err(why) => Err(io(path, why)),
    }
}

/// Reads the master key, or makes one where there is no file. The bytes are on the disk before they are used: what is
/// sealed under a key that a power cut takes away is lost.
pub fn read_or_make(
    path: &Path,
    environment: &dyn Environment,
) -> Result<[u8; MASTER_KEY_BYTES], BadMasterKey> {
    let made = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    let mut file = match made {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return read(path),
        made => made.map_err(|why| io(path, why))?,
    };
    let mut key = [0; MASTER_KEY_BYTES];
    environment.fill_random(&mut key);
    let folder = path.parent().filter(|path| !path.as_os_str().is_empty());
    file.write_all(&key)
        .and_then(|()| file.sync_all())
        .and_then(|()| File::open(folder.unwrap_or(Path::new(".")))?.sync_all())
        .map_err(|why| io(path, why))?;
    Ok(key)
}

fn io(path: &Path, why: std::io::Error) -> BadMasterKey {
    BadMasterKey::Io {
        path: path.to_owned(),
        why,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Timestamp;

    struct Sevens;
    impl Environment for Sevens {
        fn now(&self) -> Timestamp {
            Timestamp::EPOCH
        }
        fn uptime_ms(&self) -> u64 {
            0
        }
        fn fill_random(&self, bytes: &mut [u8]) {
            bytes.fill(7);
        }
    }

    #[test]
    fn it_is_made_once_for_its_owner_only_and_never_changed() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("master.key");
        assert!(matches!(read(&path), Err(BadMasterKey::Missing(_))));
        let made = read_or_make(&path, &Sevens).expect("makes");
        assert_eq!(made, [7; 32]);
        let mode = path.metadata().expect("is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);

        std::fs::write(&path, [9; 32]).expect("writes");
        assert_eq!(read_or_make(&path, &Sevens).expect("reads"), [9; 32]);
        for length in [0, 31, 33] {
            std::fs::write(&path, vec![9; length]).expect("writes");
            assert!(matches!(
                read_or_make(&path, &Sevens),
                Err(BadMasterKey::Length(_))
            ));
        }
    }
}
