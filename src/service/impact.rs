//! What an act would do, before it is done: to credentials, at facilities, and at other issuers. Of another member's worker
//! nothing is told but that the member has credentials of the same person, and how many.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::blind::FoundUnder;
use super::credentials::{own, resting_on};
use super::employers::{self, Employer};
use super::error::Error;
use crate::access::keyring::Keyring;
use crate::access::permission::{Permit, ReadEndImpact, ReadRevocationImpact, ReadScreeningImpact};
use crate::domain::credential::State;
use crate::domain::ids::{CredentialId, EngagementId, FacilityId, MemberId, ScreeningId, WorkerId};
use crate::domain::screening::Function;
use crate::domain::time::Timestamp;
use crate::index::places::{Places, Spot};
use crate::ledger::replay::Held;
use crate::store::{Reader, credentials, match_cases, screenings, workers};

/// How many credentials or facilities are named. All of them are counted.
pub const NAMED_MAX: usize = 200;

/// What an unfavourable outcome of today would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfOutcome {
    /// For what the worker would no longer be cleared.
    pub function: Function,
    /// The credentials that would lose it.
    pub credentials: Bearing,
    /// The facilities with a zone that it is required for and that they open today, and how many of them do.
    pub facilities: BTreeMap<FacilityId, usize>,
}

/// What revoking a credential would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfRevocation {
    /// The facilities of which it opens a gate today.
    pub facilities: BTreeSet<FacilityId>,
    /// The other credentials of the same person that are not revoked or expired. They stay as they are.
    pub others: Bearing,
}

/// What ending an engagement would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfEnd {
    /// The credentials that would be revoked with it.
    pub credentials: Vec<CredentialId>,
    /// The facilities of which they open a gate today.
    pub facilities: BTreeSet<FacilityId>,
    /// The other credentials of the same person that are not revoked or expired. They stay as they are.
    pub others: Bearing,
}

/// What an employer's lapse would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfLapse {
    /// How many engagements would end.
    pub engagements: usize,
    /// Whether engagements at the employer would be left, for the next time.
    pub more: bool,
    /// What their end would do. The others are of everybody who is engaged there.
    pub end: OfEnd,
}

/// Credentials of one person, as one of their issuers may see them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bearing {
    /// Those of the caller's member.
    pub own: Vec<CredentialId>,
    /// How many other members have issued.
    pub issuers: BTreeMap<MemberId, usize>,
}

impl Bearing {
    fn of(held: &[Held], member: MemberId) -> Self {
        let mut bearing = Self::default();
        for held in held {
            match held.credential.member {
                issuer if issuer == member => bearing.own.push(held.credential.id),
                issuer => *bearing.issuers.entry(issuer).or_default() += 1,
            }
        }
        bearing
    }
}

/// What an unfavourable outcome of this screening would do, were it of today: nothing that clears the worker is later than that,
/// so every credential that opens doors by this function loses it.
pub fn of_outcome(
    reader: &mut Reader,
    places: &Places,
    permit: Permit<ReadScreeningImpact>,
    id: ScreeningId,
    now: Timestamp,
) -> Result<OfOutcome, Error> {
    let found =
        screenings::find(reader, id)?.filter(|screened| permit.covers(screened.screening.member));
    let screening = found
        .ok_or_else(|| Error::not_found("screening"))?
        .screening;
    let function = screening.function;
    let person = match_cases::same_person(reader, screening.worker)?;
    let mut held = live(reader, person, now)?;
    held.retain(|held| held.functions.contains(function));
    let mut facilities: BTreeMap<FacilityId, BTreeSet<CredentialId>> = BTreeMap::new();
    let requiring = |spot: &&std::sync::Arc<Spot>| spot.requires == Some(function);
    for spot in places.spots().filter(requiring) {
        let opening = held.iter().filter(|held| opens(held, spot, now));
        let ids: Vec<CredentialId> = opening.map(|held| held.credential.id).collect();
        if !ids.is_empty() {
            facilities.entry(spot.facility).or_default().extend(ids);
        }
    }
    Ok(OfOutcome {
        function,
        credentials: Bearing::of(&held, permit.caller().member),
        facilities: facilities
            .into_iter()
            .map(|(facility, credentials)| (facility, credentials.len()))
            .collect(),
    })
}

/// What revoking this credential would do.
pub fn of_revocation(
    reader: &mut Reader,
    places: &Places,
    permit: Permit<ReadRevocationImpact>,
    id: CredentialId,
    now: Timestamp,
) -> Result<OfRevocation, Error> {
    let held = own(reader, id, |member| permit.covers(member))?;
    let person = match_cases::same_person(reader, held.credential.worker)?;
    let mut others = live(reader, person, now)?;
    others.retain(|other| other.credential.id != id);
    let opened = places.spots().filter(|spot| opens(&held, spot, now));
    Ok(OfRevocation {
        facilities: opened.map(|spot| spot.facility).collect(),
        others: Bearing::of(&others, permit.caller().member),
    })
}

/// What ending this engagement would do; nothing where it is over.
pub fn of_end(
    reader: &mut Reader,
    places: &Places,
    permit: Permit<ReadEndImpact>,
    id: EngagementId,
    now: Timestamp,
) -> Result<OfEnd, Error> {
    let found = workers::find_engagement(reader, id)?;
    let found = found.filter(|held| permit.covers(held.value.engagement.member));
    let worker = found
        .ok_or_else(|| Error::not_found("engagement"))?
        .value
        .engagement
        .worker;
    of_ends(reader, places, permit, &[(worker, id)], now)
}

/// What the lapse of this employer at the caller's member would do.
pub fn of_lapse(
    reader: &mut Reader,
    keyring: &Keyring,
    places: &Places,
    permit: Permit<ReadEndImpact>,
    employer: &Employer,
    now: Timestamp,
) -> Result<OfLapse, Error> {
    let found_under = FoundUnder::read(reader, keyring)?;
    let member = permit.caller().member;
    let (engaged, more) = employers::engaged(reader, &found_under, member, employer)?;
    Ok(OfLapse {
        engagements: engaged.len(),
        more,
        end: of_ends(reader, places, permit, &engaged, now)?,
    })
}

/// What the end of these engagements would do, each given with its worker.
fn of_ends(
    reader: &mut Reader,
    places: &Places,
    permit: Permit<ReadEndImpact>,
    engaged: &[(WorkerId, EngagementId)],
    now: Timestamp,
) -> Result<OfEnd, Error> {
    let credentials = resting_on(reader, engaged)?;
    let ends: HashSet<CredentialId> = credentials.iter().copied().collect();
    let mut people = BTreeSet::new();
    for &(worker, _) in engaged {
        // Who is recorded twice is looked at once.
        if !people.contains(&worker) {
            people.extend(match_cases::same_person(reader, worker)?);
        }
    }
    let live = live(reader, people, now)?.into_iter();
    let (ending, others): (Vec<Held>, Vec<Held>) =
        live.partition(|held| ends.contains(&held.credential.id));
    let opened = places
        .spots()
        .filter(|spot| ending.iter().any(|held| opens(held, spot, now)));
    Ok(OfEnd {
        facilities: opened.map(|spot| spot.facility).collect(),
        credentials,
        others: Bearing::of(&others, permit.caller().member),
    })
}

/// The credentials under these records that are neither revoked nor expired.
fn live(
    reader: &mut Reader,
    records: BTreeSet<WorkerId>,
    now: Timestamp,
) -> Result<Vec<Held>, Error> {
    let records: Vec<WorkerId> = records.into_iter().collect();
    let mut held = credentials::live_of(reader, &records)?;
    held.retain(|held| held.credential.valid_until > now);
    Ok(held)
}

/// Whether this gate would let it pass at this moment: the rules of a gate check, on the tables.
fn opens(held: &Held, spot: &Spot, now: Timestamp) -> bool {
    let credential = &held.credential;
    held.state == State::Active
        && (credential.valid_from..credential.valid_until).contains(&now)
        && spot.honours(credential.member)
        && credential.scope.covers(spot.facility, spot.zone)
        && spot
            .requires
            .is_none_or(|function| held.functions.contains(function))
}
