//! The UUID of a card (RFC 9562): 16 raw bytes in network order, or text with or without hyphens, braces or `urn:uuid:`.
//! The body is the lower-case form with hyphens. Bytes in the mixed order of Windows GUIDs are a different key.

use arrayvec::ArrayVec;

use super::text::{self, Body};
use super::{Input, Refused, bits};

const BYTES: usize = 16;
const GROUPS: [usize; 5] = [8, 4, 4, 4, 12];
const EXPECTED: &str = "32 hexadecimal digits or 16 bytes";

pub(super) fn parse(input: Input<'_>) -> Result<Body, Refused> {
    let bytes: ArrayVec<u8, BYTES> = match input {
        Input::Text(text) => from_text(text)?,
        Input::Raw { bytes, bit_count } => {
            if usize::from(bit_count) != BYTES * 8 {
                return Err(Refused::WrongLength { expected: EXPECTED });
            }
            bits::check_raw(bytes, bit_count)?;
            bytes.iter().copied().collect()
        }
        Input::Fields { .. } => {
            return Err(Refused::WrongInput {
                instead: "Send a GUID as text or as raw bits.",
            });
        }
    };
    if bytes.iter().all(|&byte| byte == 0) {
        return Err(Refused::AllZero);
    }
    let mut body = Body::new();
    let mut rest = bytes.as_slice();
    for group in GROUPS {
        let (now, later) = rest.split_at(group / 2);
        if !body.is_empty() {
            body.push('-');
        }
        text::push_hex(&mut body, now, text::LOWER);
        rest = later;
    }
    Ok(body)
}

fn from_text(text: &str) -> Result<ArrayVec<u8, BYTES>, Refused> {
    if text.contains([',', '.', '+']) && text::is_scientific(text) {
        return Err(Refused::ScientificNotation);
    }
    let bare = match text.get(..9) {
        Some(scheme) if scheme.eq_ignore_ascii_case("urn:uuid:") => &text[9..],
        _ => text,
    };
    let bare = bare
        .strip_prefix('{')
        .and_then(|inner| inner.strip_suffix('}'))
        .unwrap_or(bare);
    if bare.is_empty() {
        return Err(Refused::Empty);
    }
    if !bare
        .bytes()
        .all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
    {
        return Err(Refused::CharacterNotAllowed);
    }
    let right_groups = bare.split('-').map(str::len).eq(GROUPS) || !bare.contains('-');
    match bare.bytes().filter(|&byte| byte != b'-').count() {
        32 if right_groups => text::hex(bare, EXPECTED),
        0..32 => Err(Refused::LostLeadingZeros { expected: EXPECTED }),
        _ => Err(Refused::WrongLength { expected: EXPECTED }),
    }
}
