//! Badges: what a credential is carried on, with the card identifiers that readers see. A card identifier is bound to one
//! credential for ever, and its number is kept sealed.

use super::approvals;
use super::commit::Tx;
use super::credentials::{WithBadges, own};
use super::error::{Code, Error};
use super::issuing::{self, may_have};
use super::network::named;
use super::personal;
use crate::access::permission::{Issue, Permit};
use crate::access::seal::Field;
use crate::domain::card::{CardIdentifier, Format, Input};
use crate::domain::credential::{
    BADGES_PER_CREDENTIAL_MAX, Badge, BadgeCard, CARDS_PER_BADGE_MAX, CardKey, Medium, Refused,
    State,
};
use crate::domain::ids::{BadgeId, CardSystemId, CredentialId, WorkerId};
use crate::domain::network::CardSystem;
use crate::ledger::entry::Fact;
use crate::ledger::replay::Held;
use crate::store::credentials::Kept;
use crate::store::{credentials, workers};

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

/// Adds a badge to a credential that is not revoked.
pub fn add(
    tx: &mut Tx<'_>,
    permit: Permit<Issue>,
    id: CredentialId,
    draft: &BadgeDraft,
) -> Result<WithBadges, Error> {
    let held = own(tx.reader()?, id, |member| permit.covers(member))?;
    if held.state == State::Revoked {
        return Err(Refused::Revoked.into());
    }
    let credential = &held.credential;
    if held.state != State::Approved && issuing::approves(tx, credential.member) {
        return Err(Error::new(
            Code::Conflict,
            "What your member issues gets its badges before it is handed over. Replace the credential, and hand over the new one.",
        ));
    }
    approvals::not_oneself(tx, permit.caller(), credential.worker)?;
    may_have(tx, credential.member, credential.worker, &credential.scope)?;
    // Who is erased has no key to seal a number under.
    workers::find(tx.reader()?, held.credential.worker)?
        .ok_or_else(|| Error::not_found("worker"))?;
    let mut badges = credentials::badges_of(tx.reader()?, id)?;
    if badges.len() >= BADGES_PER_CREDENTIAL_MAX {
        let message = format!("A credential has at most {BADGES_PER_CREDENTIAL_MAX} badges.");
        return Err(Error::field("", "too_many", message));
    }
    let added = make(
        tx,
        permit,
        held.credential.worker,
        std::slice::from_ref(draft),
        "",
    )?;
    for badge in &added {
        tx.state(Fact::BadgeAdded {
            credential: id,
            badge: badge.clone(),
        })?;
    }
    badges.extend(added.into_iter().map(Kept::from));
    Ok(WithBadges {
        held: Held {
            version: tx.seq(),
            ..held
        },
        badges,
    })
}

/// Makes badges of a worker's of drafts: parses their cards, refuses those that are on a badge already, seals their numbers.
pub(super) fn make(
    tx: &mut Tx<'_>,
    permit: Permit<Issue>,
    worker: WorkerId,
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
        keep_number(tx, worker, *key, identifier)?;
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

/// Keeps the number of a worker's card, sealed.
pub(super) fn keep_number(
    tx: &mut Tx<'_>,
    worker: WorkerId,
    key: CardKey,
    identifier: &CardIdentifier,
) -> Result<(), Error> {
    let number = identifier.canonical().as_bytes();
    let sealed =
        personal::key_of(tx, worker)?.seal(Field::CardNumber, &key.0, number, tx.environment);
    tx.pending().seal(key.0, worker, sealed);
    Ok(())
}

/// The badges of a credential that the caller was allowed to change in this transaction.
pub fn of(tx: &mut Tx<'_>, id: CredentialId) -> Result<Vec<Kept>, Error> {
    Ok(credentials::badges_of(tx.reader()?, id)?)
}
