//! From what a gate or a caller knows to the slot of the record: [`KeyMap`] by the keyed hash of a card, [`IdMap`] by
//! the credential's identifier. One writer, any number of readers; no reader ever takes a lock, spins or waits.
//!
//! Both maps only grow: a card is bound to one credential for ever, so nothing is removed and no slot changes.
//! A map is cut into shards by the first bits of the hash. A shard is one table of cache lines, and a line holds a few
//! cells. An entry goes into a line that its hash names, or when that is full into the next that is not, so a lookup
//! ends at the first line with a free cell.
//!
//! The writer fills a free cell in place and stores last (Release) the word that a reader loads first (Acquire), so a
//! reader sees the cell free or whole. When a table is nine tenths full, the writer builds a larger one aside and
//! swaps it in. A reader that is still in the old table finds there all that was published when it began, and leads
//! to the same slots; whoever lets go of it last frees it. Small shards keep small what is copied and freed at once.
//!
//! A line's place is `hash × lines / 2^64`, not a mask, so that a table may have any number of lines and grow by a
//! tenth instead of doubling: otherwise just after growing a map would be half empty.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use arc_swap::{ArcSwap, Guard};

use super::slots::MAX_RECORDS;

/// From the 128-bit keyed hash of a card to the slot of its credential.
///
/// The keys must be the output of a keyed hash whose key is secret, so that they are evenly spread and nobody can
/// choose cards that collide.
///
/// A key is kept as 64 bits in one of 128 shards: 71 of its 128 bits decide. The chance that an unknown card is taken
/// for a known one is therefore `n / 2^71` a lookup with n cards in the map. At 10 million that is 4.2 × 10^-15: with a
/// million unknown cards presented a day, once in 600 000 years. The chance that any two of n different cards
/// collide when they are entered is `n² / 2^72`, 2.1 × 10^-8 at 10 million.
pub struct KeyMap(Tables<KeyLine>);

/// What the one writer of a [`KeyMap`] holds. It cannot be cloned, so that there cannot be two.
pub struct KeyWriter {
    map: Arc<KeyMap>,
    shards: Box<[Shard<KeyLine>]>,
}

/// From the 128-bit identifier of a credential to its slot.
///
/// Only the slot is kept, in 4 bytes with 4 bits of the hash; the identifier itself is compared with the one in the
/// record, so a lookup is exact. Every method takes `id_of`, which reads the identifier of a slot from the records.
/// The identifiers are made by us, so their hash needs no secret.
pub struct IdMap(Tables<IdLine>);

/// What the one writer of an [`IdMap`] holds. It cannot be cloned, so that there cannot be two.
pub struct IdWriter {
    map: Arc<IdMap>,
    shards: Box<[Shard<IdLine>]>,
}

impl KeyMap {
    /// The slot that this key is bound to, if any. A key is found as soon as its `insert` has returned.
    pub fn get(&self, key: u128) -> Option<u32> {
        let (shard, fingerprint) = Self::split(key);
        match KeyLine::probe(&self.0.load(shard), fingerprint) {
            Probe::Found(slot) => Some(slot),
            Probe::Free(..) => None,
        }
    }

    /// The shard, and the 64 bits that stand for the key in it. 0 means a free cell, so the one key in 2^64 that would
    /// have it shares 1 with another.
    fn split(key: u128) -> (usize, u64) {
        ((key >> (128 - SHARD_BITS)) as usize, (key as u64).max(1))
    }
}

impl KeyWriter {
    /// An empty map with room for this many keys before much has to be rebuilt. It grows beyond by itself.
    pub fn with_capacity(keys: usize) -> Self {
        let shards = shards(keys);
        Self {
            map: Arc::new(KeyMap(Tables::of(&shards))),
            shards,
        }
    }

    /// What readers shall hold.
    pub fn map(&self) -> &Arc<KeyMap> {
        &self.map
    }

    /// Asks memory for what binding this key will read, without waiting for it: see `IndexWriter::load`.
    pub fn touch(&self, key: u128) {
        let (number, fingerprint) = KeyMap::split(key);
        let table = &self.shards[number].table;
        for hash in [fingerprint, fingerprint.rotate_left(32)] {
            let line = from_home(table, hash).next();
            black_box(line.map(|line| line.fingerprints[0].load(Ordering::Relaxed)));
        }
    }

    /// Binds a key to a slot, for ever.
    ///
    /// # Errors
    /// The slot that the key is bound to already; then nothing has changed.
    pub fn insert(&mut self, key: u128, slot: u32) -> Result<(), u32> {
        let (number, fingerprint) = KeyMap::split(key);
        let shard = &mut self.shards[number];
        if shard.is_full() {
            shard.grow(|line, larger| {
                for (fingerprint, slot) in line.entries() {
                    if let Probe::Free(line, cell) = KeyLine::probe(larger, fingerprint) {
                        line.fill(cell, fingerprint, slot);
                    }
                }
            });
            self.map.0.store(number, &shard.table);
        }
        match KeyLine::probe(&shard.table, fingerprint) {
            Probe::Found(bound) => return Err(bound),
            Probe::Free(line, cell) => line.fill(cell, fingerprint, slot),
        }
        shard.filled += 1;
        Ok(())
    }
}

impl IdMap {
    /// The slot of this credential, if it has one. An identifier is found as soon as its `insert` has returned.
    pub fn get(&self, id: u128, id_of: impl Fn(u32) -> Option<u128>) -> Option<u32> {
        let hash = mix(id);
        match IdLine::probe(&self.0.load(Self::shard(hash)), hash, |slot| {
            id_of(slot) == Some(id)
        }) {
            Probe::Found(slot) => Some(slot),
            Probe::Free(..) => None,
        }
    }

    fn shard(hash: u64) -> usize {
        (hash >> (64 - SHARD_BITS)) as usize
    }
}

impl IdWriter {
    /// An empty map with room for this many identifiers before much has to be rebuilt. It grows beyond by itself.
    pub fn with_capacity(ids: usize) -> Self {
        let shards = shards(ids);
        Self {
            map: Arc::new(IdMap(Tables::of(&shards))),
            shards,
        }
    }

    /// What readers shall hold.
    pub fn map(&self) -> &Arc<IdMap> {
        &self.map
    }

    /// Asks memory for what a search for this identifier reads first, without waiting for it: see `IndexWriter::load`.
    pub fn touch(&self, id: u128) {
        let hash = mix(id);
        let table = &self.shards[IdMap::shard(hash)].table;
        let line = from_home(table, hash << SHARD_BITS).next();
        black_box(line.map(|line| line.cells[0].load(Ordering::Relaxed)));
    }

    /// The slots whose records a search for this identifier will look at first; they may all be another's. For asking
    /// memory ahead, see `IndexWriter::load`.
    pub fn guesses(&self, id: u128) -> impl Iterator<Item = u32> {
        let hash = mix(id);
        let table = &self.shards[IdMap::shard(hash)].table;
        let line = from_home(table, hash << SHARD_BITS).next();
        line.into_iter().flat_map(move |line| line.alike(hash))
    }

    /// Binds the identifier to the slot of its record, which must have been pushed before.
    ///
    /// # Errors
    /// The slot that the identifier is bound to already; then nothing has changed.
    ///
    /// # Panics
    /// If the slot is not below [`MAX_RECORDS`], or `id_of` does not know a slot that was inserted.
    pub fn insert(
        &mut self,
        id: u128,
        slot: u32,
        id_of: impl Fn(u32) -> Option<u128>,
    ) -> Result<(), u32> {
        self.enter(id, slot, &id_of, |slot| id_of(slot) == Some(id))
    }

    /// As [`IdWriter::insert`], of an identifier that the caller knows not to be in: nothing is compared, so no record of
    /// another is read.
    pub fn insert_new(&mut self, id: u128, slot: u32, id_of: impl Fn(u32) -> Option<u128>) {
        let entered = self.enter(id, slot, id_of, |_| false);
        debug_assert!(entered.is_ok(), "nothing was compared");
    }

    fn enter(
        &mut self,
        id: u128,
        slot: u32,
        id_of: impl Fn(u32) -> Option<u128>,
        is_it: impl Fn(u32) -> bool,
    ) -> Result<(), u32> {
        assert!(slot < MAX_RECORDS, "only slots of records are bound");
        let hash = mix(id);
        let number = IdMap::shard(hash);
        let shard = &mut self.shards[number];
        if shard.is_full() {
            shard.grow(|line, larger| {
                for slot in line.slots() {
                    let hash =
                        mix(id_of(slot).expect("a record is pushed before its slot is bound"));
                    // All that is moved is different, so nothing needs to be compared.
                    if let Probe::Free(line, cell) = IdLine::probe(larger, hash, |_| false) {
                        line.fill(cell, hash, slot);
                    }
                }
            });
            self.map.0.store(number, &shard.table);
        }
        match IdLine::probe(&shard.table, hash, is_it) {
            Probe::Found(bound) => return Err(bound),
            Probe::Free(line, cell) => line.fill(cell, hash, slot),
        }
        shard.filled += 1;
        Ok(())
    }
}

/// The lines of one shard.
type Table<L> = Arc<Box<[L]>>;

/// The tables of one map, as readers reach them.
struct Tables<L>(Box<[ArcSwap<Box<[L]>>]>);

/// One shard, as the writer holds it.
struct Shard<L> {
    /// The table that readers reach, too. Held here so that the writer does not pay for reaching it as they do.
    table: Table<L>,
    /// Its filled cells.
    filled: usize,
}

/// Where a search ended.
enum Probe<'a, L> {
    /// At the entry, which leads to this slot.
    Found(u32),
    /// At the cell of this line where the entry would be.
    Free(&'a L, usize),
}

/// What fits into one cache line of 64 bytes, so that a lookup waits for memory once.
trait Line: Default {
    const CELLS: usize;
}

/// Five entries of a [`KeyMap`], 12.8 bytes each. Cells are filled from the first on.
#[derive(Default)]
#[repr(align(64))]
struct KeyLine {
    /// 0 in a free cell. Stored after the slot.
    fingerprints: [AtomicU64; 5],
    slots: [AtomicU32; 5],
}

/// Sixteen entries of an [`IdMap`]. Cells are filled from the first on.
#[derive(Default)]
#[repr(align(64))]
struct IdLine {
    /// 0 in a free cell; else a tag of 4 bits of the hash, which spares most looks at records of others, and 28 bits
    /// that are the slot plus one.
    cells: [AtomicU32; 16],
}

impl<L> Tables<L> {
    fn of(shards: &[Shard<L>]) -> Self {
        Self(
            shards
                .iter()
                .map(|shard| ArcSwap::new(Arc::clone(&shard.table)))
                .collect(),
        )
    }

    fn load(&self, number: usize) -> Guard<Table<L>> {
        self.0[number].load()
    }

    fn store(&self, number: usize, table: &Table<L>) {
        self.0[number].store(Arc::clone(table));
    }
}

impl<L: Line> Shard<L> {
    fn with_lines(lines: usize) -> Self {
        Self {
            table: Arc::new(std::iter::repeat_with(L::default).take(lines).collect()),
            filled: 0,
        }
    }

    /// Whether the table must grow before another cell is filled. A table of one line keeps one cell free, too.
    fn is_full(&self) -> bool {
        self.filled + 1 > self.table.len() * L::CELLS * FULL_PERCENT / 100
    }

    /// Puts a table that is a tenth larger in place of the present one. `copy` enters one old line into it.
    fn grow(&mut self, copy: impl Fn(&L, &[L])) {
        let larger = Self::with_lines(self.table.len() * 11 / 10 + 1).table;
        self.table.iter().for_each(|line| copy(line, &larger));
        self.table = larger;
    }
}

/// Empty shards that hold this many entries when they are as full as they should be at the start.
fn shards<L: Line>(entries: usize) -> Box<[Shard<L>]> {
    let lines = entries * 100 / START_PERCENT / SHARDS / L::CELLS + 1;
    std::iter::repeat_with(|| Shard::with_lines(lines))
        .take(SHARDS)
        .collect()
}

impl KeyLine {
    /// Looks in the two home lines of the fingerprint, then in the two lines after them, and so on to a free cell.
    ///
    /// An entry goes where more is free, so that hardly any is outside its home lines although nine tenths of all
    /// cells are filled. Both lines are asked of memory at once and arrive together.
    fn probe(table: &[Self], fingerprint: u64) -> Probe<'_, Self> {
        let pairs =
            from_home(table, fingerprint).zip(from_home(table, fingerprint.rotate_left(32)));
        for (one, other) in pairs {
            let (in_one, in_other) = (one.read(), other.read());
            for (line, held) in [(one, &in_one), (other, &in_other)] {
                if let Some(cell) = held.iter().position(|&held| held == fingerprint) {
                    return Probe::Found(line.slots[cell].load(Ordering::Relaxed));
                }
            }
            let free = |held: &[u64; 5]| held.iter().filter(|&&held| held == 0).count();
            let (line, free) = match (free(&in_one), free(&in_other)) {
                (in_one, in_other) if in_one >= in_other => (one, in_one),
                (_, in_other) => (other, in_other),
            };
            if free > 0 {
                return Probe::Free(line, Self::CELLS - free);
            }
        }
        unreachable!("a table always has a free cell")
    }

    /// Acquire pairs with the Release in `fill`: the slot beside a fingerprint is there.
    fn read(&self) -> [u64; 5] {
        self.fingerprints
            .each_ref()
            .map(|held| held.load(Ordering::Acquire))
    }

    fn fill(&self, cell: usize, fingerprint: u64, slot: u32) {
        self.slots[cell].store(slot, Ordering::Relaxed);
        self.fingerprints[cell].store(fingerprint, Ordering::Release);
    }

    fn entries(&self) -> impl Iterator<Item = (u64, u32)> {
        let slots = self
            .slots
            .each_ref()
            .map(|slot| slot.load(Ordering::Relaxed));
        self.read()
            .into_iter()
            .zip(slots)
            .take_while(|&(held, _)| held != 0)
    }
}

impl Line for KeyLine {
    const CELLS: usize = 5;
}

impl IdLine {
    fn probe(table: &[Self], hash: u64, is_it: impl Fn(u32) -> bool) -> Probe<'_, Self> {
        // The shard is the first bits of the hash and says nothing more inside it.
        for line in from_home(table, hash << SHARD_BITS) {
            for (cell, held) in line.cells.iter().enumerate() {
                // Acquire pairs with the Release in `fill`: the record of a slot is there.
                let held = held.load(Ordering::Acquire);
                if held == 0 {
                    return Probe::Free(line, cell);
                }
                if held & TAG == Self::tag(hash) && is_it((held & !TAG) - 1) {
                    return Probe::Found((held & !TAG) - 1);
                }
            }
        }
        unreachable!("a table always has a free cell")
    }

    fn fill(&self, cell: usize, hash: u64, slot: u32) {
        self.cells[cell].store(Self::tag(hash) | (slot + 1), Ordering::Release);
    }

    /// The slots in this line that have the tag of this hash. All cells are looked at before the first is answered, because
    /// a branch at each could not be foretold, and what was begun behind it would be thrown away.
    fn alike(&self, hash: u64) -> impl Iterator<Item = u32> {
        let mut alike = 0_u32;
        for (cell, held) in self.cells.iter().enumerate() {
            let held = held.load(Ordering::Relaxed);
            let is_alike = held != 0 && held & TAG == Self::tag(hash);
            alike |= u32::from(is_alike) << cell;
        }
        std::iter::from_fn(move || {
            let cell = alike.trailing_zeros() as usize;
            alike &= alike.wrapping_sub(1);
            let held = self.cells.get(cell)?.load(Ordering::Relaxed);
            Some((held & !TAG) - 1)
        })
    }

    fn slots(&self) -> impl Iterator<Item = u32> {
        let held = self.cells.iter().map(|cell| cell.load(Ordering::Relaxed));
        held.take_while(|&held| held != 0)
            .map(|held| (held & !TAG) - 1)
    }

    /// The last bits of the hash: the shard and the line are chosen by the first ones.
    fn tag(hash: u64) -> u32 {
        (hash as u32) << TAG.trailing_zeros()
    }
}

impl Line for IdLine {
    const CELLS: usize = 16;
}

/// All lines of the table, beginning at the home line of this hash.
fn from_home<L>(table: &[L], hash: u64) -> impl Iterator<Item = &L> {
    let home = (u128::from(hash) * table.len() as u128) >> 64;
    let (before, after) = table.split_at(home as usize);
    after.iter().chain(before)
}

/// Spreads identifiers that are anything but evenly spread (a UUIDv7 begins with the time) over 64 bits: the finaliser
/// of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014, figure 17) over both halves.
fn mix(id: u128) -> u64 {
    fn finalise(mut word: u64) -> u64 {
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }
    finalise((id as u64).wrapping_add(finalise((id >> 64) as u64 ^ 0x9e37_79b9_7f4a_7c15)))
}

/// The bits of an [`IdLine`] cell that are the tag.
const TAG: u32 = 0xf000_0000;

/// Where a table grows.
const FULL_PERCENT: usize = 90;

/// How full the tables of a map are when it holds what it was made for.
const START_PERCENT: usize = 86;

/// Few enough that a table is large beside what the allocator rounds up, many enough that one is copied in milliseconds.
const SHARD_BITS: u32 = 7;
const SHARDS: usize = 1 << SHARD_BITS;
