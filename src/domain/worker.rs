//! The worker: the person, known to the ledger by an identifier only, and the engagements that bring them to a port.

use serde::{Deserialize, Serialize};

use super::calendar::Day;
use super::digest::Digest;
use super::document::Document;
use super::ids::{EngagementId, MemberId, WorkerId};
use super::text::Text;
use super::time::Timestamp;

/// A worker as the ledger knows them: no name, no date, no hash of a document, only who registered them and a digest of the
/// sealed details. Nothing can be taken out of a ledger, so what it says of a person must say nothing once they are erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Worker {
    /// Made by us.
    pub id: WorkerId,
    /// Who registered them.
    pub member: MemberId,
    /// SHA-256 of the sealed details, so that a change behind our back is seen. Of ciphertext, so that it says nothing
    /// about the person.
    pub details: Digest,
}

/// A worker's own key as it is stored: under a key-encryption key that is not in the database. All that is known of the
/// person is sealed under it; who destroys it has erased them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrappedKey {
    /// The version of the key-encryption key.
    pub kek: u16,
    /// The worker's key under it.
    pub wrapped: Vec<u8>,
}

/// How many bytes a wrapped key has, nonce and tag of its seal included: always the same, so that another overwrites it where
/// it lies.
pub const WRAPPED_KEY_BYTES: usize = 12 + 32 + 16;

impl WrappedKey {
    /// Whether it was overwritten with zeros, which nothing opens.
    pub fn is_destroyed(&self) -> bool {
        self.wrapped.iter().all(|&byte| byte == 0)
    }
}

/// What a member knows of a worker. Sealed wherever it is stored, and never in ledger, log or URL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkerDetails {
    /// Family name.
    pub family_name: PersonName,
    /// Given names.
    pub given_names: PersonName,
    /// Date of birth, `yyyy-mm-dd`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birth_date: Option<String>,
    /// Documents that a State gave them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub documents: Vec<Document>,
    /// Those that were recorded before and were taken out or corrected. The person is still found by them: nobody becomes another by a
    /// change of their record.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub former_documents: Vec<Document>,
}

/// How many documents that were taken out a record keeps. Nobody has so many; who takes out more hides somebody.
pub const FORMER_DOCUMENTS_MAX: usize = 16;

impl WorkerDetails {
    /// All by which the person is found.
    pub fn found_by(&self) -> impl Iterator<Item = &Document> {
        self.documents.iter().chain(&self.former_documents)
    }

    /// Whether the date of birth, where there is one, is not after the day of this moment (in UTC).
    pub fn is_born_by(&self, now: Timestamp) -> bool {
        // Both are written yyyy-mm-dd, and so lie in the order of their texts.
        let today = &now.to_string()[..10];
        self.birth_date.as_deref().is_none_or(|date| date <= today)
    }
}

/// A name of a person.
pub type PersonName = Text<100>;

/// A worker's tie to an employer at a member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Engagement {
    /// Made by us.
    pub id: EngagementId,
    /// Whose it is.
    pub worker: WorkerId,
    /// At which member.
    pub member: MemberId,
    /// SHA-256 of the sealed details.
    pub details: Digest,
    /// Its last day, where one is agreed. What rests on it is not good any longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Day>,
}

/// What a member knows of an engagement. Sealed wherever it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EngagementDetails {
    /// Who states the operational need.
    pub employer: Text<160>,
    /// The worker's number at the member, one engagement each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub staff_number: Option<StaffNumber>,
}

/// A worker's number at a member.
pub type StaffNumber = Text<40>;
