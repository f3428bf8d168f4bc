//! The keys that sign tokens: made at set-up, kept sealed, opened at start.

use super::commit::Tx;
use super::error::Error;
use crate::access::keyring::Keyring;
use crate::access::seal::{Field, Unsealable};
use crate::access::token::SigningKey;
use crate::store::{Reader, signing_keys};

/// Adds a new key. It signs from the next start on.
pub fn add(tx: &mut Tx<'_>) -> Result<(), Error> {
    let kid = SigningKey::new_kid(tx.environment);
    let pkcs8 = SigningKey::generate().map_err(Error::internal)?;
    let subject = subject(&kid).map_err(Error::internal)?;
    let sealed = tx
        .keyring
        .seal(Field::SigningKey, &subject, &pkcs8, tx.environment);
    let now = tx.now;
    signing_keys::add(tx.writer()?, kid, sealed, now)?;
    Ok(())
}

/// Every key, oldest first. Fails under another master key than the one the network was begun with.
pub fn load(reader: &mut Reader, keyring: &Keyring) -> Result<Vec<SigningKey>, Error> {
    let open = |key: signing_keys::SealedKey| {
        let pkcs8 = subject(&key.kid)
            .and_then(|subject| keyring.open(Field::SigningKey, &subject, &key.sealed))
            .map_err(|unsealable| {
                let mut error = Error::internal(unsealable);
                error.detail =
                    "The master key is not the one that this network was begun with.".into();
                error
            })?;
        SigningKey::from_pkcs8(key.kid, &pkcs8).map_err(Error::internal)
    };
    signing_keys::all(reader)?.into_iter().map(open).collect()
}

/// What a key is sealed for: its own name, so that none can be put in another's place.
fn subject(kid: &str) -> Result<[u8; 16], Unsealable> {
    kid.as_bytes().try_into().map_err(|_| Unsealable)
}
