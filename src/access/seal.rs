//! Sealing: authenticated encryption that binds bytes to the place where they are stored. What was sealed for one row and
//! field opens in no other, so that who can write to the database cannot give one person's data to another.

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use crate::domain::ids::WorkerId;
use crate::domain::time::Environment;
use crate::domain::worker::WrappedKey;

/// Sealed bytes that cannot be opened: of another row or field, of another key, or damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("sealed bytes cannot be opened")]
pub struct Unsealable;

/// Where sealed bytes are stored: in which field of which table. The row is told beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// Who a worker is; the row is the worker.
    WorkerDetails,
    /// For whom a worker works; the row is the engagement.
    EngagementDetails,
    /// The number of a card; the row is the card's key.
    CardNumber,
    /// An answer kept for a request that comes twice.
    KeptAnswer,
    /// What was found in a file.
    ImportReport,
    /// A file.
    ImportFile,
    /// A key that signs tokens.
    SigningKey,
    /// The document that names whom a port ban is about; the row is the ban.
    BanDocument,
}

impl Field {
    /// Its table and its name there. Never another's: it is what seals are bound to.
    const fn name(self) -> (&'static str, &'static str) {
        match self {
            Self::WorkerDetails => ("sealed_details", "worker"),
            Self::EngagementDetails => ("sealed_details", "engagement"),
            Self::CardNumber => ("sealed_details", "card"),
            Self::KeptAnswer => ("idempotency_keys", "answer"),
            Self::ImportReport => ("imports", "report"),
            Self::ImportFile => ("import_files", "sealed"),
            Self::SigningKey => ("signing_keys", "sealed"),
            Self::BanDocument => ("ban_documents", "sealed"),
        }
    }

    /// The associated data of a seal: names end with a zero, and a row has 16 bytes, so that no two places give the same.
    pub(super) fn of_row(self, row: &[u8; 16]) -> Vec<u8> {
        let (table, field) = self.name();
        [table.as_bytes(), &[0], field.as_bytes(), &[0], row].concat()
    }
}

/// How many bytes a key of a worker has.
const WORKER_KEY_BYTES: usize = 32;
/// A worker's own key: all that is known of the person is sealed under it, and is gone with it. Never printed.
pub struct WorkerKey(LessSafeKey);

impl std::fmt::Debug for WorkerKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WorkerKey(..)")
    }
}

impl WorkerKey {
    /// A new random key, and the same wrapped.
    pub(super) fn make(
        kek: (u16, &LessSafeKey),
        worker: WorkerId,
        environment: &dyn Environment,
    ) -> (Self, WrappedKey) {
        let mut bytes = [0; WORKER_KEY_BYTES];
        environment.fill_random(&mut bytes);
        let wrapped = wrap(kek, worker, &bytes, environment);
        (Self(key(&bytes)), wrapped)
    }

    /// The key that was wrapped for this worker.
    pub(super) fn unwrap(
        kek: &LessSafeKey,
        worker: WorkerId,
        wrapped: &WrappedKey,
    ) -> Result<Self, Unsealable> {
        let bytes = unwrapped(kek, worker, wrapped)?;
        Ok(Self(key(&bytes)))
    }

    /// Seals bytes of the worker for one row and field.
    pub fn seal(
        &self,
        field: Field,
        row: &[u8; 16],
        plain: &[u8],
        environment: &dyn Environment,
    ) -> Vec<u8> {
        seal(&self.0, &field.of_row(row), plain, environment)
    }

    /// Opens what was sealed for this row and field.
    pub fn open(&self, field: Field, row: &[u8; 16], sealed: &[u8]) -> Result<Vec<u8>, Unsealable> {
        open(&self.0, &field.of_row(row), sealed)
    }
}

/// A key of 256 bits.
pub(super) fn key(bytes: &[u8; 32]) -> LessSafeKey {
    let key = UnboundKey::new(&AES_256_GCM_SIV, bytes);
    LessSafeKey::new(key.expect("the key has the length of the algorithm"))
}

fn wrap(
    (version, kek): (u16, &LessSafeKey),
    worker: WorkerId,
    bytes: &[u8; WORKER_KEY_BYTES],
    environment: &dyn Environment,
) -> WrappedKey {
    WrappedKey {
        kek: version,
        wrapped: seal(kek, &of_key(worker, version), bytes, environment),
    }
}

/// The same key under another.
pub(super) fn rewrap(
    before: &LessSafeKey,
    after: (u16, &LessSafeKey),
    worker: WorkerId,
    wrapped: &WrappedKey,
    environment: &dyn Environment,
) -> Result<WrappedKey, Unsealable> {
    let bytes = unwrapped(before, worker, wrapped)?;
    Ok(wrap(after, worker, &bytes, environment))
}

fn unwrapped(
    kek: &LessSafeKey,
    worker: WorkerId,
    wrapped: &WrappedKey,
) -> Result<[u8; WORKER_KEY_BYTES], Unsealable> {
    let bytes = open(kek, &of_key(worker, wrapped.kek), &wrapped.wrapped)?;
    bytes.try_into().map_err(|_| Unsealable)
}

/// The associated data of a wrapped key.
fn of_key(worker: WorkerId, version: u16) -> Vec<u8> {
    let place = &b"worker_keys\0wrapped\0"[..];
    [place, worker.as_bytes(), &version.to_be_bytes()].concat()
}

/// AES-256-GCM-SIV (RFC 8452). Random nonces are good for 2^32 seals under one key, and one that comes twice does no harm
/// but show that the same was sealed twice.
pub(super) fn seal(
    key: &LessSafeKey,
    bound_to: &[u8],
    plain: &[u8],
    environment: &dyn Environment,
) -> Vec<u8> {
    let mut nonce = [0; NONCE_LEN];
    environment.fill_random(&mut nonce);
    let mut sealed = plain.to_vec();
    key.seal_in_place_append_tag(
        Nonce::assume_unique_for_key(nonce),
        Aad::from(bound_to),
        &mut sealed,
    )
    .expect("what is sealed is far shorter than the algorithm's limit");
    [&nonce[..], &sealed].concat()
}

pub(super) fn open(
    key: &LessSafeKey,
    bound_to: &[u8],
    sealed: &[u8],
) -> Result<Vec<u8>, Unsealable> {
    let (nonce, sealed) = sealed.split_first_chunk::<NONCE_LEN>().ok_or(Unsealable)?;
    let mut opened = sealed.to_vec();
    let nonce = Nonce::assume_unique_for_key(*nonce);
    let plain = key
        .open_in_place(nonce, Aad::from(bound_to), &mut opened)
        .map_err(|_| Unsealable)?;
    Ok(plain.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::worker::WRAPPED_KEY_BYTES;
    use crate::environment::RealEnvironment;

    const FIELDS: [Field; 7] = [
        Field::WorkerDetails,
        Field::EngagementDetails,
        Field::CardNumber,
        Field::KeptAnswer,
        Field::ImportReport,
        Field::ImportFile,
        Field::SigningKey,
    ];

    #[test]
    fn what_was_sealed_for_one_row_and_field_opens_in_no_other() {
        let kek = key(&[1; 32]);
        let (mine, wrapped) = WorkerKey::make((1, &kek), WorkerId::from_u128(1), &RealEnvironment);
        let (other, _) = WorkerKey::make((1, &kek), WorkerId::from_u128(2), &RealEnvironment);
        assert_eq!(wrapped.wrapped.len(), WRAPPED_KEY_BYTES);
        let rows = [[1; 16], [2; 16]];
        for sealed_for in FIELDS {
            let sealed = mine.seal(sealed_for, &rows[0], b"Jan", &RealEnvironment);
            for field in FIELDS {
                for row in &rows {
                    let opened = mine.open(field, row, &sealed);
                    let right = field == sealed_for && *row == rows[0];
                    assert_eq!(opened.is_ok(), right, "{sealed_for:?} as {field:?}");
                }
            }
            assert!(other.open(sealed_for, &rows[0], &sealed).is_err());
        }
    }

    #[test]
    fn a_wrapped_key_is_one_workers_under_one_version() {
        let (kek, worker) = (key(&[1; 32]), WorkerId::from_u128(1));
        let (made, wrapped) = WorkerKey::make((1, &kek), worker, &RealEnvironment);
        let sealed = made.seal(Field::WorkerDetails, &[1; 16], b"Jan", &RealEnvironment);
        let again = WorkerKey::unwrap(&kek, worker, &wrapped).expect("it is this one's");
        let opened = again.open(Field::WorkerDetails, &[1; 16], &sealed);
        assert_eq!(opened.expect("the same key"), b"Jan");

        let other = WorkerId::from_u128(2);
        assert!(WorkerKey::unwrap(&kek, other, &wrapped).is_err());
        assert!(WorkerKey::unwrap(&key(&[2; 32]), worker, &wrapped).is_err());
        let renumbered = WrappedKey { kek: 2, ..wrapped };
        assert!(WorkerKey::unwrap(&kek, worker, &renumbered).is_err());
    }
}
