//! What the replay asks of a second person by itself, whatever the program that wrote the entry thought.

use super::entry::{Actor, Entry};
use super::fold::Record;
use super::replay::{Illegal, Replay};
use crate::domain::approval::Approval;
use crate::domain::client::Client;
use crate::domain::ids::{ClientId, PersonId, WorkerId};

impl Replay {
    fn client(&self, id: ClientId) -> Option<&Client> {
        match self.records.get(&id.to_string()) {
            Some((_, Record::Client(client))) => Some(client),
            _ => None,
        }
    }

    /// As which worker a person is recorded.
    fn worker_of(&self, person: Option<PersonId>) -> Option<WorkerId> {
        match self.records.get(&person?.to_string()) {
            Some((_, Record::Person(person))) => person.worker,
            _ => None,
        }
    }

    /// Refuses what somebody asks for in another's name.
    pub(super) fn check_asker(&self, entry: &Entry, approval: &Approval) -> Result<(), Illegal> {
        let asker = self.client(approval.client).ok_or(Illegal::OtherAsker)?;
        if entry.by == Actor::Client(approval.client)
            && asker.person == approval.person
            && asker.member == approval.member
        {
            return Ok(());
        }
        Err(Illegal::OtherAsker)
    }

    /// Refuses an answer by who may not give it, whatever the program that wrote it thought.
    pub(super) fn check_second(
        &self,
        approval: &Approval,
        second: ClientId,
    ) -> Result<(), Illegal> {
        let client = self.client(second).ok_or(Illegal::SamePerson)?;
        let desk = approval.act.desk();
        if client.revoked
            || !desk.spans(approval.member, client.member)
            || !desk.is_answered_by(client.role)
        {
            return Err(Illegal::WrongRole);
        }
        let own = self.worker_of(client.person);
        if second == approval.client
            || client.person.is_none()
            || client.person == approval.person
            || (own.is_some() && own == self.worker_of(approval.person))
        {
            return Err(Illegal::SamePerson);
        }
        let is_own = |worker: WorkerId| own == Some(worker);
        let listed = approval.act.credentials().iter();
        let mut listed = listed.filter_map(|id| self.credentials.get(id));
        if approval.worker.is_some_and(is_own) || listed.any(|held| is_own(held.credential.worker))
        {
            return Err(Illegal::Themselves);
        }
        Ok(())
    }
}
