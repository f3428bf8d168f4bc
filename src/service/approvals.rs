//! The second person, one mechanism for every act that needs one. A service function that has judged an act possible asks
//! here instead of doing it; who grants it makes it happen, in one transaction, if it is still exactly what was asked for.

use std::collections::BTreeSet;

use super::administrators;
use super::clients;
use super::commit::Tx;
use super::error::{Code, Error};
use super::import::Weighed;
use super::{
    Services, bans, break_glass, credentials, employers, erasures, exclusions, import, issuing,
    match_cases, network, referrals, revocations, screenings, sharing,
};
use crate::access::permission::{AnswerApprovals, Caller, Permit, ReadApprovals};
use crate::domain::approval::{Act, Approval, Desk, Done, End, Ground, State, WAITS_MS};
use crate::domain::client::Person;
use crate::domain::digest::Digest;
use crate::domain::ids::{ApprovalId, WorkerId};
use crate::domain::time::Timestamp;
use crate::ledger::entry::Fact;
use crate::ledger::replay::Asked;
use crate::store;

mod asker;
mod shown;

use asker::{may_ask, permit_of};
use shown::own;
pub use shown::{list, show};
pub(super) use shown::{to_confirm_after, waiting_after};

impl<T> Outcome<T> {
    /// What was done, where nobody else can be needed yet.
    pub fn done(self) -> Result<T, Error> {
        match self {
            Self::Done(done) => Ok(done),
            Self::Asked(_) => Err(Error::internal("it waits for a second person")),
        }
    }
}

/// What came of asking for an act.
#[derive(Debug, Clone)]
pub enum Outcome<T> {
    /// It was done.
    Done(T),
    /// It waits for its second person.
    Asked(Box<Asked>),
}

/// SHA-256 of what is asked for: the act to the last detail, of whom, at which member. Whoever grants repeats it, so that
/// nobody grants what they have not seen.
pub fn content(approval: &Approval) -> Result<Digest, Error> {
    let said = (
        &approval.id,
        &approval.member,
        &approval.worker,
        &approval.act,
    );
    let bytes = serde_json::to_vec(&said).map_err(Error::internal)?;
    Ok(clients::digest_of(&bytes))
}

/// The records of whoever the caller is, where they are recorded as a worker: the one that is said to be them, and those that
/// are of the same person.
fn records_of(tx: &mut Tx<'_>, caller: Caller) -> Result<BTreeSet<WorkerId>, Error> {
    match person_of(tx, caller).and_then(|person| person.worker) {
        Some(worker) => Ok(store::match_cases::same_person(tx.reader()?, worker)?),
        None => Ok(BTreeSet::new()),
    }
}

/// Refuses what is about the caller themselves: nobody decides that, nor anything that leads to it.
pub(super) fn not_oneself(tx: &mut Tx<'_>, caller: Caller, about: WorkerId) -> Result<(), Error> {
    if records_of(tx, caller)?.contains(&about) {
        return Err(wrong_person("Nobody decides what concerns themselves."));
    }
    Ok(())
}

/// Whether an act is about one of these: as the one whom it names, or as one of those whose credentials it lists.
fn is_about(
    tx: &mut Tx<'_>,
    act: &Act,
    named: Option<WorkerId>,
    own: &BTreeSet<WorkerId>,
) -> Result<bool, Error> {
    if own.is_empty() {
        return Ok(false);
    }
    if let Act::EndBan { ban, .. } = act {
        let banned = store::bans::workers_of(tx.reader()?, *ban)?;
        return Ok(banned.iter().any(|worker| own.contains(worker)));
    }
    if named.is_none() {
        let listed = store::credentials::find_many(tx.reader()?, act.credentials())?;
        let mut workers = listed.iter().map(|held| held.credential.worker);
        return Ok(workers.any(|worker| own.contains(&worker)));
    }
    Ok(named.is_some_and(|named| own.contains(&named)))
}

/// Whether an act gives power to, or says something of, the person who the caller is. They may ask for it, and another decides.
fn is_for(tx: &Tx<'_>, caller: Caller, act: &Act, own: &BTreeSet<WorkerId>) -> bool {
    let Some(person) = act.person() else {
        return false;
    };
    let places = tx.index.places();
    let worker = places.people.get(&person).and_then(|(_, it)| it.worker);
    caller.person == Some(person) || worker.is_some_and(|worker| own.contains(&worker))
}

/// Asks for an act that its service function has judged possible. `worker` is whom it is about, if it is about one.
pub(super) fn ask(
    tx: &mut Tx<'_>,
    caller: Caller,
    worker: impl Into<Option<WorkerId>>,
    act: Act,
) -> Result<Asked, Error> {
    let worker = worker.into();
    // The first administrator of a network is nobody yet.
    if act.desk() != Desk::Network || administrators::two_of_network(tx)? {
        check_person(caller)?;
    }
    let own = records_of(tx, caller)?;
    if is_about(tx, &act, worker, &own)? {
        return Err(wrong_person("Nobody asks for what concerns themselves."));
    }
    let approval = asked_by(tx, caller, worker, act, tx.now.plus_ms(WAITS_MS));
    let version = tx.state(Fact::ApprovalAsked(approval.clone()))?;
    Ok(Asked {
        approval,
        state: State::Waiting,
        ended_by: None,
        ground: None,
        since: tx.now,
        version,
    })
}

/// Notes that what was done at once by `entry` is to be confirmed by a second person.
pub(super) fn to_confirm(
    tx: &mut Tx<'_>,
    caller: Caller,
    worker: impl Into<Option<WorkerId>>,
    done: Done,
    entry: u64,
    due: Timestamp,
) -> Result<(), Error> {
    check_person(caller)?;
    let act = Act::Confirm { done, entry };
    tx.state(Fact::ApprovalAsked(asked_by(
        tx,
        caller,
        worker.into(),
        act,
        due,
    )))?;
    Ok(())
}

fn asked_by(
    tx: &Tx<'_>,
    caller: Caller,
    worker: Option<WorkerId>,
    act: Act,
    expires_at: Timestamp,
) -> Approval {
    Approval {
        id: ApprovalId::make(tx.environment),
        member: caller.member,
        act,
        worker,
        client: caller.client,
        person: caller.person,
        expires_at,
    }
}

/// The file that a second person is about to let be carried out, compared again with what is recorded; `None` where the act
/// is of no file. Blocks, for seconds with a large file, and so is done before the door is asked.
pub fn weigh(
    services: &Services,
    permit: Permit<AnswerApprovals>,
    id: ApprovalId,
) -> Result<Option<Weighed>, Error> {
    let caller = permit.caller();
    let mut asked = None;
    services.store.read(|reader| {
        asked = Some(own(reader, caller, id, |member| permit.covers(member)));
        Ok(())
    })?;
    let asked = asked.ok_or_else(|| Error::internal("a query did not run"))??;
    match asked.approval.act {
        Act::ApplyImport { import, .. }
            if check_waiting(&asked, services.environment.now()).is_ok() =>
        {
            import::weigh_again(services, caller, import)
        }
        _ => Ok(None),
    }
}

/// Lets an act happen, which is then done. `shown` is the content that the second person saw; `file` what [`weigh`] found.
///
/// # Errors
/// `wrong_person` when the caller is no person, the one who asked, or whom it is about. `approval_ended` when it does not
/// wait any more. `changed` when the content is another, the subject was touched meanwhile, or who asked lost the role.
pub fn grant(
    tx: &mut Tx<'_>,
    permit: Permit<AnswerApprovals>,
    id: ApprovalId,
    shown: Digest,
    file: Option<&Weighed>,
) -> Result<Asked, Error> {
    let asked = waiting(tx, permit, id)?;
    let approval = &asked.approval;
    if content(approval)? != shown {
        return Err(Error::new(
            Code::Changed,
            "This is not the content of what was asked for. Read it, and grant what you have read.",
        ));
    }
    let places = tx.index.places();
    let asker = places
        .caller(approval.client)
        .map(|client| clients::caller(client));
    drop(places);
    if !approval.act.is_done() && !asker.is_some_and(|asker| may_ask(asker, &approval.act)) {
        return Err(stale("Who asked for it may not do so any more."));
    }
    let (by, version) = (permit.caller().client, end(tx, id, End::Granted)?);
    match &approval.act {
        Act::MoveScreening {
            screening,
            version,
            change,
        } => screenings::approved(tx, *screening, *version, change)?,
        Act::LiftSuspension {
            credential,
            version,
            kind,
        } => credentials::lift_approved(tx, *credential, *version, *kind)?,
        Act::EraseWorker { worker, version } => erasures::approved(tx, *worker, *version)?,
        Act::IssueCredential {
            credential,
            version,
        } => issuing::issue_approved(tx, permit_of(asker)?, credential, *version)?,
        Act::LetOneIssue { member, version } => issuing::let_one_approved(tx, *member, *version)?,
        Act::DecideMatch {
            case,
            version,
            decision,
        } => match_cases::approved(tx, permit.caller(), *case, *version, *decision)?,
        Act::CorrectRevocation {
            credential,
            version,
        } => revocations::correct_approved(tx, *credential, *version)?,
        Act::AnswerReferral {
            referral,
            version,
            change,
        } => referrals::answer_approved(tx, *referral, *version, *change)?,
        Act::ProposeExclusion { exclusion, version } => {
            exclusions::propose_approved(tx, exclusion, *version)?
        }
        Act::AnswerExclusion {
            exclusion,
            version,
            reply,
        } => exclusions::answer_approved(tx, approval.member, *exclusion, *version, *reply)?,
        Act::DecideContest {
            exclusion,
            version,
            lift,
        } => exclusions::decide_approved(tx, *exclusion, *version, *lift)?,
        Act::LiftExclusion { exclusion, version } => {
            exclusions::lift_approved(tx, *exclusion, *version)?
        }
        Act::ChangeSettings { version, settings } => {
            sharing::switch_approved(tx, *version, settings)?
        }
        Act::MirrorBan { ban } => bans::mirror_approved(tx, ban)?,
        Act::EndBan { ban, version } => bans::end_approved(tx, *ban, *version)?,
        Act::RevokeCredentials {
            credentials,
            version,
            reason,
        } => revocations::approved(tx, credentials, *version, *reason)?,
        Act::SuspendCredential {
            credential,
            version,
            reason,
        } => credentials::suspend_approved(tx, *credential, *version, *reason)?,
        Act::LapseEmployer {
            engagements,
            credentials,
        } => employers::approved(tx, engagements, credentials)?,
        Act::ApplyImport {
            import,
            file: digest,
            rows,
            new,
        } => {
            let (second, said) = (permit.caller().client, (*import, *digest, *rows, *new));
            import::approved(tx, second, file, said)?
        }
        Act::AddClient {
            client, version, ..
        } => clients::add_approved(tx, permit_of(asker)?, client, *version)?,
        Act::RecordPerson {
            person, version, ..
        } => clients::record_approved(tx, person, *version)?,
        Act::OpenPlace { place, version, .. } => network::open_approved(tx, place, *version)?,
        Act::Confirm {
            done: Done::BreakGlass { break_glass },
            entry,
        } => break_glass::check_over(tx, permit.caller(), *break_glass, *entry)?,
        Act::Confirm { .. } => {}
    }
    Ok(Asked {
        state: State::Granted,
        ended_by: Some(by),
        since: tx.now,
        version,
        ..asked
    })
}

/// Refuses an act, or does not find right what was done at once, for this reason.
pub fn decline(
    tx: &mut Tx<'_>,
    permit: Permit<AnswerApprovals>,
    id: ApprovalId,
    ground: Ground,
) -> Result<Asked, Error> {
    let asked = waiting(tx, permit, id)?;
    let (by, version) = (permit.caller().client, end(tx, id, End::Declined(ground))?);
    Ok(Asked {
        state: State::Declined,
        ended_by: Some(by),
        ground: Some(ground),
        since: tx.now,
        version,
        ..asked
    })
}

/// Takes back what the caller, or the same person through another client, asked for.
pub fn withdraw(
    tx: &mut Tx<'_>,
    permit: Permit<ReadApprovals>,
    id: ApprovalId,
) -> Result<Asked, Error> {
    let asked = own(tx.reader()?, permit.caller(), id, |member| {
        permit.covers(member)
    })?;
    check_waiting(&asked, tx.now)?;
    if !is_same(permit.caller(), &asked.approval) {
        return Err(wrong_person(
            "Only who asked for it can take it back; another can decline it.",
        ));
    }
    if asked.approval.act.is_done() {
        return Err(wrong_person(
            "It is done, and another person looks at it: that is not taken back.",
        ));
    }
    let (by, version) = (permit.caller().client, end(tx, id, End::Withdrawn)?);
    Ok(Asked {
        state: State::Withdrawn,
        ended_by: Some(by),
        since: tx.now,
        version,
        ..asked
    })
}

/// The refusal of an act whose subject is no longer as it was when the act was asked for.
pub(super) fn stale(detail: &str) -> Error {
    Error::new(
        Code::Changed,
        format!("{detail} It must be asked for again."),
    )
}

/// An approval that waits, for a caller who may be its second person.
fn waiting(
    tx: &mut Tx<'_>,
    permit: Permit<AnswerApprovals>,
    id: ApprovalId,
) -> Result<Asked, Error> {
    let caller = permit.caller();
    let asked = own(tx.reader()?, caller, id, |member| permit.covers(member))?;
    check_waiting(&asked, tx.now)?;
    if !asked.approval.act.desk().is_answered_by(caller.role) {
        return Err(Error::new(
            Code::Forbidden,
            "Another role is the second person for this.",
        ));
    }
    if person_of(tx, caller).is_none() {
        return Err(needs_person());
    }
    let own = records_of(tx, caller)?;
    if is_same(caller, &asked.approval) || is_by_one_of(tx, &own, &asked.approval) {
        return Err(wrong_person(
            "Another person than the one who asked for it must answer.",
        ));
    }
    let approval = &asked.approval;
    if is_for(tx, caller, &approval.act, &own)
        || is_about(tx, &approval.act, approval.worker, &own)?
    {
        return Err(wrong_person("Nobody decides what concerns themselves."));
    }
    Ok(asked)
}

fn check_waiting(asked: &Asked, now: Timestamp) -> Result<(), Error> {
    match asked.approval.state_at(asked.state, now) {
        State::Waiting => Ok(()),
        state => Err(Error::new(
            Code::ApprovalEnded,
            format!("It does not wait any more: it is {}.", state.as_str()),
        )),
    }
}

/// The person behind a caller, as long as the client is what it was when its token was believed. The door is where the last
/// change of a role is known.
fn person_of(tx: &Tx<'_>, caller: Caller) -> Option<Person> {
    let places = tx.index.places();
    let client = places.caller(caller.client)?;
    if clients::caller(client) != caller {
        return None;
    }
    let (_, person) = places.people.get(&caller.person?)?;
    Some(Person::clone(person))
}

/// Two clients of one person are one person.
pub(super) fn is_same(caller: Caller, approval: &Approval) -> bool {
    caller.client == approval.client
        || (caller.person.is_some() && caller.person == approval.person)
}

/// Whether who asked is said to be a worker of one of these records: if they are the caller's own, that is one person, under
/// however many records and accounts.
fn is_by_one_of(tx: &Tx<'_>, own: &BTreeSet<WorkerId>, approval: &Approval) -> bool {
    let places = tx.index.places();
    let asker = approval
        .person
        .and_then(|person| places.people.get(&person));
    asker
        .and_then(|(_, person)| person.worker)
        .is_some_and(|worker| own.contains(&worker))
}

/// A tool that is nobody's may be in the hands of who is the second person next.
fn check_person(caller: Caller) -> Result<(), Error> {
    match caller.person {
        Some(_) => Ok(()),
        None => Err(needs_person()),
    }
}

fn needs_person() -> Error {
    wrong_person("This needs a person: use a client that an administrator added for one.")
}

fn wrong_person(detail: &str) -> Error {
    Error::new(Code::WrongPerson, detail)
}

fn end(tx: &mut Tx<'_>, approval: ApprovalId, end: End) -> Result<u64, Error> {
    Ok(tx.state(Fact::ApprovalEnded { approval, end })?)
}
