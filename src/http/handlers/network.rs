//! Members, facilities, zones, gates and card systems: `GET` and `POST` on the list, `GET` and `PUT` on each.

use serde::{Deserialize, Serialize};
use validator::Validate;

use crate::access::permission::{KeepFacilities, KeepMembers, ReadGates, ReadNetwork};
use crate::domain::card::ByteOrder;
use crate::domain::ids::{self, CardSystemId, FacilityId, GateId, MemberId, ZoneId};
use crate::domain::network::{
    CardSystem, Direction, Facility, FacilityKind, Gate, LegalBasis, Locode, Member, MemberKind,
    SecurityLevel, Zone,
};
use crate::domain::screening::Function;
use crate::domain::text::Name;
use crate::http::extract::{Guarded, IdempotencyKey, IfMatch, Page, PathId, ValidJson};
use crate::service::network::{CardSystemDraft, FacilityDraft, GateDraft, MemberDraft, ZoneDraft};

use super::approvals::ApprovalView;
use super::records::{OfMember, View, add, change, list, resource, show};
use super::{Answer, Items};

/// An organisation of the network.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberBody {
    /// As it calls itself.
    pub name: Name,
    /// What it is.
    pub kind: MemberKind,
    /// The places it manages, by UN/LOCODE.
    #[serde(default)]
    #[validate(length(max = 50))]
    #[schema(max_items = 50)]
    pub locodes: Vec<Locode>,
    /// The greatest age of a copy that may permit at its gates, in milliseconds.
    #[serde(default)]
    #[schema(minimum = 2000, maximum = 86400000)]
    pub max_age_ms: Option<u64>,
    /// Whether its credentials are issued when a second person has granted it, and are good when they were handed over. They
    /// are, if this is not said of a new member; of one that there is, nothing changes then. It is switched off by
    /// `POST /v1/members/{id}/issuing-by-one` alone.
    #[serde(default)]
    pub approves_issues: Option<bool>,
}

impl From<MemberBody> for MemberDraft {
    fn from(body: MemberBody) -> Self {
        Self {
            name: body.name,
            kind: body.kind,
            locodes: body.locodes,
            max_age_ms: body.max_age_ms,
            approves_issues: body.approves_issues,
        }
    }
}

/// An organisation of the network.
#[derive(Serialize, utoipa::ToSchema)]
pub struct MemberView {
    /// Which.
    pub id: MemberId,
    /// As it calls itself.
    pub name: Name,
    /// What it is.
    pub kind: MemberKind,
    /// The places it manages.
    #[schema(max_items = 50)]
    pub locodes: Vec<Locode>,
    /// The greatest age of a copy that may permit at its gates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_age_ms: Option<u64>,
    /// Whether its credentials are issued by two people, and handed over.
    pub approves_issues: bool,
    /// On what it tells others what it holds against somebody for cause.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub legal_basis: Option<LegalBasis>,
    /// Whether two of its administrators were there at one time, so that it takes two to add clients and people, and to open a
    /// place. It stays so.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub two_administrators: bool,
}

impl From<&Member> for MemberView {
    fn from(member: &Member) -> Self {
        Self {
            id: member.id,
            name: member.name.clone(),
            kind: member.kind,
            locodes: member.locodes.clone(),
            max_age_ms: member.max_age_ms,
            approves_issues: member.approves_issues,
            legal_basis: member.legal_basis.clone(),
            two_administrators: member.two_administrators,
        }
    }
}

resource!(
    Member,
    "member",
    MemberKind,
    MemberId,
    KeepMembers,
    ReadNetwork,
    MemberBody,
    MemberView,
    "/v1/members",
    "/v1/members/{id}",
    "Network",
    add_member,
    list_members,
    show_member,
    change_member
);

/// A port facility, inland terminal or lock.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FacilityBody {
    /// Whose it is.
    pub member: MemberId,
    /// Its name.
    pub name: Name,
    /// What it is.
    pub kind: FacilityKind,
    /// Where it lies, by UN/LOCODE.
    pub locode: Locode,
    /// The security level in force; 1, if not said.
    #[serde(default)]
    pub security_level: SecurityLevel,
    /// Whether its gates are told the class of a reason; no, if not said.
    #[serde(default)]
    pub shows_class: bool,
    /// The greatest age of a copy that may permit at its gates, in milliseconds.
    #[serde(default)]
    #[schema(minimum = 2000, maximum = 86400000)]
    pub max_age_ms: Option<u64>,
}

impl From<FacilityBody> for FacilityDraft {
    fn from(body: FacilityBody) -> Self {
        Self {
            member: body.member,
            name: body.name,
            kind: body.kind,
            locode: body.locode,
            security_level: body.security_level,
            shows_class: body.shows_class,
            max_age_ms: body.max_age_ms,
        }
    }
}

/// A port facility, inland terminal or lock.
#[derive(Serialize, utoipa::ToSchema)]
pub struct FacilityView {
    /// Which.
    pub id: FacilityId,
    /// Whose it is.
    pub member: MemberId,
    /// Its name.
    pub name: Name,
    /// What it is.
    pub kind: FacilityKind,
    /// Where it lies.
    pub locode: Locode,
    /// The security level in force.
    pub security_level: SecurityLevel,
    /// Whether its gates are told the class of a reason.
    pub shows_class: bool,
    /// The greatest age of a copy that may permit at its gates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_age_ms: Option<u64>,
}

impl From<&Facility> for FacilityView {
    fn from(facility: &Facility) -> Self {
        Self {
            id: facility.id,
            member: facility.member,
            name: facility.name.clone(),
            kind: facility.kind,
            locode: facility.locode,
            security_level: facility.security_level,
            shows_class: facility.shows_class,
            max_age_ms: facility.max_age_ms,
        }
    }
}

resource!(
    Facility,
    "facility",
    FacilityKind,
    FacilityId,
    KeepFacilities,
    ReadNetwork,
    FacilityBody,
    FacilityView,
    "/v1/facilities",
    "/v1/facilities/{id}",
    "Network",
    add_facility,
    list_facilities,
    show_facility,
    change_facility; change or ApprovalView
);

/// A restricted area in a facility.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ZoneBody {
    /// Where it lies.
    pub facility: FacilityId,
    /// Its name.
    pub name: Name,
    /// What a worker must be cleared for to pass its gates, and their credential be for; nothing, if not said.
    #[serde(default)]
    pub requires: Option<Function>,
}

impl From<ZoneBody> for ZoneDraft {
    fn from(body: ZoneBody) -> Self {
        Self {
            facility: body.facility,
            name: body.name,
            requires: body.requires,
        }
    }
}

/// A restricted area in a facility.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ZoneView {
    /// Which.
    pub id: ZoneId,
    /// Where it lies.
    pub facility: FacilityId,
    /// Its name.
    pub name: Name,
    /// What a worker must be cleared for to pass its gates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requires: Option<Function>,
}

impl From<&Zone> for ZoneView {
    fn from(zone: &Zone) -> Self {
        Self {
            id: zone.id,
            facility: zone.facility,
            name: zone.name.clone(),
            requires: zone.requires,
        }
    }
}

resource!(
    Zone,
    "zone",
    ZoneKind,
    ZoneId,
    KeepFacilities,
    ReadNetwork,
    ZoneBody,
    ZoneView,
    "/v1/zones",
    "/v1/zones/{id}",
    "Network",
    add_zone,
    list_zones,
    show_zone,
    change_zone; change or ApprovalView
);

/// A member's numbering of cards.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CardSystemBody {
    /// Whose it is.
    pub member: MemberId,
    /// Its name.
    pub name: Name,
    /// In which order its readers report the bytes of a UID; highest first, if not said. Fixed once it is added.
    #[serde(default)]
    pub uid_byte_order: ByteOrder,
}

impl From<CardSystemBody> for CardSystemDraft {
    fn from(body: CardSystemBody) -> Self {
        Self {
            member: body.member,
            name: body.name,
            uid_byte_order: body.uid_byte_order,
        }
    }
}

/// A member's numbering of cards.
#[derive(Serialize, utoipa::ToSchema)]
pub struct CardSystemView {
    /// Which.
    pub id: CardSystemId,
    /// Whose it is.
    pub member: MemberId,
    /// Its name.
    pub name: Name,
    /// In which order its readers report the bytes of a UID.
    pub uid_byte_order: ByteOrder,
}

impl From<&CardSystem> for CardSystemView {
    fn from(card_system: &CardSystem) -> Self {
        Self {
            id: card_system.id,
            member: card_system.member,
            name: card_system.name.clone(),
            uid_byte_order: card_system.uid_byte_order,
        }
    }
}

resource!(
    CardSystem,
    "card system",
    CardSystemKind,
    CardSystemId,
    KeepFacilities,
    ReadNetwork,
    CardSystemBody,
    CardSystemView,
    "/v1/card-systems",
    "/v1/card-systems/{id}",
    "Network",
    add_card_system,
    list_card_systems,
    show_card_system,
    change_card_system
);

/// An access point.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GateBody {
    /// Where it stands.
    pub facility: FacilityId,
    /// The zone it leads to, where it does not lead to the whole facility.
    #[serde(default)]
    pub zone: Option<ZoneId>,
    /// Its name.
    pub name: Name,
    /// Which way it leads.
    pub direction: Direction,
    /// The numberings whose cards it honours, own and other members'.
    #[validate(length(min = 1, max = 8))]
    #[schema(min_items = 1, max_items = 8)]
    pub card_systems: Vec<CardSystemId>,
    /// The greatest age of a copy that may permit here, in milliseconds.
    #[serde(default)]
    #[schema(minimum = 2000, maximum = 86400000)]
    pub max_age_ms: Option<u64>,
}

impl From<GateBody> for GateDraft {
    fn from(body: GateBody) -> Self {
        Self {
            facility: body.facility,
            zone: body.zone,
            name: body.name,
            direction: body.direction,
            card_systems: body.card_systems,
            max_age_ms: body.max_age_ms,
        }
    }
}

/// An access point.
#[derive(Serialize, utoipa::ToSchema)]
pub struct GateView {
    /// Which.
    pub id: GateId,
    /// Where it stands.
    pub facility: FacilityId,
    /// The zone it leads to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<ZoneId>,
    /// Its name.
    pub name: Name,
    /// Which way it leads.
    pub direction: Direction,
    /// The numberings whose cards it honours.
    #[schema(max_items = 8)]
    pub card_systems: Vec<CardSystemId>,
    /// The greatest age of a copy that may permit here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_age_ms: Option<u64>,
}

impl From<&Gate> for GateView {
    fn from(gate: &Gate) -> Self {
        Self {
            id: gate.id,
            facility: gate.facility,
            zone: gate.zone,
            name: gate.name.clone(),
            direction: gate.direction,
            card_systems: gate.card_systems.clone(),
            max_age_ms: gate.max_age_ms,
        }
    }
}

resource!(
    Gate,
    "gate",
    GateKind,
    GateId,
    KeepFacilities,
    ReadGates,
    GateBody,
    GateView,
    "/v1/gates",
    "/v1/gates/{id}",
    "Network",
    add_gate,
    list_gates,
    show_gate,
    change_gate; change or ApprovalView
);
