//! Which record an entry did something to after it had been made: by that the history of a record is found without reading
//! the whole ledger.

use super::entry::Fact;

impl Fact {
    /// The identifier, as 128 bits, of the worker, engagement, screening or credential that it does something to. `None` where
    /// it makes one, and where it is about something else.
    pub const fn touches(&self) -> Option<u128> {
        match self {
            Self::WorkerAmended(worker) => Some(worker.id.as_u128()),
            Self::EngagementEnded { engagement } => Some(engagement.as_u128()),
            Self::ScreeningMoved { screening, .. } => Some(screening.as_u128()),
            Self::BadgeAdded { credential, .. }
            | Self::BadgeRecovered { credential, .. }
            | Self::CredentialHandedOver { credential }
            | Self::CredentialSuspended { credential, .. }
            | Self::CredentialLifted { credential, .. }
            | Self::CredentialFunctions { credential, .. }
            | Self::RevocationCorrected { credential }
            | Self::CredentialRevoked { credential, .. } => Some(credential.as_u128()),
            Self::LedgerBegan { .. }
            | Self::LedgerRestored { .. }
            | Self::MemberRecorded(_)
            | Self::FacilityRecorded(_)
            | Self::ZoneRecorded(_)
            | Self::GateRecorded(_)
            | Self::CardSystemRecorded(_)
            | Self::ClientRecorded(_)
            | Self::ClientRecovered(_)
            | Self::PersonRecorded(_)
            | Self::SettingsRecorded(_)
            | Self::BreakGlassOpened(_)
            | Self::BreakGlassClosed(_)
            | Self::WorkerRegistered(_)
            | Self::ErasureGranted(_)
            | Self::ErasureWithdrawn { .. }
            | Self::WorkerErased { .. }
            | Self::MatchOpened(_)
            | Self::MatchDecided { .. }
            | Self::EngagementBegan(_)
            | Self::ScreeningOpened(_)
            | Self::BanMirrored(_)
            | Self::BanFound { .. }
            | Self::BanBegan { .. }
            | Self::BanEnded { .. }
            | Self::ReferralOpened(_)
            | Self::ReferralMoved { .. }
            | Self::ExclusionProposed(_)
            | Self::ExclusionMoved { .. }
            | Self::ExclusionTold { .. }
            | Self::ExclusionAnswered { .. }
            | Self::ApprovalAsked(_)
            | Self::ApprovalEnded { .. }
            | Self::BlindKeysRecorded(_)
            | Self::CredentialApproved { .. }
            | Self::CredentialIssued { .. } => None,
        }
    }
}
