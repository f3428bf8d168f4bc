//! The workers of the demonstration: who they are, what they carry and where they stand, each made of nothing but their
//! place in a row. None of them exists.

use std::ops::Range;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::domain::credential::Medium;
use crate::domain::reason::Reason;
use crate::domain::text::Text;
use crate::domain::worker::{EngagementDetails, WorkerDetails};

use super::cards::{Number, Numbering};
use super::network::Network;
use super::plan::{ANTWERP_BRUGES, MEMBERS};

/// What every draw of the demonstration begins with. Another number gives another crowd.
pub const SEED: u64 = 20_251_125;

/// Where a worker's credential stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Good everywhere.
    Good,
    /// Good at one facility of the issuer, by its place among them.
    Scoped(usize),
    /// Suspended.
    Suspended(Reason),
    /// Revoked.
    Revoked(Reason),
    /// Its last day has passed.
    Expired,
    /// Its first day has not come.
    NotYet,
}

/// A worker with one credential.
pub struct Person {
    pub details: WorkerDetails,
    pub engagement: EngagementDetails,
    pub standing: Standing,
    pub badges: Vec<BadgeOf>,
    /// Days for which the credential was issued: from, and until, counted from today.
    pub days: Range<i64>,
}

/// A badge.
pub struct BadgeOf {
    pub medium: Medium,
    /// Numbering by its place in the network, and the number.
    pub cards: Vec<(usize, Number)>,
}

/// The workers of each member: places in the row, which begins at 1.
pub struct Crowd {
    ranges: Vec<Range<u32>>,
}

impl Crowd {
    /// So many workers, each member with its share and none of the issuing members without one.
    pub fn of(workers: u32) -> Self {
        let mut shares = 0;
        let mut from = 1;
        let range = |plan: &super::plan::MemberPlan| {
            shares += u64::from(plan.share);
            let until = 1 + u64::from(workers) * shares / 1_000;
            let range = from..u32::try_from(until).unwrap_or(u32::MAX).max(from);
            from = range.end;
            range
        };
        Self {
            ranges: MEMBERS.iter().map(range).collect(),
        }
    }

    /// How many there are.
    pub fn len(&self) -> u32 {
        self.ranges.last().map_or(0, |range| range.end - 1)
    }

    /// The places of a member's workers.
    pub fn of_member(&self, member: usize) -> Range<u32> {
        self.ranges[member].clone()
    }

    /// Whose worker stands at this place.
    pub fn member_of(&self, place: u32) -> usize {
        self.ranges.partition_point(|range| range.end <= place)
    }

    /// The worker at this place.
    pub fn person(&self, network: &Network, place: u32) -> Person {
        let member = self.member_of(place);
        let mut dice = ChaCha8Rng::seed_from_u64(SEED);
        dice.set_stream(place.into());
        // The first of each member is good everywhere: the story is told with one of them.
        let standing = if place == self.ranges[member].start {
            Standing::Good
        } else {
            standing(&mut dice, network.members[member].facilities.len())
        };
        let days = match standing {
            Standing::Expired => -1_000..-between(&mut dice, 1, 300),
            Standing::NotYet => between(&mut dice, 5, 60)..1_800,
            _ => -between(&mut dice, 30, 900)..between(&mut dice, 60, 900),
        };
        Person {
            details: details(&mut dice),
            engagement: engagement(&mut dice, MEMBERS[member].short, place),
            badges: badges(&mut dice, network, member, place),
            standing,
            days,
        }
    }
}

fn standing(dice: &mut ChaCha8Rng, facilities: usize) -> Standing {
    match between(dice, 0, 999) {
        0..40 => Standing::Scoped(pick_place(dice, facilities)),
        40..52 => Standing::Suspended(Reason::Dormant),
        52..60 => Standing::Suspended(Reason::UnderInquiry),
        60..66 => Standing::Suspended(Reason::AdviceLapsed),
        66..70 => Standing::Suspended(Reason::PortBan),
        70..90 => Standing::Revoked(*pick(dice, &[Reason::Lost, Reason::Stolen])),
        90..100 => Standing::Revoked(Reason::EmploymentEnded),
        100..105 => Standing::Revoked(Reason::LentOrShared),
        105..125 => Standing::Expired,
        125..130 => Standing::NotYet,
        _ => Standing::Good,
    }
}

fn details(dice: &mut ChaCha8Rng) -> WorkerDetails {
    let language = pick(dice, &NAMES);
    let given = pick(dice, language.given);
    let family = pick(dice, language.family);
    let year = between(dice, 1_961, 2_006);
    let (month, day) = (between(dice, 1, 12), between(dice, 1, 28));
    WorkerDetails {
        family_name: text(family),
        given_names: text(given),
        birth_date: Some(format!("{year}-{month:02}-{day:02}")),
        documents: Vec::new(),
        former_documents: Vec::new(),
    }
}

fn engagement(dice: &mut ChaCha8Rng, short: &str, place: u32) -> EngagementDetails {
    EngagementDetails {
        employer: text(pick::<&str>(dice, &EMPLOYERS)),
        staff_number: Some(text(&format!("{short}-{place:06}"))),
    }
}

fn badges(dice: &mut ChaCha8Rng, network: &Network, member: usize, place: u32) -> Vec<BadgeOf> {
    let own = network.numberings.iter().enumerate();
    let mut own = own.filter(|(_, at)| at.member == member);
    let (nth, at) = own.next().expect("who has workers has a card system");
    let medium = if at.numbering == Numbering::Guid {
        Medium::Phone
    } else {
        Medium::Card
    };
    let mut cards = vec![(nth, at.numbering.number(place, at.uid_byte_order, dice))];
    let mut badges = Vec::new();
    if member == ANTWERP_BRUGES {
        // Some cards also speak to the older readers of Zeebrugge; some workers also carry their badge on a phone.
        let older = own.next().filter(|_| between(dice, 0, 9) < 4);
        if let Some((nth, at)) = older {
            cards.push((nth, at.numbering.number(place, at.uid_byte_order, dice)));
        }
        if between(dice, 0, 9) == 0 {
            let number = Numbering::Guid.number(place, at.uid_byte_order, dice);
            badges.push(BadgeOf {
                medium: Medium::Phone,
                cards: vec![(nth, number)],
            });
        }
    }
    badges.insert(0, BadgeOf { medium, cards });
    badges
}

/// A whole number from `low` to `high`, both included.
pub fn between(dice: &mut impl Rng, low: i64, high: i64) -> i64 {
    // A slight preference for the lower numbers does no harm here.
    let span = high.abs_diff(low) + 1;
    low + i64::try_from(dice.next_u64() % span).unwrap_or(0)
}

/// A place in something of this length.
pub fn pick_place(dice: &mut impl Rng, len: usize) -> usize {
    usize::try_from(dice.next_u64() % len.max(1) as u64).unwrap_or(0)
}

/// One of these.
pub fn pick<'a, T>(dice: &mut ChaCha8Rng, of: &'a [T]) -> &'a T {
    &of[pick_place(dice, of.len())]
}

pub fn text<const MAX: usize>(text: &str) -> Text<MAX> {
    Text::parse(text).expect("what is written here is short text")
}

/// Names of one language.
struct Names {
    given: &'static [&'static str],
    family: &'static [&'static str],
}

/// Frequent names of the languages that are heard on Belgian quays.
static NAMES: [Names; 6] = [
    Names {
        given: &[
            "Jan", "Pieter", "Sofie", "Katrien", "Bart", "Wouter", "Lies", "Dirk", "Veerle", "Tom",
            "An", "Koen", "Griet", "Jef",
        ],
        family: &[
            "Peeters",
            "Janssens",
            "Maes",
            "Jacobs",
            "Willems",
            "Claes",
            "Goossens",
            "Wouters",
            "De Smet",
            "Vermeulen",
            "Van den Broeck",
            "Aerts",
            "De Clercq",
            "Hermans",
        ],
    },
    Names {
        given: &[
            "Jean-Luc", "Élise", "Benoît", "Chloé", "Thierry", "Manon", "Olivier", "Aurélie",
            "Didier", "Nathalie", "Loïc", "Céline",
        ],
        family: &[
            "Dupont", "Lambert", "Dubois", "Martin", "Simon", "Laurent", "Lejeune", "Renard",
            "Gérard", "Denis", "Collard", "Léonard",
        ],
    },
    Names {
        given: &[
            "Jürgen", "Heike", "Stefan", "Anke", "Uwe", "Sabine", "Matthias", "Jörg",
        ],
        family: &[
            "Müller",
            "Schröder",
            "Weber",
            "Köhler",
            "Groß",
            "Schmitz",
            "Hoffmann",
            "Jäger",
        ],
    },
    Names {
        given: &[
            "Piotr",
            "Agnieszka",
            "Tomasz",
            "Małgorzata",
            "Łukasz",
            "Ewa",
        ],
        family: &[
            "Nowak",
            "Kowalski",
            "Wójcik",
            "Zieliński",
            "Mazur",
            "Dąbrowski",
        ],
    },
    Names {
        given: &["Mohamed", "Fatima", "Youssef", "Naïma", "Karim", "Samira"],
        family: &["El Amrani", "Benali", "Bouzid", "Haddad", "Ouali", "Ziani"],
    },
    Names {
        given: &["Ion", "Elena", "Andrei", "Mehmet", "Ayşe", "Emre"],
        family: &["Popescu", "Ionescu", "Yılmaz", "Demir", "Şahin", "Rusu"],
    },
];

static EMPLOYERS: [&str; 12] = [
    "Demo Stevedoring NV",
    "Demo Crane Hire BV",
    "Demo Trucking SRL",
    "Demo Pilot Boats NV",
    "Demo Lashing Services BV",
    "Demo Ship Repair SA",
    "Demo Tank Cleaning NV",
    "Demo Forwarding GmbH",
    "Demo Rail Shunting NV",
    "Demo Security Guards BV",
    "Demo Port Labour Pool",
    "Demo Customs Agents SRL",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_belongs_to_one_member_and_every_issuing_member_has_a_worker() {
        for workers in [100, 300, 50_000, 999_999] {
            let crowd = Crowd::of(workers);
            assert_eq!(crowd.len(), workers);
            for (member, plan) in MEMBERS.iter().enumerate() {
                let places = crowd.of_member(member);
                assert_eq!(places.is_empty(), plan.share == 0, "{}", plan.name);
                if let Some(last) = places.clone().last() {
                    assert_eq!(crowd.member_of(places.start), member);
                    assert_eq!(crowd.member_of(last), member);
                }
            }
        }
    }
}
