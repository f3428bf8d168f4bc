//! Who is in the network: members, their facilities with zones and gates, and the numberings of their cards.

use serde::{Deserialize, Serialize};

use super::calendar::Day;
use super::card::ByteOrder;
use super::ids::{CardSystemId, FacilityId, GateId, MemberId, SettingsId, ZoneId};
use super::screening::{Function, Reference, Validity};
use super::text::Name;

/// What kind of organisation a member is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MemberKind {
    /// Manages a seaport.
    PortAuthority,
    /// Manages an inland port.
    InlandPort,
    /// Manages waterways and their locks.
    WaterwayManager,
    /// A public authority.
    Authority,
}

/// An organisation of the network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// Made by us.
    pub id: MemberId,
    /// As it calls itself.
    pub name: Name,
    /// Port, inland port, waterway manager or authority.
    pub kind: MemberKind,
    /// The places it manages, by UN/LOCODE; may be none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub locodes: Vec<Locode>,
    /// Stricter than the network: the greatest age of a copy that may still permit, at all its gates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_age_ms: Option<u64>,
    /// Whether it issues a credential when a second person has granted it, and hands it over afterwards; otherwise one person
    /// issues it, and it is good at once.
    pub approves_issues: bool,
    /// On what it tells others what it holds against somebody for cause. Without one nothing of that leaves it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub legal_basis: Option<LegalBasis>,
    /// Whether two of its administrators, two people, were there at one time. From then on it takes two of them to add a client
    /// or a person, and to open a place: once true never false again, or who removed the other would act alone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub two_administrators: bool,
}

/// A law, permit or agreement that lets a member tell others what it holds against somebody for cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LegalBasis {
    /// Where it is to be found.
    pub reference: Reference,
    /// Of which day it is.
    pub date: Day,
}

/// The authorisation by the minister of the Interior to use numbers of the national register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Authorisation {
    /// Where it is to be found.
    pub reference: Reference,
    /// Of which day it is.
    pub date: Day,
    /// Its last day, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Day>,
}

/// What holds for the whole network. There is one record of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Whether members may tell each other what they hold against somebody for cause.
    pub share_for_cause: bool,
    /// On what national register numbers are kept and asked by. Without one they are not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub national_register: Option<Authorisation>,
    /// For how long screenings hold that clear somebody.
    pub screenings: Validity,
    /// Whether two network administrators, two people, were there at one time. From then on it takes two of them to add a client
    /// or a person, and to open a place; once true never false again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub two_administrators: bool,
}

/// Whose administrators two are needed of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Administrators {
    /// The member's own.
    Member,
    /// The network's.
    Network,
}

impl Settings {
    /// Under which the one record is kept.
    pub const ID: SettingsId = SettingsId::from_u128(1);

    /// Whether national register numbers may be used on this day.
    pub fn may_use_national_register(&self, today: Day) -> bool {
        let authorisation = self.national_register.as_ref();
        authorisation.is_some_and(|authorisation| {
            authorisation.date <= today && authorisation.until.is_none_or(|until| today <= until)
        })
    }
}

/// A place by UN/LOCODE (UNECE Recommendation 16): two letters for the country, three letters or digits 2 to 9.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Locode([u8; 5]);

/// The text is no UN/LOCODE.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a UN/LOCODE of five characters without space, such as BEANR")]
pub struct NotALocode;

impl Locode {
    /// Its five characters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl std::str::FromStr for Locode {
    type Err = NotALocode;

    fn from_str(text: &str) -> Result<Self, NotALocode> {
        let bytes: [u8; 5] = text.as_bytes().try_into().map_err(|_| NotALocode)?;
        let country = bytes[..2].iter().all(u8::is_ascii_uppercase);
        let place = bytes[2..]
            .iter()
            .all(|b| b.is_ascii_uppercase() || matches!(b, b'2'..=b'9'));
        if country && place {
            Ok(Self(bytes))
        } else {
            Err(NotALocode)
        }
    }
}

impl Serialize for Locode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Locode {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <std::borrow::Cow<'de, str>>::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// What kind of facility it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FacilityKind {
    /// A port facility after the ISPS Code.
    PortFacility,
    /// A terminal in the hinterland.
    InlandTerminal,
    /// A lock.
    Lock,
}

/// The security level after the ISPS Code: 1 normal, 2 heightened, 3 exceptional.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(try_from = "u8", into = "u8")]
pub enum SecurityLevel {
    /// Normal.
    #[default]
    One,
    /// Heightened.
    Two,
    /// Exceptional.
    Three,
}

impl From<SecurityLevel> for u8 {
    fn from(level: SecurityLevel) -> Self {
        match level {
            SecurityLevel::One => 1,
            SecurityLevel::Two => 2,
            SecurityLevel::Three => 3,
        }
    }
}

impl TryFrom<u8> for SecurityLevel {
    type Error = &'static str;

    fn try_from(number: u8) -> Result<Self, &'static str> {
        match number {
            1 => Ok(Self::One),
            2 => Ok(Self::Two),
            3 => Ok(Self::Three),
            _ => Err("must be 1, 2 or 3"),
        }
    }
}

/// An ISPS port facility, inland terminal or lock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facility {
    /// Made by us.
    pub id: FacilityId,
    /// Whose it is.
    pub member: MemberId,
    /// As it is called.
    pub name: Name,
    /// Port facility, inland terminal or lock.
    pub kind: FacilityKind,
    /// Where it lies.
    pub locode: Locode,
    /// The security level in force.
    pub security_level: SecurityLevel,
    /// Whether its gates are told the class of a reason. By default they learn only "not valid".
    pub shows_class: bool,
    /// Stricter than the member: the greatest age of a copy that may still permit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_age_ms: Option<u64>,
}

/// A restricted area in a facility.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Zone {
    /// Made by us.
    pub id: ZoneId,
    /// Where it lies.
    pub facility: FacilityId,
    /// As it is called.
    pub name: Name,
    /// What a worker must be cleared for to pass its gates, and their credential be for; nothing, if it names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requires: Option<Function>,
}

impl Facility {
    /// Whether it would let in whom it does not, were it to become `after`: at a lower security level.
    pub fn opens(&self, after: &Self) -> bool {
        after.security_level < self.security_level
    }
}

/// Whether somebody passes where they did not, if this is required afterwards instead of that before.
pub fn opens(before: Option<Function>, after: Option<Function>) -> bool {
    before.is_some() && before != after
}

/// A place that can be opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// A facility, to a lower security level.
    Facility(Facility),
    /// A zone, to those without what it required.
    Zone(Zone),
    /// A gate, to those without what its zone requires.
    Gate(Gate),
}

/// Which way a gate leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Into the zone or facility.
    In,
    /// Out of it.
    Out,
    /// Both ways.
    Both,
}

/// An access point.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gate {
    /// Made by us.
    pub id: GateId,
    /// Where it stands.
    pub facility: FacilityId,
    /// The zone it leads to, where it does not lead to the whole facility.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<ZoneId>,
    /// As it is called.
    pub name: Name,
    /// Which way it leads.
    pub direction: Direction,
    /// The numberings whose cards its readers are asked about, own and other members', in the order they are looked up.
    pub card_systems: Vec<CardSystemId>,
    /// Stricter than the facility: the greatest age of a copy that may still permit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_age_ms: Option<u64>,
}

/// How many card systems one gate may honour: each costs its checks a look-up.
pub const CARD_SYSTEMS_PER_GATE_MAX: usize = 8;

/// A member's numbering of cards. Short card numbers are unique only in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CardSystem {
    /// Made by us.
    pub id: CardSystemId,
    /// Whose it is.
    pub member: MemberId,
    /// As it is called.
    pub name: Name,
    /// In which order its readers report the bytes of a card's UID.
    pub uid_byte_order: ByteOrder,
}
