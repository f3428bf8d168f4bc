//! The blind-index key: people are found by keyed hashes of what they bear, as documents and names are few enough to be tried
//! one by one, so that a plain hash would hide nothing. BLAKE3 in keyed mode is a pseudorandom function, so the hashes say
//! nothing to who has not the key but that two are the same.

use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};

use super::keyring::{expand, half};
use crate::domain::document::{Document, DocumentKey};
use crate::domain::ids::MemberId;

/// One version of the key, as the keys that are derived from it, one for each purpose. Never printed.
pub struct BlindKey {
    version: u16,
    staff_numbers: [u8; 32],
    employers: [u8; 32],
    employer_names: [u8; 32],
    documents: [u8; 32],
    names: [u8; 32],
}

impl std::fmt::Debug for BlindKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "BlindKey({}, ..)", self.version)
    }
}

impl BlindKey {
    pub(super) fn of(version: u16, bytes: &[u8; 32]) -> Self {
        let extracted = Salt::new(HKDF_SHA256, b"portcullis blind index").extract(bytes);
        Self {
            version,
            staff_numbers: expand(&extracted, b"staff numbers"),
            employers: expand(&extracted, b"employers"),
            employer_names: expand(&extracted, b"employer names"),
            documents: expand(&extracted, b"documents"),
            names: expand(&extracted, b"names"),
        }
    }

    /// Its version, which is kept beside what was made with it.
    pub fn version(&self) -> u16 {
        self.version
    }

    /// What a staff number is found by within its member.
    pub fn staff_key(&self, member: MemberId, staff_number: &str) -> [u8; 16] {
        of_member(&self.staff_numbers, member, staff_number)
    }

    /// What engagements at an employer are found by within their member: of the employer's folded name.
    pub fn employer_key(&self, member: MemberId, employer: &str) -> [u8; 16] {
        of_member(&self.employers, member, employer)
    }

    /// What engagements at an employer are searched by within their member: of the folded beginning of its name.
    pub fn employer_name_key(&self, member: MemberId, beginning: &str) -> [u8; 16] {
        of_member(&self.employer_names, member, beginning)
    }

    /// What a document is found by, the same at every member.
    pub fn document_key(&self, document: &Document) -> DocumentKey {
        let mut hasher = blake3::Hasher::new_keyed(&self.documents);
        hasher.update(&[document.kind.number()]);
        hasher.update(document.country.as_str().as_bytes());
        hasher.update(document.number.as_str().as_bytes());
        DocumentKey(half(hasher.finalize().as_bytes()))
    }

    /// What a worker is found by within its member: of the folded beginning of a name.
    pub fn name_key(&self, member: MemberId, beginning: &str) -> [u8; 16] {
        of_member(&self.names, member, beginning)
    }
}

fn of_member(key: &[u8; 32], member: MemberId, text: &str) -> [u8; 16] {
    let mut hasher = blake3::Hasher::new_keyed(key);
    hasher.update(member.as_bytes());
    hasher.update(text.as_bytes());
    half(hasher.finalize().as_bytes())
}
