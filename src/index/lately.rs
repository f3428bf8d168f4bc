//! Who revoked or suspended how many credentials lately: what the rule on bulk is judged by. It is learned from entries like
//! all else here, so that it is the same at every node, and a restart forgets nothing.

use std::collections::{HashMap, VecDeque};

use crate::domain::approval::{BULK_MAX, BULK_WITHIN_MS};
use crate::domain::ids::{ClientId, PersonId};
use crate::domain::time::Timestamp;

/// Whose acts are counted together: all that a person does through whichever client, or what a system does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Doer {
    /// A person.
    Person(PersonId),
    /// A client that is no person's.
    System(ClientId),
}

impl Doer {
    /// Who acts through this client, which is this person's tool or nobody's.
    pub fn of(client: ClientId, person: Option<PersonId>) -> Self {
        person.map_or(Self::System(client), Self::Person)
    }
}

/// The last acts of each, no more than can matter.
#[derive(Debug, Default)]
pub struct Lately(HashMap<Doer, VecDeque<Timestamp>>);

impl Lately {
    /// One more, at this moment.
    pub fn note(&mut self, doer: Doer, at: Timestamp) {
        let acts = self.0.entry(doer).or_default();
        acts.truncate(BULK_MAX - 1);
        acts.push_front(at);
    }

    /// How many were within the time before this moment that counts; [`BULK_MAX`] also stands for more.
    pub fn count(&self, doer: Doer, now: Timestamp) -> usize {
        let since = now.plus_ms(-BULK_WITHIN_MS);
        self.0
            .get(&doer)
            .map_or(0, |acts| acts.iter().filter(|&&at| at > since).count())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_ten_minutes_old_counts_no_more_and_nobody_counts_for_another() {
        let (doer, other) = (
            Doer::Person(PersonId::from_u128(1)),
            Doer::System(ClientId::from_u128(1)),
        );
        let at = |ms| Timestamp::from_ms(ms);
        let mut lately = Lately::default();
        for ms in 0..30 {
            lately.note(doer, at(ms));
        }
        assert_eq!(lately.count(doer, at(30)), BULK_MAX);
        assert_eq!(lately.count(other, at(30)), 0);
        // The last ones were at 10 to 29.
        assert_eq!(lately.count(doer, at(BULK_WITHIN_MS + 10)), BULK_MAX - 1);
        assert_eq!(lately.count(doer, at(BULK_WITHIN_MS + 29)), 0);
    }
}
