//! What a file comes to, compared with what is recorded and changing nothing: when it is brought in, and again before its
//! second person lets it be carried out, as what is recorded may have changed since they were shown, and as they have records
//! of their own.

use super::file::columns::Purpose;
use super::file::sheet::Sheet;
use super::plan::{self, Wanted};
use super::report::Tally;
use super::terms::{Terms, own_records};
use super::{
    Settings, State, bans, credentials, engagements, from_json, open, outcomes, read, revocations,
};
use crate::access::permission::Caller;
use crate::access::seal::Field;
use crate::domain::ids::{ClientId, ImportId};
use crate::domain::time::Timestamp;
use crate::service::Services;
use crate::service::approvals;
use crate::service::error::{Code, Error};
use crate::store::imports;

/// What a file comes to now.
#[derive(Debug, Clone, Copy)]
pub struct Weighed {
    import: ImportId,
    /// Who is its second person.
    by: ClientId,
    /// How many rows are new.
    new: u64,
    /// How many of them are about the second person.
    about_second: u64,
}

impl Weighed {
    /// Whether it is of this file, for this second person.
    pub(super) fn is_for(&self, import: ImportId, by: ClientId) -> bool {
        self.import == import && self.by == by
    }

    /// Refuses a file that is about the second person, or brings more than the `shown` new rows.
    pub(super) fn check(&self, shown: u64) -> Result<(), Error> {
        if self.about_second > 0 {
            return Err(Error::new(
                Code::WrongPerson,
                "The file has rows about you. Nobody decides what concerns themselves: another must grant it, or it must come without those rows.",
            ));
        }
        if self.new > shown {
            return Err(approvals::stale(
                "The file would bring in more than you were shown, as what is recorded changed meanwhile. It must be brought in anew.",
            ));
        }
        Ok(())
    }
}

/// Compares a file that waits with what is recorded now, for this second person. `None` where it waits no more. Blocks, for
/// seconds with a large file.
pub(in crate::service) fn weigh_again(
    services: &Services,
    second: Caller,
    id: ImportId,
) -> Result<Option<Weighed>, Error> {
    let found = read(&services.store, |reader| {
        Ok((imports::find(reader, id)?, imports::sealed(reader, id)?))
    })?;
    let (Some(import), Some(sealed)) = found else {
        return Ok(None);
    };
    if import.state != State::Checked.as_str() {
        return Ok(None);
    }
    let bytes = services
        .keyring
        .open(Field::ImportFile, id.as_bytes(), &sealed)
        .map_err(Error::internal)?;
    drop(sealed);
    let settings: Settings = from_json(&import.settings)?;
    let (sheet, layout) = open(settings.purpose, &bytes)?;
    let places = services.index.places().clone();
    let (askers, seconds) = read(&services.store, |reader| {
        let askers = own_records(reader, &places, import.client)?;
        Ok((askers, own_records(reader, &places, second.client)?))
    })?;
    let mut terms = Terms::new(
        services.keyring.clone(),
        &places,
        import.member,
        // A second person grants only what a person asked for.
        (askers, true),
        &settings,
        layout,
    )?;
    let now = services.environment.now();
    let new = weighed(services, &terms, &sheet, now)?.counts.new;
    let about_second = if seconds.is_empty() {
        0
    } else {
        terms.own.extend(seconds);
        new.saturating_sub(weighed(services, &terms, &sheet, now)?.counts.new)
    };
    Ok(Some(Weighed {
        import: id,
        by: second.client,
        new,
        about_second,
    }))
}

/// What every row comes to.
pub(super) fn weighed(
    services: &Services,
    terms: &Terms,
    sheet: &Sheet<'_>,
    now: Timestamp,
) -> Result<Tally, Error> {
    match terms.settings.purpose {
        Purpose::Credentials => weigh::<credentials::WantedCredential>(services, terms, sheet, now),
        Purpose::Revocations => weigh::<revocations::WantedRevocation>(services, terms, sheet, now),
        Purpose::Bans => weigh::<bans::WantedBan>(services, terms, sheet, now),
        Purpose::Engagements => weigh::<engagements::WantedEngagement>(services, terms, sheet, now),
        Purpose::Outcomes => weigh::<outcomes::WantedOutcome>(services, terms, sheet, now),
    }
}

/// Judges every row, in short reads: a large file must not hold a connection that others wait for.
fn weigh<W: Wanted>(
    services: &Services,
    terms: &Terms,
    sheet: &Sheet<'_>,
    now: Timestamp,
) -> Result<Tally, Error> {
    let (mut tally, mut known) = (Tally::default(), W::Known::default());
    for batch in plan::batches::<W>(terms, sheet) {
        read(&services.store, |reader| {
            plan::look_up::<W>(&mut known, reader, terms, &batch)
        })?;
        let dry = |_: &mut W::Known, _: &W| Ok(());
        plan::judge::<W>(&mut known, terms, now, &batch, &mut tally, u64::MAX, dry)?;
    }
    Ok(tally)
}
