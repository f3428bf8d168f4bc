//! The sum over what gates are answered from: a multiset hash that changes with every entry by what the entry touched,
//! so that it need not be computed over millions of rows each time. Who knows the key of its terms is `access::keyring`;
//! what they are made of is `service::sum`.

/// A sum of terms of 128 bits, modulo 2^128. It does not depend on their order, and what was added can be taken away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sum(u128);

impl Sum {
    /// Something stands.
    pub fn add(&mut self, term: u128) {
        self.0 = self.0.wrapping_add(term);
    }

    /// It stands no longer.
    pub fn take(&mut self, term: u128) {
        self.0 = self.0.wrapping_sub(term);
    }

    /// All that another sum is over stands, too.
    pub fn join(&mut self, other: Self) {
        self.add(other.0);
    }

    /// Its bytes, as they are sealed.
    pub fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    /// The sum with these bytes.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(u128::from_be_bytes(bytes))
    }
}
