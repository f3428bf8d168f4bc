//! The Merkle tree hash of RFC 6962 section 2.1, kept as its right edge: the roots of the complete subtrees that the
//! entries so far fall into, at most 64 hashes. Appending needs nothing else, so the ledger's head is one small row.

use aws_lc_rs::digest::{Context, SHA256};

/// A SHA-256 hash.
pub type Hash = [u8; 32];

/// The hash of an entry: SHA-256 of 0x00 and its bytes (RFC 6962 section 2.1).
pub fn leaf_hash(entry: &[u8]) -> Hash {
    hash(&[&[0], entry])
}

/// The chain after an entry: SHA-256 of 0x02, the chain before it and its leaf hash. The tree proves that nothing was taken
/// out; the chain, kept beside each entry, names the first one that was changed. Before the first entry it is all zeros.
pub fn chain_hash(before: &Hash, leaf: &Hash) -> Hash {
    hash(&[&[2], before, leaf])
}

fn node_hash(left: &Hash, right: &Hash) -> Hash {
    hash(&[&[1], left, right])
}

fn hash(parts: &[&[u8]]) -> Hash {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(part);
    }
    let mut hash = [0; 32];
    hash.copy_from_slice(context.finish().as_ref());
    hash
}

/// The right edge of the tree over the first `size` entries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree {
    size: u64,
    /// One hash for each bit that is set in `size`, the largest subtree first.
    edge: Vec<Hash>,
}

impl Tree {
    /// How many entries it covers.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds an entry by its leaf hash.
    pub fn push(&mut self, leaf: Hash) {
        let mut node = leaf;
        // Each trailing one bit of the size is a complete subtree of the same height as `node`: they merge.
        for _ in 0..self.size.trailing_ones() {
            let left = self
                .edge
                .pop()
                .expect("the edge has one hash for each bit set in the size");
            node = node_hash(&left, &node);
        }
        self.edge.push(node);
        self.size += 1;
    }

    /// The Merkle tree hash. Of no entries it is the hash of nothing, as in the RFC.
    pub fn root(&self) -> Hash {
        let mut right_to_left = self.edge.iter().rev();
        match right_to_left.next() {
            None => hash(&[]),
            Some(&smallest) => right_to_left.fold(smallest, |right, left| node_hash(left, &right)),
        }
    }

    /// The first complete subtree in which it differs from another tree of the same size: its first and last entry,
    /// counted from 1. `None` where they are the same.
    pub fn first_difference(&self, other: &Self) -> Option<(u64, u64)> {
        let mut first = 1;
        let heights = (0..u64::BITS)
            .rev()
            .filter(|height| self.size >> height & 1 == 1);
        for (height, (mine, theirs)) in heights.zip(self.edge.iter().zip(&other.edge)) {
            let last = first + (1 << height) - 1;
            if mine != theirs {
                return Some((first, last));
            }
            first = last + 1;
        }
        None
    }

    /// The edge as bytes, as the head row keeps it.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.edge.concat()
    }

    /// The tree of this size with this edge; `None` when the two do not fit.
    pub fn from_bytes(size: u64, bytes: &[u8]) -> Option<Self> {
        let (hashes, rest) = bytes.as_chunks::<32>();
        let fits = rest.is_empty() && hashes.len() == size.count_ones() as usize;
        fits.then(|| Self {
            size,
            edge: hashes.to_vec(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::digest::{hex, unhex};

    /// The leaves and roots that the tests of Certificate Transparency logs have used since RFC 6962.
    const LEAVES: [&str; 8] = [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ];
    const ROOTS: [&str; 8] = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    #[test]
    fn the_published_vectors_hold() {
        let mut tree = Tree::default();
        assert_eq!(
            hex(&tree.root()),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        for (leaf, root) in LEAVES.iter().zip(ROOTS) {
            tree.push(leaf_hash(&unhex(leaf).expect("hexadecimal")));
            assert_eq!(hex(&tree.root()), root);
            assert_eq!(
                Tree::from_bytes(tree.size(), &tree.to_bytes()).as_ref(),
                Some(&tree)
            );
        }
        assert_eq!(Tree::from_bytes(7, &tree.to_bytes()), None);
    }

    /// The definition of the RFC, word for word: split at the largest power of two below the number of entries.
    fn by_definition(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => hash(&[]),
            [one] => *one,
            many => {
                let split = many.len().next_power_of_two() / 2;
                node_hash(
                    &by_definition(&many[..split]),
                    &by_definition(&many[split..]),
                )
            }
        }
    }

    #[test]
    fn a_changed_entry_is_found_in_its_subtree() {
        let tree = |changed: u32| {
            let mut tree = Tree::default();
            for n in 1..=11u32 {
                tree.push(leaf_hash(&[if n == changed { 0 } else { n as u8 }]));
            }
            tree
        };
        let whole = tree(0);
        assert_eq!(whole.first_difference(&tree(0)), None);
        for (changed, range) in [(1, (1, 8)), (8, (1, 8)), (9, (9, 10)), (11, (11, 11))] {
            assert_eq!(whole.first_difference(&tree(changed)), Some(range));
        }
    }

    #[test]
    fn the_edge_gives_the_root_of_the_definition_at_every_size() {
        let leaves: Vec<Hash> = (0u32..300).map(|n| leaf_hash(&n.to_be_bytes())).collect();
        let mut tree = Tree::default();
        for (size, leaf) in leaves.iter().enumerate() {
            tree.push(*leaf);
            assert_eq!(tree.root(), by_definition(&leaves[..=size]), "{}", size + 1);
        }
    }
}
