//! What an act would do, before it is done: to credentials, at facilities, and at other issuers. Of another member's worker
//! nothing is told but that the member has credentials of the same person, and how many.

use std::collections::{BTreeMap, BTreeSet};

use super::credentials::{own, resting_on};
use super::error::Error;
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
    let mut held = live(reader, screening.worker, now)?;
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
    let mut others = live(reader, held.credential.worker, now)?;
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
    let credentials = resting_on(reader, &[(worker, id)])?;
    let live = live(reader, worker, now)?.into_iter();
    let (ending, others): (Vec<Held>, Vec<Held>) =
        live.partition(|held| credentials.contains(&held.credential.id));
    let opened = places
        .spots()
        .filter(|spot| ending.iter().any(|held| opens(held, spot, now)));
    Ok(OfEnd {
        facilities: opened.map(|spot| spot.facility).collect(),
        credentials,
        others: Bearing::of(&others, permit.caller().member),
    })
}

/// The credentials of the person whom this record is of that are neither revoked nor expired.
fn live(reader: &mut Reader, worker: WorkerId, now: Timestamp) -> Result<Vec<Held>, Error> {
    let person = match_cases::same_person(reader, worker)?;
    let person: Vec<WorkerId> = person.into_iter().collect();
    let mut held = credentials::live_of(reader, &person)?;
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
