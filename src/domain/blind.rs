//! Under which version of the blind-index key people are found. Documents, names, employers and staff numbers lie sealed, and are
//! found by keyed hashes of them; when the key is changed, what is new is hashed with the new one at once, and what was there
//! is found by the old one until all of it is hashed anew.

use serde::{Deserialize, Serialize};

use super::ids::BlindKeysId;

/// The versions that are in use. There is one record of them; a network that never changed its key has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlindKeys {
    /// What is recorded from now on is found by this one.
    pub active: u16,
    /// The one before, while something is found by it still.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub former: Option<u16>,
}

impl Default for BlindKeys {
    fn default() -> Self {
        Self {
            active: 1,
            former: None,
        }
    }
}

/// The key is changed one step at a time: to a later version, and not again before all is found by that one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the blind-index key is not changed in this order")]
pub struct OutOfOrder;

impl BlindKeys {
    /// Under which the one record is kept.
    pub const ID: BlindKeysId = BlindKeysId::from_u128(1);

    /// From now on this version is used for what is new.
    pub fn begun(self, version: u16) -> Result<Self, OutOfOrder> {
        if self.former.is_some() || version <= self.active {
            return Err(OutOfOrder);
        }
        Ok(Self {
            active: version,
            former: Some(self.active),
        })
    }

    /// Nothing is found by the former one any more.
    pub fn ended(self) -> Result<Self, OutOfOrder> {
        let active = self.active;
        self.former
            .map(|_| Self {
                active,
                former: None,
            })
            .ok_or(OutOfOrder)
    }

    /// Refuses what does not follow in one step.
    pub fn check_next(self, next: Self) -> Result<(), OutOfOrder> {
        let steps = [self.begun(next.active), self.ended()];
        if steps.contains(&Ok(next)) {
            Ok(())
        } else {
            Err(OutOfOrder)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_changed_one_step_at_a_time() {
        let at = |active, former| BlindKeys { active, former };
        let all = [
            at(1, None),
            at(2, Some(1)),
            at(2, None),
            at(3, Some(2)),
            at(3, Some(1)),
            at(3, None),
        ];
        // Of each of these to each of these, by hand.
        let follows = [
            ". y . . y .",
            ". . y . . .",
            ". . . y . .",
            ". . . . . y",
            ". . . . . y",
            ". . . . . .",
        ];
        for (from, row) in all.iter().zip(follows) {
            for (to, word) in all.iter().zip(row.split(' ')) {
                assert_eq!(from.check_next(*to).is_ok(), word == "y", "{from:?} {to:?}");
            }
        }
        assert_eq!(BlindKeys::default().begun(1), Err(OutOfOrder));
    }
}
