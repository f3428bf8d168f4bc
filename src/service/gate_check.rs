//! Is this card good, here, now? Answered from memory: no I/O, no lock that a writer can hold. Not knowing is an answer.

use crate::access::keyring::Keyring;
use crate::access::permission::{CheckGate, Permit, ReadStatus};
use crate::domain::card::{ByteOrder, CardIdentifier, Format, Input};
use crate::domain::decision::{Status, Verdict, decide};
use crate::domain::freshness::{LIMIT_MIN_MS, REMARKABLE_AGE_MS};
use crate::domain::ids::{CardSystemId, CheckId, CredentialId, GateId, Gen};
use crate::domain::network::SecurityLevel;
use crate::domain::reason::Class;
use crate::domain::time::{Environment, Timestamp};
use crate::index::places::Spot;
use crate::index::{Index, Known};
use crate::store::logs::CheckLine;

use super::error::Error;

/// What a gate asks.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    /// Where.
    pub gate: GateId,
    /// What was presented.
    pub presented: Presented<'a>,
    /// The copy that answers must hold this entry.
    pub at_least: Option<u64>,
    /// The copy that permits must be younger than this.
    pub max_age_ms: Option<u64>,
}

/// What was presented at a gate.
#[derive(Clone, Copy)]
pub enum Presented<'a> {
    /// A card, in a numbering if one is named, else in those that the gate honours.
    Card {
        /// How it is written.
        format: Format,
        /// What was read.
        input: Input<'a>,
        /// In which numbering.
        card_system: Option<CardSystemId>,
    },
    /// A credential that the gate knows by its identifier.
    Credential(CredentialId),
}

/// What a gate is told.
#[derive(Debug, Clone, Copy)]
pub struct Answer {
    /// Names this check in log and sighting.
    pub check: CheckId,
    /// The decision and what it rests on.
    pub verdict: Verdict,
    /// The class of the reason, where the facility allows it.
    pub class: Option<Class>,
    /// The credential, where the card is known.
    pub credential: Option<CredentialId>,
    /// The copy that answered.
    pub copy: Copy,
    /// The security level in force at the gate.
    pub security_level: SecurityLevel,
}

/// How fresh the copy is that an answer rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copy {
    /// Which numbering.
    pub r#gen: Gen,
    /// Up to which entry.
    pub seq: u64,
    /// When it was last confirmed to be the newest.
    pub as_of: Timestamp,
    /// Until when it may permit, should nothing more be heard.
    pub fresh_until: Timestamp,
    /// How long ago it was confirmed.
    pub age_ms: u64,
    /// Whether that is long enough to say so.
    pub stale: bool,
    /// Whether it may permit.
    pub may_permit: bool,
}

impl Copy {
    fn of(index: &Index, limit_ms: u64, environment: &dyn Environment) -> Self {
        // Age before contents: whatever comes in between only makes the answer fresher than it says.
        let age_ms = index.age_ms(environment.uptime_ms());
        let as_of = index.as_of();
        Self {
            r#gen: index.r#gen(),
            seq: index.seq(),
            as_of,
            fresh_until: as_of.plus_ms(i64::try_from(limit_ms).unwrap_or(i64::MAX)),
            age_ms,
            stale: age_ms > REMARKABLE_AGE_MS,
            may_permit: age_ms <= limit_ms && index.is_whole(),
        }
    }
}

/// Answers one check at a gate of the caller's member, at this moment.
pub fn ask(
    permit: &Permit<CheckGate>,
    index: &Index,
    keyring: &Keyring,
    environment: &dyn Environment,
    question: Question<'_>,
    now: Timestamp,
) -> Result<(Answer, CheckLine), Error> {
    let places = index.places();
    let spot = places
        .spot(question.gate)
        .filter(|spot| permit.covers(spot.member));
    let spot = spot.ok_or_else(|| {
        Error::field(
            "/gate",
            "not_found",
            "There is no such gate at your member.",
        )
    })?;
    let limit_ms = question
        .max_age_ms
        .map_or(spot.limit_ms, |ms| ms.max(LIMIT_MIN_MS).min(spot.limit_ms));
    let copy = Copy::of(index, limit_ms, environment);
    let found = look_up(index, keyring, spot, question.presented)?;
    let mut verdict = match found {
        Found::One(known) => {
            let mut standing = index.standing_at(&known, spot.facility, spot.zone, spot.requires);
            standing.in_scope &= spot.honours(known.member);
            decide(standing, now)
        }
        Found::None => Verdict::UNKNOWN,
        Found::Several => Verdict::AMBIGUOUS,
    };
    if !copy.may_permit || question.at_least.is_some_and(|seq| seq > copy.seq) {
        verdict = verdict.from_stale_copy();
    }
    let known = if let Found::One(known) = found {
        Some(known)
    } else {
        None
    };
    let answer = Answer {
        check: CheckId::make_at(now, environment),
        verdict,
        class: verdict.class.filter(|_| spot.shows_class),
        credential: known.map(|known| known.id),
        copy,
        security_level: spot.security_level,
    };
    let line = CheckLine {
        id: answer.check,
        at: now,
        client: permit.caller().client,
        gate: spot.gate,
        gate_member: spot.member,
        credential: known.map(|known| (known.id, known.member)),
        decision: verdict.decision,
        status: verdict.status,
        seq: copy.seq,
    };
    Ok((answer, line))
}

#[derive(Clone, Copy)]
enum Found {
    None,
    One(Known),
    Several,
}

fn look_up(
    index: &Index,
    keyring: &Keyring,
    spot: &Spot,
    presented: Presented<'_>,
) -> Result<Found, Error> {
    let (format, input, named) = match presented {
        Presented::Credential(id) => return Ok(index.by_id(id).map_or(Found::None, Found::One)),
        Presented::Card {
            format,
            input,
            card_system,
        } => (format, input, card_system),
    };
    if named.is_some_and(|named| spot.card_systems.iter().all(|system| system.id != named)) {
        return Err(Error::field(
            "/card/card_system",
            "not_honoured",
            "This gate does not honour that card system.",
        ));
    }
    let mut found = Found::None;
    // The order of a UID's bytes is each card system's own; every other format reads the same in all.
    let mut parsed: Option<(ByteOrder, CardIdentifier)> = None;
    let mut refused = None;
    for system in spot
        .card_systems
        .iter()
        .filter(|system| named.is_none_or(|named| system.id == named))
    {
        let card = match parsed {
            Some((order, card)) if order == system.uid_byte_order || format != Format::CardUid => {
                card
            }
            _ => match CardIdentifier::parse(format, input, system.uid_byte_order) {
                Ok(card) => card,
                Err(why) => {
                    refused.get_or_insert(why);
                    continue;
                }
            },
        };
        let first = parsed.is_none();
        parsed = Some((system.uid_byte_order, card));
        if card.network_wide() && !first && format != Format::CardUid {
            // One key wherever it is registered: it has been looked up.
            break;
        }
        match (found, index.by_card(keyring.card_key(&card, system.id))) {
            (_, None) => {}
            (Found::None, Some(known)) => found = Found::One(known),
            (Found::One(one), Some(other)) if one.id == other.id => {}
            (Found::One(_) | Found::Several, Some(_)) => found = Found::Several,
        }
    }
    match (parsed, refused) {
        (None, Some(why)) => Err(Error::field("/card", why.code(), why.to_string())),
        _ => Ok(found),
    }
}

/// Where a credential stands, for its issuer and for gates: without a gate, so without scope.
#[derive(Debug, Clone, Copy)]
pub struct Standing {
    /// Which.
    pub credential: CredentialId,
    /// Where it stands.
    pub status: Status,
    /// Good from.
    pub valid_from: Timestamp,
    /// Good until, exclusive.
    pub valid_until: Timestamp,
    /// The entry that last touched it.
    pub version: u64,
    /// The copy that answered.
    pub copy: Copy,
}

/// Where any credential stands, for a caller that names no gate: the strictest age limit of its member's gates holds.
pub fn status(
    permit: &Permit<ReadStatus>,
    index: &Index,
    environment: &dyn Environment,
    id: CredentialId,
    at_least: Option<u64>,
) -> Result<Standing, Error> {
    let limit_ms = index.places().limit_ms(permit.caller().member);
    let copy = Copy::of(index, limit_ms, environment);
    let known = index
        .by_id(id)
        .ok_or_else(|| Error::not_found("credential"))?;
    let standing = crate::domain::decision::Standing {
        state: known.state,
        reason: known.reason,
        valid_from: known.valid_from,
        valid_until: known.valid_until,
        in_scope: true,
        is_cleared: true,
    };
    let mut verdict = decide(standing, environment.now());
    if !copy.may_permit || at_least.is_some_and(|seq| seq > copy.seq) {
        verdict = verdict.from_stale_copy();
    }
    Ok(Standing {
        credential: id,
        status: verdict.status,
        valid_from: known.valid_from,
        valid_until: known.valid_until,
        version: known.version,
        copy,
    })
}
