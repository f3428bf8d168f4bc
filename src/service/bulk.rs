//! The rule on bulk: one person revokes or suspends at most [`BULK_MAX`] credentials in one act and in ten minutes; for more a
//! second person is needed, unless the duty officer has broken the glass. A revocation of everybody is an attack too.
//!
//! It holds for revocations, suspensions, lists and files of them, employers that lapse, engagements that end and credentials
//! that are replaced. It does not hold for what has two people already (adopting a referral or an exclusion), nor for
//! what may not wait for anybody: a court's ban, and bad news about one person, which closes all that they have. But of such news
//! one person brings no more than that either before somebody has looked at it: see [`needs_two_for_news`].

use super::approvals::is_same;
use super::commit::Tx;
use super::error::{Code, Error};
use crate::access::permission::Caller;
use crate::domain::approval::{BULK_MAX, BULK_WITHIN_MS, Desk};
use crate::domain::ids::ApprovalId;

use crate::store::approvals;

/// Approvals read at once.
const PAGE: usize = 200;

/// Whether the caller needs a second person for so many more.
pub(super) fn needs_two(tx: &Tx<'_>, caller: Caller, more: usize) -> bool {
    tx.withdrawn_lately(caller) + more > BULK_MAX && !is_broken(tx, caller)
}

/// Whether the glass is broken at the caller's member.
pub(super) fn is_broken(tx: &Tx<'_>, caller: Caller) -> bool {
    tx.index.places().glass(caller.member, tx.now).is_some()
}

/// Whether a second person must let more bad news of people who were cleared take effect, as the caller brought so much of it in
/// the last ten minutes that nobody has confirmed.
pub(super) fn needs_two_for_news(tx: &mut Tx<'_>, caller: Caller) -> Result<bool, Error> {
    let mut after = ApprovalId::first_at(tx.now.plus_ms(-BULK_WITHIN_MS));
    let mut brought = 0;
    loop {
        let desk = Desk::Screenings;
        let page = approvals::to_confirm(tx.reader()?, caller.member, desk, Some(after), PAGE)?;
        let Some(last) = page.last() else {
            return Ok(false);
        };
        after = last.approval.id;
        brought += page
            .iter()
            .filter(|asked| is_same(caller, &asked.approval))
            .count();
        if brought >= BULK_MAX {
            return Ok(!is_broken(tx, caller));
        }
    }
}

/// Refuses one more to a caller who needs a second person for it, where it is only a part of what they do.
pub(super) fn check(tx: &Tx<'_>, caller: Caller) -> Result<(), Error> {
    match needs_two(tx, caller, 1) {
        true => Err(too_many()),
        false => Ok(()),
    }
}

/// The refusal of what one person may not do any more for now.
pub(super) fn too_many() -> Error {
    Error::new(
        Code::BulkLimit,
        format!(
            "This would revoke or suspend more than the {BULK_MAX} credentials that one person does in ten minutes. Nothing \
             was done: wait, let another person do it, or let the duty officer break the glass."
        ),
    )
}
