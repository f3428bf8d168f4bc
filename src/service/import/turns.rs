//! Whose turn it is: files are large, and held whole until they are checked.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::domain::ids::MemberId;
use crate::service::error::{Code, Error};

/// How many files are read and checked at once. Each may take some hundred MiB of memory.
pub const CHECKS_AT_ONCE: usize = 2;
/// How many members may be sending a file. Each is held whole until it is checked.
const TURNS_MAX: usize = 8;

/// A member's turn at bringing in a file, until it is dropped: to be taken before the file's bytes are, and held until it
/// is checked, also when whoever sent it has gone.
pub struct Turn(MemberId);

static TURNS: Mutex<BTreeSet<MemberId>> = Mutex::new(BTreeSet::new());

fn turns() -> MutexGuard<'static, BTreeSet<MemberId>> {
    TURNS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One file at a time of a member, so that a slow or hostile sender keeps nobody else's list of revocations out.
pub fn turn(member: MemberId) -> Result<Turn, Error> {
    let mut turns = turns();
    if turns.len() >= TURNS_MAX || !turns.insert(member) {
        return Err(Error::new(
            Code::Busy,
            "Another file of your member is being brought in, or too many of others. Nothing was done; try again soon.",
        ));
    }
    Ok(Turn(member))
}

impl Drop for Turn {
    fn drop(&mut self) {
        turns().remove(&self.0);
    }
}

/// A place among the files that are checked at one time. Waits until there is one.
pub async fn place() -> Result<SemaphorePermit<'static>, Error> {
    static PLACES: Semaphore = Semaphore::const_new(CHECKS_AT_ONCE);
    PLACES.acquire().await.map_err(Error::internal)
}
