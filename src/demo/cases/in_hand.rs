//! What lies on the desks of HR, of registrars and of who has duty.

use super::super::network::Network;
use super::super::plan::LIEGE;
use super::{Cases, Port};
use crate::access::permission::Caller;
use crate::domain::approval::Act;
use crate::domain::break_glass::Emergency;
use crate::domain::client::Role;
use crate::domain::credential::{Scope, SuspensionKind};
use crate::domain::network::Member;
use crate::domain::reason::Reason;
use crate::domain::time::{DAY_MS, HOUR_MS};
use crate::service::approvals::Outcome;
use crate::service::break_glass::{self, GlassDraft};
use crate::service::issuing::{self, CredentialDraft};
use crate::service::{Error, badges, credentials, erasures, network, revocations};

impl Cases<'_> {
    /// What waits for somebody at the desks of HR: a lift, a revocation for cause, a match, and a wrong revocation that is known
    /// to be wrong.
    pub(super) async fn in_hand(&mut self, port: &Port) -> Result<(), Error> {
        let worker = self.worker(port, 400).await?;
        let lifted = self.credential(port, worker, &[]).await?;
        self.suspends(port, lifted, Reason::UnderInquiry).await?;
        self.by(port.hr, move |tx, hr| {
            credentials::lift(tx, hr.permit()?, lifted, SuspensionKind::ForCause).map(drop)
        })
        .await?;
        let worker = self.worker(port, 401).await?;
        let lent = self.credential(port, worker, &[]).await?;
        self.by(port.hr, move |tx, hr| {
            revocations::revoke(tx, hr.permit()?, lent, Reason::LentOrShared).map(drop)
        })
        .await?;
        self.worker(port, 402).await?;
        self.worker(port, 402).await?;
        let worker = self.worker(port, 403).await?;
        let wrong = self.credential(port, worker, &[]).await?;
        self.by(port.hr, move |tx, hr| {
            revocations::revoke(tx, hr.permit()?, wrong, Reason::Lost).map(drop)
        })
        .await?;
        let asked = self
            .by(port.hr_approver, move |tx, approver| {
                revocations::correct(tx, approver.permit()?, wrong)
            })
            .await?;
        self.grants(port.registrar, asked).await
    }

    /// Somebody whom two registrars decided to erase, in the week that it waits.
    pub(super) async fn erasure(&mut self, port: &Port) -> Result<(), Error> {
        let second = self
            .person(port.member, Role::Registrar, "antwerp-bruges-registrar-2")
            .await?;
        let worker = self.worker(port, 600).await?;
        let asked = self
            .by(port.registrar, move |tx, registrar| {
                erasures::ask(tx, registrar.permit()?, worker)
            })
            .await?;
        self.grants(second, asked).await
    }

    /// Who has duty acts alone for an hour, and every member is told.
    pub(super) async fn broken_glass(&mut self, port: &Port) -> Result<(), Error> {
        let duty_officer = self
            .person(
                port.member,
                Role::DutyOfficer,
                "antwerp-bruges-duty-officer",
            )
            .await?;
        self.by(duty_officer, move |tx, duty_officer| {
            let draft = GlassDraft {
                reason: Emergency::StockStolen,
                reference: "DEMO-DUTY-1".parse().map_err(Error::internal)?,
                lasts_ms: HOUR_MS,
            };
            break_glass::open(tx, duty_officer.permit()?, draft).map(drop)
        })
        .await
    }

    /// At Liège a second person grants what is issued: one credential waits for that, another to be handed over.
    pub(super) async fn handover(&mut self, network: &Network, admin: Caller) -> Result<(), Error> {
        let port = self.port(network, LIEGE).await?;
        let member = port.member;
        self.by(admin, move |tx, admin| {
            let (version, found) =
                network::find::<Member>(&tx.index.places(), admin.permit()?, member)?;
            let draft = network::MemberDraft {
                name: found.name.clone(),
                kind: found.kind,
                locodes: found.locodes.clone(),
                max_age_ms: found.max_age_ms,
                approves_issues: Some(true),
            };
            network::change::<Member>(tx, admin.permit()?, member, version, draft).map(drop)
        })
        .await?;
        let valid_until = self.services.environment.now().plus_ms(300 * DAY_MS);
        for (nth, is_granted) in [(0, true), (1, false)] {
            let worker = self.worker(&port, 500 + nth).await?;
            let asked = self
                .by(port.hr, move |tx, hr| {
                    let draft = CredentialDraft {
                        worker,
                        engagement: None,
                        valid_from: None,
                        valid_until,
                        scope: Scope::default(),
                        badges: Vec::new(),
                    };
                    issuing::issue(tx, hr.permit()?, &draft)
                })
                .await?;
            let id = match &asked {
                Outcome::Asked(asked) => match &asked.approval.act {
                    Act::IssueCredential { credential, .. } => Some(credential.id),
                    _ => None,
                },
                Outcome::Done(_) => None,
            };
            if is_granted {
                self.granted(port.hr_approver, asked).await?;
                let id = id.ok_or_else(|| Error::internal("an issue by one"))?;
                let badge = self.badge(&port);
                self.by(port.hr, move |tx, hr| {
                    badges::add(tx, hr.permit()?, id, &badge).map(drop)
                })
                .await?;
            }
        }
        Ok(())
    }
}
