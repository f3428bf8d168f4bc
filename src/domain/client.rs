//! Machines that talk to us, and the roles that machines and people act in.

use serde::{Deserialize, Serialize};

use super::digest::Digest;
use super::ids::{ClientId, MemberId, PersonId, WorkerId};
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
    /// Is the second person for what an HR officer asks.
    HrApprover,
    /// Keeps the screenings of a member's workers: asks the State and records what it answers.
    ScreeningOfficer,
    /// Is the second person for what a screening officer asks, and decides what ends a screening.
    ScreeningApprover,
    /// Answers for access at a member's facilities: the port facility security officer of the ISPS Code.
    FacilityOfficer,
    /// Can withdraw badges at any hour.
    DutyOfficer,
    /// Answers for the privacy of workers. Its holder has no other role.
    Registrar,
    /// Sees who did and saw what, and changes nothing.
    Auditor,
    /// Keeps a member's facilities, gates, clients and the people who use them.
    MemberAdmin,
    /// Keeps the members. Reads and changes no worker's record.
    NetworkAdmin,
    /// Says which port bans there are: the feed of the State's register. Nobody's tool.
    Register,
}

impl Role {
    /// Whether it reaches every member: only a network administrator gives and takes it.
    pub const fn is_of_network(self) -> bool {
        matches!(self, Self::NetworkAdmin | Self::Register)
    }

    /// Whether it is a machine's own, and nobody's tool.
    pub const fn is_of_machine(self) -> bool {
        matches!(self, Self::Gate | Self::Register)
    }

    /// Every role.
    pub const ALL: [Self; 12] = [
        Self::Gate,
        Self::HrOfficer,
        Self::HrApprover,
        Self::ScreeningOfficer,
        Self::ScreeningApprover,
        Self::FacilityOfficer,
        Self::DutyOfficer,
        Self::Registrar,
        Self::Auditor,
        Self::MemberAdmin,
        Self::NetworkAdmin,
        Self::Register,
    ];

    /// Its name in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gate => "gate",
            Self::HrOfficer => "hr_officer",
            Self::HrApprover => "hr_approver",
            Self::ScreeningOfficer => "screening_officer",
            Self::ScreeningApprover => "screening_approver",
            Self::FacilityOfficer => "facility_officer",
            Self::DutyOfficer => "duty_officer",
            Self::Registrar => "registrar",
            Self::Auditor => "auditor",
            Self::MemberAdmin => "member_admin",
            Self::NetworkAdmin => "network_admin",
            Self::Register => "register",
        }
    }
}

/// A person who acts for a member, through one or more clients. It has no name here: the member knows who it is. Two
/// clients of one person are one person wherever two are needed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// Made by us.
    pub id: PersonId,
    /// For which member.
    pub member: MemberId,
    /// As which worker the person is recorded, where that is so: nobody decides about themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worker: Option<WorkerId>,
}

/// A machine that talks to us: a gate controller, an HR system, an officer's or administrator's tool.
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
    /// Whose tool it is, where it acts for one person and not for a system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// SHA-256 of its secret. The secret is 256 random bits, so that a plain hash gives nothing away.
    pub secret_sha256: Digest,
    /// Once true never false again: a client that lost its power gets none back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub revoked: bool,
}
