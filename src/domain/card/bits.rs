//! Bits as a reader sends them, in a fixed array.

use std::fmt;

use arrayvec::ArrayVec;

use super::{Input, Refused, text};

/// Bits as a reader sends them: the first bit is the highest of the first byte, unused bits at the end are zero.
///
/// It prints as `0` and `1`, which is a card number: keep it out of logs and errors.
#[derive(Clone, PartialEq, Eq)]
pub struct RawBits {
    bytes: ArrayVec<u8, 16>,
    bit_count: u16,
}

impl RawBits {
    /// The low `bit_count` bits of a word, highest first. At most 64.
    pub(super) fn from_word(word: u64, bit_count: u16) -> RawBits {
        let left_aligned = word << (64 - u32::from(bit_count));
        let bytes = left_aligned
            .to_be_bytes()
            .into_iter()
            .take(byte_count(bit_count))
            .collect();
        RawBits { bytes, bit_count }
    }

    /// Whole bytes from hexadecimal digits, hyphens ignored.
    pub(super) fn from_hex(digits: &str) -> Option<RawBits> {
        let bytes: ArrayVec<u8, 16> = text::hex(digits, "at most 16 bytes").ok()?;
        let bit_count = u16::try_from(bytes.len() * 8).ok()?;
        Some(RawBits { bytes, bit_count })
    }

    /// The bytes, left-aligned.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many bits of the bytes are meant.
    pub fn bit_count(&self) -> u16 {
        self.bit_count
    }

    /// The same bits as a reading.
    pub fn as_input(&self) -> Input<'_> {
        Input::Raw {
            bytes: &self.bytes,
            bit_count: self.bit_count,
        }
    }
}

/// One character a bit, in the order of sending.
impl fmt::Display for RawBits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for position in 0..usize::from(self.bit_count) {
            let byte = self.bytes[position / 8];
            f.write_str(if byte << (position % 8) & 0x80 == 0 {
                "0"
            } else {
                "1"
            })?;
        }
        Ok(())
    }
}

impl fmt::Debug for RawBits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RawBits({} bits)", self.bit_count)
    }
}

/// Refuses bytes that are not exactly those of `bit_count` bits, left-aligned. Right-aligned bits usually show here, as set
/// padding.
pub(super) fn check_raw(bytes: &[u8], bit_count: u16) -> Result<(), Refused> {
    if bytes.len() != byte_count(bit_count) {
        return Err(Refused::WrongLength {
            expected: "exactly as many bytes as the bit count says",
        });
    }
    let unused = (8 - bit_count % 8) % 8;
    match bytes.last() {
        Some(last) if last.trailing_zeros() < u32::from(unused) => Err(Refused::PaddingNotZero),
        _ => Ok(()),
    }
}

fn byte_count(bit_count: u16) -> usize {
    usize::from(bit_count).div_ceil(8)
}
