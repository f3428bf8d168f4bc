//! Rows of engagements: who works for whom. A person is named by our id or by a document; somebody whose document nobody of
//! the member has is registered with it, by the same door as a single one, which opens match cases.

use std::collections::{BTreeSet, HashMap};

use super::calendar;
use super::documents::document;
use super::file::cases::EngagementRow;
use super::file::columns::Column;
use super::file::sheet::Row;
use super::file::text::fold;
use super::plan::{Found, Leave, Verdict, Wanted};
use super::report::{Fault, Outcome};
use super::terms::{NOT_ONESELF, Terms};
use super::values::{StaffKey, keep, person, staff_key, text};
use crate::access::permission::{Caller, KeepWorkers};
use crate::domain::calendar::Day;
use crate::domain::document::Document;
use crate::domain::ids::{EngagementId, WorkerId};
use crate::domain::time::Timestamp;
use crate::domain::worker::{EngagementDetails, WorkerDetails};
use crate::service::blind::FoundUnder;
use crate::service::commit::Tx;
use crate::service::error::Error;
use crate::service::personal::{learn_keys, unseal_many};
use crate::service::workers::{engage, register};
use crate::store::{Reader, documents, erasures, workers};

mod known;

use known::{Held, Known, Named, Newcomer, Recorded};

/// An engagement to begin.
pub(super) struct WantedEngagement {
    named: Named,
    /// The one by which the row names them, if it does.
    document: Option<Document>,
    /// Who the row says it is, where it says so.
    worker: Option<WorkerDetails>,
    engagement: EngagementDetails,
    staff_key: Option<StaffKey>,
    starts_on: Option<Day>,
    until: Option<Day>,
}

/// How many engagements of one worker a row is compared with.
const ENGAGEMENTS_MAX: usize = 1_000;

impl Wanted for WantedEngagement {
    type Memory = ();
    type Known = Known;

    fn read(terms: &Terms, _: &mut (), row: &Row) -> Found<Self> {
        let wanted = match EngagementRow::read(&terms.layout, row) {
            Ok(row) => want(terms, row),
            Err(problems) => Err(problems.into_iter().map(Fault::from).collect()),
        };
        wanted.map_or_else(Found::unusable, |wanted| Found::Wanted(Box::new(wanted)))
    }

    fn look_up(
        known: &mut Known,
        reader: &mut Reader,
        terms: &Terms,
        wanted: &[&Self],
    ) -> Result<(), Error> {
        let found_under = FoundUnder::read(reader, &terms.keyring)?;
        let mut named: BTreeSet<WorkerId> = BTreeSet::new();
        for wanted in wanted {
            match wanted.named {
                Named::Worker(id) => {
                    named.insert(id);
                }
                Named::Bearer(key) if !known.bearers.contains_key(&key) => {
                    let document = wanted.document.as_slice();
                    let keys = found_under.of_documents(document);
                    let found = documents::within(reader, terms.member, &keys, None, 2)?;
                    named.extend(&found);
                    known.bearers.insert(key, found);
                }
                Named::Bearer(_) => {}
            }
        }
        let mut numbers: HashMap<[u8; 16], StaffKey> = HashMap::new();
        for wanted in wanted {
            let number = wanted.engagement.staff_number.as_ref();
            if let Some((number, staff_key)) = number.zip(wanted.staff_key) {
                let keys = found_under.all();
                let keys = keys.map(|key| key.staff_key(terms.member, number.as_str()));
                numbers.extend(keys.map(|key| (key, staff_key)));
            }
        }
        let keys: Vec<[u8; 16]> = numbers.keys().copied().collect();
        for (key, worker, _) in workers::by_staff_keys(reader, &keys)? {
            if let Some(&staff_key) = numbers.get(&key) {
                known.staff.insert(staff_key, Named::Worker(worker));
                named.insert(worker);
            }
        }
        named.retain(|id| !known.people.contains_key(id));
        let mut own: Vec<WorkerId> = Vec::new();
        for id in named {
            let found = workers::find(reader, id)?;
            own.extend(
                found
                    .filter(|worker| worker.value.member == terms.member)
                    .map(|_| id),
            );
        }
        let mut held: Vec<(EngagementId, Named, Held)> = Vec::new();
        for (id, details) in unseal_many(reader, &terms.keyring, &own)? {
            let leaves = erasures::waits(reader, id)?;
            let person = person(&details);
            let birth_date = details.birth_date;
            known.people.insert(
                id,
                Recorded {
                    person,
                    birth_date,
                    leaves,
                },
            );
            for found in workers::engagements_of(reader, id, terms.member, None, ENGAGEMENTS_MAX)? {
                let engagement = found.value.engagement;
                let one = Held {
                    staff_key: None,
                    employer: String::new(),
                    until: engagement.until,
                    ended: found.value.ended,
                };
                held.push((engagement.id, Named::Worker(id), one));
            }
        }
        let ids: Vec<EngagementId> = held.iter().map(|(id, ..)| *id).collect();
        let details = unseal_many(reader, &terms.keyring, &ids)?;
        let mut details: HashMap<EngagementId, EngagementDetails> = details.into_iter().collect();
        for (id, named, one) in held {
            let Some(details) = details.remove(&id) else {
                continue;
            };
            let number = details.staff_number.as_ref();
            let one = Held {
                staff_key: number.map(|number| staff_key(number.as_str())),
                employer: fold(details.employer.as_str()),
                ..one
            };
            known.engagements.entry(named).or_default().push(one);
        }
        Ok(())
    }

    fn prepare(known: &Known, tx: &mut Tx<'_>) -> Result<(), Error> {
        let workers: Vec<WorkerId> = known.people.keys().copied().collect();
        learn_keys(tx, &workers)
    }

    fn judge(&self, known: &mut Known, terms: &Terms, now: Timestamp) -> Verdict {
        let (today, unusable) = (Day::of(now), |fault| (Outcome::Unusable, vec![fault]));
        if self.starts_on.is_some_and(|day| day > today) {
            let message = "An engagement begins when the file is applied. Bring in this row on its first day or later.";
            return unusable(terms.fault(Column::ValidFrom, "in_the_future", message));
        }
        let is_born = |worker: &WorkerDetails| worker.is_born_by(now);
        if !self.worker.as_ref().is_none_or(is_born) {
            let message = "The date of birth lies in the future.";
            return unusable(terms.fault(Column::BirthDate, "in_the_future", message));
        }
        let (subject, mut faults) = match self.who(known, terms) {
            Ok(subject) => subject,
            Err(verdict) => return verdict,
        };
        if let Some(fault) = self.contradicts(known, terms, subject) {
            faults.push(fault);
        }
        let employer = fold(self.engagement.employer.as_str());
        let of_subject = known.engagements.get(&subject).into_iter().flatten();
        let recorded = match self.staff_key {
            Some(key) => of_subject
                .into_iter()
                .find(|held| held.staff_key == Some(key)),
            None => of_subject
                .into_iter()
                .find(|held| held.employer == employer && !held.ended),
        };
        if let Some(held) = recorded {
            let mut differs = |is: bool, column, code, message: &'static str| {
                if is {
                    faults.push(terms.fault(column, code, message));
                }
            };
            let message = "The engagement with this staff number is over. Begin a new one, with a new number.";
            differs(held.ended, Column::StaffNumber, "engagement_ended", message);
            let message = "The engagement with this staff number is for another employer. End it and begin a new one, with a new staff number.";
            differs(
                held.employer != employer,
                Column::Employer,
                "other_employer",
                message,
            );
            let message = "The worker has this engagement with another last day. End it first, or correct the row.";
            differs(
                held.until != self.until,
                Column::ValidUntil,
                "other_until",
                message,
            );
            let outcome = match faults.is_empty() {
                true => Outcome::Same,
                false => Outcome::Conflict,
            };
            return (outcome, faults);
        }
        if !faults.is_empty() {
            return (Outcome::Conflict, faults);
        }
        if self.until.is_some_and(|until| until < today) {
            let message = "The last day is over. Leave out engagements that have ended.";
            return unusable(terms.fault(Column::ValidUntil, "past", message));
        }
        if let (Named::Bearer(key), Some(worker)) = (subject, &self.worker) {
            known.newcomers.entry(key).or_insert_with(|| Newcomer {
                person: person(worker),
                birth_date: worker.birth_date.clone(),
                id: None,
            });
        }
        if let Some(staff_key) = self.staff_key {
            known.staff.insert(staff_key, subject);
        }
        known.engagements.entry(subject).or_default().push(Held {
            staff_key: self.staff_key,
            employer,
            until: self.until,
            ended: false,
        });
        (Outcome::New, Vec::new())
    }

    fn tells_of(&self, known: &Known, _: &Terms) -> Vec<WorkerId> {
        let staff = self.staff_key.and_then(|key| known.staff.get(&key));
        let named = [Some(known.recorded(self.named)), staff.copied()];
        let workers = named.into_iter().flatten().filter_map(|named| match named {
            Named::Worker(id) => Some(id),
            Named::Bearer(_) => None,
        });
        workers.filter(|id| known.people.contains_key(id)).collect()
    }

    fn enact(
        &self,
        known: &mut Known,
        _: &Terms,
        tx: &mut Tx<'_>,
        caller: Caller,
        _: Leave,
    ) -> Result<(), Error> {
        let keep = caller.permit::<KeepWorkers>()?;
        let worker = match known.subject(self.named) {
            Named::Worker(id) => id,
            Named::Bearer(key) => {
                let details = self.worker.as_ref();
                let details = details.ok_or_else(|| Error::internal("a newcomer has no name"))?;
                let id = register(tx, keep, details)?.value.id;
                if let Some(newcomer) = known.newcomers.get_mut(&key) {
                    newcomer.id = Some(id);
                }
                id
            }
        };
        engage(tx, keep, worker, self.until, &self.engagement).map(drop)
    }
}

impl WantedEngagement {
    /// Whom the row is about, with what speaks against it.
    fn who(&self, known: &Known, terms: &Terms) -> Result<(Named, Vec<Fault>), Verdict> {
        let mut faults = Vec::new();
        let subject = match self.named {
            Named::Worker(id) if !known.people.contains_key(&id) => {
                let message = "Your member has no such worker. Give the id as it was answered when the worker was registered, or a document.";
                let fault = terms.fault(Column::WorkerId, "not_found", message);
                return Err((Outcome::Unusable, vec![fault]));
            }
            Named::Bearer(key) if known.bearers.get(&key).is_some_and(|found| found.len() > 1) => {
                let message = "Several of your member's workers bear this document. Name the one that is meant by its id.";
                let fault = terms.fault(Column::DocumentNumber, "several_workers", message);
                return Err((Outcome::Conflict, vec![fault]));
            }
            named => known.recorded(named),
        };
        match subject {
            Named::Bearer(_) if self.worker.is_none() => {
                let message = "None of your member's workers bears this document. Give family name and given names, so that the person can be registered.";
                let fault = terms.fault(Column::DocumentNumber, "not_found", message);
                return Err((Outcome::Unusable, vec![fault]));
            }
            Named::Bearer(_) => {}
            Named::Worker(id) => {
                if terms.own.contains(&id) {
                    faults.push(terms.fault(self.column(), "wrong_person", NOT_ONESELF));
                }
                if known
                    .people
                    .get(&id)
                    .is_some_and(|recorded| recorded.leaves)
                {
                    let message = "The worker is to be erased, so nothing new is recorded of them. A registrar can take it back.";
                    faults.push(terms.fault(self.column(), "erasure_waiting", message));
                }
            }
        }
        if let Some(key) = self.staff_key
            && known.staff.get(&key).is_some_and(|&other| other != subject)
        {
            let message = "This staff number belongs to another worker's engagement.";
            faults.push(terms.fault(Column::StaffNumber, "in_use", message));
        }
        Ok((subject, faults))
    }

    /// What the row says of the person that is not as it is recorded.
    fn contradicts(&self, known: &Known, terms: &Terms, subject: Named) -> Option<Fault> {
        let worker = self.worker.as_ref()?;
        let (recorded, birth_date) = match subject {
            Named::Worker(id) => {
                let recorded = known.people.get(&id)?;
                (recorded.person, recorded.birth_date.as_ref())
            }
            Named::Bearer(key) => {
                let newcomer = known.newcomers.get(&key)?;
                (newcomer.person, newcomer.birth_date.as_ref())
            }
        };
        if recorded != person(worker) {
            let message = "The worker is recorded by another name. Correct the row or, if the name changed, the worker.";
            return Some(terms.fault(Column::FamilyName, "other_person", message));
        }
        let born = (worker.birth_date.as_ref(), birth_date);
        matches!(born, (Some(said), Some(known)) if said != known).then(|| {
            let message = "The worker is recorded with another date of birth. Correct the row or, if the record is wrong, the worker.";
            terms.fault(Column::BirthDate, "other_birth_date", message)
        })
    }

    const fn column(&self) -> Column {
        match self.named {
            Named::Worker(_) => Column::WorkerId,
            Named::Bearer(_) => Column::DocumentNumber,
        }
    }
}

fn want(terms: &Terms, row: EngagementRow) -> Result<WantedEngagement, Vec<Fault>> {
    let mut faults = Vec::new();
    let employer = keep(&mut faults, text(terms, Column::Employer, &row.employer));
    let staff_number = row.staff_number.as_deref();
    let staff_number = staff_number.map(|number| text(terms, Column::StaffNumber, number));
    let staff_number = keep(&mut faults, staff_number.transpose());
    let named = match (&row.worker, &row.document_number) {
        (Some(_), Some(_)) | (None, None) => {
            let message = "Name the worker by the worker id or by a document, and not by both.";
            faults.push(terms.fault(Column::WorkerId, "one_name", message));
            None
        }
        (Some(id), None) => {
            let id = id.parse().map_err(|refused: crate::domain::ids::NotAnId| {
                terms.fault(Column::WorkerId, "not_an_id", refused.to_string())
            });
            keep(&mut faults, id).map(|id| (Named::Worker(id), None))
        }
        (None, Some(number)) => {
            let kind = row.document_kind.as_deref().unwrap_or_default();
            let country = row.document_country.as_deref().unwrap_or_default();
            match document(terms, [kind, country, number]) {
                Ok((document, key)) => Some((Named::Bearer(key), Some(document))),
                Err(wrong) => {
                    faults.extend(wrong);
                    None
                }
            }
        }
    };
    let names = match (&row.family_name, &row.given_names) {
        (Some(family), Some(given)) => {
            let family = keep(&mut faults, text(terms, Column::FamilyName, family));
            let given = keep(&mut faults, text(terms, Column::GivenNames, given));
            family.zip(given)
        }
        (None, None) => None,
        _ => {
            let message = "Give both family name and given names, or neither.";
            faults.push(terms.fault(Column::FamilyName, "missing_value", message));
            None
        }
    };
    let moment =
        |day: Option<jiff::civil::Date>, column, of: fn(jiff::civil::Date) -> Option<Timestamp>| {
            let Some(day) = day else {
                return Ok(None);
            };
            let message = "must lie between the years 1970 and 2104";
            // The text of a day is the same on both sides.
            match (of(day), day.to_string().parse::<Day>()) {
                (Some(_), Ok(day)) => Ok(Some(day)),
                _ => Err(terms.fault(column, "out_of_range", message)),
            }
        };
    let starts_on = moment(row.starts_on, Column::ValidFrom, calendar::start_of);
    let starts_on = keep(&mut faults, starts_on);
    let until = keep(
        &mut faults,
        moment(row.ends_on, Column::ValidUntil, calendar::end_of),
    );
    let (Some((named, document)), Some(employer), Some(staff_number)) =
        (named, employer, staff_number)
    else {
        return Err(faults);
    };
    let (Some(starts_on), Some(until), true) = (starts_on, until, faults.is_empty()) else {
        return Err(faults);
    };
    let worker = names.map(|(family_name, given_names)| WorkerDetails {
        family_name,
        given_names,
        birth_date: row.birth_date.map(|day| day.to_string()),
        documents: document.iter().cloned().collect(),
        former_documents: Vec::new(),
    });
    let engagement = EngagementDetails {
        employer,
        staff_number,
    };
    let number = engagement.staff_number.as_ref();
    let staff_key = number.map(|number| staff_key(number.as_str()));
    Ok(WantedEngagement {
        named,
        document,
        worker,
        engagement,
        staff_key,
        starts_on,
        until,
    })
}
