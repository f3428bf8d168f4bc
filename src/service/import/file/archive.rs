//! The parts of a ZIP archive (PKWARE APPNOTE 6.3.10), as far as a workbook needs them.
//!
//! What an archive says of its own sizes is never believed: a part is unpacked up to the budget that is left and no
//! further, and no list grows with a number that merely stands in the file. Encrypted and multi-volume archives and
//! methods other than "stored" and "deflated" are refused; no spreadsheet program writes them.

use std::io::Read;

use flate2::Crc;
use flate2::read::DeflateDecoder;

use super::FILE_BYTES_MAX;
use super::sheet::Unreadable;

/// An archive in memory, and how much of it may still be unpacked.
pub(super) struct Archive<'a> {
    bytes: &'a [u8],
    parts: Vec<Part<'a>>,
    budget: usize,
}

struct Part<'a> {
    name: &'a [u8],
    method: u16,
    crc: u32,
    packed: usize,
    /// Where its local header begins.
    header: usize,
}

impl<'a> Archive<'a> {
    /// Reads the central directory.
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self, Unreadable> {
        let parts = directory(bytes).ok_or(DAMAGED)?;
        Ok(Self {
            bytes,
            parts,
            budget: FILE_BYTES_MAX,
        })
    }

    /// Whether there is such a part.
    pub(super) fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// Unpacks a part. Each unpacking costs of the budget, also when it is the same part again.
    pub(super) fn unpack(&mut self, name: &str) -> Result<Vec<u8>, Unreadable> {
        let part = self
            .find(name)
            .ok_or(Unreadable::Damaged("a part is missing"))?;
        let packed = data(self.bytes, part).ok_or(DAMAGED)?;
        // One byte more than allowed, to see that there is more.
        let limit = self.budget as u64 + 1;
        let mut content = Vec::new();
        match part.method {
            STORED => packed.take(limit).read_to_end(&mut content),
            DEFLATED => DeflateDecoder::new(packed)
                .take(limit)
                .read_to_end(&mut content),
            _ => return Err(DAMAGED),
        }
        .map_err(|_| DAMAGED)?;
        if content.len() > self.budget {
            return Err(Unreadable::TooLarge);
        }
        let mut crc = Crc::new();
        crc.update(&content);
        if crc.sum() != part.crc {
            return Err(DAMAGED);
        }
        self.budget -= content.len();
        Ok(content)
    }

    /// Part names are equal without regard to case (ECMA-376 part 2), and some programs write backslashes.
    fn find(&self, name: &str) -> Option<&Part<'a>> {
        let canonical = |byte: &u8| {
            if *byte == b'\\' {
                b'/'
            } else {
                byte.to_ascii_lowercase()
            }
        };
        self.parts.iter().find(|part| {
            part.name
                .iter()
                .map(canonical)
                .eq(name.as_bytes().iter().map(canonical))
        })
    }
}

/// The central directory; none when it is not where the end of the archive says.
fn directory(bytes: &[u8]) -> Option<Vec<Part<'_>>> {
    let mut at = directory_start(bytes)?;
    let mut parts = Vec::new();
    while u32_at(bytes, at)? == ENTRY {
        if parts.len() == PARTS_MAX {
            return None;
        }
        let flags = u16_at(bytes, at + 8)?;
        if flags & ENCRYPTED != 0 {
            return None;
        }
        let (name_len, extra_len, comment_len) = (
            u16_at(bytes, at + 28)? as usize,
            u16_at(bytes, at + 30)? as usize,
            u16_at(bytes, at + 32)? as usize,
        );
        let name = bytes.get(at + 46..at + 46 + name_len)?;
        let extra = bytes.get(at + 46 + name_len..at + 46 + name_len + extra_len)?;
        // Sizes that do not fit stand in the extra field, in this order, each only if its place says so.
        let mut wide = Zip64::of(extra);
        let unpacked = u32_at(bytes, at + 24)?;
        if unpacked == u32::MAX {
            wide.next();
        }
        let packed = wide.or_next(u32_at(bytes, at + 20)?)?;
        let header = wide.or_next(u32_at(bytes, at + 42)?)?;
        parts.push(Part {
            name,
            method: u16_at(bytes, at + 10)?,
            crc: u32_at(bytes, at + 16)?,
            packed,
            header,
        });
        at += 46 + name_len + extra_len + comment_len;
    }
    Some(parts)
}

/// The end record lies at the end of the archive, before a comment of at most 64 KiB.
fn directory_start(bytes: &[u8]) -> Option<usize> {
    let last = bytes.len().checked_sub(END_BYTES)?;
    let first = last.saturating_sub(usize::from(u16::MAX));
    let end = (first..=last)
        .rev()
        .find(|at| u32_at(bytes, *at) == Some(END))?;
    let start = u32_at(bytes, end + 16)?;
    if start != u32::MAX {
        return usize::try_from(start).ok();
    }
    let locator = end
        .checked_sub(LOCATOR_BYTES)
        .filter(|at| u32_at(bytes, *at) == Some(LOCATOR))?;
    let end64 = usize::try_from(u64_at(bytes, locator + 8)?).ok()?;
    if u32_at(bytes, end64)? != END64 {
        return None;
    }
    usize::try_from(u64_at(bytes, end64.checked_add(48)?)?).ok()
}

/// The packed bytes of a part. The lengths of name and extra field in the local header may differ from the directory's.
fn data<'a>(bytes: &'a [u8], part: &Part<'_>) -> Option<&'a [u8]> {
    if u32_at(bytes, part.header)? != LOCAL {
        return None;
    }
    let (name_len, extra_len) = (
        u16_at(bytes, part.header + 26)?,
        u16_at(bytes, part.header + 28)?,
    );
    let start = part.header + 30 + usize::from(name_len) + usize::from(extra_len);
    bytes.get(start..start.checked_add(part.packed)?)
}

/// The 64-bit values of the extra field 0x0001.
struct Zip64<'a>(&'a [u8]);

impl<'a> Zip64<'a> {
    fn of(mut extra: &'a [u8]) -> Self {
        while let (Some(id), Some(len)) = (u16_at(extra, 0), u16_at(extra, 2)) {
            let Some(value) = extra.get(4..4 + usize::from(len)) else {
                break;
            };
            if id == 0x0001 {
                return Self(value);
            }
            extra = &extra[4 + value.len()..];
        }
        Self(&[])
    }

    fn next(&mut self) -> Option<usize> {
        let value = u64_at(self.0, 0)?;
        self.0 = &self.0[8..];
        usize::try_from(value).ok()
    }

    /// The value itself, or the next wide one where it says that it did not fit.
    fn or_next(&mut self, value: u32) -> Option<usize> {
        if value == u32::MAX {
            self.next()
        } else {
            usize::try_from(value).ok()
        }
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes
        .get(at..)?
        .first_chunk()
        .copied()
        .map(u16::from_le_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes
        .get(at..)?
        .first_chunk()
        .copied()
        .map(u32::from_le_bytes)
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes
        .get(at..)?
        .first_chunk()
        .copied()
        .map(u64::from_le_bytes)
}

const DAMAGED: Unreadable = Unreadable::Damaged("its archive cannot be unpacked");

const LOCAL: u32 = 0x0403_4b50;
const ENTRY: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
const LOCATOR: u32 = 0x0706_4b50;
const END64: u32 = 0x0606_4b50;
const END_BYTES: usize = 22;
const LOCATOR_BYTES: usize = 20;

const STORED: u16 = 0;
const DEFLATED: u16 = 8;
const ENCRYPTED: u16 = 1;

/// A workbook has a few dozen parts.
const PARTS_MAX: usize = 10_000;
