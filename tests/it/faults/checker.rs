//! What a follower saw, compared with what there is in the end. The same for our ledger and for the planted bug.

use std::collections::BTreeSet;

/// What a follower did wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// It never saw this one.
    Lost(i64),
    /// It saw this one after a later one, or twice.
    OutOfOrder(i64),
    /// It saw this one, and it is not there.
    Invented(i64),
}

/// Compares what was seen, in the order it was seen, with all that there is.
pub fn check(seen: &[i64], all: &[i64]) -> Vec<Wrong> {
    let order = seen.windows(2).filter(|pair| pair[1] <= pair[0]);
    let mut wrong: Vec<Wrong> = order.map(|pair| Wrong::OutOfOrder(pair[1])).collect();
    let (seen, all): (BTreeSet<_>, BTreeSet<_>) = (seen.iter().collect(), all.iter().collect());
    wrong.extend(all.difference(&seen).map(|&&n| Wrong::Lost(n)));
    wrong.extend(seen.difference(&all).map(|&&n| Wrong::Invented(n)));
    wrong
}

#[test]
fn the_checker_sees_each_kind_of_wrong() {
    assert_eq!(check(&[1, 2, 5], &[1, 2, 5]), []);
    assert_eq!(check(&[1, 3], &[1, 2, 3]), [Wrong::Lost(2)]);
    assert_eq!(check(&[1, 3, 2], &[1, 2, 3]), [Wrong::OutOfOrder(2)]);
    assert_eq!(check(&[1, 1], &[1]), [Wrong::OutOfOrder(1)]);
    assert_eq!(check(&[1, 2], &[1]), [Wrong::Invented(2)]);
}
