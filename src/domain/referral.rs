//! The referral: what a member that suspended or revoked somebody's credential for cause tells the other issuers of the same
//! person. Each of them adopts it or declines; nothing of it has an effect by itself.

use serde::{Deserialize, Serialize};

use super::ids::{CredentialId, MemberId, ReferralId, WorkerId};
use super::reason::Reason;
use super::screening::names;
use super::time::{HOUR_MS, Timestamp};

/// Within what time it is to be answered, in milliseconds. After that it is overdue, and still to be answered.
pub const ANSWERED_WITHIN_MS: i64 = 72 * HOUR_MS;

/// A referral as it was opened. It holds a reason's code and never text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Referral {
    /// Made by us, never reused.
    pub id: ReferralId,
    /// Who acted for cause.
    pub member: MemberId,
    /// Against whom, by that member's record.
    pub worker: WorkerId,
    /// On which credential.
    pub credential: CredentialId,
    /// Why.
    pub reason: Reason,
    /// Whom it is for. Without one it is a draft, which nobody else sees.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Addressee>,
}

/// Another issuer of the same person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Addressee {
    /// Which member.
    pub member: MemberId,
    /// That member's own record of the person.
    pub worker: WorkerId,
}

names! {
    /// Where a referral stands.
    #[schema(as = ReferralState)]
    State:
    /// It may not leave its member: the network does not share, or the member has no legal basis.
    Draft = 0, "draft";
    /// It was a draft, and was sent to the other issuers as referrals of their own.
    Sent = 1, "sent";
    /// It waits for the other issuer.
    Open = 2, "open";
    /// The other issuer acted on it.
    Adopted = 3, "adopted";
    /// The other issuer did not.
    Declined = 4, "declined";
    /// Its ground is gone: the suspension was lifted, or another act took its place.
    Fallen = 5, "fallen";
}

names! {
    /// Why an issuer does not act on a referral or an exclusion.
    #[schema(as = DeclineGround)]
    Ground:
    /// It is about somebody else.
    NotThisPerson = 1, "not_this_person";
    /// It would be too hard on the person for what is said.
    NotProportionate = 2, "not_proportionate";
    /// What is said is not shown.
    NotSubstantiated = 3, "not_substantiated";
    /// The issuer knew of it, and has settled it.
    SettledAlready = 4, "settled_already";
}

/// What happens to a referral.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// The draft is sent.
    Sent,
    /// The other issuer acts on it.
    Adopted,
    /// The other issuer does not.
    Declined(Ground),
    /// Its ground is gone.
    Fallen,
}

/// The referral is elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the referral is {}", .0.as_str())]
pub struct Refused(pub State);

impl State {
    /// Where a referral begins.
    pub const fn opened(to: Option<&Addressee>) -> Self {
        match to {
            Some(_) => Self::Open,
            None => Self::Draft,
        }
    }

    /// Where a change leads. The one function that says so.
    pub const fn apply(self, change: Change) -> Result<Self, Refused> {
        match (self, change) {
            (Self::Draft, Change::Sent) => Ok(Self::Sent),
            (Self::Open, Change::Adopted) => Ok(Self::Adopted),
            (Self::Open, Change::Declined(_)) => Ok(Self::Declined),
            (Self::Draft | Self::Open, Change::Fallen) => Ok(Self::Fallen),
            _ => Err(Refused(self)),
        }
    }
}

/// Until when a referral that was opened at this moment is to be answered.
pub const fn due_at(opened_at: Timestamp) -> Timestamp {
    opened_at.plus_ms(ANSWERED_WITHIN_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The whole machine a second time, by hand: where sending, adopting, declining and falling lead.
    const BY_HAND: [(State, [Option<State>; 4]); 6] = [
        (
            State::Draft,
            [Some(State::Sent), None, None, Some(State::Fallen)],
        ),
        (State::Sent, [None; 4]),
        (
            State::Open,
            [
                None,
                Some(State::Adopted),
                Some(State::Declined),
                Some(State::Fallen),
            ],
        ),
        (State::Adopted, [None; 4]),
        (State::Declined, [None; 4]),
        (State::Fallen, [None; 4]),
    ];

    #[test]
    fn every_state_and_every_change_lead_where_the_list_by_hand_says() {
        let changes = [
            Change::Sent,
            Change::Adopted,
            Change::Declined(Ground::NotThisPerson),
            Change::Fallen,
        ];
        for (state, row) in BY_HAND {
            assert_eq!(changes.map(|change| state.apply(change).ok()), row);
            assert_eq!(State::from_number(state.number()), Some(state));
        }
        assert_eq!(BY_HAND.map(|(state, _)| state), State::ALL);
    }

    #[test]
    fn it_is_to_be_answered_within_three_days() {
        let opened: Timestamp = "2026-03-27T12:00:00Z".parse().expect("a moment");
        assert_eq!(due_at(opened).to_string(), "2026-03-30T12:00:00.000Z");
    }
}
