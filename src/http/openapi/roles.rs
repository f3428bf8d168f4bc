//! Which roles an operation demands, for the description. The table itself is [`crate::access::permission`]; that each
//! operation is told the right line of it, a test compares with what the server does.

use crate::access::permission::*;
use crate::domain::client::Role;

/// Where a role may do something.
type Ask = fn(Role) -> Reach;

/// Which permission each operation asks for.
const DEMANDS: [(Ask, &[&str]); 46] = [
    (CheckGate::reach, &["check_card", "check_cards"]),
    (ReadStatus::reach, &["show_status"]),
    (
        ReadNetwork::reach,
        &[
            "list_members",
            "show_member",
            "list_facilities",
            "show_facility",
            "list_zones",
            "show_zone",
            "list_card_systems",
            "show_card_system",
            "show_settings",
        ],
    ),
    (KeepMembers::reach, &["add_member", "change_member"]),
    (
        KeepFacilities::reach,
        &[
            "add_facility",
            "change_facility",
            "add_zone",
            "change_zone",
            "add_card_system",
            "change_card_system",
            "add_gate",
            "change_gate",
        ],
    ),
    (ReadGates::reach, &["list_gates", "show_gate"]),
    (
        KeepClients::reach,
        &[
            "add_client",
            "list_clients",
            "show_client",
            "change_client",
            "revoke_client",
            "add_person",
            "list_people",
            "show_person",
            "change_person",
        ],
    ),
    (
        ReadWorkers::reach,
        &[
            "list_workers",
            "search_workers",
            "show_worker",
            "list_engagements",
        ],
    ),
    (
        KeepWorkers::reach,
        &[
            "register_worker",
            "amend_worker",
            "begin_engagement",
            "end_engagement",
            "lapse_employer",
        ],
    ),
    (
        ReadMatchCases::reach,
        &["list_match_cases", "show_match_case"],
    ),
    (ReadWork::reach, &["list_work_items"]),
    (ReadErasures::reach, &["list_erasures", "show_erasure"]),
    (Erase::reach, &["erase_worker", "withdraw_erasure"]),
    (ReadLookups::reach, &["list_lookups"]),
    (ReadRetention::reach, &["show_retention"]),
    (ExportWorkers::reach, &["export_worker", "read_export"]),
    (DecideMatchCases::reach, &["confirm_match", "reject_match"]),
    (
        ReadScreenings::reach,
        &[
            "list_screenings_of_worker",
            "list_screenings",
            "show_screening",
        ],
    ),
    (
        KeepScreenings::reach,
        &[
            "open_screening",
            "submit_screening",
            "record_outcome",
            "appeal_screening",
            "withdraw_consent",
        ],
    ),
    (
        DecideScreenings::reach,
        &["decide_appeal", "finalise_screening", "end_unmet_condition"],
    ),
    (ReadScreeningImpact::reach, &["show_outcome_impact"]),
    (KeepIssuing::reach, &["let_one_issue"]),
    (KeepSharing::reach, &["change_settings"]),
    (
        KeepLegalBasis::reach,
        &["record_legal_basis", "end_legal_basis"],
    ),
    (ReadReferrals::reach, &["list_referrals", "show_referral"]),
    (
        KeepReferrals::reach,
        &["send_referral", "adopt_referral", "decline_referral"],
    ),
    (
        ReadExclusions::reach,
        &["list_exclusions", "show_exclusion"],
    ),
    (
        KeepExclusions::reach,
        &[
            "propose_exclusion",
            "publish_exclusion",
            "adopt_exclusion",
            "decline_exclusion",
            "decide_contest",
            "lift_exclusion",
        ],
    ),
    (ContestExclusions::reach, &["contest_exclusion"]),
    (ReadBans::reach, &["list_bans", "show_ban"]),
    (KeepBans::reach, &["mirror_ban", "end_ban"]),
    (
        ReadApprovals::reach,
        &["list_approvals", "show_approval", "withdraw_approval"],
    ),
    (
        AnswerApprovals::reach,
        &["grant_approval", "decline_approval"],
    ),
    (
        ReadCredentials::reach,
        &["list_credentials", "show_credential"],
    ),
    (
        Issue::reach,
        &[
            "issue_credential",
            "add_badge",
            "hand_over_credential",
            "recover_badge",
            "replace_credential",
        ],
    ),
    (Suspend::reach, &["suspend_credential"]),
    (Lift::reach, &["lift_suspension"]),
    (Revoke::reach, &["revoke_credential", "revoke_credentials"]),
    (CorrectRevocations::reach, &["correct_revocation"]),
    (BreakTheGlass::reach, &["break_glass", "close_break_glass"]),
    (
        ReadBreakGlass::reach,
        &["list_break_glass", "show_break_glass"],
    ),
    (ReadRevocationImpact::reach, &["show_revocation_impact"]),
    (
        ReadEndImpact::reach,
        &["show_end_impact", "show_lapse_impact"],
    ),
    (Import::reach, &["bring_file", "apply_import"]),
    (ReadImports::reach, &["show_import"]),
    (ReadSightings::reach, &["list_sightings"]),
];

/// The names of the roles that may do this; none where no role is asked for.
pub fn of(operation: &str) -> Vec<&'static str> {
    let reach = DEMANDS
        .iter()
        .find(|(_, operations)| operations.contains(&operation))
        .map(|(reach, _)| reach);
    Role::ALL
        .into_iter()
        .filter(|&role| reach.is_some_and(|reach| reach(role) != Reach::Nowhere))
        .map(Role::as_str)
        .collect()
}
