//! What somebody tries next, at random: mostly what they may and what could be, and often enough not.

use std::collections::BTreeSet;

use portcullis::domain::ban;
use portcullis::domain::client::Role;
use portcullis::domain::credential::SuspensionKind as Kind;
use portcullis::domain::exclusion::State as Excluded;
use portcullis::domain::reason::Reason;
use portcullis::domain::referral::State as Referred;
use portcullis::domain::screening::{Function, State as Stage};
use portcullis::domain::time::{DAY_MS, HOUR_MS};

use super::rules::{Act, Erased, Model, Ms, Row, Step, Wanted, day};

/// Numbers that follow from a seed (SplitMix64).
pub struct Chance(u64);

impl Chance {
    pub fn of(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    pub fn one_in(&mut self, many: usize) -> bool {
        self.below(many) == 0
    }

    pub fn of_these<T: Clone>(&mut self, these: &[T]) -> T {
        these[self.below(these.len())].clone()
    }

    /// One of so many, most likely one of the last.
    fn recent(&mut self, many: usize) -> Option<usize> {
        let last = if self.one_in(4) { many } else { many.min(10) };
        (many > 0).then(|| many - 1 - self.below(last))
    }

    /// One of those for which this holds, or mostly so.
    fn likely(&mut self, many: usize, holds: impl Fn(usize) -> bool) -> Option<usize> {
        let fit: Vec<usize> = (0..many).filter(|&at| holds(at)).collect();
        if fit.is_empty() || self.one_in(6) {
            return self.recent(many);
        }
        Some(fit[self.recent(fit.len())?])
    }
}

/// How long until the next act: mostly minutes, now and then up to more than a year.
pub fn pause(chance: &mut Chance) -> Ms {
    let pause = if chance.one_in(40) {
        let days = chance.of_these(&[1, 1, 2, 4, 8, 9, 15, 31, 62, 100, 400]);
        days * DAY_MS + chance.below(24) as Ms * HOUR_MS
    } else if chance.one_in(20) {
        chance.below(20) as Ms * HOUR_MS
    } else {
        chance.below(90_000) as Ms
    };
    // Validity is kept in whole seconds; and what is made later is to be later by its identifier too.
    pause / 1_000 * 1_000 + 1_000
}

/// An act, and who tries it.
pub fn act(chance: &mut Chance, model: &Model) -> (usize, Act) {
    loop {
        if let Some(act) = some_act(chance, model) {
            return (actor(chance, model, &act), act);
        }
    }
}

/// Documents of people: few, so that the same person comes again.
const DOCUMENTS: usize = 30;
/// Employers: few, so that many work for one.
const EMPLOYERS: usize = 6;

fn some_act(chance: &mut Chance, model: &Model) -> Option<Act> {
    let now = model.now;
    let worker = |chance: &mut Chance| {
        let many = model.workers.len();
        chance.likely(many, |at| !model.workers[at].erased)
    };
    let pass = |chance: &mut Chance| {
        let many = model.passes.len();
        chance.likely(many, |at| !model.passes[at].revoked)
    };
    Some(match chance.below(128) {
        0..5 => Act::Register {
            document: (!chance.one_in(3)).then(|| chance.below(DOCUMENTS) as u32),
        },
        5..8 => Act::Engage {
            worker: worker(chance)?,
            employer: chance.below(EMPLOYERS),
        },
        8..10 => Act::Disengage {
            engagement: chance.recent(model.engagements.len())?,
        },
        10..22 => {
            let worker = worker(chance)?;
            let member = model.workers[worker].member;
            let many = model.engagements.len();
            let engagement = chance.likely(many, |at| model.engagements[at].worker == worker);
            let engagement = engagement.filter(|&at| {
                model.engagements[at].worker == worker && model.engagements[at].member == member
            });
            let all = [
                Function::CargoAccess,
                Function::CargoData,
                Function::UnescortedAccess,
            ];
            let cleared: BTreeSet<Function> = model
                .screenings
                .iter()
                .filter(|one| one.worker == worker)
                .filter(|one| matches!(one.stage, Stage::Cleared | Stage::ClearedConditional))
                .map(|one| one.function)
                .collect();
            let scope = match chance.below(6) {
                0 => BTreeSet::from([chance.of_these(&all)]),
                1 => BTreeSet::new(),
                _ => cleared,
            };
            Act::Issue {
                worker,
                engagement: engagement.filter(|_| chance.one_in(2)),
                scope,
                days: chance.of_these(&[1, 30, 90, 365, 365, 700]),
            }
        }
        22 => {
            let many = model.passes.len();
            let bare = |at: usize| model.passes[at].approved && !model.passes[at].has_badge;
            Act::AddBadge {
                pass: (0..many)
                    .rev()
                    .find(|&at| bare(at) && !model.passes[at].revoked)?,
            }
        }
        23 => {
            let many = model.passes.len();
            let ready = |at: usize| model.passes[at].approved && !model.passes[at].revoked;
            Act::HandOver {
                pass: chance.likely(many, ready)?,
            }
        }
        24 => Act::Replace {
            pass: pass(chance)?,
            reason: chance.of_these(&[Reason::Lost, Reason::Damaged, Reason::Superseded]),
        },
        25..32 => Act::Suspend {
            pass: pass(chance)?,
            reason: chance.of_these(&[
                Reason::UnderInquiry,
                Reason::AccessRuleBreach,
                Reason::Dormant,
                Reason::AdviceNegative,
                Reason::PortBan,
            ]),
        },
        32..43 => {
            let many = model.passes.len();
            let pass = chance.likely(many, |at| !model.passes[at].kinds.is_empty())?;
            let standing: Vec<Kind> = model.passes[pass].kinds.iter().copied().collect();
            let kind = if standing.is_empty() || chance.one_in(6) {
                chance.of_these(&Kind::ALL)
            } else {
                chance.of_these(&standing)
            };
            Act::Lift { pass, kind }
        }
        43..48 => Act::Revoke {
            pass: pass(chance)?,
            reason: reason_to_revoke(chance),
        },
        48..50 => {
            let most = if chance.one_in(3) { 25 } else { 4 };
            let many = 1 + chance.below(most);
            let passes = (0..many).filter_map(|_| pass(chance)).collect::<Vec<_>>();
            if passes.is_empty() {
                return None;
            }
            Act::RevokeMany {
                passes,
                reason: reason_to_revoke(chance),
            }
        }
        50..51 => {
            let many = model.passes.len();
            Act::Correct {
                pass: chance.likely(many, |at| model.passes[at].revoked)?,
            }
        }
        51..55 => Act::Open {
            worker: worker(chance)?,
            function: chance.of_these(Function::ALL),
        },
        55..68 => {
            let many = model.screenings.len();
            let open = |at: usize| !super::rules::ended(model.screenings[at].stage);
            let screening = chance.likely(many, open)?;
            let likely: &[Step] = match model.screenings[screening].stage {
                Stage::Draft => &[Step::Submitted],
                Stage::Pending => &[
                    Step::Positive,
                    Step::Positive,
                    Step::Warning,
                    Step::Negative,
                ],
                Stage::Cleared => &[Step::Negative],
                Stage::ClearedConditional => &[Step::Negative, Step::Unmet],
                Stage::Refused => &[Step::Appealed, Step::Appealed, Step::Finalised],
                Stage::UnderAppeal => &[Step::Granted, Step::Dismissed],
                _ => &[Step::Withdrawn],
            };
            let step = match chance.below(8) {
                0 => chance.of_these(&Step::ALL),
                _ => chance.of_these(likely),
            };
            Act::Screen { screening, step }
        }
        68..70 => {
            let starts = now + chance.of_these(&[-30, 0, 0, 2, 40]) * DAY_MS;
            let ends = starts.max(now) + chance.of_these(&[1, 30, 300]) * DAY_MS;
            if chance.one_in(2) {
                let document = chance.below(DOCUMENTS) as u32;
                Act::MirrorDocument {
                    document,
                    starts,
                    ends,
                }
            } else {
                let worker = worker(chance)?;
                Act::MirrorWorker {
                    worker,
                    starts,
                    ends,
                }
            }
        }
        70..71 => {
            let many = model.bans.len();
            Act::EndBan {
                ban: chance.likely(many, |at| model.bans[at].state != ban::State::Ended)?,
            }
        }
        71..74 => {
            let many = model.passes.len();
            let ground = |at: usize| model.passes[at].kinds.contains(&Kind::ForCause);
            Act::Exclude {
                pass: chance.likely(many, ground)?,
                ends: now + chance.of_these(&[1, 20, 200]) * DAY_MS,
            }
        }
        74..76 => {
            let many = model.exclusions.len();
            Act::LiftExclusion {
                exclusion: chance
                    .likely(many, |at| model.exclusions[at].state != Excluded::Lifted)?,
            }
        }
        76..78 => Act::Erase {
            worker: chance
                .below(model.workers.len().max(1))
                .min(model.workers.len().checked_sub(1)?),
        },
        78..80 => {
            let many = model.erasures.len();
            let waits = |at: &usize| model.erasures[*at].state == Erased::Waiting;
            let waiting = (0..many).find(waits);
            if waiting.is_none() && !chance.one_in(10) {
                return None;
            }
            let any = chance.recent(many)?;
            Act::KeepAfterAll {
                erasure: waiting.unwrap_or(any),
            }
        }
        80..82 => {
            let many = model.cases.len();
            Act::Decide {
                case: chance.likely(many, |at| model.cases[at].same.is_none())?,
                same: !chance.one_in(3),
            }
        }
        82..97 => {
            let approval = waiting(chance, model)?;
            let as_read = !chance.one_in(12);
            Act::Grant { approval, as_read }
        }
        97..98 => Act::Decline {
            approval: waiting(chance, model)?,
        },
        98..99 => Act::TakeBack {
            approval: waiting(chance, model)?,
        },
        99..100 => Act::Demote {
            actor: chance.below(model.actors.len()),
        },
        100..103 => Act::Amend {
            worker: worker(chance)?,
            documents: (0..chance.below(3))
                .map(|_| chance.below(DOCUMENTS) as u32)
                .collect(),
        },
        103..104 => Act::Lapse {
            employer: chance.below(EMPLOYERS + 1),
        },
        104..111 => Act::Bring {
            rows: file(chance, model)?,
        },
        111..112 => {
            let many = model.exclusions.len();
            let draft = |at: usize| model.exclusions[at].state == Excluded::Draft;
            Act::Publish {
                exclusion: chance.likely(many, draft)?,
            }
        }
        112..115 => {
            let many = model.exclusions.len();
            let proposed = |at: usize| model.exclusions[at].state == Excluded::Proposed;
            Act::AnswerExclusion {
                exclusion: chance.likely(many, proposed)?,
                adopt: !chance.one_in(3),
            }
        }
        115..117 => {
            let many = model.exclusions.len();
            let proposed = |at: usize| model.exclusions[at].state == Excluded::Proposed;
            Act::Contest {
                exclusion: chance.likely(many, proposed)?,
            }
        }
        117..119 => {
            let many = model.exclusions.len();
            let contested = |at: usize| model.exclusions[at].state == Excluded::Contested;
            Act::DecideContest {
                exclusion: chance.likely(many, contested)?,
                lift: chance.one_in(2),
            }
        }
        119..120 => {
            let many = model.referrals.len();
            let draft = |at: usize| model.referrals[at].state == Referred::Draft;
            Act::SendReferral {
                referral: chance.likely(many, draft)?,
            }
        }
        120..125 => {
            let many = model.referrals.len();
            let open = |at: usize| model.referrals[at].state == Referred::Open;
            Act::AnswerReferral {
                referral: chance.likely(many, open)?,
                adopt: !chance.one_in(3),
            }
        }
        125..126 => Act::Basis {
            member: chance.below(2),
            stands: !chance.one_in(3),
        },
        126..127 => Act::BreakGlass {
            minutes: chance.of_these(&[1, 5, 60]),
        },
        _ => {
            let many = model.glasses.len();
            Act::CloseGlass {
                glass: chance.likely(many, |at| model.lasts(at))?,
            }
        }
    })
}

/// A small file of one purpose.
fn file(chance: &mut Chance, model: &Model) -> Option<Vec<Row>> {
    let many = 1 + chance.below(4);
    let mut rows: Vec<Row> = Vec::new();
    let purpose = chance.below(3);
    for nth in 0..many {
        let row = match purpose {
            0 => {
                let all = model.engagements.len();
                // Now and then somebody whom nobody knows.
                let staff = match chance.one_in(6) {
                    true => all + 1_000 + nth,
                    false => {
                        let lasts = |at: usize| {
                            let one = &model.engagements[at];
                            !one.ended && one.staff.is_some()
                        };
                        let at = chance.likely(all, lasts)?;
                        model.engagements[at].staff?
                    }
                };
                let mut known = model.engagements.iter();
                let known = known.rfind(|one| one.staff == Some(staff));
                let employer = match known {
                    Some(known) if !chance.one_in(8) => known.employer,
                    _ => chance.below(EMPLOYERS),
                };
                let cleared: BTreeSet<Function> = model
                    .screenings
                    .iter()
                    .filter(|one| known.is_some_and(|known| known.worker == one.worker))
                    .filter(|one| one.stage == Stage::Cleared)
                    .map(|one| one.function)
                    .collect();
                let days = chance.of_these(&[-1, 0, 30, 300]);
                Row::Badge {
                    staff,
                    employer,
                    scope: match chance.one_in(2) {
                        true => cleared,
                        false => BTreeSet::new(),
                    },
                    last: day(model.now).plus_days(days),
                }
            }
            1 if chance.one_in(3) => Row::Comes {
                document: chance.below(DOCUMENTS) as u32,
                employer: chance.below(EMPLOYERS),
            },
            1 => Row::Works {
                worker: chance.likely(model.workers.len(), |at| !model.workers[at].erased)?,
                employer: chance.below(EMPLOYERS),
            },
            _ => {
                let waits = |at: usize| {
                    matches!(
                        model.screenings[at].stage,
                        Stage::Pending | Stage::Cleared | Stage::ClearedConditional
                    )
                };
                Row::Advice {
                    screening: chance.likely(model.screenings.len(), waits)?,
                    step: chance.of_these(&[Step::Positive, Step::Warning, Step::Negative]),
                }
            }
        };
        // What is made by one file is made at one moment, so that nobody could tell which of two records of a person is
        // older, nor which row means somebody who has the number of another.
        let again = rows.iter().any(|other| match (&row, other) {
            (Row::Badge { staff, .. }, Row::Badge { staff: other, .. }) => {
                staff == other || model.is_one_person(*staff, *other)
            }
            (Row::Comes { .. }, Row::Comes { .. }) => true,
            _ => false,
        });
        if !again {
            rows.push(row);
        }
    }
    Some(rows)
}

fn waiting(chance: &mut Chance, model: &Model) -> Option<usize> {
    let many = model.approvals.len();
    let waits = |at: usize| model.waits(&model.approvals[at]);
    chance.likely(many, waits)
}

fn reason_to_revoke(chance: &mut Chance) -> Reason {
    chance.of_these(&[
        Reason::Lost,
        Reason::Stolen,
        Reason::NeedEnded,
        Reason::IdentityFraud,
        Reason::LentOrShared,
    ])
}

/// Who tries it: mostly somebody who might be let, often enough just anybody.
fn actor(chance: &mut Chance, model: &Model, act: &Act) -> usize {
    let many = model.actors.len();
    if chance.one_in(5) {
        return chance.below(many);
    }
    if let Act::TakeBack { approval } = act
        && chance.one_in(2)
    {
        return model.approvals[*approval].by;
    }
    let (roles, member) = fitting(model, act);
    let fits = |at: &usize| {
        let actor = &model.actors[*at];
        actor.live
            && roles.contains(&actor.role)
            && member.is_none_or(|member| member == actor.member)
    };
    let fit: Vec<usize> = (0..many).filter(fits).collect();
    if fit.is_empty() {
        return chance.below(many);
    }
    chance.of_these(&fit)
}

fn fitting(model: &Model, act: &Act) -> (&'static [Role], Option<usize>) {
    use Role::{
        DutyOfficer, FacilityOfficer, HrApprover, HrOfficer, MemberAdmin, NetworkAdmin, Register,
        Registrar, ScreeningApprover, ScreeningOfficer,
    };
    let of_worker = |at: usize| Some(model.workers[at].member);
    let of_pass = |at: usize| Some(model.passes[at].member);
    match act {
        Act::Register { .. } | Act::Lapse { .. } => (&[HrOfficer], None),
        Act::Amend { worker, .. } | Act::Engage { worker, .. } | Act::Issue { worker, .. } => {
            (&[HrOfficer], of_worker(*worker))
        }
        Act::Bring { rows } => match &rows[0] {
            Row::Badge { staff, .. } => {
                let mut known = model.engagements.iter();
                let known = known.find(|one| one.staff == Some(*staff));
                (&[HrOfficer], known.map(|known| known.member))
            }
            Row::Works { worker, .. } => (&[HrOfficer], of_worker(*worker)),
            Row::Comes { .. } => (&[HrOfficer], None),
            Row::Advice { screening, .. } => {
                let member = model.screenings[*screening].member;
                (&[ScreeningOfficer], Some(member))
            }
        },
        Act::Publish { exclusion } => (&[HrOfficer], Some(model.exclusions[*exclusion].member)),
        Act::AnswerExclusion { exclusion, .. } | Act::DecideContest { exclusion, .. } => {
            (&[HrOfficer], Some(1 - model.exclusions[*exclusion].member))
        }
        Act::Contest { .. } => (&[Registrar], None),
        Act::SendReferral { referral } => (&[HrOfficer], Some(model.referrals[*referral].member)),
        Act::AnswerReferral { referral, .. } => (
            &[HrOfficer],
            model.referrals[*referral].to.map(|(member, _)| member),
        ),
        Act::Basis { member, .. } => (&[Registrar], Some(*member)),
        Act::BreakGlass { .. } => (&[DutyOfficer], None),
        Act::CloseGlass { glass } => (&[DutyOfficer], Some(model.glasses[*glass].member)),
        Act::Disengage { engagement } => {
            (&[HrOfficer], Some(model.engagements[*engagement].member))
        }
        Act::AddBadge { pass }
        | Act::HandOver { pass }
        | Act::Replace { pass, .. }
        | Act::Lift { pass, .. }
        | Act::Exclude { pass, .. } => (&[HrOfficer], of_pass(*pass)),
        Act::Suspend { pass, .. } => (&[HrOfficer, FacilityOfficer, DutyOfficer], of_pass(*pass)),
        Act::Revoke { pass, .. } => (&[HrOfficer, DutyOfficer], of_pass(*pass)),
        Act::RevokeMany { passes, .. } => (&[HrOfficer, DutyOfficer], of_pass(passes[0])),
        Act::Correct { pass } => (&[HrApprover], of_pass(*pass)),
        Act::Open { worker, .. } => (&[ScreeningOfficer], of_worker(*worker)),
        Act::Screen { screening, step } => {
            let member = Some(model.screenings[*screening].member);
            match step {
                Step::Unmet | Step::Granted | Step::Dismissed | Step::Finalised => {
                    (&[ScreeningApprover], member)
                }
                _ => (&[ScreeningOfficer], member),
            }
        }
        Act::MirrorWorker { .. } => (&[Register], None),
        Act::MirrorDocument { .. } | Act::EndBan { .. } => (&[Register, NetworkAdmin], None),
        Act::LiftExclusion { exclusion } => {
            (&[HrOfficer], Some(model.exclusions[*exclusion].member))
        }
        Act::Erase { worker } => (&[Registrar], of_worker(*worker)),
        Act::KeepAfterAll { erasure } => (&[Registrar], of_worker(model.erasures[*erasure].worker)),
        Act::Decide { case, .. } => (&[HrOfficer], of_worker(model.cases[*case].earlier)),
        Act::Grant { approval, .. } | Act::Decline { approval } => {
            let asked = &model.approvals[*approval];
            let roles: &[Role] = match asked.wanted {
                Wanted::Screen(..) | Wanted::ConfirmOutcome => &[ScreeningApprover],
                Wanted::Erase(..) | Wanted::Correct(..) => &[Registrar],
                Wanted::Mirror(..) | Wanted::EndBan(..) => return (&[NetworkAdmin], None),
                _ => &[HrApprover],
            };
            (roles, Some(asked.member))
        }
        Act::TakeBack { approval } => {
            let asked = &model.approvals[*approval];
            (
                &[HrOfficer, ScreeningOfficer, Registrar, HrApprover],
                Some(asked.member),
            )
        }
        Act::Demote { .. } => (&[MemberAdmin, NetworkAdmin], None),
    }
}
