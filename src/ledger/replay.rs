//! The ledger folded to state in memory, with every rule of order checked on the way. `portcullis verify` compares it
//! with the tables; tests compare it with the index.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::entry::Entry;
use super::fold::{BanStep, ExclusionStep, Projection, Record, ReferralStep};
use crate::domain::approval::{self, Approval, End};
use crate::domain::ban;
use crate::domain::blind::{BlindKeys, OutOfOrder};
use crate::domain::break_glass::NotSo;
use crate::domain::calendar::Day;
use crate::domain::card::Format;
use crate::domain::clearance::Functions;
use crate::domain::credential::{Badge, CardKey, Change, Credential, Medium, Refused, State};
use crate::domain::erasure::{self, Erasure};
use crate::domain::exclusion;
use crate::domain::grounds::Grounds;
use crate::domain::ids::{
    ApprovalId, BadgeId, BanId, CardSystemId, CredentialId, EngagementId, ErasureId, ExclusionId,
    Gen, MatchCaseId, MemberId, ReferralId, ScreeningId, WorkerId,
};
use crate::domain::match_case::{Decided, Decision, MatchCase};
use crate::domain::reason::Reason;
use crate::domain::referral;
use crate::domain::screening::{self, Function, Screening};
use crate::domain::time::Timestamp;
use crate::domain::worker::{Engagement, Worker};

mod asked;
mod between;
mod erasing;
mod exclusions;
mod held;
mod matched;

pub use asked::Asked;
pub use between::{Mirrored, Referred};
pub use erasing::Erasing;
pub use exclusions::{Excluded, Told};
pub use held::{Held, Screened};
pub use matched::Matched;

/// Everything the ledger adds up to. `version` is always the seq of the last entry that touched the thing.
#[derive(Debug, Default)]
pub struct Replay {
    /// The name of the numbering.
    pub r#gen: Option<Gen>,
    /// Records of the network, by their identifier's text.
    pub records: BTreeMap<String, (u64, Record)>,
    /// Workers.
    pub workers: HashMap<WorkerId, (u64, Worker)>,
    /// Those of them who are erased.
    pub erased: HashSet<WorkerId>,
    /// Erasures.
    pub erasures: HashMap<ErasureId, Erasing>,
    /// For whom one of them waits.
    to_erase: HashSet<WorkerId>,
    /// Match cases.
    pub match_cases: HashMap<MatchCaseId, Matched>,
    /// The pairs that were ever asked about.
    pairs: HashSet<(WorkerId, WorkerId)>,
    /// Engagements, and whether they ended.
    pub engagements: HashMap<EngagementId, (u64, Engagement, bool)>,
    /// Screenings.
    pub screenings: HashMap<ScreeningId, Screened>,
    /// Port bans.
    pub bans: HashMap<BanId, Mirrored>,
    /// Whom each of them is about.
    pub banned: HashSet<(BanId, WorkerId)>,
    /// What issuers tell each other.
    pub referrals: HashMap<ReferralId, Referred>,
    /// Exclusions.
    pub exclusions: HashMap<ExclusionId, Excluded>,
    /// What each member says of each exclusion that it proposed or was told of.
    pub told: HashMap<(ExclusionId, MemberId), Told>,
    /// Acts that needed a second person.
    pub approvals: HashMap<ApprovalId, Asked>,
    /// Whose screenings wait for an answer, and for what: one each, whatever happens to older ones meanwhile.
    screened: HashSet<(WorkerId, Function)>,
    /// Credentials.
    pub credentials: HashMap<CredentialId, Held>,
    /// Which entries did something to a record that stood before, and when.
    pub moves: HashMap<(u128, u64), Timestamp>,
    /// Badges: of which credential, what they are, and since when they are back.
    pub badges: HashMap<BadgeId, (CredentialId, Medium, Option<Timestamp>)>,
    /// Card keys: on which badge, in which card system and format.
    pub cards: HashMap<CardKey, (BadgeId, CardSystemId, Format)>,
}

/// Why an entry cannot follow those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Illegal {
    /// The numbering begins twice, or something stands before its beginning.
    #[error("the numbering must begin with entry 1, and another only where one is restored")]
    Beginning,
    /// It speaks of something that does not exist.
    #[error("it speaks of something that no entry before it stated")]
    Missing,
    /// It states anew what can be stated only once.
    #[error("it states again what an earlier entry stated")]
    Repeated,
    /// The state machine has no such change.
    #[error("{0}")]
    Change(#[from] Refused),
    /// The state machine of screenings has no such change, or not on that day.
    #[error("{0}")]
    Screening(#[from] screening::Refused),
    /// A match case is decided once.
    #[error("{0}")]
    Match(#[from] Decided),
    /// An erasure that does not wait, or not long enough.
    #[error("{0}")]
    Erasure(#[from] erasure::NotDue),
    /// The ban has begun or ended before.
    #[error("{0}")]
    Ban(#[from] ban::Refused),
    /// The referral is elsewhere.
    #[error("{0}")]
    Referral(#[from] referral::Refused),
    /// The exclusion is elsewhere.
    #[error("{0}")]
    Exclusion(#[from] exclusion::Refused),
    /// It had ended before.
    #[error("{0}")]
    Approval(#[from] approval::Ended),
    /// The blind-index key is changed otherwise than the rules have it.
    #[error("{0}")]
    BlindKeys(#[from] OutOfOrder),
    /// A glass that is broken otherwise than the rules have it.
    #[error("{0}")]
    BreakGlass(#[from] NotSo),
    /// Somebody answered in whose role that is not.
    #[error("who answered is not in the role that is the second person for it")]
    WrongRole,
    /// Somebody answered about themselves.
    #[error("who answered decided what concerns themselves")]
    Themselves,
    /// Who asked for it is not who stated it.
    #[error("another asked for it than the entry says")]
    OtherAsker,
    /// One administrator would do again what it takes two for.
    #[error("it lets one administrator do what it takes two for")]
    OneAdministrator,
    /// Who asked for it let it happen too.
    #[error("the second person is the first one")]
    SamePerson,
}

impl Replay {
    /// A worker who is recorded and not erased.
    fn known(&self, id: WorkerId) -> Result<&Worker, Illegal> {
        let worker = self.workers.get(&id).filter(|_| !self.erased.contains(&id));
        worker.map(|(_, worker)| worker).ok_or(Illegal::Missing)
    }
}

impl Projection for Replay {
    type Error = Illegal;

    fn began(&mut self, seq: u64, r#gen: Gen) -> Result<(), Illegal> {
        if seq != 1 {
            return Err(Illegal::Beginning);
        }
        self.r#gen = Some(r#gen);
        Ok(())
    }

    fn restored(&mut self, _: u64, r#gen: Gen, before: Gen) -> Result<(), Illegal> {
        if self.r#gen.replace(r#gen) != Some(before) {
            return Err(Illegal::Beginning);
        }
        Ok(())
    }

    fn recorded(&mut self, seq: u64, record: &Record) -> Result<(), Illegal> {
        self.r#gen.ok_or(Illegal::Beginning)?;
        let knows = |id: String| {
            if self.records.contains_key(&id) {
                Ok(())
            } else {
                Err(Illegal::Missing)
            }
        };
        match record {
            Record::Member(_) | Record::Settings(_) => self.check_two(record)?,
            Record::Facility(facility) => knows(facility.member.to_string())?,
            Record::Zone(zone) => knows(zone.facility.to_string())?,
            Record::Gate(gate) => {
                knows(gate.facility.to_string())?;
                gate.zone.map_or(Ok(()), |zone| knows(zone.to_string()))?;
                gate.card_systems
                    .iter()
                    .try_for_each(|card_system| knows(card_system.to_string()))?;
            }
            Record::CardSystem(card_system) => knows(card_system.member.to_string())?,
            Record::Client(client) => {
                knows(client.member.to_string())?;
                // A revoked client never comes back, whatever a later entry says.
                if let Some((_, Record::Client(before))) = self.records.get(&client.id.to_string())
                    && before.revoked
                    && !client.revoked
                {
                    return Err(Illegal::Change(Refused::Revoked));
                }
                client
                    .person
                    .map_or(Ok(()), |person| knows(person.to_string()))?;
            }
            Record::Person(person) => knows(person.member.to_string())?,
            Record::BlindKeys(next) => {
                let before = match self.records.get(&record.id_text()) {
                    Some((_, Record::BlindKeys(before))) => *before,
                    _ => BlindKeys::default(),
                };
                before.check_next(*next)?;
            }
            Record::BreakGlass(glass) => {
                knows(glass.member.to_string())?;
                knows(glass.client.to_string())?;
                knows(glass.person.to_string())?;
                let before = match self.records.get(&glass.id.to_string()) {
                    Some((_, Record::BreakGlass(before))) => Some(before),
                    _ => None,
                };
                glass.follows(before)?;
            }
        }
        self.records.insert(record.id_text(), (seq, record.clone()));
        Ok(())
    }

    fn worker(&mut self, seq: u64, worker: &Worker) -> Result<(), Illegal> {
        match self.workers.insert(worker.id, (seq, worker.clone())) {
            None => Ok(()),
            Some(_) => Err(Illegal::Repeated),
        }
    }

    fn worker_amended(&mut self, seq: u64, worker: &Worker) -> Result<(), Illegal> {
        self.known(worker.id)?;
        match self.workers.insert(worker.id, (seq, worker.clone())) {
            Some((_, before)) if before.member == worker.member => Ok(()),
            _ => Err(Illegal::Missing),
        }
    }

    fn erasure(&mut self, entry: &Entry, erasure: &Erasure) -> Result<(), Illegal> {
        self.erasure_granted(entry, erasure)
    }

    fn erasure_withdrawn(&mut self, entry: &Entry, id: ErasureId) -> Result<(), Illegal> {
        self.erasure_taken_back(entry, id)
    }

    fn erased(&mut self, entry: &Entry, id: WorkerId, erasure: ErasureId) -> Result<(), Illegal> {
        self.erasure_done(entry, id, erasure)
    }

    fn match_case(&mut self, entry: &Entry, case: &MatchCase) -> Result<(), Illegal> {
        let is_of = |id, member| self.known(id).is_ok_and(|worker| worker.member == member);
        if case.worker == case.candidate
            || !is_of(case.worker, case.member)
            || !is_of(case.candidate, case.candidate_member)
        {
            return Err(Illegal::Missing);
        }
        let asked = !self.pairs.insert(case.pair());
        match self
            .match_cases
            .insert(case.id, Matched::opened(entry, case))
        {
            None if !asked => Ok(()),
            _ => Err(Illegal::Repeated),
        }
    }

    fn match_decided(
        &mut self,
        entry: &Entry,
        id: MatchCaseId,
        decision: Decision,
    ) -> Result<(), Illegal> {
        let matched = self.match_cases.get_mut(&id).ok_or(Illegal::Missing)?;
        *matched = matched.decided(entry, decision)?;
        Ok(())
    }

    fn engagement(&mut self, seq: u64, engagement: &Engagement) -> Result<(), Illegal> {
        self.known(engagement.worker)?;
        match self
            .engagements
            .insert(engagement.id, (seq, engagement.clone(), false))
        {
            None => Ok(()),
            Some(_) => Err(Illegal::Repeated),
        }
    }

    fn engagement_ended(&mut self, seq: u64, engagement: EngagementId) -> Result<(), Illegal> {
        match self.engagements.get_mut(&engagement) {
            None => Err(Illegal::Missing),
            Some((_, _, true)) => Err(Illegal::Repeated),
            Some((version, _, ended)) => {
                (*version, *ended) = (seq, true);
                Ok(())
            }
        }
    }

    fn screening(&mut self, entry: &Entry, screening: &Screening) -> Result<(), Illegal> {
        if self.known(screening.worker)?.member != screening.member {
            return Err(Illegal::Missing);
        }
        let screened = Screened {
            screening: screening.clone(),
            standing: screening.opened(entry.at)?,
            since: entry.at,
            version: entry.seq,
        };
        let open = !self.screened.insert((screening.worker, screening.function));
        match self.screenings.insert(screening.id, screened) {
            None if !open => Ok(()),
            _ => Err(Illegal::Repeated),
        }
    }

    fn screening_moved(
        &mut self,
        entry: &Entry,
        id: ScreeningId,
        change: &screening::Change,
    ) -> Result<(), Illegal> {
        let screened = self.screenings.get_mut(&id).ok_or(Illegal::Missing)?;
        let screening = &screened.screening;
        let waited = screened.standing.state.is_unanswered();
        screened.standing = screened
            .standing
            .moved(screening, change, Day::of(entry.at))?;
        (screened.since, screened.version) = (entry.at, entry.seq);
        if waited && !screened.standing.state.is_unanswered() {
            self.screened
                .remove(&(screening.worker, screening.function));
        }
        Ok(())
    }

    fn ban(&mut self, entry: &Entry, step: BanStep<'_>) -> Result<(), Illegal> {
        self.ban_step(entry, step)
    }

    fn referral(&mut self, entry: &Entry, step: ReferralStep<'_>) -> Result<(), Illegal> {
        self.referral_step(entry, step)
    }

    fn exclusion(&mut self, entry: &Entry, step: ExclusionStep<'_>) -> Result<(), Illegal> {
        self.exclusion_step(entry, step)
    }

    fn approval(&mut self, entry: &Entry, approval: &Approval) -> Result<(), Illegal> {
        // Of whom is erased as well: what they were issued is still revoked, and suspended until then.
        let recorded = |worker: WorkerId| self.workers.contains_key(&worker);
        if !approval.worker.is_none_or(recorded) {
            return Err(Illegal::Missing);
        }
        self.check_asker(entry, approval)?;
        let asked = Asked {
            approval: approval.clone(),
            state: approval::State::Waiting,
            ended_by: None,
            ground: None,
            since: entry.at,
            version: entry.seq,
        };
        match self.approvals.insert(approval.id, asked) {
            None => Ok(()),
            Some(_) => Err(Illegal::Repeated),
        }
    }

    fn approval_ended(&mut self, entry: &Entry, id: ApprovalId, end: End) -> Result<(), Illegal> {
        let asked = self.approvals.get(&id).ok_or(Illegal::Missing)?;
        let ended = asked.ended(entry, end)?;
        if end != End::Withdrawn {
            let second = ended.ended_by.ok_or(Illegal::SamePerson)?;
            self.check_second(&asked.approval, second)?;
        }
        self.approvals.insert(id, ended);
        Ok(())
    }

    fn credential(
        &mut self,
        entry: &Entry,
        credential: &Credential,
        state: State,
    ) -> Result<(), Illegal> {
        self.known(credential.worker)?;
        let held = Held {
            credential: credential.clone(),
            state,
            reason: None,
            functions: credential.scope.functions,
            since: entry.at,
            grounds: Grounds::default(),
            corrected_at: None,
            version: entry.seq,
        };
        match self.credentials.insert(credential.id, held) {
            None => Ok(()),
            Some(_) => Err(Illegal::Repeated),
        }
    }

    fn badge(&mut self, seq: u64, credential: CredentialId, badge: &Badge) -> Result<(), Illegal> {
        self.credentials
            .get_mut(&credential)
            .ok_or(Illegal::Missing)?
            .version = seq;
        if self
            .badges
            .insert(badge.id, (credential, badge.medium, None))
            .is_some()
        {
            return Err(Illegal::Repeated);
        }
        for card in &badge.cards {
            if self
                .cards
                .insert(card.key, (badge.id, card.card_system, card.format))
                .is_some()
            {
                return Err(Illegal::Repeated);
            }
        }
        Ok(())
    }

    fn recovered(
        &mut self,
        entry: &Entry,
        id: CredentialId,
        badge: BadgeId,
    ) -> Result<(), Illegal> {
        let held = self.credentials.get_mut(&id).ok_or(Illegal::Missing)?;
        held.check_over(entry.at)?;
        let (of, _, back) = self.badges.get_mut(&badge).ok_or(Illegal::Missing)?;
        if *of != id {
            return Err(Illegal::Missing);
        }
        if back.replace(entry.at).is_some() {
            return Err(Illegal::Repeated);
        }
        held.version = entry.seq;
        Ok(())
    }

    fn moved(
        &mut self,
        entry: &Entry,
        id: CredentialId,
        change: Change,
        reason: Option<Reason>,
    ) -> Result<(), Illegal> {
        let held = self.credentials.get_mut(&id).ok_or(Illegal::Missing)?;
        held.state = held.state.apply(change)?;
        held.reason = reason;
        held.since = entry.at;
        held.grounds = held.grounds.after(change, entry.at);
        held.version = entry.seq;
        Ok(())
    }

    fn corrected(&mut self, entry: &Entry, id: CredentialId) -> Result<(), Illegal> {
        let held = self.credentials.get_mut(&id).ok_or(Illegal::Missing)?;
        held.state.check_corrected(held.corrected_at)?;
        held.corrected_at = Some(entry.at);
        held.version = entry.seq;
        Ok(())
    }

    fn functions(
        &mut self,
        entry: &Entry,
        id: CredentialId,
        functions: Functions,
    ) -> Result<(), Illegal> {
        let held = self.credentials.get_mut(&id).ok_or(Illegal::Missing)?;
        held.state
            .check_functions(&held.credential.scope, functions)?;
        held.functions = functions;
        held.version = entry.seq;
        Ok(())
    }

    fn touched(&mut self, entry: &Entry, subject: u128) -> Result<(), Illegal> {
        self.moves.insert((subject, entry.seq), entry.at);
        Ok(())
    }
}
