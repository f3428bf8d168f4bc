//! Breaking the glass: a duty officer opens a time in which the rule on bulk does not hold for their member's people. Every
//! member sees it, and a second person looks at it afterwards.

use std::sync::Arc;

use super::approvals;
use super::commit::Tx;
use super::error::{Code, Error};
use crate::access::permission::{BreakTheGlass, Caller, Permit, ReadBreakGlass};
use crate::domain::approval::{CONFIRM_MS, Done};
use crate::domain::break_glass::{BreakGlass, Emergency};
use crate::domain::ids::{BreakGlassId, MemberId};
use crate::domain::screening::Reference;
use crate::index::places::Places;
use crate::ledger::entry::{Actor, Entry, Fact};
use crate::ledger::fold::Record;
use crate::store::{ledger, network};

/// Entries read at once.
const PAGE: usize = 1_000;

/// What is said of a glass that is to be broken.
#[derive(Debug, Clone)]
pub struct GlassDraft {
    /// Why.
    pub reason: Emergency,
    /// Under which number the member keeps what happened.
    pub reference: Reference,
    /// For how long.
    pub lasts_ms: i64,
}

/// Breaks the glass at the caller's member. That it was right must be confirmed within a day of its end.
///
/// # Errors
/// `wrong_person` when the caller is no person. `break_glass_open` when it is broken already.
pub fn open(
    tx: &mut Tx<'_>,
    permit: Permit<BreakTheGlass>,
    draft: GlassDraft,
) -> Result<(u64, BreakGlass), Error> {
    let caller = permit.caller();
    let person = caller.person.ok_or_else(|| {
        Error::new(
            Code::WrongPerson,
            "A person answers for this: use a client that an administrator added for one.",
        )
    })?;
    // Not from memory: one that a job of the same group broke counts.
    let all = network::all(tx.reader()?)?;
    let is_broken = all.iter().any(|(_, record)| match record {
        Record::BreakGlass(glass) => glass.member == caller.member && glass.is_open(tx.now),
        _ => false,
    });
    if is_broken {
        return Err(Error::new(
            Code::BreakGlassOpen,
            "The glass is broken at your member already.",
        ));
    }
    let glass = BreakGlass {
        id: BreakGlassId::make(tx.environment),
        member: caller.member,
        reason: draft.reason,
        reference: draft.reference,
        client: caller.client,
        person,
        opened_at: tx.now,
        until: tx.now.plus_ms(draft.lasts_ms),
        closed_at: None,
    };
    glass.follows(None).map_err(Error::internal)?;
    let seq = tx.state(Fact::BreakGlassOpened(glass.clone()))?;
    let done = Done::BreakGlass {
        break_glass: glass.id,
    };
    let due = glass.until.plus_ms(CONFIRM_MS);
    approvals::to_confirm(tx, caller, None, done, seq, due)?;
    Ok((seq, glass))
}

/// Closes it before its time.
pub fn close(
    tx: &mut Tx<'_>,
    permit: Permit<BreakTheGlass>,
    id: BreakGlassId,
) -> Result<(u64, BreakGlass), Error> {
    let (_, glass) = stored(tx, id)?;
    if !permit.covers(glass.member) {
        return Err(Error::not_found("broken glass"));
    }
    if !glass.is_open(tx.now) {
        return Err(Error::new(
            Code::BreakGlassClosed,
            "It is over: it was closed, or its time ran out.",
        ));
    }
    let closed = BreakGlass {
        closed_at: Some(tx.now),
        ..glass
    };
    let seq = tx.state(Fact::BreakGlassClosed(closed.clone()))?;
    Ok((seq, closed))
}

/// Refuses to confirm what is not over yet, as more could be done in it, and what the caller took part in, who would say of
/// their own acts that they were right. `opened` is the entry that broke it.
pub(super) fn check_over(
    tx: &mut Tx<'_>,
    caller: Caller,
    id: BreakGlassId,
    opened: u64,
) -> Result<(), Error> {
    let (_, glass) = stored(tx, id)?;
    if glass.is_open(tx.now) {
        return Err(Error::new(
            Code::BreakGlassOpen,
            "The glass is still broken; this can be answered when that is over.",
        ));
    }
    if took_part(tx, caller, &glass, opened)? {
        return Err(Error::new(
            Code::WrongPerson,
            "You revoked or suspended behind this glass; somebody who did not must say whether it was right.",
        ));
    }
    Ok(())
}

/// Whether the caller, through whichever client, revoked or suspended something while the glass was broken.
fn took_part(
    tx: &mut Tx<'_>,
    caller: Caller,
    glass: &BreakGlass,
    opened: u64,
) -> Result<bool, Error> {
    let mut after = opened;
    loop {
        let page = ledger::after(tx.reader()?, after, PAGE)?;
        let Some(&(last, _)) = page.last() else {
            return Ok(false);
        };
        after = last;
        for (seq, bytes) in page {
            let entry = Entry::decode(seq, &bytes).map_err(Error::internal)?;
            match entry.fact {
                _ if entry.at >= glass.until => return Ok(false),
                Fact::BreakGlassClosed(closed) if closed.id == glass.id => return Ok(false),
                Fact::CredentialRevoked { .. } | Fact::CredentialSuspended { .. }
                    if is_by(tx, caller, entry.by) =>
                {
                    return Ok(true);
                }
                _ => {}
            }
        }
    }
}

fn is_by(tx: &Tx<'_>, caller: Caller, actor: Actor) -> bool {
    let Actor::Client(client) = actor else {
        return false;
    };
    let person = || {
        tx.index
            .places()
            .caller(client)
            .and_then(|client| client.person)
    };
    client == caller.client || (caller.person.is_some() && person() == caller.person)
}

fn stored(tx: &mut Tx<'_>, id: BreakGlassId) -> Result<(u64, BreakGlass), Error> {
    match network::find(tx.reader()?, &id.to_string())? {
        Some((version, Record::BreakGlass(glass))) => Ok((version, glass)),
        _ => Err(Error::not_found("broken glass")),
    }
}

/// One that the caller may see.
pub fn show(
    places: &Places,
    permit: Permit<ReadBreakGlass>,
    id: BreakGlassId,
) -> Result<(u64, Arc<BreakGlass>), Error> {
    let found = places.glasses.get(&id);
    found
        .filter(|(_, glass)| permit.covers(glass.member))
        .cloned()
        .ok_or_else(|| Error::not_found("broken glass"))
}

/// Those that the caller may see after `after`, at most `limit`, in the order they were broken; of one member only, if one is
/// named.
pub fn list(
    places: &Places,
    permit: Permit<ReadBreakGlass>,
    of_member: Option<MemberId>,
    after: Option<BreakGlassId>,
    limit: usize,
) -> Vec<(u64, Arc<BreakGlass>)> {
    use std::ops::Bound;
    let from = after.map_or(Bound::Unbounded, Bound::Excluded);
    let all = places.glasses.range((from, Bound::Unbounded));
    all.map(|(_, glass)| glass.clone())
        .filter(|(_, glass)| {
            permit.covers(glass.member) && of_member.is_none_or(|member| member == glass.member)
        })
        .take(limit)
        .collect()
}
