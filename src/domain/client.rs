//! Machines that talk to us, and the roles that machines and people act in.

use serde::{Deserialize, Serialize};

use super::digest::Digest;
use super::ids::{ClientId, MemberId};
use super::text::Name;

/// What somebody may do, each at one member. The table of what each may do is `access::permission`.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Asks whether a card is good. Reads no record.
    Gate,
    /// Keeps a member's workers, engagements and credentials.
    HrOfficer,
    /// Keeps the screenings of a member's workers: asks the State and records what it answers.
    ScreeningOfficer,
    /// Decides what ends a screening at a member: an appeal, a term that ran out, a condition that was not met.
    ScreeningApprover,
    /// Keeps a member's facilities, gates and clients.
    MemberAdmin,
    /// Keeps the members. Reads and changes no worker's record.
    NetworkAdmin,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 6] = [
        Self::Gate,
        Self::HrOfficer,
        Self::ScreeningOfficer,
        Self::ScreeningApprover,
        Self::MemberAdmin,
        Self::NetworkAdmin,
    ];

    /// Its name in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gate => "gate",
            Self::HrOfficer => "hr_officer",
            Self::ScreeningOfficer => "screening_officer",
            Self::ScreeningApprover => "screening_approver",
            Self::MemberAdmin => "member_admin",
            Self::NetworkAdmin => "network_admin",
        }
    }
}

/// A machine that talks to us: a gate controller, an HR system, an administrator's tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Client {
    /// Made by us.
    pub id: ClientId,
    /// For which member it acts.
    pub member: MemberId,
    /// As it is called.
    pub name: Name,
    /// What it may do.
    pub role: Role,
    /// SHA-256 of its secret. The secret is 256 random bits, so that a plain hash gives nothing away.
    pub secret_sha256: Digest,
    /// Once true never false again: a client that lost its power gets none back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub revoked: bool,
}
