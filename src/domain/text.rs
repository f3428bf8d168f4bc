//! Text that people typed: bounded, without NUL and control characters, without space around it.

use std::fmt;

use icu_normalizer::DecomposingNormalizerBorrowed;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Text of 1 to `MAX` characters. U+0000, control characters and the marks that turn the direction of writing are
/// refused, as PostgreSQL cannot store the first and screens and logs can be deceived by the others.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text<const MAX: usize>(String);

/// The name of a member, facility, zone, gate, card system or client.
pub type Name = Text<120>;

/// Why a text was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadText {
    /// Nothing but space.
    #[error("must not be empty")]
    Empty,
    /// Longer than the limit.
    #[error("must be at most {0} characters long")]
    TooLong(usize),
    /// A character that is not text.
    #[error(
        "must not contain control characters, NUL or marks that change the direction of writing"
    )]
    Control,
}

/// Whether a character may stand in text.
pub fn allowed(character: char) -> bool {
    !character.is_control()
        && !matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Lower case, without accents, and only letters and digits: `Numéro de badge` and `NUMERO_DE-BADGE` are one name.
pub fn fold(text: &str) -> String {
    // Compatibility decomposition (Unicode Standard Annex 15) puts accents apart; they are no letters and fall away.
    let apart = DecomposingNormalizerBorrowed::new_nfkd().normalize(text);
    let mut folded = String::with_capacity(apart.len());
    for c in apart.chars().flat_map(char::to_lowercase) {
        match c {
            // Letters of their own to Unicode, which people and machines of other tongues write so.
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'þ' => folded.push_str("th"),
            'ø' => folded.push('o'),
            'ł' => folded.push('l'),
            'đ' | 'ð' => folded.push('d'),
            'ı' => folded.push('i'),
            c if c.is_alphanumeric() => folded.push(c),
            _ => {}
        }
    }
    folded
}

impl<const MAX: usize> Text<MAX> {
    /// The text, without space at its ends.
    pub fn parse(text: &str) -> Result<Self, BadText> {
        let text = text.trim();
        if text.is_empty() {
            return Err(BadText::Empty);
        }
        if text.chars().count() > MAX {
            return Err(BadText::TooLong(MAX));
        }
        if !text.chars().all(allowed) {
            return Err(BadText::Control);
        }
        Ok(Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> fmt::Debug for Text<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // May be a name of a person: never in a log by way of {:?}.
        write!(f, "Text({} characters)", self.0.chars().count())
    }
}

impl<const MAX: usize> Serialize for Text<MAX> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de, const MAX: usize> Deserialize<'de> for Text<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&<std::borrow::Cow<'de, str>>::deserialize(deserializer)?)
            .map_err(serde::de::Error::custom)
    }
}
