//! The credential: the right that a member issued to a worker, and its state machine.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::card::Format;
use super::clearance::Functions;
use super::ids::{
    BadgeId, CardSystemId, CredentialId, EngagementId, FacilityId, MemberId, WorkerId, ZoneId,
};
use super::reason::Class;
use super::time::Timestamp;

/// A credential as it was issued. What happened to it since is its [`State`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credential {
    /// Made by us, never reused.
    pub id: CredentialId,
    /// Who issued it, and who alone may suspend, lift and revoke it.
    pub member: MemberId,
    /// Whose it is.
    pub worker: WorkerId,
    /// The engagement it rests on, where one is recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engagement: Option<EngagementId>,
    /// Good from this moment on.
    pub valid_from: Timestamp,
    /// Good up to, and not including, this moment.
    pub valid_until: Timestamp,
    /// Where and what for it is good.
    #[serde(default, skip_serializing_if = "Scope::names_nothing")]
    pub scope: Scope,
}

/// Where a credential is good: the facilities and zones named, or everywhere in the network when none is.
/// A gate opens when its facility is named, or its zone; one of a zone that requires a function, only when that is named too.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// Whole facilities.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub facilities: BTreeSet<FacilityId>,
    /// Single zones.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub zones: BTreeSet<ZoneId>,
    /// What it is for, beyond passing gates. Which of these its worker is cleared for changes with their screenings.
    #[serde(default, skip_serializing_if = "no_functions")]
    pub functions: Functions,
}

// serde hands over a reference.
fn no_functions(functions: &Functions) -> bool {
    functions.is_empty()
}

impl Scope {
    /// Whether it is everywhere in the network, and for no function.
    pub fn names_nothing(&self) -> bool {
        self.is_everywhere() && self.functions.is_empty()
    }

    /// Whether no place is named.
    pub fn is_everywhere(&self) -> bool {
        self.facilities.is_empty() && self.zones.is_empty()
    }

    /// Whether a gate in this facility and zone is covered.
    pub fn covers(&self, facility: FacilityId, zone: Option<ZoneId>) -> bool {
        self.is_everywhere()
            || self.facilities.contains(&facility)
            || zone.is_some_and(|zone| self.zones.contains(&zone))
    }
}

/// What the right is carried on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Medium {
    /// A plastic card.
    Card,
    /// A phone.
    Phone,
}

/// A medium of a credential, with the card identifiers that readers see on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Badge {
    /// Made by us, never reused.
    pub id: BadgeId,
    /// Card or phone.
    pub medium: Medium,
    /// At least one, at most [`CARDS_PER_BADGE_MAX`].
    pub cards: Vec<BadgeCard>,
}

/// One card identifier of a badge, as the ledger holds it: without the number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BadgeCard {
    /// In which numbering it was registered.
    pub card_system: CardSystemId,
    /// How it is written on the card.
    pub format: Format,
    /// What the index knows it by.
    pub key: CardKey,
}

/// How many card identifiers one badge may carry.
pub const CARDS_PER_BADGE_MAX: usize = 8;
/// How many badges one credential may have.
pub const BADGES_PER_CREDENTIAL_MAX: usize = 8;
/// How many facilities and zones a scope may name.
pub const SCOPE_MAX: usize = 64;

/// A keyed hash of a card identifier. Card numbers are few enough to be tried one by one, so a plain hash would hide
/// nothing; the key is the network's and never leaves it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CardKey(pub [u8; 16]);

impl CardKey {
    /// The key as a number.
    pub const fn as_u128(self) -> u128 {
        u128::from_be_bytes(self.0)
    }
}

impl std::fmt::Debug for CardKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CardKey(..)")
    }
}

impl Serialize for CardKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:032x}", self.as_u128()))
    }
}

impl<'de> Deserialize<'de> for CardKey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        if text.len() != 32 || !text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(serde::de::Error::custom(
                "a card key has 32 lower-case hexadecimal digits",
            ));
        }
        let number = u128::from_str_radix(&text, 16).map_err(serde::de::Error::custom)?;
        Ok(Self(number.to_be_bytes()))
    }
}

/// Why a credential is suspended. Several can stand at once: a ban that ends must not lift an inquiry.
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
pub enum SuspensionKind {
    /// Not used for too long.
    Dormant,
    /// Under suspicion or inquiry.
    ForCause,
    /// The screening bears on it.
    Screening,
    /// A court ordered it.
    Judicial,
    /// The issuer excludes the person, by its own decision or another member's that it adopted.
    Exclusion,
}

impl SuspensionKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [
        Self::Dormant,
        Self::ForCause,
        Self::Screening,
        Self::Judicial,
        Self::Exclusion,
    ];

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// One or more kinds of suspension that stand at once.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Suspensions(u8);

impl Suspensions {
    /// Just this kind.
    pub const fn of(kind: SuspensionKind) -> Self {
        Self(kind.bit())
    }

    /// Whether this kind stands.
    pub const fn contains(self, kind: SuspensionKind) -> bool {
        self.0 & kind.bit() != 0
    }

    /// The gravest kind that stands: what a gate that may see the class is told.
    pub fn gravest(self) -> Class {
        [
            (SuspensionKind::Judicial, Class::Judicial),
            (SuspensionKind::ForCause, Class::ForCause),
            (SuspensionKind::Exclusion, Class::ForCause),
            (SuspensionKind::Screening, Class::Screening),
        ]
        .into_iter()
        .find_map(|(kind, class)| self.contains(kind).then_some(class))
        .unwrap_or(Class::Dormancy)
    }

    /// The kinds that stand.
    pub fn iter(self) -> impl Iterator<Item = SuspensionKind> {
        SuspensionKind::ALL
            .into_iter()
            .filter(move |&kind| self.contains(kind))
    }
}

impl std::fmt::Debug for Suspensions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// Where a credential stands. Expiry is no state: it follows from the date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Granted, and not yet handed over to its worker. No gate lets anybody in with it.
    Approved,
    /// Good, within its validity and scope.
    Active,
    /// Not good for now.
    Suspended(Suspensions),
    /// Never good again. The way back is a new credential.
    Revoked,
}

/// What can happen to a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Change {
    /// It was handed over, in person. From now on it is good.
    HandOver,
    /// It stops being good for now.
    Suspend(SuspensionKind),
    /// One ground for its suspension falls away.
    Lift(SuspensionKind),
    /// It stops being good for ever.
    Revoke,
}

/// Why a change is not possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It was revoked before; nothing changes it any more.
    #[error("the credential is revoked; revocation is final")]
    Revoked,
    /// It is not good yet: nothing is suspended that was not handed over.
    #[error("the credential was not handed over yet")]
    NotHandedOver,
    /// It was handed over before.
    #[error("the credential was handed over before")]
    HandedOver,
    /// It is already suspended in this way.
    #[error("the credential is already suspended in this way")]
    AlreadySuspended,
    /// It is not suspended in this way.
    #[error("the credential is not suspended in this way")]
    NotSuspended,
    /// It is neither revoked nor expired.
    #[error("the credential is neither revoked nor expired")]
    NotOver,
    /// It was not issued for this function.
    #[error("the credential is for no such function")]
    NotItsFunction,
    /// It is not revoked, or its revocation is known to be wrong already.
    #[error("the credential has no revocation that could be noted to be wrong")]
    NotCorrectable,
}

impl State {
    /// Every state there is: good, the thirty-one ways to be suspended, approved, revoked.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..=31)
            .chain([APPROVED, REVOKED])
            .filter_map(Self::from_number)
    }

    /// Where a change leads. The one function that says so: the guard in SQL, the replay and the index use it.
    pub fn apply(self, change: Change) -> Result<Self, Refused> {
        match (self, change) {
            (Self::Revoked, _) => Err(Refused::Revoked),
            (_, Change::Revoke) => Ok(Self::Revoked),
            (Self::Approved, Change::HandOver) => Ok(Self::Active),
            (Self::Approved, Change::Suspend(_)) => Err(Refused::NotHandedOver),
            (Self::Active | Self::Suspended(_), Change::HandOver) => Err(Refused::HandedOver),
            (Self::Active, Change::Suspend(kind)) => Ok(Self::Suspended(Suspensions::of(kind))),
            (Self::Suspended(standing), Change::Suspend(kind)) if standing.contains(kind) => {
                Err(Refused::AlreadySuspended)
            }
            (Self::Suspended(standing), Change::Suspend(kind)) => {
                Ok(Self::Suspended(Suspensions(standing.0 | kind.bit())))
            }
            (Self::Suspended(standing), Change::Lift(kind)) if standing.contains(kind) => {
                match standing.0 & !kind.bit() {
                    0 => Ok(Self::Active),
                    rest => Ok(Self::Suspended(Suspensions(rest))),
                }
            }
            (Self::Approved | Self::Active | Self::Suspended(_), Change::Lift(_)) => {
                Err(Refused::NotSuspended)
            }
        }
    }

    /// Whether a credential in this state and of this scope can come to open doors for these functions and no others. What it
    /// was not issued for it never gets, and what is revoked is left alone.
    pub fn check_functions(self, scope: &Scope, functions: Functions) -> Result<(), Refused> {
        match self {
            Self::Revoked => Err(Refused::Revoked),
            _ if !functions.is_within(scope.functions) => Err(Refused::NotItsFunction),
            Self::Approved | Self::Active | Self::Suspended(_) => Ok(()),
        }
    }

    /// Whether it can be noted that its revocation was wrong, where it was noted before at this moment. It changes no state:
    /// there is no way out of being revoked.
    pub fn check_corrected(self, before: Option<Timestamp>) -> Result<(), Refused> {
        match (self, before) {
            (Self::Revoked, None) => Ok(()),
            _ => Err(Refused::NotCorrectable),
        }
    }

    /// The number it is stored under: 0 active, 1 to 31 the kinds of suspension as bits, 99 approved, 100 revoked.
    pub const fn number(self) -> u8 {
        match self {
            Self::Approved => APPROVED,
            Self::Active => 0,
            Self::Suspended(Suspensions(bits)) => bits,
            Self::Revoked => REVOKED,
        }
    }

    /// The state stored under this number.
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::Active),
            1..=31 => Some(Self::Suspended(Suspensions(number))),
            APPROVED => Some(Self::Approved),
            REVOKED => Some(Self::Revoked),
            _ => None,
        }
    }

    /// Its name in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Active => "active",
            Self::Suspended(_) => "suspended",
            Self::Revoked => "revoked",
        }
    }
}

const APPROVED: u8 = 99;
const REVOKED: u8 = 100;

#[cfg(test)]
mod tests {
    use super::*;

    /// The whole machine a second time, by hand: for each state as bits (R for revoked) the changes that are possible
    /// and where they lead. d, f, s, j, e are the kinds; + suspends, - lifts, h hands over, x revokes; A is approved.
    const BY_HAND: &[(&str, &str)] = &[
        ("", "+d>d +f>f +s>s +j>j +e>e x>R"),
        ("d", "+f>df +s>ds +j>dj +e>de -d> x>R"),
        ("f", "+d>df +s>fs +j>fj +e>fe -f> x>R"),
        ("df", "+s>dfs +j>dfj +e>dfe -d>f -f>d x>R"),
        ("s", "+d>ds +f>fs +j>sj +e>se -s> x>R"),
        ("ds", "+f>dfs +j>dsj +e>dse -d>s -s>d x>R"),
        ("fs", "+d>dfs +j>fsj +e>fse -f>s -s>f x>R"),
        ("dfs", "+j>dfsj +e>dfse -d>fs -f>ds -s>df x>R"),
        ("j", "+d>dj +f>fj +s>sj +e>je -j> x>R"),
        ("dj", "+f>dfj +s>dsj +e>dje -d>j -j>d x>R"),
        ("fj", "+d>dfj +s>fsj +e>fje -f>j -j>f x>R"),
        ("dfj", "+s>dfsj +e>dfje -d>fj -f>dj -j>df x>R"),
        ("sj", "+d>dsj +f>fsj +e>sje -s>j -j>s x>R"),
        ("dsj", "+f>dfsj +e>dsje -d>sj -s>dj -j>ds x>R"),
        ("fsj", "+d>dfsj +e>fsje -f>sj -s>fj -j>fs x>R"),
        ("dfsj", "+e>dfsje -d>fsj -f>dsj -s>dfj -j>dfs x>R"),
        ("e", "+d>de +f>fe +s>se +j>je -e> x>R"),
        ("de", "+f>dfe +s>dse +j>dje -d>e -e>d x>R"),
        ("fe", "+d>dfe +s>fse +j>fje -f>e -e>f x>R"),
        ("dfe", "+s>dfse +j>dfje -d>fe -f>de -e>df x>R"),
        ("se", "+d>dse +f>fse +j>sje -s>e -e>s x>R"),
        ("dse", "+f>dfse +j>dsje -d>se -s>de -e>ds x>R"),
        ("fse", "+d>dfse +j>fsje -f>se -s>fe -e>fs x>R"),
        ("dfse", "+j>dfsje -d>fse -f>dse -s>dfe -e>dfs x>R"),
        ("je", "+d>dje +f>fje +s>sje -j>e -e>j x>R"),
        ("dje", "+f>dfje +s>dsje -d>je -j>de -e>dj x>R"),
        ("fje", "+d>dfje +s>fsje -f>je -j>fe -e>fj x>R"),
        ("dfje", "+s>dfsje -d>fje -f>dje -j>dfe -e>dfj x>R"),
        ("sje", "+d>dsje +f>fsje -s>je -j>se -e>sj x>R"),
        ("dsje", "+f>dfsje -d>sje -s>dje -j>dse -e>dsj x>R"),
        ("fsje", "+d>dfsje -f>sje -s>fje -j>fse -e>fsj x>R"),
        ("dfsje", "-d>fsje -f>dsje -s>dfje -j>dfse -e>dfsj x>R"),
        ("A", "h> x>R"),
        ("R", ""),
    ];

    fn kind_of(letter: char) -> SuspensionKind {
        match letter {
            'd' => SuspensionKind::Dormant,
            'f' => SuspensionKind::ForCause,
            's' => SuspensionKind::Screening,
            'e' => SuspensionKind::Exclusion,
            _ => SuspensionKind::Judicial,
        }
    }

    fn name(state: State) -> String {
        match state {
            State::Approved => "A".into(),
            State::Active => String::new(),
            State::Revoked => "R".into(),
            State::Suspended(standing) => "dfsje"
                .chars()
                .filter(|&letter| standing.contains(kind_of(letter)))
                .collect(),
        }
    }

    #[test]
    fn only_what_is_revoked_can_be_corrected_and_once() {
        for state in State::all() {
            let may = state == State::Revoked;
            assert_eq!(state.check_corrected(None).is_ok(), may, "{state:?}");
            let before = Some(Timestamp::from_ms(1));
            assert!(state.check_corrected(before).is_err());
        }
    }

    #[test]
    fn every_state_and_every_change_lead_where_the_list_by_hand_says() {
        let mut changes: Vec<(String, Change)> =
            vec![("x".into(), Change::Revoke), ("h".into(), Change::HandOver)];
        for letter in "dfsje".chars() {
            changes.push((format!("+{letter}"), Change::Suspend(kind_of(letter))));
            changes.push((format!("-{letter}"), Change::Lift(kind_of(letter))));
        }
        assert_eq!(State::all().count(), BY_HAND.len());
        for state in State::all() {
            let possible = BY_HAND
                .iter()
                .find(|(from, _)| *from == name(state))
                .expect("listed")
                .1;
            for (label, change) in &changes {
                let wanted = possible
                    .split(' ')
                    .find_map(|cell| cell.split_once('>').filter(|(on, _)| on == label));
                let got = state.apply(*change).ok().map(name);
                assert_eq!(
                    got.as_deref(),
                    wanted.map(|(_, to)| to),
                    "{state:?} {change:?}"
                );
            }
            assert_eq!(State::from_number(state.number()), Some(state));
        }
    }
}
