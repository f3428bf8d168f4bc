//! What is recorded of those whom rows of engagements name.

use std::collections::HashMap;

use super::super::documents::DocumentDigest;
use super::super::values::{Person, StaffKey};
use crate::domain::calendar::Day;
use crate::domain::ids::WorkerId;

/// Whom a row or an engagement is about. Who is not registered yet is known by the document.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(in super::super) enum Named {
    Worker(WorkerId),
    Bearer(DocumentDigest),
}

/// What is recorded of those whom the rows name, and what earlier rows made of it.
#[derive(Default)]
pub(in super::super) struct Known {
    /// Own workers.
    pub(super) people: HashMap<WorkerId, Recorded>,
    /// Who bears a document at the member.
    pub(super) bearers: HashMap<DocumentDigest, Vec<WorkerId>>,
    /// Those whom earlier rows register.
    pub(super) newcomers: HashMap<DocumentDigest, Newcomer>,
    pub(super) engagements: HashMap<Named, Vec<Held>>,
    pub(super) staff: HashMap<StaffKey, Named>,
}

pub(super) struct Recorded {
    pub(super) person: Person,
    pub(super) birth_date: Option<String>,
    /// Whether they are to be erased.
    pub(super) leaves: bool,
}

pub(super) struct Newcomer {
    pub(super) person: Person,
    pub(super) birth_date: Option<String>,
    /// As whom, once it is done.
    pub(super) id: Option<WorkerId>,
}

pub(super) struct Held {
    pub(super) staff_key: Option<StaffKey>,
    /// Folded.
    pub(super) employer: String,
    pub(super) until: Option<Day>,
    pub(super) ended: bool,
}

impl Known {
    /// Whom a name means, but for those whom this file registers: they go by their document throughout, so that the dry
    /// run and the other judge alike.
    pub(super) fn recorded(&self, named: Named) -> Named {
        let Named::Bearer(key) = named else {
            return named;
        };
        let found = self.bearers.get(&key).and_then(|found| found.first());
        found.map_or(named, |&id| Named::Worker(id))
    }

    /// Whom a name means, with those whom earlier rows of the batch registered.
    pub(super) fn subject(&self, named: Named) -> Named {
        match self.recorded(named) {
            Named::Bearer(key) => {
                let registered = self.newcomers.get(&key).and_then(|newcomer| newcomer.id);
                registered.map_or(named, Named::Worker)
            }
            worker => worker,
        }
    }
}
