//! Referrals, and where they stand.

use diesel::prelude::*;

use super::columns::Bytes16;
use super::conn::{Reader, Writer};
use super::error::StoreError;
use super::schema::referrals;
use crate::domain::ids::{CredentialId, MemberId, ReferralId, WorkerId};
use crate::domain::reason::Reason;
use crate::domain::referral::{ANSWERED_WITHIN_MS, Addressee, Change, Ground, Referral, State};
use crate::domain::time::Timestamp;
use crate::ledger::entry::Entry;
use crate::ledger::fold::ReferralStep;
use crate::ledger::replay::Referred;

/// Only some referrals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Those in one state.
    In(State),
    /// Those that should have been answered by now.
    Overdue,
}

#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = referrals)]
struct ReferralRow {
    id: Bytes16,
    member: Bytes16,
    worker: Bytes16,
    credential: Bytes16,
    reason: i16,
    to_member: Option<Bytes16>,
    to_worker: Option<Bytes16>,
    state: i16,
    ground: Option<i16>,
    opened_at: i64,
    since: i64,
    version: i64,
}

impl ReferralRow {
    fn of(referred: &Referred) -> Self {
        let referral = &referred.referral;
        Self {
            id: referral.id.into(),
            member: referral.member.into(),
            worker: referral.worker.into(),
            credential: referral.credential.into(),
            reason: referral.reason.number().into(),
            to_member: referral.to.map(|to| to.member.into()),
            to_worker: referral.to.map(|to| to.worker.into()),
            state: referred.state.number().into(),
            ground: referred.ground.map(|ground| ground.number().into()),
            opened_at: referred.opened_at.as_ms(),
            since: referred.since.as_ms(),
            version: referred.version as i64,
        }
    }
}

impl TryFrom<ReferralRow> for Referred {
    type Error = StoreError;

    fn try_from(row: ReferralRow) -> Result<Self, StoreError> {
        let corrupt =
            |what: &str| StoreError::Corrupt(format!("a referral's {what} cannot be read"));
        let number = |number: i16| u8::try_from(number).ok();
        let ground = row.ground.map(|ground| {
            number(ground)
                .and_then(Ground::from_number)
                .ok_or_else(|| corrupt("ground"))
        });
        let to = match (row.to_member, row.to_worker) {
            (Some(member), Some(worker)) => Some(Addressee {
                member: member.id(),
                worker: worker.id(),
            }),
            (None, None) => None,
            _ => return Err(corrupt("addressee")),
        };
        Ok(Self {
            referral: Referral {
                id: row.id.id(),
                member: row.member.id(),
                worker: row.worker.id(),
                credential: row.credential.id(),
                reason: number(row.reason)
                    .and_then(Reason::from_number)
                    .ok_or_else(|| corrupt("reason"))?,
                to,
            },
            state: number(row.state)
                .and_then(State::from_number)
                .ok_or_else(|| corrupt("state"))?,
            ground: ground.transpose()?,
            opened_at: Timestamp::from_ms(row.opened_at),
            since: Timestamp::from_ms(row.since),
            version: row.version as u64,
        })
    }
}

fn number(state: State) -> i16 {
    state.number().into()
}

/// One referral.
pub fn find(reader: &mut Reader, id: ReferralId) -> Result<Option<Referred>, StoreError> {
    let row: Option<ReferralRow> = referrals::table
        .find(Bytes16::from(id))
        .first(&mut reader.0)
        .optional()?;
    row.map(Referred::try_from).transpose()
}

/// The drafts and open referrals about an act on this credential.
pub fn unanswered_of(
    reader: &mut Reader,
    credential: CredentialId,
) -> Result<Vec<Referred>, StoreError> {
    let rows: Vec<ReferralRow> = referrals::table
        .filter(referrals::credential.eq(Bytes16::from(credential)))
        .filter(referrals::state.eq_any([number(State::Draft), number(State::Open)]))
        .order(referrals::id)
        .load(&mut reader.0)?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// The referrals from and to a member, after `after`, at most `limit`, in the order they were opened.
pub fn list(
    reader: &mut Reader,
    member: MemberId,
    which: Option<Which>,
    now: Timestamp,
    after: Option<ReferralId>,
    limit: usize,
) -> Result<Vec<Referred>, StoreError> {
    let member = Bytes16::from(member);
    let after = after.map_or(Bytes16([0; 16]), Bytes16::from);
    let to_member = referrals::to_member.eq(Some(member)).assume_not_null();
    let mut query = referrals::table
        .filter(referrals::member.eq(member).or(to_member))
        .filter(referrals::id.gt(after))
        .order(referrals::id)
        .limit(limit as i64)
        .into_boxed();
    match which {
        None => {}
        Some(Which::In(state)) => query = query.filter(referrals::state.eq(number(state))),
        Some(Which::Overdue) => {
            query = query
                .filter(referrals::state.eq(number(State::Open)))
                .filter(referrals::opened_at.le(now.plus_ms(-ANSWERED_WITHIN_MS).as_ms()));
        }
    }
    let rows: Vec<ReferralRow> = query.load(&mut reader.0)?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// The referrals that a member sent about its worker, or was sent, at most `limit`, in the order they were opened.
pub fn of_worker(
    reader: &mut Reader,
    worker: WorkerId,
    member: MemberId,
    limit: usize,
) -> Result<Vec<Referred>, StoreError> {
    let (member, worker) = (Bytes16::from(member), Bytes16::from(worker));
    let to_member = referrals::to_member.eq(Some(member)).assume_not_null();
    let to_worker = referrals::to_worker.eq(Some(worker)).assume_not_null();
    let sent = referrals::member
        .eq(member)
        .and(referrals::worker.eq(worker));
    let rows: Vec<ReferralRow> = referrals::table
        .filter(sent.or(to_member.and(to_worker)))
        .order(referrals::id)
        .limit(limit as i64)
        .load(&mut reader.0)?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// The open referrals to a member after `after`, at most `limit`, in the order they were opened.
pub fn to_answer(
    reader: &mut Reader,
    member: MemberId,
    after: Option<ReferralId>,
    limit: usize,
) -> Result<Vec<Referred>, StoreError> {
    let after = after.map_or(Bytes16([0; 16]), Bytes16::from);
    let rows: Vec<ReferralRow> = referrals::table
        .filter(referrals::to_member.eq(Bytes16::from(member)))
        .filter(referrals::state.eq(number(State::Open)))
        .filter(referrals::id.gt(after))
        .order(referrals::id)
        .limit(limit as i64)
        .load(&mut reader.0)?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// Writes a step about a referral.
pub(super) fn step(
    writer: &mut Writer,
    entry: &Entry,
    step: ReferralStep<'_>,
) -> Result<(), StoreError> {
    let written = match step {
        ReferralStep::Opened(referral) => diesel::insert_into(referrals::table)
            .values(ReferralRow::of(&Referred::opened(entry, referral)))
            .execute(&mut writer.0)?,
        ReferralStep::Moved(id, change) => moved(writer, entry, id, change)?,
    };
    (written == 1).then_some(()).ok_or(StoreError::Guard)
}

fn moved(
    writer: &mut Writer,
    entry: &Entry,
    id: ReferralId,
    change: Change,
) -> Result<usize, StoreError> {
    let referred = find(writer, id)?.ok_or(StoreError::Guard)?;
    let moved = referred
        .moved(entry, change)
        .map_err(|_| StoreError::Guard)?;
    let row = ReferralRow::of(&moved);
    // Only from the state in which it was just read, whoever else may have moved it since.
    let read = referrals::table
        .find(Bytes16::from(id))
        .filter(referrals::version.eq(referred.version as i64));
    Ok(diesel::update(read)
        .set((
            referrals::state.eq(row.state),
            referrals::ground.eq(row.ground),
            referrals::since.eq(row.since),
            referrals::version.eq(row.version),
        ))
        .execute(&mut writer.0)?)
}

/// Rows read at once.
const PAGE_ROWS: i64 = 4_000;

/// Hands every referral to `each`, in the order of identifiers.
pub fn each(
    reader: &mut Reader,
    mut each: impl FnMut(Referred) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut after = Bytes16([0; 16]);
    loop {
        let page: Vec<ReferralRow> = referrals::table
            .filter(referrals::id.gt(after))
            .order(referrals::id)
            .limit(PAGE_ROWS)
            .load(&mut reader.0)?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = last.id;
        page.into_iter().try_for_each(|row| {
            let id: ReferralId = row.id.id();
            each(
                row.try_into()
                    .map_err(|error: StoreError| error.about(id))?,
            )
        })?;
    }
}
