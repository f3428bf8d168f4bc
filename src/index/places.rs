//! Members, facilities, zones, gates, card systems and clients: few, read at every check, changed seldom. Replaced whole
//! when one of them changes, so that a reader always sees them as they were at one entry.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::domain::blind::BlindKeys;
use crate::domain::break_glass::BreakGlass;
use crate::domain::client::{Client, Person};
use crate::domain::freshness;
use crate::domain::ids::{
    BlindKeysId, BreakGlassId, CardSystemId, ClientId, FacilityId, GateId, MemberId, PersonId,
    SettingsId, ZoneId,
};
use crate::domain::network::{CardSystem, Facility, Gate, Member, SecurityLevel, Settings, Zone};
use crate::domain::screening::Function;
use crate::domain::time::Timestamp;
use crate::ledger::fold::Record;

/// One kind of record by identifier, each with the entry that last touched it.
pub type Shelf<K, T> = BTreeMap<K, (u64, Arc<T>)>;

/// By identifiers that this network made, so nobody can choose them to collide.
type QuickMap<K, T> = HashMap<K, T, foldhash::fast::RandomState>;

/// Who is in the network, as of one entry.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// Members.
    pub members: Shelf<MemberId, Member>,
    /// Facilities.
    pub facilities: Shelf<FacilityId, Facility>,
    /// Zones.
    pub zones: Shelf<ZoneId, Zone>,
    /// Gates.
    pub gates: Shelf<GateId, Gate>,
    /// Card systems.
    pub card_systems: Shelf<CardSystemId, CardSystem>,
    /// Clients.
    pub clients: Shelf<ClientId, Client>,
    /// People who act for members.
    pub people: Shelf<PersonId, Person>,
    /// What holds for the whole network: one record, or none when nothing was ever set.
    pub settings: Shelf<SettingsId, Settings>,
    /// Which blind-index keys are in use: one record, or none when they were never changed.
    pub blind_keys: Shelf<BlindKeysId, BlindKeys>,
    /// Glasses that were broken.
    pub glasses: Shelf<BreakGlassId, BreakGlass>,
    /// What a check needs of its gate, put together once and not at every check.
    spots: QuickMap<GateId, Arc<Spot>>,
    /// The strictest age limit among a member's gates.
    limits_ms: HashMap<MemberId, u64>,
    /// What a request needs of its client.
    callers: QuickMap<ClientId, Arc<Client>>,
}

/// A gate with all that a check needs to know of it.
#[derive(Debug, Clone)]
pub struct Spot {
    /// The gate.
    pub gate: GateId,
    /// Its facility.
    pub facility: FacilityId,
    /// The zone it leads to.
    pub zone: Option<ZoneId>,
    /// The function that the zone requires, if any.
    pub requires: Option<Function>,
    /// Whose it is.
    pub member: MemberId,
    /// The security level in force.
    pub security_level: SecurityLevel,
    /// The strictest age limit of level, member, facility and gate.
    pub limit_ms: u64,
    /// Whether it is told the class of a reason.
    pub shows_class: bool,
    /// The numberings it honours.
    pub card_systems: Vec<Arc<CardSystem>>,
}

impl Spot {
    /// Whether credentials of this issuer are good here: the gate's own member's, and those of members whose numbering it
    /// honours. A card number that is one in the whole network, such as a GUID, is found whoever issued it; that alone must
    /// not open the gates of members who do not know the issuer.
    pub fn honours(&self, issuer: MemberId) -> bool {
        issuer == self.member
            || self
                .card_systems
                .iter()
                .any(|system| system.member == issuer)
    }
}

impl Places {
    /// The gate, ready for a check.
    pub fn spot(&self, gate: GateId) -> Option<&Arc<Spot>> {
        self.spots.get(&gate)
    }

    /// The age past which nothing is said to be good to this member without naming one of its gates: as strict as the
    /// strictest of them.
    pub fn limit_ms(&self, member: MemberId) -> u64 {
        self.limits_ms
            .get(&member)
            .copied()
            .unwrap_or(freshness::hard_limit_ms(SecurityLevel::One))
    }

    /// Every gate, ready for a check.
    pub fn spots(&self) -> impl Iterator<Item = &Arc<Spot>> {
        self.spots.values()
    }

    /// The client, unless it was revoked.
    pub fn caller(&self, client: ClientId) -> Option<&Arc<Client>> {
        self.callers.get(&client)
    }

    /// The member that a facility belongs to.
    pub fn member_of(&self, facility: FacilityId) -> Option<MemberId> {
        self.facilities
            .get(&facility)
            .map(|(_, facility)| facility.member)
    }

    /// The broken glass of a member that lasts at this moment.
    pub fn glass(&self, member: MemberId, now: Timestamp) -> Option<&Arc<BreakGlass>> {
        // There is one open at a time, and it is the last.
        let mut newest_first = self.glasses.values().rev().map(|(_, glass)| glass);
        newest_first.find(|glass| glass.member == member && glass.is_open(now))
    }

    /// The record with the same identifier as this one, as it stands, and the entry that last touched it.
    pub fn record(&self, like: &Record) -> Option<(u64, Record)> {
        fn of<K: Ord, T: Clone>(
            shelf: &Shelf<K, T>,
            id: &K,
            record: fn(T) -> Record,
        ) -> Option<(u64, Record)> {
            let (version, standing) = shelf.get(id)?;
            Some((*version, record(T::clone(standing))))
        }
        match like {
            Record::Member(member) => of(&self.members, &member.id, Record::Member),
            Record::Facility(facility) => of(&self.facilities, &facility.id, Record::Facility),
            Record::Zone(zone) => of(&self.zones, &zone.id, Record::Zone),
            Record::Gate(gate) => of(&self.gates, &gate.id, Record::Gate),
            Record::CardSystem(system) => of(&self.card_systems, &system.id, Record::CardSystem),
            Record::Client(client) => of(&self.clients, &client.id, Record::Client),
            Record::Person(person) => of(&self.people, &person.id, Record::Person),
            Record::Settings(_) => of(&self.settings, &Settings::ID, Record::Settings),
            Record::BlindKeys(_) => of(&self.blind_keys, &BlindKeys::ID, Record::BlindKeys),
            Record::BreakGlass(glass) => of(&self.glasses, &glass.id, Record::BreakGlass),
        }
    }

    pub(super) fn put(&mut self, seq: u64, record: &Record) {
        match record {
            Record::Member(member) => {
                self.members
                    .insert(member.id, (seq, Arc::new(member.clone())));
                let of_member =
                    |places: &Self, gate: &Gate| places.member_of(gate.facility) == Some(member.id);
                self.refit(of_member);
            }
            Record::Facility(facility) => {
                self.facilities
                    .insert(facility.id, (seq, Arc::new(facility.clone())));
                self.refit(|_, gate| gate.facility == facility.id);
            }
            Record::Zone(zone) => {
                self.zones.insert(zone.id, (seq, Arc::new(zone.clone())));
                self.refit(|_, gate| gate.zone == Some(zone.id));
            }
            Record::Gate(gate) => {
                self.gates.insert(gate.id, (seq, Arc::new(gate.clone())));
                self.refit(|_, other| other.id == gate.id);
            }
            Record::CardSystem(card_system) => {
                self.card_systems
                    .insert(card_system.id, (seq, Arc::new(card_system.clone())));
                self.refit(|_, gate| gate.card_systems.contains(&card_system.id));
            }
            Record::Client(client) => {
                let client = Arc::new(client.clone());
                if client.revoked {
                    self.callers.remove(&client.id);
                } else {
                    self.callers.insert(client.id, client.clone());
                }
                self.clients.insert(client.id, (seq, client));
            }
            Record::Person(person) => {
                self.people
                    .insert(person.id, (seq, Arc::new(person.clone())));
            }
            Record::Settings(settings) => {
                self.settings
                    .insert(Settings::ID, (seq, Arc::new(settings.clone())));
            }
            Record::BlindKeys(keys) => {
                self.blind_keys
                    .insert(BlindKeys::ID, (seq, Arc::new(*keys)));
            }
            Record::BreakGlass(glass) => {
                self.glasses
                    .insert(glass.id, (seq, Arc::new(glass.clone())));
            }
        }
    }

    /// Puts together anew the gates that a change bears on.
    fn refit(&mut self, concerns: impl Fn(&Self, &Gate) -> bool) {
        let gates: Vec<Arc<Gate>> = self
            .gates
            .values()
            .filter(|(_, gate)| concerns(self, gate))
            .map(|(_, gate)| gate.clone())
            .collect();
        for gate in gates {
            let spot = self.fit(&gate);
            self.spots
                .extend(spot.map(|spot| (gate.id, Arc::new(spot))));
        }
        self.limits_ms.clear();
        for spot in self.spots.values() {
            let limit = self.limits_ms.entry(spot.member).or_insert(spot.limit_ms);
            *limit = spot.limit_ms.min(*limit);
        }
    }

    fn fit(&self, gate: &Gate) -> Option<Spot> {
        let (_, facility) = self.facilities.get(&gate.facility)?;
        let (_, member) = self.members.get(&facility.member)?;
        let zone = gate.zone.and_then(|zone| self.zones.get(&zone));
        let stricter = [member.max_age_ms, facility.max_age_ms, gate.max_age_ms];
        Some(Spot {
            gate: gate.id,
            facility: facility.id,
            zone: gate.zone,
            requires: zone.and_then(|(_, zone)| zone.requires),
            member: member.id,
            security_level: facility.security_level,
            limit_ms: freshness::limit_ms(facility.security_level, stricter),
            shows_class: facility.shows_class,
            card_systems: gate
                .card_systems
                .iter()
                .filter_map(|id| {
                    self.card_systems
                        .get(id)
                        .map(|(_, card_system)| card_system.clone())
                })
                .collect(),
        })
    }
}
