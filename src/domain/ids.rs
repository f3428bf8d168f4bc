//! Typed identifiers: a UUIDv7 (RFC 9562) with a prefix that says of what, so that a log line or a mistaken argument
//! shows at once what it names. Made by us, never by a database.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use arrayvec::ArrayString;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use super::time::{Environment, Timestamp};

/// What an [`Id`] identifies.
pub trait Kind: 'static {
    /// The letters before the underscore, three of them.
    const PREFIX: &'static str;
}

/// Text length of every identifier: three letters, an underscore, 32 hexadecimal digits.
pub const ID_LENGTH: usize = 36;

/// An identifier of one kind of thing. Its text form is `prefix_` and 32 lower-case hexadecimal digits.
pub struct Id<K>(Uuid, PhantomData<fn() -> K>);

/// The text is not an identifier of the wanted kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be {0}_ followed by 32 lower-case hexadecimal digits")]
pub struct NotAnId(pub &'static str);

impl<K: Kind> Id<K> {
    /// A new identifier. Its first 48 bits are the time, so that rows made together lie together.
    pub fn make(environment: &dyn Environment) -> Self {
        Self::make_at(environment.now(), environment)
    }

    /// The same for who knows the time already.
    pub fn make_at(now: Timestamp, environment: &dyn Environment) -> Self {
        let mut random = [0; 10];
        environment.fill_random(&mut random);
        let millis = u64::try_from(now.as_ms()).unwrap_or(0);
        Self::from_uuid(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
    }

    /// Below every identifier that is made at this moment or later, and above every one that was made before.
    pub fn first_at(moment: Timestamp) -> Self {
        Self::from_u128(u128::try_from(moment.as_ms()).unwrap_or(0) << 80)
    }

    /// When it was made: its first 48 bits.
    pub const fn made_at(&self) -> Timestamp {
        Timestamp::from_ms((self.as_u128() >> 80) as i64)
    }

    /// The identifier with these 128 bits.
    pub const fn from_uuid(uuid: Uuid) -> Self {
        Self(uuid, PhantomData)
    }

    /// The identifier with these 128 bits, as a number.
    pub const fn from_u128(bits: u128) -> Self {
        Self(Uuid::from_u128(bits), PhantomData)
    }

    /// Its 128 bits as a number.
    pub const fn as_u128(&self) -> u128 {
        self.0.as_u128()
    }

    /// Its text form, on the stack: a gate answer carries several identifiers and must not allocate for each.
    pub fn text(&self) -> ArrayString<ID_LENGTH> {
        let mut text = ArrayString::new();
        text.push_str(K::PREFIX);
        text.push('_');
        text.push_str(self.0.simple().encode_lower(&mut [0; 32]));
        text
    }

    /// Its 16 bytes, as they are stored.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }
}

impl<K: Kind> FromStr for Id<K> {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let refused = NotAnId(K::PREFIX);
        let hex = text
            .strip_prefix(K::PREFIX)
            .and_then(|rest| rest.strip_prefix('_'))
            .ok_or(refused)?;
        // One spelling only: an identifier that compares unequal as text must not be equal as a value.
        if hex.len() != 32 || !hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(refused);
        }
        Uuid::try_parse_ascii(hex.as_bytes())
            .map(Self::from_uuid)
            .map_err(|_| refused)
    }
}

impl<K: Kind> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl<K: Kind> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K> Copy for Id<K> {}
impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<K> Eq for Id<K> {}
impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}
impl<K> std::hash::Hash for Id<K> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<K: Kind> Serialize for Id<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text())
    }
}

impl<'de, K: Kind> Deserialize<'de> for Id<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor<K>(PhantomData<fn() -> K>);
        impl<K: Kind> serde::de::Visitor<'_> for Visitor<K> {
            type Value = Id<K>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(
                    f,
                    "{}_ followed by 32 lower-case hexadecimal digits",
                    K::PREFIX
                )
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Id<K>, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Visitor(PhantomData))
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident, $id:ident, $prefix:literal;)*) => {$(
        $(#[$doc])*
        pub enum $kind {}
        impl Kind for $kind {
            const PREFIX: &'static str = $prefix;
        }
        $(#[$doc])*
        pub type $id = Id<$kind>;
    )*};
}

kinds! {
    /// An organisation of the network.
    MemberKind, MemberId, "mbr";
    /// An ISPS port facility, inland terminal or lock.
    FacilityKind, FacilityId, "fac";
    /// A restricted area in a facility.
    ZoneKind, ZoneId, "zon";
    /// An access point.
    GateKind, GateId, "gat";
    /// A member's numbering of cards and the readers that speak it.
    CardSystemKind, CardSystemId, "cas";
    /// A machine that talks to us.
    ClientKind, ClientId, "cli";
    /// A person who acts for a member.
    PersonKind, PersonId, "per";
    /// A person who works in the ports.
    WorkerKind, WorkerId, "wrk";
    /// A worker's tie to an employer at a member.
    EngagementKind, EngagementId, "eng";
    /// The verification of one worker for one function.
    ScreeningKind, ScreeningId, "scr";
    /// The question whether two records are of one person.
    MatchCaseKind, MatchCaseId, "mat";
    /// A block on a person between members.
    ExclusionKind, ExclusionId, "exc";
    /// What one issuer tells another of a person.
    ReferralKind, ReferralId, "ref";
    /// What holds for the whole network.
    SettingsKind, SettingsId, "set";
    /// Which blind-index keys are in use.
    BlindKeysKind, BlindKeysId, "bky";
    /// A port ban.
    BanKind, BanId, "ban";
    /// An act that waits for its second person.
    ApprovalKind, ApprovalId, "apr";
    /// Whatever some work is about.
    WorkItemKind, WorkItemId, "wki";
    /// A glass that was broken.
    BreakGlassKind, BreakGlassId, "brk";
    /// The erasing of a worker.
    ErasureKind, ErasureId, "era";
    /// The right that a member issued to a worker.
    CredentialKind, CredentialId, "crd";
    /// A medium of a credential.
    BadgeKind, BadgeId, "bdg";
    /// One answered gate check.
    CheckKind, CheckId, "chk";
    /// One presented card that was not good.
    SightingKind, SightingId, "sgt";
    /// One look at who somebody is.
    LookupKind, LookupId, "lup";
    /// One file that was brought in.
    ImportKind, ImportId, "imp";
    /// One numbering of the ledger.
    GenKind, Gen, "gen";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_says_when_it_was_made_and_lies_there() {
        let moment = |text: &str| text.parse::<Timestamp>().expect("a moment");
        let at = moment("2026-03-01T07:30:00.123Z");
        let id = CheckId::make_at(at, &crate::environment::RealEnvironment);
        assert_eq!(id.made_at(), at);
        assert!(CheckId::first_at(at) < id);
        assert!(id < CheckId::first_at(at.plus_ms(1)));
    }

    #[test]
    fn an_identifier_has_exactly_one_spelling() {
        let id = MemberId::from_u128(0x0192_f3c4_0000_7000_8000_0000_0000_0001);
        assert_eq!(id.to_string(), "mbr_0192f3c4000070008000000000000001");
        assert_eq!(id.to_string().parse::<MemberId>(), Ok(id));
        for wrong in [
            "",
            "mbr_",
            "fac_0192f3c4000070008000000000000001",
            "mbr_0192F3C4000070008000000000000001",
            "mbr_+192f3c400007000800000000000000",
            "mbr-0192f3c4000070008000000000000001",
            "mbr_0192f3c40000700080000000000000011",
        ] {
            assert!(wrong.parse::<MemberId>().is_err(), "{wrong}");
        }
        let json = serde_json::to_string(&id).expect("serializes");
        assert_eq!(
            serde_json::from_str::<MemberId>(&json).expect("reads back"),
            id
        );
    }
}
