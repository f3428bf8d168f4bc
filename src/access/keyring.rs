//! The keys of this network. All are derived from one master key of 32 random bytes that lies in a file beside the
//! database, not in it: who takes the database alone can neither read a name, nor try card numbers, nor sign a token.

use std::path::Path;
use std::sync::Arc;

use arrayvec::ArrayVec;
use aws_lc_rs::aead::LessSafeKey;
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Prk, Salt};
use aws_lc_rs::hmac;
use siphasher::sip128::SipHasher24;

use super::blind_key::BlindKey;
use super::key_file::{self, BadKeyFile, Held};
use super::seal::{self, Field, Unsealable, WorkerKey};
use crate::domain::card::{CANONICAL_MAX, CardIdentifier};
use crate::domain::credential::CardKey;
use crate::domain::ids::{CardSystemId, Id, Kind, MemberId, WorkerId};
use crate::domain::time::Environment;
use crate::domain::worker::WrappedKey;

/// How many bytes a master key has.
pub const MASTER_KEY_BYTES: usize = 32;

/// The derived keys. Cheap to share, never printed.
pub struct Keyring {
    cards: [u8; 32],
    /// By which people are found.
    blind_keys: Held<BlindKey>,
    /// Under which the keys of workers are wrapped.
    keks: Held<LessSafeKey>,
    details: LessSafeKey,
    heads: LessSafeKey,
    sums: SipHasher24,
    cursors: hmac::Key,
    seen: hmac::Key,
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keyring(..)")
    }
}

impl Keyring {
    /// Derives the keys (HKDF, RFC 5869), one for each purpose, so that none can stand in for another.
    pub fn derive(master: &[u8; MASTER_KEY_BYTES]) -> Self {
        let keks = Held::derived(first_kek(master), of_kek);
        let blind_keys = Held::derived(first_blind_key(master), BlindKey::of);
        Self::with(master, keks, blind_keys)
    }

    /// The same, with the key-encryption and blind-index keys that are in the files beside this one of the master key, where
    /// they are there.
    pub fn with_files(
        master: &[u8; MASTER_KEY_BYTES],
        master_key: &Path,
    ) -> Result<Self, BadKeyFile> {
        let keks = Held::of_file(first_kek(master), key_file::of_keks(master_key), of_kek)?;
        let file = key_file::of_blind_keys(master_key);
        let blind_keys = Held::of_file(first_blind_key(master), file, BlindKey::of)?;
        Ok(Self::with(master, keks, blind_keys))
    }

    fn with(
        master: &[u8; MASTER_KEY_BYTES],
        keks: Held<LessSafeKey>,
        blind_keys: Held<BlindKey>,
    ) -> Self {
        let extracted = Salt::new(HKDF_SHA256, b"portcullis").extract(master);
        let sealing = |purpose| seal::key(&expand(&extracted, purpose));
        Self {
            cards: expand(&extracted, b"cards"),
            blind_keys,
            keks,
            details: sealing(b"details"),
            heads: sealing(b"heads"),
            sums: SipHasher24::new_with_key(&half(&expand(&extracted, b"sums"))),
            cursors: hmac::Key::new(hmac::HMAC_SHA256, &expand(&extracted, b"cursors")),
            seen: hmac::Key::new(hmac::HMAC_SHA256, &expand(&extracted, b"seen")),
        }
    }

    /// What the index knows a card by. A format that is unique in the whole world gives one key wherever the card is
    /// registered and read; any other only within its card system. BLAKE3 in keyed mode is a pseudorandom function, so
    /// the keys say nothing about the numbers to who has not the key.
    pub fn card_key(&self, card: &CardIdentifier, card_system: CardSystemId) -> CardKey {
        let scope = if card.network_wide() {
            [0; 16]
        } else {
            *card_system.as_bytes()
        };
        // In one piece: a hasher that takes many is two thousand bytes to set up, at every check.
        let mut text = ArrayVec::<u8, { 16 + CANONICAL_MAX }>::new();
        text.extend(scope);
        text.extend(card.canonical().bytes());
        CardKey(half(blake3::keyed_hash(&self.cards, &text).as_bytes()))
    }

    /// The blind-index key of this version, where the file has it.
    pub fn blind_key(&self, version: u16) -> Option<Arc<BlindKey>> {
        self.blind_keys.version(version)
    }

    /// The newest blind-index key that the file says is to be used.
    pub fn newest_blind_key(&self) -> u16 {
        self.blind_keys.active().0
    }

    /// The blind-index key of a network that has never changed it.
    pub fn first_blind_key(&self) -> [u8; 32] {
        self.blind_keys.first()
    }

    /// Reads the file of blind-index keys again. Whether it has changed.
    pub fn reload_blind_keys(&self) -> Result<bool, BadKeyFile> {
        self.blind_keys.reload()
    }

    /// A new key for a worker, and the same as it is stored.
    pub fn make_worker_key(
        &self,
        worker: WorkerId,
        environment: &dyn Environment,
    ) -> (WorkerKey, WrappedKey) {
        let (version, kek) = self.keks.active();
        WorkerKey::make((version, &kek), worker, environment)
    }

    /// The key of a worker, of what is stored.
    pub fn worker_key(
        &self,
        worker: WorkerId,
        wrapped: &WrappedKey,
    ) -> Result<WorkerKey, Unsealable> {
        let kek = self.keks.version(wrapped.kek).ok_or(Unsealable)?;
        WorkerKey::unwrap(&kek, worker, wrapped)
    }

    /// The key of a worker as it is stored, under the key-encryption key that is in use.
    pub fn rewrap(
        &self,
        worker: WorkerId,
        wrapped: &WrappedKey,
        environment: &dyn Environment,
    ) -> Result<WrappedKey, Unsealable> {
        let before = self.keks.version(wrapped.kek).ok_or(Unsealable)?;
        let (version, kek) = self.keks.active();
        seal::rewrap(&before, (version, &kek), worker, wrapped, environment)
    }

    /// The version of the key-encryption key that is in use.
    pub fn active_kek(&self) -> u16 {
        self.keks.active().0
    }

    /// The key-encryption key of a network that has never changed it.
    pub fn first_kek(&self) -> [u8; 32] {
        self.keks.first()
    }

    /// Reads the file of key-encryption keys again. Whether it has changed.
    pub fn reload_keks(&self) -> Result<bool, BadKeyFile> {
        self.keks.reload()
    }

    /// Seals what is of no single worker for one row and field.
    pub fn seal(
        &self,
        field: Field,
        row: &[u8; 16],
        plain: &[u8],
        environment: &dyn Environment,
    ) -> Vec<u8> {
        seal::seal(&self.details, &field.of_row(row), plain, environment)
    }

    /// Opens what was sealed for this row and field.
    pub fn open(&self, field: Field, row: &[u8; 16], sealed: &[u8]) -> Result<Vec<u8>, Unsealable> {
        seal::open(&self.details, &field.of_row(row), sealed)
    }

    /// Seals what goes with a head of the ledger, and with no other.
    pub fn seal_head(&self, head: &[u8], plain: &[u8], environment: &dyn Environment) -> Vec<u8> {
        seal::seal(&self.heads, head, plain, environment)
    }

    /// Opens what was sealed for this head.
    pub fn open_head(&self, head: &[u8], sealed: &[u8]) -> Result<Vec<u8>, Unsealable> {
        seal::open(&self.heads, head, sealed)
    }

    /// What authenticates a node's note of the last head it has seen (HMAC-SHA-256).
    pub fn tag_of_seen(&self, head: &[u8]) -> Vec<u8> {
        hmac::sign(&self.seen, head).as_ref().to_vec()
    }

    /// Whether this is what authenticates it.
    pub fn is_tag_of_seen(&self, head: &[u8], tag: &[u8]) -> bool {
        hmac::verify(&self.seen, head, tag).is_ok()
    }

    /// What a term of the sum over the tables is computed with: SipHash-2-4 with 128 bits.
    ///
    /// A sum of pseudorandom terms is a multiset hash (Clarke, Devadas, van Dijk, Gassend and Suh 2003, *Incremental
    /// Multiset Hash Functions and Their Application to Memory Integrity Checking*). Theirs masks the sum, as who sees
    /// sums can learn terms and choose rows whose terms cancel out. Ours is seen by nobody: it stands only in the box on
    /// the head. So whoever changes rows must guess a difference of 128 bits that he never sees, and a pseudorandom
    /// function is enough. SipHash is one (Aumasson and Bernstein 2012), and on some fifty bytes far quicker than a
    /// cryptographic hash: a start computes tens of millions of terms.
    pub fn term(&self) -> SipHasher24 {
        self.sums
    }

    /// A cursor for the page after `last` of a list: opaque, and good only for the list and the member it was made for.
    pub fn cursor<K: Kind>(&self, list: &str, member: MemberId, last: Id<K>) -> String {
        use base64::Engine;
        let tag = hmac::sign(&self.cursors, &cursor_text(list, member, last.as_bytes()));
        let bytes = [&last.as_bytes()[..], &tag.as_ref()[..16]].concat();
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
    }

    /// What the cursor stands for; `None` if it was not made by [`cursor`](Self::cursor) for this list and member.
    pub fn read_cursor<K: Kind>(
        &self,
        list: &str,
        member: MemberId,
        cursor: &str,
    ) -> Option<Id<K>> {
        use base64::Engine;
        let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD
            .decode(cursor)
            .ok()?;
        let (last, tag) = bytes.split_first_chunk::<16>()?;
        let wanted = hmac::sign(&self.cursors, &cursor_text(list, member, last));
        aws_lc_rs::constant_time::verify_slices_are_equal(&wanted.as_ref()[..16], tag).ok()?;
        Some(Id::from_u128(u128::from_be_bytes(*last)))
    }
}

fn of_kek(_: u16, bytes: &[u8; 32]) -> LessSafeKey {
    seal::key(bytes)
}

fn first_blind_key(master: &[u8; MASTER_KEY_BYTES]) -> [u8; 32] {
    let extracted = Salt::new(HKDF_SHA256, b"portcullis").extract(master);
    expand(&extracted, b"blind index")
}

fn first_kek(master: &[u8; MASTER_KEY_BYTES]) -> [u8; 32] {
    let extracted = Salt::new(HKDF_SHA256, b"portcullis").extract(master);
    expand(&extracted, b"keys of workers")
}

fn cursor_text(list: &str, member: MemberId, last: &[u8; 16]) -> Vec<u8> {
    [list.as_bytes(), &[0], member.as_bytes(), last].concat()
}

pub(super) fn half(hash: &[u8; 32]) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(&hash[..16]);
    half
}

pub(super) fn expand(extracted: &Prk, purpose: &[u8]) -> [u8; 32] {
    struct Length;
    impl KeyType for Length {
        fn len(&self) -> usize {
            32
        }
    }
    let mut key = [0; 32];
    let filled = extracted
        .expand(&[purpose], Length)
        .and_then(|okm| okm.fill(&mut key));
    filled.expect("32 bytes are within HKDF's limit of 255 hashes");
    key
}
