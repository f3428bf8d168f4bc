//! What whoever asked for an act may still do when it is granted.

use super::stale;
use crate::access::permission::{
    Caller, CorrectRevocations, DecideMatchCases, DecideScreenings, Erase, Import, Issue, KeepBans,
    KeepClients, KeepExclusions, KeepFacilities, KeepIssuing, KeepReferrals, KeepScreenings,
    KeepSharing, KeepWorkers, Lift, Permission, Permit, Revoke, Suspend,
};
use crate::domain::approval::Act;
use crate::service::error::Error;

/// Whether the role may still ask for an act: what was asked for in a role that was taken away since does not happen.
pub(super) fn may_ask(caller: Caller, act: &Act) -> bool {
    match act {
        Act::MoveScreening { .. } => {
            caller.permit::<KeepScreenings>().is_ok() || caller.permit::<DecideScreenings>().is_ok()
        }
        Act::LiftSuspension { .. } => caller.permit::<Lift>().is_ok(),
        Act::EraseWorker { .. } => caller.permit::<Erase>().is_ok(),
        Act::IssueCredential { .. } => caller.permit::<Issue>().is_ok(),
        Act::LetOneIssue { .. } => caller.permit::<KeepIssuing>().is_ok(),
        Act::DecideMatch { .. } => caller.permit::<DecideMatchCases>().is_ok(),
        Act::CorrectRevocation { .. } => caller.permit::<CorrectRevocations>().is_ok(),
        Act::AnswerReferral { .. } => caller.permit::<KeepReferrals>().is_ok(),
        Act::ProposeExclusion { .. }
        | Act::AnswerExclusion { .. }
        | Act::DecideContest { .. }
        | Act::LiftExclusion { .. } => caller.permit::<KeepExclusions>().is_ok(),
        Act::ChangeSettings { .. } => caller.permit::<KeepSharing>().is_ok(),
        Act::MirrorBan { .. } | Act::EndBan { .. } => caller.permit::<KeepBans>().is_ok(),
        Act::RevokeCredentials { .. } => caller.permit::<Revoke>().is_ok(),
        Act::SuspendCredential { .. } => caller.permit::<Suspend>().is_ok(),
        Act::ApplyImport { .. } => caller.permit::<Import>().is_ok(),
        Act::LapseEmployer { .. } => caller.permit::<KeepWorkers>().is_ok(),
        Act::AddClient { .. } | Act::RecordPerson { .. } => caller.permit::<KeepClients>().is_ok(),
        Act::OpenPlace { .. } => caller.permit::<KeepFacilities>().is_ok(),
        // It is done.
        Act::Confirm { .. } => true,
    }
}

/// What the table allows who asked.
pub(super) fn permit_of<P: Permission>(asker: Option<Caller>) -> Result<Permit<P>, Error> {
    let asker = asker.ok_or_else(|| stale("Who asked for it is gone."))?;
    Ok(asker.permit::<P>()?)
}
