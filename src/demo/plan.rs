//! Who stands where in the demonstration. The organisations and places are those of Port 2 Port, the security platform of the
//! Belgian ports (announced in November 2025); the codes are UN/LOCODEs. Everything named "Demo" is invented.

use crate::domain::card::ByteOrder::{self, LsbFirst, MsbFirst};
use crate::domain::network::Direction::{self, Both, In, Out};
use crate::domain::network::FacilityKind::{self, InlandTerminal, Lock, PortFacility};
use crate::domain::network::MemberKind::{
    self, Authority, InlandPort, PortAuthority, WaterwayManager,
};
use crate::domain::network::SecurityLevel::{self, One, Two};

use super::cards::Numbering;

/// A member, and what is invented for it.
pub struct MemberPlan {
    pub name: &'static str,
    /// Its name in file names and staff numbers.
    pub short: &'static str,
    pub kind: MemberKind,
    pub locodes: &'static [&'static str],
    /// Its part of all workers, in thousandths.
    pub share: u32,
    pub numberings: &'static [NumberingPlan],
    pub facilities: &'static [FacilityPlan],
}

/// A card system.
pub struct NumberingPlan {
    pub name: &'static str,
    pub uid_byte_order: ByteOrder,
    pub numbering: Numbering,
}

/// A facility with one zone.
pub struct FacilityPlan {
    pub name: &'static str,
    pub kind: FacilityKind,
    pub locode: &'static str,
    pub security_level: SecurityLevel,
    pub shows_class: bool,
    pub zone: &'static str,
    pub gates: &'static [GatePlan],
}

/// A gate, into the facility or into its zone.
pub struct GatePlan {
    pub name: &'static str,
    pub direction: Direction,
    pub into_zone: bool,
}

/// Where the story's badge is shown.
pub const ANTWERP_BRUGES: usize = 1;
/// Who issued the story's badge.
pub const NORTH_SEA_PORT: usize = 2;
/// Where a second person grants what is issued.
pub const LIEGE: usize = 4;

/// The members. The first runs the network and has neither gates nor workers.
pub static MEMBERS: [MemberPlan; 9] = [
    MemberPlan {
        name: "National Drugs Commission",
        short: "commission",
        kind: Authority,
        locodes: &[],
        share: 0,
        numberings: &[],
        facilities: &[],
    },
    MemberPlan {
        name: "Port of Antwerp-Bruges",
        short: "antwerp-bruges",
        kind: PortAuthority,
        locodes: &["BEANR", "BEZEE"],
        share: 480,
        numberings: &[
            numbering("Demo port card", MsbFirst, Numbering::Uid7),
            numbering("Demo Zeebrugge card", MsbFirst, Numbering::Wiegand26),
        ],
        facilities: &[
            FacilityPlan {
                name: "Demo Container Terminal Scheldt",
                kind: PortFacility,
                locode: "BEANR",
                security_level: One,
                shows_class: false,
                zone: "Demo container yard",
                gates: &[
                    gate("truck lane 1", In),
                    gate("truck lane 2", In),
                    gate("truck lane 3", Out),
                    gate("turnstile", Both),
                    gate("yard door", In).into_zone(),
                ],
            },
            FacilityPlan {
                name: "Demo Breakbulk Terminal Dock 5",
                kind: PortFacility,
                locode: "BEANR",
                security_level: One,
                shows_class: false,
                zone: "Demo quay",
                gates: &[
                    gate("truck gate", Both),
                    gate("turnstile", Both),
                    gate("rail gate", In),
                    gate("quay door", In).into_zone(),
                ],
            },
            FacilityPlan {
                name: "Demo Tank Storage Kallo",
                kind: PortFacility,
                locode: "BEKOU",
                security_level: Two,
                shows_class: true,
                zone: "Demo tank pit",
                gates: &[
                    gate("main gate", In),
                    gate("main gate out", Out),
                    gate("tank pit door", In).into_zone(),
                ],
            },
            FacilityPlan {
                name: "Demo RoRo Terminal Zeebrugge",
                kind: PortFacility,
                locode: "BEZEE",
                security_level: One,
                shows_class: false,
                zone: "Demo car park",
                gates: &[
                    gate("truck gate", In),
                    gate("truck gate out", Out),
                    gate("turnstile", Both),
                    gate("car park door", In).into_zone(),
                ],
            },
        ],
    },
    MemberPlan {
        name: "North Sea Port",
        short: "north-sea-port",
        kind: PortAuthority,
        locodes: &["BEGNE"],
        share: 200,
        numberings: &[numbering("Demo port card", LsbFirst, Numbering::Uid7)],
        facilities: &[
            FacilityPlan {
                name: "Demo Steel Terminal Ghent",
                kind: PortFacility,
                locode: "BEGNE",
                security_level: One,
                shows_class: false,
                zone: "Demo coil hall",
                gates: &[
                    gate("truck gate", In),
                    gate("truck gate out", Out),
                    gate("turnstile", Both),
                    gate("coil hall door", In).into_zone(),
                ],
            },
            FacilityPlan {
                name: "Demo Grain Terminal Evergem",
                kind: PortFacility,
                locode: "BEEVM",
                security_level: One,
                shows_class: false,
                zone: "Demo silos",
                gates: &[gate("truck gate", Both), gate("silo door", In).into_zone()],
            },
            FacilityPlan {
                name: "Demo Car Terminal Zelzate",
                kind: PortFacility,
                locode: "BEZEL",
                security_level: One,
                shows_class: true,
                zone: "Demo compound",
                gates: &[gate("turnstile", Both), gate("truck gate", Both)],
            },
        ],
    },
    MemberPlan {
        name: "CSD Limburg",
        short: "limburg",
        kind: InlandPort,
        locodes: &["BEGNK", "BELML", "BETES"],
        share: 80,
        numberings: &[numbering("Demo site number", MsbFirst, Numbering::Plain)],
        facilities: &[
            FacilityPlan {
                name: "Demo Barge Terminal Genk",
                kind: InlandTerminal,
                locode: "BEGNK",
                security_level: One,
                shows_class: false,
                zone: "Demo stack",
                gates: &[gate("truck gate", Both), gate("stack door", In).into_zone()],
            },
            FacilityPlan {
                name: "Demo Canal Quay Lommel",
                kind: InlandTerminal,
                locode: "BELML",
                security_level: One,
                shows_class: false,
                zone: "Demo quay",
                gates: &[gate("truck gate", In), gate("truck gate out", Out)],
            },
        ],
    },
    MemberPlan {
        name: "Port of Liège",
        short: "liege",
        kind: InlandPort,
        locodes: &["BELGG"],
        share: 90,
        numberings: &[numbering("Demo smart card", MsbFirst, Numbering::FascN)],
        facilities: &[
            FacilityPlan {
                name: "Demo Terminal Monsin",
                kind: InlandTerminal,
                locode: "BEMSI",
                security_level: One,
                shows_class: false,
                zone: "Demo crane apron",
                gates: &[
                    gate("truck gate", Both),
                    gate("turnstile", Both),
                    gate("apron door", In).into_zone(),
                ],
            },
            FacilityPlan {
                name: "Demo Quay Renory",
                kind: InlandTerminal,
                locode: "BENRY",
                security_level: One,
                shows_class: false,
                zone: "Demo scrap yard",
                gates: &[gate("truck gate", In), gate("truck gate out", Out)],
            },
        ],
    },
    MemberPlan {
        name: "Port of Brussels",
        short: "brussels",
        kind: InlandPort,
        locodes: &["BEBRU"],
        share: 50,
        numberings: &[numbering("Demo phone badge", MsbFirst, Numbering::Guid)],
        facilities: &[FacilityPlan {
            name: "Demo Terminal Outer Port",
            kind: InlandTerminal,
            locode: "BEBRU",
            security_level: One,
            shows_class: false,
            zone: "Demo builders' quay",
            gates: &[
                gate("truck gate", In),
                gate("truck gate out", Out),
                gate("turnstile", Both),
                gate("quay door", In).into_zone(),
            ],
        }],
    },
    MemberPlan {
        name: "Port of Ostend",
        short: "ostend",
        kind: PortAuthority,
        locodes: &["BEOST"],
        share: 40,
        numberings: &[numbering(
            "Demo stripe card",
            MsbFirst,
            Numbering::AbaTrack2,
        )],
        facilities: &[FacilityPlan {
            name: "Demo Offshore Wind Terminal",
            kind: PortFacility,
            locode: "BEOST",
            security_level: One,
            shows_class: false,
            zone: "Demo heavy-lift quay",
            gates: &[
                gate("truck gate", Both),
                gate("turnstile", Both),
                gate("quay door", In).into_zone(),
            ],
        }],
    },
    MemberPlan {
        name: "Waterway manager of Antwerp",
        short: "waterways-antwerp",
        kind: WaterwayManager,
        locodes: &["BEWJG", "BEHER"],
        share: 35,
        numberings: &[numbering("Demo lock card", MsbFirst, Numbering::Uid4)],
        facilities: &[
            FacilityPlan {
                name: "Demo Lock Wijnegem",
                kind: Lock,
                locode: "BEWJG",
                security_level: One,
                shows_class: false,
                zone: "Demo lock house",
                gates: &[gate("lock door", Both)],
            },
            FacilityPlan {
                name: "Demo Lock Herentals",
                kind: Lock,
                locode: "BEHER",
                security_level: One,
                shows_class: false,
                zone: "Demo lock house",
                gates: &[gate("lock door", Both)],
            },
        ],
    },
    MemberPlan {
        name: "Waterway manager of Flemish Brabant",
        short: "waterways-brabant",
        kind: WaterwayManager,
        locodes: &["BEVIL", "BEGRB"],
        share: 25,
        numberings: &[numbering(
            "Demo reader card",
            MsbFirst,
            Numbering::Wiegand37,
        )],
        facilities: &[
            FacilityPlan {
                name: "Demo Quay Vilvoorde",
                kind: InlandTerminal,
                locode: "BEVIL",
                security_level: One,
                shows_class: false,
                zone: "Demo quay",
                gates: &[gate("truck gate", Both)],
            },
            FacilityPlan {
                name: "Demo Quay Grimbergen",
                kind: InlandTerminal,
                locode: "BEGRB",
                security_level: One,
                shows_class: false,
                zone: "Demo quay",
                gates: &[gate("truck gate", Both)],
            },
        ],
    },
];

const fn numbering(
    name: &'static str,
    uid_byte_order: ByteOrder,
    numbering: Numbering,
) -> NumberingPlan {
    NumberingPlan {
        name,
        uid_byte_order,
        numbering,
    }
}

const fn gate(name: &'static str, direction: Direction) -> GatePlan {
    GatePlan {
        name,
        direction,
        into_zone: false,
    }
}

impl GatePlan {
    const fn into_zone(self) -> Self {
        Self {
            into_zone: true,
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::network::{locodes, name};

    #[test]
    fn the_plan_has_44_gates_whole_shares_and_names_and_places_that_can_be_read() {
        let mut gates = 0;
        for member in &MEMBERS {
            name(member.name);
            locodes(member.locodes);
            for numbering in member.numberings {
                name(numbering.name);
            }
            for facility in member.facilities {
                name(facility.name);
                name(facility.zone);
                locodes(&[facility.locode]);
                gates += facility.gates.len();
                for gate in facility.gates {
                    name(gate.name);
                }
            }
        }
        assert_eq!(gates, 44);
        let shares: u32 = MEMBERS.iter().map(|member| member.share).sum();
        assert_eq!(shares, 1_000);
    }
}
