//! Screenings of a worker for one function: opening one, and what happens to it afterwards.
//!
//! Which change leads where, and what its date must be, is one pure function for this file, the tables and the replay:
//! [`Standing::moved`](crate::domain::screening::Standing::moved). Here stands who may ask for it. What it means for the
//! person's credentials follows in the same transaction: see [`effects`].

use super::approvals::{self, Outcome as Of};
use super::bulk;
use super::commit::Tx;
use super::effects;
use super::erasures;
use super::error::{Code, Error};
use super::sharing;
use crate::access::permission::{Caller, DecideScreenings, KeepScreenings, Permit, ReadScreenings};
use crate::domain::approval::{Act, CONFIRM_MS, Done};
use crate::domain::calendar::Day;
use crate::domain::ids::{MemberId, ScreeningId, WorkerId};
use crate::domain::screening::{
    Advice, AppealDecision, Authority, Change, Function, Outcome, Reference, Screening, State,
    Validity,
};
use crate::domain::time::Timestamp;
use crate::ledger::entry::Fact;
use crate::ledger::replay::Screened;
use crate::store::{Reader, screenings, workers};

/// What an authority decided, as it is recorded. Until when it holds is not said but follows.
#[derive(Debug, Clone)]
pub struct Ruling {
    /// Who decided.
    pub authority: Authority,
    /// Under which reference.
    pub reference: Reference,
    /// The day on which the worker was notified.
    pub date: Day,
}

impl Ruling {
    fn leading_to(&self, state: State, validity: Validity) -> Outcome {
        Outcome {
            authority: self.authority,
            reference: self.reference.clone(),
            date: self.date,
            valid_until: state.valid_until(self.date, validity),
        }
    }
}

/// Opens a screening of a worker of the caller's member, who has consented.
///
/// Who is cleared is screened anew while that lasts, so that no day is lost between the two. That the same person was refused by
/// another record does not hinder it: the State answers anew. What all answers together
/// mean for the person is for [`effects`].
pub fn open(
    tx: &mut Tx<'_>,
    permit: Permit<KeepScreenings>,
    worker: WorkerId,
    function: Function,
    consented_at: Timestamp,
) -> Result<Screened, Error> {
    let member = permit.caller().member;
    let found =
        workers::find(tx.reader()?, worker)?.filter(|worker| permit.covers(worker.value.member));
    found.ok_or_else(|| Error::not_found("worker"))?;
    approvals::not_oneself(tx, permit.caller(), worker)?;
    erasures::none_waits(tx, worker)?;
    let screening = Screening {
        id: ScreeningId::make(tx.environment),
        worker,
        member,
        function,
        consented_at,
    };
    let standing = screening.opened(tx.now).map_err(|_| {
        Error::field(
            "/consented_at",
            "in_future",
            "must not lie in the future: consent comes first",
        )
    })?;
    if screenings::hinder_another(tx.reader()?, worker, function)? {
        return Err(Error::new(
            Code::ScreeningOpen,
            "The worker has a screening for this function that is not decided yet; go on with that one.",
        ));
    }
    let version = tx.state(Fact::ScreeningOpened(screening.clone()))?;
    Ok(Screened {
        screening,
        standing,
        since: tx.now,
        version,
    })
}

/// Notes that it was sent to the authority.
pub fn submit(
    tx: &mut Tx<'_>,
    permit: Permit<KeepScreenings>,
    id: ScreeningId,
) -> Result<Screened, Error> {
    advance(tx, permit, id, Change::Submitted)
}

/// Records what the authority advises. A second person must let it happen. Unfavourably about somebody who is cleared,
/// by whichever screening of whichever member, it takes effect at once, and is confirmed afterwards; but not the next after
/// many by one person.
pub fn record(
    tx: &mut Tx<'_>,
    permit: Permit<KeepScreenings>,
    id: ScreeningId,
    advice: Advice,
    ruling: &Ruling,
) -> Result<Of<Screened>, Error> {
    if ruling.authority == Authority::AppealBody {
        return Err(Error::field("/authority", "not_for_advice", NO_ADVICE));
    }
    let change = advised(advice, ruling, sharing::validity(tx.reader()?)?);
    let screened = own(tx.reader()?, id, |member| permit.covers(member))?;
    let Screening {
        worker, function, ..
    } = screened.screening;
    let is_bad = advice == Advice::Negative
        && (clears(&screened) || effects::is_cleared(tx, worker, function)?);
    if is_bad {
        return bring(tx, permit.caller(), screened, change);
    }
    ask(tx, permit.caller(), &screened, change)
}

/// Takes a step that takes somebody's clearance: at once, as they must not go on handling cargo while a second person is looked
/// for. One confirms it afterwards; after many by one person the next waits for them.
fn bring(
    tx: &mut Tx<'_>,
    caller: Caller,
    screened: Screened,
    change: Change,
) -> Result<Of<Screened>, Error> {
    if bulk::needs_two_for_news(tx, caller)? {
        return ask(tx, caller, &screened, change);
    }
    approvals::not_oneself(tx, caller, screened.screening.worker)?;
    let moved = apply(tx, screened, change)?;
    let Screening { id, worker, .. } = moved.screening;
    let (done, due) = (Done::Outcome { screening: id }, tx.now.plus_ms(CONFIRM_MS));
    approvals::to_confirm(tx, caller, worker, done, moved.version, due)?;
    Ok(Of::Done(moved))
}

/// Whether this screening is one that clears.
pub(super) fn clears(screened: &Screened) -> bool {
    let state = screened.standing.state;
    matches!(state, State::Cleared | State::ClearedConditional)
}

/// The appeal body decides appeals; it gives no first advice.
pub(super) const NO_ADVICE: &str =
    "The appeal body gives no advice; record what it decides as the outcome of an appeal.";

/// The step that an advice is.
pub(super) fn advised(advice: Advice, ruling: &Ruling, validity: Validity) -> Change {
    match advice {
        Advice::Positive => Change::Positive(ruling.leading_to(State::Cleared, validity)),
        Advice::PositiveWithWarning => {
            Change::PositiveWithWarning(ruling.leading_to(State::ClearedConditional, validity))
        }
        Advice::Negative => Change::Negative(ruling.leading_to(State::Refused, validity)),
    }
}

/// Notes that the worker appealed on this day.
pub fn appeal(
    tx: &mut Tx<'_>,
    permit: Permit<KeepScreenings>,
    id: ScreeningId,
    on: Day,
) -> Result<Screened, Error> {
    let change = Change::Appealed { on };
    advance(tx, permit, id, change)
}

/// Asks for what came of an appeal to be recorded.
pub fn decide_appeal(
    tx: &mut Tx<'_>,
    permit: Permit<DecideScreenings>,
    id: ScreeningId,
    decision: AppealDecision,
    ruling: &Ruling,
) -> Result<Of<Screened>, Error> {
    let validity = sharing::validity(tx.reader()?)?;
    let change = match decision {
        AppealDecision::Granted => {
            Change::AppealGranted(ruling.leading_to(State::Cleared, validity))
        }
        AppealDecision::Dismissed => {
            Change::AppealDismissed(ruling.leading_to(State::RefusedFinal, validity))
        }
    };
    let screened = own(tx.reader()?, id, |member| permit.covers(member))?;
    ask(tx, permit.caller(), &screened, change)
}

/// Asks for a refusal to be made final whose term of appeal ran out unused.
pub fn finalise(
    tx: &mut Tx<'_>,
    permit: Permit<DecideScreenings>,
    id: ScreeningId,
) -> Result<Of<Screened>, Error> {
    let screened = own(tx.reader()?, id, |member| permit.covers(member))?;
    ask(tx, permit.caller(), &screened, Change::Finalised)
}

/// Asks to note that the mitigation was not shown that a warning asks for.
pub fn condition_unmet(
    tx: &mut Tx<'_>,
    permit: Permit<DecideScreenings>,
    id: ScreeningId,
) -> Result<Of<Screened>, Error> {
    let screened = own(tx.reader()?, id, |member| permit.covers(member))?;
    ask(tx, permit.caller(), &screened, Change::ConditionUnmet)
}

/// Notes of up to `limit` screenings that the last day of their validity has passed. Answers of how many.
pub(super) fn sweep(tx: &mut Tx<'_>, limit: usize) -> Result<usize, Error> {
    let today = Day::of(tx.now);
    let due = screenings::due(tx.reader()?, today, limit)?;
    let swept = due.len();
    for screened in due {
        apply(tx, screened, Change::Lapsed)?;
    }
    Ok(swept)
}

/// Closes a screening whose worker withdrew consent. One that clears them is closed as bad news is brought: what takes a
/// clearance from many people is looked at by a second person, whatever it is called.
pub fn withdraw(
    tx: &mut Tx<'_>,
    permit: Permit<KeepScreenings>,
    id: ScreeningId,
) -> Result<Of<Screened>, Error> {
    let change = Change::ConsentWithdrawn;
    let screened = own(tx.reader()?, id, |member| permit.covers(member))?;
    if clears(&screened) {
        return bring(tx, permit.caller(), screened, change);
    }
    advance(tx, permit, id, change).map(Of::Done)
}

/// A screening at the caller's member.
pub fn show(
    reader: &mut Reader,
    permit: Permit<ReadScreenings>,
    id: ScreeningId,
) -> Result<Screened, Error> {
    own(reader, id, |member| permit.covers(member))
}

/// The screenings at the caller's member, a page of them; in one state only, if one is named.
pub fn list(
    reader: &mut Reader,
    permit: Permit<ReadScreenings>,
    state: Option<State>,
    after: Option<ScreeningId>,
    limit: usize,
) -> Result<Vec<Screened>, Error> {
    let member = permit.caller().member;
    Ok(screenings::list(reader, member, state, after, limit)?)
}

/// The screenings of one worker of the caller's member, a page of them.
pub fn of_worker(
    reader: &mut Reader,
    permit: Permit<ReadScreenings>,
    worker: WorkerId,
    after: Option<ScreeningId>,
    limit: usize,
) -> Result<Vec<Screened>, Error> {
    let found = workers::find(reader, worker)?.filter(|worker| permit.covers(worker.value.member));
    found.ok_or_else(|| Error::not_found("worker"))?;
    let member = permit.caller().member;
    Ok(screenings::of_worker(reader, worker, member, after, limit)?)
}

fn advance(
    tx: &mut Tx<'_>,
    permit: Permit<KeepScreenings>,
    id: ScreeningId,
    change: Change,
) -> Result<Screened, Error> {
    let screened = own(tx.reader()?, id, |member| permit.covers(member))?;
    approvals::not_oneself(tx, permit.caller(), screened.screening.worker)?;
    apply(tx, screened, change)
}

/// Asks for the second person, if the step can be taken at all.
fn ask(
    tx: &mut Tx<'_>,
    caller: Caller,
    screened: &Screened,
    change: Change,
) -> Result<Of<Screened>, Error> {
    let screening = &screened.screening;
    screened
        .standing
        .moved(screening, &change, Day::of(tx.now))?;
    let act = Act::MoveScreening {
        screening: screening.id,
        version: screened.version,
        change,
    };
    let asked = approvals::ask(tx, caller, screening.worker, act)?;
    Ok(Of::Asked(Box::new(asked)))
}

/// Takes a step that a second person let happen, if the screening is still as it was when it was asked for.
pub(super) fn approved(
    tx: &mut Tx<'_>,
    id: ScreeningId,
    version: u64,
    change: &Change,
) -> Result<(), Error> {
    let screened = own(tx.reader()?, id, |_| true)?;
    if screened.version != version {
        return Err(approvals::stale("The screening was touched meanwhile."));
    }
    if let Some(outcome) = change.outcome() {
        let leads_to = crate::domain::screening::apply(screened.standing.state, change)?;
        let validity = sharing::validity(tx.reader()?)?;
        if outcome.valid_until != leads_to.valid_until(outcome.date, validity) {
            return Err(approvals::stale(
                "How long screenings hold was changed meanwhile.",
            ));
        }
    }
    apply(tx, screened, change.clone())?;
    Ok(())
}

fn apply(tx: &mut Tx<'_>, screened: Screened, change: Change) -> Result<Screened, Error> {
    let standing = screened
        .standing
        .moved(&screened.screening, &change, Day::of(tx.now))?;
    let id = screened.screening.id;
    let version = tx.state(Fact::ScreeningMoved {
        screening: id,
        change,
    })?;
    effects::follow(tx, screened.screening.worker)?;
    Ok(Screened {
        standing,
        since: tx.now,
        version,
        ..screened
    })
}

fn own(
    reader: &mut Reader,
    id: ScreeningId,
    covers: impl Fn(MemberId) -> bool,
) -> Result<Screened, Error> {
    let screened =
        screenings::find(reader, id)?.filter(|screened| covers(screened.screening.member));
    screened.ok_or_else(|| Error::not_found("screening"))
}
