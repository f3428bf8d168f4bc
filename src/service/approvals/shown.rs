//! Which approvals a caller sees: those of the desk that their role works at.

use super::is_same;
use crate::access::permission::{Caller, Permit, ReadApprovals};
use crate::domain::approval::Desk;
use crate::domain::client::Role;
use crate::domain::ids::{ApprovalId, MemberId};
use crate::ledger::replay::Asked;
use crate::service::error::Error;
use crate::store::{Reader, StoreError, approvals};

/// Whose work somebody in this role sees and does; `None` for who has no part in any.
const fn desk_of(role: Role) -> Option<Desk> {
    match role {
        Role::ScreeningOfficer | Role::ScreeningApprover => Some(Desk::Screenings),
        Role::HrOfficer | Role::HrApprover | Role::FacilityOfficer | Role::DutyOfficer => {
            Some(Desk::Credentials)
        }
        Role::Registrar => Some(Desk::Privacy),
        Role::NetworkAdmin => Some(Desk::Network),
        Role::MemberAdmin => Some(Desk::Administration),
        Role::Gate | Role::Auditor | Role::Register => None,
    }
}

/// One approval of the caller's desk.
pub fn show(
    reader: &mut Reader,
    permit: Permit<ReadApprovals>,
    id: ApprovalId,
) -> Result<Asked, Error> {
    own(reader, permit.caller(), id, |member| permit.covers(member))
}

/// The approvals of the caller's desk, a page of them; only those without an answer, if `waiting`.
pub fn list(
    reader: &mut Reader,
    permit: Permit<ReadApprovals>,
    waiting: bool,
    after: Option<ApprovalId>,
    limit: usize,
) -> Result<Vec<Asked>, Error> {
    let caller = permit.caller();
    let member = (!permit.covers_all()).then_some(caller.member);
    match desk_of(caller.role) {
        Some(desk) => Ok(approvals::list(
            reader, member, desk, waiting, after, limit,
        )?),
        None => Ok(Vec::new()),
    }
}

/// The approvals of the caller's desk after `after` without an answer, a page of them.
pub(in crate::service) fn waiting_after(
    reader: &mut Reader,
    caller: Caller,
    after: ApprovalId,
    limit: usize,
) -> Result<Vec<Asked>, StoreError> {
    let Some(desk) = desk_of(caller.role) else {
        return Ok(Vec::new());
    };
    let of_all = caller
        .permit::<ReadApprovals>()
        .is_ok_and(|permit| permit.covers_all());
    let member = (!of_all).then_some(caller.member);
    approvals::list(reader, member, desk, true, Some(after), limit)
}

/// What was done at once at the caller's desk after `after`, and nobody has looked at, a page of it.
pub(in crate::service) fn to_confirm_after(
    reader: &mut Reader,
    caller: Caller,
    after: Option<ApprovalId>,
    limit: usize,
) -> Result<Vec<Asked>, StoreError> {
    match desk_of(caller.role) {
        Some(desk) => approvals::to_confirm(reader, caller.member, desk, after, limit),
        None => Ok(Vec::new()),
    }
}

/// What another desk or member was asked for does not exist for the caller, but for what the caller asked for themselves.
pub(super) fn own(
    reader: &mut Reader,
    caller: Caller,
    id: ApprovalId,
    covers: impl Fn(MemberId) -> bool,
) -> Result<Asked, Error> {
    approvals::find(reader, id)?
        .filter(|asked| covers(asked.approval.member))
        .filter(|asked| {
            desk_of(caller.role) == Some(asked.approval.act.desk())
                || is_same(caller, &asked.approval)
        })
        .ok_or_else(|| Error::not_found("approval"))
}
