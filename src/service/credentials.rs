//! Issuing credentials, and what happens to them afterwards: badges, suspensions, lifts, revocations.
//!
//! A revocation never waits for anybody and cannot be undone: there is no function here that leads out of `Revoked`.

use super::commit::Tx;
use super::error::{Code, Error};
use super::match_cases;
use super::network::named;
use crate::access::permission::{Issue, Lift, Permit, ReadCredentials, Revoke, Suspend};
use crate::domain::card::{CardIdentifier, Format, Input};
use crate::domain::credential::{
    BADGES_PER_CREDENTIAL_MAX, Badge, BadgeCard, CARDS_PER_BADGE_MAX, CardKey, Credential, Medium,
    Refused, SCOPE_MAX, Scope, State, SuspensionKind,
};
use crate::domain::ids::{BadgeId, CardSystemId, CredentialId, EngagementId, MemberId, WorkerId};
use crate::domain::network::{CardSystem, Facility, Zone};
use crate::domain::reason::Reason;
use crate::domain::time::{DAY_MS, SECOND_MS, Timestamp};
use crate::ledger::entry::Fact;
use crate::ledger::replay::Held;
use crate::store::{Reader, credentials, workers};

/// No credential is issued for longer: ten years, as its paper is.
pub const VALIDITY_MAX_MS: i64 = 3_653 * DAY_MS;

/// A credential to be issued.
#[derive(Debug, Clone)]
pub struct CredentialDraft {
    /// To whom.
    pub worker: WorkerId,
    /// What it rests on.
    pub engagement: Option<EngagementId>,
    /// Good from; now, if not said.
    pub valid_from: Option<Timestamp>,
    /// Good until, exclusive.
    pub valid_until: Timestamp,
    /// Where.
    pub scope: Scope,
    /// What it is carried on.
    pub badges: Vec<BadgeDraft>,
}

/// A badge to be added.
#[derive(Debug, Clone)]
pub struct BadgeDraft {
    /// Card or phone.
    pub medium: Medium,
    /// What readers see on it.
    pub cards: Vec<CardDraft>,
}

/// A card identifier as it was given.
#[derive(Clone)]
pub struct CardDraft {
    /// In which numbering.
    pub card_system: CardSystemId,
    /// How it is written.
    pub format: Format,
    /// What was given.
    pub given: Given,
}

/// A card number in one of the ways that it can be given. Never printed.
#[derive(Clone)]
pub enum Given {
    /// As text, in a notation of its format.
    Text(String),
    /// As two numbers.
    Fields {
        /// Facility or site code.
        facility_code: Option<u64>,
        /// Card number.
        number: u64,
    },
    /// As the bits that a reader delivered.
    Raw {
        /// The bits, the first one highest.
        bytes: Vec<u8>,
        /// How many.
        bit_count: u16,
    },
}

impl std::fmt::Debug for CardDraft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CardDraft({:?}, {:?})", self.card_system, self.format)
    }
}

impl Given {
    /// For the parser.
    pub fn as_input(&self) -> Input<'_> {
        match self {
            Self::Text(text) => Input::Text(text),
            Self::Fields {
                facility_code,
                number,
            } => Input::Fields {
                facility_code: *facility_code,
                number: *number,
            },
            Self::Raw { bytes, bit_count } => Input::Raw {
                bytes,
                bit_count: *bit_count,
            },
        }
    }
}

/// A credential with its badges.
#[derive(Debug, Clone)]
pub struct WithBadges {
    /// The credential and where it stands.
    pub held: Held,
    /// Its badges.
    pub badges: Vec<Badge>,
}

/// Issues a credential to a worker of the caller's member. It is good at once, within its validity.
pub fn issue(
    tx: &mut Tx<'_>,
    permit: Permit<Issue>,
    draft: &CredentialDraft,
) -> Result<WithBadges, Error> {
    let member = permit.caller().member;
    let valid_from = whole_seconds(draft.valid_from.unwrap_or(tx.now));
    let valid_until = whole_seconds(draft.valid_until);
    check_validity(valid_from, valid_until, tx.now)?;
    let worker = workers::find(tx.reader()?, draft.worker)?
        .filter(|worker| permit.covers(worker.value.member));
    worker.ok_or_else(|| Error::field("/worker", "not_found", "There is no such worker."))?;
    match_cases::none_open(tx, draft.worker)?;
    if let Some(engagement) = draft.engagement {
        let held = workers::find_engagement(tx.reader()?, engagement)?
            .filter(|held| {
                permit.covers(held.value.engagement.member)
                    && held.value.engagement.worker == draft.worker
            })
            .ok_or_else(|| {
                Error::field(
                    "/engagement",
                    "not_found",
                    "The worker has no such engagement.",
                )
            })?;
        if held.value.ended {
            return Err(Error::field(
                "/engagement",
                "ended",
                "The engagement is over; name one that lasts.",
            ));
        }
    }
    check_scope(tx, &draft.scope)?;
    let badges = make_badges(tx, permit, &draft.badges, "/badges")?;
    let credential = Credential {
        id: CredentialId::make(tx.environment),
        member,
        worker: draft.worker,
        engagement: draft.engagement,
        valid_from,
        valid_until,
        scope: draft.scope.clone(),
    };
    let fact = Fact::CredentialIssued {
        credential: credential.clone(),
        badges: badges.clone(),
    };
    let version = tx.state(fact)?;
    Ok(WithBadges {
        held: Held {
            credential,
            state: State::Active,
            reason: None,
            since: tx.now,
            version,
        },
        badges,
    })
}

/// Adds a badge to a credential that is not revoked.
pub fn add_badge(
    tx: &mut Tx<'_>,
    permit: Permit<Issue>,
    id: CredentialId,
    draft: &BadgeDraft,
) -> Result<WithBadges, Error> {
    let held = own(tx.reader()?, id, |member| permit.covers(member))?;
    if held.state == State::Revoked {
        return Err(Refused::Revoked.into());
    }
    match_cases::none_open(tx, held.credential.worker)?;
    let mut badges = credentials::badges_of(tx.reader()?, id)?;
    if badges.len() >= BADGES_PER_CREDENTIAL_MAX {
        let message = format!("A credential has at most {BADGES_PER_CREDENTIAL_MAX} badges.");
        return Err(Error::field("", "too_many", message));
    }
    let added = make_badges(tx, permit, std::slice::from_ref(draft), "")?;
    for badge in &added {
        tx.state(Fact::BadgeAdded {
            credential: id,
            badge: badge.clone(),
        })?;
    }
    badges.extend(added);
    Ok(WithBadges {
        held: Held {
            version: tx.seq(),
            ..held
        },
        badges,
    })
}

/// Suspends a credential of the caller's member, for a reason that suspends.
pub fn suspend(
    tx: &mut Tx<'_>,
    permit: Permit<Suspend>,
    id: CredentialId,
    reason: Reason,
) -> Result<Held, Error> {
    let kind = reason.suspends().ok_or_else(|| {
        Error::field(
            "/reason",
            "not_for_suspension",
            "This reason ends a credential; it does not suspend one.",
        )
    })?;
    let held = own(tx.reader()?, id, |member| permit.covers(member))?;
    let state = held
        .state
        .apply(crate::domain::credential::Change::Suspend(kind))?;
    let version = tx.state(Fact::CredentialSuspended {
        credential: id,
        kind,
        reason,
    })?;
    Ok(Held {
        state,
        reason: Some(reason),
        since: tx.now,
        version,
        ..held
    })
}

/// Lifts one kind of suspension.
pub fn lift(
    tx: &mut Tx<'_>,
    permit: Permit<Lift>,
    id: CredentialId,
    kind: SuspensionKind,
) -> Result<Held, Error> {
    let held = own(tx.reader()?, id, |member| permit.covers(member))?;
    let state = held
        .state
        .apply(crate::domain::credential::Change::Lift(kind))?;
    let version = tx.state(Fact::CredentialLifted {
        credential: id,
        kind,
    })?;
    Ok(Held {
        state,
        reason: None,
        since: tx.now,
        version,
        ..held
    })
}

/// What a revocation came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revocation {
    /// Which credential.
    pub credential: CredentialId,
    /// Why.
    pub reason: Reason,
    /// When it became final.
    pub at: Timestamp,
    /// By which entry.
    pub seq: u64,
    /// Whether it was so before this request.
    pub already: bool,
}

/// Revokes a credential of the caller's member, for good. One that is revoked already stays as it is, with its first
/// reason, and that is no error: who revokes twice wants it revoked.
pub fn revoke(
    tx: &mut Tx<'_>,
    permit: Permit<Revoke>,
    id: CredentialId,
    reason: Reason,
) -> Result<Revocation, Error> {
    if !reason.revokes() {
        return Err(Error::field(
            "/reason",
            "not_for_revocation",
            "This reason may turn out to be nothing, and a revocation is final: suspend the credential instead.",
        ));
    }
    let standing = tx
        .standing(id)
        .filter(|standing| permit.covers(standing.member))
        .ok_or_else(|| Error::not_found("credential"))?;
    if standing.state != State::Revoked {
        let seq = tx.state(Fact::CredentialRevoked {
            credential: id,
            reason,
        })?;
        return Ok(Revocation {
            credential: id,
            reason,
            at: tx.now,
            seq,
            already: false,
        });
    }
    let held =
        credentials::find(tx.reader()?, id)?.ok_or_else(|| Error::not_found("credential"))?;
    Ok(Revocation {
        credential: id,
        reason: held.reason.unwrap_or(reason),
        at: held.since,
        seq: held.version,
        already: true,
    })
}

/// A credential that the caller's member issued, with its badges.
pub fn show(
    reader: &mut Reader,
    permit: Permit<ReadCredentials>,
    id: CredentialId,
) -> Result<WithBadges, Error> {
    let held = own(reader, id, |member| permit.covers(member))?;
    let badges = credentials::badges_of(reader, id)?;
    Ok(WithBadges { held, badges })
}

/// The credentials that the caller's member issued, a page of them.
pub fn list(
    reader: &mut Reader,
    permit: Permit<ReadCredentials>,
    worker: Option<WorkerId>,
    after: Option<CredentialId>,
    limit: usize,
) -> Result<Vec<WithBadges>, Error> {
    let page = credentials::list(reader, permit.caller().member, worker, after, limit)?;
    page.into_iter()
        .map(|held| {
            let badges = credentials::badges_of(reader, held.credential.id)?;
            Ok(WithBadges { held, badges })
        })
        .collect()
}

fn own(
    reader: &mut Reader,
    id: CredentialId,
    covers: impl Fn(MemberId) -> bool,
) -> Result<Held, Error> {
    let held = credentials::find(reader, id)?.filter(|held| covers(held.credential.member));
    held.ok_or_else(|| Error::not_found("credential"))
}

/// The index keeps validity in whole seconds, so nothing finer is promised anywhere.
pub(super) fn whole_seconds(moment: Timestamp) -> Timestamp {
    Timestamp::from_ms(moment.as_seconds() * SECOND_MS)
}

pub(super) fn check_validity(
    from: Timestamp,
    until: Timestamp,
    now: Timestamp,
) -> Result<(), Error> {
    let (code, message) = if until <= from {
        ("before_start", "must be after valid_from")
    } else if until <= now {
        ("past", "must lie in the future")
    } else if until.as_ms() - from.as_ms() > VALIDITY_MAX_MS {
        ("too_long", "must be at most ten years after valid_from")
    } else {
        return Ok(());
    };
    Err(Error::field("/valid_until", code, message))
}

fn check_scope(tx: &mut Tx<'_>, scope: &Scope) -> Result<(), Error> {
    if scope.facilities.len() + scope.zones.len() > SCOPE_MAX {
        let message = format!("Name at most {SCOPE_MAX} facilities and zones.");
        return Err(Error::field("/scope", "too_many", message));
    }
    for (at, facility) in scope.facilities.iter().enumerate() {
        named::<Facility>(tx, &format!("/scope/facilities/{at}"), *facility)?;
    }
    for (at, zone) in scope.zones.iter().enumerate() {
        named::<Zone>(tx, &format!("/scope/zones/{at}"), *zone)?;
    }
    Ok(())
}

/// Makes badges of drafts: parses their cards, refuses those that are on a badge already, seals their numbers.
fn make_badges(
    tx: &mut Tx<'_>,
    permit: Permit<Issue>,
    drafts: &[BadgeDraft],
    pointer: &str,
) -> Result<Vec<Badge>, Error> {
    if drafts.is_empty() || drafts.len() > BADGES_PER_CREDENTIAL_MAX {
        let message = format!("Give 1 to {BADGES_PER_CREDENTIAL_MAX} badges.");
        return Err(Error::field(pointer, "length", message));
    }
    let mut seen: Vec<(CardKey, String, CardIdentifier)> = Vec::new();
    let mut badges = Vec::with_capacity(drafts.len());
    for (nth, draft) in drafts.iter().enumerate() {
        let pointer = if pointer.is_empty() {
            String::new()
        } else {
            format!("{pointer}/{nth}")
        };
        if draft.cards.is_empty() || draft.cards.len() > CARDS_PER_BADGE_MAX {
            let message = format!("Give 1 to {CARDS_PER_BADGE_MAX} card identifiers.");
            return Err(Error::field(format!("{pointer}/cards"), "length", message));
        }
        let mut cards = Vec::with_capacity(draft.cards.len());
        for (at, card) in draft.cards.iter().enumerate() {
            let pointer = format!("{pointer}/cards/{at}");
            let system =
                named::<CardSystem>(tx, &format!("{pointer}/card_system"), card.card_system)?;
            if !permit.covers(system.member) {
                return Err(Error::field(
                    format!("{pointer}/card_system"),
                    "not_found",
                    "There is no such card system.",
                ));
            }
            let identifier =
                CardIdentifier::parse(card.format, card.given.as_input(), system.uid_byte_order)
                    .map_err(|refused| {
                        Error::field(pointer.clone(), refused.code(), refused.to_string())
                    })?;
            let key = tx.keyring.card_key(&identifier, system.id);
            if seen.iter().any(|(seen, ..)| *seen == key) {
                return Err(Error::field(
                    pointer,
                    "repeated",
                    "The same card identifier stands here twice.",
                ));
            }
            seen.push((key, pointer, identifier));
            cards.push(BadgeCard {
                card_system: system.id,
                format: card.format,
                key,
            });
        }
        badges.push(Badge {
            id: BadgeId::make(tx.environment),
            medium: draft.medium,
            cards,
        });
    }
    let keys: Vec<CardKey> = seen.iter().map(|(key, ..)| *key).collect();
    if let Some((taken, _)) = credentials::by_cards(tx.reader()?, &keys)?.first() {
        let pointer = seen
            .into_iter()
            .find(|(key, ..)| key == taken)
            .map(|(_, pointer, _)| pointer);
        return Err(card_in_use(pointer.unwrap_or_default()));
    }
    for (key, _, identifier) in &seen {
        keep_number(tx, *key, identifier);
    }
    Ok(badges)
}

/// The refusal of a card that is on a badge already. A card identifier is bound to one credential for ever, whatever
/// became of that: otherwise a lost card could be made good again under another credential.
pub(super) fn card_in_use(pointer: String) -> Error {
    let message = "This card identifier is on a badge already. Each card is bound to one credential for ever; use another card.";
    let mut error = Error::field(pointer, "in_use", message);
    error.code = Code::CardInUse;
    error
}

/// Keeps a card's number, sealed under its key.
pub(super) fn keep_number(tx: &mut Tx<'_>, key: CardKey, identifier: &CardIdentifier) {
    let sealed = tx
        .keyring
        .seal(&key.0, identifier.canonical().as_bytes(), tx.environment);
    tx.pending().seal(key.0, sealed);
}

/// The badges of a credential that the caller was allowed to change in this transaction.
pub fn badges(tx: &mut Tx<'_>, id: CredentialId) -> Result<Vec<Badge>, Error> {
    Ok(credentials::badges_of(tx.reader()?, id)?)
}
