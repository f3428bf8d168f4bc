//! The containers against plain maps, and under a writer and readers at the same time.

use std::collections::HashMap;
use std::sync::Barrier;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use proptest::prelude::*;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

use super::keys::{IdWriter, KeyWriter};
use super::slots::{Record, SlotsWriter, Validity};

/// Credentials inserted beside the readers. Enough for every shard to grow more than ten times.
const CREDENTIALS: u32 = 1_000_000;

/// The same with the clumsier code of a debug build.
const CREDENTIALS_IN_DEBUG: u32 = 60_000;

/// Loads by each reader of a record that changes all the time.
const READS: u32 = 300_000;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_key_map_answers_like_a_hash_map(
        keys in prop::collection::vec(any::<u128>().prop_map(clustered), 0..1_500),
        capacity in 0_usize..5_000,
    ) {
        let mut writer = KeyWriter::with_capacity(capacity);
        let mut model = HashMap::new();
        for (slot, &key) in (0..).zip(&keys) {
            let bound = model.get(&key).copied();
            prop_assert_eq!(writer.map().get(key), bound);
            prop_assert_eq!(writer.insert(key, slot).err(), bound);
            model.entry(key).or_insert(slot);
        }
        for (&key, &slot) in &model {
            prop_assert_eq!(writer.map().get(key), Some(slot));
        }
    }

    #[test]
    fn an_id_map_answers_like_a_hash_map(
        ids in prop::collection::vec(prop_oneof![0..2_000_u128, any::<u128>().prop_map(clustered)], 0..1_500),
        capacity in 0_usize..5_000,
    ) {
        let mut slots = SlotsWriter::new();
        let mut writer = IdWriter::with_capacity(capacity);
        let mut model = HashMap::new();
        for &id in &ids {
            let readable = slots.slots().clone();
            let id_of = |slot| readable.id(slot);
            let bound = model.get(&id).copied();
            prop_assert_eq!(writer.map().get(id, id_of), bound);
            if let Some(bound) = bound {
                prop_assert_eq!(writer.insert(id, bound, id_of), Err(bound));
            } else {
                let slot = slots.push(record(id)).unwrap();
                prop_assert_eq!(writer.insert(id, slot, id_of), Ok(()));
                model.insert(id, slot);
            }
        }
        for (&id, &slot) in &model {
            prop_assert_eq!(writer.map().get(id, |slot| slots.slots().id(slot)), Some(slot));
        }
    }

    #[test]
    fn slots_answer_like_a_vector(
        steps in prop::collection::vec((any::<u128>(), any::<u64>(), any::<u32>(), any::<u32>(), 0..3_u8), 1..400),
    ) {
        let mut writer = SlotsWriter::new();
        let mut model: Vec<Record> = Vec::new();
        for (seq, &(id, standing, from, until, step)) in (1..).zip(&steps) {
            let validity = Validity { from, until };
            let slot = id.checked_rem(model.len() as u128).map(|slot| slot as u32);
            match (step, slot) {
                (0, Some(slot)) => {
                    writer.store_standing(slot, standing, seq);
                    let record = &mut model[slot as usize];
                    (record.standing, record.seq) = (standing, seq);
                }
                (1, Some(slot)) => {
                    writer.store_validity(slot, validity, seq);
                    let record = &mut model[slot as usize];
                    (record.validity, record.seq) = (validity, seq);
                }
                _ => {
                    let record = Record { id, validity, standing, seq };
                    prop_assert_eq!(writer.push(record), Ok(model.len() as u32));
                    model.push(record);
                }
            }
        }
        let slots = writer.slots();
        prop_assert_eq!(slots.len() as usize, model.len());
        for (slot, &record) in (0..).zip(&model) {
            prop_assert_eq!(slots.load(slot), Some(record));
            prop_assert_eq!(slots.id(slot), Some(record.id));
        }
        prop_assert_eq!(slots.load(slots.len()), None);
        prop_assert_eq!(slots.load(u32::MAX), None);
    }
}

#[test]
fn records_continue_in_the_next_chunk() {
    let mut writer = SlotsWriter::new();
    for id in 0..70_000 {
        assert_eq!(writer.push(record(id)), Ok(id as u32));
    }
    for slot in [0, 65_535, 65_536, 69_999] {
        assert_eq!(writer.slots().load(slot), Some(record(slot.into())));
    }
    assert_eq!(writer.slots().load(70_000), None);
}

#[test]
fn keys_that_differ_in_any_kept_bit_are_different() {
    let mut writer = KeyWriter::with_capacity(0);
    let key = 0x0123_4567_89ab_cdef_0123_4567_89ab_cdef_u128;
    let kept: Vec<u32> = (0..64).chain(121..128).collect();
    writer.insert(key, 0).unwrap();
    for &bit in &kept {
        writer.insert(key ^ 1 << bit, bit + 1).unwrap();
    }
    assert_eq!(writer.map().get(key), Some(0));
    for &bit in &kept {
        assert_eq!(writer.map().get(key ^ 1 << bit), Some(bit + 1));
    }
    assert_eq!(writer.insert(key, 7), Err(0));
}

#[test]
fn the_key_whose_kept_bits_are_all_zero_is_found() {
    let mut writer = KeyWriter::with_capacity(0);
    assert_eq!(writer.map().get(0), None);
    writer.insert(0, 5).unwrap();
    assert_eq!(writer.map().get(0), Some(5));
}

#[test]
fn readers_always_find_what_was_published_and_nothing_else_while_tables_grow() {
    let credentials = if cfg!(debug_assertions) {
        CREDENTIALS_IN_DEBUG
    } else {
        CREDENTIALS
    };
    let mut keys = KeyWriter::with_capacity(0);
    let mut ids = IdWriter::with_capacity(0);
    let mut slots = SlotsWriter::new();
    let (key_map, id_map, records) = (keys.map().clone(), ids.map().clone(), slots.slots().clone());
    let published = AtomicU32::new(0);
    let all_ready = Barrier::new(3);

    thread::scope(|scope| {
        for seed in 0..2 {
            let (key_map, id_map, records) = (&key_map, &id_map, &records);
            let (published, all_ready) = (&published, &all_ready);
            scope.spawn(move || {
                let mut random = SmallRng::seed_from_u64(seed);
                all_ready.wait();
                let mut finished = false;
                while !finished {
                    let known = published.load(Ordering::Acquire);
                    finished = known == credentials;
                    for _ in 0..known.min(100) {
                        // The newest are the ones that a race would lose.
                        let oldest = if random.random() {
                            0
                        } else {
                            known.saturating_sub(50)
                        };
                        let slot = random.random_range(oldest..known);
                        assert_eq!(key_map.get(key(slot)), Some(slot));
                        assert_eq!(records.load(slot), Some(record(id(slot))));
                        assert_eq!(id_map.get(id(slot), |slot| records.id(slot)), Some(slot));
                        // This one may be under way: it has no slot yet, or the right one.
                        assert!(key_map.get(key(known)).is_none_or(|slot| slot == known));
                        let never = random.random_range(credentials + 1..u32::MAX);
                        assert_eq!(key_map.get(key(never)), None);
                        assert_eq!(id_map.get(id(never), |slot| records.id(slot)), None);
                    }
                }
            });
        }
        all_ready.wait();
        for n in 0..credentials {
            let slot = slots.push(record(id(n))).unwrap();
            ids.insert(id(n), slot, |slot| records.id(slot)).unwrap();
            keys.insert(key(n), slot).unwrap();
            published.store(n + 1, Ordering::Release);
        }
    });
    assert_eq!(records.len(), credentials);
}

#[test]
fn a_reader_never_sees_half_a_word_nor_a_seq_without_its_change() {
    let nothing = Validity { from: 0, until: 0 };
    let mut slots = SlotsWriter::new();
    let slot = slots
        .push(Record {
            id: 1,
            validity: nothing,
            standing: 0,
            seq: 0,
        })
        .unwrap();
    let records = slots.slots().clone();
    let readers_done = AtomicU32::new(0);

    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut last = 0;
                for _ in 0..READS {
                    let record = records.load(slot).unwrap();
                    // The facts change validity and standing in turn, and put their own seq into what they change.
                    assert_eq!(record.validity.from, record.validity.until);
                    let newest = record.standing.max(record.validity.from.into());
                    assert!(newest >= record.seq, "a seq without its change");
                    assert!(record.seq >= last, "a reader went back in time");
                    last = record.seq;
                }
                readers_done.fetch_add(1, Ordering::Relaxed);
            });
        }
        let mut seq = 0;
        while readers_done.load(Ordering::Relaxed) < 2 && seq < u32::MAX - 2 {
            slots.store_validity(
                slot,
                Validity {
                    from: seq + 1,
                    until: seq + 1,
                },
                u64::from(seq + 1),
            );
            slots.store_standing(slot, u64::from(seq + 2), u64::from(seq + 2));
            seq += 2;
        }
    });
}

#[test]
fn once_a_revocation_has_returned_no_reader_sees_the_credential_as_good() {
    const GOOD: u64 = 1;
    const REVOKED: u64 = 2;
    let mut slots = SlotsWriter::new();
    let records = slots.slots().clone();
    let credentials = 50_000;
    for n in 0..credentials {
        slots
            .push(Record {
                standing: GOOD,
                ..record(id(n))
            })
            .unwrap();
    }
    let revoked = AtomicU32::new(0);
    let all_ready = Barrier::new(3);

    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut known = 0;
                all_ready.wait();
                while known < credentials {
                    known = revoked.load(Ordering::Acquire);
                    for slot in known.saturating_sub(3)..known {
                        assert_eq!(records.load(slot).unwrap().standing, REVOKED);
                    }
                }
            });
        }
        all_ready.wait();
        for slot in 0..credentials {
            slots.store_standing(slot, REVOKED, slot.into());
            revoked.store(slot + 1, Ordering::Release);
        }
    });
}

/// Half of all keys into two shards, and there to the very first or the very last home line, so that tables grow, a
/// search goes far and around the end, and keys come again.
fn clustered(key: u128) -> u128 {
    let shard = key & 1 << 127;
    let near_zero = key as u64 & 0x3ff | 0x400;
    match key as u32 >> 30 {
        0 => shard | u128::from(near_zero),
        1 => shard | u128::from(!near_zero),
        _ => key,
    }
}

fn record(id: u128) -> Record {
    Record {
        id,
        validity: Validity {
            from: 10,
            until: 20,
        },
        standing: id as u64,
        seq: 3,
    }
}

/// Stands in for the keyed hash of card n.
fn key(n: u32) -> u128 {
    SmallRng::seed_from_u64(n.into()).random()
}

/// Like a UUIDv7: a time that rises with n, then bits without order.
fn id(n: u32) -> u128 {
    let time = 1_700_000_000_000 + u128::from(n / 50);
    time << 80 | 7 << 76 | 2 << 62 | key(n) >> 66
}
