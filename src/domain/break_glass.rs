//! Breaking the glass: in an emergency a member's duty officer opens a short time in which its people revoke and suspend as
//! many credentials as they must without waiting for a second person. It is told to every member, and looked at afterwards.

use serde::{Deserialize, Serialize};

use super::ids::{BreakGlassId, ClientId, MemberId, PersonId};
use super::screening::Reference;
use super::time::{HOUR_MS, Timestamp};

/// How long it lasts at most, in milliseconds.
pub const LASTS_MS: i64 = HOUR_MS;

/// What makes it necessary.
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
pub enum Emergency {
    /// A stock of badges was stolen.
    StockStolen,
    /// A key that badges rest on is in wrong hands.
    KeyCompromised,
    /// An attack or intrusion is under way.
    SecurityIncident,
    /// An authority ordered it.
    OfficialOrder,
    /// The usual way does not work: no second person can be reached, or a system of the member failed.
    UsualWayFailed,
}

/// A glass that was broken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BreakGlass {
    /// Made by us, never reused.
    pub id: BreakGlassId,
    /// At which member. Nobody else's acts become easier by it.
    pub member: MemberId,
    /// Why.
    pub reason: Emergency,
    /// Under which number the member keeps what happened.
    pub reference: Reference,
    /// Through which client.
    pub client: ClientId,
    /// By whom: always a person.
    pub person: PersonId,
    /// Since when.
    pub opened_at: Timestamp,
    /// It ends by itself at this moment, which is not in it.
    pub until: Timestamp,
    /// When somebody ended it before that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<Timestamp>,
}

/// It cannot be stated so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a glass is broken for an hour at most, once, and closed once")]
pub struct NotSo;

impl BreakGlass {
    /// Whether it lasts at this moment.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.closed_at.is_none() && now < self.until
    }

    /// Whether this can be stated after what was stated of it before.
    pub fn follows(&self, before: Option<&Self>) -> Result<(), NotSo> {
        let lasts = self.until.as_ms() - self.opened_at.as_ms();
        let fits = match before {
            None => self.closed_at.is_none() && (1..=LASTS_MS).contains(&lasts),
            Some(before) => {
                let closed = Self {
                    closed_at: self.closed_at,
                    ..before.clone()
                };
                before.closed_at.is_none() && self.closed_at.is_some() && *self == closed
            }
        };
        fits.then_some(()).ok_or(NotSo)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn glass(lasts_ms: i64, closed_ms: Option<i64>) -> BreakGlass {
        BreakGlass {
            id: BreakGlassId::from_u128(1),
            member: MemberId::from_u128(2),
            reason: Emergency::StockStolen,
            reference: "INC-1".parse().expect("a reference"),
            client: ClientId::from_u128(3),
            person: PersonId::from_u128(4),
            opened_at: Timestamp::from_ms(1_000),
            until: Timestamp::from_ms(1_000 + lasts_ms),
            closed_at: closed_ms.map(Timestamp::from_ms),
        }
    }

    #[test]
    fn it_is_opened_for_an_hour_at_most_and_closed_once() {
        let open = glass(LASTS_MS, None);
        let closed = glass(LASTS_MS, Some(2_000));
        let longer = glass(LASTS_MS - 1, Some(2_000));
        for (stated, before, wanted) in [
            (&open, None, true),
            (&glass(LASTS_MS + 1, None), None, false),
            (&glass(0, None), None, false),
            (&closed, None, false),
            (&closed, Some(&open), true),
            (&closed, Some(&closed), false),
            (&open, Some(&open), false),
            (&open, Some(&closed), false),
            (&longer, Some(&open), false),
        ] {
            assert_eq!(
                stated.follows(before).is_ok(),
                wanted,
                "{stated:?} after {before:?}"
            );
        }
    }

    #[test]
    fn it_ends_by_itself_or_when_it_is_closed() {
        let at = Timestamp::from_ms;
        assert!(glass(500, None).is_open(at(1_499)));
        assert!(!glass(500, None).is_open(at(1_500)));
        assert!(!glass(500, Some(1_001)).is_open(at(1_002)));
    }
}
