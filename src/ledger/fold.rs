//! What each fact does. Tables, index and replay are three [`Projection`]s of the ledger; this is the one place that
//! says which fact means which step, so that they cannot come to differ.

use super::entry::{Entry, Fact};
use crate::domain::approval::{Approval, End};
use crate::domain::ban::{self, Ban};
use crate::domain::blind::BlindKeys;
use crate::domain::break_glass::BreakGlass;
use crate::domain::clearance::Functions;
use crate::domain::client::{Client, Person};
use crate::domain::credential::{Badge, Change, Credential, State};
use crate::domain::erasure::Erasure;
use crate::domain::exclusion::{self, Exclusion};
use crate::domain::ids::{
    ApprovalId, BadgeId, BanId, CredentialId, EngagementId, ErasureId, ExclusionId, Gen,
    MatchCaseId, MemberId, ReferralId, ScreeningId, WorkerId,
};
use crate::domain::match_case::{Decision, MatchCase};
use crate::domain::network::{CardSystem, Facility, Gate, Member, Settings, Zone};
use crate::domain::reason::Reason;
use crate::domain::referral::{self, Referral};
use crate::domain::screening::{self, Screening};
use crate::domain::worker::{Engagement, Worker};

/// A record of the network, stated whole each time it changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Record {
    /// An organisation.
    Member(Member),
    /// A facility.
    Facility(Facility),
    /// A zone.
    Zone(Zone),
    /// A gate.
    Gate(Gate),
    /// A numbering of cards.
    CardSystem(CardSystem),
    /// A machine.
    Client(Client),
    /// A person who acts for a member.
    Person(Person),
    /// What holds for the whole network.
    Settings(Settings),
    /// Which blind-index keys are in use.
    BlindKeys(BlindKeys),
    /// A glass that was broken.
    BreakGlass(BreakGlass),
}

/// A step about a port ban.
#[derive(Debug, Clone, Copy)]
pub enum BanStep<'a> {
    /// There is a new one. It stands at once if its term has begun, and is upcoming otherwise.
    Mirrored(&'a Ban),
    /// It is about this worker, among others perhaps. Once each, and not when it has ended.
    Found(BanId, WorkerId),
    /// It moves. Must refuse what [`State::apply`](ban::State::apply) refuses.
    Moved(BanId, ban::Change),
}

/// A step about what issuers tell each other.
#[derive(Debug, Clone, Copy)]
pub enum ReferralStep<'a> {
    /// There is a new one: open where it is for somebody, a draft otherwise.
    Opened(&'a Referral),
    /// It moves. Must refuse what [`State::apply`](referral::State::apply) refuses.
    Moved(ReferralId, referral::Change),
}

/// A step about an exclusion.
#[derive(Debug, Clone, Copy)]
pub enum ExclusionStep<'a> {
    /// There is a new one: a draft, which who proposed it has adopted.
    Proposed(&'a Exclusion),
    /// It moves. Must refuse what [`State::apply`](exclusion::State::apply) refuses.
    Moved(ExclusionId, exclusion::Change),
    /// A member is told, once, that knows the person by this record.
    Told(ExclusionId, MemberId, WorkerId),
    /// It answers. Must refuse what [`Answer::replied`](exclusion::Answer::replied) refuses.
    Answered(ExclusionId, MemberId, exclusion::Reply),
}

/// Something that is made from the ledger, entry by entry. `seq` is the entry that the step comes from; it becomes the
/// version of what it touches.
pub trait Projection {
    /// What can go wrong.
    type Error;

    /// The numbering began.
    fn began(&mut self, seq: u64, r#gen: Gen) -> Result<(), Self::Error>;
    /// The numbering `before` ended, and another began in its place.
    fn restored(&mut self, seq: u64, r#gen: Gen, before: Gen) -> Result<(), Self::Error>;
    /// A record of the network is now this.
    fn recorded(&mut self, seq: u64, record: &Record) -> Result<(), Self::Error>;
    /// A worker's details changed.
    fn worker_amended(&mut self, seq: u64, worker: &Worker) -> Result<(), Self::Error>;
    /// There is a new worker.
    fn worker(&mut self, seq: u64, worker: &Worker) -> Result<(), Self::Error>;
    /// A worker is to be erased. It starts waiting, and is the only one of its worker that waits.
    fn erasure(&mut self, entry: &Entry, erasure: &Erasure) -> Result<(), Self::Error>;
    /// It is taken back. Must refuse what [`State::withdrawn`](crate::domain::erasure::State::withdrawn) refuses.
    fn erasure_withdrawn(&mut self, entry: &Entry, erasure: ErasureId) -> Result<(), Self::Error>;
    /// A worker is erased. Must refuse what [`State::done`](crate::domain::erasure::State::done) refuses.
    fn erased(
        &mut self,
        entry: &Entry,
        worker: WorkerId,
        erasure: ErasureId,
    ) -> Result<(), Self::Error>;
    /// There is a new match case. It starts open, and is the only one of its pair, ever.
    fn match_case(&mut self, entry: &Entry, case: &MatchCase) -> Result<(), Self::Error>;
    /// A match case is decided. Must refuse what [`State::decided`](crate::domain::match_case::State::decided) refuses.
    fn match_decided(
        &mut self,
        entry: &Entry,
        case: MatchCaseId,
        decision: Decision,
    ) -> Result<(), Self::Error>;
    /// There is a new engagement.
    fn engagement(&mut self, seq: u64, engagement: &Engagement) -> Result<(), Self::Error>;
    /// An engagement is over.
    fn engagement_ended(&mut self, seq: u64, engagement: EngagementId) -> Result<(), Self::Error>;
    /// There is a new screening. It starts as a draft, and is the only open one of its worker and function.
    fn screening(&mut self, entry: &Entry, screening: &Screening) -> Result<(), Self::Error>;
    /// A screening moves. Must refuse what [`Standing::moved`](screening::Standing::moved) refuses.
    fn screening_moved(
        &mut self,
        entry: &Entry,
        screening: ScreeningId,
        change: &screening::Change,
    ) -> Result<(), Self::Error>;
    /// Something happens to a port ban.
    fn ban(&mut self, entry: &Entry, step: BanStep<'_>) -> Result<(), Self::Error>;
    /// Something happens to a referral.
    fn referral(&mut self, entry: &Entry, step: ReferralStep<'_>) -> Result<(), Self::Error>;
    /// Something happens to an exclusion.
    fn exclusion(&mut self, entry: &Entry, step: ExclusionStep<'_>) -> Result<(), Self::Error>;
    /// An act waits for its second person.
    fn approval(&mut self, entry: &Entry, approval: &Approval) -> Result<(), Self::Error>;
    /// It waits no more. Must refuse what [`State::apply`](crate::domain::approval::State::apply) refuses.
    fn approval_ended(
        &mut self,
        entry: &Entry,
        approval: ApprovalId,
        end: End,
    ) -> Result<(), Self::Error>;
    /// There is a new credential, active or approved, with its worker cleared for all that it is for.
    fn credential(
        &mut self,
        entry: &Entry,
        credential: &Credential,
        state: State,
    ) -> Result<(), Self::Error>;
    /// A credential has a new badge.
    fn badge(
        &mut self,
        seq: u64,
        credential: CredentialId,
        badge: &Badge,
    ) -> Result<(), Self::Error>;
    /// A badge of a credential came back. It changes no state.
    fn recovered(
        &mut self,
        entry: &Entry,
        credential: CredentialId,
        badge: BadgeId,
    ) -> Result<(), Self::Error>;
    /// A credential moves. Must refuse what [`State::apply`](crate::domain::credential::State::apply) refuses.
    fn moved(
        &mut self,
        entry: &Entry,
        credential: CredentialId,
        change: Change,
        reason: Option<Reason>,
    ) -> Result<(), Self::Error>;
    /// It is noted that its revocation was wrong, which changes nothing of it. Must refuse what
    /// [`State::check_corrected`](crate::domain::credential::State::check_corrected) refuses.
    fn corrected(&mut self, entry: &Entry, credential: CredentialId) -> Result<(), Self::Error>;
    /// Its worker is cleared for these of the functions that it is for. Must refuse what
    /// [`State::check_functions`](crate::domain::credential::State::check_functions) refuses.
    fn functions(
        &mut self,
        entry: &Entry,
        credential: CredentialId,
        functions: Functions,
    ) -> Result<(), Self::Error>;
    /// The entry did something to a record that stood before, given by the bits of its identifier. For whoever keeps histories.
    fn touched(&mut self, _: &Entry, _: u128) -> Result<(), Self::Error> {
        Ok(())
    }
}

/// Folds one entry into a projection.
pub fn fold<P: Projection>(entry: &Entry, into: &mut P) -> Result<(), P::Error> {
    let seq = entry.seq;
    if let Some(subject) = entry.fact.touches() {
        into.touched(entry, subject)?;
    }
    match &entry.fact {
        Fact::LedgerBegan { r#gen } => into.began(seq, *r#gen),
        Fact::LedgerRestored { r#gen, before, .. } => into.restored(seq, *r#gen, *before),
        Fact::MemberRecorded(member) => into.recorded(seq, &Record::Member(member.clone())),
        Fact::FacilityRecorded(facility) => into.recorded(seq, &Record::Facility(facility.clone())),
        Fact::ZoneRecorded(zone) => into.recorded(seq, &Record::Zone(zone.clone())),
        Fact::GateRecorded(gate) => into.recorded(seq, &Record::Gate(gate.clone())),
        Fact::CardSystemRecorded(card_system) => {
            into.recorded(seq, &Record::CardSystem(card_system.clone()))
        }
        Fact::ClientRecorded(client) | Fact::ClientRecovered(client) => {
            into.recorded(seq, &Record::Client(client.clone()))
        }
        Fact::PersonRecorded(person) => into.recorded(seq, &Record::Person(person.clone())),
        Fact::SettingsRecorded(settings) => into.recorded(seq, &Record::Settings(settings.clone())),
        Fact::BlindKeysRecorded(keys) => into.recorded(seq, &Record::BlindKeys(*keys)),
        Fact::BreakGlassOpened(glass) | Fact::BreakGlassClosed(glass) => {
            into.recorded(seq, &Record::BreakGlass(glass.clone()))
        }
        Fact::WorkerRegistered(worker) => into.worker(seq, worker),
        Fact::WorkerAmended(worker) => into.worker_amended(seq, worker),
        Fact::ErasureGranted(erasure) => into.erasure(entry, erasure),
        Fact::ErasureWithdrawn { erasure } => into.erasure_withdrawn(entry, *erasure),
        Fact::WorkerErased { worker, erasure } => into.erased(entry, *worker, *erasure),
        Fact::MatchOpened(case) => into.match_case(entry, case),
        Fact::MatchDecided { case, decision } => into.match_decided(entry, *case, *decision),
        Fact::EngagementBegan(engagement) => into.engagement(seq, engagement),
        Fact::EngagementEnded { engagement } => into.engagement_ended(seq, *engagement),
        Fact::ScreeningOpened(screening) => into.screening(entry, screening),
        Fact::ScreeningMoved { screening, change } => {
            into.screening_moved(entry, *screening, change)
        }
        Fact::BanMirrored(ban) => into.ban(entry, BanStep::Mirrored(ban)),
        Fact::BanFound { ban, worker } => into.ban(entry, BanStep::Found(*ban, *worker)),
        Fact::BanBegan { ban } => into.ban(entry, BanStep::Moved(*ban, ban::Change::Begin)),
        Fact::BanEnded { ban } => into.ban(entry, BanStep::Moved(*ban, ban::Change::End)),
        Fact::ReferralOpened(referral) => into.referral(entry, ReferralStep::Opened(referral)),
        Fact::ReferralMoved { referral, change } => {
            into.referral(entry, ReferralStep::Moved(*referral, *change))
        }
        Fact::ExclusionProposed(exclusion) => {
            into.exclusion(entry, ExclusionStep::Proposed(exclusion))
        }
        Fact::ExclusionMoved { exclusion, change } => {
            into.exclusion(entry, ExclusionStep::Moved(*exclusion, *change))
        }
        Fact::ExclusionTold {
            exclusion,
            member,
            worker,
        } => into.exclusion(entry, ExclusionStep::Told(*exclusion, *member, *worker)),
        Fact::ExclusionAnswered {
            exclusion,
            member,
            reply,
        } => into.exclusion(entry, ExclusionStep::Answered(*exclusion, *member, *reply)),
        Fact::ApprovalAsked(approval) => into.approval(entry, approval),
        Fact::ApprovalEnded { approval, end } => into.approval_ended(entry, *approval, *end),
        Fact::CredentialIssued { credential, badges } => {
            into.credential(entry, credential, State::Active)?;
            badges
                .iter()
                .try_for_each(|badge| into.badge(seq, credential.id, badge))
        }
        Fact::CredentialApproved { credential } => {
            into.credential(entry, credential, State::Approved)
        }
        Fact::CredentialHandedOver { credential } => {
            into.moved(entry, *credential, Change::HandOver, None)
        }
        Fact::BadgeRecovered { credential, badge } => into.recovered(entry, *credential, *badge),
        Fact::BadgeAdded { credential, badge } => into.badge(seq, *credential, badge),
        Fact::CredentialSuspended {
            credential,
            kind,
            reason,
        } => into.moved(entry, *credential, Change::Suspend(*kind), Some(*reason)),
        Fact::CredentialLifted { credential, kind } => {
            into.moved(entry, *credential, Change::Lift(*kind), None)
        }
        Fact::CredentialFunctions {
            credential,
            functions,
        } => into.functions(entry, *credential, *functions),
        Fact::RevocationCorrected { credential } => into.corrected(entry, *credential),
        Fact::CredentialRevoked { credential, reason } => {
            into.moved(entry, *credential, Change::Revoke, Some(*reason))
        }
    }
}

impl Record {
    /// The identifier's text, which also says what kind of record it is.
    pub fn id_text(&self) -> String {
        match self {
            Self::Member(member) => member.id.to_string(),
            Self::Facility(facility) => facility.id.to_string(),
            Self::Zone(zone) => zone.id.to_string(),
            Self::Gate(gate) => gate.id.to_string(),
            Self::CardSystem(card_system) => card_system.id.to_string(),
            Self::Client(client) => client.id.to_string(),
            Self::Person(person) => person.id.to_string(),
            Self::Settings(_) => Settings::ID.to_string(),
            Self::BlindKeys(_) => BlindKeys::ID.to_string(),
            Self::BreakGlass(glass) => glass.id.to_string(),
        }
    }

    /// The record as JSON, as its table keeps it.
    pub fn body(&self) -> String {
        let body = match self {
            Self::Member(member) => serde_json::to_string(member),
            Self::Facility(facility) => serde_json::to_string(facility),
            Self::Zone(zone) => serde_json::to_string(zone),
            Self::Gate(gate) => serde_json::to_string(gate),
            Self::CardSystem(card_system) => serde_json::to_string(card_system),
            Self::Client(client) => serde_json::to_string(client),
            Self::Person(person) => serde_json::to_string(person),
            Self::Settings(settings) => serde_json::to_string(settings),
            Self::BlindKeys(keys) => serde_json::to_string(keys),
            Self::BreakGlass(glass) => serde_json::to_string(glass),
        };
        body.expect("a record has only string keys and no failing serializer")
    }

    /// Reads back a record by its identifier's text and its JSON.
    pub fn parse(id: &str, body: &str) -> Option<Self> {
        match id.split('_').next()? {
            "mbr" => serde_json::from_str(body).map(Self::Member).ok(),
            "fac" => serde_json::from_str(body).map(Self::Facility).ok(),
            "zon" => serde_json::from_str(body).map(Self::Zone).ok(),
            "gat" => serde_json::from_str(body).map(Self::Gate).ok(),
            "cas" => serde_json::from_str(body).map(Self::CardSystem).ok(),
            "cli" => serde_json::from_str(body).map(Self::Client).ok(),
            "per" => serde_json::from_str(body).map(Self::Person).ok(),
            "set" => serde_json::from_str(body).map(Self::Settings).ok(),
            "bky" => serde_json::from_str(body).map(Self::BlindKeys).ok(),
            "brk" => serde_json::from_str(body).map(Self::BreakGlass).ok(),
            _ => None,
        }
        .filter(|record| record.id_text() == id)
    }
}
