//! Screenings in every state.

use super::{Cases, Port, Somebody};
use crate::access::permission::Caller;
use crate::domain::client::Role;
use crate::domain::ids::{ScreeningId, WorkerId};
use crate::domain::screening::{Advice, AppealDecision, Authority, Function};
use crate::domain::time::DAY_MS;
use crate::service::{Error, Tx, screenings};

impl Cases<'_> {
    /// A screening in each state. Who is cleared has a credential that is for it.
    pub(super) async fn screenings(&mut self, port: &Port) -> Result<(), Error> {
        for (nth, way) in (0..).zip(WAYS) {
            let worker = self.worker(port, 100 + nth).await?;
            let id = self.screening(port, worker).await?;
            for &step in *way {
                self.step(port, id, step).await?;
            }
            if matches!(way, [.., Step::Advised(Advice::Positive, -30)]) {
                self.credential(port, worker, &[Function::CargoAccess])
                    .await?;
            }
        }
        Ok(())
    }

    async fn screening(&self, port: &Port, worker: WorkerId) -> Result<ScreeningId, Error> {
        let consented_at = self.services.environment.now().plus_ms(-2_200 * DAY_MS);
        self.by(port.screening_officer, move |tx, officer| {
            let permit = officer.permit()?;
            let opened = screenings::open(tx, permit, worker, Function::CargoAccess, consented_at)?;
            Ok(opened.screening.id)
        })
        .await
    }

    async fn step(&mut self, port: &Port, id: ScreeningId, step: Step) -> Result<(), Error> {
        self.made += 1;
        let (officer, approver) = (port.screening_officer, port.screening_approver);
        match step {
            Step::Submitted => {
                let submit = move |tx: &mut Tx<'_>, officer: Caller| {
                    screenings::submit(tx, officer.permit()?, id).map(drop)
                };
                self.by(officer, submit).await
            }
            Step::Withdrawn => {
                let withdraw = move |tx: &mut Tx<'_>, officer: Caller| {
                    screenings::withdraw(tx, officer.permit()?, id).map(drop)
                };
                self.by(officer, withdraw).await
            }
            Step::Advised(advice, days) | Step::Waits(advice, days) => {
                let ruling = self.ruling(Authority::Namb, days)?;
                let record = move |tx: &mut Tx<'_>, officer: Caller| {
                    screenings::record(tx, officer.permit()?, id, advice, &ruling)
                };
                let outcome = self.by(officer, record).await?;
                match step {
                    Step::Waits(..) => Ok(()),
                    _ => self.granted(approver, outcome).await,
                }
            }
            Step::Appealed(days) => {
                let on = self.today.plus_days(days);
                let appeal = move |tx: &mut Tx<'_>, officer: Caller| {
                    screenings::appeal(tx, officer.permit()?, id, on).map(drop)
                };
                self.by(officer, appeal).await
            }
            Step::Dismissed(days) => {
                let ruling = self.ruling(Authority::AppealBody, days)?;
                let second = self.second_approver(port).await?;
                let decide = move |tx: &mut Tx<'_>, approver: Caller| {
                    let dismissed = AppealDecision::Dismissed;
                    screenings::decide_appeal(tx, approver.permit()?, id, dismissed, &ruling)
                };
                let outcome = self.by(approver, decide).await?;
                self.granted(second, outcome).await
            }
            Step::Unmet => {
                let second = self.second_approver(port).await?;
                let unmet = move |tx: &mut Tx<'_>, approver: Caller| {
                    screenings::condition_unmet(tx, approver.permit()?, id)
                };
                let outcome = self.by(approver, unmet).await?;
                self.granted(second, outcome).await
            }
        }
    }

    async fn second_approver(&mut self, port: &Port) -> Result<Somebody, Error> {
        let file = format!("screening-approver-{}", self.made);
        let role = Role::ScreeningApprover;
        self.person(port.member, role, &file).await
    }
}

/// What happens to a screening, with days from today.
#[derive(Debug, Clone, Copy)]
enum Step {
    Submitted,
    Advised(Advice, i64),
    /// Likewise, and nobody has granted it yet.
    Waits(Advice, i64),
    Appealed(i64),
    Dismissed(i64),
    Unmet,
    Withdrawn,
}

use Step::{Advised, Appealed, Dismissed, Submitted, Unmet, Waits, Withdrawn};

/// A way to each state: draft, pending, waiting for a second person, cleared, cleared and soon at its end, cleared with a warning,
/// refused with the term of appeal running, under appeal, refused for good, at its end, without its mitigation, closed.
const WAYS: &[&[Step]] = &[
    &[],
    &[Submitted],
    &[Submitted, Waits(Advice::Positive, -1)],
    &[Submitted, Advised(Advice::Positive, -30)],
    &[Submitted, Advised(Advice::Positive, -1_740)],
    &[Submitted, Advised(Advice::PositiveWithWarning, -30)],
    &[Submitted, Advised(Advice::Negative, -2)],
    &[Submitted, Advised(Advice::Negative, -5), Appealed(-1)],
    &[
        Submitted,
        Advised(Advice::Negative, -40),
        Appealed(-36),
        Dismissed(-3),
    ],
    &[Submitted, Advised(Advice::Positive, -1_900)],
    &[Submitted, Advised(Advice::PositiveWithWarning, -90), Unmet],
    &[Submitted, Withdrawn],
];
