//! The seal on the ledger's head. The tree proves that head and entries belong together, which whoever writes to the
//! database can bring about with entries of his own: hashing needs no key. So a head also bears a box that only who has
//! the master key can make, and that opens for this head alone. No node follows, starts from or builds upon a head whose
//! seal does not open.
//!
//! In the box lies the sum over what gates are answered from, see [`sum`](super::sum): so the seal also vouches for the
//! tables that a start reads, and for what a running node has in memory.
//!
//! What the seal cannot say is that there is no newer head: an old one, with the entries up to it, was sealed too. For
//! that each node keeps a note, see [`seen`](super::seen).

use crate::access::keyring::Keyring;
use crate::domain::ids::Gen;
use crate::domain::time::Environment;
use crate::ledger::sum::Sum;
use crate::store::StoreError;
use crate::store::ledger::{Head, Tip};

/// What a head vouches for beside itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Vouched {
    /// The sum over what gates are answered from.
    pub sum: Sum,
    /// The numbering that this one took the place of, where the ledger was restored: nodes that knew that one may go on
    /// with this one.
    pub before: Option<Gen>,
}

/// Seals a head with what belongs to it, to be written in the transaction that moves it there.
pub fn seal(head: &mut Head, vouched: Vouched, keyring: &Keyring, environment: &dyn Environment) {
    let before = vouched.before.map_or([0; 16], |before| *before.as_bytes());
    let plain = [&vouched.sum.to_bytes()[..], &before].concat();
    head.seal = keyring.seal_head(&bound(&head.tip()), &plain, environment);
}

/// Opens the seal of a head: it is one that a node of this network wrote, and this is what it vouches for.
pub fn open(tip: &Tip, keyring: &Keyring) -> Result<Vouched, StoreError> {
    let opened = keyring.open_head(&bound(tip), &tip.seal).ok();
    let vouched = opened.and_then(|plain| {
        let (sum, before) = plain.split_first_chunk::<{ Sum::LEN }>()?;
        let before = u128::from_be_bytes(before.try_into().ok()?);
        Some(Vouched {
            sum: Sum::from_bytes(*sum),
            before: (before != 0).then_some(Gen::from_u128(before)),
        })
    });
    vouched.ok_or_else(|| {
        StoreError::Corrupt(format!(
            "the seal on the ledger's head at entry {} does not open: no node with this master key wrote that head",
            tip.seq
        ))
    })
}

/// What the seal is bound to. The edge is not named: no other one has this root.
fn bound(tip: &Tip) -> Vec<u8> {
    [
        &tip.r#gen.as_bytes()[..],
        &tip.seq.to_be_bytes(),
        &tip.root,
        &tip.chain,
    ]
    .concat()
}
