//! Rows of workers with badges. A staff number, where there is one, tells which worker is meant; the card tells which
//! credential.

use std::collections::{HashMap, HashSet};

use super::file::columns::Column;
use super::file::records::CredentialRow;
use super::file::sheet::Row;
use super::file::text::fold;
use super::plan::{Found, Leave, Verdict, Wanted};
use super::report::{Fault, Outcome};
use super::terms::{NOT_ONESELF, Terms};
use super::values::{Person, StaffKey, person, want};
use crate::access::permission::{Caller, Issue, KeepWorkers};
use crate::domain::calendar::Day;
use crate::domain::card::CardIdentifier;
use crate::domain::clearance::last_day;
use crate::domain::credential::{Badge, BadgeCard, CardKey, Credential, Medium, Scope, State};
use crate::domain::exclusion::Exclusion;
use crate::domain::ids::{BadgeId, CredentialId, EngagementId, WorkerId};
use crate::domain::time::Timestamp;
use crate::domain::worker::{EngagementDetails, WorkerDetails};
use crate::ledger::entry::Fact;
use crate::ledger::replay::{Held, Screened};
use crate::service::badges::keep_number;
use crate::service::bans::{BAN_STANDS, banned};
use crate::service::blind::FoundUnder;
use crate::service::commit::Tx;
use crate::service::effects::screenings_of;
use crate::service::error::Error;
use crate::service::exclusions::{EXCLUSION_HOLDS, adopted};
use crate::service::issuing::{check_validity, not_by_file, whole_seconds};
use crate::service::match_cases::MATCH_OPEN;
use crate::service::personal::{learn_keys, unseal_many};
use crate::service::workers::{begin, register};
use crate::store::{Reader, credentials, erasures, match_cases, workers};

/// A worker with a badge, as a row wants them.
pub(super) struct WantedCredential {
    pub(super) worker: WorkerDetails,
    pub(super) engagement: EngagementDetails,
    /// What rows with the same staff number have in common.
    pub(super) staff_key: Option<StaffKey>,
    pub(super) person: Person,
    pub(super) identifier: CardIdentifier,
    pub(super) key: CardKey,
    pub(super) valid_from: Option<Timestamp>,
    pub(super) valid_until: Timestamp,
    pub(super) scope: Scope,
}

/// The cards and staff numbers of earlier rows.
#[derive(Default)]
pub(super) struct Memory {
    /// With a digest of all that the row says.
    cards: HashMap<CardKey, [u8; 16]>,
    staff: HashMap<StaffKey, Person>,
}

/// What is recorded of the cards and staff numbers of a batch.
#[derive(Default)]
pub(super) struct Known {
    cards: HashMap<CardKey, Held>,
    staff: HashMap<StaffKey, Employed>,
    /// Own workers only: name and, where it is recorded, the date of birth.
    people: HashMap<WorkerId, (Person, Option<String>)>,
    /// Own engagements only: the employer, folded.
    employers: HashMap<EngagementId, String>,
}

struct Employed {
    worker: WorkerId,
    engagement: EngagementId,
    /// Its last day, where one is agreed.
    until: Option<Day>,
    ended: bool,
    /// Whether it must be decided first who they are.
    undecided: bool,
    /// Whether a port ban stands against them.
    banned: bool,
    /// What keeps them from where the member excludes them.
    exclusions: Vec<Exclusion>,
    /// What of theirs for cause keeps a file from bringing them more.
    for_cause: Option<(&'static str, &'static str)>,
    /// Whether they are to be erased.
    leaves: bool,
    /// Every screening of the person.
    screenings: Vec<Screened>,
}

impl Wanted for WantedCredential {
    type Memory = Memory;
    type Known = Known;

    fn read(terms: &Terms, memory: &mut Memory, row: &Row) -> Found<Self> {
        let wanted = match CredentialRow::read(&terms.layout, row, terms.settings.valid_until) {
            Ok(row) => want(terms, row),
            Err(problems) => Err(problems.into_iter().map(Fault::from).collect()),
        };
        let wanted = match wanted {
            Ok(wanted) => wanted,
            Err(faults) => return Found::unusable(faults),
        };
        let says = wanted.digest();
        if let Some(earlier) = memory.cards.insert(wanted.key, says) {
            if earlier == says {
                return Found::Settled((Outcome::Same, Vec::new()));
            }
            let message = "An earlier row of this file has the same card and says otherwise. Remove one of the rows.";
            return Found::Settled((
                Outcome::Conflict,
                vec![terms.fault(Column::CardNumber, "repeated", message)],
            ));
        }
        if let Some(staff_key) = wanted.staff_key
            && *memory.staff.entry(staff_key).or_insert(wanted.person) != wanted.person
        {
            let message =
                "An earlier row of this file gives this staff number to a worker of another name.";
            return Found::Settled((
                Outcome::Conflict,
                vec![terms.fault(Column::StaffNumber, "other_person", message)],
            ));
        }
        Found::Wanted(Box::new(wanted))
    }

    fn look_up(
        known: &mut Known,
        reader: &mut Reader,
        terms: &Terms,
        wanted: &[&Self],
    ) -> Result<(), Error> {
        *known = Known::default();
        let keys: Vec<CardKey> = wanted.iter().map(|wanted| wanted.key).collect();
        let cards = credentials::by_cards(reader, &keys)?;
        let ids: Vec<CredentialId> = cards.iter().map(|(_, credential)| *credential).collect();
        let held = credentials::find_many(reader, &ids)?;
        let held: HashMap<CredentialId, Held> = held
            .into_iter()
            .map(|held| (held.credential.id, held))
            .collect();
        known.cards = cards
            .into_iter()
            .filter_map(|(key, id)| Some((key, held.get(&id)?.clone())))
            .collect();

        let found_under = FoundUnder::read(reader, &terms.keyring)?;
        let staff_keys: HashMap<[u8; 16], StaffKey> = wanted
            .iter()
            .filter_map(|wanted| {
                let number = wanted.engagement.staff_number.as_ref()?;
                Some((number, wanted.staff_key?))
            })
            .flat_map(|(number, staff_key)| {
                let keys = found_under.all();
                keys.map(move |key| (key.staff_key(terms.member, number.as_str()), staff_key))
            })
            .collect();
        let found_by: Vec<[u8; 16]> = staff_keys.keys().copied().collect();
        let staff: Vec<(StaffKey, WorkerId, EngagementId)> =
            workers::by_staff_keys(reader, &found_by)?
                .into_iter()
                .filter_map(|(key, worker, engagement)| {
                    Some((*staff_keys.get(&key)?, worker, engagement))
                })
                .collect();
        let engagements: Vec<EngagementId> =
            staff.iter().map(|(.., engagement)| *engagement).collect();
        let ends: HashMap<EngagementId, (Option<Day>, bool)> =
            workers::ends(reader, &engagements)?.into_iter().collect();
        let employed: Vec<WorkerId> = staff.iter().map(|(_, worker, _)| *worker).collect();
        let undecided = match_cases::undecided(reader, &employed)?;
        let banned = banned(reader, &employed)?;
        let mut exclusions: HashMap<WorkerId, Vec<Exclusion>> = HashMap::new();
        let mut screenings: HashMap<WorkerId, Vec<Screened>> = HashMap::new();
        let (mut leaving, mut for_cause) = (HashSet::new(), HashMap::new());
        let names_functions = wanted
            .iter()
            .any(|wanted| !wanted.scope.functions.is_empty());
        for &worker in &employed {
            if erasures::waits(reader, worker)? {
                leaving.insert(worker);
            }
            if names_functions {
                screenings.insert(worker, screenings_of(reader, worker)?);
            }
            let adopted = adopted(reader, worker)?.into_iter();
            let own = adopted.filter(|(member, _)| *member == terms.member);
            exclusions.insert(worker, own.map(|(_, exclusion)| exclusion).collect());
            if let Some(why) = not_by_file(reader, terms.member, worker)? {
                for_cause.insert(worker, why);
            }
        }
        known.staff = staff
            .into_iter()
            .map(|(key, worker, engagement)| {
                let (until, ended) = ends.get(&engagement).copied().unwrap_or_default();
                let screenings = screenings.get(&worker).cloned().unwrap_or_default();
                (
                    key,
                    Employed {
                        screenings,
                        leaves: leaving.contains(&worker),
                        worker,
                        engagement,
                        until,
                        ended,
                        undecided: undecided.contains(&worker),
                        banned: banned.contains(&worker),
                        exclusions: exclusions.get(&worker).cloned().unwrap_or_default(),
                        for_cause: for_cause.get(&worker).copied(),
                    },
                )
            })
            .collect();

        let own = known
            .cards
            .values()
            .filter(|held| held.credential.member == terms.member);
        let own = own
            .map(|held| held.credential.worker)
            .chain(known.staff.values().map(|staff| staff.worker));
        let own: HashSet<WorkerId> = own.collect();
        let own: Vec<WorkerId> = own.into_iter().collect();
        for (id, details) in unseal_many(reader, &terms.keyring, &own)? {
            known
                .people
                .insert(id, (person(&details), details.birth_date));
        }
        let engagements = known
            .cards
            .values()
            .filter(|held| held.credential.member == terms.member)
            .filter_map(|held| held.credential.engagement)
            .chain(known.staff.values().map(|staff| staff.engagement));
        let engagements: HashSet<EngagementId> = engagements.collect();
        let engagements: Vec<EngagementId> = engagements.into_iter().collect();
        for (id, details) in unseal_many(reader, &terms.keyring, &engagements)? {
            known.employers.insert(id, fold(details.employer.as_str()));
        }
        Ok(())
    }

    fn prepare(known: &Known, tx: &mut Tx<'_>) -> Result<(), Error> {
        let workers: Vec<WorkerId> = known.staff.values().map(|staff| staff.worker).collect();
        learn_keys(tx, &workers)
    }

    fn judge(&self, known: &mut Known, terms: &Terms, now: Timestamp) -> Verdict {
        if !self.worker.is_born_by(now) {
            let message = "The date of birth lies in the future.";
            let fault = terms.fault(Column::BirthDate, "in_the_future", message);
            return (Outcome::Unusable, vec![fault]);
        }
        let staff = self
            .staff_key
            .and_then(|staff_key| known.staff.get(&staff_key));
        let is_other = |worker: WorkerId| {
            known
                .people
                .get(&worker)
                .is_some_and(|(person, _)| *person != self.person)
        };
        let recorded = known
            .cards
            .get(&self.key)
            .filter(|held| held.credential.member == terms.member);
        let worker = staff
            .map(|staff| staff.worker)
            .or(recorded.map(|held| held.credential.worker));
        let engagement = staff
            .map(|staff| staff.engagement)
            .or(recorded.and_then(|held| held.credential.engagement));
        let mut changed = Vec::new();
        if let (Some(birth_date), Some((_, Some(known)))) = (
            &self.worker.birth_date,
            worker.and_then(|worker| known.people.get(&worker)),
        ) && birth_date != known
        {
            let message = "The worker is recorded with another date of birth. Correct the row or, if the record is wrong, the worker.";
            changed.push(terms.fault(Column::BirthDate, "other_birth_date", message));
        }
        if let Some(employer) = engagement.and_then(|engagement| known.employers.get(&engagement))
            && *employer != fold(self.engagement.employer.as_str())
        {
            let message = "The worker is recorded with another employer. Correct the row or, if the employer changed, end the engagement and begin a new one, with a new staff number.";
            changed.push(terms.fault(Column::Employer, "other_employer", message));
        }
        if let Some(held) = known.cards.get(&self.key) {
            let mut faults = self.differences(held, staff, terms);
            if held.credential.member == terms.member && is_other(held.credential.worker) {
                let message = "This card belongs to a worker of another name. Correct the row or, if the name changed, the worker.";
                faults.push(terms.fault(Column::FamilyName, "other_person", message));
            }
            if held.credential.member == terms.member {
                faults.append(&mut changed);
            }
            let outcome = if faults.is_empty() {
                Outcome::Same
            } else {
                Outcome::Conflict
            };
            return (outcome, faults);
        }
        if let Some(staff) = staff {
            let fault = if staff.ended {
                let message = "The engagement with this staff number is over. Begin a new one, with a new number.";
                Some(terms.fault(Column::StaffNumber, "engagement_ended", message))
            } else if is_other(staff.worker) {
                let message = "This staff number belongs to a worker of another name. Correct the row or, if the name changed, the worker.";
                Some(terms.fault(Column::StaffNumber, "other_person", message))
            } else if terms.own.contains(&staff.worker) {
                Some(terms.fault(Column::StaffNumber, "wrong_person", NOT_ONESELF))
            } else if staff.leaves {
                let message = "The worker is to be erased, so nothing new is recorded of them. A registrar can take it back.";
                Some(terms.fault(Column::StaffNumber, "erasure_waiting", message))
            } else if staff.undecided {
                Some(terms.fault(Column::StaffNumber, "match_open", MATCH_OPEN))
            } else if staff.banned {
                Some(terms.fault(Column::StaffNumber, "ban_stands", BAN_STANDS))
            } else if staff
                .exclusions
                .iter()
                // A file names no zones.
                .any(|exclusion| exclusion.reaches(&self.scope, |_| None))
            {
                let code = "exclusion_holds";
                Some(terms.fault(Column::StaffNumber, code, EXCLUSION_HOLDS))
            } else if let Some((code, message)) = staff.for_cause {
                Some(terms.fault(Column::StaffNumber, code, message))
            } else if staff
                .until
                .is_some_and(|until| until < last_day(self.valid_until))
            {
                let message =
                    "The engagement with this staff number ends before. Give its last day at most.";
                Some(terms.fault(Column::ValidUntil, "after_engagement", message))
            } else {
                None
            };
            changed.extend(fault);
            if !changed.is_empty() {
                return (Outcome::Conflict, changed);
            }
        }
        let screenings = staff.map_or(&[][..], |staff| &staff.screenings);
        if let Some(fault) = self.uncleared(screenings, terms, now) {
            return (Outcome::Conflict, vec![fault]);
        }
        let from = self.valid_from.unwrap_or(whole_seconds(now));
        let message = if self.valid_until <= now {
            (
                "past",
                "The last day is over. Leave out workers whose badge has expired.",
            )
        } else if check_validity(from, self.valid_until, now).is_err() {
            (
                "too_long",
                "The last day may lie at most ten years after the first.",
            )
        } else {
            return (Outcome::New, Vec::new());
        };
        (
            Outcome::Unusable,
            vec![terms.fault(Column::ValidUntil, message.0, message.1)],
        )
    }

    fn tells_of(&self, known: &Known, terms: &Terms) -> Vec<WorkerId> {
        let held = known.cards.get(&self.key);
        let own = held.filter(|held| held.credential.member == terms.member);
        let staff = self.staff_key.and_then(|key| known.staff.get(&key));
        let told = own.map(|held| held.credential.worker).into_iter();
        told.chain(staff.map(|staff| staff.worker)).collect()
    }

    fn enact(
        &self,
        known: &mut Known,
        terms: &Terms,
        tx: &mut Tx<'_>,
        caller: Caller,
        _: Leave,
    ) -> Result<(), Error> {
        let (keep, issue) = (caller.permit::<KeepWorkers>()?, caller.permit::<Issue>()?);
        let staff = self
            .staff_key
            .and_then(|staff_key| known.staff.get(&staff_key));
        let (worker, engagement) = match staff {
            Some(staff) => (staff.worker, staff.engagement),
            None => {
                let worker = register(tx, keep, &self.worker)?.value.id;
                let held = begin(tx, terms.member, worker, None, &self.engagement)?;
                let engagement = held.value.engagement.id;
                if let Some(staff_key) = self.staff_key {
                    known.staff.insert(
                        staff_key,
                        Employed {
                            worker,
                            engagement,
                            until: None,
                            ended: false,
                            undecided: false,
                            banned: false,
                            exclusions: Vec::new(),
                            for_cause: None,
                            leaves: false,
                            screenings: Vec::new(),
                        },
                    );
                }
                (worker, engagement)
            }
        };
        let card_system = terms
            .card_system()
            .ok_or_else(|| Error::internal("cards without a card system"))?;
        keep_number(tx, worker, self.key, &self.identifier)?;
        let card = BadgeCard {
            card_system,
            format: self.identifier.format(),
            key: self.key,
        };
        let credential = Credential {
            id: CredentialId::make(tx.environment),
            member: issue.caller().member,
            worker,
            engagement: Some(engagement),
            valid_from: self.valid_from.unwrap_or(whole_seconds(tx.now)),
            valid_until: self.valid_until,
            scope: self.scope.clone(),
        };
        let badge = Badge {
            id: BadgeId::make(tx.environment),
            medium: Medium::Card,
            cards: vec![card],
        };
        tx.state(Fact::CredentialIssued {
            credential,
            badges: vec![badge],
        })?;
        Ok(())
    }
}

impl WantedCredential {
    /// In what a known card's credential is not as the row wants it. Of another member's it is said only that it is
    /// taken.
    fn differences(&self, held: &Held, staff: Option<&Employed>, terms: &Terms) -> Vec<Fault> {
        let recorded = &held.credential;
        let mut faults = Vec::new();
        let mut differs = |is: bool, column, code, message: &'static str| {
            if is {
                faults.push(terms.fault(column, code, message));
            }
        };
        if recorded.member != terms.member {
            let message = "This card identifier is on a badge already. Each card is bound to one credential for ever; use another card.";
            differs(true, Column::CardNumber, "in_use", message);
            return faults;
        }
        differs(
            held.state == State::Revoked,
            Column::CardNumber,
            "credential_revoked",
            "The credential on this card is revoked, and revocation is final. Give the worker another card.",
        );
        differs(
            self.staff_key.is_some() && staff.map(|staff| staff.worker) != Some(recorded.worker),
            Column::StaffNumber,
            "other_worker",
            "This card is on a badge of a worker with another staff number, or without one.",
        );
        differs(
            self.valid_from
                .is_some_and(|from| from != recorded.valid_from),
            Column::ValidFrom,
            "other_valid_from",
            "The credential on this card begins on another day.",
        );
        differs(
            self.valid_until != recorded.valid_until,
            Column::ValidUntil,
            "other_valid_until",
            "The credential on this card ends on another day. A credential is not prolonged: issue a new one, on another card.",
        );
        differs(
            self.scope != recorded.scope,
            Column::Facilities,
            "other_scope",
            "The credential on this card is good at other facilities.",
        );
        faults
    }
}
