//! What one decides and bears on all members, replayed.

use super::super::entry::Entry;
use super::super::fold::{BanStep, ReferralStep};
use super::{Illegal, Replay};
use crate::domain::ban::{self, Ban};
use crate::domain::ids::{MemberId, WorkerId};
use crate::domain::referral::{self, Ground, Referral};
use crate::domain::time::Timestamp;

/// A port ban and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mirrored {
    /// As the register stated it.
    pub ban: Ban,
    /// Where it stands.
    pub state: ban::State,
    /// When it last moved; when it was mirrored, if never.
    pub since: Timestamp,
    /// The entry that last touched it.
    pub version: u64,
}

impl Mirrored {
    /// As this entry mirrors it.
    pub fn of(entry: &Entry, ban: &Ban) -> Self {
        let has_begun = ban.starts_at <= entry.at;
        Self {
            ban: ban.clone(),
            state: if has_begun {
                ban::State::Standing
            } else {
                ban::State::Upcoming
            },
            since: entry.at,
            version: entry.seq,
        }
    }

    /// As this entry leaves it, which moves it.
    pub fn moved(&self, entry: &Entry, change: ban::Change) -> Result<Self, ban::Refused> {
        Ok(Self {
            ban: self.ban.clone(),
            state: self.state.apply(change)?,
            since: entry.at,
            version: entry.seq,
        })
    }
}

/// A referral and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Referred {
    /// As it was opened.
    pub referral: Referral,
    /// Where it stands.
    pub state: referral::State,
    /// Why it was declined.
    pub ground: Option<Ground>,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When it last moved; when it was opened, if never.
    pub since: Timestamp,
    /// The entry that last touched it.
    pub version: u64,
}

impl Referred {
    /// As this entry opens it.
    pub fn opened(entry: &Entry, referral: &Referral) -> Self {
        Self {
            referral: referral.clone(),
            state: referral::State::opened(referral.to.as_ref()),
            ground: None,
            opened_at: entry.at,
            since: entry.at,
            version: entry.seq,
        }
    }

    /// As this entry leaves it, which moves it.
    pub fn moved(
        &self,
        entry: &Entry,
        change: referral::Change,
    ) -> Result<Self, referral::Refused> {
        Ok(Self {
            referral: self.referral.clone(),
            state: self.state.apply(change)?,
            ground: match change {
                referral::Change::Declined(ground) => Some(ground),
                referral::Change::Sent | referral::Change::Adopted | referral::Change::Fallen => {
                    None
                }
            },
            opened_at: self.opened_at,
            since: entry.at,
            version: entry.seq,
        })
    }
}

impl Replay {
    pub(super) fn is_of(&self, worker: WorkerId, member: MemberId) -> bool {
        matches!(self.workers.get(&worker), Some((_, worker)) if worker.member == member)
    }

    pub(super) fn referral_step(
        &mut self,
        entry: &Entry,
        step: ReferralStep<'_>,
    ) -> Result<(), Illegal> {
        match step {
            ReferralStep::Opened(referral) => {
                let issued = self.credentials.get(&referral.credential);
                let of_issuer = issued.is_some_and(|held| {
                    let credential = &held.credential;
                    (credential.member, credential.worker) == (referral.member, referral.worker)
                });
                let to_another = |to: &referral::Addressee| {
                    to.member != referral.member && self.is_of(to.worker, to.member)
                };
                if !of_issuer || !referral.to.as_ref().is_none_or(to_another) {
                    return Err(Illegal::Missing);
                }
                let referred = Referred::opened(entry, referral);
                match self.referrals.insert(referral.id, referred) {
                    None => Ok(()),
                    Some(_) => Err(Illegal::Repeated),
                }
            }
            ReferralStep::Moved(id, change) => {
                let referred = self.referrals.get_mut(&id).ok_or(Illegal::Missing)?;
                *referred = referred.moved(entry, change)?;
                Ok(())
            }
        }
    }

    pub(super) fn ban_step(&mut self, entry: &Entry, step: BanStep<'_>) -> Result<(), Illegal> {
        match step {
            BanStep::Mirrored(ban) => match self.bans.insert(ban.id, Mirrored::of(entry, ban)) {
                None => Ok(()),
                Some(_) => Err(Illegal::Repeated),
            },
            BanStep::Found(id, worker) => {
                let mirrored = self.bans.get(&id).ok_or(Illegal::Missing)?;
                if mirrored.state == ban::State::Ended {
                    return Err(ban::Refused(mirrored.state).into());
                }
                if !self.workers.contains_key(&worker) {
                    return Err(Illegal::Missing);
                }
                match self.banned.insert((id, worker)) {
                    true => Ok(()),
                    false => Err(Illegal::Repeated),
                }
            }
            BanStep::Moved(id, change) => {
                let mirrored = self.bans.get_mut(&id).ok_or(Illegal::Missing)?;
                *mirrored = mirrored.moved(entry, change)?;
                Ok(())
            }
        }
    }
}
