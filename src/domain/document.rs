//! Documents that a State gave a person: what shows that two records are of one person. The Belgian national register number
//! stands among them, and is kept only where the network has the authorisation for it that the law asks for (law of 8 August
//! 1983 on a national register, article 5).

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::screening::names;

names! {
    /// What kind of document it is.
    #[schema(as = DocumentKind)]
    Kind:
    /// A passport.
    Passport = 1, "passport";
    /// An identity card of a citizen. Its own number, not that of the person.
    NationalIdCard = 2, "national_id_card";
    /// A residence permit.
    ResidencePermit = 3, "residence_permit";
    /// The number of the person in the Belgian national register, or their bis number. Only where the network is authorised
    /// to use it.
    NationalRegisterNumber = 4, "national_register_number";
}

/// How many documents one worker may have.
pub const DOCUMENTS_PER_WORKER_MAX: usize = 4;

/// A document, by what makes it one of its kind. Part of a worker's sealed details.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// What it is.
    pub kind: Kind,
    /// Which country issued it.
    pub country: Country,
    /// Its number.
    pub number: DocumentNumber,
}

/// Why a document cannot be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// It is a national register number, and the network is not authorised to use those.
    NotAuthorised,
    /// It is said to be a national register number, and its digits do not check.
    NoRegisterNumber,
    /// It is said to be a national register number of another country than Belgium.
    OtherRegister,
    /// A national register number stands in the place of another document's.
    Misplaced,
}

impl Document {
    /// Whether it may be kept, or somebody be looked up by it; `authorised` says whether the network may use national
    /// register numbers.
    pub fn check(&self, authorised: bool) -> Result<(), Unfit> {
        let of_register = self.number.is_of_the_national_register();
        match self.kind {
            Kind::NationalRegisterNumber if !authorised => Err(Unfit::NotAuthorised),
            Kind::NationalRegisterNumber if self.country.as_str() != "BEL" => {
                Err(Unfit::OtherRegister)
            }
            Kind::NationalRegisterNumber if !of_register => Err(Unfit::NoRegisterNumber),
            Kind::NationalRegisterNumber => Ok(()),
            _ if of_register => Err(Unfit::Misplaced),
            _ => Ok(()),
        }
    }

    /// Whether it is left out wherever more than one person is shown.
    pub fn is_unlisted(&self) -> bool {
        self.kind == Kind::NationalRegisterNumber
    }
}

/// A country by ISO 3166-1 alpha-3, upper case; and Kosovo, by the code that its passports bear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country([u8; 3]);

/// The text is no country's code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a country's code of three upper-case letters after ISO 3166-1, such as BEL")]
pub struct NotACountry;

/// A document's number as it is compared: letters and digits alone, in upper case. Never printed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocumentNumber(String);

/// The text is no document's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "must have {min} to {max} letters and digits; spaces, dots and dashes between them are left out",
    min = DocumentNumber::MIN,
    max = DocumentNumber::MAX
)]
pub struct NotADocumentNumber;

/// A keyed hash of a document: of its kind, country and number. Numbers are few enough to be tried one by one, so a plain
/// hash would hide nothing; the key is the network's and never leaves it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocumentKey(pub [u8; 16]);

impl Country {
    /// Its three letters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl FromStr for Country {
    type Err = NotACountry;

    fn from_str(text: &str) -> Result<Self, NotACountry> {
        let known = COUNTRIES
            .split_ascii_whitespace()
            .find(|code| *code == text);
        known
            .and_then(|code| code.as_bytes().try_into().ok())
            .map(Self)
            .ok_or(NotACountry)
    }
}

impl DocumentNumber {
    /// Characters at least.
    pub const MIN: usize = 4;
    /// Characters at most.
    pub const MAX: usize = 20;
    /// Characters at most with what stands between them.
    pub const GIVEN_MAX: usize = 60;

    /// The number.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is a number of the Belgian national register: eleven digits, of which the last two check the others and the
    /// first six are a day of birth, in the months of numbers for people outside the register too.
    pub fn is_of_the_national_register(&self) -> bool {
        let Ok(number) = self.0.parse::<u64>() else {
            return false;
        };
        let (body, check) = (number / 100, number % 100);
        let (month, day) = (body / 100_000 % 100, body / 1_000 % 100);
        // Whoever was born from 2000 on has a 2 before the number when it is checked.
        let checks = |body: u64| 97 - body % 97 == check;
        self.0.len() == 11
            && matches!(month, 0..=12 | 20..=32 | 40..=52)
            && day <= 31
            && (checks(body) || checks(body + 2_000_000_000))
    }
}

impl FromStr for DocumentNumber {
    type Err = NotADocumentNumber;

    fn from_str(text: &str) -> Result<Self, NotADocumentNumber> {
        // Longer texts are nobody's number, whatever is left of them.
        if text.len() > Self::GIVEN_MAX {
            return Err(NotADocumentNumber);
        }
        let number: String = text
            .chars()
            .filter(|c| !matches!(c, ' ' | '.' | '-'))
            .map(|c| c.to_ascii_uppercase())
            .collect();
        let good = (Self::MIN..=Self::MAX).contains(&number.len())
            && number.bytes().all(|b| b.is_ascii_alphanumeric());
        if good {
            Ok(Self(number))
        } else {
            Err(NotADocumentNumber)
        }
    }
}

impl fmt::Debug for DocumentNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DocumentNumber(..)")
    }
}

impl fmt::Debug for DocumentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DocumentKey(..)")
    }
}

macro_rules! as_text {
    ($($name:ident, $text:expr;)*) => {$(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(&$text(self))
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                <Cow<'de, str>>::deserialize(deserializer)?
                    .parse()
                    .map_err(serde::de::Error::custom)
            }
        }
    )*};
}

as_text! {
    Country, |country: &Country| country.as_str().to_owned();
    DocumentNumber, |number: &DocumentNumber| number.as_str().to_owned();
    DocumentKey, |key: &DocumentKey| super::digest::hex(&key.0);
}

/// The text is no key of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a document key has 32 lower-case hexadecimal digits")]
pub struct NotADocumentKey;

impl FromStr for DocumentKey {
    type Err = NotADocumentKey;

    fn from_str(text: &str) -> Result<Self, NotADocumentKey> {
        super::digest::unhex(text)
            .and_then(|bytes| bytes.try_into().ok())
            .map(Self)
            .ok_or(NotADocumentKey)
    }
}

/// A code that is not among these would hide that two documents are one.
const COUNTRIES: &str = "\
    ABW AFG AGO AIA ALA ALB AND ARE ARG ARM ASM ATA ATF ATG AUS AUT AZE BDI BEL BEN BES BFA BGD BGR BHR BHS BIH BLM BLR \
    BLZ BMU BOL BRA BRB BRN BTN BVT BWA CAF CAN CCK CHE CHL CHN CIV CMR COD COG COK COL COM CPV CRI CUB CUW CXR CYM CYP \
    CZE DEU DJI DMA DNK DOM DZA ECU EGY ERI ESH ESP EST ETH FIN FJI FLK FRA FRO FSM GAB GBR GEO GGY GHA GIB GIN GLP GMB \
    GNB GNQ GRC GRD GRL GTM GUF GUM GUY HKG HMD HND HRV HTI HUN IDN IMN IND IOT IRL IRN IRQ ISL ISR ITA JAM JEY JOR JPN \
    KAZ KEN KGZ KHM KIR KNA KOR KWT LAO LBN LBR LBY LCA LIE LKA LSO LTU LUX LVA MAC MAF MAR MCO MDA MDG MDV MEX MHL MKD \
    MLI MLT MMR MNE MNG MNP MOZ MRT MSR MTQ MUS MWI MYS MYT NAM NCL NER NFK NGA NIC NIU NLD NOR NPL NRU NZL OMN PAK PAN \
    PCN PER PHL PLW PNG POL PRI PRK PRT PRY PSE PYF QAT REU RKS ROU RUS RWA SAU SDN SEN SGP SGS SHN SJM SLB SLE SLV SMR \
    SOM SPM SRB SSD STP SUR SVK SVN SWE SWZ SXM SYC SYR TCA TCD TGO THA TJK TKL TKM TLS TON TTO TUN TUR TUV TWN TZA UGA \
    UKR UMI URY USA UZB VAT VCT VEN VGB VIR VNM VUT WLF WSM YEM ZAF ZMB ZWE";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_compared_without_what_people_put_between() {
        let number = |text: &str| text.parse::<DocumentNumber>().map(|number| number.0);
        for same in ["EH123456", "eh 123456", "EH.123-456", " eh-12.34 56 "] {
            assert_eq!(number(same).as_deref(), Ok("EH123456"), "{same}");
        }
        for wrong in [
            "",
            "   ",
            "123",
            "1-2.3",
            "EH/123456",
            "EH_123456",
            "ÉH123456",
            "EH1234\u{0}",
            "١٢٣٤٥٦",
            "123456789012345678901",
        ] {
            assert_eq!(number(wrong), Err(NotADocumentNumber), "{wrong}");
        }
        assert!(number("12345678901234567890").is_ok() && number("1234").is_ok());
        assert!(number(&" ".repeat(61)).is_err());
        assert_eq!(
            format!("{:?}", "EH123456".parse::<DocumentNumber>()),
            "Ok(DocumentNumber(..))"
        );
    }

    #[test]
    fn a_number_of_the_national_register_is_known_for_what_it_is() {
        let is = |text: &str| {
            let number: DocumentNumber = text.parse().expect("a number");
            number.is_of_the_national_register()
        };
        // Born 1985-07-30; born 2003-05-15, checked with a 2 before it; of somebody outside the register.
        // And of somebody outside it whose sex was not known, and whose day of birth is not.
        for of_register in [
            "85.07.30-033 28",
            "03051500164",
            "85473003317",
            "85273003371",
            "03251500110",
            "85000003306",
        ] {
            assert!(is(of_register), "{of_register}");
        }
        for other in [
            "85073003329",
            "592123456789",
            "85993003328",
            "EH123456789",
            "8507300332",
        ] {
            assert!(!is(other), "{other}");
        }
    }

    #[test]
    fn a_national_register_number_stands_in_its_place_and_where_it_may() {
        let document = |kind, country: &str, number: &str| Document {
            kind,
            country: country.parse().expect("a country"),
            number: number.parse().expect("a number"),
        };
        let (own, passport) = (Kind::NationalRegisterNumber, Kind::Passport);
        for (document, on, off) in [
            (
                document(own, "BEL", "85.07.30-033.28"),
                Ok(()),
                Err(Unfit::NotAuthorised),
            ),
            (
                document(own, "BEL", "85073003329"),
                Err(Unfit::NoRegisterNumber),
                Err(Unfit::NotAuthorised),
            ),
            (
                document(own, "NLD", "85073003328"),
                Err(Unfit::OtherRegister),
                Err(Unfit::NotAuthorised),
            ),
            (
                document(passport, "BEL", "85073003328"),
                Err(Unfit::Misplaced),
                Err(Unfit::Misplaced),
            ),
            (document(passport, "BEL", "EH123456"), Ok(()), Ok(())),
        ] {
            assert_eq!(document.check(true), on, "{:?}", document.kind);
            assert_eq!(document.check(false), off, "{:?}", document.kind);
        }
    }

    #[test]
    fn a_country_is_one_of_the_list() {
        assert_eq!(COUNTRIES.split_ascii_whitespace().count(), 250);
        let sorted = COUNTRIES
            .split_ascii_whitespace()
            .is_sorted_by(|a, b| a < b);
        assert!(sorted, "each once, in order");
        for good in ["BEL", "NLD", "RKS", "ZWE"] {
            assert_eq!(
                good.parse::<Country>()
                    .map(|country| country.as_str() == good),
                Ok(true)
            );
        }
        for wrong in ["", "BE", "bel", "BLE", "BEL ", "AND AR", "XKX"] {
            assert_eq!(wrong.parse::<Country>(), Err(NotACountry), "{wrong}");
        }
    }
}
