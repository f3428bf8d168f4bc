//! Time and randomness of the demonstration: the real clock, and at first dice that fall the same way each time.

use std::sync::{Mutex, PoisonError};

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::people::SEED;
use crate::domain::time::{Environment, Timestamp};
use crate::environment::RealEnvironment;

/// Until [`shuffle`](Self::shuffle) is called all randomness follows from [`SEED`]. What must not be guessed, such as
/// clients' secrets, is to be made after that.
pub struct DemoEnvironment {
    dice: Mutex<Option<ChaCha8Rng>>,
}

impl DemoEnvironment {
    /// With dice that fall the same way each time.
    pub fn seeded() -> Self {
        Self {
            dice: Mutex::new(Some(ChaCha8Rng::seed_from_u64(SEED))),
        }
    }

    /// From here on the randomness is real.
    pub fn shuffle(&self) {
        *self.dice.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl Environment for DemoEnvironment {
    fn now(&self) -> Timestamp {
        RealEnvironment.now()
    }

    fn uptime_ms(&self) -> u64 {
        RealEnvironment.uptime_ms()
    }

    fn fill_random(&self, bytes: &mut [u8]) {
        let mut dice = self.dice.lock().unwrap_or_else(PoisonError::into_inner);
        match dice.as_mut() {
            Some(dice) => dice.fill_bytes(bytes),
            None => RealEnvironment.fill_random(bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dice_fall_the_same_way_until_they_are_shuffled() {
        let [a, b] = [(); 2].map(|()| DemoEnvironment::seeded());
        let draw = |environment: &DemoEnvironment| {
            let mut bytes = [0; 16];
            environment.fill_random(&mut bytes);
            bytes
        };
        assert_eq!(draw(&a), draw(&b));
        a.shuffle();
        b.shuffle();
        assert_ne!(draw(&a), draw(&b));
    }
}
