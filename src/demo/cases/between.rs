//! What lies between ports: referrals, exclusions and bans of the State's register, one in every state.

use super::super::network::name;
use super::{Cases, Port, Somebody, document};
use crate::access::permission::Caller;
use crate::domain::approval::Act;
use crate::domain::client::Role;
use crate::domain::credential::SuspensionKind;
use crate::domain::exclusion::Reply;
use crate::domain::ids::{BanId, CredentialId, ExclusionId};
use crate::domain::match_case::{Decision, State};
use crate::domain::network::LegalBasis;
use crate::domain::reason::Reason;
use crate::domain::referral::{self, Ground};
use crate::domain::time::{DAY_MS, Timestamp};
use crate::service::approvals::Outcome;
use crate::service::bans::{self, BanDraft};
use crate::service::clients::ClientDraft;
use crate::service::exclusions::{self, ExclusionDraft};
use crate::service::{Error, Tx, credentials, match_cases, referrals, sharing};
use crate::store::referrals::Which;

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
        let asked = self.by(one.hr, move |tx, hr| {
            let permit = hr.permit()?;
            let open = State::Open;
            let mut cases =
                match_cases::list(tx.reader()?, hr.permit()?, Some(open), None, 200)?.into_iter();
            let case = cases.find(|found| found.case.worker == second);
            let case = case.ok_or_else(|| Error::internal("nobody noticed"))?;
            match_cases::decide(tx, permit, case.case.id, Decision::Confirmed)
        });
        let asked = asked.await?;
        self.grants(one.hr_approver, asked).await?;
        Ok([
            self.credential(one, first, &[]).await?,
            self.credential(other, second, &[]).await?,
        ])
    }

    pub(super) async fn suspends(
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

    /// Somebody of both ports is suspended for cause at the first, which refers them to the other.
    async fn referred(
        &mut self,
        from: &Port,
        to: &Port,
        passport: u32,
    ) -> Result<CredentialId, Error> {
        let [here, _] = self.of_both(from, to, passport).await?;
        self.suspends(from, here, Reason::UnderInquiry).await?;
        Ok(here)
    }

    /// The same, and the first port excludes them.
    async fn excluded(
        &mut self,
        from: &Port,
        to: &Port,
        passport: u32,
    ) -> Result<ExclusionId, Error> {
        let credential = self.referred(from, to, passport).await?;
        let ends_at = self.services.environment.now().plus_ms(365 * DAY_MS);
        let asked = self
            .by(from.hr, move |tx, hr| {
                let draft = ExclusionDraft {
                    credential,
                    facilities: Default::default(),
                    ends_at,
                };
                exclusions::propose(tx, hr.permit()?, &draft)
            })
            .await?;
        let id = match &asked {
            Outcome::Asked(asked) => match &asked.approval.act {
                Act::ProposeExclusion { exclusion, .. } => Some(exclusion.id),
                _ => None,
            },
            Outcome::Done(_) => None,
        };
        let id = id.ok_or_else(|| Error::internal("an exclusion by one"))?;
        self.granted(from.hr_approver, asked).await?;
        Ok(id)
    }

    /// What was begun before the network shared: two referrals and an exclusion that have not left their port.
    pub(super) async fn before_sharing(
        &mut self,
        ghent: &Port,
        antwerp: &Port,
    ) -> Result<(), Error> {
        self.referred(ghent, antwerp, 210).await?;
        self.excluded(ghent, antwerp, 211).await?;
        Ok(())
    }

    /// Referrals and exclusions in the states that come after.
    pub(super) async fn between(&mut self, ghent: &Port, antwerp: &Port) -> Result<(), Error> {
        // The exclusion's referral leaves the port; the other stays a draft.
        let drafts = referral::State::Draft;
        self.by(ghent.hr, move |tx, hr| {
            let which = Some(Which::In(drafts));
            let now = tx.now;
            let found = referrals::list(tx.reader()?, hr.permit()?, which, now, None, 200)?;
            let last = found.last().ok_or_else(|| Error::internal("no draft"))?;
            referrals::send(tx, hr.permit()?, last.referral.id).map(drop)
        })
        .await?;
        self.referred(ghent, antwerp, 200).await?;
        for (passport, change) in [
            (202, referral::Change::Adopted),
            (203, referral::Change::Declined(Ground::NotSubstantiated)),
        ] {
            let credential = self.referred(ghent, antwerp, passport).await?;
            let asked = self
                .by(antwerp.hr, move |tx, hr| {
                    let open = Some(Which::In(referral::State::Open));
                    let now = tx.now;
                    let found = referrals::list(tx.reader()?, hr.permit()?, open, now, None, 200)?;
                    let mut found = found.into_iter();
                    let found = found.find(|found| found.referral.credential == credential);
                    let found = found.ok_or_else(|| Error::internal("not referred"))?;
                    referrals::answer(tx, hr.permit()?, found.referral.id, change)
                })
                .await?;
            self.granted(antwerp.hr_approver, asked).await?;
        }
        let fallen = self.referred(ghent, antwerp, 204).await?;
        let asked = self
            .by(ghent.hr, move |tx, hr| {
                credentials::lift(tx, hr.permit()?, fallen, SuspensionKind::ForCause)
            })
            .await?;
        self.granted(ghent.hr_approver, asked).await?;

        let adopted = self.excluded(ghent, antwerp, 201).await?;
        let asked = self
            .by(antwerp.hr, move |tx, hr| {
                exclusions::answer(tx, hr.permit()?, adopted, Reply::Adopted)
            })
            .await?;
        self.granted(antwerp.hr_approver, asked).await?;
        let contested = self.excluded(ghent, antwerp, 205).await?;
        self.by(ghent.registrar, move |tx, registrar| {
            exclusions::contest(tx, registrar.permit()?, contested).map(drop)
        })
        .await?;
        let lifted = self.excluded(ghent, antwerp, 206).await?;
        let asked = self
            .by(ghent.hr, move |tx, hr| {
                exclusions::lift(tx, hr.permit()?, lifted)
            })
            .await?;
        self.granted(ghent.hr_approver, asked).await
    }

    /// Port bans of people with a badge: one that the register has just brought, one that is to begin, and one that it took
    /// back.
    pub(super) async fn bans(&mut self, port: &Port) -> Result<(), Error> {
        let member = self.admin.member;
        let draft = ClientDraft {
            member,
            name: name("Register of port bans"),
            role: Role::Register,
            person: None,
        };
        let register = self.client(draft, "register").await?;
        let now = self.services.environment.now();
        let just = Timestamp::from_ms(now.as_ms() - 1_000);
        for (passport, starts_at) in [(300, just), (301, now.plus_ms(30 * DAY_MS)), (302, just)] {
            let worker = self.worker(port, passport).await?;
            self.credential(port, worker, &[]).await?;
            let draft = BanDraft {
                document: Some(document(passport)?),
                worker: None,
                reference: format!("DEMO-BAN-{passport}")
                    .parse()
                    .map_err(Error::internal)?,
                starts_at,
                ends_at: now.plus_ms(700 * DAY_MS),
            };
            let brought: BanId = self
                .by(register, move |tx, register| {
                    match bans::mirror(tx, register.permit()?, &draft)? {
                        Outcome::Done(shown) => Ok(shown.mirrored.ban.id),
                        Outcome::Asked(_) => Err(Error::internal("the register asks nobody")),
                    }
                })
                .await?;
            if passport == 302 {
                self.by(register, move |tx, register| {
                    bans::end(tx, register.permit()?, brought).map(drop)
                })
                .await?;
            }
        }
        Ok(())
    }
}
