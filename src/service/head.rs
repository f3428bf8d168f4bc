//! The seal on the ledger's head. The tree proves that head and entries belong together, which whoever writes to the
//! database can bring about with entries of his own: hashing needs no key. So a head also bears a box that only who has
//! the master key can make, and that opens for this head alone. No node follows, starts from or builds upon a head whose
//! seal does not open.
//!
//! What the seal cannot say is that there is no newer head: an old one, with the entries up to it, was sealed too.

use crate::access::keyring::Keyring;
use crate::domain::time::Environment;
use crate::store::StoreError;
use crate::store::ledger::{Head, Tip};

/// Seals a head, to be written in the transaction that moves it there.
pub fn seal(head: &mut Head, keyring: &Keyring, environment: &dyn Environment) {
    head.seal = keyring.seal_head(&bound(&head.tip()), &[], environment);
}

/// Opens the seal of a head: it is one that a node of this network wrote.
pub fn open(tip: &Tip, keyring: &Keyring) -> Result<(), StoreError> {
    let opened = keyring.open_head(&bound(tip), &tip.seal);
    opened.map(drop).map_err(|_| {
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
