//! What a person is given who asks what is held of them: all of it, but for what is counted and not shown, each for a reason that
//! is told.

use serde::{Deserialize, Serialize};

use super::reason::Reason;
use super::screening::names;

/// How many things of one sort an export holds; it says where there are more.
pub const EXPORTED_MAX: usize = 2_000;

names! {
    #[schema(as = WithheldGround)]
    /// Why something that is held is counted and not shown.
    Ground:
    /// An inquiry goes on, and who knew of it could thwart it. It is shown once the inquiry has come to something.
    Inquiry = 1, "inquiry";
    /// With a card's number a copy of the card can be made. Its holder has the card.
    CardNumber = 2, "card_number";
}

names! {
    #[schema(as = ExportPart)]
    /// A part of an export of which there may be more than it holds.
    Part:
    /// What happened to something.
    Moves = 1, "moves";
    /// Engagements.
    Engagements = 2, "engagements";
    /// Screenings.
    Screenings = 3, "screenings";
    /// Credentials.
    Credentials = 4, "credentials";
    /// Where one was shown and was not good.
    Sightings = 5, "sightings";
    /// Match cases.
    MatchCases = 6, "match_cases";
    /// Port bans.
    Bans = 7, "bans";
    /// Referrals.
    Referrals = 8, "referrals";
    /// Exclusions.
    Exclusions = 9, "exclusions";
    /// Acts that needed a second person.
    Approvals = 10, "approvals";
    /// Erasures.
    Erasures = 11, "erasures";
    /// Look-ups.
    Lookups = 12, "lookups";
}

names! {
    /// What is not in an export, as it is kept elsewhere.
    Elsewhere:
    /// Which gates let the person in and when: whoever runs the service tells it, for as long as it is kept.
    GateChecks = 1, "gate_checks";
}

/// So many things are held back for this reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Withheld {
    /// Why.
    pub ground: Ground,
    /// How many.
    pub count: usize,
}

/// Whether what rests on this reason is an inquiry that goes on.
pub const fn is_inquiry(reason: Reason) -> bool {
    matches!(reason, Reason::UnderInquiry)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_back_is_what_cannot_be_final() {
        let held_back: Vec<&str> = Reason::ALL
            .iter()
            .filter(|reason| is_inquiry(**reason))
            .map(|reason| reason.as_str())
            .collect();
        assert_eq!(held_back, ["under_inquiry"]);
    }
}
