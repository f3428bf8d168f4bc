//! Headers to known columns, in Dutch, French, German and English.
//!
//! Upper and lower case, accents, spaces and punctuation do not matter, and what stands in brackets is left out. A
//! header may say the same thing twice, as in `Naam / Nom`.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::text::fold;
use super::vocabulary::{ALL, KNOWN, VAGUE};

/// What a file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ImportPurpose)]
pub enum Purpose {
    /// Workers with their badges.
    Credentials,
    /// "These 300 badges": credentials to revoke.
    Revocations,
    /// Port bans, from the register of the State.
    Bans,
    /// Who works for whom at the member, and those of them who are not known yet.
    Engagements,
    /// What the authority advises in screenings that wait for it.
    Outcomes,
}

/// A column that we can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Column {
    /// The worker's number at the member.
    StaffNumber,
    /// Family name.
    FamilyName,
    /// Given names.
    GivenNames,
    /// Date of birth.
    BirthDate,
    /// Who states the operational need.
    Employer,
    /// The card identifier, in the notation of its format.
    CardNumber,
    /// How the card identifier is written.
    CardFormat,
    /// The facility code of a Wiegand card; a part of its number, not a place.
    FacilityCode,
    /// First day.
    ValidFrom,
    /// Last day.
    ValidUntil,
    /// Codes of the facilities where the credential is good.
    Facilities,
    /// Our id of a credential.
    CredentialId,
    /// Why it is revoked.
    Reason,
    /// What kind of document names the person.
    DocumentKind,
    /// Which country issued it.
    DocumentCountry,
    /// Its number.
    DocumentNumber,
    /// What the register knows a ban by, or the authority a decision.
    Reference,
    /// For what a credential is, beyond passing gates.
    Functions,
    /// Our id of a worker.
    WorkerId,
    /// Our id of a screening.
    ScreeningId,
    /// For what somebody is screened.
    Function,
    /// What the authority advises.
    Advice,
    /// Who decided.
    Authority,
    /// On which day the worker was notified.
    DecidedOn,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Self; 5] = [
        Self::Credentials,
        Self::Revocations,
        Self::Bans,
        Self::Engagements,
        Self::Outcomes,
    ];

    /// Its name in the API and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Credentials => "credentials",
            Self::Revocations => "revocations",
            Self::Bans => "bans",
            Self::Engagements => "engagements",
            Self::Outcomes => "outcomes",
        }
    }

    /// The columns that such a file may have.
    pub const fn columns(self) -> &'static [Column] {
        use Column::*;
        match self {
            Self::Credentials => &[
                StaffNumber,
                FamilyName,
                GivenNames,
                BirthDate,
                Employer,
                CardNumber,
                CardFormat,
                FacilityCode,
                ValidFrom,
                ValidUntil,
                Facilities,
                Functions,
            ],
            Self::Revocations => &[CredentialId, CardNumber, CardFormat, FacilityCode, Reason],
            Self::Bans => &[
                DocumentKind,
                DocumentCountry,
                DocumentNumber,
                ValidFrom,
                ValidUntil,
                Reference,
            ],
            Self::Engagements => &[
                WorkerId,
                DocumentKind,
                DocumentCountry,
                DocumentNumber,
                FamilyName,
                GivenNames,
                BirthDate,
                StaffNumber,
                Employer,
                ValidFrom,
                ValidUntil,
            ],
            Self::Outcomes => &[
                ScreeningId,
                WorkerId,
                Function,
                Advice,
                Authority,
                Reference,
                DecidedOn,
                ValidUntil,
            ],
        }
    }

    /// The columns that it must have: of each group at least one.
    pub const fn required(self) -> &'static [&'static [Column]] {
        use Column::*;
        match self {
            Self::Credentials => &[&[FamilyName], &[GivenNames], &[Employer], &[CardNumber]],
            Self::Revocations => &[&[CardNumber, CredentialId]],
            Self::Bans => &[
                &[DocumentKind],
                &[DocumentCountry],
                &[DocumentNumber],
                &[ValidFrom],
                &[ValidUntil],
                &[Reference],
            ],
            Self::Engagements => &[&[WorkerId, DocumentNumber], &[Employer]],
            Self::Outcomes => &[
                &[ScreeningId, WorkerId],
                &[Advice],
                &[Authority],
                &[Reference],
                &[DecidedOn],
            ],
        }
    }
}

impl Column {
    /// The headers that mean this column, the usual ones first.
    pub fn accepted(self) -> &'static [&'static str] {
        ALL.iter()
            .find(|(column, _)| *column == self)
            .map_or(&[], |(_, names)| names)
    }

    pub(super) const fn is_date(self) -> bool {
        matches!(
            self,
            Self::BirthDate | Self::ValidFrom | Self::ValidUntil | Self::DecidedOn
        )
    }
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::StaffNumber => "staff number",
            Self::FamilyName => "family name",
            Self::GivenNames => "given names",
            Self::BirthDate => "birth date",
            Self::Employer => "employer",
            Self::CardNumber => "card number",
            Self::CardFormat => "card format",
            Self::FacilityCode => "facility code",
            Self::ValidFrom => "valid from",
            Self::ValidUntil => "valid until",
            Self::Facilities => "facilities",
            Self::CredentialId => "credential id",
            Self::Reason => "reason",
            Self::DocumentKind => "document kind",
            Self::DocumentCountry => "document country",
            Self::DocumentNumber => "document number",
            Self::Reference => "reference",
            Self::Functions => "functions",
            Self::WorkerId => "worker id",
            Self::ScreeningId => "screening id",
            Self::Function => "function",
            Self::Advice => "outcome",
            Self::Authority => "authority",
            Self::DecidedOn => "decided on",
        })
    }
}

/// The columns that a header can mean in such a file.
pub(super) fn meanings(purpose: Purpose, header: &str) -> Vec<Column> {
    for key in [fold(header), key(header)] {
        let meant = meanings_of_key(purpose, &key);
        if !meant.is_empty() {
            return meant;
        }
    }
    // In two languages at once: each part that we know must mean the same.
    let mut meant = Vec::new();
    for column in header
        .split(['/', '|'])
        .flat_map(|part| meanings_of_key(purpose, &key(part)))
    {
        if !meant.contains(&column) {
            meant.push(column);
        }
    }
    meant
}

/// How many of these cells are headers that we know, whatever the file is for.
pub(super) fn known_among<'a>(cells: impl Iterator<Item = &'a str>) -> usize {
    let is_known = |cell: &&str| {
        cell.len() <= 2 * HEADER_BYTES_MAX
            && Purpose::ALL
                .iter()
                .any(|purpose| !meanings(*purpose, cell).is_empty())
    };
    cells.filter(is_known).count()
}

fn meanings_of_key(purpose: Purpose, key: &str) -> Vec<Column> {
    let vague = VAGUE
        .iter()
        .find(|(keys, _)| keys.contains(&key))
        .map_or(&[][..], |(_, columns)| columns);
    let known = KNOWN
        .iter()
        .filter(|known| known.key == key)
        .map(|known| known.column);
    vague
        .iter()
        .copied()
        .chain(known)
        .filter(|column| purpose.columns().contains(column))
        .collect()
}

/// The column that an unknown header nearly names, with the accepted header it resembles: one letter off, or two in
/// longer words.
pub(super) fn nearest(purpose: Purpose, header: &str) -> Option<(Column, &'static str)> {
    let key = key(header);
    if key.len() > HEADER_BYTES_MAX {
        return None;
    }
    let of_purpose = KNOWN
        .iter()
        .filter(|known| purpose.columns().contains(&known.column));
    let distances = of_purpose.map(|known| (strsim::osa_distance(&known.key, &key), known));
    let (distance, known) = distances.min_by_key(|(distance, _)| *distance)?;
    let allowed = match known.key.len() {
        0..=4 => 0,
        5..=8 => 1,
        _ => 2,
    };
    (distance <= allowed).then_some((known.column, known.name))
}

/// A header without what does not matter in it.
fn key(header: &str) -> String {
    let end = header
        .find(['(', '['])
        .filter(|at| *at > 0)
        .unwrap_or(header.len());
    fold(&header[..end])
}

/// No header that we know is longer.
const HEADER_BYTES_MAX: usize = 40;
