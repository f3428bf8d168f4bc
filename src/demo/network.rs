//! The network of the demonstration: the Belgian ports and waterway managers that share a security platform, each under
//! its own name and UN/LOCODEs. Terminals, zones, gates and numberings are invented and say so.

use crate::access::permission::{Caller, KeepClients, KeepFacilities, KeepMembers};
use crate::domain::card::ByteOrder;
use crate::domain::client::Role;
use crate::domain::ids::{CardSystemId, ClientId, FacilityId, GateId, MemberId};
use crate::domain::network::{
    CARD_SYSTEMS_PER_GATE_MAX, CardSystem, Facility, Gate, Locode, Member, Zone,
};
use crate::domain::text::Name;
use crate::service::clients::{self, ClientDraft, Secret};
use crate::service::network::{
    self, CardSystemDraft, FacilityDraft, GateDraft, MemberDraft, ZoneDraft,
};
use crate::service::{Error, Tx};

use super::cards::Numbering;
use super::plan::{MEMBERS, MemberPlan};

/// The places of the network, as they were recorded.
#[derive(Clone)]
pub struct Network {
    /// In the order of [`MEMBERS`].
    pub members: Vec<MemberAt>,
    /// Of all members, one member's next to each other.
    pub numberings: Vec<NumberingAt>,
    /// Of all members.
    pub gates: Vec<GateAt>,
}

/// A member that was recorded.
#[derive(Clone)]
pub struct MemberAt {
    pub id: MemberId,
    pub plan: &'static MemberPlan,
    pub facilities: Vec<FacilityId>,
}

/// A card system that was recorded.
#[derive(Clone)]
pub struct NumberingAt {
    pub id: CardSystemId,
    /// Whose it is.
    pub member: usize,
    pub uid_byte_order: ByteOrder,
    pub numbering: Numbering,
}

/// A gate that was recorded.
#[derive(Clone)]
pub struct GateAt {
    pub id: GateId,
    /// Whose it is.
    pub member: usize,
    /// Terminal and gate.
    pub label: String,
    /// How its own readers report a UID.
    pub uid_byte_order: ByteOrder,
}

/// A client with its secret, for those who play its part.
#[derive(Clone)]
pub struct Machine {
    pub client: ClientId,
    pub secret: Secret,
}

/// Who talks to the network.
#[derive(Clone)]
pub struct Machines {
    /// One for each gate.
    pub gates: Vec<Machine>,
    /// One for each member: who keeps its workers and credentials.
    pub officers: Vec<Machine>,
    /// One for each member: who keeps its facilities and clients.
    pub admins: Vec<Machine>,
}

impl Network {
    /// Records members, numberings, facilities, zones and gates. The first member stands already.
    pub fn record(tx: &mut Tx<'_>, admin: Caller) -> Result<Self, Error> {
        let mut members = vec![MemberAt {
            id: admin.member,
            plan: &MEMBERS[0],
            facilities: Vec::new(),
        }];
        for plan in &MEMBERS[1..] {
            let draft = MemberDraft {
                name: name(plan.name),
                kind: plan.kind,
                locodes: locodes(plan.locodes),
                max_age_ms: None,
                approves_issues: Some(false),
            };
            let (_, id, _) =
                network::add::<Member>(tx, admin.permit::<KeepMembers>()?, draft)?.done()?;
            members.push(MemberAt {
                id,
                plan,
                facilities: Vec::new(),
            });
        }
        let permit = admin.permit::<KeepFacilities>()?;
        let mut numberings = Vec::new();
        for (member, at) in members.iter().enumerate() {
            for plan in at.plan.numberings {
                let draft = CardSystemDraft {
                    member: at.id,
                    name: name(plan.name),
                    uid_byte_order: plan.uid_byte_order,
                };
                let (_, id, _) = network::add::<CardSystem>(tx, permit, draft)?.done()?;
                numberings.push(NumberingAt {
                    id,
                    member,
                    uid_byte_order: plan.uid_byte_order,
                    numbering: plan.numbering,
                });
            }
        }
        let mut gates = Vec::new();
        for (member, at) in members.iter_mut().enumerate() {
            let honoured = honoured(&numberings, member);
            for plan in at.plan.facilities {
                let draft = FacilityDraft {
                    member: at.id,
                    name: name(plan.name),
                    kind: plan.kind,
                    locode: locodes(&[plan.locode])[0],
                    security_level: plan.security_level,
                    shows_class: plan.shows_class,
                    max_age_ms: None,
                };
                let (_, facility, _) = network::add::<Facility>(tx, permit, draft)?.done()?;
                at.facilities.push(facility);
                let draft = ZoneDraft {
                    facility,
                    name: name(plan.zone),
                    requires: None,
                };
                let (_, zone, _) = network::add::<Zone>(tx, permit, draft)?.done()?;
                for gate in plan.gates {
                    let draft = GateDraft {
                        facility,
                        zone: gate.into_zone.then_some(zone),
                        name: name(gate.name),
                        direction: gate.direction,
                        card_systems: honoured.iter().map(|&nth| numberings[nth].id).collect(),
                        max_age_ms: None,
                    };
                    let (_, id, _) = network::add::<Gate>(tx, permit, draft)?.done()?;
                    gates.push(GateAt {
                        id,
                        member,
                        label: format!("{}, {}", plan.name, gate.name),
                        uid_byte_order: numberings[honoured[0]].uid_byte_order,
                    });
                }
            }
        }
        Ok(Self {
            members,
            numberings,
            gates,
        })
    }
}

impl Machines {
    /// Adds a client for each gate, and an officer and an administrator for each member.
    pub fn add(tx: &mut Tx<'_>, admin: Caller, network: &Network) -> Result<Self, Error> {
        let permit = admin.permit::<KeepClients>()?;
        let mut add = |member: MemberId, role: Role, label: &str| {
            let draft = ClientDraft {
                member,
                name: name(label),
                role,
                person: None,
            };
            let (added, secret) = clients::add(tx, permit, draft)?;
            let client = added.done()?.1.id;
            Ok::<_, Error>(Machine { client, secret })
        };
        let gates = network.gates.iter();
        let gates = gates.map(|gate| add(network.members[gate.member].id, Role::Gate, &gate.label));
        let gates = gates.collect::<Result<_, _>>()?;
        let members = || network.members.iter();
        let officers = members().map(|at| add(at.id, Role::HrOfficer, "HR system"));
        let officers = officers.collect::<Result<_, _>>()?;
        let admins = members().map(|at| add(at.id, Role::MemberAdmin, "Administration"));
        let admins = admins.collect::<Result<_, _>>()?;
        Ok(Self {
            gates,
            officers,
            admins,
        })
    }
}

/// The numberings that a member's gates look a card up in: its own first, then as many of the others as a gate may honour.
fn honoured(numberings: &[NumberingAt], member: usize) -> Vec<usize> {
    let mut nths: Vec<usize> = (0..numberings.len()).collect();
    nths.sort_by_key(|&nth| numberings[nth].member != member);
    nths.truncate(CARD_SYSTEMS_PER_GATE_MAX);
    nths
}

/// A name of the plan, which a test reads whole.
pub fn name(text: &str) -> Name {
    Name::parse(text).expect("the plan's names are names")
}

/// Places of the plan, which a test reads whole.
pub fn locodes(texts: &[&str]) -> Vec<Locode> {
    let parse = |text: &&str| text.parse().expect("the plan's places are UN/LOCODEs");
    texts.iter().map(parse).collect()
}
