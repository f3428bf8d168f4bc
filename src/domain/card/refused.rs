//! Why a reading is not taken: every reason by name.

use thiserror::Error;

/// Why a reading is not taken. The sentence is for people and says how to mend it; neither it nor the code ever repeats the
/// reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refused {
    #[error("The card identifier, or a part of it, is missing. Give it whole.")]
    Empty,
    #[error(
        "The card identifier is longer than any card of this format. Check that the column holds one identifier only."
    )]
    TooLong,
    #[error(
        "The length does not fit the format, which needs {expected}. Check the format and that nothing was cut off."
    )]
    WrongLength {
        /// What would have been right, in words.
        expected: &'static str,
    },
    #[error(
        "The identifier is shorter than its format, which needs {expected}: leading zeros were probably lost. Export the \
         column as text and import it again."
    )]
    LostLeadingZeros {
        /// What would have been right, in words.
        expected: &'static str,
    },
    #[error(
        "The number of hexadecimal digits is odd: a zero in front of a byte was dropped. Write every byte with two digits."
    )]
    OddHexDigits,
    #[error(
        "The identifier is in scientific notation, so digits are lost. Export the column as text from the source and import it \
         again."
    )]
    ScientificNotation,
    #[error("The number has decimals or thousands separators. Write digits only.")]
    FormattedNumber,
    #[error(
        "The identifier has a character that its format does not allow. Check the format and remove what does not belong to \
         the identifier."
    )]
    CharacterNotAllowed,
    #[error("The identifier can be read in more than one way. Write it as {instead}.")]
    Ambiguous {
        /// A notation that can be read in one way only, in words.
        instead: &'static str,
    },
    #[error(
        "The {field} is out of range: the format holds at most {max}. Check the format, or that two fields were not run \
         together."
    )]
    OutOfRange {
        /// The name of the field.
        field: &'static str,
        /// The highest value that the format holds.
        max: u64,
    },
    #[error(
        "A parity bit is wrong: the reading is damaged or of another format. Read the card again, or correct the format."
    )]
    Parity,
    #[error("The check character (LRC) is wrong: the reading is damaged. Read the card again.")]
    Lrc,
    #[error(
        "A start, field or end mark is missing or not in its place: the reading is damaged or of another format. Read the card \
         again, or correct the format."
    )]
    Mark,
    #[error(
        "Bits after the last one are set: the bits are not at the left of the bytes. Send the first bit as the highest of the \
         first byte."
    )]
    PaddingNotZero,
    #[error(
        "The identifier is all zeros: the card is not programmed or the reading failed. Read the card again."
    )]
    AllZero,
    #[error(
        "The UID holds the cascade byte 88, so it is the first part of a longer UID. Let the reader report all 7 or 10 bytes."
    )]
    CascadeByte,
    #[error(
        "The UID of 4 bytes begins with 08, so the card makes a new one at each reading. Register a number stored in the card \
         instead of its UID."
    )]
    RandomUid,
    #[error(
        "This FASC-N is the same on every card of issuers outside the US government. Register the card's GUID instead."
    )]
    SharedNumber,
    #[error("This kind of input is not meant for this format. {instead}")]
    WrongInput {
        /// What to send, as a sentence.
        instead: &'static str,
    },
    #[error("This is not a stored card identifier. Give the format and the identifier apart.")]
    NotCanonical,
}

impl Refused {
    /// The stable name of the case, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Refused::Empty => "empty",
            Refused::TooLong => "too_long",
            Refused::WrongLength { .. } => "wrong_length",
            Refused::LostLeadingZeros { .. } => "lost_leading_zeros",
            Refused::OddHexDigits => "odd_hex_digits",
            Refused::ScientificNotation => "scientific_notation",
            Refused::FormattedNumber => "formatted_number",
            Refused::CharacterNotAllowed => "character_not_allowed",
            Refused::Ambiguous { .. } => "ambiguous",
            Refused::OutOfRange { .. } => "out_of_range",
            Refused::Parity => "parity",
            Refused::Lrc => "lrc",
            Refused::Mark => "mark",
            Refused::PaddingNotZero => "padding_not_zero",
            Refused::AllZero => "all_zero",
            Refused::CascadeByte => "cascade_byte",
            Refused::RandomUid => "random_uid",
            Refused::SharedNumber => "shared_number",
            Refused::WrongInput { .. } => "wrong_input",
            Refused::NotCanonical => "not_canonical",
        }
    }
}
