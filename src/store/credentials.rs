//! Credentials with their badges and card identifiers.

use diesel::connection::DefaultLoadingMode;
use diesel::prelude::*;

use super::backend::both;
use super::columns::Bytes16;
use super::conn::Reader;
use super::error::StoreError;
use super::rows::{BadgeCardRow, BadgeRow, CredentialRow};
use super::schema::{badge_cards, badges, credentials};
use crate::domain::card::Format;
use crate::domain::clearance::Functions;
use crate::domain::credential::{Badge, BadgeCard, CardKey, Credential, Medium, Scope, State};
use crate::domain::grounds::Grounds;
use crate::domain::ids::{BadgeId, CredentialId, MemberId, WorkerId};
use crate::domain::reason::{Class, Reason};
use crate::domain::time::Timestamp;
use crate::ledger::replay::Held;

impl TryFrom<CredentialRow> for Held {
    type Error = StoreError;

    fn try_from(row: CredentialRow) -> Result<Self, StoreError> {
        Ok(Self {
            credential: Credential {
                id: row.id.id(),
                member: row.member.id(),
                worker: row.worker.id(),
                engagement: row.engagement.map(Bytes16::id),
                valid_from: Timestamp::from_ms(row.valid_from),
                valid_until: Timestamp::from_ms(row.valid_until),
                scope: scope_from(&row.scope)?,
            },
            state: state_from(row.state)?,
            reason: row.reason.map(reason_from).transpose()?,
            functions: functions_from(row.functions)?,
            since: Timestamp::from_ms(row.since),
            grounds: grounds_from(row.for_cause_since, row.judicial_since),
            corrected_at: row.corrected_at.map(Timestamp::from_ms),
            version: row.version as u64,
        })
    }
}

/// One credential.
pub fn find(reader: &mut Reader, id: CredentialId) -> Result<Option<Held>, StoreError> {
    let row: Option<CredentialRow> = credentials::table
        .find(Bytes16::from(id))
        .first(&mut reader.0)
        .optional()?;
    row.map(Held::try_from).transpose()
}

/// A member's credentials after `after` in the order of their identifiers, which is the order of issue; of one worker
/// only, if one is named.
pub fn list(
    reader: &mut Reader,
    member: MemberId,
    worker: Option<WorkerId>,
    after: Option<CredentialId>,
    limit: usize,
) -> Result<Vec<Held>, StoreError> {
    let mut query = credentials::table
        .filter(credentials::member.eq(Bytes16::from(member)))
        .order(credentials::id)
        .limit(limit as i64)
        .into_boxed();
    if let Some(worker) = worker {
        query = query.filter(credentials::worker.eq(Bytes16::from(worker)));
    }
    if let Some(after) = after {
        query = query.filter(credentials::id.gt(Bytes16::from(after)));
    }
    query
        .load::<CredentialRow>(&mut reader.0)?
        .into_iter()
        .map(Held::try_from)
        .collect()
}

/// A badge, and since when it is back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// As it was added.
    pub badge: Badge,
    /// When it came back, or was known to be destroyed.
    pub recovered_at: Option<Timestamp>,
}

impl From<Badge> for Kept {
    fn from(badge: Badge) -> Self {
        Self {
            badge,
            recovered_at: None,
        }
    }
}

/// The badges of a credential, in the order they were added.
pub fn badges_of(reader: &mut Reader, credential: CredentialId) -> Result<Vec<Kept>, StoreError> {
    let rows: Vec<BadgeRow> = badges::table
        .filter(badges::credential.eq(Bytes16::from(credential)))
        .order(badges::id)
        .load(&mut reader.0)?;
    let ids: Vec<Bytes16> = rows.iter().map(|row| row.id).collect();
    let cards: Vec<BadgeCardRow> = badge_cards::table
        .filter(badge_cards::badge.eq_any(ids))
        .order(badge_cards::card_key)
        .load(&mut reader.0)?;
    rows.into_iter()
        .map(|row| {
            let cards = cards
                .iter()
                .filter(|card| card.badge == row.id)
                .map(BadgeCardRow::card)
                .collect::<Result<_, _>>()?;
            Ok(Kept {
                badge: Badge {
                    id: row.id.id(),
                    medium: medium_from(row.medium)?,
                    cards,
                },
                recovered_at: row.recovered_at.map(Timestamp::from_ms),
            })
        })
        .collect()
}

/// Which of these card identifiers are on a badge already, and of which credential.
pub fn by_cards(
    reader: &mut Reader,
    keys: &[CardKey],
) -> Result<Vec<(CardKey, CredentialId)>, StoreError> {
    let mut found = Vec::new();
    for chunk in keys.chunks(500) {
        let keys: Vec<Bytes16> = chunk.iter().map(|&key| key.into()).collect();
        let rows: Vec<(Bytes16, Bytes16)> = badge_cards::table
            .select((badge_cards::card_key, badge_cards::credential))
            .filter(badge_cards::card_key.eq_any(keys))
            .load(&mut reader.0)?;
        found.extend(
            rows.into_iter()
                .map(|(key, credential)| (CardKey(key.0), credential.id())),
        );
    }
    Ok(found)
}

/// These credentials, where they exist.
pub fn find_many(reader: &mut Reader, ids: &[CredentialId]) -> Result<Vec<Held>, StoreError> {
    let mut found = Vec::new();
    for chunk in ids.chunks(500) {
        let ids: Vec<Bytes16> = chunk.iter().map(|&id| id.into()).collect();
        let rows: Vec<CredentialRow> = credentials::table
            .filter(credentials::id.eq_any(ids))
            .load(&mut reader.0)?;
        for row in rows {
            found.push(row.try_into()?);
        }
    }
    Ok(found)
}

/// Those of these workers' credentials, whoever issued them, that are not revoked, in the order of issue.
pub fn live_of(reader: &mut Reader, workers: &[WorkerId]) -> Result<Vec<Held>, StoreError> {
    let mut found = Vec::new();
    for chunk in workers.chunks(500) {
        let ids: Vec<Bytes16> = chunk.iter().map(|&id| id.into()).collect();
        let rows: Vec<CredentialRow> = credentials::table
            .filter(credentials::worker.eq_any(ids))
            .filter(credentials::state.ne(i16::from(State::Revoked.number())))
            .order(credentials::id)
            .load(&mut reader.0)?;
        for row in rows {
            found.push(row.try_into()?);
        }
    }
    Ok(found)
}

/// Whether one of these workers lost a credential for cause, and nobody found that wrong.
pub fn any_revoked_for_cause(
    reader: &mut Reader,
    workers: &[WorkerId],
) -> Result<bool, StoreError> {
    let for_cause = Reason::ALL
        .iter()
        .filter(|reason| reason.class() == Class::ForCause);
    let for_cause: Vec<i16> = for_cause.map(|reason| i16::from(reason.number())).collect();
    let ids: Vec<Bytes16> = workers.iter().map(|&id| id.into()).collect();
    let found: Option<Bytes16> = credentials::table
        .select(credentials::id)
        .filter(credentials::worker.eq_any(ids))
        .filter(credentials::state.eq(i16::from(State::Revoked.number())))
        .filter(credentials::reason.eq_any(for_cause))
        .filter(credentials::corrected_at.is_null())
        .first(&mut reader.0)
        .optional()?;
    Ok(found.is_some())
}

/// Small enough that a page is still in the cache of the processor when it is used.
const PAGE_ROWS: i64 = 2_000;

/// What a gate check needs of one credential.
pub struct Standing {
    /// Which.
    pub id: CredentialId,
    /// Who issued it.
    pub member: MemberId,
    /// Good from.
    pub valid_from: Timestamp,
    /// Good until, exclusive.
    pub valid_until: Timestamp,
    /// Where it is good.
    pub scope: Scope,
    /// Of the functions that it is for, those that its worker is cleared for.
    pub functions: Functions,
    /// Where it stands.
    pub state: State,
    /// Why.
    pub reason: Option<Reason>,
    /// When it last moved; when it was issued, if never.
    pub since: Timestamp,
    /// The entry that last touched it.
    pub version: u64,
}

/// Hands the standing of every credential to `take`, many at once, in the order of identifiers. Only the columns that it
/// needs are read, and without asking at each of them which database it is: a start waits for this.
pub fn standings<E: From<StoreError>>(
    reader: &mut Reader,
    mut take: impl FnMut(Vec<Standing>) -> Result<(), E>,
) -> Result<(), E> {
    use super::schema::credentials::dsl as c;
    type Row = (
        Bytes16,
        Bytes16,
        i64,
        i64,
        String,
        i16,
        i16,
        Option<i16>,
        i64,
        i64,
    );
    let standing = |row: Row| {
        let standing = Standing {
            id: row.0.id(),
            member: row.1.id(),
            valid_from: Timestamp::from_ms(row.2),
            valid_until: Timestamp::from_ms(row.3),
            scope: scope_from(&row.4)?,
            functions: functions_from(row.5)?,
            state: state_from(row.6)?,
            reason: row.7.map(reason_from).transpose()?,
            since: Timestamp::from_ms(row.8),
            version: row.9 as u64,
        };
        Ok(standing)
    };
    let mut after = Bytes16([0; 16]);
    loop {
        let mut page = Vec::with_capacity(PAGE_ROWS as usize);
        both!(&mut reader.0, |inner| {
            let rows = c::credentials
                .select((
                    c::id,
                    c::member,
                    c::valid_from,
                    c::valid_until,
                    c::scope,
                    c::functions,
                    c::state,
                    c::reason,
                    c::since,
                    c::version,
                ))
                .filter(c::id.gt(after))
                .order(c::id)
                .limit(PAGE_ROWS)
                .load_iter::<Row, DefaultLoadingMode>(inner);
            for row in rows.map_err(StoreError::from)? {
                let row = row.map_err(StoreError::from)?;
                let about: CredentialId = row.0.id();
                page.push(standing(row).map_err(|error: StoreError| error.about(about))?);
            }
        });
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = last.id.into();
        take(page)?;
    }
}

/// Hands every card key with its credential to `take`, many at once, in the order of keys. As lean as [`standings`].
pub fn bindings<E: From<StoreError>>(
    reader: &mut Reader,
    mut take: impl FnMut(Vec<(CardKey, CredentialId)>) -> Result<(), E>,
) -> Result<(), E> {
    let mut after = Bytes16([0; 16]);
    loop {
        let mut page = Vec::with_capacity(PAGE_ROWS as usize);
        both!(&mut reader.0, |inner| {
            let rows = badge_cards::table
                .select((badge_cards::card_key, badge_cards::credential))
                .filter(badge_cards::card_key.gt(after))
                .order(badge_cards::card_key)
                .limit(PAGE_ROWS)
                .load_iter::<(Bytes16, Bytes16), DefaultLoadingMode>(inner);
            for row in rows.map_err(StoreError::from)? {
                let (key, credential) = row.map_err(StoreError::from)?;
                page.push((CardKey(key.0), credential.id()));
            }
        });
        let Some(&(last, _)) = page.last() else {
            return Ok(());
        };
        after = last.into();
        take(page)?;
    }
}

/// Hands every credential to `each`, in the order of identifiers.
pub fn each(
    reader: &mut Reader,
    mut each: impl FnMut(Held) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut after = Bytes16([0; 16]);
    loop {
        let page: Vec<CredentialRow> = credentials::table
            .filter(credentials::id.gt(after))
            .order(credentials::id)
            .limit(PAGE_ROWS)
            .load(&mut reader.0)?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = last.id;
        page.into_iter().try_for_each(|row| {
            let id: CredentialId = row.id.id();
            each(
                row.try_into()
                    .map_err(|error: StoreError| error.about(id))?,
            )
        })?;
    }
}

/// Hands every card identifier to `each`: its key, badge, credential, card system and format.
pub fn each_card(
    reader: &mut Reader,
    mut each: impl FnMut(CredentialId, BadgeId, BadgeCard) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut after = Bytes16([0; 16]);
    loop {
        let page: Vec<BadgeCardRow> = badge_cards::table
            .filter(badge_cards::card_key.gt(after))
            .order(badge_cards::card_key)
            .limit(PAGE_ROWS)
            .load(&mut reader.0)?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = last.card_key;
        page.iter().try_for_each(|row| {
            let badge: BadgeId = row.badge.id();
            let card = row.card().map_err(|error| error.about(badge))?;
            each(row.credential.id(), badge, card)
        })?;
    }
}

/// Hands every badge to `each`: its identifier, credential and medium, and since when it is back.
pub fn each_badge(
    reader: &mut Reader,
    mut each: impl FnMut(BadgeId, (CredentialId, Medium, Option<Timestamp>)) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut after = Bytes16([0; 16]);
    loop {
        let page: Vec<BadgeRow> = badges::table
            .filter(badges::id.gt(after))
            .order(badges::id)
            .limit(PAGE_ROWS)
            .load(&mut reader.0)?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = last.id;
        page.iter().try_for_each(|row| {
            let badge: BadgeId = row.id.id();
            let medium = medium_from(row.medium).map_err(|error| error.about(badge))?;
            let recovered_at = row.recovered_at.map(Timestamp::from_ms);
            each(badge, (row.credential.id(), medium, recovered_at))
        })?;
    }
}

impl BadgeCardRow {
    fn card(&self) -> Result<BadgeCard, StoreError> {
        let format = u8::try_from(self.format)
            .ok()
            .and_then(Format::from_number)
            .ok_or_else(|| {
                StoreError::Corrupt(format!("card format {} is not known", self.format))
            })?;
        Ok(BadgeCard {
            card_system: self.card_system.id(),
            format,
            key: CardKey(self.card_key.0),
        })
    }
}

/// A scope as its column keeps it: empty for one that names nothing, else JSON.
pub(super) fn scope_text(scope: &Scope) -> String {
    if scope.names_nothing() {
        return String::new();
    }
    serde_json::to_string(scope).expect("a scope is lists of text")
}

fn scope_from(text: &str) -> Result<Scope, StoreError> {
    if text.is_empty() {
        return Ok(Scope::default());
    }
    serde_json::from_str(text).map_err(|_| StoreError::Corrupt("a scope cannot be read".into()))
}

/// Since when it is suspended for cause and by a court.
pub(super) fn grounds_from(for_cause: Option<i64>, judicial: Option<i64>) -> Grounds {
    Grounds {
        for_cause: for_cause.map(Timestamp::from_ms),
        judicial: judicial.map(Timestamp::from_ms),
    }
}

fn functions_from(number: i16) -> Result<Functions, StoreError> {
    u8::try_from(number)
        .ok()
        .and_then(Functions::from_number)
        .ok_or_else(|| StoreError::Corrupt(format!("functions {number} are not known")))
}

pub(super) fn state_from(number: i16) -> Result<State, StoreError> {
    u8::try_from(number)
        .ok()
        .and_then(State::from_number)
        .ok_or_else(|| StoreError::Corrupt(format!("credential state {number} is not known")))
}

fn reason_from(number: i16) -> Result<Reason, StoreError> {
    u8::try_from(number)
        .ok()
        .and_then(Reason::from_number)
        .ok_or_else(|| StoreError::Corrupt(format!("reason {number} is not known")))
}

pub(super) fn medium_number(medium: Medium) -> i16 {
    match medium {
        Medium::Card => 1,
        Medium::Phone => 2,
    }
}

fn medium_from(number: i16) -> Result<Medium, StoreError> {
    [Medium::Card, Medium::Phone]
        .into_iter()
        .find(|&medium| medium_number(medium) == number)
        .ok_or_else(|| StoreError::Corrupt(format!("medium {number} is not known")))
}
