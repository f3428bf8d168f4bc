//! What the replay asks of a second person by itself, whatever the program that wrote the entry thought.

use std::collections::BTreeSet;

use super::entry::{Actor, Entry};
use super::fold::Record;
use super::replay::{Illegal, Matched, Replay};
use crate::domain::approval::Approval;
use crate::domain::client::Client;
use crate::domain::ids::{ClientId, PersonId, WorkerId};
use crate::domain::match_case;

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

    /// The records that are of one person with this one, as far as it was confirmed.
    fn records_of(&self, worker: Option<WorkerId>) -> BTreeSet<WorkerId> {
        let mut found: BTreeSet<WorkerId> = worker.into_iter().collect();
        let mut ahead: Vec<WorkerId> = worker.into_iter().collect();
        while let Some(one) = ahead.pop() {
            let confirmed = |matched: &&Matched| matched.state == match_case::State::Confirmed;
            for matched in self.match_cases.values().filter(confirmed) {
                let pair = [matched.case.worker, matched.case.candidate];
                if pair.contains(&one) {
                    ahead.extend(pair.into_iter().filter(|other| found.insert(*other)));
                }
            }
        }
        found
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

    /// Refuses that one administrator be enough again where it took two.
    pub(super) fn check_two(&self, next: &Record) -> Result<(), Illegal> {
        let two = |record: &Record| match record {
            Record::Member(member) => member.two_administrators,
            Record::Settings(settings) => settings.two_administrators,
            _ => false,
        };
        match self.records.get(&next.id_text()) {
            Some((_, before)) if two(before) && !two(next) => Err(Illegal::OneAdministrator),
            _ => Ok(()),
        }
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
        let own = self.records_of(self.worker_of(client.person));
        let asker = self.worker_of(approval.person);
        if second == approval.client
            || client.person.is_none()
            || client.person == approval.person
            || asker.is_some_and(|worker| own.contains(&worker))
        {
            return Err(Illegal::SamePerson);
        }
        let is_own = |worker: WorkerId| own.contains(&worker);
        let listed = approval.act.credentials().iter();
        let mut listed = listed.filter_map(|id| self.credentials.get(id));
        let about = approval.act.person();
        if about.is_some() && (about == client.person || self.worker_of(about).is_some_and(is_own))
        {
            return Err(Illegal::Themselves);
        }
        if approval.worker.is_some_and(is_own) || listed.any(|held| is_own(held.credential.worker))
        {
            return Err(Illegal::Themselves);
        }
        Ok(())
    }
}
