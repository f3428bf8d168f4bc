//! Where two administrators are needed: at a member, and in the network, from the moment on that it had two, who are two people.
//! With one alone there is nobody to ask. It never ends by itself: who removed the other would act alone again.

use std::collections::BTreeSet;

use super::approvals;
use super::clients::Secret;
use super::commit::Tx;
use super::error::{Code, Error};
use crate::access::permission::Caller;
use crate::domain::approval::Act;
use crate::domain::client::{Client, Person, Role};
use crate::domain::ids::{ClientId, MemberId, PersonId};
use crate::domain::network::{Administrators, Member, Settings};
use crate::domain::text::Name;
use crate::ledger::entry::Fact;
use crate::ledger::fold::Record;
use crate::ledger::replay::Asked;
use crate::store::network;

/// Of whose administrators two are needed to give power at a member, or to open it; `None` where one is enough. `of_network`
/// where it is about what reaches every member.
///
/// # Errors
/// `forbidden` for a network administrator at a member that has two of its own: what is done there those two do.
pub(super) fn needed(
    tx: &mut Tx<'_>,
    caller: Caller,
    member: MemberId,
    of_network: bool,
) -> Result<Option<Administrators>, Error> {
    let is_own = caller.role == Role::MemberAdmin;
    if !of_network && self::member(tx, member)?.two_administrators {
        if is_own {
            return Ok(Some(Administrators::Member));
        }
        return Err(Error::new(
            Code::Forbidden,
            "This member has two administrators of its own, and this takes them both: one asks, the other grants.",
        ));
    }
    let by_network = of_network || !is_own;
    Ok((by_network && two_of_network(tx)?).then_some(Administrators::Network))
}

/// Asks another administrator.
pub(super) fn ask(tx: &mut Tx<'_>, caller: Caller, act: Act) -> Result<Asked, Error> {
    let worker = match &act {
        Act::RecordPerson { person, .. } => person.worker,
        _ => None,
    };
    approvals::ask(tx, caller, worker, act)
}

/// Whether the network had two administrators.
pub(super) fn two_of_network(tx: &mut Tx<'_>) -> Result<bool, Error> {
    Ok(settings(tx)?.two_administrators)
}

/// States that two are needed from now on, if this client, which was just recorded, is that of the second administrator.
pub(super) fn begin(tx: &mut Tx<'_>, recorded: &Client) -> Result<(), Error> {
    let of_network = match recorded.role {
        Role::MemberAdmin => false,
        Role::NetworkAdmin => true,
        _ => return Ok(()),
    };
    let has_two = if of_network {
        two_of_network(tx)?
    } else {
        member(tx, recorded.member)?.two_administrators
    };
    if has_two {
        return Ok(());
    }
    // Not from memory: who was added by a job of the same group counts.
    let records = network::all(tx.reader()?)?;
    let people = records.iter().filter_map(|(_, record)| match record {
        Record::Client(client)
            if client.role == recorded.role
                && !client.revoked
                && (of_network || client.member == recorded.member) =>
        {
            client.person
        }
        _ => None,
    });
    if people.collect::<BTreeSet<_>>().len() < 2 {
        return Ok(());
    }
    let fact = if of_network {
        Fact::SettingsRecorded(Settings {
            two_administrators: true,
            ..settings(tx)?
        })
    } else {
        Fact::MemberRecorded(Member {
            two_administrators: true,
            ..member(tx, recorded.member)?
        })
    };
    tx.state(fact)?;
    Ok(())
}

/// Makes an administrator past those who are there, for a member or a network that nobody can get into any more: a new person
/// with a client. Only for the operator, who holds the database and its keys anyway; the ledger says that it was done so.
pub fn recover(
    tx: &mut Tx<'_>,
    member: MemberId,
    of: Administrators,
    name: Name,
) -> Result<(Client, Secret), Error> {
    self::member(tx, member)?;
    let person = Person {
        id: PersonId::make(tx.environment),
        member,
        worker: None,
    };
    let secret = Secret::make(tx.environment);
    let client = Client {
        id: ClientId::make(tx.environment),
        member,
        name,
        role: match of {
            Administrators::Member => Role::MemberAdmin,
            Administrators::Network => Role::NetworkAdmin,
        },
        person: Some(person.id),
        secret_sha256: secret.digest(),
        revoked: false,
    };
    tx.state(Fact::PersonRecorded(person))?;
    tx.state(Fact::ClientRecovered(client.clone()))?;
    begin(tx, &client)?;
    Ok((client, secret))
}

fn settings(tx: &mut Tx<'_>) -> Result<Settings, Error> {
    let found = network::find(tx.reader()?, &Settings::ID.to_string())?;
    Ok(match found {
        Some((_, Record::Settings(settings))) => settings,
        _ => Settings::default(),
    })
}

fn member(tx: &mut Tx<'_>, id: MemberId) -> Result<Member, Error> {
    let found = super::network::stored::<Member>(tx, id)?;
    Ok(found.ok_or_else(|| Error::not_found("member"))?.1)
}
