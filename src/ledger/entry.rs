//! One entry of the ledger: a fact, who stated it, when, and its number.
//!
//! The encoding is JSON with a version, as an auditor can read it with nothing but a text editor. The bytes as they were
//! first written are what is stored and hashed; they are never written anew, so a later version of the program may
//! encode differently without touching what stands.

use serde::{Deserialize, Serialize};

use crate::domain::approval::{Approval, End};
use crate::domain::ban::Ban;
use crate::domain::blind::BlindKeys;
use crate::domain::break_glass::BreakGlass;
use crate::domain::clearance::Functions;
use crate::domain::client::{Client, Person};
use crate::domain::credential::{Badge, Credential, SuspensionKind};
use crate::domain::erasure::Erasure;
use crate::domain::exclusion::{self, Exclusion};
use crate::domain::ids::{
    ApprovalId, BadgeId, BanId, ClientId, CredentialId, EngagementId, ErasureId, ExclusionId, Gen,
    MatchCaseId, MemberId, ReferralId, ScreeningId, WorkerId,
};
use crate::domain::match_case::{Decision, MatchCase};
use crate::domain::network::{CardSystem, Facility, Gate, Member, Settings, Zone};
use crate::domain::reason::Reason;
use crate::domain::referral::{self, Referral};
use crate::domain::screening::{Change, Screening};
use crate::domain::time::Timestamp;
use crate::domain::worker::{Engagement, Worker};

/// The encoding that this program writes.
const VERSION: u8 = 1;

/// A fact with its place in the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its number. The first is 1, there is no gap, and the order is the order of commit.
    pub seq: u64,
    /// When it was stated, by the clock of the node that took it.
    pub at: Timestamp,
    /// Who stated it.
    pub by: Actor,
    /// What was stated.
    pub fact: Fact,
}

/// Who states a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Actor {
    /// A machine with a token.
    Client(ClientId),
    /// This program itself: at set-up, and for what follows from a date.
    System,
}

impl Serialize for Actor {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Client(id) => id.serialize(serializer),
            Self::System => serializer.serialize_str("system"),
        }
    }
}

impl<'de> Deserialize<'de> for Actor {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match &*<std::borrow::Cow<'de, str>>::deserialize(deserializer)? {
            "system" => Ok(Self::System),
            id => id
                .parse()
                .map(Self::Client)
                .map_err(serde::de::Error::custom),
        }
    }
}

/// Everything that can be stated. Records of the network are stated whole each time; a credential or a screening is
/// stated once and then only moves through its states.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fact {
    /// The numbering began. Always entry 1.
    #[serde(rename = "ledger.began")]
    LedgerBegan {
        /// The random name of the numbering; a restore begins another.
        r#gen: Gen,
    },
    /// The ledger goes on from a back-up: what followed the entry before this one is lost.
    #[serde(rename = "ledger.restored")]
    LedgerRestored {
        /// The random name of the numbering from here on.
        r#gen: Gen,
        /// That of the back-up.
        before: Gen,
        /// How far the ledger went as far as is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seen: Option<LastSeen>,
    },
    /// A member joined or its record changed.
    #[serde(rename = "member.recorded")]
    MemberRecorded(Member),
    /// A facility was added or its record changed.
    #[serde(rename = "facility.recorded")]
    FacilityRecorded(Facility),
    /// A zone was added or its record changed.
    #[serde(rename = "zone.recorded")]
    ZoneRecorded(Zone),
    /// A gate was added or its record changed.
    #[serde(rename = "gate.recorded")]
    GateRecorded(Gate),
    /// A card system was added or its record changed.
    #[serde(rename = "card_system.recorded")]
    CardSystemRecorded(CardSystem),
    /// A client was added or its record changed.
    #[serde(rename = "client.recorded")]
    ClientRecorded(Client),
    /// The operator made an administrator past those who were there, at the machine that holds the keys.
    #[serde(rename = "client.recovered")]
    ClientRecovered(Client),
    /// A person who acts for a member, whole.
    #[serde(rename = "person.recorded")]
    PersonRecorded(Person),
    /// What holds for the whole network, from now on.
    #[serde(rename = "settings.recorded")]
    SettingsRecorded(Settings),
    /// The blind-index key is changed: another version is used from here on, or nothing is found by the one before any more.
    #[serde(rename = "blind_keys.recorded")]
    BlindKeysRecorded(BlindKeys),
    /// A member's duty officer broke the glass.
    #[serde(rename = "break_glass.opened")]
    BreakGlassOpened(BreakGlass),
    /// Somebody closed it before its time, whole.
    #[serde(rename = "break_glass.closed")]
    BreakGlassClosed(BreakGlass),
    /// A worker was registered.
    #[serde(rename = "worker.registered")]
    WorkerRegistered(Worker),
    /// A worker's details changed.
    #[serde(rename = "worker.amended")]
    WorkerAmended(Worker),
    /// A worker is to be erased, from some day on.
    #[serde(rename = "erasure.granted")]
    ErasureGranted(Erasure),
    /// It was taken back.
    #[serde(rename = "erasure.withdrawn")]
    ErasureWithdrawn {
        /// Which.
        erasure: ErasureId,
    },
    /// What was known of the person is destroyed.
    #[serde(rename = "worker.erased")]
    WorkerErased {
        /// Who, as far as that can still be said.
        worker: WorkerId,
        /// By which erasure.
        erasure: ErasureId,
    },
    /// Two records bear one document, and somebody must say whether they are of one person.
    #[serde(rename = "match.opened")]
    MatchOpened(MatchCase),
    /// Somebody said it.
    #[serde(rename = "match.decided")]
    MatchDecided {
        /// About which.
        case: MatchCaseId,
        /// What.
        decision: Decision,
    },
    /// An engagement began.
    #[serde(rename = "engagement.began")]
    EngagementBegan(Engagement),
    /// An engagement ended.
    #[serde(rename = "engagement.ended")]
    EngagementEnded {
        /// Which.
        engagement: EngagementId,
    },
    /// A screening was opened.
    #[serde(rename = "screening.opened")]
    ScreeningOpened(Screening),
    /// Something happened to a screening.
    #[serde(rename = "screening.moved")]
    ScreeningMoved {
        /// Which.
        screening: ScreeningId,
        /// What.
        change: Change,
    },
    /// The register of the State has a port ban.
    #[serde(rename = "ban.mirrored")]
    BanMirrored(Ban),
    /// A record is of the person whom a ban is about.
    #[serde(rename = "ban.found")]
    BanFound {
        /// Which ban.
        ban: BanId,
        /// Whose record.
        worker: WorkerId,
    },
    /// The term of a ban began.
    #[serde(rename = "ban.began")]
    BanBegan {
        /// Which.
        ban: BanId,
    },
    /// The term of a ban is over, or the register took it back.
    #[serde(rename = "ban.ended")]
    BanEnded {
        /// Which.
        ban: BanId,
    },
    /// A member acted for cause against somebody, and tells another issuer, or would if it might.
    #[serde(rename = "referral.opened")]
    ReferralOpened(Referral),
    /// Something happened to a referral.
    #[serde(rename = "referral.moved")]
    ReferralMoved {
        /// Which.
        referral: ReferralId,
        /// What.
        change: referral::Change,
    },
    /// A member proposed an exclusion, and it holds there.
    #[serde(rename = "exclusion.proposed")]
    ExclusionProposed(Exclusion),
    /// Something happened to an exclusion.
    #[serde(rename = "exclusion.moved")]
    ExclusionMoved {
        /// Which.
        exclusion: ExclusionId,
        /// What.
        change: exclusion::Change,
    },
    /// Another member that knows the person was told of an exclusion.
    #[serde(rename = "exclusion.told")]
    ExclusionTold {
        /// Which.
        exclusion: ExclusionId,
        /// Whom.
        member: MemberId,
        /// By which record it knows the person.
        worker: WorkerId,
    },
    /// A member that was told answered.
    #[serde(rename = "exclusion.answered")]
    ExclusionAnswered {
        /// Which.
        exclusion: ExclusionId,
        /// Who.
        member: MemberId,
        /// What.
        reply: exclusion::Reply,
    },
    /// An act was asked for that needs a second person.
    #[serde(rename = "approval.asked")]
    ApprovalAsked(Approval),
    /// What became of it. What was granted follows as facts of its own.
    #[serde(rename = "approval.ended")]
    ApprovalEnded {
        /// Which.
        approval: ApprovalId,
        /// How.
        end: End,
    },
    /// A credential was issued.
    #[serde(rename = "credential.issued")]
    CredentialIssued {
        /// The right.
        credential: Credential,
        /// What it is carried on.
        badges: Vec<Badge>,
    },
    /// The issue of a credential was granted. It has no badge yet and is not good before it is handed over.
    #[serde(rename = "credential.approved")]
    CredentialApproved {
        /// The right.
        credential: Credential,
    },
    /// A credential was handed over to its worker, in person.
    #[serde(rename = "credential.handed_over")]
    CredentialHandedOver {
        /// Which.
        credential: CredentialId,
    },
    /// A badge came back, or is known to be destroyed.
    #[serde(rename = "badge.recovered")]
    BadgeRecovered {
        /// Of which credential.
        credential: CredentialId,
        /// Which badge.
        badge: BadgeId,
    },
    /// A credential got one more badge.
    #[serde(rename = "badge.added")]
    BadgeAdded {
        /// Whose.
        credential: CredentialId,
        /// The badge.
        badge: Badge,
    },
    /// A credential stopped being good for now.
    #[serde(rename = "credential.suspended")]
    CredentialSuspended {
        /// Which.
        credential: CredentialId,
        /// In which way; follows from the reason, kept so that old entries stay readable if that ever changes.
        kind: SuspensionKind,
        /// Why.
        reason: Reason,
    },
    /// One ground for a suspension fell away.
    #[serde(rename = "credential.lifted")]
    CredentialLifted {
        /// Which.
        credential: CredentialId,
        /// Which ground.
        kind: SuspensionKind,
    },
    /// Of the functions that a credential is for, these are the ones that its worker is cleared for from here on.
    #[serde(rename = "credential.functions")]
    CredentialFunctions {
        /// Which.
        credential: CredentialId,
        /// All of them, whichever they were before.
        functions: Functions,
    },
    /// The revocation of a credential was wrong. It stays revoked; who was wronged is issued another.
    #[serde(rename = "revocation.corrected")]
    RevocationCorrected {
        /// Which.
        credential: CredentialId,
    },
    /// A credential stopped being good for ever.
    #[serde(rename = "credential.revoked")]
    CredentialRevoked {
        /// Which.
        credential: CredentialId,
        /// Why.
        reason: Reason,
    },
}

/// How far a ledger went that a node knew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LastSeen {
    /// The name of its numbering.
    pub r#gen: Gen,
    /// The last entry that the node has seen.
    pub seq: u64,
}

/// Bytes that are not an entry.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// Not JSON, or not of this shape.
    #[error("not an entry: {0}")]
    Malformed(#[from] serde_json::Error),
    /// Written by a later program.
    #[error("written in encoding {0}; this program reads up to {VERSION}")]
    Newer(u8),
    /// The number in the bytes is not the number of the row.
    #[error("says it is entry {0}")]
    Misplaced(u64),
}

#[derive(Serialize)]
struct Written<'a> {
    v: u8,
    seq: u64,
    at: Timestamp,
    by: Actor,
    fact: &'a Fact,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    v: u8,
    seq: u64,
    at: Timestamp,
    by: Actor,
    fact: Fact,
}

impl Entry {
    /// The bytes to store and hash.
    pub fn encode(&self) -> Vec<u8> {
        let written = Written {
            v: VERSION,
            seq: self.seq,
            at: self.at,
            by: self.by,
            fact: &self.fact,
        };
        serde_json::to_vec(&written)
            .expect("an entry has only string keys and no failing serializer")
    }

    /// Reads back the entry that is stored under `seq`.
    pub fn decode(seq: u64, bytes: &[u8]) -> Result<Self, Unreadable> {
        #[derive(Deserialize)]
        struct Version {
            v: u8,
        }
        let read: Read =
            serde_json::from_slice(bytes).map_err(|error| {
                match serde_json::from_slice::<Version>(bytes) {
                    Ok(Version { v }) if v > VERSION => Unreadable::Newer(v),
                    _ => Unreadable::Malformed(error),
                }
            })?;
        match read {
            Read { v, .. } if v > VERSION => Err(Unreadable::Newer(v)),
            Read { seq: said, .. } if said != seq => Err(Unreadable::Misplaced(said)),
            Read { at, by, fact, .. } => Ok(Self { seq, at, by, fact }),
        }
    }
}
