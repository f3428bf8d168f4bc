//! Refusals: a stable code for programs, a sentence for people, and a private cause for the log.

use crate::access::permission::Forbidden;
use crate::domain::credential::Refused;
use crate::domain::match_case::Decided;
use crate::domain::screening;
use crate::domain::{ban, exclusion, referral};
use crate::store::StoreError;

/// Why something was not done. The names are part of the API; `http::problem` maps each to a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// No such thing, or not for this caller to know.
    NotFound,
    /// The caller's role may not do this.
    Forbidden,
    /// The request is well-formed and cannot be meant: see the fields.
    Invalid,
    /// The credential is revoked; nothing changes it any more.
    CredentialRevoked,
    /// The credential is already suspended in this way.
    AlreadySuspended,
    /// The credential is not suspended in this way.
    NotSuspended,
    /// The credential is not revoked, or its revocation is known to be wrong already.
    NotCorrectable,
    /// The credential is approved, and was not handed over.
    NotHandedOver,
    /// The card identifier is on a badge already.
    CardInUse,
    /// The staff number is taken by another engagement.
    StaffNumberInUse,
    /// The engagement is over.
    EngagementEnded,
    /// The worker has a screening for this function that is not decided.
    ScreeningOpen,
    /// The screening is not in the state that this needs.
    ScreeningState,
    /// The day has not passed after which this can happen to the screening.
    ScreeningNotDue,
    /// Whether the worker is somebody who is recorded already must be decided first.
    MatchOpen,
    /// The match case is decided.
    MatchDecided,
    /// The worker is not cleared for what the credential is for.
    NotCleared,
    /// Something stands in the way of erasing the worker: see the fields.
    ErasureBlocked,
    /// The worker is to be erased.
    ErasureWaiting,
    /// The erasure does not wait any more.
    ErasureEnded,
    /// A port ban stands against the worker.
    BanStands,
    /// The register's ban is mirrored already.
    BanKnown,
    /// The ban has begun or ended already.
    BanState,
    /// Nothing that is held against somebody for cause may leave the member.
    SharingBarred,
    /// The referral is not at this step.
    ReferralState,
    /// The member excludes the worker from where this would lead.
    ExclusionHolds,
    /// Something else of the worker is suspended for cause or by a court.
    InquiryStands,
    /// The exclusion is not at this step.
    ExclusionState,
    /// Another person must do this.
    WrongPerson,
    /// The approval does not wait any more.
    ApprovalEnded,
    /// It is too many for one person in this time.
    BulkLimit,
    /// The glass is broken.
    BreakGlassOpen,
    /// The glass is not broken any more.
    BreakGlassClosed,
    /// The client is revoked.
    ClientRevoked,
    /// The thing changed since the caller read it.
    Changed,
    /// Another change came in between.
    Conflict,
    /// The Idempotency-Key was used for another request.
    KeyReused,
    /// The import is not in the state that this needs.
    ImportState,
    /// The file cannot be read, or has no usable row.
    UnusableFile,
    /// The database does not answer. Nothing was done.
    Unavailable,
    /// The connection broke while writing: it may or may not have been done. Repeating the request with the same
    /// Idempotency-Key finds out.
    OutcomeUnknown,
    /// Too many writes are waiting. Nothing was done.
    Busy,
    /// Something that cannot be. Nothing was done.
    Internal,
}

/// A field of the request that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// Where, as a JSON Pointer (RFC 6901) into the body, or the name of a query parameter or header.
    pub pointer: String,
    /// Stable name of the fault.
    pub code: &'static str,
    /// What is wrong and how to mend it. Never repeats the value.
    pub message: String,
}

/// A refusal.
#[derive(Debug)]
pub struct Error {
    /// For programs.
    pub code: Code,
    /// For people. May reach the caller.
    pub detail: String,
    /// The fields that are wrong.
    pub fields: Vec<FieldError>,
    /// For the log only.
    pub cause: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// A refusal with a sentence for people.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
            fields: Vec::new(),
            cause: None,
        }
    }

    /// No such thing.
    pub fn not_found(what: &str) -> Self {
        Self::new(Code::NotFound, format!("There is no such {what}."))
    }

    /// One field is wrong.
    pub fn field(
        pointer: impl Into<String>,
        code: &'static str,
        message: impl Into<String>,
    ) -> Self {
        let mut error = Self::new(
            Code::Invalid,
            "The request has a field that cannot be accepted.",
        );
        error.fields.push(FieldError {
            pointer: pointer.into(),
            code,
            message: message.into(),
        });
        error
    }

    /// Something that cannot be.
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        let mut error = Self::new(
            Code::Internal,
            "Something went wrong on our side. Nothing was done.",
        );
        error.cause = Some(cause.into());
        error
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.detail)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as _)
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        let (code, detail) = match error {
            StoreError::Unavailable(_) => (
                Code::Unavailable,
                "The database does not answer. Nothing was done; try again soon.",
            ),
            StoreError::Duplicate | StoreError::Guard => (
                Code::Conflict,
                "Another change came in between. Nothing was done; read it again and repeat.",
            ),
            StoreError::Corrupt(_) | StoreError::Schema(_) | StoreError::Failed(_) => (
                Code::Internal,
                "Something went wrong on our side. Nothing was done.",
            ),
        };
        Self {
            code,
            detail: detail.into(),
            fields: Vec::new(),
            cause: Some(Box::new(error)),
        }
    }
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Revoked => Self::new(
                Code::CredentialRevoked,
                "The credential is revoked, and revocation is final. Issue a new credential instead.",
            ),
            Refused::AlreadySuspended => Self::new(
                Code::AlreadySuspended,
                "The credential is already suspended in this way.",
            ),
            Refused::NotCorrectable => Self::new(
                Code::NotCorrectable,
                "The credential is not revoked, or it was noted before that its revocation was wrong.",
            ),
            // Only screenings say for what a worker is cleared, and only of what the credential is for.
            Refused::NotHandedOver => Self::new(
                Code::NotHandedOver,
                "The credential is approved and was not handed over yet. Hand it over, or revoke it.",
            ),
            Refused::HandedOver => {
                Self::new(Code::Conflict, "The credential was handed over already.")
            }
            Refused::NotOver => Self::new(
                Code::Conflict,
                "The credential may still open gates: revoke it first, and then note that its badge is back.",
            ),
            Refused::NotItsFunction => Self::internal(refused),
            Refused::NotSuspended => Self::new(
                Code::NotSuspended,
                "The credential is not suspended in this way.",
            ),
        }
    }
}

impl From<screening::Refused> for Error {
    fn from(refused: screening::Refused) -> Self {
        use screening::Refused;
        match refused {
            Refused::State(state) => Self::new(
                Code::ScreeningState,
                format!(
                    "The screening is {}; this cannot happen to it.",
                    state.as_str()
                ),
            ),
            Refused::NotBefore(day) => Self::new(
                Code::ScreeningNotDue,
                format!("This can happen only after {day}."),
            ),
            Refused::Backdated(day) => Self::field(
                "/date",
                "too_early",
                format!("must not be before {day}, the day of what it follows"),
            ),
            Refused::InFuture(day) => Self::field(
                "/date",
                "in_future",
                format!("must not be after {day}, which is today"),
            ),
            Refused::AppealLate(day) => Self::field(
                "/date",
                "too_late",
                format!("must not be after {day}, the last day of the term of appeal"),
            ),
            // Whoever records an outcome does not say until when it holds; the rules do.
            Refused::Validity => Self::internal(refused),
        }
    }
}

impl From<ban::Refused> for Error {
    fn from(refused: ban::Refused) -> Self {
        let detail = format!(
            "The ban is {}; this cannot happen to it.",
            refused.0.as_str()
        );
        Self::new(Code::BanState, detail)
    }
}

impl From<referral::Refused> for Error {
    fn from(refused: referral::Refused) -> Self {
        let detail = format!(
            "The referral is {}; this cannot happen to it.",
            refused.0.as_str()
        );
        Self::new(Code::ReferralState, detail)
    }
}

impl From<exclusion::Refused> for Error {
    fn from(refused: exclusion::Refused) -> Self {
        let detail = match refused {
            exclusion::Refused::State(state) => format!(
                "The exclusion is {}; this cannot happen to it.",
                state.as_str()
            ),
            exclusion::Refused::Answered(answer) => {
                format!("Your member has {} the exclusion.", answer.as_str())
            }
        };
        Self::new(Code::ExclusionState, detail)
    }
}

impl From<Decided> for Error {
    fn from(decided: Decided) -> Self {
        let detail = format!(
            "The match case is {}; no decision follows another.",
            decided.0.as_str()
        );
        Self::new(Code::MatchDecided, detail)
    }
}

impl From<Forbidden> for Error {
    fn from(_: Forbidden) -> Self {
        Self::new(Code::Forbidden, "Your role may not do this.")
    }
}
