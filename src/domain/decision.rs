//! What a gate is told. One pure function for server nodes and gate agents.

use serde::{Deserialize, Serialize};

use super::credential::State;
use super::reason::{Class, Reason};
use super::time::Timestamp;

/// The answer in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Open.
    Permit,
    /// Keep shut.
    Deny,
    /// We cannot tell; a person must look. Never to be drawn or treated as good.
    Refer,
    /// No such card in the network. Never to be drawn or treated as good.
    Unknown,
}

impl Decision {
    /// All of them, each at the place of its number.
    pub const ALL: [Self; 4] = [Self::Permit, Self::Deny, Self::Refer, Self::Unknown];

    /// Its name in the API and in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Permit => "permit",
            Self::Deny => "deny",
            Self::Refer => "refer",
            Self::Unknown => "unknown",
        }
    }
}

/// What the answer rests on, without accusing anybody: revoked and suspended are both "not valid".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Good, here, now.
    Valid,
    /// Suspended or revoked.
    NotValid,
    /// Its last day has passed.
    Expired,
    /// Its first day has not come.
    NotYetValid,
    /// Good elsewhere, not here.
    OutOfScope,
    /// The zone requires a function that it is not for, or for which its worker is not cleared.
    NotCleared,
    /// The card identifier belongs to more than one credential in the numberings this gate honours.
    Ambiguous,
    /// Nobody issued it.
    Unknown,
    /// This copy is too old, or not whole, to tell.
    Undetermined,
}

impl Status {
    /// Its name in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::NotValid => "not_valid",
            Self::Expired => "expired",
            Self::NotYetValid => "not_yet_valid",
            Self::OutOfScope => "out_of_scope",
            Self::NotCleared => "not_cleared",
            Self::Ambiguous => "ambiguous",
            Self::Unknown => "unknown",
            Self::Undetermined => "undetermined",
        }
    }
}

/// What the guard or the barrier does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Instruction {
    /// Let the worker pass.
    Open,
    /// Do not let the worker pass.
    KeepShut,
    /// Do not let the worker pass on this card; call the desk.
    CallDesk,
}

impl Instruction {
    /// Its name in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::KeepShut => "keep_shut",
            Self::CallDesk => "call_desk",
        }
    }
}

/// A decision with what it rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// The answer.
    pub decision: Decision,
    /// Why.
    pub status: Status,
    /// The class of the reason. To be shown only where the facility allows it.
    pub class: Option<Class>,
}

impl Verdict {
    const fn new(decision: Decision, status: Status) -> Self {
        Self {
            decision,
            status,
            class: None,
        }
    }

    const NOT_VALID: Self = Self::new(Decision::Deny, Status::NotValid);
    /// No such card.
    pub const UNKNOWN: Self = Self::new(Decision::Unknown, Status::Unknown);
    /// The card could be one of several.
    pub const AMBIGUOUS: Self = Self::new(Decision::Deny, Status::Ambiguous);
    /// This copy cannot tell.
    pub const UNDETERMINED: Self = Self::new(Decision::Refer, Status::Undetermined);

    /// What the guard does.
    pub const fn instruction(&self) -> Instruction {
        match self.decision {
            Decision::Permit => Instruction::Open,
            Decision::Deny => Instruction::KeepShut,
            Decision::Refer | Decision::Unknown => Instruction::CallDesk,
        }
    }

    /// The same verdict from a copy that is too old or not whole: what is known to be suspended, revoked or not cleared
    /// stays denied, as no later entry makes a revoked credential good; so does what has expired, as no entry makes a credential
    /// good for longer. Everything else must be looked at by a person.
    pub const fn from_stale_copy(self) -> Self {
        match self.status {
            Status::NotValid | Status::NotCleared | Status::Expired => self,
            _ => Self::UNDETERMINED,
        }
    }
}

/// What is known of a credential when a gate asks.
#[derive(Debug, Clone, Copy)]
pub struct Standing {
    /// Where it stands.
    pub state: State,
    /// Why, where it is revoked.
    pub reason: Option<Reason>,
    /// Good from.
    pub valid_from: Timestamp,
    /// Good until, exclusive.
    pub valid_until: Timestamp,
    /// Whether its scope covers the gate that asks.
    pub in_scope: bool,
    /// Whether it is for the function that the gate's zone requires and its worker is cleared for it; true where none is
    /// required.
    pub is_cleared: bool,
}

/// The rule, in the order that matters: state before dates before scope before function, so that a revoked credential is
/// never shown as merely expired or out of place.
pub fn decide(standing: Standing, now: Timestamp) -> Verdict {
    match standing.state {
        State::Approved => Verdict {
            class: Some(Class::Administrative),
            ..Verdict::NOT_VALID
        },
        State::Revoked => Verdict {
            class: standing.reason.map(Reason::class),
            ..Verdict::NOT_VALID
        },
        State::Suspended(kinds) => Verdict {
            class: Some(kinds.gravest()),
            ..Verdict::NOT_VALID
        },
        State::Active if now < standing.valid_from => {
            Verdict::new(Decision::Deny, Status::NotYetValid)
        }
        State::Active if now >= standing.valid_until => {
            Verdict::new(Decision::Deny, Status::Expired)
        }
        State::Active if !standing.in_scope => Verdict::new(Decision::Deny, Status::OutOfScope),
        State::Active if !standing.is_cleared => Verdict {
            class: Some(Class::Screening),
            ..Verdict::new(Decision::Deny, Status::NotCleared)
        },
        State::Active => Verdict::new(Decision::Permit, Status::Valid),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_active_credential_in_time_and_place_is_permitted_and_never_by_a_stale_copy() {
        let (from, until) = (Timestamp::from_ms(1_000), Timestamp::from_ms(2_000));
        for state in State::all() {
            for now in [0, 999, 1_000, 1_999, 2_000, 9_000].map(Timestamp::from_ms) {
                for (in_scope, is_cleared) in
                    [(true, true), (true, false), (false, true), (false, false)]
                {
                    let standing = Standing {
                        state,
                        reason: None,
                        valid_from: from,
                        valid_until: until,
                        in_scope,
                        is_cleared,
                    };
                    let verdict = decide(standing, now);
                    let good = state == State::Active
                        && now >= from
                        && now < until
                        && in_scope
                        && is_cleared;
                    assert_eq!(
                        verdict.decision == Decision::Permit,
                        good,
                        "{standing:?} {now}"
                    );
                    assert_eq!(verdict.status == Status::NotValid, state != State::Active);
                    let is_not_cleared = state == State::Active
                        && now >= from
                        && now < until
                        && in_scope
                        && !is_cleared;
                    assert_eq!(verdict.status == Status::NotCleared, is_not_cleared);
                    if is_not_cleared {
                        assert_eq!(verdict.class, Some(Class::Screening));
                    }
                    let stale = verdict.from_stale_copy();
                    let has_expired = now >= until;
                    let listed = state != State::Active || is_not_cleared || has_expired;
                    assert_eq!(
                        stale.decision,
                        if listed {
                            Decision::Deny
                        } else {
                            Decision::Refer
                        }
                    );
                }
            }
        }
    }
}
