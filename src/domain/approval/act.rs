//! The acts that a second person is asked about, and whose work each is.

use serde::{Deserialize, Serialize};

use super::super::ban::Ban;
use super::super::client::{Client, Person, Role};
use super::super::credential::{Credential, SuspensionKind};
use super::super::digest::Digest;
use super::super::exclusion::{self, Exclusion};
use super::super::ids::{
    BanId, BreakGlassId, CredentialId, EngagementId, ExclusionId, ImportId, MatchCaseId, MemberId,
    PersonId, ReferralId, ScreeningId, WorkerId,
};
use super::super::match_case::Decision;
use super::super::network::{Administrators, Place, Settings};
use super::super::reason::Reason;
use super::super::{referral, screening};

/// What is asked for. Each names the entry that last touched its subject: if another comes in between, what was asked for
/// is no longer what would happen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case", deny_unknown_fields)]
pub enum Act {
    /// A step of a screening that takes effect for the worker.
    MoveScreening {
        /// Which screening.
        screening: ScreeningId,
        /// The entry that last touched it.
        version: u64,
        /// The step.
        change: screening::Change,
    },
    /// A suspension is lifted that was not for being dormant.
    LiftSuspension {
        /// Of which credential.
        credential: CredentialId,
        /// The entry that last touched it.
        version: u64,
        /// Which kind.
        kind: SuspensionKind,
    },
    /// What is known of a person is destroyed, after a time in which it can be taken back.
    EraseWorker {
        /// Of whom.
        worker: WorkerId,
        /// The entry that last touched it.
        version: u64,
    },
    /// A member acts on what another told it of a person, or does not.
    AnswerReferral {
        /// Which referral.
        referral: ReferralId,
        /// The entry that last touched it.
        version: u64,
        /// The answer.
        change: referral::Change,
    },
    /// An exclusion is proposed; it holds at the member that does so.
    ProposeExclusion {
        /// The exclusion.
        exclusion: Exclusion,
        /// The entry that last touched the credential that it rests on.
        version: u64,
    },
    /// A member adopts an exclusion, or declines.
    AnswerExclusion {
        /// Which.
        exclusion: ExclusionId,
        /// The entry that last touched it, or what the member says of it.
        version: u64,
        /// The answer.
        reply: exclusion::Reply,
    },
    /// A contest of an exclusion is decided, not by the member that proposed it.
    DecideContest {
        /// Which exclusion.
        exclusion: ExclusionId,
        /// The entry that last touched it.
        version: u64,
        /// Whether it is lifted.
        lift: bool,
    },
    /// An exclusion is taken back by the member that proposed it.
    LiftExclusion {
        /// Which.
        exclusion: ExclusionId,
        /// The entry that last touched it.
        version: u64,
    },
    /// The network is set otherwise.
    ChangeSettings {
        /// The entry that last touched the settings; 0 when nothing was ever set.
        version: u64,
        /// What is to hold.
        settings: Settings,
    },
    /// A port ban is mirrored by hand, where the register's own feed does not bring it.
    MirrorBan {
        /// The ban.
        ban: Ban,
    },
    /// A port ban is ended by hand, where the register took it back and its feed does not say so.
    EndBan {
        /// Which ban.
        ban: BanId,
        /// The entry that last touched it.
        version: u64,
    },
    /// A credential is issued. It is approved then, and good when it was handed over.
    IssueCredential {
        /// The right.
        credential: Credential,
        /// The entry that last touched its worker's record.
        version: u64,
    },
    /// One person is enough to issue a member's credentials from then on.
    LetOneIssue {
        /// Which member's.
        member: MemberId,
        /// The entry that last touched its record.
        version: u64,
    },
    /// It is said whether two records are of one person.
    DecideMatch {
        /// In which case.
        case: MatchCaseId,
        /// The entry that last touched it.
        version: u64,
        /// What is said.
        decision: Decision,
    },
    /// It is noted that a credential was revoked wrongly. It stays revoked.
    CorrectRevocation {
        /// Which.
        credential: CredentialId,
        /// The entry that last touched it.
        version: u64,
    },
    /// Credentials are revoked, for good.
    RevokeCredentials {
        /// Exactly these, each once.
        credentials: Vec<CredentialId>,
        /// No later entry than this may have touched one of them, but to revoke it.
        version: u64,
        /// Why.
        reason: Reason,
    },
    /// A credential is suspended by somebody who suspended many lately.
    SuspendCredential {
        /// Which.
        credential: CredentialId,
        /// The entry that last touched it.
        version: u64,
        /// Why.
        reason: Reason,
    },
    /// Engagements at an employer that lost its standing are ended, and what rests on them is revoked.
    LapseEmployer {
        /// Exactly these engagements.
        engagements: Vec<EngagementId>,
        /// Exactly these credentials: all that rest on them and are not revoked.
        credentials: Vec<CredentialId>,
    },
    /// A file is carried out that revokes many.
    ApplyImport {
        /// Which.
        import: ImportId,
        /// SHA-256 of the file.
        file: Digest,
        /// Rows in it.
        rows: u64,
        /// How many of them would have revoked something when it was checked.
        new: u64,
    },
    /// A client is added. Who asked was given its secret, which is good when the client is there.
    AddClient {
        /// The client, with the digest of its secret.
        client: Client,
        /// The entry that last touched the person whose tool it is; 0 where it is nobody's.
        version: u64,
        /// Whose administrators.
        of: Administrators,
    },
    /// A person is recorded, or becomes known as a worker.
    RecordPerson {
        /// The person, as they are to be.
        person: Person,
        /// The entry that last touched their record; 0 for a new one.
        version: u64,
        /// Whose administrators.
        of: Administrators,
    },
    /// A place lets in whom it did not.
    OpenPlace {
        /// The place, as it is to be.
        place: Place,
        /// The entry that last touched it.
        version: u64,
        /// Whose administrators.
        of: Administrators,
    },
    /// Something is done already, as it could not wait. The second person says whether it was right; nothing is undone by
    /// the answer, nor by its absence.
    Confirm {
        /// What.
        done: Done,
        /// The entry that did it.
        entry: u64,
    },
}

/// What was done at once, and is confirmed afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case", deny_unknown_fields)]
pub enum Done {
    /// A credential was suspended for cause.
    Suspension {
        /// Which.
        credential: CredentialId,
    },
    /// Bad news about somebody who was cleared.
    Outcome {
        /// In which screening.
        screening: ScreeningId,
    },
    /// The glass was broken: all that was revoked and suspended meanwhile.
    BreakGlass {
        /// Which.
        break_glass: BreakGlassId,
    },
}

/// Whose work an act is: who may ask for it, see it and be the second person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Desk {
    /// Screening officers and approvers.
    Screenings,
    /// HR officers and approvers; duty officers see it.
    Credentials,
    /// Registrars.
    Privacy,
    /// Network administrators, of whichever member.
    Network,
    /// A member's administrators.
    Administration,
}

impl Desk {
    /// Every desk.
    pub const ALL: [Self; 5] = [
        Self::Screenings,
        Self::Credentials,
        Self::Network,
        Self::Privacy,
        Self::Administration,
    ];

    /// Whether somebody in this role is the second person for it.
    pub const fn is_answered_by(self, role: Role) -> bool {
        match self {
            Self::Screenings => matches!(role, Role::ScreeningApprover),
            Self::Credentials => matches!(role, Role::HrApprover),
            Self::Privacy => matches!(role, Role::Registrar),
            Self::Network => matches!(role, Role::NetworkAdmin),
            Self::Administration => matches!(role, Role::MemberAdmin),
        }
    }

    /// Whether who is of the one member may be the second person for what was asked for at the other.
    pub fn spans(self, asked_at: MemberId, second_of: MemberId) -> bool {
        self == Self::Network || asked_at == second_of
    }

    /// The number it is stored under. Never given to another.
    pub const fn number(self) -> u8 {
        match self {
            Self::Screenings => 1,
            Self::Credentials => 2,
            Self::Privacy => 4,
            Self::Network => 3,
            Self::Administration => 5,
        }
    }
}

impl Act {
    /// Whose work it is.
    pub const fn desk(&self) -> Desk {
        match self {
            Self::MoveScreening { .. } => Desk::Screenings,
            Self::Confirm {
                done: Done::Outcome { .. },
                ..
            } => Desk::Screenings,
            Self::LiftSuspension { .. }
            | Self::AnswerReferral { .. }
            | Self::ProposeExclusion { .. }
            | Self::AnswerExclusion { .. }
            | Self::DecideContest { .. }
            | Self::LiftExclusion { .. }
            | Self::IssueCredential { .. }
            | Self::DecideMatch { .. }
            | Self::RevokeCredentials { .. }
            | Self::SuspendCredential { .. }
            | Self::LapseEmployer { .. }
            | Self::ApplyImport { .. }
            | Self::Confirm { .. } => Desk::Credentials,
            Self::ChangeSettings { .. }
            | Self::LetOneIssue { .. }
            | Self::MirrorBan { .. }
            | Self::EndBan { .. } => Desk::Network,
            Self::EraseWorker { .. } | Self::CorrectRevocation { .. } => Desk::Privacy,
            Self::AddClient { of, .. }
            | Self::RecordPerson { of, .. }
            | Self::OpenPlace { of, .. } => match of {
                Administrators::Member => Desk::Administration,
                Administrators::Network => Desk::Network,
            },
        }
    }

    /// Its name in the API.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::MoveScreening { .. } => "move_screening",
            Self::LiftSuspension { .. } => "lift_suspension",
            Self::EraseWorker { .. } => "erase_worker",
            Self::AnswerReferral { .. } => "answer_referral",
            Self::ProposeExclusion { .. } => "propose_exclusion",
            Self::AnswerExclusion { .. } => "answer_exclusion",
            Self::DecideContest { .. } => "decide_contest",
            Self::LiftExclusion { .. } => "lift_exclusion",
            Self::ChangeSettings { .. } => "change_settings",
            Self::MirrorBan { .. } => "mirror_ban",
            Self::EndBan { .. } => "end_ban",
            Self::DecideMatch { .. } => "decide_match",
            Self::CorrectRevocation { .. } => "correct_revocation",
            Self::IssueCredential { .. } => "issue_credential",
            Self::LetOneIssue { .. } => "let_one_issue",
            Self::RevokeCredentials { .. } => "revoke_credentials",
            Self::SuspendCredential { .. } => "suspend_credential",
            Self::LapseEmployer { .. } => "lapse_employer",
            Self::ApplyImport { .. } => "apply_import",
            Self::AddClient { .. } => "add_client",
            Self::RecordPerson { .. } => "record_person",
            Self::OpenPlace { .. } => "open_place",
            Self::Confirm { .. } => "confirm",
        }
    }

    /// The credentials that it lists.
    pub fn credentials(&self) -> &[CredentialId] {
        match self {
            Self::RevokeCredentials { credentials, .. }
            | Self::LapseEmployer { credentials, .. } => credentials,
            _ => &[],
        }
    }

    /// Whose power or record it is about, where it is about one person who acts for a member.
    pub const fn person(&self) -> Option<PersonId> {
        match self {
            Self::AddClient { client, .. } => client.person,
            Self::RecordPerson { person, .. } => Some(person.id),
            _ => None,
        }
    }

    /// Whether it is done already, and only confirmed.
    pub const fn is_done(&self) -> bool {
        matches!(self, Self::Confirm { .. })
    }
}
