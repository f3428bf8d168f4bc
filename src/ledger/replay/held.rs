//! Credentials and screenings as the replay holds them.

use crate::domain::clearance::Functions;
use crate::domain::credential::{Credential, Refused, State};
use crate::domain::grounds::Grounds;
use crate::domain::reason::Reason;
use crate::domain::screening::{Screening, Standing};
use crate::domain::time::Timestamp;

/// A credential and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// As issued.
    pub credential: Credential,
    /// Where it stands.
    pub state: State,
    /// Why it was last suspended or revoked, until that ground is lifted.
    pub reason: Option<Reason>,
    /// Of the functions that it is for, those that its worker is cleared for until it ends.
    pub functions: Functions,
    /// When it last moved; when it was issued, if never.
    pub since: Timestamp,
    /// Since when it is suspended for what must be seen to in time.
    pub grounds: Grounds,
    /// Since when its revocation is known to have been wrong.
    pub corrected_at: Option<Timestamp>,
    /// The entry that last touched it.
    pub version: u64,
}

impl Held {
    /// Refuses while it may still be good, at this moment or later.
    pub fn check_over(&self, at: Timestamp) -> Result<(), Refused> {
        match self.state {
            State::Revoked => Ok(()),
            _ if self.credential.valid_until <= at => Ok(()),
            State::Approved | State::Active | State::Suspended(_) => Err(Refused::NotOver),
        }
    }
}

/// A screening and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Screened {
    /// As opened.
    pub screening: Screening,
    /// Where it stands, and what it rests on.
    pub standing: Standing,
    /// When it last moved; when it was opened, if never.
    pub since: Timestamp,
    /// The entry that last touched it.
    pub version: u64,
}
