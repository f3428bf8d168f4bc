//! Employers. They are no records of their own but names in engagements, so what befalls one befalls the engagements that name
//! it at the caller's member: found by a keyed hash of the name, without case, accents and spacing.

use super::commit::Tx;
use super::credentials;
use super::error::Error;
use crate::access::keyring::Keyring;
use crate::access::permission::{KeepWorkers, Permit};
use crate::domain::ids::MemberId;
use crate::domain::reason::Reason;
use crate::domain::text::{Text, fold};
use crate::ledger::entry::Fact;
use crate::store::employers;

/// The name of an employer.
pub type Employer = Text<160>;

/// How many engagements one act ends, so that other changes do not wait long. Those that began first go first; the answer says
/// whether any are left.
pub const LAPSED_AT_ONCE: usize = 1_000;

/// What came of an employer's lapse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lapse {
    /// How many engagements were ended.
    pub engagements: usize,
    /// How many credentials were revoked that rested on them.
    pub credentials: usize,
    /// Whether engagements at the employer are left, for the next time.
    pub more: bool,
}

/// What an engagement is found by. To be kept whenever one begins.
pub fn key(keyring: &Keyring, member: MemberId, employer: &Employer) -> [u8; 16] {
    let folded = fold(employer.as_str());
    // A name without a letter or digit is taken as it stands.
    match folded.is_empty() {
        true => keyring.employer_key(member, employer.as_str()),
        false => keyring.employer_key(member, &folded),
    }
}

/// Ends every engagement at an employer that lost its standing, and revokes whatever rests on them, in one act.
pub fn lapse(
    tx: &mut Tx<'_>,
    permit: Permit<KeepWorkers>,
    employer: &Employer,
) -> Result<Lapse, Error> {
    let key = key(tx.keyring, permit.caller().member, employer);
    let mut engaged = employers::engaged(tx.reader()?, key, LAPSED_AT_ONCE + 1)?;
    if engaged.is_empty() {
        let message = "No engagement that lasts names this employer. Write the name as it stands in the engagements.";
        return Err(Error::field("/employer", "not_found", message));
    }
    let more = engaged.len() > LAPSED_AT_ONCE;
    engaged.truncate(LAPSED_AT_ONCE);
    // What the act comes to is known here, to the last credential, and nothing is stated yet.
    let resting = credentials::resting_on(tx.reader()?, &engaged)?;
    for (_, engagement) in &engaged {
        tx.state(Fact::EngagementEnded {
            engagement: *engagement,
        })?;
    }
    for &credential in &resting {
        tx.state(Fact::CredentialRevoked {
            credential,
            reason: Reason::SponsorLapsed,
        })?;
    }
    Ok(Lapse {
        engagements: engaged.len(),
        credentials: resting.len(),
        more,
    })
}
