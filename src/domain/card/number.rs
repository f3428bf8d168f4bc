//! A plain number of 1 to 18 digits, kept as it is written. Leading zeros are part of the key: `007` and `7` are two cards,
//! since systems that print fixed widths and systems that do not would otherwise share keys.

use super::text::{self, Body};
use super::{Input, Refused};

const DIGITS_MAX: usize = 18;

pub(super) fn parse(input: Input<'_>) -> Result<Body, Refused> {
    let Input::Text(text) = input else {
        return Err(Refused::WrongInput {
            instead: "Send a plain number as text, so that its leading zeros are kept.",
        });
    };
    let digits = text::digits(text)?;
    if digits.len() > DIGITS_MAX {
        return Err(Refused::TooLong);
    }
    if digits.bytes().all(|digit| digit == b'0') {
        return Err(Refused::AllZero);
    }
    Body::from(digits).map_err(|_| Refused::TooLong)
}
