//! Employers. They are no records of their own but names in engagements, so what befalls one befalls the engagements that name
//! it at the caller's member: found by a keyed hash of the name, without case, accents and spacing.

use std::collections::BTreeSet;

use super::approvals::{self, Outcome};
use super::blind::FoundUnder;
use super::bulk;
use super::commit::Tx;
use super::credentials;
use super::error::Error;
use crate::access::blind_key::BlindKey;
use crate::access::permission::{KeepWorkers, Permit};
use crate::domain::approval::Act;
use crate::domain::ids::{CredentialId, EngagementId, MemberId, WorkerId};
use crate::domain::name_search;
use crate::domain::reason::Reason;
use crate::domain::text::{Text, fold};
use crate::domain::worker::EngagementDetails;
use crate::ledger::entry::Fact;
use crate::store::employers::FoundBy;
use crate::store::{Reader, employers, workers};

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
pub fn found_by(key: &BlindKey, member: MemberId, details: &EngagementDetails) -> FoundBy {
    let names = name_search::beginnings_of(&details.employer).into_iter();
    let number = details.staff_number.as_ref();
    FoundBy {
        version: key.version(),
        employer: employer_key(key, member, &details.employer),
        names: names
            .map(|beginning| key.employer_name_key(member, &beginning))
            .collect(),
        staff_number: number.map(|number| key.staff_key(member, number.as_str())),
    }
}

fn employer_key(key: &BlindKey, member: MemberId, employer: &Employer) -> [u8; 16] {
    let folded = fold(employer.as_str());
    // A name without a letter or digit is taken as it stands.
    match folded.is_empty() {
        true => key.employer_key(member, employer.as_str()),
        false => key.employer_key(member, &folded),
    }
}

/// Ends every engagement at an employer that lost its standing, and revokes whatever rests on them, in one act. Where that is
/// too many for one person, exactly these wait for a second.
pub fn lapse(
    tx: &mut Tx<'_>,
    permit: Permit<KeepWorkers>,
    employer: &Employer,
) -> Result<Outcome<Lapse>, Error> {
    let found_under = tx.found_under()?;
    let (engaged, more) = engaged(tx.reader()?, &found_under, permit.caller().member, employer)?;
    // What the act comes to is known here, to the last credential, and nothing is stated yet.
    let resting = credentials::resting_on(tx.reader()?, &engaged)?;
    let engagements: Vec<EngagementId> = engaged.into_iter().map(|(_, id)| id).collect();
    let caller = permit.caller();
    if !resting.is_empty() && bulk::needs_two(tx, caller, resting.len()) {
        let act = Act::LapseEmployer {
            engagements,
            credentials: resting,
        };
        let asked = approvals::ask(tx, caller, None, act)?;
        return Ok(Outcome::Asked(Box::new(asked)));
    }
    end(tx, &engagements, &resting)?;
    Ok(Outcome::Done(Lapse {
        engagements: engagements.len(),
        credentials: resting.len(),
        more,
    }))
}

/// The engagements at an employer that one act ends, each with its worker, and whether more are left.
pub(super) fn engaged(
    reader: &mut Reader,
    found_under: &FoundUnder,
    member: MemberId,
    employer: &Employer,
) -> Result<(Vec<(WorkerId, EngagementId)>, bool), Error> {
    let keys: Vec<[u8; 16]> = found_under
        .all()
        .map(|key| employer_key(key, member, employer))
        .collect();
    let mut engaged = employers::engaged(reader, &keys, LAPSED_AT_ONCE + 1)?;
    if engaged.is_empty() {
        let message = "No engagement that lasts names this employer. Write the name as it stands in the engagements.";
        return Err(Error::field("/employer", "not_found", message));
    }
    let more = engaged.len() > LAPSED_AT_ONCE;
    engaged.truncate(LAPSED_AT_ONCE);
    Ok((engaged, more))
}

/// Ends what a second person let be ended, if these engagements last and the same rests on them.
pub(super) fn approved(
    tx: &mut Tx<'_>,
    engagements: &[EngagementId],
    listed: &[CredentialId],
) -> Result<(), Error> {
    let mut engaged = Vec::with_capacity(engagements.len());
    for &id in engagements {
        let held = workers::find_engagement(tx.reader()?, id)?;
        match held.map(|held| held.value) {
            Some(held) if !held.ended => engaged.push((held.engagement.worker, id)),
            _ => return Err(approvals::stale("An engagement was ended meanwhile.")),
        }
    }
    let resting = credentials::resting_on(tx.reader()?, &engaged)?;
    let set = |ids: &[CredentialId]| ids.iter().copied().collect::<BTreeSet<_>>();
    if set(&resting) != set(listed) {
        return Err(approvals::stale("Something else rests on them now."));
    }
    end(tx, engagements, &resting)
}

fn end(
    tx: &mut Tx<'_>,
    engagements: &[EngagementId],
    resting: &[CredentialId],
) -> Result<(), Error> {
    for &engagement in engagements {
        tx.state(Fact::EngagementEnded { engagement })?;
    }
    for &credential in resting {
        tx.state(Fact::CredentialRevoked {
            credential,
            reason: Reason::SponsorLapsed,
        })?;
    }
    Ok(())
}
