//! The sum over what gates are answered from: a multiset hash that changes with every entry by what the entry touched,
//! so that it need not be computed over millions of rows each time. Who knows the key of its terms is `access::keyring`;
//! what they are made of is `service::sum`.

/// A sum of terms of 128 bits, modulo 2^128, and how many of them are of what there are millions of. It does not depend on
/// their order, and what was added can be taken away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sum {
    terms: u128,
    credentials: u64,
    cards: u64,
}

impl Sum {
    /// How many bytes it has, as it is sealed.
    pub const LEN: usize = 32;

    /// Something stands.
    pub fn add(&mut self, term: u128) {
        self.terms = self.terms.wrapping_add(term);
    }

    /// It stands no longer.
    pub fn take(&mut self, term: u128) {
        self.terms = self.terms.wrapping_sub(term);
    }

    /// A credential stands that did not.
    pub fn add_credential(&mut self, term: u128) {
        self.add(term);
        self.credentials += 1;
    }

    /// A card is bound that was not.
    pub fn add_card(&mut self, term: u128) {
        self.add(term);
        self.cards += 1;
    }

    /// All that another sum is over stands, too.
    pub fn join(&mut self, other: Self) {
        self.add(other.terms);
        self.credentials += other.credentials;
        self.cards += other.cards;
    }

    /// How many credentials there are.
    pub fn credentials(self) -> u64 {
        self.credentials
    }

    /// How many cards there are.
    pub fn cards(self) -> u64 {
        self.cards
    }

    /// Its bytes, as they are sealed.
    pub fn to_bytes(self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        bytes[..16].copy_from_slice(&self.terms.to_be_bytes());
        bytes[16..24].copy_from_slice(&self.credentials.to_be_bytes());
        bytes[24..].copy_from_slice(&self.cards.to_be_bytes());
        bytes
    }

    /// The sum with these bytes.
    pub fn from_bytes(bytes: [u8; Self::LEN]) -> Self {
        let word = |at: usize| {
            let word = bytes[at..at + 8].iter();
            word.fold(0, |word, byte| word << 8 | u64::from(*byte))
        };
        Self {
            terms: u128::from(word(0)) << 64 | u128::from(word(8)),
            credentials: word(16),
            cards: word(24),
        }
    }
}
