//! The records of all credentials, in the order in which they were first heard of. One writer, any number of readers;
//! no reader ever takes a lock, spins or waits.
//!
//! # What a reader may see
//! A record is an identifier that never changes and three words that do: validity, standing and seq.
//!
//! - Each word is read whole: it is the old value or the new one, never a mixture.
//! - Two words are not read together. While a write is under way, a reader may see the new word and the old seq.
//!   It never sees the new seq and the old word, because the writer stores seq last (Release) and a reader loads it
//!   first (Acquire). So [`Record::seq`] never promises more than the other words hold: the record holds at least
//!   every fact about this credential up to that seq.
//! - If a fact ever changes validity and standing both, a reader may see the one without the other. The caller then
//!   writes first whichever takes a right away, so that what lies between is never more than before or after.
//!
//! # Why nobody sees a revoked credential as good afterwards
//! All stores to one atomic word stand in one order, which every thread agrees on. A load that *happens after* a store
//! returns that store's value or a later one in this order, never an earlier one (C++20 [intro.races], which Rust
//! takes over). What remains is that the load does happen after. Whoever can say "the write has returned" learned it
//! from the writer through something that synchronises: a channel, a mutex, the answer to a request, or an Acquire
//! load of a number that the writer stored with Release after the write, such as the head of the index. Each of these
//! orders the write before the later load. The way to the record cannot lead around it either: a slot is never moved,
//! copied or reused, so every table of keys, however old, leads to the same words. A check that began before the write
//! returned may give either answer; it ran at the same time, and both are right.
//!
//! That a later *write* never makes a revoked credential good is the rule of the caller, not of this container.

use std::fmt;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

/// How many records fit: 2^28 - 1. The key maps rely on it, they keep a slot in 28 bits with one value to spare.
pub const MAX_RECORDS: u32 = (1 << 28) - 1;

/// What the index keeps of one credential: a copy, as it was when it was loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record {
    /// The credential's identifier. Never changes.
    pub id: u128,
    /// From when to when the credential is valid.
    pub validity: Validity,
    /// State, reason, member and extent, packed by the caller.
    pub standing: u64,
    /// The record holds every fact about this credential up to this seq, and perhaps a later one.
    pub seq: u64,
}

/// A span of time in whole seconds since the Unix epoch, which lasts until the year 2106.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// The first second that is inside.
    pub from: u32,
    /// The first second that is outside again.
    pub until: u32,
}

/// There is no room for another record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full;

/// What readers hold.
pub struct Slots {
    /// Each chunk is made when the first record in it is pushed, and then stays where it is.
    chunks: Box<[OnceLock<Box<[Cells]>>]>,
    /// How many records are whole. Only the writer stores it, after the record's words.
    len: AtomicU32,
}

/// What the one writer holds. It cannot be cloned, so that there cannot be two.
pub struct SlotsWriter(Arc<Slots>);

impl Slots {
    /// The record in this slot, or `None` if there is none yet. Reads memory only.
    pub fn load(&self, slot: u32) -> Option<Record> {
        let cells = self.cells(slot)?;
        // Seq before the others: see the head of this file.
        let seq = cells.seq.load(Ordering::Acquire);
        Some(Record {
            id: cells.id(),
            validity: Validity::unpack(cells.validity.load(Ordering::Acquire)),
            standing: cells.standing.load(Ordering::Acquire),
            seq,
        })
    }

    /// The identifier of the credential in this slot, or `None` if there is none yet.
    pub fn id(&self, slot: u32) -> Option<u128> {
        self.cells(slot).map(Cells::id)
    }

    /// How many records there are. Slots are numbered from 0 without gaps.
    pub fn len(&self) -> u32 {
        self.len.load(Ordering::Acquire)
    }

    /// Whether there is no record yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn cells(&self, slot: u32) -> Option<&Cells> {
        // Acquire pairs with the Release in `push`: a slot below the length has all its words.
        if slot >= self.len() {
            return None;
        }
        let (chunk, place) = locate(slot);
        self.chunks.get(chunk)?.get()?.get(place)
    }
}

impl SlotsWriter {
    /// No records, and no memory for any yet.
    #[expect(
        clippy::new_without_default,
        reason = "a writer is made on purpose, once"
    )]
    pub fn new() -> Self {
        let chunks = MAX_RECORDS as usize / CHUNK + 1;
        Self(Arc::new(Slots {
            chunks: std::iter::repeat_with(OnceLock::new).take(chunks).collect(),
            len: AtomicU32::new(0),
        }))
    }

    /// What readers shall hold.
    pub fn slots(&self) -> &Arc<Slots> {
        &self.0
    }

    /// Adds a record and returns its slot, which it keeps for ever. Readers find it as soon as this returns.
    ///
    /// # Errors
    /// [`Full`] at [`MAX_RECORDS`] records; then nothing has changed.
    pub fn push(&mut self, record: Record) -> Result<u32, Full> {
        let slot = self.0.len.load(Ordering::Relaxed);
        if slot >= MAX_RECORDS {
            return Err(Full);
        }
        let (chunk, place) = locate(slot);
        let cells = &self.0.chunks[chunk]
            .get_or_init(|| std::iter::repeat_with(Cells::default).take(CHUNK).collect())[place];
        cells.id[0].store((record.id >> 64) as u64, Ordering::Relaxed);
        cells.id[1].store(record.id as u64, Ordering::Relaxed);
        cells
            .validity
            .store(record.validity.pack(), Ordering::Relaxed);
        cells.standing.store(record.standing, Ordering::Relaxed);
        cells.seq.store(record.seq, Ordering::Relaxed);
        self.0.len.store(slot + 1, Ordering::Release);
        Ok(slot)
    }

    /// Changes the standing of a record, by the fact with this seq.
    ///
    /// # Panics
    /// If no record was pushed into this slot.
    pub fn store_standing(&mut self, slot: u32, standing: u64, seq: u64) {
        let cells = self.pushed(slot);
        cells.standing.store(standing, Ordering::Release);
        cells.seq.store(seq, Ordering::Release);
    }

    /// Changes the validity of a record, by the fact with this seq.
    ///
    /// # Panics
    /// If no record was pushed into this slot.
    pub fn store_validity(&mut self, slot: u32, validity: Validity, seq: u64) {
        let cells = self.pushed(slot);
        cells.validity.store(validity.pack(), Ordering::Release);
        cells.seq.store(seq, Ordering::Release);
    }

    fn pushed(&self, slot: u32) -> &Cells {
        self.0
            .cells(slot)
            .expect("only slots that push returned are written to")
    }
}

impl Validity {
    fn pack(self) -> u64 {
        u64::from(self.from) << 32 | u64::from(self.until)
    }

    fn unpack(word: u64) -> Self {
        Self {
            from: (word >> 32) as u32,
            until: word as u32,
        }
    }
}

impl fmt::Display for Full {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the index holds {MAX_RECORDS} credentials, which is as many as fit"
        )
    }
}

impl std::error::Error for Full {}

/// A record as it lies in memory: 40 bytes.
#[derive(Default)]
struct Cells {
    /// High half, low half. Written before the record is published and not again.
    id: [AtomicU64; 2],
    validity: AtomicU64,
    standing: AtomicU64,
    seq: AtomicU64,
}

impl Cells {
    fn id(&self) -> u128 {
        let [high, low] = self.id.each_ref().map(|half| half.load(Ordering::Relaxed));
        u128::from(high) << 64 | u128::from(low)
    }
}

/// The chunk of a slot, and the place in it.
fn locate(slot: u32) -> (usize, usize) {
    (slot as usize / CHUNK, slot as usize % CHUNK)
}

/// Records in one chunk: with what the allocator adds just a huge page of 2 MiB, so that none is shared or left half empty.
const CHUNK: usize = (2 * 1024 - 64) * 1024 / size_of::<Cells>();
