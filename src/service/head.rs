//! The seal on the ledger's head. The tree proves that head and entries belong together, which whoever writes to the
//! database can bring about with entries of his own: hashing needs no key. So a head also bears a box that only who has
//! the master key can make, and that opens for this head alone. No node follows, starts from or builds upon a head whose
//! seal does not open.
//!
//! In the box lies the sum over what gates are answered from, see [`sum`](super::sum): so the seal also vouches for the
//! tables that a start reads, and for what a running node has in memory.
//!
//! What the seal cannot say is that there is no newer head: an old one, with the entries up to it, was sealed too.

use crate::access::keyring::Keyring;
use crate::domain::time::Environment;
use crate::ledger::sum::Sum;
use crate::store::StoreError;
use crate::store::ledger::{Head, Tip};

/// Seals a head with the sum that belongs to it, to be written in the transaction that moves it there.
pub fn seal(head: &mut Head, sum: Sum, keyring: &Keyring, environment: &dyn Environment) {
    head.seal = keyring.seal_head(&bound(&head.tip()), &sum.to_bytes(), environment);
}

/// Opens the seal of a head: it is one that a node of this network wrote, with this sum.
pub fn open(tip: &Tip, keyring: &Keyring) -> Result<Sum, StoreError> {
    let opened = keyring.open_head(&bound(tip), &tip.seal).ok();
    let sum = opened.and_then(|plain| plain.try_into().ok());
    sum.map(Sum::from_bytes).ok_or_else(|| {
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
