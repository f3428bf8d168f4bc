//! The rules of the trade a second time, as simply as they can be written: lists, sets and conditions, with no database, no
//! ledger and nobody else at the same time. Words are the program's own; what follows from what is written here by hand.

use std::collections::{BTreeMap, BTreeSet};

use portcullis::domain::calendar::{Day, appeal_deadline};
use portcullis::domain::client::Role;
use portcullis::domain::credential::SuspensionKind as Kind;
use portcullis::domain::exclusion::{Answer, State as Excluded};
use portcullis::domain::match_case::SAME_PERSON_MAX;
use portcullis::domain::reason::{Class, Reason};
use portcullis::domain::referral::State as Referred;
use portcullis::domain::screening::{Function, State as Stage};
use portcullis::domain::time::{DAY_MS, HOUR_MS, MINUTE_MS, Timestamp};
use portcullis::domain::worker::FORMER_DOCUMENTS_MAX;
use portcullis::domain::{approval, ban};

pub type Ms = i64;

/// A client: somebody's tool in one role, or a machine.
#[derive(Debug, Clone)]
pub struct Actor {
    pub member: usize,
    pub role: Role,
    pub person: Option<usize>,
    pub live: bool,
}

#[derive(Debug, Clone)]
pub struct Worker {
    pub member: usize,
    /// Every document that the record ever had: by each of them the person is found.
    pub documents: BTreeSet<u32>,
    pub erased: bool,
    touched: u64,
}

#[derive(Debug, Clone)]
pub struct Engagement {
    pub member: usize,
    pub worker: usize,
    pub employer: usize,
    pub staff: Option<usize>,
    pub ended: bool,
}

/// A credential. It is good while no kind of suspension stands and it is not revoked.
#[derive(Debug, Clone)]
pub struct Pass {
    pub member: usize,
    pub worker: usize,
    pub engagement: Option<usize>,
    pub scope: BTreeSet<Function>,
    pub functions: BTreeSet<Function>,
    pub from: Ms,
    pub until: Ms,
    pub kinds: BTreeSet<Kind>,
    /// It was granted, and not handed over: not good yet.
    pub approved: bool,
    pub has_badge: bool,
    pub revoked: bool,
    pub corrected: bool,
    reason: Option<Reason>,
    since: Ms,
    /// From which day on it counts as unused.
    used: Day,
    touched: u64,
}

#[derive(Debug, Clone)]
pub struct Screening {
    pub member: usize,
    pub worker: usize,
    pub function: Function,
    pub stage: Stage,
    /// The day of the last answer, and the last day on which it clears.
    answer: Option<(Day, Option<Day>)>,
    since: Ms,
    touched: u64,
}

/// Whether two records are of one person.
#[derive(Debug, Clone)]
pub struct Case {
    pub later: usize,
    pub earlier: usize,
    pub same: Option<bool>,
}

#[derive(Debug, Clone)]
pub struct Ban {
    pub workers: BTreeSet<usize>,
    pub state: ban::State,
    document: Option<u32>,
    starts: Ms,
    ends: Ms,
    touched: u64,
}

#[derive(Debug, Clone)]
pub struct Exclusion {
    pub member: usize,
    pub worker: usize,
    pub pass: usize,
    pub state: Excluded,
    /// What each member says that knows of it.
    pub told: BTreeMap<usize, Told>,
    ends: Ms,
    touched: u64,
}

#[derive(Debug, Clone)]
pub struct Told {
    pub answer: Answer,
    worker: usize,
    touched: u64,
}

/// What a member tells another of a person, or would if it might.
#[derive(Debug, Clone)]
pub struct Referral {
    pub member: usize,
    /// The other member, and its record.
    pub to: Option<(usize, usize)>,
    pub state: Referred,
    pass: usize,
    reason: Reason,
    touched: u64,
}

/// A glass that was broken.
#[derive(Debug, Clone)]
pub struct Glass {
    pub member: usize,
    pub closed: bool,
    until: Ms,
    /// What was withdrawn since it was broken and before it was closed.
    behind: std::ops::Range<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Erased {
    Waiting,
    Withdrawn,
    Done,
}

#[derive(Debug, Clone)]
pub struct Erasure {
    pub worker: usize,
    pub state: Erased,
    due: Ms,
}

/// What waits, or waited, for a second person.
#[derive(Debug, Clone)]
pub struct Approval {
    pub member: usize,
    pub wanted: Wanted,
    pub state: approval::State,
    worker: Option<usize>,
    pub by: usize,
    expires: Ms,
    /// The count of touches when it was asked for.
    asked: u64,
}

/// A credential that is to be issued.
#[derive(Debug, Clone)]
pub struct Draft {
    worker: usize,
    engagement: Option<usize>,
    scope: BTreeSet<Function>,
    from: Ms,
    until: Ms,
}

/// A row of a file.
#[derive(Debug, Clone)]
pub enum Row {
    /// A badge, for who has this staff number at this employer, whoever it is.
    Badge {
        staff: usize,
        employer: usize,
        scope: BTreeSet<Function>,
        last: Day,
    },
    /// Somebody known works for this employer.
    Works { worker: usize, employer: usize },
    /// Whoever has this document works for this employer.
    Comes { document: u32, employer: usize },
    /// What the authority advises.
    Advice { screening: usize, step: Step },
}

/// What becomes of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Judged {
    New,
    Same,
    Conflict,
    Unusable,
}

/// What was asked for, with the last touch of what it is about.
#[derive(Debug, Clone)]
pub enum Wanted {
    Screen(usize, Step, Day, u64),
    Issue(Draft, u64),
    Lift(usize, Kind, u64),
    Revoke(Vec<usize>, Reason),
    Suspend(usize, Reason, u64),
    Correct(usize, u64),
    Mirror(u32, Ms, Ms),
    EndBan(usize, u64),
    Exclude(usize, Ms, u64),
    LiftExclusion(usize, u64),
    AnswerExclusion(usize, bool, u64),
    DecideContest(usize, bool, u64),
    AnswerReferral(usize, bool, u64),
    Erase(usize, u64),
    /// These engagements are to end, and what rests on them.
    Lapse(Vec<usize>, BTreeSet<usize>),
    File(Vec<Row>),
    Match(usize, bool),
    /// It is done, and only looked at.
    ConfirmPass,
    ConfirmOutcome,
    ConfirmGlass(usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Submitted,
    Positive,
    Warning,
    Negative,
    Unmet,
    Appealed,
    Granted,
    Dismissed,
    Finalised,
    Withdrawn,
}

impl Step {
    pub const ALL: [Self; 10] = [
        Self::Submitted,
        Self::Positive,
        Self::Warning,
        Self::Negative,
        Self::Unmet,
        Self::Appealed,
        Self::Granted,
        Self::Dismissed,
        Self::Finalised,
        Self::Withdrawn,
    ];
}

#[derive(Debug, Clone)]
pub enum Act {
    Register {
        document: Option<u32>,
    },
    Amend {
        worker: usize,
        documents: BTreeSet<u32>,
    },
    Engage {
        worker: usize,
        employer: usize,
    },
    Disengage {
        engagement: usize,
    },
    Lapse {
        employer: usize,
    },
    /// A file is brought in and, if anything of it can be used, applied.
    Bring {
        rows: Vec<Row>,
    },
    Issue {
        worker: usize,
        engagement: Option<usize>,
        scope: BTreeSet<Function>,
        days: i64,
    },
    AddBadge {
        pass: usize,
    },
    HandOver {
        pass: usize,
    },
    Replace {
        pass: usize,
        reason: Reason,
    },
    Suspend {
        pass: usize,
        reason: Reason,
    },
    Lift {
        pass: usize,
        kind: Kind,
    },
    Revoke {
        pass: usize,
        reason: Reason,
    },
    RevokeMany {
        passes: Vec<usize>,
        reason: Reason,
    },
    Correct {
        pass: usize,
    },
    Open {
        worker: usize,
        function: Function,
    },
    Screen {
        screening: usize,
        step: Step,
    },
    MirrorWorker {
        worker: usize,
        starts: Ms,
        ends: Ms,
    },
    MirrorDocument {
        document: u32,
        starts: Ms,
        ends: Ms,
    },
    EndBan {
        ban: usize,
    },
    Exclude {
        pass: usize,
        ends: Ms,
    },
    LiftExclusion {
        exclusion: usize,
    },
    Publish {
        exclusion: usize,
    },
    AnswerExclusion {
        exclusion: usize,
        adopt: bool,
    },
    Contest {
        exclusion: usize,
    },
    DecideContest {
        exclusion: usize,
        lift: bool,
    },
    SendReferral {
        referral: usize,
    },
    AnswerReferral {
        referral: usize,
        adopt: bool,
    },
    /// A member records that the law lets it share, or that it does no more.
    Basis {
        member: usize,
        stands: bool,
    },
    BreakGlass {
        minutes: i64,
    },
    CloseGlass {
        glass: usize,
    },
    Erase {
        worker: usize,
    },
    KeepAfterAll {
        erasure: usize,
    },
    Decide {
        case: usize,
        same: bool,
    },
    Grant {
        approval: usize,
        as_read: bool,
    },
    Decline {
        approval: usize,
    },
    TakeBack {
        approval: usize,
    },
    Demote {
        actor: usize,
    },
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Did {
    Done,
    /// It waits for a second person.
    Asked,
}

/// It is refused, with a word for whoever reads a failure.
pub type No = &'static str;

#[derive(Debug, Clone, Default)]
pub struct Model {
    pub now: Ms,
    /// The member where a second person grants what is issued.
    pub approving: usize,
    pub actors: Vec<Actor>,
    /// As which worker each person is recorded.
    pub people: Vec<Option<usize>>,
    pub workers: Vec<Worker>,
    pub engagements: Vec<Engagement>,
    pub passes: Vec<Pass>,
    pub screenings: Vec<Screening>,
    pub cases: Vec<Case>,
    pub bans: Vec<Ban>,
    pub exclusions: Vec<Exclusion>,
    pub referrals: Vec<Referral>,
    pub glasses: Vec<Glass>,
    pub erasures: Vec<Erasure>,
    pub approvals: Vec<Approval>,
    /// Who suspended or revoked something, and when.
    withdrawn: Vec<(usize, Ms)>,
    /// Which members have a legal basis on which they share.
    pub shares: BTreeSet<usize>,
    touches: u64,
}

const FIVE_YEARS_MS: Ms = 1_826 * DAY_MS;

fn must(holds: bool, else_no: No) -> Result<(), No> {
    if holds { Ok(()) } else { Err(else_no) }
}

impl Pass {
    /// Whether it was handed over, and is neither suspended nor revoked.
    pub fn is_good(&self) -> bool {
        !self.approved && !self.revoked && self.kinds.is_empty()
    }

    /// Whether it is suspended for cause, which two people end.
    fn for_cause(&self) -> bool {
        !self.revoked && self.kinds.contains(&Kind::ForCause)
    }
}

impl Screening {
    /// Whether its answer was no, and stays so.
    fn says_no(&self) -> bool {
        match self.stage {
            Stage::Refused | Stage::UnderAppeal | Stage::RefusedFinal | Stage::ConditionUnmet => {
                true
            }
            Stage::Closed => self
                .answer
                .is_some_and(|(_, clears_until)| clears_until.is_none()),
            _ => false,
        }
    }
}

impl Model {
    /// Nobody and nothing, at this moment.
    pub fn at(now: Ms, approving: usize) -> Self {
        Self {
            now,
            approving,
            ..Self::default()
        }
    }

    /// What comes of this act by this actor. What is refused changes nothing.
    pub fn act(&mut self, by: usize, act: &Act) -> Result<Did, No> {
        let before = self.clone();
        let did = self.attempt(by, act);
        if did.is_err() {
            *self = before;
        }
        did
    }

    fn attempt(&mut self, by: usize, act: &Act) -> Result<Did, No> {
        let me = self.actors[by].clone();
        must(me.live, "has no power any more")?;
        let is = |roles: &[Role]| must(roles.contains(&me.role), "not in this role");
        let own = |member: usize| must(me.member == member, "another member's");
        match act {
            Act::Register { document } => {
                is(&[Role::HrOfficer])?;
                self.register(me.member, *document);
            }
            Act::Amend { worker, documents } => {
                is(&[Role::HrOfficer])?;
                self.known(*worker, me.member)?;
                self.not_oneself(by, *worker)?;
                self.not_to_be_erased(*worker)?;
                let granted =
                    |pass: &Pass| pass.worker == *worker && pass.approved && !pass.revoked;
                must(!self.passes.iter().any(granted), "granted to who they were")?;
                let before = self.workers[*worker].documents.clone();
                let former = before.difference(documents).count();
                must(former <= FORMER_DOCUMENTS_MAX, "too many to remember")?;
                let touched = self.touch();
                let amended = &mut self.workers[*worker];
                amended.documents.extend(documents);
                amended.touched = touched;
                self.compared(*worker);
                let withdrawn = self.withdrawn.len();
                self.bring_bans(*worker, Some(by));
                let more = self.withdrawn.len() > withdrawn;
                must(!more || !self.too_many(by, 0), "too many at once")?;
            }
            Act::Engage { worker, employer } => {
                is(&[Role::HrOfficer])?;
                self.known(*worker, me.member)?;
                self.not_oneself(by, *worker)?;
                self.not_to_be_erased(*worker)?;
                let staff = Some(self.engagements.len());
                self.engaged(*worker, *employer, staff);
            }
            Act::Disengage { engagement } => {
                is(&[Role::HrOfficer])?;
                own(self.engagements[*engagement].member)?;
                must(!self.engagements[*engagement].ended, "over already")?;
                self.engagements[*engagement].ended = true;
                for pass in 0..self.passes.len() {
                    if self.passes[pass].engagement == Some(*engagement)
                        && !self.passes[pass].revoked
                        && !self.passes[pass].for_cause()
                    {
                        must(!self.too_many(by, 1), "too many at once")?;
                        self.revoked(pass, Reason::EmploymentEnded, by);
                    }
                }
            }
            Act::Lapse { employer } => {
                is(&[Role::HrOfficer])?;
                let lasts = |one: &&Engagement| one.member == me.member && !one.ended;
                let at = |one: &Engagement| lasts(&one) && one.employer == *employer;
                let many = self.engagements.len();
                let engaged: Vec<usize> = (0..many)
                    .filter(|&one| at(&self.engagements[one]))
                    .collect();
                must(!engaged.is_empty(), "nobody works there")?;
                let resting = self.resting_on(&engaged);
                if !resting.is_empty() && self.too_many(by, resting.len()) {
                    return self.ask(by, None, Wanted::Lapse(engaged, resting));
                }
                self.lapsed(&engaged, &resting, by);
            }
            Act::Bring { rows } => {
                let whose = match rows[0] {
                    Row::Advice { .. } => Role::ScreeningOfficer,
                    Row::Badge { .. } | Row::Works { .. } | Row::Comes { .. } => Role::HrOfficer,
                };
                is(&[whose])?;
                let usable = |judged: &Judged| *judged != Judged::Unusable;
                // The dry run.
                let mut dry = self.clone();
                must(dry.carry_out(by, rows)?.iter().any(usable), "not one row")?;
                if me.member == self.approving && matches!(rows[0], Row::Badge { .. }) {
                    return self.ask(by, None, Wanted::File(rows.clone()));
                }
                *self = dry;
            }
            Act::Issue {
                worker,
                engagement,
                scope,
                days,
            } => {
                is(&[Role::HrOfficer])?;
                self.known(*worker, me.member)?;
                self.not_oneself(by, *worker)?;
                self.may_have(me.member, *worker)?;
                let draft = Draft {
                    worker: *worker,
                    engagement: *engagement,
                    scope: scope.clone(),
                    from: self.now,
                    until: self.now + days * DAY_MS,
                };
                self.may_be_issued(&draft)?;
                if me.member == self.approving || self.lost_for_cause(*worker) {
                    let touched = self.workers[*worker].touched;
                    return self.ask(by, Some(*worker), Wanted::Issue(draft, touched));
                }
                self.issued(draft, false);
            }
            Act::AddBadge { pass } => {
                is(&[Role::HrOfficer])?;
                let old = self.passes[*pass].clone();
                own(old.member)?;
                self.may_get_a_badge(by, *pass)?;
                let touched = self.touch();
                self.passes[*pass].has_badge = true;
                self.passes[*pass].touched = touched;
            }
            Act::HandOver { pass } => {
                is(&[Role::HrOfficer])?;
                let old = self.passes[*pass].clone();
                own(old.member)?;
                must(old.approved && !old.revoked, "nothing to hand over")?;
                must(old.until > self.now, "expired")?;
                self.not_oneself(by, old.worker)?;
                self.may_have(old.member, old.worker)?;
                must(old.has_badge, "no badge")?;
                let (touched, now, today) = (self.touch(), self.now, self.today());
                let held = &mut self.passes[*pass];
                held.approved = false;
                held.since = now;
                held.used = today;
                held.touched = touched;
            }
            Act::Replace { pass, reason } => {
                is(&[Role::HrOfficer])?;
                let old = self.passes[*pass].clone();
                own(old.member)?;
                must(old.is_good(), "not good")?;
                must(old.until > self.now, "expired")?;
                self.not_oneself(by, old.worker)?;
                self.may_have(old.member, old.worker)?;
                must(old.functions == old.scope, "not cleared for all of it")?;
                must(!self.too_many(by, 1), "too many at once")?;
                self.revoked(*pass, *reason, by);
                let touched = self.touch();
                self.passes.push(Pass {
                    from: self.now,
                    since: self.now,
                    used: self.today(),
                    // It was granted once; the new badge is handed over like the old one.
                    approved: me.member == self.approving,
                    has_badge: true,
                    touched,
                    ..old
                });
            }
            Act::Suspend { pass, reason } => {
                is(&[Role::HrOfficer, Role::FacilityOfficer, Role::DutyOfficer])?;
                let old = self.passes[*pass].clone();
                own(old.member)?;
                let kind = reason.suspends().ok_or("no such suspension")?;
                must(
                    !old.revoked && !old.approved && !old.kinds.contains(&kind),
                    "not in this state",
                )?;
                must(kind != Kind::Judicial, "no court said so")?;
                if kind == Kind::Screening {
                    // All that is drawn is a negative advice.
                    let person = self.person(old.worker);
                    let refused = |one: &Screening| {
                        let stages = [Stage::Refused, Stage::UnderAppeal, Stage::RefusedFinal];
                        person.contains(&one.worker) && stages.contains(&one.stage)
                    };
                    must(self.screenings.iter().any(refused), "no authority said so")?;
                }
                if self.too_many(by, 1) {
                    return self.ask(
                        by,
                        Some(old.worker),
                        Wanted::Suspend(*pass, *reason, old.touched),
                    );
                }
                self.suspended(*pass, *reason, Some(by));
                if kind == Kind::ForCause {
                    self.refer(*pass, *reason);
                    // What is done behind broken glass is looked at as a whole.
                    if !self.is_broken(me.member) {
                        let due = self.now + 24 * HOUR_MS;
                        self.waits_for_a_look(by, Some(old.worker), Wanted::ConfirmPass, due)?;
                    }
                }
            }
            Act::Lift { pass, kind } => {
                is(&[Role::HrOfficer])?;
                let old = self.passes[*pass].clone();
                own(old.member)?;
                must(
                    !old.revoked && old.kinds.contains(kind),
                    "not in this state",
                )?;
                self.may_lift(*pass, *kind)?;
                if *kind != Kind::Dormant {
                    return self.ask(
                        by,
                        Some(old.worker),
                        Wanted::Lift(*pass, *kind, old.touched),
                    );
                }
                self.not_oneself(by, old.worker)?;
                self.lifted(*pass, *kind);
            }
            Act::Revoke { pass, reason } => {
                is(&[Role::HrOfficer, Role::DutyOfficer])?;
                self.is_urgent(by, *reason)?;
                let old = self.passes[*pass].clone();
                own(old.member)?;
                if old.revoked {
                    return Ok(Did::Done);
                }
                let many = self.too_many(by, 1);
                let shuts = !many && reason.class() == Class::ForCause;
                if many || shuts || old.for_cause() {
                    if shuts {
                        must(!old.approved, "not handed over")?;
                        self.shut(*pass, *reason, by);
                    }
                    return self.ask(by, Some(old.worker), Wanted::Revoke(vec![*pass], *reason));
                }
                self.revoked(*pass, *reason, by);
            }
            Act::RevokeMany { passes, reason } => {
                is(&[Role::HrOfficer, Role::DutyOfficer])?;
                self.is_urgent(by, *reason)?;
                let mut listed: Vec<usize> = Vec::new();
                for &pass in passes {
                    let held = &self.passes[pass];
                    if held.member == me.member && !held.revoked && !listed.contains(&pass) {
                        listed.push(pass);
                    }
                }
                let many = self.too_many(by, listed.len());
                let for_cause = reason.class() == Class::ForCause;
                if !listed.is_empty() && (many || for_cause) {
                    if !many {
                        let held = |pass: &usize| !self.passes[*pass].approved;
                        must(listed.iter().all(held), "not handed over")?;
                        for &pass in &listed {
                            self.shut(pass, *reason, by);
                        }
                    }
                    return self.ask(by, None, Wanted::Revoke(listed, *reason));
                }
                for pass in listed {
                    // One by one, with a second person each.
                    if !self.passes[pass].for_cause() {
                        self.revoked(pass, *reason, by);
                    }
                }
            }
            Act::Correct { pass } => {
                is(&[Role::HrApprover])?;
                let old = self.passes[*pass].clone();
                own(old.member)?;
                must(old.revoked && !old.corrected, "nothing to correct")?;
                return self.ask(by, Some(old.worker), Wanted::Correct(*pass, old.touched));
            }
            Act::Open { worker, function } => {
                is(&[Role::ScreeningOfficer])?;
                self.known(*worker, me.member)?;
                self.not_oneself(by, *worker)?;
                self.not_to_be_erased(*worker)?;
                let hinders = |one: &Screening| {
                    let cleared = matches!(one.stage, Stage::Cleared | Stage::ClearedConditional);
                    let undecided = !cleared && !ended(one.stage);
                    one.worker == *worker && one.function == *function && undecided
                };
                must(!self.screenings.iter().any(hinders), "one is undecided")?;
                self.screenings.push(Screening {
                    member: me.member,
                    worker: *worker,
                    function: *function,
                    stage: Stage::Draft,
                    answer: None,
                    since: self.now,
                    touched: 0,
                });
            }
            Act::Screen { screening, step } => return self.screen(by, *screening, *step),
            Act::MirrorWorker {
                worker,
                starts,
                ends,
            } => {
                is(&[Role::Register])?;
                must(!self.workers[*worker].erased, "nobody known")?;
                self.mirrored(None, &[*worker], *starts, *ends, by);
            }
            Act::MirrorDocument {
                document,
                starts,
                ends,
            } => {
                is(&[Role::Register, Role::NetworkAdmin])?;
                if me.role == Role::NetworkAdmin {
                    return self.ask(by, None, Wanted::Mirror(*document, *starts, *ends));
                }
                let bearers = self.bearers(*document);
                self.mirrored(Some(*document), &bearers, *starts, *ends, by);
            }
            Act::EndBan { ban } => {
                is(&[Role::Register, Role::NetworkAdmin])?;
                must(self.bans[*ban].state != ban::State::Ended, "has ended")?;
                if me.role == Role::NetworkAdmin {
                    return self.ask(by, None, Wanted::EndBan(*ban, self.bans[*ban].touched));
                }
                self.end_ban(*ban);
            }
            Act::Exclude { pass, ends } => {
                is(&[Role::HrOfficer])?;
                let ground = self.passes[*pass].clone();
                own(ground.member)?;
                must(
                    if ground.revoked {
                        ground
                            .reason
                            .is_some_and(|reason| reason.class() == Class::ForCause)
                    } else {
                        ground.kinds.contains(&Kind::ForCause)
                    },
                    "no ground",
                )?;
                must(*ends > self.now, "in the past")?;
                must(!self.carries_one(*pass), "carries one already")?;
                must(!self.workers[ground.worker].erased, "erased")?;
                return self.ask(
                    by,
                    Some(ground.worker),
                    Wanted::Exclude(*pass, *ends, ground.touched),
                );
            }
            Act::LiftExclusion { exclusion } => {
                is(&[Role::HrOfficer])?;
                let old = self.exclusions[*exclusion].clone();
                own(old.member)?;
                must(old.state != Excluded::Lifted, "lifted already")?;
                return self.ask(
                    by,
                    Some(old.worker),
                    Wanted::LiftExclusion(*exclusion, old.touched),
                );
            }
            Act::Publish { exclusion } => {
                is(&[Role::HrOfficer])?;
                let old = self.exclusions[*exclusion].clone();
                own(old.member)?;
                must(old.state == Excluded::Draft, "left already")?;
                self.may_share(old.member)?;
                self.published(*exclusion);
            }
            Act::AnswerExclusion { exclusion, adopt } => {
                is(&[Role::HrOfficer])?;
                let asked = self.may_answer_exclusion(me.member, *exclusion, *adopt)?;
                let touched = asked.touched.max(self.exclusions[*exclusion].touched);
                let wanted = Wanted::AnswerExclusion(*exclusion, *adopt, touched);
                return self.ask(by, Some(asked.worker), wanted);
            }
            Act::Contest { exclusion } => {
                is(&[Role::Registrar])?;
                let old = self.exclusions[*exclusion].clone();
                must(old.told.contains_key(&me.member), "not told")?;
                must(old.state == Excluded::Proposed, "not at this step")?;
                self.exclusion_is(*exclusion, Excluded::Contested);
            }
            Act::DecideContest { exclusion, lift } => {
                is(&[Role::HrOfficer])?;
                let old = self.exclusions[*exclusion].clone();
                let told = old.told.get(&me.member).ok_or("not told")?;
                must(old.member != me.member, "it proposed it")?;
                must(old.state == Excluded::Contested, "not contested")?;
                let wanted = Wanted::DecideContest(*exclusion, *lift, old.touched);
                return self.ask(by, Some(told.worker), wanted);
            }
            Act::SendReferral { referral } => {
                is(&[Role::HrOfficer])?;
                let old = self.referrals[*referral].clone();
                own(old.member)?;
                must(old.state == Referred::Draft, "no draft")?;
                self.may_share(old.member)?;
                self.referral_is(*referral, Referred::Sent);
                self.tell_issuers(old.pass, old.reason);
            }
            Act::AnswerReferral { referral, adopt } => {
                is(&[Role::HrOfficer])?;
                let old = self.referrals[*referral].clone();
                let (member, worker) = old.to.ok_or("to nobody")?;
                own(member)?;
                self.may_answer_referral(*referral, *adopt)?;
                let wanted = Wanted::AnswerReferral(*referral, *adopt, old.touched);
                return self.ask(by, Some(worker), wanted);
            }
            Act::Basis { member, stands } => {
                is(&[Role::Registrar])?;
                own(*member)?;
                match stands {
                    true => self.shares.insert(*member),
                    false => self.shares.remove(member),
                };
            }
            Act::BreakGlass { minutes } => {
                is(&[Role::DutyOfficer])?;
                must(me.person.is_some(), "nobody")?;
                must(!self.is_broken(me.member), "broken already")?;
                let until = self.now + minutes * MINUTE_MS;
                self.glasses.push(Glass {
                    member: me.member,
                    closed: false,
                    until,
                    behind: self.withdrawn.len()..usize::MAX,
                });
                let wanted = Wanted::ConfirmGlass(self.glasses.len() - 1);
                self.waits_for_a_look(by, None, wanted, until + 24 * HOUR_MS)?;
            }
            Act::CloseGlass { glass } => {
                is(&[Role::DutyOfficer])?;
                own(self.glasses[*glass].member)?;
                must(self.lasts(*glass), "over")?;
                let end = self.withdrawn.len();
                let glass = &mut self.glasses[*glass];
                (glass.closed, glass.behind.end) = (true, end);
            }
            Act::Erase { worker } => {
                is(&[Role::Registrar])?;
                self.known(*worker, me.member)?;
                self.not_to_be_erased(*worker)?;
                self.may_be_erased(*worker)?;
                let touched = self.workers[*worker].touched;
                return self.ask(by, Some(*worker), Wanted::Erase(*worker, touched));
            }
            Act::KeepAfterAll { erasure } => {
                is(&[Role::Registrar])?;
                own(self.workers[self.erasures[*erasure].worker].member)?;
                must(
                    self.erasures[*erasure].state == Erased::Waiting,
                    "waits no more",
                )?;
                self.erasures[*erasure].state = Erased::Withdrawn;
            }
            Act::Decide { case, same } => {
                is(&[Role::HrOfficer])?;
                let asked = self.cases[*case].clone();
                own(self.workers[asked.earlier].member)?;
                self.not_oneself(by, asked.later)?;
                self.not_oneself(by, asked.earlier)?;
                must(asked.same.is_none(), "decided already")?;
                self.may_be_one(&asked, *same)?;
                let wanted = Wanted::Match(*case, *same);
                return self.ask(by, Some(asked.earlier), wanted);
            }
            Act::Grant { approval, as_read } => return self.grant(by, *approval, *as_read),
            Act::Decline { approval } => {
                self.may_answer(by, *approval)?;
                self.approvals[*approval].state = approval::State::Declined;
            }
            Act::TakeBack { approval } => {
                let asked = self.approvals[*approval].clone();
                let reads = !matches!(
                    me.role,
                    Role::Gate | Role::Auditor | Role::MemberAdmin | Role::Register
                );
                must(reads, "not in this role")?;
                must(
                    me.member == asked.member || me.role == Role::NetworkAdmin,
                    "another member's",
                )?;
                must(self.waits(&asked), "waits no more")?;
                must(self.is_same(by, asked.by), "another asked")?;
                must(!is_done(&asked.wanted), "it is done")?;
                self.approvals[*approval].state = approval::State::Withdrawn;
            }
            Act::Demote { actor } => {
                is(&[Role::MemberAdmin, Role::NetworkAdmin])?;
                let other = self.actors[*actor].clone();
                let all = me.role == Role::NetworkAdmin;
                must(all || other.member == me.member, "another member's")?;
                must(by != *actor, "oneself")?;
                let of_network = matches!(other.role, Role::NetworkAdmin | Role::Register);
                must(all || !of_network, "reaches further")?;
                self.actors[*actor].live = false;
            }
        }
        Ok(Did::Done)
    }

    fn register(&mut self, member: usize, document: Option<u32>) -> usize {
        self.workers.push(Worker {
            member,
            documents: document.into_iter().collect(),
            erased: false,
            touched: 0,
        });
        let worker = self.workers.len() - 1;
        self.compared(worker);
        worker
    }

    /// Whoever has or had a document of this record's is asked about, once; and whom a ban on one of them is about is found.
    fn compared(&mut self, later: usize) {
        for earlier in 0..self.workers.len() {
            let (one, other) = (&self.workers[earlier], &self.workers[later]);
            let bears = !one.erased && !one.documents.is_disjoint(&other.documents);
            let both = [later, earlier];
            let before = |case: &Case| both.contains(&case.later) && both.contains(&case.earlier);
            if earlier != later && bears && !self.cases.iter().any(before) {
                self.cases.push(Case {
                    later,
                    earlier,
                    same: None,
                });
            }
        }
        let documents = &self.workers[later].documents;
        for ban in &mut self.bans {
            let names = ban.document.is_some_and(|at| documents.contains(&at));
            if names && ban.state != ban::State::Ended {
                ban.workers.insert(later);
            }
        }
    }

    fn bearers(&self, document: u32) -> Vec<usize> {
        let bears = |at: &usize| {
            let worker = &self.workers[*at];
            worker.documents.contains(&document) && !worker.erased
        };
        (0..self.workers.len()).filter(bears).collect()
    }

    fn engaged(&mut self, worker: usize, employer: usize, staff: Option<usize>) {
        self.engagements.push(Engagement {
            member: self.workers[worker].member,
            worker,
            employer,
            staff,
            ended: false,
        });
    }

    /// What ends with these engagements.
    fn resting_on(&self, engagements: &[usize]) -> BTreeSet<usize> {
        let rests = |at: &usize| {
            let pass = &self.passes[*at];
            let engaged = pass.engagement.is_some_and(|at| engagements.contains(&at));
            engaged && !pass.revoked && !pass.for_cause()
        };
        (0..self.passes.len()).filter(rests).collect()
    }

    fn lapsed(&mut self, engagements: &[usize], resting: &BTreeSet<usize>, by: usize) {
        for &engagement in engagements {
            self.engagements[engagement].ended = true;
        }
        for &pass in resting {
            self.revoked(pass, Reason::SponsorLapsed, by);
        }
    }

    // Files.

    /// Whether two staff numbers are of one person.
    pub fn is_one_person(&self, one: usize, other: usize) -> bool {
        let of = |staff: usize| {
            let engaged = self.engagements.iter();
            engaged.filter(move |engaged| engaged.staff == Some(staff))
        };
        of(one).any(|one| {
            let person = self.person(one.worker);
            of(other).any(|other| person.contains(&other.worker))
        })
    }

    /// Carries out a file row by row, and answers what became of each.
    fn carry_out(&mut self, by: usize, rows: &[Row]) -> Result<Vec<Judged>, No> {
        // An advice that an earlier row brought waits for its second person; what was cleared before and is refused by an
        // earlier row is at no step for another.
        rows.iter().map(|row| self.carry_out_row(by, row)).collect()
    }

    fn carry_out_row(&mut self, by: usize, row: &Row) -> Result<Judged, No> {
        let member = self.actors[by].member;
        match row {
            Row::Badge {
                staff,
                employer,
                scope,
                last,
            } => {
                let until = last.ends_at().as_ms();
                let has = |one: &Engagement| {
                    one.member == member
                        && one.staff == Some(*staff)
                        && !self.workers[one.worker].erased
                };
                let engagement = match self.engagements.iter().position(has) {
                    Some(engagement) => {
                        let known = &self.engagements[engagement];
                        let may = known.employer == *employer
                            && !known.ended
                            && !self.is_oneself(by, known.worker)
                            && self.may_have(member, known.worker).is_ok()
                            && !self.lost_for_cause(known.worker)
                            && self.cleared(known.worker, scope, until) == *scope;
                        if !may {
                            return Ok(Judged::Conflict);
                        }
                        engagement
                    }
                    // Nobody is cleared who is not known.
                    None if !scope.is_empty() => return Ok(Judged::Conflict),
                    None => self.engagements.len(),
                };
                if until <= self.now {
                    return Ok(Judged::Unusable);
                }
                if engagement == self.engagements.len() {
                    let worker = self.register(member, None);
                    self.engaged(worker, *employer, Some(*staff));
                }
                let draft = Draft {
                    worker: self.engagements[engagement].worker,
                    engagement: Some(engagement),
                    scope: scope.clone(),
                    from: self.now,
                    until,
                };
                self.issued(draft, false);
                Ok(Judged::New)
            }
            Row::Works { worker, employer } => match self.known(*worker, member) {
                Ok(()) => Ok(self.works(by, *worker, *employer)),
                Err(_) => Ok(Judged::Unusable),
            },
            Row::Comes { document, employer } => {
                let mut bearers = self.bearers(*document);
                bearers.retain(|&worker| self.workers[worker].member == member);
                match bearers[..] {
                    [] => {
                        let worker = self.register(member, Some(*document));
                        self.engaged(worker, *employer, None);
                        Ok(Judged::New)
                    }
                    [worker] => Ok(self.works(by, worker, *employer)),
                    _ => Ok(Judged::Conflict),
                }
            }
            Row::Advice { screening, step } => {
                let old = self.screenings[*screening].clone();
                if old.member != member {
                    return Ok(Judged::Unusable);
                }
                let waits = self.approvals.iter().any(|asked| {
                    let of = |wanted: &Wanted| matches!(wanted, Wanted::Screen(at, .., then) if at == screening && *then == old.touched);
                    self.waits(asked) && of(&asked.wanted)
                });
                let at_once = *step == Step::Negative && self.is_cleared(&old);
                let may = !self.is_oneself(by, old.worker)
                    && self.actors[by].person.is_some()
                    && (at_once || !waits)
                    && self.leads_to(&old, *step).is_ok();
                if !may {
                    return Ok(Judged::Conflict);
                }
                self.screen(by, *screening, *step).map(|_| Judged::New)
            }
        }
    }

    fn works(&mut self, by: usize, worker: usize, employer: usize) -> Judged {
        let barred = self.is_oneself(by, worker) || self.not_to_be_erased(worker).is_err();
        let lasts =
            |one: &Engagement| one.worker == worker && one.employer == employer && !one.ended;
        match self.engagements.iter().any(lasts) {
            _ if barred => Judged::Conflict,
            true => Judged::Same,
            false => {
                self.engaged(worker, employer, None);
                Judged::New
            }
        }
    }

    // Between members.

    fn may_share(&self, member: usize) -> Result<(), No> {
        must(self.shares.contains(&member), "may not leave its member")
    }

    /// The others who issued to the person are told what was just done to this pass for cause. What was told of it before gives
    /// way.
    fn refer(&mut self, pass: usize, reason: Reason) {
        self.fall_referrals(pass);
        if self.may_share(self.passes[pass].member).is_ok() {
            self.tell_issuers(pass, reason);
        } else {
            self.opens(pass, reason, None);
        }
    }

    fn tell_issuers(&mut self, pass: usize, reason: Reason) {
        let (member, worker) = (self.passes[pass].member, self.passes[pass].worker);
        let mut others: BTreeMap<usize, usize> = BTreeMap::new();
        for live in self.live_or_approved(&self.person(worker)) {
            let held = &self.passes[live];
            if held.member != member {
                others.entry(held.member).or_insert(held.worker);
            }
        }
        for to in others {
            self.opens(pass, reason, Some(to));
        }
    }

    fn opens(&mut self, pass: usize, reason: Reason, to: Option<(usize, usize)>) {
        let touched = self.touch();
        self.referrals.push(Referral {
            member: self.passes[pass].member,
            to,
            state: match to {
                Some(_) => Referred::Open,
                None => Referred::Draft,
            },
            pass,
            reason,
            touched,
        });
    }

    fn fall_referrals(&mut self, pass: usize) {
        for at in 0..self.referrals.len() {
            let one = &self.referrals[at];
            if one.pass == pass && matches!(one.state, Referred::Draft | Referred::Open) {
                self.referral_is(at, Referred::Fallen);
            }
        }
    }

    fn referral_is(&mut self, referral: usize, state: Referred) {
        let touched = self.touch();
        self.referrals[referral].state = state;
        self.referrals[referral].touched = touched;
    }

    fn may_answer_referral(&self, referral: usize, adopt: bool) -> Result<(), No> {
        let asked = &self.referrals[referral];
        must(asked.state == Referred::Open, "not open")?;
        match adopt {
            true => self.may_share(asked.member),
            false => Ok(()),
        }
    }

    fn answer_referral(&mut self, referral: usize, adopt: bool, by: usize) {
        let asked = self.referrals[referral].clone();
        let (member, worker) = asked.to.expect("it was answered");
        if !adopt {
            return self.referral_is(referral, Referred::Declined);
        }
        self.referral_is(referral, Referred::Adopted);
        for pass in self.live_or_approved(&self.person(worker)) {
            let held = &self.passes[pass];
            if held.member != member || held.kinds.contains(&Kind::ForCause) {
                continue;
            }
            if held.approved {
                self.revoked(pass, Reason::IssuedInError, by);
            } else {
                self.suspended_so(pass, Kind::ForCause, asked.reason, Some(by));
            }
        }
    }

    fn exclusion_is(&mut self, exclusion: usize, state: Excluded) {
        let touched = self.touch();
        self.exclusions[exclusion].state = state;
        self.exclusions[exclusion].touched = touched;
    }

    fn published(&mut self, exclusion: usize) {
        self.exclusion_is(exclusion, Excluded::Proposed);
        self.tell(exclusion);
    }

    /// Tells every member that knows the person and was not told, where it takes answers.
    fn tell(&mut self, exclusion: usize) {
        let takes = [Excluded::Proposed, Excluded::Contested];
        let one = &self.exclusions[exclusion];
        if !takes.contains(&one.state) || self.may_share(one.member).is_err() {
            return;
        }
        for worker in self.person(self.exclusions[exclusion].worker) {
            let (record, touched) = (self.workers[worker].clone(), self.touch());
            if !record.erased {
                let told = Told {
                    answer: Answer::Asked,
                    worker,
                    touched,
                };
                let all = &mut self.exclusions[exclusion].told;
                all.entry(record.member).or_insert(told);
            }
        }
    }

    fn may_answer_exclusion(
        &self,
        member: usize,
        exclusion: usize,
        adopt: bool,
    ) -> Result<Told, No> {
        let asked = &self.exclusions[exclusion];
        let told = asked.told.get(&member).ok_or("not told")?;
        let takes = [Excluded::Proposed, Excluded::Contested];
        must(takes.contains(&asked.state), "takes no answers")?;
        must(told.answer == Answer::Asked, "answered already")?;
        if adopt {
            self.may_share(asked.member)?;
        }
        Ok(told.clone())
    }

    // Broken glass.

    pub fn lasts(&self, glass: usize) -> bool {
        let glass = &self.glasses[glass];
        !glass.closed && self.now < glass.until
    }

    /// A duty officer revokes what cannot wait.
    fn is_urgent(&self, by: usize, reason: Reason) -> Result<(), No> {
        let urgent = matches!(reason.class(), Class::Possession | Class::ForCause);
        must(
            self.actors[by].role != Role::DutyOfficer || urgent,
            "not for a duty officer",
        )
    }

    pub fn is_broken(&self, member: usize) -> bool {
        let of_member = |&at: &usize| self.glasses[at].member == member;
        let mut glasses = (0..self.glasses.len()).filter(of_member);
        glasses.any(|glass| self.lasts(glass))
    }

    // Who is who.

    /// No more records are of one person than are looked through.
    fn may_be_one(&self, case: &Case, same: bool) -> Result<(), No> {
        let mut together = self.person(case.later);
        together.extend(self.person(case.earlier));
        must(
            !same || together.len() <= SAME_PERSON_MAX,
            "too many records",
        )
    }

    /// The records that are of one person with this one.
    fn person(&self, worker: usize) -> BTreeSet<usize> {
        let mut records = BTreeSet::from([worker]);
        loop {
            let before = records.len();
            for case in self.cases.iter().filter(|case| case.same == Some(true)) {
                if records.contains(&case.later) || records.contains(&case.earlier) {
                    records.extend([case.later, case.earlier]);
                }
            }
            if records.len() == before {
                return records;
            }
        }
    }

    fn is_oneself(&self, actor: usize, worker: usize) -> bool {
        let recorded = self.actors[actor]
            .person
            .and_then(|person| self.people[person]);
        recorded.is_some_and(|recorded| self.person(recorded).contains(&worker))
    }

    fn not_oneself(&self, actor: usize, worker: usize) -> Result<(), No> {
        must(!self.is_oneself(actor, worker), "about oneself")
    }

    fn is_same(&self, one: usize, other: usize) -> bool {
        let person = |actor: usize| self.actors[actor].person;
        one == other || (person(one).is_some() && person(one) == person(other))
    }

    fn known(&self, worker: usize, member: usize) -> Result<(), No> {
        let worker = &self.workers[worker];
        must(worker.member == member && !worker.erased, "no such worker")
    }

    fn not_to_be_erased(&self, worker: usize) -> Result<(), No> {
        let waits = |one: &Erasure| one.worker == worker && one.state == Erased::Waiting;
        must(!self.erasures.iter().any(waits), "to be erased")
    }

    fn today(&self) -> Day {
        day(self.now)
    }

    // Credentials.

    fn may_have(&self, member: usize, worker: usize) -> Result<(), No> {
        let open = |case: &Case| case.later == worker && case.same.is_none();
        must(!self.cases.iter().any(open), "a match case is open")?;
        self.not_to_be_erased(worker)?;
        must(!self.is_banned(worker), "banned")?;
        must(!self.is_excluded(member, worker), "excluded")?;
        must(!self.is_under_inquiry(member, worker), "under inquiry")
    }

    /// Whether the member holds something of this person suspended for cause or by a court.
    pub fn is_under_inquiry(&self, member: usize, worker: usize) -> bool {
        let person = self.person(worker);
        self.passes.iter().any(|held| {
            held.member == member
                && !held.revoked
                && person.contains(&held.worker)
                && (held.for_cause() || held.kinds.contains(&Kind::Judicial))
        })
    }

    fn is_banned(&self, worker: usize) -> bool {
        let person = self.person(worker);
        let mut standing = self
            .bans
            .iter()
            .filter(|ban| ban.state == ban::State::Standing);
        standing.any(|ban| !ban.workers.is_disjoint(&person))
    }

    fn is_excluded(&self, member: usize, worker: usize) -> bool {
        let person = self.person(worker);
        let adopts = |one: &Exclusion| {
            let told = one.told.get(&member);
            told.is_some_and(|told| told.answer == Answer::Adopted)
        };
        let mut held = self
            .exclusions
            .iter()
            .filter(|one| one.state != Excluded::Lifted && adopts(one));
        held.any(|one| person.contains(&one.worker))
    }

    fn may_lift(&self, pass: usize, kind: Kind) -> Result<(), No> {
        let held = &self.passes[pass];
        let ended = held.engagement.is_some_and(|at| self.engagements[at].ended);
        must(!ended, "what it rests on is over")?;
        match kind {
            Kind::Judicial => must(!self.is_banned(held.worker), "banned"),
            Kind::Exclusion => Err("no hand lifts it"),
            Kind::Dormant | Kind::ForCause | Kind::Screening => Ok(()),
        }
    }

    /// Whether one does more with so many than one may alone in ten minutes.
    fn too_many(&self, by: usize, more: usize) -> bool {
        let mine = |&&(other, at): &&(usize, Ms)| {
            self.is_same(by, other) && at > self.now - 10 * MINUTE_MS
        };
        let many = self.withdrawn.iter().filter(mine).count() + more > 20;
        many && !self.is_broken(self.actors[by].member)
    }

    fn touch(&mut self) -> u64 {
        self.touches += 1;
        self.touches
    }

    fn suspended(&mut self, pass: usize, reason: Reason, by: Option<usize>) {
        let kind = reason.suspends().expect("a reason that suspends");
        self.suspended_so(pass, kind, reason, by);
    }

    fn suspended_so(&mut self, pass: usize, kind: Kind, reason: Reason, by: Option<usize>) {
        let (touched, now) = (self.touch(), self.now);
        let held = &mut self.passes[pass];
        held.kinds.insert(kind);
        held.reason = Some(reason);
        held.since = now;
        held.touched = touched;
        self.withdrawn.extend(by.map(|by| (by, now)));
    }

    fn lifted(&mut self, pass: usize, kind: Kind) {
        let (touched, now, today) = (self.touch(), self.now, self.today());
        let held = &mut self.passes[pass];
        held.kinds.remove(&kind);
        held.reason = None;
        held.since = now;
        held.used = today;
        held.touched = touched;
    }

    fn revoked(&mut self, pass: usize, reason: Reason, by: usize) {
        let (touched, now) = (self.touch(), self.now);
        let held = &mut self.passes[pass];
        held.revoked = true;
        held.kinds.clear();
        held.reason = Some(reason);
        held.since = now;
        held.touched = touched;
        self.withdrawn.push((by, now));
        if reason.class() == Class::ForCause {
            self.refer(pass, reason);
        }
    }

    fn shut(&mut self, pass: usize, reason: Reason, by: usize) {
        let held = &self.passes[pass];
        if !held.approved && !held.kinds.contains(&Kind::ForCause) {
            self.suspended(pass, reason, Some(by));
            self.refer(pass, reason);
        }
    }

    fn may_get_a_badge(&self, by: usize, pass: usize) -> Result<(), No> {
        let held = &self.passes[pass];
        must(!held.revoked, "revoked")?;
        let handed_over = !held.approved && held.member == self.approving;
        must(!handed_over, "handed over already")?;
        self.not_oneself(by, held.worker)?;
        self.may_have(held.member, held.worker)?;
        must(!self.workers[held.worker].erased, "erased")
    }

    fn may_be_issued(&self, draft: &Draft) -> Result<(), No> {
        self.known(draft.worker, self.workers[draft.worker].member)?;
        must(
            !self.workers[draft.worker].documents.is_empty(),
            "no document",
        )?;
        self.may_have(self.workers[draft.worker].member, draft.worker)?;
        if let Some(engagement) = draft.engagement {
            let engagement = &self.engagements[engagement];
            let lasts = engagement.worker == draft.worker && !engagement.ended;
            must(lasts, "no such engagement")?;
        }
        let cleared = self.cleared(draft.worker, &draft.scope, draft.until);
        must(cleared == draft.scope, "not cleared")
    }

    fn issued(&mut self, draft: Draft, approved: bool) {
        self.passes.push(Pass {
            member: self.workers[draft.worker].member,
            worker: draft.worker,
            engagement: draft.engagement,
            functions: draft.scope.clone(),
            scope: draft.scope,
            from: draft.from,
            until: draft.until,
            kinds: BTreeSet::new(),
            approved,
            has_badge: !approved,
            revoked: false,
            corrected: false,
            reason: None,
            since: self.now,
            used: self.today(),
            touched: 0,
        });
    }

    /// Whether they lost something for cause, and nobody found that wrong.
    pub fn lost_for_cause(&self, worker: usize) -> bool {
        let person = self.person(worker);
        self.passes.iter().any(|pass| {
            let cause = pass
                .reason
                .is_some_and(|reason| reason.class() == Class::ForCause);
            person.contains(&pass.worker) && pass.revoked && cause && !pass.corrected
        })
    }

    /// What these have that is neither revoked nor expired.
    fn live_or_approved(&self, person: &BTreeSet<usize>) -> Vec<usize> {
        let live = |at: &usize| {
            let pass = &self.passes[*at];
            person.contains(&pass.worker) && !pass.revoked && pass.until > self.now
        };
        (0..self.passes.len()).filter(live).collect()
    }

    /// The same, but for what was not handed over.
    fn live_of(&self, person: &BTreeSet<usize>) -> Vec<usize> {
        let mut live = self.live_or_approved(person);
        live.retain(|&at| !self.passes[at].approved);
        live
    }

    fn bring_bans(&mut self, worker: usize, by: Option<usize>) {
        if !self.is_banned(worker) {
            return;
        }
        for pass in self.live_of(&self.person(worker)) {
            if !self.passes[pass].kinds.contains(&Kind::Judicial) {
                self.suspended(pass, Reason::PortBan, by);
            }
        }
    }

    fn bring_exclusions(&mut self, worker: usize, by: Option<usize>) {
        let person = self.person(worker);
        for pass in self.live_of(&person) {
            let held = self.passes[pass].clone();
            if self.is_excluded(held.member, worker) && !held.kinds.contains(&Kind::Exclusion) {
                self.suspended_so(pass, Kind::Exclusion, Reason::UnderInquiry, by);
            }
        }
    }

    fn mirrored(
        &mut self,
        document: Option<u32>,
        workers: &[usize],
        starts: Ms,
        ends: Ms,
        by: usize,
    ) {
        let touched = self.touch();
        let at = self.bans.len();
        self.bans.push(Ban {
            workers: BTreeSet::new(),
            state: if starts <= self.now {
                ban::State::Standing
            } else {
                ban::State::Upcoming
            },
            document,
            starts,
            ends,
            touched,
        });
        for &worker in workers {
            self.bans[at].workers.insert(worker);
            self.bring_bans(worker, Some(by));
        }
    }

    fn end_ban(&mut self, ban: usize) {
        let touched = self.touch();
        let ended = &mut self.bans[ban];
        ended.state = ban::State::Ended;
        ended.document = None;
        ended.touched = touched;
        for worker in self.bans[ban].workers.clone() {
            if self.is_banned(worker) {
                continue;
            }
            for pass in self.live_of(&self.person(worker)) {
                if self.passes[pass].kinds.contains(&Kind::Judicial) {
                    self.lifted(pass, Kind::Judicial);
                }
            }
        }
    }

    fn carries_one(&self, pass: usize) -> bool {
        self.exclusions
            .iter()
            .any(|one| one.pass == pass && one.state != Excluded::Lifted)
    }

    fn lift_exclusion(&mut self, exclusion: usize) {
        self.exclusion_is(exclusion, Excluded::Lifted);
        let worker = self.exclusions[exclusion].worker;
        for pass in self.live_of(&self.person(worker)) {
            let held = self.passes[pass].clone();
            if held.kinds.contains(&Kind::Exclusion) && !self.is_excluded(held.member, worker) {
                self.lifted(pass, Kind::Exclusion);
            }
        }
    }

    /// The ground is gone on which an exclusion rests, and for which others were told something.
    fn fall(&mut self, pass: usize) {
        self.fall_referrals(pass);
        for exclusion in 0..self.exclusions.len() {
            let one = &self.exclusions[exclusion];
            if one.pass == pass && one.state != Excluded::Lifted {
                self.lift_exclusion(exclusion);
            }
        }
    }

    // Screenings.

    fn screen(&mut self, by: usize, at: usize, step: Step) -> Result<Did, No> {
        let me = self.actors[by].clone();
        let role = match step {
            Step::Unmet | Step::Granted | Step::Dismissed | Step::Finalised => {
                Role::ScreeningApprover
            }
            _ => Role::ScreeningOfficer,
        };
        must(me.role == role, "not in this role")?;
        let old = self.screenings[at].clone();
        must(me.member == old.member, "another member's")?;
        let today = self.today();
        let at_once = matches!(step, Step::Submitted | Step::Appealed | Step::Withdrawn);
        let bad_news = match step {
            Step::Negative => self.is_cleared(&old),
            Step::Withdrawn => matches!(old.stage, Stage::Cleared | Stage::ClearedConditional),
            _ => false,
        };
        self.leads_to(&old, step)?;
        if !at_once && !bad_news {
            return self.ask(
                by,
                Some(old.worker),
                Wanted::Screen(at, step, today, old.touched),
            );
        }
        self.not_oneself(by, old.worker)?;
        self.step(at, step, today)?;
        if bad_news {
            let due = self.now + 24 * HOUR_MS;
            self.waits_for_a_look(by, Some(old.worker), Wanted::ConfirmOutcome, due)?;
        }
        Ok(Did::Done)
    }

    /// Whether bad news in this screening is of somebody who is cleared, by it or by another.
    fn is_cleared(&self, old: &Screening) -> bool {
        let of = BTreeSet::from([old.function]);
        matches!(old.stage, Stage::Cleared | Stage::ClearedConditional)
            || !self.cleared(old.worker, &of, self.now + 1).is_empty()
    }

    fn leads_to(&self, old: &Screening, step: Step) -> Result<Stage, No> {
        let today = self.today();
        let term = old.answer.map(|(day, _)| appeal_deadline(day));
        let in_term = term.is_some_and(|last| today <= last);
        match (old.stage, step) {
            (Stage::Draft, Step::Submitted) => Ok(Stage::Pending),
            (Stage::Pending, Step::Positive) => Ok(Stage::Cleared),
            (Stage::Pending, Step::Warning) => Ok(Stage::ClearedConditional),
            (Stage::Pending, Step::Negative) => Ok(Stage::Refused),
            (Stage::Cleared, Step::Negative) => Ok(Stage::Refused),
            (Stage::ClearedConditional, Step::Negative) => Ok(Stage::Refused),
            (Stage::ClearedConditional, Step::Unmet) => Ok(Stage::ConditionUnmet),
            (Stage::Refused, Step::Appealed) if in_term => Ok(Stage::UnderAppeal),
            (Stage::Refused, Step::Finalised) if !in_term => Ok(Stage::RefusedFinal),
            (Stage::UnderAppeal, Step::Granted) => Ok(Stage::Cleared),
            (Stage::UnderAppeal, Step::Dismissed) => Ok(Stage::RefusedFinal),
            (stage, Step::Withdrawn) if !ended(stage) => Ok(Stage::Closed),
            _ => Err("not at this step"),
        }
    }

    /// Takes a step, whose answer is of that day.
    fn step(&mut self, at: usize, step: Step, dated: Day) -> Result<(), No> {
        let stage = self.leads_to(&self.screenings[at], step)?;
        let (touched, now) = (self.touch(), self.now);
        let screening = &mut self.screenings[at];
        screening.stage = stage;
        screening.since = now;
        screening.touched = touched;
        match step {
            Step::Positive | Step::Granted => {
                screening.answer = Some((dated, Some(dated.plus_years(5))))
            }
            Step::Warning => screening.answer = Some((dated, Some(dated.plus_years(2)))),
            Step::Negative | Step::Dismissed => screening.answer = Some((dated, None)),
            Step::Submitted | Step::Unmet | Step::Appealed | Step::Finalised | Step::Withdrawn => {}
        }
        let worker = screening.worker;
        self.follow(worker);
        Ok(())
    }

    /// Which of these functions the person is cleared for as long as something is good.
    fn cleared(&self, worker: usize, scope: &BTreeSet<Function>, until: Ms) -> BTreeSet<Function> {
        let (person, last, today) = (self.person(worker), day(until - 1), self.today());
        let of = |function: Function| {
            let all = self.screenings.iter();
            all.filter(|one| person.contains(&one.worker) && one.function == function)
                .collect::<Vec<_>>()
        };
        let clears = |function: &Function| {
            let all = of(*function);
            let said_no = all.iter().filter(|one| one.says_no());
            let no_on = said_no.filter_map(|one| Some(one.answer?.0)).max();
            all.iter().any(|one| match (one.stage, one.answer) {
                (Stage::Cleared | Stage::ClearedConditional, Some((day, Some(until)))) => {
                    until >= today && until >= last && no_on.is_none_or(|no| day > no)
                }
                _ => false,
            })
        };
        scope.iter().copied().filter(clears).collect()
    }

    /// Brings what the person has up to what they are cleared for.
    fn follow(&mut self, worker: usize) {
        let person = self.person(worker);
        for pass in 0..self.passes.len() {
            let held = self.passes[pass].clone();
            if held.revoked || !person.contains(&held.worker) {
                continue;
            }
            let functions = self.cleared(worker, &held.scope, held.until);
            if functions != held.functions {
                let touched = self.touch();
                self.passes[pass].functions = functions;
                self.passes[pass].touched = touched;
            }
        }
    }

    // Erasing.

    fn may_be_erased(&self, worker: usize) -> Result<(), No> {
        let (member, lately) = (self.workers[worker].member, self.now - FIVE_YEARS_MS);
        for pass in self.passes.iter().filter(|pass| pass.worker == worker) {
            must(
                pass.revoked || pass.until <= self.now,
                "a credential is live",
            )?;
            must(!pass.for_cause(), "an inquiry")?;
            let cause = pass
                .reason
                .is_some_and(|reason| matches!(reason.class(), Class::ForCause | Class::Judicial));
            must(
                !(pass.revoked && cause && !pass.corrected && pass.since > lately),
                "revoked for cause",
            )?;
        }
        let lasts = |one: &Engagement| one.worker == worker && !one.ended;
        must(!self.engagements.iter().any(lasts), "an engagement lasts")?;
        for one in self.screenings.iter().filter(|one| one.worker == worker) {
            must(ended(one.stage), "a screening is open")?;
            must(!(one.says_no() && one.since > lately), "refused")?;
        }
        let barred = |ban: &Ban| ban.workers.contains(&worker) && ban.state != ban::State::Ended;
        must(!self.bans.iter().any(barred), "a ban")?;
        let person = self.person(worker);
        let excluded =
            |one: &Exclusion| one.state != Excluded::Lifted && person.contains(&one.worker);
        must(!self.exclusions.iter().any(excluded), "an exclusion")?;
        let open =
            |case: &Case| case.same.is_none() && (case.later == worker || case.earlier == worker);
        must(!self.cases.iter().any(open), "a match case")?;
        let bears = |asked: &Approval| {
            let by_them = self.actors[asked.by]
                .person
                .is_some_and(|person| self.people[person] == Some(worker));
            asked.member == member
                && asked.state == approval::State::Waiting
                && asked.expires > self.now
                && (asked.worker == Some(worker) || by_them)
        };
        must(!self.approvals.iter().any(bears), "an approval waits")
    }

    /// Erases whoever is due.
    pub fn erase_due(&mut self) {
        for at in 0..self.erasures.len() {
            let Erasure { worker, state, due } = self.erasures[at];
            if state == Erased::Waiting && due <= self.now && self.may_be_erased(worker).is_ok() {
                self.erasures[at].state = Erased::Done;
                self.workers[worker].erased = true;
            }
        }
    }

    // The second person.

    fn ask(&mut self, by: usize, worker: Option<usize>, wanted: Wanted) -> Result<Did, No> {
        let me = &self.actors[by];
        must(
            me.person.is_some() || me.role == Role::NetworkAdmin,
            "nobody asks",
        )?;
        must(
            !self.concerns(by, worker, &wanted),
            "asks for what concerns oneself",
        )?;
        self.approvals.push(Approval {
            member: self.actors[by].member,
            wanted,
            state: approval::State::Waiting,
            worker,
            by,
            expires: self.now + 72 * HOUR_MS,
            asked: self.touches,
        });
        Ok(Did::Asked)
    }

    fn waits_for_a_look(
        &mut self,
        by: usize,
        worker: Option<usize>,
        wanted: Wanted,
        expires: Ms,
    ) -> Result<(), No> {
        must(self.actors[by].person.is_some(), "nobody brings it")?;
        self.approvals.push(Approval {
            member: self.actors[by].member,
            wanted,
            state: approval::State::Waiting,
            worker,
            by,
            expires,
            asked: self.touches,
        });
        Ok(())
    }

    fn concerns(&self, actor: usize, worker: Option<usize>, wanted: &Wanted) -> bool {
        let listed: Vec<usize> = match (worker, wanted) {
            (Some(worker), _) => return self.is_oneself(actor, worker),
            (None, Wanted::Revoke(passes, _)) => passes.clone(),
            (None, Wanted::Lapse(_, passes)) => passes.iter().copied().collect(),
            (None, _) => Vec::new(),
        };
        let mut workers = listed.into_iter().map(|pass| self.passes[pass].worker);
        workers.any(|worker| self.is_oneself(actor, worker))
    }

    /// Whether it can still be answered.
    pub fn waits(&self, asked: &Approval) -> bool {
        asked.state == approval::State::Waiting
            && (is_done(&asked.wanted) || asked.expires > self.now)
    }

    fn may_answer(&self, by: usize, at: usize) -> Result<(), No> {
        let (me, asked) = (&self.actors[by], &self.approvals[at]);
        let (role, everywhere) = match asked.wanted {
            Wanted::Screen(..) | Wanted::ConfirmOutcome => (Role::ScreeningApprover, false),
            Wanted::Erase(..) | Wanted::Correct(..) => (Role::Registrar, false),
            Wanted::Mirror(..) | Wanted::EndBan(..) => (Role::NetworkAdmin, true),
            Wanted::Issue(..)
            | Wanted::Lift(..)
            | Wanted::Revoke(..)
            | Wanted::Suspend(..)
            | Wanted::Exclude(..)
            | Wanted::LiftExclusion(..)
            | Wanted::AnswerExclusion(..)
            | Wanted::DecideContest(..)
            | Wanted::AnswerReferral(..)
            | Wanted::Lapse(..)
            | Wanted::File(..)
            | Wanted::Match(..)
            | Wanted::ConfirmPass
            | Wanted::ConfirmGlass(..) => (Role::HrApprover, false),
        };
        must(me.live && me.role == role, "not in this role")?;
        must(everywhere || me.member == asked.member, "another member's")?;
        must(self.waits(asked), "waits no more")?;
        must(me.person.is_some(), "nobody")?;
        must(!self.is_same(by, asked.by), "the first person")?;
        must(
            !self.concerns(by, asked.worker, &asked.wanted),
            "about oneself",
        )
    }

    fn grant(&mut self, by: usize, at: usize, as_read: bool) -> Result<Did, No> {
        self.may_answer(by, at)?;
        must(as_read, "not what was read")?;
        let asked = self.approvals[at].clone();
        must(
            is_done(&asked.wanted) || self.actors[asked.by].live,
            "who asked has no power any more",
        )?;
        self.approvals[at].state = approval::State::Granted;
        let untouched = |now: u64, then: u64| must(now == then, "touched meanwhile");
        match asked.wanted {
            Wanted::Screen(screening, step, dated, then) => {
                untouched(self.screenings[screening].touched, then)?;
                self.step(screening, step, dated)?;
            }
            Wanted::Issue(draft, then) => {
                untouched(self.workers[draft.worker].touched, then)?;
                self.may_be_issued(&draft)?;
                must(draft.until > self.now, "would have expired")?;
                self.issued(draft, true);
            }
            Wanted::Lift(pass, kind, then) => {
                untouched(self.passes[pass].touched, then)?;
                self.may_lift(pass, kind)?;
                self.lifted(pass, kind);
                if kind == Kind::ForCause {
                    self.fall(pass);
                }
            }
            Wanted::Revoke(passes, reason) => {
                let live: Vec<usize> = passes
                    .into_iter()
                    .filter(|&pass| !self.passes[pass].revoked)
                    .collect();
                must(!live.is_empty(), "all revoked meanwhile")?;
                for pass in live {
                    must(
                        self.passes[pass].touched <= asked.asked,
                        "touched meanwhile",
                    )?;
                    self.revoked(pass, reason, by);
                }
            }
            Wanted::Suspend(pass, reason, then) => {
                untouched(self.passes[pass].touched, then)?;
                self.suspended(pass, reason, Some(by));
                if reason.suspends() == Some(Kind::ForCause) {
                    self.refer(pass, reason);
                }
            }
            Wanted::Correct(pass, then) => {
                untouched(self.passes[pass].touched, then)?;
                let touched = self.touch();
                self.passes[pass].corrected = true;
                self.passes[pass].touched = touched;
                if self.passes[pass]
                    .reason
                    .is_some_and(|reason| reason.class() == Class::ForCause)
                {
                    self.fall(pass);
                }
            }
            Wanted::Mirror(document, starts, ends) => {
                must(ends > self.now, "its term is over")?;
                let bearers = self.bearers(document);
                self.mirrored(Some(document), &bearers, starts, ends, by);
            }
            Wanted::EndBan(ban, then) => {
                untouched(self.bans[ban].touched, then)?;
                self.end_ban(ban);
            }
            Wanted::Exclude(pass, ends, then) => {
                untouched(self.passes[pass].touched, then)?;
                must(ends > self.now && !self.carries_one(pass), "not as it was")?;
                let (worker, member) = (self.passes[pass].worker, self.passes[pass].member);
                let touched = self.touch();
                let own = Told {
                    answer: Answer::Adopted,
                    worker,
                    touched,
                };
                self.exclusions.push(Exclusion {
                    member,
                    worker,
                    pass,
                    state: Excluded::Draft,
                    told: BTreeMap::from([(member, own)]),
                    ends,
                    touched,
                });
                if self.may_share(member).is_ok() {
                    self.published(self.exclusions.len() - 1);
                }
                self.bring_exclusions(worker, Some(by));
            }
            Wanted::LiftExclusion(exclusion, then) => {
                untouched(self.exclusions[exclusion].touched, then)?;
                self.lift_exclusion(exclusion);
            }
            Wanted::AnswerExclusion(exclusion, adopt, then) => {
                let told = self.may_answer_exclusion(asked.member, exclusion, adopt)?;
                let touched = told.touched.max(self.exclusions[exclusion].touched);
                untouched(touched, then)?;
                let touched = self.touch();
                let all = &mut self.exclusions[exclusion].told;
                let told = all.get_mut(&asked.member).expect("it was told");
                told.touched = touched;
                told.answer = match adopt {
                    true => Answer::Adopted,
                    false => Answer::Declined,
                };
                let worker = told.worker;
                if adopt {
                    self.bring_exclusions(worker, Some(by));
                }
            }
            Wanted::DecideContest(exclusion, lift, then) => {
                untouched(self.exclusions[exclusion].touched, then)?;
                match lift {
                    true => self.lift_exclusion(exclusion),
                    false => self.exclusion_is(exclusion, Excluded::Proposed),
                }
            }
            Wanted::AnswerReferral(referral, adopt, then) => {
                untouched(self.referrals[referral].touched, then)?;
                self.may_answer_referral(referral, adopt)?;
                self.answer_referral(referral, adopt, by);
            }
            Wanted::Lapse(engagements, listed) => {
                let ended = |&at: &usize| self.engagements[at].ended;
                must(!engagements.iter().any(ended), "ended meanwhile")?;
                let resting = self.resting_on(&engagements);
                must(resting == listed, "something else rests on them")?;
                self.lapsed(&engagements, &resting, by);
            }
            Wanted::File(rows) => {
                // By who asked for it, and as it is judged now.
                self.carry_out(asked.by, &rows)?;
            }
            Wanted::Erase(worker, then) => {
                untouched(self.workers[worker].touched, then)?;
                must(!self.workers[worker].erased, "erased")?;
                self.not_to_be_erased(worker)?;
                self.may_be_erased(worker)?;
                self.erasures.push(Erasure {
                    worker,
                    state: Erased::Waiting,
                    due: self.now + 7 * DAY_MS,
                });
            }
            Wanted::Match(case, same) => {
                let asked = self.cases[case].clone();
                must(asked.same.is_none(), "decided meanwhile")?;
                self.not_oneself(by, asked.later)?;
                self.not_oneself(by, asked.earlier)?;
                self.may_be_one(&asked, same)?;
                self.cases[case].same = Some(same);
                if same {
                    let together = self.person(asked.later);
                    self.follow(asked.later);
                    self.bring_bans(asked.later, Some(by));
                    for exclusion in 0..self.exclusions.len() {
                        if together.contains(&self.exclusions[exclusion].worker) {
                            self.tell(exclusion);
                        }
                    }
                    self.bring_exclusions(asked.later, Some(by));
                }
            }
            Wanted::ConfirmGlass(glass) => {
                must(!self.lasts(glass), "not over")?;
                let glass = &self.glasses[glass];
                let mut behind = self.withdrawn.iter().enumerate();
                let took_part = behind.any(|(at, (who, then))| {
                    glass.behind.contains(&at) && *then < glass.until && self.is_same(by, *who)
                });
                must(!took_part, "who took part")?;
            }
            Wanted::ConfirmPass | Wanted::ConfirmOutcome => {}
        }
        Ok(Did::Done)
    }

    // What follows from a date.

    /// Time goes on, and what follows from it happens. Answers of which credentials nobody can say whether they went to sleep
    /// first or were barred first.
    pub fn advance(&mut self, ms: Ms) -> Vec<usize> {
        self.now += ms;
        let good = Pass::is_good;
        let good_before: BTreeSet<usize> = {
            let passes = self.passes.iter().enumerate();
            passes
                .filter(|(_, pass)| good(pass))
                .map(|(at, _)| at)
                .collect()
        };
        for ban in 0..self.bans.len() {
            let Ban { state, ends, .. } = self.bans[ban];
            if state == ban::State::Standing && ends <= self.now {
                self.end_ban(ban);
            }
        }
        for ban in 0..self.bans.len() {
            let Ban {
                state,
                starts,
                ends,
                ..
            } = self.bans[ban];
            if state == ban::State::Upcoming && starts <= self.now {
                if ends <= self.now {
                    self.end_ban(ban);
                    continue;
                }
                let touched = self.touch();
                self.bans[ban].state = ban::State::Standing;
                self.bans[ban].touched = touched;
                for worker in self.bans[ban].workers.clone() {
                    self.bring_bans(worker, None);
                }
            }
        }
        let mut either = Vec::new();
        for pass in 0..self.passes.len() {
            let held = &self.passes[pass];
            // Sixty whole days.
            let unused = held.used.plus_days(61) <= self.today();
            if held.revoked || held.until <= self.now || !unused {
                continue;
            }
            if held.is_good() {
                self.suspended(pass, Reason::Dormant, None);
            } else if good_before.contains(&pass) {
                either.push(pass);
            }
        }
        for at in 0..self.screenings.len() {
            let one = &self.screenings[at];
            let last = one.answer.and_then(|(_, until)| until);
            let clears = matches!(one.stage, Stage::Cleared | Stage::ClearedConditional);
            if clears && last.is_some_and(|last| last < self.today()) {
                let (touched, worker) = (self.touch(), self.screenings[at].worker);
                let one = &mut self.screenings[at];
                one.stage = Stage::Lapsed;
                one.since = self.now;
                one.touched = touched;
                self.follow(worker);
            }
        }
        for exclusion in 0..self.exclusions.len() {
            let one = &self.exclusions[exclusion];
            if one.state != Excluded::Lifted && one.ends <= self.now {
                self.lift_exclusion(exclusion);
            }
        }
        either
    }

    /// What was found of one of those of which nobody can say it.
    pub fn sleeps_too(&mut self, pass: usize) {
        self.passes[pass].kinds.insert(Kind::Dormant);
    }
}

fn is_done(wanted: &Wanted) -> bool {
    matches!(
        wanted,
        Wanted::ConfirmPass | Wanted::ConfirmOutcome | Wanted::ConfirmGlass(_)
    )
}

pub fn ended(stage: Stage) -> bool {
    matches!(
        stage,
        Stage::RefusedFinal | Stage::Lapsed | Stage::ConditionUnmet | Stage::Closed
    )
}

pub fn day(at: Ms) -> Day {
    Day::of(Timestamp::from_ms(at))
}
