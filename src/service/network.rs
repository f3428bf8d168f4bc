//! Keeping members, facilities, zones, gates, card systems: each is stated whole, first when it is added and again at
//! every change.

use std::sync::Arc;

use super::administrators;
use super::approvals::{self, Outcome};
use super::commit::Tx;
use super::error::{Code, Error};
use crate::access::permission::{
    Caller, KeepFacilities, KeepMembers, Permission, Permit, ReadGates, ReadNetwork,
};
use crate::domain::approval::Act;
use crate::domain::card::ByteOrder;
use crate::domain::ids::{CardSystemId, FacilityId, Id, Kind, MemberId, ZoneId};
use crate::domain::network::{
    CARD_SYSTEMS_PER_GATE_MAX, CardSystem, Direction, Facility, FacilityKind, Gate, Locode, Member,
    MemberKind, Place, SecurityLevel, Zone, opens,
};
use crate::domain::screening::Function;
use crate::domain::text::Name;
use crate::index::places::{Places, Shelf};
use crate::ledger::entry::Fact;
use crate::ledger::fold::Record;
use crate::store;

/// A kind of record of the network: what it takes to add, change and show one.
pub trait Kept: Clone + Sized + Send + Sync + 'static {
    /// Kind of its identifier.
    type Kind: Kind;
    /// What is said of it from outside.
    type Draft: Clone + Send + 'static;
    /// What it takes to add or change one.
    type Keep: Permission;
    /// What it takes to see one.
    type Read: Permission;
    /// What it is called, in errors and cursors.
    const NAME: &'static str;

    /// The record of this draft. Refuses what cannot be meant.
    fn build(
        tx: &mut Tx<'_>,
        permit: Permit<Self::Keep>,
        id: Id<Self::Kind>,
        draft: Self::Draft,
    ) -> Result<Self, Error>;
    /// Refuses a change that this kind of record cannot take.
    fn check_change(&self, changed: &Self) -> Result<(), Error>;
    /// What a second administrator is asked for, where this record, which was `before` with its version, needs one.
    fn by_two(
        &self,
        _: &mut Tx<'_>,
        _: Caller,
        _before: Option<(u64, &Self)>,
    ) -> Result<Option<Act>, Error> {
        Ok(None)
    }
    /// The fact that states it.
    fn fact(self) -> Fact;
    /// This kind of record out of any.
    fn from_record(record: Record) -> Option<Self>;
    /// Where the index keeps them.
    fn shelf(places: &Places) -> &Shelf<Id<Self::Kind>, Self>;
    /// The member that it belongs to.
    fn member(&self, places: &Places) -> Option<MemberId>;
}

/// A record with its version, as it was added.
pub type Added<R> = (u64, Id<<R as Kept>::Kind>, R);

/// Adds a record, or asks for it. Answers it with its version.
pub fn add<R: Kept>(
    tx: &mut Tx<'_>,
    permit: Permit<R::Keep>,
    draft: R::Draft,
) -> Result<Outcome<Added<R>>, Error> {
    let id = Id::make(tx.environment);
    let record = R::build(tx, permit, id, draft)?;
    if let Some(act) = record.by_two(tx, permit.caller(), None)? {
        let asked = administrators::ask(tx, permit.caller(), act)?;
        return Ok(Outcome::Asked(Box::new(asked)));
    }
    let seq = tx.state(record.clone().fact())?;
    Ok(Outcome::Done((seq, id, record)))
}

/// Replaces a record, or asks for it, if it is still the `version` that the caller saw.
pub fn change<R: Kept>(
    tx: &mut Tx<'_>,
    permit: Permit<R::Keep>,
    id: Id<R::Kind>,
    version: u64,
    draft: R::Draft,
) -> Result<Outcome<(u64, R)>, Error> {
    let (current, before) = find_stored::<R>(tx, id)?;
    // The member of the new record is judged by `build`, that of the present one here: both must be within reach.
    let member = before.member(&tx.index.places());
    if !permit.covers_all() && !member.is_some_and(|member| permit.covers(member)) {
        return Err(Error::not_found(R::NAME));
    }
    let record = R::build(tx, permit, id, draft)?;
    before.check_change(&record)?;
    if current != version {
        return Err(changed());
    }
    if let Some(act) = record.by_two(tx, permit.caller(), Some((version, &before)))? {
        let asked = administrators::ask(tx, permit.caller(), act)?;
        return Ok(Outcome::Asked(Box::new(asked)));
    }
    let seq = tx.state(record.clone().fact())?;
    Ok(Outcome::Done((seq, record)))
}

/// Opens a place as two said.
pub(super) fn open_approved(tx: &mut Tx<'_>, place: &Place, version: u64) -> Result<(), Error> {
    match place.clone() {
        Place::Facility(facility) => replace(tx, facility.id, facility, version),
        Place::Zone(zone) => replace(tx, zone.id, zone, version),
        Place::Gate(gate) => replace(tx, gate.id, gate, version),
    }
}

fn replace<R: Kept>(
    tx: &mut Tx<'_>,
    id: Id<R::Kind>,
    record: R,
    version: u64,
) -> Result<(), Error> {
    if find_stored::<R>(tx, id)?.0 != version {
        return Err(approvals::stale("It was changed meanwhile."));
    }
    tx.state(record.fact())?;
    Ok(())
}

/// The act of opening a place, where it takes two.
fn opening(
    tx: &mut Tx<'_>,
    caller: Caller,
    facility: FacilityId,
    (version, place): (u64, Place),
) -> Result<Option<Act>, Error> {
    let member = find_stored::<Facility>(tx, facility)?.1.member;
    let of = administrators::needed(tx, caller, member, false)?;
    Ok(of.map(|of| Act::OpenPlace { place, version, of }))
}

/// The refusal of a change to something that is no longer as the caller saw it.
pub fn changed() -> Error {
    Error::new(
        Code::Changed,
        "It has changed since you read it. Read it again, and repeat with its new ETag.",
    )
}

/// One record with its version, from memory.
pub fn find<R: Kept>(
    places: &Places,
    permit: Permit<R::Read>,
    id: Id<R::Kind>,
) -> Result<(u64, Arc<R>), Error> {
    let (version, record) = R::shelf(places)
        .get(&id)
        .ok_or_else(|| Error::not_found(R::NAME))?;
    match record.member(places) {
        Some(member) if permit.covers(member) => Ok((*version, record.clone())),
        _ => Err(Error::not_found(R::NAME)),
    }
}

/// The records the caller may see after `after`, at most `limit`, in the order they were added.
pub fn list<R: Kept>(
    places: &Places,
    permit: Permit<R::Read>,
    of_member: Option<MemberId>,
    after: Option<Id<R::Kind>>,
    limit: usize,
) -> Vec<(Id<R::Kind>, u64, Arc<R>)> {
    use std::ops::Bound;
    let from = after.map_or(Bound::Unbounded, Bound::Excluded);
    R::shelf(places)
        .range((from, Bound::Unbounded))
        .filter(|(_, (_, record))| {
            let member = record.member(places);
            member.is_some_and(|member| permit.covers(member))
                && of_member.is_none_or(|wanted| member == Some(wanted))
        })
        .take(limit)
        .map(|(id, (version, record))| (*id, *version, record.clone()))
        .collect()
}

/// A record with its version as it stands, what this group stated included.
pub(super) fn stored<R: Kept>(tx: &mut Tx<'_>, id: Id<R::Kind>) -> Result<Option<(u64, R)>, Error> {
    let found = store::network::find(tx.reader()?, &id.to_string())?;
    Ok(found.and_then(|(version, record)| Some((version, R::from_record(record)?))))
}

fn find_stored<R: Kept>(tx: &mut Tx<'_>, id: Id<R::Kind>) -> Result<(u64, R), Error> {
    stored(tx, id)?.ok_or_else(|| Error::not_found(R::NAME))
}

/// A record that a field of the request names; its absence is the field's fault.
pub fn named<R: Kept>(tx: &mut Tx<'_>, pointer: &str, id: Id<R::Kind>) -> Result<R, Error> {
    find_stored::<R>(tx, id)
        .map(|(_, record)| record)
        .map_err(|error| match error.code {
            Code::NotFound => absent::<R>(pointer),
            _ => error,
        })
}

/// The same, where it must also be within the caller's reach. One that is not is no different from one that is not there.
pub fn within<R: Kept, P: Permission>(
    tx: &mut Tx<'_>,
    permit: Permit<P>,
    pointer: &str,
    id: Id<R::Kind>,
) -> Result<R, Error> {
    let record = named::<R>(tx, pointer, id)?;
    let member = record.member(&tx.index.places());
    if permit.covers_all() || member.is_some_and(|member| permit.covers(member)) {
        Ok(record)
    } else {
        Err(absent::<R>(pointer))
    }
}

fn absent<R: Kept>(pointer: &str) -> Error {
    let message = format!("There is no such {}.", R::NAME);
    Error::field(pointer, "not_found", message)
}

/// Refuses an age limit that could never be kept, or never be reached.
fn check_max_age(max_age_ms: Option<u64>) -> Result<(), Error> {
    use crate::domain::freshness::{LIMIT_MIN_MS, hard_limit_ms};
    let most = hard_limit_ms(SecurityLevel::One);
    match max_age_ms {
        Some(ms) if !(LIMIT_MIN_MS..=most).contains(&ms) => {
            let message = format!("must be between {LIMIT_MIN_MS} and {most} milliseconds");
            Err(Error::field("/max_age_ms", "out_of_range", message))
        }
        _ => Ok(()),
    }
}

pub(super) fn fixed(pointer: &str, what: &str) -> Error {
    Error::field(pointer, "fixed", format!("cannot change: {what}"))
}

/// What is said of a member.
#[derive(Debug, Clone)]
pub struct MemberDraft {
    /// Its name.
    pub name: Name,
    /// What it is.
    pub kind: MemberKind,
    /// The places it manages.
    pub locodes: Vec<Locode>,
    /// Its own age limit.
    pub max_age_ms: Option<u64>,
    /// Whether a second person grants what it issues; as it was, if not said, and true of a new one.
    pub approves_issues: Option<bool>,
}

impl Kept for Member {
    type Kind = crate::domain::ids::MemberKind;
    type Draft = MemberDraft;
    type Keep = KeepMembers;
    type Read = ReadNetwork;
    const NAME: &'static str = "member";

    fn build(
        tx: &mut Tx<'_>,
        _: Permit<KeepMembers>,
        id: MemberId,
        draft: MemberDraft,
    ) -> Result<Self, Error> {
        check_max_age(draft.max_age_ms)?;
        // The member's registrar alone says that there is one, and that there is none any more.
        let standing = store::network::find(tx.reader()?, &id.to_string())?;
        let standing = standing.and_then(|(_, record)| Self::from_record(record));
        let approved = standing.as_ref().is_none_or(|it| it.approves_issues);
        let two_administrators = standing.as_ref().is_some_and(|it| it.two_administrators);
        let legal_basis = standing.and_then(|member| member.legal_basis);
        Ok(Self {
            id,
            name: draft.name,
            kind: draft.kind,
            locodes: draft.locodes,
            max_age_ms: draft.max_age_ms,
            approves_issues: draft.approves_issues.unwrap_or(approved),
            legal_basis,
            two_administrators,
        })
    }

    fn check_change(&self, changed: &Self) -> Result<(), Error> {
        if self.approves_issues && !changed.approves_issues {
            return Err(Error::field(
                "/approves_issues",
                "by_two",
                "is switched off by two people: ask for it with POST /v1/members/{id}/issuing-by-one",
            ));
        }
        Ok(())
    }

    fn fact(self) -> Fact {
        Fact::MemberRecorded(self)
    }

    fn from_record(record: Record) -> Option<Self> {
        if let Record::Member(member) = record {
            Some(member)
        } else {
            None
        }
    }

    fn shelf(places: &Places) -> &Shelf<MemberId, Self> {
        &places.members
    }

    fn member(&self, _: &Places) -> Option<MemberId> {
        Some(self.id)
    }
}

/// What is said of a facility.
#[derive(Debug, Clone)]
pub struct FacilityDraft {
    /// Whose it is.
    pub member: MemberId,
    /// Its name.
    pub name: Name,
    /// What it is.
    pub kind: FacilityKind,
    /// Where it lies.
    pub locode: Locode,
    /// The security level in force.
    pub security_level: SecurityLevel,
    /// Whether its gates are told the class of a reason.
    pub shows_class: bool,
    /// Its own age limit.
    pub max_age_ms: Option<u64>,
}

impl Kept for Facility {
    type Kind = crate::domain::ids::FacilityKind;
    type Draft = FacilityDraft;
    type Keep = KeepFacilities;
    type Read = ReadNetwork;
    const NAME: &'static str = "facility";

    fn build(
        tx: &mut Tx<'_>,
        permit: Permit<KeepFacilities>,
        id: FacilityId,
        draft: FacilityDraft,
    ) -> Result<Self, Error> {
        check_max_age(draft.max_age_ms)?;
        within::<Member, _>(tx, permit, "/member", draft.member)?;
        Ok(Self {
            id,
            member: draft.member,
            name: draft.name,
            kind: draft.kind,
            locode: draft.locode,
            security_level: draft.security_level,
            shows_class: draft.shows_class,
            max_age_ms: draft.max_age_ms,
        })
    }

    fn check_change(&self, changed: &Self) -> Result<(), Error> {
        if self.member == changed.member {
            Ok(())
        } else {
            Err(fixed("/member", "a facility stays with its member"))
        }
    }

    fn by_two(
        &self,
        tx: &mut Tx<'_>,
        caller: Caller,
        before: Option<(u64, &Self)>,
    ) -> Result<Option<Act>, Error> {
        match before {
            Some((version, before)) if before.opens(self) => {
                let place = Place::Facility(self.clone());
                opening(tx, caller, self.id, (version, place))
            }
            _ => Ok(None),
        }
    }

    fn fact(self) -> Fact {
        Fact::FacilityRecorded(self)
    }

    fn from_record(record: Record) -> Option<Self> {
        if let Record::Facility(facility) = record {
            Some(facility)
        } else {
            None
        }
    }

    fn shelf(places: &Places) -> &Shelf<FacilityId, Self> {
        &places.facilities
    }

    fn member(&self, _: &Places) -> Option<MemberId> {
        Some(self.member)
    }
}

/// What is said of a zone.
#[derive(Debug, Clone)]
pub struct ZoneDraft {
    /// Where it lies.
    pub facility: FacilityId,
    /// Its name.
    pub name: Name,
    /// What a worker must be cleared for to pass its gates.
    pub requires: Option<Function>,
}

impl Kept for Zone {
    type Kind = crate::domain::ids::ZoneKind;
    type Draft = ZoneDraft;
    type Keep = KeepFacilities;
    type Read = ReadNetwork;
    const NAME: &'static str = "zone";

    fn build(
        tx: &mut Tx<'_>,
        permit: Permit<KeepFacilities>,
        id: ZoneId,
        draft: ZoneDraft,
    ) -> Result<Self, Error> {
        within::<Facility, _>(tx, permit, "/facility", draft.facility)?;
        Ok(Self {
            id,
            facility: draft.facility,
            name: draft.name,
            requires: draft.requires,
        })
    }

    fn check_change(&self, changed: &Self) -> Result<(), Error> {
        if self.facility == changed.facility {
            Ok(())
        } else {
            Err(fixed("/facility", "a zone stays in its facility"))
        }
    }

    fn by_two(
        &self,
        tx: &mut Tx<'_>,
        caller: Caller,
        before: Option<(u64, &Self)>,
    ) -> Result<Option<Act>, Error> {
        match before {
            Some((version, before)) if opens(before.requires, self.requires) => {
                let place = Place::Zone(self.clone());
                opening(tx, caller, self.facility, (version, place))
            }
            _ => Ok(None),
        }
    }

    fn fact(self) -> Fact {
        Fact::ZoneRecorded(self)
    }

    fn from_record(record: Record) -> Option<Self> {
        if let Record::Zone(zone) = record {
            Some(zone)
        } else {
            None
        }
    }

    fn shelf(places: &Places) -> &Shelf<ZoneId, Self> {
        &places.zones
    }

    fn member(&self, places: &Places) -> Option<MemberId> {
        places.member_of(self.facility)
    }
}

/// What is said of a card system.
#[derive(Debug, Clone)]
pub struct CardSystemDraft {
    /// Whose it is.
    pub member: MemberId,
    /// Its name.
    pub name: Name,
    /// In which order its readers report the bytes of a UID.
    pub uid_byte_order: ByteOrder,
}

impl Kept for CardSystem {
    type Kind = crate::domain::ids::CardSystemKind;
    type Draft = CardSystemDraft;
    type Keep = KeepFacilities;
    type Read = ReadNetwork;
    const NAME: &'static str = "card system";

    fn build(
        tx: &mut Tx<'_>,
        permit: Permit<KeepFacilities>,
        id: CardSystemId,
        draft: CardSystemDraft,
    ) -> Result<Self, Error> {
        within::<Member, _>(tx, permit, "/member", draft.member)?;
        Ok(Self {
            id,
            member: draft.member,
            name: draft.name,
            uid_byte_order: draft.uid_byte_order,
        })
    }

    fn check_change(&self, changed: &Self) -> Result<(), Error> {
        if self.member != changed.member {
            return Err(fixed("/member", "a card system stays with its member"));
        }
        // The keys of the cards registered so far were made with it.
        if self.uid_byte_order != changed.uid_byte_order {
            return Err(fixed(
                "/uid_byte_order",
                "register the cards in a new card system instead",
            ));
        }
        Ok(())
    }

    fn fact(self) -> Fact {
        Fact::CardSystemRecorded(self)
    }

    fn from_record(record: Record) -> Option<Self> {
        if let Record::CardSystem(card_system) = record {
            Some(card_system)
        } else {
            None
        }
    }

    fn shelf(places: &Places) -> &Shelf<CardSystemId, Self> {
        &places.card_systems
    }

    fn member(&self, _: &Places) -> Option<MemberId> {
        Some(self.member)
    }
}

/// What is said of a gate.
#[derive(Debug, Clone)]
pub struct GateDraft {
    /// Where it stands.
    pub facility: FacilityId,
    /// The zone it leads to.
    pub zone: Option<ZoneId>,
    /// Its name.
    pub name: Name,
    /// Which way it leads.
    pub direction: Direction,
    /// The numberings it honours.
    pub card_systems: Vec<CardSystemId>,
    /// Its own age limit.
    pub max_age_ms: Option<u64>,
}

impl Kept for Gate {
    type Kind = crate::domain::ids::GateKind;
    type Draft = GateDraft;
    type Keep = KeepFacilities;
    type Read = ReadGates;
    const NAME: &'static str = "gate";

    fn build(
        tx: &mut Tx<'_>,
        permit: Permit<KeepFacilities>,
        id: Id<Self::Kind>,
        draft: GateDraft,
    ) -> Result<Self, Error> {
        check_max_age(draft.max_age_ms)?;
        let facility = within::<Facility, _>(tx, permit, "/facility", draft.facility)?;
        if let Some(zone) = draft.zone
            && named::<Zone>(tx, "/zone", zone)?.facility != facility.id
        {
            return Err(Error::field(
                "/zone",
                "mismatch",
                "The zone lies in another facility.",
            ));
        }
        if draft.card_systems.is_empty() || draft.card_systems.len() > CARD_SYSTEMS_PER_GATE_MAX {
            let message = format!("Name 1 to {CARD_SYSTEMS_PER_GATE_MAX} card systems.");
            return Err(Error::field("/card_systems", "length", message));
        }
        for (at, card_system) in draft.card_systems.iter().enumerate() {
            named::<CardSystem>(tx, &format!("/card_systems/{at}"), *card_system)?;
            if draft.card_systems[..at].contains(card_system) {
                return Err(Error::field(
                    format!("/card_systems/{at}"),
                    "repeated",
                    "Name each card system once.",
                ));
            }
        }
        Ok(Self {
            id,
            facility: draft.facility,
            zone: draft.zone,
            name: draft.name,
            direction: draft.direction,
            card_systems: draft.card_systems,
            max_age_ms: draft.max_age_ms,
        })
    }

    fn check_change(&self, changed: &Self) -> Result<(), Error> {
        if self.facility == changed.facility {
            Ok(())
        } else {
            Err(fixed("/facility", "a gate stays at its facility"))
        }
    }

    fn by_two(
        &self,
        tx: &mut Tx<'_>,
        caller: Caller,
        before: Option<(u64, &Self)>,
    ) -> Result<Option<Act>, Error> {
        let Some((version, before)) = before else {
            return Ok(None);
        };
        // To lead it elsewhere is the same as to take off what its zone requires.
        let mut required = |zone: Option<ZoneId>| {
            let zone = zone.map(|zone| find_stored::<Zone>(tx, zone)).transpose()?;
            Ok::<_, Error>(zone.and_then(|(_, zone)| zone.requires))
        };
        if opens(required(before.zone)?, required(self.zone)?) {
            return opening(
                tx,
                caller,
                self.facility,
                (version, Place::Gate(self.clone())),
            );
        }
        Ok(None)
    }

    fn fact(self) -> Fact {
        Fact::GateRecorded(self)
    }

    fn from_record(record: Record) -> Option<Self> {
        if let Record::Gate(gate) = record {
            Some(gate)
        } else {
            None
        }
    }

    fn shelf(places: &Places) -> &Shelf<Id<Self::Kind>, Self> {
        &places.gates
    }

    fn member(&self, places: &Places) -> Option<MemberId> {
        places.member_of(self.facility)
    }
}
