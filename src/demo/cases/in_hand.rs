//! What lies between ports, and on the desks of HR.

use super::super::network::{Machine, Network, name};
use super::super::plan::LIEGE;
use super::{Cases, Port, Somebody, document};
use crate::access::permission::Caller;
use crate::domain::approval::Act;
use crate::domain::client::Role;
use crate::domain::credential::{Scope, SuspensionKind};
use crate::domain::exclusion::Reply;
use crate::domain::ids::{CredentialId, ExclusionId};
use crate::domain::match_case::{Decision, State};
use crate::domain::network::{LegalBasis, Member};
use crate::domain::reason::Reason;
use crate::domain::time::{DAY_MS, Timestamp};
use crate::service::approvals::Outcome;
use crate::service::bans::{self, BanDraft};
use crate::service::clients::{self, ClientDraft};
use crate::service::exclusions::{self, ExclusionDraft};
use crate::service::issuing::{self, CredentialDraft};
use crate::service::{Error, Tx, badges, credentials, match_cases, network, revocations, sharing};

impl Cases<'_> {
    /// The network is switched to share what is held for cause, and both ports may.
    pub(super) async fn shares(
        &self,
        [first, second]: [Somebody; 2],
        ports: [&Port; 2],
    ) -> Result<(), Error> {
        let draft = sharing::SettingsDraft {
            share_for_cause: Some(true),
            ..sharing::SettingsDraft::default()
        };
        let asked = self
            .by(first, move |tx, first| {
                sharing::switch(tx, first.permit()?, &draft)
            })
            .await?;
        self.granted(second, asked).await?;
        for port in ports {
            let (member, date) = (port.member, self.today);
            let record = move |tx: &mut Tx<'_>, registrar: Caller| {
                let basis = LegalBasis {
                    reference: "DEMO-LAW-1".parse().map_err(Error::internal)?,
                    date,
                };
                sharing::record_basis(tx, registrar.permit()?, member, Some(basis)).map(drop)
            };
            self.by(port.registrar, record).await?;
        }
        Ok(())
    }

    /// A person of both ports, as both know.
    async fn of_both(
        &mut self,
        one: &Port,
        other: &Port,
        passport: u32,
    ) -> Result<[CredentialId; 2], Error> {
        let first = self.worker(one, passport).await?;
        let second = self.worker(other, passport).await?;
        self.by(one.hr, move |tx, hr| {
            let permit = hr.permit()?;
            let open = State::Open;
            let mut cases =
                match_cases::list(tx.reader()?, hr.permit()?, Some(open), None, 200)?.into_iter();
            let case = cases.find(|found| found.case.worker == second);
            let case = case.ok_or_else(|| Error::internal("nobody noticed"))?;
            match_cases::decide(tx, permit, case.case.id, Decision::Confirmed).map(drop)
        })
        .await?;
        Ok([
            self.credential(one, first, &[]).await?,
            self.credential(other, second, &[]).await?,
        ])
    }

    async fn suspends(
        &self,
        port: &Port,
        credential: CredentialId,
        reason: Reason,
    ) -> Result<(), Error> {
        self.by(port.hr, move |tx, hr| {
            credentials::suspend(tx, hr.permit()?, credential, reason).map(drop)
        })
        .await
    }

    /// A referral that nobody has answered, and an exclusion that both ports hold.
    pub(super) async fn between(&mut self, ghent: &Port, antwerp: &Port) -> Result<(), Error> {
        let [referred, _] = self.of_both(ghent, antwerp, 200).await?;
        self.suspends(ghent, referred, Reason::UnderInquiry).await?;
        let [excluded, _] = self.of_both(ghent, antwerp, 201).await?;
        self.suspends(ghent, excluded, Reason::UnderInquiry).await?;
        let ends_at = self.services.environment.now().plus_ms(365 * DAY_MS);
        let asked = self
            .by(ghent.hr, move |tx, hr| {
                let draft = ExclusionDraft {
                    credential: excluded,
                    facilities: Default::default(),
                    ends_at,
                };
                exclusions::propose(tx, hr.permit()?, &draft)
            })
            .await?;
        let id: Option<ExclusionId> = match &asked {
            Outcome::Asked(asked) => match &asked.approval.act {
                Act::ProposeExclusion { exclusion, .. } => Some(exclusion.id),
                _ => None,
            },
            Outcome::Done(_) => None,
        };
        let id = id.ok_or_else(|| Error::internal("an exclusion by one"))?;
        self.granted(ghent.hr_approver, asked).await?;
        let asked = self
            .by(antwerp.hr, move |tx, hr| {
                exclusions::answer(tx, hr.permit()?, id, Reply::Adopted)
            })
            .await?;
        self.granted(antwerp.hr_approver, asked).await
    }

    /// A port ban that the register has just brought, of somebody with a badge.
    pub(super) async fn ban(&mut self, port: &Port) -> Result<(), Error> {
        let worker = self.worker(port, 300).await?;
        self.credential(port, worker, &[]).await?;
        let member = self.admin.member;
        let now = self.services.environment.now();
        let (register, machine) = self
            .by(self.admin, move |tx, admin| {
                let draft = ClientDraft {
                    member,
                    name: name("Register of port bans"),
                    role: Role::Register,
                    person: None,
                };
                let (_, client, secret) = clients::add(tx, admin.permit()?, draft)?;
                let machine = Machine {
                    client: client.id,
                    secret,
                };
                Ok((clients::caller(&client), machine))
            })
            .await?;
        self.cast.push(("register".into(), machine));
        let draft = BanDraft {
            document: Some(document(300)?),
            worker: None,
            reference: "DEMO-BAN-1".parse().map_err(Error::internal)?,
            starts_at: Timestamp::from_ms(now.as_ms() - 1_000),
            ends_at: now.plus_ms(700 * DAY_MS),
        };
        self.by(register, move |tx, register| {
            bans::mirror(tx, register.permit()?, &draft).map(drop)
        })
        .await
    }

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
