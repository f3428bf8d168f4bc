//! A list that only grows, read without locks: for the few things, members and scopes, that records name by number.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

const CHUNK: usize = 1024;
const CHUNKS: usize = 16_384;

/// Made when its first value is written, and then stays where it is.
type Chunk<T> = Box<[OnceLock<T>]>;

/// Up to 16 777 216 values, each written once and then found under its number for ever.
pub struct Append<T> {
    chunks: Box<[OnceLock<Chunk<T>>]>,
    len: AtomicU32,
}

impl<T> Default for Append<T> {
    fn default() -> Self {
        Self {
            chunks: std::iter::repeat_with(OnceLock::new).take(CHUNKS).collect(),
            len: AtomicU32::new(0),
        }
    }
}

impl<T> Append<T> {
    /// The value with this number.
    pub fn get(&self, number: u32) -> Option<&T> {
        let number = number as usize;
        self.chunks
            .get(number / CHUNK)?
            .get()?
            .get(number % CHUNK)?
            .get()
    }

    /// Adds a value and says its number; `None` when the list is full. Only the index's writer calls it.
    pub(super) fn push(&self, value: T) -> Option<u32> {
        let number = self.len.fetch_add(1, Ordering::AcqRel);
        let at = number as usize;
        let chunk = self.chunks.get(at / CHUNK)?;
        let chunk =
            chunk.get_or_init(|| std::iter::repeat_with(OnceLock::new).take(CHUNK).collect());
        chunk[at % CHUNK].set(value).ok().map(|()| number)
    }
}
