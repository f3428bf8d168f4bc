//! What the rows of one file are read against: who brings it, in which numbering its cards are, what holds where a row
//! says nothing, which facilities there are.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::file::columns::{Column, Purpose};
use super::file::layout::Layout;
use super::file::records::Card;
use super::file::text::fold;
use super::file::{Code as FileCode, RowProblem};
use super::report::Fault;
use super::words;
use crate::access::keyring::Keyring;
use crate::domain::card::{CardIdentifier, Format, Input};
use crate::domain::clearance::Functions;
use crate::domain::credential::{CardKey, SCOPE_MAX, Scope};
use crate::domain::ids::{CardSystemId, ClientId, FacilityId, MemberId, WorkerId};
use crate::domain::network::CardSystem;
use crate::domain::reason::{Class, Reason};
use crate::index::places::Places;
use crate::service::clients;
use crate::service::error::Error;
use crate::store::{Reader, match_cases};

/// What is said with a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// What its rows are.
    pub purpose: Purpose,
    /// In which numbering of the member its cards are. Needed where the file names cards.
    pub card_system: Option<CardSystemId>,
    /// How card numbers are written where a row does not say. Needed where the file has no column for it.
    pub default_format: Option<Format>,
    /// Why credentials are revoked where a row does not say. Needed where the file has no column for it.
    pub reason: Option<Reason>,
    /// The last day of badges where a row does not say. Needed where the file has no column for it.
    #[serde(default, with = "day")]
    pub valid_until: Option<Date>,
}

/// A day as text.
mod day {
    use jiff::civil::Date;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<S: Serializer>(day: &Option<Date>, to: S) -> Result<S::Ok, S::Error> {
        day.map(|day| day.to_string()).serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Date>, D::Error> {
        let day: Option<String> = Deserialize::deserialize(from)?;
        day.map(|day| day.parse().map_err(serde::de::Error::custom))
            .transpose()
    }
}

/// The settings, checked against network and file, with what rows need besides.
pub(super) struct Terms {
    pub keyring: Arc<Keyring>,
    pub member: MemberId,
    pub settings: Settings,
    pub layout: Layout,
    card_system: Option<Arc<CardSystem>>,
    facilities: Facilities,
    /// The records of whoever brings it, where they are recorded as a worker: nobody does anything about themselves.
    pub own: BTreeSet<WorkerId>,
    /// Whether whoever brings it is a person, and so may ask a second one.
    pub by_person: bool,
}

impl Terms {
    /// Refuses settings that do not fit the network or the file, naming the setting.
    pub(super) fn new(
        keyring: Arc<Keyring>,
        places: &Places,
        member: MemberId,
        (own, by_person): (BTreeSet<WorkerId>, bool),
        settings: &Settings,
        layout: Layout,
    ) -> Result<Self, Error> {
        let has = |column| layout.place(column).is_some();
        let names_cards = has(Column::CardNumber);
        let card_system = settings
            .card_system
            .map(|id| own_card_system(places, member, id))
            .transpose()?;
        if names_cards && card_system.is_none() {
            let message = "Name the card system in which the cards of this file are numbered.";
            return Err(Error::field("card_system", "missing", message));
        }
        if names_cards && settings.default_format.is_none() && !has(Column::CardFormat) {
            let message =
                "The file has no column for the card format: say how its card numbers are written.";
            return Err(Error::field("default_format", "missing", message));
        }
        let revokes = settings.purpose == Purpose::Revocations;
        match settings.reason {
            Some(_) if !revokes => {
                let message = "Only a list of revocations has a reason.";
                return Err(Error::field("reason", "not_for_this_purpose", message));
            }
            Some(reason) if !reason.revokes() => {
                return Err(Error::field(
                    "reason",
                    "not_for_revocation",
                    NOT_FOR_REVOCATION,
                ));
            }
            Some(reason) if reason.class() == Class::Screening => {
                return Err(Error::field("reason", "not_in_file", NOT_IN_FILE));
            }
            None if revokes && !has(Column::Reason) => {
                let message =
                    "The file has no column for the reason: say why these credentials are revoked.";
                return Err(Error::field("reason", "missing", message));
            }
            Some(_) | None => {}
        }
        match settings.valid_until {
            Some(_) if settings.purpose != Purpose::Credentials => {
                let message = "Only badges can have one last day for all.";
                return Err(Error::field("valid_until", "not_for_this_purpose", message));
            }
            None if settings.purpose == Purpose::Credentials && !has(Column::ValidUntil) => {
                let message = "The file has no column for the last day of the badges. Add one, headed Geldig tot or Valid until, or give one day for all: valid_until, or --valid-until of the command.";
                return Err(Error::field("valid_until", "missing", message));
            }
            Some(_) | None => {}
        }
        let facilities = Facilities::of(places);
        Ok(Self {
            keyring,
            member,
            settings: settings.clone(),
            layout,
            card_system,
            facilities,
            own,
            by_person,
        })
    }

    /// Something that is wrong in a column.
    pub(super) fn fault(
        &self,
        column: Column,
        code: &'static str,
        message: impl Into<std::borrow::Cow<'static, str>>,
    ) -> Fault {
        let place = self.layout.place(column);
        let header = place.map(|place| self.layout.columns[place].header.clone());
        Fault {
            column: header,
            code: code.into(),
            message: message.into(),
        }
    }

    /// The same where the readers of files have a name for it.
    pub(super) fn problem(&self, line: u64, column: Column, code: FileCode) -> Fault {
        let place = self.layout.place(column);
        let header = place.map(|place| self.layout.columns[place].header.as_str());
        RowProblem::new(line, header, code).into()
    }

    /// The card that a row names, and what it is known by.
    pub(super) fn card(&self, line: u64, card: &Card) -> Result<(CardIdentifier, CardKey), Fault> {
        let format = match &card.format {
            Some(name) => format(name).ok_or_else(|| {
                self.fault(
                    Column::CardFormat,
                    "unknown_format",
                    crate::domain::card::UnknownFormat.to_string(),
                )
            })?,
            None => self
                .settings
                .default_format
                .ok_or_else(|| self.problem(line, Column::CardFormat, FileCode::MissingValue))?,
        };
        let number = |column, text: &str| {
            let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
            text.parse().ok().filter(|_| digits).ok_or_else(|| {
                let message = "Where the facility code stands in a column of its own, both must be plain numbers.";
                self.fault(column, "character_not_allowed", message)
            })
        };
        let input = match &card.facility_code {
            Some(facility_code) => Input::Fields {
                facility_code: Some(number(Column::FacilityCode, facility_code)?),
                number: number(Column::CardNumber, &card.value)?,
            },
            None => Input::Text(&card.value),
        };
        let missed = self
            .layout
            .widths
            .missed(card.format.as_deref(), &card.value);
        if let (Some(width), None, true) = (missed, &card.facility_code, format.keeps_zeros()) {
            let message = format!(
                "The card numbers of this file have {width} digits, and this one has fewer: leading zeros were probably lost. \
                 Format the column as text and fill in the number again from its source."
            );
            return Err(self.fault(Column::CardNumber, "lost_leading_zeros", message));
        }
        let card_system = self
            .card_system
            .as_ref()
            .expect("`new` refuses a file with cards and without card system");
        let identifier = CardIdentifier::parse(format, input, card_system.uid_byte_order).map_err(
            |refused| self.fault(Column::CardNumber, refused.code(), refused.to_string()),
        )?;
        let key = self.keyring.card_key(&identifier, card_system.id);
        Ok((identifier, key))
    }

    /// The numbering of the file's cards.
    pub(super) fn card_system(&self) -> Option<CardSystemId> {
        self.card_system.as_ref().map(|card_system| card_system.id)
    }

    /// Where a credential is good, of what a row says.
    pub(super) fn scope(
        &self,
        line: u64,
        parts: &[String],
        functions: &[String],
    ) -> Result<Scope, Fault> {
        let mut facilities = BTreeSet::new();
        for part in parts {
            let found = self
                .facilities
                .named(part)
                .map_err(|code| self.problem(line, Column::Facilities, code))?;
            facilities.extend(found);
        }
        if facilities.len() > SCOPE_MAX {
            return Err(self.problem(line, Column::Facilities, FileCode::TooManyFacilities));
        }
        let functions: Option<Functions> =
            functions.iter().map(|name| words::function(name)).collect();
        let functions = functions.ok_or_else(|| {
            let message =
                "must be cargo_access, cargo_data or unescorted_access, with a comma between two";
            self.fault(Column::Functions, "value", message)
        })?;
        Ok(Scope {
            facilities,
            functions,
            ..Scope::default()
        })
    }
}

/// The records of the person behind a client, where they are recorded as a worker.
pub(super) fn own_records(
    reader: &mut Reader,
    places: &Places,
    client: ClientId,
) -> Result<BTreeSet<WorkerId>, Error> {
    let caller = places.caller(client).map(|client| clients::caller(client));
    let person = caller.and_then(|caller| places.people.get(&caller.person?));
    match person.and_then(|(_, person)| person.worker) {
        Some(worker) => Ok(match_cases::same_person(reader, worker)?),
        None => Ok(BTreeSet::new()),
    }
}

/// Why a row is refused that is about whoever brings it.
pub(super) const NOT_ONESELF: &str =
    "Nobody decides what concerns themselves. Let another person bring in this row.";

/// Why a row is refused that needs a second person, of a client that is nobody's.
pub(super) const NEEDS_PERSON: &str = "This takes two people, and the first is asked for too: bring it in through a client that an administrator added for a person.";

/// Why some reasons are not given in a file: what an advice says is looked at one by one, beside the screening that says so.
pub(super) const NOT_IN_FILE: &str = "What a screening says of somebody is not said in a file of revocations. Record its outcome, or give another reason.";
/// Why some reasons do not revoke.
pub(super) const NOT_FOR_REVOCATION: &str = "This reason may turn out to be nothing, and a revocation is final: suspend the credential instead.";

fn own_card_system(
    places: &Places,
    member: MemberId,
    id: CardSystemId,
) -> Result<Arc<CardSystem>, Error> {
    let found = places
        .card_systems
        .get(&id)
        .filter(|(_, card_system)| card_system.member == member);
    let not_found = || Error::field("card_system", "not_found", "There is no such card system.");
    found
        .map(|(_, card_system)| card_system.clone())
        .ok_or_else(not_found)
}

/// The format of this name, however it is spaced: `wiegand26`, `Wiegand 26`, `WIEGAND-26`.
fn format(name: &str) -> Option<Format> {
    let name = fold(name);
    Format::ALL
        .into_iter()
        .find(|format| fold(format.as_str()) == name)
}

/// The facilities of the network, by what files call them.
struct Facilities {
    ids: BTreeSet<FacilityId>,
    /// All at a place, by UN/LOCODE.
    places: HashMap<String, Vec<FacilityId>>,
    /// By folded name.
    names: HashMap<String, Vec<FacilityId>>,
}

impl Facilities {
    fn of(places: &Places) -> Self {
        let mut all = Self {
            ids: BTreeSet::new(),
            places: HashMap::new(),
            names: HashMap::new(),
        };
        for (&id, (_, facility)) in &places.facilities {
            all.ids.insert(id);
            all.places
                .entry(facility.locode.as_str().to_owned())
                .or_default()
                .push(id);
            all.names
                .entry(fold(facility.name.as_str()))
                .or_default()
                .push(id);
        }
        all
    }

    /// The facilities that a part of a cell names: one by id or name, or all at a place. A part that is nothing as a
    /// whole may still be several codes with spaces between.
    fn named(&self, part: &str) -> Result<Vec<FacilityId>, FileCode> {
        match self.one(part) {
            Err(FileCode::NotAFacility) if part.contains(' ') => {
                let each = part.split(' ').map(|word| self.one(word));
                Ok(each.collect::<Result<Vec<_>, _>>()?.concat())
            }
            found => found,
        }
    }

    fn one(&self, name: &str) -> Result<Vec<FacilityId>, FileCode> {
        if let Some(id) = name.parse().ok().filter(|id| self.ids.contains(id)) {
            return Ok(vec![id]);
        }
        if let Some(here) = self.places.get(&name.to_ascii_uppercase()) {
            return Ok(here.clone());
        }
        let key = fold(name);
        match self
            .names
            .get(&key)
            .filter(|_| !key.is_empty())
            .map(Vec::as_slice)
        {
            Some([id]) => Ok(vec![*id]),
            Some(_) => Err(FileCode::AmbiguousFacility),
            None => Err(FileCode::NotAFacility),
        }
    }
}
