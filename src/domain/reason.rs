//! Why a credential stopped being good: codes in classes. Gates see at most the class; the code stays with officers.

use serde::{Deserialize, Serialize};

use super::credential::SuspensionKind;
use super::screening::State;

/// What kind of reason it is, and with it what one member's act means for the others.
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
pub enum Class {
    /// The need or the paper ended, nobody is at fault.
    Administrative,
    /// The medium is no longer in the right hands.
    Possession,
    /// Not used for too long.
    Dormancy,
    /// The worker did something, or is suspected of it.
    ForCause,
    /// The State's screening bears on it.
    Screening,
    /// A court ordered it.
    Judicial,
    /// The network itself recalls it.
    System,
}

impl Class {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Administrative,
        Self::Possession,
        Self::Dormancy,
        Self::ForCause,
        Self::Screening,
        Self::Judicial,
        Self::System,
    ];

    /// Its name in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Administrative => "administrative",
            Self::Possession => "possession",
            Self::Dormancy => "dormancy",
            Self::ForCause => "for_cause",
            Self::Screening => "screening",
            Self::Judicial => "judicial",
            Self::System => "system",
        }
    }
}

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $class:ident, $text:literal;)*) => {
        /// Why a credential was suspended or revoked.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum Reason {$($(#[$doc])* $name,)*}

        impl Reason {
            /// Every reason, in the order of its number.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The number it is stored under. Never given to another reason.
            pub const fn number(self) -> u8 {
                match self {$(Self::$name => $number,)*}
            }

            /// The reason stored under this number.
            pub const fn from_number(number: u8) -> Option<Self> {
                match number {$($number => Some(Self::$name),)* _ => None}
            }

            /// The class it belongs to.
            pub const fn class(self) -> Class {
                match self {$(Self::$name => Class::$class,)*}
            }

            /// Its name in the API.
            pub const fn as_str(self) -> &'static str {
                match self {$(Self::$name => $text,)*}
            }
        }
    };
}

reasons! {
    /// The employment ended.
    EmploymentEnded = 1, Administrative, "employment_ended";
    /// The operational need ended.
    NeedEnded = 2, Administrative, "need_ended";
    /// Given back without fault.
    Surrendered = 3, Administrative, "surrendered";
    /// Another credential took its place.
    Superseded = 4, Administrative, "superseded";
    /// The name on it changed.
    NameChanged = 5, Administrative, "name_changed";
    /// The employer lost its standing.
    SponsorLapsed = 6, Administrative, "sponsor_lapsed";
    /// It should never have been issued.
    IssuedInError = 7, Administrative, "issued_in_error";
    /// The worker withdrew consent.
    ConsentWithdrawn = 8, Administrative, "consent_withdrawn";
    /// The worker died.
    Deceased = 9, Administrative, "deceased";
    /// The badge was lost.
    Lost = 20, Possession, "lost";
    /// The badge was stolen.
    Stolen = 21, Possession, "stolen";
    /// The badge is damaged.
    Damaged = 22, Possession, "damaged";
    /// The badge was not handed back.
    NotReturned = 23, Possession, "not_returned";
    /// A copy of the badge is suspected.
    ClonedSuspected = 24, Possession, "cloned_suspected";
    /// Not used for too long.
    Dormant = 30, Dormancy, "dormant";
    /// Lent to or shared with another person.
    LentOrShared = 40, ForCause, "lent_or_shared";
    /// A rule of access was broken.
    AccessRuleBreach = 41, ForCause, "access_rule_breach";
    /// The identity was false.
    IdentityFraud = 42, ForCause, "identity_fraud";
    /// A report says that the worker helped an offence.
    AssistedOffenceReported = 43, ForCause, "assisted_offence_reported";
    /// An inquiry is open. It can suspend, never revoke.
    UnderInquiry = 44, ForCause, "under_inquiry";
    /// The security advice was negative.
    AdviceNegative = 50, Screening, "advice_negative";
    /// The security advice ran out.
    AdviceLapsed = 51, Screening, "advice_lapsed";
    /// A condition of the security advice was not met.
    AdviceConditionUnmet = 52, Screening, "advice_condition_unmet";
    /// A court banned the worker from ports.
    PortBan = 60, Judicial, "port_ban";
    /// A key of the issuer is compromised.
    IssuerKeyCompromise = 70, System, "issuer_key_compromise";
    /// A whole stock is recalled.
    BulkRecall = 71, System, "bulk_recall";
}

impl Reason {
    /// The kind of suspension it can ground; `None` when it cannot suspend.
    pub const fn suspends(self) -> Option<SuspensionKind> {
        match self.class() {
            Class::Dormancy => Some(SuspensionKind::Dormant),
            Class::ForCause => Some(SuspensionKind::ForCause),
            Class::Screening => Some(SuspensionKind::Screening),
            Class::Judicial => Some(SuspensionKind::Judicial),
            Class::Administrative | Class::Possession | Class::System => None,
        }
    }

    /// Whether a person may give it. That a court ordered something only the State's register says.
    pub const fn is_by_hand(self) -> bool {
        !matches!(self, Self::PortBan)
    }

    /// Whether a screening in this state bears it out. What needs no screening is borne out by any.
    pub const fn is_borne_out_by(self, state: State) -> bool {
        match self {
            Self::AdviceNegative => matches!(
                state,
                State::Refused | State::UnderAppeal | State::RefusedFinal
            ),
            Self::AdviceLapsed => matches!(state, State::Lapsed),
            Self::AdviceConditionUnmet => matches!(state, State::ConditionUnmet),
            _ => true,
        }
    }

    /// Whether a duty officer, who sees to what cannot wait, revokes for it.
    pub const fn is_urgent(self) -> bool {
        matches!(self.class(), Class::Possession | Class::ForCause)
    }

    /// Whether it can revoke. Revocation is final, so what may still turn out to be nothing cannot ground it: neither
    /// an inquiry nor a ban that ends nor the mere lack of use.
    pub const fn revokes(self) -> bool {
        !matches!(self, Self::UnderInquiry | Self::Dormant | Self::PortBan)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_its_own_number_and_name_and_can_do_something() {
        let mut numbers = std::collections::BTreeSet::new();
        for &reason in Reason::ALL {
            assert!(numbers.insert(reason.number()));
            assert_eq!(Reason::from_number(reason.number()), Some(reason));
            assert_eq!(
                serde_json::to_value(reason).expect("serializes"),
                reason.as_str()
            );
            assert!(reason.revokes() || reason.suspends().is_some());
        }
    }
}
