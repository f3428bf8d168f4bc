//! What waits for somebody: the kinds of work, who can do something about each, and for how long it is shown. None of it
//! changes anything by itself; that it is shown to more people is all that happens when nobody sees to it.

use serde::{Deserialize, Serialize};

use super::client::Role;
use super::ids::{
    ApprovalId, CredentialId, ExclusionId, MatchCaseId, ReferralId, ScreeningId, WorkerId,
};
use super::screening::names;
use super::time::{DAY_MS, Timestamp};

names! {
    /// What kind of work waits.
    #[schema(as = WorkKind)]
    Kind:
    /// Somebody asked for an act that needs a second person. Due when it stops waiting.
    Approval = 1, "approval";
    /// Two records bear one document. Due at no time.
    MatchCase = 2, "match_case";
    /// Another issuer told something of a person. Due when it should be answered.
    Referral = 3, "referral";
    /// A suspension for cause that must be looked at again. Due a week after it began.
    ReviewDue = 4, "review_due";
    /// A suspension for cause that must be lifted or become a revocation. Due thirty days after it began. Who may decide is
    /// shown it from its review on, approver and registrar when it is overdue.
    HardStop = 5, "hard_stop";
    /// A refusal that nobody appealed. Due when the term of appeal has run out, and not possible before.
    FinalisationDue = 6, "finalisation_due";
    /// A clearance that ends within 180 days. Due at its end.
    ScreeningEnds = 7, "screening_ends";
    /// A clearance that ended within the last ninety days, of somebody who was not asked about anew. Due at no time.
    ScreeningLapsed = 8, "screening_lapsed";
    /// A credential that a port ban suspended within the last fourteen days. Due at no time.
    BanArrived = 9, "ban_arrived";
    /// Something that could not wait was done by one person. Due a day later, and shown until another has looked at it.
    Confirmation = 10, "confirmation";
    /// An appeal was made against a refusal, and what came of it is not recorded. Due at no time.
    Appeal = 11, "appeal";
    /// Another member excludes somebody whom this one knows. Due when it should be answered.
    Exclusion = 12, "exclusion";
    /// Somebody contests an exclusion of another member. Due when it should be decided.
    Contest = 13, "contest";
    /// Nothing has lasted of a worker for thirty days, so that nobody needs the record: have it erased. Due at no time.
    RecordDue = 14, "record_due";
    /// A credential was granted and is not handed over, so that no gate opens for it. Due at no time.
    Handover = 15, "handover";
}

/// Days before the end of a clearance at which it becomes more urgent, the farthest first.
pub const WARNED_DAYS: [u16; 3] = [180, 90, 30];
/// For how long a clearance that lapsed is shown, in milliseconds.
pub const LAPSED_SHOWN_MS: i64 = 90 * DAY_MS;
/// For how long it is shown that a ban arrived.
pub const BAN_SHOWN_MS: i64 = 14 * DAY_MS;

/// What the work is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// An act that waits for its second person.
    Approval(ApprovalId),
    /// The question whether two records are of one person.
    MatchCase(MatchCaseId),
    /// What another issuer told.
    Referral(ReferralId),
    /// A credential of the member.
    Credential(CredentialId),
    /// A screening of the member.
    Screening(ScreeningId),
    /// An exclusion that another member proposed.
    Exclusion(ExclusionId),
    /// A worker of the member.
    Worker(WorkerId),
}

impl Subject {
    /// Its 128 bits. Within one kind of work it is alone in having them.
    pub const fn bits(&self) -> u128 {
        match self {
            Self::Approval(id) => id.as_u128(),
            Self::MatchCase(id) => id.as_u128(),
            Self::Referral(id) => id.as_u128(),
            Self::Credential(id) => id.as_u128(),
            Self::Screening(id) => id.as_u128(),
            Self::Exclusion(id) => id.as_u128(),
            Self::Worker(id) => id.as_u128(),
        }
    }
}

impl std::fmt::Display for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Approval(id) => id.fmt(f),
            Self::MatchCase(id) => id.fmt(f),
            Self::Referral(id) => id.fmt(f),
            Self::Credential(id) => id.fmt(f),
            Self::Screening(id) => id.fmt(f),
            Self::Exclusion(id) => id.fmt(f),
            Self::Worker(id) => id.fmt(f),
        }
    }
}

/// Something that waits. It names nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item {
    /// What kind of work it is.
    pub kind: Kind,
    /// What it is about.
    pub subject: Subject,
    /// By when it should be done, where there is such a time.
    pub due_at: Option<Timestamp>,
    /// Since when it is as it is.
    pub since: Timestamp,
    /// Of a clearance that ends: within how many days, 180, 90 or 30.
    pub within_days: Option<u16>,
}

impl Item {
    /// Whether it should have been done by now.
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.due_at.is_some_and(|due| due <= now)
    }
}

/// The kinds of work that somebody in this role can do something about, in the order of their numbers.
pub const fn kinds_of(role: Role) -> &'static [Kind] {
    match role {
        Role::HrOfficer => &[
            Kind::MatchCase,
            Kind::Referral,
            Kind::ReviewDue,
            Kind::HardStop,
            Kind::BanArrived,
            Kind::Exclusion,
            Kind::Contest,
            Kind::Handover,
        ],
        Role::HrApprover => &[Kind::Approval, Kind::HardStop, Kind::Confirmation],
        Role::ScreeningOfficer => &[Kind::ScreeningEnds, Kind::ScreeningLapsed],
        Role::ScreeningApprover => &[
            Kind::Approval,
            Kind::FinalisationDue,
            Kind::Confirmation,
            Kind::Appeal,
        ],
        Role::Registrar => &[Kind::Approval, Kind::HardStop, Kind::RecordDue],
        Role::MemberAdmin | Role::NetworkAdmin => &[Kind::Approval],
        Role::Gate | Role::FacilityOfficer | Role::DutyOfficer | Role::Auditor | Role::Register => {
            &[]
        }
    }
}

/// Whether a role sees a hard stop only when it has passed: those to whom what was not seen to is escalated.
pub const fn sees_only_overdue(role: Role) -> bool {
    !matches!(role, Role::HrOfficer)
}

/// Within how many days a clearance ends that has so many left: the nearest of [`WARNED_DAYS`]; `None` if it is too early to
/// warn.
pub fn within(days_left: i32) -> Option<u16> {
    let near = |days: &&u16| days_left <= i32::from(**days);
    WARNED_DAYS.iter().rev().find(near).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Who is shown which kinds, a second time and by hand.
    const BY_HAND: [(&str, &str); 12] = [
        ("gate", ""),
        (
            "hr_officer",
            "match_case referral review_due hard_stop ban_arrived exclusion contest handover",
        ),
        ("hr_approver", "approval hard_stop confirmation"),
        ("screening_officer", "screening_ends screening_lapsed"),
        (
            "screening_approver",
            "approval finalisation_due confirmation appeal",
        ),
        ("facility_officer", ""),
        ("duty_officer", ""),
        ("registrar", "approval hard_stop record_due"),
        ("auditor", ""),
        ("member_admin", "approval"),
        ("network_admin", "approval"),
        ("register", ""),
    ];

    #[test]
    fn each_role_is_shown_what_the_list_by_hand_says_in_the_order_of_kinds() {
        for (role, (name, kinds)) in Role::ALL.into_iter().zip(BY_HAND) {
            assert_eq!(role.as_str(), name);
            let shown: Vec<&str> = kinds_of(role).iter().map(|kind| kind.as_str()).collect();
            assert_eq!(shown.join(" "), kinds, "{name}");
            assert!(kinds_of(role).is_sorted());
        }
    }

    #[test]
    fn a_clearance_is_warned_of_at_180_90_and_30_days() {
        for (left, wanted) in [
            (181, None),
            (180, Some(180)),
            (91, Some(180)),
            (90, Some(90)),
            (31, Some(90)),
            (30, Some(30)),
            (0, Some(30)),
        ] {
            assert_eq!(within(left), wanted, "{left}");
        }
    }
}
