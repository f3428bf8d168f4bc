//! The screening: the State's verification of one worker for one function, as far as a member may keep it. What is kept
//! is where it stands and what was decided, by whom, when and until when; never the file behind it.
//!
//! A screening bears on a function, not on a gate: who may not handle cargo may still walk through.

use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::calendar::{Day, appeal_deadline};
use super::ids::{MemberId, ScreeningId, WorkerId};
use super::time::Timestamp;

macro_rules! names {
    ($(#[$of:meta])* $list:ident: $($(#[$doc:meta])* $name:ident = $number:literal, $text:literal;)*) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
        #[serde(rename_all = "snake_case")]
        $(#[$of])*
        pub enum $list {$($(#[$doc])* $name,)*}

        impl $list {
            /// Every one, in the order of its number.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The number it is stored under. Never given to another.
            pub const fn number(self) -> u8 {
                match self {$(Self::$name => $number,)*}
            }

            /// The one stored under this number.
            pub const fn from_number(number: u8) -> Option<Self> {
                match number {$($number => Some(Self::$name),)* _ => None}
            }

            /// Its name in the API.
            pub const fn as_str(self) -> &'static str {
                match self {$(Self::$name => $text,)*}
            }
        }
    };
}
pub(super) use names;

names! {
    /// What a worker may do that needs a positive security advice: the critical functions of the Belgian rules on
    /// maritime security, as far as they are known by name (FPS Mobility, security verifications).
    #[schema(as = ScreenedFunction)]
    Function:
    /// Reaches cargo.
    CargoAccess = 1, "cargo_access";
    /// Sees where cargo is and how it is released.
    CargoData = 2, "cargo_data";
    /// Moves freely in a port facility, without an escort and without being of its staff.
    UnescortedAccess = 3, "unescorted_access";
}

names! {
    /// Who decided.
    Authority:
    /// The National Authority for Maritime Security (NAMB, ANSM), which gives security advice.
    Namb = 1, "namb";
    /// The appeal body for security clearances, attestations and advice.
    AppealBody = 2, "appeal_body";
}

names! {
    #[schema(as = ScreeningState)]
    /// Where a screening stands.
    State:
    /// Consent is recorded; nothing was sent yet.
    Draft = 0, "draft";
    /// Sent to the authority.
    Pending = 1, "pending";
    /// The advice is positive.
    Cleared = 2, "cleared";
    /// The advice is positive with a warning: to be checked again sooner, and only with the mitigation it asks for.
    ClearedConditional = 3, "cleared_conditional";
    /// The advice is negative; an appeal is possible until its deadline.
    Refused = 4, "refused";
    /// An appeal was lodged. The function stays barred.
    UnderAppeal = 5, "under_appeal";
    /// The advice is negative, for good.
    RefusedFinal = 10, "refused_final";
    /// Its last day has passed.
    Lapsed = 11, "lapsed";
    /// The mitigation that the warning asks for was not shown.
    ConditionUnmet = 12, "condition_unmet";
    /// The worker withdrew consent.
    Closed = 13, "closed";
}

/// The lowest number of a state that nothing leads out of; those below are open.
const ENDED_FROM: u8 = 10;
/// The lowest number of a state in which there is an answer; those below wait for one. The schema's rule of one screening that
/// waits names it too.
const ANSWERED_FROM: u8 = 2;

/// What the authority advises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Advice {
    /// Cleared, for as long as [`Validity`] says.
    Positive,
    /// Cleared with mitigation, to be checked again sooner.
    PositiveWithWarning,
    /// Refused; the worker may appeal.
    Negative,
}

/// How an appeal ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AppealDecision {
    /// Won: cleared, as by positive advice.
    Granted,
    /// Lost: refused for good.
    Dismissed,
}

/// For how long advice that clears holds: a setting of the network. What was recorded keeps what it was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Validity {
    /// Years that plain positive advice holds.
    pub years: u8,
    /// Years after which one with a warning must have been checked again.
    pub recheck_years: u8,
}

impl Validity {
    /// The most years there may be: the law's five.
    pub const YEARS_MAX: u8 = 5;

    /// Whether the network may be set so: from one year to the law's maximum, and never checked again later than a plain
    /// advice ends.
    pub const fn is_allowed(self) -> bool {
        1 <= self.recheck_years && self.recheck_years <= self.years && self.years <= Self::YEARS_MAX
    }
}

impl Default for Validity {
    fn default() -> Self {
        Self {
            years: Self::YEARS_MAX,
            recheck_years: 2,
        }
    }
}

/// A screening as it was opened. What happened to it since is its [`Standing`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Screening {
    /// Made by us, never reused.
    pub id: ScreeningId,
    /// Of whom.
    pub worker: WorkerId,
    /// Who registered the worker, and who alone keeps and sees the screening.
    pub member: MemberId,
    /// For what.
    pub function: Function,
    /// When the worker's consent was recorded. Without it nothing may be asked of the State.
    pub consented_at: Timestamp,
}

/// What an authority decided. Everything that is kept of it: no ground, no document, no offence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// Who decided.
    pub authority: Authority,
    /// Under which reference the authority keeps it.
    pub reference: Reference,
    /// The day on which the worker was notified. The term of appeal and the validity count from it.
    pub date: Day,
    /// The last day on which it holds; of an outcome that clears, and of no other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Day>,
}

/// An authority's reference: 1 to [`Reference::MAX`] letters, digits and `-./_`, with a digit in it. Narrow on purpose:
/// it stands in the ledger as it is, and a name of a person does not fit.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Reference(String);

/// The text is no reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "must have 1 to 64 letters, digits or any of - . / _ and at least one digit; no name and no other text"
)]
pub struct NotAReference;

impl Reference {
    /// Characters at most.
    pub const MAX: usize = 64;

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Reference {
    type Err = NotAReference;

    fn from_str(text: &str) -> Result<Self, NotAReference> {
        let fits = (1..=Self::MAX).contains(&text.len())
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-./_".contains(&b))
            && text.bytes().any(|b| b.is_ascii_digit());
        fits.then(|| Self(text.to_owned())).ok_or(NotAReference)
    }
}

impl Serialize for Reference {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Reference {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <std::borrow::Cow<'de, str>>::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// What can happen to a screening.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Change {
    /// It was sent to the authority.
    Submitted,
    /// The advice is positive.
    Positive(Outcome),
    /// The advice is positive with a warning.
    PositiveWithWarning(Outcome),
    /// The advice is negative: the first one, or a new one about somebody who was cleared.
    Negative(Outcome),
    /// The mitigation that the warning asks for was not shown.
    ConditionUnmet,
    /// An appeal was lodged on this day.
    Appealed {
        /// The day.
        on: Day,
    },
    /// The appeal was won.
    AppealGranted(Outcome),
    /// The appeal was lost.
    AppealDismissed(Outcome),
    /// The term of appeal ran out unused.
    Finalised,
    /// The last day of its validity has passed.
    Lapsed,
    /// The worker withdrew consent.
    ConsentWithdrawn,
}

/// Why a change is not possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// No such change leads out of this state.
    #[error("the screening is {}; this cannot happen to it", .0.as_str())]
    State(State),
    /// The day has not passed yet after which it can happen.
    #[error("this can happen only after {0}")]
    NotBefore(Day),
    /// The outcome or appeal is dated before what it follows.
    #[error("it is dated before {0}, the day of what it follows")]
    Backdated(Day),
    /// The consent, outcome or appeal is dated in the future.
    #[error("it is dated after {0}, the day on which it is recorded")]
    InFuture(Day),
    /// The appeal was lodged after its deadline.
    #[error("the last day of the term of appeal was {0}")]
    AppealLate(Day),
    /// An outcome that clears says until when, and no other does.
    #[error("an outcome that clears, and no other, says until when it holds")]
    Validity,
}

/// Where a change leads. The one function that says so; what dates have to do with it is [`Standing::moved`].
pub fn apply(state: State, change: &Change) -> Result<State, Refused> {
    match (state, change) {
        (State::Draft, Change::Submitted) => Ok(State::Pending),
        (State::Pending, Change::Positive(_)) => Ok(State::Cleared),
        (State::Pending, Change::PositiveWithWarning(_)) => Ok(State::ClearedConditional),
        (State::Pending | State::Cleared | State::ClearedConditional, Change::Negative(_)) => {
            Ok(State::Refused)
        }
        (State::ClearedConditional, Change::ConditionUnmet) => Ok(State::ConditionUnmet),
        (State::Refused, Change::Appealed { .. }) => Ok(State::UnderAppeal),
        (State::UnderAppeal, Change::AppealGranted(_)) => Ok(State::Cleared),
        (State::UnderAppeal, Change::AppealDismissed(_)) => Ok(State::RefusedFinal),
        (State::Refused, Change::Finalised) => Ok(State::RefusedFinal),
        (State::Cleared | State::ClearedConditional, Change::Lapsed) => Ok(State::Lapsed),
        (open, Change::ConsentWithdrawn) if open.is_open() => Ok(State::Closed),
        (state, _) => Err(Refused::State(state)),
    }
}

impl State {
    /// Whether something can still happen to it.
    pub const fn is_open(self) -> bool {
        self.number() < ENDED_FROM
    }

    /// Whether the State has still to answer.
    pub const fn is_unanswered(self) -> bool {
        self.number() < ANSWERED_FROM
    }

    /// Whether another screening for the same function must wait for what comes of this one: of an answer, or of a refusal that
    /// can be appealed. Who is cleared may be screened anew, so that the function is not lost on the last day.
    pub const fn hinders_another(self) -> bool {
        self.is_unanswered() || matches!(self, Self::Refused | Self::UnderAppeal)
    }

    /// The last day of an outcome of this date that leads here; `None` where the state clears nobody.
    pub fn valid_until(self, date: Day, validity: Validity) -> Option<Day> {
        match self {
            Self::Cleared => Some(date.plus_years(validity.years.into())),
            Self::ClearedConditional => Some(date.plus_years(validity.recheck_years.into())),
            _ => None,
        }
    }
}

impl Outcome {
    /// Whether both are one decision of the authority, for however long each was given.
    pub fn is_same_decision(&self, other: &Self) -> bool {
        let said = |outcome: &Self| (outcome.authority, outcome.date);
        said(self) == said(other) && self.reference == other.reference
    }
}

impl Change {
    /// Whether both are the same step, by the same decision.
    pub fn is_same_step(&self, other: &Self) -> bool {
        let same = std::mem::discriminant(self) == std::mem::discriminant(other);
        match (self.outcome(), other.outcome()) {
            (Some(one), Some(another)) => same && one.is_same_decision(another),
            _ => self == other,
        }
    }

    /// The outcome it brings.
    pub const fn outcome(&self) -> Option<&Outcome> {
        match self {
            Self::Positive(outcome)
            | Self::PositiveWithWarning(outcome)
            | Self::Negative(outcome)
            | Self::AppealGranted(outcome)
            | Self::AppealDismissed(outcome) => Some(outcome),
            Self::Submitted
            | Self::ConditionUnmet
            | Self::Appealed { .. }
            | Self::Finalised
            | Self::Lapsed
            | Self::ConsentWithdrawn => None,
        }
    }
}

/// Where a screening stands, and what it rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Where.
    pub state: State,
    /// The last outcome.
    pub outcome: Option<Outcome>,
}

impl Screening {
    /// How it begins, when it is opened at this moment: as a draft, with consent given by then.
    pub fn opened(&self, at: Timestamp) -> Result<Standing, Refused> {
        if self.consented_at > at {
            return Err(Refused::InFuture(Day::of(at)));
        }
        Ok(Standing {
            state: State::Draft,
            outcome: None,
        })
    }
}

impl Standing {
    /// The last day on which an appeal is in time, while one is possible.
    pub fn appeal_deadline(&self) -> Option<Day> {
        let outcome = self.outcome.as_ref()?;
        (self.state == State::Refused).then(|| appeal_deadline(outcome.date))
    }

    /// The last day on which it stands as it does: after it an appeal is too late, or the outcome holds no longer.
    pub fn due(&self) -> Option<Day> {
        match self.state {
            State::Refused => self.appeal_deadline(),
            State::Cleared | State::ClearedConditional => self.outcome.as_ref()?.valid_until,
            _ => None,
        }
    }

    /// Where this change leads on the day on which it is recorded: [`apply`], with all that dates have to do with it. Used
    /// by whoever asks for a change, by the tables and by the replay.
    pub fn moved(
        &self,
        screening: &Screening,
        change: &Change,
        today: Day,
    ) -> Result<Self, Refused> {
        let state = apply(self.state, change)?;
        if matches!(change, Change::Finalised | Change::Lapsed)
            && let Some(due) = self.due()
            && today <= due
        {
            return Err(Refused::NotBefore(due));
        }
        let dated = match change {
            Change::Appealed { on } => Some(*on),
            other => other.outcome().map(|outcome| outcome.date),
        };
        if let Some(dated) = dated {
            // Nothing is asked of the authority before the worker consents, and nothing is answered before it is asked.
            let follows = self.outcome.as_ref().map(|outcome| outcome.date);
            let follows = follows.unwrap_or_else(|| Day::of(screening.consented_at));
            if dated < follows {
                return Err(Refused::Backdated(follows));
            }
            if dated > today {
                return Err(Refused::InFuture(today));
            }
        }
        if let (Change::Appealed { on }, Some(deadline)) = (change, self.appeal_deadline())
            && *on > deadline
        {
            return Err(Refused::AppealLate(deadline));
        }
        let clears = matches!(state, State::Cleared | State::ClearedConditional);
        match change.outcome() {
            Some(outcome) if outcome.valid_until.is_some() != clears => Err(Refused::Validity),
            Some(outcome) => Ok(Self {
                state,
                outcome: Some(outcome.clone()),
            }),
            None => Ok(Self {
                state,
                outcome: self.outcome.clone(),
            }),
        }
    }
}

#[cfg(test)]
mod tests;
