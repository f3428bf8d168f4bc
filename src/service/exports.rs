//! All that is held of a worker, for the registrar to give to them: what the worker's member keeps, what bears on them from
//! elsewhere, and who was shown them. Nothing is kept for it: it is put together from where each thing stands, and from the
//! entries that moved it.
//!
//! What other members keep of the same person is theirs to tell; a match case says whose it is. An inquiry that goes on is
//! counted and not shown ([`crate::domain::export`]).

use super::credentials::WithBadges;
use super::error::Error;
use super::exclusions;
use super::personal::unseal;
use crate::access::keyring::Keyring;
use crate::access::permission::{ExportWorkers, Permit};
use crate::domain::approval::Act;
use crate::domain::credential::{self, SuspensionKind};
use crate::domain::exclusion;
use crate::domain::export::{EXPORTED_MAX, Ground, Part, Withheld, is_inquiry};
use crate::domain::ids::{ExclusionId, MemberId, ReferralId, WorkerId};
use crate::domain::lookup::Lookup;
use crate::domain::referral;
use crate::domain::time::Timestamp;
use crate::domain::worker::{EngagementDetails, Worker, WorkerDetails};
use crate::ledger::entry::{Entry, Fact};
use crate::ledger::replay::{Asked, Erasing, Matched, Mirrored, Referred, Screened};
use crate::store::logs::{self, Sighting};
use crate::store::workers::{self, EngagementHeld, Versioned};
use crate::store::{
    self, Reader, StoreError, approvals, bans, credentials, erasures, history, ledger, lookups,
    match_cases, referrals, screenings,
};

/// All that is held of a worker.
#[derive(Debug)]
pub struct Export {
    /// When it was put together.
    pub at: Timestamp,
    /// Who is responsible for it.
    pub member: MemberId,
    /// The worker.
    pub worker: Worker,
    /// What is known of them.
    pub details: WorkerDetails,
    /// When that was changed.
    pub amended: Vec<Entry>,
    /// Their engagements.
    pub engagements: Vec<Engaged>,
    /// Their screenings, each with what happened to it.
    pub screenings: Vec<(Screened, Vec<Entry>)>,
    /// Their credentials.
    pub credentials: Vec<Issued>,
    /// Whether other records are of the same person.
    pub match_cases: Vec<Matched>,
    /// What courts ordered.
    pub bans: Vec<Mirrored>,
    /// What issuers told each other of them.
    pub referrals: Vec<Referred>,
    /// Who keeps them out.
    pub exclusions: Vec<exclusions::Shown>,
    /// Acts about them that needed a second person.
    pub approvals: Vec<Asked>,
    /// Whether they are to be erased.
    pub erasures: Vec<Erasing>,
    /// Who was shown them, at whichever member, newest first.
    pub lookups: Vec<Lookup>,
    /// What is held and not shown.
    pub withheld: Vec<Withheld>,
    /// Of what there is more than stands here.
    pub more: Vec<Part>,
}

/// An engagement.
#[derive(Debug)]
pub struct Engaged {
    /// The engagement.
    pub held: EngagementHeld,
    /// For whom they work.
    pub details: EngagementDetails,
    /// When it ended, if it did.
    pub ended_at: Option<Timestamp>,
}

/// A credential.
#[derive(Debug)]
pub struct Issued {
    /// The credential, without the reason if that is held back.
    pub found: WithBadges,
    /// Of the kinds of its suspension, those that are not told.
    pub untold: Vec<SuspensionKind>,
    /// What happened to it.
    pub moves: Vec<Entry>,
    /// Where it was shown and was not good.
    pub sightings: Vec<Sighting>,
}

/// Puts together all that is held of a worker of the caller's member.
pub fn export(
    reader: &mut Reader,
    keyring: &Keyring,
    permit: Permit<ExportWorkers>,
    id: WorkerId,
    now: Timestamp,
) -> Result<Export, Error> {
    reader.snapshot(|reader| {
        let found = workers::find(reader, id)?.filter(|found| permit.covers(found.value.member));
        let worker = found.ok_or_else(|| Error::not_found("worker"))?.value;
        Gathering {
            reader,
            keyring,
            id,
            member: worker.member,
            withheld: 0,
            more: Vec::new(),
        }
        .all(worker, now)
    })
}

struct Gathering<'a> {
    reader: &'a mut Reader,
    keyring: &'a Keyring,
    id: WorkerId,
    member: MemberId,
    /// Things of inquiries that go on.
    withheld: usize,
    more: Vec<Part>,
}

impl Gathering<'_> {
    fn all(mut self, worker: Worker, now: Timestamp) -> Result<Export, Error> {
        let (id, member) = (self.id, self.member);
        let details = unseal(self.reader, self.keyring, id)?;
        let amended = self.moves(id.as_u128())?;
        let engagements = self.engagements()?;
        let screenings = self.screenings()?;
        let credentials = self.credentials()?;
        let inquiry = credentials.iter().any(|issued| !issued.untold.is_empty());
        let sent = self.part(Part::Referrals, |reader, limit| {
            referrals::of_worker(reader, id, member, limit)
        })?;
        let (untold_referrals, referrals): (Vec<_>, Vec<_>) = sent
            .into_iter()
            .partition(|referred| is_untold(referred, inquiry));
        let excluded = self.part(Part::Exclusions, |reader, limit| {
            store::exclusions::of_worker(reader, id, member, limit)
        })?;
        let (untold_exclusions, told): (Vec<_>, Vec<_>) =
            excluded.into_iter().partition(|excluded| {
                is_inquiry(excluded.exclusion.reason) && excluded.state != exclusion::State::Lifted
            });
        self.withheld += untold_referrals.len() + untold_exclusions.len();
        let mut exclusions = Vec::with_capacity(told.len());
        for excluded in told {
            exclusions.extend(exclusions::shown(self.reader, member, excluded)?);
        }
        let untold = Untold {
            credentials: &credentials,
            referrals: untold_referrals.iter().map(|one| one.referral.id).collect(),
            exclusions: untold_exclusions
                .iter()
                .map(|one| one.exclusion.id)
                .collect(),
        };
        let approvals = self.approvals(&engagements, &untold)?;
        let match_cases = self.part(Part::MatchCases, |reader, limit| {
            match_cases::of_worker(reader, id, limit)
        })?;
        let bans = self.part(Part::Bans, |reader, limit| {
            bans::of_worker(reader, id, limit)
        })?;
        let erasures = self.part(Part::Erasures, |reader, limit| {
            erasures::of_worker(reader, id, limit)
        })?;
        let lookups = self.part(Part::Lookups, |reader, limit| {
            lookups::of_worker(reader, id, limit)
        })?;
        let cards = credentials
            .iter()
            .flat_map(|issued| &issued.found.badges)
            .map(|badge| badge.cards.len())
            .sum();
        let withheld = [
            (Ground::Inquiry, self.withheld),
            (Ground::CardNumber, cards),
        ];
        Ok(Export {
            at: now,
            member,
            worker,
            details,
            amended,
            engagements,
            screenings,
            credentials,
            match_cases,
            bans,
            referrals,
            exclusions,
            approvals,
            erasures,
            lookups,
            withheld: withheld
                .into_iter()
                .filter(|(_, count)| *count > 0)
                .map(|(ground, count)| Withheld { ground, count })
                .collect(),
            more: self.more,
        })
    }

    /// As much of one sort as an export holds.
    fn part<T>(
        &mut self,
        name: Part,
        read: impl FnOnce(&mut Reader, usize) -> Result<Vec<T>, StoreError>,
    ) -> Result<Vec<T>, Error> {
        let mut found = read(self.reader, EXPORTED_MAX + 1)?;
        if found.len() > EXPORTED_MAX {
            found.truncate(EXPORTED_MAX);
            if !self.more.contains(&name) {
                self.more.push(name);
            }
        }
        Ok(found)
    }

    /// The entries that did something to this.
    fn moves(&mut self, subject: u128) -> Result<Vec<Entry>, Error> {
        let seqs = self.part(Part::Moves, |reader, limit| {
            history::of(reader, subject, limit)
        })?;
        let mut entries = Vec::with_capacity(seqs.len());
        for some in seqs.chunks(ENTRIES_AT_ONCE) {
            for (seq, body) in ledger::some(self.reader, some)? {
                entries.push(Entry::decode(seq, &body).map_err(Error::internal)?);
            }
        }
        Ok(entries)
    }

    fn engagements(&mut self) -> Result<Vec<Engaged>, Error> {
        let (id, member) = (self.id, self.member);
        let all = self.part(Part::Engagements, |reader, limit| {
            workers::engagements_of(reader, id, member, None, limit)
        })?;
        all.into_iter()
            .map(|Versioned { value: held, .. }| {
                let engagement = held.engagement.id;
                let ended = self.moves(engagement.as_u128())?;
                Ok(Engaged {
                    details: unseal(self.reader, self.keyring, engagement)?,
                    ended_at: ended.last().map(|entry| entry.at),
                    held,
                })
            })
            .collect()
    }

    fn screenings(&mut self) -> Result<Vec<(Screened, Vec<Entry>)>, Error> {
        let (id, member) = (self.id, self.member);
        let all = self.part(Part::Screenings, |reader, limit| {
            screenings::of_worker(reader, id, member, None, limit)
        })?;
        all.into_iter()
            .map(|screened| {
                let moves = self.moves(screened.screening.id.as_u128())?;
                Ok((screened, moves))
            })
            .collect()
    }

    fn credentials(&mut self) -> Result<Vec<Issued>, Error> {
        let (id, member) = (self.id, self.member);
        let all = self.part(Part::Credentials, |reader, limit| {
            credentials::list(reader, member, Some(id), None, limit)
        })?;
        all.into_iter()
            .map(|mut held| {
                let credential = held.credential.id;
                let mut moves = self.moves(credential.as_u128())?;
                let mut untold = Vec::new();
                if let credential::State::Suspended(kinds) = held.state {
                    let before = moves.len();
                    moves.retain(|entry| match &entry.fact {
                        Fact::CredentialSuspended { kind, reason, .. }
                            if is_inquiry(*reason) && kinds.iter().any(|lasts| lasts == *kind) =>
                        {
                            untold.push(*kind);
                            false
                        }
                        _ => true,
                    });
                    self.withheld += before - moves.len();
                }
                held.reason = held
                    .reason
                    .filter(|reason| untold.is_empty() || !is_inquiry(*reason));
                let badges = credentials::badges_of(self.reader, credential)?;
                let sightings = self.part(Part::Sightings, |reader, limit| {
                    logs::sightings(reader, member, Some(credential), None, limit)
                })?;
                Ok(Issued {
                    found: WithBadges { held, badges },
                    untold,
                    moves,
                    sightings,
                })
            })
            .collect()
    }

    /// Acts about the worker alone name them; of many at once, what they have.
    fn approvals(
        &mut self,
        engagements: &[Engaged],
        untold: &Untold<'_>,
    ) -> Result<Vec<Asked>, Error> {
        let member = self.member;
        let mut ids = vec![self.id.to_string()];
        ids.extend(
            engagements
                .iter()
                .map(|one| one.held.engagement.id.to_string()),
        );
        ids.extend(
            untold
                .credentials
                .iter()
                .map(|one| one.found.held.credential.id.to_string()),
        );
        let mut all = self.part(Part::Approvals, |reader, limit| {
            approvals::naming(reader, member, &ids, limit)
        })?;
        let before = all.len();
        all.retain(|asked| !untold.is_behind(&asked.approval.act));
        self.withheld += before - all.len();
        Ok(all)
    }
}

/// How many entries are read at once.
const ENTRIES_AT_ONCE: usize = 500;

/// One that waits, and one that was answered while the inquiry goes on.
fn is_untold(referred: &Referred, inquiry: bool) -> bool {
    let waits = matches!(
        referred.state,
        referral::State::Draft | referral::State::Open
    );
    is_inquiry(referred.referral.reason) && (waits || inquiry)
}

/// What inquiries that go on have led to.
struct Untold<'a> {
    credentials: &'a [Issued],
    referrals: Vec<ReferralId>,
    exclusions: Vec<ExclusionId>,
}

impl Untold<'_> {
    /// Whether an act is about one of them.
    fn is_behind(&self, act: &Act) -> bool {
        use crate::domain::approval::Done;
        let of_credential = |id| {
            let issued = self
                .credentials
                .iter()
                .find(|one| one.found.held.credential.id == id);
            issued.is_some_and(|issued| !issued.untold.is_empty())
        };
        match act {
            Act::LiftSuspension {
                credential, kind, ..
            } => {
                let issued = self.credentials.iter();
                let mut issued = issued.filter(|one| one.found.held.credential.id == *credential);
                issued.any(|issued| issued.untold.contains(kind))
            }
            Act::SuspendCredential { reason, .. } => is_inquiry(*reason),
            Act::Confirm {
                done: Done::Suspension { credential },
                ..
            } => of_credential(*credential),
            Act::AnswerReferral { referral, .. } => self.referrals.contains(referral),
            Act::ProposeExclusion { exclusion, .. } => {
                self.exclusions.contains(&exclusion.id)
                    || is_inquiry(exclusion.reason) && of_credential(exclusion.credential)
            }
            Act::AnswerExclusion { exclusion, .. }
            | Act::DecideContest { exclusion, .. }
            | Act::LiftExclusion { exclusion, .. } => self.exclusions.contains(exclusion),
            Act::RevokeCredentials { credentials, .. } => {
                credentials.iter().any(|id| of_credential(*id))
            }
            _ => false,
        }
    }
}
