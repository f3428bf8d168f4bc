//! What the law must allow first. Whether what one member holds against somebody for cause may leave it: the network must have
//! been switched to share, by two administrators, and the member must have recorded the legal basis on which it does. And
//! whether numbers of the national register are used at all: two administrators must have recorded the authorisation.

use super::approvals::{self, Outcome};
use super::commit::Tx;
use super::error::{Code, Error};
use crate::access::permission::{KeepLegalBasis, KeepSharing, Permit, ReadNetwork};
use crate::domain::approval::Act;
use crate::domain::calendar::Day;
use crate::domain::ids::MemberId;
use crate::domain::network::{Authorisation, LegalBasis, Member, Settings};
use crate::domain::screening::Validity;
use crate::domain::time::Timestamp;
use crate::index::places::Places;
use crate::ledger::entry::Fact;
use crate::ledger::fold::Record;
use crate::store::{Reader, network};

/// What holds for the whole network, with the entry that last touched it: 0 when nothing was ever set.
pub fn settings(places: &Places, _: Permit<ReadNetwork>) -> (u64, Settings) {
    places
        .settings
        .get(&Settings::ID)
        .map_or((0, Settings::default()), |(version, settings)| {
            (*version, Settings::clone(settings))
        })
}

/// What is to be set otherwise; what is not named stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SettingsDraft {
    /// Whether members share.
    pub share_for_cause: Option<bool>,
    /// The authorisation for national register numbers, or that there is none.
    pub national_register: Option<Option<Authorisation>>,
    /// Years that plain positive advice holds.
    pub validity_years: Option<u8>,
    /// Years after which one with a warning must have been checked again.
    pub recheck_years: Option<u8>,
}

impl SettingsDraft {
    fn over(&self, standing: &Settings) -> Settings {
        let screenings = Validity {
            years: self.validity_years.unwrap_or(standing.screenings.years),
            recheck_years: self
                .recheck_years
                .unwrap_or(standing.screenings.recheck_years),
        };
        let national_register = self.national_register.clone();
        Settings {
            share_for_cause: self.share_for_cause.unwrap_or(standing.share_for_cause),
            national_register: national_register
                .unwrap_or_else(|| standing.national_register.clone()),
            screenings,
            two_administrators: standing.two_administrators,
        }
    }
}

/// Asks for the network to be set otherwise, which a second administrator lets happen.
pub fn switch(
    tx: &mut Tx<'_>,
    permit: Permit<KeepSharing>,
    draft: &SettingsDraft,
) -> Result<Outcome<()>, Error> {
    if *draft == SettingsDraft::default() {
        let message = "names nothing to be set otherwise: name at least one setting";
        return Err(Error::field("", "missing", message));
    }
    let (version, standing) = stored(tx.reader()?)?;
    let settings = draft.over(&standing);
    if draft.national_register.is_some() {
        check_authorisation(tx, &settings)?;
    }
    if !settings.screenings.is_allowed() {
        let pointer = match draft.recheck_years {
            Some(_) => "/recheck_years",
            None => "/validity_years",
        };
        return Err(Error::field(pointer, "out_of_range", NOT_ALLOWED));
    }
    if standing == settings {
        return Err(Error::new(
            Code::Conflict,
            "The network is set so already; there is nothing to change.",
        ));
    }
    let act = Act::ChangeSettings { version, settings };
    let asked = approvals::ask(tx, permit.caller(), None, act)?;
    Ok(Outcome::Asked(Box::new(asked)))
}

/// Switches what a second administrator let be switched.
pub(super) fn switch_approved(
    tx: &mut Tx<'_>,
    version: u64,
    settings: &Settings,
) -> Result<(), Error> {
    if stored(tx.reader()?)?.0 != version {
        return Err(approvals::stale("The settings were changed meanwhile."));
    }
    tx.state(Fact::SettingsRecorded(settings.clone()))?;
    Ok(())
}

/// Records the legal basis on which the caller's member shares, or that there is none any more.
pub fn record_basis(
    tx: &mut Tx<'_>,
    permit: Permit<KeepLegalBasis>,
    id: MemberId,
    basis: Option<LegalBasis>,
) -> Result<(u64, Member), Error> {
    let (version, member) = member(tx, id)?
        .filter(|_| permit.covers(id))
        .ok_or_else(|| Error::not_found("member"))?;
    if let Some(basis) = &basis {
        let today = Day::of(tx.now);
        if basis.date > today {
            let message = format!("must not be after {today}, which is today");
            return Err(Error::field("/date", "in_future", message));
        }
    }
    if member.legal_basis == basis {
        return Ok((version, member));
    }
    let member = Member {
        legal_basis: basis,
        ..member
    };
    let version = tx.state(Fact::MemberRecorded(member.clone()))?;
    Ok((version, member))
}

/// Whether what this member holds against somebody for cause may leave it.
pub(super) fn may_leave(tx: &mut Tx<'_>, id: MemberId) -> Result<bool, Error> {
    let (_, settings) = stored(tx.reader()?)?;
    let member = member(tx, id)?;
    Ok(settings.share_for_cause && member.is_some_and(|(_, member)| member.legal_basis.is_some()))
}

/// Refuses where it may not.
pub(super) fn must_be_allowed(tx: &mut Tx<'_>, id: MemberId) -> Result<(), Error> {
    if may_leave(tx, id)? {
        return Ok(());
    }
    Err(Error::new(
        Code::SharingBarred,
        "Nothing that is held against somebody for cause may leave the member that holds it: the network is not switched to share, or that member has no legal basis on record.",
    ))
}

/// An authorisation that is asked for must hold today: what is not in force yet is asked for when it is.
fn check_authorisation(tx: &Tx<'_>, settings: &Settings) -> Result<(), Error> {
    let Some(authorisation) = &settings.national_register else {
        return Ok(());
    };
    let today = Day::of(tx.now);
    if authorisation.date > today {
        let message = format!("must not be after {today}, which is today");
        return Err(Error::field(
            "/national_register/date",
            "in_future",
            message,
        ));
    }
    if authorisation.until.is_some_and(|until| until < today) {
        let message = format!("must not be before {today}, which is today");
        return Err(Error::field("/national_register/until", "past", message));
    }
    Ok(())
}

/// Whether national register numbers may be used at this moment.
pub(super) fn may_use_national_register(
    reader: &mut Reader,
    now: Timestamp,
) -> Result<bool, Error> {
    let (_, settings) = stored(reader)?;
    Ok(settings.may_use_national_register(Day::of(now)))
}

/// For how long advice holds that clears somebody at this moment.
pub(super) fn validity(reader: &mut Reader) -> Result<Validity, Error> {
    Ok(stored(reader)?.1.screenings)
}

/// Why years are refused.
const NOT_ALLOWED: &str = "A screening holds for one to five years, as the law has it, and is checked again after one year at least and not after it ended";

fn stored(reader: &mut Reader) -> Result<(u64, Settings), Error> {
    let found = network::find(reader, &Settings::ID.to_string())?;
    Ok(match found {
        Some((version, Record::Settings(settings))) => (version, settings),
        _ => (0, Settings::default()),
    })
}

fn member(tx: &mut Tx<'_>, id: MemberId) -> Result<Option<(u64, Member)>, Error> {
    let found = network::find(tx.reader()?, &id.to_string())?;
    Ok(match found {
        Some((version, Record::Member(member))) => Some((version, member)),
        _ => None,
    })
}
