//! For what a person is cleared, by all screenings of all their records: the one rule that issue, effects and impact share.
//!
//! A person is cleared for a function until the last day of an open screening that clears them, unless another answer of the
//! same day or later says no. That answer goes on saying no when the worker withdraws consent after it: else who was refused
//! would only have to close that screening for an older one to count again.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::calendar::Day;
use super::screening::{Function, Standing, State};
use super::time::Timestamp;

/// A set of functions.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Functions(u8);

impl Functions {
    /// None of them.
    pub const NONE: Self = Self(0);

    /// Whether this one is among them.
    pub const fn contains(self, function: Function) -> bool {
        self.0 & bit(function) != 0
    }

    /// Whether there are none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether all of them are among the others.
    pub const fn is_within(self, others: Self) -> bool {
        self.0 & !others.0 == 0
    }

    /// Them, in the order of their numbers.
    pub fn iter(self) -> impl Iterator<Item = Function> {
        let all = Function::ALL.iter().copied();
        all.filter(move |&function| self.contains(function))
    }

    /// The number they are stored under: a bit for each.
    pub const fn number(self) -> u8 {
        self.0
    }

    /// The set stored under this number.
    pub fn from_number(number: u8) -> Option<Self> {
        let all: Self = Function::ALL.iter().copied().collect();
        Some(Self(number)).filter(|set| set.is_within(all))
    }
}

const fn bit(function: Function) -> u8 {
    1 << (function.number() - 1)
}

impl FromIterator<Function> for Functions {
    fn from_iter<I: IntoIterator<Item = Function>>(functions: I) -> Self {
        let bits = functions.into_iter().map(bit);
        Self(bits.fold(0, |set, bit| set | bit))
    }
}

impl std::fmt::Debug for Functions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl Serialize for Functions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Functions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let functions = Vec::<Function>::deserialize(deserializer)?;
        Ok(functions.into_iter().collect())
    }
}

/// For what a person is cleared on one day, and up to which.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Clearances(BTreeMap<Function, Day>);

impl Clearances {
    /// By these screenings, which are all there are of the person.
    pub fn of<'a>(
        screenings: impl IntoIterator<Item = (Function, &'a Standing)> + Clone,
        today: Day,
    ) -> Self {
        let mut barred: BTreeMap<Function, Day> = BTreeMap::new();
        for (function, standing) in screenings.clone() {
            if let Some(day) = barred_on(standing) {
                let latest = barred.entry(function).or_insert(day);
                *latest = day.max(*latest);
            }
        }
        let mut cleared = BTreeMap::new();
        for (function, standing) in screenings {
            let Some((day, last)) = cleared_on(standing) else {
                continue;
            };
            if last < today || barred.get(&function).is_some_and(|&barred| day <= barred) {
                continue;
            }
            let latest = cleared.entry(function).or_insert(last);
            *latest = last.max(*latest);
        }
        Self(cleared)
    }

    /// The last day on which they are cleared for this; `None` if they are not.
    pub fn until(&self, function: Function) -> Option<Day> {
        self.0.get(&function).copied()
    }

    /// Those of these functions that a credential opens doors for which is good up to, and not including, this moment. A gate
    /// knows no days of screenings, so the clearance must last as long as the credential does.
    pub fn throughout(&self, functions: Functions, valid_until: Timestamp) -> Functions {
        let last = last_day(valid_until);
        let lasts = |function: &Function| self.until(*function).is_some_and(|until| last <= until);
        functions.iter().filter(lasts).collect()
    }
}

/// The last day of what is good up to, and not including, this moment.
pub fn last_day(valid_until: Timestamp) -> Day {
    Day::of(valid_until.plus_ms(-1))
}

/// The day from which this screening says that they are cleared, and the last on which it does.
fn cleared_on(standing: &Standing) -> Option<(Day, Day)> {
    let outcome = standing.outcome.as_ref()?;
    match standing.state {
        State::Cleared | State::ClearedConditional => Some((outcome.date, outcome.valid_until?)),
        _ => None,
    }
}

/// Whether this screening says no, and goes on saying so.
pub fn bars(standing: &Standing) -> bool {
    barred_on(standing).is_some()
}

/// The day of its answer, where it is no.
fn barred_on(standing: &Standing) -> Option<Day> {
    let outcome = standing.outcome.as_ref()?;
    let barred = match standing.state {
        State::Refused | State::UnderAppeal | State::RefusedFinal | State::ConditionUnmet => true,
        // Only an outcome that clears has a last day.
        State::Closed => outcome.valid_until.is_none(),
        State::Draft
        | State::Pending
        | State::Cleared
        | State::ClearedConditional
        | State::Lapsed => false,
    };
    barred.then_some(outcome.date)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::screening::{Authority, Outcome, Validity};

    fn day(text: &str) -> Day {
        text.parse().expect("a day")
    }

    /// A screening in this state whose outcome is of that day of January 2026; without one on day 0.
    fn standing(state: State, on: u8) -> Standing {
        let outcome = |date: Day| Outcome {
            authority: Authority::Namb,
            reference: "2026/1".parse().expect("a reference"),
            date,
            valid_until: state.valid_until(date, Validity::default()),
        };
        Standing {
            state,
            outcome: (on > 0).then(|| outcome(day(&format!("2026-01-{on:02}")))),
        }
    }

    /// The rule by hand: what each state says by itself, and beside a clearance of the 10th, when its own outcome is of
    /// the 9th, the 10th and the 11th. Y is cleared.
    const BY_HAND: [(State, &str, &str); 10] = [
        (State::Draft, "n", "YYY"),
        (State::Pending, "n", "YYY"),
        (State::Cleared, "Y", "YYY"),
        (State::ClearedConditional, "Y", "YYY"),
        (State::Refused, "n", "Ynn"),
        (State::UnderAppeal, "n", "Ynn"),
        (State::RefusedFinal, "n", "Ynn"),
        (State::Lapsed, "n", "YYY"),
        (State::ConditionUnmet, "n", "Ynn"),
        (State::Closed, "n", "Ynn"),
    ];

    fn is_cleared(standings: &[Standing]) -> bool {
        let all = standings
            .iter()
            .map(|standing| (Function::CargoAccess, standing));
        let cleared = Clearances::of(all, day("2026-01-20"));
        assert_eq!(cleared.until(Function::CargoData), None);
        cleared.until(Function::CargoAccess).is_some()
    }

    #[test]
    fn every_state_says_by_itself_and_beside_a_clearance_what_the_list_by_hand_says() {
        assert_eq!(
            BY_HAND.map(|(state, ..)| state).as_slice(),
            State::ALL,
            "each state once"
        );
        for (state, alone, beside) in BY_HAND {
            let on = match state {
                State::Draft | State::Pending => [0; 3],
                _ => [9, 10, 11],
            };
            assert_eq!(is_cleared(&[standing(state, on[0])]), alone == "Y");
            for (on, wanted) in on.into_iter().zip(beside.chars()) {
                let both = [standing(State::Cleared, 10), standing(state, on)];
                assert_eq!(is_cleared(&both), wanted == 'Y', "{state:?} on {on}");
                let turned = [both[1].clone(), both[0].clone()];
                assert_eq!(is_cleared(&turned), wanted == 'Y', "{state:?} on {on}");
            }
        }
        assert!(!is_cleared(&[]));
    }

    #[test]
    fn who_was_cleared_and_withdrew_consent_is_not_barred_by_it() {
        let mut closed = standing(State::Cleared, 11);
        closed.state = State::Closed;
        assert!(!is_cleared(std::slice::from_ref(&closed)));
        assert!(is_cleared(&[standing(State::Cleared, 10), closed]));
    }

    #[test]
    fn the_last_day_is_inside_and_a_credential_must_not_outlast_it() {
        let cleared = standing(State::Cleared, 10);
        let at = |today: &str| Clearances::of([(Function::CargoAccess, &cleared)], day(today));
        let last = day("2031-01-10");
        assert_eq!(at("2031-01-10").until(Function::CargoAccess), Some(last));
        assert_eq!(at("2031-01-11").until(Function::CargoAccess), None);
        let both: Functions = [Function::CargoAccess, Function::CargoData]
            .into_iter()
            .collect();
        // The day ends at midnight in Brussels, an hour before it does in UTC.
        for (until, wanted) in [
            ("2031-01-10T22:59:59Z", true),
            ("2031-01-10T23:00:00Z", true),
            ("2031-01-10T23:00:01Z", false),
        ] {
            let reached = at("2026-02-01").throughout(both, until.parse().expect("a moment"));
            assert_eq!(reached.contains(Function::CargoAccess), wanted, "{until}");
            assert!(!reached.contains(Function::CargoData));
        }
    }

    #[test]
    fn a_set_is_what_was_put_in() {
        for number in 0..=u8::MAX {
            let Some(set) = Functions::from_number(number) else {
                assert!(number > 7);
                continue;
            };
            assert_eq!((set.number(), set.iter().collect()), (number, set));
            let json = serde_json::to_string(&set).expect("serializes");
            assert_eq!(serde_json::from_str::<Functions>(&json).ok(), Some(set));
            assert_eq!(set.is_empty(), set == Functions::NONE);
            for other in (0..8).filter_map(Functions::from_number) {
                let within = set.iter().all(|function| other.contains(function));
                assert_eq!(set.is_within(other), within);
            }
        }
    }
}
