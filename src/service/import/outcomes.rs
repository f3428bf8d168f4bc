//! Rows of what the authority advises in screenings.
//!
//! A file is no act of its own: each row is what the same words by hand would be. So each advice that a second person must let
//! happen is asked for by itself, and whoever grants it sees whom it is about, is refused when that is themselves, and is told
//! when just this screening was touched meanwhile; bad news about somebody who was cleared takes effect with its row and is
//! confirmed afterwards. One answer for a whole file would hide in a digest whom it clears.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};

use super::file::cases::OutcomeRow;
use super::file::columns::Column;
use super::file::sheet::Row;
use super::plan::{Found, Leave, Verdict, Wanted};
use super::report::{Fault, Outcome};
use super::terms::{NEEDS_PERSON, NOT_ONESELF, Terms};
use super::values::keep;
use super::words;
use crate::access::permission::{Caller, KeepScreenings};
use crate::domain::approval::{Act, Desk};
use crate::domain::calendar::Day;
use crate::domain::ids::{NotAnId, ScreeningId, WorkerId};
use crate::domain::screening::{
    Advice, Change, Function, NotAReference, Refused, Screening, State, Validity,
};
use crate::domain::time::Timestamp;
use crate::ledger::replay::Screened;
use crate::service::commit::Tx;
use crate::service::effects;
use crate::service::error::Error;
use crate::service::screenings::{NO_ADVICE, Ruling, advised, clears, record};
use crate::service::sharing;
use crate::store::{Reader, approvals, match_cases, screenings};

/// An advice to record.
pub(super) struct WantedOutcome {
    named: Named,
    advice: Advice,
    ruling: Ruling,
    /// Until when it holds, where the row says so.
    valid_until: Option<Day>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Named {
    Screening(ScreeningId),
    Worker(WorkerId, Function),
}

/// Where the screenings stand that the rows name, as earlier rows left them.
#[derive(Default)]
pub(super) struct Known {
    /// The member's own.
    cases: HashMap<ScreeningId, Case>,
    /// How long what clears holds now.
    validity: Validity,
    /// The open one, or else the last.
    of_worker: HashMap<(WorkerId, Function), ScreeningId>,
    /// All screenings of each person, at whichever member, under the first of their records.
    people: HashMap<WorkerId, Vec<Screened>>,
}

struct Case {
    screened: Screened,
    /// The first of the person's records.
    person: WorkerId,
    /// What is asked for already of it as it is.
    waiting: Option<(Change, Timestamp)>,
}

/// How many are read at once of what waits for its second person.
const PAGE: usize = 500;
/// How many screenings of one worker are looked at.
const SCREENINGS_MAX: usize = 1_000;

impl Wanted for WantedOutcome {
    type Memory = ();
    type Known = Known;

    fn read(terms: &Terms, _: &mut (), row: &Row) -> Found<Self> {
        let wanted = match OutcomeRow::read(&terms.layout, row) {
            Ok(row) => want(terms, &row),
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
        known.validity = sharing::validity(reader)?;
        let mut found: Vec<Screened> = Vec::new();
        let mut workers: BTreeSet<WorkerId> = BTreeSet::new();
        for wanted in wanted {
            match wanted.named {
                Named::Screening(id) if !known.cases.contains_key(&id) => {
                    found.extend(screenings::find(reader, id)?);
                }
                Named::Worker(worker, function)
                    if !known.of_worker.contains_key(&(worker, function)) =>
                {
                    workers.insert(worker);
                }
                Named::Screening(_) | Named::Worker(..) => {}
            }
        }
        for worker in workers {
            let all = screenings::of_worker(reader, worker, terms.member, None, SCREENINGS_MAX)?;
            for screened in all {
                let named = (worker, screened.screening.function);
                let is_open = screened.standing.state.is_open();
                let has_open = known
                    .of_worker
                    .get(&named)
                    .and_then(|id| known.cases.get(id))
                    .is_some_and(|case| case.screened.standing.state.is_open());
                if is_open || !has_open {
                    known.of_worker.insert(named, screened.screening.id);
                }
                found.push(screened);
            }
        }
        found.retain(|screened| screened.screening.member == terms.member);
        for screened in found {
            known.add(reader, screened)?;
        }
        let mut after = None;
        loop {
            let member = Some(terms.member);
            let page = approvals::list(reader, member, Desk::Screenings, true, after, PAGE)?;
            let Some(last) = page.last() else {
                return Ok(());
            };
            after = Some(last.approval.id);
            for asked in page {
                if let Act::MoveScreening {
                    screening,
                    version,
                    change,
                } = asked.approval.act
                    && let Some(case) = known.cases.get_mut(&screening)
                    && case.screened.version == version
                {
                    case.waiting = Some((change, asked.approval.expires_at));
                }
            }
        }
    }

    fn prepare(_: &Known, _: &mut Tx<'_>) -> Result<(), Error> {
        Ok(())
    }

    fn judge(&self, known: &mut Known, terms: &Terms, now: Timestamp) -> Verdict {
        let (id, validity) = (known.id(self.named), known.validity);
        let Some(case) = id.and_then(|id| known.cases.get_mut(&id)) else {
            let message = "Your member has no such screening. Give its id, or the worker id and the function of one that was sent to the authority.";
            let fault = terms.fault(self.column(), "not_found", message);
            return (Outcome::Unusable, vec![fault]);
        };
        let change = advised(self.advice, &self.ruling, validity);
        // What stands keeps what it was given, however long it would hold now.
        let standing = &case.screened.standing;
        let recorded = standing.outcome.as_ref().filter(|recorded| {
            let same = |outcome| recorded.is_same_decision(outcome);
            stands(self.advice, standing.state) && change.outcome().is_some_and(same)
        });
        let follows = recorded.or(change.outcome());
        let follows = follows.and_then(|outcome| outcome.valid_until);
        if let Some(said) = self.valid_until
            && Some(said) != follows
        {
            let message = match follows {
                Some(day) => format!(
                    "The last day follows from the day of notification: it is {day}. Correct the row."
                ),
                None => {
                    "An advice that clears nobody has no last day. Leave the cell empty.".to_owned()
                }
            };
            let fault = terms.fault(Column::ValidUntil, "other_valid_until", message);
            return (Outcome::Unusable, vec![fault]);
        }
        let waits = case.waiting.as_ref().filter(|(_, until)| now < *until);
        if recorded.is_some() || waits.is_some_and(|(asked, _)| asked.is_same_step(&change)) {
            return (Outcome::Same, Vec::new());
        }
        let conflict = |column, code, message: String| {
            (Outcome::Conflict, vec![terms.fault(column, code, message)])
        };
        if terms.own.contains(&case.screened.screening.worker) {
            return conflict(self.column(), "wrong_person", NOT_ONESELF.to_owned());
        }
        if !terms.by_person {
            return conflict(self.column(), "wrong_person", NEEDS_PERSON.to_owned());
        }
        let function = case.screened.screening.function;
        let of_person = known.people.entry(case.person).or_default();
        let is_cleared = || {
            effects::cleared_by(of_person, Day::of(now))
                .until(function)
                .is_some()
        };
        let at_once = self.advice == Advice::Negative && (clears(&case.screened) || is_cleared());
        if waits.is_some() && !at_once {
            let message = "Another step of this screening waits for its second person. Let it be answered or take it back first.";
            return conflict(self.column(), "other_waits", message.to_owned());
        }
        match standing.moved(&case.screened.screening, &change, Day::of(now)) {
            Ok(moved) if at_once => {
                for screened in of_person {
                    if screened.screening.id == case.screened.screening.id {
                        screened.standing = moved.clone();
                    }
                }
                case.screened.standing = moved;
            }
            Ok(_) => case.waiting = Some((change, Timestamp::MAX)),
            Err(refused @ (Refused::InFuture(_) | Refused::Backdated(_))) => {
                let message = format!("Correct the day: {refused}.");
                return conflict(Column::DecidedOn, "wrong_day", message);
            }
            Err(refused) => {
                let message = format!("Nothing is recorded: {refused}.");
                return conflict(self.column(), "state", message);
            }
        }
        (Outcome::New, Vec::new())
    }

    fn tells_of(&self, known: &Known, _: &Terms) -> Vec<WorkerId> {
        let case = known.id(self.named).and_then(|id| known.cases.get(&id));
        case.map(|case| case.screened.screening.worker)
            .into_iter()
            .collect()
    }

    fn enact(
        &self,
        known: &mut Known,
        _: &Terms,
        tx: &mut Tx<'_>,
        caller: Caller,
        _: Leave,
    ) -> Result<(), Error> {
        let id = known.id(self.named);
        let id = id.ok_or_else(|| Error::internal("a new outcome without a screening"))?;
        let permit = caller.permit::<KeepScreenings>()?;
        record(tx, permit, id, self.advice, &self.ruling).map(drop)
    }
}

/// Whether a screening stands as this advice left it.
fn stands(advice: Advice, state: State) -> bool {
    match advice {
        Advice::Positive => state == State::Cleared,
        Advice::PositiveWithWarning => state == State::ClearedConditional,
        Advice::Negative => !matches!(state, State::Cleared | State::ClearedConditional),
    }
}

impl Known {
    fn add(&mut self, reader: &mut Reader, screened: Screened) -> Result<(), Error> {
        let Screening { id, worker, .. } = screened.screening;
        if self.cases.contains_key(&id) {
            return Ok(());
        }
        let records = match_cases::same_person(reader, worker)?;
        let person = records.first().copied().unwrap_or(worker);
        if let Entry::Vacant(unknown) = self.people.entry(person) {
            let records: Vec<WorkerId> = records.into_iter().collect();
            unknown.insert(screenings::of_person(reader, &records)?);
        }
        let case = Case {
            screened,
            person,
            waiting: None,
        };
        self.cases.insert(id, case);
        Ok(())
    }

    fn id(&self, named: Named) -> Option<ScreeningId> {
        match named {
            Named::Screening(id) => Some(id),
            Named::Worker(worker, function) => self.of_worker.get(&(worker, function)).copied(),
        }
    }
}

impl WantedOutcome {
    const fn column(&self) -> Column {
        match self.named {
            Named::Screening(_) => Column::ScreeningId,
            Named::Worker(..) => Column::WorkerId,
        }
    }
}

fn want(terms: &Terms, row: &OutcomeRow) -> Result<WantedOutcome, Vec<Fault>> {
    let mut faults = Vec::new();
    let not_an_id =
        |column| move |refused: NotAnId| terms.fault(column, "not_an_id", refused.to_string());
    let named = match (&row.screening, &row.worker, &row.function) {
        (Some(id), None, _) => {
            let id = id.parse().map_err(not_an_id(Column::ScreeningId));
            keep(&mut faults, id).map(Named::Screening)
        }
        (None, Some(worker), Some(function)) => {
            let worker = worker.parse().map_err(not_an_id(Column::WorkerId));
            let worker = keep(&mut faults, worker);
            let function = words::function(function).ok_or_else(|| {
                let message = "must be cargo_access, cargo_data or unescorted_access";
                terms.fault(Column::Function, "value", message)
            });
            let function = keep(&mut faults, function);
            worker
                .zip(function)
                .map(|(worker, function)| Named::Worker(worker, function))
        }
        _ => {
            let message =
                "Name the screening by its id, or by worker id and function, and not by both.";
            faults.push(terms.fault(Column::ScreeningId, "one_name", message));
            None
        }
    };
    let advice = words::advice(&row.advice).ok_or_else(|| {
        let message = "must be positive, positive_with_warning or negative; what comes of an appeal is recorded by hand";
        terms.fault(Column::Advice, "value", message)
    });
    let advice = keep(&mut faults, advice);
    let authority = match words::authority(&row.authority) {
        Some(crate::domain::screening::Authority::AppealBody) => {
            Err(terms.fault(Column::Authority, "not_for_advice", NO_ADVICE))
        }
        Some(authority) => Ok(authority),
        None => Err(terms.fault(Column::Authority, "value", "must be namb")),
    };
    let authority = keep(&mut faults, authority);
    let reference = row.reference.parse().map_err(|refused: NotAReference| {
        terms.fault(Column::Reference, "value", refused.to_string())
    });
    let reference = keep(&mut faults, reference);
    let day = |day: jiff::civil::Date, column| {
        let message = "must lie between the years 1970 and 2104";
        let day = day.to_string().parse::<Day>();
        day.map_err(|_| terms.fault(column, "out_of_range", message))
    };
    let date = keep(&mut faults, day(row.decided_on, Column::DecidedOn));
    let valid_until = row
        .valid_until
        .map(|until| day(until, Column::ValidUntil))
        .transpose();
    let valid_until = keep(&mut faults, valid_until);
    match (named, advice, authority, reference, date, valid_until) {
        (
            Some(named),
            Some(advice),
            Some(authority),
            Some(reference),
            Some(date),
            Some(valid_until),
        ) => Ok(WantedOutcome {
            named,
            advice,
            ruling: Ruling {
                authority,
                reference,
                date,
            },
            valid_until,
        }),
        _ => Err(faults),
    }
}
