//! Bytes to text: which encoding a file has, told by its bytes alone.

use std::borrow::Cow;

use encoding_rs::{UTF_16BE, UTF_16LE, WINDOWS_1252};
use serde::{Deserialize, Serialize};

pub(in crate::service::import) use crate::domain::text::fold;

/// How the text of a file is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub enum Encoding {
    /// UTF-8 without a byte order mark.
    #[serde(rename = "UTF-8")]
    Utf8,
    /// UTF-8 with one, as Excel writes it.
    #[serde(rename = "UTF-8 with BOM")]
    Utf8Bom,
    /// "Unicode text" of Excel.
    #[serde(rename = "UTF-16LE")]
    Utf16Le,
    /// The same, most significant byte first.
    #[serde(rename = "UTF-16BE")]
    Utf16Be,
    /// What Excel in western Europe writes as plain CSV.
    #[serde(rename = "Windows-1252")]
    Windows1252,
}

/// Finds the encoding and decodes. What cannot be decoded becomes U+FFFD, so that the row it stands in can be refused.
pub(super) fn decode(bytes: &[u8]) -> (Encoding, Cow<'_, str>) {
    if let Some(rest) = bytes.strip_prefix(b"\xef\xbb\xbf") {
        (Encoding::Utf8Bom, String::from_utf8_lossy(rest))
    } else if let Some(rest) = bytes.strip_prefix(b"\xff\xfe") {
        (
            Encoding::Utf16Le,
            UTF_16LE.decode_without_bom_handling(rest).0,
        )
    } else if let Some(rest) = bytes.strip_prefix(b"\xfe\xff") {
        (
            Encoding::Utf16Be,
            UTF_16BE.decode_without_bom_handling(rest).0,
        )
    } else {
        match zero_half(bytes) {
            Some(Encoding::Utf16Le) => (
                Encoding::Utf16Le,
                UTF_16LE.decode_without_bom_handling(bytes).0,
            ),
            Some(Encoding::Utf16Be) => (
                Encoding::Utf16Be,
                UTF_16BE.decode_without_bom_handling(bytes).0,
            ),
            _ if is_mostly_utf8(bytes) => (Encoding::Utf8, String::from_utf8_lossy(bytes)),
            _ => (
                Encoding::Windows1252,
                WINDOWS_1252.decode_without_bom_handling(bytes).0,
            ),
        }
    }
}

/// Latin text in UTF-16 has a zero in nearly every second byte, and other text has none. Which half tells the order.
fn zero_half(bytes: &[u8]) -> Option<Encoding> {
    let pairs = bytes[..bytes.len().min(SAMPLE_BYTES)].chunks_exact(2);
    let count = pairs.len();
    let (mut first, mut second) = (0, 0);
    for pair in pairs {
        first += usize::from(pair[0] == 0);
        second += usize::from(pair[1] == 0);
    }
    let (most, few) = (count * 7 / 10, count / 10);
    if count > 0 && second > most && first <= few {
        Some(Encoding::Utf16Le)
    } else if count > 0 && first > most && second <= few {
        Some(Encoding::Utf16Be)
    } else {
        None
    }
}

/// Accented letters of Windows-1252 hardly ever form UTF-8 by chance. So a file with more good sequences than bad ones
/// is UTF-8 that was damaged, and reading it as Windows-1252 would turn every name in it into nonsense.
fn is_mostly_utf8(bytes: &[u8]) -> bool {
    if std::str::from_utf8(bytes).is_ok() {
        return true;
    }
    let (mut good, mut bad) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        good += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    good > bad
}

/// How much of a file is looked at to find UTF-16 without a byte order mark.
const SAMPLE_BYTES: usize = 4096;
