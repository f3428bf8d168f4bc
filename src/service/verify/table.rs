//! One table of the projection against what the ledger says of it.

use std::collections::HashMap;
use std::hash::Hash;

use super::{Damage, Failure};
use crate::store::StoreError;

/// The comparison of one table, whose rows come in the order of their keys.
pub(super) struct Table<K, T> {
    name: &'static str,
    /// What the ledger says, without the rows that were found.
    expected: HashMap<K, T>,
    id: fn(&K, &T) -> String,
    /// The lowest key whose row is bad, with its identifier and what is wrong.
    bad: Option<(K, String, String)>,
    seen: u64,
}

impl<K: Ord + Hash, T> Table<K, T> {
    pub(super) fn new(
        name: &'static str,
        expected: impl IntoIterator<Item = (K, T)>,
        id: fn(&K, &T) -> String,
    ) -> Self {
        Self {
            name,
            expected: expected.into_iter().collect(),
            id,
            bad: None,
            seen: 0,
        }
    }

    pub(super) fn row(
        &mut self,
        key: K,
        found: T,
        differs: impl Fn(&T, &T) -> Option<&'static str>,
    ) {
        self.seen += 1;
        let expected = self.expected.remove(&key);
        let why = match &expected {
            None => Some("the ledger says nothing of it".to_owned()),
            Some(expected) => differs(expected, &found)
                .map(|what| format!("its {what} is not what the ledger says")),
        };
        // Later rows are still looked at: what is left over in the end is what is missing.
        if let (Some(why), None) = (why, &self.bad) {
            let id = (self.id)(&key, expected.as_ref().unwrap_or(&found));
            self.bad = Some((key, id, why));
        }
    }

    pub(super) fn end(
        mut self,
        read: Result<(), StoreError>,
    ) -> Result<(&'static str, u64), Failure> {
        let table = self.name;
        match read {
            Err(StoreError::Corrupt(why)) => return Err(Damage::Table { table, why }.into()),
            read => read?,
        }
        if let Some((key, value)) = self.expected.iter().min_by(|a, b| a.0.cmp(b.0))
            && self.bad.as_ref().is_none_or(|(bad, _, _)| key < bad)
        {
            let id = (self.id)(key, value);
            let why = "it is missing".into();
            return Err(Damage::Row { table, id, why }.into());
        }
        match self.bad.take() {
            Some((_, id, why)) => Err(Damage::Row { table, id, why }.into()),
            None => Ok((table, self.seen)),
        }
    }
}

/// The first of these columns that differs.
pub(super) fn first<const N: usize>(columns: [(&'static str, bool); N]) -> Option<&'static str> {
    columns
        .into_iter()
        .find_map(|(name, differs)| differs.then_some(name))
}
