//! Look-ups: somebody was shown who a worker is. Each is noted, so that the worker can be told who looked, and that nobody
//! reads through the records of a port unseen.

use serde::{Deserialize, Serialize};

use super::ids::{ClientId, LookupId, MemberId, PersonId, WorkerId};
use super::screening::names;
use super::time::{HOUR_MS, Timestamp};

names! {
    #[schema(as = LookupKind)]
    /// What was looked at.
    What:
    /// One worker.
    Worker = 1, "worker";
    /// A page of workers.
    Workers = 2, "workers";
    /// What a search found.
    Search = 3, "search";
    /// Who came with a document that an own worker bears.
    MatchCase = 4, "match_case";
    /// For whom one worker works, and under which staff numbers.
    Engagements = 5, "engagements";
    /// All that is held of one worker, to be given to them.
    Export = 6, "export";
    /// Whose cards, documents and staff numbers a file names: it is told which are recorded, without names.
    Import = 7, "import";
}

/// A look-up: who was shown how many, and what they had asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lookup {
    /// Made by us.
    pub id: LookupId,
    /// When it was answered.
    pub at: Timestamp,
    /// Who asked.
    pub client: ClientId,
    /// The person behind it, where it is a person's tool.
    pub person: Option<PersonId>,
    /// For which member.
    pub member: MemberId,
    /// What was looked at.
    pub what: What,
    /// Who was shown, where it was one.
    pub worker: Option<WorkerId>,
    /// How many were shown.
    pub hits: u32,
    /// Whether whoever asked has been shown more within the hour than anybody's work asks for.
    pub unusual: bool,
}

/// How often one person may look up in a minute, through whichever clients; a system, as a client. A file brought in is one.
pub const LOOKUPS_PER_MINUTE: u32 = 60;
/// How many workers one person or system is shown within an hour before it is unusual, those whom files meet among them.
pub const USUAL_WORKERS: usize = 300;
/// That hour.
pub const USUAL_WITHIN_MS: i64 = HOUR_MS;
