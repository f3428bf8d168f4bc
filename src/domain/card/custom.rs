//! A vendor's own identifier: `vendor:value`.
//!
//! The vendor is up to 16 letters, digits, `_` or hyphens, kept in lower case. The value is up to 40 letters and digits, kept
//! letter for letter: only the vendor knows whether `ab` and `AB` are the same card, so they are two keys here. Register the
//! value as the reader reports it.

use super::text::{self, Body};
use super::{Input, Refused};

const VENDOR_MAX: usize = 16;
const VALUE_MAX: usize = 40;
const NOTATION: &str = "vendor:value";

pub(super) fn parse(input: Input<'_>) -> Result<Body, Refused> {
    let Input::Text(text) = input else {
        return Err(Refused::WrongInput {
            instead: "Send a custom identifier as text, vendor:value.",
        });
    };
    let Some((vendor, value)) = text.split_once(':') else {
        return Err(if text::is_scientific(text) {
            Refused::ScientificNotation
        } else {
            Refused::Ambiguous { instead: NOTATION }
        });
    };
    if vendor.is_empty() || value.is_empty() {
        return Err(Refused::Empty);
    }
    if value.contains([',', '.', '+']) && text::is_scientific(value) {
        return Err(Refused::ScientificNotation);
    }
    let named = vendor
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    if !named || !value.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(Refused::CharacterNotAllowed);
    }
    if vendor.len() > VENDOR_MAX || value.len() > VALUE_MAX {
        return Err(Refused::TooLong);
    }
    if value.bytes().all(|byte| byte == b'0') {
        return Err(Refused::AllZero);
    }
    let mut body = Body::new();
    for c in vendor.chars() {
        body.push(c.to_ascii_lowercase());
    }
    body.push(':');
    body.push_str(value);
    Ok(body)
}
