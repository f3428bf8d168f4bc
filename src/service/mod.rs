//! The things people and machines do, one file each. Every change goes through one door, [`commit`].
//!
//! A rule reads from top to bottom: may they, is it sensible, state the fact. A rule that needs a clock or a database
//! gets both from the transaction it runs in.
//!
//! * [`gate_check`]: the question that everything is for; [`check_log`]: what was answered, written behind;
//!   [`retention`]: how long it is kept; `dormancy`: what nobody used. [`lookups`]: who was shown whom, noted alike.
//! * [`network`], [`clients`], [`workers`], [`search`], [`match_cases`], [`screenings`], [`credentials`], [`badges`], [`revocations`]:
//!   keeping the records. [`personal`]: what is known of a person, under the person's own key;
//!   [`rewrap`]: changing the key that those are kept under. [`blind`]: by which keys people are found, and changing those.
//! * [`approvals`]: the second person; [`administrators`]: where nobody makes one alone; `bulk`: that many at once need one; [`break_glass`]: how an emergency goes without.
//!   [`exports`]: telling somebody what is held of them. [`erasures`]: forgetting somebody, when two have said so and a week has passed.
//! * [`effects`]: what screenings mean for credentials; [`employers`]: what befalls those who rest on one; [`impact`]: what an
//!   act would do, told beforehand.
//! * [`bans`]: what courts order, for all members. [`referrals`]: what issuers tell each other, and [`exclusions`]: whom they
//!   keep out, where [`sharing`] lets it. [`sweep`]: what follows from a date. [`work`]: what waits for whom.
//! * [`import`]: files of records and of revocations.
//! * [`follow`]: how a node learns what others wrote. [`head`] and [`sum`]: how it knows that it was nobody else; [`seen`]: how
//!   it knows, when it starts, that nobody put an old copy in place; [`restore`]: how it goes on when somebody did on purpose.
//! * [`watch`]: how neither it nor the door hangs on a dead connection. [`health`]: how the node is, by what the follower sees.

pub mod administrators;
pub mod approvals;
pub mod badges;
pub mod bans;
pub mod blind;
pub mod break_glass;
mod bulk;
pub mod check_log;
pub mod clients;
pub mod commit;
pub mod credentials;
mod dormancy;
pub mod effects;
pub mod employers;
pub mod erasures;
pub mod error;
pub mod exclusions;
pub mod exports;
pub mod follow;
pub mod gate_check;
pub mod head;
pub mod health;
pub mod impact;
pub mod import;
pub mod issuing;
pub mod load;
pub mod lookups;
pub mod match_cases;
pub mod network;
pub mod personal;
pub mod referrals;
pub mod restore;
pub mod retention;
pub mod revocations;
pub mod rewrap;
pub mod screenings;
pub mod search;
pub mod seen;
pub mod setup;
pub mod sharing;
pub mod signing_keys;
pub mod sum;
pub mod sweep;
pub mod verify;
pub mod watch;
pub mod work;
pub mod workers;

use std::sync::Arc;

use crate::access::keyring::Keyring;
use crate::access::token::Tokens;
use crate::domain::time::Environment;
use crate::index::Index;
use crate::store::{Reader, Store, StoreError};

pub use commit::{Door, Tx};
pub use error::{Code, Error};

/// What a node is made of. Shared by everything that answers requests.
pub struct Services {
    /// Time and randomness.
    pub environment: Arc<dyn Environment>,
    /// The network's keys.
    pub keyring: Arc<Keyring>,
    /// Tokens for machines.
    pub tokens: Tokens,
    /// What gates are answered from.
    pub index: Arc<Index>,
    /// For reading what is not in the index.
    pub store: Store,
    /// For changes.
    pub door: Door,
    /// What was answered.
    pub check_log: check_log::CheckLog,
    /// Who was shown whom.
    pub lookups: lookups::LookupLog,
    /// The files that are being brought in.
    pub imports: import::Running,
    /// For how long the check log is kept.
    pub kept: retention::Kept,
}

impl Services {
    /// Reads on a thread that may block. The query must be short: as many run at once as there are connections.
    pub async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&mut Reader, &Keyring) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (store, keyring) = (self.store.clone(), self.keyring.clone());
        let work = tokio::task::spawn_blocking(move || {
            let mut outcome = None;
            store.read(|reader| {
                outcome = Some(query(reader, &keyring));
                Ok(())
            })?;
            outcome.unwrap_or_else(|| Err(Error::internal("a query did not run")))
        });
        // A frozen database must not hold the caller: the thread is given up, and the pool bounds how many there are.
        match tokio::time::timeout(READ_PATIENCE, work).await {
            Ok(Ok(result)) => result,
            Ok(Err(panicked)) => Err(Error::internal(panicked)),
            Err(_) => Err(StoreError::Unavailable("no answer in time".into()).into()),
        }
    }
}

/// How long a caller waits for a query.
const READ_PATIENCE: std::time::Duration = std::time::Duration::from_secs(5);
