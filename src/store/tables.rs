//! The ledger's projection to tables. New rows are collected and inserted many at once, and revocations are collected and
//! made many at once; any other change of what stands is written at once. All changes are under a guard that names the
//! states they may start from.

use diesel::prelude::*;

use super::backend::{AnyConnection, ROWS_BETWEEN_GATES, ROWS_PER_INSERT};
use super::columns::Bytes16;
use super::conn::Writer;
use super::documents::WorkerDocumentRow;
use super::employers::{EmployerNameRow, EmployerRow, StaffNumberRow};
use super::error::StoreError;
use super::history::MoveRow;
use super::match_cases::MatchRow;
use super::names::WorkerNameRow;
use super::rows::{
    ApprovalRow, BadgeCardRow, BadgeRow, CredentialRow, EngagementRow, ScreeningRow, WorkerRow,
};
use super::schema::{
    approvals, badge_cards, badges, credentials, employer_names, engagement_employers, engagements,
    match_cases, moves, network_records, screenings, sealed_details, staff_numbers,
    worker_documents, worker_keys, worker_names, workers,
};
use super::sealed::{SealedRow, WorkerKeyRow};
use crate::domain::approval::{self, Approval, End};
use crate::domain::calendar::Day;
use crate::domain::clearance::Functions;
use crate::domain::credential::{Badge, Change, Credential, State};
use crate::domain::dormancy;
use crate::domain::erasure::Erasure;
use crate::domain::ids::{
    ApprovalId, BadgeId, CredentialId, EngagementId, ErasureId, Gen, MatchCaseId, ScreeningId,
    WorkerId,
};
use crate::domain::match_case::{Decision, MatchCase};
use crate::domain::reason::Reason;
use crate::domain::screening::{self, Screening};
use crate::domain::worker::{Engagement, Worker};
use crate::ledger::entry::Entry;
use crate::ledger::fold::{BanStep, ExclusionStep, Projection, Record, ReferralStep};
use crate::ledger::replay::{Asked, Erasing, Matched, Screened};

/// Rows that are decided but not yet written. Owned by one write transaction, which writes them before it reads and
/// before it commits.
#[derive(Default)]
pub struct Pending {
    workers: Vec<WorkerRow>,
    pub(super) worker_documents: Vec<WorkerDocumentRow>,
    pub(super) worker_names: Vec<WorkerNameRow>,
    match_cases: Vec<MatchRow>,
    engagements: Vec<EngagementRow>,
    screenings: Vec<ScreeningRow>,
    approvals: Vec<ApprovalRow>,
    credentials: Vec<CredentialRow>,
    badges: Vec<BadgeRow>,
    badge_cards: Vec<BadgeCardRow>,
    pub(super) worker_keys: Vec<WorkerKeyRow>,
    pub(super) sealed_details: Vec<SealedRow>,
    pub(super) staff_numbers: Vec<StaffNumberRow>,
    pub(super) engagement_employers: Vec<EmployerRow>,
    pub(super) employer_names: Vec<EmployerNameRow>,
    moves: Vec<MoveRow>,
    revocations: Vec<Revoked>,
}

/// The projection, for the length of one entry.
pub struct Tables<'a> {
    /// The transaction.
    pub writer: &'a mut Writer,
    /// Its rows not yet written.
    pub pending: &'a mut Pending,
}

/// A credential that is now revoked.
pub(super) struct Revoked {
    pub id: Bytes16,
    pub reason: Option<i16>,
    pub since: i64,
    pub version: i64,
}

impl Pending {
    /// Writes the rows collected so far.
    pub fn flush(&mut self, writer: &mut Writer) -> Result<(), StoreError> {
        macro_rules! insert {
            ($($table:ident),*) => {$(
                for chunk in std::mem::take(&mut self.$table).chunks(ROWS_PER_INSERT) {
                    match &mut writer.0 {
                        AnyConnection::Postgres(inner) => {
                            diesel::insert_into($table::table).values(chunk).execute(inner)?;
                        }
                        AnyConnection::Sqlite(inner) => {
                            for few in chunk.chunks(ROWS_BETWEEN_GATES) {
                                // The database is this process, and the core may be one that gates wait for.
                                std::thread::yield_now();
                                diesel::insert_into($table::table).values(few).execute(inner)?;
                            }
                        }
                    }
                }
            )*};
        }
        insert!(
            workers,
            worker_documents,
            worker_names,
            match_cases,
            engagements,
            screenings,
            approvals,
            credentials,
            badges,
            badge_cards,
            worker_keys,
            sealed_details,
            staff_numbers,
            engagement_employers,
            employer_names,
            moves
        );
        let revocations = std::mem::take(&mut self.revocations);
        if writer.0.revoke(&revocations)? == revocations.len() {
            Ok(())
        } else {
            Err(StoreError::Guard)
        }
    }
}

impl Projection for Tables<'_> {
    type Error = StoreError;

    fn began(&mut self, _: u64, _: Gen) -> Result<(), StoreError> {
        // The head row holds the name of the numbering; it stands before the first entry.
        Ok(())
    }

    fn restored(&mut self, _: u64, _: Gen, _: Gen) -> Result<(), StoreError> {
        Ok(())
    }

    fn recorded(&mut self, seq: u64, record: &Record) -> Result<(), StoreError> {
        let (id, body) = (record.id_text(), record.body());
        let known = diesel::update(network_records::table.find(&id))
            .set((
                network_records::body.eq(&body),
                network_records::version.eq(seq as i64),
            ))
            .execute(&mut self.writer.0)?;
        if known == 0 {
            diesel::insert_into(network_records::table)
                .values((
                    network_records::id.eq(id),
                    network_records::body.eq(body),
                    network_records::version.eq(seq as i64),
                ))
                .execute(&mut self.writer.0)?;
        }
        Ok(())
    }

    fn worker(&mut self, seq: u64, worker: &Worker) -> Result<(), StoreError> {
        self.pending.workers.push(WorkerRow {
            id: worker.id.into(),
            member: worker.member.into(),
            details_digest: worker.details.0.to_vec(),
            erased: false,
            version: seq as i64,
        });
        Ok(())
    }

    fn worker_amended(&mut self, seq: u64, worker: &Worker) -> Result<(), StoreError> {
        self.pending.flush(self.writer)?;
        let row = workers::table.find(Bytes16::from(worker.id));
        let changed = diesel::update(row.filter(workers::erased.eq(false)))
            .set((
                workers::details_digest.eq(worker.details.0.to_vec()),
                workers::version.eq(seq as i64),
            ))
            .execute(&mut self.writer.0)?;
        if changed == 1 {
            Ok(())
        } else {
            Err(StoreError::Guard)
        }
    }

    fn erasure(&mut self, entry: &Entry, erasure: &Erasure) -> Result<(), StoreError> {
        self.pending.flush(self.writer)?;
        super::erasures::add(self.writer, &Erasing::granted(entry, erasure))
    }

    fn erasure_withdrawn(&mut self, entry: &Entry, id: ErasureId) -> Result<(), StoreError> {
        self.pending.flush(self.writer)?;
        super::erasures::moved(self.writer, id, |erasing| erasing.withdrawn(entry).ok())
    }

    fn erased(&mut self, entry: &Entry, worker: WorkerId, id: ErasureId) -> Result<(), StoreError> {
        self.pending.flush(self.writer)?;
        super::erasures::moved(self.writer, id, |erasing| {
            let done = erasing.done(entry).ok()?;
            (done.erasure.worker == worker).then_some(done)
        })?;
        super::workers::erased(self.writer, worker, entry.seq)
    }

    fn match_case(&mut self, entry: &Entry, case: &MatchCase) -> Result<(), StoreError> {
        let row = MatchRow::of(&Matched::opened(entry, case));
        self.pending.match_cases.push(row);
        Ok(())
    }

    fn match_decided(
        &mut self,
        entry: &Entry,
        id: MatchCaseId,
        decision: Decision,
    ) -> Result<(), StoreError> {
        self.pending.flush(self.writer)?;
        super::match_cases::decide(self.writer, entry, id, decision)
    }

    fn engagement(&mut self, seq: u64, engagement: &Engagement) -> Result<(), StoreError> {
        self.pending.engagements.push(EngagementRow {
            id: engagement.id.into(),
            worker: engagement.worker.into(),
            member: engagement.member.into(),
            details_digest: engagement.details.0.to_vec(),
            until: engagement.until.map(Day::number),
            ended: false,
            version: seq as i64,
        });
        Ok(())
    }

    fn engagement_ended(&mut self, seq: u64, engagement: EngagementId) -> Result<(), StoreError> {
        self.pending.flush(self.writer)?;
        let row = engagements::table
            .find(Bytes16::from(engagement))
            .filter(engagements::ended.eq(false));
        let ended = diesel::update(row)
            .set((
                engagements::ended.eq(true),
                engagements::version.eq(seq as i64),
            ))
            .execute(&mut self.writer.0)?;
        if ended == 1 {
            Ok(())
        } else {
            Err(StoreError::Guard)
        }
    }

    fn screening(&mut self, entry: &Entry, screening: &Screening) -> Result<(), StoreError> {
        let standing = screening.opened(entry.at).map_err(|_| StoreError::Guard)?;
        self.pending.screenings.push(ScreeningRow::of(&Screened {
            screening: screening.clone(),
            standing,
            since: entry.at,
            version: entry.seq,
        }));
        Ok(())
    }

    fn screening_moved(
        &mut self,
        entry: &Entry,
        id: ScreeningId,
        change: &screening::Change,
    ) -> Result<(), StoreError> {
        self.pending.flush(self.writer)?;
        super::screenings::moved(self.writer, entry, id, change)
    }

    fn ban(&mut self, entry: &Entry, step: BanStep<'_>) -> Result<(), StoreError> {
        super::bans::step(self.writer, entry, step)
    }

    fn referral(&mut self, entry: &Entry, step: ReferralStep<'_>) -> Result<(), StoreError> {
        super::referrals::step(self.writer, entry, step)
    }

    fn exclusion(&mut self, entry: &Entry, step: ExclusionStep<'_>) -> Result<(), StoreError> {
        super::exclusions::step(self.writer, entry, step)
    }

    fn approval(&mut self, entry: &Entry, approval: &Approval) -> Result<(), StoreError> {
        self.pending.approvals.push(ApprovalRow::of(&Asked {
            approval: approval.clone(),
            state: approval::State::Waiting,
            ended_by: None,
            ground: None,
            since: entry.at,
            version: entry.seq,
        })?);
        Ok(())
    }

    fn approval_ended(
        &mut self,
        entry: &Entry,
        id: ApprovalId,
        end: End,
    ) -> Result<(), StoreError> {
        self.pending.flush(self.writer)?;
        super::approvals::ended(self.writer, entry, id, end)
    }

    fn credential(
        &mut self,
        entry: &Entry,
        credential: &Credential,
        state: State,
    ) -> Result<(), StoreError> {
        self.pending.credentials.push(CredentialRow {
            id: credential.id.into(),
            member: credential.member.into(),
            worker: credential.worker.into(),
            engagement: credential.engagement.map(Into::into),
            valid_from: credential.valid_from.as_ms(),
            valid_until: credential.valid_until.as_ms(),
            scope: super::credentials::scope_text(&credential.scope),
            functions: credential.scope.functions.number().into(),
            state: state.number().into(),
            reason: None,
            since: entry.at.as_ms(),
            for_cause_since: None,
            judicial_since: None,
            corrected_at: None,
            version: entry.seq as i64,
            used_on: dormancy::counts_from(credential, entry.at).number(),
        });
        Ok(())
    }

    fn badge(
        &mut self,
        seq: u64,
        credential: CredentialId,
        badge: &Badge,
    ) -> Result<(), StoreError> {
        // Issued in this very entry: its version is right already, and its row not yet written.
        let fresh = self.pending.credentials.last();
        if !fresh.is_some_and(|row| row.id == credential.into() && row.version == seq as i64) {
            self.pending.flush(self.writer)?;
            let touched = diesel::update(credentials::table.find(Bytes16::from(credential)))
                .set(credentials::version.eq(seq as i64))
                .execute(&mut self.writer.0)?;
            if touched != 1 {
                return Err(StoreError::Guard);
            }
        }
        self.pending.badges.push(BadgeRow {
            id: badge.id.into(),
            credential: credential.into(),
            medium: super::credentials::medium_number(badge.medium),
            recovered_at: None,
        });
        self.pending
            .badge_cards
            .extend(badge.cards.iter().map(|card| BadgeCardRow {
                card_key: card.key.into(),
                badge: badge.id.into(),
                credential: credential.into(),
                card_system: card.card_system.into(),
                format: card.format.number().into(),
            }));
        Ok(())
    }

    fn moved(
        &mut self,
        entry: &Entry,
        credential: CredentialId,
        change: Change,
        reason: Option<Reason>,
    ) -> Result<(), StoreError> {
        if change == Change::Revoke {
            // It leads to one state from everywhere else and needs no look beforehand, so it can wait for company.
            self.pending.revocations.push(Revoked {
                id: credential.into(),
                reason: reason.map(|reason| i16::from(reason.number())),
                since: entry.at.as_ms(),
                version: entry.seq as i64,
            });
            return Ok(());
        }
        self.pending.flush(self.writer)?;
        super::moves::moved(self.writer, entry, credential, change, reason)
    }

    fn recovered(
        &mut self,
        entry: &Entry,
        credential: CredentialId,
        badge: BadgeId,
    ) -> Result<(), StoreError> {
        self.pending.flush(self.writer)?;
        super::moves::recovered(self.writer, entry, credential, badge)
    }

    fn corrected(&mut self, entry: &Entry, credential: CredentialId) -> Result<(), StoreError> {
        self.pending.flush(self.writer)?;
        super::moves::corrected(self.writer, entry, credential)
    }

    fn functions(
        &mut self,
        entry: &Entry,
        credential: CredentialId,
        functions: Functions,
    ) -> Result<(), StoreError> {
        self.pending.flush(self.writer)?;
        super::moves::set_functions(self.writer, entry, credential, functions)
    }

    fn touched(&mut self, entry: &Entry, subject: u128) -> Result<(), StoreError> {
        self.pending.moves.push(MoveRow::of(entry, subject));
        Ok(())
    }
}
